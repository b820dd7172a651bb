//! The loops of one stored value: over its static axes and, inside, over what is reduced.

use super::Scheduler;
use super::eval::Evaluated;
use super::kernel::{Builder, Dest, dest_index};
use crate::CodegenError;
use crate::loop_ir::{Array, Expr, Index, Loop, LoopKind, Range, Stmt, Var};
use gdl_core::ir::Fold;

/// Computes an element: from the indices along the static axes, and those that are reduced.
pub(super) type Element<'f> = &'f dyn Fn(&mut Scheduler<'_>, &mut Builder, &[Index], &[Index]) -> Evaluated;

/// Part of an iteration space: `low..low + n` along every axis with a static range.
#[derive(Clone, Debug)]
struct Boxed {
    ranges: Vec<(i64, u32)>,
}

/// Loops over a box whose body has been generated.
struct Inner {
    vars: Vec<Var>,
    ranges: Vec<Range>,
    body: Vec<Stmt>,
    value: Expr,
}

/// What remains to be tried after a cut.
enum Cut {
    Outer { axis: usize, at: i64 },
    Failed,
}

/// Values are cut into at most about this many parts.
const PARTS: usize = 64;

/// What a loop nest computes: `array[place(out)] = fold over red(out) of element(out, red)`.
pub(super) struct Nest<'f> {
    /// The static axes of the result.
    pub out: &'f [u32],
    /// What is reduced, for given indices of the result.
    pub red: &'f dyn Fn(&[Index]) -> Vec<Range>,
    /// How; `None` where nothing is reduced.
    pub fold: Option<Fold>,
    /// Where it is stored, and whether it is joined with what is there.
    pub array: (Array, Option<Fold>),
    /// The place of an element.
    pub place: &'f dyn Fn(&mut Scheduler<'_>, &[Index]) -> Index,
    /// An element.
    pub element: Element<'f>,
}

