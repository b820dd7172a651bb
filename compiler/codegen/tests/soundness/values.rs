//! Steps on the values of one place.

use crate::groups::{BREAKS, Break};
use crate::reps::{Kind, Rep};
use crate::writer::{Place, Writer};

impl Writer {
    pub fn dense(&mut self) -> bool {
        let x = self.any();
        let to = self.target(x.place);
        let t = to.text();
        match self.rng.below(5) {
            0 => self.put(x.place, to, |n| format!("{n} = linear({}, {t})", x.name)),
            1 => {
                let hidden = Rep::scalars(self.group, 3).text();
                self.put(x.place, to, |n| format!("{n} = mlp({}, [{hidden}, {t}])", x.name))
            }
            2 => {
                // A network that is called twice has one set of weights.
                let Some(y) = self.pick(|s| s.place == x.place && s.rep == x.rep) else {
                    return false;
                };
                let f = self.name();
                self.lines.push(format!("param {f} = linear(_, {t})"));
                self.put(x.place, to, |n| format!("{n} = {f}({}) - 2 * {f}({})", x.name, y.name))
            }
            _ => {
                let w = self.name();
                self.lines.push(format!("param {w}: hom({}, {t})", x.rep.text()));
                self.put(x.place, to, |n| format!("{n} = {w}({})", x.name))
            }
        }
    }

    pub fn pointwise(&mut self) -> bool {
        let Some(x) = self.pick(|s| s.rep.is(Kind::Permutation)) else {
            return false;
        };
        let f = self.one_of(&[
            "relu", "tanh", "silu", "gelu", "abs", "sigmoid", "elu", "sin", "softplus", "erf", "sign",
        ]);
        self.put(x.place, x.rep, |n| format!("{n} = {f}({})", x.name))
    }

    pub fn gated(&mut self) -> bool {
        let x = self.any();
        let to = self.target(x.place);
        let t = to.text();
        if self.rng.below(3) == 0 {
            let f = self.one_of(&["tanh", "silu", "gelu"]);
            return x.rep.has_length() && self.put(x.place, x.rep, |n| format!("{n} = norm_act({}, {f})", x.name));
        }
        self.put(x.place, to, |n| {
            format!("{n} = {} |> linear(gated({t})) |> gate(silu)", x.name)
        })
    }

    pub fn normalised(&mut self) -> bool {
        let x = self.any();
        let layer = self.one_of(&["layer_norm", "rms_norm", "batch_norm", "bias", "dropout"]);
        match layer {
            "batch_norm" if !self.is_filled(x.place) || !x.rep.has_length() => return false,
            "layer_norm" | "rms_norm" if !x.rep.has_length() => return false,
            _ => {}
        }
        self.put(x.place, x.rep, |n| format!("{n} = {layer}({})", x.name))
    }

    pub fn invariant(&mut self) -> bool {
        let x = self.any();
        let (b, i) = self.indexed(x.place);
        let one = Rep::scalars(self.group, 1);
        let other = self
            .pick(|s| s.place == x.place && s.rep == x.rep)
            .map_or(x.name.clone(), |s| s.name);
        match self.rng.below(3) {
            0 if x.rep.has_length() => self.put(x.place, one, |n| format!("{n}{b} = norm2({}{i})", x.name)),
            0 | 1 if x.rep.has_form() => self.put(x.place, one, |n| format!("{n}{b} = dot({}{i}, {other}{i})", x.name)),
            _ if x.rep.has_length() => self.put(x.place, one, |n| {
                format!("{n}{b} = sqrt(1 + norm2({}{i} - {other}{i}))", x.name)
            }),
            _ => false,
        }
    }

    pub fn combined(&mut self) -> bool {
        let x = self.any();
        if self.rng.below(3) == 0 {
            let Some(y) = self.pick(|s| s.place == x.place) else {
                return false;
            };
            let rep = x.rep.plus(&y.rep);
            return self.put(x.place, rep, |n| format!("{n} = {} ++ {}", x.name, y.name));
        }
        let Some(y) = self.pick(|s| s.place == x.place && s.rep == x.rep) else {
            return false;
        };
        let op = self.one_of(&["+", "-", "+ 2 *"]);
        self.put(x.place, x.rep, |n| format!("{n} = {} {op} {}", x.name, y.name))
    }

    pub fn scaled(&mut self) -> bool {
        let x = self.any();
        let Some(s) = self.pick(|s| s.place == x.place && s.rep.count() == Some(1)) else {
            return false;
        };
        let (b, i) = self.indexed(x.place);
        let f = self.one_of(&["", "tanh", "cos"]);
        self.put(x.place, x.rep, |n| {
            format!("{n}{b} = {f}({}{i}) * {}{i}", s.name, x.name)
        })
    }

