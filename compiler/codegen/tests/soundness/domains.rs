//! Steps that belong to one kind of domain, and layers of the library.

use crate::reps::{Kind, Rep};
use crate::writer::{Coarse, Coarsening, Domain, Place, Signal, Writer};

impl Writer {
    /// What only this domain has.
    pub fn special(&mut self) -> bool {
        match self.domain {
            Domain::Grid { .. } => self.window(),
            Domain::Mesh => self.mesh(),
            Domain::Cloud { .. } => self.cloud(),
            _ => self.bilinear(),
        }
    }

    fn bilinear(&mut self) -> bool {
        // Spaces of maps that are solved for have a bounded size.
        let Some(x) = self.pick(|s| s.rep.0.len() < 3 && s.rep.0.iter().all(|(n, _)| *n < 3)) else {
            return false;
        };
        let to = self.target(x.place);
        let t = to.text();
        self.put(x.place, to, |n| format!("{n} = bilinear({}, {}, {t})", x.name, x.name))
    }

    fn mesh(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        let to = Rep::random(self.group, &mut self.rng);
        let t = to.text();
        match self.rng.below(3) {
            0 => self.put(Place::Nodes, x.rep, |n| {
                format!(
                    "{n}[p] = mean e: q -> p in d.edges: e.transport({0}[q]) - {0}[p] else 0",
                    x.name
                )
            }),
            1 => {
                let k = self.name();
                let a = x.rep.text();
                self.lines.push(format!("param {k}: d.circle -> hom({a}, {t})"));
                self.put(Place::Nodes, to, |n| {
                    format!("{n}[p] = sum e: q -> p in d.edges: {k}[e.angle]({}[p])", x.name)
                })
            }
            _ => self.put(Place::Nodes, to, |n| format!("{n} = gem_conv({}, {t})", x.name)),
        }
    }

    /// Convolutions and windows, on any grid.
    fn window(&mut self) -> bool {
        let Some(x) = self.pick(|s| matches!(s.place, Place::Nodes | Place::Coarse(_))) else {
            return false;
        };
        let to = Rep::random(self.group, &mut self.rng);
        let t = to.text();
        let (b, _) = self.indexed(x.place);
        let b = b.replacen("[i ", "[q ", 1);
        let set = self.set(x.place);
        let read = match self.domain {
            Domain::Grid { wrap: true, .. } => format!("{}[q + o]", x.name),
            _ => format!("({}[q + o] else 0)", x.name),
        };
        match self.rng.below(5) {
            0..=2 => self.put(x.place, to, |n| format!("{n} = conv({}, {t}, 3)", x.name)),
            3 => {
                let word = match x.rep.is(Kind::Permutation) {
                    true => self.one_of(&["max", "mean", "sum"]),
                    false => self.one_of(&["mean", "sum"]),
                };
                self.put(x.place, x.rep, |n| {
                    format!("{n}{b} = {word} o in {set}.window(3): {read}")
                })
            }
            _ => {
                // A kernel made by a network.
                let Some(s) = self.pick(|s| s.place == x.place && s.rep.count() == Some(1)) else {
                    return false;
                };
                let k = self.name();
                let (a, hidden) = (x.rep.text(), Rep::scalars(self.group, 2).text());
                self.lines.push(format!(
                    "{k} = mlp({}, [{hidden}, fixed({set}.window(3) -> hom({a}, {t}))])",
                    s.name
                ));
                self.put(x.place, to, |n| {
                    format!("{n}{b} = sum o in {set}.window(3): {k}[q][o]({read})")
                })
            }
        }
    }

