//! Cyclotomic numbers: finite sums Σ c_j ζ_n^j with rational coefficients, ζ_n = e^{2πi/n}, exactly.
//!
//! A number is kept in the Zumbroich basis of the smallest field Q(ζ_n) that contains it, as in GAP, so that equal numbers
//! look alike. For n = ∏ q with prime powers q = p^k, write e = Σ a_q n/q; the basis consists of the ζ_n^e with a_q < q/2 for
//! p = 2, and with a_q not within (q/p − 1)/2 of 0 for odd p. (T. Breuer, *Integral bases for subfields of cyclotomic
//! fields*, AAECC 8 (1997).)

use crate::exact::Exact;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

/// A cyclotomic number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cyclotomic {
    /// The conductor: the smallest n, never twice an odd number.
    n: u64,
    /// Exponents of the basis, ascending, with coefficients that are not zero.
    terms: Vec<(u64, BigRational)>,
}

impl Cyclotomic {
    /// Zero.
    pub fn zero() -> Cyclotomic {
        Cyclotomic { n: 1, terms: vec![] }
    }

    /// One.
    pub fn one() -> Cyclotomic {
        Cyclotomic::int(1)
    }

    /// An integer.
    pub fn int(k: i64) -> Cyclotomic {
        Cyclotomic::rational(BigRational::from_integer(k.into()))
    }

    /// A rational number.
    pub fn rational(x: BigRational) -> Cyclotomic {
        let terms = if x.is_zero() { vec![] } else { vec![(0, x)] };
        Cyclotomic { n: 1, terms }
    }

    /// e^{2πik/n}, n ≥ 1.
    pub fn root(k: i64, n: u64) -> Cyclotomic {
        Cyclotomic::sum(n, [(k, 1)])
    }

    /// Σ c ζ_n^e over pairs (e, c), n ≥ 1.
    pub fn sum(n: u64, terms: impl IntoIterator<Item = (i64, i64)>) -> Cyclotomic {
        let n = n.max(1);
        let exponent = |e: i64| i128::from(e).rem_euclid(i128::from(n)) as u64;
        let terms = terms
            .into_iter()
            .map(|(e, c)| (exponent(e), BigRational::from_integer(c.into())));
        Cyclotomic::normal(n, terms)
    }

    /// √d for an integer d, positive or on the positive imaginary axis.
    pub fn sqrt(d: i64) -> Cyclotomic {
        let mut root = if d < 0 {
            Cyclotomic::root(1, 4)
        } else {
            Cyclotomic::one()
        };
        let mut rest = d.unsigned_abs();
        if rest == 0 {
            return Cyclotomic::zero();
        }
        let mut p = 2;
        while rest > 1 {
            if p * p > rest {
                p = rest;
            }
            while rest.is_multiple_of(p * p) {
                rest /= p * p;
                root = &root * &Cyclotomic::int(p as i64);
            }
            if rest.is_multiple_of(p) {
                rest /= p;
                root = &root * &gauss(p);
            }
            p += 1;
        }
        root
    }

    /// Brings a sum to the basis and to its conductor.
    fn normal(n: u64, terms: impl IntoIterator<Item = (u64, BigRational)>) -> Cyclotomic {
        let mut sum: BTreeMap<u64, BigRational> = BTreeMap::new();
        let add = |sum: &mut BTreeMap<u64, BigRational>, e: u64, c: BigRational| {
            let total = sum.entry(e).or_insert_with(BigRational::zero);
            *total += c;
            if total.is_zero() {
                sum.remove(&e);
            }
        };
        for (e, c) in terms {
            if !c.is_zero() {
                add(&mut sum, e, c);
            }
        }
        for (p, q) in prime_powers(n) {
            let step = n / p;
            let outside: Vec<u64> = sum.keys().copied().filter(|&e| !in_basis(e, n, p, q)).collect();
            for e in outside {
                let Some(c) = sum.remove(&e) else { continue };
                for k in 1..p {
                    add(&mut sum, (e + k * step) % n, -c.clone());
                }
            }
        }
        let mut number = Cyclotomic {
            n,
            terms: sum.into_iter().collect(),
        };
        for (p, q) in prime_powers(n) {
            let mut power = q;
            while power > 1 && number.descend(p, power == p) {
                power /= p;
            }
        }
        number
    }

