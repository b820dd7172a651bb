//! Elements of groups, and how they are called in words.

use crate::exact::Exact;
use crate::finite::perm;
use crate::lie::matrix_words;
use crate::linear::multiply;
use crate::scalar::Scalar;
use std::fmt;

/// An element of a group, over a ring of coordinates (`Exact` for actual elements, see [`crate::scalar`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Elem<S> {
    /// The only element of the trivial group.
    Identity,
    /// r^turn·f^flip in C(n) or D(n): first reflect, then rotate by turn·360°/n.
    Planar {
        /// The n of C(n) or D(n).
        n: u32,
        /// The exponent of the reflection f.
        flip: bool,
        /// The exponent of the rotation r.
        turn: u32,
    },
    /// a^turn·x^flip in Dic(n), 0 ≤ turn < 2n.
    Dicyclic {
        /// The n of Dic(n).
        n: u32,
        /// The exponent of x.
        flip: bool,
        /// The exponent of a.
        turn: u32,
    },
    /// The permutation i ↦ image\[i\] of 0..n.
    Permutation(Vec<u32>),
    /// An element of O or Oh: the matrix with entry `sign[j]` in row `axis[j]` of column j, e_j ↦ ±e_axis\[j\].
    Signed {
        /// Where each axis goes.
        axis: [u8; 3],
        /// +1 or −1 for each axis.
        sign: [i8; 3],
    },
    /// r(θ)·f^flip in SO(2) or O(2), by cos θ and sin θ.
    Circle {
        /// Is the reflection f applied first?
        flip: bool,
        /// cos θ.
        cos: S,
        /// sin θ.
        sin: S,
    },
    /// An orthogonal 3×3 matrix, row-major.
    Space([S; 9]),
    /// An invertible n×n matrix and its inverse, row-major.
    Linear {
        /// The size.
        n: u32,
        /// The matrix.
        matrix: Vec<S>,
        /// Its inverse.
        inverse: Vec<S>,
    },
    /// One element for each factor of a product.
    Tuple(Vec<Elem<S>>),
}

/// An element of a group.
pub type Element = Elem<Exact>;

impl Element {
    /// The same element over another ring.
    pub fn lift<S: Scalar>(&self) -> Elem<S> {
        match self {
            Elem::Identity => Elem::Identity,
            Elem::Planar { n, flip, turn } => Elem::Planar {
                n: *n,
                flip: *flip,
                turn: *turn,
            },
            Elem::Dicyclic { n, flip, turn } => Elem::Dicyclic {
                n: *n,
                flip: *flip,
                turn: *turn,
            },
            Elem::Permutation(image) => Elem::Permutation(image.clone()),
            Elem::Signed { axis, sign } => Elem::Signed {
                axis: *axis,
                sign: *sign,
            },
            Elem::Circle { flip, cos, sin } => Elem::Circle {
                flip: *flip,
                cos: S::constant(*cos),
                sin: S::constant(*sin),
            },
            Elem::Space(m) => Elem::Space(m.map(S::constant)),
            Elem::Linear { n, matrix, inverse } => {
                let lift = |m: &[Exact]| m.iter().map(|&x| S::constant(x)).collect();
                Elem::Linear {
                    n: *n,
                    matrix: lift(matrix),
                    inverse: lift(inverse),
                }
            }
            Elem::Tuple(parts) => Elem::Tuple(parts.iter().map(Element::lift).collect()),
        }
    }
}

impl<S: Scalar> Elem<S> {
    /// The element itself if it has no coordinates, that is if it belongs to a finite group.
    pub fn discrete(&self) -> Option<Element> {
        Some(match self {
            Elem::Identity => Elem::Identity,
            Elem::Planar { n, flip, turn } => Elem::Planar {
                n: *n,
                flip: *flip,
                turn: *turn,
            },
            Elem::Dicyclic { n, flip, turn } => Elem::Dicyclic {
                n: *n,
                flip: *flip,
                turn: *turn,
            },
            Elem::Permutation(image) => Elem::Permutation(image.clone()),
            Elem::Signed { axis, sign } => Elem::Signed {
                axis: *axis,
                sign: *sign,
            },
            Elem::Tuple(parts) => Elem::Tuple(parts.iter().map(Elem::discrete).collect::<Option<_>>()?),
            Elem::Circle { .. } | Elem::Space(_) | Elem::Linear { .. } => return None,
        })
    }

