//! Values that are a strided view of memory.

use super::{At, Scheduler};
use crate::loop_ir::{BufferId, Index};
use gdl_core::ir::{Body, Op, Value};

/// Follows transpositions, reshapes and slices down: where they end, and whether strides can describe all of them.
pub fn strided_chain(body: &Body, v: Value) -> (Value, bool) {
    let mut v = v;
    let mut shapes = Vec::new();
    loop {
        let node = &body.nodes[v.0 as usize];
        match &node.op {
            Op::Broadcast { x, .. } | Op::Reshape { x } | Op::Slice { x, .. } | Op::Detach { x } => {
                shapes.push(v);
                v = *x;
            }
            _ => break,
        }
    }
    let node = &body.nodes[v.0 as usize];
    let mut strides = Strides::of_array(&node.shape.axes);
    for &w in shapes.iter().rev() {
        let from = match &body.nodes[w.0 as usize].op {
            Op::Broadcast { x, .. } | Op::Reshape { x } | Op::Slice { x, .. } | Op::Detach { x } => *x,
            _ => w,
        };
        match strides.through(body, w, from) {
            Some(s) => strides = s,
            None => return (v, false),
        }
    }
    (v, true)
}

/// Offset and strides of static axes, and whether rows are constant.
#[derive(Clone, Debug, PartialEq)]
struct Strides {
    offset: usize,
    axes: Vec<usize>,
}

impl Strides {
    fn of_array(axes: &[u32]) -> Strides {
        let mut strides = vec![1; axes.len()];
        for k in (1..axes.len()).rev() {
            strides[k - 1] = strides[k] * axes[k] as usize;
        }
        Strides {
            offset: 0,
            axes: strides,
        }
    }

    /// The strides of `v`, which is a view of `from` with these strides.
    fn through(&self, body: &Body, v: Value, from: Value) -> Option<Strides> {
        let (node, from) = (&body.nodes[v.0 as usize], &body.nodes[from.0 as usize].shape);
        let mut out = Strides {
            offset: self.offset,
            axes: vec![0; node.shape.axes.len()],
        };
        match &node.op {
            Op::Broadcast { axes, .. } => {
                for (k, &to) in axes.iter().enumerate() {
                    out.axes[to as usize] = self.axes[k];
                }
            }
            Op::Slice { axis, start, .. } => {
                out.axes.clone_from(&self.axes);
                out.offset += *start as usize * self.axes[*axis as usize];
            }
            Op::Detach { .. } => out.axes.clone_from(&self.axes),
            Op::Reshape { .. } => out.axes = reshape_strides(&from.axes, &self.axes, &node.shape.axes)?,
            _ => return None,
        }
        Some(out)
    }
}

/// Strides after a reshape without moving anything, if there are any.
fn reshape_strides(from: &[u32], strides: &[usize], to: &[u32]) -> Option<Vec<usize>> {
    let from: Vec<(usize, usize)> = from
        .iter()
        .zip(strides)
        .filter(|(n, _)| **n != 1)
        .map(|(&n, &s)| (n as usize, s))
        .collect();
    let mut out = vec![1; to.len()];
    let (mut i, mut j) = (from.len(), to.len());
    // From the innermost axis outwards: match products of runs of axes.
    while j > 0 {
        if to[j - 1] == 1 {
            j -= 1;
            continue;
        }
        if i == 0 {
            return None;
        }
        i -= 1;
        let (mut have, base) = from[i];
        let (first, mut want) = (j, 1);
        loop {
            if want == have {
                break;
            }
            if want < have {
                if j == 0 {
                    return None;
                }
                j -= 1;
                want *= to[j] as usize;
            } else {
                if i == 0 {
                    return None;
                }
                i -= 1;
                // Joined axes must follow each other in memory.
                if from[i].1 != base * have {
                    return None;
                }
                have *= from[i].0;
            }
        }
        let mut stride = base;
        for k in (j..first).rev() {
            out[k] = stride;
            stride *= to[k] as usize;
        }
    }
    (i == 0).then_some(out)
}

/// A value as strides over a buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The buffer.
    pub buffer: BufferId,
    /// Its first element: a number, plus the place of the current step for arguments of loops.
    pub offset: Index,
    /// Elements from row to row; 0 if the rows are equal.
    pub row_stride: usize,
    /// Elements along every static axis.
    pub strides: Vec<usize>,
}

impl Scheduler<'_> {
    /// The value as a view of memory, if it is one.
    pub(super) fn view(&self, at: At) -> Option<View> {
        let body = self.scopes[at.depth].body;
        let node = &body.nodes[at.v.0 as usize];
        let under = |x: Value| self.view(At { depth: at.depth, v: x });
        if let Some((buffer, offset)) = self.memory(at) {
            let strides = Strides::of_array(&node.shape.axes).axes;
            let row_stride = if node.shape.dim.is_some() {
                node.shape.row_len()
            } else {
                0
            };
            return Some(View {
                buffer,
                offset,
                row_stride,
                strides,
            });
        }
        match &node.op {
            Op::Broadcast { x, .. } | Op::Slice { x, .. } | Op::Detach { x } | Op::Reshape { x } => {
                let inner = under(*x)?;
                let strides = Strides {
                    offset: 0,
                    axes: inner.strides,
                }
                .through(body, at.v, *x)?;
                Some(View {
                    buffer: inner.buffer,
                    offset: inner.offset.shifted(strides.offset as i64),
                    row_stride: inner.row_stride,
                    strides: strides.axes,
                })
            }
            Op::Arg(_) => match self.outer(at) {
                Some(outer) => self.view(outer),
                None => None,
            },
            _ => None,
        }
    }
}