    /// Writes the number in Q(ζ_{n/p}) if it lies there; `last` says that p divides n only once.
    fn descend(&mut self, p: u64, last: bool) -> bool {
        if last && p > 2 {
            // Σ_k ζ^{e + kn/p} = 0 over all k: the p − 1 terms of the basis must have one coefficient.
            let field = self.n / p;
            let mut classes: BTreeMap<u64, Vec<&BigRational>> = BTreeMap::new();
            for (e, c) in &self.terms {
                classes.entry(e % field).or_default().push(c);
            }
            let even = |list: &Vec<&BigRational>| list.len() as u64 == p - 1 && list.iter().all(|c| *c == list[0]);
            if !classes.values().all(even) {
                return false;
            }
            let merged = classes.iter().filter_map(|(&class, list)| {
                let e = (0..p).map(|k| class + k * field).find(|e| e % p == 0)?;
                Some((e / p, -list[0].clone()))
            });
            let mut terms: Vec<(u64, BigRational)> = merged.collect();
            terms.sort_by_key(|(e, _)| *e);
            self.terms = terms;
        } else if self.terms.iter().all(|(e, _)| e.is_multiple_of(p)) {
            for (e, _) in &mut self.terms {
                *e /= p;
            }
        } else {
            return false;
        }
        self.n /= p;
        true
    }

    /// The smallest n with the number in Q(ζ_n); not twice an odd number.
    pub fn conductor(&self) -> u64 {
        self.n
    }

    /// The terms (exponent of ζ_n, coefficient) in the basis of the field of its conductor n.
    pub fn terms(&self) -> &[(u64, BigRational)] {
        &self.terms
    }

    /// Is it zero?
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// Its value, if rational.
    pub fn to_rational(&self) -> Option<BigRational> {
        match self.terms.as_slice() {
            [] => Some(BigRational::zero()),
            [(0, c)] if self.n == 1 => Some(c.clone()),
            _ => None,
        }
    }

    /// Its value, if an integer of 64 bits.
    pub fn to_int(&self) -> Option<i64> {
        let x = self.to_rational()?;
        x.is_integer().then(|| x.to_integer().to_i64())?
    }

    /// Is it its own complex conjugate?
    pub fn is_real(&self) -> bool {
        self.n <= 2 || *self == self.conjugate()
    }

    /// The complex conjugate.
    pub fn conjugate(&self) -> Cyclotomic {
        self.galois(-1)
    }

    /// The image under ζ_n ↦ ζ_n^k, k prime to the conductor n.
    pub fn galois(&self, k: i64) -> Cyclotomic {
        let k = i128::from(k).rem_euclid(i128::from(self.n)) as u128;
        let moved = |(e, c): &(u64, BigRational)| ((u128::from(*e) * k % u128::from(self.n)) as u64, c.clone());
        Cyclotomic::normal(self.n, self.terms.iter().map(moved))
    }

    /// A rational multiple.
    pub fn scaled(&self, by: &BigRational) -> Cyclotomic {
        if by.is_zero() {
            return Cyclotomic::zero();
        }
        let terms = self.terms.iter().map(|(e, c)| (*e, c * by)).collect();
        Cyclotomic { n: self.n, terms }
    }

    /// A fraction 1/k of it, k ≠ 0.
    pub fn over(&self, k: i64) -> Cyclotomic {
        self.scaled(&BigRational::new(BigInt::one(), k.into()))
    }

    /// 1/x by the product of the Galois conjugates; `None` for zero.
    pub fn inverse(&self) -> Option<Cyclotomic> {
        if let Some(x) = self.to_rational() {
            return (!x.is_zero()).then(|| Cyclotomic::rational(x.recip()));
        }
        let mut conjugates = Cyclotomic::one();
        let mut seen = vec![self.clone()];
        for k in (2..self.n as i64).filter(|&k| num_integer::gcd(k as u64, self.n) == 1) {
            let other = self.galois(k);
            if !seen.contains(&other) {
                conjugates = &conjugates * &other;
                seen.push(other);
            }
        }
        let norm = (self * &conjugates).to_rational()?;
        Some(conjugates.scaled(&norm.recip()))
    }

    /// Real and imaginary part as floats.
    pub fn to_complex(&self) -> (f64, f64) {
        let (re, im) = self.to_exact();
        (re.f, im.f)
    }

    /// Real and imaginary part as exact numbers; without residues where the conductor does not divide p − 1.
    pub fn to_exact(&self) -> (Exact, Exact) {
        let (mut re, mut im) = (Exact::ZERO, Exact::ZERO);
        for (e, c) in &self.terms {
            let c = exact_rational(c);
            re += c * Exact::cos_2pi(*e as i64, self.n);
            im += c * Exact::sin_2pi(*e as i64, self.n);
        }
        (re.polish(), im.polish())
    }
}

