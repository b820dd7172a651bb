//! `.ply` meshes, in text or in binary of either byte order.

use super::array::HostArray;
use super::bytes::Scalar;
use super::mesh::Mesh;
use super::table::Table;
use super::text::clip;
use crate::error::{Error, Result};
use std::path::Path;

/// Lists longer than this are not believed.
const LONGEST_LIST: usize = 1 << 16;

struct Element {
    name: String,
    count: usize,
    properties: Vec<Property>,
}

struct Property {
    name: String,
    scalar: Scalar,
    /// The type of the length, for lists.
    length: Option<Scalar>,
}

/// Reads the bytes of a PLY file: `verts` \[V, 3\] and `faces` \[F, 3\], polygons cut into triangles; every other number of the
/// vertices (`nx`, `red`, `quality` …) as an array \[V\]. Other elements are skipped.
///
/// # Errors
/// If the header is malformed, the file truncated, or `x`, `y`, `z` or the faces' corners are missing.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table> {
    let (format, elements, body) = header(bytes)?;
    let mut body: Box<dyn Body> = match format.as_str() {
        "ascii" => Box::new(Words(
            body.split(|b: &u8| b.is_ascii_whitespace())
                .filter(|w: &&[u8]| !w.is_empty()),
        )),
        "binary_little_endian" => Box::new(Binary {
            rest: body,
            big_endian: false,
        }),
        "binary_big_endian" => Box::new(Binary {
            rest: body,
            big_endian: true,
        }),
        other => {
            return Err(Error::format(format!("PLY format `{}` is not known", clip(other))));
        }
    };
    let mut mesh = Mesh::default();
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for element in &elements {
        let cut = || {
            Error::format(format!(
                "the file ends within its {} rows of `{}`",
                element.count, element.name
            ))
            .help("it is truncated: copy or save it again")
        };
        if element.properties.is_empty() {
            continue;
        }
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); element.properties.len()];
        for _ in 0..element.count {
            for (p, column) in element.properties.iter().zip(&mut values) {
                match p.length {
                    None => column.push(body.number(p.scalar).ok_or_else(cut)?),
                    Some(length) => {
                        let n = body.number(length).ok_or_else(cut)?;
                        if !(0.0..=LONGEST_LIST as f64).contains(&n) {
                            return Err(Error::format(format!("a list of {n} entries in `{}`", p.name)));
                        }
                        let list: Option<Vec<f64>> = (0..n as usize).map(|_| body.number(p.scalar)).collect();
                        let list = list.ok_or_else(cut)?;
                        if element.name == "face" && ["vertex_indices", "vertex_index"].contains(&p.name.as_str()) {
                            let corners: Vec<i64> = list.iter().map(|&x| x as i64).collect();
                            mesh.polygon(&corners)?;
                        }
                    }
                }
            }
        }
        if element.name == "vertex" {
            let names = element
                .properties
                .iter()
                .zip(values)
                .filter(|(p, _)| p.length.is_none());
            columns.extend(names.map(|(p, v)| (p.name.clone(), v)));
        }
    }
    let axis = |name: &str| {
        let column = columns.iter().find(|(n, _)| n == name);
        column
            .map(|(_, v)| v)
            .ok_or_else(|| Error::format(format!("its vertices have no `{name}`")))
    };
    let (x, y, z) = (axis("x")?, axis("y")?, axis("z")?);
    mesh.verts = x.iter().zip(y).zip(z).flat_map(|((&x, &y), &z)| [x, y, z]).collect();
    let mut table = mesh.table(path)?;
    for (name, values) in columns {
        if !["x", "y", "z"].contains(&name.as_str()) {
            table.insert(name, HostArray::from(values))?;
        }
    }
    Ok(table)
}

