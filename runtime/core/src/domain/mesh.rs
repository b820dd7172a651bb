//! Frames of triangle meshes.
//!
//! The **normal** of vertex p is the sum of the normals of its triangles, weighted by area, n_p = Σ (b − a) × (c − a) / |…|.
//! The **gauge**: the first tangent e₁ of p points to its first neighbour q, projected to the tangent plane,
//! x_q − x_p − n_p ⟨n_p, x_q − x_p⟩; the second is e₂ = n_p × e₁.
//! An edge q → p has, seen from p,
//! - the **angle** θ of q: that of the projected x_q − x_p in the frame of p;
//! - the **radius** r = |x_q − x_p|, so that r (cos θ, sin θ) is q in the logarithmic map that keeps distances along edges;
//! - the **transport** φ: R(q→p) is the smallest rotation of space that takes n_q to n_p; φ is the angle of R e₁(q) in the frame of p. A
//!   vector with coordinates v at q has coordinates ρ(φ) v at p.

use super::Point;
use super::vector::{add, cross, dot, norm, scale, sub, unit};

/// Vertices with frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// First tangent, second tangent, normal of every vertex.
    pub frames: Vec<[Point; 3]>,
    /// The sides of all triangles in both directions.
    pub edges: MeshEdges,
}

/// Edges of a mesh, sorted by destination, then source, with what they look like from the destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshEdges {
    /// Where every edge comes from.
    pub src: Vec<u32>,
    /// Where it goes.
    pub dst: Vec<u32>,
    /// θ, in radians.
    pub angle: Vec<f64>,
    /// φ, in radians.
    pub transport: Vec<f64>,
    /// r.
    pub radius: Vec<f64>,
}

impl Mesh {
    /// The frames and edges of a mesh.
    ///
    /// # Errors
    /// Names a triangle with a vertex out of range, or a vertex without a tangent plane.
    pub fn new(vertices: &[Point], faces: &[[u32; 3]]) -> Result<Mesh, String> {
        if let Some((k, v)) = faces
            .iter()
            .enumerate()
            .find_map(|(k, f)| Some((k, *f.iter().find(|v| **v as usize >= vertices.len())?)))
        {
            return Err(format!("triangle {k} has vertex {v} of {}", vertices.len()));
        }
        let mut sides: Vec<[u32; 2]> = faces
            .iter()
            .flat_map(|&[a, b, c]| [[a, b], [b, a], [b, c], [c, b], [c, a], [a, c]])
            .collect();
        sides.sort_unstable();
        sides.dedup();
        let mut normals = vec![[0.0; 3]; vertices.len()];
        for f in faces {
            let [a, b, c] = f.map(|v| vertices[v as usize]);
            let normal = cross(sub(b, a), sub(c, a));
            f.iter()
                .for_each(|&v| normals[v as usize] = add(normals[v as usize], normal));
        }
        let mut first = vec![None; vertices.len()];
        sides
            .iter()
            .for_each(|&[dst, src]| _ = first[dst as usize].get_or_insert(src));
        let frame = |p: usize| {
            let normal = unit(normals[p])?;
            let towards = sub(vertices[first[p]? as usize], vertices[p]);
            let tangent = unit(sub(towards, scale(normal, dot(normal, towards))))?;
            Some([tangent, cross(normal, tangent), normal])
        };
        let frames = (0..vertices.len())
            .map(|p| frame(p).ok_or_else(|| format!("vertex {p} has no tangent plane")))
            .collect::<Result<Vec<_>, _>>()?;
        let mut edges = MeshEdges::default();
        for [dst, src] in sides {
            let (to, from) = (&frames[dst as usize], &frames[src as usize]);
            let apart = sub(vertices[src as usize], vertices[dst as usize]);
            edges.src.push(src);
            edges.dst.push(dst);
            edges.angle.push(angle(to, apart));
            edges.transport.push(angle(to, turn(from[2], to[2], from[0])));
            edges.radius.push(norm(apart));
        }
        Ok(Mesh { frames, edges })
    }
}

/// The angle of a projected vector in a frame.
fn angle(frame: &[Point; 3], v: Point) -> f64 {
    dot(frame[1], v).atan2(dot(frame[0], v))
}

