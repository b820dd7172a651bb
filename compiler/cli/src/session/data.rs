//! A `data` block as a description of the arrays to read.
//!
//! An entry without a value takes the array of its own name. Values of fields are affine in an array: `images / 16`,
//! `2 * (z - 1)`, or one of `shared(z)` (the same rows for all samples), `indicator(source)` (the number of one node a sample) and
//! `channels_first(images)`. Values of domains:
//!
//! | domain | values |
//! |---|---|
//! | grid | none: the axes of the first array on it; the name of an array; `(28, 28)` |
//! | set, seq | none: the second axis of the first array on it; `ptr(offsets)` |
//! | graph | `dense(A)`, `dense(A, rows = destination)`, `edges(list, ptr = offsets)`, `complete()` |
//! | cloud | `points(pos, cell = cell, pbc = pbc)`: edges as the signature says; or as for a graph, with `pos = …`, for `edges` also `shift = …` |
//! | mesh | `faces(verts, faces, ptr = faces_ptr)` |
//!
//! All take `sizes = offsets` where samples differ in size. Positions may be scaled, `points(0.529177 * pos)`, and lattice vectors with them.
//! `fold = (train, val, test)` names index arrays,
//! `fold = split(val = 0.1, test = 0.1, seed = 0)` draws them, `fold = groups(train16, val16, test64)` names groups of arrays.

use super::expr::{self, Call};
use super::{D, Session};
use gdl_abi::{ArrayDecl, DimDef, Dtype, Signature};
use gdl_core::check::nearest;
use gdl_core::diag::Diagnostic;
use gdl_core::typed::Model;
use gdl_core::types::{Domain as TypedDomain, DomainKind, Elem, Set};
use gdl_host::data::{
    DataSpec, Domain, EdgeDoor, Edges, End, Extents, FieldSpec, Labels, Lattice, Points, Sizes, Source, Split,
};
use gdl_syntax::ast::{BinOp, Data, Datum, Expr, ExprKind, UnOp};

const CODE: &str = "GDL0140";

/// A `data` block and the model that reads it.
struct Reading<'a> {
    session: &'a Session,
    model: &'a Model,
    signature: &'a Signature,
    entries: &'a [Datum],
}

impl Session {
    /// What to read for the inputs of a program with this signature; without a block every array has the name of its input.
    ///
    /// # Errors
    /// GDL0140 for an entry that has another form.
    pub fn data_spec(&self, block: Option<&Data>, model: &Model, signature: &Signature) -> D<DataSpec> {
        let entries = block.map_or(&[][..], |b| &b.entries);
        let reading = Reading {
            session: self,
            model,
            signature,
            entries,
        };
        reading.known_entries()?;
        let fields = signature
            .inputs
            .iter()
            .map(|decl| reading.field(decl))
            .collect::<D<Vec<_>>>()?;
        let mut domains = Vec::new();
        for domain in &model.domains {
            domains.extend(reading.domain(domain, &fields)?);
        }
        Ok(DataSpec {
            domains,
            fields,
            split: reading.split()?,
        })
    }
}

