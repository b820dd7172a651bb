//! Modules: the root file, the files it uses, and the standard library. No I/O: text comes from a loader.

use crate::diag::Diagnostic;
use gdl_syntax::SyntaxError;
use gdl_syntax::ast::{Expr, Item, ItemKind, SourceFile, Span, TestPart, UseFrom};
use std::collections::HashMap;

/// The standard library: file name and text.
pub const LIBRARY: [(&str, &str); 7] = [
    ("std/nn.gdl", include_str!("../../../stdlib/nn.gdl")),
    ("std/grid.gdl", include_str!("../../../stdlib/grid.gdl")),
    ("std/graph.gdl", include_str!("../../../stdlib/graph.gdl")),
    ("std/set.gdl", include_str!("../../../stdlib/set.gdl")),
    ("std/seq.gdl", include_str!("../../../stdlib/seq.gdl")),
    ("std/o3.gdl", include_str!("../../../stdlib/o3.gdl")),
    ("std/mesh.gdl", include_str!("../../../stdlib/mesh.gdl")),
];

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its items.
    pub ast: SourceFile,
    /// Names taken from other modules: name → module.
    imports: HashMap<String, usize>,
    /// Names of its own: name → item.
    own: HashMap<String, usize>,
    /// Whether it belongs to the library.
    library: bool,
}

/// All modules of a program.
#[derive(Clone, Debug)]
pub struct Program {
    /// By number; spans name them as files.
    pub modules: Vec<Module>,
    root: usize,
    settings: Vec<(String, String)>,
}

/// Reads the file `path` used from `from`: its canonical path and text, or why not.
pub type Loader<'a> = dyn Fn(&str, &str) -> Result<(String, String), String> + 'a;

/// Parses a file and everything it uses.
pub fn load(path: &str, text: &str, settings: &[(String, String)], loader: &Loader<'_>) -> (Program, Vec<Diagnostic>) {
    let mut program = Program {
        modules: Vec::new(),
        root: LIBRARY.len(),
        settings: settings.to_vec(),
    };
    let mut diags = Vec::new();
    for (name, text) in LIBRARY {
        program.parse_module(name, text, true, &mut diags);
    }
    let mut stack = Vec::new();
    program.add_file(path, text, loader, &mut stack, &mut diags);
    (program, diags)
}

impl Program {
    /// Adds a text typed at a prompt: a module that sees all that the root saw, and is the root from now on. Gives its items and
    /// statements in order; the items of the module are those among them.
    pub fn extend(&mut self, path: &str, text: &str, loader: &Loader<'_>) -> (Vec<TestPart>, Vec<Diagnostic>) {
        let mut diags = Vec::new();
        let input = gdl_syntax::parse_input(self.modules.len() as u32, text);
        let items = input.parts.iter().filter_map(|p| match p {
            TestPart::Item(i) => Some(i.clone()),
            TestPart::Stmt(_) => None,
        });
        let items = items.collect();
        let id = self.add_module(path, text, false, (items, input.errors), &mut diags);
        self.resolve_uses(id, loader, &mut vec![path.to_string()], &mut diags);
        let before = &self.modules[self.root];
        let own = before.own.keys().map(|name| (name.clone(), self.root));
        let seen: Vec<(String, usize)> = own.chain(before.imports.iter().map(|(n, m)| (n.clone(), *m))).collect();
        for (name, module) in seen {
            self.modules[id].imports.entry(name).or_insert(module);
        }
        self.root = id;
        (input.parts, diags)
    }

    /// The number of the root module.
    pub fn root(&self) -> usize {
        self.root
    }

    /// The file number of the root module.
    pub fn root_file(&self) -> u32 {
        self.root as u32
    }

    /// The item that a name means in a module: its own, imported, or of the library.
    pub fn find(&self, module: usize, name: &str) -> Option<(usize, &Item)> {
        let m = self.modules.get(module)?;
        if let Some(&k) = m.own.get(name) {
            return Some((module, &m.ast.items[k]));
        }
        if let Some(&other) = m.imports.get(name) {
            let o = &self.modules[other];
            return o.own.get(name).map(|&k| (other, &o.ast.items[k]));
        }
        self.modules
            .iter()
            .enumerate()
            .filter(|(_, m)| m.library)
            .find_map(|(n, m)| m.own.get(name).map(|&k| (n, &m.ast.items[k])))
    }

    /// The names visible in a module.
    pub fn names(&self, module: usize) -> Vec<String> {
        let library = self
            .modules
            .iter()
            .filter(|m| m.library)
            .flat_map(|m| m.own.keys().cloned());
        let m = &self.modules[module];
        m.own
            .keys()
            .cloned()
            .chain(m.imports.keys().cloned())
            .chain(library)
            .collect()
    }

    /// The value given for a setting outside.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A setting's text as an expression.
    pub fn setting_expr(&self, text: &str) -> Option<Expr> {
        gdl_syntax::parse_expr(self.root_file(), text).ok()
    }

    fn parse_module(&mut self, path: &str, text: &str, library: bool, diags: &mut Vec<Diagnostic>) -> usize {
        let parsed = gdl_syntax::parse(self.modules.len() as u32, text);
        self.add_module(path, text, library, (parsed.ast.items, parsed.errors), diags)
    }

