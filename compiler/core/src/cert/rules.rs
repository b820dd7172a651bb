//! The typing rule by which each operation is natural, as `spec/typing.md` numbers them.

use crate::ir::Scalar;
use crate::typed::{Model, TOp};
use crate::types::Elem;
use gdl_syntax::ast::RedOp;

/// The rule of an operation.
pub fn rule(model: &Model, op: &TOp) -> &'static str {
    match op {
        TOp::Input(_) => "the door",
        TOp::Field(..) => "T16 domains",
        TOp::Number(_) | TOp::Constant(_) => "T10 constants",
        TOp::Break(_) => "T23 breaks",
        TOp::Components { .. } | TOp::Trust { .. } => "T25 trust",
        TOp::Param(_) | TOp::Stat { .. } | TOp::Random { .. } | TOp::FromScalars { .. } | TOp::Direction { .. } => {
            "T9 parameters"
        }
        TOp::Apply { .. } => "T9 parameters",
        TOp::Read { .. } | TOp::Lookup { .. } | TOp::Define { .. } | TOp::Position(_) => "T1 gather",
        TOp::Pick { .. } | TOp::Blocks { .. } | TOp::Split { .. } => "T11 components",
        TOp::Offset { .. } => "T2 offset",
        TOp::Map {
            f: Scalar::Add | Scalar::Sub | Scalar::Neg,
            args,
        } => {
            let points = |a: &crate::typed::NodeId| matches!(model.node(*a).ty.elem, Elem::Point(_));
            if args.iter().any(points) {
                "T5 points"
            } else {
                "T4 linear"
            }
        }
        TOp::Choose { .. } => "T24 choose",
        TOp::Map { .. } | TOp::Argmax { .. } => "T6 pointwise",
        TOp::Scale { .. } | TOp::Concat { .. } | TOp::Retype { .. } | TOp::Detach { .. } | TOp::BatchMean { .. } => {
            "T4 linear"
        }
        TOp::Unit { .. } => "T4b norm",
        TOp::Dot { .. } => "T4 linear, in each argument; the form is invariant",
        TOp::Tensor { .. } | TOp::Cross { .. } | TOp::Harmonics { .. } => "T4 linear, in each argument",
        TOp::ChangeBasis { .. } => "T17 isomorphisms",
        TOp::Reduce {
            op: RedOp::Sum | RedOp::Mean,
            ..
        } => "T4 linear, T8 empty",
        TOp::Reduce { .. } => "T7 order, T8 empty",
        TOp::CompareIndex { .. } => "T14 order of indices",
        TOp::Grad { .. } => "T15 gradients",
        TOp::Transport { .. } => "T12 fibres",
        TOp::State { .. } | TOp::Loop(_) | TOp::Result { .. } => "T13 loops",
    }
}
