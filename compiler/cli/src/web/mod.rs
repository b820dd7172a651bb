//! Packages for browsers: an ES module with TypeScript types, shaders, weights, and a small runtime in JavaScript that is the same for all models.
//!
//! `runtime/` mirrors what runs plans elsewhere (`runtime/abi`, `runtime/gpu`, `runtime/host/src/data`); it reads plans as they are, as JSON.

mod describe;
mod runtime;
mod types;

use crate::library::{Described, names};
use gdl_abi::plan::{Home, Plan};
use gdl_abi::shader::Shaders;
use gdl_core::typed::Model;
use gdl_host::data::{Argument, shape_of};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The version of the package's format; `runtime/model.js` knows it too.
const FORMAT: u32 = 1;

/// A program as a plan and its shaders.
pub type Program = (Plan, Shaders);

/// A model on its way to a package.
pub struct Package<'a> {
    /// What its callers are told.
    pub of: Described<'a>,
    /// The model, for its domains.
    pub model: &'a Model,
    /// What a call runs.
    pub forward: &'a Program,
    /// What follows from the weights alone, run once.
    pub prepare: Option<&'a Program>,
    /// The reverse derivative, for packages with gradients.
    pub gradient: Option<&'a Program>,
    /// The weights as a `.safetensors` file; none if they are given when the package is used.
    pub weights: Option<Vec<u8>>,
}

impl Package<'_> {
    /// Its files, with paths from its root.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
            ("package.json".into(), format!("{:#}\n", self.npm()).into_bytes()),
            ("index.js".into(), self.index().into_bytes()),
            ("index.d.ts".into(), self.types().into_bytes()),
            ("model.json".into(), self.description().to_string().into_bytes()),
        ];
        let programs = [
            ("forward", Some(self.forward)),
            ("prepare", self.prepare),
            ("gradient", self.gradient),
        ];
        for (name, (_, shaders)) in programs.into_iter().filter_map(|(name, p)| Some((name, p?))) {
            files.push((format!("{name}.wgsl").into(), shaders.source.clone().into_bytes()));
        }
        if let Some(weights) = &self.weights {
            files.push(("weights.safetensors".into(), weights.clone()));
        }
        for (name, text) in runtime::files() {
            files.push((PathBuf::from("runtime").join(name), text.into_bytes()));
        }
        files
    }

    fn npm(&self) -> Value {
        let summary = self.doc();
        json!({
            "name": names::prefix(self.of.model).trim_matches('_').replace('_', "-"),
            "version": env!("CARGO_PKG_VERSION"),
            "description": summary.lines().next().unwrap_or_default(),
            "type": "module",
            "main": "./index.js",
            "types": "./index.d.ts",
            "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" } },
            "files": ["index.js", "index.d.ts", "model.json", "*.wgsl", "*.safetensors", "runtime"],
            "sideEffects": false,
        })
    }

    /// What the model's author says of it.
    fn doc(&self) -> String {
        match self.of.manifest.get("doc").and_then(Value::as_str) {
            Some(doc) if !doc.is_empty() => doc.into(),
            _ => format!("{}, a model compiled by gdl.", self.of.model),
        }
    }

    fn index(&self) -> String {
        let mut names = vec![("model", "model.json"), ("forward", "forward.wgsl")];
        if self.prepare.is_some() {
            names.push(("prepare", "prepare.wgsl"));
        }
        if self.gradient.is_some() {
            names.push(("gradient", "gradient.wgsl"));
        }
        if self.weights.is_some() {
            names.push(("weights", "weights.safetensors"));
        }
        let files: Vec<String> = names
            .iter()
            .map(|(name, file)| format!("  {name}: new URL(\"./{file}\", import.meta.url),\n"))
            .collect();
        format!(
            "// {}, a model compiled by gdl {}. Made by a program: do not edit. index.d.ts says how it is used.\n
import {{ loadModel }} from \"./runtime/index.js\";

export {{ {} }} from \"./runtime/index.js\";

const files = {{\n{}}};

export const load = (options = {{}}) => loadModel(files, options);
",
            self.of.model,
            env!("CARGO_PKG_VERSION"),
            runtime::PUBLIC,
            files.concat(),
        )
    }

    /// All that the runtime has to know.
    fn description(&self) -> Value {
        let field = |d: &gdl_abi::ArrayDecl| names::field(&d.name);
        let parameter = |d: &gdl_abi::ArrayDecl| json!({ "name": d.name, "length": d.row_len() });
        let mut manifest = self.of.manifest.clone();
        // The package holds no code but what is written here.
        manifest["licences"] = json!(["gdl: MIT OR Apache-2.0"]);
        json!({
            "format": FORMAT,
            "manifest": manifest,
            "domains": describe::domains(self.model, self.of.arguments),
            "arguments": self.arguments(),
            "outputs": self.of.signature.outputs.iter().map(field).collect::<Vec<_>>(),
            "parameters": self.of.signature.params.iter().map(parameter).collect::<Vec<_>>(),
            "forward": program(self.forward),
            "prepare": self.prepare.map(program),
            "gradient": self.gradient.map(|of| self.derivative(of)),
        })
    }

    /// The program of gradients, and the cotangents that it takes.
    fn derivative(&self, of: &Program) -> Value {
        let signature = self.of.signature;
        let cotangent = |d: &gdl_abi::ArrayDecl| {
            json!({
                "name": format!("cot.{}", d.name), "field": names::field(&d.name), "kind": "real", "shape": shape_of(signature, d), "optional": true,
            })
        };
        let mut value = program(of);
        value["cotangents"] = signature.outputs.iter().map(cotangent).collect();
        value
    }

    fn arguments(&self) -> Vec<Value> {
        let grids = describe::grids(self.of.arguments).map(|(name, rank)| {
            json!({ "name": name, "field": names::field(name), "kind": "extents", "rank": rank, "shape": format!("{rank}"), "optional": false })
        });
        let array = |a: Argument| {
            let (kind, labels) = describe::kind(&a.kind);
            json!({ "name": a.name, "field": names::field(&a.name), "kind": kind, "labels": labels, "shape": a.shape, "optional": a.optional })
        };
        grids.chain(self.of.listed().into_iter().map(array)).collect()
    }
}

