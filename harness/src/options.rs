//! Options of the cases of a run: `--option NAME=VALUE`, which reaches a worker over its control socket. Nothing
//! reaches them through the environment.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// An option of the cases.
#[derive(Debug)]
pub struct RunOption {
    /// Its name on the command line: `fuzz.seed`.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub what: &'static str,
    /// Whether a value makes sense; the error says what is expected.
    pub check: fn(&str) -> Result<(), String>,
    /// Whether it goes into the record. A path does not, because it says nothing about the kernel.
    pub recorded: bool,
}

/// Every option linked into this program.
#[linkme::distributed_slice]
pub static OPTIONS: [&'static RunOption];

/// Defines options and registers them:
/// `options! { NAME = { name: "..", what: "..", check: function, recorded: true } }`.
#[macro_export]
macro_rules! options {
    ($($name:ident = { $($field:ident : $value:expr),* $(,)? })*) => {$(
        #[doc = concat!("`", stringify!($name), "`")]
        pub(crate) static $name: $crate::RunOption = $crate::RunOption { $($field: $value,)* };
        const _: () = {
            #[$crate::linkme::distributed_slice($crate::OPTIONS)]
            #[linkme(crate = $crate::linkme)]
            static ENTRY: &$crate::RunOption = &$name;
        };
    )*};
}

/// The options of a run, by name.
pub(crate) type Values = BTreeMap<String, String>;

static VALUES: OnceLock<Values> = OnceLock::new();

/// What the run was told with `--option NAME=VALUE`; nothing where it was not.
pub fn option(name: &str) -> Option<String> {
    VALUES.get()?.get(name).cloned()
}

/// Makes these the options of this process; the first call decides.
pub(crate) fn establish(values: Values) {
    let _ = VALUES.set(values);
}

/// Reads the words given with `--option`.
///
/// # Errors
/// One line that says what is wrong with one of them.
pub(crate) fn parse(words: &[String]) -> Result<Values, String> {
    read(words, &OPTIONS)
}

fn read(words: &[String], known: &[&RunOption]) -> Result<Values, String> {
    let mut values = Values::new();
    for word in words {
        let refuse = |why: String| format!("--option {word}: {why}");
        let (name, value) =
            word.split_once('=').ok_or_else(|| refuse("expected NAME=VALUE".into()))?;
        let option = known.iter().find(|option| option.name == name).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|option| option.name).collect();
            refuse(match names.is_empty() {
                true => "this suite has no options".into(),
                false => format!("there is no such option; there are {}", names.join(", ")),
            })
        })?;
        (option.check)(value).map_err(refuse)?;
        if values.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(refuse("given twice".into()));
        }
    }
    Ok(values)
}

/// Those of `values` that belong in the record.
pub(crate) fn recorded(values: &Values) -> Values {
    let is_recorded =
        |name: &str| OPTIONS.iter().any(|option| option.name == name && option.recorded);
    values
        .iter()
        .filter(|(name, _)| is_recorded(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The help for the options of this suite.
pub(crate) fn help() -> String {
    if OPTIONS.is_empty() {
        return String::new();
    }
    let mut options: Vec<_> = OPTIONS.iter().collect();
    options.sort_by_key(|option| option.name);
    let lines = options.iter().map(|option| format!("  {:<19} {}\n", option.name, option.what));
    format!("\n\nOPTIONS OF THE CASES (--option):\n{}", lines.collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const NUMBER: RunOption = RunOption {
        name: "a.number",
        what: "",
        check: |text| text.parse::<u8>().map(drop).map_err(|_| "expected a number".into()),
        recorded: true,
    };

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_value_is_read() {
        let values = read(&words(&["a.number=7"]), &[&NUMBER]).expect("it makes sense");
        assert_eq!(values.get("a.number").map(String::as_str), Some("7"));
    }

    #[rstest]
    #[case::no_value(&["a.number"], "expected NAME=VALUE")]
    #[case::unknown(&["b=1"], "no such option; there are a.number")]
    #[case::senseless(&["a.number=x"], "expected a number")]
    #[case::twice(&["a.number=1", "a.number=1"], "given twice")]
    fn what_makes_no_sense_is_refused(#[case] given: &[&str], #[case] says: &str) {
        let error = read(&words(given), &[&NUMBER]).expect_err("it makes no sense");
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn what_a_run_was_not_told_is_nothing() {
        assert_eq!(option("b.number"), None);
    }

    #[test]
    fn a_suite_without_options_says_so() {
        let error = read(&words(&["a=1"]), &[]).expect_err("there is none");
        assert!(error.ends_with("this suite has no options"), "{error}");
    }
}
