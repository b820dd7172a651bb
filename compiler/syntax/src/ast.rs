//! The abstract syntax tree. Every node carries its [`Span`]; nothing here knows about types.
//!
//! Types, groups, representations and values share one expression grammar ([`Expr`]); which namespace a name belongs to is
//! decided by the checker from the kind its context asks for.

/// A range of bytes of one source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Which file, as numbered by the caller that parsed it.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A name as written, with its span.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ident {
    /// The text, primes included (`h'`).
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// A parsed source file.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    /// The items that parsed, in order.
    pub items: Vec<Item>,
}

/// One top-level item.
#[derive(Clone, Debug)]
pub struct Item {
    /// The `///` text above it, joined by newlines.
    pub doc: Option<String>,
    /// From the first word to the last.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// The kinds of items.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum ItemKind {
    /// `use std::o3::{harmonics, gate}` or `use "layers/conv.gdl"::{conv}`.
    Use(Use),
    /// `group Quat = permutations[(1 2 3 4)(5 6 7 8), (1 5 3 7)(2 8 4 6)]`.
    Group { name: Ident, value: Expr },
    /// `rep Strain of O(3) = sym(vector, 2)`.
    Rep { name: Ident, of: Expr, value: Expr },
    /// `const up: vector = (0, 0, 1)`.
    Const(Const),
    /// `setting width: int = 64`.
    Setting { name: Ident, ty: Expr, value: Expr },
    /// `trust f: S -> T = g`.
    Trust { name: Ident, ty: Expr, value: Expr },
    /// `layer …`.
    Layer(Callable),
    /// `model …`.
    Model(Callable),
    /// `data NAME from "file" { … }`.
    Data(Data),
    /// `train MODEL on DATA { … }`.
    Train(Train),
    /// `test …`.
    Test(Test),
}

/// A module path and the names taken from it; no names means the last path segment itself.
#[derive(Clone, Debug)]
pub struct Use {
    /// `std::o3` as `["std", "o3"]`, or a file.
    pub from: UseFrom,
    /// The names in braces; `None` for `use std::o3`.
    pub names: Option<Vec<Ident>>,
}

/// Where a module comes from.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum UseFrom {
    /// `std::o3`.
    Path(Vec<Ident>),
    /// `"layers/conv.gdl"`, relative to the using file.
    File { path: String, span: Span },
}

/// `const NAME: TYPE = VALUE`, an item or a statement.
#[derive(Clone, Debug)]
pub struct Const {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Expr,
    /// Its value.
    pub value: Expr,
}

/// A layer or a model.
#[derive(Clone, Debug)]
pub struct Callable {
    /// Its name.
    pub name: Ident,
    /// `under G [approx]`.
    pub under: Option<Under>,
    /// In order.
    pub params: Vec<Param>,
    /// After `->`; `None` where left out.
    pub result: Option<ResultTy>,
    /// The `where` clauses, in order.
    pub wheres: Vec<WhereClause>,
    /// The statements.
    pub body: Block,
}

/// `under EXPR [flags]`.
#[derive(Clone, Debug)]
pub struct Under {
    /// The group.
    pub group: Expr,
    /// `[approx]` and the like.
    pub flags: Vec<Ident>,
}

/// One parameter; `Q, K: T` becomes two.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type or kind.
    pub ty: Expr,
    /// Its default.
    pub default: Option<Expr>,
}

/// The result of a callable.
#[derive(Clone, Debug)]
pub enum ResultTy {
    /// One type.
    Single(Expr),
    /// `(energy: 1, forces: m.nodes -> vector)`.
    Record(Vec<(Ident, Expr)>),
}

/// `g: graph` in a `where`.
#[derive(Clone, Debug)]
pub struct WhereClause {
    /// The name it describes.
    pub name: Ident,
    /// Its type or kind.
    pub ty: Expr,
}

/// `data NAME from "file" { … }`.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its name.
    pub name: Ident,
    /// The file.
    pub path: String,
    /// Where the file is named.
    pub path_span: Span,
    /// The entries: name, optional type, optional value.
    pub entries: Vec<Datum>,
}

/// `x: img -> 1 = images / 16`.
#[derive(Clone, Debug)]
pub struct Datum {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: Option<Expr>,
    /// Where it comes from; the array of the same name if left out.
    pub value: Option<Expr>,
}

