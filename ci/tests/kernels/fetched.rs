//! Packaged kernels: listed, fetched, dropped by the mirror, without a network.

use super::scene::{Scene, image};
use rstest::rstest;
use std::fs;
use std::process::Stdio;

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
