//! A compiled model as bytes: what the compiler writes and what executables and libraries read.
//!
//! An image has three parts, so that a linker may put each where it belongs: the **head** (plans, names of weights, a manifest), the
//! **code** (position-independent, without relocations, one run of bytes a program and instruction set), and the **weights** (little-endian reals,
//! one parameter after the other, each aligned to 64 bytes). In a file they follow each other, code on a page of its own, and a
//! [`Footer`] at the very end says where they are.

mod file;

pub use file::{Footer, open};

use crate::exec::KernelFn;
use crate::pool::Pool;
use crate::{Array, Executor, Program};
use gdl_abi::plan::Plan;
use gdl_abi::{DoorSizes, Instance, Signature};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of the format. Images of another version are refused.
pub const VERSION: u32 = 3;
/// The first bytes of a head, the last of a footer.
const MAGIC: [u8; 8] = *b"GDLimage";
/// Code begins at multiples of this in a file, so that it can be mapped.
pub const PAGE: usize = 4096;
/// Parameters begin at multiples of this.
pub const ALIGN: usize = 64;

/// Everything but code and weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The model's name.
    pub name: String,
    /// What is known of the model, as JSON: inputs, outputs, representations, units, certificate, hashes.
    pub manifest: String,
    /// How data are read, as JSON: data files by an executable, the arrays of a call by a library.
    pub data: String,
    /// Its programs.
    pub programs: Vec<ProgramImage>,
    /// The weights, in the order in which they lie.
    pub weights: Vec<Weight>,
}

/// What a program of an image computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The outputs.
    Forward,
    /// The gradients of all real inputs and parameters for given cotangents of the outputs (`cot.NAME` → `grad.NAME`).
    Gradient,
    /// The losses and metrics of a training, and the gradients of its loss for all parameters.
    Train,
    /// What follows from the parameters alone, once for all calls: further parameters of `Forward`, behind the weights.
    Prepare,
}

/// One program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramImage {
    /// What it computes.
    pub role: Role,
    /// How it is run.
    pub plan: Plan,
    /// Its code for several instruction sets, the best first.
    pub variants: Vec<Variant>,
}

/// The code of a program for one instruction set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// What the machine must have.
    pub isa: Isa,
    /// Where every kernel begins in the code.
    pub entries: Vec<u64>,
}

/// The instructions that code uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Isa {
    /// What every processor of the architecture has.
    Baseline,
    /// x86-64-v3: AVX2 and FMA.
    V3,
}

