//! Rule offset: reads at fixed offsets, windows, and the defaults of reads that leave their domain.

use super::nodes_util::grid_of;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, Offset, TOp, VarId};
use crate::types::{DomainKind, Elem, Int, Rep, Set, Type};
use gdl_rep::{Exact, Group, witness};
use gdl_syntax::ast::{BinOp, Expr, ExprKind, Span};

/// An offset, whether it is subtracted, and where it stands.
type WrittenOffset = (Val, bool, Span);

impl Checker<'_> {
    /// `q + o`, `q - o` with a cell variable q: the cell and the offset.
    pub(super) fn offset_index(&mut self, e: &Expr, env: &mut Env) -> R<Option<(VarId, WrittenOffset)>> {
        let ExprKind::Binary {
            op: op @ (BinOp::Add | BinOp::Sub),
            lhs,
            rhs,
        } = &e.kind
        else {
            return Ok(None);
        };
        let ExprKind::Name(name) = &lhs.kind else {
            return Ok(None);
        };
        let Some(Val::Var(cell)) = env.get(name).cloned() else {
            return Ok(None);
        };
        if !matches!(self.model.var(cell).set, Set::Nodes(_)) {
            return Ok(None);
        }
        let offset = match &rhs.kind {
            ExprKind::Tuple(args) => {
                let mut list = Vec::new();
                for a in args {
                    list.push(self.eval(&a.value, env)?);
                }
                Val::List(list)
            }
            _ => self.eval(rhs, env)?,
        };
        Ok(Some((cell, (offset, *op == BinOp::Sub, rhs.span))))
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn offset_read(
        &mut self,
        x: NodeId,
        cell: VarId,
        offset: WrittenOffset,
        default: Option<&Expr>,
        span: Span,
        at_span: Span,
        env: &mut Env,
    ) -> R<NodeId> {
        let ty = self.node(x).ty.clone();
        let Set::Nodes(at_dom) = self.model.var(cell).set.clone() else {
            return Err(self.error(
                "GDL0111",
                "only cells of a grid have neighbours at offsets",
                at_span,
                "not a grid cell",
            ));
        };
        let Some(Set::Nodes(dom)) = ty.sets.first().cloned() else {
            let shown = self.show(&ty);
            return Err(self.error(
                "GDL0111",
                "only signals on a grid are read at offsets",
                span,
                format!("this is `{shown}`"),
            ));
        };
        if at_dom == dom && self.domain(dom).kind.is_ordered() {
            return self.steps_read(x, cell, offset, default, span, env);
        }
        let Some(grid) = grid_of(self, dom) else {
            let (shown, moved) = (self.show_set(&Set::Nodes(dom)), self.moved_element(&Set::Nodes(dom)));
            return Err(self.report(
                Diagnostic::error(
                    "GDL0104",
                    format!("`{shown}` has no offsets"),
                    at_span,
                    "only grids have neighbours at fixed offsets",
                )
                .counterexample(moved)
                .help("Declare the domain as `grid(d)`, or use `scan` on a `seq` and edges on a graph."),
            ));
        };
        let rest = ty.with_sets(ty.sets[1..].to_vec());
        let (off, negative, off_span) = offset;
        let (offset, extra) = match off {
            Val::Var(o) => {
                let Set::Window(w_dom, size) = self.model.var(o).set.clone() else {
                    return Err(self.error(
                        "GDL0111",
                        "an offset must come from a window",
                        off_span,
                        "write `o in p.window(3)`",
                    ));
                };
                if w_dom != dom {
                    return Err(self.error(
                        "GDL0111",
                        "this window belongs to another grid",
                        off_span,
                        self.show_set(&Set::Window(w_dom, size)),
                    ));
                }
                if negative {
                    return Err(self.error("GDL0111", "write `q + o`", off_span, "the window contains −o with o"));
                }
                self.window_fits(at_dom, dom, &size, off_span)?;
                (Offset::Window(o), vec![cell, o])
            }
            Val::Int(n) => {
                self.own_cell(at_dom, dom, off_span)?;
                let v = self.known(&n, "an offset", off_span)?;
                (
                    Offset::Literal(self.literal_offset(&[v], negative, dom, off_span)?),
                    vec![cell],
                )
            }
            Val::List(items) => {
                self.own_cell(at_dom, dom, off_span)?;
                let mut v = Vec::new();
                for i in &items {
                    match i {
                        Val::Int(n) => v.push(self.known(&n.clone(), "an offset", off_span)?),
                        other => {
                            return Err(self.error(
                                "GDL0111",
                                "an offset has whole coordinates",
                                off_span,
                                other.describe(),
                            ));
                        }
                    }
                }
                (
                    Offset::Literal(self.literal_offset(&v, negative, dom, off_span)?),
                    vec![cell],
                )
            }
            other => {
                return Err(self.error(
                    "GDL0111",
                    "this is not an offset",
                    off_span,
                    format!("this is {}", other.describe()),
                ));
            }
        };
        let zero = matches!(&offset, Offset::Literal(v) if v.iter().all(|&k| k == 0));
        let default = match default {
            Some(d) => Some(self.default_value(d, &rest, env)?),
            None if grid.wrap || zero || self.reads_inside(at_dom, dom) => None,
            None if matches!(rest.elem, Elem::Point(_)) => {
                return Err(self.points_are_affine("a point outside the grid has no value to stand for it", span));
            }
            None => {
                return Err(self.report(
                    Diagnostic::error("GDL0106", "this read can leave the grid", span, "what is its value outside?")
                        .help("Write `(x[q + o] else 0)`: 0 is fixed in every representation; or declare the grid with `edge = wrap`."),
                ));
            }
        };
        let mut args = vec![x];
        args.extend(default);
        Ok(self.add_with(
            TOp::Offset {
                x,
                cell,
                offset,
                default,
            },
            rest,
            &args,
            &extra,
            &[],
            span,
        ))
    }

    /// `x[t - k]` on a sequence, whose order is data: k is a number, or an index of `0..n`.
    fn steps_read(
        &mut self,
        x: NodeId,
        at: VarId,
        (off, back, off_span): WrittenOffset,
        default: Option<&Expr>,
        span: Span,
        env: &mut Env,
    ) -> R<NodeId> {
        if self.model.var(at).kind == crate::typed::VarKind::Step {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "a loop reads a sequence at its own step",
                    span,
                    "another element",
                )
                .help("Define the signal before the loop: `u[t] = (x[t - 1] else 0)`, and read `u[t]` in it."),
            ));
        }
        let (offset, extra) = match off {
            Val::Int(n) => {
                let k = self.known(&n, "an offset", off_span)?;
                let k = if back { -k } else { k };
                match i32::try_from(k).ok().filter(|k| k.abs() <= 4096) {
                    Some(k) => (Offset::Literal(vec![k]), vec![at]),
                    None => {
                        return Err(self.error("GDL0124", "this offset is out of bounds", off_span, "-4096 to 4096"));
                    }
                }
            }
            Val::Var(by) if matches!(self.model.var(by).set, Set::Range(_)) => {
                (Offset::Steps { by, back }, vec![at, by])
            }
            other => {
                return Err(self.report(
                    Diagnostic::error("GDL0111", "this is not an offset", off_span, format!("this is {}", other.describe()))
                        .help("Elements of a sequence are read at a number, `x[t - 1]`, or at an index of a range: `sum k in 0..3: (x[t - k] else 0)`."),
                ));
            }
        };
        let ty = self.node(x).ty.clone();
        let rest = ty.with_sets(ty.sets[1..].to_vec());
        let default = match default {
            Some(d) => Some(self.default_value(d, &rest, env)?),
            None if offset == Offset::Literal(vec![0]) => None,
            None if matches!(rest.elem, Elem::Point(_)) => {
                return Err(self.points_are_affine("a point outside the sequence has no value to stand for it", span));
            }
            None => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0106",
                        "this read can leave the sequence",
                        span,
                        "what is its value outside?",
                    )
                    .help("Write `(x[t - 1] else 0)`: 0 is fixed in every representation."),
                ));
            }
        };
        let mut args = vec![x];
        args.extend(default);
        let op = TOp::Offset {
            x,
            cell: at,
            offset,
            default,
        };
        Ok(self.add_with(op, rest, &args, &extra, &[], span))
    }

    /// Windows of a coarse cell without padding lie inside the fine grid.
    fn reads_inside(&self, at: crate::types::DomainId, fine: crate::types::DomainId) -> bool {
        matches!(&self.domain(at).kind, DomainKind::Coarse { of, pad, .. } if *of == fine && pad.is(0))
    }

    /// A named offset is counted from a cell of the signal's own grid: a coarser cell has no centre among the finer ones.
    fn own_cell(&mut self, at: crate::types::DomainId, dom: crate::types::DomainId, span: Span) -> R<()> {
        if at == dom {
            return Ok(());
        }
        let coarse = matches!(&self.domain(at).kind, DomainKind::Coarse { of, .. } if *of == dom);
        let (a, b) = (self.show_set(&Set::Nodes(at)), self.show_set(&Set::Nodes(dom)));
        Err(self.report(
            Diagnostic::error(
                if coarse { "GDL0104" } else { "GDL0111" },
                if coarse {
                    "an offset from a coarse cell names a corner of its window"
                } else {
                    "these are cells of another grid"
                },
                span,
                format!("a cell of `{a}`, but the signal lives on `{b}`"),
            )
            .counterexample(self.moved_element(&Set::Nodes(at)).filter(|_| coarse))
            .help("Sum over the window of the coarse cell: `sum o in p.window(n): K[o](x[q + o])`."),
        ))
    }

    fn window_fits(
        &mut self,
        at: crate::types::DomainId,
        fine: crate::types::DomainId,
        size: &Int,
        span: Span,
    ) -> R<()> {
        if at == fine {
            return match size.value() {
                Some(n) if n % 2 == 0 => Err(self.report(
                    Diagnostic::error("GDL0114", "a window around a cell has an odd size", span, format!("{n} cells have no centre"))
                        .note("The symmetry of the grid fixes the centre of a window; with an even size the centre is a corner between cells.")
                        .help("Use an odd size, or read from the cells of `coarse(p, stride, window, pad)`."),
                )),
                _ => Ok(()),
            };
        }
        match self.domain(at).kind.clone() {
            DomainKind::Coarse { of, window, .. } if of == fine => {
                if window == *size {
                    return Ok(());
                }
                Err(self.error(
                    "GDL0114",
                    "this window does not fit the coarse cell",
                    span,
                    format!("the cells were made with windows of {window}, this one has {size}"),
                ))
            }
            _ => {
                let (a, b) = (self.show_set(&Set::Nodes(at)), self.show_set(&Set::Nodes(fine)));
                Err(self.error(
                    "GDL0111",
                    "these are cells of another grid",
                    span,
                    format!("`{a}`, but the signal lives on `{b}`"),
                ))
            }
        }
    }

    fn literal_offset(&mut self, v: &[i64], negative: bool, dom: crate::types::DomainId, span: Span) -> R<Vec<i32>> {
        let out: Vec<i32> = v
            .iter()
            .map(|&k| i32::try_from(if negative { -k } else { k }).unwrap_or(i32::MAX))
            .collect();
        if let Some(grid) = grid_of(self, dom)
            && grid.rank.value().is_some_and(|r| r != out.len() as i64)
        {
            return Err(self.error(
                "GDL0111",
                "this offset has another number of coordinates",
                span,
                format!("the grid has {} axes", grid.rank),
            ));
        }
        if out.iter().all(|&k| k == 0) {
            return Ok(out);
        }
        let (label, counter) = if self.abstract_mode {
            ("no offset but 0 is fixed by every group".to_string(), None)
        } else {
            match moved_offset(&self.model.group, &out) {
                Some((label, counter)) => (label, Some(counter)),
                None => return Ok(out),
            }
        };
        Err(self.report(
            Diagnostic::error("GDL0104", "this offset is not fixed by the group", span, label)
                .counterexample(counter)
                .note("Under the group the window is a union of orbits; only an orbit of one element can be named.")
                .help("Sum over a window with a kernel: `sum o in p.window(3): K[o](x[q + o] else 0)`."),
        ))
    }

    /// The value of a default: a fixed element of the type.
    pub(crate) fn default_value(&mut self, e: &Expr, ty: &Type, env: &mut Env) -> R<NodeId> {
        let v = self.eval(e, env)?;
        let n = self.to_node(&v, e.span)?;
        let have = self.node(n).ty.clone();
        if have.same(ty) {
            return Ok(n);
        }
        let number = match self.node(n).op {
            TOp::Number(x) => Some(x),
            _ => None,
        };
        match (&ty.elem, number) {
            (Elem::Rep(r), Some(x)) if x.is_zero() || r.is_permutation() => {
                let r = r.clone();
                Ok(self.add(TOp::Constant(vec![x]), Type::rep(r), &[], e.span))
            }
            (Elem::Rep(_), None) if have.same(&Type::scalar()) && ty.as_rep().is_some_and(Rep::is_permutation) => {
                let ones = self.add(TOp::Constant(vec![Exact::int(1)]), ty.clone(), &[], e.span);
                Ok(self.add(TOp::Scale { s: n, x: ones }, ty.clone(), &[n, ones], e.span))
            }
            (Elem::Point(_), _) => {
                Err(self.points_are_affine("a point needs a point as its default, and none is fixed", e.span))
            }
            _ => {
                let (want, have) = (self.show(ty), self.show(&have));
                Err(self.report(
                    Diagnostic::error(
                        "GDL0127",
                        "this default is not a fixed value of the type",
                        e.span,
                        format!("`{have}`, but `{want}` is needed"),
                    )
                    .note("What stands for a missing value must be the same for every group element.")
                    .help("0 is fixed in every representation."),
                ))
            }
        }
    }
}

/// Where a group moves an offset, in words: its orbit, and one image. `None` if the offset is fixed.
fn moved_offset(group: &Group, offset: &[i32]) -> Option<(String, String)> {
    fn tuple<T: ToString>(point: &[T]) -> String {
        let list: Vec<String> = point.iter().map(ToString::to_string).collect();
        format!("({})", list.join(", "))
    }
    if let Ok(orbit) = witness::orbit_of_offset(group, offset) {
        let second = tuple(orbit.get(1)?);
        let shown: Vec<String> = orbit.iter().take(8).map(|o| tuple(o)).collect();
        return Some((
            format!("{group} moves it to {}", shown.join(", ")),
            format!("an element of {group} sends this offset to {second}"),
        ));
    }
    let (element, image) = witness::moved_point(group, offset)?;
    let image: Vec<f64> = image.iter().map(|x| (x * 100.0).round() / 100.0 + 0.0).collect();
    let image = tuple(&image);
    Some((
        format!("{group} moves it to {image}"),
        format!("{element} sends this offset to {image}"),
    ))
}
