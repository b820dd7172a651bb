//! Pictures as pixels: PNG files.

use super::picture::{Colour, INK, Picture, Shape};
use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// Pixels of the file for one of the picture.
pub(super) const SCALE: i32 = 2;

/// How much wider lines are in small pictures.
const BOLD: f32 = 3.0;

impl Picture {
    /// The picture as the bytes of a PNG file, of twice its size.
    ///
    /// # Errors
    /// It is too large.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let failed = |e: &dyn std::fmt::Display| format!("the picture cannot be drawn: {e}");
        let map = self.raster(true).ok_or_else(|| failed(&"it is too large"))?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, map.width(), map.height());
        encoder.set_color(png::ColorType::Rgb);
        // Nothing is transparent.
        let rgb: Vec<u8> = map
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect();
        let mut writer = encoder.write_header().map_err(|e| failed(&e))?;
        writer.write_image_data(&rgb).map_err(|e| failed(&e))?;
        writer.finish().map_err(|e| failed(&e))?;
        Ok(bytes)
    }

    /// Its shapes as pixels of [`SCALE`] times its size; `None` if it is too large. Without words lines are bold: it is to be made smaller.
    pub(super) fn raster(&self, words: bool) -> Option<Pixmap> {
        let mut map = Pixmap::new(self.size.0 * SCALE as u32, self.size.1 * SCALE as u32)?;
        map.fill(Color::WHITE);
        let drawn = self.shapes.iter().filter(|s| words || !matches!(s, Shape::Text { .. }));
        drawn.for_each(|s| draw(&mut map, s, if words { 1.0 } else { BOLD }));
        Some(map)
    }
}

fn paint(c: Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(c.0, c.1, c.2, 255);
    paint
}

fn pixels(x: i32) -> f32 {
    (x * SCALE) as f32
}

fn draw(map: &mut Pixmap, shape: &Shape, bold: f32) {
    let whole = Transform::identity();
    let line = |points: &[(i32, i32)], closed: bool| {
        let mut path = PathBuilder::new();
        for (k, p) in points.iter().enumerate() {
            let (x, y) = (pixels(p.0), pixels(p.1));
            if k == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if closed {
            path.close();
        }
        path.finish()
    };
    let stroke = |width: f32| Stroke {
        width: width * SCALE as f32,
        ..Stroke::default()
    };
    match shape {
        Shape::Rect { at, size, fill } => {
            let rect = Rect::from_xywh(pixels(at.0), pixels(at.1), pixels(size.0), pixels(size.1));
            if let Some(rect) = rect {
                map.fill_rect(rect, &paint(*fill), whole, None);
            }
        }
        Shape::Frame { at, size } => {
            let (x, y, w, h) = (at.0, at.1, size.0, size.1);
            if let Some(path) = line(&[(x, y), (x + w, y), (x + w, y + h), (x, y + h)], true) {
                map.stroke_path(&path, &paint(INK), &stroke(1.0), whole, None);
            }
        }
        Shape::Circle { at, radius, fill } => {
            if let Some(path) = PathBuilder::from_circle(pixels(at.0), pixels(at.1), pixels(*radius)) {
                map.fill_path(&path, &paint(*fill), FillRule::Winding, whole, None);
            }
        }
        Shape::Line { points, colour, width } => {
            if let Some(path) = line(points, false) {
                map.stroke_path(&path, &paint(*colour), &stroke(*width as f32 * bold), whole, None);
            }
        }
        Shape::Polygon { points, fill } => {
            if let Some(path) = line(points, true) {
                map.fill_path(&path, &paint(*fill), FillRule::Winding, whole, None);
                // Neighbours leave no seam between them.
                map.stroke_path(&path, &paint(*fill), &stroke(0.4), whole, None);
            }
        }
        Shape::Text { at, text, size, colour } => words(map, *at, text, *size, *colour),
    }
}

/// Text of 8 x 8 cells around a point.
fn words(map: &mut Pixmap, at: (i32, i32), text: &str, size: i32, colour: Colour) {
    let side = (size * SCALE / 8).max(1);
    let count = text.chars().count() as i32;
    let (left, top) = (at.0 * SCALE - count * 4 * side, at.1 * SCALE - 4 * side);
    for (k, c) in text.chars().enumerate() {
        let glyph = BASIC_FONTS
            .get(c)
            .or_else(|| GREEK_FONTS.get(c))
            .or_else(|| LATIN_FONTS.get(c));
        for (row, bits) in glyph.unwrap_or_default().into_iter().enumerate() {
            for column in (0..8).filter(|b| bits >> b & 1 == 1) {
                let (x, y) = (left + (k as i32 * 8 + column) * side, top + row as i32 * side);
                let cell = Rect::from_xywh(x as f32, y as f32, side as f32, side as f32);
                if let Some(cell) = cell {
                    map.fill_rect(cell, &paint(colour), Transform::identity(), None);
                }
            }
        }
    }
}
