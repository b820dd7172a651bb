//! Builds what executables and libraries consist of beside the model, so that `gdl build` needs no Rust.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Writes `runner`, the executable, and `libgdl_capi.a`, the C interface.
pub fn embed() -> io::Result<()> {
    let root = var("CARGO_MANIFEST_DIR")?.join("../..");
    for part in ["abi", "core", "host", "runner", "capi"] {
        println!("cargo::rerun-if-changed={}", root.join("runtime").join(part).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());
    let out = var("OUT_DIR")?;
    // One folder for all profiles: the result is the same in all of them. Its name keeps it apart from the folder that this very build holds.
    let target = out
        .ancestors()
        .find(|p| p.ends_with("target"))
        .unwrap_or(&out)
        .join("embed");
    cargo(&root, &target, &["build", "--package", "gdl-runner"])?;
    cargo(
        &root,
        &target,
        &["rustc", "--package", "gdl-capi", "--crate-type", "staticlib"],
    )?;
    let made = target.join("embed");
    fs::copy(made.join("gdl-runner"), out.join("runner"))?;
    archive(&made.join("libgdl_capi.a"), &out.join("libgdl_capi.a"))
}

/// Copies an archive without what only debuggers and link-time optimisation look at: two thirds of it. Where binutils are missing it stays large.
fn archive(from: &Path, to: &Path) -> io::Result<()> {
    let slim = Command::new("objcopy")
        .args(["--strip-debug", "--remove-section=.llvmbc", "--remove-section=.llvmcmd"])
        .args([from, to])
        .status();
    match slim {
        Ok(status) if status.success() => Ok(()),
        _ => fs::copy(from, to).map(|_| ()),
    }
}

fn var(name: &str) -> io::Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other(format!("cargo sets {name}")))
}

fn cargo(root: &Path, target: &Path, arguments: &[&str]) -> io::Result<()> {
    let mut cargo = Command::new(var("CARGO")?);
    cargo
        .current_dir(root)
        .args(arguments)
        .args(["--quiet", "--profile", "embed", "--target-dir"])
        .arg(target);
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
    match cargo.status()?.success() {
        true => Ok(()),
        false => Err(io::Error::other("the runtime of compiled models cannot be built")),
    }
}
