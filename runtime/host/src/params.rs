//! Learned arrays: how they start, how they are saved and loaded.

use crate::error::{Error, Kind, Result};
use crate::files::{HostArray, Table, nearest};
use crate::rng::Rng;
use gdl_abi::{ArrayDecl, Layout, Signature, Stored};
use gdl_runtime::Array;
use std::collections::BTreeMap;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All 0.
    Zeros,
    /// All this.
    Constant(f64),
    /// Normal with mean 0 and this standard deviation.
    Normal {
        /// The standard deviation; fans are folded in.
        sd: f64,
    },
    /// Uniform in `−a..a`.
    Uniform {
        /// The largest value; fans are folded in.
        a: f64,
    },
}

/// What the compiler says about a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// Its path in the model: `conv_1.K`.
    pub name: String,
    /// How it starts.
    pub init: Init,
    /// Where it stands in files of another library: `as "linear_1.weight"`.
    pub external: Option<Stored>,
}

impl ParamSpec {
    /// A parameter that has its own name in files.
    pub fn new(name: impl Into<String>, init: Init) -> ParamSpec {
        ParamSpec {
            name: name.into(),
            init,
            external: None,
        }
    }

    /// The names under which a file may hold it.
    fn file_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.external.iter().map(|s| s.tensor.as_str()))
    }
}

/// Names that start with this belong to the state of a training run, not to the weights.
pub(crate) const STATE: &str = "state/";

/// The parameters of a model, in the order of a program's signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    specs: Vec<ParamSpec>,
    decls: Vec<ArrayDecl>,
    arrays: Vec<Array>,
    double: bool,
}

impl Params {
    /// Parameters as they start. The numbers of each depend on the seed and its own name only.
    ///
    /// # Errors
    /// If a parameter of the signature is not among the specs.
    pub fn init(signature: &Signature, specs: &[ParamSpec], seed: u64, double: bool) -> Result<Params> {
        let specs = signature.params.iter().map(|decl| {
            specs
                .iter()
                .find(|s| s.name == decl.name)
                .cloned()
                .ok_or_else(|| Error::config("nothing says how this parameter starts").in_array(&decl.name))
        });
        let specs: Vec<ParamSpec> = specs.collect::<Result<_>>()?;
        let start = |(decl, spec): (&ArrayDecl, &ParamSpec)| {
            let mut rng = Rng::named(seed, &spec.name);
            let mut draw = || match spec.init {
                Init::Zeros => 0.0,
                Init::Constant(x) => x,
                Init::Normal { sd } => sd * rng.normal(),
                Init::Uniform { a } => a * (2.0 * rng.uniform() - 1.0),
            };
            of_precision((0..decl.row_len()).map(|_| draw()), double)
        };
        let arrays = signature.params.iter().zip(&specs).map(start).collect();
        Ok(Params {
            specs,
            decls: signature.params.clone(),
            arrays,
            double,
        })
    }

