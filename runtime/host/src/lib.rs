//! What stands around a compiled model: data files, batches, the training loop, checkpoints.
#![forbid(unsafe_code)]

pub mod data;
pub mod error;
pub mod files;
pub mod library;
pub mod optim;
pub mod params;
pub mod random;
pub mod rng;
pub mod run;
pub mod train;

pub use error::{Error, Kind, Result};
