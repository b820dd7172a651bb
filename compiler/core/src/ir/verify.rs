//! Is a program well formed? Every pass may rely on it before, and keeps it.
//!
//! [`verify`] checks that values are made before they are read, that every node has the shape its operator gives, that dims
//! and maps exist and fit together, and that loop bodies read only their arguments and sum over no rows.

use super::choice::{choice, is_choice, reads_choices};
use super::{Body, Func, Node, Op, Scan, Shape, Value};
use gdl_abi::{ArrayDecl, DimDef, DimId, Domains, Dtype, MapDef, MapId, SAMPLES};

/// The shape of input `k`'s value: class-valued inputs have their one-hot axis last.
pub fn input_shape(decl: &ArrayDecl) -> Shape {
    let mut axes = decl.axes.clone();
    if let Dtype::Class(n) = decl.dtype {
        axes.push(n);
    }
    Shape { dim: decl.dim, axes }
}

/// Checks a program.
///
/// # Errors
/// The first node that is wrong, and why.
pub fn verify(func: &Func) -> Result<(), String> {
    check_domains(&func.domains)?;
    for decl in func.inputs.iter().chain(&func.params) {
        if decl.dim.is_some_and(|d| !has_dim(&func.domains, d)) {
            return Err(format!("`{}` has an unknown dim", decl.name));
        }
        check_extents(&input_shape(decl)).map_err(|e| format!("`{}`: {e}", decl.name))?;
    }
    if let Some(p) = func.params.iter().find(|p| p.dim.is_some() || p.dtype != Dtype::Real) {
        return Err(format!("parameter `{}` must be real and without dim", p.name));
    }
    let scope = Scope {
        domains: &func.domains,
        inputs: &func.inputs,
        params: &func.params,
        args: None,
    };
    check_body(&scope, &func.body)?;
    if func.outputs.len() != func.body.results.len() {
        return Err(format!(
            "{} results have {} names",
            func.body.results.len(),
            func.outputs.len()
        ));
    }
    Ok(())
}

/// What nodes may refer to.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub domains: &'a Domains,
    pub inputs: &'a [ArrayDecl],
    pub params: &'a [ArrayDecl],
    /// The arguments, in a loop body.
    pub args: Option<&'a [Shape]>,
}

fn check_body(scope: &Scope, body: &Body) -> Result<(), String> {
    for (k, node) in body.nodes.iter().enumerate() {
        check_node(scope, &body.nodes[..k], &node.op, &node.shape).map_err(|e| format!("%{k}: {e}"))?;
    }
    for v in &body.results {
        let node = body
            .get(*v)
            .ok_or_else(|| format!("the result %{} does not exist", v.0))?;
        if matches!(node.op, Op::Scan(_) | Op::Choose { .. }) {
            return Err(format!("the result %{} is a loop or choice and not a value", v.0));
        }
    }
    Ok(())
}

