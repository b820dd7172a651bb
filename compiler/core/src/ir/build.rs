//! Building programs.
//!
//! A [`Builder`] appends nodes to a [`Body`]. Every constructor computes the shape of its result and checks its
//! arguments; local laws ([`super::simplify`]) and sharing of equal nodes are applied at once. A builder never panics: the
//! first misuse is remembered and [`Builder::finish`] returns it.

mod arithmetic;
mod structure;

pub use structure::WindowSpec;

use super::verify::{self, Scope, check_node, input_shape};
use super::{Body, Cmp, Constant, Func, Node, Op, Scan, Shape, Value, simplify};
use gdl_abi::{ArrayDecl, DimDef, DimId, Domains, Dtype, MapId};
use gdl_rep::Exact;
use rustc_hash::FxHashMap;

/// A program, or the body of a loop, under construction.
#[derive(Debug, Default)]
pub struct Builder {
    name: String,
    domains: Domains,
    inputs: Vec<ArrayDecl>,
    params: Vec<ArrayDecl>,
    body: Body,
    /// The arguments, in a loop body.
    args: Option<Vec<Shape>>,
    /// Inputs, parameters and arguments are declared elsewhere.
    is_part: bool,
    /// Nodes by the hash of their operator and shape.
    known: FxHashMap<u64, Vec<Value>>,
    error: Option<String>,
    /// The typed node that new nodes come from.
    pub origin: u32,
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
            None => Ok((
                Body {
                    nodes: self.body.nodes,
                    results,
                },
                self.domains,
            )),
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
