//! Statements and blocks.

use super::{Builder, Chunk, Pair, Parts, inner, unquoted};
use crate::ast::*;
use crate::error::SyntaxError;
use crate::grammar::Rule;

impl<'a> Builder<'a> {
    /// A block; an expression in it that is not its value is an error, compile-time choices aside.
    pub(super) fn block(&mut self, pair: Pair<'a>) -> Block {
        let span = self.span(&pair);
        let mut stmts: Vec<Stmt> = Vec::new();
        let mut parts = inner(pair);
        while let Some(part) = parts.next() {
            if part.as_rule() == Rule::bad {
                self.bad(Chunk::Stmt, &part);
                continue;
            }
            let new = self.stmts(part);
            if let (
                Some(Stmt {
                    kind: StmtKind::Expr(expr),
                    ..
                }),
                false,
            ) = (new.last(), parts.is_empty())
            {
                self.unused(expr);
            }
            stmts.extend(new);
        }
        Block { span, stmts }
    }

    fn unused(&mut self, expr: &Expr) {
        if matches!(expr.kind, ExprKind::If { .. } | ExprKind::Bad) {
            return;
        }
        let message = "only the last statement of a block may be an expression";
        let error = SyntaxError::new("GDL0004", expr.span, message, "the value of this is not used");
        let text = &self.source[expr.span.start as usize..];
        let error = match text.chars().next() {
            Some(sign @ ('-' | '(' | '[')) => error.help(format!(
                "a line that begins with `{sign}` begins a statement: to continue the line above, end that one with an operator"
            )),
            _ => error.help("give it a name: `NAME = …`"),
        };
        self.error(error);
    }

    /// The statements of one `stmt_ok`: `param` makes one of each name.
    pub(super) fn stmts(&mut self, pair: Pair<'a>) -> Vec<Stmt> {
        let mut parts = inner(pair.clone());
        let doc = self.doc(&mut parts);
        let pair = parts.next().unwrap_or(pair);
        let span = self.span(&pair);
        let kinds = match pair.as_rule() {
            Rule::param => self.param(pair).into_iter().map(StmtKind::Param).collect(),
            _ => vec![self.stmt_kind(pair)],
        };
        kinds
            .into_iter()
            .map(|kind| Stmt {
                doc: doc.clone(),
                span,
                kind,
            })
            .collect()
    }

    fn stmt_kind(&mut self, pair: Pair<'a>) -> StmtKind {
        let rule = pair.as_rule();
        match rule {
            Rule::const_ => return StmtKind::Const(self.const_(pair)),
            Rule::def => return StmtKind::Def(self.def(pair)),
            Rule::for_ => return self.for_(pair),
            Rule::expr => return StmtKind::Expr(self.expr(pair)),
            _ => {}
        }
        let mut parts = inner(pair);
        match rule {
            Rule::stat => StmtKind::Stat {
                name: self.name(&mut parts),
                ty: self.next_expr(&mut parts),
                value: parts.next().map(|init| self.only_expr(init)),
                over_data: parts.next().is_some(),
            },
            Rule::random => StmtKind::Random {
                name: self.name(&mut parts),
                ty: self.next_expr(&mut parts),
                dist: self.next_init(&mut parts),
            },
            Rule::repeat => StmtKind::Repeat {
                count: self.next_expr(&mut parts),
                body: self.next_block(&mut parts),
            },
            _ => {
                let head = self.loop_head(&mut parts);
                let from = parts
                    .next()
                    .into_iter()
                    .flat_map(inner)
                    .map(|def| self.def(def))
                    .collect();
                let body = self.next_block(&mut parts);
                match rule {
                    Rule::iterate => StmtKind::Iterate { head, from, body },
                    Rule::scan => StmtKind::Scan { head, from, body },
                    _ => StmtKind::Integrate { head, from, body },
                }
            }
        }
    }

    fn next_init(&mut self, parts: &mut Parts<'a>) -> Expr {
        match parts.next() {
            Some(init) => self.only_expr(init),
            None => self.nothing(),
        }
    }

    fn next_block(&mut self, parts: &mut Parts<'a>) -> Block {
        parts.next().map(|block| self.block(block)).unwrap_or_default()
    }

    fn loop_head(&mut self, parts: &mut Parts<'a>) -> LoopHead {
        match parts.next_if(Rule::in_binder) {
            Some(binder) => {
                let mut parts = inner(binder);
                LoopHead::In(self.name(&mut parts), self.next_expr(&mut parts))
            }
            None => LoopHead::Count(self.next_expr(parts)),
        }
    }

