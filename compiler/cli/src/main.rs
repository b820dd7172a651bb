//! The `gdl` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_drivers();
    gdl::main()
}

/// Mesa's choice of a device asks the display, and complains on the standard error output where there is none, as on servers.
fn quiet_drivers() {
    const DISPLAY: &str = "XDG_RUNTIME_DIR";
    const SWITCH: &str = "NODEVICE_SELECT";
    if std::env::var_os(DISPLAY).is_none() && std::env::var_os(SWITCH).is_none() {
        // SAFETY: no other thread runs yet that could read the environment.
        unsafe { std::env::set_var(SWITCH, "1") };
    }
}
