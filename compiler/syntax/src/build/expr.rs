//! Expressions: precedence, reductions, and the bound on the height of a tree.
//!
//! A reduction's head and `for n x V in a:` are prefixes whose operand is all that follows.

use super::{Builder, Pair, Parts, inner, unquoted};
use crate::ast::*;
use crate::error::{self, SyntaxError};
use crate::grammar::Rule;
use crate::layout::MAX_DEPTH;
use crate::precedence;

/// The operator of a sign or word; `None` for what begins an operand.
fn operator(rule: Rule) -> Option<BinOp> {
    Some(match rule {
        Rule::arrow => BinOp::Arrow,
        Rule::pipe => BinOp::Pipe,
        Rule::else_ => BinOp::Else,
        Rule::as_ => BinOp::As,
        Rule::or => BinOp::Or,
        Rule::and => BinOp::And,
        Rule::eq_eq => BinOp::Eq,
        Rule::not_eq => BinOp::Ne,
        Rule::lt => BinOp::Lt,
        Rule::le => BinOp::Le,
        Rule::gt => BinOp::Gt,
        Rule::ge => BinOp::Ge,
        Rule::range => BinOp::Range,
        Rule::concat => BinOp::Concat,
        Rule::add => BinOp::Add,
        Rule::sub => BinOp::Sub,
        Rule::mul => BinOp::Mul,
        Rule::div => BinOp::Div,
        Rule::times => BinOp::Times,
        Rule::pow => BinOp::Pow,
        _ => return None,
    })
}

/// The operands and operators of one flat expression, in order.
type Flat<'a> = std::iter::Peekable<std::vec::IntoIter<Pair<'a>>>;

impl<'a> Builder<'a> {
    /// An expression of the rule `expr`, `head` or `acting`.
    pub(super) fn expr(&mut self, pair: Pair<'a>) -> Expr {
        let mut flat = Vec::new();
        for part in inner(pair) {
            match part.as_rule() {
                Rule::operand | Rule::head_operand | Rule::infix => flat.extend(inner(part)),
                _ => flat.push(part),
            }
        }
        self.check_mixing(&flat);
        self.climb(&mut flat.into_iter().peekable(), 0)
    }

    /// The operand that follows and every operator that holds it at least as tightly as `least`.
    fn climb(&mut self, flat: &mut Flat<'a>, least: u8) -> Expr {
        self.depth += 1;
        let outer = std::mem::take(&mut self.tallest);
        let expr = self.climb_in_scope(flat, least);
        self.tallest = self.tallest.max(outer);
        self.depth -= 1;
        expr
    }

    fn climb_in_scope(&mut self, flat: &mut Flat<'a>, least: u8) -> Expr {
        let Some(first) = flat.next() else {
            return self.nothing();
        };
        if self.depth > 2 * MAX_DEPTH {
            let span = self.span(&first);
            flat.by_ref().for_each(drop);
            return self.too_deep(span);
        }
        let mut lhs = self.prefixed(first, flat);
        let mut compared = false;
        let holds = |op: &BinOp| precedence::infix(*op).0 >= least;
        while let Some(op) = flat.peek().and_then(|next| operator(next.as_rule())).filter(holds) {
            let Some(next) = flat.next() else { break };
            if std::mem::replace(&mut compared, op.compares()) && compared {
                let message = "comparisons do not chain";
                let error = SyntaxError::new("GDL0006", self.span(&next), message, "a second comparison");
                self.error(error.help("write `a < b and b < c`"));
            }
            let rhs = self.climb(flat, precedence::infix(op).1);
            let span = join(lhs.span, rhs.span);
            lhs = self.tree(
                span,
                ExprKind::Binary {
                    op,
                    lhs: Box::new(lhs),
                    rhs: Box::new(rhs),
                },
            );
        }
        lhs
    }

