//! What a suite prints in each format, of which cases, and what it says where nobody takes it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let path = folder.join("examples").join(name);
    assert!(path.exists(), "{} is not built: run cargo test without --test", path.display());
    Command::new(path)
}

fn right(args: &[&str]) -> Output {
    example("right").args(args).output().expect("the example can be run")
}

/// What a run that succeeds prints.
fn printed(args: &[&str]) -> String {
    let output = right(args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sigsys-{}-formats-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

const CASES: usize = 9;
/// Areas among them.
const AREAS: usize = 1;

#[test]
fn ktap_numbers_what_it_announces() {
    for threads in ["1", "4"] {
        let text = printed(&["--format=ktap", &format!("--test-threads={threads}")]);
        let lines: Vec<_> = text.lines().collect();
        let outer: Vec<_> = lines.iter().filter(|line| !line.starts_with(' ')).collect();
        // The registry, an area, the cases that are in none, and what the kernel said while none ran.
        assert_eq!(outer[..3], [&"KTAP version 1", &"1..11", &"ok 1 registry::is_sound"]);
        let results = lines.iter().filter(|line| line.contains("ok "));
        let names: Vec<_> =
            results.filter_map(|line| line.trim_start().split(' ').nth(2)).collect();
        assert_eq!(names.len(), CASES + AREAS + 2, "{text}");
        for (at, line) in outer[2..outer.len() - 1].iter().enumerate() {
            assert!(line.starts_with(&format!("ok {} ", at + 1)), "{text}");
        }
        let area = "  KTAP version 1\n  # Subtest: right::in_words\n  1..1\n  ok 1 \
                    right::in_words::deviates_with_its_facts # XFAIL one is not two\nok 9 right::in_words\n";
        assert!(text.contains(area), "{text}");
        let end = "\nok 11 kernel::taint_is_explained\n\
                   # Totals: pass:10 fail:0 xfail:1 xpass:0 skip:0 error:0\n";
        assert!(text.ends_with(end), "{text}");
    }
}

#[test]
fn ktap_of_named_cases_has_no_check_of_the_registry() {
    let list = scratch("list");
    std::fs::write(&list, "prints_nothing\nsets_things_up\n").expect("written");
    let text = printed(&["--format=ktap", "--cases", list.to_str().expect("UTF-8")]);
    let _ = std::fs::remove_file(&list);
    let wanted = "KTAP version 1\n1..3\nok 1 prints_nothing\nok 2 sets_things_up\n\
                  ok 3 kernel::taint_is_explained\n\
                  # Totals: pass:3 fail:0 xfail:0 xpass:0 skip:0 error:0\n";
    assert_eq!(text, wanted);
}

#[test]
fn ktap_says_what_is_wrong_with_a_registry() {
    let output = example("wrong_registry").arg("--format=ktap").output().expect("it can be run");
    assert_eq!(output.status.code(), Some(101));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("KTAP version 1\n1..7\n# 2 cases are called one_name\n"), "{text}");
    assert!(text.contains("\nnot ok 1 registry::is_sound\nok 2 "), "{text}");
}

#[test]
fn lava_has_a_signal_for_each() {
    for threads in ["1", "4"] {
        let text = printed(&["--format=lava", &format!("--test-threads={threads}")]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), CASES + 2, "{text}");
        let passes = |name: &str| format!("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID={name} RESULT=pass>");
        assert_eq!(lines[0], passes("registry.is_sound"));
        assert_eq!(lines[CASES + 1], passes("kernel.taint_is_explained"));
        assert!(lines.contains(&&*passes("right.in_words.deviates_with_its_facts")), "{text}");
    }
    let output = example("wrong").arg("--format=lava").output().expect("it can be run");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for result in ["pass", "fail", "skip", "unknown"] {
        assert!(text.contains(&format!(" RESULT={result}>\n")), "{result} in {text}");
    }
}

#[test]
fn every_line_of_json_is_one() {
    for threads in ["1", "4"] {
        let text = printed(&["--format=json", &format!("--test-threads={threads}")]);
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let names: BTreeSet<_> = lines.iter().filter_map(|line| line["name"].as_str()).collect();
        assert_eq!((lines.len(), names.len()), (CASES + 3, CASES), "{text}");
        assert_eq!(lines[0]["kind"], "run");
        assert_eq!(lines[CASES + 1]["kind"], "durations");
        assert_eq!(lines[CASES + 2]["counts"]["holds"], 8);
        assert!(lines[CASES + 2].get("taint").is_none(), "nothing tainted this kernel");
    }
}

