//! Programs from files.

use crate::Failure;
use gdl_core::check;
use gdl_core::diag::Diagnostic;
use gdl_core::modules::{self, Program};
use gdl_core::typed::Model;
use gdl_host::error::why;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// A program with what was found while reading it.
pub struct Source {
    /// Its modules.
    pub program: Program,
    /// Errors of the texts.
    pub diagnostics: Vec<Diagnostic>,
}

impl Source {
    /// Reads a file and everything it uses; `settings` replace the values of its `setting` items.
    ///
    /// # Errors
    /// If the file itself cannot be read. What is wrong in it stands in the diagnostics.
    pub fn read(path: &Path, settings: &[(String, String)]) -> Result<Source, Failure> {
        let text = text(path)?;
        Ok(Source::parse(&clean(path), &text, settings))
    }

    /// As [`Source::read`], with the text of the file given.
    pub fn parse(path: &str, text: &str, settings: &[(String, String)]) -> Source {
        let (program, diagnostics) = modules::load(path, text, settings, &load);
        Source { program, diagnostics }
    }

    /// Checks the program: its models, and all diagnostics in the order of the text.
    pub fn check(&self) -> (Vec<Model>, Vec<Diagnostic>) {
        let (models, found) = check::check(&self.program);
        let mut all = self.diagnostics.clone();
        all.extend(found.into_iter().filter(|d| !self.follows(d)));
        all.sort_by_key(|d| {
            d.labels
                .first()
                .map(|l| (l.span.file != self.program.root_file(), l.span.file, l.span.start))
        });
        (models, all)
    }

    /// Whether a diagnostic lies in an item of which a part did not parse, and is likely to be its consequence.
    fn follows(&self, d: &Diagnostic) -> bool {
        let Some(at) = d.labels.first().map(|l| l.span) else {
            return false;
        };
        let Some(module) = self.program.modules.get(at.file as usize) else {
            return false;
        };
        let Some(item) = module
            .ast
            .items
            .iter()
            .find(|i| i.span.start <= at.start && at.end <= i.span.end)
        else {
            return false;
        };
        let inside = |l: &gdl_core::diag::Label| {
            l.span.file == at.file && item.span.start <= l.span.start && l.span.end <= item.span.end
        };
        self.diagnostics.iter().any(|e| e.labels.first().is_some_and(inside))
    }

    /// The name of the file, as given.
    pub fn path(&self) -> &str {
        &self.program.modules[self.program.root()].path
    }
}

/// Reads a text file.
///
/// # Errors
/// If it is missing, too large, or not UTF-8.
pub fn text(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|e| {
        let failure = Failure::error(format!("cannot read `{}`: {}", path.display(), why(&e)));
        match neighbour(path) {
            Some(near) => failure.help(format!("Did you mean `{near}`?")),
            None => failure,
        }
    })?;
    utf8(bytes).map_err(|why| {
        Failure::error(format!("cannot read `{}`: {why}", path.display())).help("Programs are UTF-8 text.")
    })
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    if u32::try_from(bytes.len()).is_err() {
        return Err("it is larger than 4 GiB".into());
    }
    String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
        format!("it is not text: line {line} is not UTF-8")
    })
}

/// Reads the file that another uses by a path relative to itself: its path and text.
///
/// # Errors
/// Why it cannot be read.
pub fn load(from: &str, file: &str) -> Result<(String, String), String> {
    let path = Path::new(from).parent().unwrap_or(Path::new("")).join(file);
    let bytes = fs::read(&path).map_err(|e| why(&e))?;
    Ok((clean(&path), utf8(bytes)?))
}

/// The path without `.` and without `..` where these follow a name, so that one file has one path.
fn clean(path: &Path) -> String {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.to_string_lossy().into_owned()
}

/// A program in the same folder with nearly this name.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).ok()?.flatten().take(1000);
    let names: Vec<String> = entries
        .filter_map(|e| e.file_name().into_string().ok()?.strip_suffix(".gdl").map(String::from))
        .collect();
    let near = check::nearest(path.file_stem()?.to_str()?, &names)?;
    let near = path.with_file_name(format!("{near}.gdl"));
    (near != path).then(|| clean(&near))
}
