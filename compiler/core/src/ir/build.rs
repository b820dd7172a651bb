//! Building programs: constructors that compute shapes, share equal nodes and simplify on the spot.
//!
//! After every call the node list is well-formed for the verifier, provided the arguments fit; arguments that do not fit are
//! mistakes of the compiler and panic with a message that names the operator.

use super::{Body, Cmp, Constant, Fold, Node, Op, Scalar, Scan, Shape, Value};
use gdl_abi::{DimId, Domains, MapId};
use gdl_rep::Exact;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A body under construction.
#[derive(Default)]
pub struct Builder {
    /// Dims and maps; nested bodies share them.
    pub domains: Domains,
    /// The typed node that new nodes are made from.
    pub origin: u32,
    nodes: Vec<Node>,
    memo: HashMap<u64, Vec<Value>>,
}

impl Builder {
    /// An empty body.
    pub fn new(domains: Domains) -> Builder {
        Builder { domains, origin: u32::MAX, ..Builder::default() }
    }

    /// Continues a body: new nodes are appended.
    pub fn resume(domains: Domains, nodes: Vec<Node>) -> Builder {
        let mut b = Builder::new(domains);
        for (k, n) in nodes.iter().enumerate() {
            b.memo.entry(fingerprint(&n.op, &n.shape)).or_default().push(Value(k as u32));
        }
        b.nodes = nodes;
        b
    }

    /// The finished nodes.
    pub fn finish(self, results: Vec<Value>) -> (Body, Domains) {
        (Body { nodes: self.nodes, results }, self.domains)
    }

    /// The nodes so far.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The operation that makes a value.
    pub fn op(&self, v: Value) -> &Op {
        &self.nodes[v.0 as usize].op
    }

    /// The shape of a value.
    pub fn shape(&self, v: Value) -> &Shape {
        &self.nodes[v.0 as usize].shape
    }

    /// The static axes of a value.
    pub fn axes(&self, v: Value) -> &[u32] {
        &self.shape(v).axes
    }

    /// The dim of a value.
    pub fn dim(&self, v: Value) -> Option<DimId> {
        self.shape(v).dim
    }

    /// Adds a node, or finds an equal one.
    pub fn push(&mut self, op: Op, shape: Shape) -> Value {
        let key = fingerprint(&op, &shape);
        if !matches!(op, Op::Scan(_)) {
            let found = self.memo.get(&key).into_iter().flatten().find(|v| {
                let n = &self.nodes[v.0 as usize];
                n.op == op && n.shape == shape
            });
            if let Some(v) = found {
                return *v;
            }
        }
        self.nodes.push(Node { op, shape, origin: self.origin });
        let v = Value(self.nodes.len() as u32 - 1);
        self.memo.entry(key).or_default().push(v);
        v
    }

    /// Input k.
    pub fn input(&mut self, k: u32, shape: Shape) -> Value {
        self.push(Op::Input(k), shape)
    }

    /// Parameter k.
    pub fn param(&mut self, k: u32, axes: &[u32]) -> Value {
        self.push(Op::Param(k), Shape::new(None, axes))
    }

    /// Argument k of a loop body.
    pub fn arg(&mut self, k: u32, shape: Shape) -> Value {
        self.push(Op::Arg(k), shape)
    }

    /// A constant array.
    pub fn constant(&mut self, axes: &[u32], data: Vec<Exact>) -> Value {
        assert_eq!(axes.iter().map(|&n| n as usize).product::<usize>(), data.len(), "constant: data and axes");
        if let Some(first) = data.first() {
            if data.iter().all(|x| x == first) {
                return self.fill(Shape::new(None, axes), *first);
            }
        }
        self.push(Op::Const(Constant { axes: axes.to_vec(), data }), Shape::new(None, axes))
    }

    /// One number everywhere.
    pub fn fill(&mut self, shape: Shape, x: Exact) -> Value {
        self.push(Op::Fill(x), shape)
    }

    /// One integer everywhere.
    pub fn int(&mut self, shape: Shape, n: i64) -> Value {
        self.fill(shape, Exact::int(n))
    }

