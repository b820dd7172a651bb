//! What texts mean, as S-expressions: items, statements, expressions, precedence and layout.

use gdl_syntax::ast::ItemKind;
use gdl_syntax::print::{print, print_expr};
use gdl_syntax::{dump, parse, parse_expr};

/// The expression `input` has the shape `expected`, and so has what is printed of it.
#[track_caller]
fn expr(input: &str, expected: &str) {
    match parse_expr(0, input) {
        Ok(e) => {
            assert_eq!(dump::expr(&e), expected, "{input}");
            let printed = print_expr(&e);
            let again = parse_expr(0, &printed).map(|e| dump::expr(&e));
            assert_eq!(again.as_deref(), Ok(expected), "{input} as {printed}");
        }
        Err(errors) => panic!("{input}: {errors:#?}"),
    }
}

/// The file `input` has the shape `expected` up to blanks, and so has what is printed of it.
#[track_caller]
fn file(input: &str, expected: &str) {
    let parsed = parse(0, input);
    assert!(parsed.errors.is_empty(), "{input}: {:#?}", parsed.errors);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&dump::dump(&parsed.ast)), words(expected), "{input}");
    let printed = print(&parsed.ast);
    let again = parse(0, &printed);
    assert!(again.errors.is_empty(), "{printed}: {:#?}", again.errors);
    assert_eq!(words(&dump::dump(&again.ast)), words(expected), "{printed}");
}

/// The body `input` of a layer has the statements `expected`.
#[track_caller]
fn body(input: &str, expected: &str) {
    file(
        &format!("layer f(x: a) {{\n{input}\n}}"),
        &format!("(layer f (: x a) (do {expected}))"),
    );
}

#[test]
fn numbers() {
    for (input, expected) in [
        ("42", "42"),
        ("1e-2", "1e-2"),
        ("1e2", "1e2"),
        ("5.0", "5.0"),
        ("2.5e+3", "2.5e+3"),
        ("2e+16", "2e+16"),
        ("2e + 16", "(+ 2e 16)"),
        ("2e+16x1o", "(+ 2e 16x1o)"),
        ("2e+1o", "(+ 2e 1o)"),
        ("16x1o", "16x1o"),
        ("1000000000x7o", "1000000000x7o"),
        ("18446744073709551615", "18446744073709551615"),
        ("0..heads", "(.. 0 heads)"),
        ("0..2", "(.. 0 2)"),
        ("0-1", "(- 0 1)"),
    ] {
        expr(input, expected);
    }
}

