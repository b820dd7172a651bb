//! Times of kernels that matter, next to what the machine can do: `cargo run --release -p gdl-codegen --example bench_conv`.

use gdl_abi::{DimDef, DimId, DoorSizes, Dtype, Instance, MapDef};
use gdl_codegen::{Options, compile};
use gdl_core::ir::build::WindowSpec;
use gdl_core::ir::{Builder, Fold, Func, Scalar, Value};
use gdl_runtime::gemm::{Strided, gemm};
use gdl_runtime::{Array, Program, pool::Pool};
use std::time::Instant;

const THREADS: usize = 2;

fn main() {
    let show = std::env::args().any(|a| a == "--text");
    let door = DoorSizes {
        samples: 64,
        grids: vec![("img".into(), vec![8, 8])],
        ..DoorSizes::default()
    };
    let flops = 2.0 * 64.0 * 64.0 * 9.0 * 128.0 * 192.0;
    println!(
        "library, 4096 x 192 x 1152: {:.0} GFLOP/s",
        flops / library([4096, 192, 1152]) / 1e9
    );
    println!(
        "library, 1152 x 192 x 4096: {:.0} GFLOP/s",
        flops / library([1152, 192, 4096]) / 1e9
    );
    for (name, build) in [
        ("convolution", forward as fn(&mut Builder, &Layer) -> Value),
        ("gradient of the input", input_gradient),
        ("gradient of the kernel", kernel_gradient),
    ] {
        let func = program(|b| {
            let layer = Layer::new(b);
            build(b, &layer)
        });
        let seconds = time(&func, &door, show);
        println!("{name}: {:.2} ms, {:.0} GFLOP/s", seconds * 1e3, flops / seconds / 1e9);
    }
    graph(show);
    elementwise(show);
}

struct Layer {
    fine: DimId,
    spec: WindowSpec,
    kernel: Value,
}

impl Layer {
    fn new(b: &mut Builder) -> Layer {
        let fine = b.domains().dim(DimDef::Grid {
            name: "img".into(),
            rank: 2,
        });
        let offsets = (-1..=1).flat_map(|y| (-1..=1).map(move |x| vec![y, x])).collect();
        let spec = WindowSpec {
            offsets,
            stride: 1,
            wrap: false,
            fine,
            coarse: fine,
        };
        Layer {
            fine,
            spec,
            kernel: b.param("k", &[9, 192, 128]),
        }
    }
}

fn forward(b: &mut Builder, l: &Layer) -> Value {
    let x = b.input("x", Some(l.fine), &[128], Dtype::Real);
    let w = b.window(x, &l.spec);
    b.contract(w, l.kernel, "ki,koi->o")
}

fn input_gradient(b: &mut Builder, l: &Layer) -> Value {
    let dy = b.input("dy", Some(l.fine), &[192], Dtype::Real);
    let dw = b.contract(dy, l.kernel, "o,koi->ki");
    b.window_adjoint(dw, &l.spec)
}

fn kernel_gradient(b: &mut Builder, l: &Layer) -> Value {
    let x = b.input("x", Some(l.fine), &[128], Dtype::Real);
    let dy = b.input("dy", Some(l.fine), &[192], Dtype::Real);
    let w = b.window(x, &l.spec);
    b.contract_rows(w, dy, "ki,o->koi")
}

