//! The builder: local laws, sharing, and misuse that is reported.

use gdl_abi::{DimDef, DimId, Dtype, MapDef, MapId};
use gdl_core::ir::build::WindowSpec;
use gdl_core::ir::text::print;
use gdl_core::ir::{Builder, Fold, Op, Scalar, Shape, Value};
use gdl_rep::Exact;

/// A builder with nodes `d1`, edges `d2` and maps to sources `m0` and destinations `m1`.
fn start() -> Builder {
    let mut b = Builder::new("t");
    let d = b.domains();
    let nodes = d.dim(DimDef::Ragged { name: "n".into() });
    let edges = d.dim(DimDef::Ragged { name: "e".into() });
    for name in ["src", "dst"] {
        d.map(MapDef::Given {
            name: name.into(),
            from: edges,
            to: nodes,
            sorted: false,
        });
    }
    b
}

const NODES: DimId = DimId(1);
const EDGES: DimId = DimId(2);
const SRC: MapId = MapId(0);

/// The value that `f` makes of `x: [d1, 2, 3]` (`%0`) and `p: [2, 3]` (`%1`), as the last line of the text form.
#[track_caller]
fn law(f: impl FnOnce(&mut Builder, Value, Value) -> Value, expected: &str) {
    let mut b = start();
    let x = b.input("x", Some(NODES), &[2, 3], Dtype::Real);
    let p = b.param("p", &[2, 3]);
    let y = f(&mut b, x, p);
    let func = b.finish([("y", y)]).unwrap();
    let name = format!("%{} = ", y.0);
    let text = print(&func);
    let line = text.lines().find_map(|l| l.strip_prefix(&name)).unwrap();
    assert_eq!(line, expected, "in\n{text}");
}

#[test]
fn laws_of_rings() {
    let x = "input 0 : [d1, 2, 3]";
    let zero = "fill 0 : [d1, 2, 3]";
    let number = |b: &mut Builder, n| b.int(Shape::new(Some(NODES), &[2, 3]), n);
    for n in [0, 1, -1] {
        let found = |f: Scalar, swapped: bool, expected: &str| {
            law(
                |b, x, _| {
                    let c = number(b, n);
                    if swapped { b.map2(f, c, x) } else { b.map2(f, x, c) }
                },
                expected,
            );
        };
        for swapped in [false, true] {
            match n {
                0 => {
                    found(Scalar::Add, swapped, x);
                    found(Scalar::Mul, swapped, zero);
                    found(Scalar::Sub, swapped, if swapped { "neg %0 : [d1, 2, 3]" } else { x });
                }
                1 => found(Scalar::Mul, swapped, x),
                _ => found(Scalar::Mul, swapped, "neg %0 : [d1, 2, 3]"),
            }
        }
    }
    law(|b, x, _| b.scale(x, Exact::ONE), x);
    law(
        |b, x, _| {
            let y = b.neg(x);
            b.neg(y)
        },
        x,
    );
    law(|b, x, _| b.map1(Scalar::PowI(1), x), x);
    law(|b, x, _| b.map1(Scalar::PowI(0), x), "fill 1 : [d1, 2, 3]");
    law(|b, x, _| b.select(x, x, x), x);
    law(
        |b, _, _| {
            let [third, three] = [Exact::ratio(1, 3), Exact::int(3)].map(|c| b.scalar(c));
            b.mul(third, three)
        },
        "fill 1 : []",
    );
    // Functions outside the ring stay, whatever is known of their arguments.
    law(
        |b, _, _| {
            let zero = b.scalar(Exact::ZERO);
            b.map1(Scalar::Exp, zero)
        },
        "exp %2 : []",
    );
    law(
        |b, _, _| {
            let [one, zero] = [1, 0].map(|n| b.int(Shape::default(), n));
            b.div(one, zero)
        },
        "div %2 %3 : []",
    );
}

