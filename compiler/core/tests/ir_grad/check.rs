//! Derivatives checked against each other: reverse mode, forward mode, central differences.

use gdl_abi::{ArrayDecl, DimDef, DimId, DoorSizes, Dtype, Instance, MapDef, MapId};
use gdl_core::ir::build::Builder;
use gdl_core::ir::grad::{jvp, vjp};
use gdl_core::ir::interp::{Real64, run};
use gdl_core::ir::{Func, Value};

/// The dims and maps of the tests' batch.
#[derive(Clone, Copy)]
pub struct World {
    pub samples: DimId,
    pub nodes: DimId,
    pub edges: DimId,
    pub time: DimId,
    pub image: DimId,
    pub coarse: DimId,
    pub pairs: DimId,
    pub rounds: DimId,
    pub src: MapId,
    pub dst: MapId,
    pub node_sample: MapId,
    pub left: MapId,
    pub right: MapId,
    pub to_step: MapId,
}

/// Declares the dims and maps.
pub fn world(b: &mut Builder) -> World {
    let d = b.domains();
    let ragged = |name: &str| DimDef::Ragged { name: name.into() };
    let samples = DimId(0);
    let nodes = d.dim(ragged("n"));
    let edges = d.dim(ragged("e"));
    let time = d.dim(ragged("t"));
    let image = d.dim(DimDef::Grid {
        name: "img".into(),
        rank: 2,
    });
    let coarse = d.dim(DimDef::Coarse {
        of: image,
        size: 3,
        stride: 2,
        pad: 1,
    });
    let pairs = d.dim(DimDef::Pairs {
        left: nodes,
        right: nodes,
    });
    let rounds = d.dim(DimDef::Rounds { like: None, fixed: 2 });
    let stacked = d.dim(DimDef::Stacked { time, of: samples });
    let given = |name: &str, sorted| MapDef::Given {
        name: name.into(),
        from: edges,
        to: nodes,
        sorted,
    };
    World {
        samples,
        nodes,
        edges,
        time,
        image,
        coarse,
        pairs,
        rounds,
        src: d.map(given("e.src", false)),
        dst: d.map(given("e.dst", true)),
        node_sample: d.map(MapDef::Sample(nodes)),
        left: d.map(MapDef::Left(pairs)),
        right: d.map(MapDef::Right(pairs)),
        to_step: d.map(MapDef::ToStep { time, stacked }),
    }
}

/// A batch of three samples: one without nodes, one with an isolated node and a repeated edge, one with a loop edge. The numbers of
/// steps are 3, 0 and 2.
pub fn batch() -> DoorSizes {
    let named = |name: &str, list: &[u32]| (name.to_string(), list.to_vec());
    DoorSizes {
        samples: 3,
        ragged: vec![
            named("n", &[0, 0, 3, 5]),
            named("e", &[0, 0, 4, 6]),
            named("t", &[0, 3, 3, 5]),
        ],
        grids: vec![named("img", &[3, 5])],
        maps: vec![named("e.src", &[1, 1, 0, 1, 3, 4]), named("e.dst", &[0, 0, 1, 1, 3, 3])],
    }
}

/// Random numbers in (low, high).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678)
    }

    pub fn next(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn list(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|_| self.next(low, high)).collect()
    }
}

/// A program with a batch and numbers to run it on.
pub struct Case {
    pub func: Func,
    pub door: DoorSizes,
    pub inputs: Vec<Vec<f64>>,
    pub params: Vec<Vec<f64>>,
}

impl Case {
    /// A program made by `f` from the dims, on random numbers in (low, high).
    pub fn new(low: f64, high: f64, f: impl FnOnce(&mut Builder, World) -> Vec<Value>) -> Case {
        let mut b = Builder::new("case");
        let w = world(&mut b);
        let outputs = f(&mut b, w);
        let func = b
            .finish(outputs.into_iter().enumerate().map(|(k, v)| (format!("y{k}"), v)))
            .unwrap();
        let instance = Instance::new(&func.domains, &batch()).unwrap();
        let mut r = Random::new(7);
        let rows = |d: DimId| instance.rows[d.0 as usize];
        let length = |decl: &ArrayDecl| decl.dim.map_or(1, rows) * decl.row_len();
        let mut numbers =
            |decls: &[ArrayDecl]| -> Vec<Vec<f64>> { decls.iter().map(|d| r.list(length(d), low, high)).collect() };
        let (inputs, params) = (numbers(&func.inputs), numbers(&func.params));
        Case {
            func,
            door: batch(),
            inputs,
            params,
        }
    }

    pub fn run(&self) -> Vec<Vec<f64>> {
        self.run_on(&self.inputs, &self.params)
    }

