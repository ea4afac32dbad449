//! The table: areas against verdicts.

use comfy_table::{Attribute, Cell, CellAlignment, Color, LineStyle, Table, presets};
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
    let mut table = Table::new();
    let style = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).enforce_styling();
    table.set_header(COLUMNS.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    for (area, counts) in &rows {
        table.add_row(row(Cell::new(area), counts));
    }
    if rows.len() > 1 {
        table.add_row(row(Cell::new("total").add_attribute(Attribute::Bold), &total));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt() + "\n"
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

/// Nothing is a dot: the eye is to find what is there.
fn coloured(count: usize, text: String, colour: Color) -> Cell {
    match count {
        0 => Cell::new("·"),
        _ => Cell::new(text).fg(colour),
    }
}