/// `train MODEL on DATA { … }`.
#[derive(Clone, Debug)]
pub struct Train {
    /// The model.
    pub model: Ident,
    /// The data.
    pub data: Ident,
    /// The entries.
    pub entries: Vec<TrainEntry>,
}

/// `loss ce = …`, `metric acc = …`, `epochs = 25`.
#[derive(Clone, Debug)]
pub struct TrainEntry {
    /// What it is.
    pub kind: EntryKind,
    /// The name on the left of `=`.
    pub name: Ident,
    /// The expression.
    pub value: Expr,
}

/// The three kinds of entries of a `train` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Minimised (the sum of all).
    Loss,
    /// Reported.
    Metric,
    /// `optimizer = …`, `epochs = …`.
    Option,
}

/// A `test` item.
#[derive(Clone, Debug)]
pub enum Test {
    /// `test equivariant(Digits, f32, 1e-5)`.
    Expr(Expr),
    /// `test "title" { … }`, `test "title" under O(3) { … }` or `test "title" rejects GDL0107 { … }`.
    Block {
        /// The title.
        title: String,
        /// The group of its statements.
        under: Option<Under>,
        /// The code expected.
        rejects: Option<Ident>,
        /// Its items and statements, in order.
        body: Vec<TestPart>,
    },
}

/// A part of a test block.
#[derive(Clone, Debug)]
pub enum TestPart {
    /// An item.
    Item(Item),
    /// A statement.
    Stmt(Stmt),
}

/// `{ … }`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// From `{` to `}`.
    pub span: Span,
    /// In order.
    pub stmts: Vec<Stmt>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// The `///` text above it.
    pub doc: Option<String>,
    /// Its extent.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum StmtKind {
    /// `param W: hom(a, b) ~ he in e3nn as "linear.weight"`, one per name.
    Param(ParamDecl),
    /// `const c: T = e`.
    Const(Const),
    /// `stat avg: 1 = e`.
    Stat {
        name: Ident,
        ty: Expr,
        value: Option<Expr>,
        /// Whether `over data` follows the value: one pass before training.
        over_data: bool,
    },
    /// `random w: T ~ mu`.
    Random { name: Ident, ty: Expr, dist: Expr },
    /// `repeat n { … }`.
    Repeat { count: Expr, body: Block },
    /// `iterate n from h = e { … }`, `iterate t in T from …`.
    Iterate {
        head: LoopHead,
        from: Vec<Def>,
        body: Block,
    },
    /// `scan t in s from h = e { … }`.
    Scan {
        head: LoopHead,
        from: Vec<Def>,
        body: Block,
    },
    /// `integrate t in … from …`.
    Integrate {
        head: LoopHead,
        from: Vec<Def>,
        body: Block,
    },
    /// `for n x V in a { … }`.
    For {
        count: Ident,
        rep: Ident,
        over: Expr,
        body: Block,
    },
    /// `y[i, j] = e`, `(h, x) = e`, `h' = e`, `y: T = e`.
    Def(Def),
    /// An expression; only the last statement of a block may be one.
    Expr(Expr),
}

/// A parameter declaration.
#[derive(Clone, Debug)]
pub struct ParamDecl {
    /// Its name.
    pub name: Ident,
    /// Its type; `None` for `param phi = mlp(_, [64, 64])`.
    pub ty: Option<Expr>,
    /// After `~`.
    pub dist: Option<Expr>,
    /// After `=`.
    pub value: Option<Expr>,
    /// `in e3nn`.
    pub basis: Option<Ident>,
    /// `as "linear_1.weight"`.
    pub external: Option<String>,
}

/// What a loop runs over.
#[derive(Clone, Debug)]
pub enum LoopHead {
    /// `t in s`.
    In(Ident, Expr),
    /// A number of rounds.
    Count(Expr),
}

/// `lhs = rhs`, `name: T = rhs`.
#[derive(Clone, Debug)]
pub struct Def {
    /// What is defined.
    pub lhs: Lhs,
    /// The type that it must have.
    pub ty: Option<Expr>,
    /// Its value.
    pub value: Expr,
}

/// The left side of a definition.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Lhs {
    /// `y`, `y[i]`, `y[i][h]`, `u[e: j -> i in m.edges]`: each bracket's binders in order.
    Name { name: Ident, binders: Vec<Binder> },
    /// `(h, x)`.
    Tuple(Vec<Ident>),
}

