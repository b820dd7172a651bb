//! Group expressions: names, constructions, generators.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use gdl_rep::finite::perm;
use gdl_rep::{Element, Exact, Group, Subgroup};
use gdl_syntax::ast::{Arg, Expr, ExprKind, Span};

/// Groups without parameters.
const NAMES: [&str; 8] = ["O", "Oh", "T", "Td", "Th", "I", "Ih", "Q8"];

/// Groups with sizes as parameters.
const FAMILIES: [&str; 11] = ["C", "D", "S", "A", "Dic", "SO", "O", "U", "SU", "Sp", "SL"];

/// Functions whose value is a group.
const CONSTRUCTIONS: [&str; 8] = [
    "wreath",
    "semidirect",
    "permutations",
    "matrices",
    "wallpaper",
    "center",
    "derived",
    "lie_group",
];

/// Is this the name of a group?
pub(crate) fn is_group(n: &str) -> bool {
    NAMES.contains(&n)
}

/// Is this a function whose value is a group?
pub(crate) fn is_group_call(n: &str) -> bool {
    FAMILIES.contains(&n) || CONSTRUCTIONS.contains(&n)
}

/// All names of this page, for suggestions.
pub(crate) fn group_names() -> impl Iterator<Item = String> {
    let all = NAMES.into_iter().chain(FAMILIES).chain(CONSTRUCTIONS);
    all.map(str::to_string)
}

