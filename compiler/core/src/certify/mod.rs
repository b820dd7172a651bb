//! The exact test: whether a lowered program commutes with the symmetries of its model.
//!
//! # The mathematics
//! A model claims f(g·x) = g·f(x) for every g of Γ, the product of the declared group and of what every domain contributes (one copy
//! a sample). The test runs the tensor IR, the very program that is compiled, over the prime field of [`crate::ir::field`]: ring
//! operations are exact, scalar nonlinearities are random functions, inputs, parameters and statistics are random elements. Then
//! f(g·x) − g·f(x) is a rational function of random elements. If it is the zero function the test always passes; if not, it
//! passes with probability at most degree / p (Schwartz, Zippel), plus the probability that two different arguments of a random
//! function happen to be equal; see [`degree`].
//!
//! # What is tested
//! - the **declared group** (the subgroup that is claimed: what permutes the cells of a grid and what constants leave): all generators of a finite group; for a Lie group a random element of its Lie algebra, over dual numbers
//!   (f(x + εAx) = f(x) + εA f(x), exact from the algebra alone), one element of each component, and a random rational element;
//! - **permutations** of the nodes of every domain without order, with edges carried along;
//! - **translations** of points, cyclic shifts of periodic grids;
//! - **changes of frame** at every vertex of a mesh;
//! - **samples**: their order, and a batch against its samples one by one.
//!
//! How each acts on arrays is said in [`moves`]. Every sample gets its own element. The scenes include the degenerate ones
//! where proofs by continuity fail: no nodes, no edges, coinciding and collinear points, ties, self-edges.
//!
//! # What a pass does not say
//! Laws of the nonlinearities are not known to the random functions: a program that is equivariant only because
//! exp(a + b) = exp(a) exp(b) is rejected. Edges of clouds are inputs here; that they do not depend on the frame is the door's affair.

mod approx;
mod bench;
mod blame;
pub mod degree;
mod factors;
mod moves;
pub mod numeric;
mod oracle;
mod parts;
mod scene;
mod slots;

pub use factors::Factor;
pub use numeric::{Batch, VerifyOptions, VerifyReport, verify};
pub use scene::{Column, Rng};

use crate::cert::Flags;
use crate::check::TrainModel;
use crate::diag::Diagnostic;
use crate::ir::field::Field;
use crate::ir::{Func, Op};
use crate::lower::Mode;
use crate::typed::{Model, NodeId};
use bench::Bench;
use factors::Which;
use gdl_abi::{DimDef, Instance};
use gdl_syntax::ast::Span;
use moves::Move;
use oracle::Oracle;
use scene::{STRATA, Scene, Stratum};
use slots::Slot;

/// What is known about one factor.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// No error other than rounding.
    Exact,
    /// Not a symmetry that the model claims, and why.
    NotClaimed(String),
    /// Tested in floating point only: the largest relative error, and why.
    Numeric(f64, String),
    /// Claimed approximately, which no exact test can say; why.
    Approximate(String),
}

/// One factor of Γ.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// In words: `O(3)`, `permutations of `m``.
    pub factor: String,
    /// The verdict.
    pub status: Status,
    /// Moves that were tried.
    pub runs: usize,
}

/// The result of a test that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One row for every factor.
    pub rows: Vec<Row>,
    /// A bound on the degree of the tested identities.
    pub degree: f64,
    /// A bound on the probability that a program that is not equivariant passes one run.
    pub false_acceptance: f64,
    /// Scenes that say nothing, since all outputs are undefined there, and outputs that are undefined in general position.
    pub undefined: Vec<String>,
    /// Scenes that were left out to save time.
    pub skipped: Vec<String>,
}

/// Why a test failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The factor of Γ, in words.
    pub factor: String,
    /// The element that breaks the symmetry, in words.
    pub element: String,
    /// The scene.
    pub scene: String,
    /// The output that shows it.
    pub output: String,
    /// The first typed node that does not follow the element.
    pub node: Option<NodeId>,
    /// Where that was written.
    pub span: Span,
    /// What is wrong.
    pub what: String,
}

impl Failure {
    fn refused(model: &Model, what: String) -> Failure {
        let span = model.nodes.first().map_or_else(Span::default, |n| n.span);
        let empty = String::new;
        Failure {
            factor: empty(),
            element: empty(),
            scene: empty(),
            output: empty(),
            node: None,
            span,
            what,
        }
    }

