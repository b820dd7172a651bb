//! Groups.

use super::{Call, Method, many, one, optional};
use crate::repl::elements;
use crate::repl::value::{Kind, Table, Value};
use crate::session::D;
use gdl_rep::element::Elem;
use gdl_rep::{Atom, Element, Exact, Group, Rep, Subgroup, irreps};

/// Tables of products have at most this many rows.
const MAX_TABLE: u64 = 64;

/// Lists of elements have at most this many.
const MAX_LIST: u64 = 10_000;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "order",
        on: &[Kind::Group],
        params: &[],
        doc: "The number of elements.",
        example: "Oh.order",
        run: order,
    },
    Method {
        name: "identity",
        on: &[Kind::Group],
        params: &[],
        doc: "The neutral element.",
        example: "D(4).identity",
        run: |c| Ok(Value::element(&c.group(), c.group().identity())),
    },
    Method {
        name: "generators",
        on: &[Kind::Group],
        params: &[],
        doc: "Elements that generate it; of a Lie group, those that generate it with its identity component.",
        example: "S(4).generators",
        run: |c| Ok(elements_value(&c.group(), c.group().generators())),
    },
    Method {
        name: "elements",
        on: &[Kind::Group],
        params: &[],
        doc: "All elements of a finite group.",
        example: "D(3).elements",
        run: all_elements,
    },
    Method {
        name: "r",
        on: &[Kind::Group],
        params: &[],
        doc: "The rotation by 360°/n that generates C(n).",
        example: "D(4).r * D(4).s",
        run: |c| planar(c, false),
    },
    Method {
        name: "f",
        on: &[Kind::Group],
        params: &[],
        doc: "The reflection of D(n) or O(2) that keeps the first axis.",
        example: "D(4).f",
        run: |c| planar(c, true),
    },
    Method {
        name: "s",
        on: &[Kind::Group],
        params: &[],
        doc: "Another name of the reflection f.",
        example: "D(4).r * D(4).s",
        run: |c| planar(c, true),
    },
    Method {
        name: "rotation",
        on: &[Kind::Group],
        params: &[
            one("degrees", &[Kind::Number]),
            optional("axis", &[Kind::List, Kind::Record, Kind::Text, Kind::Tensor]),
        ],
        doc: "A rotation, counter-clockwise; in space about an axis.",
        example: "SO(3).rotation(90, (0, 0, 1))",
        run: rotation,
    },
    Method {
        name: "inversion",
        on: &[Kind::Group],
        params: &[],
        doc: "The inversion of space, x to -x.",
        example: "O(3).inversion",
        run: inversion,
    },
    Method {
        name: "random",
        on: &[Kind::Group],
        params: &[optional("seed", &[Kind::Number])],
        doc: "A random element, uniformly; the same for the same seed.",
        example: "SO(3).random(7)",
        run: random,
    },
    Method {
        name: "cayley",
        on: &[Kind::Group],
        params: &[],
        doc: "The table of products: row times column.",
        example: "C(3).cayley",
        run: cayley,
    },
    Method {
        name: "generated",
        on: &[Kind::Group],
        params: &[many("g", &[Kind::Element, Kind::List])],
        doc: "The subgroup that elements generate.",
        example: "generated(D(4), D(4).r^2)",
        run: generated,
    },
    Method {
        name: "stabilizer",
        on: &[Kind::Group],
        params: &[one("x", &[Kind::Tensor, Kind::Record, Kind::List])],
        doc: "The subgroup that fixes a vector, or a point of the grid.",
        example: "stabilizer(Oh, (0, 0, 1))",
        run: stabilizer,
    },
    Method {
        name: "centralizer",
        on: &[Kind::Group],
        params: &[many("g", &[Kind::Element])],
        doc: "The subgroup of what commutes with all of these elements.",
        example: "centralizer(D(4), D(4).r)",
        run: centralizer,
    },
    Method {
        name: "orbit",
        on: &[Kind::Group],
        params: &[one("x", &[Kind::Tensor, Kind::Record, Kind::List])],
        doc: "All images of a vector or point, itself first.",
        example: "orbit(D(4), (1, 2))",
        run: orbit,
    },
    Method {
        name: "irreps",
        on: &[Kind::Group],
        params: &[optional("max", &[Kind::Number])],
        doc: "The irreducible representations over the reals; of a Lie group those up to degree `max`.",
        example: "irreps(D(4))",
        run: irreducibles,
    },
    Method {
        name: "quotient",
        on: &[Kind::Group],
        params: &[one("H", &[Kind::Group])],
        doc: "The permutation representation on the cosets of a subgroup.",
        example: "quotient(D(4), generated(D(4), D(4).s))",
        run: quotient,
    },
    Method {
        name: "contains",
        on: &[Kind::Group],
        params: &[one("g", &[Kind::Element])],
        doc: "Whether an element is in it.",
        example: "contains(generated(D(4), D(4).r), D(4).s)",
        run: contains,
    },
];

