//! Linear recurrences over prime fields.

/// Arithmetic in a prime field.
pub(crate) trait PrimeField: Copy {
    /// a + b.
    fn add(self, a: u64, b: u64) -> u64;
    /// a − b.
    fn sub(self, a: u64, b: u64) -> u64;
    /// a · b.
    fn mul(self, a: u64, b: u64) -> u64;
    /// 1/a for a ≠ 0.
    fn inv(self, a: u64) -> u64;
}

/// The monic polynomial of least degree, lowest coefficient first, that a sequence satisfies (Berlekamp and Massey).
pub(crate) fn minimal_polynomial(field: impl PrimeField, s: &[u64]) -> Vec<u64> {
    let (mut c, mut b) = (vec![1u64], vec![1u64]);
    let (mut length, mut gap, mut last) = (0usize, 1usize, 1u64);
    for n in 0..s.len() {
        let mut d = s[n];
        for i in 1..=length.min(c.len() - 1) {
            d = field.add(d, field.mul(c[i], s[n - i]));
        }
        if d == 0 {
            gap += 1;
            continue;
        }
        let scale = field.mul(d, field.inv(last));
        let old = c.clone();
        c.resize(c.len().max(b.len() + gap), 0);
        for (i, &x) in b.iter().enumerate() {
            c[i + gap] = field.sub(c[i + gap], field.mul(scale, x));
        }
        if 2 * length <= n {
            length = n + 1 - length;
            (b, last, gap) = (old, d, 1);
        } else {
            gap += 1;
        }
    }
    c.resize(length + 1, 0);
    c.reverse();
    c
}
