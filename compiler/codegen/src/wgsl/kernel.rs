//! A kernel as a compute shader.

use super::fuse::fused;
use super::share::{self, Part, Shared};
use super::value::Values;
use super::{env_of, lookups};
use crate::loop_ir::{Array, BufferId, Home, Index, Kernel, Loop, Program, Reg, Space, Stmt, Touched, Var};
use gdl_abi::shader::{Shader, WORKGROUP};
use gdl_core::ir::Fold;
use std::fmt::Write;

/// The row variable of every kernel.
const ROW: Var = Var(0);
/// Parts of the model that a comment names at most.
const PARTS: usize = 5;

/// Who computes a kernel.
enum By<'a> {
    /// An invocation every iteration of some loops in every row.
    Element(Vec<(Var, u32)>, &'a [Stmt]),
    /// A workgroup every row, or range of rows.
    Team(Shared<'a>),
    /// An invocation every row, or range of rows.
    Row,
}

impl By<'_> {
    fn of(kernel: &Kernel) -> By<'_> {
        let shared = share::shared(kernel);
        let slices = |s: &Shared<'_>| {
            s.parts
                .iter()
                .any(|p| matches!(p, Part::Sliced { .. } | Part::Folded { .. }))
        };
        let (loops, body) = share::independent_loops(&kernel.body);
        if !loops.is_empty() && kernel.folds.is_empty() && !shared.as_ref().is_some_and(slices) {
            return By::Element(loops, body);
        }
        shared.map_or(By::Row, By::Team)
    }
}

/// The function of kernel `number`, and what is known of it.
pub fn shader(values: &Values<'_>, number: usize, label: &dyn Fn(u32) -> Option<String>) -> (String, Shader) {
    let program = values.program;
    let kernel = &fused(&program.kernels[number]);
    let by = By::of(kernel);
    let (width, team) = match &by {
        By::Element(loops, _) => (share::product(loops), 1),
        By::Team(shared) => (1, shared.team),
        By::Row => (1, 1),
    };
    *values.prefix.borrow_mut() = match by {
        By::Team(_) => format!("k{number}_"),
        _ => String::new(),
    };
    values.copied.borrow_mut().clone_from(&kernel.folds);
    let mut e = Emitter::new(values);
    let entry = entry(kernel, number);
    e.comment(kernel, number, width, team, label);
    let times = |local: u32| match &by {
        By::Team(shared) => share::times(&shared.parts, local),
        By::Element(..) | By::Row => 1,
    };
    e.head(kernel, number, (width, team), &entry, &times);
    if kernel.folds.is_empty() {
        match &by {
            By::Element(loops, body) => {
                let mut all = vec![(ROW, 1)];
                all.extend(loops);
                e.split(&all, "job");
                let vars: Vec<Var> = all.iter().map(|(v, _)| *v).collect();
                let mark = e.enter(&vars, body);
                e.block(body);
                e.leave(mark);
            }
            By::Team(shared) => {
                e.line("let v0 = job;");
                let mark = e.enter(&[ROW], &kernel.body);
                e.shared(kernel, &shared.parts, team);
                e.leave(mark);
            }
            By::Row => {
                e.line("let v0 = job;");
                let mark = e.enter(&[ROW], &kernel.body);
                e.block(&kernel.body);
                e.leave(mark);
            }
        }
    } else {
        match by {
            By::Team(shared) => {
                let rows = Part::Around {
                    of: None,
                    body: shared.parts,
                };
                e.shared(kernel, &[rows], team);
            }
            By::Element(..) | By::Row => {
                e.open_rows();
                e.nested_in(&[ROW], &kernel.body);
                e.line("}");
            }
        }
    }
    e.out.push_str("}\n");
    let folds = fold_len(program, kernel);
    let shader = Shader {
        entry,
        width,
        team,
        folds,
        product: None,
    };
    (e.out, shader)
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

/// Writes a kernel.
pub struct Emitter<'a> {
    pub values: &'a Values<'a>,
    pub out: String,
    pub depth: usize,
    /// Accumulators of which every invocation of a workgroup has a part.
    pub own: Vec<Reg>,
    /// Elements that are added to in registers, and their names there.
    pub kept: Vec<(Array, Index, String)>,
    /// Variables that are known here.
    pub known: Vec<Var>,
    /// Names given to entries of tables.
    pub names: usize,
}

impl<'a> Emitter<'a> {
    /// An empty text.
    pub fn new(values: &'a Values<'a>) -> Emitter<'a> {
        Emitter {
            values,
            out: String::new(),
            depth: 1,
            own: Vec::new(),
            kept: Vec::new(),
            known: Vec::new(),
            names: 0,
        }
    }
}

