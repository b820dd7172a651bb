//! Executables: made by `gdl build`, run as processes, compared with `gdl run`.

use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl, root, weights};
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
    // Programs have no gradients, and nothing is made that was not asked for.
    let program = folder.path("total.gdl");
    let made = gdl(&[
        "build",
        &program,
        "--external-weights",
        "--with",
        "grad",
        "-o",
        &folder.path("other"),
    ]);
    assert_eq!(made.code, 2, "{made:?}");
    assert!(
        made.err.contains("for libraries") && !Path::new(&folder.path("other")).exists(),
        "{made:?}"
    );
    // Cut off.
    let bytes = std::fs::read(&exe).expect("the executable");
    std::fs::write(&exe, &bytes[..bytes.len() - 100]).expect("written");
    let out = start(&exe, &[&input]);
    assert!(
        !out.status.success() && String::from_utf8_lossy(&out.stderr).contains("cut off"),
        "{out:?}"
    );
}

/// A gray picture of these pixels.
fn png(side: u32, pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("a picture");
    out
}

#[test]
fn executables_need_the_c_library_only() {
    let changed = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    if !changed(Command::new("unshare").args(["--map-root-user", "--root=/", "true"])) {
        assert!(
            std::env::var_os("CI").is_none(),
            "`unshare` cannot change the root here"
        );
        eprintln!("SKIPPED: `unshare` cannot change the root here");
        return;
    }
    let folder = Scratch::new();
    let program = root().join("examples/01-digits/digits.gdl").display().to_string();
    let data = files::load(root().join("examples/01-digits/digits8x8.npz")).expect("the digits");
    let HostArray::U8(images) = data.get("images").expect("images") else {
        panic!("images are bytes");
    };
    let pixels: Vec<u8> = images.iter().take(3 * 64).copied().collect();
    let pictures: Vec<String> = (0..3).map(|k| format!("digit{k}.png")).collect();
    let bare = folder.path("bare");
    std::fs::create_dir(&bare).expect("a folder");
    for (picture, pixels) in pictures.iter().zip(pixels.chunks(64)) {
        std::fs::write(format!("{bare}/{picture}"), png(8, pixels)).expect("a picture");
    }
    let weights = weights(&folder, &program);
    let made = gdl(&[
        "build",
        &program,
        "--weights",
        &weights,
        "-o",
        &format!("{bare}/digits"),
    ]);
    assert_eq!(made.code, 0, "{made:?}");
    let listed = Command::new("ldd")
        .arg(format!("{bare}/digits"))
        .output()
        .expect("ldd runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for library in listed.split_whitespace().filter(|w| w.starts_with('/')) {
        let name = Path::new(library)
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let known = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux"];
        assert!(known.iter().any(|k| name.starts_with(k)), "{library} is needed");
        let copy = format!("{bare}{library}");
        std::fs::create_dir_all(Path::new(&copy).parent().expect("a folder")).expect("a folder");
        std::fs::copy(library, &copy).expect("a copy");
        std::fs::copy(library, format!("{bare}/{name}")).expect("a copy");
    }
    let out = Command::new("unshare")
        .args([
            "--map-root-user",
            &format!("--root={bare}"),
            "--wd=/",
            "/digits",
            "--json",
        ])
        .args(&pictures)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LD_LIBRARY_PATH", "/")
        .output()
        .expect("it starts");
    assert!(out.status.success(), "{out:?}");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let logits = |v: &Value| -> Vec<f64> {
        let rows = v["output"].as_array().expect("rows").iter();
        rows.flat_map(|r| {
            r.as_array()
                .expect("a row")
                .iter()
                .map(|x| x.as_f64().expect("a number"))
        })
        .collect()
    };
    assert_eq!(text.lines().count(), 3, "{text}");
    for (line, picture) in text.lines().zip(&pictures) {
        let got = logits(&serde_json::from_str(line).expect("JSON"));
        let run = gdl(&[
            "run",
            &program,
            "--input",
            &format!("{bare}/{picture}"),
            "--weights",
            &weights,
            "--json",
        ]);
        let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"));
        let expected = logits(&report["outputs"]);
        assert_eq!(got.len(), 10);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-4 * (1.0 + b.abs());
        assert!(got.iter().zip(&expected).all(close), "{got:?} instead of {expected:?}");
    }
}
