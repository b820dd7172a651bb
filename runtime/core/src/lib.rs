//! What compiled models call, how they are called ([`Program`]) and how they are run ([`exec`]).

pub mod array;
pub mod domain;
pub mod exec;
pub mod gemm;
pub mod maths;
pub mod pool;
pub mod program;

pub use array::Array;
pub use exec::Executor;
pub use program::{Program, RunError};
