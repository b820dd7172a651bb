//! A small generator of random numbers: the same seed gives the same bits on every machine.

/// xoshiro256++ (Blackman and Vigna), seeded by SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator for this seed.
    pub fn new(seed: u64) -> Rng {
        let mut s = seed;
        Rng {
            state: std::array::from_fn(|_| split_mix(&mut s)),
        }
    }

    /// A generator for this seed and purpose: different names give independent numbers.
    pub fn named(seed: u64, name: &str) -> Rng {
        // FNV-1a; SplitMix64 then spreads it over all bits.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        Rng::new(split_mix(&mut { hash }) ^ seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform in `0..1`, in steps of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * 2f64.powi(-53)
    }

    /// Uniform in `0..n`, without bias; 0 for `n = 0`.
    pub fn below(&mut self, n: u64) -> u64 {
        // Lemire: the high word of a product, refusing the few low words that would be too frequent.
        loop {
            let wide = u128::from(self.bits()) * u128::from(n);
            if wide as u64 >= n.wrapping_neg().checked_rem(n).unwrap_or(0) {
                return (wide >> 64) as u64;
            }
        }
    }

    /// Normal with mean 0 and variance 1 (Marsaglia's polar method, one of its two numbers).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let r = x * x + y * y;
            if r > 0.0 && r < 1.0 {
                return x * (-2.0 * r.ln() / r).sqrt();
            }
        }
    }

    /// Puts items in a random order, all orders being equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for k in (1..items.len()).rev() {
            let j = self.below(k as u64 + 1) as usize;
            items.swap(k, j);
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The FNV-1a hash.
pub fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers() {
        // xoshiro256++ from the state 1, 2, 3, 4: the first outputs of the reference implementation.
        let mut r = Rng { state: [1, 2, 3, 4] };
        assert_eq!([r.bits(), r.bits(), r.bits()], [41943041, 58720359, 3588806011781223]);
        // SplitMix64 from 1234567.
        let mut s = 1234567;
        assert_eq!(
            [split_mix(&mut s), split_mix(&mut s)],
            [6457827717110365317, 3203168211198807973]
        );
    }

    #[test]
    fn moments() {
        let mut r = Rng::named(1, "w");
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|_| r.normal()).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let var = draws.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02, "{mean} {var}");
        let mut seen = [0; 7];
        (0..70_000).for_each(|_| seen[r.below(7) as usize] += 1);
        assert!(seen.iter().all(|&k| (9_500..10_500).contains(&k)), "{seen:?}");
    }

    #[test]
    fn names_give_other_numbers() {
        assert_ne!(Rng::named(1, "a").bits(), Rng::named(1, "b").bits());
        assert_ne!(Rng::named(1, "a").bits(), Rng::named(2, "a").bits());
        assert_eq!(Rng::named(1, "a").bits(), Rng::named(1, "a").bits());
    }
}
