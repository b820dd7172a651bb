//! What the steps of a program do on a batch: arithmetic, and the memory they touch.

use super::{BufferId, Extent, Gemm, Home, Kernel, Matrix, Program, Step, Table, TableId, Touched, kernel_flops};
use gdl_abi::{DimId, Instance};

/// The work of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Floating-point operations: a multiplication and an addition are two.
    pub flops: f64,
    /// Bytes of the arrays and tables it reads or writes, each counted once, as if caches were perfect within a step and empty
    /// between steps.
    pub bytes: f64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Work) {
        self.flops += other.flops;
        self.bytes += other.bytes;
    }
}

impl Program {
    /// The work of every kernel and matrix product, in order. Steps of a loop over time count as often as it runs.
    pub fn work(&self, batch: &Instance) -> Vec<(&Step, Work)> {
        let mut list = Vec::new();
        let measure = Measure { program: self, batch };
        measure.steps(&self.steps, 1.0, &mut list);
        list
    }
}

struct Measure<'a, 'b> {
    program: &'a Program,
    batch: &'b Instance,
}

impl<'a> Measure<'a, '_> {
    fn steps(&self, steps: &'a [Step], times: f64, list: &mut Vec<(&'a Step, Work)>) {
        for step in steps {
            let work = match step {
                Step::Kernel(k) => self.kernel(&self.program.kernels[*k]),
                Step::Gemm(g) => self.gemm(g),
                Step::Choose(c) => Work {
                    flops: 0.0,
                    bytes: self.buffer_bytes(c.key),
                },
                Step::Loop(l) => {
                    self.steps(&l.body, times * self.batch.steps(l.time) as f64, list);
                    continue;
                }
            };
            let work = Work {
                flops: times * work.flops,
                bytes: times * work.bytes,
            };
            list.push((step, work));
        }
    }

    fn kernel(&self, kernel: &Kernel) -> Work {
        let mut touched = Touched::default();
        touched.block(&kernel.body);
        let buffers: f64 = touched.buffers.iter().map(|b| self.buffer_bytes(*b)).sum();
        let tables: f64 = touched.tables.iter().map(|t| self.table_bytes(*t)).sum();
        Work {
            flops: kernel_flops(self.program, kernel).at(&self.batch.rows),
            bytes: buffers + tables,
        }
    }

    fn gemm(&self, g: &Gemm) -> Work {
        let [m, n, k] = g.size.map(|e| self.extent(e));
        let outer: f64 = g.batch.iter().map(|(e, _)| self.extent(*e)).product();
        let matrix = |a: &Matrix, elements: f64| self.buffer_bytes(a.buffer).min(elements * outer * self.real());
        let mut work = Work {
            flops: 2.0 * m * n * k * outer,
            bytes: matrix(&g.a, m * k) + matrix(&g.b, k * n) + matrix(&g.c, m * n),
        };
        if let Some(pack) = g.pack {
            work += self.kernel(&self.program.kernels[pack]);
        }
        work
    }

    fn real(&self) -> f64 {
        if self.program.double { 8.0 } else { 4.0 }
    }

    fn rows(&self, dim: Option<DimId>) -> f64 {
        dim.map_or(1.0, |d| self.batch.rows[d.0 as usize] as f64)
    }

    fn extent(&self, e: Extent) -> f64 {
        e.times as f64 * self.rows(e.dim)
    }

    /// Tiles never leave the cache.
    fn buffer_bytes(&self, b: BufferId) -> f64 {
        let buffer = &self.program.buffers[b.0 as usize];
        match buffer.home {
            Home::Tile => 0.0,
            _ => self.rows(buffer.dim) * buffer.row_len as f64 * self.real(),
        }
    }

    fn table_bytes(&self, t: TableId) -> f64 {
        let domains = &self.program.domains;
        let cells = |d: DimId| -> f64 { self.batch.extents[d.0 as usize].iter().map(|&n| f64::from(n)).product() };
        let entries = match &self.program.tables[t.0 as usize] {
            Table::MapIndex(m) | Table::MapOrder(m) => self.rows(Some(domains.ends(*m).0)),
            Table::MapPtr(m) => self.rows(Some(domains.ends(*m).1)),
            Table::Position(d) | Table::Sample(d) => self.rows(Some(*d)),
            Table::SamplePtr(_) => self.rows(Some(gdl_abi::SAMPLES)),
            Table::Labels(k) => {
                let of = |b: &&super::Buffer| b.home == Home::Input(*k);
                self.program
                    .buffers
                    .iter()
                    .find(of)
                    .map_or(0.0, |b| self.rows(b.dim) * b.row_len as f64)
            }
            Table::Window(w) => cells(w.coarse) * w.offsets.len() as f64,
            Table::WindowBack(w) => cells(w.fine) * w.offsets.len() as f64,
            Table::List(list) => list.len() as f64,
            Table::Chosen(_, d) | Table::ChosenOrder(_, d) => self.rows(Some(*d)),
            Table::ChosenPtr(_, d) => self.rows(domains.chosen_from(*d)),
        };
        4.0 * entries
    }
}
