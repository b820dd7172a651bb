//! Kernels that workgroups compute, a row each, as WGSL.

use super::folds::AllFold;
use super::kernel::{Emitter, identity};
use super::rounds::Stage;
use super::share::{Access, Part, product};
use crate::loop_ir::{Array, Kernel, Loop, Range, Reg, Stmt, Var};
use gdl_core::ir::Fold;

impl Emitter<'_> {
    /// The body of a kernel, for one row.
    pub fn shared(&mut self, kernel: &Kernel, parts: &[Part<'_>], team: u32) {
        // Nothing waits for arrays that nobody reads, unless several parts add to the same.
        let written = kernel.writes();
        let ignored = |a: Array| match a {
            Array::Buffer(b) => !written.contains(&b) || (kernel.folds.contains(&b) && adders(parts, a) < 2),
            Array::Local(_) => false,
        };
        let mut open = Access::default();
        self.parts(kernel, parts, team, &ignored, &mut open);
    }

    /// Parts, after what has been done since invocations have waited for each other.
    fn parts(
        &mut self,
        kernel: &Kernel,
        parts: &[Part<'_>],
        team: u32,
        ignored: &dyn Fn(Array) -> bool,
        open: &mut Access,
    ) {
        for part in parts {
            let access = Access::of(part, ignored);
            if let Part::Around { .. } | Part::Rounds(_) = part {
                // What a round leaves open meets the next round; without rounds, all that was open still is.
                let before = open.clone();
                open.join(&access);
                match part {
                    Part::Rounds(r) => self.rounds(r, team, ignored, open),
                    Part::Around { of, body } => self.around(kernel, *of, body, team, ignored, open),
                    _ => {}
                }
                open.join(&before);
                open.join(&access);
                continue;
            }
            if open.conflicts(&access) {
                self.wait(open);
                *open = Access::default();
            }
            match part {
                Part::Same(stmt) => self.block(std::slice::from_ref(*stmt)),
                Part::Once(stmt) => {
                    self.line("if (lane == 0) {");
                    self.nested(std::slice::from_ref(*stmt));
                    self.line("}");
                }
                Part::Spread { loops, body } => self.spread(loops, body, team),
                Part::Sliced {
                    loops,
                    acc,
                    fold,
                    terms,
                    store,
                } => self.sliced(loops, (*acc, *fold), terms, store, team),
                Part::Folded { of, accs } => self.folded(of, accs, team),
                Part::Around { .. } | Part::Rounds(_) => {}
            }
            open.join(&access);
        }
    }

    /// All go around together.
    fn around(
        &mut self,
        kernel: &Kernel,
        of: Option<&Loop>,
        body: &[Part<'_>],
        team: u32,
        ignored: &dyn Fn(Array) -> bool,
        open: &mut Access,
    ) {
        match of {
            Some(l) => self.open_loop(l, "0", "1"),
            None => self.open_rows(),
        }
        self.depth += 1;
        let mark = match of {
            Some(l) => self.enter(&[l.var], &l.body),
            None => self.enter(&[Var(0)], &kernel.body),
        };
        self.parts(kernel, body, team, ignored, open);
        self.leave(mark);
        self.depth -= 1;
        self.line("}");
    }

    /// All invocations of the workgroup wait for each other, and see what the others have stored.
    pub fn wait(&mut self, open: &Access) {
        let mut all = open.reads.iter().chain(&open.writes);
        if all.clone().any(|t| matches!(t.array, Array::Buffer(_))) {
            self.line("storageBarrier();");
        }
        if all.any(|t| matches!(t.array, Array::Local(_))) {
            self.line("workgroupBarrier();");
        }
    }

    fn spread(&mut self, loops: &[(Var, u32)], body: &[Stmt], team: u32) {
        self.open_spread(loops, team);
        let vars: Vec<Var> = loops.iter().map(|(v, _)| *v).collect();
        let mark = self.enter(&vars, body);
        self.block(body);
        self.leave(mark);
        self.depth -= 1;
        self.line("}");
    }

    /// The head of what every iteration of some loops is done by one invocation in.
    pub fn open_spread(&mut self, loops: &[(Var, u32)], team: u32) {
        let n = product(loops);
        let k = match loops {
            [(v, _)] => format!("v{}", v.0),
            _ => "k".to_string(),
        };
        if n <= team {
            let guard = if n == team {
                "{".to_string()
            } else {
                format!("if (lane < {n}) {{")
            };
            self.line(&guard);
            self.depth += 1;
            self.line(&format!("let {k} = lane;"));
        } else {
            self.line(&format!("for (var {k} = lane; {k} < {n}; {k} += {team}) {{"));
            self.depth += 1;
        }
        if loops.len() > 1 {
            self.split(loops, &k);
        }
    }

    /// The variables of loops, from the number of an iteration.
    pub fn split(&mut self, loops: &[(Var, u32)], k: &str) {
        let mut inner = product(loops);
        for (j, (v, n)) in loops.iter().enumerate() {
            inner /= n.max(&1);
            let upper = match inner {
                1 => k.to_string(),
                _ => format!("{k} / {inner}"),
            };
            let at = match (j, inner) {
                (0, _) => upper,
                (_, 1) => format!("{upper} % {n}"),
                _ => format!("({upper}) % {n}"),
            };
            self.line(&format!("let v{} = {at};", v.0));
        }
    }

    fn sliced(&mut self, loops: &[(Var, u32)], (acc, fold): (Reg, Fold), terms: &Loop, store: &Stmt, team: u32) {
        let n = product(loops);
        let columns = n.next_power_of_two();
        let slices = team / columns;
        let all = self.values.all(AllFold { fold, team, columns });
        let r = format!("r{}", acc.0);
        self.line(&format!("// {slices} invocations share the terms of an element."));
        self.line("{");
        self.depth += 1;
        let start = identity(fold);
        self.line(&format!("let k = lane % {columns};"));
        self.line(&format!("var {r}: f32 = {start};"));
        self.line(&format!("if (k < {n}) {{"));
        self.depth += 1;
        self.split(loops, "k");
        self.open_loop(terms, &format!("lane / {columns}"), &slices.to_string());
        self.nested_in(&[terms.var], &terms.body);
        self.line("}");
        self.depth -= 1;
        self.line("}");
        self.line(&format!("{r} = {all}(own, {r});"));
        self.line(&format!("if (lane < {n}) {{"));
        self.depth += 1;
        self.split(loops, "k");
        self.block(std::slice::from_ref(store));
        self.depth -= 1;
        self.line("}");
        self.depth -= 1;
        self.line("}");
    }

    fn folded(&mut self, of: &Loop, accs: &[(Reg, Fold)], team: u32) {
        self.line("{");
        self.depth += 1;
        for (acc, fold) in accs {
            let start = identity(*fold);
            self.line(&format!("var own{}: f32 = {start};", acc.0));
        }
        self.own = accs.iter().map(|(acc, _)| *acc).collect();
        self.open_loop(of, "lane", &team.to_string());
        self.nested_in(&[of.var], &of.body);
        self.line("}");
        self.own.clear();
        for &(acc, fold) in accs {
            let all = self.values.all(AllFold { fold, team, columns: 1 });
            let (r, own) = (format!("r{}", acc.0), format!("{all}(own, own{})", acc.0));
            let joined = self.values.joined(fold, &r, &own);
            self.line(&format!("{r} = {joined};"));
        }
        self.depth -= 1;
        self.line("}");
    }

    /// Where a range begins and ends.
    pub fn bounds(&self, range: &Range) -> (String, String) {
        match range {
            Range::Lit(n) => ("0".to_string(), n.to_string()),
            Range::Size(s) => ("0".to_string(), self.values.size(*s)),
            Range::Between(t, at) => (self.values.lookup(*t, at), self.values.lookup(*t, &at.shifted(1))),
        }
    }

    /// The head of the loop over a range of rows.
    pub fn open_rows(&mut self) {
        self.line("for (var v0 = low; v0 < high; v0++) {");
    }

    /// The head of a loop from `first` places after its start, by steps of `step`.
    pub fn open_loop(&mut self, l: &Loop, first: &str, step: &str) {
        let (low, high) = self.bounds(&l.range);
        let v = format!("v{}", l.var.0);
        let low = match (low.as_str(), first) {
            (_, "0") => low,
            ("0", _) => first.to_string(),
            _ => format!("{low} + {first}"),
        };
        let next = if step == "1" {
            format!("{v}++")
        } else {
            format!("{v} += {step}")
        };
        self.line(&format!("for (var {v} = {low}; {v} < {high}; {next}) {{"));
    }
}

/// How many parts store to an array.
fn adders(parts: &[Part<'_>], array: Array) -> usize {
    let of = |p: &Part<'_>| match p {
        Part::Around { body, .. } => adders(body, array),
        Part::Rounds(r) => {
            let adds = |s: &&Stage<'_>| {
                Access::of_stage(r, s, &|_| false)
                    .writes
                    .iter()
                    .any(|t| t.array == array)
            };
            r.stages.iter().filter(adds).count()
        }
        _ => usize::from(Access::of(p, &|_| false).writes.iter().any(|t| t.array == array)),
    };
    parts.iter().map(of).sum()
}
