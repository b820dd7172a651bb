//! Softmax over pairs and edges: no memory for all of them, forwards and backwards.

mod common;

use common::{Random, argument, check_func};
use gdl_abi::{DimDef, DoorSizes, Instance, MapId, MapParts};
use gdl_codegen::{Options, compile};
use gdl_core::ir::text::parse;
use gdl_core::ir::{Func, grad};
use gdl_runtime::{Array, Program};

/// Softmax of inner products of queries and keys, mean of values. The rows over which it runs stand in `DIMS`.
const ATTENTION: &str = r#"
func "Attention"
dim d0 samples
dim d1 ragged "nodes"
DIMS
input "q" [d1, 2, 5]
input "k" [d1, 2, 5]
input "v" [d1, 2, 5]
%0 = input 0 : [d1, 2, 5]
%1 = input 1 : [d1, 2, 5]
%2 = input 2 : [d1, 2, 5]
%3 = gather %0 m0 : [d2, 2, 5]
%4 = gather %1 m1 : [d2, 2, 5]
%5 = gather %2 m1 : [d2, 2, 5]
%6 = contract %3 [a, b] %4 [a, b] [a] : [d2, 2]
%7 = segment max %6 m0 : [d1, 2]
%8 = detach %7 : [d1, 2]
%9 = gather %8 m0 : [d2, 2]
%10 = sub %6 %9 : [d2, 2]
%11 = exp %10 : [d2, 2]
%12 = segment sum %11 m0 : [d1, 2]
%13 = broadcast %11 [0] : [d2, 2, 5]
%14 = mul %5 %13 : [d2, 2, 5]
%15 = segment sum %14 m0 : [d1, 2, 5]
%16 = fill 0 : [d1, 2]
%17 = eq %12 %16 : [d1, 2]
%18 = fill 1 : [d1, 2]
%19 = select %17 %18 %12 : [d1, 2]
%20 = broadcast %19 [0] : [d1, 2, 5]
%21 = div %15 %20 : [d1, 2, 5]
return "y" %21
"#;

const PAIRS: &str = "dim d2 pairs d1 d1\nmap m0 left d2\nmap m1 right d2";
const EDGES: &str = "dim d2 ragged \"edges\"\nmap m0 given \"dst\" d2 d1 sorted\nmap m1 given \"src\" d2 d1";

fn attention(dims: &str) -> Func {
    parse(&ATTENTION.replace("DIMS", dims)).expect("a function")
}

/// Samples of 4, 0, 1 and 5 nodes; a node without edges, and two edges between the same nodes.
fn batch() -> DoorSizes {
    let list = |name: &str, x: &[u32]| (name.to_string(), x.to_vec());
    DoorSizes {
        samples: 4,
        ragged: vec![list("nodes", &[0, 4, 4, 5, 10]), list("edges", &[0, 6, 6, 7, 11])],
        maps: vec![
            list("src", &[1, 2, 1, 1, 0, 3, 4, 6, 7, 9, 5]),
            list("dst", &[0, 0, 0, 2, 3, 3, 4, 5, 5, 6, 9]),
        ],
        ..DoorSizes::default()
    }
}

fn compiled(func: &Func) -> gdl_codegen::Compiled {
    let options = Options {
        double: true,
        threads: 1,
        texts: false,
    };
    compile(func, &options).expect("a program")
}

/// The temporary arrays with a row for every row of dim 2.
fn stored(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|l| l.starts_with("  temp") && l.contains("[d2,"))
        .collect()
}

#[test]
fn softmax_over_pairs() {
    let func = attention(PAIRS);
    let gradient = grad::vjp(&func).expect("a gradient");
    for (what, func) in [("values", &func), ("gradients", &gradient)] {
        check_func(func, &batch(), 7);
        let program = compiled(func);
        let text = program.loop_text();
        assert_eq!(stored(&text), [""; 0], "{what}: {text}");
        // Only where every list begins is read, not which pairs are in it.
        let domains = &program.signature().domains;
        let pairs = domains.dims.iter().position(|d| matches!(d, DimDef::Pairs { .. }));
        for m in (0..domains.maps.len() as u32).map(MapId) {
            if pairs == Some(domains.ends(m).0.0 as usize) {
                let MapParts { index, order, .. } = domains.parts(m);
                assert!(!index && !order, "{what}: {text}");
            }
        }
    }
}

/// A batch that has only what the program reads gives the same bits.
#[test]
fn batches_need_no_more_than_is_read() {
    let func = grad::vjp(&attention(PAIRS)).expect("a gradient");
    let program = compiled(&func);
    let (lean, full) = (&program.signature().domains, &func.domains);
    assert_ne!(lean, full);
    let mut random = Random(3);
    let run = |batch: &Instance, inputs: &[Array]| {
        let mut outputs = Vec::new();
        let inputs: Vec<&Array> = inputs.iter().collect();
        program.run(batch, &inputs, &[], &mut outputs).map(|()| outputs)
    };
    let all = Instance::new(full, &batch()).expect("a batch");
    let inputs: Vec<Array> = func
        .inputs
        .iter()
        .map(|decl| Array::F64(argument(decl, &all, &mut random)))
        .collect();
    let some = Instance::new(lean, &batch()).expect("a batch");
    assert_eq!(run(&all, &inputs), run(&some, &inputs));
    // One that lacks what is read is refused.
    let mut poor = lean.clone();
    poor.parts.fill(MapParts::default());
    let poor = Instance::new(&poor, &batch()).expect("a batch");
    let refused = run(&poor, &inputs).expect_err("there are no lists");
    assert!(refused.to_string().contains("reads less"), "{refused}");
}

#[test]
fn softmax_over_edges() {
    let func = attention(EDGES);
    check_func(&func, &batch(), 8);
    let text = compiled(&func).loop_text();
    assert_eq!(stored(&text), [""; 0], "{text}");
    check_func(&grad::vjp(&func).expect("a gradient"), &batch(), 9);
}
