//! The executable that `gdl build` makes: this program with a model appended to it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    let image = match std::env::current_exe() {
        Ok(path) => gdl_runtime::image::open(&path),
        Err(e) => {
            eprintln!("error: this program cannot find its own file: {e}");
            return ExitCode::from(1);
        }
    };
    let image = match image {
        Ok(Some(image)) => image,
        Ok(None) => {
            eprintln!(
                "error: there is no model in this program: the file was cut off or stripped. Build it again with `gdl build`."
            );
            return ExitCode::from(1);
        }
        Err(e) => {
            eprintln!("error: {e}");
            return ExitCode::from(1);
        }
    };
    let code = gdl_runner::run(
        &image,
        arguments,
        &mut std::io::stdout().lock(),
        &mut std::io::stderr().lock(),
    );
    ExitCode::from(code)
}
