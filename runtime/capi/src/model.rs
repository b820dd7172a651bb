//! A model that can be called, without anything of C: named arrays in, flat arrays out.

use crate::status::{Failure, Status};
use crate::training::{Training, zeros};
use gdl_abi::{ArrayDecl, DimDef, DoorSizes, Instance, Signature};
use gdl_host::data::{Argument, Arguments, Dataset, FieldSpec, Source};
use gdl_host::files::{HostArray, Table};
use gdl_host::library::Calls;
use gdl_host::optim::Time;
use gdl_host::run::shape;
use gdl_host::train::{Notes, load_params, save_params};
use gdl_runtime::image::{Image, Role};
use gdl_runtime::pool::Pool;
use gdl_runtime::{Array, Executor, Program};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// A model ready to be called from any number of threads.
pub struct Model {
    image: Image,
    arguments: Arguments,
    listed: Vec<Argument>,
    /// What a caller sees.
    signature: Signature,
    forward: Executor,
    /// If the library was built with it.
    gradient: Option<Executor>,
    /// As well.
    training: Option<Training>,
    pool: Arc<Pool>,
    weights: RwLock<Weights>,
}

/// The learned arrays, and all parameters of the program: these and what follows from them, once a call has needed it.
struct Weights {
    values: Vec<Array>,
    prepared: Option<Arc<Vec<Array>>>,
}

impl Weights {
    fn new(values: Vec<Array>) -> RwLock<Weights> {
        RwLock::new(Weights { values, prepared: None })
    }
}

/// One result of a call.
pub struct Found {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: Array,
    /// The row of the caller's arrays for each of its rows, where that is another one.
    pub order: Option<Vec<usize>>,
}

/// The results of [`Model::gradient`].
pub struct Gradients {
    /// For the real arguments, by their names.
    pub inputs: Vec<(String, Found)>,
    /// For all learned arrays, in order.
    pub params: Vec<Found>,
}

impl Model {
    /// The model of an image, run by a number of threads of its own.
    ///
    /// # Errors
    /// An image without a program for this machine, or threads that cannot be had.
    pub fn new(image: Image, threads: usize) -> Result<Model, Failure> {
        let unsupported = |e: &dyn std::fmt::Display| Failure::new(Status::Unsupported, e.to_string());
        let pool = Arc::new(Pool::new(threads).map_err(|e| Failure::new(Status::Run, e))?);
        let Calls { arguments, training } = serde_json::from_str(&image.head().data).map_err(|e| unsupported(&e))?;
        let executor = |role| image.executor(role, pool.clone()).map_err(|e| unsupported(&e));
        let has = |role| image.head().program(role).is_some();
        let forward = executor(Role::Forward)?;
        let gradient = has(Role::Gradient).then(|| executor(Role::Gradient)).transpose()?;
        let training = match training {
            Some(recipe) if has(Role::Train) => Some(Training::new(executor(Role::Train)?, recipe)),
            _ => None,
        };
        Ok(Model {
            listed: arguments.list(forward.signature()),
            weights: Weights::new(image.weights().to_vec()),
            signature: image.head().signature(),
            arguments,
            forward,
            gradient,
            training,
            pool,
            image,
        })
    }

    /// The arrays of a call, in order.
    pub fn arguments(&self) -> &[Argument] {
        &self.listed
    }

    /// The results, in order.
    pub fn outputs(&self) -> &[ArrayDecl] {
        &self.forward.signature().outputs
    }

    /// The learned arrays, in order.
    pub fn parameters(&self) -> &[ArrayDecl] {
        &self.signature.params
    }

    /// What is known of the model, as JSON.
    pub fn manifest(&self) -> &str {
        &self.image.head().manifest
    }

    /// Takes the weights from a `.safetensors` file.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or holds the weights of another model.
    pub fn load(&self, path: &Path) -> Result<(), Failure> {
        let mut params = zeros(&self.signature, self.forward.is_f64())?;
        load_params(path, &mut params, self.weights_hash().as_deref())?;
        if let Some(training) = &self.training {
            training.restart();
        }
        self.replace(params.arrays().to_vec());
        Ok(())
    }

