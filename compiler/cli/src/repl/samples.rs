//! Data blocks at the prompt: samples of their files as domains and signals.
//!
//! `Digits8` is all samples or, after a dot, those of a fold; `Digits8[3]` is a record of what the block declares, read as training reads it.

use super::session::Session;
use super::tensor::{self, Elem, Tensor};
use super::value::Value;
use crate::Failure;
use crate::session::D;
use crate::session::domain::{Domain, Near};
use crate::source::Source;
use gdl_abi::{ArrayDecl, DimDef, DoorSizes, Dtype, Signature};
use gdl_core::check::check_data;
use gdl_core::diag::Diagnostic;
use gdl_core::lower::{self, Mode};
use gdl_core::typed::{Input, Model};
use gdl_core::types::{self, DomainId, DomainKind, Set};
use gdl_host::data::{self, DataSpec, Dataset, Edges as SpecEdges, Fold, Folds, Split};
use gdl_host::files::{self, Table};
use gdl_runtime::Array;
use gdl_runtime::domain::{Edges, Point};
use gdl_syntax::ast::{Data, Expr};
use std::path::Path;
use std::sync::Arc;

/// Samples of a data block.
#[derive(Clone, Debug)]
pub struct Samples {
    block: Arc<Block>,
    /// The fold that they are of.
    name: Option<String>,
    /// None for a block whose arrays stand in groups before one is named.
    fold: Option<Fold>,
}

/// A data block with its file.
#[derive(Debug)]
struct Block {
    name: String,
    file: String,
    domains: Vec<types::Domain>,
    fields: Vec<Field>,
    signature: Signature,
    spec: DataSpec,
    table: Table,
}

/// A signal of a sample.
#[derive(Debug)]
struct Field {
    name: String,
    ty: types::Type,
    elem: Elem,
    /// Its place among the inputs of the signature.
    input: usize,
}

/// Reads the file of a data block.
///
/// # Errors
/// The diagnostic of the block, or what is wrong with its file, at `e`.
pub fn open(session: &Session, module: usize, block: &Data, e: &Expr) -> D<Samples> {
    let (model, diags) = check_data(&session.program, module, block, &session.group);
    let Some(model) = model else {
        let first = diags.into_iter().find(Diagnostic::is_error);
        return Err(Box::new(first.unwrap_or_else(|| {
            Diagnostic::error("GDL0140", "this data block cannot be read", e.span, "rejected")
        })));
    };
    let lowered = lower::lower(&model, &model.outputs, Mode::Run)?;
    let mut signature = Signature {
        domains: lowered.func.domains,
        inputs: lowered.func.inputs,
        ..Signature::default()
    };
    let reading = crate::session::Session::new(Source {
        program: (*session.program).clone(),
        diagnostics: vec![],
    });
    // What is only known from the data is asked for once the block has been read.
    let spec = reading.data_spec(Some(block), &model, &signature)?;
    declare_points(&model, &spec, &mut signature);
    let spec = reading.data_spec(Some(block), &model, &signature)?;
    let failed = |f: Failure| Box::new(super::language::failure(f, e));
    let path = Path::new(&session.program.modules[module].path).with_file_name(&block.path);
    let table = files::load(&path).map_err(|e| failed(e.into()))?;
    let fold = match &spec.split {
        Split::Groups { .. } => None,
        _ => Some(data::pick(&table, &spec, None).map_err(|e| failed(e.into()))?),
    };
    let field = |i: &Input| {
        let input = signature.inputs.iter().position(|decl| decl.name == i.name)?;
        let width = signature.inputs[input].axes.last().copied().unwrap_or(1);
        Some(Field {
            name: i.name.clone(),
            ty: i.ty.clone(),
            elem: Elem::of(&model, &i.ty.elem, width),
            input,
        })
    };
    let block = Block {
        name: block.name.name.clone(),
        file: block.path.clone(),
        fields: model.inputs.iter().filter_map(field).collect(),
        domains: model.domains.clone(),
        signature,
        spec,
        table,
    };
    Ok(Samples {
        block: Arc::new(block),
        name: None,
        fold,
    })
}

