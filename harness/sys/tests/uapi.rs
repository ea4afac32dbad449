//! `sys::uapi` is the only home of the kernel's constants: no source of the repository defines one
//! again, or writes its value where the name belongs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Values that mean one thing only wherever they stand.
const TELLING: [&str; 11] = [
    "0xc000003e",
    "0x40000003",
    "0x7fff0000",
    "0x7ffc0000",
    "0x7ff00000",
    "0x7fc00000",
    "0xc0502100",
    "0xc0182101",
    "0x40082102",
    "0x464c457f",
    "0xffffffffff600000",
];

/// What takes a constant: a small number right after is one without its name.
const TAKERS: [&str; 6] =
    ["Stop::Signal(", "Stop::Event(", "KilledBy(", "SignalName(", "call::raw(", "call::checked("];

/// Constants that are called like one of the kernel's and are none: where, and what.
const OTHERS: [(&str, &str); 3] = [
    ("harness/sys/src/lies/code.rs", "const ACCESS:"),
    ("harness/sys/src/signal.rs", "const TIMES:"),
    ("harness/src/runner/lock.rs", "const TIMES:"),
];

/// The names that `sys::uapi` has, without those of the 32-bit ABI.
fn names() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let texts = ["uapi.rs", "uapi/unistd_64.rs"].map(|file| {
        fs::read_to_string(source.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    });
    let words = |text: &str| -> Vec<String> {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<_> = code.collect();
        let words = code.join("\n");
        words
            .split(|other: char| !other.is_ascii_alphanumeric() && other != '_')
            .filter(|word| {
                word.len() > 3
                    && word.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
            })
            .map(str::to_owned)
            .collect()
    };
    texts.iter().flat_map(|text| words(text)).collect()
}

/// What stands in this line and belongs into `sys::uapi`.
fn offence(line: &str, names: &BTreeSet<String>) -> Option<String> {
    let code = line.trim_start();
    if code.starts_with("//") {
        return None;
    }
    let plain = code.replace('_', "").to_ascii_lowercase();
    if let Some(value) = TELLING.iter().find(|value| has_number(&plain, value)) {
        return Some(format!("the value {value}"));
    }
    let bare = |taker: &&&str| {
        code.match_indices(**taker).any(|(at, _)| {
            let rest = &code[at + taker.len()..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            // Real-time signals have no name.
            digits.parse::<u32>().is_ok_and(|number| number < 32 || taker.starts_with("call"))
        })
    };
    if let Some(taker) = TAKERS.iter().find(bare) {
        return Some(format!("a number in `{taker}..)`"));
    }
    redefined(code, names).map(|name| format!("the constant {name}"))
}

fn has_number(plain: &str, value: &str) -> bool {
    plain.match_indices(value).any(|(at, _)| {
        let is_quoted = plain[..at].matches('"').count() % 2 == 1;
        !is_quoted && !plain[at + value.len()..].starts_with(|next: char| next.is_ascii_hexdigit())
    })
}

/// The constant this line defines as a literal, if the kernel has one of this name.
fn redefined<'a>(code: &'a str, names: &BTreeSet<String>) -> Option<&'a str> {
    let visible = code.strip_prefix("pub").map_or(code, |rest| match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')').map_or(rest, |(_, after)| after),
        None => rest,
    });
    let (name, rest) = visible.trim_start().strip_prefix("const ")?.split_once(':')?;
    let (kind, value) = rest.split_once('=')?;
    let is_integer = kind.trim().trim_start_matches(['i', 'u']).parse::<u32>().is_ok()
        || ["usize", "isize", "c_int", "c_long"].contains(&kind.trim());
    let literal = value.trim().trim_start_matches('-');
    let is_literal = literal.starts_with(|first: char| first.is_ascii_digit());
    let call = name.trim_end_matches("_32").to_ascii_lowercase();
    let restart = format!("E{}", name.trim_start_matches('E'));
    let is_kernels = names.contains(name)
        || names.contains(&format!("SYS_{call}"))
        || (restart.starts_with("ERESTART") && names.contains(&restart));
    (is_integer && is_literal && is_kernels).then_some(name)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository").filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_source_has_a_constant_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("there");
    let names = names();
    assert!(names.contains("SYS_getpid") && names.contains("SIGSYS"), "uapi is read");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 300, "{} sources are seen", files.len());
    let mut found = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).expect("below it").to_string_lossy().into_owned();
        if path.starts_with("harness/sys/src/uapi") || path == "harness/sys/tests/uapi.rs" {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source is text");
        for (number, line) in text.lines().enumerate() {
            let excused = OTHERS.iter().any(|(place, what)| *place == path && line.contains(what));
            if let Some(what) = offence(line, &names).filter(|_| !excused) {
                found.push(format!("{path}:{}: {what}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "use the name in sys::uapi:\n{}", found.join("\n"));
}

#[test]
fn samples_are_told_apart() {
    let names = names();
    for bad in [
        "const ENOSYS: i64 = -38;",
        "    pub(crate) const SIGSTOP: i32 = 19;",
        "const GETPID: u64 = 39;",
        "const PRCTL_32: i64 = 172;",
        "const RESTARTSYS: i64 = -512;",
        "pub const AUDIT_ARCH_X86_64: u32 = 0xC000_003E;",
        "    assert_eq!(caught.arch(), 0xc000_003e);",
        "    assert_eq!(tracee.wait(), Stop::Signal(19));",
        "    call::raw(95, [0o022, 0, 0, 0, 0, 0]);",
    ] {
        assert!(offence(bad, &names).is_some(), "{bad}");
    }
    for good in [
        "const PRCTL: i64 = SYS_prctl;",
        "const ROUNDS: usize = 100;",
        "/// `0xc000_003e`",
        "    assert_eq!(end, WaitStatus::KilledBy(64));",
        "    let at = 0xc000_003e_0000;",
        "        terms: \"0xffffffffff600000\",",
        "pub use sys::uapi::SIGSYS;",
    ] {
        assert_eq!(offence(good, &names), None, "{good}");
    }
}
