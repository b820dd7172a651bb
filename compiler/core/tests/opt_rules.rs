//! Every rule of the optimiser, on the smallest program it is for.

use gdl_abi::{DimDef, DimId, DoorSizes, Dtype, Instance, MapDef, MapId, SAMPLES};
use gdl_core::ir::interp::{Real64, run};
use gdl_core::ir::opt::{explained, operations};
use gdl_core::ir::random::Rng;
use gdl_core::ir::{Builder, Fold, Scalar, Shape, Value};
use gdl_rep::Exact;

/// A program under construction with edges between nodes.
struct World {
    b: Builder,
    nodes: DimId,
    edges: DimId,
    src: MapId,
    dst: MapId,
}

impl World {
    fn new() -> World {
        let mut b = Builder::new("test");
        let d = b.domains();
        let nodes = d.dim(DimDef::Ragged { name: "n".into() });
        let edges = d.dim(DimDef::Ragged { name: "e".into() });
        let mut map = |name: &str| {
            d.map(MapDef::Given {
                name: name.into(),
                from: edges,
                to: nodes,
                sorted: false,
            })
        };
        let (src, dst) = (map("src"), map("dst"));
        World {
            b,
            nodes,
            edges,
            src,
            dst,
        }
    }

    fn node(&mut self, axes: &[u32]) -> Value {
        let name = format!("x{}", self.b.inputs().len());
        self.b.input(&name, Some(self.nodes), axes, Dtype::Real)
    }

    fn edge(&mut self, axes: &[u32]) -> Value {
        let name = format!("x{}", self.b.inputs().len());
        self.b.input(&name, Some(self.edges), axes, Dtype::Real)
    }

    fn weight(&mut self, axes: &[u32]) -> Value {
        let name = format!("w{}", self.b.params().len());
        self.b.param(&name, axes)
    }

    fn matrix(&mut self) -> Value {
        let data = [1, 2, 0, -1].map(Exact::int);
        self.b.constant(&[2, 2], data.to_vec())
    }
}

fn half() -> Exact {
    Exact::ratio(1, 2)
}

/// The optimiser applies `rule` to the program, leaves `count` operations, and the value stays.
fn check(rule: &str, count: usize, make: impl FnOnce(&mut World) -> Value) {
    let mut w = World::new();
    let v = make(&mut w);
    let func = w.b.finish([("y", v)]).unwrap_or_else(|e| panic!("{rule}: {e}"));
    let (better, applied) = explained(&func).unwrap_or_else(|e| panic!("{rule}: {e}"));
    if !rule.is_empty() {
        assert!(applied.contains(&rule), "{rule} was not among {applied:?}");
    }
    assert_eq!(operations(&better.body), count, "{rule}: {better:?}");
    let door = DoorSizes {
        samples: 2,
        ragged: vec![("n".into(), vec![0, 3, 4]), ("e".into(), vec![0, 4, 5])],
        grids: vec![],
        maps: vec![("src".into(), vec![0, 1, 1, 1, 3]), ("dst".into(), vec![1, 0, 0, 1, 3])],
    };
    let instance = Instance::new(&func.domains, &door).unwrap();
    let mut rng = Rng::new(1);
    let mut data = |list: &[gdl_abi::ArrayDecl]| -> Vec<Vec<f64>> {
        let count = |d: &gdl_abi::ArrayDecl| {
            d.dim.map_or(1, |d| instance.rows[d.0 as usize]) * d.axes.iter().product::<u32>() as usize
        };
        list.iter()
            .map(|d| (0..count(d)).map(|_| rng.real()).collect())
            .collect()
    };
    let (inputs, params) = (data(&func.inputs), data(&func.params));
    let [x, y] = [&func, &better].map(|f| run(&Real64, f, &instance, &inputs, &params).unwrap());
    assert_eq!(x[0].len(), y[0].len());
    for (x, y) in x[0].iter().zip(&y[0]) {
        assert!((x - y).abs() < 1e-12, "{rule}: {x} became {y}");
    }
}

