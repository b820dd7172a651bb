//! The exact test accepts correct programs and rejects broken ones.

mod accepted;
mod approx;
mod breaks;
mod common;
mod mutations;
mod training;
mod trust;
