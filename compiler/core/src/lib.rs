//! The heart of the compiler: names, types, certificates, tensor IR. No I/O.
#![forbid(unsafe_code)]

pub mod ir;
