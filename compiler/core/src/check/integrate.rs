//! `integrate`: a differential equation in steps of equal length.
//!
//! `integrate t in rk4(T, n) from x = x0 { x' = f(x, t) }` makes n steps of T/n of an explicit Runge-Kutta method. It is an `iterate` whose
//! body is the method's step: the body of the loop is checked once for every stage, with one set of weights. So a step is made of
//! what the body is made of and of linear combinations with fixed coefficients, and is natural if the body is. Derivatives are those of the
//! steps, not of the equation.

use super::loops::Parts;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{LoopOver, NodeId, TOp};
use crate::types::{Elem, Type};
use gdl_rep::Exact;
use gdl_syntax::ast::{Block, Def, Expr, ExprKind, Ident, LoopHead, Span};

/// An explicit method: rows of stage coefficients, and weights. In units of 1/denominator.
struct Method {
    name: &'static str,
    stages: &'static [&'static [i64]],
    weights: &'static [i64],
    denominator: i64,
}

/// Euler; the midpoint rule (Runge 1895); the method of order 4 (Kutta 1901).
const METHODS: [Method; 3] = [
    Method {
        name: "euler",
        stages: &[&[]],
        weights: &[1],
        denominator: 1,
    },
    Method {
        name: "midpoint",
        stages: &[&[], &[1]],
        weights: &[0, 2],
        denominator: 2,
    },
    Method {
        name: "rk4",
        stages: &[&[], &[3], &[0, 3], &[0, 0, 6]],
        weights: &[1, 2, 2, 1],
        denominator: 6,
    },
];

/// The most steps.
const MOST: i64 = 4096;

/// What an integration is asked for.
struct Asked<'e> {
    method: &'static Method,
    /// The length of a step.
    step: Exact,
    steps: u32,
    /// The name of the time.
    time: Option<&'e Ident>,
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
        // Time is one more state.
        let now = match asked.time {
            Some(name) => {
                let k = names.len() as u32;
                Some(self.add(TOp::State { of: id, k }, Type::scalar(), &[], name.span))
            }
            None => None,
        };
        let calls = self.calls.clone();
        let mut slopes: Vec<Vec<NodeId>> = Vec::new();
        for (stage, row) in asked.method.stages.iter().enumerate() {
            let at = self.moved(&asked, &states, &slopes, row, span)?;
            env.push();
            for (n, x) in names.iter().zip(at) {
                env.set(&n.name, Val::Node(x));
            }
            if let (Some(name), Some(now)) = (asked.time, now) {
                let ahead = self.part_of_step(&asked, row.iter().sum(), span);
                let t = self.add_sub(true, now, ahead, span)?;
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
        let mut next = self.moved(&asked, &states, &slopes, asked.method.weights, span)?;
        let mut init = init;
        if let Some(now) = now {
            init.push(self.number(Exact::int(0), span));
            let step = self.number(asked.step, span);
            next.push(self.add_sub(true, now, step, span)?);
        }
        let parts = Parts {
            over,
            init,
            next,
            collect: Vec::new(),
        };
        self.finish_loop(id, &names, parts, span, env, defined)
    }

    /// The states moved along some slopes.
    fn moved(
        &mut self,
        asked: &Asked<'_>,
        states: &[NodeId],
        slopes: &[Vec<NodeId>],
        row: &[i64],
        span: Span,
    ) -> R<Vec<NodeId>> {
        let mut out = Vec::new();
        for (k, &x) in states.iter().enumerate() {
            let mut y = x;
            for (&c, slope) in row.iter().zip(slopes).filter(|(c, _)| **c != 0) {
                let length = self.part_of_step(asked, c, span);
                let part = self.multiply(length, slope[k], span)?;
                y = self.add_sub(true, y, part, span)?;
            }
            out.push(y);
        }
        Ok(out)
    }

    /// A part of a step, in units of the method's denominator.
    fn part_of_step(&mut self, asked: &Asked<'_>, part: i64, span: Span) -> NodeId {
        self.number(asked.step * Exact::ratio(part, asked.method.denominator), span)
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
        let (mut duration, mut steps) = (None, None);
        for (k, a) in args.iter().enumerate() {
            match (a.name.as_ref().map(|n| n.name.as_str()), k) {
                (None, 0) | (Some("over"), _) => duration = Some(&a.value),
                (None, 1) | (Some("steps"), _) => steps = Some(&a.value),
                _ => return Err(self.no_method(a.value.span, "not an argument of a method")),
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
            step: length / Exact::int(n),
            steps: n as u32,
            time,
        })
    }

    fn method_named<'e>(&mut self, e: &'e Expr) -> R<(&'static Method, &'e [gdl_syntax::ast::Arg])> {
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
                    "The methods are `euler`, `midpoint` and `rk4`, of orders 1, 2 and 4; their steps have one length.",
                )
                .help(
                    "Write the duration and the number of steps: `integrate rk4(1.0, 20) from x = x0 { x' = f(x) }`.",
                ),
        )
    }
}
