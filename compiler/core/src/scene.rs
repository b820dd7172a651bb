//! Statements against literal data: what `test` items run.
//!
//! [`crate::check::elaborate`] checks statements into a [`Run`]: a typed program like that of a model, whose domains come with their elements and
//! whose inputs come with their data. It is lowered and compiled like any other.
//!
//! What is written in place of data comes in through the door, as inputs: every rule of `spec/typing.md` holds of what is computed from
//! it. Only the judgement of a test ([`Claim`]) stands outside, and may look at single components.

use crate::typed::Model;
use crate::types::Domain;
use gdl_syntax::ast::{BinOp, Span};

/// A domain and its elements.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is.
    pub domain: Domain,
    /// Its elements; `None` for a grid that follows from another.
    pub elements: Option<Elements>,
}

/// The elements of a literal domain.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// So many elements of a set or sequence.
    Count(u32),
    /// Cells along every axis of a grid.
    Extents(Vec<u32>),
    /// A graph.
    Graph {
        /// The number of nodes.
        nodes: u32,
        /// Source and destination of every edge, sorted by destination.
        edges: Vec<(u32, u32)>,
        /// For every edge as written, its places among `edges`: two for `a-b`, first from a to b.
        written: Vec<Vec<u32>>,
    },
    /// Points; their edges follow from the kind of the cloud (all pairs, if it names none).
    Points(Vec<Vec<f64>>),
    /// A triangle mesh.
    Mesh {
        /// Vertices.
        points: Vec<[f64; 3]>,
        /// Triangles, counter-clockwise seen from outside.
        faces: Vec<[u32; 3]>,
    },
}

impl Elements {
    /// Nodes, cells, points or vertices.
    pub fn count(&self) -> usize {
        match self {
            Elements::Count(n) | Elements::Graph { nodes: n, .. } => *n as usize,
            Elements::Extents(sides) => sides.iter().map(|&n| n as usize).product(),
            Elements::Points(list) => list.len(),
            Elements::Mesh { points, .. } => points.len(),
        }
    }
}

/// The numbers of an array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Reals.
    Numbers(Vec<f64>),
    /// Elements of a transparent set.
    Labels(Vec<u32>),
    /// Drawn anew for every run.
    Drawn(Draw),
}

/// A distribution of test inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// Mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform in ±.
    Uniform(f64),
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// Each element of a set of this size equally often.
    Labels(u32),
}

/// Statements, ready to be lowered and run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The typed program. Its outputs are what claims refer to.
    pub model: Model,
    /// The data of its inputs, in order.
    pub inputs: Vec<Given>,
    /// Its domains.
    pub places: Vec<Place>,
    /// What must hold, and where it is said.
    pub claims: Vec<(Span, Claim)>,
}

/// What a test says.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Known when the text was checked.
    Known(bool),
    /// Two outputs of one type, compared entry by entry.
    Compare {
        /// `==`, `!=`, `<`, …; `==` up to the tolerance.
        op: BinOp,
        /// The output on the left.
        left: usize,
        /// The output on the right.
        right: usize,
        /// Largest difference relative to the larger of 1 and the largest entry.
        tolerance: f64,
    },
    /// Not this.
    Not(Box<Claim>),
    /// Both.
    And(Box<Claim>, Box<Claim>),
    /// At least one.
    Or(Box<Claim>, Box<Claim>),
}

/// Up to which relative difference `==` of a test holds: rounding in double precision.
pub const ROUNDING: f64 = 1e-9;
