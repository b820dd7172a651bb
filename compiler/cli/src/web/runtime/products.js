// How matrix products are computed. As runtime/gpu/src/products.rs of gdl.
// Large ones in tiles of workgroup memory, small ones without; small results of long sums are sums over parts, each of them tiled. An argument that a kernel packs is stored whole before its product, unless the product is
// large and the argument's elements cost little: then its tiles compute them where they read them, and the array is nowhere.

/** Rows and columns of a tile. */
export const TILE = 64;
/** Rows and columns of the result that a workgroup of `direct` computes. */
export const DIRECT = [16, 32];
/** Places of a sum that a workgroup of `tiled` loads at a time. */
const DEPTH = 16;
/** Products of fewer tiles leave most of a device idle: their sums are cut, or their results finer, without memory that a workgroup shares. */
const FEW_TILES = 64;
/** A part of a sum has at least so many places. */
const LONG = 256;

/** Rows, columns or places of a sum. */
export const extent = ({ dim, times }, batch) => times * (dim === null ? 1 : batch.rows[dim]);

/**
 * How a product is computed: "direct", "tiled", or { places, parts }: tiled, every part of the sum, of so many places, in a copy of the result, if
 * that makes a product of few tiles one of enough.
 */
export function how(g, batch) {
  const [m, n, k] = g.size.map((e) => extent(e, batch));
  const count = g.batch.reduce((product, [e]) => product * extent(e, batch), 1);
  const tiles = Math.ceil(m / TILE) * Math.ceil(n / TILE) * count;
  if (tiles >= FEW_TILES) return "tiled";
  const wanted = Math.ceil(FEW_TILES / Math.max(1, tiles));
  if (k < wanted * LONG || !isDense(g, [m, n], batch)) return "direct";
  const places = Math.ceil(Math.ceil(k / wanted) / DEPTH) * DEPTH;
  return { places, parts: Math.ceil(k / places) };
}

/** The elements of all copies of the result of a product. */
export const copiesOf = (g, batch) => (how(g, batch).parts ?? 0) * results(g, batch);

/** The elements of a result. */
export function results(g, batch) {
  const [m, n] = g.size;
  return [m, n, ...g.batch.map(([e]) => e)].reduce((product, e) => product * extent(e, batch), 1);
}

/** Whether the results of a product lie one after the other, in whatever order. */
function isDense(g, [m, n], batch) {
  const outer = g.batch.map(([e, strides]) => [strides[2], extent(e, batch)]);
  const axes = [[g.c.row_stride, m], [g.c.col_stride, n], ...outer].filter(([, extent]) => extent !== 1);
  axes.sort(([a], [b]) => a - b);
  let next = 1;
  return axes.every(([stride, extent]) => {
    const follows = stride === next;
    next = stride * extent;
    return follows;
  });
}

/** Whether a product computes what its first argument would be packed by. */
export const readsInside = (g, kernels, batch) =>
  g.pack !== null && kernels[g.pack].product !== null && how(g, batch) !== "direct";
