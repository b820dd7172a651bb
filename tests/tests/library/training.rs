//! Training steps of libraries.

use super::tools::{build, have, run, said};
use gdl_host::files::{self, HostArray};
use gdl_tests::{Scratch, gdl, weights};
use serde_json::Value;
use std::path::Path;

/// Running statistics, a schedule, clipping, and weights to begin with.
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
        let other: Vec<f64> = super::tools::said(&out)
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
