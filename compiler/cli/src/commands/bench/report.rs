//! What `gdl bench` says.

use super::Yardstick;
use super::measure::Timing;
use crate::{Failure, Terminal};
use gdl_codegen::loop_ir::Work;
use serde_json::{Value, json};

/// Steps are listed down to this share of the time.
const SHARE: f64 = 0.01;

/// What the machine can do.
pub(super) fn machine(limits: &[Yardstick], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if terminal.is_json() {
        return Ok(());
    }
    let width = limits.iter().map(|l| l.name.len()).max().unwrap_or(0).max(14);
    terminal.line(format!("{:<width$} f32 GFLOP/s  f64 GFLOP/s  memory GB/s", "machine"))?;
    for l in limits {
        let [single, double] = l.flops.map(|f| f.map_or("-".into(), |f| format!("{:.1}", f / 1e9)));
        terminal.line(format!(
            "{:<width$} {single:>11}  {double:>11}  {:11.1}",
            l.name,
            l.bandwidth / 1e9
        ))?;
    }
    Ok(())
}

fn total(timing: &Timing) -> Work {
    let mut all = Work::default();
    timing.steps.iter().for_each(|s| all += s.work);
    all
}

/// One program, as text.
pub(super) fn result(
    timing: &Timing,
    machine: &Yardstick,
    double: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if terminal.is_json() {
        return Ok(());
    }
    let (work, peak) = (total(timing), machine.peak(double));
    let samples = if timing.samples == 1 {
        String::new()
    } else {
        format!(" of {} samples", timing.samples)
    };
    terminal.line(format!(
        "\n{}, {}{samples}: {:.3} ms (median {:.3} of {} calls), compiled in {:.0} ms",
        timing.name,
        timing.part,
        timing.best * 1e3,
        timing.median * 1e3,
        timing.calls,
        timing.compile.as_secs_f64() * 1e3,
    ))?;
    terminal.line(format!(
        "  {:.3} GFLOP: {:.1} GFLOP/s, {} of the peak;  {:.1} MB: {:.1} GB/s, {} of the bandwidth;  {}",
        work.flops / 1e9,
        work.flops / timing.best / 1e9,
        percent(work.flops / timing.best / peak),
        work.bytes / 1e6,
        work.bytes / timing.best / 1e9,
        percent(work.bytes / timing.best / machine.bandwidth),
        machine.name,
    ))?;
    terminal.line("        ms   share  GFLOP/s  of peak     GB/s  step")?;
    let all: f64 = timing.steps.iter().map(|s| s.seconds).sum();
    let mut steps: Vec<_> = timing.steps.iter().filter(|s| s.seconds >= SHARE * all).collect();
    steps.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    for s in steps {
        terminal.line(format!(
            "  {:8.3} {:>7}  {:7.1}  {:>7}  {:7.1}  {}",
            s.seconds * 1e3,
            percent(s.seconds / all),
            s.work.flops / s.seconds / 1e9,
            percent(s.work.flops / s.seconds / peak),
            s.work.bytes / s.seconds / 1e9,
            s.name,
        ))?;
    }
    Ok(())
}

fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

/// Everything, as one object.
pub(super) fn json(limits: &[Yardstick], results: &[Timing], double: bool) -> Value {
    let machine = &limits[limits.len() - 1];
    let peak = machine.peak(double);
    let rates = |work: Work, seconds: f64| {
        json!({
            "ms": seconds * 1e3,
            "flops": work.flops,
            "bytes": work.bytes,
            "gflops_per_s": work.flops / seconds / 1e9,
            "of_peak": work.flops / seconds / peak,
            "gb_per_s": work.bytes / seconds / 1e9,
            "of_bandwidth": work.bytes / seconds / machine.bandwidth,
        })
    };
    let machine_json = |l: &Yardstick| {
        json!({
            "name": l.name,
            "f32_gflops_per_s": l.flops[0].map(|f| f / 1e9),
            "f64_gflops_per_s": l.flops[1].map(|f| f / 1e9),
            "gb_per_s": l.bandwidth / 1e9,
        })
    };
    let result_json = |t: &Timing| {
        let mut all = rates(total(t), t.best);
        let sum: f64 = t.steps.iter().map(|s| s.seconds).sum();
        let steps: Vec<Value> = t
            .steps
            .iter()
            .map(|s| {
                let mut step = rates(s.work, s.seconds);
                step["name"] = json!(s.name);
                step["share"] = json!(s.seconds / sum);
                step
            })
            .collect();
        all["name"] = json!(t.name);
        all["part"] = json!(t.part);
        all["samples"] = json!(t.samples);
        all["median_ms"] = json!(t.median * 1e3);
        all["calls"] = json!(t.calls);
        all["compile_ms"] = json!(t.compile.as_secs_f64() * 1e3);
        all["steps"] = Value::Array(steps);
        all
    };
    json!({
        "machine": limits.iter().map(machine_json).collect::<Vec<_>>(),
        "dtype": if double { "f64" } else { "f32" },
        "on": machine.name,
        "results": results.iter().map(result_json).collect::<Vec<_>>(),
    })
}
