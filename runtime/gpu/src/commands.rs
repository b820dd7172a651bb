//! The steps of a plan as what a GPU is told to do, one after the other.

use crate::GpuError;
use crate::banks::Place;
use crate::common::Common;
use crate::layout::{Layout, step_sizes};
use crate::products::{DIRECT, How, Product, TILE, extent, how, reads_inside, results};
use gdl_abi::plan::{Affine, Choose, Gemm, Matrix, Plan, Step, Table, TableId};
use gdl_abi::shader::{Env, Shader, WORKGROUP};
use gdl_abi::{DimDef, DimId, Instance, SAMPLES};

/// Workgroups along an axis, at most.
const GROUPS: usize = 65_535;

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// A kernel of the plan.
    Kernel(usize),
    /// A shader that all programs share.
    Common(Common),
    /// The product that reads what a kernel would pack.
    Product(Product),
}

/// One dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What.
    pub run: Run,
    /// Workgroups.
    pub groups: [u32; 3],
    /// The number of the words it gets as its third binding.
    pub words: usize,
    /// The step that it is a part of, as a number of [`step_names`].
    pub step: usize,
}

/// The steps of a plan in order, those of loops too; the last one is what follows the plan.
pub fn step_names(plan: &Plan) -> Vec<String> {
    fn walk(plan: &Plan, steps: &[Step], names: &mut Vec<String>) {
        for step in steps {
            match step {
                Step::Loop(l) => walk(plan, &l.body, names),
                _ => names.push(plan.step_name(step)),
            }
        }
    }
    let mut names = Vec::new();
    walk(plan, &plan.steps, &mut names);
    names.push("outputs to parameters".into());
    names
}

/// Dispatches in order, and the words that they read.
#[derive(Default)]
pub struct Commands {
    /// In order.
    pub list: Vec<Command>,
    /// `env`s and parameters.
    pub words: Vec<Vec<i32>>,
}

/// Numbers that are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// From here.
    pub from: Place,
    /// To there.
    pub to: Place,
    /// How many.
    pub len: usize,
}

/// Everything to do for a batch. In the end numbers are moved.
///
/// # Errors
/// A choice without the tables that it fills.
pub fn commands(
    plan: &Plan,
    shaders: &[Shader],
    layout: &Layout,
    batch: &Instance,
    moves: &[Move],
) -> Result<Commands, GpuError> {
    let mut writer = Writer {
        plan,
        shaders,
        layout,
        batch,
        env: layout.env.clone(),
        current: 0,
        step: 0,
        out: Commands::default(),
    };
    writer.out.words.push(writer.env.clone());
    writer.steps(&plan.steps)?;
    writer.step += 1;
    for &Move { from, to, len } in moves {
        // One part, which is all there is to add.
        writer.join(len, 1, from, 0, to);
    }
    Ok(writer.out)
}

/// Steps, those of loops once.
fn count_steps(steps: &[Step]) -> usize {
    let of = |s: &Step| match s {
        Step::Loop(l) => count_steps(&l.body),
        _ => 1,
    };
    steps.iter().map(of).sum()
}

struct Writer<'a> {
    plan: &'a Plan,
    shaders: &'a [Shader],
    layout: &'a Layout,
    batch: &'a Instance,
    env: Vec<i32>,
    /// The number of `env` among the words.
    current: usize,
    /// Steps that have been begun, in the order of [`step_names`].
    step: usize,
    out: Commands,
}

