//! The completion scripts that are handed out are those of this command line.

use std::fs;
use std::path::Path;

use rstest::rstest;

use crate::daemon::{Run, nexops};

#[rstest]
#[case("bash", "nexops.bash")]
#[case("zsh", "_nexops")]
#[case("fish", "nexops.fish")]
fn the_checked_in_script_is_current(#[case] shell: &str, #[case] file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions").join(file);
    let printed = Run::from(nexops().args(["completions", shell]).output().unwrap());
    assert_eq!(printed.code, 0);
    let checked_in = fs::read_to_string(&path).unwrap();
    assert!(
        checked_in == printed.stdout,
        "completions/{file} is old; renew it with: nexops completions {shell} > completions/{file}"
    );
}
