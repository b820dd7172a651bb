//! The library from Rust, without a crate: what the header says, written down.
//!
//! ```text
//! rustc energy.rs -L dist -l potential && LD_LIBRARY_PATH=dist ./energy
//! ```

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

#[repr(C)]
#[derive(Clone, Copy)]
struct Array {
    data: *mut c_void,
    dtype: i32,
    ndim: i32,
    shape: [i64; 8],
    strides: [i64; 8],
}

const NONE: Array = Array { data: ptr::null_mut(), dtype: 0, ndim: 0, shape: [0; 8], strides: [0; 8] };
const F64: i32 = 2;
const I64: i32 = 4;

/// `potential_inputs`, in the order of the header.
#[repr(C)]
struct Inputs {
    z: Array,
    m_pos: Array,
    optional: [Array; 5],
}

#[repr(C)]
struct Outputs {
    energy: Array,
    forces: Array,
}

unsafe extern "C" {
    fn potential_new(abi: u32, threads: u32, model: *mut *mut c_void) -> i32;
    fn potential_free(model: *mut c_void);
    fn potential_error(model: *const c_void) -> *const c_char;
    fn potential_forward(model: *const c_void, inputs: *const Inputs, outputs: *mut Outputs) -> i32;
}

fn array<T>(data: &mut [T], dtype: i32, shape: &[i64]) -> Array {
    let mut all = [0; 8];
    all[..shape.len()].copy_from_slice(shape);
    Array { data: data.as_mut_ptr().cast(), dtype, ndim: shape.len() as i32, shape: all, strides: [0; 8] }
}

fn main() {
    let mut numbers = [8i64, 1, 1];
    let mut positions = [0.0, 0.0, 0.0, 0.76, 0.59, 0.0, -0.76, 0.59, 0.0];
    let (mut energy, mut forces) = ([0.0f64], [0.0f64; 9]);
    let inputs =
        Inputs { z: array(&mut numbers, I64, &[3]), m_pos: array(&mut positions, F64, &[3, 3]), optional: [NONE; 5] };
    let mut outputs =
        Outputs { energy: array(&mut energy, F64, &[1]), forces: array(&mut forces, F64, &[3, 3]) };
    let mut model = ptr::null_mut();
    // SAFETY: the declarations are those of the header, and the arrays outlive the calls.
    let status = unsafe {
        let mut status = potential_new(1, 1, &mut model);
        if status == 0 {
            status = potential_forward(model, &inputs, &mut outputs);
        }
        if status != 0 {
            eprintln!("{}", CStr::from_ptr(potential_error(model)).to_string_lossy());
        }
        potential_free(model);
        status
    };
    println!("energy {:.6} eV, sum of the forces {:.1e} eV/A", energy[0], (0..3).map(|k| forces[k] + forces[3 + k] + forces[6 + k]).sum::<f64>());
    std::process::exit(status);
}
