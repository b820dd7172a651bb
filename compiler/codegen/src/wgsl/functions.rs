//! Scalar functions as functions of WGSL, written from the arithmetic that all back ends share ([`crate::maths`]).
//!
//! Drivers may multiply and add at once and may assume that sums can be reordered: nothing here needs more than the maths does without
//! fused multiply-add, except that integers are rounded and converted by name.

use super::value::number;
use crate::maths::{self, Arith, Order};
use gdl_core::ir::Scalar;

/// Expressions up to this length stand where they are used, if that is once.
const SHORT: usize = 60;

/// The name of a function.
pub fn name(f: Scalar) -> String {
    match f {
        Scalar::PowI(n) if n < 0 => format!("gdl_powi_minus_{}", n.unsigned_abs()),
        Scalar::PowI(n) => format!("gdl_powi_{n}"),
        _ => format!("gdl_{}", format!("{f:?}").to_lowercase()),
    }
}

/// The definition of a function.
pub fn definition(f: Scalar) -> String {
    let parameters: &[&str] = match f {
        Scalar::Pow | Scalar::Max | Scalar::Min => &["x", "y"],
        _ => &["x"],
    };
    let mut text = Text::default();
    let arguments: Vec<Name> = parameters.iter().map(|p| text.node(*p, &[])).collect();
    let result = maths::apply(&mut text, f, &arguments);
    let declared: Vec<String> = parameters.iter().map(|p| format!("{p}: f32")).collect();
    format!(
        "fn {}({}) -> f32 {{\n{}}}\n",
        name(f),
        declared.join(", "),
        text.written(result)
    )
}

/// A value of a function under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name(usize);

/// A function under construction.
#[derive(Default)]
struct Text {
    /// An expression in which `#` stands for one argument after the other, and the arguments.
    nodes: Vec<(String, Vec<Name>)>,
}

impl Text {
    fn node(&mut self, text: impl Into<String>, of: &[Name]) -> Name {
        let node = (text.into(), of.to_vec());
        let known = self.nodes.iter().position(|n| *n == node);
        Name(known.unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        }))
    }

    /// The statements that compute a value and return it.
    fn written(&self, result: Name) -> String {
        let mut uses = vec![0; self.nodes.len()];
        uses[result.0] = 1;
        for k in (0..self.nodes.len()).rev().filter(|k| *k <= result.0) {
            if uses[k] > 0 {
                self.nodes[k].1.iter().for_each(|a| uses[a.0] += 1);
            }
        }
        let mut lines = String::new();
        let mut texts: Vec<String> = Vec::with_capacity(self.nodes.len());
        let mut count = 0;
        for (k, (pattern, of)) in self.nodes.iter().enumerate() {
            let mut arguments = of.iter().map(|a| texts[a.0].as_str());
            let mut text = String::new();
            for c in pattern.chars() {
                match c {
                    '#' => text.push_str(arguments.next().unwrap_or_default()),
                    c => text.push(c),
                }
            }
            if uses[k] > 0 && !of.is_empty() && (uses[k] > 1 || text.len() > SHORT) && k != result.0 {
                count += 1;
                lines.push_str(&format!("  let t{count} = {};\n", bare(&text)));
                text = format!("t{count}");
            }
            texts.push(text);
        }
        lines.push_str(&format!("  return {};\n", bare(&texts[result.0])));
        lines
    }
}

/// An operation without the parentheses around it.
fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let mut depth = 0i32;
    let closed = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    };
    inner.filter(|t| !t.contains(closed)).unwrap_or(text)
}

impl Arith for Text {
    type Real = Name;
    type Int = Name;

    fn is_double(&self) -> bool {
        false
    }
    fn is_fused(&self) -> bool {
        false
    }
    fn real(&mut self, x: f64) -> Name {
        self.node(number(x), &[])
    }
    fn int(&mut self, x: i64) -> Name {
        self.node(x.to_string(), &[])
    }
    fn add(&mut self, a: Name, b: Name) -> Name {
        self.node("(# + #)", &[a, b])
    }
    fn sub(&mut self, a: Name, b: Name) -> Name {
        self.node("(# - #)", &[a, b])
    }
    fn mul(&mut self, a: Name, b: Name) -> Name {
        self.node("(# * #)", &[a, b])
    }
    fn div(&mut self, a: Name, b: Name) -> Name {
        self.node("(# / #)", &[a, b])
    }
    fn mul_add(&mut self, a: Name, b: Name, c: Name) -> Name {
        self.node("(# * # + #)", &[a, b, c])
    }
    fn sqrt(&mut self, a: Name) -> Name {
        self.node("sqrt(#)", &[a])
    }
    fn abs(&mut self, a: Name) -> Name {
        self.node("abs(#)", &[a])
    }
    fn neg(&mut self, a: Name) -> Name {
        self.node("(-#)", &[a])
    }
    fn floor(&mut self, a: Name) -> Name {
        self.node("floor(#)", &[a])
    }
    fn choose(&mut self, order: Order, [a, b]: [Name; 2], [yes, no]: [Name; 2]) -> Name {
        let condition = match order {
            Order::Less => "# < #",
            Order::LessOrEqual => "# <= #",
            Order::Greater => "# > #",
            Order::Equal => "# == #",
            // Drivers may assume that there is no NaN: its bits say it.
            Order::NotEqual if a == b => {
                let text = "select(#, #, (bitcast<u32>(#) & 0x7fffffffu) > 0x7f800000u)";
                return self.node(text, &[no, yes, a]);
            }
            Order::NotEqual => "# != #",
            Order::NotGreaterOrEqual => "!(# >= #)",
        };
        self.node(format!("select(#, #, {condition})"), &[no, yes, a, b])
    }
    fn bits(&mut self, a: Name) -> Name {
        self.node("bitcast<i32>(#)", &[a])
    }
    fn from_bits(&mut self, a: Name) -> Name {
        self.node("bitcast<f32>(#)", &[a])
    }
    fn int_add(&mut self, a: Name, b: Name) -> Name {
        self.node("(# + #)", &[a, b])
    }
    fn int_sub(&mut self, a: Name, b: Name) -> Name {
        self.node("(# - #)", &[a, b])
    }
    fn shift_left(&mut self, a: Name, n: u32) -> Name {
        self.node(format!("(# << {n}u)"), &[a])
    }
    fn shift_right(&mut self, a: Name, n: u32) -> Name {
        self.node(format!("(# >> {n}u)"), &[a])
    }
    fn round_product(&mut self, a: Name, b: Name) -> (Name, Name) {
        let rounded = self.node("round(# * #)", &[a, b]);
        (rounded, self.node("i32(#)", &[rounded]))
    }
    fn real_of(&mut self, a: Name) -> Name {
        self.node("f32(#)", &[a])
    }
}
