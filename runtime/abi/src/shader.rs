//! What a program on a GPU and its driver agree on: the layout of `env`, and what is known of a shader.

use crate::plan::{BufferId, SizeId, TableId};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Invocations of a workgroup, where each works alone.
pub const WORKGROUP: u32 = 64;

/// The kernels of a program as compute shaders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shaders {
    /// One module of WGSL.
    pub source: String,
    /// By number.
    pub kernels: Vec<Shader>,
}

/// A kernel as a compute shader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shader {
    /// Its entry point in the module.
    pub entry: String,
    /// Invocations a row, each on its own.
    pub width: u32,
    /// The invocations of a workgroup that computes a row together; 1: invocations work alone.
    pub team: u32,
    /// Elements of the arrays that rows add to. If there are any, an invocation or a workgroup computes not a row but a part of the rows,
    /// and has its own copy of them.
    pub folds: u32,
}

/// The layout of `env`, an array of 32-bit integers: the bits of ∞, −∞, NaN and 0, then where every buffer begins in the memory of
/// reals, where every table begins, every size, and for every kernel its rows, its parts and where its parts' copies begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Env {
    /// The number of buffers.
    pub buffers: usize,
    /// The number of tables.
    pub tables: usize,
    /// The number of sizes.
    pub sizes: usize,
}

impl Env {
    /// The bits that come first.
    pub const SPECIAL: [u32; 4] = [0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0];

    /// Where a buffer's first element is said.
    pub fn buffer(&self, b: BufferId) -> usize {
        Env::SPECIAL.len() + b.0 as usize
    }

    /// Where a table's first entry is said.
    pub fn table(&self, t: TableId) -> usize {
        Env::SPECIAL.len() + self.buffers + t.0 as usize
    }

    /// Where a size is said.
    pub fn size(&self, s: SizeId) -> usize {
        Env::SPECIAL.len() + self.buffers + self.tables + s.0 as usize
    }

    /// Where the rows of a kernel are said; then its parts, then where its parts' copies begin.
    pub fn kernel(&self, k: usize) -> usize {
        Env::SPECIAL.len() + self.buffers + self.tables + self.sizes + 3 * k
    }
}
