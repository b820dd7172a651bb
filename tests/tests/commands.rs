//! From a new project to a trained model.

use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl};
use serde_json::{Value, json};
use std::fs;

const SAMPLES: usize = 600;

#[test]
fn a_new_project_learns() {
    let folder = Scratch::new();
    let project = folder.path("counting");
    let made = gdl(&["new", &project, "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.out).expect("a report");
    for file in made["files"].as_array().expect("files") {
        assert!(fs::metadata(file.as_str().expect("a path")).is_ok(), "{made}");
    }
    assert_eq!(gdl(&["new", &project]).code, 1, "an existing folder is refused");
    let model = format!("{project}/model.gdl");
    assert_eq!(made["model"], model);

    assert_eq!(gdl(&["check", &model]).code, 0);
    let tests = gdl(&["test", &model]);
    assert_eq!(tests.code, 0, "{tests:?}");
    assert!(tests.err.contains("1 passed, 0 failed"), "{}", tests.err);

    let run = folder.path("run");
    let train = |more: &[&str]| {
        let mut all = vec!["train", &model, "--out", &run, "--json", "--threads", "1"];
        all.extend(more);
        gdl(&all)
    };
    let short = train(&["--epochs", "15"]);
    assert_eq!(short.code, 0, "{short:?}");
    let report: Value = serde_json::from_str(&short.out).expect("a report");
    assert!(report["test"]["acc"].as_f64() > Some(0.8), "{report}");
    let again = train(&["--epochs", "15", "--resume"]);
    assert_eq!(again.code, 0, "{again:?}");
    let other = train(&["--epochs", "16", "--resume"]);
    assert_eq!(other.code, 1, "{other:?}");
    assert!(other.out.contains("other settings"), "{}", other.out);

    let (input, weights) = (format!("{project}/points.npz"), format!("{run}/best.safetensors"));
    let output = folder.path("logits.npz");
    let ran = gdl(&[
        "run",
        &model,
        "--input",
        &input,
        "--weights",
        &weights,
        "--output",
        &output,
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).expect("a report");
    assert!(report["compile_ms"].as_f64() > Some(0.0) && report["run_ms"].as_f64() > Some(0.0));
    assert_eq!(report["outputs"]["output"].as_array().map(Vec::len), Some(SAMPLES));
    let compiled = logits(&output);
    let ran = gdl(&[
        "run",
        &model,
        "--input",
        &input,
        "--weights",
        &weights,
        "--output",
        &output,
        "--backend",
        "interp",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let interpreted = logits(&output);
    assert_eq!(compiled.len(), SAMPLES * 10);
    let far = compiled
        .iter()
        .zip(&interpreted)
        .map(|(a, b)| (a - b).abs() / (1.0 + b.abs()))
        .fold(0.0, f64::max);
    assert!(far < 1e-4, "compiled code and the interpreter differ by {far}");
}

fn logits(path: &str) -> Vec<f64> {
    let table = files::load(path).expect("a result");
    let array = table.get("output").expect("an output");
    assert_eq!(array.shape(), [SAMPLES, 10]);
    array.reals().expect("numbers").collect()
}

/// Fine-tuning: the encoder is read from a file and stays, the head is trained from new weights.
#[test]
fn frozen_weights_stay() {
    let folder = Scratch::new();
    let project = folder.path("counting");
    assert_eq!(gdl(&["new", &project]).code, 0);
    let (model, first, second) = (
        format!("{project}/model.gdl"),
        format!("{project}/first"),
        folder.path("second"),
    );
    let train = |model: &str, out: &str, seed: &str| {
        gdl(&[
            "train",
            model,
            "--out",
            out,
            "--epochs",
            "2",
            "--seed",
            seed,
            "--json",
            "--threads",
            "1",
        ])
    };
    assert_eq!(train(&model, &first, "1").code, 0);
    let text = std::fs::read_to_string(&model).expect("the model");
    let with = |name: &str, options: &str| {
        let path = format!("{project}/{name}");
        let text = text.replacen("  seed", &format!("{options}\n  seed"), 1);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let tuned = with(
        "tuned.gdl",
        "  load = [\"first/best.safetensors\", \"mlp_1\"]\n  freeze = \"mlp_1\"",
    );
    let ran = train(&tuned, &second, "2");
    assert_eq!(ran.code, 0, "{ran:?}");
    let load = |run: &str| files::load(format!("{run}/last.safetensors")).expect("weights");
    let start = files::load(format!("{first}/best.safetensors")).expect("weights");
    let end = load(&second);
    let (mut frozen, mut trained) = (0, 0);
    for (name, a) in &start.arrays {
        if name.starts_with("mlp_1.") {
            assert_eq!(end.arrays.get(name), Some(a), "{name} has changed");
            frozen += 1;
        } else if name.starts_with("mlp_2.") {
            assert_ne!(end.arrays.get(name), Some(a), "{name} has not changed");
            trained += 1;
        }
    }
    assert!(frozen >= 4 && trained >= 4, "{frozen} frozen, {trained} trained");

    for (options, words) in [
        ("  freeze = \"mpl_1\"", "Did you mean `mlp_1`?"),
        (
            "  load = [\"first/best.safetensors\", \"mlp_1.liner_1\"]",
            "Did you mean `mlp_1.linear_1`?",
        ),
        ("  freeze = \"*\"", "nothing is left to train"),
        ("  load = \"nowhere.safetensors\"", "nowhere.safetensors"),
        ("  freeze = 3", "a text is needed here"),
    ] {
        let wrong = with("wrong.gdl", options);
        // What a program says of itself is found without training it.
        assert_eq!(
            gdl(&["check", &wrong]).code,
            u8::from(!options.contains("nowhere")),
            "{options}"
        );
        let ran = train(&wrong, &second, "1");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(ran.code == 1 && said.contains(words), "{options}: {said}");
    }
}

#[test]
fn weights_belong_to_a_model() {
    let folder = Scratch::new();
    let project = folder.path("counting");
    assert_eq!(gdl(&["new", &project]).code, 0);
    let (model, input, run) = (
        format!("{project}/model.gdl"),
        format!("{project}/points.npz"),
        folder.path("run"),
    );
    assert_eq!(
        gdl(&["train", &model, "--out", &run, "--epochs", "1", "--json"]).code,
        0
    );
    let text = std::fs::read_to_string(&model).expect("the model");
    let weights = format!("{run}/best.safetensors");
    let with = |text: String| {
        let other = folder.file("other.gdl", text);
        gdl(&["run", &other, "--input", &input, "--weights", &weights])
    };
    let commented = with(format!("// A comment.\n{text}"));
    assert_eq!(commented.code, 0, "{commented:?}");
    let changed = with(text.replace("sum i: h[i]", "mean i: h[i] else 0"));
    assert_eq!(changed.code, 1, "{changed:?}");
    assert!(changed.err.contains("written for another"), "{}", changed.err);
}

#[test]
fn no_number_is_traced_to_its_expression() {
    let folder = Scratch::new();
    let project = folder.path("counting");
    assert_eq!(gdl(&["new", &project]).code, 0);
    let text = include_str!("../../compiler/cli/templates/model.gdl");
    // The logarithm of a negative number, in the third line.
    let text = text.replace("h[i] = mlp(x[i], [32, 32])", "h[i] = log(norm2(x[i]) - 100.0)");
    std::fs::write(format!("{project}/model.gdl"), text).expect("a file");
    let run = gdl(&["train", &format!("{project}/model.gdl"), "--out", &folder.path("run")]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err.contains("epoch 1, batch 1: the loss `ce` is NaN"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("not a number is `log`") && run.err.contains("model.gdl:3"),
        "{}",
        run.err
    );
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let folder = Scratch::new();
    let project = folder.path("counting");
    assert_eq!(gdl(&["new", &project]).code, 0);
    let (model, input) = (format!("{project}/model.gdl"), format!("{project}/points.npz"));
    let file = folder.file("file", "");
    let says = |arguments: &[&str], code: u8, words: &str| {
        let output = gdl(arguments);
        assert_eq!(output.code, code, "{output:?}");
        // Lines are broken where the names of folders are long.
        let said: Vec<&str> = output.err.split_whitespace().collect();
        assert!(said.join(" ").contains(words), "{}", output.err);
        assert!(!output.err.contains("os error"), "{}", output.err);
    };
    says(&["train", &model, "--epochs", "0"], 2, "0 is not in 1..");
    says(&["train", &model, "--threads", "0"], 2, "0 is not in 1..");
    says(
        &["train", &model, "--out", &file],
        1,
        "cannot make it: there is a file of this name",
    );
    says(&["train", &model, "--data", "nowhere.npz"], 1, "there is no such file");
    says(
        &["train", &model, "--data", &model],
        1,
        "files that end in `.gdl` are not known",
    );
    says(
        &["run", &model, "--input", &input, "--output", "a.txt"],
        2,
        "ends in neither `.npz` nor `.json` nor `.xyz`",
    );
    says(
        &["run", &model, "--input", &input, "--output", &format!("{file}/a.npz")],
        1,
        "cannot write it",
    );
    says(&["check", &project], 1, "it is a folder");
    let words = folder.file("words.gdl", b"model M(x: 3) -> 3 {\n  x // \xff\n}\n");
    says(&["check", &words], 1, "line 2 is not UTF-8");
}

#[test]
fn every_stage_is_shown() {
    let folder = Scratch::new();
    let file = folder.file("model.gdl", include_str!("../../compiler/cli/templates/model.gdl"));
    for (stage, word) in [
        ("typed", "param mlp_1"),
        ("tensor", "func"),
        ("grad", "grad."),
        ("loop", "output"),
        ("clif", "function"),
        ("asm", "ret"),
    ] {
        let output = gdl(&["ir", &file, "--stage", stage]);
        assert_eq!(output.code, 0, "{stage}: {output:?}");
        assert!(output.out.contains(word), "{stage}: {}", output.out);
    }
}

#[test]
fn speed_is_measured() {
    let folder = Scratch::new();
    let file = folder.file(
        "model.gdl",
        "model M(s: set, x: s -> 3) -> 5 {\n  sum i: linear(x[i], 5)\n}\n",
    );
    let output = gdl(&["bench", &file, "--seconds", "0", "--threads", "1", "--json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.out).expect("a report");
    assert!(
        report["machine"][0]["f32_gflops_per_s"].as_f64() > Some(0.0),
        "{report}"
    );
    let [forward, gradient] = [0, 1].map(|k| &report["results"][k]);
    assert_eq!(
        (&forward["part"], &gradient["part"]),
        (&json!("forward"), &json!("gradient"))
    );
    // A row: 3 · 5 multiplications, 2 · 5 additions, 5 to add the offset, 5 to sum. The batch has 17.
    let flops: f64 = 17.0 * (15.0 + 10.0 + 5.0 + 5.0);
    assert_eq!(forward["flops"].as_f64(), Some(flops), "{report}");
    assert!(forward["steps"][0]["ms"].as_f64() > Some(0.0));
    let unknown = gdl(&["bench", "--suite", "atention"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("attention"), "{}", unknown.err);
}

#[test]
fn tests_in_a_file_can_fail() {
    let folder = Scratch::new();
    let text = "layer f(x: a) -> a {\n  x\n}\ntest \"fine\" {\n  model M(x: 3) -> 3 {\n    f(x)\n  }\n}\n\
                test \"wrong\" rejects GDL0100 {\n  model M(x: 3) -> 3 {\n    f(x)\n  }\n}\ntest \"bad\" {\n  model M(x: 3) -> 3 {\n    g(x)\n  }\n}\n";
    let output = gdl(&["test", &folder.file("model.gdl", text), "--json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let results: Vec<Value> = output
        .out
        .lines()
        .map(|l| serde_json::from_str(l).expect("an object"))
        .collect();
    let words: Vec<&Value> = results.iter().map(|r| &r["result"]).collect();
    assert_eq!(words, ["passed", "failed", "failed"]);
}

#[test]
fn why_names_places() {
    let folder = Scratch::new();
    let file = folder.file(
        "model.gdl",
        "model M under O(3) (v: 1o) -> 1 {\n  n = norm2(v)\n  2 * n\n}\n",
    );
    let output = gdl(&["why", &file, "n"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.out.starts_with("n: 1\n"), "{}", output.out);
    assert!(output.out.contains("model.gdl:2:7"), "{}", output.out);
    assert_eq!(gdl(&["why", &file, "m"]).code, 2);
}

#[test]
fn answers_for_programs() {
    let folder = Scratch::new();
    let file = folder.file(
        "model.gdl",
        "model M under O(3) (v: 1o) -> 1 {\n  n = norm2(v)\n  2 * n\n}\n",
    );
    let object = |args: &[&str]| -> Value {
        let output = gdl(args);
        assert_eq!(output.code, 0, "{output:?}");
        serde_json::from_str(&output.out).expect("one object")
    };
    let why = object(&["why", &file, "n", "--json"]);
    assert_eq!(why["name"], "n");
    assert_eq!(
        (&why["derivation"]["type"], &why["derivation"]["line"]),
        (&json!("1"), &json!(2))
    );
    assert_eq!(why["derivation"]["from"][0]["value"], "input v");
    assert_eq!(why["certificate"][0]["factor"], "O(3)");
    assert_eq!(why["certificate"][0]["claim"], "exact");
    let page = object(&["explain", "102", "--json"]);
    assert_eq!(page["code"], "GDL0102");
    assert!(
        page["page"].as_str().is_some_and(|p| p.starts_with("# GDL0102: ")),
        "{page}"
    );
    let list = gdl(&["explain", "--json"]);
    let titles = list
        .out
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).expect("an object"));
    assert!(
        titles
            .into_iter()
            .any(|t| t["code"] == "GDL0102" && t["title"] == page["title"])
    );
    for stage in ["typed", "tensor", "loop", "asm"] {
        let ir = object(&["ir", &file, "--stage", stage, "--json"]);
        assert_eq!((&ir["model"], &ir["stage"]), (&json!("M"), &json!(stage)));
        assert!(ir["text"].as_str().is_some_and(|t| !t.is_empty()));
    }
    let failed = gdl(&["why", &file, "m", "--json"]);
    assert_eq!(failed.code, 2);
    assert!(
        failed.out.is_empty() || serde_json::from_str::<Value>(&failed.out).is_ok(),
        "{failed:?}"
    );
}

/// An integration that does not reach its end within its tries gives no numbers, and `run` says so.
#[test]
fn results_that_are_not_finite_are_pointed_out() {
    let folder = Scratch::new();
    let model = folder.file(
        "decay.gdl",
        "model Decay(s: set, x: s -> 2) -> (s -> 2) {\n  integrate dopri5(1.0, 8, tol = 0.001) from q = x {\n    q'[i] = -norm2(q[i]) * q[i]\n  }\n  q\n}\n",
    );
    let input = folder.path("x.npz");
    let x = HostArray::new(&[2, 1, 2], vec![1.0f32, 0.0, 900.0, 0.0]).expect("an array");
    files::save_npz(input.as_ref(), [("x", &x)]).expect("a file");
    let run = gdl(&["run", &model, "--input", &input]);
    assert_eq!(run.code, 0, "{run:?}");
    let warning = "warning: `output`: 2 of 4 numbers are not finite, the first in row 1";
    assert!(run.err.contains(warning), "{run:?}");
    // 1 / sqrt(1 + 2t) at t = 1 is 0.5774.
    assert!(run.out.contains(": 0.57"), "{run:?}");
}
