//! dim Hom(T(p,q), T(r,s)) agrees with EMLP, T(p, q) being V ⊗ … ⊗ V ⊗ V* ⊗ … ⊗ V* with p and q factors.

mod common;

use common::read;
use gdl_rep::{Atom, Element, Exact, Group, Linear, Rep, Subgroup, complex_hom_basis, hom_basis};
use serde_json::Value;
use std::sync::Arc;

fn groups() -> Vec<Value> {
    let data: Value = serde_json::from_slice(&read("emlp_hom_dims.json")).unwrap();
    data.as_array().unwrap().clone()
}

fn single(group: &Group, atom: Atom) -> Rep {
    Rep::atom(group.clone(), atom).unwrap()
}

/// \[p, q, copies\] of every summand.
fn summands(space: &Value) -> Vec<[u32; 3]> {
    let numbers = |term: &Value| -> Vec<u32> {
        let list = term.as_array().unwrap().iter();
        list.map(|x| x.as_u64().unwrap() as u32).collect()
    };
    let list = space.as_array().unwrap().iter();
    list.map(|term| numbers(term).try_into().unwrap()).collect()
}

/// The sum of tensor powers of a representation and its dual.
fn tensors(v: &Rep, space: &Value) -> Rep {
    let mut sum = Rep::trivial(v.group.clone(), 0);
    for [p, q, copies] in summands(space) {
        let mut power = Rep::trivial(v.group.clone(), 1);
        for at in 0..p + q {
            let factor = if at < p { v.clone() } else { v.dual() };
            power = single(&v.group, Atom::Kron(Box::new(power), Box::new(factor)));
        }
        sum = sum.plus(&power.times(copies)).unwrap();
    }
    sum
}

fn count(a: &Rep, b: &Rep, hom: impl Fn(&Group, &Atom, &Atom) -> usize) -> u64 {
    let pairs = a.blocks.iter().flat_map(|x| b.blocks.iter().map(move |y| (x, y)));
    pairs
        .map(|((n, x), (m, y))| u64::from(*n) * u64::from(*m) * hom(&a.group, x, y) as u64)
        .sum()
}

/// Compares all pairs of one group.
fn agree(entry: &Value, v: &Rep) {
    for pair in entry["pairs"].as_array().unwrap() {
        let (a, b) = (tensors(v, &pair[0]), tensors(v, &pair[1]));
        let dims = count(&a, &b, |group, x, y| {
            let basis = hom_basis(group, x, y).unwrap();
            assert!(!basis.numeric());
            basis.len()
        });
        assert_eq!(
            dims,
            pair[2].as_u64().unwrap(),
            "{}: {} -> {}",
            v.group,
            pair[0],
            pair[1]
        );
    }
}

/// The same over the complex numbers.
fn agree_complex(entry: &Value, group: &Group) {
    let space = |text: &Value| Rep {
        group: group.clone(),
        blocks: summands(text)
            .into_iter()
            .map(|[up, down, copies]| (copies, Atom::Tensor { up, down }))
            .collect(),
    };
    for pair in entry["pairs"].as_array().unwrap() {
        let (a, b) = (space(&pair[0]), space(&pair[1]));
        let dims = count(&a, &b, |group, x, y| complex_hom_basis(group, x, y).unwrap().len());
        assert_eq!(
            dims,
            2 * pair[2].as_u64().unwrap(),
            "{group}: {} -> {}",
            pair[0],
            pair[1]
        );
    }
}

/// A matrix of the file, realified if its entries are complex.
fn matrix(m: &Value) -> Vec<Exact> {
    let rows: Vec<&Vec<Value>> = m.as_array().unwrap().iter().map(|r| r.as_array().unwrap()).collect();
    let complex = rows[0][0].is_array();
    let n = if complex { 2 * rows.len() } else { rows.len() };
    let mut out = vec![Exact::ZERO; n * n];
    let mut put = |i: usize, j: usize, x: f64| out[i * n + j] = Exact::float(x);
    for (i, row) in rows.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            if complex {
                let (re, im) = (x[0].as_f64().unwrap(), x[1].as_f64().unwrap());
                put(2 * i, 2 * j, re);
                put(2 * i + 1, 2 * j + 1, re);
                put(2 * i, 2 * j + 1, -im);
                put(2 * i + 1, 2 * j, im);
            } else {
                put(i, j, x.as_f64().unwrap());
            }
        }
    }
    out
}

