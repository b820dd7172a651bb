//! Every operator, on ragged batches with empty samples.

mod common;

use common::check;
use gdl_abi::{DimDef, DimId, DoorSizes, Dtype, MapDef, MapId, SAMPLES};
use gdl_core::ir::build::WindowSpec;
use gdl_core::ir::{Builder, Cmp, Fold, Scalar, Shape};
use gdl_rep::Exact;

fn num(f: f64) -> Exact {
    Exact { f, r: None }
}

/// Graphs with 3, 0, 4 and 1 nodes; 5, 0, 6 and 0 edges.
fn graphs() -> DoorSizes {
    DoorSizes {
        samples: 4,
        ragged: vec![
            ("nodes".into(), vec![0, 3, 3, 7, 8]),
            ("edges".into(), vec![0, 5, 5, 11, 11]),
        ],
        grids: vec![("img".into(), vec![5, 4])],
        maps: vec![
            ("src".into(), vec![0, 1, 2, 2, 1, 3, 4, 5, 6, 6, 3]),
            ("dst".into(), vec![0, 0, 1, 2, 2, 3, 3, 3, 5, 5, 5]),
        ],
    }
}

fn nothing() -> DoorSizes {
    DoorSizes {
        samples: 0,
        ragged: vec![("nodes".into(), vec![0]), ("edges".into(), vec![0])],
        grids: vec![("img".into(), vec![5, 4])],
        maps: vec![("src".into(), vec![]), ("dst".into(), vec![])],
    }
}

struct Graph {
    nodes: DimId,
    edges: DimId,
    src: MapId,
    dst: MapId,
    of: MapId,
}

fn graph(b: &mut Builder) -> Graph {
    let d = b.domains();
    let nodes = d.dim(DimDef::Ragged { name: "nodes".into() });
    let edges = d.dim(DimDef::Ragged { name: "edges".into() });
    let src = d.map(MapDef::Given {
        name: "src".into(),
        from: edges,
        to: nodes,
        sorted: false,
    });
    let dst = d.map(MapDef::Given {
        name: "dst".into(),
        from: edges,
        to: nodes,
        sorted: true,
    });
    let of = d.map(MapDef::Sample(nodes));
    Graph {
        nodes,
        edges,
        src,
        dst,
        of,
    }
}

fn both(build: impl Fn(&mut Builder) -> Vec<gdl_core::ir::Value>) {
    check(&graphs(), &build);
    check(&nothing(), &build);
}

#[test]
fn scalar_functions() {
    for axes in [&[][..], &[3], &[2, 7]] {
        both(|b| {
            let nodes = graph(b).nodes;
            let x = b.input("x", Some(nodes), axes, Dtype::Real);
            let y = b.input("y", Some(nodes), axes, Dtype::Real);
            let ones = b.ones_like(x);
            let square = b.mul(x, x);
            let positive = b.add(square, ones);
            let mut out = Vec::new();
            for f in [
                Scalar::Neg,
                Scalar::Exp,
                Scalar::Sin,
                Scalar::Cos,
                Scalar::Tanh,
                Scalar::Sigmoid,
                Scalar::Erf,
                Scalar::Abs,
                Scalar::Relu,
                Scalar::Sign,
                Scalar::Floor,
                Scalar::PowI(3),
            ] {
                out.push(b.map1(f, x));
            }
            for f in [Scalar::Log, Scalar::Sqrt, Scalar::PowI(-2)] {
                out.push(b.map1(f, positive));
            }
            for f in [
                Scalar::Add,
                Scalar::Sub,
                Scalar::Mul,
                Scalar::Max,
                Scalar::Min,
                Scalar::Lt,
                Scalar::Le,
                Scalar::Eq,
            ] {
                out.push(b.map2(f, x, y));
            }
            out.push(b.map2(Scalar::Div, y, positive));
            out.push(b.map2(Scalar::Pow, positive, y));
            let less = b.map2(Scalar::Lt, x, y);
            out.push(b.select(less, x, positive));
            out
        });
    }
}

#[test]
fn views() {
    both(|b| {
        let nodes = graph(b).nodes;
        let x = b.input("x", Some(nodes), &[3, 4], Dtype::Real);
        let w = b.param("w", &[4]);
        let wide = b.broadcast(w, Shape::new(Some(nodes), &[5, 4]), &[1]);
        let turned = b.transpose(x, &[1, 0]);
        let flat = b.reshape(turned, &[12]);
        let six = b.reshape(flat, &[2, 6]);
        let part = b.slice(six, 1, 1, 4);
        let joined = b.concat(&[part, six, part], 1);
        let again = b.slice(joined, 1, 3, 9);
        let rows = b.concat(&[x, wide, x], 0);
        let odd = b.reshape(rows, &[4, 11]);
        let detached = b.detach(odd);
        vec![turned, flat, six, part, joined, again, rows, odd, detached, wide]
    });
}

