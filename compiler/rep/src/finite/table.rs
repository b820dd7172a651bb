//! Character tables: where they come from, and how they are read.

use super::dixon;
use super::listed::{Finite, MAX_LISTED};
use super::{murnaghan, perm};
use crate::cyclotomic::Cyclotomic;
use crate::element::{Elem, Element};
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::symmetric::partitions;
use num_bigint::BigUint;
use num_rational::BigRational;
use std::collections::HashMap;
use std::sync::Arc;

/// Tables of S(n) are made up to this n, by partitions.
pub const MAX_SYMMETRIC: u32 = 20;

/// Tables have at most this many entries.
pub const MAX_ENTRIES: usize = 1 << 21;

/// A conjugacy class.
#[derive(Clone, Debug)]
pub struct Class {
    /// The order of its elements and a letter: `1a`, `2a`, `2b`.
    pub name: String,
    /// One of its elements.
    pub representative: Element,
    /// The number of its elements.
    pub size: u64,
    /// The order of its elements.
    pub order: u64,
}

/// Over the reals, an irreducible representation has one of three types, by the algebra that commutes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The reals: χ is real and so are its matrices; Frobenius-Schur indicator 1.
    Real,
    /// The complex numbers: χ is not real; indicator 0.
    Complex,
    /// The quaternions: χ is real, its matrices cannot be; indicator −1.
    Quaternionic,
}

impl Kind {
    /// The dimension of the commutant: 1, 2 or 4.
    pub fn commutant(self) -> usize {
        match self {
            Kind::Real => 1,
            Kind::Complex => 2,
            Kind::Quaternionic => 4,
        }
    }
}

/// A real irreducible representation by its character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealCharacter {
    /// The rows of the complex irreducible characters in it: one, or a pair of conjugates.
    pub rows: Vec<usize>,
    /// Its type.
    pub kind: Kind,
    /// Its dimension over the reals: χ(1) for real type, twice that otherwise.
    pub degree: usize,
}

/// The irreducible complex characters of a finite group, exactly.
#[derive(Debug)]
pub struct CharacterTable {
    group: Group,
    classes: Vec<Class>,
    /// By class: the classes of the powers of its elements, from the 0-th on.
    powers: Vec<Vec<u32>>,
    /// The different values, and which of them each entry is, row-major.
    values: Vec<Cyclotomic>,
    entries: Vec<u32>,
    /// The values as exact real and imaginary parts.
    parts: Vec<(Exact, Exact)>,
    lookup: Lookup,
}

/// How the class of an element is found.
#[derive(Debug)]
enum Lookup {
    /// By number.
    Listed(Vec<u32>),
    /// By the lengths of cycles.
    Cycles(HashMap<Vec<u32>, u32>),
    /// Factor by factor; the class with the mixed number of theirs.
    Product(Vec<Arc<CharacterTable>>, Vec<u32>),
}

/// A table before its rows and columns are put in order.
struct Draft {
    group: Group,
    classes: Vec<Class>,
    powers: Vec<Vec<u32>>,
    values: Vec<Cyclotomic>,
    entries: Vec<u32>,
}

/// Numbers different values.
#[derive(Default)]
struct Interner {
    values: Vec<Cyclotomic>,
    numbers: HashMap<Cyclotomic, u32>,
}

impl Interner {
    fn number(&mut self, x: Cyclotomic) -> u32 {
        let next = self.values.len() as u32;
        *self.numbers.entry(x).or_insert_with_key(|x| {
            self.values.push(x.clone());
            next
        })
    }
}

