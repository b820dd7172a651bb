//! Linear maps and kernels as coordinates in a basis, and their application.

use super::frame::{Low, Rows};
use super::reps::{Opened, Part, PartBasis};
use super::{L, Lowered1, Lowerer};
use crate::ir::{Shape, Value};
use crate::typed::{NodeId, VarId};
use gdl_abi::DimId;
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A fixed map or kernel: for every part, coordinates `[statics…, copies…, target copies, source copies, basis elements]`.
#[derive(Clone)]
pub(crate) struct MapLow {
    pub open: Rc<Opened>,
    pub coords: Vec<Value>,
    pub rows: Rows,
    pub statics: Vec<VarId>,
    /// Free copies not read yet.
    pub copies: Vec<u32>,
    pub orbit: Orbit,
}

/// At which point of its orbit a kernel is taken.
#[derive(Clone)]
pub(crate) enum Orbit {
    /// Not said yet (or there is none).
    Unread,
    /// At every point of a window.
    Window(VarId),
    /// At a direction or point, given by its harmonics `[rows, statics…, harmonics]` and functions of |x| `[rows, statics…, rings]`.
    Direction { harmonics: Low, rings: Option<Low> },
}

/// Labels: statics, then the named axes of one contraction.
struct Labels {
    statics: Vec<VarId>,
}

impl Labels {
    fn of(&self, list: &[VarId]) -> Vec<u8> {
        list.iter()
            .map(|v| b'A' + self.statics.iter().position(|s| s == v).unwrap_or(0) as u8)
            .collect()
    }
    fn with(&self, list: &[VarId], tail: &[u8]) -> Vec<u8> {
        let mut out = self.of(list);
        out.extend(tail);
        out
    }
}

