//! The loop IR: what the schedule makes of a tensor program, and what every back end reads.
//!
//! A [`Program`] has [`Buffer`]s (rows of a dim times a static row length), [`Table`]s of integers and [`Size`]s that are known when a
//! batch is, and a list of [`Step`]s in order: kernels, matrix products, loops. A [`Kernel`] runs its body for every
//! row of its [`Space`]; rows are independent of each other, except that stores into `folds` add up over rows. All
//! numbers are reals of one precision; indices are integer expressions ([`Index`]).
//!
//! Invariants: every index is within its buffer by construction, given that tables hold valid rows (checked where a
//! batch enters); a register is defined before it is used, in the same or an enclosing block.

mod cost;
mod index;
mod print;
mod touched;
mod work;

pub use cost::{kernel_cost, kernel_flops, scalar_cost};
pub use index::{Atom, Divisor, Extents, Index, Var, flatten, row_major, strided, unflatten};
pub use touched::Touched;
pub use work::Work;

pub use gdl_abi::plan::{
    Affine, Buffer, BufferId, Choose, Cost, Extent, Gemm, Home, Local, Matrix, Size, SizeId, Space, Step, Table,
    TableId, TimeLoop, Window,
};
use gdl_abi::{DimId, Domains};
use gdl_core::ir::{Cmp, Fold, Scalar};

/// A number held in a register of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reg(pub u32);

/// A program after scheduling.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Dims and maps.
    pub domains: Domains,
    /// Whether reals are doubles.
    pub double: bool,
    /// By [`BufferId`].
    pub buffers: Vec<Buffer>,
    /// By [`TableId`].
    pub tables: Vec<Table>,
    /// By [`SizeId`].
    pub sizes: Vec<Size>,
    /// Run by [`Step::Kernel`] and inside matrix products.
    pub kernels: Vec<Kernel>,
    /// In order.
    pub steps: Vec<Step>,
}

/// A loop over rows. Its row variable is `Var(0)`.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// For reading.
    pub name: String,
    /// The typed nodes that its values were made from ([`gdl_core::ir::Node::origin`]), ascending.
    pub origins: Vec<u32>,
    /// Its rows.
    pub space: Space,
    /// The row loop has no inner loops and its iterations may run side by side.
    pub lanes: bool,
    /// How far every variable runs, by [`Var`].
    pub extents: Vec<Option<u32>>,
    /// Its local arrays.
    pub locals: Vec<Local>,
    /// The number of its registers.
    pub regs: u32,
    /// Buffers without rows to which the rows add: zero before the kernel, summed over rows in a fixed order.
    pub folds: Vec<BufferId>,
    /// For every row.
    pub body: Vec<Stmt>,
}

/// An array that kernels load from and store to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Array {
    /// A buffer of the program.
    Buffer(BufferId),
    /// A local array of the kernel, one a thread.
    Local(u32),
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// A loop.
    For(Loop),
    /// A register that does not change.
    Def {
        /// Defined here.
        reg: Reg,
        /// Its value.
        value: Expr,
    },
    /// An accumulator, at the identity of its fold.
    Start {
        /// Defined here.
        acc: Reg,
        /// How it accumulates.
        fold: Fold,
    },
    /// `acc = acc fold value`.
    Fold {
        /// An accumulator.
        acc: Reg,
        /// How it accumulates.
        fold: Fold,
        /// The new term.
        value: Expr,
    },
    /// `array[index] = value`, or `array[index] fold= value`.
    Store {
        /// Where to.
        array: Array,
        /// Where to.
        index: Index,
        /// What.
        value: Expr,
        /// Joined with what is there.
        fold: Option<Fold>,
    },
}

/// A loop inside a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// Its variable.
    pub var: Var,
    /// Its range.
    pub range: Range,
    /// How it may be run.
    pub kind: LoopKind,
    /// For every value.
    pub body: Vec<Stmt>,
}

/// What a loop runs over.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// `0..n`.
    Lit(u32),
    /// `0..size`.
    Size(SizeId),
    /// `table[at]..table[at + 1]`.
    Between(TableId, Index),
}

impl Range {
    /// The number of values, where it is known at compile time.
    pub fn lit(&self) -> Option<u32> {
        match self {
            Range::Lit(n) => Some(*n),
            Range::Size(_) | Range::Between(..) => None,
        }
    }
}

/// How a loop may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// In order.
    Serial,
    /// Iterations may run side by side; accumulators are inside.
    Lanes,
    /// Iterations may run side by side; accumulators are outside and joined at the end.
    LaneFold,
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Known at compile time.
    Num(f64),
    /// In a register.
    Reg(Reg),
    /// In an array.
    Load(Array, Index),
    /// An integer as a number.
    Real(Index),
    /// A scalar function.
    Apply(Scalar, Vec<Expr>),
    /// One of two numbers by a comparison of indices.
    Choose(Cmp, Index, Index, Box<[Expr; 2]>),
}

