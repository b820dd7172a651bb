//! The rules of the optimiser, by subject.
//!
//! A rule sees a node with its new operands before it is made, and gives the value to take in its place. No rule makes more
//! operations than it saves, given that what it takes apart is read by this node only where it says so.

mod constants;
mod contract;
mod maps;
mod scalar;
mod sums;

use super::Pass;
use crate::ir::{Op, Scalar, Shape, Value};

/// A named identity.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// What it is called in explanations.
    pub name: &'static str,
    /// The value that stands for the node, if the rule applies.
    pub apply: fn(&mut Pass, &Op, &Shape) -> Option<Value>,
}

/// All rules, in the order in which they are tried.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "function of constants",
        apply: constants::map,
    },
    Rule {
        name: "movement of a constant",
        apply: constants::movement,
    },
    Rule {
        name: "fold of a constant",
        apply: constants::reduce,
    },
    Rule {
        name: "contraction of constants",
        apply: constants::contract,
    },
    Rule {
        name: "signs",
        apply: scalar::signs,
    },
    Rule {
        name: "two scales",
        apply: scalar::scales,
    },
    Rule {
        name: "two shifts",
        apply: scalar::shifts,
    },
    Rule {
        name: "functions of spread values",
        apply: scalar::map_of_broadcasts,
    },
    Rule {
        name: "functions of gathered values",
        apply: maps::map_of_gathers,
    },
    Rule {
        name: "sum of a multiple",
        apply: sums::sum_of_multiple,
    },
    Rule {
        name: "sum of a contraction",
        apply: sums::reduce_of_product,
    },
    Rule {
        name: "sum of a reshaped contraction",
        apply: sums::reduce_of_reshaped_product,
    },
    Rule {
        name: "total of a contraction",
        apply: sums::total_of_product,
    },
    Rule {
        name: "sum of a join with zeros",
        apply: sums::sum_of_padded,
    },
    Rule {
        name: "sum of a spread value",
        apply: sums::sum_of_broadcast,
    },
    Rule {
        name: "contraction of a spread value",
        apply: contract::of_broadcast,
    },
    Rule {
        name: "contraction with a number",
        apply: contract::with_number,
    },
    Rule {
        name: "contraction with the identity",
        apply: contract::with_identity,
    },
    Rule {
        name: "contraction with a unit vector",
        apply: contract::with_unit,
    },
    Rule {
        name: "contraction of a multiple with a constant",
        apply: contract::of_multiple,
    },
    Rule {
        name: "multiple of a contraction with a constant",
        apply: contract::multiple,
    },
    Rule {
        name: "contraction of a contraction",
        apply: contract::of_contraction,
    },
    Rule {
        name: "linear map of gathered values",
        apply: maps::contract_of_gather,
    },
    Rule {
        name: "linear map before a push-forward",
        apply: maps::segment_of_contract,
    },
    Rule {
        name: "push-forward of a product",
        apply: maps::segment_of_product,
    },
    Rule {
        name: "part of gathered values",
        apply: maps::slice_of_gather,
    },
    Rule {
        name: "sum of gathered values",
        apply: maps::reduce_of_gather,
    },
    Rule {
        name: "part of a spread value",
        apply: scalar::slice_of_broadcast,
    },
];

/// Is a function defined everywhere? Others are not computed for values that nobody asked for.
pub(super) fn is_total(f: Scalar) -> bool {
    !matches!(
        f,
        Scalar::Div | Scalar::Log | Scalar::Sqrt | Scalar::Pow | Scalar::PowI(i32::MIN..=-1)
    )
}
