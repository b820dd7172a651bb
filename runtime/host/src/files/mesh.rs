//! Triangle meshes in text: `.off` and `.obj`. (`.ply` has a file of its own.)

use super::array::HostArray;
use super::table::Table;
use super::text::Lines;
use crate::error::{Error, Result};
use std::path::Path;

/// Corners of a mesh under construction.
#[derive(Default)]
pub(crate) struct Mesh {
    /// Three coordinates a vertex.
    pub(crate) verts: Vec<f64>,
    /// Three vertices a triangle.
    faces: Vec<i64>,
}

impl Mesh {
    /// Adds a polygon, cut into the triangles of its first corner.
    ///
    /// # Errors
    /// If it has fewer than three corners.
    pub(crate) fn polygon(&mut self, corners: &[i64]) -> Result<()> {
        let [first, rest @ ..] = corners else {
            return Err(Error::format("a face has no corners"));
        };
        if rest.len() < 2 {
            return Err(Error::format(format!(
                "a face has {} corners, but needs three",
                corners.len()
            )));
        }
        self.faces.extend(rest.windows(2).flat_map(|w| [*first, w[0], w[1]]));
        Ok(())
    }

    /// The table with `verts` \[V, 3\] and `faces` \[F, 3\].
    ///
    /// # Errors
    /// If a face has a vertex that does not exist, or one twice.
    pub(crate) fn table(self, path: &Path) -> Result<Table> {
        let count = (self.verts.len() / 3) as i64;
        let (triangles, _) = self.faces.as_chunks::<3>();
        for (k, &[a, b, c]) in triangles.iter().enumerate() {
            if let Some(v) = [a, b, c].into_iter().find(|v| !(0..count).contains(v)) {
                let e = Error::format(format!("triangle {k} has vertex {v}, but there are {count} vertices"));
                return Err(e.in_array("faces"));
            }
            if a == b || b == c || c == a {
                let e = Error::format(format!("triangle {k} has corners {a}, {b}, {c}: two are the same"));
                return Err(e.in_array("faces").help("remove degenerate triangles"));
            }
        }
        let mut table = Table::new(path);
        let verts = HostArray::new(&[self.verts.len() / 3, 3], self.verts)?;
        let faces = HostArray::new(&[self.faces.len() / 3, 3], self.faces)?;
        table.insert("verts", verts)?;
        table.insert("faces", faces)?;
        Ok(table)
    }
}

/// Reads the bytes of an OFF file: `verts` \[V, 3\] and `faces` \[F, 3\], polygons cut into triangles; colours are skipped.
///
/// # Errors
/// If the file is truncated or malformed; names the line.
pub fn parse_off(path: &Path, bytes: &[u8]) -> Result<Table> {
    let mut lines = Lines::new(bytes)?;
    let head = lines.expect_code("`OFF`")?;
    let rest = head
        .strip_prefix("OFF")
        .ok_or_else(|| lines.error("an OFF file starts with `OFF`"))?
        .trim();
    let counts = if rest.is_empty() {
        lines.expect_code("the numbers of vertices and faces")?
    } else {
        rest
    };
    let mut words = counts.split_whitespace();
    let verts: usize = lines.number(words.next(), "the number of vertices")?;
    let faces: usize = lines.number(words.next(), "the number of faces")?;
    let mut mesh = Mesh::default();
    for _ in 0..verts {
        let line = lines.expect_code(&format!("{verts} vertices"))?;
        mesh.verts
            .extend(lines.numbers::<3>(&mut line.split_whitespace(), "a coordinate")?);
    }
    for _ in 0..faces {
        let line = lines.expect_code(&format!("{faces} faces"))?;
        let mut words = line.split_whitespace();
        let corners: usize = lines.number(words.next(), "the number of corners")?;
        let corners: Vec<i64> = words
            .by_ref()
            .take(corners)
            .map(|w| lines.number(Some(w), "a corner"))
            .collect::<Result<_>>()
            .and_then(|v: Vec<i64>| {
                if v.len() == corners {
                    Ok(v)
                } else {
                    Err(lines.error(format!("a face of {corners} corners lists {}", v.len())))
                }
            })?;
        mesh.polygon(&corners).map_err(|e| lines.error(e))?;
    }
    mesh.table(path)
}

/// Reads the bytes of a Wavefront OBJ file: `verts` \[V, 3\] and `faces` \[F, 3\], polygons cut into triangles; normals, textures,
/// groups and materials are skipped.
///
/// # Errors
/// If a vertex or face is malformed; names the line.
pub fn parse_obj(path: &Path, bytes: &[u8]) -> Result<Table> {
    let mut lines = Lines::new(bytes)?;
    let mut mesh = Mesh::default();
    while let Some(line) = lines.next_code() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => mesh.verts.extend(lines.numbers::<3>(&mut words, "a coordinate")?),
            Some("f") => {
                let count = (mesh.verts.len() / 3) as i64;
                let mut corners = Vec::new();
                for word in words {
                    let k: i64 = lines.number(word.split('/').next(), "a corner")?;
                    // Positive from 1; negative from the end of what is known so far.
                    corners.push(if k > 0 { k - 1 } else { count.saturating_add(k) });
                }
                mesh.polygon(&corners).map_err(|e| lines.error(e))?;
            }
            _ => {}
        }
    }
    if mesh.verts.is_empty() {
        return Err(lines.ended("a vertex"));
    }
    mesh.table(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_and_obj_agree() {
        let off = "OFF\n# a square\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3 255 0 0\n";
        let obj = "v 0 0 0\nv 1 0 0\nvn 0 0 1\nv 1 1 0\nv 0 1 0\nf 1/1/1 2//1 3 -1\n";
        let a = parse_off(Path::new("m"), off.as_bytes()).unwrap();
        let b = parse_obj(Path::new("m"), obj.as_bytes()).unwrap();
        assert_eq!(a, b);
        assert_eq!(
            a.integers("faces").unwrap().into_raw_vec_and_offset().0,
            [0, 1, 2, 0, 2, 3]
        );
    }

    #[test]
    fn errors_name_the_line() {
        let off = |text: &str| parse_off(Path::new("m"), text.as_bytes()).unwrap_err().to_string();
        assert!(off("OFF\n1 0 0\n0 0\n").contains("line 3: a coordinate is missing"));
        assert!(off("OFF 3 1 0\n0 0 0\n0 0 0\n0 0 0\n3 0 1 3\n").contains("triangle 0 has vertex 3"));
        assert!(off("OFF 3 1 0\n0 0 0\n0 0 0\n0 0 0\n3 0 1\n").contains("a face of 3 corners lists 2"));
        assert!(off("OFF 99999999999 1 0\n0 0 0\n").contains("99999999999 vertices should follow"));
        assert!(off("PLY\n").contains("line 1"));
        assert!(parse_obj(Path::new("m"), b"f -9223372036854775808 1 2\nv 0 0 0\n").is_err());
    }
}
