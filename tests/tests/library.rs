//! Libraries: made by `gdl build`, called from programs in C, C++, Rust and Python, compared with `gdl run`.

use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl, root, weights};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// A command, run in a folder.
fn run(folder: &str, command: &str) -> Output {
    let out = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("LD_LIBRARY_PATH", "dist")
        .output()
        .expect("a shell");
    assert!(out.status.success(), "{command}\n{}", said(&out));
    out
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

fn numbers(out: &Output) -> Vec<f64> {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.split_whitespace()
        .map(|w| w.parse().unwrap_or_else(|_| panic!("no number: {text}")))
        .collect()
}

fn flat(v: &Value) -> Vec<f64> {
    match v {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().expect("a number")],
    }
}

fn build(program: &str, more: &[&str]) {
    let mut all = vec!["build", program, "--json"];
    all.extend(more);
    let made = gdl(&all);
    assert_eq!(made.code, 0, "{made:?}");
}

const SET: &str = "/// Adds up a set.
model Total(s: set, x: s -> 3) -> 2 {
  h[i] = mlp(x[i], [8, 2])
  sum i: h[i]
}
";

/// Two samples of two and three elements, in column-major order; prints outputs, gradients for x and for the first parameter, and the latter's differences.
const SET_MAIN: &str = r#"
#include "total.h"
#include "total.h"
#include <stdio.h>
#include <string.h>

static double data[3][5], slope[5][3], out_data[2][2], seeds[2][2] = {{1, 0}, {0, -2}};

static int failed(const total *model, gdl_status status) {
  if (status != GDL_OK) fprintf(stderr, "%d: %s\n", (int)status, total_error(model));
  return status != GDL_OK;
}

static double value(const double *rows) { return rows[0] - 2 * rows[3]; }

int main(void) {
  total *model;
  total_inputs in, grads;
  total_outputs out, cot;
  gdl_array weights[TOTAL_PARAMETERS], w;
  int64_t offsets[3] = {0, 2, 5};
  double first[24], changed[24], up, down;
  int i, k;
  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  memset(&grads, 0, sizeof grads);
  memset(&cot, 0, sizeof cot);
  memset(weights, 0, sizeof weights);
  for (i = 0; i < 5; i++)
    for (k = 0; k < 3; k++) data[k][i] = 0.3 * (i + 1) - 0.5 * k;
  if (failed(model, total_new(GDL_ABI, 2, &model))) return 1;
  in.x = gdl_array_of(data, GDL_F64, 2, 5, 3, 0, 0);
  in.x.strides[0] = 1;
  in.x.strides[1] = 5;
  in.s_ptr = gdl_array_of(offsets, GDL_I64, 1, 3, 0, 0, 0);
  if (failed(model, total_describe(model, &in, &out))) return 1;
  if (out.output.ndim != 2 || out.output.shape[0] != 2 || out.output.shape[1] != 2 || out.output.dtype != GDL_F64) return 2;
  out.output.data = out_data;
  if (failed(model, total_forward(model, &in, &out))) return 1;
  for (i = 0; i < 4; i++) printf("%.17g\n", out_data[i / 2][i % 2]);

  cot.output = gdl_array_of(seeds, GDL_F64, 2, 2, 2, 0, 0);
  grads.x = gdl_array_of(slope, GDL_F64, 2, 5, 3, 0, 0);
  if (failed(model, total_gradient(model, &in, &cot, &grads, weights))) return 1;
  w = weights[0];
  if (w.ndim < 1 || w.shape[0] * (w.ndim > 1 ? w.shape[1] : 1) > 24) return 3;
  weights[0].data = first;
  if (failed(model, total_gradient(model, &in, &cot, NULL, weights))) return 1;
  for (i = 0; i < 5; i++)
    for (k = 0; k < 3; k++) {
      double x = data[k][i], h = 1e-5;
      data[k][i] = x + h;
      if (failed(model, total_forward(model, &in, &out))) return 1;
      up = value(out_data[0]);
      data[k][i] = x - h;
      if (failed(model, total_forward(model, &in, &out))) return 1;
      down = value(out_data[0]);
      data[k][i] = x;
      printf("%.17g %.17g\n", slope[i][k], (up - down) / (2 * h));
    }
  /* The first parameter, changed through the interface. */
  w.data = changed;
  if (failed(model, total_get_parameter(model, PARAMETER, &w))) return 1;
  for (k = 0; k < 2; k++) {
    changed[k] += 1e-5;
    if (failed(model, total_set_parameter(model, PARAMETER, &w))) return 1;
    if (failed(model, total_forward(model, &in, &out))) return 1;
    up = value(out_data[0]);
    changed[k] -= 2e-5;
    if (failed(model, total_set_parameter(model, PARAMETER, &w))) return 1;
    if (failed(model, total_forward(model, &in, &out))) return 1;
    down = value(out_data[0]);
    changed[k] += 1e-5;
    printf("%.17g %.17g\n", first[k], (up - down) / 2e-5);
  }
  total_free(model);
  return 0;
}
"#;

