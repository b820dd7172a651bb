//! Pictures: shapes on a plane, and how they are drawn as SVG; see [`super::raster`] for pixels, [`super::blocks`] for terminals.

use plotters::backend::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::DrawingBackend;

/// Red, green, blue.
pub type Colour = (u8, u8, u8);

/// The colour of lines and words.
pub const INK: Colour = (38, 50, 56);

/// A shape, in pixels from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Shape {
    Rect {
        at: (i32, i32),
        size: (i32, i32),
        fill: Colour,
    },
    Frame {
        at: (i32, i32),
        size: (i32, i32),
    },
    Circle {
        at: (i32, i32),
        radius: i32,
        fill: Colour,
    },
    Line {
        points: Vec<(i32, i32)>,
        colour: Colour,
        width: u32,
    },
    Polygon {
        points: Vec<(i32, i32)>,
        fill: Colour,
    },
    /// Centred at a point.
    Text {
        at: (i32, i32),
        text: String,
        size: i32,
        colour: Colour,
    },
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// In the order in which they are drawn.
    pub shapes: Vec<Shape>,
    /// The picture as rows of colours, if it is an image.
    pub pixels: Vec<Vec<Colour>>,
    /// In a few words.
    pub title: String,
}

impl Picture {
    /// The picture as the text of an SVG file.
    ///
    /// # Errors
    /// What the drawing library says.
    pub fn svg(&self) -> Result<String, String> {
        let mut text = String::new();
        let mut backend = SVGBackend::with_string(&mut text, self.size);
        let white = RGBColor(255, 255, 255);
        let (w, h) = (self.size.0 as i32, self.size.1 as i32);
        let failed = |e: &dyn std::fmt::Display| format!("the picture cannot be drawn: {e}");
        backend
            .draw_rect((0, 0), (w, h), &white, true)
            .map_err(|e| failed(&e))?;
        for shape in &self.shapes {
            draw(&mut backend, shape).map_err(|e| failed(&e))?;
        }
        backend.present().map_err(|e| failed(&e))?;
        drop(backend);
        Ok(text)
    }
}

fn draw<B: DrawingBackend>(
    backend: &mut B,
    shape: &Shape,
) -> Result<(), plotters_backend::DrawingErrorKind<B::ErrorType>> {
    let rgb = |c: &Colour| RGBColor(c.0, c.1, c.2);
    match shape {
        Shape::Rect { at, size, fill } => {
            backend.draw_rect(*at, (at.0 + size.0, at.1 + size.1), &rgb(fill).filled(), true)
        }
        Shape::Frame { at, size } => {
            let style: ShapeStyle = rgb(&INK).stroke_width(1);
            backend.draw_rect(*at, (at.0 + size.0, at.1 + size.1), &style, false)
        }
        Shape::Circle { at, radius, fill } => backend.draw_circle(*at, *radius as u32, &rgb(fill).filled(), true),
        Shape::Line { points, colour, width } => {
            backend.draw_path(points.iter().copied(), &rgb(colour).stroke_width(*width))
        }
        Shape::Polygon { points, fill } => backend.fill_polygon(points.iter().copied(), &rgb(fill).filled()),
        Shape::Text { at, text, size, colour } => {
            let colour = rgb(colour);
            let style = TextStyle::from(("sans-serif", *size).into_font())
                .color(&colour)
                .pos(Pos::new(HPos::Center, VPos::Center));
            backend.draw_text(text, &style, *at)
        }
    }
}

/// White to dark blue for 0 to 1.
pub fn sequential(x: f64) -> Colour {
    mix((247, 251, 255), (8, 48, 107), x)
}

/// Blue, white, red for −1, 0, 1.
pub fn diverging(x: f64) -> Colour {
    if x < 0.0 {
        mix((247, 247, 247), (33, 102, 172), -x)
    } else {
        mix((247, 247, 247), (178, 24, 43), x)
    }
}

fn mix(a: Colour, b: Colour, t: f64) -> Colour {
    let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
    let one = |x: u8, y: u8| (f64::from(x) + (f64::from(y) - f64::from(x)) * t).round() as u8;
    (one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

/// Distinct colours for generators and orbits.
pub fn palette(k: usize) -> Colour {
    const COLOURS: [Colour; 6] = [
        (31, 119, 180),
        (214, 96, 77),
        (77, 146, 33),
        (128, 90, 168),
        (230, 145, 30),
        (90, 90, 90),
    ];
    COLOURS[k % COLOURS.len()]
}
