//! The checker: AST to [`crate::typed::Model`].
//!
//! Before: modules are loaded and names of items are known. After: every node of the model has a type, its index variables and
//! its fibre, and every rule of `spec/typing.md` holds of it; or there is at least one error. Layers are checked once at their
//! definition with their representations unknown, and walked again, with everything known, at every call: the same code, so there is
//! no second set of rules.

mod blocks;
mod breaks;
mod call;
mod choose;
mod data;
mod env;
mod expr;
mod expression;
mod fields;
mod functions;
mod groups;
mod index;
mod infer;
mod integrate;
mod isomorphism;
mod layers;
mod lie;
mod literal;
mod loops;
mod misfit;
mod model;
mod names;
mod nodes;
mod nodes_util;
mod offset;
mod ops;
mod params;
mod products;
mod quiet;
mod reduce;
mod scenes;
mod shown;
mod signature;
mod size;
mod special;
mod stmts;
mod subgroups;
mod suggest;
mod tests;
mod train;
mod trust;
mod unify;

pub use data::check_data;
pub use env::{Env, LayerRef, Val};
pub use expression::{Checked, Given, check_expression};
pub use scenes::{elaborate, group_of_test};
pub use stmts::names_of;
pub use suggest::nearest;
pub use tests::{EquivarianceTest, check_equivariance_test, check_statements};
pub use train::{TrainModel, TrainOption, check_train};
pub use trust::Trusted;

use crate::diag::Diagnostic;
use crate::modules::Program;
use crate::typed::{Model, Node, NodeId, Var, VarId};
use crate::types::{DomainId, Int};
use gdl_rep::Group;
use gdl_syntax::ast::{ItemKind, Span, Test, TestPart};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// An error has been reported; nothing more is known about the expression.
#[derive(Clone, Copy, Debug)]
pub struct Reported;

/// A result whose error has been reported.
pub type R<T> = Result<T, Reported>;

/// The deepest nesting of layer calls.
const MAX_CALLS: usize = 48;

/// Checks all items of a program: layers once with abstract representations, models fully.
///
/// # Errors
/// None as such: errors and warnings are in the list; models with errors are left out.
pub fn check(program: &Program) -> (Vec<Model>, Vec<Diagnostic>) {
    let mut diags = Vec::new();
    let mut models = Vec::new();
    let root = program.root();
    for item in &program.modules[root].ast.items {
        match &item.kind {
            ItemKind::Layer(c) => {
                let layer = Rc::new(LayerRef {
                    module: root,
                    callable: c.clone(),
                    is_model: false,
                });
                let mut checker = Checker::new(program, Group::Trivial);
                checker.layer_definition(&layer);
                diags.extend(checker.diags);
            }
            ItemKind::Model(c) => {
                let layer = Rc::new(LayerRef {
                    module: root,
                    callable: c.clone(),
                    is_model: true,
                });
                let (model, found) = check_model(program, &layer);
                diags.extend(found);
                models.extend(model);
            }
            ItemKind::Train(t) => {
                let (_, found) = train::check_train(program, root, t);
                diags.extend(found);
            }
            ItemKind::Const(_) | ItemKind::Setting { .. } | ItemKind::Group { .. } | ItemKind::Rep { .. } => {
                let mut checker = Checker::new(program, Group::Trivial);
                if let ItemKind::Rep { of, .. } = &item.kind
                    && let Ok(group) = checker.group_named(of, &mut Env::new(root))
                {
                    checker.model.group = group;
                }
                checker.item_value_of(root, item);
                diags.extend(checker.diags);
            }
            ItemKind::Test(t) => diags.extend(check_test(program, root, t)),
            // Sampled where it is called: only there the group is known.
            ItemKind::Trust { .. } | ItemKind::Use(_) | ItemKind::Data(_) => {}
        }
    }
    let mut seen: Vec<Diagnostic> = Vec::new();
    for d in diags {
        if !seen
            .iter()
            .any(|s| s.code == d.code && s.labels.first() == d.labels.first())
        {
            seen.push(d);
        }
    }
    (models, seen)
}

/// What is wrong in a test. One that must be rejected, or that has items of its own, is a matter of `gdl test`.
fn check_test(program: &Program, root: usize, test: &Test) -> Vec<Diagnostic> {
    match test {
        Test::Expr(e) => check_equivariance_test(program, root, e).1,
        Test::Block {
            under, rejects, body, ..
        } => {
            let own = body.iter().any(|p| matches!(p, TestPart::Item(_)));
            if own || rejects.is_some() {
                return Vec::new();
            }
            check_statements(program, root, under.as_ref(), body).1
        }
    }
}

