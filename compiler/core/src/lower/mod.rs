//! Typed programs to tensor IR.

pub mod reps;
