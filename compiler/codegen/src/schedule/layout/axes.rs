//! The axes of arrays, as loops see them.
//!
//! An access moves along an array by strides. Where the strides of all accesses divide each other, they are those of axes: `a[11·i + j]` and
//! `a[11·i + 3]` see an array `[n / 11, 11]`, whatever its shape once was. A loop that runs along several axes is split in two.

use super::split::{crossing, split_loop};
use super::{Key, Means, means};
use crate::loop_ir::{Array, Expr, Extents, Index, Kernel, Program, Stmt, Var};
use std::collections::{BTreeMap, BTreeSet};

/// Rows shorter than this stay as they are.
const SHORT: usize = 8;

/// The axes of a row of an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axes {
    len: i64,
    /// Elements along every axis, descending.
    strides: Vec<i64>,
}

/// Why an index has no place along every axis.
enum Crossing {
    /// A variable runs along several axes: split, its inner part has this extent.
    By(Var, u32),
    /// It cannot be split.
    Never,
}

impl Axes {
    /// Axes with these strides in a row of `len` elements, if there are several.
    fn of(len: usize, strides: &BTreeSet<i64>) -> Option<Axes> {
        let len = len as i64;
        let mut strides: Vec<i64> = strides.iter().copied().filter(|s| *s < len).chain([1]).collect();
        strides.sort_unstable_by(|a, b| b.cmp(a));
        strides.dedup();
        let upper = [len].into_iter().chain(strides.iter().copied());
        let divides = upper.zip(&strides).all(|(n, s)| n % s == 0);
        (divides && strides.len() > 1).then_some(Axes { len, strides })
    }

    /// The number of axes.
    pub fn count(&self) -> usize {
        self.strides.len()
    }

    /// Elements along every axis.
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }

    /// The extent of every axis.
    pub fn sizes(&self) -> Vec<i64> {
        let upper = [self.len].into_iter().chain(self.strides.iter().copied());
        upper.zip(&self.strides).map(|(n, s)| n / s).collect()
    }

    /// Elements along every axis if one of them is fastest.
    pub fn with_fast(&self, fast: usize) -> Vec<i64> {
        let sizes = self.sizes();
        let mut strides = vec![1; sizes.len()];
        let mut stride = sizes[fast];
        for a in (0..sizes.len()).rev().filter(|a| *a != fast) {
            strides[a] = stride;
            stride *= sizes[a];
        }
        strides
    }

    /// Where an index begins its row, and its place along every axis.
    pub fn along(&self, at: &Index, extents: &Extents) -> Option<(Index, Vec<Index>)> {
        self.places(at, extents).ok()
    }

    fn places(&self, at: &Index, extents: &Extents) -> Result<(Index, Vec<Index>), Crossing> {
        let (row, mut rest) = at.divided(self.len, extents).ok_or(Crossing::Never)?;
        let mut places = Vec::with_capacity(self.count());
        for &s in &self.strides {
            let Some((place, inner)) = rest.divided(s, extents) else {
                return Err(crossing(&rest, s, extents).map_or(Crossing::Never, |(v, n)| Crossing::By(v, n)));
            };
            places.push(place);
            rest = inner;
        }
        Ok((row.times(self.len), places))
    }

    /// The index of the same element if another axis is fastest.
    pub fn moved(&self, at: &Index, extents: &Extents, fast: usize) -> Option<Index> {
        let (row, places) = self.along(at, extents)?;
        Some(row.plus(&crate::loop_ir::strided(&places, &self.with_fast(fast))))
    }

    /// The axis along which an access steps from element to element with a variable, if it is one.
    pub fn stepped(&self, at: &Index, extents: &Extents, v: Var) -> Option<usize> {
        let (row, places) = self.along(at, extents)?;
        let moves = |i: &Index| i.stride(v) != Some(0);
        let mut moving = (0..places.len()).filter(|a| moves(&places[*a]));
        let axis = moving.next()?;
        (moving.next().is_none() && !moves(&row) && places[axis].stride(v) == Some(1)).then_some(axis)
    }
}

