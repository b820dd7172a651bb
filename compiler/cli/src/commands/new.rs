//! `gdl new`.

use crate::{Failure, Terminal};
use clap::Args;
use gdl_host::error::why;
use gdl_host::files::{self, HostArray};
use gdl_host::rng::Rng;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

const MODEL: &str = include_str!("../../templates/model.gdl");
const README: &str = include_str!("../../templates/README.md");

/// Start a project.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gdl new counting
  gdl train counting/model.gdl")]
pub struct New {
    /// The folder to make.
    #[arg(value_name = "NAME")]
    name: PathBuf,
    /// One JSON object: the files, and the model to train.
    #[arg(long)]
    json: bool,
}

/// What a project consists of.
const FILES: [&str; 3] = ["model.gdl", "points.npz", "README.md"];

impl New {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let name = self
            .name
            .file_name()
            .and_then(|n| n.to_str())
            .filter(|n| !n.starts_with('.'));
        let Some(name) = name else {
            return Err(
                Failure::usage(format!("`{}` is no name for a project", self.name.display()))
                    .help("Take letters, digits, `-` and `_`."),
            );
        };
        // Written beside its place and moved there, so that there is all of it or nothing.
        let scratch = self.name.with_file_name(format!(".{name}.{}", std::process::id()));
        let made = self.make(name, &scratch);
        if made.is_err() {
            // What is left of it is of no use; if it cannot be removed either, the first error says why.
            let _ = fs::remove_dir_all(&scratch);
        }
        made?;
        let files = FILES.map(|f| self.name.join(f).display().to_string());
        let model = &files[0];
        if self.json {
            return terminal.object(&json!({ "files": files, "model": model }));
        }
        terminal.line(format!("{}: {}", self.name.display(), FILES.join(", ")))?;
        terminal.say(format!("next: gdl train {model}"))
    }

    fn make(&self, name: &str, scratch: &Path) -> Result<(), Failure> {
        let refused = |doing: &str, e: std::io::Error| {
            Failure::error(format!("cannot {doing} `{}`: {}", self.name.display(), why(&e)))
        };
        if fs::symlink_metadata(&self.name).is_ok() {
            return Err(Failure::error(format!("`{}` exists already", self.name.display())).help("Take another name."));
        }
        fs::create_dir(scratch).map_err(|e| refused("make", e))?;
        let [model, points_file, readme] = FILES.map(|f| scratch.join(f));
        fs::write(model, MODEL).map_err(|e| refused("write", e))?;
        points(&points_file)?;
        fs::write(readme, README.replace("NAME", name)).map_err(|e| refused("write", e))?;
        fs::rename(scratch, &self.name).map_err(|e| refused("make", e))
    }
}

/// Something to learn: sets of nine points, whose label is how many of them begin with a 1.
fn points(path: &Path) -> Result<(), Failure> {
    const SAMPLES: usize = 600;
    const ELEMENTS: usize = 9;
    let mut rng = Rng::new(1);
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..SAMPLES {
        let count = rng.below(ELEMENTS as u64 + 1) as usize;
        labels.push(count as i64);
        for k in 0..ELEMENTS {
            x.push(f32::from(u8::from(k < count)));
            x.extend([rng.normal() as f32, rng.normal() as f32].map(|noise| 0.1 * noise));
        }
    }
    let x = HostArray::new(&[SAMPLES, ELEMENTS, 3], x)?;
    Ok(files::save_npz(path, [("x", &x), ("label", &labels.into())])?)
}
