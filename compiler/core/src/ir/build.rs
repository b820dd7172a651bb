//! Building programs.
//!
//! A [`Builder`] appends nodes to a [`Body`]. Every constructor computes the shape of its result and checks its
//! arguments; local laws ([`super::simplify`]) and sharing of equal nodes are applied at once. A builder never panics: the
//! first misuse is remembered and [`Builder::finish`] returns it.

use super::verify::{self, Scope, check_node, input_shape};
use super::{Body, Cmp, Constant, Fold, Func, Node, Op, Scalar, Scan, Shape, Value, simplify};
use gdl_abi::{ArrayDecl, DimDef, DimId, Domains, Dtype, MapId};
use gdl_rep::Exact;
use std::collections::HashMap;

/// A program, or the body of a loop, under construction.
#[derive(Debug, Default)]
pub struct Builder {
    name: String,
    /// Dims and maps; they may be added to at any time.
    pub domains: Domains,
    inputs: Vec<ArrayDecl>,
    params: Vec<ArrayDecl>,
    body: Body,
    /// The arguments, in a loop body.
    args: Option<Vec<Shape>>,
    /// Inputs, parameters and arguments are declared elsewhere.
    is_part: bool,
    /// Nodes by the hash of their operator and shape.
    known: HashMap<u64, Vec<Value>>,
    error: Option<String>,
    /// The typed node that new nodes come from.
    pub origin: u32,
}

/// Grid windows, see [`Op::Window`].
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// One number an axis.
    pub offsets: Vec<Vec<i32>>,
    /// Cells of the fine grid a cell of the coarse one.
    pub stride: u32,
    /// Are the borders joined?
    pub wrap: bool,
    /// The grid that is read.
    pub fine: DimId,
    /// The grid of the windows.
    pub coarse: DimId,
}

impl Builder {
    /// An empty program.
    pub fn new(name: &str) -> Builder {
        Builder {
            name: name.into(),
            origin: u32::MAX,
            ..Builder::default()
        }
    }

    /// A body whose inputs, parameters or arguments are declared elsewhere: [`Builder::read_input`], [`Builder::read_param`] and
    /// [`Builder::arg`] take them by number, and [`Builder::into_body`] ends it.
    pub fn part(domains: Domains) -> Builder {
        let mut b = Builder::new("");
        b.domains = domains;
        b.is_part = true;
        b
    }

    /// The finished body, with the dims and maps it has added to. It is checked where it becomes part of a program.
    ///
    /// # Errors
    /// The first misuse of the builder.
    pub fn into_body(self, results: Vec<Value>) -> Result<(Body, Domains), String> {
        match self.error {
            Some(e) => Err(e),
            None => Ok((Body { nodes: self.body.nodes, results }, self.domains)),
        }
    }

    /// A builder that goes on where a program ends; its results are given back too.
    pub fn resume(func: Func) -> (Builder, Vec<Value>) {
        let mut b = Builder::new(&func.name);
        b.domains = func.domains;
        b.inputs = func.inputs;
        b.params = func.params;
        b.body.nodes = func.body.nodes;
        for k in 0..b.body.nodes.len() {
            let key = b.body.nodes[k].op.fingerprint(&b.body.nodes[k].shape);
            b.known.entry(key).or_default().push(Value(k as u32));
        }
        (b, func.body.results)
    }

    /// An empty program with the dims, maps, inputs and parameters of another.
    pub fn like(func: &Func) -> Builder {
        let mut b = Builder::new(&func.name);
        b.domains = func.domains.clone();
        b.inputs = func.inputs.clone();
        b.params = func.params.clone();
        b
    }

    /// The finished program.
    ///
    /// # Errors
    /// The first misuse of the builder.
    pub fn finish<S: Into<String>>(mut self, outputs: impl IntoIterator<Item = (S, Value)>) -> Result<Func, String> {
        if let Some(e) = self.error {
            return Err(e);
        }
        let (outputs, results) = outputs.into_iter().map(|(n, v)| (n.into(), v)).unzip();
        self.body.results = results;
        let func = Func {
            name: self.name,
            domains: self.domains,
            inputs: self.inputs,
            params: self.params,
            body: self.body,
            outputs,
        };
        verify::verify(&func)?;
        Ok(func)
    }

