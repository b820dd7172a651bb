//! A layer at its definition: checked once, with its representations unknown.

use super::{Checker, Env, LayerRef, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{Input, TOp};
use crate::types::{Set, Type};
use crate::walk;
use gdl_syntax::ast::{Callable, Expr, ExprKind, Param, Span, StmtKind};
use std::rc::Rc;

impl Checker<'_> {
    /// Checks a layer with abstract parameters; errors are reported.
    pub(crate) fn layer_definition(&mut self, layer: &Rc<LayerRef>) {
        let c = &layer.callable;
        if is_introspective(c) {
            return;
        }
        let mut env = Env::new(layer.module);
        if let Some(u) = &c.under
            && self.under(u, &mut env).is_err()
        {
            return;
        }
        self.abstract_mode = true;
        if self.abstract_params(layer, &mut env).is_ok()
            && let Ok(v) = self.block(&c.body, &mut env)
        {
            let _ = self.check_result(layer, v, &mut env);
        }
    }

    fn abstract_params(&mut self, layer: &Rc<LayerRef>, env: &mut Env) -> R<()> {
        let c = &layer.callable;
        // `b: rep(m.gauge)` needs the mesh, which comes with a signal.
        let of_mesh = |p: &&Param| matches!(&p.ty.kind, ExprKind::Call { f, .. } if matches!(&f.kind, ExprKind::Name(n) if n == "rep"));
        let (late, early): (Vec<_>, Vec<_>) = c.params.iter().partition(of_mesh);
        let mut values = Vec::new();
        for p in early {
            match self.kind_of(&p.ty, env)? {
                Some(kind) => self.declare(&p.name.name, kind, p.name.span, env)?,
                None => values.push(p),
            }
        }
        for p in values {
            self.declare_pattern(&p.ty, c, env)?;
        }
        for p in late {
            if let Some(kind) = self.kind_of(&p.ty, env)? {
                self.declare(&p.name.name, kind, p.name.span, env)?;
            }
        }
        for p in &c.params {
            if env.get(&p.name.name).is_some() {
                continue;
            }
            let node = self.input(&p.name.name, &p.ty, env)?;
            env.set(&p.name.name, Val::Node(node));
        }
        Ok(())
    }

    /// Tangent vectors that come in or go out lie over the vertices or edges of their mesh.
    pub(super) fn lies_over(&mut self, name: &str, ty: &Type, span: Span) -> R<()> {
        let moved = ty.as_rep().filter(|r| !self.abstract_mode && !r.is_trivial());
        let Some(gauge) = moved.and_then(|r| r.gauge) else {
            return Ok(());
        };
        let bases = ty.sets.iter();
        let bases = bases.filter(|s| matches!(s, Set::Nodes(d) | Set::Edges(d) if d.0 == gauge));
        if bases.count() == 1 {
            return Ok(());
        }
        let shown = self.show(ty);
        Err(self.report(
            Diagnostic::error("GDL0126", format!("over which vertex does `{name}` lie?"), span, format!("this is `{shown}`"))
                .counterexample(Some("the frame at one vertex turned by 90°:  which vectors turn with it?".into()))
                .note("Every vertex has its own tangent plane; a vector that belongs to none of them has no components.")
                .help("A field has one vector for every vertex or edge: `m.verts -> …`. A single value is invariant: reduce `norm2` or `dot`."),
        ))
    }

    /// Adds an input of a type.
    pub(crate) fn input(&mut self, name: &str, ty: &Expr, env: &mut Env) -> R<crate::typed::NodeId> {
        let v = self.eval(ty, env)?;
        let Some(t) = v.to_type() else {
            return Err(self.error(
                "GDL0111",
                format!("what is `{name}`?"),
                ty.span,
                format!("a type or kind is needed; this is {}", v.describe()),
            ));
        };
        let t = self.type_fits(t, ty.span)?;
        self.lies_over(name, &t, ty.span)?;
        self.model.inputs.push(Input {
            name: name.to_string(),
            ty: t.clone(),
        });
        let k = self.model.inputs.len() as u32 - 1;
        Ok(self.add(TOp::Input(k), t, &[], ty.span))
    }
}

/// Whether the body looks inside its representations or words, or calls itself: such layers are checked per use.
fn is_introspective(c: &Callable) -> bool {
    let named = |e: &Expr, names: &[&str]| matches!(&e.kind, ExprKind::Name(n) if names.contains(&n.as_str()));
    let mut looks = c.params.iter().any(|p| named(&p.ty, &["word", "list"]));
    walk::statements(&c.body, &mut |s| looks |= matches!(s.kind, StmtKind::For { .. }));
    walk::block(&c.body, &mut |e| {
        walk::expressions(e, &mut |e| {
            looks |= match &e.kind {
                ExprKind::For { .. } | ExprKind::If { .. } => true,
                ExprKind::Call { f, .. } => named(f, &["points", "irreps", "has"]),
                _ => false,
            };
        });
    });
    looks
}
