//! From checked models to compiled programs, and what the training loop has to know about them.

use super::backend::Engine;
use super::learn::learning;
use super::{D, Session};
use crate::{Failure, Terminal};
use gdl_abi::{DoorSizes, Dtype, Instance, Signature};
use gdl_core::check::TrainModel;
use gdl_core::diag::Diagnostic;
use gdl_core::ir::{Func, grad};
use gdl_core::lower::{self, Lowered, Mode, ParamInfo, SpaceInit};
use gdl_core::typed::{self, Node, NodeId, TOp};
use gdl_host::optim::OptimSpec;
use gdl_host::params::{Init, ParamSpec, Params};
use gdl_host::random::{Draw, without_draws};
use gdl_host::train::{Plan, Stat, Update, load_params};
use gdl_runtime::{Array, Bound, Program, bind};
use gdl_syntax::ast::Span;
use std::borrow::Cow;
use std::path::Path;

/// How much of a statistic is replaced by that of a batch.
const MOMENTUM: f64 = 0.1;

/// The two programs of a training run in tensor IR.
pub struct Training {
    /// The loss, metrics, gradients and statistics of a batch.
    pub step: Func,
    /// The loss and metrics of the model as it runs after training.
    pub eval: Func,
    /// What the outputs of `step` mean.
    pub plan: Plan,
    /// The parameters.
    pub params: Vec<ParamInfo>,
}

/// A defect of the compiler, as a diagnostic.
fn defect(why: String) -> Box<Diagnostic> {
    let d = Diagnostic::error(
        "GDL0132",
        "the compiler made a program that is not well formed",
        Span::default(),
        why,
    );
    Box::new(d.help("This is a defect of the compiler; please report it."))
}

impl Training {
    /// Lowers a training and differentiates its loss.
    ///
    /// # Errors
    /// If a part of the model has no lowering.
    pub fn new(train: &TrainModel) -> D<Training> {
        let mut train = train.clone();
        let over_data = over_data(&mut train);
        let (loss, mut outputs) = match train.losses.as_slice() {
            [(name, node)] => (name.clone(), vec![(name.clone(), *node)]),
            many => {
                let mut all = vec![("loss".to_string(), train.total)];
                all.extend(many.iter().cloned());
                ("loss".to_string(), all)
            }
        };
        outputs.extend(train.metrics.iter().cloned());
        let metrics = outputs[1..].iter().map(|(n, _)| n.clone()).collect();
        let eval = lower::lower(&train.model, &outputs, Mode::Run)?;
        outputs.extend(over_data.iter().map(|(name, node)| (format!("over.{name}"), *node)));
        let step = lower::lower(&train.model, &outputs, Mode::Train)?;
        let mut func = grad::training_step(&step.func, &[0]).map_err(defect)?;
        // Statistics are not learned.
        let unlearned: Vec<String> = step.params[step.learned..]
            .iter()
            .map(|p| format!("grad.{}", p.name))
            .collect();
        let keep: Vec<bool> = func.outputs.iter().map(|n| !unlearned.contains(n)).collect();
        let mut kept = keep.iter();
        func.outputs.retain(|_| kept.next() == Some(&true));
        let mut kept = keep.iter();
        func.body.results.retain(|_| kept.next() == Some(&true));
        let gradients = step.params[..step.learned]
            .iter()
            .map(|p| (p.name.clone(), format!("grad.{}", p.name)))
            .collect();
        let mut draws: Vec<(usize, Draw)> = step.randoms.iter().map(|(k, draw)| (*k, drawn(draw))).collect();
        draws.sort_unstable_by_key(|d| d.0);
        let plan = Plan {
            loss,
            metrics,
            gradients,
            stats: stats(&step, &over_data),
            draws,
        };
        Ok(Training {
            step: func,
            eval: eval.func,
            plan,
            params: step.params,
        })
    }

    /// Leaves the parameters alone for which `frozen` holds: they have no gradients, and statistics among them are not updated.
    pub fn freeze(&mut self, frozen: &dyn Fn(&str) -> bool) {
        let gradients = &mut self.plan.gradients;
        let dropped: Vec<String> = gradients
            .iter()
            .filter(|(p, _)| frozen(p))
            .map(|(_, g)| g.clone())
            .collect();
        gradients.retain(|(p, _)| !frozen(p));
        self.plan.stats.retain(|s| !frozen(&s.state));
        let keep: Vec<bool> = self.step.outputs.iter().map(|n| !dropped.contains(n)).collect();
        let mut kept = keep.iter();
        self.step.outputs.retain(|_| kept.next() == Some(&true));
        let mut kept = keep.iter();
        self.step.body.results.retain(|_| kept.next() == Some(&true));
    }

    /// What a step takes from the data.
    pub fn inputs(&self) -> Signature {
        let all = Signature {
            domains: self.step.domains.clone(),
            inputs: self.step.inputs.clone(),
            ..Signature::default()
        };
        without_draws(&all, &self.plan.draws)
    }

