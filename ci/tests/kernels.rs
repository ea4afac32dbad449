//! Packaged kernels before a played mirror: listed, fetched, dropped by the mirror, without a network; and
//! files of the user's own.
#![forbid(unsafe_code)]

use rstest::rstest;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const APT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apt.sh");
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");

/// A mirror, a cache, and a folder of the user's.
struct Scene(tempfile::TempDir);

struct Left {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Left {
    /// The only line on standard error.
    fn line(&self) -> &str {
        assert_eq!(self.err.lines().count(), 1, "{}", self.all());
        self.err.trim_end()
    }

    fn all(&self) -> String {
        format!("{:?}\n{}{}", self.status, self.out, self.err)
    }
}

impl Scene {
    /// A mirror that lists five kernels: 6.9.1, 6.9.2 twice, 6.9.3 in parts, and 7.0-rc1 in parts without a
    /// configuration. It has all of them but 6.9.2-2.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scene = Self(folder);
        fs::create_dir_all(scene.at("bin")).expect("made");
        for tool in ["apt-get", "apt-cache", "apt-config"] {
            std::os::unix::fs::symlink(APT, scene.at("bin").join(tool)).expect("linked");
        }
        scene.list("linux-image-6.9.1-cloud-amd64", "6.9.1-1", "bookworm", &[]);
        scene.list("linux-image-6.9.2-cloud-amd64", "6.9.2-1", "bookworm", &[]);
        scene.list("linux-image-6.9.2.1-cloud-amd64", "6.9.2-2", "bookworm-security", &[]);
        let parts = ["linux-binary-6.9.3-cloud-amd64", "linux-base-6.9.3-cloud-amd64"];
        scene.list("linux-image-6.9.3-cloud-amd64", "6.9.3-1", "bookworm-backports", &parts);
        scene.list(parts[0], "6.9.3-1", "bookworm-backports", &[parts[1]]);
        scene.list(parts[1], "6.9.3-1", "bookworm-backports", &[]);
        scene.list("linux-binary-7.0-cloud-amd64", "7.0~rc1-1", "experimental", &[]);
        scene.pool(
            "linux-image-6.9.1-cloud-amd64=6.9.1-1",
            "boot/vmlinuz-6.9.1",
            "boot/config-6.9.1",
        );
        scene.pool(
            "linux-image-6.9.2-cloud-amd64=6.9.2-1",
            "boot/vmlinuz-6.9.2",
            "boot/config-6.9.2",
        );
        let modules = |release: &str, name: &str| format!("usr/lib/modules/{release}/{name}");
        let binary = modules("6.9.3", "vmlinuz");
        scene.pool("linux-binary-6.9.3-cloud-amd64=6.9.3-1", &binary, "etc/x");
        scene.pool("linux-base-6.9.3-cloud-amd64=6.9.3-1", "etc/x", &modules("6.9.3", "config"));
        scene.pool("linux-binary-7.0-cloud-amd64=7.0~rc1-1", &modules("7.0", "vmlinuz"), "etc/x");
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn append(&self, file: &str, text: &str) {
        fs::create_dir_all(self.at("mirror/pool")).expect("made");
        let path = self.at("mirror").join(file);
        let mut file = fs::File::options().append(true).create(true).open(path).expect("opened");
        file.write_all(text.as_bytes()).expect("written");
    }

    fn list(&self, name: &str, version: &str, suite: &str, depends: &[&str]) {
        let depends = depends.join(" (= 1), ");
        self.append(
            "madison",
            &format!(" {name} | {version} | http://m/debian {suite}/main amd64 Packages\n"),
        );
        let text =
            format!("Package: {name}\nVersion: {version}\nDepends: {depends}\nSize: 2500000\n\n");
        self.append("show", &text);
    }

    /// Puts a package with two files into the mirror.
    fn pool(&self, name: &str, one: &str, other: &str) {
        self.append(&format!("pool/{name}"), "");
        fs::write(self.at("mirror/pool").join(name), deb(&[one, other])).expect("written");
    }

    /// How often the mirror was asked for what begins with `what`.
    fn asked(&self, what: &str) -> usize {
        let text = fs::read_to_string(self.at("mirror/asked")).unwrap_or_default();
        text.lines().filter(|line| line.starts_with(what)).count()
    }

