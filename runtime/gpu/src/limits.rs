//! What a device can do at most, measured: the yardstick of `gdl bench`.

use crate::{Gpu, GpuError, clock};
use wgpu::BufferUsages as Usage;

/// Arithmetic and memory limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Multiplications and additions on registers alone, two operations each, in operations a second.
    pub flops: f64,
    /// Bytes a second of `a[i] = b[i] + s * c[i]` on long arrays, three transfers an element.
    pub bandwidth: f64,
}

/// Invocations of a workgroup.
const WIDTH: usize = 256;
/// Workgroups of the arithmetic test.
const GROUPS: usize = 2048;
/// Multiplications and additions of an invocation in a round: eight chains of four.
const CHAINS: usize = 32;
/// Rounds of the arithmetic test.
const ROUNDS: usize = 256;
/// Elements of an array of the bandwidth test, at most: 64 MB.
const ELEMENTS: usize = 16 << 20;
/// Trials, of which the best counts.
const TRIALS: usize = 8;

/// Measures the limits of a device.
///
/// # Errors
/// If it has no clock, or fails.
pub fn limits(gpu: &Gpu) -> Result<Limits, GpuError> {
    let most = gpu.largest_array() as usize / 4;
    let elements = ELEMENTS.min(most / 3);
    let usage = Usage::STORAGE | Usage::COPY_DST;
    let reals = gpu.buffer(4 * (3 * elements).max(2 + WIDTH * GROUPS) as u64, usage)?;
    let tables = gpu.buffer(4, usage)?;
    let words = gpu.buffer(8, usage)?;
    gpu.queue.write_buffer(&reals, 0, bytemuck::cast_slice(&[1.0f32, 1e-9]));
    gpu.queue
        .write_buffer(&words, 0, bytemuck::cast_slice(&[ROUNDS as i32, elements as i32]));
    let group = gpu.group(false, &[&reals], &tables, (&words, words.size()));
    let pipelines = gpu.pipelines("limits", include_str!("limits.wgsl"), &["arithmetic", "triad"], 1)?;
    let best = |k: usize, groups: usize| -> Result<f64, GpuError> {
        let across = groups.min(65_535);
        let all = clock::times(gpu, TRIALS, &|_, pass| {
            pass.set_pipeline(&pipelines[k]);
            pass.set_bind_group(0, &group, &[0]);
            pass.dispatch_workgroups(across as u32, groups.div_ceil(across) as u32, 1);
        })?;
        Ok(all.into_iter().fold(f64::INFINITY, f64::min))
    };
    let arithmetic = (2 * WIDTH * GROUPS * CHAINS * ROUNDS) as f64 / best(0, GROUPS)?;
    let bandwidth = (12 * elements) as f64 / best(1, elements.div_ceil(WIDTH))?;
    Ok(Limits {
        flops: arithmetic,
        bandwidth,
    })
}
