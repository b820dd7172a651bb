//! The nearest points to every point.

use super::vector::{dot, sub};
use super::{Edges, Point};

/// Edges from the `k` nearest other points to each (all, where there are fewer); of equally near ones those with smaller numbers.
pub fn nearest(points: &[Point], k: usize) -> Edges {
    let mut edges = Edges::default();
    let mut others: Vec<(f64, usize)> = Vec::with_capacity(points.len());
    for (i, &centre) in points.iter().enumerate() {
        others.clear();
        others.extend((0..points.len()).filter(|&j| j != i).map(|j| {
            let apart = sub(points[j], centre);
            (dot(apart, apart), j)
        }));
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k > 0 && k < others.len() {
            others.select_nth_unstable_by(k - 1, order);
        }
        others.truncate(k);
        others.sort_unstable_by_key(|&(_, j)| j);
        others.iter().for_each(|&(_, j)| edges.push(j, i, [0; 3]));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn on_a_line() {
        let points: Vec<[f64; 3]> = [0.0, 1.0, 2.0, 4.0].iter().map(|&x| [x, 0.0, 0.0]).collect();
        let edges = nearest(&points, 1);
        assert_eq!((edges.src, edges.dst), (vec![1, 0, 1, 2], vec![0, 1, 2, 3]));
        assert_eq!(nearest(&points, 2).src, [1, 2, 0, 2, 0, 1, 1, 2]);
        assert_eq!(nearest(&points, 9).len(), 12);
        assert!(nearest(&points, 0).is_empty() && nearest(&[], 3).is_empty());
    }
}
