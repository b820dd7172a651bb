//! Dims, maps, and their instances for one batch.
//!
//! [`Domains`] is the static description inside a program; an [`Instance`] holds the sizes and index arrays of one batch.
//! `Instance` computes every derived dim and map from what the door supplies ([`DoorSizes`]).

use alloc::{format, string::String, vec, vec::Vec};
use serde::{Deserialize, Serialize};

/// A dim of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DimId(pub u32);

/// A map of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapId(pub u32);

/// The dim of samples: always the first.
pub const SAMPLES: DimId = DimId(0);

/// What the rows of a dim are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are explained with their variant
pub enum DimDef {
    /// One row a sample.
    Samples,
    /// Rows grouped by sample, a number of them that differs from sample to sample: nodes, edges, vertices, positions of a
    /// sequence. Given at the door as a `ptr` array of `samples + 1` offsets under `name`.
    Ragged { name: String },
    /// The cells of a grid, row-major inside each sample; all samples of a batch have the same extents, given at the door
    /// under `name`.
    Grid { name: String, rank: u32 },
    /// The cells of a grid after windows of `size` cells with `pad` cells of padding moved by `stride`:
    /// extent (n + 2 pad − size) / stride + 1 on every axis.
    Coarse {
        of: DimId,
        size: u32,
        stride: u32,
        pad: u32,
    },
    /// All pairs (a, b) of rows of `left` and `right` in the same sample, ordered by a, then b. Never stored.
    Pairs { left: DimId, right: DimId },
    /// `steps` × rows of `of`, step slow: the values a loop leaves behind. The number of steps is the largest number of rows
    /// that a sample has in `time`.
    Stacked { time: DimId, of: DimId },
    /// `count[s]` rows in sample s, where `count` is the number of rows of dim `like` in s, or `fixed` where that is `None`: the rounds of an `iterate`.
    Rounds { like: Option<DimId>, fixed: u32 },
    /// What is chosen among the rows of `of`, for every row of `each` in the same sample: the first `k` of them (all for `None`), best
    /// first; with `others`, where `each` is `of`, no row chooses itself. Which they are is computed; how many is known at the door.
    Chosen {
        of: DimId,
        each: DimId,
        k: Option<u32>,
        others: bool,
    },
}

/// A total function between the rows of two dims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // fields are explained with their variant
pub enum MapDef {
    /// The sample of every row.
    Sample(DimId),
    /// Given at the door as an index array under `name`: `e.src`, `e.dst`. `sorted`: ascending.
    Given {
        name: String,
        from: DimId,
        to: DimId,
        sorted: bool,
    },
    /// The left row of a pair.
    Left(DimId),
    /// The right row of a pair.
    Right(DimId),
    /// `second ∘ first`.
    Compose { first: MapId, second: MapId },
    /// To a dim of pairs: the pair of the images under two maps from the same dim, which keep samples.
    Pair { pairs: DimId, left: MapId, right: MapId },
    /// For a stacked dim: the row of the inner dim.
    Unstack(DimId),
    /// From a ragged dim `time` to the stacked dim `Stacked { time, of: Samples }`: position t of sample s goes to row (t, s).
    ToStep { time: DimId, stacked: DimId },
    /// For a dim of choices: the row that chose.
    Chooser(DimId),
    /// `by` rows further in the same sample, or as far as there are rows.
    Shift { of: DimId, by: i32 },
}

/// Dims and maps of a program. Dim 0 is [`SAMPLES`]; a definition refers to earlier ones only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domains {
    /// By [`DimId`].
    pub dims: Vec<DimDef>,
    /// By [`MapId`].
    pub maps: Vec<MapDef>,
    /// Which arrays are read, by [`MapId`]; all of those of maps that are not in the list.
    pub parts: Vec<MapParts>,
}

/// Which arrays of a map a program reads. Those of pairs are as many as there are pairs, and need not be there at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapParts {
    /// See [`MapData::index`].
    pub index: bool,
    /// See [`MapData::ptr`].
    pub ptr: bool,
    /// See [`MapData::order`].
    pub order: bool,
}

impl MapParts {
    /// Every array.
    pub const ALL: MapParts = MapParts {
        index: true,
        ptr: true,
        order: true,
    };
}

impl Default for Domains {
    fn default() -> Self {
        Domains {
            dims: vec![DimDef::Samples],
            maps: Vec::new(),
            parts: Vec::new(),
        }
    }
}