/// Groups that have names here.
#[test]
fn by_name() {
    let vector = |name: &str, args: &[i64]| {
        let group = Group::named(name, args).unwrap();
        let atom = Atom::defining(&group).or_else(|_| Atom::vector(&group, 2));
        single(&group, atom.unwrap())
    };
    let points = |n: u32| {
        let mirror = Element::Planar { n, flip: true, turn: 0 };
        let group = Group::D(n);
        let quotient = Atom::Quotient(Subgroup::generated(&group, &[mirror]).unwrap());
        single(&group, quotient)
    };
    let named = |name: &str| -> Option<Rep> {
        Some(match name {
            "SO(2)" => vector("SO", &[2]),
            "SO(3)" => vector("SO", &[3]),
            "SO(4)" => vector("SO", &[4]),
            "O(2)" => vector("O", &[2]),
            "O(3)" => vector("O", &[3]),
            "SO(1,3)" => vector("SO", &[1, 3]),
            "O(1,3)" => vector("O", &[1, 3]),
            "O(1,1)" => vector("O", &[1, 1]),
            "Sp(2,R)" => vector("Sp", &[2]),
            "Sp(4,R)" => vector("Sp", &[4]),
            "SL(2)" => vector("SL", &[2]),
            "S3" => single(&Group::S(3), Atom::PermDefining),
            "S4" => single(&Group::S(4), Atom::PermDefining),
            "S5" => single(&Group::S(5), Atom::PermDefining),
            "Z3" => single(&Group::C(3), Atom::Regular),
            "Z4" => single(&Group::C(4), Atom::Regular),
            "Z6" => single(&Group::C(6), Atom::Regular),
            "D4perm" => points(4),
            "D5perm" => points(5),
            "D6perm" => points(6),
            "C4plane" => vector("C", &[4]),
            "D4plane" => vector("D", &[4]),
            "Trivial3" => Rep::trivial(Group::Trivial, 3),
            _ => return None,
        })
    };
    let mut unnamed = vec![];
    for entry in groups() {
        let name = entry["group"].as_str().unwrap();
        let complex = match name {
            "U(1)" => Some(Group::named("U", &[1])),
            "U(2)" => Some(Group::named("U", &[2])),
            "SU(2)" => Some(Group::named("SU", &[2])),
            "SU(3)" => Some(Group::named("SU", &[3])),
            _ => None,
        };
        match (complex, named(name)) {
            (Some(group), _) => agree_complex(&entry, &group.unwrap()),
            (_, Some(v)) => agree(&entry, &v),
            _ => unnamed.push(name.to_string()),
        }
    }
    // The identity components of groups that have names.
    assert_eq!(unnamed, ["SO+(1,3)", "SO+(1,1)"]);
}

/// Lie groups, entered by their generators. Over the real numbers complex groups have the maps of V and of its conjugate.
#[test]
fn by_generators() {
    let mut compared = 0;
    for entry in groups() {
        let list = |key: &str| -> Vec<Vec<Exact>> { entry[key].as_array().unwrap().iter().map(matrix).collect() };
        let (algebra, discrete) = (list("lie_algebra"), list("discrete_generators"));
        if algebra.is_empty() || entry["field"] != "R" {
            continue;
        }
        let n = entry["d"].as_u64().unwrap() as usize;
        let group = Group::Linear(Arc::new(Linear::generated(n, &algebra, &discrete).unwrap()));
        agree(&entry, &single(&group, Atom::Vector(n as u32)));
        compared += 1;
    }
    assert_eq!(compared, 13);
}
