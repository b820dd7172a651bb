//! What is fuzzed: functions of any bytes that must come back. `tests/fuzz` has a target for each, and the test `fuzz` replays its corpus.

use gdl_abi::{ArrayDecl, Dtype, Signature};
use gdl_capi::{Model, Status};
use gdl_core::ir::verify::verify;
use gdl_core::ir::{grad, text};
use gdl_core::lower::lower_model;
use gdl_core::{check, modules};
use gdl_host::data::{Arguments, DataSpec, DomainArguments, FieldSpec, Folds, Near, Source, Split};
use gdl_host::files::{self, Table};
use gdl_host::library::Calls;
use gdl_host::optim::{OptimSpec, Rule, Schedule};
use gdl_host::params::{Init, ParamSpec};
use gdl_host::train::{BatchSize, Config, Hooks, Plan, Programs, train};
use gdl_runtime::image::{Footer, Head, Isa, Role, weights};
use gdl_runtime::{Array, FromFn, from_fn};
use gdl_syntax::print::print;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, process, thread};

/// What is fuzzed: it takes any bytes and comes back.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const TARGETS: [(&str, Target); 13] = [
    ("parser", parser),
    ("checker", checker),
    ("ir", ir),
    ("npz", npz),
    ("npy", npy),
    ("safetensors", safetensors),
    ("png", png),
    ("xyz", xyz),
    ("off", off),
    ("obj", obj),
    ("ply", ply),
    ("checkpoint", checkpoint),
    ("call", call),
];

