//! Unknown names, with the nearest known one.

use super::{Checker, Reported};
use crate::diag::Diagnostic;
use gdl_syntax::ast::Span;

impl Checker<'_> {
    /// Reports an unknown name.
    pub(crate) fn unknown(&mut self, name: &str, span: Span, what: &str, known: &[String]) -> Reported {
        let mut d = Diagnostic::error("GDL0100", format!("unknown {what} `{name}`"), span, "not found");
        if let Some(near) = nearest(name, known) {
            d = d.help(format!("Did you mean `{near}`?"));
        } else if !known.is_empty() && known.len() <= 8 {
            d = d.help(format!("There are: {}.", known.join(", ")));
        }
        self.report(d)
    }
}

/// The known name with the smallest edit distance, if it is close.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .iter()
        .map(|k| (distance(name, k), k.as_str()))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, k)| (*d, k.len()))
        .map(|(_, k)| k)
}

/// Edit distance where swapping neighbours costs one (Damerau-Levenshtein, restricted).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typos() {
        let known = ["relu".to_string(), "regular".to_string(), "silu".to_string()];
        assert_eq!(nearest("rleu", &known), Some("relu"));
        assert_eq!(nearest("regulr", &known), Some("regular"));
        assert_eq!(nearest("attention", &known), None);
    }
}
