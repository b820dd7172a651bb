//! Samples, and batches of them.

use super::build;
use super::column::{Out, Values};
use super::spec::{DataSpec, FieldSpec};
use crate::error::{Error, Result};
use crate::files::{Table, list, nearest};
use gdl_abi::{ArrayDecl, DimDef, DoorSizes, Signature};
use gdl_runtime::Array;

/// Samples, checked and ready to be batched.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(super) samples: usize,
    pub(super) dims: Vec<Dim>,
    pub(super) graphs: Vec<Graph>,
    pub(super) fields: Vec<Field>,
}

/// A dim of the door.
#[derive(Clone, Debug)]
pub(super) struct Dim {
    pub(super) name: String,
    /// The grid's extents; none for ragged dims.
    pub(super) grid: Option<Vec<u32>>,
    /// Offsets of the samples' rows.
    pub(super) ptr: Vec<usize>,
    /// The leading extents of arrays on it; none: no array goes with it.
    pub(super) extents: Option<Vec<usize>>,
    /// The row of those arrays for each of its rows; none: the same row.
    pub(super) order: Option<Vec<usize>>,
}

/// The two maps of a graph.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// Index of the dim of its nodes.
    pub(super) nodes: usize,
    /// Index of the dim of its edges.
    pub(super) edges: usize,
    /// Their names.
    pub(super) maps: [String; 2],
    /// Source and destination, counted from 0 in each sample.
    pub(super) ends: Vec<[u32; 2]>,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) spec: FieldSpec,
    /// Index of its dim; none: one row a sample.
    pub(super) dim: Option<usize>,
    /// Whether its rows follow the dim's `order`.
    pub(super) ordered: bool,
    /// Whether its rows are the same for all samples.
    pub(super) shared: bool,
    pub(super) values: Values,
}

