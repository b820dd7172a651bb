//! How elements are written.

use gdl_rep::element::Elem;
use gdl_rep::{Element, Group};

/// A short name: a word in r and s, cycles, or words.
pub fn name(group: &Group, g: &Element) -> String {
    match g {
        Elem::Identity => "1".into(),
        Elem::Planar { flip, turn, .. } => {
            let power = match turn {
                0 => String::new(),
                1 => "r".into(),
                k => format!("r^{k}"),
            };
            match (flip, power.is_empty()) {
                (false, true) => "1".into(),
                (false, false) => power,
                (true, true) => "s".into(),
                (true, false) => format!("{power} s"),
            }
        }
        Elem::Permutation(_) => {
            let text = g.to_string();
            match text.strip_prefix("permutation ") {
                Some(cycles) => cycles.into(),
                None => "1".into(),
            }
        }
        Elem::Tuple(parts) => {
            let factors: &[Group] = match group {
                Group::Product(f) => f,
                _ => &[],
            };
            let names: Vec<String> = parts
                .iter()
                .enumerate()
                .map(|(k, p)| name(factors.get(k).unwrap_or(group), p))
                .collect();
            format!("({})", names.join(", "))
        }
        _ => match g.to_string().as_str() {
            "identity" => "1".into(),
            text => text.into(),
        },
    }
}

/// What a short name leaves open: a rotation by 90°.
pub fn words(g: &Element) -> Option<String> {
    match g {
        Elem::Planar { .. } => Some(g.to_string()),
        _ => None,
    }
}

/// The order of an element, if it is at most `max`.
pub fn order(group: &Group, g: &Element, max: u64) -> Option<u64> {
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