/// Checks the layers of the standard library with abstract representations (used by tests).
pub fn check_library(program: &Program) -> Vec<Diagnostic> {
    let mut diags = Vec::new();
    for (module, m) in program.modules.iter().enumerate() {
        for item in &m.ast.items {
            if let ItemKind::Layer(c) = &item.kind {
                let layer = Rc::new(LayerRef {
                    module,
                    callable: c.clone(),
                    is_model: false,
                });
                let mut checker = Checker::new(program, Group::Trivial);
                checker.layer_definition(&layer);
                diags.extend(checker.diags);
            }
        }
    }
    diags
}

/// Checks one model.
pub fn check_model(program: &Program, layer: &Rc<LayerRef>) -> (Option<Model>, Vec<Diagnostic>) {
    let mut checker = Checker::new(program, Group::Trivial);
    let ok = checker.model_definition(layer);
    let failed = ok.is_err() || checker.diags.iter().any(Diagnostic::is_error);
    ((!failed).then_some(checker.model), checker.diags)
}

/// The state of checking one model or one layer.
pub(crate) struct Checker<'a> {
    pub(crate) program: &'a Program,
    pub(crate) model: Model,
    pub(crate) diags: Vec<Diagnostic>,
    /// Whether representations may be unknown: the body of a layer on its own.
    pub(crate) abstract_mode: bool,
    /// The path of weights now being declared.
    path: String,
    /// Calls made under each path, by layer name.
    calls: HashMap<(String, String), u32>,
    /// Parameters by path, for networks that are called again.
    by_name: BTreeMap<String, NodeId>,
    /// Maps that cannot reach all of their result, and what to say of them.
    dead: Vec<(NodeId, Diagnostic)>,
    /// How many calls of named networks enclose this place: only there weights are found again.
    shared: usize,
    depth: usize,
    loops: u32,
    randoms: u32,
    /// Inside `for n x V in a`: the block.
    block_at: Option<blocks::BlockAt>,
    /// The span that a call inside the library is reported at.
    outer_span: Vec<Span>,
    /// Functions that are taken on trust, by where they are declared, with the errors that were sampled.
    trusted: Vec<(Span, f64)>,
    /// Those whose calls enclose this place.
    trusting: Vec<Span>,
    /// What was written in place of data; `None` outside tests.
    literals: Option<literal::Literals>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(program: &'a Program, group: Group) -> Checker<'a> {
        let model = Model {
            name: String::new(),
            group,
            allowed: Vec::new(),
            domains: Vec::new(),
            inputs: Vec::new(),
            params: Vec::new(),
            stats: Vec::new(),
            breaks: Vec::new(),
            nodes: Vec::new(),
            vars: Vec::new(),
            paths: vec![String::new()],
            outputs: Vec::new(),
            names: Vec::new(),
            congruences: Vec::new(),
        };
        Checker {
            program,
            model,
            diags: Vec::new(),
            abstract_mode: false,
            path: String::new(),
            calls: HashMap::new(),
            by_name: BTreeMap::new(),
            dead: Vec::new(),
            shared: 0,
            depth: 0,
            loops: 0,
            randoms: 0,
            block_at: None,
            outer_span: Vec::new(),
            trusted: Vec::new(),
            trusting: Vec::new(),
            literals: None,
        }
    }

    /// Reports a diagnostic. Inside a library layer the call in the user's file is named too.
    pub(crate) fn report(&mut self, mut d: Diagnostic) -> Reported {
        if let (Some(first), Some(outer)) = (
            d.labels.first(),
            self.outer_span.iter().find(|s| s.file == self.program.root_file()),
        ) && first.span.file != outer.file
        {
            let inner = first.text.clone();
            d.labels.insert(
                0,
                crate::diag::Label {
                    span: *outer,
                    text: format!("in this call: {inner}"),
                },
            );
        }
        if !self
            .diags
            .iter()
            .any(|e| e.code == d.code && e.labels.first() == d.labels.first())
        {
            self.diags.push(d);
        }
        Reported
    }

    pub(crate) fn error(
        &mut self,
        code: &'static str,
        title: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Reported {
        self.report(Diagnostic::error(code, title, span, label))
    }

    pub(crate) fn new_var(&mut self, name: &str, set: crate::types::Set, kind: crate::typed::VarKind) -> VarId {
        self.model.vars.push(Var {
            name: name.to_string(),
            set,
            kind,
            ends: None,
        });
        VarId(self.model.vars.len() as u32 - 1)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.model.node(id)
    }

    pub(crate) fn domain(&self, id: DomainId) -> &crate::types::Domain {
        &self.model.domains[id.0 as usize]
    }

    /// An integer that must be known here.
    pub(crate) fn known(&mut self, n: &Int, what: &str, span: Span) -> R<i64> {
        match n.value() {
            Some(v) => Ok(v),
            None if self.abstract_mode => Ok(1),
            None => Err(self.error(
                "GDL0111",
                format!("{what} must be known here"),
                span,
                format!("this is `{n}`"),
            )),
        }
    }
}