#[test]
fn a_summary_is_of_more_than_one_case() {
    let one = printed(&["--exact", "prints_nothing"]);
    assert!(one.contains("1 passed") && !one.contains("cases ran"), "{one}");
    let two = printed(&["prints"]);
    assert!(two.contains("sigsys: 2 of 2 cases ran: 2 holds\n"), "{two}");
}

#[test]
fn selections_of_libtest_are_taken() {
    // Nothing is ignored here beforehand, and nothing is a benchmark.
    for flag in ["--ignored", "--bench"] {
        let text = printed(&[flag]);
        assert!(text.contains(" 0 passed"), "{flag}: {text}");
    }
    // What is not offered is what libtest calls ignored.
    let output = example("wrong").arg("--ignored").output().expect("it can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("running 1 test\ntest needs_what_others_have"), "{text}");
    assert!(printed(&["registry"]).contains("1 passed"));
    let list = printed(&["--list", "prints"]);
    assert_eq!(list, "prints_and_holds: test\nprints_nothing: test\n");
    assert_eq!(printed(&["--list", "no_such_case"]), "");
    let skipped = printed(&["--skip", "prints", "--skip", "registry"]);
    assert!(skipped.contains("7 passed"), "{skipped}");
}

#[test]
fn a_list_makes_no_record_and_no_words() {
    let record = scratch("listed");
    let output = right(&["--list", "--record", record.to_str().expect("UTF-8")]);
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    assert!(!record.exists());
}

#[test]
fn the_help_has_the_suites_own_flags_and_options() {
    for flag in ["-h", "--help"] {
        let output = example("schedule").arg(flag).output().expect("it can be run");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        for part in ["--record FILE", "--test-threads", "OPTIONS OF THE CASES", "  schedule.notes "]
        {
            assert!(text.contains(part), "{flag}: {part} is not in {text}");
        }
    }
    assert!(!printed(&["prints"]).contains("--record FILE"));
    assert!(!printed(&["--help"]).contains("OPTIONS OF THE CASES"), "it has none");
}

#[test]
fn options_are_recorded_where_they_matter() {
    let run = |options: &[&str]| {
        let notes = scratch("notes");
        let mut command = example("schedule");
        command.arg(format!("--option=schedule.notes={}", notes.display()));
        command.args(["--format=json", "--exact", "beside_1"]).args(options);
        let output = command.output().expect("it can be run");
        let _ = std::fs::remove_file(&notes);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let first = text.lines().next().expect("a line");
        let header: serde_json::Value = serde_json::from_str(first).expect("JSON");
        header["options"].clone()
    };
    assert_eq!(run(&[]), serde_json::Value::Null);
    assert_eq!(
        run(&["--option=schedule.colour=red"]),
        serde_json::json!({"schedule.colour": "red"})
    );
}

#[test]
fn an_output_that_takes_nothing_is_no_verdict() {
    for format in ["pretty", "terse", "ktap", "lava", "json", "framed"] {
        for more in [&[][..], &["--test-threads=1"]] {
            let full = File::options().write(true).open("/dev/full").expect("it is there");
            let mut command = example("wrong");
            command.args(["--format", format, "claims_that_one_is_two"]).args(more).stdout(full);
            let output = command.output().expect("it can be run");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(69), "{format}: {said}");
            assert!(said.contains("standard output: cannot write: "), "{format}: {said}");
        }
    }
}

/// A reader who has seen enough is told nothing, and is no broken promise.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    for (args, status) in [
        (&["--list"][..], 0),
        (&["--describe"], 0),
        (&["--format=pretty", "claims"], 141),
        (&["--format=ktap", "claims"], 141),
        (&["--format=lava", "claims"], 141),
        (&["--format=json", "claims"], 141),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = example("wrong");
        command.args(args).stdout(Stdio::from(writer));
        let output = command.output().expect("it can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(status), ""), "{args:?}");
    }
}
