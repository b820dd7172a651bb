//! `x as V`: canonical isomorphisms. The list is fixed: blocks in another order, `c x (U + W)` and `c x U + c x W`; products, powers and
//! the regular representation as sums of irreducible ones, and back; `V * V` as its symmetric and alternating part.
//!
//! Copies of one atom keep their order. An atom that both sides have is left alone; one side only is taken apart, so that no
//! composition of conventions hides in an `as`.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{Iso, NodeId, TOp, VarKind};
use crate::types::{Atom, Int, Rep, Set, Type};
use gdl_rep::Atom as Known;
use gdl_rep::decompose::{self, Piece};
use gdl_syntax::ast::{Expr, Span};
use std::rc::Rc;

/// How many copies of each atom a representation has, in the order in which they first occur.
type Counts = Vec<(Atom, Int)>;

/// An atom as written, and what it is a sum of.
type Opened = Vec<(Atom, Rc<Iso>)>;

impl Checker<'_> {
    pub(crate) fn convert(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval_node(lhs, env)?;
        let want = self.eval_rep(rhs, env)?;
        self.lift(&[x], span, &mut |c, args| c.as_rep(args[0], &want, span))
            .map(Val::Node)
    }

    fn as_rep(&mut self, x: NodeId, want: &Rep, span: Span) -> R<NodeId> {
        let Some(have) = self.node(x).ty.as_rep().cloned() else {
            return Err(self.points_are_affine("a point has no other form", span));
        };
        self.joint_gauge(&have, want, span)?;
        if have.same(want) {
            return Ok(self.retype(x, want, span));
        }
        if same_counts(&have, want) {
            return self.regroup(x, &have, want, span);
        }
        // What is unknown here may be anything: the call decides.
        if self.abstract_mode && (self.may_open(&have) || self.may_open(want)) {
            return Ok(self.retype(x, want, span));
        }
        let (open, close) = self.to_open(&have, want, span)?;
        let (from, to) = (expanded(&have, &open), expanded(want, &close));
        if (!open.is_empty() && !close.is_empty()) || !same_counts(&from, &to) {
            return Err(self.not_isomorphic(&have, want, span));
        }
        let x = self.apply_isos(x, &have, &open, false, span)?;
        let x = self.regroup(x, &from, &to, span)?;
        self.apply_isos(x, want, &close, true, span)
    }

    /// Whether a representation contains what might be taken apart once it is known.
    fn may_open(&self, rep: &Rep) -> bool {
        rep.is_abstract()
            || counts(rep).iter().flatten().any(|(a, _)| match a {
                Atom::Kron(..) => true,
                Atom::Known(k) => decompose::is_decomposable(k),
                _ => false,
            })
    }

    /// The atoms of each side that the other does not have and that can be taken apart.
    fn to_open(&mut self, have: &Rep, want: &Rep, span: Span) -> R<(Opened, Opened)> {
        let (a, b) = (counts(have).unwrap_or_default(), counts(want).unwrap_or_default());
        let open = self.open_missing(have, &a, &b, span)?;
        let close = self.open_missing(want, &b, &a, span)?;
        let made_by = |list: &Opened, atom: &Atom| {
            let known = |p: &Piece| Atom::Known(p.atom.clone()) == *atom;
            list.iter().any(|(_, iso)| iso.pieces.iter().any(known))
        };
        // sym(V, 2) on the other side is what V * V becomes, not something to be taken apart.
        let open_left: Opened = open.iter().filter(|(a, _)| !made_by(&close, a)).cloned().collect();
        let close_left = close.iter().filter(|(a, _)| !made_by(&open, a)).cloned().collect();
        Ok((open_left, close_left))
    }

    fn open_missing(&mut self, rep: &Rep, here: &Counts, there: &Counts, span: Span) -> R<Opened> {
        let mut out = Vec::new();
        for (atom, _) in here {
            if there.iter().any(|(a, _)| a == atom) {
                continue;
            }
            let Some(known) = self.known_atom(atom, rep) else {
                continue;
            };
            let group = crate::lower::reps::group_of(&self.model, rep);
            let has = |k: Known| there.iter().any(|(a, _)| *a == Atom::Known(k.clone()));
            let pieces = match &known {
                Known::Kron(a, b) if a == b && (has(Known::Sym(a.clone(), 2)) || has(Known::Alt(a.clone(), 2))) => {
                    decompose::symmetrize(a)
                }
                k if decompose::is_decomposable(k) => decompose::decompose(&group, k),
                _ => continue,
            };
            match pieces {
                Ok(pieces) => out.push((
                    atom.clone(),
                    Rc::new(Iso {
                        factors: decompose::factors(&group, &known),
                        pieces,
                    }),
                )),
                Err(why) => {
                    return Err(self.error(
                        "GDL0150",
                        format!("`{atom}` cannot be taken apart"),
                        span,
                        why.to_string(),
                    ));
                }
            }
        }
        Ok(out)
    }

    /// One atom of a representation without unknowns.
    fn known_atom(&self, atom: &Atom, of: &Rep) -> Option<Known> {
        let one = Rep::from_blocks(vec![(Int::num(1), atom.clone())], of.gauge);
        match self.concrete(&one)?.1.blocks.as_slice() {
            [(1, k)] => Some(k.clone()),
            _ => None,
        }
    }

    /// The irreducible parts of a representation, equal ones together, in the order in which the group lists them.
    pub(crate) fn taken_apart(&mut self, rep: &Rep, span: Span) -> R<Rep> {
        let all = counts(rep).unwrap_or_default();
        let open = self.open_missing(rep, &all, &Vec::new(), span)?;
        let mut parts = counts(&expanded(rep, &open)).unwrap_or_default();
        let group = crate::lower::reps::group_of(&self.model, rep);
        let known = parts.iter().filter_map(|(a, _)| match a {
            Atom::Known(k) => Some(k),
            _ => None,
        });
        let list: Vec<Atom> = decompose::listing(&group, known).into_iter().map(Atom::Known).collect();
        parts.sort_by_key(|(a, _)| list.iter().position(|b| a == b).unwrap_or(list.len()));
        let blocks = parts.into_iter().map(|(a, n)| (n, a)).collect();
        Ok(Rep::from_blocks(blocks, rep.gauge))
    }

    fn not_isomorphic(&mut self, have: &Rep, want: &Rep, span: Span) -> super::Reported {
        let mut forms = vec![format!("`{}` in any order", have.grouped().unwrap_or_default())];
        let all = counts(have).unwrap_or_default();
        if let Ok(open) = self.quietly(|c| c.open_missing(have, &all, &Vec::new(), span))
            && !open.is_empty()
        {
            let parts = expanded(have, &open).grouped().unwrap_or_default();
            forms.push(format!("`{parts}` in any order"));
        }
        if let [(Atom::Kron(a, b), n)] = all.as_slice()
            && n.is(1)
            && a == b
        {
            forms.push(format!("`sym({a}, 2) + alt({a}, 2)`"));
        }
        self.report(
            Diagnostic::error(
                "GDL0150",
                format!("`{have}` is not `{want}` by a canonical isomorphism"),
                span,
                "not on the list",
            )
            .note(format!("Canonically it is {}.", forms.join(", or ")))
            .help("Other maps are learned: `linear(x, V)`."),
        )
    }

    /// Maps every copy of the atoms in `isos` to its sum; with `inverse` from that sum to `rep`.
    fn apply_isos(&mut self, x: NodeId, rep: &Rep, isos: &Opened, inverse: bool, span: Span) -> R<NodeId> {
        if isos.is_empty() {
            return Ok(self.retype(x, rep, span));
        }
        let out = if inverse { rep.clone() } else { expanded(rep, isos) };
        let mut at = Int::num(0);
        let mut parts = Vec::new();
        for (n, inner) in pieces(rep) {
            let opened = expanded(&inner, isos);
            let (from, to) = if inverse { (&opened, &inner) } else { (&inner, &opened) };
            let piece = self.portion(x, &mut at, &from.times(&n), span);
            parts.push(self.each_copy(piece, &n, from, span, &mut |c, copy| {
                c.apply_isos_once(copy, &inner, isos, inverse, span)
            })?);
            let last = parts.last().copied().unwrap_or(x);
            let made = to.times(&n);
            parts.pop();
            parts.push(self.retype(last, &made, span));
        }
        let joined = self.concat(&parts, span)?;
        Ok(self.retype(joined, &out, span))
    }

    /// [`Checker::apply_isos`] for one copy of a flat representation.
    fn apply_isos_once(&mut self, x: NodeId, rep: &Rep, isos: &Opened, inverse: bool, span: Span) -> R<NodeId> {
        let mut at = Int::num(0);
        let mut parts = Vec::new();
        for block in rep.blocks() {
            let one = Rep::from_blocks(vec![block.clone()], rep.gauge);
            let opened = expanded(&one, isos);
            let (from, to) = if inverse { (&opened, &one) } else { (&one, &opened) };
            let piece = self.portion(x, &mut at, from, span);
            parts.push(match isos.iter().find(|(a, _)| *a == block.1) {
                Some((_, iso)) => {
                    let iso = iso.clone();
                    let op = TOp::ChangeBasis { x: piece, iso, inverse };
                    self.add(op, Type::rep(to.clone()), &[piece], span)
                }
                None => piece,
            });
        }
        self.concat(&parts, span)
    }

    /// The same copies in another arrangement.
    fn regroup(&mut self, x: NodeId, have: &Rep, want: &Rep, span: Span) -> R<NodeId> {
        if have.same(want) {
            return Ok(self.retype(x, want, span));
        }
        let mut gathered = self.gather_copies(x, have, span)?;
        let mut out = Vec::new();
        for (n, inner) in pieces(want) {
            let mut sources: Vec<(Atom, NodeId)> = Vec::new();
            for (atom, m) in counts(&inner).unwrap_or_default() {
                let Some((_, node, at)) = gathered.iter_mut().find(|(a, ..)| *a == atom) else {
                    continue;
                };
                let Some(total) = m.mul(&n) else { continue };
                let taken = Rep::from_blocks(vec![(total, atom.clone())], want.gauge);
                let part = self.portion(*node, at, &taken, span);
                sources.push((atom, part));
            }
            out.push(self.spread_copies(&sources, &n, &inner, want.gauge, span)?);
        }
        let joined = self.concat(&out, span)?;
        Ok(self.retype(joined, want, span))
    }

    /// For every atom all its copies in order, and how many components of them are used so far: none.
    fn gather_copies(&mut self, x: NodeId, have: &Rep, span: Span) -> R<Vec<(Atom, NodeId, Int)>> {
        let mut found: Vec<(Atom, Vec<NodeId>)> = Vec::new();
        let mut at = Int::num(0);
        for (n, inner) in pieces(have) {
            let piece = self.portion(x, &mut at, &inner.times(&n), span);
            for (atom, m) in counts(&inner).unwrap_or_default() {
                let own = self.each_copy(piece, &n, &inner, span, &mut |c, copy| {
                    let mut at = Int::num(0);
                    let mut parts = Vec::new();
                    for block in inner.blocks() {
                        let one = Rep::from_blocks(vec![block.clone()], inner.gauge);
                        let part = c.portion(copy, &mut at, &one, span);
                        if block.1 == atom {
                            parts.push(part);
                        }
                    }
                    c.concat(&parts, span)
                })?;
                let all = Rep::from_blocks(vec![(m.mul(&n).unwrap_or_default(), atom.clone())], have.gauge);
                let own = self.retype(own, &all, span);
                match found.iter_mut().find(|(a, _)| *a == atom) {
                    Some((_, list)) => list.push(own),
                    None => found.push((atom, vec![own])),
                }
            }
        }
        let mut out = Vec::new();
        for (atom, list) in found {
            out.push((atom, self.concat(&list, span)?, Int::num(0)));
        }
        Ok(out)
    }

    /// n copies of `inner` from the copies of its atoms.
    fn spread_copies(
        &mut self,
        sources: &[(Atom, NodeId)],
        n: &Int,
        inner: &Rep,
        gauge: Option<u32>,
        span: Span,
    ) -> R<NodeId> {
        let v = self.new_var("·", Set::Range(n.clone()), VarKind::Free);
        let mut copies: Vec<(&Atom, NodeId, Int)> = Vec::new();
        for (atom, all) in sources {
            let m = counts(inner)
                .unwrap_or_default()
                .into_iter()
                .find(|(a, _)| a == atom)
                .map_or(Int::num(0), |(_, m)| m);
            let one = Rep::from_blocks(vec![(m, atom.clone())], gauge);
            let copy = if n.is(1) {
                *all
            } else {
                self.add_with(TOp::Read { x: *all, at: v }, Type::rep(one), &[*all], &[v], &[], span)
            };
            copies.push((atom, copy, Int::num(0)));
        }
        let mut parts = Vec::new();
        for block in inner.blocks() {
            let one = Rep::from_blocks(vec![block.clone()], gauge);
            if let Some((_, copy, at)) = copies.iter_mut().find(|(a, ..)| **a == block.1) {
                parts.push(self.portion(*copy, at, &one, span));
            }
        }
        let copy = self.concat(&parts, span)?;
        let made = if n.is(1) { copy } else { self.define(&[v], copy, span)? };
        Ok(self.retype(made, &inner.times(n), span))
    }

    /// A function of every copy of n x `inner`.
    fn each_copy(
        &mut self,
        x: NodeId,
        n: &Int,
        inner: &Rep,
        span: Span,
        f: &mut dyn FnMut(&mut Self, NodeId) -> R<NodeId>,
    ) -> R<NodeId> {
        if n.is(1) {
            let copy = self.retype(x, inner, span);
            return f(self, copy);
        }
        let v = self.new_var("·", Set::Range(n.clone()), VarKind::Free);
        let copy = self.add_with(TOp::Read { x, at: v }, Type::rep(inner.clone()), &[x], &[v], &[], span);
        let body = f(self, copy)?;
        self.define(&[v], body, span)
    }

    /// The components from `at` on that make a vector of `rep`; `at` moves behind them.
    fn portion(&mut self, x: NodeId, at: &mut Int, rep: &Rep, span: Span) -> NodeId {
        let start = at.clone();
        *at = self.dim_of(rep).and_then(|d| at.add(&d)).unwrap_or_default();
        if self.node(x).ty.as_rep().is_some_and(|r| r.same(rep)) {
            return self.retype(x, rep, span);
        }
        let op = TOp::Split {
            x,
            front: false,
            at: Some(start),
        };
        self.add(op, Type::rep(rep.clone()), &[x], span)
    }

    /// The same components under an equal name.
    fn retype(&mut self, x: NodeId, rep: &Rep, span: Span) -> NodeId {
        self.add(TOp::Retype { x }, Type::rep(rep.clone()), &[x], span)
    }
}

