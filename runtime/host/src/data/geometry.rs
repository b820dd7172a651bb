//! Edges that are computed from positions: cutoffs with periodic images, nearest neighbours, meshes.

use super::edges::{self, EdgeList};
use super::spec::{Edges, Lattice, Points};
use crate::error::{Error, Result};
use crate::files::Table;
use gdl_runtime::domain::{self, Cell, Mesh, Point};
use ndarray::{ArrayViewD, Axis};

/// Adds the edges of all samples.
///
/// # Errors
/// Names the array that is missing, of another shape, not finite, or degenerate.
pub(super) fn build(table: &Table, nodes: &[usize], edges: &Edges, list: &mut EdgeList) -> Result<()> {
    match edges {
        Edges::Cutoff {
            points,
            cutoff,
            lattice,
        } => {
            let near = |points: &[Point], cell: &Cell| domain::neighbours(points, cell, *cutoff);
            clouds(table, nodes, (points, lattice.as_ref()), &near, list)
        }
        Edges::Nearest { points, k, lattice } => {
            let near = |points: &[Point], cell: &Cell| domain::nearest(points, cell, *k);
            clouds(table, nodes, (points, lattice.as_ref()), &near, list)
        }
        Edges::Faces { positions, faces, ptr } => meshes(table, nodes, positions, faces, ptr.as_deref(), list),
        Edges::Dense { .. } | Edges::List { .. } | Edges::Complete => Ok(()),
    }
}

/// The points of all samples, with zeros for axes that they do not have, and how many axes they have.
fn points(table: &Table, name: &str, scale: f64, nodes: &[usize]) -> Result<(Vec<Point>, usize)> {
    let array = table.get(name)?;
    let count = nodes.last().copied().unwrap_or(0);
    let axes = array.shape().last().copied().unwrap_or(0);
    if !(1..=3).contains(&axes) || Some(array.len()) != count.checked_mul(axes) {
        let e = Error::data(format!("its shape {:?} is not that of {count} points", array.shape()));
        let help = edges::offsets_hint(table, nodes).unwrap_or("one to three coordinates a node are needed".into());
        return Err(e.in_array(name).help(help));
    }
    let values = array
        .to_f64()
        .ok_or_else(|| Error::data("coordinates are numbers, but it holds words").in_array(name))?;
    if let Some((k, x)) = values.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Error::data(format!("entry {} is {x}", array.index_of(k))).in_array(name));
    }
    let mut points = vec![[0.0; 3]; count];
    // Lanes along the last axis are points, in order.
    for (point, coordinates) in points.iter_mut().zip(values.rows()) {
        point.iter_mut().zip(&coordinates).for_each(|(x, c)| *x = scale * c);
    }
    Ok((points, axes))
}

/// The lattice of sample `s` for points with so many axes.
fn cell(table: &Table, lattice: &Lattice, scale: f64, s: usize, axes: usize) -> Result<Cell> {
    let array = table.get(&lattice.cell)?;
    let values = array
        .to_f64()
        .ok_or_else(|| Error::data("lattice vectors are numbers, but it holds words").in_array(&lattice.cell))?;
    let vectors = of_sample(values.view(), s, &[axes, axes]).ok_or_else(|| {
        let e = Error::data(format!("its shape {:?} gives sample {s} no lattice", array.shape()));
        e.in_array(&lattice.cell).help(format!(
            "[samples, {axes}, {axes}] or [{axes}, {axes}] is needed, one lattice vector a row"
        ))
    })?;
    let mut cell = Cell::OPEN;
    cell.periodic[..axes].fill(true);
    for ((k, x), value) in vectors
        .iter()
        .enumerate()
        .map(|(at, value)| ((at / axes, at % axes), value))
    {
        cell.vectors[k][x] = scale * value;
    }
    if let Some(name) = &lattice.pbc {
        let flags = table.integers(name)?;
        let flags = of_sample(flags.view(), s, &[axes]).ok_or_else(|| {
            let e = Error::data(format!("sample {s} has no {axes} flags")).in_array(name);
            e.help(format!("[samples, {axes}] or [{axes}] is needed"))
        })?;
        cell.periodic.iter_mut().zip(&flags).for_each(|(p, f)| *p = *f != 0);
    }
    Ok(cell)
}

/// What an array has for sample `s`, in this shape: its row `s`, or all of it where all samples have the same.
fn of_sample<'a, T>(array: ArrayViewD<'a, T>, s: usize, shape: &[usize]) -> Option<ArrayViewD<'a, T>> {
    match array.shape() {
        all if all == shape => Some(array),
        [samples, rest @ ..] if rest == shape && s < *samples => Some(array.index_axis_move(Axis(0), s)),
        _ => None,
    }
}

/// The edges between the points of one sample.
type Near<'a> = &'a dyn Fn(&[Point], &Cell) -> std::result::Result<domain::Edges, String>;

/// Edges between near points.
fn clouds(
    table: &Table,
    nodes: &[usize],
    (from, lattice): (&Points, Option<&Lattice>),
    near: Near<'_>,
    list: &mut EdgeList,
) -> Result<()> {
    let (points, axes) = points(table, &from.array, from.scale, nodes)?;
    let mut shifts = Vec::new();
    for (s, w) in nodes.windows(2).enumerate() {
        let cell = lattice.map_or(Ok(Cell::OPEN), |l| cell(table, l, from.scale, s, axes))?;
        let array = lattice.map_or(&from.array, |l| &l.cell);
        let edges = near(&points[w[0]..w[1]], &cell)
            .map_err(|why| Error::data(format!("sample {s}: {why}")).in_array(array))?;
        shifts.extend(edges.shift.iter().map(|&shift| cell.translation(shift)));
        list.push_computed(&edges.src, &edges.dst);
    }
    list.shift = Some(shifts);
    Ok(())
}

/// Edges of meshes with the angles that their frames give.
fn meshes(
    table: &Table,
    nodes: &[usize],
    positions: &str,
    name: &str,
    ptr: Option<&str>,
    list: &mut EdgeList,
) -> Result<()> {
    let (points, _) = points(table, positions, 1.0, nodes)?;
    let all = table.integers(name)?;
    if all.ndim() != 2 || all.shape()[1] != 3 {
        let e = Error::data(format!("its shape {:?} is not that of triangles", all.shape()));
        return Err(e.in_array(name).help("[faces, 3] is needed"));
    }
    // Numbers that are no vertices are past the end.
    let corner = |v: i64| u32::try_from(v).unwrap_or(u32::MAX);
    let triangles: Vec<[u32; 3]> = all.outer_iter().map(|t| [0, 1, 2].map(|k| corner(t[k]))).collect();
    let offsets = ptr
        .map(|p| edges::offsets_of(table, p, triangles.len(), nodes.len() - 1))
        .transpose()?;
    let (mut angles, mut turns) = (Vec::new(), Vec::new());
    for (s, w) in nodes.windows(2).enumerate() {
        let own = offsets.as_ref().map_or(&triangles[..], |o| &triangles[o[s]..o[s + 1]]);
        let mesh = Mesh::new(&points[w[0]..w[1]], own).map_err(|why| {
            let e = Error::data(format!("sample {s}: {why}")).in_array(name);
            e.help("vertices are counted from 0 in each mesh, and each needs a triangle with an area")
        })?;
        list.push_computed(&mesh.edges.src, &mesh.edges.dst);
        angles.extend(mesh.edges.angle);
        turns.extend(mesh.edges.transport);
    }
    (list.angle, list.transport) = (Some(angles), Some(turns));
    Ok(())
}
