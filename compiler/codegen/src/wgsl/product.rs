//! Products whose first argument is computed where it is read.
//!
//! A kernel that packs an argument stores an array that may be many times as large as what it is made of: windows of a grid, gathered rows. Where an
//! element costs little, large products do without the array: their tiles load what the kernel would have stored, `a_at`
//! ([`gdl_abi::shader::TILED`]). Terms are added in the same order.

use super::kernel::Emitter;
use super::share::{independent_loops, product};
use super::value::Values;
use super::{BINDINGS, env_of, functions};
use crate::loop_ir::{Array, BufferId, Expr, Extent, Gemm, Index, Kernel, Program, Stmt, Var};
use gdl_abi::shader::TILED;
use gdl_core::ir::Scalar;

/// The row variable of every kernel.
const ROW: Var = Var(0);
/// Numbers that an element may be made of, at most.
const LOADS: usize = 4;

/// The module of a product whose first argument is what the kernel `number` packs; none if the array is better stored.
pub fn module(program: &Program, number: usize, gemm: &Gemm) -> Option<String> {
    let kernel = &program.kernels[number];
    let (loops, body) = independent_loops(&kernel.body);
    let (
        Stmt::Store {
            array: Array::Buffer(to),
            index,
            value,
            fold: None,
        },
        defs,
    ) = body.split_last()?
    else {
        return None;
    };
    let width = product(&loops);
    if *to != gemm.a.buffer || !is_row_major(index, &loops) || !is_cheap(defs, value) || !kernel.locals.is_empty() {
        return None;
    }
    let values = Values::new(program);
    let mut e = Emitter::new(&values);
    e.depth = 0;
    e.line(&format!(
        "// A product of what kernel {number} ({}) computes.",
        kernel.name
    ));
    declare(&mut e, kernel, *to);
    e.line("fn a_at(start: i32, row: i32, place: i32) -> f32 {");
    e.depth = 1;
    let [of_row, of_place] = [gemm.a.row_stride, gemm.a.col_stride];
    let whole = |stride: usize, extent: Extent| extent.dim.is_some() && stride.is_multiple_of(width as usize);
    let times = |n: usize, x: &str| match n {
        1 => x.to_string(),
        n => format!("{n} * {x}"),
    };
    // Where rows of the kernel are rows of the matrix, or places of the sum, they do not depend on anything else: drivers compute what follows from
    // them once.
    let split = if whole(of_row, gemm.size[0]) {
        Some((times(of_row / width as usize, "row"), times(of_place, "place")))
    } else if whole(of_place, gemm.size[2]) {
        Some((times(of_place / width as usize, "place"), times(of_row, "row")))
    } else {
        None
    };
    if let Some((row, rest)) = split {
        e.line(&format!("let v0 = start / {width} + {row};"));
        e.line(&format!("let k = start % {width} + {rest};"));
    } else {
        let at = [times(of_row, "row"), times(of_place, "place")].join(" + ");
        e.line(&format!("let at = start + {at};"));
        e.line(&format!("let v0 = at / {width};"));
        e.line(&format!("let k = at % {width};"));
    }
    e.split(&loops, "k");
    let mut vars = vec![ROW];
    vars.extend(loops.iter().map(|(v, _)| *v));
    e.enter(&vars, body);
    e.block(defs);
    let value = values.expr(value);
    e.line(&format!("return {value};"));
    e.out.push_str("}\n");
    let words = env_of(program).kernel(program.kernels.len());
    let read = kernel.reads();
    let lasting = values.lasting(&|b| read.contains(&b));
    let mut text = format!("{BINDINGS}\nconst P = {words};\n{lasting}\n{}", e.out);
    for f in values.called.into_inner() {
        text.push('\n');
        text.push_str(&functions::definition(f));
    }
    text.push_str(TILED);
    Some(text)
}

/// Declares where arrays begin and how large things are; `begin` reads it, once an invocation.
fn declare(e: &mut Emitter<'_>, kernel: &Kernel, to: BufferId) {
    let own = e.values.buffer(to);
    let mut places = e.places(kernel);
    places.retain(|(name, ..)| *name != own);
    for (name, ..) in &places {
        e.line(&format!("var<private> {name}: i32;"));
    }
    e.line("");
    e.line("fn begin() {");
    for (name, word, _) in &places {
        e.line(&format!("  {name} = env[{word}];"));
    }
    e.line("}");
    e.line("");
}

/// Whether the elements are stored one after the other, rows and loops from the outside in.
fn is_row_major(index: &Index, loops: &[(Var, u32)]) -> bool {
    let mut stride = 1;
    let mut rest = index.clone();
    for (v, n) in loops.iter().rev().map(|&(v, n)| (v, i64::from(n))).chain([(ROW, 1)]) {
        if n > 1 || v == ROW {
            let has = rest.stride(v);
            // A kernel that runs once has no row.
            if has != Some(stride) && !(v == ROW && has == Some(0)) {
                return false;
            }
        }
        rest = rest.replace(v, &Index::lit(0));
        stride *= n;
    }
    rest == Index::lit(0)
}

/// Whether an element takes a few loads and little arithmetic.
fn is_cheap(defs: &[Stmt], value: &Expr) -> bool {
    let plain = |f: &Scalar| {
        use Scalar::*;
        matches!(
            f,
            Add | Sub | Mul | Neg | Abs | Max | Min | Relu | Lt | Le | Eq | Select
        )
    };
    let mut loads = 0;
    let mut cheap = defs.iter().all(|s| matches!(s, Stmt::Def { .. }));
    for e in defs.iter().filter_map(Stmt::value).chain([value]) {
        e.visit(&mut |x| match x {
            Expr::Load(..) => loads += 1,
            Expr::Apply(f, _) => cheap &= plain(f),
            Expr::Num(_) | Expr::Reg(_) | Expr::Real(_) | Expr::Choose(..) => {}
        });
    }
    cheap && loads <= LOADS
}
