//! Operands and names of operators.

use super::{Body, Cmp, Fold, Node, Op, Scalar, Scan, Shape, Value};
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

impl Op {
    /// The values it reads; those of a loop body are not among them.
    pub fn operands(&self) -> Vec<Value> {
        match self {
            Op::Input(_)
            | Op::Param(_)
            | Op::Arg(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Compare { .. }
            | Op::Position => Vec::new(),
            Op::Map { args, .. } => args.clone(),
            Op::Concat { xs, .. } => xs.clone(),
            Op::Contract { a, b, .. } | Op::Take { x: a, at: b } | Op::Put { x: a, at: b } => vec![*a, *b],
            Op::Scan(s) => [&s.init[..], &s.xs, &s.captures].concat(),
            Op::Broadcast { x, .. }
            | Op::Reshape { x }
            | Op::Slice { x, .. }
            | Op::Reduce { x, .. }
            | Op::Gather { x, .. }
            | Op::Segment { x, .. }
            | Op::Choose { key: x, .. }
            | Op::Total { x }
            | Op::Window { x, .. }
            | Op::Detach { x }
            | Op::Proj { scan: x, .. } => vec![*x],
        }
    }

    /// The same operator with other operands.
    pub fn with_operands(&self, mut f: impl FnMut(Value) -> Value) -> Op {
        let mut op = self.clone();
        match &mut op {
            Op::Input(_)
            | Op::Param(_)
            | Op::Arg(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Compare { .. }
            | Op::Position => {}
            Op::Map { args: list, .. } | Op::Concat { xs: list, .. } => {
                list.iter_mut().for_each(|v| *v = f(*v));
            }
            Op::Contract { a, b, .. } | Op::Take { x: a, at: b } | Op::Put { x: a, at: b } => {
                *a = f(*a);
                *b = f(*b);
            }
            Op::Scan(s) => {
                let Scan { init, xs, captures, .. } = &mut **s;
                for v in init.iter_mut().chain(xs).chain(captures) {
                    *v = f(*v);
                }
            }
            Op::Broadcast { x, .. }
            | Op::Reshape { x }
            | Op::Slice { x, .. }
            | Op::Reduce { x, .. }
            | Op::Gather { x, .. }
            | Op::Segment { x, .. }
            | Op::Choose { key: x, .. }
            | Op::Total { x }
            | Op::Window { x, .. }
            | Op::Detach { x }
            | Op::Proj { scan: x, .. } => *x = f(*x),
        }
        op
    }
}

impl Body {
    /// The node that makes a value, if there is one.
    pub fn get(&self, v: Value) -> Option<&Node> {
        self.nodes.get(v.0 as usize)
    }

    /// How often every value is read, results included.
    pub fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0; self.nodes.len()];
        let operands = self.nodes.iter().flat_map(|n| n.op.operands());
        for v in operands.chain(self.results.iter().copied()) {
            if let Some(n) = uses.get_mut(v.0 as usize) {
                *n += 1;
            }
        }
        uses
    }
}

impl Shape {
    /// Is this a single number?
    pub fn is_scalar(&self) -> bool {
        self.dim.is_none() && self.axes.is_empty()
    }
}

impl Scan {
    /// The number of values a body reads.
    pub fn arg_count(&self) -> usize {
        self.init.len() + self.xs.len() + self.captures.len()
    }
}

