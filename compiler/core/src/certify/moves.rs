//! Moves: one element of the symmetry group of a scene, with its action on every array that has rows in some dim.
//!
//! A move permutes the rows of every dim, and acts on what stands in a row:
//!
//! - node x of the moved scene is node `rows[x]` of the old one; edges are carried along and sorted by their new
//!   destinations; pairs, stacked rows and coarse cells follow;
//! - every sample has its own element g of the model's group. It acts by ρ(g) on vectors, by its matrix on points, by its
//!   permutation on windows and on bases that it permutes, and moves the cells of a grid about the grid's centre:
//!   \[g·s\](p) = ρ(g) s(g⁻¹p);
//! - every sample has its own translation of points, and its own cyclic shift of periodic grids;
//! - every vertex of a mesh has its own change of frame: if the frame at p is turned by −ψ_p, components of vectors over
//!   p become ρ(ψ_p)x, the direction θ of an edge seen from its destination p becomes θ + ψ_p, and its transport φ from q to
//!   p becomes φ + ψ_p − ψ_q, since ρ(φ′)ρ(ψ_q)x = ρ(ψ_p)ρ(φ)x.

use super::scene::{Column, Draw, Scene, offsets};
use super::slots::{Slot, Values};
use crate::lower::reps;
use crate::typed::Model;
use crate::types::{DomainId, Set};
use gdl_abi::{DimDef, DimId, Domains, DoorSizes, Instance};
use gdl_rep::element::Elem;
use gdl_rep::scalar::Trig;
use gdl_rep::{Atom, Element, Group, Rep};
use std::collections::HashMap;

/// An element of the model's group.
#[derive(Clone, Debug)]
pub(crate) enum Motion<S> {
    /// Nothing moves.
    Identity,
    /// An element.
    Finite(Element),
    /// 1 + Σ c_k A_k, A_k the generators of the Lie algebra, c_k infinitesimal.
    Infinitesimal(Vec<S>),
}

/// A move of a scene.
#[derive(Clone, Debug)]
pub(crate) struct Move<S> {
    /// In words.
    pub words: String,
    /// Old samples by new ones.
    pub samples: Vec<u32>,
    /// Old rows by new ones, for ragged dims that do not just follow their samples.
    pub rows: HashMap<String, Vec<u32>>,
    /// By new sample.
    pub motions: Vec<Motion<S>>,
    /// Translations by new sample.
    pub shifts: Vec<Vec<S>>,
    /// Cyclic shifts of a grid by new sample, in cells of that grid.
    pub wraps: Vec<(String, Vec<Vec<i64>>)>,
    /// Changes of frame by new vertex: (cos ψ, sin ψ).
    pub frames: Vec<(DomainId, Vec<[S; 2]>)>,
}

impl<S> Move<S> {
    /// The move that moves nothing.
    pub fn still(samples: usize) -> Move<S> {
        Move {
            words: "identity".into(),
            samples: (0..samples as u32).collect(),
            rows: HashMap::new(),
            motions: (0..samples).map(|_| Motion::Identity).collect(),
            shifts: Vec::new(),
            wraps: Vec::new(),
            frames: Vec::new(),
        }
    }
}

/// A move with everything worked out for one program.
pub(crate) struct Acting<'a, A: Draw> {
    alg: &'a A,
    model: &'a Model,
    domains: &'a Domains,
    /// The old sizes and maps.
    pub old: &'a Instance,
    /// The new sizes and maps.
    pub new: Instance,
    /// What the door supplies for the moved scene.
    pub door: DoorSizes,
    by: &'a Move<A::S>,
    /// Old rows by new ones, by dim.
    from: Vec<Vec<u32>>,
}

