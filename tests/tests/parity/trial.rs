//! Runs a model on a reference case: interpreter, compiled doubles, compiled floats, shaders on a GPU.

use super::case::Case;
use super::view::View;
use gdl_abi::{DoorSizes, Dtype, Instance};
use gdl_codegen::{Options, compile};
use gdl_core::ir::interp::{Real64, one_hot, run};
use gdl_core::ir::{Func, grad, opt::optimised};
use gdl_core::lower::{ParamInfo, lower_model};
use gdl_core::typed::Model;
use gdl_core::{check::check, modules::load};
use gdl_gpu::Gpu;
use gdl_runtime::{Array, Program};
use gdl_tests::gpu::{device, on_device, run_twice};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The bounds of max |a − b| / max |b| over an array, in doubles and floats.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub double: f64,
    pub single: f64,
}

/// A checked model and its program.
pub struct Built {
    pub model: Model,
    pub func: Func,
    pub params: Vec<ParamInfo>,
}

impl Built {
    /// Checks and lowers the only model of a source text.
    pub fn new(source: &str) -> Built {
        let (program, mut diagnostics) = load("case.gdl", source, &[], &|_, _| Err("no files".into()));
        let (mut models, found) = check(&program);
        diagnostics.extend(found);
        let errors: Vec<String> = diagnostics
            .iter()
            .filter(|d| d.is_error())
            .map(|d| format!("{} {}: {:?} {:?}", d.code, d.title, d.labels, d.note))
            .collect();
        assert!(errors.is_empty(), "{source}\n{}", errors.join("\n"));
        assert_eq!(models.len(), 1, "one model");
        let model = models.remove(0);
        let lowered =
            lower_model(&model).unwrap_or_else(|d| panic!("{source}\n{} {}: {:?}", d.code, d.title, d.labels));
        Built {
            model,
            func: lowered.func,
            params: lowered.params,
        }
    }
}

/// Cotangents of outputs and the prefix of the gradients that belong to them.
struct Cotangents {
    prefix: String,
    of: BTreeMap<String, View>,
    bounds: Bounds,
}

/// One comparison of a model with a reference case.
pub struct Trial<'a> {
    case: &'a Case,
    built: &'a Built,
    door: DoorSizes,
    reals: BTreeMap<String, View>,
    labels: BTreeMap<String, Vec<usize>>,
    params: BTreeMap<String, View>,
    outputs: BTreeMap<String, (View, Bounds)>,
    cotangents: Vec<Cotangents>,
    bounds: Bounds,
}

/// What a program is run with.
enum Engine {
    Interpreter,
    Jit { double: bool },
    Wgsl(Arc<Gpu>),
}

/// Gradients of shaders are within this.
const WGSL_GRADIENTS: f64 = 1e-4;

impl Engine {
    fn run(&self, func: &Func, door: &DoorSizes, inputs: &[Array], params: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let batch = Instance::new(&func.domains, door).unwrap_or_else(|e| panic!("{e}"));
        if let Engine::Interpreter = self {
            let flat = |(a, d): (&Array, &gdl_abi::ArrayDecl)| match (a, d.dtype) {
                (Array::Class(v), Dtype::Class(n)) => one_hot(&Real64, v, n).expect("labels in range"),
                (a, _) => a.to_f64(),
            };
            let inputs: Vec<Vec<f64>> = inputs.iter().zip(&func.inputs).map(flat).collect();
            return run(&Real64, func, &batch, &inputs, params).unwrap_or_else(|e| panic!("{e}"));
        }
        let double = matches!(self, Engine::Jit { double: true });
        let array = |v: &[f64]| {
            if double {
                Array::F64(v.to_vec())
            } else {
                Array::F32(v.iter().map(|&x| x as f32).collect())
            }
        };
        let inputs: Vec<Array> = inputs
            .iter()
            .map(|a| if let Array::F64(v) = a { array(v) } else { a.clone() })
            .collect();
        let params: Vec<Array> = params.iter().map(|p| array(p)).collect();
        let (inputs, params): (Vec<&Array>, Vec<&Array>) = (inputs.iter().collect(), params.iter().collect());
        let func = optimised(func).unwrap_or_else(|e| panic!("{e}"));
        let options = Options {
            double,
            threads: 1,
            texts: false,
        };
        let program: Box<dyn Program> = match self {
            Engine::Wgsl(gpu) => Box::new(on_device(gpu, &func, &func.name)),
            _ => Box::new(compile(&func, &options).unwrap_or_else(|e| panic!("{e}"))),
        };
        let outputs = run_twice(program.as_ref(), &batch, &inputs, &params, &func.name);
        outputs.iter().map(Array::to_f64).collect()
    }
}

