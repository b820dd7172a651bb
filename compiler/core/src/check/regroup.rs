//! `x as V`: canonical isomorphisms. Now: the same blocks in another order, `c x (U + W)` and `c x U + c x W`.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp, VarKind};
use crate::types::{Int, Rep, Set, Type};
use gdl_syntax::ast::{Expr, Span};

impl Checker<'_> {
    pub(crate) fn convert(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval_node(lhs, env)?;
        let want = self.eval_rep(rhs, env)?;
        self.lift(&[x], span, &mut |c, args| c.as_rep(args[0], &want, span))
            .map(Val::Node)
    }

    fn as_rep(&mut self, x: NodeId, want: &Rep, span: Span) -> R<NodeId> {
        let have = self.node(x).ty.as_rep().cloned().unwrap_or_default();
        if have.same(want) {
            return Ok(self.retype(x, want, span));
        }
        match (have.grouped(), want.grouped()) {
            (Some(a), Some(b)) if a.same(&b) => {
                let x = self.gather_blocks(x, &have, &a, span)?;
                self.spread_blocks(x, &a, want, span)
            }
            _ => Err(self.report(
                Diagnostic::error("GDL0101", "these representations are not joined by a canonical isomorphism", span, format!("`{have}` as `{want}`"))
                    .help("`as` reorders blocks: `c x (U + V)` and `c x U + c x V`. Use `linear(x, V)`, which learns the map."),
            )),
        }
    }

    /// Equal blocks of `have` brought together: a vector of `grouped`.
    fn gather_blocks(&mut self, x: NodeId, have: &Rep, grouped: &Rep, span: Span) -> R<NodeId> {
        if have.same(grouped) {
            return Ok(x);
        }
        let (n, inner) = have.copies();
        let inner = inner.flat();
        let mut parts = Vec::new();
        for (_, atom) in grouped.blocks() {
            for (k, (m, a)) in inner.blocks().iter().enumerate() {
                if a == atom {
                    let one = Rep::from_blocks(vec![(m.clone(), a.clone())], have.gauge);
                    parts.push(self.block_of_copies(x, &n, &inner, k, &one, span)?);
                }
            }
        }
        let out = self.concat(&parts, span)?;
        Ok(self.retype(out, grouped, span))
    }

    /// Block k of each of the n copies.
    fn block_of_copies(&mut self, x: NodeId, n: &Int, inner: &Rep, k: usize, one: &Rep, span: Span) -> R<NodeId> {
        let op = |x| TOp::Blocks {
            x,
            first: k as u32,
            count: 1,
        };
        if n.is(1) {
            return Ok(self.add(op(x), Type::rep(one.clone()), &[x], span));
        }
        let v = self.new_var("·", Set::Range(n.clone()), VarKind::Free);
        let copy = self.add_with(TOp::Read { x, at: v }, Type::rep(inner.clone()), &[x], &[v], &[], span);
        let block = self.add(op(copy), Type::rep(one.clone()), &[copy], span);
        self.define(&[v], block, span)
    }

    /// A vector of `grouped` as the copies that `want` asks for.
    fn spread_blocks(&mut self, x: NodeId, grouped: &Rep, want: &Rep, span: Span) -> R<NodeId> {
        if grouped.same(want) {
            return Ok(self.retype(x, want, span));
        }
        let (n, inner) = want.copies();
        let inner = inner.flat();
        let distinct = inner
            .blocks()
            .iter()
            .enumerate()
            .all(|(k, (_, a))| inner.blocks()[..k].iter().all(|(_, b)| b != a));
        if !distinct {
            let shown = want.to_string();
            return Err(self.error(
                "GDL0101",
                "which block goes where?",
                span,
                format!("`{shown}` has equal blocks apart from each other"),
            ));
        }
        let v = self.new_var("·", Set::Range(n.clone()), VarKind::Free);
        let mut parts = Vec::new();
        for (m, atom) in inner.blocks() {
            let Some(k) = grouped.blocks().iter().position(|(_, a)| a == atom) else {
                continue;
            };
            let one = Rep::from_blocks(vec![(m.clone(), atom.clone())], want.gauge);
            let Some(copies) = one.times(&n) else { continue };
            let block = self.add(
                TOp::Blocks {
                    x,
                    first: k as u32,
                    count: 1,
                },
                Type::rep(copies),
                &[x],
                span,
            );
            parts.push(self.add_with(TOp::Read { x: block, at: v }, Type::rep(one), &[block], &[v], &[], span));
        }
        let copy = self.concat(&parts, span)?;
        let out = self.define(&[v], copy, span)?;
        Ok(self.retype(out, want, span))
    }

    /// The same components under an equal name.
    fn retype(&mut self, x: NodeId, rep: &Rep, span: Span) -> NodeId {
        self.add(TOp::Retype { x }, Type::rep(rep.clone()), &[x], span)
    }
}

impl Rep {
    /// Equal blocks joined, in the order in which they first occur.
    pub fn grouped(&self) -> Option<Rep> {
        let (n, inner) = self.copies();
        let mut blocks: Vec<(Int, crate::types::Atom)> = Vec::new();
        for (m, atom) in inner.flat().blocks() {
            let m = m.mul(&n)?;
            match blocks.iter_mut().find(|(_, a)| a == atom) {
                Some((k, _)) => *k = k.add(&m)?,
                None => blocks.push((m, atom.clone())),
            }
        }
        Some(Rep::from_blocks(blocks, self.gauge))
    }
}
