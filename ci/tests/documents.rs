//! What the README and the manual name exists: files, commands, options, promises.

#![forbid(unsafe_code)]

mod common;

use common::suite;
use harness::describe::{CaseMeta, ClauseText, Description};
use harness::record::{CaseLine, Failure, Verdict};
use harness::report::failure::Block;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("ci is in the workspace").to_owned()
}

/// Each document of the project with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let root = root();
    let mut all = vec![root.join("README.md"), root.join("suites/model/README.md")];
    all.extend(
        ["suites", "fixtures", "harness", "ci"].map(|room| root.join(room).join("README.md")),
    );
    let manual = fs::read_dir(root.join("ci/manual")).expect("there is a manual");
    all.extend(manual.map(|page| page.expect("it can be read").path()));
    all.into_iter()
        .map(|path| {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            (path, text)
        })
        .collect()
}

/// Targets of the links in `text`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// The command lines for the tool, without the name of the tool and without comments.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?.trim_start();
        let rest = line
            .strip_prefix("sigsys ")
            .or_else(|| line.strip_prefix("cargo run --release -- "))?;
        Some(rest.split(" #").next().unwrap_or(rest))
    })
}

fn help(command: &[&str]) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_sigsys"))
        .args(command)
        .arg("--help")
        .output()
        .expect("the tool can be started");
    assert!(said.status.success(), "sigsys {command:?} --help: {said:?}");
    String::from_utf8(said.stdout).expect("help is text")
}

#[test]
fn the_front_door_is_short() {
    let text = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let lines = text.lines().count();
    assert!(
        lines <= 150,
        "README.md has {lines} lines: details belong to ci/manual or a folder's README"
    );
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in documents() {
        let folder = path.parent().expect("a document is in a folder");
        for link in links(&text).filter(|link| !link.contains("://")) {
            let target = folder.join(link.split('#').next().expect("it has a first part"));
            assert!(target.exists(), "{}: {link} does not exist", path.display());
        }
    }
}

/// Words in backquotes that name a file of the project.
#[test]
fn every_file_that_is_named_exists() {
    const ROOMS: [&str; 6] = ["suites/", "fixtures/", "harness/", "ci/", ".cargo/", "Cargo.toml"];
    let root = root();
    for (path, text) in documents() {
        let quoted = text.split('`').skip(1).step_by(2);
        let files = quoted.filter(|word| ROOMS.iter().any(|room| word.starts_with(room)));
        for file in files.filter(|word| !word.contains([' ', '*', '<'])) {
            // In its room's README, a file may be named from there.
            let near = path.parent().expect("a document is in a folder").join(file);
            assert!(root.join(file).exists() || near.exists(), "{}: `{file}`", path.display());
        }
    }
}

