//! What there is to say about a finite group, in plain numbers.

use super::table::{CharacterTable, Kind};
use crate::error::Error;
use crate::group::Group;
use num_bigint::BigUint;
use std::sync::Arc;

/// A finite group in numbers, under the names of the field. What is beyond a bound is `None`, with the bound said in the error
/// of the method that computes it.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The name of the group.
    pub name: String,
    /// The number of elements.
    pub order: BigUint,
    /// The table of its irreducible characters; classes are its columns.
    pub table: Option<Arc<CharacterTable>>,
    /// The sizes of the conjugacy classes.
    pub class_sizes: Option<Vec<u64>>,
    /// The orders of their elements.
    pub class_orders: Option<Vec<u64>>,
    /// The degrees of the complex irreducible characters.
    pub degrees: Option<Vec<usize>>,
    /// Their values by character and class, real and imaginary part.
    pub characters: Option<Vec<Vec<(f64, f64)>>>,
    /// Their Frobenius-Schur indicators: 1, 0 or −1.
    pub frobenius_schur: Option<Vec<i8>>,
    /// The real irreducible representations.
    pub real_irreps: Option<Vec<RealSummary>>,
    /// The number of conjugacy classes of subgroups.
    pub n_subgroup_classes: Option<usize>,
    /// The number of subgroups.
    pub n_subgroups: Option<usize>,
    /// The number of normal subgroups.
    pub n_normal_subgroups: Option<usize>,
    /// The order of the automorphism group.
    pub automorphism_group_order: Option<u64>,
    /// The order of the centre.
    pub center_order: Option<usize>,
    /// The order of the commutator subgroup.
    pub derived_order: Option<usize>,
    /// The smallest k with g^k = 1 for all g.
    pub exponent: Option<u64>,
    /// Does every element commute with every other?
    pub abelian: Option<bool>,
    /// Is it nilpotent?
    pub nilpotent: Option<bool>,
    /// Is it solvable?
    pub solvable: Option<bool>,
    /// Is it simple?
    pub simple: Option<bool>,
}

/// A real irreducible representation in numbers.
#[derive(Clone, Debug)]
pub struct RealSummary {
    /// The complex irreducible characters in it.
    pub complex: Vec<usize>,
    /// The type of its commutant: real, complex or quaternionic.
    pub kind: Kind,
    /// Its dimension.
    pub degree: usize,
    /// The dimension of its commutant.
    pub end_dim: usize,
    /// How often it occurs in the regular representation.
    pub multiplicity_in_regular: usize,
    /// Its character on the classes.
    pub characters: Vec<f64>,
}

impl Kind {
    /// R, C or H.
    pub fn letter(self) -> char {
        match self {
            Kind::Real => 'R',
            Kind::Complex => 'C',
            Kind::Quaternionic => 'H',
        }
    }
}

/// The summary of a finite group. An error for infinite ones.
pub fn summary(group: &Group) -> Result<Summary, Error> {
    let Some(order) = group.order() else {
        return Err(Error::Invalid(format!("{group} is not a finite group")));
    };
    let table = group.character_table().ok();
    let finite = group.finite().ok();
    let rows = |t: &CharacterTable| 0..t.len();
    let real = |t: &CharacterTable| -> Vec<RealSummary> {
        t.real_characters()
            .into_iter()
            .map(|c| RealSummary {
                kind: c.kind,
                degree: c.degree,
                end_dim: c.kind.commutant(),
                multiplicity_in_regular: c.degree / c.kind.commutant(),
                characters: (0..t.len())
                    .map(|class| t.real_value(&c, class).to_complex().0)
                    .collect(),
                complex: c.rows,
            })
            .collect()
    };
    let subgroups = finite.as_ref().and_then(|f| f.subgroup_classes().ok());
    Ok(Summary {
        name: group.to_string(),
        order,
        class_sizes: table.as_ref().map(|t| t.classes().iter().map(|c| c.size).collect()),
        class_orders: table.as_ref().map(|t| t.classes().iter().map(|c| c.order).collect()),
        degrees: table.as_ref().map(|t| rows(t).map(|row| t.degree(row)).collect()),
        characters: table
            .as_ref()
            .map(|t| rows(t).map(|row| rows(t).map(|c| t.float(row, c)).collect()).collect()),
        frobenius_schur: table.as_ref().map(|t| rows(t).map(|row| t.indicator(row)).collect()),
        real_irreps: table.as_ref().map(|t| real(t)),
        n_subgroup_classes: subgroups.map(<[_]>::len),
        n_subgroups: subgroups.map(|list| list.iter().map(|c| c.size).sum()),
        n_normal_subgroups: finite.as_ref().and_then(|f| Some(f.normal_subgroups().ok()?.len())),
        automorphism_group_order: finite.as_ref().and_then(|f| f.automorphism_count().ok()),
        center_order: finite.as_ref().map(|f| f.center().order()),
        derived_order: finite
            .as_ref()
            .map(|f| f.derived_series().get(1).map_or(f.order(), |d| d.order())),
        exponent: finite.as_ref().map(|f| f.exponent()),
        abelian: finite.as_ref().map(|f| f.is_abelian()),
        nilpotent: finite.as_ref().map(|f| f.is_nilpotent()),
        solvable: finite.as_ref().map(|f| f.is_solvable()),
        simple: finite.as_ref().map(|f| f.is_simple()),
        table,
    })
}
