//! Domains with their data: what the signature of a model only names, here with sizes, edges and positions.
//!
//! Literals of tests and of the prompt become such domains ([`Domain::written`]), and samples of data and what the prompt makes of numbers
//! and files are ones. Programs hear of them at the door ([`Domain::enter`], [`Domain::field`]).

use gdl_abi::DoorSizes;
use gdl_core::scene::Elements;
use gdl_core::types::{self, DomainKind, Int};
use gdl_runtime::domain::{self, Cell, Edges, Point};

/// What signals live on, for one sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// Cells of a grid.
    Grid {
        /// Cells on every axis.
        extents: Vec<u32>,
        /// Whether its edges are joined.
        wrap: bool,
    },
    /// Elements without order.
    Set(usize),
    /// Elements in order.
    Seq(usize),
    /// Nodes and directed edges.
    Graph {
        /// The number of nodes.
        nodes: usize,
        /// Sorted by destination.
        edges: Edges,
    },
    /// Nodes at points of space.
    Cloud {
        /// The number of coordinates.
        dim: usize,
        /// The points, further coordinates 0.
        points: Vec<Point>,
        /// Which of them are joined.
        near: Near,
        /// Sorted by destination.
        edges: Edges,
        /// The periodic shift of every edge, as many numbers as points have coordinates.
        shift: Vec<f64>,
    },
    /// A triangle mesh.
    Mesh {
        /// The vertices.
        points: Vec<Point>,
        /// The triangles.
        faces: Vec<[u32; 3]>,
        /// Sorted by destination.
        edges: Edges,
        /// The direction of every edge in its destination's frame, as (cos, sin).
        angle: Vec<f64>,
        /// The rotation from the source's frame to the destination's, as (cos, sin).
        transport: Vec<f64>,
        /// The frame of every vertex: two orthonormal tangent vectors.
        frames: Vec<[Point; 2]>,
    },
}

/// Which points of a cloud are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Near {
    /// Those closer than this.
    Cutoff(f64),
    /// So many nearest ones to each.
    Nearest(usize),
    /// All pairs, or those that data say.
    Given,
}

impl Domain {
    /// The number of its nodes, cells, elements or vertices.
    pub fn nodes(&self) -> usize {
        match self {
            Domain::Grid { extents, .. } => extents.iter().map(|&n| n as usize).product(),
            Domain::Set(n) | Domain::Seq(n) => *n,
            Domain::Graph { nodes, .. } => *nodes,
            Domain::Cloud { points, .. } | Domain::Mesh { points, .. } => points.len(),
        }
    }

    /// Its edges, if it has any.
    pub fn edges(&self) -> Option<&Edges> {
        match self {
            Domain::Graph { edges, .. } | Domain::Cloud { edges, .. } | Domain::Mesh { edges, .. } => Some(edges),
            _ => None,
        }
    }

    /// What the checker is told of it.
    pub fn declared(&self, name: &str) -> types::Domain {
        let kind = match self {
            Domain::Grid { extents, wrap } => DomainKind::Grid {
                rank: Int::num(extents.len() as i64),
                wrap: *wrap,
            },
            Domain::Set(n) => DomainKind::Set { nonempty: *n > 0 },
            Domain::Seq(n) => DomainKind::Seq { nonempty: *n > 0 },
            Domain::Graph { .. } => DomainKind::Graph,
            Domain::Cloud { dim, near, .. } => DomainKind::Cloud {
                dim: Int::num(*dim as i64),
                cutoff: match near {
                    Near::Cutoff(r) => Some(format!("{r:?}")),
                    _ => None,
                },
                knn: match near {
                    Near::Nearest(k) => Some(Int::num(*k as i64)),
                    _ => None,
                },
            },
            Domain::Mesh { .. } => DomainKind::Mesh,
        };
        types::Domain {
            name: name.into(),
            kind,
            size: (1, 0),
        }
    }

