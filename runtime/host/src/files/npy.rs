//! NumPy's `.npy`: a header that is a Python dictionary, then the elements.

use super::array::HostArray;
use super::bytes::{self, Scalar};
use crate::error::{Error, Result};
use ndarray::{Dimension, IxDyn, Order};

const MAGIC: &[u8] = b"\x93NUMPY";

/// What the `descr` of a header says.
#[derive(Debug, PartialEq)]
enum Descr {
    Number(Scalar),
    /// `U`: UTF-32 of so many characters.
    Wide(usize),
    /// `S`: so many bytes.
    Narrow(usize),
}

/// Reads the bytes of a `.npy` file.
///
/// # Errors
/// If they are malformed, or hold fewer bytes than the header says, or objects or complex numbers.
pub fn parse(bytes: &[u8]) -> Result<HostArray> {
    let (header, body) = split(bytes)?;
    let (big_endian, descr) = descr(text_after(header, "descr")?)?;
    let order = match word_after(header, "fortran_order")? {
        "True" => Order::ColumnMajor,
        _ => Order::RowMajor,
    };
    let shape = shape(header)?;
    let size = match descr {
        Descr::Number(s) => s.size(),
        Descr::Wide(n) => n.saturating_mul(4),
        Descr::Narrow(n) => n,
    };
    let count = IxDyn(&shape).size_checked();
    let need = count.and_then(|n| n.checked_mul(size));
    let (Some(count), Some(need)) = (count, need) else {
        return Err(Error::format(format!("a shape of {shape:?} is too large")));
    };
    let body = body.get(..need).ok_or_else(|| {
        Error::format(format!(
            "shape {shape:?} needs {need} bytes, but {} follow the header",
            body.len()
        ))
        .help("the file is truncated: copy or save it again")
    })?;
    let data = match descr {
        Descr::Number(s) => s.decode(body, big_endian)?,
        // Elements of no bytes would let a tiny file claim any number of them.
        Descr::Wide(0) | Descr::Narrow(0) if count > 0 => {
            return Err(Error::format("it holds empty strings only"));
        }
        Descr::Wide(0) | Descr::Narrow(0) => HostArray::from(Vec::<String>::new()),
        Descr::Wide(_) => {
            let words = body.chunks_exact(size).map(|c| wide_text(c, big_endian));
            HostArray::from(words.collect::<Result<Vec<_>>>()?)
        }
        Descr::Narrow(_) => {
            let words = body.chunks_exact(size).map(narrow_text);
            HostArray::from(words.collect::<Result<Vec<_>>>()?)
        }
    };
    data.ordered(&shape, order)
}

/// The bytes of a `.npy` file that holds `array`.
///
/// # Errors
/// For text, which is not written.
pub fn encode(array: &HostArray) -> Result<Vec<u8>> {
    let descr = match array {
        HostArray::F64(_) => "<f8",
        HostArray::F32(_) => "<f4",
        HostArray::I64(_) => "<i8",
        HostArray::U8(_) | HostArray::Text(_) => "|u1",
    };
    let body =
        bytes::encode(array).ok_or_else(|| Error::data("text arrays cannot be written").help("number the words"))?;
    let extents: String = array.shape().iter().map(|n| format!("{n}, ")).collect();
    let mut header = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}",
        extents.trim_end()
    );
    // The elements start at a multiple of 64 bytes, and the header ends with a newline.
    let pad = 64 - (MAGIC.len() + 4 + header.len() + 1) % 64;
    header.extend(std::iter::repeat_n(' ', pad));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(|_| Error::data("an array has too many axes"))?;
    let mut out = MAGIC.to_vec();
    out.extend([1, 0]);
    out.extend(length.to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(body);
    Ok(out)
}

/// Header text and elements.
fn split(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let short = || Error::format("its .npy header is incomplete").help("the file is truncated: copy or save it again");
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| Error::format("it is not a .npy file: the first bytes differ"))?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [1..=3, ..] => return Err(short()),
        [version, ..] => {
            return Err(Error::format(format!(".npy version {version} is not known")));
        }
        [] => return Err(short()),
    };
    let header = rest.get(..length).ok_or_else(short)?;
    let header = str::from_utf8(header).map_err(|_| Error::format("its .npy header is not text"))?;
    Ok((header, &rest[length..]))
}

/// What follows `'key':` in the header.
fn after<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    ['\'', '"']
        .iter()
        .find_map(|q| header.split_once(&format!("{q}{key}{q}:")))
        .map(|(_, rest)| rest.trim_start())
        .ok_or_else(|| Error::format(format!("its .npy header has no `{key}`")))
}

fn text_after<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    let rest = after(header, key)?;
    let quoted = rest.strip_prefix('\'').or_else(|| rest.strip_prefix('"'));
    quoted.and_then(|r| r.split(['\'', '"']).next()).ok_or_else(|| {
        Error::format("it holds records of several fields").help("save each field as an array of its own")
    })
}

fn word_after<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    Ok(after(header, key)?.split([',', '}']).next().unwrap_or("").trim())
}

