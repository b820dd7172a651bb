//! Loop IR to machine code in memory, one function a kernel.

mod emit;
mod found;
mod lanes;
mod loops;
mod math;
mod memory;
mod scalar;

use crate::CodegenError;
use crate::loop_ir::Program;
use cranelift::codegen::Context;
use cranelift::codegen::ir::UserFuncName;
use cranelift::codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift::codegen::settings::Flags;
use cranelift::jit::{JITBuilder, JITModule};
use cranelift::module::{FuncId, Linkage, Module};
use cranelift::prelude::*;
use gdl_runtime::exec::KernelFn;
use lanes::Ops;
use std::collections::HashMap;

/// Machine code in memory.
pub struct Code {
    module: Option<JITModule>,
    functions: Vec<KernelFn>,
    /// Bytes of code.
    pub bytes: usize,
    /// Intermediate code and assembly of every kernel, if asked for.
    pub texts: Vec<(String, String)>,
}

// SAFETY: after `finalize_definitions` the module is only kept to keep its memory; nothing reads or writes it through a shared
// reference, and the functions are plain addresses of immutable code.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Code {
    /// The functions of all kernels.
    pub fn functions(&self) -> &[KernelFn] {
        &self.functions
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: the functions are only reachable through `self`, which is going away.
            unsafe { module.free_memory() };
        }
    }
}

/// Compiles all kernels of a program for this machine.
///
/// # Errors
/// What Cranelift says, with the name of the kernel.
pub fn compile(program: &Program, texts: bool) -> Result<Code, CodegenError> {
    let isa = host()?;
    let mut builder = JITBuilder::with_isa(isa.clone(), cranelift::module::default_libcall_names());
    builder.symbols(gdl_runtime::maths::symbols());
    let mut module = JITModule::new(builder);
    let mut calls = HashMap::new();
    let real = if program.double { types::F64 } else { types::F32 };
    for (name, arity) in scalar::CALLS {
        let mut sig = Signature::new(CallConv::triple_default(isa.triple()));
        sig.params = vec![AbiParam::new(real); arity];
        sig.returns.push(AbiParam::new(real));
        let symbol = format!("{name}_{}", if program.double { "f64" } else { "f32" });
        let id = module
            .declare_function(&symbol, Linkage::Import, &sig)
            .map_err(|e| CodegenError(e.to_string()))?;
        calls.insert(name, id);
    }
    let mut ids = Vec::new();
    let mut context = module.make_context();
    let mut builder_context = FunctionBuilderContext::new();
    let mut code = Code {
        module: None,
        functions: Vec::new(),
        bytes: 0,
        texts: Vec::new(),
    };
    for (k, kernel) in program.kernels.iter().enumerate() {
        let fail = |e: String| CodegenError(format!("kernel `{}`: {e}", kernel.name));
        let mut sig = Signature::new(CallConv::triple_default(isa.triple()));
        sig.params = vec![AbiParam::new(types::I64); 4];
        let id = module
            .declare_function(&format!("kernel{k}_{}", kernel.name), Linkage::Local, &sig)
            .map_err(|e| fail(e.to_string()))?;
        context.func.signature = sig;
        context.func.name = UserFuncName::user(0, id.as_u32());
        build(&mut module, &mut context, &mut builder_context, program, k, &calls);
        if texts {
            context.set_disasm(true);
        }
        let clif = if texts {
            context.func.display().to_string()
        } else {
            String::new()
        };
        module
            .define_function(id, &mut context)
            .map_err(|e| fail(format!("{e:?}")))?;
        if let Some(compiled) = context.compiled_code() {
            code.bytes += compiled.code_buffer().len();
            if texts {
                code.texts.push((clif, compiled.vcode.clone().unwrap_or_default()));
            }
        }
        module.clear_context(&mut context);
        ids.push(id);
    }
    module.finalize_definitions().map_err(|e| CodegenError(e.to_string()))?;
    for id in ids {
        let address = module.get_finalized_function(id);
        // SAFETY: the function was declared with four 64-bit integers and no result, in the C calling convention of this machine.
        code.functions
            .push(unsafe { std::mem::transmute::<*const u8, KernelFn>(address) });
    }
    code.module = Some(module);
    Ok(code)
}

fn build(
    module: &mut JITModule,
    context: &mut Context,
    builder_context: &mut FunctionBuilderContext,
    program: &Program,
    kernel: usize,
    calls: &HashMap<&'static str, FuncId>,
) {
    let calls = calls
        .iter()
        .map(|(name, id)| (*name, module.declare_func_in_func(*id, &mut context.func)))
        .collect();
    let mut b = FunctionBuilder::new(&mut context.func, builder_context);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let ops = Ops {
        b: &mut b,
        double: program.double,
        fma: has_fma(),
        calls,
    };
    emit::Emitter::kernel(ops, program, &program.kernels[kernel]);
    b.finalize(module.target_config());
}

#[cfg(target_arch = "x86_64")]
fn has_fma() -> bool {
    std::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_fma() -> bool {
    true
}

/// This machine.
fn host() -> Result<OwnedTargetIsa, CodegenError> {
    let mut flags = settings::builder();
    let options = [
        ("opt_level", "speed"),
        ("is_pic", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("use_colocated_libcalls", "false"),
    ];
    for (name, value) in options {
        flags.set(name, value).map_err(|e| CodegenError(e.to_string()))?;
    }
    let isa = cranelift::native::builder().map_err(|e| CodegenError(e.to_string()))?;
    isa.finish(Flags::new(flags)).map_err(|e| CodegenError(e.to_string()))
}
