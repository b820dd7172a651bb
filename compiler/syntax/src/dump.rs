//! The tree as S-expressions: short, without spans, the same for texts that mean the same. For tests and for reading.

use crate::ast::*;

/// A file, one item a line.
pub fn dump(file: &SourceFile) -> String {
    file.items.iter().map(|i| item(i) + "\n").collect()
}

/// `(head part part …)`.
fn form(head: &str, parts: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("({head}");
    for part in parts {
        text.push(' ');
        text.push_str(&part);
    }
    text + ")"
}

/// An optional part: `(head expr)`.
fn option(head: &str, part: &Option<Expr>) -> Option<String> {
    part.as_ref().map(|part| form(head, [expr(part)]))
}

fn documented(doc: &Option<String>, text: String) -> String {
    match doc {
        Some(doc) => form("doc", [format!("{doc:?}"), text]),
        None => text,
    }
}

/// An item.
pub fn item(item: &Item) -> String {
    let text = match &item.kind {
        ItemKind::Use(u) => use_(u),
        ItemKind::Group { name, value } => form("group", [name.name.clone(), expr(value)]),
        ItemKind::Rep { name, of, value } => form("rep", [name.name.clone(), expr(of), expr(value)]),
        ItemKind::Const(c) => const_(c),
        ItemKind::Setting { name, ty, value } => form("setting", [name.name.clone(), expr(ty), expr(value)]),
        ItemKind::Trust { name, ty, value } => form("trust", [name.name.clone(), expr(ty), expr(value)]),
        ItemKind::Layer(c) => callable("layer", c),
        ItemKind::Model(c) => callable("model", c),
        ItemKind::Data(d) => data(d),
        ItemKind::Train(t) => train(t),
        ItemKind::Test(t) => test(t),
    };
    documented(&item.doc, text)
}

fn names(names: &[Ident]) -> impl Iterator<Item = String> {
    names.iter().map(|name| name.name.clone())
}

fn use_(u: &Use) -> String {
    let from = match &u.from {
        UseFrom::Path(path) => names(path).collect::<Vec<_>>().join("::"),
        UseFrom::File { path, .. } => format!("{path:?}"),
    };
    form(
        "use",
        [from]
            .into_iter()
            .chain(u.names.iter().map(|n| form("names", names(n)))),
    )
}

fn const_(c: &Const) -> String {
    form("const", [c.name.name.clone(), expr(&c.ty), expr(&c.value)])
}

fn callable(word: &str, c: &Callable) -> String {
    let mut parts = vec![c.name.name.clone()];
    parts.extend(c.under.iter().map(acting));
    parts.extend(c.params.iter().map(|p| {
        form(
            ":",
            [p.name.name.clone(), expr(&p.ty)]
                .into_iter()
                .chain(option("=", &p.default)),
        )
    }));
    parts.extend(c.result.iter().map(|result| match result {
        ResultTy::Single(ty) => form("->", [expr(ty)]),
        ResultTy::Record(fields) => form(
            "->",
            fields.iter().map(|(name, ty)| form(":", [name.name.clone(), expr(ty)])),
        ),
    }));
    parts.extend(
        c.wheres
            .iter()
            .map(|w| form("where", [w.name.name.clone(), expr(&w.ty)])),
    );
    parts.push(block(&c.body));
    form(word, parts)
}

fn acting(u: &Under) -> String {
    form("under", [expr(&u.group)].into_iter().chain(names(&u.flags)))
}

fn data(d: &Data) -> String {
    let entries = d.entries.iter().map(|e| {
        let ty = e.ty.as_ref().map(|ty| form(":", [expr(ty)]));
        form(
            "entry",
            [e.name.name.clone()].into_iter().chain(ty).chain(option("=", &e.value)),
        )
    });
    form(
        "data",
        [d.name.name.clone(), format!("{:?}", d.path)]
            .into_iter()
            .chain(entries),
    )
}

fn train(t: &Train) -> String {
    let entries = t.entries.iter().map(|e| {
        let word = match e.kind {
            EntryKind::Loss => "loss",
            EntryKind::Metric => "metric",
            EntryKind::Option => "option",
        };
        form(word, [e.name.name.clone(), expr(&e.value)])
    });
    form(
        "train",
        [t.model.name.clone(), t.data.name.clone()].into_iter().chain(entries),
    )
}

fn test(t: &Test) -> String {
    match t {
        Test::Expr(e) => form("test", [expr(e)]),
        Test::Block {
            title,
            under,
            rejects,
            body,
        } => {
            let under = under.iter().map(acting);
            let rejects = rejects.iter().map(|code| form("rejects", [code.name.clone()]));
            let body = body.iter().map(|part| match part {
                TestPart::Item(i) => item(i),
                TestPart::Stmt(s) => stmt(s),
            });
            form(
                "test",
                [format!("{title:?}")]
                    .into_iter()
                    .chain(under)
                    .chain(rejects)
                    .chain(body),
            )
        }
    }
}

fn block(b: &Block) -> String {
    form("do", b.stmts.iter().map(stmt))
}