    /// Names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.decls.iter().map(|d| d.name.as_str())
    }

    /// All arrays, in order.
    pub fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    /// All arrays, in order, to be changed; their lengths must stay.
    pub fn arrays_mut(&mut self) -> &mut [Array] {
        &mut self.arrays
    }

    /// How many numbers they are.
    pub fn count(&self) -> usize {
        self.arrays.iter().map(Array::len).sum()
    }

    /// The place of a parameter.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.decls.iter().position(|d| d.name == name)
    }

    /// The parameters that a program takes, in its order.
    ///
    /// # Errors
    /// If it takes one that is not among these, or has another length or precision.
    pub fn of<'a>(&'a self, signature: &Signature) -> Result<Vec<&'a Array>> {
        let find = |decl: &ArrayDecl| {
            let array = self
                .position(&decl.name)
                .map(|k| &self.arrays[k])
                .filter(|a| a.len() == decl.row_len());
            array.ok_or_else(|| {
                Error::config("the program takes a parameter that the model does not have").in_array(&decl.name)
            })
        };
        signature.params.iter().map(find).collect()
    }

    /// Tensors under their own names.
    ///
    /// # Errors
    /// If an array was given another length.
    pub fn tensors(&self) -> Result<BTreeMap<String, HostArray>> {
        let entries = self.specs.iter().zip(&self.decls).zip(&self.arrays);
        entries
            .map(|((spec, decl), array)| Ok((spec.name.clone(), to_host(array, &decl.axes)?)))
            .collect()
    }

    /// Takes all parameters from a file's tensors: under their own names, or as another library stores them. Those of a training run's
    /// state are skipped. Gives the names of the tensors of another library that no parameter is made of.
    ///
    /// # Errors
    /// If one is missing, has another shape, holds something other than floating-point numbers, or if a file of ours has tensors that
    /// the model does not have. Nothing has changed then.
    pub fn load(&mut self, table: &Table) -> Result<Vec<String>> {
        self.load_some(table, &|_| true)
    }

    /// Takes the parameters for which `wanted` holds; tensors are left over only if it holds for all.
    ///
    /// # Errors
    /// As [`Params::load`].
    pub fn load_some(&mut self, table: &Table, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
        let place = |e: Error| e.in_file(&table.path);
        let mut new = Vec::new();
        for (k, (spec, decl)) in self.specs.iter().zip(&self.decls).enumerate() {
            if wanted(&spec.name) {
                new.push((k, self.take(table, spec, decl).map_err(place)?));
            }
        }
        let mut unused = Vec::new();
        if new.len() == self.arrays.len() {
            let known = |name: &str| {
                name.starts_with(STATE) || self.specs.iter().any(|s| s.file_names().any(|own| own == name))
            };
            unused.extend(table.arrays.keys().filter(|name| !known(name)).cloned());
            let ours = self.specs.iter().all(|s| table.arrays.contains_key(&s.name));
            if let Some(extra) = unused.first().filter(|_| ours) {
                let e = Error::data("the model has no such parameter").in_array(extra);
                let e = match nearest(extra, self.specs.iter().map(|s| s.name.as_str())) {
                    Some(near) => e.help(format!("it has `{near}`")),
                    None => e.help("the file belongs to another model, or the model has changed"),
                };
                return Err(place(e));
            }
        }
        for (k, array) in new {
            self.arrays[k] = array;
        }
        Ok(unused)
    }

    fn take(&self, table: &Table, spec: &ParamSpec, decl: &ArrayDecl) -> Result<Array> {
        if let Some(stored) = spec
            .external
            .as_ref()
            .filter(|_| !table.arrays.contains_key(&spec.name))
        {
            return self.take_stored(table, stored, decl);
        }
        let name = &spec.name;
        let tensor = table.get(name).map_err(lacking)?;
        if !tensor.shape().iter().copied().eq(decl.axes.iter().map(|&n| n as usize)) {
            return Err(misshapen(tensor, &decl.axes)
                .in_array(name)
                .help("the model has changed since the file was written"));
        }
        from_host(tensor, self.double).map_err(|e| e.in_array(name))
    }

    /// A parameter from a tensor of another library.
    fn take_stored(&self, table: &Table, stored: &Stored, decl: &ArrayDecl) -> Result<Array> {
        let name = &stored.tensor;
        let tensor = table.get(name).map_err(lacking)?;
        let values = |double| from_host(tensor, double).map_err(|e| e.in_array(name));
        let Some(Layout { len, entries }) = &stored.layout else {
            let long = |n: &usize| *n != 1;
            let (found, needed) = (tensor.shape().iter().copied(), decl.axes.iter().map(|&n| n as usize));
            if !found.filter(long).eq(needed.filter(long)) {
                return Err(misshapen(tensor, &decl.axes).in_array(name));
            }
            return values(self.double);
        };
        if tensor.len() != *len as usize {
            let found = tensor.len();
            return Err(Error::data(format!("it has {found} entries, but the model needs {len}")).in_array(name));
        }
        let all = values(true)?.to_f64();
        let read = entries.iter().map(|&(at, factor)| all[at as usize] * factor);
        Ok(of_precision(read, self.double))
    }

    /// Whether reals are doubles.
    pub fn is_double(&self) -> bool {
        self.double
    }
}

fn lacking(mut e: Error) -> Error {
    e.what = "the file lacks this parameter of the model".into();
    e
}

fn misshapen(tensor: &HostArray, needed: &[u32]) -> Error {
    let found = tensor.shape();
    Error::data(format!("its shape is {found:?}, but the model needs {needed:?}"))
}

/// An array of this precision.
pub(crate) fn of_precision(values: impl Iterator<Item = f64>, double: bool) -> Array {
    if double {
        Array::F64(values.collect())
    } else {
        Array::F32(values.map(|x| x as f32).collect())
    }
}

/// A tensor of these axes.
pub(crate) fn to_host(array: &Array, axes: &[u32]) -> Result<HostArray> {
    let flat = match array {
        Array::F32(v) => HostArray::from(v.clone()),
        Array::F64(v) => HostArray::from(v.clone()),
        Array::Class(v) => HostArray::from(v.iter().map(|&x| i64::from(x)).collect::<Vec<_>>()),
    };
    let shape: Vec<usize> = axes.iter().map(|&n| n as usize).collect();
    flat.reshaped(&shape)
}

