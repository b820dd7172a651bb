//! The tree as text again: one way to write each program.
//!
//! Parsing what [`print`] returns gives the same tree up to spans. Comments, and the documentation of entries, are not in the
//! tree and are lost.

use crate::ast::*;
use crate::precedence::{self, HEAD, POSTFIX};

/// A whole file.
pub fn print(file: &SourceFile) -> String {
    let mut printer = Printer::default();
    for (k, item) in file.items.iter().enumerate() {
        if k > 0 {
            printer.out.push('\n');
        }
        printer.item(item);
        printer.out.push('\n');
    }
    printer.out
}

/// One expression.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr, 0);
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    /// How many blocks are open.
    depth: usize,
}

impl Printer {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(self.depth));
    }

    fn doc(&mut self, doc: &Option<String>) {
        for line in doc.iter().flat_map(|doc| doc.split('\n')) {
            self.text(format!("/// {line}").trim_end());
            self.line();
        }
    }

    /// Separated by commas.
    fn list<T>(&mut self, parts: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (k, part) in parts.iter().enumerate() {
            if k > 0 {
                self.text(", ");
            }
            each(self, part);
        }
    }

    fn names(&mut self, names: &[Ident]) {
        self.list(names, |p, name| p.text(&name.name));
    }

    /// `word expr`, if there is one.
    fn option(&mut self, word: &str, part: &Option<Expr>) {
        if let Some(part) = part {
            self.text(word);
            self.expr(part, 0);
        }
    }

    fn braces<T>(&mut self, parts: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.text("{");
        self.depth += 1;
        for part in parts {
            self.line();
            each(self, part);
        }
        self.depth -= 1;
        if !parts.is_empty() {
            self.line();
        }
        self.text("}");
    }

    fn block(&mut self, block: &Block) {
        self.braces(&block.stmts, Self::stmt);
    }

    // ---- items ------------------------------------------------------------------------------------------------------

    fn item(&mut self, item: &Item) {
        self.doc(&item.doc);
        match &item.kind {
            ItemKind::Use(u) => self.use_(u),
            ItemKind::Group { name, value } => self.declare("group", name, &[(" = ", value)]),
            ItemKind::Rep { name, of, value } => self.declare("rep", name, &[(" of ", of), (" = ", value)]),
            ItemKind::Const(c) => self.const_(c),
            ItemKind::Setting { name, ty, value } => self.declare("setting", name, &[(": ", ty), (" = ", value)]),
            ItemKind::Trust { name, ty, value } => self.declare("trust", name, &[(": ", ty), (" = ", value)]),
            ItemKind::Layer(c) => self.callable("layer", c),
            ItemKind::Model(c) => self.callable("model", c),
            ItemKind::Data(d) => self.data(d),
            ItemKind::Train(t) => self.train(t),
            ItemKind::Test(t) => self.test(t),
        }
    }

    fn declare(&mut self, word: &str, name: &Ident, parts: &[(&str, &Expr)]) {
        self.text(&format!("{word} {}", name.name));
        for (sign, part) in parts {
            self.text(sign);
            self.expr(part, 0);
        }
    }

    fn const_(&mut self, c: &Const) {
        self.declare("const", &c.name, &[(": ", &c.ty), (" = ", &c.value)]);
    }

    fn use_(&mut self, u: &Use) {
        self.text("use ");
        match &u.from {
            UseFrom::Path(path) => {
                let path: Vec<&str> = path.iter().map(|name| name.name.as_str()).collect();
                self.text(&path.join("::"));
            }
            UseFrom::File { path, .. } => self.text(&format!("\"{path}\"")),
        }
        if let Some(names) = &u.names {
            self.text("::{");
            self.names(names);
            self.text("}");
        }
    }

    fn callable(&mut self, word: &str, c: &Callable) {
        self.text(&format!("{word} {}", c.name.name));
        if let Some(under) = &c.under {
            self.under(under);
        }
        self.text("(");
        self.list(&c.params, |p, param| {
            p.text(&format!("{}: ", param.name.name));
            p.expr(&param.ty, 0);
            p.option(" = ", &param.default);
        });
        self.text(")");
        match &c.result {
            None => {}
            Some(ResultTy::Single(ty)) => {
                self.text(" -> ");
                self.expr(ty, 0);
            }
            Some(ResultTy::Record(fields)) => {
                self.text(" -> (");
                self.list(fields, |p, (name, ty)| {
                    p.text(&format!("{}: ", name.name));
                    p.expr(ty, 0);
                });
                self.text(")");
            }
        }
        if !c.wheres.is_empty() {
            self.text(" where ");
            self.list(&c.wheres, |p, clause| {
                p.text(&format!("{}: ", clause.name.name));
                p.expr(&clause.ty, 0);
            });
        }
        self.text(" ");
        self.block(&c.body);
    }

    fn under(&mut self, under: &Under) {
        self.text(" under ");
        self.expr(&under.group, HEAD);
        if !under.flags.is_empty() {
            self.text(" [");
            self.names(&under.flags);
            self.text("]");
        }
        self.text(" ");
    }

    fn data(&mut self, d: &Data) {
        self.text(&format!("data {} from \"{}\" ", d.name.name, d.path));
        self.braces(&d.entries, |p, entry| {
            p.text(&entry.name.name);
            p.option(": ", &entry.ty);
            p.option(" = ", &entry.value);
        });
    }

    fn train(&mut self, t: &Train) {
        self.text(&format!("train {} on {} ", t.model.name, t.data.name));
        self.braces(&t.entries, |p, entry| {
            p.text(match entry.kind {
                EntryKind::Loss => "loss ",
                EntryKind::Metric => "metric ",
                EntryKind::Option => "",
            });
            p.text(&format!("{} = ", entry.name.name));
            p.expr(&entry.value, 0);
        });
    }

    fn test(&mut self, t: &Test) {
        self.text("test ");
        match t {
            Test::Expr(e) => self.expr(e, 0),
            Test::Block {
                title,
                under,
                rejects,
                body,
            } => {
                self.text(&format!("\"{title}\" "));
                if let Some(under) = under {
                    self.under(under);
                }
                if let Some(code) = rejects {
                    self.text(&format!("rejects {} ", code.name));
                }
                self.braces(body, |p, part| match part {
                    TestPart::Item(item) => p.item(item),
                    TestPart::Stmt(stmt) => p.stmt(stmt),
                });
            }
        }
    }

    // ---- statements -------------------------------------------------------------------------------------------------

    fn stmt(&mut self, stmt: &Stmt) {
        self.doc(&stmt.doc);
        match &stmt.kind {
            StmtKind::Param(p) => self.param(p),
            StmtKind::Const(c) => self.const_(c),
            StmtKind::Stat {
                name,
                ty,
                value,
                over_data,
            } => {
                self.declare("stat", name, &[(": ", ty)]);
                self.option(" = ", value);
                self.text(if *over_data { " over data" } else { "" });
            }
            StmtKind::Random { name, ty, dist } => self.declare("random", name, &[(": ", ty), (" ~ ", dist)]),
            StmtKind::Repeat { count, body } => {
                self.text("repeat ");
                self.expr(count, HEAD);
                self.text(" ");
                self.block(body);
            }
            StmtKind::Iterate { head, from, body } => self.round("iterate", head, from, body),
            StmtKind::Scan { head, from, body } => self.round("scan", head, from, body),
            StmtKind::Integrate { head, from, body } => self.round("integrate", head, from, body),
            StmtKind::For { count, rep, over, body } => {
                self.for_head(count, rep, over);
                self.text(" ");
                self.block(body);
            }
            StmtKind::Def(d) => self.def(d),
            StmtKind::Expr(e) => self.expr(e, 0),
        }
    }

    fn param(&mut self, p: &ParamDecl) {
        self.text(&format!("param {}", p.name.name));
        self.option(": ", &p.ty);
        self.option(" ~ ", &p.dist);
        self.option(" = ", &p.value);
        if let Some(basis) = &p.basis {
            self.text(&format!(" in {}", basis.name));
        }
        if let Some(name) = &p.external {
            self.text(&format!(" as \"{name}\""));
        }
    }

    fn round(&mut self, word: &str, head: &LoopHead, from: &[Def], body: &Block) {
        self.text(&format!("{word} "));
        match head {
            LoopHead::In(name, set) => {
                self.text(&format!("{} in ", name.name));
                self.expr(set, HEAD);
            }
            LoopHead::Count(count) => self.expr(count, HEAD),
        }
        self.text(" from ");
        self.list(from, Self::def);
        self.text(" ");
        self.block(body);
    }

    fn def(&mut self, d: &Def) {
        match &d.lhs {
            Lhs::Name { name, binders } => {
                self.text(&name.name);
                if !binders.is_empty() {
                    self.text("[");
                    self.list(binders, Self::binder);
                    self.text("]");
                }
            }
            Lhs::Tuple(names) => {
                self.text("(");
                self.names(names);
                self.text(")");
            }
        }
        self.option(": ", &d.ty);
        self.text(" = ");
        self.expr(&d.value, 0);
    }

    fn binder(&mut self, binder: &Binder) {
        match binder {
            Binder::Bare(name) => self.text(&name.name),
            Binder::In(name, set) => {
                self.text(&format!("{} in ", name.name));
                self.expr(set, HEAD);
            }
            Binder::Edge { edge, src, dst, set } => {
                self.text(&format!("{}: {} -> {} in ", edge.name, src.name, dst.name));
                self.expr(set, HEAD);
            }
        }
    }

    fn for_head(&mut self, count: &Ident, rep: &Ident, over: &Expr) {
        self.text(&format!("for {} x {} in ", count.name, rep.name));
        self.expr(over, HEAD);
    }

    // ---- expressions ------------------------------------------------------------------------------------------------

    /// An expression, in parentheses unless it holds together at least as tightly as `least`.
    fn expr(&mut self, e: &Expr, least: u8) {
        if holds(e) < least {
            self.text("(");
            self.bare(e);
            self.text(")");
        } else {
            self.bare(e);
        }
    }

    /// What a call, index, block or field acts on: numbers and strings need parentheses.
    fn base(&mut self, e: &Expr) {
        let literal = matches!(
            e.kind,
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Irrep { .. } | ExprKind::Str(_)
        );
        self.expr(e, if literal { POSTFIX + 1 } else { POSTFIX });
    }

    fn bare(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Int(n) => self.text(&n.to_string()),
            ExprKind::Float(text) | ExprKind::Name(text) => self.text(text),
            ExprKind::Irrep { mult, l, odd } => {
                let mult = mult.map(|m| format!("{m}x")).unwrap_or_default();
                self.text(&format!("{mult}{l}{}", if *odd { 'o' } else { 'e' }));
            }
            ExprKind::Str(text) => self.text(&format!("\"{text}\"")),
            ExprKind::Call { f, args } => {
                self.base(f);
                self.text("(");
                self.list(args, Self::arg);
                self.text(")");
            }
            ExprKind::Index { base, indices } => {
                self.base(base);
                self.text("[");
                self.list(indices, |p, index| p.expr(index, 0));
                self.text("]");
            }
            ExprKind::Block { base, rep } => {
                self.base(base);
                self.text(".[");
                self.expr(rep, 0);
                self.text("]");
            }
            ExprKind::Field { base, name } => {
                self.base(base);
                self.text(&format!(".{}", name.name));
            }
            ExprKind::Cycles(cycles) => {
                for cycle in cycles {
                    let points: Vec<String> = cycle.iter().map(u32::to_string).collect();
                    self.text(&format!("({})", points.join(" ")));
                }
            }
            ExprKind::Unary { op, arg } => {
                self.text(if *op == UnOp::Neg { "-" } else { "not " });
                self.expr(arg, precedence::prefix(*op));
            }
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs),
            ExprKind::Tuple(args) => {
                self.text("(");
                self.list(args, Self::arg);
                self.text(if matches!(&args[..], [Arg { name: None, .. }]) {
                    ",)"
                } else {
                    ")"
                });
            }
            ExprKind::List(items) => {
                self.text("[");
                self.list(items, |p, item| p.expr(item, 0));
                self.text("]");
            }
            ExprKind::Reduce(r) => self.reduction(r),
            ExprKind::For { count, rep, over, body } => {
                self.for_head(count, rep, over);
                self.text(": ");
                self.expr(body, 1);
            }
            ExprKind::If { cond, then, otherwise } => {
                self.text("if ");
                self.expr(cond, HEAD);
                self.text(" ");
                self.block(then);
                self.text(" else ");
                self.block(otherwise);
            }
            ExprKind::Bad => self.text("_"),
        }
    }

    fn arg(&mut self, arg: &Arg) {
        if let Some(name) = &arg.name {
            self.text(&format!("{} = ", name.name));
        }
        self.expr(&arg.value, 0);
    }

    fn binary(&mut self, op: BinOp, lhs: &Expr, rhs: &Expr) {
        let (mut left, mut right) = precedence::infix(op);
        if op == BinOp::Pipe {
            // Stages follow each other bare, and nothing else does.
            let stage = matches!(lhs.kind, ExprKind::Binary { op: BinOp::Pipe, .. });
            (left, right) = (if stage { 0 } else { POSTFIX }, POSTFIX);
        } else if op.compares() {
            left = right;
        }
        self.expr(lhs, left);
        self.text(&match op {
            BinOp::Range => "..".to_string(),
            _ => format!(" {} ", op.sign()),
        });
        self.expr(rhs, right);
    }

    fn reduction(&mut self, r: &Reduction) {
        self.text(&format!("{} ", r.op.word()));
        self.list(&r.binders, Self::binder);
        for cond in &r.conds {
            self.text(" if ");
            self.expr(cond, HEAD);
        }
        if let Some(by) = &r.by {
            self.text(if by.softmax { " by softmax " } else { " by " });
            self.expr(&by.weight, HEAD);
        }
        self.text(": ");
        self.expr(&r.body, HEAD);
        if let Some(default) = &r.default {
            self.text(" else ");
            self.expr(default, HEAD);
        }
    }
}

/// How tightly an expression holds together. What reaches as far right as it can, and `|>`, stand bare only alone.
fn holds(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Reduce(_) | ExprKind::For { .. } | ExprKind::If { .. } => 0,
        ExprKind::Binary { op: BinOp::Pipe, .. } => 0,
        ExprKind::Binary { op, .. } => {
            let (left, right) = precedence::infix(*op);
            left.min(right)
        }
        ExprKind::Unary { op, .. } => precedence::prefix(*op),
        _ => POSTFIX,
    }
}
