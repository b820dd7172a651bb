//! Random well-typed programs as source text. Every rule that the generator follows is one of the typing rules; that the checker
//! agrees is part of the test.

use crate::reps::{ABSTRACT, GAUGE, Group, Kind, PLANAR, Rep, SPATIAL};
use gdl_core::certify::Rng;

/// Where a signal lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Nodes,
    Edges,
    Whole,
}

#[derive(Clone)]
struct Signal {
    name: String,
    place: Place,
    rep: Rep,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    Set,
    Seq,
    Graph,
    Cloud,
    Mesh,
    Grid { wrap: bool },
}

struct Writer {
    rng: Rng,
    group: &'static Group,
    domain: Domain,
    signals: Vec<Signal>,
    lines: Vec<String>,
    classes: bool,
    fresh: usize,
}

/// The program of a seed.
pub fn program(seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let domain = match rng.below(6) {
        0 => Domain::Set,
        1 => Domain::Seq,
        2 => Domain::Graph,
        3 => Domain::Cloud,
        4 => Domain::Grid {
            wrap: rng.below(3) == 0,
        },
        _ => Domain::Mesh,
    };
    let groups = match domain {
        Domain::Cloud => SPATIAL,
        Domain::Mesh => GAUGE,
        Domain::Grid { .. } => PLANAR,
        _ => ABSTRACT,
    };
    let group = &groups[rng.below(groups.len())];
    let classes = rng.below(3) == 0;
    let mut w = Writer {
        rng,
        group,
        domain,
        signals: Vec::new(),
        lines: Vec::new(),
        classes,
        fresh: 0,
    };
    w.model()
}

impl Writer {
    fn name(&mut self) -> String {
        self.fresh += 1;
        format!("h{}", self.fresh)
    }

