//! Programs as text.

use crate::ir::verify::show;
use crate::ir::{Body, Cmp, Fold, Func, Node, Op, Scalar, Scan, Shape, Value};
use gdl_abi::{DimDef, DimId, Dtype, MapDef, MapId};
use gdl_rep::Exact;
use std::fmt::{self, Display, Write};

/// The text of a program; [`super::parse`] reads it back.
pub fn print(func: &Func) -> String {
    write(func, usize::MAX)
}

/// The text of a program for people: of long constants only the first numbers.
pub fn print_short(func: &Func) -> String {
    write(func, 8)
}

fn write(func: &Func, longest: usize) -> String {
    let mut out = Printer {
        out: String::new(),
        longest,
    };
    // Writing to a string does not fail.
    let _ = out.func(func);
    out.out
}

struct Printer {
    out: String,
    /// Constants with more numbers are shortened.
    longest: usize,
}

impl Printer {
    fn func(&mut self, func: &Func) -> fmt::Result {
        writeln!(self.out, "func {}", quote(&func.name))?;
        for (k, def) in func.domains.dims.iter().enumerate() {
            writeln!(self.out, "dim d{k} {}", dim_def(def))?;
        }
        for (k, def) in func.domains.maps.iter().enumerate() {
            writeln!(self.out, "map m{k} {}", map_def(def))?;
        }
        for (word, decls) in [("input", &func.inputs), ("param", &func.params)] {
            for decl in decls {
                let shape = Shape {
                    dim: decl.dim,
                    axes: decl.axes.clone(),
                };
                write!(self.out, "{word} {} {}", quote(&decl.name), show(&shape))?;
                if let Dtype::Class(n) = decl.dtype {
                    write!(self.out, " class {n}")?;
                }
                self.out.push('\n');
            }
        }
        self.nodes(&func.body, 0)?;
        self.out.push_str("return");
        for (k, v) in func.body.results.iter().enumerate() {
            let name = func.outputs.get(k).map_or("", String::as_str);
            write!(self.out, " {} {}", quote(name), Val(*v))?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn nodes(&mut self, body: &Body, depth: usize) -> fmt::Result {
        for (k, node) in body.nodes.iter().enumerate() {
            self.indent(depth);
            write!(self.out, "%{k} = ")?;
            self.node(node, depth)?;
            if node.origin != u32::MAX {
                write!(self.out, " @{}", node.origin)?;
            }
            self.out.push('\n');
        }
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn node(&mut self, node: &Node, depth: usize) -> fmt::Result {
        let out = &mut self.out;
        match &node.op {
            Op::Scan(scan) => return self.scan(scan, depth),
            Op::Input(k) => write!(out, "input {k}")?,
            Op::Param(k) => write!(out, "param {k}")?,
            Op::Arg(k) => write!(out, "arg {k}")?,
            Op::Const(c) if c.data.len() <= self.longest => write!(out, "const {}", list(c.data.iter().map(number)))?,
            Op::Const(c) => {
                let start = c.data[..self.longest].iter().map(number);
                let rest = format!("… {} more", c.data.len() - self.longest);
                write!(out, "const {}", list(start.chain([rest])))?;
            }
            Op::Fill(x) => write!(out, "fill {}", number(x))?,
            Op::Map { f, args } => {
                match f {
                    Scalar::PowI(n) => write!(out, "powi {n}")?,
                    f => out.push_str(name_of(*f, &Scalar::NAMED)),
                }
                for v in args {
                    write!(out, " {}", Val(*v))?;
                }
            }
            Op::Broadcast { x, axes } => write!(out, "broadcast {} {}", Val(*x), list(axes))?,
            Op::Reshape { x } => write!(out, "reshape {}", Val(*x))?,
            Op::Slice { x, axis, start, len } => write!(out, "slice {} axis {axis} from {start} len {len}", Val(*x))?,
            Op::Concat { xs, axis } => write!(out, "concat {} axis {axis}", values(xs))?,
            Op::Contract {
                a,
                b,
                a_axes,
                b_axes,
                out_axes,
            } => {
                let [la, lb, lo] = [a_axes, b_axes, out_axes].map(|l| list(l.iter().map(|l| letter(*l))));
                write!(out, "contract {} {la} {} {lb} {lo}", Val(*a), Val(*b))?;
            }
            Op::Reduce { op, x, axis } => {
                write!(out, "reduce {} {} axis {axis}", name_of(*op, &Fold::NAMED), Val(*x))?;
            }
            Op::Gather { x, map } => write!(out, "gather {} m{}", Val(*x), map.0)?,
            Op::Segment { op, x, map } => {
                write!(out, "segment {} {} m{}", name_of(*op, &Fold::NAMED), Val(*x), map.0)?;
            }
            Op::Choose { key, chosen } => write!(out, "choose {} d{}", Val(*key), chosen.0)?,
            Op::Take { x, at } => write!(out, "take {} {}", Val(*x), Val(*at))?,
            Op::Put { x, at } => write!(out, "put {} {}", Val(*x), Val(*at))?,
            Op::Total { x } => write!(out, "total {}", Val(*x))?,
            Op::Window {
                x,
                offsets,
                stride,
                wrap,
                transpose,
                fine,
                coarse,
            } => {
                let word = if *transpose { "window_adjoint" } else { "window" };
                let edge = if *wrap { "wrap" } else { "zero" };
                let offsets = list(offsets.iter().map(list));
                write!(
                    out,
                    "{word} {} {offsets} stride {stride} {edge} d{} d{}",
                    Val(*x),
                    fine.0,
                    coarse.0
                )?;
            }
            Op::Compare { op, a, b } => {
                let map = |m: &Option<MapId>| m.map_or("row".to_string(), |m| format!("m{}", m.0));
                write!(out, "compare {} {} {}", name_of(*op, &Cmp::NAMED), map(a), map(b))?;
            }
            Op::Position => out.push_str("position"),
            Op::Proj { scan, k } => write!(out, "proj {} {k}", Val(*scan))?,
            Op::Detach { x } => write!(out, "detach {}", Val(*x))?,
        }
        write!(out, " : {}", show(&node.shape))
    }

    fn scan(&mut self, scan: &Scan, depth: usize) -> fmt::Result {
        let word = if scan.reverse { "scan_reverse" } else { "scan" };
        let [init, xs, captures] = [&scan.init, &scan.xs, &scan.captures].map(|list| values(list));
        writeln!(
            self.out,
            "{word} d{} init {init} xs {xs} captures {captures} {{",
            scan.time.0
        )?;
        self.nodes(&scan.body, depth + 1)?;
        self.indent(depth + 1);
        self.out.push_str("return");
        for v in &scan.body.results {
            write!(self.out, " {}", Val(*v))?;
        }
        self.out.push('\n');
        self.indent(depth);
        self.out.push('}');
        Ok(())
    }
}

/// A value as text.
struct Val(Value);

impl Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0.0)
    }
}

