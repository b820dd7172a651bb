//! Commands, and what they print.

use gdl_tests::gdl;
use serde_json::Value;
use std::process::{Command, Output};

/// A command, run in a folder.
pub fn run(folder: &str, command: &str) -> Output {
    let out = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("LD_LIBRARY_PATH", "dist")
        .output()
        .expect("a shell");
    assert!(out.status.success(), "{command}\n{}", said(&out));
    out
}

pub fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

pub fn numbers(out: &Output) -> Vec<f64> {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.split_whitespace()
        .map(|w| w.parse().unwrap_or_else(|_| panic!("no number: {text}")))
        .collect()
}

pub fn flat(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().expect("a number")],
    }
}

pub fn build(program: &str, more: &[&str]) {
    let mut all = vec!["build", program, "--json"];
    all.extend(more);
    let made = gdl(&all);
    assert_eq!(made.code, 0, "{made:?}");
}

pub const SET: &str = "/// Adds up a set.
model Total(s: set, x: s -> 3) -> 2 {
  h[i] = mlp(x[i], [8, 2])
  sum i: h[i]
}
";

/// Without the program that is needed the test says so and passes; on the machine that tests every change it fails.
pub fn have(what: &str, command: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", command])
        .output()
        .is_ok_and(|o| o.status.success());
    assert!(found || std::env::var_os("CI").is_none(), "{what} is missing");
    if !found {
        eprintln!("SKIPPED: {what} is missing");
    }
    found
}
