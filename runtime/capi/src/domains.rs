//! Edges from positions: what a caller needs to keep neighbour lists, or to look at meshes, with the library alone.

use crate::{Failure, Handle, Outcome, RawArray, Status, with};
use gdl_host::files::HostArray;
use gdl_runtime::Array;
use gdl_runtime::domain::{self, Cell, Edges, Mesh, Point};

/// Points of one to three coordinates, and how many those are.
fn points(array: &HostArray, name: &str) -> Outcome<(Vec<Point>, usize)> {
    let fail = |what: String| Failure::new(Status::Data, format!("array `{name}`: {what}"));
    let axes = match array.shape() {
        [_, d @ 1..=3] => *d,
        shape => return Err(fail(format!("its shape {shape:?} is not that of points"))),
    };
    let values: Vec<f64> = array.reals().ok_or_else(|| fail("it holds numbers".into()))?.collect();
    if let Some(k) = values.iter().position(|x| !x.is_finite()) {
        return Err(fail(format!("point {} is not finite", k / axes)));
    }
    let point = |row: &[f64]| {
        let mut point = [0.0; 3];
        point[..axes].copy_from_slice(row);
        point
    };
    Ok((values.chunks(axes).map(point).collect(), axes))
}

/// A lattice from its vectors and flags, if there are any.
fn cell(vectors: Option<HostArray>, pbc: Option<HostArray>, axes: usize) -> Outcome<Cell> {
    let fail = |name: &str, what: String| Failure::new(Status::Data, format!("array `{name}`: {what}"));
    let mut cell = Cell::OPEN;
    let Some(vectors) = vectors else { return Ok(cell) };
    if vectors.shape() != [axes, axes] {
        return Err(fail(
            "cell",
            format!("its shape is {:?}, not [{axes}, {axes}]", vectors.shape()),
        ));
    }
    let (rows, _) = points(&vectors, "cell")?;
    cell.vectors[..axes].copy_from_slice(&rows);
    cell.periodic[..axes].fill(true);
    if let Some(pbc) = pbc {
        let flags: Vec<i64> = pbc
            .integers()
            .filter(|a| a.shape() == [axes])
            .map(|a| a.iter().copied().collect())
            .ok_or_else(|| fail("pbc", format!("it holds {axes} integers")))?;
        cell.periodic.iter_mut().zip(flags).for_each(|(p, f)| *p = f != 0);
    }
    Ok(cell)
}

/// # Safety
/// A pointer is null or leads to an array as [`crate::gdl_forward`] takes them.
unsafe fn read(array: *const RawArray, name: &str) -> Outcome<Option<HostArray>> {
    // SAFETY: the contract of this function.
    unsafe { array.as_ref().map_or(Ok(None), |a| a.read(name)) }
}

fn needed(array: Option<HostArray>, name: &str) -> Outcome<HostArray> {
    array.ok_or_else(|| Failure::argument(format!("array `{name}` is missing")))
}

/// # Safety
/// As [`read`].
unsafe fn joined(
    handle: *const Handle,
    (pos, lattice, pbc): (*const RawArray, *const RawArray, *const RawArray),
    near: impl FnOnce(&[Point], &Cell) -> Result<Edges, String>,
    (edges, shift): (*mut RawArray, *mut RawArray),
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |_| {
            let (points, axes) = points(&needed(read(pos, "pos")?, "pos")?, "pos")?;
            let cell = cell(read(lattice, "cell")?, read(pbc, "pbc")?, axes)?;
            let found = near(&points, &cell).map_err(|e| Failure::new(Status::Data, e))?;
            let shifts: Vec<f64> = found
                .shift
                .iter()
                .flat_map(|&s| cell.translation(s).into_iter().take(axes))
                .collect();
            write_edges(edges, &found.src, &found.dst)?;
            write_reals(shift, "shift", &[found.len(), axes], shifts)
        })
    }
}

