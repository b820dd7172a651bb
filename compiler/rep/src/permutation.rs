//! Permutations and signed permutations: numbering and signs.

use crate::element::{Elem, Element};

/// The 48 signed permutation matrices.
pub(crate) fn signed_elements() -> impl Iterator<Item = Element> {
    (0..6u64).flat_map(|at| {
        let image = unrank(at, 3);
        (0..8u8).map(move |signs| Elem::Signed {
            axis: std::array::from_fn(|j| image[j] as u8),
            sign: std::array::from_fn(|j| if signs >> j & 1 == 1 { -1 } else { 1 }),
        })
    })
}

/// The determinant of a signed permutation matrix.
pub(crate) fn determinant(g: &Element) -> i8 {
    match g {
        Elem::Signed { axis, sign } => permutation_sign(axis.map(u32::from).as_slice()) * sign.iter().product::<i8>(),
        _ => 1,
    }
}

/// +1 for even permutations, −1 for odd ones.
pub(crate) fn permutation_sign(image: &[u32]) -> i8 {
    let inversions = (0..image.len())
        .map(|i| image[..i].iter().filter(|&&a| a > image[i]).count())
        .sum::<usize>();
    if inversions % 2 == 0 { 1 } else { -1 }
}

/// Permutation number `index` of n points in lexicographic order of the images.
pub(crate) fn unrank(mut index: u64, n: u32) -> Vec<u32> {
    let mut digits = vec![0; n as usize];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = (index % (place as u64 + 1)) as usize;
        index /= place as u64 + 1;
    }
    let mut left: Vec<u32> = (0..n).collect();
    digits.into_iter().map(|digit| left.remove(digit)).collect()
}

pub(crate) fn rank(image: &[u32]) -> Option<u64> {
    let n = image.len();
    let mut index = 0u64;
    for (i, &a) in image.iter().enumerate() {
        let digit = image[i + 1..].iter().filter(|&&b| b < a).count() as u64;
        index = index.checked_mul((n - i) as u64)?.checked_add(digit)?;
    }
    Some(index)
}