/// A rational number with its residue.
fn exact_rational(x: &BigRational) -> Exact {
    let part = |n: &BigInt| match n.to_i128() {
        Some(n) => Exact::wide(n),
        None => {
            let residue = (n % BigInt::from(crate::exact::PRIME)).to_i128().unwrap_or(0);
            Exact {
                f: n.to_f64().unwrap_or(f64::NAN),
                r: Exact::wide(residue).r,
            }
        }
    };
    part(x.numer()) / part(x.denom())
}

/// √p for a prime p: √2 = ζ_8 + ζ_8⁻¹, otherwise the quadratic Gauss sum, times −i for p ≡ 3 modulo 4.
fn gauss(p: u64) -> Cyclotomic {
    if p == 2 {
        return Cyclotomic::sum(8, [(1, 1), (-1, 1)]);
    }
    let squares: std::collections::HashSet<u64> = (1..p)
        .map(|a| (u128::from(a) * u128::from(a) % u128::from(p)) as u64)
        .collect();
    let sum = Cyclotomic::sum(p, (1..p).map(|a| (a as i64, if squares.contains(&a) { 1 } else { -1 })));
    if p % 4 == 1 {
        sum
    } else {
        &sum * &Cyclotomic::root(-1, 4)
    }
}

/// The primes p of n with their full powers q.
fn prime_powers(mut n: u64) -> Vec<(u64, u64)> {
    let mut list = vec![];
    let mut p = 2;
    while n > 1 {
        if p * p > n {
            p = n;
        }
        let mut q = 1;
        while n.is_multiple_of(p) {
            n /= p;
            q *= p;
        }
        if q > 1 {
            list.push((p, q));
        }
        p += 1;
    }
    list
}

/// Is the component of e at the prime p, with q the full power of p in n, one of the basis?
fn in_basis(e: u64, n: u64, p: u64, q: u64) -> bool {
    let (e, rest) = (e % q, n / q % q);
    // a with e ≡ a·(n/q) modulo q
    let inverse = num_integer::Integer::extended_gcd(&(rest as i64), &(q as i64));
    let a = (i128::from(e) * i128::from(inverse.x)).rem_euclid(i128::from(q)) as u64;
    if p == 2 {
        2 * a < q
    } else {
        let half = (q / p - 1) / 2;
        a > half && a < q - half
    }
}

fn lifted(x: &Cyclotomic, n: u64) -> impl Iterator<Item = (u64, BigRational)> {
    let step = n / x.n;
    x.terms.iter().map(move |(e, c)| (e * step, c.clone()))
}

impl Add for &Cyclotomic {
    type Output = Cyclotomic;
    fn add(self, o: &Cyclotomic) -> Cyclotomic {
        if self.is_zero() {
            return o.clone();
        }
        if o.is_zero() {
            return self.clone();
        }
        let n = num_integer::lcm(self.n, o.n);
        Cyclotomic::normal(n, lifted(self, n).chain(lifted(o, n)))
    }
}

impl Sub for &Cyclotomic {
    type Output = Cyclotomic;
    fn sub(self, o: &Cyclotomic) -> Cyclotomic {
        self + &-o
    }
}

impl Neg for &Cyclotomic {
    type Output = Cyclotomic;
    fn neg(self) -> Cyclotomic {
        let terms = self.terms.iter().map(|(e, c)| (*e, -c)).collect();
        Cyclotomic { n: self.n, terms }
    }
}

impl Mul for &Cyclotomic {
    type Output = Cyclotomic;
    fn mul(self, o: &Cyclotomic) -> Cyclotomic {
        match (self.to_rational(), o.to_rational()) {
            (Some(x), _) => return o.scaled(&x),
            (_, Some(x)) => return self.scaled(&x),
            _ => {}
        }
        let n = num_integer::lcm(self.n, o.n);
        let right: Vec<(u64, BigRational)> = lifted(o, n).collect();
        let terms = lifted(self, n).flat_map(|(e, c)| {
            let product = move |(f, d): &(u64, BigRational)| ((e + f) % n, &c * d);
            right.iter().map(product).collect::<Vec<_>>()
        });
        Cyclotomic::normal(n, terms.collect::<Vec<_>>())
    }
}

