//! Packages for browsers: every shader is validated by naga, and Chromium, on a software device, gives what the CPU gives.

mod banks;
mod cases;
mod edges;
mod errors;
mod gradients;
mod page;
mod random;

use cases::{array, cases, example};
use errors::whatever_is_wrong_is_said;
use gdl_host::files;
use gdl_tests::browser::{Browser, Server};
use gdl_tests::{Scratch, gdl, gpu};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Weights of the size that networks start from, so that rounding stays what it is: the path of the file.
fn weights(folder: &Scratch, program: &str) -> String {
    let listed = gdl(&["params", program, "--json"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let tensor = |line: &str| {
        let v: Value = serde_json::from_str(line).expect("JSON");
        let shape: Vec<usize> = numbers(&v["shape"]).iter().map(|&n| n as usize).collect();
        let number = |k: usize| match shape.as_slice() {
            [_, .., fan_in] => (2.0 / *fan_in as f64).sqrt() * (2.399_963 * k as f64).cos(),
            // Scales and variances are among them.
            _ => 0.6 + 0.4 * (1.3 * k as f64).cos(),
        };
        let data: Vec<f32> = (0..shape.iter().product()).map(|k| number(k) as f32).collect();
        (v["name"].as_str().expect("a name").to_string(), array(&shape, data))
    };
    let path = folder.path("weights.safetensors");
    let tensors = listed.out.lines().map(tensor).collect();
    files::save_tensors(Path::new(&path), &tensors, &Default::default()).expect("a file");
    path
}

fn build(program: &str, more: &[&str]) {
    let mut all = vec!["build", program];
    all.extend(more);
    let made = gdl(&all);
    assert_eq!(made.code, 0, "{made:?}");
}

/// Every shader of a package is accepted by naga with what WebGPU has by default; what folds with subgroups, with these.
fn validate(package: &Path) {
    let description = fs::read_to_string(package.join("model.json")).unwrap_or("{}".into());
    let description: Value = serde_json::from_str(&description).expect("JSON");
    let mut count = 0;
    let programs = description.as_object().into_iter().flatten();
    for kernel in programs.filter_map(|(_, p)| p["kernels"].as_array()).flatten() {
        if let Some(product) = kernel["product"].as_str() {
            gpu::validate(product, false, "a product");
        }
    }
    for folder in [package.to_path_buf(), package.join("runtime")] {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "wgsl") {
                let text = fs::read_to_string(&path).expect("a text");
                let program = path.file_stem().and_then(|s| s.to_str()).expect("a name");
                let what = path.display().to_string();
                let folds = &description[program]["folds"];
                let part = |name: &str| text.clone() + folds[name].as_str().unwrap_or_default();
                gpu::validate(&part("halves"), false, &what);
                gpu::validate(&part("subgroups"), true, &what);
                count += 1;
            }
        }
    }
    assert!(count >= 4, "{}", package.display());
}

fn flat(v: &Value, to: &mut Vec<f64>) {
    match v {
        Value::Array(list) => list.iter().for_each(|x| flat(x, to)),
        other => to.push(other.as_f64().expect("a number")),
    }
}

fn numbers(v: &Value) -> Vec<f64> {
    let mut all = Vec::new();
    flat(v, &mut all);
    all
}

/// The largest difference, relative to the largest number.
fn apart(got: &Value, want: &Value) -> f64 {
    let (got, want) = (numbers(got), numbers(want));
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(1e-30f64, |m, x| m.max(x.abs()));
    got.iter().zip(&want).fold(0.0, |m: f64, (x, y)| m.max((x - y).abs())) / size
}

/// What a page of the tests can do: `run(package, arguments)`, `failure(promise)`.
const PAGE: &str = r#"<!doctype html><title>tests</title><script type="module">
const typed = (x) => (typeof x[0] === "string" ? new globalThis[x[0]](x[1]) : x);
const open = {};
globalThis.given = (call) => Object.fromEntries(Object.entries(call).map(([name, x]) => [name, typed(x)]));
globalThis.model = async (name) => (open[name] ??= (await import(`./${name}/index.js`)).load());
globalThis.plain = (out) => Object.fromEntries(Object.entries(out).map(([name, x]) => [name, Array.from(x)]));
globalThis.run = async (name, call) => plain(await (await model(name)).forward(given(call)));
globalThis.failure = (promise) => promise.then(() => "no error", (e) => `${e.constructor.name}: ${e.message}`);
</script>"#;

