//! What compiled models call, and how they are called: [`Program`].

pub mod array;
pub mod domain;
pub mod gemm;
pub mod maths;
pub mod pool;
pub mod program;

pub use array::Array;
pub use program::{Program, RunError};
