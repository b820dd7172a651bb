//! How the symmetries act on an array: what its rows, its static axes and its components stand for.

use crate::ir::Func;
use crate::lower::reps;
use crate::typed::{Draw, Model, TOp};
use crate::types::{DomainId, DomainKind, Elem, Set, Type};
use gdl_abi::{ArrayDecl, DimId, Dtype};
use gdl_rep::{Atom, Rep};

/// What the components of one row are.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// Vectors of a representation of the model's group; numbers that nothing moves are trivial ones.
    Vectors(Rep),
    /// Vectors in the fibres of a mesh.
    Fibre(DomainId, Rep),
    /// Points of d-space; `true` where translations move them.
    Points(u32, bool),
    /// The rotation from the fibre over the source of an edge to that over its destination, as (cos, sin).
    Transport(DomainId),
    /// Labels: one-hot vectors of this length.
    Labels(u32),
}

/// An array as the symmetries see it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub dim: Option<DimId>,
    /// The sets of its static axes.
    pub sets: Vec<Set>,
    /// Its components.
    pub values: Values,
}

impl Slot {
    /// Components of one value.
    pub fn components(&self) -> usize {
        match &self.values {
            Values::Vectors(r) | Values::Fibre(_, r) => r.dim(),
            Values::Points(d, _) => *d as usize,
            Values::Transport(_) => 2,
            Values::Labels(n) => *n as usize,
        }
    }
}

/// The slot of a closed signal of a type.
pub(crate) fn of_type(model: &Model, name: &str, ty: &Type, dim: Option<DimId>) -> Result<Slot, String> {
    let sets = ty.sets.iter().filter(|s| !s.is_dynamic()).cloned().collect();
    let values = match &ty.elem {
        Elem::Rep(r) => {
            let known = reps::concrete(model, r)
                .ok_or_else(|| format!("the representation of `{name}` is not known"))?
                .1;
            match r.gauge {
                // Invariants are the same in every frame.
                Some(_) if r.is_trivial() => Values::Vectors(Rep::trivial(model.group.clone(), known.dim() as u32)),
                Some(mesh) => Values::Fibre(DomainId(mesh), known),
                None => Values::Vectors(known),
            }
        }
        Elem::Point(d) => Values::Points(d.value().and_then(|d| u32::try_from(d).ok()).unwrap_or(3), true),
        Elem::Index(set) => Values::Labels(set.labels().unwrap_or(1)),
    };
    Ok(Slot {
        name: name.into(),
        dim,
        sets,
        values,
    })
}

/// The slots of all inputs of a program: those of the model, then the fields that its domains bring along.
pub(crate) fn inputs(model: &Model, func: &Func) -> Result<Vec<Slot>, String> {
    func.inputs
        .iter()
        .enumerate()
        .map(|(k, decl)| input(model, k, decl))
        .collect()
}

fn input(model: &Model, k: usize, decl: &ArrayDecl) -> Result<Slot, String> {
    if let Some(input) = model.inputs.get(k)
        && input.name == decl.name
    {
        return of_type(model, &decl.name, &input.ty, decl.dim);
    }
    let unknown = || format!("nothing is known about the input `{}`", decl.name);
    let (owner, field) = decl.name.rsplit_once('.').ok_or_else(unknown)?;
    let at = model.domains.iter().position(|d| d.name == owner);
    let slot = |values| Slot {
        name: decl.name.clone(),
        dim: decl.dim,
        sets: Vec::new(),
        values,
    };
    let Some(at) = at else {
        if let Some(rep) = drawn(model, owner, field) {
            let copies = (decl.row_len() / rep.dim().max(1)) as u32;
            return Ok(slot(Values::Vectors(rep.times(copies))));
        }
        if owner == "random" && decl.dtype == Dtype::Real {
            return Ok(slot(Values::Vectors(Rep::trivial(
                model.group.clone(),
                decl.row_len() as u32,
            ))));
        }
        return Err(unknown());
    };
    let mesh = DomainId(at as u32);
    Ok(match (field, &model.domains[at].kind) {
        ("pos", DomainKind::Cloud { .. }) => slot(Values::Points(decl.row_len() as u32, true)),
        ("shift", DomainKind::Cloud { .. }) => slot(Values::Points(decl.row_len() as u32, false)),
        ("angle", DomainKind::Mesh) => slot(Values::Fibre(mesh, turning())),
        ("transport", DomainKind::Mesh) => slot(Values::Transport(mesh)),
        _ => return Err(unknown()),
    })
}

/// The representation of the vectors of a normal draw.
fn drawn(model: &Model, owner: &str, field: &str) -> Option<Rep> {
    let number: u32 = field.parse().ok().filter(|_| owner == "random")?;
    let node = model
        .nodes
        .iter()
        .find(|n| matches!(n.op, TOp::Random { index, draw: Draw::Normal(_), .. } if index == number))?;
    Some(reps::concrete(model, node.ty.as_rep()?)?.1)
}

/// The plane of SO(2), on which an angle acts by turning.
pub(crate) fn turning() -> Rep {
    let atom = Atom::vector(&gdl_rep::Group::SO2, 2).unwrap_or(Atom::Trivial);
    Rep {
        group: gdl_rep::Group::SO2,
        blocks: vec![(1, atom)],
    }
}

/// The slots of all outputs of a program, which must be outputs of the model.
pub(crate) fn outputs(model: &Model, func: &Func) -> Result<Vec<Slot>, String> {
    let slot = |(name, value): (&String, &crate::ir::Value)| {
        if let (Some(_), Some(node)) = (name.strip_prefix("stat."), func.body.get(*value)) {
            // A statistic of the batch: invariant numbers.
            return Ok(Slot {
                name: name.clone(),
                dim: node.shape.dim,
                sets: Vec::new(),
                values: Values::Vectors(Rep::trivial(model.group.clone(), node.shape.row_len() as u32)),
            });
        }
        let (_, id) = model
            .outputs
            .iter()
            .find(|(n, _)| n == name)
            .ok_or_else(|| format!("`{name}` is not an output of `{}`", model.name))?;
        let node = func
            .body
            .get(*value)
            .ok_or_else(|| format!("the output `{name}` has no value"))?;
        of_type(model, name, &model.node(*id).ty, node.shape.dim)
    };
    func.outputs.iter().zip(&func.body.results).map(slot).collect()
}