/// Asks for sizes of all domains, and for positions and shifts of clouds.
fn declare_points(model: &Model, spec: &DataSpec, signature: &mut Signature) {
    for domain in &model.domains {
        let name = &domain.name;
        let mut add = |dim: String, part: &str, d: u32| {
            let dim = signature.domains.dim(DimDef::Ragged { name: dim });
            let name = format!("{name}.{part}");
            if signature.inputs.iter().all(|i| i.name != name) {
                signature.inputs.push(ArrayDecl {
                    name,
                    dim: Some(dim),
                    axes: vec![d],
                    dtype: Dtype::Real,
                });
            }
        };
        let joined = |d: &data::Domain| matches!(d, data::Domain::Graph { nodes, .. } if nodes == name);
        if let DomainKind::Cloud { dim, .. } = &domain.kind {
            let d = dim.value().and_then(|d| u32::try_from(d).ok()).unwrap_or(3);
            add(name.clone(), "pos", d);
            if spec.domains.iter().any(joined) {
                add(format!("{name}.edges"), "shift", d);
            }
        }
    }
}

impl Samples {
    /// The names of the folds.
    pub fn folds(&self) -> Vec<String> {
        if self.name.is_some() {
            return vec![];
        }
        let listed = |train: &String, val: &Option<String>, test: &Option<String>| {
            [Some(train), val.as_ref(), test.as_ref()]
                .into_iter()
                .flatten()
                .cloned()
                .collect()
        };
        match &self.block.spec.split {
            Split::All => vec![],
            Split::Fractions { .. } => ["train", "val", "test"].map(String::from).to_vec(),
            Split::Arrays { train, val, test } | Split::Groups { train, val, test } => listed(train, val, test),
        }
    }

    /// The samples of a fold; `None` if there is none of this name.
    ///
    /// # Errors
    /// What is wrong with its arrays.
    pub fn fold(&self, name: &str) -> Option<Result<Samples, Failure>> {
        if !self.folds().iter().any(|f| f == name) {
            return None;
        }
        let Block { table, spec, .. } = &*self.block;
        let found = match &spec.split {
            Split::Fractions { .. } => Folds::new(table, spec).map(|f| match name {
                "train" => Some(f.train),
                "val" => f.val,
                _ => f.test,
            }),
            _ => data::pick(table, spec, Some(name)).map(Some),
        };
        Some(found.map_err(Failure::from).map(|fold| Samples {
            block: self.block.clone(),
            name: Some(name.into()),
            fold,
        }))
    }

    /// How many there are; none if the arrays stand in groups and none is named.
    pub fn len(&self) -> Option<usize> {
        self.fold.as_ref().map(|f| f.ids.len())
    }

    /// What it is called.
    pub fn title(&self) -> String {
        match &self.name {
            Some(fold) => format!("{}.{fold}", self.block.name),
            None => self.block.name.clone(),
        }
    }

    /// The domains and signals of sample `k`, by name.
    ///
    /// # Errors
    /// In words, if there is no such sample.
    pub fn sample(&self, k: i64) -> Result<Value, String> {
        let Some(fold) = &self.fold else {
            let first = self.folds().first().cloned().unwrap_or_default();
            return Err(format!("its samples are in folds: `{}.{first}[{k}]`", self.title()));
        };
        let found = usize::try_from(k).ok().and_then(|k| fold.ids.get(k));
        let Some(&id) = found else {
            return Err(format!("its {} samples count from 0", fold.ids.len()));
        };
        let Block {
            domains: declared,
            fields,
            signature,
            ..
        } = &*self.block;
        let (door, arrays) = fold.data.batch(&[id], signature, true).map_err(|e| e.to_string())?;
        let mut domains: Vec<Option<Arc<Domain>>> = Vec::new();
        for d in declared {
            let parts = Parts {
                name: &d.name,
                door: &door,
                signature,
                arrays: &arrays,
            };
            domains.push(match d.kind {
                DomainKind::Mesh => Some(self.mesh(&d.name, &fold.data, id)?),
                _ => parts.domain(&d.kind).map(Arc::new),
            });
        }
        let named = declared.iter().zip(&domains);
        let mut out: Vec<(String, Value)> = named
            .filter_map(|(d, found)| Some((d.name.clone(), Value::Domain(found.clone()?))))
            .collect();
        let of = |d: DomainId| domains.get(d.0 as usize).cloned().flatten().unwrap_or_else(nothing);
        for f in fields {
            let (axes, data) = (&signature.inputs[f.input].axes, arrays[f.input].to_f64());
            let t = Tensor::of(&f.ty.sets, f.elem.clone(), axes, data, &of);
            out.push((f.name.clone(), Value::Tensor(t)));
        }
        Ok(Value::record(out))
    }

