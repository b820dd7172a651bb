//! Characters as class functions: sums, products, powers, restriction, induction, decomposition.

use super::table::CharacterTable;
use crate::cyclotomic::Cyclotomic;
use crate::element::{Elem, Element};
use crate::error::Error;
use crate::group::Group;
use crate::irreps::{self, irreps};
use crate::rep::{Atom, Rep};
use crate::subgroup::Subgroup;
use num_bigint::BigInt;
use num_rational::BigRational;
use std::fmt;
use std::sync::Arc;

/// Symmetric and exterior powers are taken up to this.
pub const MAX_POWER: u32 = 64;

/// A class function of a finite group with exact values.
#[derive(Clone, Debug)]
pub struct Character {
    table: Arc<CharacterTable>,
    values: Vec<Cyclotomic>,
}

impl Character {
    /// The class function with these values on the classes of a table.
    pub fn new(table: &Arc<CharacterTable>, values: Vec<Cyclotomic>) -> Result<Character, Error> {
        if values.len() != table.len() {
            return Err(Error::Invalid(format!(
                "{} has {} classes, not {}",
                table.group(),
                table.len(),
                values.len()
            )));
        }
        Ok(Character {
            table: table.clone(),
            values,
        })
    }

    /// Irreducible character number `row`, from 0 on.
    pub fn irreducible(table: &Arc<CharacterTable>, row: usize) -> Result<Character, Error> {
        if row >= table.len() {
            return Err(Error::Unknown(format!(
                "{} has {} irreducible characters",
                table.group(),
                table.len()
            )));
        }
        let values = (0..table.len()).map(|c| table.value(row, c).clone()).collect();
        Character::new(table, values)
    }

    /// The trivial character.
    pub fn trivial(table: &Arc<CharacterTable>) -> Character {
        Character {
            table: table.clone(),
            values: vec![Cyclotomic::one(); table.len()],
        }
    }

    /// The character of a representation of a finite group.
    pub fn of(rep: &Rep) -> Result<Character, Error> {
        let table = rep.group.character_table()?;
        let traces = traces(&table, rep)?;
        // Traces are floats; the multiplicities in them are integers, and give the exact values back.
        let order = table.order() as f64;
        let mut total: Vec<(usize, i64)> = vec![];
        for row in 0..table.len() {
            let sum: f64 = (0..table.len())
                .map(|c| table.classes()[c].size as f64 * traces[c] * table.float(row, c).0)
                .sum();
            let multiplicity = (sum / order).round();
            if (sum / order - multiplicity).abs() > 1e-6 * (1.0 + multiplicity.abs()) {
                return Err(Error::Invalid(format!(
                    "`{rep}` is not a representation of {}",
                    rep.group
                )));
            }
            if multiplicity != 0.0 {
                total.push((row, multiplicity as i64));
            }
        }
        Ok(Character::combination(&table, &total))
    }

    /// The sum of multiples of irreducible characters.
    fn combination(table: &Arc<CharacterTable>, terms: &[(usize, i64)]) -> Character {
        let value = |class: usize| {
            terms.iter().fold(Cyclotomic::zero(), |sum, &(row, m)| {
                &sum + &table.value(row, class).scaled(&rational(m))
            })
        };
        Character {
            table: table.clone(),
            values: (0..table.len()).map(value).collect(),
        }
    }

    /// The group.
    pub fn group(&self) -> &Group {
        self.table.group()
    }

    /// The table whose classes it is written on.
    pub fn table(&self) -> &Arc<CharacterTable> {
        &self.table
    }

    /// The values on the classes.
    pub fn values(&self) -> &[Cyclotomic] {
        &self.values
    }

    /// χ(1).
    pub fn degree(&self) -> &Cyclotomic {
        &self.values[0]
    }

    fn map(&self, value: impl Fn(usize) -> Cyclotomic) -> Character {
        Character {
            table: self.table.clone(),
            values: (0..self.values.len()).map(value).collect(),
        }
    }

