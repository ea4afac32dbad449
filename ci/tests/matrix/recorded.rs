//! `matrix --records`: a report on what other machines recorded.

use crate::scene::*;
use std::fs;

/// The records of two runs in one folder, as the jobs of a workflow leave them: a kernel in two variants.
fn merged(name: &str, second: &[&str], ended: &str) -> Scene {
    let scene = Scene::new(name);
    scene.kernel();
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    scene.boot(2, second, ended);
    for variant in ["k-x", "k-n"] {
        let left = scene.run(&["--only", variant]);
        assert!(left.out.contains(" 1 run"), "{}{}", left.out, left.err);
        for end in ["jsonl", "json"] {
            let name = format!("{variant}.{end}");
            let bytes = fs::read(scene.0.join("results").join(&name)).expect("recorded");
            scene.put(&format!("merged/{name}"), bytes);
        }
    }
    fs::remove_dir_all(scene.0.join("results")).expect("removed");
    scene
}

fn report(scene: &Scene, more: &[&str]) -> Left {
    let folder = scene.0.join("merged");
    scene.run(&[&["--records", folder.to_str().expect("text")], more].concat())
}

#[test]
fn records_of_several_machines_are_one_report() {
    let scene = merged("recorded", &[RUN, ONE, TWO_BREAKS, END_BREAKS], "status 101");
    let boots = scene.boots();
    let left = report(&scene, &[]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("2 columns: 2 recorded\n"), "{}", left.out);
    assert!(left.out.contains("a::b::two violated"), "{}", left.out);
    // Nothing was booted, and the folder is as it was.
    assert_eq!((scene.boots(), scene.0.join("merged/lock").exists()), (boots, false));
    assert_eq!(report(&scene, &["--only", "k-x"]).status, Some(0));
}

#[test]
fn records_are_held_against_the_snapshots() {
    let scene = merged("recorded-check", &[RUN, ONE, TWO, END], "status 0");
    fs::create_dir(scene.0.join("snapshots")).expect("a folder");
    let left = report(&scene, &["--accept"]);
    assert!(left.status == Some(0) && left.out.contains("2 texts written"), "{}", left.out);
    let left = report(&scene, &["--check", "--require-snapshots"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let record = fs::read_to_string(scene.0.join("merged/k-n.jsonl")).expect("there");
    let broken = record.replace(TWO, TWO_BREAKS).replace(END, END_BREAKS);
    scene.put("merged/k-n.jsonl", &broken);
    let left = report(&scene, &["--check"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-n: differs from its snapshot 6.1-n: "), "{}", left.out);
}

/// What is not there, or not whole, is never taken for a good result.
#[test]
fn a_record_that_is_missing_or_cut_off_is_no_result() {
    let scene = merged("recorded-cut", &[RUN, ONE, TWO, END], "status 0");
    let path = scene.0.join("merged/k-n.jsonl");
    let record = fs::read_to_string(&path).expect("there");
    let lines: Vec<&str> = record.lines().take(2).collect();
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    let left = report(&scene, &[]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-n: no answer: "), "{}", left.out);
    assert!(lines[1].contains(r#""kind":"case""#), "{record}");
    fs::rename(&path, scene.0.join("merged/k-n.cut.jsonl")).expect("renamed");
    let left = report(&scene, &[]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-n: no answer: ") && left.out.contains("1 case"), "{}", left.out);
    fs::remove_file(scene.0.join("merged/k-n.cut.jsonl")).expect("removed");
    let left = report(&scene, &["--require", "k-n"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-n: not available: there is no "), "{}", left.out);
    fs::remove_file(scene.0.join("merged/k-x.jsonl")).expect("removed");
    let left = report(&scene, &[]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.err.contains("there is no record of a column in "), "{}", left.err);
    fs::remove_dir_all(scene.0.join("merged")).expect("removed");
    let left = report(&scene, &[]);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains("/merged: No such file or directory"), "{}", left.err);
}
