//! Packages for browsers: every shader is validated by naga, and Chromium, on a software device, gives what the CPU gives.

use gdl_abi::{Dtype, Instance};
use gdl_codegen::plan_and_shaders;
use gdl_core::ir::grad::training_step;
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::random::{Options, random_program_with};
use gdl_host::files::{self, HostArray, Table};
use gdl_runtime::domain::{Cell, Mesh, Point, nearest, neighbours};
use gdl_tests::browser::{Browser, Server};
use gdl_tests::{Scratch, gdl, root};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::f64::consts::PI;
use std::fs;
use std::path::Path;

/// A model, data for `gdl run`, and the same data for the package.
struct Case {
    name: &'static str,
    program: String,
    /// The group of arrays in `data`.
    fold: Option<&'static str>,
    data: Vec<(String, HostArray)>,
    /// By argument: a list of numbers is extents, otherwise the name of a typed array and its numbers.
    call: Value,
}

fn array<T>(shape: &[usize], numbers: Vec<T>) -> HostArray
where
    HostArray: From<Vec<T>>,
{
    HostArray::new(shape, numbers).expect("an array")
}

fn reals(numbers: &[f64]) -> Value {
    json!(["Float64Array", numbers])
}

fn wholes<T: Copy + Into<f64>>(numbers: &[T]) -> Value {
    let numbers: Vec<i64> = numbers.iter().map(|&x| x.into() as i64).collect();
    json!(["Int32Array", numbers])
}

/// Smooth numbers, all different.
fn wave(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|k| (1.7 * k as f64 + phase).sin()).collect()
}

/// Leading rows of an example's array.
struct Example(Table);

impl Example {
    fn new(path: &str) -> Example {
        Example(files::load(root().join("examples").join(path)).expect("the example's data"))
    }

    fn first(&self, name: &str, rows: usize) -> (Vec<usize>, Vec<f64>) {
        let array = self.0.get(name).expect("an array");
        let mut shape = array.shape().to_vec();
        shape[0] = rows;
        let numbers = array.reals().expect("numbers").take(shape.iter().product()).collect();
        (shape, numbers)
    }
}

fn owned(data: Vec<(&str, HostArray)>) -> Vec<(String, HostArray)> {
    data.into_iter().map(|(n, a)| (n.to_string(), a)).collect()
}

fn example(path: &str) -> String {
    root().join("examples").join(path).display().to_string()
}

/// Edges of a matrix, backwards, so that they have to be sorted; and their entries.
fn edges_of(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let found = (0..n * n).rev().filter(|&k| matrix[k] != 0.0);
    let edges = found.clone().flat_map(|k| [(k / n) as f64, (k % n) as f64]).collect();
    (edges, found.map(|k| matrix[k]).collect())
}

/// The potential of the examples with one layer and without l = 2: software devices take long to compile the larger shaders.
const POTENTIAL: &str = "model Potential under O(3) (m: cloud(3, cutoff = 4.0), z: m.nodes -> enum(H, C, O)) -> (energy: 1, forces: m.nodes -> vector) {
  param E: enum(H, C, O) -> 8x0e ~ normal(1.0)
  r[e in m.edges] = bessel(norm(e.vec), 4, m.cutoff) * envelope(norm(e.vec), 6, m.cutoff)
  h = E[z] |> interaction(r, 1, 0e + 1o)
  energy = sum i: mlp((h[i] as 8x0e + 8x1o).[0e], [8, 1], silu)
  forces = -grad(energy, m.pos)
}
data Ethanol from \"ethanol.npz\" {
  m: cloud(3) = points(positions)
  z: m.nodes -> enum(H, C, O) = shared(numbers)
}
";

