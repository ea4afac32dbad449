//! The last lines of the report: how many columns and boots there were, and how they went.

use super::column::{Outcome, Source};
use super::table::Row;
use crate::results::tally::Tally;
use crate::results::{page, taken};
use crate::style;

/// What there is to say in the end, after `wall` seconds; without them nothing was to be run.
pub(super) fn closing(rows: &[Row], wall: Option<f64>) -> String {
    let boots: Vec<(&str, Tally)> = rows
        .iter()
        .filter(|row| row.variant.is_some())
        .map(|row| (row.name.as_str(), row.tally))
        .collect();
    format!("{}{}{}", measured(rows), self::boots(&boots), columns(rows, wall))
}

/// How many verdicts were measured, where some were not.
fn measured(rows: &[Row]) -> String {
    let records = || rows.iter().filter_map(|row| row.record.as_ref());
    let taken: usize = records().map(taken::count).sum();
    if taken == 0 {
        return String::new();
    }
    let all: usize = records().map(|record| record.cases.len()).sum();
    let text = format!(
        "{} verdicts measured, {taken} taken over from the variant that runs everything (--full measures all)",
        all - taken
    );
    page::wrapped("cases   ", &text)
}

/// The boots of all columns, and those of each column where not one boot was enough.
fn boots(columns: &[(&str, Tally)]) -> String {
    let mut all = Tally::default();
    columns.iter().for_each(|(_, tally)| all += *tally);
    if all == Tally::default() {
        return String::new();
    }
    let odd: Vec<String> = columns
        .iter()
        .filter(|(_, tally)| !tally.is_plain())
        .map(|(name, tally)| format!("{name}: {}", words(*tally)))
        .collect();
    let mut text = format!("{} of {}", words(all), style::plural(columns.len(), "columns"));
    if !odd.is_empty() {
        text += &format!("; {}", odd.join("; "));
    }
    page::wrapped("boots   ", &text)
}

/// `3 boots, 1 died, 1 run begun anew`
fn words(tally: Tally) -> String {
    let died = match tally.died {
        0 => "none died".into(),
        died => format!("{died} died"),
    };
    let retried = match tally.retried {
        0 => String::new(),
        runs => format!(", {} begun anew", style::plural(runs, "runs")),
    };
    format!("{}, {died}{retried}", style::plural(tally.booted, "boots"))
}

fn columns(rows: &[Row], wall: Option<f64>) -> String {
    let (mut run, mut kept, mut missing, mut sum) = (0, 0, 0, 0.0);
    for row in rows {
        match &row.outcome {
            Outcome::Done(done, Source::Run) => {
                run += 1;
                sum += done.seconds;
            }
            Outcome::Done(_, Source::Kept) => kept += 1,
            _ => missing += 1,
        }
    }
    let mut parts = match wall {
        Some(_) => vec![format!("{run} run")],
        None => vec![format!("{kept} recorded")],
    };
    if kept > 0 && wall.is_some() {
        parts.push(format!("{kept} kept from before"));
    }
    if missing > 0 {
        parts.push(format!("{missing} without a result"));
    }
    let mut text = format!(
        "{} {}: {}",
        style::paint(style::STRONG, "matrix"),
        style::plural(rows.len(), "columns"),
        parts.join(", ")
    );
    let Some(wall) = wall else { return text + "\n" };
    if run > 0 {
        text += &format!("; {wall:.0} s, {:.2} of the {sum:.0} s they took together", wall / sum);
    } else if missing == 0 {
        text += "; nothing to do: kernels, suite and boot lines are those of the records (--again runs them anew)";
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_that_died_is_said_by_column() {
        let one = Tally { booted: 1, died: 0, retried: 0 };
        let columns = [("6.1-none", one), ("6.12-xonly", Tally { booted: 3, died: 1, retried: 1 })];
        assert_eq!(
            boots(&columns),
            "boots   4 boots, 1 died, 1 run begun anew of 2 columns; 6.12-xonly: 3 boots, 1\n        \
             died, 1 run begun anew\n"
        );
        assert_eq!(boots(&columns[..1]), "boots   1 boot, none died of 1 column\n");
        // Records of an older tool, which counted none, claim nothing.
        assert_eq!(boots(&[("6.1-none", Tally::default())]), "");
    }

    /// A second boot is said even if nothing died: a case had a second chance.
    #[test]
    fn a_second_boot_is_said() {
        let two = Tally { booted: 2, died: 0, retried: 0 };
        assert!(boots(&[("6.1-none", two)]).contains("6.1-none: 2 boots, none died"));
    }
}
