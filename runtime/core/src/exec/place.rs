//! Where temporary arrays lie in the memory of a call.

#![forbid(unsafe_code)]

use gdl_abi::plan::Life;

/// Offsets for arrays of these sizes: large ones first, each at the lowest place that is free during its life. Also the total.
pub fn place(lives: &[Life], sizes: &[usize]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(sizes[k]));
    let mut offsets = vec![0; lives.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0;
    for k in order {
        let mut busy: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&j| lives[j].first <= lives[k].last && lives[k].first <= lives[j].last)
            .map(|&j| (offsets[j], offsets[j] + sizes[j]))
            .collect();
        busy.sort_unstable();
        let mut at = 0;
        for (start, end) in busy {
            if at + sizes[k] <= start {
                break;
            }
            at = at.max(end);
        }
        offsets[k] = at;
        total = total.max(at + sizes[k]);
        placed.push(k);
    }
    (offsets, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdl_abi::plan::BufferId;

    #[test]
    fn disjoint_lives_share() {
        let life = |b, first, last| Life {
            buffer: BufferId(b),
            first,
            last,
        };
        let lives = [life(0, 0, 1), life(1, 1, 2), life(2, 2, 3)];
        let (offsets, total) = place(&lives, &[64, 128, 64]);
        assert_eq!((offsets, total), (vec![128, 0, 128], 192));
    }
}
