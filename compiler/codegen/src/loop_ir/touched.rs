//! Which arrays, tables and sizes a kernel touches.

use super::{Array, Atom, BufferId, Divisor, Expr, Index, Loop, Range, SizeId, Stmt, TableId};

/// What a kernel touches.
#[derive(Default)]
pub struct Touched {
    /// Buffers.
    pub buffers: Vec<BufferId>,
    /// Tables.
    pub tables: Vec<TableId>,
    /// Sizes.
    pub sizes: Vec<SizeId>,
}

impl Touched {
    /// Adds what a block touches.
    pub fn block(&mut self, block: &[Stmt]) {
        Stmt::visit(block, &mut |s| {
            if let Stmt::For(Loop { range, .. }) = s {
                match range {
                    Range::Lit(_) => {}
                    Range::Size(s) => add(&mut self.sizes, *s),
                    Range::Between(t, at) => {
                        add(&mut self.tables, *t);
                        self.index(at);
                    }
                }
            }
            if let Stmt::Store { array, index, .. } = s {
                self.array(*array);
                self.index(index);
            }
            if let Some(value) = s.value() {
                value.visit(&mut |e| {
                    if let Expr::Load(array, _) = e {
                        self.array(*array);
                    }
                });
                value.visit_indices(&mut |i| self.index(i));
            }
        });
    }

    fn array(&mut self, array: Array) {
        if let Array::Buffer(b) = array {
            add(&mut self.buffers, b);
        }
    }

    fn index(&mut self, index: &Index) {
        index.visit(&mut |a| match a {
            Atom::Size(s) | Atom::Times(s, _) | Atom::Div(_, Divisor::Size(s)) | Atom::Mod(_, Divisor::Size(s)) => {
                add(&mut self.sizes, *s)
            }
            Atom::Lookup(t, _) => add(&mut self.tables, *t),
            Atom::Var(_) | Atom::Div(..) | Atom::Mod(..) | Atom::AtLeast0(_) => {}
        });
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