/// Quadratic irrationals are recognised in fields of conductor up to this.
const MAX_SHOWN: u64 = 240;

impl Cyclotomic {
    /// If it is a + b√d with rational a, b and a square-free integer d ≠ 0, 1: these three.
    pub fn quadratic(&self) -> Option<(BigRational, BigRational, i64)> {
        if self.n == 1 || self.n > MAX_SHOWN {
            return None;
        }
        let units = (2..self.n as i64).filter(|&k| num_integer::gcd(k as u64, self.n) == 1);
        let mut other: Option<Cyclotomic> = None;
        for image in units.map(|k| self.galois(k)) {
            match &other {
                _ if image == *self => {}
                None => other = Some(image),
                Some(known) if *known == image => {}
                Some(_) => return None,
            }
        }
        let two = BigRational::from_integer(2.into());
        let a = (self + &other?).to_rational()? / &two;
        let root = self - &Cyclotomic::rational(a.clone());
        let square = (&root * &root).to_rational()?;
        // b²d = numerator·denominator / denominator²
        let product = (square.numer() * square.denom()).to_i64()?;
        let mut d = product;
        let mut p = 2;
        while p * p <= d.abs() {
            while d % (p * p) == 0 {
                d /= p * p;
            }
            p += 1;
        }
        let b = (&root * &Cyclotomic::sqrt(d)).to_rational()? / BigRational::from_integer(d.into());
        Some((a, b, d))
    }
}

/// As a mathematician writes it: `-1/2`, `√3`, `(1+√5)/2`, `i√7`, `ζ5^2`, `2cos(2π/7)`, `ζ9^2-ζ9^7`.
impl fmt::Display for Cyclotomic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(x) = self.to_rational() {
            return write!(f, "{x}");
        }
        if self.n != 4 && self.n <= MAX_SHOWN {
            for k in 1..self.n {
                let turned = self * &Cyclotomic::root(-(k as i64), self.n);
                if let Some(c) = turned.to_rational() {
                    // ζ_n with odd n and a sign covers the roots of order 2n
                    return write!(f, "{}", term(&c, &zeta(self.n, k), true));
                }
            }
        }
        if let Some((a, b, d)) = self.quadratic() {
            return f.write_str(&quadratic_text(&a, &b, d));
        }
        if self.n <= MAX_SHOWN && self.is_real() {
            for k in 1..=self.n / 2 {
                let cosine = Cyclotomic::sum(self.n, [(k as i64, 1), (-(k as i64), 1)]);
                let angle = num_rational::Ratio::new(2 * k, self.n);
                let top = if *angle.numer() == 1 {
                    String::new()
                } else {
                    angle.numer().to_string()
                };
                let text = format!("2cos({top}π/{})", angle.denom());
                if *self == cosine {
                    return f.write_str(&text);
                }
                if *self == -&cosine {
                    return write!(f, "-{text}");
                }
            }
        }
        for (at, (e, c)) in self.terms.iter().enumerate() {
            f.write_str(&term(c, &zeta(self.n, *e), at == 0))?;
        }
        Ok(())
    }
}

fn zeta(n: u64, e: u64) -> String {
    match e {
        0 => "1".into(),
        1 => format!("ζ{n}"),
        e => format!("ζ{n}^{e}"),
    }
}

/// `c·what` as a term of a sum.
fn term(c: &BigRational, what: &str, first: bool) -> String {
    let sign = match (c.is_negative(), first) {
        (true, _) => "-",
        (false, true) => "",
        (false, false) => "+",
    };
    let (n, d) = (c.numer().abs(), c.denom());
    let factor = if n.is_one() && what != "1" {
        String::new()
    } else {
        n.to_string()
    };
    let what = if what == "1" { "" } else { what };
    let over = if d.is_one() { String::new() } else { format!("/{d}") };
    format!("{sign}{factor}{what}{over}")
}

fn quadratic_text(a: &BigRational, b: &BigRational, d: i64) -> String {
    let root = match d {
        -1 => "i".into(),
        d if d < 0 => format!("i√{}", -d),
        d => format!("√{d}"),
    };
    if a.is_zero() {
        return term(b, &root, true);
    }
    let common = num_integer::lcm(a.denom().clone(), b.denom().clone());
    let scale = BigRational::from_integer(common.clone());
    let sum = format!("{}{}", a * &scale, term(&(b * &scale), &root, false));
    if common.is_one() {
        sum
    } else {
        format!("({sum})/{common}")
    }
}