/// # Safety
/// As [`read`]; arrays with data may be written.
unsafe fn write_edges(edges: *mut RawArray, src: &[u32], dst: &[u32]) -> Outcome {
    let ends: Vec<i64> = src.iter().zip(dst).flat_map(|(&s, &d)| [s.into(), d.into()]).collect();
    // SAFETY: the contract of this function.
    unsafe { edges.as_mut() }
        .ok_or_else(|| Failure::argument("array `edges` is missing"))
        // SAFETY: as above.
        .and_then(|a| unsafe { a.write_whole("edges", &[src.len(), 2], &ends) })
}

/// # Safety
/// As [`write_edges`].
unsafe fn write_reals(array: *mut RawArray, name: &str, shape: &[usize], values: Vec<f64>) -> Outcome {
    // SAFETY: the contract of this function.
    let Some(array) = (unsafe { array.as_mut() }) else {
        return Ok(());
    };
    array.fits(name, shape)?;
    // SAFETY: as above.
    unsafe { array.write(name, shape, &Array::F64(values), None) }
}

/// All ordered pairs of points closer than `cutoff`: `edges` \[edges, 2\], sorted by destination, and `shift` \[edges, d\].
///
/// # Safety
/// As [`crate::gdl_forward`]; `cell` and `pbc` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_neighbours(
    handle: *const Handle,
    pos: *const RawArray,
    cell: *const RawArray,
    pbc: *const RawArray,
    cutoff: f64,
    edges: *mut RawArray,
    shift: *mut RawArray,
) -> Status {
    let near = |points: &[Point], cell: &Cell| domain::neighbours(points, cell, cutoff);
    // SAFETY: the contract of this function.
    unsafe { joined(handle, (pos, cell, pbc), near, (edges, shift)) }
}

/// Edges from the `k` nearest points to each; otherwise as [`gdl_neighbours`].
///
/// # Safety
/// As [`gdl_neighbours`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_nearest(
    handle: *const Handle,
    pos: *const RawArray,
    cell: *const RawArray,
    pbc: *const RawArray,
    k: u32,
    edges: *mut RawArray,
    shift: *mut RawArray,
) -> Status {
    let near = |points: &[Point], cell: &Cell| domain::nearest(points, cell, k as usize);
    // SAFETY: the contract of this function.
    unsafe { joined(handle, (pos, cell, pbc), near, (edges, shift)) }
}

/// The edges of a mesh with their angles and transports, in radians, and the frames \[vertices, 3, 3\]: first tangent, second tangent, normal.
///
/// # Safety
/// As [`gdl_neighbours`]; all results but `edges` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_mesh(
    handle: *const Handle,
    pos: *const RawArray,
    faces: *const RawArray,
    edges: *mut RawArray,
    angle: *mut RawArray,
    transport: *mut RawArray,
    frames: *mut RawArray,
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |_| {
            let (points, _) = points(&needed(read(pos, "pos")?, "pos")?, "pos")?;
            let faces = needed(read(faces, "faces")?, "faces")?;
            let all = faces.integers().filter(|a| a.ndim() == 2 && a.shape()[1] == 3);
            let all = all.ok_or_else(|| Failure::new(Status::Data, "array `faces`: it holds integers [faces, 3]"))?;
            // Numbers that are no vertices are past the end.
            let corner = |v: i64| u32::try_from(v).unwrap_or(u32::MAX);
            let triangles: Vec<[u32; 3]> = all.outer_iter().map(|t| [0, 1, 2].map(|k| corner(t[k]))).collect();
            let mesh = Mesh::new(&points, &triangles).map_err(|e| Failure::new(Status::Data, e))?;
            let found = &mesh.edges;
            write_edges(edges, &found.src, &found.dst)?;
            write_reals(angle, "angle", &[found.src.len()], found.angle.clone())?;
            write_reals(transport, "transport", &[found.src.len()], found.transport.clone())?;
            let flat: Vec<f64> = mesh.frames.iter().flatten().flatten().copied().collect();
            write_reals(frames, "frames", &[points.len(), 3, 3], flat)
        })
    }
}
