//! Edges that are computed from positions: cutoffs with periodic images, nearest neighbours, meshes.

use super::edges::{self, Edge, EdgeList};
use super::spec::Edges;
use crate::error::{Error, Result};
use crate::files::Table;

type Vector = [f64; 3];

/// Periodic images of one point within reach of another; more mean that the cutoff is in other units than the cell.
const MOST_IMAGES: f64 = 1e5;

/// Adds the edges of all samples.
///
/// # Errors
/// Names the array that is missing, of another shape, not finite, or degenerate.
pub(super) fn build(table: &Table, nodes: &[usize], edges: &Edges, list: &mut EdgeList) -> Result<()> {
    match edges {
        Edges::Cutoff {
            positions,
            cutoff,
            cell,
            pbc,
        } => {
            let points = points(table, positions, nodes)?;
            list.shift = Some(Vec::new());
            for (s, w) in nodes.windows(2).enumerate() {
                let lattice = match cell {
                    Some(cell) => Lattice::read(table, cell, pbc.as_deref(), s)?,
                    None => Lattice::none(),
                };
                list.push_sample(within(&points[w[0]..w[1]], *cutoff, &lattice)?);
            }
        }
        Edges::Nearest { positions, k } => {
            let points = points(table, positions, nodes)?;
            nodes
                .windows(2)
                .for_each(|w| list.push_sample(nearest(&points[w[0]..w[1]], *k)));
        }
        Edges::Faces { positions, faces, ptr } => {
            let points = points(table, positions, nodes)?;
            meshes(table, nodes, &points, faces, ptr.as_deref(), list)?;
        }
        Edges::Dense { .. } | Edges::List { .. } | Edges::Complete => {}
    }
    Ok(())
}

/// The points of all samples, with zeros for axes that they do not have.
fn points(table: &Table, name: &str, nodes: &[usize]) -> Result<Vec<Vector>> {
    let array = table.get(name)?;
    let count = nodes.last().copied().unwrap_or(0);
    let axes = array.shape.last().copied().unwrap_or(0);
    if !(1..=3).contains(&axes) || Some(array.data.len()) != count.checked_mul(axes) {
        let e = Error::data(format!("its shape {:?} is not that of {count} points", array.shape));
        return Err(e.in_array(name).help("one to three coordinates a node are needed"));
    }
    let coordinate = |point: usize, axis: usize| match array.data.real(point * axes + axis) {
        _ if axis >= axes => Ok(0.0),
        Some(x) if x.is_finite() => Ok(x),
        other => {
            let value = other.map_or_else(|| "a word".into(), |x| x.to_string());
            Err(Error::data(format!("coordinate {axis} of point {point} is {value}")).in_array(name))
        }
    };
    (0..count)
        .map(|p| Ok([coordinate(p, 0)?, coordinate(p, 1)?, coordinate(p, 2)?]))
        .collect()
}

/// Lattice vectors, and their reciprocals for those that are periods (zero for the others).
struct Lattice {
    vectors: [Vector; 3],
    reciprocals: [Vector; 3],
}

impl Lattice {
    fn none() -> Lattice {
        Lattice {
            vectors: [[0.0; 3]; 3],
            reciprocals: [[0.0; 3]; 3],
        }
    }

    /// The lattice of sample `s`.
    fn read(table: &Table, cell: &str, pbc: Option<&str>, s: usize) -> Result<Lattice> {
        let array = table.get(cell)?;
        let first = if array.shape.len() == 3 { 9 * s } else { 0 };
        let row = |r: usize| [0, 1, 2].map(|c| array.data.real(first + 3 * r + c).unwrap_or(f64::NAN));
        let vectors = [0, 1, 2].map(row);
        let volume = dot(vectors[0], cross(vectors[1], vectors[2]));
        let sound = array.shape.ends_with(&[3, 3]) && volume.abs() > 0.0 && volume.is_finite();
        if !sound {
            let e = Error::data(format!("sample {s} has no lattice with a volume: {vectors:?}"));
            return Err(e
                .in_array(cell)
                .help("[samples, 3, 3] or [3, 3] is needed, one lattice vector a row"));
        }
        let mut periods = [true; 3];
        if let Some(name) = pbc {
            let flags = table.integers(name)?;
            let first = if table.get(name)?.shape.len() == 2 { 3 * s } else { 0 };
            let flags = flags.get(first..first + 3).ok_or_else(|| {
                Error::data(format!("sample {s} has no three flags"))
                    .in_array(name)
                    .help("[samples, 3] or [3] is needed")
            })?;
            periods = [0, 1, 2].map(|k| flags[k] != 0);
        }
        let reciprocal = |k: usize| match periods[k] {
            true => scale(cross(vectors[(k + 1) % 3], vectors[(k + 2) % 3]), 1.0 / volume),
            false => [0.0; 3],
        };
        Ok(Lattice {
            vectors,
            reciprocals: [0, 1, 2].map(reciprocal),
        })
    }
}

