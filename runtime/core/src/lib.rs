//! What compiled models call, how they are called ([`Program`]), how they are run ([`exec`]) and how they
//! are kept as bytes ([`mod@image`]).

pub mod array;
pub mod domain;
pub mod exec;
pub mod gemm;
pub mod image;
pub mod pool;
pub mod program;

pub use array::Array;
pub use exec::Executor;
pub use image::Image;
pub use program::{Bound, FromFn, Program, RunError, bind, check_next, from_fn};
