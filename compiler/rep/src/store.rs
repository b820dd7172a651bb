//! Solutions that took long to find, kept from one run to the next by whoever runs the program: this crate itself reads and writes nothing.
//!
//! What is kept belongs to the equations themselves, not to names of groups; it carries a checksum, and what is read back is put into the
//! equations again. Anything that is not what was written is as if it were not there.

use crate::exact::Exact;
use crate::nullspace::{Equations, Solutions};
use std::sync::OnceLock;

/// Where solutions are kept.
pub trait Store: Send + Sync {
    /// What was kept under a name, a word of letters and digits.
    fn get(&self, name: &str) -> Option<Vec<u8>>;
    /// Keeps something, or does not.
    fn put(&self, name: &str, bytes: &[u8]);
}

static STORE: OnceLock<Box<dyn Store>> = OnceLock::new();

/// The first bytes of what is kept; another number for another format or method.
const HEADER: &[u8] = b"gdl solutions 1\n";

/// Lets solutions be kept; a second call changes nothing.
pub fn keep_in(store: Box<dyn Store>) {
    // The first one stays.
    let _ = STORE.set(store);
}

/// The solutions of some equations: as kept, or as found, and then kept. Those that floats decided are not.
pub(crate) fn solutions<E>(
    equations: &Equations,
    find: impl FnOnce() -> Result<Option<Solutions>, E>,
) -> Result<Option<Solutions>, E> {
    let Some(store) = STORE.get() else {
        return find();
    };
    let Some(name) = name(equations) else {
        return find();
    };
    let kept = store.get(&name).and_then(|bytes| read(&bytes));
    if let Some(vectors) = kept.filter(|v| v.iter().all(|x| solves(equations, x))) {
        return Ok(Some(Solutions { vectors, gap: None }));
    }
    let found = find()?;
    if let Some(solutions) = &found
        && let Some(bytes) = written(&solutions.vectors)
    {
        store.put(&name, &bytes);
    }
    Ok(found)
}

/// FNV-1a over words, from a start.
fn hash(start: u64, words: impl Iterator<Item = u64>) -> u64 {
    let bytes = words.flat_map(u64::to_le_bytes);
    bytes.fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Two hashes of all coefficients; `None` if one is known as a float only.
fn name(equations: &Equations) -> Option<String> {
    let rows = &equations.rows;
    if rows.entries().iter().any(|x| x.r.is_none()) {
        return None;
    }
    let words = || {
        let terms = (0..rows.height()).flat_map(|i| {
            let row = rows.row(i);
            std::iter::once(row.len() as u64).chain(row.flat_map(|(j, x)| [j as u64, x.r.unwrap_or(0)]))
        });
        std::iter::once(rows.width() as u64).chain(terms)
    };
    let starts = [0xcbf2_9ce4_8422_2325, 0x9e37_79b9_7f4a_7c15];
    Some(starts.map(|s| format!("{:016x}", hash(s, words()))).concat())
}

/// The equations hold over F_p.
fn solves(equations: &Equations, vector: &[(usize, Exact)]) -> bool {
    let rows = &equations.rows;
    let mut x = vec![0; rows.width()];
    for (at, value) in vector {
        match (x.get_mut(*at), value.r) {
            (Some(slot), Some(r)) => *slot = r,
            _ => return false,
        }
    }
    (0..rows.height()).all(|i| {
        let mut sum = crate::modp::Sum::default();
        rows.row(i).for_each(|(j, e)| sum.add(e.r.unwrap_or(0), x[j]));
        sum.value() == 0
    })
}

/// Header, checksum, and for each vector the number of its entries and their places, residues and floats; `None` without residues.
fn written(vectors: &[Vec<(usize, Exact)>]) -> Option<Vec<u8>> {
    let mut words = vec![vectors.len() as u64];
    for v in vectors {
        words.push(v.len() as u64);
        for (at, x) in v {
            words.extend([*at as u64, x.r?, x.f.to_bits()]);
        }
    }
    let mut bytes = HEADER.to_vec();
    bytes.extend(hash(0, words.iter().copied()).to_le_bytes());
    bytes.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    Some(bytes)
}

fn read(bytes: &[u8]) -> Option<Vec<Vec<(usize, Exact)>>> {
    let (words, rest) = bytes.strip_prefix(HEADER)?.as_chunks::<8>();
    let mut words = words.iter().map(|w| u64::from_le_bytes(*w));
    let sum = words.next()?;
    if !rest.is_empty() || hash(0, words.clone()) != sum {
        return None;
    }
    let count = words.next()?;
    let mut vectors = vec![];
    for _ in 0..count {
        let entries = words.next()?;
        let mut v = vec![];
        for _ in 0..entries {
            let (at, r, f) = (words.next()?, words.next()?, words.next()?);
            let x = Exact {
                f: f64::from_bits(f),
                r: (r < crate::exact::PRIME).then_some(r),
            };
            v.push((usize::try_from(at).ok()?, x));
        }
        vectors.push(v);
    }
    words.next().is_none().then_some(vectors)
}

#[cfg(test)]
mod tests {
    use super::{Store, keep_in, read, written};
    use crate::exact::Exact;
    use crate::group::Group;
    use crate::hom::hom_basis;
    use crate::rep::Rep;
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    #[derive(Default, Clone)]
    struct Memory(Arc<Mutex<HashMap<String, Vec<u8>>>>);

    impl Store for Memory {
        fn get(&self, name: &str) -> Option<Vec<u8>> {
            self.0.lock().expect("a lock").get(name).cloned()
        }
        fn put(&self, name: &str, bytes: &[u8]) {
            self.0.lock().expect("a lock").insert(name.into(), bytes.into());
        }
    }

    /// What is kept is found again; damaged, it is found anew.
    #[test]
    fn kept_and_damaged() {
        let memory = Memory::default();
        keep_in(Box::new(memory.clone()));
        let group = Group::SO3;
        let tensors = |k| Rep::tensor(&group, k, 0).expect("tensors").blocks.remove(0).1;
        let maps = || hom_basis(&group, &tensors(4), &tensors(3)).expect("maps");
        let first = maps();
        let names: Vec<String> = memory.0.lock().expect("a lock").keys().cloned().collect();
        assert!(!names.is_empty());
        assert_eq!(first, maps());
        for damage in [vec![], vec![7; 100], b"gdl solutions 1\n".to_vec()] {
            for name in &names {
                memory.put(name, &damage);
            }
            assert_eq!(first, maps());
        }
    }

    #[test]
    fn every_bit_counts() {
        let vectors = vec![
            vec![(0, Exact::ONE), (7, Exact::ratio(-1, 3))],
            vec![(3, Exact::int(2))],
        ];
        let bytes = written(&vectors).expect("residues");
        assert_eq!(read(&bytes), Some(vectors));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(read(&damaged), None, "byte {at}");
        }
    }
}
