//! What a kernel costs, as a linear form in the rows of dims: whether a second thread is worth its start, and how much
//! arithmetic is done.

use super::{Cost, Kernel, Loop, Program, Range, Size, Space, Stmt, Table};
use gdl_abi::DimId;
use gdl_core::ir::Scalar;

/// The cost of one run of a kernel over all its rows, in additions.
pub fn kernel_cost(program: &Program, kernel: &Kernel) -> Cost {
    weighted(program, kernel, &stmt_cost)
}

/// The floating-point operations of one run of a kernel over all its rows.
pub fn kernel_flops(program: &Program, kernel: &Kernel) -> Cost {
    weighted(program, kernel, &stmt_flops)
}

fn weighted(program: &Program, kernel: &Kernel, weight: &dyn Fn(&Stmt) -> f64) -> Cost {
    let (dim, times) = match kernel.space {
        Space::Rows { dim, times } => (Some(dim), f64::from(times)),
        Space::Fixed(n) => (None, f64::from(n)),
    };
    let mut walk = Walk {
        program,
        weight,
        cost: Cost::default(),
    };
    walk.block(&kernel.body, dim, times);
    walk.cost
}

/// Adds up what the statements of a kernel weigh.
struct Walk<'a> {
    program: &'a Program,
    weight: &'a dyn Fn(&Stmt) -> f64,
    cost: Cost,
}

impl Walk<'_> {
    fn block(&mut self, stmts: &[Stmt], dim: Option<DimId>, times: f64) {
        for stmt in stmts {
            match stmt {
                Stmt::For(l) => self.inner(l, dim, times),
                _ => self.cost.add(dim, times * (self.weight)(stmt)),
            }
        }
    }

    fn inner(&mut self, l: &Loop, dim: Option<DimId>, times: f64) {
        let program = self.program;
        match &l.range {
            Range::Lit(n) => self.block(&l.body, dim, times * f64::from(*n)),
            Range::Size(s) => match program.sizes[s.0 as usize] {
                Size::Rows(d) if dim.is_none() => self.block(&l.body, Some(d), times),
                _ => self.block(&l.body, dim, times * 2.0),
            },
            Range::Between(t, _) => match &program.tables[t.0 as usize] {
                // All rows of the source are met once while the kernel runs over the target.
                Table::MapPtr(m) => self.block(&l.body, Some(program.domains.ends(*m).0), times),
                // On average, if all groups of the list are run over equally often.
                Table::List(ptr) if ptr.len() > 1 => {
                    let entries = f64::from(ptr[ptr.len() - 1]) / (ptr.len() - 1) as f64;
                    self.block(&l.body, dim, times * entries);
                }
                _ => self.block(&l.body, dim, times * 4.0),
            },
        }
    }
}

fn stmt_cost(stmt: &Stmt) -> f64 {
    let mut cost = 1.0;
    if let Some(value) = stmt.value() {
        value.visit(&mut |e| {
            cost += match e {
                super::Expr::Apply(f, _) => scalar_cost(*f),
                super::Expr::Load(..) | super::Expr::Choose(..) => 1.0,
                super::Expr::Num(_) | super::Expr::Reg(_) | super::Expr::Real(_) => 0.0,
            }
        });
    }
    cost
}

fn stmt_flops(stmt: &Stmt) -> f64 {
    let mut flops = match stmt {
        Stmt::Fold { .. } | Stmt::Store { fold: Some(_), .. } => 1.0,
        _ => 0.0,
    };
    if let Some(value) = stmt.value() {
        value.visit(&mut |e| {
            if let super::Expr::Apply(f, _) = e {
                flops += scalar_flops(*f);
            }
        });
    }
    flops
}

/// The floating-point operations of a scalar function: one for what machines have an instruction for, the length of the polynomial
/// and what surrounds it for elementary functions, nothing for signs, comparisons and choices.
fn scalar_flops(f: Scalar) -> f64 {
    match f {
        Scalar::Neg
        | Scalar::Abs
        | Scalar::Sign
        | Scalar::Floor
        | Scalar::Lt
        | Scalar::Le
        | Scalar::Eq
        | Scalar::Select => 0.0,
        Scalar::Exp | Scalar::Log | Scalar::Tanh | Scalar::Sigmoid => 20.0,
        Scalar::Sin | Scalar::Cos | Scalar::Erf => 30.0,
        Scalar::Pow => 60.0,
        Scalar::PowI(n) => {
            f64::from(31 - n.unsigned_abs().max(1).leading_zeros() + n.unsigned_abs().max(1).count_ones() - 1)
                + f64::from(u8::from(n < 0))
        }
        _ => 1.0,
    }
}

/// What a scalar function costs, in additions.
pub fn scalar_cost(f: Scalar) -> f64 {
    match f {
        Scalar::Div | Scalar::Sqrt => 4.0,
        Scalar::Exp | Scalar::Log | Scalar::Tanh | Scalar::Sigmoid => 14.0,
        Scalar::Sin | Scalar::Cos | Scalar::Erf => 25.0,
        Scalar::Pow => 50.0,
        Scalar::PowI(n) => f64::from(32 - n.unsigned_abs().leading_zeros()) + if n < 0 { 4.0 } else { 0.0 },
        _ => 1.0,
    }
}
