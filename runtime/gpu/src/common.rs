//! The shaders that all programs share.

pub use gdl_abi::shader::GEMM;
use gdl_abi::shader::in_banks;

/// The shader that adds the copies of parts, `join`.
pub const JOIN: &str = include_str!("join.wgsl");
/// The shaders of choices: `rank`, `count`, `offsets`, `list`.
pub const CHOOSE: &str = include_str!("choose.wgsl");

/// The entry point of each, its module, and the names of its operands.
const ALL: [(&str, &str, &[&str]); 7] = [
    ("tiled", GEMM, &["a", "b", "c"]),
    ("direct", GEMM, &["a", "b", "c"]),
    ("join", JOIN, &["copies", "total"]),
    ("rank", CHOOSE, &["key"]),
    ("count", CHOOSE, &["key"]),
    ("offsets", CHOOSE, &["key"]),
    ("list", CHOOSE, &["key"]),
];

/// A shader that all programs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Common {
    /// Its entry point.
    pub entry: &'static str,
    /// The banks of its operands.
    pub operands: [usize; 3],
}

impl Common {
    /// Whether it writes tables.
    pub fn writes_tables(&self) -> bool {
        self.module().is_some_and(|(source, _)| source == CHOOSE)
    }

    /// Its text where reals lie in so many banks; nothing if there is no such shader.
    pub fn source(&self, banks: usize) -> Option<String> {
        let (source, names) = self.module()?;
        let bank = |name: &str| names.iter().position(|n| *n == name).map_or(0, |k| self.operands[k]);
        Some(in_banks(source, banks, &bank))
    }

    fn module(&self) -> Option<(&'static str, &'static [&'static str])> {
        let (_, source, names) = ALL.iter().find(|(entry, ..)| *entry == self.entry)?;
        Some((source, names))
    }
}
