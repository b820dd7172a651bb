//! A fixed sequence of random numbers (splitmix64), so that every run makes the same choices.

/// The state.
pub(crate) struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to n − 1.
    pub fn below(&mut self, n: u64) -> u64 {
        self.draw() % n.max(1)
    }

    /// Components between −1 and 1.
    pub fn vector(&mut self, n: usize) -> Vec<f64> {
        (0..n)
            .map(|_| (self.draw() >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
            .collect()
    }
}
