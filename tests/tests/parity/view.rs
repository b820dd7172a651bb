//! Arrays whose entries are linear combinations of entries of a reference file. The same object fills a parameter and carries
//! its gradient back to the layout of the file.

use super::case::Case;
use std::collections::BTreeMap;
use std::rc::Rc;

/// `factor` times entry `at` of array `key`.
#[derive(Clone, Debug)]
pub struct Term {
    pub key: Rc<str>,
    pub at: usize,
    pub factor: f64,
}

/// One entry: a number plus terms.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub constant: f64,
    pub terms: Vec<Term>,
}

/// A row-major array of entries.
#[derive(Clone, Debug)]
pub struct View {
    pub shape: Vec<usize>,
    pub entries: Vec<Entry>,
}

impl View {
    /// The whole array `key`.
    pub fn of(key: &str, shape: &[usize]) -> View {
        let key: Rc<str> = key.into();
        let term = |at| Term {
            key: key.clone(),
            at,
            factor: 1.0,
        };
        let entries = (0..shape.iter().product())
            .map(|at| Entry {
                constant: 0.0,
                terms: vec![term(at)],
            })
            .collect();
        View {
            shape: shape.to_vec(),
            entries,
        }
    }

    /// One number everywhere.
    pub fn fill(shape: &[usize], constant: f64) -> View {
        let entry = Entry {
            constant,
            terms: Vec::new(),
        };
        View {
            shape: shape.to_vec(),
            entries: vec![entry; shape.iter().product()],
        }
    }

    /// The same entries under another shape.
    pub fn reshape(mut self, shape: &[usize]) -> View {
        assert_eq!(
            self.entries.len(),
            shape.iter().product::<usize>(),
            "{:?} as {shape:?}",
            self.shape
        );
        self.shape = shape.to_vec();
        self
    }

    /// Entries of one axis, in this order.
    pub fn pick(&self, axis: usize, order: impl IntoIterator<Item = usize>) -> View {
        let order: Vec<usize> = order.into_iter().collect();
        let outer: usize = self.shape[..axis].iter().product();
        let inner: usize = self.shape[axis + 1..].iter().product();
        let mut entries = Vec::with_capacity(outer * order.len() * inner);
        for o in 0..outer {
            for &k in &order {
                assert!(k < self.shape[axis], "{k} of {:?}", self.shape);
                let from = (o * self.shape[axis] + k) * inner;
                entries.extend_from_slice(&self.entries[from..from + inner]);
            }
        }
        let mut shape = self.shape.clone();
        shape[axis] = order.len();
        View { shape, entries }
    }

    /// Axis k of the result is axis `axes[k]`.
    pub fn permute(&self, axes: &[usize]) -> View {
        let strides: Vec<usize> = (0..self.shape.len())
            .map(|k| self.shape[k + 1..].iter().product())
            .collect();
        let shape: Vec<usize> = axes.iter().map(|&a| self.shape[a]).collect();
        let mut entries = Vec::with_capacity(self.entries.len());
        let mut index = vec![0; shape.len()];
        for _ in 0..self.entries.len() {
            let at: usize = index.iter().zip(axes).map(|(i, &a)| i * strides[a]).sum();
            entries.push(self.entries[at].clone());
            for k in (0..shape.len()).rev() {
                index[k] += 1;
                if index[k] < shape[k] {
                    break;
                }
                index[k] = 0;
            }
        }
        View { shape, entries }
    }

    /// Rows and columns exchanged.
    pub fn transpose(&self) -> View {
        self.permute(&[1, 0])
    }

    /// Everything times a number.
    pub fn scale(mut self, factor: f64) -> View {
        for e in &mut self.entries {
            e.constant *= factor;
            e.terms.iter_mut().for_each(|t| t.factor *= factor);
        }
        self
    }

    /// The numbers.
    pub fn values(&self, case: &Case) -> Vec<f64> {
        let arrays: BTreeMap<Rc<str>, Vec<f64>> =
            self.keys().into_iter().map(|k| (k.clone(), case.reals(&k))).collect();
        let value = |e: &Entry| e.constant + e.terms.iter().map(|t| t.factor * arrays[&t.key][t.at]).sum::<f64>();
        self.entries.iter().map(value).collect()
    }

    /// The arrays it reads.
    pub fn keys(&self) -> Vec<Rc<str>> {
        let mut keys: Vec<Rc<str>> = self
            .entries
            .iter()
            .flat_map(|e| e.terms.iter().map(|t| t.key.clone()))
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Adds the gradient of this array to those of the arrays it reads.
    pub fn pull_back(&self, gradient: &[f64], into: &mut BTreeMap<Rc<str>, Vec<f64>>, case: &Case) {
        assert_eq!(self.entries.len(), gradient.len());
        for key in self.keys() {
            let len = case.reals(&key).len();
            into.entry(key).or_insert_with(|| vec![0.0; len]);
        }
        for (e, g) in self.entries.iter().zip(gradient) {
            for t in &e.terms {
                into.get_mut(&t.key).expect("a key")[t.at] += t.factor * g;
            }
        }
    }
}
