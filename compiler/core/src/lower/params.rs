//! Parameters: one array for every pair of blocks with intertwiners, and how each starts.

use super::frame::{Low, Rows};
use super::maps::{MapLow, Orbit};
use super::reps::{self, Opened, Part};
use super::{L, Lowered1, Lowerer, Mode, e3nn};
use crate::diag::Diagnostic;
use crate::ir::Value;
use crate::typed::{Init, Model, Param, ParamId};
use gdl_abi::{ArrayDecl, Dtype, Layout, Stored};
use std::rc::Rc;

/// A parameter array of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamInfo {
    /// Its checkpoint name.
    pub name: String,
    /// Its axes: free copies, target copies, source copies (for maps), basis elements (if more than one).
    pub axes: Vec<u32>,
    /// How it starts.
    pub init: SpaceInit,
    /// `as "…"`, `in e3nn`: where it stands in files of another library.
    pub external: Option<Stored>,
    /// A hash of the basis its numbers refer to.
    pub basis_hash: u64,
}

/// Initial values with all scaling done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpaceInit {
    /// This number everywhere.
    Constant(f64),
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform in ±.
    Uniform(f64),
}

impl ParamInfo {
    /// Its declaration.
    pub fn decl(&self) -> ArrayDecl {
        ArrayDecl {
            name: self.name.clone(),
            dim: None,
            axes: self.axes.clone(),
            dtype: Dtype::Real,
        }
    }
}

/// A parameter's space taken apart, shared by all uses.
fn opened(l: &Lowerer<'_>, p: &Param) -> L<Opened> {
    reps::open(l.model, &p.space).map_err(|why| {
        Box::new(Diagnostic::error(
            "GDL0114",
            "this space has no finite basis of fixed elements",
            p.span,
            why,
        ))
    })
}

/// Where the parts of a parameter stand in files of another library. Without `in`, several parts are called `name.0`, `name.1`, ….
fn stored(model: &Model, p: &Param, open: &Opened) -> L<Vec<Option<Stored>>> {
    let Some(name) = &p.external else {
        return Ok(Vec::new());
    };
    if !p.in_e3nn {
        let tensor = |k: usize| match open.parts.len() {
            1 => name.clone(),
            _ => format!("{name}.{k}"),
        };
        let part = |k: usize| {
            Some(Stored {
                tensor: tensor(k),
                layout: None,
            })
        };
        return Ok((0..open.parts.len()).map(part).collect());
    }
    let (len, parts) = e3nn::layout(model, &p.space, open).map_err(|why| {
        Box::new(
            Diagnostic::error("GDL0152", "this parameter has no form in e3nn", p.span, why)
                .help("Leave `in e3nn` out; the tensor then holds coordinates in the basis of `hom`."),
        )
    })?;
    let part = |entries| {
        Some(Stored {
            tensor: name.clone(),
            layout: Some(Layout { len, entries }),
        })
    };
    Ok(parts.into_iter().map(part).collect())
}

