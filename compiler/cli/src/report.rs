//! Diagnostics made visible: one report value, shown as text or as JSON.
//!
//! ```text
//! error[GDL0100]: unknown model `Digit`
//!    ╭─[model.gdl:9:7]
//!  9 │ train Digit on Digits8 {
//!    ·       ──┬──
//!    ·         ╰── not found
//!    ╰────
//!   help: Did you mean `Digits`?
//! ```

use gdl_core::diag::{Diagnostic, Severity};
use gdl_core::modules::Program;
use gdl_syntax::ast::Span;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeStyles,
};
use serde_json::{Value, json};

/// The width that text is broken at.
const WIDTH: usize = 80;

/// How text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without escape sequences.
    Plain,
    /// With colours of a terminal.
    Colour,
}

/// Neighbouring lines that a diagnostic points at.
#[derive(Clone, Debug)]
struct Excerpt<'a> {
    path: &'a str,
    text: &'a str,
    labels: Vec<(std::ops::Range<usize>, &'a str)>,
}

/// A diagnostic with the texts of the files that it points at.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    diagnostic: &'a Diagnostic,
    /// The main label comes first.
    excerpts: Vec<Excerpt<'a>>,
}

impl<'a> Report<'a> {
    /// Finds the texts that a diagnostic points at.
    pub fn new(program: &'a Program, diagnostic: &'a Diagnostic) -> Report<'a> {
        let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
        for label in &diagnostic.labels {
            let Some(module) = program.modules.get(label.span.file as usize) else {
                continue;
            };
            let place = (clip(&module.text, label.span), label.text.as_str());
            match excerpts
                .iter_mut()
                .find(|e| e.path == module.path && e.is_near(place.0.start))
            {
                Some(e) => e.labels.push(place),
                None => excerpts.push(Excerpt {
                    path: &module.path,
                    text: &module.text,
                    labels: vec![place],
                }),
            }
        }
        Report { diagnostic, excerpts }
    }

    /// The report as text that ends with a newline.
    pub fn text(&self, style: Style) -> String {
        let d = self.diagnostic;
        let mut out = headline(style, d.severity, Some(d.code), &d.title);
        for excerpt in &self.excerpts {
            out.push_str(&excerpt.render(style));
        }
        for (word, text) in [
            ("counterexample", &d.counterexample),
            ("note", &d.note),
            ("help", &d.help),
        ] {
            if let Some(text) = text {
                out.push_str(&remark(style, word, text));
            }
        }
        out
    }

    /// The report as one JSON object. Lines and columns count from 1, columns in characters.
    pub fn json(&self) -> Value {
        let d = self.diagnostic;
        let first = self.excerpts.first();
        let place = first.and_then(|e| e.labels.first().map(|(range, label)| (e, range, *label)));
        let ((line, column), (end_line, end_column)) = place.map_or(((0, 0), (0, 0)), |(e, range, _)| {
            (position(e.text, range.start), position(e.text, range.end))
        });
        json!({
            "code": d.code,
            "severity": word(d.severity),
            "message": d.title,
            "file": first.map(|e| e.path),
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "label": place.map(|(_, _, label)| label),
            "counterexample": d.counterexample,
            "note": d.note,
            "help": d.help,
        })
    }
}

impl Excerpt<'_> {
    /// Whether a byte lies on a line of a label, or on the next one.
    fn is_near(&self, byte: usize) -> bool {
        let line = |byte| position(self.text, byte).0;
        self.labels
            .iter()
            .any(|(range, _)| line(range.start).abs_diff(line(byte)) <= 1)
    }

    fn render(&self, style: Style) -> String {
        let (text, ranges) = shorten(self.text, &self.labels);
        let label = |(k, (range, label)): (usize, (std::ops::Range<usize>, &str))| {
            let (_, column) = position(&text, range.start);
            let lines = wrap(label, WIDTH.saturating_sub(column + 12).max(28)).join("\n");
            let span = SourceSpan::from(range);
            if k == 0 {
                LabeledSpan::new_primary_with_span(Some(lines), span)
            } else {
                LabeledSpan::new_with_span(Some(lines), span)
            }
        };
        let labels = ranges
            .into_iter()
            .zip(self.labels.iter().map(|l| l.1))
            .enumerate()
            .map(label)
            .collect();
        let place = self
            .labels
            .first()
            .map_or((1, 1), |(range, _)| position(self.text, range.start));
        let lines = Lines {
            path: self.path.into(),
            source: text,
            place,
            labels,
        };
        let theme = GraphicalTheme {
            characters: miette::ThemeCharacters::unicode(),
            styles: if style == Style::Colour {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_context_lines(1)
            .with_links(false);
        let mut out = String::new();
        if handler.render_report(&mut out, &lines).is_err() {
            return String::new();
        }
        // The handler's own headline is replaced by ours; a snippet begins with its corner.
        let lines = out.lines().skip_while(|l| !l.contains('╭')).map(str::trim_end);
        lines.flat_map(|l| [l, "\n"]).collect()
    }
}

/// The text with the labelled lines cut to what is near the labels, where they are too long to show, and where the labels are then.
fn shorten(text: &str, labels: &[(std::ops::Range<usize>, &str)]) -> (String, Vec<std::ops::Range<usize>>) {
    const LONG: usize = 120;
    const MARGIN: usize = 24;
    let mut out = String::with_capacity(text.len());
    let mut ranges: Vec<_> = labels.iter().map(|(range, _)| range.clone()).collect();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (end, at) = (start + line.len(), out.len());
        let inside =
            |r: &std::ops::Range<usize>| (start..end).contains(&r.start) || (r.start == end && end == text.len());
        let touched: Vec<_> = labels.iter().map(|(r, _)| r).filter(|r| inside(r)).collect();
        let mut keep = start..end;
        if line.chars().count() > LONG && !touched.is_empty() {
            let first = touched.iter().map(|r| r.start).min().unwrap_or(start);
            let last = touched
                .iter()
                .map(|r| r.end.min(r.start + LONG / 2))
                .max()
                .unwrap_or(end);
            let body = start + line.trim_end_matches('\n').len();
            keep.start = (start..=first.saturating_sub(MARGIN).max(start))
                .rev()
                .find(|&k| text.is_char_boundary(k))
                .unwrap_or(start);
            keep.end = (last.min(body)..=body)
                .find(|&k| text.is_char_boundary(k) && k >= (last + MARGIN).min(body))
                .unwrap_or(body);
        }
        let cut = |byte: usize, lead: usize| at + lead + byte.clamp(keep.start, keep.end) - keep.start;
        let lead = if keep.start > start { '…'.len_utf8() } else { 0 };
        for (range, (old, _)) in ranges.iter_mut().zip(labels) {
            if inside(old) {
                range.start = cut(old.start, lead);
            }
            if (start..end).contains(&old.end.saturating_sub(1)) || old.is_empty() && inside(old) {
                range.end = cut(old.end, lead);
            }
        }
        if lead > 0 {
            out.push('…');
        }
        out.push_str(&text[keep.clone()]);
        if keep.end < end && !text[..keep.end].ends_with('\n') {
            out.push_str(if text[keep.end..end].trim_end().is_empty() {
                ""
            } else {
                "…"
            });
            out.push_str(if line.ends_with('\n') { "\n" } else { "" });
        }
        start = end;
    }
    for range in &mut ranges {
        range.end = range.end.max(range.start);
    }
    (out, ranges)
}

