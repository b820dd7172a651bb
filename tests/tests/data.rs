//! Data of every kind, from files to numbers, through `gdl train` and `gdl run`.

use gdl_host::files::{self, HostArray};
use gdl_host::rng::Rng;
use gdl_tests::{Scratch, gdl};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs `gdl train … --json` and gives its report.
fn train(folder: &Scratch, program: &str, more: &[&str]) -> Value {
    let out = folder.path("run");
    let all = [&["train", program, "--out", &out, "--threads", "1", "--json"], more].concat();
    let output = gdl(&all);
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str(&output.out).expect("a report")
}

/// Runs `gdl run … --json` in double precision and gives the numbers of its first output.
fn run(program: &str, input: &str, more: &[&str]) -> Vec<f64> {
    let all = [&["run", program, "--input", input, "--json", "--dtype", "f64"], more].concat();
    let output = gdl(&all);
    assert_eq!(output.code, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.out).expect("an object");
    let mut flat = Vec::new();
    flatten(&report["outputs"]["output"], &mut flat);
    flat
}

fn flatten(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| flatten(v, out)),
        v => out.push(v.as_f64().expect("a number")),
    }
}

fn near(found: &[f64], expected: &[f64], within: f64) {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= within * (1.0 + b.abs());
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(close),
        "{found:?} instead of {expected:?}"
    );
}

fn npz(folder: &Scratch, name: &str, arrays: &[(&str, HostArray)]) -> String {
    let path = folder.path(name);
    files::save_npz(Path::new(&path), arrays.iter().map(|(n, a)| (*n, a))).expect("a file");
    path
}

fn host(shape: &[usize], elements: impl Into<HostArray>) -> HostArray {
    HostArray::new(shape, elements).expect("an array")
}

/// A grey image of 4 × 4 pixels.
fn png(pixels: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 4, 4);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("an end");
    out
}

#[test]
fn folders_of_images_one_a_class() {
    let folder = Scratch::new();
    let mut rng = Rng::new(1);
    for (class, bright) in [("day", 200), ("night", 20)] {
        std::fs::create_dir_all(folder.path(&format!("photos/{class}"))).expect("a folder");
        for k in 0..12 {
            let pixels = [0; 16].map(|_: u8| bright + rng.below(40) as u8);
            folder.file(&format!("photos/{class}/{k:02}.png"), png(&pixels));
        }
    }
    let program = folder.file(
        "light.gdl",
        "model Light under D(4) (img: grid(2), x: img -> 1) -> 2 {
  x |> conv(4 x regular, 3) |> relu |> pool(mean) |> group_pool(max) |> linear(2)
}
data Photos from \"photos\" {
  img: grid(2)
  x: img -> 1 = images / 255
  label: class(2) = labels
  fold = split(val = 0.25, test = 0.25, seed = 3)
}
train Light on Photos {
  loss ce = mean a in batch: cross_entropy(output[a], label[a])
  metric acc = mean a in batch: hit(output[a], label[a])
  optimizer = adam(3e-2)
  epochs = 40
  batch = 6
}
",
    );
    let report = train(&folder, &program, &[]);
    assert_eq!(report["test"]["acc"], 1.0, "{report}");
    assert_eq!(report["steps"], 40 * 2, "12 of 24 images are for training");
    // One image by itself, and all of them without the split.
    let weights = folder.path("run/best.safetensors");
    let one = folder.file("dark.png", png(&[25; 16]));
    let logits = run(&program, &one, &["--weights", &weights]);
    assert!(logits.len() == 2 && logits[1] > logits[0], "{logits:?}");
    let all = run(&program, &folder.path("photos"), &["--weights", &weights]);
    let days = all.chunks(2).filter(|l| l[0] > l[1]).count();
    assert_eq!((all.len(), days), (2 * 24, 12));

    // What is computed, exactly; also with channels first, from an array file.
    let mean = folder.file(
        "mean.gdl",
        "model Mean under D(4) (img: grid(2), x: img -> 1) -> 1 {
  x |> pool(mean)
}
data Photos from \"photos\" {
  img: grid(2)
  x: img -> 1 = images / 255 - 0.5
}
train Mean on Photos {
  loss l = mean a in batch: norm2(output[a])
}
",
    );
    let ramp: [u8; 16] = std::array::from_fn(|k| 10 * k as u8);
    let one = folder.file("ramp.png", png(&ramp));
    near(&run(&mean, &one, &[]), &[75.0 / 255.0 - 0.5], 1e-12);
}

