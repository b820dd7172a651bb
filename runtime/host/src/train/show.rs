//! What a run shows on standard error.

use super::eval::Scores;
use super::plan::Display;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// A bar on a terminal, plain lines elsewhere, or nothing.
pub(super) enum Screen {
    Bar(ProgressBar),
    Lines,
    Quiet,
}

impl Screen {
    /// A screen for a run of `total` steps, `done` of which were taken before.
    pub(super) fn new(display: Display, total: u64, done: u64) -> Screen {
        match display {
            Display::Auto if std::io::stderr().is_terminal() => {
                let bar = ProgressBar::new(total).with_position(done);
                let style =
                    ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} steps, {per_sec}, {eta} left {msg}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.reset_eta();
                Screen::Bar(bar)
            }
            Display::Auto | Display::Lines => Screen::Lines,
            Display::Quiet => Screen::Quiet,
        }
    }

    /// After each step.
    pub(super) fn step(&self, epoch: u64, epochs: u64, step: u64, scores: &Scores) {
        if let Screen::Bar(bar) = self {
            bar.set_prefix(format!("epoch {epoch}/{epochs}"));
            bar.set_position(step);
            bar.set_message(show(scores));
        }
    }

    /// After each epoch.
    pub(super) fn epoch(&self, epoch: u64, epochs: u64, train: &Scores, val: Option<&Scores>, seconds: f64) {
        let val = val.map_or(String::new(), |v| format!(" | val {}", show(v)));
        let rate = train.samples as f64 / seconds;
        self.line(&format!("epoch {epoch}/{epochs}: {}{val} | {rate:.0}/s", show(train)));
    }

    /// A line of its own.
    pub(super) fn line(&self, text: &str) {
        match self {
            Screen::Bar(bar) => bar.suspend(|| eprintln!("{text}")),
            Screen::Lines => eprintln!("{text}"),
            Screen::Quiet => {}
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Screen::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// `ce 0.1234, acc 0.9876`.
fn show(scores: &Scores) -> String {
    let all: Vec<String> = scores
        .values
        .iter()
        .map(|(n, x)| format!("{n} {}", short(*x)))
        .collect();
    all.join(", ")
}

/// Four decimals, or an exponent where these would say little.
fn short(x: f64) -> String {
    if x == 0.0 || (1e-3..1e5).contains(&x.abs()) || !x.is_finite() {
        format!("{x:.4}")
    } else {
        format!("{x:.3e}")
    }
}