    /// `for n x V in a { … }`, or `for n x V in a: e` as a statement.
    fn for_(&mut self, pair: Pair<'a>) -> StmtKind {
        let span = self.span(&pair);
        let mut parts = inner(pair);
        let (count, rep, over) = self.for_head(&mut parts);
        match parts.next() {
            Some(body) if body.as_rule() == Rule::expr => {
                let body = self.expr(body);
                let kind = ExprKind::For {
                    count,
                    rep,
                    over: Box::new(over),
                    body: Box::new(body),
                };
                StmtKind::Expr(Expr { span, kind })
            }
            body => StmtKind::For {
                count,
                rep,
                over,
                body: body.map(|body| self.block(body)).unwrap_or_default(),
            },
        }
    }

    /// One declaration a name.
    fn param(&mut self, pair: Pair<'a>) -> Vec<ParamDecl> {
        let mut parts = inner(pair);
        let mut names = Vec::new();
        while let Some(name) = parts.next_if(Rule::ident) {
            names.push(self.ident(name));
        }
        let ty = parts.next_if(Rule::expr).map(|ty| self.expr(ty));
        let (mut dist, mut value, mut basis, mut external) = (None, None, None, None);
        for part in parts {
            let (rule, span) = (part.as_rule(), self.span(&part));
            let twice = match rule {
                Rule::dist => dist.replace(self.only_expr(part)).is_some(),
                Rule::init => value.replace(self.only_expr(part)).is_some(),
                Rule::basis => inner(part)
                    .next()
                    .is_some_and(|name| basis.replace(self.ident(name)).is_some()),
                _ => inner(part)
                    .next()
                    .is_some_and(|name| external.replace(unquoted(&name)).is_some()),
            };
            if twice {
                let message = "a parameter has one `~`, one `=`, one `in` and one `as`";
                self.error(SyntaxError::new("GDL0001", span, message, "given a second time"));
            }
        }
        let decl = |name| ParamDecl {
            name,
            ty: ty.clone(),
            dist: dist.clone(),
            value: value.clone(),
            basis: basis.clone(),
            external: external.clone(),
        };
        names.into_iter().map(decl).collect()
    }

    /// `lhs = rhs`, `name: T = rhs`.
    fn def(&mut self, pair: Pair<'a>) -> Def {
        let mut parts = inner(pair);
        let lhs = match parts.next() {
            Some(lhs) if lhs.as_rule() == Rule::names => Lhs::Tuple(inner(lhs).map(|name| self.ident(name)).collect()),
            lhs => self.place(lhs),
        };
        let first = self.next_expr(&mut parts);
        let (ty, value) = match parts.next() {
            Some(value) => (Some(first), self.expr(value)),
            None => (None, first),
        };
        if let (Some(ty), Lhs::Name { binders, .. }) = (&ty, &lhs)
            && !binders.is_empty()
        {
            let message = "the type of a definition stands after a plain name";
            let error = SyntaxError::new("GDL0001", ty.span, message, "after brackets");
            self.error(error.help("write the index set into the type: `y: g.nodes -> 4 = …`"));
        }
        Def { lhs, ty, value }
    }

    /// `y`, `y[i, j]`, `y[i][j]`.
    fn place(&mut self, pair: Option<Pair<'a>>) -> Lhs {
        let Some(pair) = pair else {
            return Lhs::Tuple(Vec::new());
        };
        let mut parts = inner(pair);
        let name = self.name(&mut parts);
        let binders = parts.flat_map(inner).map(|binder| self.binder(binder)).collect();
        Lhs::Name { name, binders }
    }

    /// A binder of a reduction or a definition.
    pub(super) fn binder(&mut self, pair: Pair<'a>) -> Binder {
        match pair.as_rule() {
            Rule::ident => Binder::Bare(self.ident(pair)),
            Rule::in_binder => {
                let mut parts = inner(pair);
                Binder::In(self.name(&mut parts), self.next_expr(&mut parts))
            }
            _ => {
                let mut parts = inner(pair);
                let (edge, src) = (self.name(&mut parts), self.name(&mut parts));
                parts.next_if(Rule::arrow);
                Binder::Edge {
                    edge,
                    src,
                    dst: self.name(&mut parts),
                    set: self.next_expr(&mut parts),
                }
            }
        }
    }
}
