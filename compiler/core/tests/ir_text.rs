//! The text form: round trips, errors, and that no text whatsoever makes the reader, the verifier or the interpreter panic.

use gdl_abi::{DoorSizes, Instance};
use gdl_core::ir::interp::{Real64, run};
use gdl_core::ir::random::random_program;
use gdl_core::ir::text::{parse, print, print_short};
use gdl_core::ir::verify::{input_shape, verify};
use gdl_core::ir::{Func, Op};
use gdl_rep::Exact;

/// Every kind of dim, map and operator.
const ALL: &str = r#"func "all \"of\" it\\"
dim d0 samples
dim d1 ragged "nodes"
dim d2 ragged "edges"
dim d3 grid "image" 2
dim d4 coarse d3 size 3 stride 2 pad 1
dim d5 pairs d1 d2
dim d6 stacked d1 d0
dim d7 rounds 3
dim d8 rounds 0 like d1
map m0 sample d1
map m1 given "src" d2 d1
map m2 given "dst" d2 d1 sorted
map m3 left d5
map m4 right d5
map m5 compose m1 m0
map m6 unstack d6
map m7 step d1 d6
input "x" [d1, 2, 3]
input "kind" [d1] class 4
input "image" [d3, 2]
param "conv.K" [3, 2]
%0 = input 0 : [d1, 2, 3] @7
%1 = input 1 : [d1, 4]
%2 = param 0 : [3, 2]
%3 = const [1, -1/3, 0.5, 0.1~, 0.3333333333333333~1234, -0.0] : [3, 2]
%4 = fill inf : [d1, 2, 3]
%5 = select %0 %4 %0 : [d1, 2, 3] @4294967294
%6 = powi -3 %5 : [d1, 2, 3]
%7 = broadcast %0 [2, 1] : [d1, 5, 3, 2]
%8 = reshape %0 : [d1, 6]
%9 = slice %8 axis 0 from 1 len 2 : [d1, 2]
%10 = concat [%9, %9] axis 0 : [d1, 4]
%11 = contract %0 [i, j] %2 [j, 200] [200, i] : [d1, 2, 2]
%12 = contract %0 [i, j] %2 [j, k] [] : []
%13 = reduce prod %0 axis 1 : [d1, 2]
%14 = gather %13 m1 : [d2, 2]
%15 = segment max %14 m2 : [d1, 2]
%16 = segment sum %15 m7 : [d6, 2]
%17 = total %15 : [2]
%18 = input 2 : [d3, 2]
%19 = window %18 [[-1, 0], [1, 1]] stride 2 wrap d3 d4 : [d4, 2, 2]
%20 = window_adjoint %19 [[-1, 0], [1, 1]] stride 2 zero d3 d4 : [d3, 2]
%21 = compare le m3 m3 : [d5]
%22 = compare eq row row : [d1]
%23 = position : [d2]
%24 = gather %14 m4 : [d5, 2]
%25 = segment min %24 m3 : [d1, 2]
%26 = segment sum %25 m0 : [d0, 2]
%27 = scan_reverse d1 init [%26] xs [%16] captures [%17, %12] {
  %0 = arg 0 : [d0, 2]
  %1 = arg 1 : [d0, 2]
  %2 = arg 2 : [2]
  %3 = broadcast %2 [0] : [d0, 2]
  %4 = scan d7 init [%0] xs [] captures [%3] {
    %0 = arg 0 : [d0, 2]
    %1 = arg 1 : [d0, 2]
    %2 = mul %0 %1 : [d0, 2]
    return %2
  }
  %5 = proj %4 0 : [d0, 2]
  %6 = add %5 %1 : [d0, 2]
  return %6 %5
} @3
%28 = proj %27 0 : [d0, 2]
%29 = proj %27 1 : [d6, 2]
%30 = gather %28 m5 : [d2, 2]
%31 = detach %30 : [d2, 2]
return "a" %31 "b" %29 "b" %11 "" %20
"#;

#[test]
fn round_trip() {
    let func = parse(ALL).unwrap();
    verify(&func).unwrap();
    assert_eq!(print(&func), ALL);
    assert_eq!(func.name, "all \"of\" it\\");
    let Op::Const(c) = &func.body.nodes[3].op else {
        panic!("not a constant")
    };
    assert_eq!(c.data[1], Exact::ratio(-1, 3));
    assert_eq!(c.data[3], Exact::inexact(0.1));
    assert_eq!(
        c.data[4],
        Exact {
            f: 1.0 / 3.0,
            r: Some(1234)
        }
    );
}

#[test]
fn random_programs_round_trip() {
    for seed in 0..200 {
        let func = random_program(seed, 25).0;
        assert_eq!(verify(&func), Ok(()), "seed {seed}");
        let text = print(&func);
        assert_eq!(parse(&text), Ok(func), "seed {seed}\n{text}");
    }
}

#[test]
fn numbers_keep_every_bit() {
    let list = [
        Exact::ZERO,
        Exact::int(-7),
        Exact::float(-0.0),
        Exact::float(0.375),
        Exact::float(1e300),
        Exact::float(f64::MIN_POSITIVE),
        Exact::ratio(22, 7),
        Exact::ratio(1, 1_000_003),
        Exact::decimal("0.1").unwrap(),
        Exact::inexact(0.1),
        Exact::inexact(3.0),
        Exact::sqrt_int(2),
        Exact::sqrt_ratio(3, 5),
        Exact::cos_2pi(1, 7),
        Exact::float(f64::NEG_INFINITY),
        Exact::wide(1 << 90),
    ];
    for x in list {
        let mut func = parse("func \"f\"\ndim d0 samples\n%0 = fill 0 : [2]\nreturn \"y\" %0").unwrap();
        func.body.nodes[0].op = Op::Fill(x);
        let text = print(&func);
        let Op::Fill(y) = parse(&text).unwrap().body.nodes[0].op else {
            panic!("{text}")
        };
        assert_eq!((x.f.to_bits(), x.r), (y.f.to_bits(), y.r), "{text}");
    }
}