impl Group {
    /// The character table of a finite group.
    ///
    /// S(n) up to n = 20 by partitions, products from their factors, all other groups by the method of Burnside and Dixon.
    /// Classes are ordered by the order of their elements, their size and their first element; characters by degree and
    /// values, the trivial one first; those of S(n) by partitions as in [`crate::symmetric::partitions`].
    pub fn character_table(&self) -> Result<Arc<CharacterTable>, Error> {
        match self {
            Group::S(n) if *n > 8 => symmetric_table(*n).map(Arc::new),
            Group::Product(factors) if self.order().is_some_and(|n| n > MAX_LISTED.into()) => {
                product_table(self, factors, None).map(Arc::new)
            }
            _ => {
                let finite = self.finite()?;
                let make = || match self {
                    Group::S(n) => symmetric_table(*n),
                    Group::Product(factors) => product_table(self, factors, Some(&finite)),
                    _ => listed_table(&finite),
                };
                finite.table.get_or_init(|| make().map(Arc::new)).clone()
            }
        }
    }
}

fn listed_table(finite: &Finite) -> Result<CharacterTable, Error> {
    let classes = finite.classes();
    let k = classes.len();
    check_size(finite.group(), k)?;
    let rows = dixon::characters(finite)?;
    let mut seen: HashMap<(u32, Vec<(u32, u32)>), u32> = HashMap::new();
    let mut interner = Interner::default();
    let mut entries = Vec::with_capacity(k * k);
    for row in rows {
        for (class, eigenvalues) in row.into_iter().enumerate() {
            let order = classes.orders()[class];
            let number = seen.entry((order, eigenvalues)).or_insert_with_key(|(order, list)| {
                let terms = list.iter().map(|&(j, m)| (i64::from(j), i64::from(m)));
                interner.number(Cyclotomic::sum(u64::from(*order), terms))
            });
            entries.push(*number);
        }
    }
    let list = classes.members().iter().zip(classes.orders());
    let draft = Draft {
        group: finite.group().clone(),
        classes: list
            .map(|(members, &order)| Class {
                name: String::new(),
                representative: finite.elements()[members[0] as usize].clone(),
                size: members.len() as u64,
                order: u64::from(order),
            })
            .collect(),
        powers: (0..k)
            .map(|c| {
                (0..i64::from(classes.orders()[c]))
                    .map(|t| classes.power(c, t) as u32)
                    .collect()
            })
            .collect(),
        values: interner.values,
        entries,
    };
    let of = (0..finite.order() as u32).map(|g| classes.of(g) as u32).collect();
    Ok(draft.sorted(true, |_| Lookup::Listed(of)))
}

fn symmetric_table(n: u32) -> Result<CharacterTable, Error> {
    if n > MAX_SYMMETRIC {
        return Err(Error::TooLarge(format!(
            "character tables of symmetric groups are made up to S({MAX_SYMMETRIC})"
        )));
    }
    let partitions = partitions(n);
    let order: u64 = (1..=u64::from(n)).product();
    let classes: Vec<Class> = partitions
        .iter()
        .map(|cycles| {
            let mut centralizer = 1u64;
            for (at, &m) in cycles.iter().enumerate() {
                let repeats = cycles[..=at].iter().filter(|&&c| c == m).count() as u64;
                centralizer *= u64::from(m) * repeats;
            }
            Class {
                name: String::new(),
                representative: Elem::Permutation(with_cycles(cycles)),
                size: order / centralizer,
                order: cycles.iter().fold(1, |l, &m| num_integer::lcm(l, u64::from(m))),
            }
        })
        .collect();
    let number: HashMap<Vec<u32>, u32> = partitions.iter().cloned().zip(0..).collect();
    let powers = partitions
        .iter()
        .zip(&classes)
        .map(|(cycles, class)| {
            let power = |t: u64| {
                // A cycle of length m to the power t: gcd(m, t) cycles of length m/gcd
                let mut parts = vec![];
                for &m in cycles {
                    let g = num_integer::gcd(u64::from(m), t) as u32;
                    parts.extend(std::iter::repeat_n(m / g, g as usize));
                }
                parts.sort_unstable_by(|a, b| b.cmp(a));
                number[&parts]
            };
            (0..class.order).map(power).collect()
        })
        .collect();
    let mut interner = Interner::default();
    let entries = murnaghan::characters(&partitions)
        .iter()
        .flatten()
        .map(|&x| interner.number(Cyclotomic::int(x)))
        .collect();
    let draft = Draft {
        group: Group::S(n),
        classes,
        powers,
        values: interner.values,
        entries,
    };
    Ok(draft.sorted(false, |new| {
        Lookup::Cycles(
            number
                .into_iter()
                .map(|(cycles, c)| (cycles, new[c as usize]))
                .collect(),
        )
    }))
}