    /// Remembers a misuse, unless there was one before.
    pub fn fail(&mut self, message: impl Into<String>) {
        self.error.get_or_insert(message.into());
    }

    /// The first misuse so far.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Dims and maps, to add more.
    pub fn domains(&mut self) -> &mut Domains {
        &mut self.domains
    }

    /// The inputs so far.
    pub fn inputs(&self) -> &[ArrayDecl] {
        &self.inputs
    }

    /// The parameters so far.
    pub fn params(&self) -> &[ArrayDecl] {
        &self.params
    }

    /// The nodes so far.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The operator that makes a value.
    pub fn op(&self, v: Value) -> &Op {
        const NONE: Op = Op::Fill(Exact::ZERO);
        self.body.get(v).map_or(&NONE, |n| &n.op)
    }

    /// The static axes of a value.
    pub fn axes(&self, v: Value) -> &[u32] {
        self.body.get(v).map_or(&[], |n| &n.shape.axes)
    }

    /// The dim of a value.
    pub fn dim(&self, v: Value) -> Option<DimId> {
        self.body.get(v)?.shape.dim
    }

    /// The number that a value is everywhere, if it is known to be one.
    pub fn filled(&self, v: Value) -> Option<Exact> {
        match self.op(v) {
            Op::Fill(x) => Some(*x),
            _ => None,
        }
    }

    /// The shape of a value.
    pub fn shape(&self, v: Value) -> Shape {
        self.body.get(v).map(|n| n.shape.clone()).unwrap_or_default()
    }

    /// Appends a node after checking, simplifying and sharing it.
    pub fn push(&mut self, op: Op, shape: Shape) -> Value {
        if let Err(e) = self.check(&op, &shape) {
            self.fail(format!("%{} ({}): {e}", self.body.nodes.len(), op.name()));
            return self.append(Op::Fill(Exact::ZERO), shape);
        }
        simplify::simplify(self, &op, &shape).unwrap_or_else(|| self.intern(op, shape))
    }

    /// Appends a node unless there is an equal one.
    pub(super) fn intern(&mut self, op: Op, shape: Shape) -> Value {
        if matches!(op, Op::Scan(_)) {
            return self.append(op, shape);
        }
        let key = op.fingerprint(&shape);
        let nodes = &self.body.nodes;
        let same = |v: &&Value| {
            let n = &nodes[v.0 as usize];
            n.op == op && n.shape == shape
        };
        if let Some(v) = self.known.get(&key).and_then(|list| list.iter().find(same)) {
            return *v;
        }
        let v = self.append(op, shape);
        self.known.entry(key).or_default().push(v);
        v
    }

    /// Appends the nodes of a body, its arguments replaced; gives the values of all its nodes.
    pub(super) fn inline(&mut self, body: &Body, args: &[Value]) -> Vec<Value> {
        let origin = self.origin;
        let mut values: Vec<Value> = Vec::with_capacity(body.nodes.len());
        for node in &body.nodes {
            self.origin = node.origin;
            values.push(match &node.op {
                Op::Arg(k) => args[*k as usize],
                op => self.push(op.with_operands(|v| values[v.0 as usize]), node.shape.clone()),
            });
        }
        self.origin = origin;
        values
    }

    fn append(&mut self, op: Op, shape: Shape) -> Value {
        self.body.nodes.push(Node {
            op,
            shape,
            origin: self.origin,
        });
        Value(self.body.nodes.len() as u32 - 1)
    }

    fn check(&self, op: &Op, shape: &Shape) -> Result<(), String> {
        if self.is_part && matches!(op, Op::Input(_) | Op::Param(_) | Op::Arg(_)) {
            return Ok(());
        }
        let scope = Scope {
            domains: &self.domains,
            inputs: &self.inputs,
            params: &self.params,
            args: self.args.as_deref(),
        };
        check_node(&scope, &self.body.nodes, op, shape)
    }

