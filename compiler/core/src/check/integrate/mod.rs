//! `integrate`: a differential equation in steps.
//!
//! `integrate t in rk4(T, n) from x = x0 { x' = f(x, t) }` makes n steps of T/n of an explicit Runge-Kutta method; `dopri5(T, n)` makes at
//! most n tries of steps that it chooses ([`control`]). It is an `iterate` whose body is the method's step: the body of the loop is checked
//! once for every stage, with one set of weights. So a step is made of what the body is made of and of linear combinations with
//! invariant coefficients, and is natural if the body is. Derivatives are those of the steps, not of the equation.

mod control;
mod methods;

use super::loops::Parts;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{LoopOver, NodeId, TOp};
use crate::types::{Elem, Type};
use control::Own;
use gdl_rep::Exact;
use gdl_syntax::ast::{Arg, Block, Def, Expr, ExprKind, Ident, LoopHead, Span};
use methods::{METHODS, Method, ahead, exact};

/// The most steps.
const MOST: i64 = 4096;
/// The tolerance of a method that chooses its steps.
const TOLERANCE: (i64, i64) = (1, 1_000_000);

/// What an integration is asked for.
struct Asked<'e> {
    method: &'static Method,
    duration: Exact,
    steps: u32,
    tolerance: Exact,
    /// The name of the time.
    time: Option<&'e Ident>,
    span: Span,
}

/// How time passes.
enum Clock {
    /// In steps of this length. The time is a state if it has a name.
    Fixed { step: Exact, now: Option<NodeId> },
    /// For every sample by itself.
    Own { duration: Exact, own: Own },
}

