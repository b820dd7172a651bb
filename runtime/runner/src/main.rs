//! The executable that `gdl build` makes: this program with a model appended to it.
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The file of this program: as the system says, or, where it cannot (no `/proc`), as it was called.
fn own_file(called: &Path) -> Option<PathBuf> {
    if let Ok(path) = env::current_exe() {
        return Some(path);
    }
    if called.components().count() > 1 {
        return Some(called.to_path_buf());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(called))
        .find(|p| p.is_file())
}

fn main() -> ExitCode {
    let mut arguments = env::args_os();
    let called = PathBuf::from(arguments.next().unwrap_or_default());
    let arguments: Vec<OsString> = arguments.collect();
    let Some(path) = own_file(&called) else {
        eprintln!("error: this program cannot find its own file: call it by its path");
        return ExitCode::from(1);
    };
    let image = match gdl_runtime::image::open(&path) {
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
