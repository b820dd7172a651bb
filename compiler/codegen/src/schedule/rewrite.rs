//! Prepares a function for scheduling.
//!
//! Before: any well-formed function. After: an equivalent one in which
//! - sums of contractions are contractions: `Σ_o Σ_i k[o, i] x[o, i]` is one, not nine and a sum;
//! - arguments of contractions are not constant along letters that the other argument has too;
//! - reshaped broadcasts are broadcast reshapes, so that the above is seen;
//! - the adjoint of a window applied to a contraction, the gradient of a convolution, is a convolution with the opposite window;
//! - sums over rows come before sums over axes: they run along memory.

use gdl_core::ir::{Body, Fold, Func, Node, Op, Shape, Value};

/// Rewrites a function.
pub fn rewrite(func: &Func) -> Func {
    Func {
        body: rewrite_body(&func.body),
        ..func.clone()
    }
}

fn rewrite_body(body: &Body) -> Body {
    let mut r = Rewriter {
        old: body,
        uses: body.uses(),
        once: Vec::new(),
        nodes: Vec::new(),
        new: Vec::new(),
    };
    for node in &body.nodes {
        let v = r.node(node);
        r.once.resize(r.nodes.len(), true);
        r.once[v.0 as usize] = r.uses[r.new.len()] <= 1;
        r.new.push(v);
    }
    let results = body.results.iter().map(|v| r.new[v.0 as usize]).collect();
    Body {
        nodes: r.nodes,
        results,
    }
}

struct Rewriter<'a> {
    old: &'a Body,
    uses: Vec<u32>,
    /// Whether every new value is read once at most.
    once: Vec<bool>,
    nodes: Vec<Node>,
    /// The new value of every old one.
    new: Vec<Value>,
}

