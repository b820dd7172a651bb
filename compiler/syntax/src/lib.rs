//! Source text to [`ast`]: layout, grammar, recovery. One public function: [`parse`].
#![forbid(unsafe_code)]

pub mod ast;
