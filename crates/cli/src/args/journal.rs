//! The words of `journal`.

use clap::{Args, Subcommand, ValueEnum};
use patchbay_contract::moment;
use patchbay_core::journal::filter::Ended;
use patchbay_core::ports::clock::UnixMillis;

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List the journal, oldest first
    List(JournalFilterArgs),
    /// Check that nothing was changed, removed or cut off
    Verify,
    /// Write the journal to stdout, without persons and error texts
    Export {
        /// In which form
        #[arg(long)]
        format: ExportFormat,
        /// Also user names, and error texts, which may name hosts and folders
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        filter: JournalFilterArgs,
    },
}

/// Which part of the journal; its lines are shown together, from their beginning to their end.
#[derive(Args, Debug)]
pub(crate) struct JournalFilterArgs {
    /// Only this instance, by the name it has or had; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: Vec<String>,
    /// Only instances that were this account's then
    #[arg(long, value_name = "LABEL")]
    pub(crate) account: Option<String>,
    /// Only what this login name did
    #[arg(long, value_name = "LOGIN")]
    pub(crate) person: Option<String>,
    /// Only what ended so; outcomeUnknown is what has no end yet
    #[arg(long, value_parser = outcome, value_name = "OUTCOME")]
    pub(crate) outcome: Option<Ended>,
    /// Nothing that had ended before: a day (UTC) or a time, as 2026-03-20 or 2026-03-20T09:46:40Z
    #[arg(long, value_parser = since, value_name = "TIME")]
    pub(crate) since: Option<UnixMillis>,
    /// Nothing that began later: a time, or a day (UTC) to its end
    #[arg(long, value_parser = until, value_name = "TIME")]
    pub(crate) until: Option<UnixMillis>,
}

fn outcome(text: &str) -> Result<Ended, String> {
    let words: Vec<_> = Ended::ALL.iter().map(|one| one.as_str()).collect();
    Ended::parse(text).ok_or_else(|| format!("one of {}", words.join(", ")))
}

fn since(text: &str) -> Result<UnixMillis, String> {
    let time = moment::day(text).or_else(|| moment::parse(text));
    time.ok_or_else(|| "a day as 2026-03-20, or a time as 2026-03-20T09:46:40Z".to_owned())
}

fn until(text: &str) -> Result<UnixMillis, String> {
    match moment::day(text) {
        Some(day) => Ok(UnixMillis(day.0 + 86_400_000)),
        None => since(text),
    }
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON document
    Json,
    /// Comma-separated values for a spreadsheet
    Csv,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reaches_from_its_beginning_to_its_end() {
        let noon = UnixMillis(1_774_008_000_000);
        assert_eq!(since("2026-03-20"), Ok(UnixMillis(1_773_964_800_000)));
        assert_eq!(until("2026-03-20"), Ok(UnixMillis(1_774_051_200_000)));
        assert_eq!(since("2026-03-20T12:00:00Z"), Ok(noon));
        assert_eq!(until("2026-03-20T20:00:00+08:00"), Ok(noon));
        assert!(since("20.03.2026").is_err() && until("").is_err());
    }

    #[test]
    fn outcomes_are_the_words_of_the_answers() {
        assert_eq!(outcome("done"), Ok(Ended::Done));
        let refused = outcome("green").unwrap_err();
        assert!(refused.contains("changedSincePlan"), "{refused}");
    }
}
