//! Arithmetic of values: the rules linear, pointwise, points, fibres.

use super::{Checker, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::ir::Scalar;
use crate::typed::{NodeId, TOp, VarId};
use crate::types::{Atom, Elem, Int, Rep, Type, known};
use gdl_rep::{Exact, Group};
use gdl_syntax::ast::{BinOp, Span};

impl Checker<'_> {
    /// `a + b` or `a - b`: any representation, one fibre; points only as the affine rules allow.
    pub(crate) fn add_sub(&mut self, plus: bool, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| c.add_values(plus, args[0], args[1], span))
    }

    fn add_values(&mut self, plus: bool, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        let (ta, tb) = (self.node(a).ty.clone(), self.node(b).ty.clone());
        let f = if plus { Scalar::Add } else { Scalar::Sub };
        let ty = match (&ta.elem, &tb.elem) {
            (Elem::Point(d), Elem::Point(e)) if d == e => {
                if plus {
                    return Err(self.points_are_affine("two points cannot be added", span));
                }
                Type::rep(self.vector_rep(d))
            }
            (Elem::Point(d), Elem::Rep(r)) if r.same(&self.vector_rep(d)) => ta.clone(),
            (Elem::Rep(r), Elem::Point(d)) if plus && r.same(&self.vector_rep(d)) => tb.clone(),
            (Elem::Rep(x), Elem::Rep(y)) => {
                if !x.same(y) {
                    // One number added to a permutation representation is added to every component: that vector is fixed.
                    if let Some((small, large, ty)) = self.broadcast_pair(a, b, x, y) {
                        let wide = self.scalar_to_all(small, &ty, span);
                        let args = if small == a {
                            vec![wide, large]
                        } else {
                            vec![large, wide]
                        };
                        return Ok(self.add(TOp::Map { f, args: args.clone() }, ty, &args, span));
                    }
                    return Err(self.types_differ(if plus { "add" } else { "subtract" }, a, b, span));
                }
                self.same_fibre(a, b, span)?;
                ta.clone()
            }
            _ => return Err(self.types_differ(if plus { "add" } else { "subtract" }, a, b, span)),
        };
        Ok(self.add(TOp::Map { f, args: vec![a, b] }, ty, &[a, b], span))
    }

    /// If one of the two is a single number and the other acts by permutations: (the number, the other, its type).
    fn broadcast_pair(&self, a: NodeId, b: NodeId, x: &Rep, y: &Rep) -> Option<(NodeId, NodeId, Type)> {
        let one = Rep::scalars(1);
        if x.same(&one) && y.is_permutation() {
            return Some((a, b, Type::rep(y.clone())));
        }
        (y.same(&one) && x.is_permutation()).then(|| (b, a, Type::rep(x.clone())))
    }

    /// The vector of a permutation representation with all components equal to a number.
    fn scalar_to_all(&mut self, s: NodeId, ty: &Type, span: Span) -> NodeId {
        let ones = self.add(TOp::Constant(vec![Exact::int(1)]), ty.clone(), &[], span);
        self.add(TOp::Scale { s, x: ones }, ty.clone(), &[s, ones], span)
    }

    pub(crate) fn negate(&mut self, x: NodeId, span: Span) -> R<NodeId> {
        if matches!(self.node(x).ty.elem, Elem::Point(_)) {
            return Err(self.points_are_affine("a point has no negative", span));
        }
        let ty = self.node(x).ty.clone();
        Ok(self.add(
            TOp::Map {
                f: Scalar::Neg,
                args: vec![x],
            },
            ty,
            &[x],
            span,
        ))
    }

    /// `a * b`: number times anything, or component by component where that is allowed.
    pub(crate) fn multiply(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| c.multiply_values(args[0], args[1], span))
    }

    fn multiply_values(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        let (ta, tb) = (self.node(a).ty.clone(), self.node(b).ty.clone());
        let (Some(x), Some(y)) = (ta.as_rep(), tb.as_rep()) else {
            return Err(self.points_are_affine("a point cannot be multiplied", span));
        };
        let one = Rep::scalars(1);
        if x.same(&one) && !y.same(&one) {
            return Ok(self.add(TOp::Scale { s: a, x: b }, tb.clone(), &[a, b], span));
        }
        if y.same(&one) && !x.same(&one) {
            return Ok(self.add(TOp::Scale { s: b, x: a }, ta.clone(), &[a, b], span));
        }
        if let Some(scaled) = self.scale_copies(a, b, x, y, span) {
            return Ok(scaled);
        }
        if !x.same(y) {
            return Err(self.types_differ("multiply", a, b, span));
        }
        if !x.is_permutation() {
            let rep = x.clone();
            return Err(self.not_pointwise("*", &rep, span, span, &|v| v * v));
        }
        self.same_fibre(a, b, span)?;
        Ok(self.add(
            TOp::Map {
                f: Scalar::Mul,
                args: vec![a, b],
            },
            ta.clone(),
            &[a, b],
            span,
        ))
    }

    /// `s * x` with n numbers and n copies: one number a copy.
    fn scale_copies(&mut self, a: NodeId, b: NodeId, x: &Rep, y: &Rep, span: Span) -> Option<NodeId> {
        for (s, v, sr, vr) in [(a, b, x, y), (b, a, y, x)] {
            let (n, inner) = vr.copies();
            let numbers = Rep::from_blocks(vec![(n.clone(), Atom::Known(gdl_rep::Atom::Trivial))], None);
            if !inner.is_trivial() && sr.same(&numbers) && !n.is(1) {
                let ty = Type::rep(vr.clone());
                return Some(self.add(TOp::Scale { s, x: v }, ty, &[s, v], span));
            }
        }
        None
    }

    /// `a / b`: by a number, or component by component.
    pub(crate) fn divide(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (a, b) = (args[0], args[1]);
            let (ta, tb) = (c.node(a).ty.clone(), c.node(b).ty.clone());
            let (Some(x), Some(y)) = (ta.as_rep(), tb.as_rep()) else {
                return Err(c.points_are_affine("a point cannot be divided", span));
            };
            if x.same(y) && x.is_permutation() {
                return Ok(c.add(
                    TOp::Map {
                        f: Scalar::Div,
                        args: vec![a, b],
                    },
                    ta.clone(),
                    &[a, b],
                    span,
                ));
            }
            if !y.is_trivial() {
                let rep = y.clone();
                return Err(c.not_pointwise("/", &rep, span, span, &|v| 1.0 / (1.5 + v)));
            }
            let one = c.add(TOp::Constant(vec![Exact::int(1)]), tb.clone(), &[], span);
            let inverse = c.add(
                TOp::Map {
                    f: Scalar::Div,
                    args: vec![one, b],
                },
                tb.clone(),
                &[one, b],
                span,
            );
            c.multiply_values(a, inverse, span)
        })
    }

    pub(crate) fn power(&mut self, a: &Val, n: i64, span: Span) -> R<Val> {
        let Ok(n32) = i32::try_from(n) else {
            return Err(self.error(
                "GDL0124",
                "this exponent is out of bounds",
                span,
                "exponents are small whole numbers",
            ));
        };
        if let Val::Int(_) | Val::Num(_) = a {
            let x = self.as_exact(a, span)?;
            let mut out = Exact::int(1);
            for _ in 0..n.unsigned_abs().min(4096) {
                out = out * x;
            }
            let out = if n < 0 { Exact::int(1) / out } else { out };
            return Ok(out.as_int().map_or(Val::Num(out), |k| Val::Int(Int::num(k))));
        }
        let x = self.to_node(a, span)?;
        let parity = if n32 % 2 == 0 { Parity::Even } else { Parity::Odd };
        self.pointwise("^", Scalar::PowI(n32), parity, x, span, &move |v| v.powi(n32))
            .map(Val::Node)
    }

    pub(crate) fn power_of(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (ta, tb) = (c.node(args[0]).ty.clone(), c.node(args[1]).ty.clone());
            match (ta.as_rep(), tb.as_rep()) {
                (Some(x), Some(y)) if x.same(y) && x.is_permutation() => Ok(c.add(
                    TOp::Map {
                        f: Scalar::Pow,
                        args: args.to_vec(),
                    },
                    ta.clone(),
                    args,
                    span,
                )),
                _ => Err(c.types_differ("raise", args[0], args[1], span)),
            }
        })
    }

    /// A scalar function on every component: the representation must be trivial or act by permutations; ±1 characters take odd
    /// functions (and even ones give invariants).
    pub(crate) fn pointwise(
        &mut self,
        name: &str,
        f: Scalar,
        parity: Parity,
        x: NodeId,
        span: Span,
        sample: &dyn Fn(f64) -> f64,
    ) -> R<NodeId> {
        self.lift(&[x], span, &mut |c, args| {
            let x = args[0];
            let ty = c.node(x).ty.clone();
            let Some(rep) = ty.as_rep() else {
                return Err(c.points_are_affine(&format!("`{name}` of a point depends on the origin"), span));
            };
            if rep.is_permutation() || (parity == Parity::Odd && rep.is_signed_permutation()) {
                return Ok(c.add(TOp::Map { f, args: vec![x] }, ty.clone(), &[x], span));
            }
            let at = c.node(x).span;
            let rep = rep.clone();
            Err(c.not_pointwise(name, &rep, span, at, sample))
        })
    }

    /// `a ++ b`.
    pub(crate) fn concat(&mut self, xs: &[NodeId], span: Span) -> R<NodeId> {
        self.lift(xs, span, &mut |c, args| {
            let mut rep = Rep::default();
            for &a in args {
                match c.node(a).ty.as_rep().cloned() {
                    Some(r) => {
                        c.joint_gauge(&rep, &r, span)?;
                        rep = rep.plus(&r);
                    }
                    None => return Err(c.points_are_affine("a point cannot be joined to other features", span)),
                }
            }
            for &a in &args[1..] {
                c.same_fibre(args[0], a, span)?;
            }
            let rep = c.rep_fits(rep, span)?;
            Ok(c.add(TOp::Concat { xs: args.to_vec() }, Type::rep(rep), args, span))
        })
    }

    /// Comparisons: of compile-time values, of indices, of invariant numbers.
    pub(crate) fn compare(&mut self, op: BinOp, a: &Val, b: &Val, span: Span) -> R<Val> {
        use std::cmp::Ordering;
        let by = |o: Ordering| match op {
            BinOp::Eq => o.is_eq(),
            BinOp::Ne => o.is_ne(),
            BinOp::Lt => o.is_lt(),
            BinOp::Le => o.is_le(),
            BinOp::Gt => o.is_gt(),
            _ => o.is_ge(),
        };
        match (a, b) {
            (Val::Int(x), Val::Int(y)) => match (x.value(), y.value()) {
                (Some(x), Some(y)) => Ok(Val::Bool(by(x.cmp(&y)))),
                _ => Ok(Val::Bool(x == y && by(Ordering::Equal))),
            },
            (Val::Num(_) | Val::Int(_), Val::Num(_) | Val::Int(_)) => {
                let (x, y) = (self.as_exact(a, span)?, self.as_exact(b, span)?);
                Ok(Val::Bool(x.f.partial_cmp(&y.f).is_some_and(by)))
            }
            (Val::Word(x), Val::Word(y)) => Ok(Val::Bool(by(x.cmp(y)))),
            (Val::Element(g, x), Val::Element(h, y)) if matches!(op, BinOp::Eq | BinOp::Ne) => {
                Ok(Val::Bool((g == h && x == y) == (op == BinOp::Eq)))
            }
            (Val::Group(x), Val::Group(y)) if matches!(op, BinOp::Eq | BinOp::Ne) => {
                Ok(Val::Bool((x == y) == (op == BinOp::Eq)))
            }
            (Val::Rep(_) | Val::Int(_), Val::Rep(_) | Val::Int(_)) => {
                let (x, y) = (self.want_rep(a, span)?, self.want_rep(b, span)?);
                Ok(Val::Bool(x.same(&y) == (op == BinOp::Eq)))
            }
            (Val::Var(i), Val::Var(j)) => self.compare_indices(op, *i, *j, span).map(Val::Node),
            _ => {
                let (x, y) = (self.to_node(a, span)?, self.to_node(b, span)?);
                self.compare_values(op, x, y, span).map(Val::Node)
            }
        }
    }

    pub(super) fn compare_values(&mut self, op: BinOp, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        let (ta, tb) = (self.node(a).ty.clone(), self.node(b).ty.clone());
        if let (Elem::Index(s), Elem::Index(t)) = (&ta.elem, &tb.elem)
            && s == t
            && matches!(op, BinOp::Eq | BinOp::Ne)
        {
            let eq = self.lift(&[a, b], span, &mut |c, args| {
                Ok(c.add(TOp::Dot { a: args[0], b: args[1] }, Type::scalar(), args, span))
            })?;
            if op == BinOp::Eq {
                return Ok(eq);
            }
            let one = self.number(Exact::int(1), span);
            return self.add_sub(false, one, eq, span);
        }
        let flip = matches!(op, BinOp::Gt | BinOp::Ge);
        let f = match op {
            BinOp::Eq | BinOp::Ne => Scalar::Eq,
            BinOp::Lt | BinOp::Gt => Scalar::Lt,
            _ => Scalar::Le,
        };
        let out = self.lift(&[a, b], span, &mut |c, args| {
            let (x, y) = if flip { (args[1], args[0]) } else { (args[0], args[1]) };
            let ty = c.node(x).ty.clone();
            match (ty.as_rep(), c.node(y).ty.as_rep()) {
                (Some(r), Some(s)) if r.same(s) && r.is_permutation() => {
                    Ok(c.add(TOp::Map { f, args: vec![x, y] }, ty.clone(), &[x, y], span))
                }
                (Some(r), Some(s)) if r.same(s) => {
                    let rep = r.clone();
                    Err(c.not_pointwise(op.sign(), &rep, span, span, &|v| f64::from(v < 0.3)))
                }
                _ => Err(c.types_differ("compare", x, y, span)),
            }
        })?;
        if op == BinOp::Ne {
            let one = self.number(Exact::int(1), span);
            return self.add_sub(false, one, out, span);
        }
        Ok(out)
    }

    /// Two vectors must lie in one fibre.
    pub(crate) fn same_fibre(&mut self, a: NodeId, b: NodeId, span: Span) -> R<()> {
        let (fa, fb) = (self.node(a).fibre, self.node(b).fibre);
        match (fa, fb) {
            (Some(p), Some(q)) if p != q => Err(self.fibre_mismatch(Some(p), Some(q), span)),
            _ => Ok(()),
        }
    }

    pub(crate) fn fibre_mismatch(&mut self, a: Option<VarId>, b: Option<VarId>, span: Span) -> Reported {
        let name = |c: &Self, v: Option<VarId>| {
            v.map_or("another vertex".to_string(), |v| format!("`{}`", c.model.var(v).name))
        };
        let (x, y) = (name(self, a), name(self, b));
        self.report(
            Diagnostic::error("GDL0107", "vectors of different fibres meet", span, format!("one lies in the tangent plane over {x}, the other over {y}"))
                .note("Every vertex has its own frame; turning the frame of one vertex alone is a symmetry, and it changes only one of the two.")
                .counterexample(Some(format!("frame over {x} turned by 90°:  |f(gx) - g f(x)| / |f(x)| = 1.00")))
                .help("Carry the vector along the edge: `e.transport(x[q])` lies over the destination of `e`."),
        )
    }

    /// A field that lives on two sets of a mesh at once.
    pub(crate) fn two_fibres(&mut self, span: Span) -> Reported {
        self.report(
            Diagnostic::error("GDL0107", "vectors over one vertex are indexed by two", span, "over which of the two does each lie?")
                .counterexample(Some("frame over one of them turned by 90°:  |f(gx) - g f(x)| / |f(x)| = 1.00".into()))
                .note("A field of tangent vectors has one vector for every vertex or edge; a table of them has no fibre of its own.")
                .help("Define it on vertices or on edges alone, or keep invariants: `norm2`, `dot`."),
        )
    }

    /// The gauge of a representation made of two, which belong to one group unless one of them is invariant.
    pub(crate) fn joint_gauge(&mut self, x: &Rep, y: &Rep, span: Span) -> R<Option<u32>> {
        if !self.abstract_mode && x.gauge != y.gauge && !x.is_trivial() && !y.is_trivial() {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0116",
                    "representations of two groups are joined",
                    span,
                    format!("`{x}` and `{y}`"),
                )
                .note("Tangent vectors turn with the frame of their vertex, other vectors with the group of the model.")
                .help("Join invariants: `norm2` of one of the two."),
            ));
        }
        Ok(x.gauge.or(y.gauge))
    }

    pub(crate) fn points_are_affine(&mut self, title: &str, span: Span) -> Reported {
        self.report(
            Diagnostic::error("GDL0109", title.to_string(), span, "positions have no origin")
                .note("Translations act on points; only differences, and averages with weights that sum to one, are fixed by them.")
                .counterexample(Some("translation by (1, 0, 0):  the result moves by a different amount than the points".into()))
                .help("Use differences of points (`x[i] - x[j]` is a vector), `norm2` of them, or `point + vector`."),
        )
    }

    pub(crate) fn types_differ(&mut self, verb: &str, a: NodeId, b: NodeId, span: Span) -> Reported {
        let (ta, tb) = (self.show(&self.node(a).ty), self.show(&self.node(b).ty));
        let (sa, sb) = (self.node(a).span, self.node(b).span);
        let mut d = Diagnostic::error(
            "GDL0101",
            format!("cannot {verb} values of different types"),
            span,
            format!("`{ta}` and `{tb}`"),
        );
        if sa != sb && sa != span && sb != span {
            d = d
                .label(sa, format!("this is `{ta}`"))
                .label(sb, format!("this is `{tb}`"));
        }
        d.help = Some(
            match (self.node(a).ty.as_rep(), self.node(b).ty.as_rep()) {
                (Some(x), Some(y)) if x.is_trivial() != y.is_trivial() => "An invariant and a vector have nothing in common but 0: take `norm2` of the vector, or multiply it by the invariant.",
                (Some(_), Some(_)) => "Map one to the other with `linear(x, V)`, which is projected onto the intertwiners.",
                _ => "Read signals at an index, and use differences of points.",
            }
            .into(),
        );
        self.report(d)
    }

    /// A function that acts on each component alone, on a representation that mixes them.
    pub(crate) fn not_pointwise(
        &mut self,
        name: &str,
        rep: &Rep,
        span: Span,
        at: Span,
        f: &dyn Fn(f64) -> f64,
    ) -> Reported {
        let group = self.model.group.to_string();
        let counter = self.mixed_components(rep, f);
        let mixed = rep
            .flat()
            .blocks()
            .iter()
            .find(|(_, a)| !Rep::from_blocks(vec![(Int::num(1), a.clone())], rep.gauge).is_permutation())
            .map(|(_, a)| a.to_string())
            .unwrap_or_default();
        let who = if self.abstract_mode {
            "the group".to_string()
        } else if rep.gauge.is_some() {
            "the gauge".into()
        } else {
            group
        };
        let mut d = Diagnostic::error(
            "GDL0102",
            format!("`{name}` is not equivariant on this field"),
            span,
            format!("acts on each component alone, but {who} mixes the components of `{mixed}`"),
        );
        if at != span {
            d = d.label(at, format!("`{rep}`"));
        }
        d.note = Some(
            "A componentwise function commutes with the group only where the group permutes the components.".into(),
        );
        d.help = Some(if self.abstract_mode {
            format!(
                "Declare `{mixed}: perm` or `{mixed}: scalars` in `where`, or use `gate` or `norm_act`, which act on norms."
            )
        } else {
            format!(
                "`linear(gated({rep})) |> gate({})` or `norm_act({})`; `{name}` alone is fine on invariants and on `regular`.",
                fn_name(name),
                fn_name(name)
            )
        });
        self.report(d.counterexample(counter))
    }

    /// `vector`: the standard representation on d-space of the model's group; d numbers where none is declared.
    pub(crate) fn vector_rep(&self, d: &Int) -> Rep {
        let n = d.value().and_then(|n| u32::try_from(n).ok());
        match n {
            Some(n) if !self.abstract_mode => match known::vector(&self.model.group, n) {
                Some(vector) if self.model.group != Group::Trivial => vector,
                _ => Rep::scalars(i64::from(n)),
            },
            _ => Rep::atom(Int::num(1), Atom::Vector(d.clone())),
        }
    }
}

fn fn_name(name: &str) -> &str {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name
    } else {
        "silu"
    }
}

/// How a scalar function behaves under x → −x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parity {
    Even,
    Odd,
    Neither,
}
