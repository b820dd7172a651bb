//! Explicit orthogonal matrices for the real irreducible representations of a listed group.
//!
//! In order of preference: one-dimensional characters; the matrices of the group itself where it acts irreducibly on space;
//! matrices from one vector ([`super::spherical`]), exact where roots allow; floating point ([`super::numeric`]). Whatever is
//! found is checked: orthogonal matrices, with the traces that the character has.

use super::complex::Complex;
use super::listed::Finite;
use super::members::Members;
use super::numeric;
use super::spherical::{Candidate, Vector};
use super::table::{CharacterTable, Kind, RealCharacter};
use crate::error::Error;
use crate::exact::Exact;
use crate::linear;
use crate::random::Random;
use crate::stop;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// The residual of a representation, its distance from being orthogonal with the right traces, stays below this.
pub const MAX_RESIDUAL: f64 = 1e-12;

/// Representations of larger dimension are not built.
pub const MAX_DEGREE: usize = 256;

/// Subgroups whose characters are tried.
const MAX_CANDIDATES: usize = 3000;

/// Pairs of generators of such subgroups.
const MAX_PAIRS: usize = 8000;

/// Inexact vectors tried in the hope of an exact one.
const MAX_INEXACT: usize = 24;

/// A real irreducible representation with its matrices.
#[derive(Clone, Debug)]
pub struct RealIrrep {
    /// Its character, type and dimension.
    pub character: RealCharacter,
    /// The orthogonal matrices of the generators, row-major.
    pub generators: Vec<Vec<Exact>>,
    /// A basis of the matrices that commute with them: 1; 1, J with J² = −1; or 1, I, J, IJ.
    pub commutant: Vec<Vec<Exact>>,
    /// The largest error of orthogonality and of traces, in floating point.
    pub residual: f64,
    /// Was it found in floating point?
    pub numeric: bool,
}

/// The real irreducible representations of one group, built when they are asked for.
#[derive(Debug)]
pub struct RealIrreps {
    table: Arc<CharacterTable>,
    characters: Vec<RealCharacter>,
    candidates: OnceLock<Candidates>,
    built: Vec<OnceLock<Result<Arc<RealIrrep>, Error>>>,
}

struct Candidates(Vec<Candidate>);

impl std::fmt::Debug for Candidates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} subgroups", self.0.len())
    }
}

impl Finite {
    /// The real irreducible representations: their characters, the trivial one first, and on demand their matrices.
    pub fn real_irreps(&self) -> Result<&RealIrreps, Error> {
        let make = || {
            let table = self.group().character_table()?;
            let characters = table.real_characters();
            let built = characters.iter().map(|_| OnceLock::new()).collect();
            Ok(RealIrreps {
                table,
                characters,
                candidates: OnceLock::new(),
                built,
            })
        };
        self.real.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// Real irreducible representation number `index` with its matrices.
    pub fn real_irrep(&self, index: usize) -> Result<Arc<RealIrrep>, Error> {
        let irreps = self.real_irreps()?;
        let Some(slot) = irreps.built.get(index) else {
            return Err(Error::Unknown(format!(
                "{} has {} real irreducible representations",
                self.group(),
                irreps.built.len()
            )));
        };
        slot.get_or_init(|| irreps.build(self, &irreps.characters[index]).map(Arc::new))
            .clone()
    }
}

impl RealIrrep {
    /// The matrix of element number `g` of the group, row-major.
    pub fn matrix(&self, group: &Finite, g: u32) -> Vec<Exact> {
        let d = self.character.degree;
        let mut m: Vec<Exact> = linear::identity(d);
        for s in group.word(g) {
            m = linear::multiply(&m, &self.generators[s as usize], d, d, d);
        }
        m
    }
}

impl RealIrreps {
    /// The characters.
    pub fn characters(&self) -> &[RealCharacter] {
        &self.characters
    }

    fn build(&self, group: &Finite, character: &RealCharacter) -> Result<RealIrrep, Error> {
        if character.degree > MAX_DEGREE {
            return Err(Error::TooLarge(format!(
                "a representation of dimension {} is not built; at most {MAX_DEGREE}",
                character.degree
            )));
        }
        if let Some(found) = self.one_dimensional(group, character) {
            return Ok(found);
        }
        if let Some(found) = self.from_space(group, character) {
            return Ok(found);
        }
        let mut inexact = None;
        let mut tries = 0;
        for candidate in self.ordered(group, character) {
            stop::check();
            for vector in Vector::all(group, &self.table, character.rows[0], candidate) {
                let found = vector
                    .matrices(character)
                    .and_then(|m| self.checked(group, character, m));
                match found {
                    Some(found) if !found.numeric => return Ok(found),
                    Some(found) => {
                        inexact.get_or_insert(found);
                        tries += 1;
                    }
                    None => {}
                }
            }
            if tries >= MAX_INEXACT {
                break;
            }
        }
        inexact.or_else(|| self.numeric(group, character)).ok_or_else(|| {
            Error::TooLarge(format!(
                "matrices of dimension {} could not be built for {}: no subgroup has few enough cosets",
                character.degree,
                group.group()
            ))
        })
    }

