//! Arguments that do not fit their parameters: the reasons, and what is said of them.

use super::{Checker, LayerRef, Reported};
use crate::diag::Diagnostic;
use crate::types::{Rep, RepKind};
use gdl_syntax::ast::Span;
use std::fmt;

/// Why an argument does not fit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// The representation does not allow what the kind promises.
    Kind(Rep, RepKind),
    /// A number of invariants is needed, and the representation is none.
    Count(Rep),
    /// It has another form than the pattern, in words.
    Form(String),
}

impl Misfit {
    /// Whether the layer works on single components, which the group mixes.
    fn acts_on_components(&self) -> bool {
        matches!(
            self,
            Misfit::Kind(_, RepKind::Scalars | RepKind::Perm) | Misfit::Count(_)
        )
    }
}

impl From<String> for Misfit {
    fn from(words: String) -> Misfit {
        Misfit::Form(words)
    }
}

impl From<&str> for Misfit {
    fn from(words: &str) -> Misfit {
        Misfit::Form(words.into())
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Kind(r, RepKind::Scalars) => write!(f, "`{r}` is not invariant: the group mixes its components"),
            Misfit::Kind(r, RepKind::Perm) => write!(f, "the group does not permute the components of `{r}`"),
            Misfit::Kind(r, _) => write!(f, "`{r}` has no invariant inner product"),
            Misfit::Count(r) => write!(f, "`{r}` is not a number of invariants"),
            Misfit::Form(words) => f.write_str(words),
        }
    }
}

impl Checker<'_> {
    /// An argument that is not what the signature asks for; `rep` is the representation that was given, if it is one.
    pub(crate) fn misfit(
        &mut self,
        layer: &LayerRef,
        param: &str,
        why: &Misfit,
        rep: Option<&Rep>,
        at: Span,
    ) -> Reported {
        let c = &layer.callable;
        let p_span = c
            .params
            .iter()
            .find(|p| p.name.name == param)
            .map_or(c.name.span, |p| p.ty.span);
        let mut d = Diagnostic::error(
            "GDL0111",
            format!("argument `{param}` of `{}` does not fit", c.name.name),
            at,
            why.to_string(),
        )
        .label(c.name.span, "declared here");
        let declared = self.program.modules[layer.module]
            .text
            .get(p_span.start as usize..p_span.end as usize)
            .unwrap_or(param);
        d.help = Some(format!(
            "`{param}` is declared as `{declared}`: give a value of that type."
        ));
        if why.acts_on_components() {
            d.code = "GDL0102";
            d.title = format!("`{}` is not equivariant on this field", c.name.name);
            d.note = Some("It acts on single components, and commutes with the group only where the group leaves them alone or permutes them.".into());
            d.help = Some("Use `gate` or `norm_act` on vectors, or take `norm2` first.".into());
            d.counterexample = rep.and_then(|r| {
                self.mixed_components(r, &|x| x.max(0.0))
                    .or_else(|| self.moved_vector(r))
            });
        }
        self.report(d)
    }
}
