//! What a compiled model and its callers agree on: [`domain`]s (run-time sizes and the maps between them) and the
//! [`Signature`] of a program. Plain data, no I/O, no machine code; everything else may depend on it.
//!
//! # Domains
//! Every array of a GDL program has at most one axis whose size is known at run time only: its **dim**, the leading axis.
//! All samples of a batch lie one after the other along it (a batch is a disjoint union). Dims are joined by **maps**
//! (total functions from the rows of one dim to the rows of another): node → sample, edge → source node, and so on. Reading
//! a signal is a *pullback* along a map (gather), summing is a *push-forward* (segment). Nothing else moves data between dims,
//! grid windows aside.
//!
//! # Plans
//! What a compiled program does is a [`plan::Plan`]; whoever has it and the bodies of its kernels can run the program.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), no_std)]
extern crate alloc;

pub mod domain;
pub mod plan;
pub mod shader;

use alloc::{string::String, vec::Vec};
pub use domain::*;
use serde::{Deserialize, Serialize};

/// The element type of an array at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dtype {
    /// Real numbers: f32 or f64 as the program was compiled.
    Real,
    /// Labels in `0..n`.
    Class(u32),
}

/// An array crossing the door: rows of `dim` (none: a single row) times static axes, row-major.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayDecl {
    /// Its name: an input, an output, or a parameter path such as `conv_1.K`.
    pub name: String,
    /// Its leading axis.
    pub dim: Option<DimId>,
    /// Its static axes.
    pub axes: Vec<u32>,
    /// Its elements.
    pub dtype: Dtype,
}

impl ArrayDecl {
    /// Elements a row.
    pub fn row_len(&self) -> usize {
        self.axes.iter().map(|&n| n as usize).product()
    }
}

/// Where a parameter stands in files of another library.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The tensor.
    pub tensor: String,
    /// How it is laid out there; `None`: as here (axes of length one aside).
    pub layout: Option<Layout>,
}

/// A parameter as entries of a flat tensor that it may share with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The number of entries of the tensor.
    pub len: u32,
    /// For every number of the parameter: an entry, and the factor it is multiplied by.
    pub entries: Vec<(u32, f64)>,
}

/// What a compiled program takes and gives. Inputs, parameters and outputs are passed in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Dims and maps.
    pub domains: Domains,
    /// The arrays the caller supplies.
    pub inputs: Vec<ArrayDecl>,
    /// The learned arrays.
    pub params: Vec<ArrayDecl>,
    /// The results.
    pub outputs: Vec<ArrayDecl>,
}