/// The permutation with cycles of these lengths on neighbouring points.
fn with_cycles(lengths: &[u32]) -> Vec<u32> {
    let mut image = vec![];
    for &m in lengths {
        let start = image.len() as u32;
        image.extend((0..m).map(|i| start + (i + 1) % m));
    }
    image
}

/// The table of a product from those of its factors; classes as in the list of the elements, where there is one.
fn product_table(group: &Group, factors: &[Group], finite: Option<&Finite>) -> Result<CharacterTable, Error> {
    let tables = factors
        .iter()
        .map(Group::character_table)
        .collect::<Result<Vec<_>, _>>()?;
    let size = tables.iter().fold(1usize, |k, t| k.saturating_mul(t.len()));
    check_size(group, size)?;
    if group.small_order().is_none() {
        return Err(Error::TooLarge(format!("{group} has more than 2^64 elements")));
    }
    // A class of the product is a tuple of classes, numbered with the last factor fastest; so are its characters.
    let digits = |mut at: usize| -> Vec<usize> {
        let mut list = vec![];
        for table in tables.iter().rev() {
            list.push(at % table.len());
            at /= table.len();
        }
        list.reverse();
        list
    };
    let number = |digits: &[usize]| digits.iter().zip(&tables).fold(0, |n, (d, t)| n * t.len() + d);
    let tuples: Vec<Vec<usize>> = (0..size).map(digits).collect();
    let classes: Vec<Class> = tuples
        .iter()
        .map(|tuple| {
            let parts = || tuple.iter().zip(&tables).map(|(&c, t)| &t.classes[c]);
            Class {
                name: String::new(),
                representative: Elem::Tuple(parts().map(|c| c.representative.clone()).collect()),
                size: parts().map(|c| c.size).product(),
                order: parts().fold(1, |l, c| num_integer::lcm(l, c.order)),
            }
        })
        .collect();
    let power = |tuple: &[usize], t: u64| {
        let moved: Vec<usize> = tuple
            .iter()
            .zip(&tables)
            .map(|(&c, table)| table.power(c, t as i64))
            .collect();
        number(&moved) as u32
    };
    let powers = tuples
        .iter()
        .zip(&classes)
        .map(|(tuple, class)| (0..class.order).map(|t| power(tuple, t)).collect())
        .collect();
    let mut interner = Interner::default();
    let mut products: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut entries = Vec::with_capacity(size * size);
    for row in &tuples {
        for column in &tuples {
            let key: Vec<u32> = (0..tables.len())
                .map(|f| tables[f].entries[row[f] * tables[f].len() + column[f]])
                .collect();
            let entry = products.entry(key).or_insert_with_key(|key| {
                let parts = key.iter().zip(&tables).map(|(&v, t)| &t.values[v as usize]);
                interner.number(parts.fold(Cyclotomic::one(), |product, x| &product * x))
            });
            entries.push(*entry);
        }
    }
    let draft = Draft {
        group: group.clone(),
        classes,
        powers,
        values: interner.values,
        entries,
    };
    let listed = |class: &Class| {
        let finite = finite?;
        let number = group.index(&class.representative)? as u32;
        Some(finite.classes().of(number))
    };
    let numbers = draft.classes.iter().map(listed).collect();
    Ok(draft.numbered(true, numbers, |new| Lookup::Product(tables.clone(), new.to_vec())))
}

fn check_size(group: &Group, k: usize) -> Result<(), Error> {
    if k.saturating_mul(k) > MAX_ENTRIES {
        return Err(Error::TooLarge(format!(
            "{group} has {k} conjugacy classes: its character table has more than {MAX_ENTRIES} entries"
        )));
    }
    Ok(())
}

