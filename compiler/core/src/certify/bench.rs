//! Runs a program on a scene and on a moved scene, and compares.

use super::moves::{Acting, Move, moved};
use super::scene::{Column, Draw, Scene, plain};
use super::slots::Slot;
use crate::ir::Func;
use crate::ir::interp;
use crate::typed::Model;
use gdl_abi::{DimId, DoorSizes, Instance};

/// A program with everything that stays the same over the moves of one scene.
pub(crate) struct Bench<'a, A: Draw> {
    pub alg: &'a A,
    pub model: &'a Model,
    pub func: &'a Func,
    pub inputs: &'a [Slot],
    pub outputs: &'a [Slot],
    pub params: Vec<Vec<A::S>>,
}

/// Where two ways round the square differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mismatch {
    /// The output.
    pub output: usize,
    /// The moved inputs, for looking further.
    pub row: usize,
}

impl<A: Draw> Bench<'_, A> {
    fn arrays(&self, inputs: &[Column<A::S>]) -> Result<Vec<Vec<A::S>>, String> {
        self.func
            .inputs
            .iter()
            .zip(inputs)
            .map(|(decl, c)| plain(self.alg, decl, c))
            .collect()
    }

    /// The outputs on a scene.
    pub fn run(&self, instance: &Instance, inputs: &[Column<A::S>]) -> Result<Vec<Vec<A::S>>, String> {
        interp::run(self.alg, self.func, instance, &self.arrays(inputs)?, &self.params)
    }

    /// The values of all nodes on a scene.
    pub fn run_all(&self, instance: &Instance, inputs: &[Column<A::S>]) -> Result<Vec<Vec<A::S>>, String> {
        interp::run_all(self.alg, self.func, instance, &self.arrays(inputs)?, &self.params)
    }

    /// Whether the program commutes with a move.
    pub fn check(
        &self,
        scene: &Scene<A::S>,
        instance: &Instance,
        base: &[Vec<A::S>],
        by: &Move<A::S>,
    ) -> Result<Option<Mismatch>, String> {
        let acting = Acting::new(self.alg, self.model, &self.func.domains, &scene.door, instance, by)?;
        let inputs = moved(&acting, self.inputs, scene)?;
        let after = self.run(&acting.new, &inputs)?;
        for (k, slot) in self.outputs.iter().enumerate() {
            let want = acting.act(slot, &base[k])?;
            let rows = acting.from(slot.dim).len();
            if let Some(row) = differ(self.alg, &after[k], &want, rows) {
                return Ok(Some(Mismatch { output: k, row }));
            }
        }
        Ok(None)
    }

    /// Whether every sample of a batch gives what it gives alone. Numbers of the whole batch say nothing about that.
    pub fn check_alone(
        &self,
        scene: &Scene<A::S>,
        instance: &Instance,
        base: &[Vec<A::S>],
    ) -> Result<Option<Mismatch>, String> {
        if self.outputs.iter().all(|slot| slot.dim.is_none()) {
            return Ok(None);
        }
        for s in 0..scene.door.samples {
            let door = alone(&scene.door, s);
            let single = Instance::new(&self.func.domains, &door)?;
            let part = |dim: Option<DimId>, len: usize| rows_of(instance, dim, s, len);
            let mut inputs = Vec::new();
            for (slot, column) in self.inputs.iter().zip(&scene.inputs) {
                inputs.push(match column {
                    Column::Numbers(x) => Column::Numbers(x[part(slot.dim, x.len())].to_vec()),
                    Column::Labels(x) => Column::Labels(x[part(slot.dim, x.len())].to_vec()),
                });
            }
            let after = self.run(&single, &inputs)?;
            for (k, slot) in self.outputs.iter().enumerate() {
                let want = &base[k][part(slot.dim, base[k].len())];
                let rows = slot.dim.map_or(1, |d| single.rows[d.0 as usize]);
                if let Some(row) = differ(self.alg, &after[k], want, rows) {
                    return Ok(Some(Mismatch { output: k, row }));
                }
            }
        }
        Ok(None)
    }

    /// Whether all outputs are undefined everywhere (and there is something to be undefined).
    pub fn undefined(&self, values: &[Vec<A::S>]) -> bool {
        let mut any = false;
        for &x in values.iter().flatten() {
            if !self.alg.is_poison(x) {
                return false;
            }
            any = true;
        }
        any
    }
}

/// The entries of an array that belong to one sample.
fn rows_of(instance: &Instance, dim: Option<DimId>, sample: usize, len: usize) -> std::ops::Range<usize> {
    let Some(d) = dim else { return 0..len };
    let ptr = &instance.sample_ptr[d.0 as usize];
    let width = len.checked_div(instance.rows[d.0 as usize]).unwrap_or(0);
    ptr[sample] as usize * width..ptr[sample + 1] as usize * width
}

/// The first row in which two arrays differ. Rows with an undefined entry are equal to each other.
pub(crate) fn differ<A: Draw>(alg: &A, a: &[A::S], b: &[A::S], rows: usize) -> Option<usize> {
    if a.len() != b.len() {
        return Some(0);
    }
    let width = a.len().checked_div(rows).unwrap_or(0).max(1);
    let undefined = |x: &[A::S]| x.iter().any(|&v| alg.is_poison(v));
    a.chunks(width)
        .zip(b.chunks(width))
        .position(|(x, y)| x != y && !(undefined(x) && undefined(y)))
}

/// Sizes and maps of one sample of a batch.
fn alone(door: &DoorSizes, sample: usize) -> DoorSizes {
    let mut out = DoorSizes {
        samples: 1,
        grids: door.grids.clone(),
        ..DoorSizes::default()
    };
    let range = |name: &str| {
        let ptr = door.ragged.iter().find(|(n, _)| n == name).map(|(_, p)| p);
        ptr.map_or((0, 0), |p| (p[sample], p[sample + 1]))
    };
    for (name, _) in &door.ragged {
        let (from, to) = range(name);
        out.ragged.push((name.clone(), vec![0, to - from]));
    }
    for (name, index) in &door.maps {
        let owner = name.rsplit_once('.').map_or("", |(o, _)| o);
        let (first, _) = range(owner);
        let (from, to) = range(&format!("{owner}.edges"));
        out.maps.push((
            name.clone(),
            index[from as usize..to as usize].iter().map(|k| k - first).collect(),
        ));
    }
    out
}
