//! The TypeScript declarations of a package: all of its documentation.

use super::{Package, describe};
use crate::library::names;
use gdl_host::data::{Argument, ArgumentKind, shape_of};
use std::fmt::Write;

impl Package<'_> {
    /// The text of `index.d.ts`.
    pub(super) fn types(&self) -> String {
        let mut out = String::from("/**\n");
        let lines = [
            format!(
                "{}, a model compiled by gdl {}. Made by a program: do not edit.",
                self.of.model,
                env!("CARGO_PKG_VERSION")
            ),
            self.doc(),
            self.of.certificate(),
            self.usage(),
        ];
        for (k, text) in lines.iter().enumerate() {
            if k > 0 {
                out.push_str(" *\n");
            }
            comment(&mut out, text);
        }
        out.push_str(" *\n * @module\n */\n\n");
        let loaded = if self.gradient.is_some() {
            "Differentiable"
        } else {
            "Model"
        };
        let _ = writeln!(
            out,
            "import type {{ Integers, LoadOptions, {loaded} as Loaded, Reals }} from \"./runtime/index.js\";\n\nexport * from \"./runtime/index.js\";\n"
        );
        out.push_str("/** The arguments of a call: arrays without shapes, row-major. They are copied when the call is made. */\nexport interface Inputs {\n");
        for (name, rank) in describe::grids(self.of.arguments) {
            let sides = vec!["number"; rank].join(", ");
            member(
                &mut out,
                &format!("The extents of the grid `{name}`, in cells."),
                &names::field(name),
                &format!("readonly [{sides}]"),
            );
        }
        for a in self.of.listed() {
            let kind = match a.kind {
                ArgumentKind::Real => "Reals",
                ArgumentKind::Whole | ArgumentKind::Label(..) => "Integers",
            };
            let field = names::field(&a.name) + if a.optional { "?" } else { "" };
            member(&mut out, &self.of.argument(&a), &field, kind);
        }
        out.push_str(
            "}\n\n/** The results of a call: arrays of their own, row-major. */\nexport interface Outputs {\n",
        );
        for d in &self.of.signature.outputs {
            let about = format!("[{}]{}", shape_of(self.of.signature, d), self.of.type_of(&d.name));
            member(&mut out, &about, &names::field(&d.name), "Float32Array");
        }
        out.push_str("}\n\n");
        let mut of = "Inputs, Outputs";
        if self.gradient.is_some() {
            self.derivatives(&mut out);
            of = "Inputs, Outputs, Cotangents, InputGradients";
        }
        let _ = writeln!(
            out,
            "/** The model, ready to be called. */\nexport type Model = Loaded<{of}>;\n"
        );
        let weights = match self.weights {
            Some(_) => "",
            None => " The package has no weights: give them as `options.weights`.",
        };
        let _ = write!(
            out,
            "/** Fetches the model, opens the graphics device, compiles the shaders, and puts the weights on the device.{weights} */\n\
             export function load(options?: LoadOptions): Promise<Model>;\n"
        );
        out
    }

    /// What calls for gradients take and give.
    fn derivatives(&self, out: &mut String) {
        out.push_str("/** What outputs are weighted with: arrays of the same lengths. Those left out are 0. */\nexport interface Cotangents {\n");
        for d in &self.of.signature.outputs {
            let about = format!("[{}]", shape_of(self.of.signature, d));
            member(out, &about, &format!("{}?", names::field(&d.name)), "Reals");
        }
        out.push_str(
            "}\n\n/** Gradients for inputs: arrays of the same lengths. */\nexport interface InputGradients {\n",
        );
        let inputs = &self.of.signature.inputs;
        let is_real = |a: &Argument| a.kind == ArgumentKind::Real && inputs.iter().any(|d| d.name == a.name);
        for a in self.of.listed().iter().filter(|a| is_real(a)) {
            let field = names::field(&a.name) + if a.optional { "?" } else { "" };
            member(out, &format!("[{}]", a.shape), &field, "Float32Array");
        }
        out.push_str("}\n\n");
    }

    fn usage(&self) -> String {
        let grids = describe::grids(self.of.arguments).map(|(name, _)| names::field(name));
        let needed = self.of.listed().into_iter().filter(|a| !a.optional);
        let call: Vec<String> = grids.chain(needed.map(|a| names::field(&a.name))).collect();
        let outputs: Vec<String> = self
            .of
            .signature
            .outputs
            .iter()
            .map(|d| names::field(&d.name))
            .collect();
        let gradient = match (&self.gradient, outputs.first()) {
            (Some(_), Some(output)) => format!(
                "const {{ inputs, parameters }} = await model.gradient({{ {} }}, {{ {output}: cotangent }});\n",
                call.join(", ")
            ),
            _ => String::new(),
        };
        format!(
            "Use:\n```js\nimport {{ load }} from \"./index.js\";\nconst model = await load();\nconst {{ {} }} = await model.forward({{ {} }});\n{gradient}```",
            outputs.join(", "),
            call.join(", ")
        )
    }
}

fn member(out: &mut String, about: &str, name: &str, kind: &str) {
    let _ = writeln!(out, "  /** {} */\n  {name}: {kind};", about.replace("*/", "* /"));
}

/// Adds the lines of a text to a comment.
fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, " * {}", line.trim_end().replace("*/", "* /"));
    }
}
