//! Fields of domains and edges; blocks of representations.

use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{Field, NodeId, TOp, VarId};
use crate::types::{Atom, DomainKind, Elem, Int, Rep, RepKind, Set, Type};
use gdl_rep::{Atom as Known, Exact};
use gdl_syntax::ast::{Expr, Ident, Span};

impl Checker<'_> {
    /// `x.[1o]`: the block of one kind.
    pub(crate) fn block_expr(&mut self, base: &Expr, rep: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let x = self.eval_node(base, env)?;
        let want = self.eval_rep(rep, env)?;
        self.lift(&[x], span, &mut |c, args| {
            let x = args[0];
            let have = c.node(x).ty.as_rep().map(Rep::flat).unwrap_or_default();
            let flat = want.flat();
            let [(_, atom)] = flat.blocks() else {
                return Err(c.error(
                    "GDL0111",
                    "one block is taken at a time",
                    span,
                    format!("`{want}` has several"),
                ));
            };
            let found: Vec<usize> = have
                .blocks()
                .iter()
                .enumerate()
                .filter(|(_, (_, a))| a == atom)
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
            Val::Group(g) => self.named_element(&g.clone(), name),
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
            "strain" => match &kind {
                DomainKind::Cloud { dim, .. } => {
                    let ty = Type::rep(self.strain_rep(dim));
                    Ok(Val::Node(self.field_node(d, Field::Strain, ty, span)))
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

    /// Symmetric matrices.
    fn strain_rep(&self, d: &Int) -> Rep {
        let vector = self.vector_rep(d);
        let atom = match self.concrete(&vector) {
            Some((_, known)) => Atom::Known(Known::Sym(Box::new(known), 2)),
            None => Atom::Var {
                name: "sym(vector, 2)".into(),
                kind: RepKind::Orth,
            },
        };
        Rep::atom(Int::num(1), atom)
    }

    fn no_field(&mut self, d: crate::types::DomainId, name: &Ident) -> super::Reported {
        let fields: &[&str] = match self.domain(d).kind {
            DomainKind::Graph => &["nodes", "edges", "degree", "size"],
            DomainKind::Cloud { .. } => &["nodes", "edges", "degree", "size", "pos", "strain", "cutoff"],
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
                let ty = self.node(v).ty.clone();
                let known = ty.as_rep().cloned().unwrap_or_default();
                if !known.is_orthogonal(&self.model.group) {
                    return Err(self.no_length(&known, span));
                }
                Ok(Val::Node(self.add(TOp::Unit { x: v }, ty, &[v], span)))
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
