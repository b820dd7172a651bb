//! What another program calls a model with: arrays named after the model's own inputs and domains, without a data block.
//!
//! Signals have the names of the model's inputs. What a domain needs beside them:
//!
//! | domain `g` | arrays |
//! |---|---|
//! | grid | none: signals on it are \[samples, extents …, components …\] |
//! | set, seq | `g.ptr` |
//! | graph | `g.edges` \[edges, 2\] or \[2, edges\], sources before destinations, nodes counted over all samples; `g.ptr` |
//! | cloud | `g.pos` \[nodes, d\]; `g.ptr`; `g.cell`, `g.pbc` for periods; its edges follow from these, or are `g.edges` with their periodic shifts `g.shift` |
//! | mesh | `g.pos` \[vertices, 3\], `g.faces` \[faces, 3\], vertices counted from 0 in each mesh; `g.ptr` and `g.faces_ptr` |
//!
//! `ptr` arrays hold the offsets of the samples; without them there is one sample. Signals on nodes and edges of all samples stand one after
//! the other.

use super::spec::{DataSpec, Domain, EdgeDoor, Edges, Extents, FieldSpec, Labels, Lattice, Points, Sizes, Source};
use super::split::Split;
use crate::error::{Error, Result};
use crate::files::{HostArray, Table};
use gdl_abi::{ArrayDecl, DimDef, Dtype, Signature};
use serde::{Deserialize, Serialize};

/// What is known of a model's arguments beside its signature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// The domains of a sample.
    pub domains: Vec<DomainArguments>,
    /// The words of inputs that are labels: `enum(H, C, O)`.
    pub labels: Vec<(String, Vec<String>)>,
}

/// A domain by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DomainArguments {
    Grid { name: String, rank: usize },
    Set { name: String },
    Graph { name: String },
    Cloud { name: String, near: Near },
    Mesh { name: String },
}

/// Which points of a cloud are joined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Near {
    /// Those that the caller says.
    Given,
    /// Those closer than this.
    Cutoff(f64),
    /// So many nearest ones to each.
    Nearest(usize),
}

/// One array of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name, with a dot where it belongs to a domain.
    pub name: String,
    /// Its axes, in words.
    pub shape: String,
    /// Its elements.
    pub kind: ArgumentKind,
    /// Whether a call may do without it.
    pub optional: bool,
}

/// The elements of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentKind {
    /// Real numbers.
    Real,
    /// Whole numbers.
    Whole,
    /// Labels in `0..n`, with words for them if there are any.
    Label(u32, Vec<String>),
}

impl DomainArguments {
    /// The domain's name.
    pub fn name(&self) -> &str {
        match self {
            DomainArguments::Grid { name, .. }
            | DomainArguments::Set { name }
            | DomainArguments::Graph { name }
            | DomainArguments::Cloud { name, .. }
            | DomainArguments::Mesh { name } => name,
        }
    }
}

impl Arguments {
    /// All arrays of a call of a program with this signature: its inputs, then what domains need beside them.
    pub fn list(&self, signature: &Signature) -> Vec<Argument> {
        let supplied = |decl: &&ArrayDecl| !matches!(part(&decl.name), Some("shift" | "angle" | "transport"));
        let mut all: Vec<Argument> = signature
            .inputs
            .iter()
            .filter(supplied)
            .map(|decl| self.argument(signature, decl))
            .collect();
        for domain in &self.domains {
            let g = domain.name();
            let has_edges = has_edges(signature, g);
            let mut add = |part: &str, shape: &str, kind: ArgumentKind, optional: bool| {
                let name = format!("{g}.{part}");
                if all.iter().all(|a| a.name != name) {
                    let shape = shape.to_string();
                    all.push(Argument {
                        name,
                        shape,
                        kind,
                        optional,
                    });
                }
            };
            use ArgumentKind::{Real, Whole};
            match domain {
                DomainArguments::Grid { .. } => continue,
                DomainArguments::Set { .. } => {}
                DomainArguments::Graph { .. } => add("edges", "edges, 2", Whole, false),
                DomainArguments::Cloud { near, .. } if has_edges => {
                    add("pos", "nodes, d", Real, false);
                    add("edges", "edges, 2", Whole, *near != Near::Given);
                    add("shift", "edges, d", Real, true);
                    if *near != Near::Given {
                        add("cell", "samples, d, d", Real, true);
                        add("pbc", "samples, d", Whole, true);
                    }
                }
                DomainArguments::Cloud { .. } => {}
                DomainArguments::Mesh { .. } => {
                    add("pos", "vertices, 3", Real, false);
                    add("faces", "faces, 3", Whole, false);
                    add("faces_ptr", "samples + 1", Whole, true);
                }
            }
            add("ptr", "samples + 1", Whole, true);
        }
        all
    }

