//! Calls that need their arguments as written, or that make types; methods of domains and edges; `grad`.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp};
use crate::types::{Atom, Domain, DomainId, DomainKind, Elem, Harmonic, Int, Rep, Set, Type};
use gdl_rep::{Atom as Known, Group};
use gdl_syntax::ast::{Arg, ExprKind, Ident, Span};

impl Checker<'_> {
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
            (Val::Group(g), "rotation", _) => self.rotation(&g.clone(), args, span, env),
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
        if super::groups::is_group_call(n) {
            return self.group_call(n, args, span, env);
        }
        match (n, args) {
            ("break", _) => Err(self.break_out_of_place(span)),
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
            ("class", [a]) => {
                let n = self.eval_int(&a.value, env)?;
                self.set_fits(n, a.value.span).map(|n| Val::Set(Set::Range(n)))
            }
            ("circle" | "sphere" | "disk" | "ball", _) => self.harmonic_set(n, args, span, env),
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
                let atom = Atom::Hom(Box::new(x), Box::new(y));
                self.rep_fits(Rep::from_blocks(vec![(Int::num(1), atom)], gauge), span)
                    .map(Val::Rep)
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
            ("grouped" | "per_copy", [a]) => {
                let r = self.eval_rep(&a.value, env)?;
                let made = if n == "grouped" { r.grouped() } else { r.per_copy() };
                made.map(Val::Rep)
                    .ok_or_else(|| self.error("GDL0124", "this size is out of bounds", span, "too many copies"))
            }
            ("irreps", [a]) => {
                let r = self.eval_rep(&a.value, env)?;
                self.taken_apart(&r, a.value.span).map(Val::Rep)
            }
            ("irrep", _) => self.irrep_by_label(args, span, env),
            ("quotient", [h]) => self.quotient(h, env),
            (word, _) if super::subgroups::SUBGROUPS.contains(&word) => self.subgroup(word, args, span, env),
            ("sym" | "alt" | "dual" | "copies", _) => self.rep_function(n, args, span, env),
            ("outer", _) => self.outer_rep(args, span, env),
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

    /// `circle(F)`, `sphere(L)`, `disk(rings, F)`, `ball(rings, L)`: finite spaces of functions on the plane and on space.
    fn harmonic_set(&mut self, n: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let mut sizes = Vec::new();
        for a in args {
            sizes.push(self.eval_int(&a.value, env)?);
        }
        let dim = if matches!(n, "circle" | "disk") { 2 } else { 3 };
        let (rings, degree) = match (n, sizes.as_slice()) {
            ("circle" | "sphere", [degree]) => (None, degree.clone()),
            ("disk" | "ball", [rings, degree]) => (Some(rings.clone()), degree.clone()),
            _ => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        format!("`{n}` has other arguments"),
                        span,
                        format!("{} were given", args.len()),
                    )
                    .help("Write `circle(F)`, `sphere(L)`, `disk(rings, F)` or `ball(rings, L)`."),
                ));
            }
        };
        let within = |n: &Int, least: i64| n.value().is_none_or(|v| (least..=16).contains(&v));
        if !within(&degree, 0) || !rings.as_ref().is_none_or(|n| within(n, 1)) {
            return Err(self.error(
                "GDL0124",
                "these sizes are out of bounds",
                span,
                "degrees are 0 to 16, rings 1 to 16",
            ));
        }
        Ok(Val::Set(Set::Harmonic(Harmonic { dim, degree, rings })))
    }

    /// `irrep(1, 2)` by numbers, `irrep(T1u)` by name.
    fn irrep_by_label(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        if let Some(spin) = self.half_integer_spin(args, span, env)? {
            return Ok(spin);
        }
        let mesh = self.mesh();
        let group = match mesh {
            Some(_) => Group::SO2,
            None => self.model.group.clone(),
        };
        let named = match args {
            [Arg { value, name: None }] => match &value.kind {
                ExprKind::Name(n) if env.get(n).is_none() => Known::named(&group, n).ok(),
                _ => None,
            },
            _ => None,
        };
        let atom = match named {
            Some(atom) => Ok(atom),
            None => {
                let mut list = Vec::new();
                for a in args {
                    let k = self.eval_int(&a.value, env)?;
                    list.push(self.known(&k, "a label", a.value.span)?);
                }
                Known::irrep(&group, &list)
            }
        };
        match atom {
            Ok(a) => Ok(Val::Rep(Rep::from_blocks(vec![(Int::num(1), Atom::Known(a))], mesh))),
            Err(e) => {
                let d = Diagnostic::error("GDL0116", format!("{group} has no such irrep"), span, e.to_string());
                Err(self.report(match known_irreps(&group) {
                    Some(list) => d.help(list),
                    None => d,
                }))
            }
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
        if n == "dual" {
            return Ok(Val::Rep(r.dual(&group)));
        }
        let power = match args.get(1) {
            Some(a) => {
                let k = self.eval_int(&a.value, env)?;
                u32::try_from(self.known(&k, "a power", a.value.span)?).unwrap_or(0)
            }
            None => 2,
        };
        let atom = match n {
            "sym" => Known::Sym(Box::new(known), power),
            _ => Known::Alt(Box::new(known), power),
        };
        // There are no alternating tensors of more vectors than the space has dimensions.
        let copies = i64::from(atom.dim(&group) > 0);
        let blocks = vec![(Int::num(copies), Atom::Known(atom))];
        self.rep_fits(Rep::from_blocks(blocks, r.gauge), span).map(Val::Rep)
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

    /// Whether a value is made from something that comes with a sample.
    fn is_of_sample(&self, id: NodeId) -> bool {
        let mut known: Vec<bool> = Vec::with_capacity(id.0 as usize + 1);
        for node in &self.model.nodes[..=id.0 as usize] {
            known.push(match &node.op {
                TOp::Input(_) | TOp::Field(..) | TOp::State { .. } => true,
                TOp::Stat { .. } => false,
                op => crate::lower::args(&self.model, op).iter().any(|a| known[a.0 as usize]),
            });
        }
        known[id.0 as usize]
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
        if !self.abstract_mode && !self.is_of_sample(wrt) {
            return Err(self.report(
                Diagnostic::error("GDL0111", "the derivative is taken by a signal of the sample", wrt_span, "this is the same for all samples")
                    .note("Its derivative would add up the samples of a batch.")
                    .help("Take it by an input, the positions of a cloud, or a value made from them; training takes the derivatives by parameters."),
            ));
        }
        let wty = self.node(wrt).ty.clone();
        let elem = match &wty.elem {
            Elem::Point(d) => Elem::Rep(self.vector_rep(d).dual(&self.model.group)),
            Elem::Rep(r) => Elem::Rep(r.dual(&self.model.group)),
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
}

/// What irreducible representations of a group are called.
fn known_irreps(group: &Group) -> Option<String> {
    const MAX_NAMED: usize = 12;
    let list = gdl_rep::irreps(group, 2).ok()?;
    let names: Vec<String> = list
        .iter()
        .take(MAX_NAMED)
        .map(|a| format!("`{}`", a.name(group)))
        .collect();
    let more = if group.is_finite() && list.len() <= MAX_NAMED {
        "."
    } else {
        ", …"
    };
    Some(format!("There are {}{more}", names.join(", ")))
}
