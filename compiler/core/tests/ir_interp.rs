//! The interpreter against loops written by hand.

use gdl_abi::{DoorSizes, Instance};
use gdl_core::ir::Func;
use gdl_core::ir::interp::{Real64, first_poison, one_hot, run, run_all};
use gdl_core::ir::text::parse;

/// Two samples and an empty one between them: nodes 3 + 0 + 2, edges 4 + 0 + 1, node 2 without edges.
fn door() -> DoorSizes {
    DoorSizes {
        samples: 3,
        ragged: vec![("nodes".into(), vec![0, 3, 3, 5]), ("edges".into(), vec![0, 4, 4, 5])],
        grids: vec![
            ("line".into(), vec![5]),
            ("image".into(), vec![4, 6]),
            ("volume".into(), vec![3, 2, 4]),
        ],
        maps: vec![("src".into(), SRC.to_vec()), ("dst".into(), DST.to_vec())],
    }
}

const SRC: [u32; 5] = [0, 1, 1, 0, 4];
const DST: [u32; 5] = [1, 0, 0, 0, 3];

const DOMAINS: &str = r#"func "test"
dim d0 samples
dim d1 ragged "nodes"
dim d2 ragged "edges"
dim d3 pairs d1 d1
dim d4 stacked d1 d0
map m0 sample d1
map m1 given "src" d2 d1
map m2 given "dst" d2 d1
map m3 left d3
map m4 right d3
map m5 compose m1 m0
map m6 step d1 d4
"#;

fn program(body: &str) -> (Func, Instance) {
    let text = if body.starts_with("func") {
        body.to_string()
    } else {
        format!("{DOMAINS}{body}")
    };
    let func = parse(&text).unwrap();
    let instance = Instance::new(&func.domains, &door()).unwrap();
    (func, instance)
}

/// Runs a program with one or more outputs.
fn eval(body: &str, inputs: &[Vec<f64>], params: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (func, instance) = program(body);
    run(&Real64, &func, &instance, inputs, params).unwrap()
}

/// Numbers without pattern between −1 and 1.
fn numbers(len: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 40) as f64 / (1u64 << 23) as f64 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (k, (x, y)) in a.iter().zip(b).enumerate() {
        let same = x == y || (x - y).abs() < 1e-12 || (x.is_nan() && y.is_nan());
        assert!(same, "element {k}: {x} and {y}");
    }
}

#[test]
fn scalar_functions() {
    let cases: [(&str, &[f64], f64); 38] = [
        ("add", &[2.0, 3.0], 5.0),
        ("sub", &[2.0, 3.0], -1.0),
        ("mul", &[2.0, 3.0], 6.0),
        ("div", &[3.0, 2.0], 1.5),
        ("div", &[1.0, 0.0], f64::INFINITY),
        ("neg", &[2.0], -2.0),
        ("exp", &[1.0], std::f64::consts::E),
        ("log", &[std::f64::consts::E], 1.0),
        ("sqrt", &[9.0], 3.0),
        ("sin", &[0.5], 0.479_425_538_604_203),
        ("cos", &[0.5], 0.877_582_561_890_372_8),
        ("tanh", &[0.5], 0.462_117_157_260_009_8),
        ("sigmoid", &[0.0], 0.5),
        ("sigmoid", &[-800.0], 0.0),
        ("erf", &[0.5], 0.520_499_877_813_046_5),
        ("erf", &[-2.0], -0.995_322_265_018_952_7),
        ("erf", &[3.0], 0.999_977_909_503_001_4),
        ("erf", &[40.0], 1.0),
        ("abs", &[-2.0], 2.0),
        ("relu", &[-2.0], 0.0),
        ("relu", &[f64::NAN], f64::NAN),
        ("sign", &[-2.0], -1.0),
        ("sign", &[0.0], 0.0),
        ("floor", &[-1.5], -2.0),
        ("powi 3", &[-2.0], -8.0),
        ("powi -2", &[2.0], 0.25),
        ("powi 0", &[0.0], 1.0),
        ("pow", &[4.0, 0.5], 2.0),
        ("max", &[1.0, 2.0], 2.0),
        ("max", &[1.0, f64::NAN], f64::NAN),
        ("min", &[f64::NAN, 2.0], f64::NAN),
        ("min", &[1.0, 2.0], 1.0),
        ("lt", &[1.0, 1.0], 0.0),
        ("le", &[1.0, 1.0], 1.0),
        ("eq", &[1.0, 1.0], 1.0),
        ("eq", &[1.0, 2.0], 0.0),
        ("select", &[-1.0, 5.0, f64::NAN], 5.0),
        ("select", &[0.0, 5.0, 6.0], 6.0),
    ];
    for (f, args, want) in cases {
        let mut text = String::from("func \"f\"\ndim d0 samples\n");
        args.iter()
            .enumerate()
            .for_each(|(k, _)| text += &format!("param \"x{k}\" [2]\n"));
        args.iter()
            .enumerate()
            .for_each(|(k, _)| text += &format!("%{k} = param {k} : [2]\n"));
        let operands: Vec<String> = (0..args.len()).map(|k| format!("%{k}")).collect();
        text += &format!(
            "%{} = {f} {} : [2]\nreturn \"y\" %{}\n",
            args.len(),
            operands.join(" "),
            args.len()
        );
        let params: Vec<Vec<f64>> = args.iter().map(|&x| vec![x; 2]).collect();
        close(&eval(&text, &[], &params)[0], &[want; 2]);
    }
}

