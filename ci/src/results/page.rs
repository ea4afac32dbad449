//! Text and tables in the width of a page.

use super::names;
use crate::style::{FAINT, paint};
use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement};
use comfy_table::{LineStyle, Table, presets};
use textwrap::{Options, WordSeparator, WordSplitter};

/// The width of a page, in columns.
pub(crate) const WIDTH: usize = 80;

/// `text` after `first`, its later lines after as many blanks. Names that are longer than a line stay whole.
pub(crate) fn wrapped(first: &str, text: &str) -> String {
    let blanks = " ".repeat(first.chars().count());
    hanging(first, &blanks, text)
}

/// `text` after `first`, its later lines after `next`.
pub(crate) fn hanging(first: &str, next: &str, text: &str) -> String {
    let options = Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(next)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options).join("\n") + "\n"
}

/// What stands in a table where there is nothing: the eye is to find what is there.
pub(crate) const NOTHING: &str = "·";

/// A table that fits a page. A column in which nothing stands is left out. The first column and as many at
/// the end as are `left` are aligned to the left, the rest to the right; the first is not broken.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<Cell>>, left: &[usize]) -> String {
    let holds = |column: &usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(*column));
        *column == 0 || cells.any(|cell| ![NOTHING, ""].contains(&cell.content().as_str()))
    };
    let shown: Vec<usize> = (0..head.len()).filter(holds).collect();
    let mut table = Table::new();
    let style = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).enforce_styling();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
    let bold = |column: &usize| Cell::new(head[*column]).add_attribute(Attribute::Bold);
    table.set_header(shown.iter().map(bold));
    for row in rows {
        let cells = row.into_iter().enumerate().filter(|(column, _)| shown.contains(column));
        table.add_row(cells.map(|(_, cell)| cell));
    }
    for (column, place) in table.column_iter_mut().zip(&shown) {
        if *place == 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        } else if !left.contains(place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

/// `name` and what there is to say of it: in one line where both fit, else below it.
pub(crate) fn entry(indent: &str, name: &str, says: &str) -> String {
    let one = format!("{indent}{name}  {says}");
    let plain = anstream::adapter::strip_str(&one).to_string();
    match plain.chars().count() <= WIDTH {
        true => one + "\n",
        false => format!("{indent}{name}\n{}", wrapped(&format!("{indent}    "), says)),
    }
}

/// A line with the name of a claim; two where it is longer than a page is wide.
pub(crate) fn claim(name: &str) -> String {
    let (area, claim, _) = names::split(name);
    let area = names::join(area, "", "");
    let between = if name.chars().count() > WIDTH { "\n  " } else { "" };
    format!("{}{between}{claim}\n", paint(FAINT, &area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_wider_than_a_page() {
        let text = wrapped("  label  ", &"word ".repeat(40));
        assert!(text.lines().count() == 3 && text.ends_with("word\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("         word")), "{text}");
        assert_eq!(wrapped("  label  ", "short"), "  label  short\n");
    }

    #[test]
    fn a_table_fits_and_has_no_empty_column() {
        let row = |name: &str, says: &str| {
            [name, NOTHING, "7", "", says].map(Cell::new).into_iter().collect::<Vec<_>>()
        };
        let long = "words that do not fit beside the rest and are therefore put below each other";
        let name = "a-name-that-is-not-broken-however-long-it-may-be";
        let text = table(
            &["", "nothing", "number", "empty", "says"],
            vec![row(name, long), row("b", "x")],
            &[4],
        );
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains(name) && text.contains("therefore"), "{text}");
        assert!(!text.contains("nothing") && !text.contains("empty"), "{text}");
    }

    #[test]
    fn what_is_said_of_a_name_is_beside_it_or_below() {
        assert_eq!(entry("  ", "name", "says"), "  name  says\n");
        let long = "x".repeat(76);
        assert_eq!(entry("  ", &long, "says it"), format!("  {long}\n      says it\n"));
    }

    #[test]
    fn a_long_name_is_broken_behind_its_area() {
        let plain = |name: &str| anstream::adapter::strip_str(&claim(name)).to_string();
        let long = "x".repeat(74);
        assert_eq!(plain(&format!("a::b::{long}")), format!("a::b::{long}\n"));
        assert_eq!(plain(&format!("a::b::{long}x")), format!("a::b::\n  {long}x\n"));
    }
}
