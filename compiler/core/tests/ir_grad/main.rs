//! Differentiation of the tensor IR: every operator, first and second order, against forward mode and central differences.

mod check;
mod loops;
mod models;
mod ops;
mod random;
mod ties;
