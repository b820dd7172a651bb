//! Diagnostics are values: built by the checker, rendered by whoever shows them.

use gdl_syntax::ast::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The program is rejected.
    Error,
    /// The program is accepted, but probably not what was meant.
    Warning,
}

/// A text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The text.
    pub text: String,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// `GDL0102`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong here, in one line.
    pub title: String,
    /// Places; the first is the main one.
    pub labels: Vec<Label>,
    /// A group element and how far apart the two ways round the square are, computed on the offending primitive.
    pub counterexample: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
    /// The reason in the field's words.
    pub note: Option<String>,
}

impl Diagnostic {
    /// An error with its main label.
    pub fn error(code: &'static str, title: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            title: title.into(),
            labels: vec![Label {
                span,
                text: label.into(),
            }],
            counterexample: None,
            help: None,
            note: None,
        }
    }

    /// A warning with its main label.
    pub fn warning(code: &'static str, title: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(code, title, span, label)
        }
    }

    /// Adds a label.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Sets the help.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Sets the reason.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.note = Some(text.into());
        self
    }

    /// Sets the counterexample.
    pub fn counterexample(mut self, text: Option<String>) -> Diagnostic {
        self.counterexample = text;
        self
    }

    /// Whether it rejects the program.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