impl<'a, A: Draw> Acting<'a, A> {
    /// Works out a move.
    pub fn new(
        alg: &'a A,
        model: &'a Model,
        domains: &'a Domains,
        door: &DoorSizes,
        old: &'a Instance,
        by: &'a Move<A::S>,
    ) -> Result<Self, String> {
        let door = moved_door(door, by)?;
        let new = Instance::new(domains, &door)?;
        let mut out = Acting {
            alg,
            model,
            domains,
            old,
            new,
            door,
            by,
            from: Vec::new(),
        };
        for k in 0..domains.dims.len() {
            let from = out.rows_of(DimId(k as u32))?;
            out.from.push(from);
        }
        Ok(out)
    }

    fn rows_of(&self, dim: DimId) -> Result<Vec<u32>, String> {
        let at = dim.0 as usize;
        let (old, new) = (&self.old.sample_ptr[at], &self.new.sample_ptr[at]);
        let blocks = || -> Vec<u32> {
            let sample = |&s: &u32| old[s as usize]..old[s as usize + 1];
            self.by.samples.iter().flat_map(sample).collect()
        };
        Ok(match self.domains.dim_def(dim) {
            DimDef::Samples => self.by.samples.clone(),
            DimDef::Ragged { name } => self.by.rows.get(name).cloned().unwrap_or_else(blocks),
            DimDef::Rounds { .. } => blocks(),
            DimDef::Grid { .. } | DimDef::Coarse { .. } => self.cells(dim)?,
            DimDef::Pairs { left, right } => {
                let (fl, fr) = (&self.from[left.0 as usize], &self.from[right.0 as usize]);
                let ptr = |i: &Instance, d: &DimId| i.sample_ptr[d.0 as usize].clone();
                let (ol, or) = (ptr(self.old, left), ptr(self.old, right));
                let (nl, nr) = (ptr(&self.new, left), ptr(&self.new, right));
                let mut out = Vec::with_capacity(new.last().map_or(0, |&n| n as usize));
                for (s, &o) in self.by.samples.iter().enumerate() {
                    let o = o as usize;
                    for a in nl[s]..nl[s + 1] {
                        for b in nr[s]..nr[s + 1] {
                            let (a, b) = (fl[a as usize] - ol[o], fr[b as usize] - or[o]);
                            out.push(old[o] + a * (or[o + 1] - or[o]) + b);
                        }
                    }
                }
                out
            }
            // A chooser takes its choices along, best first.
            DimDef::Chosen { each, .. } => {
                let (from, choosers) = (&self.from[each.0 as usize], &self.old.sample_ptr[each.0 as usize]);
                let now = &self.new.sample_ptr[each.0 as usize];
                let mut out = Vec::with_capacity(new.last().map_or(0, |&n| n as usize));
                for (s, &o) in self.by.samples.iter().enumerate() {
                    let o = o as usize;
                    let there = choosers[o + 1] - choosers[o];
                    let count = (old[o + 1] - old[o]).checked_div(there).unwrap_or(0);
                    for b in now[s]..now[s + 1] {
                        let first = old[o] + (from[b as usize] - choosers[o]) * count;
                        out.extend(first..first + count);
                    }
                }
                out
            }
            DimDef::Stacked { time, of } => {
                let inner = &self.from[of.0 as usize];
                let n = inner.len() as u32;
                (0..self.new.steps(*time) as u32)
                    .flat_map(|t| inner.iter().map(move |r| t * n + r))
                    .collect()
            }
        })
    }

