//! Random well-typed programs as source text. Every rule that the generator follows is one of the typing rules; that the checker
//! agrees is part of the test.

use crate::groups::{ABSTRACT, FLAT, GAUGE, Group, LINE, PLANE, SPACE, SPATIAL};
use crate::reps::Rep;
use gdl_core::certify::Rng;

/// Where a signal lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Nodes,
    Edges,
    Whole,
    /// On a second domain, a set.
    Other,
    /// On a coarser grid, by its number in [`Writer::coarse`].
    Coarse(usize),
}

#[derive(Clone)]
pub struct Signal {
    pub name: String,
    pub place: Place,
    pub rep: Rep,
}

/// Which coarser grids there may be; what the signature promises follows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Coarsening {
    None,
    /// Windows of even sizes that move by two, this many times.
    Halves(usize),
    /// Windows around every second cell, this many times: sides stay odd.
    Seconds(usize),
    Thirds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    Set {
        nonempty: bool,
    },
    Seq,
    Graph,
    Cloud {
        dim: u32,
        knn: bool,
    },
    Mesh,
    Grid {
        rank: u32,
        wrap: bool,
        coarsening: Coarsening,
    },
}

/// A coarser grid: how it is written, and how many steps it is away from the first.
#[derive(Clone)]
pub struct Coarse {
    pub text: String,
    pub level: usize,
}

pub struct Writer {
    pub rng: Rng,
    pub group: &'static Group,
    pub domain: Domain,
    pub signals: Vec<Signal>,
    pub coarse: Vec<Coarse>,
    /// Items before the model.
    pub items: Vec<String>,
    pub lines: Vec<String>,
    /// Choices among values that may be equal.
    pub ties: bool,
    /// Constants that the group moves.
    pub broken: bool,
    /// Functions that are trusted.
    pub trusting: bool,
    pub classes: bool,
    pub fresh: usize,
}

/// The program of a seed: a model, and for every fourth seed how it is trained.
pub fn program(seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let domain = domain(&mut rng);
    let groups = match domain {
        Domain::Cloud { dim: 2, .. } => FLAT,
        Domain::Cloud { .. } => SPATIAL,
        Domain::Mesh => GAUGE,
        Domain::Grid { rank: 1, .. } => LINE,
        Domain::Grid { rank: 2, .. } => PLANE,
        Domain::Grid { .. } => SPACE,
        _ => ABSTRACT,
    };
    let mut group = &groups[rng.below(groups.len())];
    if matches!(domain, Domain::Cloud { knn: true, .. }) && !group.rigid {
        group = &groups[0];
    }
    let classes = rng.below(3) == 0;
    let mut w = Writer {
        rng,
        group,
        domain,
        signals: Vec::new(),
        coarse: Vec::new(),
        items: Vec::new(),
        lines: Vec::new(),
        ties: matches!(domain, Domain::Cloud { knn: true, .. }),
        broken: false,
        trusting: false,
        classes,
        fresh: 0,
    };
    w.model(seed.is_multiple_of(4))
}

fn domain(rng: &mut Rng) -> Domain {
    match rng.below(8) {
        0 => Domain::Set {
            nonempty: rng.below(2) == 0,
        },
        1 => Domain::Seq,
        2 => Domain::Graph,
        3 | 4 => Domain::Cloud {
            dim: 2 + u32::from(rng.below(3) > 0),
            knn: rng.below(6) == 0,
        },
        5 | 6 => {
            let wrap = rng.below(3) == 0;
            let rank = [2, 1, 2, 3][rng.below(4)];
            let coarsening = match (rng.below(5), rank) {
                (0 | 1, 3) => Coarsening::Halves(1),
                (0 | 1, _) => Coarsening::Halves(1 + rng.below(2)),
                (2, 1 | 2) if !wrap => Coarsening::Seconds(1 + rng.below(2)),
                (3, 1 | 2) => Coarsening::Thirds,
                _ => Coarsening::None,
            };
            Domain::Grid { rank, wrap, coarsening }
        }
        _ => Domain::Mesh,
    }
}

impl Writer {
    pub fn name(&mut self) -> String {
        self.fresh += 1;
        format!("h{}", self.fresh)
    }

    /// The set of a place.
    pub fn set(&self, place: Place) -> String {
        match (place, self.domain) {
            (Place::Coarse(k), _) => self.coarse[k].text.clone(),
            (Place::Edges, _) => "d.edges".into(),
            (Place::Other, _) => "b".into(),
            (_, Domain::Set { .. } | Domain::Seq | Domain::Grid { .. }) => "d".into(),
            (_, Domain::Mesh) => "d.verts".into(),
            _ => "d.nodes".into(),
        }
    }

