//! Group elements acting on things: vectors, points, domains, and fields on them.
//!
//! The image of a field is (g·x)(g p) = ρ(g) x(p): places move, and values move with them.

use super::methods::element::member;
use super::methods::{self, Call};
use super::tensor::{Elem, Tensor};
use super::value::{Member, Value};
use crate::session::D;
use crate::session::domain::Domain;
use gdl_rep::element::Elem as GroupElem;
use gdl_rep::{Atom, Element, Group, Rep};
use gdl_runtime::domain::{Edges, Point};
use std::collections::HashMap;
use std::sync::Arc;

/// `act(g, x)`.
///
/// # Errors
/// If the element does not act on such a value.
pub fn act(c: &mut Call<'_, '_>) -> D<Value> {
    let m = member(c);
    let Some(x) = c.arg("x").map(|a| a.value.clone()) else {
        return Err(c.refuse("something to act on is needed", "here"));
    };
    image(&m, &x).map_err(|why| c.refuse(why.0, why.1))
}

/// Why an element does not act: a title and a label.
pub type Why = (String, String);

/// The image of a value.
///
/// # Errors
/// In words, if there is none.
pub fn image(m: &Member, x: &Value) -> Result<Value, Why> {
    match x {
        Value::Tensor(t) => tensor(m, t).map(Value::Tensor),
        Value::Domain(d) => domain(m, d).map(|(d, _)| Value::Domain(d)),
        Value::Element(h) => match m.element.compose(&h.element) {
            Some(p) if m.group == h.group => Ok(Value::element(&m.group, p)),
            _ => Err((
                format!("{} does not act on {}", m.group, h.group),
                "another group".into(),
            )),
        },
        // What a model takes or gives, field by field.
        Value::Record(fields)
            if fields
                .iter()
                .all(|(_, v)| matches!(v, Value::Tensor(_) | Value::Domain(_))) =>
        {
            let moved = |(n, v): &(String, Value)| Ok((n.clone(), image(m, v)?));
            Ok(Value::record(
                fields.iter().map(moved).collect::<Result<Vec<_>, Why>>()?,
            ))
        }
        Value::List(_) | Value::Record(_) => {
            let Some(list) = methods::numbers(x) else {
                return Err((format!("{} does not act on this", m.group), "not numbers".into()));
            };
            let r = standard(&m.group, list.len())?;
            Ok(Value::Tensor(Tensor::vector(r.clone(), r.apply(&m.element, &list))))
        }
        other => Err((
            format!("{} does not act on {}", m.group, other.kind()),
            "vectors, points, images and fields are acted on".into(),
        )),
    }
}

/// The standard representation on R^d, or on d points.
fn standard(group: &Group, d: usize) -> Result<Rep, Why> {
    let atom = match group {
        Group::S(n) if *n as usize == d => Ok(Atom::PermDefining),
        _ => Atom::vector(group, d as u32),
    };
    atom.and_then(|a| Rep::atom(group.clone(), a))
        .map_err(|e| (e.to_string(), format!("{d} numbers are given")))
}

/// An element as one of the group of a representation.
fn element_in(m: &Member, group: &Group) -> Result<Element, Why> {
    m.group.include(group, &m.element).ok_or_else(|| {
        (
            format!("{} is not an element of {group}", m.group.describe(&m.element)),
            format!("an element of {}; this belongs to {group}", m.group),
        )
    })
}

/// The images of all values, in their old places.
fn values(m: &Member, t: &Tensor) -> Result<Vec<f64>, Why> {
    let r = match &t.elem {
        Elem::Rep(r) if !r.is_trivial() => r.clone(),
        Elem::Point(d) => standard(&m.group, *d as usize)?,
        _ => return Ok(t.data.to_vec()),
    };
    let g = element_in(m, &r.group)?;
    Ok((0..t.rows()).flat_map(|k| r.apply(&g, t.row(k))).collect())
}

