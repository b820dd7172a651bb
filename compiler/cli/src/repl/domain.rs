//! Domains with their data: what the signature of a model only names, here with sizes, edges and positions.

use gdl_abi::DoorSizes;
use gdl_core::types::{self, DomainKind, Int};
use gdl_runtime::domain::{Edges, Point};

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
        /// The radius within which nodes are joined.
        cutoff: f64,
        /// Sorted by destination.
        edges: Edges,
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
            Domain::Cloud { dim, cutoff, .. } => DomainKind::Cloud {
                dim: Int::num(*dim as i64),
                cutoff: Some(format!("{cutoff:?}")),
                knn: None,
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
            (Domain::Cloud { dim, edges, .. }, "shift") => Some(vec![0.0; edges.len() * dim]),
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
}

impl Domain {
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
    /// A triangle mesh.
    ///
    /// # Errors
    /// Names the triangle or vertex that is no part of a surface.
    pub fn mesh(points: Vec<Point>, faces: Vec<[u32; 3]>) -> Result<Domain, String> {
        let mesh = gdl_runtime::domain::Mesh::new(&points, &faces)?;
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
