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
