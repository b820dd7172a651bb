//! The TypeScript declarations of a package: all of its documentation.

use super::{Package, describe};
use crate::library::names;
use gdl_host::data::{ArgumentKind, shape_of};
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
        out.push_str(
            "import type { Integers, LoadOptions, Model as Loaded, Reals } from \"./runtime/index.js\";\n\nexport * from \"./runtime/index.js\";\n\n",
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
        out.push_str("}\n\n/** The model, ready to be called. */\nexport type Model = Loaded<Inputs, Outputs>;\n\n");
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
        format!(
            "Use:\n```js\nimport {{ load }} from \"./index.js\";\nconst model = await load();\nconst {{ {} }} = await model.forward({{ {} }});\n```",
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