fn shape(header: &str) -> Result<Vec<usize>> {
    let bad = || Error::format("the shape in its .npy header is malformed");
    let inside = after(header, "shape")?
        .strip_prefix('(')
        .and_then(|r| r.split_once(')'))
        .ok_or_else(bad)?
        .0;
    let extents = inside.split(',').map(str::trim).filter(|s| !s.is_empty());
    extents
        .map(|s| s.trim_end_matches('L').parse().map_err(|_| bad()))
        .collect()
}

fn descr(text: &str) -> Result<(bool, Descr)> {
    let big_endian = text.starts_with('>') || (text.starts_with('=') && cfg!(target_endian = "big"));
    let code = text.trim_start_matches(['<', '>', '|', '=']);
    let scalar = match code {
        "b1" | "?" => Scalar::Bool,
        "u1" => Scalar::U8,
        "i1" => Scalar::I8,
        "u2" => Scalar::U16,
        "i2" => Scalar::I16,
        "u4" => Scalar::U32,
        "i4" => Scalar::I32,
        "u8" => Scalar::U64,
        "i8" => Scalar::I64,
        "f2" => Scalar::F16,
        "f4" => Scalar::F32,
        "f8" => Scalar::F64,
        _ => {
            let wide = code.strip_prefix('U').and_then(|n| n.parse().ok()).map(Descr::Wide);
            let narrow = code.strip_prefix('S').and_then(|n| n.parse().ok()).map(Descr::Narrow);
            return wide.or(narrow).map(|d| (big_endian, d)).ok_or_else(|| {
                Error::format(format!("elements of type `{text}` are not supported"))
                    .help("save it as integers, floats, booleans or strings")
            });
        }
    };
    Ok((big_endian, Descr::Number(scalar)))
}

fn wide_text(chunk: &[u8], big_endian: bool) -> Result<String> {
    let (words, _) = chunk.as_chunks::<4>();
    let codes = words.iter().map(|&w| {
        if big_endian {
            u32::from_be_bytes(w)
        } else {
            u32::from_le_bytes(w)
        }
    });
    let text: Option<String> = codes.take_while(|&c| c != 0).map(char::from_u32).collect();
    text.ok_or_else(|| Error::format("a string is not Unicode"))
}

fn narrow_text(chunk: &[u8]) -> Result<String> {
    let end = chunk.iter().position(|&b| b == 0).unwrap_or(chunk.len());
    String::from_utf8(chunk[..end].to_vec()).map_err(|_| Error::format("a string is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, body: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([1, 0]);
        out.extend((header.len() as u16).to_le_bytes());
        out.extend(header.as_bytes());
        out.extend(body);
        out
    }

    #[test]
    fn what_is_written_reads_back() {
        for data in [
            HostArray::from(vec![1.5, -2.0]),
            HostArray::from(vec![0.1, f32::INFINITY]),
            HostArray::from(vec![i64::MIN, 7]),
            HostArray::from(vec![0u8, 255]),
        ] {
            for shape in [&[2][..], &[1, 2], &[2, 1, 1]] {
                let a = data.clone().reshaped(shape).unwrap();
                assert_eq!(parse(&encode(&a).unwrap()).unwrap(), a);
                assert_eq!(encode(&a).unwrap().iter().position(|&b| b == b'\n').unwrap() % 64, 63);
            }
        }
        let number = HostArray::new(&[], vec![3.0]).unwrap();
        assert_eq!(parse(&encode(&number).unwrap()).unwrap(), number);
    }

    #[test]
    fn fortran_big_endian_and_text() {
        let f = file(
            "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }",
            &[0, 1, 0, 2, 0, 3, 0, 4],
        );
        let a = parse(&f).unwrap();
        assert_eq!(a, HostArray::new(&[2, 2], vec![1i64, 3, 2, 4]).unwrap());
        // What was in Fortran order is written in the order of its indices.
        assert_eq!(parse(&encode(&a).unwrap()).unwrap(), a);
        let f = file(
            "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }",
            b"H\0\0Cl\0",
        );
        assert_eq!(parse(&f).unwrap(), HostArray::from(vec!["H".to_string(), "Cl".into()]));
        let f = file(
            "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }",
            &[0x48, 0, 0, 0],
        );
        assert_eq!(parse(&f).unwrap(), HostArray::from(vec!["H".to_string()]));
    }

    #[test]
    fn hostile_headers_are_errors() {
        let says = |header: &str, text: &str| {
            let e = parse(&file(header, &[0; 8])).unwrap_err().to_string();
            assert!(e.contains(text), "{e}");
        };
        says(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }",
            "8 follow the header",
        );
        says(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
            "too large",
        );
        says(
            "{'descr': '|S0', 'fortran_order': False, 'shape': (4294967296,), }",
            "empty strings",
        );
        says(
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
            "`|O` are not supported",
        );
        says(
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
            "several fields",
        );
        says(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
            "malformed",
        );
        says("{'descr': '<f8', 'shape': (1,), }", "fortran_order");
    }
}