impl Dataset {
    /// Reads samples from arrays.
    ///
    /// # Errors
    /// Names the file, the array, and the first entry that does not fit: a missing array, a wrong shape or type, NaN, a label or an
    /// index out of range.
    pub fn new(table: &Table, spec: &DataSpec) -> Result<Dataset> {
        build::dataset(table, spec).map_err(|e| e.in_file(&table.path))
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.samples
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// How many rows of the dim `dim` a sample has; `None` if there is no such dim or sample.
    pub fn rows(&self, dim: &str, sample: usize) -> Option<usize> {
        let ptr = &self.dims.iter().find(|d| d.name == dim)?.ptr;
        Some(ptr.get(sample + 1)? - ptr[sample])
    }

    /// The row of the caller's arrays for each row of the dim `dim`, where they stand in another order: edges are sorted by destination.
    /// `None` if there is no other order, or no array goes with the dim.
    pub fn order(&self, dim: &str) -> Option<&[usize]> {
        let dim = self.dims.iter().find(|d| d.name == dim)?;
        dim.extents.as_ref().and(dim.order.as_deref())
    }

    /// Checks that every input of a program is a field of this data, of the right dim, axes and type.
    ///
    /// # Errors
    /// Names the first input that is not.
    pub fn check(&self, signature: &Signature) -> Result<()> {
        signature
            .inputs
            .iter()
            .try_for_each(|decl| self.field(signature, decl).map(|_| ()))
    }

    /// The samples `ids` one after the other, as a program with this signature takes them: sizes and index maps, and its inputs
    /// in order, reals in double precision if `double`.
    ///
    /// # Errors
    /// If an input is not a field of this data ([`Dataset::check`]), there is no such sample, or a dim has 2^32 rows or more.
    pub fn batch(&self, ids: &[usize], signature: &Signature, double: bool) -> Result<(DoorSizes, Vec<Array>)> {
        if let Some(id) = ids.iter().find(|&&id| id >= self.samples) {
            return Err(Error::data(format!(
                "there is no sample {id}: there are {}",
                self.samples
            )));
        }
        let door = self.door(ids)?;
        let inputs = signature
            .inputs
            .iter()
            .map(|decl| Ok(self.field(signature, decl)?.gather(self, ids, double)));
        Ok((door, inputs.collect::<Result<_>>()?))
    }

    /// Sizes and maps of a batch.
    fn door(&self, ids: &[usize]) -> Result<DoorSizes> {
        let mut door = DoorSizes {
            samples: ids.len(),
            ..DoorSizes::default()
        };
        let mut offsets: Vec<Vec<u32>> = Vec::with_capacity(self.dims.len());
        for dim in &self.dims {
            let mut ptr = vec![0u32];
            let mut end = 0usize;
            for &s in ids {
                end += dim.ptr[s + 1] - dim.ptr[s];
                ptr.push(u32::try_from(end).map_err(|_| {
                    Error::data(format!("a batch has more than 2^32 rows of `{}`", dim.name))
                        .help("make the batch smaller")
                })?);
            }
            match &dim.grid {
                Some(extents) => door.grids.push((dim.name.clone(), extents.clone())),
                None => door.ragged.push((dim.name.clone(), ptr.clone())),
            }
            offsets.push(ptr);
        }
        for graph in &self.graphs {
            let ptr = &self.dims[graph.edges].ptr;
            for (end, name) in graph.maps.iter().enumerate() {
                let nodes = ids.iter().zip(&offsets[graph.nodes]);
                let index =
                    nodes.flat_map(|(&s, first)| graph.ends[ptr[s]..ptr[s + 1]].iter().map(move |e| first + e[end]));
                door.maps.push((name.clone(), index.collect()));
            }
        }
        Ok(door)
    }

    /// The field for an input of a program.
    fn field(&self, signature: &Signature, decl: &ArrayDecl) -> Result<&Field> {
        let wrong = |what: String| Error::data(what).in_array(&decl.name);
        let field = self.fields.iter().find(|f| f.spec.name == decl.name).ok_or_else(|| {
            let names = self.fields.iter().map(|f| f.spec.name.as_str());
            let help = match nearest(&decl.name, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the data has {}", list(names)),
            };
            wrong("the program needs it, but the data does not supply it".into()).help(help)
        })?;
        let dim = decl.dim.map(|d| signature.domains.dim_def(d));
        let name = match dim {
            Some(DimDef::Samples) => None,
            Some(DimDef::Ragged { name } | DimDef::Grid { name, .. }) => Some(name.as_str()),
            _ => {
                return Err(wrong("an input lives on samples, nodes, edges or cells".into()));
            }
        };
        if name != field.spec.dim.as_deref() {
            let show = |n: Option<&str>| n.unwrap_or("samples").to_string();
            return Err(wrong(format!(
                "the program has it on `{}`, the data on `{}`",
                show(name),
                show(field.spec.dim.as_deref())
            )));
        }
        if decl.row_len() != field.spec.width() {
            return Err(wrong(format!(
                "the program needs rows of {:?}, the data has {:?}",
                decl.axes, field.spec.axes
            )));
        }
        if decl.dtype != field.spec.dtype {
            return Err(wrong(format!(
                "the program needs {:?}, the data has {:?}",
                decl.dtype, field.spec.dtype
            )));
        }
        Ok(field)
    }
}

impl Field {
    /// Its rows of the samples `ids`.
    fn gather(&self, data: &Dataset, ids: &[usize], double: bool) -> Array {
        let width = self.spec.width();
        let dim = self.dim.map(|d| &data.dims[d]);
        let range = |s: usize| dim.map_or(s..s + 1, |d| d.ptr[s]..d.ptr[s + 1]);
        let rows: usize = ids.iter().map(|&s| range(s).len()).sum();
        let mut out = Out::new(self.spec.dtype, double, rows * width);
        for &s in ids {
            let rows = range(s);
            if let Values::Indicator(chosen) = &self.values {
                out.indicate(rows.len(), chosen[s] as usize);
            } else if let Some(order) = dim.and_then(|d| d.order.as_ref()).filter(|_| self.ordered) {
                order[rows].iter().for_each(|&r| self.values.copy(r..r + 1, &mut out));
            } else {
                let first = if self.shared { 0 } else { rows.start };
                self.values.copy(first..first + rows.len(), &mut out);
            }
        }
        out.finish()
    }
}
