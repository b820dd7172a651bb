//! The `gdl` program.
fn main() {}
