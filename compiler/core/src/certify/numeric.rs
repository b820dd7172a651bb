//! The numeric check of `gdl verify`: compiled (or interpreted) code, given or random inputs, random group elements, and the
//! error max |f(g·x) − g·f(x)| / max |f(x)| of every output and factor. The moves are those of the exact test.
//!
//! An output that is 0 is 0 up to rounding only, and says nothing: see [`NOTHING`].

use super::approx;
use super::bench::Bench;
use super::factors::{self, Factor, Which};
use super::moves::{Acting, Move, moved};
use super::scene::{Column, Lie, Rng, Scene, Stratum, columns, door, plain};
use super::slots::{self, Slot};
use crate::cert;
use crate::ir::Func;
use crate::ir::interp::{Real64, run};
use crate::typed::Model;
use gdl_abi::{DoorSizes, Dtype, Instance};

/// Runs a program: one array for every input in, one for every output out. Arrays are row-major; labels are numbers, one for
/// every entry.
pub type Runner<'a> = dyn FnMut(&DoorSizes, &[Vec<f64>]) -> Result<Vec<Vec<f64>>, String> + 'a;

/// Sizes, maps and input arrays; labels are numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Sizes and maps.
    pub door: DoorSizes,
    /// In the order of the program's inputs.
    pub inputs: Vec<Vec<f64>>,
}

/// One factor of Γ.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyRow {
    /// In words.
    pub factor: String,
    /// The largest relative error of every output, by name.
    pub errors: Vec<(String, f64)>,
    /// The element with the largest error, in words.
    pub worst: String,
    /// Moves that were tried.
    pub runs: usize,
}

impl VerifyRow {
    /// The largest error of an output.
    pub fn largest(&self) -> f64 {
        self.errors.iter().map(|e| e.1).fold(0.0, f64::max)
    }
}

/// The result of a numeric check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VerifyReport {
    /// One row for every factor.
    pub rows: Vec<VerifyRow>,
    /// Factors that are not claimed, and why.
    pub not_claimed: Vec<(String, String)>,
    /// For a model that is approximately equivariant under more than its exact group: the error measured for all of the group.
    pub approximate: Option<VerifyRow>,
}

impl VerifyReport {
    /// The largest error.
    pub fn error(&self) -> f64 {
        self.rows
            .iter()
            .flat_map(|r| &r.errors)
            .fold(0.0, |m, (_, e)| if e.is_nan() { f64::NAN } else { m.max(*e) })
    }
}

/// What a numeric check does.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// Of all random choices.
    pub seed: u64,
    /// Moves for every factor and batch.
    pub runs: usize,
    /// Whether the code computes in double precision.
    pub double: bool,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        VerifyOptions {
            seed: 0,
            runs: 4,
            double: true,
        }
    }
}

/// Units of rounding, of the largest number of a run: an output below that, both ways round the square, is 0.
const NOTHING: f64 = 64.0;

/// The error above which a factor that can be tested in floats only is rejected by the exact test.
pub(crate) const TOLERANCE: f64 = 1e-8;

/// Checks code against the symmetries of its model on the given batches, or on random ones if there are none.
///
/// # Errors
/// What is wrong with the program, a batch or a run.
pub fn verify(
    model: &Model,
    func: &Func,
    run: &mut Runner<'_>,
    batches: &[Batch],
    options: &VerifyOptions,
) -> Result<VerifyReport, String> {
    let inputs = slots::inputs(model, func)?;
    let outputs = slots::outputs(model, func)?;
    let all: Vec<Slot> = inputs.iter().chain(&outputs).cloned().collect();
    let (list, not_claimed) = factors::factors(model, func, &all);
    let mut rng = Rng::new(options.seed);
    let random: Vec<Batch>;
    let given = !batches.is_empty();
    let batches = if batches.is_empty() {
        random = random_batches(model, func, options.seed)?;
        &random
    } else {
        batches
    };
    let row = |f: &Factor| VerifyRow {
        factor: f.describe(model),
        errors: func.outputs.iter().map(|n| (n.clone(), 0.0)).collect(),
        worst: String::new(),
        runs: 0,
    };
    let mut report = VerifyReport {
        rows: list.iter().map(row).collect(),
        not_claimed,
        approximate: None,
    };
    for batch in batches {
        let instance = Instance::new(&func.domains, &batch.door)?;
        let scene = scene(func, batch)?;
        let base = run(&batch.door, &batch.inputs)?;
        let reals = func
            .inputs
            .iter()
            .zip(&batch.inputs)
            .filter(|(d, _)| d.dtype == Dtype::Real);
        let largest = reals.map(|(_, x)| x).chain(&base).map(|x| size(x)).fold(0.0, f64::max);
        let unit = if options.double {
            f64::EPSILON
        } else {
            f64::from(f32::EPSILON)
        };
        let nothing = NOTHING * unit * largest;
        for (factor, row) in list.iter().zip(&mut report.rows) {
            for m in moves(model, func, factor, &scene.door, &instance, options.runs, &mut rng)? {
                let acting = Acting::new(&Real64, model, &func.domains, &scene.door, &instance, &m)?;
                let arrays: Vec<Vec<f64>> = moved(&acting, &inputs, &scene)?.iter().map(flat).collect();
                let after = run(&acting.door, &arrays)?;
                row.runs += 1;
                for (k, slot) in outputs.iter().enumerate() {
                    let want = acting.act(slot, base.get(k).ok_or("an output is missing")?)?;
                    let error = relative(after.get(k).ok_or("an output is missing")?, &want, nothing);
                    if error > row.errors[k].1 || error.is_nan() {
                        row.errors[k].1 = error;
                        row.worst.clone_from(&m.words);
                    }
                }
            }
        }
    }
    let left = cert::left(model);
    if left.exact != left.nearly {
        let slots = (inputs.as_slice(), outputs.as_slice());
        let smooth = approx::smooth_batch(model, func, &inputs, &mut rng);
        let batch = if given { batches[0].clone() } else { smooth? };
        report.approximate = approx::measure(model, func, slots, run, &batch, options.runs, &mut rng)?;
    }
    Ok(report)
}

