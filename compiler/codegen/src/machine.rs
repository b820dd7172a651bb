//! What this machine can do at most, measured: the yardstick of `gdl bench`.

use gdl_runtime::pool::Pool;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Instant;

/// Arithmetic and memory limits with a number of threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Threads that worked at once.
    pub threads: usize,
    /// Fused multiply-adds on registers alone, two operations each, in operations a second.
    pub f32_flops: f64,
    /// The same in double precision.
    pub f64_flops: f64,
    /// Bytes a second of `a[i] = b[i] + s * c[i]` on arrays larger than any cache, three transfers an element.
    pub bandwidth: f64,
}

/// Elements of an array of the bandwidth test, all threads together: 64 MiB.
const ELEMENTS: usize = 16 << 20;
/// Rounds of a trial of the arithmetic test.
const ROUNDS: usize = 200_000;
/// Trials, of which the best counts: other programs can only slow one down.
const TRIALS: usize = 12;

/// Measures the limits with this many threads.
///
/// # Errors
/// What the system says about threads.
pub fn limits(threads: usize) -> Result<Limits, String> {
    let pool = Pool::new(threads)?;
    let best = |work: f64, f: &(dyn Fn(usize) + Sync)| {
        let time = || {
            let start = Instant::now();
            pool.enter(|| pool.run(threads, f));
            start.elapsed().as_secs_f64()
        };
        work / (0..TRIALS).map(|_| time()).fold(f64::INFINITY, f64::min)
    };
    let per_round = |double: bool| (threads * ROUNDS) as f64 * fma_flops(double);
    let single = best(per_round(false), &|_| fma_rounds(false, ROUNDS));
    let double = best(per_round(true), &|_| fma_rounds(true, ROUNDS));
    let chunk = ELEMENTS / threads;
    let arrays: Vec<Mutex<[Vec<f32>; 3]>> = (0..threads)
        .map(|_| Mutex::new([0.0, 1.0, 2.0].map(|x| vec![x; chunk])))
        .collect();
    let bytes = (threads * chunk * 3 * size_of::<f32>()) as f64;
    let bandwidth = best(bytes, &|k| {
        if let Ok(mut arrays) = arrays[k].lock() {
            let [a, b, c] = &mut *arrays;
            triad(a, b, c);
        }
    });
    Ok(Limits {
        threads,
        f32_flops: single,
        f64_flops: double,
        bandwidth,
    })
}

fn triad(a: &mut [f32], b: &[f32], c: &[f32]) {
    let s = black_box(0.5);
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a = b + s * c;
    }
}

/// Vectors that are worked on at once: more than latency times units of any core.
const CHAINS: usize = 12;

/// Runs rounds of the widest kernel that the processor has.
fn fma_rounds(double: bool, rounds: usize) {
    #[cfg(target_arch = "x86_64")]
    match (x86::level(), double) {
        // SAFETY: the processor has the instructions.
        (2, false) => return unsafe { x86::single_512(rounds) },
        // SAFETY: as above.
        (2, true) => return unsafe { x86::double_512(rounds) },
        // SAFETY: as above.
        (1, false) => return unsafe { x86::single_256(rounds) },
        // SAFETY: as above.
        (1, true) => return unsafe { x86::double_256(rounds) },
        _ => {}
    }
    if double {
        portable(1.0f64, 1e-9, rounds)
    } else {
        portable(1.0f32, 1e-9, rounds)
    }
}

/// Operations a round of [`fma_rounds`].
fn fma_flops(double: bool) -> f64 {
    #[cfg(target_arch = "x86_64")]
    let bits = [128, 256, 512][x86::level()];
    #[cfg(not(target_arch = "x86_64"))]
    let bits = 128;
    (2 * CHAINS * bits / if double { 64 } else { 32 }) as f64
}

/// Sixteen bytes a vector, as every compiler target has.
fn portable<T: Copy + std::ops::Mul<Output = T> + std::ops::Add<Output = T>>(one: T, small: T, rounds: usize) {
    const MOST: usize = 4;
    let lanes = 16 / size_of::<T>();
    let (a, b) = (black_box(one), black_box(small));
    let mut x = [[one; MOST]; CHAINS];
    for _ in 0..rounds {
        for chain in &mut x {
            for lane in &mut chain[..lanes] {
                *lane = *lane * a + b;
            }
        }
    }
    black_box(x);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::CHAINS;
    use std::arch::x86_64::*;
    use std::hint::black_box;

    /// 2: AVX-512, 1: AVX2 with FMA, 0: neither.
    pub fn level() -> usize {
        if is_x86_feature_detected!("avx512f") {
            2
        } else {
            usize::from(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
        }
    }

    macro_rules! kernel {
        ($name:ident, $feature:literal, $set:ident, $fma:ident) => {
            #[target_feature(enable = $feature)]
            pub fn $name(rounds: usize) {
                let (a, b) = ($set(black_box(1.0)), $set(black_box(1e-9)));
                let mut x = [$set(1.0); CHAINS];
                for _ in 0..rounds {
                    for chain in &mut x {
                        *chain = $fma(*chain, a, b);
                    }
                }
                black_box(x);
            }
        };
    }
    kernel!(single_512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    kernel!(double_512, "avx512f", _mm512_set1_pd, _mm512_fmadd_pd);
    kernel!(single_256, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
    kernel!(double_256, "avx2,fma", _mm256_set1_pd, _mm256_fmadd_pd);
}

#[cfg(test)]
mod tests {
    #[test]
    fn limits_are_positive() {
        let limits = super::limits(1).unwrap();
        assert!(limits.f32_flops > 0.0 && limits.f64_flops > 0.0 && limits.bandwidth > 0.0);
    }
}
