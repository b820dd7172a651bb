//! Permutations of 0..n as image lists, i ↦ p\[i\].

use crate::error::Error;

/// Points of a permutation group are below this.
pub const MAX_DEGREE: usize = 1 << 14;

/// The identity on n points.
pub fn identity(n: usize) -> Vec<u32> {
    (0..n as u32).collect()
}

/// `a` after `b`, for permutations of equally many points.
pub fn compose(a: &[u32], b: &[u32]) -> Vec<u32> {
    b.iter().map(|&i| a[i as usize]).collect()
}

/// The inverse.
pub fn inverse(p: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; p.len()];
    for (i, &j) in p.iter().enumerate() {
        inverse[j as usize] = i as u32;
    }
    inverse
}

/// Does it move no point?
pub fn is_identity(p: &[u32]) -> bool {
    p.iter().enumerate().all(|(i, &j)| i as u32 == j)
}

/// The cycles of length two and more, each from its smallest point, in the order of these.
pub fn cycles(p: &[u32]) -> Vec<Vec<u32>> {
    let mut seen = vec![false; p.len()];
    let mut cycles = vec![];
    for start in 0..p.len() {
        let mut cycle = vec![];
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            cycle.push(at as u32);
            at = p[at] as usize;
        }
        if cycle.len() > 1 {
            cycles.push(cycle);
        }
    }
    cycles
}

/// The lengths of all cycles, fixed points included, descending: a partition of the number of points.
pub fn cycle_type(p: &[u32]) -> Vec<u32> {
    let mut lengths: Vec<u32> = cycles(p).iter().map(|c| c.len() as u32).collect();
    let moved: u32 = lengths.iter().sum();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.extend(std::iter::repeat_n(1, p.len() - moved as usize));
    lengths
}

/// Cycle notation with points counted from one, `(1 2)(3 4 5)`; `()` for the identity.
pub fn notation(p: &[u32]) -> String {
    let cycles = cycles(p);
    if cycles.is_empty() {
        return "()".into();
    }
    let cycle = |c: &Vec<u32>| {
        let points: Vec<String> = c.iter().map(|i| (i + 1).to_string()).collect();
        format!("({})", points.join(" "))
    };
    cycles.iter().map(cycle).collect()
}

/// The permutation with these cycles of points counted from one; they must be disjoint.
pub fn from_cycles(cycles: &[Vec<u32>]) -> Result<Vec<u32>, Error> {
    let degree = cycles.iter().flatten().copied().max().unwrap_or(0);
    if degree as usize > MAX_DEGREE {
        return Err(Error::TooLarge(format!(
            "point {degree} is too large: permutations act on at most {MAX_DEGREE} points"
        )));
    }
    let mut p = identity(degree as usize);
    let mut seen = vec![false; degree as usize];
    for cycle in cycles {
        for (k, &point) in cycle.iter().enumerate() {
            let Some(at) = (point as usize).checked_sub(1) else {
                return Err(Error::Invalid("points of cycles are counted from 1, not from 0".into()));
            };
            if std::mem::replace(&mut seen[at], true) {
                return Err(Error::Invalid(format!("point {point} stands twice in the cycles")));
            }
            p[at] = cycle[(k + 1) % cycle.len()].saturating_sub(1);
        }
    }
    Ok(p)
}

/// The permutation with this list of images, counted from zero: each of 0..n once.
pub fn from_images(images: &[i64]) -> Result<Vec<u32>, Error> {
    let n = images.len();
    if n > MAX_DEGREE {
        return Err(Error::TooLarge(format!(
            "permutations act on at most {MAX_DEGREE} points, not {n}"
        )));
    }
    let mut seen = vec![false; n];
    for &i in images {
        let Some(slot) = usize::try_from(i).ok().and_then(|i| seen.get_mut(i)) else {
            return Err(Error::Invalid(format!(
                "{i} is not one of the points 0 to {} of a list of {n} images",
                n as i64 - 1
            )));
        };
        if std::mem::replace(slot, true) {
            return Err(Error::Invalid(format!("{i} is the image of two points")));
        }
    }
    Ok(images.iter().map(|&i| i as u32).collect())
}

/// The same permutation on more points, the new ones fixed.
pub fn extended(p: &[u32], degree: usize) -> Vec<u32> {
    let mut longer = p.to_vec();
    longer.extend(p.len() as u32..degree as u32);
    longer
}

/// The orbits of generators on 0..n, each ascending, ordered by their smallest points.
pub fn orbits(generators: &[Vec<u32>], n: usize) -> Vec<Vec<u32>> {
    let mut seen = vec![false; n];
    let mut orbits = vec![];
    for start in 0..n {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut orbit = vec![start as u32];
        let mut next = 0;
        while let Some(&point) = orbit.get(next) {
            next += 1;
            for g in generators {
                let image = g[point as usize];
                if !std::mem::replace(&mut seen[image as usize], true) {
                    orbit.push(image);
                }
            }
        }
        orbit.sort_unstable();
        orbits.push(orbit);
    }
    orbits
}
