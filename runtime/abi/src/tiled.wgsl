
// Tiles of 64 x 64 in workgroup memory, for large results. An invocation computes 4 x 4 results.
// p: m, n, k; offset, row and column stride of a, b, c; first outer index; number of outer loops; their extents and strides in a, b, c.
// Before this stand the bindings, `P`, where p begins in `env`, `begin()`, which every invocation calls once, and `a_at(start, row, place)`,
// an element of a.

fn p(k: i32) -> i32 {
  return env[P + k];
}

// Where a, b and c begin for an outer index.
fn starts(z: u32) -> vec3<i32> {
  var at = vec3<i32>(p(3), p(6), p(9));
  var outer = p(12) + i32(z);
  for (var j = p(13) - 1; j >= 0; j--) {
    let loops = 14 + 4 * j;
    at += (outer % p(loops)) * vec3<i32>(p(loops + 1), p(loops + 2), p(loops + 3));
    outer = outer / p(loops);
  }
  return at;
}

// Stores the results that exist of four rows and columns.
fn put(start: i32, row: i32, col: i32, sums: array<vec4<f32>, 4>) {
  var rows = sums;
  for (var j = 0; j < min(4, p(0) - row); j++) {
    let c = start + (row + j) * p(10) + col * p(11);
    let values = rows[j];
    if (col < p(1)) { memory[c] = values.x; }
    if (col + 1 < p(1)) { memory[c + p(11)] = values.y; }
    if (col + 2 < p(1)) { memory[c + 2 * p(11)] = values.z; }
    if (col + 3 < p(1)) { memory[c + 3 * p(11)] = values.w; }
  }
}

const TILE = 64;
const DEPTH = 16;
// From one place of the sum to the next: one more than there are, so that invocations that store at neighbouring places use different banks.
const STRIDE = 17;

// Four rows of a, and four columns of b, for every place of the sum.
var<workgroup> left: array<vec4<f32>, DEPTH * STRIDE>;
var<workgroup> right: array<vec4<f32>, DEPTH * STRIDE>;

@compute @workgroup_size(16, 16)
fn tiled(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) own: vec3<u32>) {
  begin();
  let m = p(0);
  let n = p(1);
  let k = p(2);
  let start = starts(group.z);
  let x = i32(own.x);
  let y = i32(own.y);
  let top = i32(group.y) * TILE;
  let first = i32(group.x) * TILE;
  // Who loads what: neighbouring invocations, by x, load neighbours in memory, along the sum or across it. Four rows of a or columns of b, and a place.
  let of_a = select(vec2<i32>(y, x), vec2<i32>(x, y), p(4) == 1);
  let of_b = select(vec2<i32>(x, y), vec2<i32>(y, x), p(7) == 1);
  let row = top + 4 * of_a.x;
  let col = first + 4 * of_b.x;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var low = 0; low < k; low += DEPTH) {
    // 256 invocations load 64 x 16 elements of a, and 16 x 64 of b.
    var value = vec4<f32>();
    var place = low + of_a.y;
    if (place < k) {
      if (row < m) { value.x = a_at(start.x, row, place); }
      if (row + 1 < m) { value.y = a_at(start.x, row + 1, place); }
      if (row + 2 < m) { value.z = a_at(start.x, row + 2, place); }
      if (row + 3 < m) { value.w = a_at(start.x, row + 3, place); }
    }
    left[of_a.y * STRIDE + of_a.x] = value;
    value = vec4<f32>();
    place = low + of_b.y;
    if (place < k) {
      let b = start.y + place * p(7) + col * p(8);
      if (col < n) { value.x = memory[b]; }
      if (col + 1 < n) { value.y = memory[b + p(8)]; }
      if (col + 2 < n) { value.z = memory[b + 2 * p(8)]; }
      if (col + 3 < n) { value.w = memory[b + 3 * p(8)]; }
    }
    right[of_b.y * STRIDE + of_b.x] = value;
    workgroupBarrier();
    for (var d = 0; d < DEPTH; d++) {
      let l = left[d * STRIDE + y];
      let r = right[d * STRIDE + x];
      sum0 += l.x * r;
      sum1 += l.y * r;
      sum2 += l.z * r;
      sum3 += l.w * r;
    }
    workgroupBarrier();
  }
  put(start.z, top + 4 * y, first + 4 * x, array(sum0, sum1, sum2, sum3));
}
