// What a device can do at most. `arithmetic`: multiplies and adds on registers alone; `triad`: a[i] = b[i] + s c[i] on long arrays.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

@compute @workgroup_size(256)
fn arithmetic(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = vec4<f32>(memory[0]);
  let b = vec4<f32>(memory[1]);
  var x0 = vec4<f32>(f32(id.x));
  var x1 = x0 + 1.0;
  var x2 = x0 + 2.0;
  var x3 = x0 + 3.0;
  var x4 = x0 + 4.0;
  var x5 = x0 + 5.0;
  var x6 = x0 + 6.0;
  var x7 = x0 + 7.0;
  for (var k = 0; k < p[0]; k++) {
    x0 = fma(x0, a, b);
    x1 = fma(x1, a, b);
    x2 = fma(x2, a, b);
    x3 = fma(x3, a, b);
    x4 = fma(x4, a, b);
    x5 = fma(x5, a, b);
    x6 = fma(x6, a, b);
    x7 = fma(x7, a, b);
  }
  let sum = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;
  memory[id.x + 2u] = sum.x + sum.y + sum.z + sum.w;
}

@compute @workgroup_size(256)
fn triad(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let k = i32(id.x + id.y * groups.x * 256u);
  let n = p[1];
  if (k < n) { memory[k] = memory[n + k] + 0.5 * memory[2 * n + k]; }
}
