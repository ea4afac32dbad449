//! A promise, in our own words, with its place in a document.

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

/// One promise. Cases cite it; `sigsys explain` prints it.
#[derive(Debug)]
pub struct Clause {
    /// Its name for all time: `sud/op/off-args-zero`.
    pub id: &'static str,
    /// What is promised, in our own words.
    pub promise: &'static str,
    /// The document.
    pub source: &'static str,
    /// Where in it.
    pub place: &'static str,
    /// Words by which people search for it and that neither promise nor place says: constants, fields,
    /// errors, the document's own terms. Single words, separated by spaces.
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
        source: "",
        place: "",
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
/// `clauses! { NAME = { id: "..", promise: "..", source: "..", place: "..", terms: "..", since: "5.11" } }`.
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
