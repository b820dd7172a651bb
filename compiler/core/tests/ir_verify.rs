//! What the verifier accepts and rejects.

use gdl_core::ir::text::parse;
use gdl_core::ir::verify::verify;

const HEAD: &str = r#"func "f"
dim d0 samples
dim d1 ragged "nodes"
dim d2 ragged "edges"
dim d3 grid "image" 2
dim d4 coarse d3 size 2 stride 2 pad 0
dim d5 stacked d1 d0
dim d6 rounds 3
map m0 sample d1
map m1 given "src" d2 d1
map m2 step d1 d5
map m3 unstack d5
input "x" [d1, 2, 3]
input "kind" [d1] class 4
input "image" [d3, 2]
param "w" [3, 2]
%0 = input 0 : [d1, 2, 3]
%1 = param 0 : [3, 2]
%2 = input 2 : [d3, 2]
%3 = fill 0 : [d0, 2]
%4 = fill 0 : [d5, 2]
"#;

fn check(nodes: &str) -> Result<(), String> {
    verify(&parse(&format!("{HEAD}{nodes}\nreturn")).unwrap())
}

#[test]
fn accepted() {
    let list = [
        "%5 = input 1 : [d1, 4]",
        "%5 = fill 0 : [d4, 0, 2]",
        "%5 = contract %0 [i, j] %0 [k, l] [] : []",
        "%5 = broadcast %1 [1, 0] : [d2, 2, 3]",
        "%5 = window %2 [[0, 0]] stride 2 zero d3 d4 : [d4, 1, 2]",
        "%5 = gather %3 m3 : [d5, 2]",
        "%5 = compare lt m0 m0 : [d1]",
        "%5 = scan d1 init [%3] xs [%4] captures [%1] { %0 = arg 0 : [d0, 2] return %0 %0 }\n%6 = proj %5 1 : [d5, 2]",
    ];
    for nodes in list {
        assert_eq!(check(nodes), Ok(()), "{nodes}");
    }
}

#[test]
fn rejected() {
    let list = [
        ("%5 = neg %6 : [d0]", "%6 is not made before it is read"),
        ("%5 = neg %5 : [d0]", "%5 is not made before it is read"),
        ("%5 = input 1 : [d1]", "should be [d1, 4]"),
        ("%5 = input 3 : [d1]", "there is no input 3"),
        ("%5 = param 1 : [1]", "there is no parameter 1"),
        ("%5 = arg 0 : [1]", "there is no argument 0"),
        ("%5 = fill 0 : [d9]", "unknown dim"),
        ("%5 = fill 0 : [d1, 70000, 70000]", "too long"),
        ("%5 = const [1, 2] : [3]", "2 numbers for axes [3]"),
        ("%5 = const [1, 2] : [d0, 2]", "should be [2]"),
        ("%5 = neg %0 : [d1, 3, 2]", "should be [d1, 2, 3]"),
        ("%5 = add %0 %1 : [d1, 2, 3]", "should be"),
        ("%5 = broadcast %1 [0, 0] : [3, 3]", "do not place"),
        ("%5 = broadcast %1 [0] : [3, 2]", "do not place"),
        ("%5 = broadcast %1 [0, 5] : [3, 2]", "do not place"),
        ("%5 = broadcast %0 [0, 1] : [d2, 2, 3]", "cannot be spread"),
        ("%5 = broadcast %0 [0, 1] : [2, 3]", "cannot be spread"),
        ("%5 = reshape %0 : [d1, 5]", "cannot be read"),
        (
            "%5 = slice %0 axis 1 from 2 len 2 : [d1, 2, 2]",
            "2 entries from 2 of an axis of 3",
        ),
        (
            "%5 = slice %0 axis 1 from 4294967295 len 2 : [d1, 2, 2]",
            "of an axis of 3",
        ),
        ("%5 = slice %0 axis 2 from 0 len 1 : [d1, 2, 3]", "axis 2 of 2"),
        ("%5 = concat [] axis 0 : [0]", "0 entries"),
        ("%5 = concat [%0, %0] axis 0 : [d1, 3, 3]", "4 entries"),
        ("%5 = concat [%0, %1] axis 0 : [d1, 5, 3]", "should be"),
        ("%5 = concat [%0] axis 7 : [d1, 2, 3]", "no axis 7"),
        ("%5 = contract %0 [i, j] %1 [i, j] [] : [d1]", "two extents"),
        ("%5 = contract %0 [i, j] %1 [j] [i] : [d1, 2]", "1 letters"),
        ("%5 = contract %0 [i, j] %1 [j, k] [k, k] : [d1, 2, 2]", "twice"),
        ("%5 = contract %0 [i, j] %1 [j, k] [z] : [d1, 2]", "does not fit"),
        ("%5 = contract %0 [i, j] %1 [j, k] [i] : [d1, 3]", "does not fit"),
        ("%5 = contract %0 [i, j] %1 [j, k] [i] : [d1, 2, 2]", "1 letters for"),
        ("%5 = contract %0 [i, j] %2 [k] [i] : [d1, 2]", "different rows"),
        ("%5 = contract %1 [i, j] %1 [i, j] [] : [d1]", "no argument has"),
        ("%5 = reduce sum %0 axis 2 : [d1, 2]", "axis 2 of 2"),
        ("%5 = reduce sum %0 axis 1 : [d1, 3]", "should be [d1, 2]"),
        ("%5 = gather %0 m0 : [d1, 2, 3]", "should be"),
        ("%5 = gather %0 m9 : [d1, 2, 3]", "no map m9"),
        ("%5 = segment sum %0 m1 : [d1, 2, 3]", "should be"),
        ("%5 = segment sum %0 m0 : [d1, 2, 3]", "should be [d0, 2, 3]"),
        ("%5 = total %1 : [3, 2]", "no rows"),
        (
            "%5 = window %0 [[0, 0]] stride 1 zero d1 d1 : [d1, 1, 2, 3]",
            "windows are for grids",
        ),
        (
            "%5 = window %2 [[0]] stride 2 zero d3 d4 : [d4, 1, 2]",
            "offsets need 2 numbers",
        ),
        (
            "%5 = window %2 [[0, 0]] stride 3 zero d3 d4 : [d4, 1, 2]",
            "no coarsening",
        ),
        (
            "%5 = window %2 [[0, 0]] stride 2 zero d3 d3 : [d3, 1, 2]",
            "no coarsening",
        ),
        ("%5 = window %2 [[0, 0]] stride 2 zero d3 d4 : [d4, 2]", "should be"),
        ("%5 = compare eq m0 row : [d1]", "common target"),
        ("%5 = compare eq m1 m1 : [d1]", "does not start"),
        ("%5 = position : [d1, 2]", "positions"),
        ("%5 = position : [d5]", "positions"),
        ("%5 = proj %3 0 : [d0]", "a loop"),
        ("%5 = detach %3 : [d0]", "should be"),
        (
            "%5 = scan d6 init [%3] xs [] captures [] { return }",
            "must give all its states",
        ),
        (
            "%5 = scan d6 init [%1] xs [] captures [] { %0 = arg 0 : [3, 2] return %0 }",
            "without rows",
        ),
        (
            "%5 = scan d6 init [%3] xs [%4] captures [] { %0 = arg 0 : [d0, 2] return %0 }",
            "not stacked",
        ),
        (
            "%5 = scan d5 init [%3] xs [] captures [] { %0 = arg 0 : [d0, 2] return %0 }",
            "needs a time",
        ),
        (
            "%5 = scan d1 init [%3] xs [] captures [%1] { %0 = arg 1 : [3, 2] return %0 }",
            "state 0",
        ),
        (
            "%5 = scan d1 init [%3] xs [] captures [] { %0 = arg 1 : [d0, 2] return %0 }",
            "in the loop: %0",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [%0] { %0 = arg 0 : [d1, 2, 3] return %0 }",
            "no stacked dim",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [] { %0 = input 0 : [d1, 2, 3] return }",
            "must be captured",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [] { %0 = param 0 : [3, 2] return }",
            "must be captured",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [%3] { %0 = arg 0 : [d0, 2] %1 = total %0 : [2] return }",
            "per sample",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [%3] { %0 = arg 0 : [d0, 2] %1 = contract %0 [a] %0 [a] [] : [] return }",
            "per sample",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [] { return }\n%6 = proj %5 0 : [d0]",
            "no result 0",
        ),
        (
            "%5 = scan d1 init [] xs [] captures [] { return }\n%6 = detach %5 : []",
            "a loop",
        ),
    ];
    for (nodes, want) in list {
        let e = check(nodes).unwrap_err();
        assert!(e.contains(want), "{nodes}\n{e}");
    }
}

