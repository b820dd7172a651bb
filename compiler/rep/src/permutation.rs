//! Permutations and signed permutations: numbering and signs.

use crate::element::{Elem, Element};

/// Groups of signed permutation matrices: the cubic point groups.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Signed {
    T,
    Td,
    Th,
    O,
    Oh,
}

impl Signed {
    pub fn order(self) -> u32 {
        match self {
            Signed::T => 12,
            Signed::Td | Signed::Th | Signed::O => 24,
            Signed::Oh => 48,
        }
    }

    /// By axes in lexicographic order, then signs as binary numbers, the first axis lowest.
    fn elements(self) -> impl Iterator<Item = Element> {
        signed_elements().filter(move |g| self.contains(g))
    }

    pub fn element(self, index: usize) -> Option<Element> {
        self.elements().nth(index)
    }

    pub fn index(self, element: &Element) -> Option<usize> {
        self.elements().position(|g| g == *element)
    }

    fn contains(self, g: &Element) -> bool {
        let Elem::Signed { axis, sign } = g else { return false };
        let (even, positive) = (
            permutation_sign(&axis.map(u32::from)) == 1,
            sign.iter().product::<i8>() == 1,
        );
        match self {
            Signed::T => even && positive,
            Signed::Td => positive,
            Signed::Th => even,
            Signed::O => even == positive,
            Signed::Oh => true,
        }
    }
}

/// The 48 signed permutation matrices.
fn signed_elements() -> impl Iterator<Item = Element> {
    (0..6u64).flat_map(|at| {
        let image = unrank(at, 3);
        (0..8u8).map(move |signs| Elem::Signed {
            axis: std::array::from_fn(|j| image[j] as u8),
            sign: std::array::from_fn(|j| if signs >> j & 1 == 1 { -1 } else { 1 }),
        })
    })
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