    /// The same vector by a canonical isomorphism.
    pub fn rewritten(&mut self) -> bool {
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

    /// Blocks, copies and points of a representation.
    pub fn parts(&mut self) -> bool {
        let x = self.any();
        let (b, i) = self.indexed(x.place);
        let v = format!("{}{i}", x.name);
        let Some((count, atom)) = x.rep.single().map(|(n, a)| (n, a.clone())) else {
            let at = self.rng.below(x.rep.0.len());
            let (n, atom) = x.rep.0[at].clone();
            let alone = x.rep.0.iter().filter(|(_, a)| *a == atom).count() == 1;
            let rep = Rep(vec![(n, atom.clone())]);
            return alone && self.put(x.place, rep, |name| format!("{name} = {}.[{}]", x.name, atom.text));
        };
        let numbers = Rep::scalars(self.group, count);
        let one = Rep(vec![(1, atom.clone())]);
        match (self.rng.below(4), atom.kind) {
            (0, _) if x.rep.has_length() => {
                self.put(x.place, numbers, |n| format!("{n}{b}[k in 0..{count}] = norm2({v}[k])"))
            }
            (1, Kind::Permutation) => {
                let word = self.one_of(&["max", "mean", "sum", "prod", "logsumexp", "min"]);
                self.put(x.place, numbers, |n| {
                    format!("{n}{b}[k in 0..{count}] = {word} g in points({}): {v}[k][g]", atom.text)
                })
            }
            (2, _) if count > 1 => self.put(x.place, one, |n| format!("{n}{b} = {v}[1] - {v}[0]")),
            _ => {
                let p = self.name();
                self.lines.push(format!("param {p}: 0..{count} -> 1"));
                self.put(x.place, x.rep, |n| format!("{n}{b}[k] = {p}[k] * {v}[k]"))
            }
        }
    }

    /// One of two values, or of a table.
    pub fn chosen(&mut self) -> bool {
        let x = self.any();
        let (b, i) = self.indexed(x.place);
        if let Some(count @ 2..) = x.rep.count()
            && self.rng.below(2) == 0
        {
            self.ties = true;
            let to = self.target(x.place);
            let t = to.text();
            let table = self.name();
            let fixed = Rep::scalars(self.group, 2);
            if self.rng.below(2) == 0 || to.count().is_none() {
                self.lines
                    .push(format!("param {table}: 0..{count} -> {}", fixed.text()));
                return self.put(x.place, fixed, |n| format!("{n}{b} = {table}[argmax({}{i})]", x.name));
            }
            self.lines.push(format!("param {table}: 0..{count} -> {t}"));
            return self.put(x.place, to, |n| format!("{n}{b} = {table}[argmax({}{i})]", x.name));
        }
        let (Some(y), Some(s)) = (
            self.pick(|s| s.place == x.place && s.rep == x.rep),
            self.pick(|s| s.place == x.place && s.rep.count() == Some(1)),
        ) else {
            return false;
        };
        let sign = self.one_of(&["<", "<=", ">", "=="]);
        self.put(x.place, x.rep, |n| {
            format!(
                "{n}{b} = select({}{i} {sign} 0, {}{i}, tanh({}{i}) * {}{i})",
                s.name, x.name, s.name, y.name
            )
        })
    }

    pub fn labelled(&mut self) -> bool {
        if !self.classes {
            return false;
        }
        let to = Rep::scalars(self.group, 2);
        let t = to.text();
        let table = self.name();
        self.lines.push(format!("param {table}: 0..3 -> {t}"));
        let (b, i) = self.indexed(Place::Nodes);
        self.put(Place::Nodes, to, |n| format!("{n}{b} = {table}[z{i}]"))
    }

    /// A constant that the group moves, added to a vector or multiplied with it.
    pub fn moved_constant(&mut self) -> bool {
        let of: Vec<&Break> = BREAKS
            .iter()
            .filter(|b| b.0 == self.group.text && self.group.atoms.contains(&b.1))
            .collect();
        if of.is_empty() {
            return false;
        }
        let &(_, atom, value, to) = of[self.rng.below(of.len())];
        let rep = Rep::copies(1, atom);
        let Some(x) = self.pick(|s| s.rep == rep) else {
            return false;
        };
        self.broken = true;
        let c = self.name();
        self.lines
            .push(format!("const {c}: {} = break({value}, to = {to})", atom.0));
        let (b, i) = self.indexed(x.place);
        if self.rng.below(2) == 0 {
            return self.put(x.place, rep, |n| format!("{n}{b} = {}{i} + 2 * {c}", x.name));
        }
        self.put(x.place, Rep::scalars(self.group, 1), |n| {
            format!("{n}{b} = dot({}{i}, {c})", x.name)
        })
    }

    /// A statistic of the samples, and draws.
    pub fn statistic(&mut self) -> bool {
        let x = self.any();
        let (b, i) = self.indexed(x.place);
        if self.rng.below(3) == 0 {
            // One draw a copy.
            let Some((count, _)) = x.rep.single() else { return false };
            let keep = self.name();
            self.lines.push(format!("random {keep}: {} ~ bernoulli(0.5)", x.name));
            return self.put(x.place, Rep::scalars(self.group, count), |n| format!("{n} = {keep}"));
        }
        if !self.is_filled(x.place) || !x.rep.has_length() {
            return false;
        }
        let (s, set) = (self.name(), self.set(x.place));
        self.lines
            .push(format!("stat {s}: 1 = mean i in {set}: norm2({}[i])", x.name));
        self.put(x.place, x.rep, |n| format!("{n}{b} = {}{i} / sqrt(1 + {s}^2)", x.name))
    }
}
