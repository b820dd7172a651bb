//! `gdl test`: every kind of test, what fails and why.

use gdl_tests::{Output, Scratch, gdl};
use serde_json::Value as Json;
use std::fs;

/// Runs the tests of a program.
fn run(text: &str, more: &[&str]) -> Output {
    let folder = Scratch::new();
    let path = folder.path("program.gdl");
    fs::write(&path, text).expect("a file");
    gdl(&[&["test", path.as_str()], more].concat())
}

/// Titles, results and reasons.
fn results(text: &str) -> Vec<(String, bool, String)> {
    let ran = run(text, &["--json"]);
    let of = |line: &str| {
        let o: Json = serde_json::from_str(line).expect("an object a line");
        let text = |key: &str| o[key].as_str().unwrap_or_default().to_string();
        (text("test"), text("result") == "passed", text("reason"))
    };
    let list: Vec<_> = ran.out.lines().map(of).collect();
    assert_eq!(ran.code, u8::from(list.iter().any(|r| !r.1)), "{ran:?}");
    list
}

const HOLDS: &str = r#"
model DeepSets(s: set, x: s -> 3) -> 2 {
  h[i] = mlp(x[i], [8, 8])
  mlp((sum i: h[i]), [8, 2])
}

model Rose under D(4) (img: grid(2, size = 2*k), x: img -> 1) -> 10 {
  x |> conv(4 x regular, 3) |> relu |> max_pool(2) |> pool(mean) |> group_pool(max) |> mlp([8, 10])
}

test equivariant(DeepSets, f64, 1e-9)
test equivariant(Rose)

model Falling under O(3) [break] (m: cloud(3, cutoff = 3.0)) -> (m.nodes -> vector) {
  const down: vector = break((1, 2, -2), to = stabilizer(O(3), vector, (1, 2, -2)))
  y[i] = sum e: j -> i in m.edges: mlp(dot(e.vec, down), [4, 1]) * down
  y
}
test equivariant(Falling)

test "constants that the group moves" under O(3) {
  const down: vector = break((0, 0, -1), to = stabilizer(O(3), vector, (0, 0, 1)))
  const frame: enum(A, B) -> vector = break([(1, 0, 0), (0, 2, 0)], to = stabilizer(O(3), 2 x vector, (1, 0, 0, 0, 1, 0)))
  s = set[2]
  v: s -> vector = [(1, 2, 3), (0, 5, -2)]
  z: s -> enum(A, B) = [A, B]
  y[i] = dot(v[i], down)
  y == [-3, 2]
  w[i] = dot(v[i], frame[z[i]])
  w == [1, 10]
}
test "neighbours" {
  g = graph[0-1, 1-2, 3]
  g.degree == [1, 2, 1, 0]
  x = [1, 2, 3, 4]
  y[i] = sum e: j -> i in g.edges: x[j]
  y == [2, 4, 2, 0]
  (sum i: x[i]) == 10
  y <= 4 and not (y == x) and y != x
  close(y / 3, [0.6666667, 1.3333333, 0.6666667, 0], 1e-6)
}
test "edges in the order written" {
  g = graph[0->1, 2->1]
  w: g.edges -> 1 = [10, 20]
  y[i] = sum e: j -> i in g.edges: w[e]
  y == [0, 30, 0]
  h = graph[1-0]
  u: h.edges -> 1 = [3]
  v: h.edges -> 1 = [3, 4]
  a[i] = sum e: j -> i in h.edges: u[e] + 10 * v[e]
  a == [33, 43]
}
test "a model has one set of weights" {
  s = set[4]
  random x: s -> 3 ~ normal(1)
  DeepSets(x) == DeepSets(x)
  sets = set[0]
  none: sets -> 3 = []
  DeepSets(none) != DeepSets(x)
}
test "grids" {
  p = grid[2, 2]
  x = [[1, 2], [3, 4]]
  mean_pool(x, 2) == 2.5
  x == [1, 2, 3, 4]
}
test "clouds" under O(3) {
  m = cloud[(0, 0, 0), (1, 0, 0), (0, 0, 2)]
  near = cloud(3, cutoff = 1.5)[(0, 0, 0), (1, 0, 0), (0, 0, 2)]
  d[e: j -> i in m.edges] = norm2(e.vec)
  (sum e in m.edges: d[e]) == 20
  near.degree == [1, 1, 0]
  m.pos == [(0, 0, 0), (1, 0, 0), (0, 0, 2)]
}
test "meshes" {
  m = mesh[octahedron]
  m.degree == 4
  random x: m.verts -> irrep(1) ~ normal
  y[p] = norm2(x[p])
  (sum e: q -> p in m.edges: norm2(e.transport(x[q]))) == 4 * (sum p: y[p])
}
test "labels" {
  s = set[3]
  z: s -> enum(H, C, O) = [H, C, O]
  z == [H, C, O]
  k: s -> class(2) = [0, 1, 1]
  k != 0
}
test "sequences" {
  t = seq[4]
  x = [1, 2, 3, 4]
  scan k in t from c: 1 = 0 {
    c' = c + x[k]
    y[k] = c'
  }
  y == [1, 3, 6, 10]
}
test "items of its own" {
  layer double(x: a) -> a { 2 * x }
  x: 3 = (1, 2, 3)
  double(x) == (2, 4, 6)
}
test "known when it is checked" {
  dim(2 x regular) == 2
  C(4) == C(4)
}
test "no claim" rejects GDL0171 {
  s = set[3]
  x = [1, 2, 3]
  x + 1
}
test "relu on vectors" rejects GDL0102 {
  model M under O(3) (s: set, v: s -> vector) -> (s -> vector) { v |> relu }
}
test "another type" rejects GDL0110 {
  x: 3 = (1, 2, 3)
  y: 2 = 2 * x
}
test "too many entries" rejects GDL0111 {
  s = set[3]
  x: s -> 1 = [1, 2]
}
test "another group" under O(3) rejects GDL0116 {
  p = grid[2, 2]
  x = [1, 2, 3, 4]
  y = Rose(x)
}
"#;

