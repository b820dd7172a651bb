//! Approximate symmetries of grids, measured: an element that does not permute the cells moves a field by interpolation,
//! \[g·s\](p) = ρ(g) s(g⁻¹p), s read between cells by Keys' cubic kernel and 0 outside.
//!
//! The error |f(g·x) − g·f(x)| / |f(x)|, root mean square over a round middle part of the grid, is then that of the interpolation and
//! of the program together. It says something for fields that are smooth on the scale of a cell.

use super::numeric::{Batch, Runner, VerifyRow, flat, scene};
use super::scene::{Column, Lie, Rng, Stratum, columns, door};
use super::slots::{Slot, Values};
use crate::cert;
use crate::ir::Func;
use crate::ir::interp::Real64;
use crate::lower::reps;
use crate::typed::Model;
use crate::types::Set;
use gdl_abi::{DimDef, DimId, Instance};
use gdl_rep::{Atom, Element, Rep};

/// The smallest extent of random images.
const SIDE: u32 = 21;

/// The largest error of random elements of what constants leave of the declared group on a batch, for every output that lives on cells or on samples;
/// `None` if an input cannot be turned.
pub(crate) fn measure(
    model: &Model,
    func: &Func,
    slots: (&[Slot], &[Slot]),
    run: &mut Runner<'_>,
    batch: &Batch,
    runs: usize,
    rng: &mut Rng,
) -> Result<Option<VerifyRow>, String> {
    let (inputs, outputs) = slots;
    let group = cert::left(model).nearly;
    let instance = Instance::new(&func.domains, &batch.door)?;
    let given = scene(func, batch)?.inputs;
    let base = run(&batch.door, &batch.inputs)?;
    let mut row = VerifyRow {
        factor: group.to_string(),
        errors: func.outputs.iter().map(|n| (n.clone(), 0.0)).collect(),
        worst: String::new(),
        runs: 0,
    };
    for _ in 0..runs.max(1) {
        let draw = |_| group.include(&model.group, &group.random(&mut || rng.word()));
        let elements: Option<Vec<Element>> = (0..batch.door.samples).map(draw).collect();
        let Some(elements) = elements else { return Ok(None) };
        let turn = Turn {
            model,
            func,
            instance: &instance,
            elements,
        };
        let moved: Option<Vec<Vec<f64>>> = inputs
            .iter()
            .zip(&given)
            .map(|(slot, column)| match column {
                Column::Numbers(x) => turn.act(slot, x),
                Column::Labels(_) if turn.extents(slot.dim).is_some() => None,
                labels => Some(flat(labels)),
            })
            .collect();
        let Some(moved) = moved else { return Ok(None) };
        let after = run(&batch.door, &moved)?;
        row.runs += 1;
        for (k, slot) in outputs.iter().enumerate() {
            let (Some(x), Some(y)) = (base.get(k), after.get(k)) else {
                return Err("an output is missing".into());
            };
            let Some(want) = turn.act(slot, x) else { continue };
            let error = turn.distance(slot, y, &want);
            if error > row.errors[k].1 || error.is_nan() {
                row.errors[k].1 = error;
                row.worst = turn.elements[0].to_string();
            }
        }
    }
    Ok(Some(row))
}

/// A batch of smooth random images.
pub(crate) fn smooth_batch(model: &Model, func: &Func, inputs: &[Slot], rng: &mut Rng) -> Result<Batch, String> {
    let stratum = |side| Stratum {
        name: "smooth images",
        nodes: &[5, 4],
        knotted: false,
        bare: false,
        lie: Lie::General,
        side,
    };
    let wide = (0..SIDE as usize).filter_map(|side| door(model, func, &stratum(side), rng));
    let door = wide
        .filter(|d| d.grids.iter().all(|(_, extents)| extents.iter().all(|&n| n >= SIDE)))
        .min_by_key(|d| d.grids.iter().map(|(_, e)| e.iter().sum::<u32>()).sum::<u32>())
        .ok_or("no sizes satisfy what the signature promises")?;
    let instance = Instance::new(&func.domains, &door)?;
    let drawn = columns(&Real64, func, inputs, &instance, Lie::General, rng);
    let arrays = inputs
        .iter()
        .zip(&drawn)
        .map(|(slot, column)| match (column, slot.dim) {
            (Column::Numbers(x), Some(dim)) if !instance.extents[dim.0 as usize].is_empty() => {
                let extents = &instance.extents[dim.0 as usize];
                let cells: usize = extents.iter().map(|&n| n as usize).product();
                let width = x.len() / (cells * door.samples).max(1);
                (0..door.samples).flat_map(|_| blobs(extents, width, rng)).collect()
            }
            (column, _) => flat(column),
        });
    Ok(Batch {
        inputs: arrays.collect(),
        door,
    })
}

