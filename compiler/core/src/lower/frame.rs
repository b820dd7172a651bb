//! Frames: which rows an array has, and how to bring it to other rows and static axes.

use super::{L, Lowerer};
use crate::ir::{Shape, Value};
use crate::typed::{VarId, VarKind};
use crate::types::{DomainId, DomainKind, Set};
use gdl_abi::{DimDef, DimId, MapDef, MapId, SAMPLES};
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

/// The rows of an array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rows {
    /// None: the same for everything.
    Const,
    /// One a sample.
    Sample,
    /// One for every combination of roots.
    Of(Vec<Root>),
}

/// An index that rows stand for: a variable, or (in a signal) a set not read yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Root {
    pub dim: DimId,
    pub var: Option<VarId>,
}

/// A lowered array.
#[derive(Clone, Debug)]
pub(crate) struct Low {
    pub v: Value,
    pub rows: Rows,
    /// The variables of its leading static axes.
    pub statics: Vec<VarId>,
}

impl Lowerer<'_> {
    /// The dim of the nodes or edges of a domain.
    pub(crate) fn set_dim(&mut self, set: &Set) -> DimId {
        match set {
            Set::Edges(d) if self.model.choice_in(*d).is_some() => self.node_dim(*d),
            Set::Edges(d) => {
                let name = format!("{}.edges", self.model.domains[d.0 as usize].name);
                self.b().domains().dim(DimDef::Ragged { name })
            }
            Set::Nodes(d) => self.node_dim(*d),
            _ => SAMPLES,
        }
    }

    fn node_dim(&mut self, d: DomainId) -> DimId {
        let dom = self.model.domains[d.0 as usize].clone();
        let small = |n: &crate::types::Int| n.value().and_then(|v| u32::try_from(v).ok()).unwrap_or(1);
        match &dom.kind {
            DomainKind::Grid { rank, .. } => {
                let rank = small(rank);
                self.b().domains().dim(DimDef::Grid { name: dom.name, rank })
            }
            DomainKind::Coarse {
                of,
                window,
                stride,
                pad,
            } => {
                let of = self.node_dim(*of);
                self.b().domains().dim(DimDef::Coarse {
                    of,
                    size: small(window),
                    stride: small(stride),
                    pad: small(pad),
                })
            }
            DomainKind::Chosen(c) => {
                let of = self.node_dim(c.of);
                self.chosen_dim(c, of)
            }
            _ => self.b().domains().dim(DimDef::Ragged { name: dom.name }),
        }
    }

    /// The map from edges to an end; chosen edges have one to their destination only.
    pub(crate) fn end_map(&mut self, d: DomainId, src: bool) -> MapId {
        if self.model.choice_in(d).is_some() {
            let dim = self.node_dim(d);
            return self.b().domains().map(MapDef::Chooser(dim));
        }
        let name = self.model.domains[d.0 as usize].name.clone();
        let (from, to) = (self.set_dim(&Set::Edges(d)), self.set_dim(&Set::Nodes(d)));
        let name = format!("{name}.{}", if src { "src" } else { "dst" });
        self.b().domains().map(MapDef::Given {
            name,
            from,
            to,
            sorted: !src,
        })
    }

    /// The roots of a set of variables: dynamic ones, without ends of edges that are there themselves or whose two ends are.
    pub(crate) fn roots(&mut self, deps: &BTreeSet<VarId>) -> Vec<Root> {
        let mut dynamic: BTreeSet<VarId> = deps
            .iter()
            .copied()
            .filter(|v| self.model.var(*v).set.is_dynamic() && self.model.var(*v).kind != VarKind::Step)
            .collect();
        // What depends on both ends of an edge is needed on that edge only.
        let met: Vec<VarId> = dynamic
            .iter()
            .flat_map(|v| self.model.edges_ending_at(*v))
            .filter(|e| {
                self.model
                    .var(*e)
                    .ends
                    .is_some_and(|(s, d)| s != d && dynamic.contains(&s) && dynamic.contains(&d))
            })
            .collect();
        dynamic.extend(met);
        let ends: BTreeSet<VarId> = dynamic
            .iter()
            .filter_map(|v| self.model.var(*v).ends)
            .flat_map(|(s, d)| [s, d])
            .collect();
        let mut out = Vec::new();
        for v in dynamic {
            if !ends.contains(&v) {
                let set = self.model.var(v).set.clone();
                out.push(Root {
                    dim: self.set_dim(&set),
                    var: Some(v),
                });
            }
        }
        out
    }

    /// The dim of rows.
    pub(crate) fn dim_of(&mut self, rows: &Rows) -> Option<DimId> {
        match rows {
            Rows::Const => None,
            Rows::Sample => Some(SAMPLES),
            Rows::Of(roots) => {
                let mut it = roots.iter();
                let mut dim = it.next().map_or(SAMPLES, |r| r.dim);
                for r in it {
                    dim = self.b().domains().dim(DimDef::Pairs {
                        left: dim,
                        right: r.dim,
                    });
                }
                Some(dim)
            }
        }
    }

    /// The common rows of several arrays and variables.
    pub(crate) fn join(&mut self, lows: &[&Low], extra: &BTreeSet<VarId>) -> Rows {
        let mut vars = extra.clone();
        let mut signals: Vec<Root> = Vec::new();
        let mut sample = false;
        for l in lows {
            match &l.rows {
                Rows::Const => {}
                Rows::Sample => sample = true,
                Rows::Of(roots) => {
                    for r in roots {
                        match r.var {
                            Some(v) => {
                                vars.insert(v);
                            }
                            None if !signals.contains(r) => signals.push(*r),
                            None => {}
                        }
                    }
                }
            }
        }
        let mut roots = self.roots(&vars);
        roots.extend(signals);
        match (roots.is_empty(), sample) {
            (false, _) => Rows::Of(roots),
            (true, true) => Rows::Sample,
            (true, false) => Rows::Const,
        }
    }

    /// The union of static variables, in order of first appearance.
    pub(crate) fn join_statics(&self, lows: &[&Low]) -> Vec<VarId> {
        let mut out: Vec<VarId> = Vec::new();
        for l in lows {
            for v in &l.statics {
                if !out.contains(v) {
                    out.push(*v);
                }
            }
        }
        out
    }

    /// Brings an array to other rows and static axes.
    pub(crate) fn coerce(&mut self, low: &Low, rows: &Rows, statics: &[VarId], span: Span) -> L<Value> {
        let v = self.coerce_rows(low, rows, span)?;
        Ok(self.coerce_statics(v, &low.statics, statics))
    }

    pub(crate) fn coerce_rows(&mut self, low: &Low, rows: &Rows, span: Span) -> L<Value> {
        if low.rows == *rows {
            return Ok(low.v);
        }
        let dim = self.dim_of(rows);
        match &low.rows {
            Rows::Const => Ok(self.b().along(low.v, dim)),
            Rows::Sample => match dim {
                Some(d) => {
                    let map = self.b().domains().map(MapDef::Sample(d));
                    Ok(self.b().gather(low.v, map))
                }
                None => Err(self.unsupported("a value of a sample where one for all is needed", span)),
            },
            Rows::Of(have) => {
                let Rows::Of(want) = rows else {
                    return Err(self.unsupported("a signal where one value is needed", span));
                };
                match self.path(want, have) {
                    Some(Some(map)) => Ok(self.b().gather(low.v, map)),
                    Some(None) => Ok(low.v),
                    None => match self.along_choice(low, want)? {
                        Some(taken) => self.coerce_rows(&taken, rows, span),
                        None => Err(self.unsupported("these indices cannot be brought together", span)),
                    },
                }
            }
        }
    }

    /// The map from rows of `want` to rows of `have`; `Some(None)` is the identity.
    pub(crate) fn path(&mut self, want: &[Root], have: &[Root]) -> Option<Option<MapId>> {
        if want == have {
            return Some(None);
        }
        // A prefix: drop the last roots of `want`.
        if want.len() > have.len() && want[..have.len()] == *have {
            let mut map = None;
            for n in (have.len()..want.len()).rev() {
                let dim = self.dim_of(&Rows::Of(want[..=n].to_vec()))?;
                let left = self.b().domains().map(MapDef::Left(dim));
                map = Some(self.then(map, left));
            }
            return Some(map);
        }
        let (&target, front) = have.split_last()?;
        if !front.is_empty() {
            // Some of the roots, or in another order: the row of each, put together.
            let left = self.path(want, front)??;
            let right = self.path(want, &[target])??;
            let pairs = self.dim_of(&Rows::Of(have.to_vec()))?;
            let pair = MapDef::Pair { pairs, left, right };
            return Some(Some(self.b().domains().map(pair)));
        }
        for k in 0..want.len() {
            let own = want[k];
            let end = self.end_path(own, target);
            if own != target && end.is_none() {
                continue;
            }
            // Down from the full product to factor k.
            let mut map = None;
            for n in (1..want.len()).rev() {
                if n < k {
                    break;
                }
                let dim = self.dim_of(&Rows::Of(want[..=n].to_vec()))?;
                let step = if n == k { MapDef::Right(dim) } else { MapDef::Left(dim) };
                let step = self.b().domains().map(step);
                map = Some(self.then(map, step));
                if n == k {
                    break;
                }
            }
            if let Some(end) = end {
                map = Some(self.then(map, end));
            }
            return Some(map);
        }
        None
    }

    /// The map from an edge variable to the variable of one of its ends.
    fn end_path(&mut self, edge: Root, target: Root) -> Option<MapId> {
        let (e, t) = (edge.var?, target.var?);
        let (s, d) = self.model.var(e).ends?;
        let Set::Edges(dom) = self.model.var(e).set else {
            return None;
        };
        let given = t == d || t == s && self.model.choice_in(dom).is_none();
        given.then(|| self.end_map(dom, t == s))
    }

    /// `second` after `first`.
    fn then(&mut self, first: Option<MapId>, second: MapId) -> MapId {
        match first {
            Some(first) => self.b().domains().map(MapDef::Compose { first, second }),
            None => second,
        }
    }

    /// Adds missing static axes and brings them into order.
    pub(crate) fn coerce_statics(&mut self, v: Value, have: &[VarId], want: &[VarId]) -> Value {
        if have == want {
            return v;
        }
        let shape = self.b().shape(v);
        let rest = &shape.axes[have.len()..];
        let mut axes: Vec<u32> = want.iter().map(|s| self.static_size(*s)).collect();
        axes.extend(rest);
        let mut to: Vec<u32> = have
            .iter()
            .map(|h| want.iter().position(|w| w == h).unwrap_or(0) as u32)
            .collect();
        to.extend((0..rest.len()).map(|k| (want.len() + k) as u32));
        self.b().broadcast(v, Shape { dim: shape.dim, axes }, &to)
    }

    /// The number of values of a static variable.
    pub(crate) fn static_size(&self, v: VarId) -> u32 {
        self.set_size(self.var_set(v))
    }

    /// The number of elements of a static set.
    pub(crate) fn set_size(&self, set: &Set) -> u32 {
        let small = |n: &crate::types::Int| n.value().and_then(|v| u32::try_from(v).ok()).unwrap_or(1);
        match set {
            Set::Range(n) => small(n),
            Set::Enum(names) => names.len() as u32,
            Set::Window(d, n) => small(n).pow(super::reps::grid_rank(self.model, *d)),
            Set::Points(r) => self.rep_dim(r),
            _ => 1,
        }
    }

    /// The dimension of a representation.
    pub(crate) fn rep_dim(&self, r: &crate::types::Rep) -> u32 {
        super::reps::concrete(self.model, r).map_or(0, |(_, c)| c.dim() as u32)
    }
}