    /// The operand that begins with `first`.
    fn prefixed(&mut self, first: Pair<'a>, flat: &mut Flat<'a>) -> Expr {
        let start = self.span(&first);
        match first.as_rule() {
            Rule::neg | Rule::not => {
                let op = if first.as_rule() == Rule::neg {
                    UnOp::Neg
                } else {
                    UnOp::Not
                };
                let arg = self.climb(flat, precedence::prefix(op));
                self.tree(join(start, arg.span), ExprKind::Unary { op, arg: Box::new(arg) })
            }
            Rule::reduction => {
                let mut reduction = self.reduction(first);
                let body = self.climb(flat, 0);
                let span = join(start, body.span);
                // A parenthesised `else` begins before its left operand, and stays in the body.
                (reduction.body, reduction.default) = match body.kind {
                    ExprKind::Binary {
                        op: BinOp::Else,
                        lhs,
                        rhs,
                    } if lhs.span.start == body.span.start => (*lhs, Some(*rhs)),
                    kind => (Expr { span: body.span, kind }, None),
                };
                self.tree(span, ExprKind::Reduce(Box::new(reduction)))
            }
            Rule::for_prefix => {
                let (count, rep, over) = self.for_head(&mut inner(first));
                let body = self.climb(flat, 0);
                let span = join(start, body.span);
                self.tree(
                    span,
                    ExprKind::For {
                        count,
                        rep,
                        over: Box::new(over),
                        body: Box::new(body),
                    },
                )
            }
            Rule::if_ => self.if_(first),
            _ => self.postfix(first),
        }
    }

    /// The head of a reduction; its body is still to come.
    fn reduction(&mut self, pair: Pair<'a>) -> Reduction {
        let mut parts = inner(pair);
        let word = parts.next();
        let op_span = word.as_ref().map(|word| self.span(word)).unwrap_or_default();
        let op = match word.as_ref().map(|word| word.as_str()) {
            Some("mean") => RedOp::Mean,
            Some("max") => RedOp::Max,
            Some("min") => RedOp::Min,
            Some("prod") => RedOp::Prod,
            Some("logsumexp") => RedOp::LogSumExp,
            _ => RedOp::Sum,
        };
        let body = self.nothing();
        let mut reduction = Reduction {
            op,
            op_span,
            binders: Vec::new(),
            conds: Vec::new(),
            by: None,
            body,
            default: None,
        };
        for part in parts {
            match part.as_rule() {
                Rule::cond => reduction.conds.push(self.only_expr(part)),
                Rule::by => {
                    if op != RedOp::Mean {
                        let message = "only `mean` takes weights";
                        let error = SyntaxError::new("GDL0006", self.span(&part), message, "weights that sum to one");
                        self.error(error.help("for a weighted sum, multiply: `sum i: w[i] * x[i]`"));
                    }
                    let mut parts = inner(part);
                    let softmax = parts.next_if(Rule::softmax).is_some();
                    reduction.by = Some(By {
                        softmax,
                        weight: self.next_expr(&mut parts),
                    });
                }
                _ => reduction.binders.push(self.binder(part)),
            }
        }
        reduction
    }

    /// `n`, `V` and `a` of `for n x V in a`, from the pairs that begin with it.
    pub(super) fn for_head(&mut self, parts: &mut Parts<'a>) -> (Ident, Ident, Expr) {
        let mut parts = match parts.next() {
            Some(head) => inner(head),
            None => return (Ident::default(), Ident::default(), self.nothing()),
        };
        let count = self.name(&mut parts);
        parts.next_if(Rule::times);
        (count, self.name(&mut parts), self.next_expr(&mut parts))
    }