/// Floating-point numbers in this precision.
pub(crate) fn from_host(array: &HostArray, double: bool) -> Result<Array> {
    match (array, array.reals()) {
        (HostArray::F32(_) | HostArray::F64(_), Some(values)) => Ok(of_precision(values, double)),
        _ => Err(Error::new(
            Kind::Data,
            format!("weights are floating-point numbers, but it holds {}", array.type_name()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdl_abi::Dtype;

    fn model(names: &[&str]) -> Params {
        let params = names
            .iter()
            .map(|n| ArrayDecl {
                name: (*n).into(),
                dim: None,
                axes: vec![2, 3],
                dtype: Dtype::Real,
            })
            .collect();
        let signature = Signature {
            params,
            ..Signature::default()
        };
        let specs: Vec<ParamSpec> = names
            .iter()
            .map(|n| ParamSpec::new(*n, Init::Normal { sd: 0.1 }))
            .collect();
        Params::init(&signature, &specs, 5, false).unwrap()
    }

    fn table(params: &Params) -> Table {
        Table {
            arrays: params.tensors().unwrap(),
            ..Table::new("w.safetensors")
        }
    }

    #[test]
    fn adding_a_parameter_changes_no_other() {
        let (a, b) = (model(&["u", "w"]), model(&["u", "v", "w"]));
        assert_eq!(a.arrays()[1], b.arrays()[2]);
        assert_ne!(b.arrays()[0], b.arrays()[1]);
        assert_eq!(b.count(), 18);
    }

    /// What another library stores under another name, transposed and scaled.
    #[test]
    fn tensors_load_from_other_libraries() {
        let mut a = model(&["linear.W", "linear.c"]);
        let stored = |tensor: &str, layout| {
            Some(Stored {
                tensor: tensor.into(),
                layout,
            })
        };
        a.specs[0].external = stored("c.weight", None);
        let entries = (0..6).map(|k| (k % 3 * 2 + k / 3, 0.5)).collect();
        a.specs[1].external = stored("linear_1.weight", Some(Layout { len: 6, entries }));
        let mut file = Table::new("w.safetensors");
        let numbers: Vec<f32> = (0..6).map(|k| k as f32).collect();
        let mut add = |name: &str, shape: &[usize]| {
            let tensor = HostArray::new(shape, numbers.clone()).unwrap();
            file.arrays.insert(name.into(), tensor);
        };
        add("c.weight", &[2, 1, 3]);
        add("linear_1.weight", &[6]);
        add("constants", &[6]);
        assert_eq!(a.load(&file).unwrap(), ["constants"]);
        assert_eq!(a.arrays()[0], Array::F32(numbers));
        assert_eq!(a.arrays()[1], Array::F32(vec![0.0, 1.0, 2.0, 0.5, 1.5, 2.5]));
        // What is saved has our names.
        let saved = table(&a);
        let before = a.clone();
        a.arrays_mut()[0] = Array::F32(vec![0.0; 6]);
        assert!(a.load(&saved).unwrap().is_empty());
        assert_eq!(a, before);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut m = model(&["conv_1.K", "conv_2.K"]);
        let says = |m: &mut Params, t: &Table, text: &str| {
            let before = m.clone();
            let e = m.load(t).unwrap_err().to_string();
            assert!(e.contains(text), "{e}");
            assert_eq!(*m, before);
        };
        says(
            &mut m,
            &table(&model(&["conv_1.K", "conv2.K"])),
            "`conv_2.K`: the file lacks this parameter of the model (did you mean `conv2.K`?)",
        );
        says(
            &mut m,
            &table(&model(&["conv_1.K", "conv_2.K", "head.W"])),
            "`head.W`: the model has no such parameter",
        );
        let mut wrong = table(&m);
        let turned = wrong.arrays["conv_1.K"].clone().reshaped(&[3, 2]).unwrap();
        wrong.arrays.insert("conv_1.K".into(), turned);
        says(&mut m, &wrong, "its shape is [3, 2], but the model needs [2, 3]");
        let bytes = HostArray::new(&[2, 3], vec![0u8; 6]).unwrap();
        wrong.arrays.insert("conv_1.K".into(), bytes);
        says(&mut m, &wrong, "floating-point numbers, but it holds u8");
        m.load_some(&table(&model(&["conv_1.K", "head.W"])), &|n| n == "conv_1.K")
            .unwrap();
    }
}
