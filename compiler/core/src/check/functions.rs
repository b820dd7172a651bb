//! Names and built-in functions. A function is built in only where the calculus cannot say it.

use super::ops::Parity;
use super::{Checker, Env, LayerRef, R, Val};
use crate::diag::Diagnostic;
use crate::ir::Scalar;
use crate::typed::{NodeId, TOp};
use crate::types::{Atom, Domain, DomainId, DomainKind, Elem, Int, Rep, Set, Type, known};
use gdl_rep::{Atom as Known, Exact, Group};
use gdl_syntax::ast::{Arg, ExprKind, Ident, Item, ItemKind, Span};
use std::rc::Rc;

/// Scalar functions: name, operator, behaviour under x → −x, the function itself (for counterexamples).
type Pointwise = (&'static str, Scalar, Parity, fn(f64) -> f64);
const POINTWISE: [Pointwise; 12] = [
    ("exp", Scalar::Exp, Parity::Neither, f64::exp),
    ("log", Scalar::Log, Parity::Neither, |x| (x * x + 0.1).ln()),
    ("sqrt", Scalar::Sqrt, Parity::Neither, |x| x.abs().sqrt()),
    ("sin", Scalar::Sin, Parity::Odd, f64::sin),
    ("cos", Scalar::Cos, Parity::Even, f64::cos),
    ("tanh", Scalar::Tanh, Parity::Odd, f64::tanh),
    ("sigmoid", Scalar::Sigmoid, Parity::Neither, |x| {
        1.0 / (1.0 + (-x).exp())
    }),
    ("erf", Scalar::Erf, Parity::Odd, f64::tanh),
    ("abs", Scalar::Abs, Parity::Even, f64::abs),
    ("relu", Scalar::Relu, Parity::Neither, |x| x.max(0.0)),
    ("sign", Scalar::Sign, Parity::Odd, f64::signum),
    ("floor", Scalar::Floor, Parity::Neither, f64::floor),
];

/// Functions of evaluated arguments.
const FUNCTIONS: [&str; 21] = [
    "dot",
    "norm2",
    "norm",
    "tensor",
    "cross",
    "argmax",
    "detach",
    "harmonics",
    "select",
    "dim",
    "len",
    "last",
    "first",
    "init",
    "tail",
    "gates",
    "split",
    "ones",
    "is_perm",
    "is_scalar",
    "degree_of",
];

/// Functions of types and representations, and those that need the text of their arguments.
const SPECIAL: [&str; 18] = [
    "grad", "fixed", "hom", "sym", "alt", "dual", "irrep", "enum", "class", "coarse", "gated", "grouped", "points",
    "copies", "sphere", "quotient", "C", "D",
];

/// Option words that stand for themselves.
const WORDS: [&str; 23] = [
    "mean",
    "max",
    "min",
    "sum",
    "prod",
    "he",
    "glorot",
    "normal",
    "uniform",
    "bernoulli",
    "none",
    "zero",
    "wrap",
    "over",
    "data",
    "none",
    "adam",
    "adamw",
    "sgd",
    "one_cycle",
    "cosine",
    "constant",
    "val",
];

/// Whether a name is called with unevaluated arguments.
pub(crate) fn is_special(n: &str) -> bool {
    SPECIAL.contains(&n) || ["S", "SO", "O"].contains(&n)
}

impl Checker<'_> {
    /// The value of a name.
    pub(crate) fn name(&mut self, n: &str, span: Span, env: &mut Env) -> R<Val> {
        if let Some(v) = env.get(n) {
            return match v {
                Val::Poison => Err(super::Reported),
                v => Ok(v.clone()),
            };
        }
        if let Some((module, item)) = self.program.find(env.module, n) {
            return self.item_value(module, item, span);
        }
        Ok(match n {
            "regular" => Val::Rep(Rep::atom(Int::num(1), Atom::Known(Known::Regular))),
            "trivial" => Val::Group(Group::Trivial),
            "vector" => Val::Rep(self.vector_rep(&self.space_dim())),
            "point" => Val::Type(Type {
                sets: Vec::new(),
                elem: Elem::Point(self.space_dim()),
            }),
            // π is transcendental: every residue extends the homomorphism from the algebraic numbers.
            "pi" => Val::Num(Exact {
                f: std::f64::consts::PI,
                r: Some(PI_RESIDUE),
            }),
            "true" | "false" => Val::Bool(n == "true"),
            "O" | "Oh" => match Group::named(n, &[]) {
                Ok(g) => Val::Group(g),
                Err(e) => return Err(self.error("GDL0116", "no such group", span, e.to_string())),
            },
            _ if POINTWISE.iter().any(|p| p.0 == n) || FUNCTIONS.contains(&n) || WORDS.contains(&n) => {
                Val::Word(n.into())
            }
            _ => {
                let mut known = env.names();
                known.extend(self.program.names(env.module));
                known.extend(POINTWISE.iter().map(|p| p.0.to_string()));
                known.extend(FUNCTIONS.iter().chain(&SPECIAL).map(ToString::to_string));
                known.extend(["regular", "vector", "point"].map(str::to_string));
                return Err(self.unknown(n, span, "name", &known));
            }
        })
    }

    /// The dimension of space: that of the cloud in the signature, else 3.
    fn space_dim(&self) -> Int {
        self.model
            .domains
            .iter()
            .find_map(|d| match &d.kind {
                DomainKind::Cloud { dim, .. } => Some(dim.clone()),
                _ => None,
            })
            .unwrap_or(Int::num(if known::vector(&self.model.group, 3).is_some() {
                3
            } else {
                2
            }))
    }

    fn item_value(&mut self, module: usize, item: &Item, span: Span) -> R<Val> {
        match &item.kind {
            ItemKind::Layer(c) | ItemKind::Model(c) => Ok(Val::Layer(Rc::new(LayerRef {
                module,
                callable: c.clone(),
            }))),
            ItemKind::Const(_) | ItemKind::Setting { .. } | ItemKind::Group { .. } | ItemKind::Rep { .. } => {
                if self.depth > MAX_ITEM_DEPTH {
                    return Err(self.error(
                        "GDL0117",
                        "these definitions refer to each other in a circle",
                        span,
                        "without end",
                    ));
                }
                self.depth += 1;
                let out = self.item_value_of(module, item).ok_or(super::Reported);
                self.depth -= 1;
                out
            }
            _ => Err(self.error(
                "GDL0111",
                "this item is not a value",
                span,
                "data and tests cannot be used here",
            )),
        }
    }

    /// The value of a constant, setting, group or representation; errors are reported.
    pub(crate) fn item_value_of(&mut self, module: usize, item: &Item) -> Option<Val> {
        let mut env = Env::new(module);
        match &item.kind {
            ItemKind::Setting { name, value, .. } => match self.program.setting(&name.name) {
                Some(text) => self
                    .program
                    .setting_expr(text)
                    .and_then(|e| self.eval(&e, &mut env).ok()),
                None => self.eval(value, &mut env).ok(),
            },
            ItemKind::Const(c) => self.constant(c, &mut env).ok(),
            ItemKind::Group { value, .. } => match self.eval(value, &mut env).ok()? {
                Val::Group(g) => Some(Val::Group(g)),
                other => {
                    self.error(
                        "GDL0111",
                        "a group is needed here",
                        value.span,
                        format!("this is {}", other.describe()),
                    );
                    None
                }
            },
            ItemKind::Rep { value, .. } => {
                let r = self.eval_rep(value, &mut env).ok()?;
                Some(Val::Rep(r))
            }
            _ => None,
        }
    }

    /// `const up: vector = (0, 0, 1)`: must be fixed by the group.
    pub(crate) fn constant(&mut self, c: &gdl_syntax::ast::Const, env: &mut Env) -> R<Val> {
        let ty = self.eval(&c.ty, env)?;
        let val = match &c.value.kind {
            ExprKind::Tuple(args) => {
                let mut items = Vec::new();
                for a in args {
                    items.push(self.eval(&a.value, env)?);
                }
                Val::List(items)
            }
            _ => self.eval(&c.value, env)?,
        };
        if matches!(ty, Val::Kind(_)) {
            return Ok(val);
        }
        let Some(rep) = ty.to_rep() else {
            return Err(self.error("GDL0111", "a representation is needed here", c.ty.span, ty.describe()));
        };
        let node = self.to_node(&val, c.value.span)?;
        let data = match &self.node(node).op {
            TOp::Constant(d) => d.clone(),
            TOp::Number(x) => vec![*x],
            _ => return Err(self.error("GDL0111", "a constant is made of numbers", c.value.span, "not a number")),
        };
        self.fixed_vector(&rep, &data, c.value.span)?;
        Ok(Val::Node(self.add(
            TOp::Constant(data),
            Type::rep(rep),
            &[],
            c.value.span,
        )))
    }

    /// Whether a written vector is fixed by the group.
    fn fixed_vector(&mut self, rep: &Rep, data: &[Exact], span: Span) -> R<()> {
        let Some((group, known)) = self.concrete(rep) else {
            return Ok(());
        };
        let dim = known.dim();
        if dim != data.len() {
            return Err(self.error(
                "GDL0101",
                "this constant has another number of components",
                span,
                format!("{} were given, `{rep}` has {dim}", data.len()),
            ));
        }
        let v: Vec<f64> = data.iter().map(|x| x.f).collect();
        if let Some(c) = gdl_rep::witness::not_fixed_vector(&group, &known, &v) {
            let fixed: usize = known
                .blocks
                .iter()
                .map(|(n, a)| *n as usize * gdl_rep::hom::invariants(&group, a).map_or(0, |b| b.len()))
                .sum();
            return Err(self.report(
                Diagnostic::error("GDL0103", "this constant is not fixed by the group", span, format!("{group} moves it"))
                    .counterexample(Some(format!("{}:  |g x - x| / |x| = {:.2}", c.element, c.error)))
                    .note(format!("What a program writes down must be the same for every group element; the fixed vectors of `{rep}` have dimension {fixed}."))
                    .help("Pass it as an input, or break the symmetry openly: `break(value, to = H)`."),
            ));
        }
        Ok(())
    }

    /// `p.window(3)`, `e.transport(v)`.
    pub(crate) fn method(&mut self, on: &Val, name: &Ident, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        match (on, name.name.as_str(), args) {
            (Val::Domain(d), "window", [a]) => {
                let n = self.eval_int(&a.value, env)?;
                if super::nodes_util::grid_of(self, *d).is_none() {
                    return Err(self.error("GDL0112", "only grids have windows", span, "this domain has no offsets"));
                }
                if n.value().is_some_and(|v| !(1..=64).contains(&v)) {
                    return Err(self.error(
                        "GDL0124",
                        "this window is out of bounds",
                        a.value.span,
                        "sizes are 1 to 64",
                    ));
                }
                Ok(Val::Set(Set::Window(*d, n)))
            }
            (Val::Var(e), "transport", [a]) => self.transport(*e, a, span, env),
            _ => Err(self.unknown(&name.name, name.span, "method", &["window".into(), "transport".into()])),
        }
    }

    fn transport(&mut self, e: crate::typed::VarId, a: &Arg, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval_node(&a.value, env)?;
        let Set::Edges(d) = self.model.var(e).set.clone() else {
            return Err(self.error(
                "GDL0111",
                "only edges transport vectors",
                span,
                "bind the edge: `e: q -> p in m.edges`",
            ));
        };
        if self.domain(d).kind != DomainKind::Mesh {
            return Err(self.error(
                "GDL0111",
                "this domain has no transport",
                span,
                "all its fibres are one; leave `transport` out",
            ));
        }
        let ty = self.node(x).ty.clone();
        if !ty.as_rep().is_some_and(|r| r.gauge == Some(d.0) || r.is_trivial()) {
            let shown = self.show(&ty);
            return Err(self.error(
                "GDL0111",
                "this does not live in the fibres of the mesh",
                a.value.span,
                format!("`{shown}`"),
            ));
        }
        let (src, dst) = (self.end_of(e, true), self.end_of(e, false));
        let fibre = self.node(x).fibre;
        if fibre.is_some() && fibre != src {
            return Err(self.fibre_mismatch(fibre, src, span));
        }
        let id = self.add_with(TOp::Transport { x, edge: e }, ty, &[x], &[e], &[], span);
        self.set_fibre(id, dst);
        Ok(Val::Node(id))
    }

    /// Calls that need their arguments as written, or that make types.
    pub(crate) fn special(&mut self, n: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        if let "C" | "D" | "S" | "SO" | "O" = n {
            let mut list = Vec::new();
            for a in args {
                let k = self.eval_int(&a.value, env)?;
                list.push(self.known(&k, "the size of a group", a.value.span)?);
            }
            return match Group::named(n, &list) {
                Ok(g) => Ok(Val::Group(g)),
                Err(e) => Err(self.error("GDL0116", "no such group", span, e.to_string())),
            };
        }
        match (n, args) {
            ("enum", _) => {
                let mut names = Vec::new();
                for a in args {
                    match &a.value.kind {
                        ExprKind::Name(w) => names.push(w.clone()),
                        _ => return Err(self.error("GDL0111", "labels are names", a.value.span, "not a name")),
                    }
                }
                Ok(Val::Set(Set::Enum(names)))
            }
            ("class", [a]) => Ok(Val::Set(Set::Range(self.eval_int(&a.value, env)?))),
            ("sphere", [a]) => Ok(Val::Set(Set::Sphere(self.eval_int(&a.value, env)?))),
            ("points", [a]) => {
                let r = self.eval_rep(&a.value, env)?;
                if !r.is_permutation() {
                    let mixed = self.mixed_components(&r, &|x| x.max(0.0));
                    return Err(self.report(
                        Diagnostic::error("GDL0108", format!("the group does not permute a basis of `{r}`"), a.value.span, "not a permutation representation")
                            .counterexample(mixed)
                            .help("Components have indices only where the group permutes them (`regular`, invariants); take `norm2` of the whole vector."),
                    ));
                }
                Ok(Val::Set(Set::Points(r)))
            }
            ("hom", [a, b]) => {
                let (x, y) = (self.eval_rep(&a.value, env)?, self.eval_rep(&b.value, env)?);
                let gauge = self.joint_gauge(&x, &y, span)?;
                Ok(Val::Rep(Rep::from_blocks(
                    vec![(Int::num(1), Atom::Hom(Box::new(x), Box::new(y)))],
                    gauge,
                )))
            }
            ("fixed", [a]) => {
                let v = self.eval(&a.value, env)?;
                match v.to_space() {
                    Some(s) => Ok(Val::Rep(Rep::atom(Int::num(1), Atom::Fixed(Box::new(s))))),
                    None => Err(self.error(
                        "GDL0111",
                        "`fixed` takes a type on static sets",
                        a.value.span,
                        v.describe(),
                    )),
                }
            }
            ("gated", [a]) => {
                let r = self.eval_rep(&a.value, env)?;
                r.gated()
                    .map(Val::Rep)
                    .ok_or_else(|| self.error("GDL0124", "this size is out of bounds", span, "too many copies"))
            }
            ("grouped", [a]) => {
                let r = self.eval_rep(&a.value, env)?;
                r.grouped()
                    .map(Val::Rep)
                    .ok_or_else(|| self.error("GDL0124", "this size is out of bounds", span, "too many copies"))
            }
            ("irrep", _) => {
                let mut list = Vec::new();
                for a in args {
                    let k = self.eval_int(&a.value, env)?;
                    list.push(self.known(&k, "a label", a.value.span)?);
                }
                let mesh = self.mesh();
                let group = if mesh.is_some() {
                    Group::SO2
                } else {
                    self.model.group.clone()
                };
                match Known::irrep(&group, &list).ok() {
                    Some(a) => Ok(Val::Rep(Rep::from_blocks(vec![(Int::num(1), Atom::Known(a))], mesh))),
                    None => Err(self.error("GDL0116", format!("{group} has no such irrep"), span, "unknown label")),
                }
            }
            ("sym" | "alt" | "dual" | "quotient" | "copies", _) => self.rep_function(n, args, span, env),
            ("coarse", _) => self.coarse(args, span, env),
            ("grad", [a, b]) => {
                let of = self.eval_node(&a.value, env)?;
                let wrt = self.eval_node(&b.value, env)?;
                self.grad(of, wrt, a.value.span, b.value.span, span).map(Val::Node)
            }
            _ => Err(self.error(
                "GDL0111",
                format!("`{n}` has other arguments"),
                span,
                format!("{} were given", args.len()),
            )),
        }
    }

    /// The mesh in whose fibres `irrep(k)` lives, if the model has one.
    fn mesh(&self) -> Option<u32> {
        self.model
            .domains
            .iter()
            .position(|d| d.kind == DomainKind::Mesh)
            .map(|k| k as u32)
    }

    fn rep_function(&mut self, n: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let Some(first) = args.first() else {
            return Err(self.error("GDL0111", format!("`{n}` needs a representation"), span, "no argument"));
        };
        let r = self.eval_rep(&first.value, env)?;
        if n == "copies" {
            return Ok(Val::Int(r.copies().0));
        }
        let Some((group, known)) = self.concrete(&r) else {
            return Err(self.error(
                "GDL0111",
                format!("`{n}` needs a known representation"),
                first.value.span,
                format!("`{r}` is unknown here"),
            ));
        };
        let power = match args.get(1) {
            Some(a) => {
                let k = self.eval_int(&a.value, env)?;
                u32::try_from(self.known(&k, "a power", a.value.span)?).unwrap_or(0)
            }
            None => 2,
        };
        let atom = match n {
            "sym" => Known::Sym(Box::new(known), power),
            "alt" => Known::Alt(Box::new(known), power),
            "dual" => Known::Dual(Box::new(known)),
            _ => {
                return Err(self.error(
                    "GDL0111",
                    format!("`{n}` is for the subgroups of {group}"),
                    span,
                    "not available here",
                ));
            }
        };
        Ok(Val::Rep(Rep::atom(Int::num(1), Atom::Known(atom))))
    }

    /// `coarse(p, stride, window, pad)`.
    fn coarse(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let Some(first) = args.first() else {
            return Err(self.error("GDL0111", "`coarse` needs a grid", span, "no argument"));
        };
        let Val::Domain(of) = self.eval(&first.value, env)? else {
            return Err(self.error("GDL0111", "`coarse` needs a grid", first.value.span, "not a domain"));
        };
        let mut nums = Vec::new();
        for a in &args[1..] {
            nums.push(self.eval_int(&a.value, env)?);
        }
        let stride = nums.first().cloned().unwrap_or(Int::num(2));
        let window = nums.get(1).cloned().unwrap_or(stride.clone());
        let pad = nums.get(2).cloned().unwrap_or(Int::num(0));
        if let (Some(s), Some(w)) = (stride.value(), window.value())
            && (!(1..=64).contains(&s) || !(1..=64).contains(&w) || !(0..=32).contains(&pad.value().unwrap_or(0)))
        {
            return Err(self.error(
                "GDL0124",
                "these sizes are out of bounds",
                span,
                "stride and window are 1 to 64, padding 0 to 32",
            ));
        }
        let kind = DomainKind::Coarse {
            of,
            window,
            stride,
            pad,
        };
        if let Some(k) = self.model.domains.iter().position(|d| d.kind == kind) {
            return Ok(Val::Domain(DomainId(k as u32)));
        }
        let name = format!("coarse({})", self.domain(of).name);
        Ok(Val::Domain(self.new_domain(Domain {
            name,
            kind,
            size: (1, 0),
        })))
    }

    /// Derivative of an invariant.
    fn grad(&mut self, of: NodeId, wrt: NodeId, of_span: Span, wrt_span: Span, span: Span) -> R<NodeId> {
        let ty = self.node(of).ty.clone();
        if !ty.same(&Type::scalar()) || !self.node(of).deps.is_empty() {
            let shown = self.show(&ty);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0105",
                    "only one invariant number has a gradient",
                    of_span,
                    format!("this is `{shown}`"),
                )
                .help("Sum it first: `sum i: …`."),
            ));
        }
        let wty = self.node(wrt).ty.clone();
        let elem = match &wty.elem {
            Elem::Point(d) => Elem::Rep(self.vector_rep(d)),
            Elem::Rep(r) => Elem::Rep(r.clone()),
            Elem::Index(_) => return Err(self.error("GDL0111", "labels have no derivative", wrt_span, "an index")),
        };
        if !matches!(self.node(wrt).op, TOp::Input(_) | TOp::Field(..)) && !self.node(wrt).deps.is_empty() {
            return Err(self.error(
                "GDL0111",
                "the derivative is taken by a whole signal",
                wrt_span,
                "this depends on an index",
            ));
        }
        Ok(self.add(TOp::Grad { of, wrt }, Type { sets: wty.sets, elem }, &[of, wrt], span))
    }

    /// Built-in functions of values.
    pub(crate) fn builtin(&mut self, n: &str, args: &[(Val, Span)], f_span: Span, span: Span) -> R<Val> {
        if let Some((name, f, parity, sample)) = POINTWISE.iter().find(|p| p.0 == n) {
            let [(v, at)] = args else {
                return Err(self.error(
                    "GDL0111",
                    format!("`{n}` takes one argument"),
                    span,
                    format!("{} were given", args.len()),
                ));
            };
            if let (true, Val::Int(_) | Val::Num(_)) = (*name == "sqrt", v) {
                return self.sqrt_of(v, *at);
            }
            let x = self.to_node(v, *at)?;
            let span = if span.file == f_span.file { f_span } else { span };
            return self.pointwise(name, *f, *parity, x, span, sample).map(Val::Node);
        }
        match (n, args) {
            ("dot", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.dot(x, y, span).map(Val::Node)
            }
            ("norm2" | "norm", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                let n2 = self.dot(x, x, span)?;
                if n == "norm2" {
                    return Ok(Val::Node(n2));
                }
                self.pointwise("sqrt", Scalar::Sqrt, Parity::Neither, n2, span, &f64::sqrt)
                    .map(Val::Node)
            }
            ("tensor", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.tensor(x, y, span).map(Val::Node)
            }
            ("cross", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.cross(x, y, span).map(Val::Node)
            }
            ("argmax", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                self.argmax(x, span).map(Val::Node)
            }
            ("detach", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                let ty = self.node(x).ty.clone();
                Ok(Val::Node(self.add(TOp::Detach { x }, ty, &[x], span)))
            }
            ("harmonics", [(a, s), (Val::Int(l), t)]) => {
                let x = self.to_node(a, *s)?;
                let l = self.known(l, "a degree", *t)?;
                self.harmonics(x, l, span).map(Val::Node)
            }
            ("select", [(c, s), (a, t), (b, u)]) => {
                let list = [self.to_node(c, *s)?, self.to_node(a, *t)?, self.to_node(b, *u)?];
                self.select(&list, span).map(Val::Node)
            }
            ("dim", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                match self.dim_of(&r) {
                    Some(d) => Ok(Val::Int(d)),
                    None => Err(self.error("GDL0124", "this size is out of bounds", *s, "too large")),
                }
            }
            ("len", [(Val::List(l), _)]) => Ok(Val::Int(Int::num(l.len() as i64))),
            ("first", [(Val::List(l), s)]) | ("last", [(Val::List(l), s)]) => {
                let v = if n == "first" { l.first() } else { l.last() };
                match v {
                    Some(v) => Ok(v.clone()),
                    None => Err(self.error("GDL0111", "this list is empty", *s, "no entries")),
                }
            }
            ("init", [(Val::List(l), _)]) => Ok(Val::List(l[..l.len().saturating_sub(1)].to_vec())),
            ("tail", [(Val::List(l), _)]) => Ok(Val::List(l.get(1..).unwrap_or_default().to_vec())),
            ("is_perm" | "is_scalar", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                Ok(Val::Bool(if n == "is_perm" {
                    r.is_permutation()
                } else {
                    r.is_trivial()
                }))
            }
            ("ones", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                if !r.is_permutation() {
                    let moved = self.moved_vector(&r);
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0103",
                            format!("no vector of ones is fixed in `{r}`"),
                            *s,
                            "the group moves it",
                        )
                        .counterexample(moved)
                        .help(
                            "Ones are fixed where the group permutes the components; 0 is fixed everywhere: `0 * x`.",
                        ),
                    ));
                }
                Ok(Val::Node(self.add(
                    TOp::Constant(vec![Exact::int(1)]),
                    Type::rep(r),
                    &[],
                    span,
                )))
            }
            ("split", [(v, s), (r, t)]) => {
                let x = self.to_node(v, *s)?;
                let r = self.want_rep(r, *t)?;
                self.split(x, &r, span)
            }
            ("gates", [(v, s)]) => {
                let x = self.to_node(v, *s)?;
                self.block_gates(x, span).map(Val::Node)
            }
            _ if WORDS.contains(&n) => Err(self.error(
                "GDL0111",
                format!("`{n}` is not a function here"),
                f_span,
                "an option word",
            )),
            _ => Err(self.error(
                "GDL0111",
                format!("`{n}` has other arguments"),
                span,
                format!("{} were given", args.len()),
            )),
        }
    }

    fn sqrt_of(&mut self, v: &Val, span: Span) -> R<Val> {
        let x = self.as_exact(v, span)?;
        if x.f < 0.0 {
            return Err(self.error(
                "GDL0111",
                "a negative number has no square root",
                span,
                format!("{}", x.f),
            ));
        }
        let root = match known::as_ratio(x) {
            Some((a, b)) => Exact::sqrt_ratio(a, b),
            None => Exact::inexact(x.f.sqrt()),
        };
        Ok(known::as_int(root).map_or(Val::Num(root), |n| Val::Int(Int::num(n))))
    }

    /// The invariant inner product; copies are summed over too.
    fn dot(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (ta, tb) = (c.node(args[0]).ty.clone(), c.node(args[1]).ty.clone());
            match (ta.as_rep(), tb.as_rep()) {
                (Some(x), Some(y)) if x.same(y) && x.is_orthogonal() => {
                    c.same_fibre(args[0], args[1], span)?;
                    Ok(c.add(TOp::Dot { a: args[0], b: args[1] }, Type::scalar(), args, span))
                }
                (Some(x), Some(y)) if x.same(y) => {
                    let shown = x.to_string();
                    Err(c.report(
                        Diagnostic::error(
                            "GDL0108",
                            format!("`{shown}` has no invariant inner product that is known"),
                            span,
                            "its kind is `rep`",
                        )
                        .help(format!("Declare `{shown}: orth` in `where`.")),
                    ))
                }
                (None, _) | (_, None) => Err(c.points_are_affine("a point has no inner product", span)),
                _ => Err(c.types_differ("multiply", args[0], args[1], span)),
            }
        })
    }

    fn tensor(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (Some(x), Some(y)) = (
                c.node(args[0]).ty.as_rep().cloned(),
                c.node(args[1]).ty.as_rep().cloned(),
            ) else {
                return Err(c.points_are_affine("a point has no tensor product", span));
            };
            c.same_fibre(args[0], args[1], span)?;
            let gauge = c.joint_gauge(&x, &y, span)?;
            let rep = Rep::from_blocks(vec![(Int::num(1), Atom::Kron(Box::new(x), Box::new(y)))], gauge);
            Ok(c.add(TOp::Tensor { a: args[0], b: args[1] }, Type::rep(rep), args, span))
        })
    }

    /// `u × v`: of vectors of the same parity a pseudovector.
    fn cross(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let group = c.model.group.clone();
            let pair = (
                c.node(args[0]).ty.as_rep().cloned(),
                c.node(args[1]).ty.as_rep().cloned(),
            );
            let (Some(x), Some(y)) = pair else {
                return Err(c.points_are_affine("a point has no cross product", span));
            };
            let out = match (c.concrete(&x), c.concrete(&y)) {
                (Some(_), Some(_)) => known::cross(&group, &x, &y),
                _ if x.same(&y) => Some(x.clone()),
                _ => None,
            };
            match out {
                Some(r) => Ok(c.add(TOp::Cross { a: args[0], b: args[1] }, Type::rep(r), args, span)),
                None => Err(c.error(
                    "GDL0101",
                    "a cross product needs two vectors of 3-space",
                    span,
                    format!("`{x}` and `{y}`"),
                )),
            }
        })
    }

    fn argmax(&mut self, x: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[x], span, &mut |c, args| {
            let rep = c.node(args[0]).ty.as_rep().cloned().unwrap_or_default();
            match rep.scalar_count() {
                Some(n) => {
                    let ty = Type {
                        sets: Vec::new(),
                        elem: Elem::Index(Set::Range(n)),
                    };
                    Ok(c.add(TOp::Argmax { x: args[0] }, ty, args, span))
                }
                None => {
                    let moved = c.moved_maximum(&rep);
                    Err(c.report(
                        Diagnostic::error(
                            "GDL0102",
                            "`argmax` is not equivariant on this field",
                            span,
                            format!(
                                "the group moves the components of `{rep}`, and with them the place of the largest"
                            ),
                        )
                        .counterexample(moved)
                        .note("A place among components is a number, so it is invariant only where the components are.")
                        .help("Reduce over the group first (`group_pool(max)`), or take `norm2` of every copy."),
                    ))
                }
            }
        })
    }

    fn harmonics(&mut self, x: NodeId, l: i64, span: Span) -> R<NodeId> {
        let vector = self.vector_rep(&Int::num(3));
        if !(0..=12).contains(&l) {
            return Err(self.error("GDL0124", "this degree is out of bounds", span, "degrees are 0 to 12"));
        }
        self.lift(&[x], span, &mut |c, args| {
            if !c.node(args[0]).ty.as_rep().is_some_and(|r| r.same(&vector)) {
                let shown = c.show(&c.node(args[0]).ty.clone());
                return Err(c.error(
                    "GDL0101",
                    "harmonics are functions of a vector of 3-space",
                    span,
                    format!("this is `{shown}`"),
                ));
            }
            let mut rep = Rep::default();
            for d in 0..=l as u32 {
                let atom = known::o3_irrep(&c.model.group, d, d % 2 == 1).unwrap_or(known::o3(d, d % 2 == 1));
                rep = rep.plus(&Rep::atom(Int::num(1), Atom::Known(atom)));
            }
            Ok(c.add(
                TOp::Harmonics {
                    x: args[0],
                    l: l as u32,
                },
                Type::rep(rep),
                args,
                span,
            ))
        })
    }

    fn select(&mut self, list: &[NodeId], span: Span) -> R<NodeId> {
        self.lift(list, span, &mut |c, args| {
            let (t0, t1, t2) = (
                c.node(args[0]).ty.clone(),
                c.node(args[1]).ty.clone(),
                c.node(args[2]).ty.clone(),
            );
            if !t1.same(&t2) {
                return Err(c.types_differ("choose between", args[1], args[2], span));
            }
            c.same_fibre(args[1], args[2], span)?;
            let scalar = t0.same(&Type::scalar());
            let componentwise = t0.same(&t1) && t1.as_rep().is_some_and(Rep::is_permutation);
            if !scalar && !componentwise {
                return Err(c.error(
                    "GDL0101",
                    "the condition is one invariant number",
                    span,
                    "or has the type of the choices, where the group permutes them",
                ));
            }
            Ok(c.add(
                TOp::Map {
                    f: Scalar::Select,
                    args: args.to_vec(),
                },
                t1,
                args,
                span,
            ))
        })
    }

    /// The parts of a vector of `r ++ rest`.
    fn split(&mut self, x: NodeId, r: &Rep, span: Span) -> R<Val> {
        let have = self.node(x).ty.clone();
        let (Some(all), true) = (have.as_rep(), have.sets.is_empty()) else {
            return Err(self.error(
                "GDL0111",
                "only vectors are split",
                span,
                "read the signal at an index first",
            ));
        };
        let (all, front) = (all.flat(), r.flat());
        let k = front.blocks().len();
        let mut rest = all.blocks().get(k..).unwrap_or_default().to_vec();
        let mut ok = all.blocks().get(..k.saturating_sub(1)) == front.blocks().get(..k.saturating_sub(1));
        if let (Some((n, a)), Some((m, b))) = (all.blocks().get(k.wrapping_sub(1)), front.blocks().last()) {
            ok &= a == b;
            if let Some(left) = m.neg().and_then(|m| n.add(&m))
                && !left.is(0)
            {
                rest.insert(0, (left, a.clone()));
            }
        }
        if !ok && k > 0 {
            return Err(self.error(
                "GDL0101",
                format!("`{all}` does not start with `{r}`"),
                span,
                "cannot be split so",
            ));
        }
        let rest = Rep::from_blocks(rest, all.gauge);
        let total = self.dim_of(&front);
        let first = self.add(
            TOp::Split {
                x,
                front: true,
                at: total.clone(),
            },
            Type::rep(r.clone()),
            &[x],
            span,
        );
        let second = self.add(
            TOp::Split {
                x,
                front: false,
                at: total,
            },
            Type::rep(rest),
            &[x],
            span,
        );
        Ok(Val::Record(vec![
            ("first".into(), Val::Node(first)),
            ("rest".into(), Val::Node(second)),
        ]))
    }

    pub(crate) fn dim_of(&self, r: &Rep) -> Option<Int> {
        if let (false, Some((_, known))) = (self.abstract_mode, self.concrete(r)) {
            return i64::try_from(known.dim()).ok().map(Int::num);
        }
        r.dim(&self.model.group)
    }

    /// The representation without unknowns, and its group; fixed elements count as their coordinates.
    pub(crate) fn concrete(&self, r: &Rep) -> Option<(Group, gdl_rep::Rep)> {
        if self.abstract_mode {
            return None;
        }
        crate::lower::reps::concrete(&self.model, r)
    }
}

/// The residue that stands for π.
const PI_RESIDUE: u64 = 3_141_592_653_589_793_238;

const MAX_ITEM_DEPTH: usize = 40;
