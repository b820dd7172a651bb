//! Signals with their values: `x: g.nodes -> 1 = [1, 2, 3]`, `random x: T ~ normal(1)`.

use super::args_of;
use crate::check::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::scene::{Draw, Elements, Given};
use crate::typed::{Input, NodeId, TOp};
use crate::types::{Elem, Set, Type};
use gdl_syntax::ast::{BinOp, Expr, ExprKind, Ident, Span, UnOp};

impl Checker<'_> {
    /// `(1, 2, 3)` or a single number.
    pub(super) fn numbers(&mut self, e: &Expr, env: &mut Env) -> R<Vec<f64>> {
        let parts = args_of(e).unwrap_or_else(|| vec![e]);
        parts.into_iter().map(|p| self.number_of(p, env)).collect()
    }

    pub(super) fn number_of(&mut self, e: &Expr, env: &mut Env) -> R<f64> {
        match self.eval(e, env)? {
            Val::Bool(b) => Ok(f64::from(u8::from(b))),
            v => self.as_exact(&v, e.span).map(|x| x.f),
        }
    }

    /// A literal of a type: an input with its data.
    pub(crate) fn literal(&mut self, name: &str, e: &Expr, ty: &Type, env: &mut Env) -> R<NodeId> {
        if self.literals.is_none() {
            return Err(self.literals_only_in_tests("a literal signal", e.span));
        }
        let mut leaves = Vec::new();
        let shape = self.leaves(e, &mut leaves)?;
        let rows = self.arrange(&shape, ty, e.span)?;
        let given = match &ty.elem {
            Elem::Index(set) => {
                let mut labels = Vec::new();
                for leaf in &leaves {
                    labels.push(self.label(leaf, set, env)?);
                }
                Given::Labels(ordered(&labels, rows))
            }
            _ => {
                let mut numbers = Vec::new();
                for leaf in &leaves {
                    numbers.push(self.number_of(leaf, env)?);
                }
                Given::Numbers(ordered(&numbers, rows))
            }
        };
        self.given(name, ty.clone(), given, e.span)
    }

    /// An input with its data.
    pub(crate) fn given(&mut self, name: &str, ty: Type, data: Given, span: Span) -> R<NodeId> {
        let k = self.model.inputs.len();
        self.model.inputs.push(Input {
            name: format!("{name} ({k})"),
            ty: ty.clone(),
        });
        if let Some(l) = &mut self.literals {
            l.data.push(data);
        }
        Ok(self.add(TOp::Input(k as u32), ty, &[], span))
    }

    /// The numbers or labels of nested lists and tuples, and how they nest.
    fn leaves<'e>(&mut self, e: &'e Expr, out: &mut Vec<&'e Expr>) -> R<Vec<usize>> {
        let Some(parts) = args_of(e) else {
            out.push(e);
            return Ok(Vec::new());
        };
        let mut inner: Option<Vec<usize>> = None;
        for p in &parts {
            let shape = self.leaves(p, out)?;
            if inner.as_ref().is_some_and(|s| *s != shape) {
                return Err(self.error(
                    "GDL0111",
                    "these rows have different lengths",
                    p.span,
                    "another form than the rows before",
                ));
            }
            inner = Some(shape);
        }
        let mut shape = vec![parts.len()];
        shape.extend(inner.unwrap_or_default());
        Ok(shape)
    }

    /// Whether leaves of this form are a value of a type; for values on edges, the leaf rows by rows of the domain.
    fn arrange(&mut self, shape: &[usize], ty: &Type, span: Span) -> R<Option<Vec<usize>>> {
        let shown = self.show(ty);
        let mut rest = shape;
        let mut rows = None;
        for (k, set) in ty.sets.iter().enumerate() {
            let name = self.show_set(set);
            let forms = self.forms(set, span)?;
            let Some(form) = forms.iter().find(|f| rest.starts_with(f)) else {
                let (want, have) = (size_words(&forms[0]), rest.first().copied().unwrap_or(1));
                return Err(self.error(
                    "GDL0111",
                    format!("this does not fit `{shown}`"),
                    span,
                    format!("`{name}` has {want}; {have} were written"),
                ));
            };
            rest = &rest[form.len()..];
            if k == 0 {
                rows = self.edge_rows(set, form);
            }
        }
        let tail: usize = rest.iter().product();
        let want = match &ty.elem {
            Elem::Rep(r) => self.concrete(r).map_or(0, |(_, r)| r.dim()),
            Elem::Point(d) => d.value().and_then(|d| usize::try_from(d).ok()).unwrap_or(3),
            Elem::Index(_) => 1,
        };
        if tail != want && shape.first() != Some(&0) {
            return Err(self.error(
                "GDL0111",
                format!("this does not fit `{shown}`"),
                span,
                format!("a value has {want} components; {tail} were written"),
            ));
        }
        Ok(rows.map(|r| {
            let width = shape[1..].iter().product::<usize>().max(1);
            r.iter().flat_map(|k| k * width..(k + 1) * width).collect()
        }))
    }

    /// The ways in which values on a set are written: one after the other, or nested by the axes of a grid.
    pub(crate) fn forms(&mut self, set: &Set, span: Span) -> R<Vec<Vec<usize>>> {
        let forms = match set {
            Set::Nodes(d) => self.elements_of(*d).map(|e| match &e {
                Elements::Extents(sides) => {
                    vec![sides.iter().map(|&n| n as usize).collect(), vec![e.count()]]
                }
                _ => vec![vec![e.count()]],
            }),
            Set::Edges(d) => match self.elements_of(*d) {
                Some(Elements::Graph { edges, written, .. }) => Some(vec![vec![written.len()], vec![edges.len()]]),
                _ => None,
            },
            other => other.labels().map(|n| vec![vec![n as usize]]),
        };
        match forms {
            Some(f) => Ok(f),
            None => {
                let shown = self.show_set(set);
                Err(self.error(
                    "GDL0111",
                    format!("values on `{shown}` cannot be written"),
                    span,
                    "its elements are not numbered in the text",
                ))
            }
        }
    }

    /// For the edges of a graph: which written value every edge has.
    fn edge_rows(&self, set: &Set, form: &[usize]) -> Option<Vec<usize>> {
        let Set::Edges(d) = set else { return None };
        let Some(Elements::Graph { edges, written, .. }) = self.literals.as_ref()?.of(*d) else {
            return None;
        };
        let mut rows = vec![0; edges.len()];
        let mut k = 0;
        for (w, places) in written.iter().enumerate() {
            for &p in places {
                rows[p as usize] = if form[0] == written.len() { w } else { k };
                k += 1;
            }
        }
        Some(rows)
    }

    fn label(&mut self, e: &Expr, set: &Set, env: &mut Env) -> R<u32> {
        if let (ExprKind::Name(n), Set::Enum(names)) = (&e.kind, set) {
            return match names.iter().position(|m| m == n) {
                Some(k) => Ok(k as u32),
                None => Err(self.unknown(n, e.span, "label", names)),
            };
        }
        let n = self.eval_int(e, env)?;
        let n = self.known(&n, "a label", e.span)?;
        match u32::try_from(n).ok().filter(|n| set.labels().is_some_and(|m| *n < m)) {
            Some(n) => Ok(n),
            None => {
                let shown = self.show_set(set);
                Err(self.error(
                    "GDL0106",
                    "this label is out of range",
                    e.span,
                    format!("not an element of `{shown}`"),
                ))
            }
        }
    }

    /// `x = [1, 2, 3]` without a type: a signal on the only domain, if that has as many elements.
    pub(crate) fn bare_signal(&mut self, name: &str, e: &Expr, env: &mut Env) -> R<Option<NodeId>> {
        let ExprKind::List(items) = &e.kind else {
            return Ok(None);
        };
        let Some(literals) = self.literals.as_ref().filter(|_| is_literal(e)) else {
            return Ok(None);
        };
        let [(d, elements)] = literals.places.as_slice() else {
            return Ok(None);
        };
        let d = *d;
        let fits = match elements {
            Elements::Extents(sides) => items.len() == elements.count() || items.len() == sides[0] as usize,
            _ => items.len() == elements.count(),
        };
        if !fits {
            return Ok(None);
        }
        let mut leaves = Vec::new();
        let shape = self.leaves(e, &mut leaves)?;
        let forms = self.forms(&Set::Nodes(d), e.span)?;
        let Some(form) = forms.iter().find(|f| shape.starts_with(f)) else {
            return Ok(None);
        };
        let width: usize = shape[form.len()..].iter().product();
        let ty = Type::rep(crate::types::Rep::scalars(width as i64)).with_sets(vec![Set::Nodes(d)]);
        self.literal(name, e, &ty, env).map(Some)
    }

    /// `random x: T ~ mu` of a test: an input that is drawn for every run.
    pub(crate) fn drawn(&mut self, name: &Ident, ty: &Type, dist: &Expr, env: &mut Env) -> R<NodeId> {
        let (word, arg) = match &dist.kind {
            ExprKind::Name(n) => (n.as_str(), None),
            ExprKind::Call { f, args } => match (&f.kind, args.as_slice()) {
                (ExprKind::Name(n), [a]) => (n.as_str(), Some(self.number_of(&a.value, env)?)),
                _ => ("", None),
            },
            _ => ("", None),
        };
        let draw = match (&ty.elem, word, arg) {
            (Elem::Index(set), "uniform", None) => Draw::Labels(set.labels().unwrap_or(1)),
            (Elem::Rep(_) | Elem::Point(_), "normal", sd) => Draw::Normal(sd.unwrap_or(1.0)),
            (Elem::Rep(_) | Elem::Point(_), "uniform", a) => Draw::Uniform(a.unwrap_or(1.0)),
            (Elem::Rep(_), "bernoulli", Some(p)) if (0.0..=1.0).contains(&p) => Draw::Bernoulli(p),
            _ => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        "unknown distribution",
                        dist.span,
                        "not a way to draw this type",
                    )
                    .help("In a test: `normal(sd)`, `uniform(a)`, `bernoulli(p)`; `uniform` for labels."),
                ));
            }
        };
        self.given(&name.name, ty.clone(), Given::Drawn(draw), name.span)
    }
}

/// The rows of leaves in the order of the domain.
fn ordered<T: Copy>(leaves: &[T], rows: Option<Vec<usize>>) -> Vec<T> {
    match rows {
        None => leaves.to_vec(),
        Some(rows) => rows.iter().map(|&k| leaves[k]).collect(),
    }
}

fn size_words(form: &[usize]) -> String {
    let sides: Vec<String> = form.iter().map(ToString::to_string).collect();
    match form {
        [1] => "1 element".into(),
        [_] => format!("{} elements", sides[0]),
        _ => format!("{} cells", sides.join(" × ")),
    }
}

/// Whether an expression is made of lists, tuples and numbers only.
pub(crate) fn is_literal(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Int(_) | ExprKind::Float(_) => true,
        ExprKind::Unary { op: UnOp::Neg, arg } => is_literal(arg),
        ExprKind::Binary {
            op: BinOp::Div | BinOp::Mul,
            lhs,
            rhs,
        } => is_literal(lhs) && is_literal(rhs),
        _ => args_of(e).is_some_and(|parts| parts.into_iter().all(is_literal)),
    }
}

/// Whether an expression is a list or tuple: in place of data, whatever it is made of.
pub(crate) fn is_list(e: &Expr) -> bool {
    args_of(e).is_some()
}
