//! What a kernel costs, as a linear form in the rows of dims: enough to decide how many threads are worth their start.

use super::{Cost, Kernel, Loop, Program, Range, Size, Space, Stmt, Table};
use gdl_abi::DimId;
use gdl_core::ir::Scalar;

/// The cost of one run of a kernel over all its rows.
pub fn kernel_cost(program: &Program, kernel: &Kernel) -> Cost {
    let mut cost = Cost::default();
    let (dim, times) = match kernel.space {
        Space::Rows { dim, times } => (Some(dim), f64::from(times)),
        Space::Fixed(n) => (None, f64::from(n)),
    };
    block(&mut cost, program, &kernel.body, dim, times);
    cost
}

fn block(cost: &mut Cost, program: &Program, stmts: &[Stmt], dim: Option<DimId>, times: f64) {
    for stmt in stmts {
        match stmt {
            Stmt::For(l) => inner(cost, program, l, dim, times),
            _ => cost.add(dim, times * stmt_cost(stmt)),
        }
    }
}

fn inner(cost: &mut Cost, program: &Program, l: &Loop, dim: Option<DimId>, times: f64) {
    match &l.range {
        Range::Lit(n) => block(cost, program, &l.body, dim, times * f64::from(*n)),
        Range::Size(s) => match program.sizes[s.0 as usize] {
            Size::Rows(d) if dim.is_none() => block(cost, program, &l.body, Some(d), times),
            _ => block(cost, program, &l.body, dim, times * 2.0),
        },
        // All rows of the source are met once while the kernel runs over the target.
        Range::Between(t, _) => match &program.tables[t.0 as usize] {
            Table::MapPtr(m) => block(cost, program, &l.body, Some(program.domains.ends(*m).0), times),
            _ => block(cost, program, &l.body, dim, times * 4.0),
        },
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

/// What a scalar function costs, in additions.
pub fn scalar_cost(f: Scalar) -> f64 {
    match f {
        Scalar::Div | Scalar::Sqrt => 4.0,
        Scalar::Exp | Scalar::Log | Scalar::Tanh | Scalar::Sigmoid => 14.0,
        Scalar::Sin | Scalar::Cos | Scalar::Erf | Scalar::Pow => 40.0,
        Scalar::PowI(n) => f64::from(32 - n.unsigned_abs().leading_zeros()) + if n < 0 { 4.0 } else { 0.0 },
        _ => 1.0,
    }
}
