//! The pages as HTML. Askama escapes every value.

use super::model::{Claim, Fared, Model, Outcome, Promise, Reason};
use super::picture::{self, Picture};
use super::standing::Standing;
use crate::printable::lines;
use crate::style::plural;
use askama::Template;
use harness::describe::SourceText;

/// What the page of a promise shows of what was observed, in characters. The script shows all.
const MAX_TEXT: usize = 100;

/// The text of a page, in which everything can be shown.
fn text(page: &impl Template) -> String {
    let text = page.render().expect("a page of strings is rendered");
    lines(&text).into_owned()
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    model: &'a Model,
    mechanisms: Vec<Mechanism<'a>>,
    legend: [Standing; 12],
}

struct Mechanism<'a> {
    name: &'a str,
    promises: usize,
    documents: Vec<Document<'a>>,
}

impl Mechanism<'_> {
    fn size(&self) -> String {
        plural(self.promises, "promises")
    }
}

struct Document<'a> {
    title: &'a str,
    promises: &'a [Promise],
}

/// The table.
pub(super) fn index(model: &Model) -> String {
    let mechanisms = model.promises.chunk_by(|a, b| a.mechanism == b.mechanism).map(|all| {
        let documents = all.chunk_by(|a, b| a.document == b.document);
        Mechanism {
            name: &all[0].mechanism,
            promises: all.len(),
            documents: documents
                .map(|promises| Document { title: &promises[0].document, promises })
                .collect(),
        }
    });
    let mechanisms = mechanisms.collect();
    text(&Index { model, mechanisms, legend: Standing::ALL })
}

impl Index<'_> {
    fn promises(&self) -> String {
        plural(self.model.promises.len(), "promises")
    }

    fn cases(&self) -> String {
        plural(self.model.cases, "cases")
    }

    fn columns(&self) -> String {
        plural(self.model.columns.len(), "kernels and variants")
    }
}

impl Promise {
    /// What is promised, or its id where that is not known.
    fn name(&self) -> &str {
        if self.text.is_empty() { &self.id } else { &self.text }
    }
}

#[derive(Template)]
#[template(path = "promise.html")]
struct OfPromise<'a> {
    model: &'a Model,
    promise: &'a Promise,
    picture: Picture,
    cases: usize,
}

/// The page of a promise.
pub(super) fn promise(model: &Model, promise: &Promise) -> String {
    let picture = picture::picture(model, promise);
    let claims = promise.entries.iter().flat_map(|entry| &entry.claims);
    let cases = claims.map(|claim| claim.rows.len().max(1)).sum();
    text(&OfPromise { model, promise, picture, cases })
}

impl OfPromise<'_> {
    fn size(&self) -> String {
        plural(self.cases, "cases")
    }

    /// Whether a document's address is one to follow: what a suite says is not trusted.
    #[expect(clippy::unused_self, reason = "a template calls methods")]
    fn is_web(&self, source: &SourceText) -> bool {
        source.url.starts_with("https://") || source.url.starts_with("http://")
    }

    /// The documents, each with its places.
    fn sources(&self) -> Vec<(&SourceText, String)> {
        let mut sources: Vec<(&SourceText, String)> = Vec::new();
        for source in &self.promise.sources {
            let is_same = |other: &&mut (&SourceText, String)| {
                (&other.0.title, &other.0.edition, &other.0.url)
                    == (&source.title, &source.edition, &source.url)
            };
            match sources.iter_mut().find(is_same) {
                Some((_, places)) => *places += &format!("; {}", source.place),
                None => sources.push((source, source.place.clone())),
            }
        }
        sources
    }

    fn reasons(&self, outcome: &Outcome) -> Vec<&Reason> {
        outcome.reasons.iter().map(|at| &self.model.reasons[*at]).collect()
    }
}

impl Fared {
    /// The claims by their areas, each with the number of its rows: `a_claim [12]`.
    fn areas(&self) -> Vec<(&str, String)> {
        let split = |claim: &Claim| {
            let (area, name) = claim.name.rsplit_once("::").unwrap_or(("", &claim.name));
            let rows = match claim.rows.len() {
                0 => String::new(),
                rows => format!(" [{rows}]"),
            };
            (area.len(), format!("{name}{rows}"))
        };
        let mut areas: Vec<(&str, String)> = Vec::new();
        for claim in &self.claims {
            let (end, name) = split(claim);
            let area = &claim.name[..end];
            match areas.last_mut().filter(|(last, _)| *last == area) {
                Some((_, names)) => *names += &format!(", {name}"),
                None => areas.push((area, name)),
            }
        }
        areas
    }
}

impl Outcome {
    /// What was observed, as far as a page has room for it: nothing of a promise that is kept, nor of another
    /// system.
    fn shown(&self) -> String {
        if self.standing == Standing::Holds || !self.is_of_kernels {
            return String::new();
        }
        let Some(text) = self.texts.first() else { return String::new() };
        let short = match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.clone(),
        };
        match self.texts.len() {
            1 => short,
            all => format!("{short} (and {} more)", all - 1),
        }
    }
}