#[test]
fn the_example_of_the_specification_is_a_program() {
    let spec = include_str!("../../../spec/ir.md");
    let start = spec.find("    func").unwrap();
    let block: Vec<&str> = spec[start..]
        .lines()
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    let func = parse(&block.join("\n")).unwrap();
    assert_eq!(verify(&func), Ok(()));
    assert_eq!(print(&func), block.join("\n") + "\n");
}

#[test]
fn layout_is_free() {
    let text = "func \"f\" # a comment\n dim d0 samples input \"x\"[d0,3]%0=input 0:[d0 3]\n\n%1\n= neg %0 :[d0,,3] return \"y\" %1";
    let func = parse(text).unwrap();
    assert_eq!(parse(&print(&func)), Ok(func));
}

#[test]
fn long_constants_are_shortened_for_people() {
    let data: Vec<String> = (0..100).map(|k| k.to_string()).collect();
    let text = format!(
        "func \"f\"\ndim d0 samples\n%0 = const [{}] : [100]\nreturn \"y\" %0\n",
        data.join(", ")
    );
    let func = parse(&text).unwrap();
    assert_eq!(print(&func), text);
    assert!(print_short(&func).contains("%0 = const [0, 1, 2, 3, 4, 5, 6, 7, … 92 more] : [100]"));
}

#[test]
fn errors_name_the_line() {
    let cases = [
        ("", "line 1: the text ends too early"),
        ("func \"f", "line 1: the name \"f has no end"),
        ("func f", "line 1: a name in quotation marks should be here, not `f`"),
        (
            "func \"f\"\ndim d1 samples",
            "line 2: dims are numbered in order: 0 should come here, not 1",
        ),
        (
            "func \"f\"\ndim d0 sample",
            "line 2: there are no dims of kind `sample`",
        ),
        ("func \"f\"\n\n%0 = blur %1 : []", "line 3: there is no operator `blur`"),
        ("func \"f\"\n%1 = position : []", "line 2: values are numbered in order"),
        (
            "func \"f\"\n%0 = neg 1 : []",
            "line 2: `1` is not a value, such as `%0`",
        ),
        ("func \"f\"\n%0 = fill 1/0 : []", "line 2: `1/0` is not a number"),
        ("func \"f\"\n%0 = fill 1\n[]", "line 3: `:` should be here, not `[`"),
        (
            "func \"f\"\n%0 = reduce mean %0 axis 0 : []",
            "line 2: `mean` is none of sum, prod, max, min",
        ),
        (
            "func \"f\"\n%0 = fill 1 : [-3]",
            "line 2: `-3` is not a number that fits here",
        ),
        ("func \"f\"\n%0 = fill 0~99999999999999999999 : []", "line 2"),
        (
            "func \"f\"\nreturn \"x\" %0 }",
            "line 2: a name in quotation marks should be here, not `}`",
        ),
    ];
    for (text, want) in cases {
        let e = parse(text).unwrap_err();
        assert!(e.starts_with(want), "{text}\n{e}");
    }
    let deep = format!(
        "func \"f\"\n{}",
        "%0 = scan d0 init [] xs [] captures [] {\n".repeat(100_000)
    );
    assert!(parse(&deep).unwrap_err().contains("nested too deep"));
}

/// What a text leads to, as far as it goes.
fn try_all(text: &str) {
    let Ok(func) = parse(text) else { return };
    assert_eq!(parse(&print(&func)).map(|f| print(&f)), Ok(print(&func)));
    if verify(&func).is_ok() {
        drop(try_run(&func));
    }
}

fn try_run(func: &Func) -> Result<(), String> {
    let door = DoorSizes {
        samples: 2,
        ragged: vec![("nodes".into(), vec![0, 2, 3]), ("edges".into(), vec![0, 2, 3])],
        grids: vec![("image".into(), vec![3, 5])],
        maps: vec![("src".into(), vec![1, 1, 2]), ("dst".into(), vec![0, 1, 2])],
    };
    let instance = Instance::new(&func.domains, &door)?;
    let fill = |decl| {
        let shape = input_shape(decl);
        let rows = shape.dim.map_or(1, |d| instance.rows[d.0 as usize]);
        vec![0.5; rows * shape.row_len()]
    };
    let inputs: Vec<Vec<f64>> = func.inputs.iter().map(fill).collect();
    let params: Vec<Vec<f64>> = func.params.iter().map(fill).collect();
    run(&Real64, func, &instance, &inputs, &params).map(drop)
}

/// All words of the program replaced by others of it, one at a time.
#[test]
fn no_text_makes_anything_panic() {
    assert_eq!(try_run(&parse(ALL).unwrap()), Ok(()));
    let words: Vec<&str> = ALL.split_inclusive([' ', '\n', ',', '[', ']']).collect();
    let others = [
        "", "d0", "d1,", "d6]", "%0", "%27", "m0", "m3\n", "0", "1]", "3", "7", "[", "]", "\"", "max", "1/7",
    ];
    for k in 0..words.len() {
        for other in others {
            let end = if words[k].ends_with('\n') { "\n" } else { " " };
            try_all(&[&words[..k].concat(), other, end, &words[k + 1..].concat()].concat());
        }
        try_all(&words[..k].concat());
    }
}