    pub fn has_edges(&self) -> bool {
        matches!(self.domain, Domain::Graph | Domain::Cloud { .. })
    }

    /// Whether there is an element at a place in every sample.
    pub fn is_filled(&self, place: Place) -> bool {
        match self.domain {
            Domain::Set { nonempty } => nonempty && place == Place::Nodes,
            Domain::Graph | Domain::Cloud { .. } | Domain::Mesh => place == Place::Nodes,
            Domain::Grid { .. } => matches!(place, Place::Nodes | Place::Coarse(_)),
            Domain::Seq => false,
        }
    }

    fn domain_text(&self) -> String {
        match self.domain {
            Domain::Set { nonempty: true } => "set(nonempty)".into(),
            Domain::Set { .. } => "set".into(),
            Domain::Seq => "seq".into(),
            Domain::Graph => "graph".into(),
            Domain::Cloud { dim, knn: true } => format!("cloud({dim}, knn = 3)"),
            Domain::Cloud { dim, .. } => format!("cloud({dim})"),
            Domain::Mesh => "mesh".into(),
            Domain::Grid { rank, wrap, coarsening } => {
                let size = match coarsening {
                    Coarsening::None => String::new(),
                    Coarsening::Halves(n) => format!(", size = {}*k", 1 << n),
                    Coarsening::Seconds(n) => format!(", size = {}*k + 1", 1 << n),
                    Coarsening::Thirds => ", size = 3*k".into(),
                };
                format!("grid({rank}, edge = {}{size})", if wrap { "wrap" } else { "zero" })
            }
        }
    }

    fn model(&mut self, trained: bool) -> String {
        let mut inputs = vec![format!("d: {}", self.domain_text())];
        let rep = Rep::random(self.group, &mut self.rng);
        self.input(&mut inputs, "x", Place::Nodes, rep);
        if self.classes {
            inputs.push(format!("z: {} -> class(3)", self.set(Place::Nodes)));
        }
        if self.has_edges() && self.rng.below(2) == 0 {
            let rep = Rep::random(self.group, &mut self.rng);
            self.input(&mut inputs, "w", Place::Edges, rep);
        }
        if self.rng.below(4) == 0 && self.domain != Domain::Mesh {
            let rep = Rep::random(self.group, &mut self.rng);
            self.input(&mut inputs, "c", Place::Whole, rep);
        }
        if self.rng.below(5) == 0 && self.domain != Domain::Mesh {
            inputs.push("b: set".into());
            let rep = Rep::random(self.group, &mut self.rng);
            self.input(&mut inputs, "p", Place::Other, rep);
        }
        let steps = 2 + self.rng.below(6);
        let mut done = 0;
        for _ in 0..80 {
            if done < steps && self.step() {
                done += 1;
            }
        }
        let (outputs, points) = self.outputs();
        let mut types: Vec<String> = outputs.iter().map(|s| self.type_of(s)).collect();
        let mut values: Vec<String> = outputs.iter().map(|s| s.name.clone()).collect();
        if let Some(text) = points {
            self.lines.push(text);
            types.push("(d.nodes -> point)".into());
            values.push("moved".into());
        }
        let (result, value) = match (types.as_slice(), values.as_slice()) {
            ([t], [v]) => (t.clone(), v.clone()),
            _ => {
                let join = |list: &[String], sign: &str| {
                    let named = list.iter().enumerate().map(|(k, t)| format!("out{k}{sign} {t}"));
                    named.collect::<Vec<_>>().join(", ")
                };
                (format!("({})", join(&types, ":")), format!("({})", join(&values, " =")))
            }
        };
        let mut item = match self.group.declared {
            "" => String::new(),
            text => format!("group G = {text}\n"),
        };
        item += &self.items.concat();
        let mut text = format!(
            "{item}model P {}({}) -> {result} {{\n  {}\n  {value}\n}}\n",
            self.under(),
            inputs.join(", "),
            self.lines.join("\n  "),
        );
        if trained {
            let name = if values.len() > 1 { "out0" } else { "output" };
            text += &self.training(&inputs, name, &outputs[0]);
        }
        text
    }

    fn input(&mut self, inputs: &mut Vec<String>, name: &str, place: Place, rep: Rep) {
        let signal = Signal {
            name: name.into(),
            place,
            rep,
        };
        inputs.push(format!("{name}: {}", self.type_of(&signal)));
        self.signals.push(signal);
    }

