//! How figures are shown: as tables with small plots, and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::cpu::Shares;
use crate::figures::{Better, Figure, Target, Times};
use crate::machine::Machine;

/// All that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// On what.
    pub machine: Machine,
    /// In order.
    pub chapters: Vec<Chapter>,
}

/// What one measurement found.
#[derive(Debug, Clone, Serialize)]
pub struct Chapter {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// What it found.
    pub figures: Vec<Figure>,
    /// Why it found nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

// === impl Report ===

impl Report {
    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let chapters: Vec<_> = self.chapters.iter().map(Chapter::text).collect();
        format!("{}\n\n{}", self.machine, chapters.join("\n"))
    }

    /// For a page of documentation.
    #[must_use]
    pub fn markdown(&self) -> String {
        let chapters: Vec<_> = self.chapters.iter().map(Chapter::markdown).collect();
        format!("{}.\n\n{}", self.machine, chapters.join("\n"))
    }
}

// === impl Chapter ===

impl Chapter {
    /// What a measurement found, or why it found nothing.
    #[must_use]
    pub fn new(name: &str, about: &str, found: Result<Vec<Figure>, String>) -> Self {
        let (figures, failure) = match found {
            Ok(figures) => (figures, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        Self {
            name: name.to_owned(),
            about: about.to_owned(),
            figures,
            failure,
        }
    }

    /// For a terminal: a table, and below it a plot of the times.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.name, self.about);
        if let Some(failure) = &self.failure {
            // A string takes all that is written.
            let _ = writeln!(text, "  FAILED: {failure}");
        }
        let rows: Vec<[String; 6]> = self.figures.iter().map(cells).collect();
        text.push_str(&columns(&rows));
        text.push_str(&plot(&self.figures));
        text
    }

    /// For a page of documentation.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("### {}: {}\n\n", self.name, self.about);
        if let Some(failure) = &self.failure {
            let _ = writeln!(text, "Failed: {failure}\n");
        }
        if self.figures.is_empty() {
            return text;
        }
        text.push_str("| figure | value | in the same run | ratio | target | processor time of one |\n|---|---:|---|---:|---|---|\n");
        for figure in &self.figures {
            let _ = writeln!(
                text,
                "| {} |",
                cells(figure).map(|cell| cell.trim().to_owned()).join(" | ")
            );
        }
        let plot = plot(&self.figures);
        if !plot.is_empty() {
            let _ = write!(text, "\n```\n{plot}```\n");
        }
        for figure in self.figures.iter().filter(|figure| !figure.note.is_empty()) {
            let _ = write!(text, "\n{}: {}.\n", figure.name, figure.note);
        }
        text
    }
}

/// Name, value, limit, ratio, target, processor time.
fn cells(figure: &Figure) -> [String; 6] {
    let limit = figure.limit.as_ref();
    [
        figure.name.clone(),
        format!("{} {}", rounded(figure.value), figure.unit),
        limit
            .map(|limit| format!("{}: {}", limit.name, rounded(limit.value)))
            .unwrap_or_default(),
        figure
            .ratio
            .map(|ratio| format!("{ratio:.2}"))
            .unwrap_or_default(),
        target(figure),
        figure.cpu.as_ref().map(shares).unwrap_or_default(),
    ]
}

fn target(figure: &Figure) -> String {
    let Some(target) = figure.target else {
        return String::new();
    };
    let sign = match figure.better {
        Better::Higher => '≥',
        Better::Lower => '≤',
    };
    let wanted = match target {
        Target::Ratio(wanted) => format!("ratio {sign} {wanted}"),
        Target::Value(wanted) => format!("{sign} {}", rounded(wanted)),
    };
    let verdict = match figure.is_met() {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "unknown",
    };
    format!("{wanted} {verdict}")
}

/// Three digits that say something.
fn rounded(value: f64) -> String {
    let size = value.abs();
    let digits = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if digits > 0 { text } else { grouped(&text) }
}

