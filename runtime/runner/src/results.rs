//! Where results go.

use crate::Stop;
use crate::options::Options;
use gdl_host::files::{self, HostArray, Table};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the results for one input: to a file, as JSON, or the first numbers to the terminal.
pub fn write(
    options: &Options,
    (input, table): (&Path, &Table),
    several: bool,
    results: &[(String, HostArray)],
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let all = || -> Map<String, Value> { results.iter().map(|(n, a)| (n.clone(), a.json())).collect() };
    if let Some(path) = &options.output {
        let path = if several { inside(path, input)? } else { path.clone() };
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !files::RESULTS.contains(&ending) {
            let path = path.display();
            return Err(Stop(
                2,
                format!("`{path}` ends in neither `.npz` nor `.json` nor `.xyz`"),
            ));
        }
        files::save_results(&path, table, results)?;
    }
    if options.json {
        let mut object = all();
        if several {
            object.insert("input".into(), json!(input.display().to_string()));
        }
        writeln!(out, "{}", Value::Object(object))?;
    } else if options.output.is_none() {
        if several {
            writeln!(out, "{}", input.display())?;
        }
        for (name, array) in results {
            let shown: Vec<String> = array
                .reals()
                .into_iter()
                .flatten()
                .take(10)
                .map(|x| format!("{x:.6}"))
                .collect();
            let more = if array.len() > 10 { ", …" } else { "" };
            writeln!(out, "{name} {:?}: {}{more}", array.shape(), shown.join(", "))?;
        }
    }
    Ok(())
}

/// The file in a folder for the results of an input: of the same name, ending in `.npz`.
fn inside(folder: &Path, input: &Path) -> Result<PathBuf, Stop> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Stop(1, format!("the folder `{}` cannot be made: {e}", folder.display())))?;
    let stem = input
        .file_stem()
        .map_or_else(|| "results".into(), |s| s.to_string_lossy().into_owned());
    Ok(folder.join(format!("{stem}.npz")))
}
