//! Kernels: the cache they are kept in, and the apt they come from.

use super::*;

#[rstest]
#[case::open(0o777, false, "can be changed by everybody")]
#[case::anothers(0o755, true, "belongs to ")]
fn a_cache_in_which_others_have_a_say_is_not_used(
    #[case] mode: u32,
    #[case] anothers: bool,
    #[case] says: &str,
) {
    let folder = folder();
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).expect("made");
    fs::set_permissions(&cache, Permissions::from_mode(mode)).expect("set");
    if anothers {
        if !is_root() {
            return;
        }
        give_away(&cache);
    }
    let left = finish(&mut fetching(folder.path()));
    assert_eq!((left.status, left.err.lines().count()), (Some(125), 1), "{}", left.all());
    assert!(left.err.contains("is not used: ") && left.err.contains(says), "{}", left.all());
    assert_eq!(fs::read_dir(&cache).expect("there").count(), 0, "something was made in it");
}

#[test]
fn a_missing_apt_is_named() {
    let folder = folder();
    let left = finish(fetching(folder.path()).env("PATH", "/nonexistent"));
    assert_eq!((left.status, left.err.lines().count()), (Some(125), 1), "{}", left.all());
    assert!(left.err.contains("apt-get is needed and is not installed"), "{}", left.all());
}

/// The real apt, with a configuration of "the machine" that accepts everything, and an unsigned repository.
#[test]
fn apt_verifies_whatever_the_machine_allows() {
    if Command::new("apt-get").arg("--version").output().is_err() {
        eprintln!("SKIPPED: apt-get is not installed");
        return;
    }
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let here = folder.path().display();
    for suite in ["bookworm", "bookworm-security"] {
        let place = at("repository/dists").join(suite);
        fs::create_dir_all(place.join("main/binary-amd64")).expect("made");
        let packages = "Package: linux-image-cloud-amd64\nVersion: 9\nArchitecture: amd64\n\
             Depends: linux-image-9-cloud-amd64\nFilename: x.deb\nSize: 1\n\n";
        fs::write(place.join("main/binary-amd64/Packages"), packages).expect("written");
        let digest = Sha256::digest(packages);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let size = packages.len();
        let release = format!(
            "Suite: {suite}\nCodename: {suite}\nComponents: main\nArchitectures: amd64\n\
             Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {size} main/binary-amd64/Packages\n"
        );
        fs::write(place.join("Release"), release).expect("written");
    }
    for made in ["state/lists/partial", "apt/archives/partial"] {
        fs::create_dir_all(at(made)).expect("made");
    }
    fs::write(at("status"), "").expect("written");
    let source =
        format!("deb [trusted=yes allow-insecure=yes] file:{here}/repository bookworm main\n");
    fs::write(at("sources.list"), source).expect("written");
    let machine = format!(
        "APT::Get::AllowUnauthenticated \"true\";\nAcquire::AllowInsecureRepositories \"true\";\n\
         Acquire::AllowWeakRepositories \"true\";\nDir::Etc::parts \"/dev/null\";\n\
         Dir::Etc::sourcelist \"{here}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
         Dir::State \"{here}/state\";\nDir::State::status \"{here}/status\";\n\
         Dir::Cache \"{here}/apt\";\nAPT::Update::Pre-Invoke {{ \"touch {here}/mark\"; }};\n\
         APT::Architecture \"amd64\";\nAPT::Architectures \"amd64\";\nAPT::Sandbox::User \"root\";\n"
    );
    fs::write(at("machine.conf"), machine).expect("written");
    // The machine itself takes it: what refuses is ours.
    let update =
        Command::new("apt-get").arg("update").env("APT_CONFIG", at("machine.conf")).output();
    let update = update.expect("apt-get starts");
    assert!(update.status.success(), "{}", String::from_utf8_lossy(&update.stderr));
    fs::remove_file(at("mark")).expect("the machine's hook was run");
    let mut command = sigsys(&["boot", "--kernel", "bookworm", "--suite", PLAYED]);
    command.env("XDG_CACHE_HOME", at("cache")).env("APT_CONFIG", at("machine.conf"));
    let left = finish(&mut command);
    assert!(left.status == Some(125) && left.err.contains("is not signed"), "{}", left.all());
    assert!(!at("mark").exists(), "a hook of the machine was run");
}