#[test]
fn constants_and_movement() {
    let body = r#"
input "x" [d1, 2, 3]
%0 = input 0 : [d1, 2, 3]
%1 = broadcast %0 [2, 0] : [d1, 3, 4, 2]
%2 = reshape %0 : [d1, 6]
%3 = slice %0 axis 1 from 1 len 2 : [d1, 2, 2]
%4 = concat [%3, %0] axis 1 : [d1, 2, 5]
%5 = const [1, 1/2, -2] : [3]
%6 = broadcast %5 [1] : [d1, 2, 3]
%7 = fill 7 : [d1, 2]
%8 = detach %0 : [d1, 2, 3]
%9 = slice %0 axis 0 from 1 len 0 : [d1, 0, 3]
%10 = concat [%0, %9] axis 0 : [d1, 2, 3]
return "broadcast" %1 "reshape" %2 "concat" %4 "const" %6 "fill" %7 "detach" %8 "empty" %10
"#;
    let x = numbers(30, 1);
    let out = eval(body, std::slice::from_ref(&x), &[]);
    let at = |n: usize, i: usize, j: usize| x[(n * 2 + i) * 3 + j];
    let mut want = [vec![], vec![], vec![]];
    for n in 0..5 {
        for j in 0..3 {
            for _ in 0..4 {
                want[0].extend((0..2).map(|i| at(n, i, j)));
            }
        }
        for i in 0..2 {
            want[1].extend([at(n, i, 1), at(n, i, 2), at(n, i, 0), at(n, i, 1), at(n, i, 2)]);
            want[2].extend([1.0, 0.5, -2.0]);
        }
    }
    close(&out[0], &want[0]);
    close(&out[1], &x);
    close(&out[2], &want[1]);
    close(&out[3], &want[2]);
    close(&out[4], &[7.0; 10]);
    close(&out[5], &x);
    close(&out[6], &x);
}

