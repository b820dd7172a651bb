//! Invariant products and functions of whole vectors.

use super::shown::said;
use super::{Checker, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::ir::Scalar;
use crate::typed::{NodeId, TOp};
use crate::types::{Atom, Elem, Int, Rep, Set, Type, known};
use gdl_rep::{Atom as Known, Group};
use gdl_syntax::ast::Span;

impl Checker<'_> {
    /// The invariant inner product; copies are summed over too. Where the group keeps an indefinite form only, it is that form,
    /// which is not the square of a length.
    pub(super) fn dot(&mut self, a: NodeId, b: NodeId, length: bool, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (ta, tb) = (c.node(args[0]).ty.clone(), c.node(args[1]).ty.clone());
            match (ta.as_rep(), tb.as_rep()) {
                (Some(x), Some(y)) if x.same(y) && (x.is_orthogonal(&c.model.group) || !length && c.has_form(x)) => {
                    c.same_fibre(args[0], args[1], span)?;
                    Ok(c.add(TOp::Dot { a: args[0], b: args[1] }, Type::scalar(), args, span))
                }
                (Some(x), Some(y)) if x.same(y) && c.concrete(x).is_some() => Err(c.no_length(x, span)),
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

    /// Whether the group keeps a symmetric form on a known representation.
    fn has_form(&self, rep: &Rep) -> bool {
        self.concrete(rep).is_some_and(|(_, known)| known.form().is_some())
    }

    /// A length, or an inner product, of a representation without an invariant positive form.
    pub(super) fn no_length(&mut self, rep: &Rep, span: Span) -> Reported {
        let group = self.model.group.to_string();
        let square = |v: &[f64]| vec![v.iter().map(|x| x * x).sum::<f64>()];
        let longer = self.concrete(rep).and_then(|(group, known)| {
            let number = gdl_rep::Rep::trivial(group.clone(), 1);
            gdl_rep::witness::generic(&group, &known, &number, square).map(said)
        });
        let (label, help) = match self.has_form(rep) {
            true => (
                format!("{group} keeps an indefinite form on `{rep}`, no lengths"),
                "`dot(u, v)` is that form, an invariant of either sign; it has no root, and nothing is normalised by it.",
            ),
            false => (
                format!("{group} keeps no inner product on `{rep}`"),
                "Pair it with a vector of the dual, or take the invariants of a product: `linear(tensor(u, v), 1)`.",
            ),
        };
        self.report(
            Diagnostic::error(
                "GDL0108",
                format!("`{rep}` has no invariant inner product"),
                span,
                label,
            )
            .counterexample(longer)
            .help(help),
        )
    }

    pub(super) fn tensor(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let (Some(x), Some(y)) = (
                c.node(args[0]).ty.as_rep().cloned(),
                c.node(args[1]).ty.as_rep().cloned(),
            ) else {
                return Err(c.points_are_affine("a point has no tensor product", span));
            };
            c.same_fibre(args[0], args[1], span)?;
            let gauge = c.joint_gauge(&x, &y, span)?;
            let atom = Atom::Kron(Box::new(x), Box::new(y));
            let rep = c.rep_fits(Rep::from_blocks(vec![(Int::num(1), atom)], gauge), span)?;
            Ok(c.add(TOp::Tensor { a: args[0], b: args[1] }, Type::rep(rep), args, span))
        })
    }

    /// `u × v`: of vectors of the same parity a pseudovector.
    pub(super) fn cross(&mut self, a: NodeId, b: NodeId, span: Span) -> R<NodeId> {
        self.lift(&[a, b], span, &mut |c, args| {
            let group = c.model.group.clone();
            let pair = (
                c.node(args[0]).ty.as_rep().cloned(),
                c.node(args[1]).ty.as_rep().cloned(),
            );
            let (Some(x), Some(y)) = pair else {
                return Err(c.points_are_affine("a point has no cross product", span));
            };
            let out = match c.abstract_mode {
                false => known::cross(&group, &x, &y),
                true => Some(x.clone()).filter(|x| x.same(&y)),
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

    pub(super) fn argmax(&mut self, x: NodeId, span: Span) -> R<NodeId> {
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

    pub(super) fn harmonics(&mut self, x: NodeId, l: i64, span: Span) -> R<NodeId> {
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
                rep = rep.plus(&c.harmonic(d, span)?);
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

    /// The representation of the harmonics of degree l: of O(3), or what a group that acts on space makes of it.
    fn harmonic(&mut self, l: u32, span: Span) -> R<Rep> {
        let group = self.model.group.clone();
        let odd = l % 2 == 1;
        let one = |atom| Rep::atom(Int::num(1), Atom::Known(atom));
        if let Some(atom) = known::o3_irrep(&group, l, odd) {
            return Ok(one(atom));
        }
        if self.abstract_mode {
            return Ok(one(known::o3(l, odd)));
        }
        if known::vector(&group, 3).is_none() {
            return Ok(Rep::scalars(2 * i64::from(l) + 1));
        }
        let restricted = gdl_rep::Rep::new(Group::O3, [(1, known::o3(l, odd))])
            .map(|r| Known::Restrict(Box::new(r)))
            .and_then(|atom| atom.checked(&group));
        match restricted {
            Ok(atom) => Ok(one(atom)),
            Err(_) => Err(self.error(
                "GDL0116",
                format!("{group} is no subgroup of O(3)"),
                span,
                "harmonics are representations of O(3) and its subgroups",
            )),
        }
    }

    pub(super) fn select(&mut self, list: &[NodeId], span: Span) -> R<NodeId> {
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
    pub(super) fn split(&mut self, x: NodeId, r: &Rep, span: Span) -> R<Val> {
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
            match m.neg().and_then(|m| n.add(&m)) {
                Some(left) if left.is(0) => {}
                Some(left) if left.value().is_none_or(|v| v > 0) => rest.insert(0, (left, a.clone())),
                _ => ok = false,
            }
        }
        ok &= all.gauge == front.gauge || front.is_trivial();
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
}
