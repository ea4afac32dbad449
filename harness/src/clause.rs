//! A promise, in our own words, with the places of the documents that make it.

use std::fmt;

/// How strongly a document puts a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// It is stated as a fact or a duty.
    Must,
    /// It is allowed, not required.
    May,
    /// A warning about how things are.
    Caveat,
}

/// A text that makes promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is called: `seccomp(2)`.
    pub title: &'static str,
    /// Which edition was read: a release, a version of a patch, a commit; empty where there is only one.
    pub edition: &'static str,
    /// Where it can be read; empty where it is not on the web.
    pub url: &'static str,
}

impl Document {
    /// A place in this document; empty for the document as a whole.
    #[must_use]
    pub const fn at(self, place: &'static str) -> Source {
        Source { document: self, place }
    }
}

/// Where a promise is made. Prints as `title (edition), place`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The document.
    pub document: Document,
    /// Where in it: a heading, an entry of a list, a function; empty for the whole.
    pub place: &'static str,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_source(f, self.document.title, self.document.edition, self.place)
    }
}

/// `title (edition), place`, without what is empty.
pub(crate) fn write_source(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    edition: &str,
    place: &str,
) -> fmt::Result {
    f.write_str(title)?;
    if !edition.is_empty() {
        write!(f, " ({edition})")?;
    }
    if !place.is_empty() {
        write!(f, ", {place}")?;
    }
    Ok(())
}

/// One promise. Cases cite it; `sigsys explain` prints it.
#[derive(Debug)]
pub struct Clause {
    /// Its name for all time, by what it is about: `dispatch/prctl/off-args-zero`.
    pub id: &'static str,
    /// What is promised, in our own words.
    pub promise: &'static str,
    /// Every document that makes this promise, with the place.
    pub sources: &'static [Source],
    /// Words by which people search for it and that neither promise nor places say: constants, fields,
    /// errors, the documents' own terms. Single words, separated by spaces.
    pub terms: &'static str,
    /// First kernel series it applies to; empty for all.
    pub since: &'static str,
    /// First kernel series it no longer applies to; empty for none.
    pub until: &'static str,
    /// How strongly it is put.
    pub strength: Strength,
    /// Why no case can observe it, where none can.
    pub unobservable: Option<&'static str>,
}

impl Clause {
    /// What a clause is unless it says otherwise.
    pub const DEFAULT: Self = Self {
        id: "",
        promise: "",
        sources: &[],
        terms: "",
        since: "",
        until: "",
        strength: Strength::Must,
        unobservable: None,
    };
}

/// Every clause linked into this program.
#[linkme::distributed_slice]
pub static CLAUSES: [&'static Clause];

/// Defines clauses and registers them:
/// `clauses! { NAME = { id: "..", promise: "..", sources: &[DOCUMENT.at("..")], terms: "..", since: "5.11" } }`.
#[macro_export]
macro_rules! clauses {
    ($($name:ident = { $($field:ident : $value:expr),* $(,)? })*) => {$(
        #[doc = concat!("`", stringify!($name), "`")]
        pub static $name: $crate::Clause = $crate::Clause {
            $($field: $value,)*
            ..$crate::Clause::DEFAULT
        };
        const _: () = {
            #[$crate::linkme::distributed_slice($crate::CLAUSES)]
            #[linkme(crate = $crate::linkme)]
            static ENTRY: &$crate::Clause = &$name;
        };
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const PAGE: Document =
        Document { title: "page(2)", edition: "6.20", url: "https://example.org/page.2" };

    #[rstest]
    #[case::all(PAGE.at("ERRORS"), "page(2) (6.20), ERRORS")]
    #[case::whole_document(PAGE.at(""), "page(2) (6.20)")]
    #[case::no_edition(Document { edition: "", ..PAGE }.at("ERRORS"), "page(2), ERRORS")]
    fn a_source_is_said_without_what_is_empty(#[case] source: Source, #[case] text: &str) {
        assert_eq!(source.to_string(), text);
    }
}
