//! What callers of a model are told, whatever language they call it from.

use gdl_abi::Signature;
use gdl_host::data::{Argument, ArgumentKind, Arguments, DomainArguments, Near};
use serde_json::Value;

/// A model as its callers see it.
#[derive(Clone, Copy)]
pub struct Described<'a> {
    /// Its name.
    pub model: &'a str,
    /// Its inputs, outputs and parameters.
    pub signature: &'a Signature,
    /// The arrays of a call.
    pub arguments: &'a Arguments,
    /// Whether its reals are doubles.
    pub double: bool,
    /// What is known of it.
    pub manifest: &'a Value,
}

impl Described<'_> {
    /// The arrays of a call.
    pub fn listed(&self) -> Vec<Argument> {
        self.arguments.list(self.signature)
    }

    /// What an argument is: shape, elements, the type in the model, what holds if it is left out.
    pub fn argument(&self, a: &Argument) -> String {
        let kind = match &a.kind {
            ArgumentKind::Real => "reals".to_string(),
            ArgumentKind::Whole => "integers".into(),
            ArgumentKind::Label(n, words) if words.is_empty() => format!("integers in 0..{n}"),
            ArgumentKind::Label(_, words) => {
                let numbers: Option<Vec<String>> = words
                    .iter()
                    .map(|w| gdl_host::files::atomic_number(w).map(|n| format!("{n} = {w}")))
                    .collect();
                let places = || words.iter().enumerate().map(|(k, w)| format!("{k} = {w}")).collect();
                format!("integers, {}", numbers.unwrap_or_else(places).join(", "))
            }
        };
        let rest = if a.optional {
            self.default(&a.name)
        } else {
            self.type_of(&a.name)
        };
        format!("[{}] {kind}{rest}", a.shape)
    }

    /// The type that the model gives an input or output.
    pub fn type_of(&self, name: &str) -> String {
        let of = |list: &str| {
            let entries = self.manifest.get(list)?.as_array()?;
            let entry = entries
                .iter()
                .find(|e| e.get("name").and_then(|n| n.as_str()) == Some(name))?;
            entry.get("type")?.as_str().map(|t| format!(": {t}"))
        };
        of("inputs").or_else(|| of("outputs")).unwrap_or_default()
    }

    /// What holds if an optional argument is left out.
    fn default(&self, name: &str) -> String {
        let (domain, part) = name.split_once('.').unwrap_or((name, ""));
        let near = self.arguments.domains.iter().find_map(|d| match d {
            DomainArguments::Cloud { name, near } if name == domain => Some(*near),
            _ => None,
        });
        match (part, near) {
            ("ptr", _) => "; offsets of the samples. Default: one sample".into(),
            ("faces_ptr", _) => "; offsets of the samples' faces. Default: the same faces in every sample".into(),
            ("edges", Some(Near::Cutoff(r))) => format!("; source, destination. Default: all pairs closer than {r}"),
            ("edges", Some(Near::Nearest(k))) => {
                format!("; source, destination. Default: from the {k} nearest to each")
            }
            ("shift", _) => {
                "; periodic shifts of given edges: pos[source] + shift - pos[destination]. Default: 0".into()
            }
            ("cell", _) => "; lattice vectors as rows. Default: open space".into(),
            ("pbc", _) => "; which lattice vectors are periods. Default: all".into(),
            _ => "; may be left out".into(),
        }
    }

    /// What the model is equivariant under, line by line.
    pub fn certificate(&self) -> String {
        let rows = self.manifest.get("certificate").and_then(|c| c.as_array());
        let line = |r: &serde_json::Value| {
            let part = |key: &str| r.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_string();
            let flags: Vec<&str> = r
                .get("flags")
                .and_then(|f| f.as_array())
                .into_iter()
                .flatten()
                .filter_map(|f| f.as_str())
                .collect();
            let flags = if flags.is_empty() {
                String::new()
            } else {
                format!(" ({})", flags.join(", "))
            };
            format!("  {:<34} {}{flags}  {}", part("factor"), part("claim"), part("remark"))
        };
        let lines: Vec<String> = rows.into_iter().flatten().map(line).collect();
        format!("It is equivariant under\n{}", lines.join("\n"))
    }
}