    /// Tells the door of a program its sizes and maps.
    pub fn enter(&self, name: &str, door: &mut DoorSizes) {
        if let Domain::Grid { extents, .. } = self {
            door.grids.push((name.into(), extents.clone()));
            return;
        }
        door.ragged.push((name.into(), vec![0, self.nodes() as u32]));
        if let Some(edges) = self.edges() {
            door.ragged.push((format!("{name}.edges"), vec![0, edges.len() as u32]));
            door.maps.push((format!("{name}.src"), edges.src.clone()));
            door.maps.push((format!("{name}.dst"), edges.dst.clone()));
        }
    }

    /// The numbers of a signal that comes with the domain: `pos`, `shift`, `angle`, `transport`.
    pub fn field(&self, part: &str) -> Option<Vec<f64>> {
        match (self, part) {
            (Domain::Cloud { dim, points, .. }, "pos") => {
                Some(points.iter().flat_map(|p| p[..*dim].to_vec()).collect())
            }
            (Domain::Cloud { shift, .. }, "shift") => Some(shift.clone()),
            (Domain::Mesh { angle, .. }, "angle") => Some(angle.clone()),
            (Domain::Mesh { transport, .. }, "transport") => Some(transport.clone()),
            _ => None,
        }
    }

    /// In words: `28 x 28 grid`.
    pub fn words(&self) -> String {
        let joined = |e: &Edges| format!("{} edges", e.len());
        match self {
            Domain::Grid { extents, wrap } => {
                let sides: Vec<String> = extents.iter().map(ToString::to_string).collect();
                format!("{} grid{}", sides.join(" x "), if *wrap { ", wrapped" } else { "" })
            }
            Domain::Set(n) => format!("set of {n}"),
            Domain::Seq(n) => format!("sequence of {n}"),
            Domain::Graph { nodes, edges } => format!("graph of {nodes} nodes and {}", joined(edges)),
            Domain::Cloud { dim, points, edges, .. } => {
                format!("{} points of {dim}-space, {}", points.len(), joined(edges))
            }
            Domain::Mesh { points, faces, .. } => {
                format!("mesh of {} vertices and {} triangles", points.len(), faces.len())
            }
        }
    }

    /// What its elements are called.
    pub fn set_words(&self, name: &str, edges: bool) -> String {
        match (self, edges) {
            (_, true) => format!("{name}.edges"),
            (Domain::Graph { .. } | Domain::Cloud { .. }, _) => format!("{name}.nodes"),
            (Domain::Mesh { .. }, _) => format!("{name}.verts"),
            _ => name.to_string(),
        }
    }

    /// The word that a signature has for it.
    pub fn word(&self) -> &'static str {
        match self {
            Domain::Grid { .. } => "grid",
            Domain::Set(_) => "set",
            Domain::Seq(_) => "seq",
            Domain::Graph { .. } => "graph",
            Domain::Cloud { .. } => "cloud",
            Domain::Mesh { .. } => "mesh",
        }
    }

    /// Whether it is a domain of this kind.
    pub fn fits(&self, kind: &DomainKind) -> bool {
        match (self, kind) {
            (_, DomainKind::Any) => true,
            (Domain::Grid { extents, wrap }, DomainKind::Grid { rank, wrap: w }) => {
                rank.is(extents.len() as i64) && wrap == w
            }
            (Domain::Set(n) | Domain::Seq(n), DomainKind::Set { nonempty }) => !nonempty || *n > 0,
            (Domain::Seq(n), DomainKind::Seq { nonempty }) => !nonempty || *n > 0,
            (Domain::Graph { .. }, DomainKind::Graph) | (Domain::Mesh { .. }, DomainKind::Mesh) => true,
            (Domain::Cloud { dim, .. }, DomainKind::Cloud { dim: d, .. }) => d.is(*dim as i64),
            _ => false,
        }
    }
}