fn cases(folder: &Scratch) -> Vec<Case> {
    let mut all = Vec::new();
    let digits = Example::new("01-digits/digits8x8.npz");
    let (shape, images) = digits.first("images", 2);
    let scaled: Vec<f64> = images.iter().map(|x| x / 16.0).collect();
    all.push(Case {
        name: "grid",
        program: example("01-digits/digits.gdl"),
        fold: None,
        data: owned(vec![("images", array(&shape, images))]),
        call: json!({ "img": [8, 8], "x": reals(&scaled) }),
    });
    let (ptr, cards) = (vec![0i64, 3, 3, 8], vec![1i64, 9, 4, 4, 0, 7, 2, 5]);
    all.push(Case {
        name: "set",
        program: example("02-sets/sets.gdl"),
        fold: Some("test"),
        data: owned(vec![
            ("test.ptr", array(&[4], ptr)),
            ("test.digits", array(&[8], cards)),
        ]),
        call: json!({ "pile_ptr": wholes(&[0, 3, 3, 8]), "card": wholes(&[1, 9, 4, 4, 0, 7, 2, 5]) }),
    });
    let karate = Example::new("03-karate/karate.npz");
    let ((shape, a), (_, member)) = (karate.first("A", 1), karate.first("member", 1));
    all.push(Case {
        name: "graph",
        program: example("03-karate/karate.gdl"),
        fold: None,
        call: json!({ "g_edges": wholes(&edges_of(&a, 34).0), "member": reals(&member) }),
        data: owned(vec![("A", array(&shape, a)), ("member", array(&shape, member))]),
    });
    let words: Vec<i64> = (0..12).map(|k| (5 * k + 2) % 8).collect();
    all.push(Case {
        name: "seq",
        program: example("04-transformer/reverse.gdl"),
        fold: Some("test"),
        call: json!({ "s_ptr": wholes(&[0, 5, 12]), "word": ["Uint8Array", words] }),
        data: owned(vec![
            ("test.ptr", array(&[3], vec![0i64, 5, 12])),
            ("test.word", array(&[12], words)),
        ]),
    });
    let bodies = Example::new("05-egnn/nbody.npz");
    let [(three, pos), (_, vel), (one, charge)] = ["pos", "vel", "charge"].map(|n| bodies.first(n, 2));
    let pairs = (0..10).flat_map(|i| (0..10).map(move |j| (i, j)));
    let edges: Vec<i32> = pairs
        .filter(|(i, j)| i != j && i / 5 == j / 5)
        .flat_map(|(i, j)| [j, i])
        .collect();
    all.push(Case {
        name: "given edges",
        program: example("05-egnn/nbody.gdl"),
        fold: None,
        call: json!({ "m_ptr": wholes(&[0, 5, 10]), "m_pos": reals(&pos), "v": reals(&vel), "charge": reals(&charge), "m_edges": wholes(&edges) }),
        data: owned(vec![
            ("pos", array(&three, pos)),
            ("vel", array(&three, vel)),
            ("charge", array(&one, charge)),
        ]),
    });
    let ethanol = Example::new("06-potential/ethanol.npz");
    let ((shape, pos), (_, numbers)) = (ethanol.first("positions", 2), ethanol.first("numbers", 9));
    let both = [&numbers[..], &numbers[..]].concat();
    all.push(Case {
        name: "cutoff",
        program: folder.file("potential.gdl", POTENTIAL),
        fold: None,
        call: json!({ "m_ptr": wholes(&[0, 9, 18]), "m_pos": reals(&pos), "z": wholes(&both) }),
        data: owned(vec![
            ("positions", array(&shape, pos)),
            ("numbers", array(&[9], numbers.iter().map(|&z| z as i64).collect())),
        ]),
    });
    let spheres = Example::new("07-mesh/spheres.npz");
    let (_, ptr) = spheres.first("verts_ptr", 2);
    let (_, faces_ptr) = spheres.first("faces_ptr", 2);
    let (vertices, count) = (ptr[1] as usize, faces_ptr[1] as usize);
    let [(_, verts), (_, height)] = ["verts", "height"].map(|n| spheres.first(n, vertices));
    let (_, faces) = spheres.first("faces", count);
    all.push(Case {
        name: "mesh",
        program: example("07-mesh/slope.gdl"),
        fold: None,
        call: json!({ "m_pos": reals(&verts), "m_faces": wholes(&faces), "height": reals(&height) }),
        data: owned(vec![
            ("verts_ptr", array(&[2], vec![0, vertices as i64])),
            ("faces_ptr", array(&[2], vec![0, count as i64])),
            ("verts", array(&[vertices, 3], verts)),
            ("faces", array(&[count, 3], faces.iter().map(|&v| v as i64).collect())),
            ("height", array(&[vertices], height)),
        ]),
    });
    let paths = Example::new("08-bellman-ford/paths.npz");
    let ((shape, a), (_, source)) = (paths.first("test16.A", 1), paths.first("test16.source", 1));
    let (edges, lengths) = edges_of(&a, 16);
    let marked: Vec<f64> = (0..16).map(|k| f64::from(k as f64 == source[0])).collect();
    all.push(Case {
        name: "iteration",
        program: example("08-bellman-ford/paths.gdl"),
        fold: Some("test16"),
        call: json!({ "g_edges": wholes(&edges), "w": reals(&lengths), "source": reals(&marked) }),
        data: owned(vec![
            ("test16.A", array(&shape, a)),
            ("test16.source", array(&[1], vec![source[0] as i64])),
        ]),
    });
    all.extend(own_cases(folder));
    all
}

