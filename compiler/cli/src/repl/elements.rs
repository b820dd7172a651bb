//! How elements are written.

use gdl_rep::element::Elem;
use gdl_rep::{Element, Group};

/// A short name: a word in generators, cycles, or words; 1 for the identity.
pub fn name(group: &Group, g: &Element) -> String {
    if let (Group::Product(factors), Elem::Tuple(parts)) = (group, g) {
        let names: Vec<String> = factors.iter().zip(parts).map(|(f, p)| name(f, p)).collect();
        return format!("({})", names.join(", "));
    }
    let word = group.word(g);
    match word.strip_prefix("permutation ") {
        Some(cycles) => cycles.into(),
        None if word == "identity" => "1".into(),
        None => word,
    }
}

/// What a short name leaves open: `rotation by 90°`.
pub fn words(group: &Group, g: &Element) -> Option<String> {
    let words = group.describe(g);
    let known = [
        "identity".into(),
        name(group, g),
        format!("permutation {}", name(group, g)),
    ];
    (!known.contains(&words) && !matches!(g, Elem::Tuple(_))).then_some(words)
}

/// The order of an element; `None` where it is infinite, or larger than `max` in an infinite group.
pub fn order(group: &Group, g: &Element, max: u64) -> Option<u64> {
    if group.is_finite() {
        return Some(group.order_of(g)).filter(|&n| n > 0);
    }
    let identity = group.identity();
    let mut power = g.clone();
    for n in 1..=max {
        if super::operators::close(&power, &identity) {
            return Some(n);
        }
        power = power.compose(g)?;
    }
    None
}
