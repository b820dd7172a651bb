//! The loops of push-forwards in which other values are computed.
//!
//! Push-forwards of a kernel along one map share a loop unless one needs the result of another. What is computed in a loop and needed again in
//! a later one is kept in a local array that has room for the longest list of the map, or computed again if that is cheap. Sums of
//! wide rows with narrow factors follow such a loop, with accumulators in registers; others are made in it. So the softmax of a row
//! takes memory for one row a thread.

use super::group::{Item, reads_around};
use super::inside::{MEMORY, map_of, row_cost};
use super::kernel::{Builder, Dest, Held};
use super::reads::{Where, reads_of};
use super::{At, Scheduler};
use crate::CodegenError;
use crate::loop_ir::{Array, Expr, Index, Loop, LoopKind, Range, Size, Stmt, Table};
use gdl_abi::{DimId, MapDef, MapId};
use gdl_core::ir::{Fold, Op, Value};

/// A value is narrow against one with so many times its numbers in a row.
const NARROW: usize = 2;

/// A loop over the list that a map has for a row.
#[derive(Clone, Debug)]
pub(super) struct SharedLoop {
    /// The push-forwards, ascending.
    pub owners: Vec<Value>,
    /// What is computed for every row of the list, ascending.
    computed: Vec<Value>,
    /// Those of them that are kept for later loops.
    kept: Vec<Value>,
}

/// A push-forward: how, of what, its axes, and where to.
struct Sum {
    op: Fold,
    x: At,
    axes: Vec<u32>,
    dest: Dest,
}

