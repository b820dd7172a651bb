//! Typed programs to tensor IR.
//!
//! Before: a checked [`Model`]. After: an [`ir::Func`] in which representations, contexts and layers are gone.
//!
//! # Frames
//! A typed node that depends on index variables becomes an array with one row for every value of those variables. Which dim the rows
//! are of follows from the variables alone, not from where the node was written: a node that depends on `j` only is computed once for
//! every node of the graph, and gathered along `e ↦ src(e)` where an edge needs it. So invariant parts move out of reductions, and
//! every reduction is a pullback, some arithmetic, and a push-forward.
//!
//! Layout of an array: rows, then one axis for each static variable, then the static sets of the type, then the components.

mod algebra;
mod basis;
mod choices;
pub mod e3nn;
mod frame;
mod guard;
mod harmonics;
mod indices;
mod inputs;
mod loops;
mod maps;
mod ops;
mod params;
mod reads;
mod reduce;
pub mod reps;

pub use loops::args;
pub use params::{ParamInfo, SpaceInit};

use crate::check::TrainModel;
use crate::diag::Diagnostic;
use crate::ir::{Builder, Func, Value};
use crate::typed::{Draw, Model, NodeId, ParamId, TOp, VarId};
use frame::{Low, Rows};
use gdl_syntax::ast::Span;
use maps::MapLow;
use std::collections::{BTreeSet, HashMap};

/// What the program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics are read, random draws are replaced by their means.
    Run,
    /// Statistics are those of the batch, random draws are inputs.
    Train,
}

/// A lowered program and what its arrays mean.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The program.
    pub func: Func,
    /// Its parameters: learned ones first, then statistics.
    pub params: Vec<ParamInfo>,
    /// How many of them are learned.
    pub learned: usize,
    /// Statistics that the program computes: (position among the parameters, position among the outputs).
    pub stat_outputs: Vec<(usize, usize)>,
    /// Random inputs: their positions among the inputs, and how they are drawn.
    pub randoms: Vec<(usize, Draw)>,
}

/// A result whose error is a diagnostic.
pub(crate) type L<T> = Result<T, Box<Diagnostic>>;

/// Lowers the named nodes of a model to a program with those outputs.
///
/// # Errors
/// GDL0131 for a combination of indices that has no lowering.
pub fn lower(model: &Model, outputs: &[(String, NodeId)], mode: Mode) -> Result<Lowered, Box<Diagnostic>> {
    let mut l = Lowerer::new(model, mode);
    l.declare_inputs();
    l.declare_params()?;
    let mut results = Vec::new();
    let mut names = Vec::new();
    for (name, id) in outputs {
        let v = l.output(*id)?;
        results.push(v);
        names.push(name.clone());
    }
    let mut stat_outputs = Vec::new();
    for (stat, v) in l.stat_values.clone() {
        stat_outputs.push((l.stat_base + stat.0 as usize, results.len()));
        results.push(v);
        names.push(format!("stat.{}", model.stats[stat.0 as usize].param.name));
    }
    let span = model.nodes.first().map_or_else(Span::default, |n| n.span);
    let b = l.levels.swap_remove(0).b;
    let func = match b.finish(names.into_iter().zip(results)) {
        Ok(f) => f,
        Err(why) => {
            return Err(Box::new(
                Diagnostic::error(
                    "GDL0132",
                    "the compiler made a program that is not well formed",
                    span,
                    why,
                )
                .help("This is a defect of the compiler; please report it."),
            ));
        }
    };
    Ok(Lowered {
        func,
        learned: l.stat_base,
        params: l.params,
        stat_outputs,
        randoms: l.randoms,
    })
}

/// Lowers a model to run it.
pub fn lower_model(model: &Model) -> Result<Lowered, Box<Diagnostic>> {
    lower(model, &model.outputs, Mode::Run)
}

/// The programs of a `train` block.
#[derive(Clone, Debug)]
pub struct LoweredTrain {
    /// One step, without gradients: `loss`, then the losses and metrics by name, then statistics of the batch.
    pub step: Lowered,
    /// The same numbers with stored statistics and without random draws.
    pub eval: Lowered,
}

/// Lowers a model with its losses and metrics.
pub fn lower_train(t: &TrainModel) -> Result<LoweredTrain, Box<Diagnostic>> {
    let mut outputs = vec![("loss".to_string(), t.total)];
    outputs.extend(t.losses.iter().chain(&t.metrics).cloned());
    Ok(LoweredTrain {
        step: lower(&t.model, &outputs, Mode::Train)?,
        eval: lower(&t.model, &outputs, Mode::Run)?,
    })
}

/// Lowers the statistics that are found in one pass over the data before training: outputs in the order of those statistics.
pub fn lower_stats(model: &Model) -> Result<Lowered, Box<Diagnostic>> {
    let mut outputs = Vec::new();
    for n in &model.nodes {
        if let TOp::Stat { stat, value } = n.op {
            let decl = &model.stats[stat.0 as usize];
            if decl.over_data {
                outputs.push((decl.param.name.clone(), value));
            }
        }
    }
    lower(model, &outputs, Mode::Run)
}

