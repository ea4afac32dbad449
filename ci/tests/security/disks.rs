//! Full disks.

use super::*;

/// `sigsys` in a mount namespace where `at` is a disk of 1 MiB.
fn on_a_small_disk(mut command: Command, at: &Path) -> Option<Left> {
    if !is_root() {
        return None;
    }
    fs::create_dir_all(at).expect("made");
    let mount = format!("mount -t tmpfs -o size=1m none '{}' && exec \"$@\"", at.display());
    let mut inside = Command::new("unshare");
    inside.args(["-m", "sh", "-c", &mount, "sh"]).arg(command.get_program());
    inside.args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    command.stdin(Stdio::null());
    let left = finish(&mut inside);
    if left.err.contains("unshare:") || left.err.contains("mount:") {
        eprintln!("SKIPPED: this root may not mount: {}", left.err);
        return None;
    }
    Some(left)
}

#[test]
fn a_full_disk_under_the_cache_is_said_before_anything_is_fetched() {
    let folder = folder();
    let command = fetching(folder.path());
    let Some(left) = on_a_small_disk(command, &folder.path().join("cache")) else { return };
    assert_eq!((left.status, left.err.lines().count()), (Some(125), 1), "{}", left.all());
    assert!(left.err.contains("the disk is full: "), "{}", left.all());
    assert!(!folder.path().join("started").exists(), "it was fetched");
}

#[test]
fn a_full_disk_under_the_cache_is_said_before_the_lists_are_fetched() {
    let folder = folder();
    let mut command = sigsys(&["kernels"]);
    let like = fetching(folder.path());
    command.envs(
        like.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
    );
    let Some(left) = on_a_small_disk(command, &folder.path().join("cache")) else { return };
    assert_eq!((left.status, left.err.lines().count()), (Some(69), 1), "{}", left.all());
    assert!(left.err.contains("the disk is full: "), "{}", left.all());
    assert!(!folder.path().join("started").exists(), "it was fetched");
}

#[test]
fn a_full_disk_under_the_results_is_said_before_anything_is_run() {
    let folder = folder();
    let results = folder.path().join("results");
    let mut command = sigsys(&["matrix", "--suite", PLAYED, "--via"]);
    command.arg(format!("touch {}/mark #", folder.path().display())).arg("--results").arg(&results);
    let Some(left) = on_a_small_disk(command, &results) else { return };
    assert_eq!((left.status, left.err.lines().count()), (Some(69), 1), "{}", left.all());
    assert!(left.err.contains("the disk is full: "), "{}", left.all());
    assert!(!folder.path().join("mark").exists(), "it was run");
}

#[test]
fn half_a_suite_is_not_handed_over() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    workspace(&at("ws"));
    fs::write(at("ws/program"), vec![b'x'; 100_000]).expect("written");
    fs::set_permissions(at("ws/program"), Permissions::from_mode(0o755)).expect("set");
    let artifact = format!(
        r#"{{"reason":"compiler-artifact","target":{{"name":"conformance"}},"executable":"{}"}}"#,
        at("ws/program").display()
    );
    script(&at("ws/cargo"), &format!("echo '{artifact}'"));
    fs::create_dir(at("out")).expect("made");
    fs::write(at("out/suite"), "old").expect("written");
    // Files end at 16 KiB, which is an error and no death.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 32; exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_sigsys")).arg("build").arg(at("out/suite"));
    command.env("CARGO", at("ws/cargo")).current_dir(at("ws")).stdin(Stdio::null());
    let left = finish(&mut command);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.all());
    assert!(left.err.contains("cannot write the suite to "), "{}", left.all());
    assert_eq!(fs::read_to_string(at("out/suite")).expect("there"), "old");
    assert_eq!(fs::read_dir(at("out")).expect("there").count(), 1);
    let mut command = sigsys(&["build"]);
    command.arg(at("out/suite")).env("CARGO", at("ws/cargo")).current_dir(at("ws"));
    assert_eq!(finish(&mut command).status, Some(0));
    let found = fs::metadata(at("out/suite")).expect("there");
    assert_eq!((found.len(), found.permissions().mode() & 0o777), (100_000, 0o755));
}
