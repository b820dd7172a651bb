// How matrix products are computed. As runtime/gpu/src/products.rs of gdl.
// Large ones in tiles of workgroup memory, small ones without. An argument that a kernel packs is stored whole before its product, unless the product is
// large and the argument's elements cost little: then its tiles compute them where they read them, and the array is nowhere.

/** Rows and columns of a tile. */
export const TILE = 64;
/** Rows and columns of the result that a workgroup of `direct` computes. */
export const DIRECT = [16, 32];
/** Products of fewer tiles leave most of a device idle: their results are cut finer, without memory that a workgroup shares. */
const FEW_TILES = 64;

/** Rows, columns or places of a sum. */
export const extent = ({ dim, times }, batch) => times * (dim === null ? 1 : batch.rows[dim]);

/** Whether a product has few tiles. */
export function isSmall(g, batch) {
  const [m, n] = g.size.map((e) => extent(e, batch));
  const count = g.batch.reduce((product, [e]) => product * extent(e, batch), 1);
  return Math.ceil(m / TILE) * Math.ceil(n / TILE) * count < FEW_TILES;
}

/** Whether a product computes what its first argument would be packed by. */
export const readsInside = (g, kernels, batch) => g.pack !== null && kernels[g.pack].product !== null && !isSmall(g, batch);
