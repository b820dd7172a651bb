//! Reading text formats: lines with their numbers, numbers with errors that name the line.

use crate::error::{Error, Result};

/// The lines of a text file; knows the number of the last one taken, from 1.
pub(crate) struct Lines<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`.
    ///
    /// # Errors
    /// If they are not UTF-8.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Lines<'a>> {
        let text = str::from_utf8(bytes)
            .map_err(|e| Error::format(format!("it is not text: byte {} is not UTF-8", e.valid_up_to())))?;
        Ok(Lines {
            lines: text.lines(),
            number: 0,
        })
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        self.lines.next()
    }

    /// The next line that is neither blank nor a comment (`#`), its comment cut off.
    pub(crate) fn next_code(&mut self) -> Option<&'a str> {
        loop {
            let line = self.next()?.split('#').next().unwrap_or("").trim();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    /// The next line of code; `what` is expected there.
    ///
    /// # Errors
    /// If the file ends first.
    pub(crate) fn expect_code(&mut self, what: &str) -> Result<&'a str> {
        self.next_code().ok_or_else(|| self.ended(what))
    }

    /// The file ended where `what` was expected.
    pub(crate) fn ended(&self, what: &str) -> Error {
        Error::format(format!("the file ends where {what} should follow"))
            .help("it is truncated: copy or save it again")
    }

    /// An error at the last line taken.
    pub(crate) fn error(&self, what: impl std::fmt::Display) -> Error {
        Error::format(format!("line {}: {what}", self.number))
    }

    /// `word` as a number.
    ///
    /// # Errors
    /// If it is missing or not one.
    pub(crate) fn number<T: std::str::FromStr>(&self, word: Option<&str>, what: &str) -> Result<T> {
        let word = word.ok_or_else(|| self.error(format!("{what} is missing")))?;
        word.parse()
            .map_err(|_| self.error(format!("{what} should be a number, but is `{}`", clip(word))))
    }

    /// `N` numbers from `words`.
    ///
    /// # Errors
    /// If one is missing or not a number.
    pub(crate) fn numbers<const N: usize>(
        &self,
        words: &mut dyn Iterator<Item = &'a str>,
        what: &str,
    ) -> Result<[f64; N]> {
        let mut out = [0.0; N];
        for x in &mut out {
            *x = self.number(words.next(), what)?;
        }
        Ok(out)
    }
}

/// The start of a word, short enough for a message.
pub(crate) fn clip(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &word[..at]),
        None => word.into(),
    }
}
