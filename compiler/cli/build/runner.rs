//! Builds the program that executables consist of, so that `gdl build` needs no compiler.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Writes `runner`: the executable.
pub fn embed() -> io::Result<()> {
    let var = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or_else(|| io::Error::other(format!("cargo sets {name}")))
    };
    let root = var("CARGO_MANIFEST_DIR")?.join("../..");
    for part in ["abi", "core", "host", "runner"] {
        println!("cargo::rerun-if-changed={}", root.join("runtime").join(part).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());
    let out = var("OUT_DIR")?;
    // One folder for all profiles: the runner is the same in all of them. Its name keeps it apart from the folder that this very build holds.
    let target = out
        .ancestors()
        .find(|p| p.ends_with("target"))
        .unwrap_or(&out)
        .join("embed");
    let mut cargo = Command::new(var("CARGO")?);
    cargo
        .current_dir(&root)
        .args([
            "build",
            "--quiet",
            "--package",
            "gdl-runner",
            "--profile",
            "embed",
            "--target-dir",
        ])
        .arg(&target);
    // What the outer build says to its own compiler is not meant for this one.
    for name in [
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "CARGO_ENCODED_RUSTFLAGS",
        "CLIPPY_ARGS",
        "CARGO_TARGET_DIR",
    ] {
        cargo.env_remove(name);
    }
    if !cargo.status()?.success() {
        return Err(io::Error::other("the runner cannot be built"));
    }
    let made: &Path = &target.join("embed").join("gdl-runner");
    fs::copy(made, out.join("runner")).map(|_| ())
}