fn tensor(m: &Member, t: &Tensor) -> Result<Tensor, Why> {
    let (d, on_edges) = match t.over.as_slice() {
        [] if t.rep().is_some_and(|r| r.is_trivial() && r.group == Group::Trivial) && t.width() > 1 => {
            // Bare numbers are a point of R^d where the group has one; invariants of a model are not.
            return Ok(match standard(&m.group, t.width()) {
                Ok(r) => {
                    let data = r.apply(&m.element, &t.data);
                    Tensor::vector(r, data)
                }
                Err(_) => t.clone(),
            });
        }
        [] => return Ok(t.with(values(m, t)?)),
        [one] => one.clone(),
        _ => return Err(("signals of two indices are not acted on".into(), t.words())),
    };
    if matches!(t.elem, Elem::Tangent(_)) && !is_proper(m) {
        return Err((
            "a reflection turns the frames of a mesh over".into(),
            "rotations act on tangent fields".into(),
        ));
    }
    let (image, places) = domain(m, &d)?;
    let moved = match (&*d, &t.elem) {
        // Frames that stay behind.
        (Domain::Mesh { .. }, Elem::Tangent(r)) if Arc::ptr_eq(&image, &d) => turned_fibres(m, &d, &places, r, t)?,
        _ => values(m, t)?,
    };
    let width = moved.len() / places.len().max(1);
    let out = match (&*d, on_edges) {
        (Domain::Grid { extents, .. }, _) if places.is_empty() => {
            // No permutation of the cells: the image is resampled.
            resampled(m, extents, &moved, t.data.len() / d.nodes().max(1))?
        }
        (_, true) if places.iter().enumerate().any(|(k, &p)| k != p) => on_edges_of(&d, &image, &places, &moved),
        (_, true) => moved,
        _ => {
            let mut out = vec![0.0; moved.len()];
            for (from, &to) in places.iter().enumerate() {
                out[to * width..][..width].copy_from_slice(&moved[from * width..][..width]);
            }
            out
        }
    };
    Ok(Tensor {
        over: vec![(image, on_edges)],
        data: out.into(),
        ..t.clone()
    })
}

/// Values on edges in the order of the image's.
fn on_edges_of(d: &Domain, image: &Domain, places: &[usize], values: &[f64]) -> Vec<f64> {
    let (Some(from), Some(to)) = (d.edges(), image.edges()) else {
        return values.to_vec();
    };
    let width = values.len() / from.len().max(1);
    // Parallel edges keep their order.
    let sorted = |ends: &dyn Fn(usize) -> (usize, usize)| {
        let mut order: Vec<usize> = (0..from.len()).collect();
        order.sort_by_key(|&k| ends(k));
        order
    };
    let before = sorted(&|k| (places[from.dst[k] as usize], places[from.src[k] as usize]));
    let after = sorted(&|k| (to.dst[k] as usize, to.src[k] as usize));
    let mut out = vec![0.0; values.len()];
    for (b, a) in before.into_iter().zip(after) {
        out[a * width..][..width].copy_from_slice(&values[b * width..][..width]);
    }
    out
}

/// Tangent vectors of a mesh that a rotation maps to itself, in the frames of the vertices that they are moved to.
fn turned_fibres(m: &Member, d: &Domain, places: &[usize], r: &Rep, t: &Tensor) -> Result<Vec<f64>, Why> {
    let Domain::Mesh { frames, .. } = d else {
        return values(m, t);
    };
    let dot = |a: &[f64], b: &Point| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut out = Vec::with_capacity(t.data.len());
    for (p, &to) in places.iter().enumerate() {
        let first = turned_rows(m, 3, &frames[p][0])?;
        let (cos, sin) = (dot(&first, &frames[to][0]), dot(&first, &frames[to][1]));
        let turn = GroupElem::Circle {
            flip: false,
            cos: gdl_rep::Exact::inexact(cos),
            sin: gdl_rep::Exact::inexact(sin),
        };
        out.extend(r.apply(&turn, t.row(p)));
    }
    Ok(out)
}

/// Whether the element keeps orientation.
fn is_proper(m: &Member) -> bool {
    (1..=3)
        .find_map(|d| m.group.vector_matrix(&m.element, d).map(|v| (d, v)))
        .is_none_or(|(d, v)| match d {
            1 => v[0] > 0.0,
            2 => v[0] * v[3] - v[1] * v[2] > 0.0,
            _ => {
                v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6])
                    + v[2] * (v[3] * v[7] - v[4] * v[6])
                    > 0.0
            }
        })
}

/// Where each node of a domain goes.
///
/// # Errors
/// In words, if the element does not map it to itself.
pub fn places(m: &Member, d: &Arc<Domain>) -> Result<Vec<usize>, Why> {
    match domain(m, d)? {
        (_, places) if places.len() == d.nodes() => Ok(places),
        _ => Err(("the nodes of this are not moved to nodes".into(), d.words())),
    }
}

