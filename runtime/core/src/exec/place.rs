//! Where temporary arrays lie in the memory of a call.

#![forbid(unsafe_code)]

use gdl_abi::plan::Life;
use std::cmp::Reverse;

/// Offsets for arrays of these sizes: large ones first, each at the lowest place that is free during its life. Also the total.
pub fn place(lives: &[Life], sizes: &[usize]) -> (Vec<usize>, usize) {
    let mut total = 0;
    let place = |k: usize, placed: &Placed<'_>| {
        let at = placed.lowest(k, 0);
        total = total.max(at + sizes[k]);
        Some((0, at))
    };
    let places = in_order(lives, sizes, place).unwrap_or_default();
    (places.into_iter().map(|(_, at)| at).collect(), total)
}

/// Arrays in banks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBanks {
    /// The bank and the offset of each.
    pub places: Vec<(usize, usize)>,
    /// What is in use of every bank.
    pub used: Vec<usize>,
}

/// As [`place`], in banks of which bank `b` has room for `rooms[b]`: each array lies in the first bank that has room for it, or in the one that
/// `wanted` names. Nothing if there is not enough room.
pub fn place_in(lives: &[Life], sizes: &[usize], rooms: &[usize], wanted: Option<&[usize]>) -> Option<InBanks> {
    let mut used = vec![0; rooms.len()];
    let place = |k: usize, placed: &Placed<'_>| {
        let fits =
            |&(bank, at): &(usize, usize)| at + sizes[k] <= rooms[bank] && wanted.is_none_or(|banks| banks[k] == bank);
        let (bank, at) = (0..rooms.len()).map(|b| (b, placed.lowest(k, b))).find(fits)?;
        used[bank] = used[bank].max(at + sizes[k]);
        Some((bank, at))
    };
    let places = in_order(lives, sizes, place)?;
    Some(InBanks { places, used })
}

/// Arrays that have a bank and an offset.
struct Placed<'a> {
    lives: &'a [Life],
    sizes: &'a [usize],
    places: Vec<(usize, usize)>,
    done: Vec<usize>,
}

impl Placed<'_> {
    /// The lowest place in a bank that is free during the life of array `k`.
    fn lowest(&self, k: usize, bank: usize) -> usize {
        let own = &self.lives[k];
        let meets = |j: &usize| self.lives[*j].first <= own.last && own.first <= self.lives[*j].last;
        let mut busy: Vec<(usize, usize)> = self
            .done
            .iter()
            .filter(|j| self.places[**j].0 == bank && meets(j))
            .map(|&j| (self.places[j].1, self.places[j].1 + self.sizes[j]))
            .collect();
        busy.sort_unstable();
        let mut at = 0;
        for (start, end) in busy {
            if at + self.sizes[k] <= start {
                break;
            }
            at = at.max(end);
        }
        at
    }
}

/// Places one array after the other, large ones first, until one has no place.
fn in_order(
    lives: &[Life],
    sizes: &[usize],
    mut place: impl FnMut(usize, &Placed<'_>) -> Option<(usize, usize)>,
) -> Option<Vec<(usize, usize)>> {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|&k| Reverse(sizes[k]));
    let mut placed = Placed {
        lives,
        sizes,
        places: vec![(0, 0); lives.len()],
        done: Vec::new(),
    };
    for k in order {
        placed.places[k] = place(k, &placed)?;
        placed.done.push(k);
    }
    Some(placed.places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdl_abi::plan::BufferId;

    fn life(b: u32, first: usize, last: usize) -> Life {
        Life {
            buffer: BufferId(b),
            first,
            last,
        }
    }

    #[test]
    fn disjoint_lives_share() {
        let lives = [life(0, 0, 1), life(1, 1, 2), life(2, 2, 3)];
        let (offsets, total) = place(&lives, &[64, 128, 64]);
        assert_eq!((offsets, total), (vec![128, 0, 128], 192));
    }

    #[test]
    fn banks_are_filled_one_after_the_other() {
        let lives = [life(0, 0, 1), life(1, 1, 2), life(2, 2, 3)];
        let sizes = [64, 128, 64];
        // All of the first bank is free once its array is not in use any more.
        let found = place_in(&lives, &sizes, &[128, 64], None).expect("room");
        assert_eq!(
            (found.places, found.used),
            (vec![(1, 0), (0, 0), (1, 0)], vec![128, 64])
        );
        let found = place_in(&lives, &sizes, &[64, 256], Some(&[1, 1, 0])).expect("room");
        assert_eq!(
            (found.places, found.used),
            (vec![(1, 128), (1, 0), (0, 0)], vec![64, 192])
        );
        assert_eq!(place_in(&lives, &sizes, &[64, 64], None), None);
        assert_eq!(place_in(&lives, &sizes, &[128, 64], Some(&[0, 0, 0])), None);
    }
}
