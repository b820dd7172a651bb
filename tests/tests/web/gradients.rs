//! Packages with gradients.

use crate::cases::{Case, array, cases, reals, wave, wholes};
use crate::{PAGE, apart, build, numbers, validate, weights};
use gdl_host::files::{self, HostArray};
use gdl_tests::browser::{Browser, Server};
use gdl_tests::{Scratch, gdl};
use serde_json::{Value, json};
use std::path::Path;

/// A package with gradients, and a page that knows it.
struct Opened {
    folder: Scratch,
    browser: Browser,
    server: Server,
}

impl Opened {
    /// Without a browser tests say so and pass.
    fn new(folder: Scratch, name: &str) -> Option<Opened> {
        let browser = Browser::open(name)?;
        let server = Server::new(Path::new(&folder.path("")));
        folder.file("page.html", PAGE);
        Some(Opened {
            folder,
            browser,
            server,
        })
    }

    fn gradient(&mut self, package: &str, call: &Value, cotangents: &Value) -> Value {
        self.browser.open_page(&self.server.url("page.html"));
        self.browser.value(&format!(
            "model({}).then((m) => m.gradient(given({call}), given({cotangents}))).then((g) => ({{ inputs: plain(g.inputs), parameters: plain(g.parameters) }}))",
            json!(package)
        ))
    }
}

fn case(folder: &Scratch, name: &str) -> Case {
    let found = cases(folder).into_iter().find(|c| c.name == name);
    found.expect("a case")
}

/// Gradients for inputs on nodes and on edges that are given in any order, with cotangents there too, by hand.
#[test]
fn edges_are_those_of_the_caller() {
    const ENDS: &str =
        "model Ends (g: graph, x: g.nodes -> 1, w: g.edges -> 2) -> (sums: g.nodes -> 2, shift: g.edges -> 2) {
  y[e: j -> i in g.edges] = x[j] * w[e]
  sums[i] = sum e: j -> i in g.edges: y[e]
  (sums = sums, shift = y)
}
";
    let folder = Scratch::new();
    let program = folder.file("ends.gdl", ENDS);
    build(
        &program,
        &["--emit", "web", "--with", "grad", "-o", &folder.path("ends")],
    );
    validate(Path::new(&folder.path("ends")));
    let Some(mut opened) = Opened::new(folder, "gradients") else {
        return;
    };
    let edges = [2, 0, 0, 1, 1, 0, 0, 2, 2, 1].map(|n| n as usize);
    let (x, w) = ([2.0, 3.0, 5.0], wave(10, 0.4));
    let (a, b) = (wave(6, 1.0), wave(10, 2.0));
    let call = json!({ "x": reals(&x), "g_edges": wholes(&edges.map(|n| n as i32)), "w": reals(&w) });
    let got = opened.gradient("ends", &call, &json!({ "sums": reals(&a), "shift": reals(&b) }));
    let (mut of_x, mut of_w) = (vec![0.0; 3], vec![0.0; 10]);
    for e in 0..5 {
        let (from, to) = (edges[2 * e], edges[2 * e + 1]);
        for c in 0..2 {
            let weight = a[2 * to + c] + b[2 * e + c];
            of_w[2 * e + c] = weight * x[from];
            of_x[from] += weight * w[2 * e + c];
        }
    }
    assert!(apart(&got["inputs"]["w"], &json!(of_w)) < 1e-6, "{got}");
    assert!(apart(&got["inputs"]["x"], &json!(of_x)) < 1e-6, "{got}");
    // What is left out is 0.
    let got = opened.gradient("ends", &call, &json!({}));
    assert_eq!(numbers(&got["inputs"]["w"]), vec![0.0; 10]);
}

