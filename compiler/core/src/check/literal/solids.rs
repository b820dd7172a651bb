//! Meshes with names.

use crate::scene::Elements;

type Point = [f64; 3];

/// A Platonic solid with triangular faces, around the origin.
pub(super) fn solid(name: &str) -> Option<Elements> {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let points: Vec<Point> = match name {
        "tetrahedron" => vec![[1., 1., 1.], [1., -1., -1.], [-1., 1., -1.], [-1., -1., 1.]],
        "octahedron" => (0..3).flat_map(|k| [1., -1.].map(|s| along(k, s, 0., 0.))).collect(),
        "icosahedron" => (0..3)
            .flat_map(|k| [(1., 1.), (1., -1.), (-1., 1.), (-1., -1.)].map(|(s, t)| along(k, 0., s, t * golden)))
            .collect(),
        _ => return None,
    };
    let faces = faces(&points);
    Some(Elements::Mesh { points, faces })
}

/// The point with these coordinates, the first along axis k.
fn along(k: usize, x: f64, y: f64, z: f64) -> Point {
    let mut p = [0.0; 3];
    p[k] = x;
    p[(k + 1) % 3] = y;
    p[(k + 2) % 3] = z;
    p
}

/// All triples of mutually nearest vertices, counter-clockwise seen from outside.
fn faces(points: &[Point]) -> Vec<[u32; 3]> {
    let apart = |a: usize, b: usize| (0..3).map(|i| (points[a][i] - points[b][i]).powi(2)).sum::<f64>();
    let n = points.len();
    let nearest = (1..n).map(|k| apart(0, k)).fold(f64::INFINITY, f64::min);
    let joined = |a: usize, b: usize| apart(a, b) < 1.01 * nearest;
    let volume = |[a, b, c]: [usize; 3]| -> f64 {
        let (a, b, c) = (points[a], points[b], points[c]);
        (0..3)
            .map(|i| a[i] * (b[(i + 1) % 3] * c[(i + 2) % 3] - b[(i + 2) % 3] * c[(i + 1) % 3]))
            .sum()
    };
    let mut faces = Vec::new();
    for a in 0..n {
        for b in (a + 1..n).filter(|&b| joined(a, b)) {
            for c in (b + 1..n).filter(|&c| joined(a, c) && joined(b, c)) {
                let face = if volume([a, b, c]) > 0.0 { [a, b, c] } else { [a, c, b] };
                faces.push(face.map(|k| k as u32));
            }
        }
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::solid;
    use crate::scene::Elements;

    #[test]
    fn euler() {
        for (name, sizes) in [
            ("tetrahedron", (4, 4)),
            ("octahedron", (6, 8)),
            ("icosahedron", (12, 20)),
        ] {
            let Some(Elements::Mesh { points, faces }) = solid(name) else {
                panic!("{name}");
            };
            assert_eq!((points.len(), faces.len()), sizes, "{name}");
            // Every side belongs to two triangles that run through it in opposite directions.
            let mut sides: Vec<(u32, u32)> = faces
                .iter()
                .flat_map(|f| [(f[0], f[1]), (f[1], f[2]), (f[2], f[0])])
                .collect();
            sides.sort_unstable();
            sides.dedup();
            assert_eq!(sides.len(), 3 * faces.len(), "{name}");
            assert!(
                sides.iter().all(|&(a, b)| sides.binary_search(&(b, a)).is_ok()),
                "{name}"
            );
        }
        assert!(solid("cube").is_none());
    }
}