#[test]
fn constants() {
    check("function of constants", 0, |w| {
        let m = w.matrix();
        w.b.mul(m, m)
    });
    check("movement of a constant", 0, |w| {
        let m = w.matrix();
        let t = w.b.transpose(m, &[1, 0]);
        let row = w.b.slice(t, 0, 1, 1);
        w.b.concat(&[row, t], 0)
    });
    check("fold of a constant", 0, |w| {
        let m = w.matrix();
        w.b.reduce(Fold::Sum, m, 1)
    });
    check("contraction of constants", 0, |w| {
        let m = w.matrix();
        w.b.contract(m, m, "ab,bc->ca")
    });
}

#[test]
fn scalars() {
    check("signs", 1, |w| {
        let (x, y) = (w.node(&[2]), w.node(&[2]));
        let minus = w.b.neg(y);
        w.b.add(x, minus)
    });
    check("two scales", 1, |w| {
        let x = w.node(&[2]);
        let x = w.b.scale(x, half());
        let x = w.b.neg(x);
        w.b.scale(x, Exact::int(3))
    });
    check("two shifts", 1, |w| {
        let x = w.node(&[2]);
        let x = w.b.shift(x, half());
        w.b.shift(x, half())
    });
    check("functions of spread values", 2, |w| {
        let x = w.weight(&[2]);
        let wide = w.b.expand_last(x, &Shape::new(Some(w.nodes), &[3, 2]));
        w.b.map1(Scalar::Exp, wide)
    });
    check("part of a spread value", 1, |w| {
        let x = w.weight(&[2]);
        let wide = w.b.expand_last(x, &Shape::new(None, &[3, 2]));
        w.b.slice(wide, 0, 0, 2)
    });
}

#[test]
fn sums() {
    check("sum of a contraction", 1, |w| {
        let (x, y) = (w.node(&[2, 3]), w.weight(&[3, 2]));
        let z = w.b.contract(x, y, "ab,bc->ac");
        w.b.reduce(Fold::Sum, z, 0)
    });
    check("sum of a contraction", 1, |w| {
        let (x, y) = (w.node(&[2, 3, 2]), w.node(&[2, 3, 2]));
        let z = w.b.mul(x, y);
        w.b.sum_axes(z, &[0, 2])
    });
    check("sum of a reshaped contraction", 1, |w| {
        let (x, y) = (w.node(&[3, 2]), w.weight(&[3, 2, 4, 5]));
        let z = w.b.contract(x, y, "ab,abcd->acd");
        let z = w.b.reshape(z, &[3, 20]);
        w.b.reduce(Fold::Sum, z, 0)
    });
    check("total of a contraction", 1, |w| {
        let (x, y) = (w.node(&[2]), w.node(&[2]));
        let z = w.b.mul(x, y);
        w.b.total(z)
    });
    check("sum of a multiple", 2, |w| {
        let x = w.edge(&[2]);
        let x = w.b.scale(x, half());
        w.b.segment(Fold::Sum, x, w.dst)
    });
    check("sum of a join with zeros", 1, |w| {
        let x = w.node(&[2]);
        let x = w.b.pad(x, 0, 1, 5);
        w.b.reduce(Fold::Sum, x, 0)
    });
    check("sum of a spread value", 1, |w| {
        let x = w.node(&[2]);
        let wide = w.b.expand(x, &Shape::new(Some(w.nodes), &[2, 3]));
        w.b.reduce(Fold::Sum, wide, 1)
    });
}

