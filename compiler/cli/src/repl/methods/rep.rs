//! Representations.

use super::{Call, Method, one, optional};
use crate::repl::matrix;
use crate::repl::value::{Kind, Maps, Value};
use crate::session::D;
use gdl_rep::hom::Basis;
use gdl_rep::{Atom, Exact, Group, Induced, Rep, hom_basis, irreps, kernel_basis};
use std::sync::Arc;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "group",
        on: &[Kind::Rep],
        params: &[],
        doc: "The group that acts.",
        example: "(1o).group",
        run: |c| Ok(Value::group(c.rep().group)),
    },
    Method {
        name: "decompose",
        on: &[Kind::Rep],
        params: &[],
        doc: "The sum of irreducible representations that it is equivalent to.",
        example: "decompose(1o * 1o)",
        run: |c| {
            let r = c.rep();
            decompose(&r).map(Value::rep).map_err(|e| c.math(e))
        },
    },
    Method {
        name: "at",
        on: &[Kind::Rep],
        params: &[one("g", &[Kind::Element])],
        doc: "The matrix of an element.",
        example: "D(4).vector.at(D(4).r)",
        run: |c| {
            let r = c.rep();
            match c.arg("g").map(|a| a.value.clone()) {
                Some(Value::Element(m)) => matrix::of(c, &r, &m),
                _ => Err(c.refuse("an element is needed", "here")),
            }
        },
    },
    Method {
        name: "basis",
        on: &[Kind::Rep],
        params: &[],
        doc: "A basis of what every element fixes: of `hom(V, W)`, the equivariant maps.",
        example: "basis(hom(1o * 1o, 1e))",
        run: basis,
    },
    Method {
        name: "kernels",
        on: &[Kind::Rep],
        params: &[
            one("W", &[Kind::Rep, Kind::Number]),
            one("size", &[Kind::Number]),
            optional("d", &[Kind::Number]),
        ],
        doc: "A basis of the equivariant kernels from V to W on a window of `size` cells a side, in d dimensions (2).",
        example: "kernels(D(4).regular, D(4).vector, 3)",
        run: kernels,
    },
    Method {
        name: "restrict",
        on: &[Kind::Rep],
        params: &[one("H", &[Kind::Group])],
        doc: "The same matrices, for a subgroup.",
        example: "restrict(1o, Oh)",
        run: restrict,
    },
    Method {
        name: "induce",
        on: &[Kind::Rep],
        params: &[],
        doc: "The representation of the larger group that one of a subgroup induces, as the sum of irreducible ones that it is equivalent to.",
        example: "induce(generated(D(4), D(4).s).irrep(1))",
        run: induce,
    },
    Method {
        name: "representation",
        on: &[Kind::Group],
        params: &[super::many("matrix", &[Kind::List])],
        doc: "The sum of irreducible representations that matrices of the generators form, in any basis; if they form none, which relation fails and by how much.",
        example: "representation(D(4), [[0, -1], [1, 0]], [[1, 0], [0, -1]])",
        run: representation,
    },
    Method {
        name: "vector_of",
        on: &[Kind::Rep],
        params: &[super::many(
            "x",
            &[Kind::Number, Kind::Record, Kind::List, Kind::Tensor],
        )],
        doc: "The vector with these components; `V(1, 2)` is the same.",
        example: "vector_of(D(4).vector, 1, 2)",
        run: vector_of,
    },
];

