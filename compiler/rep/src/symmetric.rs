//! Irreducible representations of S(n): Young's orthogonal form.
//!
//! The basis of the representation of a partition is the set of its standard tableaux. The transposition of i and i+1
//! acts on tableau T by 1/d on the diagonal and √(1 − 1/d²) to the tableau with i and i+1 exchanged, where
//! d = c(i+1) − c(i) and the content c of a box is its column minus its row.

use crate::exact::Exact;
use crate::linear;

/// Irreducible representations are built up to this n.
pub const MAX_POINTS: u32 = 8;

/// The partitions of n, parts descending, in reverse lexicographic order: (n) first, (1, …, 1) last.
pub fn partitions(n: u32) -> Vec<Vec<u32>> {
    fn extend(left: u32, largest: u32, head: &mut Vec<u32>, all: &mut Vec<Vec<u32>>) {
        if left == 0 {
            all.push(head.clone());
        }
        for part in (1..=left.min(largest)).rev() {
            head.push(part);
            extend(left - part, part, head, all);
            head.pop();
        }
    }
    let mut all = vec![];
    extend(n, n, &mut vec![], &mut all);
    all
}

/// The standard tableaux of a partition: for each, the row of the numbers 1, 2, …; lexicographic.
fn tableaux(shape: &[u32]) -> Vec<Vec<u32>> {
    fn extend(shape: &[u32], filled: &mut Vec<u32>, rows: &mut Vec<u32>, all: &mut Vec<Vec<u32>>) {
        if rows.len() as u32 == shape.iter().sum::<u32>() {
            all.push(rows.clone());
            return;
        }
        for row in 0..shape.len() {
            if filled[row] < shape[row] && (row == 0 || filled[row] < filled[row - 1]) {
                filled[row] += 1;
                rows.push(row as u32);
                extend(shape, filled, rows, all);
                rows.pop();
                filled[row] -= 1;
            }
        }
    }
    let mut all = vec![];
    extend(shape, &mut vec![0; shape.len()], &mut vec![], &mut all);
    all
}

/// The dimension of irrep `index` of S(n), by the hook length formula; 0 if there is none.
pub fn dim(n: u32, index: u32) -> usize {
    let Some(shape) = partitions(n).into_iter().nth(index as usize) else {
        return 0;
    };
    let mut hooks = 1u64;
    for (i, &row) in shape.iter().enumerate() {
        for j in 0..row {
            let below = shape[i + 1..].iter().filter(|&&r| r > j).count() as u64;
            hooks *= u64::from(row - j) + below;
        }
    }
    ((1..=u64::from(n)).product::<u64>() / hooks) as usize
}

/// The matrix of a permutation in irrep `index`, row-major; `None` if there is no such irrep.
pub fn matrix(index: u32, image: &[u32]) -> Option<Vec<Exact>> {
    let n = image.len() as u32;
    if n > MAX_POINTS {
        return None;
    }
    let shape = partitions(n).into_iter().nth(index as usize)?;
    let basis = tableaux(&shape);
    let size = basis.len();
    // Bubble sort: image = product of the transpositions met, in reverse order.
    let mut rest = image.to_vec();
    let mut result = linear::identity(size);
    let mut sorted = false;
    while !sorted {
        sorted = true;
        for i in 0..rest.len().saturating_sub(1) {
            if rest[i] > rest[i + 1] {
                rest.swap(i, i + 1);
                result = linear::multiply(&transposition(&basis, i), &result, size, size, size);
                sorted = false;
            }
        }
    }
    Some(result)
}

/// The matrix of the transposition of the numbers i+1 and i+2.
fn transposition(basis: &[Vec<u32>], i: usize) -> Vec<Exact> {
    let size = basis.len();
    let mut m = vec![Exact::ZERO; size * size];
    for (at, rows) in basis.iter().enumerate() {
        let content = |k: usize| {
            let column = rows[..k].iter().filter(|&&r| r == rows[k]).count() as i64;
            column - i64::from(rows[k])
        };
        let d = content(i + 1) - content(i);
        m[at * size + at] = Exact::ratio(1, d);
        let mut swapped = rows.clone();
        swapped.swap(i, i + 1);
        if d.abs() > 1
            && let Ok(to) = basis.binary_search(&swapped)
        {
            m[to * size + at] = Exact::sqrt_int((d * d - 1) as u64) / Exact::int(d.abs());
        }
    }
    m
}
