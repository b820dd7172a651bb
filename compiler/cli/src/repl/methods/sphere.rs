//! Functions on the sphere and on it the Fourier transform: the real spherical harmonics Y_l with |Y_l|² = 2l + 1.

use super::{Call, Method, optional};
use crate::repl::tensor::Tensor;
use crate::repl::value::{Kind, Value};
use crate::session::D;
use crate::session::domain::Domain;
use gdl_rep::wigner::spherical_harmonics;
use gdl_rep::{Atom, Exact, Group, Label, Rep};
use gdl_runtime::domain::Point;
use std::sync::Arc;

/// The largest degree.
const MAX_DEGREE: u32 = 12;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[Method {
    name: "on_sphere",
    on: &[Kind::Tensor],
    params: &[optional("divisions", &[Kind::Number])],
    doc: "The function on the sphere with these coefficients, the sum of c_l . Y_l(p) over the irreps of O(3) or SO(3), on an icosahedron divided 3 times. `fourier` leads back.",
    example: "on_sphere((1o)(0, 1, 0), 1)",
    run: on_sphere,
}];

/// All harmonics up to a degree at a point of the sphere.
fn harmonics(top: u32, p: &Point) -> Vec<f64> {
    let y = spherical_harmonics(top, &p.map(Exact::inexact));
    y.into_iter().map(|y| y.f).collect()
}

fn on_sphere(c: &mut Call<'_, '_>) -> D<Value> {
    let degree = |atom: &Atom| match atom {
        Atom::Trivial => Some(0),
        Atom::Irrep(Label::O3 { l, .. } | Label::SO3 { l }) => Some(*l),
        _ => None,
    };
    let (degrees, data) = match c.this() {
        Value::Tensor(t)
            if t.over.is_empty() && matches!(t.rep(), Some(r) if matches!(r.group, Group::O3 | Group::SO3)) =>
        {
            let atoms = t.rep().into_iter().flat_map(Rep::atoms);
            (atoms.map(degree).collect::<Option<Vec<u32>>>(), t.data.clone())
        }
        _ => (None, Arc::default()),
    };
    let Some(degrees) = degrees.filter(|list| list.iter().all(|l| *l <= MAX_DEGREE)) else {
        return Err(c.refuse(
            format!("coefficients are a vector of irreps of O(3) or SO(3), up to degree {MAX_DEGREE}"),
            "this is none",
        ));
    };
    let divisions = c.whole("divisions")?.unwrap_or(3);
    if !(0..=5).contains(&divisions) {
        return Err(c.refuse("an icosphere is divided 0 to 5 times", "out of bounds"));
    }
    let (points, faces) = crate::repl::sphere::icosphere(divisions as u32);
    let top = degrees.iter().copied().max().unwrap_or(0);
    let value = |p: &Point| {
        let y = harmonics(top, p);
        let mut at = 0;
        let mut sum = 0.0;
        for &l in &degrees {
            let n = 2 * l as usize + 1;
            let part = &y[(l * l) as usize..][..n];
            sum += part.iter().zip(&data[at..at + n]).map(|(y, c)| y * c).sum::<f64>();
            at += n;
        }
        sum
    };
    let values: Vec<f64> = points.iter().map(value).collect();
    let domain = Domain::mesh(points, faces).map_err(|e| c.refuse(e, "not a surface"))?;
    let rep = Rep::trivial(Group::Trivial, 1);
    Ok(Value::Tensor(Tensor::signal(Arc::new(domain), rep, values)))
}

/// The coefficients up to a degree of a function on the vertices of a mesh of the unit sphere: those that fit it best, each vertex counted by the
/// area around it. Exact for functions of that degree, if there are enough vertices.
///
/// # Errors
/// It is no such function.
pub fn fourier(c: &Call<'_, '_>, t: &Tensor) -> D<Value> {
    let Some(Domain::Mesh { points, faces, .. }) = t.domain().map(|d| &**d) else {
        return Err(c.refuse(
            "functions on finite groups and on spheres have a Fourier transform",
            t.words(),
        ));
    };
    let on_unit = |p: &Point| (p.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-6;
    if t.width() != 1 || !points.iter().all(on_unit) {
        return Err(c.refuse("a function on the unit sphere is needed", t.words()));
    }
    let top = c.whole("max")?.unwrap_or(4);
    let top = u32::try_from(top).ok().filter(|l| *l <= MAX_DEGREE);
    let Some(top) = top.filter(|l| ((l + 1) * (l + 1)) as usize <= points.len()) else {
        return Err(c.refuse(
            format!("degrees are 0 to {MAX_DEGREE}, with at most as many coefficients as vertices"),
            format!("{} vertices", points.len()),
        ));
    };
    let n = ((top + 1) * (top + 1)) as usize;
    let mut areas = vec![0.0; points.len()];
    for face in faces {
        let [a, b, c] = face.map(|v| points[v as usize]);
        let (u, w): (Point, Point) = (
            std::array::from_fn(|k| b[k] - a[k]),
            std::array::from_fn(|k| c[k] - a[k]),
        );
        let cross = [
            u[1] * w[2] - u[2] * w[1],
            u[2] * w[0] - u[0] * w[2],
            u[0] * w[1] - u[1] * w[0],
        ];
        let area = cross.iter().map(|x| x * x).sum::<f64>().sqrt() / 2.0;
        face.iter().for_each(|&v| areas[v as usize] += area / 3.0);
    }
    // The normal equations.
    let mut system = vec![vec![0.0; n + 1]; n];
    for ((p, x), area) in points.iter().zip(t.data.iter()).zip(&areas) {
        let y = harmonics(top, p);
        for (row, a) in system.iter_mut().zip(&y) {
            row.iter_mut().zip(&y).for_each(|(s, b)| *s += area * a * b);
            row[n] += area * a * x;
        }
    }
    let Some(coefficients) = solve(system) else {
        return Err(c.refuse(
            "these vertices do not tell the harmonics apart",
            "ask for a lower degree",
        ));
    };
    let blocks = (0..=top).map(|l| (1, Atom::Irrep(Label::O3 { l, odd: l % 2 == 1 })));
    let rep = Rep::new(Group::O3, blocks).map_err(|e| c.math(e))?;
    Ok(Value::Tensor(Tensor::vector(rep, coefficients)))
}

/// The solution of a positive definite system, the right-hand side in the last column.
fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = rows.len();
    for k in 0..n {
        let pivot = rows[k].clone();
        if pivot[k] < 1e-10 {
            return None;
        }
        for row in rows.iter_mut().skip(k + 1) {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).for_each(|(x, y)| *x -= factor * y);
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - known) / rows[k][k];
    }
    let clean = |x: f64| (x * 1e12).round() / 1e12 + 0.0;
    Some(x.into_iter().map(clean).collect())
}
