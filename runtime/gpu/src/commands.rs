//! The steps of a plan as what a GPU is told to do, one after the other.

use crate::layout::{Layout, step_sizes};
use gdl_abi::Instance;
use gdl_abi::plan::{Affine, Extent, Gemm, Matrix, Plan, Step};
use gdl_abi::shader::{Env, Shader, WORKGROUP};

/// Workgroups along an axis, at most.
const GROUPS: usize = 65_535;
/// Products of fewer tiles leave most of a device idle: their results are cut finer, without memory that a workgroup shares.
const FEW_TILES: usize = 64;

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// A kernel of the plan.
    Kernel(usize),
    /// The matrix product.
    Gemm,
    /// The matrix product where it has few tiles.
    GemmSmall,
    /// The sum of parts' copies.
    Join,
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
}

/// Dispatches in order, and the words that they read.
#[derive(Default)]
pub struct Commands {
    /// In order.
    pub list: Vec<Command>,
    /// `env`s and parameters.
    pub words: Vec<Vec<i32>>,
}

/// Everything to do for a batch.
pub fn commands(plan: &Plan, shaders: &[Shader], layout: &Layout, batch: &Instance) -> Commands {
    let mut writer = Writer {
        plan,
        shaders,
        layout,
        batch,
        env: layout.env.clone(),
        current: 0,
        out: Commands::default(),
    };
    writer.out.words.push(writer.env.clone());
    writer.steps(&plan.steps);
    writer.out
}

struct Writer<'a> {
    plan: &'a Plan,
    shaders: &'a [Shader],
    layout: &'a Layout,
    batch: &'a Instance,
    env: Vec<i32>,
    /// The number of `env` among the words.
    current: usize,
    out: Commands,
}

impl Writer<'_> {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Kernel(k) => self.kernel(*k),
                Step::Gemm(g) => {
                    if let Some(pack) = g.pack {
                        self.kernel(pack);
                    }
                    self.gemm(g);
                }
                // Programs with choices have no shaders.
                Step::Choose(_) => {}
                Step::Loop(l) => {
                    let count = self.batch.steps(l.time);
                    for k in 0..count {
                        let t = if l.reverse { count - 1 - k } else { k };
                        for (word, value) in step_sizes(self.plan, l.id, t, self.batch) {
                            self.env[word] = value;
                        }
                        self.current = self.out.words.len();
                        self.out.words.push(self.env.clone());
                        self.steps(&l.body);
                    }
                }
            }
        }
    }

    fn push(&mut self, run: Run, groups: [usize; 3], words: usize) {
        self.out.list.push(Command {
            run,
            groups: groups.map(|n| n as u32),
            words,
        });
    }

    /// As many workgroups as `jobs` invocations need, in two axes.
    fn flat(jobs: usize) -> [usize; 3] {
        let groups = jobs.div_ceil(WORKGROUP as usize);
        let across = groups.clamp(1, GROUPS);
        [across, groups.div_ceil(across), 1]
    }

    fn kernel(&mut self, k: usize) {
        let (rows, parts) = self.layout.kernels[k];
        let shader = &self.shaders[k];
        if shader.folds == 0 {
            let jobs = rows * shader.width as usize;
            if jobs > 0 {
                self.push(Run::Kernel(k), Self::flat(jobs), self.current);
            }
            return;
        }
        self.push(Run::Kernel(k), Self::flat(parts), self.current);
        let mut from = self.layout.copies;
        for b in &self.plan.kernels[k].folds {
            let len = self.plan.buffers[b.0 as usize].row_len;
            let words = [
                len,
                parts,
                from,
                shader.folds as usize,
                self.layout.buffers[b.0 as usize],
            ];
            self.out.words.push(words.map(|n| n as i32).to_vec());
            self.push(Run::Join, Self::flat(len), self.out.words.len() - 1);
            from += len;
        }
    }

    fn extent(&self, e: Extent) -> usize {
        e.times * e.dim.map_or(1, |d| self.batch.rows[d.0 as usize])
    }

    fn start(&self, buffer: usize, at: &Affine) -> i32 {
        let env = Env {
            buffers: self.plan.buffers.len(),
            tables: self.plan.tables.len(),
            sizes: self.plan.sizes.len(),
        };
        let terms: i64 = at
            .terms
            .iter()
            .map(|(s, c)| i64::from(self.env[env.size(*s)]) * c)
            .sum();
        (self.layout.buffers[buffer] as i64 + at.offset + terms) as i32
    }

    fn gemm(&mut self, g: &Gemm) {
        let [m, n, k] = g.size.map(|e| self.extent(e));
        let outer: Vec<(usize, [usize; 3])> = g.batch.iter().map(|(e, s)| (self.extent(*e), *s)).collect();
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
        if m.div_ceil(64) * n.div_ceil(64) * count < FEW_TILES {
            self.out.words.push(words);
            let groups = [n.div_ceil(32), m.div_ceil(32), count];
            self.push(Run::GemmSmall, groups, self.out.words.len() - 1);
            return;
        }
        // Rows are cut so that no axis has too many workgroups.
        let tall = GROUPS * 64;
        for top in (0..m).step_by(tall) {
            for first in (0..count).step_by(GROUPS) {
                let mut own = words.clone();
                let rows = (m - top).min(tall);
                own[0] = rows as i32;
                own[3] += top as i32 * own[4];
                own[9] += top as i32 * own[10];
                own[12] = first as i32;
                self.out.words.push(own);
                let groups = [n.div_ceil(64), rows.div_ceil(64), (count - first).min(GROUPS)];
                self.push(Run::Gemm, groups, self.out.words.len() - 1);
            }
        }
    }
}