    /// Lets a loop leave more results behind; the results it had keep their numbers.
    pub(super) fn extend_scan(&mut self, scan: Value, change: impl FnOnce(&mut Scan)) {
        let mut op = self.op(scan).clone();
        if let Op::Scan(s) = &mut op {
            change(s);
        }
        match self.check(&op, &Shape::default()) {
            Ok(()) => self.body.nodes[scan.0 as usize].op = op,
            Err(e) => self.fail(e),
        }
    }
}

/// Leaves.
impl Builder {
    /// A new input.
    pub fn input(&mut self, name: &str, dim: Option<DimId>, axes: &[u32], dtype: Dtype) -> Value {
        let decl = ArrayDecl {
            name: name.into(),
            dim,
            axes: axes.to_vec(),
            dtype,
        };
        let shape = input_shape(&decl);
        self.inputs.push(decl);
        self.push(Op::Input(self.inputs.len() as u32 - 1), shape)
    }

    /// A new parameter.
    pub fn param(&mut self, name: &str, axes: &[u32]) -> Value {
        let axes = axes.to_vec();
        let shape = Shape::new(None, &axes);
        self.params.push(ArrayDecl {
            name: name.into(),
            dim: None,
            axes,
            dtype: Dtype::Real,
        });
        self.push(Op::Param(self.params.len() as u32 - 1), shape)
    }

    /// Input k, declared elsewhere ([`Builder::part`]).
    pub fn read_input(&mut self, k: u32, shape: Shape) -> Value {
        self.push(Op::Input(k), shape)
    }

    /// Parameter k, declared elsewhere ([`Builder::part`]).
    pub fn read_param(&mut self, k: u32, axes: &[u32]) -> Value {
        self.push(Op::Param(k), Shape::new(None, axes))
    }

    /// Argument k of the loop whose body this is.
    pub fn arg(&mut self, k: u32, shape: Shape) -> Value {
        self.push(Op::Arg(k), shape)
    }

    /// A constant array.
    pub fn constant(&mut self, axes: &[u32], data: Vec<Exact>) -> Value {
        let shape = Shape::new(None, axes);
        self.push(
            Op::Const(Constant {
                axes: axes.to_vec(),
                data,
            }),
            shape,
        )
    }

    /// The identity matrix.
    pub fn eye(&mut self, n: u32) -> Value {
        let cell = |k| if k % (n + 1) == 0 { Exact::ONE } else { Exact::ZERO };
        self.constant(&[n, n], (0..n * n).map(cell).collect())
    }

    /// One number everywhere.
    pub fn fill(&mut self, shape: Shape, x: Exact) -> Value {
        self.push(Op::Fill(x), shape)
    }

    /// One integer everywhere.
    pub fn int(&mut self, shape: Shape, n: i64) -> Value {
        self.fill(shape, Exact::int(n))
    }

    /// A number.
    pub fn scalar(&mut self, x: Exact) -> Value {
        self.fill(Shape::default(), x)
    }

    /// Zero, of the shape of `x`.
    pub fn zeros_like(&mut self, x: Value) -> Value {
        self.fill(self.shape(x), Exact::ZERO)
    }

    /// One, of the shape of `x`.
    pub fn ones_like(&mut self, x: Value) -> Value {
        self.fill(self.shape(x), Exact::ONE)
    }

    /// The position of every row within its sample.
    pub fn position(&mut self, dim: DimId) -> Value {
        self.push(Op::Position, Shape::new(Some(dim), &[]))
    }

    /// Compares the images of every row of `dim`, see [`Op::Compare`].
    pub fn compare(&mut self, op: Cmp, dim: DimId, a: Option<MapId>, b: Option<MapId>) -> Value {
        self.push(Op::Compare { op, a, b }, Shape::new(Some(dim), &[]))
    }
}

/// Structure.
impl Builder {
    /// Puts the axes of `x` at `axes` of `shape`, constant along the others.
    pub fn broadcast(&mut self, x: Value, shape: Shape, axes: &[u32]) -> Value {
        self.push(Op::Broadcast { x, axes: axes.to_vec() }, shape)
    }

