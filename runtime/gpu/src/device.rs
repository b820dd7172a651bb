//! GPUs: which there are, and how one is opened.

use crate::GpuError;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of a GPU before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its number, for [`Gpu::open`].
    pub number: usize,
    /// As its driver calls it.
    pub name: String,
    /// `Vulkan`, `Metal`, `Dx12`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// The driver and its version.
    pub driver: String,
    /// The largest array a shader may see, in bytes.
    pub largest_binding: u64,
}

/// The shader of matrix products, with the entry point `main`.
pub const GEMM: &str = include_str!("gemm.wgsl");
/// The shader of matrix products whose results have few tiles, likewise.
pub const GEMM_SMALL: &str = include_str!("gemm_small.wgsl");
/// The shader that adds the copies of parts, with the entry point `main`.
pub const JOIN: &str = include_str!("join.wgsl");

/// An open GPU.
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) limits: wgpu::Limits,
    pub(crate) layout: wgpu::BindGroupLayout,
    pub(crate) gemm: wgpu::ComputePipeline,
    pub(crate) gemm_small: wgpu::ComputePipeline,
    pub(crate) join: wgpu::ComputePipeline,
    info: DeviceInfo,
    lost: Arc<Mutex<Option<String>>>,
}

fn adapters() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()))
}

fn info(number: usize, adapter: &wgpu::Adapter) -> DeviceInfo {
    let info = adapter.get_info();
    DeviceInfo {
        number,
        name: info.name,
        backend: format!("{:?}", info.backend),
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
        largest_binding: adapter.limits().max_storage_buffer_binding_size,
    }
}

/// All GPUs of this machine, software devices included.
pub fn devices() -> Vec<DeviceInfo> {
    adapters().iter().enumerate().map(|(k, a)| info(k, a)).collect()
}

impl Gpu {
    /// Opens a device, by its number or a part of its name; without either, the fastest kind there is.
    ///
    /// # Errors
    /// If there is no such device, or it cannot be opened.
    pub fn open(which: Option<&str>) -> Result<Arc<Gpu>, GpuError> {
        let list = adapters();
        let infos: Vec<DeviceInfo> = list.iter().enumerate().map(|(k, a)| info(k, a)).collect();
        let names: Vec<String> = infos.iter().map(|d| format!("{} {}", d.number, d.name)).collect();
        let chosen = match which {
            None => infos.iter().min_by_key(|d| rank(d)),
            Some(word) => infos.iter().find(|d| word.parse() == Ok(d.number)).or_else(|| {
                infos
                    .iter()
                    .find(|d| d.name.to_lowercase().contains(&word.to_lowercase()))
            }),
        };
        let Some(chosen) = chosen else {
            return Err(GpuError(if infos.is_empty() {
                "there is no GPU, nor a software device: install a Vulkan driver (on Debian `mesa-vulkan-drivers`), or run with `--backend cranelift`".into()
            } else {
                format!(
                    "there is no device `{}`; there are: {}",
                    which.unwrap_or_default(),
                    names.join(", ")
                )
            }));
        };
        Gpu::new(&list[chosen.number], chosen.clone())
    }

    fn new(adapter: &wgpu::Adapter, info: DeviceInfo) -> Result<Arc<Gpu>, GpuError> {
        let limits = adapter.limits();
        // What the defaults forbid and large models need: long arrays.
        let wanted = wgpu::Limits {
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
            max_buffer_size: limits.max_buffer_size,
            ..wgpu::Limits::default()
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("gdl"),
            required_limits: wanted.clone(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError(format!("`{}` cannot be opened: {e}", info.name)))?;
        let lost = Arc::new(Mutex::new(None));
        let note = lost.clone();
        device.set_device_lost_callback(move |reason, message| {
            let text = format!("the device was lost ({reason:?}): {message}");
            *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("gdl"),
            entries: &[
                binding(0, false, false),
                binding(1, true, false),
                binding(2, true, true),
            ],
        });
        let one = |name: &str, source: &str| {
            let mut made = pipelines(&device, &layout, name, source, &["main"])?;
            made.pop()
                .ok_or_else(|| GpuError(format!("the shader `{name}` is missing")))
        };
        let (gemm, gemm_small) = (one("gemm", GEMM)?, one("gemm_small", GEMM_SMALL)?);
        let join = one("join", JOIN)?;
        Ok(Arc::new(Gpu {
            device,
            queue,
            limits: wanted,
            layout,
            gemm,
            gemm_small,
            join,
            info,
            lost,
        }))
    }

    /// What it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Why the device is gone, if it is.
    pub(crate) fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Compute pipelines for entry points of a module of WGSL.
    pub(crate) fn pipelines(
        &self,
        name: &str,
        source: &str,
        entries: &[&str],
    ) -> Result<Vec<wgpu::ComputePipeline>, GpuError> {
        pipelines(&self.device, &self.layout, name, source, entries)
    }
}

/// Discrete ones first, software last.
fn rank(d: &DeviceInfo) -> (usize, usize) {
    let kinds = ["discrete", "integrated", "virtual", "other", "software"];
    (kinds.iter().position(|k| *k == d.kind).unwrap_or(kinds.len()), d.number)
}

fn binding(number: u32, read_only: bool, dynamic: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: number,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only },
            has_dynamic_offset: dynamic,
            min_binding_size: None,
        },
        count: None,
    }
}

fn pipelines(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    name: &str,
    source: &str,
    entries: &[&str],
) -> Result<Vec<wgpu::ComputePipeline>, GpuError> {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    let pipeline = |entry: &&str| {
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        })
    };
    let all = entries.iter().map(pipeline).collect();
    match pollster::block_on(scope.pop()) {
        None => Ok(all),
        Some(e) => Err(GpuError(format!("the shaders of `{name}` are not accepted: {e}"))),
    }
}
