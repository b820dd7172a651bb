//! Tensor IR to machine code: [`schedule`] makes [`loop_ir`] of it, [`cranelift`] makes code of that, [`exec`] runs it.

pub mod loop_ir;
pub mod schedule;

/// Why a program could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodegenError(pub String);

impl CodegenError {
    fn internal(what: &str) -> CodegenError {
        CodegenError(format!("internal error of the code generator: {what}"))
    }
}

impl std::fmt::Display for CodegenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CodegenError {}
