//! The command line of a suite: libtest's, and the flags that libtest does not have.

use crate::Isolation;
use std::time::Duration;

/// What `--format` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// libtest's own formats.
    Libtest,
    Ktap,
    Lava,
    Json,
    /// As JSON, each line in a frame.
    Framed,
}

/// The flags that libtest does not have, and the words that are left for libtest.
#[derive(Debug)]
pub(crate) struct SuiteArgs {
    pub format: Format,
    pub record: Option<String>,
    pub deviations: Option<String>,
    pub config: Option<String>,
    /// The version to take the kernel for.
    pub taken_as: Option<String>,
    /// This machine was booted for this run.
    pub booted: bool,
    pub cases: Option<String>,
    pub isolation: Option<Isolation>,
    pub limit: Duration,
    pub describe: bool,
    /// The options of the cases, as they were given.
    pub options: Vec<String>,
    /// What is left for libtest-mimic, with the program's name first.
    pub rest: Vec<String>,
}

/// Seconds a case may take unless `--limit` says otherwise.
const LIMIT: u64 = 20;

/// The help for these flags.
pub(crate) const HELP: &str = "\
SIGSYS OPTIONS:
      --format pretty|terse|ktap|lava|json|framed  ktap: KTAP version 1; lava: signals of LAVA;
                            json: the lines of a record, as they come; framed: those with number,
                            length and checksum, for a line others write to
      --record FILE         write the record of the run to FILE (JSON lines)
      --isolate fork|exec|plain  fork: a clean worker forks each case (default); exec: a fresh
                            image for each; plain: this process forks them, one at a time (for
                            emulators that a new image would leave, and systems without /proc)
      --limit SECONDS       time limit of a case (default 20)
      --deviations FILE     use this list of known deviations instead of the built-in one
      --config FILE         the configuration of the kernel, where it cannot be read from the system
      --as VERSION          take the kernel for this version (7.3, 6.12.107), where its release does not
                            say which of two behaviours was promised
      --booted              this machine was booted for this run alone: nothing around it excuses what
                            the kernel lacks but boot line, configuration and processor
      --cases FILE          run only the cases whose names are in FILE, one a line
      --option NAME=VALUE   tell the cases something; repeatable
      --describe            print clauses, cases and deviations as JSON and leave

EXIT STATUS:
  0    every verdict is holds, deviates (known) or not offered
  101  a promise is violated, healed, timed out or crashed
  69   no answer: the set-up failed, or the surroundings do not allow an answer
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal); what was gathered is in the record";

const WITH_VALUE: [&str; 9] = [
    "--as",
    "--format",
    "--record",
    "--isolate",
    "--limit",
    "--deviations",
    "--config",
    "--cases",
    "--option",
];

/// Splits the command line.
///
/// # Errors
/// One line that says what is wrong with it.
pub(crate) fn parse(
    args: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<SuiteArgs, String> {
    let mut own = SuiteArgs {
        format: Format::Libtest,
        record: None,
        deviations: None,
        config: None,
        taken_as: None,
        booted: false,
        cases: None,
        isolation: None,
        limit: Duration::from_secs(LIMIT),
        describe: false,
        options: Vec::new(),
        rest: Vec::new(),
    };
    let mut args = args.into_iter().map(|arg| {
        arg.into_string().map_err(|arg| format!("argument {} is not UTF-8", arg.display()))
    });
    while let Some(arg) = args.next() {
        let arg = arg?;
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (arg.clone(), None),
        };
        if name == "--describe" {
            own.describe = true;
            continue;
        }
        if name == "--booted" && inline.is_none() {
            own.booted = true;
            continue;
        }
        if !WITH_VALUE.contains(&name.as_str()) {
            own.rest.push(arg);
            continue;
        }
        let value = match inline {
            Some(value) => value,
            None => args.next().ok_or_else(|| format!("{name} needs a value"))??,
        };
        match name.as_str() {
            "--format" => match value.as_str() {
                "ktap" => own.format = Format::Ktap,
                "lava" => own.format = Format::Lava,
                "json" => own.format = Format::Json,
                "framed" => own.format = Format::Framed,
                "pretty" | "terse" => own.rest.push(format!("--format={value}")),
                _ => {
                    let words = "pretty, terse, ktap, lava, json or framed";
                    return Err(format!("--format {value}: expected {words}"));
                }
            },
            "--record" => own.record = Some(value),
            "--deviations" => own.deviations = Some(value),
            "--config" => own.config = Some(value),
            "--as" => own.taken_as = Some(value),
            "--cases" => own.cases = Some(value),
            "--option" => own.options.push(value),
            "--isolate" => match Isolation::of_word(&value) {
                Some(isolation) => own.isolation = Some(isolation),
                None => return Err(format!("--isolate {value}: expected fork, exec or plain")),
            },
            _ => match value.parse() {
                Ok(seconds @ 1..=86_400) => own.limit = Duration::from_secs(seconds),
                _ => return Err(format!("--limit {value}: expected seconds, 1 to 86400")),
            },
        }
    }
    Ok(own)
}

