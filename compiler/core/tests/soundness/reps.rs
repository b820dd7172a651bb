//! Random representations as source text.

use gdl_core::certify::Rng;

/// What may be done with a representation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Trivial,
    Permutation,
    Other,
    /// With an invariant form that is not positive.
    Indefinite,
}

/// An atom: its text with a multiplicity put in front by [`Atom::times`].
#[derive(Clone, PartialEq)]
pub struct Atom {
    pub text: &'static str,
    pub kind: Kind,
}

/// Blocks in order; neighbours differ.
#[derive(Clone, PartialEq)]
pub struct Rep(pub Vec<(u32, Atom)>);

/// A group and the atoms that are drawn for it.
pub struct Group {
    pub text: &'static str,
    pub atoms: &'static [(&'static str, Kind)],
}

use Kind::{Indefinite, Other, Permutation, Trivial};

/// Groups for domains without geometry.
pub const ABSTRACT: &[Group] = &[
    Group {
        text: "trivial",
        atoms: &[("1", Trivial)],
    },
    Group {
        text: "C(2)",
        atoms: &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)],
    },
    Group {
        text: "C(3)",
        atoms: &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)],
    },
    Group {
        text: "C(4)",
        atoms: &[
            ("1", Trivial),
            ("regular", Permutation),
            ("irrep(1)", Other),
            ("irrep(2)", Other),
        ],
    },
    Group {
        text: "D(3)",
        atoms: &[
            ("1", Trivial),
            ("regular", Permutation),
            ("irrep(1, 0)", Other),
            ("irrep(1, 1)", Other),
        ],
    },
    Group {
        text: "D(4)",
        atoms: &[
            ("1", Trivial),
            ("irrep(1, 0)", Other),
            ("irrep(0, 2)", Other),
            ("irrep(1, 1)", Other),
        ],
    },
    Group {
        text: "S(3)",
        atoms: &[("1", Trivial), ("regular", Permutation), ("irrep(2, 1)", Other)],
    },
    Group {
        text: "Q8",
        atoms: &[("1", Trivial), ("irrep(1)", Other), ("irrep(4)", Other)],
    },
    Group {
        text: "A(4)",
        atoms: &[
            ("1", Trivial),
            ("perm", Permutation),
            ("irrep(1)", Other),
            ("irrep(2)", Other),
        ],
    },
    Group {
        text: "semidirect(C(3), C(4), -1)",
        atoms: &[("1", Trivial), ("irrep(1)", Other), ("irrep(4)", Other)],
    },
    Group {
        text: "O",
        atoms: &[("1", Trivial), ("vector", Other)],
    },
    Group {
        text: "SO(2)",
        atoms: &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)],
    },
    Group {
        text: "O(2)",
        atoms: &[
            ("1", Trivial),
            ("irrep(1, 0)", Other),
            ("irrep(1, 1)", Other),
            ("irrep(1, 2)", Other),
        ],
    },
    Group {
        text: "O(3)",
        atoms: &[
            ("0e", Trivial),
            ("1o", Other),
            ("0o", Other),
            ("2e", Other),
            ("1e", Other),
        ],
    },
    Group {
        text: "SO(3)",
        atoms: &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)],
    },
    Group {
        text: "SO(1, 3)",
        atoms: &[("1", Trivial), ("vector", Indefinite)],
    },
    Group {
        text: "O(2, 1)",
        atoms: &[("1", Trivial), ("vector", Indefinite), ("alt(vector, 2)", Indefinite)],
    },
    Group {
        text: "SU(2)",
        atoms: &[("1", Trivial), ("irrep(1/2)", Other), ("irrep(1)", Other)],
    },
    Group {
        text: "SO(4)",
        atoms: &[("1", Trivial), ("vector", Other)],
    },
    Group {
        text: "U(1) x C(2)",
        atoms: &[
            ("1", Trivial),
            ("outer(irrep(1), 1)", Other),
            ("outer(1, regular)", Permutation),
            ("outer(irrep(2), irrep(1))", Other),
        ],
    },
    Group {
        text: "SO(3) x S(3)",
        atoms: &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(1, perm)", Permutation),
        ],
    },
];

/// Vectors in the fibres of a mesh; no group is declared.
pub const GAUGE: &[Group] = &[Group {
    text: "trivial",
    atoms: &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)],
}];

/// Groups of grids with two axes.
pub const PLANAR: &[Group] = &[
    Group {
        text: "trivial",
        atoms: &[("1", Trivial)],
    },
    Group {
        text: "C(2)",
        atoms: &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)],
    },
    Group {
        text: "C(4)",
        atoms: &[
            ("1", Trivial),
            ("regular", Permutation),
            ("vector", Other),
            ("irrep(2)", Other),
        ],
    },
    Group {
        text: "D(2)",
        atoms: &[("1", Trivial), ("regular", Permutation), ("vector", Other)],
    },
    Group {
        text: "D(4)",
        atoms: &[
            ("1", Trivial),
            ("regular", Permutation),
            ("vector", Other),
            ("irrep(1, 0)", Other),
        ],
    },
    Group {
        text: "C(8) [approx]",
        atoms: &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)],
    },
    Group {
        text: "D(3) [approx]",
        atoms: &[("1", Trivial), ("vector", Other), ("irrep(1, 0)", Other)],
    },
    Group {
        text: "SO(2) [approx]",
        atoms: &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)],
    },
];

/// Groups of clouds in space.
pub const SPATIAL: &[Group] = &[
    Group {
        text: "O(3)",
        atoms: &[
            ("0e", Trivial),
            ("1o", Other),
            ("2e", Other),
            ("0o", Other),
            ("1e", Other),
        ],
    },
    Group {
        text: "SO(3)",
        atoms: &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)],
    },
    Group {
        text: "O",
        atoms: &[("1", Trivial), ("vector", Other)],
    },
    Group {
        text: "Oh",
        atoms: &[("1", Trivial), ("vector", Other)],
    },
];

impl Rep {
    pub fn scalars(g: &Group, n: u32) -> Rep {
        let (text, kind) = g.atoms[0];
        Rep(vec![(n, Atom { text, kind })])
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
        self.0.iter().all(|(_, a)| a.kind != Indefinite)
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