#[test]
fn c_programs_get_outputs_and_gradients() {
    let folder = Scratch::new();
    let at = folder.path(".");
    let program = folder.file("total.gdl", SET);
    let weights = weights(&folder, &program);
    folder.file("main.c", SET_MAIN);
    let dist = folder.path("dist");
    build(
        &program,
        &[
            "--weights",
            &weights,
            "--emit",
            "lib,static,obj",
            "--with",
            "grad",
            "--dtype",
            "f64",
            "-o",
            &dist,
        ],
    );
    let manifest = std::fs::read_to_string(folder.path("dist/total.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let parameter = manifest["library"]["parameters"][0]["name"].as_str().expect("a name");
    let flags = format!("-Idist -DPARAMETER='\"{parameter}\"' -Wall -Wextra -Werror -pedantic");
    run(&at, &format!("cc -std=c99 {flags} main.c -Ldist -ltotal -o shared"));
    run(
        &at,
        &format!("cc -std=c99 {flags} main.c dist/libtotal.a -lpthread -lm -ldl -o archive"),
    );
    // Reads and writes of the caller's arrays, and what is left behind, are watched.
    run(
        &at,
        &format!(
            "cc -std=c99 -fsanitize=address,undefined {flags} main.c dist/libtotal.a -lpthread -lm -ldl -o watched"
        ),
    );
    run(&at, &format!("cc -x c++ -std=c++11 {flags} -c main.c -o cpp.o"));
    run(
        &at,
        &format!("cc -std=c99 {flags} main.c dist/total.o -lpthread -lm -ldl -o object"),
    );

    let x: Vec<f64> = (0..15)
        .map(|k| 0.3 * f64::from(k / 3 + 1) - 0.5 * f64::from(k % 3))
        .collect();
    let expected: Vec<f64> = [(0, 2), (2, 5)]
        .into_iter()
        .flat_map(|(from, to)| {
            let input = folder.path("x.npz");
            let part = HostArray::new(&[1, to - from, 3], x[3 * from..3 * to].to_vec()).expect("an array");
            files::save_npz(Path::new(&input), [("x", &part)]).expect("a file");
            let run = gdl(&[
                "run",
                &program,
                "--input",
                &input,
                "--weights",
                &weights,
                "--dtype",
                "f64",
                "--json",
            ]);
            let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}"));
            flat(&report["outputs"]["output"])
        })
        .collect();
    let mut outputs = Vec::new();
    for way in ["shared", "archive", "object", "watched"] {
        let found = numbers(&run(&at, &format!("./{way}")));
        let (values, pairs) = found.split_at(4);
        let close = |a: f64, b: f64, by: f64| (a - b).abs() <= by * (1.0 + b.abs());
        assert!(
            values.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-12)),
            "{values:?} {expected:?}"
        );
        assert_eq!(pairs.len(), 2 * (15 + 2));
        assert!(
            pairs.as_chunks::<2>().0.iter().all(|[a, b]| close(*a, *b, 1e-7)),
            "{pairs:?}"
        );
        assert!(pairs.iter().any(|x| x.abs() > 1e-3), "{pairs:?}");
        outputs.push(found);
    }
    assert!(outputs.iter().all(|o| *o == outputs[0]), "the same code in all of them");
}