#[test]
fn laws_of_movement() {
    let x = "input 0 : [d1, 2, 3]";
    law(|b, x, _| b.transpose(x, &[0, 1]), x);
    law(
        |b, x, _| {
            let y = b.transpose(x, &[1, 0]);
            b.transpose(y, &[1, 0])
        },
        x,
    );
    law(
        |b, x, _| {
            let y = b.reshape(x, &[6]);
            let z = b.reshape(y, &[3, 2]);
            b.reshape(z, &[2, 3])
        },
        x,
    );
    law(|b, x, _| b.slice(x, 1, 0, 3), x);
    law(
        |b, x, _| {
            let parts = [b.slice(x, 1, 0, 1), b.slice(x, 1, 1, 2)];
            b.concat(&parts, 1)
        },
        x,
    );
    law(
        |b, x, _| {
            let y = b.neg(x);
            let z = b.concat(&[x, y], 0);
            b.slice(z, 0, 0, 2)
        },
        x,
    );
    law(
        |b, x, _| {
            let y = b.slice(x, 1, 1, 2);
            b.slice(y, 1, 1, 1)
        },
        "slice %0 axis 1 from 2 len 1 : [d1, 2, 1]",
    );
    law(|b, x, _| b.pad(x, 1, 0, 3), x);
    law(
        |b, _, p| {
            let y = b.along(p, Some(NODES));
            b.gather(y, SRC)
        },
        "broadcast %1 [0, 1] : [d2, 2, 3]",
    );
    law(
        |b, x, _| {
            let y = b.detach(x);
            b.detach(y)
        },
        "detach %0 : [d1, 2, 3]",
    );
    law(
        |b, _, _| b.constant(&[2], vec![Exact::ratio(1, 3); 2]),
        "fill 1/3 : [2]",
    );
}

#[test]
fn laws_of_sums() {
    let zeros = |b: &mut Builder, dim| b.int(Shape::new(Some(dim), &[2]), 0);
    law(
        |b, _, _| {
            let z = zeros(b, EDGES);
            b.segment(Fold::Sum, z, SRC)
        },
        "fill 0 : [d1, 2]",
    );
    law(
        |b, _, _| {
            let z = zeros(b, NODES);
            b.total(z)
        },
        "fill 0 : [2]",
    );
    law(
        |b, _, _| {
            let z = b.fill(Shape::new(None, &[4]), Exact::ratio(1, 2));
            b.reduce(Fold::Sum, z, 0)
        },
        "fill 2 : []",
    );
    law(
        |b, x, _| {
            let y = b.reshape(x, &[2, 1, 3]);
            b.reduce(Fold::Max, y, 1)
        },
        "input 0 : [d1, 2, 3]",
    );
    law(|b, x, _| b.sum_axes(x, &[]), "input 0 : [d1, 2, 3]");
    // An empty sum is 0, an empty maximum stays what it is.
    law(
        |b, x, _| {
            let y = b.slice(x, 1, 1, 0);
            b.reduce(Fold::Max, y, 1)
        },
        "reduce max %2 axis 1 : [d1, 2]",
    );
    law(
        |b, x, p| {
            let z = b.zeros_like(p);
            b.contract(z, x, "ab,cb->ac")
        },
        "fill 0 : [d1, 2, 2]",
    );
}

#[test]
fn equal_nodes_are_one() {
    let mut b = start();
    let x = b.input("x", Some(NODES), &[2], Dtype::Real);
    let y = b.input("y", Some(NODES), &[2], Dtype::Real);
    assert_eq!(b.add(x, y), b.add(y, x));
    assert_ne!(b.sub(x, y), b.sub(y, x));
    assert_eq!(b.contract(x, y, "i,j->ji"), b.contract(x, y, "q,a->aq"));
    assert_eq!(b.count(SRC), b.count(SRC));
    let loops: Vec<_> = (0..2)
        .map(|_| b.scan(NODES, false, [&[x], &[], &[]], |b, args| vec![b.neg(args[0])]))
        .collect();
    assert_ne!(loops[0], loops[1], "loops are never shared");
    assert_eq!(b.error(), None);
}

/// Misuse of the builder, with a word of the complaint.
#[track_caller]
fn misuse(f: impl FnOnce(&mut Builder, Value, Value) -> Value, word: &str) {
    let mut b = start();
    let x = b.input("x", Some(NODES), &[2, 3], Dtype::Real);
    let p = b.param("p", &[2, 3]);
    let y = f(&mut b, x, p);
    let z = b.neg(y);
    let error = b.finish([("y", z)]).unwrap_err();
    assert!(error.contains(word), "{error}");
}