/// The arrays that may have another order, with their axes. The loops of `kernels`, those of the program, are split along the axes; that may show further
/// axes.
pub(super) fn candidates(program: &Program, kernels: &mut [Kernel]) -> BTreeMap<Key, (Axes, Means)> {
    let of_buffers = means(program);
    let mut fixed: BTreeSet<Key> = BTreeSet::new();
    loop {
        let axes = seen(program, kernels, &of_buffers, &mut fixed);
        let loops: usize = kernels.iter().map(|k| k.extents.len()).sum();
        for (n, kernel) in kernels.iter_mut().enumerate() {
            let of = |array, fixed: &BTreeSet<Key>| {
                let key = Key::of(n, array);
                axes.get(&key).filter(|_| !fixed.contains(&key)).map(|(a, _)| a)
            };
            while let Some(stuck) = split(kernel, &|array| of(array, &fixed)) {
                fixed.insert(Key::of(n, stuck));
            }
        }
        if loops == kernels.iter().map(|k| k.extents.len()).sum() {
            return axes.into_iter().filter(|(key, _)| !fixed.contains(key)).collect();
        }
    }
}

/// The axes that the loops of some kernels see. Arrays that are accessed otherwise are added to `fixed`.
fn seen(
    program: &Program,
    kernels: &[Kernel],
    of_buffers: &[Option<Means>],
    fixed: &mut BTreeSet<Key>,
) -> BTreeMap<Key, (Axes, Means)> {
    let mut found: BTreeMap<Key, (BTreeSet<i64>, usize, Means)> = BTreeMap::new();
    for (n, kernel) in kernels.iter().enumerate() {
        each_access(&kernel.body, &mut |array, at| {
            let (len, means) = match array {
                Array::Buffer(b) => (program.buffers[b.0 as usize].row_len, of_buffers[b.0 as usize]),
                Array::Local(k) => (kernel.locals[k as usize].len as usize, Some(Means::Move)),
            };
            let Some(means) = means.filter(|_| len >= SHORT) else {
                return;
            };
            let key = Key::of(n, array);
            let (strides, ..) = found.entry(key).or_insert_with(|| (BTreeSet::new(), len, means));
            match at.divided(len as i64, &kernel.extents) {
                Some((_, inner)) => strides.extend(inner.terms.iter().map(|(_, c)| c.abs())),
                None => drop(fixed.insert(key)),
            }
        });
    }
    let several = |(key, (strides, len, means))| Some((key, (Axes::of(len, &strides)?, means)));
    found
        .into_iter()
        .filter_map(several)
        .filter(|(key, _)| !fixed.contains(key))
        .collect()
}

/// Splits the loops of a kernel until every access to an array has a place along all axes of it. An array for which that cannot be.
pub(super) fn split<'a>(kernel: &mut Kernel, axes: &dyn Fn(Array) -> Option<&'a Axes>) -> Option<Array> {
    loop {
        let mut found = None;
        each_access(&kernel.body, &mut |array, at| {
            if let (None, Some(axes)) = (&found, axes(array))
                && let Err(crossing) = axes.places(at, &kernel.extents)
            {
                found = Some((array, crossing));
            }
        });
        match found {
            None => return None,
            Some((_, Crossing::By(v, inner))) if split_loop(kernel, v, inner) => {}
            Some((array, _)) => return Some(array),
        }
    }
}

/// Calls `f` on every access of a block.
pub(super) fn each_access(block: &[Stmt], f: &mut impl FnMut(Array, &Index)) {
    Stmt::visit(block, &mut |s| {
        if let Stmt::Store { array, index, .. } = s {
            f(*array, index);
        }
        if let Some(value) = s.value() {
            value.visit(&mut |e| {
                if let Expr::Load(array, at) = e {
                    f(*array, at);
                }
            });
        }
    });
}
