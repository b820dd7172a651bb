//! Results for the frames of an xyz file, as extended xyz: numbers on atoms become columns, numbers of a frame go into its comment line.

use super::array::HostArray;
use super::table::Table;
use crate::error::{Error, Result};
use std::fmt::Write;

/// A result that goes with every atom.
struct Column<'a> {
    name: &'a str,
    width: usize,
    words: Vec<String>,
}

/// The text of an extended xyz file: the frames of `input` (as [`super::xyz::parse`] reads them) with the results for all of them.
///
/// # Errors
/// If the input has no frames of atoms, or a result has a row neither for every atom nor for every frame.
pub fn encode(input: &Table, results: &[(String, HostArray)]) -> Result<String> {
    let no_frames = |e: Error| e.help("results are written as .xyz for inputs that are .xyz files themselves");
    let HostArray::Text(species) = input.get("species").map_err(no_frames)? else {
        return Err(no_frames(Error::data("it does not hold words").in_array("species")));
    };
    let pos = Column {
        name: "pos",
        width: 3,
        words: words(input.get("pos").map_err(no_frames)?)?,
    };
    let ptr: Vec<usize> = input
        .integers("ptr")
        .map_err(no_frames)?
        .iter()
        .map(|&p| usize::try_from(p).unwrap_or(0))
        .collect();
    let (atoms, frames) = (species.len(), ptr.len().saturating_sub(1));
    if pos.words.len() != 3 * atoms || ptr.last() != Some(&atoms) || ptr.windows(2).any(|w| w[0] > w[1]) {
        return Err(no_frames(
            Error::data("its frames do not fit its atoms").in_array("pos"),
        ));
    }
    let (mut columns, mut notes) = (vec![pos], Vec::new());
    for (name, array) in results.iter().filter(|(name, _)| !name.ends_with(".ptr")) {
        let rows = array.shape().first().copied().unwrap_or(0);
        let one = Column {
            name,
            width: array.len() / rows.max(1),
            words: words(array)?,
        };
        // Where every frame has one atom, single numbers belong to frames.
        match rows {
            n if n == frames && (frames != atoms || array.ndim() == 1) => notes.push(one),
            n if n == atoms => columns.push(one),
            n => {
                let e = Error::data(format!(
                    "it has {n} rows, but there are {frames} frames and {atoms} atoms"
                ));
                return Err(e.in_array(name).help("write .npz or .json"));
            }
        }
    }
    let properties: String = columns.iter().map(|c| format!(":{}:R:{}", c.name, c.width)).collect();
    let lattice = input.arrays.get("cell").map(words).transpose()?;
    let periods = input.integers("pbc").ok();
    let mut out = String::new();
    let row = |c: &Column<'_>, k: usize| c.words[k * c.width..][..c.width].join(" ");
    for (k, w) in ptr.windows(2).enumerate() {
        let _ = writeln!(out, "{}", w[1] - w[0]);
        if let Some(cell) = lattice.as_ref().and_then(|l| l.get(9 * k..9 * k + 9)) {
            let _ = write!(out, "Lattice=\"{}\" ", cell.join(" "));
        }
        let _ = write!(out, "Properties=species:S:1{properties}");
        if let Some(flags) = periods.as_ref().filter(|p| p.len() == 3 * frames) {
            let flags: Vec<&str> = flags
                .iter()
                .skip(3 * k)
                .take(3)
                .map(|&f| if f != 0 { "T" } else { "F" })
                .collect();
            let _ = write!(out, " pbc=\"{}\"", flags.join(" "));
        }
        for note in &notes {
            let _ = match note.width {
                1 => write!(out, " {}={}", note.name, row(note, k)),
                _ => write!(out, " {}=\"{}\"", note.name, row(note, k)),
            };
        }
        out.push('\n');
        for (atom, name) in species.iter().enumerate().take(w[1]).skip(w[0]) {
            out.push_str(name);
            for c in &columns {
                let _ = write!(out, " {}", row(c, atom));
            }
            out.push('\n');
        }
    }
    Ok(out)
}

/// The elements in order, with as many digits as tell them apart.
fn words(array: &HostArray) -> Result<Vec<String>> {
    Ok(match array {
        HostArray::F32(a) => a.iter().map(f32::to_string).collect(),
        HostArray::F64(a) => a.iter().map(f64::to_string).collect(),
        HostArray::I64(a) => a.iter().map(i64::to_string).collect(),
        HostArray::U8(a) => a.iter().map(u8::to_string).collect(),
        HostArray::Text(_) => return Err(Error::data("it holds words")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::xyz::parse;
    use std::path::Path;

    const TWO: &str = "2\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3 pbc=\"T T F\"\nH 0 0 0\nO 0 0.5 1\n\
        1\nLattice=\"5 0 0 0 5 0 0 0 5\" Properties=species:S:1:pos:R:3 pbc=\"T T F\"\nC 1 2 3\n";

    #[test]
    fn results_come_back_with_the_frames() {
        let input = parse(Path::new("a.xyz"), TWO.as_bytes()).unwrap();
        let results = [
            ("energy".to_string(), HostArray::new(&[2], vec![-1.5f64, 0.1]).unwrap()),
            (
                "forces".into(),
                HostArray::new(&[3, 3], (0..9).map(f64::from).collect::<Vec<_>>()).unwrap(),
            ),
            ("m.ptr".into(), HostArray::from(vec![0i64, 2, 3])),
        ];
        let text = encode(&input, &results).unwrap();
        let again = parse(Path::new("b.xyz"), text.as_bytes()).unwrap();
        for name in ["species", "pos", "ptr", "cell", "pbc"] {
            assert_eq!(again.get(name).unwrap(), input.get(name).unwrap(), "{name}");
        }
        assert_eq!(again.get("forces").unwrap(), &results[1].1);
        assert_eq!(again.get("energy").unwrap(), &results[0].1);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let input = parse(Path::new("a.xyz"), TWO.as_bytes()).unwrap();
        let four = [("edges".to_string(), HostArray::from(vec![0f64; 4]))];
        assert!(encode(&input, &four).unwrap_err().to_string().contains("`edges`"));
        assert!(encode(&Table::new("a.npz"), &[]).is_err());
    }
}
