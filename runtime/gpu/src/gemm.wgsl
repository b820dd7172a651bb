// c = a b for matrices with any strides: tiles of 64 x 64 in workgroup memory, 4 x 4 results an invocation.
// p: m, n, k; offset, row and column stride of a, b, c; first outer index; number of outer loops; their extents and strides in a, b, c.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

const TILE = 64;
const DEPTH = 16;

var<workgroup> left: array<f32, 1024>;
var<workgroup> right: array<f32, 1024>;

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
  let number = y * 16 + x;
  var sums: array<f32, 16>;
  for (var low = 0; low < k; low += DEPTH) {
    // 256 invocations load 64 x 16 elements of a and 16 x 64 of b.
    for (var j = 0; j < 4; j++) {
      let e = number + 256 * j;
      let row = top + e / DEPTH;
      let inner = low + e % DEPTH;
      var value = 0.0;
      if (row < m && inner < k) { value = memory[a + row * p[4] + inner * p[5]]; }
      left[(e % DEPTH) * TILE + e / DEPTH] = value;
      let depth = low + e / TILE;
      let col = start + e % TILE;
      value = 0.0;
      if (depth < k && col < n) { value = memory[b + depth * p[7] + col * p[8]]; }
      right[e] = value;
    }
    workgroupBarrier();
    for (var d = 0; d < DEPTH; d++) {
      for (var i = 0; i < 4; i++) {
        let l = left[d * TILE + 4 * y + i];
        for (var j = 0; j < 4; j++) {
          sums[4 * i + j] += l * right[d * TILE + 16 * j + x];
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0; i < 4; i++) {
    let row = top + 4 * y + i;
    for (var j = 0; j < 4; j++) {
      let col = start + 16 * j + x;
      if (row < m && col < n) { memory[c + row * p[10] + col * p[11]] = sums[4 * i + j]; }
    }
  }
}
