//! Status codes.

use gdl_host::Error;
use gdl_host::error::Kind;

/// What a call gives back. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// An argument is null, is no array, or has no such name.
    Argument = 1,
    /// An array does not fit the model: shape, type, NaN, range.
    Data = 2,
    /// A file cannot be read or is not what it should be.
    File = 3,
    /// The call could not be carried out: memory, threads.
    Run = 4,
    /// The library was built without this, or for another processor.
    Unsupported = 5,
    /// The caller was compiled for another version of the interface.
    Abi = 6,
    /// A defect of the library.
    Internal = 7,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub status: Status,
    /// What is wrong, with the name of the argument.
    pub text: String,
}

impl Failure {
    /// A failure with this code.
    pub fn new(status: Status, text: impl Into<String>) -> Failure {
        Failure {
            status,
            text: text.into(),
        }
    }

    /// An argument that cannot be used.
    pub fn argument(text: impl Into<String>) -> Failure {
        Failure::new(Status::Argument, text)
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Failure {
        let status = match e.kind {
            Kind::Io | Kind::Format => Status::File,
            Kind::Data | Kind::NotFinite => Status::Data,
            Kind::Config => Status::Argument,
            Kind::Run => Status::Run,
        };
        Failure::new(status, e.to_string())
    }
}