#[test]
fn what_holds_passes() {
    for (title, passed, reason) in results(HOLDS) {
        assert!(passed, "{title}: {reason}");
    }
}

/// x'' = −x: the methods against cos, their orders by halving the step, the energy, and one set of weights for all stages.
const INTEGRATE: &str = r#"
layer swing(x: s -> 1, v: s -> 1, n: int) -> (s -> 2) where s: set {
  integrate rk4(1.0, n) from q = x, p = v {
    q' = p
    p' = -q
  }
  q ++ p
}
layer half(x: s -> 1, v: s -> 1, n: int) -> (s -> 1) where s: set {
  integrate midpoint(1.0, n) from q = x, p = v {
    q' = p
    p' = -q
  }
  q
}
layer plain(x: s -> 1, n: int) -> (s -> 1) where s: set {
  integrate t in euler(1.0, n) from q = x {
    q' = 2 * t * q
  }
  q
}
layer driven(x: s -> 1) -> (s -> 1) where s: set {
  integrate t in rk4(over = 1.0, steps = 1) from q = x {
    q'[i in s] = 4 * t^3
  }
  q
}
test "order four" {
  s = set[1]
  x = [1]
  v = [0]
  a[i] = abs(swing(x, v, 8)[i][0] - cos(x[i]))
  b[i] = abs(swing(x, v, 16)[i][0] - cos(x[i]))
  a / b <= [17]
  [15] <= a / b
  b <= [0.000001]
}
test "order two" {
  s = set[1]
  x = [1]
  v = [0]
  a[i] = abs(half(x, v, 32)[i] - cos(x[i]))
  b[i] = abs(half(x, v, 64)[i] - cos(x[i]))
  a / b <= [4.2]
  [3.8] <= a / b
}
test "order one, with time" {
  s = set[1]
  x = [1]
  a[i] = abs(plain(x, 256)[i] - exp(x[i]))
  b[i] = abs(plain(x, 512)[i] - exp(x[i]))
  a / b <= [2.02]
  [1.96] <= a / b
}
test "polynomials up to the third degree are integrated exactly" {
  s = set[2]
  x = [1, -2]
  driven(x) == [2, -1]
}
layer kepler(x: s -> 2, v: s -> 2, n: int, tol: word) -> (s -> 2) where s: set {
  integrate dopri5(6.283185307179586, n, tol = tol) from q = x, p = v {
    q' = p
    p'[i in s] = -q[i] / norm(q[i])^3
  }
  q
}
layer late(x: s -> 1) -> (s -> 1) where s: set {
  integrate t in dopri5(over = -2.0, steps = 250, tol = 0.0000000001) from q = x {
    q' = 2 * t * q
  }
  q
}
test "an orbit of eccentricity 0.6 closes, the more exactly the smaller the tolerance" {
  s = set[1]
  x: s -> 2 = [(0.4, 0)]
  v: s -> 2 = [(0, 2)]
  a[i] = norm(kepler(x, v, 60, 0.0001)[i] - x[i])
  b[i] = norm(kepler(x, v, 150, 0.0000001)[i] - x[i])
  c[i] = norm(kepler(x, v, 500, 0.0000000001)[i] - x[i])
  a <= [0.1]
  b <= [0.0001]
  c <= [0.0000001]
  [0] < c
  lost[i] = norm2(kepler(x, v, 20, 0.0000001)[i])
  (lost == lost) == [0]
}
test "a duration may be negative, and the time has a name" {
  s = set[2]
  x = [1, -0.5]
  y = late(x)
  close(y / x, [54.598150033144236, 54.598150033144236], 0.00000001)
}
test "energy is kept" {
  s = set[2]
  x = [1, 0.5]
  v = [0, 2]
  e[i] = norm2(swing(x, v, 64)[i])
  close(e, [1, 4.25], 0.00000001)
}
model Flow(s: set, x: s -> 2) -> (s -> 2) {
  integrate rk4(0.5, 3) from h = x {
    h' = linear(h, 2)
  }
  h
}
model Orbits under O(3) (m: cloud(3), v: m.nodes -> vector) -> (x: m.nodes -> point, v: m.nodes -> vector) {
  integrate rk4(1.0, 10) from x = m.pos, u = v {
    x' = u
    u'[i] = sum j in m.nodes: (x[j] - x[i]) / (0.1 + norm2(x[j] - x[i]))^2
  }
  (x = x, v = u)
}
model Close under O(3) (m: cloud(3), v: m.nodes -> vector) -> (x: m.nodes -> point, v: m.nodes -> vector) {
  integrate dopri5(1.0, 30, tol = 0.001) from x = m.pos, u = v {
    x' = u
    u'[i] = sum j in m.nodes: (x[j] - x[i]) / (0.1 + norm2(x[j] - x[i]))^2
  }
  (x = x, v = u)
}
test equivariant(Flow)
test equivariant(Orbits)
test equivariant(Close, f64, 1e-9)
"#;