/// All edges shorter than the cutoff.
fn within(points: &[Vector], cutoff: f64, lattice: &Lattice) -> Result<Vec<Edge>> {
    if cutoff.is_nan() || cutoff <= 0.0 {
        return Err(Error::config(format!("a cutoff of {cutoff} has no neighbours")));
    }
    let reach = lattice.reciprocals.map(|r| cutoff * dot(r, r).sqrt());
    let images: f64 = reach.iter().map(|r| 2.0 * r + 1.0).product();
    if images > MOST_IMAGES {
        let e = Error::data(format!("a cutoff of {cutoff} reaches {images:.0} periodic images"));
        return Err(e.help("check that the cutoff and the cell have the same unit"));
    }
    let mut edges = Vec::new();
    for (i, &center) in points.iter().enumerate() {
        for (j, &other) in points.iter().enumerate() {
            let apart = sub(other, center);
            // Only images whose fractional distance along every lattice vector is within reach.
            let range = [0, 1, 2].map(|k| {
                let fraction = dot(lattice.reciprocals[k], apart);
                (-fraction - reach[k]).ceil() as i64..=(-fraction + reach[k]).floor() as i64
            });
            for a in range[0].clone() {
                for b in range[1].clone() {
                    for c in range[2].clone() {
                        let times = [a as f64, b as f64, c as f64];
                        let shift = [0, 1, 2].map(|x| (0..3).map(|k| times[k] * lattice.vectors[k][x]).sum());
                        let vec = add(apart, shift);
                        let itself = i == j && [a, b, c] == [0, 0, 0];
                        if dot(vec, vec) < cutoff * cutoff && !itself {
                            edges.push(Edge {
                                ends: [j as u32, i as u32],
                                row: 0,
                                shift,
                            });
                        }
                    }
                }
            }
        }
    }
    Ok(edges)
}

/// Edges from the `k` nearest other points to each; of equally near ones, from the first.
fn nearest(points: &[Vector], k: usize) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (i, &center) in points.iter().enumerate() {
        let distance = |j: usize| dot(sub(points[j], center), sub(points[j], center));
        let mut others: Vec<(f64, usize)> = (0..points.len())
            .filter(|&j| j != i)
            .map(|j| (distance(j), j))
            .collect();
        others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        edges.extend(others.iter().take(k).map(|&(_, j)| Edge {
            ends: [j as u32, i as u32],
            row: 0,
            shift: [0.0; 3],
        }));
    }
    edges
}

/// Edges of all meshes with the angles that their frames give.
fn meshes(
    table: &Table,
    nodes: &[usize],
    points: &[Vector],
    name: &str,
    ptr: Option<&str>,
    list: &mut EdgeList,
) -> Result<()> {
    let all = table.integers(name)?;
    let (triangles, rest) = all.as_chunks::<3>();
    if !rest.is_empty() || table.get(name)?.shape.last() != Some(&3) {
        return Err(Error::data("triangles are needed")
            .in_array(name)
            .help("its shape is [faces, 3]"));
    }
    let samples = nodes.len() - 1;
    let offsets = ptr.map(|p| edges::offsets(table, p, triangles.len())).transpose()?;
    if let Some(o) = offsets.as_ref().filter(|o| o.len() != samples + 1) {
        let e = Error::data(format!(
            "it has {} offsets, but {samples} samples need {}",
            o.len(),
            samples + 1
        ));
        return Err(e.in_array(ptr.unwrap_or_default()));
    }
    let (mut angles, mut turns) = (Vec::new(), Vec::new());
    for (s, w) in nodes.windows(2).enumerate() {
        let own = offsets.as_ref().map_or(triangles, |o| &triangles[o[s]..o[s + 1]]);
        let points = &points[w[0]..w[1]];
        let corners = own.iter().flatten().map(|&v| {
            let inside = u32::try_from(v).ok().filter(|&v| (v as usize) < points.len());
            inside.ok_or_else(|| {
                Error::data(format!("sample {s} has a triangle with vertex {v} of {}", points.len())).in_array(name)
            })
        });
        let corners = corners.collect::<Result<Vec<u32>>>()?;
        let first = list.ends.len();
        list.push_sample(sides(corners.as_chunks::<3>().0));
        let ends = &list.ends[first..];
        let frames = frames(points, corners.as_chunks::<3>().0, ends).map_err(|v| {
            let e = Error::data(format!("vertex {v} of sample {s} has no tangent plane")).in_array(name);
            e.help("each vertex needs a triangle with an area; remove the others")
        })?;
        for &[src, dst] in ends {
            let (from, to) = (&frames[src as usize], &frames[dst as usize]);
            angles.push(to.angle(sub(points[src as usize], points[dst as usize])));
            turns.push(to.angle(carry(from[2], to[2], from[0])));
        }
    }
    (list.angle, list.transport) = (Some(angles), Some(turns));
    Ok(())
}

