//! Scalars as bytes, in both byte orders.

use super::array::HostArray;
use crate::error::{Error, Result};

/// A scalar type of a file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

impl Scalar {
    /// Bytes per element.
    pub(crate) fn size(self) -> usize {
        match self {
            Scalar::Bool | Scalar::U8 | Scalar::I8 => 1,
            Scalar::U16 | Scalar::I16 | Scalar::F16 | Scalar::BF16 => 2,
            Scalar::U32 | Scalar::I32 | Scalar::F32 => 4,
            Scalar::U64 | Scalar::I64 | Scalar::F64 => 8,
        }
    }

    /// The elements in `bytes`, on one axis; a rest shorter than an element is ignored.
    ///
    /// # Errors
    /// If an unsigned integer exceeds the range of `i64`.
    pub(crate) fn decode(self, bytes: &[u8], big_endian: bool) -> Result<HostArray> {
        Ok(match self {
            Scalar::Bool => HostArray::from(bytes.iter().map(|&b| u8::from(b != 0)).collect::<Vec<_>>()),
            Scalar::U8 => HostArray::from(bytes.to_vec()),
            Scalar::I8 => HostArray::from(bytes.iter().map(|&b| i64::from(b as i8)).collect::<Vec<_>>()),
            Scalar::U16 => HostArray::from(words(bytes, big_endian, |b| i64::from(u16::from_le_bytes(b)))),
            Scalar::I16 => HostArray::from(words(bytes, big_endian, |b| i64::from(i16::from_le_bytes(b)))),
            Scalar::U32 => HostArray::from(words(bytes, big_endian, |b| i64::from(u32::from_le_bytes(b)))),
            Scalar::I32 => HostArray::from(words(bytes, big_endian, |b| i64::from(i32::from_le_bytes(b)))),
            Scalar::I64 => HostArray::from(words(bytes, big_endian, i64::from_le_bytes)),
            Scalar::U64 => {
                let wide = words(bytes, big_endian, u64::from_le_bytes);
                let narrow: std::result::Result<Vec<i64>, _> = wide.into_iter().map(i64::try_from).collect();
                HostArray::from(narrow.map_err(|_| Error::format("an integer is larger than 2^63"))?)
            }
            Scalar::F16 => HostArray::from(words(bytes, big_endian, |b| half(u16::from_le_bytes(b)))),
            Scalar::BF16 => HostArray::from(words(bytes, big_endian, |b| {
                f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)
            })),
            Scalar::F32 => HostArray::from(words(bytes, big_endian, f32::from_le_bytes)),
            Scalar::F64 => HostArray::from(words(bytes, big_endian, f64::from_le_bytes)),
        })
    }
}

/// The elements of an array in order, in little-endian bytes; `None` for text.
pub(crate) fn encode(array: &HostArray) -> Option<Vec<u8>> {
    Some(match array {
        HostArray::F64(a) => a.iter().flat_map(|x| x.to_le_bytes()).collect(),
        HostArray::F32(a) => a.iter().flat_map(|x| x.to_le_bytes()).collect(),
        HostArray::I64(a) => a.iter().flat_map(|x| x.to_le_bytes()).collect(),
        HostArray::U8(a) => a.iter().copied().collect(),
        HostArray::Text(_) => return None,
    })
}

/// Chunks of `N` bytes, turned to little-endian order and read by `f`.
fn words<const N: usize, T>(bytes: &[u8], big_endian: bool, f: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks
        .iter()
        .map(|&(mut chunk)| {
            if big_endian {
                chunk.reverse();
            }
            f(chunk)
        })
        .collect()
}

/// IEEE half precision to single, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2f32.powi(-24),
        31 if bits & 0x3ff == 0 => sign * f32::INFINITY,
        31 => f32::NAN,
        e => sign * (1024.0 + fraction) * 2f32.powi(i32::from(e) - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x0001, 2f32.powi(-24)),
            (0x7bff, 65504.0),
        ] {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(0xfc00), f32::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn both_byte_orders() {
        assert_eq!(
            Scalar::I16.decode(&[1, 0, 255, 255], false).unwrap(),
            HostArray::from(vec![1i64, -1])
        );
        assert_eq!(
            Scalar::I16.decode(&[0, 1, 255, 254], true).unwrap(),
            HostArray::from(vec![1i64, -2])
        );
        assert!(Scalar::U64.decode(&[255; 8], false).is_err());
        assert_eq!(
            Scalar::BF16.decode(&[0x80, 0x3f], false).unwrap(),
            HostArray::from(vec![1f32])
        );
    }
}
