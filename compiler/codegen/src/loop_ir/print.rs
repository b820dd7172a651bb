//! Loop IR as text.

use super::{
    Array, Atom, Divisor, Expr, Gemm, Home, Index, Kernel, LoopKind, Program, Range, Space, Step, Stmt, Table,
};
use gdl_abi::plan::gemm_text;
use gdl_core::ir::{Cmp, Fold};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "program {} {}", self.name, if self.double { "f64" } else { "f32" })?;
        for b in &self.buffers {
            let rows = b.dim.map_or(String::new(), |d| format!("d{}, ", d.0));
            let home = match &b.home {
                Home::Input(_) => "input",
                Home::Param(_) => "param",
                Home::Output(_) => "output",
                Home::Const(_) => "const",
                Home::Temp => "temp",
                Home::Tile => "tile",
            };
            writeln!(f, "  {home} {}[{rows}{}]", b.name, b.row_len)?;
        }
        let mut out = String::new();
        for step in &self.steps {
            Printer {
                program: self,
                out: &mut out,
            }
            .step(step, 0)?;
        }
        f.write_str(&out)
    }
}

struct Printer<'a> {
    program: &'a Program,
    out: &'a mut String,
}

impl Printer<'_> {
    fn line(&mut self, depth: usize, text: &str) -> Result {
        writeln!(self.out, "{:1$}{text}", "", 2 * depth)
    }

    fn step(&mut self, step: &Step, depth: usize) -> Result {
        match step {
            Step::Kernel(k) => self.kernel(*k, depth),
            Step::Gemm(g) => self.gemm(g, depth),
            Step::Choose(c) => {
                let key = &self.program.buffers[c.key.0 as usize].name;
                self.line(depth, &format!("choose{} in d{} by {key}", c.id, c.chosen.0))
            }
            Step::Loop(l) => {
                self.line(
                    depth,
                    &format!(
                        "for step{} in steps of d{}{} {{",
                        l.id,
                        l.time.0,
                        if l.reverse { " backwards" } else { "" }
                    ),
                )?;
                l.body.iter().try_for_each(|s| self.step(s, depth + 1))?;
                self.line(depth, "}")
            }
        }
    }

    fn kernel(&mut self, number: usize, depth: usize) -> Result {
        let kernel: &Kernel = &self.program.kernels[number];
        let rows = match kernel.space {
            Space::Rows { dim, times: 1 } => format!("d{}", dim.0),
            Space::Rows { dim, times } => format!("d{} * {times}", dim.0),
            Space::Fixed(n) => n.to_string(),
        };
        let lanes = if kernel.lanes { " lanes" } else { "" };
        self.line(
            depth,
            &format!("kernel {number} {}: for v0 in {rows}{lanes} {{", kernel.name),
        )?;
        self.block(&kernel.body, depth + 1)?;
        self.line(depth, "}")
    }

    fn gemm(&mut self, g: &Gemm, depth: usize) -> Result {
        let text = gemm_text(g, &self.program.buffers, &self.program.sizes);
        match g.pack {
            None => self.line(depth, &text),
            Some(pack) => {
                self.line(depth, &format!("{text}, by tiles of {{"))?;
                self.kernel(pack, depth + 1)?;
                self.line(depth, "}")
            }
        }
    }

    fn block(&mut self, block: &[Stmt], depth: usize) -> Result {
        for stmt in block {
            let text = match stmt {
                Stmt::For(l) => {
                    let range = match &l.range {
                        Range::Lit(n) => format!("0..{n}"),
                        Range::Size(s) => format!("0..{}", self.size(s.0)),
                        Range::Between(t, at) => format!("{0}[{1}]..{0}[{1} + 1]", self.table(t.0), self.index(at)),
                    };
                    let kind = match l.kind {
                        LoopKind::Serial => "",
                        LoopKind::Lanes => " lanes",
                        LoopKind::LaneFold => " lanes folded",
                    };
                    self.line(depth, &format!("for v{} in {range}{kind} {{", l.var.0))?;
                    self.block(&l.body, depth + 1)?;
                    "}".to_string()
                }
                Stmt::Def { reg, value } => format!("r{} = {}", reg.0, self.expr(value)),
                Stmt::Start { acc, fold } => format!("r{} = {}", acc.0, identity(*fold)),
                Stmt::Fold { acc, fold, value } => format!("r{} {}= {}", acc.0, fold_name(*fold), self.expr(value)),
                Stmt::Store {
                    array,
                    index,
                    value,
                    fold,
                } => {
                    format!(
                        "{}[{}] {}= {}",
                        self.array(*array),
                        self.index(index),
                        fold.map_or("", fold_name),
                        self.expr(value)
                    )
                }
            };
            self.line(depth, &text)?;
        }
        Ok(())
    }

    fn array(&self, array: Array) -> String {
        match array {
            Array::Buffer(b) => self.program.buffers[b.0 as usize].name.clone(),
            Array::Local(k) => format!("local{k}"),
        }
    }

    fn size(&self, k: u32) -> String {
        self.program.sizes[k as usize].to_string()
    }

    fn table(&self, k: u32) -> String {
        match &self.program.tables[k as usize] {
            Table::MapIndex(m) => format!("index{}", m.0),
            Table::MapPtr(m) => format!("ptr{}", m.0),
            Table::MapOrder(m) => format!("order{}", m.0),
            Table::Position(d) => format!("position(d{})", d.0),
            Table::Sample(d) => format!("sample(d{})", d.0),
            Table::SamplePtr(d) => format!("start(d{})", d.0),
            Table::Labels(input) => format!("label{input}"),
            Table::Window(w) => format!("window{k}(d{}, d{})", w.coarse.0, w.fine.0),
            Table::WindowBack(w) => format!("reach{k}(d{}, d{})", w.fine.0, w.coarse.0),
            Table::List(_) => format!("list{k}"),
            Table::Chosen(id, _) => format!("chosen{id}"),
            Table::ChosenPtr(id, _) => format!("chosen{id}_ptr"),
            Table::ChosenOrder(id, _) => format!("chosen{id}_order"),
        }
    }

    fn index(&self, index: &Index) -> String {
        let mut parts: Vec<String> = index
            .terms
            .iter()
            .map(|(atom, c)| {
                if *c == 1 {
                    self.atom(atom)
                } else {
                    format!("{c} * {}", self.atom(atom))
                }
            })
            .collect();
        if index.offset != 0 || parts.is_empty() {
            parts.push(index.offset.to_string());
        }
        parts.join(" + ")
    }

    fn atom(&self, atom: &Atom) -> String {
        let by = |d: &Divisor| match d {
            Divisor::Lit(n) => n.to_string(),
            Divisor::Size(s) => self.size(s.0),
        };
        match atom {
            Atom::Var(v) => format!("v{}", v.0),
            Atom::Size(s) => self.size(s.0),
            Atom::Times(s, x) => format!("{} * ({})", self.size(s.0), self.index(x)),
            Atom::Lookup(t, x) => format!("{}[{}]", self.table(t.0), self.index(x)),
            Atom::Div(x, d) => format!("(({}) / {})", self.index(x), by(d)),
            Atom::Mod(x, d) => format!("(({}) % {})", self.index(x), by(d)),
            Atom::AtLeast0(x) => format!("max({}, 0)", self.index(x)),
        }
    }

    fn expr(&self, e: &Expr) -> String {
        match e {
            Expr::Num(x) => format!("{x:?}"),
            Expr::Reg(r) => format!("r{}", r.0),
            Expr::Load(a, at) => format!("{}[{}]", self.array(*a), self.index(at)),
            Expr::Real(at) => format!("real({})", self.index(at)),
            Expr::Apply(f, args) => {
                let args: Vec<String> = args.iter().map(|a| self.expr(a)).collect();
                format!("{}({})", format!("{f:?}").to_lowercase(), args.join(", "))
            }
            Expr::Choose(op, a, b, arms) => {
                let op = match op {
                    Cmp::Eq => "==",
                    Cmp::Lt => "<",
                    Cmp::Le => "<=",
                };
                format!(
                    "if {} {op} {} then {} else {}",
                    self.index(a),
                    self.index(b),
                    self.expr(&arms[0]),
                    self.expr(&arms[1])
                )
            }
        }
    }
}

fn fold_name(fold: Fold) -> &'static str {
    match fold {
        Fold::Sum => "+",
        Fold::Prod => "*",
        Fold::Max => "max",
        Fold::Min => "min",
    }
}

fn identity(fold: Fold) -> &'static str {
    match fold {
        Fold::Sum => "0",
        Fold::Prod => "1",
        Fold::Max => "-inf",
        Fold::Min => "inf",
    }
}