/// Both directions of every side, each once.
fn sides(triangles: &[[u32; 3]]) -> Vec<Edge> {
    let mut ends: Vec<[u32; 2]> = triangles
        .iter()
        .flat_map(|&[a, b, c]| [[b, a], [c, b], [a, c], [a, b], [b, c], [c, a]])
        .collect();
    ends.sort_by_key(|&[src, dst]| [dst, src]);
    ends.dedup();
    ends.into_iter()
        .map(|ends| Edge {
            ends,
            row: 0,
            shift: [0.0; 3],
        })
        .collect()
}

/// Two tangents and the normal.
type Frame = [Vector; 3];

/// Angles in a frame's tangent plane.
trait Tangent {
    /// From the first tangent, towards the second, in radians.
    fn angle(&self, v: Vector) -> f64;
}

impl Tangent for Frame {
    fn angle(&self, v: Vector) -> f64 {
        dot(self[1], v).atan2(dot(self[0], v))
    }
}

/// The frames of a mesh's vertices: the normal is the mean of the triangles' ones, weighted by area; the first tangent points to
/// the first neighbour. `Err` names a vertex without a frame.
fn frames(points: &[Vector], triangles: &[[u32; 3]], ends: &[[u32; 2]]) -> std::result::Result<Vec<Frame>, usize> {
    let mut frames: Vec<Frame> = vec![[[0.0; 3]; 3]; points.len()];
    for corners in triangles {
        let [a, b, c] = corners.map(|v| points[v as usize]);
        let normal = cross(sub(b, a), sub(c, a));
        corners
            .iter()
            .for_each(|&v| frames[v as usize][2] = add(frames[v as usize][2], normal));
    }
    let mut neighbour = vec![None; points.len()];
    ends.iter().for_each(|&[src, dst]| {
        neighbour[dst as usize].get_or_insert(src);
    });
    for (v, frame) in frames.iter_mut().enumerate() {
        let normal = unit(frame[2]).ok_or(v)?;
        let towards = sub(points[neighbour[v].ok_or(v)? as usize], points[v]);
        let tangent = unit(sub(towards, scale(normal, dot(normal, towards)))).ok_or(v)?;
        *frame = [tangent, cross(normal, tangent), normal];
    }
    Ok(frames)
}

/// `v` after the smallest rotation that takes the unit vector `a` to `b` (for opposite ones: `v` itself).
fn carry(a: Vector, b: Vector, v: Vector) -> Vector {
    let (axis, cosine) = (cross(a, b), dot(a, b));
    if cosine <= -1.0 + 1e-12 {
        return v;
    }
    // Rodrigues, with axis = sin · unit axis: v cos + axis × v + axis (axis · v) / (1 + cos).
    add(
        add(scale(v, cosine), cross(axis, v)),
        scale(axis, dot(axis, v) / (1.0 + cosine)),
    )
}