    /// `x` as a value of `shape`, of which its axes are the first ones.
    pub fn expand(&mut self, x: Value, shape: &Shape) -> Value {
        let axes: Vec<u32> = (0..self.shape(x).axes.len() as u32).collect();
        self.broadcast(x, shape.clone(), &axes)
    }

    /// `x` as a value of `shape`, of which its axes are the last ones.
    pub fn expand_last(&mut self, x: Value, shape: &Shape) -> Value {
        let (n, m) = (self.shape(x).axes.len() as u32, shape.axes.len() as u32);
        let axes: Vec<u32> = (m.saturating_sub(n)..m).collect();
        self.broadcast(x, shape.clone(), &axes)
    }

    /// Constant along the rows of `dim`; `x` itself if it has these rows.
    pub fn along(&mut self, x: Value, dim: Option<DimId>) -> Value {
        let shape = Shape { dim, axes: self.axes(x).to_vec() };
        self.expand(x, &shape)
    }

    /// Axis k of the result is axis `order[k]` of `x`.
    pub fn transpose(&mut self, x: Value, order: &[u32]) -> Value {
        let s = self.shape(x);
        let axes: Vec<u32> = order
            .iter()
            .map(|&k| s.axes.get(k as usize).copied().unwrap_or(0))
            .collect();
        let place = |k| order.iter().position(|&o| o == k).unwrap_or(order.len()) as u32;
        let places: Vec<u32> = (0..s.axes.len() as u32).map(place).collect();
        self.broadcast(x, Shape { dim: s.dim, axes }, &places)
    }

    /// The same elements under other axes.
    pub fn reshape(&mut self, x: Value, axes: &[u32]) -> Value {
        let dim = self.shape(x).dim;
        self.push(Op::Reshape { x }, Shape::new(dim, axes))
    }

    /// `len` entries from `start`.
    pub fn slice(&mut self, x: Value, axis: u32, start: u32, len: u32) -> Value {
        let mut shape = self.shape(x);
        if let Some(n) = shape.axes.get_mut(axis as usize) {
            *n = len;
        }
        self.push(Op::Slice { x, axis, start, len }, shape)
    }

    /// Entry `k` along an axis, which disappears.
    pub fn pick(&mut self, x: Value, axis: u32, k: u32) -> Value {
        let one = self.slice(x, axis, k, 1);
        let mut axes = self.shape(one).axes;
        if (axis as usize) < axes.len() {
            axes.remove(axis as usize);
        }
        self.reshape(one, &axes)
    }

    /// Joined along an axis.
    pub fn concat(&mut self, xs: &[Value], axis: u32) -> Value {
        let mut shape = xs.first().map(|&x| self.shape(x)).unwrap_or_default();
        let length = |x: &Value| self.shape(*x).axes.get(axis as usize).copied().unwrap_or(0);
        let total = xs.iter().map(length).fold(0, u32::saturating_add);
        if let Some(n) = shape.axes.get_mut(axis as usize) {
            *n = total;
        }
        self.push(Op::Concat { xs: xs.to_vec(), axis }, shape)
    }

    /// `x` between zeros along an axis that gets length `len`.
    pub fn pad(&mut self, x: Value, axis: u32, start: u32, len: u32) -> Value {
        let shape = self.shape(x);
        let n = shape.axes.get(axis as usize).copied().unwrap_or(0);
        let zeros = |b: &mut Builder, n: u32| {
            let mut s = shape.clone();
            if let Some(m) = s.axes.get_mut(axis as usize) {
                *m = n;
            }
            b.fill(s, Exact::ZERO)
        };
        let before = zeros(self, start);
        let after = zeros(self, len.saturating_sub(start.saturating_add(n)));
        self.concat(&[before, x, after], axis)
    }

    /// Pullback along a map.
    pub fn gather(&mut self, x: Value, map: MapId) -> Value {
        let shape = Shape {
            dim: self.ends(map).0,
            axes: self.shape(x).axes,
        };
        self.push(Op::Gather { x, map }, shape)
    }

