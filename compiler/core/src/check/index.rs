//! Reading signals: rules gather, offset, choose; fields of domains and edges; blocks of representations.

use super::nodes_util::grid_of;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::ir::Scalar;
use crate::typed::{Field, NodeId, Offset, TOp, VarId};
use crate::types::{Atom, DomainKind, Elem, Int, Rep, Set, Type};
use gdl_rep::{Atom as Known, Exact};
use gdl_syntax::ast::{BinOp, Expr, ExprKind, Ident, Span};

/// An offset, whether it is subtracted, and where it stands.
type WrittenOffset = (Val, bool, Span);

impl Checker<'_> {
    pub(crate) fn index_expr(&mut self, base: &Expr, indices: &[Expr], span: Span, env: &mut Env) -> R<Val> {
        self.read_indices(base, indices, None, span, env)
    }

    /// `x[q + o] else d`.
    pub(crate) fn read_or(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let ExprKind::Index { base, indices } = &lhs.kind else {
            return Err(self.report(
                Diagnostic::error("GDL0106", "`else` has nothing to replace here", span, "this always has a value")
                    .help("`else` follows a read that can leave its domain (`x[q + o] else 0`) or a reduction over a range that can be empty."),
            ));
        };
        self.read_indices(base, indices, Some(rhs), span, env)
    }

    fn read_indices(
        &mut self,
        base: &Expr,
        indices: &[Expr],
        default: Option<&Expr>,
        span: Span,
        env: &mut Env,
    ) -> R<Val> {
        let mut val = self.eval(base, env)?;
        for (k, ix) in indices.iter().enumerate() {
            let last = k + 1 == indices.len();
            if let Some((cell, offset)) = self.offset_index(ix, env)? {
                let x = self.to_node(&val, base.span)?;
                let default = if last { default } else { None };
                val = Val::Node(self.offset_read(x, cell, offset, default, span, ix.span, env)?);
                continue;
            }
            let at = self.eval(ix, env)?;
            val = self.index_val(&val, &at, base.span, ix.span, span)?;
        }
        Ok(val)
    }

    /// `val[at]`.
    pub(crate) fn index_val(&mut self, val: &Val, at: &Val, base_span: Span, at_span: Span, span: Span) -> R<Val> {
        if let (Val::List(items), Val::Int(n)) = (val, at) {
            let k = self.known(n, "a position in a list", at_span)?;
            return match usize::try_from(k).ok().and_then(|k| items.get(k)) {
                Some(v) => Ok(v.clone()),
                None => Err(self.error(
                    "GDL0111",
                    "this list is shorter",
                    at_span,
                    format!("it has {} entries", items.len()),
                )),
            };
        }
        if let (Val::Record(fields), Val::Sample) = (val, at) {
            return Ok(Val::Record(fields.clone()));
        }
        let x = self.to_node(val, base_span)?;
        if matches!(at, Val::Sample) {
            return Ok(Val::Node(x));
        }
        let ty = self.node(x).ty.clone();
        let (set, rest) = self.first_set(x, base_span)?;
        match at {
            Val::Var(v) => {
                let over = self.model.var(*v).set.clone();
                if self.sets_match(&over, &set) {
                    if ty.sets.is_empty() {
                        return Ok(Val::Node(self.add_with(
                            TOp::Read { x, at: *v },
                            rest,
                            &[x],
                            &[*v],
                            &[],
                            span,
                        )));
                    }
                    return self.read(x, *v, span).map(Val::Node);
                }
                if ty.sets.is_empty() {
                    // A permutation representation is also the set of functions on its basis.
                    if let (Set::Points(p), Some(r)) = (&over, ty.as_rep())
                        && p.same(r)
                    {
                        return Ok(Val::Node(self.add_with(
                            TOp::Read { x, at: *v },
                            Type::scalar(),
                            &[x],
                            &[*v],
                            &[],
                            span,
                        )));
                    }
                }
                let (have, want, name) = (
                    self.show_set(&over),
                    self.show_set(&set),
                    self.model.var(*v).name.clone(),
                );
                Err(self.error(
                    "GDL0111",
                    "this index belongs to another set",
                    at_span,
                    format!("`{name}` ranges over `{have}`, but the signal lives on `{want}`"),
                ))
            }
            Val::Int(n) => {
                let k = self.known(n, "an index", at_span)?;
                self.pick(x, k, &set, rest, base_span, at_span, span)
            }
            Val::Word(label) => match &set {
                Set::Enum(names) => match names.iter().position(|m| m == label) {
                    Some(k) => Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span))),
                    None => Err(self.error(
                        "GDL0100",
                        format!("`{label}` is not one of the labels"),
                        at_span,
                        format!("they are {}", names.join(", ")),
                    )),
                },
                _ => Err(self.error("GDL0111", "this is not an index", at_span, "a word")),
            },
            Val::Node(ix) => self.read_computed(x, *ix, &set, rest, at_span, span).map(Val::Node),
            other => Err(self.error(
                "GDL0111",
                "this is not an index",
                at_span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    /// The set that the next bracket reads, and the type that is left.
    fn first_set(&mut self, x: NodeId, span: Span) -> R<(Set, Type)> {
        let ty = self.node(x).ty.clone();
        if let Some(set) = ty.sets.first() {
            return Ok((set.clone(), ty.with_sets(ty.sets[1..].to_vec())));
        }
        match &ty.elem {
            Elem::Rep(r) => match r.opened() {
                Some(space) => Ok((
                    space.sets[0].clone(),
                    Type {
                        sets: space.sets[1..].to_vec(),
                        elem: Elem::Rep(space.rep),
                    },
                )),
                None => {
                    let (n, inner) = r.copies();
                    Ok((Set::Range(n), Type::rep(inner)))
                }
            },
            _ => {
                let shown = self.show(&ty);
                Err(self.report(
                    Diagnostic::error("GDL0111", "there is nothing to index", span, format!("this is `{shown}`"))
                        .help("Brackets read signals and copies (`x[i]`, `n x V`); points and labels have no components: use differences of points."),
                ))
            }
        }
    }

    fn sets_match(&self, a: &Set, b: &Set) -> bool {
        match (a, b) {
            (Set::Points(p), Set::Points(q)) => p.same(q),
            _ => a == b,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn pick(&mut self, x: NodeId, k: i64, set: &Set, rest: Type, base_span: Span, at_span: Span, span: Span) -> R<Val> {
        match set {
            Set::Range(n) => {
                let rep = self.node(x).ty.as_rep().cloned().unwrap_or_default();
                if self.node(x).ty.sets.is_empty() && rep.copies().0.is(1) && !rep.is_trivial() && !rep.is_abstract() {
                    return Err(self.component(&rep, base_span, at_span));
                }
                if let Some(len) = n.value().filter(|len| !(0..*len).contains(&k)) {
                    return Err(self.out_of_range(k, &format!("there are {len} of them, numbered from 0"), at_span));
                }
                Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span)))
            }
            Set::Enum(names) if k >= 0 && (k as usize) < names.len() => {
                Ok(Val::Node(self.add(TOp::Pick { x, k: k as u32 }, rest, &[x], span)))
            }
            Set::Enum(names) => Err(self.out_of_range(k, &format!("there are {} labels", names.len()), at_span)),
            other => {
                let (shown, moved) = (self.show_set(other), self.moved_element(other));
                Err(self.report(
                    Diagnostic::error(
                        "GDL0104",
                        format!("no element of `{shown}` can be named"),
                        at_span,
                        "the symmetry moves every element",
                    )
                    .counterexample(moved)
                    .note("Relabelling the elements is a symmetry of the domain and fixes none of them.")
                    .help("Bind an index (`y[i] = …`, `sum i: …`), or mark elements by an input signal."),
                ))
            }
        }
    }

    fn out_of_range(&mut self, k: i64, have: &str, span: Span) -> super::Reported {
        self.report(
            Diagnostic::error("GDL0106", "this index is out of range", span, have).help(format!(
                "Elements are numbered from 0, so there is no element {k} here."
            )),
        )
    }

    fn component(&mut self, rep: &Rep, base: Span, at: Span) -> super::Reported {
        let group = self.model.group.to_string();
        self.report(
            Diagnostic::error(
                "GDL0122",
                format!("a component of `{rep}` is not invariant"),
                at,
                "picks one axis of a basis that the group mixes",
            )
            .label(base, format!("`{rep}` of {group}"))
            .note("A component is a covector applied to the vector, and no covector of this representation is fixed.")
            .help("Take `norm2(v)`, `dot(u, v)`, or reduce over `points(V)` where the group permutes the basis."),
        )
    }

    /// A signal read at a computed index or direction.
    fn read_computed(&mut self, x: NodeId, ix: NodeId, set: &Set, rest: Type, at_span: Span, span: Span) -> R<NodeId> {
        let ity = self.node(ix).ty.clone();
        match (set, &ity.elem) {
            (Set::Range(_) | Set::Enum(_), Elem::Index(s)) if self.sets_match(s, set) => {
                self.lift(&[ix], span, &mut |c, args| {
                    Ok(c.add(TOp::Lookup { x, index: args[0] }, rest.clone(), &[x, args[0]], span))
                })
            }
            (Set::Sphere(_), Elem::Rep(r)) if r.same(&self.vector_rep(&Int::num(3))) => {
                self.lift(&[ix], span, &mut |c, args| {
                    Ok(c.add(TOp::Direction { x, dir: args[0] }, rest.clone(), &[x, args[0]], span))
                })
            }
            (Set::Circle(d), Elem::Rep(r)) if r.gauge == Some(d.0) => {
                let fibre = self.node(ix).fibre;
                let id = self.add(TOp::Direction { x, dir: ix }, rest, &[x, ix], span);
                self.set_fibre(id, fibre);
                Ok(id)
            }
            _ => {
                let (have, want) = (self.show(&ity), self.show_set(set));
                Err(self.error(
                    "GDL0111",
                    "this index belongs to another set",
                    at_span,
                    format!("a `{have}`, but the signal lives on `{want}`"),
                ))
            }
        }
    }

    /// `q + o`, `q - o` with a cell variable q: the cell and the offset.
    fn offset_index(&mut self, e: &Expr, env: &mut Env) -> R<Option<(VarId, WrittenOffset)>> {
        let ExprKind::Binary {
            op: op @ (BinOp::Add | BinOp::Sub),
            lhs,
            rhs,
        } = &e.kind
        else {
            return Ok(None);
        };
        let ExprKind::Name(name) = &lhs.kind else {
            return Ok(None);
        };
        let Some(Val::Var(cell)) = env.get(name).cloned() else {
            return Ok(None);
        };
        if !matches!(self.model.var(cell).set, Set::Nodes(_)) {
            return Ok(None);
        }
        let offset = match &rhs.kind {
            ExprKind::Tuple(args) => {
                let mut list = Vec::new();
                for a in args {
                    list.push(self.eval(&a.value, env)?);
                }
                Val::List(list)
            }
            _ => self.eval(rhs, env)?,
        };
        Ok(Some((cell, (offset, *op == BinOp::Sub, rhs.span))))
    }

    #[allow(clippy::too_many_arguments)]
    fn offset_read(
        &mut self,
        x: NodeId,
        cell: VarId,
        offset: WrittenOffset,
        default: Option<&Expr>,
        span: Span,
        at_span: Span,
        env: &mut Env,
    ) -> R<NodeId> {
        let ty = self.node(x).ty.clone();
        let Set::Nodes(at_dom) = self.model.var(cell).set.clone() else {
            return Err(self.error(
                "GDL0111",
                "only cells of a grid have neighbours at offsets",
                at_span,
                "not a grid cell",
            ));
        };
        let Some(Set::Nodes(dom)) = ty.sets.first().cloned() else {
            let shown = self.show(&ty);
            return Err(self.error(
                "GDL0111",
                "only signals on a grid are read at offsets",
                span,
                format!("this is `{shown}`"),
            ));
        };
        let Some(grid) = grid_of(self, dom) else {
            let (shown, moved) = (self.show_set(&Set::Nodes(dom)), self.moved_element(&Set::Nodes(dom)));
            return Err(self.report(
                Diagnostic::error(
                    "GDL0104",
                    format!("`{shown}` has no offsets"),
                    at_span,
                    "only grids have neighbours at fixed offsets",
                )
                .counterexample(moved)
                .help("Declare the domain as `grid(d)`, or use `scan` on a `seq` and edges on a graph."),
            ));
        };
        let rest = ty.with_sets(ty.sets[1..].to_vec());
        let (off, negative, off_span) = offset;
        let (offset, extra) = match off {
            Val::Var(o) => {
                let Set::Window(w_dom, size) = self.model.var(o).set.clone() else {
                    return Err(self.error(
                        "GDL0111",
                        "an offset must come from a window",
                        off_span,
                        "write `o in p.window(3)`",
                    ));
                };
                if w_dom != dom {
                    return Err(self.error(
                        "GDL0111",
                        "this window belongs to another grid",
                        off_span,
                        self.show_set(&Set::Window(w_dom, size)),
                    ));
                }
                if negative {
                    return Err(self.error("GDL0111", "write `q + o`", off_span, "the window contains −o with o"));
                }
                self.window_fits(at_dom, dom, &size, off_span)?;
                (Offset::Window(o), vec![cell, o])
            }
            Val::Int(n) => {
                let v = self.known(&n, "an offset", off_span)?;
                (
                    Offset::Literal(self.literal_offset(&[v], negative, dom, off_span)?),
                    vec![cell],
                )
            }
            Val::List(items) => {
                let mut v = Vec::new();
                for i in &items {
                    match i {
                        Val::Int(n) => v.push(self.known(&n.clone(), "an offset", off_span)?),
                        other => {
                            return Err(self.error(
                                "GDL0111",
                                "an offset has whole coordinates",
                                off_span,
                                other.describe(),
                            ));
                        }
                    }
                }
                (
                    Offset::Literal(self.literal_offset(&v, negative, dom, off_span)?),
                    vec![cell],
                )
            }
            other => {
                return Err(self.error(
                    "GDL0111",
                    "this is not an offset",
                    off_span,
                    format!("this is {}", other.describe()),
                ));
            }
        };
        let zero = matches!(&offset, Offset::Literal(v) if v.iter().all(|&k| k == 0));
        let default = match default {
            Some(d) => Some(self.default_value(d, &rest, env)?),
            None if grid.wrap || zero || self.reads_inside(at_dom, dom) => None,
            None if matches!(rest.elem, Elem::Point(_)) => {
                return Err(self.points_are_affine("a point outside the grid has no value to stand for it", span));
            }
            None => {
                return Err(self.report(
                    Diagnostic::error("GDL0106", "this read can leave the grid", span, "what is its value outside?")
                        .help("Write `(x[q + o] else 0)`: 0 is fixed in every representation; or declare the grid with `edge = wrap`."),
                ));
            }
        };
        let mut args = vec![x];
        args.extend(default);
        Ok(self.add_with(
            TOp::Offset {
                x,
                cell,
                offset,
                default,
            },
            rest,
            &args,
            &extra,
            &[],
            span,
        ))
    }

    /// Windows of a coarse cell without padding lie inside the fine grid.
    fn reads_inside(&self, at: crate::types::DomainId, fine: crate::types::DomainId) -> bool {
        matches!(&self.domain(at).kind, DomainKind::Coarse { of, pad, .. } if *of == fine && pad.is(0))
    }

    fn window_fits(
        &mut self,
        at: crate::types::DomainId,
        fine: crate::types::DomainId,
        size: &Int,
        span: Span,
    ) -> R<()> {
        if at == fine {
            return match size.value() {
                Some(n) if n % 2 == 0 => Err(self.report(
                    Diagnostic::error("GDL0114", "a window around a cell has an odd size", span, format!("{n} cells have no centre"))
                        .note("The symmetry of the grid fixes the centre of a window; with an even size the centre is a corner between cells.")
                        .help("Use an odd size, or read from the cells of `coarse(p, stride, window, pad)`."),
                )),
                _ => Ok(()),
            };
        }
        match self.domain(at).kind.clone() {
            DomainKind::Coarse { of, window, .. } if of == fine => {
                if window == *size {
                    return Ok(());
                }
                Err(self.error(
                    "GDL0114",
                    "this window does not fit the coarse cell",
                    span,
                    format!("the cells were made with windows of {window}, this one has {size}"),
                ))
            }
            _ => {
                let (a, b) = (self.show_set(&Set::Nodes(at)), self.show_set(&Set::Nodes(fine)));
                Err(self.error(
                    "GDL0111",
                    "these are cells of another grid",
                    span,
                    format!("`{a}`, but the signal lives on `{b}`"),
                ))
            }
        }
    }

    fn literal_offset(&mut self, v: &[i64], negative: bool, dom: crate::types::DomainId, span: Span) -> R<Vec<i32>> {
        let out: Vec<i32> = v
            .iter()
            .map(|&k| i32::try_from(if negative { -k } else { k }).unwrap_or(i32::MAX))
            .collect();
        if out.iter().all(|&k| k == 0) {
            return Ok(out);
        }
        if let Some(grid) = grid_of(self, dom)
            && grid.rank.value().is_some_and(|r| r != out.len() as i64)
        {
            return Err(self.error(
                "GDL0111",
                "this offset has another number of coordinates",
                span,
                format!("the grid has {} axes", grid.rank),
            ));
        }
        let orbit = if self.abstract_mode {
            Vec::new()
        } else {
            gdl_rep::witness::orbit_of_offset(&self.model.group, &out).unwrap_or_default()
        };
        if !self.abstract_mode && orbit.len() <= 1 {
            return Ok(out);
        }
        let group = self.model.group.to_string();
        let shown: Vec<String> = orbit
            .iter()
            .take(8)
            .map(|o| format!("({})", o.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
            .collect();
        let (label, counter) = if self.abstract_mode {
            ("no offset but 0 is fixed by every group".to_string(), None)
        } else {
            (
                format!("{group} moves it to {}", shown.join(", ")),
                Some(format!(
                    "an element of {group} sends this offset to {}",
                    shown.get(1).cloned().unwrap_or_default()
                )),
            )
        };
        Err(self.report(
            Diagnostic::error("GDL0104", "this offset is not fixed by the group", span, label)
                .counterexample(counter)
                .note("Under the group the window is a union of orbits; only an orbit of one element can be named.")
                .help("Sum over a window with a kernel: `sum o in p.window(3): K[o](x[q + o] else 0)`."),
        ))
    }

    /// The value of a default: a fixed element of the type.
    pub(crate) fn default_value(&mut self, e: &Expr, ty: &Type, env: &mut Env) -> R<NodeId> {
        let v = self.eval(e, env)?;
        let n = self.to_node(&v, e.span)?;
        let have = self.node(n).ty.clone();
        if have.same(ty) {
            return Ok(n);
        }
        let number = match self.node(n).op {
            TOp::Number(x) => Some(x),
            _ => None,
        };
        match (&ty.elem, number) {
            (Elem::Rep(r), Some(x)) if x.is_zero() || r.is_permutation() => {
                let r = r.clone();
                Ok(self.add(TOp::Constant(vec![x]), Type::rep(r), &[], e.span))
            }
            (Elem::Rep(_), None) if have.same(&Type::scalar()) && ty.as_rep().is_some_and(Rep::is_permutation) => {
                let ones = self.add(TOp::Constant(vec![Exact::int(1)]), ty.clone(), &[], e.span);
                Ok(self.add(TOp::Scale { s: n, x: ones }, ty.clone(), &[n, ones], e.span))
            }
            (Elem::Point(_), _) => {
                Err(self.points_are_affine("a point needs a point as its default, and none is fixed", e.span))
            }
            _ => {
                let (want, have) = (self.show(ty), self.show(&have));
                Err(self.report(
                    Diagnostic::error(
                        "GDL0127",
                        "this default is not a fixed value of the type",
                        e.span,
                        format!("`{have}`, but `{want}` is needed"),
                    )
                    .note("What stands for a missing value must be the same for every group element.")
                    .help("0 is fixed in every representation."),
                ))
            }
        }
    }

    /// `x.[1o]`: the block of one kind.
    pub(crate) fn block_expr(&mut self, base: &Expr, rep: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval_node(base, env)?;
        let want = self.eval_rep(rep, env)?;
        self.lift(&[x], span, &mut |c, args| {
            let x = args[0];
            let have = c.node(x).ty.as_rep().cloned().unwrap_or_default();
            let atom = want.blocks().first().map(|(_, a)| a.clone());
            let found: Vec<usize> = have
                .blocks()
                .iter()
                .enumerate()
                .filter(|(_, (_, a))| Some(a) == atom.as_ref())
                .map(|(k, _)| k)
                .collect();
            match found.as_slice() {
                [k] => {
                    let ty = Type::rep(Rep::from_blocks(vec![have.blocks()[*k].clone()], have.gauge));
                    Ok(c.add(
                        TOp::Blocks {
                            x,
                            first: *k as u32,
                            count: 1,
                        },
                        ty,
                        &[x],
                        span,
                    ))
                }
                [] => Err(c.error(
                    "GDL0101",
                    format!("there is no block `{want}` here"),
                    span,
                    format!("this is `{have}`"),
                )),
                _ => Err(c.error(
                    "GDL0101",
                    format!("there are several blocks `{want}` here"),
                    span,
                    format!("this is `{have}`"),
                )),
            }
        })
        .map(Val::Node)
    }

    /// `base.name`.
    pub(crate) fn field(&mut self, base: &Expr, name: &Ident, span: Span, env: &mut Env) -> R<Val> {
        let v = self.eval(base, env)?;
        match &v {
            Val::Record(fields) => match fields.iter().find(|(n, _)| *n == name.name) {
                Some((_, v)) => Ok(v.clone()),
                None => {
                    let names: Vec<String> = fields.iter().map(|(n, _)| n.clone()).collect();
                    Err(self.unknown(&name.name, name.span, "field", &names))
                }
            },
            Val::Domain(d) => self.domain_field(*d, name, span),
            Val::Var(e) => self.edge_field(*e, name, span),
            other => Err(self.error(
                "GDL0100",
                format!("there is no field `{}`", name.name),
                name.span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    fn domain_field(&mut self, d: crate::types::DomainId, name: &Ident, span: Span) -> R<Val> {
        let kind = self.domain(d).kind.clone();
        let graphlike = matches!(kind, DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Mesh);
        match name.name.as_str() {
            "nodes" | "verts" => Ok(Val::Set(Set::Nodes(d))),
            "edges" if graphlike => Ok(Val::Set(Set::Edges(d))),
            "degree" if graphlike => {
                let ty = Type {
                    sets: vec![Set::Nodes(d)],
                    elem: Elem::Rep(Rep::scalars(1)),
                };
                Ok(Val::Node(self.add(TOp::Field(d, Field::Degree), ty, &[], span)))
            }
            "size" => Ok(Val::Node(self.add(
                TOp::Field(d, Field::Size),
                Type::scalar(),
                &[],
                span,
            ))),
            "pos" => match &kind {
                DomainKind::Cloud { dim, .. } => {
                    let ty = Type {
                        sets: vec![Set::Nodes(d)],
                        elem: Elem::Point(dim.clone()),
                    };
                    Ok(Val::Node(self.field_node(d, Field::Pos, ty, span)))
                }
                _ => Err(self.no_field(d, name)),
            },
            "cutoff" => match &kind {
                DomainKind::Cloud { cutoff: Some(text), .. } => {
                    Ok(Exact::decimal(text).map_or(Val::Int(Int::num(1)), Val::Num))
                }
                _ => Err(self.no_field(d, name)),
            },
            "circle" if kind == DomainKind::Mesh => Ok(Val::Set(Set::Circle(d))),
            "gauge" if kind == DomainKind::Mesh => Ok(Val::Domain(d)),
            _ => Err(self.no_field(d, name)),
        }
    }

    fn no_field(&mut self, d: crate::types::DomainId, name: &Ident) -> super::Reported {
        let fields: &[&str] = match self.domain(d).kind {
            DomainKind::Graph => &["nodes", "edges", "degree", "size"],
            DomainKind::Cloud { .. } => &["nodes", "edges", "degree", "size", "pos", "cutoff"],
            DomainKind::Mesh => &["verts", "edges", "degree", "size", "circle", "gauge"],
            DomainKind::Grid { .. } | DomainKind::Coarse { .. } => &["window", "size"],
            _ => &["size"],
        };
        let names: Vec<String> = fields.iter().map(ToString::to_string).collect();
        self.unknown(&name.name, name.span, "field of this domain", &names)
    }

    /// One node per domain field, so that derivatives find it.
    fn field_node(&mut self, d: crate::types::DomainId, field: Field, ty: Type, span: Span) -> NodeId {
        let found = self
            .model
            .nodes
            .iter()
            .position(|n| matches!(n.op, TOp::Field(e, f) if e == d && f == field));
        match found {
            Some(k) => NodeId(k as u32),
            None => self.add(TOp::Field(d, field), ty, &[], span),
        }
    }

    fn edge_field(&mut self, e: VarId, name: &Ident, span: Span) -> R<Val> {
        let Set::Edges(d) = self.model.var(e).set.clone() else {
            let shown = self.model.var(e).name.clone();
            return Err(self.report(
                Diagnostic::error(
                    "GDL0104",
                    format!("`{shown}` has no field `{}`", name.name),
                    name.span,
                    "only edges have vectors, angles and transports",
                )
                .help("Bind the edge: `sum e: j -> i in g.edges: …`."),
            ));
        };
        let kind = self.domain(d).kind.clone();
        match (name.name.as_str(), kind) {
            ("vec" | "dir", DomainKind::Cloud { dim, .. }) => {
                let ty = Type {
                    sets: vec![Set::Edges(d)],
                    elem: Elem::Rep(self.vector_rep(&dim)),
                };
                let all = self.field_node(d, Field::EdgeVec, ty, span);
                let v = self.read(all, e, span)?;
                if name.name == "vec" {
                    return Ok(Val::Node(v));
                }
                let n2 = self.add(TOp::Dot { a: v, b: v }, Type::scalar(), &[v, v], span);
                let n = self.add(
                    TOp::Map {
                        f: Scalar::Sqrt,
                        args: vec![n2],
                    },
                    Type::scalar(),
                    &[n2],
                    span,
                );
                self.divide(v, n, span).map(Val::Node)
            }
            ("angle", DomainKind::Mesh) => {
                let unit = self.gauge_irrep(1);
                let ty = Type {
                    sets: vec![Set::Edges(d)],
                    elem: Elem::Rep(unit.in_gauge(d.0)),
                };
                let all = self.field_node(d, Field::EdgeAngle, ty.clone(), span);
                let id = self.add_with(
                    TOp::Read { x: all, at: e },
                    ty.with_sets(Vec::new()),
                    &[all],
                    &[e],
                    &[],
                    span,
                );
                let dst = self.end_of(e, false);
                self.set_fibre(id, dst);
                Ok(Val::Node(id))
            }
            _ => Err(self.unknown(
                &name.name,
                name.span,
                "field of this edge",
                &["vec".into(), "dir".into(), "angle".into(), "transport".into()],
            )),
        }
    }

    /// The end of an edge variable: the source, or the destination.
    pub(crate) fn end_of(&self, e: VarId, src: bool) -> Option<VarId> {
        self.model.var(e).ends.map(|(s, d)| if src { s } else { d })
    }

    /// `irrep(k)` of a gauge group SO(2).
    pub(crate) fn gauge_irrep(&self, k: i64) -> Rep {
        let so2 = gdl_rep::Group::SO2;
        match Known::irrep(&so2, &[k]).ok() {
            Some(a) => Rep::from_blocks(vec![(Int::num(1), Atom::Known(a))], None),
            None => Rep::scalars(1),
        }
    }
}
