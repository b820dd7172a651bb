//! What came of a run.

use super::eval::Scores;
use crate::params::Params;
use serde_json::{Value, json};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After its last epoch.
    Finished,
    /// The monitored score no longer improved.
    Early,
    /// The interrupt hook said so; the last checkpoint is where it stopped.
    Interrupted,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub stop: Stop,
    /// Epochs finished, those before a resume included.
    pub epochs: u64,
    /// Steps taken, likewise.
    pub steps: u64,
    /// The best epoch, from 1; 0 if none was finished.
    pub best_epoch: u64,
    /// Means over the last finished epoch, taken while it was under way.
    pub train: Scores,
    /// The best parameters on the samples for validation.
    pub val: Option<Scores>,
    /// The best parameters on the samples for testing.
    pub test: Option<Scores>,
    /// The best parameters: averaged if the optimiser averages; the last ones if nothing was finished.
    pub params: Params,
}

impl Report {
    /// All but the parameters, as `report.json` in the run folder holds it.
    pub fn json(&self) -> Value {
        let show = |s: &Scores| -> Value { s.values.iter().map(|(n, x)| (n.clone(), json!(x))).collect() };
        json!({
            "stop": format!("{:?}", self.stop).to_lowercase(),
            "epochs": self.epochs,
            "steps": self.steps,
            "best_epoch": self.best_epoch,
            "train": show(&self.train),
            "val": self.val.as_ref().map(show),
            "test": self.test.as_ref().map(show),
        })
    }
}
