//! Loads, stores and indices of a kernel.

use super::emit::{Emitter, readonly};
use super::lanes::{Lane, Num};
use crate::loop_ir::{Array, Atom, Divisor, Index, Table, TableId};
use cranelift::prelude::*;
use gdl_core::ir::Fold;

impl Emitter<'_, '_, '_> {
    pub(super) fn base(&self, array: Array) -> Value {
        match array {
            Array::Buffer(b) => self.buffers[&b],
            Array::Local(k) => self.locals[k as usize],
        }
    }

    pub(super) fn flags(&self, array: Array) -> MemFlagsData {
        match array {
            Array::Buffer(b) if !self.writes.contains(&b) => readonly(),
            _ => MemFlagsData::new().with_notrap(),
        }
    }

    pub(super) fn address(&mut self, array: Array, index: &Index) -> (Value, i32) {
        // The constant part goes into the instruction.
        let bytes = self.ops.bytes();
        let offset = i32::try_from(index.offset * bytes).ok();
        let moved = Index {
            terms: index.terms.clone(),
            offset: if offset.is_some() { 0 } else { index.offset },
        };
        let base = self.base(array);
        if moved.as_lit() == Some(0) {
            return (base, offset.unwrap_or(0));
        }
        let at = self.index(&moved);
        let at = self.ops.b.ins().ishl_imm_u(at, bytes.trailing_zeros() as i64);
        (self.ops.b.ins().iadd(base, at), offset.unwrap_or(0))
    }

    /// The lanes of the loop that runs side by side, each with its own index.
    pub(super) fn in_lane<T>(&mut self, lane: Lane, l: usize, f: impl FnOnce(&mut Self) -> T) -> T {
        let base = self.vars[&lane.var];
        let own = self.ops.b.ins().iadd_imm_s(base, l as i64);
        self.vars.insert(lane.var, own);
        let saved = self.lane.take();
        let result = f(self);
        self.lane = saved;
        self.vars.insert(lane.var, base);
        result
    }

    /// A number for every lane, one by one.
    pub(super) fn by_lanes(&mut self, lane: Lane, mut f: impl FnMut(&mut Self, usize) -> Value) -> Num {
        let width = self.ops.width();
        let ty = self.ops.vector();
        let parts = (0..lane.copies).map(|c| {
            let first = self.in_lane(lane, c * width, |e| f(e, c * width));
            let mut v = self.ops.b.ins().splat(ty, first);
            for l in 1..width {
                let x = self.in_lane(lane, c * width + l, |e| f(e, c * width + l));
                v = self.ops.b.ins().insertlane(v, x, l as u8);
            }
            v
        });
        Num::Many(parts.collect())
    }

    pub(super) fn load(&mut self, array: Array, index: &Index) -> Num {
        let flags = self.flags(array);
        let scalar = self.ops.scalar();
        match self.lane.map(|lane| (lane, index.stride(lane.var))) {
            None | Some((_, Some(0))) => {
                let (p, offset) = self.address(array, index);
                Num::One(self.ops.b.ins().load(scalar, flags, p, offset))
            }
            Some((lane, Some(1))) => {
                let (p, offset) = self.address(array, index);
                let ty = self.ops.vector();
                Num::Many(
                    (0..lane.copies)
                        .map(|c| self.ops.b.ins().load(ty, flags, p, offset + 16 * c as i32))
                        .collect(),
                )
            }
            Some((lane, stride)) => {
                let fixed = stride.map(|s| (self.address(array, index), s * self.ops.bytes()));
                self.by_lanes(lane, |e, l| {
                    let (p, offset) = match fixed {
                        Some(((p, offset), s))
                            if i32::try_from(l as i64 * s).is_ok_and(|d| offset.checked_add(d).is_some()) =>
                        {
                            (p, offset + (l as i64 * s) as i32)
                        }
                        _ => e.address(array, index),
                    };
                    e.ops.b.ins().load(scalar, flags, p, offset)
                })
            }
        }
    }

    pub(super) fn store(&mut self, array: Array, index: &Index, value: &Num, fold: Option<Fold>) {
        let flags = MemFlagsData::new().with_notrap();
        match self.lane.map(|lane| (lane, index.stride(lane.var))) {
            None => {
                let (p, offset) = self.address(array, index);
                let Num::One(x) = value else { return };
                self.store_one(*x, p, offset, fold);
            }
            Some((lane, Some(1))) => {
                let values = self.ops.many(value, lane.copies);
                let (p, offset) = self.address(array, index);
                for (c, mut x) in values.into_iter().enumerate() {
                    let at = offset + 16 * c as i32;
                    if let Some(fold) = fold {
                        let ty = self.ops.vector();
                        let old = self.ops.b.ins().load(ty, flags, p, at);
                        x = self.join(fold, old, x);
                    }
                    self.ops.b.ins().store(flags, x, p, at);
                }
            }
            Some((lane, _)) => {
                let width = self.ops.width();
                for l in 0..lane.copies * width {
                    let x = match value {
                        Num::One(x) => *x,
                        Num::Many(v) => self.ops.b.ins().extractlane(v[l / width], (l % width) as u8),
                    };
                    let (p, offset) = self.in_lane(lane, l, |e| e.address(array, index));
                    self.store_one(x, p, offset, fold);
                }
            }
        }
    }

    pub(super) fn store_one(&mut self, x: Value, p: Value, offset: i32, fold: Option<Fold>) {
        let flags = MemFlagsData::new().with_notrap();
        let mut x = x;
        if let Some(fold) = fold {
            let ty = self.ops.scalar();
            let old = self.ops.b.ins().load(ty, flags, p, offset);
            x = self.join(fold, old, x);
        }
        self.ops.b.ins().store(flags, x, p, offset);
    }

    pub(super) fn int(&mut self, x: i64) -> Value {
        self.ops.b.ins().iconst(types::I64, x)
    }

    pub(super) fn index(&mut self, index: &Index) -> Value {
        let mut sum: Option<Value> = None;
        for (atom, c) in &index.terms {
            let x = self.atom(atom);
            let x = match c {
                1 => x,
                c if *c > 0 && c.count_ones() == 1 => self.ops.b.ins().ishl_imm_u(x, i64::from(c.trailing_zeros())),
                c => self.ops.b.ins().imul_imm_s(x, *c),
            };
            sum = Some(match sum {
                Some(s) => self.ops.b.ins().iadd(s, x),
                None => x,
            });
        }
        match (sum, index.offset) {
            (Some(s), 0) => s,
            (Some(s), o) => self.ops.b.ins().iadd_imm_s(s, o),
            (None, o) => self.int(o),
        }
    }

    pub(super) fn atom(&mut self, atom: &Atom) -> Value {
        match atom {
            Atom::Var(v) => self.vars[v],
            Atom::Size(s) => self.sizes[s],
            Atom::Times(s, x) => {
                let x = self.index(x);
                self.ops.b.ins().imul(x, self.sizes[s])
            }
            Atom::Lookup(t, x) => self.lookup(*t, x),
            Atom::Div(x, d) => {
                let (x, d) = (self.index(x), self.divisor(*d));
                self.ops.b.ins().udiv(x, d)
            }
            Atom::Mod(x, d) => {
                let (x, d) = (self.index(x), self.divisor(*d));
                self.ops.b.ins().urem(x, d)
            }
            Atom::AtLeast0(x) => {
                let x = self.index(x);
                let zero = self.int(0);
                self.ops.b.ins().smax(x, zero)
            }
        }
    }

    pub(super) fn divisor(&mut self, d: Divisor) -> Value {
        match d {
            Divisor::Lit(n) => self.int(n),
            Divisor::Size(s) => self.sizes[&s],
        }
    }

    pub(super) fn lookup(&mut self, table: TableId, at: &Index) -> Value {
        let moved = Index {
            terms: at.terms.clone(),
            offset: 0,
        };
        let x = self.index(&moved);
        let x = self.ops.b.ins().ishl_imm_u(x, 2);
        let p = self.ops.b.ins().iadd(self.tables[&table], x);
        let entry = self.ops.b.ins().load(types::I32, readonly(), p, 4 * at.offset as i32);
        match self.program.tables[table.0 as usize] {
            Table::Window(_) | Table::WindowBack(_) => self.ops.b.ins().sextend(types::I64, entry),
            _ => self.ops.b.ins().uextend(types::I64, entry),
        }
    }
}
