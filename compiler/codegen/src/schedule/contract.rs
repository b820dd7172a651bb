//! What the letters of a contraction do.

use gdl_abi::{DimId, Dtype};
use gdl_core::ir::{Body, Func, Op, Value};

/// A letter, or the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The dim.
    Rows(DimId),
    /// A static axis.
    Axis(u8),
}

/// What a letter does in `c = a · b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// In a, b and c.
    Batch,
    /// In a and c.
    M,
    /// In b and c.
    N,
    /// In a and b, summed.
    K,
    /// In one argument only, summed.
    Alone,
}

/// The letters of a contraction.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    /// Every letter with its extent (rows count as many) and role, in the order of c, then the summed ones in the order of a.
    pub letters: Vec<(Label, usize, Role)>,
    /// A letter occurs twice in one array.
    pub diagonal: bool,
}

/// A contraction: its arguments, the letters of all, and their roles.
pub struct Contraction<'a> {
    pub a: Value,
    pub b: Value,
    pub a_axes: &'a [u8],
    pub b_axes: &'a [u8],
    pub out_axes: &'a [u8],
    pub roles: Roles,
}

impl<'a> Contraction<'a> {
    /// That which makes a value.
    pub fn of(body: &'a Body, v: Value) -> Option<Contraction<'a>> {
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = &body.nodes[v.0 as usize].op
        else {
            return None;
        };
        Some(Contraction {
            a: *a,
            b: *b,
            a_axes,
            b_axes,
            out_axes,
            roles: Roles::of(body, v)?,
        })
    }
}

/// The number of rows that is assumed at compile time.
pub const MANY: usize = 4096;
/// Matrix products with a side below this are loops.
const SIDE: usize = 12;
/// Matrix products with fewer multiplications are loops.
const WORK: usize = 16 * 16 * 32;

impl Roles {
    /// Of a contraction; `None` for another operator.
    pub fn of(body: &Body, v: Value) -> Option<Roles> {
        let node = &body.nodes[v.0 as usize];
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = &node.op
        else {
            return None;
        };
        let (sa, sb) = (&body.nodes[a.0 as usize].shape, &body.nodes[b.0 as usize].shape);
        let mut letters: Vec<(Label, usize, Role)> = Vec::new();
        let mut add = |label: Label, n: usize, in_a: bool, in_b: bool, in_c: bool| {
            if letters.iter().all(|(l, ..)| *l != label) {
                letters.push((label, n, role(in_a, in_b, in_c)));
            }
        };
        let rows = |add: &mut dyn FnMut(Label, usize, bool, bool, bool)| {
            if let Some(d) = sa.dim.or(sb.dim) {
                add(
                    Label::Rows(d),
                    MANY,
                    sa.dim.is_some(),
                    sb.dim.is_some(),
                    node.shape.dim.is_some(),
                );
            }
        };
        if node.shape.dim.is_some() {
            rows(&mut add);
        }
        for (&l, &n) in out_axes.iter().zip(&node.shape.axes) {
            add(
                Label::Axis(l),
                n as usize,
                a_axes.contains(&l),
                b_axes.contains(&l),
                true,
            );
        }
        rows(&mut add);
        for (&l, &n) in a_axes.iter().zip(&sa.axes).chain(b_axes.iter().zip(&sb.axes)) {
            add(
                Label::Axis(l),
                n as usize,
                a_axes.contains(&l),
                b_axes.contains(&l),
                out_axes.contains(&l),
            );
        }
        let repeats = |axes: &[u8]| axes.iter().enumerate().any(|(k, l)| axes[..k].contains(l));
        Some(Roles {
            letters,
            diagonal: repeats(a_axes) || repeats(b_axes) || repeats(out_axes),
        })
    }

    /// The product of the extents of the letters in a role.
    pub fn extent(&self, role: Role) -> usize {
        self.letters
            .iter()
            .filter(|(_, _, r)| *r == role)
            .map(|(_, n, _)| n)
            .product()
    }

