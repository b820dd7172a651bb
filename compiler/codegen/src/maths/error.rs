//! The error function: x + x P(x²) near 0, 1 − e^{−|x| − |x| Q(|x|)} elsewhere. P and Q are minimax polynomials (Remez's algorithm in 60
//! digits) of erf x / x − 1 and of −ln(1 − erf x) / x − 1.

use super::exponential::exp;
use super::{Arith, Order, polynomial};

const NEAR: [&[f64]; 2] = [
    &[
        7.853_861_758_549_435e-5,
        -8.010_193_756_462_413e-4,
        5.188_327_701_982_858e-3,
        -2.685_381_194_491_950_5e-2,
        0.112_835_851_488_892_62,
        -0.376_126_258_242_652_83,
        0.128_379_165_726_719_87,
    ],
    &[
        -7.779_467_547_960_089e-10,
        1.371_097_984_819_937_6e-8,
        -1.620_631_361_952_744_5e-7,
        1.644_713_155_141_221e-6,
        -1.492_471_230_024_721_7e-5,
        1.205_529_357_680_051_2e-4,
        -8.548_325_929_310_874e-4,
        5.223_977_606_118_394e-3,
        -2.686_617_064_311_145_8e-2,
        0.112_837_916_709_441_85,
        -0.376_126_389_031_835_2,
        0.128_379_167_095_512_56,
    ],
];

const FAR: [&[f64]; 2] = [
    &[
        -2.106_424_488_073_333_5e-4,
        3.186_940_515_981_516e-3,
        -2.279_844_356_147_925e-2,
        0.105_116_110_397_003_64,
        0.635_831_499_488_299_6,
        0.128_480_032_161_293_9,
    ],
    &[
        2.014_472_672_810_513_3e-13,
        -9.966_596_352_319_038e-12,
        2.323_453_347_909_374_2e-10,
        -3.393_022_360_542_455e-9,
        3.478_310_767_521_308e-8,
        -2.655_337_674_061_698e-7,
        1.559_354_198_954_250_4e-6,
        -7.146_735_507_591_502e-6,
        2.544_814_176_956_343_2e-5,
        -6.778_332_212_921_853e-5,
        1.170_931_016_329_335_4e-4,
        -3.263_551_973_644_578e-5,
        -5.379_762_466_211_977e-4,
        1.659_454_792_557_088e-3,
        -1.891_739_449_231_227_7e-4,
        -1.913_657_431_166_15e-2,
        0.102_774_915_878_344_21,
        0.636_619_361_242_313_8,
        0.128_379_201_424_112_7,
    ],
];

/// Where the error function is 1 to the last bit.
const ONE_FROM: [f64; 2] = [3.95, 5.95];

/// 2/√π ∫₀ˣ e^{−t²} dt.
pub(super) fn erf<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    let precision = usize::from(a.is_double());
    let [zero, one, most] = [0.0, 1.0, ONE_FROM[precision]].map(|c| a.real(c));
    let z = a.mul(x, x);
    let p = polynomial(a, z, NEAR[precision]);
    let near = a.mul_add(p, x, x);
    let size = a.abs(x);
    let size = a.choose(Order::Greater, [size, most], [most, size]);
    let q = polynomial(a, size, FAR[precision]);
    let t = a.mul_add(q, size, size);
    let t = a.neg(t);
    let e = exp(a, t);
    let far = a.sub(one, e);
    let minus = a.neg(far);
    let far = a.choose(Order::Less, [x, zero], [minus, far]);
    a.choose(Order::Less, [size, one], [near, far])
}
