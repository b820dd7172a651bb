//! Folds of what the invocations of a workgroup have: functions that all of them call together.
//!
//! Every device can fold in pairs of halves, in memory that a workgroup shares. Where invocations are in subgroups, these fold first, without memory
//! and without waiting, and then there is one number a subgroup. Which of the two a module has is decided by who runs it
//! ([`gdl_abi::shader::Shaders`]); kernels call the same names.

use super::value::Values;
use gdl_abi::shader::Folds;
use gdl_core::ir::Fold;

/// A fold of what the invocations of a workgroup have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllFold {
    pub fold: Fold,
    pub team: u32,
    /// Invocations of equal number modulo this have a fold of their own; a power of two.
    pub columns: u32,
}

impl AllFold {
    /// The name of its function.
    pub fn name(self) -> String {
        let word = match self.fold {
            Fold::Sum => "sum",
            Fold::Prod => "product",
            Fold::Max => "max",
            Fold::Min => "min",
        };
        match self.columns {
            1 => format!("gdl_{word}_of_{}", self.team),
            n => format!("gdl_{word}_of_{}_by_{n}", self.team),
        }
    }

    /// Memory in which the invocations show each other a number each.
    fn board(self) -> String {
        format!("shown_{}", self.team)
    }
}

/// How an invocation knows its place, for any device.
const OWN: &str = "
struct Own {
  @builtin(local_invocation_index) lane: u32,
}
";

/// How an invocation knows its place, on devices with subgroups.
const OWN_OF_SUBGROUPS: &str = "
struct Own {
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
  @builtin(subgroup_invocation_id) place: u32,
}
";

/// Subgroups find the largest number among integers: of numbers that may be NaN it is not said which one is the largest.
const ORDER: &str = "
// The place of a number in the order of all, NaN above them.
fn gdl_order(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  let size = bits & 0x7fffffff;
  return select(bits ^ ((bits >> 31u) & 0x7fffffff), size, size > 0x7f800000);
}

// The number at a place.
fn gdl_at_order(k: i32) -> f32 {
  return bitcast<f32>(k ^ ((k >> 31u) & 0x7fffffff));
}
";

/// The definitions of all folds that have been called, and memory for them.
pub fn definitions(values: &Values<'_>) -> Folds {
    let called = values.folded.borrow();
    let (mut halves, mut subgroups) = (OWN.to_string(), OWN_OF_SUBGROUPS.to_string());
    let mut teams: Vec<u32> = Vec::new();
    for all in called.iter() {
        if !teams.contains(&all.team) {
            teams.push(all.team);
            let board = format!("\nvar<workgroup> {}: array<f32, {}>;\n", all.board(), all.team);
            halves.push_str(&board);
            subgroups.push_str(&board);
        }
        halves.push_str(&in_halves(*all, values));
        subgroups.push_str(&match all.columns {
            1 => in_subgroups(*all, values),
            // Which invocations a subgroup has is not known.
            _ => in_halves(*all, values),
        });
    }
    if called
        .iter()
        .any(|all| all.columns == 1 && matches!(all.fold, Fold::Max | Fold::Min))
    {
        subgroups.push_str(ORDER);
    }
    Folds { halves, subgroups }
}

fn in_halves(all: AllFold, values: &Values<'_>) -> String {
    let (name, board, team, columns) = (all.name(), all.board(), all.team, all.columns);
    let step = values.joined(all.fold, &format!("{board}[lane]"), &format!("{board}[lane + n]"));
    let (who, place) = match columns {
        1 => ("all invocations of a workgroup".to_string(), "0".to_string()),
        n => (format!("every {n}th invocation of a workgroup"), format!("lane % {n}u")),
    };
    format!(
        "
// What {who} have, in pairs of halves.
fn {name}(own: Own, x: f32) -> f32 {{
  let lane = own.lane;
  {board}[lane] = x;
  workgroupBarrier();
  for (var n = {}u; n >= {columns}u; n = n / 2u) {{
    if (lane < n) {{ {board}[lane] = {step}; }}
    workgroupBarrier();
  }}
  let all = {board}[{place}];
  workgroupBarrier();
  return all;
}}
",
        team / 2
    )
}

fn in_subgroups(all: AllFold, values: &Values<'_>) -> String {
    let (name, board) = (all.name(), all.board());
    let part = match all.fold {
        Fold::Sum => "subgroupAdd(x)",
        Fold::Prod => "subgroupMul(x)",
        Fold::Max => "gdl_at_order(subgroupMax(gdl_order(x)))",
        Fold::Min => "-gdl_at_order(subgroupMax(gdl_order(-x)))",
    };
    let step = values.joined(all.fold, "all", &format!("{board}[k]"));
    format!(
        "
// What all invocations of a workgroup have, a subgroup at a time.
fn {name}(own: Own, x: f32) -> f32 {{
  let part = {part};
  if (own.place == 0u) {{ {board}[own.subgroup] = part; }}
  workgroupBarrier();
  var all = {board}[0];
  for (var k = 1u; k < own.subgroups; k++) {{ all = {step}; }}
  workgroupBarrier();
  return all;
}}
"
    )
}
