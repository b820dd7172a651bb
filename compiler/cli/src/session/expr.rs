//! Small readings of expressions in `data` and `train` blocks: names, numbers, calls.

use super::{D, Session};
use gdl_core::diag::Diagnostic;
use gdl_syntax::ast::{Arg, BinOp, Expr, ExprKind, ItemKind, UnOp};

/// A call `word(arguments)`; a bare word is a call without arguments.
pub struct Call<'a> {
    /// The word.
    pub word: &'a str,
    /// The whole expression.
    pub expr: &'a Expr,
    args: &'a [Arg],
}

/// The expression as a call.
pub fn call(e: &Expr) -> Option<Call<'_>> {
    match &e.kind {
        ExprKind::Name(word) => Some(Call {
            word,
            expr: e,
            args: &[],
        }),
        ExprKind::Call { f, args } => match &f.kind {
            ExprKind::Name(word) => Some(Call { word, expr: e, args }),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> Call<'a> {
    /// Argument `name`, or the one at `place` among those without names.
    pub fn arg(&self, place: usize, name: &str) -> Option<&'a Expr> {
        let named = self
            .args
            .iter()
            .find(|a| a.name.as_ref().is_some_and(|n| n.name == name));
        named
            .or_else(|| self.args.iter().filter(|a| a.name.is_none()).nth(place))
            .map(|a| &a.value)
    }

    /// Checks that there are no other arguments than these, at most `places` of them without names.
    ///
    /// # Errors
    /// Names the first that is too many.
    pub fn only(&self, code: &'static str, names: &[&str], places: usize) -> D<()> {
        let known = |a: &Arg| a.name.as_ref().is_none_or(|n| names.contains(&n.name.as_str()));
        if let Some(a) = self.args.iter().find(|a| !known(a)) {
            let help = if names.is_empty() {
                "It takes none by name.".to_string()
            } else {
                format!("It takes {}.", names.join(", "))
            };
            return Err(Box::new(
                Diagnostic::error(
                    code,
                    format!("`{}` takes no such argument", self.word),
                    a.value.span,
                    "not known",
                )
                .help(help),
            ));
        }
        match self.args.iter().filter(|a| a.name.is_none()).nth(places) {
            Some(a) => Err(Box::new(Diagnostic::error(
                code,
                format!("`{}` takes {places} arguments here", self.word),
                a.value.span,
                "one too many",
            ))),
            None => Ok(()),
        }
    }
}

/// The expression as a name.
pub fn name(e: &Expr) -> Option<&str> {
    match &e.kind {
        ExprKind::Name(n) => Some(n),
        _ => None,
    }
}

impl Session {
    /// The expression as a number: literals, arithmetic, settings and constants of the program.
    pub fn number(&self, e: &Expr) -> Option<f64> {
        self.number_within(e, 32)
    }

    fn number_within(&self, e: &Expr, depth: u32) -> Option<f64> {
        let depth = depth.checked_sub(1)?;
        Some(match &e.kind {
            ExprKind::Int(n) => *n as f64,
            ExprKind::Float(text) => text.parse().ok()?,
            ExprKind::Unary { op: UnOp::Neg, arg } => -self.number_within(arg, depth)?,
            ExprKind::Binary { op, lhs, rhs } => {
                let (a, b) = (self.number_within(lhs, depth)?, self.number_within(rhs, depth)?);
                match op {
                    BinOp::Add => a + b,
                    BinOp::Sub => a - b,
                    BinOp::Mul => a * b,
                    BinOp::Div => a / b,
                    BinOp::Pow => a.powf(b),
                    _ => return None,
                }
            }
            ExprKind::Name(n) => {
                let program = &self.source.program;
                match &program.find(program.root(), n)?.1.kind {
                    ItemKind::Setting { value, .. } => match program.setting(n) {
                        Some(text) => self.number_within(&program.setting_expr(text)?, depth)?,
                        None => self.number_within(value, depth)?,
                    },
                    ItemKind::Const(c) => self.number_within(&c.value, depth)?,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// The expression as a whole number that is not negative.
    pub fn whole(&self, e: &Expr) -> Option<u64> {
        match &e.kind {
            ExprKind::Int(n) => Some(*n),
            _ => self
                .number(e)
                .filter(|x| *x >= 0.0 && x.fract() == 0.0 && *x < 9e15)
                .map(|x| x as u64),
        }
    }
}
