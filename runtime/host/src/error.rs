//! The one error type of this crate: what went wrong, where, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// The kind of an [`Error`], for callers that act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The operating system refused: a missing file, a full disk.
    Io,
    /// A file is not what its name says: truncated, malformed, of an unknown type.
    Format,
    /// A well-formed file whose arrays do not fit the program: shape, type, range, NaN.
    Data,
    /// A setting that cannot work.
    Config,
    /// The program did not run.
    Run,
    /// A loss or gradient is NaN or infinite.
    NotFinite,
}

/// What went wrong. Shown as `file: array `x`: what (help)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Its kind.
    pub kind: Kind,
    /// The file it is about.
    pub file: Option<PathBuf>,
    /// The array it is about.
    pub array: Option<String>,
    /// What went wrong.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Error {
    /// An error that says only what went wrong; see the builders below for the rest.
    pub fn new(kind: Kind, what: impl Into<String>) -> Error {
        Error {
            kind,
            file: None,
            array: None,
            what: what.into(),
            help: None,
        }
    }

    /// A malformed file.
    pub(crate) fn format(what: impl Into<String>) -> Error {
        Error::new(Kind::Format, what)
    }

    /// Arrays that do not fit the program.
    pub(crate) fn data(what: impl Into<String>) -> Error {
        Error::new(Kind::Data, what)
    }

    /// A setting that cannot work.
    pub(crate) fn config(what: impl Into<String>) -> Error {
        Error::new(Kind::Config, what)
    }

    /// What the operating system said about `path`.
    pub(crate) fn io(path: &Path, doing: &str, e: &std::io::Error) -> Error {
        Error::new(Kind::Io, format!("cannot {doing} it: {}", why(e))).in_file(path)
    }

    /// Says which file it is about, unless that is known already.
    #[must_use]
    pub fn in_file(mut self, path: impl AsRef<Path>) -> Error {
        self.file.get_or_insert_with(|| path.as_ref().to_path_buf());
        self
    }

    /// Says which array it is about, unless that is known already.
    #[must_use]
    pub fn in_array(mut self, name: impl Into<String>) -> Error {
        self.array.get_or_insert_with(|| name.into());
        self
    }

    /// Says what to do about it, unless that is said already.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.help.get_or_insert_with(|| help.into());
        self
    }
}

/// What the operating system says, without its number.
pub fn why(e: &std::io::Error) -> String {
    use std::io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull,
    };
    match e.kind() {
        NotFound => "there is no such file or folder".into(),
        IsADirectory => "it is a folder".into(),
        NotADirectory => "a part of its path is no folder".into(),
        AlreadyExists => "there is a file of this name".into(),
        PermissionDenied => "permission denied".into(),
        ReadOnlyFilesystem => "the disk cannot be written".into(),
        StorageFull => "the disk is full".into(),
        _ => e.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arrays of a call come from no file.
        if let Some(file) = self.file.as_ref().filter(|f| !f.as_os_str().is_empty()) {
            write!(f, "{}: ", file.display())?;
        }
        if let Some(array) = &self.array {
            write!(f, "array `{array}`: ")?;
        }
        f.write_str(&self.what)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
