// Choices: for every chooser the rows of its sample with the largest keys, of equal ones the first first, NaN last; and the rows by what they
// chose. `rank` counts for every key how many come before it, `count` how often every row is chosen, `offsets` adds the counts up, and `list`
// lists who chose a row. Whoever writes an entry is fixed: nothing depends on the order in which invocations run.
// p: the first key; samples; where the offsets of samples begin among the rows, the choosers, the choices and the keys; where the tables of
// chosen rows, of offsets and of the list begin; whether nothing chooses itself; the numbers of keys and of rows. Operand: key.

@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read_write> tables: array<i32>;
@group(0) @binding(2) var<storage, read> p: array<i32>;

// The sample of an entry: offsets of samples begin at `start`.
fn sample(start: i32, entry: i32) -> i32 {
  var low = 0;
  var high = p[1];
  while (high - low > 1) {
    let middle = (low + high) / 2;
    if (tables[start + middle] <= entry) { low = middle; } else { high = middle; }
  }
  return low;
}

// Keys as integers in the same order; NaN is the least.
fn order(at: i32) -> u32 {
  let key = p[0] + at;
  let bits = bitcast<u32>(memory[key]);
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return 0u; }
  return select(0x80000000u - size, 0x80000000u + size, bits == size);
}

@compute @workgroup_size(64)
fn rank(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let key = i32(id.x + id.y * groups.x * 64u);
  if (key >= p[10]) { return; }
  let s = sample(p[5], key);
  let rows = tables[p[2] + s + 1] - tables[p[2] + s];
  let choosers = tables[p[3] + s + 1] - tables[p[3] + s];
  let most = (tables[p[4] + s + 1] - tables[p[4] + s]) / choosers;
  let chooser = (key - tables[p[5] + s]) / rows;
  let first = tables[p[5] + s] + chooser * rows;
  let row = key - first;
  let barred = select(-1, chooser, p[9] == 1);
  if (row == barred) { return; }
  let own = order(key);
  var before = 0;
  for (var other = 0; other < rows && before < most; other++) {
    let key_of_other = order(first + other);
    let comes = key_of_other > own || (key_of_other == own && other < row);
    before += select(0, 1, comes && other != barred);
  }
  if (before < most) {
    tables[p[6] + tables[p[4] + s] + chooser * most + before] = tables[p[2] + s] + row;
  }
}

@compute @workgroup_size(64)
fn count(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = i32(id.x + id.y * groups.x * 64u);
  if (row >= p[11]) { return; }
  let s = sample(p[2], row);
  var n = 0;
  for (var k = tables[p[4] + s]; k < tables[p[4] + s + 1]; k++) {
    n += select(0, 1, tables[p[6] + k] == row);
  }
  tables[p[7] + row + 1] = n;
}

var<workgroup> sums: array<i32, 256>;

@compute @workgroup_size(256)
fn offsets(@builtin(local_invocation_index) part: u32) {
  let share = (p[11] + 255) / 256;
  let low = min(i32(part) * share, p[11]);
  let high = min(low + share, p[11]);
  var sum = 0;
  for (var k = low; k < high; k++) { sum += tables[p[7] + k + 1]; }
  sums[part] = sum;
  workgroupBarrier();
  var before = 0;
  for (var k = 0u; k < part; k++) { before += sums[k]; }
  if (part == 0u) { tables[p[7]] = 0; }
  for (var k = low; k < high; k++) {
    before += tables[p[7] + k + 1];
    tables[p[7] + k + 1] = before;
  }
}

@compute @workgroup_size(64)
fn list(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = i32(id.x + id.y * groups.x * 64u);
  if (row >= p[11]) { return; }
  let s = sample(p[2], row);
  var at = p[8] + tables[p[7] + row];
  for (var k = tables[p[4] + s]; k < tables[p[4] + s + 1]; k++) {
    if (tables[p[6] + k] == row) {
      tables[at] = k;
      at++;
    }
  }
}
