//! Samples for training, validation, and testing.

use super::dataset::Dataset;
use super::spec::DataSpec;
use crate::error::{Error, Result};
use crate::files::{self, Table};
use crate::rng::Rng;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Which samples are for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Split {
    /// All are for training.
    All,
    /// Index arrays in the file: training, validation, testing.
    Arrays {
        /// For training.
        train: String,
        /// For validation.
        val: Option<String>,
        /// For testing.
        test: Option<String>,
    },
    /// Fractions of all samples, drawn with a seed; the rest is for training.
    Fractions {
        /// For validation, in `0..1`.
        val: f64,
        /// For testing, in `0..1`.
        test: f64,
        /// The draw.
        seed: u64,
    },
    /// Arrays of their own, whose names start with these words and a dot: `train16.A`, `test64.A`. Sizes may differ between
    /// groups.
    Groups {
        /// For training.
        train: String,
        /// For validation.
        val: Option<String>,
        /// For testing.
        test: Option<String>,
    },
}

/// Some samples of a dataset.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The dataset.
    pub data: Arc<Dataset>,
    /// The samples.
    pub ids: Vec<usize>,
}

impl Fold {
    /// All samples of a dataset.
    pub fn all(data: Arc<Dataset>) -> Fold {
        let ids = (0..data.len()).collect();
        Fold { data, ids }
    }
}

/// The samples of a training run.
#[derive(Clone, Debug)]
pub struct Folds {
    /// For training; never empty.
    pub train: Fold,
    /// For validation.
    pub val: Option<Fold>,
    /// For testing.
    pub test: Option<Fold>,
}

impl Folds {
    /// Reads and splits the samples of a table.
    ///
    /// # Errors
    /// As [`Dataset::new`], and if no sample is left for training, an index is out of range or there twice, or a sample is both for
    /// training and for testing.
    pub fn new(table: &Table, spec: &DataSpec) -> Result<Folds> {
        let place = |e: Error| e.in_file(&table.path);
        let folds = match &spec.split {
            Split::Groups { train, val, test } => {
                let group = |name: &String| group(table, name, spec);
                let (val, test) = (
                    val.as_ref().map(group).transpose()?,
                    test.as_ref().map(group).transpose()?,
                );
                Folds {
                    train: group(train)?,
                    val,
                    test,
                }
            }
            _ => divide(table, Arc::new(Dataset::new(table, spec)?), &spec.split).map_err(place)?,
        };
        match folds.train.ids.is_empty() {
            true => Err(place(Error::data("no samples are left for training"))),
            false => Ok(folds),
        }
    }
}

/// The samples of a table: all, or those that an index array or a group of arrays of this name says.
///
/// # Errors
/// As [`Folds::new`], and if the data stands in groups and none is named.
pub fn pick(table: &Table, spec: &DataSpec, name: Option<&str>) -> Result<Fold> {
    let place = |e: Error| e.in_file(&table.path);
    match (&spec.split, name) {
        (Split::Groups { train, val, test }, None) => {
            let groups = [Some(train), val.as_ref(), test.as_ref()];
            let groups: Vec<&String> = groups.into_iter().flatten().collect();
            let e = Error::data("its arrays stand in groups, and none is named");
            Err(place(e.help(format!("name one: {}", files::list(groups.iter())))))
        }
        (Split::Groups { .. }, Some(name)) => group(table, name, spec),
        // Nothing says whether these data stand in groups.
        (Split::All, Some(name)) if !table.arrays.contains_key(name) => group(table, name, spec),
        (_, name) => {
            let data = Arc::new(Dataset::new(table, spec)?);
            let Some(name) = name else {
                return Ok(Fold::all(data));
            };
            let ids = indices(table, name, &mut vec![None; data.len()]).map_err(place)?;
            Ok(Fold { data, ids })
        }
    }
}

/// Reads a file and splits its samples.
///
/// # Errors
/// As [`files::load`] and [`Folds::new`].
pub fn load(path: impl AsRef<Path>, spec: &DataSpec) -> Result<Folds> {
    Folds::new(&files::load(path)?, spec)
}

fn group(table: &Table, name: &str, spec: &DataSpec) -> Result<Fold> {
    let group = table.group(name);
    if group.arrays.is_empty() {
        let e = Error::data(format!("there are no arrays whose names start with `{name}.`")).in_file(&table.path);
        return Err(e.help(format!("it holds {}", files::list(table.arrays.keys()))));
    }
    Dataset::new(&group, spec).map(|d| Fold::all(Arc::new(d)))
}

fn divide(table: &Table, data: Arc<Dataset>, split: &Split) -> Result<Folds> {
    let fold = |ids: Vec<usize>| Fold {
        data: data.clone(),
        ids,
    };
    Ok(match split {
        Split::Arrays { train, val, test } => {
            let mut used = vec![None; data.len()];
            let mut take = |name| indices(table, name, &mut used).map(fold);
            let train = take(train)?;
            let val = val.as_deref().map(&mut take).transpose()?;
            Folds {
                train,
                val,
                test: test.as_deref().map(&mut take).transpose()?,
            }
        }
        Split::Fractions { val, test, seed } => {
            if !(*val >= 0.0 && *test >= 0.0 && val + test < 1.0) {
                return Err(Error::config(format!(
                    "fractions of {val} and {test} leave nothing for training"
                )));
            }
            let n = data.len() as f64;
            let (a, b) = ((val * n).round() as usize, (test * n).round() as usize);
            let mut order: Vec<usize> = (0..data.len()).collect();
            Rng::new(*seed).shuffle(&mut order);
            let part = |range: std::ops::Range<usize>| {
                let mut ids = order.get(range).unwrap_or_default().to_vec();
                ids.sort_unstable();
                (!ids.is_empty()).then(|| fold(ids))
            };
            let train = part(a + b..data.len()).unwrap_or_else(|| fold(Vec::new()));
            Folds {
                train,
                val: part(0..a),
                test: part(a..a + b),
            }
        }
        Split::All | Split::Groups { .. } => Folds {
            train: Fold::all(data),
            val: None,
            test: None,
        },
    })
}

/// The indices in an array; `used` remembers which array each sample is in.
fn indices<'a>(table: &Table, name: &'a str, used: &mut [Option<&'a str>]) -> Result<Vec<usize>> {
    let mut ids = Vec::new();
    for (k, v) in table.integers(name)?.into_iter().enumerate() {
        let wrong = |what: String| Error::data(what).in_array(name);
        let id = usize::try_from(v).ok().filter(|&id| id < used.len());
        let id = id.ok_or_else(|| wrong(format!("entry [{k}] is {v}, but there are {} samples", used.len())))?;
        if let Some(other) = used[id].replace(name) {
            let e = wrong(format!("sample {id} is in `{other}` already"));
            return Err(e.help("a sample is for training, for validation, or for testing, and only once"));
        }
        ids.push(id);
    }
    Ok(ids)
}
