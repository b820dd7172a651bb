//! The options of a `train` block as settings of the training loop.
//!
//! | option | values |
//! |---|---|
//! | `optimizer` | `adam(rate)`, `adamw(rate, decay = 1e-2)`, `sgd(rate, momentum = 0.9)`; more: `betas = (0.9, 0.999)`, `eps`, `nesterov = 1` |
//! | rate | a number, `one_cycle(max)`, `cosine(max, min = 0)`, `step(first, every = epochs, factor = 0.1)`, each inside `warmup(steps, rate)` |
//! | `epochs`, `batch`, `seed` | whole numbers; `batch = rows(4000, g)` bounds the nodes of `g` in a batch |
//! | `clip`, `average` | largest gradient norm, decay rate of averaged weights |
//! | `monitor` | the loss or metric that makes an epoch the best: `acc`, `max(acc)`, `min(mae)` |
//! | `patience` | epochs without improvement before a run stops |
//! | `load`, `freeze` | see [`super::tuning`] |
//! | `checkpoint` | steps after which the last checkpoint is written too, not only after each epoch |

use super::expr::{self, Call};
use super::{D, Session};
use gdl_core::check::{TrainModel, TrainOption, nearest};
use gdl_core::diag::Diagnostic;
use gdl_core::types::DomainKind;
use gdl_host::optim::{OptimSpec, Rule, Schedule};
use gdl_host::train::{BatchSize, Config, EarlyStop, Goal, Monitor};
use gdl_syntax::ast::{Expr, ExprKind};
use gdl_syntax::print::print_expr;
use serde_json::{Map, Value, json};

const CODE: &str = "GDL0141";
const KNOWN: [&str; 11] = [
    "optimizer",
    "epochs",
    "batch",
    "seed",
    "clip",
    "average",
    "monitor",
    "patience",
    "checkpoint",
    "load",
    "freeze",
];

impl Session {
    /// The settings of a training run, without folders and display.
    ///
    /// # Errors
    /// GDL0141 for an option that is not known or has another form.
    pub fn config(&self, train: &TrainModel) -> D<Config> {
        let mut config = Config::new(
            10,
            BatchSize::Samples(32),
            OptimSpec::new(Rule::adam(), Schedule::Constant(1e-3)),
            0,
        );
        let mut notes = Map::new();
        for (name, value) in &self.settings {
            notes.insert(format!("setting {name}"), json!(value));
        }
        for option in &train.options {
            self.option(option, train, &mut config)?;
            notes.insert(option.name.clone(), json!(print_expr(&option.value)));
        }
        config.settings = Value::Object(notes);
        Ok(config)
    }

