//! The table: areas against verdicts.

use crate::results::page::{self, NOTHING};
use comfy_table::{Attribute, Cell, Color};
use harness::describe::Description;
use harness::record::{CaseLine, Verdict};
use std::collections::{BTreeMap, HashMap};

const COLUMNS: [&str; 7] =
    ["area", "cases", "holds", "deviates", "violated", "not offered", "broken"];

/// Verdicts counted by their place in [`Verdict::ALL`].
type Counts = BTreeMap<Verdict, usize>;

/// One row per area, and the totals.
pub(super) fn text(cases: &[CaseLine], description: &Description) -> String {
    let areas: HashMap<&str, &str> =
        description.cases.iter().map(|case| (case.name.as_str(), case.area.as_str())).collect();
    let mut rows: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut total = Counts::new();
    for case in cases {
        let area = areas.get(case.name.as_str()).copied().unwrap_or("(not described)");
        *rows.entry(area).or_default().entry(case.verdict).or_default() += 1;
        *total.entry(case.verdict).or_default() += 1;
    }
    let mut cells: Vec<Vec<Cell>> =
        rows.iter().map(|(area, counts)| row(Cell::new(area), counts)).collect();
    if rows.len() > 1 {
        cells.push(row(Cell::new("total").add_attribute(Attribute::Bold), &total));
    }
    page::table(&COLUMNS, cells, &[])
}

fn row(first: Cell, counts: &Counts) -> Vec<Cell> {
    let of = |verdict| counts.get(&verdict).copied().unwrap_or(0);
    let cell = |verdict, colour| coloured(of(verdict), of(verdict).to_string(), colour);
    vec![
        first,
        Cell::new(counts.values().sum::<usize>()),
        cell(Verdict::Holds, Color::Green),
        cell(Verdict::Deviates, Color::Yellow),
        bad(counts),
        cell(Verdict::NotOffered, Color::Grey),
        cell(Verdict::Broken, Color::Yellow),
    ]
}

/// How many are violated, and what else the kernel is to blame for.
fn bad(counts: &Counts) -> Cell {
    let mut parts = Vec::new();
    let mut sum = 0;
    for verdict in Verdict::FAULTS {
        let count = counts.get(&verdict).copied().unwrap_or(0);
        sum += count;
        match verdict {
            _ if count == 0 => {}
            Verdict::Violated => parts.push(count.to_string()),
            _ => parts.push(format!("{count} {}", verdict.words())),
        }
    }
    coloured(sum, parts.join("\n"), Color::Red)
}

fn coloured(count: usize, text: String, colour: Color) -> Cell {
    match count {
        0 => Cell::new(NOTHING),
        _ => Cell::new(text).fg(colour),
    }
}
