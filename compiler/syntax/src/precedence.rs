//! How tightly operators hold their operands, for reading and for printing.
//!
//! Loosest to tightest: `->` (right), `|>`, `else`, `as`, `or`, `and`, `not`, comparisons, `..`, `++`, `+ -`, `* /`, `x` (right),
//! unary `-`, `^` (right), postfix.

use crate::ast::{BinOp, UnOp};

/// Tighter than `else` and all that is looser: what may stand in the head of a reduction.
pub(crate) const HEAD: u8 = 6;

/// Tighter than every operator.
pub(crate) const POSTFIX: u8 = 26;

/// How tightly an operator holds its left and its right operand. The operators that an operand may contain bare hold at
/// least as tightly.
pub(crate) fn infix(op: BinOp) -> (u8, u8) {
    match op {
        BinOp::Arrow => (2, 1),
        BinOp::Pipe => (3, 4),
        BinOp::Else => (5, HEAD),
        BinOp::As => (HEAD, 7),
        BinOp::Or => (7, 8),
        BinOp::And => (9, 10),
        BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => (12, 13),
        BinOp::Range => (14, 15),
        BinOp::Concat => (16, 17),
        BinOp::Add | BinOp::Sub => (18, 19),
        BinOp::Mul | BinOp::Div => (20, 21),
        BinOp::Times => (23, 22),
        BinOp::Pow => (25, 24),
    }
}

/// How tightly a prefix holds its operand.
pub(crate) fn prefix(op: UnOp) -> u8 {
    match op {
        UnOp::Not => 11,
        UnOp::Neg => 24,
    }
}
