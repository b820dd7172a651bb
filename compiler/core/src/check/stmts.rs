//! Statements and blocks. After an error the names a statement defines are poisoned, so that the rest of the block is still checked.

use super::{Checker, Env, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::types::Rep;
use gdl_syntax::ast::{Arg, Binder, Block, Def, Expr, Ident, Lhs, Span, Stmt, StmtKind};

impl Checker<'_> {
    /// The value of a block: its last expression, or the record of what it defines.
    pub(crate) fn block(&mut self, b: &Block, env: &mut Env) -> R<Val> {
        env.push();
        let mut defined: Vec<String> = Vec::new();
        let mut last = None;
        let mut failed = false;
        for s in &b.stmts {
            match self.stmt(s, env, &mut defined) {
                Ok(v) => last = v,
                Err(Reported) => {
                    failed = true;
                    for n in names_of(s) {
                        env.set(&n, Val::Poison);
                    }
                    last = None;
                }
            }
        }
        let fields = defined
            .iter()
            .filter_map(|n| Some((n.clone(), env.get(n)?.clone())))
            .collect();
        env.pop();
        if failed {
            return Err(Reported);
        }
        Ok(last.unwrap_or(Val::Record(fields)))
    }

    pub(crate) fn stmt(&mut self, s: &Stmt, env: &mut Env, defined: &mut Vec<String>) -> R<Option<Val>> {
        match &s.kind {
            StmtKind::Expr(e) => return self.eval(e, env).map(Some),
            StmtKind::Def(d) => self.def(d, env, defined)?,
            StmtKind::Param(p) => {
                self.fresh_name(&p.name, env)?;
                let v = self.param(p, env)?;
                env.set(&p.name.name, v);
            }
            StmtKind::Const(c) => {
                self.fresh_name(&c.name, env)?;
                let v = self.constant(c, env)?;
                env.set(&c.name.name, v);
            }
            StmtKind::Stat {
                name,
                ty,
                value,
                over_data,
            } => {
                self.fresh_name(name, env)?;
                let v = self.stat(name, ty, value.as_ref(), *over_data, env)?;
                env.set(&name.name, v);
            }
            StmtKind::Random { name, ty, dist } => {
                self.fresh_name(name, env)?;
                let v = self.random(name, ty, dist, env)?;
                env.set(&name.name, v);
            }
            StmtKind::Repeat { count, body } => self.repeat(count, body, env)?,
            StmtKind::Iterate { head, from, body } | StmtKind::Scan { head, from, body } => {
                self.iterate(head, from, body, s.span, env, defined)?;
            }
            StmtKind::Integrate { .. } => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0130",
                        "`integrate` is not part of this version",
                        s.span,
                        "continuous-time loops",
                    )
                    .help("Write the steps out: `iterate n from x = x0 { x' = x + dt * f(x) }`."),
                ));
            }
            StmtKind::For { count, rep, over, body } => {
                let r = self.eval_rep(over, env)?;
                self.for_each_block(&r, count, rep, env, &mut |c, env| c.block(body, env).map(|_| ()))?;
            }
        }
        Ok(None)
    }

    /// No name is defined twice in a body.
    pub(crate) fn fresh_name(&mut self, name: &Ident, env: &Env) -> R<()> {
        let plain = name.name.trim_end_matches('\'');
        if env.get(&name.name).is_some() && !env.states.iter().any(|s| s == plain) {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0120",
                    format!("`{}` is defined already", name.name),
                    name.span,
                    "defined again",
                )
                .help("Take another name; only loops (`repeat`, `iterate`, `scan`) redefine theirs."),
            ));
        }
        Ok(())
    }

    fn def(&mut self, d: &Def, env: &mut Env, defined: &mut Vec<String>) -> R<()> {
        match &d.lhs {
            Lhs::Tuple(names) => {
                let v = self.eval(&d.value, env)?;
                let Val::Record(fields) = v else {
                    return Err(self.error(
                        "GDL0111",
                        "only a record can be taken apart",
                        d.value.span,
                        format!("this is {}", v.describe()),
                    ));
                };
                if fields.len() != names.len() {
                    return Err(self.error(
                        "GDL0111",
                        "the record has another number of fields",
                        d.value.span,
                        format!("{} fields, {} names", fields.len(), names.len()),
                    ));
                }
                for (n, (_, v)) in names.iter().zip(fields) {
                    self.bind_result(n, v, env, defined)?;
                }
                Ok(())
            }
            Lhs::Name { name, binders } if binders.is_empty() => {
                let v = self.definition(d, name, env)?;
                let v = match v {
                    Val::Node(n) => {
                        self.model.names.push((name.name.clone(), n));
                        Val::Node(n)
                    }
                    other => other,
                };
                self.bind_result(name, v, env, defined)
            }
            Lhs::Name { name, binders } => {
                let v = self.comprehension(binders, &d.value, d.value.span, env)?;
                self.model.names.push((name.name.clone(), v));
                self.bind_result(name, Val::Node(v), env, defined)
            }
        }
    }

    /// A state is redefined; anything else is new.
    fn bind_result(&mut self, name: &Ident, v: Val, env: &mut Env, defined: &mut Vec<String>) -> R<()> {
        if env.states.contains(&name.name) {
            env.replace(&name.name, v);
            return Ok(());
        }
        self.fresh_name(name, env)?;
        env.set(&name.name, v);
        defined.push(name.name.clone());
        Ok(())
    }

    /// `y[i, j] = e`.
    pub(crate) fn comprehension(
        &mut self,
        binders: &[Binder],
        e: &Expr,
        span: Span,
        env: &mut Env,
    ) -> R<crate::typed::NodeId> {
        env.push();
        let mut vars = Vec::new();
        let mut result = Ok(());
        for b in binders {
            match self.bind(b, &[e], env) {
                Ok(v) => vars.push(v),
                Err(r) => result = Err(r),
            }
        }
        let body = result.and_then(|()| self.eval_node(e, env));
        env.pop();
        let body = body?;
        // `y[i] = e` with a signal-valued e gives a signal of signals: inner sets stay inside.
        self.define(&vars, body, span)
    }

    /// `(a = e, b = f)`, `(a, b)`.
    pub(crate) fn tuple(&mut self, args: &[Arg], span: Span, env: &mut Env) -> R<Val> {
        let mut out = Vec::new();
        for (k, a) in args.iter().enumerate() {
            let v = self.eval(&a.value, env)?;
            let name = a.name.as_ref().map_or_else(|| k.to_string(), |n| n.name.clone());
            out.push((name, v));
        }
        if out.is_empty() {
            return Err(self.error("GDL0111", "nothing stands in these parentheses", span, "empty"));
        }
        Ok(Val::Record(out))
    }

    /// `repeat n { … }`: fresh weights each round; names of the body that exist outside are redefined.
    fn repeat(&mut self, count: &Expr, body: &Block, env: &mut Env) -> R<()> {
        let n = self.eval_int(count, env)?;
        let n = self.known(&n, "the number of rounds", count.span)?;
        if !(0..=256).contains(&n) {
            return Err(self.error("GDL0124", "this many rounds are out of bounds", count.span, "0 to 256"));
        }
        let states: Vec<String> = body
            .stmts
            .iter()
            .flat_map(names_of)
            .filter(|m| env.get(m).is_some())
            .collect();
        let kept = env.states.len();
        env.states.extend(states.iter().cloned());
        let path = self.path.clone();
        let own = self.own_prefix("repeat");
        let mut out = Ok(());
        for k in 0..n {
            self.path = format!("{own}round_{}", k + 1);
            out = self.block(body, env).map(|_| ());
            if out.is_err() {
                break;
            }
        }
        self.path = path;
        env.states.truncate(kept);
        out
    }

    /// What stands in front of the names of weights in a `repeat` or `for`: the path, and for all but the first of them its number.
    fn own_prefix(&mut self, word: &str) -> String {
        let count = self.calls.entry((self.path.clone(), word.to_string())).or_insert(0);
        *count += 1;
        let count = *count;
        let mut out = self.path.clone();
        if !out.is_empty() {
            out.push('.');
        }
        if count > 1 {
            out += &format!("{word}_{count}.");
        }
        out
    }

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
            let n = c.eval_node(body, env)?;
            parts.push(n);
            Ok(())
        })?;
        if parts.is_empty() {
            return Err(self.error(
                "GDL0111",
                "this representation has no blocks",
                over.span,
                "nothing to join",
            ));
        }
        if parts.len() == 1 {
            return Ok(Val::Node(parts[0]));
        }
        self.concat(&parts, span).map(Val::Node)
    }

    /// Runs something for every block n x V of a representation; values of that representation stand for their blocks meanwhile.
    fn for_each_block(
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
            let one = Rep::from_blocks(vec![(crate::types::Int::num(1), atom.clone())], flat.gauge);
            env.set(&rep.name, Val::Rep(one));
            for name in env.names() {
                if let Some(Val::Node(x)) = env.get(&name).cloned()
                    && self.node(x).ty.as_rep().is_some_and(|q| q.same(&flat))
                {
                    let b = self.block_of(x, &flat, k)?;
                    env.set(&name, Val::Node(b));
                }
            }
            let before: crate::types::Int = flat.blocks()[..k]
                .iter()
                .filter(|(_, a)| !Rep::from_blocks(vec![(crate::types::Int::num(1), a.clone())], None).is_trivial())
                .fold(crate::types::Int::num(0), |acc, (n, _)| acc.add(n).unwrap_or_default());
            let kept = self.gates_at.replace((before, n.clone()));
            self.path = if flat.blocks().len() == 1 {
                own.trim_end_matches('.').to_string()
            } else {
                format!("{own}block_{k}")
            };
            let out = f(self, env);
            self.gates_at = kept;
            self.path = path.clone();
            env.pop();
            out?;
        }
        Ok(())
    }

    fn block_of(&mut self, x: crate::typed::NodeId, flat: &Rep, k: usize) -> R<crate::typed::NodeId> {
        let span = self.node(x).span;
        let rep = Rep::from_blocks(vec![flat.blocks()[k].clone()], flat.gauge);
        self.lift(&[x], span, &mut |c, args| {
            Ok(c.add(
                crate::typed::TOp::Blocks {
                    x: args[0],
                    first: k as u32,
                    count: 1,
                },
                crate::types::Type::rep(rep.clone()),
                args,
                span,
            ))
        })
    }

    /// `gates(g)` inside `for n x V in a`: the numbers of g that belong to the copies of this block, when g has one for every
    /// copy of every block that is not invariant.
    pub(crate) fn block_gates(&mut self, x: crate::typed::NodeId, span: Span) -> R<crate::typed::NodeId> {
        let Some((at, n)) = self.gates_at.clone() else {
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
        let rep = Rep::atom(n.clone(), crate::types::Atom::Known(gdl_rep::Atom::Trivial));
        self.lift(&[x], span, &mut |c, args| {
            let ty = crate::types::Type::rep(rep.clone());
            Ok(c.add(
                crate::typed::TOp::Split {
                    x: args[0],
                    front: false,
                    at: Some(at.clone()),
                },
                ty,
                args,
                span,
            ))
        })
    }
}

/// The names a statement defines.
pub fn names_of(s: &Stmt) -> Vec<String> {
    match &s.kind {
        StmtKind::Def(d) => match &d.lhs {
            Lhs::Name { name, .. } => vec![name.name.clone()],
            Lhs::Tuple(names) => names.iter().map(|n| n.name.clone()).collect(),
        },
        StmtKind::Param(p) => vec![p.name.name.clone()],
        StmtKind::Const(c) => vec![c.name.name.clone()],
        StmtKind::Stat { name, .. } | StmtKind::Random { name, .. } => vec![name.name.clone()],
        StmtKind::Iterate { from, body, .. }
        | StmtKind::Scan { from, body, .. }
        | StmtKind::Integrate { from, body, .. } => {
            let mut out: Vec<String> = body
                .stmts
                .iter()
                .flat_map(names_of)
                .filter(|n| !n.ends_with('\''))
                .collect();
            for d in from {
                if let Lhs::Name { name, .. } = &d.lhs {
                    out.push(name.name.clone());
                }
            }
            out
        }
        _ => Vec::new(),
    }
}
