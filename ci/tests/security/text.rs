//! Foreign text: of a suite, a record, a guest, its emulator, a command.

use super::*;

/// Clears the screen, sets a title, turns the line around, begins a sequence in one character.
const FOUL: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{202e}\u{9b}1m\u{200b}";

/// The lines of a record with foul text wherever there is text.
pub(super) fn foul_record() -> [String; 3] {
    let foul = serde_json::to_string(FOUL).expect("a string");
    let words = foul.trim_matches('"');
    let run = format!(
        r#"{{"kind":"run","schema":2,"suite":{{"name":"s{words}","version":"1"}},"time":0,"cases":1,"faults":["f{words}"],"kernel":{{"system":"Linux{words}","release":"6.1{words}","build":"b{words}","machine":"x86_64{words}","vsyscall":"none","user":0}}}}"#
    );
    let case = format!(
        r#"{{"kind":"case","name":"a::b::two","clauses":["x/y","z{words}"],"verdict":"violated","failure":{{"message":"t{words}","place":"p{words}"}},"facts":{{"f{words}":[{{"value":"v{words}"}}]}},"output":"o{words}"}}"#
    );
    [run, case, r#"{"kind":"end","counts":{"violated":1}}"#.into()]
}

fn foul_suite(folder: &Path) -> String {
    let describe = fs::read_to_string(PLAYED).expect("there");
    let describe = describe.lines().find(|line| line.starts_with("describe=")).expect("a line");
    fs::write(folder.join("lines"), foul_record().join("\n") + "\n").expect("written");
    fs::write(folder.join("words"), format!("sigsys: w{FOUL}\n")).expect("written");
    let path = folder.join("suite");
    let place = folder.display();
    script(
        &path,
        &format!(
            "{describe}\nif [ \"$1\" = --describe ]; then echo \"$describe\"; exit 0; fi\n\
             cat {place}/words >&2\ncat {place}/lines\nexit 101"
        ),
    );
    path.display().to_string()
}

#[rstest]
#[case::run(&["run", "a::b::two", "--record", "/dev/null"])]
#[case::fuzz(&["run", "--color", "never", "--record", "/dev/null"])]
fn what_a_suite_says_is_text(#[case] words: &[&str]) {
    let folder = folder();
    let suite = foul_suite(folder.path());
    let left = finish(sigsys(words).args(["--suite", &suite]));
    assert!(left.out.contains("t\\u{1b}]0;t\\u{7}\\u{202e}"), "{}", left.all());
    assert!(left.err.contains("w\\u{1b}]0;t\\u{7}"), "{}", left.all());
    assert!(left.is_clean(), "{}", left.all());
}

#[test]
fn colours_are_our_own_and_nothing_else_is_an_escape() {
    let folder = folder();
    let suite = foul_suite(folder.path());
    let words = ["run", "--color", "always", "--record", "/dev/null", "--suite", &suite];
    let mut left = finish(&mut sigsys(&words));
    assert!(left.out.contains("\u{1b}[1m"), "{}", left.all());
    for own in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"] {
        left.out = left.out.replace(own, "");
    }
    assert!(left.is_clean(), "{}", left.all());
}

#[rstest]
#[case::text(&["diff"])]
#[case::markdown(&["diff", "--format", "markdown"])]
#[case::history(&["history", "a::b::two"])]
fn what_a_record_says_is_text(#[case] words: &[&str]) {
    let folder = folder();
    let (one, two) = (folder.path().join("one.jsonl"), folder.path().join("two.jsonl"));
    fs::write(&one, foul_record().join("\n") + "\n").expect("written");
    let kept = foul_record().join("\n").replace("violated", "holds");
    fs::write(&two, kept + "\n").expect("written");
    let left = finish(sigsys(words).args([&one, &two]).args(["--suite", PLAYED]));
    assert!(left.status == Some(0) && left.out.contains("\\u{"), "{}", left.all());
    assert!(left.is_clean(), "{}", left.all());
}

#[rstest]
#[case::table("table")]
#[case::json("json")]
fn what_a_guest_and_its_emulator_say_is_text(#[case] format: &str) {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    image(&at("bzImage"));
    let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
    let mut record = format!("\n{}\n", init.frame(&format!("started 6.1{FOUL}")));
    for line in &foul_record()[..2] {
        record += &format!("{}\n", suite.frame(line));
    }
    fs::write(at("record"), record).expect("written");
    let console = format!("sigsys: n{FOUL}\n[ 1.0] WARNING: w{FOUL}\n[ 1.0] l{FOUL}\n");
    fs::write(at("console"), console).expect("written");
    let place = folder.path().display();
    let qemu = at("qemu");
    script(
        &qemu,
        &format!(
            "[ \"$1\" = --version ] && {{ echo 'QEMU emulator version 7.2 (played)'; exit 0; }}\n\
             cat {place}/record >&2\ncat {place}/console\ncat {place}/console >&2\nexit 3"
        ),
    );
    let mut command = sigsys(&["boot", "--accel", "tcg", "--suite", PLAYED, "--format", format]);
    command.arg("--kernel").arg(at("bzImage")).arg("--qemu").arg(&qemu);
    let left = finish(command.arg("--record").arg(at("r")));
    assert!(left.err.contains("\\u{202e}"), "{}", left.all());
    assert!(left.is_clean(), "{}", left.all());
    if format == "json" {
        let texts: Vec<String> = left
            .out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .filter_map(|line| line["failure"]["message"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(texts, [format!("t{FOUL}")]);
    }
}

#[test]
fn what_a_command_says_is_text() {
    let folder = folder();
    let suite = foul_suite(folder.path());
    let mut command = sigsys(&["matrix", "--via", "cat words >&2; exit 3 #", "--suite", &suite]);
    let left = finish(command.current_dir(folder.path()).args(["--results", "results"]));
    assert!(left.all().contains("t\\\\u{7}"), "{}", left.all());
    assert!(left.is_clean(), "{}", left.all());
}
