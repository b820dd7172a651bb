//! What an executable made by `gdl build` does: it reads data files as `gdl run` does, runs its model, and writes the results.
//!
//! Exit codes are those of `gdl`: 0 done, 1 failed, 2 wrong usage.
#![forbid(unsafe_code)]

mod help;
mod options;
mod results;

use gdl_host::data::{self, DataSpec};
use gdl_host::files::{self, Table};
use gdl_runtime::Array;
use gdl_runtime::image::{Image, Role};
use gdl_runtime::pool::Pool;
use options::Request;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;

/// Why a run ends without success: the exit code and what is said.
struct Stop(u8, String);

impl From<gdl_host::Error> for Stop {
    fn from(e: gdl_host::Error) -> Stop {
        Stop(1, e.to_string())
    }
}

impl From<std::io::Error> for Stop {
    fn from(e: std::io::Error) -> Stop {
        Stop(1, e.to_string())
    }
}

/// Runs a command line, without the program's name, and gives its exit code.
pub fn run(image: &Image, arguments: Vec<OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match work(image, arguments, out) {
        Ok(()) => 0,
        Err(Stop(code, text)) => {
            // If nobody reads the errors, the exit code still says it.
            let _ = writeln!(err, "error: {text}");
            code
        }
    }
}

fn work(image: &Image, arguments: Vec<OsString>, out: &mut dyn Write) -> Result<(), Stop> {
    let options = match options::parse(arguments).map_err(|e| Stop(2, format!("{e}\nTry `--help`.")))? {
        Request::Help => return Ok(out.write_all(help::help(image.head()).as_bytes())?),
        Request::Info => return Ok(out.write_all(help::info(image.head()).as_bytes())?),
        Request::Run(options) => options,
    };
    let spec: DataSpec = serde_json::from_str(&image.head().data)
        .map_err(|e| Stop(1, format!("the compiled model does not say how data are read: {e}")))?;
    let pool = Pool::shared(options.threads).map_err(|e| Stop(1, e))?;
    let executor = image
        .executor(Role::Forward, pool.clone())
        .map_err(|e| Stop(1, e.to_string()))?;
    let weights = match &options.weights {
        Some(path) => load_weights(image, path)?,
        None if image.weights().is_empty() && !image.head().weights.is_empty() => {
            return Err(Stop(
                2,
                "the weights are not in this program: say `--weights FILE`".into(),
            ));
        }
        None => image.weights().to_vec(),
    };
    let prepared = image.prepared(&weights, pool).map_err(|e| Stop(1, e.to_string()))?;
    let params: Vec<&Array> = prepared.iter().collect();
    let several = options.inputs.len() > 1;
    for input in &options.inputs {
        let table = read(input)?;
        let fold = data::pick(&table, &spec, options.fold.as_deref())?;
        let found = gdl_host::run::run(&executor, &params, &fold)?;
        results::write(&options, (input, &table), several, &found, out)?;
    }
    Ok(())
}

/// A data file; `-` is standard input: an `.npz` file, or a PNG image, an extended XYZ file.
fn read(path: &Path) -> Result<Table, Stop> {
    if path != Path::new("-") {
        return Ok(files::load(path)?);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let name = match bytes.as_slice() {
        [b'P', b'K', ..] => "standard input.npz",
        [0x89, b'P', b'N', b'G', ..] => "standard input.png",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "standard input.npy",
        _ => "standard input.xyz",
    };
    Ok(files::parse(Path::new(name), &bytes).map_err(|e| e.in_file(name))?)
}

/// Weights from a `.safetensors` file, in the order of the image.
fn load_weights(image: &Image, path: &Path) -> Result<Vec<Array>, Stop> {
    let head = image.head();
    let signature = head.signature();
    let double = head.program(Role::Forward).is_some_and(|p| p.plan.double);
    let specs: Vec<_> = head
        .weights
        .iter()
        .map(|w| gdl_host::params::ParamSpec::new(w.name.clone(), gdl_host::params::Init::Constant(0.0)))
        .collect();
    let mut params = gdl_host::params::Params::init(&signature, &specs, 0, double)?;
    let hash = help::field(head, "weights_hash");
    gdl_host::train::load_params(path, &mut params, hash.as_deref())?;
    let ordered = params.of(&signature)?;
    Ok(ordered.into_iter().cloned().collect())
}
