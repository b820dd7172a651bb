//! Values as text, the way they are written on paper.

use super::elements;
use super::methods::rep;
use super::tensor::{Elem, Tensor};
use super::value::{Maps, Member, Table, Value};
use gdl_core::types::Set;
use gdl_rep::{Atom, Exact, Group, Rep};
use std::fmt::Write;

/// Lists are shown up to this many entries.
const MAX_SHOWN: usize = 24;

/// The width that kernels fill.
const NARROW: usize = 80;

/// Kernels of more components together are counted, not written.
const MAX_BLOCKS: usize = 24;

/// The width that text is broken at.
const WIDTH: usize = 100;

/// A value in full, without a newline at its end. `text` is the expression that gave it.
pub fn value(v: &Value, name: Option<&str>, text: &str) -> String {
    let head = name.map_or(String::new(), |n| format!("{n} = "));
    match v {
        Value::Group(g) => head + &group(g),
        Value::Element(m) => head + &element(m),
        Value::Rep(r) => representation(r, name, text),
        Value::Table(t) => table(t),
        Value::Basis(b) => basis(b),
        Value::Tensor(t) => head + &tensor(t),
        Value::Samples(s) => head + &s.words(),
        Value::List(items) => list(items, &head),
        Value::Record(fields) => {
            let lines: Vec<String> = fields.iter().map(|(n, v)| field(n, v)).collect();
            let lines = lines.join("\n");
            match name {
                Some(_) => format!("{}\n{}", head.trim_end(), indented(&lines)),
                None => lines,
            }
        }
        other => head + &short(other),
    }
}

/// A field of a record: of a signal its type only.
fn field(name: &str, v: &Value) -> String {
    match v {
        Value::Tensor(t) if t.data.len() > MAX_SHOWN => format!("{name}: {}", t.words()),
        v => value(v, Some(name), name),
    }
}

