//! Loops: the body once a step, samples that are done stay as they are.

use super::{Algebra, Data, Frame};
use crate::ir::{Body, Scan, Shape, Value};
use std::rc::Rc;

impl<A: Algebra> Frame<'_, A> {
    /// The results of a loop: final states, then stacked `ys`.
    pub(super) fn scan(
        &self,
        scan: &Scan,
        of: &dyn Fn(Value) -> Result<Data<A::S>, String>,
        outer: &Body,
    ) -> Result<Vec<Data<A::S>>, String> {
        let read = |list: &[Value]| list.iter().map(|v| of(*v)).collect::<Result<Vec<_>, _>>();
        let (mut states, xs, captures) = (read(&scan.init)?, read(&scan.xs)?, read(&scan.captures)?);
        let steps = self.rows.steps(scan.time);
        let shape = |v: &Value| scan.body.get(*v).map(|n| n.shape.clone()).unwrap_or_default();
        let shapes: Vec<Shape> = scan.body.results.iter().map(shape).collect();
        for s in &shapes[states.len()..] {
            self.rows.check_steps(steps, s)?;
        }
        let mut ys: Vec<Vec<A::S>> = shapes[states.len()..]
            .iter()
            .map(|s| vec![self.alg.int(0); steps * self.rows.len(s)])
            .collect();
        let part_len = |v: &Value| outer.get(*v).map_or(0, |n| self.rows.len(&n.shape) / steps.max(1));
        let part_lens: Vec<usize> = scan.xs.iter().map(part_len).collect();
        let running = self.running(scan, &shapes);
        for step in 0..steps {
            let t = if scan.reverse { steps - 1 - step } else { step };
            let mut args = states.clone();
            for (x, n) in xs.iter().zip(&part_lens) {
                args.push(Rc::new(x[t * n..(t + 1) * n].to_vec()));
            }
            args.extend(captures.iter().cloned());
            let frame = Frame {
                alg: self.alg,
                rows: self.rows,
                inputs: &[],
                params: &[],
                args: &args,
            };
            let values = frame.body(&scan.body)?;
            for (k, result) in scan.body.results.iter().enumerate() {
                let new = values[result.0 as usize]
                    .first()
                    .ok_or("a result of a loop body is missing")?;
                let m = shapes[k].row_len();
                let is_live = |row: usize| running[k][row] > t;
                if let Some(y) = ys.get_mut(k.wrapping_sub(states.len())) {
                    let start = t * new.len();
                    for (at, &x) in new.iter().enumerate().filter(|(at, _)| is_live(at / m)) {
                        y[start + at] = x;
                    }
                } else {
                    let pair = new.iter().zip(states[k].iter()).enumerate();
                    let next = pair.map(|(at, (&x, &old))| if is_live(at / m) { x } else { old });
                    states[k] = Rc::new(next.collect());
                }
            }
        }
        states.extend(ys.into_iter().map(Rc::new));
        Ok(states)
    }

    /// For every result, the number of steps that every row takes part in.
    fn running(&self, scan: &Scan, shapes: &[Shape]) -> Vec<Vec<usize>> {
        let counts = self.rows.step_counts(scan.time);
        let of = |s: &Shape| {
            let samples = s.dim.map(|d| self.rows.samples(d)).unwrap_or_default();
            samples.iter().map(|&k| counts[k as usize]).collect()
        };
        shapes.iter().map(of).collect()
    }
}
