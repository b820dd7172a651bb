//! Looking inside a representation: `for n x V in a`, and the numbers that belong to a block.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp};
use crate::types::{Atom, Int, Rep, Type};
use gdl_rep::Atom as Known;
use gdl_syntax::ast::{Expr, Ident, Span};

/// The block that a `for` is at.
#[derive(Clone, Debug)]
pub(crate) struct BlockAt {
    /// Its copies.
    copies: Int,
    /// Copies before it.
    before: Int,
    /// Copies before it in blocks that are not invariant.
    gated_before: Int,
    /// All copies, and those in blocks that are not invariant.
    totals: (Int, Int),
}

impl BlockAt {
    fn new(flat: &Rep, k: usize) -> BlockAt {
        let count = |blocks: &[(Int, Atom)], all: bool| {
            blocks
                .iter()
                .filter(|(_, a)| all || !Rep::from_blocks(vec![(Int::num(1), a.clone())], None).is_trivial())
                .fold(Int::num(0), |acc, (n, _)| acc.add(n).unwrap_or_default())
        };
        let blocks = flat.blocks();
        BlockAt {
            copies: blocks[k].0.clone(),
            before: count(&blocks[..k], true),
            gated_before: count(&blocks[..k], false),
            totals: (count(blocks, true), count(blocks, false)),
        }
    }
}

impl Checker<'_> {
    /// `for n x V in a: e`: the blocks of e joined.
    pub(crate) fn for_blocks(
        &mut self,
        count: &Ident,
        rep: &Ident,
        over: &Expr,
        body: &Expr,
        span: Span,
        env: &mut Env,
    ) -> R<Val> {
        let r = self.eval_rep(over, env)?;
        let mut parts = Vec::new();
        self.for_each_block(&r, count, rep, env, &mut |c, env| {
            let v = c.eval(body, env)?;
            // An `if` without its other side leaves the block out.
            if !matches!(&v, Val::Record(fields) if fields.is_empty()) {
                parts.push(c.to_node(&v, body.span)?);
            }
            Ok(())
        })?;
        if parts.is_empty() {
            return Err(self.error("GDL0111", "no block is left", over.span, "nothing to join"));
        }
        if parts.len() == 1 {
            return Ok(Val::Node(parts[0]));
        }
        self.concat(&parts, span).map(Val::Node)
    }

    /// Runs something for every block n x V of a representation; values of that representation stand for their blocks meanwhile.
    pub(crate) fn for_each_block(
        &mut self,
        r: &Rep,
        count: &Ident,
        rep: &Ident,
        env: &mut Env,
        f: &mut dyn FnMut(&mut Self, &mut Env) -> R<()>,
    ) -> R<()> {
        let flat = r.flat();
        let path = self.path.clone();
        let own = self.own_prefix("for");
        for (k, (n, atom)) in flat.blocks().iter().enumerate() {
            env.push();
            env.set(&count.name, Val::Int(n.clone()));
            let one = Rep::from_blocks(vec![(Int::num(1), atom.clone())], flat.gauge);
            env.set(&rep.name, Val::Rep(one));
            for name in env.names() {
                if let Some(Val::Node(x)) = env.get(&name).cloned()
                    && self.node(x).ty.as_rep().is_some_and(|q| q.same(&flat))
                {
                    let b = self.block_of(x, &flat, k)?;
                    env.set(&name, Val::Node(b));
                }
            }
            let kept = self.block_at.replace(BlockAt::new(&flat, k));
            self.path = if flat.blocks().len() == 1 {
                own.trim_end_matches('.').to_string()
            } else {
                format!("{own}block_{k}")
            };
            let out = f(self, env);
            self.block_at = kept;
            self.path = path.clone();
            env.pop();
            out?;
        }
        Ok(())
    }

    fn block_of(&mut self, x: NodeId, flat: &Rep, k: usize) -> R<NodeId> {
        let span = self.node(x).span;
        let rep = Rep::from_blocks(vec![flat.blocks()[k].clone()], flat.gauge);
        self.lift(&[x], span, &mut |c, args| {
            Ok(c.add(
                TOp::Blocks {
                    x: args[0],
                    first: k as u32,
                    count: 1,
                },
                Type::rep(rep.clone()),
                args,
                span,
            ))
        })
    }

    /// `gates(g)` inside `for n x V in a`: the numbers of g that belong to the copies of this block, when g has one for every copy in
    /// a, or one for every copy in a block that is not invariant.
    pub(crate) fn block_gates(&mut self, x: NodeId, span: Span) -> R<NodeId> {
        let Some(block) = self.block_at.clone() else {
            return Err(self.error(
                "GDL0111",
                "`gates` stands only inside `for n x V in a`",
                span,
                "there is no current block",
            ));
        };
        let all = self.node(x).ty.as_rep().cloned().unwrap_or_default();
        if !all.is_trivial() {
            let mixed = self.moved_vector(&all);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0102",
                    "gates are invariant numbers",
                    span,
                    format!("`{all}` is moved by the group"),
                )
                .counterexample(mixed)
                .help("Make them with `linear`: `(v, g) = split(x, a)` of an `x: gated(a)`."),
            ));
        }
        let given = all.scalar_count();
        let (every, gated) = &block.totals;
        let at = match given {
            Some(n) if n == *every && n != *gated => block.before,
            Some(n) if n == *gated => block.gated_before,
            _ if self.abstract_mode => block.gated_before,
            _ => {
                return Err(self.error(
                    "GDL0101",
                    "these are not the numbers of the copies",
                    span,
                    format!("`{all}`, but there are {every} copies, {gated} of them not invariant"),
                ));
            }
        };
        let rep = Rep::atom(block.copies, Atom::Known(Known::Trivial));
        self.lift(&[x], span, &mut |c, args| {
            let op = TOp::Split {
                x: args[0],
                front: false,
                at: Some(at.clone()),
            };
            Ok(c.add(op, Type::rep(rep.clone()), args, span))
        })
    }
}

impl Rep {
    /// One number for every copy.
    pub fn per_copy(&self) -> Option<Rep> {
        let n = self
            .flat()
            .blocks()
            .iter()
            .try_fold(Int::num(0), |acc, (n, _)| acc.add(n))?;
        Some(Rep::atom(n, Atom::Known(Known::Trivial)))
    }

    /// Whether every atom of `other` occurs in it.
    pub fn has(&self, other: &Rep) -> bool {
        let own = self.flat();
        let occurs = |a: &Atom| own.blocks().iter().any(|(_, b)| a == b);
        other.flat().blocks().iter().all(|(_, a)| occurs(a))
    }
}
