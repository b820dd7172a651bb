//! Models on values: the signature's domains come with the signals, as they do between layers.

use super::language::{self, Scene, Weights};
use super::methods::Argument;
use super::session::Session;
use super::tensor::{Elem, Tensor, declared_rep};
use super::value::Value;
use crate::session::D;
use crate::session::domain::Domain;
use crate::source::Source;
use gdl_core::check::{LayerRef, check_model};
use gdl_core::diag::Diagnostic;
use gdl_core::typed::{Input, Model};
use gdl_core::types::{self, DomainId, Set};
use gdl_rep::Rep;
use gdl_syntax::ast::{Callable, Expr, Span};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A checked model.
///
/// # Errors
/// The first error of the checker.
pub fn checked(session: &Session, model: &Callable) -> D<Model> {
    let layer = Rc::new(LayerRef {
        module: session.program.root(),
        callable: model.clone(),
        is_model: true,
    });
    let (found, diags) = check_model(&session.program, &layer);
    match (found, diags.into_iter().find(Diagnostic::is_error)) {
        (Some(m), None) => Ok(m),
        (_, Some(d)) => Err(Box::new(d)),
        (None, None) => Err(Box::new(Diagnostic::error(
            "GDL0204",
            format!("`{}` cannot be run", model.name.name),
            model.name.span,
            "it is rejected",
        ))),
    }
}

/// Calls a model.
///
/// # Errors
/// If the arguments do not fit its signature, or it cannot be run.
pub fn call(session: &Session, model: &Callable, weights: Option<&Path>, args: &[Argument], e: &Expr) -> D<Value> {
    let m = checked(session, model)?;
    let usage = usage(model);
    let wrong = |title: String, span: Span, label: String| {
        Box::new(Diagnostic::error("GDL0202", title, span, label).help(format!("It is `{usage}`.")))
    };
    let mut bound: Vec<Option<Arc<Domain>>> = vec![None; m.domains.len()];
    let mut signals: Vec<Option<(Tensor, Span)>> = m.inputs.iter().map(|_| None).collect();
    // A sample of data: what the model needs of it, by name.
    let spread = match args {
        [
            Argument {
                name: None,
                value: Value::Record(fields),
                span,
            },
        ] => Some(
            fields
                .iter()
                .filter(|(n, _)| m.inputs.iter().any(|i| i.name == *n) || m.domains.iter().any(|d| d.name == *n))
                .map(|(n, value)| Argument {
                    name: Some(n.clone()),
                    value: value.clone(),
                    span: *span,
                })
                .collect::<Vec<_>>(),
        ),
        _ => None,
    };
    let args = spread.as_deref().filter(|list| !list.is_empty()).unwrap_or(args);
    for a in args {
        let place = match (&a.name, &a.value) {
            (Some(n), Value::Domain(_)) => m.domains.iter().position(|d| d.name == *n),
            (Some(n), _) => m.inputs.iter().position(|i| i.name == *n),
            (None, Value::Domain(_)) => (0..bound.len()).find(|&k| bound[k].is_none()),
            (None, _) => (0..signals.len()).find(|&k| signals[k].is_none()),
        };
        let Some(k) = place else {
            let label = match &a.name {
                Some(n) => format!("it has no `{n}`"),
                None => "one too many".into(),
            };
            return Err(wrong(format!("`{}` takes other arguments", m.name), a.span, label));
        };
        match &a.value {
            Value::Domain(d) => bound[k] = Some(d.clone()),
            Value::Tensor(t) => signals[k] = Some((t.clone(), a.span)),
            v => match super::methods::numbers(v) {
                Some(list) => signals[k] = Some((Tensor::numbers(list), a.span)),
                None if matches!(v, Value::Samples(_)) => {
                    let title = format!("`{}` runs on one sample", m.name);
                    let d = Diagnostic::error("GDL0202", title, a.span, format!("this is {}", v.kind()));
                    return Err(Box::new(d.help("Take one by its number: `D[0]`.")));
                }
                None => {
                    return Err(wrong(
                        format!("`{}` needs a signal", m.inputs.get(k).map_or("", |i| i.name.as_str())),
                        a.span,
                        format!("this is {}", v.kind()),
                    ));
                }
            },
        }
    }
    let mut inputs = Vec::new();
    for (input, given) in m.inputs.iter().zip(signals) {
        let Some((t, span)) = given else {
            return Err(wrong(
                format!("`{}` needs `{}`", m.name, input.name),
                e.span,
                "an argument is missing".into(),
            ));
        };
        let t = fit(&m, input, t, &mut bound).map_err(|why| {
            let title = format!("`{}` of `{}` is something else", input.name, m.name);
            wrong(title, span, why)
        })?;
        inputs.push((input.name.clone(), t));
    }
    let mut scene = Scene::default();
    let mut domains = Vec::new();
    for (k, (d, declared)) in bound.into_iter().zip(&m.domains).enumerate() {
        match d {
            Some(d) => domains.push((DomainId(k as u32), d)),
            None if declared.kind.is_derived() => {}
            None => {
                return Err(wrong(
                    format!("`{}` needs the domain `{}`", m.name, declared.name),
                    e.span,
                    "no argument brings it along".into(),
                ));
            }
        }
    }
    scene.rename(&m, &domains);
    scene.set_inputs(inputs);
    let weights = match weights {
        Some(file) => Some(loaded(session, model, file, e)?),
        None => None,
    };
    let outputs = scene.run(&m, weights.as_ref(), e)?;
    Ok(language::joined(outputs))
}