impl Domains {
    /// The dim with this definition, added if new.
    pub fn dim(&mut self, def: DimDef) -> DimId {
        if let Some(k) = self.dims.iter().position(|d| *d == def) {
            return DimId(k as u32);
        }
        self.dims.push(def);
        DimId(self.dims.len() as u32 - 1)
    }

    /// The map with this definition, added if new.
    pub fn map(&mut self, def: MapDef) -> MapId {
        if let Some(known) = self.find_map(&def) {
            return known;
        }
        self.maps.push(def);
        MapId(self.maps.len() as u32 - 1)
    }

    /// The map with this definition, if there is one.
    pub fn find_map(&self, def: &MapDef) -> Option<MapId> {
        let k = self.maps.iter().position(|m| m == def)?;
        Some(MapId(k as u32))
    }

    /// The definition of a dim.
    pub fn dim_def(&self, d: DimId) -> &DimDef {
        &self.dims[d.0 as usize]
    }

    /// The definition of a map.
    pub fn map_def(&self, m: MapId) -> &MapDef {
        &self.maps[m.0 as usize]
    }

    /// For a dim of choices: the dim that is chosen from.
    pub fn chosen_from(&self, d: DimId) -> Option<DimId> {
        match self.dim_def(d) {
            DimDef::Chosen { of, .. } => Some(*of),
            _ => None,
        }
    }

    /// For a dim of choices: the dim of the numbers by which is chosen, if the program has it.
    pub fn keys_of(&self, d: DimId) -> Option<DimId> {
        match *self.dim_def(d) {
            DimDef::Chosen { of, each: SAMPLES, .. } => Some(of),
            DimDef::Chosen { of, each, .. } => {
                let pairs = DimDef::Pairs { left: each, right: of };
                let k = self.dims.iter().position(|d| *d == pairs)?;
                Some(DimId(k as u32))
            }
            _ => None,
        }
    }

    /// The arrays of a map that are read.
    pub fn parts(&self, m: MapId) -> MapParts {
        self.parts.get(m.0 as usize).copied().unwrap_or(MapParts::ALL)
    }

    /// For every map whether its index array is needed, for itself or for another map.
    fn indices_needed(&self) -> Vec<bool> {
        let mut needed: Vec<bool> = (0..self.maps.len() as u32)
            .map(|m| self.parts(MapId(m)).index)
            .collect();
        for (k, def) in self.maps.iter().enumerate().rev() {
            let parts = self.parts(MapId(k as u32));
            // The lists of an end of pairs follow from the sizes of its dims.
            let lists = (parts.ptr || parts.order) && !matches!(def, MapDef::Left(_) | MapDef::Right(_));
            needed[k] |= lists;
            if !needed[k] {
                continue;
            }
            match def {
                MapDef::Compose { first, second } => [first, second].map(|m| needed[m.0 as usize] = true),
                MapDef::Pair { left, right, .. } => [left, right].map(|m| needed[m.0 as usize] = true),
                _ => continue,
            };
        }
        needed
    }

    /// Where a map goes from and to.
    pub fn ends(&self, m: MapId) -> (DimId, DimId) {
        match self.map_def(m) {
            MapDef::Sample(d) => (*d, SAMPLES),
            MapDef::Given { from, to, .. } => (*from, *to),
            MapDef::Left(p) | MapDef::Right(p) => match self.dim_def(*p) {
                DimDef::Pairs { left, right } => (
                    *p,
                    if matches!(self.map_def(m), MapDef::Left(_)) {
                        *left
                    } else {
                        *right
                    },
                ),
                _ => (*p, *p),
            },
            MapDef::Compose { first, second } => (self.ends(*first).0, self.ends(*second).1),
            MapDef::Pair { pairs, left, .. } => (self.ends(*left).0, *pairs),
            MapDef::Unstack(d) => match self.dim_def(*d) {
                DimDef::Stacked { of, .. } => (*d, *of),
                _ => (*d, *d),
            },
            MapDef::ToStep { time, stacked } => (*time, *stacked),
            MapDef::Shift { of, .. } => (*of, *of),
            MapDef::Chooser(d) => match self.dim_def(*d) {
                DimDef::Chosen { each, .. } => (*d, *each),
                _ => (*d, *d),
            },
        }
    }
}

/// What the door supplies for one batch, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DoorSizes {
    /// The number of samples.
    pub samples: usize,
    /// `ptr` arrays of ragged dims: `samples + 1` ascending offsets from 0.
    pub ragged: Vec<(String, Vec<u32>)>,
    /// Extents of grids.
    pub grids: Vec<(String, Vec<u32>)>,
    /// Index arrays of given maps.
    pub maps: Vec<(String, Vec<u32>)>,
}

