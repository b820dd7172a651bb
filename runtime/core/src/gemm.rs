//! Matrix products on strided matrices.

/// A real that matrices are made of.
pub trait Real: Copy + Send + Sync + Default + std::ops::AddAssign + 'static {
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
}

/// A matrix: where it begins, and the elements from row to row and from column to column.
#[derive(Clone, Copy, Debug)]
pub struct Strided<T> {
    /// The first element.
    pub at: *mut T,
    /// From row to row.
    pub row: isize,
    /// From column to column.
    pub col: isize,
}

/// `c = a · b`, or `c += a · b`, on the calling thread; a is m × k, b is k × n.
///
/// # Safety
/// All elements of the three matrices lie in memory that this thread may read (a, b) and write (c); c overlaps neither a nor b, and no
/// two of its elements are the same.
pub unsafe fn gemm<T: Real>([m, n, k]: [usize; 3], c: Strided<T>, a: Strided<T>, b: Strided<T>, accumulate: bool) {
    if m == 0 || n == 0 {
        return;
    }
    let alpha = if accumulate { T::ONE } else { T::ZERO };
    // SAFETY: the caller's contract is the library's.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.at,
            c.col,
            c.row,
            accumulate,
            a.at,
            a.col,
            a.row,
            b.at,
            b.col,
            b.row,
            alpha,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products() {
        let a: Vec<f64> = (0..6).map(f64::from).collect();
        let b: Vec<f64> = (0..6).map(|x| f64::from(x) - 2.0).collect();
        let mut c = [1.0; 4];
        let view = |v: &[f64], row, col| Strided {
            at: v.as_ptr().cast_mut(),
            row,
            col,
        };
        let out = Strided {
            at: c.as_mut_ptr(),
            row: 2,
            col: 1,
        };
        // SAFETY: the arrays hold 2 × 3, 3 × 2 and 2 × 2 elements.
        unsafe { gemm([2, 2, 3], out, view(&a, 3, 1), view(&b, 2, 1), false) };
        assert_eq!(c, [4.0, 7.0, 4.0, 16.0]);
        let out = Strided {
            at: c.as_mut_ptr(),
            row: 2,
            col: 1,
        };
        // SAFETY: as above; b is read as its transpose.
        unsafe { gemm([2, 2, 3], out, view(&a, 3, 1), view(&b, 1, 3), true) };
        assert_eq!(c, [4.0 - 1.0, 7.0 + 8.0, 4.0 - 10.0, 16.0 + 26.0]);
        // No summands: zero.
        let out = Strided {
            at: c.as_mut_ptr(),
            row: 2,
            col: 1,
        };
        // SAFETY: as above.
        unsafe { gemm([2, 2, 0], out, view(&a, 3, 1), view(&b, 2, 1), false) };
        assert_eq!(c, [0.0; 4]);
    }
}
