//! The training loop on a linear regression written in Rust.

use gdl_abi::{ArrayDecl, Dtype, Instance, SAMPLES, Signature};
use gdl_host::Kind;
use gdl_host::data::{DataSpec, FieldSpec, Folds, Source, Split};
use gdl_host::files::{self, HostArray, Table};
use gdl_host::optim::{OptimSpec, Rule, Schedule};
use gdl_host::params::{Init, ParamSpec, Params};
use gdl_host::train::{
    BatchSize, Config, EarlyStop, Hooks, Notes, Plan, Programs, Report, Stat, Stop, Update, load_params, read_notes,
    save_params, train,
};
use gdl_runtime::{Array, FromFn, Program, RunError, from_fn};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn decl(name: &str, samples: bool, axes: &[u32]) -> ArrayDecl {
    ArrayDecl {
        name: name.into(),
        dim: samples.then_some(SAMPLES),
        axes: axes.to_vec(),
        dtype: Dtype::Real,
    }
}

/// y = w · x + b with the squared error.
fn regression(gradients: bool) -> FromFn<'static> {
    let mut outputs = vec![decl("mse", false, &[]), decl("mae", false, &[])];
    if gradients {
        outputs.extend([
            decl("d.w", false, &[2]),
            decl("d.b", false, &[]),
            decl("mean.x", false, &[2]),
        ]);
    }
    let signature = Signature {
        inputs: vec![decl("x", true, &[2]), decl("y", true, &[])],
        params: vec![
            decl("w", false, &[2]),
            decl("b", false, &[]),
            decl("running", false, &[2]),
            decl("over", false, &[2]),
        ],
        outputs,
        ..Signature::default()
    };
    from_fn(signature, false, move |batch, inputs, params| {
        let (Array::F32(x), Array::F32(y), Array::F32(w), Array::F32(b)) = (inputs[0], inputs[1], params[0], params[1])
        else {
            return Err(RunError("f32 is needed".into()));
        };
        let n = batch.rows[0];
        let (mut mse, mut mae, mut dw, mut db, mut mean) = (0f32, 0f32, [0f32; 2], 0f32, [0f32; 2]);
        for s in 0..n {
            let e = w[0] * x[2 * s] + w[1] * x[2 * s + 1] + b[0] - y[s];
            mse += e * e / n as f32;
            mae += e.abs() / n as f32;
            db += 2.0 * e / n as f32;
            for k in 0..2 {
                dw[k] += 2.0 * e * x[2 * s + k] / n as f32;
                mean[k] += x[2 * s + k] / n as f32;
            }
        }
        let mut outputs = [vec![mse], vec![mae]].map(Array::F32).to_vec();
        if gradients {
            outputs.extend([dw.to_vec(), vec![db], mean.to_vec()].map(Array::F32));
        }
        Ok(outputs)
    })
}

/// The regression with its gradients, with something done to the outputs of each run; runs count from 0.
fn changed<'a>(change: impl Fn(usize, Vec<Array>) -> Result<Vec<Array>, RunError> + Send + Sync + 'a) -> FromFn<'a> {
    let (inner, runs) = (regression(true), AtomicUsize::new(0));
    from_fn(inner.signature().clone(), false, move |batch, inputs, params| {
        let mut outputs = Vec::new();
        inner.run(batch, inputs, params, &mut outputs)?;
        change(runs.fetch_add(1, Ordering::Relaxed), outputs)
    })
}

fn folds() -> Folds {
    let mut rng = gdl_host::rng::Rng::new(3);
    let x: Vec<f64> = (0..100).map(|_| rng.normal()).collect();
    let y: Vec<f64> = x
        .chunks(2)
        .map(|x| 2.0 * x[0] - x[1] + 0.5 + 0.01 * rng.normal())
        .collect();
    let mut table = Table::new("line.npz");
    table.insert("x", HostArray::new(&[50, 2], x).unwrap()).unwrap();
    table.insert("y", HostArray::from(y)).unwrap();
    let field = |name: &str, axes: &[u32]| FieldSpec::real(name, Source::Array(name.into()), None, axes);
    let split = Split::Fractions {
        val: 0.2,
        test: 0.2,
        seed: 1,
    };
    Folds::new(
        &table,
        &DataSpec {
            domains: vec![],
            fields: vec![field("x", &[2]), field("y", &[])],
            split,
        },
    )
    .unwrap()
}

