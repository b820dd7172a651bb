//! Choices: which rows are chosen, and signals at what was chosen.

use super::frame::{Low, Root, Rows};
use super::{L, Lowerer};
use crate::typed::{NodeId, VarId};
use crate::types::{Chosen, DomainId, Set, Type};
use gdl_abi::{DimDef, DimId, SAMPLES};
use gdl_syntax::ast::Span;

impl Lowerer<'_> {
    /// The dim of a choice among the rows of `of`.
    pub(super) fn chosen_dim(&mut self, c: &Chosen, of: DimId) -> DimId {
        let k = c.k.as_ref().and_then(|k| u32::try_from(k.value()?).ok());
        let each = if c.edges { of } else { SAMPLES };
        if c.edges {
            self.b().domains().dim(DimDef::Pairs { left: of, right: of });
        }
        self.b().domains().dim(DimDef::Chosen {
            of,
            each,
            k,
            others: c.others,
        })
    }

    /// A choice by a key on elements, or on pairs of them.
    pub(super) fn choose(&mut self, key: NodeId, chosen: DomainId, span: Span) -> L<Low> {
        let low = self.tensor(key)?;
        let set = match self.model.choice_in(chosen) {
            Some(c) if c.edges => Set::Edges(chosen),
            _ => Set::Nodes(chosen),
        };
        let of = match self.model.choice_in(chosen) {
            Some(c) => self.set_dim(&Set::Nodes(c.of)),
            None => return Err(self.unsupported("not a choice", span)),
        };
        let open = Root { dim: of, var: None };
        let keyed = match (&set, &low.rows) {
            (Set::Edges(_), Rows::Of(roots)) => *roots == [open, open],
            (_, Rows::Of(roots)) => *roots == [open],
            _ => false,
        };
        if !keyed || !low.statics.is_empty() {
            return Err(self.unsupported("a key whose pairs stand in another order", span));
        }
        let dim = self.set_dim(&set);
        let key = self.b().reshape(low.v, &[]);
        let v = self.b().choose(key, dim);
        Ok(Low {
            v,
            rows: Rows::Of(vec![Root { dim, var: None }]),
            statics: Vec::new(),
        })
    }

    /// The choice by which an index stands for an element of the first set of a signal.
    pub(super) fn stands_for(&self, at: VarId, ty: &Type) -> Option<NodeId> {
        let c = self.model.choice_of(at)?;
        (ty.sets.first() == Some(&Set::Nodes(c.of)) && !c.edges).then_some(c.choice)
    }

    /// A signal at an element that an index stands for.
    pub(super) fn read_chosen(&mut self, x: NodeId, at: VarId, choice: NodeId, span: Span) -> L<Low> {
        let (t, c) = (self.tensor(x)?, self.tensor(choice)?);
        match &t.rows {
            Rows::Of(roots) if matches!(roots.as_slice(), [Root { var: None, .. }]) => {}
            _ => return Err(self.unsupported("a signal on several domains, read at a chosen element", span)),
        }
        let set = self.var_set(at).clone();
        let dim = self.set_dim(&set);
        let v = self.b().take(t.v, c.v);
        Ok(Low {
            v,
            rows: Rows::Of(vec![Root { dim, var: Some(at) }]),
            statics: t.statics,
        })
    }

    /// What depends on the source of a chosen edge, brought to the edges; `None` if there is no such edge in `want`.
    pub(super) fn along_choice(&mut self, low: &Low, want: &[Root]) -> L<Option<Low>> {
        let Rows::Of(have) = &low.rows else { return Ok(None) };
        let [Root { var: Some(source), .. }] = have.as_slice() else {
            return Ok(None);
        };
        let found = want.iter().find_map(|root| {
            let edge = root.var?;
            let (src, _) = self.model.var(edge).ends?;
            let choice = self.model.choice_of(edge)?.choice;
            (src == *source).then_some((*root, choice))
        });
        let Some((root, choice)) = found else { return Ok(None) };
        let c = self.tensor(choice)?;
        Ok(Some(Low {
            v: self.b().take(low.v, c.v),
            rows: Rows::Of(vec![root]),
            statics: low.statics.clone(),
        }))
    }
}
