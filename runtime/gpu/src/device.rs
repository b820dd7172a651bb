//! GPUs: which there are, and how one is opened.

use crate::GpuError;
use crate::common::Common;
use crate::error::no_room;
use std::collections::HashMap;
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

/// What a device is asked for; by default for all that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The largest array that a shader may see, in bytes.
    pub largest_array: u64,
    /// Subgroups, for folds without memory of workgroups.
    pub subgroups: bool,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            largest_array: u64::MAX,
            subgroups: true,
        }
    }
}

/// What lets invocations of a workgroup fold what they have without its memory.
const SUBGROUPS: wgpu::Features = wgpu::Features::SUBGROUP;

/// An open GPU.
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) limits: wgpu::Limits,
    /// Of so many banks of reals, with tables that are read, or written; made when they are first needed.
    layouts: Mutex<HashMap<(usize, bool), wgpu::BindGroupLayout>>,
    /// Where reals lie in so many banks; made when they are first needed.
    common: Mutex<HashMap<(Common, usize), wgpu::ComputePipeline>>,
    info: DeviceInfo,
    lost: Arc<Mutex<Option<String>>>,
    failed: Arc<Mutex<Option<String>>>,
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
        Gpu::open_with(which, Wanted::default())
    }

    /// As [`Gpu::open`], with less than the device has.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open_with(which: Option<&str>, wanted: Wanted) -> Result<Arc<Gpu>, GpuError> {
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
        Gpu::new(&list[chosen.number], chosen.clone(), wanted)
    }

    fn new(adapter: &wgpu::Adapter, info: DeviceInfo, wanted: Wanted) -> Result<Arc<Gpu>, GpuError> {
        let limits = adapter.limits();
        let mut features = wgpu::Features::TIMESTAMP_QUERY;
        features.set(SUBGROUPS, wanted.subgroups);
        // What the defaults forbid and large models need: long arrays.
        let granted = wgpu::Limits {
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size.min(wanted.largest_array),
            max_buffer_size: limits.max_buffer_size,
            ..wgpu::Limits::default()
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("gdl"),
            required_features: adapter.features() & features,
            required_limits: granted.clone(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError(format!("`{}` cannot be opened: {e}", info.name)))?;
        let lost = Arc::new(Mutex::new(None));
        let note = lost.clone();
        device.set_device_lost_callback(move |reason, message| {
            let text = format!("the device was lost ({reason:?}): {message}");
            let mut slot = note.lock().unwrap_or_else(PoisonError::into_inner);
            slot.get_or_insert(text);
        });
        let failed = Arc::new(Mutex::new(None));
        let note = failed.clone();
        // What goes wrong outside of what is asked for here, above all on a device that is gone: whoever calls next is told.
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            let mut slot = note.lock().unwrap_or_else(PoisonError::into_inner);
            slot.get_or_insert(format!("the device failed: {e}"));
        }));
        Ok(Arc::new(Gpu {
            device,
            queue,
            limits: granted,
            layouts: Mutex::default(),
            common: Mutex::default(),
            info,
            lost,
            failed,
        }))
    }

    /// What it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Whether shaders may use subgroups.
    pub fn has_subgroups(&self) -> bool {
        self.device.features().contains(SUBGROUPS)
    }

    /// The largest array that a shader may see, in bytes.
    pub(crate) fn largest_array(&self) -> u64 {
        self.limits
            .max_buffer_size
            .min(self.limits.max_storage_buffer_binding_size)
    }

    /// A buffer of so many bytes.
    pub(crate) fn buffer(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, GpuError> {
        let most = match usage.contains(wgpu::BufferUsages::STORAGE) {
            true => self.largest_array(),
            false => self.limits.max_buffer_size,
        };
        if bytes > most {
            return Err(no_room(&self.info.name, bytes, 1, most));
        }
        self.check()?;
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gdl"),
            size: bytes.next_multiple_of(256).min(most),
            usage,
            mapped_at_creation: false,
        });
        match pollster::block_on(scope.pop()) {
            None => Ok(buffer),
            Some(e) => Err(GpuError(format!(
                "`{}` has no memory left for {} MB ({e}): use smaller batches, or end what else uses it",
                self.info.name,
                bytes.div_ceil(1 << 20)
            ))),
        }
    }

    /// The bindings of shaders: so many banks of reals, tables that are read or written, and words.
    pub(crate) fn layout(&self, banks: usize, writes_tables: bool) -> wgpu::BindGroupLayout {
        let mut known = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let mut entries = vec![
                binding(0, false, false),
                binding(1, !writes_tables, false),
                binding(2, true, true),
            ];
            entries.extend((1..banks).map(|k| binding(2 + k as u32, false, false)));
            self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("gdl"),
                entries: &entries,
            })
        };
        known.entry((banks, writes_tables)).or_insert_with(make).clone()
    }

    /// What a shader sees; the words of one dispatch have so many bytes.
    pub(crate) fn group(
        &self,
        writes_tables: bool,
        reals: &[&wgpu::Buffer],
        tables: &wgpu::Buffer,
        (words, bytes): (&wgpu::Buffer, u64),
    ) -> wgpu::BindGroup {
        let entry = |binding: usize, buffer, bytes| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: std::num::NonZeroU64::new(bytes),
            }),
        };
        let mut entries = vec![entry(0, reals[0], 0), entry(1, tables, 0), entry(2, words, bytes)];
        entries.extend((1..reals.len()).map(|k| entry(2 + k, reals[k], 0)));
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("gdl"),
            layout: &self.layout(reals.len(), writes_tables),
            entries: &entries,
        })
    }

    /// Sees to it that a buffer has at least so many bytes.
    pub(crate) fn reserve(
        &self,
        slot: &mut Option<wgpu::Buffer>,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<(), GpuError> {
        if slot.as_ref().is_none_or(|b| b.size() < bytes) {
            // The old one goes first.
            *slot = None;
            *slot = Some(self.buffer(bytes, usage)?);
        }
        Ok(())
    }

    /// The first numbers of a buffer that can be read, once the device has done all it was told.
    pub(crate) fn read(&self, staging: &wgpu::Buffer, len: usize) -> Result<Vec<f32>, GpuError> {
        if len == 0 {
            return Ok(Vec::new());
        }
        let slice = staging.slice(..4 * len as u64);
        let (send, receive) = std::sync::mpsc::channel();
        slice.map_async(wgpu::MapMode::Read, move |r| {
            // The receiver waits below; if it is gone, nobody wants the answer.
            let _ = send.send(r);
        });
        let gone = |e: String| GpuError(self.lost().unwrap_or(e));
        self.device
            .poll(wgpu::PollType::wait_indefinitely())
            .map_err(|e| gone(e.to_string()))?;
        match receive.recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(gone(e.to_string())),
            Err(e) => return Err(gone(e.to_string())),
        }
        let view = slice.get_mapped_range().map_err(|e| gone(e.to_string()))?;
        let numbers = bytemuck::cast_slice(&view).to_vec();
        drop(view);
        staging.unmap();
        Ok(numbers)
    }

    /// Gives the device up: programs on it fail from now on.
    pub fn close(&self) {
        self.device.destroy();
    }

    /// Why the device is gone, if it is, or what it failed at since this was last asked.
    pub(crate) fn lost(&self) -> Option<String> {
        let gone = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let why = gone.or(failed)?;
        let name = &self.info.name;
        Some(format!(
            "`{name}`: {why}. Start again, with smaller batches if it ran out of memory"
        ))
    }

    /// Whether the device is there.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn check(&self) -> Result<(), GpuError> {
        self.lost().map_or(Ok(()), |why| Err(GpuError(why)))
    }

    /// The pipeline of a shader that all programs share, where reals lie in so many banks.
    pub(crate) fn common(&self, of: Common, banks: usize) -> Result<wgpu::ComputePipeline, GpuError> {
        let mut known = self.common.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipeline) = known.get(&(of, banks)) {
            return Ok(pipeline.clone());
        }
        let missing = || GpuError(format!("the shader `{}` is missing", of.entry));
        let source = of.source(banks).ok_or_else(missing)?;
        let layout = self.layout(banks, of.writes_tables());
        let mut made = pipelines(&self.device, &layout, of.entry, &source, &[of.entry])?;
        let pipeline = made.pop().ok_or_else(missing)?;
        known.insert((of, banks), pipeline.clone());
        Ok(pipeline)
    }

    /// Compute pipelines for entry points of a module of WGSL, where reals lie in so many banks.
    pub(crate) fn pipelines(
        &self,
        name: &str,
        source: &str,
        entries: &[&str],
        banks: usize,
    ) -> Result<Vec<wgpu::ComputePipeline>, GpuError> {
        pipelines(&self.device, &self.layout(banks, false), name, source, entries)
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
