//! Edges from positions: all neighbours nearer than a cutoff, or the nearest ones.

use super::bins::Bins;
use super::cell::Cell;
use super::vector::{dot, norm, sub};
use super::{Edges, Point, complete};

/// All edges shorter than the cutoff, periodic images included; a point is its own neighbour only as an image.
///
/// # Errors
/// Names a number that is not finite or not positive, lattice vectors that are not independent, or a cutoff that is large beyond
/// reason for the cell.
///
/// ```
/// use gdl_runtime::domain::{Cell, neighbours};
/// let cell = Cell::periodic([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]);
/// let edges = neighbours(&[[0.0; 3]], &cell, 2.5).unwrap();
/// assert_eq!(edges.len(), 6);
/// ```
pub fn neighbours(points: &[Point], cell: &Cell, cutoff: f64) -> Result<Edges, String> {
    if !(cutoff > 0.0 && cutoff.is_finite()) {
        return Err(format!("a cutoff of {cutoff} has no neighbours"));
    }
    let bins = Bins::new(points, cell, cutoff)?;
    let mut edges = Edges::default();
    let mut found: Vec<(usize, [i32; 3])> = Vec::new();
    for dst in 0..points.len() {
        found.clear();
        bins.near(dst, |src, shift, _| found.push((src, shift)));
        found.sort_unstable();
        found.iter().for_each(|&(src, shift)| edges.push(src, dst, shift));
    }
    Ok(edges)
}

/// The square of a distance, and whose it is.
type Candidate = (f64, usize, [i32; 3]);

/// Edges from the `k` nearest others to each point, images of a periodic cell (also its own) included; from all others where there
/// are fewer. Of equally near ones those with smaller numbers, then smaller shifts.
///
/// Points are looked for within a distance that is doubled for those that do not have enough neighbours yet.
///
/// # Errors
/// Names a point that is not finite, lattice vectors that are not independent, or a `k` that needs very many images.
///
/// ```
/// use gdl_runtime::domain::{Cell, nearest};
/// let points = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]];
/// let edges = nearest(&points, &Cell::OPEN, 1).unwrap();
/// assert_eq!((edges.src, edges.dst), (vec![1, 0, 1], vec![0, 1, 2]));
/// ```
pub fn nearest(points: &[Point], cell: &Cell, k: usize) -> Result<Edges, String> {
    // Also says what is wrong with points and cell, whatever `k` is.
    let mut distance = first_distance(points, cell, k);
    let mut bins = Bins::new(points, cell, distance)?;
    if k == 0 || points.is_empty() {
        return Ok(Edges::default());
    }
    let open = cell.periodic == [false; 3];
    if open && k + 1 >= points.len() {
        return Ok(complete(points.len()));
    }
    let mut found: Vec<Vec<(usize, [i32; 3])>> = vec![Vec::new(); points.len()];
    let mut left: Vec<usize> = (0..points.len()).collect();
    let mut near: Vec<Candidate> = Vec::new();
    loop {
        left.retain(|&dst| {
            near.clear();
            bins.near(dst, |src, shift, square| near.push((square, src, shift)));
            if near.len() < k {
                return true;
            }
            let order = |a: &Candidate, b: &Candidate| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2)));
            near.select_nth_unstable_by(k - 1, order);
            found[dst] = near[..k].iter().map(|&(_, src, shift)| (src, shift)).collect();
            found[dst].sort_unstable();
            false
        });
        if left.is_empty() {
            break;
        }
        distance *= 2.0;
        if !(distance * distance).is_finite() {
            return Err(format!("point {} is too far from the others", left[0]));
        }
        bins = Bins::new(points, cell, distance)?;
    }
    let mut edges = Edges::default();
    for (dst, list) in found.iter().enumerate() {
        list.iter().for_each(|&(src, shift)| edges.push(src, dst, shift));
    }
    Ok(edges)
}

/// A distance within which the `k` nearest others of points in dense places may be: the least that some of the points need, and no more
/// than a period.
fn first_distance(points: &[Point], cell: &Cell, k: usize) -> f64 {
    const SAMPLE: usize = 16;
    let mut least = (0..3)
        .filter(|&j| cell.periodic[j])
        .map(|j| norm(cell.vectors[j]))
        .fold(f64::INFINITY, f64::min);
    let mut widest: f64 = 0.0;
    if (1..points.len()).contains(&k) {
        for row in (0..points.len()).step_by(points.len().div_ceil(SAMPLE)) {
            let square = |p: &Point| dot(sub(*p, points[row]), sub(*p, points[row]));
            let mut squares: Vec<f64> = points.iter().map(square).collect();
            // The nearest is the point itself.
            let (_, kth, farther) = squares.select_nth_unstable_by(k, f64::total_cmp);
            least = least.min(kth.sqrt());
            widest = farther.iter().fold(widest.max(kth.sqrt()), |w, s| w.max(s.sqrt()));
        }
    }
    // Many points in one place say nothing.
    let distance = (least * 1.001).max(widest * 1e-6);
    if distance > 0.0 && distance.is_finite() {
        distance
    } else {
        1.0
    }
}
