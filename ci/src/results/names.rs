//! The names of cases, `AREA::CLAIM[ROW]`, taken apart and put together.

/// How many names of cases are shown before the rest is counted.
const MAX_NAMES_SHOWN: usize = 3;
/// The area of a case that is in none.
const NO_AREA: &str = "-";

/// Area, claim and row of a case's name. Without a row, that is empty.
pub(crate) fn split(name: &str) -> (&str, &str, &str) {
    let (front, row) = match name.split_once('[') {
        Some((front, row)) => (front, row.strip_suffix(']').unwrap_or(row)),
        None => (name, ""),
    };
    match front.match_indices("::").nth(1) {
        Some((end, _)) => (&front[..end], &front[end + 2..], row),
        None => (NO_AREA, front, row),
    }
}

/// The name that has these parts.
pub(crate) fn join(area: &str, claim: &str, row: &str) -> String {
    let front = if area == NO_AREA { claim.to_owned() } else { format!("{area}::{claim}") };
    if row.is_empty() { front } else { format!("{front}[{row}]") }
}

/// A case's name without the row of a table: folder, file and function.
pub(crate) fn claim(name: &str) -> &str {
    name.split_once('[').map_or(name, |(claim, _)| claim)
}

/// Rows between brackets: `[a, b]`; where one of them has a comma of its own, `[a, b; c, d]`, and `[a, b;]`.
pub(crate) fn rows(rows: &[&str]) -> String {
    if !rows.iter().any(|row| row.contains(", ")) {
        return format!("[{}]", rows.join(", "));
    }
    match rows {
        [one] => format!("[{one};]"),
        rows => format!("[{}]", rows.join("; ")),
    }
}

/// The first names, and how many more there are.
pub(crate) fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(MAX_NAMES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MAX_NAMES_SHOWN {
        text += &format!(" and {} more", names.len() - MAX_NAMES_SHOWN);
    }
    text
}