/// `v` after the smallest rotation that takes the unit vector `a` to `b`: with s = a × b and c = ⟨a, b⟩,
/// c v + s × v + s ⟨s, v⟩ / (1 + c). For opposite ones the half turn about `v` projected, which keeps it.
fn turn(a: Point, b: Point, v: Point) -> Point {
    let (s, c) = (cross(a, b), dot(a, b));
    if c <= -1.0 + 1e-12 {
        return v;
    }
    add(add(scale(v, c), cross(s, v)), scale(s, dot(s, v) / (1.0 + c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

    /// A sphere of triangles: an octahedron whose vertices are moved a little.
    fn ball() -> (Vec<Point>, Vec<[u32; 3]>) {
        let points = vec![
            [1.1, 0.1, 0.0],
            [-1.0, 0.0, 0.2],
            [0.1, 1.0, 0.0],
            [0.0, -1.2, 0.1],
            [0.0, 0.1, 0.9],
            [0.1, 0.0, -1.0],
        ];
        let faces = vec![
            [0, 2, 4],
            [2, 1, 4],
            [1, 3, 4],
            [3, 0, 4],
            [2, 0, 5],
            [1, 2, 5],
            [3, 1, 5],
            [0, 3, 5],
        ];
        (points, faces)
    }

    fn same_angle(a: f64, b: f64) -> bool {
        let apart = (a - b).rem_euclid(TAU);
        apart < 1e-9 || TAU - apart < 1e-9
    }

    #[test]
    fn frames_are_orthonormal() {
        let (points, faces) = ball();
        let mesh = Mesh::new(&points, &faces).unwrap();
        for f in &mesh.frames {
            for j in 0..3 {
                for k in 0..3 {
                    assert!((dot(f[j], f[k]) - f64::from(u8::from(j == k))).abs() < 1e-12);
                }
            }
            assert!((dot(cross(f[0], f[1]), f[2]) - 1.0).abs() < 1e-12);
        }
        // Every vertex has 4 neighbours; the first lies at angle 0.
        let e = &mesh.edges;
        assert_eq!(e.src.len(), 24);
        for p in 0..6 {
            let first = e.dst.iter().position(|&d| d == p).unwrap();
            assert!(e.angle[first].abs() < 1e-12);
        }
    }

    #[test]
    fn there_and_back() {
        let (points, faces) = ball();
        let e = Mesh::new(&points, &faces).unwrap().edges;
        for k in 0..e.src.len() {
            let back = (0..e.src.len())
                .find(|&j| e.src[j] == e.dst[k] && e.dst[j] == e.src[k])
                .unwrap();
            assert!(same_angle(e.transport[k], -e.transport[back]));
            assert_eq!(e.radius[k], e.radius[back]);
        }
    }

    #[test]
    fn a_plane_is_flat() {
        // A hexagon: all directions are seen alike by all vertices.
        let mut points = vec![[0.0, 0.0, 1.0]];
        points.extend((0..6).map(|k| {
            let t = f64::from(k) * PI / 3.0;
            [t.cos(), t.sin(), 1.0]
        }));
        let faces: Vec<[u32; 3]> = (0..6).map(|k| [0, 1 + k, 1 + (k + 1) % 6]).collect();
        let mesh = Mesh::new(&points, &faces).unwrap();
        let e = &mesh.edges;
        for k in 0..6 {
            // Neighbours of the centre stand at multiples of 60° from the first.
            assert!(same_angle(e.angle[k], f64::from(k as u32) * PI / 3.0) && (e.radius[k] - 1.0).abs() < 1e-12);
        }
        for k in 0..e.src.len() {
            let heading = |v: u32| mesh.frames[v as usize][0][1].atan2(mesh.frames[v as usize][0][0]);
            assert!(same_angle(e.transport[k], heading(e.src[k]) - heading(e.dst[k])));
        }
    }

    #[test]
    fn gauge_independence() {
        // Moving space moves nothing that is measured in frames.
        let (points, faces) = ball();
        let (c, s) = (0.6, 0.8);
        let moved: Vec<Point> = points
            .iter()
            .map(|p| [c * p[0] - s * p[2] + 5.0, p[1] - 1.0, s * p[0] + c * p[2]])
            .collect();
        let (a, b) = (
            Mesh::new(&points, &faces).unwrap().edges,
            Mesh::new(&moved, &faces).unwrap().edges,
        );
        assert!(a.angle.iter().zip(&b.angle).all(|(x, y)| same_angle(*x, *y)));
        assert!(a.transport.iter().zip(&b.transport).all(|(x, y)| same_angle(*x, *y)));
    }

    #[test]
    fn errors() {
        assert!(Mesh::new(&[[0.0; 3]; 3], &[[0, 1, 3]]).is_err());
        assert!(Mesh::new(&[[0.0; 3]; 3], &[[0, 1, 2]]).is_err());
        assert!(Mesh::new(&[[0.0; 3]], &[]).is_err());
    }
}