const CRYSTALS: &str =
    "model Shell under O(3) (m: cloud(3, cutoff = 2.5), q: m.nodes -> 1) -> (near: m.nodes -> vector, far: 1) {
  near[i] = sum e: j -> i in m.edges: (q[j] * exp(-norm2(e.vec))) * e.vec
  far = sum i: norm2(near[i]) * m.degree[i]
}
data Crystals from \"crystals.npz\" {
  m: cloud(3) = points(pos, cell = cell, pbc = pbc, sizes = ptr)
  q: m.nodes -> 1
}
";

const DOTS: &str = "model Plane under O(2) [ties] (m: cloud(2, knn = 3), q: m.nodes -> 1) -> (m.nodes -> vector) {
  near[i] = sum e: j -> i in m.edges: q[j] * e.vec
  near
}
data Dots from \"dots.npz\" {
  m: cloud(2) = points(pos, sizes = ptr)
  q: m.nodes -> 1
}
";

/// A result of more tiles than small products have.
const WIDE: &str = "model Wide (s: set, x: s -> 3) -> (s -> 600) {
  x |> linear(40) |> linear(600)
}
data Rows from \"rows.npz\" {
  s: set
  x: s -> 3
}
";

/// Reads at offsets, and a recurrence over sequences of different lengths.
const WORDS: &str = "model Tail (s: seq, x: s -> 3) -> (s -> 4) {
  x |> conv1d(6, 2) |> relu |> gru(5) |> causal_conv(4, 3)
}
data Words from \"words.npz\" {
  s: seq = ptr(ptr)
  x: s -> 3
}
";

fn own_cases(folder: &Scratch) -> Vec<Case> {
    let pos: Vec<f64> = wave(15, 0.3).iter().map(|x| 2.0 * x + 1.0).collect();
    let cells = [3.0, 0.2, 0.0, 0.1, 2.5, 0.3, 0.0, -0.4, 4.0].map(|x| x * 1.1);
    let cell = [&cells[..], &[2.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]].concat();
    let pbc = vec![1i64, 1, 1, 1, 0, 0];
    let crystals = Case {
        name: "periods",
        program: folder.file("crystals.gdl", CRYSTALS),
        fold: None,
        call: json!({
            "m_ptr": wholes(&[0, 3, 5]), "m_pos": reals(&pos), "m_cell": reals(&cell), "m_pbc": ["Uint8Array", pbc], "q": reals(&wave(5, 1.0)),
        }),
        data: owned(vec![
            ("ptr", array(&[3], vec![0i64, 3, 5])),
            ("pos", array(&[5, 3], pos)),
            ("cell", array(&[2, 3, 3], cell)),
            ("pbc", array(&[2, 3], pbc)),
            ("q", array(&[5], wave(5, 1.0))),
        ]),
    };
    let dots = Case {
        name: "nearest",
        program: folder.file("dots.gdl", DOTS),
        fold: None,
        call: json!({ "m_ptr": wholes(&[0, 7, 10]), "m_pos": reals(&wave(20, 0.0)), "q": reals(&wave(10, 2.0)) }),
        data: owned(vec![
            ("ptr", array(&[3], vec![0i64, 7, 10])),
            ("pos", array(&[10, 2], wave(20, 0.0))),
            ("q", array(&[10], wave(10, 2.0))),
        ]),
    };
    let wide = Case {
        name: "wide",
        program: folder.file("wide.gdl", WIDE),
        fold: None,
        call: json!({ "x": reals(&wave(1500, 0.5)) }),
        data: owned(vec![("x", array(&[1, 500, 3], wave(1500, 0.5)))]),
    };
    let words = Case {
        name: "offsets and recurrence",
        program: folder.file("words.gdl", WORDS),
        fold: None,
        call: json!({ "s_ptr": wholes(&[0, 6, 7, 11]), "x": reals(&wave(33, 0.7)) }),
        data: owned(vec![
            ("ptr", array(&[4], vec![0i64, 6, 7, 11])),
            ("x", array(&[11, 3], wave(33, 0.7))),
        ]),
    };
    vec![crystals, dots, wide, words]
}

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