#[test]
fn contractions() {
    let body = r#"
input "x" [d1, 2, 3]
input "y" [d1, 3, 4]
param "w" [2, 3]
param "q" [3, 3]
%0 = input 0 : [d1, 2, 3]
%1 = input 1 : [d1, 3, 4]
%2 = param 0 : [2, 3]
%3 = param 1 : [3, 3]
%4 = contract %0 [i, j] %1 [j, k] [k, i] : [d1, 4, 2]
%5 = contract %0 [i, j] %2 [o, j] [i, o] : [d1, 2, 2]
%6 = contract %0 [i, j] %1 [j, k] [k] : [4]
%7 = contract %3 [a, a] %0 [i, a] [a, i] : [d1, 3, 2]
return "product" %4 "weights" %5 "rows" %6 "diagonal" %7
"#;
    let [x, y] = [numbers(30, 1), numbers(60, 2)];
    let [w, q] = [numbers(6, 3), numbers(9, 4)];
    let out = eval(body, &[x.clone(), y.clone()], &[w.clone(), q.clone()]);
    let (mut product, mut weights, mut rows, mut diagonal) = (vec![], vec![], vec![0.0; 4], vec![]);
    for n in 0..5 {
        let x = |i: usize, j: usize| x[(n * 2 + i) * 3 + j];
        let y = |j: usize, k: usize| y[(n * 3 + j) * 4 + k];
        for (k, row) in rows.iter_mut().enumerate() {
            for i in 0..2 {
                let sum: f64 = (0..3).map(|j| x(i, j) * y(j, k)).sum();
                product.push(sum);
                *row += sum;
            }
        }
        for i in 0..2 {
            weights.extend((0..2).map(|o| (0..3).map(|j| x(i, j) * w[o * 3 + j]).sum::<f64>()));
        }
        for a in 0..3 {
            diagonal.extend((0..2).map(|i| q[a * 4] * x(i, a)));
        }
    }
    for (have, want) in out.iter().zip([product, weights, rows, diagonal]) {
        close(have, &want);
    }
}

#[test]
fn reductions() {
    for (fold, start, f) in folds() {
        let body = format!(
            "input \"x\" [d1, 2, 3, 2]\n%0 = input 0 : [d1, 2, 3, 2]\n%1 = reduce {fold} %0 axis 1 : [d1, 2, 2]
             %2 = slice %0 axis 1 from 0 len 0 : [d1, 2, 0, 2]\n%3 = reduce {fold} %2 axis 1 : [d1, 2, 2]
             return \"y\" %1 \"empty\" %3"
        );
        let x = numbers(60, 5);
        let out = eval(&body, std::slice::from_ref(&x), &[]);
        let mut want = vec![];
        for n in 0..10 {
            for k in 0..2 {
                want.push((0..3).map(|j| x[(n * 3 + j) * 2 + k]).fold(start, f));
            }
        }
        close(&out[0], &want);
        close(&out[1], &[start; 20]);
    }
}

