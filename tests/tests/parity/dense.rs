//! Sets and sequences (PyTorch).

use super::case::{Case, sets};
use super::trial::{Built, Trial};

#[test]
fn deep_sets() {
    let case = Case::load("torch/deepsets_sum");
    let built = Built::new("model M (s: set, x: s -> 4) -> 3 { deep_sets(x, [16, 16], [16, 3]) }");
    let weights = [
        ("mlp_1", "phi0"),
        ("mlp_1.mlp_1", "phi1"),
        ("mlp_2", "rho0"),
        ("mlp_2.mlp_1", "rho1"),
    ];
    let mut trial = Trial::new(&case, &built, sets("s", 5, 10));
    for (path, key) in weights {
        trial = trial
            .param(
                &format!("deep_sets_1.{path}.linear_1.W"),
                case.view(&format!("w.{key}.weight")),
            )
            .param(
                &format!("deep_sets_1.{path}.linear_1.c"),
                case.view(&format!("w.{key}.bias")),
            );
    }
    trial
        .input("x", case.view("in.x"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

#[test]
fn transformer() {
    let case = Case::load("torch/transformer_encoder_prenorm");
    let built = Built::new("model M (s: set, x: s -> 16) -> (s -> 16) { transformer(x, 4, 4, 32) }");
    let block = |key: &str, k: usize| case.view(key).pick(0, 16 * k..16 * (k + 1));
    let mut trial = Trial::new(&case, &built, sets("s", 2, 7));
    for k in 0..3 {
        trial = trial
            .param(
                &format!("transformer_1.attention_1.linear_{}.W", k + 1),
                block("w.self_attn.in_proj_weight", k),
            )
            .param(
                &format!("transformer_1.attention_1.linear_{}.c", k + 1),
                block("w.self_attn.in_proj_bias", k),
            );
    }
    let rest = [
        ("attention_1.linear_4.W", "self_attn.out_proj.weight"),
        ("attention_1.linear_4.c", "self_attn.out_proj.bias"),
        ("mlp_1.linear_1.W", "linear1.weight"),
        ("mlp_1.linear_1.c", "linear1.bias"),
        ("mlp_1.mlp_1.linear_1.W", "linear2.weight"),
        ("mlp_1.mlp_1.linear_1.c", "linear2.bias"),
        ("layer_norm_1.norm_copies_1.scale", "norm1.weight"),
        ("layer_norm_1.norm_copies_1.shift", "norm1.bias"),
        ("layer_norm_2.norm_copies_1.scale", "norm2.weight"),
        ("layer_norm_2.norm_copies_1.shift", "norm2.bias"),
    ];
    for (path, key) in rest {
        trial = trial.param(&format!("transformer_1.{path}"), case.view(&format!("w.{key}")));
    }
    trial
        .input("x", case.view("in.x"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

/// The library's `lstm` starts from 0; the reference does not.
const LSTM: &str = "
model M (s: seq, x: s -> 5, h0, c0: 2 x 7) -> (y: s -> 7, h1: 7, c1: 7, h2: 7, c2: 7) {
  u = linear(x, 4 x 7)
  scan t in s from h = h0[0], c = c0[0] {
    z = u[t] + linear(h, 4 x 7)
    c' = sigmoid(z[1]) * c + sigmoid(z[0]) * tanh(z[2])
    h' = sigmoid(z[3]) * tanh(c')
    a[t] = h'
  }
  v = linear(a, 4 x 7)
  scan t in s from k = h0[1], d = c0[1] {
    w = v[t] + linear(k, 4 x 7)
    d' = sigmoid(w[1]) * d + sigmoid(w[0]) * tanh(w[2])
    k' = sigmoid(w[3]) * tanh(d')
    y[t] = k'
  }
  (y = y, h1 = h, c1 = c, h2 = k, c2 = d)
}";

#[test]
fn lstm() {
    let case = Case::load("torch/lstm_2layer");
    let built = Built::new(LSTM);
    let state = |key: &str| case.view(key).permute(&[1, 0, 2]);
    let last = |key: &str, layer: usize| case.view(key).pick(0, [layer]);
    let weights = ["ih_l0", "hh_l0", "ih_l1", "hh_l1"];
    let mut trial = Trial::new(&case, &built, sets("s", 3, 9));
    for (k, key) in weights.iter().enumerate() {
        trial = trial
            .param(&format!("linear_{}.W", k + 1), case.view(&format!("w.weight_{key}")))
            .param(&format!("linear_{}.c", k + 1), case.view(&format!("w.bias_{key}")));
    }
    trial
        .input("x", case.view("in.x"))
        .input("h0", state("in.h0"))
        .input("c0", state("in.c0"))
        .output("y", case.view("out.y"))
        .output("h1", last("out.h_n", 0))
        .output("c1", last("out.c_n", 0))
        .output("h2", last("out.h_n", 1))
        .output("c2", last("out.c_n", 1))
        .gradients("grad.", [("y", case.view("in.cot.y"))])
        .check();
}
