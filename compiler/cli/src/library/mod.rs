//! Libraries: a compiled model with a C interface, its header, and a Python package around it.
//!
//! Before: the parts of an image whose data are [`Arguments`]. After: files in a folder. Everything that is written is made in a folder of its own
//! first, so that nothing is half done.

mod described;
mod header;
mod link;
pub mod names;
mod python;

pub use described::Described;

use crate::Failure;
use clap::ValueEnum;
use gdl_abi::Signature;
use gdl_codegen::object;
use gdl_core::typed::Model;
use gdl_core::types::{DomainKind, Elem, Set};
use gdl_host::data::{Argument, ArgumentKind, Arguments, DomainArguments, Near, shape_of};
use gdl_host::files::write;
use gdl_host::library::Recipe;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is made of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `libNAME.so`, with header, pkg-config file and manifest.
    Lib,
    /// `libNAME.a`, with the same.
    Static,
    /// `NAME.o`: all of it in one object file, with the same.
    Obj,
    /// `NAME.h` alone.
    Header,
    /// A Python package that installs with pip and needs neither a compiler nor gdl.
    Python,
}

/// A compiled model on its way to a library.
pub struct Library<'a> {
    /// What its callers are told.
    pub of: Described<'a>,
    /// Whether gradients are in it.
    pub gradient: bool,
    /// The training step that is in it.
    pub training: Option<&'a Training>,
    /// The head of the image, whose manifest is [`Library::interface`].
    pub head: Vec<u8>,
    /// Its code.
    pub code: &'a [u8],
    /// Its weights.
    pub weights: &'a [u8],
}

/// A training step as its callers see it.
pub struct Training {
    /// What it takes from a batch.
    pub signature: Signature,
    /// How the library makes a step.
    pub recipe: Recipe,
}

impl Training {
    /// The arrays of a batch.
    fn listed(&self) -> Vec<Argument> {
        self.recipe.arguments.list(&self.signature)
    }
}

/// The arguments of a model, as its domains and labels say.
///
/// # Errors
/// A model whose domains no caller could describe.
pub fn arguments(model: &Model) -> Result<Arguments, Failure> {
    let domain = |d: &gdl_core::types::Domain| {
        let name = d.name.clone();
        Ok(Some(match &d.kind {
            DomainKind::Grid { rank, .. } => DomainArguments::Grid {
                name,
                rank: rank.value().and_then(|r| usize::try_from(r).ok()).unwrap_or(2),
            },
            DomainKind::Set { .. } | DomainKind::Seq { .. } => DomainArguments::Set { name },
            DomainKind::Graph => DomainArguments::Graph { name },
            DomainKind::Cloud { cutoff, knn, .. } => {
                let cutoff = cutoff.as_ref().map(|c| c.parse::<f64>());
                let k = knn
                    .as_ref()
                    .and_then(|k| k.value())
                    .and_then(|k| usize::try_from(k).ok());
                let near = match (cutoff, k) {
                    (Some(Ok(cutoff)), _) => Near::Cutoff(cutoff),
                    (Some(Err(_)), _) => {
                        return Err(Failure::error(format!("the cutoff of `{name}` is not a number")));
                    }
                    (None, Some(k)) => Near::Nearest(k),
                    (None, None) => Near::Given,
                };
                DomainArguments::Cloud { name, near }
            }
            DomainKind::Mesh => DomainArguments::Mesh { name },
            DomainKind::Coarse { .. } | DomainKind::Chosen(_) | DomainKind::Any => return Ok(None),
        }))
    };
    let domains = model.domains.iter().map(domain).collect::<Result<Vec<_>, Failure>>()?;
    let words = model.inputs.iter().filter_map(|i| match &i.ty.elem {
        Elem::Index(Set::Enum(words)) => Some((i.name.clone(), words.clone())),
        _ => None,
    });
    Ok(Arguments {
        labels: words.collect(),
        domains: domains.into_iter().flatten().collect(),
    })
}

/// A file that was made, and how large it is.
pub type Made = (PathBuf, usize);