    fn same_group(&self, other: &Character) -> Result<(), Error> {
        if self.group() == other.group() {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "characters of {} and of {} do not meet",
            self.group(),
            other.group()
        )))
    }

    /// The sum: the character of V + W.
    pub fn plus(&self, other: &Character) -> Result<Character, Error> {
        self.same_group(other)?;
        Ok(self.map(|c| &self.values[c] + &other.values[c]))
    }

    /// The product: the character of V * W.
    pub fn times(&self, other: &Character) -> Result<Character, Error> {
        self.same_group(other)?;
        Ok(self.map(|c| &self.values[c] * &other.values[c]))
    }

    /// The complex conjugate: the character of the dual.
    pub fn conjugate(&self) -> Character {
        self.map(|c| self.values[c].conjugate())
    }

    /// g ↦ χ(g^k), the Adams operation.
    pub fn adams(&self, k: i64) -> Character {
        self.map(|c| self.values[self.table.power(c, k)].clone())
    }

    /// The character of the k-th symmetric power: k·h_k = Σ_{i=1}^k χ(g^i) h_{k−i}.
    pub fn sym(&self, k: u32) -> Result<Character, Error> {
        self.power_sum(k, false)
    }

    /// The character of the k-th exterior power: k·e_k = Σ_{i=1}^k (−1)^{i−1} χ(g^i) e_{k−i}.
    pub fn alt(&self, k: u32) -> Result<Character, Error> {
        self.power_sum(k, true)
    }

    fn power_sum(&self, k: u32, alternating: bool) -> Result<Character, Error> {
        if k > MAX_POWER {
            return Err(Error::TooLarge(format!("powers are taken up to {MAX_POWER}, not {k}")));
        }
        let mut powers = vec![Character::trivial(&self.table)];
        for n in 1..=i64::from(k) {
            powers.push(self.map(|c| {
                let mut sum = Cyclotomic::zero();
                for i in 1..=n {
                    let term = &self.values[self.table.power(c, i)] * &powers[(n - i) as usize].values[c];
                    sum = if alternating && i % 2 == 0 {
                        &sum - &term
                    } else {
                        &sum + &term
                    };
                }
                sum.over(n)
            }));
        }
        Ok(powers.swap_remove(k as usize))
    }

    /// ⟨χ, ψ⟩ = Σ χ(g) ψ̄(g) / |G|.
    pub fn inner(&self, other: &Character) -> Result<Cyclotomic, Error> {
        self.same_group(other)?;
        Ok(self.table.inner(&self.values, &other.values))
    }

    /// ⟨χ, χ⟩ = 1 and χ(1) > 0?
    pub fn is_irreducible(&self) -> bool {
        let positive = self.degree().to_int().is_some_and(|d| d > 0);
        positive && self.table.inner(&self.values, &self.values).to_int() == Some(1)
    }

    /// The coefficients of the irreducible characters. An error if they are not integers.
    pub fn multiplicities(&self) -> Result<Vec<i64>, Error> {
        (0..self.table.len())
            .map(|row| {
                let irreducible: Vec<Cyclotomic> = (0..self.table.len())
                    .map(|c| self.table.value(row, c).clone())
                    .collect();
                let coefficient = self.table.inner(&self.values, &irreducible);
                coefficient.to_int().ok_or_else(|| {
                    Error::Invalid(format!("not a character: it contains χ{} {coefficient} times", row + 1))
                })
            })
            .collect()
    }

    /// Σ χ(g²) / |G|.
    pub fn indicator(&self) -> Cyclotomic {
        let trivial = vec![Cyclotomic::one(); self.table.len()];
        self.table.inner(&self.adams(2).values, &trivial)
    }

    /// The restriction to a subgroup.
    pub fn restrict(&self, to: &Subgroup) -> Result<Character, Error> {
        let (table, fusion) = self.fusion(to)?;
        let values = fusion.into_iter().map(|c| self.values[c].clone()).collect();
        Character::new(&table, values)
    }

    /// The character induced from a subgroup: on a class C, Σ |C_H| χ(C_H) over the classes of H inside C, times |G| / (|H| |C|).
    pub fn induce(&self, from: &Subgroup) -> Result<Character, Error> {
        let whole = Character::trivial(&from.parent().character_table()?);
        let (table, fusion) = whole.fusion(from)?;
        if *table.group() != *self.group() {
            return Err(Error::Invalid(format!(
                "this is a character of {}, not of {from}",
                self.group()
            )));
        }
        let mut sums = vec![Cyclotomic::zero(); whole.values.len()];
        for (class, &into) in table.classes().iter().zip(&fusion) {
            let at = self.table.class_of(&class.representative);
            let value = at.map_or_else(Cyclotomic::zero, |c| self.values[c].clone());
            sums[into] = &sums[into] + &value.scaled(&rational(class.size as i64));
        }
        let (outer, inner) = (whole.table.order(), table.order());
        Ok(whole.map(|c| {
            let over = BigInt::from(inner) * BigInt::from(whole.table.classes()[c].size);
            sums[c].scaled(&BigRational::new(BigInt::from(outer), over))
        }))
    }

    /// The table of a subgroup, and the class of our group that each of its classes lies in.
    fn fusion(&self, to: &Subgroup) -> Result<(Arc<CharacterTable>, Vec<usize>), Error> {
        if to.parent() != self.group() {
            return Err(Error::Invalid(format!("{to} is not a subgroup of {}", self.group())));
        }
        let table = to.as_group().character_table()?;
        let class = |g: &Element| {
            let g = to.outer(g);
            self.table.class_of(&g).ok_or_else(|| self.group().foreign(&g))
        };
        let fusion = table
            .classes()
            .iter()
            .map(|c| class(&c.representative))
            .collect::<Result<_, _>>()?;
        Ok((table, fusion))
    }

    /// The elements on which it has the value χ(1): the kernel of its representation.
    pub fn kernel(&self) -> Result<Subgroup, Error> {
        let generators: Vec<Element> = (0..self.values.len())
            .filter(|&c| self.values[c] == self.values[0])
            .map(|c| self.table.classes()[c].representative.clone())
            .collect();
        Subgroup::normal_closure(self.group(), &generators)
    }
}

