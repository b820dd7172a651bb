//! Parameters, statistics, random draws: elements of T^Γ, the space of fixed elements of their type.

use super::env::Network;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{Draw, Init, NodeId, Param, ParamId, StatDecl, TOp};
use crate::types::{Elem, Rep, Space, Type};
use gdl_rep::Exact;
use gdl_syntax::ast::{Expr, ExprKind, Ident, ParamDecl, Span};
use std::rc::Rc;

impl Checker<'_> {
    pub(crate) fn param(&mut self, p: &ParamDecl, env: &mut Env) -> R<Val> {
        let path = if self.path.is_empty() {
            p.name.name.clone()
        } else {
            format!("{}.{}", self.path, p.name.name)
        };
        let Some(ty_expr) = &p.ty else {
            return self.network(p, path, env);
        };
        if let Some(&n) = self.by_name.get(&path) {
            if self.shared == 0 {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0120",
                        format!("there is another parameter `{path}`"),
                        p.name.span,
                        "weights are told apart by their names",
                    )
                    .help("Take another name; to use weights twice, name a network: `param phi = mlp(_, [64, 64])`."),
                ));
            }
            return Ok(Val::Node(n));
        }
        let ty = self.eval(ty_expr, env)?;
        let Some(space) = ty.to_space() else {
            let Some(set) = ty
                .to_type()
                .and_then(|t| t.sets.into_iter().find(crate::types::Set::is_dynamic))
            else {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        "a parameter needs a type",
                        ty_expr.span,
                        format!("this is {}", ty.describe()),
                    )
                    .help("Write `param W: hom(a, b)`, `param c: 8`, or `param E: enum(H, C) -> 8`."),
                ));
            };
            let moved = self.moved_element(&set);
            return Err(self.report(
                Diagnostic::error("GDL0103", "a parameter cannot live on a run-time domain", ty_expr.span, "its elements are known only when the model runs")
                    .counterexample(moved)
                    .note("Relabelling the elements of the domain fixes no assignment of weights to them but the constant one.")
                    .help("Use static sets (`0..n`, `enum`, `p.window(3)`) and representations; a value for every node comes in as an input."),
            ));
        };
        let init = self.init(p, env)?;
        let dead = self.check_space(&space, ty_expr, p.name.span, env)?;
        let external = self.external_name(p, env)?;
        let param = Param {
            name: path.clone(),
            space: space.clone(),
            init,
            external,
            in_e3nn: p.basis.is_some(),
            span: p.name.span,
        };
        self.model.params.push(param);
        let id = ParamId(self.model.params.len() as u32 - 1);
        let ty = Type {
            sets: space.sets.clone(),
            elem: Elem::Rep(space.rep),
        };
        let node = self.add(TOp::Param(id), ty, &[], p.name.span);
        self.dead.extend(dead.map(|d| (node, d)));
        self.by_name.insert(path, node);
        Ok(Val::Node(node))
    }

    /// The name that a parameter has in files of another library: `as "…"` with `{name}` replaced by compile-time values.
    fn external_name(&mut self, p: &ParamDecl, env: &Env) -> R<Option<String>> {
        if let Some(b) = p.basis.as_ref().filter(|b| b.name != "e3nn") {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0152",
                    format!("the layout of weights in `{}` is not known", b.name),
                    b.span,
                    "after `in`",
                )
                .help("There is `in e3nn`; without `in`, the tensor holds coordinates in the basis of the parameter's type."),
            ));
        }
        let Some(template) = &p.external else {
            return match &p.basis {
                None => Ok(None),
                Some(b) => Err(self.report(
                    Diagnostic::error(
                        "GDL0152",
                        "under which name is it stored?",
                        b.span,
                        "its layout alone does not say",
                    )
                    .help("Add `as \"linear.weight\"`."),
                )),
            };
        };
        let name = self.filled_in(template, p.name.span, env)?;
        if let Some(other) = self.model.params.iter().find(|q| q.external.as_deref() == Some(&name)) {
            let (at, span) = (other.span, p.name.span);
            let mut d = Diagnostic::error(
                "GDL0151",
                format!("two parameters are called `{name}` in files"),
                span,
                if at == span { "made more than once" } else { "this one" },
            );
            if at != span {
                d = d.label(at, "and this one");
            }
            return Err(self.report(
                d.help("Declare them one by one, or let the name depend on an argument of the layer: `as \"{t}_linear.weight\"`."),
            ));
        }
        Ok(Some(name))
    }

    /// A text in which `{name}` stands for the number, word or text of that name.
    pub(crate) fn filled_in(&mut self, template: &str, span: Span, env: &Env) -> R<String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            out.push_str(before);
            match env.get(name) {
                Some(Val::Int(n)) => out.push_str(&n.to_string()),
                Some(Val::Str(s) | Val::Word(s)) => out.push_str(s),
                other => {
                    let found = other.map_or("there is no such name", Val::describe);
                    return Err(self.report(
                        Diagnostic::error("GDL0151", format!("`{{{name}}}` is not known here"), span, found)
                            .help("In braces stands an `int` or `word` parameter of the layer."),
                    ));
                }
            }
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// `param phi = mlp(_, [64, 64])`, `param b: 8 = 0`.
    fn network(&mut self, p: &ParamDecl, path: String, env: &mut Env) -> R<Val> {
        let Some(value) = &p.value else {
            return Err(self.error(
                "GDL0111",
                "a parameter needs a type or a network",
                p.name.span,
                "write `param W: hom(a, b)`",
            ));
        };
        match self.eval(value, env)? {
            Val::Network(n) => Ok(Val::Network(Rc::new(Network {
                layer: n.layer.clone(),
                args: n.args.clone(),
                path,
            }))),
            other => Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "this is not a network",
                    value.span,
                    format!("this is {}", other.describe()),
                )
                .help("Leave its input open: `param phi = mlp(_, [64, 64])`."),
            )),
        }
    }

    fn init(&mut self, p: &ParamDecl, env: &mut Env) -> R<Init> {
        if let Some(v) = &p.value {
            let val = self.eval(v, env)?;
            return Ok(Init::Constant(self.as_exact(&val, v.span)?.f));
        }
        match &p.dist {
            None => Ok(Init::Default),
            Some(d) => self.distribution(d, env),
        }
    }

    fn distribution(&mut self, d: &Expr, env: &mut Env) -> R<Init> {
        let (word, arg) = match &d.kind {
            ExprKind::Name(n) => (n.as_str(), None),
            ExprKind::Call { f, args } => match (&f.kind, args.first()) {
                (ExprKind::Name(n), Some(a)) => {
                    let v = self.eval(&a.value, env)?;
                    (n.as_str(), Some(self.as_exact(&v, a.value.span)?.f))
                }
                _ => ("", None),
            },
            _ => ("", None),
        };
        match (word, arg) {
            ("he", None) => Ok(Init::He),
            ("glorot", None) => Ok(Init::Glorot),
            ("normal", Some(s)) => Ok(Init::Normal(s)),
            ("uniform", Some(s)) => Ok(Init::Uniform(s)),
            ("constant", Some(s)) => Ok(Init::Constant(s)),
            _ => Err(self.report(
                Diagnostic::error("GDL0111", "unknown distribution", d.span, "after `~`")
                    .help("One of `he`, `glorot`, `normal(sd)`, `uniform(a)`, `constant(c)`."),
            )),
        }
    }

    /// A space must have fixed elements. A block that no map reaches gives a warning for the end.
    fn check_space(&mut self, space: &Space, ty: &Expr, span: Span, env: &Env) -> R<Option<Diagnostic>> {
        let Some(dims) = self.space_dims(space, ty.span)? else {
            return Ok(None);
        };
        // A layer for any representation may have a bias: it is 0 where nothing else is fixed.
        let given = matches!(&ty.kind, ExprKind::Name(n) if env.get(n).is_some());
        if dims.total == 0 && !given && space.rep.as_hom().is_none() {
            let group = if space.rep.gauge.is_some() {
                "the gauge".into()
            } else {
                self.model.group.to_string()
            };
            let moved = self.moved_vector(&space.rep);
            let rep = space.rep.to_string();
            return Err(self.report(
                Diagnostic::error("GDL0103", format!("no vector of `{rep}` is fixed by {group}"), ty.span, "this parameter could only be 0")
                    .counterexample(moved)
                    .note("Schur: an irreducible representation that is not trivial has no invariant vector, so a bias there breaks the symmetry.")
                    .help("Leave the bias out, or declare it on the invariant blocks only."),
            ));
        }
        let Some(dead) = dims.dead else { return Ok(None) };
        let (a, _) = space.rep.as_hom().unwrap_or_default();
        let at = self
            .outer_span
            .iter()
            .copied()
            .find(|s| s.file == self.program.root_file())
            .unwrap_or(span);
        let warning = Diagnostic::warning(
            "GDL0119",
            format!("the block `{dead}` is always 0"),
            at,
            format!("no linear map from `{a}` reaches it"),
        )
        .note("Schur: there is no intertwiner between irreducible representations that differ.")
        .help("Make it with a tensor product first, or leave the block out.");
        Ok(Some(warning))
    }

    /// Warns of the blocks that stay 0, unless something else is added to them.
    pub(crate) fn warn_of_dead_blocks(&mut self) {
        for (map, warning) in std::mem::take(&mut self.dead) {
            let of_map = |x: &NodeId| matches!(self.written(*x), TOp::Apply { map: m, .. } if *m == map);
            let fixed = |x: &NodeId| matches!(self.written(*x), TOp::Param(_));
            let filled = self.model.nodes.iter().any(|n| match &n.op {
                TOp::Map {
                    f: crate::ir::Scalar::Add,
                    args,
                } => args.iter().any(of_map) && !args.iter().any(fixed),
                _ => false,
            });
            if !filled {
                self.report(warning);
            }
        }
    }

    /// What a value is made by, read and collected again as it may have been.
    fn written(&self, mut x: NodeId) -> &TOp {
        loop {
            match &self.node(x).op {
                TOp::Read { x: y, .. } | TOp::Define { body: y, .. } | TOp::Retype { x: y } => x = *y,
                op => return op,
            }
        }
    }

    fn space_dims(&mut self, space: &Space, span: Span) -> R<Option<crate::lower::reps::SpaceDims>> {
        if self.abstract_mode || space.is_abstract() {
            return Ok(None);
        }
        match crate::lower::reps::space_dims(&self.model, space) {
            Ok(d) => Ok(Some(d)),
            Err(why) => Err(self.report(
                Diagnostic::error("GDL0114", "this space has no finite basis of fixed elements", span, why)
                    .help("Windows must be unions of orbits of the group."),
            )),
        }
    }

    pub(crate) fn stat(
        &mut self,
        name: &Ident,
        ty: &Expr,
        value: Option<&Expr>,
        over_data: bool,
        env: &mut Env,
    ) -> R<Val> {
        let path = if self.path.is_empty() {
            name.name.clone()
        } else {
            format!("{}.{}", self.path, name.name)
        };
        let t = self.eval(ty, env)?;
        let (Some(space), Some(value)) = (t.to_space(), value) else {
            return Err(self.error(
                "GDL0111",
                "a statistic has a type and a value",
                name.span,
                "write `stat m: 1 = mean i: …`",
            ));
        };
        let node = self.eval_node(value, env)?;
        let have = self.node(node).ty.clone();
        let want = Type {
            sets: space.sets.clone(),
            elem: Elem::Rep(space.rep.clone()),
        };
        if !have.same(&want) || !self.node(node).deps.is_empty() {
            let (h, w) = (self.show(&have), self.show(&want));
            return Err(self.error(
                "GDL0110",
                "this statistic has another type than declared",
                value.span,
                format!("this is `{h}`, declared as `{w}`"),
            ));
        }
        let moved_set = space.sets.iter().find(|s| !s.is_transparent()).cloned();
        if !self.abstract_mode && (!space.rep.is_trivial() || moved_set.is_some()) {
            let moved = match &moved_set {
                Some(set) => self.moved_element(set),
                None => self.moved_vector(&space.rep),
            };
            let shown = self.show(&want);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0103",
                    "a statistic must be fixed by the group",
                    ty.span,
                    format!("`{shown}` is moved"),
                )
                .counterexample(moved)
                .help("Average invariants: norms, or means over the points of a permutation representation or over a window."),
            ));
        }
        // A network that is called again shares its statistics.
        let known = self.model.stats.iter().position(|s| s.param.name == path);
        let id = ParamId(known.unwrap_or(self.model.stats.len()) as u32);
        if known.is_none() {
            let param = Param {
                name: path,
                space,
                init: Init::Constant(1.0),
                external: None,
                in_e3nn: false,
                span: name.span,
            };
            self.model.stats.push(StatDecl { param, over_data });
        }
        Ok(Val::Node(self.add(
            TOp::Stat { stat: id, value: node },
            want,
            &[node],
            name.span,
        )))
    }

    /// `random keep: x ~ bernoulli(0.9)`: a draw for every entry of x while training; its mean otherwise.
    pub(crate) fn random(&mut self, name: &Ident, ty: &Expr, dist: &Expr, env: &mut Env) -> R<Val> {
        let like = self.eval_node(ty, env)?;
        let ty = self.node(like).ty.clone();
        let Some(rep) = ty.as_rep().cloned() else {
            return Err(self.points_are_affine("points have no distribution that translations keep", name.span));
        };
        let draw = self.law(dist, env)?;
        let drawn = match draw {
            Draw::Bernoulli(_) => self.numbers_of(&rep),
            Draw::Normal(_) if rep.gauge.is_some() && !rep.is_trivial() => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0126",
                        "over which vertex is this vector drawn?",
                        name.span,
                        format!("`{rep}`"),
                    )
                    .note("Every vertex has its own tangent plane, and a draw belongs to none of them.")
                    .help("Draw invariant numbers, and multiply a field with them."),
                ));
            }
            Draw::Normal(_) if !rep.is_orthogonal(&self.model.group) => {
                let moved = self.moved_vector(&rep);
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0103",
                        "this distribution is not fixed by the group",
                        dist.span,
                        format!("the group changes lengths in `{rep}`"),
                    )
                    .counterexample(moved)
                    .note("A normal distribution is the same for every group element where the group acts by orthogonal matrices.")
                    .help("Draw invariant numbers, and multiply vectors with them."),
                ));
            }
            Draw::Normal(_) => rep,
        };
        let ty = Type {
            sets: ty.sets,
            elem: Elem::Rep(drawn),
        };
        let index = self.randoms;
        self.randoms += 1;
        Ok(Val::Node(self.add(
            TOp::Random { index, draw, like },
            ty,
            &[like],
            name.span,
        )))
    }

    /// `bernoulli(p)`, `normal`, `normal(deviation)`.
    fn law(&mut self, dist: &Expr, env: &mut Env) -> R<Draw> {
        let (word, args): (&Expr, &[_]) = match &dist.kind {
            ExprKind::Call { f, args } => (f, args),
            _ => (dist, &[]),
        };
        let word = match &word.kind {
            ExprKind::Name(n) => n.as_str(),
            _ => "",
        };
        let number = match args {
            [a] => {
                let v = self.eval(&a.value, env)?;
                Some(self.as_exact(&v, a.value.span)?)
            }
            _ => None,
        };
        match (word, number, args.len()) {
            ("bernoulli", Some(p), 1) if (0.0..=1.0).contains(&p.f) => Ok(Draw::Bernoulli(p)),
            ("bernoulli", Some(p), 1) => Err(self.error(
                "GDL0111",
                "a probability lies between 0 and 1",
                dist.span,
                format!("{}", p.f),
            )),
            ("normal", None, 0) => Ok(Draw::Normal(Exact::int(1))),
            ("normal", Some(s), 1) if s.f >= 0.0 => Ok(Draw::Normal(s)),
            ("normal", Some(s), 1) => Err(self.error(
                "GDL0111",
                "a standard deviation is not negative",
                dist.span,
                format!("{}", s.f),
            )),
            _ => Err(self.error(
                "GDL0111",
                "unknown distribution",
                dist.span,
                "one of `bernoulli(p)`, `normal`, `normal(deviation)`",
            )),
        }
    }

    /// One number for every copy (every component where the representation is trivial).
    fn numbers_of(&self, r: &Rep) -> Rep {
        r.flat().blocks().iter().fold(Rep::default(), |acc, (n, _)| {
            acc.plus(&Rep::atom(n.clone(), crate::types::Atom::Known(gdl_rep::Atom::Trivial)))
        })
    }
}
