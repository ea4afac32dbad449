//! The command line of a suite: libtest's, and the flags that libtest does not have.

use crate::Isolation;
use crate::filter::Filters;
use crate::report::failure::quoted;
use std::time::Duration;

/// What `--format` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// libtest's own formats.
    Libtest,
    Ktap,
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
    /// Print the version and leave.
    pub version: bool,
    /// How many times each case runs.
    pub repeat: u32,
    /// Which cases are meant.
    pub filters: Filters,
    /// The command that reports name for running a case again, where it is not this one.
    pub again: Option<String>,
    /// The options of the cases, as they were given.
    pub options: Vec<String>,
    /// What is left for libtest-mimic, with the program's name first.
    pub rest: Vec<String>,
}

impl SuiteArgs {
    /// The command that runs a case again, without its name: this program, with what changes a verdict.
    pub(crate) fn again(&self) -> String {
        if let Some(command) = &self.again {
            return command.clone();
        }
        let program = self.rest.first().map_or("sigsys-suite", String::as_str);
        let mut command = quoted(program);
        let isolation = self.isolation.map(|isolation| isolation.word().to_owned());
        let limit = self.limit.as_secs();
        let limit = (limit != LIMIT).then(|| limit.to_string());
        let named = [
            ("--isolate", &isolation),
            ("--limit", &limit),
            ("--deviations", &self.deviations),
            ("--config", &self.config),
            ("--as", &self.taken_as),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                command += &format!(" {name} {}", quoted(value));
            }
        }
        for option in &self.options {
            command += &format!(" --option {}", quoted(option));
        }
        if self.booted {
            command += " --booted";
        }
        command + " --exact"
    }
}

/// Seconds a case may take unless `--limit` says otherwise.
const LIMIT: u64 = 20;

/// The help for these flags.
pub(crate) const HELP: &str = "\
SIGSYS OPTIONS:
  FILTER..              run the cases whose names contain any of these texts;
                        with --exact, those with any of these names
      --skip FILTER     leave these out again; repeatable, --exact counts
      --shard M/N       run part M of N: every Nth of the selected cases by
                        name; the record says which part it is of
      --repeat N        run each case N times; its verdict is the worst, and a
                        case whose runs disagree is violated or broken
      --format pretty|terse|ktap|json|framed
                        ktap: KTAP version 1; json: the lines of a record, as
                        they come; framed: those with number, length and
                        checksum, for a line others write to
      --record FILE     write the record of the run to FILE (JSON lines)
      --isolate fork|exec|plain
                        fork: a clean worker forks each case (default); exec:
                        a fresh image for each; plain: this process forks
                        them, one at a time (for emulators that a new image
                        would leave, and systems without /proc)
      --limit SECONDS   time limit of a case (default 20)
      --deviations FILE use this list of known deviations instead of the
                        built-in one
      --config FILE     the configuration of the kernel, where it cannot be
                        read from the system
      --as VERSION      take the kernel for this version (7.3, 6.12.107),
                        where its release does not say which of two
                        behaviours was promised
      --booted          this machine was booted for this run alone: nothing
                        around it excuses what the kernel lacks but boot line,
                        configuration and processor
      --cases FILE      run only the cases whose names are in FILE, one a line
      --option NAME=VALUE
                        tell the cases something; repeatable
      --again COMMAND   reports name this command, and not this program, for
                        running a case again
      --describe        print clauses, cases and deviations as JSON and leave
  -V, --version         print the version and leave

EXIT STATUS:
  0    every verdict is holds, deviates (known) or not offered
  101  a promise is violated, healed, timed out or crashed
  69   no answer: the set-up failed, or the surroundings do not allow an answer
  2    the command line or a file named on it is wrong, or nothing matches
  130  interrupted (128 + the signal); what was gathered is in the record";

/// The most times that `--repeat` runs a case.
const MAX_REPEAT: u32 = 1_000_000;

/// Options of libtest-mimic that take their value from the next word.
const LIBTEST_WITH_VALUE: [&str; 4] = ["--test-threads", "--logfile", "--color", "-Z"];

