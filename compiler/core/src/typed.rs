//! The typed program: what the checker makes of a model, and what lowering turns into tensor IR.
//!
//! A typed program is a DAG of [`Node`]s in dependence order. Layers are gone (inlined, one copy a call); representations are
//! still there. A node may mention **index variables** ([`Var`]): `x[i]` is a node that depends on `i`. A variable is bound
//! by a [`TOp::Define`] (which makes a signal), by a [`TOp::Reduce`] or by a loop. Every node knows on which variables it depends.

use crate::types::{Chosen, Domain, DomainId, DomainKind, Elem, Rep, Set, Space, Type};
use gdl_rep::decompose::Piece;
use gdl_rep::{Exact, Group};
use gdl_syntax::ast::{RedOp, Span};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// An index variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u32);

/// A parameter or statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(pub u32);

/// An index variable.
#[derive(Clone, Debug)]
pub struct Var {
    /// As written.
    pub name: String,
    /// What it ranges over.
    pub set: Set,
    /// What binds it.
    pub kind: VarKind,
    /// For an edge: the variables of its source and destination.
    pub ends: Option<(VarId, VarId)>,
}

/// What an index variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarKind {
    /// Bound by a definition or reduction.
    Free,
    /// An end of an edge variable.
    End,
    /// The step of a loop over a sequence.
    Step,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: TOp,
    /// The type of its value (for the values of the variables it depends on).
    pub ty: Type,
    /// The variables it depends on.
    pub deps: BTreeSet<VarId>,
    /// For a vector in a fibre: the index over which the fibre lies.
    pub fibre: Option<VarId>,
    /// Where it was written.
    pub span: Span,
    /// The layer calls it lies in, as a path: `conv_1/linear`.
    pub path: u32,
}

/// What a node computes.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum TOp {
    /// Input k of the model.
    Input(u32),
    /// A signal that comes with a domain.
    Field(DomainId, Field),
    /// A number.
    Number(Exact),
    /// A fixed vector.
    Constant(Vec<Exact>),
    /// A vector that the group does not fix: entry of [`Model::breaks`].
    Break(u32),
    /// A parameter: coordinates of a fixed element of its space.
    Param(ParamId),
    /// A statistic: while training the batch mean of the node, otherwise the stored value.
    Stat { stat: ParamId, value: NodeId },
    /// Numbers drawn for every element of the node's shape, their mean outside training.
    Random { index: u32, draw: Draw, like: NodeId },
    /// Signal `x` at a variable that ranges over its first set, or over elements chosen from it.
    Read { x: NodeId, at: VarId },
    /// Signal `x` over a transparent set at a computed index.
    Lookup { x: NodeId, index: NodeId },
    /// Copy k, or element k of a transparent set.
    Pick { x: NodeId, k: u32 },
    /// Grid signal `x` at cell variable plus offset; `default` outside.
    Offset {
        x: NodeId,
        cell: VarId,
        offset: Offset,
        default: Option<NodeId>,
    },
    /// Linear map `map` (a vector of `hom(a, b)`) applied to `x`.
    Apply { map: NodeId, x: NodeId },
    /// A function on the circle or sphere at the direction of a vector.
    Direction { x: NodeId, dir: NodeId },
    /// Sum, difference, product and other scalar functions, component by component; arguments of equal types.
    Map { f: MapFn, args: Vec<NodeId> },
    /// Number `s` times `x`.
    Scale { s: NodeId, x: NodeId },
    /// Invariant inner product.
    Dot { a: NodeId, b: NodeId },
    /// Kronecker product.
    Tensor { a: NodeId, b: NodeId },
    /// x / |x|, and 0 where x = 0: the only vector that the stabiliser of 0 fixes.
    Unit { x: NodeId },
    /// Cross product of vectors in 3-space.
    Cross { a: NodeId, b: NodeId },
    /// Direct sum.
    Concat { xs: Vec<NodeId> },
    /// Blocks `first .. first + count` of the representation.
    Blocks { x: NodeId, first: u32, count: u32 },
    /// The components before or after `at`.
    Split {
        x: NodeId,
        front: bool,
        at: Option<crate::types::Int>,
    },
    /// The same components under another type with the same layout.
    Retype { x: NodeId },
    /// The components as plain numbers: nothing is claimed for the declared group of what is made from them.
    Components { x: NodeId },
    /// Numbers read as a vector on trust: the function that made them, from node `since` on, was sampled with this relative error.
    Trust { x: NodeId, since: NodeId, residual: f64 },
    /// A canonical isomorphism applied to every copy: to the sum, or with `inverse` from it.
    ChangeBasis { x: NodeId, iso: Rc<Iso>, inverse: bool },
    /// Scalars read as coordinates of a fixed element of a space.
    FromScalars { x: NodeId },
    /// The signal whose value at the variables is `body`.
    Define { vars: Vec<VarId>, body: NodeId },
    /// A reduction over `var` (for edges: the edge variable).
    Reduce {
        op: RedOp,
        var: VarId,
        cond: Option<NodeId>,
        by: Option<Weight>,
        body: NodeId,
        default: Option<NodeId>,
    },
    /// 1 where the comparison holds, else 0.
    CompareIndex { op: IndexCmp, a: VarId, b: VarId },
    /// The number of the element in its sequence.
    Position(VarId),
    /// The mean over the samples of a batch.
    BatchMean { x: NodeId },
    /// The one-hot vector of the maximum; ties share.
    Argmax { x: NodeId },
    /// The element that every element of a chosen domain stands for.
    Choose { key: NodeId, chosen: DomainId },
    /// Derivative of the sum of `of` by signal `wrt`.
    Grad { of: NodeId, wrt: NodeId },
    /// Vector moved along an edge from source to destination.
    Transport { x: NodeId, edge: VarId },
    /// Real spherical harmonics of degrees `0..=l` of a vector's direction, component normalisation.
    Harmonics { x: NodeId, l: u32 },
    /// The value with derivative zero.
    Detach { x: NodeId },
    /// State k of the enclosing loop.
    State { of: u32, k: u32 },
    /// A loop. Its type is that of a number; results are read by [`TOp::Result`].
    Loop(Box<Loop>),
    /// Result k of a loop: final states, then collected signals.
    Result { of: NodeId, k: u32 },
}

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// 1 with this probability, else 0: one number for every copy, keep-masks for dropout.
    Bernoulli(Exact),
    /// From a normal distribution with mean 0 and this standard deviation, every component alone.
    Normal(Exact),
}

