// c = a b for matrices with any strides. `direct` reads them from memory as they are, for results of few tiles, and an invocation
// computes 2 x 4 results; then `tiled`, for large ones. Operands: a, b, c.

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
  let m = p(0);
  let n = p(1);
  let row = 2 * i32(id.y);
  let col = 4 * i32(id.x);
  if (row >= m || col >= n) { return; }
  let start = starts(id.z);
  // Rows and columns past the end are the last ones again; their results are not kept.
  var a = min(vec2<i32>(row, row + 1), vec2<i32>(m - 1)) * p(4) + start.x;
  var b = min(vec4<i32>(col, col + 1, col + 2, col + 3), vec4<i32>(n - 1)) * p(8) + start.y;
  var sums = array<vec4<f32>, 2>();
  let k = p(2);
  let next = vec2<i32>(p(5), p(7));
  for (var d = 0; d < k; d++) {
    let r = vec4<f32>(memory[b.x], memory[b.y], memory[b.z], memory[b.w]);
    sums[0] += memory[a.x] * r;
    sums[1] += memory[a.y] * r;
    a += next.x;
    b += next.y;
  }
  let strides = vec2<i32>(p(10), p(11));
  for (var j = 0; j < 2; j++) {
    for (var i = 0; i < 4; i++) {
      if (row + j < m && col + i < n) {
        let c = start.z + (row + j) * strides.x + (col + i) * strides.y;
        memory[c] = sums[j][i];
      }
    }
  }
}

