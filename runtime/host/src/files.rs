//! Data files: any of them becomes a [`Table`] of named arrays.
//!
//! | file | arrays |
//! |---|---|
//! | `.npz` | as named in it |
//! | `.npy` | `data` |
//! | `.safetensors` | as named in it |
//! | `.png` | `images` \[1, height, width, channels\] |
//! | `.xyz`, `.extxyz` | `ptr`, `species`, `pos`, … ([`xyz::parse`]) |
//! | `.off`, `.obj`, `.ply` | `verts` \[V, 3\], `faces` \[F, 3\], `verts_ptr`, `faces_ptr` |
//! | a folder of images | `images` \[N, height, width, channels\], `names` |
//! | a folder of meshes | all of them joined: `verts`, `faces` (numbered from 0 in each mesh), `verts_ptr`, `faces_ptr`, `names` |
//! | a folder of clouds | all of them joined, as in one file; `names` |
//! | a folder of `.npy` | one array a file, by its name |
//!
//! Where images, meshes or clouds stand in one folder a class, there are also `labels`, numbers of the classes in order of the folders' names,
//! and `classes`, these names.
//!
//! No header is believed: sizes are checked against the length of the file before memory is taken.

pub mod array;
mod bytes;
pub mod elements;
mod folder;
pub mod image;
pub mod mesh;
pub mod npy;
pub mod npz;
pub mod ply;
pub mod table;
pub mod tensors;
mod text;
pub mod write;
pub mod xyz;
mod xyz_write;

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub use array::HostArray;
pub use elements::atomic_number;
pub use table::Table;
pub(crate) use table::{list, nearest};

/// The endings of the files that [`load`] reads.
pub const KNOWN: [&str; 9] = ["npz", "npy", "safetensors", "png", "xyz", "extxyz", "off", "obj", "ply"];

/// Reads a file, or the files of a folder, by the endings of their names.
///
/// # Errors
/// If it cannot be read, its ending is not known, or it is malformed. The error names the file and, where there is one, the array.
pub fn load(path: impl AsRef<Path>) -> Result<Table> {
    let path = path.as_ref();
    if path.is_dir() {
        return folder::load(path);
    }
    let bytes = fs::read(path)
        .map_err(|e| Error::io(path, "read", &e).help("check the path; it is relative to the current folder"))?;
    parse(path, &bytes).map_err(|e| e.in_file(path))
}

/// Reads the bytes of a file by the ending of its name.
///
/// # Errors
/// As [`load`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table> {
    let single = |name: &str, array| {
        let mut table = Table::new(path);
        table.insert(name, array).map(|()| table)
    };
    match ending(path).as_str() {
        "npz" => npz::parse(path, bytes),
        "npy" => single("data", npy::parse(bytes)?),
        "safetensors" => tensors::parse(path, bytes),
        "png" => {
            let image = image::parse(bytes)?;
            let shape = [&[1], image.shape()].concat();
            single("images", image.reshaped(&shape)?)
        }
        "xyz" | "extxyz" => xyz::parse(path, bytes),
        "off" => mesh::parse_off(path, bytes).and_then(folder::with_ptr),
        "obj" => mesh::parse_obj(path, bytes).and_then(folder::with_ptr),
        "ply" => ply::parse(path, bytes).and_then(folder::with_ptr),
        other => {
            let known = list(KNOWN.iter());
            Err(Error::format(format!("files that end in `.{other}` are not known")).help(format!("known are {known}")))
        }
    }
}

/// Writes arrays as `.npz`, atomically.
///
/// # Errors
/// If the file cannot be written, or an array holds text.
pub fn save_npz<'a>(path: &Path, arrays: impl IntoIterator<Item = (&'a str, &'a HostArray)>) -> Result<()> {
    write::atomically(path, &npz::encode(arrays).map_err(|e| e.in_file(path))?)
}

/// Writes tensors as `.safetensors` with notes in the header, atomically.
///
/// # Errors
/// If the file cannot be written, or an array holds text.
pub fn save_tensors(path: &Path, arrays: &BTreeMap<String, HostArray>, notes: &BTreeMap<String, String>) -> Result<()> {
    write::atomically(path, &tensors::encode(arrays, notes).map_err(|e| e.in_file(path))?)
}

/// Writes JSON, indented, atomically.
///
/// # Errors
/// If the file cannot be written.
pub fn save_json(path: &Path, value: &serde_json::Value) -> Result<()> {
    write::atomically(path, format!("{value:#}\n").as_bytes())
}

/// What files with results may end in.
pub const RESULTS: [&str; 4] = ["npz", "json", "xyz", "extxyz"];

/// Writes the results for the samples of `input`, atomically, as the name of the file says: see [`RESULTS`].
///
/// # Errors
/// If the name ends in something else, the file cannot be written, or the results do not fit the frames of an xyz file.
pub fn save_results(path: &Path, input: &Table, results: &[(String, HostArray)]) -> Result<()> {
    match ending(path).as_str() {
        "npz" => save_npz(path, results.iter().map(|(n, a)| (n.as_str(), a))),
        "json" => {
            let all: serde_json::Map<String, serde_json::Value> =
                results.iter().map(|(n, a)| (n.clone(), a.json())).collect();
            save_json(path, &serde_json::Value::Object(all))
        }
        "xyz" | "extxyz" => write::atomically(path, xyz_write::encode(input, results)?.as_bytes()),
        _ => Err(Error::config("results are written as .npz, .json or .xyz").in_file(path)),
    }
}

/// The ending of a name in lower case.
fn ending(path: &Path) -> String {
    path.extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}
