//! Models with data, for `gdl run` and for a package.

use gdl_host::files::{self, HostArray, Table};
use gdl_tests::{Scratch, root};
use serde_json::{Value, json};

/// A model, data for `gdl run`, and the same data for the package.
pub struct Case {
    pub name: &'static str,
    pub program: String,
    /// The group of arrays in `data`.
    pub fold: Option<&'static str>,
    pub data: Vec<(String, HostArray)>,
    /// By argument: a list of numbers is extents, otherwise the name of a typed array and its numbers.
    pub call: Value,
}

pub fn array<T>(shape: &[usize], numbers: Vec<T>) -> HostArray
where
    HostArray: From<Vec<T>>,
{
    HostArray::new(shape, numbers).expect("an array")
}

pub fn reals(numbers: &[f64]) -> Value {
    json!(["Float64Array", numbers])
}

pub fn wholes<T: Copy + Into<f64>>(numbers: &[T]) -> Value {
    let numbers: Vec<i64> = numbers.iter().map(|&x| x.into() as i64).collect();
    json!(["Int32Array", numbers])
}

/// Smooth numbers, all different.
pub fn wave(n: usize, phase: f64) -> Vec<f64> {
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

pub fn example(path: &str) -> String {
    root().join("examples").join(path).display().to_string()
}

/// Edges of a matrix, backwards, so that they have to be sorted; and their entries.
fn edges_of(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let found = (0..n * n).rev().filter(|&k| matrix[k] != 0.0);
    let edges = found.clone().flat_map(|k| [(k / n) as f64, (k % n) as f64]).collect();
    (edges, found.map(|k| matrix[k]).collect())
}

pub fn cases(folder: &Scratch) -> Vec<Case> {
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
        program: example("06-potential/potential.gdl"),
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

/// Elements in the order of a key, and the nearest ones.
const PICKS: &str = "model Picks under trivial [ties] (s: set, x: s -> 3) -> (near: s -> 3, all: 3) {
  near[i] = sum e: j -> i in knn(x, 2): x[j]
  all = sum k in sort(linear(x, 1)): (1 + k) * x[k]
}
data Rows from \"rows.npz\" {
  s: set = ptr(ptr)
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
    let picks = Case {
        name: "choices",
        program: folder.file("picks.gdl", PICKS),
        fold: None,
        call: json!({ "s_ptr": wholes(&[0, 6, 7, 7, 11]), "x": reals(&wave(33, 0.2)) }),
        data: owned(vec![
            ("ptr", array(&[5], vec![0i64, 6, 7, 7, 11])),
            ("x", array(&[11, 3], wave(33, 0.2))),
        ]),
    };
    vec![crystals, dots, wide, words, picks]
}