/// What binds an index.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Binder {
    /// `i`, its set inferred from use.
    Bare(Ident),
    /// `i in S`.
    In(Ident, Expr),
    /// `e: j -> i in g.edges`.
    Edge {
        edge: Ident,
        src: Ident,
        dst: Ident,
        set: Expr,
    },
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its extent.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum ExprKind {
    /// `42`.
    Int(u64),
    /// `1e-2`; the text is kept so that constants stay exact.
    Float(String),
    /// `16x1o` or `1o` (then `mult` is `None`).
    Irrep { mult: Option<u64>, l: u32, odd: bool },
    /// `"text"`.
    Str(String),
    /// A name; `_` included.
    Name(String),
    /// `f(a, key = b)`.
    Call { f: Box<Expr>, args: Vec<Arg> },
    /// `x[i, j]`.
    Index { base: Box<Expr>, indices: Vec<Expr> },
    /// `x.[1o]`.
    Block { base: Box<Expr>, rep: Box<Expr> },
    /// `e.vec`.
    Field { base: Box<Expr>, name: Ident },
    /// `(1 2 3)(4 5)` inside the brackets of `permutations[…]`: one permutation in cycle notation.
    Cycles(Vec<Vec<u32>>),
    /// `-x`, `not x`.
    Unary { op: UnOp, arg: Box<Expr> },
    /// `a + b`; `e else d` included.
    Binary { op: BinOp, lhs: Box<Expr>, rhs: Box<Expr> },
    /// `(a, b)` or `(energy = a, forces = b)`; a parenthesised single expression is that expression with `paren` spans.
    Tuple(Vec<Arg>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `sum i in S if c: e else d`.
    Reduce(Box<Reduction>),
    /// `for n x V in a: e`.
    For {
        count: Ident,
        rep: Ident,
        over: Box<Expr>,
        body: Box<Expr>,
    },
    /// `if c { … } else { … }`: compile-time choice.
    If {
        cond: Box<Expr>,
        then: Block,
        otherwise: Block,
    },
    /// Something that did not parse; its error has been reported.
    Bad,
}

/// An argument.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `key` of `key = value`.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// A reduction.
#[derive(Clone, Debug)]
pub struct Reduction {
    /// Which.
    pub op: RedOp,
    /// The span of the word.
    pub op_span: Span,
    /// Its binders.
    pub binders: Vec<Binder>,
    /// The conjoined `if` conditions.
    pub conds: Vec<Expr>,
    /// `by w` or `by softmax l`.
    pub by: Option<By>,
    /// The body.
    pub body: Expr,
    /// `else d`: the value of the empty reduction.
    pub default: Option<Expr>,
}

/// A weighting.
#[derive(Clone, Debug)]
pub struct By {
    /// Whether `softmax` stands before it.
    pub softmax: bool,
    /// The weight or logit.
    pub weight: Expr,
}

/// The reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum RedOp {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
    LogSumExp,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum UnOp {
    Neg,
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinOp {
    /// `->`
    Arrow,
    /// `|>`
    Pipe,
    Else,
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `..`
    Range,
    /// `++`
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    /// `x`
    Times,
    /// `^`
    Pow,
    /// `as`
    As,
}

impl RedOp {
    /// The word it is written with.
    pub fn word(self) -> &'static str {
        match self {
            RedOp::Sum => "sum",
            RedOp::Mean => "mean",
            RedOp::Max => "max",
            RedOp::Min => "min",
            RedOp::Prod => "prod",
            RedOp::LogSumExp => "logsumexp",
        }
    }
}

impl BinOp {
    /// Whether it is a comparison.
    pub fn compares(self) -> bool {
        matches!(
            self,
            BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge
        )
    }

    /// The sign or word it is written with.
    pub fn sign(self) -> &'static str {
        match self {
            BinOp::Arrow => "->",
            BinOp::Pipe => "|>",
            BinOp::Else => "else",
            BinOp::Or => "or",
            BinOp::And => "and",
            BinOp::Eq => "==",
            BinOp::Ne => "!=",
            BinOp::Lt => "<",
            BinOp::Le => "<=",
            BinOp::Gt => ">",
            BinOp::Ge => ">=",
            BinOp::Range => "..",
            BinOp::Concat => "++",
            BinOp::Add => "+",
            BinOp::Sub => "-",
            BinOp::Mul => "*",
            BinOp::Div => "/",
            BinOp::Times => "x",
            BinOp::Pow => "^",
            BinOp::As => "as",
        }
    }
}
