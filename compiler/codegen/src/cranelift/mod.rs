//! Loop IR to machine code: every kernel becomes a run of bytes that refers to nothing outside itself.
//!
//! What a kernel needs it finds through its [`KernelContext`](gdl_runtime::exec::KernelContext).
//! Its code can therefore lie anywhere: in memory ([`jit`]), in an object file, behind the last byte of an executable.

mod emit;
mod isa;
pub mod jit;
mod lanes;
mod loops;
mod memory;
mod scalar;
mod together;

pub use isa::{Target, target_isa};

use crate::CodegenError;
use crate::loop_ir::Program;
use cranelift::codegen::control::ControlPlane;
use cranelift::codegen::ir::UserFuncName;
use cranelift::codegen::isa::{CallConv, TargetIsa};
use cranelift::codegen::{Context, ir};
use cranelift::prelude::*;
use lanes::Ops;

/// The machine code of a kernel.
#[derive(Clone, Debug)]
pub struct KernelCode {
    /// Position-independent, without relocations.
    pub bytes: Vec<u8>,
    /// Where it may begin.
    pub align: u64,
    /// Cranelift's IR and the assembly, if asked for.
    pub texts: Option<(String, String)>,
}

/// Compiles all kernels of a program.
///
/// # Errors
/// What Cranelift says, with the name of the kernel.
pub fn compile(program: &Program, isa: &dyn TargetIsa, texts: bool) -> Result<Vec<KernelCode>, CodegenError> {
    let mut context = Context::new();
    let mut builder_context = FunctionBuilderContext::new();
    let mut kernels = Vec::with_capacity(program.kernels.len());
    for (k, kernel) in program.kernels.iter().enumerate() {
        let fail = |e: String| CodegenError(format!("kernel `{}`: {e}", kernel.name));
        context.func.signature = ir::Signature::new(CallConv::triple_default(isa.triple()));
        context.func.signature.params = vec![AbiParam::new(types::I64); 4];
        context.func.name = UserFuncName::user(0, k as u32);
        build(&mut context, &mut builder_context, isa, program, k);
        let clif = texts.then(|| context.func.display().to_string());
        context.set_disasm(texts);
        let code = context
            .compile(isa, &mut ControlPlane::default())
            .map_err(|e| fail(format!("{:?}", e.inner)))?;
        if !code.buffer.relocs().is_empty() {
            return Err(fail(
                "internal error of the code generator: the code refers to something outside it".into(),
            ));
        }
        kernels.push(KernelCode {
            bytes: code.code_buffer().to_vec(),
            align: u64::from(code.buffer.alignment).max(16),
            texts: clif.map(|clif| (clif, code.vcode.clone().unwrap_or_default())),
        });
        context.clear();
    }
    Ok(kernels)
}

fn build(
    context: &mut Context,
    builder_context: &mut FunctionBuilderContext,
    isa: &dyn TargetIsa,
    program: &Program,
    kernel: usize,
) {
    let mut b = FunctionBuilder::new(&mut context.func, builder_context);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let ops = Ops {
        b: &mut b,
        double: program.double,
        fma: isa::has(isa, "has_fma"),
        rounds: isa::has(isa, "has_sse41"),
    };
    emit::Emitter::kernel(ops, program, &program.kernels[kernel]);
    b.finalize(isa.frontend_config());
}