/// A map as arrays; those that no program reads ([`MapParts`]) are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapData {
    /// The image of every row.
    pub index: Vec<u32>,
    /// `order[ptr[b]..ptr[b + 1]]` are the rows that go to b, ascending.
    pub ptr: Vec<u32>,
    /// See `ptr`; the identity where `index` is ascending.
    pub order: Vec<u32>,
}

/// Sizes and maps of one batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// Rows of every dim.
    pub rows: Vec<usize>,
    /// Extents of every dim that is a grid, empty otherwise.
    pub extents: Vec<Vec<u32>>,
    /// The offsets of every dim by sample (`samples + 1`), empty for stacked dims.
    pub sample_ptr: Vec<Vec<u32>>,
    /// Every map.
    pub maps: Vec<MapData>,
}

impl Instance {
    /// Computes all sizes and maps.
    ///
    /// # Errors
    /// A text that names what is missing, of the wrong length, out of range, or (for strides) not divisible.
    pub fn new(domains: &Domains, door: &DoorSizes) -> Result<Instance, String> {
        let samples = door.samples;
        let mut inst = Instance::default();
        for def in &domains.dims {
            let (mut extents, mut ptr) = (Vec::new(), Vec::new());
            let rows = match def {
                DimDef::Samples => {
                    ptr = (0..=samples as u32).collect();
                    samples
                }
                DimDef::Ragged { name } => {
                    ptr = find(&door.ragged, name, "sizes of")?.clone();
                    check_ptr(name, &ptr, samples)?;
                    *ptr.last().unwrap_or(&0) as usize
                }
                DimDef::Grid { name, rank } => {
                    extents = find(&door.grids, name, "extents of grid")?.clone();
                    if extents.len() != *rank as usize {
                        return Err(format!(
                            "grid `{name}` has {rank} axes, but {} extents were given",
                            extents.len()
                        ));
                    }
                    grid_rows(samples, &extents, &mut ptr)?
                }
                DimDef::Coarse { of, size, stride, pad } => {
                    for &n in &inst.extents[of.0 as usize] {
                        let span = n.saturating_add(2 * pad);
                        if span < *size || (span - size) % stride != 0 {
                            return Err(format!(
                                "a grid axis of {n} cells cannot be covered by windows of {size} moved by {stride} with padding {pad}: the symmetry needs (n + {}) divisible by {stride}",
                                2 * *pad as i64 - *size as i64
                            ));
                        }
                        extents.push((span - size) / stride + 1);
                    }
                    grid_rows(samples, &extents, &mut ptr)?
                }
                DimDef::Pairs { left, right } => {
                    let (l, r) = (&inst.sample_ptr[left.0 as usize], &inst.sample_ptr[right.0 as usize]);
                    let mut at = 0u64;
                    ptr.push(0);
                    for s in 0..samples {
                        at += u64::from(l[s + 1] - l[s]) * u64::from(r[s + 1] - r[s]);
                        ptr.push(u32::try_from(at).map_err(|_| String::from("more than 2^32 pairs in a batch"))?);
                    }
                    at as usize
                }
                DimDef::Stacked { time, of } => inst.steps(*time) * inst.rows[of.0 as usize],
                DimDef::Rounds { like, fixed } => {
                    ptr.push(0);
                    for s in 0..samples {
                        let n = match like {
                            Some(d) => inst.sample_ptr[d.0 as usize][s + 1] - inst.sample_ptr[d.0 as usize][s],
                            None => *fixed,
                        };
                        ptr.push(ptr[s] + n);
                    }
                    ptr[samples] as usize
                }
                DimDef::Chosen { of, each, .. } => {
                    let each = &inst.sample_ptr[each.0 as usize];
                    let mut at = 0u64;
                    ptr.push(0);
                    for s in 0..samples {
                        at += u64::from(each[s + 1] - each[s]) * u64::from(inst.choices(def, *of, s));
                        ptr.push(u32::try_from(at).map_err(|_| String::from("more than 2^32 choices in a batch"))?);
                    }
                    at as usize
                }
            };
            inst.rows.push(rows);
            inst.extents.push(extents);
            inst.sample_ptr.push(ptr);
        }
        let needed = domains.indices_needed();
        for (k, def) in domains.maps.iter().enumerate() {
            let (from, to) = domains.ends(MapId(k as u32));
            let parts = domains.parts(MapId(k as u32));
            let mut data = MapData::default();
            if needed[k] {
                data.index = inst.map_index(domains, def, door, from, to)?;
            }
            if parts.ptr || parts.order {
                (data.ptr, data.order) = match (def, domains.dim_def(from)) {
                    (MapDef::Left(_), DimDef::Pairs { left, right }) => inst.pairs_of(*left, *right, true, parts.order),
                    (MapDef::Right(_), DimDef::Pairs { left, right }) => {
                        inst.pairs_of(*left, *right, false, parts.order)
                    }
                    _ => inverse(&data.index, inst.rows[to.0 as usize]),
                };
            }
            inst.maps.push(data);
        }
        Ok(inst)
    }

