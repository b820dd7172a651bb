//! What `gdl` carries along: the pages of `gdl explain`, and the program that executables consist of.

mod pages;
mod runner;

fn main() -> std::io::Result<()> {
    pages::embed()?;
    runner::embed()
}
