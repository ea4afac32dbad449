//! What `sigsys build --bundle` packs: it is the same each time, and works where there is nothing but it. It is
//! built once for all of these tests.
#![forbid(unsafe_code)]

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const NAME: &str = concat!("sigsys-", env!("CARGO_PKG_VERSION"), "-x86_64-linux");
/// A whole area of cases that takes a moment.
const SOME_CASES: &str = "dispatch::off";

/// A folder of these tests, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The workspace, where there is cargo.
fn build(file: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("ci is in the workspace");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(["build", "--bundle"]).arg(file).current_dir(root);
    command.output().expect("the tool starts")
}

fn archive() -> &'static Path {
    static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let file = folder("archive").join("first.tar.gz");
        let built = build(&file);
        assert!(built.status.success(), "{built:?}");
        file
    })
}

/// The unpacked bundle in a root of its own, with nothing else in it.
fn unpacked(name: &str) -> PathBuf {
    let root = folder(name);
    let reader = GzDecoder::new(fs::File::open(archive()).expect("it was built"));
    tar::Archive::new(reader).unpack(&root).expect("an archive");
    root
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Starts the tool of a bundle in `place`, without a variable.
fn tool(root: &Path, place: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(root.join(NAME).join("sigsys"));
    command.args(args).env_clear().current_dir(place).output().expect("the tool starts")
}

#[test]
fn all_that_belongs_to_it_is_packed_with_its_checksum() {
    let root = unpacked("packed").join(NAME);
    let sums = fs::read_to_string(root.join("sha256sums")).expect("there are sums");
    let sums: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    for name in [
        "README.md",
        "sigsys",
        "sigsys-suite",
        "kernels.toml",
        "deviations.toml",
        "features.toml",
        "snapshots/columns.snap",
        "manual/install.md",
        "manual/README.md",
        "man/man1/sigsys.1",
        "man/man1/sigsys-matrix.1",
        "completions/sigsys.bash",
        "completions/_sigsys",
        "completions/sigsys.fish",
        "schemas/record.json",
        "schemas/diff.json",
        "licences/LICENSE-MIT",
        "licences/LICENSE-APACHE",
        "licences/others.txt",
    ] {
        assert!(sums.contains_key(name), "{name} is missing");
    }
    for (name, sum) in &sums {
        let bytes = fs::read(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let own: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(own, *sum, "{name}");
        if name.ends_with(".md") {
            links(&root.join(name), &text(&bytes));
        }
    }
    let others = fs::read_to_string(root.join("licences/others.txt")).expect("there are terms");
    assert!(others.contains("\n  clap ") && others.contains("\n  libc "), "{others}");
}

/// Each link of a page leads to a file that was packed.
fn links(page: &Path, text: &str) {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    for target in targets.filter(|target| !target.contains("://")) {
        let file = target.split('#').next().unwrap_or_default();
        let folder = page.parent().expect("it lies in a folder");
        assert!(folder.join(file).exists(), "{}: {target}", page.display());
    }
}

/// Neither program asks for another file, or knows where it was built.
#[test]
fn the_programs_are_static_and_of_no_place() {
    let root = unpacked("programs").join(NAME);
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let home = std::env::var("HOME").unwrap_or_default();
    for name in ["sigsys", "sigsys-suite"] {
        let bytes = fs::read(root.join(name)).expect("packed");
        let says = |words: &str| bytes.windows(words.len()).any(|part| part == words.as_bytes());
        assert!(!says("/lib64/ld-linux"), "{name} has an interpreter");
        assert!(!says(&built_in.display().to_string()), "{name} knows its checkout");
        assert!(home.len() < 3 || !says(&format!("{home}/.cargo")), "{name} knows cargo's folder");
    }
}

#[test]
fn the_same_sources_make_the_same_bytes() {
    let again = folder("again").join("second.tar.gz");
    let built = build(&again);
    assert!(built.status.success(), "{built:?}");
    let (first, second) = (fs::read(archive()).expect("read"), fs::read(again).expect("read"));
    assert!(first == second, "{} and {} bytes", first.len(), second.len());
}

/// In a checkout, `--version` says what git says; without one it says no commit, or that of an archive.
#[test]
fn the_version_names_the_commit() {
    let said = Command::new(env!("CARGO_BIN_EXE_sigsys")).arg("--version").output();
    let version = text(&said.expect("the tool starts").stdout);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let output = command.arg("-C").arg(env!("CARGO_MANIFEST_DIR")).args(args).output().ok()?;
        output.status.success().then(|| text(&output.stdout).trim().to_owned())
    };
    let own = concat!("sigsys ", env!("CARGO_PKG_VERSION"));
    let Some(commit) = git(&["rev-parse", "--short=7", "HEAD"]) else {
        assert!(version.starts_with(own), "{version}");
        return;
    };
    let date = git(&["log", "-1", "--format=%cs"]).expect("it has a date");
    let expected = ["", "-dirty"].map(|dirty| format!("{own} ({commit}{dirty} {date})\n"));
    assert!(expected.contains(&version), "{version} instead of {}", expected[0]);
}

/// Neither a checkout, nor a home, nor a variable is needed, and where records go is said.
#[test]
fn it_works_outside_of_a_checkout() {
    let root = unpacked("outside");
    let place = folder("outside-place");
    let said = tool(&root, &place, &["--version"]);
    let version = text(&said.stdout);
    assert!(version.starts_with(concat!("sigsys ", env!("CARGO_PKG_VERSION"))), "{version}");
    let said = tool(&root, &place, &["run", SOME_CASES]);
    assert!(said.status.success(), "{said:?}");
    let records: Vec<String> = fs::read_dir(&place)
        .expect("the place")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(records.len() == 1 && records[0].starts_with("sigsys-filtered-"), "{records:?}");
    // The checkout that lies around this test's folder is not used, and that is said.
    assert!(text(&said.stderr).contains("using the bundle "), "{said:?}");
}

#[test]
fn a_file_that_is_altered_or_missing_is_named() {
    let root = unpacked("altered");
    let place = folder("altered-place");
    let bundle = root.join(NAME);
    let refused = |args: &[&str], status: i32, says: &str| {
        let said = tool(&root, &place, args);
        let err = text(&said.stderr);
        assert!(said.status.code() == Some(status) && err.contains(says), "{args:?}: {said:?}");
        err
    };
    fs::write(bundle.join("snapshots/dispatch/off.snap"), "other").expect("written");
    let err = refused(&["diff", "6.1", "7.3"], 2, "/snapshots/dispatch/off.snap is altered; ");
    assert!(err.trim_end().ends_with("unpack the bundle again"), "{err}");
    fs::remove_file(bundle.join("kernels.toml")).expect("removed");
    refused(&["matrix", "--plan", "github"], 2, "/kernels.toml cannot be found: ");
    fs::write(bundle.join("sigsys-suite"), "#!/bin/true").expect("written");
    refused(&["run", SOME_CASES], 2, "/sigsys-suite is altered; unpack the bundle again");
    fs::remove_file(bundle.join("sha256sums")).expect("removed");
    refused(&["run", SOME_CASES], 2, "sha256sums: No such file or directory");
}

#[test]
fn another_suite_is_said_to_be_one() {
    let root = unpacked("other");
    let place = folder("other-place");
    let suite = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
    let mut command = Command::new(root.join(NAME).join("sigsys"));
    command.args(["run", "--suite", suite]).env("PLAY", "records").current_dir(&place);
    let said = command.output().expect("the tool starts");
    let err = text(&said.stderr);
    assert!(said.status.success(), "{said:?}");
    assert!(err.contains("suite.sh") && err.contains("is not the suite of this bundle"), "{err}");
}

#[test]
fn what_cannot_be_packed_or_changed_is_refused_in_one_line() {
    let root = unpacked("refused");
    let place = folder("refused-place");
    fs::write(place.join("there.tar.gz"), "").expect("written");
    for (args, status, says) in [
        (&["build", "--bundle", "x.zip"][..], 2, "the archive is a .tar.gz or a .tar.zst"),
        (&["build", "--bundle", "there.tar.gz"], 2, "there.tar.gz: is there already: remove it"),
        (&["build", "--bundle", "/proc/x.tar.gz"], 2, "cannot write to /proc: "),
        (&["matrix", "--accept"], 2, "stay as they are: name a folder of your own"),
        (&["man", "nowhere"], 2, "cannot write to nowhere: "),
    ] {
        let said = tool(&root, &place, args);
        let err = text(&said.stderr);
        assert!(said.status.code() == Some(status) && err.contains(says), "{args:?}: {said:?}");
        assert_eq!(
            err.lines().filter(|line| !line.contains("using the bundle")).count(),
            1,
            "{err}"
        );
    }
}

/// Runs a script of sh in a mount namespace of its own, with `root` as its argument; nothing where this user or
/// this machine cannot have one.
fn in_namespace(root: &Path, script: &str, more: &[&OsStr]) -> Option<Output> {
    let may = Command::new("unshare").args(["--mount", "true"]).output();
    if !may.is_ok_and(|tried| tried.status.success()) {
        eprintln!("SKIPPED: this user cannot have a mount namespace: no empty root is tried");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "--fork", "--pid", "sh", "-euc", script, "sh"]).arg(root).args(more);
    Some(command.output().expect("unshare starts"))
}

