//! How samples are dealt into batches.

use crate::data::Fold;
use crate::error::{Error, Result};
use crate::rng::Rng;
use std::ops::Range;

/// How much is in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// So many samples; the last batch of an epoch has what is left.
    Samples(usize),
    /// As many samples as have at most so many rows of a dim (nodes, edges) together, and one at least.
    Rows {
        /// The dim.
        dim: String,
        /// The most rows.
        most: usize,
    },
}

impl BatchSize {
    /// Cuts samples, in their order, into batches.
    ///
    /// # Errors
    /// If the size is 0 or the data has no such dim.
    pub(super) fn cut(&self, fold: &Fold, order: &[usize]) -> Result<Vec<Range<usize>>> {
        match self {
            BatchSize::Samples(0) | BatchSize::Rows { most: 0, .. } => {
                Err(Error::config("a batch of size 0 holds no samples"))
            }
            BatchSize::Samples(n) => Ok((0..order.len())
                .step_by(*n)
                .map(|k| k..order.len().min(k + n))
                .collect()),
            BatchSize::Rows { dim, most } => {
                let (mut batches, mut first, mut sum) = (Vec::new(), 0, 0);
                for (k, &id) in order.iter().enumerate() {
                    let rows = fold
                        .data
                        .rows(dim, id)
                        .ok_or_else(|| Error::config(format!("the data has no `{dim}` to count in batches")))?;
                    if k > first && sum + rows > *most {
                        batches.push(first..k);
                        (first, sum) = (k, 0);
                    }
                    sum += rows;
                }
                if first < order.len() {
                    batches.push(first..order.len());
                }
                Ok(batches)
            }
        }
    }
}

/// The samples of a fold in the order of an epoch: the same seed and epoch give the same order.
pub(super) fn order(fold: &Fold, seed: u64, epoch: u64) -> Vec<usize> {
    let mut ids = fold.ids.clone();
    Rng::named(seed, &format!("order of epoch {epoch}")).shuffle(&mut ids);
    ids
}
