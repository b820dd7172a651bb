//! Calls from C: outputs and gradients, symbols, bad calls.

use super::tools::{SET, build, flat, numbers, run, said};
use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl, weights};
use serde_json::Value;
use std::path::Path;

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