/// /proc and /dev are all that is there beside the bundle: no C library, no /etc, no home, no shell.
#[test]
fn it_works_in_an_empty_root() {
    let root = unpacked("empty");
    let script = format!(
        "chroot=$(command -v chroot); mkdir $1/proc $1/dev; mount -t proc proc $1/proc; mount --rbind /dev $1/dev
        try() {{ echo \"== $*\"; env -i $chroot $1 /{NAME}/sigsys $2 >$1/out 2>&1 || {{
            echo \"left with status $?\"; cat $1/out; exit 1; }}; cat $1/out; }}
        try $1 'run --record /record.jsonl {SOME_CASES}'
        try $1 'diff 6.1 7.3'
        try $1 'history dispatch/prctl/off-args-zero'
        try $1 'explain SECCOMP_RET_DATA'
        try $1 'clauses --bare'
        try $1 'matrix --plan github'
        try $1 'report --html /site 6.1 7.3'
        try $1 'convert --to badge /record.jsonl'
        try $1 '--version'"
    );
    let Some(said) = in_namespace(&root, &script, &[]) else { return };
    let out = text(&said.stdout);
    assert!(said.status.success(), "{out}{}", text(&said.stderr));
    for says in [
        "holds",
        "offered now: ",
        "off_looks_at_every_bit_of_a_field",
        "seccomp/",
        "bookworm",
        "</svg>",
    ] {
        assert!(out.contains(says), "{says}: {out}");
    }
    assert!(root.join("site/index.html").is_file(), "{out}");
    assert!(!root.join("etc").exists() && !root.join("lib").exists());
}

/// An image that was fetched before, with its configuration.
fn image() -> Option<(PathBuf, PathBuf)> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let kernels = fs::read_dir(cache.join("sigsys/kernels")).ok()?;
    let mut images: Vec<(PathBuf, PathBuf)> = kernels
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let folder = match fs::read_to_string(folder.join("current")) {
                Ok(current) => folder.join(current.trim()),
                Err(_) => folder,
            };
            Some((folder.join("vmlinuz"), folder.join("config")))
        })
        .filter(|(image, config)| image.is_file() && config.is_file())
        .collect();
    images.sort();
    images.into_iter().next_back()
}

