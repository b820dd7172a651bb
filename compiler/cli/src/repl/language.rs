//! Expressions of the language: checked by the checker with what the session has given, run through compiled code.
//!
//! There is no other way to compute with signals: `x + y` at the prompt is a model with two inputs.

use super::tensor::{Elem, Tensor, declared_rep};
use super::value::{Function, Value};
use crate::Failure;
use crate::session::D;
use crate::session::backend::Engine;
use crate::session::domain::{self, Domain};
use crate::session::programs::specs;
use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance};
use gdl_core::check::{Checked, Given, Val, check_expression};
use gdl_core::diag::Diagnostic;
use gdl_core::ir::Func;
use gdl_core::lower::{self, Lowered, reps};
use gdl_core::modules::Program;
use gdl_core::scene::{self, Elements, Place, Run};
use gdl_core::typed::{Model, NodeId};
use gdl_core::types::{self, DomainId, DomainKind, Set};
use gdl_host::params::Params;
use gdl_host::train::load_params;
use gdl_rep::{Exact, Group, Rep};
use gdl_runtime::{Array, Program as _};
use gdl_syntax::ast::{Expr, ExprKind};
use std::path::PathBuf;
use std::sync::Arc;

/// The seed of weights that nobody loaded.
const SEED: u64 = 0;

/// An expression with the values that names in it have.
pub struct Sentence<'a> {
    /// The program whose items it may use.
    pub program: &'a Program,
    /// The group for what names none.
    pub group: &'a Group,
    /// Names and their values, all of the language.
    pub given: &'a [(String, Value)],
    /// The expression.
    pub expr: &'a Expr,
}

/// The value of an expression, with warnings.
///
/// # Errors
/// The diagnostics of the checker; that of a group that is not one; what went wrong while running.
pub fn evaluate(sentence: &Sentence<'_>) -> Result<(Value, Vec<Diagnostic>), Vec<Diagnostic>> {
    let one = |d: Box<Diagnostic>| vec![*d];
    let group = group_of(sentence).map_err(one)?;
    let mut scene = Scene::default();
    let given = scene.give_all(sentence.given);
    let (checked, diags) = check_expression(sentence.program, &group, &given, sentence.expr);
    match checked {
        None => Err(diags),
        Some(Checked::Known(v, run)) => known(&v, &run, sentence).map(|v| (v, diags)).map_err(one),
        Some(Checked::Model(run)) => {
            scene.add_written(&run, sentence.expr).map_err(one)?;
            let outputs = scene.run(&run.model, None, sentence.expr).map_err(one)?;
            Ok((joined(outputs), diags))
        }
    }
}

/// The program of an expression that is computed, in tensor IR; none if it is known at compile time.
///
/// # Errors
/// The first error of the checker.
pub fn program(sentence: &Sentence<'_>) -> D<Option<Func>> {
    let group = group_of(sentence)?;
    let mut scene = Scene::default();
    let given = scene.give_all(sentence.given);
    let (checked, diags) = check_expression(sentence.program, &group, &given, sentence.expr);
    match (checked, diags.into_iter().find(Diagnostic::is_error)) {
        (_, Some(d)) => Err(Box::new(d)),
        (Some(Checked::Model(run)), _) => Ok(Some(lower::lower_model(&run.model)?.func)),
        _ => Ok(None),
    }
}

/// One output is the value itself, several are a record.
pub fn joined(mut outputs: Vec<(String, Tensor)>) -> Value {
    match outputs.as_slice() {
        [(name, _)] if name == "output" => Value::Tensor(outputs.swap_remove(0).1),
        _ => Value::record(outputs.into_iter().map(|(n, t)| (n, Value::Tensor(t)))),
    }
}

/// The group of the values, O(3) for its irreps, else that of the session.
fn group_of(sentence: &Sentence<'_>) -> D<Group> {
    let mut found: Option<(&str, Group)> = None;
    for (name, value) in sentence.given {
        let Some(g) = value_group(value) else { continue };
        match &found {
            Some((other, h)) if *h != g => {
                let d = Diagnostic::error(
                    "GDL0203",
                    "these values belong to different groups",
                    sentence.expr.span,
                    format!("{h} acts on one, {g} on another"),
                );
                let d = if other.starts_with('%') || name.starts_with('%') {
                    d
                } else {
                    d.note(format!("`{other}` belongs to {h}, `{name}` to {g}."))
                };
                return Err(Box::new(d.help(
                    "Bring both to one group: `restrict(V, H)` restricts a representation to a subgroup.",
                )));
            }
            _ => found = Some((name, g)),
        }
    }
    Ok(match found {
        Some((_, g)) => g,
        None if has_irrep(sentence.expr) && !matches!(sentence.group, Group::O3 | Group::SO3) => Group::O3,
        None => sentence.group.clone(),
    })
}