fn indented(text: &str) -> String {
    let line = |l: &str| format!("  {l}").trim_end().to_string();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A value in a few words, for lists and tables.
pub fn short(v: &Value) -> String {
    match v {
        Value::Int(n) => n.to_string(),
        Value::Number(x) => number(x.f),
        Value::Bool(b) => b.to_string(),
        Value::Text(t) => t.to_string(),
        Value::Group(g) => g.to_string(),
        Value::Element(m) => elements::name(&m.group, &m.element),
        Value::Rep(r) => r.to_string(),
        Value::Type(t) => t.to_string(),
        Value::Domain(d) => d.words(),
        Value::Tensor(t) => numbers_of(t),
        Value::Samples(s) => s.title(),
        Value::Basis(b) => format!("{} maps from {} to {}", b.basis.len(), b.from, b.to),
        Value::Function(f) => {
            let callee = gdl_syntax::print::print_expr(&f.callee);
            if let Some(file) = &f.weights {
                return format!("{callee} with the weights of {}", file.display());
            }
            if f.args.is_empty() {
                return callee;
            }
            let args: Vec<String> = f.args.iter().map(|a| gdl_syntax::print::print_expr(&a.value)).collect();
            format!("{callee}({})", args.join(", "))
        }
        Value::Table(t) => table(t),
        Value::Picture(p) => format!("picture: {}", p.title),
        Value::List(items) => {
            let shown: Vec<String> = items.iter().map(short).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Record(fields) => {
            let shown: Vec<String> = fields.iter().map(|(n, v)| format!("{n} = {}", short(v))).collect();
            format!("({})", shown.join(", "))
        }
    }
}

/// A number with at most six significant digits, whole ones without a point.
pub fn number(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if x.fract() == 0.0 && x.abs() < 1e15 {
        return format!("{x}");
    }
    let digits = 5 - x.abs().log10().floor() as i32;
    if !(-12..=18).contains(&digits) || !x.is_finite() {
        return format!("{x:.5e}");
    }
    let text = format!("{x:.*}", digits.clamp(0, 12) as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

fn group(g: &Group) -> String {
    match g.order() {
        Some(n) => format!("{g}, order {n}"),
        None if g.is_finite() => g.to_string(),
        None => format!("{g}, dimension {}", g.lie_dim()),
    }
}

fn element(m: &Member) -> String {
    let name = elements::name(&m.group, &m.element);
    match elements::words(&m.group, &m.element) {
        Some(words) => format!("{name}   {words}"),
        None => name,
    }
}

/// `V * W = 0e + 1o + 2e`.
fn representation(r: &Rep, name: Option<&str>, text: &str) -> String {
    if let [(1, Atom::Hom(a, b))] = r.blocks.as_slice() {
        let count = match gdl_rep::hom_dim(a, b) {
            Ok(1) => "1 equivariant map".to_string(),
            Ok(n) => format!("{n} equivariant maps"),
            Err(e) => e.to_string(),
        };
        let head = name.map_or(String::new(), |n| format!("{n} = "));
        return format!("{head}hom({a}, {b}), dimension {}: {count}", r.dim());
    }
    let written = r.to_string();
    let mut parts: Vec<String> = Vec::new();
    parts.extend(name.map(String::from));
    let plain = |s: &str| s.replace(' ', "");
    let text = text.trim();
    if name.is_none() && is_formula(text) && plain(text) != plain(&written) {
        parts.push(text.to_string());
    } else {
        parts.push(written.clone());
    }
    let irreducible = r
        .blocks
        .iter()
        .all(|(_, a)| matches!(a, Atom::Trivial | Atom::Irrep(_)));
    let sum = if irreducible {
        Some(r.clone())
    } else {
        rep::decompose(r).ok()
    };
    let shown = sum.map(|s| s.to_string());
    if let Some(s) = &shown
        && parts.last() != Some(s)
    {
        parts.push(s.clone());
    }
    let line = parts.join(" = ");
    format!("{line}   ({}, dimension {})", r.group, r.dim())
}

/// Whether a text is worth repeating: an operation on representations.
fn is_formula(text: &str) -> bool {
    !text.contains('\n') && text.len() < 60 && text.contains(['*', '+', '('])
}

/// Columns aligned: headings to the left, cells to the right.
pub fn table(t: &Table) -> String {
    let columns = t.rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |s: &String| s.chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|k| t.rows.iter().filter_map(|r| r.get(k)).map(wide).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    if !t.title.is_empty() {
        let _ = writeln!(out, "{}", t.title);
    }
    for (at, row) in t.rows.iter().enumerate() {
        let mut line = String::new();
        for (k, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[k] - wide(cell));
            if k == 0 {
                line += &format!("{cell}{pad}");
            } else {
                line += &format!("  {pad}{cell}");
            }
        }
        out += line.trim_end();
        out.push('\n');
        if at + 1 == t.headings {
            let total = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
            out += &"─".repeat(total);
            out.push('\n');
        }
    }
    out.trim_end_matches('\n').to_string()
}

fn list(items: &[Value], head: &str) -> String {
    if let Some(m) = matrix(items) {
        return if head.is_empty() {
            m
        } else {
            format!("{}\n{m}", head.trim_end())
        };
    }
    let shown: Vec<String> = items.iter().take(MAX_SHOWN).map(short).collect();
    let more = items.len() - shown.len();
    let joined = shown.join(", ");
    if joined.chars().count() + head.len() < WIDTH && !joined.contains('\n') {
        let tail = if more > 0 {
            format!(", … {more} more")
        } else {
            String::new()
        };
        return format!("{head}[{joined}{tail}]");
    }
    let mut lines = shown;
    if more > 0 {
        lines.push(format!("… {more} more"));
    }
    format!("{head}{} values\n{}", items.len(), indented(&lines.join("\n")))
}

/// Rows of numbers of equal length as a matrix.
fn matrix(items: &[Value]) -> Option<String> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for item in items {
        let Value::List(row) = item else { return None };
        let cells = row.iter().map(|v| match v {
            Value::Int(_) | Value::Number(_) => Some(short(v)),
            _ => None,
        });
        rows.push(cells.collect::<Option<_>>()?);
    }
    let columns = rows.first()?.len();
    if columns == 0 || rows.iter().any(|r| r.len() != columns) {
        return None;
    }
    Some(brackets(&rows))
}

/// A matrix of words.
pub fn brackets(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|k| rows.iter().map(|r| r[k].chars().count()).max().unwrap_or(0))
        .collect();
    let mut lines = Vec::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(c, w)| format!("{}{c}", " ".repeat(w - c.chars().count())))
            .collect();
        lines.push(format!("│ {} │", cells.join("  ")));
    }
    lines.join("\n")
}

