//! Who judges, and who imports whom: suites import no other suite, and fixtures assert nothing about the
//! kernel.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of `suites/` whose claims stand for themselves.
const SUITES: [&str; 6] =
    ["dispatch", "seccomp", "vsyscall", "interaction", "interception", "fuzz"];

/// What any suite may import: the promises, and assertions that several suites make.
const SHARED: [&str; 2] = ["clauses", "assertions"];

/// What ends a case with the verdict *violated*.
const JUDGEMENTS: [&str; 12] = [
    "assert!",
    "assert_eq!",
    "assert_ne!",
    "assert_matches!",
    "debug_assert",
    "panic!",
    "unreachable!",
    "panic_any",
    ".expect(",
    ".expect_err(",
    ".unwrap()",
    ".unwrap_err()",
];

/// Where fixtures turn the refusal of what a need has promised into *violated*, and how often.
const PROMISED: [(&str, usize); 4] =
    [("call_outcome.rs", 1), ("child.rs", 1), ("dispatch.rs", 2), ("tracee.rs", 1)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("there")
}

/// The sources below `folder`, with their paths below it.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let below =
                    path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
                found.push((below, fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    found.sort();
    found
}

/// The source without comments, and without the unit tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    let lines = text.lines().map(|line| match line.find("//") {
        // `//` within a text stands after a quotation mark.
        Some(at) if !line[..at].contains('"') => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules of the crate's root that the source of `module` (`["dispatch", "off"]`) names.
fn root_modules(module: &[&str], code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(is_part) || code[..at].ends_with('$') {
                continue;
            }
            let mut rest = &code[at..];
            let mut depth = module.len();
            while let Some(after) = rest.strip_prefix("super::") {
                depth = depth.saturating_sub(1);
                rest = after;
            }
            if let Some(after) = rest.strip_prefix("crate::") {
                (depth, rest) = (0, after);
            }
            if depth == 0 {
                found.extend(heads(rest));
            }
        }
    }
    found
}

/// The first names of what follows: of `a::b` a, of `{a::b, c::{d, e}}` a and c.
fn heads(text: &str) -> Vec<String> {
    let Some(inner) = text.strip_prefix('{') else {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        return vec![text[..end].to_owned()];
    };
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let parts = parts.iter().map(|part| part.trim_start_matches([',', ' ', '\n']));
    parts.filter(|part| !part.is_empty()).flat_map(heads).collect()
}

#[test]
fn no_suite_imports_another() {
    let folder = root().join("suites");
    let mut seen = 0;
    let mut found = Vec::new();
    for (path, text) in sources(&folder) {
        let module: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        let Some(suite) = SUITES.iter().find(|suite| **suite == module[0]) else { continue };
        seen += 1;
        let code = code(&text);
        for name in root_modules(&module, &code) {
            if name != *suite && !SHARED.contains(&name.as_str()) {
                found.push(format!("suites/{path} imports {name}"));
            }
        }
    }
    assert!(seen > 100, "{seen} sources are seen");
    assert!(
        found.is_empty(),
        "move what they share to fixtures or assertions:\n{}",
        found.join("\n")
    );
}

#[test]
fn fixtures_assert_nothing() {
    let folder = root().join("fixtures/src");
    let sources = sources(&folder);
    assert!(sources.len() > 25, "{} sources are seen", sources.len());
    let mut found = Vec::new();
    for (path, text) in sources {
        let code = code(&text);
        for word in JUDGEMENTS.iter().filter(|word| code.contains(**word)) {
            found.push(format!("fixtures/src/{path} has {word}"));
        }
        let known = PROMISED.iter().find(|(file, _)| *file == path).map_or(0, |(_, times)| *times);
        let times = code.matches(".promised(").count();
        if times != known {
            found.push(format!("fixtures/src/{path} has .promised( {times} times, not {known}"));
        }
    }
    assert!(found.is_empty(), "a case judges, or a step ends in set_up:\n{}", found.join("\n"));
}

#[test]
fn imports_are_told_apart() {
    for (module, code, expected) in [
        (&["dispatch", "off"][..], "use crate::seccomp::errno;", &["seccomp"][..]),
        (
            &["dispatch", "off"],
            "use crate::{clauses::*, seccomp::{errno, kill}};",
            &["clauses", "seccomp"],
        ),
        (
            &["dispatch", "off"],
            "use super::clauses::*; use super::super::vsyscall::page;",
            &["vsyscall"],
        ),
        (&["dispatch"], "fn f() { super::seccomp::f() }", &["seccomp"]),
        (&["fuzz", "arguments", "places"], "use super::super::draw; $crate::hold!()", &[]),
        (&["dispatch", "off"], "use fixtures::dispatch; use othercrate::seccomp;", &[]),
    ] {
        assert_eq!(root_modules(module, code), expected, "{code}");
    }
    assert_eq!(code("a // crate::b\n/// panic!\nc\n#[cfg(test)]\nmod tests"), "a \n\nc");
}
