//! Reads the arrays of a table as a dataset, with all checks.

use super::column::Values;
use super::dataset::{Dataset, Dim, Field, Graph};
use super::edges::{self, EdgeList};
use super::spec::{DataSpec, Domain, Extents, FieldSpec, Sizes, Source};
use crate::error::{Error, Result};
use crate::files::Table;
use gdl_abi::Dtype;

/// See [`Dataset::new`].
pub(super) fn dataset(table: &Table, spec: &DataSpec) -> Result<Dataset> {
    let samples = count_samples(table, spec)?;
    let mut data = Dataset {
        samples,
        dims: Vec::new(),
        graphs: Vec::new(),
        fields: Vec::new(),
    };
    let mut built: Vec<EdgeList> = Vec::new();
    for domain in &spec.domains {
        match domain {
            Domain::Grid { name, extents } => data.dims.push(grid(table, name, extents, samples)?),
            Domain::Set { nodes, sizes } => data.dims.push(set(table, nodes, sizes, samples)?),
            Domain::Graph {
                nodes,
                sizes,
                door,
                edges,
            } => {
                let set = set(table, nodes, sizes, samples)?;
                let list = edges::build(table, &set.ptr, edges)?;
                data.graphs.push(Graph {
                    nodes: data.dims.len(),
                    edges: data.dims.len() + 1,
                    maps: [door.src.clone(), door.dst.clone()],
                    ends: list.ends.clone(),
                });
                data.dims.push(set);
                data.dims.push(Dim {
                    name: door.dim.clone(),
                    grid: None,
                    ptr: list.ptr.clone(),
                    extents: list.extents.clone(),
                    order: Some(list.order.clone()),
                });
                built.push(list);
            }
        }
    }
    for field in &spec.fields {
        let field = read_field(table, &data, &built, field)?;
        data.fields.push(field);
    }
    Ok(data)
}

/// The number of samples: what the sizes of domains say, or else the first array with a row a sample.
fn count_samples(table: &Table, spec: &DataSpec) -> Result<usize> {
    let leading = |array: &str| {
        let found = table.get(array)?;
        let samples = found.shape().first().filter(|_| !found.is_empty()).copied();
        samples.ok_or_else(|| Error::data("it has no samples").in_array(array))
    };
    for domain in &spec.domains {
        match domain {
            Domain::Grid {
                extents: Extents::Of { array, .. },
                ..
            } => return leading(array),
            Domain::Grid {
                extents: Extents::Fixed(_),
                ..
            } => {}
            Domain::Set { sizes, .. } | Domain::Graph { sizes, .. } => match sizes {
                Sizes::Axis(array) => return leading(array),
                Sizes::Ptr(array) => {
                    let offsets = leading(array)?;
                    return offsets
                        .checked_sub(1)
                        .ok_or_else(|| Error::data("there are no offsets").in_array(array));
                }
            },
        }
    }
    let per_sample = spec.fields.iter().find_map(|f| match &f.source {
        Source::Array(array) => Some(array),
        _ => None,
    });
    per_sample.map_or_else(
        || Err(Error::data("no array says how many samples there are")),
        |array| leading(array),
    )
}

fn grid(table: &Table, name: &str, extents: &Extents, samples: usize) -> Result<Dim> {
    let extents: Vec<u32> = match extents {
        Extents::Fixed(extents) => extents.clone(),
        Extents::Of {
            array,
            rank,
            channels_first,
        } => {
            let shape = table.get(array)?.shape();
            let first = 1 + usize::from(*channels_first);
            let axes = shape.get(first..first + rank).ok_or_else(|| {
                let e = Error::data(format!("its shape {shape:?} has no {rank} axes for the grid `{name}`"));
                e.in_array(array).help("the first axis is that of the samples")
            })?;
            let axes: std::result::Result<_, _> = axes.iter().map(|&n| u32::try_from(n)).collect();
            axes.map_err(|_| Error::data("an axis of a grid has 2^32 cells or more").in_array(array))?
        }
    };
    let cells = extents
        .iter()
        .try_fold(1usize, |p, &n| p.checked_mul(n as usize))
        .filter(|&c| c > 0 && c.checked_mul(samples).is_some());
    let cells = cells.ok_or_else(|| Error::data(format!("a grid of {extents:?} cells is empty or too large")))?;
    let mut leading = vec![samples];
    leading.extend(extents.iter().map(|&n| n as usize));
    Ok(Dim {
        name: name.into(),
        grid: Some(extents),
        ptr: (0..=samples).map(|s| s * cells).collect(),
        extents: Some(leading),
        order: None,
    })
}

fn set(table: &Table, name: &str, sizes: &Sizes, samples: usize) -> Result<Dim> {
    let (ptr, extents) = match sizes {
        Sizes::Axis(array) => {
            let shape = table.get(array)?.shape();
            let n = shape
                .get(1)
                .copied()
                .filter(|&n| shape[0] == samples && n.checked_mul(samples).is_some())
                .ok_or_else(|| {
                    Error::data(format!(
                        "its shape {shape:?} does not start with [{samples} samples, rows]"
                    ))
                    .in_array(array)
                })?;
            ((0..=samples).map(|s| s * n).collect(), vec![samples, n])
        }
        Sizes::Ptr(array) => {
            let end = table
                .integers(array)?
                .last()
                .and_then(|&e| usize::try_from(e).ok())
                .unwrap_or(0);
            (edges::offsets_of(table, array, end, samples)?, vec![end])
        }
    };
    Ok(Dim {
        name: name.into(),
        grid: None,
        ptr,
        extents: Some(extents),
        order: None,
    })
}