/// A sum of Gaussian spots near the middle, each with random components.
fn blobs(extents: &[u32], width: usize, rng: &mut Rng) -> Vec<f64> {
    const SPOTS: usize = 4;
    let radius = f64::from(*extents.iter().min().unwrap_or(&1)) / 5.0;
    let spots: Vec<(Vec<f64>, Vec<f64>)> = (0..SPOTS)
        .map(|_| {
            let at = extents.iter().map(|_| radius * (2.0 * rng.unit() - 1.0)).collect();
            (at, (0..width).map(|_| rng.normal()).collect())
        })
        .collect();
    let mut out = Vec::new();
    for cell in 0..extents.iter().product() {
        let p = centred(extents, cell);
        let mut value = vec![0.0; width];
        for (at, size) in &spots {
            let square: f64 = p.iter().zip(at).map(|(x, y)| (x - y) * (x - y)).sum();
            let here = (-square / 8.0).exp();
            value.iter_mut().zip(size).for_each(|(v, s)| *v += here * s);
        }
        out.extend(value);
    }
    out
}

/// The coordinates of a cell from the centre of its grid.
fn centred(extents: &[u32], cell: u32) -> Vec<f64> {
    let mut rest = cell;
    let mut at: Vec<f64> = extents
        .iter()
        .rev()
        .map(|&n| {
            let x = f64::from(rest % n) - f64::from(n - 1) / 2.0;
            rest /= n;
            x
        })
        .collect();
    at.reverse();
    at
}

/// One element for every sample.
struct Turn<'a> {
    model: &'a Model,
    func: &'a Func,
    instance: &'a Instance,
    elements: Vec<Element>,
}