/// Random batches for a model: general position, some equal rows, one sample.
///
/// # Errors
/// What is not known about an input.
pub fn random_batches(model: &Model, func: &Func, seed: u64) -> Result<Vec<Batch>, String> {
    const NODES: [&[usize]; 2] = [&[6, 4, 7], &[9]];
    let inputs = slots::inputs(model, func)?;
    let mut rng = Rng::new(seed ^ 0x5bd1_e995);
    let mut out = Vec::new();
    for (k, nodes) in NODES.iter().enumerate() {
        let stratum = Stratum {
            name: "random",
            nodes,
            knotted: k == 0,
            bare: false,
            lie: Lie::General,
            side: 3 - k,
        };
        let Some(door) = door(model, func, &stratum, &mut rng) else {
            continue;
        };
        let instance = Instance::new(&func.domains, &door)?;
        let list = columns(&Real64, func, &inputs, &instance, Lie::General, &mut rng);
        out.push(Batch {
            door,
            inputs: list.iter().map(flat).collect(),
        });
    }
    if out.is_empty() {
        return Err("no sizes satisfy what the signature promises".into());
    }
    Ok(out)
}

/// The error of one factor on random batches with random parameters, interpreted in double precision.
pub(crate) fn of_factor(model: &Model, func: &Func, factor: &Factor, seed: u64) -> Result<f64, String> {
    let inputs = slots::inputs(model, func)?;
    let outputs = slots::outputs(model, func)?;
    let mut rng = Rng::new(seed ^ 0x77);
    let mut worst = 0.0f64;
    for batch in random_batches(model, func, seed)? {
        let instance = Instance::new(&func.domains, &batch.door)?;
        let scene = scene(func, &batch)?;
        // Parameters are positive: statistics are among them.
        let params = func
            .params
            .iter()
            .map(|p| (0..p.row_len()).map(|_| 0.1 + 0.4 * rng.unit()).collect())
            .collect();
        let bench = Bench {
            alg: &Real64,
            model,
            func,
            inputs: &inputs,
            outputs: &outputs,
            params,
        };
        let base = bench.run(&instance, &scene.inputs)?;
        for m in moves(model, func, factor, &scene.door, &instance, 3, &mut rng)? {
            let acting = Acting::new(&Real64, model, &func.domains, &scene.door, &instance, &m)?;
            let after = bench.run(&acting.new, &moved(&acting, &inputs, &scene)?)?;
            for (k, slot) in outputs.iter().enumerate() {
                let error = relative(&after[k], &acting.act(slot, &base[k])?, 0.0);
                worst = if error.is_nan() {
                    f64::INFINITY
                } else {
                    worst.max(error)
                };
            }
        }
    }
    Ok(worst)
}

