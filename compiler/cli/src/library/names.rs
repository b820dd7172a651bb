//! Names of the language as names of C and Python.

/// Words that are no names in C, C++ or Python.
const RESERVED: &str = "alignas alignof and and_eq as asm assert async atomic auto await bitand bitor bool break case catch char class compl \
    concept const const_cast consteval constexpr constinit continue co_await co_return co_yield decltype def default del delete do double \
    dynamic_cast elif else enum except explicit export extern false finally float for friend from global goto if import in inline int is lambda \
    long mutable namespace new noexcept nonlocal not not_eq nullptr operator or or_eq pass private protected public raise register \
    reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local \
    throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while with xor xor_eq yield";

/// What a model's functions begin with: `deep_sets` for `DeepSets`, `p4m_cnn` for `P4mCNN`.
pub fn prefix(model: &str) -> String {
    let letters: Vec<char> = model.chars().collect();
    let mut out = String::new();
    for (k, &c) in letters.iter().enumerate() {
        let before = k.checked_sub(1).map(|k| letters[k]);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase() || b.is_ascii_digit() || letters.get(k + 1).is_some_and(|n| n.is_lowercase())
            });
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    allowed(out)
}

/// An array's name as that of a field: `m_pos` for `m.pos`.
pub fn field(name: &str) -> String {
    allowed(name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

fn allowed(mut name: String) -> String {
    name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    if RESERVED.split_whitespace().any(|w| w == name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_become_prefixes() {
        let all = [
            ("Digits", "digits"),
            ("DeepSets", "deep_sets"),
            ("P4mCNN", "p4m_cnn"),
            ("GAT", "gat"),
            ("Double", "double_"),
            ("M", "m"),
        ];
        for (model, expected) in all {
            assert_eq!(prefix(model), expected);
        }
        assert_eq!(field("m.pos"), "m_pos");
        assert_eq!(field("class"), "class_");
    }
}
