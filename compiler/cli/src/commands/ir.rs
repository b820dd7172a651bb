//! `gdl ir`.

use crate::session::programs::Training;
use crate::session::{Session, words};
use crate::{Failure, Terminal, show};
use clap::{Args, ValueEnum};
use gdl_codegen::{Options, compile, plan_and_shaders};
use gdl_core::ir::{Func, opt, text};
use gdl_core::lower;
use serde_json::json;
use std::path::PathBuf;

/// What a model looks like on its way to machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Values with their types.
    Typed,
    /// Tensor IR: representations are gone.
    Tensor,
    /// Tensor IR of a training step, gradients included.
    Grad,
    /// Fused loops over buffers.
    Loop,
    /// Cranelift's IR.
    Clif,
    /// Machine code.
    Asm,
    /// Shaders.
    Wgsl,
}

/// Show a model on its way to machine code.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gdl ir digits.gdl --stage typed
  gdl ir digits.gdl --stage tensor
  gdl ir digits.gdl --stage grad         needs a `train` block
  gdl ir digits.gdl --stage asm --raw    without the optimiser")]
pub struct Ir {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// Which form.
    #[arg(long, value_enum, default_value = "tensor")]
    stage: Stage,
    /// As lowered, before the optimiser.
    #[arg(long)]
    raw: bool,
    /// Reals are doubles.
    #[arg(long)]
    double: bool,
    /// One JSON object: the model, the stage, the text.
    #[arg(long)]
    json: bool,
}

impl Ir {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (name, settings) = words(&self.words);
        let session = Session::open(&self.file, settings, terminal)?;
        if self.stage == Stage::Grad {
            let (train, _) = session.training(name, terminal)?;
            let training = session.ok(Training::new(&train), terminal)?;
            return self.show(
                &train.model.name,
                &text::print(&self.optimise(training.step)?),
                terminal,
            );
        }
        let model = session.model(name, terminal)?;
        if self.stage == Stage::Typed {
            return self.show(&model.name, &show::model(&model), terminal);
        }
        let func = self.optimise(session.ok(lower::lower_model(&model), terminal)?.func)?;
        let refused = |e: gdl_codegen::CodegenError| Failure::error(format!("`{}` cannot be compiled: {e}", func.name));
        let compiled = || {
            let options = Options {
                double: self.double,
                texts: true,
                ..Options::default()
            };
            compile(&func, &options).map_err(refused)
        };
        let shown = match self.stage {
            Stage::Wgsl => {
                let (_, shaders) = plan_and_shaders(&func, &|origin| session.part(&model, origin)).map_err(refused)?;
                shaders.module(false)
            }
            Stage::Loop => compiled()?.loop_text(),
            Stage::Clif => compiled()?.clif_text(),
            Stage::Asm => compiled()?.asm_text(),
            Stage::Typed | Stage::Tensor | Stage::Grad => text::print(&func),
        };
        self.show(&model.name, &shown, terminal)
    }

    fn show(&self, model: &str, text: &str, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        if !self.json {
            return terminal.line(text.trim_end());
        }
        let stage = self.stage.to_possible_value();
        let stage = stage.as_ref().map(|s| s.get_name());
        terminal.object(&json!({ "model": model, "stage": stage, "text": text }))
    }

    fn optimise(&self, func: Func) -> Result<Func, Failure> {
        if self.raw {
            return Ok(func);
        }
        opt::optimised(&func).map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", func.name)))
    }
}