#[test]
fn arrays_from_every_container() {
    let folder = Scratch::new();
    // Two channels of 2 × 3 cells, before the cells.
    let x: Vec<f32> = (0..24).map(|k| k as f32).collect();
    let first = host(&[2, 2, 2, 3], x.clone());
    let program = |from: &str, entry: &str| {
        let text = format!(
            "model Weigh (img: grid(2), x: img -> 2) -> 2 {{
  x |> pool(sum)
}}
data D from \"{from}\" {{
  img: grid(2)
  x: img -> 2 = {entry}
}}
train Weigh on D {{
  loss l = mean a in batch: norm2(output[a])
}}
"
        );
        folder.file("weigh.gdl", text)
    };
    let expected = [15.0, 51.0, 87.0, 123.0];
    let archive = npz(&folder, "a.npz", &[("images", first.clone())]);
    near(
        &run(&program("a.npz", "channels_first(images)"), &archive, &[]),
        &expected,
        1e-12,
    );
    near(
        &run(&program("a.npz", "2 * channels_first(images) - 1"), &archive, &[]),
        &expected.map(|s| 2.0 * s - 6.0),
        1e-12,
    );
    let array = folder.file("a.npy", files::npy::encode(&first).expect("bytes"));
    near(
        &run(&program("a.npy", "channels_first(data)"), &array, &[]),
        &expected,
        1e-12,
    );
    let tensors = folder.path("a.safetensors");
    let named = BTreeMap::from([("images".to_string(), first.clone())]);
    files::save_tensors(Path::new(&tensors), &named, &BTreeMap::new()).expect("a file");
    near(
        &run(&program("a.safetensors", "channels_first(images)"), &tensors, &[]),
        &expected,
        1e-12,
    );
    std::fs::create_dir(folder.path("arrays")).expect("a folder");
    folder.file("arrays/images.npy", files::npy::encode(&first).expect("bytes"));
    let program = program("arrays", "channels_first(images)");
    near(&run(&program, &folder.path("arrays"), &[]), &expected, 1e-12);
}

/// Sets of 1, 2, … elements, one after the other; `x` is the number of the element, `y` the sum of each set.
fn ragged(samples: usize) -> Vec<(&'static str, HostArray)> {
    let ptr: Vec<i64> = (0..=samples as i64).map(|s| s * (s + 1) / 2).collect();
    let x: Vec<f64> = (0..ptr[samples]).map(|k| k as f64).collect();
    let sum = |w: &[i64]| x[w[0] as usize..w[1] as usize].iter().sum::<f64>();
    let y: Vec<f64> = ptr.windows(2).map(sum).collect();
    vec![("ptr", ptr.into()), ("x", x.into()), ("y", y.into())]
}

const SETS: &str = "
model Sum (s: set, x: s -> 1) -> 1 {
  param w: 1 ~ normal(1.0)
  sum i: w * x[i]
}
data Sets from \"sets.npz\" {
  s: set = ptr(ptr)
  x: s -> 1
  y: 1
  fold = FOLD
}
train Sum on Sets {
  loss l2 = mean a in batch: mse(output[a], y[a])
  metric far = mean a in batch: abs(output[a] - y[a])
  optimizer = adam(0.1)
  epochs = EPOCHS
  batch = BATCH
}
";

fn sets(folder: &Scratch, fold: &str, epochs: usize, batch: &str) -> String {
    let text = SETS
        .replace("FOLD", fold)
        .replace("EPOCHS", &epochs.to_string())
        .replace("BATCH", batch);
    folder.file("sets.gdl", text)
}