/// A statement.
pub fn stmt(stmt: &Stmt) -> String {
    let text = match &stmt.kind {
        StmtKind::Param(p) => param(p),
        StmtKind::Const(c) => const_(c),
        StmtKind::Stat {
            name,
            ty,
            value,
            over_data,
        } => {
            let over = over_data.then(|| "over-data".to_string());
            form(
                "stat",
                [name.name.clone(), expr(ty)]
                    .into_iter()
                    .chain(option("=", value))
                    .chain(over),
            )
        }
        StmtKind::Random { name, ty, dist } => form("random", [name.name.clone(), expr(ty), expr(dist)]),
        StmtKind::Repeat { count, body } => form("repeat", [expr(count), block(body)]),
        StmtKind::Iterate { head, from, body } => round("iterate", head, from, body),
        StmtKind::Scan { head, from, body } => round("scan", head, from, body),
        StmtKind::Integrate { head, from, body } => round("integrate", head, from, body),
        StmtKind::For { count, rep, over, body } => {
            form("for", [count.name.clone(), rep.name.clone(), expr(over), block(body)])
        }
        StmtKind::Def(d) => def(d),
        StmtKind::Expr(e) => expr(e),
    };
    documented(&stmt.doc, text)
}

fn param(p: &ParamDecl) -> String {
    let mut parts = vec![p.name.name.clone()];
    parts.extend(p.ty.as_ref().map(expr));
    parts.extend(option("~", &p.dist));
    parts.extend(option("=", &p.value));
    parts.extend(p.basis.as_ref().map(|basis| form("in", [basis.name.clone()])));
    parts.extend(p.external.as_ref().map(|name| form("as", [format!("{name:?}")])));
    form("param", parts)
}

fn round(word: &str, head: &LoopHead, from: &[Def], body: &Block) -> String {
    let head = match head {
        LoopHead::In(name, set) => form("in", [name.name.clone(), expr(set)]),
        LoopHead::Count(count) => expr(count),
    };
    form(word, [head, form("from", from.iter().map(def)), block(body)])
}

fn def(d: &Def) -> String {
    let lhs = match &d.lhs {
        Lhs::Name { name, binders } if binders.is_empty() => name.name.clone(),
        Lhs::Name { name, binders } => form(&name.name, binders.iter().map(binder)),
        Lhs::Tuple(parts) => form("tuple", names(parts)),
    };
    let ty = d.ty.iter().map(|ty| form(":", [expr(ty)]));
    form("=", [lhs].into_iter().chain(ty).chain([expr(&d.value)]))
}

fn binder(b: &Binder) -> String {
    match b {
        Binder::Bare(name) => name.name.clone(),
        Binder::In(name, set) => form("in", [name.name.clone(), expr(set)]),
        Binder::Edge { edge, src, dst, set } => form(
            "edge",
            [edge.name.clone(), src.name.clone(), dst.name.clone(), expr(set)],
        ),
    }
}

/// An expression.
pub fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Float(text) => text.clone(),
        ExprKind::Irrep { mult, l, odd } => {
            let mult = mult.map(|m| format!("{m}x")).unwrap_or_default();
            format!("{mult}{l}{}", if *odd { "o" } else { "e" })
        }
        ExprKind::Str(text) => format!("{text:?}"),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Call { f, args } => form("call", [expr(f)].into_iter().chain(args.iter().map(arg))),
        ExprKind::Index { base, indices } => form("index", [expr(base)].into_iter().chain(indices.iter().map(expr))),
        ExprKind::Block { base, rep } => form("block", [expr(base), expr(rep)]),
        ExprKind::Field { base, name } => form(".", [expr(base), name.name.clone()]),
        ExprKind::Cycles(cycles) => {
            let cycle = |points: &Vec<u32>| {
                let points: Vec<String> = points.iter().map(u32::to_string).collect();
                format!("({})", points.join(" "))
            };
            form("cycles", cycles.iter().map(cycle))
        }
        ExprKind::Unary { op, arg } => form(unary(*op), [expr(arg)]),
        ExprKind::Binary { op, lhs, rhs } => form(op.sign(), [expr(lhs), expr(rhs)]),
        ExprKind::Tuple(args) => form("tuple", args.iter().map(arg)),
        ExprKind::List(items) => form("list", items.iter().map(expr)),
        ExprKind::Reduce(r) => reduction(r),
        ExprKind::For { count, rep, over, body } => {
            form("for", [count.name.clone(), rep.name.clone(), expr(over), expr(body)])
        }
        ExprKind::If { cond, then, otherwise } => form("if", [expr(cond), block(then), block(otherwise)]),
        ExprKind::Bad => "<bad>".to_string(),
    }
}

fn arg(a: &Arg) -> String {
    match &a.name {
        Some(name) => form("=", [name.name.clone(), expr(&a.value)]),
        None => expr(&a.value),
    }
}

fn reduction(r: &Reduction) -> String {
    let mut parts: Vec<String> = r.binders.iter().map(binder).collect();
    parts.extend(r.conds.iter().map(|cond| form("if", [expr(cond)])));
    parts.extend(
        r.by.iter()
            .map(|by| form(if by.softmax { "by-softmax" } else { "by" }, [expr(&by.weight)])),
    );
    parts.push(form(":", [expr(&r.body)]));
    parts.extend(option("else", &r.default));
    form(r.op.word(), parts)
}

fn unary(op: UnOp) -> &'static str {
    match op {
        UnOp::Neg => "-",
        UnOp::Not => "not",
    }
}