fn value_group(value: &Value) -> Option<Group> {
    match value {
        Value::Rep(r) if !r.is_trivial() => Some(r.group.clone()),
        Value::Tensor(t) => t.group().cloned(),
        Value::List(items) => items.iter().find_map(value_group),
        Value::Record(fields) => fields.iter().find_map(|(_, v)| value_group(v)),
        _ => None,
    }
}

/// Whether an irrep of O(3) is written in an expression.
fn has_irrep(e: &Expr) -> bool {
    let mut found = false;
    gdl_core::walk::expressions(e, &mut |e| found |= matches!(e.kind, ExprKind::Irrep { .. }));
    found
}

/// Trained weights.
pub struct Weights {
    /// The file.
    pub file: PathBuf,
    /// The program of the model, if it was read from a file: its hash must be that of the weights.
    pub source: Option<crate::session::Session>,
}

/// An output of a program.
struct Output {
    decl: ArrayDecl,
    /// The sizes it was computed with.
    instance: Arc<Instance>,
    data: Vec<f64>,
}

/// The domains and signals that a program is run on.
#[derive(Default)]
pub struct Scene {
    domains: Vec<(String, Arc<Domain>)>,
    /// Those that an expression has a name for.
    called: Vec<u32>,
    inputs: Vec<(String, Tensor)>,
}

impl Scene {
    /// What the checker is told of values: domains first, for signals refer to them.
    fn give_all(&mut self, values: &[(String, Value)]) -> Vec<(String, Given)> {
        let mut given: Vec<(String, Given)> = Vec::new();
        for (name, value) in values {
            given.push((name.clone(), self.give(name, value)));
        }
        given.retain(|(_, g)| !matches!(g, Given::Domain(..)));
        let domains = self
            .domains
            .iter()
            .map(|(n, d)| (n.clone(), Given::Domain(d.declared(n), d.elements())));
        domains.chain(given).collect()
    }

    /// What the checker is told of a value. Its domains and numbers are remembered.
    fn give(&mut self, name: &str, value: &Value) -> Given {
        match value {
            Value::Domain(d) => {
                let at = self.number(d);
                if self.called.contains(&at) {
                    return Given::Known(Val::Domain(DomainId(at)));
                }
                match self.domains.get_mut(at as usize) {
                    Some((n, _)) => *n = name.into(),
                    None => self.domains.push((name.into(), d.clone())),
                }
                self.called.push(at);
                Given::Domain(d.declared(name), d.elements())
            }
            Value::Tensor(t) => {
                for (d, _) in &t.over {
                    self.domain(d);
                }
                self.inputs.push((name.into(), t.clone()));
                Given::Signal(t.declared(|d| self.number(d)))
            }
            other => Given::Known(to_val(other)),
        }
    }

    fn domain(&mut self, d: &Arc<Domain>) {
        if !self.domains.iter().any(|(_, e)| e == d) {
            let k = self.domains.iter().filter(|(_, e)| e.word() == d.word()).count();
            let name = if k == 0 {
                d.word().to_string()
            } else {
                format!("{}{}", d.word(), k + 1)
            };
            self.domains.push((name, d.clone()));
        }
    }

    /// The place of a domain, the next free one if it is new.
    fn number(&self, d: &Arc<Domain>) -> u32 {
        let known = self.domains.iter().position(|(_, e)| e == d);
        known.unwrap_or(self.domains.len()) as u32
    }

    /// Names its domains as a model does, in order.
    pub fn rename(&mut self, model: &Model, bound: &[(DomainId, Arc<Domain>)]) {
        self.domains = bound
            .iter()
            .map(|(id, d)| (model.domains[id.0 as usize].name.clone(), d.clone()))
            .collect();
    }

    /// What the expression itself writes down: domains, and signals after those that are given.
    fn add_written(&mut self, run: &Run, at: &Expr) -> D<()> {
        for place in run.places.iter().skip(self.domains.len()) {
            if let Some(elements) = &place.elements {
                let d = placed(elements, &place.domain.kind, at)?;
                self.domains.push((place.domain.name.clone(), d));
            }
        }
        let first = run.model.inputs.len() - run.inputs.len();
        for (input, data) in run.model.inputs[first..].iter().zip(&run.inputs) {
            let numbers = match data {
                scene::Given::Numbers(list) => list.clone(),
                scene::Given::Labels(list) => list.iter().map(|&l| f64::from(l)).collect(),
                // Only statements of tests draw.
                scene::Given::Drawn(_) => continue,
            };
            self.inputs.push((input.name.clone(), Tensor::numbers(numbers)));
        }
        Ok(())
    }

