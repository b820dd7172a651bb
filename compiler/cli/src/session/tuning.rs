//! What a training starts from and what it leaves alone: the options `load` and `freeze` of a `train` block, by paths of parameters.
//!
//! A pattern names a parameter, everything below a path (`mlp_1`), or with `*` whatever stands there (`*.norm_1`). One that names
//! nothing is an error.

use super::{D, Session};
use gdl_core::check::{TrainModel, nearest};
use gdl_core::diag::Diagnostic;
use gdl_core::lower::ParamInfo;
use gdl_syntax::ast::{Expr, ExprKind};

const CODE: &str = "GDL0141";

/// Weights to begin with, and weights that stay.
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    /// A file, and patterns of the parameters that are read from it.
    pub load: Option<(String, Vec<String>)>,
    /// Patterns of the parameters that are not trained.
    pub freeze: Vec<String>,
}

impl Session {
    /// The options `load` and `freeze` of a training whose model has these parameters.
    ///
    /// # Errors
    /// GDL0141 for a pattern that names no parameter, or if nothing is left to train.
    pub fn tuning(&self, train: &TrainModel, params: &[ParamInfo]) -> D<Tuning> {
        let mut out = Tuning::default();
        for o in &train.options {
            match o.name.as_str() {
                "load" => {
                    let list = texts(&o.value, "a file, or a list of a file and paths")?;
                    let Some(((file, _), patterns)) = list.split_first() else {
                        return Err(wrong(
                            &o.value,
                            "no file is named",
                            "for example \"run/best.safetensors\"",
                        ));
                    };
                    patterns.iter().try_for_each(|(p, e)| names_some(p, e, params))?;
                    let patterns = match patterns {
                        [] => vec!["*".into()],
                        some => some.iter().map(|(p, _)| p.clone()).collect(),
                    };
                    out.load = Some((file.clone(), patterns));
                }
                "freeze" => {
                    for (pattern, e) in texts(&o.value, "a path, or a list of paths")? {
                        names_some(&pattern, e, params)?;
                        out.freeze.push(pattern);
                    }
                    if params.iter().all(|p| named_by(&out.freeze, &p.name)) {
                        return Err(wrong(&o.value, "nothing is left to train", "every parameter is frozen"));
                    }
                }
                _ => {}
            }
        }
        Ok(out)
    }
}

/// Whether one of some patterns names a parameter.
pub fn named_by(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|p| {
        let below = format!("{p}.*");
        glob(p.as_bytes(), name.as_bytes()) || glob(below.as_bytes(), name.as_bytes())
    })
}

/// Whether a text has the form of a pattern, in which `*` stands for any text.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|k| glob(rest, &text[k..])),
        Some((c, rest)) => text.split_first().is_some_and(|(d, text)| c == d && glob(rest, text)),
    }
}

fn names_some(pattern: &str, e: &Expr, params: &[ParamInfo]) -> D<()> {
    if params.iter().any(|p| named_by(&[pattern.to_string()], &p.name)) {
        return Ok(());
    }
    // Paths that exist: parameters, and what they lie below.
    let mut paths: Vec<String> = Vec::new();
    for p in params {
        let cuts = p.name.match_indices('.').map(|(k, _)| k).chain([p.name.len()]);
        paths.extend(cuts.map(|k| p.name[..k].to_string()));
    }
    let help = match nearest(pattern, &paths) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "`gdl params` lists the paths.".to_string(),
    };
    Err(Box::new(
        Diagnostic::error(
            CODE,
            format!("no parameter is called `{pattern}`"),
            e.span,
            "a path that the model does not have",
        )
        .help(help),
    ))
}

/// Texts and where they stand.
fn texts<'e>(e: &'e Expr, what: &str) -> D<Vec<(String, &'e Expr)>> {
    let items: Vec<&Expr> = match &e.kind {
        ExprKind::List(items) => items.iter().collect(),
        _ => vec![e],
    };
    let text = |e: &'e Expr| match &e.kind {
        ExprKind::Str(s) => Ok((s.clone(), e)),
        _ => Err(wrong(e, "a text is needed here", what)),
    };
    items.into_iter().map(text).collect()
}

fn wrong(e: &Expr, title: &str, label: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(CODE, title.to_string(), e.span, label.to_string()))
}

#[cfg(test)]
mod tests {
    use super::named_by;

    #[test]
    fn patterns_name_paths_and_what_lies_below() {
        let named = |p: &str, name: &str| named_by(&[p.to_string()], name);
        assert!(named("mlp_1", "mlp_1.linear_1.W") && named("mlp_1.linear_1.W", "mlp_1.linear_1.W"));
        assert!(!named("mlp_1", "mlp_10.linear_1.W") && !named("linear_1", "mlp_1.linear_1.W"));
        assert!(named("*.W", "mlp_1.linear_1.W") && named("*", "E") && named("mlp_*.linear_2", "mlp_3.linear_2.c"));
        assert!(!named("", "E"));
    }
}