    /// Push-forward along a map.
    pub fn segment(&mut self, op: Fold, x: Value, map: MapId) -> Value {
        let shape = Shape {
            dim: self.ends(map).1,
            axes: self.shape(x).axes,
        };
        self.push(Op::Segment { op, x, map }, shape)
    }

    /// Windows of a grid signal: `[fine, …]` to `[coarse, k, …]`.
    pub fn window(&mut self, x: Value, spec: &WindowSpec) -> Value {
        let mut axes = vec![spec.offsets.len() as u32];
        axes.extend(self.shape(x).axes);
        let shape = Shape {
            dim: Some(spec.coarse),
            axes,
        };
        self.push(spec.op(x, false), shape)
    }

    /// The adjoint of [`Builder::window`]: `[coarse, k, …]` to `[fine, …]`.
    pub fn window_adjoint(&mut self, x: Value, spec: &WindowSpec) -> Value {
        let axes = self.shape(x).axes.get(1..).unwrap_or_default().to_vec();
        let shape = Shape {
            dim: Some(spec.fine),
            axes,
        };
        self.push(spec.op(x, true), shape)
    }

    /// The identity with derivative zero.
    pub fn detach(&mut self, x: Value) -> Value {
        self.push(Op::Detach { x }, self.shape(x))
    }

    fn ends(&self, map: MapId) -> (Option<DimId>, Option<DimId>) {
        if map.0 as usize >= self.domains.maps.len() {
            return (None, None);
        }
        let (from, to) = self.domains.ends(map);
        (Some(from), Some(to))
    }
}

impl WindowSpec {
    fn op(&self, x: Value, transpose: bool) -> Op {
        let WindowSpec {
            offsets,
            stride,
            wrap,
            fine,
            coarse,
        } = self.clone();
        Op::Window {
            x,
            offsets,
            stride,
            wrap,
            transpose,
            fine,
            coarse,
        }
    }
}

/// Loops.
impl Builder {
    /// A loop, see [`Scan`]. `body` gets a builder for the loop's body and its arguments (states, parts of `xs`, captures),
    /// and returns the new states, then the `ys`. Results: the final states, then the stacked `ys`.
    pub fn scan(
        &mut self,
        time: DimId,
        reverse: bool,
        [init, xs, captures]: [&[Value]; 3],
        body: impl FnOnce(&mut Builder, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let mut scan = Scan {
            time,
            reverse,
            init: init.to_vec(),
            xs: xs.to_vec(),
            captures: captures.to_vec(),
            body: Body::default(),
        };
        let shapes = match verify::arg_shapes(&self.domains, &self.body.nodes, &scan) {
            Ok(shapes) => shapes,
            Err(e) => {
                self.fail(e);
                return Vec::new();
            }
        };
        let mut inner = Builder::new("");
        inner.origin = self.origin;
        inner.domains = std::mem::take(&mut self.domains);
        inner.args = Some(shapes.clone());
        let args: Vec<Value> = shapes
            .into_iter()
            .enumerate()
            .map(|(k, s)| inner.push(Op::Arg(k as u32), s))
            .collect();
        let results = body(&mut inner, &args);
        self.domains = inner.domains;
        if let Some(e) = inner.error {
            self.fail(format!("in a loop: {e}"));
        }
        scan.body = Body {
            nodes: inner.body.nodes,
            results,
        };
        self.push_scan(scan)
    }

    /// Appends a loop whose body is there; gives its results.
    pub fn push_scan(&mut self, scan: Scan) -> Vec<Value> {
        let count = scan.body.results.len() as u32;
        for y in scan.body.results.iter().skip(scan.init.len()) {
            if let Some(of) = scan.body.get(*y).and_then(|n| n.shape.dim) {
                self.domains.dim(DimDef::Stacked { time: scan.time, of });
            }
        }
        let v = self.push(Op::Scan(Box::new(scan)), Shape::default());
        if self.error.is_some() {
            return (0..count).map(|_| self.scalar(Exact::ZERO)).collect();
        }
        (0..count).map(|k| self.proj(v, k)).collect()
    }

    /// Result k of a loop.
    pub fn proj(&mut self, scan: Value, k: u32) -> Value {
        let shape = match self.op(scan) {
            Op::Scan(s) => verify::proj_shape(&self.domains, &self.body.nodes, s, k as usize),
            _ => None,
        };
        self.push(Op::Proj { scan, k }, shape.unwrap_or_default())
    }
}

/// Arithmetic.
impl Builder {
    /// A scalar function of arguments of equal shapes.
    pub fn map(&mut self, f: Scalar, args: &[Value]) -> Value {
        let shape = args.first().map(|&x| self.shape(x)).unwrap_or_default();
        self.push(Op::Map { f, args: args.to_vec() }, shape)
    }

