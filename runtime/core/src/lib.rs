//! What compiled models call, and how they are called: [`Program`].

pub mod array;
pub mod program;

pub use array::Array;
pub use program::{Program, RunError};
