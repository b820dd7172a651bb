//! The tensor IR. This page is its specification.
//!
//! # Values
//! A program is a list of [`Node`]s in SSA form: node k may use nodes before it only. A value is an array of reals with a
//! [`Shape`]: an optional **dim** (run-time number of rows, the leading axis, see [`gdl_abi::domain`]) and **static axes**.
//! Representations are gone; their bases survive as constants. Scalars are abstract reals: the interpreter reads them as f64, the
//! exact test as elements of a prime field, the back ends as f32 or f64. Truth values are 0 and 1.
//!
//! # Closure
//! The operators are closed under differentiation ([`crate::ir::grad`]): the derivative of every operator is a program of
//! the same operators. [`Op::Gather`] and [`Op::Segment`] are transposes of each other, as are [`Op::Broadcast`] and
//! sums, [`Op::Slice`] and [`Op::Concat`] with zeros, [`Op::Window`] and its `transpose`; [`Op::Contract`] is closed.
//!
//! # Constants
//! Constants are [`gdl_rep::Exact`]: a float and, where it is known, its residue modulo one fixed prime, under one ring
//! homomorphism. They stay exact until scheduling.

//!
//! # Where to start
//! [`build`] makes programs, `simplify` holds the local laws it applies, [`verify`] says whether one is well formed,
//! [`text`] prints and parses them, [`interp`] runs them, [`grad`] differentiates them, [`opt`] makes them better,
//! [`stage`] cuts them in two, [`random`] invents them for tests.

pub mod build;
mod choice;
pub mod field;
pub mod grad;
pub mod interp;
mod ops;
pub mod opt;
pub mod random;
mod simplify;
pub mod stage;
pub mod text;
pub mod verify;

pub use build::Builder;
use gdl_abi::{ArrayDecl, DimId, Domains, MapId};
use gdl_rep::Exact;

/// A value: the index of the node that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// Rows and static axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    /// The leading axis, if its size is known at run time only.
    pub dim: Option<DimId>,
    /// The other axes, row-major.
    pub axes: Vec<u32>,
}

impl Shape {
    /// A shape from its parts.
    pub fn new(dim: Option<DimId>, axes: &[u32]) -> Shape {
        Shape {
            dim,
            axes: axes.to_vec(),
        }
    }
    /// Elements a row.
    pub fn row_len(&self) -> usize {
        self.axes.iter().map(|&n| n as usize).product()
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// The shape of its value.
    pub shape: Shape,
    /// The typed node it was made from, for diagnostics and for naming layers; `u32::MAX` if none.
    pub origin: u32,
}

/// Nodes and results.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Body {
    /// In order of dependence.
    pub nodes: Vec<Node>,
    /// The results.
    pub results: Vec<Value>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Func {
    /// Its name.
    pub name: String,
    /// Dims and maps.
    pub domains: Domains,
    /// Arrays supplied by the caller; read by [`Op::Input`].
    pub inputs: Vec<ArrayDecl>,
    /// Learned arrays; read by [`Op::Param`]. Never with a dim.
    pub params: Vec<ArrayDecl>,
    /// The nodes; its results are the outputs.
    pub body: Body,
    /// The names of the results.
    pub outputs: Vec<String>,
}

/// An array of constants, row-major, without dim.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// Its static axes.
    pub axes: Vec<u32>,
    /// Its elements.
    pub data: Vec<Exact>,
}

