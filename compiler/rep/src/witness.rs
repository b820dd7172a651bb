//! Numeric counterexamples for diagnostics: a memorable group element, and how far it is from being respected.

use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::linear::{act, multiply};
use crate::random::Random;
use crate::rep::{Atom, Rep};
use crate::stabilizer::embedded;

/// Errors below this are rounding.
const ROUNDING: f64 = 1e-6;

/// The number of random elements and of random inputs that are tried.
const TRIALS: usize = 4;

/// An element that breaks a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// The element, in words.
    pub element: String,
    /// |f(gx) − g f(x)| / |f(x)|.
    pub error: f64,
}

/// A counterexample to the equivariance of a function of one component applied to each, if there is one.
pub fn pointwise(group: &Group, rep: &Rep, f: impl Fn(f64) -> f64) -> Option<Counterexample> {
    generic(group, rep, rep, |x| x.iter().map(|&x| f(x)).collect())
}

/// An element of a subgroup that moves a vector of a representation of the group, if there is one. Decided exactly, by generators and the Lie
/// algebra, wherever the numbers are known exactly: a vector that is only nearly fixed is moved.
///
/// # Errors
/// If it is not known how the subgroup lies in the group.
pub fn not_fixed_vector(subgroup: &Group, rep: &Rep, v: &[Exact]) -> Result<Option<Counterexample>, Error> {
    let group = &rep.group;
    let generators = embedded(subgroup, group)?;
    let algebra = group
        .lie_part(subgroup)
        .ok_or_else(|| Error::Invalid(format!("the Lie algebra of {subgroup} in {group} is not known")))?;
    let scale = v.iter().fold(1e-300f64, |m, x| m.max(x.f.abs()));
    let equal = |a: &Exact, b: &Exact| {
        let same = a.r.is_none() || b.r.is_none() || a.r == b.r;
        same && (a.f - b.f).abs() <= 1e-9 * scale
    };
    let kept = |g: &Element| {
        let image = image(rep, v, |atom| atom.matrix(group, g));
        image.is_some_and(|image| image.iter().zip(v).all(|(a, b)| equal(a, b)))
    };
    let along = |k: usize| image(rep, v, |atom| atom.lie_matrices(group)?.into_iter().nth(k));
    let images: Option<Vec<Vec<Exact>>> = (0..group.lie_dim()).map(along).collect();
    let images = images.ok_or_else(|| Error::Invalid(format!("the Lie algebra of {group} does not act on `{rep}`")))?;
    let still = |x: &Vec<Exact>| {
        (0..v.len()).all(|i| {
            let sum = x
                .iter()
                .zip(&images)
                .fold(Exact::ZERO, |s, (c, image)| s + *c * image[i]);
            equal(&sum, &Exact::ZERO)
        })
    };
    if generators.iter().all(kept) && algebra.iter().all(still) {
        return Ok(None);
    }
    let floats: Vec<f64> = v.iter().map(|x| x.f).collect();
    let error = |g: &Element| distance(&rep.apply(g, &floats), &floats);
    let memorable = subgroup.witness_elements();
    let inside = memorable.iter().filter_map(|g| subgroup.include(group, g));
    let mut list: Vec<Element> = inside.chain(generators.iter().cloned()).collect();
    let mut random = Random(1);
    list.extend((0..TRIALS).filter_map(|_| subgroup.include(group, &subgroup.random(&mut || random.draw()))));
    // Moved by less than what is shown as an error: all the same moved.
    let exactly = || {
        let g = list.iter().max_by(|a, b| error(a).total_cmp(&error(b)));
        Counterexample {
            element: g.map_or_else(|| "a small rotation".into(), |g| group.describe(g)),
            error: g.map_or(0.0, error),
        }
    };
    Ok(Some(clear(group, &list, error).unwrap_or_else(exactly)))
}

