//! Random representations as source text.

use crate::groups::{Group, Known};
use gdl_core::certify::Rng;

/// What may be done with a representation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Trivial,
    Permutation,
    Other,
    /// With an invariant form that is not positive.
    Indefinite,
    /// Without an invariant form.
    Formless,
}

use Kind::{Formless, Indefinite, Permutation, Trivial};

/// An atom: its text with a multiplicity put in front by [`Atom::times`].
#[derive(Clone, PartialEq)]
pub struct Atom {
    pub text: &'static str,
    pub kind: Kind,
}

/// Blocks in order; neighbours differ.
#[derive(Clone, PartialEq)]
pub struct Rep(pub Vec<(u32, Atom)>);

impl Rep {
    /// n copies of an atom.
    pub fn copies(n: u32, (text, kind): Known) -> Rep {
        Rep(vec![(n, Atom { text, kind })])
    }

    /// n invariant numbers.
    pub fn scalars(g: &Group, n: u32) -> Rep {
        Rep::copies(n, g.atoms[0])
    }

    /// Differences of points.
    pub fn vector(g: &Group) -> Rep {
        Rep::copies(g.vector.0, g.vector.1)
    }

    /// Its block, if it has one only.
    pub fn single(&self) -> Option<(u32, &Atom)> {
        match self.0.as_slice() {
            [(n, a)] => Some((*n, a)),
            _ => None,
        }
    }

    /// One to three blocks.
    pub fn random(g: &Group, rng: &mut Rng) -> Rep {
        let mut blocks: Vec<(u32, Atom)> = Vec::new();
        for _ in 0..1 + rng.below(3) {
            let (text, kind) = g.atoms[rng.below(g.atoms.len())];
            if blocks.last().is_none_or(|(_, a)| a.text != text) {
                blocks.push((1 + rng.below(2) as u32, Atom { text, kind }));
            }
        }
        Rep(blocks)
    }

    pub fn is(&self, kind: Kind) -> bool {
        self.0
            .iter()
            .all(|(_, a)| a.kind == kind || a.kind == Trivial && kind == Permutation)
    }

    /// Does the group keep its lengths?
    pub fn has_length(&self) -> bool {
        self.0.iter().all(|(_, a)| !matches!(a.kind, Indefinite | Formless))
    }

    /// Does the group keep an inner product?
    pub fn has_form(&self) -> bool {
        self.0.iter().all(|(_, a)| a.kind != Formless)
    }

    /// The number of trivial copies, if there is nothing else.
    pub fn count(&self) -> Option<u32> {
        match self.0.as_slice() {
            [(n, a)] if a.kind == Trivial => Some(*n),
            _ => None,
        }
    }

    pub fn plus(&self, other: &Rep) -> Rep {
        let mut out = self.0.clone();
        for (n, a) in &other.0 {
            match out.last_mut() {
                Some((m, b)) if b == a => *m += n,
                _ => out.push((*n, a.clone())),
            }
        }
        Rep(out)
    }

    pub fn text(&self) -> String {
        let block = |(n, a): &(u32, Atom)| match a.text {
            "1" => n.to_string(),
            t if t.starts_with(|c: char| c.is_ascii_digit()) => format!("{n}x{t}"),
            t => format!("{n} x {t}"),
        };
        self.0.iter().map(block).collect::<Vec<_>>().join(" + ")
    }
}