/// The operators. `[D, …]` below is a shape with dim D; where a dim is optional all arguments agree in it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // fields are explained with their operator
pub enum Op {
    /// Input k. A class-valued input (dtype `Class(n)`) has one more static axis, n, and is one-hot: `[D, …, n]`.
    Input(u32),
    /// Parameter k.
    Param(u32),
    /// Argument k of the enclosing loop body: its states, then its `xs`, then its `captures`.
    Arg(u32),
    /// A constant array.
    Const(Constant),
    /// One number everywhere, of the node's shape.
    Fill(Exact),
    /// A scalar function of arguments of equal shapes.
    Map { f: Scalar, args: Vec<Value> },
    /// Broadcast and transpose. Static axis k of `x` becomes static axis `axes[k]` of the result (all different); `x` is constant
    /// along the other axes of the result, and along its dim if only the result has one.
    Broadcast { x: Value, axes: Vec<u32> },
    /// The same elements row by row under other static axes with the same product.
    Reshape { x: Value },
    /// `len` entries from `start` of one static axis.
    Slice { x: Value, axis: u32, start: u32, len: u32 },
    /// Joined along one static axis.
    Concat { xs: Vec<Value>, axis: u32 },
    /// Sum of products (einsum). Letters label the static axes of `a`, `b` and the result; letters missing from the result are
    /// summed; a letter twice in one argument is its diagonal, letters of the result are all different. If both arguments
    /// have a dim it is the same one. If the result has no dim though an argument has, rows are summed too.
    Contract {
        a: Value,
        b: Value,
        a_axes: Vec<u8>,
        b_axes: Vec<u8>,
        out_axes: Vec<u8>,
    },
    /// Reduction over one static axis, which disappears. The empty maximum is −∞.
    Reduce { op: Fold, x: Value, axis: u32 },
    /// Pullback: `x: [B, …]`, map A → B, result `[A, …]`.
    Gather { x: Value, map: MapId },
    /// Push-forward: `x: [A, …]`, map A → B, result `[B, …]`; rows to which nothing goes get the identity of the fold (0, 1, −∞, ∞).
    Segment { op: Fold, x: Value, map: MapId },
    /// A choice: for every row of a dim of choices the position, within its sample, of the row it stands for, by descending `key`; of
    /// equal ones the first comes first. `key: [A]` without static axes, where A is the dim chosen from if samples choose, else the
    /// pairs (chooser, row); result `[chosen]`. Read by [`Op::Take`] and [`Op::Put`] only. Its derivative is 0.
    Choose { key: Value, chosen: DimId },
    /// `x: [D, …]` at the rows that a choice `at: [C]` among them chose: `[C, …]`.
    Take { x: Value, at: Value },
    /// The transpose of [`Op::Take`]: `x: [C, …]` to `[D, …]`, sums of what stands at the choices of a row.
    Put { x: Value, at: Value },
    /// Sum over all rows: `[D, …]` to `[…]`.
    Total { x: Value },
    /// Grid windows. Forward: `x: [G, …]` to `[H, k, …]`, where H is G or a coarsening of it, and entry o of a row is the
    /// cell at `offset[o]` (last axis fastest, one number an axis) from `stride` × the cell of H; outside the grid 0, or wrapped. Transposed: `x: [H, k, …]`
    /// to `[G, …]`, the adjoint.
    Window {
        x: Value,
        offsets: Vec<Vec<i32>>,
        stride: u32,
        wrap: bool,
        transpose: bool,
        fine: DimId,
        coarse: DimId,
    },
    /// 1 where the images of a row under two maps with the same target compare so (positions within the sample), else 0; `None` is the identity.
    /// The node's shape has the maps' source as dim and no static axes.
    Compare {
        op: Cmp,
        a: Option<MapId>,
        b: Option<MapId>,
    },
    /// The position of each row within its sample, from 0: `[D]`.
    Position,
    /// A loop: see [`Scan`]. Its results are read by [`Op::Proj`]; its own shape is empty.
    Scan(Box<Scan>),
    /// Result k of a loop: its final states, then its `ys`.
    Proj { scan: Value, k: u32 },
    /// The identity with derivative zero.
    Detach { x: Value },
}

/// A loop over the rows that each sample has in `time`. In step t (ascending, or descending if `reverse`) the body maps
/// states, the t-th part of each of `xs` (`[Stacked { time, D }, …]` read as `[D, …]`) and the captures to new states and `ys`. States and `ys`
/// have a dim. Rows of samples that have no t-th row in `time` keep their state, and their `ys` are 0.
///
/// The body reads nothing but its arguments: no inputs, no parameters. Loops are per sample, so nothing in a body is summed
/// over all rows ([`Op::Total`], [`Op::Contract`] without dim); its values without dim are the same in every step.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// What is run over.
    pub time: DimId,
    /// Descending t.
    pub reverse: bool,
    /// Initial states.
    pub init: Vec<Value>,
    /// Stacked arrays read step by step.
    pub xs: Vec<Value>,
    /// Values from outside, constant over the steps.
    pub captures: Vec<Value>,
    /// Its results are the new states, then the `ys`.
    pub body: Body,
}

/// Folds. Derivatives of extrema are shared equally among ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Fold {
    Sum,
    Prod,
    Max,
    Min,
}

/// Comparisons of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Cmp {
    Eq,
    Lt,
    Le,
}

/// Scalar functions. Arity in brackets. Comparisons give 0 or 1 and have derivative 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Scalar {
    /// (2) ring operations
    Add,
    Sub,
    Mul,
    /// (2) 1/0 is an error of the program in the exact test, IEEE in floating point
    Div,
    /// (1)
    Neg,
    Exp,
    Log,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Erf,
    Abs,
    /// (1) max(x, 0), derivative 0 at 0
    Relu,
    /// (1) −1, 0, 1
    Sign,
    /// (1)
    Floor,
    /// (1) x^n for an integer n, 0^0 = 1
    PowI(i32),
    /// (2) x^y, x ≥ 0
    Pow,
    /// (2) derivatives shared equally at ties
    Max,
    Min,
    /// (2)
    Lt,
    Le,
    Eq,
    /// (3) the second if the first is not 0, else the third
    Select,
}
