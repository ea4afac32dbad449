//! `sigsys lies`, on a shell script that plays a suite whose kernel lies.
#![forbid(unsafe_code)]

mod common;

use common::suite;
use rstest::rstest;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PLAYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/liar.sh");
/// What the played suite needs explained.
const REASONS: &str = r#"
    [[lie]]
    names = ["y/*"]
    why = "the register is nobody's to read"

    [[case]]
    names = ["a::b::idle"]
    why = "it asserts what no kernel can break"
"#;

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder can be made");
    path
}

fn lies(name: &str, play: &str, reasons: &str, words: &[&str]) -> (Output, PathBuf) {
    let folder = scratch(&format!("lies-{name}"));
    let file = folder.join("reasons.toml");
    std::fs::write(&file, reasons).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_sigsys"))
        .args(["lies", "--suite", PLAYED, "--reasons"])
        .arg(&file)
        .args(words)
        .env("PLAY", play)
        .env("TOLD", folder.join("told"))
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("the tool starts");
    (output, folder)
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("UTF-8")
}

#[test]
fn what_goes_unnoticed_is_listed() {
    let (output, _) = lies("unnoticed", "", "", &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(101), "{said}");
    for line in [
        "lies that no case notices: 2, and 0 with a reason",
        "  y/nowhere  a call that nobody makes fails (occasions: 0)",
        "  y/quiet  a register that nobody reads is lost (occasions: 1)",
        "cases that no lie makes fail: 1, and 0 with a reason\n  a::b::idle",
        "cases that blunt lies alone make fail: 1\n  a::b::two",
        "4 lies, 2 noticed; 5 cases, 1 not offered here",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn what_has_a_reason_fails_nothing() {
    let (output, _) = lies("explained", "", REASONS, &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("y/quiet, y/nowhere: the register is nobody's to read"), "{said}");
    assert!(said.contains("a::b::idle: it asserts what no kernel can break"), "{said}");
}

/// That a lie has no occasion is excused where cases that would have one are not offered.
#[rstest]
#[case::not_offered("y/nowhere", "a::b::lacking", 0, "y/nowhere: only elsewhere is it asked")]
#[case::offered("y/nowhere", "a::b::one", 101, "  y/nowhere  a call that nobody makes fails")]
#[case::with_an_occasion("y/quiet", "a::b::lacking", 101, "  y/quiet  a register")]
#[case::no_lie("z/*", "a::b::lacking", 101, "reasons out of date: no lie is called `z/*`")]
#[case::no_case("y/nowhere", "a::c::*", 101, "reasons out of date: no case is called `a::c::*`")]
fn where_nobody_asks_a_lie_is_excused(
    #[case] lie: &str,
    #[case] case: &str,
    #[case] status: i32,
    #[case] says: &str,
) {
    let other = if lie == "y/quiet" { "y/nowhere" } else { "y/quiet" };
    let reasons = REASONS.replace("y/*", other);
    let entry = format!(
        "[[elsewhere]]\nnames = [{lie:?}]\ncases = [{case:?}]\nwhy = \"only elsewhere is it asked\"\n"
    );
    let name = format!("elsewhere-{}", format!("{lie}{case}").replace([':', '/', '*'], "-"));
    let (output, _) = lies(&name, "", &format!("{reasons}\n{entry}"), &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(says), "{said}");
}

/// Each of these entries is wrong in its own way.
#[rstest]
#[case::noticed("lie", "x/plain", "`x/plain`: a case notices x/plain")]
#[case::noticed_by_pattern("lie", "x/*", "`x/*`: a case notices x/plain")]
#[case::no_lie("lie", "z/gone", "no lie is called `z/gone`")]
#[case::failing("case", "a::b::one", "`a::b::one`: a lie makes a::b::one fail")]
#[case::no_case("case", "a::b::gone", "no case is called `a::b::gone`")]
#[case::not_offered("case", "a::b::lacking", "`a::b::lacking`: is not offered here")]
fn a_reason_out_of_date_fails(#[case] kind: &str, #[case] name: &str, #[case] says: &str) {
    let entry =
        format!("[[{kind}]]\nnames = [\"{name}\"]\nwhy = \"some reason that was good once\"\n");
    let name = format!("stale-{kind}-{}", name.replace([':', '/', '*'], "-"));
    let (output, _) = lies(&name, "", &format!("{REASONS}\n{entry}"), &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(101), "{said}");
    assert!(said.contains(&format!("reasons out of date: {says}")), "{said}");
}

/// Less is known then, and less is asked of the reasons.
#[rstest]
#[case::only(&["--only", "x/plain"], 0, "1 lies, 1 noticed")]
#[case::only_a_quiet_one(&["--only", "quiet"], 0, "1 lies, 0 noticed")]
#[case::all_of_them(&["--sample", "1"], 0, "4 lies, 2 noticed")]
#[case::one_case(&["--case", "b::two", "--only", "x/"], 101, "2 lies, 1 noticed; 1 cases")]
fn a_part_is_judged_as_a_part(#[case] words: &[&str], #[case] status: i32, #[case] says: &str) {
    let (output, _) =
        lies(&format!("part{}", words.concat().replace([':', '/'], "-")), "", REASONS, words);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(says) && !said.contains("cases that no lie makes fail"), "{said}");
}

/// What a namespace does not offer is asked for outside, a lie is told where there is an occasion for it, and the properties come after everything else.
#[test]
fn lies_are_told_where_they_can_be() {
    let (output, folder) = lies("told", "", REASONS, &["--jobs", "1"]);
    assert_eq!(output.status.code(), Some(0));
    let told = std::fs::read_to_string(folder.join("told")).expect("written");
    let lines: Vec<&str> = told.lines().map(str::trim_end).collect();
    // Rare ones first, and first to those that have not failed.
    let plain = ["x/plain: a::b::one", "y/quiet: a::b::one", "x/blunt: a::b::two a::b::one"];
    assert_eq!(lines[1], "census: a::b::lacking");
    assert_eq!(lines[2..5], plain);
    assert_eq!(lines.len(), 7, "{told}");
    assert!(lines[5..].iter().all(|line| line.ends_with(": fuzz::c::any")), "{told}");
}

/// The suite ends, or is ended, before all cases were told: the others are told by another run of it.
#[test]
fn who_was_left_is_told_where_nobody_noticed() {
    let (output, folder) = lies("short", "short", REASONS, &["--only", "x/blunt", "--jobs", "1"]);
    let said = text(&output);
    let told = std::fs::read_to_string(folder.join("told")).expect("written");
    let told: Vec<&str> =
        told.lines().filter(|line| line.starts_with("x/")).map(str::trim_end).collect();
    assert_eq!(told, ["x/blunt: a::b::one a::b::two", "x/blunt: a::b::two"], "{said}");
    assert!(said.contains("1 lies, 1 noticed"), "{said}");
}

/// Of two hundred that would notice, not all are told at first: but none is said to notice nothing.
#[test]
fn who_was_not_told_is_told_before_it_is_said_to_notice_nothing() {
    let (output, folder) = lies("many", "many", REASONS, &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let told = std::fs::read_to_string(folder.join("told")).expect("written");
    let to = |lie: &str| -> Vec<usize> {
        let lines = told.lines().filter_map(|line| line.strip_prefix(lie));
        lines.map(|line| line.matches("m::n::").count()).collect()
    };
    let (first, then) = match to("x/plain: ")[..] {
        [first, then, ..] => (first, then),
        ref other => panic!("{other:?}"),
    };
    assert_eq!(first + then, 200, "{first} at first, then {then}");
    // Of a part of the lies nothing is said of cases, and they are not asked again.
    let (output, _) = lies("many-part", "many", REASONS, &["--only", "x/"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("2 lies, 2 noticed; 205 cases"), "{}", text(&output));
}

/// Parts that together are the whole, and have nothing in common.
#[test]
fn a_sample_is_one_of_so_many_parts() {
    let part = |sample: &str| -> Vec<String> {
        let words = ["--sample", sample, "--format", "json"];
        let (output, _) =
            lies(&format!("sample-{}", sample.replace('/', "-")), "", REASONS, &words);
        let Ok(outcome) = serde_json::from_slice::<Value>(&output.stdout) else {
            assert!(text(&output).contains("there is no lie in this part"), "{}", text(&output));
            return Vec::new();
        };
        let lies = outcome["lies"].as_array().expect("a list").clone();
        lies.iter().map(|told| told["lie"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(part("2"), part("0/2"));
    let mut both = [part("0/2"), part("1/2")].concat();
    assert!(both.len() == 4, "{both:?}");
    both.sort();
    assert_eq!(both, ["x/blunt", "x/plain", "y/nowhere", "y/quiet"]);
}

#[test]
fn the_whole_can_be_read_by_programs() {
    let (output, _) = lies("json", "", REASONS, &["--format", "json"]);
    let outcome: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(outcome["lies"][0]["lie"], "x/plain");
    assert_eq!(outcome["lies"][0]["noticed"], serde_json::json!(["a::b::one", "fuzz::c::any"]));
    assert_eq!(outcome["unnoticed"], serde_json::json!(["y/quiet", "y/nowhere"]));
    assert_eq!(outcome["unmoved"], serde_json::json!(["a::b::idle"]));
    assert_eq!((&outcome["cases"], &outcome["not_offered"]), (&5.into(), &1.into()));
}

#[rstest]
#[case::a_case_fails_without_a_lie("unsound", 69, "a::b::one is violated while nobody lies")]
#[case::the_census_is_cut("cut", 69, "while nobody lied, the suite ended after")]
#[case::nobody_is_lied_to("truthful", 69, "no case has an occasion for any lie")]
#[case::a_suite_without_lies("deaf", 2, "tells no lies: build the suite with --features lies")]
#[case::a_suite_nobody_lies_to("honest", 2, "as one does that nobody lies to")]
fn no_answer_is_no_pass(#[case] play: &str, #[case] status: i32, #[case] says: &str) {
    let (output, _) = lies(play, play, REASONS, &[]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(says) && said.trim_end().lines().count() == 1, "{said}");
}

/// A lie about a process ID must not stop or kill whoever has that number.
#[rstest]
#[case::confined("confined", &[], true)]
#[case::unconfined("unconfined", &["--unconfined"], false)]
fn the_suite_that_is_lied_to_sees_no_other_process(
    #[case] name: &str,
    #[case] words: &[&str],
    #[case] alone: bool,
) {
    let place = scratch(&format!("lies-where-{name}")).join("where");
    let output = Command::new(env!("CARGO_BIN_EXE_sigsys"))
        .args(["lies", "--suite", PLAYED, "--only", "x/plain"])
        .args(words)
        .env("WHERE", &place)
        .stdin(Stdio::null())
        .output()
        .expect("the tool starts");
    assert_ne!(output.status.code(), Some(69), "{}", text(&output));
    let places = std::fs::read_to_string(&place).expect("the played suite ran");
    let (first, others): (Vec<_>, Vec<_>) = places.lines().partition(|line| *line == "1 1");
    // A case that a namespace does not offer (`lacking`) is asked for once more outside.
    assert_eq!((!first.is_empty(), others.len()), (alone, if alone { 1 } else { 2 }), "{places}");
}

/// The suite that people get has no such options, and nothing that they would ask for.
#[test]
fn a_suite_that_is_handed_out_is_never_lied_to() {
    for option in [&["--lies"][..], &["--option", "lie=census"]] {
        let output = Command::new(suite()).args(option).output().expect("the suite starts");
        assert_ne!(output.status.code(), Some(0), "{option:?}: {}", text(&output));
    }
    let program = std::fs::read(suite()).expect("the suite can be read");
    let holds = |word: &[u8]| program.windows(word.len()).any(|window| window == word);
    assert!(holds(b"SIGSYS_WORKER") || holds(b"--describe"), "its words can be found");
    assert!(!holds(b"SIGSYS_LIE") && !holds(b"lied-to"), "it knows of lies");
}

#[rstest]
#[case::no_lie("no-lie", REASONS, &["--only", "gone"], "no lie is called like `gone`")]
#[case::no_case("no-case", REASONS, &["--case", "gone"], "no case is called like `gone`")]
#[case::no_part("no-part", REASONS, &["--sample", "2/2"], "K is less than N")]
#[case::no_parts("no-parts", REASONS, &["--sample", "0"], "give N, which is at least 1")]
#[case::no_reason("no-reason", "[[lie]]\nnames = [\"x\"]\nwhy = \"dunno\"\n", &[], "an entry needs names and a reason")]
#[case::no_cases("no-cases", "[[elsewhere]]\nnames = [\"x\"]\ncases = []\nwhy = \"a b c d e\"\n", &[], "names, cases and a reason")]
#[case::no_toml("no-toml", "[[lie", &[], "reasons.toml: ")]
#[case::unknown_key("unknown-key", "[[lies]]\n", &[], "unknown field `lies`")]
fn bad_input_is_refused(
    #[case] name: &str,
    #[case] reasons: &str,
    #[case] words: &[&str],
    #[case] says: &str,
) {
    let (output, _) = lies(name, "", reasons, words);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(says), "{said}");
}