impl Writer<'_> {
    fn steps(&mut self, steps: &[Step]) -> Result<(), GpuError> {
        for step in steps {
            if !matches!(step, Step::Loop(_)) {
                self.step += 1;
            }
            match step {
                Step::Kernel(k) => self.kernel(*k),
                Step::Gemm(g) => {
                    let inside = reads_inside(g, self.shaders, self.batch);
                    if let (Some(pack), None) = (g.pack, inside) {
                        self.kernel(pack);
                    }
                    self.gemm(g, inside);
                }
                Step::Choose(c) => self.choose(c)?,
                Step::Loop(l) => {
                    let count = self.batch.steps(l.time);
                    let first = self.step;
                    for k in 0..count {
                        let t = if l.reverse { count - 1 - k } else { k };
                        for (word, value) in step_sizes(self.plan, l.id, t, self.batch) {
                            self.env[word] = value;
                        }
                        self.current = self.out.words.len();
                        self.out.words.push(self.env.clone());
                        self.step = first;
                        self.steps(&l.body)?;
                    }
                    self.step = first + count_steps(&l.body);
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, run: Run, groups: [usize; 3], words: usize) {
        self.out.list.push(Command {
            run,
            groups: groups.map(|n| n as u32),
            words,
            step: self.step.saturating_sub(1),
        });
    }

    /// The workgroups of a kernel.
    fn groups(shader: &Shader, jobs: usize) -> [usize; 3] {
        match shader.team {
            1 => Self::flat(jobs),
            _ => Self::in_two_axes(jobs),
        }
    }

    /// As many workgroups as `jobs` invocations need.
    fn flat(jobs: usize) -> [usize; 3] {
        Self::in_two_axes(jobs.div_ceil(WORKGROUP as usize))
    }

    fn in_two_axes(groups: usize) -> [usize; 3] {
        let across = groups.clamp(1, GROUPS);
        [across, groups.div_ceil(across), 1]
    }

    fn kernel(&mut self, k: usize) {
        let (rows, parts) = self.layout.kernels[k];
        let shader = &self.shaders[k];
        if shader.folds == 0 {
            let jobs = rows * shader.width as usize;
            if jobs > 0 {
                self.push(Run::Kernel(k), Self::groups(shader, jobs), self.current);
            }
            return;
        }
        self.push(Run::Kernel(k), Self::groups(shader, parts), self.current);
        let mut from = self.layout.copies;
        for b in &self.plan.kernels[k].folds {
            let len = self.plan.buffers[b.0 as usize].row_len;
            self.join(
                len,
                parts,
                from,
                shader.folds as usize,
                self.layout.buffers[b.0 as usize],
            );
            from.at += len;
        }
    }

    /// Adds parts of so many numbers, `stride` apart (`join.wgsl`).
    fn join(&mut self, len: usize, parts: usize, from: Place, stride: usize, to: Place) {
        let words = [len, parts, from.at, stride, to.at];
        let at = self.words(words.map(|n| n as i32).to_vec());
        self.common("join", [from.bank, to.bank, 0], Self::flat(len), at);
    }

    /// The number of words for a dispatch.
    fn words(&mut self, words: Vec<i32>) -> usize {
        self.out.words.push(words);
        self.out.words.len() - 1
    }

    fn common(&mut self, entry: &'static str, operands: [usize; 3], groups: [usize; 3], words: usize) {
        self.push(Run::Common(Common { entry, operands }), groups, words);
    }

    /// Fills the tables of a choice (`choose.wgsl`).
    fn choose(&mut self, c: &Choose) -> Result<(), GpuError> {
        let domains = &self.plan.signature.domains;
        let lacking = || GpuError("the plan of a choice lacks its tables".into());
        let (DimDef::Chosen { of, each, others, .. }, Some(keys)) =
            (domains.dim_def(c.chosen), domains.keys_of(c.chosen))
        else {
            return Err(lacking());
        };
        let rows = |d: DimId| self.batch.rows[d.0 as usize];
        let [keys_count, rows_count] = [keys, *of].map(rows);
        let env = self.places();
        let mut words = vec![self.start(c.key.0 as usize, &c.offset), rows(SAMPLES) as i32];
        for table in [
            Table::SamplePtr(*of),
            Table::SamplePtr(*each),
            Table::SamplePtr(c.chosen),
            Table::SamplePtr(keys),
            Table::Chosen(c.id, c.chosen),
            Table::ChosenPtr(c.id, c.chosen),
            Table::ChosenOrder(c.id, c.chosen),
        ] {
            let k = self.plan.tables.iter().position(|t| *t == table).ok_or_else(lacking)?;
            words.push(self.env[env.table(TableId(k as u32))]);
        }
        words.extend([i32::from(*others), keys_count as i32, rows_count as i32]);
        let at = self.words(words);
        let bank = self.layout.buffers[c.key.0 as usize].bank;
        for (entry, jobs) in [
            ("rank", keys_count),
            ("count", rows_count),
            ("offsets", 1),
            ("list", rows_count),
        ] {
            if jobs > 0 {
                self.common(entry, [bank, 0, 0], Self::flat(jobs), at);
            }
        }
        Ok(())
    }

    /// Where things stand in `env`.
    fn places(&self) -> Env {
        Env {
            buffers: self.plan.buffers.len(),
            tables: self.plan.tables.len(),
            sizes: self.plan.sizes.len(),
        }
    }

    fn start(&self, buffer: usize, at: &Affine) -> i32 {
        let env = self.places();
        let terms: i64 = at
            .terms
            .iter()
            .map(|(s, c)| i64::from(self.env[env.size(*s)]) * c)
            .sum();
        (self.layout.buffers[buffer].at as i64 + at.offset + terms) as i32
    }

    /// A product; `inside` is the kernel of which it reads what it would pack.
    fn gemm(&mut self, g: &Gemm, inside: Option<usize>) {
        let [m, n, k] = g.size.map(|e| extent(e, self.batch));
        let outer: Vec<(usize, [usize; 3])> = g.batch.iter().map(|(e, s)| (extent(*e, self.batch), *s)).collect();
        let count: usize = outer.iter().map(|(n, _)| n).product();
        if m * n * count == 0 {
            return;
        }
        let matrix = |x: &Matrix| {
            [
                self.start(x.buffer.0 as usize, &x.offset),
                x.row_stride as i32,
                x.col_stride as i32,
            ]
        };
        let mut words: Vec<i32> = [m, n, k].iter().map(|&n| n as i32).collect();
        words.extend([&g.a, &g.b, &g.c].into_iter().flat_map(matrix));
        words.extend([0, outer.len() as i32]);
        for (n, strides) in &outer {
            words.push(*n as i32);
            words.extend(strides.iter().map(|&s| s as i32));
        }
        let [a, b, c] = [&g.a, &g.b, &g.c].map(|x| self.layout.buffers[x.buffer.0 as usize].bank);
        let how = how(g, self.batch);
        if how == How::Direct {
            let groups = [n.div_ceil(DIRECT[1]), m.div_ceil(DIRECT[0]), count];
            let at = self.words(words);
            self.common("direct", [a, b, c], groups, at);
            return;
        }
        if inside.is_some() {
            // What is stored nowhere begins nowhere.
            words[3] -= self.layout.buffers[g.a.buffer.0 as usize].at as i32;
        }
        if let How::Cut { places, parts } = how {
            self.cut(g, words, [places, parts, count], [a, b, c], inside);
            return;
        }
        // Rows are cut so that no axis has too many workgroups.
        let tall = GROUPS * TILE;
        for top in (0..m).step_by(tall) {
            for first in (0..count).step_by(GROUPS) {
                let mut own = words.clone();
                own[0] = (m - top).min(tall) as i32;
                own[3] += top as i32 * own[4];
                own[9] += top as i32 * own[10];
                own[12] = first as i32;
                self.tiled(own, (count - first).min(GROUPS), [a, b, c], inside);
            }
        }
    }

    /// A product whose sum is cut into parts of so many places: every part in a copy of the result, then the copies are added. There are `count` outer
    /// indices.
    fn cut(
        &mut self,
        g: &Gemm,
        mut words: Vec<i32>,
        [places, parts, count]: [usize; 3],
        [a, b, c]: [usize; 3],
        inside: Option<usize>,
    ) {
        let copies = self.layout.copies;
        let len = results(g, self.batch);
        let to = Place {
            bank: c,
            at: words[9] as usize,
        };
        words[9] = copies.at as i32;
        let by_part = [places as i32 * words[5], places as i32 * words[7], len as i32];
        let operands = [a, b, copies.bank];
        // Whole parts are one more outer loop; what is left is by itself.
        let k = words[2] as usize;
        let (whole, rest) = (k / places, k % places);
        let mut own = words.clone();
        own[2] = places as i32;
        own[13] += 1;
        own.splice(14..14, [whole as i32].into_iter().chain(by_part));
        self.tiled(own, count * whole, operands, inside);
        if rest > 0 {
            words[2] = rest as i32;
            for (word, by) in [3, 6, 9].into_iter().zip(by_part) {
                words[word] += whole as i32 * by;
            }
            self.tiled(words, count, operands, inside);
        }
        self.join(len, parts, copies, len, to);
    }

    /// A tiled product with these words, `count` times.
    fn tiled(&mut self, words: Vec<i32>, count: usize, operands: [usize; 3], inside: Option<usize>) {
        let [m, n] = [words[0], words[1]].map(|n| n as usize);
        let groups = [n.div_ceil(TILE), m.div_ceil(TILE), count];
        match inside {
            None => {
                let at = self.words(words);
                self.common("tiled", operands, groups, at);
            }
            Some(pack) => {
                let at = self.words([self.env.as_slice(), &words].concat());
                let [_, b, c] = operands;
                let operands = [b, c];
                self.push(Run::Product(Product { pack, operands }), groups, at);
            }
        }
    }
}