/// Elements as a value.
fn elements_value(group: &Group, list: impl IntoIterator<Item = Element>) -> Value {
    Value::list(list.into_iter().map(|g| Value::element(group, g)))
}

fn order(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    match g.order() {
        Some(n) => Ok(i64::try_from(&n).map_or_else(|_| Value::text(n.to_string()), Value::Int)),
        None => Ok(Value::text("infinite")),
    }
}

fn all_elements(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    if let Some(n) = g.order()
        && g.small_order().is_none_or(|n| n > MAX_LIST)
    {
        return Err(c.refuse(
            format!("{g} has {n} elements"),
            format!("at most {MAX_LIST} are listed"),
        ));
    }
    let list = g.elements().map_err(|e| c.math(e))?;
    Ok(elements_value(&g, list))
}

fn planar(c: &mut Call<'_, '_>, flip: bool) -> D<Value> {
    let g = c.group();
    let element = match (&g, flip) {
        (Group::C(n) | Group::D(n), false) => Elem::Planar {
            n: *n,
            flip,
            turn: 1 % n,
        },
        (Group::D(n), true) => Elem::Planar { n: *n, flip, turn: 0 },
        (Group::O2, true) => Elem::Circle {
            flip,
            cos: Exact::ONE,
            sin: Exact::ZERO,
        },
        (Group::SO2 | Group::O2, false) => {
            return Err(c.refuse(format!("{g} has rotations by every angle"), "write `rotation(90)`"));
        }
        _ => {
            return Err(Box::new(super::unknown(Some(Kind::Group), c.method.name, c.at))
                .map_title(format!("{g} has no element `{}`", c.method.name)));
        }
    };
    Ok(Value::element(&g, element))
}

/// A diagnostic with another title.
trait Titled {
    fn map_title(self, title: String) -> Self;
}

impl Titled for Box<gdl_core::diag::Diagnostic> {
    fn map_title(mut self, title: String) -> Self {
        self.title = title;
        self.labels[0].text = "not an element".into();
        self.help = Some("`G.generators` lists elements that generate it; `S(4)[(1 2)]` names permutations.".into());
        self
    }
}

/// cos and sin of an angle in degrees, exact for whole numbers.
fn angle(degrees: f64) -> (Exact, Exact) {
    if degrees.fract() == 0.0 && degrees.abs() < 1e9 {
        return (Exact::cos_2pi(degrees as i64, 360), Exact::sin_2pi(degrees as i64, 360));
    }
    let (s, c) = degrees.to_radians().sin_cos();
    (Exact::inexact(c), Exact::inexact(s))
}

fn rotation(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    let degrees = c.real("degrees").unwrap_or(0.0);
    if !degrees.is_finite() {
        return Err(c.refuse("this angle is not a number", "write degrees"));
    }
    let (cos, sin) = angle(degrees);
    let element = match &g {
        Group::C(n) | Group::D(n) => {
            let turn = degrees * f64::from(*n) / 360.0;
            if (turn - turn.round()).abs() > 1e-9 {
                return Err(c.refuse(
                    format!("{g} has no rotation by {degrees}°"),
                    format!("its rotations are multiples of {}°", 360.0 / f64::from(*n)),
                ));
            }
            Elem::Planar {
                n: *n,
                flip: false,
                turn: (turn.round() as i64).rem_euclid(i64::from(*n)) as u32,
            }
        }
        Group::SO2 | Group::O2 => Elem::Circle { flip: false, cos, sin },
        Group::SO3 | Group::O3 | Group::O | Group::Oh => {
            let axis = axis(c)?;
            let m = about(&axis, cos, sin);
            let space = Elem::Space(m);
            if matches!(g, Group::SO3 | Group::O3) {
                space
            } else {
                let found = g.elements().map_err(|e| c.math(e))?.into_iter().find(|h| {
                    h.vector(3)
                        .is_some_and(|v| v.iter().zip(&m).all(|(a, b)| (a.f - b.f).abs() < 1e-9))
                });
                match found {
                    Some(h) => h,
                    None => return Err(c.refuse(format!("{g} has no such rotation"), "not a symmetry of the cube")),
                }
            }
        }
        _ => return Err(c.refuse(format!("{g} has no rotations by angles"), "not a group of rotations")),
    };
    Ok(Value::element(&g, element))
}

