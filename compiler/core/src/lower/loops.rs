//! Loops: the body is a program of its own, which captures what it needs from outside.

use super::frame::{Low, Root, Rows};
use super::maps::{MapLow, Orbit};
use super::{L, Level, Lowered1, Lowerer};
use crate::ir::{Builder, Fold, Scan, Value};
use crate::typed::{Loop, LoopOver, Model, NodeId, TOp, VarId};
use crate::types::Set;
use gdl_abi::{DimDef, MapDef, SAMPLES};
use gdl_syntax::ast::Span;
use std::collections::{BTreeSet, HashMap};

/// The loops on whose states or steps each node depends.
pub(crate) fn loop_deps(model: &Model) -> Vec<BTreeSet<u32>> {
    let step_of: HashMap<VarId, u32> = model
        .nodes
        .iter()
        .filter_map(|n| match &n.op {
            TOp::Loop(l) => match l.over {
                LoopOver::Steps(v, _) => Some((v, l.id)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let mut out: Vec<BTreeSet<u32>> = Vec::with_capacity(model.nodes.len());
    for n in &model.nodes {
        let mut set = BTreeSet::new();
        for a in args(model, &n.op) {
            set.extend(out[a.0 as usize].iter().copied());
        }
        if let TOp::State { of, .. } = n.op {
            set.insert(of);
        }
        set.extend(n.deps.iter().filter_map(|v| step_of.get(v)));
        if let TOp::Loop(l) = &n.op {
            set.remove(&l.id);
        }
        out.push(set);
    }
    out
}

/// What a node is made from: its arguments, and the choices over whose elements its index ranges.
pub fn args(model: &Model, op: &TOp) -> Vec<NodeId> {
    let mut list = operands(op);
    let over: &[VarId] = match op {
        TOp::Define { vars, .. } => vars,
        TOp::Reduce { var, .. } | TOp::Read { at: var, .. } | TOp::Position(var) => std::slice::from_ref(var),
        _ => &[],
    };
    list.extend(over.iter().filter_map(|v| model.choice_of(*v)).map(|c| c.choice));
    if let TOp::Field(d, _) = op {
        list.extend(model.choice_in(*d).map(|c| c.choice));
    }
    list
}

/// The arguments of an operation.
fn operands(op: &TOp) -> Vec<NodeId> {
    match op {
        TOp::Input(_)
        | TOp::Field(..)
        | TOp::Number(_)
        | TOp::Constant(_)
        | TOp::Break(_)
        | TOp::Param(_)
        | TOp::CompareIndex { .. }
        | TOp::Position(_)
        | TOp::State { .. } => Vec::new(),
        TOp::Stat { value: x, .. }
        | TOp::Random { like: x, .. }
        | TOp::Read { x, .. }
        | TOp::Pick { x, .. }
        | TOp::Blocks { x, .. }
        | TOp::Split { x, .. }
        | TOp::Retype { x }
        | TOp::Components { x }
        | TOp::Trust { x, .. }
        | TOp::ChangeBasis { x, .. }
        | TOp::FromScalars { x }
        | TOp::Define { body: x, .. }
        | TOp::BatchMean { x }
        | TOp::Argmax { x }
        | TOp::Choose { key: x, .. }
        | TOp::Transport { x, .. }
        | TOp::Harmonics { x, .. }
        | TOp::Unit { x }
        | TOp::Detach { x }
        | TOp::Result { of: x, .. } => vec![*x],
        TOp::Lookup { x, index } => vec![*x, *index],
        TOp::Offset { x, default, .. } => std::iter::once(*x).chain(*default).collect(),
        TOp::Apply { map, x } => vec![*map, *x],
        TOp::Direction { x, dir } => vec![*x, *dir],
        TOp::Map { args, .. } => args.clone(),
        TOp::Concat { xs } => xs.clone(),
        TOp::Scale { s, x } => vec![*s, *x],
        TOp::Dot { a, b } | TOp::Tensor { a, b } | TOp::Cross { a, b } => vec![*a, *b],
        TOp::Grad { of, wrt } => vec![*of, *wrt],
        TOp::Reduce {
            cond,
            by,
            body,
            default,
            ..
        } => std::iter::once(*body)
            .chain(*cond)
            .chain(by.map(|w| w.node))
            .chain(*default)
            .collect(),
        TOp::Loop(l) => l.init.iter().chain(&l.next).chain(&l.collect).copied().collect(),
    }
}

impl Lowerer<'_> {
    pub(crate) fn the_loop(&mut self, l: &Loop, span: Span) -> L<Lowered1> {
        let time = match l.over {
            LoopOver::Count(n) => self.b().domains().dim(DimDef::Rounds { like: None, fixed: n }),
            LoopOver::Size(d) => {
                let like = self.set_dim(&Set::Nodes(d));
                self.b().domains().dim(DimDef::Rounds {
                    like: Some(like),
                    fixed: 0,
                })
            }
            LoopOver::Steps(_, d) => self.set_dim(&Set::Nodes(d)),
        };
        // States have rows, so that every sample can stop in its own time.
        let mut init = Vec::new();
        let mut shapes = Vec::new();
        for id in &l.init {
            let t = self.tensor(*id)?;
            if !t.statics.is_empty() {
                return Err(self.unsupported("a state that depends on an index", span));
            }
            let rows = if t.rows == Rows::Const {
                Rows::Sample
            } else {
                t.rows.clone()
            };
            let v = self.coerce_rows(&t, &rows, span)?;
            shapes.push((self.b().shape(v), rows));
            init.push(v);
        }
        let outer = self.cur;
        let steps: Vec<NodeId> = self.step_signals(l);
        let mut xs = Vec::new();
        for x in &steps {
            let t = self.at_steps(*x, l, span)?;
            let of = self.stacked(time, SAMPLES);
            let map = self.b().domains().map(MapDef::ToStep { time, stacked: of });
            xs.push(self.b().segment(Fold::Sum, t.v, map));
        }
        self.levels.push(Level {
            b: Builder::part(gdl_abi::Domains::default()),
            cache: HashMap::new(),
            captures: Vec::new(),
            first_capture: 0,
            of: Some(l.id),
            below: outer,
            xs: Vec::new(),
        });
        let level = self.levels.len() - 1;
        self.go(level);
        for (k, (shape, rows)) in shapes.iter().enumerate() {
            let v = self.b().arg(k as u32, shape.clone());
            let node = self.state_node(l.id, k as u32);
            if let Some(n) = node {
                self.levels[level].cache.insert(
                    n,
                    Lowered1::Tensor(Low {
                        v,
                        rows: rows.clone(),
                        statics: Vec::new(),
                    }),
                );
            }
        }
        for (k, (x, v)) in steps.iter().zip(&xs).enumerate() {
            let mut shape = self.levels[outer].b.shape(*v);
            shape.dim = Some(SAMPLES);
            let a = self.b().arg((shapes.len() + k) as u32, shape);
            self.levels[level].xs.push((*x, a));
        }
        self.levels[level].first_capture = (shapes.len() + xs.len()) as u32;
        let body = self.loop_body(l, &shapes, span);
        let done = self.levels[level].captures.clone();
        self.go(outer);
        let inner = self.levels.pop();
        let (results, collected) = body?;
        let nodes = match inner.map(|i| i.b.into_body(results)) {
            Some(Ok((body, _))) => body,
            Some(Err(why)) => return Err(self.unsupported(&why, span)),
            None => return Err(self.unsupported("no body", span)),
        };
        for _ in 0..collected {
            self.stacked(time, SAMPLES);
        }
        let scan = Scan {
            time,
            reverse: l.reverse,
            init,
            xs,
            captures: done.iter().map(|(o, _)| *o).collect(),
            body: nodes,
        };
        let projected = self.b().push_scan(scan);
        let mut out = Vec::new();
        for (k, (_, rows)) in shapes.iter().enumerate() {
            let p = projected[k];
            out.push(Low {
                v: p,
                rows: rows.clone(),
                statics: Vec::new(),
            });
        }
        for j in 0..collected {
            let p = projected[shapes.len() + j];
            let of = self.stacked(time, SAMPLES);
            let map = self.b().domains().map(MapDef::ToStep { time, stacked: of });
            let g = self.b().gather(p, map);
            out.push(Low {
                v: g,
                rows: Rows::Of(vec![Root { dim: time, var: None }]),
                statics: Vec::new(),
            });
        }
        Ok(Lowered1::Loop(out))
    }

    fn loop_body(&mut self, l: &Loop, shapes: &[(crate::ir::Shape, Rows)], span: Span) -> L<(Vec<Value>, usize)> {
        let mut results = Vec::new();
        for (id, (shape, rows)) in l.next.iter().zip(shapes) {
            let t = self.tensor(*id)?;
            let v = self.coerce_rows(&t, rows, span)?;
            results.push(self.b().along(v, shape.dim));
        }
        for id in &l.collect {
            let t = self.tensor(*id)?;
            let v = self.coerce_rows(&t, &Rows::Sample, span)?;
            results.push(self.b().along(v, Some(SAMPLES)));
        }
        Ok((results, l.collect.len()))
    }

    /// A signal on the elements of a sequence, which may be chosen from those of the signal.
    fn at_steps(&mut self, x: NodeId, l: &Loop, span: Span) -> L<Low> {
        if let LoopOver::Steps(step, _) = l.over
            && let Some(choice) = self.stands_for(step, &self.model.node(x).ty)
        {
            return self.read_chosen(x, step, choice, span);
        }
        self.tensor(x)
    }

    /// The signals that the body of a loop reads at its step.
    fn step_signals(&self, l: &Loop) -> Vec<NodeId> {
        let LoopOver::Steps(v, _) = l.over else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for n in &self.model.nodes {
            if let TOp::Read { x, at } = n.op
                && at == v
                && !out.contains(&x)
            {
                out.push(x);
            }
        }
        out
    }

    fn state_node(&self, of: u32, k: u32) -> Option<NodeId> {
        let found = self
            .model
            .nodes
            .iter()
            .position(|n| matches!(n.op, TOp::State { of: o, k: j } if o == of && j == k));
        found.map(|n| NodeId(n as u32))
    }

    /// A signal at the step of the loop.
    pub(crate) fn read_step(&mut self, x: NodeId, _at: VarId, span: Span) -> L<Low> {
        let found = self.levels[self.cur].xs.iter().find(|(n, _)| *n == x).map(|(_, v)| *v);
        match found {
            Some(v) => Ok(Low {
                v,
                rows: Rows::Sample,
                statics: Vec::new(),
            }),
            None => Err(self.unsupported("a signal read at the step of an outer loop", span)),
        }
    }

    pub(crate) fn loop_result(&mut self, of: NodeId, k: u32, span: Span) -> L<Lowered1> {
        match self.low(of)? {
            Lowered1::Loop(list) => match list.get(k as usize) {
                Some(l) => Ok(Lowered1::Tensor(l.clone())),
                None => Err(self.unsupported("this loop has fewer results", span)),
            },
            _ => Err(self.unsupported("not a loop", span)),
        }
    }

    /// A lowered node of an outer level, captured by every level up to this one.
    pub(crate) fn import(&mut self, l: Lowered1, from: usize) -> Lowered1 {
        match l {
            Lowered1::Tensor(t) => Lowered1::Tensor(Low {
                v: self.import_value(t.v, from),
                ..t
            }),
            Lowered1::Loop(list) => Lowered1::Loop(
                list.into_iter()
                    .map(|t| Low {
                        v: self.import_value(t.v, from),
                        ..t
                    })
                    .collect(),
            ),
            Lowered1::Map(m) => {
                let coords = m.coords.iter().map(|c| self.import_value(*c, from)).collect();
                let mut orbit = m.orbit.clone();
                if let Orbit::Direction { harmonics, rings } = &mut orbit {
                    for x in std::iter::once(harmonics).chain(rings) {
                        x.v = self.import_value(x.v, from);
                    }
                }
                Lowered1::Map(MapLow { coords, orbit, ..m })
            }
        }
    }

    pub(crate) fn import_value(&mut self, v: Value, from: usize) -> Value {
        let mut v = v;
        let mut path = Vec::new();
        let mut at = self.cur;
        while at != from {
            path.push(at);
            at = self.levels[at].below;
        }
        for level in path.into_iter().rev() {
            if let Some((_, a)) = self.levels[level].captures.iter().find(|(o, _)| *o == v) {
                v = *a;
                continue;
            }
            let below = &self.levels[self.levels[level].below].b;
            let shape = below.shape(v);
            let fill = below.filled(v);
            v = match fill {
                Some(c) => self.levels[level].b.fill(shape, c),
                None => {
                    let k = self.levels[level].first_capture + self.levels[level].captures.len() as u32;
                    let a = self.levels[level].b.arg(k, shape);
                    self.levels[level].captures.push((v, a));
                    a
                }
            };
        }
        v
    }
}