    /// Cells moved about the centre of their grid, then around periodic axes.
    fn cells(&self, dim: DimId) -> Result<Vec<u32>, String> {
        let extents = &self.old.extents[dim.0 as usize];
        let count: u32 = extents.iter().product();
        let (root, scale) = self.root(dim);
        let wraps = self.by.wraps.iter().find(|(n, _)| *n == root).map(|(_, w)| w);
        let mut out = Vec::new();
        for (s, &o) in self.by.samples.iter().enumerate() {
            let back = self.point_matrix(s, extents.len(), true);
            for cell in 0..count {
                let mut at = Vec::with_capacity(extents.len());
                let mut rest = cell;
                for &n in extents.iter().rev() {
                    at.push(i64::from(rest % n));
                    rest /= n;
                }
                at.reverse();
                if let Some(w) = wraps {
                    for (x, (&n, by)) in at.iter_mut().zip(extents.iter().zip(&w[s])) {
                        *x = (*x - by / scale).rem_euclid(i64::from(n));
                    }
                }
                let centred: Vec<i64> = at
                    .iter()
                    .zip(extents)
                    .map(|(&x, &n)| 2 * x - (i64::from(n) - 1))
                    .collect();
                let d = extents.len();
                let mut index = 0;
                for i in 0..d {
                    let y: i64 = (0..d).map(|j| i64::from(back[i * d + j]) * centred[j]).sum();
                    let n = i64::from(extents[i]);
                    let y = y + n - 1;
                    if y < 0 || y % 2 != 0 || y / 2 >= n {
                        return Err("the group moves cells off this grid".into());
                    }
                    index = index * n + y / 2;
                }
                out.push(o * count + index as u32);
            }
        }
        Ok(out)
    }

    /// The grid of the signature that a grid was made from, and how many of its cells one cell moves over.
    fn root(&self, dim: DimId) -> (String, i64) {
        let (mut at, mut scale) = (dim, 1);
        loop {
            match self.domains.dim_def(at) {
                DimDef::Coarse { of, stride, .. } => {
                    scale *= i64::from((*stride).max(1));
                    at = *of;
                }
                DimDef::Grid { name, .. } => return (name.clone(), scale),
                _ => return (String::new(), scale),
            }
        }
    }

    /// The integer matrix of a sample's motion, or of its inverse; the identity where the group does not act on grids, and where the
    /// element moves cells between cells: what stands on cells is tested under elements that do not, and for anything else it does not
    /// matter how they are moved.
    fn point_matrix(&self, sample: usize, d: usize, inverse: bool) -> Vec<i32> {
        let identity = || (0..d * d).map(|k| i32::from(k / d == k % d)).collect();
        let Motion::Finite(g) = &self.by.motions[sample] else {
            return identity();
        };
        if !self.model.group.acts_on_space(d) {
            return identity();
        }
        let g = if inverse { g.inverse() } else { g.clone() };
        self.model.group.point_matrix(&g, d).unwrap_or_else(identity)
    }

    /// Old rows by new ones.
    pub fn from(&self, dim: Option<DimId>) -> Vec<u32> {
        dim.map_or_else(|| vec![0], |d| self.from[d.0 as usize].clone())
    }

    /// New samples by rows of the moved scene.
    fn sample_of(&self, dim: Option<DimId>) -> Vec<usize> {
        match dim {
            None => vec![0],
            Some(d) => match self.domains.dim_def(d) {
                DimDef::Stacked { time, of } => {
                    let inner = self.sample_of(Some(*of));
                    (0..self.new.steps(*time)).flat_map(|_| inner.clone()).collect()
                }
                _ => {
                    let ptr = &self.new.sample_ptr[d.0 as usize];
                    ptr.windows(2)
                        .enumerate()
                        .flat_map(|(s, w)| std::iter::repeat_n(s, (w[1] - w[0]) as usize))
                        .collect()
                }
            },
        }
    }

    /// The vertices that fibres over the rows of a dim lie over: (destination, source) for edges.
    fn vertices(&self, mesh: DomainId, dim: Option<DimId>) -> Result<Vec<(u32, u32)>, String> {
        let name = &self.model.domains[mesh.0 as usize].name;
        let Some(DimDef::Ragged { name: rows }) = dim.map(|d| self.domains.dim_def(d)) else {
            return Err("vectors in fibres over something else than vertices and edges".into());
        };
        let ptr = find(&self.door.ragged, rows)?;
        if rows == name {
            return Ok((0..ptr.last().copied().unwrap_or(0)).map(|k| (k, k)).collect());
        }
        let (src, dst) = (
            find(&self.door.maps, &format!("{name}.src"))?,
            find(&self.door.maps, &format!("{name}.dst"))?,
        );
        Ok(dst.iter().copied().zip(src.iter().copied()).collect())
    }

