//! `train` blocks: losses and metrics as expressions over a model's outputs and the fields of a data block.

use super::{Checker, Env, LayerRef, R, Val};
use crate::diag::{Diagnostic, Label};
use crate::modules::Program;
use crate::typed::{Model, NodeId, TOp};
use crate::types::{Elem, Type};
use gdl_rep::Group;
use gdl_syntax::ast::{EntryKind, Expr, ItemKind, Span, Train, TrainEntry};
use std::rc::Rc;

/// A model together with its losses and metrics.
#[derive(Clone, Debug)]
pub struct TrainModel {
    /// The model; its inputs are followed by the targets.
    pub model: Model,
    /// The number of inputs that belong to the model itself.
    pub own_inputs: usize,
    /// The sum of the losses.
    pub total: NodeId,
    /// Losses: name, invariant number averaged over the batch.
    pub losses: Vec<(String, NodeId)>,
    /// Metrics.
    pub metrics: Vec<(String, NodeId)>,
    /// `optimizer = …`, `epochs = …`.
    pub options: Vec<TrainOption>,
    /// The name of the data block.
    pub data: String,
}

/// An option of a `train` block, as written.
#[derive(Clone, Debug)]
pub struct TrainOption {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Expr,
}

/// Checks a `train` block: the model, and every loss and metric over its outputs.
pub fn check_train(program: &Program, module: usize, t: &Train) -> (Option<TrainModel>, Vec<Diagnostic>) {
    let mut c = Checker::new(program, Group::Trivial);
    let out = c.train(module, t);
    let failed = out.is_err() || c.diags.iter().any(Diagnostic::is_error);
    let diags = std::mem::take(&mut c.diags);
    match out {
        Ok((own_inputs, losses, metrics, options)) if !failed => {
            let mut total = losses[0].1;
            for (_, n) in &losses[1..] {
                let (args, span) = (vec![total, *n], c.node(*n).span);
                let op = TOp::Map {
                    f: crate::ir::Scalar::Add,
                    args: args.clone(),
                };
                total = c.add(op, Type::scalar(), &args, span);
            }
            let model = TrainModel {
                total,
                model: c.model,
                own_inputs,
                losses,
                metrics,
                options,
                data: t.data.name.clone(),
            };
            (Some(model), diags)
        }
        _ => (None, diags),
    }
}

impl TrainModel {
    /// The model with its losses and metrics as outputs.
    pub fn measured(&self) -> Model {
        Model {
            outputs: self.losses.iter().chain(&self.metrics).cloned().collect(),
            ..self.model.clone()
        }
    }
}

/// Errors whose labels say what is done to single components, or which representations differ.
const COMPONENTWISE: [&str; 4] = ["GDL0101", "GDL0102", "GDL0108", "GDL0122"];

type TrainParts = (usize, Vec<(String, NodeId)>, Vec<(String, NodeId)>, Vec<TrainOption>);

