//! The runtime of packages: what is the same for every model.
//!
//! Its modules are written, read and tested one by one. A package has them as one, so that a browser fetches one file: imports and exports go, and
//! what a module needs stands before it.

/// The modules, each after those that it imports.
const MODULES: [(&str, &str); 18] = [
    ("errors.js", include_str!("runtime/errors.js")),
    ("files.js", include_str!("runtime/files.js")),
    ("arrays.js", include_str!("runtime/arrays.js")),
    ("vector.js", include_str!("runtime/vector.js")),
    ("mesh.js", include_str!("runtime/mesh.js")),
    ("neighbours.js", include_str!("runtime/neighbours.js")),
    ("domains.js", include_str!("runtime/domains.js")),
    ("instance.js", include_str!("runtime/instance.js")),
    ("arguments.js", include_str!("runtime/arguments.js")),
    ("tables.js", include_str!("runtime/tables.js")),
    ("banks.js", include_str!("runtime/banks.js")),
    ("products.js", include_str!("runtime/products.js")),
    ("layout.js", include_str!("runtime/layout.js")),
    ("commands.js", include_str!("runtime/commands.js")),
    ("device.js", include_str!("runtime/device.js")),
    ("program.js", include_str!("runtime/program.js")),
    ("weights.js", include_str!("runtime/weights.js")),
    ("model.js", include_str!("runtime/model.js")),
];

/// What packages pass on.
pub const PUBLIC: &str =
    "mesh, nearest, neighbours, ArgumentError, DeviceLostError, FileError, GdlError, LimitError, WebGpuError";

/// The files of the runtime.
pub fn files() -> Vec<(&'static str, String)> {
    vec![
        ("index.js", one_module()),
        ("index.d.ts", include_str!("runtime/index.d.ts").into()),
        ("gemm.wgsl", gdl_gpu::GEMM.into()),
        ("choose.wgsl", gdl_gpu::CHOOSE.into()),
        ("join.wgsl", gdl_gpu::JOIN.into()),
    ]
}

fn one_module() -> String {
    let mut text = String::new();
    for (name, source) in MODULES {
        text.push_str(&format!("// --- {name} ---\n\n"));
        for line in source.lines().filter(|line| imported(line).is_none()) {
            text.push_str(line.strip_prefix("export ").unwrap_or(line));
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(&format!("export {{ loadModel, {PUBLIC} }};\n"));
    text
}

/// The module that a line imports from.
fn imported(line: &str) -> Option<&str> {
    let (names, module) = line.split_once(" from \"./")?;
    names.starts_with("import ").then_some(module.strip_suffix("\";")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn modules_fit_into_one() {
        let (mut before, mut names) = (HashSet::new(), HashSet::new());
        for (module, source) in MODULES {
            for line in source.lines() {
                if let Some(other) = imported(line) {
                    assert!(before.contains(other), "{module} stands before {other}");
                    continue;
                }
                let own = line.strip_prefix("export ").unwrap_or(line);
                assert!(
                    !own.starts_with("import ") && !own.starts_with(['*', '{']),
                    "{module} imports or exports in another way: {line}"
                );
                let own = own.strip_prefix("async ").unwrap_or(own);
                let kinds = ["function ", "const ", "let ", "class "];
                if let Some(rest) = kinds.iter().find_map(|kind| own.strip_prefix(kind)) {
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    let name = &rest[..end.unwrap_or(rest.len())];
                    assert!(!name.is_empty(), "{module}: a name is expected in {line}");
                    assert!(names.insert(name), "{module}: there is another `{name}`");
                }
            }
            before.insert(module);
        }
        assert!(PUBLIC.split(", ").chain(["loadModel"]).all(|name| names.contains(name)));
    }
}