    /// To a coarser grid.
    pub fn coarser(&mut self) -> bool {
        let Domain::Grid { wrap, coarsening, .. } = self.domain else {
            return false;
        };
        let Some(x) = self.pick(|s| matches!(s.place, Place::Nodes | Place::Coarse(_))) else {
            return false;
        };
        let level = match x.place {
            Place::Coarse(k) => self.coarse[k].level,
            _ => 0,
        };
        // (stride, window, padding)
        let step = match (coarsening, level) {
            (Coarsening::Halves(n), _) if level < n => [(2, 2, 0), (2, 2, 0), (2, 4, 1)][self.rng.below(3)],
            (Coarsening::Seconds(n), _) if level < n => [(2, 3, 1), (2, 1, 0)][self.rng.below(2)],
            (Coarsening::Thirds, 0) if wrap => [(3, 3, 0), (3, 5, 1)][self.rng.below(2)],
            (Coarsening::Thirds, 0) => (3, 3, 0),
            _ => return false,
        };
        let (stride, window, pad) = step;
        let from = self.set(x.place);
        let text = match step {
            (s, w, 0) if s == w => format!("coarse({from}, {s})"),
            _ => format!("coarse({from}, {stride}, {window}, {pad})"),
        };
        let known = self.coarse.iter().position(|c| c.text == text);
        let at = known.unwrap_or(self.coarse.len());
        if known.is_none() {
            let level = level + 1;
            self.coarse.push(Coarse { text, level });
        }
        let place = Place::Coarse(at);
        let whole = stride == window && pad == 0;
        match self.rng.below(if whole { 3 } else { 1 }) {
            1 => self.put(place, x.rep, |n| format!("{n} = mean_pool({}, {stride})", x.name)),
            2 if x.rep.is(Kind::Permutation) => {
                self.put(place, x.rep, |n| format!("{n} = max_pool({}, {stride})", x.name))
            }
            _ => {
                let to = Rep::random(self.group, &mut self.rng);
                let t = to.text();
                self.put(place, to, |n| {
                    format!("{n} = conv_strided({}, {t}, {window}, {stride}, {pad})", x.name)
                })
            }
        }
    }

    fn cloud(&mut self) -> bool {
        let (vector, one) = (Rep::vector(self.group), Rep::scalars(self.group, 1));
        let rigid = self.group.rigid;
        let nodes = self.pick(|s| s.place == Place::Nodes);
        match self.rng.below(9) {
            8 if rigid
                && self.domain == (Domain::Cloud { dim: 3, knn: false })
                && vector.single().is_some_and(|(_, a)| a.kind == Kind::Other) =>
            {
                let to = Rep::random(self.group, &mut self.rng);
                let t = to.text();
                self.put(Place::Edges, to, |n| {
                    format!("{n}[e in d.edges] = linear(harmonics(e.vec, 2), {t})")
                })
            }
            0 if rigid => self.put(Place::Edges, one, |n| format!("{n}[e in d.edges] = norm2(e.vec)")),
            1 | 2 if rigid => {
                let Some(x) = nodes else { return false };
                self.kernel(&x)
            }
            3 if rigid => {
                let at = self.one_of(&["vec", "dir"]);
                self.put(Place::Nodes, vector, |n| {
                    format!("{n}[i in d.nodes] = sum e: j -> i in d.edges: exp(-norm2(e.vec)) * e.{at}")
                })
            }
            4 => self.put(Place::Edges, vector, |n| {
                format!("{n}[e: j -> i in d.edges] = e.vec + 2 * (d.pos[i] - d.pos[j])")
            }),
            5 => {
                // Differences to a mean of points with learned weights.
                let weight = self.pick(|s| s.place == Place::Nodes && s.rep.count() == Some(1));
                let by = weight.map_or(String::new(), |w| format!(" by softmax {}[i]", w.name));
                let c = self.name();
                self.lines.push(format!("{c} = mean i in d.nodes{by}: d.pos[i]"));
                self.put(Place::Nodes, vector, |n| format!("{n}[i in d.nodes] = d.pos[i] - {c}"))
            }
            6 => self.crossed(),
            7 => self.bilinear(),
            _ => false,
        }
    }