    /// The moved array. `lead` static axes in front of those of the slot are sets of their own.
    pub fn act(&self, slot: &Slot, x: &[A::S]) -> Result<Vec<A::S>, String> {
        let alg = self.alg;
        let from = self.from(slot.dim);
        let samples = self.sample_of(slot.dim);
        let c = slot.components();
        let tables: Vec<Vec<u32>> = (0..self.by.motions.len())
            .map(|s| self.entries(slot, s))
            .collect::<Result<_, _>>()?;
        let width = tables.first().map_or(1, Vec::len) * c;
        if x.len() != from.len() * width {
            return Err(format!(
                "`{}` has {} numbers for {} rows of {width}",
                slot.name,
                x.len(),
                from.len()
            ));
        }
        let ends = match &slot.values {
            Values::Fibre(mesh, _) | Values::Transport(mesh) => self.vertices(*mesh, slot.dim)?,
            _ => Vec::new(),
        };
        let blocks: Vec<Blocks<A::S>> = match &slot.values {
            Values::Vectors(rep) => self
                .by
                .motions
                .iter()
                .map(|m| self.blocks(rep, m))
                .collect::<Result<_, _>>()?,
            Values::Points(d, _) => {
                let known = Atom::vector(&self.model.group, *d)
                    .ok()
                    .and_then(|a| Rep::new(self.model.group.clone(), [(1, a)]).ok());
                let rep = known.unwrap_or_else(|| Rep::trivial(self.model.group.clone(), *d));
                self.by
                    .motions
                    .iter()
                    .map(|m| self.blocks(&rep, m))
                    .collect::<Result<_, _>>()?
            }
            _ => Vec::new(),
        };
        let mut out = Vec::with_capacity(x.len());
        for (row, &o) in from.iter().enumerate() {
            let s = samples[row];
            let old = &x[o as usize * width..(o as usize + 1) * width];
            let fibre = match &slot.values {
                Values::Fibre(mesh, rep) => match self.frame(*mesh, ends[row].0) {
                    Some(turn) => turned(alg, rep, turn)?,
                    None => None,
                },
                _ => None,
            };
            for &entry in &tables[s] {
                let v = &old[entry as usize * c..(entry as usize + 1) * c];
                match &slot.values {
                    Values::Vectors(_) => out.extend(apply(alg, &blocks[s], v)),
                    Values::Labels(_) => out.extend_from_slice(v),
                    Values::Fibre(..) => out.extend(apply(alg, &fibre, v)),
                    Values::Points(_, movable) => {
                        let mut v = apply(alg, &blocks[s], v);
                        if let Some(t) = self.by.shifts.get(s).filter(|_| *movable) {
                            v.iter_mut().zip(t).for_each(|(a, b)| *a = alg.add(*a, *b));
                        }
                        out.extend(v);
                    }
                    Values::Transport(mesh) => {
                        let (to, at) = ends[row];
                        let mut turn = [v[0], v[1]];
                        if let (Some(to), Some(at)) = (self.frame(*mesh, to), self.frame(*mesh, at)) {
                            turn = alg.turn(turn, alg.turn(to, alg.back(at)));
                        }
                        out.extend(turn);
                    }
                }
            }
        }
        Ok(out)
    }

    fn frame(&self, mesh: DomainId, vertex: u32) -> Option<[A::S; 2]> {
        self.by
            .frames
            .iter()
            .find(|(m, _)| *m == mesh)
            .and_then(|(_, f)| f.get(vertex as usize).copied())
    }

    /// For one sample, the old entry of the static axes for every new one.
    fn entries(&self, slot: &Slot, sample: usize) -> Result<Vec<u32>, String> {
        let mut table = vec![0u32];
        for set in &slot.sets {
            let own = self.elements(set, sample)?;
            let n = own.len() as u32;
            table = table
                .iter()
                .flat_map(|&t| own.iter().map(move |&k| t * n + k))
                .collect();
        }
        Ok(table)
    }