/// The axis of a rotation, of length 1: z if none is given.
fn axis(c: &Call<'_, '_>) -> D<[Exact; 3]> {
    let Some(a) = c.arg("axis") else {
        return Ok([Exact::ZERO, Exact::ZERO, Exact::ONE]);
    };
    let list = match &a.value {
        Value::Text(t) => match &**t {
            "x" => vec![1.0, 0.0, 0.0],
            "y" => vec![0.0, 1.0, 0.0],
            "z" => vec![0.0, 0.0, 1.0],
            _ => {
                return Err(c.refuse_at(
                    a.span,
                    "an axis is \"x\", \"y\", \"z\" or three numbers".into(),
                    "not an axis",
                ));
            }
        },
        _ => c.numbers(a)?,
    };
    let n2: f64 = list.iter().map(|x| x * x).sum();
    if list.len() != 3 || n2 <= 0.0 || !n2.is_finite() {
        return Err(c.refuse_at(a.span, "an axis has three numbers, not all 0".into(), "not an axis"));
    }
    let whole = list.iter().all(|x| x.fract() == 0.0 && x.abs() < 1e6);
    let scale = if whole {
        Exact::sqrt_int(n2 as u64)
    } else {
        Exact::inexact(n2.sqrt())
    };
    let entry = |x: f64| if whole { Exact::int(x as i64) } else { Exact::inexact(x) };
    Ok([entry(list[0]) / scale, entry(list[1]) / scale, entry(list[2]) / scale])
}

/// Rodrigues' formula.
fn about(u: &[Exact; 3], cos: Exact, sin: Exact) -> [Exact; 9] {
    let rest = Exact::ONE - cos;
    std::array::from_fn(|at| {
        let (i, j) = (at / 3, at % 3);
        let outer = u[i] * u[j] * rest;
        let cross = match (3 + j - i) % 3 {
            0 => cos,
            1 => -(sin * u[3 - i - j]),
            _ => sin * u[3 - i - j],
        };
        let entry = outer + cross;
        match entry.as_int() {
            Some(n) => Exact::int(n),
            None => entry,
        }
    })
}

fn inversion(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    let element = match g {
        Group::O3 => Elem::Space([-1, 0, 0, 0, -1, 0, 0, 0, -1].map(Exact::int)),
        Group::Oh => Elem::Signed {
            axis: [0, 1, 2],
            sign: [-1; 3],
        },
        _ => return Err(c.refuse(format!("{g} has no inversion"), "O(3) and Oh have one")),
    };
    Ok(Value::element(&g, element))
}

fn random(c: &mut Call<'_, '_>) -> D<Value> {
    let seed = c.whole("seed")?.unwrap_or(0);
    let mut rng = gdl_host::rng::Rng::new(seed as u64);
    let g = c.group();
    let element = g.random(&mut || rng.bits());
    Ok(Value::element(&g, element))
}

fn cayley(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    if g.small_order().is_none_or(|n| n > MAX_TABLE) {
        return Err(c.refuse(
            format!("the table of {g} is too large to print"),
            format!("at most {MAX_TABLE} rows are"),
        ));
    }
    let list = g.elements().map_err(|e| c.math(e))?;
    let names: Vec<String> = list.iter().map(|x| elements::name(&g, x)).collect();
    let mut rows = vec![[vec![String::new()], names.clone()].concat()];
    for (x, name) in list.iter().zip(&names) {
        let products = list.iter().map(|y| match x.compose(y) {
            Some(z) => elements::name(&g, &z),
            None => String::new(),
        });
        rows.push(std::iter::once(name.clone()).chain(products).collect());
    }
    Ok(Value::table(Table {
        title: String::new(),
        rows,
        headings: 1,
    }))
}

/// The elements among the arguments `name`, lists opened.
fn members(c: &Call<'_, '_>, name: &str) -> D<Vec<Element>> {
    let g = c.group();
    let mut out = Vec::new();
    for a in c.all(name) {
        let list: Vec<&Value> = match &a.value {
            Value::List(items) => items.iter().collect(),
            one => vec![one],
        };
        for v in list {
            match v {
                Value::Element(m) if g.contains(&m.element) => out.push(m.element.clone()),
                Value::Element(m) => {
                    return Err(c.refuse_at(
                        a.span,
                        format!("{} is not an element of {g}", elements::name(&m.group, &m.element)),
                        format!("an element of {}", m.group),
                    ));
                }
                other => {
                    return Err(c.refuse_at(a.span, "elements are needed here".into(), other.kind().words()));
                }
            }
        }
    }
    Ok(out)
}

