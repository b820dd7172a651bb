//! Matrix products, cut among threads, their left argument packed tile by tile where need be.

use super::run::{Call, Part, reserve, rows_of};
use crate::RunError;
use crate::gemm::{Real, Strided, gemm};
use gdl_abi::plan::{Affine, Extent, Gemm, Matrix, Space};

/// Matrix products with fewer multiplications run on one thread.
pub const PARALLEL_GEMM: usize = 500_000;
/// Bytes of a tile of a packed argument.
const TILE: usize = 2 << 20;

impl Call<'_> {
    pub(super) fn extent(&self, e: Extent) -> usize {
        rows_of(e, self.batch)
    }

    pub(super) fn offset(&self, at: &Affine) -> isize {
        // SAFETY: `sizes` has an element for every size.
        let term = |(s, c): &(gdl_abi::plan::SizeId, i64)| unsafe { *self.sizes.add(s.0 as usize) * c };
        (at.offset + at.terms.iter().map(term).sum::<i64>()) as isize
    }

    /// A matrix as strides; `part` may have its own copy of the buffer.
    pub(super) fn strided<T: Real>(&self, m: &Matrix, part: &Part) -> Strided<T> {
        let at = part.buffers[m.buffer.0 as usize]
            .cast::<T>()
            .wrapping_offset(self.offset(&m.offset));
        Strided {
            at,
            row: m.row_stride as isize,
            col: m.col_stride as isize,
        }
    }

    /// The offsets in a, b, c of every combination of the outer loops.
    pub(super) fn outer(&self, g: &Gemm) -> Vec<[isize; 3]> {
        let mut all = vec![[0; 3]];
        for (extent, strides) in &g.batch {
            let n = self.extent(*extent);
            all = all
                .iter()
                .flat_map(|at| (0..n).map(move |k| [0, 1, 2].map(|j| at[j] + (k * strides[j]) as isize)))
                .collect();
        }
        all
    }

    pub(super) fn gemm<T: Real>(&self, g: &Gemm) -> Result<(), RunError> {
        let [m, n, k] = g.size.map(|e| self.extent(e));
        let outer = self.outer(g);
        let threads = if m * n * k * outer.len() < PARALLEL_GEMM {
            1
        } else {
            self.program.pool.threads()
        };
        match g.pack {
            None => {
                self.plain_gemm::<T>(g, [m, n, k], &outer, threads);
                Ok(())
            }
            Some(pack) if g.size[2].dim.is_some() => self.summed_gemm::<T>(g, pack, [m, n, k], &outer, threads),
            Some(pack) => self.tiled_gemm::<T>(g, pack, [m, n, k], &outer, threads),
        }
    }

    /// Cut along the outer loops, m or n.
    pub(super) fn plain_gemm<T: Real>(&self, g: &Gemm, [m, n, k]: [usize; 3], outer: &[[isize; 3]], threads: usize) {
        // SAFETY: only read here.
        let part = unsafe { &*self.part(0) };
        let [a, b, c] = [&g.a, &g.b, &g.c].map(|x| Threaded(self.strided::<T>(x, part)));
        let by_outer = outer.len() >= 2 * threads;
        let (cut, step) = if by_outer { (outer.len(), 1) } else { (m.max(n), 16) };
        let parts = threads.min(cut.div_ceil(step)).max(1);
        let bound = |p: usize| {
            if p == parts {
                cut
            } else {
                (p * cut / parts).next_multiple_of(step).min(cut)
            }
        };
        self.program.pool.run(parts, &|p| {
            let (low, high) = (bound(p), bound(p + 1));
            let outer = if by_outer { &outer[low..high] } else { outer };
            let (mut size, mut first) = ([m, n, k], [0; 3]);
            if !by_outer && m >= n {
                size[0] = high - low;
                first = [low as isize * a.get().row, 0, low as isize * c.get().row];
            } else if !by_outer {
                size[1] = high - low;
                first = [0, low as isize * b.get().col, low as isize * c.get().col];
            }
            for at in outer {
                let [a, b, c] = [(a.get(), 0), (b.get(), 1), (c.get(), 2)].map(|(x, j)| Strided {
                    at: x.at.wrapping_offset(at[j] + first[j]),
                    ..x
                });
                // SAFETY: the schedule's matrices lie within their buffers; parts write disjoint rows, columns or outer indices of c.
                unsafe { gemm(size, c, a, b, false) };
            }
        });
    }

    /// Rows of a tile, and room for tiles.
    pub(super) fn tile_rows<T>(&self, g: &Gemm, rows: usize, parts: usize) -> Result<usize, RunError> {
        let row_bytes = self.program.plan.buffers[g.a.buffer.0 as usize].row_len * size_of::<T>();
        let tile = (TILE / row_bytes.max(1))
            .clamp(16, 4096)
            .next_multiple_of(16)
            .min(rows.max(1));
        for k in 0..parts {
            // SAFETY: no part is running.
            reserve(unsafe { &mut (*self.part(k)).scratch }, tile * row_bytes + 64)?;
        }
        Ok(tile)
    }

    /// Runs the packing kernel for some rows; its matrix then begins at the first of them.
    pub(super) fn pack<T: Real>(&self, g: &Gemm, pack: usize, part: &mut Part, low: usize, high: usize) -> Strided<T> {
        let row_len = self.program.plan.buffers[g.a.buffer.0 as usize].row_len;
        let times = match self.program.plan.kernels[pack].space {
            Space::Rows { times, .. } => times as usize,
            Space::Fixed(_) => 1,
        };
        let tile = part.scratch.as_mut_ptr().cast::<u8>();
        part.buffers[g.a.buffer.0 as usize] = tile.wrapping_sub(low * row_len * size_of::<T>());
        self.run_rows(pack, part, low * times, high * times, std::ptr::null_mut());
        Strided {
            at: tile.cast(),
            row: g.a.row_stride as isize,
            col: g.a.col_stride as isize,
        }
    }

    /// The rows are m: every part computes some of them.
    pub(super) fn tiled_gemm<T: Real>(
        &self,
        g: &Gemm,
        pack: usize,
        [m, n, k]: [usize; 3],
        outer: &[[isize; 3]],
        threads: usize,
    ) -> Result<(), RunError> {
        let times = g.size[0].times;
        let rows = m / times.max(1);
        let parts = threads.min(rows).max(1);
        let tile = self.tile_rows::<T>(g, rows.div_ceil(parts), parts)?;
        self.program.pool.run(parts, &|p| {
            // SAFETY: part p is run by one thread, once.
            let part = unsafe { &mut *self.part(p) };
            let (b, c) = (self.strided::<T>(&g.b, part), self.strided::<T>(&g.c, part));
            let (mut low, end) = (p * rows / parts, (p + 1) * rows / parts);
            while low < end {
                let high = (low + tile).min(end);
                let a = self.pack::<T>(g, pack, part, low, high);
                for at in outer {
                    let [a, b, c] =
                        [(a, 0, 0), (b, 1, 0), (c, 2, (low * times) as isize * c.row)].map(|(x, j, first)| Strided {
                            at: x.at.wrapping_offset(at[j] + first),
                            ..x
                        });
                    // SAFETY: a is the tile just packed; b and c as in the schedule; parts write disjoint rows of c.
                    unsafe { gemm([(high - low) * times, n, k], c, a, b, false) };
                }
                low = high;
            }
        });
        Ok(())
    }

    /// The rows are summed: every part sums some of them, then the parts are added in order.
    pub(super) fn summed_gemm<T: Real>(
        &self,
        g: &Gemm,
        pack: usize,
        [m, n, k]: [usize; 3],
        outer: &[[isize; 3]],
        threads: usize,
    ) -> Result<(), RunError> {
        let times = g.size[2].times;
        let rows = k / times.max(1);
        let parts = threads.min(rows).max(1);
        let tile = self.tile_rows::<T>(g, rows.div_ceil(parts), parts)?;
        let row_bytes = self.program.plan.buffers[g.a.buffer.0 as usize].row_len * size_of::<T>();
        let tile_bytes = (tile * row_bytes).next_multiple_of(64);
        let len = self.elements(g.c.buffer);
        for p in 1..parts {
            // SAFETY: no part is running.
            reserve(
                unsafe { &mut (*self.part(p)).scratch },
                tile_bytes + len * size_of::<T>(),
            )?;
        }
        self.program.pool.run(parts, &|p| {
            // SAFETY: part p is run by one thread, once.
            let part = unsafe { &mut *self.part(p) };
            if p > 0 {
                // SAFETY: there is room for the tile and a copy of c.
                part.buffers[g.c.buffer.0 as usize] = unsafe { part.scratch.as_mut_ptr().cast::<u8>().add(tile_bytes) };
            }
            let (b, c) = (self.strided::<T>(&g.b, part), self.strided::<T>(&g.c, part));
            let (start, end) = (p * rows / parts, (p + 1) * rows / parts);
            let mut low = start;
            loop {
                let high = (low + tile).min(end);
                let a = self.pack::<T>(g, pack, part, low, high);
                for at in outer {
                    let [a, b, c] =
                        [(a, 0, 0), (b, 1, (low * times) as isize * b.row), (c, 2, 0)].map(|(x, j, first)| Strided {
                            at: x.at.wrapping_offset(at[j] + first),
                            ..x
                        });
                    // SAFETY: a is the tile just packed; b as in the schedule; c is this part's own.
                    unsafe { gemm([m, n, (high - low) * times], c, a, b, low > start) };
                }
                low = high;
                if low >= end {
                    break;
                }
            }
        });
        self.join_parts(g.c.buffer, parts);
        Ok(())
    }
}

/// A matrix that several threads look at.
#[derive(Clone, Copy)]
struct Threaded<T>(Strided<T>);

// SAFETY: see the calls of `gemm` it is used for.
unsafe impl<T> Sync for Threaded<T> {}

impl<T: Copy> Threaded<T> {
    fn get(&self) -> Strided<T> {
        self.0
    }
}