    /// ±1, or rotations of the plane.
    fn one_dimensional(&self, group: &Finite, character: &RealCharacter) -> Option<RealIrrep> {
        let row = character.rows[0];
        if self.table.degree(row) > 1 {
            return None;
        }
        let value = |&s: &u32| Complex::new(self.table.exact(row, group.classes().of(s)));
        let matrix = |z: Complex| match character.kind {
            Kind::Real => vec![z.re],
            _ => vec![z.re, -z.im, z.im, z.re],
        };
        let generators = group.generators().iter().map(|s| matrix(value(s))).collect();
        self.checked(group, character, generators)
    }

    /// The matrices of the action on space, where that is this representation.
    fn from_space(&self, group: &Finite, character: &RealCharacter) -> Option<RealIrrep> {
        let matrix = |&s: &u32| group.group().vector(&group.elements()[s as usize], character.degree);
        let generators: Vec<Vec<Exact>> = group.generators().iter().map(matrix).collect::<Option<_>>()?;
        self.checked(group, character, generators)
    }

    fn numeric(&self, group: &Finite, character: &RealCharacter) -> Option<RealIrrep> {
        // Subgroups with few cosets first, but not so large that the character does not occur.
        let mut subgroups: Vec<Members> = self.candidates(group).iter().map(|c| c.members.clone()).collect();
        subgroups.push(Members::trivial(group));
        subgroups.sort_by_key(|m| std::cmp::Reverse(m.order()));
        let occurs = |members: &Members| {
            let sum: f64 = members
                .list()
                .iter()
                .map(|&h| self.table.float(character.rows[0], group.classes().of(h)).0)
                .sum();
            sum > 0.5
        };
        subgroups
            .iter()
            .filter(|m| group.order() / m.order() <= numeric::MAX_POINTS && occurs(m))
            .take(8)
            .find_map(|members| {
                let generators = numeric::matrices(group, &self.table, character, members)?;
                self.checked(group, character, generators)
            })
    }

    /// The representation with these matrices, if they have the traces of the character and are orthogonal.
    fn checked(&self, group: &Finite, character: &RealCharacter, generators: Vec<Vec<Exact>>) -> Option<RealIrrep> {
        let d = character.degree;
        let mut residual = 0.0f64;
        for m in &generators {
            let square = linear::multiply(m, &linear::transpose(m, d, d), d, d, d);
            for (at, x) in square.iter().enumerate() {
                residual = residual.max((x.f - f64::from(u8::from(at / d == at % d))).abs());
            }
        }
        let numeric = generators.iter().flatten().any(|x| x.r.is_none());
        let mut irrep = RealIrrep {
            character: character.clone(),
            generators,
            commutant: vec![linear::identity(d)],
            residual,
            numeric,
        };
        for (class, members) in group.classes().members().iter().enumerate() {
            let m = irrep.matrix(group, members[0]);
            let trace: f64 = (0..d).map(|i| m[i * d + i].f).sum();
            let (expected, _) = self.table.real_value(character, class).to_complex();
            irrep.residual = irrep.residual.max((trace - expected).abs());
        }
        if irrep.residual > MAX_RESIDUAL * d as f64 {
            return None;
        }
        irrep.commutant.extend(structure(group, &irrep)?);
        Some(irrep)
    }

    /// Subgroups to take vectors from: those of index χ(1) first, then by falling order.
    fn ordered(&self, group: &Finite, character: &RealCharacter) -> Vec<&Candidate> {
        let degree = self.table.degree(character.rows[0]);
        let mut list: Vec<&Candidate> = self
            .candidates(group)
            .iter()
            .filter(|c| c.members.order() * degree <= group.order() * degree)
            .collect();
        list.sort_by_key(|c| {
            let order = c.members.order();
            (order * degree != group.order(), std::cmp::Reverse(order))
        });
        list
    }

