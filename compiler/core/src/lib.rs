//! The heart of the compiler: names, types, certificates, tensor IR. No I/O.
//!
//! Source goes through [`modules::load`] (parsed files), [`check::check`] (typed programs), [`lower::lower`] (tensor IR), and the
//! passes of [`ir`]. Errors are [`diag::Diagnostic`] values.
#![forbid(unsafe_code)]

pub mod cert;
pub mod certify;
pub mod check;
pub mod diag;
pub mod ir;
pub mod lower;
pub mod modules;
pub mod scene;
pub mod typed;
pub mod types;
pub mod walk;

/// A help text with the nearest known name.
pub(crate) fn check_suggest(name: &str, known: &[String]) -> Option<String> {
    check::nearest(name, known).map(|n| format!("Did you mean `{n}`?"))
}
