//! What the script of the site knows: the same as its pages, as a script that sets one constant. A page that is
//! opened from a file can load that, and nothing else.

use super::columns::{Column, Kernel};
use super::model::{Claim, Group, Model, Promise, Reason, Value};
use super::standing::{Standing, Summary};
use crate::printable::printable;
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands before the data.
const BEFORE: &str = "\"use strict\";\nconst SIGSYS = ";

#[derive(Serialize)]
struct Data<'a> {
    standings: Vec<StandingData>,
    columns: Vec<ColumnData<'a>>,
    kernels: Vec<KernelData<'a>>,
    /// What cells of the table say: a place in `standings`, cases that came to it, cases.
    summaries: Vec<(usize, usize, usize)>,
    /// Sets of columns: in words, and as `0-3 8`.
    spans: Vec<(&'a str, String)>,
    /// Texts that are said more than once.
    texts: Vec<&'a str>,
    /// Folders and files of cases.
    areas: Vec<(&'a str, &'a str)>,
    /// What cases need, in words.
    needs: Vec<String>,
    reasons: Vec<ReasonData<'a>>,
    documents: Vec<(String, &'a str)>,
    outcomes: Vec<Vec<ValueData>>,
    groups: Vec<GroupData<'a>>,
    promises: Vec<PromiseData<'a>>,
}

#[derive(Serialize)]
struct StandingData {
    words: &'static str,
    class: &'static str,
    sign: &'static str,
}

#[derive(Serialize)]
struct ColumnData<'a> {
    name: &'a str,
    variant: &'a str,
    title: &'a str,
    again: &'a str,
}

#[derive(Serialize)]
struct KernelData<'a> {
    label: &'a str,
    columns: &'a [usize],
}

#[derive(Serialize)]
struct ReasonData<'a> {
    why: &'a str,
    range: &'a str,
    source: &'a str,
}

/// Cases of one claim that fare alike, in numbers: a place in `areas`, the line in its file, the claim without its
/// area, the rows, a place in `texts` (what they catch), in `needs`, in `outcomes`.
type GroupData<'a> = (usize, &'a str, &'a str, &'a [String], usize, usize, usize);

/// What cases came to somewhere: a place in `standings`, in `texts` and in `spans`; places in `reasons`, each with
/// the columns it is said of.
type ValueData = (usize, usize, usize, Vec<(usize, String)>);

#[derive(Serialize)]
struct PromiseData<'a> {
    id: &'a str,
    page: &'a str,
    text: &'a str,
    terms: &'a str,
    validity: &'a str,
    unobservable: &'a str,
    /// A place in `documents`, and one in the document.
    sources: Vec<(usize, &'a str)>,
    groups: &'a [usize],
    /// Places in `summaries` and `spans`: what it comes to where.
    cells: Vec<(usize, usize)>,
    /// Places in `summaries`: of each kernel over its variants.
    folded: Vec<usize>,
}

/// Things by the place that each has got.
struct Places<T>(BTreeMap<T, usize>);

impl<T: Ord> Places<T> {
    const fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn of(&mut self, thing: T) -> usize {
        let next = self.0.len();
        *self.0.entry(thing).or_insert(next)
    }

    fn in_order(self) -> Vec<T> {
        let mut all: Vec<(T, usize)> = self.0.into_iter().collect();
        all.sort_by_key(|(_, place)| *place);
        all.into_iter().map(|(thing, _)| thing).collect()
    }
}

/// What is said more than once, while the data are made.
struct Shared<'a> {
    texts: Places<&'a str>,
    needs: Places<String>,
    documents: Places<(String, &'a str)>,
    summaries: Places<Summary>,
    spans: Places<(&'a str, String)>,
    outcomes: Places<Vec<ValueData>>,
    areas: Places<(&'a str, &'a str)>,
}

/// The script.
pub(super) fn script(model: &Model) -> String {
    let mut shared = Shared {
        texts: Places::new(),
        needs: Places::new(),
        documents: Places::new(),
        summaries: Places::new(),
        spans: Places::new(),
        outcomes: Places::new(),
        areas: Places::new(),
    };
    let groups = model.groups.iter().map(|group| shared.group(group)).collect();
    let promises = model.promises.iter().map(|promise| shared.promise(promise)).collect();
    let Shared { texts, needs, documents, summaries, spans, outcomes, areas } = shared;
    let data = Data {
        standings: Standing::ALL.into_iter().map(StandingData::from).collect(),
        columns: model.columns.iter().map(ColumnData::from).collect(),
        kernels: model.kernels.iter().map(KernelData::from).collect(),
        summaries: summaries
            .in_order()
            .into_iter()
            .map(|Summary { worst, count, of }| (place(worst), count, of))
            .collect(),
        spans: spans.in_order(),
        texts: texts.in_order(),
        areas: areas.in_order(),
        needs: needs.in_order(),
        reasons: model.reasons.iter().map(ReasonData::from).collect(),
        documents: documents.in_order(),
        outcomes: outcomes.in_order(),
        groups,
        promises,
    };
    let mut data = serde_json::to_value(&data).expect("strings and numbers are JSON");
    make_plain(&mut data);
    format!("{BEFORE}{};\n", harmless(&data.to_string()))
}

/// Makes every string one that can be shown.
fn make_plain(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = printable(text).into_owned(),
        serde_json::Value::Array(all) => all.iter_mut().for_each(make_plain),
        serde_json::Value::Object(all) => all.values_mut().for_each(make_plain),
        _ => {}
    }
}