    fn nodes(&self) -> &'static str {
        match self.domain {
            Domain::Set | Domain::Seq | Domain::Grid { .. } => "d",
            Domain::Mesh => "d.verts",
            _ => "d.nodes",
        }
    }

    fn has_edges(&self) -> bool {
        matches!(self.domain, Domain::Graph | Domain::Cloud)
    }

    fn model(&mut self) -> String {
        let domain = match self.domain {
            Domain::Set if self.rng.below(2) == 0 => "set(nonempty)".to_string(),
            Domain::Set => "set".into(),
            Domain::Seq => "seq".into(),
            Domain::Graph => "graph".into(),
            Domain::Cloud => "cloud(3)".into(),
            Domain::Mesh => "mesh".into(),
            Domain::Grid { wrap } => format!("grid(2, edge = {})", if wrap { "wrap" } else { "zero" }),
        };
        let rep = Rep::random(self.group, &mut self.rng);
        let mut inputs = format!("d: {domain}, x: {} -> {}", self.nodes(), rep.text());
        self.signals.push(Signal {
            name: "x".into(),
            place: Place::Nodes,
            rep,
        });
        if self.classes {
            inputs += &format!(", z: {} -> class(3)", self.nodes());
        }
        if self.has_edges() && self.rng.below(2) == 0 {
            let rep = Rep::random(self.group, &mut self.rng);
            inputs += &format!(", w: d.edges -> {}", rep.text());
            self.signals.push(Signal {
                name: "w".into(),
                place: Place::Edges,
                rep,
            });
        }
        if self.rng.below(4) == 0 && self.domain != Domain::Mesh {
            let rep = Rep::random(self.group, &mut self.rng);
            inputs += &format!(", c: {}", rep.text());
            self.signals.push(Signal {
                name: "c".into(),
                place: Place::Whole,
                rep,
            });
        }
        let steps = 2 + self.rng.below(5);
        let mut done = 0;
        for _ in 0..60 {
            if done < steps && self.step() {
                done += 1;
            }
        }
        let out = self.signals.last().cloned().unwrap_or_else(|| unreachable!());
        let ty = match out.place {
            Place::Nodes => format!("({} -> {})", self.nodes(), out.rep.text()),
            Place::Edges => format!("(d.edges -> {})", out.rep.text()),
            Place::Whole if out.rep.0.len() == 1 => out.rep.text(),
            Place::Whole => format!("({})", out.rep.text()),
        };
        let under = if self.group.text == "trivial" {
            String::new()
        } else {
            format!("under {} ", self.group.text)
        };
        format!(
            "model P {under}({inputs}) -> {ty} {{\n  {}\n  {}\n}}\n",
            self.lines.join("\n  "),
            out.name
        )
    }

    fn pick(&mut self, want: impl Fn(&Signal) -> bool) -> Option<Signal> {
        let list: Vec<&Signal> = self.signals.iter().filter(|s| want(s)).collect();
        (!list.is_empty()).then(|| list[self.rng.below(list.len())].clone())
    }

    /// A signal; recent ones more often.
    fn any(&mut self) -> Signal {
        let n = self.signals.len();
        let at = self.rng.below(n).max(self.rng.below(n));
        self.signals[at].clone()
    }

    fn put(&mut self, place: Place, rep: Rep, text: impl FnOnce(&str) -> String) -> bool {
        let name = self.name();
        self.lines.push(text(&name));
        self.signals.push(Signal { name, place, rep });
        true
    }

    /// A representation that may stand at a place: a mesh has no vectors outside its fibres.
    fn target(&mut self, place: Place) -> Rep {
        if self.domain == Domain::Mesh && place == Place::Whole {
            return Rep::scalars(self.group, 2);
        }
        Rep::random(self.group, &mut self.rng)
    }

    fn step(&mut self) -> bool {
        match self.rng.below(18) {
            0 | 1 => self.dense(),
            2 => self.pointwise(),
            3 => self.gated(),
            4 => self.normalised(),
            5 => self.invariant(),
            6 => self.combined(),
            7 => self.scaled(),
            8 | 9 => self.pooled(),
            10 => self.spread(),
            11 => self.pairs(),
            12 => self.messages(),
            13 => self.looped(),
            14 => self.special(),
            15 => self.ends(),
            16 => self.rewritten(),
            _ => self.labelled(),
        }
    }

    fn dense(&mut self) -> bool {
        let x = self.any();
        let to = self.target(x.place);
        let t = to.text();
        match self.rng.below(3) {
            0 => self.put(x.place, to, |n| format!("{n} = linear({}, {t})", x.name)),
            1 if self.rng.below(2) == 0 => {
                let hidden = Rep::scalars(self.group, 3).text();
                self.put(x.place, to, |n| format!("{n} = mlp({}, [{hidden}, {t}])", x.name))
            }
            _ => {
                let w = format!("W{}", self.fresh);
                self.lines.push(format!("param {w}: hom({}, {t})", x.rep.text()));
                self.put(x.place, to, |n| format!("{n} = {w}({})", x.name))
            }
        }
    }

    fn pointwise(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.rep.is(Kind::Permutation)) else {
            return false;
        };
        const FUNCTIONS: [&str; 9] = [
            "relu", "tanh", "silu", "gelu", "abs", "sigmoid", "elu", "sin", "softplus",
        ];
        let f = FUNCTIONS[self.rng.below(FUNCTIONS.len())];
        self.put(x.place, x.rep, |n| format!("{n} = {f}({})", x.name))
    }

    fn gated(&mut self) -> bool {
        let x = self.any();
        let to = self.target(x.place);
        let t = to.text();
        if self.rng.below(3) == 0 {
            return x.rep.has_length() && self.put(x.place, x.rep, |n| format!("{n} = norm_act({}, tanh)", x.name));
        }
        self.put(x.place, to, |n| {
            format!("{n} = {} |> linear(gated({t})) |> gate(silu)", x.name)
        })
    }

    fn normalised(&mut self) -> bool {
        let x = self.any();
        let layer = ["layer_norm", "rms_norm", "batch_norm", "bias"][self.rng.below(4)];
        // A mean needs at least one element.
        let filled = matches!(self.domain, Domain::Graph | Domain::Cloud | Domain::Grid { .. });
        if layer == "batch_norm" && (x.place != Place::Nodes || !filled) || layer != "bias" && !x.rep.has_length() {
            return false;
        }
        self.put(x.place, x.rep, |n| format!("{n} = {layer}({})", x.name))
    }

    /// An index expression for every place, with the binder of a definition.
    fn indexed(&self, place: Place) -> (&'static str, &'static str) {
        match (place, self.domain) {
            (Place::Nodes, Domain::Grid { .. } | Domain::Set | Domain::Seq) => ("[i in d]", "[i]"),
            (Place::Nodes, Domain::Mesh) => ("[i in d.verts]", "[i]"),
            (Place::Nodes, _) => ("[i in d.nodes]", "[i]"),
            (Place::Edges, _) => ("[e in d.edges]", "[e]"),
            (Place::Whole, _) => ("", ""),
        }
    }

    fn invariant(&mut self) -> bool {
        let x = self.any();
        let (b, i) = self.indexed(x.place);
        let one = Rep::scalars(self.group, 1);
        let other = self
            .pick(|s| s.place == x.place && s.rep == x.rep)
            .map_or(x.name.clone(), |s| s.name);
        match self.rng.below(3) {
            0 if x.rep.has_length() => self.put(x.place, one, |n| format!("{n}{b} = norm2({}{i})", x.name)),
            0 | 1 => self.put(x.place, one, |n| format!("{n}{b} = dot({}{i}, {other}{i})", x.name)),
            _ if x.rep.has_length() => self.put(x.place, one, |n| {
                format!("{n}{b} = sqrt(1 + norm2({}{i} - {other}{i}))", x.name)
            }),
            _ => false,
        }
    }

    fn combined(&mut self) -> bool {
        let x = self.any();
        let rng = self.rng.below(3);
        if rng == 0 {
            let Some(y) = self.pick(|s| s.place == x.place) else {
                return false;
            };
            let rep = x.rep.plus(&y.rep);
            return self.put(x.place, rep, |n| format!("{n} = {} ++ {}", x.name, y.name));
        }
        let Some(y) = self.pick(|s| s.place == x.place && s.rep == x.rep) else {
            return false;
        };
        let op = ["+", "-", "+ 2 *"][self.rng.below(3)];
        self.put(x.place, x.rep, |n| format!("{n} = {} {op} {}", x.name, y.name))
    }

    fn scaled(&mut self) -> bool {
        let x = self.any();
        let Some(s) = self.pick(|s| s.place == x.place && s.rep.count() == Some(1)) else {
            return false;
        };
        let (b, i) = self.indexed(x.place);
        let f = ["", "tanh", "cos"][self.rng.below(3)];
        self.put(x.place, x.rep, |n| {
            format!("{n}{b} = {f}({}{i}) * {}{i}", s.name, x.name)
        })
    }

    fn pooled(&mut self) -> bool {
        // Vectors in different fibres are not added.
        let fibres = self.domain == Domain::Mesh;
        let Some(x) = self.pick(|s| s.place != Place::Whole && !(fibres && s.rep.count().is_none())) else {
            return false;
        };
        let set = if x.place == Place::Nodes {
            self.nodes()
        } else {
            "d.edges"
        };
        let order = x.rep.is(Kind::Permutation);
        let cond = self.pick(|s| s.place == x.place && s.rep.count() == Some(1));
        match self.rng.below(if order { 6 } else { 4 }) {
            0 => self.put(Place::Whole, x.rep, |n| format!("{n} = sum i in {set}: {}[i]", x.name)),
            1 => self.put(Place::Whole, x.rep, |n| {
                format!("{n} = mean i in {set}: {}[i] else 0", x.name)
            }),
            2 => match cond {
                Some(c) => self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = mean i in {set} if {}[i] < 0: {}[i] else 0", c.name, x.name)
                }),
                None => false,
            },
            3 => match cond {
                Some(c) => self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = mean i in {set} by softmax {}[i]: {}[i] else 0", c.name, x.name)
                }),
                None => false,
            },
            4 => self.put(Place::Whole, x.rep, |n| {
                format!("{n} = max i in {set}: {}[i] else 0", x.name)
            }),
            _ => self.put(Place::Whole, x.rep, |n| {
                format!("{n} = logsumexp i in {set}: {}[i] else 0", x.name)
            }),
        }
    }

    fn spread(&mut self) -> bool {
        let Some(c) = self.pick(|s| s.place == Place::Whole) else {
            return false;
        };
        let Some(x) = self.pick(|s| s.place != Place::Whole) else {
            return false;
        };
        let (b, i) = self.indexed(x.place);
        if x.rep == c.rep {
            return self.put(x.place, x.rep, |n| format!("{n}{b} = {}{i} + {}", x.name, c.name));
        }
        let rep = x.rep.plus(&c.rep);
        self.put(x.place, rep, |n| format!("{n}{b} = {}{i} ++ {}", x.name, c.name))
    }

    fn pairs(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        if matches!(self.domain, Domain::Grid { .. } | Domain::Mesh) {
            return false;
        }
        let (b, _) = self.indexed(Place::Nodes);
        let set = self.nodes();
        let v = &x.name;
        let cond = match (self.domain, self.rng.below(3)) {
            (Domain::Seq, 0) => "if j <= i",
            (Domain::Seq, 1) => "if j < i",
            (_, 2) => "if j != i",
            _ => "",
        };
        match self.rng.below(4) {
            0 => self.put(Place::Nodes, x.rep.clone(), |n| {
                format!("{n}{b} = sum j in {set} {cond}: {v}[j] - {v}[i]")
            }),
            1 => self.put(Place::Nodes, x.rep.clone(), |n| {
                format!("{n}{b} = mean j in {set} {cond} by softmax dot({v}[i], {v}[j]): {v}[j] else 0")
            }),
            2 => self.put(Place::Nodes, x.rep.clone(), |n| {
                let square = match x.rep.has_length() {
                    true => format!("norm2({v}[i] - {v}[j])"),
                    false => format!("dot({v}[i] - {v}[j], {v}[i])"),
                };
                format!("{n}{b} = sum j in {set} {cond}: tanh({square}) * {v}[j]")
            }),
            _ => self.put(Place::Nodes, Rep::scalars(self.group, 1), |n| {
                format!("{n}{b} = max j in {set} {cond}: dot({v}[i], {v}[j]) else 0")
            }),
        }
    }

    fn messages(&mut self) -> bool {
        if !self.has_edges() {
            return self.domain_special();
        }
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        let v = x.name.clone();
        let edge = self.pick(|s| s.place == Place::Edges && s.rep.count() == Some(1));
        let b = "[i in d.nodes]";
        let order = x.rep.is(Kind::Permutation);
        match self.rng.below(if order { 6 } else { 5 }) {
            0 => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = sum e: j -> i in d.edges: {v}[j]")
            }),
            1 => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = (mean e: j -> i in d.edges: {v}[j] else 0) / (1 + d.degree[i])")
            }),
            2 => match edge {
                Some(w) => self.put(Place::Nodes, x.rep, |n| {
                    format!("{n}{b} = sum e: j -> i in d.edges: {}[e] * ({v}[j] - {v}[i])", w.name)
                }),
                None => false,
            },
            3 => self.put(Place::Edges, x.rep, |n| {
                format!("{n}[e: j -> i in d.edges] = {v}[i] - {v}[j]")
            }),
            4 => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = mean e: j -> i in d.edges by softmax dot({v}[i], {v}[j]): {v}[j] else 0")
            }),
            _ => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = max e: j -> i in d.edges: {v}[j] else 0")
            }),
        }
    }

    /// Signals on edges summed at an end.
    fn ends(&mut self) -> bool {
        let Some(u) = self.pick(|s| s.place == Place::Edges) else {
            return false;
        };
        let word = ["sum e: j -> i", "sum e: i -> j"][self.rng.below(2)];
        self.put(Place::Nodes, u.rep, |n| {
            format!("{n}[i in d.nodes] = {word} in d.edges: {}[e]", u.name)
        })
    }

    fn looped(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        let t = x.rep.text();
        let act = match x.rep.is(Kind::Permutation) {
            true => "tanh",
            false if x.rep.has_length() => "rms_norm",
            false => "bias",
        };
        let v = x.name.clone();
        match (self.rng.below(3), self.domain) {
            (0, _) => self.put(Place::Nodes, x.rep, |n| format!("{n} = {v}\n  repeat 2 {{\n    {n} = {act}({n} + linear({n}, {t}))\n  }}")),
            (1, _) => self.put(Place::Nodes, x.rep, |n| format!("iterate 2 from {n} = {v} {{\n    {n}' = {act}(linear({n}, {t})) + {v}\n  }}")),
            (_, Domain::Seq) => {
                let s = format!("s{}", self.fresh);
                let (c, rep) = (Rep::scalars(self.group, 2), x.rep.clone());
                let init = c.text();
                let y = self.name();
                self.lines.push(format!(
                    "scan t in d from {s} = ones(2) {{\n    {s}' = tanh(linear({s} ++ {v}[t], {init}))\n    {y}[t] = {v}[t] ++ {s}'\n  }}"
                ));
                self.signals.push(Signal { name: y, place: Place::Nodes, rep: rep.plus(&c) });
                true
            }
            (_, Domain::Graph | Domain::Cloud) => self.put(Place::Nodes, x.rep, |n| {
                format!("iterate d.size from {n} = {v} {{\n    {n}'[i] = {n}[i] + (mean e: j -> i in d.edges: linear({n}[j], {t}) else 0)\n  }}")
            }),
            _ => false,
        }
    }

    fn special(&mut self) -> bool {
        self.domain_special()
    }

    fn domain_special(&mut self) -> bool {
        match self.domain {
            Domain::Grid { .. } => {
                let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
                    return false;
                };
                let to = Rep::random(self.group, &mut self.rng);
                let t = to.text();
                match self.rng.below(3) {
                    0 | 1 => self.put(Place::Nodes, to, |n| format!("{n} = conv({}, {t}, 3)", x.name)),
                    _ => self.put(Place::Nodes, x.rep, |n| {
                        format!("{n}[q in d] = mean o in d.window(3): ({}[q + o] else 0)", x.name)
                    }),
                }
            }
            Domain::Mesh => {
                let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
                    return false;
                };
                let to = Rep::random(self.group, &mut self.rng);
                let t = to.text();
                self.put(Place::Nodes, to, |n| format!("{n} = gem_conv({}, {t})", x.name))
            }
            Domain::Cloud => match self.rng.below(4) {
                0 => self.put(Place::Edges, Rep::scalars(self.group, 1), |n| {
                    format!("{n}[e in d.edges] = norm2(e.vec)")
                }),
                1 => {
                    let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
                        return false;
                    };
                    let to = Rep::random(self.group, &mut self.rng);
                    let (k, a, t, hidden) = (self.name(), x.rep.text(), to.text(), Rep::scalars(self.group, 2).text());
                    let (set, at) = [("sphere(1)", "dir"), ("ball(2, 1)", "vec")][self.rng.below(2)];
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
                2 => {
                    let Some(s) = self.pick(|s| s.place == Place::Whole && s.rep.count() == Some(1)) else {
                        return false;
                    };
                    let text = if self.group.text == "O(3)" { "1o" } else { "vector" };
                    let rep = Rep(vec![(
                        1,
                        crate::reps::Atom {
                            text,
                            kind: Kind::Other,
                        },
                    )]);
                    self.put(Place::Nodes, rep, |n| format!("{n} = -grad({}, d.pos)", s.name))
                }
                _ => {
                    let text = if self.group.text == "O(3)" { "1o" } else { "vector" };
                    let rep = Rep(vec![(
                        1,
                        crate::reps::Atom {
                            text,
                            kind: Kind::Other,
                        },
                    )]);
                    self.put(Place::Nodes, rep, |n| {
                        format!("{n}[i in d.nodes] = sum e: j -> i in d.edges: exp(-norm2(e.vec)) * e.vec")
                    })
                }
            },
            _ => {
                // Spaces of maps that are solved for have a bounded size.
                let Some(x) = self.pick(|s| s.rep.0.len() < 3 && s.rep.0.iter().all(|(n, _)| *n < 3)) else {
                    return false;
                };
                let to = self.target(x.place);
                let t = to.text();
                self.put(x.place, to, |n| format!("{n} = bilinear({}, {}, {t})", x.name, x.name))
            }
        }
    }

    /// The same vector by a canonical isomorphism.
    fn rewritten(&mut self) -> bool {
        let x = self.any();
        if self.rng.below(2) == 0 {
            let mut blocks = x.rep.0.clone();
            let at = self.rng.below(blocks.len());
            blocks.rotate_left(at);
            let rep = blocks.into_iter().fold(Rep(Vec::new()), |r, b| r.plus(&Rep(vec![b])));
            let t = rep.text();
            return self.put(x.place, rep, |n| format!("{n} = {} as {t}", x.name));
        }
        if x.rep.0.len() > 2 || x.rep.0.iter().any(|(n, _)| *n > 2) {
            return false;
        }
        let to = self.target(x.place);
        let (a, t) = (x.rep.text(), to.text());
        self.put(x.place, to, |n| {
            format!(
                "{n} = linear(tensor({0}, {0}) as sym({a}, 2) + alt({a}, 2), {t})",
                x.name
            )
        })
    }

    fn labelled(&mut self) -> bool {
        if !self.classes {
            return false;
        }
        let to = Rep::scalars(self.group, 2);
        let t = to.text();
        let table = format!("E{}", self.fresh);
        self.lines.push(format!("param {table}: 0..3 -> {t}"));
        let (b, i) = self.indexed(Place::Nodes);
        self.put(Place::Nodes, to, |n| format!("{n}{b} = {table}[z{i}]"))
    }
}
