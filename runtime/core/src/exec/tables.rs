//! Tables that are computed from a batch.

#![forbid(unsafe_code)]

use crate::RunError;
use gdl_abi::plan::{Size, Table, Window};
use gdl_abi::{DimDef, DimId, Domains, Instance};

/// The table, where the batch does not hold it already.
pub fn build(table: &Table, domains: &Domains, batch: &Instance) -> Result<Option<Vec<u32>>, RunError> {
    Ok(match table {
        Table::MapIndex(_)
        | Table::MapPtr(_)
        | Table::MapOrder(_)
        | Table::SamplePtr(_)
        | Table::Labels(_)
        | Table::List(_) => None,
        // Filled by their step.
        Table::Chosen(_, d) | Table::ChosenOrder(_, d) => Some(vec![0; batch.rows[d.0 as usize]]),
        Table::ChosenPtr(_, d) => {
            let of = domains.chosen_from(*d);
            Some(vec![0; of.map_or(0, |d| batch.rows[d.0 as usize]) + 1])
        }
        Table::Position(d) => Some(by_sample(*d, domains, batch, |_, k| k)?),
        Table::Sample(d) => Some(by_sample(*d, domains, batch, |s, _| s)?),
        Table::Window(w) => Some(forward(w, batch)),
        Table::WindowBack(w) => Some(backward(w, batch)),
    })
}

/// A number of the batch; those of loops are set by the loops.
pub fn size(size: &Size, batch: &Instance) -> i64 {
    match size {
        Size::Rows(d) => batch.rows[d.0 as usize] as i64,
        Size::Cells(d) => cells(*d, batch),
        Size::Step(_) | Size::StepRows(..) => 0,
        Size::Overlap(w) => overlap(w, batch),
        Size::Longest(m) => {
            let lists = batch.maps[m.0 as usize].ptr.windows(2);
            lists.map(|w| i64::from(w[1] - w[0])).max().unwrap_or(0)
        }
    }
}

fn cells(d: DimId, batch: &Instance) -> i64 {
    batch.extents[d.0 as usize].iter().map(|&n| i64::from(n)).product()
}

fn by_sample(d: DimId, domains: &Domains, batch: &Instance, f: fn(u32, u32) -> u32) -> Result<Vec<u32>, RunError> {
    if let DimDef::Stacked { of, .. } = domains.dim_def(d) {
        let inner = by_sample(*of, domains, batch, f)?;
        return Ok(inner.iter().cycle().copied().take(batch.rows[d.0 as usize]).collect());
    }
    let ptr = &batch.sample_ptr[d.0 as usize];
    Ok(ptr
        .windows(2)
        .enumerate()
        .flat_map(|(s, w)| (0..w[1] - w[0]).map(move |k| (s as u32, k)))
        .map(|(s, k)| f(s, k))
        .collect())
}

/// Calls `f(coarse cell, offset, fine cell)` for every window entry inside the grid.
fn visit(w: &Window, batch: &Instance, mut f: impl FnMut(usize, usize, usize)) {
    let (fine, coarse) = (&batch.extents[w.fine.0 as usize], &batch.extents[w.coarse.0 as usize]);
    let mut at = vec![0i64; coarse.len()];
    for cell in 0..cells(w.coarse, batch) as usize {
        let mut rest = cell;
        for (k, &n) in coarse.iter().enumerate().rev() {
            at[k] = (rest % n as usize) as i64;
            rest /= n as usize;
        }
        for (o, offset) in w.offsets.iter().enumerate() {
            let mut target = 0i64;
            let mut inside = true;
            for (k, &n) in fine.iter().enumerate() {
                let n = i64::from(n);
                let x = at[k] * i64::from(w.stride) + i64::from(offset.get(k).copied().unwrap_or(0));
                let x = if w.wrap { x.rem_euclid(n) } else { x };
                inside &= (0..n).contains(&x);
                target = target * n + x;
            }
            if inside {
                f(cell, o, target as usize);
            }
        }
    }
}

const OUTSIDE: u32 = u32::MAX;

fn forward(w: &Window, batch: &Instance) -> Vec<u32> {
    let n = w.offsets.len();
    let mut table = vec![OUTSIDE; cells(w.coarse, batch) as usize * n];
    visit(w, batch, |cell, o, target| table[cell * n + o] = target as u32);
    table
}

fn overlap(w: &Window, batch: &Instance) -> i64 {
    if !w.wrap {
        return 1;
    }
    let n = w.offsets.len();
    let mut count = vec![0i64; cells(w.fine, batch) as usize * n];
    visit(w, batch, |_, o, target| count[target * n + o] += 1);
    count.into_iter().max().unwrap_or(0).max(1)
}

fn backward(w: &Window, batch: &Instance) -> Vec<u32> {
    let (n, depth) = (w.offsets.len(), overlap(w, batch) as usize);
    let mut table = vec![OUTSIDE; cells(w.fine, batch) as usize * n * depth];
    visit(w, batch, |cell, o, target| {
        let slots = &mut table[(target * n + o) * depth..][..depth];
        if let Some(free) = slots.iter_mut().find(|s| **s == OUTSIDE) {
            *free = cell as u32;
        }
    });
    table
}
