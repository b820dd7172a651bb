//! Groups, representations and intertwiners: pure mathematics, no knowledge of the language.
#![forbid(unsafe_code)]

pub mod exact;
pub use exact::Exact;