    /// The values of a field that lives on no domain, of all samples; `None` if there is none of this name.
    pub fn column(&self, name: &str) -> Option<Result<Value, String>> {
        let Block { fields, signature, .. } = &*self.block;
        let field = fields.iter().find(|f| f.name == name)?;
        if field.ty.sets.iter().any(|s| matches!(s, Set::Nodes(_) | Set::Edges(_))) {
            return Some(Err(format!("`{}[0].{name}` is that of the first sample", self.title())));
        }
        let Some(fold) = &self.fold else {
            return Some(Err("its samples are in folds: name one before".into()));
        };
        let decl = signature.inputs[field.input].clone();
        let only = Signature {
            domains: signature.domains.clone(),
            inputs: vec![decl.clone()],
            ..Signature::default()
        };
        let found = fold.data.batch(&fold.ids, &only, true).map_err(|e| e.to_string());
        Some(found.map(|(_, arrays)| {
            let data = arrays.first().map(Array::to_f64).unwrap_or_default();
            let mut t = Tensor::of(&field.ty.sets, field.elem.clone(), &decl.axes, data, &|_| nothing());
            t.inner.insert(0, tensor::range(fold.ids.len()));
            Value::Tensor(t)
        }))
    }

    /// The mesh of a sample.
    fn mesh(&self, name: &str, data: &Dataset, id: usize) -> Result<Arc<Domain>, String> {
        let Block { spec, table, .. } = &*self.block;
        let faces = spec.domains.iter().find_map(|d| match d {
            data::Domain::Graph {
                nodes,
                edges: SpecEdges::Faces { positions, faces, ptr },
                ..
            } if nodes == name => Some((positions, faces, ptr)),
            _ => None,
        });
        let Some((positions, faces, ptr)) = faces else {
            return Err(format!("nothing says which triangles `{name}` has"));
        };
        let table = match &self.name {
            Some(group) if matches!(spec.split, Split::Groups { .. }) => &table.group(group),
            _ => table,
        };
        let reals = |array: &str| -> Result<Vec<f64>, String> {
            let a = table.get(array).map_err(|e| e.to_string())?;
            Ok(a.reals().map_or_else(Vec::new, Iterator::collect))
        };
        let first: usize = (0..id).filter_map(|s| data.rows(name, s)).sum();
        let count = data.rows(name, id).unwrap_or(0);
        let points: Vec<Point> = reals(positions)?.as_chunks().0[first..first + count].to_vec();
        let triangles = reals(faces)?;
        let own = match ptr {
            Some(ptr) => {
                let offsets = reals(ptr)?;
                let at = |k: usize| offsets.get(k).map_or(0, |x| *x as usize);
                3 * at(id)..3 * at(id + 1)
            }
            None => 0..triangles.len(),
        };
        let faces = triangles[own].as_chunks::<3>().0.iter().map(|f| f.map(|v| v as u32));
        Domain::mesh(points, faces.collect()).map(Arc::new)
    }

    /// In words: what it holds, line by line.
    pub fn words(&self) -> String {
        let Block {
            domains, fields, file, ..
        } = &*self.block;
        let count = match self.len() {
            Some(1) => "1 sample".to_string(),
            Some(n) => format!("{n} samples"),
            None => "samples".into(),
        };
        let mut lines = vec![format!("{}: {count} of {file}", self.title())];
        for d in domains.iter().filter(|d| !d.kind.is_derived()) {
            lines.push(format!("  {}: {}", d.name, super::model::kind_word(&d.kind)));
        }
        for f in fields {
            lines.push(format!("  {}: {}", f.name, type_words(domains, &f.ty)));
        }
        let folds: Vec<String> = self
            .folds()
            .into_iter()
            .filter_map(|name| {
                let n = self.fold(&name)?.ok()?.len()?;
                Some(format!("{name} ({n})"))
            })
            .collect();
        if !folds.is_empty() {
            lines.push(format!("  folds: {}", folds.join(", ")));
        }
        lines.join("\n")
    }

