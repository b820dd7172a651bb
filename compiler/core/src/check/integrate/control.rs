//! The control of the step of an adaptive method.
//!
//! Every sample has a time s of its own, as a part of the duration, and a step σ. A try is as long as σ, or as what is left. It counts if
//! the error, the difference of the two orders, is below the tolerance: e = mean over states of |Δx|² / (tol² (1 + |x|²)) ≤ 1, where |·|²
//! is the invariant square, averaged over the index sets of the state, and the error of points is not measured against their place. The
//! next try is 0.9 e^(-1/10) times as long, at least a fifth and at most five times (Hairer, Nørsett, Wanner: Solving ordinary
//! differential equations I, II.4). All of this is invariant, so a step is natural. The derivative takes the lengths of steps as given.

use super::methods::exact;
use super::{Asked, Clock};
use crate::check::ops::Parity;
use crate::check::{Checker, Env, R, Val};
use crate::ir::Scalar;
use crate::typed::{NodeId, TOp, VarId, VarKind};
use crate::types::{Elem, Set, Type};
use gdl_rep::Exact;
use gdl_syntax::ast::{BinOp, Ident, RedOp, Span};

/// The part of the duration that is behind, and the step that a try makes.
#[derive(Clone, Copy)]
pub(super) struct Own {
    /// The state s.
    pub behind: NodeId,
    /// The length of this try.
    pub step: NodeId,
    /// Whether the step was not cut at the end.
    whole: NodeId,
}

/// The errors at which a step changes as much as it may: (9/2)^10 and (9/50)^10, where 0.9 e^(-1/10) is 1/5 and 5.
const BOUNDS: [(i64, i64); 2] = [(3_486_784_401, 1024), (3_486_784_401, 97_656_250_000_000_000)];

