//! `test` items: what they ask for, checked.

use super::{Checker, Env, LayerRef, R, Val, check_model, elaborate, group_of_test};
use crate::diag::Diagnostic;
use crate::modules::Program;
use crate::scene::Run;
use crate::typed::Model;
use gdl_rep::Group;
use gdl_syntax::ast::{Expr, ExprKind, ItemKind, Stmt, TestPart, Under};
use std::rc::Rc;

/// `test equivariant(M, f32, 1e-5)`.
#[derive(Clone, Debug)]
pub struct EquivarianceTest {
    /// The model.
    pub model: Model,
    /// In double precision.
    pub double: bool,
    /// The largest relative error that passes.
    pub bound: f64,
}

/// Checks the expression of a test.
pub fn check_equivariance_test(
    program: &Program,
    module: usize,
    e: &Expr,
) -> (Option<EquivarianceTest>, Vec<Diagnostic>) {
    let mut c = Checker::new(program, Group::Trivial);
    let Ok((layer, double, bound)) = c.equivariance_test(module, e) else {
        return (None, c.diags);
    };
    let (model, found) = check_model(program, &layer);
    c.diags.extend(found);
    let test = model.map(|model| EquivarianceTest { model, double, bound });
    (test, c.diags)
}

/// Checks the statements of a test under its group.
pub fn check_statements(
    program: &Program,
    module: usize,
    under: Option<&Under>,
    body: &[TestPart],
) -> (Option<Run>, Vec<Diagnostic>) {
    let (group, diags) = group_of_test(program, module, under, body);
    let Some(group) = group else { return (None, diags) };
    let stmts: Vec<Stmt> = body
        .iter()
        .filter_map(|p| match p {
            TestPart::Stmt(s) => Some(s.clone()),
            TestPart::Item(_) => None,
        })
        .collect();
    let (run, found) = elaborate(program, module, group, &stmts);
    (run, [diags, found].concat())
}

impl Checker<'_> {
    fn equivariance_test(&mut self, module: usize, e: &Expr) -> R<(Rc<LayerRef>, bool, f64)> {
        let args = match &e.kind {
            ExprKind::Call { f, args } if matches!(&f.kind, ExprKind::Name(n) if n == "equivariant") => args,
            _ => {
                return Err(self.report(
                    Diagnostic::error("GDL0171", "this is no test", e.span, "an expression by itself")
                        .help("Write `test equivariant(M, f32, 1e-5)` or `test \"title\" { … }`."),
                ));
            }
        };
        let Some(first) = args.first() else {
            return Err(self.error("GDL0111", "`equivariant` needs a model", e.span, "`equivariant(M)`"));
        };
        let name = match &first.value.kind {
            ExprKind::Name(n) => n.clone(),
            _ => String::new(),
        };
        let Some((at, item)) = self.program.find(module, &name) else {
            let known = self.program.names(module);
            return Err(self.unknown(&name, first.value.span, "model", &known));
        };
        let ItemKind::Model(c) = &item.kind else {
            return Err(self.error(
                "GDL0111",
                format!("`{name}` is not a model"),
                first.value.span,
                "a model says under which group it is equivariant",
            ));
        };
        let layer = Rc::new(LayerRef {
            module: at,
            callable: c.clone(),
            is_model: true,
        });
        let (mut double, mut bound) = (false, None);
        for a in &args[1..] {
            match &a.value.kind {
                ExprKind::Name(n) if n == "f32" || n == "f64" => double = n == "f64",
                _ => {
                    let v = self.eval(&a.value, &mut Env::new(module))?;
                    if !matches!(v, Val::Int(_) | Val::Num(_)) {
                        return Err(self.error(
                            "GDL0111",
                            "`equivariant` takes a precision and a bound",
                            a.value.span,
                            "`f32`, `f64`, or a number",
                        ));
                    }
                    bound = Some(self.as_exact(&v, a.value.span)?.f);
                }
            }
        }
        Ok((layer, double, bound.unwrap_or(if double { 1e-10 } else { 1e-5 })))
    }
}
