//! Machine code in memory, ready to be called.

use super::KernelCode;
use crate::CodegenError;
use cranelift::codegen::ir::Signature;
use cranelift::codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift::jit::{JITBuilder, JITModule};
use cranelift::module::{Linkage, Module, default_libcall_names};
use cranelift::prelude::*;
use gdl_runtime::exec::KernelFn;

/// Machine code in memory.
pub struct Code {
    module: Option<JITModule>,
    functions: Vec<KernelFn>,
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

/// Puts the code of kernels, compiled for this machine, into executable memory.
///
/// # Errors
/// Memory that could not be had.
pub fn load(kernels: &[KernelCode], isa: OwnedTargetIsa) -> Result<Code, CodegenError> {
    let fail = |e: &dyn std::fmt::Display| CodegenError(e.to_string());
    let mut signature = Signature::new(CallConv::triple_default(isa.triple()));
    signature.params = vec![AbiParam::new(types::I64); 4];
    let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
    let mut ids = Vec::with_capacity(kernels.len());
    for (k, kernel) in kernels.iter().enumerate() {
        let id = module
            .declare_function(&format!("kernel{k}"), Linkage::Local, &signature)
            .map_err(|e| fail(&e))?;
        module
            .define_function_bytes(id, kernel.align, &kernel.bytes, &[])
            .map_err(|e| fail(&e))?;
        ids.push(id);
    }
    module.finalize_definitions().map_err(|e| fail(&e))?;
    let function = |id| {
        let address = module.get_finalized_function(id);
        // SAFETY: the bytes are a function of four 64-bit integers without result, in the C calling convention of this machine.
        unsafe { std::mem::transmute::<*const u8, KernelFn>(address) }
    };
    Ok(Code {
        functions: ids.into_iter().map(function).collect(),
        module: Some(module),
    })
}
