//! Statements against literal data: compiled and run.
//!
//! [`Compiled::new`] takes what [`gdl_core::check::elaborate`] made of statements, [`Compiled::outputs`] the numbers it computes.

use super::backend::Engine;
use super::programs;
use crate::Failure;
use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance};
use gdl_core::diag::Diagnostic;
use gdl_core::lower::{self, Lowered, Mode};
use gdl_core::scene::{Draw, Elements, Given, Place, Run};
use gdl_core::types::DomainKind;
use gdl_host::params::Params;
use gdl_host::rng::Rng;
use gdl_runtime::domain::{self, Cell, Edges, Mesh};
use gdl_runtime::{Array, Program};

/// Statements as a compiled program with its data.
pub struct Compiled<'r> {
    run: &'r Run,
    lowered: Lowered,
    program: Box<dyn Program>,
    instance: Instance,
    /// What the domains bring along, by the names of inputs.
    fields: Vec<(String, Vec<f64>)>,
}

impl<'r> Compiled<'r> {
    /// Lowers and compiles statements.
    ///
    /// # Errors
    /// The diagnostic of what has no lowering; or why it cannot be compiled, or why a domain has no edges or frames.
    pub fn new(run: &'r Run, engine: &Engine) -> Result<Compiled<'r>, Trouble> {
        let lowered = lower::lower(&run.model, &run.model.outputs, Mode::Run)?;
        let program = engine.load(&lowered.func)?;
        let mut door = DoorSizes {
            samples: 1,
            ..DoorSizes::default()
        };
        let mut fields = Vec::new();
        for place in &run.places {
            supply(place, &mut door, &mut fields).map_err(Failure::error)?;
        }
        let instance = Instance::new(&lowered.func.domains, &door).map_err(Failure::error)?;
        Ok(Compiled {
            run,
            lowered,
            program,
            instance,
            fields,
        })
    }

    /// Whether anything is drawn, so that another seed gives another result for the same weights.
    pub fn is_random(&self) -> bool {
        self.run.inputs.iter().any(|g| matches!(g, Given::Drawn(_)))
    }

    /// The outputs in order; `seed` is that of weights and draws.
    ///
    /// # Errors
    /// If the program refuses its arguments.
    pub fn outputs(&self, seed: u64) -> Result<Vec<Vec<f64>>, Failure> {
        let signature = self.program.signature();
        let double = self.program.is_f64();
        let params = Params::init(signature, &programs::specs(&self.lowered.params), seed, double)?;
        let inputs = signature
            .inputs
            .iter()
            .enumerate()
            .map(|(k, decl)| self.input(k, decl, seed, double))
            .collect::<Result<Vec<Array>, Failure>>()?;
        let inputs: Vec<&Array> = inputs.iter().collect();
        let mut outputs = Vec::new();
        self.program
            .run(&self.instance, &inputs, &params.of(signature)?, &mut outputs)
            .map_err(|e| Failure::error(e.to_string()))?;
        Ok(outputs.iter().map(Array::to_f64).collect())
    }

    fn input(&self, k: usize, decl: &ArrayDecl, seed: u64, double: bool) -> Result<Array, Failure> {
        let rows = decl.dim.map_or(1, |d| self.instance.rows[d.0 as usize]);
        let len = rows * decl.row_len();
        let numbers = |list: Vec<f64>| match double {
            true => Array::F64(list),
            false => Array::F32(list.into_iter().map(|x| x as f32).collect()),
        };
        match (self.run.inputs.get(k), decl.dtype) {
            (Some(Given::Numbers(list)), _) => Ok(numbers(list.clone())),
            (Some(Given::Labels(list)), _) => Ok(Array::Class(list.clone())),
            (Some(Given::Drawn(draw)), Dtype::Class(_)) => Ok(labels(draw, rows, &decl.name, seed)),
            (Some(Given::Drawn(draw)), Dtype::Real) => Ok(numbers(drawn(draw, len, &decl.name, seed))),
            (None, _) => match self.fields.iter().find(|(n, _)| *n == decl.name) {
                Some((_, list)) => Ok(numbers(list.clone())),
                None => Err(Failure::error(format!("nothing supplies `{}`", decl.name))),
            },
        }
    }
}

/// Why statements did not run.
pub enum Trouble {
    /// A part of the program.
    Program(Box<Diagnostic>),
    /// Anything else.
    Other(Failure),
}

impl From<Box<Diagnostic>> for Trouble {
    fn from(d: Box<Diagnostic>) -> Trouble {
        Trouble::Program(d)
    }
}

impl From<Failure> for Trouble {
    fn from(f: Failure) -> Trouble {
        Trouble::Other(f)
    }
}

fn drawn(draw: &Draw, len: usize, name: &str, seed: u64) -> Vec<f64> {
    let mut rng = Rng::named(seed, name);
    let mut one = || match draw {
        Draw::Normal(sd) => sd * rng.normal(),
        Draw::Uniform(a) => a * (2.0 * rng.uniform() - 1.0),
        Draw::Bernoulli(p) => f64::from(u8::from(rng.uniform() < *p)),
        Draw::Labels(n) => rng.below(u64::from(*n)) as f64,
    };
    (0..len).map(|_| one()).collect()
}

fn labels(draw: &Draw, rows: usize, name: &str, seed: u64) -> Array {
    Array::Class(drawn(draw, rows, name, seed).iter().map(|&x| x as u32).collect())
}

/// Sizes, maps and fields of a domain, as one sample.
fn supply(place: &Place, door: &mut DoorSizes, fields: &mut Vec<(String, Vec<f64>)>) -> Result<(), String> {
    let Some(elements) = &place.elements else {
        return Ok(());
    };
    let name = &place.domain.name;
    if let Elements::Extents(sides) = elements {
        door.grids.push((name.clone(), sides.clone()));
        return Ok(());
    }
    let count = u32::try_from(elements.count()).map_err(|_| "a domain is too large".to_string())?;
    door.ragged.push((name.clone(), vec![0, count]));
    let mut edges = |src: &[u32], dst: &[u32]| {
        door.ragged.push((format!("{name}.edges"), vec![0, src.len() as u32]));
        door.maps.push((format!("{name}.src"), src.to_vec()));
        door.maps.push((format!("{name}.dst"), dst.to_vec()));
    };
    match elements {
        Elements::Count(_) | Elements::Extents(_) => {}
        Elements::Graph { edges: list, .. } => {
            let (src, dst): (Vec<u32>, Vec<u32>) = list.iter().copied().unzip();
            edges(&src, &dst);
        }
        Elements::Points(points) => {
            let found = join(points, &place.domain.kind)?;
            edges(&found.src, &found.dst);
            let d = points.first().map_or(3, Vec::len);
            fields.push((format!("{name}.pos"), points.concat()));
            fields.push((format!("{name}.shift"), vec![0.0; found.len() * d]));
        }
        Elements::Mesh { points, faces } => {
            let mesh = Mesh::new(points, faces)?;
            edges(&mesh.edges.src, &mesh.edges.dst);
            let turns = |angles: &[f64]| angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect();
            fields.push((format!("{name}.angle"), turns(&mesh.edges.angle)));
            fields.push((format!("{name}.transport"), turns(&mesh.edges.transport)));
        }
    }
    Ok(())
}

/// The edges of points, as the kind of the cloud says.
fn join(points: &[Vec<f64>], kind: &DomainKind) -> Result<Edges, String> {
    let padded: Vec<[f64; 3]> = points
        .iter()
        .map(|p| [0, 1, 2].map(|k| p.get(k).copied().unwrap_or(0.0)))
        .collect();
    match kind {
        DomainKind::Cloud { cutoff: Some(text), .. } => domain::neighbours(
            &padded,
            &Cell::OPEN,
            text.parse().map_err(|_| format!("`{text}` is no cutoff"))?,
        ),
        DomainKind::Cloud { knn: Some(k), .. } => {
            let k = k.value().and_then(|k| usize::try_from(k).ok()).unwrap_or(1);
            domain::nearest(&padded, &Cell::OPEN, k)
        }
        _ => Ok(domain::complete(points.len())),
    }
}