    /// Whether an element was found that breaks the symmetry (otherwise the test could not be made).
    pub fn is_counterexample(&self) -> bool {
        !self.element.is_empty()
    }

    /// The failure as an error message.
    pub fn diagnostic(&self) -> Diagnostic {
        if !self.is_counterexample() {
            return Diagnostic::error("GDL0133", "the exact test cannot be made", self.span, self.what.clone());
        }
        Diagnostic::error(
            "GDL0133",
            "the compiled program is not equivariant",
            self.span,
            format!("this does not follow {}", self.factor),
        )
        .counterexample(Some(format!(
            "{} ({}), seen in `{}`",
            self.element, self.scene, self.output
        )))
        .note("The checker accepted the model, so this is a defect of the compiler.")
        .help("Please report it, with the model.")
    }
}

/// How much work a test may do.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Of all random choices.
    pub seed: u64,
    /// At most this many scenes.
    pub scenes: usize,
    /// Scalar operations after which no further scene is begun.
    pub budget: f64,
    /// How often scenes are repeated with other random choices.
    pub rounds: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 0,
            scenes: STRATA.len(),
            budget: 4e8,
            rounds: 1,
        }
    }
}

/// The largest accepted probability of a false acceptance.
const MAX_FALSE: f64 = 1e-2;
/// How often a scene with undefined outputs is drawn again.
const REDRAWS: usize = 4;

/// Tests a program of a model with the default amount of work.
///
/// # Errors
/// An element that breaks the symmetry, or why the test cannot be made.
pub fn certify(model: &Model, func: &Func, seed: u64) -> Result<Report, Failure> {
    certify_with(
        model,
        func,
        &Options {
            seed,
            ..Options::default()
        },
    )
}

/// Tests a model, lowered to be run: for each of its outputs the subgroup that is claimed of it, and with the constants of `break` at the
/// door, as inputs that move too, all of the declared group.
///
/// # Errors
/// As [`certify`].
pub fn certify_model(model: &Model, seed: u64) -> Result<Report, Failure> {
    parts::certify(model, Mode::Run, seed)
}

/// Tests what a `train` block computes in one step: losses and metrics are numbers of a batch, the same for every presentation of its
/// samples. Statistics are those of the batch, random draws are inputs, and the model's outputs are not looked at.
///
/// # Errors
/// As [`certify`].
pub fn certify_train(train: &TrainModel, seed: u64) -> Result<Report, Failure> {
    parts::certify(&train.measured(), Mode::Train, seed)
}

/// Tests a program of a model. If the degree is too high, the first round of every loop with a fixed number of rounds is tested: the others
/// do the same to other states of the same types.
///
/// # Errors
/// As [`certify`].
pub fn certify_with(model: &Model, func: &Func, options: &Options) -> Result<Report, Failure> {
    let mut report = tested(model, func, options)?;
    if report.false_acceptance > MAX_FALSE
        && let Some(short) = first_rounds(func)
    {
        report = tested(model, &short, options)?;
        report.skipped.push("rounds of loops after the first".into());
    }
    if report.false_acceptance > MAX_FALSE {
        let degree = match report.degree.is_finite() && report.degree > 0.0 {
            true => format!("{:.1e}", report.degree),
            false => "more than 1e308".into(),
        };
        let what = format!("the degree is too high for an exact test: {degree}");
        return Err(Failure::refused(model, what));
    }
    Ok(report)
}

/// The program with one round of every loop that has a fixed number of them; `None` if that changes nothing.
fn first_rounds(func: &Func) -> Option<Func> {
    let mut short = func.clone();
    for dim in &mut short.domains.dims {
        if let DimDef::Rounds { like: None, fixed } = dim {
            *fixed = (*fixed).min(1);
        }
    }
    (short.domains != func.domains).then_some(short)
}

