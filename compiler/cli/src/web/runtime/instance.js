// Sizes and maps of one batch, from what a call says about its domains.
// As `Instance` in runtime/abi/src/domain.rs of gdl.

/** The tag and the content of a variant: `"Samples"`, `{ Ragged: { name } }`. */
export function variant(value) {
  return typeof value === "string" ? [value, null] : Object.entries(value)[0];
}

/** The rows of samples: the first dim. */
const SAMPLES = 0;

const MOST_ROWS = 2 ** 32 - 1;

/** A map: the image of every row, and on demand the rows that go to each place. */
class RowMap {
  constructor(index, targets) {
    this.index = index;
    this.targets = targets;
  }

  /** `order[ptr[b] .. ptr[b + 1]]` are the rows that go to b, ascending. */
  get ptr() {
    return this.#inverse().ptr;
  }

  get order() {
    return this.#inverse().order;
  }

  #found = null;

  #inverse() {
    if (!this.#found) {
      const ptr = new Uint32Array(this.targets + 1);
      for (const to of this.index) ptr[to + 1]++;
      for (let b = 0; b < this.targets; b++) ptr[b + 1] += ptr[b];
      const next = ptr.slice();
      const order = new Uint32Array(this.index.length);
      this.index.forEach((to, row) => (order[next[to]++] = row));
      this.#found = { ptr, order };
    }
    return this.#found;
  }
}

/**
 * Sizes and maps of a batch.
 *
 * `door` is { samples, ragged: Map of offsets, grids: Map of extents, maps: Map of index arrays }, checked already (arguments.js).
 */
export class Instance {
  /** Rows of every dim. */
  rows = [];
  /** Extents of every dim that is a grid, empty otherwise. */
  extents = [];
  /** Offsets of every dim by sample, empty for stacked dims. */
  samplePtr = [];
  /** Every map. */
  maps = [];

  constructor(domains, door) {
    this.samples = door.samples;
    for (const def of domains.dims) this.#addDim(def, door);
    domains.maps.forEach((def, k) => {
      const [from, to] = ends(domains, k);
      this.maps.push(new RowMap(this.#index(domains, def, door, from, to), this.rows[to]));
    });
  }

  /** The largest number of rows that a sample has. */
  steps(dim) {
    const ptr = this.samplePtr[dim];
    let most = 0;
    for (let s = 0; s + 1 < ptr.length; s++) most = Math.max(most, ptr[s + 1] - ptr[s]);
    return most;
  }

  /** Cells of a grid in one sample. */
  cells(dim) {
    return this.extents[dim].reduce((a, b) => a * b, 1);
  }

  #addDim(def, door) {
    const [tag, d] = variant(def);
    let extents = [];
    let ptr;
    switch (tag) {
      case "Samples":
        ptr = this.#counted(() => 1);
        break;
      case "Ragged":
        ptr = door.ragged.get(d.name);
        break;
      case "Grid":
      case "Coarse": {
        extents = tag === "Grid" ? [...door.grids.get(d.name)] : coarse(this.extents[d.of], d);
        const cells = extents.reduce((a, b) => a * b, 1);
        ptr = this.#counted(() => cells);
        break;
      }
      case "Pairs":
        ptr = this.#counted((s) => this.#count(d.left, s) * this.#count(d.right, s));
        break;
      case "Rounds":
        ptr = this.#counted((s) => (d.like === null ? d.fixed : this.#count(d.like, s)));
        break;
      case "Chosen":
        ptr = this.#counted((s) => {
          const there = Math.max(this.#count(d.of, s) - Number(d.others), 0);
          return this.#count(d.each, s) * (d.k === null ? there : Math.min(d.k, there));
        });
        break;
      case "Stacked":
        this.rows.push(this.steps(d.time) * this.rows[d.of]);
        this.extents.push([]);
        this.samplePtr.push(new Uint32Array(0));
        return;
      default:
        throw new Error(`a dim ${tag} has no instance in a browser`);
    }
    this.rows.push(ptr[ptr.length - 1]);
    this.extents.push(extents);
    this.samplePtr.push(ptr);
  }

