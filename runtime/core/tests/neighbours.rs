//! Edges from positions against a search through all pairs and images.

use gdl_runtime::domain::{Cell, Edges, Point, nearest, neighbours};
use proptest::prelude::*;

/// Source, lattice translation, square of the distance.
type Found = (u32, [i32; 3], f64);

/// Everything nearer to point `i` than the distance, by looking at all images within `far` cells.
fn all_near(points: &[Point], cell: &Cell, i: usize, distance: f64, far: i32) -> Vec<Found> {
    let range = |k: usize| if cell.periodic[k] { -far..=far } else { 0..=0 };
    let mut found = Vec::new();
    for (j, point) in points.iter().enumerate() {
        for a in range(0) {
            for b in range(1) {
                for c in range(2) {
                    let step = cell.translation([a, b, c]);
                    let square: f64 = (0..3).map(|k| (point[k] - points[i][k] + step[k]).powi(2)).sum();
                    if square < distance * distance && (i != j || [a, b, c] != [0; 3]) {
                        found.push((j as u32, [a, b, c], square));
                    }
                }
            }
        }
    }
    found
}

fn edges(lists: impl Iterator<Item = Vec<Found>>) -> Edges {
    let mut edges = Edges::default();
    for (dst, list) in lists.enumerate() {
        for (src, shift, _) in list {
            edges.src.push(src);
            edges.dst.push(dst as u32);
            edges.shift.push(shift);
        }
    }
    edges
}

/// Points in general position, in a plane, on a line, in a few dense heaps, or on a lattice (with many equal distances).
fn points() -> impl Strategy<Value = Vec<Point>> {
    let coordinate = -2.0..2.0f64;
    let general = prop::collection::vec([coordinate.clone(), coordinate.clone(), coordinate], 0..13);
    (general, 0..5).prop_map(|(points, kind)| {
        let place = |p: Point| match kind {
            0 => p,
            1 => [p[0], 1.0, p[2]],
            2 => [p[1], 2.0 * p[1], 0.0],
            3 => [p[0].round() * 40.0 + p[1] * 1e-3, p[2] * 1e-3, 0.0],
            _ => p.map(f64::round),
        };
        points.into_iter().map(place).collect()
    })
}

/// No periods, or some; the planes of the lattice are 1.8 apart at least.
fn cell() -> impl Strategy<Value = Cell> {
    let side = 2.5..5.0f64;
    let off = -1.0..1.0f64;
    let shape = ([side.clone(), side.clone(), side], [off.clone(), off.clone(), off]);
    (shape, any::<[bool; 3]>()).prop_map(|(([a, b, c], [d, e, f]), periodic)| Cell {
        vectors: [[a, 0.0, 0.0], [d, b, 0.0], [e, f, c]],
        periodic,
    })
}

