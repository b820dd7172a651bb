//! The factors of the symmetry group of a model, and random elements of each.

use super::moves::{Motion, Move, rows_in};
use super::scene::{Draw, Rng};
use super::slots::{Slot, Values};
use crate::cert::Flags;
use crate::ir::Func;
use crate::typed::{Model, NodeId};
use crate::types::{DomainId, DomainKind};
use gdl_abi::{DimDef, DoorSizes, Instance};
use gdl_rep::{Element, Group};

/// A factor of Γ.
#[derive(Clone, Debug, PartialEq)]
pub enum Factor {
    /// The declared group, or the part of it under which the outputs are exact.
    Group(Group),
    /// Permutations of the nodes of a domain, and of its edges.
    Nodes(DomainId),
    /// Translations of the points of clouds.
    Translations,
    /// Translations of a periodic grid, by multiples of this many cells.
    Shifts(DomainId, u32),
    /// Changes of frame at every vertex of a mesh.
    Frames(DomainId),
    /// Permutations of the samples of a batch, and its division into single samples.
    Samples,
}

impl Factor {
    /// In words.
    pub fn describe(&self, model: &Model) -> String {
        let name = |d: &DomainId| model.domains.get(d.0 as usize).map_or("?", |d| d.name.as_str());
        match self {
            Factor::Group(g) => g.to_string(),
            Factor::Nodes(d) => format!("permutations of `{}`", name(d)),
            Factor::Translations => "translations of points".into(),
            Factor::Shifts(d, 1) => format!("translations of `{}`", name(d)),
            Factor::Shifts(d, n) => format!("translations of `{}` by multiples of {n} cells", name(d)),
            Factor::Frames(d) => format!("changes of frame of `{}`", name(d)),
            Factor::Samples => "permutations of samples, batching".into(),
        }
    }
}

/// The factors of a model's Γ, and the parts that are not claimed with the reason.
pub(crate) fn factors(model: &Model, func: &Func, slots: &[Slot]) -> (Vec<Factor>, Vec<(String, String)>) {
    let (mut list, mut not_claimed) = (Vec::new(), Vec::new());
    let of: Vec<NodeId> = model.outputs.iter().map(|(_, id)| *id).collect();
    let flags = Flags::of(model, false);
    let group = flags.left(model, &of).exact;
    if flags.reads_components(&of) {
        not_claimed.push((model.group.to_string(), "single components are read".into()));
    } else if group.small_order() != Some(1) {
        list.push(Factor::Group(group));
    }
    for (k, d) in model.domains.iter().enumerate() {
        let id = DomainId(k as u32);
        match &d.kind {
            DomainKind::Seq { .. } => {
                not_claimed.push((Factor::Nodes(id).describe(model), "a sequence has an order".into()));
            }
            DomainKind::Grid { wrap: true, .. } => {
                let step = coarsest(model, id);
                if step.is_some() {
                    list.push(Factor::Shifts(id, step.unwrap_or(1)));
                } else {
                    let why = "the coarser grids do not close up".to_string();
                    not_claimed.push((Factor::Shifts(id, 1).describe(model), why));
                }
            }
            DomainKind::Grid { .. } => {
                not_claimed.push((Factor::Shifts(id, 1).describe(model), "the grid has an edge".into()));
            }
            DomainKind::Coarse { .. } | DomainKind::Chosen(_) | DomainKind::Any => {}
            kind => {
                list.push(Factor::Nodes(id));
                if *kind == DomainKind::Mesh {
                    list.push(Factor::Frames(id));
                }
            }
        }
    }
    if slots.iter().any(|s| matches!(s.values, Values::Points(_, true))) {
        if flags.names_a_point(model, &of) {
            not_claimed.push((Factor::Translations.describe(model), "a point is written down".into()));
        } else {
            list.push(Factor::Translations);
        }
    }
    if func.domains.dims.iter().any(|d| matches!(d, DimDef::Samples)) {
        list.push(Factor::Samples);
    }
    (list, not_claimed)
}

/// The cells by which a periodic grid and all grids made from it may be moved; `None` where windows do not close up.
fn coarsest(model: &Model, grid: DomainId) -> Option<u32> {
    let mut step = 1;
    for (k, d) in model.domains.iter().enumerate() {
        let DomainKind::Coarse {
            of,
            window,
            stride,
            pad,
        } = &d.kind
        else {
            continue;
        };
        if *of != grid {
            continue;
        }
        let (w, s, p) = (window.value()?, stride.value()?, pad.value()?);
        // (n + 2p − w)/s + 1 = n/s
        if 2 * p - w + s != 0 {
            return None;
        }
        let s = u32::try_from(s)
            .ok()?
            .checked_mul(coarsest(model, DomainId(k as u32))?)?;
        step = lcm(step, s)?;
    }
    Some(step)
}

fn lcm(a: u32, b: u32) -> Option<u32> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).checked_mul(b)
}

/// Elements of the declared group that are to be tested.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// A generator, or an element of another component.
    Given(Element),
    /// A random element of the Lie algebra.
    Algebra,
    /// A random element: rational where the group is continuous.
    Random,
}

/// The elements by which a subgroup of the declared group is tested: together they generate it.
pub(crate) fn elements(model: &Model, group: &Group, exact: bool) -> Vec<Which> {
    let inside = |g: Element| group.include(&model.group, &g);
    let mut list: Vec<Which> = group
        .generators()
        .into_iter()
        .filter_map(inside)
        .map(Which::Given)
        .collect();
    if exact && group.lie_dim() > 0 {
        list.push(Which::Algebra);
    }
    list.push(Which::Random);
    list
}