/// The test, whatever its degree.
fn tested(model: &Model, func: &Func, options: &Options) -> Result<Report, Failure> {
    let refuse = |what: String| Failure::refused(model, what);
    crate::ir::verify::verify(func).map_err(refuse)?;
    let inputs = slots::inputs(model, func).map_err(refuse)?;
    let outputs = slots::outputs(model, func).map_err(refuse)?;
    let all: Vec<Slot> = inputs.iter().chain(&outputs).cloned().collect();
    let (factors, not_claimed) = factors::factors(model, func, &all);
    let mut test = Test {
        model,
        func,
        inputs: &inputs,
        outputs: &outputs,
        rows: factors.iter().map(|f| (f.clone(), 0, None)).collect(),
        rng: Rng::new(options.seed),
        degree: degree::Bound::default(),
        undefined: Vec::new(),
        work: 0.0,
    };
    let mut skipped = Vec::new();
    for _ in 0..options.rounds.max(1) {
        for (k, stratum) in STRATA.iter().enumerate().take(options.scenes.max(1)) {
            if k > 0 && test.work > options.budget {
                skipped.push(stratum.name.to_string());
                continue;
            }
            test.stratum(stratum)?;
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (factor, runs, doubt) in &test.rows {
        let status = match doubt {
            None => Status::Exact,
            Some(why) => Status::Numeric(test.numeric(factor, options.seed)?, why.clone()),
        };
        let whole = *factor == Factor::Samples && outputs.iter().all(|slot| slot.dim.is_none());
        rows.push(Row {
            factor: if whole {
                "permutations of samples".into()
            } else {
                factor.describe(model)
            },
            status,
            runs: *runs,
        });
    }
    let left = crate::cert::left(model);
    if left.exact != left.nearly {
        let why = "cells of the grid are moved between cells; `gdl verify` measures the error";
        rows.push(Row {
            factor: left.nearly.to_string(),
            status: Status::Approximate(why.into()),
            runs: 0,
        });
    }
    rows.extend(not_claimed.into_iter().map(|(factor, why)| Row {
        factor,
        status: Status::NotClaimed(why),
        runs: 0,
    }));
    Ok(Report {
        rows,
        degree: test.degree.degree,
        false_acceptance: test.degree.false_acceptance(),
        undefined: test.undefined,
        skipped,
    })
}

/// A test under way.
struct Test<'a> {
    model: &'a Model,
    func: &'a Func,
    inputs: &'a [Slot],
    outputs: &'a [Slot],
    /// Factors, runs, and why the exact test says nothing.
    rows: Vec<(Factor, usize, Option<String>)>,
    rng: Rng,
    degree: degree::Bound,
    undefined: Vec<String>,
    work: f64,
}

impl Test<'_> {
    /// All factors on one kind of scene.
    fn stratum(&mut self, stratum: &Stratum) -> Result<(), Failure> {
        let refuse = |what: String| Failure::refused(self.model, what);
        let Some(door) = scene::door(self.model, self.func, stratum, &mut self.rng) else {
            return Ok(());
        };
        let instance = Instance::new(&self.func.domains, &door).map_err(refuse)?;
        for draw in 0.. {
            let alg = Oracle(Field::new(self.rng.word()));
            let rng = &mut self.rng;
            let params = self
                .func
                .params
                .iter()
                .map(|p| (0..p.row_len()).map(|_| scene::Draw::number(&alg, rng)).collect())
                .collect();
            let inputs = scene::columns(&alg, self.func, self.inputs, &instance, stratum.lie, rng);
            let scene = Scene {
                door: door.clone(),
                inputs,
            };
            let bench = Bench {
                alg: &alg,
                model: self.model,
                func: self.func,
                inputs: self.inputs,
                outputs: self.outputs,
                params,
            };
            let base = bench.run(&instance, &scene.inputs).map_err(refuse)?;
            if bench.undefined(&base) {
                if draw < REDRAWS {
                    continue;
                }
                self.undefined.push(stratum.name.into());
                return Ok(());
            }
            for (k, slot) in self.outputs.iter().enumerate() {
                if stratum.name == STRATA[0].name && bench.undefined(&base[k..=k]) {
                    self.undefined.push(format!("{} (`{}`)", stratum.name, slot.name));
                }
            }
            let cost = degree::work(self.func, &instance);
            self.degree.join(degree::bound(self.func, &instance));
            for k in 0..self.rows.len() {
                let runs = self.factor(k, &bench, &scene, &instance, &base, stratum)?;
                self.rows[k].1 += runs;
                self.work += cost * runs as f64;
            }
            return Ok(());
        }
        Ok(())
    }

    /// One factor on one scene: the number of runs.
    fn factor(
        &mut self,
        k: usize,
        bench: &Bench<'_, Oracle>,
        scene: &Scene<crate::ir::field::Dual>,
        instance: &Instance,
        base: &[Vec<crate::ir::field::Dual>],
        stratum: &Stratum,
    ) -> Result<usize, Failure> {
        let factor = self.rows[k].0.clone();
        let refuse = |what: String| Failure::refused(self.model, what);
        let mut moves = Vec::new();
        if let Factor::Group(group) = &factor {
            for which in factors::elements(self.model, group, true) {
                if matches!(which, Which::Random) && group.is_finite() {
                    continue;
                }
                moves.extend(factors::group_move(
                    bench.alg,
                    self.model,
                    group,
                    &scene.door,
                    &which,
                    true,
                    &mut self.rng,
                ));
            }
        } else {
            let m = factors::other_move(
                bench.alg,
                self.model,
                &factor,
                &scene.door,
                instance,
                self.func,
                &mut self.rng,
            );
            moves.push(m.map_err(refuse)?);
        }
        let mut runs = 0;
        for m in &moves {
            runs += 1;
            let found = match bench.check(scene, instance, base, m) {
                Ok(found) => found,
                Err(why) => {
                    self.rows[k].2 = Some(why);
                    return Ok(runs);
                }
            };
            if let Some(found) = found {
                if self.doubtful(k) {
                    return Ok(runs);
                }
                return Err(self.failure(
                    &factor,
                    m,
                    bench,
                    scene,
                    instance,
                    &self.outputs[found.output].name,
                    stratum,
                ));
            }
        }
        if factor == Factor::Samples {
            runs += 1;
            if let Some(found) = bench.check_alone(scene, instance, base).map_err(refuse)? {
                let still = Move {
                    words: "a batch against its samples one by one".into(),
                    ..Move::still(scene.door.samples)
                };
                return Err(self.failure(
                    &factor,
                    &still,
                    bench,
                    scene,
                    instance,
                    &self.outputs[found.output].name,
                    stratum,
                ));
            }
        }
        Ok(runs)
    }

    /// Whether a failed exact run may be the fault of constants that are not known exactly, or of a trusted function that uses laws of
    /// real numbers; then the factor is tested in floats.
    fn doubtful(&mut self, k: usize) -> bool {
        let of: Vec<NodeId> = self.model.outputs.iter().map(|(_, id)| *id).collect();
        let group = matches!(self.rows[k].0, Factor::Group(_));
        if group && Flags::of(self.model, false).is_trusting(self.model, &of) {
            self.rows[k].2 = Some("a function is taken on trust".into());
            return true;
        }
        let inexact = self.func.body.nodes.iter().any(|n| has_inexact(&n.op));
        if inexact {
            self.rows[k].2 = Some("the program has constants that are known in floating point only".into());
        }
        inexact
    }

    #[allow(clippy::too_many_arguments)]
    fn failure(
        &self,
        factor: &Factor,
        m: &Move<crate::ir::field::Dual>,
        bench: &Bench<'_, Oracle>,
        scene: &Scene<crate::ir::field::Dual>,
        instance: &Instance,
        output: &str,
        stratum: &Stratum,
    ) -> Failure {
        let node = blame::first_fault(bench, scene, instance, m);
        let named = self.model.outputs.iter().find(|(n, _)| n == output).map(|(_, id)| *id);
        let span = node.or(named).map_or_else(Span::default, |id| self.model.node(id).span);
        Failure {
            factor: factor.describe(self.model),
            element: m.words.clone(),
            scene: stratum.name.into(),
            output: output.into(),
            node,
            span,
            what: format!("`{output}` does not follow {}", m.words),
        }
    }

    /// The error of a factor in floating point.
    fn numeric(&self, factor: &Factor, seed: u64) -> Result<f64, Failure> {
        let error = numeric::of_factor(self.model, self.func, factor, seed)
            .map_err(|what| Failure::refused(self.model, what))?;
        if error.is_finite() && error <= numeric::TOLERANCE {
            return Ok(error);
        }
        let span = self
            .model
            .outputs
            .first()
            .map_or_else(Span::default, |(_, id)| self.model.node(*id).span);
        Err(Failure {
            factor: factor.describe(self.model),
            element: "a random element".into(),
            scene: "floating point".into(),
            output: self.model.outputs.first().map_or_else(String::new, |(n, _)| n.clone()),
            node: None,
            span,
            what: format!("the relative error is {error:.1e}"),
        })
    }
}

/// Whether an operation has a constant that is known in floating point only.
fn has_inexact(op: &Op) -> bool {
    let inexact = |x: &gdl_rep::Exact| x.r.is_none() && x.f.is_finite();
    match op {
        Op::Const(c) => c.data.iter().any(inexact),
        Op::Fill(x) => inexact(x),
        Op::Scan(s) => s.body.nodes.iter().any(|n| has_inexact(&n.op)),
        _ => false,
    }
}
