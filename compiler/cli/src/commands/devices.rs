//! `gdl devices`.

use crate::{Failure, Terminal};
use clap::Args;
use serde_json::json;

/// List the GPUs that `--backend wgsl` can run on, software devices included.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gdl devices
  gdl devices --json")]
pub struct Devices {
    /// One JSON object a device.
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let devices = gdl_gpu::devices();
        if devices.is_empty() && !self.json {
            return terminal
                .line("no device: install a Vulkan driver (on Debian `mesa-vulkan-drivers` brings a software one)");
        }
        for d in &devices {
            if self.json {
                terminal.object(&json!({
                    "number": d.number, "name": d.name, "backend": d.backend, "kind": d.kind, "driver": d.driver, "largest_array_bytes": d.largest_binding,
                }))?;
            } else {
                terminal.line(format!(
                    "{}  {} ({}, {}, {})",
                    d.number, d.name, d.kind, d.backend, d.driver
                ))?;
            }
        }
        Ok(())
    }
}
