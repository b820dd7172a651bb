//! Edges of every sample, sorted by destination.

use super::column::Values;
use super::spec::{Edges, End, Source};
use crate::error::{Error, Result};
use crate::files::{HostArray, Table};
use gdl_runtime::domain::{self, Point};

/// The edges of all samples. Edges of sample s are `ptr[s]..ptr[s + 1]`; within a sample they ascend by destination, and keep the
/// order of the file where that is equal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EdgeList {
    /// Offsets of the samples.
    pub(super) ptr: Vec<usize>,
    /// Source and destination, counted from 0 in each sample.
    pub(super) ends: Vec<[u32; 2]>,
    /// The row of each edge in arrays of edge fields.
    pub(super) order: Vec<usize>,
    /// The leading extents of those arrays; none: no array goes with these edges.
    pub(super) extents: Option<Vec<usize>>,
    /// Periodic shifts, for [`Edges::Cutoff`] and [`Edges::Nearest`].
    pub(super) shift: Option<Vec<Point>>,
    /// Directions in the destination's frame, for [`Edges::Faces`].
    pub(super) angle: Option<Vec<f64>>,
    /// Turns from the source's frame to the destination's, for [`Edges::Faces`].
    pub(super) transport: Option<Vec<f64>>,
}

impl EdgeList {
    /// What the edges of geometric graphs carry; edges between points that are not periodic have no shift.
    pub(super) fn computed(&self, source: &Source, width: usize) -> Option<Values> {
        let angles = match source {
            Source::Angle => self.angle.as_ref(),
            Source::Transport => self.transport.as_ref(),
            _ => None,
        };
        let data: Vec<f64> = match (source, width) {
            (Source::Shift, 1..=3) => match &self.shift {
                Some(all) => all.iter().flat_map(|shift| &shift[..width]).copied().collect(),
                None if self.angle.is_none() => vec![0.0; width * self.ends.len()],
                None => return None,
            },
            (_, 1) => angles?.clone(),
            (_, 2) => angles?.iter().flat_map(|a| [a.cos(), a.sin()]).collect(),
            _ => return None,
        };
        Some(Values::Real {
            data: HostArray::new(&[self.ends.len(), width], data).ok()?,
            scale: 1.0,
            offset: 0.0,
        })
    }
}

/// Pairs of nodes that [`Edges::Complete`] lists at most, over all samples.
const MOST_PAIRS: usize = 1 << 27;

/// One edge under construction.
pub(super) struct Edge {
    pub(super) ends: [u32; 2],
    pub(super) row: usize,
}

impl EdgeList {
    /// The edges of one more sample.
    pub(super) fn push_sample(&mut self, mut edges: Vec<Edge>) {
        edges.sort_by_key(|e| e.ends[1]);
        self.ends.extend(edges.iter().map(|e| e.ends));
        self.order.extend(edges.iter().map(|e| e.row));
        self.ptr.push(self.ends.len());
    }

    /// The edges of one more sample, sorted by destination, which no array goes with.
    pub(super) fn push_computed(&mut self, src: &[u32], dst: &[u32]) {
        self.ends.extend(src.iter().zip(dst).map(|(&s, &d)| [s, d]));
        self.order.resize(self.ends.len(), 0);
        self.ptr.push(self.ends.len());
    }
}

/// Builds the edges of all samples; `nodes` are the offsets of the samples' nodes.
///
/// # Errors
/// Names the array that is missing or does not fit, or the entry out of range.
pub(super) fn build(table: &Table, nodes: &[usize], edges: &Edges) -> Result<EdgeList> {
    let mut list = EdgeList {
        ptr: vec![0],
        ..EdgeList::default()
    };
    match edges {
        Edges::Dense { array, rows } => dense(table, nodes, array, *rows, &mut list)?,
        Edges::List { index, ptr } => listed(table, nodes, index, ptr.as_deref(), &mut list)?,
        Edges::Complete => complete(nodes, &mut list)?,
        _ => super::geometry::build(table, nodes, edges, &mut list)?,
    }
    Ok(list)
}

/// Edges where the entries of a matrix a sample are not 0.
fn dense(table: &Table, nodes: &[usize], name: &str, rows: End, list: &mut EdgeList) -> Result<()> {
    let array = table.get(name)?;
    let samples = nodes.len() - 1;
    let n = nodes[samples].checked_div(samples).unwrap_or(0);
    let shape = array.shape();
    if !shape.starts_with(&[samples, n, n]) {
        let e = Error::data(format!("its shape {shape:?} does not start with [{samples}, {n}, {n}]"));
        return Err(e
            .in_array(name)
            .help("a matrix a sample is needed, with as many rows as nodes"));
    }
    let entries = array
        .to_f64()
        .ok_or_else(|| Error::data("a matrix of numbers is needed").in_array(name))?;
    if let Some(k) = entries.iter().position(|x| x.is_nan()) {
        return Err(Error::data(format!("entry {} is NaN", array.index_of(k))).in_array(name));
    }
    for (s, matrix) in entries.outer_iter().enumerate() {
        let mut edges = Vec::new();
        for (i, row) in matrix.outer_iter().enumerate() {
            for (j, entry) in row.outer_iter().enumerate() {
                if entry.iter().any(|x| *x != 0.0) {
                    let (i, j, row) = (i as u32, j as u32, (s * n + i) * n + j);
                    let ends = if rows == End::Source { [i, j] } else { [j, i] };
                    edges.push(Edge { ends, row });
                }
            }
        }
        list.push_sample(edges);
    }
    list.extents = Some(vec![samples, n, n]);
    Ok(())
}

