//! Pictures of subgroup lattices: a node a class of conjugate subgroups, larger ones above, lines where one lies in the next.

use super::{MARGIN, WIDTH};
use crate::repl::methods::Call;
use crate::repl::picture::{INK, Picture, Shape};
use crate::session::D;
use gdl_rep::Subgroup;

/// Classes of one picture.
const MAX_CLASSES: usize = 64;

/// The Hasse diagram of the subgroups of the first argument.
///
/// # Errors
/// The group is infinite, or has too many subgroups.
pub fn lattice(c: &Call<'_, '_>) -> D<Picture> {
    let group = c.group();
    let classes = Subgroup::classes(&group).map_err(|e| c.math(e))?;
    if classes.len() > MAX_CLASSES {
        return Err(c.refuse(
            format!("{group} has {} classes of subgroups", classes.len()),
            format!("at most {MAX_CLASSES} are drawn"),
        ));
    }
    let covers = group
        .finite()
        .and_then(|finite| finite.subgroup_covers())
        .map_err(|e| c.math(e))?;
    let mut levels: Vec<(String, Vec<usize>)> = Vec::new();
    for (k, (sub, _)) in classes.iter().enumerate() {
        let order = sub.order().to_string();
        match levels.last_mut() {
            Some((last, list)) if *last == order => list.push(k),
            _ => levels.push((order, vec![k])),
        }
    }
    let widest = levels.iter().map(|(_, l)| l.len()).max().unwrap_or(1) as i32;
    let (wide, high) = ((110 * widest).max(WIDTH), 64 * levels.len() as i32);
    let mut places = vec![(0, 0); classes.len()];
    for (row, (_, list)) in levels.iter().enumerate() {
        for (k, &class) in list.iter().enumerate() {
            // Levels are shifted against each other, so that few lines run through a third node.
            let shift = wide / 10 * [1, 0, 2][row % 3];
            let x = MARGIN + 40 + shift + wide * (2 * k as i32 + 1) / (2 * list.len() as i32);
            places[class] = (x, MARGIN + high - 32 - 64 * row as i32);
        }
    }
    let mut shapes: Vec<Shape> = covers
        .iter()
        .map(|&(small, large)| Shape::Line {
            points: vec![places[small], places[large]],
            colour: (150, 160, 170),
            width: 1,
        })
        .collect();
    let word = |at, text, size| Shape::Text {
        at,
        text,
        size,
        colour: INK,
    };
    for ((sub, conjugates), &at) in classes.iter().zip(&places) {
        let name = sub.as_group().to_string();
        let name = name.split(" generated").next().unwrap_or_default();
        let name = name.strip_prefix("subgroup of ").unwrap_or(name);
        let text = match conjugates {
            1 => name.to_string(),
            n => format!("{name} x{n}"),
        };
        let half = 6 + 4 * text.chars().count() as i32;
        shapes.push(Shape::Rect {
            at: (at.0 - half, at.1 - 11),
            size: (2 * half, 22),
            fill: (236, 240, 244),
        });
        shapes.push(word(at, text, 11));
    }
    for (row, (order, _)) in levels.iter().enumerate() {
        shapes.push(word(
            (MARGIN + 8, MARGIN + high - 32 - 64 * row as i32),
            order.clone(),
            11,
        ));
    }
    Ok(Picture {
        size: ((wide + wide / 5 + 40 + 2 * MARGIN) as u32, (high + 2 * MARGIN) as u32),
        shapes,
        pixels: vec![],
        title: format!("subgroups of {group}"),
    })
}
