// memory[total + j] = sum over parts of memory[copies + part * stride + j], in order. p: length, parts, copies, stride, total. Operands: copies, total.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

@compute @workgroup_size(64)
fn join(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let j = i32(id.x + id.y * groups.x * 64u);
  if (j >= p[0]) { return; }
  let copies = p[2] + j;
  let total = p[4] + j;
  var sum = 0.0;
  for (var part = 0; part < p[1]; part++) {
    sum += memory[copies + part * p[3]];
  }
  memory[total] = sum;
}
