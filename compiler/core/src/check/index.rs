//! Reading signals: rules gather and choose.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp};
use crate::types::{Elem, Int, Rep, Set, Type};
use gdl_syntax::ast::{Expr, ExprKind, Span};

impl Checker<'_> {
    pub(crate) fn index_expr(&mut self, base: &Expr, indices: &[Expr], span: Span, env: &mut Env) -> R<Val> {
        if let Some(element) = self.permutation_element(base, indices, span, env)? {
            return Ok(element);
        }
        if let Some(domain) = self.literal_domain(base, indices, span, env)? {
            return Ok(domain);
        }
        self.read_indices(base, indices, None, span, env)
    }

    /// `x[q + o] else d`.
    pub(crate) fn read_or(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let ExprKind::Index { base, indices } = &lhs.kind else {
            return Err(self.report(
                Diagnostic::error("GDL0106", "`else` has nothing to replace here", span, "this always has a value")
                    .help("`else` follows a read that can leave its domain (`x[q + o] else 0`) or a reduction over a range that can be empty."),
            ));
        };
        self.read_indices(base, indices, Some(rhs), span, env)
    }

    fn read_indices(
        &mut self,
        base: &Expr,
        indices: &[Expr],
        default: Option<&Expr>,
        span: Span,
        env: &mut Env,
    ) -> R<Val> {
        if let ExprKind::Name(n) = &base.kind
            && n == "permutations"
            && env.get(n).is_none()
        {
            return self.cycles(indices, span);
        }
        let mut val = self.eval(base, env)?;
        for (k, ix) in indices.iter().enumerate() {
            let last = k + 1 == indices.len();
            if let Some((cell, offset)) = self.offset_index(ix, env)? {
                let x = self.to_node(&val, base.span)?;
                let default = if last { default } else { None };
                val = Val::Node(self.offset_read(x, cell, offset, default, span, ix.span, env)?);
                continue;
            }
            let at = self.eval(ix, env)?;
            val = self.index_val(&val, &at, base.span, ix.span, span)?;
        }
        Ok(val)
    }

    /// `val[at]`.
    pub(crate) fn index_val(&mut self, val: &Val, at: &Val, base_span: Span, at_span: Span, span: Span) -> R<Val> {
        if let (Val::List(items), Val::Int(n)) = (val, at) {
            let k = self.known(n, "a position in a list", at_span)?;
            return match usize::try_from(k).ok().and_then(|k| items.get(k)) {
                Some(v) => Ok(v.clone()),
                None => Err(self.error(
                    "GDL0111",
                    "this list is shorter",
                    at_span,
                    format!("it has {} entries", items.len()),
                )),
            };
        }
        if let (Val::Record(fields), Val::Sample) = (val, at) {
            return Ok(Val::Record(fields.clone()));
        }
        let x = self.to_node(val, base_span)?;
        if matches!(at, Val::Sample) {
            return Ok(Val::Node(x));
        }
        let ty = self.node(x).ty.clone();
        let (set, rest) = self.first_set(x, base_span)?;
        match at {
            Val::Var(v) => {
                let over = self.model.var(*v).set.clone();
                if self.sets_match(&over, &set) {
                    if ty.sets.is_empty() {
                        return Ok(Val::Node(self.add_with(
                            TOp::Read { x, at: *v },
                            rest,
                            &[x],
                            &[*v],
                            &[],
                            span,
                        )));
                    }
                    return self.read(x, *v, span).map(Val::Node);
                }
                if self.stands_for(*v, &set) {
                    return self.read(x, *v, span).map(Val::Node);
                }
                if ty.sets.is_empty() {
                    // A permutation representation is also the set of functions on its basis.
                    if let (Set::Points(p), Some(r)) = (&over, ty.as_rep())
                        && p.same(r)
                    {
                        return Ok(Val::Node(self.add_with(
                            TOp::Read { x, at: *v },
                            Type::scalar(),
                            &[x],
                            &[*v],
                            &[],
                            span,
                        )));
                    }
                }
                let (have, want, name) = (
                    self.show_set(&over),
                    self.show_set(&set),
                    self.model.var(*v).name.clone(),
                );
                Err(self.error(
                    "GDL0111",
                    "this index belongs to another set",
                    at_span,
                    format!("`{name}` ranges over `{have}`, but the signal lives on `{want}`"),
                ))
            }
            Val::Int(n) => {
                let k = self.known(n, "an index", at_span)?;
                self.pick(x, k, &set, rest, base_span, at_span, span)
            }
            Val::Word(label) => match &set {
                Set::Enum(names) => match names.iter().position(|m| m == label) {
                    Some(k) => Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span))),
                    None => Err(self.error(
                        "GDL0100",
                        format!("`{label}` is not one of the labels"),
                        at_span,
                        format!("they are {}", names.join(", ")),
                    )),
                },
                _ => Err(self.error("GDL0111", "this is not an index", at_span, "a word")),
            },
            Val::Node(ix) => self.read_computed(x, *ix, &set, rest, at_span, span).map(Val::Node),
            other => Err(self.error(
                "GDL0111",
                "this is not an index",
                at_span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    /// The set that the next bracket reads, and the type that is left.
    fn first_set(&mut self, x: NodeId, span: Span) -> R<(Set, Type)> {
        let ty = self.node(x).ty.clone();
        if let Some(set) = ty.sets.first() {
            return Ok((set.clone(), ty.with_sets(ty.sets[1..].to_vec())));
        }
        match &ty.elem {
            Elem::Rep(r) => match r.opened() {
                Some(space) => Ok((
                    space.sets[0].clone(),
                    Type {
                        sets: space.sets[1..].to_vec(),
                        elem: Elem::Rep(space.rep),
                    },
                )),
                None => {
                    let (n, inner) = r.copies();
                    Ok((Set::Range(n), Type::rep(inner)))
                }
            },
            _ => {
                let shown = self.show(&ty);
                Err(self.report(
                    Diagnostic::error("GDL0111", "there is nothing to index", span, format!("this is `{shown}`"))
                        .help("Brackets read signals and copies (`x[i]`, `n x V`); points and labels have no components: use differences of points."),
                ))
            }
        }
    }

    fn sets_match(&self, a: &Set, b: &Set) -> bool {
        match (a, b) {
            (Set::Points(p), Set::Points(q)) => p.same(q),
            _ => a == b,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn pick(&mut self, x: NodeId, k: i64, set: &Set, rest: Type, base_span: Span, at_span: Span, span: Span) -> R<Val> {
        match set {
            Set::Range(n) => {
                let rep = self.node(x).ty.as_rep().cloned().unwrap_or_default();
                if self.node(x).ty.sets.is_empty() && rep.copies().0.is(1) && !rep.is_trivial() && !rep.is_abstract() {
                    return Err(self.component(&rep, base_span, at_span));
                }
                if let Some(len) = n.value().filter(|len| !(0..*len).contains(&k)) {
                    return Err(self.out_of_range(k, &format!("there are {len} of them, numbered from 0"), at_span));
                }
                Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span)))
            }
            Set::Enum(names) if k >= 0 && (k as usize) < names.len() => {
                Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span)))
            }
            Set::Enum(names) => Err(self.out_of_range(k, &format!("there are {} labels", names.len()), at_span)),
            other => {
                let (shown, moved) = (self.show_set(other), self.moved_element(other));
                Err(self.report(
                    Diagnostic::error(
                        "GDL0104",
                        format!("no element of `{shown}` can be named"),
                        at_span,
                        "the symmetry moves every element",
                    )
                    .counterexample(moved)
                    .note("Relabelling the elements is a symmetry of the domain and fixes none of them.")
                    .help("Bind an index (`y[i] = …`, `sum i: …`), or mark elements by an input signal."),
                ))
            }
        }
    }

    fn out_of_range(&mut self, k: i64, have: &str, span: Span) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0106", "this index is out of range", span, have).help(format!(
                "Elements are numbered from 0, so there is no element {k} here."
            )),
        )
    }

    fn component(&mut self, rep: &Rep, base: Span, at: Span) -> super::Reported {
        let group = self.model.group.to_string();
        self.report(
            Diagnostic::error(
                "GDL0122",
                format!("a component of `{rep}` is not invariant"),
                at,
                "picks one axis of a basis that the group mixes",
            )
            .label(base, format!("`{rep}` of {group}"))
            .note("A component is a covector applied to the vector, and no covector of this representation is fixed.")
            .help("Take `norm2(v)`, `dot(u, v)`, or reduce over `points(V)` where the group permutes the basis."),
        )
    }

    /// A signal read at a computed index or direction.
    fn read_computed(&mut self, x: NodeId, ix: NodeId, set: &Set, rest: Type, at_span: Span, span: Span) -> R<NodeId> {
        let ity = self.node(ix).ty.clone();
        match (set, &ity.elem) {
            (Set::Range(_) | Set::Enum(_), Elem::Index(s)) if self.sets_match(s, set) => {
                self.lift(&[ix], span, &mut |c, args| {
                    Ok(c.add(TOp::Lookup { x, index: args[0] }, rest.clone(), &[x, args[0]], span))
                })
            }
            (Set::Harmonic(h), Elem::Rep(r)) if r.same(&self.vector_rep(&Int::num(i64::from(h.dim)))) => {
                self.lift(&[ix], span, &mut |c, args| {
                    Ok(c.add(TOp::Direction { x, dir: args[0] }, rest.clone(), &[x, args[0]], span))
                })
            }
            (Set::Circle(d), Elem::Rep(r)) if r.same(&self.gauge_irrep(1).in_gauge(d.0)) => {
                let fibre = self.node(ix).fibre;
                let id = self.add(TOp::Direction { x, dir: ix }, rest, &[x, ix], span);
                self.set_fibre(id, fibre);
                Ok(id)
            }
            _ => {
                let (have, want) = (self.show(&ity), self.show_set(set));
                let help = match set {
                    Set::Circle(_) => "Directions in a fibre are vectors of `irrep(1)`: `K[e.angle]`.",
                    Set::Harmonic(_) => "Directions and points are vectors of space: `K[e.dir]`, `K[e.vec]`.",
                    _ => "Bind an index of that set: `y[i] = …`, `sum i: …`.",
                };
                Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        "this index belongs to another set",
                        at_span,
                        format!("a `{have}`, but the signal lives on `{want}`"),
                    )
                    .help(help),
                ))
            }
        }
    }
}