    /// For one sample, the old element of a static set for every new one.
    fn elements(&self, set: &Set, sample: usize) -> Result<Vec<u32>, String> {
        let number = |n: &crate::types::Int| n.value().and_then(|n| u32::try_from(n).ok()).ok_or("an unknown size");
        let motion = &self.by.motions[sample];
        Ok(match set {
            Set::Range(n) => (0..number(n)?).collect(),
            Set::Enum(names) => (0..names.len() as u32).collect(),
            Set::Window(d, n) => {
                let points = reps::window_points(self.model, *d, number(n)?);
                let rank = points.first().map_or(0, Vec::len);
                let back = self.point_matrix(sample, rank, true);
                let image = |p: &Vec<i32>| -> Vec<i32> {
                    (0..rank)
                        .map(|i| (0..rank).map(|j| back[i * rank + j] * p[j]).sum())
                        .collect()
                };
                let find = |p: &Vec<i32>| points.iter().position(|q| *q == image(p)).map(|k| k as u32);
                points
                    .iter()
                    .map(find)
                    .collect::<Option<_>>()
                    .ok_or("a window that the group does not keep")?
            }
            Set::Points(r) => {
                let (_, rep) = reps::concrete(self.model, r).ok_or("an unknown representation")?;
                let n = rep.dim() as u32;
                match motion {
                    Motion::Finite(g) => rep
                        .permutation(&g.inverse())
                        .ok_or("not a permutation representation")?,
                    _ => (0..n).collect(),
                }
            }
            other => return Err(format!("signals on `{other}` are not moved")),
        })
    }

    /// The matrices of the blocks of a representation; `None` for the identity.
    fn blocks(&self, rep: &Rep, motion: &Motion<A::S>) -> Result<Blocks<A::S>, String> {
        let alg = self.alg;
        let strange = || format!("`{rep}` is not a representation of {}", self.model.group);
        let mut out = Vec::new();
        for (copies, atom) in &rep.blocks {
            let d = atom.dim(&rep.group);
            let m = match motion {
                Motion::Identity => return Ok(None),
                _ if *atom == Atom::Trivial => None,
                Motion::Finite(g) => {
                    let m = atom.matrix(&rep.group, g).ok_or_else(strange)?;
                    Some(m.iter().map(|x| alg.exact(*x)).collect::<Result<Vec<_>, _>>()?)
                }
                Motion::Infinitesimal(c) => {
                    let list = atom.lie_matrices(&rep.group).ok_or_else(strange)?;
                    let mut m: Vec<A::S> = (0..d * d).map(|k| alg.int(i64::from(k / d == k % d))).collect();
                    for (c, a) in c.iter().zip(list) {
                        for (x, a) in m.iter_mut().zip(a) {
                            *x = alg.add(*x, alg.mul(*c, alg.exact(a)?));
                        }
                    }
                    Some(m)
                }
            };
            out.push((*copies as usize, d, m));
        }
        Ok(Some(out))
    }
}

/// Copies, dimension and matrix of every block; `None` for the identity.
type Blocks<S> = Option<Vec<(usize, usize, Option<Vec<S>>)>>;

fn apply<A: Draw>(alg: &A, blocks: &Blocks<A::S>, v: &[A::S]) -> Vec<A::S> {
    let Some(blocks) = blocks else { return v.to_vec() };
    let mut out = Vec::with_capacity(v.len());
    let mut at = 0;
    for (copies, d, m) in blocks {
        for _ in 0..*copies {
            let x = &v[at..at + d];
            at += d;
            match m {
                None => out.extend_from_slice(x),
                Some(m) => out.extend((0..*d).map(|i| {
                    let row = &m[i * d..(i + 1) * d];
                    row.iter()
                        .zip(x)
                        .fold(alg.int(0), |sum, (&a, &b)| alg.add(sum, alg.mul(a, b)))
                })),
            }
        }
    }
    out
}