impl Lowerer<'_> {
    /// The map at copy `v`, a static variable.
    pub(crate) fn map_at(&self, mut m: MapLow, v: VarId) -> MapLow {
        if m.copies.is_empty() {
            m.orbit = Orbit::Window(v);
        } else {
            m.copies.remove(0);
            m.statics.push(v);
        }
        m
    }

    /// The map at copy number k.
    pub(crate) fn map_pick(&mut self, mut m: MapLow, k: u32) -> MapLow {
        let axis = m.statics.len() as u32;
        let mut coords = Vec::new();
        for c in &m.coords {
            let s = self.b().slice(*c, axis, k, 1);
            let mut axes = self.b().axes(s).to_vec();
            axes.remove(axis as usize);
            coords.push(self.b().reshape(s, &axes));
        }
        m.copies.remove(0);
        m.coords = coords;
        m
    }

    /// The map chosen by a one-hot index.
    pub(crate) fn map_lookup(&mut self, mut m: MapLow, index: &Low, span: Span) -> L<MapLow> {
        let mut coords = Vec::new();
        let mut out = None;
        for c in &m.coords {
            let low = Low {
                v: *c,
                rows: m.rows.clone(),
                statics: m.statics.clone(),
            };
            let r = self.select_by(&low, index, span)?;
            coords.push(r.v);
            out = Some(r);
        }
        if let Some(r) = out {
            m.rows = r.rows;
            m.statics = r.statics;
        }
        m.copies.remove(0);
        m.coords = coords;
        Ok(m)
    }

    /// `map(x)`.
    pub(crate) fn apply(&mut self, m: &MapLow, x: &Low, span: Span) -> L<Low> {
        let probe = Low {
            v: x.v,
            rows: m.rows.clone(),
            statics: m.statics.clone(),
        };
        let mut lows: Vec<&Low> = vec![x, &probe];
        if let Orbit::Direction { harmonics, .. } = &m.orbit {
            lows.push(harmonics);
        }
        let rows = self.join(&lows, &BTreeSet::new());
        let mut statics = self.join_statics(&lows);
        if let Orbit::Window(o) = m.orbit
            && !statics.contains(&o)
        {
            statics.push(o);
        }
        let labels = Labels {
            statics: statics.clone(),
        };
        let dim = self.dim_of(&rows);
        let xv = self.coerce_rows(x, &rows, span)?;
        let mut pieces = Vec::new();
        for (part, c) in m.open.parts.iter().zip(&m.coords) {
            let coords = Low {
                v: *c,
                rows: m.rows.clone(),
                statics: m.statics.clone(),
            };
            let xs = self.source_block(xv, x.statics.len(), part);
            let y = self.apply_part(m, part, &coords, xs, &x.statics, &labels, &rows, span)?;
            let lead: Vec<u32> = statics.iter().map(|s| self.static_size(*s)).collect();
            let y = self.b().along(y, dim);
            let flat = [lead.as_slice(), &[part.out_mult * part.out_dim]].concat();
            pieces.push((part.out_at, self.b().reshape(y, &flat)));
        }
        let lead: Vec<u32> = statics.iter().map(|s| self.static_size(*s)).collect();
        let v = self.assemble(pieces, m.open.out_dim, &lead, &rows);
        Ok(Low { v, rows, statics })
    }

    /// The source block of a part: `[rows, statics…, copies, components]`.
    fn source_block(&mut self, x: Value, statics: usize, part: &Part) -> Value {
        let axis = statics as u32;
        let s = self.b().slice(x, axis, part.in_at, part.in_mult * part.in_dim);
        let mut axes = self.b().axes(s)[..statics].to_vec();
        axes.extend([part.in_mult, part.in_dim]);
        self.b().reshape(s, &axes)
    }

    /// One pair of blocks: `[rows, statics…, target copies, components]`.
    #[allow(clippy::too_many_arguments)]
    fn apply_part(
        &mut self,
        m: &MapLow,
        part: &Part,
        coords: &Low,
        xs: Value,
        x_statics: &[VarId],
        labels: &Labels,
        rows: &Rows,
        span: Span,
    ) -> L<Value> {
        let dim = self.dim_of(rows);
        let out = labels.with(&labels.statics, b"my");
        let out_on = |used: &[&[VarId]]| -> (Vec<VarId>, Vec<u8>) {
            let list: Vec<VarId> = labels
                .statics
                .iter()
                .copied()
                .filter(|s| used.iter().any(|u| u.contains(s)))
                .collect();
            let l = labels.of(&list);
            (list, l)
        };
        let cv = self.coerce_rows(coords, rows_of_coords(coords, rows), span)?;
        match &m.orbit {
            Orbit::Direction { harmonics: d, rings } => {
                let (_, dl) = out_on(&[&d.statics]);
                let basis = self.basis(part);
                let dv = self.coerce_rows(d, rows, span)?;
                let hb = self.b().contract_labels(
                    basis,
                    dv,
                    b"cyxh",
                    &labels.with(&d.statics, b"h"),
                    &[dl.as_slice(), b"cyx"].concat(),
                    dim,
                );
                let (_, tl) = out_on(&[&d.statics, x_statics]);
                let t = self.b().contract_labels(
                    hb,
                    xs,
                    &[dl.as_slice(), b"cyx"].concat(),
                    &labels.with(x_statics, b"nx"),
                    &[tl.as_slice(), b"ncy"].concat(),
                    dim,
                );
                let mut cr = self.coerce_rows(coords, rows, span)?;
                let mut cl = labels.of(&coords.statics);
                if let Some(rings) = rings {
                    // One coordinate a ring: weigh them by the functions of |x| first.
                    let mut axes = self.b().axes(cr).to_vec();
                    let count = axes.pop().unwrap_or(0);
                    axes.extend([count / m.open.rings, m.open.rings]);
                    let split = self.b().reshape(cr, &axes);
                    let rv = self.coerce_rows(rings, rows, span)?;
                    let (_, both) = out_on(&[&coords.statics, &rings.statics]);
                    cr = self.b().contract_labels(
                        split,
                        rv,
                        &labels.with(&coords.statics, b"mncr"),
                        &labels.with(&rings.statics, b"r"),
                        &[both.as_slice(), b"mnc"].concat(),
                        dim,
                    );
                    cl = both;
                }
                Ok(self.b().contract_labels(
                    cr,
                    t,
                    &[cl.as_slice(), b"mnc"].concat(),
                    &[tl.as_slice(), b"ncy"].concat(),
                    &out,
                    dim,
                ))
            }
            Orbit::Window(o) => {
                let own = labels.of(&[*o]);
                let wl = [labels.of(&coords.statics).as_slice(), &own, b"mynx"].concat();
                let w = self.on_window(part, cv, &labels.of(&coords.statics), &own, &wl);
                Ok(self
                    .b()
                    .contract_labels(w, xs, &wl, &labels.with(x_statics, b"nx"), &out, dim))
            }
            Orbit::Unread if is_identity(part) => {
                let axes = self.b().axes(cv).to_vec();
                let c = self.b().reshape(cv, &axes[..axes.len() - 1]);
                Ok(self.b().contract_labels(
                    c,
                    xs,
                    &labels.with(&coords.statics, b"mn"),
                    &labels.with(x_statics, b"ny"),
                    &out,
                    dim,
                ))
            }
            Orbit::Unread if coords.rows == Rows::Const => {
                let basis = self.basis(part);
                let wl = labels.with(&coords.statics, b"mynx");
                let w = self
                    .b()
                    .contract_labels(cv, basis, &labels.with(&coords.statics, b"mnc"), b"cyx", &wl, None);
                Ok(self
                    .b()
                    .contract_labels(w, xs, &wl, &labels.with(x_statics, b"nx"), &out, dim))
            }
            Orbit::Unread => {
                let basis = self.basis(part);
                let t = self.b().contract_labels(
                    basis,
                    xs,
                    b"cyx",
                    &labels.with(x_statics, b"nx"),
                    &labels.with(x_statics, b"ncy"),
                    dim,
                );
                let cr = self.coerce_rows(coords, rows, span)?;
                Ok(self.b().contract_labels(
                    cr,
                    t,
                    &labels.with(&coords.statics, b"mnc"),
                    &labels.with(x_statics, b"ncy"),
                    &out,
                    dim,
                ))
            }
        }
    }

    fn basis(&mut self, part: &Part) -> Value {
        match &part.basis {
            PartBasis::Tensors(basis) => self.b().constant(&basis.shape, basis.data.clone()),
            PartBasis::Sampled(basis) => {
                let dense = basis.dense();
                self.b().constant(&dense.shape, dense.data)
            }
        }
    }

    /// A kernel at every point `w` of its window: coordinates with labels `lead`mnc give values with labels `to`, made of `lead`, w, m, n, y, x.
    pub(crate) fn on_window(&mut self, part: &Part, coords: Value, lead: &[u8], w: &[u8], to: &[u8]) -> Value {
        let dim = self.b().dim(coords);
        let from = [lead, b"mnc"].concat();
        let PartBasis::Sampled(sampled) = &part.basis else {
            let basis = self.basis(part);
            return self
                .b()
                .contract_labels(coords, basis, &from, &[b"c", w, b"yx"].concat(), to, dim);
        };
        let last = lead.len() as u32 + 2;
        let mut at = 0;
        let mut total = None;
        for piece in &sampled.pieces {
            let k = piece.basis.len() as u32;
            let own = self.b().slice(coords, last, at, k * piece.rings);
            at += k * piece.rings;
            let mut axes = self.b().axes(own)[..last as usize].to_vec();
            axes.extend([k, piece.rings]);
            let own = self.b().reshape(own, &axes);
            let basis = self.b().constant(&piece.basis.shape, piece.basis.data.clone());
            let over = [lead, b"mnryxh"].concat();
            let mixed = self
                .b()
                .contract_labels(own, basis, &[lead, b"mncr"].concat(), b"cyxh", &over, dim);
            let shape = [piece.rings, piece.basis.shape[3], sampled.points];
            let samples = self.b().constant(&shape, piece.samples.clone());
            let value = self
                .b()
                .contract_labels(mixed, samples, &over, &[b"rh", w].concat(), to, dim);
            total = Some(match total {
                Some(sum) => self.b().add(sum, value),
                None => value,
            });
        }
        // A part has at least one element, so at least one piece.
        total.unwrap_or(coords)
    }

    /// A map written out: components `[target][source]`.
    pub(crate) fn map_as_tensor(&mut self, m: &MapLow, span: Span) -> L<Low> {
        if !m.copies.is_empty() || matches!(m.orbit, Orbit::Direction { .. }) || m.open.orbit.is_some() {
            return Err(self.unsupported("a kernel is not a vector; apply it first", span));
        }
        let n = m.open.in_dim.unwrap_or(1);
        let mut total: Option<Value> = None;
        let dim = self.dim_of(&m.rows);
        let k = m.statics.len();
        let lead: Vec<u32> = m.statics.iter().map(|s| self.static_size(*s)).collect();
        for (part, c) in m.open.parts.iter().zip(&m.coords) {
            let basis = self.basis(part);
            let l: Vec<u8> = (0..k as u8).map(|i| b'A' + i).collect();
            let w = self.b().contract_labels(
                *c,
                basis,
                &[l.as_slice(), b"mnc"].concat(),
                b"cyx",
                &[l.as_slice(), b"mynx"].concat(),
                dim,
            );
            let w = self.b().reshape(
                w,
                &[
                    lead.as_slice(),
                    &[part.out_mult * part.out_dim, part.in_mult * part.in_dim],
                ]
                .concat(),
            );
            let w = self.pad(w, k as u32 + 1, part.in_at, n);
            let w = self.pad(w, k as u32, part.out_at, m.open.out_dim);
            total = Some(match total {
                Some(t) => self.b().add(t, w),
                None => w,
            });
        }
        let v = match total {
            Some(t) => t,
            None => self.b().int(
                Shape {
                    dim,
                    axes: [lead.as_slice(), &[m.open.out_dim, n]].concat(),
                },
                0,
            ),
        };
        let v = self.b().reshape(v, &[lead.as_slice(), &[m.open.out_dim * n]].concat());
        Ok(Low {
            v,
            rows: m.rows.clone(),
            statics: m.statics.clone(),
        })
    }

    /// Zeros before and after along an axis.
    pub(crate) fn pad(&mut self, x: Value, axis: u32, at: u32, total: u32) -> Value {
        let shape = self.b().shape(x);
        let n = shape.axes[axis as usize];
        let mut parts = Vec::new();
        for (before, len) in [(true, at), (false, total - at - n)] {
            if !before {
                parts.push(x);
            }
            if len > 0 {
                let mut s = shape.clone();
                s.axes[axis as usize] = len;
                parts.push(self.b().int(s, 0));
            }
        }
        self.b().concat(&parts, axis)
    }

    /// Scalars as coordinates of a fixed element.
    pub(crate) fn from_scalars(&mut self, x: &Low, space: &crate::types::Space, span: Span) -> L<Lowered1> {
        let open = match super::reps::open(self.model, space) {
            Ok(o) => Rc::new(o),
            Err(why) => return Err(self.unsupported(&why, span)),
        };
        let k = x.statics.len();
        let copies: u32 = open.copies.iter().product();
        let lead = self.b().axes(x.v)[..k].to_vec();
        let all = self
            .b()
            .reshape(x.v, &[lead.as_slice(), &[copies, open.coords() as u32]].concat());
        let mut at = 0;
        let mut coords = Vec::new();
        for part in &open.parts {
            let n = part.out_mult * part.in_mult * part.count;
            let s = self.b().slice(all, k as u32 + 1, at, n);
            at += n;
            let axes = [
                lead.as_slice(),
                &open.copies,
                &[part.out_mult, part.in_mult, part.count],
            ]
            .concat();
            coords.push(self.b().reshape(s, &axes));
        }
        self.open_space(open, coords, x.rows.clone(), x.statics.clone())
    }

    /// Vectors of a gauge representation moved along edges: rotated by the angle (cos φ, sin φ).
    pub(crate) fn transport(&mut self, x: &Low, angle: &Low, rep: &crate::types::Rep, id: NodeId) -> L<Low> {
        let span = self.model.node(id).span;
        let Some((group, known)) = super::reps::concrete(self.model, rep) else {
            return Err(self.unsupported("unknown representation", span));
        };
        let rows = self.join(&[x, angle], &BTreeSet::new());
        let xv = self.coerce_rows(x, &rows, span)?;
        let dim: Option<DimId> = self.dim_of(&rows);
        let k = x.statics.len() as u32;
        let lead: Vec<u8> = (0..k as u8).map(|i| b'A' + i).collect();
        let lead_sizes = self.b().axes(x.v)[..k as usize].to_vec();
        let mut at = 0;
        let mut parts = Vec::new();
        for (n, atom) in &known.blocks {
            let d = atom.dim(&group) as u32;
            let block = self.b().slice(xv, k, at, n * d);
            at += n * d;
            if *atom == gdl_rep::Atom::Trivial {
                parts.push(block);
                continue;
            }
            let turn = gdl_rep::Elem::Circle {
                flip: false,
                cos: gdl_rep::scalar::Trig::cos(),
                sin: gdl_rep::scalar::Trig::sin(),
            };
            let Some(matrix) = atom.matrix(&group, &turn) else {
                return Err(self.unsupported("not a representation of the gauge", span));
            };
            let h = matrix.iter().map(|t| 2 * t.degree() as u32 + 1).max().unwrap_or(1);
            let data: Vec<Exact> = matrix
                .iter()
                .flat_map(|t| (0..h as usize).map(|j| t.coefficient(j)).collect::<Vec<_>>())
                .collect();
            let table = self.b().constant(&[d, d, h], data);
            let harmonics = self.circle_harmonics(angle, h);
            let hv = self.coerce_rows(&harmonics, &rows, span)?;
            let rot = self.b().contract_labels(table, hv, b"yxh", b"h", b"yx", dim);
            let block = self.b().reshape(block, &[lead_sizes.as_slice(), &[*n, d]].concat());
            let moved = self.b().contract_labels(
                rot,
                block,
                b"yx",
                &[lead.as_slice(), b"nx"].concat(),
                &[lead.as_slice(), b"ny"].concat(),
                dim,
            );
            parts.push(self.b().reshape(moved, &[lead_sizes.as_slice(), &[n * d]].concat()));
        }
        Ok(Low {
            v: self.b().concat(&parts, k),
            rows,
            statics: x.statics.clone(),
        })
    }
}

/// Constants stay constants; coordinates with rows are brought to the common rows.
fn rows_of_coords<'a>(coords: &'a Low, rows: &'a Rows) -> &'a Rows {
    if coords.rows == Rows::Const { &coords.rows } else { rows }
}

/// Whether the basis of a part is the identity alone.
fn is_identity(part: &Part) -> bool {
    let PartBasis::Tensors(basis) = &part.basis else {
        return false;
    };
    let d = part.out_dim as usize;
    part.count == 1
        && part.out_dim == part.in_dim
        && basis.data.len() == d * d
        && basis
            .data
            .iter()
            .enumerate()
            .all(|(k, x)| *x == Exact::int(i64::from(k / d == k % d)))
}
