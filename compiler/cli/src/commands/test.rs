//! `gdl test`: the `test` items of programs.

use crate::report::{Report, Style};
use crate::session::backend::Engine;
use crate::session::programs::{self, bound, call};
use crate::session::scene::{Compiled, Trouble};
use crate::source::{self, Source};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_abi::DoorSizes;
use gdl_core::certify::Rng;
use gdl_core::certify::numeric::{VerifyOptions, random_batches, verify};
use gdl_core::check::{EquivarianceTest, check_equivariance_test, check_statements};
use gdl_core::diag::Diagnostic;
use gdl_core::lower;
use gdl_core::modules::Program;
use gdl_core::scene::{Claim, Run};
use gdl_core::typed::Model;
use gdl_host::params::Params;
use gdl_runtime::Array;
use gdl_syntax::ast::{BinOp, Item, ItemKind, Span, Test as TestItem, TestPart};
use gdl_syntax::print::print_expr;
use serde_json::json;
use std::path::PathBuf;

/// Run the tests of programs.
#[derive(Debug, Args)]
#[command(
    after_help = "`test \"title\" { … }` must be accepted, and every expression in it must hold. `test \"title\" rejects GDL0104 { … }`
must be rejected with this code and no other. `test equivariant(M, f32, 1e-5)` compiles a model and applies
random group elements. The items of the file can be used in a test. Statements run in double precision.