    fn option(&self, o: &TrainOption, train: &TrainModel, config: &mut Config) -> D<()> {
        let v = &o.value;
        match o.name.as_str() {
            "optimizer" => {
                let (rule, schedule) = self.optimizer(v)?;
                (config.optim.rule, config.optim.schedule) = (rule, schedule);
            }
            "epochs" => config.epochs = self.count(v)?,
            "seed" => config.seed = self.count(v)?,
            "batch" => config.batch = self.batch(v, train)?,
            "clip" => config.optim.clip = Some(self.real(v)?),
            "average" => config.optim.average = Some(self.real(v)?),
            "patience" => {
                config.early_stop = Some(EarlyStop {
                    patience: self.count(v)?,
                    least: 0.0,
                })
            }
            "checkpoint" => config.checkpoint_steps = Some(self.count(v)?),
            // Read when the parameters are known (`tuning`).
            "load" | "freeze" => {}
            "monitor" => config.monitor = monitor(v, train)?,
            other => {
                let known: Vec<String> = KNOWN.map(String::from).to_vec();
                let help = match nearest(other, &known) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("There are {}.", KNOWN.join(", ")),
                };
                return Err(Box::new(
                    Diagnostic::error(
                        CODE,
                        format!("there is no option `{other}`"),
                        v.span,
                        "not an option of training",
                    )
                    .help(help),
                ));
            }
        }
        Ok(())
    }

    fn count(&self, e: &Expr) -> D<u64> {
        self.whole(e)
            .ok_or_else(|| wrong(e, "a whole number is needed here", "for example 25"))
    }

    fn real(&self, e: &Expr) -> D<f64> {
        self.number(e)
            .ok_or_else(|| wrong(e, "a number is needed here", "for example 1e-3"))
    }

    fn batch(&self, e: &Expr, train: &TrainModel) -> D<BatchSize> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        match expr::call(e) {
            Some(c) if c.word == "rows" => {
                c.only(CODE, &["most", "of"], 2)?;
                let (Some(most), Some(of)) = (c.arg(0, "most"), c.arg(1, "of")) else {
                    return Err(wrong(
                        e,
                        "`rows` takes a number and a domain",
                        "`rows(4000, g)` or `rows(90000, g.edges)`",
                    ));
                };
                let dim = counted(of, train)
                    .ok_or_else(|| wrong(of, "the data has nothing of this name to count", "`g` or `g.edges`"))?;
                Ok(BatchSize::Rows {
                    dim,
                    most: size(self.count(most)?),
                })
            }
            _ => Ok(BatchSize::Samples(size(self.count(e)?))),
        }
    }

    fn optimizer(&self, e: &Expr) -> D<(Rule, Schedule)> {
        let forms = "`adam(1e-3)`, `adamw(one_cycle(1e-2), decay = 1e-2)`, `sgd(0.1, momentum = 0.9)`";
        let Some(c) = expr::call(e) else {
            return Err(wrong(e, "an optimizer is needed here", forms));
        };
        let optional =
            |place: usize, name: &str, default: f64| c.arg(place, name).map_or(Ok(default), |v| self.real(v));
        let rule = match c.word {
            "sgd" => {
                c.only(CODE, &["rate", "momentum", "decay", "nesterov"], 1)?;
                Rule::Sgd {
                    momentum: optional(9, "momentum", 0.0)?,
                    nesterov: optional(9, "nesterov", 0.0)? != 0.0,
                    decay: optional(9, "decay", 0.0)?,
                }
            }
            "adam" | "adamw" => {
                c.only(CODE, &["rate", "betas", "eps", "decay"], 1)?;
                let (beta1, beta2) = self.betas(&c)?;
                let eps = optional(9, "eps", 1e-8)?;
                match c.word {
                    "adam" => Rule::Adam {
                        beta1,
                        beta2,
                        eps,
                        decay: optional(9, "decay", 0.0)?,
                    },
                    _ => Rule::AdamW {
                        beta1,
                        beta2,
                        eps,
                        decay: optional(9, "decay", 1e-2)?,
                    },
                }
            }
            _ => return Err(wrong(e, &format!("there is no optimizer `{}`", c.word), forms)),
        };
        match c.arg(0, "rate") {
            Some(rate) => Ok((rule, self.schedule(rate, 8)?)),
            None => Err(wrong(e, "the learning rate is missing", forms)),
        }
    }

    fn betas(&self, c: &Call<'_>) -> D<(f64, f64)> {
        let Some(e) = c.arg(9, "betas") else {
            return Ok((0.9, 0.999));
        };
        match &e.kind {
            ExprKind::Tuple(list) if list.len() == 2 => Ok((self.real(&list[0].value)?, self.real(&list[1].value)?)),
            _ => Err(wrong(e, "two numbers are needed here", "`betas = (0.9, 0.999)`")),
        }
    }

    fn schedule(&self, e: &Expr, depth: u32) -> D<Schedule> {
        if let Some(rate) = self.number(e) {
            return Ok(Schedule::Constant(rate));
        }
        let forms = "a number, `one_cycle(max)`, `cosine(max)`, `step(first, every = 10)`, `warmup(100, rate)`";
        let Some(c) = expr::call(e).filter(|_| depth > 0) else {
            return Err(wrong(e, "a learning rate is needed here", forms));
        };
        let need = |place: usize, name: &str| {
            c.arg(place, name)
                .ok_or_else(|| wrong(e, &format!("`{}` needs `{name}`", c.word), forms))
        };
        Ok(match c.word {
            "one_cycle" => {
                c.only(CODE, &["max"], 1)?;
                Schedule::OneCycle {
                    max: self.real(need(0, "max")?)?,
                }
            }
            "cosine" => {
                c.only(CODE, &["max", "min"], 2)?;
                Schedule::Cosine {
                    max: self.real(need(0, "max")?)?,
                    min: c.arg(1, "min").map_or(Ok(0.0), |v| self.real(v))?,
                }
            }
            "step" => {
                c.only(CODE, &["first", "every", "factor"], 3)?;
                let factor = c.arg(2, "factor").map_or(Ok(0.1), |v| self.real(v))?;
                Schedule::Step {
                    first: self.real(need(0, "first")?)?,
                    epochs: self.count(need(1, "every")?)?,
                    factor,
                }
            }
            "warmup" => {
                c.only(CODE, &["steps", "then"], 2)?;
                Schedule::Warmup {
                    steps: self.count(need(0, "steps")?)?,
                    then: Box::new(self.schedule(need(1, "then")?, depth - 1)?),
                }
            }
            _ => return Err(wrong(e, "a learning rate is needed here", forms)),
        })
    }
}

/// The dim that an expression such as `g`, `g.nodes` or `g.edges` means.
fn counted(e: &Expr, train: &TrainModel) -> Option<String> {
    let (domain, part) = match &e.kind {
        ExprKind::Field { base, name } => (expr::name(base)?, name.name.as_str()),
        _ => (expr::name(e)?, "nodes"),
    };
    let known = train.model.domains.iter().find(|d| d.name == domain)?;
    let edges = matches!(
        known.kind,
        DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Mesh
    );
    match part {
        "nodes" | "verts" => Some(domain.into()),
        "edges" if edges => Some(format!("{domain}.edges")),
        _ => None,
    }
}

fn monitor(e: &Expr, train: &TrainModel) -> D<Monitor> {
    let forms = "`monitor = max(acc)` or `monitor = min(mae)`";
    let Some(c) = expr::call(e) else {
        return Err(wrong(e, "a loss or metric is needed here", forms));
    };
    let (goal, inner) = match (c.word, c.arg(0, "of")) {
        ("max", Some(of)) => (Goal::Max, of),
        ("min", Some(of)) => (Goal::Min, of),
        _ => (Goal::Min, e),
    };
    match expr::name(inner) {
        Some(n) if train.losses.iter().chain(&train.metrics).any(|(m, _)| m == n) => Ok(Monitor {
            name: Some(n.into()),
            goal,
        }),
        _ => Err(wrong(inner, "a loss or metric of this block is needed here", forms)),
    }
}

fn wrong(e: &Expr, title: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(CODE, title, e.span, "not that").help(format!("Write {help}.")))
}