    fn argument(&self, signature: &Signature, decl: &ArrayDecl) -> Argument {
        let words = self.labels.iter().find(|(n, _)| *n == decl.name);
        Argument {
            name: decl.name.clone(),
            shape: shape_of(signature, decl),
            kind: match decl.dtype {
                Dtype::Real => ArgumentKind::Real,
                Dtype::Class(n) => ArgumentKind::Label(n, words.map(|(_, w)| w.clone()).unwrap_or_default()),
            },
            optional: false,
        }
    }

    /// How the arrays of a call are read; offsets that were left out are added to them.
    ///
    /// # Errors
    /// Names an array that is missing and that nothing can stand in for.
    pub fn spec(&self, signature: &Signature, table: &mut Table) -> Result<DataSpec> {
        let fields: Vec<FieldSpec> = signature
            .inputs
            .iter()
            .map(|decl| self.field(signature, decl, table))
            .collect();
        let mut domains = Vec::with_capacity(self.domains.len());
        for domain in &self.domains {
            domains.push(read(domain, signature, &fields, table)?);
        }
        Ok(DataSpec {
            domains,
            fields,
            split: Split::All,
        })
    }

    fn field(&self, signature: &Signature, decl: &ArrayDecl, table: &Table) -> FieldSpec {
        let name = decl.name.clone();
        let source = match part(&name) {
            Some("shift") if !table.arrays.contains_key(&name) => Source::Shift,
            Some("angle") => Source::Angle,
            Some("transport") => Source::Transport,
            _ => Source::Array(name),
        };
        let words = self.labels.iter().find(|(n, _)| *n == decl.name);
        FieldSpec {
            dim: dim_name(signature, decl).map(String::from),
            dtype: decl.dtype,
            labels: words.map_or(Labels::Plain, |(_, w)| Labels::Names(w.clone())),
            ..FieldSpec::real(&decl.name, source, None, &decl.axes)
        }
    }
}

/// How a domain is read.
fn read(domain: &DomainArguments, signature: &Signature, fields: &[FieldSpec], table: &mut Table) -> Result<Domain> {
    let name = domain.name().to_string();
    let on_it = |f: &&FieldSpec| f.dim.as_ref() == Some(&name);
    let of_field = |f: &FieldSpec| match &f.source {
        Source::Array(array) => Some(array.clone()),
        _ => None,
    };
    let first = fields.iter().filter(on_it).find_map(of_field);
    if let DomainArguments::Grid { rank, .. } = domain {
        let array = first.ok_or_else(|| Error::config(format!("no input lives on the grid `{name}`")))?;
        return Ok(Domain::Grid {
            extents: Extents::Of {
                array,
                rank: *rank,
                channels_first: false,
            },
            name,
        });
    }
    let in_it = |part: &str| format!("{name}.{part}");
    let positions = in_it("pos");
    let ptr = in_it("ptr");
    if !table.arrays.contains_key(&ptr) {
        let counted = first.unwrap_or_else(|| positions.clone());
        let rows = table.get(&counted)?.shape().first().copied().unwrap_or(0);
        let rows = i64::try_from(rows).map_err(|_| Error::data("it has too many rows").in_array(&counted))?;
        table.insert(&ptr, HostArray::from(vec![0, rows]))?;
    }
    let sizes = Sizes::Ptr(ptr);
    let listed = || Edges::List {
        index: in_it("edges"),
        ptr: None,
    };
    let points = || Points {
        array: positions.clone(),
        scale: 1.0,
    };
    let edges = match domain {
        DomainArguments::Graph { .. } => listed(),
        DomainArguments::Cloud { near, .. } if has_edges(signature, &name) => {
            let given = |part: &str| Some(in_it(part)).filter(|n| table.arrays.contains_key(n));
            let lattice = given("cell").map(|cell| Lattice {
                cell,
                pbc: given("pbc"),
            });
            match near {
                _ if given("edges").is_some() => listed(),
                Near::Given => listed(),
                Near::Cutoff(cutoff) => Edges::Cutoff {
                    points: points(),
                    cutoff: *cutoff,
                    lattice,
                },
                Near::Nearest(k) => Edges::Nearest {
                    points: points(),
                    k: *k,
                    lattice,
                },
            }
        }
        DomainArguments::Mesh { .. } => Edges::Faces {
            positions: positions.clone(),
            faces: in_it("faces"),
            ptr: Some(in_it("faces_ptr")).filter(|n| table.arrays.contains_key(n)),
        },
        _ => return Ok(Domain::Set { nodes: name, sizes }),
    };
    Ok(Domain::Graph {
        door: EdgeDoor {
            dim: in_it("edges"),
            src: in_it("src"),
            dst: in_it("dst"),
        },
        nodes: name,
        sizes,
        edges,
    })
}

/// The part of a domain that an input is: `shift` of `m.shift`.
fn part(name: &str) -> Option<&str> {
    name.split_once('.').map(|(_, part)| part)
}

fn dim_name<'a>(signature: &'a Signature, decl: &ArrayDecl) -> Option<&'a str> {
    match decl.dim.map(|d| signature.domains.dim_def(d)) {
        Some(DimDef::Ragged { name } | DimDef::Grid { name, .. }) => Some(name),
        _ => None,
    }
}

