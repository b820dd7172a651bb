//! What a runtime needs to know of a program in loop IR: everything but the bodies of its kernels.

use crate::loop_ir::{BufferId, Home, Kernel, Program, Step, Table, Touched, kernel_cost};
use gdl_abi::plan::{KernelHead, Life, Plan};
use gdl_abi::{MapParts, Signature};

/// The plan of a program with this signature.
pub fn plan(program: &Program, mut signature: Signature) -> Plan {
    signature.domains.parts = map_parts(program);
    let head = |kernel: &Kernel| KernelHead {
        name: kernel.name.clone(),
        space: kernel.space,
        locals: kernel.locals.clone(),
        folds: kernel.folds.clone(),
        cost: kernel_cost(program, kernel),
    };
    Plan {
        name: program.name.clone(),
        signature,
        double: program.double,
        buffers: program.buffers.clone(),
        tables: program.tables.clone(),
        sizes: program.sizes.clone(),
        kernels: program.kernels.iter().map(head).collect(),
        steps: program.steps.clone(),
        lives: lives(program),
    }
}

/// The arrays of maps that kernels read.
fn map_parts(program: &Program) -> Vec<MapParts> {
    let mut parts = vec![MapParts::default(); program.domains.maps.len()];
    let mut touched = Touched::default();
    program.kernels.iter().for_each(|k| touched.block(&k.body));
    for t in touched.tables {
        match &program.tables[t.0 as usize] {
            Table::MapIndex(m) => parts[m.0 as usize].index = true,
            Table::MapPtr(m) => parts[m.0 as usize].ptr = true,
            Table::MapOrder(m) => parts[m.0 as usize].order = true,
            _ => {}
        }
    }
    parts
}

/// The lives of all temporary arrays. One that is used inside a loop and outside lives as long as the loop does.
fn lives(program: &Program) -> Vec<Life> {
    let mut walk = Walk {
        program,
        lives: vec![None; program.buffers.len()],
        loops: Vec::new(),
        at: 0,
    };
    walk.steps(&program.steps);
    let Walk { mut lives, loops, .. } = walk;
    for life in lives.iter_mut().flatten() {
        for &(start, end) in loops.iter().rev() {
            let touches = life.first <= end && life.last >= start;
            let inside = life.first >= start && life.last <= end;
            if touches && !inside {
                life.first = life.first.min(start);
                life.last = life.last.max(end);
            }
        }
    }
    lives.into_iter().flatten().collect()
}

struct Walk<'a> {
    program: &'a Program,
    lives: Vec<Option<Life>>,
    /// Outer loops before inner ones.
    loops: Vec<(usize, usize)>,
    at: usize,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Kernel(k) => {
                    self.kernel(&self.program.kernels[*k]);
                    self.at += 1;
                }
                Step::Gemm(g) => {
                    if let Some(k) = g.pack {
                        self.kernel(&self.program.kernels[k]);
                    }
                    [&g.a, &g.b, &g.c].into_iter().for_each(|m| self.touch(m.buffer));
                    self.at += 1;
                }
                Step::Choose(c) => {
                    self.touch(c.key);
                    self.at += 1;
                }
                Step::Loop(l) => {
                    let (start, slot) = (self.at, self.loops.len());
                    self.loops.push((start, start));
                    self.at += 1;
                    self.steps(&l.body);
                    self.loops[slot] = (start, self.at);
                    self.at += 1;
                }
            }
        }
    }

    fn kernel(&mut self, kernel: &Kernel) {
        for b in kernel.writes().into_iter().chain(kernel.reads()) {
            self.touch(b);
        }
    }

    fn touch(&mut self, buffer: BufferId) {
        if self.program.buffers[buffer.0 as usize].home != Home::Temp {
            return;
        }
        let at = self.at;
        self.lives[buffer.0 as usize]
            .get_or_insert(Life {
                buffer,
                first: at,
                last: at,
            })
            .last = at;
    }
}
