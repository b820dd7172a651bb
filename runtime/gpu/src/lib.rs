//! Plans on GPUs: any device that wgpu finds (Vulkan, Metal, DirectX 12).
//!
//! A [`GpuProgram`] is a [`Program`](gdl_runtime::Program) like any other. For a batch it lays out reals, in one buffer or in several where one would
//! be too large ([`mod@banks`]), and tables ([`mod@layout`]), turns the steps of the plan into dispatches ([`mod@commands`]), and submits them at once ([`mod@memory`]).
//! Sums over rows are made in parts that are added in order, so that one device gives the same bits from run to run.
#![forbid(unsafe_code)]

mod banks;
mod clock;
mod commands;
mod common;
mod device;
mod error;
mod layout;
mod limits;
mod memory;
mod products;
mod program;

pub use common::{CHOOSE, GEMM, JOIN};
pub use device::{DeviceInfo, Gpu, Wanted, devices};
pub use error::GpuError;
pub use limits::{Limits, limits};
pub use program::GpuProgram;