#[test]
fn ragged_sets_split_by_index_arrays_and_by_fractions() {
    let folder = Scratch::new();
    let mut arrays = ragged(8);
    let ids = |list: &[i64]| HostArray::from(list.to_vec());
    arrays.extend([
        ("train", ids(&[7, 0, 2, 4])),
        ("val", ids(&[1])),
        ("test", ids(&[6, 3, 5])),
    ]);
    let input = npz(&folder, "sets.npz", &arrays);

    let program = sets(&folder, "(train, val, test)", 150, "2");
    let said = gdl(&["train", &program, "--out", &folder.path("run"), "--epochs", "1"]);
    let counts = "Sum: 1 parameters; samples: 4 training, 1 validation, 3 test";
    assert!(said.err.starts_with(counts), "{}", said.err);
    let report = train(&folder, &program, &[]);
    assert!(report["test"]["far"].as_f64() < Some(0.5), "{report}");
    let weights = folder.path("run/best.safetensors");
    let y = arrays[2].1.reals().expect("numbers").collect::<Vec<_>>();
    near(&run(&program, &input, &["--weights", &weights]), &y, 1e-2);
    let three = run(&program, &input, &["--weights", &weights, "--fold", "test"]);
    near(&three, &[y[6], y[3], y[5]], 1e-2);

    // A sample for training only, and nothing for validation.
    let report = train(&folder, &sets(&folder, "(train, _, test)", 1, "2"), &[]);
    assert!(report["val"].is_null() && report["test"].is_object(), "{report}");
    let report = train(&folder, &sets(&folder, "split(val = 0.25, test = 0.5)", 3, "1"), &[]);
    assert_eq!(report["steps"], 3 * 2, "two samples are left for training: {report}");
    let failed = gdl(&[
        "train",
        &sets(&folder, "(train, val, y)", 1, "2"),
        "--out",
        &folder.path("run"),
    ]);
    assert_eq!(failed.code, 1);
    assert!(
        failed.err.contains("array `y`: integers are needed here"),
        "{}",
        failed.err
    );
}

#[test]
fn batches_count_samples_or_indices() {
    let folder = Scratch::new();
    npz(&folder, "sets.npz", &ragged(6));
    // Sets of 1 to 6 elements, 21 in all.
    let steps = |batch: &str| {
        let program = sets(&folder, "split()", 1, batch);
        let steps = train(&folder, &program, &[])["steps"].as_u64();
        std::fs::remove_dir_all(folder.path("run")).expect("a run");
        steps
    };
    assert_eq!(steps("6"), Some(1));
    assert_eq!(steps("4"), Some(2));
    assert_eq!(steps("rows(21, s)"), Some(1));
    assert_eq!(
        steps("rows(1, s)"),
        Some(6),
        "a sample that is larger than a batch is one"
    );
    let middle = steps("rows(7, s.nodes)");
    assert!((Some(3)..=Some(5)).contains(&middle), "{middle:?}");
    let wrong = gdl(&["check", &sets(&folder, "split()", 1, "rows(7, t)")]);
    assert!(
        wrong.err.contains("GDL0141") && wrong.err.contains("nothing of this name"),
        "{}",
        wrong.err
    );
    assert_eq!(
        gdl(&["check", &sets(&folder, "split()", 1, "rows(7, s.edges)")]).code,
        1
    );
}

#[test]
fn groups_of_arrays() {
    let folder = Scratch::new();
    let mut arrays = Vec::new();
    for (group, samples) in [("small", 5), ("large", 9)] {
        arrays.extend(ragged(samples).into_iter().map(|(n, a)| (format!("{group}.{n}"), a)));
    }
    let named: Vec<(&str, HostArray)> = arrays.iter().map(|(n, a)| (n.as_str(), a.clone())).collect();
    let input = npz(&folder, "sets.npz", &named);
    let program = sets(&folder, "groups(small, _, large)", 60, "5");
    let report = train(&folder, &program, &[]);
    assert!(report["test"]["far"].as_f64() < Some(1.0), "{report}");
    let all = gdl(&["run", &program, "--input", &input]);
    assert_eq!(all.code, 1);
    assert!(
        all.err.contains("stand in groups") && all.err.contains("`small`, `large`"),
        "{}",
        all.err
    );
    assert_eq!(run(&program, &input, &["--fold", "large"]).len(), 9);
}