/// An orthogonal change of basis from a representation to a sum of others.
#[derive(Clone, Debug, PartialEq)]
pub struct Iso {
    /// The dimensions of the two factors that the pieces read.
    pub factors: (usize, usize),
    /// The summands.
    pub pieces: Vec<Piece>,
}

/// A loop with shared weights.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Which loop this is; states refer to it.
    pub id: u32,
    /// What it runs over.
    pub over: LoopOver,
    /// Descending.
    pub reverse: bool,
    /// Initial states.
    pub init: Vec<NodeId>,
    /// New states.
    pub next: Vec<NodeId>,
    /// Signals collected over the steps.
    pub collect: Vec<NodeId>,
}

/// The steps of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopOver {
    /// A fixed number.
    Count(u32),
    /// As many as the sample has nodes.
    Size(DomainId),
    /// The elements of a sequence.
    Steps(VarId, DomainId),
}

/// A weighting of a mean.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// Exponentials of the node, normalised.
    pub softmax: bool,
    /// The weight or logit.
    pub node: NodeId,
}

/// A grid offset.
#[derive(Clone, Debug, PartialEq)]
pub enum Offset {
    /// An element of a window.
    Window(VarId),
    /// Named.
    Literal(Vec<i32>),
    /// As many elements of a sequence as the index says, back or ahead.
    Steps {
        /// The index.
        by: VarId,
        /// Back.
        back: bool,
    },
}

/// Comparisons of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IndexCmp {
    Eq,
    Ne,
    Lt,
    Le,
}

/// Scalar functions of nodes.
pub type MapFn = crate::ir::Scalar;

/// Signals that come with a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Positions of the nodes of a cloud.
    Pos,
    /// `m.strain`: zero, one for every sample; positions and edges are stretched by it.
    Strain,
    /// `e.vec`: from the destination to the source, periodic shift included.
    EdgeVec,
    /// `e.angle`: direction of an edge in the tangent plane of its destination, as (cos, sin).
    EdgeAngle,
    /// The rotation that carries the source's frame to the destination's along an edge, as (cos, sin).
    EdgeTransport,
    /// Number of incoming edges.
    Degree,
    /// Number of nodes of the sample.
    Size,
}

/// A parameter or statistic of the model.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its path: `conv_1.K`.
    pub name: String,
    /// It ranges over the fixed elements of this space.
    pub space: Space,
    /// How it starts.
    pub init: Init,
    /// `as "…"`: its name in files of another library.
    pub external: Option<String>,
    /// `in e3nn`: it is stored as e3nn stores it.
    pub in_e3nn: bool,
    /// Where it was declared.
    pub span: Span,
}

/// Initial values.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// Maps: variance-preserving (LeCun); vectors: zero.
    Default,
    /// Maps: variance-preserving under relu (He).
    He,
    /// Uniform with the variance of Glorot.
    Glorot,
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform in ±.
    Uniform(f64),
    /// This number everywhere.
    Constant(f64),
}

