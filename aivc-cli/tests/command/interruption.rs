//! Ctrl-C.

#![cfg(unix)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::{Run, Workplace, clip, raw_frame};

/// Feeds frames for ever, interrupts the encoder once it works, and sees it end.
#[test]
fn an_interrupted_encoder_leaves_no_file() {
    let workplace = Workplace::new();
    let mut child = workplace
        .command(["encode", "-", "-o", "out.aivc"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        let mut alive = pipe.write_all(&clip(0)).is_ok();
        while alive {
            alive = pipe
                .write_all(b"FRAME\n")
                .and_then(|()| pipe.write_all(&raw_frame(0)))
                .is_ok();
        }
    });
    // The temporary file is there once the handler is, and the encoder at work.
    while workplace.names().is_empty() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    let run = Run(child.wait_with_output().unwrap());
    feeder.join().unwrap();
    assert_eq!(run.code(), Some(130), "{stderr}");
    assert!(stderr.contains("cancelled"), "{stderr}");
    assert_eq!(workplace.names(), Vec::<String>::new());
}