#[test]
fn only_documented_symbols_are_visible() {
    let folder = Scratch::new();
    let at = folder.path(".");
    let program = folder.file("total.gdl", SET);
    build(
        &program,
        &["--external-weights", "--emit", "lib,static", "-o", &folder.path("dist")],
    );
    let symbols = |command: &str| -> Vec<String> {
        let text = said(&run(&at, command));
        let mut names: Vec<String> = text
            .lines()
            .filter_map(|l| l.split_whitespace().nth(2))
            .map(String::from)
            .collect();
        names.sort();
        names
    };
    let documented = [
        "describe",
        "error",
        "forward",
        "free",
        "get_parameter",
        "gradient",
        "load",
        "manifest",
        "mesh",
        "nearest",
        "neighbours",
        "new",
        "save",
        "set_parameter",
    ];
    let documented = documented.map(|f| format!("total_{f}"));
    assert_eq!(symbols("nm -D --defined-only dist/libtotal.so"), documented);
    assert_eq!(symbols("nm -g --defined-only dist/libtotal.a"), documented);
    // No code is changed when it is loaded, and nothing but the C library is needed.
    let dynamic = said(&run(&at, "readelf -dW dist/libtotal.so"));
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
    let needed: Vec<&str> = dynamic.lines().filter(|l| l.contains("NEEDED")).collect();
    assert!(
        needed
            .iter()
            .all(|l| ["libc.so", "libm.so", "ld-linux", "libpthread", "libdl"]
                .iter()
                .any(|n| l.contains(n))),
        "{dynamic}"
    );
    assert!(!said(&run(&at, "nm -D -u dist/libtotal.so")).contains("fmaf"));
    for symbol in &documented {
        let header = std::fs::read_to_string(folder.path("dist/total.h")).expect("a header");
        assert!(header.contains(&format!("{symbol}(")), "{symbol} is not in the header");
    }
}

const BAD_MAIN: &str = r#"
#include "total.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static total *model;

static void show(const char *what, gdl_status status) { printf("%s: %d %s\n", what, (int)status, status ? total_error(model) : ""); }

int main(void) {
  total_inputs in, good;
  total_outputs out;
  float x[12] = {0}, y[2];
  int64_t bad[2] = {0, 9};
  char raw[64];
  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  show("null context", total_forward(NULL, &in, &out));
  total_free(NULL);
  show("abi", total_new(99, 1, &model));
  show("after", total_forward(model, &in, &out));
  total_free(model);
  show("threads", total_new(GDL_ABI, 0, &model));
  total_free(model);
  if (total_new(GDL_ABI, 1, &model)) return 1;
  good = in;
  good.x = gdl_array_of(x, GDL_F32, 2, 4, 3, 0, 0);
  out.output = gdl_array_of(y, GDL_F32, 2, 1, 2, 0, 0);
  show("no weights", total_forward(model, &good, &out));
  show("no file", total_load(model, "none.safetensors"));
  show("foreign", total_load(model, "foreign.safetensors"));
  show("damaged", total_load(model, "damaged.safetensors"));
  show("load", total_load(model, "weights.safetensors"));
  show("inputs", total_forward(model, NULL, &out));
  show("outputs", total_forward(model, &good, NULL));
  show("missing", total_forward(model, &in, &out));
  in = good; in.x.dtype = 42; show("dtype", total_forward(model, &in, &out));
  in = good; in.x.ndim = 99; show("ndim", total_forward(model, &in, &out));
  in = good; in.x.shape[0] = -4; show("negative", total_forward(model, &in, &out));
  in = good; in.x.shape[0] = INT64_MAX; show("huge", total_forward(model, &in, &out));
  in = good; in.x.shape[1] = 2; show("shape", total_forward(model, &in, &out));
  in = good; in.s_ptr = gdl_array_of(bad, GDL_I64, 1, 2, 0, 0, 0); show("offsets", total_forward(model, &in, &out));
  in = good; in.s_ptr = gdl_array_of(x, GDL_F32, 1, 2, 0, 0, 0); show("offset type", total_forward(model, &in, &out));
  x[7] = NAN; show("nan", total_forward(model, &good, &out)); x[7] = 0;
  out.output.shape[0] = 2; show("small", total_forward(model, &good, &out)); out.output.shape[0] = 1;
  out.output.dtype = GDL_I32; show("kind", total_forward(model, &good, &out)); out.output.dtype = GDL_F32;
  show("gradient", total_gradient(model, &good, &out, NULL, NULL));
  show("parameter", total_get_parameter(model, "nothing", &out.output));
  show("null name", total_get_parameter(model, NULL, &out.output));
  /* Not aligned: slower, but right. */
  memcpy(raw + 1, x, sizeof x);
  in = good; in.x.data = raw + 1; show("unaligned", total_forward(model, &in, &out));
  show("good", total_forward(model, &good, &out));
  total_free(model);
  return 0;
}
"#;