/// The sum of exp(−r²) over all neighbours within a cutoff, images within 3 cells included.
fn overlaps(points: &[[f64; 3]], cell: Option<([[f64; 3]; 3], [bool; 3])>, cutoff: f64) -> f64 {
    let (vectors, periodic) = cell.unwrap_or(([[0.0; 3]; 3], [false; 3]));
    let range = |k: usize| if periodic[k] { -3..=3 } else { 0..=0 };
    let mut sum = 0.0;
    for (i, p) in points.iter().enumerate() {
        for (j, q) in points.iter().enumerate() {
            for a in range(0) {
                for b in range(1) {
                    for c in range(2) {
                        let times = [a, b, c].map(f64::from);
                        let shift = [0, 1, 2].map(|x| (0..3).map(|k| times[k] * vectors[k][x]).sum::<f64>());
                        let square: f64 = (0..3).map(|x| (q[x] + shift[x] - p[x]).powi(2)).sum();
                        if square < cutoff * cutoff && (i != j || [a, b, c] != [0; 3]) {
                            sum += (-square).exp();
                        }
                    }
                }
            }
        }
    }
    sum
}

const GAS: &str = "
model Gas under O(3) (m: cloud(3, cutoff = 3.0), z: m.nodes -> enum(H, O)) -> 1 {
  sum e in m.edges: exp(-norm2(e.vec))
}
data Frames from \"frames.extxyz\" {
  m: cloud(3) = POINTS
  z: m.nodes -> enum(H, O) = species
  e: 1 = energy / 27.2
  f: m.nodes -> vector = forces
}
train Gas on Frames {
  loss le = mean a in batch: mse(output[a], e[a])
  loss lf = mean a in batch: (sum i in m.nodes: norm2(f[i]))
}
";

#[test]
fn extended_xyz_with_cells_and_units() {
    let folder = Scratch::new();
    let cells = [
        [[4.0, 0.0, 0.0], [0.5, 4.5, 0.0], [-0.5, 0.3, 5.0]],
        [[3.5, 0.0, 0.0], [0.0, 3.7, 0.0], [0.0, 0.0, 9.0]],
    ];
    let flags = [[true; 3], [true, true, false]];
    let frames: [&[[f64; 3]]; 2] = [
        &[[0.1, 0.2, 0.3], [1.5, 2.5, 0.7], [3.9, 0.1, 4.8]],
        &[[0.0, 0.0, 0.0], [3.0, 3.2, 1.0]],
    ];
    // In units of which two are one of the program's.
    let write = |scale: f64, periodic: bool| {
        let mut text = String::new();
        for ((points, cell), flags) in frames.iter().zip(cells).zip(flags) {
            let numbers: Vec<String> = cell.iter().flatten().map(|x| (x * scale).to_string()).collect();
            let words = flags.map(|f| if f { "T" } else { "F" }).join(" ");
            let lattice = format!("Lattice=\"{}\" pbc=\"{words}\" ", numbers.join(" "));
            text += &format!("{}\n", points.len());
            text += if periodic { &lattice } else { "" };
            text += "Properties=species:S:1:pos:R:3:forces:R:3 energy=-13.6\n";
            for (k, p) in points.iter().enumerate() {
                let [x, y, z] = p.map(|x| x * scale);
                text += &format!("{} {x} {y} {z} 0.5 0 0\n", ["O", "H"][k % 2]);
            }
        }
        folder.file("frames.extxyz", text)
    };
    let program = |points: &str| folder.file("gas.gdl", GAS.replace("POINTS", points));
    let expected = |periodic: bool| {
        let cell = |k: usize| periodic.then_some((cells[k], flags[k]));
        [0, 1].map(|k| overlaps(frames[k], cell(k), 3.0))
    };
    let input = write(1.0, true);
    let periodic = "points(pos, cell = cell, pbc = pbc, sizes = ptr)";
    near(&run(&program(periodic), &input, &[]), &expected(true), 1e-12);
    near(
        &run(&program("points(pos, sizes = ptr)"), &input, &[]),
        &expected(false),
        1e-12,
    );
    let input = write(2.0, true);
    let halved = "points(pos / 2, cell = cell, pbc = pbc, sizes = ptr)";
    near(&run(&program(halved), &input, &[]), &expected(true), 1e-12);
    write(1.0, false);
    near(
        &run(&program("points(pos, sizes = ptr)"), &input, &[]),
        &expected(false),
        1e-12,
    );

    let says = |points: &str, text: &str| {
        let failed = gdl(&["run", &program(points), "--input", &input]);
        assert_eq!(failed.code, 1);
        assert!(failed.err.contains(text), "{}", failed.err);
    };
    says(periodic, "array `cell`: there is no such array");
    says("points(pos)", "`sizes = ptr` says where samples begin");
    says("points(pos, pbc = pbc, sizes = ptr)", "periods need lattice vectors");
    says("points(pos + 1, sizes = ptr)", "positions are an array");
}

