//! Contractions with a constant that is mostly zeros: its entries are unrolled, or listed in tables.

use super::contract::{Contraction, Label, Role};
use super::eval::apply;
use super::kernel::{Builder, Dest, dest_index};
use super::nest::Nest;
use super::{At, Scheduler, Target};
use crate::CodegenError;
use crate::loop_ir::{Array, BufferId, Expr, Home, Index, Range, Table, TableId, Var, unflatten};
use gdl_core::ir::{Body, Constant, Fold, Op, Scalar, Value};

/// At most this many entries are unrolled.
const UNROLLED: usize = 96;
/// At most this many for a GPU, whose drivers take long to compile what is unrolled and whose invocations share the entries of lists.
const UNROLLED_ON_GPU: usize = 16;

/// Whether a contraction has a constant of which a quarter at most is not zero.
pub fn is_sparse(body: &Body, v: Value) -> bool {
    constant_side(body, v).is_some_and(|(c, _)| 4 * entries(c) <= c.data.len())
}

fn entries(c: &Constant) -> usize {
    c.data.iter().filter(|x| x.f != 0.0).count()
}

/// The constant argument of a contraction, and whether it is the first.
pub fn constant_side(body: &Body, v: Value) -> Option<(&Constant, bool)> {
    let Op::Contract { a, b, .. } = &body.nodes[v.0 as usize].op else {
        return None;
    };
    let constant = |x: &Value| match &body.nodes[x.0 as usize].op {
        Op::Const(c) => Some(c),
        _ => None,
    };
    constant(a)
        .map(|c| (c, true))
        .or_else(|| constant(b).map(|c| (c, false)))
}

/// The entries of a constant for one combination of the letters that remain: summed indices and the number.
type Terms = Vec<(Vec<i64>, f64)>;

/// A contraction with a sparse constant. Gives `false` if it is not one.
pub(super) fn contract(
    s: &mut Scheduler,
    k: &mut Builder,
    at: At,
    row: Option<&Index>,
    dest: &Dest,
) -> Result<bool, CodegenError> {
    let body = s.scopes[at.depth].body;
    let (Some((c, first)), Some(of)) = (constant_side(body, at.v), Contraction::of(body, at.v)) else {
        return Ok(false);
    };
    let Contraction { out_axes, roles, .. } = of;
    let (other, other_letters, letters) = if first {
        (of.b, of.b_axes, of.a_axes)
    } else {
        (of.a, of.a_axes, of.b_axes)
    };
    let nonzero = entries(c);
    if roles.diagonal || 2 * nonzero > c.data.len() || c.data.is_empty() {
        return Ok(false);
    }
    let size = |l: u8| {
        roles
            .letters
            .iter()
            .find(|(x, ..)| *x == Label::Axis(l))
            .map_or(1, |(_, n, _)| *n as u32)
    };
    let (kept, summed): (Vec<u8>, Vec<u8>) = letters.iter().partition(|l| out_axes.contains(l));
    let free: Vec<u8> = out_axes.iter().copied().filter(|l| !kept.contains(l)).collect();
    let alone: Vec<(u8, u32)> = roles
        .in_role(Role::Alone)
        .filter_map(|(l, n)| match l {
            Label::Axis(l) if other_letters.contains(&l) => Some((l, n as u32)),
            _ => None,
        })
        .collect();
    let [kept_sizes, free_sizes] = [&kept, &free].map(|ls| ls.iter().map(|&l| size(l)).collect::<Vec<u32>>());
    let groups = group_terms(c, letters, &kept, &summed, &kept_sizes);
    let axes = s.shape(at).axes.clone();
    let other = At { v: other, ..at };
    // Indices of letters, given those that remain of the constant, the free ones, the summed ones, and those only `other` has.
    let pick = |ls: &[u8], of: [(&[u8], &[Index]); 4]| -> Vec<Index> {
        let find = |l: &u8| {
            of.iter()
                .find_map(|(names, at)| names.iter().position(|x| x == l).map(|j| at[j].clone()))
        };
        ls.iter().map(|l| find(l).unwrap_or_default()).collect()
    };
    let alone_names: Vec<u8> = alone.iter().map(|(l, _)| *l).collect();
    let alone_ranges: Vec<Range> = alone.iter().map(|(_, n)| Range::Lit(*n)).collect();
    let array = (dest.array, dest.fold);
    let unrolled = match s.target {
        Target::Gpu => UNROLLED_ON_GPU,
        Target::Cpu { .. } => UNROLLED,
    };
    if nonzero <= unrolled && groups.len() <= unrolled {
        for (g, terms) in groups.iter().enumerate() {
            let kept_at = unflatten(&Index::lit(g as i64), &kept_sizes, &[]);
            let place = |_: &mut Scheduler<'_>, out: &[Index]| {
                dest_index(
                    &dest.base,
                    &pick(out_axes, [(&kept, &kept_at), (&free, out), (&[], &[]), (&[], &[])]),
                    &axes,
                )
            };
            let fold = (!alone.is_empty()).then_some(Fold::Sum);
            let element = |s: &mut Scheduler<'_>, k: &mut Builder, out: &[Index], red: &[Index]| {
                let mut sum = Expr::Num(0.0);
                for (at, number) in terms {
                    let at: Vec<Index> = at.iter().map(|&j| Index::lit(j)).collect();
                    let idx = pick(
                        other_letters,
                        [(&kept, &kept_at), (&free, out), (&summed, &at), (&alone_names, red)],
                    );
                    let value = s.eval(k, other, row, &idx)?;
                    sum = apply(
                        Scalar::Add,
                        vec![sum, apply(Scalar::Mul, vec![Expr::Num(*number), value])],
                    );
                }
                Ok(sum)
            };
            s.nest(
                k,
                &Nest {
                    out: &free_sizes,
                    red: &|_| alone_ranges.clone(),
                    fold,
                    array,
                    place: &place,
                    element: &element,
                },
            )?;
        }
        return Ok(true);
    }
    let tables = ListTables::new(s, &groups, summed.len());
    // The groups innermost: neighbours in the constant are neighbours in memory more often than not.
    let mut out_sizes = free_sizes.clone();
    out_sizes.push(groups.len() as u32);
    let last = free.len();
    let extents = [Some(groups.len() as u32)];
    // Only the extent of the group variable matters to the quotients.
    let symbolic = unflatten(&Index::var(Var(0)), &kept_sizes, &extents);
    let kept_of = |group: &Index| symbolic.iter().map(|i| i.replace(Var(0), group)).collect::<Vec<_>>();
    let place = |_: &mut Scheduler<'_>, out: &[Index]| {
        let kept_at = kept_of(&out[last]);
        dest_index(
            &dest.base,
            &pick(
                out_axes,
                [(&kept, &kept_at), (&free, &out[..last]), (&[], &[]), (&[], &[])],
            ),
            &axes,
        )
    };
    let red = |out: &[Index]| {
        let mut red = alone_ranges.clone();
        red.push(Range::Between(tables.ptr, out[last].clone()));
        red
    };
    let element = |s: &mut Scheduler<'_>, k: &mut Builder, out: &[Index], red: &[Index]| {
        let entry = &red[red.len() - 1];
        let at: Vec<Index> = tables.summed.iter().map(|&t| Index::lookup(t, entry.clone())).collect();
        let kept_at = kept_of(&out[last]);
        let alone_at = &red[..red.len() - 1];
        let of: [(&[u8], &[Index]); 4] = [
            (&kept, &kept_at),
            (&free, &out[..last]),
            (&summed, &at),
            (&alone_names, alone_at),
        ];
        let value = s.eval(k, other, row, &pick(other_letters, of))?;
        Ok(apply(
            Scalar::Mul,
            vec![Expr::Load(Array::Buffer(tables.numbers), entry.clone()), value],
        ))
    };
    s.nest(
        k,
        &Nest {
            out: &out_sizes,
            red: &red,
            fold: Some(Fold::Sum),
            array,
            place: &place,
            element: &element,
        },
    )?;
    Ok(true)
}

