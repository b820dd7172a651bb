//! Pictures in a terminal: half blocks, two pixels a character, or shades where there are no colours; words are words.

use super::picture::{Colour, Picture, Shape};
use super::raster::SCALE;
use std::fmt::Write;

/// The characters of a line.
const COLUMNS: usize = 78;

/// Images of at most this width are shown pixel by pixel.
const MAX_IMAGE: usize = 120;

impl Picture {
    /// The picture in half blocks, for terminals with colours; `None` if it is too large.
    pub fn blocks(&self) -> Option<String> {
        let (pixels, words) = self.small()?;
        Some(lines(&pixels, &words))
    }

    /// The picture in shades, dark ones full; `None` if it is too large.
    pub fn shades(&self) -> Option<String> {
        const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
        let (pixels, words) = self.small()?;
        let dark = |c: &Colour| {
            let light = 0.3 * f64::from(c.0) + 0.59 * f64::from(c.1) + 0.11 * f64::from(c.2);
            // Faint lines are lines.
            SHADES[((255.0 - light) / 255.0 * 4.0 - 0.1).ceil().clamp(0.0, 4.0) as usize]
        };
        let mut out = String::new();
        for (line, pair) in pixels.chunks(2).enumerate() {
            let letters = letters(line, pair[0].len(), &words);
            let cells = letters
                .iter()
                .zip(&pair[0])
                .map(|(l, c)| l.map_or_else(|| dark(c), |l| l.0));
            out += cells.collect::<String>().trim_end();
            out.push('\n');
        }
        Some(out.trim_end().to_string())
    }

    /// Its pixels, as few as a terminal has, and its words.
    fn small(&self) -> Option<(Vec<Vec<Colour>>, Vec<Word<'_>>)> {
        let is_image = self.pixels.first().is_some_and(|row| row.len() <= MAX_IMAGE);
        if is_image {
            return Some((self.pixels.clone(), vec![]));
        }
        let map = self.raster(false)?;
        let (width, height) = (map.width() as usize, map.height() as usize);
        let step = width as f64 / COLUMNS as f64;
        let rows = (height as f64 / step).ceil() as usize;
        // The mean of the pixels that a smaller one covers.
        let ends = |k: usize, most: usize| {
            let end = |k: usize| ((k as f64 * step) as usize).min(most);
            (end(k), end(k + 1).max(end(k) + 1).min(most))
        };
        let mean = |row: usize, column: usize| -> Colour {
            let ((x0, x1), (y0, y1)) = (ends(column, width), ends(row, height));
            let mut sum = [0u64; 4];
            for y in y0..y1 {
                for p in map.data()[4 * (y * width + x0)..4 * (y * width + x1)]
                    .as_chunks::<4>()
                    .0
                {
                    (0..3).for_each(|k| sum[k] += u64::from(p[k]));
                    sum[3] += 1;
                }
            }
            let one = |k: usize| sum[k].checked_div(sum[3]).map_or(255, |x| x as u8);
            (one(0), one(1), one(2))
        };
        let small: Vec<Vec<Colour>> = (0..rows).map(|r| (0..COLUMNS).map(|c| mean(r, c)).collect()).collect();
        let words: Vec<Word> = self
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Text { at, text, colour, .. } => {
                    let place = |x: i32| (f64::from(x * SCALE) / step) as usize;
                    Some(Word {
                        row: place(at.1) / 2,
                        column: place(at.0).saturating_sub(text.chars().count() / 2),
                        text,
                        colour: *colour,
                    })
                }
                _ => None,
            })
            .collect();
        Some((small, words))
    }
}

/// A word of a picture in its place.
struct Word<'a> {
    row: usize,
    column: usize,
    text: &'a str,
    colour: Colour,
}

/// The letters of words in a line.
fn letters(line: usize, width: usize, words: &[Word<'_>]) -> Vec<Option<(char, Colour)>> {
    let mut letters = vec![None; width];
    for word in words.iter().filter(|w| w.row == line) {
        for (cell, c) in letters.iter_mut().skip(word.column).zip(word.text.chars()) {
            *cell = Some((c, word.colour));
        }
    }
    letters
}

/// Rows of colours, two a line, with words over them.
fn lines(pixels: &[Vec<Colour>], words: &[Word<'_>]) -> String {
    let mut out = String::new();
    for (line, pair) in pixels.chunks(2).enumerate() {
        let letters = letters(line, pair[0].len(), words);
        for (k, letter) in letters.iter().enumerate() {
            let (top, below) = (pair[0][k], pair.get(1).map(|row| row[k]));
            let (c, fore, back) = match letter {
                Some((c, colour)) => (*c, *colour, Some(top)),
                None => ('▀', top, below),
            };
            let _ = write!(out, "\x1b[38;2;{};{};{}m", fore.0, fore.1, fore.2);
            if let Some(back) = back {
                let _ = write!(out, "\x1b[48;2;{};{};{}m", back.0, back.1, back.2);
            }
            out.push(c);
        }
        out += "\x1b[0m\n";
    }
    out.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::picture::{Picture, Shape};

    /// Half of a square is red, and a word stands in its middle.
    #[test]
    fn shapes_and_words() {
        let picture = Picture {
            size: (156, 80),
            shapes: vec![
                Shape::Rect {
                    at: (0, 0),
                    size: (78, 80),
                    fill: (200, 0, 0),
                },
                Shape::Text {
                    at: (78, 40),
                    text: "abc".into(),
                    size: 11,
                    colour: (1, 2, 3),
                },
            ],
            pixels: vec![],
            title: String::new(),
        };
        let text = picture.blocks().expect("a picture");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 20);
        let red = |line: &str| line.matches("\x1b[38;2;200;0;0m").count();
        assert_eq!(red(lines[0]), 39);
        assert_eq!(lines[0].matches('▀').count(), 78);
        let plain: String = lines[10]
            .split('\x1b')
            .filter_map(|p| p.split_once('m').map(|(_, c)| c))
            .collect();
        assert_eq!(plain.chars().filter(|c| c.is_alphabetic()).collect::<String>(), "abc");
        assert!(plain.contains("abc"), "{plain}");
        // In shades the left half is dark, the right one empty.
        let shades = picture.shades().expect("a picture");
        let first = shades.lines().next().expect("a line");
        assert!(
            first.chars().count() == 39 && first.chars().all(|c| c == '▓' || c == '█'),
            "{first}"
        );
        assert!(shades.lines().nth(10).is_some_and(|l| l.contains("abc")));
    }
}