impl Checker<'_> {
    /// A group by its name alone.
    pub(crate) fn group_by_name(&mut self, n: &str, span: Span) -> R<Val> {
        self.made(Group::named(n, &[]), span)
    }

    /// `C(4)`, `A(5)`, `wreath(C(3), C(2))`, `permutations([[1, 2, 0]])`.
    pub(crate) fn group_call(&mut self, n: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        if FAMILIES.contains(&n) {
            let mut list = Vec::new();
            for a in args {
                let k = self.eval_int(&a.value, env)?;
                list.push(self.known(&k, "the size of a group", a.value.span)?);
            }
            return self.made(Group::named(n, &list), span);
        }
        match (n, args) {
            ("wreath", [a, b]) => {
                let (base, top) = (self.group_named(&a.value, env)?, self.group_named(&b.value, env)?);
                self.made(Group::wreath(&base, &top), span)
            }
            ("semidirect", [a, b, action]) => {
                let (kernel, top) = (self.group_named(&a.value, env)?, self.group_named(&b.value, env)?);
                let val = self.eval(&action.value, env)?;
                let images = self.images(&kernel, &top, &val, action.value.span)?;
                self.made(Group::semidirect(&kernel, &top, &images), span)
            }
            ("permutations", [a]) => {
                let Val::List(items) = self.eval(&a.value, env)? else {
                    return Err(self.no_images(a.value.span));
                };
                let mut generators = Vec::new();
                for item in &items {
                    let Some(images) = integers(item) else {
                        return Err(self.no_images(a.value.span));
                    };
                    match perm::from_images(&images) {
                        Ok(p) => generators.push(p),
                        Err(e) => return Err(self.no_group(e, a.value.span)),
                    }
                }
                self.made(Group::permutations(&generators), span)
            }
            ("matrices", _) => {
                let mut generators = Vec::new();
                let mut dim = 0;
                for a in args {
                    let val = self.eval(&a.value, env)?;
                    let (matrix, rows) = self.matrix(&val, a.value.span)?;
                    if dim != 0 && rows != dim {
                        return Err(self.error(
                            "GDL0116",
                            "no such group",
                            a.value.span,
                            format!("this matrix has {rows} rows, the first one {dim}"),
                        ));
                    }
                    dim = rows;
                    generators.push(matrix);
                }
                self.made(Group::matrices(&generators, dim), span)
            }
            ("wallpaper", [a]) => {
                let ExprKind::Name(name) = &a.value.kind else {
                    return Err(self.error(
                        "GDL0116",
                        "no such group",
                        a.value.span,
                        "wallpaper groups are called `p1` to `p6m`",
                    ));
                };
                self.made(Group::wallpaper(name), span)
            }
            ("center", [a]) => {
                let group = self.group_named(&a.value, env)?;
                self.made(Subgroup::center(&group).map(|sub| sub.as_group()), span)
            }
            ("lie_group", _) => self.lie_group(args, span, env),
            ("derived", [a]) => {
                let group = self.group_named(&a.value, env)?;
                self.made(Subgroup::derived(&group).map(|sub| sub.as_group()), span)
            }
            _ => Err(self.error(
                "GDL0111",
                format!("`{n}` has other arguments"),
                span,
                format!("{} were given", args.len()),
            )),
        }
    }

    /// `permutations[(1 2 3 4)(5 6 7 8), (1 5 3 7)(2 8 4 6)]`.
    pub(crate) fn cycles(&mut self, generators: &[Expr], span: Span) -> R<Val> {
        let mut list = Vec::new();
        for g in generators {
            let ExprKind::Cycles(cycles) = &g.kind else {
                return Err(self.report(
                    Diagnostic::error("GDL0116", "no such group", g.span, "not a permutation")
                        .help("Write cycles of points, `permutations[(1 2 3), (1 2)]`, or lists of images counted from 0, `permutations([[1, 2, 0]])`."),
                ));
            };
            match perm::from_cycles(cycles) {
                Ok(p) => list.push(p),
                Err(e) => return Err(self.no_group(e, g.span)),
            }
        }
        self.made(Group::permutations(&list), span)
    }

    /// `G / N`: the quotient by a normal subgroup.
    pub(crate) fn quotient_group(&mut self, group: &Group, by: &Group, span: Span) -> R<Val> {
        // Subgroups of subgroups have the same elements.
        let subgroup = match by {
            Group::Subgroup(sub) => Subgroup::generated(group, &sub.generators()),
            Group::Trivial => Subgroup::generated(group, &[]),
            by if by == group => Subgroup::whole(group),
            _ => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0116",
                        "no such group",
                        span,
                        format!("{by} is not a subgroup of {group}"),
                    )
                    .help("Divide by a subgroup as a value: `center(G)`, `derived(G)`, `generated(…)`."),
                ));
            }
        };
        self.made(subgroup.and_then(|sub| Group::quotient(&sub)), span)
    }

    fn made(&mut self, group: Result<Group, gdl_rep::Error>, span: Span) -> R<Val> {
        group.map(Val::Group).map_err(|e| self.no_group(e, span))
    }

    fn no_group(&mut self, e: gdl_rep::Error, span: Span) -> super::Reported {
        self.error("GDL0116", "no such group", span, e.to_string())
    }

    fn no_images(&mut self, span: Span) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0116", "no such group", span, "not lists of images")
                .help("`permutations([[1, 2, 0], [1, 0, 2]])`: each list says where 0, 1, 2, … go."),
        )
    }

    /// For each generator of the group above: the images of the generators of an abelian group below, given by one exponent
    /// (of a cyclic group), by a matrix of exponents, or by a list of these.
    fn images(&mut self, kernel: &Group, top: &Group, val: &Val, span: Span) -> R<Vec<Vec<Element>>> {
        let generators = kernel.generators();
        let image = |exponents: &[i64]| -> Option<Element> {
            let mut powers = generators.iter().zip(exponents);
            powers.try_fold(kernel.identity(), |product, (g, &k)| {
                product.compose(&kernel.power(g, k)?)
            })
        };
        let action = |val: &Val| -> Option<Vec<Element>> {
            let rows: Vec<Vec<i64>> = match val {
                Val::List(rows) => rows.iter().map(integers).collect::<Option<_>>()?,
                one => vec![vec![integer(one)?]],
            };
            let square = rows.len() == generators.len() && rows.iter().all(|r| r.len() == generators.len());
            rows.iter()
                .map(|row| image(row))
                .collect::<Option<Vec<_>>>()
                .filter(|_| square)
        };
        let count = top.generators().len();
        let found = match val {
            Val::List(items) if count > 1 || action(val).is_none() => items.iter().map(&action).collect(),
            one => action(one).map(|a| vec![a]),
        };
        found.filter(|f: &Vec<_>| f.len() == count).ok_or_else(|| {
            self.report(
                Diagnostic::error("GDL0116", "no such group", span, "not an action on the first group")
                    .help(format!(
                        "For each of the {count} generators of {top}: an exponent k (r ↦ r^k) if {kernel} is cyclic, otherwise a matrix of exponents with a row for the image of each of its {} generators.",
                        generators.len()
                    )),
            )
        })
    }

    /// A square matrix of numbers, row-major, and the number of its rows.
    pub(super) fn matrix(&mut self, val: &Val, span: Span) -> R<(Vec<Exact>, usize)> {
        let entry = |val: &Val| match val {
            Val::Int(n) => n.value().map(Exact::int),
            Val::Num(x) => Some(*x),
            _ => None,
        };
        let rows: Option<Vec<Vec<Exact>>> = match val {
            Val::List(rows) => rows
                .iter()
                .map(|row| match row {
                    Val::List(items) => items.iter().map(entry).collect(),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        match rows {
            Some(rows) if !rows.is_empty() && rows.iter().all(|r| r.len() == rows.len()) => {
                let n = rows.len();
                Ok((rows.concat(), n))
            }
            _ => Err(self.report(
                Diagnostic::error("GDL0116", "no such group", span, "not a square matrix of numbers")
                    .help("`matrices([[0, -1], [1, 0]], [[1, 0], [0, -1]])`: one list of rows for each generator."),
            )),
        }
    }
}

fn integer(val: &Val) -> Option<i64> {
    match val {
        Val::Int(n) => n.value(),
        _ => None,
    }
}

fn integers(val: &Val) -> Option<Vec<i64>> {
    match val {
        Val::List(items) => items.iter().map(integer).collect(),
        _ => None,
    }
}