/// JSON without what a reader of HTML or of an older script could take for something else than text.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => text.push(c),
        }
    }
    text
}

impl From<Standing> for StandingData {
    fn from(standing: Standing) -> Self {
        let (words, class, sign) = (standing.words(), standing.class(), standing.sign());
        Self { words, class, sign }
    }
}

/// The place of a standing in the list of all.
fn place(standing: Standing) -> usize {
    Standing::ALL.into_iter().position(|own| own == standing).unwrap_or_default()
}

impl<'a> From<&'a Column> for ColumnData<'a> {
    fn from(column: &'a Column) -> Self {
        let Column { name, variant, title, again } = column;
        Self { name, variant, title, again }
    }
}

impl<'a> From<&'a Kernel> for KernelData<'a> {
    fn from(kernel: &'a Kernel) -> Self {
        Self { label: &kernel.label, columns: &kernel.columns }
    }
}

impl<'a> From<&'a Reason> for ReasonData<'a> {
    fn from(Reason { why, range, source }: &'a Reason) -> Self {
        Self { why, range, source }
    }
}

impl<'a> Shared<'a> {
    fn group(&mut self, group: &'a Group) -> GroupData<'a> {
        let Claim { name, rows, place, catches, needs } = &group.claim;
        let (area, claim) = name.rsplit_once("::").unwrap_or(("", name));
        let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
        let values = group.values.iter().map(|value| self.value(value)).collect();
        let (catches, needs) = (self.texts.of(catches), self.needs.of(needs.join(", ")));
        (self.areas.of((area, file)), line, claim, rows, catches, needs, self.outcomes.of(values))
    }

    fn value(&mut self, value: &'a Value) -> ValueData {
        let text = self.texts.of(&value.text);
        let span = self.spans.of((&value.range, runs(&value.columns)));
        let reasons = value
            .reasons
            .iter()
            .map(|(at, columns)| (*at, runs(&columns.iter().copied().collect::<Vec<_>>())));
        (place(value.standing), text, span, reasons.collect())
    }

    fn promise(&mut self, promise: &'a Promise) -> PromiseData<'a> {
        let sources = promise.sources.iter().map(|source| {
            let name = format!("{} ({})", source.title, source.edition);
            (self.documents.of((name, &source.url)), source.place.as_str())
        });
        let sources = sources.collect();
        let cells = promise.history.iter().map(|alike| {
            let span = self.spans.of((&alike.range, runs(&alike.columns)));
            (self.summaries.of(alike.summary), span)
        });
        let cells = cells.collect();
        PromiseData {
            id: &promise.id,
            page: &promise.address,
            text: &promise.text,
            terms: &promise.terms,
            validity: &promise.validity,
            unobservable: &promise.unobservable,
            sources,
            groups: &promise.groups,
            cells,
            folded: promise.folded.iter().map(|summary| self.summaries.of(*summary)).collect(),
        }
    }
}

/// Numbers in rising order as `0-3 8`.
fn runs(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        run => run.iter().map(usize::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_runs() {
        assert_eq!(runs(&[]), "");
        assert_eq!(runs(&[3]), "3");
        assert_eq!(runs(&[0, 1, 2, 5, 7, 8]), "0-2 5 7-8");
    }

    #[test]
    fn json_is_text_wherever_it_stands() {
        let hostile = "</script><!--\u{2028}&amp;";
        let json = harmless(&serde_json::to_string(hostile).expect("JSON"));
        assert!(!json.contains(['<', '>', '&', '\u{2028}']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), hostile);
    }
}