fn generated(c: &mut Call<'_, '_>) -> D<Value> {
    let list = members(c, "g")?;
    let sub = Subgroup::generated(&c.group(), &list).map_err(|e| c.math(e))?;
    Ok(Value::group(sub.as_group()))
}

fn centralizer(c: &mut Call<'_, '_>) -> D<Value> {
    let list = members(c, "g")?;
    let sub = Subgroup::centralizer(&c.group(), &list).map_err(|e| c.math(e))?;
    Ok(Value::group(sub.as_group()))
}

/// What a group acts on: a vector of one of its representations, or a point of R^d.
fn acted_on(c: &Call<'_, '_>) -> D<(Rep, Vec<f64>)> {
    let g = c.group();
    let Some(a) = c.arg("x") else {
        return Err(c.refuse("a vector is needed", "nothing is given"));
    };
    if let Value::Tensor(t) = &a.value
        && let Some(r) = t.rep()
        && t.over.is_empty()
        && !r.is_trivial()
    {
        if r.group != g {
            return Err(c.refuse_at(
                a.span,
                format!("{g} does not act on this"),
                format!("a vector of {}", r.group),
            ));
        }
        return Ok((r.clone(), t.data.to_vec()));
    }
    let x = c.numbers(a)?;
    let d = x.len() as u32;
    match Rep::atom(g.clone(), Atom::vector(&g, d).map_err(|e| c.math(e))?) {
        Ok(r) => Ok((r, x)),
        Err(e) => Err(c.math(e)),
    }
}

fn stabilizer(c: &mut Call<'_, '_>) -> D<Value> {
    let (rep, x) = acted_on(c)?;
    let sub = Subgroup::stabilizer(&rep, &x).map_err(|e| c.math(e))?;
    Ok(Value::group(sub.as_group()))
}

fn orbit(c: &mut Call<'_, '_>) -> D<Value> {
    let (rep, x) = acted_on(c)?;
    let generators = rep.group.generators();
    if !rep.group.is_finite() {
        return Err(c.refuse(
            format!("the orbit of a vector under {} is not finite", rep.group),
            "only finite groups have lists of images",
        ));
    }
    let mut found = vec![x.clone()];
    let scale = x.iter().fold(1e-300f64, |m, v| m.max(v.abs()));
    let mut next = 0;
    while let Some(at) = found.get(next).cloned() {
        next += 1;
        for g in &generators {
            let image: Vec<f64> = rep.apply(g, &at);
            let same = |y: &Vec<f64>| y.iter().zip(&image).all(|(a, b)| (a - b).abs() <= 1e-9 * scale);
            if !found.iter().any(same) {
                found.push(image);
            }
        }
        if found.len() as u64 > MAX_LIST {
            return Err(c.refuse(
                "this orbit is too long",
                format!("at most {MAX_LIST} images are listed"),
            ));
        }
    }
    Ok(Value::list(found.into_iter().map(|y| {
        Value::Tensor(crate::repl::tensor::Tensor::vector(rep.clone(), y))
    })))
}

fn irreducibles(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    let max = c.whole("max")?.unwrap_or(3);
    let max = u32::try_from(max).map_err(|_| c.refuse("a degree is not negative", "here"))?;
    let list = irreps(&g, max).map_err(|e| c.math(e))?;
    let mut out = Vec::new();
    for a in list {
        out.push(Value::rep(Rep::atom(g.clone(), a).map_err(|e| c.math(e))?));
    }
    Ok(Value::list(out))
}

fn quotient(c: &mut Call<'_, '_>) -> D<Value> {
    let sub = super::finite::subgroup(c, "H")?;
    let rep = Rep::atom(c.group(), Atom::Quotient(sub)).map_err(|e| c.math(e))?;
    Ok(Value::rep(rep))
}

fn contains(c: &mut Call<'_, '_>) -> D<Value> {
    match c.arg("g").map(|a| &a.value) {
        Some(Value::Element(m)) => Ok(Value::Bool(c.group().contains(&m.element))),
        _ => Ok(Value::Bool(false)),
    }
}
