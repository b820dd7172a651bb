//! Pictures of meshes, and of functions and fields on them: functions on the sphere above all.

use super::{MARGIN, WIDTH, arrow};
use crate::repl::picture::{Colour, INK, Picture, Shape, diverging, sequential};
use crate::repl::tensor::{Elem, Tensor};
use crate::session::domain::Domain;
use gdl_runtime::domain::Point;

/// Triangles of one picture.
pub const MAX_FACES: usize = 20_000;

/// The plane of the picture, (right, up), and the direction towards the eye: from above, and a little from the side.
const VIEW: [[f64; 3]; 3] = [[0.866, 0.0, -0.5], [-0.25, 0.866, -0.433], [0.433, 0.5, 0.75]];

/// A mesh, with the values of a signal on its vertices if there is one.
pub fn surface(mesh: &Domain, signal: Option<&Tensor>) -> Option<Picture> {
    let Domain::Mesh {
        points, faces, frames, ..
    } = mesh
    else {
        return None;
    };
    if faces.len() > MAX_FACES {
        return None;
    }
    // The middle of the box around it, and the distance to the farthest point.
    let end = |k: usize, start: f64, f: fn(f64, f64) -> f64| points.iter().map(|p| p[k]).fold(start, f);
    let middle: Point =
        std::array::from_fn(|k| f64::midpoint(end(k, f64::INFINITY, f64::min), end(k, f64::NEG_INFINITY, f64::max)));
    let from = |p: &Point| -> Point { std::array::from_fn(|k| p[k] - middle[k]) };
    let size = |p: &Point| p.iter().map(|x| x * x).sum::<f64>().sqrt();
    let reach = points.iter().map(|p| size(&from(p))).fold(1e-300, f64::max);
    let turned = |p: &Point| -> [f64; 3] { std::array::from_fn(|k| VIEW[k].iter().zip(p).map(|(v, x)| v * x).sum()) };
    let seen = |p: &Point| turned(&from(p)).map(|x| x / reach);
    let half = f64::from(WIDTH) / 2.0;
    let centre = MARGIN + WIDTH / 2;
    let scale = half * 0.8;
    let place = |q: [f64; 3]| (centre + (q[0] * scale) as i32, centre - (q[1] * scale) as i32);
    let vertices: Vec<[f64; 3]> = points.iter().map(seen).collect();
    let values = signal.map(lengths);
    let colour = |face: &[u32; 3], light: f64| -> Colour {
        let base = match &values {
            None => (170, 190, 215),
            Some((list, signed)) => {
                let top = list.iter().fold(1e-300, |m: f64, x| m.max(x.abs()));
                let mean = face.iter().map(|&v| list[v as usize]).sum::<f64>() / 3.0 / top;
                if *signed { diverging(mean) } else { sequential(mean) }
            }
        };
        let dim = |c: u8| (f64::from(c) * light) as u8;
        (dim(base.0), dim(base.1), dim(base.2))
    };
    let mut drawn: Vec<(f64, Shape)> = faces
        .iter()
        .map(|face| {
            let [a, b, c] = face.map(|v| vertices[v as usize]);
            let (u, w): ([f64; 3], [f64; 3]) = (
                std::array::from_fn(|k| b[k] - a[k]),
                std::array::from_fn(|k| c[k] - a[k]),
            );
            let normal = [
                u[1] * w[2] - u[2] * w[1],
                u[2] * w[0] - u[0] * w[2],
                u[0] * w[1] - u[1] * w[0],
            ];
            let size = normal.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-300);
            let light = 0.72 + 0.28 * (normal[2] / size).abs();
            let shape = Shape::Polygon {
                points: vec![place(a), place(b), place(c)],
                fill: colour(face, light),
            };
            (a[2] + b[2] + c[2], shape)
        })
        .collect();
    // What is nearer to the eye is drawn later.
    drawn.sort_by(|x, y| x.0.total_cmp(&y.0));
    let mut shapes: Vec<Shape> = drawn.into_iter().map(|(_, s)| s).collect();
    if let Some(t) = signal {
        shapes.extend(arrows(t, frames, &vertices, &turned, &place));
    }
    let side = (WIDTH + 2 * MARGIN) as u32;
    Some(Picture {
        size: (side, side),
        shapes,
        pixels: vec![],
        title: mesh.words(),
    })
}

/// The numbers that colours stand for, and whether they have a sign: one number as it is, others by their length.
fn lengths(t: &Tensor) -> (Vec<f64>, bool) {
    if t.width() == 1 {
        return (t.data.to_vec(), t.data.iter().any(|x| *x < 0.0));
    }
    let length = |k: usize| t.row(k).iter().map(|x| x * x).sum::<f64>().sqrt();
    ((0..t.rows()).map(length).collect(), false)
}

/// Vectors of space, and tangent vectors in the frames of their vertices, on the side of the eye.
fn arrows(
    t: &Tensor,
    frames: &[[Point; 2]],
    vertices: &[[f64; 3]],
    turned: &dyn Fn(&Point) -> [f64; 3],
    place: &dyn Fn([f64; 3]) -> (i32, i32),
) -> Vec<Shape> {
    let vector = |k: usize| -> Option<Point> {
        match (&t.elem, t.row(k)) {
            (Elem::Tangent(_), [a, b]) => {
                let [e, f] = frames.get(k)?;
                Some(std::array::from_fn(|i| a * e[i] + b * f[i]))
            }
            (Elem::Rep(r), [x, y, z]) if !r.is_trivial() => Some([*x, *y, *z]),
            _ => None,
        }
    };
    let all: Vec<Option<Point>> = (0..t.rows()).map(vector).collect();
    let size = |v: &Point| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let longest = all.iter().flatten().map(size).fold(1e-300, f64::max);
    let step = 18.0 / longest;
    let shown = all.iter().zip(vertices).filter(|(_, p)| p[2] > 0.0);
    shown
        .filter_map(|(v, p)| {
            let q = turned(&(*v)?);
            Some(arrow(place(*p), (q[0] * step, -q[1] * step), INK))
        })
        .flatten()
        .collect()
}