/// An input of the model.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A checked model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The declared group.
    pub group: Group,
    /// Flags that the signature allows: `[approx]`.
    pub allowed: Vec<String>,
    /// Its domains.
    pub domains: Vec<Domain>,
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its statistics.
    pub stats: Vec<StatDecl>,
    /// Its constants that the group does not fix.
    pub breaks: Vec<Break>,
    /// Nodes in dependence order.
    pub nodes: Vec<Node>,
    /// Variables.
    pub vars: Vec<Var>,
    /// Layer paths.
    pub paths: Vec<String>,
    /// Results by name; a single result is called `output`.
    pub outputs: Vec<(String, NodeId)>,
    /// Named values, for `why` and for naming layers.
    pub names: Vec<(String, NodeId)>,
    /// The congruences on grid extents.
    pub congruences: Vec<Congruence>,
}

/// `break(value, to = H)`: a constant that the declared group does not fix.
#[derive(Clone, Debug)]
pub struct Break {
    /// What it is called.
    pub name: String,
    /// Its type, a representation of the declared group on transparent sets, or a point.
    pub ty: Type,
    /// Its components.
    pub value: Vec<Exact>,
    /// The subgroup of the declared group that fixes it, included by [`Group::include`].
    pub remains: Group,
    /// Where it was written.
    pub span: Span,
}

/// A statistic.
#[derive(Clone, Debug)]
pub struct StatDecl {
    /// Name, space and start.
    pub param: Param,
    /// `over data`: one pass before training; otherwise an exponential average with this momentum.
    pub over_data: bool,
}

/// `extent ≡ remainder (mod modulus)` for every axis of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Congruence {
    /// The grid of the signature.
    pub domain: DomainId,
    /// The modulus.
    pub modulus: i64,
    /// The remainder.
    pub remainder: i64,
    /// What asks for it.
    pub span: Span,
}

impl Model {
    /// Whether the signature allows a flag.
    pub fn allows(&self, flag: &str) -> bool {
        self.allowed.iter().any(|f| f == flag)
    }

    /// Whether a constant breaks anything: a part of the declared group, or the translations of points.
    pub fn breaks_symmetry(&self, k: u32) -> bool {
        let b = &self.breaks[k as usize];
        b.remains != self.group || matches!(b.ty.elem, Elem::Point(_))
    }

    /// The model with its `break` constants as further inputs: what is exact of it, is exact of this one jointly in all of them.
    pub fn with_breaks_at_the_door(&self) -> Model {
        let mut out = self.clone();
        let own = out.inputs.len() as u32;
        for b in std::mem::take(&mut out.breaks) {
            let name = format!("{} (break {})", b.name, out.inputs.len());
            out.inputs.push(Input { name, ty: b.ty });
        }
        for node in &mut out.nodes {
            if let TOp::Break(k) = node.op {
                node.op = TOp::Input(own + k);
            }
        }
        out
    }

    /// The subgroup of the declared group that permutes the cells of the model's grids; all of it, if there are none. It is included in
    /// the declared group by [`Group::include`].
    pub fn grid_group(&self) -> Group {
        let ranks = self.domains.iter().filter_map(|d| match &d.kind {
            DomainKind::Grid { rank, .. } => rank.value().and_then(|r| usize::try_from(r).ok()),
            _ => None,
        });
        ranks.fold(self.group.clone(), |group, rank| {
            group.grid_subgroup(rank).unwrap_or(group)
        })
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A variable.
    pub fn var(&self, id: VarId) -> &Var {
        &self.vars[id.0 as usize]
    }

    /// What the elements of a variable's set are, if they were chosen.
    pub fn choice_of(&self, v: VarId) -> Option<&Chosen> {
        match &self.var(v).set {
            Set::Nodes(d) | Set::Edges(d) => self.choice_in(*d),
            _ => None,
        }
    }

    /// The choice that made a domain.
    pub fn choice_in(&self, d: DomainId) -> Option<&Chosen> {
        match &self.domains[d.0 as usize].kind {
            DomainKind::Chosen(c) => Some(c),
            _ => None,
        }
    }

    /// The edge variables that have this variable as an end.
    pub fn edges_ending_at(&self, v: VarId) -> impl Iterator<Item = VarId> {
        let ends = move |e: &Var| e.ends.is_some_and(|(s, d)| s == v || d == v);
        self.vars
            .iter()
            .enumerate()
            .filter(move |(_, e)| ends(e))
            .map(|(k, _)| VarId(k as u32))
    }

    /// The representation of a node's values.
    pub fn rep(&self, id: NodeId) -> Option<&Rep> {
        self.node(id).ty.as_rep()
    }
}
