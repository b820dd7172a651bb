//! The C interface of compiled models.
//!
//! A library made by `gdl build` consists of these functions, an image (head, code, weights), and for every function here one of the model's
//! own name that passes the image on ([`Parts`]): `gdl_forward` is called through `potential_forward`. Only those are exported, so that libraries of
//! several models live side by side in one program. Its header (written by the compiler) is the documentation of the interface.
//!
//! Nothing crosses the boundary but arrays, status codes and texts: panics are caught, nothing is printed, memory of the caller stays
//! the caller's.

pub mod array;
mod domains;
pub mod model;
pub mod status;
pub mod training;

pub use array::{Dtype, RawArray};
pub use model::Model;
pub use status::{Failure, Status};

use gdl_host::data::Argument;
use gdl_host::files::Table;
use gdl_host::optim::Time;
use gdl_runtime::image::Image;
use model::{Found, Gradients};
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

/// The version of the interface.
pub const ABI: u32 = 1;

/// Where the image of a library lies in memory.
#[repr(C)]
pub struct Parts {
    /// See [`gdl_runtime::image`].
    pub head: *const u8,
    /// Its length.
    pub head_len: usize,
    /// Code that may be executed.
    pub code: *const u8,
    /// Its length.
    pub code_len: usize,
    /// Weights; none have length 0.
    pub weights: *const u8,
    /// Their length.
    pub weights_len: usize,
}

/// What the caller holds: `potential *`.
pub struct Handle {
    model: Option<Model>,
    manifest: CString,
    /// Why the last call failed.
    error: Mutex<CString>,
}

type Outcome<T = ()> = Result<T, Failure>;

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// Nothing may be printed by a library, a panic's message neither.
fn silent() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// Does `work` and turns whatever happens into a status and a text.
fn guarded(work: impl FnOnce() -> Outcome) -> Outcome {
    silent();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Failure::new(
            Status::Internal,
            "an internal error of the library: please report it with the call that led to it",
        ))
    })
}

impl Handle {
    fn noted(&self, outcome: Outcome) -> Status {
        let Err(failure) = outcome else { return Status::Ok };
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = c_text(&failure.text);
        failure.status
    }

    fn model(&self) -> Outcome<&Model> {
        let text = "this context could not be made; see its first error";
        self.model.as_ref().ok_or_else(|| Failure::argument(text))
    }
}

/// Does `work` with a context, if there is one.
///
/// # Safety
/// `handle` is null or comes from [`gdl_new`] and has not been freed.
unsafe fn with(handle: *const Handle, work: impl FnOnce(&Model) -> Outcome) -> Status {
    // SAFETY: the contract of this function.
    match unsafe { handle.as_ref() } {
        None => Status::Argument,
        Some(handle) => handle.noted(guarded(|| work(handle.model()?))),
    }
}

/// A text of the caller.
///
/// # Safety
/// `text` is null or leads to a text that ends in 0.
unsafe fn text<'a>(text: *const c_char, what: &str) -> Outcome<&'a str> {
    if text.is_null() {
        return Err(Failure::argument(format!("{what} is null")));
    }
    // SAFETY: the contract of this function.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str()
        .map_err(|_| Failure::argument(format!("{what} is not UTF-8")))
}

/// Makes a context. It is also given where this fails, so that the error can be asked for, and is freed in any case.
///
/// # Safety
/// `parts` leads to the image of the library; `out` to where a pointer may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_new(abi: u32, threads: u32, parts: *const Parts, out: *mut *mut Handle) -> Status {
    if out.is_null() || parts.is_null() {
        return Status::Argument;
    }
    let mut handle = Handle {
        model: None,
        manifest: CString::default(),
        error: Mutex::default(),
    };
    let mut made = None;
    let outcome = guarded(|| {
        if abi != ABI {
            return Err(Failure::new(
                Status::Abi,
                format!("the caller was compiled for version {abi} of the interface, this library has {ABI}"),
            ));
        }
        if threads == 0 || threads > 1024 {
            return Err(Failure::argument(format!("threads is {threads}, not in 1..1024")));
        }
        // SAFETY: the parts were made together by the compiler and are part of this library.
        let image = unsafe {
            let parts = &*parts;
            let head = std::slice::from_raw_parts(parts.head, parts.head_len);
            let weights = std::slice::from_raw_parts(parts.weights, parts.weights_len);
            Image::new(head, parts.code, parts.code_len, weights)
        };
        let image = image.map_err(|e| Failure::new(Status::Unsupported, e.0))?;
        made = Some(Model::new(image, threads as usize)?);
        Ok(())
    });
    handle.model = made;
    handle.manifest = c_text(handle.model.as_ref().map_or("", Model::manifest));
    let status = handle.noted(outcome);
    // SAFETY: `out` may be written, by the contract.
    unsafe { out.write(Box::into_raw(Box::new(handle))) };
    status
}

