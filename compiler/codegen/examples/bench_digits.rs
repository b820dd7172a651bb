//! A training step of a three-layer D(4) network on 8 × 8 images, batches of 64, kernel by kernel:
//! `cargo run --release -p gdl-codegen --example bench_digits`.

use gdl_abi::{DimDef, DimId, DoorSizes, Dtype, Instance, MapDef, SAMPLES};
use gdl_codegen::{Options, compile};
use gdl_core::ir::build::WindowSpec;
use gdl_core::ir::grad::training_step;
use gdl_core::ir::{Builder, Fold, Func, Scalar, Shape, Value};
use gdl_rep::Exact;
use gdl_runtime::{Array, Program};
use std::time::Instant;

/// The elements of D(4) as 2 × 2 matrices.
const GROUP: [[i32; 4]; 8] = [
    [1, 0, 0, 1],
    [0, -1, 1, 0],
    [-1, 0, 0, -1],
    [0, 1, -1, 0],
    [1, 0, 0, -1],
    [0, 1, 1, 0],
    [-1, 0, 0, 1],
    [0, -1, -1, 0],
];

fn main() {
    let func = training_step(&network(), &[0]).expect("a differentiable program");
    let options = Options {
        double: false,
        threads: 2,
        texts: false,
    };
    let program = compile(&func, &options).expect("compiles");
    if std::env::args().any(|a| a == "--text") {
        println!("{}", program.loop_text());
    }
    println!("{:?}", program.stats());
    let door = DoorSizes {
        samples: 64,
        grids: vec![("img".into(), vec![8, 8])],
        ..DoorSizes::default()
    };
    let batch = Instance::new(&func.domains, &door).expect("a batch");
    let mut state = 1u64;
    let mut number = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut fill = |d: &gdl_abi::ArrayDecl| {
        let len = d.dim.map_or(1, |d| batch.rows[d.0 as usize]) * d.row_len();
        match d.dtype {
            Dtype::Class(n) => Array::Class((0..len as u32).map(|k| k % n).collect()),
            Dtype::Real => Array::F32((0..len).map(|_| number()).collect()),
        }
    };
    let inputs: Vec<Array> = func.inputs.iter().map(&mut fill).collect();
    let params: Vec<Array> = func.params.iter().map(&mut fill).collect();
    let (inputs, params): (Vec<&Array>, Vec<&Array>) = (inputs.iter().collect(), params.iter().collect());
    let mut outputs = Vec::new();
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        program.run(&batch, &inputs, &params, &mut outputs).expect("runs");
        best = best.min(start.elapsed().as_secs_f64());
    }
    let macs = 64.0 * (64.0 * 9.0 * 128.0 + 64.0 * 9.0 * 128.0 * 192.0 + 16.0 * 9.0 * 192.0 * 256.0);
    println!(
        "a step: {:.1} ms, {:.0} GFLOP/s in convolutions alone; loss {:?}",
        best * 1e3,
        6.0 * macs / best / 1e9,
        outputs[0].to_f64()
    );
    for (name, share, seconds) in program
        .profile(&batch, &inputs, &params)
        .expect("runs")
        .into_iter()
        .take(25)
    {
        println!("{:6.2} ms {:4.1} %  {name}", seconds * 1e3, share * 100.0);
    }
}

fn network() -> Func {
    let mut b = Builder::new("digits");
    let b = &mut b;
    let image = b.domains().dim(DimDef::Grid {
        name: "img".into(),
        rank: 2,
    });
    let half = b.domains().dim(DimDef::Coarse {
        of: image,
        size: 2,
        stride: 2,
        pad: 0,
    });
    let of = b.domains().map(MapDef::Sample(half));
    let x = b.input("x", Some(image), &[1], Dtype::Real);
    let h = conv(b, x, image, [1, 16], true, "conv1");
    let h = norm_relu(b, h, image, 16);
    let h = conv(b, h, image, [16, 24], false, "conv2");
    let h = norm_relu(b, h, image, 24);
    let pool = WindowSpec {
        offsets: vec![vec![0, 0], vec![0, 1], vec![1, 0], vec![1, 1]],
        stride: 2,
        wrap: false,
        fine: image,
        coarse: half,
    };
    let w = b.window(h, &pool);
    let h = b.reduce(Fold::Max, w, 0);
    let h = conv(b, h, half, [24, 32], false, "conv3");
    let h = norm_relu(b, h, half, 32);
    let h = b.mean_segment(h, of);
    let h = b.reshape(h, &[32, 8]);
    let h = b.reduce(Fold::Max, h, 1);
    let w1 = b.param("mlp.w1", &[64, 32]);
    let h = b.contract(h, w1, "i,oi->o");
    let h = b.map1(Scalar::Relu, h);
    let w2 = b.param("mlp.w2", &[10, 64]);
    let logits = b.contract(h, w2, "i,oi->o");
    let label = b.input("label", Some(SAMPLES), &[], Dtype::Class(10));
    let most = b.reduce(Fold::Max, logits, 0);
    let most = b.detach(most);
    let wide = b.broadcast(most, Shape::new(Some(SAMPLES), &[10]), &[]);
    let safe = b.sub(logits, wide);
    let e = b.map1(Scalar::Exp, safe);
    let sum = b.reduce(Fold::Sum, e, 0);
    let log = b.map1(Scalar::Log, sum);
    let own = b.contract(safe, label, "n,n->");
    let loss = b.sub(log, own);
    let loss = b.total(loss);
    let loss = b.scale(loss, Exact { f: 1.0 / 64.0, r: None });
    std::mem::replace(b, Builder::new(""))
        .finish([("loss", loss)])
        .expect("a well-formed program")
}

