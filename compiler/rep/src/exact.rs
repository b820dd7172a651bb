//! Exact algebraic numbers as pairs (f64, residue).

/// The prime of all residues: p ≡ 1 modulo 2³·3²·5·7·…·37, so that F_p contains the roots of unity and square roots that
/// Clebsch-Gordan coefficients and characters need.
pub const PRIME: u64 = 4_611_662_238_306_483_361;

/// A real algebraic number: its float, and its residue modulo [`PRIME`] where it is known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// The float.
    pub f: f64,
    /// The residue; `None` for a number that came from floating point.
    pub r: Option<u64>,
}