/// Frees a context; null is left alone.
///
/// # Safety
/// `handle` is null or comes from [`gdl_new`], has not been freed, and is used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_free(handle: *mut Handle) {
    if !handle.is_null() {
        // SAFETY: the contract of this function.
        let handle = unsafe { Box::from_raw(handle) };
        // A defect must not cross the boundary here either; there is nobody to tell.
        let _ = guarded(|| {
            drop(handle);
            Ok(())
        });
    }
}

/// Why the last call failed; empty if none has. The text stays until another call fails.
///
/// # Safety
/// As [`gdl_forward`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_error(handle: *const Handle) -> *const c_char {
    // SAFETY: the contract of this function.
    match unsafe { handle.as_ref() } {
        None => c"the context is null".as_ptr(),
        Some(handle) => handle.error.lock().unwrap_or_else(PoisonError::into_inner).as_ptr(),
    }
}

/// What is known of the model, as JSON. The text stays as long as the context.
///
/// # Safety
/// As [`gdl_forward`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_manifest(handle: *const Handle) -> *const c_char {
    // SAFETY: the contract of this function.
    unsafe { handle.as_ref() }.map_or(c"".as_ptr(), |h| h.manifest.as_ptr())
}

/// Takes the weights from a `.safetensors` file.
///
/// # Safety
/// As [`gdl_forward`]; `path` is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_load(handle: *const Handle, path: *const c_char) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe { with(handle, |model| model.load(Path::new(text(path, "path")?))) }
}

/// Writes the weights to a `.safetensors` file.
///
/// # Safety
/// As [`gdl_forward`]; `path` is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_save(handle: *const Handle, path: *const c_char) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe { with(handle, |model| model.save(Path::new(text(path, "path")?))) }
}

/// Gives a learned array.
///
/// # Safety
/// As [`gdl_forward`]; `name` is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_get_parameter(handle: *const Handle, name: *const c_char, array: *mut RawArray) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let name = text(name, "name")?;
            let array = array.as_mut().ok_or_else(|| Failure::argument("array is null"))?;
            put(vec![(name, &model.weight(model.parameter(name)?)?, array)])
        })
    }
}

/// Replaces a learned array.
///
/// # Safety
/// As [`gdl_forward`]; `name` is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_set_parameter(
    handle: *const Handle,
    name: *const c_char,
    array: *const RawArray,
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let name = text(name, "name")?;
            let k = model.parameter(name)?;
            let array = array.as_ref().ok_or_else(|| Failure::argument("array is null"))?;
            let array = array.read(name)?;
            model.set_weight(k, &array.ok_or_else(|| Failure::argument("array has no data"))?)
        })
    }
}

/// Describes the outputs that [`gdl_forward`] will give, without computing them: types and shapes are written, data and elements are not.
///
/// # Safety
/// As [`gdl_forward`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_describe(
    handle: *const Handle,
    inputs: *const RawArray,
    outputs: *mut RawArray,
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let (shapes, double) = model.describe(read_inputs(model, inputs)?)?;
            if outputs.is_null() {
                return Err(Failure::argument("outputs is null"));
            }
            let dtype = if double { Dtype::F64 } else { Dtype::F32 };
            let outputs = std::slice::from_raw_parts_mut(outputs, shapes.len());
            for ((decl, shape), raw) in model.outputs().iter().zip(shapes).zip(outputs) {
                raw.describe(&decl.name, dtype, &shape)?;
            }
            Ok(())
        })
    }
}

/// The outputs. `inputs` has an array for every argument of the model, `outputs` for every output, in the order of the header.
///
/// # Safety
/// `handle` is null or comes from [`gdl_new`] and has not been freed; arrays are null, have null data, or are as they are described.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_forward(handle: *const Handle, inputs: *const RawArray, outputs: *mut RawArray) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let table = read_inputs(model, inputs)?;
            if outputs.is_null() {
                return Err(Failure::argument("outputs is null"));
            }
            let outputs = std::slice::from_raw_parts_mut(outputs, model.outputs().len());
            let found = model.forward(table)?;
            let names = model.outputs().iter().map(|d| d.name.as_str());
            let all = names.zip(&found).zip(outputs);
            put(all.map(|((name, found), raw)| (name, found, raw)).collect())
        })
    }
}