fn has_edges(signature: &Signature, domain: &str) -> bool {
    let edges = |d: &DimDef| matches!(d, DimDef::Ragged { name } if name.strip_suffix(".edges") == Some(domain));
    signature.domains.dims.iter().any(edges)
}

/// The axes of an array at the door, in words: `samples, img_0, img_1, 3`.
pub fn shape_of(signature: &Signature, decl: &ArrayDecl) -> String {
    let mut axes: Vec<String> = match decl.dim.map(|d| signature.domains.dim_def(d)) {
        Some(DimDef::Grid { name, rank }) => std::iter::once("samples".to_string())
            .chain((0..*rank).map(|k| format!("{name}_{k}")))
            .collect(),
        Some(DimDef::Ragged { name }) => vec![name.clone()],
        Some(DimDef::Samples) | None => vec!["samples".into()],
        Some(_) => vec!["rows".into()],
    };
    if decl.axes != [1] {
        axes.extend(decl.axes.iter().map(u32::to_string));
    }
    axes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use gdl_abi::{DimId, Domains, SAMPLES};

    fn signature(dims: Vec<DimDef>, inputs: &[(&str, DimId, &[u32], Dtype)]) -> Signature {
        let mut domains = Domains::default();
        dims.into_iter().for_each(|d| _ = domains.dim(d));
        Signature {
            domains,
            inputs: inputs
                .iter()
                .map(|(name, dim, axes, dtype)| ArrayDecl {
                    name: (*name).into(),
                    dim: Some(*dim),
                    axes: axes.to_vec(),
                    dtype: *dtype,
                })
                .collect(),
            ..Signature::default()
        }
    }

    fn cloud() -> (Arguments, Signature) {
        let ragged = |name: &str| DimDef::Ragged { name: name.into() };
        let inputs = [
            ("z", DimId(1), &[][..], Dtype::Class(2)),
            ("m.pos", DimId(1), &[3], Dtype::Real),
            ("m.shift", DimId(2), &[3], Dtype::Real),
        ];
        let arguments = Arguments {
            domains: vec![DomainArguments::Cloud {
                name: "m".into(),
                near: Near::Cutoff(1.5),
            }],
            labels: vec![("z".into(), vec!["H".into(), "C".into()])],
        };
        (arguments, signature(vec![ragged("m"), ragged("m.edges")], &inputs))
    }

    #[test]
    fn clouds_need_positions_only() {
        let (arguments, signature) = cloud();
        let needed: Vec<_> = arguments
            .list(&signature)
            .into_iter()
            .map(|a| (a.name, a.optional))
            .collect();
        let expected = [
            ("z", false),
            ("m.pos", false),
            ("m.edges", true),
            ("m.shift", true),
            ("m.cell", true),
            ("m.pbc", true),
            ("m.ptr", true),
        ];
        assert_eq!(needed, expected.map(|(n, o)| (n.to_string(), o)));
        let mut table = Table::new("call");
        let pos = vec![0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 0.0];
        table.insert("m.pos", HostArray::new(&[3, 3], pos).unwrap()).unwrap();
        // Atomic numbers, as data files have them.
        table.insert("z", HostArray::from(vec![1i64, 6, 1])).unwrap();
        let spec = arguments.spec(&signature, &mut table).unwrap();
        let data = Dataset::new(&table, &spec).unwrap();
        let (door, inputs) = data.batch(&[0], &signature, true).unwrap();
        assert_eq!(door.maps[0].1, [1, 0]);
        assert_eq!(inputs[0], gdl_runtime::Array::Class(vec![0, 1, 0]));
        // The same with edges of the caller.
        table
            .insert("m.edges", HostArray::new(&[2, 2], vec![2i64, 0, 0, 2]).unwrap())
            .unwrap();
        let spec = arguments.spec(&signature, &mut table).unwrap();
        let data = Dataset::new(&table, &spec).unwrap();
        assert_eq!(data.batch(&[0], &signature, true).unwrap().0.maps[0].1, [2, 0]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let (arguments, signature) = cloud();
        let mut table = Table::new("call");
        let e = arguments.spec(&signature, &mut table).unwrap_err();
        assert!(e.to_string().contains('z'), "{e}");
    }

    #[test]
    fn grids_need_nothing_else() {
        let grid = DimDef::Grid {
            name: "img".into(),
            rank: 2,
        };
        let signature = signature(
            vec![grid],
            &[("x", DimId(1), &[1], Dtype::Real), ("t", SAMPLES, &[4], Dtype::Real)],
        );
        let arguments = Arguments {
            domains: vec![DomainArguments::Grid {
                name: "img".into(),
                rank: 2,
            }],
            labels: Vec::new(),
        };
        let list = arguments.list(&signature);
        let shapes: Vec<&str> = list.iter().map(|a| a.shape.as_str()).collect();
        assert_eq!(shapes, ["samples, img_0, img_1", "samples, 4"]);
    }
}