/// The entries of a constant, grouped by the indices of the letters that remain, in row-major order of these.
fn group_terms(c: &Constant, letters: &[u8], kept: &[u8], summed: &[u8], kept_sizes: &[u32]) -> Vec<Terms> {
    let count: u32 = kept_sizes.iter().product();
    let mut groups = vec![Terms::new(); count as usize];
    for (flat, number) in c.data.iter().enumerate().filter(|(_, x)| x.f != 0.0) {
        let at = unflatten(&Index::lit(flat as i64), &c.axes, &[]);
        let index = |l: &u8| {
            letters
                .iter()
                .position(|x| x == l)
                .and_then(|j| at[j].as_lit())
                .unwrap_or(0)
        };
        let group = kept
            .iter()
            .zip(kept_sizes)
            .fold(0, |g, (l, &n)| g * i64::from(n) + index(l));
        groups[group as usize].push((summed.iter().map(index).collect(), number.f));
    }
    groups
}

/// The entries of a constant as tables.
struct ListTables {
    /// Where the entries of a group begin.
    ptr: TableId,
    /// The indices of every summed letter.
    summed: Vec<TableId>,
    /// The numbers.
    numbers: BufferId,
}

impl ListTables {
    fn new(s: &mut Scheduler, groups: &[Terms], letters: usize) -> ListTables {
        let mut ptr = vec![0u32];
        for g in groups {
            ptr.push(ptr[ptr.len() - 1] + g.len() as u32);
        }
        let all = || groups.iter().flatten();
        let summed = (0..letters)
            .map(|j| s.table(Table::List(all().map(|(at, _)| at[j] as u32).collect())))
            .collect();
        let numbers: Vec<f64> = all().map(|(_, x)| *x).collect();
        let name = format!("c{}", s.program.buffers.len());
        let numbers = s.program.buffer(name, None, numbers.len(), Home::Const(numbers));
        ListTables {
            ptr: s.table(Table::List(ptr)),
            summed,
            numbers,
        }
    }
}
