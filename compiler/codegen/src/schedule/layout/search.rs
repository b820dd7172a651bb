//! Orders for which the nests of all kernels cost little.
//!
//! First every nest votes as if its arrays could have any order. Then array by array is given the order that is best while the others
//! stay, until nothing changes.

use super::axes::Axes;
use super::{Key, Means, Order, Orders};
use crate::loop_ir::{Array, Index, Kernel, Loop, Program, Range, Size, Space, Stmt, Table};
use crate::schedule::lanes::{Nest, is_smooth};
use gdl_abi::{DimId, MapId};
use std::collections::BTreeMap;

/// A dim has about so many times the rows of one that it is mapped to.
const FAN_OUT: f64 = 8.0;
/// Ranges of which nothing is known have about so many values.
const SOME: f64 = 4.0;
/// What it costs to copy an element across.
const COPY: f64 = 3.0;
/// Another order must save this part of what the nests cost that see the array.
const GAIN: f64 = 0.02;
/// The search ends after so many rounds at the latest.
const ROUNDS: usize = 8;

/// An array in the search.
struct Candidate {
    key: Key,
    axes: Axes,
    means: Means,
    /// What a copy costs.
    copy: f64,
    /// The nests that access it.
    nests: Vec<usize>,
}

/// A nest in the search.
struct Seen {
    /// Its cost where nothing runs side by side.
    weight: f64,
    lanes: Vec<SeenLane>,
}

/// A loop that may run side by side.
struct SeenLane {
    /// The cost of the nest, relative to none, if every array had the best order.
    cost: f64,
    /// What one access adds that is neither contiguous nor constant.
    awkward: f64,
    /// Accesses that are neither, or might not be.
    moving: Vec<Moving>,
}

/// An access that moves with a loop.
#[derive(Clone, Copy)]
struct Moving {
    /// Its array, if it may have another order.
    candidate: Option<usize>,
    /// The axis along which it steps.
    axis: Option<usize>,
    /// It is contiguous in row-major order.
    smooth: bool,
}

/// The axis that is fastest, by candidate; `None` where the order stays.
type Choice = Vec<Option<usize>>;

/// The orders that differ from row-major. `kernels` are those of the program, with loops split along the axes of the candidates.
pub(super) fn search(
    program: &Program,
    kernels: &[Kernel],
    candidates: BTreeMap<Key, (Axes, Means)>,
    width: u32,
) -> Orders {
    let rows = Rows { program };
    let mut list: Vec<Candidate> = Vec::new();
    for (key, (axes, means)) in candidates {
        let copy = match (key, means) {
            (Key::Buffer(b), Means::Copy { .. }) => {
                let buffer = &program.buffers[b.0 as usize];
                COPY * buffer.dim.map_or(1.0, |d| rows.of(d)) * buffer.row_len as f64
            }
            _ => 0.0,
        };
        list.push(Candidate {
            key,
            axes,
            means,
            copy,
            nests: Vec::new(),
        });
    }
    let mut walk = Walk {
        rows,
        width,
        candidates: list,
        nests: Vec::new(),
    };
    for (n, kernel) in kernels.iter().enumerate() {
        let trips = match kernel.space {
            Space::Rows { dim, .. } => walk.rows.of(dim),
            Space::Fixed(n) => f64::from(n),
        };
        walk.block(n, kernel, &kernel.body, trips);
    }
    let search = Search {
        candidates: walk.candidates,
        nests: walk.nests,
    };
    let starts = [vec![None; search.candidates.len()], search.votes()];
    let [stay, voted] = starts.map(|mut choice| {
        search.descend(&mut choice);
        (search.total(&choice), choice)
    });
    let best = if voted.0 < stay.0 { voted.1 } else { stay.1 };
    let ordered = search.candidates.into_iter().zip(best);
    ordered
        .filter_map(|(c, fast)| {
            let order = Order {
                axes: c.axes,
                fast: fast?,
                means: c.means,
            };
            Some((c.key, order))
        })
        .collect()
}

/// About how many rows dims have, relative to each other.
struct Rows<'a> {
    program: &'a Program,
}

impl Rows<'_> {
    fn of(&self, dim: DimId) -> f64 {
        FAN_OUT.powi(self.depth(dim, 4) as i32)
    }

    /// The length of a chain of maps that begins at a dim.
    fn depth(&self, dim: DimId, most: usize) -> usize {
        let domains = &self.program.domains;
        let ends = (0..domains.maps.len()).map(|m| domains.ends(MapId(m as u32)));
        let targets = ends.filter(|(from, to)| *from == dim && from != to && most > 0);
        1 + targets.map(|(_, to)| self.depth(to, most - 1)).max().unwrap_or(0)
    }

    /// How often a loop inside a kernel runs.
    fn times(&self, range: &Range) -> f64 {
        match range {
            Range::Lit(n) => f64::from(*n),
            Range::Size(s) => match self.program.sizes[s.0 as usize] {
                Size::Rows(d) => self.of(d),
                _ => SOME,
            },
            Range::Between(t, _) => match &self.program.tables[t.0 as usize] {
                Table::MapPtr(m) => {
                    let (from, to) = self.program.domains.ends(*m);
                    (self.of(from) / self.of(to)).max(1.0)
                }
                _ => SOME,
            },
        }
    }
}

