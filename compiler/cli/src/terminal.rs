//! The two streams of a command, and how it ends.

use crate::interrupt;
use crate::report::{self, Report, Style};
use gdl_core::diag::Diagnostic;
use gdl_core::modules::Program;
use serde_json::Value;
use std::io::Write;

/// Why a command ends without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What is wrong has been reported.
    Reported,
    /// Ctrl-C ended it; how to go on has been said.
    Interrupted,
    /// What is wrong, and what to do about it.
    Error {
        /// One line.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The command line asks for something that does not exist.
    Usage {
        /// One line.
        message: String,
        /// What to write instead.
        help: Option<String>,
    },
}

impl Failure {
    /// An error without help.
    pub fn error(message: impl Into<String>) -> Failure {
        Failure::Error {
            message: message.into(),
            help: None,
        }
    }

    /// Wrong usage without help.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::Usage {
            message: message.into(),
            help: None,
        }
    }

    /// The same with a line of help.
    pub fn help(self, text: impl Into<String>) -> Failure {
        let text = Some(text.into());
        match self {
            Failure::Reported | Failure::Interrupted => self,
            Failure::Error { message, .. } => Failure::Error { message, help: text },
            Failure::Usage { message, .. } => Failure::Usage { message, help: text },
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Failure {
        match e.kind() {
            // Whoever read the output has seen enough.
            std::io::ErrorKind::BrokenPipe => Failure::Reported,
            _ => Failure::error(format!("cannot write the output: {e}")),
        }
    }
}

impl From<gdl_host::Error> for Failure {
    fn from(mut e: gdl_host::Error) -> Failure {
        let help = e.help.take();
        Failure::Error {
            message: e.to_string(),
            help,
        }
    }
}

/// Where a command writes: results on one stream, what is said about them on the other.
pub struct Terminal<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    style: Style,
    /// Reports go to the first stream as JSON.
    json: bool,
}

impl<'a> Terminal<'a> {
    /// A terminal on two streams.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, style: Style) -> Terminal<'a> {
        Terminal {
            out,
            err,
            style,
            json: false,
        }
    }

    /// From now on reports are JSON.
    pub fn set_json(&mut self, json: bool) {
        self.json = json;
    }

    /// Whether reports are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// How text is shown.
    pub fn style(&self) -> Style {
        self.style
    }

    /// A line of the result.
    ///
    /// # Errors
    /// If the stream is closed or full.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", text.as_ref())?)
    }

    /// One JSON object on a line of its own.
    ///
    /// # Errors
    /// If the stream is closed or full.
    pub fn object(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(value.to_string())
    }

    /// A line about the work, not part of the result; nothing in JSON.
    ///
    /// # Errors
    /// If the stream is closed or full.
    pub fn say(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        Ok(writeln!(self.err, "{}", text.as_ref())?)
    }

    /// Diagnostics, with a blank line after each. Says whether one of them rejects the program.
    ///
    /// # Errors
    /// If the stream is closed or full.
    pub fn report(&mut self, program: &Program, diagnostics: &[Diagnostic]) -> Result<bool, Failure> {
        for d in diagnostics {
            let report = Report::new(program, d);
            if self.json {
                self.object(&report.json())?;
            } else {
                writeln!(self.err, "{}", report.text(self.style))?;
            }
        }
        Ok(diagnostics.iter().any(Diagnostic::is_error))
    }

    /// Tells why something failed that does not end the command.
    ///
    /// # Errors
    /// If the stream is closed or full.
    pub fn failure(&mut self, failure: &Failure) -> Result<(), Failure> {
        let (Failure::Error { message, help } | Failure::Usage { message, help }) = failure else {
            return Ok(());
        };
        if self.json {
            writeln!(self.out, "{}", report::failure_json(message, help.as_deref()))?;
        } else {
            write!(self.err, "{}", report::failure(self.style, message, help.as_deref()))?;
        }
        Ok(())
    }

    /// Everything written so far becomes visible.
    ///
    /// # Errors
    /// If a stream is closed or full.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(self.err.flush()?)
    }

    /// Tells why a command failed, and gives its exit code.
    pub(crate) fn finish(&mut self, result: Result<(), Failure>) -> u8 {
        let code = match &result {
            Ok(()) => 0,
            Err(Failure::Reported | Failure::Error { .. }) => 1,
            Err(Failure::Usage { .. }) => 2,
            Err(Failure::Interrupted) => interrupt::EXIT,
        };
        if let Err(failure) = result {
            // A closed stream leaves nobody to tell.
            let _ = self.failure(&failure);
        }
        let _ = self.out.flush();
        code
    }
}
