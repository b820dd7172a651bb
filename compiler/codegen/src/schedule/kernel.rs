//! A kernel under construction, and the kernel of a group.

use super::group::{Final, Item, is_fold};
use super::place::Place;
use super::{At, Scheduler, Target};
use crate::CodegenError;
use crate::loop_ir::{
    Array, BufferId, Expr, Index, Kernel, Local, Loop, LoopKind, Range, Reg, SizeId, Space, Step, Stmt, Table, Var,
};
use gdl_abi::{DimDef, DimId, MapDef, MapId};
use gdl_core::ir::{Cmp, Fold, Op, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The row variable of every kernel.
pub(super) const ROW: Var = Var(0);

/// An element of a value: its row and static indices.
pub(super) type Element = (At, Option<Index>, Vec<Index>);

/// Where a value is held.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The local array.
    pub local: u32,
    /// Where in it.
    pub base: Index,
    /// The row at which it is held; `None` if it has no rows.
    pub row: Option<Index>,
}

/// A kernel under construction.
pub(super) struct Builder {
    pub extents: Vec<Option<u32>>,
    pub locals: Vec<Local>,
    pub folds: Vec<BufferId>,
    /// Where the values that it computes come from.
    pub origins: BTreeSet<u32>,
    regs: u32,
    /// Open blocks, the innermost last.
    blocks: Vec<Vec<Stmt>>,
    /// What is known in every open block.
    known: Vec<HashMap<Element, Expr>>,
    /// Whether a concatenation may ask for a cut.
    pub may_cut: bool,
    /// Values held in local arrays.
    pub held: HashMap<At, Held>,
    /// The local arrays of values that one loop over the list of a row leaves for others.
    pub kept: BTreeMap<(MapId, At), u32>,
    /// Images of rows that need not be looked up: those of the rows that a push-forward runs over.
    pub images: HashMap<(MapId, Index), Index>,
}

impl Builder {
    pub fn new(row_extent: Option<u32>) -> Builder {
        Builder {
            extents: vec![row_extent],
            locals: Vec::new(),
            folds: Vec::new(),
            origins: BTreeSet::new(),
            regs: 0,
            blocks: vec![Vec::new()],
            known: vec![HashMap::new()],
            may_cut: true,
            held: HashMap::new(),
            kept: BTreeMap::new(),
            images: HashMap::new(),
        }
    }

    pub fn var(&mut self, extent: Option<u32>) -> Var {
        self.extents.push(extent);
        Var(self.extents.len() as u32 - 1)
    }

    pub fn reg(&mut self) -> Reg {
        self.regs += 1;
        Reg(self.regs - 1)
    }

    pub fn local(&mut self, len: usize) -> u32 {
        self.add_local(len, None)
    }

    /// A local array of `len` reals for every row of a list, which has `longest` rows at most.
    pub fn list_local(&mut self, len: usize, longest: SizeId) -> u32 {
        self.add_local(len, Some(longest))
    }

    fn add_local(&mut self, len: usize, times: Option<SizeId>) -> u32 {
        self.locals.push(Local { len: len as u32, times });
        self.locals.len() as u32 - 1
    }

    pub fn push(&mut self, stmt: Stmt) {
        self.top().push(stmt);
    }

    /// A register with this value.
    pub fn define(&mut self, value: Expr) -> Expr {
        let reg = self.reg();
        self.push(Stmt::Def { reg, value });
        Expr::Reg(reg)
    }

    fn top(&mut self) -> &mut Vec<Stmt> {
        if self.blocks.is_empty() {
            self.blocks.push(Vec::new());
        }
        let last = self.blocks.len() - 1;
        &mut self.blocks[last]
    }

    /// The statements that `f` makes, and its result.
    pub fn block<T>(&mut self, f: impl FnOnce(&mut Builder) -> T) -> (Vec<Stmt>, T) {
        self.blocks.push(Vec::new());
        self.known.push(HashMap::new());
        let result = f(self);
        self.known.pop();
        (self.blocks.pop().unwrap_or_default(), result)
    }

    pub fn lookup(&self, key: &Element) -> Option<Expr> {
        self.known.iter().rev().find_map(|m| m.get(key).cloned())
    }

    pub fn remember(&mut self, key: Element, value: Expr) {
        if let Some(m) = self.known.last_mut() {
            m.insert(key, value);
        }
    }

    pub fn finish(mut self, name: String, space: Space) -> Kernel {
        let body = self.blocks.pop().unwrap_or_default();
        Kernel {
            name,
            origins: self.origins.into_iter().collect(),
            space,
            lanes: false,
            extents: self.extents,
            locals: self.locals,
            regs: self.regs,
            folds: self.folds,
            body,
        }
    }
}