impl Domain {
    /// The domain with these elements, of this kind.
    ///
    /// # Errors
    /// Says what is wrong with its points or triangles.
    pub fn written(elements: &Elements, kind: &DomainKind) -> Result<Domain, String> {
        Ok(match elements {
            Elements::Count(n) if matches!(kind, DomainKind::Seq { .. }) => Domain::Seq(*n as usize),
            Elements::Count(n) => Domain::Set(*n as usize),
            Elements::Extents(sides) => Domain::Grid {
                extents: sides.clone(),
                wrap: matches!(kind, DomainKind::Grid { wrap: true, .. }),
            },
            Elements::Graph { nodes, edges, .. } => Domain::graph(*nodes as usize, edges.clone()),
            Elements::Points(list) => {
                let near = match kind {
                    DomainKind::Cloud { cutoff: Some(r), .. } => {
                        Near::Cutoff(r.parse().map_err(|_| format!("`{r}` is no cutoff"))?)
                    }
                    DomainKind::Cloud { knn: Some(k), .. } => {
                        Near::Nearest(k.value().and_then(|k| usize::try_from(k).ok()).unwrap_or(1))
                    }
                    _ => Near::Given,
                };
                let point = |p: &Vec<f64>| [0, 1, 2].map(|k| p.get(k).copied().unwrap_or(0.0));
                Domain::cloud(list.first().map_or(3, Vec::len), list.iter().map(point).collect(), near)?
            }
            Elements::Mesh { points, faces } => Domain::mesh(points.clone(), faces.clone())?,
        })
    }

    /// Its elements, as they would be written.
    pub fn elements(&self) -> Elements {
        match self {
            Domain::Grid { extents, .. } => Elements::Extents(extents.clone()),
            Domain::Set(n) | Domain::Seq(n) => Elements::Count(*n as u32),
            Domain::Graph { nodes, edges } => Elements::Graph {
                nodes: *nodes as u32,
                edges: edges.src.iter().copied().zip(edges.dst.iter().copied()).collect(),
                written: (0..edges.len() as u32).map(|k| vec![k]).collect(),
            },
            Domain::Cloud { dim, points, .. } => Elements::Points(points.iter().map(|p| p[..*dim].to_vec()).collect()),
            Domain::Mesh { points, faces, .. } => Elements::Mesh {
                points: points.clone(),
                faces: faces.clone(),
            },
        }
    }

    /// A graph with these edges from source to destination.
    pub fn graph(nodes: usize, mut ends: Vec<(u32, u32)>) -> Domain {
        ends.sort_by_key(|&(s, d)| (d, s));
        Domain::Graph {
            nodes,
            edges: Edges {
                src: ends.iter().map(|e| e.0).collect(),
                dst: ends.iter().map(|e| e.1).collect(),
                shift: vec![[0; 3]; ends.len()],
            },
        }
    }

    /// Points of `dim`-space without periods; all pairs are joined where nothing says which.
    ///
    /// # Errors
    /// If they have no neighbours of this kind.
    pub fn cloud(dim: usize, points: Vec<Point>, near: Near) -> Result<Domain, String> {
        let edges = match near {
            Near::Cutoff(r) => domain::neighbours(&points, &Cell::OPEN, r)?,
            Near::Nearest(k) => domain::nearest(&points, &Cell::OPEN, k)?,
            Near::Given => domain::complete(points.len()),
        };
        Ok(Domain::Cloud {
            dim,
            shift: vec![0.0; edges.len() * dim],
            points,
            near,
            edges,
        })
    }

    /// A triangle mesh.
    ///
    /// # Errors
    /// Names the triangle or vertex that is no part of a surface.
    pub fn mesh(points: Vec<Point>, faces: Vec<[u32; 3]>) -> Result<Domain, String> {
        let mesh = domain::Mesh::new(&points, &faces)?;
        let pairs = |list: &[f64]| list.iter().flat_map(|a| [a.cos(), a.sin()]).collect();
        Ok(Domain::Mesh {
            angle: pairs(&mesh.edges.angle),
            transport: pairs(&mesh.edges.transport),
            frames: mesh.frames.iter().map(|f| [f[0], f[1]]).collect(),
            edges: Edges {
                shift: vec![[0; 3]; mesh.edges.src.len()],
                src: mesh.edges.src,
                dst: mesh.edges.dst,
            },
            points,
            faces,
        })
    }
}

/// The numbers of an input that a domain brings along: `m.pos`.
pub fn field<D: std::borrow::Borrow<Domain>>(domains: &[(String, D)], input: &str) -> Option<Vec<f64>> {
    let (name, part) = input.split_once('.')?;
    let (_, d) = domains.iter().find(|(n, _)| n == name)?;
    d.borrow().field(part)
}