/// Checks a node against the nodes before it.
pub(super) fn check_node(scope: &Scope, before: &[Node], op: &Op, shape: &Shape) -> Result<(), String> {
    for v in op.operands() {
        let Some(node) = before.get(v.0 as usize) else {
            return Err(format!("%{} is not made before it is read", v.0));
        };
        if matches!(node.op, Op::Scan(_)) != matches!(op, Op::Proj { .. }) {
            return Err(format!("%{} is a loop where a value is needed, or the reverse", v.0));
        }
        if matches!(node.op, Op::Choose { .. }) && !reads_choices(op, v) {
            return Err(format!("%{} is a choice where numbers are needed", v.0));
        }
    }
    if shape.dim.is_some_and(|d| !has_dim(scope.domains, d)) {
        return Err("unknown dim".into());
    }
    check_extents(shape)?;
    let of = |v: &Value| &before[v.0 as usize].shape;
    match op {
        Op::Input(k) => match scope.inputs.get(*k as usize) {
            _ if scope.args.is_some() => Err("an input inside a loop must be captured".into()),
            Some(decl) => expect(shape, &input_shape(decl)),
            None => Err(format!("there is no input {k}")),
        },
        Op::Param(k) => match scope.params.get(*k as usize) {
            _ if scope.args.is_some() => Err("a parameter inside a loop must be captured".into()),
            Some(decl) => expect(shape, &Shape::new(None, &decl.axes)),
            None => Err(format!("there is no parameter {k}")),
        },
        Op::Arg(k) => match scope.args.and_then(|args| args.get(*k as usize)) {
            Some(s) => expect(shape, s),
            None => Err(format!("there is no argument {k}")),
        },
        Op::Const(c) => {
            let want = Shape::new(None, &c.axes);
            if want.row_len() != c.data.len() {
                return Err(format!("{} numbers for axes {:?}", c.data.len(), c.axes));
            }
            expect(shape, &want)
        }
        Op::Fill(_) => Ok(()),
        Op::Map { f, args } => {
            if args.len() != f.arity() {
                return Err(format!("{f:?} takes {} arguments, not {}", f.arity(), args.len()));
            }
            args.iter().try_for_each(|a| expect(shape, of(a)))
        }
        Op::Broadcast { x, axes } => check_broadcast(of(x), axes, shape),
        Op::Reshape { x } => {
            if of(x).dim != shape.dim || of(x).row_len() != shape.row_len() {
                return Err(format!("{} cannot be read as {}", show(of(x)), show(shape)));
            }
            Ok(())
        }
        Op::Slice { x, axis, start, len } => {
            let mut want = of(x).clone();
            let n = axis_of(&mut want, *axis)?;
            if start.checked_add(*len).is_none_or(|end| end > *n) {
                return Err(format!("{len} entries from {start} of an axis of {n}"));
            }
            *n = *len;
            expect(shape, &want)
        }
        Op::Concat { xs, axis } => check_concat(xs.iter().map(of), *axis, shape),
        Op::Contract { .. } => check_contract(scope, before, op, shape),
        Op::Reduce { x, axis, .. } => {
            let mut want = of(x).clone();
            axis_of(&mut want, *axis)?;
            want.axes.remove(*axis as usize);
            expect(shape, &want)
        }
        Op::Gather { x, map } => {
            let (from, to) = ends(scope.domains, *map)?;
            expect(
                of(x),
                &Shape {
                    dim: Some(to),
                    axes: of(x).axes.clone(),
                },
            )?;
            expect(
                shape,
                &Shape {
                    dim: Some(from),
                    axes: of(x).axes.clone(),
                },
            )
        }
        Op::Segment { x, map, .. } => {
            let (from, to) = ends(scope.domains, *map)?;
            expect(
                of(x),
                &Shape {
                    dim: Some(from),
                    axes: of(x).axes.clone(),
                },
            )?;
            expect(
                shape,
                &Shape {
                    dim: Some(to),
                    axes: of(x).axes.clone(),
                },
            )
        }
        Op::Choose { key, chosen } => {
            choice(scope.domains, *chosen)?;
            let rows = scope
                .domains
                .keys_of(*chosen)
                .ok_or("the pairs of choosers and rows are no dim")?;
            expect(of(key), &Shape::new(Some(rows), &[]))?;
            expect(shape, &Shape::new(Some(*chosen), &[]))
        }
        Op::Take { x, at } | Op::Put { x, at } => {
            let chosen = is_choice(before, *at).and_then(|()| of(at).dim.ok_or("a choice has rows".into()))?;
            let of_rows = choice(scope.domains, chosen)?.of;
            let (from, to) = match op {
                Op::Take { .. } => (of_rows, chosen),
                _ => (chosen, of_rows),
            };
            let axes = &of(x).axes;
            expect(of(x), &Shape::new(Some(from), axes))?;
            expect(shape, &Shape::new(Some(to), axes))
        }
        Op::Total { x } => {
            if of(x).dim.is_none() {
                return Err("there are no rows to sum".into());
            }
            if scope.args.is_some() {
                return Err("loops are per sample: no sum over all rows".into());
            }
            expect(shape, &Shape::new(None, &of(x).axes))
        }
        Op::Window { x, .. } => check_window(scope.domains, op, of(x), shape),
        Op::Compare { a, b, .. } => {
            let d = check_positions(scope.domains, shape)?;
            let target = |m: &Option<MapId>| match m {
                None => Ok(d),
                Some(m) => match ends(scope.domains, *m)? {
                    (from, to) if from == d => Ok(to),
                    _ => Err(format!("map m{} does not start at dim d{}", m.0, d.0)),
                },
            };
            let to = target(a)?;
            if to != target(b)? || is_stacked(scope.domains, to) {
                return Err("the compared maps have no common target with positions".into());
            }
            Ok(())
        }
        Op::Position => check_positions(scope.domains, shape).map(|_| ()),
        Op::Scan(scan) => {
            expect(shape, &Shape::default())?;
            check_scan(scope, before, scan)
        }
        Op::Proj { scan, k } => {
            let want = match &before[scan.0 as usize].op {
                Op::Scan(s) => proj_shape(scope.domains, before, s, *k as usize),
                _ => None,
            };
            expect(shape, &want.ok_or_else(|| format!("the loop has no result {k}"))?)
        }
        Op::Detach { x } => expect(shape, of(x)),
    }
}