impl Checker<'_> {
    /// The states of the control, which come after `k` others.
    pub(super) fn own_clock(&mut self, of: u32, k: u32, span: Span) -> R<Own> {
        let behind = self.add(TOp::State { of, k }, Type::scalar(), &[], span);
        let step = self.add(TOp::State { of, k: k + 1 }, Type::scalar(), &[], span);
        let one = self.number(Exact::int(1), span);
        let left = self.add_sub(false, one, behind, span)?;
        let whole = self.compare_values(BinOp::Lt, step, left, span)?;
        let step = self.select(&[whole, step, left], span)?;
        Ok(Own { behind, step, whole })
    }

    /// What the states of the control start with: nothing is behind, and the first try is as long as equal steps would be.
    pub(super) fn own_start(&mut self, asked: &Asked<'_>) -> [NodeId; 2] {
        [Exact::int(0), Exact::ratio(1, i64::from(asked.steps))].map(|x| self.number(x, asked.span))
    }

    /// What a try leaves behind: the states, moved if the error allows it, and those of the control.
    pub(super) fn tried(
        &mut self,
        asked: &Asked<'_>,
        clock: &Clock,
        own: Own,
        (names, states): (&[Ident], &[NodeId]),
        moved: &[NodeId],
        slopes: &[Vec<NodeId>],
    ) -> R<Vec<NodeId>> {
        let span = asked.span;
        let error = self.error_of_step(asked, clock, (names, states), slopes)?;
        let one = self.number(Exact::int(1), span);
        let good = self.compare_values(BinOp::Le, error, one, span)?;
        let mut next = Vec::new();
        for (&x, &y) in states.iter().zip(moved) {
            next.push(self.select(&[good, y, x], span)?);
        }
        let later = self.add_sub(true, own.behind, own.step, span)?;
        let later = self.select(&[own.whole, later, one], span)?;
        next.push(self.select(&[good, later, own.behind], span)?);
        let factor = self.change(error, span)?;
        let step = self.multiply(factor, own.step, span)?;
        next.push(self.add(TOp::Detach { x: step }, Type::scalar(), &[step], span));
        Ok(next)
    }

    /// The invariant e.
    fn error_of_step(
        &mut self,
        asked: &Asked<'_>,
        clock: &Clock,
        (names, states): (&[Ident], &[NodeId]),
        slopes: &[Vec<NodeId>],
    ) -> R<NodeId> {
        let row = asked.method.error.unwrap_or_default();
        let span = asked.span;
        let mut total = self.number(Exact::int(0), span);
        for (k, (&x, name)) in states.iter().zip(names).enumerate() {
            let mut difference = None;
            for (c, slope) in row.iter().zip(slopes).filter(|(c, _)| c.0 != 0) {
                let length = self.part_of_step(clock, exact(*c) / asked.tolerance, span)?;
                let part = self.multiply(length, slope[k], span)?;
                difference = Some(match difference {
                    Some(d) => self.add_sub(true, d, part, span)?,
                    None => part,
                });
            }
            let Some(difference) = difference else { continue };
            let mut square = self.mean_square(difference, name.span)?;
            if !matches!(self.node(x).ty.elem, Elem::Point(_)) {
                let size = self.mean_square(x, name.span)?;
                let one = self.number(Exact::int(1), span);
                let scale = self.add_sub(true, one, size, span)?;
                square = self.divide(square, scale, span)?;
            }
            total = self.add_sub(true, total, square, span)?;
        }
        let share = self.number(Exact::ratio(1, states.len().max(1) as i64), span);
        self.multiply(share, total, span)
    }

    /// By how much the next try is longer. An error that is not a number makes it shorter.
    fn change(&mut self, error: NodeId, span: Span) -> R<NodeId> {
        let log = self.pointwise("log", Scalar::Log, Parity::Neither, error, span, &f64::ln)?;
        let tenth = self.number(Exact::ratio(-1, 10), span);
        let power = self.multiply(tenth, log, span)?;
        let power = self.pointwise("exp", Scalar::Exp, Parity::Neither, power, span, &f64::exp)?;
        let safe = self.number(Exact::ratio(9, 10), span);
        let between = self.multiply(safe, power, span)?;
        let [most, least] = BOUNDS.map(|b| self.number(exact(b), span));
        let longest = self.number(Exact::int(5), span);
        let shortest = self.number(Exact::ratio(1, 5), span);
        let tiny = self.compare_values(BinOp::Lt, error, least, span)?;
        let below = self.select(&[tiny, longest, between], span)?;
        let bounded = self.compare_values(BinOp::Lt, error, most, span)?;
        self.select(&[bounded, below, shortest], span)
    }

    /// The invariant square of a value, its mean where it is a signal.
    fn mean_square(&mut self, x: NodeId, span: Span) -> R<NodeId> {
        let sets = self.node(x).ty.sets.clone();
        let vars: Vec<VarId> = sets
            .into_iter()
            .map(|s: Set| self.new_var("·", s, VarKind::Free))
            .collect();
        let mut value = x;
        for &v in &vars {
            value = self.read(value, v, span)?;
        }
        let mut square = self.dot(value, value, true, span)?;
        for &var in vars.iter().rev() {
            let zero = self.number(Exact::int(0), span);
            let mean = TOp::Reduce {
                op: RedOp::Mean,
                var,
                cond: None,
                by: None,
                body: square,
                default: Some(zero),
            };
            square = self.add_with(mean, Type::scalar(), &[square, zero], &[], &[var], span);
        }
        Ok(square)
    }

    /// Results that no number of tries brought to the end are not numbers: x + log(±1) (x − x₀), with −1 where time is left.
    pub(super) fn only_if_arrived(&mut self, names: &[Ident], init: &[NodeId], span: Span, env: &mut Env) -> R<()> {
        for (name, &start) in names.iter().zip(init) {
            let Some(Val::Node(end)) = env.get(&name.name).cloned() else {
                continue;
            };
            let TOp::Result { of, .. } = self.node(end).op else {
                continue;
            };
            let k = names.len() as u32;
            let behind = self.add(TOp::Result { of, k }, Type::scalar(), &[of], span);
            let [one, lost] = [1, -1].map(|x| self.number(Exact::int(x), span));
            let arrived = self.compare_values(BinOp::Le, one, behind, span)?;
            let sign = self.select(&[arrived, one, lost], span)?;
            let poison = self.pointwise("log", Scalar::Log, Parity::Neither, sign, span, &f64::ln)?;
            let way = self.add_sub(false, end, start, span)?;
            let nothing = self.multiply(poison, way, span)?;
            let result = self.add_sub(true, end, nothing, span)?;
            env.replace(&name.name, Val::Node(result));
        }
        Ok(())
    }
}