/// Every shader of a package is accepted by naga with what WebGPU has by default.
fn validate(package: &Path) {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    let mut count = 0;
    for folder in [package.to_path_buf(), package.join("runtime")] {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "wgsl") {
                let text = fs::read_to_string(&path).expect("a text");
                let module = naga::front::wgsl::parse_str(&text)
                    .unwrap_or_else(|e| panic!("{}: {}", path.display(), e.emit_to_string(&text)));
                let checked = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
                checked.unwrap_or_else(|e| panic!("{}: {}", path.display(), e.emit_to_string(&text)));
                assert!(!module.entry_points.is_empty());
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
        let got = browser.value(&format!("run({}, {})", json!(package), case.call));
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

/// Errors of the package of digits, `case0`.
fn whatever_is_wrong_is_said(browser: &mut Browser, call: &Value) {
    let x = "x: new Float32Array(64)";
    let argument = [
        ("{}", "ArgumentError: `img` is missing"),
        ("null", "ArgumentError: `inputs` must be an object"),
        (
            "{ img: [8, 8], x: [1, 2] }",
            "ArgumentError: `x` must be a Float32Array",
        ),
        (
            "{ img: [8, 8], x: new Float32Array(63) }",
            "ArgumentError: `x` has 63 numbers, but a multiple of 64 is needed",
        ),
        (
            "{ img: [8, 8], x: new Float32Array(64).fill(NaN) }",
            "ArgumentError: `x` holds NaN at 0",
        ),
        (
            &format!("{{ img: [8, 8, 1], {x} }}"),
            "ArgumentError: `img` must be the 2 extents",
        ),
        (
            &format!("{{ img: [8, 8], {x}, y: 1 }}"),
            "ArgumentError: `y` is no argument; there are img, x",
        ),
        (
            "{ img: [7, 7], x: new Float32Array(49) }",
            "GdlError: a grid axis of 7 cells cannot be covered",
        ),
    ];
    for (inputs, said) in argument {
        let got = browser.value(&format!("model('case0').then((m) => failure(m.forward({inputs})))"));
        assert!(got.as_str().is_some_and(|g| g.contains(said)), "{inputs}: {got}");
    }
    let graph = [
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 2) }",
            "`g_edges` has node 2 in edge 0, but there are 2 nodes",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 1, 1) }",
            "`g_edges` has 3 numbers, but a multiple of 2 is needed",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Float32Array.of(0, 1) }",
            "`g_edges` must be an Int32Array",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 1), g_ptr: Int32Array.of(0, 1, 2) }",
            "has edge 0 from sample 0 to sample 1",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(), g_ptr: Int32Array.of(0, 3) }",
            "`member` has 68 numbers, but 102 are needed",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(), g_ptr: Int32Array.of(1, 2) }",
            "`g_ptr` must be offsets that ascend from 0",
        ),
    ];
    for (inputs, said) in graph {
        let got = browser.value(&format!("model('case2').then((m) => failure(m.forward({inputs})))"));
        assert!(got.as_str().is_some_and(|g| g.contains(said)), "{inputs}: {got}");
    }
    let got = browser.value(
        "model('case5').then((m) => failure(m.forward({ m_pos: new Float32Array(6), z: Int32Array.of(1, 7) })))",
    );
    assert!(
        got.as_str()
            .is_some_and(|g| g.contains("`z` has 7 at 1, which is not one of 1, 6, 8")),
        "{got}"
    );

    // A device of the caller with the limits that all devices have; then it is lost during a call.
    let lost = format!(
        "(async () => {{
          const {{ load }} = await import('./case0/index.js');
          const device = await (await navigator.gpu.requestAdapter()).requestDevice();
          const model = await load({{ device }});
          const large = await failure(model.forward({{ img: [8, 8], x: new Float32Array(64 * 2000) }}));
          const small = plain(await model.forward(given({call})));
          const running = failure(model.forward(given({call})));
          device.destroy();
          return {{ large, small, during: await running, after: await failure(model.forward(given({call}))) }};
        }})()"
    );
    let got = browser.value(&lost);
    let large = got["large"].as_str().expect("a text");
    assert!(
        large.starts_with("LimitError: ") && large.contains("maxStorageBufferBindingSize is 134,217,728"),
        "{large}"
    );
    assert_eq!(got["small"]["output"].as_array().map(Vec::len), Some(20));
    for when in ["during", "after"] {
        let said = got[when].as_str().expect("a text");
        assert!(said.starts_with("DeviceLostError: "), "{when}: {said}");
    }

    // Weights of another model, and what is none.
    let got = browser.value(
        "(async () => {
          const { load } = await import('./case0/index.js');
          const other = await (await fetch('./case1/weights.safetensors')).arrayBuffer();
          return [
            await failure(load({ weights: './case1/weights.safetensors' })),
            await failure(load({ weights: other.slice(0, 100) })),
            await failure(load({ weights: './nowhere.safetensors' })),
          ];
        })()",
    );
    let said = ["was written for another model", "is cut off", "cannot be fetched: 404"];
    for (got, said) in got.as_array().expect("texts").iter().zip(said) {
        let got = got.as_str().expect("a text");
        assert!(got.starts_with("FileError: ") && got.contains(said), "{got}");
    }

    // Browsers without WebGPU, or without a device for it.
    let got = browser.value(
        "(async () => {
          const { load } = await import('./case0/index.js');
          const replaced = (gpu) => Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
          const got = [];
          for (const gpu of [undefined, { requestAdapter: async () => null }]) { replaced(gpu); got.push(await failure(load())); }
          delete navigator.gpu;
          return got;
        })()",
    );
    let said = ["this browser has no WebGPU", "no graphics device for it"];
    for (got, said) in got.as_array().expect("texts").iter().zip(said) {
        let got = got.as_str().expect("a text");
        assert!(got.starts_with("WebGpuError: ") && got.contains(said), "{got}");
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

/// Signals on given edges come back in the order of the edges, and the helpers find the edges that the runtime in Rust finds.
#[test]
fn edges_are_those_of_the_caller() {
    const ENDS: &str = "model Ends (g: graph, x: g.nodes -> 1, w: g.edges -> 2) -> (g.edges -> 2) {
  y[e: j -> i in g.edges] = x[j] * w[e]
  y
}
";
    let folder = Scratch::new();
    let program = folder.file("ends.gdl", ENDS);
    build(&program, &["--emit", "web", "-o", &folder.path("ends")]);
    validate(Path::new(&folder.path("ends")));
    let Some(mut browser) = Browser::open("edges") else {
        return;
    };
    let server = Server::new(Path::new(&folder.path("")));
    folder.file("page.html", PAGE);
    browser.open_page(&server.url("page.html"));
    let call = json!({
        "x": reals(&[2.0, 3.0, 5.0]), "g_edges": wholes(&[2, 0, 0, 1, 1, 0, 0, 2, 2, 1]),
        "w": reals(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0]),
    });
    let got = browser.value(&format!("run('ends', {call})"));
    assert_eq!(
        numbers(&got["output"]),
        [5.0, 50.0, 4.0, 40.0, 9.0, 90.0, 8.0, 80.0, 25.0, 250.0]
    );

    let points: Vec<Point> = (0..40)
        .map(|k| [0, 1, 2].map(|j| 3.0 * (1.9 * f64::from(3 * k + j)).sin()))
        .collect();
    let vectors = [[4.0, 0.5, 0.0], [0.0, 5.0, 0.3], [-0.4, 0.0, 3.5]];
    let cell = Cell {
        vectors,
        periodic: [true, false, true],
    };
    let pos = reals(points.as_flattened());
    let lattice = format!(
        "cell: typed({}), pbc: Uint8Array.of(1, 0, 1)",
        reals(vectors.as_flattened())
    );
    let found = browser.value(&format!(
        "(async () => {{
          const typed = ([kind, list]) => new globalThis[kind](list);
          const {{ mesh, nearest, neighbours }} = await import('./ends/index.js');
          const pos = typed({pos});
          return [
            plain(neighbours(pos, {{ cutoff: 2.2, {lattice} }})), plain(nearest(pos, {{ k: 6, {lattice} }})), plain(nearest(pos, {{ k: 2 }})),
            plain(mesh(Float64Array.of(1.1, 0, 0, 0, 1, 0.1, 0.1, 0, 1, -1, -1, -1), Int32Array.of(0, 1, 2, 0, 3, 1, 1, 3, 2, 0, 2, 3))),
          ];
        }})()"
    ));
    let want = [
        (neighbours(&points, &cell, 2.2), &cell),
        (nearest(&points, &cell, 6), &cell),
        (nearest(&points, &Cell::OPEN, 2), &Cell::OPEN),
    ];
    for (got, (want, cell)) in found.as_array().expect("edges").iter().zip(want) {
        let want = want.expect("edges");
        assert!(want.len() > 40);
        let ends: Vec<f64> = want
            .src
            .iter()
            .zip(&want.dst)
            .flat_map(|(&s, &d)| [s.into(), d.into()])
            .collect();
        assert_eq!(numbers(&got["edges"]), ends);
        let shifts: Vec<f64> = want.shift.iter().flat_map(|&s| cell.translation(s)).collect();
        assert!(apart(&got["shift"], &json!(shifts)) < 1e-14);
    }
    let corners = [[1.1, 0.0, 0.0], [0.0, 1.0, 0.1], [0.1, 0.0, 1.0], [-1.0, -1.0, -1.0]];
    let want = Mesh::new(&corners, &[[0, 1, 2], [0, 3, 1], [1, 3, 2], [0, 2, 3]]).expect("a mesh");
    let got = &found[3];
    assert!(apart(&got["angle"], &json!(want.edges.angle)) < 1e-14);
    assert!(apart(&got["transport"], &json!(want.edges.transport)) < 1e-14);
    let frames: Vec<f64> = want.frames.as_flattened().as_flattened().to_vec();
    assert!(apart(&got["frames"], &json!(frames)) < 1e-14);
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
        (["--emit", "web", "--with=grad"], "for libraries"),
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