fn values(list_: &[Value]) -> String {
    list(list_.iter().map(|v| Val(*v)))
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|x| x.to_string()).collect();
    format!("[{}]", words.join(", "))
}

fn name_of<T: PartialEq>(x: T, names: &[(T, &'static str)]) -> &'static str {
    names.iter().find(|(y, _)| *y == x).map_or("?", |(_, name)| name)
}

/// Labels that are letters are written as such, others by number.
fn letter(l: u8) -> String {
    if l.is_ascii_alphabetic() {
        char::from(l).to_string()
    } else {
        l.to_string()
    }
}

/// `0.5` is this dyadic number, `1/3` this ratio; others carry their residue, `0.7071~123`, or show that they have none, `0.3~`.
fn number(x: &Exact) -> String {
    let same = |y: Exact| y.f.to_bits() == x.f.to_bits() && y.r == x.r;
    if same(Exact::float(x.f)) {
        let whole = x.f.trunc() == x.f && x.f.abs() < 1e15 && (x.f != 0.0 || x.f.is_sign_positive());
        return if whole {
            format!("{}", x.f)
        } else {
            format!("{:?}", x.f)
        };
    }
    for d in 2..=60 {
        let n = (x.f * d as f64).round();
        if n.abs() < 1e9 && n / d as f64 == x.f && same(Exact::ratio(n as i64, d)) {
            return format!("{n}/{d}");
        }
    }
    let residue = x.r.map(|r| r.to_string()).unwrap_or_default();
    format!("{:?}~{residue}", x.f)
}

/// A name in quotation marks.
fn quote(name: &str) -> String {
    let mut out = String::from('"');
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn dim_def(def: &DimDef) -> String {
    let d = |d: &DimId| format!("d{}", d.0);
    match def {
        DimDef::Samples => "samples".into(),
        DimDef::Ragged { name } => format!("ragged {}", quote(name)),
        DimDef::Grid { name, rank } => format!("grid {} {rank}", quote(name)),
        DimDef::Coarse { of, size, stride, pad } => format!("coarse {} size {size} stride {stride} pad {pad}", d(of)),
        DimDef::Pairs { left, right } => format!("pairs {} {}", d(left), d(right)),
        DimDef::Stacked { time, of } => format!("stacked {} {}", d(time), d(of)),
        DimDef::Rounds { like, fixed } => {
            format!(
                "rounds {fixed}{}",
                like.map_or(String::new(), |l| format!(" like {}", d(&l)))
            )
        }
        DimDef::Chosen { of, each, k, others } => format!(
            "chosen {} each {}{}{}",
            d(of),
            d(each),
            k.map_or(String::new(), |k| format!(" first {k}")),
            if *others { " others" } else { "" }
        ),
    }
}

fn map_def(def: &MapDef) -> String {
    let d = |d: &DimId| format!("d{}", d.0);
    match def {
        MapDef::Sample(x) => format!("sample {}", d(x)),
        MapDef::Given { name, from, to, sorted } => {
            format!(
                "given {} {} {}{}",
                quote(name),
                d(from),
                d(to),
                if *sorted { " sorted" } else { "" }
            )
        }
        MapDef::Left(x) => format!("left {}", d(x)),
        MapDef::Right(x) => format!("right {}", d(x)),
        MapDef::Compose { first, second } => format!("compose m{} m{}", first.0, second.0),
        MapDef::Pair { pairs, left, right } => format!("pair {} m{} m{}", d(pairs), left.0, right.0),
        MapDef::Unstack(x) => format!("unstack {}", d(x)),
        MapDef::ToStep { time, stacked } => format!("step {} {}", d(time), d(stacked)),
        MapDef::Chooser(x) => format!("chooser {}", d(x)),
        MapDef::Shift { of, by } => format!("shift {} {by}", d(of)),
    }
}
