//! How matrix products are computed.
//!
//! Large ones in tiles of workgroup memory (`tiled`), small ones without (`direct`). Small results of long sums, gradients of weights for example, are
//! sums over parts, each of them tiled. An argument that a kernel packs is stored whole before its product,
//! unless the product is large and the argument's elements cost little: then its tiles compute them where they read them, and the array is nowhere.

use gdl_abi::Instance;
use gdl_abi::plan::{Extent, Gemm};
use gdl_abi::shader::Shader;

/// Rows and columns of a tile.
pub const TILE: usize = 64;
/// Rows and columns of the result that a workgroup of `direct` computes.
pub const DIRECT: [usize; 2] = [16, 32];
/// Places of a sum that a workgroup of `tiled` loads at a time.
const DEPTH: usize = 16;
/// Products of fewer tiles leave most of a device idle: their sums are cut, or their results finer, without memory that a workgroup shares.
const FEW_TILES: usize = 64;
/// A part of a sum has at least so many places.
const LONG: usize = 256;

/// A product whose first argument is computed where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// The kernel that would pack the argument.
    pub pack: usize,
    /// The banks of the other argument and of the result.
    pub operands: [usize; 2],
}

/// How a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By `direct`.
    Direct,
    /// By `tiled`.
    Tiled,
    /// By `tiled`, every part of the sum in a copy of the result; then the copies are added in order.
    Cut {
        /// Places of the sum in a part; the last part may have fewer.
        places: usize,
        /// Parts.
        parts: usize,
    },
}

/// How a product is computed: one of few tiles is cut along its sum if that makes it one of enough tiles.
pub fn how(g: &Gemm, batch: &Instance) -> How {
    let [m, n, k] = g.size.map(|e| extent(e, batch));
    let count: usize = g.batch.iter().map(|(e, _)| extent(*e, batch)).product();
    let tiles = m.div_ceil(TILE) * n.div_ceil(TILE) * count;
    if tiles >= FEW_TILES {
        return How::Tiled;
    }
    let wanted = FEW_TILES.div_ceil(tiles.max(1));
    if k < wanted * LONG || !is_dense(g, [m, n], batch) {
        return How::Direct;
    }
    let places = k.div_ceil(wanted).next_multiple_of(DEPTH);
    How::Cut {
        places,
        parts: k.div_ceil(places),
    }
}

/// The elements of all copies of the result of a product.
pub fn copies(g: &Gemm, batch: &Instance) -> usize {
    match how(g, batch) {
        How::Direct | How::Tiled => 0,
        How::Cut { parts, .. } => parts * results(g, batch),
    }
}

/// The elements of a result.
pub fn results(g: &Gemm, batch: &Instance) -> usize {
    let extents = g.size[..2].iter().chain(g.batch.iter().map(|(e, _)| e));
    extents.map(|e| extent(*e, batch)).product()
}

/// Whether the results of a product lie one after the other, in whatever order.
fn is_dense(g: &Gemm, [m, n]: [usize; 2], batch: &Instance) -> bool {
    let outer = g.batch.iter().map(|(e, strides)| (strides[2], extent(*e, batch)));
    let sides = [(g.c.row_stride, m), (g.c.col_stride, n)];
    let mut axes: Vec<(usize, usize)> = sides.into_iter().chain(outer).filter(|(_, n)| *n != 1).collect();
    axes.sort_unstable();
    let mut next = 1;
    axes.iter()
        .all(|&(stride, n)| stride == std::mem::replace(&mut next, stride * n))
}

/// The kernel that need not pack, because the product computes what it would store.
pub fn reads_inside(g: &Gemm, shaders: &[Shader], batch: &Instance) -> Option<usize> {
    g.pack
        .filter(|k| shaders[*k].product.is_some() && how(g, batch) != How::Direct)
}

/// Rows, columns or places of a sum.
pub fn extent(e: Extent, batch: &Instance) -> usize {
    e.times * e.dim.map_or(1, |d| batch.rows[d.0 as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdl_abi::plan::{Affine, BufferId, Matrix};
    use gdl_abi::{Domains, DoorSizes};

    /// A product with a result of two matrices that lie one after the other, or apart.
    fn product(size: [usize; 3], apart: usize) -> Gemm {
        let whole = |times: usize| Extent { dim: None, times };
        let matrix = |row_stride: usize| Matrix {
            buffer: BufferId(0),
            offset: Affine::default(),
            row_stride,
            col_stride: 1,
        };
        Gemm {
            size: size.map(whole),
            a: matrix(size[2]),
            b: matrix(size[1]),
            c: matrix(size[1]),
            batch: vec![(whole(2), [0, 0, size[0] * size[1] + apart])],
            pack: None,
        }
    }

    #[test]
    fn long_sums_of_few_tiles_are_cut() {
        let batch = Instance::new(&Domains::default(), &DoorSizes::default()).expect("a batch");
        let of = |size: [usize; 3], apart: usize| how(&product(size, apart), &batch);
        assert_eq!(of([512, 256, 8], 0), How::Tiled);
        assert_eq!(of([512, 128, 511], 0), How::Direct);
        assert_eq!(of([512, 128, 513], 0), How::Cut { places: 272, parts: 2 });
        assert_eq!(of([512, 128, 513], 1), How::Direct, "copies would not fit the result");
        // Every part has at least one place, and all of them together have all.
        for k in (8192..9000).step_by(7) {
            let How::Cut { places, parts } = of([64, 64, k], 0) else {
                panic!("{k} places are not cut");
            };
            assert!((parts - 1) * places < k && k <= parts * places, "{k} places");
            assert_eq!(copies(&product([64, 64, k], 0), &batch), parts * 64 * 64 * 2);
        }
    }
}