/// A representation as a sum of irreducible ones, by the dimensions of the spaces of intertwiners.
pub fn decompose(r: &Rep) -> Result<Rep, gdl_rep::Error> {
    let group = &r.group;
    let mut blocks = Vec::new();
    for (n, atom) in &r.blocks {
        if matches!(atom, Atom::Trivial | Atom::Irrep(_)) {
            blocks.push((*n, atom.clone()));
            continue;
        }
        // By characters, where they are known.
        if let Ok(sum) = Rep::atom(group.clone(), atom.clone()).and_then(|r| r.decomposition()) {
            blocks.extend(sum.blocks.into_iter().map(|(k, a)| (k * n, a)));
            continue;
        }
        let dim = atom.dim(group);
        let mut left = dim;
        let mut max = 2;
        let mut found: Vec<(u32, Atom)> = Vec::new();
        while left > 0 {
            let list = irreps(group, max)?;
            let tried = if max == 2 { 0 } else { irreps(group, max - 2)?.len() };
            if list.len() == tried {
                return Err(gdl_rep::Error::TooLarge(format!(
                    "`{}` contains irreducible representations that are not tabulated",
                    atom.name(group)
                )));
            }
            for irrep in &list[tried..] {
                if irrep.dim(group) > left {
                    continue;
                }
                let maps = hom_basis(group, irrep, atom)?.len();
                let copies = maps / irreps::commutant(group, irrep);
                if copies > 0 {
                    left = left.saturating_sub(copies * irrep.dim(group));
                    found.push((copies as u32, irrep.clone()));
                }
                if left == 0 {
                    break;
                }
            }
            if left > 0 && group.is_finite() {
                return Err(gdl_rep::Error::Unknown(format!(
                    "`{}` contains irreducible representations that are not tabulated",
                    atom.name(group)
                )));
            }
            max += 2;
        }
        blocks.extend(found.into_iter().map(|(k, a)| (k * n, a)));
    }
    // Equal ones together, where the first of them is.
    let mut sum: Vec<(u32, Atom)> = Vec::new();
    for (n, atom) in blocks {
        match sum.iter_mut().find(|(_, known)| *known == atom) {
            Some((m, _)) => *m += n,
            None => sum.push((n, atom)),
        }
    }
    Rep::new(group.clone(), sum)
}

fn basis(c: &mut Call<'_, '_>) -> D<Value> {
    let r = c.rep();
    let (from, to) = match r.blocks.as_slice() {
        [(1, Atom::Hom(a, b))] => ((**a).clone(), (**b).clone()),
        _ => (Rep::trivial(r.group.clone(), 1), r.clone()),
    };
    let basis = maps(&from, &to).map_err(|e| c.math(e))?;
    Ok(Value::Basis(Arc::new(Maps {
        from,
        to,
        window: vec![],
        basis,
    })))
}

/// A basis of equivariant maps between sums of atoms, from those of pairs of atoms.
pub fn maps(from: &Rep, to: &Rep) -> Result<Basis, gdl_rep::Error> {
    assemble(from, to, 1, |a, b| hom_basis(&from.group, a, b))
}

/// Puts bases of maps between atoms into the matrices of whole representations, at each of `points` points.
fn assemble(
    from: &Rep,
    to: &Rep,
    points: usize,
    basis: impl Fn(&Atom, &Atom) -> Result<Basis, gdl_rep::Error>,
) -> Result<Basis, gdl_rep::Error> {
    let (rows, columns) = (to.dim(), from.dim());
    let mut out = Basis::exact(vec![0, rows as u32, columns as u32], vec![]);
    if points > 1 {
        out.shape.insert(1, points as u32);
    }
    let mut row = 0;
    for b in to.atoms() {
        let db = b.dim(&to.group);
        let mut column = 0;
        for a in from.atoms() {
            let da = a.dim(&from.group);
            let part = basis(a, b)?;
            out.residual = gdl_rep::larger(out.residual, part.residual);
            out.gap = gdl_rep::smaller(out.gap, part.gap);
            for k in 0..part.len() {
                let mut full = vec![Exact::ZERO; points * rows * columns];
                for (at, x) in part.tensor(k).iter().enumerate() {
                    let (p, i, j) = (at / (db * da), at / da % db, at % da);
                    full[(p * rows + row + i) * columns + column + j] = *x;
                }
                out.data.extend(full);
                out.shape[0] += 1;
            }
            column += da;
        }
        row += db;
    }
    Ok(out)
}