/// The shape of a result of a loop.
pub(super) fn proj_shape(domains: &Domains, before: &[Node], scan: &Scan, k: usize) -> Option<Shape> {
    if let Some(v) = scan.init.get(k) {
        return Some(before.get(v.0 as usize)?.shape.clone());
    }
    let y = &scan.body.get(*scan.body.results.get(k)?)?.shape;
    Some(Shape {
        dim: Some(stacked(domains, scan.time, y.dim?)?),
        axes: y.axes.clone(),
    })
}

/// The shapes of the arguments of a loop body.
pub(super) fn arg_shapes(domains: &Domains, before: &[Node], scan: &Scan) -> Result<Vec<Shape>, String> {
    let of = |v: &Value| before.get(v.0 as usize).map(|n| n.shape.clone()).ok_or("unknown value");
    let mut shapes = Vec::with_capacity(scan.arg_count());
    for v in &scan.init {
        shapes.push(of(v)?);
    }
    for v in &scan.xs {
        let s = of(v)?;
        match s.dim.and_then(|d| domains.dims.get(d.0 as usize)) {
            Some(DimDef::Stacked { time, of }) if *time == scan.time => {
                shapes.push(Shape {
                    dim: Some(*of),
                    axes: s.axes,
                });
            }
            _ => return Err(format!("%{} is not stacked over the time of the loop", v.0)),
        }
    }
    for v in &scan.captures {
        shapes.push(of(v)?);
    }
    Ok(shapes)
}

/// The dim of what a loop over `time` leaves behind, if the program has it.
pub(super) fn stacked(domains: &Domains, time: DimId, of: DimId) -> Option<DimId> {
    let k = domains.dims.iter().position(|d| *d == DimDef::Stacked { time, of })?;
    Some(DimId(k as u32))
}

/// Does the dim hold the steps of a loop?
pub(super) fn is_stacked(domains: &Domains, d: DimId) -> bool {
    matches!(domains.dims.get(d.0 as usize), Some(DimDef::Stacked { .. }))
}

/// The number of axes of a grid, `None` for another dim.
pub(super) fn rank(domains: &Domains, d: DimId) -> Option<usize> {
    match domains.dims.get(d.0 as usize)? {
        DimDef::Grid { rank, .. } => Some(*rank as usize),
        DimDef::Coarse { of, .. } if of.0 < d.0 => rank(domains, *of),
        _ => None,
    }
}

/// A shape in the text form.
pub(super) fn show(s: &Shape) -> String {
    let dim = s.dim.map(|d| format!("d{}", d.0));
    let parts: Vec<String> = dim.into_iter().chain(s.axes.iter().map(u32::to_string)).collect();
    format!("[{}]", parts.join(", "))
}

fn expect(have: &Shape, want: &Shape) -> Result<(), String> {
    if have == want {
        return Ok(());
    }
    Err(format!("the shape is {}, but should be {}", show(have), show(want)))
}

/// A row has a bounded number of elements.
fn check_extents(shape: &Shape) -> Result<(), String> {
    let elements = shape.axes.iter().try_fold(1u32, |n, &m| n.checked_mul(m));
    elements
        .map(drop)
        .ok_or_else(|| format!("rows of {} are too long", show(shape)))
}

fn axis_of(s: &mut Shape, axis: u32) -> Result<&mut u32, String> {
    let n = s.axes.len();
    s.axes
        .get_mut(axis as usize)
        .ok_or_else(|| format!("axis {axis} of {n}"))
}

fn has_dim(domains: &Domains, d: DimId) -> bool {
    (d.0 as usize) < domains.dims.len()
}

fn ends(domains: &Domains, m: MapId) -> Result<(DimId, DimId), String> {
    if m.0 as usize >= domains.maps.len() {
        return Err(format!("there is no map m{}", m.0));
    }
    Ok(domains.ends(m))
}

