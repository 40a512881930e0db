//! `aivc demo` with nothing but itself.

use crate::support::{Workplace, empty_path};

#[test]
fn the_demo_leaves_its_files_and_prints_figures() {
    let workplace = Workplace::new();
    let run = crate::support::Run(
        workplace
            .command(["demo", "--output", "out"])
            .env("PATH", empty_path(&workplace))
            .output()
            .unwrap(),
    )
    .succeeds();
    let text = run.stdout();
    for part in ["bits/pixel", "PSNR", "MS-SSIM", "comparison.png"] {
        assert!(text.contains(part), "{text}");
    }
    for name in ["comparison.png", "demo.aivc", "decoded.y4m", "original.y4m"] {
        assert!(
            workplace.path("out").join(name).metadata().unwrap().len() > 1000,
            "{name}"
        );
    }
    let picture = workplace.bytes("out/comparison.png");
    let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (560 + 8 + 560, 320));
}