    fn add_module(
        &mut self,
        path: &str,
        text: &str,
        library: bool,
        (items, errors): (Vec<Item>, Vec<SyntaxError>),
        diags: &mut Vec<Diagnostic>,
    ) -> usize {
        let id = self.modules.len();
        for e in errors {
            let mut d = Diagnostic::error(e.code, e.message, e.span, e.label);
            d.help = e.help;
            diags.push(d);
        }
        let mut own = HashMap::new();
        for (k, item) in items.iter().enumerate() {
            if let Some((name, span)) = item_name(item)
                && own.insert(name.to_string(), k).is_some()
            {
                diags.push(
                    Diagnostic::error("GDL0120", format!("`{name}` is defined twice"), span, "defined again")
                        .help("Take another name."),
                );
            }
        }
        self.modules.push(Module {
            path: path.into(),
            text: text.into(),
            ast: SourceFile { items },
            imports: HashMap::new(),
            own,
            library,
        });
        id
    }

    fn add_file(
        &mut self,
        path: &str,
        text: &str,
        loader: &Loader<'_>,
        stack: &mut Vec<String>,
        diags: &mut Vec<Diagnostic>,
    ) -> usize {
        let id = self.parse_module(path, text, false, diags);
        stack.push(path.to_string());
        self.resolve_uses(id, loader, stack, diags);
        stack.pop();
        id
    }

    /// Takes the names that the `use` items of a module ask for.
    fn resolve_uses(&mut self, id: usize, loader: &Loader<'_>, stack: &mut Vec<String>, diags: &mut Vec<Diagnostic>) {
        let path = self.modules[id].path.clone();
        let uses: Vec<(gdl_syntax::ast::Use, Span)> = self.modules[id]
            .ast
            .items
            .iter()
            .filter_map(|i| match &i.kind {
                ItemKind::Use(u) => Some((u.clone(), i.span)),
                _ => None,
            })
            .collect();
        for (u, span) in uses {
            let (other, single) = match &u.from {
                UseFrom::Path(parts) => (
                    self.library_module(parts, span, diags),
                    parts.last().map(|p| p.name.clone()),
                ),
                UseFrom::File { path: file, span } => (self.use_file(&path, file, *span, loader, stack, diags), None),
            };
            let Some(other) = other else { continue };
            let names: Vec<(String, Span)> = match &u.names {
                Some(list) => list.iter().map(|n| (n.name.clone(), n.span)).collect(),
                None => single
                    .filter(|n| self.modules[other].own.contains_key(n))
                    .map(|n| (n, span))
                    .into_iter()
                    .collect(),
            };
            for (n, at) in names {
                if self.modules[other].own.contains_key(&n) {
                    self.modules[id].imports.insert(n, other);
                } else {
                    let known: Vec<String> = self.modules[other].own.keys().cloned().collect();
                    let mut d = Diagnostic::error(
                        "GDL0121",
                        format!("`{}` has no `{n}`", self.modules[other].path),
                        at,
                        "not found there",
                    );
                    d.help = crate::check_suggest(&n, &known);
                    diags.push(d);
                }
            }
        }
    }

    fn library_module(
        &self,
        parts: &[gdl_syntax::ast::Ident],
        span: Span,
        diags: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        let words: Vec<&str> = parts.iter().map(|p| p.name.as_str()).collect();
        let found = match words.as_slice() {
            ["std", m, ..] => self
                .modules
                .iter()
                .position(|x| x.library && x.path == format!("std/{m}.gdl")),
            _ => None,
        };
        if found.is_none() {
            let known: Vec<String> = LIBRARY
                .iter()
                .map(|(n, _)| n.replace('/', "::").replace(".gdl", ""))
                .collect();
            diags.push(
                Diagnostic::error(
                    "GDL0121",
                    format!("there is no module `{}`", words.join("::")),
                    span,
                    "not found",
                )
                .help(format!("The library has {}.", known.join(", "))),
            );
        }
        found
    }

    fn use_file(
        &mut self,
        from: &str,
        file: &str,
        span: Span,
        loader: &Loader<'_>,
        stack: &mut Vec<String>,
        diags: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        match loader(from, file) {
            Err(why) => {
                diags.push(Diagnostic::error("GDL0121", format!("cannot read `{file}`"), span, why));
                None
            }
            Ok((path, _)) if stack.contains(&path) => {
                let mut cycle: Vec<&str> = stack.iter().map(String::as_str).collect();
                cycle.push(&path);
                diags.push(
                    Diagnostic::error(
                        "GDL0121",
                        "these files use each other in a circle",
                        span,
                        cycle.join(" → "),
                    )
                    .help("Move what both need into a third file."),
                );
                None
            }
            Ok((path, text)) => match self.modules.iter().position(|m| m.path == path) {
                Some(k) => Some(k),
                None => Some(self.add_file(&path, &text, loader, stack, diags)),
            },
        }
    }
}

fn item_name(item: &Item) -> Option<(&str, Span)> {
    let ident = match &item.kind {
        ItemKind::Group { name, .. }
        | ItemKind::Rep { name, .. }
        | ItemKind::Setting { name, .. }
        | ItemKind::Trust { name, .. } => name,
        ItemKind::Const(c) => &c.name,
        ItemKind::Layer(c) | ItemKind::Model(c) => &c.name,
        ItemKind::Data(d) => &d.name,
        ItemKind::Use(_) | ItemKind::Train(_) | ItemKind::Test(_) => return None,
    };
    Some((ident.name.as_str(), ident.span))
}
