//! What a program on a GPU and its driver agree on: the layout of `env`, the names of arrays, and what is known of a shader.

use crate::plan::{Buffer, BufferId, Home, SizeId, TableId};
use alloc::{format, string::String, vec, vec::Vec};
use serde::{Deserialize, Serialize};

/// Invocations of a workgroup, where each works alone.
pub const WORKGROUP: u32 = 64;

/// The shaders of matrix products: `tiled`, and `direct` for results of few tiles. Operands: `a`, `b`, `c`.
pub const GEMM: &str = concat!(include_str!("gemm.wgsl"), include_str!("tiled.wgsl"));
/// The product `tiled` without what it reads `a` by.
pub const TILED: &str = include_str!("tiled.wgsl");

/// Bindings that hold reals, at most: together with tables and `env` as many as WebGPU gives every device.
pub const BANKS: usize = 6;

/// Arrays of reals begin at multiples of so many elements.
pub const ALIGN: usize = 64;

/// What stays from call to call, at the beginning of the memory of reals: parameters, then constants. Shaders know where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// Where they begin, by buffer.
    pub at: Vec<Option<usize>>,
    /// Where parameters end.
    pub params: usize,
    /// Where constants end.
    pub len: usize,
}

impl Lasting {
    /// The places of parameters and constants of a program. Both follow each other in the order of the buffers.
    pub fn of(buffers: &[Buffer]) -> Lasting {
        let mut at = vec![None; buffers.len()];
        let mut len = 0;
        let mut put = |wanted: fn(&Home) -> bool| {
            for (k, b) in buffers.iter().enumerate().filter(|(_, b)| wanted(&b.home)) {
                at[k] = Some(len);
                len += b.row_len.next_multiple_of(ALIGN);
            }
            len
        };
        let params = put(|h| matches!(h, Home::Param(_)));
        let len = put(|h| matches!(h, Home::Const(_)));
        Lasting { at, params, len }
    }
}

/// What every access to reals begins with; then follow the name of where an array begins, and the rest of the index.
const ACCESS: &str = "memory[";

/// The name of where a buffer begins, in a shader: the buffer's own, as far as WGSL allows, and its number.
pub fn buffer_name(name: &str, b: BufferId) -> String {
    array_name("b", name, b)
}

/// The name of where an invocation's own copy of a buffer begins.
pub fn copy_name(name: &str, b: BufferId) -> String {
    array_name("copy", name, b)
}

fn array_name(kind: &str, name: &str, b: BufferId) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(allowed).collect();
    format!("{kind}_{name}_{}", b.0).replace("__", "_")
}

/// The buffer whose beginning has this name; nothing for copies.
pub fn named_buffer(name: &str) -> Option<BufferId> {
    let number = name.strip_prefix("b_")?.rsplit('_').next()?;
    number.parse().ok().map(BufferId)
}

/// A module of WGSL whose reals lie in `banks` bindings instead of one: `bank` says in which the array is whose beginning has a name.
/// Bank 0 is the binding `memory`; bank `k` is `memory_k`, binding `2 + k`.
pub fn in_banks(source: &str, banks: usize, bank: &dyn Fn(&str) -> usize) -> String {
    let mut pieces = source.split(ACCESS);
    let mut text = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        match bank(&piece[..end.unwrap_or(piece.len())]) {
            0 => text.push_str(ACCESS),
            k => text.push_str(&format!("memory_{k}[")),
        }
        text.push_str(piece);
    }
    for k in 1..banks {
        text.push_str(&format!(
            "\n@group(0) @binding({}) var<storage, read_write> memory_{k}: array<f32>;",
            2 + k
        ));
    }
    text
}

/// The kernels of a program as compute shaders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shaders {
    /// One module of WGSL, but for `folds`.
    pub source: String,
    /// How workgroups fold what their invocations have.
    pub folds: Folds,
    /// By number.
    pub kernels: Vec<Shader>,
}

impl Shaders {
    /// The whole module, for devices with subgroups or for all. Where WGSL asks for it, `enable subgroups;` has to come first.
    pub fn module(&self, subgroups: bool) -> String {
        let folds = if subgroups {
            &self.folds.subgroups
        } else {
            &self.folds.halves
        };
        format!("{}{folds}", self.source)
    }
}

/// The same functions of WGSL, defined twice; nothing where no workgroup computes a row together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    /// For any device: in memory of a workgroup.
    pub halves: String,
    /// For devices with subgroups (WebGPU's feature `subgroups`, WGSL's `subgroup_id`).
    pub subgroups: String,
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
    /// If it packs an argument of a product and its elements cost little: the module of this product, with the entry point `tiled`, in which
    /// they are computed where they are read. Its words follow `env`.
    pub product: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_banks() {
        let name = buffer_name("loss of__x2", BufferId(17));
        assert_eq!(name, "b_loss_of_x2_17");
        assert_eq!(named_buffer(&name), Some(BufferId(17)));
        assert_eq!(named_buffer(&copy_name("x", BufferId(3))), None);
        let bank = |name: &str| named_buffer(name).map_or(0, |b| b.0 as usize);
        let text = "memory[b_x_2 + i] = memory[b_y_0 + 3] + memory[copy_x_2 + memory[b_z_1]];";
        let split = "memory_2[b_x_2 + i] = memory[b_y_0 + 3] + memory[copy_x_2 + memory_1[b_z_1]];
@group(0) @binding(3) var<storage, read_write> memory_1: array<f32>;
@group(0) @binding(4) var<storage, read_write> memory_2: array<f32>;";
        assert_eq!(in_banks(text, 3, &bank), split);
        assert_eq!(in_banks(text, 1, &|_| 0), text);
    }
}
