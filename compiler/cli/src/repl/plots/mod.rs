//! Pictures of values.

mod lattice;
mod surface;

pub use lattice::lattice;

use super::elements;
use super::methods::{self, Call};
use super::picture::{INK, Picture, Shape, diverging, palette, sequential};
use super::tensor::Tensor;
use super::value::{Maps, Value};
use crate::session::D;
use crate::session::domain::Domain;
use gdl_rep::{Element, Group};
use gdl_runtime::domain::{Edges, Point};
use std::f64::consts::TAU;

/// The width of a picture, about.
const WIDTH: i32 = 480;

/// Space around it.
const MARGIN: i32 = 24;

/// Cayley graphs have at most this many elements.
const MAX_NODES: u64 = 128;

/// The picture of the first argument.
///
/// # Errors
/// If there is none.
pub fn picture(c: &Call<'_, '_>) -> D<Picture> {
    match c.this() {
        Value::Tensor(t) => match t.domain().map(|d| (**d).clone()) {
            Some(Domain::Grid { extents, .. }) if extents.len() == 2 => Ok(image(t, extents[0], extents[1])),
            Some(Domain::Cloud { points, .. }) => Ok(dots(&flat(&points))),
            Some(mesh @ Domain::Mesh { .. }) => of_mesh(c, &mesh, Some(t)),
            _ if t.over.is_empty() => Ok(bars(&t.data)),
            _ => Err(c.refuse("this has no picture", t.words())),
        },
        Value::Domain(d) => match &**d {
            Domain::Cloud { points, .. } => Ok(dots(&flat(points))),
            Domain::Graph { nodes, edges } if *nodes as u64 <= MAX_NODES => Ok(graph(*nodes, edges)),
            Domain::Mesh { .. } => of_mesh(c, d, None),
            _ => Err(c.refuse("this has no picture", d.words())),
        },
        Value::Basis(b) => kernels(c, b),
        Value::Group(g) => cayley(c, g),
        Value::List(items) => {
            let points: Option<Vec<Vec<f64>>> = items.iter().map(methods::numbers).collect();
            match points {
                Some(p) if p.iter().all(|x| x.len() == 2 || x.len() == 3) && !p.is_empty() => {
                    let flat: Vec<(f64, f64)> = p.iter().map(|x| (x[0], x[1])).collect();
                    Ok(dots(&flat))
                }
                Some(p) if p.iter().all(|x| x.len() == 1) && !p.is_empty() => Ok(bars(&p.concat())),
                _ => Err(c.refuse("this list has no picture", "points of the plane or numbers have one")),
            }
        }
        other => Err(c.refuse("this has no picture", other.kind().words())),
    }
}

fn of_mesh(c: &Call<'_, '_>, mesh: &Domain, t: Option<&Tensor>) -> D<Picture> {
    surface::surface(mesh, t).ok_or_else(|| {
        c.refuse(
            format!("meshes of at most {} triangles are drawn", surface::MAX_FACES),
            mesh.words(),
        )
    })
}

/// The first two coordinates of points.
fn flat(points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().map(|p| (p[0], p[1])).collect()
}

/// A graph with its nodes on a circle.
fn graph(nodes: usize, edges: &Edges) -> Picture {
    let centre = f64::from(MARGIN + WIDTH / 2);
    let radius = f64::from(WIDTH) * 0.45;
    let place = |k: u32| {
        let angle = TAU * f64::from(k) / nodes.max(1) as f64;
        let at = |x: f64| x.round() as i32;
        (at(centre + radius * angle.sin()), at(centre - radius * angle.cos()))
    };
    let line = |(a, b): (&u32, &u32)| Shape::Line {
        points: vec![place(*a), place(*b)],
        colour: (150, 160, 170),
        width: 1,
    };
    let mut shapes: Vec<Shape> = edges.src.iter().zip(&edges.dst).map(line).collect();
    for k in 0..nodes as u32 {
        shapes.push(Shape::Circle {
            at: place(k),
            radius: if nodes <= 40 { 10 } else { 4 },
            fill: (236, 240, 244),
        });
        if nodes <= 40 {
            shapes.push(Shape::Text {
                at: place(k),
                text: k.to_string(),
                size: 11,
                colour: INK,
            });
        }
    }
    let side = (WIDTH + 2 * MARGIN) as u32;
    Picture {
        size: (side, side),
        shapes,
        pixels: vec![],
        title: format!("graph of {nodes} nodes"),
    }
}

