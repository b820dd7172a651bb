//! Folders of images, meshes, clouds or arrays as one table.

use super::array::HostArray;
use super::ending;
use super::table::{Table, list};
use crate::error::{Error, Result};
use ndarray::{Axis, Slice};
use std::fs;
use std::path::{Path, PathBuf};

/// What the files of a folder can be; a folder holds files of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Image,
    Mesh,
    Cloud,
    Array,
}

impl Kind {
    /// The kind of a file by the ending of its name.
    fn of(path: &Path) -> Option<Kind> {
        Some(match ending(path).as_str() {
            "png" => Kind::Image,
            "off" | "obj" | "ply" => Kind::Mesh,
            "xyz" | "extxyz" => Kind::Cloud,
            "npy" => Kind::Array,
            _ => return None,
        })
    }
}

/// Reads all images, meshes, clouds or arrays in a folder, in order of their names; other files are not looked at. Images, meshes and
/// clouds may stand in one folder a class.
///
/// # Errors
/// If there are none or of several kinds, their arrays differ in names, sizes or types, or one of them is malformed.
pub(super) fn load(path: &Path) -> Result<Table> {
    let (mut files, mut classes) = (Vec::new(), Vec::new());
    for entry in entries(path)? {
        if !entry.is_dir() {
            files.extend(Kind::of(&entry).map(|kind| (entry, kind, None)));
            continue;
        }
        let inside = entries(&entry)?
            .into_iter()
            .filter_map(|f| Kind::of(&f).map(|kind| (f, kind)));
        let inside: Vec<_> = inside.filter(|(_, kind)| *kind != Kind::Array).collect();
        if !inside.is_empty() {
            files.extend(
                inside
                    .into_iter()
                    .map(|(f, kind)| (f, kind, Some(classes.len() as i64))),
            );
            classes.push(name_of(&entry));
        }
    }
    let help = "put .png images, .off, .obj or .ply meshes, or .xyz clouds there, which may stand in one folder a class, or .npy arrays";
    let Some((first, kind, class)) = files.first() else {
        return Err(Error::format("the folder holds nothing that can be read")
            .in_file(path)
            .help(help));
    };
    if let Some((other, ..)) = files
        .iter()
        .find(|(_, k, c)| k != kind || c.is_some() != class.is_some())
    {
        let [a, b] = [first, other].map(|f| f.strip_prefix(path).unwrap_or(f).display());
        let e = Error::format(format!("the folder mixes files: `{a}` and `{b}`"));
        return Err(e.in_file(path).help(help));
    }
    let mut table = Table::new(path);
    if *kind == Kind::Array {
        for (file, ..) in &files {
            table.insert(name_of(file), super::load(file)?.get("data")?.clone())?;
        }
        return Ok(table);
    }
    let (mut names, mut labels) = (Vec::new(), Vec::new());
    for (file, _, class) in &files {
        let next = super::load(file)?;
        // A file of clouds may hold several.
        let samples = next.arrays.get("ptr").map_or(1, |ptr| ptr.len() - 1);
        names.extend((0..samples).map(|_| name_of(file)));
        labels.extend((0..samples).filter_map(|_| *class));
        join(&mut table, next).map_err(|e| e.in_file(file))?;
    }
    table.insert("names", names.into())?;
    if !classes.is_empty() {
        table.insert("labels", labels.into())?;
        table.insert("classes", classes.into())?;
    }
    Ok(table)
}

/// Appends the arrays of one more file.
fn join(all: &mut Table, next: Table) -> Result<()> {
    if all.arrays.is_empty() {
        all.arrays = next.arrays;
        return Ok(());
    }
    if !all.arrays.keys().eq(next.arrays.keys()) {
        let (here, before) = (list(next.arrays.keys()), list(all.arrays.keys()));
        let e = Error::data(format!("it holds {here}, but the files before hold {before}"));
        return Err(e.help("all files of a folder must have the same arrays"));
    }
    for (array, (name, more)) in all.arrays.values_mut().zip(&next.arrays) {
        if name == "ptr" || name.ends_with("_ptr") {
            append_ptr(array, more);
        } else {
            array.append(more).map_err(|e| e.in_array(name))?;
        }
    }
    Ok(())
}

/// Joins the offsets of more samples.
fn append_ptr(all: &mut HostArray, next: &HostArray) {
    if let (HostArray::I64(all), HostArray::I64(next)) = (all, next) {
        let last = all.last().copied().unwrap_or(0);
        let more = next.slice_axis(Axis(0), Slice::from(1..)).mapv(|k| last + k);
        // Both have one axis, so that nothing can be refused.
        let _ = all.append(Axis(0), more.view());
    }
}

/// Adds the offsets of a table that holds one mesh.
pub(super) fn with_ptr(mut table: Table) -> Result<Table> {
    for name in ["verts", "faces"] {
        let rows = table.get(name)?.shape()[0] as i64;
        table.insert(format!("{name}_ptr"), vec![0, rows].into())?;
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
