//! What is found around a run excuses what it takes away, and nothing else: made with namespaces.

use harness::record::{CaseLine, Record, Verdict};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder to mount something at, which goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("sigsys-{}-around-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir(&path);
        std::fs::create_dir(&path).expect("a folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// The cases that are not offered, each with what is said to excuse it, where `change` was made; nothing
/// where that is not possible. `$root` is a folder for the change, and
/// what it puts before the arguments is the program that starts the suite.
fn excused(change: &str) -> Option<Vec<(String, String)>> {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let program = folder.join("examples/around");
    assert!(program.exists(), "{} is not built: run cargo test without --test", program.display());
    let root = Folder::new();
    let run = |script: &str, program: &str| {
        let mut command = Command::new("unshare");
        command.args(["-Urmpf", "sh", "-c", script, "sh", program, "--format=json"]);
        command.env("root", &root.0).output()
    };
    let change = format!("mount -t proc proc /proc && {FUNCTIONS} {change}");
    if !run(&change, "true").is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user cannot make namespaces with unshare");
        return None;
    }
    // The first process of the namespace stays what it is, with its root.
    let script = format!("{change} && {{ \"$@\"; exit $?; }}");
    let output = run(&script, program.to_str().expect("UTF-8")).expect("unshare runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let record = Record::parse(&text).unwrap_or_else(|why| panic!("{why}: {output:?}"));
    assert_eq!(record.cases.len(), 6, "{output:?}");
    let not_offered = record.cases.iter().filter(|case| case.verdict == Verdict::NotOffered);
    let said = |case: &CaseLine| case.unmet.as_ref().map(ToString::to_string);
    let mut found: Vec<_> =
        not_offered.map(|case| (case.name.clone(), said(case).unwrap_or_default())).collect();
    found.sort();
    Some(found)
}

/// `fill FOLDER`: all that the root directory holds is there too.
const FUNCTIONS: &str = r#"fill() {
    for at in /*; do
        if [ -L "$at" ]; then
            cp -P "$at" "$1$at"
        elif [ -d "$at" ]; then
            mkdir "$1$at" && mount --rbind "$at" "$1$at"
        fi
    done
} &&"#;

/// Checks that exactly these cases are excused, besides `linux`, which always is.
fn assert_excused(change: &str, expected: &[(&str, &str)]) {
    let Some(found) = excused(change) else { return };
    let always = ("linux", "kernel.ostype is Linux");
    let mut expected: Vec<_> = expected.iter().copied().chain([always]).collect();
    expected.sort();
    assert_eq!(found.len(), expected.len(), "{change}: {found:?}");
    for ((name, text), (case, words)) in found.iter().zip(expected) {
        assert!(name == case && text.contains(words), "{change}: {found:?}");
    }
}

/// Whether programs that this one starts gain no privileges in any case.
fn are_privileges_barred() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    status.lines().any(|line| line == "NoNewPrivs:\t1")
}

#[test]
fn where_nothing_is_taken_away_nothing_is_excused() {
    if !are_privileges_barred() {
        assert_excused("true", &[]);
    }
}

#[test]
fn what_a_run_may_not_do_is_read_from_its_status() {
    let barred = ("no_new_privileges", "NoNewPrivs was 1 before the run");
    assert_excused("set -- setpriv --no-new-privs \"$@\"", &[barred]);
    if !are_privileges_barred() {
        let lacks = ("capability", "CapEff has no CAP_SYS_ADMIN");
        assert_excused("set -- setpriv --bounding-set=-sys_admin \"$@\"", &[lacks]);
    }
}

#[test]
fn what_cannot_be_written_to_is_known_by_its_file_system() {
    if !are_privileges_barred() {
        let change = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys";
        let why = "/proc/sys/kernel is mounted read-only";
        assert_excused(change, &[("read_only", why)]);
    }
}

/// A chroot is known by a root that is no mount, or another one than the first process's.
#[test]
fn a_chroot_is_known_by_its_root() {
    if are_privileges_barred() {
        return;
    }
    let inner = "mount -t tmpfs tmpfs $root && mkdir $root/in && fill $root/in";
    let inside = "set -- chroot $root/in \"$@\"";
    let whole = "mount -t tmpfs tmpfs $root && fill $root && set -- chroot $root \"$@\"";
    for (change, why) in [
        (
            format!("{inner} && {inside}"),
            "no file system is mounted at / (/proc/self/mountinfo): this is a chroot",
        ),
        (whole.into(), "/ is another directory than /proc/1/root: this is a chroot"),
        (
            format!("{inner} && mount -t tmpfs tmpfs $root/in/proc && {inside}"),
            "no file system is mounted at / (statx has no STATX_ATTR_MOUNT_ROOT): this is a chroot",
        ),
    ] {
        let Some(found) = excused(&change) else { return };
        let said = found.iter().find(|(name, _)| name == "chroot").map(|(_, text)| text.as_str());
        assert!(said.is_some_and(|text| text.contains(why)), "{change}: {found:?}");
    }
}