impl Isa {
    /// Whether this machine has them.
    pub fn is_supported(self) -> bool {
        match self {
            Isa::Baseline => true,
            Isa::V3 => has_v3(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_v3() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_v3() -> bool {
    false
}

/// A parameter in the weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Its path: `conv_1.K`.
    pub name: String,
    /// Its first byte.
    pub start: u64,
    /// Its elements.
    pub len: u64,
}

/// Why an image cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageError(pub String);

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ImageError {}

impl Head {
    /// Its bytes: magic, version, length and checksum, then the head itself.
    ///
    /// # Errors
    /// If it cannot be written, which would be a defect.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ImageError> {
        let body = postcard::to_allocvec(self).map_err(|e| ImageError(format!("the head cannot be written: {e}")))?;
        let mut bytes = Vec::with_capacity(body.len() + 24);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        Ok(bytes)
    }

    /// Reads what [`Head::to_bytes`] wrote.
    ///
    /// # Errors
    /// Bytes that are no head, of another version, cut off or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Head, ImageError> {
        let fail = |why: &str| Err(ImageError(format!("the compiled model {why}")));
        let word = |at: usize| {
            bytes
                .get(at..at + 4)
                .and_then(|b| b.try_into().ok())
                .map(u32::from_le_bytes)
        };
        if bytes.get(..8) != Some(&MAGIC[..]) {
            return fail("is missing: these bytes are something else");
        }
        match word(8) {
            Some(VERSION) => {}
            Some(other) => {
                return fail(&format!(
                    "has format {other}; this program reads format {VERSION}. Build it again with `gdl build`"
                ));
            }
            None => return fail("is cut off"),
        }
        let len = bytes
            .get(16..24)
            .and_then(|b| b.try_into().ok())
            .map(u64::from_le_bytes);
        let body = len
            .and_then(|n| usize::try_from(n).ok())
            .and_then(|n| bytes.get(24..)?.get(..n));
        let Some(body) = body else { return fail("is cut off") };
        if word(12) != Some(crc32fast::hash(body)) {
            return fail("is damaged: its checksum is wrong");
        }
        postcard::from_bytes(body).or_else(|e| fail(&format!("cannot be read: {e}")))
    }

    /// What `Forward` takes and gives for a caller, who knows of no parameters but the weights; nothing if there is no such program.
    pub fn signature(&self) -> Signature {
        let mut signature = self
            .program(Role::Forward)
            .map(|p| p.plan.signature.clone())
            .unwrap_or_default();
        signature.params.truncate(self.weights.len());
        signature
    }

    /// The program that computes something.
    pub fn program(&self, role: Role) -> Option<&ProgramImage> {
        self.programs.iter().find(|p| p.role == role)
    }
}

/// An image whose code is in memory.
pub struct Image {
    head: Head,
    code: Code,
    weights: Vec<Array>,
}

/// Executable memory.
#[derive(Clone, Copy)]
struct Code {
    start: *const u8,
    len: usize,
}

// SAFETY: the code is read and run, never written.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Image {
    /// An image from its parts. Weights that are not in it (no bytes) are given when it is run.
    ///
    /// # Errors
    /// A head that is damaged, or weights or code that are shorter than it says.
    ///
    /// # Safety
    /// `code` leads to `len` bytes that may be executed, are the code that the compiler made together with this head, and stay as long as the image
    /// and all its executors.
    pub unsafe fn new(head: &[u8], code: *const u8, len: usize, weights: &[u8]) -> Result<Image, ImageError> {
        let head = Head::from_bytes(head)?;
        let double = head.programs.first().is_some_and(|p| p.plan.double);
        let read = |w: &Weight| {
            read_reals(weights, w, double)
                .ok_or_else(|| ImageError(format!("the weights are cut off: `{}` is not in them", w.name)))
        };
        let weights = if weights.is_empty() {
            Vec::new()
        } else {
            head.weights.iter().map(read).collect::<Result<_, _>>()?
        };
        let entries = head.programs.iter().flat_map(|p| &p.variants).flat_map(|v| &v.entries);
        if entries.into_iter().any(|&e| e >= len as u64) {
            return Err(ImageError("the code is cut off".into()));
        }
        Ok(Image {
            head,
            code: Code { start: code, len },
            weights,
        })
    }

    /// Its head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Its weights, in the order of the head; none if they are not in it.
    pub fn weights(&self) -> &[Array] {
        &self.weights
    }

    /// The parameters of `Forward` for some weights, in the order of the head: these, and what follows from them alone.
    ///
    /// # Errors
    /// As [`Image::executor`], and if there is no memory.
    pub fn prepared(&self, weights: &[Array], pool: Arc<Pool>) -> Result<Vec<Array>, ImageError> {
        let mut params = weights.to_vec();
        if self.head.program(Role::Prepare).is_some() {
            let program = self.executor(Role::Prepare, pool)?;
            let alone = DoorSizes {
                samples: 1,
                ..DoorSizes::default()
            };
            let instance = Instance::new(&program.signature().domains, &alone).map_err(ImageError)?;
            let mut further = Vec::new();
            program
                .run(&instance, &[], &weights.iter().collect::<Vec<_>>(), &mut further)
                .map_err(|e| ImageError(e.0))?;
            params.extend(further);
        }
        Ok(params)
    }