fn plan() -> Plan {
    let stat = |state: &str, update| Stat {
        state: state.into(),
        output: "mean.x".into(),
        update,
    };
    Plan {
        loss: "mse".into(),
        metrics: vec!["mae".into()],
        gradients: vec![("w".into(), "d.w".into()), ("b".into(), "d.b".into())],
        stats: vec![stat("running", Update::Momentum(0.1)), stat("over", Update::OverData)],
        draws: Vec::new(),
    }
}

fn specs() -> Vec<ParamSpec> {
    let all = [
        ("w", Init::Normal { sd: 1.0 }),
        ("b", Init::Zeros),
        ("running", Init::Zeros),
        ("over", Init::Zeros),
    ];
    all.map(|(name, init)| ParamSpec::new(name, init)).to_vec()
}

fn config(epochs: u64, folder: Option<&Path>) -> Config {
    let optim = OptimSpec {
        clip: Some(5.0),
        average: Some(0.8),
        ..OptimSpec::new(Rule::adamw(1e-3), Schedule::OneCycle { max: 0.3 })
    };
    Config {
        folder: folder.map(Path::to_path_buf),
        model_hash: "abc".into(),
        ..Config::new(epochs, BatchSize::Samples(7), optim, 11)
    }
}

fn go(step: &dyn Program, config: &Config, hooks: Hooks<'_>) -> gdl_host::Result<Report> {
    train(
        Programs {
            step,
            eval: &regression(false),
            learn: None,
        },
        &folds(),
        &plan(),
        &specs(),
        config,
        hooks,
    )
}

/// An empty folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("gdl-host-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn it_learns_and_writes_its_run_folder() {
    let folder = folder("learns");
    let report = go(&regression(true), &config(40, Some(&folder)), Hooks::default()).unwrap();
    let test = report.test.as_ref().unwrap();
    assert!(test.loss() < 1e-3 && test.get("mae").unwrap() < 0.03, "{test:?}");
    assert_eq!(
        (report.stop, report.epochs, report.steps, test.samples),
        (Stop::Finished, 40, 40 * 5, 10)
    );
    let w = report.params.of(regression(false).signature()).unwrap()[0].to_f64();
    assert!((w[0] - 2.0).abs() < 0.05 && (w[1] + 1.0).abs() < 0.05, "{w:?}");
    // The mean over all 30 samples for training, not that of the batches (of which the last is small).
    let data = folds().train;
    let x = data
        .data
        .batch(&data.ids, regression(false).signature(), true)
        .unwrap()
        .1[0]
        .to_f64();
    let mean = x.chunks(2).map(|x| x[0]).sum::<f64>() / 30.0;
    let over = report.params.of(regression(false).signature()).unwrap()[3].to_f64();
    assert!((over[0] - mean).abs() < 1e-6, "{over:?} {mean}");
    let csv = std::fs::read_to_string(folder.join("metrics.csv")).unwrap();
    assert_eq!(csv.lines().count(), 41);
    assert!(csv.contains("train_mse") && csv.contains("val_mae"));
    assert_eq!(
        std::fs::read_to_string(folder.join("metrics.jsonl"))
            .unwrap()
            .lines()
            .count(),
        40
    );
    let mut best = Params::init(regression(true).signature(), &specs(), 0, false).unwrap();
    load_params(&folder.join("best.safetensors"), &mut best, Some("abc")).unwrap();
    assert_eq!(best, report.params);
    let e = load_params(&folder.join("best.safetensors"), &mut best, Some("xyz")).unwrap_err();
    assert!(e.to_string().contains("another model"), "{e}");
    assert!(
        std::fs::read_dir(&folder)
            .unwrap()
            .all(|f| !f.unwrap().file_name().to_string_lossy().contains("tmp"))
    );
}

/// Metrics without the columns that measure time.
fn untimed(folder: &Path) -> Vec<String> {
    let csv = std::fs::read_to_string(folder.join("metrics.csv")).unwrap();
    let header: Vec<String> = csv.lines().next().unwrap().split(',').map(String::from).collect();
    let cells = |line: &str| {
        let kept = header
            .iter()
            .zip(line.split(','))
            .filter(|(name, _)| !name.contains("second"))
            .map(|(_, c)| c);
        kept.collect::<Vec<_>>().join(",")
    };
    csv.lines().map(cells).collect()
}

