//! Calls: of layers (inlined, checked with what is known), of maps, of built-in functions; pipes.

use super::env::{CallArg, Kind, Network};
use super::misfit::Misfit;
use super::{Checker, Env, LayerRef, MAX_CALLS, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp};
use crate::types::{Elem, Int, Rep, Type};
use gdl_syntax::ast::{Arg, Expr, ExprKind, ResultTy, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// `f(args)`.
    pub(crate) fn call(&mut self, f: &Expr, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        self.call_with(None, f, args, span, env)
    }

    /// `x |> f(args)`, `x |> f`.
    pub(crate) fn pipe(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval(lhs, env)?;
        match &rhs.kind {
            ExprKind::Call { f, args } => self.call_with(Some((x, lhs)), f, args, span, env),
            _ => self.call_with(Some((x, lhs)), rhs, &[], span, env),
        }
    }

    fn call_with(&mut self, first: Option<(Val, &Expr)>, f: &Expr, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        if let ExprKind::Field { base, name } = &f.kind {
            let on = self.eval(base, env)?;
            if matches!(on, Val::Domain(_) | Val::Var(_) | Val::Group(_)) {
                return self.method(&on, name, args, span, env);
            }
        }
        if let ExprKind::Name(n) = &f.kind
            && env.get(n).is_none()
            && super::functions::is_special(n)
            && self.program.find(env.module, n).is_none()
            && first.is_none()
        {
            return self.special(n, args, span, env);
        }
        let callee = self.eval(f, env)?;
        let mut list: Vec<CallArg<'_>> = Vec::new();
        if let Some((v, e)) = first {
            list.push(CallArg {
                name: None,
                expr: Some(e),
                val: Some(v),
            });
        }
        for a in args {
            let name = a.name.as_ref().map(|n| n.name.as_str());
            let hole = matches!(&a.value.kind, ExprKind::Name(n) if n == "_");
            let val = if hole { None } else { Some(self.eval(&a.value, env)?) };
            list.push(CallArg {
                name,
                expr: Some(&a.value),
                val,
            });
        }
        self.apply_callee(&callee, list, f.span, span)
    }

    /// Calls something with evaluated arguments.
    pub(crate) fn apply_callee(&mut self, callee: &Val, args: Vec<CallArg<'_>>, f_span: Span, span: Span) -> R<Val> {
        match callee {
            Val::Poison => Err(Reported),
            Val::Layer(layer) => {
                if args.iter().any(|a| a.val.is_none()) {
                    return Ok(Val::Network(Rc::new(Network {
                        layer: layer.clone(),
                        args: args
                            .iter()
                            .map(|a| (a.name.map(str::to_string), a.val.clone()))
                            .collect(),
                        path: String::new(),
                    })));
                }
                let name = &layer.callable.name.name;
                if layer.is_model {
                    return self.call_again(layer, &args, name.clone(), span);
                }
                let path = self.fresh_path(name);
                self.call_layer(layer, &args, path, span)
            }
            Val::Network(net) => self.call_network(net, &args, span),
            Val::Word(w) => {
                let vals: Vec<(Val, Span)> = args
                    .iter()
                    .filter_map(|a| Some((a.val.clone()?, a.expr.map_or(span, |e| e.span))))
                    .collect();
                self.builtin(w, &vals, f_span, span)
            }
            Val::Node(_) | Val::Trusted(_) => {
                let [arg] = args.as_slice() else {
                    return Err(self.error(
                        "GDL0111",
                        "a map takes one argument",
                        span,
                        format!("{} were given", args.len()),
                    ));
                };
                let at = arg.expr.map_or(span, |e| e.span);
                let x = match &arg.val {
                    Some(v) => self.to_node(v, at)?,
                    None => return Err(self.error("GDL0111", "`_` stands only in a `param` network", at, "not here")),
                };
                match callee {
                    Val::Trusted(t) => self.call_trusted(t, x, at, span),
                    Val::Node(map) => self.apply_map(*map, x, f_span, at, span),
                    _ => Err(Reported),
                }
                .map(Val::Node)
            }
            other => Err(self.error(
                "GDL0111",
                "this cannot be called",
                f_span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    /// `W(x)`: a linear map applied to a vector.
    fn apply_map(&mut self, map: NodeId, x: NodeId, f_span: Span, x_span: Span, span: Span) -> R<NodeId> {
        let map_ty = self.node(map).ty.clone();
        let Some((a, b)) = map_ty.as_rep().filter(|_| map_ty.sets.is_empty()).and_then(Rep::as_hom) else {
            let shown = self.show(&map_ty);
            return Err(self.error(
                "GDL0111",
                "this is not a linear map",
                f_span,
                format!("`{shown}`, not `hom(a, b)`"),
            ));
        };
        self.lift(&[x], span, &mut |c, args| {
            let x = args[0];
            let ty = c.node(x).ty.clone();
            let Some(r) = ty.as_rep() else {
                return Err(c.points_are_affine("a linear map cannot be applied to a point", x_span));
            };
            if !r.same(&a) {
                let r = r.clone();
                return Err(c.report(
                    Diagnostic::error(
                        "GDL0101",
                        "the argument of this map has another type",
                        x_span,
                        format!("`{r}`"),
                    )
                    .label(f_span, format!("maps `{a}` to `{b}`"))
                    .help(format!("Declare the map as `hom({r}, {b})`.")),
                ));
            }
            c.same_fibre(map, x, span)?;
            let id = c.add(TOp::Apply { map, x }, Type::rep(b.clone()), &[map, x], span);
            if b.gauge.is_some() {
                let fibre = c.node(x).fibre.or(c.node(map).fibre);
                c.set_fibre(id, fibre);
            }
            Ok(id)
        })
    }

    fn call_network(&mut self, net: &Rc<Network>, args: &[CallArg<'_>], span: Span) -> R<Val> {
        let mut given = args.iter();
        let mut full: Vec<CallArg<'_>> = Vec::new();
        let mut names: Vec<Option<String>> = Vec::new();
        for (name, val) in &net.args {
            let val = match val {
                Some(v) => Some(v.clone()),
                None => given.next().and_then(|a| a.val.clone()),
            };
            full.push(CallArg {
                name: None,
                expr: None,
                val,
            });
            names.push(name.clone());
        }
        full.extend(given.cloned());
        for (a, n) in full.iter_mut().zip(&names) {
            a.name = n.as_deref();
        }
        if full.iter().any(|a| a.val.is_none()) {
            return Err(self.error(
                "GDL0111",
                "this network needs more arguments",
                span,
                format!("{} were given", args.len()),
            ));
        }
        self.call_again(&net.layer, &full, net.path.clone(), span)
    }

    /// A call with the weights of a path: with fresh call counters the second call finds the weights of the first.
    fn call_again(&mut self, layer: &Rc<LayerRef>, args: &[CallArg<'_>], path: String, span: Span) -> R<Val> {
        let saved = std::mem::take(&mut self.calls);
        self.shared += 1;
        let out = self.call_layer(layer, args, path, span);
        self.shared -= 1;
        self.calls = saved;
        out
    }

    /// The path of the next call of a layer here: `conv_2`.
    pub(crate) fn fresh_path(&mut self, name: &str) -> String {
        let count = self.calls.entry((self.path.clone(), name.to_string())).or_insert(0);
        *count += 1;
        let own = format!("{name}_{count}");
        if self.path.is_empty() {
            own
        } else {
            format!("{}.{own}", self.path)
        }
    }

    /// Checks the body of a layer with these arguments.
    pub(crate) fn call_layer(
        &mut self,
        layer: &Rc<LayerRef>,
        args: &[CallArg<'_>],
        path: String,
        span: Span,
    ) -> R<Val> {
        if self.depth >= MAX_CALLS {
            let name = layer.callable.name.name.clone();
            return Err(self.report(
                Diagnostic::error(
                    "GDL0117",
                    format!("`{name}` calls itself without end"),
                    span,
                    format!("{MAX_CALLS} calls deep"),
                )
                .help("A recursive layer needs a compile-time `if` on a number or list that shrinks."),
            ));
        }
        let bound = self.match_args(layer, args, span)?;
        // Values given where the parameter is a value, but the argument a signal: the whole call is lifted.
        let c = &layer.callable;
        let mut lifted: Vec<(usize, NodeId)> = Vec::new();
        for (k, p) in c.params.iter().enumerate() {
            if let Some(Val::Node(n)) = &bound[k].0
                && !self.node(*n).ty.sets.is_empty()
                && is_value_pattern(&p.ty)
            {
                lifted.push((k, *n));
            }
        }
        if lifted.is_empty() {
            return self.inline(layer, bound, path, span);
        }
        let nodes: Vec<NodeId> = lifted.iter().map(|(_, n)| *n).collect();
        let slots: Vec<usize> = lifted.iter().map(|(k, _)| *k).collect();
        self.lift(&nodes, span, &mut |c, inner| {
            let mut bound = bound.clone();
            for (k, n) in slots.iter().zip(inner) {
                bound[*k].0 = Some(Val::Node(*n));
            }
            match c.inline(layer, bound, path.clone(), span)? {
                Val::Node(n) => Ok(n),
                other => Err(c.error(
                    "GDL0111",
                    "a layer lifted over a signal must have one result",
                    span,
                    other.describe(),
                )),
            }
        })
        .map(Val::Node)
    }

    /// Puts arguments beside parameters.
    fn match_args(&mut self, layer: &Rc<LayerRef>, args: &[CallArg<'_>], span: Span) -> R<Vec<(Option<Val>, Span)>> {
        let c = &layer.callable;
        let name = &c.name.name;
        let mut out: Vec<(Option<Val>, Span)> = vec![(None, span); c.params.len()];
        let mut next = 0;
        for a in args {
            let at = a.expr.map_or(span, |e| e.span);
            let k = match a.name {
                Some(n) => match c.params.iter().position(|p| p.name.name == n) {
                    Some(k) => k,
                    None => {
                        let known: Vec<String> = c.params.iter().map(|p| p.name.name.clone()).collect();
                        return Err(self.unknown(n, at, "parameter", &known));
                    }
                },
                // Domains come with the signals, unless one is passed.
                None => {
                    let passed = matches!(a.val, Some(Val::Domain(_)));
                    let skip = |k: usize| !passed && is_domain_kind(&c.params[k].ty);
                    while next < out.len() && (out[next].0.is_some() || skip(next)) {
                        next += 1;
                    }
                    next
                }
            };
            if k >= out.len() {
                return Err(self.error(
                    "GDL0111",
                    format!("`{name}` takes {} arguments", c.params.len()),
                    at,
                    "one too many",
                ));
            }
            out[k] = (a.val.clone(), at);
        }
        for (k, p) in c.params.iter().enumerate() {
            if out[k].0.is_none() && p.default.is_none() && !is_domain_kind(&p.ty) {
                return Err(self.error(
                    "GDL0111",
                    format!("`{name}` needs an argument `{}`", p.name.name),
                    span,
                    "it is missing here",
                ));
            }
        }
        Ok(out)
    }

    /// Binds the signature and checks the body.
    fn inline(&mut self, layer: &Rc<LayerRef>, args: Vec<(Option<Val>, Span)>, path: String, span: Span) -> R<Val> {
        let c = &layer.callable;
        let mut env = Env::new(layer.module);
        self.same_group(layer, span)?;
        for (k, p) in c.params.iter().enumerate() {
            let (val, at) = args[k].clone();
            let val = match (val, &p.default) {
                (Some(v), _) => v,
                (None, Some(d)) => self.eval(d, &mut env)?,
                (None, None) => continue,
            };
            if matches!(val, Val::Poison) {
                return Err(Reported);
            }
            self.bind_param(layer, k, val, at, &mut env)?;
        }
        if let Some(p) = c.params.iter().find(|p| env.get(&p.name.name).is_none()) {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    format!("which domain is `{}` of `{}`?", p.name.name, c.name.name),
                    span,
                    "no argument lives on it",
                )
                .help(format!("Pass it: `{}({} = …, …)`.", c.name.name, p.name.name)),
            ));
        }
        for w in &c.wheres {
            self.check_where(layer, &w.name.name, &w.ty, span, &mut env)?;
        }
        let saved_path = std::mem::replace(&mut self.path, path);
        self.depth += 1;
        self.outer_span.push(span);
        let out = self
            .block(&c.body, &mut env)
            .and_then(|v| self.check_result(layer, v, &mut env));
        self.outer_span.pop();
        self.depth -= 1;
        self.path = saved_path;
        out
    }

    /// What says `under G` is called under G: its representations are those of G.
    fn same_group(&mut self, layer: &Rc<LayerRef>, span: Span) -> R<()> {
        let Some(u) = &layer.callable.under else { return Ok(()) };
        let group = self.group_named(&u.group, &mut Env::new(layer.module))?;
        if group == self.model.group {
            return Ok(());
        }
        let (name, own) = (&layer.callable.name.name, self.model.group.to_string());
        Err(self.report(
            Diagnostic::error(
                "GDL0116",
                format!("`{name}` is written for {group}"),
                span,
                format!("called under {own}"),
            )
            .label(u.group.span, "its representations are those of this group")
            .help(format!(
                "Declare `under {}` here.",
                gdl_syntax::print::print_expr(&u.group)
            )),
        ))
    }

    fn bind_param(&mut self, layer: &Rc<LayerRef>, k: usize, val: Val, at: Span, env: &mut Env) -> R<()> {
        let c = &layer.callable;
        let p = &c.params[k];
        let name = p.name.name.clone();
        if let (Val::Domain(d), true) = (&val, is_domain_kind(&p.ty)) {
            return match self.bind_domain(&name, *d, &p.ty, env) {
                Ok(()) => Ok(()),
                Err(why) => Err(self.misfit(layer, &name, &why, None, at)),
            };
        }
        if let Some(kind) = self.kind_of(&p.ty, env)? {
            let bound = match self.coerce_kind(&kind, &val) {
                Ok(v) => v,
                Err(why) => return Err(self.misfit(layer, &name, &why, val.to_rep().as_ref(), at)),
            };
            env.set(&name, bound);
            return Ok(());
        }
        let node = self.to_node(&val, at)?;
        let ty = self.node(node).ty.clone();
        if let Err(why) = self.unify(&p.ty, &ty, c, env) {
            return Err(self.misfit(layer, &name, &why, ty.as_rep(), at));
        }
        env.set(&name, Val::Node(node));
        Ok(())
    }

    /// A compile-time argument of a kind.
    pub(crate) fn coerce_kind(&mut self, kind: &Kind, val: &Val) -> Result<Val, Misfit> {
        match kind {
            Kind::Rep(k, gauge) => {
                let mut r = match val.to_rep() {
                    Some(r) => r,
                    None => match val.to_space() {
                        Some(s) => Rep::atom(Int::num(1), crate::types::Atom::Fixed(Box::new(s))),
                        None => return Err(format!("a representation is needed; this is {}", val.describe()).into()),
                    },
                };
                if let Some(d) = gauge {
                    r = self.as_gauge_rep(&r, *d)?;
                }
                self.fits_kind(&r, *k, *gauge)?;
                Ok(Val::Rep(r))
            }
            Kind::Int | Kind::Odd => match val {
                Val::Int(n) => match n.value() {
                    Some(v) if *kind == Kind::Odd && v % 2 == 0 => {
                        Err(format!("{v} is even: a window needs a centre, which only odd sizes have").into())
                    }
                    _ => Ok(val.clone()),
                },
                Val::Rep(r) => r.scalar_count().map(Val::Int).ok_or("a whole number is needed".into()),
                other => Err(format!("a whole number is needed; this is {}", other.describe()).into()),
            },
            Kind::List => match val {
                Val::List(_) => Ok(val.clone()),
                other => Err(format!("a list `[…]` is needed; this is {}", other.describe()).into()),
            },
            Kind::Word => match val {
                Val::Word(_)
                | Val::Str(_)
                | Val::Layer(_)
                | Val::Network(_)
                | Val::Bool(_)
                | Val::Num(_)
                | Val::Int(_) => Ok(val.clone()),
                other => Err(format!("a function or option word is needed; this is {}", other.describe()).into()),
            },
            Kind::Group => match val {
                Val::Group(_) => Ok(val.clone()),
                other => Err(format!("a group is needed; this is {}", other.describe()).into()),
            },
            Kind::Domain(_) => match val {
                Val::Domain(_) => Ok(val.clone()),
                other => Err(format!("a domain is needed; this is {}", other.describe()).into()),
            },
        }
    }

    /// Reads irreps `irrep(k)` as representations of a mesh's gauge SO(2).
    fn as_gauge_rep(&self, r: &Rep, d: crate::types::DomainId) -> Result<Rep, Misfit> {
        match r.gauge {
            Some(g) if g != d.0 => Err("it belongs to the gauge of another mesh".into()),
            _ => Ok(r.in_gauge(d.0)),
        }
    }

    fn check_where(&mut self, layer: &Rc<LayerRef>, name: &str, ty: &Expr, span: Span, env: &mut Env) -> R<()> {
        let Some(val) = env.get(name).cloned() else {
            return Ok(());
        };
        let why = match (self.kind_of(ty, env)?, &val) {
            (Some(Kind::Rep(k, gauge)), v) => match v.to_rep() {
                Some(r) => self.fits_kind(&r, k, gauge).err(),
                None => Some("a representation is needed".into()),
            },
            _ => None,
        };
        match why {
            Some(why) => Err(self.misfit(layer, name, &why, val.to_rep().as_ref(), span)),
            None => Ok(()),
        }
    }

    /// The result of a layer against its declaration.
    pub(crate) fn check_result(&mut self, layer: &Rc<LayerRef>, val: Val, env: &mut Env) -> R<Val> {
        let c = &layer.callable;
        match &c.result {
            None => Ok(val),
            Some(ResultTy::Single(e)) => {
                let span = c.body.stmts.last().map_or(c.name.span, |s| s.span);
                let node = self.to_node(&val, span)?;
                self.result_fits(e, node, c.body.stmts.first().map_or(span, |s| s.span), span, env)
                    .map(Val::Node)
            }
            Some(ResultTy::Record(fields)) => {
                let mut out = Vec::new();
                let (start, end) = (
                    c.body.stmts.first().map_or(c.name.span, |s| s.span),
                    c.body.stmts.last().map_or(c.name.span, |s| s.span),
                );
                for (name, e) in fields {
                    let v = match &val {
                        Val::Record(given) => given.iter().find(|(n, _)| *n == name.name).map(|(_, v)| v.clone()),
                        _ => None,
                    };
                    let Some(v) = v.or_else(|| env.get(&name.name).cloned()) else {
                        return Err(self.report(
                            Diagnostic::error(
                                "GDL0110",
                                format!("the result `{}` is missing", name.name),
                                name.span,
                                "declared here",
                            )
                            .help(format!(
                                "End the body with `({} = …, …)` or define `{}`.",
                                name.name, name.name
                            )),
                        ));
                    };
                    let node = self.to_node(&v, name.span)?;
                    out.push((
                        name.name.clone(),
                        Val::Node(self.result_fits(e, node, start, end, env)?),
                    ));
                }
                Ok(Val::Record(out))
            }
        }
    }

    /// `start` and `end` are the first and last statement of the body.
    fn result_fits(&mut self, e: &Expr, node: NodeId, start: Span, end: Span, env: &mut Env) -> R<NodeId> {
        let declared = self.eval(e, env)?;
        let Some(want) = declared.to_type() else {
            return Err(self.error("GDL0111", "a type is needed after `->`", e.span, declared.describe()));
        };
        let have = self.node(node).ty.clone();
        if have.same(&want) {
            return Ok(node);
        }
        if let (TOp::Number(_) | TOp::Constant(_), Elem::Rep(_)) = (&self.node(node).op, &want.elem)
            && want.sets.is_empty()
            && want.as_rep().is_some_and(Rep::is_permutation)
            && have.same(&Type::scalar())
        {
            return Ok(node);
        }
        let (h, w, at) = (self.show(&have), self.show(&want), self.node(node).span);
        let inside = at.file == start.file && start.start <= at.start && at.end <= end.end;
        let at = if inside { at } else { end };
        Err(self.report(
            Diagnostic::error(
                "GDL0110",
                "the result has another type than declared",
                at,
                format!("this is `{h}`"),
            )
            .label(e.span, format!("declared as `{w}`"))
            .help("Change the declaration, or end with `linear(…, V)`."),
        ))
    }
}

/// Whether a parameter type names a kind of domains.
fn is_domain_kind(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Name(n) => matches!(n.as_str(), "set" | "seq" | "graph" | "mesh" | "domain"),
        ExprKind::Call { f, .. } => {
            matches!(&f.kind, ExprKind::Name(n) if matches!(n.as_str(), "grid" | "cloud" | "set" | "seq"))
        }
        _ => false,
    }
}

/// Whether a parameter type is that of a value, not a signal or kind.
fn is_value_pattern(e: &Expr) -> bool {
    !matches!(
        &e.kind,
        ExprKind::Binary {
            op: gdl_syntax::ast::BinOp::Arrow,
            ..
        }
    )
}

impl Rep {
    /// If it is `hom(a, b)`, possibly as a fixed element: a and b.
    pub fn as_hom(&self) -> Option<(Rep, Rep)> {
        match self.blocks() {
            [(n, crate::types::Atom::Hom(a, b))] if n.is(1) => Some(((**a).clone(), (**b).clone())),
            [(n, crate::types::Atom::Fixed(s))] if n.is(1) && s.sets.is_empty() => s.rep.as_hom(),
            _ => None,
        }
    }
}
