//! Edges: of the caller, and from positions.

use crate::cases::{reals, wholes};
use crate::{PAGE, apart, build, numbers, validate};
use gdl_runtime::domain::{Cell, Mesh, Point, nearest, neighbours};
use gdl_tests::Scratch;
use gdl_tests::browser::{Browser, Server};
use serde_json::json;
use std::path::Path;

/// Signals on given edges come back in the order of the edges, and the helpers find the edges that the runtime in Rust finds.
#[test]
fn edges_are_those_of_the_caller() {
    const ENDS: &str = "model Ends (g: graph, x: g.nodes -> 1, w: g.edges -> 2) -> (g.edges -> 2) {
  y[e: j -> i in g.edges] = x[j] * w[e]
  y
}
";
    let folder = Scratch::new();
    let program = folder.file("ends.gdl", ENDS);
    build(&program, &["--emit", "web", "-o", &folder.path("ends")]);
    validate(Path::new(&folder.path("ends")));
    let Some(mut browser) = Browser::open("edges") else {
        return;
    };
    let server = Server::new(Path::new(&folder.path("")));
    folder.file("page.html", PAGE);
    browser.open_page(&server.url("page.html"));
    let call = json!({
        "x": reals(&[2.0, 3.0, 5.0]), "g_edges": wholes(&[2, 0, 0, 1, 1, 0, 0, 2, 2, 1]),
        "w": reals(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0]),
    });
    let got = browser.value(&format!("run('ends', {call})"));
    assert_eq!(
        numbers(&got["output"]),
        [5.0, 50.0, 4.0, 40.0, 9.0, 90.0, 8.0, 80.0, 25.0, 250.0]
    );

    let points: Vec<Point> = (0..40)
        .map(|k| [0, 1, 2].map(|j| 3.0 * (1.9 * f64::from(3 * k + j)).sin()))
        .collect();
    let vectors = [[4.0, 0.5, 0.0], [0.0, 5.0, 0.3], [-0.4, 0.0, 3.5]];
    let cell = Cell {
        vectors,
        periodic: [true, false, true],
    };
    let pos = reals(points.as_flattened());
    let lattice = format!(
        "cell: typed({}), pbc: Uint8Array.of(1, 0, 1)",
        reals(vectors.as_flattened())
    );
    let found = browser.value(&format!(
        "(async () => {{
          const typed = ([kind, list]) => new globalThis[kind](list);
          const {{ mesh, nearest, neighbours }} = await import('./ends/index.js');
          const pos = typed({pos});
          return [
            plain(neighbours(pos, {{ cutoff: 2.2, {lattice} }})), plain(nearest(pos, {{ k: 6, {lattice} }})), plain(nearest(pos, {{ k: 2 }})),
            plain(mesh(Float64Array.of(1.1, 0, 0, 0, 1, 0.1, 0.1, 0, 1, -1, -1, -1), Int32Array.of(0, 1, 2, 0, 3, 1, 1, 3, 2, 0, 2, 3))),
          ];
        }})()"
    ));
    let want = [
        (neighbours(&points, &cell, 2.2), &cell),
        (nearest(&points, &cell, 6), &cell),
        (nearest(&points, &Cell::OPEN, 2), &Cell::OPEN),
    ];
    for (got, (want, cell)) in found.as_array().expect("edges").iter().zip(want) {
        let want = want.expect("edges");
        assert!(want.len() > 40);
        let ends: Vec<f64> = want
            .src
            .iter()
            .zip(&want.dst)
            .flat_map(|(&s, &d)| [s.into(), d.into()])
            .collect();
        assert_eq!(numbers(&got["edges"]), ends);
        let shifts: Vec<f64> = want.shift.iter().flat_map(|&s| cell.translation(s)).collect();
        assert!(apart(&got["shift"], &json!(shifts)) < 1e-14);
    }
    let corners = [[1.1, 0.0, 0.0], [0.0, 1.0, 0.1], [0.1, 0.0, 1.0], [-1.0, -1.0, -1.0]];
    let want = Mesh::new(&corners, &[[0, 1, 2], [0, 3, 1], [1, 3, 2], [0, 2, 3]]).expect("a mesh");
    let got = &found[3];
    assert!(apart(&got["angle"], &json!(want.edges.angle)) < 1e-14);
    assert!(apart(&got["transport"], &json!(want.edges.transport)) < 1e-14);
    let frames: Vec<f64> = want.frames.as_flattened().as_flattened().to_vec();
    assert!(apart(&got["frames"], &json!(frames)) < 1e-14);
}
