//! Executables: made by `gdl build`, run as processes, compared with `gdl run`.

use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl, weights};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const MODEL: &str = "/// Adds up a set.
model Total(s: set, x: s -> 3) -> 2 {
  h[i] = mlp(x[i], [8, 2])
  sum i: h[i]
}
";

/// The model as an executable with weights of its own, and a data file.
fn built(folder: &Scratch, more: &[&str]) -> (String, String, String) {
    let program = folder.file("total.gdl", MODEL);
    let input = folder.path("x.npz");
    let x: Vec<f32> = (0..24).map(|k| (k as f32 * 0.7).sin()).collect();
    let x = HostArray::new(&[2, 4, 3], x).expect("an array");
    files::save_npz(Path::new(&input), [("x", &x)]).expect("a file");
    let weights = weights(folder, &program);
    let exe = folder.path("total");
    let mut all = vec!["build", program.as_str(), "-o", exe.as_str()];
    all.extend(more);
    if !more.contains(&"--external-weights") {
        all.extend(["--weights", weights.as_str()]);
    }
    let made = gdl(&all);
    assert_eq!(made.code, 0, "{made:?}");
    let run = gdl(&["run", &program, "--input", &input, "--weights", &weights, "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let report: Value = serde_json::from_str(&run.out).expect("JSON");
    (exe, input, report["outputs"].to_string())
}

fn start(exe: &str, arguments: &[&str]) -> Output {
    // Nothing of the environment is needed.
    Command::new(exe)
        .args(arguments)
        .env_clear()
        .output()
        .expect("it starts")
}

#[test]
fn executables_give_what_run_gives() {
    let folder = Scratch::new();
    for isa in ["baseline", "auto"] {
        let (exe, input, expected) = built(&folder, &["--isa", isa]);
        let out = start(&exe, &[&input, "--json"]);
        assert!(out.status.success(), "{out:?}");
        let got: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let numbers = |v: &Value| -> Vec<f64> {
            let rows = v["output"].as_array().expect("rows");
            rows.iter()
                .flat_map(|r| r.as_array().expect("a row"))
                .map(|x| x.as_f64().expect("a number"))
                .collect()
        };
        let (got, expected) = (numbers(&got), numbers(&expected));
        assert_eq!(got.len(), 4);
        assert!(
            got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4),
            "{got:?} instead of {expected:?}"
        );
    }
}

#[test]
fn executables_explain_themselves() {
    let folder = Scratch::new();
    let (exe, input, _) = built(&folder, &["--external-weights"]);
    let help = start(&exe, &["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        help.status.success() && text.contains("Adds up a set.") && text.contains("s -> 3"),
        "{text}"
    );
    let info = start(&exe, &["--info"]);
    let info: Value = serde_json::from_slice(&info.stdout).expect("JSON");
    assert_eq!(info["parameters"], 50);
    // Without weights, with a file that is missing, with a word that is unknown.
    for (arguments, code, word) in [
        (vec![input.as_str()], 2, "--weights"),
        (
            vec!["missing.npz", "--weights", "none.safetensors"],
            1,
            "none.safetensors",
        ),
        (vec!["--frobnicate"], 2, "frobnicate"),
        (vec![], 2, "standard input"),
    ] {
        let out = start(&exe, &arguments);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(word), "{arguments:?}: {text}");
    }
    // Cut off.
    let bytes = std::fs::read(&exe).expect("the executable");
    std::fs::write(&exe, &bytes[..bytes.len() - 100]).expect("written");
    let out = start(&exe, &[&input]);
    assert!(
        !out.status.success() && String::from_utf8_lossy(&out.stderr).contains("cut off"),
        "{out:?}"
    );
}