/// Stops after so many steps, resumes, and compares with a run that was never stopped.
fn resume_is_exact(cuts: &[usize], name: &str) {
    let whole = folder(&format!("{name}-whole"));
    let report = go(&regression(true), &config(6, Some(&whole)), Hooks::default()).unwrap();
    let cut = folder(&format!("{name}-cut"));
    let settings = Config {
        resume: true,
        ..config(6, Some(&cut))
    };
    for &steps in cuts {
        let flag = AtomicBool::new(false);
        let program = changed(|runs, outputs| {
            flag.fetch_or(runs + 1 >= steps, Ordering::Relaxed);
            Ok(outputs)
        });
        let programs = Programs {
            step: &program,
            eval: &regression(false),
            learn: None,
        };
        let hooks = Hooks {
            interrupt: Some(&flag),
            ..Hooks::default()
        };
        let report = train(programs, &folds(), &plan(), &specs(), &settings, hooks).unwrap();
        assert_eq!(report.stop, Stop::Interrupted);
    }
    let resumed = go(&regression(true), &settings, Hooks::default()).unwrap();
    assert_eq!(report.params, resumed.params);
    assert_eq!(report.test, resumed.test);
    assert_eq!(report.train, resumed.train);
    assert_eq!(untimed(&whole), untimed(&cut));
    for file in ["last.safetensors", "best.safetensors"] {
        assert_eq!(
            std::fs::read(whole.join(file)).unwrap(),
            std::fs::read(cut.join(file)).unwrap(),
            "{file}"
        );
    }
    // Resuming a finished run changes nothing.
    let again = go(&regression(true), &settings, Hooks::default()).unwrap();
    assert_eq!(
        (again.params, again.test, again.train),
        (report.params, report.test, report.train)
    );
}

#[test]
fn checkpoints_within_an_epoch() {
    let whole = go(&regression(true), &config(6, None), Hooks::default()).unwrap();
    let folder = folder("within");
    let settings = Config {
        resume: true,
        checkpoint_steps: Some(3),
        ..config(6, Some(&folder))
    };
    // As if the machine went down.
    let program = changed(|runs, outputs| match runs {
        ..19 => Ok(outputs),
        _ => Err(RunError("the machine went down".into())),
    });
    let programs = Programs {
        step: &program,
        eval: &regression(false),
        learn: None,
    };
    let e = train(programs, &folds(), &plan(), &specs(), &settings, Hooks::default()).unwrap_err();
    assert_eq!((e.kind, e.to_string().as_str()), (Kind::Run, "the machine went down"));
    assert_eq!(read_notes(&folder.join("last.safetensors")).unwrap().step, 12);
    let resumed = go(&regression(true), &settings, Hooks::default()).unwrap();
    assert_eq!(
        (resumed.params, resumed.test, resumed.train),
        (whole.params, whole.test, whole.train)
    );
}

#[test]
fn a_resumed_run_is_bit_identical() {
    // Five batches an epoch; the first start also passes once over the data.
    resume_is_exact(&[5 + 13], "middle");
    resume_is_exact(&[5 + 10], "end");
    resume_is_exact(&[5 + 3, 9, 1], "often");
}

