//! Medians, ratios and the one table.

use std::time::Duration;

/// Measured times of one contender.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes one more time.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The middle one, in milliseconds; of an even number the mean of the middle two.
    pub fn median(&self) -> f64 {
        let mut sorted: Vec<f64> = self
            .0
            .iter()
            .map(|time| time.as_secs_f64() * 1000.0)
            .collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        }
    }

    /// Median, with the least and the most.
    pub fn shown(&self) -> String {
        let least = self.0.iter().min().copied().unwrap_or_default();
        let most = self.0.iter().max().copied().unwrap_or_default();
        format!(
            "{:.0} ms ({}-{}, {} runs)",
            self.median(),
            least.as_millis(),
            most.as_millis(),
            self.0.len()
        )
    }
}

/// On which side of its target a ratio should be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Target {
    fn words(self) -> String {
        match self {
            Self::AtMost(most) => format!("<= {most:.2}"),
            Self::AtLeast(least) => format!(">= {least:.0}"),
        }
    }

    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row(String);

impl Row {
    /// A ratio of two medians: `over` divided by `under`.
    pub fn ratio(what: &str, target: Target, over: (&str, &Times), under: (&str, &Times)) -> Self {
        let ratio = over.1.median() / under.1.median();
        let verdict = if target.holds(ratio) { "yes" } else { "**no**" };
        Self(format!(
            "| {what} | {} | {ratio:.2} | {verdict} | {}: {} | {}: {} |",
            target.words(),
            over.0,
            over.1.shown(),
            under.0,
            under.1.shown(),
        ))
    }

    /// A line that was counted, not timed.
    pub fn counted(what: &str, target: &str, found: &str, holds: bool) -> Self {
        let verdict = if holds { "yes" } else { "**no**" };
        Self(format!(
            "| {what} | {target} | {found} | {verdict} | counted | |"
        ))
    }

    /// A line that could not be measured, and why.
    pub fn missing(what: &str, target: Target, why: &str) -> Self {
        Self(format!(
            "| {what} | {} | not measured | | {why} | |",
            target.words()
        ))
    }
}

/// The table as Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| What | Target | Ratio | Met | Over: median (least-most) | Under: median (least-most) |\n\
         |---|---|---|---|---|---|\n",
    );
    for row in rows {
        text += &row.0;
        text.push('\n');
    }
    text
}