    /// A program ready to run on the threads of a pool, by the best code for this machine.
    ///
    /// # Errors
    /// If the image has no such program, or none for this machine.
    pub fn executor(&self, role: Role, pool: Arc<Pool>) -> Result<Executor, ImageError> {
        let program = self.head.program(role).ok_or_else(|| {
            ImageError(format!(
                "`{}` was built without the program {role:?}; see `gdl build --with`",
                self.head.name
            ))
        })?;
        let variant = program.variants.iter().find(|v| v.isa.is_supported()).ok_or_else(|| {
            ImageError(format!(
                "`{}` was built for another processor; see `gdl build --isa`",
                self.head.name
            ))
        })?;
        if variant.entries.len() != program.plan.kernels.len() {
            return Err(ImageError("the code is cut off".into()));
        }
        let function = |&entry: &u64| {
            debug_assert!((entry as usize) < self.code.len);
            let start = self.code.start.wrapping_add(entry as usize);
            // SAFETY: by the contract of `new` these bytes are the code of a kernel, a function of this type.
            unsafe { std::mem::transmute::<*const u8, KernelFn>(start) }
        };
        let functions = variant.entries.iter().map(function).collect();
        // SAFETY: plan and code were made together, and the code stays as long as the executor (contract of `new`).
        Ok(unsafe { Executor::new(program.plan.clone(), functions, pool) })
    }
}

fn read_reals(bytes: &[u8], w: &Weight, double: bool) -> Option<Array> {
    let size = if double { 8 } else { 4 };
    let start = usize::try_from(w.start).ok()?;
    let len = usize::try_from(w.len).ok()?.checked_mul(size)?;
    let bytes = bytes.get(start..)?.get(..len)?;
    Some(if double {
        Array::F64(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
    } else {
        Array::F32(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    })
}

/// Parameters as the weights of an image.
pub fn weights<'a>(params: impl IntoIterator<Item = (&'a str, &'a Array)>) -> (Vec<Weight>, Vec<u8>) {
    let (mut list, mut bytes) = (Vec::new(), Vec::new());
    for (name, array) in params {
        bytes.resize(usize::next_multiple_of(bytes.len(), ALIGN), 0);
        list.push(Weight {
            name: name.into(),
            start: bytes.len() as u64,
            len: array.len() as u64,
        });
        match array {
            Array::F32(v) => v.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
            Array::F64(v) => v.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
            Array::Class(v) => v.iter().for_each(|x| bytes.extend(x.to_le_bytes())),
        }
    }
    (list, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let (weights, _) = weights([("a", &Array::F32(vec![1.0, -2.5]))]);
        Head {
            name: "M".into(),
            manifest: "{}".into(),
            data: String::new(),
            programs: Vec::new(),
            weights,
        }
    }

    #[test]
    fn heads_come_back() {
        let bytes = head().to_bytes().unwrap();
        assert_eq!(Head::from_bytes(&bytes).unwrap(), head());
        for n in 0..bytes.len() {
            assert!(Head::from_bytes(&bytes[..n]).is_err(), "cut after {n} bytes");
        }
        for k in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[k] ^= 1;
            assert!(Head::from_bytes(&bad).is_err(), "byte {k} changed");
        }
    }

    #[test]
    fn weights_come_back() {
        let (a, b) = (Array::F32(vec![1.0, -2.5, 3.0]), Array::F32(vec![7.0]));
        let (list, bytes) = weights([("a", &a), ("b", &b)]);
        let head = Head {
            weights: list,
            ..head()
        };
        // SAFETY: there is no code.
        let image = unsafe { Image::new(&head.to_bytes().unwrap(), std::ptr::null(), 0, &bytes) }.unwrap();
        assert_eq!(image.weights(), [a, b]);
        assert!(
            image
                .executor(Role::Forward, Pool::shared(1).unwrap())
                .is_err_and(|e| e.0.contains("without the program"))
        );
    }
}
