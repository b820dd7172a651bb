//! A published interatomic potential, read from its own checkpoint, computes what its authors' program computes.

use gdl_host::files::{Table, load};
use gdl_tests::{Scratch, gdl, root};
use std::fmt::Write;
use std::path::Path;

fn data(name: &str) -> String {
    root()
        .join("tests/data/sevennet")
        .join(name)
        .to_string_lossy()
        .into_owned()
}

fn read(path: &str) -> Table {
    load(Path::new(path)).unwrap_or_else(|e| panic!("{e}"))
}

fn reals(table: &Table, key: &str) -> Vec<f64> {
    let array = table.get(key).unwrap_or_else(|e| panic!("{e}"));
    array.reals().expect("numbers").collect()
}

/// A structure of the reference file.
struct Structure {
    text: String,
    energies: Vec<f64>,
    forces: Vec<f64>,
    /// As a symmetric matrix in the basis of `sym(vector, 2)`; none without a cell.
    stress: Option<Vec<f64>>,
}

impl Structure {
    fn new(refs: &Table, labels: &[f64], name: &str, precision: &str) -> Structure {
        let get = |key: &str| reals(refs, &format!("{name}.{key}"));
        let (pos, cell) = (get("positions"), get("cell"));
        let z: Vec<usize> = get("numbers").iter().map(|&n| n as usize).collect();
        let periodic = get("pbc").iter().all(|&p| p != 0.0);
        let volume = if periodic { determinant(&cell).abs() } else { 1.0 };
        let mut text = format!("{}\nProperties=pos:R:3:z:I:1 volume={volume:?}", z.len());
        let cell = if periodic {
            cell.as_slice()
        } else {
            &[9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]
        };
        let lattice: Vec<String> = cell.iter().map(|x| format!("{x:?}")).collect();
        let pbc = if periodic { "T T T" } else { "F F F" };
        writeln!(text, " Lattice=\"{}\" pbc=\"{pbc}\"", lattice.join(" ")).expect("a string grows");
        for (p, &z) in pos.chunks(3).zip(&z) {
            writeln!(text, "{:?} {:?} {:?} {}", p[0], p[1], p[2], labels[z] as usize).expect("a string grows");
        }
        // xx yy zz yz xz xy; off the diagonal the basis is (e_i e_j + e_j e_i)/√2.
        let voigt = get(&format!("stress_{precision}"));
        let s = 2f64.sqrt();
        let order = [(0, 1.0), (5, s), (4, s), (1, 1.0), (3, s), (2, 1.0)];
        Structure {
            text,
            energies: get(&format!("energies_{precision}")),
            forces: get(&format!("forces_{precision}")),
            stress: periodic.then(|| order.map(|(k, s)| s * voigt[k]).to_vec()),
        }
    }
}

fn determinant(m: &[f64]) -> f64 {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    m[0] * minor(4, 5, 7, 8) - m[1] * minor(3, 5, 6, 8) + m[2] * minor(3, 4, 6, 7)
}

/// max |a − b| / max |b|.
fn error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let worst = a.iter().zip(b).map(|(x, y)| (x - y).abs());
    assert!(a.iter().all(|x| x.is_finite()));
    worst.fold(0.0, f64::max) / size
}

fn compare(precision: &str, bound: f64) {
    let refs = read(&data("7net-0_11Jul2024_refs.npz"));
    let weights = data("7net-0_11Jul2024.safetensors");
    let labels = reals(&read(&weights), "const.z_to_species");
    let scratch = Scratch::new();
    for name in ["si2", "h2o"] {
        let s = Structure::new(&refs, &labels, name, precision);
        let (input, output) = (
            scratch.file(&format!("{name}.extxyz"), &s.text),
            scratch.path("out.npz"),
        );
        let model = data("7net.gdl");
        let mut arguments = vec!["run", &model, "--input", &input, "--weights", &weights];
        arguments.extend(["--output", &output, "--dtype", precision, "--threads", "1"]);
        let done = gdl(&arguments);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("const.z_to_species"), "{}", done.err);
        let found = read(&output);
        let check = |key: &str, want: &[f64]| {
            let e = error(&reals(&found, key), want);
            println!("{name} {precision} {key}: {e:.1e}");
            assert!(e <= bound, "{name}, {key}: {e:.1e} > {bound:.0e}");
        };
        check("energies", &s.energies);
        check("energy", &[s.energies.iter().sum()]);
        check("forces", &s.forces);
        if let Some(stress) = &s.stress {
            check("stress", stress);
        }
    }
}

#[test]
fn doubles() {
    compare("f64", 1e-9);
}

#[test]
fn floats() {
    compare("f32", 1e-5);
}
