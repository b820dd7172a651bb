//! Machines that code is made for.

use crate::CodegenError;
use cranelift::codegen::isa::{Builder, OwnedTargetIsa, TargetIsa};
use cranelift::codegen::settings::{Configurable, Flags};
use cranelift::prelude::*;
use gdl_runtime::image::Isa;

/// What code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This machine, with everything it has.
    Host,
    /// Machines of this architecture with these instructions.
    Isa(Isa),
}

/// Cranelift's description of a target.
///
/// # Errors
/// A machine that Cranelift has no code generator for, or instructions that the architecture does not know.
pub fn target_isa(target: Target) -> Result<OwnedTargetIsa, CodegenError> {
    let fail = |e: &dyn std::fmt::Display| CodegenError(e.to_string());
    let mut flags = settings::builder();
    let options = [
        ("opt_level", "speed"),
        ("is_pic", if target == Target::Host { "false" } else { "true" }),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("use_colocated_libcalls", "false"),
    ];
    for (name, value) in options {
        flags.set(name, value).map_err(|e| fail(&e))?;
    }
    let builder = match target {
        Target::Host => cranelift::native::builder().map_err(|e| fail(&e))?,
        Target::Isa(isa) => of_isa(isa)?,
    };
    builder.finish(Flags::new(flags)).map_err(|e| fail(&e))
}

fn of_isa(isa: Isa) -> Result<Builder, CodegenError> {
    let mut builder = cranelift::native::builder_with_options(false).map_err(|e| CodegenError(e.to_string()))?;
    if isa == Isa::V3 {
        for flags in ["x86-64-v3", "has_avx"] {
            builder
                .enable(flags)
                .map_err(|e| CodegenError(format!("this architecture has no x86-64-v3: {e}")))?;
        }
    }
    Ok(builder)
}

/// Whether the machine has what a flag says; architectures without such a flag have it always.
pub(super) fn has(isa: &dyn TargetIsa, flag: &str) -> bool {
    let flag = isa.isa_flags().into_iter().find(|v| v.name == flag);
    flag.is_none_or(|v| v.as_bool() == Some(true))
}
