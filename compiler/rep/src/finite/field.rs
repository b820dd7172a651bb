//! Arithmetic in a prime field chosen for a group, and the roots of polynomials over it.

use crate::random::Random;
use crate::recurrence::PrimeField;

/// The field of q elements, q an odd prime below 2^31.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub q: u64,
}

impl PrimeField for Field {
    fn add(self, a: u64, b: u64) -> u64 {
        let s = a + b;
        if s >= self.q { s - self.q } else { s }
    }
    fn sub(self, a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + self.q - b }
    }
    fn mul(self, a: u64, b: u64) -> u64 {
        a * b % self.q
    }
    fn inv(self, a: u64) -> u64 {
        self.pow(a, self.q - 2)
    }
}

impl Field {
    /// A field that contains the roots of unity of order e, of a size near 2^30; `None` if e is too large.
    pub fn with_roots(e: u64) -> Option<Field> {
        let start = (1u64 << 30) / e;
        (start.max(1)..)
            .map(|k| k.saturating_mul(e) + 1)
            .take_while(|&q| q < 1 << 31)
            .find(|&q| q > 2 && is_prime(q))
            .map(|q| Field { q })
    }

    pub fn pow(self, mut a: u64, mut e: u64) -> u64 {
        let mut r = 1;
        while e > 0 {
            if e & 1 == 1 {
                r = self.mul(r, a);
            }
            a = self.mul(a, a);
            e >>= 1;
        }
        r
    }

    /// A root of unity of order exactly e, for e that divides q − 1.
    pub fn root_of_unity(self, e: u64) -> u64 {
        let primes: Vec<u64> = (2..=e).filter(|&p| e.is_multiple_of(p) && is_prime(p)).collect();
        (2..self.q)
            .map(|a| self.pow(a, (self.q - 1) / e))
            .find(|&z| primes.iter().all(|p| self.pow(z, e / p) != 1))
            .unwrap_or(1)
    }

    /// The inner product of two vectors.
    pub fn dot(self, a: &[u64], b: &[u64]) -> u64 {
        // Sums stay below q² < 2^62 by subtraction, which is faster than division.
        let square = self.q * self.q;
        let mut sum = 0u64;
        for (x, y) in a.iter().zip(b) {
            sum += x * y;
            if sum >= square {
                sum -= square;
            }
        }
        sum % self.q
    }

    /// The roots in the field of a monic polynomial that is a product of different linear factors (Cantor and Zassenhaus).
    pub fn roots(self, polynomial: &[u64], random: &mut Random) -> Vec<u64> {
        let mut roots = vec![];
        let mut parts = vec![polynomial.to_vec()];
        while let Some(f) = parts.pop() {
            match f.len() {
                0 | 1 => {}
                2 => roots.push(self.sub(0, self.mul(f[0], self.inv(f[1])))),
                _ => {
                    let shift = random.below(self.q);
                    let mut power = self.power_of_linear(shift, (self.q - 1) / 2, &f);
                    if power.is_empty() {
                        power.push(0);
                    }
                    power[0] = self.sub(power[0], 1);
                    let g = self.gcd(f.clone(), power);
                    if g.len() > 1 && g.len() < f.len() {
                        let (quotient, _) = self.divide(&f, &g);
                        parts.push(quotient);
                        parts.push(g);
                    } else {
                        parts.push(f);
                    }
                }
            }
        }
        roots.sort_unstable();
        roots
    }

    /// (x + shift)^e modulo f.
    fn power_of_linear(self, shift: u64, e: u64, f: &[u64]) -> Vec<u64> {
        let mut result = vec![1u64];
        for bit in (0..64 - e.leading_zeros()).rev() {
            let mut square = vec![0u64; 2 * result.len() - 1];
            for (i, &x) in result.iter().enumerate() {
                for (j, &y) in result.iter().enumerate() {
                    square[i + j] = self.add(square[i + j], self.mul(x, y));
                }
            }
            result = self.divide(&square, f).1;
            if e >> bit & 1 == 1 {
                let mut longer = vec![0u64; result.len() + 1];
                for (i, &x) in result.iter().enumerate() {
                    longer[i + 1] = self.add(longer[i + 1], x);
                    longer[i] = self.add(longer[i], self.mul(x, shift));
                }
                result = self.divide(&longer, f).1;
            }
            if result.is_empty() {
                return result;
            }
        }
        result
    }

    /// Quotient and remainder, the latter without leading zeros.
    fn divide(self, a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let mut rest = a.to_vec();
        let lead = self.inv(b[b.len() - 1]);
        let mut quotient = vec![0; (a.len() + 1).saturating_sub(b.len())];
        for at in (0..quotient.len()).rev() {
            let c = self.mul(rest[at + b.len() - 1], lead);
            quotient[at] = c;
            for (i, &x) in b.iter().enumerate() {
                rest[at + i] = self.sub(rest[at + i], self.mul(c, x));
            }
        }
        rest.truncate(b.len() - 1);
        trim(&mut rest);
        (quotient, rest)
    }

    fn gcd(self, mut a: Vec<u64>, mut b: Vec<u64>) -> Vec<u64> {
        trim(&mut b);
        while !b.is_empty() {
            let rest = self.divide(&a, &b).1;
            (a, b) = (b, rest);
        }
        a
    }
}

fn trim(f: &mut Vec<u64>) {
    while f.last() == Some(&0) {
        f.pop();
    }
}

fn is_prime(n: u64) -> bool {
    n > 1 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}
