//! `include/aivc.h` is what cbindgen makes of the sources; every function in it is guarded.

use std::fs;
use std::path::Path;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// To write the header anew, run with `AIVC_WRITE_HEADER=1`.
#[test]
fn the_header_is_that_of_the_sources() {
    let config = cbindgen::Config::from_file(Path::new(FOLDER).join("cbindgen.toml")).unwrap();
    let mut generated = Vec::new();
    cbindgen::generate_with_config(FOLDER, config)
        .unwrap()
        .write(&mut generated);
    let generated = String::from_utf8(generated).unwrap();
    let path = Path::new(FOLDER).join("include/aivc.h");
    if std::env::var_os("AIVC_WRITE_HEADER").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differing = committed
        .lines()
        .zip(generated.lines())
        .position(|(a, b)| a != b)
        .map_or_else(
            || "at its end".to_owned(),
            |line| format!("in line {}", line + 1),
        );
    assert!(
        committed == generated,
        "{} differs {differing} from what the sources give; write it anew with\n\
         AIVC_WRITE_HEADER=1 cargo test --release -p aivc-ffi --test header",
        path.display()
    );
}

/// Functions that cannot fail and take no pointer.
const PLAIN: [&str; 4] = [
    "aivc_abi_version",
    "aivc_version",
    "aivc_last_error_message",
    "aivc_status_name",
];

#[test]
fn every_exported_function_catches_panics() {
    let mut exported = 0;
    for entry in fs::read_dir(Path::new(FOLDER).join("src")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in source.split("#[unsafe(no_mangle)]").skip(1) {
            let name = part.split("fn ").nth(1).unwrap().split('(').next().unwrap();
            let body: Vec<&str> = part
                .split_once(" {\n")
                .unwrap()
                .1
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with("//"))
                .take(1)
                .collect();
            exported += 1;
            assert!(
                PLAIN.contains(&name) || body[0].starts_with("guard(|| "),
                "{name} does not begin with the guard"
            );
        }
    }
    assert!(exported > PLAIN.len(), "no function was looked at");
}
