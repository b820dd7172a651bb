//! Shared by the tests: reference files and random numbers.
#![allow(dead_code)] // each test uses a part of it

use safetensors::SafeTensors;
use std::path::PathBuf;

pub fn read(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A float64 or int64 tensor: shape and values.
pub fn tensor(file: &SafeTensors, name: &str) -> (Vec<usize>, Vec<f64>) {
    let view = file.tensor(name).unwrap();
    let words = view.data().chunks_exact(8).map(|w| <[u8; 8]>::try_from(w).unwrap());
    let data = match view.dtype() {
        safetensors::Dtype::I64 => words.map(|w| i64::from_le_bytes(w) as f64).collect(),
        _ => words.map(f64::from_le_bytes).collect(),
    };
    (view.shape().to_vec(), data)
}

/// A fixed random sequence (splitmix64).
pub fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

pub fn unit(draw: &mut impl FnMut() -> u64) -> f64 {
    (draw() >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
}

pub fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= tolerance)
}

pub fn multiply(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    (0..n * n)
        .map(|at| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum())
        .collect()
}