/// Where a kernel stores a value: `array[base + …]`.
#[derive(Clone, Debug)]
pub(super) struct Dest {
    pub array: Array,
    pub base: Index,
    pub fold: Option<Fold>,
}

impl Scheduler<'_> {
    /// The kernel of a group.
    pub(super) fn kernel(&mut self, dim: Option<DimId>, items: &[Item]) -> Result<Step, CodegenError> {
        if let Some(left) = dim.and_then(|d| self.by_left_ends(d, items)) {
            return self.kernel_of_pairs(left, items);
        }
        let space = match dim {
            Some(dim) => Space::Rows { dim, times: 1 },
            None => Space::Fixed(1),
        };
        let mut k = Builder::new(if dim.is_some() { None } else { Some(1) });
        let row = dim.map(|_| Index::var(ROW));
        self.items(&mut k, items, row.as_ref())?;
        Ok(self.finished(k, items, space))
    }

    /// A kernel over pairs that runs over their left ends, and over the pairs of each: which ends a pair has need not be looked up.
    fn kernel_of_pairs(&mut self, left: MapId, items: &[Item]) -> Result<Step, CodegenError> {
        let mut k = Builder::new(None);
        let end = Index::var(ROW);
        let place = k.var(None);
        let row = self.source(&mut k, left, &Index::var(place), &end);
        let (body, result) = k.block(|k| self.items(k, items, Some(&row)));
        result?;
        k.push(Stmt::For(Loop {
            var: place,
            range: Range::Between(self.table(Table::MapPtr(left)), end),
            kind: LoopKind::Serial,
            body,
        }));
        let dim = self.program.domains.ends(left).1;
        Ok(self.finished(k, items, Space::Rows { dim, times: 1 }))
    }

    fn finished(&mut self, k: Builder, items: &[Item], space: Space) -> Step {
        let kernel = k.finish(self.kernel_name(items), space);
        self.program.kernels.push(kernel);
        Step::Kernel(self.program.kernels.len() - 1)
    }

    /// Does all items at a row.
    fn items(&mut self, k: &mut Builder, items: &[Item], row: Option<&Index>) -> Result<(), CodegenError> {
        let mut loops = self.shared_loops(items).into_iter().peekable();
        let mut done: Vec<Value> = Vec::new();
        for item in items {
            match item {
                Item::Value(v) if done.contains(v) => {}
                Item::Value(v) => match loops.next_if(|l| l.owners[0] == *v) {
                    Some(shared) => {
                        let owners = shared.owners.iter();
                        let places: Vec<(At, Dest)> =
                            owners.map(|v| (self.here(*v), self.destination(k, *v, row))).collect();
                        self.segments_around(k, &places, &shared, row)?;
                        done.extend(shared.owners);
                    }
                    None => {
                        let dest = self.destination(k, *v, row);
                        self.emit(k, self.here(*v), row, &dest)?;
                    }
                },
                Item::Final(f) => self.store_final(k, f, row)?,
            }
        }
        Ok(())
    }

    /// For rows that are pairs, on a CPU: the map to their left ends, if anything is read at an end. A GPU rather has a row for every pair.
    fn by_left_ends(&self, dim: DimId, items: &[Item]) -> Option<MapId> {
        let domains = &self.program.domains;
        let DimDef::Pairs { .. } = domains.dim_def(dim) else {
            return None;
        };
        let body = self.scope().body;
        let inline = |v: &Value| self.scope().places[v.0 as usize] == Place::Inline;
        let mut todo: Vec<Value> = Vec::new();
        for item in items {
            match item {
                Item::Value(v) => todo.push(*v),
                Item::Final(Final::Copy { v, .. } | Final::Part { v, .. }) => todo.extend(inline(v).then_some(*v)),
                Item::Final(Final::Commit { .. }) => {}
            }
        }
        let at_end = |m: &MapId| domains.ends(*m).0 == dim;
        let mut seen: BTreeSet<Value> = BTreeSet::new();
        let mut found = false;
        while let Some(v) = todo.pop() {
            let op = &body.nodes[v.0 as usize].op;
            found |= match op {
                Op::Gather { map, .. } => at_end(map),
                Op::Compare { a, b, .. } => a.iter().chain(b).any(at_end),
                _ => false,
            };
            todo.extend(op.operands().into_iter().filter(|x| inline(x) && seen.insert(*x)));
        }
        let left = domains.find_map(&MapDef::Left(dim))?;
        (found && matches!(self.target, Target::Cpu { .. })).then_some(left)
    }

    fn kernel_name(&self, items: &[Item]) -> String {
        let names: Vec<String> = items
            .iter()
            .map(|item| match item {
                Item::Value(v) => op_name(self.op(self.here(*v))).to_string(),
                Item::Final(Final::Copy { .. }) => "copy".to_string(),
                Item::Final(Final::Part { .. }) => "part".to_string(),
                Item::Final(Final::Commit { .. }) => "commit".to_string(),
            })
            .collect();
        if names.len() > 4 {
            format!("{}_and_{}", names[0], names.len() - 1)
        } else {
            names.join("_")
        }
    }

    /// Where a kernel stores a value.
    fn destination(&mut self, k: &mut Builder, v: Value, row: Option<&Index>) -> Dest {
        let at = self.here(v);
        let len = self.shape(at).row_len();
        match self.scope().homes[v.0 as usize] {
            Some(b) if is_fold(self, v) => {
                k.folds.push(b);
                Dest {
                    array: Array::Buffer(b),
                    base: Index::lit(0),
                    fold: Some(Fold::Sum),
                }
            }
            Some(b) => Dest {
                array: Array::Buffer(b),
                base: row.map_or(Index::lit(0), |r| r.times(len as i64)),
                fold: None,
            },
            None => {
                let local = k.local(len);
                let (base, row) = (Index::lit(0), row.cloned());
                k.held.insert(at, Held { local, base, row });
                Dest {
                    array: Array::Local(local),
                    base: Index::lit(0),
                    fold: None,
                }
            }
        }
    }

    fn store_final(&mut self, k: &mut Builder, f: &Final, row: Option<&Index>) -> Result<(), CodegenError> {
        let base = |len: usize| row.map_or(Index::lit(0), |r| r.times(len as i64));
        match f {
            Final::Copy { v, to } => {
                let at = self.here(*v);
                let shape = self.shape(at);
                let dest = Dest {
                    array: Array::Buffer(*to),
                    base: base(shape.row_len()),
                    fold: None,
                };
                self.pointwise(k, &shape.axes, &dest, &|s, k, out, _| s.eval(k, at, row, out))
            }
            Final::Part { v, to } => {
                let at = self.here(*v);
                let shape = self.shape(at);
                let len = shape.row_len();
                let (Some(row), Some(size)) = (row, self.step_rows(at)) else {
                    return Err(CodegenError::internal("a stacked value without rows"));
                };
                let start = self.size_index(size);
                let dest = Dest {
                    array: Array::Buffer(*to),
                    base: row.plus(&start).times(len as i64),
                    fold: None,
                };
                let (now, steps) = self.step_and_steps(row, shape.dim)?;
                self.pointwise(k, &shape.axes, &dest, &|s, k, out, _| {
                    let value = s.eval(k, at, Some(row), out)?;
                    Ok(Expr::Choose(
                        Cmp::Lt,
                        now.clone(),
                        steps.clone(),
                        Box::new([value, Expr::Num(0.0)]),
                    ))
                })
            }
            Final::Commit { from, state } => {
                let buffer = self.program.buffers[state.0 as usize].clone();
                let Some(row) = row else {
                    return Err(CodegenError::internal("a state without rows"));
                };
                let axes = [buffer.row_len as u32];
                let dest = Dest {
                    array: Array::Buffer(*state),
                    base: base(buffer.row_len),
                    fold: None,
                };
                let (now, steps) = self.step_and_steps(row, buffer.dim)?;
                self.pointwise(k, &axes, &dest, &|_, _, out, _| {
                    let at = dest_index(&dest.base, out, &axes);
                    let arms = [*from, *state].map(|b| Expr::Load(Array::Buffer(b), at.clone()));
                    Ok(Expr::Choose(Cmp::Lt, now.clone(), steps.clone(), Box::new(arms)))
                })
            }
        }
    }
}

fn op_name(op: &Op) -> &'static str {
    match op {
        Op::Map { .. } => "map",
        Op::Contract { .. } => "contract",
        Op::Reduce { .. } => "reduce",
        Op::Segment { .. } => "segment",
        Op::Total { .. } => "total",
        Op::Window { .. } => "window",
        Op::Gather { .. } => "gather",
        Op::Put { .. } => "put",
        Op::Concat { .. } => "concat",
        _ => "copy",
    }
}

/// The element of a destination.
pub(super) fn dest_index(base: &Index, at: &[Index], axes: &[u32]) -> Index {
    base.plus(&crate::loop_ir::flatten(at, axes))
}
