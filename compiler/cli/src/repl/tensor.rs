//! Vectors and signals with their numbers.

use crate::session::domain::Domain;
use gdl_core::lower::reps;
use gdl_core::typed::Model;
use gdl_core::types::{self, Atom, DomainId, Int, Set, Type};
use gdl_rep::{Group, Rep};
use std::sync::Arc;

/// A vector of a representation, or a signal of them: `sets -> inner -> elem`.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// The domains it lives on, none for a single value; whether on their edges.
    pub over: Vec<(Arc<Domain>, bool)>,
    /// Static index sets with their sizes.
    pub inner: Vec<(Set, usize)>,
    /// What its values are.
    pub elem: Elem,
    /// Its numbers: domains slow, components fast.
    pub data: Arc<[f64]>,
}

/// The values of a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Elem {
    /// Vectors of a representation of a group.
    Rep(Rep),
    /// Vectors in the fibres of the mesh that it lives on: a representation of SO(2).
    Tangent(Rep),
    /// Points of d-space.
    Point(u32),
    /// Elements of a transparent set.
    Class(Set),
}

impl Elem {
    /// What the values of a type of a model are, with so many components.
    pub fn of(model: &Model, ty: &types::Elem, width: u32) -> Elem {
        match ty {
            types::Elem::Point(_) => Elem::Point(width),
            types::Elem::Index(s) => Elem::Class(s.clone()),
            types::Elem::Rep(r) => match reps::concrete(model, r) {
                Some((_, rep)) if r.gauge.is_some() && !rep.is_trivial() => Elem::Tangent(rep),
                Some((_, rep)) => Elem::Rep(rep),
                None => Elem::Rep(Rep::trivial(Group::Trivial, width)),
            },
        }
    }
}

impl Tensor {
    /// One vector.
    pub fn vector(rep: Rep, data: impl Into<Arc<[f64]>>) -> Tensor {
        Tensor {
            over: vec![],
            inner: vec![],
            elem: Elem::Rep(rep),
            data: data.into(),
        }
    }

    /// Invariant numbers.
    pub fn numbers(data: impl Into<Arc<[f64]>>) -> Tensor {
        let data = data.into();
        Tensor::vector(Rep::trivial(Group::Trivial, data.len() as u32), data)
    }

    /// A signal on the nodes of a domain.
    pub fn signal(domain: Arc<Domain>, rep: Rep, data: impl Into<Arc<[f64]>>) -> Tensor {
        Tensor {
            over: vec![(domain, false)],
            ..Tensor::vector(rep, data)
        }
    }

    /// A signal of a model: its values on these sets, with static axes `axes`.
    pub fn of(
        sets: &[Set],
        elem: Elem,
        axes: &[u32],
        data: Vec<f64>,
        domain: &dyn Fn(DomainId) -> Arc<Domain>,
    ) -> Tensor {
        let (mut over, mut inner) = (vec![], vec![]);
        let mut rest = axes.iter();
        for set in sets {
            match set {
                Set::Nodes(d) => over.push((domain(*d), false)),
                Set::Edges(d) => over.push((domain(*d), true)),
                other => inner.push((other.clone(), rest.next().copied().unwrap_or(1) as usize)),
            }
        }
        let labels = rest.next().copied().unwrap_or(1) as usize;
        let data = match &elem {
            // Labels leave a program as indicators.
            Elem::Class(_) if labels > 1 => data.chunks(labels).map(|c| largest(c) as f64).collect(),
            _ => data,
        };
        Tensor {
            over,
            inner,
            elem,
            data: data.into(),
        }
    }

    /// The domain it lives on, if it lives on the nodes of one.
    pub fn domain(&self) -> Option<&Arc<Domain>> {
        match self.over.as_slice() {
            [(d, false)] => Some(d),
            _ => None,
        }
    }

    /// The representation of its values, if it is one of a group.
    pub fn rep(&self) -> Option<&Rep> {
        match &self.elem {
            Elem::Rep(r) => Some(r),
            _ => None,
        }
    }

    /// The group that acts on its values; none where all act alike, as on invariants.
    pub fn group(&self) -> Option<&Group> {
        self.rep().filter(|r| !r.is_trivial()).map(|r| &r.group)
    }