/// The outermost copies: (n, what is repeated), with everything inside multiplied out.
fn pieces(rep: &Rep) -> Vec<(Int, Rep)> {
    rep.blocks()
        .iter()
        .map(|(n, atom)| match atom {
            Atom::Sum(inner) => (n.clone(), inner.flat()),
            _ => (
                Int::num(1),
                Rep::from_blocks(vec![(n.clone(), atom.clone())], rep.gauge),
            ),
        })
        .collect()
}

/// `None` where a size is out of bounds, or where fixed elements stand, which have no copies.
fn counts(rep: &Rep) -> Option<Counts> {
    let mut out: Counts = Vec::new();
    for (n, inner) in pieces(rep) {
        for (m, atom) in inner.blocks() {
            if matches!(atom, Atom::Fixed(_)) {
                return None;
            }
            let total = m.mul(&n)?;
            match out.iter_mut().find(|(a, _)| a == atom) {
                Some((_, k)) => *k = k.add(&total)?,
                None => out.push((atom.clone(), total)),
            }
        }
    }
    Some(out)
}

/// Whether two representations have the same copies.
fn same_counts(a: &Rep, b: &Rep) -> bool {
    let (Some(x), Some(y)) = (counts(a), counts(b)) else {
        return false;
    };
    x.len() == y.len() && x.iter().all(|c| y.contains(c))
}

/// The representation with some atoms replaced by what they are sums of.
fn expanded(rep: &Rep, isos: &Opened) -> Rep {
    let mut out = Rep::from_blocks(Vec::new(), rep.gauge);
    for (n, inner) in pieces(rep) {
        let mut blocks = Vec::new();
        for (m, atom) in inner.blocks() {
            match isos.iter().find(|(a, _)| a == atom) {
                Some((_, iso)) => blocks.extend(iso.pieces.iter().map(|p| {
                    let k = m.mul(&Int::num(i64::from(p.copies()))).unwrap_or_default();
                    (k, Atom::Known(p.atom.clone()))
                })),
                None => blocks.push((m.clone(), atom.clone())),
            }
        }
        out = out.plus(&Rep::from_blocks(blocks, rep.gauge).times(&n));
    }
    out
}

impl Rep {
    /// Equal blocks joined, in the order in which they first occur.
    pub fn grouped(&self) -> Option<Rep> {
        let blocks = counts(self)?.into_iter().map(|(a, n)| (n, a)).collect();
        Some(Rep::from_blocks(blocks, self.gauge))
    }
}
