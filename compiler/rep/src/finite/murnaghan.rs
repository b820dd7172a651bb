//! Characters of S(n) by partitions.
//!
//! χ^λ(μ) is the coefficient of x^{λ+δ} in a_δ(x)·∏ p_{μ_i}(x), δ = (n−1, …, 0) (Frobenius). The product is built from the
//! left, one cycle at a time: multiplying by p_m moves one bead of the set λ+δ up by m, with the sign of the beads it
//! passes: the rule of Murnaghan and Nakayama, read from the empty partition upwards.

use std::collections::HashMap;

/// χ^λ(μ) for all partitions of n: one row for each λ, one column for each μ, in the order of `partitions`.
pub(super) fn characters(partitions: &[Vec<u32>]) -> Vec<Vec<i64>> {
    let n: u32 = partitions.first().map_or(0, |p| p.iter().sum());
    let rows: HashMap<u64, usize> = partitions
        .iter()
        .enumerate()
        .map(|(row, p)| (beads(p, n), row))
        .collect();
    let mut table = vec![vec![0; partitions.len()]; partitions.len()];
    // Columns share the sums of their first cycles.
    let mut known: HashMap<Vec<u32>, HashMap<u64, i64>> = HashMap::new();
    for (column, cycles) in partitions.iter().enumerate() {
        for (bead_set, value) in sums(cycles, n, &mut known) {
            if let Some(&row) = rows.get(&bead_set) {
                table[row][column] = value;
            }
        }
    }
    table
}

/// The positions λ_i + n − i as a set of bits.
fn beads(partition: &[u32], n: u32) -> u64 {
    (0..n).fold(0, |set, i| {
        let part = partition.get(i as usize).copied().unwrap_or(0);
        set | 1 << (part + n - 1 - i)
    })
}

/// All λ with χ^λ ≠ 0 on permutations with these cycles, as bead sets, with the values.
fn sums(cycles: &[u32], n: u32, known: &mut HashMap<Vec<u32>, HashMap<u64, i64>>) -> HashMap<u64, i64> {
    let Some((&last, rest)) = cycles.split_last() else {
        return HashMap::from([(beads(&[], n), 1)]);
    };
    if let Some(found) = known.get(cycles) {
        return found.clone();
    }
    let mut result: HashMap<u64, i64> = HashMap::new();
    for (set, value) in sums(rest, n, known) {
        for bead in (0..2 * n - last).filter(|b| set >> b & 1 == 1 && set >> (b + last) & 1 == 0) {
            let passed = (set >> (bead + 1)) & ((1 << (last - 1)) - 1);
            let sign = if passed.count_ones() % 2 == 0 { 1 } else { -1 };
            *result.entry(set ^ (1 << bead) ^ (1 << (bead + last))).or_insert(0) += sign * value;
        }
    }
    result.retain(|_, value| *value != 0);
    known.insert(cycles.to_vec(), result.clone());
    result
}