    fn under(&self) -> String {
        let mut flags = Vec::new();
        flags.extend(self.group.approx.then_some("approx"));
        flags.extend(self.ties.then_some("ties"));
        flags.extend(self.broken.then_some("break"));
        flags.extend(self.trusting.then_some("numeric"));
        match (self.group.text, flags.is_empty()) {
            ("trivial", true) => String::new(),
            (g, true) => format!("under {g} "),
            (g, false) => format!("under {g} [{}] ", flags.join(", ")),
        }
    }

    fn type_of(&self, s: &Signal) -> String {
        match s.place {
            Place::Whole => format!("({})", s.rep.text()),
            place => format!("({} -> {})", self.set(place), s.rep.text()),
        }
    }

    /// The last signal, sometimes another one, and on clouds sometimes moved points.
    fn outputs(&mut self) -> (Vec<Signal>, Option<String>) {
        let mut list: Vec<Signal> = self.signals.last().cloned().into_iter().collect();
        if self.rng.below(4) == 0 {
            let other = self.any();
            list.extend(list.iter().all(|s| s.name != other.name).then_some(other));
        }
        let cloud = matches!(self.domain, Domain::Cloud { .. });
        let vector = Rep::vector(self.group);
        let by = self.pick(|s| s.place == Place::Nodes && s.rep == vector);
        let points = by.filter(|_| cloud && self.rng.below(2) == 0);
        let points = points.map(|v| format!("moved[i in d.nodes] = d.pos[i] + {}[i]", v.name));
        (list, points)
    }

    /// Data and training with a loss that is the sum of a form.
    fn training(&mut self, inputs: &[String], name: &str, of: &Signal) -> String {
        let on = self.set(of.place);
        let square = |x: &str| match (of.rep.has_length(), of.rep.has_form()) {
            (true, _) => format!("norm2({x})"),
            (_, true) => format!("dot({x}, {x})"),
            _ => "1".into(),
        };
        let loss = match of.place {
            Place::Whole => square(&format!("{name}[a]")),
            _ => format!("(sum i in {on}: {})", square(&format!("{name}[a][i]"))),
        };
        let fields: Vec<String> = inputs.iter().map(|i| format!("  {i}\n")).collect();
        format!(
            "data Samples from \"d.npz\" {{\n{}}}\ntrain P on Samples {{\n  loss l = mean a in batch: {loss}\n  epochs = 1\n}}\n",
            fields.concat()
        )
    }

    pub fn pick(&mut self, want: impl Fn(&Signal) -> bool) -> Option<Signal> {
        let list: Vec<&Signal> = self.signals.iter().filter(|s| want(s)).collect();
        (!list.is_empty()).then(|| list[self.rng.below(list.len())].clone())
    }

    /// A signal; recent ones more often.
    pub fn any(&mut self) -> Signal {
        let n = self.signals.len();
        let at = self.rng.below(n).max(self.rng.below(n));
        self.signals[at].clone()
    }

    pub fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.rng.below(words.len())]
    }

    /// Defines a signal. Always true: a step was made.
    pub fn put(&mut self, place: Place, rep: Rep, text: impl FnOnce(&str) -> String) -> bool {
        let name = self.name();
        self.lines.push(text(&name));
        self.signals.push(Signal { name, place, rep });
        true
    }

    /// A representation that may stand at a place: a mesh has no vectors outside its fibres.
    pub fn target(&mut self, place: Place) -> Rep {
        if self.domain == Domain::Mesh && place == Place::Whole {
            return Rep::scalars(self.group, 2);
        }
        Rep::random(self.group, &mut self.rng)
    }

    /// The binder of a definition at a place, and the index that reads there.
    pub fn indexed(&self, place: Place) -> (String, &'static str) {
        match place {
            Place::Nodes => (format!("[i in {}]", self.set(place)), "[i]"),
            Place::Edges => ("[e in d.edges]".into(), "[e]"),
            Place::Whole => (String::new(), ""),
            Place::Other => ("[o in b]".into(), "[o]"),
            Place::Coarse(_) => (format!("[q in {}]", self.set(place)), "[q]"),
        }
    }

    fn step(&mut self) -> bool {
        match self.rng.below(32) {
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
            14..=16 => self.special(),
            17 => self.ends(),
            18 => self.rewritten(),
            19 => self.parts(),
            20 => self.chosen(),
            21 => self.derivative(),
            22 => self.statistic(),
            23 => self.library(),
            24 => self.coarser(),
            25 => self.moved_constant(),
            26 | 27 => self.choices(),
            28 => self.integrated(),
            29 => self.trusted(),
            30 => self.across(),
            _ => self.labelled(),
        }
    }
}