/// Random programs of the tensor IR and gradients of some, run by the runtime in JavaScript, against the interpreter.
#[test]
fn random_programs_give_what_the_interpreter_gives() {
    const RUN: &str = r#"<!doctype html><title>tests</title><script type="module">
import { Gpu } from "./runtime/device.js";
import { Program } from "./runtime/program.js";
const gpu = await Gpu.open();
const map = (list) => new Map(list.map(([name, v]) => [name, Uint32Array.from(v)]));
globalThis.run = async (name) => {
  const { plan, kernels, source, params, inputs, door } = await (await fetch(name)).json();
  const program = await Program.create(gpu, name, { plan, kernels }, source);
  params.forEach((v, k) => program.setParameter(k, Float32Array.from(v)));
  const arrays = inputs.map((v, k) => (plan.signature.inputs[k].dtype === "Real" ? Float32Array : Uint32Array).from(v));
  const sizes = { samples: door.samples, ragged: map(door.ragged), grids: new Map(door.grids), maps: map(door.maps) };
  const out = [];
  for (let k = 0; k < 2; k++) out.push((await program.run(sizes, arrays)).map((a) => Array.from(a, String)));
  program.destroy();
  return { out: out[0], same: JSON.stringify(out[0]) === JSON.stringify(out[1]) };
};
globalThis.ready = true;
</script>"#;
    let Some(mut browser) = Browser::open("random") else {
        return;
    };
    let folder = Scratch::new();
    fs::create_dir(folder.path("runtime")).expect("a folder");
    for source in ["compiler/cli/src/web/runtime", "runtime/gpu/src"] {
        for entry in fs::read_dir(root().join(source)).expect("a folder").flatten() {
            fs::copy(entry.path(), Path::new(&folder.path("runtime")).join(entry.file_name())).expect("a copy");
        }
    }
    folder.file("run.html", RUN);
    let server = Server::new(Path::new(&folder.path("")));
    browser.open_page(&server.url("run.html"));
    browser.wait_for("globalThis.ready === true");
    let options = Options {
        smooth: true,
        ..Options::default()
    };
    for seed in 100..110 {
        let (func, door, inputs, params) = random_program_with(seed, 4 + seed as usize % 24, options);
        let gradient = (seed % 4 == 0).then(|| training_step(&func, &[0]).expect("a derivative"));
        for func in [Some(func), gradient].into_iter().flatten() {
            let batch = Instance::new(&func.domains, &door).expect("a batch");
            let want = interp::run(&Real64, &func, &batch, &inputs, &params).expect("results");
            let (plan, shaders) = plan_and_shaders(&func, &|_| None).expect("shaders");
            let given = func.inputs.iter().zip(&inputs).map(|(decl, x)| match decl.dtype {
                Dtype::Real => json!(x),
                Dtype::Class(n) => {
                    let label = |c: &[f64]| c.iter().position(|&x| x == 1.0).unwrap_or(0);
                    json!(x.chunks(n as usize).map(label).collect::<Vec<_>>())
                }
            });
            let door =
                json!({ "samples": door.samples, "ragged": door.ragged, "grids": door.grids, "maps": door.maps });
            let all = json!({
                "plan": plan, "kernels": shaders.kernels, "source": shaders.source, "params": params, "inputs": given.collect::<Vec<_>>(), "door": door,
            });
            folder.file("program.json", all.to_string());
            let got = browser.value("run('program.json')");
            assert_eq!(got["same"], json!(true), "seed {seed}: two calls differ");
            for (k, (got, want)) in got["out"].as_array().expect("outputs").iter().zip(&want).enumerate() {
                let got: Vec<f64> = got
                    .as_array()
                    .expect("numbers")
                    .iter()
                    .map(|x| x.as_str().expect("a text").parse().expect("a number"))
                    .collect();
                assert_eq!(got.len(), want.len());
                let size = want
                    .iter()
                    .map(|x| x.abs())
                    .filter(|x| x.is_finite())
                    .fold(1.0, f64::max);
                for (x, y) in got.iter().zip(want) {
                    let same = (x - y).abs() <= 1e-4 * size || y.abs() > 1e30 || y.is_nan();
                    assert!(same, "seed {seed}, output {k}: {x} instead of {y}");
                }
            }
        }
    }
}