/// A source text with labels, as the snippet renderer wants it.
#[derive(Debug)]
struct Lines {
    path: String,
    source: String,
    /// Line and column of the main label in the file.
    place: (usize, usize),
    labels: Vec<LabeledSpan>,
}

impl std::fmt::Display for Lines {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Lines {}

impl miette::Diagnostic for Lines {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Lines {
    /// Whole lines where the handler asks for context, and no others. Where it asks for none it wants a place for the headline.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (line, column) = (self.place.0.saturating_sub(1), self.place.1.saturating_sub(1));
        if before == 0 && after == 0 {
            let inner = MietteSpanContents::new_named(self.path.clone(), &[], *span, line, column, 1);
            return Ok(Box::new(inner));
        }
        let start = self.source[..span.offset()].rfind('\n').map_or(0, |k| k + 1);
        let end = span.offset() + span.len();
        let end = self.source[end..].find('\n').map_or(self.source.len(), |k| end + k);
        let whole = SourceSpan::from(start..end);
        let first = self.source[..start].matches('\n').count();
        let count = self.source[start..end].matches('\n').count() + 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            &self.source.as_bytes()[start..end],
            whole,
            first,
            0,
            count,
        )))
    }
}

/// An error that has no place in a program: a missing file, data that does not fit.
pub fn failure(style: Style, message: &str, help: Option<&str>) -> String {
    let mut out = headline(style, Severity::Error, None, message);
    if let Some(help) = help {
        out.push_str(&remark(style, "help", help));
    }
    out
}

/// [`failure`] as one JSON object with the fields of [`Report::json`].
pub fn failure_json(message: &str, help: Option<&str>) -> Value {
    json!({ "code": null, "severity": "error", "message": message, "file": null, "line": 0, "column": 0, "end_line": 0,
            "end_column": 0, "label": null, "counterexample": null, "note": null, "help": help })
}

/// Line and column of a byte, both from 1, columns in characters.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |k| k + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// The bytes of a span, kept inside the text and on the boundaries of characters.
pub fn clip(text: &str, span: Span) -> std::ops::Range<usize> {
    let inside = |byte: u32| {
        let byte = (byte as usize).min(text.len());
        (0..=byte).rev().find(|&k| text.is_char_boundary(k)).unwrap_or(0)
    };
    let start = inside(span.start);
    start..inside(span.end).max(start)
}

/// Breaks text into lines of at most `width` characters.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let used = line.chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(word.to_string());
        } else {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn headline(style: Style, severity: Severity, code: Option<&str>, title: &str) -> String {
    let code = code.map_or(String::new(), |c| format!("[{c}]"));
    let head = format!("{}{code}", word(severity));
    let lines = wrap(&format!("{head}: {title}"), WIDTH).join("\n  ");
    if style == Style::Plain {
        return lines + "\n";
    }
    let tint = if severity == Severity::Error { "31" } else { "33" };
    let rest = lines.strip_prefix(&head).unwrap_or(&lines);
    format!("\x1b[1;{tint}m{head}\x1b[0m\x1b[1m{rest}\x1b[0m\n")
}

fn remark(style: Style, word: &str, text: &str) -> String {
    let indent = " ".repeat(word.len() + 4);
    let lines = wrap(text, WIDTH - indent.len()).join(&format!("\n{indent}"));
    match style {
        Style::Plain => format!("  {word}: {lines}\n"),
        Style::Colour => format!("  \x1b[1;36m{word}:\x1b[0m {lines}\n"),
    }
}
