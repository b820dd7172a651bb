//! Highest weights and the labels that name them, see [`super::highest`].

use super::Family;
use super::highest::kind;
use crate::error::Error;
use crate::finite::Kind;

/// The largest number of coordinates.
const MAX_RANK: usize = 16;

/// Coordinates and boxes stay below this.
const MAX_BOXES: i64 = 60;

/// A highest weight in the coordinates of the diagonal matrices, or of the rotations of pairs of axes; for O(n) the rows of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weight {
    family: Family,
    coordinates: [i8; MAX_RANK],
}

impl Weight {
    fn of(family: Family, list: &[i64]) -> Option<Weight> {
        let mut coordinates = [0; MAX_RANK];
        for (x, y) in coordinates.iter_mut().zip(list) {
            *x = i8::try_from(*y).ok().filter(|x| i64::from(*x).abs() <= MAX_BOXES)?;
        }
        let small = list.len() <= MAX_RANK && list.iter().sum::<i64>().abs() <= MAX_BOXES;
        small.then_some(Weight { family, coordinates })
    }

    /// The group that it is a weight of.
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Its coordinates.
    pub(super) fn list(&self) -> Vec<i64> {
        let width = width(self.family).unwrap_or(0);
        self.coordinates[..width].iter().map(|&x| i64::from(x)).collect()
    }

    /// Is it zero?
    pub(crate) fn is_trivial(&self) -> bool {
        self.coordinates == [0; MAX_RANK]
    }

    /// Is it that of the defining representation?
    pub(crate) fn is_defining(&self) -> bool {
        self.coordinates[0] == 1 && self.coordinates[1..] == [0; MAX_RANK - 1]
    }

    /// How many factors V and V* it needs.
    pub(crate) fn height(&self) -> u32 {
        let list = self.list();
        match self.family {
            Family::SU(_) | Family::SL(_) => list[0] as u32,
            _ => list.iter().map(|x| x.unsigned_abs() as u32).sum(),
        }
    }
}

/// The number of coordinates of weights; none for groups whose representations have other names.
fn width(family: Family) -> Option<usize> {
    Some(match family {
        Family::U(n) if n > 1 => n,
        Family::SU(n) if n > 2 => n,
        Family::SL(n) => n,
        Family::Sp(n) => n / 2,
        Family::SO(p, q) if p + q > 2 => (p + q) / 2,
        Family::O(p, q) if p + q > 2 => p + q,
        _ => return None,
    } as usize)
}

/// Are its irreducible representations named by weights?
pub(crate) fn is_named(family: Family) -> bool {
    width(family).is_some()
}

fn unknown(family: Family, labels: &[i64]) -> Error {
    let list: Vec<String> = labels.iter().map(ToString::to_string).collect();
    let usage = match family {
        Family::U(n) => format!("a weight of U({n}) is {n} whole numbers that do not ascend"),
        Family::O(p, q) => format!(
            "the rows of a diagram whose first two columns have at most {} boxes",
            p + q
        ),
        other => format!("{} Dynkin labels from 0 on", dynkin_count(other)),
    };
    Error::Unknown(format!(
        "{} has no irreducible representation `irrep({})`: it is named by {usage}",
        super::name(family),
        list.join(", ")
    ))
}

fn dynkin_count(family: Family) -> usize {
    let width = width(family).unwrap_or(0);
    match family {
        Family::SU(_) | Family::SL(_) => width - 1,
        _ => width,
    }
}

/// The weight with these labels, that of the conjugate representation where both are one over the reals.
///
/// # Errors
/// There is no such representation, or it is one of a double cover only.
pub(crate) fn by_labels(family: Family, labels: &[i64]) -> Result<Weight, Error> {
    let bad = || unknown(family, labels);
    let width = width(family).ok_or_else(bad)?;
    let descending = |list: &[i64]| list.windows(2).all(|p| p[0] >= p[1]);
    let coordinates: Vec<i64> = match family {
        Family::U(_) if labels.len() == width && descending(labels) => labels.to_vec(),
        Family::O(p, q) if labels.len() <= width && descending(labels) && labels.last().is_none_or(|&x| x >= 0) => {
            let column = |k: i64| labels.iter().filter(|&&x| x > k).count();
            if column(0) + column(1) > (p + q) as usize {
                return Err(bad());
            }
            labels.to_vec()
        }
        Family::U(_) | Family::O(..) => return Err(bad()),
        _ => {
            if labels.len() != dynkin_count(family) || labels.iter().any(|&a| !(0..=MAX_BOXES).contains(&a)) {
                return Err(bad());
            }
            from_dynkin(family, labels).ok_or_else(|| {
                Error::Invalid(format!(
                    "{labels:?} is a spin representation: of a double cover of {0}, not of {0}",
                    super::name(family)
                ))
            })?
        }
    };
    let weight = Weight::of(family, &coordinates)
        .ok_or_else(|| Error::TooLarge(format!("weights are built of at most {MAX_BOXES} boxes")))?;
    let complex = kind(&weight) == Kind::Complex;
    let conjugate = match family {
        Family::U(_) if complex => coordinates.iter().rev().map(|x| -x).collect(),
        Family::SU(_) if complex => coordinates.iter().rev().map(|x| coordinates[0] - x).collect(),
        Family::SO(..) if complex => {
            let mut other = coordinates.clone();
            other.iter_mut().skip(width - 1).for_each(|x| *x = -*x);
            other
        }
        _ => coordinates,
    };
    // The one with fewer boxes.
    let better = |c: &Weight| match family {
        Family::SU(_) => c.coordinates < weight.coordinates,
        _ => c.coordinates > weight.coordinates,
    };
    Ok(Weight::of(family, &conjugate).filter(better).unwrap_or(weight))
}