#[test]
fn misuse_is_reported() {
    misuse(|b, x, p| b.add(x, p), "shape");
    misuse(|b, x, _| b.map(Scalar::Add, &[x]), "arguments");
    misuse(|b, _, _| b.map(Scalar::Add, &[]), "arguments");
    misuse(|b, _, _| b.neg(Value(99)), "before it is read");
    misuse(|b, x, _| b.reshape(x, &[5]), "cannot be read");
    misuse(|b, x, _| b.slice(x, 1, 2, 2), "entries");
    misuse(|b, x, _| b.slice(x, 7, 0, 1), "axis");
    misuse(|b, x, _| b.slice(x, 0, u32::MAX, u32::MAX), "too long");
    misuse(|b, x, _| b.pick(x, 9, 0), "axis");
    misuse(|b, x, _| b.transpose(x, &[0]), "axes");
    misuse(|b, x, _| b.transpose(x, &[0, 5]), "axes");
    misuse(|b, _, _| b.concat(&[], 0), "axis");
    misuse(|b, x, p| b.concat(&[x, p], 0), "shape");
    misuse(|b, x, _| b.reduce(Fold::Sum, x, 2), "axis");
    misuse(|b, _, p| b.total(p), "rows");
    misuse(|b, x, p| b.contract(p, x, "ab->a"), "does not read like");
    misuse(|b, x, p| b.contract(p, x, "ab,c->a"), "letters");
    misuse(|b, x, p| b.contract(p, x, "ab,ca->c"), "two extents");
    misuse(|b, x, p| b.contract(p, x, "ab,cb->z"), "letter");
    misuse(|b, x, p| b.contract(p, x, "ab,cb->aa"), "twice");
    misuse(|b, x, _| b.gather(x, MapId(9)), "map");
    misuse(|b, x, _| b.segment(Fold::Sum, x, SRC), "shape");
    misuse(
        |b, x, _| b.broadcast(x, Shape::new(Some(EDGES), &[2, 3]), &[0, 1]),
        "spread",
    );
    misuse(|b, _, _| b.position(DimId(9)), "dim");
    misuse(|b, _, _| b.constant(&[3], vec![Exact::ONE]), "numbers");
    misuse(|b, _, _| b.arg(0, Shape::default()), "argument");
    misuse(|b, x, _| b.proj(x, 0), "loop");
    let spec = || WindowSpec {
        offsets: vec![vec![0]],
        stride: 1,
        wrap: false,
        fine: NODES,
        coarse: NODES,
    };
    misuse(|b, x, _| b.window(x, &spec()), "grids");
}

#[test]
fn misuse_of_loops_is_reported() {
    let first = |values: Vec<Value>| values.first().copied().unwrap_or(Value(0));
    misuse(
        |b, x, _| first(b.scan(NODES, false, [&[x], &[], &[]], |_, _| Vec::new())),
        "all its states",
    );
    misuse(
        |b, x, _| first(b.scan(NODES, false, [&[x], &[], &[]], |_, _| vec![Value(9)])),
        "does not exist",
    );
    misuse(
        |b, x, _| first(b.scan(NODES, false, [&[], &[x], &[]], |_, args| args.to_vec())),
        "not stacked",
    );
    misuse(
        |b, _, p| first(b.scan(NODES, false, [&[p], &[], &[]], |_, args| args.to_vec())),
        "without rows",
    );
    misuse(
        |b, x, _| first(b.scan(DimId(9), false, [&[x], &[], &[]], |_, args| args.to_vec())),
        "time",
    );
    let total = |b: &mut Builder, args: &[Value]| {
        let sum = b.total(args[0]);
        vec![b.along(sum, Some(NODES))]
    };
    misuse(
        |b, x, _| first(b.scan(NODES, false, [&[x], &[], &[]], total)),
        "per sample",
    );
    let param = |b: &mut Builder, _: &[Value]| {
        let q = b.param("q", &[2, 3]);
        vec![b.along(q, Some(NODES))]
    };
    misuse(
        |b, x, _| first(b.scan(NODES, false, [&[x], &[], &[]], param)),
        "captured",
    );
}

#[test]
fn bodies_declared_elsewhere() {
    let domains = start().domains().clone();
    let mut b = Builder::part(domains.clone());
    let state = b.arg(0, Shape::new(Some(NODES), &[2]));
    let w = b.arg(1, Shape::new(None, &[2, 2]));
    let next = b.contract(w, state, "oi,i->o");
    let (body, after) = b.into_body(vec![next]).unwrap();
    assert_eq!((body.nodes.len(), after), (3, domains));
    let mut b = Builder::part(Default::default());
    let x = b.read_input(3, Shape::new(None, &[2]));
    let p = b.read_param(1, &[2]);
    assert!(matches!(b.op(p), Op::Param(1)));
    b.contract(x, p, "a,b,c");
    assert!(b.into_body(vec![p]).is_err());
}
