//! Spheres of triangles.

use gdl_runtime::domain::Point;
use std::collections::HashMap;

/// The vertices and triangles of an icosahedron whose triangles are divided into four, `divisions` times, vertices on the unit sphere.
pub fn icosphere(divisions: u32) -> (Vec<Point>, Vec<[u32; 3]>) {
    let phi = f64::midpoint(1.0, 5f64.sqrt());
    let mut points: Vec<Point> = [
        [-1.0, phi, 0.0],
        [1.0, phi, 0.0],
        [-1.0, -phi, 0.0],
        [1.0, -phi, 0.0],
        [0.0, -1.0, phi],
        [0.0, 1.0, phi],
        [0.0, -1.0, -phi],
        [0.0, 1.0, -phi],
        [phi, 0.0, -1.0],
        [phi, 0.0, 1.0],
        [-phi, 0.0, -1.0],
        [-phi, 0.0, 1.0],
    ]
    .map(unit)
    .to_vec();
    let mut faces: Vec<[u32; 3]> = vec![
        [0, 11, 5],
        [0, 5, 1],
        [0, 1, 7],
        [0, 7, 10],
        [0, 10, 11],
        [1, 5, 9],
        [5, 11, 4],
        [11, 10, 2],
        [10, 7, 6],
        [7, 1, 8],
        [3, 9, 4],
        [3, 4, 2],
        [3, 2, 6],
        [3, 6, 8],
        [3, 8, 9],
        [4, 9, 5],
        [2, 4, 11],
        [6, 2, 10],
        [8, 6, 7],
        [9, 8, 1],
    ];
    for _ in 0..divisions {
        let mut middles: HashMap<(u32, u32), u32> = HashMap::new();
        let mut middle = |a: u32, b: u32, points: &mut Vec<Point>| {
            *middles.entry((a.min(b), a.max(b))).or_insert_with(|| {
                let (p, q) = (points[a as usize], points[b as usize]);
                points.push(unit(std::array::from_fn(|k| p[k] + q[k])));
                points.len() as u32 - 1
            })
        };
        faces = faces
            .iter()
            .flat_map(|&[a, b, c]| {
                let (x, y, z) = (
                    middle(a, b, &mut points),
                    middle(b, c, &mut points),
                    middle(c, a, &mut points),
                );
                [[a, x, z], [b, y, x], [c, z, y], [x, y, z]]
            })
            .collect();
    }
    (points, faces)
}

fn unit(p: Point) -> Point {
    let n = p.iter().map(|x| x * x).sum::<f64>().sqrt();
    p.map(|x| x / n)
}

#[cfg(test)]
mod tests {
    #[test]
    fn euler() {
        for n in 0..3 {
            let (points, faces) = super::icosphere(n);
            assert_eq!(faces.len(), 20 * 4usize.pow(n));
            assert_eq!(points.len() + faces.len(), faces.len() * 3 / 2 + 2);
            assert!(
                points
                    .iter()
                    .all(|p| (p.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12)
            );
        }
    }
}
