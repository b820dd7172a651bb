//! `.xyz` and extended `.extxyz`: clouds of atoms, many frames a file.

use super::array::HostArray;
use super::table::Table;
use super::text::{Lines, clip};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Columns wider than this are not believed.
const WIDEST: usize = 1024;

/// A column group of the atom lines: `forces:R:3`.
#[derive(Clone, Debug, PartialEq)]
struct Property {
    name: String,
    kind: char,
    width: usize,
}

/// Values gathered over all frames.
#[derive(Debug, PartialEq)]
enum Values {
    Real(Vec<f64>),
    Integer(Vec<i64>),
    Truth(Vec<u8>),
    Word(Vec<String>),
}

/// Reads the bytes of an (extended) xyz file; `path` is for errors.
///
/// The arrays, for F frames and N atoms in all: `ptr` \[F + 1\] (offsets of the frames); the columns, by default `species` \[N\]
/// (words) and `pos` \[N, 3\], as `Properties` says otherwise (`forces` \[N, 3\] …); what the comment lines of all frames have in
/// common, such as `energy` \[F\]; `cell` \[F, 3, 3\] from `Lattice`, one lattice vector a row; `pbc` \[F, 3\] (0 or 1). Units are the
/// file's.
///
/// # Errors
/// If a frame is incomplete, a number malformed, or the frames differ in their columns or in having a lattice.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table> {
    let mut lines = Lines::new(bytes)?;
    let mut layout: Option<Vec<Property>> = None;
    let mut columns: Vec<Values> = Vec::new();
    let mut notes: Vec<BTreeMap<String, Values>> = Vec::new();
    let mut ptr = vec![0i64];
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let atoms: usize = lines.number(Some(line.trim()), "the number of atoms")?;
        let comment = lines.next().ok_or_else(|| lines.ended("the comment line of a frame"))?;
        let mut pairs = pairs(comment);
        let properties = match pairs.remove("Properties") {
            Some(text) => properties(&text).map_err(|e| lines.error(e))?,
            None => vec![property("species", 'S', 1), property("pos", 'R', 3)],
        };
        match &layout {
            None => {
                columns = properties.iter().map(|p| Values::of_kind(p.kind)).collect();
                layout = Some(properties.clone());
            }
            Some(first) if *first != properties => {
                let e = lines.error(format!(
                    "the columns of frame {} differ from those of frame 0",
                    notes.len()
                ));
                return Err(e.help("write all frames with the same Properties"));
            }
            Some(_) => {}
        }
        for _ in 0..atoms {
            let line = lines
                .next()
                .ok_or_else(|| lines.ended(&format!("{atoms} atoms of frame {}", notes.len())))?;
            let mut words = line.split_whitespace();
            for (p, column) in properties.iter().zip(&mut columns) {
                for _ in 0..p.width {
                    column.push(&lines, words.next(), &p.name)?;
                }
            }
        }
        ptr.push(ptr[ptr.len() - 1] + atoms as i64);
        notes.push(pairs.into_iter().map(|(k, v)| (k, Values::guess(&v))).collect());
    }
    let layout = layout.ok_or_else(|| lines.ended("a frame"))?;
    let mut table = Table::new(path);
    table.insert("ptr", HostArray::from(ptr))?;
    for (p, column) in layout.iter().zip(columns) {
        table.insert(p.name.clone(), column.array(p.width)?)?;
    }
    add_notes(&mut table, notes)?;
    Ok(table)
}

/// Adds what all frames say; `Lattice` must be said by all or by none.
fn add_notes(table: &mut Table, notes: Vec<BTreeMap<String, Values>>) -> Result<()> {
    let frames = notes.len();
    let mut joined: BTreeMap<String, (usize, Values)> = BTreeMap::new();
    for note in notes {
        for (key, value) in note {
            match joined.get_mut(&key) {
                Some((seen, all)) => *seen += usize::from(all.append(value)),
                None => {
                    joined.insert(key, (1, value));
                }
            }
        }
    }
    for (key, (seen, values)) in joined {
        let width = values.len() / frames.max(1);
        if key == "Lattice" {
            if seen != frames || values.len() != 9 * frames {
                let e =
                    Error::format(format!("{seen} of {frames} frames have a lattice of nine numbers")).in_array("cell");
                return Err(e.help("give all frames a Lattice, or none"));
            }
            table.insert("cell", values.array(9)?.reshaped(&[frames, 3, 3])?)?;
        } else if seen == frames && width * frames == values.len() && width > 0 && !table.arrays.contains_key(&key) {
            table.insert(key, values.array(width)?)?;
        }
    }
    Ok(())
}

impl Values {
    fn of_kind(kind: char) -> Values {
        match kind {
            'R' => Values::Real(Vec::new()),
            'I' => Values::Integer(Vec::new()),
            'L' => Values::Truth(Vec::new()),
            _ => Values::Word(Vec::new()),
        }
    }

    fn push(&mut self, lines: &Lines<'_>, word: Option<&str>, what: &str) -> Result<()> {
        match self {
            Values::Real(v) => v.push(lines.number(word, what)?),
            Values::Integer(v) => v.push(lines.number(word, what)?),
            Values::Truth(v) => {
                let truth = word
                    .and_then(truth)
                    .ok_or_else(|| lines.error(format!("{what} should be T or F")))?;
                v.push(truth);
            }
            Values::Word(v) => v.push(word.ok_or_else(|| lines.error(format!("{what} is missing")))?.into()),
        }
        Ok(())
    }