/// `1234567` as `1,234,567`.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let count = digits.len();
    let mut grouped = sign.to_owned();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (count - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `207 µs: gateway 81, service 42, …`, without those that did nothing.
fn shares(shares: &Shares) -> String {
    let parts = [
        ("gateway", shares.gateway),
        ("service", shares.service),
        ("postgres", shares.postgres),
        ("broker", shares.broker),
        ("redis", shares.redis),
    ];
    let said: Vec<_> = parts
        .iter()
        .filter(|(_, micros)| *micros >= 0.5)
        .map(|(name, micros)| format!("{name} {}", rounded(*micros)))
        .collect();
    let load = rounded(shares.generator);
    format!(
        "{} µs: {} (load {load})",
        rounded(shares.platform()),
        said.join(", ")
    )
}

/// Lines with columns of equal width.
fn columns(rows: &[[String; 6]]) -> String {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (width, cell) in widths.iter().zip(row) {
            if *width > 0 {
                let _ = write!(line, " {cell:<width$} ");
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// How wide the longest bar of a plot is.
const BAR: usize = 40;
/// Eighths of a cell.
const BLOCKS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// A bar for each percentile of each figure that has them. Bars grow with the logarithm, so that a millisecond and a second fit below each other.
fn plot(figures: &[Figure]) -> String {
    let longest = figures
        .iter()
        .filter_map(|figure| Some(figure.times?.most))
        .max();
    let Some(longest) = longest else {
        return String::new();
    };
    let mut text = String::new();
    for figure in figures {
        let Some(Times {
            p50,
            p90,
            p99,
            p999,
            most,
        }) = figure.times
        else {
            continue;
        };
        let _ = writeln!(text, "  {}", figure.name);
        for (name, micros) in [
            ("p50", p50),
            ("p90", p90),
            ("p99", p99),
            ("p99.9", p999),
            ("most", most),
        ] {
            let _ = writeln!(
                text,
                "    {name:>5} {:>9} ms {}",
                rounded(milliseconds(micros)),
                bar(micros, longest)
            );
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between none and a few hundred eighths"
)]
fn bar(micros: u64, longest: u64) -> String {
    let of = |micros: u64| (micros.max(1) as f64).ln_1p();
    let eighths = (of(micros) / of(longest) * (BAR * BLOCKS.len()) as f64).round() as usize;
    let mut bar: String = std::iter::repeat_n('█', eighths / BLOCKS.len()).collect();
    if let Some(rest) = (eighths % BLOCKS.len()).checked_sub(1) {
        bar.extend(BLOCKS.get(rest));
    }
    bar
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn figures() -> Vec<Figure> {
        let mut read = Figure::higher("feed reads", 4_321.0, "/s")
            .against("SQL alone", 5_000.0)
            .wanted_ratio(0.9);
        read.cpu = Some(Shares {
            gateway: 80.2,
            service: 40.0,
            postgres: 60.0,
            broker: 0.0,
            redis: 0.1,
            generator: 30.0,
        });
        read.times = Some(Times {
            p50: 900,
            p90: 1_500,
            p99: 8_000,
            p999: 20_000,
            most: 1_000_000,
        });
        vec![
            read,
            Figure::time("quiet p99", Duration::from_micros(1_500)).note("while nobody signs in"),
        ]
    }

    #[test]
    fn a_chapter_is_a_table_with_a_plot() {
        let text = Chapter::new("feed", "reading", Ok(figures())).text();
        assert!(text.starts_with("feed: reading\n"), "{text}");
        assert!(text.contains("SQL alone: 5,000"), "{text}");
        assert!(text.contains("0.86  ratio ≥ 0.9 MISSED  180 µs: gateway 80.2, service 40.0, postgres 60.0 (load 30.0)"), "{text}");
        let bars: Vec<usize> = text
            .lines()
            .filter(|line| line.contains(" ms ") && line.contains('█'))
            .map(|line| line.matches('█').count())
            .collect();
        assert_eq!(bars.len(), 5, "{text}");
        assert!(bars.is_sorted() && bars.last() == Some(&BAR), "{text}");
    }

    #[test]
    fn a_page_has_the_notes_and_says_what_failed() {
        let page = Chapter::new("feed", "reading", Ok(figures())).markdown();
        assert!(
            page.contains(
                "| feed reads | 4,321 /s | SQL alone: 5,000 | 0.86 | ratio ≥ 0.9 MISSED |"
            ),
            "{page}"
        );
        assert!(
            page.contains("\nquiet p99: while nobody signs in.\n"),
            "{page}"
        );
        let page = Chapter::new("feed", "reading", Err("no disk".to_owned())).markdown();
        assert!(
            page.contains("Failed: no disk") && !page.contains("| figure"),
            "{page}"
        );
    }

    #[test]
    fn numbers_have_the_digits_that_say_something() {
        let shown = [1_234_567.0, -4_321.4, 123.4, 12.34, 1.234, 0.123_4].map(rounded);
        assert_eq!(
            shown,
            ["1,234,567", "-4,321", "123", "12.3", "1.23", "0.123"]
        );
    }
}
