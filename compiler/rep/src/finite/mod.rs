//! Finite groups, however large: permutations, structure, characters, real representations.
//!
//! - [`perm`], [`chain`]: permutations and stabilizer chains (order and membership of groups too large to list).
//! - [`generated`], [`construct`]: groups by generators, and the constructions that end in one; `faithful`: every finite
//!   group as a group of permutations.
//! - [`listed`], [`classes`], [`members`]: groups small enough to number their elements; classes; subgroups as sets.
//! - [`structure`], [`lattice`], [`automorphisms`]: series and predicates, classes of subgroups, isomorphisms.
//! - [`table`]: character tables, by partitions (`murnaghan`) or by the method of Burnside and Dixon (`dixon`, over a prime
//!   field of its own in `field`).
//! - [`character`]: class functions, their products, powers, restriction, induction.
//! - [`summary`]: all of it in plain numbers.
//! - [`given`]: representations by matrices of the generators.
//! - [`induced`]: induced representations with their change of basis to irreducible ones.
//! - [`realise`]: orthogonal matrices of the real irreducible representations (`spherical`: exact ones; `numeric`).

pub mod automorphisms;
pub mod chain;
pub mod character;
pub mod classes;
mod complex;
pub mod construct;
mod dixon;
mod faithful;
mod field;
pub mod generated;
pub mod given;
pub mod induced;
pub mod lattice;
mod linear_characters;
pub mod listed;
pub mod members;
mod murnaghan;
mod numeric;
pub mod perm;
pub mod realise;
mod spherical;
pub mod structure;
pub mod summary;
pub mod table;
mod table_text;

pub use chain::Chain;
pub use character::Character;
pub use classes::Classes;
pub use generated::Generated;
pub use induced::Induced;
pub use lattice::SubgroupClass;
pub use listed::Finite;
pub use members::Members;
pub use realise::RealIrrep;
pub use summary::{RealSummary, Summary, summary};
pub use table::{CharacterTable, Class, Kind, RealCharacter};
