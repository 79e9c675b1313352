//! What the documentation takes from the program.

use std::fs;
use std::path::Path;

use nexops_tui::view::keys_page;

#[test]
fn the_page_of_keys_is_what_the_keys_are() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/keys.md");
    let written = fs::read_to_string(page).unwrap();
    assert!(written == keys_page(), "docs/keys.md is not what `nexops-tui --keys` prints: run `make generate`");
}
