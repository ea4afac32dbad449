//! A picture of two fields, for a page: what was asked, and the worst of what came out.

use super::{Column, Document, checks};
use crate::style;
use harness::record::{Footer, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Width of a letter and of the space around a text, in pixels.
const LETTER: usize = 7;
const MARGIN: usize = 8;

/// White text stands out from each of these.
const GREY: &str = "#5c5c5c";
const GREEN: &str = "#1f7a37";
const OCHRE: &str = "#8a6100";
const RED: &str = "#b3261e";

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let (text, colour) = summary(document);
    let left = "sigsys";
    let (first, second) = (width(left), width(&text));
    let (all, middle, other) = (first + second, first / 2, first + second / 2);
    // The text is of words and numbers of this tool alone.
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" role="img" aria-labelledby="t">
<title id="t">{left}: {text}</title>
<rect width="{all}" height="20" rx="3" fill="{colour}"/>
<path d="M3 0h{first_end}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#333"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{middle}" y="14" textLength="{first_text}">{left}</text>
<text x="{other}" y="14" textLength="{second_text}">{text}</text>
</g>
</svg>"##,
        first_end = first - 3,
        first_text = first - 2 * MARGIN,
        second_text = second - 2 * MARGIN,
    )
}

fn width(text: &str) -> usize {
    text.chars().count() * LETTER + 2 * MARGIN
}

/// The text and its colour, by the worst that there is.
pub(super) fn summary(document: &Document) -> (String, &'static str) {
    // What is not Linux owes it nothing, and is not counted among kernels.
    let owes = |column: &&Column| document.is_one() || !column.is_another_system();
    let columns: Vec<&Column> = document.columns.iter().filter(owes).collect();
    let checks = columns.iter().flat_map(|column| checks::of(column)).map(|check| check.verdict);
    let faults: Vec<Verdict> = checks.filter(|verdict| !verdict.is_good()).collect();
    let cases = columns.iter().flat_map(|column| column.cases());
    let counts = Footer::count(cases.map(|case| case.verdict)).counts;
    let has_record = columns.iter().filter(|column| column.record().is_some()).count();
    let front = match document.is_one() {
        true => String::new(),
        false => format!("{}: ", style::plural(has_record, "columns")),
    };
    let (text, colour) = words(&counts, &faults);
    (front + &text, colour)
}

fn words(counts: &BTreeMap<Verdict, usize>, faults: &[Verdict]) -> (String, &'static str) {
    let said = |verdict: Verdict| {
        let count = counts.get(&verdict).copied().unwrap_or(0);
        let word = match (verdict, count) {
            (Verdict::Holds, 2..) => "hold",
            (Verdict::Deviates, 2..) => "deviate",
            _ => verdict.words(),
        };
        (count > 0).then(|| format!("{count} {word}"))
    };
    let list = |verdicts: &[Verdict]| -> Vec<String> {
        verdicts.iter().filter_map(|verdict| said(*verdict)).collect()
    };
    let mut bad = list(&Verdict::FAULTS);
    let registry = faults.contains(&Verdict::Violated);
    if registry {
        bad.push("registry at fault".into());
    }
    if faults.contains(&Verdict::Tainted) && !counts.contains_key(&Verdict::Tainted) {
        bad.push("tainted".into());
    }
    let mut unknown = list(&[Verdict::Broken]);
    if faults.contains(&Verdict::Broken) {
        unknown.push("not whole".into());
    }
    let good = list(&[Verdict::Holds, Verdict::Deviates]);
    match (bad.is_empty(), unknown.is_empty(), good.is_empty()) {
        (false, ..) => ([bad, unknown].concat().join(", "), RED),
        (_, false, _) => (unknown.join(", "), GREY),
        (_, _, true) => ("nothing is offered".into(), GREY),
        _ if counts.contains_key(&Verdict::Deviates) => (good.join(", "), OCHRE),
        _ => (good.join(", "), GREEN),
    }
}
