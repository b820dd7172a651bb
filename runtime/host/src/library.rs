//! What a library has to know of its model beside the image: how it is called, and how it is trained. It stands as JSON in the image's head.

use crate::data::Arguments;
use crate::optim::OptimSpec;
use crate::train::Plan;
use serde::{Deserialize, Serialize};

/// How a library is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// The arrays of a call.
    pub arguments: Arguments,
    /// How it is trained, if it can be.
    pub training: Option<Recipe>,
}

/// A `train` block, for a program with the role `Train`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The arrays of a batch: those of a call, and targets.
    pub arguments: Arguments,
    /// What the outputs of the program mean.
    pub plan: Plan,
    /// The optimiser.
    pub optim: OptimSpec,
    /// Of what is drawn at random.
    pub seed: u64,
}
