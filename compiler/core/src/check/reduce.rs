//! Reductions and the binders of definitions: rules linear, order, empty, fibres.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp, VarId, VarKind, Weight};
use crate::types::{Atom, DomainKind, Elem, Rep, Set, Type};
use gdl_rep::Exact;
use gdl_syntax::ast::{BinOp, Binder, Expr, ExprKind, Ident, RedOp, Reduction, Span};

impl Checker<'_> {
    pub(crate) fn reduction(&mut self, r: &Reduction, span: Span, env: &mut Env) -> R<Val> {
        env.push();
        let out = self.reduction_in(r, span, env);
        env.pop();
        out
    }

    fn reduction_in(&mut self, r: &Reduction, span: Span, env: &mut Env) -> R<Val> {
        if let [Binder::In(name, set)] = r.binders.as_slice()
            && let ExprKind::Name(n) = &set.kind
            && matches!(env.get(n), Some(Val::Batch))
        {
            env.set(&name.name, Val::Sample);
            let body = self.eval_node(&r.body, env)?;
            return self.batch_mean(r.op, body, span).map(Val::Node);
        }
        if r.by.is_some() && r.op != RedOp::Mean {
            return Err(self.error("GDL0006", "`by` weights a mean", r.op_span, "not another reduction"));
        }
        let mut scope: Vec<&Expr> = vec![&r.body];
        scope.extend(&r.conds);
        scope.extend(r.by.iter().map(|b| &b.weight));
        let mut vars = Vec::new();
        for b in &r.binders {
            vars.push(self.bind(b, &scope, env)?);
        }
        let mut cond: Option<NodeId> = None;
        for c in &r.conds {
            let x = self.eval_node(c, env)?;
            if !self.node(x).ty.same(&Type::scalar()) {
                return Err(self.error(
                    "GDL0101",
                    "a condition is one invariant number, 0 or 1",
                    c.span,
                    "not a truth value",
                ));
            }
            cond = Some(match cond {
                Some(y) => self.multiply(y, x, c.span)?,
                None => x,
            });
        }
        let by = match &r.by {
            Some(b) => {
                let node = self.eval_node(&b.weight, env)?;
                if !self.node(node).ty.same(&Type::scalar()) {
                    let shown = self.show(&self.node(node).ty.clone());
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0101",
                            "a weight is one invariant number",
                            b.weight.span,
                            format!("this is `{shown}`"),
                        )
                        .help("Take an inner product: `by softmax dot(q, k)`."),
                    ));
                }
                Some(Weight {
                    softmax: b.softmax,
                    node,
                })
            }
            None => None,
        };
        let mut body = self.eval_node(&r.body, env)?;
        self.ranges_over_all(r, &vars, cond.is_some(), by.is_some())?;
        let empty_ok = r.op == RedOp::Sum || r.op == RedOp::Prod;
        let proof = empty_ok
            || (vars.iter().all(|&v| self.is_nonempty(v, &vars, env))
                && self.conds_hold_somewhere(&r.conds, &vars, env));
        let default = match (&r.default, proof) {
            (Some(d), _) => {
                let ty = self.node(body).ty.clone();
                let value = self.default_value(d, &ty, env)?;
                self.stands_alone(value, &vars, d.span)?;
                self.same_fibre(body, value, d.span)?;
                Some(value)
            }
            (None, true) => None,
            (None, false) => return Err(self.may_be_empty(r, &vars)),
        };
        for (k, &v) in vars.iter().enumerate().rev() {
            let first = k + 1 == vars.len();
            let (c, b) = if first { (cond, by) } else { (None, None) };
            body = self.reduce_over(r.op, v, c, b, body, default, r, span)?;
        }
        Ok(Val::Node(body))
    }

    /// Several indices are reduced one after the other, which is the reduction over all tuples only if every index has the same range
    /// for all others.
    fn ranges_over_all(&mut self, r: &Reduction, vars: &[VarId], cond: bool, by: bool) -> R<()> {
        let edges = vars.iter().any(|v| matches!(self.model.var(*v).set, Set::Edges(_)));
        let mixed = match r.op {
            RedOp::Sum | RedOp::Prod => r.default.is_some(),
            RedOp::LogSumExp => cond || by || edges || r.default.is_some(),
            _ => cond || by || edges,
        };
        if vars.len() < 2 || !mixed {
            return Ok(());
        }
        let word = red_word(r.op);
        Err(self.report(
            Diagnostic::error(
                "GDL0105",
                format!("this {word} over several indices is not one over all of their values"),
                r.op_span,
                "the ranges of its indices depend on each other",
            )
            .note("It is taken index by index, and an inner range may be empty where the whole is not.")
            .help(format!(
                "Nest it, with a default for each: `{word} i in s: ({word} j in s if …: … else 0)`; or divide sums, which take any condition."
            )),
        ))
    }

    /// What stands for an empty range names none of its elements.
    fn stands_alone(&mut self, value: NodeId, vars: &[VarId], span: Span) -> R<()> {
        let ends = vars
            .iter()
            .filter_map(|v| self.model.var(*v).ends)
            .flat_map(|(s, d)| [s, d]);
        let bound: Vec<VarId> = ends
            .filter(|v| self.model.var(*v).kind == VarKind::End)
            .chain(vars.iter().copied())
            .collect();
        let Some(&v) = self.node(value).deps.iter().find(|d| bound.contains(d)) else {
            return Ok(());
        };
        let name = self.model.var(v).name.clone();
        Err(self.report(
            Diagnostic::error(
                "GDL0127",
                "this default depends on an element of the empty range",
                span,
                format!("when it is needed, there is no `{name}`"),
            )
            .note("The value after `else` is that of the whole reduction when nothing is reduced.")
            .help("Write a fixed value, 0 for instance, or one that depends on outer indices only."),
        ))
    }

    #[allow(clippy::too_many_arguments)]
    fn reduce_over(
        &mut self,
        op: RedOp,
        var: VarId,
        cond: Option<NodeId>,
        by: Option<Weight>,
        body: NodeId,
        default: Option<NodeId>,
        r: &Reduction,
        span: Span,
    ) -> R<NodeId> {
        let ty = self.node(body).ty.clone();
        if !ty.sets.is_empty() && ty.sets.iter().any(Set::is_dynamic) {
            let shown = self.show(&ty);
            return Err(self.error(
                "GDL0111",
                "the body of a reduction is a value",
                r.body.span,
                format!("this is the signal `{shown}`; read it at an index"),
            ));
        }
        let word = red_word(op);
        match &ty.elem {
            Elem::Point(_) if op != RedOp::Mean => {
                return Err(self.points_are_affine(&format!("a {word} of points depends on the origin"), r.op_span));
            }
            Elem::Index(_) => return Err(self.error("GDL0111", "labels cannot be reduced", r.body.span, "an index")),
            Elem::Rep(rep) if !matches!(op, RedOp::Sum | RedOp::Mean) && !rep.is_permutation() => {
                return Err(self.not_ordered(op, &rep.clone(), r));
            }
            _ => {}
        }
        let mut bound = vec![var];
        let mut extra = Vec::new();
        if let Some((s, d)) = self.model.var(var).ends {
            for v in [s, d] {
                if self.model.var(v).kind == VarKind::End {
                    bound.push(v)
                } else {
                    extra.push(v)
                }
            }
        }
        let fibre = self.node(body).fibre;
        if let Some(f) = fibre.filter(|f| bound.contains(f)) {
            if let Some(&to) = extra.first() {
                return Err(self.fibre_mismatch(Some(f), Some(to), span));
            }
            let name = self.model.var(f).name.clone();
            return Err(self.report(
                Diagnostic::error(
                    "GDL0125",
                    "vectors of different fibres are summed",
                    span,
                    format!("each lies in the tangent plane over its own `{name}`"),
                )
                .note("There is no common frame in which to add them.")
                .help("Transport each along its edge to one vertex, or reduce to invariants (`norm2`) first."),
            ));
        }
        let mut args = vec![body];
        args.extend(cond);
        args.extend(by.map(|b| b.node));
        args.extend(default);
        let id = self.add_with(
            TOp::Reduce {
                op,
                var,
                cond,
                by,
                body,
                default,
            },
            ty,
            &args,
            &extra,
            &bound,
            span,
        );
        self.set_fibre(id, fibre);
        Ok(id)
    }

    /// `mean a in batch: …` in a `train` block.
    fn batch_mean(&mut self, op: RedOp, body: NodeId, span: Span) -> R<NodeId> {
        if op != RedOp::Mean {
            return Err(self.report(
                Diagnostic::error("GDL0111", "the batch is averaged", span, "not another reduction")
                    .help("Write `mean a in batch: …`, so that the batch size does not matter."),
            ));
        }
        let ty = self.node(body).ty.clone();
        if !ty.sets.is_empty() {
            let shown = self.show(&ty);
            return Err(self.error(
                "GDL0111",
                "reduce over the nodes of each sample first",
                span,
                format!("this is the signal `{shown}`"),
            ));
        }
        Ok(self.add(TOp::BatchMean { x: body }, ty, &[body], span))
    }

    fn may_be_empty(&mut self, r: &Reduction, vars: &[VarId]) -> super::Reported {
        let word = red_word(r.op);
        let sets: Vec<String> = vars
            .iter()
            .map(|v| self.show_set(&self.model.var(*v).set.clone()))
            .collect();
        let why = if !r.conds.is_empty() {
            "the condition may hold for none".to_string()
        } else {
            format!("`{}` may have no elements", sets.join(" × "))
        };
        self.report(
            Diagnostic::error("GDL0105", format!("this {word} can be empty"), r.op_span, why)
                .note(format!(
                    "The {word} of nothing must be a written value, and what is written must be fixed by the group."
                ))
                .help(if matches!(r.op, RedOp::Mean) {
                    "Add `else 0`, or declare the set `nonempty`.".to_string()
                } else {
                    format!("Add `else 0` (or another value) after the body of the {word}.")
                }),
        )
    }

    fn not_ordered(&mut self, op: RedOp, rep: &crate::types::Rep, r: &Reduction) -> super::Reported {
        let word = red_word(op);
        let counter = self.concrete(rep).and_then(|(g, k)| {
            gdl_rep::witness::generic(&g, &k.times(2), &k, |v| {
                let (a, b) = v.split_at(v.len() / 2);
                a.iter()
                    .zip(b)
                    .map(|(x, y)| if op == RedOp::Prod { x * y } else { x.max(*y) })
                    .collect()
            })
        });
        self.report(
            Diagnostic::error("GDL0108", format!("`{word}` is not equivariant on this field"), r.op_span, format!("compares components of `{rep}`, which the group mixes"))
                .counterexample(counter.map(super::shown::said))
                .note("Only sums commute with every linear action; extrema and products need a basis that the group permutes.")
                .help(format!("Use `sum` or `mean`, or take the {word} of norms: `{word} …: norm2(…)`.")),
        )
    }

    /// Introduces the variables of a binder.
    pub(crate) fn bind(&mut self, b: &Binder, scope: &[&Expr], env: &mut Env) -> R<VarId> {
        match b {
            Binder::Bare(name) => {
                let set = match self.infer_set(&name.name, scope, env) {
                    Some(s) => s,
                    None if scope.iter().any(|e| super::infer::reads_poison(&name.name, e, env)) => {
                        return Err(super::Reported);
                    }
                    // What is wrong with the edges whose end it is comes first.
                    None if self.edges_fail(&name.name, scope, env) => return Err(super::Reported),
                    None => {
                        return Err(self.report(
                            Diagnostic::error(
                                "GDL0111",
                                format!("over what does `{}` range?", name.name),
                                name.span,
                                "it is not used as an index of a known signal",
                            )
                            .help(format!("Say it: `{} in S`.", name.name)),
                        ));
                    }
                };
                self.bind_name(name, set, env)
            }
            Binder::In(name, e) => {
                let v = self.eval(e, env)?;
                match v.to_set() {
                    Some(set) => self.bind_name(name, set, env),
                    None => Err(self.error(
                        "GDL0111",
                        "an index set is needed after `in`",
                        e.span,
                        format!("this is {}", v.describe()),
                    )),
                }
            }
            Binder::Edge { edge, src, dst, set } => {
                let v = self.eval(set, env)?;
                let Val::Set(Set::Edges(d)) = v else {
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0111",
                            "only edges have ends",
                            set.span,
                            format!("this is {}", v.describe()),
                        )
                        .help("Write `e: j -> i in g.edges`."),
                    ));
                };
                if src.name == dst.name {
                    return Err(self.report(
                        Diagnostic::error("GDL0111", "the ends of an edge have two names", dst.span, "this is the name of its source")
                            .help("Edges from a node to itself are those with `if j == i`: `sum e: j -> i in g.edges if j == i: …`."),
                    ));
                }
                let e = self.bind_name(edge, Set::Edges(d), env)?;
                let nodes = Set::Nodes(self.ends_in(d));
                let mut ends = Vec::new();
                for end in [src, dst] {
                    let tied = match env.get(&end.name) {
                        Some(Val::Var(v)) if self.model.var(*v).set == nodes => Some(*v),
                        _ => None,
                    };
                    ends.push(match tied {
                        Some(v) => v,
                        None => {
                            let v = self.new_var(&end.name, nodes.clone(), VarKind::End);
                            env.set(&end.name, Val::Var(v));
                            v
                        }
                    });
                }
                let free = ends.iter().filter(|v| self.model.var(**v).kind == VarKind::End).count();
                if free == 0 {
                    return Err(self.error(
                        "GDL0111",
                        "both ends of this edge are bound already",
                        set.span,
                        "leave one end free",
                    ));
                }
                if self.ends_in(d) != d && self.model.var(ends[0]).kind != VarKind::End {
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0111",
                            "chosen edges are read at their destination",
                            src.span,
                            format!("`{}` is bound outside", src.name),
                        )
                        .note("Each element chose the edges that end in it; nothing is known of the edges that begin in it.")
                        .help(format!("Bind the destination outside: `sum e: j -> {} in …`.", src.name)),
                    ));
                }
                self.model.vars[e.0 as usize].ends = Some((ends[0], ends[1]));
                Ok(e)
            }
        }
    }

    fn bind_name(&mut self, name: &Ident, set: Set, env: &mut Env) -> R<VarId> {
        if let Set::Circle(_) | Set::Harmonic(_) = set {
            let shown = self.show_set(&set);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    format!("`{shown}` has infinitely many elements"),
                    name.span,
                    "an index ranges over finite sets",
                )
                .help("Read a function of directions at one of them: `K[e.dir]`."),
            ));
        }
        let v = self.new_var(&name.name, set, VarKind::Free);
        env.set(&name.name, Val::Var(v));
        Ok(v)
    }

    /// Whether a range surely has an element; `own` are the indices that are bound with it.
    fn is_nonempty(&self, v: VarId, own: &[VarId], env: &Env) -> bool {
        match &self.model.var(v).set {
            Set::Range(n) => n.value().is_none_or(|n| n > 0),
            Set::Enum(names) => !names.is_empty(),
            Set::Points(r) => !r.blocks().is_empty(),
            Set::Window(..) => true,
            // Each chooses among all, itself included.
            Set::Edges(d) => {
                let tied = self
                    .model
                    .var(v)
                    .ends
                    .is_some_and(|(_, d)| self.model.var(d).kind != VarKind::End);
                tied && matches!(&self.domain(*d).kind, DomainKind::Chosen(c) if !c.others)
            }
            Set::Circle(_) | Set::Harmonic(_) => false,
            Set::Nodes(d) => match &self.domain(self.origin_of(*d)).kind {
                DomainKind::Set { nonempty } | DomainKind::Seq { nonempty } => {
                    *nonempty || self.outer_var_over(*d, own, env)
                }
                DomainKind::Any => self.outer_var_over(*d, own, env),
                _ => true,
            },
        }
    }

    /// Whether an index of a domain is in scope that is not bound by the reduction itself.
    fn outer_var_over(&self, d: crate::types::DomainId, own: &[VarId], env: &Env) -> bool {
        let outer = |w: VarId| !self.binds(own, w) && self.model.var(w).set == Set::Nodes(d);
        env.names()
            .iter()
            .any(|n| matches!(env.get(n), Some(Val::Var(w)) if outer(*w)))
    }

    /// Whether a variable is one of `own` or an end that one of these edges brings along.
    fn binds(&self, own: &[VarId], w: VarId) -> bool {
        own.iter().any(|&v| {
            let end = |(s, d)| (w == s || w == d) && self.model.var(w).kind == VarKind::End;
            v == w || self.model.var(v).ends.is_some_and(end)
        })
    }

    /// Whether all conditions hold at least where the index of the reduction is one certain outer index: `j <= i`, `j == i`.
    fn conds_hold_somewhere(&self, conds: &[Expr], own: &[VarId], env: &Env) -> bool {
        if conds.is_empty() {
            return true;
        }
        let [v] = own else { return false };
        let var = |e: &Expr| match &e.kind {
            ExprKind::Name(n) => match env.get(n) {
                Some(Val::Var(w)) => Some(*w),
                _ => None,
            },
            _ => None,
        };
        let partner = |c: &Expr| match &c.kind {
            ExprKind::Binary {
                op: BinOp::Le | BinOp::Ge | BinOp::Eq,
                lhs,
                rhs,
            } => match (var(lhs)?, var(rhs)?) {
                (a, b) if a == *v => Some(b),
                (a, b) if b == *v => Some(a),
                _ => None,
            },
            _ => None,
        };
        match partner(&conds[0]) {
            Some(w) => !self.binds(own, w) && conds.iter().all(|c| partner(c) == Some(w)),
            None => false,
        }
    }

    /// `i == j`, `j <= i`.
    pub(crate) fn compare_indices(&mut self, op: BinOp, i: VarId, j: VarId, span: Span) -> R<NodeId> {
        use crate::typed::IndexCmp;
        let (si, sj) = (self.model.var(i).set.clone(), self.model.var(j).set.clone());
        if si != sj
            && let (Some(x), Some(y)) = (self.index_number(i, span), self.index_number(j, span))
        {
            return self.compare_values(op, x, y, span);
        }
        if si != sj {
            let (a, b) = (self.show_set(&si), self.show_set(&sj));
            return Err(self.error(
                "GDL0111",
                "these indices belong to different sets",
                span,
                format!("`{a}` and `{b}`"),
            ));
        }
        let ordered = si.is_transparent() || matches!(&si, Set::Nodes(d) if self.domain(*d).kind.is_ordered());
        if !ordered && !matches!(op, BinOp::Eq | BinOp::Ne) {
            let shown = self.show_set(&si);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0123",
                    format!("`{shown}` has no order"),
                    span,
                    "its elements may be renumbered",
                )
                .note("Renumbering is a symmetry of the domain and does not keep the order.")
                .help("Only `==` and `!=` compare its indices. Declare a `seq` if the order means something."),
            ));
        }
        let (a, b) = if matches!(op, BinOp::Gt | BinOp::Ge) {
            (j, i)
        } else {
            (i, j)
        };
        let op = match op {
            BinOp::Eq => IndexCmp::Eq,
            BinOp::Ne => IndexCmp::Ne,
            BinOp::Lt | BinOp::Gt => IndexCmp::Lt,
            _ => IndexCmp::Le,
        };
        Ok(self.add_with(TOp::CompareIndex { op, a, b }, Type::scalar(), &[], &[i, j], &[], span))
    }

    /// The number of an element of a sequence or of a range.
    fn index_number(&mut self, v: VarId, span: Span) -> Option<NodeId> {
        match self.model.var(v).set.clone() {
            Set::Range(n) => {
                let len = n.value().unwrap_or(1);
                let data = (0..len).map(Exact::int).collect();
                let ty = Type::rep(Rep::atom(n, Atom::Known(gdl_rep::Atom::Trivial)));
                let numbers = self.add(TOp::Constant(data), ty, &[], span);
                let ty = Type::scalar();
                Some(self.add_with(TOp::Read { x: numbers, at: v }, ty, &[numbers], &[v], &[], span))
            }
            Set::Nodes(d) if self.domain(d).kind.is_ordered() => {
                Some(self.add_with(TOp::Position(v), Type::scalar(), &[], &[v], &[], span))
            }
            _ => None,
        }
    }
}

pub(crate) fn red_word(op: RedOp) -> &'static str {
    match op {
        RedOp::Sum => "sum",
        RedOp::Mean => "mean",
        RedOp::Max => "max",
        RedOp::Min => "min",
        RedOp::Prod => "prod",
        RedOp::LogSumExp => "logsumexp",
    }
}
