//! Groups of matrices by generators, and representations of groups with several factors.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::types::{Atom, Int, Rep};
use gdl_rep::rep::Label;
use gdl_rep::{Atom as Known, Exact, Group, Linear};
use gdl_syntax::ast::{Arg, ExprKind, Span};
use std::sync::Arc;

impl Checker<'_> {
    /// `lie_group(algebra = [A, …], elements = [g, …])`: matrices as lists of rows.
    pub(super) fn lie_group(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let (mut algebra, mut elements, mut size) = (Vec::new(), Vec::new(), None);
        for a in args {
            let into = match a.name.as_ref().map(|n| n.name.as_str()) {
                Some("algebra") => &mut algebra,
                Some("elements") => &mut elements,
                _ => return Err(self.ill_formed_group(a.value.span, "matrices without a name")),
            };
            let Val::List(list) = self.eval(&a.value, env)? else {
                return Err(self.ill_formed_group(a.value.span, "not a list of matrices"));
            };
            for m in &list {
                let (entries, n) = self.matrix(m, a.value.span)?;
                if *size.get_or_insert(n) != n {
                    return Err(self.ill_formed_group(a.value.span, "matrices of different sizes"));
                }
                into.push(entries);
            }
        }
        match Linear::generated(size.unwrap_or(0), &algebra, &elements) {
            Ok(group) => Ok(Val::Group(Group::Linear(Arc::new(group)))),
            Err(e) => Err(self.report(
                Diagnostic::error("GDL0116", "these matrices generate no Lie group", span, e.to_string())
                    .note("Brackets [A, B] = AB − BA of generators, and g A g⁻¹ for the elements g, must be combinations of the generators."),
            )),
        }
    }

    fn ill_formed_group(&mut self, span: Span, label: &str) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0111", "`lie_group` takes lists of square matrices", span, label)
                .help("Write `lie_group(algebra = [[[0, -1], [1, 0]]], elements = [[[1, 0], [0, -1]]])`."),
        )
    }

    /// `irrep(j)` of SU(2) for a half-integer j.
    pub(super) fn half_integer_spin(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Option<Val>> {
        let [a] = args else { return Ok(None) };
        // Names are labels of other groups.
        if matches!(&a.value.kind, ExprKind::Name(n) if env.get(n).is_none()) {
            return Ok(None);
        }
        let Val::Num(j) = self.eval(&a.value, env)? else {
            return Ok(None);
        };
        let twice = (j * Exact::int(2)).as_int().and_then(|n| u32::try_from(n).ok());
        let group = self.model.group.clone();
        let atom = twice.and_then(|twice| Known::Irrep(Label::Spin { twice }).checked(&group).ok());
        match atom {
            Some(atom) => Ok(Some(Val::Rep(Rep::atom(Int::num(1), Atom::Known(atom))))),
            None => Err(self.error("GDL0116", format!("{group} has no such irrep"), span, "unknown label")),
        }
    }

    /// `outer(V, W, …)`: the product of one representation for each factor of the group, each written as for its factor alone.
    pub(super) fn outer_rep(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let whole = self.model.group.clone();
        let factors = match &whole {
            Group::Product(factors) if factors.len() == args.len() => factors.clone(),
            other => {
                let count = if let Group::Product(factors) = other {
                    factors.len()
                } else {
                    1
                };
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0116",
                        "`outer` takes one representation for each factor of the group",
                        span,
                        format!("{whole} has {count}, {} were given", args.len()),
                    )
                    .help("Under `SO(3) x S(5)` write `outer(vector, perm)`."),
                ));
            }
        };
        let mut parts: Vec<(u32, Vec<Known>)> = vec![(1, vec![])];
        for (factor, a) in factors.iter().zip(args) {
            self.model.group = factor.clone();
            let rep = self.eval_rep(&a.value, env);
            let known = rep.as_ref().ok().and_then(|r| self.concrete(r));
            self.model.group = whole.clone();
            let shown = rep?.to_string();
            let Some((_, known)) = known.filter(|(group, _)| group == factor) else {
                return Err(self.error(
                    "GDL0116",
                    "this is not a representation of its factor",
                    a.value.span,
                    format!("`{shown}` is not known for {factor}"),
                ));
            };
            let next = |(n, head): &(u32, Vec<Known>)| {
                let extended = known.blocks.iter().map(|(m, atom)| {
                    let atoms = head.iter().chain([atom]).cloned().collect();
                    (n * m, atoms)
                });
                extended.collect::<Vec<_>>()
            };
            parts = parts.iter().flat_map(next).collect();
        }
        let mut blocks = Vec::new();
        for (n, atoms) in parts {
            match Known::Outer(atoms).checked(&whole) {
                Ok(atom) => blocks.push((Int::num(i64::from(n)), Atom::Known(atom))),
                Err(e) => return Err(self.error("GDL0116", "there is no such representation", span, e.to_string())),
            }
        }
        Ok(Val::Rep(Rep::from_blocks(blocks, None)))
    }

    /// `tensor(p, q)`: V ⊗ … ⊗ V ⊗ V* ⊗ … ⊗ V* of the defining representation V, over the complex numbers for a complex group.
    pub(super) fn tensor_rep(&mut self, up: &Int, down: &Int, span: Span) -> R<Val> {
        let up = self.known(up, "a number of factors", span)?;
        let down = self.known(down, "a number of factors", span)?;
        let (Ok(up), Ok(down)) = (u32::try_from(up), u32::try_from(down)) else {
            return Err(self.error(
                "GDL0124",
                "this power is out of bounds",
                span,
                "numbers of factors are not negative",
            ));
        };
        match gdl_rep::Rep::tensor(&self.model.group, up, down) {
            Ok(rep) => {
                let blocks = rep
                    .blocks
                    .into_iter()
                    .map(|(n, a)| (Int::num(i64::from(n)), Atom::Known(a)));
                Ok(Val::Rep(Rep::from_blocks(blocks.collect(), None)))
            }
            Err(e) => Err(self.error("GDL0116", "there is no such representation", span, e.to_string())),
        }
    }
}