#[test]
fn a_run_is_resumed_with_the_same_settings_only() {
    let folder = folder("settings");
    let flag = AtomicBool::new(true);
    let base = Config {
        settings: serde_json::json!({ "width": 64 }),
        ..config(6, Some(&folder))
    };
    go(
        &regression(true),
        &base,
        Hooks {
            interrupt: Some(&flag),
            ..Hooks::default()
        },
    )
    .unwrap();
    let fails = |change: &dyn Fn(&mut Config), text: &str| {
        let mut config = Config {
            resume: true,
            ..base.clone()
        };
        change(&mut config);
        let e = go(&regression(true), &config, Hooks::default())
            .unwrap_err()
            .to_string();
        assert!(e.contains(text) && e.contains("last.safetensors"), "{e}");
    };
    fails(
        &|c| c.settings = serde_json::json!({ "width": 32 }),
        "`width` was 64, is 32",
    );
    fails(&|c| c.seed = 12, "seed 11 instead of 12");
    fails(&|c| c.model_hash = "xyz".into(), "another model");
    fails(&|c| c.optim.average = None, "another optimiser");
    let path = folder.join("last.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 3);
    std::fs::write(&path, bytes).unwrap();
    fails(&|_| {}, "not a sound safetensors file");
}

#[test]
fn nan_stops_and_is_explained() {
    let asked = Cell::new(0);
    let explain = |instance: &Instance, inputs: &[Array], params: &Params| {
        asked.set(asked.get() + 1);
        format!(
            "`sqrt(d)` in line 7 with {} samples, {} inputs and {} weights",
            instance.rows[0],
            inputs.len(),
            params.count()
        )
    };
    let step = changed(|runs, mut outputs| {
        if runs >= 5 + 7 {
            outputs[0] = Array::F32(vec![f32::NAN]);
        }
        Ok(outputs)
    });
    let e = go(
        &step,
        &config(6, None),
        Hooks {
            explain_nan: Some(&explain),
            interrupt: None,
        },
    )
    .unwrap_err();
    assert_eq!(e.kind, Kind::NotFinite);
    assert_eq!(
        e.to_string(),
        "epoch 2, batch 3: the loss `mse` is NaN (`sqrt(d)` in line 7 with 7 samples, 2 inputs and 7 weights)"
    );
    assert_eq!(asked.get(), 1);
}

#[test]
fn early_stopping_keeps_the_best() {
    let optim = OptimSpec::new(Rule::sgd(0.0), Schedule::Constant(0.0));
    let early_stop = Some(EarlyStop {
        patience: 3,
        least: 0.0,
    });
    let folder = folder("early");
    let config = Config {
        early_stop,
        optim,
        ..config(50, Some(&folder))
    };
    let report = go(&regression(true), &config, Hooks::default()).unwrap();
    assert_eq!((report.stop, report.epochs, report.best_epoch), (Stop::Early, 4, 1));
    let again = go(&regression(true), &Config { resume: true, ..config }, Hooks::default()).unwrap();
    assert_eq!((again.stop, again.epochs), (Stop::Early, 4));
}

#[test]
fn what_does_not_fit_is_named() {
    let fails = |change: &dyn Fn(&mut Plan, &mut Config), text: &str| {
        let (mut plan, mut config) = (plan(), config(1, None));
        change(&mut plan, &mut config);
        let programs = Programs {
            step: &regression(true),
            eval: &regression(false),
            learn: None,
        };
        let e = train(programs, &folds(), &plan, &specs(), &config, Hooks::default())
            .unwrap_err()
            .to_string();
        assert!(e.contains(text), "{e}");
    };
    fails(
        &|p, _| p.loss = "ce".into(),
        "array `ce`: the program has no output of this name (it gives `mse`, `mae`)",
    );
    fails(
        &|p, _| p.gradients[0].0 = "v".into(),
        "array `v`: the model has no such parameter",
    );
    fails(
        &|p, _| p.gradients[0].1 = "d.b".into(),
        "the gradients do not have the lengths",
    );
    fails(&|p, _| p.metrics[0] = "d.w".into(), "array `d.w`");
    fails(&|_, c| c.monitor.name = Some("acc".into()), "`acc` is monitored");
    fails(&|_, c| c.batch = BatchSize::Samples(0), "a batch of size 0");
    fails(&|_, c| c.epochs = 0, "0 epochs");
    fails(
        &|_, c| {
            c.batch = BatchSize::Rows {
                dim: "g.nodes".into(),
                most: 5,
            }
        },
        "no `g.nodes`",
    );
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = folder("atomic");
    let path = folder.join("w.safetensors");
    let params = Params::init(regression(true).signature(), &specs(), 1, false).unwrap();
    save_params(&path, &params, &Notes::default()).unwrap();
    let old = std::fs::read(&path).unwrap();
    // Where the temporary file should go there is a folder: the write fails.
    std::fs::create_dir(folder.join(format!("w.safetensors.{}.tmp", std::process::id()))).unwrap();
    let other = Params::init(regression(true).signature(), &specs(), 2, false).unwrap();
    let e = save_params(&path, &other, &Notes::default()).unwrap_err();
    assert!(
        e.kind == Kind::Io && e.to_string().contains("w.safetensors: cannot write it"),
        "{e}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), old);
    assert!(files::save_json(&folder.join("no/such/folder.json"), &serde_json::json!(1)).is_err());
}