/// The characters of a group as a heat map.
///
/// # Errors
/// If the table is not known.
pub fn characters(c: &Call<'_, '_>) -> D<Picture> {
    let group = c.group();
    let table = group.character_table().map_err(|e| c.math(e))?;
    let n = table.len() as i32;
    if n > 24 {
        return Err(c.refuse("this table is too large to draw", "at most 24 classes are drawn"));
    }
    let side = (WIDTH / (n + 1)).clamp(28, 64);
    let size = side * (n + 1) + 2 * MARGIN;
    let mut shapes = Vec::new();
    let word = |shapes: &mut Vec<Shape>, column: i32, row: i32, text: String, colour| {
        shapes.push(Shape::Text {
            at: (MARGIN + column * side + side / 2, MARGIN + row * side + side / 2),
            text,
            size: 13,
            colour,
        });
    };
    let largest = (0..table.len()).map(|r| table.degree(r)).max().unwrap_or(1) as f64;
    for (k, class) in table.classes().iter().enumerate() {
        word(&mut shapes, k as i32 + 1, 0, class.name.clone(), INK);
    }
    for row in 0..table.len() {
        word(&mut shapes, 0, row as i32 + 1, format!("χ{}", row + 1), INK);
        for class in 0..table.len() {
            let (re, im) = table.float(row, class);
            let size = re.hypot(im);
            let signed = if re < 0.0 { -size } else { size } / largest;
            shapes.push(Shape::Rect {
                at: (MARGIN + (class as i32 + 1) * side, MARGIN + (row as i32 + 1) * side),
                size: (side - 1, side - 1),
                fill: diverging(signed),
            });
            let colour = if signed.abs() > 0.55 { (255, 255, 255) } else { INK };
            let text = table.value(row, class).to_string();
            if text.chars().count() < 8 {
                word(&mut shapes, class as i32 + 1, row as i32 + 1, text, colour);
            }
        }
    }
    Ok(Picture {
        size: (size as u32, size as u32),
        shapes,
        pixels: vec![],
        title: format!("characters of {group}"),
    })
}

/// An image: one number in shades, three as colours, others by their length.
fn image(t: &Tensor, h: u32, w: u32) -> Picture {
    let (h, w) = (h as usize, w as usize);
    let low = t.data.iter().copied().fold(f64::INFINITY, f64::min);
    let high = t.data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let signed = low < 0.0;
    let span = if signed {
        high.abs().max(low.abs())
    } else {
        high - low.min(0.0)
    }
    .max(1e-300);
    let colour = |k: usize| {
        let row = t.row(k);
        let byte = |x: f64| (x.clamp(0.0, 1.0) * 255.0).round() as u8;
        match row {
            [x] if signed => diverging(x / span),
            [x] => sequential((x - low.min(0.0)) / span),
            [r, g, b] if !signed && high <= 1.0 => (byte(*r), byte(*g), byte(*b)),
            row => sequential(row.iter().map(|x| x * x).sum::<f64>().sqrt() / (span * (row.len() as f64).sqrt())),
        }
    };
    let pixels: Vec<Vec<_>> = (0..h).map(|r| (0..w).map(|c| colour(r * w + c)).collect()).collect();
    let side = (WIDTH / w.max(h) as i32).max(2);
    let mut shapes = Vec::new();
    for (r, row) in pixels.iter().enumerate() {
        for (c, fill) in row.iter().enumerate() {
            shapes.push(Shape::Rect {
                at: (MARGIN + c as i32 * side, MARGIN + r as i32 * side),
                size: (side, side),
                fill: *fill,
            });
        }
    }
    shapes.push(Shape::Frame {
        at: (MARGIN, MARGIN),
        size: (w as i32 * side, h as i32 * side),
    });
    // A field of vectors of the plane has arrows.
    if t.width() == 2 && t.group().is_some() {
        let longest = (0..t.rows())
            .map(|k| t.row(k)[0].hypot(t.row(k)[1]))
            .fold(1e-300, f64::max);
        for k in 0..t.rows() {
            let (r, c) = ((k / w) as i32, (k % w) as i32);
            let at = (MARGIN + c * side + side / 2, MARGIN + r * side + side / 2);
            let scale = f64::from(side) * 0.45 / longest;
            shapes.extend(arrow(at, (t.row(k)[1] * scale, t.row(k)[0] * scale), INK));
        }
    }
    Picture {
        size: (
            (w as i32 * side + 2 * MARGIN) as u32,
            (h as i32 * side + 2 * MARGIN) as u32,
        ),
        shapes,
        pixels,
        title: format!("{h} x {w} image"),
    }
}