/// Forces are what the gradient of the energy says, and edges that nobody gave have no gradients.
#[test]
fn forces_are_gradients_of_energies() {
    const PAIRS: &str =
        "model Pairs under O(3) (m: cloud(3, cutoff = 3.0), q: m.nodes -> 1) -> (energy: 1, forces: m.nodes -> vector) {
  w[e: j -> i in m.edges] = mlp(q[i] * q[j] ++ norm2(e.vec), [6, 1], silu)
  energy = sum e in m.edges: w[e] * exp(-norm2(e.vec))
  (energy = energy, forces = -grad(energy, m.pos))
}
";
    let folder = Scratch::new();
    let program = folder.file("pairs.gdl", PAIRS);
    let weights = weights(&folder, &program);
    let package = folder.path("pairs");
    build(
        &program,
        &["--weights", &weights, "--emit", "web", "--with", "grad", "-o", &package],
    );
    validate(Path::new(&package));
    let Some(mut opened) = Opened::new(folder, "forces") else {
        return;
    };
    let positions: Vec<f64> = wave(24, 0.3).iter().map(|x| 1.5 * x).collect();
    let call = json!({ "m_ptr": wholes(&[0, 5, 8]), "m_pos": reals(&positions), "q": reals(&wave(8, 1.0)) });
    let got = opened.gradient("pairs", &call, &json!({ "energy": reals(&[-1.0, -1.0]) }));
    let values = opened.browser.value(&format!("run('pairs', {call})"));
    let apart = apart(&got["inputs"]["m_pos"], &values["forces"]);
    assert!(apart <= 1e-5, "{apart:e} apart");
    let names: Vec<&String> = got["inputs"].as_object().expect("inputs").keys().collect();
    assert_eq!(names, ["m_pos", "q"]);
    assert!(!got["parameters"].as_object().expect("parameters").is_empty());
}

