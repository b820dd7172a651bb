//! Contractions with a value of which a constant says where it is zero.
//!
//! A Clebsch-Gordan path couples features with `C · Y`, a constant times harmonics: a matrix a half of which is zero for every Y. Its other entries are
//! written out.

use super::contract::{Contraction, Role};
use super::eval::apply;
use super::kernel::{Builder, Dest, dest_index};
use super::nest::Nest;
use super::place::Place;
use super::sparse::constant_side;
use super::{At, Scheduler, Target};
use crate::CodegenError;
use crate::loop_ir::{Expr, Index, unflatten};
use gdl_core::ir::{Scalar, Value};
use std::collections::BTreeSet;

/// At most this many entries are written out.
const WRITTEN: usize = 96;
/// Every entry multiplies at least this many numbers.
const TIMES: u32 = 8;

/// An argument with zeros.
struct Known<'a> {
    value: Value,
    letters: &'a [u8],
    /// Where it may be something else than zero, in row-major order.
    entries: BTreeSet<Vec<i64>>,
}

/// A contraction with a value that has known zeros. Gives `false` if it is not one.
pub(super) fn contract(
    s: &mut Scheduler,
    k: &mut Builder,
    at: At,
    row: Option<&Index>,
    dest: &Dest,
) -> Result<bool, CodegenError> {
    let body = s.scopes[at.depth].body;
    let Some(Contraction {
        a,
        b,
        a_axes,
        b_axes,
        out_axes,
        roles,
    }) = Contraction::of(body, at.v)
    else {
        return Ok(false);
    };
    if s.target == Target::Gpu || roles.diagonal || roles.in_role(Role::Alone).next().is_some() {
        return Ok(false);
    }
    let sides = [(a, a_axes, b, b_axes), (b, b_axes, a, a_axes)];
    let found = sides.into_iter().find_map(|(x, letters, other, other_letters)| {
        let entries = entries(s, At { v: x, ..at })?;
        let known = Known {
            value: x,
            letters,
            entries,
        };
        Some((known, other, other_letters))
    });
    let Some((known, other, other_letters)) = found else {
        return Ok(false);
    };
    let axes = s.shape(at).axes.clone();
    let in_out = |l: &u8| out_axes.iter().position(|x| x == l);
    let free: Vec<usize> = (0..axes.len())
        .filter(|j| !known.letters.contains(&out_axes[*j]))
        .collect();
    let free_sizes: Vec<u32> = free.iter().map(|j| axes[*j]).collect();
    if free_sizes.iter().product::<u32>() < TIMES {
        return Ok(false);
    }
    let [known_at, other_at] = [known.value, other].map(|v| At { v, ..at });
    let kept: Vec<(usize, usize)> = (0..known.letters.len())
        .filter_map(|j| Some((j, in_out(&known.letters[j])?)))
        .collect();
    let kept_sizes: Vec<u32> = kept.iter().map(|(_, o)| axes[*o]).collect();
    for group in 0..kept_sizes.iter().product::<u32>() {
        let group = unflatten(&Index::lit(i64::from(group)), &kept_sizes, &[]);
        let of_group = |entry: &&Vec<i64>| kept.iter().zip(&group).all(|((j, _), g)| g.as_lit() == Some(entry[*j]));
        let terms: Vec<&Vec<i64>> = known.entries.iter().filter(of_group).collect();
        let out = |own: &[Index]| {
            let mut out = vec![Index::lit(0); axes.len()];
            kept.iter().zip(&group).for_each(|((_, o), g)| out[*o] = g.clone());
            free.iter().zip(own).for_each(|(j, i)| out[*j] = i.clone());
            out
        };
        let place = |_: &mut Scheduler<'_>, own: &[Index]| dest_index(&dest.base, &out(own), &axes);
        let element = |s: &mut Scheduler<'_>, k: &mut Builder, own: &[Index], _: &[Index]| {
            let out = out(own);
            let mut sum = Expr::Num(0.0);
            for entry in &terms {
                let entry: Vec<Index> = entry.iter().map(|&i| Index::lit(i)).collect();
                let index = |l: &u8| match known.letters.iter().position(|x| x == l) {
                    Some(j) => entry[j].clone(),
                    None => in_out(l).map_or(Index::lit(0), |j| out[j].clone()),
                };
                let there: Vec<Index> = other_letters.iter().map(index).collect();
                let factors = vec![s.eval(k, known_at, row, &entry)?, s.eval(k, other_at, row, &there)?];
                sum = apply(Scalar::Add, vec![sum, apply(Scalar::Mul, factors)]);
            }
            Ok(sum)
        };
        s.nest(
            k,
            &Nest {
                out: &free_sizes,
                red: &|_| Vec::new(),
                fold: None,
                array: (dest.array, dest.fold),
                place: &place,
                element: &element,
            },
        )?;
    }
    Ok(true)
}

/// Where a stored value may be something else than zero, if it is zero elsewhere: a constant times something, with no axes but the constant's.
fn entries(s: &Scheduler, at: At) -> Option<BTreeSet<Vec<i64>>> {
    let scope = &s.scopes[at.depth];
    let (c, first) = constant_side(scope.body, at.v)?;
    let Contraction {
        a_axes,
        b_axes,
        out_axes,
        ..
    } = Contraction::of(scope.body, at.v)?;
    let letters = if first { a_axes } else { b_axes };
    let place: Vec<usize> = out_axes
        .iter()
        .map(|l| letters.iter().position(|x| x == l))
        .collect::<Option<_>>()?;
    let nonzero = c.data.iter().enumerate().filter(|(_, x)| x.f != 0.0);
    let entries: BTreeSet<Vec<i64>> = nonzero
        .map(|(flat, _)| {
            let at = unflatten(&Index::lit(flat as i64), &c.axes, &[]);
            place.iter().map(|j| at[*j].as_lit().unwrap_or(0)).collect()
        })
        .collect();
    let stored = scope.places[at.v.0 as usize] == Place::Row;
    let zeros = s.shape(at).row_len() - entries.len();
    (stored && zeros > 0 && entries.len() <= WRITTEN).then_some(entries)
}
