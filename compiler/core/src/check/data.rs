//! What a sample of a `data` block consists of.

use super::env::Kind;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::modules::Program;
use crate::typed::{Model, NodeId, TOp};
use crate::types::Domain;
use gdl_rep::Group;
use gdl_syntax::ast::{Data, ItemKind, Train};

/// A model whose outputs are its inputs: the signals of a sample, on its domains. Types that the block leaves out, and the group, are those of
/// the model that is trained on it; without one the group is that which is given.
///
/// # Errors
/// The diagnostics, if there is no model.
pub fn check_data(program: &Program, module: usize, block: &Data, group: &Group) -> (Option<Model>, Vec<Diagnostic>) {
    let mut c = Checker::new(program, group.clone());
    let found = c.of_data(module, block);
    let failed = found.is_err() || c.diags.iter().any(Diagnostic::is_error);
    ((!failed).then_some(c.model), c.diags)
}

impl Checker<'_> {
    fn of_data(&mut self, module: usize, block: &Data) -> R<()> {
        let program = self.program;
        let reads = |t: &&Train| t.data.name == block.name.name;
        let trains = program.modules[module].ast.items.iter().filter_map(|i| match &i.kind {
            ItemKind::Train(t) => Some(t),
            _ => None,
        });
        let mut env = match trains.into_iter().find(reads) {
            Some(t) => self.trained(module, t)?,
            None => Env::new(module),
        };
        self.model.name = block.name.name.clone();
        for e in &block.entries {
            let name = &e.name.name;
            let Some(ty) = &e.ty else { continue };
            if env.get(name).is_some() {
                continue;
            }
            let value = match self.kind_of(ty, &mut env)? {
                Some(Kind::Domain(d)) => Val::Domain(self.new_domain(Domain {
                    name: name.clone(),
                    ..d
                })),
                _ => Val::Node(self.input(name, ty, &mut env)?),
            };
            env.set(name, value);
        }
        let input = |k: usize| {
            let node = self.model.nodes.iter();
            node.clone()
                .position(|n| matches!(n.op, TOp::Input(j) if j as usize == k))
        };
        let outputs = self.model.inputs.iter().enumerate();
        self.model.outputs = outputs
            .filter_map(|(k, i)| Some((i.name.clone(), NodeId(input(k)? as u32))))
            .collect();
        Ok(())
    }
}