/// The gradient for parameters along a direction is what the outputs of the CPU, in double precision, change by along it.
#[test]
fn parameters_have_gradients() {
    let folder = Scratch::new();
    let digits = case(&folder, "grid");
    let file = weights(&folder, &digits.program);
    let package = folder.path("digits");
    build(
        &digits.program,
        &["--weights", &file, "--emit", "web", "--with", "grad", "-o", &package],
    );
    let data = folder.path("data.npz");
    files::save_npz(Path::new(&data), digits.data.iter().map(|(n, a)| (n.as_str(), a))).expect("a file");
    let tensors = files::load(&file).expect("the weights");
    let direction = |shape: &[usize]| wave(shape.iter().product(), 0.9);
    let cotangent = wave(20, 0.2);
    // The weighted sum of the outputs this far along the direction.
    let value = |step: f64| -> f64 {
        let moved = tensors.arrays.iter().map(|(name, tensor)| {
            let along = direction(tensor.shape());
            let numbers = tensor.reals().expect("numbers").zip(along).map(|(x, d)| x + step * d);
            (name.clone(), array(tensor.shape(), numbers.collect::<Vec<f64>>()))
        });
        let path = folder.path(&format!("moved{step}.safetensors"));
        let moved: std::collections::BTreeMap<String, HostArray> = moved.collect();
        files::save_tensors(Path::new(&path), &moved, &Default::default()).expect("a file");
        let ran = gdl(&[
            "run",
            &digits.program,
            "--input",
            &data,
            "--weights",
            &path,
            "--dtype",
            "f64",
            "--json",
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let outputs: Value = serde_json::from_str(&ran.out).expect("JSON");
        let outputs = numbers(&outputs["outputs"]["output"]);
        outputs.iter().zip(&cotangent).map(|(x, c)| x * c).sum()
    };
    let step = 1e-6;
    let want = (value(step) - value(-step)) / (2.0 * step);
    let Some(mut opened) = Opened::new(folder, "parameters") else {
        return;
    };
    let got = opened.gradient("digits", &digits.call, &json!({ "output": reals(&cotangent) }));
    let mut along = 0.0;
    let mut size = 0.0;
    for (name, tensor) in tensors.arrays.iter() {
        let gradient = numbers(&got["parameters"][name]);
        let direction = direction(tensor.shape());
        assert_eq!(gradient.len(), direction.len(), "{name}");
        let terms = gradient.iter().zip(&direction).map(|(g, d)| g * d);
        along += terms.clone().sum::<f64>();
        size += terms.map(f64::abs).sum::<f64>();
    }
    assert!(
        (along - want).abs() <= 1e-5 * size,
        "{along} instead of {want} of {size}"
    );
}

/// The gradient of weights for more rows than a part of a sum has: Σ over rows of cotangent times input.
#[test]
fn long_sums_are_cut() {
    const ROWS: usize = 2077;
    let folder = Scratch::new();
    let program = folder.file(
        "layer.gdl",
        "model Layer (s: set, x: s -> 130) -> (s -> 140) {\n  x |> linear(140)\n}\n",
    );
    let file = weights(&folder, &program);
    let package = folder.path("layer");
    build(
        &program,
        &["--weights", &file, "--emit", "web", "--with", "grad", "-o", &package],
    );
    let Some(mut opened) = Opened::new(folder, "sums") else {
        return;
    };
    let (x, cotangent) = (wave(130 * ROWS, 0.3), wave(140 * ROWS, 0.7));
    let got = opened.gradient(
        "layer",
        &json!({ "x": reals(&x) }),
        &json!({ "output": reals(&cotangent) }),
    );
    let mut want = vec![0.0; 140 * 130];
    for (x, c) in x.chunks(130).zip(cotangent.chunks(140)) {
        for (row, c) in want.chunks_mut(130).zip(c) {
            row.iter_mut().zip(x).for_each(|(w, x)| *w += c * x);
        }
    }
    let apart = apart(&got["parameters"]["linear_1.W"], &json!(want));
    assert!(apart <= 1e-5, "{apart:e} apart");
}

/// What is wrong with a call for gradients is said.
#[test]
fn wrong_calls_are_refused() {
    const TWICE: &str = "model Twice (s: set, x: s -> 1) -> (s -> 1) {
  2.0 * x
}
";
    let folder = Scratch::new();
    let program = folder.file("twice.gdl", TWICE);
    build(
        &program,
        &["--emit", "web", "--with", "grad", "-o", &folder.path("twice")],
    );
    build(&program, &["--emit", "web", "-o", &folder.path("plain")]);
    let types = std::fs::read_to_string(folder.path("twice/index.d.ts")).expect("types");
    for part in [
        "Differentiable as Loaded",
        "interface Cotangents",
        "interface InputGradients",
        "await model.gradient({",
    ] {
        assert!(types.contains(part), "{part}\n{types}");
    }
    let Some(mut opened) = Opened::new(folder, "refused") else {
        return;
    };
    opened.browser.open_page(&opened.server.url("page.html"));
    for (package, cotangents, said) in [
        ("plain", "{}", "GdlError: the package was built without gradients"),
        (
            "twice",
            "undefined",
            "ArgumentError: `cotangents` must be an object: { output }",
        ),
        ("twice", "{ y: 1 }", "ArgumentError: `y` is no output; there are output"),
        (
            "twice",
            "{ output: new Float32Array(3) }",
            "ArgumentError: `output` has 3 numbers, but 2 are needed",
        ),
        (
            "twice",
            "{ output: Float32Array.of(1, NaN) }",
            "ArgumentError: `output` holds NaN at 1",
        ),
    ] {
        let call = format!(
            "model('{package}').then((m) => failure(m.gradient({{ x: Float32Array.of(1, 2) }}, {cotangents})))"
        );
        let got = opened.browser.value(&call);
        assert!(got.as_str().is_some_and(|g| g.contains(said)), "{cotangents}: {got}");
    }
    let call = json!({ "x": reals(&[1.0, 5.0]) });
    let got = opened.gradient("twice", &call, &json!({ "output": reals(&[1.0, 10.0]) }));
    assert_eq!(numbers(&got["inputs"]["x"]), [2.0, 20.0]);
    assert!(Path::new(&opened.folder.path("twice/gradient.wgsl")).exists());
}