/// Weights for a model, with the program that it was read from.
fn loaded(session: &Session, model: &Callable, file: &Path, e: &Expr) -> D<Weights> {
    let found = session.program.find(session.program.root(), &model.name.name);
    let path = found.map(|(module, _)| PathBuf::from(&session.program.modules[module].path));
    let source = match path.filter(|p| session.files.contains(p)) {
        Some(p) => {
            let source = Source::read(&p, &[]).map_err(|f| Box::new(language::failure(f, e)))?;
            Some(crate::session::Session::new(source))
        }
        None => None,
    };
    Ok(Weights {
        file: file.into(),
        source,
    })
}

/// A signal as an input: its domains are bound, and plain numbers read as what the input asks for.
fn fit(m: &Model, input: &Input, mut t: Tensor, bound: &mut [Option<Arc<Domain>>]) -> Result<Tensor, String> {
    let mut over = t.over.iter();
    let mut inner = 0;
    for set in &input.ty.sets {
        let id = match set {
            Set::Nodes(d) | Set::Edges(d) => d.0 as usize,
            _ => {
                inner += 1;
                continue;
            }
        };
        let edges = matches!(set, Set::Edges(_));
        let Some((d, on_edges)) = over.next() else {
            return Err(format!("it lives on `{}`; this is a single value", m.domains[id].name));
        };
        if edges != *on_edges || !d.fits(&m.domains[id].kind) {
            return Err(format!(
                "it lives on `{}`, a {}; this lives on a {}",
                m.domains[id].name,
                kind_word(&m.domains[id].kind),
                d.words()
            ));
        }
        match &bound[id] {
            Some(known) if known != d => {
                return Err(format!(
                    "it lives on `{}`, which another argument brings along",
                    m.domains[id].name
                ));
            }
            _ => bound[id] = Some(d.clone()),
        }
    }
    if over.next().is_some() || inner != t.inner.len() {
        return Err(format!("it has the type `{}`", t.words()));
    }
    let wanted = match &input.ty.elem {
        types::Elem::Rep(r) => r,
        types::Elem::Index(s) => {
            t.elem = Elem::Class(s.clone());
            return Ok(t);
        }
        types::Elem::Point(_) => return Ok(t),
    };
    let width = wanted.dim(&m.group).and_then(|n| n.value());
    let same = match &t.elem {
        Elem::Rep(r) => r.is_trivial() || declared_rep(r, None).same(wanted),
        Elem::Tangent(_) => wanted.gauge.is_some(),
        _ => false,
    };
    if !same || width != Some(t.width() as i64) {
        return Err(format!("`{wanted}` is needed, this is `{}`", t.words()));
    }
    if let Elem::Rep(r) = &t.elem
        && r.is_trivial()
    {
        t.elem = Elem::Rep(Rep::trivial(m.group.clone(), r.dim() as u32));
    }
    Ok(t)
}

/// The word of a kind of domain.
pub fn kind_word(kind: &types::DomainKind) -> &'static str {
    match kind {
        types::DomainKind::Set { .. } => "set",
        types::DomainKind::Seq { .. } => "seq",
        types::DomainKind::Grid { .. } | types::DomainKind::Coarse { .. } => "grid",
        types::DomainKind::Graph => "graph",
        types::DomainKind::Cloud { .. } => "cloud",
        types::DomainKind::Mesh => "mesh",
        types::DomainKind::Chosen(_) | types::DomainKind::Any => "domain",
    }
}

/// `Digits(img: grid(2), x: img -> 1)`.
pub fn usage(model: &Callable) -> String {
    let params: Vec<String> = model
        .params
        .iter()
        .map(|p| format!("{}: {}", p.name.name, gdl_syntax::print::print_expr(&p.ty)))
        .collect();
    format!("{}({})", model.name.name, params.join(", "))
}
