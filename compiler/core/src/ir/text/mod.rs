//! The text form of programs, for tests, bug reports and people. `spec/ir.md` defines it.
//!
//! [`parse`] reads back what [`print`] writes, node for node and bit for bit. [`print_short`] shortens long constants.
//!
//! ```
//! let text = r#"func "f"
//! dim d0 samples
//! input "x" [d0, 3]
//! %0 = input 0 : [d0, 3]
//! %1 = contract %0 [i] %0 [i] [] : [d0]
//! %2 = sqrt %1 : [d0]
//! return "length" %2
//! "#;
//! let func = gdl_core::ir::text::parse(text).unwrap();
//! assert_eq!(gdl_core::ir::text::print(&func), text);
//! ```

mod parse;
mod print;

pub use parse::parse;
pub use print::{print, print_short};
