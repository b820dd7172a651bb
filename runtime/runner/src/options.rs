//! The command line of an executable.

use lexopt::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;

/// What is asked for.
pub enum Request {
    /// How the program is used.
    Help,
    /// What the program is.
    Info,
    /// To run the model.
    Run(Options),
}

/// How the model is run.
pub struct Options {
    /// Data files, `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// Only the samples that this index array or group of arrays holds.
    pub fold: Option<String>,
    /// Where results go; with several inputs, a folder.
    pub output: Option<PathBuf>,
    /// Weights other than the ones inside.
    pub weights: Option<PathBuf>,
    /// Threads.
    pub threads: usize,
    /// Results as JSON on standard output.
    pub json: bool,
}

/// Reads the arguments.
pub fn parse(arguments: Vec<OsString>) -> Result<Request, String> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut options = Options {
        inputs: Vec::new(),
        fold: None,
        output: None,
        weights: None,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        json: false,
    };
    while let Some(argument) = parser.next().map_err(|e| e.to_string())? {
        let value = |parser: &mut lexopt::Parser| parser.value().map_err(|e| e.to_string());
        match argument {
            Short('h') | Long("help") => return Ok(Request::Help),
            Short('V') | Long("version" | "info") => return Ok(Request::Info),
            Short('o') | Long("output") => options.output = Some(value(&mut parser)?.into()),
            Short('w') | Long("weights") => options.weights = Some(value(&mut parser)?.into()),
            Long("fold") => {
                let text = value(&mut parser)?;
                let name = text.into_string();
                options.fold = Some(name.map_err(|t| format!("`--fold {}` is no name", t.display()))?);
            }
            Long("json") => options.json = true,
            Short('t') | Long("threads") => {
                let text = value(&mut parser)?;
                let number = text
                    .to_str()
                    .and_then(|t| t.parse().ok())
                    .filter(|&n: &usize| n > 0 && n <= 1024);
                options.threads =
                    number.ok_or_else(|| format!("`--threads {}` is not a number from 1 to 1024", text.display()))?;
            }
            Value(path) => options.inputs.push(path.into()),
            other => return Err(other.unexpected().to_string()),
        }
    }
    if options.inputs.is_empty() {
        return Err("no data file is given; `-` reads standard input".into());
    }
    Ok(Request::Run(options))
}
