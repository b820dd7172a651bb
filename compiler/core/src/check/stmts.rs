//! Statements and blocks. After an error the names a statement defines are poisoned, so that the rest of the block is still checked.

use super::{Checker, Env, R, Reported, Val};
use crate::diag::Diagnostic;
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
            StmtKind::Integrate { head, from, body } => {
                self.integrate(head, from, body, s.span, env, defined)?;
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
    pub(crate) fn own_prefix(&mut self, word: &str) -> String {
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
