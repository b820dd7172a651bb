//! Shortest paths (CLRS): the rounds of Bellman and Ford.

use super::case::Case;
use super::trial::{Built, Trial};
use super::view::{Entry, View};
use gdl_abi::DoorSizes;

/// Distances after some rounds (−1: not reached), and the edges that end a shortest path.
fn model(rounds: &str) -> Built {
    Built::new(&format!(
        "
model M (g: graph, w: g.edges -> 1, start: g.nodes -> 1) -> (distance: g.nodes -> 1, last: g.edges -> 1) {{
  iterate {rounds} from h = start {{
    u[e: j -> i in g.edges] = h[j] + w[e]
    m[i] = min e: j -> i in g.edges: u[e] else 1e30
    h'[i] = select(m[i] < h[i], m[i], h[i])
  }}
  distance[i] = select(h[i] < 1e29, h[i], -1)
  last[e: j -> i in g.edges] = select(h[i] < 1e29, h[j] + w[e] == h[i], 0)
  (distance = distance, last = last)
}}"
    ))
}

/// One edge of a batch: nodes are numbered through all graphs, `weight` is an entry of `in.A`.
struct Edge {
    graph: usize,
    src: usize,
    dst: usize,
    weight: usize,
}

/// All graphs of a case as one batch, edges ascending by destination.
fn batch(case: &Case) -> (DoorSizes, Vec<Edge>) {
    let shape = case.shape("in.A");
    let (graphs, n) = (shape[0], shape[1]);
    let mut edges = Vec::new();
    for (weight, _) in case.reals("in.A").iter().enumerate().filter(|(_, w)| **w != 0.0) {
        let (graph, from, to) = (weight / (n * n), weight / n % n, weight % n);
        edges.push(Edge {
            graph,
            src: graph * n + from,
            dst: graph * n + to,
            weight,
        });
    }
    edges.sort_by_key(|e| (e.dst, e.src));
    let ends_of = |k: usize| edges.iter().filter(|e| e.graph < k).count() as u32;
    let door = DoorSizes {
        samples: graphs,
        ragged: vec![
            ("g".into(), (0..=graphs).map(|k| (k * n) as u32).collect()),
            ("g.edges".into(), (0..=graphs).map(ends_of).collect()),
        ],
        grids: Vec::new(),
        maps: vec![
            ("g.src".into(), edges.iter().map(|e| e.src as u32).collect()),
            ("g.dst".into(), edges.iter().map(|e| e.dst as u32).collect()),
        ],
    };
    (door, edges)
}

fn numbers(list: impl Iterator<Item = f64>) -> View {
    let entries: Vec<Entry> = list
        .map(|constant| Entry {
            constant,
            terms: Vec::new(),
        })
        .collect();
    View {
        shape: vec![entries.len()],
        entries,
    }
}

/// A case and its inputs.
struct Graphs {
    case: Case,
    door: DoorSizes,
    weights: View,
    start: View,
    /// Which edges end a shortest path.
    last: View,
}

impl Graphs {
    fn load(name: &str) -> Graphs {
        let case = Case::load(name);
        let n = case.shape("in.A")[1];
        let (door, edges) = batch(&case);
        let sources = case.integers("in.source");
        let weights = case
            .view("in.A")
            .reshape(&[sources.len() * n * n])
            .pick(0, edges.iter().map(|e| e.weight));
        let start = numbers((0..sources.len() * n).map(|i| if sources[i / n] == i % n { 0.0 } else { 1e30 }));
        // The predecessor of the source and of nodes that are not reached is the node itself, which has no edge to itself.
        let parents = case.integers("out.pi");
        let last = numbers(edges.iter().map(|e| f64::from(e.graph * n + parents[e.dst] == e.src)));
        Graphs {
            case,
            door,
            weights,
            start,
            last,
        }
    }

    fn trial<'a>(&'a self, built: &'a Built, distances: View) -> Trial<'a> {
        Trial::new(&self.case, built, self.door.clone())
            .within(0.0, 1e-6)
            .input("w", self.weights.clone())
            .input("start", self.start.clone())
            .output("distance", distances)
    }
}

#[test]
fn shortest_paths() {
    let graphs = Graphs::load("clrs/sssp_n16");
    for round in 0..6 {
        let built = model(&(round + 1).to_string());
        let distances = graphs.case.view("aux.dist_by_round").pick(1, [round]);
        graphs.trial(&built, distances).check();
    }
}

#[test]
fn shortest_paths_and_their_last_edges() {
    let built = model("g.size");
    for name in ["clrs/sssp_n16", "clrs/sssp_n64"] {
        let graphs = Graphs::load(name);
        let (distances, last) = (graphs.case.view("out.dist"), graphs.last.clone());
        graphs.trial(&built, distances).output("last", last).check();
    }
}