/// The format, the elements and the bytes after the header.
fn header(bytes: &[u8]) -> Result<(String, Vec<Element>, &[u8])> {
    let mut rest = bytes;
    let mut line = || -> Result<&str> {
        let end = rest
            .iter()
            .position(|&b| b == b'\n')
            .ok_or_else(|| Error::format("its PLY header does not end with `end_header`"))?;
        let (this, next) = rest.split_at(end);
        rest = &next[1..];
        str::from_utf8(this)
            .map(str::trim)
            .map_err(|_| Error::format("its PLY header is not text"))
    };
    if line()? != "ply" {
        return Err(Error::format("a PLY file starts with `ply`"));
    }
    let mut format = String::new();
    let mut elements: Vec<Element> = Vec::new();
    loop {
        let text = line()?;
        let bad = || Error::format(format!("its PLY header has a malformed line `{}`", clip(text)));
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["end_header"] => break,
            ["format", f, ..] => format = (*f).into(),
            ["comment" | "obj_info", ..] | [] => {}
            ["element", name, count] => {
                let count = count.parse().map_err(|_| bad())?;
                elements.push(Element {
                    name: (*name).into(),
                    count,
                    properties: Vec::new(),
                });
            }
            ["property", kind @ .., name] => {
                let (length, scalar) = match kind {
                    ["list", length, item] => (Some(scalar(length).ok_or_else(bad)?), scalar(item).ok_or_else(bad)?),
                    [item] => (None, scalar(item).ok_or_else(bad)?),
                    _ => return Err(bad()),
                };
                let element = elements.last_mut().ok_or_else(bad)?;
                element.properties.push(Property {
                    name: (*name).into(),
                    scalar,
                    length,
                });
            }
            _ => return Err(bad()),
        }
    }
    Ok((format, elements, rest))
}

fn scalar(name: &str) -> Option<Scalar> {
    Some(match name {
        "char" | "int8" => Scalar::I8,
        "uchar" | "uint8" => Scalar::U8,
        "short" | "int16" => Scalar::I16,
        "ushort" | "uint16" => Scalar::U16,
        "int" | "int32" => Scalar::I32,
        "uint" | "uint32" => Scalar::U32,
        "float" | "float32" => Scalar::F32,
        "double" | "float64" => Scalar::F64,
        _ => return None,
    })
}

/// The numbers after the header, one by one.
trait Body {
    /// The next number, or `None` at the end or where there is something else.
    fn number(&mut self, scalar: Scalar) -> Option<f64>;
}

struct Words<I>(I);

impl<'a, I: Iterator<Item = &'a [u8]>> Body for Words<I> {
    fn number(&mut self, _: Scalar) -> Option<f64> {
        str::from_utf8(self.0.next()?).ok()?.parse().ok()
    }
}

struct Binary<'a> {
    rest: &'a [u8],
    big_endian: bool,
}

impl Body for Binary<'_> {
    fn number(&mut self, scalar: Scalar) -> Option<f64> {
        let (item, rest) = self.rest.split_at_checked(scalar.size())?;
        self.rest = rest;
        scalar.decode(item, self.big_endian).ok()?.reals()?.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "element vertex 3\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\n\
        element face 1\nproperty list uchar int vertex_indices\nend_header\n";

    #[test]
    fn text_and_binary_agree() {
        let text = format!("ply\nformat ascii 1.0\ncomment c\n{HEAD}0 0 0 7\n1 0 0 8\n0 1 0 9\n3 0 1 2\n");
        let text = parse(Path::new("m"), text.as_bytes()).unwrap();
        assert_eq!(text.get("verts").unwrap().shape(), [3, 3]);
        assert_eq!(text.get("red").unwrap(), &HostArray::from(vec![7.0, 8.0, 9.0]));
        for big in [false, true] {
            let mut bytes = format!(
                "ply\nformat binary_{}_endian 1.0\n{HEAD}",
                if big { "big" } else { "little" }
            )
            .into_bytes();
            let put = |out: &mut Vec<u8>, b: [u8; 4]| out.extend(if big { [b[3], b[2], b[1], b[0]] } else { b });
            for (v, red) in [([0f32, 0., 0.], 7), ([1., 0., 0.], 8), ([0., 1., 0.], 9)] {
                v.iter().for_each(|x| put(&mut bytes, x.to_le_bytes()));
                bytes.push(red);
            }
            bytes.push(3);
            [0i32, 1, 2].iter().for_each(|k| put(&mut bytes, k.to_le_bytes()));
            assert_eq!(parse(Path::new("m"), &bytes).unwrap(), text);
            bytes.pop();
            assert!(
                parse(Path::new("m"), &bytes)
                    .unwrap_err()
                    .to_string()
                    .contains("1 rows of `face`")
            );
        }
    }

    #[test]
    fn hostile_headers_are_errors() {
        let huge =
            "ply\nformat binary_little_endian 1.0\nelement vertex 99999999999999\nproperty float x\nend_header\n";
        assert!(parse(Path::new("m"), huge.as_bytes()).is_err());
        let empty = "ply\nformat ascii 1.0\nelement vertex 99999999999999\nend_header\n";
        assert!(parse(Path::new("m"), empty.as_bytes()).is_err());
    }
}
