//! What `gdl` carries along: the pages of `gdl explain`, and the program that executables consist of.

mod pages;
mod runtime;

fn main() -> std::io::Result<()> {
    pages::embed()?;
    runtime::embed()
}
