//! Variants that run what they can change, and take the rest over.

use crate::scene::*;
use rstest::rstest;
use std::fs;

const RUN_ONE: &str = r#"{"kind":"run","schema":2,"suite":{"name":"played","version":"1"},"time":0,"cases":1,"kernel":{"system":"Linux","release":"6.1-played","build":"b","machine":"x86_64","vsyscall":"none","user":0}}"#;
const END_ONE_BREAKS: &str = r#"{"kind":"end","counts":{"violated":1}}"#;

/// A kernel in two variants, the second of which changes `a::b::two` alone.
fn scene(name: &str) -> Scene {
    let scene = Scene::new(name);
    scene.kernel();
    let list = fs::read_to_string(scene.0.join("kernels.toml")).expect("there");
    scene.put("kernels.toml", list + "base = \"x\"\ncases = [\"a::b::two\"]\n");
    scene
}

fn record(scene: &Scene, name: &str) -> String {
    fs::read_to_string(scene.0.join("results").join(name)).unwrap_or_default()
}

#[test]
fn what_a_variant_cannot_change_is_taken_over_and_marked() {
    let scene = scene("taken");
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    scene.boot(2, &[RUN_ONE, TWO, END_ONE], "status 0");
    let left = scene.run(&["--jobs", "1"]);
    assert_eq!((left.status, scene.boots()), (Some(0), 2), "{}{}", left.out, left.err);
    assert!(left.out.contains("3 verdicts measured, 1 taken over"), "{}", left.out);
    let taken = ONE.replace("\"holds\"}", "\"holds\",\"taken_from\":\"k-x\"}");
    let lines: Vec<String> = record(&scene, "k-n.jsonl").lines().map(str::to_owned).collect();
    assert_eq!(lines[1..], [taken, TWO.to_owned(), END.to_owned()]);
    assert!(lines[0].contains("\"cases\":2"), "{}", lines[0]);
    assert!(!record(&scene, "k-x.jsonl").contains("taken_from"));
    assert_eq!(record(&scene, "parts/k-n.jsonl").lines().count(), 3);
    // What was measured is used again; the record for a user is made anew.
    fs::remove_file(scene.0.join("results/k-n.jsonl")).expect("removed");
    let left = scene.run(&[]);
    assert!(left.out.contains("nothing to do"), "{}", left.out);
    assert_eq!((scene.boots(), record(&scene, "k-n.jsonl").lines().count()), (2, 4));
    // Another choice of cases is another part.
    let list = fs::read_to_string(scene.0.join("kernels.toml")).expect("there");
    scene.put("kernels.toml", list.replace("a::b::two", "a::b::one"));
    scene.boot(3, &[RUN_ONE, ONE, END_ONE], "status 0");
    let left = scene.run(&[]);
    assert!(left.out.contains("1 run, 1 kept"), "{}", left.out);
    assert!(record(&scene, "k-n.jsonl").contains(&TWO.replace('}', ",\"taken_from\":\"k-x\"}")));
}

