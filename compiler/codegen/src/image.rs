//! Programs for other places than this process: the programs of an image and their code.

use crate::cranelift::{self, Target};
use crate::schedule::{self, Target as Runner};
use crate::{CodegenError, compiled, plan};
use gdl_core::ir::Func;
use gdl_runtime::image::{Isa, ProgramImage, Role, Variant};

/// Compiles programs for some instruction sets, the best first: the programs of an image, and the code of all of them.
///
/// # Errors
/// Names what the code generator cannot do.
pub fn compile(
    funcs: &[(Role, &Func)],
    double: bool,
    isas: &[Isa],
) -> Result<(Vec<ProgramImage>, Vec<u8>), CodegenError> {
    let (mut programs, mut code) = (Vec::new(), Vec::new());
    for &(role, func) in funcs {
        let loops = schedule::schedule(func, Runner::Cpu { double })?;
        let mut variants = Vec::new();
        for &isa in isas {
            let target = cranelift::target_isa(Target::Isa(isa))?;
            let kernels = cranelift::compile(&loops, target.as_ref(), false)?;
            let mut entries = Vec::with_capacity(kernels.len());
            for kernel in &kernels {
                code.resize(code.len().next_multiple_of(kernel.align as usize), 0);
                entries.push(code.len() as u64);
                code.extend(&kernel.bytes);
            }
            variants.push(Variant { isa, entries });
        }
        programs.push(ProgramImage {
            role,
            plan: plan::plan(&loops, compiled::signature(func)),
            variants,
        });
    }
    Ok((programs, code))
}