    /// Zeros of the shape of `v`.
    pub fn zeros_like(&mut self, v: Value) -> Value {
        let shape = self.shape(v).clone();
        self.int(shape, 0)
    }

    /// Ones of the shape of `v`.
    pub fn ones_like(&mut self, v: Value) -> Value {
        let shape = self.shape(v).clone();
        self.int(shape, 1)
    }

    /// The number a value is filled with.
    pub fn filled(&self, v: Value) -> Option<Exact> {
        match self.op(v) {
            Op::Fill(x) => Some(*x),
            _ => None,
        }
    }

    fn is_fill(&self, v: Value, n: i64) -> bool {
        self.filled(v) == Some(Exact::int(n))
    }

    /// A scalar function of arguments of equal shapes.
    pub fn map(&mut self, f: Scalar, args: &[Value]) -> Value {
        let shape = self.shape(args[0]).clone();
        for a in &args[1..] {
            assert_eq!(*self.shape(*a), shape, "map {f:?}: shapes");
        }
        if let Some(v) = self.simplify_map(f, args) {
            return v;
        }
        self.push(Op::Map { f, args: args.to_vec() }, shape)
    }

    fn simplify_map(&mut self, f: Scalar, args: &[Value]) -> Option<Value> {
        let shape = self.shape(args[0]).clone();
        let fills: Vec<Option<Exact>> = args.iter().map(|a| self.filled(*a)).collect();
        match (f, args, fills.as_slice()) {
            (Scalar::Add, [_, _], [Some(a), Some(b)]) => Some(self.fill(shape, *a + *b)),
            (Scalar::Sub, [_, _], [Some(a), Some(b)]) => Some(self.fill(shape, *a - *b)),
            (Scalar::Mul, [_, _], [Some(a), Some(b)]) => Some(self.fill(shape, *a * *b)),
            (Scalar::Div, [_, _], [Some(a), Some(b)]) if b.f != 0.0 => Some(self.fill(shape, *a / *b)),
            (Scalar::Neg, [_], [Some(a)]) => Some(self.fill(shape, -*a)),
            (Scalar::Add, [x, y], _) if self.is_fill(*y, 0) => Some(*x),
            (Scalar::Add, [y, x], _) if self.is_fill(*y, 0) => Some(*x),
            (Scalar::Sub, [x, y], _) if self.is_fill(*y, 0) => Some(*x),
            (Scalar::Sub, [y, x], _) if self.is_fill(*y, 0) => Some(self.map(Scalar::Neg, &[*x])),
            (Scalar::Mul, [x, y], _) if self.is_fill(*y, 1) => Some(*x),
            (Scalar::Mul, [y, x], _) if self.is_fill(*y, 1) => Some(*x),
            (Scalar::Mul, [_, y], _) if self.is_fill(*y, 0) => Some(*y),
            (Scalar::Mul, [y, _], _) if self.is_fill(*y, 0) => Some(*y),
            (Scalar::Div, [x, y], _) if self.is_fill(*y, 1) => Some(*x),
            (Scalar::Neg, [x], _) => match self.op(*x) {
                Op::Map { f: Scalar::Neg, args } => Some(args[0]),
                _ => None,
            },
            (Scalar::PowI(1), [x], _) => Some(*x),
            (Scalar::PowI(0), [_], _) => Some(self.int(shape, 1)),
            (Scalar::Select, [_, a, b], _) if a == b => Some(*a),
            (Scalar::Select, [_, a, _], [Some(c), ..]) if c.f != 0.0 => Some(*a),
            (Scalar::Select, [_, _, b], [Some(_), ..]) => Some(*b),
            _ => None,
        }
    }

