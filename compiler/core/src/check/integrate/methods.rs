//! Explicit Runge-Kutta methods.

use gdl_rep::Exact;

/// A rational number: numerator and denominator.
type Ratio = (i64, i64);

/// An explicit method by its tableau.
pub(super) struct Method {
    /// Its name in a program.
    pub name: &'static str,
    /// The coefficients of earlier slopes in every stage.
    pub stages: &'static [&'static [Ratio]],
    /// The coefficients of the slopes in a step.
    pub weights: &'static [Ratio],
    /// The coefficients of the slopes in the difference of two orders, for a method that chooses its steps.
    pub error: Option<&'static [Ratio]>,
}

/// Euler; the midpoint rule (Runge 1895); the method of order 4 (Kutta 1901); the pair of orders 5 and 4 by Dormand and Prince
/// (J. Comput. Appl. Math. 6, 1980, RK5(4)7M).
pub(super) const METHODS: [Method; 4] = [
    Method {
        name: "euler",
        stages: &[&[]],
        weights: &[(1, 1)],
        error: None,
    },
    Method {
        name: "midpoint",
        stages: &[&[], &[(1, 2)]],
        weights: &[(0, 1), (1, 1)],
        error: None,
    },
    Method {
        name: "rk4",
        stages: &[&[], &[(1, 2)], &[(0, 1), (1, 2)], &[(0, 1), (0, 1), (1, 1)]],
        weights: &[(1, 6), (1, 3), (1, 3), (1, 6)],
        error: None,
    },
    Method {
        name: "dopri5",
        stages: &[
            &[],
            &[(1, 5)],
            &[(3, 40), (9, 40)],
            &[(44, 45), (-56, 15), (32, 9)],
            &[(19372, 6561), (-25360, 2187), (64448, 6561), (-212, 729)],
            &[(9017, 3168), (-355, 33), (46732, 5247), (49, 176), (-5103, 18656)],
            &[(35, 384), (0, 1), (500, 1113), (125, 192), (-2187, 6784), (11, 84)],
        ],
        weights: &[
            (35, 384),
            (0, 1),
            (500, 1113),
            (125, 192),
            (-2187, 6784),
            (11, 84),
            (0, 1),
        ],
        error: Some(&[
            (71, 57600),
            (0, 1),
            (-71, 16695),
            (71, 1920),
            (-17253, 339_200),
            (22, 525),
            (-1, 40),
        ]),
    },
];

/// A coefficient.
pub(super) fn exact((a, b): Ratio) -> Exact {
    Exact::ratio(a, b)
}

/// How far into a step a stage lies: the sum of its coefficients.
pub(super) fn ahead(row: &[Ratio]) -> Exact {
    row.iter().fold(Exact::int(0), |sum, c| sum + exact(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hairer, Nørsett, Wanner: Solving ordinary differential equations I, II.2.
    #[test]
    fn the_conditions_of_order_hold() {
        for (m, order) in METHODS.iter().zip([1, 2, 4, 5]) {
            let c: Vec<f64> = m.stages.iter().map(|row| ahead(row).f).collect();
            let b: Vec<f64> = m.weights.iter().map(|w| exact(*w).f).collect();
            let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-14, "{}: {x} is not {y}", m.name);
            // The quadrature conditions: Σ b c^k = 1/(k + 1).
            for k in 0..order {
                close(
                    b.iter().zip(&c).map(|(b, c)| b * c.powi(k)).sum(),
                    1.0 / f64::from(k + 1),
                );
            }
            if let Some(error) = m.error {
                // Both orders agree on polynomials of degree 3.
                for k in 0..4 {
                    close(error.iter().zip(&c).map(|(e, c)| exact(*e).f * c.powi(k)).sum(), 0.0);
                }
            }
        }
    }
}
