//! Types: index sets, domains, and signals on them.

mod int;
pub mod known;
mod rep;
mod shape;

pub use int::Int;
pub use rep::{Atom, Rep, RepKind};
use std::fmt;

/// A domain of a signature: index into the checker's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub u32);

/// What a signal can live on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DomainKind {
    /// Elements without order.
    Set {
        /// Every sample has at least one element.
        nonempty: bool,
    },
    /// Elements in order.
    Seq {
        /// Every sample has at least one element.
        nonempty: bool,
    },
    /// Cells of a bounded or periodic grid.
    Grid {
        /// The number of axes.
        rank: Int,
        /// `edge = wrap`.
        wrap: bool,
    },
    /// The cells of a coarser grid: windows of `window` cells, padded by `pad`, moved by `stride`.
    Coarse {
        /// The finer grid.
        of: DomainId,
        /// Cells a window.
        window: Int,
        /// Cells moved.
        stride: Int,
        /// Cells of padding.
        pad: Int,
    },
    /// Nodes and directed edges.
    Graph,
    /// Nodes at points of R^d and edges between close ones.
    Cloud {
        /// The dimension d.
        dim: Int,
        /// The radius within which nodes are joined, as written; `None` if the edges come from the data.
        cutoff: Option<String>,
        /// Edges to the k nearest nodes instead.
        knn: Option<Int>,
    },
    /// A triangle mesh: vertices with tangent planes, directed edges with transport.
    Mesh,
    /// Elements chosen among those of another domain.
    Chosen(Chosen),
    /// A domain of unknown kind in an abstract layer.
    Any,
}

/// A choice among the elements of a domain: by descending key a sequence of them, or edges to every element from its best.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// What is chosen from.
    pub of: DomainId,
    /// The node that chooses.
    pub choice: crate::typed::NodeId,
    /// How many, at most; `None` for all.
    pub k: Option<Int>,
    /// Edges, whose ends are elements of `of`.
    pub edges: bool,
    /// Nothing chooses itself.
    pub others: bool,
}

impl DomainKind {
    /// Whether its elements have an order that no symmetry changes.
    pub fn is_ordered(&self) -> bool {
        matches!(
            self,
            DomainKind::Seq { .. } | DomainKind::Chosen(Chosen { edges: false, .. })
        )
    }

    /// Whether it is made of another domain rather than brought along by the data.
    pub fn is_derived(&self) -> bool {
        matches!(self, DomainKind::Coarse { .. } | DomainKind::Chosen(_))
    }
}

/// A domain with its name in the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// As written: `img`, `g`, `coarse(img, 2)`.
    pub name: String,
    /// What it is.
    pub kind: DomainKind,
    /// What the signature promises of every extent: `size = 2*k + 1` gives (2, 1).
    pub size: (i64, i64),
}

/// An index set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Set {
    /// Elements, cells, nodes or vertices of a domain.
    Nodes(DomainId),
    /// Its edges.
    Edges(DomainId),
    /// The offsets of a window of `size` cells on every axis.
    Window(DomainId, Int),
    /// `0..n`: transparent.
    Range(Int),
    /// `enum(H, C, O)`: transparent.
    Enum(Vec<String>),
    /// The basis that the group permutes in a permutation representation.
    Points(Rep),
    /// Directions in the tangent plane of a mesh vertex.
    Circle(DomainId),
    /// Directions of R^d, or its points: functions of them are harmonics up to a degree, times rings.
    Harmonic(Harmonic),
}

/// A finite space of functions on R² or R³ that rotations and reflections map to itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Harmonic {
    /// 2 or 3.
    pub dim: u32,
    /// The largest degree of its harmonics.
    pub degree: Int,
    /// The number of functions of |x|; `None` for functions of the direction alone.
    pub rings: Option<Int>,
}

impl Set {
    /// Whether its size is known at run time only.
    pub fn is_dynamic(&self) -> bool {
        matches!(self, Set::Nodes(_) | Set::Edges(_))
    }

    /// The number of elements of a transparent set, where it is known.
    pub fn labels(&self) -> Option<u32> {
        match self {
            Set::Range(n) => n.value().and_then(|n| u32::try_from(n).ok()),
            Set::Enum(names) => u32::try_from(names.len()).ok(),
            _ => None,
        }
    }

    /// Whether elements of it may be named: the group acts trivially on it.
    pub fn is_transparent(&self) -> bool {
        matches!(self, Set::Range(_) | Set::Enum(_))
    }
}

/// What a signal's values are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// Vectors of a representation.
    Rep(Rep),
    /// Points of affine d-space.
    Point(Int),
    /// Elements of a transparent set.
    Index(Set),
}

/// The type of a signal `sets[0] -> sets[1] -> … -> elem`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Index sets, outermost first.
    pub sets: Vec<Set>,
    /// Its values.
    pub elem: Elem,
}

impl Type {
    /// A value of a representation.
    pub fn rep(rep: Rep) -> Type {
        Type {
            sets: Vec::new(),
            elem: Elem::Rep(rep),
        }
    }

    /// One invariant number.
    pub fn scalar() -> Type {
        Type::rep(Rep::scalars(1))
    }

    /// The representation of its values, if they are vectors.
    pub fn as_rep(&self) -> Option<&Rep> {
        match &self.elem {
            Elem::Rep(r) => Some(r),
            _ => None,
        }
    }

    /// The same values on other sets.
    pub fn with_sets(&self, sets: Vec<Set>) -> Type {
        Type {
            sets,
            elem: self.elem.clone(),
        }
    }

    /// Whether values of both types may be added.
    pub fn same(&self, other: &Type) -> bool {
        self.sets == other.sets
            && match (&self.elem, &other.elem) {
                (Elem::Rep(a), Elem::Rep(b)) => a.same(b),
                (a, b) => a == b,
            }
    }
}

/// A space `sets -> rep` whose fixed elements parameters range over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Space {
    /// Static sets, outermost first.
    pub sets: Vec<Set>,
    /// The values.
    pub rep: Rep,
}

impl Space {
    /// Whether unknowns occur.
    pub fn is_abstract(&self) -> bool {
        self.rep.is_abstract()
            || self.sets.iter().any(|s| match s {
                Set::Window(_, n) | Set::Range(n) => n.value().is_none(),
                Set::Harmonic(h) => h.degree.value().is_none() || h.rings.as_ref().is_some_and(|n| n.value().is_none()),
                _ => false,
            })
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Set::Nodes(d) => write!(f, "nodes#{}", d.0),
            Set::Edges(d) => write!(f, "edges#{}", d.0),
            Set::Window(_, n) => write!(f, "window({n})"),
            Set::Range(n) => write!(f, "0..{n}"),
            Set::Enum(names) => write!(f, "enum({})", names.join(", ")),
            Set::Points(r) => write!(f, "points({r})"),
            Set::Circle(_) => f.write_str("circle"),
            Set::Harmonic(h) => match (&h.rings, h.dim) {
                (None, 2) => write!(f, "circle({})", h.degree),
                (None, _) => write!(f, "sphere({})", h.degree),
                (Some(n), 2) => write!(f, "disk({n}, {})", h.degree),
                (Some(n), _) => write!(f, "ball({n}, {})", h.degree),
            },
        }
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for s in &self.sets {
            write!(f, "{s} -> ")?;
        }
        write!(f, "{}", self.rep)
    }
}
