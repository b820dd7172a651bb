//! Vectors of three numbers.

use super::Point;

pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Point, b: Point) -> Point {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn scale(a: Point, s: f64) -> Point {
    a.map(|x| x * s)
}

pub fn norm(a: Point) -> f64 {
    dot(a, a).sqrt()
}

/// The direction of a vector that has one.
pub fn unit(a: Point) -> Option<Point> {
    let n = norm(a);
    (n > 0.0 && n.is_finite()).then(|| scale(a, 1.0 / n))
}

/// A unit vector at a right angle to a unit vector.
pub fn orthogonal(a: Point) -> Option<Point> {
    let smallest = (0..3).min_by(|&j, &k| a[j].abs().total_cmp(&a[k].abs()))?;
    let mut axis = [0.0; 3];
    axis[smallest] = 1.0;
    unit(cross(a, axis))
}