    /// `ptr` and, if asked for, `order` of an end of pairs.
    fn pairs_of(&self, left: DimId, right: DimId, to_left: bool, order: bool) -> (Vec<u32>, Vec<u32>) {
        let [left, right] = [left, right].map(|d| &self.sample_ptr[d.0 as usize]);
        let (mut ptr, mut list) = (vec![0], Vec::new());
        let mut first = 0;
        for s in 0..self.rows[0] {
            let (l, r) = (left[s + 1] - left[s], right[s + 1] - right[s]);
            let (ends, each) = if to_left { (l, r) } else { (r, l) };
            for end in 0..ends {
                ptr.push(first + (end + 1) * each);
                if order {
                    let pair = |k| first + if to_left { end * r + k } else { k * r + end };
                    list.extend((0..each).map(pair));
                }
            }
            first += l * r;
        }
        (ptr, list)
    }

    /// The largest number of rows that a sample has in `time`.
    pub fn steps(&self, time: DimId) -> usize {
        self.sample_ptr[time.0 as usize]
            .windows(2)
            .map(|w| (w[1] - w[0]) as usize)
            .max()
            .unwrap_or(0)
    }

    /// How many rows of `of` every chooser of a sample gets.
    fn choices(&self, def: &DimDef, of: DimId, sample: usize) -> u32 {
        let ptr = &self.sample_ptr[of.0 as usize];
        let there = ptr[sample + 1] - ptr[sample];
        match def {
            DimDef::Chosen { k, others, .. } => {
                let there = there.saturating_sub(u32::from(*others));
                k.map_or(there, |k| k.min(there))
            }
            _ => there,
        }
    }