#[test]
fn folders_of_clouds_and_edges_from_a_file() {
    let folder = Scratch::new();
    std::fs::create_dir_all(folder.path("gas")).expect("a folder");
    let (a, b) = (
        [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 2.0, 1.0]],
    );
    let text = |points: &[[f64; 3]]| {
        let lines: String = points
            .iter()
            .map(|p| format!("H {} {} {}\n", p[0], p[1], p[2]))
            .collect();
        format!("{}\n\n{lines}", points.len())
    };
    folder.file("gas/a.xyz", text(&a));
    folder.file("gas/b.xyz", text(&b));
    let program = folder.file(
        "gas.gdl",
        "model Gas under O(3) (m: cloud(3, cutoff = 3.0)) -> 1 {
  sum e in m.edges: exp(-norm2(e.vec))
}
data Frames from \"gas\" {
  m: cloud(3) = points(pos, sizes = ptr)
}
train Gas on Frames {
  loss l = mean a in batch: norm2(output[a])
}
",
    );
    let expected = [overlaps(&a, None, 3.0), overlaps(&b, None, 3.0)];
    near(&run(&program, &folder.path("gas"), &[]), &expected, 1e-12);

    // The same with edges and shifts that somebody else has found: a chain of one atom, period 1.5.
    let listed = folder.file(
        "listed.gdl",
        "model Gas under O(3) (m: cloud(3)) -> 1 {
  sum e in m.edges: exp(-norm2(e.vec))
}
data Frames from \"chain.npz\" {
  m: cloud(3) = edges(list, ptr = edge_ptr, sizes = ptr, shift = 3 * shift)
}
train Gas on Frames {
  loss l = mean a in batch: norm2(output[a])
}
",
    );
    let input = npz(
        &folder,
        "chain.npz",
        &[
            ("ptr", vec![0i64, 1, 3].into()),
            ("pos", host(&[3, 3], vec![0.0; 9])),
            ("edge_ptr", vec![0i64, 2, 3].into()),
            ("list", host(&[3, 2], vec![0i64, 0, 0, 0, 1, 0])),
            (
                "shift",
                host(&[3, 3], vec![0.5, 0.0, 0.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.1]),
            ),
        ],
    );
    let expected = [2.0 * f64::exp(-2.25), f64::exp(-0.09)];
    near(&run(&listed, &input, &[]), &expected, 1e-12);
}

/// A tetrahedron whose corners are moved a little, turned by the matrix.
fn corners(turn: [[f64; 3]; 3]) -> Vec<[f64; 3]> {
    let corners = [[1.0, 1.1, 1.0], [1.0, -1.0, -1.2], [-1.3, 1.0, -1.0], [-1.0, -1.0, 1.0]];
    let turned = |c: [f64; 3]| turn.map(|row| (0..3).map(|k| row[k] * c[k]).sum());
    corners.map(turned).to_vec()
}