#[test]
fn contractions() {
    check("contraction of a spread value", 1, |w| {
        let (x, y) = (w.weight(&[2]), w.node(&[3, 2]));
        let wide = w.b.expand_last(x, &Shape::new(Some(w.nodes), &[3, 2]));
        w.b.contract(wide, y, "ab,ab->a")
    });
    check("contraction of a spread value", 1, |w| {
        let (x, y) = (w.node(&[2, 3]), w.weight(&[2, 3]));
        let t = w.b.transpose(x, &[1, 0]);
        w.b.contract(t, y, "ab,bc->ac")
    });
    check("contraction with a number", 1, |w| {
        let x = w.node(&[2]);
        let c = w.b.scalar(half());
        w.b.contract(x, c, "a,->a")
    });
    check("contraction with the identity", 1, |w| {
        let x = w.node(&[2, 3]);
        let eye = w.b.eye(3);
        w.b.contract(x, eye, "ab,cb->ca")
    });
    // The kernel of a convolution, whose places stand before its outputs.
    check("contraction of a contraction", 2, |w| {
        let (x, y) = (w.node(&[9, 2]), w.weight(&[16, 3]));
        let data = (0..54).map(|k| Exact::int(k % 5 - 2)).collect();
        let basis = w.b.constant(&[3, 9, 2], data);
        let kernel = w.b.contract(basis, y, "eab,ce->acb");
        w.b.contract(x, kernel, "ab,acb->c")
    });
    check("contraction with a unit vector", 1, |w| {
        let x = w.node(&[1, 3]);
        let unit = w.b.constant(&[3], [0, 1, 0].map(Exact::int).to_vec());
        let y = w.b.contract(x, unit, "ab,b->a");
        w.b.reshape(y, &[])
    });
    check("contraction of a multiple with a constant", 1, |w| {
        let (x, m) = (w.node(&[2]), w.matrix());
        let x = w.b.scale(x, half());
        w.b.contract(x, m, "a,ab->b")
    });
    check("multiple of a contraction with a constant", 1, |w| {
        let (x, m) = (w.node(&[2]), w.matrix());
        let y = w.b.contract(x, m, "a,ab->b");
        w.b.scale(y, half())
    });
}

#[test]
fn maps() {
    check("functions of gathered values", 2, |w| {
        let (x, y) = (w.node(&[2]), w.node(&[2]));
        let (x, y) = (w.b.gather(x, w.src), w.b.gather(y, w.src));
        w.b.add(x, y)
    });
    check("linear map of gathered values", 2, |w| {
        let (x, m) = (w.node(&[2]), w.weight(&[2, 2]));
        let x = w.b.gather(x, w.src);
        w.b.contract(x, m, "a,ab->b")
    });
    check("linear map before a push-forward", 2, |w| {
        let (x, m) = (w.edge(&[2]), w.weight(&[2, 2]));
        let x = w.b.contract(x, m, "a,ab->b");
        w.b.segment(Fold::Sum, x, w.dst)
    });
    check("push-forward of a product", 2, |w| {
        let (x, y) = (w.edge(&[2]), w.node(&[2]));
        let y = w.b.gather(y, w.dst);
        let z = w.b.mul(x, y);
        w.b.segment(Fold::Sum, z, w.dst)
    });
    check("part of gathered values", 2, |w| {
        let x = w.node(&[3]);
        let x = w.b.gather(x, w.src);
        w.b.slice(x, 0, 1, 2)
    });
    check("sum of gathered values", 2, |w| {
        let x = w.node(&[3]);
        let x = w.b.gather(x, w.src);
        w.b.reduce(Fold::Max, x, 0)
    });
}

#[test]
fn loops() {
    // The second state is read by nobody, the third stays as it is, and the weights do not change from step to step.
    check("", 4, |w| {
        let x = w.node(&[2]);
        let m = w.weight(&[2, 2]);
        let stacked = w.b.domains().dim(DimDef::Stacked {
            time: w.nodes,
            of: SAMPLES,
        });
        let steps = w.b.domains().map(MapDef::ToStep { time: w.nodes, stacked });
        let xs = w.b.segment(Fold::Sum, x, steps);
        let zero = w.b.fill(Shape::new(Some(SAMPLES), &[2]), Exact::ZERO);
        let one = w.b.ones_like(zero);
        let out = w.b.scan(w.nodes, false, [&[zero, one, one], &[xs], &[m]], |b, args| {
            let [s, unread, fixed, x, m] = args[..] else {
                panic!("{args:?}")
            };
            let weights = b.map1(Scalar::Exp, m);
            let y = b.contract(s, weights, "a,ab->b");
            let y = b.add(y, x);
            let more = b.sub(unread, y);
            vec![y, more, fixed, more]
        });
        out[0]
    });
    check("", 0, |w| {
        let one = w.b.fill(Shape::new(Some(SAMPLES), &[]), Exact::ONE);
        let out = w.b.scan(w.nodes, false, [&[one], &[], &[]], |_, args| args.to_vec());
        out[0]
    });
}

#[test]
fn what_is_undefined_somewhere_stays_where_it_is() {
    check("", 2, |w| {
        let x = w.node(&[2]);
        let x = w.b.gather(x, w.src);
        w.b.map1(Scalar::PowI(-1), x)
    });
}