/// Along periods, points so near to each other that the search need not look at more than 7 images.
fn within_reach(points: Vec<Point>, cell: &Cell) -> Vec<Point> {
    let near = |x: f64, k: usize| if cell.periodic[k] { x % 4.0 } else { x };
    points
        .iter()
        .map(|p| [near(p[0], 0), near(p[1], 1), near(p[2], 2)])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn within_a_cutoff(points in points(), cell in cell(), cutoff in 0.3..4.5f64) {
        let (points, far) = (within_reach(points, &cell), 7);
        let found = neighbours(&points, &cell, cutoff).unwrap();
        let expected = edges((0..points.len()).map(|i| all_near(&points, &cell, i, cutoff, far)));
        prop_assert_eq!(&found, &expected);
        for v in found.vectors(&points, &cell) {
            prop_assert!(v.iter().map(|x| x * x).sum::<f64>() < cutoff * cutoff);
        }
    }

    #[test]
    fn the_nearest(points in points(), cell in cell(), k in 0..7usize) {
        let (points, far) = (within_reach(points, &cell), 7);
        let found = nearest(&points, &cell, k).unwrap();
        let best = |i: usize| {
            let mut list = all_near(&points, &cell, i, f64::INFINITY, far);
            list.sort_by(|a, b| a.2.total_cmp(&b.2).then((a.0, a.1).cmp(&(b.0, b.1))));
            list.truncate(k);
            list.sort_by_key(|&(src, shift, _)| (src, shift));
            list
        };
        prop_assert_eq!(found, edges((0..points.len()).map(best)));
    }

    /// Another image of a point has the same neighbours at the same distances.
    #[test]
    fn images_are_alike(points in points(), cell in cell(), by in [-3..4i32, -3..4, -3..4], cutoff in 0.5..4.0f64) {
        prop_assume!(!points.is_empty());
        let step = cell.translation(by);
        let mut moved = points.clone();
        moved[0] = [0, 1, 2].map(|k| moved[0][k] + step[k]);
        let lengths = |points: &[Point], edges: &Edges| {
            let vectors = edges.vectors(points, &cell);
            let mut all: Vec<(u32, u32, i64)> = (0..edges.len())
                .map(|e| (edges.dst[e], edges.src[e], (vectors[e].iter().map(|x| x * x).sum::<f64>() * 1e6).round() as i64))
                .collect();
            all.sort_unstable();
            all
        };
        // Where no distance is the cutoff but for rounding.
        let [less, more] = [1.0 - 1e-9, 1.0 + 1e-9].map(|f| neighbours(&points, &cell, cutoff * f).unwrap());
        prop_assume!(less == more);
        let (before, after) = (neighbours(&points, &cell, cutoff).unwrap(), neighbours(&moved, &cell, cutoff).unwrap());
        let (before, after) = (lengths(&points, &before), lengths(&moved, &after));
        prop_assert_eq!(before.len(), after.len());
        for (a, b) in before.iter().zip(&after) {
            prop_assert!((a.0, a.1) == (b.0, b.1) && (a.2 - b.2).abs() <= 1, "{:?} {:?}", a, b);
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let says = |result: Result<Edges, String>, text: &str| {
        let e = result.unwrap_err();
        assert!(e.contains(text), "{e}");
    };
    let cube = |a: f64| Cell::periodic([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]]);
    let flat = Cell::periodic([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
    says(neighbours(&[[0.0; 3]], &flat, 1.0), "not independent");
    says(nearest(&[[0.0; 3]], &flat, 1), "not independent");
    says(neighbours(&[[0.0; 3]], &Cell::OPEN, 0.0), "a cutoff of 0");
    says(neighbours(&[[0.0; 3]], &Cell::OPEN, f64::NAN), "a cutoff of NaN");
    says(neighbours(&[[0.0; 3], [f64::NAN; 3]], &Cell::OPEN, 1.0), "point 1");
    says(nearest(&[[f64::INFINITY; 3]], &Cell::OPEN, 1), "point 0");
    says(neighbours(&[[0.0; 3]], &cube(1e-9), 5.0), "very many images");
    says(
        neighbours(&[[1e9, 0.0, 0.0]], &cube(1.0), 1.0),
        "point 0 is 1e9 cells away",
    );
    says(nearest(&[[0.0; 3]], &cube(1.0), usize::MAX), "very many images");
}

#[test]
fn points_may_be_far_apart() {
    // Two pairs at the ends of the world.
    let points = [
        [-1e300, 0.0, 0.0],
        [-1e300, 0.5, 0.0],
        [1e300, 0.0, 0.0],
        [1e300, 0.5, 0.0],
    ];
    let edges = neighbours(&points, &Cell::OPEN, 1.0).unwrap();
    assert_eq!((edges.src, edges.dst), (vec![1, 0, 3, 2], vec![0, 1, 2, 3]));
    assert_eq!(nearest(&points, &Cell::OPEN, 1).unwrap().src, [1, 0, 3, 2]);
    let e = nearest(&points, &Cell::OPEN, 2).unwrap_err();
    assert!(e.contains("point 0 is too far"), "{e}");
}