impl<'a> Trial<'a> {
    /// A comparison without arrays yet. The bounds are those of the project: 1e-10 and 1e-5.
    pub fn new(case: &'a Case, built: &'a Built, door: DoorSizes) -> Trial<'a> {
        let bounds = Bounds {
            double: 1e-10,
            single: 1e-5,
        };
        Trial {
            case,
            built,
            door,
            reals: BTreeMap::new(),
            labels: BTreeMap::new(),
            params: BTreeMap::new(),
            outputs: BTreeMap::new(),
            cotangents: Vec::new(),
            bounds,
        }
    }

    /// Other bounds for what is added from here on.
    pub fn within(mut self, double: f64, single: f64) -> Self {
        self.bounds = Bounds { double, single };
        self
    }

    pub fn input(mut self, name: &str, view: View) -> Self {
        self.reals.insert(name.into(), view);
        self
    }

    pub fn labels(mut self, name: &str, labels: &[usize]) -> Self {
        self.labels.insert(name.into(), labels.to_vec());
        self
    }

    pub fn param(mut self, name: &str, view: View) -> Self {
        self.params.insert(name.into(), view);
        self
    }

    pub fn output(mut self, name: &str, view: View) -> Self {
        self.outputs.insert(name.into(), (view, self.bounds));
        self
    }

    /// Compares the gradients whose names begin with `prefix`; outputs without cotangent have 0.
    pub fn gradients(mut self, prefix: &str, cotangents: impl IntoIterator<Item = (&'static str, View)>) -> Self {
        let of = cotangents.into_iter().map(|(n, v)| (n.into(), v)).collect();
        self.cotangents.push(Cotangents {
            prefix: prefix.into(),
            of,
            bounds: self.bounds,
        });
        self
    }

    /// Runs everything and compares; prints the largest errors.
    pub fn check(&self) {
        let inputs = self.inputs();
        let params = self.params();
        let mut engines = vec![
            ("interpreter", Engine::Interpreter),
            ("f64", Engine::Jit { double: true }),
            ("f32", Engine::Jit { double: false }),
        ];
        engines.extend(device().map(|gpu| ("wgsl", Engine::Wgsl(gpu))));
        let mut failures = Vec::new();
        for (name, engine) in &engines {
            let mut worst = [0.0f64; 2];
            let mut note = |kind: usize, what: &str, found: &[f64], want: &[f64], bounds: Bounds| {
                let error = relative(found, want);
                let bound = match engine {
                    Engine::Wgsl(_) if kind == 1 => bounds.single.max(WGSL_GRADIENTS),
                    Engine::Wgsl(_) | Engine::Jit { double: false } => bounds.single,
                    _ => bounds.double,
                };
                worst[kind] = if error.is_nan() { error } else { worst[kind].max(error) };
                (error.is_nan() || error > bound).then(|| format!("{name}, {what}: {error:.1e} > {bound:.0e}"))
            };
            let outputs = engine.run(&self.built.func, &self.door, &inputs, &params);
            for (found, output) in outputs.iter().zip(&self.built.func.outputs) {
                if let Some((view, bounds)) = self.outputs.get(output) {
                    failures.extend(note(0, output, found, &view.values(self.case), *bounds));
                }
            }
            for c in &self.cotangents {
                let pulled = self.gradients_by(engine, c, &inputs, &params);
                for (key, found) in &pulled {
                    if self.case.table.get(key).is_ok() {
                        let want = self.case.reals(key);
                        failures.extend(note(1, key, found, &want, c.bounds));
                    }
                }
                let missed = self
                    .case
                    .table
                    .arrays
                    .keys()
                    .filter(|k| k.starts_with(&c.prefix) && !pulled.contains_key(*k));
                failures.extend(missed.map(|k| format!("{k} is not compared")));
            }
            println!(
                "{:40} {name:12} outputs {:.1e}  gradients {:.1e}",
                self.case.name, worst[0], worst[1]
            );
        }
        let missing = self.outputs.keys().filter(|k| !self.built.func.outputs.contains(k));
        failures.extend(missing.map(|k| format!("`{k}` is no output")));
        assert!(failures.is_empty(), "{}:\n{}", self.case.name, failures.join("\n"));
    }

    /// Gradients in the layout of the file, by their names there.
    fn gradients_by(
        &self,
        engine: &Engine,
        c: &Cotangents,
        inputs: &[Array],
        params: &[Vec<f64>],
    ) -> BTreeMap<String, Vec<f64>> {
        let func = &self.built.func;
        let back = grad::vjp(func).unwrap_or_else(|e| panic!("{e}"));
        let batch = Instance::new(&func.domains, &self.door).unwrap_or_else(|e| panic!("{e}"));
        let mut all = inputs.to_vec();
        for (name, decl) in func.outputs.iter().zip(&back.inputs[func.inputs.len()..]) {
            let len = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]) * decl.row_len();
            let values = c.of.get(name).map_or_else(|| vec![0.0; len], |v| v.values(self.case));
            all.push(Array::F64(values));
        }
        let found = engine.run(&back, &self.door, &all, params);
        let mut pulled: BTreeMap<Rc<str>, Vec<f64>> = BTreeMap::new();
        for (name, g) in back.outputs.iter().zip(&found) {
            let name = name.strip_prefix("grad.").unwrap_or(name);
            let view = self
                .reals
                .get(name)
                .or_else(|| self.params.get(name))
                .unwrap_or_else(|| panic!("no array `{name}`"));
            view.pull_back(g, &mut pulled, self.case);
        }
        let rename = |key: &str| format!("{}{}", c.prefix, key.split_once('.').map_or(key, |(_, rest)| rest));
        pulled.into_iter().map(|(k, v)| (rename(&k), v)).collect()
    }

    fn inputs(&self) -> Vec<Array> {
        let find = |d: &gdl_abi::ArrayDecl| match d.dtype {
            Dtype::Class(_) => {
                let labels = self
                    .labels
                    .get(&d.name)
                    .unwrap_or_else(|| panic!("no labels `{}`", d.name));
                Array::Class(labels.iter().map(|&k| k as u32).collect())
            }
            Dtype::Real => {
                let view = self
                    .reals
                    .get(&d.name)
                    .unwrap_or_else(|| panic!("no input `{}`, {:?}", d.name, d.axes));
                Array::F64(view.values(self.case))
            }
        };
        self.built.func.inputs.iter().map(find).collect()
    }

    fn params(&self) -> Vec<Vec<f64>> {
        let names: Vec<String> = self
            .built
            .params
            .iter()
            .map(|p| format!("{} {:?}", p.name, p.axes))
            .collect();
        let known = |n: &String| self.built.params.iter().any(|p| p.name == *n);
        assert!(self.params.keys().all(known), "parameters are {names:?}");
        let find = |p: &ParamInfo| {
            let view = self
                .params
                .get(&p.name)
                .unwrap_or_else(|| panic!("no parameter `{}`; there are {names:?}", p.name));
            assert_eq!(
                view.entries.len(),
                p.axes.iter().product::<u32>() as usize,
                "`{}` is {:?}, given {:?}",
                p.name,
                p.axes,
                view.shape
            );
            view.values(self.case)
        };
        self.built.params.iter().map(find).collect()
    }
}

/// max |a − b| / max |b|.
fn relative(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let error = a.iter().zip(b).fold(0.0f64, |m, (x, y)| {
        if (x - y).is_nan() {
            f64::NAN
        } else {
            m.max((x - y).abs())
        }
    });
    if size == 0.0 { error } else { error / size }
}
