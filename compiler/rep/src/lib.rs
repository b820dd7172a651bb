//! Groups, representations and intertwiners: pure mathematics, no knowledge of the language.
//!
//! - [`exact`]: numbers as pairs (f64, residue), the ground everything stands on; [`modp`], [`scalar`], [`linear`].
//! - [`group`], [`element`], [`subgroup`]: what acts; [`finite`]: finite groups by generators, their structure and characters, with
//!   exact values in [`cyclotomic`]; [`lie`]: groups of matrices.
//! - [`rep`]: representations as ordered sums of atoms; [`matrices`] evaluates them, [`mod@irreps`] lists irreducible ones;
//!   [`wigner`], [`symmetric`], [`octahedral`] hold the formulas.
//! - [`mod@hom`], [`kernel`], [`tying`]: bases of equivariant linear maps, kernels and invariants; [`harmonics`], [`rings`]: kernels
//!   on R² and R³; [`witness`] holds counterexamples.
//! - [`lie::weights`], [`lie::highest`]: irreducible representations of the classical groups by highest weights, counted and as matrices.
//! - [`decompose`]: canonical isomorphisms onto sums of irreducible representations.
//!
//! All representations are real, and those of compact groups orthogonal in their bases. Conventions are formulas in `spec/conventions.md`.
#![forbid(unsafe_code)]

mod action;
pub mod axial;
pub mod cyclotomic;
pub mod decompose;
mod draws;
pub mod element;
pub mod error;
pub mod exact;
pub mod finite;
mod forms;
pub mod group;
pub mod harmonics;
pub mod hom;
mod intertwining;
pub mod irreps;
pub mod kernel;
pub mod lie;
pub mod linear;
pub mod matrices;
pub mod modp;
mod nullspace;
pub mod octahedral;
mod permutation;
mod random;
mod recurrence;
pub mod rep;
pub mod rings;
pub mod scalar;
mod schur;
mod sparse;
pub mod stabilizer;
pub mod stop;
pub mod store;
pub mod subgroup;
pub mod symmetric;
pub mod tying;
pub mod wigner;
pub mod witness;
mod words;

pub use cyclotomic::Cyclotomic;
pub use decompose::clebsch_gordan;
pub use element::{Elem, Element};
pub use error::Error;
pub use exact::Exact;
pub use finite::Induced;
pub use group::Group;
pub use harmonics::{harmonic_kernel, harmonic_kernels};
pub use hom::{Basis, complex_hom_basis, hom_basis, hom_dim, invariants, larger, smaller};
pub use irreps::irreps;
pub use kernel::{circle_kernel, kernel_basis};
pub use lie::Linear;
pub use rep::{Atom, Label, Rep};
pub use rings::{WindowBasis, window_kernel};
pub use subgroup::Subgroup;
pub use tying::{Tying, hom_tying, kernel_tying};
pub use wigner::wigner_3j;
pub use witness::Counterexample;
