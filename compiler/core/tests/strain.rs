//! The gradient by strain against differences of the energy of strained samples.

use gdl_core::certify::numeric::{Batch, interpret, random_batches};
use gdl_core::{check, lower, modules};

const TEXT: &str = "
model M under O(3) (m: cloud(3), x: m.nodes -> 1 + 1o) -> (energy: 1, stress: sym(1o, 2)) {
  K[e in m.edges] = mlp(norm2(e.vec), [4, fixed(sphere(2) -> hom(1 + 1o, 1 + 1o))], silu)
  y[i] = sum e: j -> i in m.edges: exp(-norm2(e.vec)) * K[e][e.dir](x[j])
  c = mean i in m.nodes: m.pos[i]
  energy = (sum i: norm2(y[i])) + (sum i in m.nodes: tanh(norm2(m.pos[i] - c)))
  stress = grad(energy, m.strain)
}";

#[test]
fn stress_is_the_derivative_of_the_energy() {
    let (program, mut diags) = modules::load("strain.gdl", TEXT, &[], &|_, _| Err("no files".into()));
    let (models, found) = check::check(&program);
    diags.extend(found);
    assert!(diags.iter().all(|d| !d.is_error()), "{diags:#?}");
    let func = lower::lower_model(&models[0]).unwrap().func;
    let params: Vec<Vec<f64>> = func
        .params
        .iter()
        .map(|p| (0..p.row_len()).map(|k| (k as f64 * 0.7).sin()).collect())
        .collect();
    // Vectors between points, shifts of periodic images among them, change by ε x.
    let strained = |batch: &Batch, (i, j): (usize, usize), h: f64| {
        let mut inputs = batch.inputs.clone();
        for (decl, values) in func.inputs.iter().zip(&mut inputs) {
            if !["m.pos", "m.shift"].contains(&decl.name.as_str()) {
                continue;
            }
            for x in values.chunks_mut(3) {
                let old = [x[0], x[1], x[2]];
                if i == j {
                    x[i] += h * old[i];
                } else {
                    // (e_i e_j + e_j e_i) / √2
                    x[i] += h / 2f64.sqrt() * old[j];
                    x[j] += h / 2f64.sqrt() * old[i];
                }
            }
        }
        interpret(&func, &params, &batch.door, &inputs).unwrap()
    };
    let basis = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    let mut compared = 0;
    for batch in random_batches(&models[0], &func, 5).unwrap() {
        let stress = strained(&batch, (0, 0), 0.0)[1].clone();
        let size = stress.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for (k, pair) in basis.into_iter().enumerate() {
            let h = 1e-5;
            let (plus, minus) = (strained(&batch, pair, h), strained(&batch, pair, -h));
            for sample in 0..batch.door.samples {
                let difference = (plus[0][sample] - minus[0][sample]) / (2.0 * h);
                let have = stress[6 * sample + k];
                assert!(
                    (have - difference).abs() <= 1e-7 * size,
                    "{pair:?} of sample {sample}: {have} is not {difference}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 24);
}