impl Rewriter<'_> {
    fn push(&mut self, op: Op, shape: Shape, origin: u32) -> Value {
        self.nodes.push(Node { op, shape, origin });
        Value(self.nodes.len() as u32 - 1)
    }

    fn at(&self, v: Value) -> &Node {
        &self.nodes[v.0 as usize]
    }

    fn node(&mut self, node: &Node) -> Value {
        let mut op = node.op.with_operands(|v| self.new[v.0 as usize]);
        if let Op::Scan(scan) = &mut op {
            scan.body = rewrite_body(&scan.body);
        }
        if let Op::Reduce { op: Fold::Sum, x, axis } = node.op
            && self.uses[x.0 as usize] == 1
            && let Some(v) = self.summed_contraction(x, axis, node)
        {
            return v;
        }
        if let Op::Window { x, transpose: true, .. } = node.op
            && let Some(v) = self.opposite_window(x, node)
        {
            return v;
        }
        if let Op::Total { x } = op {
            return self.total(x, node);
        }
        if let Op::Reshape { x } = op
            && let Some(v) = self.reshaped_broadcast(x, node)
        {
            return v;
        }
        if let Op::Contract { .. } = op {
            op = self.without_broadcasts(op);
        }
        self.push(op, node.shape.clone(), node.origin)
    }

    /// Σ over an axis of a contraction, or of one that is reshaped elsewhere.
    fn summed_contraction(&mut self, x: Value, axis: u32, node: &Node) -> Option<Value> {
        let mut inner = x;
        if let Op::Reshape { x } = self.old.nodes[x.0 as usize].op {
            inner = x;
        }
        let from = &self.old.nodes[inner.0 as usize];
        let outer = &self.old.nodes[x.0 as usize].shape.axes;
        let Op::Contract { .. } = from.op else { return None };
        if self.uses[inner.0 as usize] != 1 {
            return None;
        }
        let slow = |axes: &[u32]| axes.iter().product::<u32>();
        let at = (0..from.shape.axes.len()).find(|&j| {
            from.shape.axes[j] == outer[axis as usize] && slow(&from.shape.axes[..j]) == slow(&outer[..axis as usize])
        })?;
        // The arguments have been simplified already.
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = self.at(self.new[inner.0 as usize]).op.clone()
        else {
            return None;
        };
        let mut out_axes = out_axes;
        out_axes.remove(at);
        let mut shape = from.shape.clone();
        shape.axes.remove(at);
        let same = shape == node.shape;
        let op = self.without_broadcasts(Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        });
        let v = self.push(op, shape, node.origin);
        Some(if same {
            v
        } else {
            self.push(Op::Reshape { x: v }, node.shape.clone(), node.origin)
        })
    }

    /// The adjoint of a window of a contraction, of which the window's axis is a letter of a parameter: a contraction of the
    /// opposite window.
    fn opposite_window(&mut self, x: Value, node: &Node) -> Option<Value> {
        let Op::Window {
            offsets,
            stride: 1,
            wrap,
            fine,
            coarse,
            ..
        } = &node.op
        else {
            return None;
        };
        let mut inner = x;
        if let Op::Reshape { x } = self.old.nodes[x.0 as usize].op {
            inner = x;
        }
        let from = &self.old.nodes[inner.0 as usize];
        let single = self.uses[x.0 as usize] == 1 && self.uses[inner.0 as usize] == 1;
        if fine != coarse || !single || from.shape.axes.first() != Some(&(offsets.len() as u32)) {
            return None;
        }
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = self.at(self.new[inner.0 as usize]).op.clone()
        else {
            return None;
        };
        let letter = *out_axes.first()?;
        let rows = |v: Value| self.at(v).shape.dim;
        let (x, x_axes, w, w_axes) = if rows(a).is_some() {
            (a, a_axes, b, b_axes)
        } else {
            (b, b_axes, a, a_axes)
        };
        if rows(w).is_some() || rows(x).is_none() || x_axes.contains(&letter) || !w_axes.contains(&letter) {
            return None;
        }
        let window = Op::Window {
            x,
            offsets: offsets.iter().map(|o| o.iter().map(|k| -k).collect()).collect(),
            stride: 1,
            wrap: *wrap,
            transpose: false,
            fine: *fine,
            coarse: *coarse,
        };
        let mut shape = self.at(x).shape.clone();
        shape.axes.insert(0, offsets.len() as u32);
        let windows = self.push(window, shape, node.origin);
        let mut letters = vec![letter];
        letters.extend(x_axes);
        let shape = Shape {
            dim: node.shape.dim,
            axes: from.shape.axes[1..].to_vec(),
        };
        let op = Op::Contract {
            a: windows,
            b: w,
            a_axes: letters,
            b_axes: w_axes,
            out_axes: out_axes[1..].to_vec(),
        };
        let same = shape == node.shape;
        let v = self.push(op, shape, node.origin);
        Some(if same {
            v
        } else {
            self.push(Op::Reshape { x: v }, node.shape.clone(), node.origin)
        })
    }

    /// The sum over rows, before sums over axes and reshapes.
    fn total(&mut self, x: Value, node: &Node) -> Value {
        let shape = Shape {
            dim: None,
            axes: self.at(x).shape.axes.clone(),
        };
        match self.at(x).op {
            Op::Reshape { x: inner } => {
                let total = self.total(inner, node);
                self.push(Op::Reshape { x: total }, shape, node.origin)
            }
            Op::Reduce {
                op: Fold::Sum,
                x: inner,
                axis,
            } if self.is_read_once(x) && self.at(inner).shape.row_len() <= LONG => {
                let total = self.total(inner, node);
                self.push(
                    Op::Reduce {
                        op: Fold::Sum,
                        x: total,
                        axis,
                    },
                    shape,
                    node.origin,
                )
            }
            _ => self.push(Op::Total { x }, shape, node.origin),
        }
    }

    fn is_read_once(&self, v: Value) -> bool {
        self.once.get(v.0 as usize).copied().unwrap_or(true)
    }

    /// A contraction whose arguments are not constant along letters for no reason.
    fn without_broadcasts(&mut self, op: Op) -> Op {
        let Op::Contract {
            mut a,
            mut b,
            mut a_axes,
            mut b_axes,
            out_axes,
        } = op
        else {
            return op;
        };
        for first in [true, false] {
            let (x, own, other, other_axes) = if first {
                (a, &a_axes, b, &b_axes)
            } else {
                (b, &b_axes, a, &a_axes)
            };
            let Op::Broadcast { x: inner, axes } = &self.at(x).op else {
                continue;
            };
            let (inner, axes) = (*inner, axes.clone());
            let gains_rows = self.at(x).shape.dim.is_some() && self.at(inner).shape.dim.is_none();
            if gains_rows && self.at(other).shape.dim.is_none() {
                continue;
            }
            let new: Vec<u32> = (0..own.len() as u32).filter(|k| !axes.contains(k)).collect();
            let removable = new.iter().all(|&k| {
                let letter = own[k as usize];
                other_axes.contains(&letter) && own.iter().filter(|l| **l == letter).count() == 1
            });
            if !removable {
                continue;
            }
            let letters: Vec<u8> = axes.iter().map(|&k| own[k as usize]).collect();
            if first {
                (a, a_axes) = (inner, letters);
            } else {
                (b, b_axes) = (inner, letters);
            }
        }
        Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        }
    }

    /// `reshape(broadcast(x))` as `broadcast(reshape(x))`, where no axis joins old and new ones.
    fn reshaped_broadcast(&mut self, x: Value, node: &Node) -> Option<Value> {
        let Op::Broadcast { x: inner, axes } = &self.at(x).op else {
            return None;
        };
        let (inner, axes) = (*inner, axes.clone());
        if axes.windows(2).any(|w| w[0] >= w[1]) {
            return None;
        }
        let from = self.at(x).shape.axes.clone();
        let to = &node.shape.axes;
        let mut kept = Vec::new();
        for (old, new) in groups(&from, to)? {
            let count = old.clone().filter(|k| axes.contains(&(*k as u32))).count();
            if count == old.len() {
                kept.extend(new);
            } else if count != 0 {
                return None;
            }
        }
        let small = &self.at(inner).shape;
        let shape = Shape {
            dim: small.dim,
            axes: kept.iter().map(|&k| to[k]).collect(),
        };
        if shape.row_len() != small.row_len() {
            return None;
        }
        let v = self.push(Op::Reshape { x: inner }, shape, node.origin);
        let axes = kept.iter().map(|&k| k as u32).collect();
        Some(self.push(Op::Broadcast { x: v, axes }, node.shape.clone(), node.origin))
    }
}

