//! Points sorted into bins, so that those near a place are found without looking at all others.
//!
//! Along a period the cell is divided into bins, fractional coordinates f = A⁻¹ x are wrapped into [0, 1), and a bin beyond the last
//! one is a bin of the next image. Along other directions there is no end of bins. Bins without points take no memory, so that
//! time and memory are linear in the number of points, however far apart these are.

use super::Point;
use super::cell::Cell;
use super::vector::{add, dot, norm, sub};
use std::collections::HashMap;
use std::ops::Range;

/// More bins than this around one point mean that the distance and the cell are in different units.
const MOST_BINS: f64 = 1e6;

/// Bins are a little thicker than asked, which makes up for rounding.
const SLACK: f64 = 1.001;

/// What lies beyond so many bins is put into the last one; within, rounding is less than the slack.
const FARTHEST: f64 = (1u64 << 36) as f64;

/// Points are at most so many cells away from the one at the origin.
const MOST_CELLS: f64 = (1u32 << 20) as f64;

/// Points sorted into bins for finding what is nearer than `distance`.
pub(super) struct Bins<'a> {
    points: &'a [Point],
    cell: &'a Cell,
    distance: f64,
    /// Bins along every period.
    count: [Option<i64>; 3],
    /// How many bins away a neighbour can be.
    reach: [i64; 3],
    /// Where every point is.
    places: Vec<Place>,
    /// Points by bin.
    order: Vec<(u32, Place)>,
    /// The points of every bin, as a part of `order`.
    members: HashMap<[i64; 3], Range<usize>>,
}

/// Where a point is.
#[derive(Clone, Copy)]
struct Place {
    bin: [i64; 3],
    /// The lattice translation that took it there.
    wrapped: [i32; 3],
    /// The point after it.
    at: Point,
}

impl<'a> Bins<'a> {
    /// Sorts points.
    ///
    /// # Errors
    /// Names a point that is not finite or very many cells away, lattice vectors that are not independent, or a distance that is
    /// large beyond reason for the cell.
    pub(super) fn new(points: &'a [Point], cell: &'a Cell, distance: f64) -> Result<Bins<'a>, String> {
        if let Some(k) = points.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(format!("point {k} is not finite"));
        }
        let inverse = cell.inverse().ok_or("the lattice vectors are not independent")?;
        // The planes that direction k counts are 1 / |a*_k| apart: a lattice constant, or 1 where there is no period.
        let heights = inverse.map(|a| 1.0 / norm(a));
        let count = [0, 1, 2].map(|k| {
            let most = f64::from(1 << 20);
            cell.periodic[k].then(|| (heights[k] / distance).floor().clamp(1.0, most) as i64)
        });
        let thickness = [0, 1, 2].map(|k| count[k].map_or(distance * SLACK, |n| heights[k] / n as f64));
        let reach = thickness.map(|t| (distance * SLACK / t).ceil());
        if reach.iter().map(|r| 2.0 * r + 1.0).product::<f64>() > MOST_BINS {
            return Err(format!(
                "a distance of {distance} reaches very many images of the cell: are both in one unit?"
            ));
        }
        let mut places = Vec::with_capacity(points.len());
        for (row, &x) in points.iter().enumerate() {
            let (mut bin, mut wrapped) = ([0; 3], [0; 3]);
            for k in 0..3 {
                let f = dot(inverse[k], x);
                let cells = f.floor();
                if let Some(n) = count[k] {
                    if cells.abs() > MOST_CELLS {
                        return Err(format!("point {row} is {cells:e} cells away"));
                    }
                    wrapped[k] = -cells as i32;
                    bin[k] = (((f - cells) * n as f64) as i64).clamp(0, n - 1);
                } else {
                    bin[k] = (f / thickness[k]).floor().clamp(-FARTHEST, FARTHEST) as i64;
                }
            }
            let at = add(x, cell.translation(wrapped));
            places.push(Place { bin, wrapped, at });
        }
        let mut order: Vec<(u32, Place)> = (0..).zip(places.iter().copied()).collect();
        order.sort_by_key(|(_, place)| place.bin);
        let (mut members, mut start) = (HashMap::new(), 0);
        for chunk in order.chunk_by(|(_, a), (_, b)| a.bin == b.bin) {
            members.insert(chunk[0].1.bin, start..start + chunk.len());
            start += chunk.len();
        }
        Ok(Bins {
            points,
            cell,
            distance,
            count,
            reach: reach.map(|r| r as i64),
            places,
            order,
            members,
        })
    }

    /// Calls `f` for everything nearer to a point than the distance: the point there, the lattice translation that takes it there,
    /// and the square of its distance. A point is near itself only as an image.
    pub(super) fn near(&self, row: usize, mut f: impl FnMut(usize, [i32; 3], f64)) {
        let bin = self.places[row].bin;
        let around = |k: usize| bin[k] - self.reach[k]..=bin[k] + self.reach[k];
        for x in around(0) {
            for y in around(1) {
                for z in around(2) {
                    self.visit(row, [x, y, z], &mut f);
                }
            }
        }
    }

    /// As [`Bins::near`], for one bin, which may be that of an image.
    fn visit(&self, row: usize, bin: [i64; 3], f: &mut impl FnMut(usize, [i32; 3], f64)) {
        let image = [0, 1, 2].map(|k| self.count[k].map_or(0, |n| bin[k].div_euclid(n) as i32));
        let own = [0, 1, 2].map(|k| self.count[k].map_or(bin[k], |n| bin[k].rem_euclid(n)));
        let Some(members) = self.members.get(&own) else {
            return;
        };
        let here = self.places[row];
        let (from, limit) = (
            sub(here.at, self.cell.translation(image)),
            self.distance * self.distance,
        );
        for &(other, there) in &self.order[members.clone()] {
            // Wrapped points tell those that are far; which are near is decided by the points themselves.
            let rough = sub(there.at, from);
            if dot(rough, rough) > limit * SLACK {
                continue;
            }
            let other = other as usize;
            let shift = [0, 1, 2].map(|k| image[k] + there.wrapped[k] - here.wrapped[k]);
            let apart = add(sub(self.points[other], self.points[row]), self.cell.translation(shift));
            let square = dot(apart, apart);
            if square < limit && (other != row || shift != [0; 3]) {
                f(other, shift, square);
            }
        }
    }
}
