//! Bases that took long are kept on disk, and what is damaged there does no harm.

use gdl_tests::Scratch;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The maps that a process of its own finds.
fn maps(cache: &str) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_gdl-process"))
        .args([
            "repl",
            "--eval",
            "basis(hom(1o * 1o * 1o * 1o, 1o * 1o * 1o * 1o))",
            "--json",
        ])
        .env("GDL_CACHE", cache)
        .output()
        .expect("gdl");
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).expect("text")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(Iterator::collect::<Result<Vec<_>, _>>);
    let mut list: Vec<PathBuf> = entries.into_iter().flatten().flatten().map(|e| e.path()).collect();
    list.sort();
    list
}

#[test]
fn large_bases_are_kept() {
    let folder = Scratch::new();
    let cache = folder.path("cache");
    let bases = Path::new(&cache).join("bases");
    let first = maps(&cache);
    assert!(first.contains("\"dim\":91"), "{first}");
    let kept = files(&bases);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let content: Vec<Vec<u8>> = kept.iter().map(|f| fs::read(f).expect("a file")).collect();
    assert_eq!(maps(&cache), first);
    for (file, bytes) in kept.iter().zip(&content) {
        fs::write(file, &bytes[..bytes.len() / 2]).expect("a file");
    }
    assert_eq!(maps(&cache), first);
    // What was damaged has been found again.
    let again: Vec<Vec<u8>> = kept.iter().map(|f| fs::read(f).expect("a file")).collect();
    assert_eq!(again, content);
    // Nothing is kept where nothing can be, or where nobody wants it.
    let file = folder.file("file", "not a folder");
    assert_eq!(maps(&file), first);
    assert_eq!(maps(""), first);
}