/// Rows of more elements than this are not summed as they are.
const LONG: usize = 2048;

type Pairs = Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>;

/// The shortest runs of axes with equal products; `None` if an axis is empty.
fn groups(from: &[u32], to: &[u32]) -> Option<Pairs> {
    if from.contains(&0) || to.contains(&0) {
        return None;
    }
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        let (start_i, start_j) = (i, j);
        let (mut p, mut q) = (1u64, 1u64);
        loop {
            if p <= q && i < from.len() {
                p *= u64::from(from[i]);
                i += 1;
            } else if j < to.len() {
                q *= u64::from(to[j]);
                j += 1;
            } else if i < from.len() {
                p *= u64::from(from[i]);
                i += 1;
            } else {
                return (p == q).then_some(()).map(|()| {
                    out.push((start_i..i, start_j..j));
                    out
                });
            }
            if p == q {
                break;
            }
        }
        out.push((start_i..i, start_j..j));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn runs_of_axes() {
        assert_eq!(groups(&[9, 128], &[9, 16, 8]), Some(vec![(0..1, 0..1), (1..2, 1..3)]));
        assert_eq!(groups(&[6, 4], &[4, 6]), Some(vec![(0..2, 0..2)]));
        assert_eq!(groups(&[2, 0], &[0]), None);
    }
}
