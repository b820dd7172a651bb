//! `gdl explain`: the pages of `spec/errors`, embedded.

use crate::report::Style;
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::check::nearest;
use serde_json::json;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Explain an error code.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gdl explain GDL0102
  gdl explain 102
  gdl explain             all codes with their titles
  gdl explain 102 --json")]
pub struct Explain {
    /// `GDL0102`, or only its number.
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// One JSON object a code.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let Some(asked) = &self.code else {
            for (code, page) in PAGES {
                match self.json {
                    true => terminal.object(&json!({ "code": code, "title": title(page) }))?,
                    false => terminal.line(page.lines().next().unwrap_or_default().trim_start_matches("# "))?,
                }
            }
            return Ok(());
        };
        let Some(page) = page(asked) else {
            let known: Vec<String> = PAGES.iter().map(|(c, _)| c.to_string()).collect();
            let failure = Failure::usage(format!("there is no error code `{asked}`"));
            return Err(match nearest(&code(asked), &known) {
                Some(near) => failure.help(format!("Did you mean `{near}`? `gdl explain` lists all.")),
                None => failure.help("`gdl explain` lists all."),
            });
        };
        if self.json {
            return terminal.object(&json!({ "code": code(asked), "title": title(page), "page": page }));
        }
        for line in page.lines() {
            match terminal.style() {
                Style::Colour if line.starts_with('#') => terminal.line(format!("\x1b[1;36m{line}\x1b[0m"))?,
                _ => terminal.line(line)?,
            }
        }
        Ok(())
    }
}

/// The headline of a page, without the code.
fn title(page: &str) -> &str {
    let line = page.lines().next().unwrap_or_default().trim_start_matches("# ");
    line.split_once(':').map_or(line, |(_, title)| title.trim())
}

/// The code that is meant by `102` or `gdl0102`.
fn code(asked: &str) -> String {
    let upper = asked.to_uppercase();
    let number = upper.trim_start_matches("GDL");
    format!("GDL{number:0>4}")
}

/// The page of an error.
pub fn page(asked: &str) -> Option<&'static str> {
    let code = code(asked);
    PAGES.iter().find(|(c, _)| *c == code).map(|(_, page)| *page)
}
