//! Small questions about domains.

use super::Checker;
use crate::types::{DomainId, DomainKind, Int};

/// What matters of a grid.
pub(crate) struct GridInfo {
    /// The number of axes.
    pub rank: Int,
    /// Whether reads wrap around.
    pub wrap: bool,
}

/// The grid that a domain is or was coarsened from.
pub(crate) fn grid_of(c: &Checker<'_>, d: DomainId) -> Option<GridInfo> {
    match &c.domain(d).kind {
        DomainKind::Grid { rank, wrap } => Some(GridInfo {
            rank: rank.clone(),
            wrap: *wrap,
        }),
        DomainKind::Coarse { of, .. } => grid_of(c, *of),
        _ => None,
    }
}