#[test]
fn concat_in_reductions() {
    both(|b| {
        let nodes = graph(b).nodes;
        let x = b.input("x", Some(nodes), &[3, 4], Dtype::Real);
        let y = b.input("y", Some(nodes), &[2, 4], Dtype::Real);
        let joined = b.concat(&[x, y, x], 0);
        let most = b.reduce(Fold::Max, joined, 0);
        let least = b.reduce(Fold::Min, joined, 1);
        let flat = b.reshape(joined, &[32]);
        let padded = b.pad(flat, 0, 3, 40);
        let product = b.mul(padded, padded);
        vec![most, least, product]
    });
}

#[test]
fn many_parts() {
    both(|b| {
        let nodes = graph(b).nodes;
        let parts: Vec<_> = (0..90)
            .map(|k| b.input(&format!("x{k}"), Some(nodes), &[1 + k % 3], Dtype::Real))
            .collect();
        let joined = b.concat(&parts, 0);
        let twice = b.add(joined, joined);
        vec![twice]
    });
}

#[test]
fn reductions() {
    for fold in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min] {
        both(|b| {
            let g = graph(b);
            let x = b.input("x", Some(g.nodes), &[3, 9, 2], Dtype::Real);
            let e = b.input("e", Some(g.edges), &[6], Dtype::Real);
            let scalar = b.input("s", Some(g.edges), &[], Dtype::Real);
            let mut out: Vec<_> = (0..3).map(|k| b.reduce(fold, x, k)).collect();
            for m in [g.src, g.dst] {
                out.push(b.segment(fold, e, m));
                out.push(b.segment(fold, scalar, m));
            }
            out.push(b.segment(fold, x, g.of));
            out
        });
    }
}

#[test]
fn totals() {
    both(|b| {
        let g = graph(b);
        let x = b.input("x", Some(g.nodes), &[3, 5], Dtype::Real);
        let y = b.input("y", Some(g.nodes), &[], Dtype::Real);
        let t = b.total(x);
        let s = b.total(y);
        let square = b.mul(x, x);
        let sums = b.reduce(Fold::Sum, square, 1);
        let u = b.total(sums);
        vec![t, s, u]
    });
}

#[test]
fn contractions() {
    for letters in [
        "ik,ok->io",
        "ik,ko->oi",
        "ik,ko->iko",
        "ik,ok->o",
        "ik,ok->",
        "ii,oi->o",
        "ik,ok->ok",
    ] {
        both(|b| {
            let nodes = graph(b).nodes;
            let (_, rest) = letters.split_once(',').unwrap();
            let shape = |l: &str| {
                l.chars()
                    .map(|c| match c {
                        'i' => 3,
                        'k' if letters.starts_with("ii") => 3,
                        'k' => 7,
                        _ => 5,
                    })
                    .collect::<Vec<u32>>()
            };
            let (sa, sb) = (shape(&letters[..2]), shape(rest.split_once("->").unwrap().0));
            let x = b.input("x", Some(nodes), &sa, Dtype::Real);
            let y = b.input("y", Some(nodes), &sb, Dtype::Real);
            let w = b.param("w", &sb);
            let v = b.param("v", &sa);
            vec![
                b.contract(x, y, letters),
                b.contract(x, w, letters),
                b.contract(v, y, letters),
                b.contract(v, w, letters),
                b.contract_rows(x, y, letters),
                b.contract_rows(x, w, letters),
            ]
        });
    }
}

#[test]
fn large_contractions() {
    for (letters, sa, sb) in [
        ("k,ok->o", vec![40], vec![32, 40]),
        ("k,ko->o", vec![40], vec![40, 32]),
        ("hk,hok->ho", vec![3, 24], vec![3, 17, 24]),
        ("kc,ok->oc", vec![32, 3], vec![20, 32]),
        ("kg,okgh->oh", vec![16, 8], vec![24, 16, 8, 8]),
        ("kg,gohk->ho", vec![16, 8], vec![8, 6, 4, 16]),
    ] {
        both(|b| {
            let nodes = graph(b).nodes;
            let x = b.input("x", Some(nodes), &sa, Dtype::Real);
            let w = b.param("w", &sb);
            let shift = b.fill(Shape::new(Some(nodes), &sa), num(0.25));
            let moved = b.add(x, shift);
            let y = b.contract(x, w, letters);
            let z = b.contract(moved, w, letters);
            let (ins, _) = letters.split_once("->").unwrap();
            let (la, lb) = ins.split_once(',').unwrap();
            let lo = letters.split_once("->").unwrap().1;
            let back = b.contract_rows(x, z, &format!("{la},{lo}->{lb}"));
            let back2 = b.contract_rows(y, moved, &format!("{lo},{la}->{lb}"));
            vec![y, z, back, back2]
        });
    }
}

