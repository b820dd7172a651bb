// Banks: the bindings in which reals lie. As runtime/gpu/src/banks.rs and runtime/abi/src/shader.rs of gdl.
// What does not fit into one binding lies in several, each filled before the next one is used; an array is never cut.

/** Bindings that hold reals, at most: together with tables and `env` as many as WebGPU gives every device. */
export const BANKS = 6;
/** Arrays begin at multiples of so many elements. */
const ALIGN = 64;

/** Banks that are being filled; a place is { bank, at }. */
export class Banks {
  static aligned = (n) => Math.ceil(n / ALIGN) * ALIGN;

  /** Empty banks with room for so many elements each. */
  constructor(room) {
    this.room = room;
    this.used = new Array(BANKS).fill(0);
  }

  /** A place for an array that is in use all the time: in the first bank with room for it, or in the wanted one; null if there is none. */
  put(length, wanted) {
    const size = Banks.aligned(length);
    const bank = this.used.findIndex((used, b) => used + size <= this.room && (wanted ?? b) === b);
    if (bank < 0) return null;
    const at = this.used[bank];
    this.used[bank] += size;
    return { bank, at };
  }

  /** Places for arrays that are in use for a while, after everything else: large ones first, each at the lowest place that is free during its life. */
  putTemporary(lives, sizes, wanted) {
    const order = lives.map((_, k) => k).sort((a, b) => sizes[b] - sizes[a]);
    const places = new Array(lives.length);
    const tops = [...this.used];
    const done = [];
    for (const k of order) {
      const meets = (j) => lives[j].first <= lives[k].last && lives[k].first <= lives[j].last;
      const lowest = (bank) => {
        const busy = done
          .filter((j) => places[j].bank === bank && meets(j))
          .map((j) => [places[j].at, places[j].at + sizes[j]])
          .sort((a, b) => a[0] - b[0]);
        let at = this.used[bank];
        for (const [start, end] of busy) {
          if (at + sizes[k] <= start) break;
          at = Math.max(at, end);
        }
        return at;
      };
      const bank = this.used.findIndex((_, b) => (wanted?.[k] ?? b) === b && lowest(b) + sizes[k] <= this.room);
      if (bank < 0) return null;
      places[k] = { bank, at: lowest(bank) };
      tops[bank] = Math.max(tops[bank], places[k].at + sizes[k]);
      done.push(k);
    }
    this.used = tops;
    return places;
  }

  /** The elements of every bank that is in use; one at least. */
  lengths() {
    return this.used.slice(0, Math.max(1, this.used.findLastIndex((n) => n > 0) + 1));
  }
}

/** A shader whose reals lie in so many banks instead of one: `bank` says in which the array is whose beginning has a name. */
export function inBanks(code, banks, bank) {
  const split = code.replace(/\bmemory\[(\w+)/g, (access, name) => (bank(name) === 0 ? access : `memory_${bank(name)}[${name}`));
  const more = Array.from({ length: banks - 1 }, (_, k) => {
    return `\n@group(0) @binding(${3 + k}) var<storage, read_write> memory_${1 + k}: array<f32>;`;
  });
  return split + more.join("");
}

/** The number of the buffer whose beginning has a name; undefined for copies. */
export function namedBuffer(name) {
  const number = /^b_(?:\w*_)?(\d+)$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}