impl Scheduler<'_> {
    /// The loops of the push-forwards of a group, in order.
    pub(super) fn shared_loops(&self, items: &[Item]) -> Vec<SharedLoop> {
        let mut loops: Vec<Vec<Value>> = Vec::new();
        for (n, item) in items.iter().enumerate() {
            if let Item::Value(v) = item
                && self.runs_around(*v)
                && loops.iter().all(|l| !l.contains(v))
            {
                let together = self.one_loop(*v, &items[n + 1..], &loops);
                loops.push(together);
            }
        }
        let mut known: Vec<(Option<MapId>, Value)> = Vec::new();
        let mut out = Vec::new();
        for (n, owners) in loops.iter().enumerate() {
            let map = map_of(self, owners[0]);
            let mut there: Vec<Value> = known.iter().filter(|(m, _)| *m == map).map(|(_, v)| *v).collect();
            let computed = self.needed(owners, &there);
            let mut kept: Vec<Value> = owners.iter().flat_map(|o| self.narrow(*o, &computed)).collect();
            kept.sort_unstable();
            kept.dedup();
            there.extend(&kept);
            // Results before what they are made from: that may then not be needed again.
            for &v in computed.iter().rev() {
                let later = loops[n + 1..].iter().filter(|l| map_of(self, l[0]) == map);
                let again = later.into_iter().any(|l| self.needed(l, &there).contains(&v));
                if again && !kept.contains(&v) && self.is_kept(v) {
                    there.push(v);
                    kept.push(v);
                }
            }
            known.extend(kept.iter().map(|v| (map, *v)));
            out.push(SharedLoop {
                owners: owners.clone(),
                computed,
                kept,
            });
        }
        out
    }

    /// The loop of a push-forward for itself, if anything is computed in it.
    pub(super) fn own_loop(&self, at: At) -> Option<SharedLoop> {
        let inside = &self.scopes[at.depth].inside;
        inside.iter().any(|(owner, _)| *owner == at.v).then(|| SharedLoop {
            owners: vec![at.v],
            computed: inside
                .iter()
                .filter(|(owner, _)| *owner == at.v)
                .map(|(_, v)| *v)
                .collect(),
            kept: Vec::new(),
        })
    }

    /// Whether a value is a push-forward in whose loop others are computed.
    fn runs_around(&self, v: Value) -> bool {
        self.scope().inside.iter().any(|(owner, _)| *owner == v)
    }

    /// A push-forward, and those after it along the same map that need nothing of what stands between.
    fn one_loop(&self, first: Value, rest: &[Item], others: &[Vec<Value>]) -> Vec<Value> {
        let mut together = vec![first];
        let mut before = vec![first];
        for item in rest {
            let Item::Value(v) = item else { continue };
            let free = reads_around(self, *v).iter().all(|(u, _)| !before.contains(u));
            let taken = others.iter().any(|l| l.contains(v));
            if free && !taken && self.runs_around(*v) && map_of(self, *v) == map_of(self, first) {
                together.push(*v);
            }
            before.push(*v);
        }
        together
    }

    /// What must be computed in the loop of these push-forwards, ascending, if some values are there.
    fn needed(&self, owners: &[Value], there: &[Value]) -> Vec<Value> {
        let inside = |v: Value| {
            let mut pairs = self.scope().inside.iter();
            pairs.any(|(owner, u)| *u == v && owners.contains(owner))
        };
        let mut found: Vec<Value> = Vec::new();
        let mut reads: Vec<Value> = owners.iter().flat_map(|o| reads_of(self, *o)).map(|(u, _)| u).collect();
        while let Some(u) = reads.pop() {
            if inside(u) && !there.contains(&u) && !found.contains(&u) {
                found.push(u);
                // It may be a push-forward with a loop of its own.
                reads.extend(reads_around(self, u).iter().map(|(w, _)| *w));
            }
        }
        found.sort_unstable();
        found
    }

    /// Whether a value is rather kept than computed again.
    fn is_kept(&self, v: Value) -> bool {
        let len = self.shape(self.here(v)).row_len() as f64;
        self.target.has_list_memory() && row_cost(self, v) > MEMORY * len
    }

    /// What a push-forward reads in its loop, if all of that is narrow against its own rows.
    fn narrow(&self, owner: Value, computed: &[Value]) -> Vec<Value> {
        let len = |v: Value| self.shape(self.here(v)).row_len();
        let reads: Vec<Value> = reads_of(self, owner).into_iter().map(|(u, _)| u).collect();
        let inside: Vec<Value> = reads.into_iter().filter(|u| computed.contains(u)).collect();
        let narrow = self.target.has_list_memory() && inside.iter().all(|u| NARROW * len(*u) <= len(owner));
        if narrow { inside } else { Vec::new() }
    }

    /// Push-forwards along one map in whose loop other values are computed.
    pub(super) fn segments_around(
        &mut self,
        k: &mut Builder,
        list: &[(At, Dest)],
        shared: &SharedLoop,
        row: Option<&Index>,
    ) -> Result<(), CodegenError> {
        let (Some((first, _)), Some(row)) = (list.first(), row) else {
            return Err(CodegenError::internal("a push-forward without rows"));
        };
        let Op::Segment { map, .. } = *self.op(*first) else {
            return Err(CodegenError::internal("not a push-forward"));
        };
        let depth = first.depth;
        // What is there only while the loop is at a row of the list.
        let passing = |(v, _): &(Value, Where)| shared.computed.contains(v) && !shared.kept.contains(v);
        let (mut during, mut after) = (Vec::new(), Vec::new());
        for (at, dest) in list {
            let Op::Segment { op, x, .. } = *self.op(*at) else {
                return Err(CodegenError::internal("not a push-forward"));
            };
            let waits = !reads_of(self, at.v).iter().any(passing);
            let sum = Sum {
                op,
                x: At { v: x, ..*at },
                axes: self.shape(*at).axes.clone(),
                dest: dest.clone(),
            };
            if waits { after.push(sum) } else { during.push(sum) }
        }
        let ptr = self.table(Table::MapPtr(map));
        let range = Range::Between(ptr, row.clone());
        // What is held at rows of the list is not there outside; a loop around this one may hold the same values at its own rows.
        let outside = k.held.clone();
        if !shared.computed.is_empty() || !during.is_empty() {
            self.loop_around(k, (map, depth), shared, &during, (row, range.clone()))?;
        }
        for sum in after {
            let Sum { op, x, axes, dest } = sum;
            self.reduction(
                k,
                &axes,
                std::slice::from_ref(&range),
                Some(op),
                &dest,
                &|s, k, out, red| {
                    let (source, _) = s.enter(k, (map, depth), &red[0], row);
                    s.eval(k, x, Some(&source), out)
                },
            )?;
        }
        k.held = outside;
        Ok(())
    }

    /// The loop over the list of a row that computes values, and adds up.
    fn loop_around(
        &mut self,
        k: &mut Builder,
        (map, depth): (MapId, usize),
        shared: &SharedLoop,
        sums: &[Sum],
        (row, range): (&Index, Range),
    ) -> Result<(), CodegenError> {
        for sum in sums {
            let nothing = Expr::Num(super::eval::identity(sum.op));
            self.pointwise(k, &sum.axes, &sum.dest, &|_, _, _, _| Ok(nothing.clone()))?;
        }
        let place = k.var(None);
        let (source, in_list) = self.enter(k, (map, depth), &Index::var(place), row);
        let (body, result) = k.block(|k| {
            for &v in &shared.computed {
                let own = At { depth, v };
                let len = self.shape(own).row_len();
                let (local, base) = if shared.kept.contains(&v) {
                    let longest = self.program.size(Size::Longest(map));
                    let local = k.list_local(len, longest);
                    k.kept.insert((map, own), local);
                    (local, in_list.times(len as i64))
                } else {
                    (k.local(len), Index::lit(0))
                };
                let dest = Dest {
                    array: Array::Local(local),
                    base: base.clone(),
                    fold: None,
                };
                let row = Some(source.clone());
                k.held.insert(own, Held { local, base, row });
                self.emit(k, own, Some(&source), &dest)?;
            }
            for sum in sums {
                let dest = Dest {
                    fold: Some(sum.op),
                    ..sum.dest.clone()
                };
                self.pointwise(k, &sum.axes, &dest, &|s, k, out, _| {
                    s.eval(k, sum.x, Some(&source), out)
                })?;
            }
            Ok(())
        });
        result?;
        k.push(Stmt::For(Loop {
            var: place,
            range,
            kind: LoopKind::Serial,
            body,
        }));
        Ok(())
    }

    /// Begins to read at a place of the list of a row, where earlier loops left values: the row of the source, and its number in the list.
    fn enter(&mut self, k: &mut Builder, (map, depth): (MapId, usize), place: &Index, row: &Index) -> (Index, Index) {
        let source = self.source(k, map, place, row);
        let in_list = place.plus(&self.lookup(Table::MapPtr(map), row.clone()).times(-1));
        for ((of, own), local) in k.kept.clone() {
            if of == map && own.depth == depth {
                let base = in_list.times(self.shape(own).row_len() as i64);
                let row = Some(source.clone());
                k.held.insert(own, Held { local, base, row });
            }
        }
        (source, in_list)
    }

    /// The row of the source at a place of the list that a map has for a row of its target. What it is mapped to is remembered.
    pub(super) fn source(&mut self, k: &mut Builder, map: MapId, place: &Index, row: &Index) -> Index {
        let source = if self.is_sorted(map) {
            place.clone()
        } else {
            self.lookup(Table::MapOrder(map), place.clone())
        };
        k.images.insert((map, source.clone()), row.clone());
        if let Some((other, to)) = self.other_end(map) {
            // The rows of the other end that are in the sample, one after the other.
            let own = self.program.domains.ends(map).1;
            let sample = self.lookup(Table::Sample(own), row.clone());
            let start = self.lookup(Table::SamplePtr(to), sample);
            let first = self.lookup(Table::MapPtr(map), row.clone());
            let image = place.plus(&start).plus(&first.times(-1));
            k.images.insert((other, source.clone()), image);
        }
        source
    }

    /// For an end of pairs: the map to the other end, and its dim.
    fn other_end(&self, map: MapId) -> Option<(MapId, DimId)> {
        let domains = &self.program.domains;
        let other = match domains.map_def(map) {
            MapDef::Left(pairs) => MapDef::Right(*pairs),
            MapDef::Right(pairs) => MapDef::Left(*pairs),
            _ => return None,
        };
        let other = domains.find_map(&other)?;
        Some((other, domains.ends(other).1))
    }
}
