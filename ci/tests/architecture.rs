//! The three floors of the tool, held by its sources: imports run downwards, no modules import each other in
//! a circle, and what a floor must not do is nowhere in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The text of each module by its path, `results::snapshot::read`; without what is compiled for tests alone.
type Sources = BTreeMap<String, String>;
/// The modules that each module imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Sources::new();
    read(&root, "", &mut sources);
    let for_tests: Vec<String> =
        sources.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    sources.retain(|name, _| !for_tests.contains(name));
    for text in sources.values_mut() {
        *text = without_tests(text);
    }
    sources
}

fn read(folder: &Path, above: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let name = if above.is_empty() { stem } else { format!("{above}::{stem}") };
        if path.is_dir() {
            read(&path, &name, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.insert(name, fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// The modules that `text` declares for tests.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let line = rest.trim_start().lines().next()?;
        line.strip_suffix(';')?.split("mod ").nth(1)
    });
    declared.map(|module| format!("{name}::{module}")).collect()
}

/// `text` up to its tests, without comments.
fn without_tests(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.map(|line| format!("{line}\n")).collect()
}

/// The modules that `text`, which is module `own`, names: after `crate::` or `super::`, or its own.
fn imported(own: &str, text: &str, sources: &Sources) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            if text[..at].ends_with(is_path) {
                continue;
            }
            let mut base =
                if start == "crate::" { Vec::new() } else { own.split("::").collect::<Vec<_>>() };
            let mut rest = &text[at..];
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            rest = rest.strip_prefix("crate::").unwrap_or(rest);
            for path in expanded(rest) {
                let parts: Vec<&str> = base
                    .iter()
                    .copied()
                    .chain(path.split("::").filter(|part| !part.is_empty()))
                    .collect();
                // The longest front that is a module; what follows it is an item of that.
                let module = (1..=parts.len()).rev().map(|count| parts[..count].join("::"));
                found.extend(module.into_iter().find(|module| sources.contains_key(module)));
            }
        }
    }
    let front = format!("{own}::");
    for child in sources.keys().filter_map(|module| module.strip_prefix(&front)) {
        let path = format!("{child}::");
        let mut places = text.match_indices(&path).map(|(at, _)| at);
        if places.any(|at| !text[..at].ends_with(is_path)) {
            found.insert(format!("{front}{child}"));
        }
    }
    found.remove(own);
    // A module is part of those around it.
    found.retain(|other| !own.starts_with(&format!("{other}::")));
    found
}