/// A vector after a linear map that is given for every atom; `None` if the map is not known or the vector has another length.
fn image(rep: &Rep, v: &[Exact], map: impl Fn(&Atom) -> Option<Vec<Exact>>) -> Option<Vec<Exact>> {
    let (mut out, mut rest) = (vec![], v);
    for (copies, atom) in &rep.blocks {
        let (matrix, d) = (map(atom)?, atom.dim(&rep.group));
        for _ in 0..*copies {
            let (x, tail) = rest.split_at_checked(d)?;
            out.extend(multiply(&matrix, x, d, d, 1));
            rest = tail;
        }
    }
    rest.is_empty().then_some(out)
}

/// A counterexample to f(gx) = g f(x) at fixed inputs x, if one is found. Memorable elements come before random ones.
pub fn generic(group: &Group, rep_in: &Rep, rep_out: &Rep, f: impl Fn(&[f64]) -> Vec<f64>) -> Option<Counterexample> {
    let mut random = Random(1);
    let inputs: Vec<Vec<f64>> = (0..TRIALS).map(|_| random.vector(rep_in.dim())).collect();
    let error = |g: &Element| {
        let one = |x: &Vec<f64>| distance(&f(&rep_in.apply(g, x)), &rep_out.apply(g, &f(x)));
        inputs.iter().map(one).fold(0.0, f64::max)
    };
    worst(group, &mut random, error)
}

/// The first memorable element that shows at least half of the largest error, or a random one if those show none.
fn worst(group: &Group, random: &mut Random, error: impl Fn(&Element) -> f64) -> Option<Counterexample> {
    clear(group, &group.witness_elements(), &error).or_else(|| {
        let random: Vec<Element> = (0..TRIALS).map(|_| group.random(&mut || random.draw())).collect();
        clear(group, &random, &error)
    })
}

/// The first element that shows at least half of the largest error.
fn clear(group: &Group, elements: &[Element], error: impl Fn(&Element) -> f64) -> Option<Counterexample> {
    let errors: Vec<f64> = elements.iter().map(error).collect();
    let largest = errors.iter().copied().fold(ROUNDING, f64::max);
    let at = errors.iter().position(|&e| e > ROUNDING && 2.0 * e >= largest)?;
    Some(Counterexample {
        element: group.describe(&elements[at]),
        error: errors[at],
    })
}

/// |a − b| / |b|, or |a| where b vanishes; zero where either is not a number.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let difference = norm(&mut a.iter().zip(b).map(|(a, b)| a - b));
    let size = norm(&mut b.iter().copied());
    let error = if size > 0.0 { difference / size } else { difference };
    if error.is_finite() { error } else { 0.0 }
}

/// A memorable element that moves a point of R^d, in words, and where it goes; `None` if the group fixes the point.
pub fn moved_point(group: &Group, point: &[i32]) -> Option<(String, Vec<f64>)> {
    let d = point.len();
    let elements = group.witness_elements().into_iter().chain(group.generators());
    let images = elements.filter_map(|g| {
        let m = group.vector_matrix(&g, d)?;
        let image: Vec<f64> = (0..d)
            .map(|i| (0..d).map(|j| m[i * d + j] * f64::from(point[j])).sum())
            .collect();
        Some((g.to_string(), image))
    });
    let moved = |image: &[f64]| {
        image
            .iter()
            .zip(point)
            .any(|(x, &y)| (x - f64::from(y)).abs() > ROUNDING)
    };
    images.into_iter().find(|(_, image)| moved(image))
}

/// The orbit of an offset under a group that acts on the grid, itself first.
pub fn orbit_of_offset(group: &Group, offset: &[i32]) -> Result<Vec<Vec<i32>>, Error> {
    let d = offset.len();
    if !group.acts_on_grid(d) {
        return Err(Error::Invalid(format!(
            "{group} does not act on the grid of dimension {d}"
        )));
    }
    let matrices: Vec<Vec<i32>> = group
        .generators()
        .iter()
        .filter_map(|g| group.point_matrix(g, d))
        .collect();
    let mut orbit = vec![offset.to_vec()];
    let mut next = 0;
    while let Some(point) = orbit.get(next).cloned() {
        next += 1;
        for m in &matrices {
            let image = act(m, &point);
            if !orbit.contains(&image) {
                orbit.push(image);
            }
        }
    }
    Ok(orbit)
}
