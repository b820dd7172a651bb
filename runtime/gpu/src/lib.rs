//! Plans on GPUs: any device that wgpu finds (Vulkan, Metal, DirectX 12).
//!
//! A [`GpuProgram`] is a [`Program`](gdl_runtime::Program) like any other. For a batch it lays out one buffer of reals and one of tables
//! ([`mod@layout`]), turns the steps of the plan into dispatches ([`mod@commands`]), and submits them at once ([`mod@memory`]).
//! Sums over rows are made in parts that are added in order, so that one device gives the same bits from run to run.
#![forbid(unsafe_code)]

mod clock;
mod commands;
mod device;
mod error;
mod layout;
mod limits;
mod memory;
mod program;

pub use device::{CHOOSE, DeviceInfo, GEMM, Gpu, JOIN, devices};
pub use error::GpuError;
pub use limits::{Limits, limits};
pub use program::GpuProgram;