#[test]
fn products_of_parameters_and_batches() {
    both(|b| {
        let nodes = graph(b).nodes;
        let x = b.input("x", Some(nodes), &[16, 20], Dtype::Real);
        let y = b.input("y", Some(nodes), &[20, 18], Dtype::Real);
        let v = b.param("v", &[16, 20]);
        let w = b.param("w", &[20, 18]);
        let e = b.map1(Scalar::Tanh, v);
        vec![
            b.contract(x, y, "ik,ko->io"),
            b.contract(v, w, "ik,ko->oi"),
            b.contract(e, w, "ik,ko->io"),
            b.contract(x, w, "ik,ko->io"),
        ]
    });
}

#[test]
fn sparse_constants() {
    both(|b| {
        let nodes = graph(b).nodes;
        let x = b.input("x", Some(nodes), &[8, 3], Dtype::Real);
        let z = b.input("z", Some(nodes), &[5], Dtype::Real);
        let mut data = vec![num(0.0); 3 * 5 * 4];
        for k in [1, 7, 20, 33, 34, 59] {
            data[k] = num(k as f64 / 10.0);
        }
        let c = b.constant(&[3, 5, 4], data);
        let small = b.contract(x, c, "uj,jlm->ulm");
        let both = b.contract(small, z, "ulm,l->um");
        let back = b.contract(c, small, "jlm,ulm->uj");
        let mut data = vec![num(0.0); 30 * 40];
        for k in 0..170 {
            data[(k * 37) % 1200] = num(k as f64 / 100.0 - 0.7);
        }
        let c = b.constant(&[30, 40], data);
        let w = b.param("w", &[30, 5]);
        let long = b.contract(w, c, "nu,nm->mu");
        let wide = b.contract(long, c, "mu,nm->un");
        let y = b.input("y", Some(nodes), &[40, 3], Dtype::Real);
        let rows = b.contract(y, c, "mu,nm->nu");
        let alone = b.contract(y, c, "mu,nm->n");
        vec![small, both, back, long, wide, rows, alone]
    });
}

/// Channels are the slow axis where they come in and go out, and loops run along them. The matrix that a constant makes of harmonics is mostly zeros.
#[test]
fn tensor_products() {
    both(|b| {
        let g = graph(b);
        let h = b.input("h", Some(g.nodes), &[16, 3], Dtype::Real);
        let harmonics = b.input("y", Some(g.edges), &[4], Dtype::Real);
        let weights = b.input("w", Some(g.edges), &[32], Dtype::Real);
        let mut data = vec![num(0.0); 5 * 3 * 4];
        for k in [0, 9, 14, 23, 31, 38, 44, 57] {
            data[k] = num(k as f64 / 10.0 - 2.0);
        }
        let c = b.constant(&[5, 3, 4], data);
        let matrix = b.contract(c, harmonics, "ijk,k->ij");
        let there = b.gather(h, g.src);
        let coupled = b.contract(matrix, there, "ij,uj->ui");
        let paths = b.reshape(weights, &[16, 2]);
        let path = b.slice(paths, 1, 1, 1);
        let path = b.reshape(path, &[16]);
        let weighted = b.contract(path, coupled, "u,ui->ui");
        let sum = b.segment(Fold::Sum, weighted, g.dst);
        let back = b.contract(weighted, matrix, "ui,ij->uj");
        let back = b.segment(Fold::Sum, back, g.src);
        let of_matrix = b.contract(weighted, there, "ui,uj->ij");
        vec![sum, back, of_matrix]
    });
}

