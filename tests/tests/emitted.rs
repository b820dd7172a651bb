//! What is built from the examples computes what `gdl run` does: programs, and libraries through their Python packages, whose gradients are
//! those of differences.

use gdl_host::files;
use gdl_tests::{Scratch, gdl, root, weights};
use std::process::Command;

/// How the arrays of each example's data file are those of a call.
const CASES: &str = include_str!("emitted/cases.py");

/// Bounds the differences, relative to the largest entry.
const WITHIN: f64 = 1e-9;

/// A command, run in a folder.
fn run(folder: &Scratch, command: &str) {
    let out = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder.path("."))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command}\n{said}");
}

fn done(arguments: &[&str]) {
    let out = gdl(arguments);
    assert_eq!(out.code, 0, "{arguments:?} {out:?}");
}

/// Whether two files of results hold the same outputs.
fn agree(folder: &Scratch, one: &str, other: &str) {
    let load = |name: &str| {
        let mut all = files::load(folder.path(name)).expect("results").arrays;
        // A library leaves the sizes of samples to its caller.
        all.retain(|name, _| !name.ends_with(".ptr"));
        all
    };
    let (a, b) = (load(one), load(other));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, x) in &a {
        let (x, y): (Vec<f64>, Vec<f64>) = (
            x.reals().expect("numbers").collect(),
            b[name].reals().expect("numbers").collect(),
        );
        assert_eq!(x.len(), y.len(), "{other}: {name}");
        let size = x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(size.is_finite() && size > 0.0, "{name}: {size}");
        for (k, (u, v)) in x.iter().zip(&y).enumerate() {
            assert!(
                (u - v).abs() <= WITHIN * size,
                "{other}: {name}[{k}] is {v} in place of {u}"
            );
        }
    }
}

/// An example by its folder, source and data file, on the samples of a fold if it has several.
fn example(name: &str, source: &str, data: &str, fold: Option<&str>) {
    let folder = Scratch::new();
    let at = root().join("examples").join(name);
    let (source, data) = (
        at.join(source).display().to_string(),
        at.join(data).display().to_string(),
    );
    let weights = weights(&folder, &source);
    let given: Vec<&str> = fold.iter().flat_map(|f| ["--fold", f]).collect();
    let own = folder.path("run.npz");
    let called = [
        "run",
        &source,
        "--weights",
        &weights,
        "--input",
        &data,
        "--output",
        &own,
    ];
    done(&[&called[..], &["--dtype", "f64"], &given].concat());

    let built = ["build", &source, "--weights", &weights, "--dtype", "f64"];
    let program = folder.path("program");
    done(&[&built[..], &["-o", &program]].concat());
    run(
        &folder,
        &format!("./program {data} {} --output exe.npz", given.join(" ")),
    );
    agree(&folder, "run.npz", "exe.npz");

    let python = std::env::var("GDL_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_numpy = Command::new(&python)
        .args(["-c", "import numpy"])
        .output()
        .is_ok_and(|o| o.status.success());
    assert!(has_numpy || std::env::var_os("CI").is_none(), "numpy is missing");
    if !has_numpy {
        eprintln!("SKIPPED: numpy is missing");
        return;
    }
    let package = folder.path("package");
    done(&[&built[..], &["--emit", "python", "--with", "grad", "-o", &package]].concat());
    let script = folder.file("cases.py", CASES);
    let fold = fold.unwrap_or("-");
    run(
        &folder,
        &format!("PYTHONPATH=package {python} {script} {name} {data} {fold} python.npz"),
    );
    agree(&folder, "run.npz", "python.npz");
}

#[test]
fn digits() {
    example("01-digits", "digits.gdl", "digits8x8.npz", Some("val"));
}

#[test]
fn sets() {
    example("02-sets", "sets.gdl", "sums.npz", Some("test"));
}

#[test]
fn karate() {
    example("03-karate", "karate.gdl", "karate.npz", None);
}

#[test]
fn transformer() {
    example("04-transformer", "reverse.gdl", "reverse.npz", Some("val"));
}

#[test]
fn bodies() {
    example("05-egnn", "nbody.gdl", "nbody.npz", Some("val"));
}

#[test]
fn potential() {
    example("06-potential", "potential.gdl", "ethanol.npz", Some("val"));
}

#[test]
fn mesh() {
    example("07-mesh", "slope.gdl", "spheres.npz", Some("val"));
}

#[test]
fn paths() {
    example("08-bellman-ford", "paths.gdl", "paths.npz", Some("test16"));
}