impl Scalar {
    /// All scalar functions but [`Scalar::PowI`], with their names in the text form.
    pub const NAMED: [(Scalar, &'static str); 24] = [
        (Scalar::Add, "add"),
        (Scalar::Sub, "sub"),
        (Scalar::Mul, "mul"),
        (Scalar::Div, "div"),
        (Scalar::Neg, "neg"),
        (Scalar::Exp, "exp"),
        (Scalar::Log, "log"),
        (Scalar::Sqrt, "sqrt"),
        (Scalar::Sin, "sin"),
        (Scalar::Cos, "cos"),
        (Scalar::Tanh, "tanh"),
        (Scalar::Sigmoid, "sigmoid"),
        (Scalar::Erf, "erf"),
        (Scalar::Abs, "abs"),
        (Scalar::Relu, "relu"),
        (Scalar::Sign, "sign"),
        (Scalar::Floor, "floor"),
        (Scalar::Pow, "pow"),
        (Scalar::Max, "max"),
        (Scalar::Min, "min"),
        (Scalar::Lt, "lt"),
        (Scalar::Le, "le"),
        (Scalar::Eq, "eq"),
        (Scalar::Select, "select"),
    ];

    /// The number of arguments.
    pub fn arity(self) -> usize {
        match self {
            Scalar::Add
            | Scalar::Sub
            | Scalar::Mul
            | Scalar::Div
            | Scalar::Pow
            | Scalar::Max
            | Scalar::Min
            | Scalar::Lt
            | Scalar::Le
            | Scalar::Eq => 2,
            Scalar::Select => 3,
            Scalar::Neg
            | Scalar::Exp
            | Scalar::Log
            | Scalar::Sqrt
            | Scalar::Sin
            | Scalar::Cos
            | Scalar::Tanh
            | Scalar::Sigmoid
            | Scalar::Erf
            | Scalar::Abs
            | Scalar::Relu
            | Scalar::Sign
            | Scalar::Floor
            | Scalar::PowI(_) => 1,
        }
    }

    /// Is the function the same with its two arguments exchanged?
    pub fn is_symmetric(self) -> bool {
        matches!(self, Scalar::Add | Scalar::Mul | Scalar::Max | Scalar::Min | Scalar::Eq)
    }
}

impl Fold {
    /// All folds with their names.
    pub const NAMED: [(Fold, &'static str); 4] = [
        (Fold::Sum, "sum"),
        (Fold::Prod, "prod"),
        (Fold::Max, "max"),
        (Fold::Min, "min"),
    ];
}

impl Cmp {
    /// All comparisons with their names.
    pub const NAMED: [(Cmp, &'static str); 3] = [(Cmp::Eq, "eq"), (Cmp::Lt, "lt"), (Cmp::Le, "le")];
}

impl Op {
    /// Its name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Param(_) => "param",
            Op::Arg(_) => "arg",
            Op::Const(_) => "const",
            Op::Fill(_) => "fill",
            Op::Map { .. } => "map",
            Op::Broadcast { .. } => "broadcast",
            Op::Reshape { .. } => "reshape",
            Op::Slice { .. } => "slice",
            Op::Concat { .. } => "concat",
            Op::Contract { .. } => "contract",
            Op::Reduce { .. } => "reduce",
            Op::Gather { .. } => "gather",
            Op::Segment { .. } => "segment",
            Op::Choose { .. } => "choose",
            Op::Take { .. } => "take",
            Op::Put { .. } => "put",
            Op::Total { .. } => "total",
            Op::Window { .. } => "window",
            Op::Compare { .. } => "compare",
            Op::Position => "position",
            Op::Scan(_) => "scan",
            Op::Proj { .. } => "proj",
            Op::Detach { .. } => "detach",
        }
    }

    /// A hash of the operator and shape of a node: equal nodes have equal ones.
    pub(super) fn fingerprint(&self, shape: &Shape) -> u64 {
        let mut h = FxHasher::default();
        self.name().hash(&mut h);
        shape.hash(&mut h);
        self.operands().hash(&mut h);
        match self {
            Op::Input(k) | Op::Param(k) | Op::Arg(k) | Op::Proj { k, .. } => k.hash(&mut h),
            Op::Const(c) => c.data.iter().for_each(|x| (x.f.to_bits(), x.r).hash(&mut h)),
            Op::Fill(x) => (x.f.to_bits(), x.r).hash(&mut h),
            Op::Map { f, .. } => f.hash(&mut h),
            Op::Broadcast { axes, .. } => axes.hash(&mut h),
            Op::Slice { axis, start, .. } => (axis, start).hash(&mut h),
            Op::Concat { axis, .. } => axis.hash(&mut h),
            Op::Contract {
                a_axes,
                b_axes,
                out_axes,
                ..
            } => {
                (a_axes, b_axes, out_axes).hash(&mut h);
            }
            Op::Reduce { op, axis, .. } => (op, axis).hash(&mut h),
            Op::Segment { op, map, .. } => (op, map).hash(&mut h),
            Op::Gather { map, .. } => map.hash(&mut h),
            Op::Window {
                offsets,
                stride,
                wrap,
                transpose,
                ..
            } => {
                (offsets, stride, wrap, transpose).hash(&mut h);
            }
            Op::Compare { op, a, b } => (op, a, b).hash(&mut h),
            Op::Choose { chosen, .. } => chosen.hash(&mut h),
            Op::Take { .. }
            | Op::Put { .. }
            | Op::Reshape { .. }
            | Op::Total { .. }
            | Op::Position
            | Op::Scan(_)
            | Op::Detach { .. } => {}
        }
        h.finish()
    }
}
