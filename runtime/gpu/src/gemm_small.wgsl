// c = a b as gemm.wgsl, for results of few tiles: 4 x 4 results an invocation, 32 x 32 a workgroup, read from memory directly.
// p: m, n, k; offset, row and column stride of a, b, c; first outer index; number of outer loops; their extents and strides in a, b, c.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = 4 * i32(id.y);
  let col = 4 * i32(id.x);
  if (row >= p[0] || col >= p[1]) { return; }
  var a = p[3];
  var b = p[6];
  var c = p[9];
  var outer = p[12] + i32(id.z);
  for (var j = p[13] - 1; j >= 0; j--) {
    let at = 14 + 4 * j;
    let index = outer % p[at];
    outer = outer / p[at];
    a += index * p[at + 1];
    b += index * p[at + 2];
    c += index * p[at + 3];
  }
  // Rows and columns past the end are the last ones again; their results are not kept.
  let rows = min(vec4<i32>(row, row + 1, row + 2, row + 3), vec4<i32>(p[0] - 1)) * p[4] + a;
  let cols = min(vec4<i32>(col, col + 1, col + 2, col + 3), vec4<i32>(p[1] - 1)) * p[8] + b;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var d = 0; d < p[2]; d++) {
    let l = rows + d * p[5];
    let at = cols + d * p[7];
    let r = vec4<f32>(memory[at.x], memory[at.y], memory[at.z], memory[at.w]);
    sum0 += memory[l.x] * r;
    sum1 += memory[l.y] * r;
    sum2 += memory[l.z] * r;
    sum3 += memory[l.w] * r;
  }
  put(c, row, col, sum0);
  put(c, row + 1, col, sum1);
  put(c, row + 2, col, sum2);
  put(c, row + 3, col, sum3);
}

// Four results in a row, as far as there are such.
fn put(c: i32, row: i32, col: i32, values: vec4<f32>) {
  if (row >= p[0]) { return; }
  let at = c + row * p[10] + col * p[11];
  memory[at] = values.x;
  if (col + 1 < p[1]) { memory[at + p[11]] = values.y; }
  if (col + 2 < p[1]) { memory[at + 2 * p[11]] = values.z; }
  if (col + 3 < p[1]) { memory[at + 3 * p[11]] = values.w; }
}
