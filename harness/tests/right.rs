//! Cases that hold do so in every way they can be run, with what they saw on record; and a suite says
//! what it holds.

use harness::describe::{CaseMeta, ClauseText, Description};
use harness::record::{CaseLine, Record, Verdict};
use std::path::PathBuf;
use std::process::{Command, Output};

fn right(args: &[&str]) -> Output {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let path = folder.join("examples/right");
    assert!(path.exists(), "{} is not built: run cargo test without --test", path.display());
    Command::new(path).args(args).output().expect("the example can be run")
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sigsys-{}-{name}", std::process::id()))
}

/// The record of a run with `args`, which must succeed.
fn record(name: &str, args: &[&str]) -> Record {
    let path = scratch(name);
    let output = right(&[args, &["--record", path.to_str().expect("UTF-8")]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = std::fs::read_to_string(&path).expect("a record was written");
    let _ = std::fs::remove_file(path);
    Record::parse(&text).expect("a record")
}

fn case<'a>(record: &'a Record, name: &str) -> &'a CaseLine {
    record.cases.iter().find(|case| case.name == name).expect(name)
}

/// Its facts, one a line.
fn facts(record: &Record, name: &str) -> String {
    let facts = case(record, name).facts.lines();
    facts.map(|(name, value)| format!("{name} = {value}\n")).collect()
}

#[test]
fn every_way_to_isolate_gives_the_same_record() {
    let by_default = record("default", &[]);
    for way in ["fork", "exec", "plain"] {
        let other = record(way, &["--isolate", way, "--test-threads=2"]);
        assert_eq!(
            (other.cases, other.footer),
            (by_default.cases.clone(), by_default.footer.clone())
        );
    }
}

#[test]
fn a_record_holds_what_cases_saw_and_printed() {
    let record = record("whole", &[]);
    assert_eq!((record.header.suite.to_string().as_str(), record.header.cases), ("right 7", 9));
    assert_eq!(record.header.faults, [""; 0]);
    let kernel = &record.header.kernel;
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("/proc is mounted");
    assert_eq!((kernel.system.as_str(), kernel.release.as_str()), ("Linux", release.trim()));
    assert!(!kernel.build.is_empty() && kernel.machine == std::env::consts::ARCH);
    let line = std::fs::read_to_string("/proc/cmdline").expect("/proc is mounted");
    assert_eq!(kernel.boot_line.as_deref(), Some(line.trim()));
    let text = |path: &str| std::fs::read_to_string(path).expect("/proc is mounted");
    let model = text("/proc/cpuinfo").lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    assert_eq!(kernel.cpu, model);
    let maps = text("/proc/self/maps");
    let mode = match maps.lines().find(|line| line.ends_with("[vsyscall]")) {
        None => "none",
        Some(page) if page.contains(" r-xp ") => "emulate",
        Some(_) => "xonly",
    };
    assert_eq!(kernel.vsyscall_word(), mode);
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let clock = std::fs::read_to_string(path).ok().map(|name| name.trim().to_owned());
    let readable = ["tsc", "tsc-early", "kvm-clock", "hyperv_clocksource_tsc_page"];
    assert_eq!(kernel.clocksource, clock.filter(|name| !readable.contains(&name.as_str())));
    if let Ok(packed) = std::fs::read("/proc/config.gz") {
        let (mut config, mut sum) = (Vec::new(), flate2::Crc::new());
        let mut reader = flate2::read::GzDecoder::new(&*packed);
        std::io::Read::read_to_end(&mut reader, &mut config).expect("it is packed");
        sum.update(&config);
        assert_eq!(kernel.config, Some(format!("{:08x}", sum.sum())));
    }
    assert_eq!(facts(&record, "records_what_it_saw"), "a name = value\ncolour = red ×2, blue\n");
    assert_eq!(facts(&record, "records_only_what_is_to_be_recorded"), "before = yes\n");
    assert_eq!(case(&record, "prints_and_holds").output, "on the one\non the other\n");
    assert_eq!(case(&record, "prints_nothing").output, "");
    let deviates = case(&record, "right::in_words::deviates_with_its_facts");
    let known = deviates.deviation.as_ref().expect("it is known");
    assert_eq!(
        (deviates.verdict, known.pattern.as_str(), known.why.as_str()),
        (Verdict::Deviates, "right::in_words::deviates_*", "one is not two")
    );
    assert!(deviates.place().starts_with("harness/examples/right.rs:"), "{}", deviates.place());
    assert_eq!(case(&record, "reaches_its_last_line").clauses, ["right/first", "right/second"]);
    let names: Vec<_> = record.cases.iter().map(|case| case.name.as_str()).collect();
    assert!(names.is_sorted() && names.len() == 9, "{names:?}");
    let timed: Vec<_> = record.durations.microseconds.keys().map(String::as_str).collect();
    assert_eq!(timed, names, "every case that ran took its time");
    let counts = record.footer.expect("it is whole").counts;
    assert_eq!((counts[&Verdict::Holds], counts[&Verdict::Deviates], counts.len()), (8, 1, 2));
}