/// Writes files into a folder, which is made if need be.
///
/// # Errors
/// A folder or file that cannot be written.
pub fn write_files(folder: &Path, files: Vec<(PathBuf, Vec<u8>)>) -> Result<Vec<Made>, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::error(format!("the folder `{}` cannot be made: {e}", folder.display())))?;
    let mut made = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        write::atomically(&path, &bytes)?;
        made.push((path, bytes.len()));
    }
    Ok(made)
}

impl Library<'_> {
    /// Writes what is asked for into a folder.
    ///
    /// # Errors
    /// A folder that cannot be written, or a linker that is missing or fails.
    pub fn write(&self, kinds: &[Kind], folder: &Path) -> Result<Vec<Made>, Failure> {
        let name = self.name();
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        if kinds.iter().any(|k| *k != Kind::Header) {
            let object = object::object(&name, self.training.is_some(), &self.head, self.code, self.weights)
                .map_err(|e| Failure::error(e.to_string()))?;
            let linker = link::Linker::new(&name, self.training.is_some(), &object)?;
            for kind in kinds {
                match kind {
                    Kind::Lib => files.push((format!("lib{name}.so").into(), linker.shared()?)),
                    Kind::Static => files.push((format!("lib{name}.a").into(), linker.archive()?)),
                    Kind::Obj => files.push((format!("{name}.o").into(), linker.object()?)),
                    Kind::Python => files.extend(self.package(linker.shared()?)),
                    Kind::Header => {}
                }
            }
        }
        if kinds.iter().any(|k| *k != Kind::Python) {
            files.push((format!("{name}.h").into(), self.header().into_bytes()));
        }
        if kinds.iter().any(|k| matches!(k, Kind::Lib | Kind::Static | Kind::Obj)) {
            files.push((format!("{name}.pc").into(), self.pkg_config().into_bytes()));
            files.push((
                format!("{name}.json").into(),
                format!("{:#}\n", self.interface()).into_bytes(),
            ));
        }
        write_files(folder, files)
    }

    /// What all functions, types and files begin with.
    fn name(&self) -> String {
        names::prefix(self.of.model)
    }

    /// The manifest, with the arrays of a call.
    pub fn interface(&self) -> Value {
        let argument = |a: &Argument| {
            let (dtype, labels) = match &a.kind {
                ArgumentKind::Real => (self.real(), Value::Null),
                ArgumentKind::Whole => ("i64", Value::Null),
                ArgumentKind::Label(n, words) if words.is_empty() => ("i64", json!(n)),
                ArgumentKind::Label(_, words) => ("i64", json!(words)),
            };
            json!({ "name": a.name, "field": names::field(&a.name), "shape": a.shape, "dtype": dtype, "labels": labels, "optional": a.optional })
        };
        let output = |d: &gdl_abi::ArrayDecl| json!({ "name": d.name, "field": names::field(&d.name), "shape": shape_of(self.of.signature, d), "dtype": self.real() });
        let parameter = |d: &gdl_abi::ArrayDecl| json!({ "name": d.name, "shape": d.axes });
        let mut all = self.of.manifest.clone();
        all["library"] = json!({
            "prefix": self.name(),
            "arguments": self.of.listed().iter().map(argument).collect::<Vec<_>>(),
            "outputs": self.of.signature.outputs.iter().map(output).collect::<Vec<_>>(),
            "parameters": self.of.signature.params.iter().map(parameter).collect::<Vec<_>>(),
            "gradient": self.gradient,
            "training": self.training.map(|t| json!({
                "arguments": t.listed().iter().map(argument).collect::<Vec<_>>(),
                "scores": t.recipe.plan.names(),
            })),
            "weights": !self.weights.is_empty() || self.of.signature.params.is_empty(),
        });
        all
    }

    fn real(&self) -> &'static str {
        if self.of.double { "f64" } else { "f32" }
    }

    fn pkg_config(&self) -> String {
        let name = self.name();
        format!(
            "prefix=${{pcfiledir}}
Name: {name}
Description: {model}, a model compiled by gdl
Version: {version}
Cflags: -I${{prefix}}
Libs: -L${{prefix}} -l{name}
Libs.private: {libraries}
",
            model = self.of.model,
            version = env!("CARGO_PKG_VERSION"),
            libraries = link::LIBRARIES.join(" "),
        )
    }
}