fn rational(n: i64) -> BigRational {
    BigRational::from_integer(n.into())
}

/// `χ1 + 2χ3`, or the list of values where it is no sum of characters.
impl fmt::Display for Character {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(multiplicities) = self.multiplicities() else {
            let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
            return write!(f, "({})", values.join(", "));
        };
        let mut first = true;
        for (row, m) in multiplicities.into_iter().enumerate().filter(|(_, m)| *m != 0) {
            let sign = match (m < 0, first) {
                (true, true) => "-",
                (true, false) => " - ",
                (false, true) => "",
                (false, false) => " + ",
            };
            let factor = if m.abs() == 1 {
                String::new()
            } else {
                m.abs().to_string()
            };
            write!(f, "{sign}{factor}χ{}", row + 1)?;
            first = false;
        }
        if first { f.write_str("0") } else { Ok(()) }
    }
}

impl Rep {
    /// The character of a representation of a finite group.
    pub fn character(&self) -> Result<Character, Error> {
        Character::of(self)
    }

    /// The multiplicities of the irreducible representations, in the order of [`irreps`], as the sum of these; for Lie groups by weights.
    pub fn decomposition(&self) -> Result<Rep, Error> {
        if let Some(sum) = crate::lie::character::decomposition(self) {
            return sum;
        }
        let table = self.group.character_table()?;
        let own = traces(&table, self)?;
        let mut blocks = vec![];
        for atom in irreps(&self.group, 0)? {
            let other = traces(&table, &Rep::atom(self.group.clone(), atom.clone())?)?;
            let inner: f64 = (0..table.len())
                .map(|c| table.classes()[c].size as f64 * own[c] * other[c])
                .sum();
            let count = inner / table.order() as f64 / irreps::commutant(&self.group, &atom) as f64;
            if (count - count.round()).abs() > 1e-6 * (1.0 + count) {
                return Err(Error::Invalid(format!(
                    "`{self}` is not a representation of {}",
                    self.group
                )));
            }
            blocks.push((count.round() as u32, atom));
        }
        Rep::new(self.group.clone(), blocks)
    }

