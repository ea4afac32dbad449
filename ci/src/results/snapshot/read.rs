//! From the texts of its files to a table.

use super::table::{Case, Column, Table};
use super::{AREA, COLUMNS, FORM, KERNELS, LACKS, NEEDS, PROMISES, STARTED, SYSTEMS, content};
use crate::results::cell::Cell;
use crate::results::names::join;
use crate::results::ranges::{self, Id, Series};
use std::collections::{BTreeMap, BTreeSet};

/// The lines of a file with their numbers, without its first and last; and what it is of.
type Lines<'a> = (&'a str, Vec<(usize, &'a str)>);

fn lines(text: &str) -> Result<Lines<'_>, String> {
    let skipped = text[..text.len() - content(text).len()].lines().count();
    let mut lines = content(text).lines().enumerate().map(|(at, line)| (at + skipped + 1, line));
    let first = lines.next().and_then(|(_, line)| line.strip_prefix(AREA)).unwrap_or_default();
    let (form, name) = first.trim_start().split_once(": ").unwrap_or((first, ""));
    if form.trim() != FORM {
        let form = form.trim();
        return Err(format!("its form is {form:?}, and this sigsys reads {FORM:?}: make it again"));
    }
    let mut lines: Vec<_> = lines.filter(|(_, line)| !line.is_empty()).collect();
    match lines.pop() {
        Some((_, last)) if last == format!("end of {name}") => Ok((name, lines)),
        _ => Err("it was cut off before its end".into()),
    }
}

/// Reads the file of the columns.
///
/// # Errors
/// Says which line is wrong, and how.
pub(crate) fn columns(text: &str) -> Result<Table, String> {
    let (name, lines) = lines(text)?;
    if name != COLUMNS {
        return Err(format!("it is of {name}, not of the columns"));
    }
    let mut columns: BTreeMap<Id, Column> = BTreeMap::new();
    // What is said of columns comes after the columns.
    let mut section = "";
    let mut said = Vec::new();
    for (number, line) in lines {
        let wrong = || format!("line {number}: `{line}` is no line of the columns");
        let Some(entry) = line.strip_prefix("  ") else {
            section = line;
            continue;
        };
        let (first, value) = entry.split_once("  ").unwrap_or((entry, ""));
        let value = value.trim_start();
        let mut add = |id: Id, version: &str| {
            let fault = id.fault();
            let column = Column { version: version.into(), ..Column::default() };
            match fault {
                Some(fault) => Err(format!("line {number}: {fault}")),
                None if columns.insert(id, column).is_some() => Err(wrong()),
                None => Ok(()),
            }
        };
        match section {
            KERNELS => {
                let series = Series::new(first);
                for variant in value.split(' ') {
                    add(Id::Kernel(series.clone(), variant.into()), "")?;
                }
            }
            SYSTEMS => add(Id::System(first.into()), value)?,
            STARTED => said.push((number, "", first, value)),
            other => {
                let need = other.strip_prefix(LACKS).ok_or_else(wrong)?;
                said.push((number, need.trim(), first, value));
            }
        }
    }
    let ids: Vec<Id> = columns.keys().cloned().collect();
    let known: BTreeSet<&Id> = ids.iter().collect();
    for (number, need, terms, value) in said {
        let found = ranges::read(terms, &known, &known);
        for id in found.map_err(|why| format!("line {number}: {why}"))? {
            let Some(column) = columns.get_mut(id) else { continue };
            if need.is_empty() {
                column.started = value.into();
            } else {
                column.lacks.insert(need.into(), value.into());
            }
        }
    }
    Ok(Table { columns, cases: BTreeMap::new() })
}

/// An entry while it is read.
#[derive(Debug, Default)]
struct Entry<'a> {
    claim: &'a str,
    /// Promises and needs of all rows, then those of the rows that are being read.
    shared: [Vec<String>; 2],
    own: [Option<Vec<String>>; 2],
    rows: Vec<&'a str>,
    /// Terms and values, with the numbers of their lines.
    values: Vec<(usize, &'a str, Cell)>,
    /// Whether rows have begun.
    begun: bool,
}

/// Reads the file of an area into a table whose columns are known; gives the name of the area.
///
/// # Errors
/// Says which line is wrong, and how.
pub(crate) fn area(text: &str, table: &mut Table) -> Result<String, String> {
    let (area, lines) = lines(text)?;
    let mut entry = Entry::default();
    for (number, line) in lines {
        let wrong = || format!("line {number}: `{line}` is no line of a snapshot");
        let Some(rest) = line.strip_prefix("  ") else {
            entry.add_to(table, area)?;
            entry = Entry { claim: line, ..Entry::default() };
            continue;
        };
        if entry.claim.is_empty() {
            return Err(wrong());
        }
        if rest.starts_with('[') {
            if entry.begun {
                entry.add_to(table, area)?;
            }
            entry.values.clear();
            entry.own = [None, None];
            entry.rows = rows(rest).ok_or_else(wrong)?;
            entry.begun = true;
            continue;
        }
        let (first, value) = rest.split_once("  ").ok_or_else(wrong)?;
        let value = value.trim_start();
        if let Some(which) = [PROMISES, NEEDS].iter().position(|word| *word == first) {
            let words = value.split(' ').map(str::to_owned).collect();
            if entry.begun {
                entry.own[which] = Some(words);
            } else {
                entry.shared[which] = words;
            }
            continue;
        }
        entry.values.push((number, first, Cell::read(value).ok_or_else(wrong)?));
    }
    entry.add_to(table, area)?;
    Ok(area.to_owned())
}

/// Reads what `list` of the other direction writes.
pub(super) fn rows(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    Some(match inner.strip_suffix(';') {
        Some(one) => vec![one],
        None if inner.contains("; ") => inner.split("; ").collect(),
        None => inner.split(", ").collect(),
    })
}

impl Entry<'_> {
    /// Adds the rows that were read last.
    fn add_to(&self, table: &mut Table, area: &str) -> Result<(), String> {
        if self.claim.is_empty() {
            return Ok(());
        }
        let [clauses, needs] = [0, 1]
            .map(|which| self.own[which].clone().unwrap_or_else(|| self.shared[which].clone()));
        let mut case = Case { clauses, needs, cells: BTreeMap::new() };
        let known: BTreeSet<&Id> = table.columns.keys().collect();
        let (offering, lacking): (BTreeSet<&Id>, BTreeSet<&Id>) =
            known.iter().partition(|id| table.implied(&case, id).is_none());
        for (number, terms, cell) in &self.values {
            let wrong = |why: String| format!("line {number}: {why}");
            let exceptional = terms.starts_with('!');
            let domain = if exceptional { &lacking } else { &offering };
            let terms = if exceptional { terms.replace('!', "") } else { (*terms).to_owned() };
            for id in ranges::read(&terms, domain, &known).map_err(wrong)? {
                if case.cells.insert(id.clone(), cell.clone()).is_some() {
                    return Err(wrong(format!("{} has a value already", id.name())));
                }
            }
        }
        for row in if self.rows.is_empty() { &[""][..] } else { &self.rows[..] } {
            let name = join(area, self.claim, row);
            if table.cases.insert(name.clone(), case.clone()).is_some() {
                return Err(format!("it holds {name} twice"));
            }
        }
        Ok(())
    }
}
