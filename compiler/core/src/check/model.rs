//! A model: its group, domains, inputs, outputs; what the signature promises against what the network needs.

use super::{Checker, Env, LayerRef, R, Val};
use crate::cert::{FLAGS, Flags};
use crate::check::env::Kind;
use crate::diag::Diagnostic;
use crate::typed::{Congruence, NodeId};
use crate::types::{Domain, DomainId, DomainKind, RepKind};
use gdl_rep::{Atom as Known, Group};
use gdl_syntax::ast::{Expr, Span, Under};
use std::rc::Rc;

impl Checker<'_> {
    /// Checks a model; errors are reported.
    pub(crate) fn model_definition(&mut self, layer: &Rc<LayerRef>) -> R<()> {
        let c = &layer.callable;
        let mut env = Env::new(layer.module);
        self.model.name = c.name.name.clone();
        if let Some(u) = &c.under {
            self.under(u, &mut env)?;
        }
        let mut ok = Ok(());
        for p in &c.params {
            let bound = match self.kind_of(&p.ty, &mut env) {
                Ok(Some(Kind::Domain(d))) => {
                    let at = c.under.as_ref().map_or(p.ty.span, |u| u.group.span);
                    self.natural(&d, p.ty.span, at).map(|()| {
                        Val::Domain(self.new_domain(Domain {
                            name: p.name.name.clone(),
                            ..d
                        }))
                    })
                }
                // A model has no representations to be given: `perm` is the one on the points of its group.
                Ok(Some(Kind::Rep(RepKind::Perm, None))) if Known::PermDefining.checked(&self.model.group).is_ok() => {
                    self.input(&p.name.name, &p.ty, &mut env).map(Val::Node)
                }
                Ok(Some(_)) => Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        "a model takes domains and signals",
                        p.ty.span,
                        "a compile-time parameter",
                    )
                    .help("Use a `setting`, which the command line can change."),
                )),
                Ok(None) => self.input(&p.name.name, &p.ty, &mut env).map(Val::Node),
                Err(e) => Err(e),
            };
            match bound {
                Ok(v) => env.set(&p.name.name, v),
                Err(e) => {
                    ok = Err(e);
                    env.set(&p.name.name, Val::Poison);
                }
            }
        }
        ok?;
        let out = self.block(&c.body, &mut env)?;
        let out = self.check_result(layer, out, &mut env)?;
        let results = match out {
            Val::Record(fields) => fields,
            v => vec![("output".into(), v)],
        };
        for (name, v) in results {
            let n = self.to_node(&v, c.name.span)?;
            let node = self.node(n);
            let (ty, span) = (node.ty.clone(), node.span);
            self.lies_over(&name, &ty, span)?;
            self.lies_on_given(&name, &ty, span)?;
            self.model.outputs.push((name, n));
        }
        self.warn_of_dead_blocks();
        self.congruences(c.name.span)?;
        self.something_remains()?;
        self.claims_hold(c.under.as_ref().map_or(c.name.span, |u| u.group.span))
    }

    /// What the constants of an output leave together must be known.
    fn something_remains(&mut self) -> R<()> {
        let outputs: Vec<NodeId> = self.model.outputs.iter().map(|(_, n)| *n).collect();
        let Err(why) = Flags::of(&self.model, false).remaining(&self.model, &outputs) else {
            return Ok(());
        };
        let spans: Vec<Span> = self.model.breaks.iter().map(|b| b.span).collect();
        let mut d = Diagnostic::error(
            "GDL0116",
            "what these constants leave of the symmetry together cannot be computed",
            spans.first().copied().unwrap_or_default(),
            why.to_string(),
        )
        .help("Let each leave less: `to = H` may be any subgroup that fixes the value, `trivial` too.");
        for at in spans.iter().skip(1).take(2) {
            d = d.label(*at, "and this one");
        }
        Err(self.report(d))
    }

    /// A signature must not claim more than the certificate says: whatever weakens it is allowed by name.
    fn claims_hold(&mut self, span: Span) -> R<()> {
        let mut ok = Ok(());
        for flag in crate::cert::unclaimed(&self.model) {
            let group = self.model.group.to_string();
            let (label, why) = match flag.name {
                "ties" => (
                    "chooses among values",
                    "Where two of them are equal, rounding or their order decides; elsewhere the model is exact.",
                ),
                "numeric" => (
                    "is sampled, or known in floating point only",
                    "The model is equivariant up to the error of these numbers.",
                ),
                "break" => (
                    "breaks the symmetry",
                    "What is left is the subgroup that fixes the constant; all of the group only if it moves the constant too.",
                ),
                "approx" => (
                    "reads cells that the group moves off the grid",
                    "The model is equivariant up to interpolation.",
                ),
                _ => ("weakens the claim", "The model is less than exactly equivariant."),
            };
            let mut d = Diagnostic::error(
                "GDL0128",
                format!("the signature claims more than its certificate: `{}`", flag.name),
                span,
                format!("claims that {} is exact", self.model.name),
            )
            .note(why)
            .help(format!(
                "Ask for less by name, `under {group} [{}]`, or take the place out.",
                [self.model.allowed.as_slice(), &[flag.name.to_string()]]
                    .concat()
                    .join(", ")
            ));
            for at in flag.spans.iter().take(3) {
                d = d.label(*at, label);
            }
            ok = Err(self.report(d));
        }
        ok
    }

    pub(crate) fn under(&mut self, u: &Under, env: &mut Env) -> R<()> {
        self.model.group = self.group_named(&u.group, env)?;
        for f in &u.flags {
            if !FLAGS.contains(&f.name.as_str()) {
                return Err(self.unknown(&f.name, f.span, "flag", &FLAGS.map(String::from)));
            }
        }
        self.model.allowed = u.flags.iter().map(|f| f.name.clone()).collect();
        Ok(())
    }

    /// The group that an expression names.
    pub(crate) fn group_named(&mut self, e: &Expr, env: &mut Env) -> R<Group> {
        match self.eval(e, env)? {
            Val::Group(g) => Ok(g),
            other => Err(self.error(
                "GDL0111",
                "a group is needed here",
                e.span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    /// Whether the declared group is a symmetry of a domain.
    fn natural(&mut self, d: &Domain, span: Span, group_span: Span) -> R<()> {
        let group = self.model.group.clone();
        match &d.kind {
            DomainKind::Grid { rank, .. } => {
                let rank = rank.value().unwrap_or(2) as usize;
                let nearly = group.grid_subgroup(rank).is_some();
                if group.acts_on_grid(rank) || nearly && self.model.allows("approx") {
                    return Ok(());
                }
                let bad = group
                    .generators()
                    .into_iter()
                    .find(|g| group.point_matrix(g, rank).is_none());
                let largest = match rank {
                    1 => "D(1)",
                    2 => "D(4)",
                    _ => "Oh",
                };
                let shown = bad.map_or("a small rotation".to_string(), |g| g.to_string());
                Err(self.report(
                    Diagnostic::error(
                        "GDL0112",
                        format!("{group} is not a symmetry of a grid with {rank} axes"),
                        group_span,
                        "moves cells off the grid",
                    )
                    .label(span, format!("its largest point group is {largest}"))
                    .counterexample(Some(format!("{shown}:  a cell centre lands between cells")))
                    .help(if nearly {
                        format!(
                            "Declare `under {largest}` or a subgroup of it, or ask for less: `under {group} [approx]`."
                        )
                    } else {
                        format!("Declare `under {largest}` or a subgroup of it.")
                    }),
                ))
            }
            DomainKind::Cloud { dim, cutoff, knn } => {
                let d = dim.value().unwrap_or(3) as usize;
                let rigid = !group.acts_on_space(d) || group.acts_orthogonally(d);
                if !rigid && (cutoff.is_some() || knn.is_some()) {
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0112",
                            format!("{group} does not keep the distances by which neighbours are found"),
                            span,
                            "who is near changes under the group",
                        )
                        .label(group_span, "moves points by matrices that are not orthogonal")
                        .counterexample(
                            group
                                .witness_elements()
                                .first()
                                .map(|g| format!("{}:  distances change, and with them the edges", group.describe(g))),
                        )
                        .help("Leave `cutoff` and `knn` out: the edges then come with the data."),
                    ));
                }
                let elsewhere = (1..=3).any(|k| k != d && group.acts_on_space(k));
                if group == gdl_rep::Group::Trivial || group.acts_on_space(d) || !elsewhere {
                    return Ok(());
                }
                Err(self.report(
                    Diagnostic::error(
                        "GDL0112",
                        format!("{group} does not act on points of {d}-dimensional space"),
                        group_span,
                        "acts on a space of another dimension",
                    )
                    .label(span, format!("positions have {d} coordinates"))
                    .help(format!("Declare `under O({d})` or a subgroup of it.")),
                ))
            }
            _ => Ok(()),
        }
    }

    /// The windows of a coarsening of a periodic grid must go round it: only then is a translation left that moves them to each other.
    fn goes_round(&mut self, d: DomainId, span: Span) -> R<()> {
        let DomainKind::Coarse {
            window, stride, pad, ..
        } = &self.domain(d).kind
        else {
            return Ok(());
        };
        let (Some(w), Some(s), Some(p)) = (window.value(), stride.value(), pad.value()) else {
            return Ok(());
        };
        if w == s + 2 * p || !super::nodes_util::grid_of(self, d).is_some_and(|g| g.wrap) {
            return Ok(());
        }
        let name = self.domain(d).name.clone();
        Err(self.report(
            Diagnostic::error(
                "GDL0113",
                format!("the windows of `{name}` do not go round the periodic grid"),
                span,
                format!("windows of {w} cells in steps of {s}, padded by {p}"),
            )
            .counterexample(Some(format!("translation by {s} cells:  the last window does not become the first")))
            .note("On a grid with `edge = wrap` translations are symmetries; n cells make n / stride windows iff window = stride + 2·pad.")
            .help("Take `window = stride + 2*pad`, or declare the grid with `edge = zero`."),
        ))
    }

    /// Strides and pooling ask for congruences of the extents; the signature must promise them.
    fn congruences(&mut self, span: Span) -> R<()> {
        let mut ok = Ok(());
        for k in 0..self.model.domains.len() {
            ok = ok.and(self.goes_round(DomainId(k as u32), span));
            let Some((root, modulus, remainder)) = self.congruence_of(DomainId(k as u32)) else {
                continue;
            };
            let (m, r) = self.domain(root).size;
            self.model.congruences.push(Congruence {
                domain: root,
                modulus,
                remainder,
                span,
            });
            if m % modulus == 0 && (r - remainder).rem_euclid(modulus) == 0 {
                continue;
            }
            let name = self.domain(root).name.clone();
            let write = if remainder == 0 {
                format!("size = {modulus}*k")
            } else {
                format!("size = {modulus}*k + {remainder}")
            };
            let coarse = self.domain(DomainId(k as u32)).name.clone();
            ok = Err(self.report(
                Diagnostic::error(
                    "GDL0113",
                    format!("the sides of `{name}` must have the form {}", &write[7..]),
                    span,
                    format!("`{coarse}` is a union of orbits only then"),
                )
                .counterexample(Some(format!(
                    "side {}:  reflected windows do not lie on the windows",
                    modulus + (remainder + 1) % modulus
                )))
                .note("A stride is equivariant iff n + 2·pad − window is divisible by it on every axis.")
                .help(format!("Declare `{name}: grid(…, {write})`.")),
            ));
        }
        ok
    }

    /// For a coarse grid: (grid of the signature, modulus, remainder) that its extents need.
    fn congruence_of(&self, d: DomainId) -> Option<(DomainId, i64, i64)> {
        let mut chain = Vec::new();
        let mut at = d;
        while let DomainKind::Coarse {
            of,
            window,
            stride,
            pad,
        } = &self.domain(at).kind
        {
            chain.push((window.value()?, stride.value()?, pad.value()?));
            at = *of;
        }
        if chain.is_empty() {
            return None;
        }
        // extent = (n + c) / m, exactly.
        let (mut m, mut c) = (1i64, 0i64);
        for (w, s, p) in chain.iter().rev() {
            c += m * (2 * p - w);
            m *= s;
            if m > 4096 {
                return None;
            }
            // The next extent is (n + c) / m + 1.
            c += m;
        }
        Some((at, m, (-c).rem_euclid(m)))
    }
}
