//! What is in the cache, and files of the user's own, up to the emulator.

use super::scene::{SUITE, Scene, configuration, deb, image};
use rstest::rstest;
use std::fs;

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
