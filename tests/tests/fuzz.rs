//! The corpus of the fuzz targets, with changed copies of every file, on stable Rust: all targets come back.

use gdl_host::rng::Rng;
use gdl_tests::fuzz::TARGETS;
use gdl_tests::root;
use std::fs;

/// Changed copies of every file of the corpus.
const COPIES: u64 = 120;

/// Numbers that headers lie with.
const NUMBERS: [&str; 6] = [
    "0",
    "-1",
    "255",
    "4294967296",
    "9223372036854775807",
    "99999999999999999999",
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|p| fs::read(p).expect("a file")).collect()
}

/// A copy that is cut, has bytes changed, parts removed, doubled or taken from another file, or numbers that lie.
fn changed(bytes: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=rng.below(3) {
        let mut place = |n: usize| rng.below(n as u64 + 1) as usize;
        let (a, b, c) = (place(out.len()), place(out.len()), place(other.len()));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 24));
        match rng.below(7) {
            0 => out.truncate(a),
            1 if a < out.len() => out[a] ^= 1 << rng.below(8),
            2 if a < out.len() => out[a] = rng.bits() as u8,
            3 => drop(out.drain(from..to)),
            4 => {
                let part = out[from..to].to_vec();
                out.splice(a..a, part);
            }
            5 => {
                let part = other[c..other.len().min(c + 24)].to_vec();
                out.splice(a..a, part);
            }
            _ => {
                let digit = (a..out.len()).find(|&k| out[k].is_ascii_digit());
                let Some(start) = digit else { continue };
                let end = (start..out.len())
                    .find(|&k| !out[k].is_ascii_digit())
                    .unwrap_or(out.len());
                let number = NUMBERS[rng.below(NUMBERS.len() as u64) as usize];
                out.splice(start..end, number.bytes());
            }
        }
    }
    out
}

#[test]
fn every_target_comes_back() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        let mut rng = Rng::named(1, name);
        for bytes in &files {
            target(bytes);
            for _ in 0..COPIES {
                let other = &files[rng.below(files.len() as u64) as usize];
                target(&changed(bytes, other, &mut rng));
            }
        }
    }
}
