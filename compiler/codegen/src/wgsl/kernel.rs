//! A kernel as a compute shader.

use super::value::Values;
use super::{env_of, spread};
use crate::loop_ir::{Array, BufferId, Home, Kernel, Loop, Program, Range, Space, Stmt, Touched};
use gdl_abi::shader::{Shader, WORKGROUP};
use gdl_core::ir::Fold;
use std::fmt::Write;

/// Parts of the model that a comment names at most.
const PARTS: usize = 5;

/// The function of kernel `number`, and what is known of it.
pub fn shader(values: &Values<'_>, number: usize, label: &dyn Fn(u32) -> Option<String>) -> (String, Shader) {
    let program = values.program;
    let kernel = &program.kernels[number];
    let (loops, body) = spread(kernel);
    let width: u32 = loops.iter().map(|(_, n)| *n).product();
    let mut e = Emitter {
        values,
        out: String::new(),
        depth: 1,
    };
    let entry = entry(kernel, number);
    e.comment(kernel, number, width, label);
    e.head(kernel, number, width, &entry);
    if kernel.folds.is_empty() {
        let mut rest = String::from("job");
        let mut inner = width;
        for (v, n) in &loops {
            inner /= n.max(&1);
            let at = if inner == 1 {
                format!("{rest} % {n}")
            } else {
                format!("({rest} / {inner}) % {n}")
            };
            e.line(&format!("let v{} = {at};", v.0));
        }
        if width > 1 {
            rest = format!("job / {width}");
        }
        e.line(&format!("let v0 = {rest};"));
        e.block(body);
    } else {
        e.line("for (var v0 = low; v0 < high; v0++) {");
        e.nested(body);
        e.line("}");
    }
    e.out.push_str("}\n");
    let folds = fold_len(program, kernel);
    (
        e.out,
        Shader {
            entry,
            width,
            team: 1,
            folds,
        },
    )
}

/// The name of a kernel's entry point: what it does, as far as WGSL allows, and its number.
fn entry(kernel: &Kernel, number: usize) -> String {
    format!("kernel_{number}_{}", kernel.name).replace("__", "_")
}

/// Elements of all arrays that the rows add to.
fn fold_len(program: &Program, kernel: &Kernel) -> u32 {
    kernel
        .folds
        .iter()
        .map(|b| program.buffers[b.0 as usize].row_len as u32)
        .sum()
}

struct Emitter<'a> {
    values: &'a Values<'a>,
    out: String,
    depth: usize,
}