/// Does `work` on a stack of the program's size.
fn on_stack(work: impl FnOnce() + Send) {
    let worker = thread::Builder::new().stack_size(gdl::STACK);
    thread::scope(|scope| {
        let worker = worker.spawn_scoped(scope, work).expect("a thread");
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A text is parsed; what parses without errors is printed, and parses again to the same print.
pub fn parser(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    on_stack(|| {
        let parsed = gdl_syntax::parse(0, text);
        if parsed.errors.is_empty() {
            let once = print(&parsed.ast);
            let again = gdl_syntax::parse(0, &once);
            assert!(again.errors.is_empty(), "its print does not parse:\n{once}");
            assert_eq!(print(&again.ast), once);
        }
    });
}

/// A program is checked; what is accepted is lowered to tensor IR that is well formed.
pub fn checker(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    on_stack(|| {
        let (program, _) = modules::load("fuzz.gdl", text, &[], &|_, _| Err("no files".into()));
        for model in check::check(&program).0 {
            if let Ok(lowered) = lower_model(&model) {
                assert_eq!(verify(&lowered.func), Ok(()), "not well formed");
            }
        }
    });
}

/// The text form of tensor IR is parsed; what parses is printed, and parses again to the same print.
pub fn ir(bytes: &[u8]) {
    let Ok(source) = str::from_utf8(bytes) else { return };
    on_stack(|| {
        if let Ok(func) = text::parse(source) {
            // Well formed or not: an answer.
            let _ = verify(&func);
            let once = text::print(&func);
            let again = text::parse(&once).unwrap_or_else(|e| panic!("its print does not parse: {e}\n{once}"));
            assert_eq!(text::print(&again), once);
        }
    });
}

/// A data file of this name is read; arrays that can be written are read back the same.
fn file(name: &str, bytes: &[u8]) {
    let Ok(table) = files::parse(Path::new(name), bytes) else {
        return;
    };
    let write = |table: &Table| files::npz::encode(table.arrays.iter().map(|(n, a)| (n.as_str(), a)));
    if let Ok(once) = write(&table) {
        let again = files::parse(Path::new("again.npz"), &once).unwrap_or_else(|e| panic!("{e}"));
        assert!(
            write(&again).is_ok_and(|twice| twice == once),
            "{table:?} became {again:?}"
        );
    }
}

/// NumPy archives.
pub fn npz(bytes: &[u8]) {
    file("a.npz", bytes);
}

/// NumPy arrays.
pub fn npy(bytes: &[u8]) {
    file("a.npy", bytes);
}

/// Tensors.
pub fn safetensors(bytes: &[u8]) {
    file("a.safetensors", bytes);
}

/// Images.
pub fn png(bytes: &[u8]) {
    file("a.png", bytes);
}

/// Clouds.
pub fn xyz(bytes: &[u8]) {
    file("a.extxyz", bytes);
}

/// Meshes.
pub fn off(bytes: &[u8]) {
    file("a.off", bytes);
}

/// Meshes.
pub fn obj(bytes: &[u8]) {
    file("a.obj", bytes);
}

/// Meshes.
pub fn ply(bytes: &[u8]) {
    file("a.ply", bytes);
}

/// A training run goes on from these bytes as its last checkpoint, or says why not.
pub fn checkpoint(bytes: &[u8]) {
    let folder = env::temp_dir().join(format!("gdl-fuzz-{}-{:?}", process::id(), thread::current().id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("last.safetensors"), bytes).expect("a file");
    let config = Config {
        folder: Some(folder.clone()),
        resume: true,
        model_hash: "abc".into(),
        ..Config::new(
            2,
            BatchSize::Samples(2),
            OptimSpec::new(Rule::adam(), Schedule::Constant(0.1)),
            1,
        )
    };
    // An error is an answer.
    let _ = train(
        Programs {
            step: &slope(true),
            eval: &slope(false),
            learn: None,
        },
        &slope_data(),
        &Plan {
            loss: "l2".into(),
            gradients: vec![("w".into(), "d.w".into())],
            ..Plan::default()
        },
        &[ParamSpec::new("w", Init::Zeros)],
        &config,
        Hooks::default(),
    );
    // What is left behind in the temporary folder harms nobody.
    let _ = fs::remove_dir_all(&folder);
}

/// The squared error of y = w · x, and its derivative if that is asked for.
fn slope(derivative: bool) -> FromFn<'static> {
    let decl = |name: &str, samples: bool| ArrayDecl {
        name: name.into(),
        dim: samples.then_some(gdl_abi::SAMPLES),
        axes: vec![],
        dtype: Dtype::Real,
    };
    let outputs = 1 + usize::from(derivative);
    let signature = Signature {
        inputs: vec![decl("x", true), decl("y", true)],
        params: vec![decl("w", false)],
        outputs: [decl("l2", false), decl("d.w", false)][..outputs].to_vec(),
        ..Signature::default()
    };
    from_fn(signature, false, move |_, inputs, params| {
        let (x, y, w) = (inputs[0].to_f64(), inputs[1].to_f64(), params[0].to_f64()[0]);
        let (mut loss, mut slope) = (0.0, 0.0);
        for (x, e) in x.iter().zip(&y).map(|(x, y)| (x, w * x - y)) {
            (loss, slope) = (loss + e * e, slope + 2.0 * e * x);
        }
        let all = [loss, slope].map(|v| Array::F32(vec![v as f32]));
        Ok(all[..outputs].to_vec())
    })
}

fn slope_data() -> Folds {
    let mut table = Table::new("line.npz");
    for (name, values) in [("x", vec![1.0, 2.0, 3.0]), ("y", vec![2.0, 4.0, 6.0])] {
        table.insert(name, values.into()).expect("a new name");
    }
    let field = |name: &str| FieldSpec::real(name, Source::Array(name.into()), None, &[]);
    let spec = DataSpec {
        domains: vec![],
        fields: vec![field("x"), field("y")],
        split: Split::All,
    };
    Folds::new(&table, &spec).expect("samples")
}

const CALLED: &str = "model M under O(3) (m: cloud(3, cutoff = 1.5), z: m.nodes -> enum(H, C), w: m.edges -> 1) -> (e: 1, f: m.nodes -> vector) {
  param E: enum(H, C) -> 2 ~ normal(1.0)
  h[i] = E[z[i]] * (sum e: j -> i in m.edges: w[e] * norm2(e.vec))
  e = sum i: h[i][0]
  f = -grad(e, m.pos)
}
";

/// A model as a library has it, with a gradient.
fn called() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let (program, errors) = modules::load("call.gdl", CALLED, &[], &|_, _| Err("no files".into()));
        let (models, more) = check::check(&program);
        assert!(errors.is_empty() && more.is_empty(), "{errors:?} {more:?}");
        let func = lower_model(&models[0]).expect("a program").func;
        let gradient = grad::vjp(&func).expect("a derivative");
        let roles = [(Role::Forward, &func), (Role::Gradient, &gradient)];
        let (programs, code) = gdl_codegen::image::compile(&roles, true, &[Isa::Baseline]).expect("code");
        let calls = Calls {
            arguments: Arguments {
                domains: vec![DomainArguments::Cloud {
                    name: "m".into(),
                    near: Near::Cutoff(1.5),
                }],
                labels: vec![("z".into(), vec!["H".into(), "C".into()])],
            },
            training: None,
        };
        let params: Vec<Array> = func.params.iter().map(|p| Array::F64(vec![0.5; p.row_len()])).collect();
        let (list, bytes) = weights(func.params.iter().map(|p| p.name.as_str()).zip(&params));
        let head = Head {
            name: "M".into(),
            manifest: "{}".into(),
            data: serde_json::to_string(&calls).expect("JSON"),
            programs,
            weights: list,
        };
        let mut file = Vec::new();
        Footer::append(&mut file, &head.to_bytes().expect("a head"), &code, &bytes);
        let path = env::temp_dir().join(format!("gdl-fuzz-call-{}", process::id()));
        fs::write(&path, file).expect("a file");
        let image = gdl_runtime::image::open(&path).expect("an image").expect("an image");
        // The code stays mapped.
        let _ = fs::remove_file(&path);
        Model::new(image, 1).expect("a model")
    })
}

/// Arrays of an `.npz` file are those of a call: outputs and gradients, or an error that says what is wrong.
pub fn call(bytes: &[u8]) {
    let Ok(mut table) = files::parse(Path::new("a.npz"), bytes) else {
        return;
    };
    table.path = PathBuf::new();
    if let Err(e) = called().forward(table.clone()) {
        assert!(!e.text.is_empty() && e.status != Status::Internal);
    }
    let _ = called().gradient(table);
}