    /// Writes the weights to a `.safetensors` file, atomically.
    ///
    /// # Errors
    /// A file that cannot be written, or if there are no weights.
    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        let mut params = zeros(&self.signature, self.forward.is_f64())?;
        params.arrays_mut().clone_from_slice(&self.values()?);
        let notes = Notes {
            model_hash: self.weights_hash().unwrap_or_default(),
            settings: self.settings(),
            ..Notes::default()
        };
        Ok(save_params(path, &params, &notes)?)
    }

    fn fact(&self, name: &str) -> serde_json::Value {
        let manifest: serde_json::Value = serde_json::from_str(self.manifest()).unwrap_or_default();
        manifest.get(name).cloned().unwrap_or_default()
    }

    fn weights_hash(&self) -> Option<String> {
        self.fact("weights_hash").as_str().map(String::from)
    }

    /// The settings of the model as checkpoints note them.
    fn settings(&self) -> serde_json::Value {
        let fact = self.fact("settings");
        let all = fact
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str()?.split_once('='));
        all.map(|(name, value)| (format!("setting {name}"), serde_json::Value::from(value)))
            .collect()
    }

    /// All learned arrays.
    fn values(&self) -> Result<Vec<Array>, Failure> {
        let weights = self.weights.read().unwrap_or_else(PoisonError::into_inner);
        match weights.values.len() == self.parameters().len() {
            true => Ok(weights.values.clone()),
            false => Err(no_weights()),
        }
    }

    fn replace(&self, values: Vec<Array>) {
        let mut weights = self.weights.write().unwrap_or_else(PoisonError::into_inner);
        (weights.values, weights.prepared) = (values, None);
    }

    /// The number of a learned array, by its path.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn parameter(&self, name: &str) -> Result<usize, Failure> {
        let found = self.parameters().iter().position(|p| p.name == name);
        found.ok_or_else(|| Failure::argument(format!("the model has no parameter `{name}`")))
    }

    /// A learned array.
    ///
    /// # Errors
    /// If there are no weights yet.
    pub fn weight(&self, k: usize) -> Result<Found, Failure> {
        let decl = &self.parameters()[k];
        let weights = self.weights.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Found {
            shape: decl.axes.iter().map(|&n| n as usize).collect(),
            values: weights.values.get(k).cloned().ok_or_else(no_weights)?,
            order: None,
        })
    }

    /// Replaces a learned array.
    ///
    /// # Errors
    /// If its shape is another, or it holds what is no number.
    pub fn set_weight(&self, k: usize, array: &HostArray) -> Result<(), Failure> {
        let decl = &self.parameters()[k];
        let data = |what: String| Failure::new(Status::Data, format!("parameter `{}`: {what}", decl.name));
        let shape: Vec<usize> = decl.axes.iter().map(|&n| n as usize).collect();
        if array.shape() != shape {
            return Err(data(format!(
                "its shape is {shape:?}, that of the array {:?}",
                array.shape()
            )));
        }
        let values: Vec<f64> = array.reals().ok_or_else(|| data("it holds numbers".into()))?.collect();
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(data(format!("element {at} is {}", values[at])));
        }
        let mut weights = self.weights.write().unwrap_or_else(PoisonError::into_inner);
        if weights.values.is_empty() {
            let zeros = |p: &ArrayDecl| reals(vec![0.0; p.row_len()], self.forward.is_f64());
            weights.values = self.parameters().iter().map(zeros).collect();
        }
        weights.values[k] = reals(values, self.forward.is_f64());
        weights.prepared = None;
        Ok(())
    }

    /// The outputs for arrays by the names of [`Model::arguments`].
    ///
    /// # Errors
    /// Names the array that is missing or does not fit.
    pub fn forward(&self, table: Table) -> Result<Vec<Found>, Failure> {
        self.call(&self.forward, table, &[])
    }

    /// The shapes that the outputs for some arrays will have, and whether they are doubles.
    ///
    /// # Errors
    /// As [`Model::forward`].
    pub fn describe(&self, table: Table) -> Result<(Vec<Vec<usize>>, bool), Failure> {
        let own = self.forward.signature();
        let call = self.prepare((own, own), &self.arguments, table, &[])?;
        let shapes = self.outputs().iter().map(|d| call.shape(self.forward.signature(), d));
        Ok((shapes.collect(), self.forward.is_f64()))
    }

    /// For cotangents `cot.NAME` of the outputs (0 where there is none), gradients of ⟨cotangents, outputs⟩.
    ///
    /// # Errors
    /// As [`Model::forward`], and if the library was built without gradients.
    pub fn gradient(&self, table: Table) -> Result<Gradients, Failure> {
        let Some(program) = &self.gradient else {
            let text = "the library was built without gradients: see `gdl build --with`";
            return Err(Failure::new(Status::Unsupported, text));
        };
        let found = self.call(program, table, self.outputs())?;
        let names = program.signature().outputs.iter().map(|d| d.name.clone());
        let (mut inputs, mut params) = (Vec::new(), Vec::new());
        for (name, found) in names.zip(found) {
            let name = name.strip_prefix("grad.").unwrap_or(&name).to_string();
            match self.parameter(&name) {
                Ok(_) => params.push(found),
                Err(_) => inputs.push((name, found)),
            }
        }
        Ok(Gradients { inputs, params })
    }

    /// How the model is trained, if the library was built with it.
    ///
    /// # Errors
    /// If it was built without.
    pub fn training(&self) -> Result<&Training, Failure> {
        let text = "the library was built without a training step: see `gdl build --with`";
        self.training
            .as_ref()
            .ok_or_else(|| Failure::new(Status::Unsupported, text))
    }

    /// One step of training on a batch, arrays by the names of [`Training::arguments`]: the weights change. Gives the loss and metrics of the batch, in the
    /// order of [`Training::scores`].
    ///
    /// # Errors
    /// As [`Model::forward`], and if the loss or a gradient is not finite; the weights have not changed then.
    pub fn train(&self, table: Table, time: Time) -> Result<Vec<f64>, Failure> {
        let training = self.training()?;
        let (signature, arguments) = training.reads();
        let call = self.prepare((signature, signature), arguments, table, &[])?;
        let batch = (&call.instance, call.inputs.as_slice());
        let (values, scores) = training.step(&self.signature, &|| self.values(), batch, time)?;
        self.replace(values);
        Ok(scores)
    }

    /// The parameters of the programs for the weights of this moment.
    fn params(&self) -> Result<Arc<Vec<Array>>, Failure> {
        let read = self.weights.read().unwrap_or_else(PoisonError::into_inner);
        if read.values.len() != self.parameters().len() {
            return Err(no_weights());
        }
        if let Some(prepared) = &read.prepared {
            return Ok(prepared.clone());
        }
        drop(read);
        let mut weights = self.weights.write().unwrap_or_else(PoisonError::into_inner);
        if weights.prepared.is_none() {
            let prepared = self.image.prepared(&weights.values, self.pool.clone());
            weights.prepared = Some(Arc::new(prepared.map_err(|e| Failure::new(Status::Run, e.0))?));
        }
        weights.prepared.clone().ok_or_else(no_weights)
    }

    fn call(&self, program: &Executor, table: Table, cotangents: &[ArrayDecl]) -> Result<Vec<Found>, Failure> {
        let signatures = (self.forward.signature(), program.signature());
        let call = self.prepare(signatures, &self.arguments, table, cotangents)?;
        let inputs: Vec<&Array> = call.inputs.iter().collect();
        let params = self.params()?;
        // Gradients are those for the weights, which come first.
        let params: Vec<&Array> = params.iter().take(program.signature().params.len()).collect();
        let mut outputs = Vec::new();
        program
            .run(&call.instance, &inputs, &params, &mut outputs)
            .map_err(|e| Failure::new(Status::Run, e.to_string()))?;
        let decls = &program.signature().outputs;
        let found = |(decl, values): (&ArrayDecl, Array)| Found {
            shape: call.shape(program.signature(), decl),
            order: call.order(program.signature(), decl),
            values,
        };
        Ok(decls.iter().zip(outputs).map(found).collect())
    }

    /// Reads and checks the arrays of a call: those of the first signature, and cotangents, for a program of the second one.
    fn prepare(
        &self,
        (own, signature): (&Signature, &Signature),
        arguments: &Arguments,
        mut table: Table,
        cotangents: &[ArrayDecl],
    ) -> Result<Call, Failure> {
        let double = self.forward.is_f64();
        let mut spec = arguments.spec(own, &mut table)?;
        let given = cotangents.iter().map(|decl| cotangent(signature, decl));
        spec.fields
            .extend(given.filter(|field| table.arrays.contains_key(&field.name)));
        let data = Dataset::new(&table, &spec)?;
        let all: Vec<usize> = (0..data.len()).collect();
        let is_given = |decl: &&ArrayDecl| spec.fields.iter().any(|f| f.name == decl.name);
        let read = Signature {
            inputs: signature.inputs.iter().filter(is_given).cloned().collect(),
            ..signature.clone()
        };
        let (door, inputs) = data.batch(&all, &read, double)?;
        let instance = Instance::new(&signature.domains, &door).map_err(|e| Failure::new(Status::Data, e))?;
        // Cotangents that are not given are 0.
        let mut inputs = inputs.into_iter();
        let input = |decl: &ArrayDecl| {
            let rows = decl.dim.map_or(1, |d| instance.rows[d.0 as usize]);
            let zeros = || reals(vec![0.0; rows * decl.row_len()], double);
            is_given(&decl).then(|| inputs.next()).flatten().unwrap_or_else(zeros)
        };
        Ok(Call {
            inputs: signature.inputs.iter().map(input).collect(),
            data,
            door,
            instance,
        })
    }
}