    fn map_index(
        &self,
        domains: &Domains,
        def: &MapDef,
        door: &DoorSizes,
        from: DimId,
        to: DimId,
    ) -> Result<Vec<u32>, String> {
        let rows = self.rows[from.0 as usize];
        Ok(match def {
            MapDef::Sample(d) => {
                let ptr = &self.sample_ptr[d.0 as usize];
                (0..self.rows[0])
                    .flat_map(|s| core::iter::repeat_n(s as u32, (ptr[s + 1] - ptr[s]) as usize))
                    .collect()
            }
            MapDef::Given { name, sorted, .. } => {
                let index = find(&door.maps, name, "index array")?.clone();
                let limit = self.rows[to.0 as usize];
                if index.len() != rows {
                    return Err(format!(
                        "`{name}` has {} entries, but there are {rows} rows",
                        index.len()
                    ));
                }
                if let Some(k) = index.iter().position(|&v| v as usize >= limit) {
                    return Err(format!(
                        "`{name}`[{k}] = {} is out of range: there are {limit} rows",
                        index[k]
                    ));
                }
                if *sorted && index.windows(2).any(|w| w[0] > w[1]) {
                    return Err(format!("`{name}` must be ascending"));
                }
                index
            }
            MapDef::Left(_) | MapDef::Right(_) => {
                let DimDef::Pairs { left, right } = domains.dim_def(from) else {
                    return Err("not a dim of pairs".into());
                };
                let (l, r) = (&self.sample_ptr[left.0 as usize], &self.sample_ptr[right.0 as usize]);
                let mut out = Vec::with_capacity(rows);
                for s in 0..self.rows[0] {
                    for a in l[s]..l[s + 1] {
                        for b in r[s]..r[s + 1] {
                            out.push(if matches!(def, MapDef::Left(_)) { a } else { b });
                        }
                    }
                }
                out
            }
            MapDef::Compose { first, second } => {
                let (f, g) = (&self.maps[first.0 as usize].index, &self.maps[second.0 as usize].index);
                f.iter().map(|&k| g[k as usize]).collect()
            }
            MapDef::Pair { pairs, left, right } => {
                let DimDef::Pairs { left: l, right: r } = domains.dim_def(*pairs) else {
                    return Err("not a dim of pairs".into());
                };
                let (l, r) = (&self.sample_ptr[l.0 as usize], &self.sample_ptr[r.0 as usize]);
                let start = &self.sample_ptr[pairs.0 as usize];
                let (left, right) = (&self.maps[left.0 as usize].index, &self.maps[right.0 as usize].index);
                let pair = |(&a, &b): (&u32, &u32)| {
                    let s = l.partition_point(|&p| p <= a) - 1;
                    if !(r[s]..r[s + 1]).contains(&b) {
                        return Err(format!("row {a} and row {b} are of different samples"));
                    }
                    Ok(start[s] + (a - l[s]) * (r[s + 1] - r[s]) + (b - r[s]))
                };
                left.iter().zip(right).map(pair).collect::<Result<_, _>>()?
            }
            MapDef::Unstack(_) => {
                let inner = self.rows[to.0 as usize];
                (0..rows).map(|k| (k % inner) as u32).collect()
            }
            MapDef::ToStep { time, .. } => {
                let ptr = &self.sample_ptr[time.0 as usize];
                let n = self.rows[0] as u32;
                (0..n)
                    .flat_map(|s| (0..ptr[s as usize + 1] - ptr[s as usize]).map(move |t| t * n + s))
                    .collect()
            }
            MapDef::Shift { of, by } => {
                let ptr = &self.sample_ptr[of.0 as usize];
                let row = |first: u32, last: u32, p: u32| {
                    let to = i64::from(p) + i64::from(*by);
                    to.clamp(i64::from(first), i64::from(last) - 1) as u32
                };
                ptr.windows(2)
                    .flat_map(|w| (w[0]..w[1]).map(move |p| row(w[0], w[1], p)))
                    .collect()
            }
            MapDef::Chooser(_) => {
                let def = domains.dim_def(from);
                let DimDef::Chosen { of, each, .. } = def else {
                    return Err("not a dim of choices".into());
                };
                let ptr = &self.sample_ptr[each.0 as usize];
                (0..self.rows[0])
                    .flat_map(|s| {
                        let count = self.choices(def, *of, s) as usize;
                        (ptr[s]..ptr[s + 1]).flat_map(move |row| core::iter::repeat_n(row, count))
                    })
                    .collect()
            }
        })
    }
}

impl MapData {
    /// The index array together with its inverse image lists; `index` must lie in `0..targets`.
    pub fn new(index: Vec<u32>, targets: usize) -> MapData {
        let (ptr, order) = inverse(&index, targets);
        MapData { index, ptr, order }
    }
}

/// The lists of the rows that go to every target, and where they begin.
fn inverse(index: &[u32], targets: usize) -> (Vec<u32>, Vec<u32>) {
    let mut ptr = vec![0u32; targets + 1];
    for &k in index {
        ptr[k as usize + 1] += 1;
    }
    for k in 0..targets {
        ptr[k + 1] += ptr[k];
    }
    let mut next = ptr.clone();
    let mut order = vec![0u32; index.len()];
    for (row, &k) in index.iter().enumerate() {
        order[next[k as usize] as usize] = row as u32;
        next[k as usize] += 1;
    }
    (ptr, order)
}

fn find<'a, T>(list: &'a [(String, T)], name: &str, what: &str) -> Result<&'a T, String> {
    list.iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v)
        .ok_or_else(|| format!("the {what} `{name}` are missing"))
}

fn check_ptr(name: &str, ptr: &[u32], samples: usize) -> Result<(), String> {
    if ptr.len() != samples + 1 || ptr.first() != Some(&0) {
        return Err(format!(
            "the offsets of `{name}` must be {} numbers that start at 0",
            samples + 1
        ));
    }
    if ptr.windows(2).any(|w| w[0] > w[1]) {
        return Err(format!("the offsets of `{name}` must be ascending"));
    }
    Ok(())
}

fn grid_rows(samples: usize, extents: &[u32], ptr: &mut Vec<u32>) -> Result<usize, String> {
    let cells: u64 = extents.iter().map(|&n| u64::from(n)).product();
    if cells == 0 {
        return Err("a grid has at least one cell".into());
    }
    let total = cells
        .checked_mul(samples as u64)
        .filter(|&n| n < u64::from(u32::MAX))
        .ok_or("a batch has more than 2^32 cells")?;
    *ptr = (0..=samples as u64).map(|s| (s * cells) as u32).collect();
    Ok(total as usize)
}