    /// `if c { … } else if d { … } else { … }`: the chain nests to the right.
    fn if_(&mut self, pair: Pair<'a>) -> Expr {
        let whole = self.span(&pair);
        let mut branches = Vec::new();
        let mut otherwise = Block::default();
        for part in inner(pair) {
            if part.as_rule() == Rule::block {
                otherwise = self.block(part);
                continue;
            }
            let start = self.span(&part);
            let mut parts = inner(part);
            let cond = self.next_expr(&mut parts);
            let then = parts.next().map(|block| self.block(block)).unwrap_or_default();
            branches.push((start, cond, then));
        }
        let mut expr = self.nothing();
        while let Some((start, cond, then)) = branches.pop() {
            let span = join(start, whole);
            expr = self.tree(
                span,
                ExprKind::If {
                    cond: Box::new(cond),
                    then,
                    otherwise,
                },
            );
            otherwise = Block { span, stmts: vec![] };
            if !branches.is_empty() {
                let stmt = Stmt {
                    doc: None,
                    span,
                    kind: StmtKind::Expr(expr),
                };
                otherwise.stmts.push(stmt);
                expr = self.nothing();
            }
        }
        expr
    }

    fn postfix(&mut self, pair: Pair<'a>) -> Expr {
        let mut parts = inner(pair);
        let Some(first) = parts.next() else {
            return self.nothing();
        };
        let mut expr = self.primary(first);
        for suffix in parts {
            let span = join(expr.span, self.span(&suffix));
            let base = Box::new(expr);
            let kind = match suffix.as_rule() {
                Rule::call => ExprKind::Call {
                    f: base,
                    args: self.args(suffix),
                },
                Rule::index => ExprKind::Index {
                    base,
                    indices: inner(suffix).map(|index| self.index(index)).collect(),
                },
                Rule::blk => ExprKind::Block {
                    base,
                    rep: Box::new(self.only_expr(suffix)),
                },
                _ => ExprKind::Field {
                    base,
                    name: self.name(&mut inner(suffix)),
                },
            };
            expr = self.tree(span, kind);
        }
        expr
    }

    fn primary(&mut self, pair: Pair<'a>) -> Expr {
        let span = self.span(&pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::ident => ExprKind::Name(text.to_string()),
            Rule::string => ExprKind::Str(unquoted(&pair)),
            // The lexer has seen to it that numbers fit.
            Rule::int => text.parse().map_or(ExprKind::Bad, ExprKind::Int),
            Rule::float => ExprKind::Float(text.to_string()),
            Rule::irrep => irrep(text).unwrap_or(ExprKind::Bad),
            Rule::list => {
                let items = inner(pair).map(|item| self.expr(item)).collect();
                return self.tree(span, ExprKind::List(items));
            }
            Rule::tuple => return self.tuple(pair),
            _ => ExprKind::Bad,
        };
        Expr { span, kind }
    }

    /// Parentheses around one expression are that expression, with their span; all else is a tuple.
    fn tuple(&mut self, pair: Pair<'a>) -> Expr {
        let span = self.span(&pair);
        let trailing = inner(pair.clone()).any(|part| part.as_rule() == Rule::trailing);
        let mut args = self.args(pair);
        if let (false, [Arg { name: None, .. }]) = (trailing, &args[..]) {
            let kind = args.pop().map_or(ExprKind::Bad, |arg| arg.value.kind);
            return Expr { span, kind };
        }
        self.tree(span, ExprKind::Tuple(args))
    }

    fn args(&mut self, pair: Pair<'a>) -> Vec<Arg> {
        let mut args = Vec::new();
        for arg in inner(pair).filter(|part| part.as_rule() == Rule::arg) {
            let mut parts = inner(arg);
            let name = parts.next_if(Rule::ident).map(|name| self.ident(name));
            args.push(Arg {
                name,
                value: self.next_expr(&mut parts),
            });
        }
        args
    }