    /// A kernel on directions or balls, learned or made by a network, read at the vectors of edges.
    fn kernel(&mut self, x: &Signal) -> bool {
        let Domain::Cloud { dim, .. } = self.domain else {
            return false;
        };
        if self.group.vector.1.1 == Kind::Trivial {
            return false;
        }
        let to = Rep::random(self.group, &mut self.rng);
        let (k, a, t, hidden) = (self.name(), x.rep.text(), to.text(), Rep::scalars(self.group, 2).text());
        let sets = match dim {
            2 => [("circle(2)", "dir"), ("disk(2, 1)", "vec")],
            _ => [("sphere(1)", "dir"), ("ball(2, 1)", "vec")],
        };
        let (set, at) = sets[self.rng.below(2)];
        let network = self.rng.below(2) == 0;
        self.lines.push(if network {
            format!("{k}[e in d.edges] = mlp(norm2(e.vec), [{hidden}, fixed({set} -> hom({a}, {t}))])")
        } else {
            format!("param {k}: {set} -> hom({a}, {t})")
        });
        let edge = if network { "[e]" } else { "" };
        self.put(Place::Nodes, to, |n| {
            format!(
                "{n}[i in d.nodes] = sum e: j -> i in d.edges: {k}{edge}[e.{at}]({}[j])",
                x.name
            )
        })
    }

    /// The cross product of two vectors of space.
    fn crossed(&mut self) -> bool {
        let (even, odd) = match (self.group.text, self.domain) {
            ("O(3)", _) => ("1e", "1o"),
            ("SO(3)", Domain::Cloud { .. }) => ("vector", "vector"),
            _ => return false,
        };
        let of = |text: &str, s: &Signal| s.rep.single().is_some_and(|(n, a)| n == 1 && a.text == text);
        let Some(x) = self.pick(|s| of(even, s) || of(odd, s)) else {
            return false;
        };
        let Some(y) = self.pick(|s| s.place == x.place && (of(even, s) || of(odd, s))) else {
            return false;
        };
        let text = if of(even, &x) == of(even, &y) { even } else { odd };
        self.put(x.place, Rep::copies(1, (text, Kind::Other)), |n| {
            format!("{n} = cross({}, {})", x.name, y.name)
        })
    }

    /// A layer of the library.
    pub fn library(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        let to = self.target(Place::Nodes);
        let (v, t) = (&x.name, to.text());
        let twice = Rep(to.0.iter().map(|(n, a)| (2 * n, a.clone())).collect());
        match self.domain {
            Domain::Set { .. } => match self.rng.below(3) {
                0 => self.put(Place::Nodes, to, |n| format!("{n} = set_linear({v}, {t})")),
                1 if to.has_length() => {
                    self.put(Place::Nodes, x.rep.clone(), |n| format!("{n} = attention({v}, 2, {t})"))
                }
                2 => {
                    let hidden = Rep::scalars(self.group, 2).text();
                    self.put(Place::Whole, to, |n| {
                        format!("{n} = deep_sets({v}, [{hidden}], [{hidden}, {t}])")
                    })
                }
                _ => false,
            },
            Domain::Seq => match self.rng.below(3) {
                0 => self.put(Place::Nodes, Rep::scalars(self.group, 2), |n| {
                    format!("{n} = gru({v}, 2)")
                }),
                1 => self.put(Place::Nodes, Rep::scalars(self.group, 2), |n| {
                    format!("{n} = lstm({v}, 2)")
                }),
                _ if to.has_length() => self.put(Place::Nodes, x.rep.clone(), |n| {
                    format!("{n} = causal_attention({v}, 2, {t}, 0.5)")
                }),
                _ => false,
            },
            Domain::Graph => match self.rng.below(5) {
                0 => self.put(Place::Nodes, to, |n| format!("{n} = gcn({v}, {t})")),
                1 => self.put(Place::Nodes, to, |n| format!("{n} = sage({v}, {t})")),
                // Logits are invariants of the heads.
                2 if to.count().is_some() && x.rep.0.iter().any(|(_, a)| a.kind == Kind::Trivial) => {
                    self.put(Place::Nodes, twice, |n| format!("{n} = gat({v}, 2, {t})"))
                }
                3 => self.put(Place::Nodes, to, |n| format!("{n} = cheb({v}, {t}, 3)")),
                _ => {
                    let hidden = Rep::scalars(self.group, 2).text();
                    let word = self.one_of(&["sum", "mean", "max", "min"]);
                    self.put(Place::Nodes, to, |n| {
                        format!("{n} = mpnn({v}, [{hidden}], [{hidden}, {t}], {word})")
                    })
                }
            },
            _ => false,
        }
    }
}