    /// The signals that a model is to be run on.
    pub fn set_inputs(&mut self, inputs: Vec<(String, Tensor)>) {
        self.inputs = inputs;
    }

    /// Runs a model: its outputs by name.
    ///
    /// # Errors
    /// If it cannot be lowered, compiled, or run on these domains; or if the weights are not its own.
    pub fn run(&self, model: &Model, weights: Option<&Weights>, at: &Expr) -> D<Vec<(String, Tensor)>> {
        let lowered = lower::lower_model(model)?;
        let failed = |f: Failure| Box::new(failure(f, at));
        let outputs = self.execute(&lowered, weights).map_err(failed)?;
        let mut out = Vec::new();
        for ((name, id), output) in model.outputs.iter().zip(outputs) {
            out.push((name.clone(), self.tensor(model, *id, output)));
        }
        Ok(out)
    }

    fn execute(&self, lowered: &Lowered, weights: Option<&Weights>) -> Result<Vec<Output>, Failure> {
        let engine = Engine::cranelift(true, Some(1));
        let mut program = engine.compile(&lowered.func)?;
        if let Some(flag) = gdl_rep::stop::flag() {
            program.stop_when(flag);
        }
        let signature = program.signature().clone();
        let mut params = Params::init(&signature, &specs(&lowered.params), SEED, true)?;
        if let Some(w) = weights {
            let hash = w.source.as_ref().map(|s| s.hash_of(&lowered.params));
            load_params(&w.file, &mut params, hash.as_deref())?;
        }
        let mut door = DoorSizes {
            samples: 1,
            ..DoorSizes::default()
        };
        for (name, d) in &self.domains {
            d.enter(name, &mut door);
        }
        let instance = Instance::new(&signature.domains, &door).map_err(Failure::error)?;
        let inputs = signature
            .inputs
            .iter()
            .map(|d| self.array(d))
            .collect::<Result<Vec<_>, _>>()?;
        let inputs: Vec<&Array> = inputs.iter().collect();
        let mut outputs = Vec::new();
        program
            .run(&instance, &inputs, &params.of(&signature)?, &mut outputs)
            .map_err(|e| Failure::error(e.to_string()))?;
        let instance = Arc::new(instance);
        let output = |(decl, array): (&ArrayDecl, &Array)| Output {
            decl: decl.clone(),
            instance: instance.clone(),
            data: array.to_f64(),
        };
        Ok(signature.outputs.iter().zip(&outputs).map(output).collect())
    }

    /// The array of an input: a signal, or what a domain brings along.
    fn array(&self, decl: &ArrayDecl) -> Result<Array, Failure> {
        if let Some((_, t)) = self.inputs.iter().find(|(n, _)| *n == decl.name) {
            return Ok(match decl.dtype {
                Dtype::Class(_) => Array::Class(t.data.iter().map(|&x| x as u32).collect()),
                Dtype::Real => Array::F64(t.data.to_vec()),
            });
        }
        match domain::field(&self.domains, &decl.name) {
            Some(data) => Ok(Array::F64(data)),
            None => Err(Failure::error(format!("`{}` has no value here", decl.name))),
        }
    }

    /// An output as a value.
    fn tensor(&self, model: &Model, id: NodeId, output: Output) -> Tensor {
        let Output { decl, instance, data } = output;
        let ty = &model.node(id).ty;
        let elem = Elem::of(model, &ty.elem, decl.axes.last().copied().unwrap_or(1));
        Tensor::of(&ty.sets, elem, &decl.axes, data, &|d| {
            self.domain_of(model, d, &decl, &instance)
        })
    }

    /// A domain of a model: one of this scene, or a grid that the model made.
    fn domain_of(&self, model: &Model, id: DomainId, decl: &ArrayDecl, instance: &Instance) -> Arc<Domain> {
        let declared = &model.domains[id.0 as usize];
        if let Some((_, d)) = self.domains.iter().find(|(n, _)| *n == declared.name) {
            return d.clone();
        }
        let dim = decl.dim.map_or(0, |d| d.0 as usize);
        match &declared.kind {
            DomainKind::Coarse { .. } => Arc::new(Domain::Grid {
                extents: instance.extents.get(dim).cloned().unwrap_or_default(),
                wrap: false,
            }),
            _ => Arc::new(Domain::Set(instance.rows.get(dim).copied().unwrap_or(0))),
        }
    }
}

