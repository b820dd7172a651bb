//! Steps between places: reductions, messages, loops, derivatives.

use crate::reps::{Kind, Rep};
use crate::writer::{Domain, Place, Signal, Writer};

impl Writer {
    pub fn pooled(&mut self) -> bool {
        // Vectors in different fibres are not added.
        let fibres = self.domain == Domain::Mesh;
        let Some(x) = self.pick(|s| s.place != Place::Whole && !(fibres && s.rep.count().is_none())) else {
            return false;
        };
        let set = self.set(x.place);
        let default = if self.is_filled(x.place) { "" } else { " else 0" };
        let order = x.rep.is(Kind::Permutation);
        let cond = self.pick(|s| s.place == x.place && s.rep.count() == Some(1));
        let v = &x.name;
        match self.rng.below(if order { 7 } else { 5 }) {
            0 => self.put(Place::Whole, x.rep, |n| format!("{n} = sum i in {set}: {v}[i]")),
            1 => self.put(Place::Whole, x.rep, |n| {
                format!("{n} = mean i in {set}: {v}[i]{default}")
            }),
            2 => match cond {
                Some(c) => self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = mean i in {set} if {}[i] < 0: {v}[i] else 0", c.name)
                }),
                None => false,
            },
            3 => match cond {
                Some(c) => self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = mean i in {set} by softmax {}[i]: {v}[i]{default}", c.name)
                }),
                None => false,
            },
            4 => match cond {
                Some(c) => self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = mean i in {set} by exp(tanh({}[i])): {v}[i]{default}", c.name)
                }),
                None => false,
            },
            _ => {
                let word = self.one_of(&["max", "min", "logsumexp", "prod"]);
                let default = if word == "prod" { "" } else { default };
                self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = {word} i in {set}: {v}[i]{default}")
                })
            }
        }
    }

    pub fn spread(&mut self) -> bool {
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

    pub fn pairs(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        if matches!(self.domain, Domain::Grid { .. } | Domain::Mesh) {
            return false;
        }
        let (b, _) = self.indexed(Place::Nodes);
        let set = self.set(Place::Nodes);
        let v = &x.name;
        let cond = match (self.domain, self.rng.below(4)) {
            (Domain::Seq, 0) => "if j <= i",
            (Domain::Seq, 1) => "if j < i",
            (_, 2) => "if j != i",
            (_, 3) => "if i == j",
            _ => "",
        };
        let (form, length) = (x.rep.has_form(), x.rep.has_length());
        match self.rng.below(8) {
            7 if length => self.put(Place::Nodes, x.rep, |n| {
                // Infinite for the pairs that are excluded.
                format!("{n}{b} = sum j in {set} if j != i: {v}[j] / norm({v}[i] - {v}[j])")
            }),
            6 if form => {
                // A product of matrices over pairs, read at all pairs or along edges.
                let (p, q) = (self.name(), self.name());
                self.lines
                    .push(format!("{p}[i in {set}, j in {set}] = tanh(dot({v}[i], {v}[j]))"));
                self.lines.push(format!(
                    "{q}[i in {set}, j in {set}] = sum k in {set} {cond}: {p}[j, k] * {p}[k, i]",
                    cond = cond.replace("j ", "k ").replace(" j", " k")
                ));
                let over = match self.has_edges() && self.rng.below(2) == 0 {
                    true => "e: j -> i in d.edges".to_string(),
                    false => format!("j in {set}"),
                };
                self.put(Place::Nodes, x.rep, |n| {
                    format!("{n}{b} = sum {over}: {q}[j, i] * {v}[j]")
                })
            }
            0 => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = sum j in {set} {cond}: {v}[j] - {v}[i]")
            }),
            1 if form => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = mean j in {set} {cond} by softmax dot({v}[i], {v}[j]): {v}[j] else 0")
            }),
            2 if form => self.put(Place::Nodes, x.rep, |n| {
                let square = match length {
                    true => format!("norm2({v}[i] - {v}[j])"),
                    false => format!("dot({v}[i] - {v}[j], {v}[i])"),
                };
                format!("{n}{b} = sum j in {set} {cond}: tanh({square}) * {v}[j]")
            }),
            3 if form => {
                let word = self.one_of(&["max", "min", "logsumexp"]);
                self.put(Place::Nodes, Rep::scalars(self.group, 1), |n| {
                    format!("{n}{b} = {word} j in {set} {cond}: dot({v}[i], {v}[j]) else 0")
                })
            }
            4 if form => {
                // All pairs, or all triples of which two differ.
                let cond = self.one_of(&["", "if i != j"]);
                self.put(Place::Whole, x.rep, |n| {
                    format!("{n} = sum i in {set}, j in {set} {cond}: tanh(dot({v}[i], {v}[j])) * {v}[j]")
                })
            }
            5 => self.put(Place::Nodes, Rep::scalars(self.group, 1), |n| {
                format!("{n}{b} = sum j in {set}: j == i")
            }),
            _ => false,
        }
    }

    pub fn messages(&mut self) -> bool {
        if !self.has_edges() {
            return self.special();
        }
        let Some(x) = self.pick(|s| s.place == Place::Nodes) else {
            return false;
        };
        let v = x.name.clone();
        let edge = self.pick(|s| s.place == Place::Edges && s.rep.count() == Some(1));
        let b = "[i in d.nodes]";
        let order = x.rep.is(Kind::Permutation);
        match self.rng.below(if order { 7 } else { 5 }) {
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
            4 if x.rep.has_form() => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = mean e: j -> i in d.edges by softmax dot({v}[i], {v}[j]): {v}[j] else 0")
            }),
            4 => false,
            5 => self.put(Place::Nodes, x.rep, |n| {
                format!("{n}{b} = max e: j -> i in d.edges if j != i: {v}[j] - {v}[i] else 0")
            }),
            _ => {
                let word = self.one_of(&["max", "min", "logsumexp"]);
                self.put(Place::Nodes, x.rep, |n| {
                    format!("{n}{b} = {word} e: j -> i in d.edges: {v}[j] else 0")
                })
            }
        }
    }

    /// Signals on edges summed at an end.
    pub fn ends(&mut self) -> bool {
        let Some(u) = self.pick(|s| s.place == Place::Edges) else {
            return false;
        };
        let word = self.one_of(&["sum e: j -> i", "sum e: i -> j"]);
        self.put(Place::Nodes, u.rep, |n| {
            format!("{n}[i in d.nodes] = {word} in d.edges: {}[e]", u.name)
        })
    }

    pub fn looped(&mut self) -> bool {
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
        let (one, two) = (Rep::scalars(self.group, 1).text(), Rep::scalars(self.group, 2));
        match (self.rng.below(5), self.domain) {
            (0, _) => self.put(Place::Nodes, x.rep, |n| {
                format!("{n} = {v}\n  repeat 2 {{\n    {n} = {act}({n} + linear({n}, {t}))\n  }}")
            }),
            (1, _) => self.put(Place::Nodes, x.rep, |n| {
                format!("iterate 2 from {n} = {v} {{\n    {n}' = {act}(linear({n}, {t})) + {v}\n  }}")
            }),
            (2, _) => {
                // Two states, of which each reads the other.
                let s = self.name();
                self.put(Place::Nodes, x.rep, |n| {
                    format!(
                        "iterate 3 from {n} = {v}, {s} = linear({v}, {one}) {{\n    {s}' = tanh({s} + linear({n}, {one}))\n    {n}' = {s} * {act}({n}) + {v}\n  }}"
                    )
                })
            }
            (_, Domain::Seq) if self.rng.below(2) == 0 => {
                let s = self.name();
                let (init, rep) = (two.text(), x.rep.plus(&two));
                let y = self.name();
                let word = self.one_of(&["scan", "iterate"]);
                self.lines.push(format!(
                    "{word} t in d from {s} = ones(2) {{\n    {s}' = tanh(linear({s} ++ {v}[t], {init}))\n    {y}[t] = {v}[t] ++ {s}'\n  }}"
                ));
                self.signals.push(Signal {
                    name: y,
                    place: Place::Nodes,
                    rep,
                });
                true
            }
            (_, Domain::Seq) => {
                // A state that the group moves starts at 0.
                let y = self.name();
                let s = self.name();
                self.lines.push(format!(
                    "scan t in d from {s} = 0 * (sum i in d: {v}[i]) {{\n    {s}' = {act}(linear({s}, {t}) + {v}[t])\n    {y}[t] = {s}\n  }}"
                ));
                self.signals.push(Signal { name: y, ..x });
                true
            }
            (_, Domain::Graph | Domain::Cloud { .. }) => self.put(Place::Nodes, x.rep, |n| {
                format!(
                    "iterate d.size from {n} = {v} {{\n    {n}'[i] = {n}[i] + (mean e: j -> i in d.edges: linear({n}[j], {t}) else 0)\n  }}"
                )
            }),
            _ => false,
        }
    }

    /// The derivative of an invariant by an input, by positions, by strain.
    pub fn derivative(&mut self) -> bool {
        let Some(s) = self.pick(|s| s.place == Place::Whole && s.rep.count() == Some(1)) else {
            return false;
        };
        let by = self.pick(|s| ["x", "w", "c", "p"].contains(&s.name.as_str()) && s.rep.has_length());
        let cloud = matches!(self.domain, Domain::Cloud { .. }) && self.group.rigid;
        let (vector, one) = (Rep::vector(self.group), self.group.vector.1);
        match self.rng.below(if cloud { 4 } else { 2 }) {
            0 | 1 => match by {
                Some(x) => self.put(x.place, x.rep, |n| format!("{n} = grad({}, {})", s.name, x.name)),
                None => false,
            },
            2 => self.put(Place::Nodes, vector, |n| format!("{n} = -grad({}, d.pos)", s.name)),
            _ if one.1 == Kind::Trivial => false,
            _ => self.put(Place::Whole, Rep::copies(1, (self.group.symmetric, Kind::Other)), |n| {
                format!("{n} = grad({}, d.strain)", s.name)
            }),
        }
    }
}