/// The image of a domain, and where each of its nodes goes; nowhere for a grid that is not mapped to a grid.
fn domain(m: &Member, d: &Arc<Domain>) -> Result<(Arc<Domain>, Vec<usize>), Why> {
    let same = |n: usize| (d.clone(), (0..n).collect());
    let permutation = match &m.element {
        GroupElem::Permutation(image) if image.len() == d.nodes() => {
            Some(image.iter().map(|&i| i as usize).collect::<Vec<_>>())
        }
        _ => None,
    };
    Ok(match &**d {
        Domain::Grid { extents, wrap } => match m.group.point_matrix(&m.element, extents.len()) {
            Some(matrix) => {
                let (extents, places) = turned(&matrix, extents);
                (Arc::new(Domain::Grid { extents, wrap: *wrap }), places)
            }
            None if m.group.vector_matrix(&m.element, extents.len()).is_some() => (d.clone(), vec![]),
            None => return Err((format!("{} does not act on a grid", m.group), d.words())),
        },
        Domain::Set(n) => match permutation {
            Some(p) => (d.clone(), p),
            None => same(*n),
        },
        Domain::Seq(n) => same(*n),
        Domain::Graph { nodes, edges } => match permutation {
            Some(p) => {
                let place = |&v: &u32| p[v as usize] as u32;
                let ends = edges.src.iter().map(place).zip(edges.dst.iter().map(place));
                (Arc::new(Domain::graph(*nodes, ends.collect())), p)
            }
            None => same(*nodes),
        },
        // Whatever joined the points is a matter of distances.
        Domain::Cloud {
            dim,
            points,
            near,
            edges,
            shift,
        } => {
            let moved = rotated(m, *dim, points)?;
            if let Some(places) = coincident(points, &moved)
                && permutes_edges(edges, &places)
            {
                return Ok((d.clone(), places));
            }
            let image = Domain::Cloud {
                dim: *dim,
                points: moved,
                near: *near,
                edges: edges.clone(),
                shift: turned_rows(m, *dim, shift)?,
            };
            (Arc::new(image), (0..points.len()).collect())
        }
        Domain::Mesh { points, faces, .. } => {
            let moved = rotated(m, 3, points)?;
            let flip = |f: &[u32; 3]| if is_proper(m) { *f } else { [f[0], f[2], f[1]] };
            if let Some(places) = coincident(points, &moved)
                && permutes_faces(faces, faces.iter().map(flip), &places)
            {
                return Ok((d.clone(), places));
            }
            let n = points.len();
            let image =
                Domain::mesh(moved, faces.iter().map(flip).collect()).map_err(|e| (e, "not a surface".into()))?;
            (Arc::new(image), (0..n).collect())
        }
    })
}

/// Where moved points are among the old ones, if they are the same set.
fn coincident(points: &[Point], moved: &[Point]) -> Option<Vec<usize>> {
    let size = points.iter().flatten().fold(0.0f64, |m, x| m.max(x.abs()));
    let (near, cell) = (1e-9 * size, 1e-6 * size.max(f64::MIN_POSITIVE));
    let key =
        |p: &Point, shift: [i64; 3]| -> [i64; 3] { std::array::from_fn(|k| (p[k] / cell).round() as i64 + shift[k]) };
    let mut found: HashMap<[i64; 3], Vec<usize>> = HashMap::new();
    for (at, p) in points.iter().enumerate() {
        found.entry(key(p, [0; 3])).or_default().push(at);
    }
    let close = |p: &Point, at: usize| (0..3).all(|k| (p[k] - points[at][k]).abs() <= near);
    let place = |p: &Point| {
        // Rounding may have put it into a cell beside.
        let shifts = (0..27).map(|k| [k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1]);
        shifts
            .flat_map(|shift| found.get(&key(p, shift)).into_iter().flatten().copied())
            .find(|&at| close(p, at))
    };
    let places: Vec<usize> = moved.iter().map(place).collect::<Option<_>>()?;
    let mut seen = vec![false; points.len()];
    places
        .iter()
        .all(|&at| !std::mem::replace(&mut seen[at], true))
        .then_some(places)
}

/// Do the places of the nodes map edges to edges?
fn permutes_edges(edges: &Edges, places: &[usize]) -> bool {
    let mut all: Vec<(u32, u32)> = edges.src.iter().copied().zip(edges.dst.iter().copied()).collect();
    let mut moved: Vec<(u32, u32)> = all
        .iter()
        .map(|&(s, d)| (places[s as usize] as u32, places[d as usize] as u32))
        .collect();
    all.sort_unstable();
    moved.sort_unstable();
    all == moved
}

