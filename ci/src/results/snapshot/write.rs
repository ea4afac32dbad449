//! From a table to the texts of its files.

use super::table::{Case, Split, Table};
use super::{AREA, COLUMNS, FORM, KERNELS, LACKS, NEEDS, PROMISES, STARTED, SYSTEMS};
use crate::results::cell::Cell;
use crate::results::names;
use crate::results::ranges::{self, Id};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of claims.
type Claims<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a Case)>>;

/// The text of every file, by the name of its area; that of the columns is called [`COLUMNS`].
pub(crate) fn texts(table: &Table) -> BTreeMap<String, String> {
    let mut areas: BTreeMap<String, Claims> = BTreeMap::new();
    for (name, case) in &table.cases {
        let (area, claim, row) = names::split(name);
        areas.entry(area.to_owned()).or_default().entry(claim).or_default().push((row, case));
    }
    let mut texts: BTreeMap<String, String> = areas
        .into_iter()
        .map(|(area, claims)| {
            let mut text = format!("{AREA} {FORM}: {area}\n");
            for (claim, rows) in claims {
                text += &format!("\n{claim}\n");
                text += &entry(table, &rows);
            }
            text += &format!("\nend of {area}\n");
            (area, text)
        })
        .collect();
    texts.insert(COLUMNS.to_owned(), columns(table));
    texts
}

fn entry(table: &Table, rows: &[(&str, &Case)]) -> String {
    let first = rows[0].1;
    let shared = |of: fn(&Case) -> &Vec<String>| rows.iter().all(|(_, case)| of(case) == of(first));
    let promises = shared(|case| &case.clauses);
    let needs = shared(|case| &case.needs);
    let mut text = String::new();
    if promises {
        text += &words(PROMISES, &first.clauses);
    }
    if needs {
        text += &words(NEEDS, &first.needs);
    }
    // Rows that are alike, in the order of the first of them.
    let mut alike: Vec<(Split, &Case, Vec<&str>)> = Vec::new();
    for (row, case) in rows {
        let split = table.split(case);
        let same = |(other, first, _): &&mut (Split, &Case, Vec<&str>)| {
            *other == split && first.clauses == case.clauses && first.needs == case.needs
        };
        match alike.iter_mut().find(same) {
            Some((.., rows)) => rows.push(row),
            None => alike.push((split, case, vec![row])),
        }
    }
    // Beside rows, a case without one has brackets, too: what stands before them is of all.
    let bracketed = alike.len() > 1;
    for (split, case, rows) in alike {
        if bracketed || rows != [""] {
            text += &format!("  {}\n", names::rows(&rows));
        }
        if !promises {
            text += &words(PROMISES, &case.clauses);
        }
        if !needs {
            text += &words(NEEDS, &case.needs);
        }
        text += &values(&split.values, &split.offering, "");
        text += &values(&split.exceptions, &split.lacking, "!");
    }
    text
}

fn words(what: &str, words: &[String]) -> String {
    match words {
        [] => String::new(),
        _ => format!("  {what:<8}  {}\n", words.join(" ")),
    }
}

fn values(values: &BTreeMap<&Cell, BTreeSet<&Id>>, domain: &BTreeSet<&Id>, mark: &str) -> String {
    let lines = values.iter().map(|(cell, ids)| (ids, cell.line()));
    grouped(lines.collect(), domain, mark)
}

/// A line per value, that of the oldest column first.
fn grouped(mut lines: Vec<(&BTreeSet<&Id>, String)>, domain: &BTreeSet<&Id>, mark: &str) -> String {
    lines.sort();
    let line = |(ids, value): (&BTreeSet<&Id>, String)| {
        let terms = ranges::write(ids, domain);
        let terms: Vec<String> = terms.split(", ").map(|term| format!("{mark}{term}")).collect();
        // Each line stands for itself: a longer one beside it moves nothing.
        format!("  {:<16}  {value}\n", terms.join(", "))
    };
    lines.into_iter().map(line).collect()
}

fn columns(table: &Table) -> String {
    let mut text = format!("{AREA} {FORM}: {COLUMNS}\n");
    let all: BTreeSet<&Id> = table.columns.keys().collect();
    let mut kernels: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for id in &all {
        if let Id::Kernel(series, variant) = id {
            kernels.entry(series).or_default().push(variant);
        }
    }
    text += &format!("\n{KERNELS}\n");
    for (series, variants) in kernels {
        text += &format!("  {:<16}  {}\n", series.text(), variants.join(" "));
    }
    text += &format!("\n{SYSTEMS}\n");
    for (id, column) in &table.columns {
        if let Id::System(name) = id {
            text += format!("  {name:<16}  {}", column.version).trim_end();
            text.push('\n');
        }
    }
    let mut started: BTreeMap<&str, BTreeSet<&Id>> = BTreeMap::new();
    let mut lacks: BTreeMap<&str, BTreeMap<&str, BTreeSet<&Id>>> = BTreeMap::new();
    for (id, column) in &table.columns {
        started.entry(&column.started).or_default().insert(id);
        for (need, reason) in &column.lacks {
            lacks.entry(need).or_default().entry(reason).or_default().insert(id);
        }
    }
    let lines = |values: &BTreeMap<&str, BTreeSet<&Id>>| {
        let lines = values.iter().map(|(value, ids)| (ids, (*value).to_owned()));
        grouped(lines.collect(), &all, "")
    };
    started.remove("");
    text += &format!("\n{STARTED}\n{}", lines(&started));
    for (need, reasons) in &lacks {
        text += &format!("\n{LACKS} {need}\n{}", lines(reasons));
    }
    text + &format!("\nend of {COLUMNS}\n")
}
