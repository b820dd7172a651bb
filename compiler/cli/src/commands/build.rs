//! `gdl build`.

use crate::library::{self, Described, Kind, Library, Made, Training as LibraryTraining};
use crate::session::backend::Precision;
use crate::session::programs::{self, Training};
use crate::session::tuning::named_by;
use crate::session::{Session, words};
use crate::web::{self, Package};
use crate::{Failure, Terminal};
use clap::{Args, ValueEnum};
use gdl_abi::Signature;
use gdl_codegen::{image, plan_and_shaders};
use gdl_core::ir::{Func, grad, opt, stage};
use gdl_core::lower::{self, Lowered};
use gdl_core::typed::Model;
use gdl_host::data::Split;
use gdl_host::files::write;
use gdl_host::library::{Calls, Recipe};
use gdl_host::params::Params;
use gdl_host::train::{Notes, params_bytes};
use gdl_runtime::image::{Footer, Head, Isa, Role, weights};
use serde_json::{Value, json};
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
    /// A package for browsers: an ES module with TypeScript types, for WebGPU.
    Web,
    /// The shaders, and a plan in JSON that says how they are run.
    Wgsl,
}

/// What `--emit` comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Program,
    Library,
    Web,
    Shaders,
}

impl Emit {
    fn library(self) -> Option<Kind> {
        Some(match self {
            Emit::Exe | Emit::Web | Emit::Wgsl => return None,
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
    /// A step of the training that the `train` block declares.
    Train,
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
A package for browsers goes into a folder too: any static server can serve it.

Examples:
  gdl build digits.gdl --weights runs/Digits/best.safetensors -o digits
  ./digits scan.png --json
  gdl build digits.gdl --external-weights -o digits      weights are given when it is run
  gdl build potential.gdl --weights w.safetensors --dtype f64 --isa v3 -o potential
  gdl build potential.gdl --weights w.safetensors --emit lib,static --with grad -o dist
  gdl build digits.gdl --weights w.safetensors --emit python --with train -o digits-py
  gdl build potential.gdl --weights w.safetensors --emit python -o potential-py
  gdl build digits.gdl --weights w.safetensors --emit web -o digits-web
  gdl build digits.gdl --weights w.safetensors --emit web --with grad -o digits-web
  gdl build digits.gdl --emit wgsl -o shaders"
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
    /// What a library or a package can do.
    #[arg(long, value_enum, default_value = "forward", value_delimiter = ',')]
    with: Vec<With>,
    /// Where it goes: a file for a program, a folder for anything else.
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

/// A model on its way to any of them.
struct Source {
    session: Session,
    model: Model,
    lowered: Lowered,
    /// What runs a call, optimised; for weights that are known, what follows from them alone apart.
    roles: Vec<(Role, Func)>,
}

impl Build {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let target = self.target()?;
        let mut source = self.open(terminal)?;
        if self.with.contains(&With::Grad) {
            let derivative = self.derivative(&source.lowered.func)?;
            source.roles.push((Role::Gradient, derivative));
        }
        match target {
            Target::Program | Target::Library => self.machine_code(target, source, terminal),
            Target::Web => self.package(&source, terminal),
            Target::Shaders => self.shaders(&source, terminal),
        }
    }

    fn open(&self, terminal: &mut Terminal<'_>) -> Result<Source, Failure> {
        let (name, given) = words(&self.words);
        let mut settings = Session::trained_settings(self.weights.as_deref());
        settings.extend(given.iter().cloned());
        let session = Session::open(&self.file, &settings, terminal)?;
        let model = session.model(name, terminal)?;
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let func = opt::optimised(&lowered.func)
            .map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", model.name)))?;
        let stages = stage::staged(&func)
            .map_err(|e| Failure::error(format!("`{}` cannot be cut in two stages: {e}", model.name)))?;
        let roles = match stages {
            Some(stages) => vec![(Role::Forward, stages.run), (Role::Prepare, stages.prepare)],
            None => vec![(Role::Forward, func)],
        };
        Ok(Source {
            session,
            model,
            lowered,
            roles,
        })
    }

    /// The weights to build in, or those that a model starts from where none are built in.
    fn params(
        &self,
        source: &Source,
        signature: &Signature,
        double: bool,
        terminal: &mut Terminal<'_>,
    ) -> Result<Params, Failure> {
        let infos = &source.lowered.params;
        let mut params = Params::init(signature, &programs::specs(infos), 0, double)?;
        match &self.weights {
            Some(path) => source.session.load(path, infos, &mut params, terminal)?,
            None if self.external_weights || infos.is_empty() => {}
            None => {
                return Err(Failure::usage("no weights are given")
                    .help("Say `--weights FILE`, or `--external-weights` if they are given when it is used."));
            }
        }
        Ok(params)
    }

    fn manifest(&self, source: &Source, double: bool) -> Value {
        let origin = self.weights.as_ref().map(|p| p.display().to_string());
        source
            .session
            .manifest(&source.model, &source.lowered, double, origin.as_deref())
    }

    /// A program or a library.
    fn machine_code(&self, target: Target, mut source: Source, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let double = self.dtype == Precision::F64;
        let gradient = self.with.contains(&With::Grad);
        let training = match self.with.contains(&With::Train) {
            true => Some(self.training(&mut source, terminal)?),
            false => None,
        };
        let roles: Vec<(Role, &Func)> = source.roles.iter().map(|(role, func)| (*role, func)).collect();
        let (programs, code) = image::compile(&roles, double, &self.isas()?).map_err(|e| refused(&source.model, &e))?;
        let mut signature = programs[0].plan.signature.clone();
        signature.params.truncate(source.lowered.func.params.len());

        let params = self.params(&source, &signature, double, terminal)?;
        let ordered = params.of(&signature)?;
        let named = signature.params.iter().map(|p| p.name.as_str()).zip(ordered);
        let (list, mut bytes) = weights(named);
        if self.external_weights {
            bytes.clear();
        }
        let model = &source.model;
        let manifest = self.manifest(&source, double);
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
        let made = if target == Target::Library {
            let arguments = library::arguments(model)?;
            let mut library = Library {
                of: Described {
                    model: &model.name,
                    signature: &signature,
                    arguments: &arguments,
                    double,
                    manifest: &manifest,
                },
                gradient,
                training: training.as_ref(),
                head: Vec::new(),
                code: &code,
                weights: &bytes,
            };
            let calls = Calls {
                arguments: arguments.clone(),
                training: training.as_ref().map(|t| t.recipe.clone()),
            };
            library.head = head(
                library.interface().to_string(),
                serde_json::to_string(&calls).map_err(json)?,
            )?;
            let kinds: Vec<Kind> = self.emit.iter().filter_map(|e| e.library()).collect();
            library.write(&kinds, &self.output)?
        } else {
            let session = &source.session;
            let mut spec = session.ok(
                session.data_spec(session.data_of(&model.name), model, &signature),
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
        self.told(model, &made, code.len(), bytes.len(), terminal)
    }

    /// The plan and the shaders of a role.
    fn on_gpu(&self, source: &Source, role: Role) -> Result<Option<web::Program>, Failure> {
        let Some((_, func)) = source.roles.iter().find(|(r, _)| *r == role) else {
            return Ok(None);
        };
        let label = |origin| source.session.part(&source.model, origin);
        let program = plan_and_shaders(func, &label).map_err(|e| refused(&source.model, &e))?;
        Ok(Some(program))
    }

    fn forward(&self, source: &Source) -> Result<web::Program, Failure> {
        self.on_gpu(source, Role::Forward)?
            .ok_or_else(|| Failure::error("the model has no program"))
    }

    /// A package for browsers.
    fn package(&self, source: &Source, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let forward = self.forward(source)?;
        let prepare = self.on_gpu(source, Role::Prepare)?;
        let gradient = self.on_gpu(source, Role::Gradient)?;
        let mut signature = forward.0.signature.clone();
        signature.params.truncate(source.lowered.func.params.len());
        let params = self.params(source, &signature, false, terminal)?;
        let notes = Notes {
            model_hash: source.session.hash_of(&source.lowered.params),
            ..Notes::default()
        };
        let weights = match self.external_weights {
            true => None,
            false => Some(params_bytes(&params, &notes)?),
        };
        let manifest = self.manifest(source, false);
        let arguments = library::arguments(&source.model)?;
        let package = Package {
            of: Described {
                model: &source.model.name,
                signature: &signature,
                arguments: &arguments,
                double: false,
                manifest: &manifest,
            },
            model: &source.model,
            forward: &forward,
            prepare: prepare.as_ref(),
            gradient: gradient.as_ref(),
            weights,
        };
        let files = package.files();
        let weights = package.weights.as_ref().map_or(0, Vec::len);
        let all: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        let made = library::write_files(&self.output, files)?;
        self.told(&source.model, &made, all - weights, weights, terminal)
    }

    /// Shaders to read, or to be run by other means.
    fn shaders(&self, source: &Source, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        let forward = self.forward(source)?;
        let prepare = self.on_gpu(source, Role::Prepare)?;
        let gradient = self.on_gpu(source, Role::Gradient)?;
        let files = web::shader_files(&source.model.name, &forward, prepare.as_ref(), gradient.as_ref());
        let all = files.iter().map(|(_, bytes)| bytes.len()).sum();
        let made = library::write_files(&self.output, files)?;
        self.told(&source.model, &made, all, 0, terminal)
    }

    /// Says what was made.
    fn told(
        &self,
        model: &Model,
        made: &[Made],
        code: usize,
        weights: usize,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Failure> {
        if self.json {
            let files: Vec<_> = made
                .iter()
                .map(|(path, len)| json!({ "path": path.display().to_string(), "bytes": len }))
                .collect();
            return terminal.object(&json!({
                "model": model.name, "files": files, "code_bytes": code, "weights_bytes": weights,
            }));
        }
        let kib = |n: usize| n.div_ceil(1024);
        for (path, len) in made {
            terminal.line(format!("{}: {} KiB", path.display(), kib(*len)))?;
        }
        terminal.line(format!("{} KiB of code, {} KiB of weights", kib(code), kib(weights)))
    }

    /// What is asked for.
    fn target(&self) -> Result<Target, Failure> {
        let libraries = self.emit.iter().filter(|e| e.library().is_some()).count();
        let target = match self.emit.as_slice() {
            [Emit::Exe] => Target::Program,
            [Emit::Web] => Target::Web,
            [Emit::Wgsl] => Target::Shaders,
            all if all.len() == libraries => Target::Library,
            _ => {
                let alone = "`--emit exe`, `--emit web` and `--emit wgsl` stand alone";
                return Err(Failure::usage(alone).help("Build one after the other."));
            }
        };
        let with = |w: With| self.with.contains(&w);
        if target == Target::Program && (with(With::Grad) || with(With::Train)) {
            let failure =
                Failure::usage("`--with grad` and `--with train` are for libraries: programs give outputs only");
            return Err(failure.help("Say `--emit lib` or `--emit python`, or leave `--with` out."));
        }
        if target != Target::Library && with(With::Train) {
            let failure = Failure::usage("`--with train` is for libraries of machine code");
            return Err(failure.help("Say `--emit lib` or `--emit python`, or `--with grad`."));
        }
        if matches!(target, Target::Web | Target::Shaders) {
            if self.dtype == Precision::F64 {
                return Err(Failure::usage("shaders compute in single precision only").help("Use `--dtype f32`."));
            }
            if self.isa != Processors::Auto {
                return Err(Failure::usage("`--isa` is for processors: shaders have none").help("Leave it out."));
            }
        }
        if target == Target::Shaders && (self.weights.is_some() || self.external_weights) {
            return Err(Failure::usage("shaders hold no weights").help("Leave the weights out, or say `--emit web`."));
        }
        Ok(target)
    }

    /// The step of the model's training, as a further program.
    fn training(&self, source: &mut Source, terminal: &mut Terminal<'_>) -> Result<LibraryTraining, Failure> {
        let session = &source.session;
        let name = &source.model.name;
        if session.data_of(name).is_none() {
            return Err(Failure::usage(format!("`{name}` is not trained in this file"))
                .help("`--with train` needs its `train` block."));
        }
        let (train, _) = session.training(Some(name), terminal)?;
        let config = session.ok(session.config(&train), terminal)?;
        let mut training = session.ok(Training::new(&train), terminal)?;
        let tuning = session.ok(session.tuning(&train, &training.params), terminal)?;
        training.freeze(&|name| named_by(&tuning.freeze, name));
        let func = opt::optimised(&training.step)
            .map_err(|e| Failure::error(format!("the training of `{name}` cannot be optimised: {e}")))?;
        source.roles.push((Role::Train, func));
        Ok(LibraryTraining {
            signature: training.inputs(),
            recipe: Recipe {
                arguments: library::arguments(&train.model)?,
                plan: training.plan,
                optim: config.optim,
                seed: config.seed,
            },
        })
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

fn refused(model: &Model, e: &gdl_codegen::CodegenError) -> Failure {
    Failure::error(format!("`{}` cannot be compiled: {e}", model.name))
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