fn kernels(c: &mut Call<'_, '_>) -> D<Value> {
    let from = c.rep();
    let to = match c.arg("W").map(|a| a.value.clone()) {
        Some(Value::Rep(r)) => (*r).clone(),
        Some(Value::Int(n)) => Rep::trivial(from.group.clone(), u32::try_from(n).unwrap_or(0)),
        _ => return Err(c.refuse("a representation is needed", "here")),
    };
    let group = if from.is_trivial() {
        to.group.clone()
    } else {
        from.group.clone()
    };
    let (from, to) = (over(&from, &group), over(&to, &group));
    let (Some(from), Some(to)) = (from, to) else {
        return Err(c.refuse(
            "these representations belong to different groups",
            "kernels need one group",
        ));
    };
    let size = c.whole("size")?.unwrap_or(3);
    let d = c.whole("d")?.unwrap_or(2);
    if !(1..=31).contains(&size) || !(1..=3).contains(&d) {
        return Err(c.refuse("this window is out of bounds", "sizes are 1 to 31, dimensions 1 to 3"));
    }
    if size % 2 == 0 {
        return Err(c.refuse("a window around a cell has an odd size", format!("{size} is even")));
    }
    let window = window(size as i32, d as usize);
    let basis =
        assemble(&from, &to, window.len(), |a, b| kernel_basis(&group, &window, a, b)).map_err(|e| c.math(e))?;
    Ok(Value::Basis(Arc::new(Maps {
        from,
        to,
        window,
        basis,
    })))
}

/// Invariants belong to every group.
pub fn over(r: &Rep, group: &Group) -> Option<Rep> {
    if r.is_trivial() {
        return Some(Rep::trivial(group.clone(), r.dim() as u32));
    }
    (r.group == *group).then(|| r.clone())
}

/// The offsets of a window, in row-major order.
fn window(size: i32, d: usize) -> Vec<Vec<i32>> {
    let half = size / 2;
    let count = (size as usize).pow(d as u32);
    (0..count)
        .map(|k| {
            (0..d)
                .map(|axis| (k / (size as usize).pow((d - 1 - axis) as u32)) as i32 % size - half)
                .collect()
        })
        .collect()
}

fn restrict(c: &mut Call<'_, '_>) -> D<Value> {
    let r = c.rep();
    match c.arg("H").map(|a| a.value.clone()) {
        Some(Value::Group(h)) => {
            let atom = Atom::Restrict(Box::new(r));
            Rep::atom((*h).clone(), atom).map(Value::rep).map_err(|e| c.math(e))
        }
        _ => Err(c.refuse("a group is needed", "here")),
    }
}

fn induce(c: &mut Call<'_, '_>) -> D<Value> {
    let r = c.rep();
    let Group::Subgroup(sub) = &r.group else {
        return Err(c.refuse(
            format!("{} is no subgroup of another group", r.group),
            "subgroups are made by `generated`, `stabilizer`, `centralizer`",
        ));
    };
    let parts = Induced::new(sub, &r)
        .and_then(|i| i.to_irreps())
        .map_err(|e| c.math(e))?;
    let blocks = parts.into_iter().map(|(atom, maps)| (maps.len() as u32, atom));
    Rep::new(sub.parent().clone(), blocks)
        .map(Value::rep)
        .map_err(|e| c.math(e))
}

fn representation(c: &mut Call<'_, '_>) -> D<Value> {
    let mut matrices = Vec::new();
    for a in c.all("matrix") {
        let rows: Option<Vec<Vec<Exact>>> = match &a.value {
            Value::List(rows) => rows.iter().map(row).collect(),
            _ => None,
        };
        let square = rows.filter(|m| !m.is_empty() && m.iter().all(|r| r.len() == m.len()));
        let Some(m) = square else {
            return Err(c.refuse_at(
                a.span,
                "a matrix is a list of rows of numbers".into(),
                "not a square matrix",
            ));
        };
        matrices.push(m.concat());
    }
    gdl_rep::finite::given::representation(&c.group(), &matrices)
        .map(Value::rep)
        .map_err(|e| c.math(e))
}

/// A row of exact numbers.
fn row(v: &Value) -> Option<Vec<Exact>> {
    let Value::List(row) = v else { return None };
    row.iter()
        .map(|x| match x {
            Value::Int(n) => Some(Exact::int(*n)),
            Value::Number(x) => Some(*x),
            _ => None,
        })
        .collect()
}

fn vector_of(c: &mut Call<'_, '_>) -> D<Value> {
    let r = c.rep();
    let mut data = Vec::new();
    for a in c.all("x") {
        data.extend(c.numbers(a)?);
    }
    if data.len() != r.dim() {
        return Err(c.refuse(
            format!("vectors of `{r}` have {} components", r.dim()),
            format!("{} are given", data.len()),
        ));
    }
    Ok(Value::Tensor(crate::repl::tensor::Tensor::vector(r, data)))
}