const WITH_VALUE: [&str; 13] = [
    "--as",
    "--format",
    "--record",
    "--isolate",
    "--limit",
    "--deviations",
    "--config",
    "--cases",
    "--option",
    "--skip",
    "--shard",
    "--repeat",
    "--again",
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
        version: false,
        repeat: 1,
        filters: Filters::default(),
        again: None,
        options: Vec::new(),
        rest: Vec::new(),
    };
    let mut args = args.into_iter().map(|arg| {
        arg.into_string().map_err(|arg| format!("argument {} is not UTF-8", arg.display()))
    });
    while let Some(arg) = args.next() {
        let arg = arg?;
        if own.rest.is_empty() {
            own.rest.push(arg);
            continue;
        }
        if arg == "--" {
            for filter in args {
                own.filters.any.push(filter?);
            }
            break;
        }
        if !arg.starts_with('-') || arg == "-" {
            own.filters.any.push(arg);
            continue;
        }
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
        if arg == "--version" || arg == "-V" {
            own.version = true;
            continue;
        }
        if arg == "--exact" {
            own.filters.exact = true;
            continue;
        }
        if !WITH_VALUE.contains(&name.as_str()) {
            own.rest.push(arg);
            if LIBTEST_WITH_VALUE.contains(&name.as_str()) && inline.is_none() {
                own.rest.extend(args.next().transpose()?);
            }
            continue;
        }
        let value = match inline {
            Some(value) => value,
            None => args.next().ok_or_else(|| format!("{name} needs a value"))??,
        };
        match name.as_str() {
            "--format" => match value.as_str() {
                "ktap" => own.format = Format::Ktap,
                "json" => own.format = Format::Json,
                "framed" => own.format = Format::Framed,
                "pretty" | "terse" => own.rest.push(format!("--format={value}")),
                _ => {
                    let words = "pretty, terse, ktap, json or framed";
                    return Err(format!("--format {value}: expected {words}"));
                }
            },
            "--record" => own.record = Some(value),
            "--deviations" => own.deviations = Some(value),
            "--config" => own.config = Some(value),
            "--as" => own.taken_as = Some(value),
            "--cases" => own.cases = Some(value),
            "--option" => own.options.push(value),
            "--skip" => own.filters.skip.push(value),
            "--again" => own.again = Some(value),
            "--shard" => match value.parse() {
                Ok(shard) => own.filters.shard = Some(shard),
                Err(why) => return Err(format!("--shard {value}: {why}")),
            },
            "--repeat" => match value.parse() {
                Ok(times @ 1..=MAX_REPEAT) => own.repeat = times,
                _ => return Err(format!("--repeat {value}: expected a number, 1 to {MAX_REPEAT}")),
            },
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
        assert_eq!(own.rest, ["p"]);
        assert_eq!((own.filters.any, own.filters.exact), (vec!["x".into()], true));
    }

    #[test]
    fn a_version_and_a_machine_are_named() {
        let own = parsed(&["p", "--booted", "--as", "7.3", "x"]).expect("valid");
        assert_eq!((own.booted, own.taken_as.as_deref()), (true, Some("7.3")));
        assert_eq!((own.rest, own.filters.any), (vec!["p".into()], vec!["x".into()]));
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
        assert!(own.describe && own.filters.exact);
        assert_eq!(own.rest, ["p"]);
    }

    #[test]
    fn filters_are_told_from_values_of_libtests_options() {
        let own = parsed(&[
            "p",
            "--test-threads",
            "2",
            "a",
            "--skip",
            "b",
            "--color=never",
            "-Z",
            "unstable-options",
            "--skip=c",
            "-",
            "--shard",
            "2/3",
            "--repeat=5",
            "--",
            "--d",
            "--",
        ])
        .expect("valid");
        assert_eq!(own.filters.any, ["a", "-", "--d", "--"]);
        assert_eq!(own.filters.skip, ["b", "c"]);
        assert_eq!(own.filters.shard.map(|shard| shard.to_string()).as_deref(), Some("2/3"));
        assert_eq!(own.repeat, 5);
        let rest = ["p", "--test-threads", "2", "--color=never", "-Z", "unstable-options"];
        assert_eq!(own.rest, rest);
    }

    #[rstest]
    #[case::bare(&["/a b/suite", "x"], "'/a b/suite' --exact")]
    #[case::what_changes_a_verdict(
        &["./s", "--isolate=exec", "--limit", "5", "--config", "a b", "--as", "7.3", "--option",
          "fuzz.seed=1", "--booted", "--repeat", "3", "--record", "r", "--skip", "y"],
        "./s --isolate exec --limit 5 --config 'a b' --as 7.3 --option 'fuzz.seed=1' --booted --exact"
    )]
    #[case::told(&["./s", "--limit", "5", "--again", "sigsys run --exact"], "sigsys run --exact")]
    fn a_case_is_run_again_as_it_was(#[case] args: &[&str], #[case] command: &str) {
        assert_eq!(parsed(args).expect("valid").again(), command);
    }

    #[rstest]
    #[case::ktap("ktap", Format::Ktap, &["p"])]
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
    #[case(&["p", "--shard", "4/3"], "--shard 4/3: expected M/N")]
    #[case(&["p", "--repeat", "0"], "--repeat 0: expected a number, 1 to 1000000")]
    #[case(&["p", "--skip"], "--skip needs a value")]
    fn says_what_is_wrong(#[case] args: &[&str], #[case] says: &str) {
        let error = parsed(args).expect_err("invalid");
        assert!(error.contains(says), "{error}");
    }
}