type Folding = (&'static str, f64, fn(f64, f64) -> f64);

fn folds() -> [Folding; 4] {
    [
        ("sum", 0.0, |a, b| a + b),
        ("prod", 1.0, |a, b| a * b),
        ("max", f64::NEG_INFINITY, f64::max),
        ("min", f64::INFINITY, f64::min),
    ]
}

#[test]
fn gathers_and_segments() {
    for (fold, start, f) in folds() {
        let body = format!(
            "input \"x\" [d1, 2]\n%0 = input 0 : [d1, 2]\n%1 = gather %0 m1 : [d2, 2]
             %2 = segment {fold} %1 m2 : [d1, 2]\n%3 = segment {fold} %1 m5 : [d0, 2]\n%4 = total %1 : [2]
             %5 = gather %0 m4 : [d3, 2]\n%6 = segment {fold} %5 m3 : [d1, 2]
             return \"gather\" %1 \"nodes\" %2 \"samples\" %3 \"total\" %4 \"pairs\" %6"
        );
        let x = numbers(10, 6);
        let out = eval(&body, std::slice::from_ref(&x), &[]);
        let (mut gathered, mut nodes, mut samples, mut total) = (vec![], vec![start; 10], vec![start; 6], vec![0.0; 2]);
        let mut pairs = vec![start; 10];
        for e in 0..5 {
            for k in 0..2 {
                let y = x[SRC[e] as usize * 2 + k];
                gathered.push(y);
                let (node, sample) = (DST[e] as usize * 2 + k, if e < 4 { 0 } else { 2 } * 2 + k);
                nodes[node] = f(nodes[node], y);
                samples[sample] = f(samples[sample], y);
                total[k] += y;
            }
        }
        for (first, end) in [(0, 3), (3, 5)] {
            for a in first..end {
                for k in 0..2 {
                    pairs[a * 2 + k] = (first..end).map(|b| x[b * 2 + k]).fold(start, f);
                }
            }
        }
        for (have, want) in out.iter().zip([gathered, nodes, samples, total, pairs]) {
            close(have, &want);
        }
    }
}

#[test]
fn indices() {
    let body = r#"
%0 = position : [d1]
%1 = compare eq m3 m4 : [d3]
%2 = compare lt m3 m4 : [d3]
%3 = compare le m1 m2 : [d2]
%4 = compare le row row : [d1]
return "position" %0 "eq" %1 "lt" %2 "le" %3 "rows" %4
"#;
    let out = eval(body, &[], &[]);
    close(&out[0], &[0.0, 1.0, 2.0, 0.0, 1.0]);
    close(
        &out[1],
        &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
    );
    close(
        &out[2],
        &[0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    );
    close(&out[3], &[1.0, 0.0, 0.0, 1.0, 0.0]);
    close(&out[4], &[1.0; 5]);
}

/// A window program on a grid, coarse or not, and the same by hand.
fn check_windows(name: &str, extents: &[i64], offsets: &[Vec<i32>], stride: i64, size: i64, pad: i64, wrap: bool) {
    let rank = extents.len();
    let (target, coarse): (u32, Vec<i64>) = if stride == 1 {
        (1, extents.to_vec())
    } else {
        (2, extents.iter().map(|n| (n + 2 * pad - size) / stride + 1).collect())
    };
    let coarse_def = format!("dim d2 coarse d1 size {size} stride {stride} pad {pad}\n");
    let (edge, o) = (if wrap { "wrap" } else { "zero" }, offsets.len());
    let list = format!("{offsets:?} stride {stride} {edge} d1 d{target}");
    let text = format!(
        "func \"windows\"\ndim d0 samples\ndim d1 grid \"{name}\" {rank}\n{}input \"x\" [d1, 2]\n
         input \"w\" [d{target}, {o}, 2]\n%0 = input 0 : [d1, 2]\n%1 = input 1 : [d{target}, {o}, 2]
         %2 = window %0 {list} : [d{target}, {o}, 2]\n%3 = window_adjoint %1 {list} : [d1, 2]
         return \"y\" %2 \"adjoint\" %3",
        if stride == 1 { "" } else { &coarse_def },
    );
    let (cells, windows) = (
        extents.iter().product::<i64>() as usize,
        coarse.iter().product::<i64>() as usize,
    );
    let [x, w] = [numbers(3 * cells * 2, 7), numbers(3 * windows * o * 2, 8)];
    let out = eval(&text, &[x.clone(), w.clone()], &[]);
    let (mut y, mut adjoint) = (vec![0.0; w.len()], vec![0.0; x.len()]);
    for s in 0..3 {
        for h in 0..windows {
            for (k, offset) in offsets.iter().enumerate() {
                let (mut rest, mut at) = (h as i64, vec![0; rank]);
                for a in (0..rank).rev() {
                    at[a] = (rest % coarse[a]) * stride + i64::from(offset[a]);
                    rest /= coarse[a];
                }
                if !wrap && at.iter().zip(extents).any(|(c, n)| c < &0 || c >= n) {
                    continue;
                }
                let cell = at
                    .iter()
                    .zip(extents)
                    .fold(0, |cell, (c, n)| cell * n + c.rem_euclid(*n)) as usize;
                for j in 0..2 {
                    let (from, to) = ((s * cells + cell) * 2 + j, ((s * windows + h) * o + k) * 2 + j);
                    y[to] = x[from];
                    adjoint[from] += w[to];
                }
            }
        }
    }
    close(&out[0], &y);
    close(&out[1], &adjoint);
}

#[test]
fn windows() {
    for wrap in [false, true] {
        let line: Vec<Vec<i32>> = (-1..=1).map(|o| vec![o]).collect();
        check_windows("line", &[5], &line, 1, 3, 1, wrap);
        check_windows("line", &[5], &line, 2, 3, 1, wrap);
        check_windows("line", &[5], &[vec![-7], vec![9]], 1, 1, 0, wrap);
        let plane: Vec<Vec<i32>> = [[0, 0], [0, 1], [1, 0], [1, 1], [-1, 2]].map(|o| o.to_vec()).to_vec();
        check_windows("image", &[4, 6], &plane, 1, 2, 0, wrap);
        check_windows("image", &[4, 6], &plane, 2, 2, 0, wrap);
        let volume: Vec<Vec<i32>> = [[0, 0, 0], [1, 0, -1], [-1, 1, 1]].map(|o| o.to_vec()).to_vec();
        check_windows("volume", &[3, 2, 4], &volume, 1, 1, 0, wrap);
    }
}

const LOOP: &str = r#"
input "x" [d1, 2]
input "start" [d0, 2]
input "scale" [d0]
%0 = input 0 : [d1, 2]
%1 = input 1 : [d0, 2]
%2 = input 2 : [d0]
%3 = segment sum %0 m6 : [d4, 2]
%4 = SCAN d1 init [%1] xs [%3] captures [%2] {
  %0 = arg 0 : [d0, 2]
  %1 = arg 1 : [d0, 2]
  %2 = arg 2 : [d0]
  %3 = contract %0 [i] %2 [] [i] : [d0, 2]
  %4 = add %3 %1 : [d0, 2]
  %5 = fill 1 : [d0, 2]
  %6 = add %4 %5 : [d0, 2]
  return %4 %6
}
%5 = proj %4 0 : [d0, 2]
%6 = proj %4 1 : [d4, 2]
%7 = gather %6 m6 : [d1, 2]
return "state" %5 "stacked" %6 "ys" %7
"#;

/// state ← scale · state + x; y = state + 1.
#[test]
fn loops() {
    let [x, start, scale] = [numbers(10, 9), numbers(6, 10), numbers(3, 11)];
    for reverse in [false, true] {
        let text = LOOP.replace("SCAN", if reverse { "scan_reverse" } else { "scan" });
        let out = eval(&text, &[x.clone(), start.clone(), scale.clone()], &[]);
        let (mut state, mut stacked) = (start.clone(), vec![0.0; 3 * 3 * 2]);
        for (s, (first, end)) in [(0, 3), (3, 3), (3, 5)].into_iter().enumerate() {
            let mut steps: Vec<usize> = (0..end - first).collect();
            if reverse {
                steps.reverse();
            }
            for t in steps {
                for k in 0..2 {
                    let next = scale[s] * state[s * 2 + k] + x[(first + t) * 2 + k];
                    state[s * 2 + k] = next;
                    stacked[(t * 3 + s) * 2 + k] = next + 1.0;
                }
            }
        }
        close(&out[0], &state);
        close(&out[1], &stacked);
        close(&out[2][6..], &[stacked[4], stacked[5], stacked[10], stacked[11]]);
    }
}

/// Rounds: the number of steps of a loop may be fixed, and a state may have the rows of any dim.
#[test]
fn rounds() {
    let text = r#"func "rounds"
dim d0 samples
dim d1 ragged "nodes"
dim d2 rounds 4
dim d3 rounds 0 like d1
input "x" [d1]
%0 = input 0 : [d1]
%1 = scan d2 init [%0] xs [] captures [] {
  %0 = arg 0 : [d1]
  %1 = add %0 %0 : [d1]
  return %1
}
%2 = proj %1 0 : [d1]
%3 = scan d3 init [%0] xs [] captures [] {
  %0 = arg 0 : [d1]
  %1 = add %0 %0 : [d1]
  return %1
}
%4 = proj %3 0 : [d1]
return "fixed" %2 "like" %4
"#;
    let x = numbers(5, 12);
    let out = eval(text, std::slice::from_ref(&x), &[]);
    close(&out[0], &x.iter().map(|x| x * 16.0).collect::<Vec<_>>());
    close(
        &out[1],
        &x.iter()
            .zip([8.0, 8.0, 8.0, 4.0, 4.0])
            .map(|(x, f)| x * f)
            .collect::<Vec<_>>(),
    );
}

/// Loops inside loops: the sum of all prefix sums.
#[test]
fn nested_loops() {
    let text = r#"func "nested"
dim d0 samples
dim d1 rounds 3
dim d2 rounds 2
input "x" [d0]
%0 = input 0 : [d0]
%1 = scan d1 init [%0] xs [] captures [%0] {
  %0 = arg 0 : [d0]
  %1 = arg 1 : [d0]
  %2 = scan d2 init [%0] xs [] captures [%1] {
    %0 = arg 0 : [d0]
    %1 = arg 1 : [d0]
    %2 = add %0 %1 : [d0]
    return %2
  }
  %3 = proj %2 0 : [d0]
  return %3
}
%2 = proj %1 0 : [d0]
return "y" %2
"#;
    close(&eval(text, &[vec![1.0, 2.0, -1.0]], &[])[0], &[7.0, 14.0, -7.0]);
}

#[test]
fn empty_batches() {
    let func = parse(&format!("{DOMAINS}{}", LOOP.replace("SCAN", "scan"))).unwrap();
    let empty = |samples: usize| DoorSizes {
        samples,
        ragged: vec![
            ("nodes".into(), vec![0; samples + 1]),
            ("edges".into(), vec![0; samples + 1]),
        ],
        maps: vec![("src".into(), vec![]), ("dst".into(), vec![])],
        ..DoorSizes::default()
    };
    for samples in [0, 2] {
        let instance = Instance::new(&func.domains, &empty(samples)).unwrap();
        let start = numbers(2 * samples, 1);
        let out = run(
            &Real64,
            &func,
            &instance,
            &[vec![], start.clone(), vec![0.5; samples]],
            &[],
        )
        .unwrap();
        assert_eq!(out, [start, vec![], vec![]]);
    }
}

#[test]
fn labels_are_one_hot() {
    assert_eq!(one_hot(&Real64, &[2, 0], 3), Ok(vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    assert!(one_hot(&Real64, &[3], 3).unwrap_err().contains("label 3"));
    let body = "input \"z\" [d1] class 3\nparam \"e\" [3, 2]\n%0 = input 0 : [d1, 3]\n%1 = param 0 : [3, 2]
        %2 = contract %0 [c] %1 [c, k] [k] : [d1, 2]\nreturn \"y\" %2";
    let labels = one_hot(&Real64, &[0, 2, 1, 1, 2], 3).unwrap();
    let out = eval(body, &[labels], &[vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
    close(&out[0], &[1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn the_first_undefined_value_is_found() {
    let body =
        "input \"x\" [d1]\n%0 = input 0 : [d1] @1\n%1 = log %0 : [d1] @2\n%2 = add %1 %0 : [d1] @3\nreturn \"y\" %2";
    let (func, instance) = program(body);
    let values = run_all(&Real64, &func, &instance, &[vec![1.0, 2.0, -1.0, 1.0, 1.0]], &[]).unwrap();
    assert_eq!(values.len(), 3);
    let (value, origin) = first_poison(&Real64, &func, &values).unwrap();
    assert_eq!((value.0, origin), (1, 2));
    let values = run_all(&Real64, &func, &instance, &[vec![1.0; 5]], &[]).unwrap();
    assert_eq!(first_poison(&Real64, &func, &values), None);
}

#[test]
fn wrong_sizes_are_errors() {
    let (func, instance) = program("input \"x\" [d1, 2]\n%0 = input 0 : [d1, 2]\nreturn \"y\" %0");
    let fails = |inputs: &[Vec<f64>], params: &[Vec<f64>], instance: &Instance| {
        run(&Real64, &func, instance, inputs, params).unwrap_err()
    };
    let x = vec![0.0; 10];
    assert!(fails(&[], &[], &instance).contains("0 inputs were given, 1 are needed"));
    assert!(fails(&[vec![0.0; 9]], &[], &instance).contains("`x` has 9 elements"));
    assert!(fails(std::slice::from_ref(&x), &[vec![]], &instance).contains("parameters"));
    assert!(fails(std::slice::from_ref(&x), &[], &Instance::default()).contains("another program"));
    let broken: [fn(&mut Instance); 5] = [
        |i| i.maps[1].index[0] = 5,
        |i| i.maps[1].index.truncate(4),
        |i| i.rows[1] = 6,
        |i| i.sample_ptr[1] = vec![0, 5],
        |i| i.rows[4] = 2,
    ];
    for change in broken {
        let mut instance = instance.clone();
        change(&mut instance);
        run(&Real64, &func, &instance, std::slice::from_ref(&x), &[]).unwrap_err();
    }
}