impl Turn<'_> {
    /// The extents of the cells that a dim stands for.
    fn extents(&self, dim: Option<DimId>) -> Option<&[u32]> {
        let dim = dim?;
        matches!(
            self.func.domains.dim_def(dim),
            DimDef::Grid { .. } | DimDef::Coarse { .. }
        )
        .then(|| self.instance.extents[dim.0 as usize].as_slice())
    }

    /// The moved array; `None` where the group has no action that could be applied between cells.
    fn act(&self, slot: &Slot, x: &[f64]) -> Option<Vec<f64>> {
        let rep = match &slot.values {
            Values::Vectors(rep) => rep.clone(),
            Values::Points(d, _) => {
                let atom = Atom::vector(&self.model.group, *d).ok()?;
                Rep::atom(self.model.group.clone(), atom).ok()?
            }
            Values::Labels(n) => Rep::trivial(self.model.group.clone(), *n),
            Values::Fibre(..) | Values::Transport(_) => return None,
        };
        let dim = slot.dim?;
        let ptr = &self.instance.sample_ptr[dim.0 as usize];
        if ptr.len() != self.elements.len() + 1 {
            return None;
        }
        let rows = *ptr.last()? as usize;
        let width = x.len().checked_div(rows)?;
        let mut out = Vec::with_capacity(x.len());
        for (s, g) in self.elements.iter().enumerate() {
            let own = &x[ptr[s] as usize * width..ptr[s + 1] as usize * width];
            let table = self.entries(slot, g)?;
            let moved = match self.extents(slot.dim) {
                Some(extents) => resample(
                    extents,
                    own,
                    width,
                    &self.model.group.vector_matrix(&g.inverse(), extents.len())?,
                ),
                None => own.to_vec(),
            };
            for row in moved.chunks(width.max(1)) {
                for &entry in &table {
                    out.extend(rep.apply(g, row.get(entry * rep.dim()..(entry + 1) * rep.dim())?));
                }
            }
        }
        Some(out)
    }

    /// The old entry of the static axes for every new one.
    fn entries(&self, slot: &Slot, g: &Element) -> Option<Vec<usize>> {
        let mut table = vec![0];
        for set in &slot.sets {
            let own: Vec<usize> = match set {
                Set::Range(n) => (0..usize::try_from(n.value()?).ok()?).collect(),
                Set::Enum(names) => (0..names.len()).collect(),
                Set::Points(r) => {
                    let (_, rep) = reps::concrete(self.model, r)?;
                    let image = rep.permutation(&g.inverse())?;
                    image.iter().map(|&k| k as usize).collect()
                }
                _ => return None,
            };
            table = table
                .iter()
                .flat_map(|t| own.iter().map(|k| t * own.len() + k).collect::<Vec<_>>())
                .collect();
        }
        Some(table)
    }

    /// The root of the mean square of the difference, relative to that of `want`. Cells farther from the centre than half of the
    /// way to the border do not count: the border itself is not round.
    fn distance(&self, slot: &Slot, have: &[f64], want: &[f64]) -> f64 {
        let extents = self.extents(slot.dim);
        let cells: u32 = extents.map_or(1, |e| e.iter().product());
        let radius = extents.map_or(0.0, |e| f64::from(*e.iter().min().unwrap_or(&1)) / 4.0);
        let rows = self.instance.sample_ptr[slot.dim.map_or(0, |d| d.0 as usize)]
            .last()
            .copied()
            .unwrap_or(1);
        let width = want.len() / (rows as usize).max(1);
        let (mut error, mut size) = (0.0, 0.0);
        for (k, (x, y)) in have.iter().zip(want).enumerate() {
            let cell = (k / width.max(1)) as u32 % cells;
            let inside = extents.is_none_or(|e| centred(e, cell).iter().map(|x| x * x).sum::<f64>() <= radius * radius);
            if inside {
                error += (x - y) * (x - y);
                size += y * y;
            }
        }
        if error == 0.0 { 0.0 } else { (error / size).sqrt() }
    }
}

/// Every cell p gets the value at `back`·p.
fn resample(extents: &[u32], x: &[f64], width: usize, back: &[f64]) -> Vec<f64> {
    let d = extents.len();
    let mut out = Vec::with_capacity(x.len());
    for cell in 0..extents.iter().product() {
        let p = centred(extents, cell);
        let at: Vec<f64> = (0..d)
            .map(|i| (0..d).map(|j| back[i * d + j] * p[j]).sum::<f64>() + f64::from(extents[i] - 1) / 2.0)
            .collect();
        let mut value = vec![0.0; width];
        // 4^d neighbours.
        for corner in 0..4usize.pow(d as u32) {
            let (mut weight, mut index, mut rest) = (1.0, 0i64, corner);
            let mut inside = true;
            for (a, &n) in at.iter().zip(extents) {
                let k = a.floor() as i64 - 1 + (rest % 4) as i64;
                rest /= 4;
                weight *= keys(a - k as f64);
                inside &= (0..i64::from(n)).contains(&k);
                index = index * i64::from(n) + k;
            }
            if inside && weight != 0.0 {
                let from = &x[index as usize * width..][..width];
                value.iter_mut().zip(from).for_each(|(v, y)| *v += weight * y);
            }
        }
        out.extend(value);
    }
    out
}

/// Keys' cubic convolution kernel with a = −1/2.
fn keys(t: f64) -> f64 {
    let t = t.abs();
    if t < 1.0 {
        (1.5 * t - 2.5) * t * t + 1.0
    } else if t < 2.0 {
        ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    } else {
        0.0
    }
}