    /// The components of a value.
    pub fn width(&self) -> usize {
        match &self.elem {
            Elem::Rep(r) | Elem::Tangent(r) => r.dim(),
            Elem::Point(d) => *d as usize,
            Elem::Class(_) => 1,
        }
    }

    /// The extents of its axes: those of grids apart, then static sets, then components.
    pub fn shape(&self) -> Vec<usize> {
        let mut shape = Vec::new();
        for (d, edges) in &self.over {
            match (&**d, edges) {
                (Domain::Grid { extents, .. }, false) => shape.extend(extents.iter().map(|&n| n as usize)),
                (d, false) => shape.push(d.nodes()),
                (d, true) => shape.push(d.edges().map_or(0, |e| e.len())),
            }
        }
        shape.extend(self.inner.iter().map(|(_, n)| n));
        shape.push(self.width());
        shape
    }

    /// The numbers of value `k`.
    pub fn row(&self, k: usize) -> &[f64] {
        let w = self.width();
        self.data.get(k * w..(k + 1) * w).unwrap_or(&[])
    }

    /// The number of values.
    pub fn rows(&self) -> usize {
        self.data.len() / self.width().max(1)
    }

    /// The same places with other numbers of the same kind.
    pub fn with(&self, data: impl Into<Arc<[f64]>>) -> Tensor {
        Tensor {
            data: data.into(),
            ..self.clone()
        }
    }

    /// Its type, domains being numbered by `number`.
    pub fn declared(&self, number: impl Fn(&Arc<Domain>) -> u32) -> Type {
        let mut sets: Vec<Set> = Vec::new();
        for (d, edges) in &self.over {
            let id = DomainId(number(d));
            sets.push(if *edges { Set::Edges(id) } else { Set::Nodes(id) });
        }
        let gauge = self.over.first().map(|(d, _)| number(d));
        sets.extend(self.inner.iter().map(|(s, _)| s.clone()));
        let elem = match &self.elem {
            Elem::Rep(r) => types::Elem::Rep(declared_rep(r, None)),
            Elem::Tangent(r) => types::Elem::Rep(declared_rep(r, gauge)),
            Elem::Point(d) => types::Elem::Point(Int::num(i64::from(*d))),
            Elem::Class(s) => types::Elem::Index(s.clone()),
        };
        Type { sets, elem }
    }

    /// Its type in the language's words.
    pub fn words(&self) -> String {
        let mut out = String::new();
        for (d, edges) in &self.over {
            out += &d.set_words(d.word(), *edges);
            out += " -> ";
        }
        for (s, _) in &self.inner {
            out += &format!("{s} -> ");
        }
        out + &match &self.elem {
            Elem::Rep(r) | Elem::Tangent(r) => r.to_string(),
            Elem::Point(_) => "point".into(),
            Elem::Class(Set::Range(n)) => format!("class({n})"),
            Elem::Class(s) => s.to_string(),
        }
    }
}

/// A transparent set of n elements.
pub fn range(n: usize) -> (Set, usize) {
    (Set::Range(Int::num(n as i64)), n)
}

fn largest(list: &[f64]) -> usize {
    (0..list.len())
        .max_by(|&a, &b| list[a].total_cmp(&list[b]))
        .unwrap_or(0)
}

/// A representation as the checker sees it.
pub fn declared_rep(r: &Rep, gauge: Option<u32>) -> types::Rep {
    let atom = |a: &gdl_rep::Atom| match a {
        gdl_rep::Atom::Hom(a, b) => Atom::Hom(Box::new(declared_rep(a, gauge)), Box::new(declared_rep(b, gauge))),
        gdl_rep::Atom::Kron(a, b) => Atom::Kron(Box::new(declared_rep(a, gauge)), Box::new(declared_rep(b, gauge))),
        other => Atom::Known(other.clone()),
    };
    let block = |(n, a): &(u32, gdl_rep::Atom)| (Int::num(i64::from(*n)), atom(a));
    types::Rep::from_blocks(r.blocks.iter().map(block).collect(), gauge)
}