/// The blocks of a representation of SO(2) at a rotation given by (cos, sin).
fn turned<A: Draw>(alg: &A, rep: &Rep, turn: [A::S; 2]) -> Result<Blocks<A::S>, String> {
    let element = Elem::Circle {
        flip: false,
        cos: Trig::cos(),
        sin: Trig::sin(),
    };
    let mut out = Vec::new();
    for (copies, atom) in &rep.blocks {
        let d = atom.dim(&Group::SO2);
        if *atom == Atom::Trivial {
            out.push((*copies as usize, d, None));
            continue;
        }
        let matrix = atom
            .matrix(&Group::SO2, &element)
            .ok_or_else(|| format!("`{rep}` is not a representation of SO(2)"))?;
        let top = matrix.iter().map(Trig::degree).max().unwrap_or(0);
        let mut powers = vec![[alg.int(1), alg.int(0)]];
        for k in 0..top {
            powers.push(alg.turn(powers[k], turn));
        }
        let mut m = Vec::with_capacity(d * d);
        for t in &matrix {
            let mut sum = alg.exact(t.coefficient(0))?;
            for (k, p) in powers.iter().enumerate().skip(1) {
                for (part, h) in [(0, 2 * k - 1), (1, 2 * k)] {
                    sum = alg.add(sum, alg.mul(alg.exact(t.coefficient(h))?, p[part]));
                }
            }
            m.push(sum);
        }
        out.push((*copies as usize, d, Some(m)));
    }
    Ok(Some(out))
}

fn find<'a, T>(list: &'a [(String, T)], name: &str) -> Result<&'a T, String> {
    list.iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v)
        .ok_or_else(|| format!("`{name}` is missing"))
}

/// Sizes and maps of the moved scene.
fn moved_door<S>(door: &DoorSizes, by: &Move<S>) -> Result<DoorSizes, String> {
    let mut out = DoorSizes {
        samples: door.samples,
        grids: door.grids.clone(),
        ..DoorSizes::default()
    };
    for (name, ptr) in &door.ragged {
        let counts: Vec<usize> = by
            .samples
            .iter()
            .map(|&s| (ptr[s as usize + 1] - ptr[s as usize]) as usize)
            .collect();
        out.ragged.push((name.clone(), offsets(&counts)));
    }
    for (name, index) in &door.maps {
        let owner = name.rsplit_once('.').map_or("", |(o, _)| o);
        let (nodes, edges) = (rows_in(door, by, owner)?, rows_in(door, by, &format!("{owner}.edges"))?);
        let mut to = vec![0u32; nodes.len()];
        for (new, &old) in nodes.iter().enumerate() {
            to[old as usize] = new as u32;
        }
        let moved = edges.iter().map(|&e| to[index[e as usize] as usize]).collect();
        out.maps.push((name.clone(), moved));
    }
    Ok(out)
}

/// Old rows by new ones of a ragged dim at the door.
pub(crate) fn rows_in<S>(door: &DoorSizes, by: &Move<S>, name: &str) -> Result<Vec<u32>, String> {
    if let Some(rows) = by.rows.get(name) {
        return Ok(rows.clone());
    }
    let ptr = find(&door.ragged, name)?;
    Ok(by
        .samples
        .iter()
        .flat_map(|&s| ptr[s as usize]..ptr[s as usize + 1])
        .collect())
}

/// The moved inputs.
pub(crate) fn moved<A: Draw>(
    acting: &Acting<'_, A>,
    slots: &[Slot],
    scene: &Scene<A::S>,
) -> Result<Vec<Column<A::S>>, String> {
    let column = |(slot, column): (&Slot, &Column<A::S>)| match column {
        Column::Numbers(x) => acting.act(slot, x).map(Column::Numbers),
        Column::Labels(list) => {
            let from = acting.from(slot.dim);
            let width = list.len().checked_div(from.len()).unwrap_or(0);
            Ok(Column::Labels(
                from.iter()
                    .flat_map(|&r| list[r as usize * width..(r as usize + 1) * width].iter().copied())
                    .collect(),
            ))
        }
    };
    slots.iter().zip(&scene.inputs).map(column).collect()
}