/// The page of the example: its numbers are those of the CPU, moving the picture changes nothing but places, it looks like something, and it is small.
#[test]
fn the_page_of_the_example() {
    let folder = Scratch::new();
    let (source, program) = (root().join("examples/12-web"), example("12-web/digits.gdl"));
    let weights = example("12-web/weights.safetensors");
    build(
        &program,
        &["--weights", &weights, "--emit", "web", "-o", &folder.path("model")],
    );
    validate(Path::new(&folder.path("model")));
    for file in ["index.html", "style.css", "page.js", "drawing.js", "samples.js"] {
        fs::copy(source.join(file), folder.path(file)).expect("a copy");
    }
    let size = |folder: &Path| -> u64 {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let own = entries.filter(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            e.path().is_file() && !name.ends_with(".safetensors") && !name.ends_with(".d.ts") && name != "package.json"
        });
        own.map(|e| e.metadata().expect("a size").len()).sum()
    };
    let [page, model, runtime] = [".", "model", "model/runtime"].map(|f| size(Path::new(&folder.path(f))));
    assert!(
        page + model + runtime < 200_000,
        "the page has {} bytes",
        page + model + runtime
    );

    let Some(mut browser) = Browser::open("page") else {
        return;
    };
    let server = Server::new(Path::new(&folder.path("")));
    let screen = json!({ "width": 1280, "height": 1200, "deviceScaleFactor": 1, "mobile": false });
    browser.command("Emulation.setDeviceMetricsOverride", screen);
    browser.open_page(&server.url("index.html"));
    browser
        .wait_for("document.documentElement.dataset.state === 'ready' || !document.getElementById('problem').hidden");
    const LOGITS: &str = "[...document.querySelectorAll('#logits data')].map((d) => Number(d.value))";
    let shown = browser.value(LOGITS);
    let cells = browser.value(
        "Promise.all([import('./drawing.js'), import('./samples.js')]).then(([d, s]) => Array.from(d.seen(d.fromCounts(s.SAMPLES[4]))))",
    );
    let images: Vec<f64> = numbers(&cells).iter().map(|x| 16.0 * x).collect();
    let data = folder.path("data.npz");
    files::save_npz(Path::new(&data), [("images", &array(&[1, 8, 8], images))]).expect("a file");
    let ran = gdl(&["run", &program, "--input", &data, "--weights", &weights, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let want: Value = serde_json::from_str(&ran.out).expect("JSON");
    let want = &want["outputs"]["logits"];
    assert!(apart(&shown, want) <= 1e-5, "{shown} instead of {want}");
    assert!(
        browser
            .value("document.getElementById('answer').textContent")
            .as_str()
            .is_some_and(|t| t.contains("This is a 4"))
    );

    let (width, height, before) = browser.screenshot(Path::new(&folder.path("before.png")));
    assert!(width >= 1200 && height >= 1000);
    for element in [1, 4, 3] {
        browser.value("document.querySelectorAll('.measure').forEach((m) => m.replaceChildren())");
        browser.value(&format!(
            "document.querySelector('[data-element=\"{element}\"]').click()"
        ));
        browser.wait_for("document.querySelectorAll('.measure data').length === 2");
        let differences = browser.value("[...document.querySelectorAll('.measure data')].map((d) => Number(d.value))");
        assert!(
            numbers(&differences).iter().all(|d| *d < 1e-4),
            "{element}: {differences}"
        );
        assert!(apart(&browser.value(LOGITS), want) <= 1e-5, "{element}");
    }
    // r³ f r is r²f, of order two: what is in channel h was in channel r²f h.
    let marks = "[...document.querySelectorAll('#fields .field:not(.heads)')].map((row) => [...row.querySelectorAll('canvas')].map((c) => c.ariaLabel.split(' ').pop()).join(' '))";
    let marks = browser.value(marks);
    assert_eq!(marks, json!(vec!["r²f rf f r³f r² r e r³"; 3]));
    browser.wait_for("document.getAnimations().length === 0");
    let (_, _, after) = browser.screenshot(Path::new(&folder.path("after.png")));
    for picture in [&before, &after] {
        let bytes = picture.len() / (width * height) as usize;
        let colours: HashSet<&[u8]> = picture.chunks(bytes).collect();
        assert!(colours.len() > 100, "{} colours", colours.len());
    }
    assert_ne!(before, after);

    // A ring drawn with a mouse, then cleared and drawn with the keyboard.
    browser.value("document.getElementById('clear').click()");
    browser.wait_for("document.getElementById('answer').textContent === 'Nothing is drawn yet.'");
    let corner =
        browser.value("(({ left, top }) => [left, top])(document.getElementById('drawing').getBoundingClientRect())");
    let corner = numbers(&corner);
    for k in 0..=16 {
        let (sin, cos) = (f64::from(k) * PI / 8.0).sin_cos();
        let kind = match k {
            0 => "mousePressed",
            16 => "mouseReleased",
            _ => "mouseMoved",
        };
        let [x, y] = [corner[0] + 128.0 + 60.0 * sin, corner[1] + 128.0 - 100.0 * cos];
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        browser.command("Input.dispatchMouseEvent", event);
    }
    browser.wait_for("document.getElementById('answer').textContent.startsWith('This is a 0, says the model')");
    browser.value("document.getElementById('clear').click(); document.getElementById('drawing').focus()");
    browser.wait_for("document.getElementById('answer').textContent === 'Nothing is drawn yet.'");
    for key in [" ", "ArrowUp", "ArrowLeft"] {
        for kind in ["keyDown", "keyUp"] {
            browser.command(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": key, "code": key }),
            );
        }
    }
    browser.wait_for("document.getElementById('answer').textContent.startsWith('This is')");

    // Without WebGPU the page says so.
    let gone = json!({ "source": "delete Navigator.prototype.gpu" });
    browser.command("Page.addScriptToEvaluateOnNewDocument", gone);
    browser.open_page(&server.url("index.html?again"));
    browser.wait_for("!document.getElementById('problem').hidden");
    let said = browser.value("document.getElementById('problem').textContent");
    assert!(
        said.as_str().is_some_and(|t| t.contains("this browser has no WebGPU")),
        "{said}"
    );
}