    /// An index, or a permutation in cycle notation.
    fn index(&mut self, pair: Pair<'a>) -> Expr {
        if pair.as_rule() != Rule::cycles {
            return self.expr(pair);
        }
        let span = self.span(&pair);
        let mut cycles = Vec::new();
        for cycle in inner(pair) {
            let mut points = Vec::new();
            for point in inner(cycle) {
                match point.as_str().parse() {
                    Ok(value) => points.push(value),
                    Err(_) => {
                        let message = format!("`{}` is too large", point.as_str());
                        self.error(SyntaxError::new(
                            "GDL0005",
                            self.span(&point),
                            message,
                            "beyond 2^32 - 1",
                        ));
                    }
                }
            }
            cycles.push(points);
        }
        Expr {
            span,
            kind: ExprKind::Cycles(cycles),
        }
    }

    /// `|>` stands alone.
    fn check_mixing(&mut self, flat: &[Pair<'a>]) {
        let Some(stage) = flat.iter().position(|pair| pair.as_rule() == Rule::pipe) else {
            return;
        };
        let heads = |pair: &Pair| matches!(pair.as_rule(), Rule::reduction | Rule::for_prefix);
        let operand = |pair: &Pair| matches!(pair.as_rule(), Rule::postfix | Rule::if_ | Rule::pipe);
        if flat[..stage].iter().any(heads) {
            let message = "`|>` in the body of a reduction needs parentheses";
            let label = "does it belong to the body or to the result?";
            let error = SyntaxError::new("GDL0006", self.span(&flat[stage]), message, label);
            self.error(error.help("write `(sum i: …) |> f` or `sum i: (… |> f)`"));
        } else if let Some(other) = flat.iter().find(|pair| !operand(pair)) {
            let word = match heads(other) {
                true => "a reduction".to_string(),
                false => format!("`{}`", other.as_str().trim_end()),
            };
            let message = format!("`|>` and {word} are mixed without parentheses");
            let error = SyntaxError::new(
                "GDL0006",
                self.span(other),
                message,
                "put one of the two in parentheses",
            );
            self.error(error.help("`(a + b) |> f` sends the sum through `f`; `a + (b |> f)` only `b`"));
        }
    }

    /// A tree over the trees of the current scope; too tall a one is an error.
    fn tree(&mut self, span: Span, kind: ExprKind) -> Expr {
        self.tallest += 1;
        if self.tallest > MAX_DEPTH {
            self.too_deep(span)
        } else {
            Expr { span, kind }
        }
    }

    fn too_deep(&mut self, span: Span) -> Expr {
        self.tallest = 0;
        self.error(error::too_deep(self.file, span.start as usize..span.end as usize));
        Expr {
            span,
            kind: ExprKind::Bad,
        }
    }

    /// The next pair as an expression.
    pub(super) fn next_expr(&mut self, parts: &mut Parts<'a>) -> Expr {
        match parts.next() {
            Some(pair) => self.expr(pair),
            None => self.nothing(),
        }
    }

    /// The first pair in `pair` as an expression.
    pub(super) fn only_expr(&mut self, pair: Pair<'a>) -> Expr {
        self.next_expr(&mut inner(pair))
    }

    /// The next pair as a name.
    pub(super) fn name(&mut self, parts: &mut Parts<'a>) -> Ident {
        parts.next().map(|name| self.ident(name)).unwrap_or_default()
    }

    /// What stands where the grammar promises an expression that is not there.
    pub(super) fn nothing(&self) -> Expr {
        Expr {
            span: Span {
                file: self.file,
                start: 0,
                end: 0,
            },
            kind: ExprKind::Bad,
        }
    }
}

/// `16x1o` or `1o`.
fn irrep(text: &str) -> Option<ExprKind> {
    let odd = text.ends_with('o');
    let value = text.trim_end_matches(['e', 'o']);
    let (mult, l) = match value.split_once('x') {
        Some((mult, l)) => (Some(mult.parse().ok()?), l),
        None => (None, value),
    };
    Some(ExprKind::Irrep {
        mult,
        l: l.parse().ok()?,
        odd,
    })
}

fn join(first: Span, last: Span) -> Span {
    Span {
        file: first.file,
        start: first.start,
        end: last.end,
    }
}