    /// Numbers, truth values, or else one text.
    fn guess(text: &str) -> Values {
        let words = || {
            text.split(|c: char| c.is_whitespace() || "[],".contains(c))
                .filter(|w| !w.is_empty())
        };
        if words().next().is_some() {
            if let Some(v) = words().map(|w| w.parse().ok()).collect() {
                return Values::Real(v);
            }
            if let Some(v) = words().map(truth).collect() {
                return Values::Truth(v);
            }
        }
        Values::Word(vec![text.into()])
    }

    /// Appends values of the same type; false if they are of another.
    fn append(&mut self, other: Values) -> bool {
        match (self, other) {
            (Values::Real(a), Values::Real(b)) => a.extend(b),
            (Values::Integer(a), Values::Integer(b)) => a.extend(b),
            (Values::Truth(a), Values::Truth(b)) => a.extend(b),
            (Values::Word(a), Values::Word(b)) => a.extend(b),
            _ => return false,
        }
        true
    }

    fn len(&self) -> usize {
        match self {
            Values::Real(v) => v.len(),
            Values::Integer(v) => v.len(),
            Values::Truth(v) => v.len(),
            Values::Word(v) => v.len(),
        }
    }

    /// Rows of so many values, or one axis where that is one.
    fn array(self, width: usize) -> Result<HostArray> {
        let flat = match self {
            Values::Real(v) => HostArray::from(v),
            Values::Integer(v) => HostArray::from(v),
            Values::Truth(v) => HostArray::from(v),
            Values::Word(v) => HostArray::from(v),
        };
        match width {
            1 => Ok(flat),
            _ => {
                let rows = flat.len() / width;
                flat.reshaped(&[rows, width])
            }
        }
    }
}

fn truth(word: &str) -> Option<u8> {
    match word {
        "T" | "True" | "true" | "1" => Some(1),
        "F" | "False" | "false" | "0" => Some(0),
        _ => None,
    }
}

fn property(name: &str, kind: char, width: usize) -> Property {
    Property {
        name: name.into(),
        kind,
        width,
    }
}

/// `species:S:1:pos:R:3`.
fn properties(text: &str) -> std::result::Result<Vec<Property>, String> {
    let words: Vec<&str> = text.split(':').collect();
    let (triples, rest) = words.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(format!(
            "Properties should be name:type:columns triples, but are `{}`",
            clip(text)
        ));
    }
    let mut out: Vec<Property> = Vec::new();
    for [name, kind, width] in triples {
        let kind = kind.chars().next().filter(|k| "RILS".contains(*k));
        let width = width.parse().ok().filter(|w| (1..=WIDEST).contains(w));
        let (Some(kind), Some(width)) = (kind, width) else {
            return Err(format!(
                "property `{}` needs a type R, I, L or S and 1 to {WIDEST} columns",
                clip(name)
            ));
        };
        if out.iter().any(|p| p.name == *name) {
            return Err(format!("property `{}` is there twice", clip(name)));
        }
        out.push(property(name, kind, width));
    }
    Ok(out)
}

/// The `key=value` pairs of a comment line; values may be quoted or in braces. Other text is skipped.
fn pairs(comment: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut rest = comment;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.split_whitespace().next_back().unwrap_or("");
        let after = after.trim_start();
        let close = match after.chars().next() {
            Some(q @ ('"' | '\'')) => Some(q),
            Some('{') => Some('}'),
            _ => None,
        };
        let (value, tail) = match close {
            Some(c) => after[1..].split_once(c).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if !key.is_empty() {
            out.insert(key.into(), value.into());
        }
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table> {
        parse(Path::new("a.xyz"), text.as_bytes())
    }

    #[test]
    fn two_frames_with_forces_and_cell() {
        let frame = |e: f64| {
            format!(
                "2\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3:forces:R:3 energy={e} pbc=\"T T F\" title=\"a b\"\n\
                 H 0 0 0 1 2 3\nO 0 0 1 4 5 6\n"
            )
        };
        let t = read(&(frame(-1.0) + &frame(-2.0))).unwrap();
        assert_eq!(t.get("ptr").unwrap(), &HostArray::from(vec![0i64, 2, 4]));
        assert_eq!(t.get("energy").unwrap(), &HostArray::from(vec![-1.0, -2.0]));
        assert_eq!(t.get("cell").unwrap().shape(), [2, 3, 3]);
        assert_eq!(
            t.get("pbc").unwrap(),
            &HostArray::new(&[2, 3], vec![1u8, 1, 0, 1, 1, 0]).unwrap()
        );
        assert_eq!(t.get("forces").unwrap().shape(), [4, 3]);
        assert_eq!(
            t.get("species").unwrap(),
            &HostArray::from(["H", "O", "H", "O"].map(String::from).to_vec())
        );
        assert_eq!(t.get("title").unwrap().shape(), [2]);
    }

    #[test]
    fn plain_xyz() {
        let t = read("1\n\nHe 1 2 3\n").unwrap();
        assert_eq!(
            t.get("pos").unwrap(),
            &HostArray::new(&[1, 3], vec![1.0, 2.0, 3.0]).unwrap()
        );
        assert!(t.get("cell").is_err());
    }

    #[test]
    fn errors_name_the_line() {
        let says = |text: &str, part: &str| {
            let e = read(text).unwrap_err().to_string();
            assert!(e.contains(part), "{e}");
        };
        says("99999999999\n\nH 0 0 0\n", "99999999999 atoms of frame 0 should follow");
        says("1\n\nH 0 0\n", "line 3: pos is missing");
        says("1\n\nH 0 0 z\n", "line 3: pos should be a number, but is `z`");
        says("x\n\n", "line 1: the number of atoms");
        says("1\nProperties=pos:R:99999999\n1\n", "1 to 1024 columns");
        says(
            "1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 0\n1\n\nH 0 0 0\n",
            "1 of 2 frames",
        );
        says("", "a frame should follow");
    }
}
