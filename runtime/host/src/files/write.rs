//! Writing files whole or not at all.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// What temporary files end in, after the number of the process.
const TEMPORARY: &str = ".tmp";

/// Writes `bytes` to `path` so that, whatever happens, the file holds either its old contents or all of the new ones: a temporary
/// file in the same folder is written, flushed to the disk and renamed.
///
/// # Errors
/// If the folder does not exist, the disk is full, and the like; the old file is untouched.
pub fn atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| Error::config("this is not the name of a file").in_file(path))?;
    let mut temporary = name.to_os_string();
    temporary.push(format!(".{}{TEMPORARY}", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let result = write_and_rename(&temporary, path, bytes);
    if result.is_err() {
        // What is left of the attempt is of no use; that it cannot be removed either is no news.
        let _ = fs::remove_file(&temporary);
    }
    result.map_err(|e| Error::io(path, "write", &e).help("check that the folder exists, is writable and has room"))
}

/// Removes what processes that were killed have left of their attempts to write these files.
pub(crate) fn clear(folder: &Path, names: &[&str]) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|e| e.path()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let attempt = name.strip_suffix(TEMPORARY).and_then(|rest| rest.rsplit_once('.'));
        if attempt.is_some_and(|(file, process)| names.contains(&file) && process.parse::<u32>().is_ok()) {
            // A file that stays is a little waste, no reason not to go on.
            let _ = fs::remove_file(&path);
        }
    }
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    // The rename itself survives a power cut once the folder is on the disk; not every system lets folders be opened.
    match path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .and_then(|p| File::open(p).ok())
    {
        Some(folder) => folder.sync_all(),
        None => Ok(()),
    }
}