/// An arrow through a point, (right, down).
fn arrow(at: (i32, i32), (dx, dy): (f64, f64), colour: (u8, u8, u8)) -> Vec<Shape> {
    let length = dx.hypot(dy);
    if length < 1.0 {
        return vec![Shape::Circle {
            at,
            radius: 1,
            fill: colour,
        }];
    }
    let p = |t: f64, s: f64| {
        (
            (f64::from(at.0) + t * dx - s * dy).round() as i32,
            (f64::from(at.1) + t * dy + s * dx).round() as i32,
        )
    };
    vec![
        Shape::Line {
            points: vec![p(-1.0, 0.0), p(0.6, 0.0)],
            colour,
            width: 1,
        },
        Shape::Polygon {
            points: vec![p(1.0, 0.0), p(0.4, 0.3), p(0.4, -0.3)],
            fill: colour,
        },
    ]
}

/// The kernels of a basis, each as a block of tiles: a tile a pair of components, a square a cell of the window.
fn kernels(c: &Call<'_, '_>, b: &Maps) -> D<Picture> {
    let d = b.window.first().map_or(0, Vec::len);
    if d > 2 {
        return Err(c.refuse(
            "only kernels on lines and planes are drawn",
            format!("these have {d} dimensions"),
        ));
    }
    let (rows, columns) = (b.to.dim(), b.from.dim());
    let count = b.basis.len().min(24);
    if count == 0 {
        return Err(c.refuse("there is nothing to draw", "only zero is equivariant"));
    }
    let cells = b.window.len().max(1);
    let width = (1..=cells).find(|n| n * n >= cells).unwrap_or(1);
    let (wide, high) = if d == 2 { (width, width) } else { (cells, 1) };
    let side = (WIDTH / (columns * wide) as i32 / 3).clamp(4, 18);
    let tile = (wide as i32 * side + 4, high as i32 * side + 4);
    let block = (columns as i32 * tile.0 + 14, rows as i32 * tile.1 + 14);
    let across = ((2 * WIDTH) / block.0).clamp(1, count as i32);
    let down = (count as i32 + across - 1) / across;
    let mut shapes = Vec::new();
    for k in 0..count {
        let data = b.basis.tensor(k);
        let largest = data.iter().map(|x| x.f.abs()).fold(1e-300, f64::max);
        let corner = (
            MARGIN + (k as i32 % across) * block.0,
            MARGIN + (k as i32 / across) * block.1,
        );
        for i in 0..rows {
            for j in 0..columns {
                let at = (corner.0 + j as i32 * tile.0, corner.1 + i as i32 * tile.1);
                for p in 0..cells {
                    let x = data.get((p * rows + i) * columns + j).map_or(0.0, |x| x.f);
                    shapes.push(Shape::Rect {
                        at: (at.0 + (p % wide) as i32 * side, at.1 + (p / wide) as i32 * side),
                        size: (side, side),
                        fill: diverging(x / largest),
                    });
                }
                shapes.push(Shape::Frame {
                    at,
                    size: (wide as i32 * side, high as i32 * side),
                });
            }
        }
    }
    Ok(Picture {
        size: (
            (across * block.0 + 2 * MARGIN) as u32,
            (down * block.1 + 2 * MARGIN) as u32,
        ),
        shapes,
        pixels: vec![],
        title: format!("{count} of {} maps", b.basis.len()),
    })
}

/// Points of the plane, x to the right and y up.
fn dots(points: &[(f64, f64)]) -> Picture {
    let reach = points
        .iter()
        .flat_map(|p| [p.0.abs(), p.1.abs()])
        .fold(1e-300, f64::max);
    let half = f64::from(WIDTH) / 2.0;
    let centre = MARGIN + WIDTH / 2;
    let at = |p: &(f64, f64)| {
        (
            centre + (p.0 / reach * half * 0.9) as i32,
            centre - (p.1 / reach * half * 0.9) as i32,
        )
    };
    let axis = |a, b| Shape::Line {
        points: vec![a, b],
        colour: (200, 205, 210),
        width: 1,
    };
    let mut shapes = vec![
        axis((MARGIN, centre), (MARGIN + WIDTH, centre)),
        axis((centre, MARGIN), (centre, MARGIN + WIDTH)),
    ];
    for (k, p) in points.iter().enumerate() {
        shapes.push(Shape::Circle {
            at: at(p),
            radius: if k == 0 { 7 } else { 5 },
            fill: palette(usize::from(k == 0)),
        });
    }
    let side = (WIDTH + 2 * MARGIN) as u32;
    Picture {
        size: (side, side),
        shapes,
        pixels: vec![],
        title: format!("{} points", points.len()),
    }
}