/// Gradients of ⟨cotangents, outputs⟩ with respect to the real inputs and the parameters. Cotangents without data are 0; gradients
/// without data are not wanted.
///
/// # Safety
/// As [`gdl_forward`]; `cotangents` has an array for every output, `gradients` is null or has one for every argument, `parameters` is null or has
/// one for every parameter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_gradient(
    handle: *const Handle,
    inputs: *const RawArray,
    cotangents: *const RawArray,
    gradients: *mut RawArray,
    parameters: *mut RawArray,
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let mut table = read_inputs(model, inputs)?;
            if cotangents.is_null() {
                return Err(Failure::argument("cotangents is null"));
            }
            let cotangents = std::slice::from_raw_parts(cotangents, model.outputs().len());
            for (decl, raw) in model.outputs().iter().zip(cotangents) {
                let name = format!("cot.{}", decl.name);
                if let Some(array) = raw.read(&name)? {
                    table.insert(name, array)?;
                }
            }
            let Gradients {
                inputs: of_inputs,
                params: of_parameters,
            } = model.gradient(table)?;
            let mut targets = Vec::new();
            if !gradients.is_null() {
                let gradients = std::slice::from_raw_parts_mut(gradients, model.arguments().len());
                for (argument, raw) in model.arguments().iter().zip(gradients) {
                    match of_inputs.iter().find(|(name, _)| *name == argument.name) {
                        Some((name, found)) => targets.push((name.as_str(), found, raw)),
                        None if raw.data.is_null() => {}
                        None => {
                            let text = format!("array `{}`: there is no gradient for it", argument.name);
                            return Err(Failure::argument(text));
                        }
                    }
                }
            }
            if !parameters.is_null() {
                let parameters = std::slice::from_raw_parts_mut(parameters, of_parameters.len());
                let names = model.parameters().iter().map(|p| p.name.as_str());
                let all = names.zip(&of_parameters).zip(parameters);
                targets.extend(all.map(|((name, found), raw)| (name, found, raw)));
            }
            put(targets)
        })
    }
}

/// Where a training stands.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Progress {
    /// Steps before this one.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps an epoch.
    pub epoch: u64,
}

/// One step of training on a batch. `batch` has an array for every argument of the training; `progress`, which schedules of the learning rate follow, may be
/// null: then it is the first of one step. `scores` is null or has a number for the loss and every metric.
///
/// # Safety
/// As [`gdl_forward`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gdl_train(
    handle: *const Handle,
    batch: *const RawArray,
    progress: *const Progress,
    scores: *mut f64,
) -> Status {
    // SAFETY: the contract of this function, here and inside.
    unsafe {
        with(handle, |model| {
            let table = read_arrays(model.training()?.arguments(), batch, "batch")?;
            let progress = progress.as_ref().copied().unwrap_or(Progress {
                step: 0,
                steps: 1,
                epoch: 1,
            });
            if progress.epoch == 0 || progress.step >= progress.steps {
                let Progress { step, steps, epoch } = progress;
                let text = format!(
                    "progress is step {step} of {steps}, {epoch} an epoch: it counts from 0, and an epoch has a step"
                );
                return Err(Failure::argument(text));
            }
            let time = Time {
                step: progress.step,
                total: progress.steps,
                per_epoch: progress.epoch,
            };
            let found = model.train(table, time)?;
            if !scores.is_null() {
                std::slice::from_raw_parts_mut(scores, found.len()).copy_from_slice(&found);
            }
            Ok(())
        })
    }
}

/// # Safety
/// As [`gdl_forward`].
unsafe fn read_inputs(model: &Model, inputs: *const RawArray) -> Outcome<Table> {
    // SAFETY: the contract of this function.
    unsafe { read_arrays(model.arguments(), inputs, "inputs") }
}

/// # Safety
/// `arrays` is null or has an array for every argument, as [`gdl_forward`] says.
unsafe fn read_arrays(arguments: &[Argument], arrays: *const RawArray, what: &str) -> Outcome<Table> {
    if arrays.is_null() {
        return Err(Failure::argument(format!("{what} is null")));
    }
    // SAFETY: the contract of this function.
    let arrays = unsafe { std::slice::from_raw_parts(arrays, arguments.len()) };
    let mut table = Table::default();
    for (argument, raw) in arguments.iter().zip(arrays) {
        // SAFETY: as above.
        if let Some(array) = unsafe { raw.read(&argument.name) }? {
            table.insert(&argument.name, array)?;
        } else if !argument.optional {
            return Err(Failure::argument(format!("array `{}` is missing", argument.name)));
        }
    }
    Ok(table)
}

/// Writes results, by their names, if all of them fit.
///
/// # Safety
/// Arrays with data are as they are described.
unsafe fn put(targets: Vec<(&str, &Found, &mut RawArray)>) -> Outcome {
    for (name, found, raw) in &targets {
        raw.fits(name, &found.shape)?;
    }
    for (name, found, raw) in targets {
        // SAFETY: the contract of this function.
        unsafe { raw.write(name, &found.shape, &found.values, found.order.as_deref()) }?;
    }
    Ok(())
}