    /// The letters in a role.
    pub fn in_role(&self, role: Role) -> impl Iterator<Item = (Label, usize)> {
        self.letters
            .iter()
            .filter(move |(_, _, r)| *r == role)
            .map(|(l, n, _)| (*l, *n))
    }

    /// The static axes that are summed.
    pub fn summed(&self) -> impl Iterator<Item = (u8, u32)> {
        self.letters.iter().filter_map(|(l, n, r)| match l {
            Label::Axis(l) if matches!(r, Role::K | Role::Alone) => Some((*l, *n as u32)),
            _ => None,
        })
    }

    /// Multiplications a row.
    pub fn points(&self) -> f64 {
        self.letters
            .iter()
            .filter(|(l, ..)| !matches!(l, Label::Rows(_)))
            .map(|(_, n, _)| *n as f64)
            .product()
    }

    /// Whether a library does it better than a loop.
    pub fn suits_gemm(&self) -> bool {
        let [m, n, k] = [Role::M, Role::N, Role::K].map(|r| self.extent(r));
        let alone = self.letters.iter().any(|(_, _, r)| *r == Role::Alone);
        !alone
            && !self.diagonal
            && m >= SIDE
            && n >= SIDE
            && k >= SIDE
            && m * n * k >= WORK
            && self.extent(Role::Batch) > 0
    }

    /// Whether an argument may be computed tile by tile along its rows: they are m (or n), or summed.
    pub fn can_pack(&self, is_a: bool) -> bool {
        let own = if is_a { Role::M } else { Role::N };
        self.letters
            .iter()
            .any(|(l, _, r)| matches!(l, Label::Rows(_)) && (*r == own || *r == Role::K))
    }
}

fn role(in_a: bool, in_b: bool, in_c: bool) -> Role {
    match (in_a, in_b, in_c) {
        (true, true, true) => Role::Batch,
        (true, false, true) => Role::M,
        (false, true, true) => Role::N,
        (true, true, false) => Role::K,
        _ => Role::Alone,
    }
}

/// A class-valued input in a contraction whose label letter is summed against the other argument, or indexes the result
/// while rows are summed: the label is an index.
#[derive(Clone, Debug, PartialEq)]
pub struct OneHot {
    /// The input.
    pub input: u32,
    /// The letter of the label.
    pub label: u8,
    /// Its other letters.
    pub own: Vec<u8>,
    /// The other argument.
    pub other: Value,
    /// The letters of the other argument.
    pub other_letters: Vec<u8>,
}

impl OneHot {
    /// Of a contraction, if it has one.
    pub fn of(func: &Func, body: &Body, v: Value) -> Option<OneHot> {
        let node = &body.nodes[v.0 as usize];
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = &node.op
        else {
            return None;
        };
        let shape = |x: &Value| &body.nodes[x.0 as usize].shape;
        let sums_rows = node.shape.dim.is_none() && shape(a).dim.or(shape(b).dim).is_some();
        let side = |x: &Value, letters: &[u8], other: &Value, other_letters: &[u8]| {
            let Op::Input(input) = body.nodes[x.0 as usize].op else {
                return None;
            };
            let Dtype::Class(_) = func.inputs[input as usize].dtype else {
                return None;
            };
            let (&label, own) = letters.split_last()?;
            let (in_other, in_out) = (other_letters.contains(&label), out_axes.contains(&label));
            let useful = (in_other && !in_out) || (sums_rows && in_out && !in_other);
            let plain = own.iter().all(|l| out_axes.contains(l) && *l != label);
            let known = other_letters.iter().all(|l| out_axes.contains(l) || *l == label);
            (useful && plain && known).then(|| OneHot {
                input,
                label,
                own: own.to_vec(),
                other: *other,
                other_letters: other_letters.to_vec(),
            })
        };
        side(a, a_axes, b, b_axes).or_else(|| side(b, b_axes, a, a_axes))
    }
}
