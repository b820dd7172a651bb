//! The linker of the system, in a folder of its own that goes away.

use super::Failure;
use gdl_codegen::object::interface;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, process};

/// The C interface of models, compiled.
static INTERFACE_ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libgdl_capi.a"));

/// What the C interface itself needs of the system.
pub const LIBRARIES: [&str; 4] = ["-lpthread", "-lm", "-ldl", "-lc"];

/// A folder with the object of a model and the C interface.
pub struct Linker {
    folder: PathBuf,
    name: String,
    training: bool,
    compiler: String,
}

impl Drop for Linker {
    fn drop(&mut self) {
        // Left behind it is garbage, not a failure.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Linker {
    /// Lays out what is to be linked.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn new(name: &str, training: bool, object: &[u8]) -> Result<Linker, Failure> {
        // Several may be made at once, by one process or by many.
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("gdl-{}-{number}-{name}", process::id()));
        fs::create_dir(&folder)
            .map_err(|e| Failure::error(format!("the folder `{}` cannot be made: {e}", folder.display())))?;
        let linker = Linker {
            folder,
            name: name.into(),
            training,
            compiler: env::var("CC")
                .ok()
                .filter(|c| !c.is_empty())
                .unwrap_or_else(|| "cc".into()),
        };
        fs::write(linker.at("model.o"), object)?;
        fs::write(linker.at("libgdl_capi.a"), INTERFACE_ARCHIVE)?;
        let exported: Vec<String> = linker.exported().collect();
        fs::write(linker.at("symbols"), exported.join("\n"))?;
        fs::write(
            linker.at("version"),
            format!("{{ global: {}; local: *; }};\n", exported.join("; ")),
        )?;
        Ok(linker)
    }

    fn at(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The symbols that a user sees.
    fn exported(&self) -> impl Iterator<Item = String> {
        interface(self.training).map(|(f, ..)| format!("{}_{f}", self.name))
    }

    /// A shared library.
    ///
    /// # Errors
    /// What the linker says.
    pub fn shared(&self) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new(&self.compiler);
        command
            .arg("-shared")
            .arg("-o")
            .arg(self.at("out.so"))
            .arg(self.at("model.o"))
            .arg(self.at("libgdl_capi.a"))
            .arg(format!("-Wl,--version-script={}", self.at("version").display()))
            .arg(format!("-Wl,-soname,lib{}.so", self.name))
            .args([
                "-Wl,--gc-sections",
                "-Wl,-z,defs",
                "-Wl,-z,relro",
                "-Wl,-z,now",
                "-Wl,-z,noexecstack",
            ])
            .args(["-static-libgcc", "-s"])
            .args(LIBRARIES);
        self.done(command, "out.so")
    }

    /// Everything in one object, of which only the model's own functions are visible.
    ///
    /// # Errors
    /// What the linker says.
    pub fn object(&self) -> Result<Vec<u8>, Failure> {
        let mut link = Command::new(&self.compiler);
        link.args(["-r", "-nostdlib", "-Wl,--gc-sections", "-o"])
            .arg(self.at("all.o"))
            .args(self.exported().map(|symbol| format!("-Wl,-u,{symbol}")))
            .arg(self.at("model.o"))
            .arg(self.at("libgdl_capi.a"));
        self.done(link, "all.o")?;
        let mut hide = Command::new("objcopy");
        hide.arg(format!("--keep-global-symbols={}", self.at("symbols").display()))
            .arg("--strip-unneeded")
            .arg(self.at("all.o"))
            .arg(self.at(&self.object_name()));
        self.done(hide, &self.object_name())
    }

    /// A static library.
    ///
    /// # Errors
    /// What the linker says.
    pub fn archive(&self) -> Result<Vec<u8>, Failure> {
        self.object()?;
        let mut command = Command::new("ar");
        command
            .arg("crs")
            .arg(self.at("out.a"))
            .arg(self.at(&self.object_name()));
        self.done(command, "out.a")
    }

    fn object_name(&self) -> String {
        format!("{}.o", self.name)
    }

    /// Runs a program and reads the file that it makes.
    fn done(&self, mut command: Command, file: &str) -> Result<Vec<u8>, Failure> {
        let name = Path::new(command.get_program()).file_name().map(OsStr::to_owned);
        let name = name.unwrap_or_default().to_string_lossy().into_owned();
        let help = "Libraries are linked by the C compiler of the system (set CC for another) and binutils. `--emit exe` needs neither.";
        let output = command
            .output()
            .map_err(|e| Failure::error(format!("`{name}` cannot be run: {e}")).help(help))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let first: Vec<&str> = text.lines().take(8).collect();
            return Err(Failure::error(format!("`{name}` failed:\n{}", first.join("\n"))).help(help));
        }
        Ok(fs::read(self.at(file))?)
    }
}