/// A convolution as a program writes it: at every offset a map, summed.
fn conv(b: &mut Builder, x: Value, grid: DimId, [from, to]: [u32; 2], trivial: bool, name: &str) -> Value {
    let offsets: Vec<Vec<i32>> = (-1..=1).flat_map(|y| (-1..=1).map(move |x| vec![y, x])).collect();
    let fiber = if trivial { 1 } else { 8 };
    let count = 9 * fiber;
    // K(o, g, h) = W(g⁻¹ o, g⁻¹ h): one entry for every offset and pair.
    let mut basis = vec![Exact { f: 0.0, r: None }; count * 9 * 8 * fiber];
    for (o, offset) in offsets.iter().enumerate() {
        for (g, m) in GROUP.iter().enumerate() {
            // The transpose is the inverse.
            let moved = vec![m[0] * offset[0] + m[2] * offset[1], m[1] * offset[0] + m[3] * offset[1]];
            let at = offsets.iter().position(|x| *x == moved).expect("a stable window");
            for h in 0..fiber {
                let inverse = if trivial { 0 } else { divide(g, h) };
                basis[(((at * fiber + inverse) * 9 + o) * 8 + g) * fiber + h] = Exact { f: 1.0, r: None };
            }
        }
    }
    let w = b.param(name, &[to, from, count as u32]);
    let c = b.constant(&[count as u32, 9, 8, fiber as u32], basis);
    let k = b.contract(w, c, "mnc,coyx->omynx");
    let spec = WindowSpec {
        offsets,
        stride: 1,
        wrap: false,
        fine: grid,
        coarse: grid,
    };
    let windows = b.window(x, &spec);
    let windows = b.reshape(windows, &[9, from, fiber as u32]);
    let y = b.contract(k, windows, "omynx,onx->omy");
    let y = b.reshape(y, &[9, to * 8]);
    b.reduce(Fold::Sum, y, 0)
}

/// g⁻¹ h.
fn divide(g: usize, h: usize) -> usize {
    let (a, b) = (GROUP[g], GROUP[h]);
    let product = [
        a[0] * b[0] + a[2] * b[2],
        a[0] * b[1] + a[2] * b[3],
        a[1] * b[0] + a[3] * b[2],
        a[1] * b[1] + a[3] * b[3],
    ];
    GROUP.iter().position(|m| *m == product).expect("a group")
}

/// Batch norm over rows and group elements, then relu.
fn norm_relu(b: &mut Builder, x: Value, grid: DimId, copies: u32) -> Value {
    let shape = Shape::new(Some(grid), &[copies, 8]);
    let x = b.reshape(x, &[copies, 8]);
    let one = b.fill(Shape::new(Some(grid), &[]), Exact { f: 8.0, r: None });
    let count = b.total(one);
    let count = b.broadcast(count, Shape::new(None, &[copies]), &[]);
    let sums = b.reduce(Fold::Sum, x, 1);
    let sums = b.total(sums);
    let mean = b.div(sums, count);
    let wide = b.broadcast(mean, shape.clone(), &[0]);
    let centred = b.sub(x, wide);
    let squares = b.mul(centred, centred);
    let squares = b.reduce(Fold::Sum, squares, 1);
    let squares = b.total(squares);
    let variance = b.div(squares, count);
    let shifted = b.shift(variance, Exact { f: 1e-5, r: None });
    let root = b.map1(Scalar::Sqrt, shifted);
    let wide = b.broadcast(root, shape, &[0]);
    let y = b.div(centred, wide);
    let y = b.reshape(y, &[copies * 8]);
    b.map1(Scalar::Relu, y)
}
