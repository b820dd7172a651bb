//! The clock of a device: how long its work takes, without what the host does.

use crate::{Gpu, GpuError};
use wgpu::BufferUsages as Usage;

/// Timestamps of a set: as many as WebGPU has to have.
const STAMPS: u32 = 4096;

/// The seconds that each of `count` dispatches takes, done in order.
///
/// # Errors
/// If the device has no clock, or fails.
pub fn times(
    gpu: &Gpu,
    count: usize,
    dispatch: &dyn Fn(usize, &mut wgpu::ComputePass<'_>),
) -> Result<Vec<f64>, GpuError> {
    if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
        let name = &gpu.info().name;
        return Err(GpuError(format!("`{name}` has no clock to time its work with")));
    }
    let numbers: Vec<usize> = (0..count).collect();
    let mut times = Vec::with_capacity(count);
    for part in numbers.chunks(STAMPS as usize / 2) {
        let stamps = 2 * part.len() as u32;
        let set = gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("gdl"),
            ty: wgpu::QueryType::Timestamp,
            count: stamps,
        });
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        for (at, &k) in (0..).step_by(2).zip(part) {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                    query_set: &set,
                    beginning_of_pass_write_index: Some(at),
                    end_of_pass_write_index: Some(at + 1),
                }),
            });
            dispatch(k, &mut pass);
        }
        let bytes = 8 * u64::from(stamps);
        let resolved = gpu.buffer(bytes, Usage::QUERY_RESOLVE | Usage::COPY_SRC)?;
        let staging = gpu.buffer(bytes, Usage::MAP_READ | Usage::COPY_DST)?;
        encoder.resolve_query_set(&set, 0..stamps, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &staging, 0, bytes);
        gpu.queue.submit([encoder.finish()]);
        let words = gpu.read(&staging, 2 * stamps as usize)?;
        let ticks: Vec<u64> = words.chunks(2).map(ticks).collect();
        let period = f64::from(gpu.queue.get_timestamp_period()) * 1e-9;
        times.extend(ticks.chunks(2).map(|t| t[1].saturating_sub(t[0]) as f64 * period));
    }
    Ok(times)
}

/// Two words as a number of 64 bits.
fn ticks(words: &[f32]) -> u64 {
    u64::from(words[0].to_bits()) | u64::from(words[1].to_bits()) << 32
}
