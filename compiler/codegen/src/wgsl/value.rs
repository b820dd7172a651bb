//! Numbers and indices of a kernel as WGSL.

use super::folds::AllFold;
use super::functions;
use super::lookups::Entry;
use crate::loop_ir::{Array, Atom, BufferId, Divisor, Expr, Home, Index, Program, SizeId, TableId};
use gdl_abi::shader::{self, Lasting};
use gdl_core::ir::{Cmp, Fold, Scalar};
use std::cell::RefCell;

/// Writes expressions of a program's kernels.
pub struct Values<'a> {
    pub program: &'a Program,
    /// Where parameters and constants are.
    lasting: Lasting,
    /// The functions that have been called.
    pub called: RefCell<Vec<Scalar>>,
    /// The folds of what a workgroup has that have been called.
    pub folded: RefCell<Vec<AllFold>>,
    /// Entries of tables that have been read, and their names; the innermost last.
    pub entries: RefCell<Vec<(Entry, String)>>,
    /// Local arrays of which every iteration of a round has its own, their lengths, and the number of the iteration in its round.
    pub own: RefCell<Vec<(u32, u32, String)>>,
    /// What the names of local arrays begin with, where workgroups have them.
    pub prefix: RefCell<String>,
    /// Buffers that the kernel's rows add to, each part in a copy of its own.
    pub copied: RefCell<Vec<BufferId>>,
}