#[test]
fn differential_equations() {
    let list = results(INTEGRATE);
    assert_eq!(list.len(), 10);
    for (title, passed, reason) in list {
        assert!(passed, "{title}: {reason}");
    }
}

/// Windows on sequences, against sums written by hand.
const WINDOWS: &str = r#"
test "elements before and after" {
  s = seq[5]
  x = [1, 2, 3, 4, 5]
  before[t] = (x[t - 1] else 10)
  after[t] = (x[t + 2] else 0)
  sums[t] = sum k in 0..3: (x[t - k] else 0)
  filled[t] = max k in 0..3: (x[t + k] else 9)
  before == [10, 1, 2, 3, 4]
  after == [3, 4, 5, 0, 0]
  sums == [1, 3, 6, 9, 12]
  filled == [3, 4, 5, 9, 9]
}
test "one element" {
  s = seq[1]
  x = [7]
  y[t] = (x[t - 1] else 2) + (x[t + 3] else 4)
  y == [6]
}
test "a window ends" rejects GDL0106 {
  s = seq[2]
  x = [1, 2]
  y[t] = x[t - 1]
  y == [0, 1]
}
"#;

#[test]
fn windows_on_sequences() {
    let list = results(WINDOWS);
    assert_eq!(list.len(), 3);
    for (title, passed, reason) in list {
        assert!(passed, "{title}: {reason}");
    }
}