impl<'a> Reading<'a> {
    fn entry(&self, name: &str) -> Option<&'a Datum> {
        self.entries.iter().find(|e| e.name.name == name)
    }

    fn value(&self, name: &str) -> Option<&'a Expr> {
        self.entry(name).and_then(|e| e.value.as_ref())
    }

    /// Every entry must be a domain, a field, or `fold`.
    fn known_entries(&self) -> D<()> {
        let inputs = self.model.inputs.iter().map(|i| &i.name);
        let mut known: Vec<String> = inputs
            .chain(self.model.domains.iter().map(|d| &d.name))
            .cloned()
            .collect();
        known.push("fold".into());
        match self
            .entries
            .iter()
            .find(|e| e.ty.is_none() && !known.contains(&e.name.name))
        {
            None => Ok(()),
            Some(e) => {
                let d = Diagnostic::error(
                    CODE,
                    format!("the model has no input `{}`", e.name.name),
                    e.name.span,
                    "not an input, not a domain",
                );
                Err(Box::new(match nearest(&e.name.name, &known) {
                    Some(near) => d.help(format!("Did you mean `{near}`?")),
                    None => d.help("Give it a type, if a loss reads it."),
                }))
            }
        }
    }

    /// Where the values of an input come from.
    fn field(&self, decl: &ArrayDecl) -> D<FieldSpec> {
        let mut field = FieldSpec {
            dim: decl.dim.and_then(|d| match self.signature.domains.dim_def(d) {
                DimDef::Ragged { name } | DimDef::Grid { name, .. } => Some(name.clone()),
                _ => None,
            }),
            dtype: decl.dtype,
            ..FieldSpec::real(&decl.name, Source::Array(decl.name.clone()), None, &decl.axes)
        };
        if let Some((domain, part)) = decl.name.split_once('.') {
            field.source = match part {
                "shift" => match self.value(domain).and_then(expr::call).and_then(|c| c.arg(9, "shift")) {
                    Some(e) => {
                        let shift = self.points(e)?;
                        field.scale = shift.scale;
                        Source::Array(shift.array)
                    }
                    None => Source::Shift,
                },
                "angle" => Source::Angle,
                "transport" => Source::Transport,
                _ => {
                    let points = self.positions(domain)?;
                    field.scale = points.scale;
                    Source::Array(points.array)
                }
            };
            return Ok(field);
        }
        if let Some(input) = self.model.inputs.iter().find(|i| i.name == decl.name)
            && let Elem::Index(Set::Enum(names)) = &input.ty.elem
        {
            field.labels = Labels::Names(names.clone());
        }
        if let Some(value) = self.value(&decl.name) {
            self.source(value, &mut field)?;
        }
        if matches!(decl.dtype, Dtype::Class(_)) && (field.scale, field.offset) != (1.0, 0.0) {
            let span = self.value(&decl.name).map(|v| v.span).unwrap_or_default();
            return Err(wrong(
                span,
                "labels are not numbers to compute with",
                "the name of an array",
            ));
        }
        Ok(field)
    }

    /// Reads `images / 16`: the array, and what is done to its numbers.
    fn source(&self, e: &Expr, field: &mut FieldSpec) -> D<()> {
        if let ExprKind::Binary { op, lhs, rhs } = &e.kind
            && let (BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div, left, right) =
                (op, self.session.number(lhs), self.session.number(rhs))
        {
            let (mut scale, mut offset) = (1.0, 0.0);
            let inner = match (op, left, right) {
                (BinOp::Add, None, Some(c)) => {
                    offset = c;
                    lhs
                }
                (BinOp::Sub, None, Some(c)) => {
                    offset = -c;
                    lhs
                }
                (BinOp::Mul, None, Some(c)) => {
                    scale = c;
                    lhs
                }
                (BinOp::Div, None, Some(c)) if c != 0.0 => {
                    scale = 1.0 / c;
                    lhs
                }
                (BinOp::Add, Some(c), None) => {
                    offset = c;
                    rhs
                }
                (BinOp::Sub, Some(c), None) => {
                    (scale, offset) = (-1.0, c);
                    rhs
                }
                (BinOp::Mul, Some(c), None) => {
                    scale = c;
                    rhs
                }
                _ => return Err(not_affine(e)),
            };
            self.source(inner, field)?;
            field.offset = field.offset * scale + offset;
            field.scale *= scale;
            return Ok(());
        }
        if let ExprKind::Unary { op: UnOp::Neg, arg } = &e.kind {
            self.source(arg, field)?;
            (field.scale, field.offset) = (-field.scale, -field.offset);
            return Ok(());
        }
        let Some(call) = array_call(e) else {
            return Err(not_affine(e));
        };
        field.source = match call {
            ("array", array) => Source::Array(array),
            ("shared", array) => Source::Shared(array),
            ("indicator", array) => Source::Indicator(array),
            ("channels_first", array) => {
                field.channels_first = true;
                Source::Array(array)
            }
            _ => return Err(not_affine(e)),
        };
        Ok(())
    }

    /// The domain of a sample; coarse grids follow from their grids.
    fn domain(&self, domain: &TypedDomain, fields: &[FieldSpec]) -> D<Option<Domain>> {
        let name = domain.name.clone();
        let value = self.value(&name);
        // An array with a row for every sample and every element.
        let first = fields
            .iter()
            .filter(|f| f.dim.as_ref() == Some(&name))
            .find_map(|f| match &f.source {
                Source::Array(array) => Some((array.clone(), f.channels_first)),
                _ => None,
            });
        let call = value.map(|v| {
            expr::call(v).ok_or_else(|| wrong(v.span, "a domain is read in one of these ways", forms(&domain.kind)))
        });
        let is_grid = matches!(domain.kind, DomainKind::Grid { .. });
        let call = if is_grid { None } else { call.transpose()? };
        Ok(Some(match &domain.kind {
            DomainKind::Coarse { .. } | DomainKind::Chosen(_) | DomainKind::Any => return Ok(None),
            DomainKind::Grid { rank, .. } => {
                let rank = rank.value().and_then(|r| usize::try_from(r).ok()).unwrap_or(2);
                Domain::Grid {
                    extents: self.extents(&name, rank, value, first)?,
                    name,
                }
            }
            DomainKind::Set { .. } | DomainKind::Seq { .. } => {
                let sizes = match &call {
                    Some(c) if c.word == "ptr" => {
                        c.only(CODE, &["offsets"], 1)?;
                        Sizes::Ptr(text(c.arg(0, "offsets"), c, "`ptr(offsets)`")?)
                    }
                    Some(c) => {
                        return Err(wrong(
                            c.expr.span,
                            "a set is read in one of these ways",
                            forms(&domain.kind),
                        ));
                    }
                    None => self.sizes(&name, None, first.map(|f| f.0))?,
                };
                Domain::Set { nodes: name, sizes }
            }
            DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Mesh => {
                self.graph(domain, call, first.map(|f| f.0))?
            }
        }))
    }

    fn extents(&self, name: &str, rank: usize, value: Option<&Expr>, first: Option<(String, bool)>) -> D<Extents> {
        match value.map(|v| (v, &v.kind)) {
            Some((_, ExprKind::Name(array))) => Ok(Extents::Of {
                array: array.clone(),
                rank,
                channels_first: false,
            }),
            Some((v, ExprKind::Tuple(list))) if list.len() == rank => {
                let sides = list
                    .iter()
                    .map(|a| self.session.whole(&a.value).and_then(|n| u32::try_from(n).ok()));
                let sides: Option<Vec<u32>> = sides.collect();
                sides
                    .map(Extents::Fixed)
                    .ok_or_else(|| wrong(v.span, "sides are whole numbers", "`(28, 28)`"))
            }
            Some((v, _)) => Err(wrong(
                v.span,
                &format!("this grid has {rank} axes"),
                "`(28, 28)` or the name of an array",
            )),
            None => match first {
                Some((array, channels_first)) => Ok(Extents::Of {
                    array,
                    rank,
                    channels_first,
                }),
                None => Err(self.nothing(name, "`(28, 28)` or the name of an array")),
            },
        }
    }

    fn sizes(&self, name: &str, ptr: Option<String>, axis: Option<String>) -> D<Sizes> {
        match (ptr, axis) {
            (Some(ptr), _) => Ok(Sizes::Ptr(ptr)),
            (None, Some(array)) => Ok(Sizes::Axis(array)),
            (None, None) => Err(self.nothing(name, "`sizes = offsets`")),
        }
    }

    fn graph(&self, domain: &TypedDomain, call: Option<Call<'_>>, first: Option<String>) -> D<Domain> {
        let nodes = domain.name.clone();
        let forms = forms(&domain.kind);
        let door = EdgeDoor {
            dim: format!("{nodes}.edges"),
            src: format!("{nodes}.src"),
            dst: format!("{nodes}.dst"),
        };
        let word = call.as_ref().map_or("", |c| c.word);
        let arg = |place: usize, name: &str| call.as_ref().and_then(|c| c.arg(place, name));
        let array = |place: usize, name: &str, default: &str| match arg(place, name) {
            Some(e) => expr::name(e)
                .map(String::from)
                .ok_or_else(|| wrong(e.span, "the name of an array is needed here", forms)),
            None => Ok(default.to_string()),
        };
        let optional = |name: &str| arg(9, name).map(|_| array(9, name, "")).transpose();
        let only = |names: &[&str], places| call.as_ref().map_or(Ok(()), |c| c.only(CODE, names, places));
        let ptr = optional("sizes")?;
        let (edges, axis) = match (&domain.kind, word) {
            (DomainKind::Graph | DomainKind::Cloud { .. }, "dense") => {
                only(&["A", "rows", "sizes", "pos"], 1)?;
                let rows = match arg(9, "rows").and_then(expr::name) {
                    None | Some("source") => End::Source,
                    Some(_) => End::Destination,
                };
                let a = array(0, "A", "A")?;
                (Edges::Dense { array: a.clone(), rows }, Some(a))
            }
            (DomainKind::Graph | DomainKind::Cloud { .. }, "edges") => {
                only(&["list", "ptr", "sizes", "pos", "shift"], 1)?;
                (
                    Edges::List {
                        index: array(0, "list", "edges")?,
                        ptr: optional("ptr")?,
                    },
                    first,
                )
            }
            (DomainKind::Graph | DomainKind::Cloud { .. }, "complete") => {
                only(&["sizes", "pos"], 0)?;
                (Edges::Complete, first)
            }
            (DomainKind::Cloud { cutoff, knn, .. }, "points" | "") => {
                only(&["pos", "cell", "pbc", "sizes"], 1)?;
                let points = self.positions(&nodes)?;
                let axis = Some(points.array.clone());
                let lattice = match (optional("cell")?, optional("pbc")?, call.as_ref()) {
                    (Some(cell), pbc, _) => Some(Lattice { cell, pbc }),
                    (None, Some(_), Some(c)) => {
                        return Err(wrong(
                            c.expr.span,
                            "periods need lattice vectors",
                            "`points(pos, cell = cell, pbc = pbc)`",
                        ));
                    }
                    _ => None,
                };
                match (
                    cutoff.as_ref().and_then(|c| c.parse().ok()),
                    knn.as_ref().and_then(|k| k.value()),
                ) {
                    (Some(cutoff), _) => (
                        Edges::Cutoff {
                            points,
                            cutoff,
                            lattice,
                        },
                        axis,
                    ),
                    (None, Some(k)) => (
                        Edges::Nearest {
                            points,
                            k: usize::try_from(k).unwrap_or(1),
                            lattice,
                        },
                        axis,
                    ),
                    (None, None) => {
                        return Ok(Domain::Set {
                            sizes: self.sizes(&nodes, ptr, axis)?,
                            nodes,
                        });
                    }
                }
            }
            (DomainKind::Mesh, "faces" | "") => {
                only(&["verts", "faces", "ptr", "sizes"], 2)?;
                let edges = Edges::Faces {
                    positions: array(0, "verts", "verts")?,
                    faces: array(1, "faces", "faces")?,
                    ptr: Some(array(9, "ptr", "faces_ptr")?),
                };
                let sizes = Sizes::Ptr(ptr.unwrap_or_else(|| "verts_ptr".into()));
                return Ok(Domain::Graph {
                    nodes,
                    sizes,
                    door,
                    edges,
                });
            }
            _ => {
                let span = call
                    .as_ref()
                    .map(|c| c.expr.span)
                    .or_else(|| self.entry(&nodes).map(|e| e.name.span));
                return Err(wrong(
                    span.unwrap_or_default(),
                    &format!("the data does not say which edges `{nodes}` has"),
                    forms,
                ));
            }
        };
        Ok(Domain::Graph {
            sizes: self.sizes(&nodes, ptr, axis)?,
            nodes,
            door,
            edges,
        })
    }

    /// The positions of a cloud: `points(pos)`, `dense(A, pos = pos)`, or `pos`.
    fn positions(&self, domain: &str) -> D<Points> {
        let given = self.value(domain).and_then(expr::call).and_then(|call| {
            let place = if call.word == "points" { 0 } else { 9 };
            call.arg(place, "pos")
        });
        match given {
            Some(e) => self.points(e),
            None => Ok(Points {
                array: "pos".into(),
                scale: 1.0,
            }),
        }
    }

    /// An array of vectors, which may be scaled but not shifted.
    fn points(&self, e: &Expr) -> D<Points> {
        let mut field = FieldSpec::real("", Source::Array(String::new()), None, &[]);
        self.source(e, &mut field)?;
        match field.source {
            Source::Array(array) if field.offset == 0.0 && !field.channels_first => Ok(Points {
                array,
                scale: field.scale,
            }),
            _ => Err(wrong(
                e.span,
                "positions are an array",
                "`pos`, or `0.529177 * pos` for another unit",
            )),
        }
    }

    fn split(&self) -> D<Split> {
        let Some(e) = self.value("fold") else {
            return Ok(Split::All);
        };
        let forms = "`(train, val, test)`, `split(val = 0.1, test = 0.1)` or `groups(train16, val16, test64)`";
        let bad = || wrong(e.span, "samples are divided in one of these ways", forms);
        let names = |list: Vec<Option<&str>>| -> Option<[Option<String>; 3]> {
            let mut out = [None, None, None];
            if list.is_empty() || list.len() > 3 {
                return None;
            }
            for (slot, name) in out.iter_mut().zip(list) {
                *slot = Some(name?.to_string()).filter(|n| n != "_");
            }
            Some(out)
        };
        if let ExprKind::Tuple(list) = &e.kind {
            let Some([Some(train), val, test]) = names(list.iter().map(|a| expr::name(&a.value)).collect()) else {
                return Err(bad());
            };
            return Ok(Split::Arrays { train, val, test });
        }
        let call = expr::call(e).ok_or_else(bad)?;
        match call.word {
            "split" => {
                call.only(CODE, &["val", "test", "seed"], 0)?;
                let part = |name: &str| {
                    call.arg(9, name)
                        .map_or(Some(0.0), |v| self.session.number(v))
                        .ok_or_else(bad)
                };
                let seed = call
                    .arg(9, "seed")
                    .map_or(Some(0), |v| self.session.whole(v))
                    .ok_or_else(bad)?;
                Ok(Split::Fractions {
                    val: part("val")?,
                    test: part("test")?,
                    seed,
                })
            }
            "groups" => {
                call.only(CODE, &[], 3)?;
                let list = (0..3).map_while(|k| call.arg(k, "")).map(expr::name).collect();
                let Some([Some(train), val, test]) = names(list) else {
                    return Err(bad());
                };
                Ok(Split::Groups { train, val, test })
            }
            _ => Err(bad()),
        }
    }

    /// No array says how large a domain is.
    fn nothing(&self, name: &str, help: &str) -> Box<Diagnostic> {
        let span = self
            .entry(name)
            .map(|e| e.name.span)
            .or_else(|| self.entries.first().map(|e| e.name.span));
        wrong(
            span.unwrap_or_default(),
            &format!("nothing says how large `{name}` is"),
            help,
        )
    }
}

