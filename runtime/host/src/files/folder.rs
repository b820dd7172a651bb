//! Folders of images or meshes as one table.

use super::array::HostArray;
use super::ending;
use super::table::Table;
use crate::error::{Error, Result};
use ndarray::{Axis, Slice};
use std::fs;
use std::path::{Path, PathBuf};

const MESHES: [&str; 3] = ["off", "obj", "ply"];

/// The arrays of all files, one after the other.
fn join(path: &Path, files: &[PathBuf]) -> Result<Table> {
    let mut joined = Table::new(path);
    for file in files {
        let next = super::load(file)?;
        for (name, array) in next.arrays {
            let place = |e: Error| e.in_file(file).in_array(name.clone());
            match joined.arrays.get_mut(&name) {
                None => {
                    joined.arrays.insert(name, array);
                }
                Some(all) if name.ends_with("_ptr") => append_ptr(all, &array),
                Some(all) => all.append(&array).map_err(place)?,
            }
        }
    }
    Ok(joined)
}

/// Reads all images or all meshes in a folder, in order of their names; images may stand in one folder a class.
///
/// # Errors
/// If there are none or both, their sizes or types differ, or one of them is malformed.
pub(super) fn load(path: &Path) -> Result<Table> {
    let (mut classes, mut files, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries(path)? {
        if entry.is_dir() {
            let inside: Vec<PathBuf> = entries(&entry)?.into_iter().filter(|f| ending(f) == "png").collect();
            if !inside.is_empty() {
                labels.extend(inside.iter().map(|_| classes.len() as i64));
                files.extend(inside);
                classes.push(name_of(&entry));
            }
        } else if ending(&entry) == "png" || MESHES.contains(&ending(&entry).as_str()) {
            files.push(entry);
        }
    }
    let images = files.iter().filter(|f| ending(f) == "png").count();
    let mixed = (images != 0 && images != files.len()) || (!labels.is_empty() && labels.len() != files.len());
    if files.is_empty() || mixed {
        let e = Error::format(if mixed {
            "the folder mixes images, meshes and classes"
        } else {
            "the folder holds no images or meshes"
        });
        return Err(e
            .in_file(path)
            .help("put .png images, folders of them (one a class), or .off, .obj or .ply meshes there"));
    }
    let mut table = join(path, &files)?;
    table.insert(
        "names",
        HostArray::from(files.iter().map(|f| name_of(f)).collect::<Vec<_>>()),
    )?;
    if !labels.is_empty() {
        table.insert("labels", HostArray::from(labels))?;
        table.insert("classes", HostArray::from(classes))?;
    }
    Ok(table)
}

/// Adds the offsets of a table that holds one mesh.
pub(super) fn with_ptr(mut table: Table) -> Result<Table> {
    for name in ["verts", "faces"] {
        let rows = table.get(name)?.shape()[0] as i64;
        table.insert(format!("{name}_ptr"), HostArray::from(vec![0, rows]))?;
    }
    Ok(table)
}

/// What stands in a folder, in order of the names.
fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let fail = |e: std::io::Error| Error::io(path, "read", &e);
    let mut all = fs::read_dir(path)
        .map_err(fail)?
        .map(|e| e.map(|e| e.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(fail)?;
    all.sort();
    Ok(all)
}

fn name_of(path: &Path) -> String {
    path.file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Joins the offsets of one more mesh.
fn append_ptr(all: &mut HostArray, next: &HostArray) {
    if let (HostArray::I64(all), HostArray::I64(next)) = (all, next) {
        let last = all.last().copied().unwrap_or(0);
        let more = next.slice_axis(Axis(0), Slice::from(1..)).mapv(|k| last + k);
        // Both have one axis, so that nothing can be refused.
        let _ = all.append(Axis(0), more.view());
    }
}
