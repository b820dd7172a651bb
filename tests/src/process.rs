//! The `gdl` program as a process of its own, for tests that send it signals.

use std::process::ExitCode;

fn main() -> ExitCode {
    gdl::main()
}