impl Draft {
    /// As [`Draft::numbered`], equals among classes as they are.
    fn sorted(self, rows: bool, lookup: impl FnOnce(&[u32]) -> Lookup) -> CharacterTable {
        self.numbered(rows, None, lookup)
    }

    /// Puts classes in order, equals by `numbers`, and characters if asked, names the classes; `lookup` gets the new numbers of the classes.
    fn numbered(
        self,
        rows: bool,
        numbers: Option<Vec<usize>>,
        lookup: impl FnOnce(&[u32]) -> Lookup,
    ) -> CharacterTable {
        let k = self.classes.len();
        let mut columns: Vec<usize> = (0..k).collect();
        // Stable: among equals, the order of the draft.
        let number = |c: usize| numbers.as_ref().map(|list| list[c]);
        columns.sort_by_key(|&c| (self.classes[c].order, self.classes[c].size, number(c)));
        let mut new = vec![0u32; k];
        for (to, &from) in columns.iter().enumerate() {
            new[from] = to as u32;
        }
        let parts: Vec<(Exact, Exact)> = self.values.iter().map(Cyclotomic::to_exact).collect();
        // Real parts descending, then imaginary parts.
        let key = |value: u32| {
            let (re, im) = parts[value as usize];
            let rounded = |x: Exact| -(x.f * 1e9).round() as i64;
            (rounded(re), rounded(im))
        };
        let mut order: Vec<Vec<u32>> = (0..k)
            .map(|row| columns.iter().map(|&c| self.entries[row * k + c]).collect())
            .collect();
        if rows {
            let trivial = |row: &[u32]| row.iter().all(|&v| self.values[v as usize].to_int() == Some(1));
            let degree = |row: &[u32]| std::cmp::Reverse(key(row[0]));
            order.sort_by_cached_key(|row| {
                let values: Vec<(i64, i64)> = row.iter().map(|&v| key(v)).collect();
                (!trivial(row), degree(row), values)
            });
        }
        let mut classes: Vec<Class> = vec![];
        for &c in &columns {
            let same = classes.iter().filter(|d| d.order == self.classes[c].order).count();
            classes.push(Class {
                name: format!("{}{}", self.classes[c].order, letters(same)),
                ..self.classes[c].clone()
            });
        }
        let powers = columns
            .iter()
            .map(|&c| self.powers[c].iter().map(|&d| new[d as usize]).collect())
            .collect();
        CharacterTable {
            group: self.group,
            classes,
            powers,
            entries: order.concat(),
            values: self.values,
            parts,
            lookup: lookup(&new),
        }
    }
}

/// a, b, …, z, aa, ab, …
fn letters(mut n: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, (b'a' + (n % 26) as u8) as char);
        n /= 26;
        if n == 0 {
            return text;
        }
        n -= 1;
    }
}

impl CharacterTable {
    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// The order of the group.
    pub fn order(&self) -> u64 {
        self.classes.iter().map(|c| c.size).sum()
    }

    /// The number of classes, and of characters.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// No classes; never so.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The conjugacy classes; class 0 is the identity.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The value of irreducible character `row` on a class.
    pub fn value(&self, row: usize, class: usize) -> &Cyclotomic {
        &self.values[self.entry(row, class) as usize]
    }

    /// The different values, and which of them an entry is.
    pub(super) fn numbered(&self) -> (&[Cyclotomic], impl Fn(usize, usize) -> usize + '_) {
        (&self.values, |row, class| self.entry(row, class) as usize)
    }

    /// The same in floating point, real and imaginary part.
    pub fn float(&self, row: usize, class: usize) -> (f64, f64) {
        let (re, im) = self.exact(row, class);
        (re.f, im.f)
    }

    /// The same as exact numbers, real and imaginary part; without residues where the field of residues lacks them.
    pub fn exact(&self, row: usize, class: usize) -> (Exact, Exact) {
        self.parts[self.entry(row, class) as usize]
    }

