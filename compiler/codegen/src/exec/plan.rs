//! Where temporary arrays lie in the memory of a call.

use crate::loop_ir::{BufferId, Home, Kernel, Program, Step};

/// When a temporary array is in use: steps, counted through loops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// The array.
    pub buffer: BufferId,
    /// The step that writes it.
    pub first: usize,
    /// The last step that reads it.
    pub last: usize,
}

/// The lives of all temporary arrays. One that is used inside a loop and outside lives as long as the loop does.
pub fn lives(program: &Program) -> Vec<Life> {
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

/// Offsets for arrays of these sizes: large ones first, each at the lowest place that is free during its life. Also the total.
pub fn place(lives: &[Life], sizes: &[usize]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(sizes[k]));
    let mut offsets = vec![0; lives.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0;
    for k in order {
        let mut busy: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&j| lives[j].first <= lives[k].last && lives[k].first <= lives[j].last)
            .map(|&j| (offsets[j], offsets[j] + sizes[j]))
            .collect();
        busy.sort_unstable();
        let mut at = 0;
        for (start, end) in busy {
            if at + sizes[k] <= start {
                break;
            }
            at = at.max(end);
        }
        offsets[k] = at;
        total = total.max(at + sizes[k]);
        placed.push(k);
    }
    (offsets, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disjoint_lives_share() {
        let life = |b, first, last| Life {
            buffer: BufferId(b),
            first,
            last,
        };
        let lives = [life(0, 0, 1), life(1, 1, 2), life(2, 2, 3)];
        let (offsets, total) = place(&lives, &[64, 128, 64]);
        assert_eq!((offsets, total), (vec![128, 0, 128], 192));
    }
}