/// A part is held to its own cases: neither one more, nor one less, nor another.
#[rstest]
#[case::more("more", &[RUN, ONE, TWO, END])]
#[case::another("another", &[RUN_ONE, ONE, END_ONE])]
#[case::none("none", &[RUN_ONE])]
fn a_part_is_held_to_its_own_cases(#[case] name: &str, #[case] lines: &[&str]) {
    let scene = scene(&format!("part-{name}"));
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    for number in 2..=9 {
        scene.boot(number, lines, "status 0");
    }
    let left = scene.run(&["--jobs", "1"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-n: no answer: "), "{}", left.out);
    assert!(!scene.0.join("results/parts/k-n.jsonl").exists());
}

/// A fault in a part fails its own column; one that is taken over is the other column's.
#[rstest]
#[case::own("own", TWO, 0, END, TWO_BREAKS, 101, END_ONE_BREAKS)]
#[case::taken("base", TWO_BREAKS, 101, END_BREAKS, TWO, 0, END_ONE)]
fn a_fault_counts_where_it_was_measured(
    #[case] name: &str,
    #[case] base: &str,
    #[case] base_ends: u8,
    #[case] base_end: &str,
    #[case] part: &str,
    #[case] part_ends: u8,
    #[case] part_end: &str,
) {
    let scene = scene(&format!("fault-{name}"));
    scene.boot(1, &[RUN, ONE, base, base_end], &format!("status {base_ends}"));
    scene.boot(2, &[RUN_ONE, part, part_end], &format!("status {part_ends}"));
    let left = scene.run(&["--jobs", "1"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert_eq!(record(&scene, "k-n.jsonl").contains("violated"), name == "own", "{}", left.out);
}

#[test]
fn nothing_is_taken_from_a_record_that_is_not_whole() {
    let scene = scene("base-cut");
    for number in 1..=3 {
        scene.put(&format!("console.{number}"), PANIC);
    }
    scene.boot(4, &[RUN_ONE, TWO, END_ONE], "status 0");
    let left = scene.run(&["--jobs", "1"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    let said =
        "k-n: no answer: it measured 1 case, and k-x has no whole record to take the rest from";
    assert!(left.out.contains(said), "{}", left.out);
    assert!(!scene.0.join("results/k-n.jsonl").exists());
    assert_eq!(record(&scene, "k-n.cut.jsonl").lines().count(), 3);
    // What was measured is kept for the next run.
    scene.boot(5, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&[]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.out.contains("1 run, 1 kept"), "{}", left.out);
}

/// Without the other column there is nothing to take from: a variant alone runs everything.
#[test]
fn a_variant_alone_runs_everything() {
    let scene = scene("alone");
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&["--only", "k-n"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(!record(&scene, "k-n.jsonl").contains("taken_from"));
    // And that is used again where a part would do.
    scene.boot(2, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&[]);
    assert!(left.out.contains("1 run, 1 kept"), "{}", left.out);
}

/// `--full` measures everything, and a difference that the list excludes fails.
#[rstest]
#[case::expected("expected", ONE, "\"value\":\"nr\"", 0)]
#[case::wrong("wrong", "\"value\":\"nr\"", TWO, 101)]
fn a_full_run_says_where_the_list_is_wrong(
    #[case] name: &str,
    #[case] one: &str,
    #[case] two: &str,
    #[case] status: i32,
) {
    let scene = scene(&format!("full-{name}"));
    let other = |line: &str| {
        line.replace("\"holds\"}", "\"holds\",\"facts\":{\"rax\":[{\"value\":\"nr\"}]}}")
    };
    let [one, two] = [(one, ONE), (two, TWO)].map(|(what, line)| match what.starts_with('"') {
        true => other(line),
        false => line.to_owned(),
    });
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    scene.boot(2, &[RUN, &one, &two, END], "status 0");
    let left = scene.run(&["--full", "--jobs", "1"]);
    assert_eq!((left.status, scene.boots()), (Some(status), 2), "{}{}", left.out, left.err);
    let said = "k-n: its variant changes 1 case that the list says it cannot: a::b::one";
    assert_eq!(left.out.contains(said), status == 101, "{}", left.out);
    assert!(!left.out.contains("taken over"), "{}", left.out);
}

/// What a program reads says what was measured, and how many boots that took.
#[test]
fn a_program_reads_what_was_taken_over_and_the_boots() {
    let scene = scene("json");
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    // The machine dies with the case, which holds in the next boot: it is not whole, and begun anew.
    scene.put("console.2", PANIC);
    scene.boot(3, &[RUN_ONE, TWO, END_ONE], "status 0");
    let left = scene.run(&["--format", "json", "--jobs", "1"]);
    assert_eq!(left.out.lines().count(), 1, "{}", left.out);
    let document: serde_json::Value = serde_json::from_str(&left.out).expect("JSON");
    let [whole, part] = [&document["columns"][0], &document["columns"][1]];
    assert_eq!((&whole["name"], &part["name"]), (&"k-x".into(), &"k-n".into()));
    assert_eq!((&whole["measured"], &whole["taken_over"]), (&2.into(), &0.into()));
    assert_eq!((&part["measured"], &part["taken_over"]), (&1.into(), &1.into()), "{}", left.err);
    assert_eq!(part["series"], "6.1");
    assert_eq!(document["boots"]["booted"], 3, "{document}");
    assert_eq!((&document["boots"]["died"], &part["boots"]["died"]), (&1.into(), &1.into()));
    // It is said in words as well, also where the record is kept.
    let left = scene.run(&[]);
    assert!(left.out.contains("boots   3 boots, 1 died"), "{}", left.out);
    assert!(left.out.contains("k-n: 2 boots, 1 died"), "{}", left.out);
}
