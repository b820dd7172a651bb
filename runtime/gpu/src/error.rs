//! What can go wrong on a GPU.

/// Why a GPU could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuError(pub String);

impl std::fmt::Display for GpuError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GpuError {}

impl From<GpuError> for gdl_runtime::RunError {
    fn from(e: GpuError) -> Self {
        gdl_runtime::RunError(e.0)
    }
}

/// A batch that is too large: what it needs, rounded up, and so many arrays of a size that the device has room for, rounded down.
pub fn no_room(device: &str, needed: u64, arrays: usize, most: u64) -> GpuError {
    let (needed, most) = (size(needed, u64::div_ceil), size(most, std::ops::Div::div));
    let (needed, room) = match arrays {
        1 => (format!("an array of {needed}"), most),
        n => (needed, format!("{n} arrays of {most}")),
    };
    GpuError(format!(
        "the batch needs {needed}, and `{device}` has room for {room}: use smaller batches"
    ))
}

/// Bytes as a text.
fn size(bytes: u64, by: fn(u64, u64) -> u64) -> String {
    match bytes >> 20 {
        0 => format!("{} kB", by(bytes, 1 << 10)),
        _ => format!("{} MB", by(bytes, 1 << 20)),
    }
}