/// As above, with QEMU and what that needs.
#[test]
fn it_boots_a_kernel_where_there_is_only_qemu() {
    let Some((image, config)) = image() else {
        eprintln!("SKIPPED: no kernel was fetched into ~/.cache/sigsys: none is booted");
        return;
    };
    if Command::new("qemu-system-x86_64").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no QEMU: no kernel is booted from the bundle");
        return;
    }
    let root = unpacked("boot");
    let script = format!(
        "chroot=$(command -v chroot); mkdir $1/proc $1/dev $1/tmp; mount -t proc proc $1/proc; mount --rbind /dev $1/dev
        for folder in /usr /lib /lib64; do
            [ -d $folder ] || continue
            mkdir $1$folder; mount --rbind $folder $1$folder
        done
        cp \"$2\" $1/vmlinuz; cp \"$3\" $1/config
        env -i PATH=/usr/bin $chroot $1 /{NAME}/sigsys boot --kernel /vmlinuz --config /config \
            --accel tcg --case {SOME_CASES}"
    );
    let Some(said) = in_namespace(&root, &script, &[image.as_os_str(), config.as_os_str()]) else {
        return;
    };
    let out = text(&said.stdout);
    assert!(said.status.success(), "{out}{}", text(&said.stderr));
    assert!(out.contains("holds"), "{out}");
}
