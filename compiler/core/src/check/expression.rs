//! A single expression with names given from outside: what is typed at a prompt.
//!
//! Before: a module whose items are visible, names with what they stand for, and an expression. After: what is known at compile
//! time, or a model without a signature whose inputs are the given signals and whose output is the expression. The sizes of grids are
//! promised by nobody: whoever runs the model hears of them at the door. Domains and signals may be written down, as in tests.

use super::literal::Literals;
use super::{Checker, Env, Val};
use crate::diag::Diagnostic;
use crate::modules::Program;
use crate::scene::{Elements, Run};
use crate::typed::{Input, TOp};
use crate::types::{Domain, Type};
use gdl_rep::Group;
use gdl_syntax::ast::Expr;

/// What a given name stands for.
#[derive(Clone, Debug)]
pub enum Given {
    /// Something known at compile time.
    Known(Val),
    /// A domain with its elements; signals refer to it by its place among the given domains.
    Domain(Domain, Elements),
    /// A signal: an input.
    Signal(Type),
}

/// What became of an expression.
#[derive(Clone, Debug)]
pub enum Checked {
    /// It is known at compile time; the model has the group and the domains that it refers to.
    Known(Val, Run),
    /// It is computed: records give several outputs, by name; anything else one, called `output`. The data of inputs are those that were
    /// written, after the given signals.
    Model(Run),
}

/// Checks an expression under a group.
///
/// # Errors
/// The diagnostics; warnings come with a result.
pub fn check_expression(
    program: &Program,
    group: &Group,
    given: &[(String, Given)],
    e: &Expr,
) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut checker = Checker::new(program, group.clone());
    checker.model.name = "it".into();
    let mut env = Env::new(program.root());
    let mut literals = Literals::default();
    for (name, what) in given {
        if let Given::Domain(d, elements) = what {
            let id = checker.new_domain(d.clone());
            literals.places.push((id, elements.clone()));
            env.set(name, Val::Domain(id));
        }
    }
    checker.literals = Some(literals);
    for (name, what) in given {
        match what {
            Given::Known(v) => env.set(name, v.clone()),
            Given::Signal(ty) => {
                checker.model.inputs.push(Input {
                    name: name.clone(),
                    ty: ty.clone(),
                });
                let k = checker.model.inputs.len() as u32 - 1;
                let node = checker.add(TOp::Input(k), ty.clone(), &[], e.span);
                env.set(name, Val::Node(node));
            }
            Given::Domain(..) => {}
        }
    }
    let value = checker.eval(e, &mut env).ok();
    let found = value.and_then(|v| checker.outcome(v, e));
    let failed = checker.diags.iter().any(Diagnostic::is_error);
    (found.filter(|_| !failed), checker.diags)
}

impl Checker<'_> {
    fn outcome(&mut self, v: Val, e: &Expr) -> Option<Checked> {
        let outputs = match &v {
            Val::Node(_) => vec![("output".to_string(), v.clone())],
            Val::Record(fields) if fields.iter().any(|(_, v)| is_computed(v)) => fields.clone(),
            _ => return Some(Checked::Known(v, self.take_run(Vec::new()))),
        };
        for (name, v) in outputs {
            let node = self.to_node(&v, e.span).ok()?;
            self.model.outputs.push((name, node));
        }
        self.warn_of_dead_blocks();
        Some(Checked::Model(self.take_run(Vec::new())))
    }
}

fn is_computed(v: &Val) -> bool {
    match v {
        Val::Node(_) => true,
        Val::Record(fields) => fields.iter().any(|(_, v)| is_computed(v)),
        _ => false,
    }
}
