//! A suite that is the first process of a machine. The machine is a set of namespaces here, owned by a
//! user who may do nothing outside of them: the real ones are booted by the tool's tests.

use harness::frame::{ENDED, Frame, INIT, Reader, START_MARK, STARTED, SUITE};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a root in `$root` and becomes the suite there. The files named after it stand for devices.
const MACHINE: &str = r#"
set -e
scratch=$1; shift
cd $scratch
mount -t tmpfs -o mode=755 tmpfs root
mkdir root/dev root/proc root/sys root/tmp root/sigsys root/usr
cp suite root/suite
cp without root/without
[ ! -e arguments ] || cp arguments root/sigsys/arguments
touch root/dev/null
mount --bind /dev/null root/dev/null
for device; do
    touch root/dev/$device
    mount --bind $device root/dev/$device
done
mount --rbind /usr root/usr
for folder in bin lib lib64; do
    if [ -L /$folder ]; then
        ln -s "$(readlink /$folder)" root/$folder
    elif [ -d /$folder ]; then
        mkdir root/$folder
        mount --rbind /$folder root/$folder
    fi
done
exec chroot root $launcher /suite --init
"#;

/// A folder that everybody may read, which goes when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `script` as the first process of its own machine; as nobody where this is root.
fn apart(script: &str) -> Command {
    const UNSHARE: [&str; 3] = ["unshare", "-Urmpnf", "--kill-child=KILL"];
    const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let words: &[&str] = if sys::environment::effective_user() == 0 { &NOBODY } else { &["env"] };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(UNSHARE).args(["sh", "-c", script, "sh"]);
    command
}

/// What a machine with these devices, whose suite is the example `name`, says on the first of them;
/// nothing where there can be no such machine.
fn machine(name: &str, arguments: Option<&str>, devices: &[&str]) -> Option<(Vec<Frame>, Scratch)> {
    machine_of(name, arguments, devices, "")
}

/// The same, where `launcher` starts the first process.
fn machine_of(
    name: &str,
    arguments: Option<&str>,
    devices: &[&str],
    launcher: &str,
) -> Option<(Vec<Frame>, Scratch)> {
    use std::os::unix::fs::PermissionsExt;
    let test = std::env::current_exe().expect("a test knows its own file");
    let example = test.ancestors().nth(2).expect("it lies in target/PROFILE/deps").join("examples");
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let folder = format!("sigsys-{}-machine-{number}", std::process::id());
    let scratch = Scratch(std::env::temp_dir().join(folder));
    let _ = std::fs::remove_dir_all(&scratch.0);
    let everybody = |path: &Path, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, permissions).expect("it is ours");
    };
    std::fs::create_dir_all(scratch.0.join("root")).expect("it can be made");
    everybody(&scratch.0, 0o755);
    std::fs::copy(example.join(name), scratch.0.join("suite"))
        .expect("run cargo test without --test");
    std::fs::copy(example.join("without"), scratch.0.join("without")).expect("it is built");
    if let Some(arguments) = arguments {
        std::fs::write(scratch.0.join("arguments"), arguments).expect("it can be written");
    }
    for device in devices {
        std::fs::write(scratch.0.join(device), "").expect("it can be written");
        everybody(&scratch.0.join(device), 0o666);
    }
    let probe = "mount -t proc proc /proc && mount -t sysfs sysfs /sys && test -r \"$1\"/suite";
    if !apart(probe).arg(&scratch.0).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user cannot make namespaces with unshare");
        return None;
    }
    let ended = apart(MACHINE)
        .env("launcher", launcher)
        .arg(&scratch.0)
        .args(devices)
        .output()
        .expect("unshare runs");
    let said = std::fs::read(scratch.0.join(devices[0])).expect("it can be read");
    let said = String::from_utf8_lossy(&said);
    let mut reader = Reader::default();
    let frames: Vec<_> = said.lines().filter_map(|line| reader.take(line)).collect();
    assert!(frames.iter().all(|frame| frame.lost == 0 && !frame.again), "{said}\n{ended:?}");
    // A restart ends the namespaces with SIGHUP.
    let end = std::os::unix::process::ExitStatusExt::signal(&ended.status);
    assert_eq!(end.or(ended.status.code().map(|code| code - 128)), Some(1), "{said}\n{ended:?}");
    Some((frames, scratch))
}

