//! Scenes: sizes, maps and input arrays on which a program is run, degenerate ones included.

use super::slots::{Slot, Values};
use crate::ir::interp::{Algebra, one_hot};
use crate::ir::{Func, Scalar};
use crate::typed::Model;
use crate::types::{DomainId, DomainKind};
use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance};

/// A sequence of pseudo-random words (splitmix64): the same for the same seed.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed ^ 0x6a09_e667_f3bc_c908)
    }

    /// 64 random bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `n` (0 for n = 0).
    pub fn below(&mut self, n: usize) -> usize {
        (self.word() % n.max(1) as u64) as usize
    }

    /// A random order of `0..n`.
    pub fn order(&mut self, n: usize) -> Vec<u32> {
        let mut list: Vec<u32> = (0..n as u32).collect();
        for k in (1..n).rev() {
            list.swap(k, self.below(k + 1));
        }
        list
    }

    /// A number in (0, 1].
    pub fn unit(&mut self) -> f64 {
        ((self.word() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// A normal deviate.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Numbers that can be drawn.
pub(crate) trait Draw: Algebra {
    /// A random number.
    fn number(&self, rng: &mut Rng) -> Self::S;
    /// A random point (c, s) of the unit circle.
    fn rotation(&self, rng: &mut Rng) -> [Self::S; 2];
    /// A random infinitesimal, where the algebra has them.
    fn infinitesimal(&self, rng: &mut Rng) -> Option<Self::S>;
    /// A number that must be known exactly here.
    fn exact(&self, x: gdl_rep::Exact) -> Result<Self::S, String>;

    /// a + b.
    fn add(&self, a: Self::S, b: Self::S) -> Self::S {
        self.scalar(Scalar::Add, &[a, b])
    }
    /// a − b.
    fn sub(&self, a: Self::S, b: Self::S) -> Self::S {
        self.scalar(Scalar::Sub, &[a, b])
    }
    /// a · b.
    fn mul(&self, a: Self::S, b: Self::S) -> Self::S {
        self.scalar(Scalar::Mul, &[a, b])
    }
    /// The product of two rotations.
    fn turn(&self, a: [Self::S; 2], b: [Self::S; 2]) -> [Self::S; 2] {
        [
            self.sub(self.mul(a[0], b[0]), self.mul(a[1], b[1])),
            self.add(self.mul(a[0], b[1]), self.mul(a[1], b[0])),
        ]
    }
    /// The inverse of a rotation.
    fn back(&self, a: [Self::S; 2]) -> [Self::S; 2] {
        [a[0], self.sub(self.int(0), a[1])]
    }
}

/// How the numbers of the inputs lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// In general position.
    General,
    /// All rows of a sample are equal: ties, and all points coincide.
    Equal,
    /// All points of a sample lie on one line.
    Collinear,
    /// Half of the rows repeat the row before them.
    Pairs,
    /// All are zero.
    Zero,
}

/// What is special about a scene.
#[derive(Clone, Debug)]
pub(crate) struct Stratum {
    /// In words.
    pub name: &'static str,
    /// Nodes of every sample.
    pub nodes: &'static [usize],
    /// Self-edges, several edges between the same nodes, and isolated nodes are forced.
    pub knotted: bool,
    /// No edges.
    pub bare: bool,
    /// How the inputs lie.
    pub lie: Lie,
    /// Which of the smallest extents of grids.
    pub side: usize,
}

const GENERAL: Stratum = Stratum {
    name: "general position",
    nodes: &[4, 3, 5],
    knotted: false,
    bare: false,
    lie: Lie::General,
    side: 1,
};

/// All strata, the most general first.
pub(crate) const STRATA: [Stratum; 9] = [
    GENERAL,
    Stratum {
        name: "self-edges, several edges and isolated nodes",
        nodes: &[4, 5],
        knotted: true,
        side: 2,
        ..GENERAL
    },
    Stratum {
        name: "one sample",
        nodes: &[5],
        side: 0,
        ..GENERAL
    },
    Stratum {
        name: "equal rows",
        nodes: &[3, 4],
        lie: Lie::Equal,
        knotted: true,
        side: 1,
        ..GENERAL
    },
    Stratum {
        name: "some equal rows",
        nodes: &[4, 4, 2],
        lie: Lie::Pairs,
        side: 0,
        ..GENERAL
    },
    Stratum {
        name: "one node a sample, and none",
        nodes: &[1, 0, 2],
        knotted: true,
        side: 0,
        ..GENERAL
    },
    Stratum {
        name: "points on a line",
        nodes: &[4, 3],
        lie: Lie::Collinear,
        side: 0,
        ..GENERAL
    },
    Stratum {
        name: "no edges",
        nodes: &[3, 1, 2],
        bare: true,
        side: 0,
        ..GENERAL
    },
    Stratum {
        name: "all inputs zero",
        nodes: &[3, 2],
        lie: Lie::Zero,
        side: 0,
        ..GENERAL
    },
];

/// One input: numbers, or labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Column<S> {
    /// Row by row.
    Numbers(Vec<S>),
    /// One for every entry.
    Labels(Vec<u32>),
}

/// Sizes, maps and inputs.
#[derive(Clone, Debug)]
pub(crate) struct Scene<S> {
    pub door: DoorSizes,
    pub inputs: Vec<Column<S>>,
}

/// The array that the interpreter reads: labels become one-hot.
pub(crate) fn plain<A: Algebra>(alg: &A, decl: &ArrayDecl, column: &Column<A::S>) -> Result<Vec<A::S>, String> {
    match (column, decl.dtype) {
        (Column::Numbers(x), _) => Ok(x.clone()),
        (Column::Labels(list), Dtype::Class(n)) => one_hot(alg, list, n),
        (Column::Labels(_), Dtype::Real) => Err(format!("`{}` has labels", decl.name)),
    }
}

/// Sizes and maps for the domains of a model; `None` if the domains do not allow the stratum.
pub(crate) fn door(model: &Model, func: &Func, stratum: &Stratum, rng: &mut Rng) -> Option<DoorSizes> {
    let samples = stratum.nodes.len();
    let mut door = DoorSizes {
        samples,
        ..DoorSizes::default()
    };
    for (k, d) in model.domains.iter().enumerate() {
        let least = match &d.kind {
            DomainKind::Set { nonempty } | DomainKind::Seq { nonempty } => usize::from(*nonempty),
            DomainKind::Grid { rank, .. } => {
                let rank = rank.value().and_then(|r| usize::try_from(r).ok()).unwrap_or(2);
                let side = side(model, DomainId(k as u32), stratum.side)?;
                door.grids.push((d.name.clone(), vec![side; rank]));
                continue;
            }
            kind if kind.is_derived() => continue,
            _ => 0,
        };
        // Domains differ in size from each other.
        let nodes: Vec<usize> = (0..samples)
            .map(|s| stratum.nodes[(s + k) % samples].max(least))
            .collect();
        let ptr = offsets(&nodes);
        if matches!(d.kind, DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Mesh) {
            let (mut counts, mut src, mut dst) = (Vec::new(), Vec::new(), Vec::new());
            for s in 0..samples {
                let edges = edges(nodes[s], stratum, rng);
                counts.push(edges.len());
                for (d, e) in edges {
                    src.push(ptr[s] + e);
                    dst.push(ptr[s] + d);
                }
            }
            door.ragged.push((format!("{}.edges", d.name), offsets(&counts)));
            door.maps.push((format!("{}.src", d.name), src));
            door.maps.push((format!("{}.dst", d.name), dst));
        }
        door.ragged.push((d.name.clone(), ptr));
    }
    Instance::new(&func.domains, &door).is_ok().then_some(door)
}

/// Offsets of runs of these lengths.
pub(crate) fn offsets(counts: &[usize]) -> Vec<u32> {
    let mut ptr = vec![0];
    for n in counts {
        ptr.push(ptr[ptr.len() - 1] + *n as u32);
    }
    ptr
}

/// Edges (destination, source) of one sample, sorted by destination.
fn edges(nodes: usize, stratum: &Stratum, rng: &mut Rng) -> Vec<(u32, u32)> {
    let mut list = Vec::new();
    if nodes == 0 || stratum.bare {
        return list;
    }
    // With knots the last node stays alone.
    let joined = if stratum.knotted && nodes > 2 { nodes - 1 } else { nodes };
    for d in 0..joined as u32 {
        for s in 0..joined as u32 {
            if s != d && rng.below(3) > 0 {
                list.push((d, s));
            }
        }
        if stratum.knotted {
            list.push((d, d));
            let again = list[rng.below(list.len())];
            list.push(again);
        }
    }
    list.sort_by_key(|e| e.0);
    list
}

/// The k-th smallest extent that the signature promises and the network allows.
fn side(model: &Model, grid: DomainId, k: usize) -> Option<u32> {
    let (modulus, remainder) = model.domains[grid.0 as usize].size;
    let fits = |n: i64| {
        n.rem_euclid(modulus.max(1)) == remainder.rem_euclid(modulus.max(1))
            && model
                .congruences
                .iter()
                .filter(|c| c.domain == grid)
                .all(|c| n.rem_euclid(c.modulus.max(1)) == c.remainder)
            && covers(model, grid, n)
    };
    (1..=8192)
        .filter(|n| fits(*n))
        .nth(k)
        .and_then(|n| u32::try_from(n).ok())
}

/// Whether every coarser grid made from a grid of extent n has a cell.
fn covers(model: &Model, grid: DomainId, n: i64) -> bool {
    model.domains.iter().enumerate().all(|(k, d)| match &d.kind {
        DomainKind::Coarse {
            of,
            window,
            stride,
            pad,
        } if *of == grid => {
            let (Some(w), Some(s), Some(p)) = (window.value(), stride.value(), pad.value()) else {
                return false;
            };
            let room = n + 2 * p - w;
            room >= 0 && s > 0 && covers(model, DomainId(k as u32), room / s + 1)
        }
        _ => true,
    })
}

/// Random inputs.
pub(crate) fn columns<A: Draw>(
    alg: &A,
    func: &Func,
    slots: &[Slot],
    instance: &Instance,
    lie: Lie,
    rng: &mut Rng,
) -> Vec<Column<A::S>> {
    func.inputs
        .iter()
        .zip(slots)
        .map(|(decl, slot)| column(alg, decl, slot, instance, lie, rng))
        .collect()
}

fn column<A: Draw>(
    alg: &A,
    decl: &ArrayDecl,
    slot: &Slot,
    instance: &Instance,
    lie: Lie,
    rng: &mut Rng,
) -> Column<A::S> {
    let width = decl.row_len();
    let ptr = match decl.dim {
        None => vec![0, 1],
        Some(d) => instance.sample_ptr[d.0 as usize].clone(),
    };
    let rows = ptr.last().map_or(0, |&n| n as usize);
    if let Dtype::Class(n) = decl.dtype {
        let mut labels: Vec<u32> = (0..rows * width).map(|_| rng.below(n as usize) as u32).collect();
        repeat(&mut labels, &ptr, width, lie);
        return Column::Labels(labels);
    }
    let turning = matches!(slot.values, Values::Transport(_))
        || matches!(&slot.values, Values::Fibre(..) if decl.name.ends_with(".angle"));
    let mut data = Vec::with_capacity(rows * width);
    if turning {
        (0..rows).for_each(|_| data.extend(alg.rotation(rng)));
        return Column::Numbers(data);
    }
    match (&slot.values, lie) {
        (_, Lie::Zero) => data.resize(rows * width, alg.int(0)),
        (Values::Points(_, true), Lie::Collinear) => {
            for w in ptr.windows(2) {
                let [from, along] = [0, 1].map(|_| (0..width).map(|_| alg.number(rng)).collect::<Vec<_>>());
                for _ in w[0]..w[1] {
                    let t = alg.number(rng);
                    data.extend(from.iter().zip(&along).map(|(&a, &b)| alg.add(a, alg.mul(t, b))));
                }
            }
        }
        _ => data.extend((0..rows * width).map(|_| alg.number(rng))),
    }
    repeat(&mut data, &ptr, width, lie);
    Column::Numbers(data)
}

/// Makes rows of a sample equal.
fn repeat<T: Copy>(data: &mut [T], ptr: &[u32], width: usize, lie: Lie) {
    let step = match lie {
        Lie::Equal => usize::MAX,
        Lie::Pairs => 2,
        _ => return,
    };
    for w in ptr.windows(2) {
        for row in w[0] as usize..w[1] as usize {
            let at = row - w[0] as usize;
            let like = w[0] as usize + if step == 2 { at / 2 * 2 } else { 0 };
            data.copy_within(like * width..(like + 1) * width, row * width);
        }
    }
}
