//! Edges that are computed from positions.

use super::edges::EdgeList;
use super::spec::Edges;
use crate::error::{Error, Result};
use crate::files::Table;

pub(super) fn build(_: &Table, _: &[usize], edges: &Edges, _: &mut EdgeList) -> Result<()> {
    Err(Error::config(format!("{edges:?} cannot be built yet")))
}