impl Emitter<'_> {
    pub fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "{:1$}{text}", "", 2 * self.depth);
    }

    /// What the kernel is, for reading.
    fn comment(
        &mut self,
        kernel: &Kernel,
        number: usize,
        width: u32,
        team: u32,
        label: &dyn Fn(u32) -> Option<String>,
    ) {
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
            (false, _) if team > 1 => "a workgroup adds every range of rows in a copy of its own".into(),
            (false, _) => "every range of rows adds in a copy of its own".into(),
            (true, _) if team > 1 => format!("a workgroup for {rows}"),
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

    /// Entry point, and where every array begins; `times` says how many of a local array a workgroup has.
    fn head(
        &mut self,
        kernel: &Kernel,
        number: usize,
        (width, team): (u32, u32),
        entry: &str,
        times: &dyn Fn(u32) -> u32,
    ) {
        let program = self.values.program;
        let env = env_of(program);
        let rows = env.kernel(number);
        self.depth = 0;
        if team > 1 {
            for (k, local) in (0..).zip(&kernel.locals) {
                let (name, len) = (self.values.local(k), times(k) * local.len.max(1));
                self.line(&format!("var<workgroup> {name}: array<f32, {len}>;"));
            }
            self.line(&format!("@compute @workgroup_size({team})"));
            self.line(&format!(
                "fn {entry}(own: Own, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{"
            ));
            self.depth = 1;
            self.line("let lane = i32(own.lane);");
            self.line("let job = i32(group.x + group.y * groups.x);");
        } else {
            self.line(&format!("@compute @workgroup_size({WORKGROUP})"));
            self.line(&format!(
                "fn {entry}(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {{"
            ));
            self.depth = 1;
            self.line(&format!("let job = i32(id.x + id.y * groups.x * {WORKGROUP}u);"));
        }
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
            self.line(&format!("let copies = env[{}] + job * {len};", rows + 2));
            if team > 1 {
                self.line(&format!(
                    "for (var k = lane; k < {len}; k += {team}) {{ memory[copies + k] = 0.0; }}"
                ));
                self.line("storageBarrier();");
            } else {
                self.line(&format!(
                    "for (var k = 0; k < {len}; k++) {{ memory[copies + k] = 0.0; }}"
                ));
            }
        }
        let mut at = 0;
        for b in &kernel.folds {
            let name = self.values.buffer(*b);
            self.line(&format!("let {name} = copies + {at};"));
            at += program.buffers[b.0 as usize].row_len;
        }
        for (name, word, note) in self.places(kernel) {
            self.line(&format!("let {name} = env[{word}];{note}"));
        }
        if team == 1 {
            for (k, local) in (0..).zip(&kernel.locals) {
                let name = self.values.local(k);
                self.line(&format!("var {name}: array<f32, {}>;", local.len.max(1)));
            }
        }
    }

    /// What the kernel reads of `env`: the names of where arrays whose place depends on the batch and tables begin and of sizes, the words that say them, and what they are.
    pub fn places(&self, kernel: &Kernel) -> Vec<(String, usize, String)> {
        let program = self.values.program;
        let env = env_of(program);
        let mut touched = Touched::default();
        touched.block(&kernel.body);
        let mut buffers: Vec<BufferId> = touched
            .buffers
            .iter()
            .copied()
            .filter(|b| !kernel.folds.contains(b) && !self.values.is_lasting(*b))
            .collect();
        buffers.sort_unstable();
        touched.tables.sort_unstable();
        touched.sizes.sort_unstable();
        let note = |b: BufferId| match program.buffers[b.0 as usize].home {
            Home::Input(_) => " // input",
            Home::Output(_) => " // output",
            Home::Param(_) | Home::Const(_) | Home::Temp | Home::Tile => "",
        };
        let buffers = buffers
            .into_iter()
            .map(|b| (self.values.buffer(b), env.buffer(b), note(b).to_string()));
        let tables = touched
            .tables
            .iter()
            .map(|t| (self.values.table(*t), env.table(*t), String::new()));
        let sizes = touched.sizes.iter().map(|s| {
            let note = format!(" // {}", program.sizes[s.0 as usize]);
            (self.values.size(*s), env.size(*s), note)
        });
        buffers.chain(tables).chain(sizes).collect()
    }

    pub fn nested(&mut self, block: &[Stmt]) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    /// As `nested`, in loops over these variables.
    pub fn nested_in(&mut self, vars: &[Var], block: &[Stmt]) {
        self.depth += 1;
        let mark = self.enter(vars, block);
        self.block(block);
        self.leave(mark);
        self.depth -= 1;
    }

    /// Variables are known from here on: entries of tables that depend on them and are read more than once are read now.
    pub fn enter(&mut self, vars: &[Var], block: &[Stmt]) -> (usize, usize) {
        let mark = (self.known.len(), self.values.entries.borrow().len());
        for entry in lookups::shared(block, &self.known, vars) {
            let name = format!("at{}", self.names);
            self.names += 1;
            let value = self.values.lookup(entry.0, &entry.1);
            self.line(&format!("let {name} = {value};"));
            self.values.entries.borrow_mut().push((entry, name));
        }
        self.known.extend(vars);
        mark
    }

    /// The end of [`Emitter::enter`].
    pub fn leave(&mut self, (known, entries): (usize, usize)) {
        self.known.truncate(known);
        self.values.entries.borrow_mut().truncate(entries);
    }

    pub fn block(&mut self, block: &[Stmt]) {
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
                let start = identity(*fold);
                self.line(&format!("var r{}: f32 = {start};", acc.0));
            }
            Stmt::Fold { acc, fold, value } => {
                let value = self.values.expr(value);
                let acc = if self.own.contains(acc) {
                    format!("own{}", acc.0)
                } else {
                    format!("r{}", acc.0)
                };
                let joined = self.values.joined(*fold, &acc, &value);
                self.line(&format!("{acc} = {joined};"));
            }
            Stmt::Store {
                array,
                index,
                value,
                fold,
            } => {
                let value = self.values.expr(value);
                let kept = self.kept.iter().find(|(a, at, _)| a == array && at == index);
                let place = match kept {
                    Some((.., name)) => name.clone(),
                    None => self.values.element(*array, index),
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
        self.open_loop(l, "0", "1");
        self.nested_in(&[l.var], &l.body);
        self.line("}");
    }
}

/// The value of a fold over nothing.
pub fn identity(fold: Fold) -> &'static str {
    match fold {
        Fold::Sum => "0.0",
        Fold::Prod => "1.0",
        Fold::Max => "bitcast<f32>(env[1])",
        Fold::Min => "bitcast<f32>(env[0])",
    }
}
