//! `gdl build`.

use crate::session::backend::Precision;
use crate::session::{Session, programs, words};
use crate::{Failure, Terminal};
use clap::{Args, ValueEnum};
use gdl_codegen::image;
use gdl_core::ir::opt;
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

/// Compile a model to a program that needs neither gdl nor a compiler.
#[derive(Debug, Args)]
#[command(
    after_help = "The program reads what `gdl run` reads, by the data block of the model's training or by the names of the inputs.
Do not `strip` it: the model stands behind the end of the program and would be lost.

Examples:
  gdl build digits.gdl --weights runs/Digits/best.safetensors -o digits
  ./digits scan.png --json
  gdl build digits.gdl --external-weights -o digits      weights are given when it is run
  gdl build potential.gdl --weights w.safetensors --dtype f64 --isa v3 -o potential"
)]
pub struct Build {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// What is made.
    #[arg(long, value_enum, default_value = "exe")]
    emit: Emit,
    /// Where it goes.
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
        let (name, given) = words(&self.words);
        let mut settings = Session::trained_settings(self.weights.as_deref());
        settings.extend(given.iter().cloned());
        let session = Session::open(&self.file, &settings, terminal)?;
        let model = session.model(name, terminal)?;
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let double = self.dtype == Precision::F64;
        let func = opt::optimised(&lowered.func)
            .map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", model.name)))?;
        let (programs, code) = image::compile(&[(Role::Forward, &func)], double, &self.isas()?)
            .map_err(|e| Failure::error(format!("`{}` cannot be compiled: {e}", model.name)))?;
        let signature = &programs[0].plan.signature;

        let mut params = Params::init(signature, &programs::specs(&lowered.params), 0, double)?;
        match &self.weights {
            Some(path) => session.load(path, &lowered.params, &mut params, terminal)?,
            None if self.external_weights || lowered.params.is_empty() => {}
            None => {
                return Err(Failure::usage("no weights are given").help(
                    "Say `--weights FILE`, or `--external-weights` for a program that gets them when it is run.",
                ));
            }
        }
        let mut spec = session.ok(
            session.data_spec(session.data_of(&model.name), &model, signature),
            terminal,
        )?;
        spec.split = Split::All;
        let ordered = params.of(signature)?;
        let named = signature.params.iter().map(|p| p.name.as_str()).zip(ordered);
        let (list, mut bytes) = weights(named);
        if self.external_weights {
            bytes.clear();
        }
        let origin = self.weights.as_ref().map(|p| p.display().to_string());
        let manifest = session.manifest(&model, &lowered, double, origin.as_deref());
        let data = serde_json::to_string(&spec)
            .map_err(|e| Failure::error(format!("the data block cannot be written: {e}")))?;
        let head = Head {
            name: model.name.clone(),
            manifest: manifest.to_string(),
            data,
            programs,
            weights: list,
        };
        let head = head.to_bytes().map_err(|e| Failure::error(e.to_string()))?;
        let mut file = RUNNER.to_vec();
        Footer::append(&mut file, &head, &code, &bytes);
        write::atomically(&self.output, &file)?;
        executable(&self.output)?;
        if self.json {
            return terminal.object(&json!({
                "model": model.name, "path": self.output.display().to_string(), "bytes": file.len(), "code_bytes": code.len(), "weights_bytes": bytes.len(),
            }));
        }
        let kib = |n: usize| n.div_ceil(1024);
        terminal.line(format!(
            "{}: {} KiB ({} KiB of code, {} KiB of weights)",
            self.output.display(),
            kib(file.len()),
            kib(code.len()),
            kib(bytes.len())
        ))
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
