//! Statements of tests.

use super::literal::{Literals, is_list};
use super::stmts::names_of;
use super::{Checker, Env, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::modules::Program;
use crate::scene::{Claim, Given, Place, ROUNDING, Run};
use crate::typed::NodeId;
use crate::types::{DomainId, Elem, Rep, Type};
use gdl_rep::Group;
use gdl_syntax::ast::{BinOp, Expr, ExprKind, ItemKind, Span, Stmt, StmtKind, TestPart, UnOp, Under};

/// Checks statements under a group; names are those of a module.
///
/// # Errors
/// None as such: what is wrong stands in the list, and then there is nothing to run.
pub fn elaborate(program: &Program, module: usize, group: Group, stmts: &[Stmt]) -> (Option<Run>, Vec<Diagnostic>) {
    let mut c = Checker::new(program, group);
    c.model.name = "test".into();
    c.literals = Some(Literals::default());
    let claims = c.statements(module, stmts);
    c.warn_of_dead_blocks();
    let failed = claims.is_err() || c.diags.iter().any(Diagnostic::is_error);
    let diags = std::mem::take(&mut c.diags);
    let run = match claims {
        Ok(claims) if !failed => Some(c.take_run(claims)),
        _ => None,
    };
    (run, diags)
}

/// The group of a test: the one it names, else that of the first model it calls, else the trivial one.
pub fn group_of_test(
    program: &Program,
    module: usize,
    under: Option<&Under>,
    body: &[TestPart],
) -> (Option<Group>, Vec<Diagnostic>) {
    let mut c = Checker::new(program, Group::Trivial);
    let named = match under {
        Some(u) => Some(u.clone()),
        None => body.iter().find_map(|p| match p {
            TestPart::Stmt(s) => first_model(program, module, s),
            TestPart::Item(_) => None,
        }),
    };
    let ok = match &named {
        Some(u) => c.under(u, &mut Env::new(module)).is_ok(),
        None => true,
    };
    (ok.then_some(c.model.group), c.diags)
}

/// What the first model that a statement calls says after `under`.
fn first_model(program: &Program, module: usize, s: &Stmt) -> Option<Under> {
    let mut found = None;
    let mut look = |e: &Expr| {
        if found.is_none() {
            found = called_model(program, module, e);
        }
    };
    match &s.kind {
        StmtKind::Def(d) => look(&d.value),
        StmtKind::Expr(e) => look(e),
        _ => {}
    }
    found
}

fn called_model(program: &Program, module: usize, e: &Expr) -> Option<Under> {
    if let ExprKind::Name(n) = &e.kind
        && let Some((_, item)) = program.find(module, n)
        && let ItemKind::Model(c) = &item.kind
    {
        return c.under.clone();
    }
    let mut found = None;
    crate::walk::children(e, &mut |child| {
        if found.is_none() {
            found = called_model(program, module, child);
        }
    });
    found
}

impl Checker<'_> {
    /// What has been checked, with what was written in place of data.
    pub(super) fn take_run(&mut self, claims: Vec<(Span, Claim)>) -> Run {
        let literals = self.literals.take().unwrap_or_default();
        let place = |(k, d): (usize, &crate::types::Domain)| Place {
            domain: d.clone(),
            elements: literals.of(DomainId(k as u32)).cloned(),
        };
        Run {
            places: self.model.domains.iter().enumerate().map(place).collect(),
            inputs: literals.data,
            claims,
            model: self.model.clone(),
        }
    }

    /// What statements claim.
    fn statements(&mut self, module: usize, stmts: &[Stmt]) -> R<Vec<(Span, Claim)>> {
        let mut env = Env::new(module);
        let mut claims = Vec::new();
        let mut failed = false;
        for s in stmts {
            match self.test_stmt(s, &mut env) {
                Ok(claim) => claims.extend(claim.map(|c| (s.span, c))),
                Err(Reported) => {
                    failed = true;
                    for n in names_of(s) {
                        env.set(&n, Val::Poison);
                    }
                }
            }
        }
        if failed { Err(Reported) } else { Ok(claims) }
    }

    fn test_stmt(&mut self, s: &Stmt, env: &mut Env) -> R<Option<Claim>> {
        match &s.kind {
            StmtKind::Expr(e) => return self.claim(e, env).map(Some),
            StmtKind::Random { name, ty, dist } => {
                self.fresh_name(name, env)?;
                let Some(ty) = self.eval(ty, env)?.to_type() else {
                    return Err(self.error("GDL0111", "a type is needed here", name.span, "`random x: T ~ mu`"));
                };
                let n = self.drawn(name, &ty, dist, env)?;
                env.set(&name.name, Val::Node(n));
            }
            StmtKind::Stat { name, .. } => {
                return Err(self.error(
                    "GDL0111",
                    "a statistic belongs to a layer",
                    name.span,
                    "nothing is trained here",
                ));
            }
            _ => {
                self.stmt(s, env, &mut Vec::new())?;
            }
        }
        Ok(None)
    }

    fn scene_output(&mut self, n: NodeId) -> usize {
        let k = self.model.outputs.len();
        self.model.outputs.push((format!("out {k}"), n));
        k
    }

    /// What an expression of a test says.
    fn claim(&mut self, e: &Expr, env: &mut Env) -> R<Claim> {
        match &e.kind {
            ExprKind::Unary { op: UnOp::Not, arg } => Ok(Claim::Not(Box::new(self.claim(arg, env)?))),
            ExprKind::Binary {
                op: op @ (BinOp::And | BinOp::Or),
                lhs,
                rhs,
            } => {
                let (a, b) = (self.claim(lhs, env)?, self.claim(rhs, env)?);
                let (a, b) = (Box::new(a), Box::new(b));
                Ok(if *op == BinOp::And {
                    Claim::And(a, b)
                } else {
                    Claim::Or(a, b)
                })
            }
            ExprKind::Binary { op, lhs, rhs } if op.compares() => self.comparison(*op, lhs, rhs, ROUNDING, e.span, env),
            ExprKind::Call { f, args } if matches!(&f.kind, ExprKind::Name(n) if n == "close" && env.get(n).is_none()) =>
            {
                let tolerance = match args.as_slice() {
                    [_, _] => 1e-6,
                    [_, _, t] => {
                        let v = self.eval(&t.value, env)?;
                        self.as_exact(&v, t.value.span)?.f
                    }
                    _ => {
                        return Err(self.error(
                            "GDL0111",
                            "`close` takes two values and a tolerance",
                            e.span,
                            format!("{} were given", args.len()),
                        ));
                    }
                };
                self.comparison(BinOp::Eq, &args[0].value, &args[1].value, tolerance, e.span, env)
            }
            _ => match self.eval(e, env)? {
                Val::Bool(b) => Ok(Claim::Known(b)),
                v => {
                    let shown = match &v {
                        Val::Node(n) => format!("`{}`", self.show(&self.node(*n).ty.clone())),
                        v => v.describe().to_string(),
                    };
                    Err(self.report(
                        Diagnostic::error(
                            "GDL0171",
                            "this can neither hold nor fail",
                            e.span,
                            format!("this is {shown}"),
                        )
                        .note("Every expression of a test is a statement that must hold.")
                        .help("Compare it (`y == [1, 2]`, `close(y, z, 1e-6)`), or give it a name: `y = …`."),
                    ))
                }
            },
        }
    }

    fn comparison(&mut self, op: BinOp, lhs: &Expr, rhs: &Expr, tolerance: f64, span: Span, env: &mut Env) -> R<Claim> {
        let (left, right) = match (is_list(lhs), is_list(rhs)) {
            (false, true) => {
                let a = self.eval(lhs, env)?;
                (a.clone(), self.like(&a, rhs, env)?)
            }
            (true, false) => {
                let b = self.eval(rhs, env)?;
                (self.like(&b, lhs, env)?, b)
            }
            _ => (self.eval(lhs, env)?, self.eval(rhs, env)?),
        };
        let (a, b) = match (&left, &right) {
            (Val::Node(a), Val::Node(b)) => (*a, *b),
            (Val::Node(a), other) => (*a, self.everywhere(*a, other, rhs.span)?),
            (other, Val::Node(b)) => (self.everywhere(*b, other, lhs.span)?, *b),
            _ => {
                return match self.compare(op, &left, &right, span)? {
                    Val::Bool(b) => Ok(Claim::Known(b)),
                    _ => Err(self.error("GDL0171", "this can neither hold nor fail", span, "not comparable")),
                };
            }
        };
        let (ta, tb) = (self.node(a).ty.clone(), self.node(b).ty.clone());
        if !ta.same(&tb) {
            return Err(self.types_differ("compare", a, b, span));
        }
        let ordered = matches!(op, BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge);
        if ordered && !ta.as_rep().is_some_and(Rep::is_permutation) {
            let shown = self.show(&ta);
            return Err(self.error(
                "GDL0101",
                "only numbers have an order",
                span,
                format!("these are `{shown}`"),
            ));
        }
        Ok(Claim::Compare {
            op,
            left: self.scene_output(a),
            right: self.scene_output(b),
            tolerance,
        })
    }

    /// A literal of the type of `other`.
    fn like(&mut self, other: &Val, e: &Expr, env: &mut Env) -> R<Val> {
        match other {
            Val::Node(n) => {
                let ty = self.node(*n).ty.clone();
                self.literal("literal", e, &ty, env).map(Val::Node)
            }
            _ => self.eval(e, env),
        }
    }

    /// A number or label known at compile time as a value of the type of a node, the same everywhere.
    fn everywhere(&mut self, like: NodeId, v: &Val, span: Span) -> R<NodeId> {
        let ty = self.node(like).ty.clone();
        match (&ty.elem, v) {
            (Elem::Rep(r), Val::Int(_) | Val::Num(_) | Val::Bool(_)) => {
                let x = match v {
                    Val::Bool(b) => f64::from(u8::from(*b)),
                    v => self.as_exact(v, span)?.f,
                };
                let rows = self.entries(&ty.sets, span)?;
                let width = self.concrete(r).map_or(1, |(_, r)| r.dim());
                self.given("number", ty, Given::Numbers(vec![x; rows * width]), span)
            }
            (Elem::Index(set), Val::Int(n)) => {
                let k = self.known(n, "a label", span)?;
                let Some(k) = u32::try_from(k).ok().filter(|k| set.labels().is_some_and(|m| *k < m)) else {
                    return Err(self.error("GDL0106", "this label is out of range", span, format!("{k}")));
                };
                let rows = self.entries(&ty.sets, span)?;
                self.given("label", ty, Given::Labels(vec![k; rows]), span)
            }
            _ => Err(self.error(
                "GDL0101",
                "these cannot be compared",
                span,
                format!("this is {}", v.describe()),
            )),
        }
    }

    /// How many values a signal on these sets has.
    fn entries(&mut self, sets: &[crate::types::Set], span: Span) -> R<usize> {
        let mut n = 1;
        for s in sets {
            n *= self.forms(s, span)?.last().map_or(1, |f| f.iter().product());
        }
        Ok(n)
    }

    /// A definition's value; `name: T = e` must have the type T, and where data may be written, a list is read as one.
    pub(crate) fn definition(
        &mut self,
        d: &gdl_syntax::ast::Def,
        name: &gdl_syntax::ast::Ident,
        env: &mut Env,
    ) -> R<Val> {
        let Some(ty) = &d.ty else {
            if let Some(n) = self.bare_signal(&name.name, &d.value, env)? {
                return Ok(Val::Node(n));
            }
            let v = self.eval(&d.value, env)?;
            if let (Val::Domain(k), true) = (&v, self.is_literal_domain(&d.value, env)) {
                self.name_literal(*k, name);
            }
            return Ok(v);
        };
        if let Some(super::env::Kind::Domain(want)) = self.kind_of(ty, env)? {
            let v = self.eval(&d.value, env)?;
            let Val::Domain(k) = v else {
                return Err(self.error("GDL0111", "a domain is needed here", d.value.span, v.describe()));
            };
            let have = self.domain(k).kind.clone();
            if std::mem::discriminant(&have) != std::mem::discriminant(&want.kind) {
                return Err(self.error(
                    "GDL0111",
                    "this is another kind of domain",
                    d.value.span,
                    "not as declared",
                ));
            }
            if self.is_literal_domain(&d.value, env) {
                self.name_literal(k, name);
            }
            return Ok(Val::Domain(k));
        }
        let t = self.eval(ty, env)?;
        let Some(t) = t.to_type() else {
            return Err(self.error("GDL0111", "a type is needed after `:`", ty.span, t.describe()));
        };
        if is_list(&d.value) || self.literals.is_some() && matches!(t.elem, Elem::Index(_)) && is_word(&d.value, &t) {
            return self.literal(&name.name, &d.value, &t, env).map(Val::Node);
        }
        let n = self.eval_node(&d.value, env)?;
        let have = self.node(n).ty.clone();
        if have.same(&t) {
            return Ok(Val::Node(n));
        }
        let (h, w) = (self.show(&have), self.show(&t));
        Err(self.report(
            Diagnostic::error(
                "GDL0110",
                format!("`{}` has another type than declared", name.name),
                d.value.span,
                format!("this is `{h}`"),
            )
            .label(ty.span, format!("declared as `{w}`"))
            .help("Change the declaration, or end with `linear(…, V)`."),
        ))
    }
}

/// Whether an expression is a label of a set of names.
fn is_word(e: &Expr, ty: &Type) -> bool {
    matches!((&e.kind, &ty.elem), (ExprKind::Name(n), Elem::Index(crate::types::Set::Enum(names))) if names.contains(n))
}