fn unit(v: Vector) -> Option<Vector> {
    let norm = dot(v, v).sqrt();
    (norm > 0.0 && norm.is_finite()).then(|| scale(v, 1.0 / norm))
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn sub(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn scale(a: Vector, s: f64) -> Vector {
    a.map(|x| x * s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn cloud(n: usize, size: f64) -> Vec<Vector> {
        let mut rng = Rng::new(9);
        (0..n).map(|_| [0, 1, 2].map(|_| size * rng.uniform())).collect()
    }

    #[test]
    fn periodic_neighbours_do_not_depend_on_the_image_of_a_point() {
        let vectors = [[4.0, 0.0, 0.0], [1.0, 3.5, 0.0], [0.5, -1.0, 5.0]];
        let volume = dot(vectors[0], cross(vectors[1], vectors[2]));
        let reciprocals = [0, 1, 2].map(|k| scale(cross(vectors[(k + 1) % 3], vectors[(k + 2) % 3]), 1.0 / volume));
        let lattice = Lattice { vectors, reciprocals };
        let lengths = |points: &[Vector]| {
            let edges = within(points, 4.3, &lattice).unwrap();
            let vec = |e: &Edge| sub(add(points[e.ends[0] as usize], e.shift), points[e.ends[1] as usize]);
            let mut all: Vec<(u32, u32, i64)> = edges
                .iter()
                .map(|e| (e.ends[1], e.ends[0], (dot(vec(e), vec(e)) * 1e6).round() as i64))
                .collect();
            all.sort_unstable();
            all
        };
        let points = cloud(5, 4.0);
        let mut moved = points.clone();
        moved[2] = add(moved[2], sub(scale(vectors[1], 3.0), vectors[2]));
        assert_eq!(lengths(&points), lengths(&moved));
        // As many as a supercell of images finds.
        let mut count = 0;
        for (i, &p) in points.iter().enumerate() {
            for (j, &q) in points.iter().enumerate() {
                for k in 0..11usize.pow(3) {
                    let times = [k % 11, k / 11 % 11, k / 121].map(|n| n as f64 - 5.0);
                    let shift = (0..3).fold([0.0; 3], |s, a| add(s, scale(vectors[a], times[a])));
                    let v = sub(add(q, shift), p);
                    count += usize::from(dot(v, v) < 4.3 * 4.3 && !(i == j && times == [0.0; 3]));
                }
            }
        }
        assert_eq!(lengths(&points).len(), count);
    }

    #[test]
    fn open_neighbours_and_nearest() {
        let points = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]];
        let ends = |edges: Vec<Edge>| edges.iter().map(|e| e.ends).collect::<Vec<_>>();
        assert_eq!(ends(within(&points, 2.0, &Lattice::none()).unwrap()), [[1, 0], [0, 1]]);
        assert_eq!(ends(nearest(&points, 1)), [[1, 0], [0, 1], [1, 2]]);
        assert_eq!(nearest(&points, 9).len(), 6);
        assert!(within(&points, f64::NAN, &Lattice::none()).is_err());
    }

    #[test]
    fn transports_on_a_flat_mesh_join_the_frames() {
        // All frames lie in one plane: an edge's direction and its reverse differ by π and the transport.
        let points = [[0.0, 0.0, 0.0], [2.0, 0.1, 0.0], [0.3, 1.5, 0.0], [2.2, 1.9, 0.0]];
        let triangles = [[0, 1, 2], [1, 3, 2]];
        let ends: Vec<[u32; 2]> = sides(&triangles).iter().map(|e| e.ends).collect();
        assert_eq!(ends.len(), 10);
        let frames = frames(&points, &triangles, &ends).unwrap();
        for [src, dst] in ends.iter().map(|e| e.map(|v| v as usize)) {
            let (from, to) = (&frames[src], &frames[dst]);
            let turn = to.angle(carry(from[2], to[2], from[0]));
            let here = to.angle(sub(points[src], points[dst]));
            let there = from.angle(sub(points[dst], points[src]));
            let off = (there + turn - here - std::f64::consts::PI).rem_euclid(std::f64::consts::TAU);
            assert!(off.min(std::f64::consts::TAU - off) < 1e-12);
        }
    }

    #[test]
    fn transport_there_and_back_is_nothing() {
        let mut rng = Rng::new(4);
        for _ in 0..20 {
            let mut draw = || unit([rng.normal(), rng.normal(), rng.normal()]).unwrap();
            let (a, b, v) = (draw(), draw(), draw());
            assert!(dot(sub(carry(a, b, a), b), sub(carry(a, b, a), b)) < 1e-24);
            let back = carry(b, a, carry(a, b, v));
            assert!(dot(sub(back, v), sub(back, v)) < 1e-24);
        }
    }
}