#[test]
fn every_command_and_option_is_known() {
    let mut seen = 0;
    for (path, text) in documents() {
        for line in commands(&text) {
            let mut words = line.split_whitespace();
            let Some(command) = words.next().filter(|word| *word != "help") else { continue };
            let help = help(&[command]);
            for option in words.filter(|word| word.starts_with("--") && word.len() > 2) {
                let option = option.split('=').next().expect("it has a first part");
                assert!(help.contains(option), "{}: sigsys {line}: no {option}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} command lines were found: are they still written as before?");
}

/// The command lines for the tool in a workflow, without the name of the tool.
fn commands_of_workflow(text: &str) -> impl Iterator<Item = String> {
    const STARTS: [&str; 4] =
        ["cargo run --release -- ", "bundle/sigsys ", "/opt/sigsys/sigsys ", "\"$BUNDLE/sigsys\" "];
    let text = text.replace("\\\n", " ");
    let lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| {
            let rest = STARTS.iter().find_map(|start| line.split_once(start))?.1;
            Some(rest.split([')', '|', '>', ';', '}']).next().unwrap_or(rest).to_owned())
        })
        .collect();
    lines.into_iter()
}

/// A workflow uses only commands and options that there are.
#[test]
fn every_command_and_option_of_the_workflows_is_known() {
    for (name, least) in [("matrix", 7), ("release", 5)] {
        let path = root().join(format!("ci/workflows/{name}.yml"));
        let text = fs::read_to_string(&path).expect("there is a workflow");
        let mut seen = 0;
        for line in commands_of_workflow(&text) {
            let mut words = line.split_whitespace();
            let command = words.next().expect("a command");
            seen += 1;
            if command.starts_with("--") {
                let all = help(&[]);
                assert!(all.contains(command), "{}: no {command}", path.display());
                continue;
            }
            let help = help(&[command]);
            for option in words.filter(|word| word.starts_with("--")) {
                assert!(help.contains(option), "{}: sigsys {line}: no {option}", path.display());
            }
        }
        assert!(
            seen >= least,
            "{name}: {seen} command lines were found: are they written as before?"
        );
    }
}

fn description() -> Description {
    let described =
        Command::new(suite()).arg("--describe").output().expect("the suite can be started");
    serde_json::from_slice(&described.stdout).expect("a description")
}

#[test]
fn every_case_says_what_it_catches() {
    let silent: BTreeSet<String> = description()
        .cases
        .into_iter()
        .filter(|case| case.catches.is_empty())
        .map(|case| case.name)
        .collect();
    assert!(silent.is_empty(), "without `catches = ..`: {silent:?}");
}

/// Whatever looks like the id of a promise is one.
#[test]
fn every_promise_that_is_named_exists() {
    let ids: BTreeSet<String> = description().clauses.into_iter().map(|clause| clause.id).collect();
    assert!(ids.len() > 200, "{} promises", ids.len());
    let areas: BTreeSet<&str> = ids.iter().filter_map(|id| Some(id.rsplit_once('/')?.0)).collect();
    for (path, text) in documents() {
        for word in text.split(|c: char| c.is_whitespace() || "`'\"|,;()".contains(c)) {
            let Some((area, _)) = word.rsplit_once('/') else { continue };
            if areas.contains(area) && !word.ends_with('*') {
                assert!(ids.contains(word), "{}: {word} is no promise", path.display());
            }
        }
    }
}

/// The README's failure is what would be printed, were those rows to fail.
#[test]
fn the_failure_that_is_shown_is_as_it_would_be_printed() {
    const CLAIM: &str = "dispatch::off::off_refuses_a_non_zero_field";
    let description = description();
    let cases: Vec<&CaseMeta> = description
        .cases
        .iter()
        .filter(|case| case.name.split('[').next() == Some(CLAIM))
        .collect();
    let source = fs::read_to_string(root().join(&cases[0].file)).expect("it is in the suite");
    let asserts = source
        .lines()
        .enumerate()
        .skip_while(|(_, line)| !line.starts_with("fn off_refuses_a_non_zero_field"))
        .find(|(_, line)| line.trim_start().starts_with("assert_eq!"));
    let (above, _) = asserts.expect("the claim asserts");
    let lines: Vec<CaseLine> = cases
        .iter()
        .map(|case| CaseLine {
            failure: Some(Failure {
                observed: "0".into(),
                promised: "EINVAL".into(),
                place: format!("{}:{}", case.file, above + 1),
                ..Failure::default()
            }),
            ..CaseLine::new(&case.name, case.clauses.clone(), Verdict::Violated)
        })
        .collect();
    let clauses: Vec<&ClauseText> =
        description.clauses.iter().filter(|clause| cases[0].clauses.contains(&clause.id)).collect();
    let block = Block {
        lines: &lines.iter().collect::<Vec<_>>(),
        case: Some(cases[0]),
        clauses: &clauses,
        kernel: "Linux 6.18.44 x86_64, vsyscall=xonly",
        again: "sigsys run --exact",
    };
    let printed = block.text(&|_, text| text.to_owned());
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let shown: String = printed.lines().map(|line| format!("    {line}\n")).collect();
    assert!(readme.contains(&shown), "README.md should have\n\n{shown}");
}