#[test]
fn bad_calls_are_answered() {
    let folder = Scratch::new();
    let at = folder.path(".");
    let program = folder.file("total.gdl", SET);
    let path = weights(&folder, &program);
    folder.file("damaged.safetensors", &std::fs::read(&path).expect("weights")[..40]);
    let foreign = HostArray::new(&[2], vec![0f32; 2]).expect("an array");
    files::save_tensors(
        Path::new(&folder.path("foreign.safetensors")),
        &[("elsewhere".to_string(), foreign)].into_iter().collect(),
        &Default::default(),
    )
    .expect("a file");
    folder.file("main.c", BAD_MAIN);
    build(
        &program,
        &["--external-weights", "--emit", "static", "-o", &folder.path("dist")],
    );
    run(
        &at,
        "cc -std=c99 -g -fsanitize=address,undefined main.c -Idist dist/libtotal.a -lpthread -lm -ldl -o main",
    );
    let text = said(&run(&at, "./main"));
    let expected = [
        "null context: 1",
        "abi: 6 the caller was compiled for version 99",
        "after: 1",
        "threads: 1 threads is 0",
        "no weights: 1",
        "no file: 3 none.safetensors",
        "foreign: ",
        "damaged: 3 damaged.safetensors",
        "load: 0",
        "inputs: 1 inputs is null",
        "outputs: 1 outputs is null",
        "missing: 1 array `x` is missing",
        "dtype: 1 array `x`: dtype 42",
        "ndim: 1 array `x`",
        "negative: 1 array `x`",
        "huge: 1 array `x`",
        "shape: 2 array `x`",
        "offsets: 2 array `x`: its shape is [4, 3], but `x` needs [9]",
        "offset type: 2 array `s.ptr`",
        "nan: 2 array `x`",
        "small: 2 array `output`",
        "kind: 1 array `output`",
        "gradient: 5 ",
        "parameter: 1 ",
        "null name: 1 name is null",
        "unaligned: 0",
        "good: 0",
    ];
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{text}");
    for (line, start) in lines.iter().zip(expected) {
        assert!(line.starts_with(start), "`{line}` does not start with `{start}`");
    }
}

/// Without the program that is needed the test says so and passes; on the machine that tests every change it fails.
/// A call in an address space that has room for the array, but not for what is made of it.
const FULL_MAIN: &str = r#"
#define _XOPEN_SOURCE 700
#include "total.h"
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define ROWS 2000000
static double data[3 * ROWS];

int main(void) {
  total *model;
  total_inputs in;
  total_outputs out;
  float result[2];
  struct rlimit limit;
  unsigned long pages = 0;
  FILE *sizes = fopen("/proc/self/statm", "r");
  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  if (total_new(GDL_ABI, 1, &model) != GDL_OK) return 1;
  in.x = gdl_array_of(data, GDL_F64, 2, ROWS, 3, 0, 0);
  out.output = gdl_array_of(result, GDL_F32, 2, 1, 2, 0, 0);
  if (!sizes || fscanf(sizes, "%lu", &pages) != 1 || getrlimit(RLIMIT_AS, &limit)) return 2;
  limit.rlim_cur = pages * 4096 + (64ul << 20);
  if (setrlimit(RLIMIT_AS, &limit)) return 3;
  if (total_forward(model, &in, &out) != GDL_RUN) return 4;
  puts(total_error(model));
  in.x.shape[0] = 4;
  if (total_forward(model, &in, &out) != GDL_OK) return 5;
  total_free(model);
  return 0;
}
"#;

#[test]
fn a_call_without_memory_is_answered() {
    let folder = Scratch::new();
    let at = folder.path(".");
    let program = folder.file("total.gdl", SET);
    let weights = weights(&folder, &program);
    let dist = folder.path("dist");
    build(&program, &["--weights", &weights, "--emit", "static", "-o", &dist]);
    folder.file("main.c", FULL_MAIN);
    let flags = "-std=c99 -Wall -Wextra -Werror -pedantic";
    run(
        &at,
        &format!("cc {flags} main.c -Idist dist/libtotal.a -lpthread -lm -ldl -o main"),
    );
    assert_eq!(
        said(&run(&at, "./main")).trim(),
        "array `x`: there is no memory for its 6000000 elements"
    );
}