fn texts(frames: &[Frame], stream: char) -> Vec<&str> {
    let frames = frames.iter().filter(|frame| frame.stream == stream);
    frames.map(|frame| frame.text.as_str()).collect()
}

/// How the suite ended, by the last frame of all.
fn end_of(frames: &[Frame]) -> &str {
    let last = frames.last().filter(|frame| frame.stream == INIT).map(|frame| frame.text.as_str());
    last.and_then(|text| text.strip_prefix(ENDED)).unwrap_or_else(|| panic!("{frames:?}"))
}

#[test]
fn the_first_process_runs_the_suite_and_says_how_it_ended() {
    for (name, arguments, end, lines) in [
        ("right", "--format=framed\nrecords\n", "status 0", 5),
        ("wrong", "--format=framed\n--exact\nclaims_that_one_is_two\n", "status 101", 4),
        ("empty_registry", "--no-such-flag\n", "status 2", 0),
    ] {
        let Some((frames, _scratch)) = machine(name, Some(arguments), &["ttyS1", "console"]) else {
            return;
        };
        assert_eq!(end_of(&frames), end, "{name}");
        let release =
            std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("/proc is mounted");
        assert_eq!(frames[0].stream, INIT);
        assert_eq!(frames[0].text, format!("{STARTED}{}", release.trim()));
        assert_eq!(texts(&frames, SUITE).len(), lines, "{name}: {frames:?}");
    }
}

#[test]
fn it_says_the_taint_before_and_after() {
    let Some((frames, _scratch)) = machine("right", Some("--list\n"), &["ttyS1"]) else { return };
    let taint = std::fs::read_to_string("/proc/sys/kernel/tainted").expect("/proc is mounted");
    let said = texts(&frames, INIT);
    for (place, word) in
        [(1, harness::frame::TAINT_BEFORE), (said.len() - 2, harness::frame::TAINT_AFTER)]
    {
        assert_eq!(said[place], format!("{word}{}", taint.trim()), "{said:?}");
    }
}

#[test]
fn without_a_port_of_its_own_it_uses_the_console() {
    let Some((frames, _scratch)) = machine("right", Some("--format=framed\n"), &["console"]) else {
        return;
    };
    assert_eq!(end_of(&frames), "status 0");
}

#[test]
fn a_suite_that_cannot_be_started_is_no_good_end() {
    let Some((frames, _scratch)) = machine("right", None, &["ttyS1"]) else { return };
    let end = end_of(&frames);
    assert!(end.starts_with("without: /sigsys/arguments: cannot read: "), "{end}");
}

/// The kernel's log cannot be read here: that is said, and not taken for a log without complaints.
#[test]
fn an_unreadable_log_is_said() {
    let Some((frames, _scratch)) = machine("right", Some("--list\n"), &["ttyS1"]) else { return };
    let lost = format!("{}all: /dev/kmsg: ", harness::frame::LOG_LOST);
    assert!(texts(&frames, INIT).iter().any(|text| text.starts_with(&lost)), "{frames:?}");
}

/// A plain file stands for the log: what is written last lies over what was written first.
#[test]
fn it_marks_start_and_end_in_the_log() {
    let devices = ["ttyS1", "kmsg"];
    let Some((frames, scratch)) = machine("right", Some("--list\n"), &devices) else { return };
    let log = std::fs::read_to_string(scratch.0.join("kmsg")).expect("it can be read");
    assert_eq!(log, format!("<0>{}", harness::frame::END_MARK));
    // The first mark is what this log held when it was read: no record, and so lost.
    assert!(!START_MARK.is_empty() && texts(&frames, INIT).contains(&"log-lost 1"), "{frames:?}");
}

/// A machine without /proc cannot run the suite; one that lacks nothing but sysfs could.
#[test]
fn what_cannot_be_mounted_is_named() {
    let mount_is_unknown = "/without 165=19 --";
    let machine = machine_of("right", Some("--list\n"), &["ttyS1"], mount_is_unknown);
    let Some((frames, _scratch)) = machine else { return };
    let end = end_of(&frames);
    assert!(end.starts_with("without: /proc: cannot mount: ENODEV"), "{end}");
}
