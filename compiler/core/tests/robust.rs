//! No text makes the pipeline panic: load, check, lower, verify answer with a program or with diagnostics.

use gdl_core::check::check;
use gdl_core::ir::verify::verify;
use gdl_core::lower::lower_model;
use gdl_core::modules::load;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A fixed sequence of random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below.max(1) as u64) as usize
    }
}

/// The whole pipeline; slow cases are named, not failed.
fn compiled(name: &str, text: &str) {
    let start = Instant::now();
    let (program, _) = load("robust.gdl", text, &[], &|_, _| Err("no files".into()));
    let (models, _) = check(&program);
    for m in &models {
        if let Ok(lowered) = lower_model(m)
            && let Err(why) = verify(&lowered.func)
        {
            panic!("{name}: the lowered program is not well formed: {why}\n{text}");
        }
    }
    if start.elapsed() > Duration::from_secs(1) {
        println!("slow: {name}: {:.1} s\n{text}", start.elapsed().as_secs_f64());
    }
}

/// The texts of the examples and of the library.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<_> = fs::read_dir(root.join("stdlib"))
        .expect("stdlib")
        .map(|e| e.expect("an entry").path())
        .collect();
    for example in fs::read_dir(root.join("examples")).expect("examples") {
        let inside = fs::read_dir(example.expect("an entry").path()).into_iter().flatten();
        files.extend(inside.map(|e| e.expect("an entry").path()));
    }
    files.retain(|p| p.extension().is_some_and(|e| e == "gdl"));
    files.sort();
    files
        .into_iter()
        .map(|p| (p.display().to_string(), fs::read_to_string(&p).expect("a text")))
        .collect()
}

/// Words, numbers and single signs.
fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = false;
    for c in text.chars() {
        let part = c.is_alphanumeric() || c == '_';
        match out.last_mut() {
            Some(last) if part && word => last.push(c),
            _ => out.push(c.to_string()),
        }
        word = part;
    }
    out
}

/// What replaces a token.
const ODD: [&str; 24] = [
    "0",
    "1",
    "-1",
    "2147483648",
    "9223372036854775807",
    "1e400",
    "1000000x7o",
    "regular",
    "vector",
    "point",
    "irrep(9)",
    "C(0)",
    "grid(9)",
    "hom(1, 1)",
    "[]",
    "()",
    "\n",
    "x",
    "->",
    "|>",
    "else",
    "sum i:",
    "repeat 99",
    "é",
];

#[test]
fn edited_tokens() {
    let mut random = Random(1);
    let rounds = std::env::var("ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(12);
    for (name, text) in texts() {
        let all = tokens(&text);
        for _ in 0..rounds {
            let mut list = all.clone();
            for _ in 0..=random.draw(2) {
                let at = random.draw(list.len());
                match random.draw(5) {
                    0 => drop(list.remove(at)),
                    1 => list.insert(at, list[random.draw(list.len())].clone()),
                    2 => list[at] = ODD[random.draw(ODD.len())].into(),
                    3 => list[at] = all[random.draw(all.len())].clone(),
                    _ => list.truncate(at.max(1)),
                }
            }
            compiled(&name, &list.concat());
        }
    }
}

#[test]
fn edited_lines() {
    let mut random = Random(2);
    for (name, text) in texts() {
        for _ in 0..8 {
            let mut lines: Vec<&str> = text.lines().collect();
            let (a, b) = (random.draw(lines.len()), random.draw(lines.len()));
            match random.draw(3) {
                0 => drop(lines.remove(a)),
                1 => lines.insert(a, lines[b]),
                _ => lines.swap(a, b),
            }
            compiled(&name, &lines.join("\n"));
        }
    }
}

#[test]
fn token_soups() {
    let mut random = Random(3);
    let words: Vec<String> = texts().iter().flat_map(|(_, t)| tokens(t)).collect();
    for k in 0..100 {
        let body: String = (0..random.draw(40))
            .map(|_| words[random.draw(words.len())].clone() + " ")
            .collect();
        compiled(
            &format!("soup {k}"),
            &format!("model M under O(3) (m: cloud(3), x: m.nodes -> 4x1o) -> 1 {{\n  {body}\n}}\n"),
        );
    }
}

#[test]
fn hostile_programs() {
    let model = |signature: &str, body: &str| format!("model M {signature} {{\n  {body}\n}}\n");
    let cases = [
        String::new(),
        model("(x: 3) -> 3", "repeat 1000000000 {\n    y = x\n  }\n  x"),
        model(
            "(x: 3) -> 3",
            "iterate 9223372036854775807 from h = x {\n    h' = h\n  }\n  h",
        ),
        model("under O(3) (x: 1000000000x7o) -> 1", "norm2(x)"),
        model("under O(3) (x: 1000000x32o) -> 1", "norm2(linear(x, 1000000x32o))"),
        model("under D(4) (p: grid(9), x: p -> 1) -> 1", "x |> pool(mean)"),
        model("under D(4) (p: grid(0), x: p -> 1) -> 1", "x |> pool(mean)"),
        model("under S(60) (x: regular) -> 1", "norm2(x)"),
        model("under O(3) (x: 4x1o) -> 1", "(a, b) = split(x, 8x1o)\n  norm2(a)"),
        model("under O(3) (x: 4x1o) -> 1", "norm2(harmonics(x, 3))"),
        model(
            "(m: cloud(3)) -> (m.edges -> 9)",
            "y[e in m.edges] = harmonics(e.vec, 2)\n  y",
        ),
        model(
            "under D(4) (m: cloud(3), x: m.nodes -> regular) -> (m.nodes -> regular)",
            "param K: sphere(2) -> hom(regular, regular)\n  y[i] = sum e: j -> i in m.edges: K[e.dir](x[j])\n  y",
        ),
        model(
            "under D(4) (p: grid(2, size = 4096*k), x: p -> 1) -> 1",
            "x |> max_pool(64) |> max_pool(64) |> max_pool(64) |> pool(mean)",
        ),
        model("(x: 3) -> 3", &format!("x{}", " |> linear(3)".repeat(500))),
        model("(x: 3) -> 3", &format!("x ^ {}", "9".repeat(18))),
        model("(x: 3) -> 3", "2 ^ 4611686018427387904 * x / 0"),
        model(
            "(x: 3) -> 3",
            "x * (9223372036854775807 * 9223372036854775807 + 1 - -9223372036854775807)",
        ),
        "const a: int = b\nconst b: int = a\nmodel M (x: 3) -> 3 {\n  a * x\n}\n".into(),
        "layer f(x: a) -> a {\n  g(g(x))\n}\nlayer g(x: a) -> a {\n  f(f(x))\n}\nmodel M (x: 3) -> 3 {\n  f(x)\n}\n"
            .into(),
        "rep V = V\nmodel M (x: V) -> 1 {\n  norm2(x)\n}\n".into(),
        "group G = G\nmodel M under G (x: 1) -> 1 {\n  x\n}\n".into(),
    ];
    for (k, text) in cases.iter().enumerate() {
        compiled(&format!("hostile {k}"), text);
    }
}