/// The coordinates of the weight with these Dynkin labels; `None` if they are not whole.
fn from_dynkin(family: Family, labels: &[i64]) -> Option<Vec<i64>> {
    let rank = labels.len();
    let tail = |i: usize, to: usize| -> i64 { labels[i..to].iter().sum() };
    match family {
        Family::SU(_) | Family::SL(_) => Some((0..=rank).map(|i| tail(i, rank)).collect()),
        Family::Sp(_) => Some((0..rank).map(|i| tail(i, rank)).collect()),
        Family::SO(p, q) if (p + q) % 2 == 1 => {
            let last = labels[rank - 1];
            (last % 2 == 0).then(|| (0..rank).map(|i| tail(i, rank - 1) + last / 2).collect())
        }
        _ => {
            let (a, b) = (labels[rank - 2], labels[rank - 1]);
            let row = |i: usize| {
                if i + 1 == rank {
                    (b - a) / 2
                } else {
                    tail(i, rank - 2) + (a + b) / 2
                }
            };
            ((a + b) % 2 == 0).then(|| (0..rank).map(row).collect())
        }
    }
}

/// The labels that name a weight.
pub(crate) fn labels(weight: &Weight) -> Vec<i64> {
    dynkin(weight.family, &weight.list())
}

/// The labels of a weight by its coordinates.
pub(super) fn dynkin(family: Family, w: &[i64]) -> Vec<i64> {
    let steps = || w.windows(2).map(|p| p[0] - p[1]).collect::<Vec<i64>>();
    let last = w.last().copied().unwrap_or(0);
    match family {
        Family::U(_) => w.to_vec(),
        Family::O(..) => w.iter().copied().take_while(|&x| x > 0).collect(),
        Family::SU(_) | Family::SL(_) => steps(),
        Family::SO(p, q) if (p + q) % 2 == 1 => [steps(), vec![2 * last]].concat(),
        Family::SO(..) => [steps(), vec![w[w.len() - 2] + last]].concat(),
        _ => [steps(), vec![last]].concat(),
    }
}

/// The weights of height at most `max`, the trivial one first, by height.
pub(crate) fn list(family: Family, max: u32) -> Vec<Weight> {
    let width = width(family).unwrap_or(0);
    let max = i64::from(max).min(MAX_BOXES);
    let low = match family {
        Family::U(_) => -max,
        Family::SO(p, q) if (p + q) % 2 == 0 => -max,
        _ => 0,
    };
    let mut all: Vec<Vec<i64>> = vec![vec![]];
    for i in 0..width {
        // Only the last coordinate of a rotation group may be negative.
        let least = if matches!(family, Family::SO(..)) && i + 1 < width {
            0
        } else {
            low
        };
        let longer = |head: &Vec<i64>| {
            let top = head.last().copied().unwrap_or(max);
            let head = head.clone();
            (least..=top)
                .rev()
                .map(move |x| [head.as_slice(), &[x]].concat())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
        all.retain(|w| {
            matches!(family, Family::SU(_) | Family::SL(_)) || w.iter().map(|x| x.abs()).sum::<i64>() <= max
        });
    }
    let mut found: Vec<Weight> = vec![];
    for w in all {
        // Of SU(n) and SL(n) the last coordinate is 0; of SO(2m) the last one is not larger than the one before.
        let canonical = |w: &Weight| by_labels(family, &labels(w)).is_ok_and(|c| c == *w);
        found.extend(Weight::of(family, &w).filter(canonical));
    }
    let boxes = |w: &Weight| w.list().iter().map(|x| x.abs()).sum::<i64>();
    found.sort_by_key(|w| (w.height(), boxes(w), std::cmp::Reverse(w.coordinates)));
    found.dedup();
    found
}