#[test]
fn domains_and_results() {
    let list = [
        ("return", "dim 0 must be the samples"),
        ("dim d0 ragged \"n\"\nreturn", "dim 0 must be the samples"),
        ("dim d0 samples\ndim d1 samples\nreturn", "dim d1 is ill-defined"),
        ("dim d0 samples\ndim d1 pairs d1 d0\nreturn", "dim d1 is ill-defined"),
        ("dim d0 samples\ndim d1 grid \"g\" 0\nreturn", "dim d1 is ill-defined"),
        (
            "dim d0 samples\ndim d1 grid \"g\" 1\ndim d2 coarse d1 size 2 stride 0 pad 0\nreturn",
            "dim d2 is ill-defined",
        ),
        (
            "dim d0 samples\ndim d1 coarse d0 size 2 stride 1 pad 0\nreturn",
            "dim d1 is ill-defined",
        ),
        ("dim d0 samples\nmap m0 sample d1\nreturn", "map m0 is ill-defined"),
        ("dim d0 samples\nmap m0 left d0\nreturn", "map m0 is ill-defined"),
        ("dim d0 samples\nmap m0 compose m0 m0\nreturn", "map m0 is ill-defined"),
        ("dim d0 samples\nmap m0 unstack d0\nreturn", "map m0 is ill-defined"),
        ("dim d0 samples\nmap m0 step d0 d0\nreturn", "map m0 is ill-defined"),
        ("dim d0 samples\ninput \"x\" [d1]\nreturn", "unknown dim"),
        ("dim d0 samples\nparam \"x\" [d0]\nreturn", "without dim"),
        ("dim d0 samples\nparam \"x\" [1] class 2\nreturn", "must be real"),
        ("dim d0 samples\nreturn \"x\" %0", "the result %0 does not exist"),
        (
            "dim d0 samples\n%0 = scan d0 init [] xs [] captures [] { return }\nreturn \"x\" %0",
            "is a loop",
        ),
    ];
    for (text, want) in list {
        let e = verify(&parse(&format!("func \"f\"\n{text}")).unwrap()).unwrap_err();
        assert!(e.contains(want), "{text}\n{e}");
    }
}
