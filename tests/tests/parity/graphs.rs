//! Convolutions on graphs (PyTorch Geometric).

use super::case::{Case, graph};
use super::trial::{Built, Trial};
use gdl_abi::DoorSizes;

/// The only graph of a case, its model, its input and its output.
fn trial<'a>(case: &'a Case, built: &'a Built) -> Trial<'a> {
    let ends = case.integers("in.edge_index");
    let (src, dst) = ends.split_at(ends.len() / 2);
    let (door, _) = graph("g", case.shape("in.x")[0], src, dst);
    on(case, built, door)
}

fn on<'a>(case: &'a Case, built: &'a Built, door: DoorSizes) -> Trial<'a> {
    Trial::new(case, built, door)
        .input("x", case.view("in.x"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
}

#[test]
fn gcn() {
    let case = Case::load("torch_geometric/gcn_conv");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 5) { gcn(x, 5) }");
    trial(&case, &built)
        .param("gcn_1.W", case.view("w.lin.weight"))
        .param("gcn_1.bias_1.c", case.view("w.bias"))
        .check();
}

#[test]
fn gat() {
    let case = Case::load("torch_geometric/gat_conv_2heads");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 8) { gat(x, 2, 4) }");
    trial(&case, &built)
        .param("gat_1.W", case.view("w.lin.weight"))
        .param("gat_1.S", case.view("w.att_src"))
        .param("gat_1.D", case.view("w.att_dst"))
        .param("gat_1.bias_1.c", case.view("w.bias"))
        .check();
}

#[test]
fn gin() {
    let case = Case::load("torch_geometric/gin_conv");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 5) { gin(x, [8, 5]) }");
    trial(&case, &built)
        .param("gin_1.mlp_1.linear_1.W", case.view("w.nn.0.weight"))
        .param("gin_1.mlp_1.linear_1.c", case.view("w.nn.0.bias"))
        .param("gin_1.mlp_1.mlp_1.linear_1.W", case.view("w.nn.2.weight"))
        .param("gin_1.mlp_1.mlp_1.linear_1.c", case.view("w.nn.2.bias"))
        .check();
}

#[test]
fn sage() {
    let case = Case::load("torch_geometric/sage_conv");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 5) { sage(x, 5) }");
    trial(&case, &built)
        .param("sage_1.linear_1.W", case.view("w.lin_l.weight"))
        .param("sage_1.linear_1.c", case.view("w.lin_l.bias"))
        .param("sage_1.W", case.view("w.lin_r.weight"))
        .check();
}

#[test]
fn cheb() {
    let case = Case::load("torch_geometric/cheb_conv_k3");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 5) { cheb(x, 5, 3) }");
    trial(&case, &built)
        .param("cheb_1.linear_1.W", case.view("w.lins.0.weight"))
        .param("cheb_1.linear_1.c", case.view("w.bias"))
        .param("cheb_1.round_1.W", case.view("w.lins.1.weight"))
        .param("cheb_1.round_2.W", case.view("w.lins.2.weight"))
        .check();
}

#[test]
fn edge_conv() {
    let case = Case::load("torch_geometric/edge_conv_knn");
    let built = Built::new("model M (g: graph, x: g.nodes -> 3) -> (g.nodes -> 6) { edge_conv(x, [8, 6]) }");
    trial(&case, &built)
        .param("edge_conv_1.mlp_1.linear_1.W", case.view("w.nn.0.weight"))
        .param("edge_conv_1.mlp_1.linear_1.c", case.view("w.nn.0.bias"))
        .param("edge_conv_1.mlp_1.mlp_1.linear_1.W", case.view("w.nn.2.weight"))
        .param("edge_conv_1.mlp_1.mlp_1.linear_1.c", case.view("w.nn.2.bias"))
        .check();
}

/// The same, with the graph found by the model.
#[test]
fn edge_conv_on_neighbours() {
    let case = Case::load("torch_geometric/edge_conv_knn");
    let built =
        Built::new("model M under trivial [ties] (s: set, x: s -> 3) -> (s -> 6) { dynamic_edge_conv(x, 4, [8, 6]) }");
    let door = DoorSizes {
        samples: 1,
        ragged: vec![("s".into(), vec![0, case.shape("in.x")[0] as u32])],
        ..DoorSizes::default()
    };
    on(&case, &built, door)
        .param("dynamic_edge_conv_1.mlp_1.linear_1.W", case.view("w.nn.0.weight"))
        .param("dynamic_edge_conv_1.mlp_1.linear_1.c", case.view("w.nn.0.bias"))
        .param("dynamic_edge_conv_1.mlp_1.mlp_1.linear_1.W", case.view("w.nn.2.weight"))
        .param("dynamic_edge_conv_1.mlp_1.mlp_1.linear_1.c", case.view("w.nn.2.bias"))
        .check();
}

#[test]
#[should_panic(expected = "interpreter, output: 1.0e-9 > 1e-10")]
fn a_wrong_weight_is_noticed() {
    let case = Case::load("torch_geometric/gin_conv");
    let built = Built::new("model M (g: graph, x: g.nodes -> 6) -> (g.nodes -> 5) { gin(x, [8, 5]) }");
    trial(&case, &built)
        .param("gin_1.mlp_1.linear_1.W", case.view("w.nn.0.weight"))
        .param("gin_1.mlp_1.linear_1.c", case.view("w.nn.0.bias"))
        .param(
            "gin_1.mlp_1.mlp_1.linear_1.W",
            case.view("w.nn.2.weight").scale(1.0 + 1e-9),
        )
        .param(
            "gin_1.mlp_1.mlp_1.linear_1.c",
            case.view("w.nn.2.bias").scale(1.0 + 1e-9),
        )
        .check();
}