/// Declares the flags of this suite to rusty-fork, which parses the command line again.
pub(crate) fn teach_rusty_fork() {
    for name in WITH_VALUE {
        let name = name.trim_start_matches('-').to_uppercase();
        sys::environment::set_variable(&format!("RUSTY_FORK_FLAG_{name}"), "drop-arg");
    }
    sys::environment::set_variable("RUSTY_FORK_FLAG_BOOTED", "drop");
    sys::environment::set_variable("RUSTY_FORK_FLAG_NO_CAPTURE", "drop");
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn parsed(args: &[&str]) -> Result<SuiteArgs, String> {
        parse(args.iter().map(|arg| (*arg).into()))
    }

    #[rstest]
    #[case::apart(&["p", "--record", "f", "--format", "ktap", "x", "--exact"])]
    #[case::joined(&["p", "--record=f", "x", "--format=ktap", "--exact"])]
    fn takes_its_own_flags_and_leaves_the_rest(#[case] args: &[&str]) {
        let own = parsed(args).expect("valid");
        assert_eq!(own.record.as_deref(), Some("f"));
        assert_eq!(own.format, Format::Ktap);
        assert_eq!(own.rest, ["p", "x", "--exact"]);
    }

    #[test]
    fn a_version_and_a_machine_are_named() {
        let own = parsed(&["p", "--booted", "--as", "7.3", "x"]).expect("valid");
        assert_eq!((own.booted, own.taken_as.as_deref()), (true, Some("7.3")));
        assert_eq!(own.rest, ["p", "x"]);
        let plain = parsed(&["p"]).expect("valid");
        assert_eq!((plain.booted, plain.taken_as), (false, None));
    }

    #[test]
    fn each_flag_has_its_place() {
        let own = parsed(&[
            "p",
            "--deviations",
            "d",
            "--config=c",
            "--cases",
            "n",
            "--option",
            "a=1",
            "--option=b=2",
            "--limit",
            "86400",
            "--describe",
            "--exact",
        ])
        .expect("valid");
        assert_eq!(own.deviations.as_deref(), Some("d"));
        assert_eq!(own.config.as_deref(), Some("c"));
        assert_eq!(own.cases.as_deref(), Some("n"));
        assert_eq!(own.options, ["a=1", "b=2"]);
        assert_eq!(own.limit, Duration::from_secs(86_400));
        assert!(own.describe);
        assert_eq!(own.rest, ["p", "--exact"]);
    }

    #[rstest]
    #[case::ktap("ktap", Format::Ktap, &["p"])]
    #[case::lava("lava", Format::Lava, &["p"])]
    #[case::json("json", Format::Json, &["p"])]
    #[case::framed("framed", Format::Framed, &["p"])]
    #[case::pretty("pretty", Format::Libtest, &["p", "--format=pretty"])]
    #[case::terse("terse", Format::Libtest, &["p", "--format=terse"])]
    fn libtest_is_told_its_own_formats(
        #[case] name: &str,
        #[case] format: Format,
        #[case] rest: &[&str],
    ) {
        let own = parsed(&["p", "--format", name]).expect("valid");
        assert_eq!(
            (own.format, own.rest),
            (format, rest.iter().map(ToString::to_string).collect())
        );
    }

    #[rstest]
    #[case::fork("fork", Isolation::Fork)]
    #[case::exec("exec", Isolation::Exec)]
    #[case::plain("plain", Isolation::Plain)]
    fn a_way_to_isolate_is_named(#[case] name: &str, #[case] isolation: Isolation) {
        assert_eq!(parsed(&["p", "--isolate", name]).expect("valid").isolation, Some(isolation));
    }

    #[rstest]
    #[case(&["p", "--record"], "--record needs a value")]
    #[case(&["p", "--format", "xml"], "--format xml")]
    #[case(&["p", "--isolate", "vm"], "--isolate vm")]
    #[case(&["p", "--limit", "0"], "--limit 0")]
    #[case(&["p", "--limit", "86401"], "--limit 86401")]
    #[case(&["p", "--limit", "soon"], "--limit soon")]
    fn says_what_is_wrong(#[case] args: &[&str], #[case] says: &str) {
        let error = parsed(args).expect_err("invalid");
        assert!(error.contains(says), "{error}");
    }
}
