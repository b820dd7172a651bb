//! `gdl build`.

use crate::library::{self, Kind, Library};
use crate::session::backend::Precision;
use crate::session::{Session, programs, words};
use crate::{Failure, Terminal};
use clap::{Args, ValueEnum};
use gdl_codegen::image;
use gdl_core::ir::{Func, grad, opt, stage};
use gdl_core::lower;
use gdl_host::data::Split;
use gdl_host::files::write;
use gdl_host::params::Params;
use gdl_runtime::image::{Footer, Head, Isa, Role, weights};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The program that executables consist of, beside the model.
static RUNNER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runner"));

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// A program that reads data files and writes results; it needs nothing else.
    Exe,
    /// A shared library with a C header.
    Lib,
    /// A static library with a C header.
    Static,
    /// An object file with a C header.
    Obj,
    /// The C header alone.
    Header,
    /// A Python package around a shared library.
    Python,
}

impl Emit {
    fn library(self) -> Option<Kind> {
        Some(match self {
            Emit::Exe => return None,
            Emit::Lib => Kind::Lib,
            Emit::Static => Kind::Static,
            Emit::Obj => Kind::Obj,
            Emit::Header => Kind::Header,
            Emit::Python => Kind::Python,
        })
    }
}

/// What a library can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// The outputs.
    Forward,
    /// Gradients for inputs and parameters.
    Grad,
}

/// The processors that code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Processors {
    /// Any of this architecture.
    Baseline,
    /// x86-64-v3 (AVX2, FMA; since about 2015) only.
    V3,
    /// Both; the best that a machine can run is chosen when the program starts.
    Auto,
}

/// Compile a model to a program or a library that needs neither gdl nor a compiler.
#[derive(Debug, Args)]
#[command(
    after_help = "A program (`--emit exe`) reads what `gdl run` reads, by the data block of the model's training or by the names of the inputs.
Do not `strip` it: the model stands behind the end of the program and would be lost.
A library goes into a folder, with its header, a pkg-config file and a manifest; it is linked by the C compiler of the system.
A Python package goes into a folder, to be installed with `pip install FOLDER`.

Examples:
  gdl build digits.gdl --weights runs/Digits/best.safetensors -o digits
  ./digits scan.png --json
  gdl build digits.gdl --external-weights -o digits      weights are given when it is run
  gdl build potential.gdl --weights w.safetensors --dtype f64 --isa v3 -o potential
  gdl build potential.gdl --weights w.safetensors --emit lib,static --with grad -o dist
  gdl build potential.gdl --weights w.safetensors --emit python -o potential-py"
)]
pub struct Build {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// What is made; several kinds of libraries at once, with commas.
    #[arg(long, value_enum, default_value = "exe", value_delimiter = ',')]
    emit: Vec<Emit>,
    /// What a library can do.
    #[arg(long, value_enum, default_value = "forward", value_delimiter = ',')]
    with: Vec<With>,
    /// Where it goes: a file for a program, a folder for a library.
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// The weights to build in.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Build no weights in: they are given when the program is run.
    #[arg(long, conflicts_with = "weights")]
    external_weights: bool,
    /// The processors it is for; other architectures than x86-64 have a baseline only.
    #[arg(long, value_enum, default_value = "auto")]
    isa: Processors,
    /// Precision.
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Precision,
    /// What was made, as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Build {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let is_library = self.is_library()?;
        let (name, given) = words(&self.words);
        let mut settings = Session::trained_settings(self.weights.as_deref());
        settings.extend(given.iter().cloned());
        let session = Session::open(&self.file, &settings, terminal)?;
        let model = session.model(name, terminal)?;
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let double = self.dtype == Precision::F64;
        let func = opt::optimised(&lowered.func)
            .map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", model.name)))?;
        let gradient = self.with.contains(&With::Grad);
        let own = func.params.len();
        let stages = stage::staged(&func)
            .map_err(|e| Failure::error(format!("`{}` cannot be cut in two stages: {e}", model.name)))?;
        let mut roles = match stages {
            Some(stages) => vec![(Role::Forward, stages.run), (Role::Prepare, stages.prepare)],
            None => vec![(Role::Forward, func)],
        };
        if gradient {
            roles.push((Role::Gradient, self.derivative(&lowered.func)?));
        }
        let roles: Vec<(Role, &Func)> = roles.iter().map(|(role, func)| (*role, func)).collect();
        let (programs, code) = image::compile(&roles, double, &self.isas()?)
            .map_err(|e| Failure::error(format!("`{}` cannot be compiled: {e}", model.name)))?;
        let mut signature = programs[0].plan.signature.clone();
        signature.params.truncate(own);