impl Scheduler<'_> {
    /// Stores `element` for all indices in `axes`.
    pub(super) fn pointwise(
        &mut self,
        k: &mut Builder,
        axes: &[u32],
        dest: &Dest,
        element: Element<'_>,
    ) -> Result<(), CodegenError> {
        self.reduction(k, axes, &[], None, dest, element)
    }

    /// Stores `fold` over `red` of `element` for all indices in `axes`.
    pub(super) fn reduction(
        &mut self,
        k: &mut Builder,
        axes: &[u32],
        red: &[Range],
        fold: Option<Fold>,
        dest: &Dest,
        element: Element<'_>,
    ) -> Result<(), CodegenError> {
        let place = |_: &mut Scheduler<'_>, at: &[Index]| dest_index(&dest.base, at, axes);
        self.nest(
            k,
            &Nest {
                out: axes,
                red: &|_| red.to_vec(),
                fold,
                array: (dest.array, dest.fold),
                place: &place,
                element,
            },
        )
    }

    /// The loops of a nest.
    pub(super) fn nest(&mut self, k: &mut Builder, nest: &Nest<'_>) -> Result<(), CodegenError> {
        if nest.out.contains(&0) {
            return Ok(());
        }
        let mut boxes = vec![Boxed {
            ranges: nest.out.iter().map(|&n| (0, n)).collect(),
        }];
        let mut done = 0;
        while let Some(b) = boxes.pop() {
            done += 1;
            k.may_cut = done < PARTS;
            match self.nest_box(k, &b, nest) {
                Ok(()) => {}
                Err(Cut::Outer { axis, at }) => {
                    let (low, n) = b.ranges[axis];
                    let (mut first, mut second) = (b.clone(), b);
                    first.ranges[axis] = (low, at as u32);
                    second.ranges[axis] = (low + at, n - at as u32);
                    boxes.push(second);
                    boxes.push(first);
                }
                Err(Cut::Failed) => return Err(CodegenError::internal("a loop cannot be cut")),
            }
        }
        k.may_cut = true;
        Ok(())
    }

    fn nest_box(&mut self, k: &mut Builder, b: &Boxed, nest: &Nest<'_>) -> Result<(), Cut> {
        let (array, store_fold) = nest.array;
        let vars: Vec<Var> = b.ranges.iter().map(|(_, n)| k.var(Some(*n))).collect();
        let at: Vec<Index> = vars
            .iter()
            .zip(&b.ranges)
            .map(|(v, (low, n))| {
                if *n == 1 {
                    Index::lit(*low)
                } else {
                    Index::var(*v).shifted(*low)
                }
            })
            .collect();
        let mut inner = Vec::new();
        let red = (nest.red)(&at);
        let mut todo = vec![red.iter().map(|r| (0, r.clone())).collect::<Vec<(i64, Range)>>()];
        while let Some(part) = todo.pop() {
            let red_vars: Vec<Var> = part.iter().map(|(_, r)| k.var(r.lit())).collect();
            let red_at: Vec<Index> = red_vars
                .iter()
                .zip(&part)
                .map(|(v, (low, r))| {
                    if r.lit() == Some(1) {
                        Index::lit(*low)
                    } else {
                        Index::var(*v).shifted(*low)
                    }
                })
                .collect();
            k.may_cut &= inner.len() < PARTS;
            let (body, value) = k.block(|k| (nest.element)(self, k, &at, &red_at));
            match value {
                Ok(value) => inner.push(Inner {
                    vars: red_vars,
                    ranges: part.into_iter().map(|(_, r)| r).collect(),
                    body,
                    value,
                }),
                Err(split) => {
                    if let Some(axis) = vars.iter().position(|v| *v == split.var) {
                        return Err(Cut::Outer { axis, at: split.at });
                    }
                    let Some(axis) = red_vars.iter().position(|v| *v == split.var) else {
                        return Err(Cut::Failed);
                    };
                    let (low, Range::Lit(n)) = part[axis] else {
                        return Err(Cut::Failed);
                    };
                    let (mut first, mut second) = (part.clone(), part);
                    first[axis] = (low, Range::Lit(split.at as u32));
                    second[axis] = (low + split.at, Range::Lit(n - split.at as u32));
                    todo.push(second);
                    todo.push(first);
                }
            }
        }
        let index = (nest.place)(self, &at);
        let extents: Vec<u32> = b.ranges.iter().map(|(_, n)| *n).collect();
        let (Some(fold), false) = (nest.fold, red.is_empty()) else {
            let Some(one) = inner.pop() else {
                return Err(Cut::Failed);
            };
            let mut body = one.body;
            body.push(Stmt::Store {
                array,
                index,
                value: one.value,
                fold: store_fold,
            });
            let body = wrap(&vars, &extents, body);
            body.into_iter().for_each(|s| k.push(s));
            return Ok(());
        };
        let acc = k.reg();
        let mut body = vec![Stmt::Start { acc, fold }];
        for part in inner {
            let mut block = part.body;
            block.push(Stmt::Fold {
                acc,
                fold,
                value: part.value,
            });
            body.extend(looped(part.vars.into_iter().zip(part.ranges), block));
        }
        body.push(Stmt::Store {
            array,
            index,
            value: Expr::Reg(acc),
            fold: store_fold,
        });
        let body = wrap(&vars, &extents, body);
        body.into_iter().for_each(|s| k.push(s));
        Ok(())
    }

    /// Reals in a vector register.
    pub(super) fn width(&self) -> u32 {
        if self.program.double { 2 } else { 4 }
    }
}

/// Loops over the static axes around a body.
fn wrap(vars: &[Var], extents: &[u32], body: Vec<Stmt>) -> Vec<Stmt> {
    let ranges = extents.iter().map(|n| Range::Lit(*n));
    looped(vars.iter().copied().zip(ranges), body)
}

/// Loops around a body, the last one innermost; none where there is one value.
fn looped(levels: impl DoubleEndedIterator<Item = (Var, Range)>, mut body: Vec<Stmt>) -> Vec<Stmt> {
    for (var, range) in levels.rev().filter(|(_, r)| r.lit() != Some(1)) {
        body = vec![Stmt::For(Loop {
            var,
            range,
            kind: LoopKind::Serial,
            body,
        })];
    }
    body
}