/// The paths that `text` begins with: one, or those in its braces.
fn expanded(text: &str) -> Vec<String> {
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let front = &text[..end];
    let Some(inner) = text[end..].strip_prefix('{') else { return vec![front.to_owned()] };
    let (mut depth, mut parts, mut begun) = (0_usize, Vec::new(), 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                parts.push(inner[begun..at].trim());
                begun = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts.iter().flat_map(|part| expanded(part)).map(|path| format!("{front}{path}")).collect()
}

fn imports(sources: &Sources) -> Imports {
    sources.iter().map(|(name, text)| (name.clone(), imported(name, text, sources))).collect()
}

/// How high a module stands.
fn floor(module: &str) -> usize {
    match module.split("::").next() {
        Some("main") => 4,
        Some("commands") => 3,
        Some("machine") => 2,
        Some("results") => 1,
        // The leaves: what every floor may use.
        _ => 0,
    }
}

/// Floor and module, with everything that is in the module: `results::snapshot`.
fn room(module: &str) -> String {
    module.split("::").take(2).collect::<Vec<_>>().join("::")
}

fn rooms(imports: &Imports) -> Imports {
    let mut rooms = Imports::new();
    for (module, others) in imports {
        let own = room(module);
        let others = others.iter().map(|other| room(other)).filter(|other| *other != own);
        rooms.entry(own.clone()).or_default().extend(others);
    }
    // The root of a floor declares what is on it.
    rooms.retain(|room, _| room.contains("::") || floor(room) == 0);
    rooms
}

/// A way from a module back to itself.
fn circle(imports: &Imports) -> Option<Vec<String>> {
    fn walk(
        at: &str,
        imports: &Imports,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> bool {
        if let Some(begin) = way.iter().position(|module| module == at) {
            way.drain(..begin);
            return true;
        }
        if !done.insert(at.to_owned()) {
            return false;
        }
        way.push(at.to_owned());
        if imports.get(at).into_iter().flatten().any(|next| walk(next, imports, way, done)) {
            return true;
        }
        way.pop();
        false
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| {
        let mut way = Vec::new();
        walk(module, imports, &mut way, &mut done).then_some(way)
    })
}

/// What is wrong with the imports.
fn faults(sources: &Sources) -> Vec<String> {
    let imports = imports(sources);
    let mut faults = Vec::new();
    for (module, others) in &imports {
        let upward = others.iter().filter(|other| floor(other) > floor(module));
        faults.extend(upward.map(|other| format!("{module} imports {other}, which is above it")));
    }
    for graph in [&imports, &rooms(&imports)] {
        faults.extend(circle(graph).map(|way| format!("a circle: {}", way.join(" -> "))));
    }
    faults
}

#[test]
fn imports_run_downwards_and_in_no_circle() {
    let sources = sources();
    assert!(sources.len() > 60, "{} modules", sources.len());
    for (module, other) in [
        ("commands::boot", "machine::vm"),
        ("commands::diff", "results::diff::text"),
        ("machine::session", "results::run_record"),
        ("results::snapshot::table", "results::cell"),
        ("results::diff", "results::diff::report"),
        ("terminal", "printable"),
    ] {
        assert!(imports(&sources)[module].contains(other), "{module} imports {other}: not seen");
    }
    assert_eq!(faults(&sources), [""; 0]);
}

/// Each would be a fault, and is found.
#[test]
fn a_wrong_import_is_found() {
    for (module, line, says) in [
        ("results::page", "use crate::machine::boot::End;", "results::page imports machine::boot"),
        (
            "machine::qemu",
            "use crate::commands::{boot, run::Format};",
            "machine::qemu imports commands::boot",
        ),
        ("style", "use crate::{atomic, results::page};", "style imports results::page"),
        ("results::cell", "use super::snapshot::table::{self, Table};", "a circle: "),
        ("results::release", "use super::diff::text;", "a circle: "),
        ("commands::matrix::news", "fn f() { super::column::version(); }", "a circle: "),
    ] {
        let mut sources = sources();
        sources.get_mut(module).expect("a module").push_str(line);
        let faults = faults(&sources);
        assert!(faults.iter().any(|fault| fault.contains(says)), "{module}: {faults:?}");
    }
}

/// The modules with one of `words` in them.
fn saying(sources: &Sources, words: &[&str]) -> BTreeSet<String> {
    let says = |text: &String| words.iter().any(|word| text.contains(word));
    sources.iter().filter(|(_, text)| says(text)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn only_commands_know_a_command_line() {
    let others = saying(&sources(), &["clap::", "use clap"]);
    assert!(others.contains("commands::run"));
    assert!(others.iter().all(|module| floor(module) == 3), "{others:?}");
}

#[test]
fn results_start_no_process_and_print_nothing() {
    let words = [
        "crate::terminal",
        "crate::progress",
        "println!",
        "io::std",
        "process::Command",
        "Command::new",
    ];
    let others = saying(&sources(), &words);
    assert!(others.contains("commands::run") && others.contains("machine::qemu"));
    assert!(others.iter().all(|module| floor(module) != 1), "{others:?}");
}

/// What is run is the suite, this tool itself, QEMU, apt, cargo and git, and the commands of the list of
/// kernels and of `--via`. Everything but git's short answers stands under a guard.
#[test]
fn programs_are_started_in_one_place() {
    let sources = sources();
    let starting = saying(&sources, &[".spawn()", ".exec()", ".output()"]);
    let expected = ["machine::guard", "machine::subprocess", "machine::suite_build"];
    assert_eq!(starting, expected.map(str::to_owned).into());
    let naming = saying(&sources, &["Command::new("]);
    let expected = [
        "commands::matrix::column",
        "machine::guard",
        "machine::kernels::apt",
        "machine::qemu",
        "machine::subprocess",
        "machine::suite",
        "machine::suite_build",
    ];
    assert_eq!(naming, expected.map(str::to_owned).into());
}

/// The map in the README names every module of a floor, and every leaf.
#[test]
fn the_readme_names_every_module() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).expect("the README");
    let rooms: BTreeSet<String> = sources().keys().map(|module| room(module)).collect();
    let named = |room: &&String| {
        let name = room.rsplit("::").next().unwrap_or(room);
        ["`", "/`"].iter().any(|end| readme.contains(&format!("`{name}{end}")))
    };
    let floors = ["main", "commands", "machine", "results"];
    let missing: Vec<&String> =
        rooms.iter().filter(|room| !floors.contains(&room.as_str()) && !named(room)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
