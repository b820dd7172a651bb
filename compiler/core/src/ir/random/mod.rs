//! Random programs with data to run them on, for the tests of whoever transforms or compiles programs.
//!
//! [`random_program`] makes a well-formed program out of all operators: ragged dims with empty samples, pairs, edges that are
//! doubled or lead nowhere, grids with windows, loops over rows and over rounds. A bound on the absolute value of every node is
//! kept while it grows, and what could get large is scaled down or bent, so that results stay near 1.
//!
//! The first output, `loss`, is a number that all others go into.

mod loops;
mod steps;

use super::{Builder, Func, Value};
use gdl_abi::{ArrayDecl, DimDef, DimId, DoorSizes, Dtype, Instance, MapDef, MapId, SAMPLES};
use gdl_rep::Exact;
use steps::Steps;

/// What random programs may contain.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Only functions with two derivatives everywhere: no extrema, absolute values, comparisons of numbers, floors.
    pub smooth: bool,
    /// Loops.
    pub loops: bool,
    /// Grids and windows.
    pub grids: bool,
    /// Exp, tanh and the like, divisions, powers; without them only ring operations and comparisons of indices.
    pub analytic: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            smooth: false,
            loops: true,
            grids: true,
            analytic: true,
        }
    }
}

/// A program, the sizes of a batch, its inputs and parameters: row-major, class-valued inputs one-hot.
pub type RandomProgram = (Func, DoorSizes, Vec<Vec<f64>>, Vec<Vec<f64>>);

/// A random program of about `size` steps. Equal seeds give equal programs.
///
/// # Panics
/// If the builder refuses the program: a mistake of this module.
pub fn random_program(seed: u64, size: usize) -> RandomProgram {
    random_program_with(seed, size, Options::default())
}

/// As [`random_program`], with a say in what it contains.
///
/// # Panics
/// If the builder refuses the program: a mistake of this module.
pub fn random_program_with(seed: u64, size: usize, options: Options) -> RandomProgram {
    let mut rng = Rng::new(seed);
    let mut b = Builder::new(&format!("random{seed}"));
    let world = World::new(&mut b, &mut rng);
    let door = world.door(&mut rng);
    let mut steps = Steps::new(&mut b, &mut rng, &world, options);
    steps.leaves();
    for _ in 0..size {
        steps.step();
    }
    let outputs = steps.outputs();
    let func = b.finish(outputs).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let instance = Instance::new(&func.domains, &door).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let mut data = |decls: &[ArrayDecl]| decls.iter().map(|d| array(&mut rng, d, &instance)).collect();
    let inputs = data(&func.inputs);
    let params = data(&func.params);
    (func, door, inputs, params)
}

/// The elements of an input or parameter, between −1 and 1 and exact in single precision.
fn array(rng: &mut Rng, decl: &ArrayDecl, instance: &Instance) -> Vec<f64> {
    let rows = decl.dim.map_or(1, |d| instance.rows[d.0 as usize]);
    let count = rows * decl.axes.iter().map(|&n| n as usize).product::<usize>();
    if let Dtype::Class(n) = decl.dtype {
        let labels: Vec<usize> = (0..count).map(|_| rng.below(n as usize)).collect();
        return labels
            .iter()
            .flat_map(|&l| (0..n as usize).map(move |k| f64::from(u8::from(k == l))))
            .collect();
    }
    (0..count).map(|_| rng.real()).collect()
}

/// The dims and maps of random programs.
struct World {
    nodes: DimId,
    edges: DimId,
    pairs: DimId,
    rounds: [DimId; 2],
    grid: DimId,
    coarse: DimId,
    /// Rank of the grid.
    rank: u32,
    /// Node rows to the steps of a loop over nodes with states by sample.
    to_step: MapId,
    /// All other maps, none of which leads from one sample to another.
    maps: Vec<MapId>,
}

impl World {
    fn new(b: &mut Builder, rng: &mut Rng) -> World {
        let rank = 1 + rng.below(2) as u32;
        let d = b.domains();
        let nodes = d.dim(DimDef::Ragged { name: "n".into() });
        let edges = d.dim(DimDef::Ragged { name: "e".into() });
        let pairs = d.dim(DimDef::Pairs {
            left: nodes,
            right: nodes,
        });
        let grid = d.dim(DimDef::Grid { name: "g".into(), rank });
        let coarse = d.dim(DimDef::Coarse {
            of: grid,
            size: 2,
            stride: 2,
            pad: 0,
        });
        let fixed = d.dim(DimDef::Rounds { like: None, fixed: 2 });
        let like = d.dim(DimDef::Rounds {
            like: Some(nodes),
            fixed: 0,
        });
        let stacked = d.dim(DimDef::Stacked {
            time: nodes,
            of: SAMPLES,
        });
        let src = d.map(MapDef::Given {
            name: "e.src".into(),
            from: edges,
            to: nodes,
            sorted: false,
        });
        let dst = d.map(MapDef::Given {
            name: "e.dst".into(),
            from: edges,
            to: nodes,
            sorted: false,
        });
        let left = d.map(MapDef::Left(pairs));
        let right = d.map(MapDef::Right(pairs));
        let mut maps = vec![src, dst, left, right];
        for dim in [nodes, edges, pairs, grid] {
            maps.push(d.map(MapDef::Sample(dim)));
        }
        maps.push(d.map(MapDef::Compose {
            first: src,
            second: maps[4],
        }));
        maps.push(d.map(MapDef::Pair {
            pairs,
            left: right,
            right: left,
        }));
        let to_step = d.map(MapDef::ToStep { time: nodes, stacked });
        World {
            nodes,
            edges,
            pairs,
            rounds: [fixed, like],
            grid,
            coarse,
            rank,
            to_step,
            maps,
        }
    }

    /// Sizes: samples without nodes, edges between any two nodes of a sample.
    fn door(&self, rng: &mut Rng) -> DoorSizes {
        let samples = 1 + rng.below(3);
        let (mut nodes, mut edges) = (vec![0u32], vec![0u32]);
        let (mut src, mut dst) = (Vec::new(), Vec::new());
        for s in 0..samples {
            let n = rng.below(4);
            let m = if n == 0 { 0 } else { rng.below(5) };
            for _ in 0..m {
                src.push(nodes[s] + rng.below(n) as u32);
                dst.push(nodes[s] + rng.below(n) as u32);
            }
            nodes.push(nodes[s] + n as u32);
            edges.push(edges[s] + m as u32);
        }
        let extents = (0..self.rank).map(|_| 2 * (1 + rng.below(2)) as u32).collect();
        DoorSizes {
            samples,
            ragged: vec![("n".into(), nodes), ("e".into(), edges)],
            grids: vec![("g".into(), extents)],
            maps: vec![("e.src".into(), src), ("e.dst".into(), dst)],
        }
    }
}

/// A small generator of pseudo-random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator; equal seeds give equal numbers.
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// A number in 0..n; 0 if n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits() % n as u64) as usize }
    }

    /// True once in n times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of a list that is not empty.
    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// A number between −1 and 1, exact in single precision.
    pub fn real(&mut self) -> f64 {
        (self.bits() % (1 << 22)) as f64 / f64::from(1 << 21) - 1.0
    }

    /// A fraction between −1 and 1, never 0.
    fn exact(&mut self) -> Exact {
        let sign = if self.once_in(2) { 1 } else { -1 };
        Exact::ratio(sign * (1 + self.below(6) as i64), 6)
    }
}

/// A value and a bound on its elements.
type Bounded = (Value, f64);
