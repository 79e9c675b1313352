//! `embed_migrations!` reads the folder when the crate is compiled; without this line a new migration would go unnoticed.
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