/// The shaders of a model to be read, for any device, with the plans that say how they are run.
pub fn shader_files(
    model: &str,
    forward: &Program,
    prepare: Option<&Program>,
    gradient: Option<&Program>,
) -> Vec<(PathBuf, Vec<u8>)> {
    let name = names::prefix(model);
    let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
        ("gemm.wgsl".into(), gdl_gpu::GEMM.into()),
        ("choose.wgsl".into(), gdl_gpu::CHOOSE.into()),
        ("join.wgsl".into(), gdl_gpu::JOIN.into()),
    ];
    let programs = [
        (name.clone(), Some(forward)),
        (format!("{name}.prepare"), prepare),
        (format!("{name}.gradient"), gradient),
    ];
    for (name, of) in programs.into_iter().filter_map(|(name, p)| Some((name, p?))) {
        files.push((format!("{name}.wgsl").into(), of.1.module(false).into_bytes()));
        files.push((
            format!("{name}.json").into(),
            format!("{:#}\n", program(of)).into_bytes(),
        ));
    }
    files
}

/// A program as JSON, but for the source of its shaders: its plan as it is, apart from numbers that JSON cannot write, which are words.
pub fn program((plan, shaders): &Program) -> Value {
    let mut plan_json = json!(plan);
    for (k, b) in plan.buffers.iter().enumerate() {
        if let Home::Const(numbers) = &b.home {
            let numbers: Vec<Value> = numbers.iter().map(|&x| single(x)).collect();
            plan_json["buffers"][k]["home"] = json!({ "Const": numbers });
        }
    }
    json!({ "plan": plan_json, "kernels": shaders.kernels, "folds": shaders.folds })
}

/// The shortest number that is the same in single precision; for what is no number the word that JavaScript has for it.
fn single(x: f64) -> Value {
    let x = x as f32;
    match format!("{x:?}").parse::<f64>() {
        Ok(short) if short.is_finite() => json!(short),
        _ if x.is_nan() => json!("NaN"),
        _ if x > 0.0 => json!("Infinity"),
        _ => json!("-Infinity"),
    }
}

#[cfg(test)]
mod tests {
    use super::single;
    use serde_json::json;

    #[test]
    fn numbers_are_short_and_exact() {
        for x in [0.1f32, -1.0 / 3.0, 1e-40, f32::MAX, 16_777_217.0, 0.0] {
            let written = single(f64::from(x));
            assert_eq!(written.as_f64().unwrap() as f32, x);
            assert!(written.to_string().len() <= 16, "{written}");
        }
        assert_eq!(single(0.1f32.into()), json!(0.1));
        let words = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(single);
        assert_eq!(words, [json!("Infinity"), json!("-Infinity"), json!("NaN")]);
    }
}