/// Collects the nests of all kernels.
struct Walk<'a> {
    rows: Rows<'a>,
    width: u32,
    candidates: Vec<Candidate>,
    nests: Vec<Seen>,
}

impl Walk<'_> {
    fn block(&mut self, n: usize, kernel: &Kernel, block: &[Stmt], trips: f64) {
        let mut at = 0;
        while at < block.len() {
            match (Nest::at(&block[at..]), &block[at]) {
                (Some((nest, statements)), _) => {
                    self.nest(n, kernel, &nest, trips);
                    at += statements;
                }
                (None, Stmt::For(Loop { range, body, .. })) => {
                    self.block(n, kernel, body, trips * self.rows.times(range));
                    at += 1;
                }
                (None, _) => at += 1,
            }
        }
    }

    fn nest(&mut self, n: usize, kernel: &Kernel, nest: &Nest<'_>, trips: f64) {
        let mut lanes = Vec::new();
        for lane in nest.lanes() {
            let accesses = nest.accesses_of(lane.0).iter();
            let moving = accesses.filter_map(|(array, at)| self.moving(n, kernel, *array, at, lane.0.var()));
            let moving: Vec<Moving> = moving.collect();
            let cost = nest.cost(self.width, lane, 0);
            lanes.push(SeenLane {
                cost,
                awkward: nest.cost(self.width, lane, 1) - cost,
                moving,
            });
        }
        let points = nest.points(&|r| self.rows.times(r));
        let at = self.nests.len();
        for c in lanes.iter().flat_map(|l| &l.moving).filter_map(|m| m.candidate) {
            let nests = &mut self.candidates[c].nests;
            if nests.last() != Some(&at) {
                nests.push(at);
            }
        }
        self.nests.push(Seen {
            weight: trips * points * nest.work(),
            lanes,
        });
    }

    /// An access, if it moves with a variable.
    fn moving(&self, n: usize, kernel: &Kernel, array: Array, at: &Index, v: crate::loop_ir::Var) -> Option<Moving> {
        if at.stride(v) == Some(0) {
            return None;
        }
        let key = Key::of(n, array);
        let candidate = self.candidates.binary_search_by(|c| c.key.cmp(&key)).ok();
        let axis = candidate.and_then(|c| self.candidates[c].axes.stepped(at, &kernel.extents, v));
        Some(Moving {
            candidate,
            axis,
            smooth: is_smooth(at, v),
        })
    }
}

struct Search {
    candidates: Vec<Candidate>,
    nests: Vec<Seen>,
}

impl Search {
    /// What every nest would like best, weighed by its cost.
    fn votes(&self) -> Choice {
        let mut votes: Vec<Vec<f64>> = self.candidates.iter().map(|c| vec![0.0; c.axes.count()]).collect();
        for nest in &self.nests {
            let cost = |l: &SeenLane| {
                let stuck = l.moving.iter().filter(|m| m.axis.is_none() && !m.smooth).count();
                l.cost + l.awkward * stuck as f64
            };
            let best = nest.lanes.iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
            for m in best.filter(|l| cost(l) < 1.0).into_iter().flat_map(|l| &l.moving) {
                if let (Some(c), Some(axis)) = (m.candidate, m.axis) {
                    votes[c][axis] += nest.weight;
                }
            }
        }
        let most = |of: &Vec<f64>| {
            let best = (0..of.len()).max_by(|a, b| of[*a].total_cmp(&of[*b]))?;
            // The last axis is the fastest as it is.
            (best + 1 != of.len() && of[best] > 0.0).then_some(best)
        };
        votes.iter().map(most).collect()
    }

    /// Improves a choice array by array.
    fn descend(&self, choice: &mut Choice) {
        for _ in 0..ROUNDS {
            let before = choice.clone();
            for c in 0..choice.len() {
                let mut best = (f64::INFINITY, None);
                let others = (0..self.candidates[c].axes.count() - 1).map(Some);
                for option in [None].into_iter().chain(others) {
                    choice[c] = option;
                    let nests = self.candidates[c].nests.iter();
                    let mut cost: f64 = nests.map(|n| self.cost(*n, choice)).sum();
                    if option.is_some() {
                        cost = cost * (1.0 + GAIN) + self.candidates[c].copy;
                    }
                    if cost < best.0 {
                        best = (cost, option);
                    }
                }
                choice[c] = best.1;
            }
            if *choice == before {
                break;
            }
        }
    }

    fn total(&self, choice: &Choice) -> f64 {
        let nests: f64 = (0..self.nests.len()).map(|n| self.cost(n, choice)).sum();
        let ordered = self.candidates.iter().zip(choice).filter(|(_, o)| o.is_some());
        nests + ordered.map(|(c, _)| c.copy).sum::<f64>()
    }

    fn cost(&self, nest: usize, choice: &Choice) -> f64 {
        let nest = &self.nests[nest];
        let smooth = |m: &Moving| match m.candidate.and_then(|c| Some((c, choice[c]?))) {
            None => m.smooth,
            Some((c, fast)) => m.axis == Some(fast) || (m.smooth && self.candidates[c].means != Means::Move),
        };
        let lanes = nest.lanes.iter().map(|l| {
            let awkward = l.moving.iter().filter(|m| !smooth(m)).count();
            l.cost + l.awkward * awkward as f64
        });
        nest.weight * lanes.fold(1.0, f64::min)
    }
}
