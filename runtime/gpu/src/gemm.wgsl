// c = a b for matrices with any strides: tiles of 64 x 64 in workgroup memory, 4 x 4 results an invocation.
// p: m, n, k; offset, row and column stride of a, b, c; first outer index; number of outer loops; their extents and strides in a, b, c.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

const TILE = 64;
const DEPTH = 16;

// Four rows of a, and four columns of b, for every place of the sum.
var<workgroup> left: array<vec4<f32>, 256>;
var<workgroup> right: array<vec4<f32>, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) own: vec3<u32>) {
  let m = p[0];
  let n = p[1];
  let k = p[2];
  var a = p[3];
  var b = p[6];
  var c = p[9];
  var outer = p[12] + i32(group.z);
  for (var j = p[13] - 1; j >= 0; j--) {
    let at = 14 + 4 * j;
    let index = outer % p[at];
    outer = outer / p[at];
    a += index * p[at + 1];
    b += index * p[at + 2];
    c += index * p[at + 3];
  }
  let top = i32(group.y) * TILE;
  let start = i32(group.x) * TILE;
  let x = i32(own.x);
  let y = i32(own.y);
  let row = top + 4 * y;
  let col = start + 4 * x;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var low = 0; low < k; low += DEPTH) {
    // 256 invocations load 64 x 16 elements of a, x counting the places of the sum, and 16 x 64 of b, y counting them.
    var value = vec4<f32>();
    if (low + x < k) {
      let at = a + row * p[4] + (low + x) * p[5];
      if (row < m) { value.x = memory[at]; }
      if (row + 1 < m) { value.y = memory[at + p[4]]; }
      if (row + 2 < m) { value.z = memory[at + 2 * p[4]]; }
      if (row + 3 < m) { value.w = memory[at + 3 * p[4]]; }
    }
    left[x * 16 + y] = value;
    value = vec4<f32>();
    if (low + y < k) {
      let at = b + (low + y) * p[7] + col * p[8];
      if (col < n) { value.x = memory[at]; }
      if (col + 1 < n) { value.y = memory[at + p[8]]; }
      if (col + 2 < n) { value.z = memory[at + 2 * p[8]]; }
      if (col + 3 < n) { value.w = memory[at + 3 * p[8]]; }
    }
    right[y * 16 + x] = value;
    workgroupBarrier();
    for (var d = 0; d < DEPTH; d++) {
      let l = left[d * 16 + y];
      let r = right[d * 16 + x];
      sum0 += l.x * r;
      sum1 += l.y * r;
      sum2 += l.z * r;
      sum3 += l.w * r;
    }
    workgroupBarrier();
  }
  let at = c + row * p[10] + col * p[11];
  if (row < m) { put(at, sum0, n - col); }
  if (row + 1 < m) { put(at + p[10], sum1, n - col); }
  if (row + 2 < m) { put(at + 2 * p[10], sum2, n - col); }
  if (row + 3 < m) { put(at + 3 * p[10], sum3, n - col); }
}

// The first `count` of four results in a row.
fn put(at: i32, values: vec4<f32>, count: i32) {
  if (count > 0) { memory[at] = values.x; }
  if (count > 1) { memory[at + p[11]] = values.y; }
  if (count > 2) { memory[at + 2 * p[11]] = values.z; }
  if (count > 3) { memory[at + 3 * p[11]] = values.w; }
}
