//! What lies where others can put things.

use super::*;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Open,
    Anothers,
    InTheirFolder,
}

#[rstest]
#[case::own(Whose::Own, true)]
#[case::open(Whose::Open, false)]
#[case::anothers(Whose::Anothers, false)]
#[case::in_their_folder(Whose::InTheirFolder, false)]
fn a_workspace_is_used_only_if_nobody_else_could_have_made_it(
    #[case] whose: Whose,
    #[case] used: bool,
    #[values("clauses", "cases", "explain", "run", "fuzz", "build")] what: &str,
) {
    let folder = folder();
    let place = folder.path().join("place/ws");
    workspace(&place);
    let cargo = folder.path().join("cargo");
    script(&cargo, &format!("touch {}/place/mark", folder.path().display()));
    match whose {
        Whose::Own => {}
        Whose::Open => {
            fs::set_permissions(&place, Permissions::from_mode(0o777)).expect("set");
        }
        Whose::Anothers | Whose::InTheirFolder if !is_root() => return,
        Whose::Anothers => give_away(&place),
        Whose::InTheirFolder => {
            chown(folder.path().join("place"), Some(65534), None).expect("given away");
        }
    }
    let words: &[&str] = if what == "explain" { &["explain", "x"] } else { &[what] };
    let left = finish(sigsys(words).current_dir(&place).env("CARGO", &cargo));
    let mark = folder.path().join("place/mark").exists();
    assert_eq!(mark, used, "{}", left.all());
    if !used {
        let says = "is not used: ";
        assert!(left.err.contains(says) && left.err.contains("--suite PATH"), "{}", left.all());
        assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.all());
    }
}

#[test]
fn a_comparison_does_without_a_suite_that_another_could_have_placed() {
    let folder = folder();
    let place = folder.path().join("ws");
    workspace(&place);
    fs::set_permissions(place.join("target"), Permissions::from_mode(0o777)).expect("set");
    let record = folder.path().join("r.jsonl");
    fs::write(&record, text::foul_record().join("\n") + "\n").expect("written");
    let left = finish(sigsys(&["diff"]).args([&record, &record]).current_dir(&place));
    assert_eq!((left.status, left.err.lines().count()), (Some(0), 1), "{}", left.all());
    assert!(left.err.contains("is not run: ") && left.err.contains("--suite"), "{}", left.all());
    assert!(!folder.path().join("mark").exists());
}

#[test]
fn a_cargo_that_another_could_have_placed_is_not_run() {
    let folder = folder();
    let place = folder.path().join("ws");
    let cargo = workspace(&place);
    fs::set_permissions(&cargo, Permissions::from_mode(0o777)).expect("set");
    let left = finish(sigsys(&["build"]).current_dir(&place).env("CARGO", &cargo));
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.all());
    assert!(
        left.err.contains("which is not run: it can be changed by everybody"),
        "{}",
        left.all()
    );
    assert!(!folder.path().join("mark").exists());
}

#[rstest]
#[case::cargo(".cargo/config.toml")]
#[case::rustup("rust-toolchain.toml")]
fn orders_for_cargo_above_the_workspace_are_ones_own(#[case] name: &str) {
    if !is_root() {
        return;
    }
    let folder = folder();
    let place = folder.path().join("tmp/ws");
    let cargo = workspace(&place);
    let orders = folder.path().join("tmp").join(name);
    fs::create_dir_all(orders.parent().expect("a folder")).expect("made");
    fs::write(&orders, "").expect("written");
    give_away(&orders);
    let left = finish(sigsys(&["build"]).current_dir(&place).env("CARGO", &cargo));
    assert!(left.status == Some(2) && left.err.contains(name), "{}", left.all());
    assert!(!folder.path().join("tmp/mark").exists());
}

#[test]
fn a_planted_link_is_not_written_through() {
    let folder = folder();
    let release = nix::sys::utsname::uname().expect("a name");
    let name = format!("sigsys-record-{}.jsonl", release.release().to_string_lossy());
    let victim = folder.path().join("victim");
    fs::write(&victim, "mine").expect("written");
    symlink(&victim, folder.path().join(&name)).expect("linked");
    let mut command = sigsys(&["run", "--suite", PLAYED]);
    let left = finish(command.current_dir(folder.path()));
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.all());
    assert!(left.err.contains("is a link") && left.err.contains("--record FILE"), "{}", left.all());
    assert_eq!(fs::read_to_string(victim).expect("there"), "mine");
}

#[test]
fn a_run_leaves_no_folder_and_takes_away_what_a_dead_one_left() {
    let folder = folder();
    let temporary = folder.path().join("tmp");
    fs::create_dir_all(temporary.join("sigsys-run-dead/inner")).expect("made");
    let suite = folder.path().join("suite");
    let played = fs::read_to_string(PLAYED).expect("there").replace("a::b::", "fuzz::b::");
    script(&suite, &format!("ls -l $TMPDIR >$TMPDIR/../seen\n{played}"));
    let mut command = sigsys(&["fuzz", "--record", "/dev/null", "--suite"]);
    let left = finish(command.arg(&suite).env("TMPDIR", &temporary));
    let seen = fs::read_to_string(folder.path().join("seen")).expect("it ran");
    assert!(seen.contains("drwx------") && seen.contains("sigsys-run-"), "{seen}{}", left.all());
    assert_eq!(fs::read_dir(temporary).expect("there").count(), 0, "{}", left.all());
}

#[rstest]
#[case::here("", "the current folder: it can be changed by everybody")]
#[case::there("sigsys-reproducers", "sigsys-reproducers: it can be changed by everybody")]
fn programs_are_written_where_nobody_else_can_put_links(#[case] open: &str, #[case] says: &str) {
    let folder = folder();
    let open = folder.path().join(open);
    fs::create_dir_all(&open).expect("made");
    fs::set_permissions(&open, Permissions::from_mode(0o1777)).expect("set");
    let suite = folder.path().join("suite");
    let played = fs::read_to_string(PLAYED).expect("there").replace("a::b::", "fuzz::b::");
    script(&suite, &played);
    let mut command = sigsys(&["fuzz", "--record", "/dev/null", "--suite"]);
    let left = finish(command.arg(&suite).current_dir(folder.path()));
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.all());
    assert!(left.err.contains(says), "{}", left.all());
}
