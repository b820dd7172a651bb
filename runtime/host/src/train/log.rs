//! The record of a run: `metrics.jsonl` and `metrics.csv`, a line an epoch.

use super::eval::Scores;
use crate::error::{Error, Result};
use crate::files::write::atomically;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// What happened in an epoch.
pub(super) struct Record<'a> {
    /// From 1.
    pub(super) epoch: u64,
    pub(super) step: u64,
    pub(super) rate: f64,
    pub(super) train: &'a Scores,
    pub(super) val: Option<&'a Scores>,
    pub(super) seconds: f64,
}

/// The records so far.
pub(super) struct Log {
    folder: Option<PathBuf>,
    records: Vec<Map<String, Value>>,
}

impl Log {
    /// The log of a folder with the records of its first `epochs` epochs kept.
    ///
    /// # Errors
    /// If the old log cannot be read.
    pub(super) fn new(folder: Option<&Path>, epochs: u64) -> Result<Log> {
        let mut log = Log {
            folder: folder.map(Path::to_path_buf),
            records: Vec::new(),
        };
        if let Some(path) = folder
            .map(|f| f.join("metrics.jsonl"))
            .filter(|p| epochs > 0 && p.exists())
        {
            let text = fs::read_to_string(&path).map_err(|e| Error::io(&path, "read", &e))?;
            for (k, line) in text.lines().enumerate() {
                let record: Map<String, Value> = serde_json::from_str(line).map_err(|e| {
                    Error::format(format!("line {}: {e}", k + 1))
                        .in_file(&path)
                        .help("remove the file to start a new log")
                })?;
                if record.get("epoch").and_then(Value::as_u64).is_some_and(|e| e <= epochs) {
                    log.records.push(record);
                }
            }
        }
        Ok(log)
    }

    /// Adds a record and writes both files.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn add(&mut self, record: &Record<'_>) -> Result<()> {
        let mut row = Map::new();
        row.insert("epoch".into(), json!(record.epoch));
        row.insert("step".into(), json!(record.step));
        row.insert("rate".into(), json!(record.rate));
        for (prefix, scores) in [("train", Some(record.train)), ("val", record.val)] {
            for (name, value) in scores.iter().flat_map(|s| &s.values) {
                row.insert(format!("{prefix}_{name}"), json!(value));
            }
        }
        row.insert("seconds".into(), json!(record.seconds));
        row.insert(
            "samples_per_second".into(),
            json!(record.train.samples as f64 / record.seconds),
        );
        self.records.push(row);
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let lines: String = self.records.iter().map(|r| format!("{}\n", json!(r))).collect();
        atomically(&folder.join("metrics.jsonl"), lines.as_bytes())?;
        atomically(&folder.join("metrics.csv"), self.csv().as_bytes())
    }

    fn csv(&self) -> String {
        let Some(first) = self.records.first() else {
            return String::new();
        };
        let names: Vec<&String> = first.keys().collect();
        let mut out = names.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(",") + "\n";
        for record in &self.records {
            let cells = names.iter().map(|n| {
                record
                    .get(*n)
                    .filter(|v| !v.is_null())
                    .map(Value::to_string)
                    .unwrap_or_default()
            });
            out += &(cells.collect::<Vec<_>>().join(",") + "\n");
        }
        out
    }
}