    /// The dimension of the space of equivariant maps to another representation of the same finite group: ⟨χ_V, χ_W⟩.
    pub fn hom_dim(&self, other: &Rep) -> Result<u64, Error> {
        let inner = Character::of(self)?.inner(&Character::of(other)?)?;
        let dim = inner.to_int().and_then(|d| u64::try_from(d).ok());
        dim.ok_or_else(|| Error::Invalid(format!("`{self}` and `{other}` are not both representations")))
    }
}

/// The traces of a representation on the classes; by characters where matrices would be large.
fn traces(table: &CharacterTable, rep: &Rep) -> Result<Vec<f64>, Error> {
    let mut total = vec![0.0; table.len()];
    for (copies, atom) in &rep.blocks {
        for (sum, x) in total.iter_mut().zip(atom_traces(table, &rep.group, atom)?) {
            *sum += f64::from(*copies) * x;
        }
    }
    Ok(total)
}

fn atom_traces(table: &CharacterTable, group: &Group, atom: &Atom) -> Result<Vec<f64>, Error> {
    let k = table.len();
    let each = |f: &dyn Fn(usize) -> f64| Ok((0..k).map(f).collect());
    match atom {
        Atom::Trivial => Ok(vec![1.0; k]),
        Atom::Regular => each(&|c| if c == 0 { table.order() as f64 } else { 0.0 }),
        Atom::Kron(a, b) | Atom::Hom(a, b) => {
            // Real characters: the dual has the same.
            let (x, y) = (traces(table, a)?, traces(table, b)?);
            each(&|c| x[c] * y[c])
        }
        Atom::Sym(a, n) | Atom::Alt(a, n) => {
            let x = traces(table, a)?;
            let sign = if matches!(atom, Atom::Alt(..)) { -1.0 } else { 1.0 };
            let mut powers = vec![vec![1.0; k]];
            for n in 1..=*n as usize {
                let next = |c: usize| {
                    let term =
                        |i: usize| f64::powi(sign, i as i32 + 1) * x[table.power(c, i as i64)] * powers[n - i][c];
                    (1..=n).map(term).sum::<f64>() / n as f64
                };
                powers.push((0..k).map(next).collect());
            }
            Ok(powers.swap_remove(*n as usize))
        }
        Atom::Dual(a) => traces(table, a),
        _ => (0..k)
            .map(|c| {
                let g = &table.classes()[c].representative;
                if let Some(image) = atom.permutation(group, g) {
                    return Ok(image.iter().enumerate().filter(|(i, to)| *i as u32 == **to).count() as f64);
                }
                let m = crate::hom::matrix(group, atom, g)?;
                let n = atom.dim(group);
                Ok((0..n).map(|i| m[i * n + i].f).sum())
            })
            .collect(),
    }
}

impl Subgroup {
    /// An element of the subgroup as a group of its own ([`Subgroup::as_group`]), as an element of the parent.
    pub fn outer(&self, g: &Element) -> Element {
        match g {
            Elem::Identity => self.parent().identity(),
            other => other.clone(),
        }
    }

    /// An element of the parent that lies in the subgroup, as an element of the subgroup as a group of its own.
    pub fn inner(&self, g: &Element) -> Element {
        if self.order() == 1u32.into() {
            self.as_group().identity()
        } else {
            g.clone()
        }
    }
}