impl Checker<'_> {
    /// Checks the model that is trained: what a loss may name, its domains and inputs.
    pub(super) fn trained(&mut self, module: usize, t: &Train) -> R<Env> {
        let Some((at, item)) = self.program.find(module, &t.model.name) else {
            let known = self.program.names(module);
            return Err(self.unknown(&t.model.name, t.model.span, "model", &known));
        };
        let ItemKind::Model(c) = &item.kind else {
            return Err(self.error(
                "GDL0111",
                format!("`{}` is not a model", t.model.name),
                t.model.span,
                "only models are trained",
            ));
        };
        let layer = Rc::new(LayerRef {
            module: at,
            callable: c.clone(),
            is_model: true,
        });
        self.model_definition(&layer)?;
        let mut env = Env::new(module);
        env.set("batch", Val::Batch);
        for (k, d) in self.model.domains.clone().iter().enumerate() {
            if !d.kind.is_derived() {
                env.set(&d.name, Val::Domain(crate::types::DomainId(k as u32)));
            }
        }
        for k in 0..self.model.inputs.len() {
            let name = self.model.inputs[k].name.clone();
            if let Some(n) = self
                .model
                .nodes
                .iter()
                .position(|n| matches!(n.op, crate::typed::TOp::Input(j) if j as usize == k))
            {
                env.set(&name, Val::Node(NodeId(n as u32)));
            }
        }
        Ok(env)
    }

    fn train(&mut self, module: usize, t: &Train) -> R<TrainParts> {
        let mut env = self.trained(module, t)?;
        let own_inputs = self.model.inputs.len();
        self.data_targets(module, t, &mut env)?;
        let outputs = self.model.outputs.clone();
        match outputs.as_slice() {
            [(name, n)] if name == "output" => env.set("output", Val::Node(*n)),
            many => env.set(
                "output",
                Val::Record(many.iter().map(|(n, v)| (n.clone(), Val::Node(*v))).collect()),
            ),
        }
        for (name, n) in &outputs {
            if env.get(name).is_none() {
                env.set(name, Val::Node(*n));
            }
        }
        let (mut losses, mut metrics, mut options) = (Vec::new(), Vec::new(), Vec::new());
        let mut failed = false;
        for e in &t.entries {
            if e.kind == EntryKind::Option {
                options.push(TrainOption {
                    name: e.name.name.clone(),
                    value: e.value.clone(),
                });
                continue;
            }
            let before = self.diags.len();
            let found = match self.eval_node(&e.value, &mut env) {
                Ok(n) => Ok(n),
                Err(reported) => self.of_components(e, before, &env).ok_or(reported),
            };
            let Ok(n) = found else {
                failed = true;
                continue;
            };
            let ty = self.node(n).ty.clone();
            let number =
                ty.sets.is_empty() && matches!(&ty.elem, Elem::Rep(r) if r.same(&crate::types::Rep::scalars(1)));
            if !number || !self.node(n).deps.is_empty() {
                let shown = self.show(&ty);
                self.report(
                    Diagnostic::error(
                        "GDL0110",
                        format!("`{}` must be one number", e.name.name),
                        e.value.span,
                        format!("this is `{shown}`"),
                    )
                    .help("Average it: `mean a in batch: …`."),
                );
                failed = true;
                continue;
            }
            if e.kind == EntryKind::Loss {
                losses.push((e.name.name.clone(), n))
            } else {
                metrics.push((e.name.name.clone(), n))
            }
        }
        if losses.is_empty() && !failed {
            return Err(self.report(
                Diagnostic::error("GDL0110", "there is no loss", t.model.span, "nothing to minimise")
                    .help("Add `loss name = mean a in batch: …`."),
            ));
        }
        if failed {
            Err(super::Reported)
        } else {
            Ok((own_inputs, losses, metrics, options))
        }
    }

    /// A loss or metric that is not invariant: the value of its text where vectors are lists of plain numbers, with a warning in place of
    /// the errors from `before` on; `None` if it has none, or if something else is wrong.
    fn of_components(&mut self, e: &TrainEntry, before: usize, env: &Env) -> Option<NodeId> {
        let found = self.diags.split_off(before);
        let mut open = env.clone();
        for name in env.names() {
            let plain = env.get(&name).cloned().map(|v| self.plain_numbers(v, e.value.span));
            open.replace(&name, plain.unwrap_or(Val::Poison));
        }
        let value = self.eval_node(&e.value, &mut open).ok();
        let number = |n: &NodeId| self.node(*n).ty.same(&Type::scalar()) && self.node(*n).deps.is_empty();
        let first = found.iter().find(|d| d.is_error());
        let (Some(n), Some(first), true) = (value.filter(number), first.cloned(), self.diags.len() == before) else {
            self.diags.truncate(before);
            self.diags.extend(found);
            return None;
        };
        let (word, group) = (
            if e.kind == EntryKind::Loss { "loss" } else { "metric" },
            &self.model.group,
        );
        let said = |l: &Label| match COMPONENTWISE.contains(&first.code) {
            true => l.text.clone(),
            false => "reads the components of vectors as plain numbers".into(),
        };
        let mut warning = Diagnostic::warning(
            "GDL0161",
            format!("the {word} `{}` is not invariant under {group}", e.name.name),
            first.labels.first().map_or(e.value.span, |l| l.span),
            first.labels.first().map_or_else(String::new, said),
        )
        .counterexample(first.counterexample)
        .note("The model stays equivariant, but what is measured, and so what is learned, depends on the frame in which the data are given.")
        .help("Compare whole vectors: `norm2(output[a] - target[a])`, or `norm` for absolute errors.");
        let more = if COMPONENTWISE.contains(&first.code) {
            usize::MAX
        } else {
            0
        };
        for label in first.labels.iter().skip(1).take(more) {
            warning = warning.label(label.span, label.text.clone());
        }
        self.diags.extend(found.into_iter().filter(|d| !d.is_error()));
        self.report(warning);
        Some(n)
    }

    /// Vectors of the declared group as lists of numbers.
    fn plain_numbers(&mut self, v: Val, span: Span) -> Val {
        match v {
            Val::Node(n) => Val::Node(self.components_of(n, span)),
            Val::Record(fields) => {
                let plain = |(name, v)| (name, self.plain_numbers(v, span));
                Val::Record(fields.into_iter().map(plain).collect())
            }
            other => other,
        }
    }

    /// Entries of the data block that are no inputs of the model become inputs of the losses.
    fn data_targets(&mut self, module: usize, t: &Train, env: &mut Env) -> R<()> {
        let Some((_, item)) = self.program.find(module, &t.data.name) else {
            let known = self.program.names(module);
            return Err(self.unknown(&t.data.name, t.data.span, "data block", &known));
        };
        let ItemKind::Data(d) = &item.kind else {
            return Err(self.error(
                "GDL0111",
                format!("`{}` is not a data block", t.data.name),
                t.data.span,
                "declare `data NAME from \"file\" { … }`",
            ));
        };
        for e in &d.entries {
            let Some(ty) = &e.ty else { continue };
            if env.get(&e.name.name).is_some() || self.kind_of(ty, env)?.is_some() {
                continue;
            }
            let n = self.input(&e.name.name, ty, env)?;
            env.set(&e.name.name, Val::Node(n));
        }
        Ok(())
    }
}