/// A number of a signal, or the word of a label.
fn entry(t: &Tensor, x: f64) -> String {
    match &t.elem {
        Elem::Class(Set::Enum(words)) => words.get(x as usize).cloned().unwrap_or_else(|| number(x)),
        _ => number(x),
    }
}

fn numbers_of(t: &Tensor) -> String {
    let shown: Vec<String> = t.data.iter().take(MAX_SHOWN).map(|x| entry(t, *x)).collect();
    if t.data.len() == 1 {
        return shown.join("");
    }
    let more = if t.data.len() > MAX_SHOWN {
        format!(", … {} numbers", t.data.len())
    } else {
        String::new()
    };
    format!("({}{more})", shown.join(", "))
}

/// A vector with its type, a signal row by row.
fn tensor(t: &Tensor) -> String {
    if t.over.is_empty() && t.inner.is_empty() {
        let plain = matches!(&t.elem, Elem::Rep(r) if r.is_trivial());
        return if plain {
            numbers_of(t)
        } else {
            format!("{}   in {}", numbers_of(t), t.words())
        };
    }
    let shape: Vec<String> = t.shape().iter().map(ToString::to_string).collect();
    let head = format!("{}   [{}]", t.words(), shape.join(", "));
    if let Some(rows) = shaded(t) {
        return format!("{head}\n{}", indented(&rows));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let width = match t.shape().as_slice() {
        // The cells of a grid of numbers stand as in the picture.
        [_, w, 1] => *w,
        _ => t.width(),
    };
    for row in t.data.chunks(width.max(1)).take(MAX_SHOWN) {
        let mut cells: Vec<String> = row.iter().take(MAX_SHOWN).map(|x| entry(t, *x)).collect();
        if row.len() > MAX_SHOWN {
            cells.push("…".into());
        }
        rows.push(cells);
    }
    let mut out = format!("{head}\n{}", columns(&rows));
    let total = t.data.len() / width.max(1);
    if total > MAX_SHOWN {
        out += &format!("\n  … {total} rows");
    }
    out
}

/// Columns of numbers, aligned to the right.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |k: usize| {
        rows.iter()
            .filter_map(|r| r.get(k))
            .map(|c| c.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(c, w)| format!("  {}{c}", " ".repeat(w - c.chars().count())));
        cells.collect::<String>()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A larger grid of numbers in shades.
fn shaded(t: &Tensor) -> Option<String> {
    const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
    let [h, w, 1] = t.shape()[..] else { return None };
    let is_grid = t
        .domain()
        .is_some_and(|d| matches!(&**d, crate::session::domain::Domain::Grid { .. }));
    if !is_grid || w <= 12 || h > 64 || w > WIDTH / 2 - 2 {
        return None;
    }
    let low = t.data.iter().copied().fold(f64::INFINITY, f64::min);
    let high = t.data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shade = |x: &f64| {
        let level = (x - low) / (high - low).max(1e-300) * 4.0;
        SHADES[(level.round() as usize).min(4)]
    };
    let lines: Vec<String> = t
        .data
        .chunks(w)
        .map(|r| r.iter().map(shade).collect::<String>())
        .collect();
    let lines: Vec<&str> = lines.iter().map(|l| l.trim_end()).collect();
    Some(format!(
        "{}\nfrom {} (blank) to {} (full)",
        lines.join("\n"),
        number(low),
        number(high)
    ))
}

/// Kernels on a square window as they lie on it, side by side: of each a block for every component of the result (below each other) and of the
/// argument (side by side). Nothing where they are too many or too large.
fn kernels(b: &Maps) -> Option<String> {
    let (rows, columns) = (b.to.dim(), b.from.dim());
    let side = b.window.len().isqrt();
    let plane = b.window.iter().all(|p| p.len() == 2);
    if !plane || side * columns > 12 || side * rows > 16 || b.basis.len() * rows * columns > MAX_BLOCKS {
        return None;
    }
    let block = |tensor: &[Exact], i: usize, j: usize| -> Vec<String> {
        let entry = |x: usize, y: usize| number(tensor[((x * side + y) * rows + i) * columns + j].polish().f);
        let cells: Vec<Vec<String>> = (0..side).map(|x| (0..side).map(|y| entry(x, y)).collect()).collect();
        brackets(&cells).lines().map(String::from).collect()
    };
    let picture = |k: usize| -> Vec<String> {
        let mut lines = vec![format!("K{}", k + 1)];
        for i in 0..rows {
            let blocks: Vec<Vec<String>> = (0..columns).map(|j| block(b.basis.tensor(k), i, j)).collect();
            lines.extend((i > 0).then(String::new));
            lines.extend((0..side).map(|x| blocks.iter().map(|b| b[x].as_str()).collect::<Vec<_>>().join(" ")));
        }
        lines
    };
    let wide = |lines: &[String]| lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    let mut row: Vec<Vec<String>> = Vec::new();
    let flush = |row: &mut Vec<Vec<String>>, out: &mut String| {
        let widths: Vec<usize> = row.iter().map(|p| wide(p)).collect();
        for line in 0..row.first().map_or(0, Vec::len) {
            let parts = row.iter().zip(&widths).map(|(p, w)| format!("{:<w$}", p[line]));
            let text = parts.collect::<Vec<_>>().join("   ");
            let _ = write!(out, "\n{}", text.trim_end());
        }
        row.clear();
    };
    for k in 0..b.basis.len() {
        let next = picture(k);
        let total: usize = row.iter().map(|p| wide(p) + 3).sum::<usize>() + wide(&next);
        if total > NARROW {
            flush(&mut row, &mut out);
        }
        row.push(next);
    }
    flush(&mut row, &mut out);
    Some(out)
}

fn basis(b: &Maps) -> String {
    let n = b.basis.len();
    let what = if b.window.is_empty() { "map" } else { "kernel" };
    let plural = if n == 1 { "" } else { "s" };
    let mut out = format!(
        "{n} equivariant {what}{plural} from {} to {}, under {}",
        b.from, b.to, b.to.group
    );
    if let Some(residual) = b.basis.residual {
        out += &format!(", found in floating point: residual {residual:.0e}");
        if let Some(gap) = b.basis.gap {
            out += &format!(", gap {gap:.0e}");
        }
    }
    let (rows, columns) = (b.to.dim(), b.from.dim());
    if !b.window.is_empty() {
        return out + &kernels(b).unwrap_or_default();
    }
    if rows * columns > 256 {
        return out;
    }
    for k in 0..n.min(MAX_SHOWN) {
        let cells: Vec<Vec<String>> = b
            .basis
            .tensor(k)
            .chunks(columns.max(1))
            .map(|r| r.iter().map(|x| number(x.f)).collect())
            .collect();
        out += &format!("\nB{}\n{}", k + 1, brackets(&cells));
    }
    out
}