fn read_field(table: &Table, data: &Dataset, built: &[EdgeList], spec: &FieldSpec) -> Result<Field> {
    let at = match &spec.dim {
        None => None,
        Some(name) => Some(data.dims.iter().position(|d| d.name == *name).ok_or_else(|| {
            Error::config(format!(
                "`{}` lives on `{name}`, which is not a domain of the data",
                spec.name
            ))
        })?),
    };
    let dim = at.map(|d| &data.dims[d]);
    let mut field = Field {
        spec: spec.clone(),
        dim: at,
        ordered: false,
        shared: false,
        values: Values::Indicator(Vec::new()),
    };
    match &spec.source {
        Source::Array(name) => {
            let extents = match dim {
                None => vec![data.samples],
                Some(d) => d.extents.clone().ok_or_else(|| no_rows(d).in_array(name))?,
            };
            field.ordered = true;
            field.values = Values::read(table.get(name)?, name, spec, rows(table, name, &extents, spec, dim)?)?;
        }
        Source::Shared(name) => {
            let rows = dim.map_or(1, |d| d.ptr.get(1).map_or(0, |n| n - d.ptr[0]));
            if let Some(s) = dim.and_then(|d| d.ptr.windows(2).position(|w| w[1] - w[0] != rows)) {
                let e = Error::data(format!(
                    "it is shared by all samples, but sample {s} has another number of rows than sample 0"
                ));
                return Err(e.in_array(name));
            }
            let extents = dim
                .and_then(|d| d.grid.as_ref())
                .map_or(vec![rows], |g| g.iter().map(|&n| n as usize).collect());
            field.shared = true;
            field.values = Values::read(
                table.get(name)?,
                name,
                spec,
                self::rows(table, name, &extents, spec, None)?,
            )?;
        }
        Source::Indicator(name) => field.values = indicator(table, name, data.samples, dim, spec)?,
        Source::Shift | Source::Angle | Source::Transport => {
            let list = data.graphs.iter().position(|g| Some(g.edges) == at).map(|k| &built[k]);
            field.values = list
                .and_then(|l| l.computed(&spec.source, spec.width()))
                .ok_or_else(|| {
                    Error::config(format!(
                        "`{}` is computed for edges of another kind than those of `{}`, or has other axes",
                        spec.name,
                        show(dim)
                    ))
                })?;
        }
    }
    Ok(field)
}

/// The number of rows that the array of a field has, after a check of its shape.
fn rows(table: &Table, name: &str, extents: &[usize], spec: &FieldSpec, dim: Option<&Dim>) -> Result<usize> {
    let mut shape = table.get(name)?.shape().to_vec();
    if spec.channels_first && shape.len() > 1 {
        let channels = shape.remove(1);
        shape.push(channels);
    }
    // Rows that stand one after the other may also be given as [samples, rows].
    let flat = dim
        .filter(|d| d.grid.is_none() && d.order.is_none())
        .and_then(|d| d.ptr.last())
        .map(std::slice::from_ref);
    let fits = |leading: &[usize]| {
        let rest = shape.strip_prefix(leading)?;
        (rest.iter().product::<usize>() == spec.width()).then(|| leading.iter().product())
    };
    fits(extents).or_else(|| flat.and_then(fits)).ok_or_else(|| {
        let e = Error::data(format!(
            "its shape is {shape:?}, but `{}` needs {extents:?} followed by {:?}",
            spec.name, spec.axes
        ));
        let ragged = dim
            .filter(|d| d.grid.is_none())
            .and_then(|d| edges::offsets_hint(table, &d.ptr));
        let help = ragged.unwrap_or("check its declared type".into());
        e.in_array(name).help(help)
    })
}

fn indicator(table: &Table, name: &str, samples: usize, dim: Option<&Dim>, spec: &FieldSpec) -> Result<Values> {
    let dim = dim.filter(|d| d.grid.is_none() && spec.width() == 1 && spec.dtype == Dtype::Real);
    let dim = dim.ok_or_else(|| {
        Error::config(format!(
            "`{}` marks one node, so it is one number on the nodes",
            spec.name
        ))
    })?;
    let chosen = table.integers(name)?;
    if chosen.len() != samples {
        return Err(Error::data(format!(
            "it has {} entries, but there are {samples} samples",
            chosen.len()
        ))
        .in_array(name));
    }
    let check = |(s, &v): (usize, &i64)| {
        let n = dim.ptr[s + 1] - dim.ptr[s];
        u32::try_from(v).ok().filter(|&v| (v as usize) < n).ok_or_else(|| {
            Error::data(format!(
                "entry [{s}] is {v}, but sample {s} has {n} rows of `{}`",
                dim.name
            ))
            .in_array(name)
        })
    };
    chosen
        .iter()
        .enumerate()
        .map(check)
        .collect::<Result<_>>()
        .map(Values::Indicator)
}

fn no_rows(dim: &Dim) -> Error {
    Error::config(format!(
        "the rows of `{}` are computed, so no array can have values for them",
        dim.name
    ))
}

fn show(dim: Option<&Dim>) -> &str {
    dim.map_or("samples", |d| &d.name)
}