/// How far a program without weights is from commuting with the declared group: the largest relative error on random inputs of several
/// sizes, for generators and random elements, and the element that shows it.
pub(crate) fn sampled(model: &Model, func: &Func, seed: u64) -> Result<(f64, String), String> {
    const SIZES: [f64; 6] = [1.0, 0.1, 10.0, 1.0, 3.0, 0.3];
    let (inputs, outputs) = (slots::inputs(model, func)?, slots::outputs(model, func)?);
    let (mut worst, mut element, mut defined) = (0.0f64, String::new(), false);
    let mut rng = Rng::new(seed ^ 0x3c6e_f372);
    for (k, size) in (0..).zip(SIZES) {
        for mut batch in random_batches(model, func, seed + k)? {
            batch.inputs.iter_mut().flatten().for_each(|x| *x *= size);
            let instance = Instance::new(&func.domains, &batch.door)?;
            let scene = scene(func, &batch)?;
            let bench = Bench {
                alg: &Real64,
                model,
                func,
                inputs: &inputs,
                outputs: &outputs,
                params: Vec::new(),
            };
            let base = bench.run(&instance, &scene.inputs)?;
            defined |= base.iter().flatten().any(|x| x.is_finite());
            for which in factors::elements(model, &model.group, false) {
                let Some(m) = factors::group_move(&Real64, model, &model.group, &scene.door, &which, false, &mut rng)
                else {
                    continue;
                };
                let acting = Acting::new(&Real64, model, &func.domains, &scene.door, &instance, &m)?;
                let after = bench.run(&acting.new, &moved(&acting, &inputs, &scene)?)?;
                for (k, slot) in outputs.iter().enumerate() {
                    let error = relative(&after[k], &acting.act(slot, &base[k])?, 0.0);
                    if error > worst {
                        worst = error;
                        element.clone_from(&m.words);
                    }
                }
            }
        }
    }
    if !defined {
        return Err("its values on random inputs are no numbers".into());
    }
    Ok((worst, element))
}

fn moves(
    model: &Model,
    func: &Func,
    factor: &Factor,
    door: &DoorSizes,
    instance: &Instance,
    runs: usize,
    rng: &mut Rng,
) -> Result<Vec<Move<f64>>, String> {
    let mut out = Vec::new();
    for _ in 0..runs.max(1) {
        out.extend(match factor {
            Factor::Group(g) => factors::group_move(&Real64, model, g, door, &Which::Random, false, rng),
            _ => Some(factors::other_move(&Real64, model, factor, door, instance, func, rng)?),
        });
    }
    Ok(out)
}

/// max |a − b| / max |b|; entries undefined on both sides do not count, nor does what is nowhere larger than `nothing`.
fn relative(a: &[f64], b: &[f64], nothing: f64) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let both = || a.iter().zip(b).filter(|(x, y)| !(x.is_nan() && y.is_nan()) && x != y);
    let error = both()
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, |m: f64, e| if e.is_nan() { f64::INFINITY } else { m.max(e) });
    let is_nothing = error <= nothing && size(a).max(size(b)) <= nothing;
    if error == 0.0 || is_nothing {
        0.0
    } else {
        error / size(b).max(1e-300)
    }
}

/// The largest finite modulus.
fn size(x: &[f64]) -> f64 {
    x.iter().filter(|x| x.is_finite()).fold(0.0, |m: f64, x| m.max(x.abs()))
}

/// An array of the door; labels become numbers.
pub(crate) fn flat(column: &Column<f64>) -> Vec<f64> {
    match column {
        Column::Numbers(x) => x.clone(),
        Column::Labels(list) => list.iter().map(|&l| f64::from(l)).collect(),
    }
}

pub(crate) fn scene(func: &Func, batch: &Batch) -> Result<Scene<f64>, String> {
    if batch.inputs.len() != func.inputs.len() {
        return Err(format!(
            "{} inputs were given, {} are needed",
            batch.inputs.len(),
            func.inputs.len()
        ));
    }
    let column = |(decl, x): (&gdl_abi::ArrayDecl, &Vec<f64>)| match decl.dtype {
        Dtype::Real => Column::Numbers(x.clone()),
        Dtype::Class(_) => Column::Labels(x.iter().map(|&v| v as u32).collect()),
    };
    Ok(Scene {
        door: batch.door.clone(),
        inputs: func.inputs.iter().zip(&batch.inputs).map(column).collect(),
    })
}

/// Runs a program by the interpreter, as a [`Runner`] does.
///
/// # Errors
/// What is wrong with an argument.
pub fn interpret(
    func: &Func,
    params: &[Vec<f64>],
    door: &DoorSizes,
    inputs: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, String> {
    let instance = Instance::new(&func.domains, door)?;
    let scene = scene(
        func,
        &Batch {
            door: door.clone(),
            inputs: inputs.to_vec(),
        },
    )?;
    let arrays = func
        .inputs
        .iter()
        .zip(&scene.inputs)
        .map(|(d, c)| plain(&Real64, d, c))
        .collect::<Result<Vec<_>, _>>()?;
    run(&Real64, func, &instance, &arrays, params)
}