/// One body under construction: the program itself, or that of a loop.
struct Level {
    b: Builder,
    cache: HashMap<NodeId, Lowered1>,
    /// Values of the level below and the argument numbers they have here.
    captures: Vec<(Value, Value)>,
    /// Arguments before the captures.
    first_capture: u32,
    /// The loop whose body this is.
    of: Option<u32>,
    /// The level in which that loop stands (loops are lowered when they are needed, so not always the one before).
    below: usize,
    /// For a scan: stacked signals read at the step, by node.
    xs: Vec<(NodeId, Value)>,
}

/// A lowered node.
#[derive(Clone)]
enum Lowered1 {
    Tensor(Low),
    Map(MapLow),
    /// Results of a loop.
    Loop(Vec<Low>),
}

struct Lowerer<'m> {
    model: &'m Model,
    mode: Mode,
    levels: Vec<Level>,
    cur: usize,
    inputs: Vec<Value>,
    fields: HashMap<String, u32>,
    param_values: Vec<Value>,
    params: Vec<ParamInfo>,
    /// Where the parts of each parameter stand.
    param_at: Vec<usize>,
    stat_base: usize,
    stat_values: Vec<(ParamId, Value)>,
    randoms: Vec<(usize, Draw)>,
    /// Loops on whose states each node depends.
    loops_of: Vec<BTreeSet<u32>>,
}

impl<'m> Lowerer<'m> {
    fn new(model: &'m Model, mode: Mode) -> Lowerer<'m> {
        let level = Level {
            b: Builder::new(&model.name),
            cache: HashMap::new(),
            captures: Vec::new(),
            first_capture: 0,
            of: None,
            below: 0,
            xs: Vec::new(),
        };
        Lowerer {
            model,
            mode,
            levels: vec![level],
            cur: 0,
            inputs: Vec::new(),
            fields: HashMap::new(),
            param_values: Vec::new(),
            params: Vec::new(),
            param_at: Vec::new(),
            stat_base: 0,
            stat_values: Vec::new(),
            randoms: Vec::new(),
            loops_of: loops::loop_deps(model),
        }
    }

    fn b(&mut self) -> &mut Builder {
        &mut self.levels[self.cur].b
    }

    /// Moves to another level; dims and maps go along.
    fn go(&mut self, level: usize) {
        if level != self.cur {
            let domains = std::mem::take(self.levels[self.cur].b.domains());
            *self.levels[level].b.domains() = domains;
            self.cur = level;
        }
    }

    /// An output in its natural rows: signals on their sets, anything else one row a sample.
    fn output(&mut self, id: NodeId) -> L<Value> {
        let low = self.tensor(id)?;
        Ok(match (&low.rows, &self.model.node(id).op) {
            (Rows::Const, _) if self.batch_wide(id) => low.v,
            (Rows::Const, _) if self.mode == Mode::Train => low.v,
            (Rows::Const, _) => self.coerce(&low, &Rows::Sample, &[], self.model.node(id).span)?,
            _ => low.v,
        })
    }

    /// Whether a node is a number of the whole batch.
    fn batch_wide(&self, id: NodeId) -> bool {
        let mut wide = Vec::with_capacity(id.0 as usize + 1);
        for n in &self.model.nodes[..=id.0 as usize] {
            let inherits = loops::args(self.model, &n.op).iter().any(|a| wide[a.0 as usize]);
            wide.push(inherits || matches!(n.op, TOp::BatchMean { .. }));
        }
        wide[id.0 as usize]
    }

    /// The array of a node.
    fn tensor(&mut self, id: NodeId) -> L<Low> {
        match self.low(id)? {
            Lowered1::Tensor(t) => Ok(t),
            Lowered1::Map(m) => self.map_as_tensor(&m, self.model.node(id).span),
            Lowered1::Loop(_) => Err(self.unsupported("a loop is not a value", self.model.node(id).span)),
        }
    }

    fn low(&mut self, id: NodeId) -> L<Lowered1> {
        let home = self.home(id);
        if home == self.cur {
            if let Some(l) = self.levels[self.cur].cache.get(&id) {
                return Ok(l.clone());
            }
            let saved = std::mem::replace(&mut self.b().origin, id.0);
            let l = self.lower_node(id)?;
            self.b().origin = saved;
            self.levels[self.cur].cache.insert(id, l.clone());
            return Ok(l);
        }
        let here = self.cur;
        self.go(home);
        let l = self.low(id);
        self.go(here);
        let l = l?;
        let imported = self.import(l, home);
        self.levels[self.cur].cache.insert(id, imported.clone());
        Ok(imported)
    }

    /// The level a node belongs to: the innermost open loop on which it depends.
    fn home(&self, id: NodeId) -> usize {
        let deps = &self.loops_of[id.0 as usize];
        let mut k = self.cur;
        while self.levels[k].of.is_some_and(|of| !deps.contains(&of)) {
            k = self.levels[k].below;
        }
        k
    }

    pub(crate) fn unsupported(&self, what: &str, span: Span) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error("GDL0131", "this combination has no lowering", span, what.to_string())
                .help("Name an intermediate signal (`u[i] = …`) so that each reduction sees one or two indices."),
        )
    }

    fn var_set(&self, v: VarId) -> &crate::types::Set {
        &self.model.var(v).set
    }
}
