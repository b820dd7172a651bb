//! What a compiled model says about itself.

use super::Session;
use crate::show;
use gdl_core::cert;
use gdl_core::lower::Lowered;
use gdl_core::typed::Model;
use gdl_syntax::ast::ItemKind;
use serde_json::{Value, json};

/// Packages whose code is part of every executable and library, with their licences.
const LICENCES: [&str; 3] = [
    "gdl: MIT OR Apache-2.0",
    "gemm, rayon, ndarray, serde, postcard, png, flate2, safetensors, rawzip, memmap2, lexopt, crc32fast: MIT or Apache-2.0",
    "the standard library of Rust: MIT OR Apache-2.0",
];

impl Session {
    /// The manifest of a model, as JSON: inputs and outputs with their types, the certificate, hashes, licences.
    pub fn manifest(&self, model: &Model, lowered: &Lowered, double: bool, weights: Option<&str>) -> Value {
        let count = |axes: &[u32]| axes.iter().map(|&n| u64::from(n)).product::<u64>();
        let learned: u64 = lowered.params[..lowered.learned].iter().map(|p| count(&p.axes)).sum();
        let input = |i: &gdl_core::typed::Input| json!({ "name": i.name, "type": show::ty(model, &i.ty) });
        let output = |(name, node): &(String, gdl_core::typed::NodeId)| json!({ "name": name, "type": show::ty(model, &model.node(*node).ty) });
        let row = |r: &cert::Row| {
            let flags: Vec<&str> = r.flags.iter().map(|f| f.name).collect();
            json!({ "factor": r.factor, "claim": r.claim.to_string(), "flags": flags, "remark": r.remark })
        };
        json!({
            "model": model.name,
            "doc": self.doc(&model.name),
            "group": model.group.to_string(),
            "inputs": model.inputs.iter().map(input).collect::<Vec<_>>(),
            "outputs": model.outputs.iter().map(output).collect::<Vec<_>>(),
            "dtype": if double { "f64" } else { "f32" },
            "parameters": learned,
            "certificate": cert::certificate(model, false).iter().map(row).collect::<Vec<_>>(),
            "weights_hash": self.hash_of(&lowered.params),
            "weights": weights,
            "settings": self.settings.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>(),
            "compiler": concat!("gdl ", env!("CARGO_PKG_VERSION")),
            "licences": LICENCES,
        })
    }

    /// The documentation of a model.
    fn doc(&self, model: &str) -> String {
        let program = &self.source.program;
        let items = &program.modules[program.root()].ast.items;
        let found = items
            .iter()
            .find(|i| matches!(&i.kind, ItemKind::Model(c) if c.name.name == model));
        found.and_then(|i| i.doc.clone()).unwrap_or_default().trim().to_string()
    }
}