#[test]
fn meshes_in_every_format() {
    const FACES: [[usize; 3]; 4] = [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]];
    let folder = Scratch::new();
    let plain = corners([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let words = |p: &[f64; 3]| format!("{} {} {}", p[0], p[1], p[2]);
    let off = |points: &[[f64; 3]]| {
        let verts: String = points.iter().map(|p| words(p) + "\n").collect();
        let faces: String = FACES.iter().map(|[a, b, c]| format!("3 {a} {b} {c}\n")).collect();
        format!("OFF\n4 4 0\n{verts}{faces}")
    };
    let obj: String = plain.iter().map(|p| format!("v {}\n", words(p))).collect::<String>()
        + &FACES
            .map(|[a, b, c]| format!("f {} {} {}\n", a + 1, b + 1, c + 1))
            .concat();
    let ply = format!(
        "ply\nformat ascii 1.0\nelement vertex 4\nproperty double x\nproperty double y\nproperty double z\nproperty float h\n\
         element face 4\nproperty list uchar int vertex_indices\nend_header\n{}{}",
        plain
            .iter()
            .enumerate()
            .map(|(k, p)| format!("{} {k}\n", words(p)))
            .collect::<String>(),
        FACES.map(|[a, b, c]| format!("3 {a} {b} {c}\n")).concat()
    );
    let program = |height: &str| {
        let text = format!(
            "model Shape (m: mesh, h: m.verts -> 1) -> (m.verts -> 1) {{
  v = h |> gem_conv(4 x irrep(1))
  length[p][k in 0..4] = norm2(v[p][k])
  length |> linear(1)
}}
data Meshes from \"meshes\" {{
  m: mesh
  h: m.verts -> 1 = {height}
  y: m.verts -> 1 = {height}
}}
train Shape on Meshes {{
  loss l2 = mean a in batch: (mean p in m.verts: mse(output[p], y[p]))
  epochs = 2
  batch = 1
}}
"
        );
        folder.file("shape.gdl", text)
    };
    // Weights are those that the model starts from, the same in every run.
    let with_heights = folder.file("m.ply", ply);
    let expected = run(&program("h"), &with_heights, &[]);
    assert_eq!(expected.len(), 4);
    let heights = |input: &str| {
        // Without heights of their own the vertices have their first coordinate.
        let table = files::load(input).expect("a mesh");
        let verts = table.get("verts").expect("vertices").clone();
        let mut arrays: Vec<(&str, HostArray)> = vec![("h", vec![0.0, 1.0, 2.0, 3.0].into()), ("verts", verts)];
        for name in ["faces", "verts_ptr", "faces_ptr"] {
            arrays.push((name, table.get(name).expect("an array").clone()));
        }
        npz(&folder, "m.npz", &arrays)
    };
    let (c, s) = (0.6, 0.8);
    let turned = off(&corners([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]));
    for (name, text) in [("a.off", off(&plain)), ("b.obj", obj), ("turned.off", turned)] {
        let file = folder.file(name, text);
        near(&run(&program("h"), &heights(&file), &[]), &expected, 1e-9);
    }
    // A folder of them.
    std::fs::create_dir_all(folder.path("meshes")).expect("a folder");
    for name in ["a.ply", "b.ply", "c.ply"] {
        std::fs::copy(&with_heights, folder.path(&format!("meshes/{name}"))).expect("a copy");
    }
    let report = train(&folder, &program("h"), &[]);
    assert_eq!(report["steps"], 2 * 3, "{report}");
    near(
        &run(&program("h"), &folder.path("meshes"), &[]),
        &expected.repeat(3),
        1e-12,
    );
}