    /// The product: `self` after `other`. `None` if they belong to different groups.
    pub fn compose(&self, other: &Elem<S>) -> Option<Elem<S>> {
        Some(match (self, other) {
            (Elem::Identity, Elem::Identity) => Elem::Identity,
            (
                Elem::Planar { n, flip, turn },
                Elem::Planar {
                    n: m,
                    flip: flip2,
                    turn: turn2,
                },
            ) if n == m => {
                // r^a f^i r^b f^j = r^(a ± b) f^(i+j)
                let step = if *flip { n.saturating_sub(*turn2) } else { *turn2 };
                Elem::Planar {
                    n: *n,
                    flip: flip ^ flip2,
                    turn: (turn + step) % n,
                }
            }
            (
                Elem::Dicyclic { n, flip, turn },
                Elem::Dicyclic {
                    n: m,
                    flip: flip2,
                    turn: turn2,
                },
            ) if n == m => {
                // a^i x^e a^j x^f = a^(i ± j) x^(e+f), x² = a^n
                let step = if *flip { 2 * n - turn2 } else { *turn2 };
                let square = if *flip && *flip2 { *n } else { 0 };
                Elem::Dicyclic {
                    n: *n,
                    flip: flip ^ flip2,
                    turn: (turn + step + square) % (2 * n),
                }
            }
            (Elem::Permutation(a), Elem::Permutation(b)) if a.len() == b.len() => {
                Elem::Permutation(b.iter().map(|&i| a.get(i as usize).copied()).collect::<Option<_>>()?)
            }
            (Elem::Signed { axis: a, sign: s }, Elem::Signed { axis: b, sign: t }) => {
                let through = b.map(usize::from);
                Elem::Signed {
                    axis: through.map(|j| a[j]),
                    sign: [0, 1, 2].map(|j| t[j] * s[through[j]]),
                }
            }
            (
                Elem::Circle { flip, cos: c, sin: s },
                Elem::Circle {
                    flip: flip2,
                    cos: c2,
                    sin: s2,
                },
            ) => {
                let s2 = if *flip { s2.minus() } else { s2.clone() };
                let cos = c.times(c2).plus(&s.times(&s2).minus());
                let sin = s.times(c2).plus(&c.times(&s2));
                Elem::Circle {
                    flip: flip ^ flip2,
                    cos,
                    sin,
                }
            }
            (Elem::Space(a), Elem::Space(b)) => Elem::Space(std::array::from_fn(|at| {
                let (i, j) = (at / 3, at % 3);
                (0..3).fold(S::zero(), |sum, k| sum.plus(&a[3 * i + k].times(&b[3 * k + j])))
            })),
            (
                Elem::Linear {
                    n,
                    matrix: a,
                    inverse: x,
                },
                Elem::Linear {
                    n: m,
                    matrix: b,
                    inverse: y,
                },
            ) if n == m => {
                let size = *n as usize;
                Elem::Linear {
                    n: *n,
                    matrix: multiply(a, b, size, size, size),
                    inverse: multiply(y, x, size, size, size),
                }
            }
            (Elem::Tuple(a), Elem::Tuple(b)) if a.len() == b.len() => {
                Elem::Tuple(a.iter().zip(b).map(|(a, b)| a.compose(b)).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// The inverse.
    pub fn inverse(&self) -> Elem<S> {
        match self {
            Elem::Identity => Elem::Identity,
            Elem::Planar { n, flip, turn } => {
                let turn = if *flip || *turn == 0 {
                    *turn
                } else {
                    n.saturating_sub(*turn)
                };
                Elem::Planar {
                    n: *n,
                    flip: *flip,
                    turn,
                }
            }
            Elem::Dicyclic { n, flip, turn } => {
                // (a^i x)⁻¹ = x⁻¹ a^−i = a^(i+n) x
                let turn = if *flip { turn + n } else { 2 * n - turn };
                Elem::Dicyclic {
                    n: *n,
                    flip: *flip,
                    turn: turn % (2 * n),
                }
            }
            Elem::Permutation(image) => {
                let mut inverse = vec![0; image.len()];
                for (i, &j) in image.iter().enumerate() {
                    if let Some(slot) = inverse.get_mut(j as usize) {
                        *slot = i as u32;
                    }
                }
                Elem::Permutation(inverse)
            }
            Elem::Signed { axis, sign } => {
                let (mut a, mut s) = ([0; 3], [1; 3]);
                for j in 0..3 {
                    a[usize::from(axis[j])] = j as u8;
                    s[usize::from(axis[j])] = sign[j];
                }
                Elem::Signed { axis: a, sign: s }
            }
            Elem::Circle { flip, cos, sin } => Elem::Circle {
                flip: *flip,
                cos: cos.clone(),
                sin: if *flip { sin.clone() } else { sin.minus() },
            },
            Elem::Space(m) => Elem::Space(std::array::from_fn(|at| m[3 * (at % 3) + at / 3].clone())),
            Elem::Linear { n, matrix, inverse } => Elem::Linear {
                n: *n,
                matrix: inverse.clone(),
                inverse: matrix.clone(),
            },
            Elem::Tuple(parts) => Elem::Tuple(parts.iter().map(Elem::inverse).collect()),
        }
    }

    /// The matrix of the standard action on R^d: d = 1, 2 for planar elements, 3 for spatial ones, row-major.
    ///
    /// - r(θ) = \[\[cos θ, −sin θ\], \[sin θ, cos θ\]\], f = diag(1, −1) on R²,
    /// - the generator of C(2), and f of D(1), are −1 on R¹,
    /// - O, Oh, SO(3), O(3) act by their matrices on R³; the trivial group acts on every R^d,
    /// - a product acts through its only factor that acts on R^d.
    pub fn vector(&self, d: usize) -> Option<Vec<S>> {
        match (self, d) {
            (Elem::Identity, _) => Some(crate::linear::identity(d)),
            (
                Elem::Planar {
                    n: 2,
                    flip: false,
                    turn,
                },
                1,
            ) => Some(vec![sign(*turn == 1)]),
            (Elem::Planar { n: 1, flip, .. }, 1) => Some(vec![sign(*flip)]),
            (Elem::Planar { n, flip, turn }, 2) => {
                let (c, s) = (
                    Exact::cos_2pi(i64::from(*turn), u64::from(*n)),
                    Exact::sin_2pi(i64::from(*turn), u64::from(*n)),
                );
                Some(planar(S::constant(c), S::constant(s), *flip))
            }
            (Elem::Circle { flip, cos, sin }, 2) => Some(planar(cos.clone(), sin.clone(), *flip)),
            (Elem::Signed { axis, sign }, 3) => {
                let mut m = vec![S::zero(); 9];
                for j in 0..3 {
                    m[3 * usize::from(axis[j]) + j] = S::constant(Exact::int(i64::from(sign[j])));
                }
                Some(m)
            }
            (Elem::Space(m), 3) => Some(m.to_vec()),
            (Elem::Tuple(parts), _) => {
                let mut acting = parts.iter().filter_map(|part| part.vector(d));
                acting.next().filter(|_| acting.next().is_none())
            }
            _ => None,
        }
    }
}

fn sign<S: Scalar>(negative: bool) -> S {
    S::constant(if negative { -Exact::ONE } else { Exact::ONE })
}

/// r(θ)·f^flip on R², f = diag(1, −1).
pub(crate) fn planar<S: Scalar>(c: S, s: S, flip: bool) -> Vec<S> {
    if flip {
        vec![c.clone(), s.clone(), s, c.minus()]
    } else {
        vec![c.clone(), s.minus(), s, c]
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Elem::Identity => f.write_str("identity"),
            Elem::Planar { n, flip, turn } => write_planar(f, *flip, 360.0 * f64::from(*turn) / f64::from(*n)),
            Elem::Circle { flip, cos, sin } => write_planar(f, *flip, sin.f.atan2(cos.f).to_degrees()),
            Elem::Dicyclic { n, flip, turn } => f.write_str(&dicyclic_word(*n, *flip, *turn)),
            Elem::Permutation(image) => write_cycles(f, image),
            Elem::Signed { .. } => {
                let m = self.vector(3).unwrap_or_default();
                f.write_str(&spatial_words(&std::array::from_fn(|at| m[at].f)))
            }
            Elem::Space(m) => f.write_str(&spatial_words(&std::array::from_fn(|at| m[at].f))),
            Elem::Linear { n, matrix, .. } => f.write_str(&matrix_words(*n as usize, matrix)),
            Elem::Tuple(parts) => {
                let words: Vec<String> = parts
                    .iter()
                    .map(ToString::to_string)
                    .filter(|w| w != "identity")
                    .collect();
                if words.is_empty() {
                    f.write_str("identity")
                } else {
                    f.write_str(&words.join(" and "))
                }
            }
        }
    }
}

/// An angle in degrees with at most one decimal, and without one where it is whole.
fn degrees(x: f64) -> String {
    let rounded = (x * 10.0).round() / 10.0;
    format!("{}°", if rounded == 0.0 { 0.0 } else { rounded })
}

/// r(angle) or r(angle)·f; the latter reflects in the line at half the angle.
fn write_planar(f: &mut fmt::Formatter<'_>, flip: bool, angle: f64) -> fmt::Result {
    match (flip, degrees(angle).as_str()) {
        (false, "0°") => f.write_str("identity"),
        (false, angle) => write!(f, "rotation by {angle}"),
        (true, "0°") => f.write_str("reflection"),
        (true, _) => write!(f, "reflection in the line at {}", degrees(angle / 2.0)),
    }
}

/// Cycles of points counted from 1, as in the language.
fn write_cycles(f: &mut fmt::Formatter<'_>, image: &[u32]) -> fmt::Result {
    if perm::is_identity(image) {
        f.write_str("identity")
    } else {
        write!(f, "permutation {}", perm::notation(image))
    }
}

/// A word in a and x; for Q8 = Dic(2) one of ±1, ±i, ±j, ±k with i = a, j = x, k = a x.
fn dicyclic_word(n: u32, flip: bool, turn: u32) -> String {
    if n == 2 {
        let (unit, negative) = match (flip, turn) {
            (false, 0) => return "identity".into(),
            (false, 2) => return "-1".into(),
            (false, _) => ("i", turn == 3),
            (true, _) => (if turn.is_multiple_of(2) { "j" } else { "k" }, turn >= 2),
        };
        return format!("{}{unit}", if negative { "-" } else { "" });
    }
    let power = match turn {
        0 => String::new(),
        1 => "a".into(),
        k => format!("a^{k}"),
    };
    match (power.is_empty(), flip) {
        (true, false) => "identity".into(),
        (true, true) => "x".into(),
        (false, false) => power,
        (false, true) => format!("{power} x"),
    }
}

/// An orthogonal matrix of space, row-major, in words.
pub(crate) fn spatial_words(m: &[f64; 9]) -> String {
    let det =
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
    let sign = det.signum();
    let r = m.map(|x| x * sign);
    let angle = ((r[0] + r[4] + r[8] - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees();
    match (degrees(angle).as_str(), sign < 0.0) {
        ("0°", false) => "identity".into(),
        ("0°", true) => "inversion".into(),
        ("180°", true) => format!("reflection along {}", axis_name(&axis_of(&r))),
        (angle, improper) => {
            let then = if improper { " and inversion" } else { "" };
            format!("rotation by {angle} about {}{then}", axis_name(&axis_of(&r)))
        }
    }
}

/// The axis of a rotation: the antisymmetric part, or for half-turns the largest column of R + 1.
fn axis_of(r: &[f64; 9]) -> [f64; 3] {
    let axis = [r[7] - r[5], r[2] - r[6], r[3] - r[1]];
    if axis.iter().any(|x| x.abs() > 1e-6) {
        return axis;
    }
    let column = |j: usize| -> [f64; 3] { std::array::from_fn(|i| r[3 * i + j] + f64::from(u8::from(i == j))) };
    let norm = |v: &[f64; 3]| v.iter().map(|x| x * x).sum::<f64>();
    let mut best = column(0);
    for j in 1..3 {
        if norm(&column(j)) > norm(&best) + 1e-9 {
            best = column(j);
        }
    }
    best
}

pub(crate) fn axis_name(v: &[f64; 3]) -> String {
    let size = v.iter().fold(0.0f64, |m, x| m.max(x.abs())).max(1e-300);
    let unit = v.map(|x| (x / size * 100.0).round() / 100.0 + 0.0);
    for (k, name) in ["x", "y", "z"].iter().enumerate() {
        if (0..3).all(|i| (unit[i] != 0.0) == (i == k)) {
            return if unit[k] < 0.0 {
                format!("-{name}")
            } else {
                (*name).to_string()
            };
        }
    }
    format!("({}, {}, {})", unit[0], unit[1], unit[2])
}