    /// a + b.
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        self.map(Scalar::Add, &[a, b])
    }

    /// a − b.
    pub fn sub(&mut self, a: Value, b: Value) -> Value {
        self.map(Scalar::Sub, &[a, b])
    }

    /// a · b.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        self.map(Scalar::Mul, &[a, b])
    }

    /// a / b.
    pub fn div(&mut self, a: Value, b: Value) -> Value {
        self.map(Scalar::Div, &[a, b])
    }

    /// −a.
    pub fn neg(&mut self, a: Value) -> Value {
        self.map(Scalar::Neg, &[a])
    }

    /// A number times a value.
    pub fn scale(&mut self, x: Value, c: Exact) -> Value {
        let shape = self.shape(x).clone();
        let c = self.fill(shape, c);
        self.mul(x, c)
    }

    /// Broadcast and transpose: static axis k of `x` becomes axis `axes[k]` of `shape`.
    pub fn broadcast(&mut self, x: Value, shape: Shape, axes: &[u32]) -> Value {
        let from = self.shape(x).clone();
        assert_eq!(from.axes.len(), axes.len(), "broadcast: one axis number for every axis");
        for (k, &a) in axes.iter().enumerate() {
            assert_eq!(from.axes[k], shape.axes[a as usize], "broadcast: axis {k}");
        }
        assert!(from.dim.is_none() || from.dim == shape.dim, "broadcast: dim");
        if let Some(c) = self.filled(x) {
            return self.fill(shape, c);
        }
        if from == shape && axes.iter().enumerate().all(|(k, &a)| k as u32 == a) {
            return x;
        }
        if let Op::Broadcast { x: y, axes: inner } = self.op(x).clone() {
            let composed: Vec<u32> = inner.iter().map(|&k| axes[k as usize]).collect();
            return self.broadcast(y, shape, &composed);
        }
        self.push(Op::Broadcast { x, axes: axes.to_vec() }, shape)
    }

    /// Constant along the rows of `dim`.
    pub fn along(&mut self, x: Value, dim: Option<DimId>) -> Value {
        let from = self.shape(x).clone();
        if from.dim == dim {
            return x;
        }
        let axes: Vec<u32> = (0..from.axes.len() as u32).collect();
        self.broadcast(x, Shape { dim, axes: from.axes }, &axes)
    }

    /// Axis k of the result is axis `order[k]` of `x`.
    pub fn transpose(&mut self, x: Value, order: &[u32]) -> Value {
        let from = self.shape(x).clone();
        let axes: Vec<u32> = order.iter().map(|&k| from.axes[k as usize]).collect();
        let mut to = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            to[old as usize] = new as u32;
        }
        self.broadcast(x, Shape { dim: from.dim, axes }, &to)
    }

    /// The same elements under other static axes.
    pub fn reshape(&mut self, x: Value, axes: &[u32]) -> Value {
        let from = self.shape(x).clone();
        assert_eq!(from.row_len(), axes.iter().map(|&n| n as usize).product::<usize>(), "reshape: {:?} to {axes:?}", from.axes);
        if from.axes == axes {
            return x;
        }
        let shape = Shape::new(from.dim, axes);
        match self.op(x).clone() {
            Op::Reshape { x: y } => self.reshape(y, axes),
            Op::Fill(c) => self.fill(shape, c),
            Op::Const(c) => self.constant(axes, c.data),
            _ => self.push(Op::Reshape { x }, shape),
        }
    }

    /// `len` entries from `start` of an axis.
    pub fn slice(&mut self, x: Value, axis: u32, start: u32, len: u32) -> Value {
        let mut shape = self.shape(x).clone();
        let full = shape.axes[axis as usize];
        assert!(start + len <= full, "slice: {start}+{len} of {full}");
        if len == full {
            return x;
        }
        shape.axes[axis as usize] = len;
        match self.op(x).clone() {
            Op::Fill(c) => return self.fill(shape, c),
            Op::Concat { xs, axis: a } if a == axis => {
                let mut at = 0;
                for y in xs {
                    let n = self.axes(y)[axis as usize];
                    if start >= at && start + len <= at + n {
                        return self.slice(y, axis, start - at, len);
                    }
                    at += n;
                }
            }
            Op::Slice { x: y, axis: a, start: s, .. } if a == axis => return self.slice(y, axis, s + start, len),
            _ => {}
        }
        self.push(Op::Slice { x, axis, start, len }, shape)
    }

    /// Joined along an axis.
    pub fn concat(&mut self, xs: &[Value], axis: u32) -> Value {
        if xs.len() == 1 {
            return xs[0];
        }
        let mut shape = self.shape(xs[0]).clone();
        for x in &xs[1..] {
            let s = self.shape(*x).clone();
            assert_eq!(s.dim, shape.dim, "concat: dims");
            shape.axes[axis as usize] += s.axes[axis as usize];
        }
        if let Some(c) = self.filled(xs[0]) {
            if xs.iter().all(|x| self.filled(*x) == Some(c)) {
                return self.fill(shape, c);
            }
        }
        self.push(Op::Concat { xs: xs.to_vec(), axis }, shape)
    }

    /// Sum of products by letters: `"oi,ni->no"`. The dim of the result is that of the arguments.
    pub fn contract(&mut self, a: Value, b: Value, letters: &str) -> Value {
        let (ins, out) = letters.split_once("->").unwrap_or((letters, ""));
        let (la, lb) = ins.split_once(',').unwrap_or((ins, ""));
        let dim = self.dim(a).or(self.dim(b));
        self.contract_labels(a, b, la.as_bytes(), lb.as_bytes(), out.as_bytes(), dim)
    }

    /// Sum of products by labels; `dim` of the result, `None` to sum over rows.
    pub fn contract_labels(&mut self, a: Value, b: Value, la: &[u8], lb: &[u8], out: &[u8], dim: Option<DimId>) -> Value {
        let (sa, sb) = (self.shape(a).clone(), self.shape(b).clone());
        assert_eq!((sa.axes.len(), sb.axes.len()), (la.len(), lb.len()), "contract: one label for every axis");
        assert!(sa.dim.is_none() || sb.dim.is_none() || sa.dim == sb.dim, "contract: dims");
        let size = |l: u8| {
            let at = la.iter().position(|&x| x == l).map(|k| sa.axes[k]);
            at.or_else(|| lb.iter().position(|&x| x == l).map(|k| sb.axes[k])).unwrap_or(1)
        };
        for (k, &l) in la.iter().enumerate() {
            assert_eq!(sa.axes[k], size(l), "contract: label {l}");
        }
        for (k, &l) in lb.iter().enumerate() {
            assert_eq!(sb.axes[k], size(l), "contract: label {l}");
        }
        let axes: Vec<u32> = out.iter().map(|&l| size(l)).collect();
        let shape = Shape { dim, axes };
        if self.is_fill(a, 0) || self.is_fill(b, 0) {
            return self.int(shape, 0);
        }
        self.push(Op::Contract { a, b, a_axes: la.to_vec(), b_axes: lb.to_vec(), out_axes: out.to_vec() }, shape)
    }

    /// Reduction over one static axis.
    pub fn reduce(&mut self, op: Fold, x: Value, axis: u32) -> Value {
        let mut shape = self.shape(x).clone();
        let n = shape.axes.remove(axis as usize);
        if n == 1 {
            return self.reshape(x, &shape.axes);
        }
        if let (Fold::Sum, Some(c)) = (op, self.filled(x)) {
            return self.fill(shape, c * Exact::int(i64::from(n)));
        }
        self.push(Op::Reduce { op, x, axis }, shape)
    }

    /// Pullback along a map.
    pub fn gather(&mut self, x: Value, map: MapId) -> Value {
        let (from, to) = self.domains.ends(map);
        let s = self.shape(x).clone();
        assert_eq!(s.dim, Some(to), "gather: dim");
        let shape = Shape { dim: Some(from), axes: s.axes };
        match self.op(x).clone() {
            Op::Fill(c) => self.fill(shape, c),
            Op::Broadcast { x: y, axes } if self.dim(y).is_none() => self.broadcast(y, shape, &axes),
            _ => self.push(Op::Gather { x, map }, shape),
        }
    }

    /// Push-forward along a map.
    pub fn segment(&mut self, op: Fold, x: Value, map: MapId) -> Value {
        let (from, to) = self.domains.ends(map);
        let s = self.shape(x).clone();
        assert_eq!(s.dim, Some(from), "segment: dim");
        let shape = Shape { dim: Some(to), axes: s.axes };
        if op == Fold::Sum && self.is_fill(x, 0) {
            return self.int(shape, 0);
        }
        self.push(Op::Segment { op, x, map }, shape)
    }

    /// Sum over all rows.
    pub fn total(&mut self, x: Value) -> Value {
        let s = self.shape(x).clone();
        assert!(s.dim.is_some(), "total: no dim");
        let shape = Shape { dim: None, axes: s.axes };
        if self.is_fill(x, 0) {
            return self.int(shape, 0);
        }
        self.push(Op::Total { x }, shape)
    }

    /// Windows of a grid ([`Op::Window`]).
    pub fn window(&mut self, x: Value, offsets: Vec<Vec<i32>>, stride: u32, wrap: bool, fine: DimId, coarse: DimId) -> Value {
        let s = self.shape(x).clone();
        assert_eq!(s.dim, Some(fine), "window: dim");
        let mut axes = vec![offsets.len() as u32];
        axes.extend(&s.axes);
        self.push(Op::Window { x, offsets, stride, wrap, transpose: false, fine, coarse }, Shape { dim: Some(coarse), axes })
    }

    /// The adjoint of [`Builder::window`].
    pub fn window_transpose(&mut self, x: Value, offsets: Vec<Vec<i32>>, stride: u32, wrap: bool, fine: DimId, coarse: DimId) -> Value {
        let s = self.shape(x).clone();
        assert_eq!((s.dim, s.axes.first()), (Some(coarse), Some(&(offsets.len() as u32))), "window transpose: shape");
        let shape = Shape { dim: Some(fine), axes: s.axes[1..].to_vec() };
        self.push(Op::Window { x, offsets, stride, wrap, transpose: true, fine, coarse }, shape)
    }

    /// Comparison of indices: rows of `dim` under two maps.
    pub fn compare(&mut self, op: Cmp, a: Option<MapId>, b: Option<MapId>, dim: DimId) -> Value {
        self.push(Op::Compare { op, a, b }, Shape { dim: Some(dim), axes: Vec::new() })
    }

    /// Position of each row in its sample.
    pub fn position(&mut self, dim: DimId) -> Value {
        self.push(Op::Position, Shape { dim: Some(dim), axes: Vec::new() })
    }

    /// A loop; see [`Scan`].
    pub fn scan(&mut self, scan: Scan) -> Value {
        self.push(Op::Scan(Box::new(scan)), Shape::default())
    }

    /// Result k of a loop.
    pub fn proj(&mut self, scan: Value, k: u32) -> Value {
        let Op::Scan(s) = self.op(scan).clone() else { panic!("proj: not a loop") };
        let result = s.body.results[k as usize];
        let mut shape = s.body.nodes[result.0 as usize].shape.clone();
        if k as usize >= s.init.len() {
            let of = shape.dim.unwrap_or(gdl_abi::SAMPLES);
            shape.dim = Some(self.domains.dim(gdl_abi::DimDef::Stacked { time: s.time, of }));
        }
        self.push(Op::Proj { scan, k }, shape)
    }

    /// The identity with derivative zero.
    pub fn detach(&mut self, x: Value) -> Value {
        let shape = self.shape(x).clone();
        self.push(Op::Detach { x }, shape)
    }
}

fn fingerprint(op: &Op, shape: &Shape) -> u64 {
    let mut h = DefaultHasher::new();
    shape.hash(&mut h);
    match op {
        Op::Const(c) => {
            c.axes.hash(&mut h);
            c.data.iter().for_each(|x| x.f.to_bits().hash(&mut h));
        }
        Op::Fill(x) => x.f.to_bits().hash(&mut h),
        Op::Scan(_) => 0.hash(&mut h),
        other => format!("{other:?}").hash(&mut h),
    }
    h.finish()
}