#[test]
fn precedence() {
    for (input, expected) in [
        ("a -> b -> c", "(-> a (-> b c))"),
        ("0..c -> n x V + W", "(-> (.. 0 c) (+ (x n V) W))"),
        ("a else b or c and not d == e", "(else a (or b (and c (not (== d e)))))"),
        ("not a == b and c", "(and (not (== a b)) c)"),
        ("a .. b ++ c + d * e x f ^ g", "(.. a (++ b (+ c (* d (x e (^ f g))))))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b * c", "(* (/ a b) c)"),
        ("2 x 3 x V", "(x 2 (x 3 V))"),
        ("a ^ b ^ c", "(^ a (^ b c))"),
        ("-a^2", "(- (^ a 2))"),
        ("-a x b", "(x (- a) b)"),
        ("a * -b", "(* a (- b))"),
        ("- - a", "(- (- a))"),
        ("a + b as c + d", "(as (+ a b) (+ c d))"),
        ("a as T else b", "(else (as a T) b)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("x |> f |> g(1)", "(|> (|> x f) (call g 1))"),
        ("D(4).r^2", "(^ (. (call D 4) r) 2)"),
    ] {
        expr(input, expected);
    }
}

#[test]
fn postfix() {
    for (input, expected) in [
        (
            "K[e][k][e.dir](h[j][k])",
            "(call (index (index (index K e) k) (. e dir)) (index (index h j) k))",
        ),
        ("y[i, j]", "(index y i j)"),
        ("h.[1o]", "(block h 1o)"),
        ("f(x, key = 2,)", "(call f x (= key 2))"),
        ("f()", "(call f)"),
        ("mlp(_, [64, 64])", "(call mlp _ (list 64 64))"),
        ("(a)", "a"),
        ("(a,)", "(tuple a)"),
        ("()", "(tuple)"),
        ("(energy = a, forces = b)", "(tuple (= energy a) (= forces b))"),
        ("h'[i]", "(index h' i)"),
        ("\"a{b\"", "\"a{b\""),
        ("graph[0-1, 1-2]", "(index graph (- 0 1) (- 1 2))"),
        (
            "fixed(0..c -> sphere(2) -> hom(V, U))",
            "(call fixed (-> (.. 0 c) (-> (call sphere 2) (call hom V U))))",
        ),
        (
            "permutations[(1 2 3 4)(5 6 7 8), (1 5)(3)]",
            "(index permutations (cycles (1 2 3 4) (5 6 7 8)) (cycles (1 5) (3)))",
        ),
        ("x[(1)]", "(index x 1)"),
    ] {
        expr(input, expected);
    }
}

#[test]
fn x_is_a_name_and_an_operator() {
    for (input, expected) in [
        ("x", "x"),
        ("x |> relu", "(|> x relu)"),
        ("x x x", "(x x x)"),
        ("c x V", "(x c V)"),
        ("x[i] x 2", "(x (index x i) 2)"),
        ("f(x, x)", "(call f x x)"),
        ("2 x(a)", "(x 2 a)"),
        ("max x V", "(x max V)"),
    ] {
        expr(input, expected);
    }
}

#[test]
fn reductions() {
    for (input, expected) in [
        ("sum i: a + b", "(sum i (: (+ a b)))"),
        ("1 + sum i: a", "(+ 1 (sum i (: a)))"),
        ("sum i, j in S: a", "(sum i (in j S) (: a))"),
        (
            "mean e: j -> i in m.edges: f(x) else 0",
            "(mean (edge e j i (. m edges)) (: (call f x)) (else 0))",
        ),
        (
            "mean o in w: (x[p + o] else 0)",
            "(mean (in o w) (: (else (index x (+ p o)) 0)))",
        ),
        ("mean o in w: (a) else (b)", "(mean (in o w) (: a) (else b))"),
        ("mean i: mean j: a else 0", "(mean i (: (mean j (: a) (else 0))))"),
        ("mean i: (mean j: a) else 0", "(mean i (: (mean j (: a))) (else 0))"),
        (
            "max i in S if p[i] if q: a",
            "(max (in i S) (if (index p i)) (if q) (: a))",
        ),
        ("mean j by w[j]: a", "(mean j (by (index w j)) (: a))"),
        ("mean j by softmax a / b: c", "(mean j (by-softmax (/ a b)) (: c))"),
        ("mean j by softmax(a): c", "(mean j (by (call softmax a)) (: c))"),
        ("(sum i: a) |> f", "(|> (sum i (: a)) f)"),
        ("sum i: (a |> f)", "(sum i (: (|> a f)))"),
        ("max(a, b)", "(call max a b)"),
        ("pool(mean)", "(call pool mean)"),
        ("for n x V in a: f(n)", "(for n V a (call f n))"),
        ("sum i if (sum j: a) > 0: b", "(sum i (if (> (sum j (: a)) 0)) (: b))"),
    ] {
        expr(input, expected);
    }
}

#[test]
fn compile_time_choice() {
    expr("if n == 1 { a } else { b }", "(if (== n 1) (do a) (do b))");
    expr(
        "if a { 1 } else if b { 2 } else if c { 3 } else { 4 }",
        "(if a (do 1) (do (if b (do 2) (do (if c (do 3) (do 4))))))",
    );
    expr("if a { 1 }", "(if a (do 1) (do))");
    body(
        "y = 1\nif a {\n  param W: T\n} else {\n  z = 2\n}\ny",
        "(= y 1) (if a (do (param W T)) (do (= z 2))) y",
    );
    body("y = 1 + if a { 1 } else { 2 }\ny", "(= y (+ 1 (if a (do 1) (do 2)))) y");
}

#[test]
fn parameters() {
    body("param W: hom(a, b) ~ he", "(param W (call hom a b) (~ he))");
    body("param Q, K: T", "(param Q T) (param K T)");
    body("param phi = mlp(_, [64])", "(param phi (= (call mlp _ (list 64))))");
    let expected = "(param W T (~ (call normal 0.02)) (= 0) (in e3nn) (as \"l.w\"))";
    body("param W: T ~ normal(0.02) = 0 in e3nn as \"l.w\"", expected);
    body("param W: T as \"l.w\" in e3nn = 0 ~ normal(0.02)", expected);
    body("y = param\ny", "(= y param) y");
    body("param = 3\nparam", "(= param 3) param");
}

#[test]
fn statements() {
    body("const c: vector = (0, 0, 1)", "(const c vector (tuple 0 0 1))");
    body(
        "stat avg: 1 = mean i: d[i] over data",
        "(stat avg 1 (= (mean i (: (index d i)))) over-data)",
    );
    body("stat m: T", "(stat m T)");
    body("random w: T ~ normal(1)", "(random w T (call normal 1))");
    body("repeat 3 { h = f(h) }", "(repeat 3 (do (= h (call f h))))");
    body(
        "iterate g.size from h = e {\n  h'[i] = h[i]\n}\nh",
        "(iterate (. g size) (from (= h e)) (do (= (h' i) (index h i)))) h",
    );
    body(
        "scan t in s from h = 0, c = 1 { h' = h }",
        "(scan (in t s) (from (= h 0) (= c 1)) (do (= h' h)))",
    );
    body(
        "integrate t in T from x = a { x' = f(x) }",
        "(integrate (in t T) (from (= x a)) (do (= x' (call f x))))",
    );
    body("for n x V in a { y = n }", "(for n V a (do (= y n)))");
    body("for n x V in a: n", "(for n V a n)");
    body("y[i, j] = 1\ny[i][j] = 1", "(= (y i j) 1) (= (y i j) 1)");
    body("u[e: j -> i in m.edges] = 1", "(= (u (edge e j i (. m edges))) 1)");
    body("(h, x) = egnn(h, x, 64)", "(= (tuple h x) (call egnn h x 64))");
    body(
        "/// The mean.\n/// Of all.\nm = 1",
        "(doc \"The mean.\\nOf all.\" (= m 1))",
    );
}

#[test]
fn items() {
    file("use std::o3::{harmonics, gate}", "(use std::o3 (names harmonics gate))");
    file(
        "use \"layers/conv.gdl\"::{conv}",
        "(use \"layers/conv.gdl\" (names conv))",
    );
    file("use std::o3", "(use std::o3)");
    file(
        "setting width: int = 64\ntrust f: S -> T = g",
        "(setting width int 64) (trust f (-> S T) g)",
    );
    file("const up: vector = (0, 0, 1)", "(const up vector (tuple 0 0 1))");
    file(
        "model M under C(8) [approx] (x: g.nodes -> 1 = 0) -> (g.nodes -> 1) where g: graph, n: int { x }",
        "(model M (under (call C 8) approx) (: x (-> (. g nodes) 1) (= 0)) (-> (-> (. g nodes) 1)) \
         (where g graph) (where n int) (do x))",
    );
    file(
        "model M(x: 1) under O(3) -> 1 { x }",
        "(model M (under (call O 3)) (: x 1) (-> 1) (do x))",
    );
    file(
        "layer f(h, x: a) -> (h: a, x: m.nodes -> point)\nwhere a: rep\n{\n  (h = h, x = x)\n}",
        "(layer f (: h a) (: x a) (-> (: h a) (: x (-> (. m nodes) point))) (where a rep) (do (tuple (= h h) (= x x))))",
    );
    file(
        "test equivariant(Digits, f32, 1e-5)",
        "(test (call equivariant Digits f32 1e-5))",
    );
    file(
        "test \"t\" under O(3) {\n  g = graph[0-1, 1->2]\n  x: g.nodes -> 1 = [1, 2, 3]\n  x == x\n  sum(x) < 3\n}",
        "(test \"t\" (under (call O 3)) (= g (index graph (- 0 1) (-> 1 2))) (= x (: (-> (. g nodes) 1)) (list 1 2 3)) \
         (== x x) (< (call sum x) 3))",
    );
    file(
        "test \"drop transport\" rejects GDL0107 {\n  layer f(x: a) { x }\n  y = f(1)\n}",
        "(test \"drop transport\" (rejects GDL0107) (layer f (: x a) (do x)) (= y (call f 1)))",
    );
    file(
        "train M on D {\n  loss ce = a\n  metric m = b\n  epochs = 2\n}",
        "(train M D (loss ce a) (metric m b) (option epochs 2))",
    );
    file(
        "data D from \"f.npz\" {\n  x: 1 = a / 2\n  y: 1\n  fold = b\n}",
        "(data D \"f.npz\" (entry x (: 1) (= (/ a 2))) (entry y (: 1)) (entry fold (= b)))",
    );
}

#[test]
fn a_newline_ends_a_statement_or_not() {
    body("y = a\n+ b", "(= y (+ a b))");
    body("y = a +\n\n  b", "(= y (+ a b))");
    body("y = x\n  |> f\n\n  |> g", "(= y (|> (|> x f) g))");
    body("y = a // + c\n  // and\n  + b", "(= y (+ a b))");
    body("y = f(a,\n  -b\n  - c)", "(= y (call f a (- (- b) c)))");
    body(
        "y = sum i in S\n  if c\n  if d: e",
        "(= y (sum (in i S) (if c) (if d) (: e)))",
    );
    body("y = 1\nif c { z = 2 }\nz", "(= y 1) (if c (do (= z 2)) (do)) z");
    body("y = mean i: a\n  else 0", "(= y (mean i (: a) (else 0)))");
    body("y = a\n(h, x) = b", "(= y a) (= (tuple h x) b)");
    body("y = x\nx", "(= y x) x");
    body(
        "y = a /// no documentation\n/// some\nz = b",
        "(= y a) (doc \"some\" (= z b))",
    );
    body("y = a\n/// none here either\n  + b", "(= y (+ a b))");
    body("y = a\n/// nor here", "(= y a)");
    body("y = f(a, /// or here\n b)", "(= y (call f a b))");
}

#[test]
fn spans_are_bytes_of_the_text() {
    let text = "// é\nlayer f(x: a) { // é\n  y = x + 1 // é\n  y\n}";
    let parsed = parse(7, text);
    assert_eq!(parsed.errors, []);
    let ItemKind::Layer(layer) = &parsed.ast.items[0].kind else {
        panic!("a layer")
    };
    let texts: Vec<&str> = layer
        .body
        .stmts
        .iter()
        .map(|stmt| &text[stmt.span.start as usize..stmt.span.end as usize])
        .collect();
    assert_eq!(texts, ["y = x + 1", "y"]);
    assert_eq!(layer.name.span.file, 7);
}
