//! From what is typed to values.
//!
//! An expression is lifted: what is done to the session's own objects (elements, tables, bases, pictures, data) is done here,
//! innermost first, by the functions of [`super::methods`]; values that the language knows stay in place under a name. What is left
//! is an expression of the language, and goes to the checker as it is ([`super::language`]).
//!
//! [`lift`] walks through expressions, [`calls`] does what is called in them.

mod calls;
mod lift;

use super::language::{self, Sentence};
use super::methods::Argument;
use super::session::Session;
use super::value::{Function, Value};
use crate::session::D;
use gdl_core::diag::Diagnostic;
use gdl_rep::Group;
use gdl_syntax::ast::*;

/// Evaluates expressions of one input.
pub struct Evaluator<'a> {
    session: &'a Session,
    /// The group for what names none.
    group: Group,
    /// Values in the expression, by the names that stand for them.
    given: Vec<(String, Value)>,
    /// Names that binders and blocks have taken.
    shadowed: Vec<String>,
    /// Warnings of the checker.
    pub warnings: Vec<Diagnostic>,
}

/// An expression after lifting.
enum Lifted {
    Value(Value),
    Expr(Expr),
}

impl<'a> Evaluator<'a> {
    /// An evaluator for a session.
    pub fn new(session: &'a Session) -> Evaluator<'a> {
        Evaluator {
            session,
            group: session.group.clone(),
            given: vec![],
            shadowed: vec![],
            warnings: vec![],
        }
    }

    /// The same for another group.
    fn under(&self, group: &Group) -> Evaluator<'a> {
        Evaluator {
            group: group.clone(),
            ..Evaluator::new(self.session)
        }
    }

    /// The group for what names none.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Whether a function is a model by its name.
    pub fn is_model(&self, f: &Function) -> bool {
        matches!(&f.callee.kind, ExprKind::Name(n) if f.args.is_empty() && self.session.model(n).is_some())
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// A diagnostic that names the place; further ones are in [`Evaluator::warnings`].
    pub fn eval(&mut self, e: &Expr) -> D<Value> {
        match self.lift(e)? {
            Lifted::Value(v) => Ok(v),
            Lifted::Expr(e) => self.language(&e),
        }
    }

    /// The value of an expression that is one of the language.
    fn language(&mut self, e: &Expr) -> D<Value> {
        let sentence = Sentence {
            program: &self.session.program,
            group: &self.group,
            given: &self.given,
            expr: e,
        };
        match language::evaluate(&sentence) {
            Ok((v, warnings)) => {
                self.warnings.extend(warnings);
                Ok(v)
            }
            Err(mut diags) => {
                let at = diags.iter().position(Diagnostic::is_error);
                let first = diags.swap_remove(at.unwrap_or(0));
                self.warnings.extend(diags);
                Err(Box::new(first))
            }
        }
    }

    /// Statements that only the language has (`param`, comprehensions, loops): the values of the names that they define.
    ///
    /// # Errors
    /// As for [`Evaluator::eval`].
    pub fn statement(&mut self, s: &Stmt, names: &[String]) -> D<Value> {
        let ident = |n: &String| Ident {
            name: n.clone(),
            span: s.span,
        };
        let expr = |kind| Expr { span: s.span, kind };
        let fields = names.iter().map(|n| Arg {
            name: Some(ident(n)),
            value: expr(ExprKind::Name(n.clone())),
        });
        let result = match names {
            [one] => expr(ExprKind::Name(one.clone())),
            _ => expr(ExprKind::Tuple(fields.collect())),
        };
        self.shadowed.extend(names.iter().cloned());
        let lifted = self.lift_stmt(s)?;
        let last = Stmt {
            doc: None,
            span: s.span,
            kind: StmtKind::Expr(result),
        };
        // A block has no expression of its own; that of an `if` whose condition is known is one.
        let block = expr(ExprKind::If {
            cond: Box::new(expr(ExprKind::Name("true".into()))),
            then: Block {
                span: s.span,
                stmts: vec![lifted, last],
            },
            otherwise: Block::default(),
        });
        self.language(&block)
    }

    /// An expression of the language as a program, unless it is a value already.
    ///
    /// # Errors
    /// As for [`Evaluator::eval`].
    pub fn program(&mut self, e: &Expr) -> D<Option<gdl_core::ir::Func>> {
        let Lifted::Expr(e) = self.lift(e)? else {
            return Ok(None);
        };
        let sentence = Sentence {
            program: &self.session.program,
            group: &self.group,
            given: &self.given,
            expr: &e,
        };
        language::program(&sentence)
    }

    /// The value of a lifted expression, on its own.
    fn settle(&mut self, x: Lifted) -> D<Value> {
        match x {
            Lifted::Value(v) => Ok(v),
            Lifted::Expr(e) => self.language(&e),
        }
    }

    fn argument(&mut self, a: &Arg) -> D<Argument> {
        let value = self.alone(&a.value)?;
        Ok(Argument {
            name: a.name.as_ref().map(|n| n.name.clone()),
            value,
            span: a.value.span,
        })
    }

    /// The value of a part of the expression.
    fn alone(&mut self, e: &Expr) -> D<Value> {
        let kept = std::mem::take(&mut self.given);
        let value = self.eval(e);
        self.given = kept;
        value
    }
}