/// Numbers as bars.
fn bars(data: &[f64]) -> Picture {
    let n = data.len().max(1) as i32;
    let wide = (WIDTH / n).max(3);
    let largest = data.iter().map(|x| x.abs()).fold(1e-300, f64::max);
    let middle = MARGIN + 100;
    let mut shapes = Vec::new();
    for (k, x) in data.iter().enumerate() {
        let high = (x.abs() / largest * 100.0) as i32;
        shapes.push(Shape::Rect {
            at: (MARGIN + k as i32 * wide, if *x >= 0.0 { middle - high } else { middle }),
            size: (wide - 1, high.max(1)),
            fill: palette(usize::from(*x < 0.0)),
        });
    }
    Picture {
        size: ((n * wide + 2 * MARGIN) as u32, 248),
        shapes,
        pixels: vec![],
        title: format!("{} numbers", data.len()),
    }
}

/// The Cayley graph: elements on a circle (reflections on an inner one), an arrow from g to g h for each generator h.
fn cayley(c: &Call<'_, '_>, g: &Group) -> D<Picture> {
    if g.small_order().is_none_or(|n| n > MAX_NODES) {
        return Err(c.refuse(
            format!("the Cayley graph of {g} is too large to draw"),
            format!("at most {MAX_NODES} elements are drawn"),
        ));
    }
    let list: Vec<Element> = g.elements().map_err(|e| c.math(e))?;
    let generators = g.generators();
    let n = list.len();
    // Cosets of the first generator's powers stand on circles of their own.
    let cycle = generators.first().map_or(1, |h| g.order_of(h) as usize).max(1);
    let rings = n.div_ceil(cycle);
    let centre = f64::from(MARGIN + WIDTH / 2);
    let mut order: Vec<usize> = Vec::new();
    let position = |x: &Element, list: &[Element]| list.iter().position(|y| y == x);
    for start in 0..n {
        let mut at = start;
        while !order.contains(&at) {
            order.push(at);
            let next = generators.first().and_then(|h| list[at].compose(h));
            match next.and_then(|x| position(&x, &list)) {
                Some(k) => at = k,
                None => break,
            }
        }
    }
    let place = |k: usize| {
        let slot = order.iter().position(|&o| o == k).unwrap_or(0);
        let (ring, step) = (slot / cycle, slot % cycle);
        let radius = f64::from(WIDTH) / 2.0 * (1.0 - 0.55 * ring as f64 / rings.max(2) as f64) - 24.0;
        let angle = TAU * step as f64 / cycle as f64 + 0.35 * ring as f64 / rings as f64;
        (
            (centre + radius * angle.sin()).round() as i32,
            (centre - radius * angle.cos()).round() as i32,
        )
    };
    let mut shapes = Vec::new();
    for (h, colour) in generators.iter().zip((0..).map(palette)) {
        for (k, x) in list.iter().enumerate() {
            let Some(to) = x.compose(h).and_then(|y| position(&y, &list)) else {
                continue;
            };
            let (a, b) = (place(k), place(to));
            shapes.push(Shape::Line {
                points: vec![a, b],
                colour,
                width: 1,
            });
            let (dx, dy) = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
            let length = dx.hypot(dy).max(1e-9);
            let middle = ((a.0 * 2 + b.0 * 3) / 5, (a.1 * 2 + b.1 * 3) / 5);
            if g.order_of(h) > 2 {
                let (ux, uy) = (dx / length * 6.0, dy / length * 6.0);
                let p = |t: f64, s: f64| {
                    (
                        middle.0 + (t * ux - s * uy).round() as i32,
                        middle.1 + (t * uy + s * ux).round() as i32,
                    )
                };
                shapes.push(Shape::Polygon {
                    points: vec![p(1.0, 0.0), p(-0.6, 0.7), p(-0.6, -0.7)],
                    fill: colour,
                });
            }
        }
    }
    for (k, x) in list.iter().enumerate() {
        let at = place(k);
        shapes.push(Shape::Circle {
            at,
            radius: if n <= 24 { 15 } else { 5 },
            fill: (236, 240, 244),
        });
        if n <= 24 {
            shapes.push(Shape::Text {
                at,
                text: elements::name(g, x),
                size: 11,
                colour: INK,
            });
        }
    }
    let side = (WIDTH + 2 * MARGIN) as u32;
    Ok(Picture {
        size: (side, side),
        shapes,
        pixels: vec![],
        title: format!("Cayley graph of {g}"),
    })
}
