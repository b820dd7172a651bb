//! How matrix products are computed.
//!
//! Large ones in tiles of workgroup memory (`tiled`), small ones without (`direct`). An argument that a kernel packs is stored whole before its product,
//! unless the product is large and the argument's elements cost little: then its tiles compute them where they read them, and the array is nowhere.

use gdl_abi::Instance;
use gdl_abi::plan::{Extent, Gemm};
use gdl_abi::shader::Shader;

/// Rows and columns of a tile.
pub const TILE: usize = 64;
/// Rows and columns of the result that a workgroup of `direct` computes.
pub const DIRECT: [usize; 2] = [16, 32];
/// Products of fewer tiles leave most of a device idle: their results are cut finer, without memory that a workgroup shares.
const FEW_TILES: usize = 64;

/// A product whose first argument is computed where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// The kernel that would pack the argument.
    pub pack: usize,
    /// The banks of the other argument and of the result.
    pub operands: [usize; 2],
}

/// Whether a product has few tiles.
pub fn is_small(g: &Gemm, batch: &Instance) -> bool {
    let [m, n, _] = g.size.map(|e| extent(e, batch));
    let count: usize = g.batch.iter().map(|(e, _)| extent(*e, batch)).product();
    m.div_ceil(TILE) * n.div_ceil(TILE) * count < FEW_TILES
}

/// The kernel that need not pack, because the product computes what it would store.
pub fn reads_inside(g: &Gemm, shaders: &[Shader], batch: &Instance) -> Option<usize> {
    g.pack.filter(|k| shaders[*k].product.is_some() && !is_small(g, batch))
}

/// Rows, columns or places of a sum.
pub fn extent(e: Extent, batch: &Instance) -> usize {
    e.times * e.dim.map_or(1, |d| batch.rows[d.0 as usize])
}