/// What went wrong while running, at an expression.
pub fn failure(f: Failure, at: &Expr) -> Diagnostic {
    let (message, help) = match f {
        Failure::Reported | Failure::Interrupted => ("it could not be run".to_string(), None),
        Failure::Error { message, help } | Failure::Usage { message, help } => (message, help),
    };
    let d = Diagnostic::error("GDL0204", message, at.span, "while running this");
    match help {
        Some(h) => d.help(h),
        None => d,
    }
}

/// A value as the checker sees it.
fn to_val(value: &Value) -> Val {
    match value {
        Value::Int(n) => Val::Int(types::Int::num(*n)),
        Value::Number(x) => Val::Num(*x),
        Value::Bool(b) => Val::Bool(*b),
        Value::Text(t) => Val::Str(t.to_string()),
        Value::Group(g) => Val::Group((**g).clone()),
        Value::Rep(r) => Val::Rep(declared_rep(r, None)),
        Value::List(items) => Val::List(items.iter().map(to_val).collect()),
        Value::Record(fields) => Val::Record(fields.iter().map(|(n, v)| (n.clone(), to_val(v))).collect()),
        _ => Val::Poison,
    }
}

/// A domain that was written down.
fn placed(elements: &Elements, kind: &DomainKind, at: &Expr) -> D<Arc<Domain>> {
    match Domain::written(elements, kind) {
        Ok(d) => Ok(Arc::new(d)),
        Err(why) => Err(Box::new(Diagnostic::error("GDL0203", why, at.span, "no such domain"))),
    }
}

/// What the checker found out, as a value.
fn known(v: &Val, run: &Run, sentence: &Sentence<'_>) -> D<Value> {
    let model = &run.model;
    let none = |what: String| {
        Box::new(Diagnostic::error(
            "GDL0202",
            "this has no value at the prompt",
            sentence.expr.span,
            what,
        ))
    };
    Ok(match v {
        Val::Int(n) => match n.value() {
            Some(n) => Value::Int(n),
            None => return Err(none(format!("`{n}` is not known"))),
        },
        Val::Num(x) => Value::Number(*x),
        Val::Bool(b) => Value::Bool(*b),
        Val::Str(s) => Value::text(s.as_str()),
        Val::Group(g) => Value::group(g.clone()),
        Val::Rep(r) => match concrete(r, model) {
            Some(r) => Value::rep(r),
            None => Value::Type(r.to_string().into()),
        },
        Val::Type(t) if t.sets.is_empty() => match t.as_rep().and_then(|r| concrete(r, model)) {
            Some(r) => Value::rep(r),
            None => Value::Type(type_words(t).into()),
        },
        Val::Type(t) => Value::Type(type_words(t).into()),
        Val::Domain(d) => match run.places.get(d.0 as usize) {
            Some(Place {
                domain,
                elements: Some(e),
            }) => Value::Domain(placed(e, &domain.kind, sentence.expr)?),
            _ => return Err(none("this is a domain".into())),
        },
        Val::Set(s) => Value::Type(s.to_string().into()),
        Val::List(items) => Value::list(items.iter().map(|v| known(v, run, sentence)).collect::<D<Vec<_>>>()?),
        Val::Record(fields) => {
            let mut out = Vec::new();
            for (n, v) in fields {
                out.push((n.clone(), known(v, run, sentence)?));
            }
            Value::Record(out.into())
        }
        Val::Word(_) | Val::Layer(_) => Value::Function(Arc::new(Function {
            callee: sentence.expr.clone(),
            args: vec![],
            given: sentence.given.to_vec(),
            weights: None,
        })),
        other => return Err(none(format!("this is {}", other.describe()))),
    })
}

fn type_words(t: &types::Type) -> String {
    let sets: String = t.sets.iter().map(|s| format!("{s} -> ")).collect();
    sets + &elem_words(&t.elem)
}

/// What a value is, in the language's words.
pub fn elem_words(e: &types::Elem) -> String {
    match e {
        types::Elem::Rep(r) => r.to_string(),
        types::Elem::Point(_) => "point".into(),
        types::Elem::Index(Set::Range(n)) => format!("class({n})"),
        types::Elem::Index(s) => s.to_string(),
    }
}

/// A representation without unknowns.
fn concrete(r: &types::Rep, model: &Model) -> Option<Rep> {
    reps::concrete(model, r).map(|(_, r)| r)
}

/// A number as a value: whole ones are integers.
pub fn number(x: Exact) -> Value {
    match x.as_int() {
        Some(n) => Value::Int(n),
        None => Value::Number(x),
    }
}
