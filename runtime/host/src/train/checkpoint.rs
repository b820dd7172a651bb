//! Checkpoints: weights, and all that is needed to go on.

use super::eval::Sums;
use crate::error::{Error, Result};
use crate::files::tensors::notes;
use crate::files::{self, HostArray, Table};
use crate::optim::Optimizer;
use crate::params::{Params, STATE, from_host, to_host};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What the header of a checkpoint says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// The hash of the model's source.
    pub model_hash: String,
    /// The settings of the run.
    pub settings: Value,
    /// Epochs finished.
    pub epoch: u64,
    /// Steps taken.
    pub step: u64,
    /// The seed of the run.
    pub seed: u64,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Progress {
    /// Epochs finished.
    pub(super) epoch: u64,
    /// Batches of the next epoch that are done.
    pub(super) batch: u64,
    /// Steps taken.
    pub(super) step: u64,
    /// The best score so far and its epoch, from 1.
    pub(super) best: Option<(f64, u64)>,
    /// Whether the run stopped early.
    pub(super) stopped: bool,
    /// The scores of the epoch under way, or of the last one if it has just ended.
    pub(super) sums: Sums,
}

impl Progress {
    pub(super) fn new(scores: usize) -> Progress {
        Progress {
            epoch: 0,
            batch: 0,
            step: 0,
            best: None,
            stopped: false,
            sums: Sums::new(scores),
        }
    }
}

/// Writes weights with notes, atomically.
///
/// # Errors
/// If the file cannot be written.
pub fn save_params(path: &Path, params: &Params, notes: &Notes) -> Result<()> {
    files::save_tensors(path, &params.tensors()?, &header(notes))
}

/// The bytes of the file that [`save_params`] writes.
///
/// # Errors
/// If an array was given another length.
pub fn params_bytes(params: &Params, notes: &Notes) -> Result<Vec<u8>> {
    files::tensors::encode(&params.tensors()?, &header(notes))
}

/// Reads the notes of a checkpoint.
///
/// # Errors
/// If it cannot be read or was not written by GDL.
pub fn read_notes(path: &Path) -> Result<Notes> {
    parse_notes(&files::load(path)?)
}

/// Takes all parameters from a checkpoint, and gives the names of tensors that are not used ([`Params::load`]). With `model_hash`, one
/// that says it was written for another model is refused.
///
/// # Errors
/// As [`Params::load`], and if the hashes differ.
pub fn load_params(path: &Path, params: &mut Params, model_hash: Option<&str>) -> Result<Vec<String>> {
    let table = files::load(path)?;
    if let (Some(hash), Ok(notes)) = (model_hash, parse_notes(&table)) {
        same_model(&notes, hash).map_err(|e| e.in_file(path))?;
    }
    params.load(&table)
}

/// Writes weights and the state of a run, atomically.
pub(super) fn save(path: &Path, params: &Params, optim: &Optimizer, progress: &Progress, notes: &Notes) -> Result<()> {
    let mut tensors = params.tensors()?;
    let (steps, memory) = optim.state();
    let mut state = |name: String, array: HostArray| tensors.insert(format!("{STATE}{name}"), array);
    for (k, arrays) in memory.iter().enumerate() {
        for (j, array) in arrays.iter().enumerate() {
            state(format!("optimizer/{k}/{j}"), to_host(array, &[array.len() as u32])?);
        }
    }
    let (best, best_epoch) = progress.best.unwrap_or((f64::NAN, 0));
    let reals: Vec<f64> = std::iter::once(best)
        .chain(progress.sums.sums.iter().copied())
        .collect();
    let counts = [
        progress.epoch,
        progress.batch,
        progress.step,
        best_epoch,
        u64::from(progress.stopped),
        progress.sums.samples as u64,
        steps,
    ];
    state("reals".into(), HostArray::from(reals));
    state("counts".into(), HostArray::from(counts.map(|c| c as i64).to_vec()));
    files::save_tensors(path, &tensors, &header(notes))
}