    /// Subgroups worth trying: around the classes, and those of two generators.
    fn candidates(&self, group: &Finite) -> &[Candidate] {
        let make = || {
            let whole = Members::whole(group);
            let center = whole.centralizer(group, group.generators());
            let mut seen: HashSet<Members> = HashSet::new();
            let mut add = |members: Members| {
                if seen.len() < MAX_CANDIDATES && members.order() < group.order() {
                    seen.insert(members);
                }
            };
            let representatives: Vec<u32> = group.classes().members().iter().skip(1).map(|m| m[0]).collect();
            let mut derived = whole.clone();
            loop {
                let next = derived.derived(group);
                if next.order() == derived.order() {
                    break;
                }
                add(next.clone());
                derived = next;
            }
            for &g in &representatives {
                let cyclic = Members::generated(group, &[g]);
                let centralizer = whole.centralizer(group, &[g]);
                let mut with_center = center.clone();
                with_center.extend(group, g);
                add(whole.normalizer(group, &cyclic));
                for &x in centralizer.list().iter().take(64) {
                    let mut abelian = with_center.clone();
                    abelian.extend(group, x);
                    add(abelian);
                }
                add(centralizer);
                add(cyclic);
                add(with_center);
            }
            let n = group.order();
            let mut random = Random(1);
            let all = representatives.len() * n;
            for at in 0..all.min(MAX_PAIRS) {
                let at = if all <= MAX_PAIRS {
                    at
                } else {
                    random.below(all as u64) as usize
                };
                let pair = [representatives[at / n], (at % n) as u32];
                add(Members::generated(group, &pair));
            }
            let mut list: Vec<Members> = seen.into_iter().collect();
            list.sort_by_cached_key(|m| (m.order(), m.ascending()));
            Candidates(list.into_iter().map(Candidate::new).collect())
        };
        &self.candidates.get_or_init(make).0
    }
}

/// Matrices that with 1 span the commutant: averages of antisymmetric matrices over the group, made orthonormal.
fn structure(group: &Finite, irrep: &RealIrrep) -> Option<Vec<Vec<Exact>>> {
    let count = match irrep.character.kind {
        Kind::Real => return Some(vec![]),
        Kind::Complex => 1,
        Kind::Quaternionic => 2,
    };
    let d = irrep.character.degree;
    let mut found: Vec<Vec<Exact>> = vec![];
    let mut spare: Option<Vec<Exact>> = None;
    for (i, j) in (0..d).flat_map(|i| (i + 1..d).map(move |j| (i, j))) {
        if found.len() == count {
            break;
        }
        let Some((m, exact)) = commuting(group, irrep, i, j, &found) else {
            continue;
        };
        if exact || irrep.numeric {
            found.push(m);
        } else {
            spare.get_or_insert(m);
        }
    }
    if found.len() < count {
        found.extend(spare);
    }
    if found.len() < count {
        return None;
    }
    if count == 2 {
        found.push(linear::multiply(&found[0], &found[1], d, d, d));
    }
    Some(found)
}

/// The average of e_j e_iᵀ − e_i e_jᵀ, without its components along known ones, of square −1; and whether it is exact.
fn commuting(
    group: &Finite,
    irrep: &RealIrrep,
    i: usize,
    j: usize,
    known: &[Vec<Exact>],
) -> Option<(Vec<Exact>, bool)> {
    let d = irrep.character.degree;
    // The columns ρ(g) e_i and ρ(g) e_j of all elements, along the spanning tree.
    let unit = |k: usize| -> Vec<Exact> { (0..d).map(|a| if a == k { Exact::ONE } else { Exact::ZERO }).collect() };
    let mut columns: Vec<[Vec<Exact>; 2]> = vec![[vec![], vec![]]; group.order()];
    columns[0] = [unit(i), unit(j)];
    for (g, s, y) in group.spanning_tree() {
        let m = &irrep.generators[s as usize];
        let [a, b] = &columns[y as usize];
        columns[g as usize] = [linear::multiply(m, a, d, d, 1), linear::multiply(m, b, d, d, 1)];
    }
    let mut sum = vec![Exact::ZERO; d * d];
    for [a, b] in &columns {
        for (k, x) in sum.iter_mut().enumerate() {
            let (p, q) = (k / d, k % d);
            *x = *x + b[p] * a[q] - a[p] * b[q];
        }
    }
    let scale = Exact::ratio(1, group.order() as i64);
    let mut m: Vec<Exact> = sum.into_iter().map(|x| (x * scale).polish()).collect();
    let inner = |a: &[Exact], b: &[Exact]| a.iter().zip(b).fold(Exact::ZERO, |s, (&x, &y)| s + x * y);
    for other in known {
        let c = inner(&m, other) / inner(other, other);
        m = m.iter().zip(other).map(|(&x, &y)| (x - c * y).polish()).collect();
    }
    let square = inner(&m, &m) / Exact::int(d as i64);
    if square.f < 1e-9 {
        return None;
    }
    let root = square.polish().sqrt();
    let m: Vec<Exact> = m.into_iter().map(|x| (x / root).polish()).collect();
    let exact = m.iter().all(|x| x.r.is_some());
    Some((m, exact))
}
