//! Elements and subgroups as values: `D(4).r^2`, `generated(…)`, `stabilizer(G, V, v)`, and the representations made from them.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::types::{Atom, Int, Rep};
use gdl_rep::element::Elem;
use gdl_rep::{Atom as Known, Element, Exact, Group, Subgroup, stabilizer};
use gdl_syntax::ast::{Arg, Expr, ExprKind, Ident, Span};

/// Functions that make subgroups, and representations from them.
pub(crate) const SUBGROUPS: [&str; 5] = ["stabilizer", "centralizer", "normalizer", "generated", "restrict"];

impl Checker<'_> {
    /// `stabilizer(O(3), vector, (0, 0, 1))` and the like.
    pub(crate) fn subgroup(&mut self, word: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let found = match (word, args) {
            ("stabilizer", [g, v, x]) => {
                let group = self.group_named(&g.value, env)?;
                let numbers = self.exact_numbers(&x.value, env)?;
                if matches!(&v.value.kind, ExprKind::Name(n) if n == "axis" && env.get(n).is_none()) {
                    stabilizer_of_axis(&group, &numbers)
                } else {
                    let rep = self.rep_of(&group, &v.value, env)?;
                    stabilizer::stabilizer(&rep, &numbers)
                }
            }
            ("centralizer", [g, of @ ..]) if !of.is_empty() => {
                let group = self.group_named(&g.value, env)?;
                let of = self.elements_in(&group, of, env)?;
                stabilizer::centralizer(&group, &of)
            }
            ("normalizer", [g, h]) => {
                let group = self.group_named(&g.value, env)?;
                let of = self.group_named(&h.value, env)?;
                stabilizer::normalizer(&group, &of)
            }
            ("generated", [first, ..]) => {
                let Val::Element(group, _) = self.eval(&first.value, env)? else {
                    return Err(self.not_an_element(first.value.span));
                };
                let by = self.elements_in(&group, args, env)?;
                stabilizer::generated(&group, &by)
            }
            ("restrict", [v, h]) => return self.restriction(v, h, env),
            _ => {
                return Err(self.error(
                    "GDL0111",
                    format!("`{word}` has other arguments"),
                    span,
                    "`stabilizer(G, V, v)`, `centralizer(G, g, …)`, `normalizer(G, H)`, `generated(g, …)`, `restrict(V, H)`",
                ));
            }
        };
        found
            .map(Val::Group)
            .map_err(|e| self.error("GDL0116", "this subgroup cannot be computed", span, e.to_string()))
    }

    /// A representation of another group than the model's.
    fn rep_of(&mut self, group: &Group, e: &Expr, env: &mut Env) -> R<gdl_rep::Rep> {
        let outer = std::mem::replace(&mut self.model.group, group.clone());
        let mode = std::mem::replace(&mut self.abstract_mode, false);
        let rep = self.eval_rep(e, env);
        let known = rep.and_then(|r| match self.concrete(&r) {
            Some((g, k)) if g == *group => Ok(k),
            _ => Err(self.error(
                "GDL0116",
                format!("this is no representation of {group}"),
                e.span,
                format!("`{r}`"),
            )),
        });
        self.model.group = outer;
        self.abstract_mode = mode;
        known
    }

    /// `(0, 0, 1)`, `[(0, 0, 1), (1, 0, 0)]`: the numbers one after the other.
    pub(super) fn exact_numbers(&mut self, e: &Expr, env: &mut Env) -> R<Vec<Exact>> {
        let parts: Vec<&Expr> = match &e.kind {
            ExprKind::Tuple(args) => args.iter().map(|a| &a.value).collect(),
            ExprKind::List(items) => items.iter().collect(),
            _ => {
                let v = self.eval(e, env)?;
                return Ok(vec![self.as_exact(&v, e.span)?]);
            }
        };
        let mut out = Vec::new();
        for p in parts {
            out.extend(self.exact_numbers(p, env)?);
        }
        Ok(out)
    }

    fn elements_in(&mut self, group: &Group, args: &[Arg], env: &mut Env) -> R<Vec<Element>> {
        let mut out = Vec::new();
        for a in args {
            match self.eval(&a.value, env)? {
                Val::Element(g, x) if g == *group => out.push(x),
                Val::Element(g, _) => {
                    return Err(self.error(
                        "GDL0116",
                        format!("this is not an element of {group}"),
                        a.value.span,
                        format!("an element of {g}"),
                    ));
                }
                _ => return Err(self.not_an_element(a.value.span)),
            }
        }
        Ok(out)
    }

    fn not_an_element(&mut self, span: Span) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0111", "an element of a group is needed here", span, "not an element")
                .help("Write `D(4).r`, `D(4).f`, products and powers of these, `S(4)[(1 2)(3 4)]`, `SO(3).rotation((0, 0, 1), 1/4)`."),
        )
    }

    /// `restrict(V, H)`: a representation of the group that H is a subgroup of, as one of H, the model's group.
    fn restriction(&mut self, v: &Arg, h: &Arg, env: &mut Env) -> R<Val> {
        let sub = self.group_named(&h.value, env)?;
        let parent = match &sub {
            Group::Subgroup(s) => s.parent().clone(),
            Group::Axial(a) => a.parent(),
            other => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0116",
                        format!("{other} is not written as a subgroup"),
                        h.value.span,
                        "of which group is this a subgroup?",
                    )
                    .help("Write `stabilizer(G, V, v)` or `generated(…)`, which say in which group they lie."),
                ));
            }
        };
        if sub != self.model.group && !self.abstract_mode {
            let own = self.model.group.to_string();
            return Err(self.error(
                "GDL0116",
                format!("this is a representation of {sub}"),
                h.value.span,
                format!("the model is under {own}"),
            ));
        }
        let rep = self.rep_of(&parent, &v.value, env)?;
        Ok(Val::Rep(Rep::atom(
            Int::num(1),
            Atom::Known(Known::Restrict(Box::new(rep))),
        )))
    }

    /// `quotient(H)`: functions on the cosets of H in the model's group.
    pub(crate) fn quotient(&mut self, h: &Arg, env: &mut Env) -> R<Val> {
        let sub = self.group_named(&h.value, env)?;
        let group = self.model.group.clone();
        if self.abstract_mode || sub == group {
            return Ok(Val::Rep(Rep::scalars(1)));
        }
        let atom = match &sub {
            Group::Trivial => Ok(Known::Regular),
            Group::Subgroup(s) if *s.parent() == group => Ok(Known::Quotient((**s).clone())),
            _ => {
                let inside: Option<Vec<Element>> = sub.generators().iter().map(|g| sub.include(&group, g)).collect();
                match inside {
                    Some(by) => Subgroup::generated(&group, &by)
                        .map(Known::Quotient)
                        .map_err(|e| e.to_string()),
                    None => Err(format!("{sub} is not a subgroup of {group} by a known inclusion")),
                }
            }
        };
        match atom.and_then(|a| a.checked(&group).map_err(|e| e.to_string())) {
            Ok(a) => Ok(Val::Rep(Rep::atom(Int::num(1), Atom::Known(a)))),
            Err(why) => Err(self.error("GDL0116", format!("{group} has no such cosets"), h.value.span, why)),
        }
    }

    /// `G.r`, `G.f`.
    pub(crate) fn named_element(&mut self, group: &Group, name: &Ident) -> R<Val> {
        let list = group.named_elements();
        match list.iter().find(|(n, _)| *n == name.name) {
            Some((_, g)) => Ok(Val::Element(group.clone(), g.clone())),
            None => {
                let names: Vec<String> = list.iter().map(|(n, _)| n.to_string()).collect();
                Err(self.unknown(&name.name, name.span, "element", &names))
            }
        }
    }

    /// `S(4)[(1 2)(3 4)]`, if the index is a permutation.
    pub(crate) fn permutation_element(
        &mut self,
        base: &Expr,
        indices: &[Expr],
        span: Span,
        env: &mut Env,
    ) -> R<Option<Val>> {
        let [
            Expr {
                kind: ExprKind::Cycles(cycles),
                ..
            },
        ] = indices
        else {
            return Ok(None);
        };
        let group = match &base.kind {
            ExprKind::Name(n) if n == "permutations" => return Ok(None),
            _ => self.group_named(base, env)?,
        };
        let Group::S(n) = group else {
            return Err(self.error(
                "GDL0116",
                format!("elements of {group} are not written by cycles"),
                span,
                "`S(n)` has permutations",
            ));
        };
        let mut image: Vec<u32> = (0..n).collect();
        for cycle in cycles {
            for (k, &p) in cycle.iter().enumerate() {
                let to = cycle[(k + 1) % cycle.len()];
                if !(1..=n).contains(&p) || image[p as usize - 1] != p - 1 {
                    return Err(self.error(
                        "GDL0116",
                        "this is no permutation",
                        span,
                        format!("points are 1 to {n}, each at most once"),
                    ));
                }
                image[p as usize - 1] = to.saturating_sub(1);
            }
        }
        Ok(Some(Val::Element(Group::S(n), Elem::Permutation(image))))
    }

    /// `SO(3).rotation((0, 0, 1), 1/4)`: about an axis, in turns; `O(2).rotation(1/8)`.
    pub(crate) fn rotation(&mut self, group: &Group, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let planar = matches!(group, Group::SO2 | Group::O2);
        let (axis, turns) = match (args, planar) {
            ([t], true) => (vec![Exact::ONE], &t.value),
            ([n, t], false) if matches!(group, Group::SO3 | Group::O3) => {
                (self.exact_numbers(&n.value, env)?, &t.value)
            }
            _ => {
                return Err(self.error(
                    "GDL0111",
                    "a rotation has an axis and a number of turns",
                    span,
                    "`SO(3).rotation((0, 0, 1), 1/4)`, `SO(2).rotation(1/4)`",
                ));
            }
        };
        let v = self.eval(turns, env)?;
        let t = self.as_exact(&v, turns.span)?;
        let ratio = (if t.f < 0.0 { -t } else { t }).as_ratio();
        let Some((k, n)) = ratio.and_then(|(k, n)| Some((i64::try_from(k).ok()?, n))) else {
            return Err(self.error("GDL0116", "turns are a fraction", turns.span, "`1/4`, `2/3`"));
        };
        let k = if t.f < 0.0 { -k } else { k };
        let (cos, sin) = (Exact::cos_2pi(k, n), Exact::sin_2pi(k, n));
        let element = if planar {
            Elem::Circle { flip: false, cos, sin }
        } else {
            let square = axis.iter().fold(Exact::ZERO, |s, x| s + *x * *x);
            let length = square.as_ratio().map(|(a, b)| Exact::sqrt_ratio(a, b));
            let (3, Some(length), true) = (axis.len(), length, square.f > 0.0) else {
                return Err(self.error("GDL0116", "this is no axis", span, "three fractions, not all 0"));
            };
            let u: Vec<Exact> = axis.iter().map(|x| *x / length).collect();
            // Rodrigues: cos·1 + (1 − cos) u uᵀ + sin [u]×.
            Elem::Space(std::array::from_fn(|at| {
                let (i, j) = (at / 3, at % 3);
                let one = if i == j { cos } else { Exact::ZERO };
                let skew = match (3 + j - i) % 3 {
                    1 => -(sin * u[(j + 1) % 3]),
                    2 => sin * u[(i + 1) % 3],
                    _ => Exact::ZERO,
                };
                one + (Exact::ONE - cos) * u[i] * u[j] + skew
            }))
        };
        Ok(Val::Element(group.clone(), element))
    }

    /// Products of elements of one group.
    pub(crate) fn element_product(&mut self, a: (&Group, &Element), b: (&Group, &Element), span: Span) -> R<Val> {
        match (a.0 == b.0).then(|| a.0.compose(a.1, b.1)).flatten() {
            Some(g) => Ok(Val::Element(a.0.clone(), g)),
            None => Err(self.error(
                "GDL0116",
                "elements of different groups have no product",
                span,
                format!("of {} and of {}", a.0, b.0),
            )),
        }
    }
}

/// What maps a vector v to ±v: the stabiliser of v ⊗ v.
fn stabilizer_of_axis(group: &Group, v: &[Exact]) -> Result<Group, gdl_rep::Error> {
    let vector = gdl_rep::Rep::atom(group.clone(), Known::vector(group, v.len() as u32)?)?;
    let pair = Known::Kron(Box::new(vector.clone()), Box::new(vector));
    let square: Vec<Exact> = v.iter().flat_map(|x| v.iter().map(move |y| *x * *y)).collect();
    stabilizer::stabilizer(&gdl_rep::Rep::atom(group.clone(), pair)?, &square)
}