impl Emitter<'_> {
    fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{:1$}{text}", "", 2 * self.depth);
    }

    /// What the kernel is, for reading.
    fn comment(&mut self, kernel: &Kernel, number: usize, width: u32, label: &dyn Fn(u32) -> Option<String>) {
        let mut parts: Vec<String> = Vec::new();
        for part in kernel.origins.iter().filter_map(|o| label(*o)) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let of = if parts.is_empty() { "" } else { " of " };
        let more = parts.len().saturating_sub(PARTS);
        parts.truncate(PARTS);
        if more > 0 {
            parts.push(format!("{more} more"));
        }
        let rows = match kernel.space {
            Space::Rows { dim, times: 1 } => format!("every row of d{}", dim.0),
            Space::Rows { dim, times } => format!("each of {times} parts of every row of d{}", dim.0),
            Space::Fixed(1) => "all".into(),
            Space::Fixed(n) => format!("each of {n} parts"),
        };
        let invocations = match (kernel.folds.is_empty(), width) {
            (false, _) => "every range of rows adds in a copy of its own".into(),
            (true, 1) => format!("one invocation for {rows}"),
            (true, n) => format!("{n} invocations for {rows}"),
        };
        self.depth = 0;
        let name = kernel.name.replace('_', " ");
        self.line(&format!(
            "// Kernel {number}: {name}{of}{}; {invocations}.",
            parts.join(", ")
        ));
    }

    /// Entry point, and where every array begins.
    fn head(&mut self, kernel: &Kernel, number: usize, width: u32, entry: &str) {
        let program = self.values.program;
        let env = env_of(program);
        let rows = env.kernel(number);
        self.depth = 0;
        self.line(&format!("@compute @workgroup_size({WORKGROUP})"));
        self.line(&format!(
            "fn {entry}(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{"
        ));
        self.depth = 1;
        self.line(&format!("let job = i32(id.x + id.y * groups.x * {WORKGROUP}u);"));
        if kernel.folds.is_empty() {
            let jobs = if width == 1 {
                format!("env[{rows}]")
            } else {
                format!("env[{rows}] * {width}")
            };
            self.line(&format!("if (job >= {jobs}) {{ return; }}"));
        } else {
            let len = fold_len(program, kernel);
            self.line("// A range of rows.");
            self.line(&format!("let parts = env[{}];", rows + 1));
            self.line("if (job >= parts) { return; }");
            self.line(&format!("let share = env[{rows}] / parts;"));
            self.line(&format!("let rest = env[{rows}] % parts;"));
            self.line("let low = job * share + min(job, rest);");
            self.line("let high = low + share + select(0, 1, job < rest);");
            self.line(&format!("let own = env[{}] + job * {len};", rows + 2));
            self.line(&format!("for (var k = 0; k < {len}; k++) {{ memory[own + k] = 0.0; }}"));
        }
        let mut touched = Touched::default();
        touched.block(&kernel.body);
        let mut at = 0;
        for b in &kernel.folds {
            let name = self.values.buffer(*b);
            self.line(&format!("let {name} = own + {at};"));
            at += program.buffers[b.0 as usize].row_len;
        }
        let mut buffers: Vec<BufferId> = touched
            .buffers
            .iter()
            .copied()
            .filter(|b| !kernel.folds.contains(b))
            .collect();
        buffers.sort_unstable();
        for b in buffers {
            let name = self.values.buffer(b);
            let note = match program.buffers[b.0 as usize].home {
                Home::Input(_) => " // input",
                Home::Param(_) => " // parameter",
                Home::Output(_) => " // output",
                Home::Const(_) => " // constant",
                Home::Temp | Home::Tile => "",
            };
            self.line(&format!("let {name} = env[{}];{note}", env.buffer(b)));
        }
        let mut tables: Vec<_> = touched.tables.to_vec();
        tables.sort_unstable();
        for t in tables {
            let name = self.values.table(t);
            self.line(&format!("let {name} = env[{}];", env.table(t)));
        }
        let mut sizes: Vec<_> = touched.sizes.to_vec();
        sizes.sort_unstable();
        for s in sizes {
            self.line(&format!(
                "let {} = env[{}]; // {}",
                self.values.size(s),
                env.size(s),
                program.sizes[s.0 as usize]
            ));
        }
        for (k, len) in kernel.locals.iter().enumerate() {
            self.line(&format!("var local{k}: array<f32, {}>;", len.max(&1)));
        }
    }

    fn nested(&mut self, block: &[Stmt]) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::For(l) => self.looped(l),
            Stmt::Def { reg, value } => {
                let value = self.values.expr(value);
                self.line(&format!("let r{} = {value};", reg.0));
            }
            Stmt::Start { acc, fold } => {
                let start = match fold {
                    Fold::Sum => "0.0",
                    Fold::Prod => "1.0",
                    Fold::Max => "bitcast<f32>(env[1])",
                    Fold::Min => "bitcast<f32>(env[0])",
                };
                self.line(&format!("var r{}: f32 = {start};", acc.0));
            }
            Stmt::Fold { acc, fold, value } => {
                let value = self.values.expr(value);
                let acc = format!("r{}", acc.0);
                let joined = self.values.joined(*fold, &acc, &value);
                self.line(&format!("{acc} = {joined};"));
            }
            Stmt::Store {
                array,
                index,
                value,
                fold,
            } => {
                let (value, at) = (self.values.expr(value), self.values.index(index));
                let place = match array {
                    Array::Buffer(b) => format!("memory[{} + {at}]", self.values.buffer(*b)),
                    Array::Local(k) => format!("local{k}[{at}]"),
                };
                match fold {
                    None => self.line(&format!("{place} = {value};")),
                    Some(fold) => {
                        let joined = self.values.joined(*fold, &place, &value);
                        self.line(&format!("{place} = {joined};"));
                    }
                }
            }
        }
    }

    fn looped(&mut self, l: &Loop) {
        let (low, high) = match &l.range {
            Range::Lit(n) => ("0".to_string(), n.to_string()),
            Range::Size(s) => ("0".to_string(), self.values.size(*s)),
            Range::Between(t, at) => (self.values.lookup(*t, at), self.values.lookup(*t, &at.shifted(1))),
        };
        let v = format!("v{}", l.var.0);
        self.line(&format!("for (var {v} = {low}; {v} < {high}; {v}++) {{"));
        self.nested(&l.body);
        self.line("}");
    }
}