    /// The step that updates parameters too, if they stay where it runs.
    ///
    /// # Errors
    /// If the code generator cannot do it.
    pub fn load_learning(&self, engine: &Engine, optim: &OptimSpec) -> Result<Option<Box<dyn Program>>, Failure> {
        if !engine.keeps_parameters() {
            return Ok(None);
        }
        engine.load(&learning(self, optim).map_err(Failure::error)?).map(Some)
    }

    /// The compiled step.
    ///
    /// # Errors
    /// If the code generator cannot do it.
    pub fn load_step(&self, engine: &Engine) -> Result<Box<dyn Program>, Failure> {
        if engine.keeps_parameters() {
            // It runs in a pass over the data at most, and where something goes wrong.
            return engine.load_deferred(&self.step);
        }
        engine.load(&self.step)
    }
}

fn drawn(draw: &typed::Draw) -> Draw {
    match draw {
        typed::Draw::Bernoulli(p) => Draw::Bernoulli(p.f),
        typed::Draw::Normal(deviation) => Draw::Normal(deviation.f),
    }
}

/// Batch means of the statistics that are found in one pass over the data, as further nodes of the model.
fn over_data(train: &mut TrainModel) -> Vec<(String, NodeId)> {
    let mut found: Vec<(String, NodeId)> = Vec::new();
    for k in 0..train.model.nodes.len() {
        let TOp::Stat { stat, value } = train.model.nodes[k].op else {
            continue;
        };
        let decl = &train.model.stats[stat.0 as usize];
        if !decl.over_data || found.iter().any(|(n, _)| *n == decl.param.name) {
            continue;
        }
        let name = decl.param.name.clone();
        let of = train.model.node(value).clone();
        train.model.nodes.push(Node {
            op: TOp::BatchMean { x: value },
            ..of
        });
        found.push((name, NodeId(train.model.nodes.len() as u32 - 1)));
    }
    found
}

fn stats(step: &Lowered, over_data: &[(String, NodeId)]) -> Vec<Stat> {
    let running = step.stat_outputs.iter().map(|&(param, output)| Stat {
        state: step.params[param].name.clone(),
        output: step.func.outputs[output].clone(),
        update: Update::Momentum(MOMENTUM),
    });
    let once = over_data.iter().map(|(name, _)| Stat {
        state: name.clone(),
        output: format!("over.{name}"),
        update: Update::OverData,
    });
    running.chain(once).collect()
}

/// What the training loop has to know about parameters.
pub fn specs(params: &[ParamInfo]) -> Vec<ParamSpec> {
    let spec = |p: &ParamInfo| ParamSpec {
        name: p.name.clone(),
        init: match p.init {
            SpaceInit::Constant(x) => Init::Constant(x),
            SpaceInit::Normal(sd) => Init::Normal { sd },
            SpaceInit::Uniform(a) => Init::Uniform { a },
        },
        external: p.external.clone(),
    };
    params.iter().map(spec).collect()
}

impl Session {
    /// Takes the parameters of a model from a file.
    ///
    /// # Errors
    /// If the file does not hold them ([`load_params`]).
    pub fn load(
        &self,
        path: &Path,
        infos: &[ParamInfo],
        params: &mut Params,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Failure> {
        let unused = load_params(path, params, Some(&self.hash_of(infos)))?;
        if unused.is_empty() {
            return Ok(());
        }
        terminal.say(format!(
            "{}: {} tensors are not used: {}",
            path.display(),
            unused.len(),
            unused.join(", ")
        ))
    }

    /// The hash of the model that these are the parameters of.
    pub fn hash_of(&self, params: &[ParamInfo]) -> String {
        self.hash(params.iter().map(|p| p.basis_hash))
    }
}

/// A program with the parameters of its model in place.
///
/// # Errors
/// If they do not fit, or there is no room for them where the program runs.
pub fn bound<'a>(program: &'a dyn Program, params: &'a Params) -> Result<Box<dyn Bound + 'a>, String> {
    let arrays = params.of(program.signature()).map_err(|e| e.to_string())?;
    bind(program, arrays.into_iter().map(Cow::Borrowed).collect()).map_err(|e| e.to_string())
}

/// Runs a compiled program, its parameters in place, on arrays of doubles.
///
/// # Errors
/// What is wrong with an argument.
pub fn call(
    program: &dyn Program,
    bound: &mut dyn Bound,
    door: &DoorSizes,
    inputs: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, String> {
    let signature = program.signature();
    let instance = Instance::new(&signature.domains, door)?;
    let arrays: Vec<Array> = signature
        .inputs
        .iter()
        .zip(inputs)
        .map(|(decl, x)| match (decl.dtype, program.is_f64()) {
            (Dtype::Class(_), _) => Array::Class(x.iter().map(|v| *v as u32).collect()),
            (Dtype::Real, true) => Array::F64(x.clone()),
            (Dtype::Real, false) => Array::F32(x.iter().map(|v| *v as f32).collect()),
        })
        .collect();
    let inputs: Vec<&Array> = arrays.iter().collect();
    let mut outputs = Vec::new();
    bound.run(&instance, &inputs, &mut outputs).map_err(|e| e.to_string())?;
    Ok(outputs.iter().map(Array::to_f64).collect())
}