/// Edges given by their ends.
fn listed(table: &Table, nodes: &[usize], name: &str, ptr: Option<&str>, list: &mut EdgeList) -> Result<()> {
    let entries = table.integers(name)?;
    let by_edge = match entries.shape() {
        [2, _] => entries.t(),
        [_, 2] => entries.view(),
        shape => {
            let e = Error::data(format!("its shape {shape:?} is not that of an edge list"));
            return Err(e
                .in_array(name)
                .help("[2, edges] is needed: sources, then destinations"));
        }
    };
    let (samples, count) = (nodes.len() - 1, by_edge.len() / 2);
    let mut found: Vec<Vec<Edge>> = (0..samples).map(|_| Vec::new()).collect();
    let outside = |edge: usize, value: i64, limit: usize| {
        Error::data(format!("edge {edge} has node {value}, but there are {limit} nodes")).in_array(name)
    };
    let offsets = ptr.map(|p| offsets_of(table, p, count, samples)).transpose()?;
    let mut sample = 0;
    for (edge, pair) in by_edge.outer_iter().enumerate() {
        let pair = [pair[0], pair[1]];
        let mut ends = [0u32; 2];
        if let Some(offsets) = &offsets {
            while edge >= offsets[sample + 1] {
                sample += 1;
            }
            let limit = nodes[sample + 1] - nodes[sample];
            for (slot, v) in ends.iter_mut().zip(pair) {
                let inside = u32::try_from(v).ok().filter(|&v| (v as usize) < limit);
                *slot = inside
                    .ok_or_else(|| outside(edge, v, limit).help(format!("sample {sample} counts its nodes from 0")))?;
            }
        } else {
            let place = |v: i64| {
                let node = usize::try_from(v)
                    .ok()
                    .filter(|&v| v < nodes[samples])
                    .ok_or_else(|| outside(edge, v, nodes[samples]))?;
                let s = nodes.partition_point(|&p| p <= node) - 1;
                Ok((s, (node - nodes[s]) as u32))
            };
            let ((s, a), (t, b)) = (place(pair[0])?, place(pair[1])?);
            if s != t {
                let e = Error::data(format!("edge {edge} goes from sample {s} to sample {t}"));
                return Err(e
                    .in_array(name)
                    .help("give the offsets of the edges if nodes are counted from 0 in each sample"));
            }
            (sample, ends) = (s, [a, b]);
        }
        found[sample].push(Edge { ends, row: edge });
    }
    found.into_iter().for_each(|edges| list.push_sample(edges));
    list.extents = Some(vec![count]);
    Ok(())
}

fn complete(nodes: &[usize], list: &mut EdgeList) -> Result<()> {
    let pairs = nodes
        .windows(2)
        .try_fold(0usize, |sum, w| (w[1] - w[0]).checked_pow(2)?.checked_add(sum));
    if pairs.is_none_or(|p| p > MOST_PAIRS) {
        let e = Error::data("the samples have too many pairs of nodes to list them all");
        return Err(e.help("use fewer nodes, or a domain of pairs, which is never stored"));
    }
    for w in nodes.windows(2) {
        let edges = domain::complete(w[1] - w[0]);
        list.push_computed(&edges.src, &edges.dst);
    }
    Ok(())
}

/// Help where arrays do not have the shape of samples that all have one size: an array that may be their offsets.
pub(super) fn offsets_hint(table: &Table, nodes: &[usize]) -> Option<String> {
    let one_size = nodes.windows(3).all(|w| w[1] - w[0] == w[2] - w[1]);
    // What a data block says is no help in a call, whose arrays come from no file.
    let from_file = !table.path.as_os_str().is_empty();
    let name = table
        .arrays
        .keys()
        .find(|name| from_file && one_size && name.ends_with("ptr"))?;
    Some(format!(
        "where samples differ in size, `sizes = {name}` says where samples begin (for sets, `ptr({name})`)"
    ))
}

/// The offsets of so many samples, ascending from 0 to `end`.
///
/// # Errors
/// If it is anything else.
pub(super) fn offsets_of(table: &Table, name: &str, end: usize, samples: usize) -> Result<Vec<usize>> {
    let all = offsets(table, name, end)?;
    if all.len() != samples + 1 {
        let (found, needed) = (all.len(), samples + 1);
        let e = Error::data(format!("it has {found} offsets, but {samples} samples need {needed}"));
        return Err(e.in_array(name));
    }
    Ok(all)
}

/// An array of ascending offsets from 0 to `end`.
///
/// # Errors
/// If it is anything else.
pub(super) fn offsets(table: &Table, name: &str, end: usize) -> Result<Vec<usize>> {
    let values = table.integers(name)?;
    let offsets: Option<Vec<usize>> = values.iter().map(|&v| usize::try_from(v).ok()).collect();
    let sound = |v: &Vec<usize>| v.first() == Some(&0) && v.last() == Some(&end) && v.windows(2).all(|w| w[0] <= w[1]);
    offsets.filter(sound).ok_or_else(|| {
        let e = Error::data(format!("these are not offsets that ascend from 0 to {end}"));
        e.in_array(name).help("one offset a sample and the end are needed")
    })
}
