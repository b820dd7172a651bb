//! What the compiler says about a `data` block.

use super::split::Split;
use gdl_abi::Dtype;
use serde::{Deserialize, Serialize};

/// How the arrays of a file become samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSpec {
    /// The domains of a sample.
    pub domains: Vec<Domain>,
    /// What lives on them: inputs of the model, labels, targets.
    pub fields: Vec<FieldSpec>,
    /// Which samples are for training, validation, and testing.
    pub split: Split,
}

/// A domain of a sample. Names such as `nodes` are those of the program's dims ([`gdl_abi::DimDef`]); names such as `ptr` are
/// those of arrays in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Domain {
    /// A grid; all samples have the same extents.
    Grid {
        /// The grid's name at the door.
        name: String,
        /// How large it is.
        extents: Extents,
    },
    /// A set, a sequence, or a cloud without edges.
    Set {
        /// The name of the dim of its elements.
        nodes: String,
        /// How many elements each sample has.
        sizes: Sizes,
    },
    /// A set with edges: a graph, a cloud, or a mesh.
    Graph {
        /// The name of the dim of its nodes.
        nodes: String,
        /// How many nodes each sample has.
        sizes: Sizes,
        /// The names of its edges at the door.
        door: EdgeDoor,
        /// Where its edges come from.
        edges: Edges,
    },
}

/// The names of a graph's edges at the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeDoor {
    /// The dim of the edges.
    pub dim: String,
    /// The map to the source node.
    pub src: String,
    /// The map to the destination node; ascending in every batch.
    pub dst: String,
}

/// The extents of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extents {
    /// The `rank` axes of an array after that of the samples (the last ones, if its channels come first).
    Of {
        /// The array.
        array: String,
        /// The number of axes of the grid.
        rank: usize,
        /// Whether the channel axis stands before the grid's: \[samples, channels, height, width\].
        channels_first: bool,
    },
    /// Written in the program.
    Fixed(Vec<u32>),
}

/// How many elements the samples have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sizes {
    /// All samples the same number: the second axis of this array, \[samples, n, …\].
    Axis(String),
    /// Any number: this array of samples + 1 offsets, which ascend from 0; the elements of all samples stand one after the
    /// other in the other arrays.
    Ptr(String),
}

/// Where edges come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edges {
    /// A matrix a sample, \[samples, n, n, …\]: there is an edge where an entry is not 0. Fields of the edges are arrays
    /// \[samples, n, n, …\] too.
    Dense {
        /// The array.
        array: String,
        /// Which end of an edge the row is.
        rows: End,
    },
    /// A list: \[2, edges\] or \[edges, 2\] with source and destination. Fields of the edges are arrays \[edges, …\].
    List {
        /// The list.
        index: String,
        /// samples + 1 offsets into the list, whose entries count from 0 in each sample. Without it they count over the nodes
        /// of all samples.
        ptr: Option<String>,
    },
    /// Every ordered pair of different nodes.
    Complete,
    /// All ordered pairs of points closer than a cutoff, periodic images included; a point is its own neighbour only as an
    /// image.
    Cutoff {
        /// The points.
        points: Points,
        /// The distance, in the units of the program.
        cutoff: f64,
        /// Periods, if there are any.
        lattice: Option<Lattice>,
    },
    /// From the `k` nearest points to each, periodic images included.
    Nearest {
        /// The points.
        points: Points,
        /// How many.
        k: usize,
        /// Periods, if there are any.
        lattice: Option<Lattice>,
    },
    /// Both directions of every side of the triangles of a mesh.
    Faces {
        /// The positions of the vertices: \[vertices, 3\].
        positions: String,
        /// The triangles: \[faces, 3\], vertices counted from 0 in each mesh.
        faces: String,
        /// Offsets of the meshes' triangles; without it all samples have the same triangles.
        ptr: Option<String>,
    },
}

/// Points with d coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// \[…, d\] on the nodes.
    pub array: String,
    /// Takes the unit of the file, also of lattice vectors, to that of the program.
    pub scale: f64,
}

/// The periods of clouds of points with d coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lattice {
    /// Lattice vectors as rows, \[samples, d, d\] or \[d, d\] for all.
    pub cell: String,
    /// Whether each lattice vector is a period, \[samples, d\] or \[d\]; all are without it.
    pub pbc: Option<String>,
}

/// An end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Where it starts.
    Source,
    /// Where it leads.
    Destination,
}

/// Where the values of a field come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// An array with a row for every row of the field.
    Array(String),
    /// An array whose rows are the same for all samples: the species of the atoms of one molecule.
    Shared(String),
    /// An array with the number of one node a sample, counted from 0 in the sample: 1 there and 0 elsewhere.
    Indicator(String),
    /// The periodic shift of an edge, as many numbers as points have coordinates: `pos[src] + shift − pos[dst]` is the edge's vector.
    Shift,
    /// The direction of an edge of [`Edges::Faces`] in its destination's frame: in radians, or (cos, sin) for a field
    /// of two numbers.
    Angle,
    /// The angle by which an edge of [`Edges::Faces`] turns its source's frame into its destination's, likewise.
    Transport,
}

/// What class labels look like in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Labels {
    /// Integers in `0..n`.
    Plain,
    /// `enum(H, C, O)`: words, or, where all names are chemical elements, atomic numbers.
    Names(Vec<String>),
}

/// A field: an input of the model, a label, or a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// Its name in the program.
    pub name: String,
    /// Where its values come from.
    pub source: Source,
    /// The dim of its rows; none: one row a sample.
    pub dim: Option<String>,
    /// Its static axes; row-major after the rows.
    pub axes: Vec<u32>,
    /// Its elements.
    pub dtype: Dtype,
    /// For labels: what they look like.
    pub labels: Labels,
    /// Whether the array's channel axis stands before those of the grid.
    pub channels_first: bool,
    /// Multiplies the file's values; with `offset`: `images / 16`.
    pub scale: f64,
    /// Is added to the scaled values.
    pub offset: f64,
}

impl FieldSpec {
    /// Real values of this array on `dim`, unscaled.
    pub fn real(name: &str, source: Source, dim: Option<&str>, axes: &[u32]) -> FieldSpec {
        FieldSpec {
            name: name.into(),
            source,
            dim: dim.map(String::from),
            axes: axes.to_vec(),
            dtype: Dtype::Real,
            labels: Labels::Plain,
            channels_first: false,
            scale: 1.0,
            offset: 0.0,
        }
    }

    /// Labels in `0..classes` from this array on `dim`.
    pub fn class(name: &str, source: Source, dim: Option<&str>, classes: u32) -> FieldSpec {
        FieldSpec {
            dtype: Dtype::Class(classes),
            ..FieldSpec::real(name, source, dim, &[])
        }
    }

    /// Elements a row.
    pub(super) fn width(&self) -> usize {
        self.axes.iter().map(|&n| n as usize).product()
    }
}