/// Reads what [`save`] wrote.
pub(super) fn resume(
    path: &Path,
    params: &mut Params,
    optim: &mut Optimizer,
    progress: &mut Progress,
    expected: &Notes,
) -> Result<()> {
    let table = files::load(path)?;
    let place = |e: Error| e.in_file(path);
    let notes = parse_notes(&table)?;
    same_model(&notes, &expected.model_hash).map_err(place)?;
    let other = |what: &str| {
        Error::config(format!("it is from a run with {what}"))
            .help("start anew in another folder, or restore the settings")
    };
    if notes.settings != expected.settings {
        return Err(place(other(&format!(
            "other settings: {}",
            difference(&notes.settings, &expected.settings)
        ))));
    }
    if notes.seed != expected.seed {
        return Err(place(other(&format!(
            "seed {} instead of {}",
            notes.seed, expected.seed
        ))));
    }
    let damaged = || {
        Error::format("its training state is incomplete")
            .in_file(path)
            .help("start anew in another folder")
    };
    let counts: Option<Vec<u64>> = table
        .integers(&format!("{STATE}counts"))?
        .iter()
        .map(|&c| u64::try_from(c).ok())
        .collect();
    let Some(&[epoch, batch, step, best_epoch, stopped, samples, steps]) = counts.as_deref().and_then(|c| c.as_array())
    else {
        return Err(damaged());
    };
    let reals = table.get(&format!("{STATE}reals"))?.reals();
    let reals: Vec<f64> = reals.ok_or_else(damaged)?.collect();
    let [best, sums @ ..] = reals.as_slice() else {
        return Err(damaged());
    };
    if sums.len() != progress.sums.sums.len() {
        return Err(place(other("other metrics")));
    }
    let (_, memory) = optim.state();
    let mut restored = Vec::new();
    for k in 0..memory.len() {
        let saved = (0..).map_while(|j| table.arrays.get(&format!("{STATE}optimizer/{k}/{j}")));
        restored.push(
            saved
                .map(|a| from_host(a, params.is_double()))
                .collect::<Result<Vec<_>>>()
                .map_err(place)?,
        );
    }
    optim.restore(steps, restored).map_err(place)?;
    params.load(&table)?;
    *progress = Progress {
        epoch,
        batch,
        step,
        best: (best_epoch > 0).then_some((*best, best_epoch)),
        stopped: stopped != 0,
        sums: Sums {
            samples: samples as usize,
            sums: sums.to_vec(),
        },
    };
    Ok(())
}

fn header(notes: &Notes) -> BTreeMap<String, String> {
    let Notes {
        model_hash,
        settings,
        epoch,
        step,
        seed,
    } = notes;
    let all = json!({ "model": model_hash, "settings": settings, "epoch": epoch, "step": step, "seed": seed });
    BTreeMap::from([("checkpoint".to_string(), all.to_string())])
}

fn parse_notes(table: &Table) -> Result<Notes> {
    let bad = || Error::format("its notes are not those of a checkpoint").in_file(&table.path);
    let all: Value = notes(table)?
        .get("checkpoint")
        .and_then(|t| serde_json::from_str(t).ok())
        .ok_or_else(bad)?;
    let number = |key: &str| all.get(key).and_then(Value::as_u64).ok_or_else(bad);
    Ok(Notes {
        model_hash: all.get("model").and_then(Value::as_str).ok_or_else(bad)?.into(),
        settings: all.get("settings").cloned().unwrap_or_default(),
        epoch: number("epoch")?,
        step: number("step")?,
        seed: number("seed")?,
    })
}

fn same_model(notes: &Notes, hash: &str) -> Result<()> {
    match notes.model_hash == hash {
        true => Ok(()),
        false => Err(Error::data(format!(
            "it was written for another model (hash {}, not {hash})",
            notes.model_hash
        ))
        .help("use the model it was trained with, or train again")),
    }
}

/// The first setting that differs.
fn difference(old: &Value, new: &Value) -> String {
    if let (Value::Object(a), Value::Object(b)) = (old, new)
        && let Some(key) = a.keys().chain(b.keys()).find(|k| a.get(*k) != b.get(*k))
    {
        let show = |v: Option<&Value>| v.map_or("nothing".into(), Value::to_string);
        return format!("`{key}` was {}, is {}", show(a.get(key)), show(b.get(key)));
    }
    format!("{old} instead of {new}")
}