fn check_broadcast(x: &Shape, axes: &[u32], shape: &Shape) -> Result<(), String> {
    if x.dim.is_some() && x.dim != shape.dim {
        return Err(format!("{} cannot be spread over {}", show(x), show(shape)));
    }
    let fits = axes.len() == x.axes.len()
        && axes.iter().enumerate().all(|(k, a)| !axes[..k].contains(a))
        && axes
            .iter()
            .zip(&x.axes)
            .all(|(&a, n)| shape.axes.get(a as usize) == Some(n));
    if fits {
        Ok(())
    } else {
        Err(format!("axes {axes:?} do not place {} in {}", show(x), show(shape)))
    }
}

fn check_concat<'a>(xs: impl Iterator<Item = &'a Shape>, axis: u32, shape: &Shape) -> Result<(), String> {
    let mut total = 0u32;
    let mut empty = true;
    for x in xs {
        let mut want = shape.clone();
        let n = x
            .axes
            .get(axis as usize)
            .copied()
            .ok_or_else(|| format!("no axis {axis}"))?;
        *axis_of(&mut want, axis)? = n;
        expect(x, &want)?;
        total = total.checked_add(n).ok_or("an axis is too long")?;
        empty = false;
    }
    if empty || shape.axes.get(axis as usize) != Some(&total) {
        return Err(format!("the parts have {total} entries along axis {axis}"));
    }
    Ok(())
}

fn check_contract(scope: &Scope, before: &[Node], op: &Op, shape: &Shape) -> Result<(), String> {
    let Op::Contract {
        a,
        b,
        a_axes,
        b_axes,
        out_axes,
    } = op
    else {
        return Ok(());
    };
    let [sa, sb] = [a, b].map(|v| &before[v.0 as usize].shape);
    if sa.dim.is_some() && sb.dim.is_some() && sa.dim != sb.dim {
        return Err(format!("{} and {} have different rows", show(sa), show(sb)));
    }
    let rows = sa.dim.or(sb.dim);
    if shape.dim.is_some() && shape.dim != rows {
        return Err("the result has rows that no argument has".into());
    }
    if rows.is_some() && shape.dim.is_none() && scope.args.is_some() {
        return Err("loops are per sample: no sum over all rows".into());
    }
    let mut extents: [Option<u32>; 256] = [None; 256];
    for (labels, s) in [(a_axes, sa), (b_axes, sb)] {
        if labels.len() != s.axes.len() {
            return Err(format!("{} letters for {}", labels.len(), show(s)));
        }
        for (&l, &n) in labels.iter().zip(&s.axes) {
            if *extents[l as usize].get_or_insert(n) != n {
                return Err(format!("letter {} has two extents", l as char));
            }
        }
    }
    for (k, &l) in out_axes.iter().enumerate() {
        if out_axes[..k].contains(&l) {
            return Err(format!("letter {} twice in the result", l as char));
        }
        if extents[l as usize].is_none() || extents[l as usize] != shape.axes.get(k).copied() {
            return Err(format!("letter {} does not fit the result", l as char));
        }
    }
    if out_axes.len() != shape.axes.len() {
        return Err(format!("{} letters for {}", out_axes.len(), show(shape)));
    }
    Ok(())
}

fn check_window(domains: &Domains, op: &Op, x: &Shape, shape: &Shape) -> Result<(), String> {
    let Op::Window {
        offsets,
        stride,
        transpose,
        fine,
        coarse,
        ..
    } = op
    else {
        return Ok(());
    };
    let rank = rank(domains, *fine).ok_or("windows are for grids")?;
    let fits = match domains.dims.get(coarse.0 as usize) {
        _ if fine == coarse => *stride == 1,
        Some(DimDef::Coarse { of, stride: s, .. }) => of == fine && s == stride,
        _ => false,
    };
    if !fits {
        return Err("the coarse dim of a window is no coarsening of the fine one".into());
    }
    if offsets.iter().any(|o| o.len() != rank) {
        return Err(format!("offsets need {rank} numbers"));
    }
    let (cells, windows) = if *transpose { (shape, x) } else { (x, shape) };
    let mut axes = vec![offsets.len() as u32];
    axes.extend(&cells.axes);
    expect(
        cells,
        &Shape {
            dim: Some(*fine),
            axes: cells.axes.clone(),
        },
    )?;
    expect(
        windows,
        &Shape {
            dim: Some(*coarse),
            axes,
        },
    )
}