    /// The degree χ(1) of an irreducible character.
    pub fn degree(&self, row: usize) -> usize {
        self.float(row, 0).0.round() as usize
    }

    /// The class of the k-th powers.
    pub fn power(&self, class: usize, k: i64) -> usize {
        let list = &self.powers[class];
        list[k.rem_euclid(list.len() as i64) as usize] as usize
    }

    /// The class of an element; `None` if it is not in the group.
    pub fn class_of(&self, g: &Element) -> Option<usize> {
        match (&self.lookup, g) {
            (Lookup::Listed(of), _) => of.get(self.group.index(g)? as usize).map(|&c| c as usize),
            (Lookup::Cycles(classes), Elem::Permutation(image)) => {
                self.group.contains(g).then_some(())?;
                classes.get(&perm::cycle_type(image)).map(|&c| c as usize)
            }
            (Lookup::Product(tables, new), Elem::Tuple(parts)) if parts.len() == tables.len() => {
                let number = tables
                    .iter()
                    .zip(parts)
                    .try_fold(0, |n, (t, part)| Some(n * t.len() + t.class_of(part)?))?;
                Some(new[number] as usize)
            }
            _ => None,
        }
    }

    /// The Frobenius-Schur indicator Σ χ(g²)/|G| of an irreducible character: 1, 0 or −1.
    pub fn indicator(&self, row: usize) -> i8 {
        let sum: f64 = self
            .classes
            .iter()
            .enumerate()
            .map(|(c, class)| class.size as f64 * self.float(row, self.power(c, 2)).0)
            .sum();
        (sum / self.order() as f64).round() as i8
    }

    /// The row of the complex conjugate of an irreducible character.
    pub fn conjugate_row(&self, row: usize) -> usize {
        let same = |other: &usize| (0..self.len()).all(|c| self.entry(*other, c) == self.entry(row, self.power(c, -1)));
        (0..self.len()).find(same).unwrap_or(row)
    }

    fn entry(&self, row: usize, class: usize) -> u32 {
        self.entries[row * self.len() + class]
    }

    /// The irreducible characters over the reals, in the order of their first rows; the trivial one first.
    pub fn real_characters(&self) -> Vec<RealCharacter> {
        let mut list = vec![];
        for row in 0..self.len() {
            let degree = self.degree(row);
            match self.indicator(row) {
                1 => list.push(RealCharacter {
                    rows: vec![row],
                    kind: Kind::Real,
                    degree,
                }),
                0 => {
                    let other = self.conjugate_row(row);
                    if row < other {
                        list.push(RealCharacter {
                            rows: vec![row, other],
                            kind: Kind::Complex,
                            degree: 2 * degree,
                        });
                    }
                }
                _ => list.push(RealCharacter {
                    rows: vec![row],
                    kind: Kind::Quaternionic,
                    degree: 2 * degree,
                }),
            }
        }
        list
    }

    /// The values of a real character on the classes: χ, χ + χ̄ or 2χ.
    pub fn real_value(&self, character: &RealCharacter, class: usize) -> Cyclotomic {
        let value = self.value(character.rows[0], class);
        match character.kind {
            Kind::Real => value.clone(),
            Kind::Complex => value + &value.conjugate(),
            Kind::Quaternionic => value + value,
        }
    }

    /// ⟨a, b⟩ = Σ |C| a(C) b̄(C) / |G| of two class functions.
    pub fn inner(&self, a: &[Cyclotomic], b: &[Cyclotomic]) -> Cyclotomic {
        let mut sum = Cyclotomic::zero();
        for (class, (x, y)) in self.classes.iter().zip(a.iter().zip(b)) {
            let term = (x * &y.conjugate()).scaled(&BigRational::from_integer(class.size.into()));
            sum = &sum + &term;
        }
        sum.scaled(&BigRational::new(1.into(), BigUint::from(self.order()).into()))
    }
}