Examples:
  gdl test model.gdl
  gdl test examples/*/*.gdl --json"
)]
pub struct Test {
    /// Programs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a test.
    #[arg(long)]
    json: bool,
}

/// How often statements with random inputs are run, with other weights each time.
const DRAWS: u64 = 8;
/// How often a model is tested with other weights.
const WEIGHTS: u64 = 2;

/// Why a test failed.
struct Failed {
    reason: String,
    /// What the checker says, if that is it.
    diagnostics: Vec<Diagnostic>,
}

impl From<String> for Failed {
    fn from(reason: String) -> Failed {
        Failed {
            reason,
            diagnostics: Vec::new(),
        }
    }
}

impl From<Failure> for Failed {
    fn from(f: Failure) -> Failed {
        match f {
            Failure::Error { message, .. } | Failure::Usage { message, .. } => message.into(),
            Failure::Reported | Failure::Interrupted => "it did not run".to_string().into(),
        }
    }
}

impl From<Box<Diagnostic>> for Failed {
    fn from(d: Box<Diagnostic>) -> Failed {
        rejected(vec![*d])
    }
}

impl From<Trouble> for Failed {
    fn from(t: Trouble) -> Failed {
        match t {
            Trouble::Program(d) => d.into(),
            Trouble::Other(f) => f.into(),
        }
    }
}

impl Test {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (mut passed, mut failed) = (0, 0);
        for file in &self.files {
            let source = Source::read(file, &[])?;
            if terminal.report(&source.program, &source.diagnostics)? {
                failed += 1;
                continue;
            }
            let text = source::text(file)?;
            let items = &source.program.modules[source.program.root()].ast.items;
            for item in items {
                let ItemKind::Test(test) = &item.kind else { continue };
                let title = match test {
                    TestItem::Expr(e) => print_expr(e),
                    TestItem::Block { title, .. } => title.clone(),
                };
                let mut alone = Source::parse(source.path(), &alone(&text, items, item, test), &[]);
                let root = alone.program.root();
                alone.program.modules[root].text.clone_from(&text);
                let outcome = judge(&alone, test, item.span);
                let (word, colour) = if outcome.is_ok() {
                    passed += 1;
                    ("passed", "32")
                } else {
                    failed += 1;
                    ("failed", "31")
                };
                let why = outcome.err();
                let reason = why.as_ref().map(|w| &w.reason);
                if self.json {
                    let line = line_of(&text, item.span.start);
                    let shown = why.iter().flat_map(|w| &w.diagnostics);
                    let shown: Vec<_> = shown.map(|d| Report::new(&alone.program, d).json()).collect();
                    terminal.object(&json!({ "file": source.path(), "test": title, "line": line, "result": word, "reason": reason, "diagnostics": shown }))?;
                    continue;
                }
                let word = if terminal.style() == Style::Colour {
                    format!("\x1b[{colour}m{word}\x1b[0m")
                } else {
                    word.to_string()
                };
                let reason = reason.map_or(String::new(), |w| format!(": {w}"));
                terminal.line(format!("{word}  {title}{reason}"))?;
                if let Some(why) = why {
                    terminal.report(&alone.program, &why.diagnostics)?;
                }
            }
        }
        terminal.say(format!("{passed} passed, {failed} failed"))?;
        if failed > 0 { Err(Failure::Reported) } else { Ok(()) }
    }
}

/// The file's text with blanks for all tests and trainings but the items of this test, so that places stay what they are.
fn alone(text: &str, items: &[Item], item: &Item, test: &TestItem) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |from: u32, to: u32| {
        for b in bytes
            .iter_mut()
            .take(to as usize)
            .skip(from as usize)
            .filter(|b| **b != b'\n')
        {
            *b = b' ';
        }
    };
    for other in items {
        if matches!(other.kind, ItemKind::Test(_) | ItemKind::Train(_)) && other.span != item.span {
            blank(other.span.start, other.span.end);
        }
    }
    let mut at = item.span.start;
    if let TestItem::Block { body, .. } = test {
        for part in body {
            if let TestPart::Item(i) = part {
                blank(at, i.span.start);
                at = i.span.end;
            }
        }
    }
    blank(at, item.span.end);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Runs a test; `source` is the program around it, with the items of the test among its own.
fn judge(source: &Source, test: &TestItem, span: Span) -> Result<(), Failed> {
    let (program, root) = (&source.program, source.program.root());
    let (under, rejects, body) = match test {
        TestItem::Expr(e) => {
            return match check_equivariance_test(program, root, e) {
                (Some(t), _) => equivariant(&t),
                (None, found) => Err(rejected(found)),
            };
        }
        TestItem::Block {
            under, rejects, body, ..
        } => (under, rejects, body),
    };
    let inside = |d: &Diagnostic| {
        d.labels
            .iter()
            .any(|l| l.span.start >= span.start && l.span.end <= span.end && l.span.file == program.root_file())
    };
    let mut found: Vec<Diagnostic> = Vec::new();
    if body.iter().any(|p| matches!(p, TestPart::Item(_))) {
        found.extend(source.check().1.into_iter().filter(inside));
    }
    let mut run = None;
    if body.iter().any(|p| matches!(p, TestPart::Stmt(_))) {
        let (ran, more) = check_statements(program, root, under.as_ref(), body);
        (run, found) = (ran, [found, more].concat());
    }
    found.retain(Diagnostic::is_error);
    match rejects.as_ref().map(|r| r.name.as_str()) {
        None if !found.is_empty() => Err(rejected(found)),
        None => run.map_or(Ok(()), |run| holds(program, &run)),
        Some(code) if found.is_empty() => Err(format!("it is accepted; {code} was expected").into()),
        Some(code) if found.iter().all(|d| d.code == code) => Ok(()),
        Some(code) => {
            let mut why = rejected(found);
            why.reason = format!("{}; {code} was expected", why.reason);
            Err(why)
        }
    }
}

/// It is rejected, which was not expected.
fn rejected(mut diagnostics: Vec<Diagnostic>) -> Failed {
    diagnostics.retain(Diagnostic::is_error);
    let list: Vec<String> = diagnostics
        .iter()
        .map(|d| format!("{} ({})", d.code, d.title))
        .collect();
    Failed {
        reason: format!("it is rejected with {}", list.join("; ")),
        diagnostics,
    }
}

/// Compiles a model and applies random group elements to random inputs, with random weights.
fn equivariant(t: &EquivarianceTest) -> Result<(), Failed> {
    let lowered = lower::lower_model(&t.model)?;
    let engine = Engine::cranelift(t.double, None);
    let program = engine.load(&lowered.func)?;
    for seed in 1..=WEIGHTS {
        let mut params = Params::init(program.signature(), &programs::specs(&lowered.params), seed, t.double)
            .map_err(Failure::from)?;
        // What starts at a constant is learned too.
        let mut rng = Rng::new(seed);
        for array in &mut params.arrays_mut()[..lowered.learned] {
            shake(array, &mut rng);
        }
        let batches = random_batches(&t.model, &lowered.func, seed)?;
        let mut bound = bound(program.as_ref(), &params)?;
        let mut run = |door: &DoorSizes, inputs: &[Vec<f64>]| call(program.as_ref(), bound.as_mut(), door, inputs);
        let options = VerifyOptions {
            seed,
            double: t.double,
            ..VerifyOptions::default()
        };
        let report = verify(&t.model, &lowered.func, &mut run, &batches, &options)?;
        let error = report.error();
        if error.is_nan() || error > t.bound {
            let worst = |errors: &[(String, f64)]| errors.iter().map(|e| e.1).fold(0.0, f64::max);
            let row = report
                .rows
                .iter()
                .max_by(|a, b| worst(&a.errors).total_cmp(&worst(&b.errors)));
            let element = row.map_or(String::new(), |r| format!(" ({}, {})", r.factor, r.worst));
            return Err(format!("the relative error is {error:.1e}, more than {:.1e}{element}", t.bound).into());
        }
    }
    Ok(())
}

fn shake(array: &mut Array, rng: &mut Rng) {
    match array {
        Array::F32(list) => list.iter_mut().for_each(|x| *x += 0.1 * rng.normal() as f32),
        Array::F64(list) => list.iter_mut().for_each(|x| *x += 0.1 * rng.normal()),
        Array::Class(_) => {}
    }
}

/// Runs statements; every claim must hold for every draw.
fn holds(program: &Program, run: &Run) -> Result<(), Failed> {
    let engine = Engine::cranelift(true, Some(1));
    let compiled = Compiled::new(run, &engine)?;
    let draws = if compiled.is_random() { DRAWS } else { 1 };
    for seed in 1..=draws {
        let arrays = compiled.outputs(seed)?;
        for (span, claim) in &run.claims {
            if let Err(why) = claimed(claim, &run.model, &arrays) {
                let text = &program.modules[program.root()].text;
                return Err(format!("line {}: {why}", line_of(text, span.start)).into());
            }
        }
    }
    Ok(())
}

fn line_of(text: &str, at: u32) -> usize {
    text.bytes().take(at as usize).filter(|b| *b == b'\n').count() + 1
}

/// Whether a claim holds, or an entry that shows that it does not.
fn claimed(claim: &Claim, model: &Model, arrays: &[Vec<f64>]) -> Result<(), String> {
    match claim {
        Claim::Known(true) => Ok(()),
        Claim::Known(false) => Err("this does not hold".into()),
        Claim::Not(inner) => match claimed(inner, model, arrays) {
            Err(_) => Ok(()),
            Ok(()) => Err("this holds, but should not".into()),
        },
        Claim::And(a, b) => claimed(a, model, arrays).and_then(|()| claimed(b, model, arrays)),
        Claim::Or(a, b) => claimed(a, model, arrays).or_else(|_| claimed(b, model, arrays)),
        Claim::Compare {
            op,
            left,
            right,
            tolerance,
        } => {
            let (a, b) = (&arrays[*left], &arrays[*right]);
            let scale = a.iter().chain(b).fold(1.0, |m: f64, x| m.max(x.abs()));
            let near = |x: f64, y: f64| x == y || (x - y).abs() <= tolerance * scale;
            let fits = |(x, y): (&f64, &f64)| match op {
                BinOp::Eq => near(*x, *y),
                BinOp::Lt => x < y,
                BinOp::Le => x <= y,
                BinOp::Gt => x > y,
                _ => x >= y,
            };
            if *op == BinOp::Ne {
                let differ = a.iter().zip(b).any(|(x, y)| !near(*x, *y));
                return if differ {
                    Ok(())
                } else {
                    Err("the two sides are equal".into())
                };
            }
            match a.iter().zip(b).position(|pair| !fits(pair)) {
                None => Ok(()),
                Some(k) => {
                    let place = place(model, *left, a.len(), k);
                    Err(format!("{}{} {} {} does not hold", place, a[k], op.sign(), b[k]))
                }
            }
        }
    }
}

/// Which entry of an output a number is: `at 2, component 1: `.
fn place(model: &Model, output: usize, len: usize, k: usize) -> String {
    let ty = &model.node(model.outputs[output].1).ty;
    let width = match &ty.elem {
        gdl_core::types::Elem::Rep(r) => gdl_core::lower::reps::concrete(model, r).map_or(1, |(_, r)| r.dim()),
        gdl_core::types::Elem::Point(d) => d.value().map_or(1, |d| d as usize),
        gdl_core::types::Elem::Index(set) => set.labels().unwrap_or(1) as usize,
    }
    .max(1);
    let at = if len > width {
        format!("at {}", k / width)
    } else {
        String::new()
    };
    let component = if width > 1 {
        format!("component {}", k % width)
    } else {
        String::new()
    };
    match (at.is_empty(), component.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("{at}: "),
        (true, false) => format!("{component}: "),
        _ => format!("{at}, {component}: "),
    }
}