/// The arrays of a call, checked.
struct Call {
    data: Dataset,
    door: DoorSizes,
    instance: Instance,
    inputs: Vec<Array>,
}

impl Call {
    fn shape(&self, signature: &Signature, decl: &ArrayDecl) -> Vec<usize> {
        match decl.dim {
            Some(d) => shape(
                signature,
                decl,
                Some(&self.door),
                self.instance.rows[d.0 as usize] * decl.row_len(),
            ),
            // Learned arrays have no rows.
            None => decl.axes.iter().map(|&n| n as usize).collect(),
        }
    }

    fn order(&self, signature: &Signature, decl: &ArrayDecl) -> Option<Vec<usize>> {
        match decl.dim.map(|d| signature.domains.dim_def(d)) {
            Some(DimDef::Ragged { name }) => self.data.order(name).map(<[usize]>::to_vec),
            _ => None,
        }
    }
}

/// Where the cotangent of an output comes from.
fn cotangent(signature: &Signature, output: &ArrayDecl) -> FieldSpec {
    let name = format!("cot.{}", output.name);
    let dim = match output.dim.map(|d| signature.domains.dim_def(d)) {
        Some(DimDef::Ragged { name } | DimDef::Grid { name, .. }) => Some(name.as_str()),
        _ => None,
    };
    FieldSpec::real(&name, Source::Array(name.clone()), dim, &output.axes)
}

fn reals(values: Vec<f64>, double: bool) -> Array {
    if double {
        Array::F64(values)
    } else {
        Array::F32(values.into_iter().map(|x| x as f32).collect())
    }
}

fn no_weights() -> Failure {
    Failure::new(
        Status::Argument,
        "the library was built without weights, and none have been loaded",
    )
}