fn have(what: &str, command: &str) -> bool {
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

/// The potential of the examples, hardly trained, as a library and a package.
fn potential(folder: &Scratch) -> String {
    let source = root().join("examples/06-potential/potential.gdl").display().to_string();
    let out = folder.path("run");
    let trained = gdl(&["train", &source, "--epochs", "2", "--out", &out]);
    assert_eq!(trained.code, 0, "{trained:?}");
    let weights = format!("{out}/best.safetensors");
    let (dist, package) = (folder.path("dist"), folder.path("potential-py"));
    build(
        &source,
        &[
            "--weights",
            &weights,
            "--dtype",
            "f64",
            "--with",
            "grad",
            "--emit",
            "lib",
            "-o",
            &dist,
        ],
    );
    build(
        &source,
        &[
            "--weights",
            &weights,
            "--dtype",
            "f64",
            "--with",
            "grad",
            "--emit",
            "python",
            "-o",
            &package,
        ],
    );
    folder.path(".")
}

#[test]
fn the_deployment_example_runs() {
    let folder = Scratch::new();
    let at = potential(&folder);
    let example = root().join("examples/11-deploy").display().to_string();
    run(
        &at,
        &format!("cc -std=c99 -O2 -Wall -Wextra -Werror -pedantic {example}/md.c -Idist -Ldist -lpotential -lm -o md"),
    );
    let moved = numbers(
        &Command::new("sh")
            .args(["-c", "./md 1000 2>energy"])
            .current_dir(&at)
            .env("LD_LIBRARY_PATH", "dist")
            .output()
            .expect("it runs"),
    );
    assert_eq!(moved.len(), 27);
    let drift = std::fs::read_to_string(folder.path("energy")).expect("a text");
    let drift: f64 = drift
        .rsplit(' ')
        .nth(1)
        .and_then(|w| w.parse().ok())
        .unwrap_or_else(|| panic!("{drift}"));
    assert!(drift.abs() < 0.02, "the total energy is not conserved: {drift} eV");
    run(
        &at,
        &format!(
            "c++ -std=c++11 -Wall -Wextra -Werror -pedantic {example}/forces.cpp -Idist -Ldist -lpotential -pthread -o forces"
        ),
    );
    let agree = said(&run(&at, "./forces"));
    assert!(agree.starts_with("forces and energies agree"), "{agree}");
    run(
        &at,
        &format!("rustc --edition 2024 {example}/energy.rs -L dist -l potential -o energy-rs"),
    );
    let energy = said(&run(&at, "./energy-rs"));
    assert!(energy.starts_with("energy "), "{energy}");
    let python = std::env::var("GDL_PYTHON").unwrap_or_else(|_| "python3".into());
    if have("numpy and ase", &format!("{python} -c 'import numpy, ase'")) {
        let out = Command::new("sh")
            .args(["-c", &format!("PYTHONPATH=potential-py {python} {example}/md.py 1000")])
            .current_dir(&at)
            .output()
            .expect("it runs");
        assert!(out.status.success(), "{}", said(&out));
        let other = numbers(&out);
        let apart = moved.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(other.len() == 27 && apart < 1e-6, "the trajectories are {apart} apart");
    }
    if have("numpy", &format!("{python} -c 'import numpy'")) {
        folder.file("use.py", PYTHON);
        // The wheel holds what the folder does.
        let wheel = format!("{python} -c 'import backend; print(backend.build_wheel(\"..\"))'");
        run(
            &at,
            &format!(
                "cd potential-py && {wheel} && cd .. && mkdir site && {python} -m zipfile -e potential-*.whl site"
            ),
        );
        let out = run(&at, &format!("PYTHONPATH=site {python} use.py"));
        assert_eq!(said(&out).trim(), "fine");
    }
}

const PYTHON: &str = r#"
import numpy as np, json, sys
import potential
m = potential.Potential()
z = np.array([8, 1, 1])
pos = np.asfortranarray([[0.0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
out = m(z=z, m_pos=pos)
assert out.energy.shape == (1,) and out.forces.shape == (3, 3) and out.forces.dtype == np.float64, out
g = m.gradient({"energy": np.ones(1)}, z=z, m_pos=pos)
assert list(g) == ["m_pos"] and np.abs(g["m_pos"] + out.forces).max() < 1e-12
p = m.gradient({"energy": np.ones(1)}, wrt=[], parameters=True, z=z, m_pos=pos)
name = next(iter(p))
w = m.parameters()[name]
h = np.zeros_like(w); h.flat[0] = 1e-5
m.set_parameter(name, w + h); up = m(z=z, m_pos=pos).energy[0]
m.set_parameter(name, w - h); down = m(z=z, m_pos=pos).energy[0]
m.set_parameter(name, w)
assert abs((up - down) / 2e-5 - p[name].flat[0]) < 1e-6 * (1 + abs(p[name].flat[0]))
# Two molecules at once, far from each other in the array only.
two = m(z=np.tile(z, 2), m_pos=np.concatenate([pos, pos + 1]), m_ptr=[0, 3, 6])
assert np.abs(two.energy - out.energy[0]).max() < 1e-9 and two.forces.shape == (6, 3)
for bad, word in [(dict(z=z), "m.pos"), (dict(z=z, m_pos=pos[:2]), "m.pos"), (dict(z=[9, 1, 1], m_pos=pos), "z"), (dict(z=z, m_pos=pos * np.nan), "m.pos")]:
    try:
        m._forward(potential._inputs(bad))
    except potential.Error as e:
        assert word in str(e), (bad, str(e))
    else:
        raise AssertionError(bad)
assert m.manifest["group"] == "O(3)" and "Energies and forces" in potential.__doc__
assert "z" in potential.Potential.__call__.__annotations__ or "z" in potential.Potential.__call__.__code__.co_varnames
print("fine")
"#;

/// Statistics, a schedule, clipping and a frozen part.
const FIT: &str = "model Fit(s: set(nonempty), x: s -> 3) -> 2 {
  h = tanh(batch_norm(linear(x, 8)))
  mean i: linear(h[i], 2)
}
data Samples from \"fit.npz\" {
  s: set(nonempty) = ptr(s_ptr)
  x: s -> 3
  y: 2
}
train Fit on Samples {
  loss mse = mean a in batch: norm2(output[a] - y[a])
  metric size = mean a in batch: norm2(output[a])
  optimizer = adamw(one_cycle(3e-2), decay = 1e-2)
  clip = 0.5
  batch = 4
  epochs = 6
  load = \"weights.safetensors\"
}
";

const FIT_MAIN: &str = r#"
#include "fit.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  static double x[8][3], y[4][2];
  static int32_t ptr[5] = {0, 1, 3, 6, 8};
  double scores[FIT_SCORES];
  gdl_progress at = {0, 6, 1};
  fit *model;
  fit_batch batch;
  int k;
  (void)argc;
  memset(&batch, 0, sizeof batch);
  for (k = 0; k < 24; k++) x[k / 3][k % 3] = (k * 7 % 11) / 5.0 - 1;
  for (k = 0; k < 8; k++) y[k / 2][k % 2] = (k * 5 % 7) / 3.0 - 1;
  if (fit_new(GDL_ABI, 1, &model) != GDL_OK) return 1;
  batch.x = gdl_array_of(x, GDL_F64, 2, 8, 3, 0, 0);
  batch.s_ptr = gdl_array_of(ptr, GDL_I32, 1, 5, 0, 0, 0);
  if (fit_train(model, &batch, &at, scores) != GDL_ARGUMENT) return 2;
  printf("%s\n", fit_error(model));
  batch.y = gdl_array_of(y, GDL_F64, 2, 4, 2, 0, 0);
  for (at.step = 0; at.step < 6; at.step++) {
    if (fit_train(model, &batch, &at, scores) != GDL_OK) {
      printf("%s\n", fit_error(model));
      return 3;
    }
    printf("%.17g %.17g\n", scores[0], scores[1]);
  }
  if (fit_train(model, &batch, &at, scores) != GDL_ARGUMENT) return 4;
  y[3][1] = 1e300 * 1e300;
  at.step = 5;
  if (fit_train(model, &batch, &at, scores) != GDL_DATA) return 5;
  if (fit_save(model, argv[1]) != GDL_OK) return 6;
  if (fit_save(model, "no/such/folder/w.safetensors") != GDL_FILE) return 7;
  fit_free(model);
  return 0;
}
"#;

#[test]
fn training_steps_are_those_of_gdl_train() {
    let folder = Scratch::new();
    let at = folder.path(".");
    let program = folder.file("fit.gdl", FIT);
    let numbers = |shape: &[usize], of: fn(usize) -> f64| {
        let len = shape.iter().product();
        HostArray::new(shape, (0..len).map(of).collect::<Vec<f64>>()).expect("an array")
    };
    let x = numbers(&[8, 3], |k| (k * 7 % 11) as f64 / 5.0 - 1.0);
    let y = numbers(&[4, 2], |k| (k * 5 % 7) as f64 / 3.0 - 1.0);
    let ptr = HostArray::new(&[5], vec![0i64, 1, 3, 6, 8]).expect("an array");
    files::save_npz(
        Path::new(&folder.path("fit.npz")),
        [("x", &x), ("y", &y), ("s_ptr", &ptr)],
    )
    .expect("a file");
    let weights = weights(&folder, &program);
    let out = folder.path("run");
    let trained = gdl(&["train", &program, "--dtype", "f64", "--out", &out, "--json"]);
    assert_eq!(trained.code, 0, "{trained:?}");
    let more = ["--weights", &weights, "--dtype", "f64", "--with", "train"];
    build(
        &program,
        &[&more[..], &["--emit", "static,python", "-o", &folder.path("dist")]].concat(),
    );
    folder.file("main.c", FIT_MAIN);
    run(
        &at,
        "cc -std=c99 -fsanitize=address,undefined -Wall -Wextra -Werror -pedantic main.c -Idist dist/libfit.a -lpthread -lm -ldl -o main",
    );
    let said = said(&run(&at, "./main own.safetensors"));
    let (missing, scores) = said.split_once('\n').expect("lines");
    assert_eq!(missing, "array `y` is missing");

    // The loss and the metric of every epoch of one batch, and the weights in the end.
    let log = std::fs::read_to_string(folder.path("run/metrics.jsonl")).expect("a log");
    let logged: Vec<f64> = log
        .lines()
        .flat_map(|l| {
            let v: Value = serde_json::from_str(l).expect("JSON");
            [&v["train_mse"], &v["train_size"]].map(|x| x.as_f64().unwrap_or_else(|| panic!("{v}")))
        })
        .collect();
    let given: Vec<f64> = scores
        .split_whitespace()
        .map(|w| w.parse().expect("a number"))
        .collect();
    assert_eq!(given.len(), 12);
    for (a, b) in given.iter().zip(&logged) {
        assert!((a - b).abs() < 1e-9 * b.abs(), "{given:?}\n{logged:?}");
    }
    let load = |name: &str| files::load(folder.path(name)).expect("weights").arrays;
    let (own, last) = (load("own.safetensors"), load("run/last.safetensors"));
    for (name, array) in &own {
        let (a, b) = (array.reals().expect("numbers"), last[name].reals().expect("numbers"));
        for (a, b) in a.zip(b) {
            assert!((a - b).abs() < 1e-8, "{name}: {a} and {b}");
        }
    }
    let input = folder.path("fit.npz");
    let used = gdl(&[
        "run",
        &program,
        "--weights",
        &folder.path("own.safetensors"),
        "--input",
        &input,
        "--json",
    ]);
    assert_eq!(used.code, 0, "{used:?}");

    let python = std::env::var("GDL_PYTHON").unwrap_or_else(|_| "python3".into());
    if have("numpy", &format!("{python} -c 'import numpy'")) {
        folder.file("use.py", FIT_PYTHON);
        let out = run(&at, &format!("PYTHONPATH=dist {python} use.py"));
        let other: Vec<f64> = self::said(&out)
            .split_whitespace()
            .map(|w| w.parse().expect("a number"))
            .collect();
        assert_eq!(other, given);
    }
}

const FIT_PYTHON: &str = "
import numpy as np
import fit
x = np.array([(k * 7 % 11) / 5 - 1 for k in range(24)]).reshape(8, 3)
y = np.array([(k * 5 % 7) / 3 - 1 for k in range(8)]).reshape(4, 2)
ptr = [0, 1, 3, 6, 8]
m = fit.Fit()
before = m(x=x, s_ptr=ptr).output
for step in range(6):
    scores = m.train(x=x, y=y, s_ptr=ptr, step=step, steps=6)
    print('%.17g %.17g' % (scores['mse'], scores['size']))
assert np.abs(m(x=x, s_ptr=ptr).output - before).max() > 1e-3
try:
    m.train(x=x, y=y, s_ptr=ptr, z=y)
except TypeError as e:
    assert 'z' in str(e)
else:
    raise AssertionError
";
