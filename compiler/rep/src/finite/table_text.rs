//! Character tables as text: classes side by side, in several blocks where a line is too narrow for all of them.

use super::table::CharacterTable;
use std::fmt;

/// The width of a line.
const WIDTH: usize = 100;

/// Aligned, with the names of the classes, their sizes, and the Frobenius-Schur indicators.
impl fmt::Display for CharacterTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let k = self.len();
        // There are few different values, and each takes a while to write.
        let (values, number) = self.numbered();
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        let mut heads = vec!["class".to_string(), "size".to_string()];
        heads.extend((1..=k).map(|row| format!("χ{row}")));
        let class = |c: usize| -> Vec<&str> {
            let rows = (0..k).map(|row| texts[number(row, c)].as_str());
            std::iter::once(self.classes()[c].name.as_str())
                .chain([""])
                .chain(rows)
                .collect()
        };
        let sizes: Vec<String> = self.classes().iter().map(|c| c.size.to_string()).collect();
        let mut columns: Vec<Vec<&str>> = (0..k).map(class).collect();
        columns.iter_mut().zip(&sizes).for_each(|(c, size)| c[1] = size);
        let indicator = |row: usize| match self.indicator(row) {
            1 => "+",
            0 => "0",
            _ => "-",
        };
        columns.push(["ν", ""].into_iter().chain((0..k).map(indicator)).collect());
        let wide = |list: &[&str]| list.iter().map(|s| s.chars().count()).max().unwrap_or(0);
        let first = heads.iter().map(|s| s.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = columns.iter().map(|c| wide(c)).collect();
        let mut start = 0;
        while start < columns.len() {
            let mut total = first;
            let fits = |w: &&usize| {
                total += 2 + **w;
                total <= WIDTH
            };
            let end = start + widths[start..].iter().take_while(fits).count().max(1);
            if start > 0 {
                writeln!(f)?;
            }
            for (line, head) in heads.iter().enumerate() {
                let mut text = format!("{head:<first$}");
                for (column, w) in columns[start..end].iter().zip(&widths[start..end]) {
                    text += &format!("  {:>w$}", column[line]);
                }
                writeln!(f, "{}", text.trim_end())?;
            }
            start = end;
        }
        Ok(())
    }
}