  /** Rows of a dim in a sample. */
  #count(dim, sample) {
    const ptr = this.samplePtr[dim];
    return ptr[sample + 1] - ptr[sample];
  }

  /** Offsets for so many rows a sample. */
  #counted(count) {
    const ptr = new Uint32Array(this.samples + 1);
    let end = 0;
    for (let s = 0; s < this.samples; s++) {
      end += count(s);
      if (end > MOST_ROWS) throw new RangeError("a batch has more than 2^32 rows: use fewer samples a call");
      ptr[s + 1] = end;
    }
    return ptr;
  }

  #index(domains, def, door, from, to) {
    const [tag, m] = variant(def);
    const index = new Uint32Array(this.rows[from]);
    const ptr = (dim) => this.samplePtr[dim];
    const each = (dim, f) => {
      for (let s = 0; s < this.samples; s++) for (let r = ptr(dim)[s]; r < ptr(dim)[s + 1]; r++) f(s, r);
    };
    switch (tag) {
      case "Sample":
        each(m, (s, row) => (index[row] = s));
        return index;
      case "Given":
        return door.maps.get(m.name);
      case "Left":
      case "Right": {
        const { left, right } = variant(domains.dims[from])[1];
        let at = 0;
        each(left, (s, a) => {
          for (let b = ptr(right)[s]; b < ptr(right)[s + 1]; b++) index[at++] = tag === "Left" ? a : b;
        });
        return index;
      }
      case "Compose": {
        const [f, g] = [this.maps[m.first].index, this.maps[m.second].index];
        return f.map((k) => g[k]);
      }
      case "Pair": {
        const pairs = variant(domains.dims[m.pairs])[1];
        const [left, right] = [this.maps[m.left].index, this.maps[m.right].index];
        const [l, r] = [ptr(pairs.left), ptr(pairs.right)];
        const sampleOf = new Uint32Array(this.rows[pairs.left]);
        each(pairs.left, (s, a) => (sampleOf[a] = s));
        return index.map((_, row) => {
          const s = sampleOf[left[row]];
          return ptr(m.pairs)[s] + (left[row] - l[s]) * (r[s + 1] - r[s]) + (right[row] - r[s]);
        });
      }
      case "Unstack":
        return index.map((_, row) => row % this.rows[to]);
      case "ToStep":
        each(m.time, (s, row) => (index[row] = (row - ptr(m.time)[s]) * this.samples + s));
        return index;
      case "Chooser": {
        const { each: chooser } = variant(domains.dims[m])[1];
        each(m, (s, row) => {
          const among = this.#count(m, s) / this.#count(chooser, s);
          index[row] = ptr(chooser)[s] + Math.floor((row - ptr(m)[s]) / among);
        });
        return index;
      }
      case "Shift":
        each(m.of, (s, row) => (index[row] = Math.min(Math.max(row + m.by, ptr(m.of)[s]), ptr(m.of)[s + 1] - 1)));
        return index;
      default:
        throw new Error(`a map ${tag} has no instance in a browser`);
    }
  }
}

/** For a dim of choices: the dim of the numbers by which is chosen. */
export function keysOf(domains, chosen) {
  const { of, each } = variant(domains.dims[chosen])[1];
  const pairs = ([tag, d]) => tag === "Pairs" && d.left === each && d.right === of;
  return each === SAMPLES ? of : domains.dims.findIndex((d) => pairs(variant(d)));
}

/** Where a map goes from and to. */
function ends(domains, k) {
  const [tag, m] = variant(domains.maps[k]);
  const dim = (d) => variant(domains.dims[d])[1];
  switch (tag) {
    case "Sample":
      return [m, SAMPLES];
    case "Given":
      return [m.from, m.to];
    case "Left":
      return [m, dim(m).left];
    case "Right":
      return [m, dim(m).right];
    case "Compose":
      return [ends(domains, m.first)[0], ends(domains, m.second)[1]];
    case "Pair":
      return [ends(domains, m.left)[0], m.pairs];
    case "Unstack":
      return [m, dim(m).of];
    case "ToStep":
      return [m.time, m.stacked];
    case "Chooser":
      return [m, dim(m).each];
    case "Shift":
      return [m.of, m.of];
    default:
      throw new Error(`a map ${tag} has no instance in a browser`);
  }
}

/** The extents of a grid after windows have moved over it. */
function coarse(extents, { size, stride, pad }) {
  return extents.map((n) => {
    const span = n + 2 * pad;
    if (span < size || (span - size) % stride !== 0) {
      throw new RangeError(
        `a grid axis of ${n} cells cannot be covered by windows of ${size} moved by ${stride} with padding ${pad}: ` +
          `the symmetry needs (n + ${2 * pad - size}) divisible by ${stride}`,
      );
    }
    return (span - size) / stride + 1;
  });
}