/// Do the places of the vertices map triangles to these triangles, with their orientations?
fn permutes_faces(faces: &[[u32; 3]], images: impl Iterator<Item = [u32; 3]>, places: &[usize]) -> bool {
    let first = |f: [u32; 3]| {
        let k = (0..3).min_by_key(|&k| f[k]).unwrap_or(0);
        [f[k], f[(k + 1) % 3], f[(k + 2) % 3]]
    };
    let mut all: Vec<[u32; 3]> = faces.iter().map(|&f| first(f)).collect();
    let mut moved: Vec<[u32; 3]> = images.map(|f| first(f.map(|v| places[v as usize] as u32))).collect();
    all.sort_unstable();
    moved.sort_unstable();
    all == moved
}

/// Points of space moved.
fn rotated(m: &Member, d: usize, points: &[Point]) -> Result<Vec<Point>, Why> {
    let flat: Vec<f64> = points.iter().flat_map(|p| p[..d].to_vec()).collect();
    let moved = turned_rows(m, d, &flat)?;
    let point = |(row, p): (&[f64], &Point)| std::array::from_fn(|i| if i < d { row[i] } else { p[i] });
    Ok(moved.chunks(d).zip(points).map(point).collect())
}

/// Rows of d coordinates moved.
fn turned_rows(m: &Member, d: usize, rows: &[f64]) -> Result<Vec<f64>, Why> {
    let Some(matrix) = m.group.vector_matrix(&m.element, d) else {
        return Err((
            format!("{} does not act on points of {d}-space", m.group),
            "points have that many coordinates".into(),
        ));
    };
    let entry = |row: &[f64], i: usize| (0..d).map(|j| matrix[i * d + j] * row[j]).sum::<f64>();
    Ok(rows
        .chunks(d)
        .flat_map(|row| (0..d).map(|i| entry(row, i)).collect::<Vec<_>>())
        .collect())
}

/// Where the cells of a grid go under an integer matrix about its centre, and the extents of the image.
fn turned(matrix: &[i32], extents: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let d = extents.len();
    let image: Vec<u32> = (0..d)
        .map(|i| (0..d).map(|j| matrix[i * d + j].unsigned_abs() * extents[j]).sum())
        .collect();
    let count: usize = extents.iter().map(|&n| n as usize).product();
    let places = (0..count).map(|k| {
        // Twice the offset from the centre, so that it is whole.
        let mut rest = k;
        let mut q = vec![0i64; d];
        for j in (0..d).rev() {
            let n = extents[j] as usize;
            q[j] = 2 * (rest % n) as i64 - (n as i64 - 1);
            rest /= n;
        }
        (0..d).fold(0, |at, i| {
            let moved: i64 = (0..d).map(|j| i64::from(matrix[i * d + j]) * q[j]).sum();
            let n = i64::from(image[i]);
            at * n as usize + ((moved + n - 1) / 2) as usize
        })
    });
    let places = places.collect();
    (image, places)
}

/// The picture of a plane grid turned by any angle about its centre: values between cells are interpolated, 0 outside.
fn resampled(m: &Member, extents: &[u32], data: &[f64], width: usize) -> Result<Vec<f64>, Why> {
    let ([h, w], Some(v)) = (extents, m.group.vector_matrix(&m.element.inverse(), extents.len())) else {
        return Err((
            "only plane grids are turned by such angles".into(),
            "a grid of another rank".into(),
        ));
    };
    let (h, w) = (*h as i64, *w as i64);
    let at = |r: i64, c: i64, j: usize| {
        let inside = (0..h).contains(&r) && (0..w).contains(&c);
        if inside {
            data[(r * w + c) as usize * width + j]
        } else {
            0.0
        }
    };
    let (cr, cc) = ((h - 1) as f64 / 2.0, (w - 1) as f64 / 2.0);
    let mut out = Vec::with_capacity(data.len());
    for r in 0..h {
        for c in 0..w {
            let (x, y) = (r as f64 - cr, c as f64 - cc);
            let (sr, sc) = (v[0] * x + v[1] * y + cr, v[2] * x + v[3] * y + cc);
            let (r0, c0) = (sr.floor(), sc.floor());
            let (a, b) = (sr - r0, sc - c0);
            let (r0, c0) = (r0 as i64, c0 as i64);
            for j in 0..width {
                let top = (1.0 - b) * at(r0, c0, j) + b * at(r0, c0 + 1, j);
                let bottom = (1.0 - b) * at(r0 + 1, c0, j) + b * at(r0 + 1, c0 + 1, j);
                out.push((1.0 - a) * top + a * bottom);
            }
        }
    }
    Ok(out)
}
