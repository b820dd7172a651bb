//! Names: items, constants, words that stand for themselves.

use super::functions::{function_names, is_word};
use super::{Checker, Env, LayerRef, R, Val};
use crate::diag::Diagnostic;
use crate::typed::TOp;
use crate::types::{Atom, DomainKind, Elem, Int, Rep, Type, known};
use gdl_rep::{Atom as Known, Exact, Group};
use gdl_syntax::ast::{Expr, ExprKind, Item, ItemKind, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// The value of a name.
    pub(crate) fn name(&mut self, n: &str, span: Span, env: &mut Env) -> R<Val> {
        if let Some(v) = env.get(n) {
            return match v {
                Val::Poison => Err(super::Reported),
                v => Ok(v.clone()),
            };
        }
        if let Some((module, item)) = self.program.find(env.module, n) {
            return self.item_value(module, item, span);
        }
        Ok(match n {
            "regular" if self.abstract_mode || self.model.group.is_finite() => {
                Val::Rep(Rep::atom(Int::num(1), Atom::Known(Known::Regular)))
            }
            "regular" => {
                let group = self.model.group.to_string();
                return Err(self.report(
                    Diagnostic::error("GDL0116", format!("{group} has no regular representation"), span, "it has infinitely many elements")
                        .help("Declare a finite group, or name a representation of this one: `vector`, an irrep, or a number for invariants."),
                ));
            }
            "perm" => {
                let group = &self.model.group;
                if !self.abstract_mode && Known::PermDefining.checked(group).is_err() {
                    let title = format!("{group} is not a group of permutations");
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0116",
                            title,
                            span,
                            "the action on points of `S(n)`, `A(n)`, `permutations…`",
                        )
                        .help("Every finite group permutes its elements: `regular`."),
                    ));
                }
                Val::Rep(Rep::atom(Int::num(1), Atom::Known(Known::PermDefining)))
            }
            "trivial" => Val::Group(Group::Trivial),
            "vector" => Val::Rep(self.vector_word()),
            "point" => Val::Type(Type {
                sets: Vec::new(),
                elem: Elem::Point(self.space_dim()),
            }),
            // π is transcendental: every residue extends the homomorphism from the algebraic numbers.
            "pi" => Val::Num(Exact {
                f: std::f64::consts::PI,
                r: Some(PI_RESIDUE),
            }),
            "true" | "false" => Val::Bool(n == "true"),
            _ if super::groups::is_group(n) => return self.group_by_name(n, span),
            _ if is_word(n) => Val::Word(n.into()),
            _ => {
                let mut known = env.names();
                known.extend(self.program.names(env.module));
                known.extend(function_names());
                known.extend(super::groups::group_names());
                known.extend(["regular", "vector", "perm", "point"].map(str::to_string));
                return Err(self.unknown(n, span, "name", &known));
            }
        })
    }

    /// `vector`: of points, if there are any; otherwise the defining representation of a group of matrices that moves no points.
    fn vector_word(&self) -> Rep {
        let group = &self.model.group;
        let points = self
            .model
            .domains
            .iter()
            .any(|d| matches!(d.kind, DomainKind::Cloud { .. }));
        match Known::defining(group) {
            Ok(atom) if !points && !self.abstract_mode && group.is_internal() => {
                Rep::atom(Int::num(1), Atom::Known(atom))
            }
            _ => self.vector_rep(&self.space_dim()),
        }
    }

    /// The dimension of space: that of the cloud in the signature, else 3.
    fn space_dim(&self) -> Int {
        self.model
            .domains
            .iter()
            .find_map(|d| match &d.kind {
                DomainKind::Cloud { dim, .. } => Some(dim.clone()),
                _ => None,
            })
            .unwrap_or(Int::num(if known::vector(&self.model.group, 3).is_some() {
                3
            } else {
                2
            }))
    }

    fn item_value(&mut self, module: usize, item: &Item, span: Span) -> R<Val> {
        match &item.kind {
            ItemKind::Layer(c) | ItemKind::Model(c) => Ok(Val::Layer(Rc::new(LayerRef {
                module,
                callable: c.clone(),
                is_model: matches!(item.kind, ItemKind::Model(_)),
            }))),
            ItemKind::Const(_) | ItemKind::Setting { .. } | ItemKind::Group { .. } | ItemKind::Rep { .. } => {
                if self.depth > MAX_ITEM_DEPTH {
                    return Err(self.error(
                        "GDL0117",
                        "these definitions refer to each other in a circle",
                        span,
                        "without end",
                    ));
                }
                self.depth += 1;
                let out = self.item_value_of(module, item).ok_or(super::Reported);
                self.depth -= 1;
                out
            }
            ItemKind::Trust { name, ty, value } => Ok(Val::Trusted(Rc::new(super::Trusted {
                module,
                name: name.clone(),
                ty: ty.clone(),
                value: value.clone(),
            }))),
            _ => Err(self.error(
                "GDL0111",
                "this item is not a value",
                span,
                "data and tests cannot be used here",
            )),
        }
    }

    /// The value of a constant, setting, group or representation; errors are reported.
    pub(crate) fn item_value_of(&mut self, module: usize, item: &Item) -> Option<Val> {
        let mut env = Env::new(module);
        match &item.kind {
            ItemKind::Setting { name, ty, value } => {
                let given = self.program.setting(&name.name);
                let v = match given {
                    Some(text) => self
                        .program
                        .setting_expr(text)
                        .and_then(|e| self.eval(&e, &mut env).ok()),
                    None => self.eval(value, &mut env).ok(),
                }?;
                let at = if given.is_some() { ty.span } else { value.span };
                self.setting_fits(&name.name, ty, v, at, &mut env).ok()
            }
            ItemKind::Const(c) => self.constant(c, &mut env).ok(),
            ItemKind::Group { name, value } => {
                let group = self.group_named(value, &mut env).ok()?;
                Some(Val::Group(group.renamed(&name.name)))
            }
            ItemKind::Rep { name, of, value } => {
                let group = self.group_named(of, &mut env).ok()?;
                if group == self.model.group || self.abstract_mode {
                    return self.eval_rep(value, &mut env).ok().map(Val::Rep);
                }
                let own = self.model.group.to_string();
                self.report(
                    Diagnostic::error(
                        "GDL0116",
                        format!("`{}` is a representation of {group}", name.name),
                        of.span,
                        format!("used under {own}"),
                    )
                    .help("Restrict it to a subgroup that is a value: `restrict(V, H)`."),
                );
                None
            }
            _ => None,
        }
    }

    /// The value of a setting, if it is what its declaration says: of a kind (`int`, `word`, …), or a number.
    fn setting_fits(&mut self, name: &str, ty: &Expr, v: Val, at: Span, env: &mut Env) -> R<Val> {
        let fits = match self.kind_of(ty, env)? {
            Some(kind) => self.coerce_kind(&kind, &v).ok(),
            None => {
                let declared = self.eval(ty, env)?;
                let number = declared.to_rep().is_some_and(|r| r.same(&Rep::scalars(1)));
                (number && matches!(v, Val::Int(_) | Val::Num(_))).then(|| v.clone())
            }
        };
        match fits {
            Some(v) => Ok(v),
            None => Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    format!("the setting `{name}` has another value than declared"),
                    at,
                    format!("`{name}` is {}", v.describe()),
                )
                .label(ty.span, "declared here")
                .help("Kinds of settings: `int`, `odd`, `list`, `word`, `rep`, `group`, and `1` for a number."),
            )),
        }
    }

    /// `const up: vector = (0, 0, 1)`: must be fixed by the group.
    pub(crate) fn constant(&mut self, c: &gdl_syntax::ast::Const, env: &mut Env) -> R<Val> {
        if let Some(call) = super::breaks::Call::of(&c.value, env) {
            return self.break_constant(c, &call, env);
        }
        let ty = self.eval(&c.ty, env)?;
        let val = match &c.value.kind {
            ExprKind::Tuple(args) => {
                let mut items = Vec::new();
                for a in args {
                    items.push(self.eval(&a.value, env)?);
                }
                Val::List(items)
            }
            _ => self.eval(&c.value, env)?,
        };
        if matches!(ty, Val::Kind(_)) {
            return Ok(val);
        }
        let Some(rep) = ty.to_rep() else {
            return Err(self.error("GDL0111", "a representation is needed here", c.ty.span, ty.describe()));
        };
        let node = self.to_node(&val, c.value.span)?;
        let data = match &self.node(node).op {
            TOp::Constant(d) => d.clone(),
            TOp::Number(x) => vec![*x],
            _ => return Err(self.error("GDL0111", "a constant is made of numbers", c.value.span, "not a number")),
        };
        self.fixed_vector(&rep, &data, c.value.span)?;
        Ok(Val::Node(self.add(
            TOp::Constant(data),
            Type::rep(rep),
            &[],
            c.value.span,
        )))
    }

    /// Whether a written vector is fixed by the group.
    fn fixed_vector(&mut self, rep: &Rep, data: &[Exact], span: Span) -> R<()> {
        let Some((group, known)) = self.written_in(rep, data.len(), span)? else {
            return Ok(());
        };
        let moved = gdl_rep::witness::not_fixed_vector(&group, &known, data).map_err(|e| {
            self.error(
                "GDL0116",
                "no constant of this type can be checked",
                span,
                e.to_string(),
            )
        })?;
        if let Some(c) = moved {
            let fixed: usize = known
                .blocks
                .iter()
                .map(|(n, a)| *n as usize * gdl_rep::hom::invariants(&group, a).map_or(0, |b| b.len()))
                .sum();
            return Err(self.report(
                Diagnostic::error("GDL0103", "this constant is not fixed by the group", span, format!("{group} moves it"))
                    .counterexample(Some(super::shown::moved(&c)))
                    .note(format!("What a program writes down must be the same for every group element; the fixed vectors of `{rep}` have dimension {fixed}."))
                    .help("Pass it as an input: what the group does not fix comes in through the door; or break the symmetry by name: `break(…, to = H)`, H the subgroup that fixes it."),
            ));
        }
        Ok(())
    }

    /// The representation of a written vector, if its components are as many; `None` where it is unknown in the body of a layer.
    pub(super) fn written_in(&mut self, rep: &Rep, components: usize, span: Span) -> R<Option<(Group, gdl_rep::Rep)>> {
        let Some((group, known)) = self.concrete(rep) else {
            if self.abstract_mode {
                return Ok(None);
            }
            return Err(self.error(
                "GDL0116",
                format!("`{rep}` is not known here"),
                span,
                "no constant of it can be checked",
            ));
        };
        let dim = known.dim();
        if dim != components {
            return Err(self.error(
                "GDL0101",
                "this constant has another number of components",
                span,
                format!("{components} were given, `{rep}` has {dim}"),
            ));
        }
        Ok(Some((group, known)))
    }
}

/// The residue that stands for π.
const PI_RESIDUE: u64 = 3_141_592_653_589_793_238;

const MAX_ITEM_DEPTH: usize = 40;