impl Checker<'_> {
    pub(super) fn integrate(
        &mut self,
        head: &LoopHead,
        from: &[Def],
        body: &Block,
        span: Span,
        env: &mut Env,
        defined: &mut Vec<String>,
    ) -> R<()> {
        let asked = self.integration(head, env)?;
        let (names, init) = self.initial_states(from, env)?;
        let id = self.loops;
        self.loops += 1;
        let over = LoopOver::Count(asked.steps);
        let mut states = Vec::new();
        for (k, n) in names.iter().enumerate() {
            let ty = self.node(init[k]).ty.clone();
            states.push(self.add(TOp::State { of: id, k: k as u32 }, ty, &[], n.span));
        }
        let k = names.len() as u32;
        let clock = match asked.method.error {
            Some(_) => Clock::Own {
                duration: asked.duration,
                own: self.own_clock(id, k, span)?,
            },
            None => Clock::Fixed {
                step: asked.duration / Exact::int(i64::from(asked.steps)),
                now: asked
                    .time
                    .map(|name| self.add(TOp::State { of: id, k }, Type::scalar(), &[], name.span)),
            },
        };
        let calls = self.calls.clone();
        let mut slopes: Vec<Vec<NodeId>> = Vec::new();
        for (stage, row) in asked.method.stages.iter().enumerate() {
            let at = self.moved(&clock, &states, &slopes, row, span)?;
            env.push();
            for (n, x) in names.iter().zip(at) {
                env.set(&n.name, Val::Node(x));
            }
            if let Some(name) = asked.time {
                let t = self.time_at(&clock, ahead(row), span)?;
                env.set(&name.name, Val::Node(t));
            }
            // Every stage has the weights of the first.
            self.calls.clone_from(&calls);
            self.shared += usize::from(stage > 0);
            let found = self.loop_body(body, &names, over, env);
            self.shared -= usize::from(stage > 0);
            env.pop();
            slopes.push(self.slopes(&names, &init, &found?.0)?);
        }
        let mut next = self.moved(&clock, &states, &slopes, asked.method.weights, span)?;
        let mut start = init.clone();
        match &clock {
            Clock::Fixed { step, now } => {
                if let Some(now) = now {
                    start.push(self.number(Exact::int(0), span));
                    let step = self.number(*step, span);
                    next.push(self.add_sub(true, *now, step, span)?);
                }
            }
            Clock::Own { own, .. } => {
                start.extend(self.own_start(&asked));
                next = self.tried(&asked, &clock, *own, (&names, &states), &next, &slopes)?;
            }
        }
        let parts = Parts {
            over,
            init: start,
            next,
            collect: Vec::new(),
        };
        self.finish_loop(id, &names, parts, span, env, defined)?;
        match clock {
            Clock::Fixed { .. } => Ok(()),
            Clock::Own { .. } => self.only_if_arrived(&names, &init, span, env),
        }
    }

    /// The states moved along some slopes.
    fn moved(
        &mut self,
        clock: &Clock,
        states: &[NodeId],
        slopes: &[Vec<NodeId>],
        row: &[(i64, i64)],
        span: Span,
    ) -> R<Vec<NodeId>> {
        let mut out = Vec::new();
        for (k, &x) in states.iter().enumerate() {
            let mut y = x;
            for (&c, slope) in row.iter().zip(slopes).filter(|(c, _)| c.0 != 0) {
                let length = self.part_of_step(clock, exact(c), span)?;
                let part = self.multiply(length, slope[k], span)?;
                y = self.add_sub(true, y, part, span)?;
            }
            out.push(y);
        }
        Ok(out)
    }

    /// So many steps.
    fn part_of_step(&mut self, clock: &Clock, part: Exact, span: Span) -> R<NodeId> {
        match clock {
            Clock::Fixed { step, .. } => Ok(self.number(*step * part, span)),
            Clock::Own { duration, own } => {
                let part = self.number(*duration * part, span);
                self.multiply(part, own.step, span)
            }
        }
    }

    /// The time so many steps ahead.
    fn time_at(&mut self, clock: &Clock, part: Exact, span: Span) -> R<NodeId> {
        let ahead = self.part_of_step(clock, part, span)?;
        let now = match clock {
            Clock::Fixed { now: Some(now), .. } => *now,
            Clock::Fixed { now: None, .. } => return Ok(ahead),
            Clock::Own { duration, own } => {
                let duration = self.number(*duration, span);
                self.multiply(duration, own.behind, span)?
            }
        };
        self.add_sub(true, now, ahead, span)
    }

    /// The derivatives that a body gives its states: of the state's type, vectors for points.
    fn slopes(&mut self, names: &[Ident], init: &[NodeId], next: &[Option<NodeId>]) -> R<Vec<NodeId>> {
        let mut out = Vec::new();
        for ((n, &x), slope) in names.iter().zip(init).zip(next) {
            let Some(slope) = *slope else {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0115",
                        format!("the state `{}` gets no derivative", n.name),
                        n.span,
                        "never written in the loop",
                    )
                    .help(format!(
                        "Define `{}' = …`, its derivative by time, in the body.",
                        n.name
                    )),
                ));
            };
            let ty = self.node(x).ty.clone();
            let want = match &ty.elem {
                Elem::Point(d) => Type {
                    elem: Elem::Rep(self.vector_rep(d)),
                    sets: ty.sets.clone(),
                },
                _ => ty.clone(),
            };
            let have = self.node(slope).ty.clone();
            if !have.same(&want) {
                let (have, want) = (self.show(&have), self.show(&want));
                let at = self.node(slope).span;
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0115",
                        format!("the derivative of `{}` has another type", n.name),
                        at,
                        format!("this is `{have}`"),
                    )
                    .label(n.span, format!("its derivative is `{want}`"))
                    .note("A step adds a multiple of the derivative to the state; to a point it adds a vector.")
                    .help("Map it to the type of the state: `linear(…, V)`."),
                ));
            }
            out.push(slope);
        }
        Ok(out)
    }

    /// `rk4(T, n)`, or `t in rk4(T, n)`.
    fn integration<'e>(&mut self, head: &'e LoopHead, env: &mut Env) -> R<Asked<'e>> {
        let (time, e) = match head {
            LoopHead::Count(e) => (None, e),
            LoopHead::In(name, e) => (Some(name), e),
        };
        let (method, args) = self.method_named(e)?;
        let (mut duration, mut steps, mut tolerance) = (None, None, None);
        for (k, a) in args.iter().enumerate() {
            match (a.name.as_ref().map(|n| n.name.as_str()), k) {
                (None, 0) | (Some("over"), _) => duration = Some(&a.value),
                (None, 1) | (Some("steps"), _) => steps = Some(&a.value),
                (Some("tol"), _) if method.error.is_some() => tolerance = Some(&a.value),
                _ => return Err(self.no_method(a.value.span, "not an argument of this method")),
            }
        }
        let (Some(duration), Some(steps)) = (duration, steps) else {
            return Err(self.no_method(e.span, "a duration and a number of steps are needed"));
        };
        let length = self.eval(duration, env)?;
        let length = self.as_exact(&length, duration.span)?;
        let n = self.eval_int(steps, env)?;
        let n = self.known(&n, "the number of steps", steps.span)?;
        if !(1..=MOST).contains(&n) {
            return Err(self.error(
                "GDL0124",
                "this many steps are out of bounds",
                steps.span,
                format!("1 to {MOST}"),
            ));
        }
        Ok(Asked {
            method,
            duration: length,
            steps: n as u32,
            tolerance: self.tolerance(tolerance, env)?,
            time,
            span: e.span,
        })
    }

    /// The tolerance of a method that chooses its steps, 1e-6 if none is written.
    fn tolerance(&mut self, e: Option<&Expr>, env: &mut Env) -> R<Exact> {
        let Some(e) = e else {
            return Ok(exact(TOLERANCE));
        };
        let value = self.eval(e, env)?;
        let tolerance = self.as_exact(&value, e.span)?;
        if !(1e-14..=1.0).contains(&tolerance.f) {
            return Err(self.error("GDL0124", "this tolerance is out of bounds", e.span, "1e-14 to 1"));
        }
        Ok(tolerance)
    }

    fn method_named<'e>(&mut self, e: &'e Expr) -> R<(&'static Method, &'e [Arg])> {
        let (name, args): (_, &[_]) = match &e.kind {
            ExprKind::Call { f, args } => (f.as_ref(), args),
            _ => (e, &[]),
        };
        let method = match &name.kind {
            ExprKind::Name(n) => METHODS.iter().find(|m| m.name == n),
            _ => None,
        };
        match method {
            Some(m) => Ok((m, args)),
            None => Err(self.no_method(e.span, "not a method of integration")),
        }
    }

    fn no_method(&mut self, span: Span, label: &str) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0130", "an integration names its method", span, label)
                .note(
                    "The methods are `euler`, `midpoint` and `rk4`, of orders 1, 2 and 4, whose steps have one length, and `dopri5` of order 5, which chooses its steps by `tol`.",
                )
                .help(
                    "Write the duration and the number of steps: `integrate rk4(1.0, 20) from x = x0 { x' = f(x) }`.",
                ),
        )
    }
}
