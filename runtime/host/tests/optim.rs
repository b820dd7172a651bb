//! Optimisers and schedules against PyTorch 2.15.0 (double precision), on
//! `sum c (w − t)² + sin 3w` with t = (1, 2, −3), c = (1, ½, ⅒), from w = (½, −1¼, 2), ten steps.

use gdl_host::optim::{OptimSpec, Optimizer, Rule, Schedule, Time};
use gdl_runtime::Array;

fn gradient(w: &[f64]) -> Vec<f64> {
    let terms = w.iter().zip([1.0, 2.0, -3.0]).zip([1.0, 0.5, 0.1]);
    terms
        .map(|((w, t), c)| 2.0 * c * (w - t) + 3.0 * (3.0 * w).cos())
        .collect()
}

fn ten_steps(spec: OptimSpec) -> (Vec<f64>, Vec<f64>) {
    let mut w = Array::F64(vec![0.5, -1.25, 2.0]);
    let mut optim = Optimizer::new(spec, &[&w]).unwrap();
    let mut rates = Vec::new();
    for step in 0..10 {
        let g = Array::F64(gradient(&w.to_f64()));
        rates.push(
            optim
                .step(
                    &mut [&mut w],
                    &[&g],
                    Time {
                        step,
                        total: 10,
                        per_epoch: 5,
                    },
                )
                .unwrap()
                .rate,
        );
    }
    (w.to_f64(), rates)
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert!(
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * b.abs()),
        "{a:?}\n{b:?}"
    );
}

#[test]
fn rules_agree_with_pytorch() {
    let constant = Schedule::Constant(0.05);
    let check = |rule, clip, expected: [f64; 3]| {
        let (w, _) = ten_steps(OptimSpec {
            clip,
            ..OptimSpec::new(rule, constant.clone())
        });
        close(&w, &expected, 1e-13);
    };
    check(
        Rule::sgd(0.0),
        None,
        [1.4207775762797459, -0.2500633031720004, 1.471628791690855],
    );
    check(
        Rule::sgd(0.9),
        None,
        [1.2446695276187472, 3.242803993681578, 1.787360048255317],
    );
    let nesterov = Rule::Sgd {
        momentum: 0.9,
        nesterov: true,
        decay: 0.1,
    };
    check(
        nesterov,
        None,
        [1.4102005677355347, 1.7959173749794066, 1.4651545558090753],
    );
    let adam = Rule::Adam {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        decay: 0.1,
    };
    check(
        adam,
        None,
        [1.0033680141269061, -0.7508311732059061, 1.5245767948198674],
    );
    check(
        Rule::adamw(0.01),
        Some(1.0),
        [1.0001266141561016, -0.7437893902629631, 1.5161276422342844],
    );
}

#[test]
fn schedules_agree_with_pytorch() {
    // OneCycleLR(max_lr = 0.1, total_steps = 10) also cycles β₁.
    let (w, rates) = ten_steps(OptimSpec::new(Rule::adamw(0.01), Schedule::OneCycle { max: 0.1 }));
    close(&w, &[0.9221969589995218, -0.834651991588894, 1.5991660360374464], 1e-12);
    let expected = [
        0.0040000000000000036,
        0.052000000000000005,
        0.1,
        0.09504846320134738,
        0.0811745653949763,
        0.06112620219362893,
        0.03887419780637107,
        0.0188258346050237,
        0.004951936798652629,
        4e-07,
    ];
    close(&rates, &expected, 1e-9);
    // CosineAnnealingLR(T_max = 10, eta_min = 0.001).
    let (w, _) = ten_steps(OptimSpec::new(
        Rule::sgd(0.0),
        Schedule::Cosine { max: 0.05, min: 0.001 },
    ));
    close(
        &w,
        &[0.9791669722738299, -0.3118788773537878, 1.4977507785719946],
        1e-12,
    );
}

