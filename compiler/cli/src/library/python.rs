//! A Python package around a library: `ctypes`, numpy in and out, torch and ASE where they are installed.

use super::{Library, names};
use gdl_host::data::{Argument, ArgumentKind, DomainArguments, shape_of};
use std::path::PathBuf;

const MODULE: &str = include_str!("python/module.py");
const TORCH: &str = include_str!("python/torch.py");
const ASE: &str = include_str!("python/ase.py");
const BACKEND: &str = include_str!("python/backend.py");

/// The tag of wheels for this machine.
const PLATFORM: &str = if cfg!(target_arch = "aarch64") {
    "linux_aarch64"
} else {
    "linux_x86_64"
};

/// What the calculator of ASE has to know.
struct Potential {
    species: String,
    domain: String,
}

impl Library<'_> {
    /// The files of the package, with paths from its root.
    pub(super) fn package(&self, library: Vec<u8>) -> Vec<(PathBuf, Vec<u8>)> {
        let name = self.name();
        let class = names::field(self.of.model);
        let doc = self.of.manifest.get("doc").and_then(|d| d.as_str()).unwrap_or_default();
        let doc = if doc.is_empty() {
            format!("{}, a model compiled by gdl.", self.of.model)
        } else {
            doc.to_string()
        };
        let doc = doc.replace('\\', "\\\\").replace('"', "'");
        let version = env!("CARGO_PKG_VERSION");
        let common = |text: &str| {
            text.replace("@NAME@", &name)
                .replace("@CLASS@", &class)
                .replace("@VERSION@", version)
                .replace("@PLATFORM@", PLATFORM)
        };
        let (required, optional): (Vec<Argument>, Vec<Argument>) =
            self.of.listed().into_iter().partition(|a| !a.optional);
        let ordered: Vec<&Argument> = required.iter().chain(&optional).collect();
        let keyword = |a: &&Argument| {
            let field = names::field(&a.name);
            if a.optional {
                format!("        {field}: Any = None,")
            } else {
                format!("        {field}: Any,")
            }
        };
        let described = |a: &&Argument| format!("        {}: {}", names::field(&a.name), self.of.argument(a));
        let output = |d: &gdl_abi::ArrayDecl| {
            let about = format!("[{}]{}", shape_of(self.of.signature, d), self.of.type_of(&d.name));
            format!("    {}: np.ndarray\n    \"\"\"{about}\"\"\"", names::field(&d.name))
        };
        let call: Vec<String> = required
            .iter()
            .map(|a| format!("{0}={0}", names::field(&a.name)))
            .collect();
        let first = self
            .of
            .signature
            .outputs
            .first()
            .map_or("output".into(), |d| names::field(&d.name));
        let module = common(MODULE)
            .replace("@DOC@", &doc)
            .replace("@USE@", &format!(">>> {class}()({}).{first}", call.join(", ")))
            .replace("@OUTPUTS@", &lines(self.of.signature.outputs.iter().map(output)))
            .replace("@ARGUMENTS@", &lines(ordered.iter().map(keyword)))
            .replace("@DESCRIBED@", &lines(ordered.iter().map(described)))
            .replace("@MANIFEST@", &quoted(&self.interface().to_string()));
        let summary = doc.lines().next().unwrap_or_default().to_string();
        let project = format!(
            "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\n[project]\nname = \"{name}\"\nversion = \"{version}\"\n\
             description = {}\nrequires-python = \">=3.9\"\ndependencies = [\"numpy\"]\n",
            serde_json::Value::from(summary.as_str())
        );
        let inside = |file: &str| PathBuf::from(&name).join(file);
        let mut files = vec![
            ("pyproject.toml".into(), project.into_bytes()),
            (
                "backend.py".into(),
                common(BACKEND).replace("@SUMMARY@", &summary).into_bytes(),
            ),
            (inside("__init__.py"), module.into_bytes()),
            (inside("py.typed"), Vec::new()),
            (inside(&format!("lib{name}.so")), library),
        ];
        if self.gradient {
            files.push((inside("torch.py"), common(TORCH).into_bytes()));
        }
        if let Some(p) = self.potential() {
            let field = |part: &str| names::field(&format!("{}.{part}", p.domain));
            let text = common(ASE)
                .replace("@SPECIES@", &names::field(&p.species))
                .replace("@POSITIONS@", &field("pos"))
                .replace("@CELL@", &field("cell"))
                .replace("@PBC@", &field("pbc"));
            files.push((inside("ase.py"), text.into_bytes()));
        }
        files
    }

    /// Whether the model gives energies and forces of atoms from positions and species alone.
    fn potential(&self) -> Option<Potential> {
        let [DomainArguments::Cloud { name, .. }] = self.of.arguments.domains.as_slice() else {
            return None;
        };
        let outputs = &self.of.signature.outputs;
        let has = |name: &str, width: usize| outputs.iter().any(|d| d.name == name && d.row_len() == width);
        let position = format!("{name}.pos");
        let mut others = self
            .of
            .listed()
            .into_iter()
            .filter(|a| !a.optional && a.name != position);
        let species = others.next()?;
        let chemical = match &species.kind {
            ArgumentKind::Label(_, words) => {
                !words.is_empty() && words.iter().all(|w| gdl_host::files::atomic_number(w).is_some())
            }
            _ => false,
        };
        (chemical && others.next().is_none() && has("energy", 1) && has("forces", 3)).then(|| Potential {
            species: species.name,
            domain: name.clone(),
        })
    }
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("\n")
}

/// A text as a literal of Python.
fn quoted(text: &str) -> String {
    // A JSON string is one, apart from characters beyond the basic plane, which serde_json does not escape.
    serde_json::Value::from(text).to_string()
}