#[test]
fn gathers_and_indices() {
    both(|b| {
        let g = graph(b);
        let x = b.input("x", Some(g.nodes), &[6], Dtype::Real);
        let s = b.input("s", Some(SAMPLES), &[2], Dtype::Real);
        let from = b.gather(x, g.src);
        let to = b.gather(x, g.dst);
        let diff = b.sub(from, to);
        let sum = b.segment(Fold::Sum, diff, g.dst);
        let spread = b.gather(s, g.of);
        let e = b.gather(spread, g.src);
        let p = b.position(g.nodes);
        let less = b.compare(Cmp::Lt, g.edges, Some(g.src), Some(g.dst));
        let same = b.compare(Cmp::Eq, g.edges, Some(g.src), Some(g.dst));
        let most = b.compare(Cmp::Le, g.nodes, None, None);
        vec![from, diff, sum, spread, e, p, less, same, most]
    });
}

#[test]
fn labels() {
    both(|b| {
        let g = graph(b);
        let z = b.input("z", Some(g.nodes), &[], Dtype::Class(5));
        let many = b.input("many", Some(g.nodes), &[3], Dtype::Class(4));
        let w = b.param("w", &[5, 7]);
        let x = b.contract(z, w, "n,no->o");
        let y = b.input("y", Some(g.nodes), &[7], Dtype::Real);
        let dw = b.contract_rows(z, y, "n,o->no");
        let outer = b.contract(z, y, "n,o->on");
        let v = b.param("v", &[4, 2]);
        let table = b.contract(many, v, "kn,no->ko");
        let dv = b.contract_rows(many, table, "kn,ko->no");
        let t = b.total(z);
        let big = b.param("big", &[5, 60]);
        let read = b.contract(big, z, "no,n->o");
        let e = b.gather(z, g.src);
        let on_edges = b.contract(e, w, "n,no->o");
        vec![x, dw, outer, table, dv, t, z, read, on_edges]
    });
}

#[test]
fn choices() {
    for k in [Some(2), None] {
        both(|b| {
            let g = graph(b);
            let d = b.domains();
            let of = g.nodes;
            let best = d.dim(DimDef::Chosen {
                of,
                each: gdl_abi::SAMPLES,
                k,
                others: false,
            });
            let pairs = d.dim(DimDef::Pairs { left: of, right: of });
            let near = d.dim(DimDef::Chosen {
                of,
                each: of,
                k,
                others: true,
            });
            let [left, right] = [MapDef::Left(pairs), MapDef::Right(pairs)].map(|m| d.map(m));
            let chooser = d.map(MapDef::Chooser(near));
            let of_sample = d.map(MapDef::Sample(best));
            let key = b.input("key", Some(of), &[], Dtype::Real);
            let x = b.input("x", Some(of), &[3], Dtype::Real);
            let at = b.choose(key, best);
            let picked = b.take(x, at);
            let place = b.position(best);
            let place = b.broadcast(place, Shape::new(Some(best), &[3]), &[]);
            let weighted = b.mul(place, picked);
            let sums = b.segment(Fold::Sum, weighted, of_sample);
            let [xl, xr] = [left, right].map(|m| b.gather(x, m));
            let product = b.contract(xl, xr, "a,a->");
            let at = b.choose(product, near);
            let there = b.take(x, at);
            let here = b.gather(x, chooser);
            let apart = b.sub(there, here);
            let most = b.segment(Fold::Max, apart, chooser);
            let back = b.mul(apart, apart);
            let back = b.put(back, at);
            vec![picked, sums, most, back]
        });
    }
}

#[test]
fn pairs() {
    both(|b| {
        let g = graph(b);
        let d = b.domains();
        let pairs = d.dim(DimDef::Pairs {
            left: g.nodes,
            right: g.nodes,
        });
        let left = d.map(MapDef::Left(pairs));
        let right = d.map(MapDef::Right(pairs));
        let to_sample = d.map(MapDef::Compose {
            first: left,
            second: g.of,
        });
        let q = b.input("q", Some(g.nodes), &[2, 4], Dtype::Real);
        let v = b.input("v", Some(g.nodes), &[2, 5], Dtype::Real);
        let [ql, qr] = [left, right].map(|m| b.gather(q, m));
        let logits = b.contract(ql, qr, "hk,hk->h");
        let weights = b.softmax_segment(logits, left);
        let vr = b.gather(v, right);
        let y = b.contract(weights, vr, "h,hk->hk");
        let out = b.segment(Fold::Sum, y, left);
        let other = b.segment(Fold::Max, logits, right);
        let sums = b.segment(Fold::Sum, logits, to_sample);
        vec![out, other, sums]
    });
}

fn grid(b: &mut Builder) -> DimId {
    b.domains().dim(DimDef::Grid {
        name: "img".into(),
        rank: 2,
    })
}