/// `array` as (`array`, its name), `shared(array)` as (`shared`, its name).
fn array_call(e: &Expr) -> Option<(&str, String)> {
    if let Some(name) = expr::name(e) {
        return Some(("array", name.into()));
    }
    let call = expr::call(e)?;
    call.only(CODE, &[], 1).ok()?;
    Some((call.word, expr::name(call.arg(0, "")?)?.to_string()))
}

fn text(e: Option<&Expr>, call: &Call<'_>, help: &str) -> D<String> {
    e.and_then(expr::name)
        .map(String::from)
        .ok_or_else(|| wrong(call.expr.span, "the name of an array is needed here", help))
}

fn not_affine(e: &Expr) -> Box<Diagnostic> {
    wrong(
        e.span,
        "this does not say where numbers come from",
        "an array, scaled and shifted: `images / 16`, `2 * x - 1`; or `shared(z)`, `indicator(source)`",
    )
}

/// How a domain can be read.
fn forms(kind: &DomainKind) -> &'static str {
    match kind {
        DomainKind::Grid { .. } | DomainKind::Coarse { .. } => "`(28, 28)` or the name of an array",
        DomainKind::Set { .. } | DomainKind::Seq { .. } | DomainKind::Chosen(_) | DomainKind::Any => {
            "`ptr(offsets)`, or nothing"
        }
        DomainKind::Graph => "`dense(A)`, `edges(list)` or `complete()`",
        DomainKind::Cloud { .. } => "`points(pos)`, `dense(A)`, `edges(list)` or `complete()`",
        DomainKind::Mesh => "`faces(verts, faces)`",
    }
}

fn wrong(span: gdl_syntax::ast::Span, title: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(CODE, title, span, "in this entry").help(format!("Write {help}.")))
}