#[test]
fn packages_give_what_the_cpu_gives() {
    let folder = Scratch::new();
    let cases = cases(&folder);
    let mut browser = Browser::open("packages");
    let server = Server::new(Path::new(&folder.path("")));
    folder.file("page.html", PAGE);
    if let Some(browser) = &mut browser {
        browser.open_page(&server.url("page.html"));
    }
    for (k, case) in cases.iter().enumerate() {
        let weights = weights(&folder, &case.program);
        let package = format!("case{k}");
        build(
            &case.program,
            &["--weights", &weights, "--emit", "web", "-o", &folder.path(&package)],
        );
        validate(Path::new(&folder.path(&package)));
        let Some(browser) = &mut browser else { continue };
        let data = folder.path("data.npz");
        files::save_npz(Path::new(&data), case.data.iter().map(|(n, a)| (n.as_str(), a))).expect("a file");
        let mut arguments = vec!["run", &case.program, "--input", &data, "--weights", &weights, "--json"];
        arguments.extend(case.fold.iter().flat_map(|f| ["--fold", f]));
        let ran = gdl(&arguments);
        assert_eq!(ran.code, 0, "{}: {ran:?}", case.name);
        let want: Value = serde_json::from_str(&ran.out).expect("JSON");
        let start = Instant::now();
        let got = browser.value(&format!("run({}, {})", json!(package), case.call));
        println!(
            "{}: {:.1} s until the first answer",
            case.name,
            start.elapsed().as_secs_f64()
        );
        for (name, got) in got.as_object().expect("outputs") {
            let apart = apart(got, &want["outputs"][name]);
            assert!(apart <= 1e-5, "{}: `{name}` is {apart:e} apart", case.name);
        }
        assert!(!got.as_object().expect("outputs").is_empty());
    }
    if let Some(browser) = &mut browser {
        whatever_is_wrong_is_said(browser, &cases[0].call);
        calls_do_not_disturb_each_other(browser);
    }
}

/// Calls of different sizes, all at once and with arrays that change afterwards, give what they give one by one, to the bit.
fn calls_do_not_disturb_each_other(browser: &mut Browser) {
    let got = browser.value(
        "(async () => {
          const m = await model('case0');
          const inputs = [1, 5, 2, 1].map((n, k) => ({ img: [8, 8], x: Float32Array.from({ length: 64 * n }, (_, j) => Math.abs(Math.sin(j + k))) }));
          const alone = [];
          for (const one of inputs) alone.push(plain(await m.forward(one)));
          const running = inputs.map((one) => m.forward(one));
          for (const one of inputs) one.x.fill(0);
          const together = (await Promise.all(running)).map(plain);
          return JSON.stringify(alone) === JSON.stringify(together) && JSON.stringify(alone[0]) !== JSON.stringify(alone[3]);
        })()",
    );
    assert_eq!(got, json!(true));
}

/// `--emit wgsl` writes shaders that are valid and say what they are of, and needs no weights.
#[test]
fn shaders_can_be_read() {
    let folder = Scratch::new();
    let program = example("01-digits/digits.gdl");
    build(&program, &["--emit", "wgsl", "-o", &folder.path("out")]);
    let text = |name: &str| fs::read_to_string(folder.path(&format!("out/{name}"))).expect("a text");
    let shaders = text("digits.wgsl");
    for part in ["of conv_1, batch_norm_1", "fn kernel_0_", "// input"] {
        assert!(shaders.contains(part), "{part}\n{shaders}");
    }
    let plan: Value = serde_json::from_str(&text("digits.json")).expect("JSON");
    for kernel in plan["kernels"].as_array().expect("kernels") {
        let entry = kernel["entry"].as_str().expect("a name");
        assert!(shaders.contains(&format!("fn {entry}(")), "{entry}");
    }
    fs::create_dir(folder.path("out/runtime")).expect("a folder");
    validate(Path::new(&folder.path("out")));
    for (arguments, said) in [
        (["--emit", "wgsl", "--external-weights"], "shaders hold no weights"),
        (["--emit", "web", "--dtype=f64"], "single precision only"),
        (["--emit", "web,lib", "--external-weights"], "stand alone"),
        (["--emit", "web", "--with=train"], "for libraries of machine code"),
        (["--emit", "exe", "--with=grad"], "for libraries: programs give"),
        (["--emit", "web", "--isa=v3"], "shaders have none"),
        (["--emit", "web", "--json"], "no weights are given"),
    ] {
        let out = folder.path("out");
        let mut all = vec!["build", &program, "-o", &out];
        all.extend(arguments);
        let ran = gdl(&all);
        assert!(ran.code != 0 && (ran.err.clone() + &ran.out).contains(said), "{ran:?}");
    }
}