    /// A function of one argument.
    pub fn map1(&mut self, f: Scalar, x: Value) -> Value {
        self.map(f, &[x])
    }

    /// A function of two arguments.
    pub fn map2(&mut self, f: Scalar, x: Value, y: Value) -> Value {
        self.map(f, &[x, y])
    }

    /// A function of three arguments.
    pub fn map3(&mut self, f: Scalar, x: Value, y: Value, z: Value) -> Value {
        self.map(f, &[x, y, z])
    }

    /// x + y
    pub fn add(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Add, &[x, y])
    }

    /// x − y
    pub fn sub(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Sub, &[x, y])
    }

    /// x y, entry by entry
    pub fn mul(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Mul, &[x, y])
    }

    /// x / y, entry by entry
    pub fn div(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Div, &[x, y])
    }

    /// −x
    pub fn neg(&mut self, x: Value) -> Value {
        self.map(Scalar::Neg, &[x])
    }

    /// c x
    pub fn scale(&mut self, x: Value, c: Exact) -> Value {
        let c = self.fill(self.shape(x), c);
        self.mul(x, c)
    }

    /// x + c
    pub fn shift(&mut self, x: Value, c: Exact) -> Value {
        let c = self.fill(self.shape(x), c);
        self.add(x, c)
    }

    /// `yes` where `cond` is not 0, else `no`.
    pub fn select(&mut self, cond: Value, yes: Value, no: Value) -> Value {
        self.map(Scalar::Select, &[cond, yes, no])
    }

    /// Einsum, `"oi,ni->no"`: letters for the static axes. Rows stay rows.
    pub fn contract(&mut self, a: Value, b: Value, letters: &str) -> Value {
        self.einsum(a, b, letters, false)
    }

    /// As [`Builder::contract`], and the rows are summed too.
    pub fn contract_rows(&mut self, a: Value, b: Value, letters: &str) -> Value {
        self.einsum(a, b, letters, true)
    }

    fn einsum(&mut self, a: Value, b: Value, letters: &str, sum_rows: bool) -> Value {
        let parts = letters.split_once("->").and_then(|(i, o)| {
            i.split_once(',')
                .map(|(a, b)| [a, b, o].map(|s| s.trim().bytes().collect()))
        });
        let Some([a_axes, b_axes, out_axes]) = parts else {
            self.fail(format!("`{letters}` does not read like `oi,ni->no`"));
            return a;
        };
        self.contract_axes([a, b], [a_axes, b_axes, out_axes], sum_rows)
    }

    /// A contraction with its letters as bytes: of a, of b, of the result; `dim` of the result, `None` to sum over rows.
    pub fn contract_labels(
        &mut self,
        a: Value,
        b: Value,
        a_axes: &[u8],
        b_axes: &[u8],
        out_axes: &[u8],
        dim: Option<DimId>,
    ) -> Value {
        let letters = [a_axes, b_axes, out_axes].map(<[u8]>::to_vec);
        self.contract_axes([a, b], letters, dim.is_none())
    }

    /// A contraction with its letters as numbers: of a, of b, of the result.
    pub fn contract_axes(&mut self, [a, b]: [Value; 2], letters: [Vec<u8>; 3], sum_rows: bool) -> Value {
        let [sa, sb] = [a, b].map(|v| self.shape(v));
        let extent = |l: &u8| {
            let find = |list: &[u8], s: &Shape| list.iter().position(|x| x == l).and_then(|k| s.axes.get(k).copied());
            find(&letters[0], &sa).or_else(|| find(&letters[1], &sb)).unwrap_or(0)
        };
        let axes = letters[2].iter().map(extent).collect();
        let dim = if sum_rows { None } else { sa.dim.or(sb.dim) };
        let [a_axes, b_axes, out_axes] = letters;
        self.push(
            Op::Contract {
                a,
                b,
                a_axes,
                b_axes,
                out_axes,
            },
            Shape { dim, axes },
        )
    }
}