        let mut params = Params::init(&signature, &programs::specs(&lowered.params), 0, double)?;
        match &self.weights {
            Some(path) => session.load(path, &lowered.params, &mut params, terminal)?,
            None if self.external_weights || lowered.params.is_empty() => {}
            None => {
                return Err(Failure::usage("no weights are given")
                    .help("Say `--weights FILE`, or `--external-weights` if they are given when it is used."));
            }
        }
        let ordered = params.of(&signature)?;
        let named = signature.params.iter().map(|p| p.name.as_str()).zip(ordered);
        let (list, mut bytes) = weights(named);
        if self.external_weights {
            bytes.clear();
        }
        let origin = self.weights.as_ref().map(|p| p.display().to_string());
        let manifest = session.manifest(&model, &lowered, double, origin.as_deref());
        let head = |manifest: String, data: String| {
            let head = Head {
                name: model.name.clone(),
                manifest,
                data,
                programs: programs.clone(),
                weights: list.clone(),
            };
            head.to_bytes().map_err(|e| Failure::error(e.to_string()))
        };
        let json = |e: serde_json::Error| Failure::error(format!("the manifest cannot be written: {e}"));
        let made = if is_library {
            let arguments = library::arguments(&model)?;
            let mut library = Library {
                model: &model.name,
                signature: &signature,
                arguments: &arguments,
                double,
                gradient,
                manifest: &manifest,
                head: Vec::new(),
                code: &code,
                weights: &bytes,
            };
            library.head = head(
                library.interface().to_string(),
                serde_json::to_string(&arguments).map_err(json)?,
            )?;
            let kinds: Vec<Kind> = self.emit.iter().filter_map(|e| e.library()).collect();
            library.write(&kinds, &self.output)?
        } else {
            let mut spec = session.ok(
                session.data_spec(session.data_of(&model.name), &model, &signature),
                terminal,
            )?;
            spec.split = Split::All;
            let head = head(manifest.to_string(), serde_json::to_string(&spec).map_err(json)?)?;
            let mut file = RUNNER.to_vec();
            Footer::append(&mut file, &head, &code, &bytes);
            write::atomically(&self.output, &file)?;
            executable(&self.output)?;
            vec![(self.output.clone(), file.len())]
        };
        if self.json {
            let files: Vec<_> = made
                .iter()
                .map(|(path, len)| json!({ "path": path.display().to_string(), "bytes": len }))
                .collect();
            return terminal.object(&json!({
                "model": model.name, "files": files, "code_bytes": code.len(), "weights_bytes": bytes.len(),
            }));
        }
        let kib = |n: usize| n.div_ceil(1024);
        for (path, len) in &made {
            terminal.line(format!("{}: {} KiB", path.display(), kib(*len)))?;
        }
        terminal.line(format!(
            "{} KiB of code, {} KiB of weights",
            kib(code.len()),
            kib(bytes.len())
        ))
    }

    /// Whether a library is asked for.
    fn is_library(&self) -> Result<bool, Failure> {
        let libraries = self.emit.iter().filter(|e| e.library().is_some()).count();
        match (libraries, self.emit.len()) {
            (0, 1) if self.with.contains(&With::Grad) => {
                let failure = Failure::usage("`--with grad` is for libraries: a program gives outputs only");
                Err(failure.help("Say `--emit lib` or `--emit python`, or leave `--with` out."))
            }
            (0, 1) => Ok(false),
            (n, all) if n == all => Ok(true),
            _ => {
                Err(Failure::usage("`--emit exe` stands alone").help("Build program and library one after the other."))
            }
        }
    }

    /// The reverse derivative of a program.
    fn derivative(&self, func: &Func) -> Result<Func, Failure> {
        let fail = |e: String| Failure::error(format!("the model cannot be differentiated: {e}"));
        let derivative = grad::vjp(func).map_err(fail)?;
        opt::optimised(&derivative).map_err(|e| fail(e.to_string()))
    }

    /// The instruction sets, the best first.
    fn isas(&self) -> Result<Vec<Isa>, Failure> {
        let x86 = cfg!(target_arch = "x86_64");
        match self.isa {
            Processors::V3 if !x86 => Err(Failure::usage("`--isa v3` is for x86-64").help("Use `--isa baseline`.")),
            Processors::V3 => Ok(vec![Isa::V3]),
            Processors::Auto if x86 => Ok(vec![Isa::V3, Isa::Baseline]),
            Processors::Baseline | Processors::Auto => Ok(vec![Isa::Baseline]),
        }
    }
}

/// Lets everybody who may read the file run it.
#[cfg(unix)]
fn executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    permissions.set_mode(mode | (mode & 0o444) >> 2);
    Ok(std::fs::set_permissions(path, permissions)?)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}
