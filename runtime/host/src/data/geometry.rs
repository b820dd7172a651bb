//! Edges that are computed from positions: cutoffs with periodic images, nearest neighbours, meshes.

use super::edges::{self, EdgeList};
use super::spec::{Edges, Lattice};
use crate::error::{Error, Result};
use crate::files::Table;
use gdl_runtime::domain::{self, Cell, Mesh, Point};

/// Adds the edges of all samples.
///
/// # Errors
/// Names the array that is missing, of another shape, not finite, or degenerate.
pub(super) fn build(table: &Table, nodes: &[usize], edges: &Edges, list: &mut EdgeList) -> Result<()> {
    match edges {
        Edges::Cutoff {
            positions,
            cutoff,
            lattice,
        } => {
            let near = |points: &[Point], cell: &Cell| domain::neighbours(points, cell, *cutoff);
            clouds(table, nodes, (positions, lattice.as_ref()), &near, list)
        }
        Edges::Nearest { positions, k, lattice } => {
            let near = |points: &[Point], cell: &Cell| domain::nearest(points, cell, *k);
            clouds(table, nodes, (positions, lattice.as_ref()), &near, list)
        }
        Edges::Faces { positions, faces, ptr } => meshes(table, nodes, positions, faces, ptr.as_deref(), list),
        Edges::Dense { .. } | Edges::List { .. } | Edges::Complete => Ok(()),
    }
}

/// The points of all samples, with zeros for axes that they do not have, and how many axes they have.
fn points(table: &Table, name: &str, nodes: &[usize]) -> Result<(Vec<Point>, usize)> {
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
    let points = (0..count)
        .map(|p| Ok([coordinate(p, 0)?, coordinate(p, 1)?, coordinate(p, 2)?]))
        .collect::<Result<_>>()?;
    Ok((points, axes))
}

/// The lattice of sample `s` for points with so many axes.
fn cell(table: &Table, lattice: &Lattice, s: usize, axes: usize) -> Result<Cell> {
    let array = table.get(&lattice.cell)?;
    let form = format!("[samples, {axes}, {axes}] or [{axes}, {axes}] is needed, one lattice vector a row");
    let first = if array.shape.len() == 3 { axes * axes * s } else { 0 };
    if !array.shape.ends_with(&[axes, axes]) || array.data.len() < first + axes * axes {
        let e = Error::data(format!("its shape {:?} gives sample {s} no lattice", array.shape));
        return Err(e.in_array(&lattice.cell).help(form));
    }
    let mut cell = Cell::OPEN;
    for k in 0..axes {
        for x in 0..axes {
            cell.vectors[k][x] = array.data.real(first + axes * k + x).unwrap_or(f64::NAN);
        }
        cell.periodic[k] = true;
    }
    if let Some(name) = &lattice.pbc {
        let flags = table.integers(name)?;
        let first = if table.get(name)?.shape.len() == 2 { axes * s } else { 0 };
        let flags = flags.get(first..first + axes).ok_or_else(|| {
            let e = Error::data(format!("sample {s} has no {axes} flags")).in_array(name);
            e.help(format!("[samples, {axes}] or [{axes}] is needed"))
        })?;
        (0..axes).for_each(|k| cell.periodic[k] = flags[k] != 0);
    }
    Ok(cell)
}

/// The edges between the points of one sample.
type Near<'a> = &'a dyn Fn(&[Point], &Cell) -> std::result::Result<domain::Edges, String>;

/// Edges between near points.
fn clouds(
    table: &Table,
    nodes: &[usize],
    (positions, lattice): (&str, Option<&Lattice>),
    near: Near<'_>,
    list: &mut EdgeList,
) -> Result<()> {
    let (points, axes) = points(table, positions, nodes)?;
    let mut shifts = Vec::new();
    for (s, w) in nodes.windows(2).enumerate() {
        let cell = lattice.map_or(Ok(Cell::OPEN), |l| cell(table, l, s, axes))?;
        let array = lattice.map_or(positions, |l| &l.cell);
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
    let (points, _) = points(table, positions, nodes)?;
    let all = table.integers(name)?;
    let (triangles, rest) = all.as_chunks::<3>();
    if !rest.is_empty() || table.get(name)?.shape.last() != Some(&3) {
        return Err(Error::data("triangles are needed")
            .in_array(name)
            .help("its shape is [faces, 3]"));
    }
    let offsets = ptr
        .map(|p| edges::offsets_of(table, p, triangles.len(), nodes.len() - 1))
        .transpose()?;
    let (mut angles, mut turns) = (Vec::new(), Vec::new());
    for (s, w) in nodes.windows(2).enumerate() {
        let own = offsets.as_ref().map_or(triangles, |o| &triangles[o[s]..o[s + 1]]);
        // Numbers that are no vertices are past the end.
        let corners: Vec<[u32; 3]> = own
            .iter()
            .map(|t| t.map(|v| u32::try_from(v).unwrap_or(u32::MAX)))
            .collect();
        let mesh = Mesh::new(&points[w[0]..w[1]], &corners).map_err(|why| {
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
