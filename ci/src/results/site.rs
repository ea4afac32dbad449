//! A static site of what kernels did: a table of promises and kernels, and a page for each promise. It is made
//! of strings; nothing is written here. The same results make the same bytes.

mod columns;
mod data;
mod model;
mod pages;
mod picture;
mod standing;
#[cfg(test)]
mod tests;

use super::run_results::Results;
use harness::describe::Description;
use std::collections::BTreeMap;

/// The page that is opened first.
pub(crate) const INDEX: &str = "index.html";
/// The folder of the pages of promises.
pub(crate) const PROMISES: &str = "promise";
/// The file that says that a folder is a site of this tool.
pub(crate) const MARKER: &str = ".sigsys-report";
/// What is in it: the form of the site.
const FORM: &str = "sigsys report 1\n";
const STYLE: &str = "site.css";
const SCRIPT: &str = "site.js";
const DATA: &str = "data.js";

/// What a site is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    /// What kernels did.
    pub all: &'a [Results],
    /// What the suite says of its promises and cases.
    pub description: Option<&'a Description>,
    /// How the suite is started on another system, by its name; `{suite}` is the suite.
    pub systems: &'a BTreeMap<String, String>,
}

/// The files of a site, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Site {
    /// Each file by its path in the folder.
    pub files: BTreeMap<String, String>,
    /// How many promises and columns there are.
    pub promises: usize,
    pub columns: usize,
    /// What a reader must know before believing any of it.
    pub notes: Vec<String>,
}

/// The site of these results; nothing where they hold no case.
pub(crate) fn site(input: Input) -> Option<Site> {
    let model = model::Model::of(input)?;
    let mut files = BTreeMap::from([
        (MARKER.to_owned(), FORM.to_owned()),
        (STYLE.to_owned(), include_str!("../../templates/site.css").to_owned()),
        (SCRIPT.to_owned(), include_str!("../../templates/site.js").to_owned()),
        (DATA.to_owned(), data::script(&model)),
        (INDEX.to_owned(), pages::index(&model)),
    ]);
    for promise in &model.promises {
        files.insert(promise.address.clone(), pages::promise(&model, promise));
    }
    let (promises, columns) = (model.promises.len(), model.columns.len());
    Some(Site { files, promises, columns, notes: model.notes })
}

/// Whether a site can have a file of this path: what else lies in a folder was put there by somebody.
pub(crate) fn is_own(path: &str) -> bool {
    match path.split_once('/') {
        None => [INDEX, STYLE, SCRIPT, DATA, MARKER].contains(&path),
        Some((folder, name)) => {
            folder == PROMISES && !name.contains('/') && name.ends_with(".html")
        }
    }
}