/// Rotary positions against the product of complex numbers: Re(conj(A e^(iwt)) B e^(iws)) is a function of s − t.
const ROTARY: &str = r#"
const w: 2 = (1, 0.5)
test "inner products depend on differences of positions" {
  s = seq[4]
  u: s -> 2 = [(1, 2), (0.5, -1), (3, 0), (-1, 1)]
  v: s -> 2 = [(0, 1), (2, -0.5), (1, 1), (0.25, -2)]
  q = rotary(u, v)
  k = rotary(v, u)
  e[i in s, j in s] = sum c in 0..2: (u[i][c] * v[j][c] + v[i][c] * u[j][c]) * cos(w[c] * (j - i)) - (u[i][c] * u[j][c] - v[i][c] * v[j][c]) * sin(w[c] * (j - i))
  close(sum i in s, j in s: (dot(q[i], k[j]) - e[i, j])^2, 0, 0.00000000000000000001)
  close(sum i in s, j in s if i == j: (dot(q[i], k[j]) - e[i, j])^2, 0, 0.00000000000000000001)
}
"#;

#[test]
fn rotary_positions() {
    let list = results(ROTARY);
    assert_eq!(list.len(), 1);
    for (title, passed, reason) in list {
        assert!(passed, "{title}: {reason}");
    }
}

#[test]
fn stages_share_their_weights() {
    let folder = Scratch::new();
    let path = folder.path("program.gdl");
    fs::write(&path, INTEGRATE).expect("a file");
    let out = gdl(&["params", &path, "Flow"]).out;
    assert!(out.contains("linear_1.W") && !out.contains("linear_2"), "{out}");
}

const FAILS: &str = r#"
model M(s: set, x: s -> 3) -> 1 { sum i: norm2(x[i]) }
test equivariant(M, f32, 1e-20)
test equivariant(N)
test "an entry" {
  s = set[3]
  x = [1, 2, 3]
  x == [1, 2, 4]
}
test "the third draw" {
  random x: 2 ~ uniform(1)
  x < 1
  x < 0.5
}
test "accepted" rejects GDL0102 {
  s = set[3]
  (sum i in s: 1) == 3
}
test "rejected" {
  s = set[3]
  x: s -> 2 = [1, 2, 3]
}
test "rejected with another code" rejects GDL0102 {
  x == 1
}
test "an impossible size" {
  p = grid[3, 3]
  x = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  max_pool(x, 2) == 0
}
"#;

#[test]
fn what_does_not_hold_fails() {
    let expected = [
        "more than",
        "unknown model `N`",
        "line 8: at 2: 3 == 4 does not hold",
        "line 13: ",
        "it is accepted; GDL0102 was expected",
        "it is rejected with GDL0111",
        "GDL0100 (unknown name `x`); GDL0102 was expected",
        "cannot be covered",
    ];
    let list = results(FAILS);
    assert_eq!(list.len(), expected.len());
    for ((title, passed, reason), words) in list.iter().zip(expected) {
        assert!(!passed && reason.contains(words), "{title}: {reason}");
    }
}

#[test]
fn plain_output() {
    let ran = run(HOLDS, &[]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "19 passed, 0 failed\n"),
        "{}",
        ran.out
    );
    let broken = run("test \"a\" {\n", &[]);
    assert_eq!(broken.code, 1, "{broken:?}");
    assert_eq!(gdl(&["test"]).code, 2);
    assert_eq!(gdl(&["test", "no_such_file.gdl"]).code, 1);
}

/// The tests of the library and of the examples.
#[test]
fn tests_of_library_and_examples() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in fs::read_dir(root.join("examples")).expect("examples") {
        files.extend(fs::read_dir(folder.expect("a folder").path()).into_iter().flatten());
    }
    files.extend(fs::read_dir(root.join("stdlib/tests")).expect("tests"));
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|e| e != "gdl") {
            continue;
        }
        let ran = gdl(&["test", &path.to_string_lossy(), "--json"]);
        let results: Vec<Json> = ran
            .out
            .lines()
            .map(|l| serde_json::from_str(l).expect("an object"))
            .collect();
        let failed: Vec<&Json> = results.iter().filter(|r| r["result"] != "passed").collect();
        assert!(
            failed.is_empty() && ran.code == 0,
            "{}: {failed:#?} {}",
            path.display(),
            ran.err
        );
        assert!(!results.is_empty(), "{} has no tests", path.display());
        count += results.len();
    }
    assert!(count >= 40, "{count} tests");
}
