//! What can go wrong.

use std::fmt;

/// A request that has no answer, in words for a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text names no such group, label or construction.
    Unknown(String),
    /// The construction exists, but not for these arguments.
    Invalid(String),
    /// Beyond a stated bound.
    TooLarge(String),
    /// An element of the group maps a point of the window outside it.
    Window {
        /// The element, in words.
        element: String,
        /// A point of the window.
        point: Vec<i32>,
        /// Its image outside the window.
        image: Vec<i32>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown(what) | Error::Invalid(what) | Error::TooLarge(what) => f.write_str(what),
            Error::Window { element, point, image } => {
                write!(f, "{element} maps {point:?} to {image:?}, outside the window")
            }
        }
    }
}

impl std::error::Error for Error {}