/// A random motion of every sample; at least one moves.
pub(crate) fn group_move<A: Draw>(
    alg: &A,
    model: &Model,
    group: &Group,
    door: &DoorSizes,
    which: &Which,
    exact: bool,
    rng: &mut Rng,
) -> Option<Move<A::S>> {
    let mut m = Move::still(door.samples);
    let sure = rng.below(door.samples);
    let mut words = Vec::new();
    for s in 0..door.samples {
        if s != sure && rng.below(4) == 0 {
            continue;
        }
        let (motion, what) = match which {
            Which::Given(g) => (Motion::Finite(g.clone()), g.to_string()),
            Which::Random => {
                let g = match exact {
                    true => group.random_exact(&mut || rng.word())?,
                    false => group.random(&mut || rng.word()),
                };
                let g = group.include(&model.group, &g)?;
                let what = g.to_string();
                (Motion::Finite(g), what)
            }
            Which::Algebra => {
                let mut c = vec![alg.int(0); model.group.lie_dim()];
                for direction in model.group.lie_part(group)? {
                    let by = alg.infinitesimal(rng)?;
                    for (c, x) in c.iter_mut().zip(direction) {
                        *c = alg.add(*c, alg.mul(by, alg.exact(x).ok()?));
                    }
                }
                (
                    Motion::Infinitesimal(c),
                    "an infinitesimal element of the identity component".to_string(),
                )
            }
        };
        m.motions[s] = motion;
        if !words.contains(&what) {
            words.push(what);
        }
    }
    m.words = words.join("; ");
    Some(m)
}

/// Random moves of a factor other than the declared group.
pub(crate) fn other_move<A: Draw>(
    alg: &A,
    model: &Model,
    factor: &Factor,
    door: &DoorSizes,
    instance: &Instance,
    func: &Func,
    rng: &mut Rng,
) -> Result<Move<A::S>, String> {
    let mut m = Move::still(door.samples);
    match factor {
        Factor::Group(_) => {}
        Factor::Nodes(d) => {
            let name = &model.domains[d.0 as usize].name;
            let nodes = rows_in(door, &m, name)?;
            let ptr = &door
                .ragged
                .iter()
                .find(|(n, _)| n == name)
                .ok_or("a domain without sizes")?
                .1;
            m.rows.insert(name.clone(), within(&nodes, ptr, rng));
            m.words = format!("another order of the nodes of `{name}`");
            let edges = format!("{name}.edges");
            if let Some((_, ptr)) = door.ragged.iter().find(|(n, _)| *n == edges) {
                sort_edges(door, &mut m, name, ptr, rng)?;
            }
        }
        Factor::Translations => {
            let width = |dims: &DomainKind| match dims {
                DomainKind::Cloud { dim, .. } => dim.value().and_then(|d| usize::try_from(d).ok()),
                _ => None,
            };
            let d = model.domains.iter().find_map(|d| width(&d.kind)).unwrap_or(3);
            m.shifts = (0..door.samples)
                .map(|_| (0..d).map(|_| alg.number(rng)).collect())
                .collect();
            m.words = "a translation of every sample".into();
        }
        Factor::Shifts(d, step) => {
            let name = &model.domains[d.0 as usize].name;
            let at = func
                .domains
                .dims
                .iter()
                .position(|x| matches!(x, DimDef::Grid { name: n, .. } if n == name));
            let extents = at.map(|k| instance.extents[k].clone()).unwrap_or_default();
            let by = |n: &u32, rng: &mut Rng| i64::from(*step) * rng.below((*n / step).max(1) as usize) as i64;
            let shifts: Vec<Vec<i64>> = (0..door.samples)
                .map(|_| extents.iter().map(|n| by(n, rng)).collect())
                .collect();
            m.words = format!("a shift by {:?} cells", shifts.first().cloned().unwrap_or_default());
            m.wraps.push((name.clone(), shifts));
        }
        Factor::Frames(d) => {
            let name = &model.domains[d.0 as usize].name;
            let n = rows_in(door, &m, name)?.len();
            m.frames.push((*d, (0..n).map(|_| alg.rotation(rng)).collect()));
            m.words = "a rotation of the frame at every vertex".into();
        }
        Factor::Samples => {
            m.samples = rng.order(door.samples);
            m.words = "another order of the samples".into();
        }
    }
    Ok(m)
}

/// Rows in another order within every sample.
fn within(rows: &[u32], ptr: &[u32], rng: &mut Rng) -> Vec<u32> {
    let mut out = Vec::with_capacity(rows.len());
    for w in ptr.windows(2) {
        let part = &rows[w[0] as usize..w[1] as usize];
        out.extend(rng.order(part.len()).iter().map(|&k| part[k as usize]));
    }
    out
}

/// Edges in another order, but sorted by the new numbers of their destinations.
fn sort_edges<S>(door: &DoorSizes, m: &mut Move<S>, name: &str, ptr: &[u32], rng: &mut Rng) -> Result<(), String> {
    let nodes = rows_in(door, m, name)?;
    let mut to = vec![0u32; nodes.len()];
    for (new, &old) in nodes.iter().enumerate() {
        to[old as usize] = new as u32;
    }
    let dst_name = format!("{name}.dst");
    let dst = &door
        .maps
        .iter()
        .find(|(n, _)| *n == dst_name)
        .ok_or("edges without destinations")?
        .1;
    let all: Vec<u32> = (0..dst.len() as u32).collect();
    let mut rows = within(&all, ptr, rng);
    rows.sort_by_key(|&e| to[dst[e as usize] as usize]);
    m.rows.insert(format!("{name}.edges"), rows);
    Ok(())
}