/// Sums and what is made of them.
impl Builder {
    /// Reduction over one static axis, which disappears.
    pub fn reduce(&mut self, op: Fold, x: Value, axis: u32) -> Value {
        let mut shape = self.shape(x);
        if (axis as usize) < shape.axes.len() {
            shape.axes.remove(axis as usize);
        }
        self.push(Op::Reduce { op, x, axis }, shape)
    }

    /// The sum over several static axes, as one reduction.
    pub fn sum_axes(&mut self, x: Value, axes: &[u32]) -> Value {
        let shape = self.shape(x);
        let all = 0..shape.axes.len() as u32;
        let kept: Vec<u32> = all.filter(|k| !axes.contains(k)).collect();
        if kept.len() == shape.axes.len() {
            return x;
        }
        let order: Vec<u32> = kept.iter().chain(axes).copied().collect();
        let last = self.transpose(x, &order);
        let mut merged: Vec<u32> = kept
            .iter()
            .filter_map(|&k| shape.axes.get(k as usize).copied())
            .collect();
        let summed = axes.iter().filter_map(|&k| shape.axes.get(k as usize)).product();
        merged.push(summed);
        let flat = self.reshape(last, &merged);
        self.reduce(Fold::Sum, flat, merged.len() as u32 - 1)
    }

    /// The sum over all rows.
    pub fn total(&mut self, x: Value) -> Value {
        let axes = self.shape(x).axes;
        self.push(Op::Total { x }, Shape { dim: None, axes })
    }

    /// How many rows go to every row: `[B]` for a map A → B.
    pub fn count(&mut self, map: MapId) -> Value {
        let dim = self.ends(map).0;
        let ones = self.fill(Shape { dim, axes: Vec::new() }, Exact::ONE);
        self.segment(Fold::Sum, ones, map)
    }

    /// The mean of the rows that go to every row; 0/0 where there are none.
    pub fn mean_segment(&mut self, x: Value, map: MapId) -> Value {
        let sum = self.segment(Fold::Sum, x, map);
        let count = self.count(map);
        let count = self.expand(count, &self.shape(sum));
        self.div(sum, count)
    }

    /// exp(x) over its sum over all rows that go to the same row. The maximum is subtracted first, for floating point's sake.
    pub fn softmax_segment(&mut self, x: Value, map: MapId) -> Value {
        let fixed = self.detach(x);
        let top = self.segment(Fold::Max, fixed, map);
        let top = self.gather(top, map);
        let low = self.sub(x, top);
        let e = self.map1(Scalar::Exp, low);
        let sum = self.segment(Fold::Sum, e, map);
        let sum = self.gather(sum, map);
        self.div(e, sum)
    }

    /// exp(x) over its sum over a static axis.
    pub fn softmax_axis(&mut self, x: Value, axis: u32) -> Value {
        let shape = self.shape(x);
        let others: Vec<u32> = (0..shape.axes.len() as u32).filter(|&k| k != axis).collect();
        let fixed = self.detach(x);
        let top = self.reduce(Fold::Max, fixed, axis);
        let top = self.broadcast(top, shape.clone(), &others);
        let low = self.sub(x, top);
        let e = self.map1(Scalar::Exp, low);
        let sum = self.reduce(Fold::Sum, e, axis);
        let sum = self.broadcast(sum, shape, &others);
        self.div(e, sum)
    }
}