#[test]
fn statistics_over_the_data() {
    let folder = Scratch::new();
    // Graphs that are rings of 3 and stars of 4, whose mean degrees are 2 and 1.5.
    let ring = [0, 1, 1, 1, 0, 1, 1, 1, 0].map(|e| e as u8);
    let graphs = |order: &[bool]| {
        let (mut ptr, mut edge_ptr, mut list, mut y) = (vec![0i64], vec![0i64], Vec::new(), Vec::new());
        for star in order {
            let n: i64 = if *star { 4 } else { 3 };
            for (a, b) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))) {
                let joined = if *star {
                    (a == 0) != (b == 0)
                } else {
                    ring[(3 * a + b) as usize] == 1
                };
                list.extend(joined.then_some([a, b]).into_iter().flatten());
            }
            ptr.push(ptr[ptr.len() - 1] + n);
            edge_ptr.push(list.len() as i64 / 2);
            y.push(1.0);
        }
        let edges = list.len() / 2;
        vec![
            ("ptr", HostArray::from(ptr)),
            ("edge_ptr", edge_ptr.into()),
            ("list", host(&[edges, 2], list)),
            ("y", y.into()),
            ("train", vec![0i64, 1, 2].into()),
            ("test", vec![3i64, 4].into()),
        ]
    };
    // For training two rings and a star; the stars for testing do not count.
    let input = npz(&folder, "graphs.npz", &graphs(&[false, false, true, true, true]));
    let program = folder.file(
        "graphs.gdl",
        "model Degree (g: graph) -> 1 {
  stat usual: 1 = mean i in g.nodes: g.degree[i] over data
  param w: 1 ~ normal(1.0)
  w * (mean i in g.nodes: g.degree[i]) / usual
}
data Graphs from \"graphs.npz\" {
  g: graph = edges(list, ptr = edge_ptr, sizes = ptr)
  y: 1
  fold = (train, _, test)
}
train Degree on Graphs {
  loss l2 = mean a in batch: mse(output[a], y[a])
  optimizer = adam(0.05)
  epochs = 200
  batch = 2
}
",
    );
    let report = train(&folder, &program, &[]);
    let usual = (2.0 + 2.0 + 1.5) / 3.0;
    let tensors = files::load(folder.path("run/best.safetensors")).expect("weights");
    let stat: Vec<f64> = tensors
        .get("usual")
        .expect("a statistic")
        .reals()
        .expect("numbers")
        .collect();
    near(&stat, &[usual], 1e-6);
    // Read back when the model runs, and when training goes on.
    let w: Vec<f64> = tensors.get("w").expect("a weight").reals().expect("numbers").collect();
    let weights = folder.path("run/best.safetensors");
    let found = run(&program, &input, &["--weights", &weights, "--fold", "test"]);
    near(&found, &[w[0] * 1.5 / usual; 2], 1e-5);
    let again = train(&folder, &program, &["--resume"]);
    assert_eq!(report["test"], again["test"]);
}

/// A constant that breaks the symmetry and a loss of single components: trained by compiled code, with a warning, and run.
#[test]
fn less_than_the_whole_symmetry() {
    let folder = Scratch::new();
    let mut rng = Rng::new(5);
    let samples = 40;
    let v: Vec<f64> = (0..3 * samples).map(|_| 2.0 * rng.uniform() - 1.0).collect();
    let t: Vec<f64> = v
        .iter()
        .enumerate()
        .map(|(k, x)| 2.0 * x + [3.0, 0.0, 0.0][k % 3])
        .collect();
    let arrays = [("v", host(&[samples, 3], v)), ("t", host(&[samples, 3], t.clone()))];
    let input = npz(&folder, "wind.npz", &arrays);
    let program = folder.file(
        "wind.gdl",
        "model Wind under O(3) [break] (v: vector) -> vector {
  const wind: vector = break((1, 0, 0), to = stabilizer(O(3), vector, (1, 0, 0)))
  param a, b: 1 = 0
  a * v + b * wind
}
data Gusts from \"wind.npz\" {
  v: vector
  t: vector
}
train Wind on Gusts {
  loss mae = mean a in batch: (sum k in 0..3: abs(output[a][k] - t[a][k]))
  optimizer = adam(0.02)
  epochs = 150
  batch = 8
}
",
    );
    let out = folder.path("run");
    let said = gdl(&["train", &program, "--out", &out, "--threads", "1"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("warning[GDL0161]"), "{}", said.err);
    let weights = folder.path("run/best.safetensors");
    let found = run(&program, &input, &["--weights", &weights]);
    let worst = found.iter().zip(&t).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 0.1, "{worst}");
    let verified = gdl(&["verify", &program, "--weights", &weights, "--input", &input]);
    assert!(
        verified.code == 0 && verified.out.contains("O(3), jointly with `break`: f32"),
        "{verified:?}"
    );
    let checked = gdl(&["check", &program]);
    assert!(checked.out.contains("Wind, training"), "{checked:?}");
    assert!(checked.out.contains("components"), "{checked:?}");
}