fn offsets(radius: i32) -> Vec<Vec<i32>> {
    (-radius..=radius)
        .flat_map(|y| (-radius..=radius).map(move |x| vec![y, x]))
        .collect()
}

#[test]
fn windows() {
    for wrap in [false, true] {
        both(|b| {
            let fine = grid(b);
            let x = b.input("x", Some(fine), &[5], Dtype::Real);
            let spec = WindowSpec {
                offsets: offsets(1),
                stride: 1,
                wrap,
                fine,
                coarse: fine,
            };
            let w = b.window(x, &spec);
            let most = b.reduce(Fold::Max, w, 0);
            let square = b.mul(w, w);
            let back = b.window_adjoint(square, &spec);
            let y = b.input("y", Some(fine), &[9, 3], Dtype::Real);
            let adjoint = b.window_adjoint(y, &spec);
            vec![w, most, back, adjoint]
        });
    }
}

#[test]
fn strided_windows() {
    for (size, stride, pad, wrap) in [(2, 1, 0, false), (3, 1, 2, true), (1, 2, 1, true), (3, 2, 1, false)] {
        let mut door = graphs();
        door.grids = vec![("img".into(), vec![5, 5])];
        check(&door, |b| {
            let fine = grid(b);
            let coarse = b.domains().dim(DimDef::Coarse {
                of: fine,
                size,
                stride,
                pad,
            });
            let list: Vec<Vec<i32>> = (0..size as i32)
                .flat_map(|y| (0..size as i32).map(move |x| vec![y - pad as i32, x - pad as i32]))
                .collect();
            let x = b.input("x", Some(fine), &[3], Dtype::Real);
            let spec = WindowSpec {
                offsets: list.clone(),
                stride,
                wrap,
                fine,
                coarse,
            };
            let w = b.window(x, &spec);
            let sum = b.reduce(Fold::Sum, w, 0);
            let y = b.input("y", Some(coarse), &[list.len() as u32, 3], Dtype::Real);
            let back = b.window_adjoint(y, &spec);
            vec![w, sum, back]
        });
    }
}

#[test]
fn convolutions() {
    for (letters, wrap) in [("ki,koi->o", false), ("ki,kio->o", true), ("ki,oik->o", false)] {
        both(|b| {
            let fine = grid(b);
            let x = b.input("x", Some(fine), &[16], Dtype::Real);
            let spec = WindowSpec {
                offsets: offsets(1),
                stride: 1,
                wrap,
                fine,
                coarse: fine,
            };
            let w = b.window(x, &spec);
            let shape: Vec<u32> = letters[3..6]
                .chars()
                .map(|c| match c {
                    'k' => 9,
                    'o' => 24,
                    _ => 16,
                })
                .collect();
            let kernel = b.param("k", &shape);
            let y = b.contract(w, kernel, letters);
            let dk = b.contract_rows(w, y, &format!("ki,o->{}", &letters[3..6]));
            let dw = b.contract(y, kernel, &format!("o,{}->ki", &letters[3..6]));
            let dx = b.window_adjoint(dw, &spec);
            vec![y, dk, dx]
        });
    }
}

#[test]
fn results_of_all_kinds() {
    both(|b| {
        let nodes = graph(b).nodes;
        let x = b.input("x", Some(nodes), &[3], Dtype::Real);
        let w = b.param("w", &[4]);
        let c = b.constant(&[2], vec![num(1.0), num(2.0)]);
        let fill = b.fill(Shape::new(Some(nodes), &[2]), num(3.0));
        let y = b.add(x, x);
        vec![x, x, w, c, fill, y, y]
    });
}

/// Enough rows for several threads, parts and tiles.
#[test]
fn large_batches() {
    let door = DoorSizes {
        samples: 160,
        grids: vec![("img".into(), vec![8, 8])],
        ..DoorSizes::default()
    };
    check(&door, |b| {
        let fine = grid(b);
        let x = b.input("x", Some(fine), &[16], Dtype::Real);
        let spec = WindowSpec {
            offsets: offsets(1),
            stride: 1,
            wrap: false,
            fine,
            coarse: fine,
        };
        let w = b.window(x, &spec);
        let kernel = b.param("k", &[9, 16, 16]);
        let y = b.contract(w, kernel, "ki,koi->o");
        let z = b.map1(Scalar::Tanh, y);
        let dk = b.contract_rows(w, z, "ki,o->koi");
        let of = b.domains().map(MapDef::Sample(fine));
        let sums = b.segment(Fold::Sum, z, of);
        let square = b.mul(z, z);
        let total = b.total(square);
        vec![z, dk, sums, total]
    });
}