/// Messages from neighbours, weighted on the edges: gather, product, sum.
fn graph(show: bool) {
    let (nodes, degree, width) = (4000u32, 16u32, 64u32);
    let func = program(|b| {
        let d = b.domains();
        let n = d.dim(DimDef::Ragged { name: "nodes".into() });
        let e = d.dim(DimDef::Ragged { name: "edges".into() });
        let src = d.map(MapDef::Given {
            name: "src".into(),
            from: e,
            to: n,
            sorted: false,
        });
        let dst = d.map(MapDef::Given {
            name: "dst".into(),
            from: e,
            to: n,
            sorted: true,
        });
        let x = b.input("x", Some(n), &[4, width], Dtype::Real);
        let w = b.input("w", Some(e), &[4], Dtype::Real);
        let far = b.gather(x, src);
        let message = b.contract(far, w, "jc,j->c");
        b.segment(Fold::Sum, message, dst)
    });
    let edges = nodes * degree;
    let door = DoorSizes {
        samples: 1,
        ragged: vec![("nodes".into(), vec![0, nodes]), ("edges".into(), vec![0, edges])],
        maps: vec![
            (
                "src".into(),
                (0..edges).map(|k| (k / degree + (k % degree) * 37) % nodes).collect(),
            ),
            ("dst".into(), (0..edges).map(|k| k / degree).collect()),
        ],
        ..DoorSizes::default()
    };
    let seconds = time(&func, &door, show);
    let flops = 2.0 * f64::from(edges) * 4.0 * f64::from(width);
    println!(
        "gather, contract, segment: {:.2} ms, {:.1} GFLOP/s",
        seconds * 1e3,
        flops / seconds / 1e9
    );
}

fn elementwise(show: bool) {
    let func = program(|b| {
        let n = b.domains().dim(DimDef::Ragged { name: "nodes".into() });
        let x = b.input("x", Some(n), &[32], Dtype::Real);
        let s = b.map1(Scalar::Sigmoid, x);
        let y = b.mul(s, x);
        let t = b.map1(Scalar::Tanh, y);
        b.add(t, x)
    });
    let door = DoorSizes {
        samples: 1,
        ragged: vec![("nodes".into(), vec![0, 30_000])],
        ..DoorSizes::default()
    };
    let seconds = time(&func, &door, show);
    println!("tanh(silu(x)) + x: {:.2} ns an element", seconds / 960_000.0 * 1e9);
}

fn program(build: impl FnOnce(&mut Builder) -> Value) -> Func {
    let mut b = Builder::new("bench");
    let y = build(&mut b);
    b.finish([("y", y)]).expect("a well-formed program")
}

/// Seconds a call, the best of several.
fn time(func: &Func, door: &DoorSizes, show: bool) -> f64 {
    let batch = Instance::new(&func.domains, door).expect("a batch");
    let program = compile(
        func,
        &Options {
            double: false,
            threads: THREADS,
            texts: false,
        },
    )
    .expect("compiles");
    if show {
        println!("{}", program.loop_text());
    }
    let fill = |d: &gdl_abi::ArrayDecl| {
        Array::F32(
            (0..d.dim.map_or(1, |d| batch.rows[d.0 as usize]) * d.row_len())
                .map(|k| (k % 17) as f32 / 17.0 - 0.5)
                .collect(),
        )
    };
    let inputs: Vec<Array> = func.inputs.iter().map(fill).collect();
    let params: Vec<Array> = func.params.iter().map(fill).collect();
    let (inputs, params): (Vec<&Array>, Vec<&Array>) = (inputs.iter().collect(), params.iter().collect());
    let mut outputs = Vec::new();
    best(|| program.run(&batch, &inputs, &params, &mut outputs).expect("runs"))
}

fn best(mut f: impl FnMut()) -> f64 {
    (0..15)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Seconds for a product by the library, its rows shared among the threads.
fn library([m, n, k]: [usize; 3]) -> f64 {
    let (a, b, mut c) = (vec![0.5f32; m * k], vec![0.25f32; k * n], vec![0f32; m * n]);
    let pool = Pool::new(THREADS).expect("threads");
    let (a, b, c) = (a.as_ptr() as usize, b.as_ptr() as usize, c.as_mut_ptr() as usize);
    let part = m / THREADS;
    let product = |p: usize| {
        let at = |x: usize, offset: usize, row: usize| Strided {
            at: (x as *mut f32).wrapping_add(offset),
            row: row as isize,
            col: 1,
        };
        // SAFETY: the arrays are as long as the matrices, and threads write different rows.
        unsafe {
            gemm(
                [part, n, k],
                at(c, p * part * n, n),
                at(a, p * part * k, k),
                at(b, 0, n),
                false,
            )
        };
    };
    best(|| pool.enter(|| pool.run(THREADS, &product)))
}
