//! `iterate` and `scan`: shared weights, states that keep their types.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{Loop, LoopOver, NodeId, TOp, VarKind};
use crate::types::{Set, Type};
use gdl_syntax::ast::{Binder, Block, Def, ExprKind, Ident, Lhs, LoopHead, Span, StmtKind};

impl Checker<'_> {
    pub(crate) fn iterate(
        &mut self,
        head: &LoopHead,
        from: &[Def],
        body: &Block,
        span: Span,
        env: &mut Env,
        defined: &mut Vec<String>,
    ) -> R<()> {
        let (over, step) = self.loop_head(head, env)?;
        let (names, init) = self.initial_states(from, env)?;
        let id = self.loops;
        self.loops += 1;
        env.push();
        for (k, n) in names.iter().enumerate() {
            let ty = self.node(init[k]).ty.clone();
            let s = self.add(TOp::State { of: id, k: k as u32 }, ty, &[], n.span);
            env.set(&n.name, Val::Node(s));
        }
        if let (Some((name, _)), LoopOver::Steps(v, _)) = (&step, over) {
            env.set(name, Val::Var(v));
        }
        let parts = self.loop_body(body, &names, over, env);
        env.pop();
        let (next, collect) = parts?;
        for (k, n) in names.iter().enumerate() {
            let Some(x) = next[k] else {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0115",
                        format!("the state `{}` gets no new value", n.name),
                        n.span,
                        "never written in the loop",
                    )
                    .help(format!("Define `{}' = …` in the body.", n.name)),
                ));
            };
            let (a, b) = (self.node(init[k]).ty.clone(), self.node(x).ty.clone());
            if !a.same(&b) {
                let (a, b) = (self.show(&a), self.show(&b));
                let new = format!("{}'", n.name);
                let value = body.stmts.iter().rev().find_map(|s| match &s.kind {
                    StmtKind::Def(d) if matches!(&d.lhs, Lhs::Name { name, .. } if name.name == new) => {
                        Some(d.value.span)
                    }
                    _ => None,
                });
                let at = value.unwrap_or(self.node(x).span);
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0115",
                        format!("the state `{}` changes its type", n.name),
                        at,
                        format!("becomes `{b}`"),
                    )
                    .label(n.span, format!("starts as `{a}`"))
                    .note("The rounds of a loop share their weights, so every round must see the same types.")
                    .help("Use `repeat`, which makes fresh weights and may change types."),
                ));
            }
        }
        let next: Vec<NodeId> = next.into_iter().flatten().collect();
        let parts = Parts {
            over,
            init,
            next,
            collect,
        };
        self.finish_loop(id, &names, parts, span, env, defined)
    }

    /// The loop with these states, and the names of its results.
    pub(super) fn finish_loop(
        &mut self,
        id: u32,
        names: &[Ident],
        parts: Parts,
        span: Span,
        env: &mut Env,
        defined: &mut Vec<String>,
    ) -> R<()> {
        let Parts {
            over,
            init,
            next,
            collect,
        } = parts;
        let mut args = init.clone();
        args.extend(&next);
        args.extend(collect.iter().map(|(_, n)| *n));
        let bound: Vec<_> = match over {
            LoopOver::Steps(v, _) => vec![v],
            _ => Vec::new(),
        };
        let the_loop = Loop {
            id,
            over,
            reverse: false,
            init: init.clone(),
            next,
            collect: collect.iter().map(|(_, n)| *n).collect(),
        };
        let node = self.add_with(TOp::Loop(Box::new(the_loop)), Type::scalar(), &args, &[], &bound, span);
        if !self.node(node).deps.is_empty() {
            return Err(self.error(
                "GDL0111",
                "a loop cannot depend on an index outside it",
                span,
                "states are whole signals",
            ));
        }
        for (k, n) in names.iter().enumerate() {
            let ty = self.node(init[k]).ty.clone();
            let r = self.add(TOp::Result { of: node, k: k as u32 }, ty, &[node], n.span);
            self.model.names.push((n.name.clone(), r));
            if env.states.contains(&n.name) {
                env.replace(&n.name, Val::Node(r));
            } else {
                self.fresh_name(n, env)?;
                env.set(&n.name, Val::Node(r));
                defined.push(n.name.clone());
            }
        }
        for (j, (n, x)) in collect.iter().enumerate() {
            let LoopOver::Steps(_, d) = over else { continue };
            let inner = self.node(*x).ty.clone();
            let mut sets = vec![Set::Nodes(d)];
            sets.extend(inner.sets.clone());
            let r = self.add(
                TOp::Result {
                    of: node,
                    k: (names.len() + j) as u32,
                },
                inner.with_sets(sets),
                &[node],
                n.span,
            );
            env.set(&n.name, Val::Node(r));
            defined.push(n.name.clone());
        }
        Ok(())
    }

    /// The names of the states of a loop and what they start with.
    pub(super) fn initial_states(&mut self, from: &[Def], env: &mut Env) -> R<(Vec<Ident>, Vec<NodeId>)> {
        let mut names: Vec<Ident> = Vec::new();
        let mut init = Vec::new();
        for d in from {
            let Lhs::Name { name, binders } = &d.lhs else {
                return Err(self.error(
                    "GDL0111",
                    "a state is one name",
                    d.value.span,
                    "write `from h = …, x = …`",
                ));
            };
            let v = if binders.is_empty() {
                let v = self.definition(d, name, env)?;
                self.to_node(&v, d.value.span)?
            } else {
                self.comprehension(binders, &d.value, d.value.span, env)?
            };
            names.push(name.clone());
            init.push(v);
        }
        Ok((names, init))
    }

    #[allow(clippy::type_complexity)]
    fn loop_head(&mut self, head: &LoopHead, env: &mut Env) -> R<(LoopOver, Option<(String, Span)>)> {
        match head {
            LoopHead::Count(e) => {
                if let ExprKind::Field { base, name } = &e.kind
                    && name.name == "size"
                    && let Val::Domain(d) = self.eval(base, env)?
                {
                    return Ok((LoopOver::Size(d), None));
                }
                let n = self.eval_int(e, env)?;
                let n = self.known(&n, "the number of rounds", e.span)?;
                match u32::try_from(n) {
                    Ok(n) if n <= 4096 => Ok((LoopOver::Count(n), None)),
                    _ => Err(self.error("GDL0124", "this many rounds are out of bounds", e.span, "0 to 4096")),
                }
            }
            LoopHead::In(name, e) => {
                let v = self.eval(e, env)?;
                match v.to_set() {
                    Some(Set::Nodes(d)) if self.domain(d).kind.is_ordered() => {
                        let var = self.new_var(&name.name, Set::Nodes(d), VarKind::Step);
                        Ok((LoopOver::Steps(var, d), Some((name.name.clone(), name.span))))
                    }
                    _ => Err(self.report(
                        Diagnostic::error("GDL0123", "a scan needs an order", e.span, "not a `seq`")
                            .note("Only the elements of a sequence have an order that is fixed by the symmetry.")
                            .help("Declare the domain as `seq`, or use `iterate n`."),
                    )),
                }
            }
        }
    }

    #[allow(clippy::type_complexity)]
    pub(super) fn loop_body(
        &mut self,
        body: &Block,
        names: &[Ident],
        over: LoopOver,
        env: &mut Env,
    ) -> R<(Vec<Option<NodeId>>, Vec<(Ident, NodeId)>)> {
        let mut next = vec![None; names.len()];
        let mut collect = Vec::new();
        let mut failed = false;
        let mut inner = Vec::new();
        for s in &body.stmts {
            let StmtKind::Def(d) = &s.kind else {
                failed |= self.stmt_in_loop(s, env, &mut inner).is_err();
                continue;
            };
            let Lhs::Name { name, binders } = &d.lhs else {
                failed |= self.stmt_in_loop(s, env, &mut inner).is_err();
                continue;
            };
            let stepped = match (binders.as_slice(), over) {
                ([Binder::Bare(b)], LoopOver::Steps(v, _)) => matches!(env.get(&b.name), Some(Val::Var(w)) if *w == v),
                _ => false,
            };
            let value = if stepped || binders.is_empty() {
                let v = self.definition(d, name, env);
                v.and_then(|v| self.to_node(&v, d.value.span))
            } else {
                self.comprehension(binders, &d.value, d.value.span, env)
            };
            let Ok(x) = value else {
                failed = true;
                env.set(&name.name, Val::Poison);
                continue;
            };
            if let Some(k) = names.iter().position(|n| name.name == format!("{}'", n.name)) {
                next[k] = Some(x);
                env.set(&name.name, Val::Node(x));
            } else if stepped {
                collect.push((name.clone(), x));
            } else if self.fresh_name(name, env).is_ok() {
                env.set(&name.name, Val::Node(x));
            } else {
                failed = true;
            }
        }
        if failed {
            Err(super::Reported)
        } else {
            Ok((next, collect))
        }
    }

    fn stmt_in_loop(&mut self, s: &gdl_syntax::ast::Stmt, env: &mut Env, inner: &mut Vec<String>) -> R<()> {
        if let StmtKind::Expr(e) = &s.kind {
            return Err(self.error(
                "GDL0004",
                "an expression has no use in a loop",
                e.span,
                "define a state: `h' = …`",
            ));
        }
        self.stmt(s, env, inner).map(|_| ())
    }
}

/// The parts of a loop.
pub(super) struct Parts {
    /// Its steps.
    pub over: LoopOver,
    /// What its states start with.
    pub init: Vec<NodeId>,
    /// Their new values.
    pub next: Vec<NodeId>,
    /// Signals collected over the steps.
    pub collect: Vec<(Ident, NodeId)>,
}