    fn run_on(&self, inputs: &[Vec<f64>], params: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let instance = Instance::new(&self.func.domains, &self.door).unwrap();
        run(&Real64, &self.func, &instance, inputs, params).unwrap()
    }

    /// The gradients of Σ cotangent · output with respect to all real inputs and all parameters.
    pub fn gradients(&self, cotangents: &[Vec<f64>]) -> Vec<Vec<f64>> {
        self.with(vjp(&self.func).unwrap(), cotangents).run()
    }

    /// Another program that takes these numbers and more.
    fn with(&self, func: Func, more: &[Vec<f64>]) -> Case {
        let inputs = self.inputs.iter().chain(more).cloned().collect();
        Case {
            func,
            door: self.door.clone(),
            inputs,
            params: self.params.clone(),
        }
    }

    /// The numbers of real inputs and of parameters.
    fn variables(&self) -> Vec<&Vec<f64>> {
        let is_real = |(_, decl): &(&Vec<f64>, &ArrayDecl)| decl.dtype == Dtype::Real;
        let inputs = self
            .inputs
            .iter()
            .zip(&self.func.inputs)
            .filter(is_real)
            .map(|(x, _)| x);
        inputs.chain(&self.params).collect()
    }

    /// Compares the derivatives up to `order` in all three ways.
    pub fn check(&self, order: usize) {
        self.compare(order, true);
    }

    /// Compares the derivatives up to `order` of reverse and forward mode.
    pub fn check_modes(&self, order: usize) {
        self.compare(order, false);
    }

    fn compare(&self, order: usize, with_differences: bool) {
        let name = &self.func.name;
        let outputs = self.run();
        assert!(outputs.iter().flatten().all(|y| y.is_finite()), "{name}: {outputs:?}");
        let mut r = Random::new(order as u64);
        let cotangents: Vec<Vec<f64>> = outputs.iter().map(|y| r.list(y.len(), -1.0, 1.0)).collect();
        let backward = self.with(vjp(&self.func).unwrap(), &cotangents);
        let grads = backward.run();
        let forward = jvp(&self.func).unwrap();
        let variables = self.variables();
        for direction in 0..4 {
            // One random direction, then some coordinates.
            let mut tangents: Vec<Vec<f64>> = variables.iter().map(|x| r.list(x.len(), -1.0, 1.0)).collect();
            if direction > 0 {
                let count: usize = tangents.iter().map(Vec::len).sum();
                let chosen = r.next(0.0, count as f64) as usize;
                for (k, t) in tangents.iter_mut().flatten().enumerate() {
                    *t = f64::from(u8::from(k == chosen));
                }
            }
            let by_reverse = dot(&grads, &tangents);
            let by_forward = dot(&self.with(forward.clone(), &tangents).run(), &cotangents);
            let scale = by_reverse.abs().max(1.0);
            assert!(
                (by_reverse - by_forward).abs() <= 1e-9 * scale,
                "{name}: order {order}, direction {direction}: reverse {by_reverse}, forward {by_forward}"
            );
            if with_differences {
                let off = |h| (by_reverse - self.difference(h, &tangents, &cotangents)).abs();
                let error = [1e-3, 1e-2, 1e-4].map(off).into_iter().fold(f64::INFINITY, f64::min);
                assert!(
                    error <= 1e-6 * scale,
                    "{name}: order {order}, direction {direction}: {by_reverse}, off by {error} from differences"
                );
            }
        }
        if order > 1 {
            backward.compare(order - 1, with_differences);
        }
    }

    /// The central difference of Σ cotangent · output along a direction with step h, to fourth order.
    fn difference(&self, h: f64, tangents: &[Vec<f64>], cotangents: &[Vec<f64>]) -> f64 {
        let at = |h: f64| {
            let mut tangents = tangents.iter();
            let mut moved = |x: &Vec<f64>| -> Vec<f64> {
                let t = tangents.next().unwrap();
                x.iter().zip(t).map(|(x, t)| x + h * t).collect()
            };
            let decls = self.inputs.iter().zip(&self.func.inputs);
            let inputs: Vec<_> = decls
                .map(|(x, d)| if d.dtype == Dtype::Real { moved(x) } else { x.clone() })
                .collect();
            let params: Vec<_> = self.params.iter().map(&mut moved).collect();
            dot(&self.run_on(&inputs, &params), cotangents)
        };
        (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
    }
}

fn dot(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    assert_eq!(
        a.iter().map(Vec::len).collect::<Vec<_>>(),
        b.iter().map(Vec::len).collect::<Vec<_>>()
    );
    a.iter().flatten().zip(b.iter().flatten()).map(|(x, y)| x * y).sum()
}

/// A real input.
pub fn real(b: &mut Builder, name: &str, dim: impl Into<Option<DimId>>, axes: &[u32]) -> Value {
    b.input(name, dim.into(), axes, Dtype::Real)
}