impl Lowerer<'_> {
    /// Declares all parameters, learned ones first.
    pub(crate) fn declare_params(&mut self) -> L<()> {
        for p in &self.model.params.clone() {
            let open = opened(self, p)?;
            self.param_at.push(self.params.len());
            let mut stored = stored(self.model, p, &open)?;
            for (k, part) in open.parts.iter().enumerate() {
                let name = if open.parts.len() == 1 {
                    p.name.clone()
                } else {
                    format!("{}.{k}", p.name)
                };
                let mut axes = open.copies.clone();
                axes.extend(part_axes(part, open.in_dim.is_some()));
                let info = ParamInfo {
                    name,
                    axes,
                    init: initial(&p.init, &open, part),
                    external: stored.get_mut(k).and_then(Option::take),
                    basis_hash: part.basis.fingerprint(),
                };
                let v = self.b().param(&info.name, &info.axes);
                self.param_values.push(v);
                self.params.push(info);
            }
        }
        self.stat_base = self.params.len();
        for s in &self.model.stats.clone() {
            let open = opened(self, &s.param)?;
            let mut axes = open.copies.clone();
            axes.push(open.out_dim);
            let v = self.b().param(&s.param.name, &axes);
            self.param_values.push(v);
            self.params.push(ParamInfo {
                name: s.param.name.clone(),
                axes,
                init: SpaceInit::Constant(1.0),
                external: None,
                basis_hash: 0,
            });
        }
        Ok(())
    }

    /// A parameter: an array, or the coordinates of a map.
    pub(crate) fn param(&mut self, id: ParamId) -> L<Lowered1> {
        let p = self.model.params[id.0 as usize].clone();
        let open = Rc::new(opened(self, &p)?);
        let first = self.param_at[id.0 as usize];
        let mut coords = Vec::new();
        for (k, part) in open.parts.iter().enumerate() {
            let v = self.param_values[first + k];
            let mut axes = open.copies.clone();
            axes.extend([part.out_mult, part.in_mult, part.count]);
            coords.push(self.b().reshape(v, &axes));
        }
        let rows = Rows::Const;
        self.open_space(open, coords, rows, Vec::new())
    }

    /// Coordinates as what they are coordinates of.
    pub(crate) fn open_space(
        &mut self,
        open: Rc<Opened>,
        coords: Vec<Value>,
        rows: Rows,
        statics: Vec<crate::typed::VarId>,
    ) -> L<Lowered1> {
        if open.in_dim.is_some()
            || matches!(
                open.orbit,
                Some(crate::types::Set::Harmonic(_) | crate::types::Set::Circle(_))
            )
        {
            let copies = open.copies.clone();
            return Ok(Lowered1::Map(MapLow {
                open,
                coords,
                rows,
                statics,
                copies,
                orbit: Orbit::Unread,
            }));
        }
        // Vectors: sum over basis elements, blocks in order.
        let lead = statics.len() + open.copies.len();
        let windowed = open.orbit.is_some();
        let mut pieces: Vec<(u32, Value)> = Vec::new();
        for (part, c) in open.parts.iter().zip(coords) {
            let first: Vec<u8> = (0..lead as u8).map(|k| b'A' + k).collect();
            let own: &[u8] = if windowed { b"w" } else { b"" };
            let letters = [first.as_slice(), own, b"my"].concat();
            // Vectors are maps from one copy of one number.
            let to = [letters.as_slice(), b"nx"].concat();
            let v = self.on_window(part, c, &first, own, &to);
            let mut flat = self.b().axes(v)[..letters.len() - 2].to_vec();
            flat.push(part.out_mult * part.out_dim);
            let v = self.b().reshape(v, &flat);
            pieces.push((part.out_at, v));
        }
        let mut shape: Vec<u32> = statics.iter().map(|s| self.static_size(*s)).collect();
        shape.extend(&open.copies);
        if windowed {
            shape.push(open.orbit_len);
        }
        let v = self.assemble(pieces, open.out_dim, &shape, &rows);
        Ok(Lowered1::Tensor(Low { v, rows, statics }))
    }

    /// Blocks put at their places along the last axis; several at one place are added, gaps are zero.
    pub(crate) fn assemble(&mut self, pieces: Vec<(u32, Value)>, total: u32, lead: &[u32], rows: &Rows) -> Value {
        let dim = self.dim_of(rows);
        let mut merged: Vec<(u32, Value)> = Vec::new();
        for (at, v) in pieces {
            match merged.iter_mut().find(|(a, _)| *a == at) {
                Some((_, w)) => {
                    let sum = self.levels[self.cur].b.add(*w, v);
                    *w = sum;
                }
                None => merged.push((at, v)),
            }
        }
        merged.sort_by_key(|(at, _)| *at);
        let axis = lead.len() as u32;
        let mut parts = Vec::new();
        let mut at = 0;
        let zero = |l: &mut Self, n: u32| {
            let mut axes = lead.to_vec();
            axes.push(n);
            l.b().int(crate::ir::Shape { dim, axes }, 0)
        };
        for (start, v) in merged {
            if start > at {
                parts.push(zero(self, start - at));
            }
            let v = self.b().along(v, dim);
            at = start + self.b().axes(v)[axis as usize];
            parts.push(v);
        }
        if at < total || parts.is_empty() {
            parts.push(zero(self, total - at));
        }
        self.b().concat(&parts, axis)
    }

    /// A statistic: while training the batch mean, otherwise the stored value.
    pub(crate) fn stat(&mut self, stat: ParamId, value: crate::typed::NodeId) -> L<Low> {
        let decl = self.model.stats[stat.0 as usize].clone();
        let at = self.stat_base + stat.0 as usize;
        if self.mode == Mode::Train && !decl.over_data {
            let x = self.tensor(value)?;
            let v = self.batch_mean(&x, decl.param.span)?;
            if !self.stat_values.iter().any(|(s, _)| *s == stat) {
                let kept = self.b().detach(v);
                self.stat_values.push((stat, kept));
            }
            return Ok(Low {
                v,
                rows: Rows::Const,
                statics: x.statics,
            });
        }
        let v = self.import_value(self.param_values[at], 0);
        Ok(Low {
            v,
            rows: Rows::Const,
            statics: Vec::new(),
        })
    }
}

/// Target copies, source copies, basis elements; ones left out where nothing is lost.
fn part_axes(part: &Part, is_map: bool) -> Vec<u32> {
    let mut axes = vec![part.out_mult];
    if is_map {
        axes.push(part.in_mult);
    }
    if part.count > 1 {
        axes.push(part.count);
    }
    axes
}

/// The scale at which every target component has the variance of a source component (times 2 for He): σ² = gain / Σ |basis|² / dim,
/// summed over the source copies and basis elements that reach it.
fn initial(init: &Init, open: &Opened, part: &Part) -> SpaceInit {
    let reach: f64 = open
        .parts
        .iter()
        .filter(|p| p.out_at == part.out_at)
        .map(|p| f64::from(p.in_mult) * p.basis.square_norm() / f64::from(p.out_dim))
        .sum();
    let fan_out = f64::from(part.out_mult) * part.basis.square_norm() / f64::from(part.in_dim);
    let sd = |gain: f64| SpaceInit::Normal((gain / reach.max(1e-12)).sqrt());
    match init {
        Init::Default if open.in_dim.is_none() => SpaceInit::Constant(0.0),
        Init::Default => sd(1.0),
        Init::He => sd(2.0),
        Init::Glorot => SpaceInit::Uniform((6.0 / (reach + fan_out).max(1e-12)).sqrt()),
        Init::Normal(s) => SpaceInit::Normal(*s),
        Init::Uniform(a) => SpaceInit::Uniform(*a),
        Init::Constant(c) => SpaceInit::Constant(*c),
    }
}
