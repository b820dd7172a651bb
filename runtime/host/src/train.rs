//! The training loop.
//!
//! [`train`] drives two programs: `step` gives the loss, metrics and gradients of a batch, `eval` the loss and metrics only. The
//! same seed gives the same weights, bit for bit, whether the run is cut and resumed or not, as long as the programs themselves
//! are deterministic.
//!
//! The run folder holds `last.safetensors` (weights and all there is to resume), `best.safetensors` (the weights of the best epoch),
//! `metrics.jsonl` and `metrics.csv` (a record an epoch), and at the end `report.json`. All are written atomically.

mod batches;
mod checkpoint;
pub mod device;
mod eval;
mod log;
mod plan;
mod report;
mod run;
mod show;
mod stepper;

pub use batches::BatchSize;
pub use checkpoint::{Notes, load_params, params_bytes, read_notes, save_params};
pub use eval::{Scores, evaluate};
pub use plan::{Config, Display, EarlyStop, ExplainNan, Goal, Hooks, Monitor, Plan, Programs, Stat, Update};
pub use report::{Report, Stop};
pub use run::{train, train_from};
pub use stepper::Stepper;