/// With `--nocapture`, what cases print goes where the suite's own output goes, and into no record.
#[test]
fn what_cases_print_is_kept_or_shown() {
    let shown = |args: &[&str]| {
        let args = [&["--exact", "prints_and_holds", "--test-threads=1"], args].concat();
        let output = right(&args);
        (
            String::from_utf8_lossy(&output.stdout).contains("on the one"),
            String::from_utf8_lossy(&output.stderr).contains("on the other"),
        )
    };
    assert_eq!(shown(&[]), (false, false));
    assert_eq!(shown(&["--nocapture"]), (true, true));
    let record = record("nocapture", &["--nocapture", "prints"]);
    assert!(record.cases.iter().all(|case| case.output.is_empty()), "{record:?}");
}

fn description() -> Description {
    let output = right(&["--describe"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a description")
}

#[test]
fn a_suite_describes_its_clauses() {
    let clauses = description().clauses;
    let ids: Vec<_> = clauses.iter().map(|clause| clause.id.as_str()).collect();
    assert_eq!(ids, ["right/first", "right/second", "right/unseen"]);
    let ClauseText { promise, sources, terms, since, until, strength, unobservable, .. } =
        &clauses[0];
    assert_eq!(promise, "A kernel promises this");
    let [both, only] = sources.as_slice() else { panic!("two sources: {sources:?}") };
    assert_eq!([&both.title, &both.edition], ["a document", "1.2"]);
    assert_eq!([&both.url, &both.place], ["https://example.org/document", "a section"]);
    assert_eq!(only.place, "another section");
    let cited = ["a document (1.2), a section · right/first", "a document (1.2), another section"];
    assert_eq!(clauses[0].cited(), cited);
    assert_eq!((terms.as_str(), clauses[1].terms.as_str()), ("EINVAL", ""));
    assert_eq!([since, until, strength], ["5.11", "99.1", "may"]);
    assert_eq!(unobservable, &None);
    assert_eq!((clauses[1].strength.as_str(), clauses[2].strength.as_str()), ("caveat", "must"));
    assert_eq!(clauses[2].unobservable.as_deref(), Some("it is inside"));
}

#[test]
fn a_suite_describes_its_cases() {
    let cases = description().cases;
    assert_eq!(cases.len(), 9);
    let named = |name: &str| cases.iter().find(|case| case.name == name).expect(name);
    let CaseMeta {
        area,
        file,
        clauses,
        needs,
        ends,
        serial,
        external_wait,
        timeout_factor,
        line,
        ..
    } = named("reaches_its_last_line");
    assert_eq!(
        (area.as_str(), file.as_str()),
        ("reaches_its_last_line", "harness/examples/right.rs")
    );
    let source =
        std::fs::read_to_string(std::path::Path::new("..").join(file)).expect("the source");
    let attribute = source.lines().nth(*line as usize - 1).unwrap_or_default();
    assert_eq!(attribute, "#[harness::test(clause = [FIRST, SECOND], needs = [MET])]");
    assert_eq!(clauses, &["right/first", "right/second"]);
    assert_eq!(needs, &["met"]);
    assert_eq!(
        (ends.as_str(), *serial, *external_wait, *timeout_factor),
        ("reaches its last line", false, false, 1)
    );
    let dies = named("dies_as_declared");
    assert_eq!(
        (dies.ends.as_str(), dies.serial, dies.external_wait),
        ("killed by SIGSYS", false, true)
    );
    let leaves = named("leaves_as_declared");
    assert_eq!((leaves.ends.as_str(), leaves.serial, leaves.timeout_factor), ("exited 3", true, 2));
    assert_eq!(named("right::in_words::deviates_with_its_facts").area, "right::in_words");
}

#[test]
fn a_suite_describes_its_deviations() {
    let known = &description().deviations[..];
    let [known] = known else { panic!("one deviation: {known:?}") };
    assert_eq!(known.pattern, "right::in_words::deviates_*");
    assert_eq!(known.cases, ["right::in_words::deviates_with_its_facts"]);
    assert_eq!([&known.range, &known.observed], ["since 2.6", "observed 1, promised 2"]);
    assert_eq!([&known.why, &known.source], ["one is not two", "this file"]);
}

/// Descriptions made before cases had this field are read.
#[test]
fn a_description_without_limits_has_one() {
    let mut text = serde_json::to_value(&description().cases[0]).expect("JSON");
    text.as_object_mut().expect("an object").remove("timeout_factor");
    let case: CaseMeta = serde_json::from_value(text).expect("a case");
    assert_eq!(case.timeout_factor, 1);
}
