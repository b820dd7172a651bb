//! Inputs: the model's own, and the fields of its domains.

use super::frame::{Low, Root, Rows};
use super::{L, Lowered1, Lowerer, Mode};
use crate::ir::{Fold, Shape};
use crate::typed::{Draw, Field, NodeId, TOp};
use crate::types::{DomainId, DomainKind, Elem, Set, Type};
use gdl_abi::{Dtype, MapDef, SAMPLES};
use gdl_rep::Exact;

impl Lowerer<'_> {
    /// Declares the inputs of the model in order.
    pub(crate) fn declare_inputs(&mut self) {
        for k in 0..self.model.inputs.len() {
            let input = self.model.inputs[k].clone();
            let (dim, axes, dtype) = self.input_shape(&input.ty);
            let v = self.b().input(&input.name, dim, &axes, dtype);
            self.inputs.push(v);
        }
    }

    fn input_shape(&mut self, ty: &Type) -> (Option<gdl_abi::DimId>, Vec<u32>, Dtype) {
        let mut rows = Vec::new();
        let mut axes = Vec::new();
        for s in &ty.sets {
            if s.is_dynamic() {
                rows.push(Root {
                    dim: self.set_dim(s),
                    var: None,
                });
            } else {
                axes.push(self.set_size(s));
            }
        }
        let dim = if rows.is_empty() {
            Some(SAMPLES)
        } else {
            self.dim_of(&Rows::Of(rows))
        };
        match &ty.elem {
            Elem::Rep(r) => {
                axes.push(self.rep_dim(r));
                (dim, axes, Dtype::Real)
            }
            Elem::Point(d) => {
                axes.push(d.value().unwrap_or(3) as u32);
                (dim, axes, Dtype::Real)
            }
            Elem::Index(s) => (dim, axes, Dtype::Class(self.set_size(s))),
        }
    }

    /// The array of an input; labels are one-hot.
    pub(crate) fn input(&mut self, k: u32, ty: &Type) -> Low {
        let v = self.inputs[k as usize];
        Low {
            v,
            rows: self.signal_rows(ty),
            statics: Vec::new(),
        }
    }

    /// The rows of a closed signal of a type.
    pub(crate) fn signal_rows(&mut self, ty: &Type) -> Rows {
        let mut roots = Vec::new();
        for s in &ty.sets {
            if s.is_dynamic() {
                roots.push(Root {
                    dim: self.set_dim(s),
                    var: None,
                });
            }
        }
        if roots.is_empty() {
            Rows::Sample
        } else {
            Rows::Of(roots)
        }
    }

    /// A field of a domain.
    pub(crate) fn field(&mut self, d: DomainId, field: Field, id: NodeId) -> L<Lowered1> {
        let dom = self.model.domains[d.0 as usize].clone();
        let (nodes, edges) = (Set::Nodes(d), Set::Edges(d));
        let low = match field {
            Field::Pos => {
                let DomainKind::Cloud { dim, .. } = &dom.kind else {
                    return Err(self.unsupported("no positions here", self.model.node(id).span));
                };
                let d = dim.value().unwrap_or(3) as u32;
                let rows = self.set_dim(&nodes);
                let pos = self.extra_input(&format!("{}.pos", dom.name), rows, &[d]);
                self.strained(pos, id)?
            }
            Field::Strain => {
                let DomainKind::Cloud { dim, .. } = &dom.kind else {
                    return Err(self.unsupported("no positions here", self.model.node(id).span));
                };
                let d = dim.value().unwrap_or(3) as u32;
                // The number of each sample within itself is 0; unlike a constant, it keeps what depends on it.
                let zero = self.b().position(SAMPLES);
                let shape = Shape::new(Some(SAMPLES), &[d * (d + 1) / 2]);
                Low {
                    v: self.b().broadcast(zero, shape, &[]),
                    rows: Rows::Sample,
                    statics: Vec::new(),
                }
            }
            Field::EdgeVec => {
                let DomainKind::Cloud { dim, .. } = &dom.kind else {
                    return Err(self.unsupported("no positions here", self.model.node(id).span));
                };
                let n = dim.value().unwrap_or(3) as u32;
                let (rows, erows) = (self.set_dim(&nodes), self.set_dim(&edges));
                let pos = self.extra_input(&format!("{}.pos", dom.name), rows, &[n]);
                let pos = self.strained(pos, id)?;
                let shift = self.extra_input(&format!("{}.shift", dom.name), erows, &[n]);
                let shift = self.strained(shift, id)?;
                let (src, dst) = (self.end_map(d, true), self.end_map(d, false));
                let (a, b) = (self.b().gather(pos.v, src), self.b().gather(pos.v, dst));
                let moved = self.b().add(a, shift.v);
                let v = self.b().sub(moved, b);
                Low { v, ..shift }
            }
            Field::EdgeAngle | Field::EdgeTransport => {
                let rows = self.set_dim(&edges);
                let word = if field == Field::EdgeAngle {
                    "angle"
                } else {
                    "transport"
                };
                self.extra_input(&format!("{}.{word}", dom.name), rows, &[2])
            }
            Field::Degree => {
                let erows = self.set_dim(&edges);
                let dst = self.end_map(d, false);
                let ones = self.b().int(Shape::new(Some(erows), &[1]), 1);
                let v = self.b().segment(Fold::Sum, ones, dst);
                Low {
                    v,
                    rows: Rows::Of(vec![Root {
                        dim: self.set_dim(&nodes),
                        var: None,
                    }]),
                    statics: Vec::new(),
                }
            }
            Field::Size => {
                let rows = self.set_dim(&nodes);
                let map = self.b().domains().map(MapDef::Sample(rows));
                let ones = self.b().int(Shape::new(Some(rows), &[1]), 1);
                let v = self.b().segment(Fold::Sum, ones, map);
                Low {
                    v,
                    rows: Rows::Sample,
                    statics: Vec::new(),
                }
            }
        };
        Ok(Lowered1::Tensor(low))
    }

    /// x + ε x for the strain ε of the domain that field `id` belongs to, if the model mentions it.
    fn strained(&mut self, x: Low, id: NodeId) -> L<Low> {
        let TOp::Field(of, _) = self.model.node(id).op else {
            return Ok(x);
        };
        let strain = self
            .model
            .nodes
            .iter()
            .position(|n| matches!(n.op, TOp::Field(d, Field::Strain) if d == of));
        let Some(strain) = strain else { return Ok(x) };
        let strain = self.tensor(NodeId(strain as u32))?;
        let d = self.b().axes(x.v)[0] as usize;
        // e_i e_j of sym(vector, 2) is (E_ij + E_ji)/√2.
        let half = Exact::sqrt_ratio(1, 2);
        let pairs: Vec<(usize, usize)> = (0..d).flat_map(|i| (i..d).map(move |j| (i, j))).collect();
        let mut basis = vec![Exact::ZERO; pairs.len() * d * d];
        for (k, &(i, j)) in pairs.iter().enumerate() {
            let size = if i == j { Exact::ONE } else { half };
            basis[(k * d + i) * d + j] = size;
            basis[(k * d + j) * d + i] = size;
        }
        let basis = self.b().constant(&[pairs.len() as u32, d as u32, d as u32], basis);
        let matrix = self
            .b()
            .contract_labels(strain.v, basis, b"k", b"kij", b"ij", Some(SAMPLES));
        let span = self.model.node(id).span;
        let rows = x.rows.clone();
        let matrix = self.coerce_rows(
            &Low {
                v: matrix,
                rows: Rows::Sample,
                statics: Vec::new(),
            },
            &rows,
            span,
        )?;
        let dim = self.dim_of(&rows);
        let moved = self.b().contract_labels(matrix, x.v, b"ij", b"j", b"i", dim);
        let v = self.b().add(x.v, moved);
        Ok(Low { v, ..x })
    }

    /// An input that a domain brings along.
    pub(crate) fn extra_input(&mut self, name: &str, dim: gdl_abi::DimId, axes: &[u32]) -> Low {
        let here = self.cur;
        self.go(0);
        let k = match self.fields.get(name) {
            Some(&k) => k,
            None => {
                let v = self.b().input(name, Some(dim), axes, Dtype::Real);
                self.inputs.push(v);
                self.fields.insert(name.into(), self.inputs.len() as u32 - 1);
                self.inputs.len() as u32 - 1
            }
        };
        let v = self.inputs[k as usize];
        self.go(here);
        let v = self.import_value(v, 0);
        Low {
            v,
            rows: Rows::Of(vec![Root { dim, var: None }]),
            statics: Vec::new(),
        }
    }

    /// A draw with rows like those of an array; outside training its mean.
    pub(crate) fn random(&mut self, index: u32, draw: Draw, like: NodeId, ty: &Type) -> L<Low> {
        let x = self.tensor(like)?;
        let mut shape = self.b().shape(x.v);
        let rep = ty.as_rep().map_or(1, |r| self.rep_dim(r));
        if let Some(last) = shape.axes.last_mut() {
            *last = rep;
        }
        if self.mode == Mode::Run {
            let mean = match draw {
                Draw::Bernoulli(rate) => rate,
                Draw::Normal(_) => gdl_rep::Exact::ZERO,
            };
            let v = self.b().fill(shape, mean);
            return Ok(Low { v, ..x });
        }
        let name = format!("random.{index}");
        let Some(dim) = shape.dim else {
            return Err(self.unsupported("a random draw for a constant", self.model.node(like).span));
        };
        let low = self.extra_input(&name, dim, &shape.axes);
        let k = self.fields[&name] as usize;
        if !self.randoms.iter().any(|(j, _)| *j == k) {
            self.randoms.push((k, draw));
        }
        Ok(Low { v: low.v, ..x })
    }
}