impl Expr {
    /// Calls `f` on every expression inside, itself included.
    pub fn visit(&self, f: &mut impl FnMut(&Expr)) {
        f(self);
        match self {
            Expr::Apply(_, args) => args.iter().for_each(|a| a.visit(f)),
            Expr::Choose(_, _, _, arms) => arms.iter().for_each(|a| a.visit(f)),
            Expr::Num(_) | Expr::Reg(_) | Expr::Load(..) | Expr::Real(_) => {}
        }
    }

    /// Calls `f` on every expression inside, inner ones first.
    pub fn visit_mut(&mut self, f: &mut impl FnMut(&mut Expr)) {
        match self {
            Expr::Apply(_, args) => args.iter_mut().for_each(|a| a.visit_mut(f)),
            Expr::Choose(_, _, _, arms) => arms.iter_mut().for_each(|a| a.visit_mut(f)),
            Expr::Num(_) | Expr::Reg(_) | Expr::Load(..) | Expr::Real(_) => {}
        }
        f(self);
    }

    /// Calls `f` on every index inside.
    pub fn visit_indices(&self, f: &mut impl FnMut(&Index)) {
        self.visit(&mut |e| match e {
            Expr::Load(_, at) | Expr::Real(at) => f(at),
            Expr::Choose(_, a, b, _) => {
                f(a);
                f(b);
            }
            Expr::Num(_) | Expr::Reg(_) | Expr::Apply(..) => {}
        });
    }

    /// The expression with every index replaced.
    pub fn map_indices(&mut self, f: &mut impl FnMut(&mut Index)) {
        match self {
            Expr::Load(_, at) | Expr::Real(at) => f(at),
            Expr::Choose(_, a, b, arms) => {
                f(a);
                f(b);
                arms.iter_mut().for_each(|e| e.map_indices(f));
            }
            Expr::Apply(_, args) => args.iter_mut().for_each(|e| e.map_indices(f)),
            Expr::Num(_) | Expr::Reg(_) => {}
        }
    }
}

impl Stmt {
    /// Calls `f` on every statement of a block, inner ones included.
    pub fn visit(block: &[Stmt], f: &mut impl FnMut(&Stmt)) {
        for stmt in block {
            f(stmt);
            if let Stmt::For(l) = stmt {
                Stmt::visit(&l.body, f);
            }
        }
    }

    /// Calls `f` on every statement of a block, outer ones first.
    pub fn visit_mut(block: &mut [Stmt], f: &mut impl FnMut(&mut Stmt)) {
        for stmt in block {
            f(stmt);
            if let Stmt::For(l) = stmt {
                Stmt::visit_mut(&mut l.body, f);
            }
        }
    }

    /// The expression it computes.
    pub fn value(&self) -> Option<&Expr> {
        match self {
            Stmt::Def { value, .. } | Stmt::Fold { value, .. } | Stmt::Store { value, .. } => Some(value),
            Stmt::For(_) | Stmt::Start { .. } => None,
        }
    }

    /// The expression it computes.
    pub fn value_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Stmt::Def { value, .. } | Stmt::Fold { value, .. } | Stmt::Store { value, .. } => Some(value),
            Stmt::For(_) | Stmt::Start { .. } => None,
        }
    }

    /// Changes every index of a block.
    pub fn map_indices(block: &mut [Stmt], f: &mut impl FnMut(&mut Index)) {
        for stmt in block {
            match stmt {
                Stmt::For(l) => {
                    if let Range::Between(_, at) = &mut l.range {
                        f(at);
                    }
                    Stmt::map_indices(&mut l.body, f);
                }
                Stmt::Def { value, .. } | Stmt::Fold { value, .. } => value.map_indices(f),
                Stmt::Store { index, value, .. } => {
                    f(index);
                    value.map_indices(f);
                }
                Stmt::Start { .. } => {}
            }
        }
    }
}

impl Kernel {
    /// The buffers it stores to.
    pub fn writes(&self) -> Vec<BufferId> {
        let mut out = Vec::new();
        Stmt::visit(&self.body, &mut |s| {
            if let Stmt::Store {
                array: Array::Buffer(b),
                ..
            } = s
                && !out.contains(b)
            {
                out.push(*b);
            }
        });
        out
    }

    /// The buffers it loads from.
    pub fn reads(&self) -> Vec<BufferId> {
        let mut out = Vec::new();
        Stmt::visit(&self.body, &mut |s| {
            if let Some(value) = s.value() {
                value.visit(&mut |e| {
                    if let Expr::Load(Array::Buffer(b), _) = e
                        && !out.contains(b)
                    {
                        out.push(*b);
                    }
                });
            }
        });
        out
    }
}

impl Program {
    /// The table with this definition, added if new.
    pub fn table(&mut self, table: Table) -> TableId {
        TableId(intern(&mut self.tables, table))
    }

    /// The size with this definition, added if new.
    pub fn size(&mut self, size: Size) -> SizeId {
        SizeId(intern(&mut self.sizes, size))
    }

    /// A new buffer.
    pub fn buffer(&mut self, name: String, dim: Option<DimId>, row_len: usize, home: Home) -> BufferId {
        self.buffers.push(Buffer {
            name,
            dim,
            row_len,
            home,
        });
        BufferId(self.buffers.len() as u32 - 1)
    }
}

fn intern<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let at = list.iter().position(|x| *x == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    at as u32
}
