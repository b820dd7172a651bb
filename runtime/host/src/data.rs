//! From named arrays to batches.
//!
//! A [`DataSpec`] says how the arrays of a [`Table`](crate::files::Table) are read: what the domain of a sample is made of
//! ([`Domain`]) and which array supplies which field ([`FieldSpec`]). [`Dataset::new`] checks everything once, shapes, types,
//! NaN, ranges of indices and labels, so that batches need no further checks. [`Dataset::batch`] lays samples one after the
//! other: a batch is a disjoint union.

mod arguments;
mod build;
mod column;
mod dataset;
mod edges;
mod geometry;
mod spec;
mod split;

pub use arguments::{Argument, ArgumentKind, Arguments, DomainArguments, Near, shape_of};
pub use dataset::Dataset;
pub use spec::{DataSpec, Domain, EdgeDoor, Edges, End, Extents, FieldSpec, Labels, Lattice, Points, Sizes, Source};
pub use split::{Fold, Folds, Split, load, pick};