    fn command(&self, words: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.args(words).stdin(Stdio::null()).env("MIRROR", self.at("mirror"));
        command.env("PATH", format!("{}:{path}", self.at("bin").display()));
        command.env("XDG_CACHE_HOME", self.at("cache")).current_dir(self.0.path());
        command
    }

    fn run(&self, words: &[&str]) -> Left {
        let output = self.command(words).output().expect("sigsys starts");
        Left {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn kept(&self, id: &str) -> Vec<String> {
        let folder = self.at("cache/sigsys/kernels").join(id);
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// A kernel by its header.
fn image() -> Vec<u8> {
    let mut image = vec![0_u8; 5 * 512];
    image[0x1f1] = 4;
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    image[0x236] = 1;
    image
}

/// A whole configuration: one with fewer options is refused before anything is booted.
fn configuration() -> String {
    let set: String = (0..200).map(|n| format!("CONFIG_SET_{n}=y\n")).collect();
    let unset: String = (0..200).map(|n| format!("# CONFIG_UNSET_{n} is not set\n")).collect();
    format!("# Linux/x86 6.1.1 Kernel Configuration\nCONFIG_X86_64=y\n{set}{unset}")
}

fn deb(paths: &[&str]) -> Vec<u8> {
    let tar_of = |files: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).expect("appended");
        }
        tar.into_inner().expect("finished")
    };
    let (image, config) = (image(), configuration());
    let files: Vec<(&str, &[u8])> = paths
        .iter()
        .map(|path| {
            (*path, if path.contains("vmlinuz") { image.as_slice() } else { config.as_bytes() })
        })
        .collect();
    let mut archive = ar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar", tar_of(&[("control", b"Package: x\nArchitecture: amd64\n")])),
        ("data.tar", tar_of(&files)),
    ] {
        let header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        archive.append(&header, bytes.as_slice()).expect("appended");
    }
    archive.into_inner().expect("finished")
}

#[test]
fn what_the_mirror_lists_is_listed_and_looked_at_once_a_day() {
    let scene = Scene::new();
    let left = scene.run(&["kernels"]);
    assert_eq!((left.status, left.err.as_str()), (Some(0), ""), "{}", left.all());
    let lines: Vec<String> = left
        .out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let expected = [
        "6.9",
        "6.9.1 6.9.1 bookworm 3 MB",
        "6.9.2 6.9.2 bookworm 3 MB",
        "6.9.2 6.9.2.1 bookworm-security 3 MB",
        "6.9.3 6.9.3 bookworm-backports 5 MB",
        "7.0",
        "7.0-rc1 7.0 experimental 3 MB no config",
        "5 kernels of 2 series, 0 cached, 0 listed and gone",
        "releases end in -cloud-amd64",
    ];
    assert_eq!(lines, expected);
    let left = scene.run(&["kernels", "6.9.2", "7.0", "--format", "json"]);
    let kernels: serde_json::Value = serde_json::from_str(&left.out).expect("JSON");
    let packages: Vec<_> =
        kernels.as_array().expect("an array").iter().map(|kernel| &kernel["package"]).collect();
    assert_eq!(packages, ["6.9.2-1", "6.9.2-2", "7.0~rc1-1"]);
    assert_eq!(kernels[0]["state"], "listed");
    assert_eq!(scene.asked("update"), 1);
    assert_eq!(scene.run(&["kernels", "--refresh"]).status, Some(0));
    assert_eq!(scene.asked("update"), 2);
}

#[test]
fn suites_that_are_not_there_are_left_out_and_unsigned_ones_are_an_error() {
    let scene = Scene::new();
    let absent = "E: The repository 'http://m/debian trixie-proposed-updates Release' does not have a Release file.\n";
    let expired = "E: Release file for http://m/debian/dists/sid/InRelease is expired (invalid since 2d). Updates \
                   for this repository will not be applied.\n";
    scene.append("complaints", absent);
    let left = scene.run(&["kernels"]);
    assert_eq!((left.status, left.err.as_str()), (Some(0), ""), "{}", left.all());
    let sources = fs::read_to_string(scene.at("cache/sigsys/catalogue/apt/sources.list"));
    let sources = sources.expect("sources");
    assert!(sources.contains(" trixie-updates main") && !sources.contains("trixie-proposed"));
    scene.append("complaints", expired);
    let left = scene.run(&["kernels", "--refresh"]);
    assert!(
        left.line().ends_with("left out, because the mirror's list has expired: sid"),
        "{}",
        left.all()
    );
    let left = scene.run(&["kernels", "6.8"]);
    assert_eq!(left.status, Some(2));
    assert!(
        left.line().ends_with("6.8: no such kernel is packaged; the series are 6.9 and 7.0 (the mirror's lists of sid have expired)"),
        "{}",
        left.all()
    );
    fs::remove_dir_all(scene.at("cache")).expect("removed");
    scene
        .append("complaints", "E: The repository 'http://m/debian forky Release' is not signed.\n");
    let left = scene.run(&["kernels"]);
    assert_eq!(left.status, Some(69), "{}", left.all());
    left.line();
}

#[test]
fn without_a_network_the_last_list_and_the_cache_are_used() {
    let scene = Scene::new();
    scene.append("offline", "");
    let left = scene.run(&["kernels"]);
    assert_eq!(left.status, Some(69), "{}", left.all());
    assert!(left.line().ends_with("kernels: not available: Failed to fetch http://m/debian/dists/sid/InRelease  Could not connect to m:80"), "{}", left.all());
    fs::remove_file(scene.at("mirror/offline")).expect("removed");
    assert_eq!(scene.run(&["kernels", "--fetch", "6.9.1"]).status, Some(0));
    scene.append("offline", "");
    let left = scene.run(&["kernels", "--refresh"]);
    assert_eq!(left.status, Some(0), "{}", left.all());
    assert!(
        left.line().contains("what was listed today is used: Failed to fetch "),
        "{}",
        left.all()
    );
    // A list that is old, and one that is lost.
    let index = scene.at("cache/sigsys/catalogue/index.json");
    let text = fs::read_to_string(&index).expect("an index");
    let (front, rest) = text.split_once("\"looked\":").expect("a time");
    let rest = rest.split_once(',').expect("more").1;
    fs::write(&index, format!("{front}\"looked\":0,{rest}")).expect("written");
    let left = scene.run(&["kernels", "--fetch", "6.9.1"]);
    assert_eq!(left.status, Some(0), "{}", left.all());
    assert!(
        left.line().contains(" days ago is used: ") && left.out.ends_with("vmlinuz\n"),
        "{}",
        left.all()
    );
    let left = scene.run(&["kernels", "--fetch", "6.9.3"]);
    assert_eq!(left.status, Some(69), "{}", left.all());
    assert!(
        left.err.lines().last().is_some_and(|line| line.contains("6.9.3: not available: Failed"))
    );
    fs::remove_file(&index).expect("removed");
    let left = scene.run(&["kernels"]);
    assert_eq!(left.status, Some(0), "{}", left.all());
    assert!(left.line().contains("only what is in the cache is known: "), "{}", left.all());
    assert!(
        left.out.contains("listed no more") && left.out.contains("1 kernel of 1 series"),
        "{}",
        left.all()
    );
}

#[test]
fn a_kernel_is_fetched_once_with_its_configuration() {
    let scene = Scene::new();
    for name in ["6.9.1", "6.9.3", "7.0-rc1"] {
        let left = scene.run(&["kernels", "--fetch", name]);
        assert_eq!((left.status, left.err.as_str()), (Some(0), ""), "{}", left.all());
        assert_eq!(fs::read(left.out.trim_end()).expect("an image"), image());
    }
    assert_eq!(scene.kept("6.9.1-cloud-amd64_6.9.1-1"), ["config", "vmlinuz"]);
    assert_eq!(scene.kept("6.9.3-cloud-amd64_6.9.3-1"), ["config", "vmlinuz"]);
    assert_eq!(scene.kept("7.0-cloud-amd64_7.0~rc1-1"), ["vmlinuz"]);
    assert_eq!(scene.asked("download"), 4);
    assert_eq!(scene.run(&["kernels", "--fetch", "6.9.1", "6.9.3"]).status, Some(0));
    assert_eq!(scene.asked("download"), 4);
    let left = scene.run(&["kernels"]);
    assert!(left.out.contains("3 cached, 0 listed"), "{}", left.all());
    // Nothing but kernels is left.
    assert_eq!(scene.kept("").len(), 3, "{:?}", scene.kept(""));
}

#[test]
fn what_the_mirror_dropped_is_passed_over_and_remembered() {
    let scene = Scene::new();
    let left = scene.run(&["kernels", "--fetch", "6.9.2"]);
    assert_eq!(left.status, Some(0), "{}", left.all());
    let says = "6.9.2: 6.9.2-1 is used: the mirror lists 6.9.2-2 and has it no more";
    assert!(left.line().ends_with(says) && left.out.contains("6.9.2-1/vmlinuz"), "{}", left.all());
    assert_eq!(scene.asked("download linux-image-6.9.2.1-cloud-amd64=6.9.2-2"), 1);
    let left = scene.run(&["kernels", "--fetch", "6.9.2-2"]);
    assert_eq!(left.status, Some(69), "{}", left.all());
    let says = "6.9.2-2: not available: the mirror lists it and does not have it any more; there are 6.9.1, 6.9.2 and 6.9.3";
    assert!(left.line().ends_with(says), "{}", left.all());
    assert_eq!(scene.asked("download linux-image-6.9.2.1-cloud-amd64=6.9.2-2"), 1);
    let left = scene.run(&["kernels", "6.9.2-2"]);
    assert!(left.out.contains("gone"), "{}", left.all());
    scene.pool("linux-image-6.9.2.1-cloud-amd64=6.9.2-2", "boot/vmlinuz-6.9.2.1", "etc/x");
    let left = scene.run(&["kernels", "--refresh", "--fetch", "6.9.2"]);
    assert!(left.status == Some(0) && left.out.contains("_6.9.2-2/vmlinuz"), "{}", left.all());
}

#[test]
fn an_image_is_of_use_without_the_configuration_that_is_gone() {
    let scene = Scene::new();
    fs::remove_file(scene.at("mirror/pool/linux-base-6.9.3-cloud-amd64=6.9.3-1")).expect("removed");
    let left = scene.run(&["kernels", "--fetch", "6.9.3"]);
    assert_eq!(left.status, Some(0), "{}", left.all());
    assert!(
        left.line().contains(
            "6.9.3: it comes without its configuration: the mirror lists linux-base-6.9.3"
        ),
        "{}",
        left.all()
    );
    assert_eq!(scene.kept("6.9.3-cloud-amd64_6.9.3-1"), ["vmlinuz"]);
}

#[rstest]
#[case::half(2000, "it is cut off: copy it again")]
#[case::nothing(0, "it is cut off: copy it again")]
fn half_a_package_is_never_used(#[case] length: usize, #[case] says: &str) {
    let scene = Scene::new();
    let path = scene.at("mirror/pool/linux-image-6.9.1-cloud-amd64=6.9.1-1");
    let whole = fs::read(&path).expect("a package");
    fs::write(&path, &whole[..length]).expect("written");
    let left = scene.run(&["kernels", "--fetch", "6.9.1"]);
    assert_eq!(left.status, Some(69), "{}", left.all());
    assert!(left.line().contains(says), "{}", left.all());
    assert_eq!(scene.kept(""), [""; 0]);
    fs::write(&path, whole).expect("written");
    assert_eq!(scene.run(&["kernels", "--fetch", "6.9.1"]).status, Some(0));
}

#[test]
fn two_that_want_the_same_kernel_download_it_once() {
    let scene = Scene::new();
    let start = || {
        let mut command = scene.command(&["kernels", "--fetch", "6.9.1"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sigsys starts")
    };
    for mut running in [start(), start(), start()] {
        assert!(running.wait().expect("it ends").success());
    }
    assert_eq!((scene.asked("update"), scene.asked("download")), (1, 1));
}

#[test]
fn what_is_in_the_cache_is_booted_without_asking() {
    let scene = Scene::new();
    assert_eq!(scene.run(&["kernels", "--fetch", "6.9.1"]).status, Some(0));
    scene.append("offline", "");
    fs::remove_file(scene.at("cache/sigsys/catalogue/index.json")).expect("removed");
    let boot = |name: &str| {
        let none = "/nonexistent/qemu";
        scene.run(&["boot", "--kernel", name, "--suite", SUITE, "--qemu", none])
    };
    for name in ["6.9.1", "6.9.1-1", "6.9.1-cloud-amd64"] {
        let left = boot(name);
        assert!(left.line().contains("/nonexistent/qemu"), "{}", left.all());
    }
    assert_eq!(scene.asked("update"), 1);
    // The newest of a series may be another one by now: it is asked for, and what is there is used.
    let left = boot("6.9");
    assert_eq!((left.status, left.err.lines().count()), (Some(128), 2), "{}", left.all());
    assert!(left.err.contains("6.9: only what is in the cache is known: "), "{}", left.all());
    assert_eq!(scene.asked("update"), 2);
    let left = boot("6.9.3");
    assert!(
        left.line().contains("--kernel 6.9.3: no such kernel is packaged; there is 6.9.1 (only "),
        "{}",
        left.all()
    );
}

#[test]
fn a_configuration_that_is_named_silences_the_note_that_there_is_none() {
    let scene = Scene::new();
    fs::create_dir_all(scene.at("tree")).expect("made");
    fs::write(scene.at("tree/vmlinuz-6.1"), image()).expect("written");
    fs::write(scene.at("config"), configuration()).expect("written");
    let usual = ["boot", "--kernel", "tree", "--suite", SUITE, "--qemu", "/nonexistent/qemu"];
    let left = scene.run(&usual);
    assert_eq!(left.err.lines().count(), 2, "{}", left.all());
    assert!(left.err.contains("tree: there is no configuration with it"), "{}", left.all());
    let left = scene.run(&[&usual[..], &["--config", "config"]].concat());
    assert!(left.line().contains("/nonexistent/qemu"), "{}", left.all());
}

/// What `boot --kernel` says of a name or a file that is none; nothing is fetched but what is said. A bisection goes
/// on where another commit may do better (125), and ends where none does (128).
#[rstest]
#[case::no_point_release(
    128,
    "6.9.7",
    "--kernel 6.9.7: no such kernel is packaged; there are 6.9.1, 6.9.2 and 6.9.3"
)]
#[case::no_series(
    128,
    "8.1",
    "--kernel 8.1: no such kernel is packaged; the series are 6.9 and 7.0"
)]
#[case::dropped(
    125,
    "6.9.2-2",
    "--kernel 6.9.2-2: not available: the mirror lists it and does not have it any more; there are"
)]
#[case::no_name(
    128,
    "nonsense",
    "--kernel nonsense: there is no such file, and no kernel is called so: there are bullseye, "
)]
#[case::no_path(128, "./nonsense", "--kernel ./nonsense: No such file")]
#[case::cut_off(125, "half.deb", "--kernel half.deb: it is cut off: copy it again")]
#[case::empty_folder(125, "empty", "--kernel empty: there is no kernel in it")]
#[case::two(125, "two", "--kernel two: there are 2 kernels in it: name one")]
fn what_is_no_kernel_is_said_in_one_line(
    #[case] status: i32,
    #[case] name: &str,
    #[case] says: &str,
) {
    let scene = Scene::new();
    let whole = deb(&["boot/vmlinuz-6.1"]);
    fs::write(scene.at("half.deb"), &whole[..whole.len() / 2]).expect("written");
    fs::create_dir_all(scene.at("empty")).expect("made");
    fs::create_dir_all(scene.at("two")).expect("made");
    fs::write(scene.at("two/vmlinuz-6.1"), image()).expect("written");
    fs::write(scene.at("two/vmlinuz-6.2"), image()).expect("written");
    let left = scene.run(&["boot", "--kernel", name, "--suite", SUITE]);
    assert_eq!(left.status, Some(status), "{}", left.all());
    assert!(left.line().contains(says), "{}", left.all());
    let kept = [scene.kept(""), scene.kept("own")].concat();
    assert!(kept.iter().all(|name| name == "own"), "{kept:?}");
}

/// A kernel of each kind gets as far as to the emulator, which there is none.
#[rstest]
#[case::version("6.9.1")]
#[case::series("7.0")]
#[case::package("own.deb")]
#[case::tree("tree")]
#[case::image("tree/boot/vmlinuz-6.1")]
fn what_is_a_kernel_gets_to_the_emulator(#[case] name: &str) {
    let scene = Scene::new();
    fs::write(scene.at("own.deb"), deb(&["boot/vmlinuz-6.1", "boot/config-6.1"])).expect("written");
    fs::create_dir_all(scene.at("tree/boot")).expect("made");
    fs::write(scene.at("tree/boot/vmlinuz-6.1"), image()).expect("written");
    fs::write(scene.at("tree/boot/config-6.1"), configuration()).expect("written");
    let none = "/nonexistent/qemu";
    let left = scene.run(&["boot", "--kernel", name, "--suite", SUITE, "--qemu", none]);
    assert_eq!(left.status, Some(128), "{}", left.all());
    assert!(left.line().contains("/nonexistent/qemu"), "{}", left.all());
}
