//! Steps that choose elements by keys, solve differential equations, trust functions, and read a second domain.

use crate::reps::{Kind, Rep};
use crate::writer::{Domain, Place, Writer};

impl Writer {
    /// Elements in the order of a key, the first of them, or edges from the nearest ones.
    pub fn choices(&mut self) -> bool {
        // Vectors in different fibres are not compared.
        if self.domain == Domain::Mesh {
            return false;
        }
        let Some(x) = self.pick(|s| matches!(s.place, Place::Nodes | Place::Other)) else {
            return false;
        };
        let (set, v) = (self.set(x.place), &x.name);
        let (b, _) = self.indexed(x.place);
        let b = b.replacen("[o ", "[i ", 1);
        let key = self.pick(|s| s.place == x.place && s.rep.count() == Some(1));
        let t = self.name();
        let (of, over) = match (self.rng.below(4), key) {
            (0, Some(key)) => (format!("sort({})", key.name), ""),
            (1, Some(key)) => (format!("topk({}, 2)", key.name), ""),
            (2, _) if x.rep.has_length() => (format!("knn({v}, 2)"), "e: j -> i"),
            (3, _) if x.rep.has_form() => {
                let key = self.name();
                self.lines
                    .push(format!("{key}[i in {set}, j in {set}] = dot({v}[i], {v}[j])"));
                (format!("topk({key}, 2)"), "e: j -> i")
            }
            _ => return false,
        };
        self.ties = true;
        self.lines.push(format!("{t} = {of}"));
        if over.is_empty() {
            let value = self.one_of(&["V[k]", "k * V[k]", "(sum l in T if l <= k: V[l])"]);
            let value = value.replace('V', v).replace('T', &t);
            return self.put(Place::Whole, x.rep, |n| format!("{n} = sum k in {t}: {value}"));
        }
        match self.rng.below(3) {
            0 if x.rep.is(Kind::Permutation) => self.put(x.place, x.rep, |n| {
                format!("{n}{b} = max {over} in {t}: {v}[j] - {v}[i] else 0")
            }),
            1 if x.rep.has_form() => self.put(x.place, x.rep, |n| {
                format!("{n}{b} = mean {over} in {t} by softmax dot({v}[i], {v}[j]): {v}[j] else 0")
            }),
            _ => self.put(x.place, x.rep, |n| format!("{n}{b} = sum {over} in {t}: {v}[j]")),
        }
    }

    /// The solution of a differential equation.
    pub fn integrated(&mut self) -> bool {
        let x = self.any();
        let t = x.rep.text();
        let act = match x.rep.is(Kind::Permutation) {
            true => "tanh",
            false if x.rep.has_length() => "rms_norm",
            false => "bias",
        };
        let method = self.one_of(&["euler(1.0, 2)", "midpoint(0.5, 2)", "rk4(1.0, 1)"]);
        let v = x.name;
        if x.rep.count().is_some() && self.rng.below(2) == 0 {
            let (b, i) = self.indexed(x.place);
            return self.put(x.place, x.rep, |n| {
                format!("integrate time in {method} from {n} = {v} {{\n    {n}'{b} = time * {v}{i} - {n}{i}\n  }}")
            });
        }
        self.put(x.place, x.rep, |n| {
            format!("integrate {method} from {n} = {v} {{\n    {n}' = {act}(linear({n}, {t})) - {v}\n  }}")
        })
    }

    /// A function of the components of a vector.
    pub fn trusted(&mut self) -> bool {
        let Domain::Cloud { dim, .. } = self.domain else {
            return false;
        };
        let vector = Rep::vector(self.group);
        let named = vector.single().is_some_and(|(n, a)| n == 1 && a.kind == Kind::Other);
        let Some(x) = self.pick(|s| s.rep == vector).filter(|_| named && self.group.rigid) else {
            return false;
        };
        self.trusting = true;
        let (b, i) = self.indexed(x.place);
        let (f, of) = (self.name(), vector.text());
        let (body, to) = match self.rng.below(2) {
            0 => (format!("sum k in 0..{dim}: x[k]^2"), Rep::scalars(self.group, 1)),
            _ => (
                format!("y[k in 0..{dim}] = x[k] / (1 + (sum l in 0..{dim}: x[l]^2))\n  y"),
                vector,
            ),
        };
        let (t, size) = (to.text(), if to.count() == Some(1) { 1 } else { dim });
        self.items.push(format!(
            "layer {f}_of(x: {dim}) -> {size} {{\n  {body}\n}}\ntrust {f}: {of} -> {t} = {f}_of\n"
        ));
        self.put(x.place, to, |n| format!("{n}{b} = {f}({}{i})", x.name))
    }

    /// From one domain to the other.
    pub fn across(&mut self) -> bool {
        let ends = [Place::Nodes, Place::Other];
        let at = self.rng.below(2);
        let (from, to) = (ends[at], ends[1 - at]);
        let (Some(x), Some(y)) = (self.pick(|s| s.place == from), self.pick(|s| s.place == to)) else {
            return false;
        };
        let (set, (b, i)) = (self.set(from), self.indexed(to));
        let v = &x.name;
        if x.rep == y.rep && x.rep.has_form() && self.rng.below(2) == 0 {
            return self.put(to, x.rep, |n| {
                format!(
                    "{n}{b} = mean j in {set} by softmax dot({}{i}, {v}[j]): {v}[j] else 0",
                    y.name
                )
            });
        }
        let rep = x.rep.plus(&y.rep);
        self.put(to, rep, |n| {
            format!("{n}{b} = (sum j in {set}: {v}[j]) ++ {}{i}", y.name)
        })
    }
}
