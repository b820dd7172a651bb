// c = a b for matrices with any strides. `direct`: tiles of 32 x 32 read from memory as they are, for results of few tiles; then `tiled`,
// for large ones. An invocation computes 4 x 4 results. Operands: a, b, c.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> env: array<i32>;

const P = 0;

fn begin() {}

fn a_at(start: i32, row: i32, place: i32) -> f32 {
  let a = start + row * p(4) + place * p(5);
  return memory[a];
}

@compute @workgroup_size(8, 8)
fn direct(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = 4 * i32(id.y);
  let col = 4 * i32(id.x);
  if (row >= p(0) || col >= p(1)) { return; }
  let start = starts(id.z);
  // Rows and columns past the end are the last ones again; their results are not kept.
  let rows = min(vec4<i32>(row, row + 1, row + 2, row + 3), vec4<i32>(p(0) - 1)) * p(4) + start.x;
  let cols = min(vec4<i32>(col, col + 1, col + 2, col + 3), vec4<i32>(p(1) - 1)) * p(8) + start.y;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var d = 0; d < p(2); d++) {
    let a = rows + d * p(5);
    let b = cols + d * p(7);
    let r = vec4<f32>(memory[b.x], memory[b.y], memory[b.z], memory[b.w]);
    sum0 += memory[a.x] * r;
    sum1 += memory[a.y] * r;
    sum2 += memory[a.z] * r;
    sum3 += memory[a.w] * r;
  }
  put(start.z, row, col, array(sum0, sum1, sum2, sum3));
}