    /// What stands after a dot: folds and fields.
    pub fn members(&self) -> Vec<String> {
        let fields = self.block.fields.iter().map(|f| f.name.clone());
        self.folds().into_iter().chain(fields).collect()
    }
}

/// A type in the words of its block.
fn type_words(domains: &[types::Domain], ty: &types::Type) -> String {
    let named = |d: &DomainId| domains[d.0 as usize].name.clone();
    let set = |s: &Set| match s {
        Set::Nodes(d) => match domains[d.0 as usize].kind {
            DomainKind::Graph | DomainKind::Cloud { .. } => format!("{}.nodes -> ", named(d)),
            DomainKind::Mesh => format!("{}.verts -> ", named(d)),
            _ => format!("{} -> ", named(d)),
        },
        Set::Edges(d) => format!("{}.edges -> ", named(d)),
        other => format!("{other} -> "),
    };
    let sets: String = ty.sets.iter().map(set).collect();
    sets + &super::language::elem_words(&ty.elem)
}

/// Stands where a domain of a model is none of the data.
fn nothing() -> Arc<Domain> {
    Arc::new(Domain::Set(0))
}

/// What one sample holds of a domain.
struct Parts<'a> {
    name: &'a str,
    door: &'a DoorSizes,
    signature: &'a Signature,
    arrays: &'a [Array],
}

impl Parts<'_> {
    fn domain(&self, kind: &DomainKind) -> Option<Domain> {
        Some(match kind {
            DomainKind::Grid { wrap, .. } => Domain::Grid {
                extents: self.door.grids.iter().find(|(n, _)| n == self.name)?.1.clone(),
                wrap: *wrap,
            },
            DomainKind::Set { .. } => Domain::Set(self.nodes()?),
            DomainKind::Seq { .. } => Domain::Seq(self.nodes()?),
            DomainKind::Graph => Domain::Graph {
                nodes: self.nodes()?,
                edges: self.edges(),
            },
            DomainKind::Cloud { dim, cutoff, knn } => {
                let dim = dim.value().and_then(|d| usize::try_from(d).ok()).unwrap_or(3);
                let point = |p: &[f64]| std::array::from_fn(|k| p.get(k).copied().unwrap_or(0.0));
                Domain::Cloud {
                    dim,
                    points: self.array("pos").chunks(dim).map(point).collect(),
                    near: match (cutoff.as_ref().and_then(|r| r.parse().ok()), knn) {
                        (Some(r), _) => Near::Cutoff(r),
                        (None, Some(k)) => Near::Nearest(k.value().and_then(|k| usize::try_from(k).ok())?),
                        (None, None) => Near::Given,
                    },
                    edges: self.edges(),
                    shift: self.array("shift"),
                }
            }
            DomainKind::Mesh | DomainKind::Coarse { .. } | DomainKind::Chosen(_) | DomainKind::Any => return None,
        })
    }

    fn nodes(&self) -> Option<usize> {
        let (_, ptr) = self.door.ragged.iter().find(|(n, _)| n == self.name)?;
        ptr.last().map(|&n| n as usize)
    }

    fn edges(&self) -> Edges {
        let map = |end: &str| {
            let name = format!("{}.{end}", self.name);
            let found = self.door.maps.iter().find(|(n, _)| *n == name);
            found.map_or_else(Vec::new, |(_, list)| list.clone())
        };
        let (src, dst) = (map("src"), map("dst"));
        Edges {
            shift: vec![[0; 3]; src.len()],
            src,
            dst,
        }
    }

    fn array(&self, part: &str) -> Vec<f64> {
        let name = format!("{}.{part}", self.name);
        let at = self.signature.inputs.iter().position(|i| i.name == name);
        at.map_or_else(Vec::new, |k| self.arrays[k].to_f64())
    }
}