impl<'a> Values<'a> {
    /// For the kernels of a program.
    pub fn new(program: &'a Program) -> Values<'a> {
        Values {
            program,
            lasting: Lasting::of(&program.buffers),
            called: RefCell::default(),
            folded: RefCell::default(),
            entries: RefCell::default(),
            own: RefCell::default(),
            prefix: RefCell::default(),
            copied: RefCell::default(),
        }
    }

    /// The name of where a buffer begins, or this invocation's own copy of it.
    pub fn buffer(&self, b: BufferId) -> String {
        let name = &self.program.buffers[b.0 as usize].name;
        if self.copied.borrow().contains(&b) {
            shader::copy_name(name, b)
        } else {
            shader::buffer_name(name, b)
        }
    }

    /// Whether a buffer begins where the program alone says, and not the batch.
    pub fn is_lasting(&self, b: BufferId) -> bool {
        self.lasting.at[b.0 as usize].is_some()
    }

    /// Where parameters and constants begin.
    pub fn lasting(&self, read: &dyn Fn(BufferId) -> bool) -> String {
        let mut text = String::new();
        for (k, (buffer, at)) in (0..).zip(self.program.buffers.iter().zip(&self.lasting.at)) {
            if let Some(at) = at
                && read(BufferId(k))
            {
                let kind = if matches!(buffer.home, Home::Param(_)) {
                    "parameter"
                } else {
                    "constant"
                };
                let name = shader::buffer_name(&buffer.name, BufferId(k));
                text.push_str(&format!("const {name} = {at}; // {kind}: {}\n", buffer.row_len));
            }
        }
        text
    }

    /// The name of a local array.
    pub fn local(&self, k: u32) -> String {
        format!("{}local{k}", self.prefix.borrow())
    }

    /// The name of a fold of what a workgroup has.
    pub fn all(&self, of: AllFold) -> String {
        note(&self.folded, of);
        of.name()
    }

    /// The name of where a table begins.
    pub fn table(&self, t: TableId) -> String {
        format!("t{}", t.0)
    }

    /// The name of a size.
    pub fn size(&self, s: SizeId) -> String {
        format!("n{}", s.0)
    }

    /// An entry of a table.
    pub fn lookup(&self, t: TableId, at: &Index) -> String {
        let entries = self.entries.borrow();
        let known = entries.iter().find(|((table, x), _)| *table == t && x == at);
        match known {
            Some((_, name)) => name.clone(),
            None => format!("tables[{} + {}]", self.table(t), self.index(at)),
        }
    }

    /// An index, in parentheses where it is a sum.
    pub fn index(&self, index: &Index) -> String {
        match self.sum(index).as_slice() {
            [one] if !one.starts_with('-') => one.clone(),
            terms => format!("({})", terms.join(" ")),
        }
    }

    /// The terms of an index with their signs between them, positive ones first.
    fn sum(&self, index: &Index) -> Vec<String> {
        let mut terms: Vec<(bool, String)> = Vec::new();
        for (atom, c) in &index.terms {
            let atom = self.atom(atom);
            let size = c.unsigned_abs();
            terms.push((*c < 0, if size == 1 { atom } else { format!("{size} * {atom}") }));
        }
        if index.offset != 0 || terms.is_empty() {
            terms.push((index.offset < 0, index.offset.unsigned_abs().to_string()));
        }
        terms.sort_by_key(|(negative, _)| *negative);
        let mut out = Vec::new();
        for (k, (negative, term)) in terms.into_iter().enumerate() {
            match (k, negative) {
                (0, false) => out.push(term),
                (0, true) => out.push(format!("-{term}")),
                (_, _) => out.extend([if negative { "-" } else { "+" }.to_string(), term]),
            }
        }
        out
    }

    fn atom(&self, atom: &Atom) -> String {
        let by = |d: &Divisor| match d {
            Divisor::Lit(n) => n.to_string(),
            Divisor::Size(s) => self.size(*s),
        };
        match atom {
            Atom::Var(v) => format!("v{}", v.0),
            Atom::Size(s) => self.size(*s),
            Atom::Times(s, x) => format!("({} * {})", self.size(*s), self.index(x)),
            Atom::Lookup(t, x) => self.lookup(*t, x),
            Atom::Div(x, d) => format!("({} / {})", self.index(x), by(d)),
            Atom::Mod(x, d) => format!("({} % {})", self.index(x), by(d)),
            Atom::AtLeast0(x) => format!("max({}, 0)", self.index(x)),
        }
    }

    /// An element of an array.
    pub fn element(&self, array: Array, at: &Index) -> String {
        let k = match array {
            Array::Buffer(b) if *at == Index::lit(0) => return format!("memory[{}]", self.buffer(b)),
            Array::Buffer(b) => return format!("memory[{} + {}]", self.buffer(b), self.index(at)),
            Array::Local(k) => k,
        };
        let at = self.index(at);
        match self.own.borrow().iter().find(|(own, ..)| *own == k) {
            Some((_, len, turn)) => format!("{}[{len} * {turn} + {at}]", self.local(k)),
            None => format!("{}[{at}]", self.local(k)),
        }
    }

    /// A number.
    pub fn expr(&self, e: &Expr) -> String {
        match e {
            Expr::Num(x) => number(*x),
            Expr::Reg(r) => format!("r{}", r.0),
            Expr::Load(array, at) => self.element(*array, at),
            Expr::Real(at) => format!("f32({})", self.sum(at).join(" ")),
            Expr::Apply(f, args) => {
                let args: Vec<String> = args.iter().map(|a| self.expr(a)).collect();
                self.apply(*f, &args)
            }
            Expr::Choose(op, a, b, arms) => {
                let op = match op {
                    Cmp::Eq => "==",
                    Cmp::Lt => "<",
                    Cmp::Le => "<=",
                };
                let [yes, no] = [&arms[0], &arms[1]].map(|x| self.expr(x));
                format!("select({no}, {yes}, {} {op} {})", self.index(a), self.index(b))
            }
        }
    }

    /// One more term of a fold.
    pub fn joined(&self, fold: Fold, x: &str, y: &str) -> String {
        match fold {
            Fold::Sum => format!("{x} + {y}"),
            Fold::Prod => format!("{x} * {y}"),
            Fold::Max => self.apply(Scalar::Max, &[x.into(), y.into()]),
            Fold::Min => self.apply(Scalar::Min, &[x.into(), y.into()]),
        }
    }

    fn apply(&self, f: Scalar, args: &[String]) -> String {
        match (f, args) {
            (Scalar::Add, [x, y]) => format!("({x} + {y})"),
            (Scalar::Sub, [x, y]) => format!("({x} - {y})"),
            (Scalar::Mul, [x, y]) => format!("({x} * {y})"),
            (Scalar::Div, [x, y]) => format!("({x} / {y})"),
            (Scalar::Lt, [x, y]) => format!("select(0.0, 1.0, {x} < {y})"),
            (Scalar::Le, [x, y]) => format!("select(0.0, 1.0, {x} <= {y})"),
            (Scalar::Eq, [x, y]) => format!("select(0.0, 1.0, {x} == {y})"),
            (Scalar::Select, [c, x, y]) => format!("select({y}, {x}, {c} != 0.0)"),
            (Scalar::Neg, [x]) => format!("(-{x})"),
            (Scalar::Sqrt, [x]) => format!("sqrt({x})"),
            (Scalar::Abs, [x]) => format!("abs({x})"),
            (Scalar::Floor, [x]) => format!("floor({x})"),
            _ => {
                note(&self.called, f);
                format!("{}({})", functions::name(f), args.join(", "))
            }
        }
    }
}

fn note<T: PartialEq>(list: &RefCell<Vec<T>>, item: T) {
    let mut list = list.borrow_mut();
    if !list.contains(&item) {
        list.push(item);
    }
}

/// A constant; the ones that WGSL cannot write stand in `env`.
pub fn number(x: f64) -> String {
    let x = x as f32;
    if x.is_nan() {
        "bitcast<f32>(env[2])".into()
    } else if x == f32::INFINITY {
        "bitcast<f32>(env[0])".into()
    } else if x == f32::NEG_INFINITY {
        "bitcast<f32>(env[1])".into()
    } else if x.is_sign_negative() {
        format!("({x:?}f)")
    } else {
        format!("{x:?}f")
    }
}