fn check_positions(domains: &Domains, shape: &Shape) -> Result<DimId, String> {
    match shape.dim {
        Some(d) if shape.axes.is_empty() && !is_stacked(domains, d) => Ok(d),
        _ => Err("positions have a dim with samples in order, and no axes".into()),
    }
}

fn check_scan(scope: &Scope, before: &[Node], scan: &Scan) -> Result<(), String> {
    if !has_dim(scope.domains, scan.time) || is_stacked(scope.domains, scan.time) {
        return Err("a loop needs a time".into());
    }
    let args = arg_shapes(scope.domains, before, scan)?;
    if args[..scan.init.len()].iter().any(|s| s.dim.is_none()) {
        return Err("a state without rows".into());
    }
    check_body(
        &Scope {
            args: Some(&args),
            ..*scope
        },
        &scan.body,
    )
    .map_err(|e| format!("in the loop: {e}"))?;
    let results: Vec<&Shape> = scan
        .body
        .results
        .iter()
        .map(|v| &scan.body.nodes[v.0 as usize].shape)
        .collect();
    if results.len() < scan.init.len() {
        return Err("a loop must give all its states".into());
    }
    for (k, have) in results.iter().enumerate() {
        match (args[..scan.init.len()].get(k), have.dim) {
            (Some(state), _) => expect(have, state).map_err(|e| format!("state {k}: {e}"))?,
            (None, Some(d)) if stacked(scope.domains, scan.time, d).is_some() => {}
            _ => return Err(format!("result {k} of the loop has no stacked dim")),
        }
    }
    Ok(())
}

/// Dims and maps refer to earlier ones of the right kind.
fn check_domains(domains: &Domains) -> Result<(), String> {
    if domains.dims.first() != Some(&DimDef::Samples) {
        return Err("dim 0 must be the samples".into());
    }
    for (k, def) in domains.dims.iter().enumerate() {
        let known = |d: DimId| (d.0 as usize) < k;
        let by_sample = |d: DimId| known(d) && !is_stacked(domains, d);
        let fine = match def {
            DimDef::Samples => k == 0,
            DimDef::Ragged { .. } => true,
            DimDef::Grid { rank, .. } => *rank > 0,
            DimDef::Coarse { of, size, stride, .. } => {
                known(*of) && rank(domains, *of).is_some() && *size > 0 && *stride > 0
            }
            DimDef::Pairs { left, right } => by_sample(*left) && by_sample(*right),
            DimDef::Stacked { time, of } => by_sample(*time) && known(*of),
            DimDef::Rounds { like, .. } => like.is_none_or(by_sample),
            DimDef::Chosen { of, each, others, .. } => by_sample(*of) && by_sample(*each) && (!others || of == each),
        };
        if !fine {
            return Err(format!("dim d{k} is ill-defined"));
        }
    }
    for (k, def) in domains.maps.iter().enumerate() {
        let dim = |d: DimId| domains.dims.get(d.0 as usize);
        let earlier = |m: MapId| (m.0 as usize) < k;
        let fine = match def {
            MapDef::Sample(d) => dim(*d).is_some() && !is_stacked(domains, *d),
            MapDef::Given { from, to, .. } => dim(*from).is_some() && dim(*to).is_some(),
            MapDef::Left(d) | MapDef::Right(d) => matches!(dim(*d), Some(DimDef::Pairs { .. })),
            MapDef::Compose { first, second } => {
                earlier(*first) && earlier(*second) && domains.ends(*first).1 == domains.ends(*second).0
            }
            MapDef::Pair { pairs, left, right } => {
                let to = |side: DimId, m: MapId| earlier(m) && domains.ends(m).1 == side;
                earlier(*left)
                    && earlier(*right)
                    && domains.ends(*left).0 == domains.ends(*right).0
                    && matches!(dim(*pairs), Some(DimDef::Pairs { left: l, right: r }) if to(*l, *left) && to(*r, *right))
            }
            MapDef::Unstack(d) => is_stacked(domains, *d),
            MapDef::Shift { of, .. } => dim(*of).is_some() && !is_stacked(domains, *of),
            MapDef::Chooser(d) => choice(domains, *d).is_ok(),
            MapDef::ToStep { time, stacked } => {
                dim(*stacked)
                    == Some(&DimDef::Stacked {
                        time: *time,
                        of: SAMPLES,
                    })
            }
        };
        if !fine {
            return Err(format!("map m{k} is ill-defined"));
        }
    }
    Ok(())
}