#[test]
fn adamw_by_the_published_formulas() {
    let (lr, decay, b1, b2, eps) = (0.05, 0.01, 0.9f64, 0.999f64, 1e-8);
    let (w, _) = ten_steps(OptimSpec::new(Rule::adamw(decay), Schedule::Constant(lr)));
    let (mut theta, mut m, mut v) = ([0.5, -1.25, 2.0], [0.0; 3], [0.0; 3]);
    for t in 1..=10 {
        let g = gradient(&theta);
        for k in 0..3 {
            m[k] = b1 * m[k] + (1.0 - b1) * g[k];
            v[k] = b2 * v[k] + (1.0 - b2) * g[k] * g[k];
            let (m_hat, v_hat) = (m[k] / (1.0 - b1.powi(t)), v[k] / (1.0 - b2.powi(t)));
            theta[k] -= lr * (m_hat / (v_hat.sqrt() + eps) + decay * theta[k]);
        }
    }
    close(&w, &theta, 1e-13);
}

#[test]
fn one_cycle_of_a_few_steps_is_finite() {
    for total in 1..12 {
        for step in 0..total + 2 {
            let rate = Schedule::OneCycle { max: 1.0 }
                .at(Time {
                    step,
                    total,
                    per_epoch: 1,
                })
                .rate;
            assert!(rate > 0.0 && rate <= 1.0, "step {step} of {total}: {rate}");
        }
    }
}

#[test]
fn warmup_and_steps() {
    let then = Box::new(Schedule::Step {
        first: 1.0,
        epochs: 2,
        factor: 0.1,
    });
    let schedule = Schedule::Warmup { steps: 4, then };
    let rates: Vec<f64> = (0..14)
        .map(|step| {
            schedule
                .at(Time {
                    step,
                    total: 14,
                    per_epoch: 3,
                })
                .rate
        })
        .collect();
    close(&rates[..5], &[0.25, 0.5, 0.75, 1.0, 1.0], 1e-15);
    close(&rates[9..], &[1.0, 0.1, 0.1, 0.1, 0.1], 1e-15);
}

#[test]
fn averages_lag_behind() {
    let mut w = Array::F32(vec![0.0]);
    let spec = OptimSpec {
        average: Some(0.5),
        ..OptimSpec::new(Rule::sgd(0.0), Schedule::Constant(1.0))
    };
    let mut optim = Optimizer::new(spec, &[&w]).unwrap();
    let time = Time {
        step: 0,
        total: 1,
        per_epoch: 1,
    };
    for _ in 0..2 {
        optim.step(&mut [&mut w], &[&Array::F32(vec![-1.0])], time).unwrap();
    }
    assert_eq!(
        (w.clone(), optim.averaged(0)),
        (Array::F32(vec![2.0]), Some(&Array::F32(vec![1.25])))
    );
    let before = (w.clone(), optim.state().0);
    assert!(optim.step(&mut [&mut w], &[&Array::F32(vec![f32::NAN])], time).is_err());
    assert!(optim.step(&mut [&mut w], &[&Array::F32(vec![0.0; 2])], time).is_err());
    assert_eq!((w, optim.state().0), before);
}

#[test]
fn settings_out_of_range_are_refused() {
    let fails = |spec| assert!(Optimizer::new(spec, &[]).is_err());
    let plain = |rule| OptimSpec::new(rule, Schedule::Constant(0.1));
    fails(plain(Rule::sgd(1.0)));
    fails(plain(Rule::Sgd {
        momentum: 0.0,
        nesterov: true,
        decay: 0.0,
    }));
    fails(plain(Rule::adamw(-1.0)));
    fails(OptimSpec {
        clip: Some(0.0),
        ..plain(Rule::adam())
    });
    fails(OptimSpec {
        average: Some(1.0),
        ..plain(Rule::adam())
    });
    fails(OptimSpec::new(Rule::adam(), Schedule::Constant(f64::NAN)));
    fails(OptimSpec::new(
        Rule::adam(),
        Schedule::Step {
            first: 0.1,
            epochs: 0,
            factor: 0.1,
        },
    ));
}
