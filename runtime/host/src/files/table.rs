//! Named arrays and where they come from.

use super::array::HostArray;
use crate::error::{Error, Result};
use ndarray::ArrayD;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The arrays of a file (or folder) by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Where they come from; errors about them name it. Empty: from a caller, not from a file.
    pub path: PathBuf,
    /// By name.
    pub arrays: BTreeMap<String, HostArray>,
    /// Text that came with them (safetensors metadata).
    pub notes: BTreeMap<String, String>,
}

impl Table {
    /// An empty table.
    pub fn new(path: impl AsRef<Path>) -> Table {
        Table {
            path: path.as_ref().to_path_buf(),
            ..Table::default()
        }
    }

    /// Adds an array.
    ///
    /// # Errors
    /// If there is one of this name.
    pub fn insert(&mut self, name: impl Into<String>, array: HostArray) -> Result<()> {
        let name = name.into();
        if self.arrays.contains_key(&name) {
            return Err(Error::format("there are two arrays of this name")
                .in_file(&self.path)
                .in_array(name));
        }
        self.arrays.insert(name, array);
        Ok(())
    }

    /// The array of this name.
    ///
    /// # Errors
    /// If there is none; suggests the nearest name.
    pub fn get(&self, name: &str) -> Result<&HostArray> {
        self.arrays.get(name).ok_or_else(|| {
            Error::data("there is no such array")
                .in_file(&self.path)
                .in_array(name)
                .help(self.suggest(name))
        })
    }

    /// The integers of an array (`ptr`, splits).
    ///
    /// # Errors
    /// If there is no such array or it holds something else.
    pub fn integers(&self, name: &str) -> Result<ArrayD<i64>> {
        let array = self.get(name)?;
        array.integers().ok_or_else(|| {
            Error::data(format!("integers are needed here, but it holds {}", array.type_name()))
                .in_file(&self.path)
                .in_array(name)
                .help("save it with an integer dtype")
        })
    }

    /// The arrays under `prefix` with the prefix removed: `train16.A` → `A`.
    pub fn group(&self, prefix: &str) -> Table {
        let mut group = Table::new(&self.path);
        for (name, array) in &self.arrays {
            if let Some(short) = name.strip_prefix(prefix).and_then(|r| r.strip_prefix(['.', '/'])) {
                group.arrays.insert(short.into(), array.clone());
            }
        }
        group
    }

    fn suggest(&self, name: &str) -> String {
        match nearest(name, self.arrays.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it holds {}", list(self.arrays.keys())),
        }
    }
}

/// `` `a`, `b`, `c` `` with at most ten entries shown.
pub(crate) fn list<S: AsRef<str>>(names: impl ExactSizeIterator<Item = S>) -> String {
    let n = names.len();
    let mut shown: Vec<String> = names.take(10).map(|s| format!("`{}`", s.as_ref())).collect();
    match n {
        0 => return "nothing".into(),
        1..=10 => {}
        _ => shown.push(format!("and {} more", n - 10)),
    }
    shown.join(", ")
}

/// The candidate at the smallest edit distance from `name`, if that is at most a third of its length.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|c| (edits(name, c), c))
        .min()
        .filter(|&(d, _)| d <= name.chars().count().div_ceil(3))
        .map(|(_, c)| c)
}

/// The Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let here = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_array_suggests_a_near_name() {
        let mut t = Table::new("x.npz");
        t.insert("images", HostArray::from(Vec::<u8>::new())).unwrap();
        assert_eq!(
            t.get("image").unwrap_err().to_string(),
            "x.npz: array `image`: there is no such array (did you mean `images`?)"
        );
        assert!(t.get("labels").unwrap_err().to_string().contains("it holds `images`"));
        assert!(t.insert("images", HostArray::from(Vec::<u8>::new())).is_err());
    }

    #[test]
    fn groups_lose_their_prefix() {
        let mut t = Table::new("x.npz");
        for name in ["train.A", "test.A", "trainer.A"] {
            t.insert(name, HostArray::from(Vec::<u8>::new())).unwrap();
        }
        assert_eq!(t.group("train").arrays.keys().collect::<Vec<_>>(), ["A"]);
    }
}
