//! Bases that took long to find, on disk: in `$GDL_CACHE`, or in `gdl` below `$XDG_CACHE_HOME` or `~/.cache`. An empty `GDL_CACHE` keeps nothing.

use gdl_host::files::write;
use gdl_rep::store::{self, Store};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl Store for Folder {
    fn get(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(name)).ok()
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        // What cannot be kept is found again next time.
        let _ = fs::create_dir_all(&self.0).map(|()| write::atomically(&self.0.join(name), bytes));
    }
}

/// Keeps large bases from now on.
pub fn open() {
    if let Some(folder) = folder() {
        store::keep_in(Box::new(Folder(folder)));
    }
}

fn folder() -> Option<PathBuf> {
    let cache = match (env::var_os("GDL_CACHE"), env::var_os("XDG_CACHE_HOME")) {
        (Some(d), _) if d.is_empty() => return None,
        (Some(d), _) => PathBuf::from(d),
        (None, Some(d)) if !d.is_empty() => PathBuf::from(d).join("gdl"),
        _ => Path::new(&env::var_os("HOME")?).join(".cache/gdl"),
    };
    Some(cache.join("bases"))
}
