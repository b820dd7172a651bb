//! What the program says about itself, from the manifest of its model.

use gdl_runtime::image::Head;
use serde_json::Value;

fn manifest(head: &Head) -> Value {
    serde_json::from_str(&head.manifest).unwrap_or(Value::Null)
}

/// A text of the manifest.
pub fn field(head: &Head, name: &str) -> Option<String> {
    manifest(head).get(name)?.as_str().map(String::from)
}

fn list(manifest: &Value, name: &str) -> String {
    let entries = manifest
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let line = |e: &Value| {
        let part = |key: &str| e.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        format!("  {:<20} {}\n", part("name"), part("type"))
    };
    entries.iter().map(line).collect()
}

/// How the program is used.
pub fn help(head: &Head) -> String {
    let m = manifest(head);
    let doc = m.get("doc").and_then(Value::as_str).unwrap_or_default();
    let doc = if doc.is_empty() {
        String::new()
    } else {
        format!("{doc}\n\n")
    };
    format!(
        "{name}: a model compiled by gdl.
{doc}Usage: {program} [OPTIONS] INPUT...

  INPUT                a data file (.npz, .safetensors, .png, .xyz, .off, .obj, .ply) or a folder of them; `-` reads standard input
      --fold NAME      only the samples that this index array or group of arrays (`NAME.…`) holds
  -o, --output PATH    where the results go: .npz, .json, or .xyz for .xyz inputs; with several inputs a folder
  -w, --weights FILE   other weights (.safetensors)
  -t, --threads N      threads [default: all]
      --json           the results as JSON, a line for every input
      --info           what this model is: certificate, parameters, hashes, licences
  -h, --help           this text

Inputs:
{inputs}
Outputs:
{outputs}",
        name = head.name,
        program = head.name.to_lowercase(),
        inputs = list(&m, "inputs"),
        outputs = list(&m, "outputs"),
    )
}

/// What the program is.
pub fn info(head: &Head) -> String {
    let m = manifest(head);
    format!("{m:#}\n")
}
