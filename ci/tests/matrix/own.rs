//! Kernels that the command line or somebody's list names by their files, and systems that are gated.

use crate::scene::*;
use rstest::rstest;
use std::fs;

/// A configuration with as many options as are asked for.
fn config() -> String {
    let set = (0..200).map(|option| format!("CONFIG_S{option}=y\n"));
    let unset = (0..200).map(|option| format!("# CONFIG_U{option} is not set\n"));
    let options: String = set.chain(unset).collect();
    format!("# Linux/x86 6.1.1 Kernel Configuration\nCONFIG_X86_64=y\n{options}")
}

fn image(scene: &Scene) -> String {
    scene.0.join("cache/sigsys/kernels/k/6.1_1/vmlinuz").display().to_string()
}

#[test]
fn an_own_image_is_a_column_in_every_variant() {
    let scene = Scene::new("own");
    scene.kernel();
    for number in 1..=3 {
        scene.boot(number, &[RUN, ONE, TWO, END], "status 0");
    }
    let own = format!("mine={}", image(&scene));
    let left = scene.run(&["--kernel", &own]);
    assert_eq!((left.status, scene.boots()), (Some(0), 2), "{}{}", left.out, left.err);
    for name in ["mine-x", "mine-n"] {
        assert!(scene.0.join(format!("results/{name}.jsonl")).exists(), "{}", left.out);
    }
    assert!(left.err.contains("mine: ") && left.err.contains("configuration"), "{}", left.err);
    assert!(!left.out.contains("k-x"), "{}", left.out);
    let config = scene.put("config", config());
    let own = format!("{own},{}", config.display());
    scene.boot(4, &[RUN, ONE, TWO, END], "status 0");
    scene.boot(5, &[RUN, ONE, TWO, END], "status 0");
    // With a configuration it is another kernel, and the list's may run beside it.
    let left = scene.run(&["--kernel", &own, "--only", "k-x"]);
    assert_eq!((left.status, scene.boots()), (Some(0), 5), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-x") && !left.err.contains("configuration"), "{}", left.err);
}

#[test]
fn one_variant_of_an_own_image_can_be_meant() {
    let scene = Scene::new("own-one");
    scene.kernel();
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    let own = format!("mine={}", image(&scene));
    let left = scene.run(&["--kernel", &own, "--only", "mine-n"]);
    assert_eq!((left.status, scene.boots()), (Some(0), 1), "{}{}", left.out, left.err);
    assert!(scene.0.join("results/mine-n.jsonl").exists(), "{}", left.out);
    assert!(!scene.0.join("results/mine-x.jsonl").exists(), "{}", left.out);
}

#[rstest]
#[case::no_name(&["--kernel", "IMAGE"], "NAME=PATH[,CONFIG] is asked for")]
#[case::no_path(&["--kernel", "mine="], "there is no path in it")]
#[case::not_there(&["--kernel", "mine=/nowhere/bzImage"], "there is no /nowhere/bzImage")]
#[case::no_config(&["--kernel", "mine=IMAGE,/nowhere/c"], "there is no /nowhere/c")]
#[case::twice(&["--kernel", "mine=IMAGE", "--kernel", "mine=IMAGE"], "the matrix has a `mine` already")]
#[case::kernel(&["--kernel", "k=IMAGE"], "the matrix has a `k` already")]
#[case::variant(&["--kernel", "x=IMAGE"], "the matrix has a `x` already")]
#[case::column(&["--via", "k-x=true"], "the matrix has a `k-x` already")]
#[case::via(&["--kernel", "b=IMAGE", "--via", "b=true"], "the matrix has a `b` already")]
#[case::series(&["--kernel", "6.6=IMAGE"], "begins with a letter")]
#[case::gated(&["--gated", "k"], "--gated k: no other system is called so")]
fn a_wrong_kernel_is_refused(#[case] arguments: &[&str], #[case] says: &str) {
    let scene = Scene::new(&format!(
        "own-wrong-{}",
        says.replace(['/', ' ', '`'], "") + arguments[1].split('/').next().unwrap_or("")
    ));
    scene.kernel();
    let image = image(&scene);
    let arguments: Vec<String> =
        arguments.iter().map(|word| word.replace("IMAGE", &image)).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let left = scene.run(&words);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
    assert_eq!(scene.boots(), 0);
}

/// A file that is no kernel is said in one line; what the command line names is required.
#[test]
fn what_is_no_kernel_is_not_available() {
    let scene = Scene::new("own-no-kernel");
    scene.kernel();
    let path = scene.put("text", "hello\n");
    for own in [path.display().to_string(), format!("{},{}", image(&scene), path.display())] {
        let left = scene.run(&["--kernel", &format!("mine={own}")]);
        assert_eq!((left.status, scene.boots()), (Some(69), 0), "{}{}", left.out, left.err);
        let said = left.out.contains("mine-x: not available: ") && left.out.contains("/text");
        assert!(said, "{}", left.out);
    }
}

/// Anybody's list: paths from where it is, and a kernel that is not there stops nothing.
#[test]
fn a_list_names_images_from_where_it_is() {
    let scene = Scene::new("own-list");
    scene.kernel();
    let list = "[[kernel]]\nname = 'here'\nimage = 'cache/sigsys/kernels/k/6.1_1/vmlinuz'\n\
        [[kernel]]\nname = 'gone'\nimage = 'nowhere/bzImage'\n[[variant]]\nname = 'x'\nappend = ''\n";
    scene.put("kernels.toml", list);
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&[]);
    assert_eq!((left.status, scene.boots()), (Some(0), 1), "{}{}", left.out, left.err);
    let said = left.out.lines().filter(|line| line.contains("gone-x: not available: ")).count();
    assert!(said == 1 && left.out.contains("nowhere/bzImage"), "{}", left.out);
    assert_eq!(scene.run(&["--require", "gone"]).status, Some(69));
    scene.put("kernels.toml", list.replace("image", "picture"));
    let left = scene.run(&[]);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
    assert!(left.err.contains("kernels.toml: line 3: unknown field `picture`"), "{}", left.err);
}

/// Compared with its series, until there is a snapshot of its own.
#[test]
fn an_own_image_is_held_against_its_own_snapshot() {
    let scene = Scene::new("own-check");
    scene.kernel();
    let own = format!("mine={}", image(&scene));
    let seen = TWO.replace("\"holds\"}", "\"holds\",\"facts\":{\"rax\":[{\"value\":\"nr\"}]}}");
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    assert_eq!(scene.run(&["--only", "k-x", "--accept"]).status, Some(0));
    let area = fs::read_to_string(scene.0.join("snapshots/a/b.snap")).expect("there");
    let only = ["--kernel", &own, "--only", "mine-x", "--jobs", "1"];
    let run = |number: usize, two: &str, more: &str| {
        scene.boot(number, &[RUN, ONE, two, END], "status 0");
        scene.run(&[&only[..], &[more, "--again"]].concat())
    };
    let left = run(2, &seen, "--check");
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let said = "there is no snapshot of mine-x yet; 1 case came to something else than on 6.1-x";
    assert!(left.out.contains(said), "{}", left.out);
    assert!(!scene.0.join("snapshots/a/b.snap.new").exists(), "{}", left.out);
    let left = run(3, &seen, "--accept");
    assert!(left.out.contains("mine-x: accepted"), "{}{}", left.out, left.err);
    let accepted = fs::read_to_string(scene.0.join("snapshots/a/b.snap")).expect("there");
    assert!(accepted != area && accepted.contains("  mine-x   "), "{accepted}");
    assert_eq!(run(4, &seen, "--check").status, Some(0));
    let left = run(5, TWO, "--check");
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("mine-x: DIFFERS"), "{}", left.out);
}

/// Held to its own snapshot: what Linux promises is nothing to it, and a difference fails.
#[rstest]
#[case::list("list", true, &[])]
#[case::option("option", false, &["--gated", "played"])]
fn a_gated_system_fails_on_a_difference_from_its_snapshot(
    #[case] name: &str,
    #[case] listed: bool,
    #[case] more: &[&str],
) {
    let scene = Scene::new(&format!("gated-{name}"));
    let play = |lines: &[&str], status| {
        scene.system(&scene.says("lines", lines, status), "echo player 1.2.3");
        if listed {
            let list = fs::read_to_string(scene.0.join("kernels.toml")).expect("there");
            scene.put("kernels.toml", list + "gated = true\n");
        }
    };
    let run = |what: &str| scene.run(&[more, &[what, "--again"]].concat());
    play(&[RUN, ONE, TWO_BREAKS, END_BREAKS], 101);
    let left = run("--accept");
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let left = run("--check");
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    // It keeps the promise now: a difference all the same.
    play(&[RUN, ONE, TWO, END], 0);
    let left = run("--check");
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("played: DIFFERS"), "{}", left.out);
    // Without --check nothing is asked of it.
    assert_eq!(scene.run(&[more, &["--again"]].concat()).status, Some(0));
}

/// The command of `--via` is held to Linux's promises unless it is gated.
#[test]
fn a_command_can_be_gated() {
    let scene = Scene::new("gated-via");
    let bad = format!("board={}", scene.says("bad", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101));
    assert_eq!(scene.run(&["--via", &bad]).status, Some(101));
    let gated = ["--via", &bad, "--gated", "board"];
    assert_eq!(scene.run(&gated).status, Some(0));
    assert_eq!(scene.run(&[&gated[..], &["--accept"]].concat()).status, Some(0));
    assert_eq!(scene.run(&[&gated[..], &["--check"]].concat()).status, Some(0));
    let good = format!("board={}", scene.says("good", &[RUN, ONE, TWO, END], 0));
    assert_eq!(scene.run(&["--via", &good, "--gated", "board", "--check"]).status, Some(101));
}

/// What a gated system lacks is declared: one need too few or too many is a difference.
#[rstest]
#[case::declared("declared", "['thing']", 0, "")]
#[case::undeclared("undeclared", "[]", 101, "lacks what the list does not declare: thing")]
#[case::healed("healed", "['thing', 'other']", 101, "has what the list says it lacks: other")]
#[case::unknown("unknown", "['thing', 'z']", 101, "the list says it lacks what no case needs: z")]
fn what_a_gated_system_lacks_is_declared(
    #[case] name: &str,
    #[case] lacks: &str,
    #[case] status: i32,
    #[case] says: &str,
) {
    let scene = Scene::new(&format!("lacks-{name}"));
    let lacking = TWO.replace(
        "\"holds\"}",
        "\"not_offered\",\"unmet\":{\"need\":\"thing\",\"title\":\"a thing\",\"answer\":\"it answers EINVAL\",\"how\":\"refused\"}}",
    );
    let end = r#"{"kind":"end","counts":{"holds":1,"not_offered":1}}"#;
    scene.system(&scene.says("lines", &[RUN, ONE, &lacking, end], 0), "echo player 1.2.3");
    let list = fs::read_to_string(scene.0.join("kernels.toml")).expect("there");
    scene.put("kernels.toml", list + &format!("gated = true\nlacks = {lacks}\n"));
    // A suite whose second case needs the thing, and whose first needs the other.
    let suite = fs::read_to_string(SUITE_SCRIPT).expect("there");
    let suite = suite.replacen("\"needs\":[]", "\"needs\":[\"other\"]", 1);
    let suite = scene.put("suite.sh", suite.replacen("\"needs\":[]", "\"needs\":[\"thing\"]", 1));
    let mut mode = fs::metadata(&suite).expect("there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&suite, mode).expect("set");
    let suite = suite.display().to_string();
    assert!(scene.run(&["--suite", &suite, "--accept"]).out.contains("accepted"));
    let left = scene.run(&["--suite", &suite, "--check"]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains(says), "{}", left.out);
}

/// Without a mirror, what was fetched before runs, and what was not is not available.
#[test]
fn without_a_mirror_the_kept_kernels_run() {
    let scene = Scene::new("no-mirror");
    scene.kernel();
    let list = fs::read_to_string(scene.0.join("kernels.toml")).expect("there");
    scene.put("kernels.toml", list + "[[kernel]]\nname = '6.16'\nseries = '6.16'\n");
    let nowhere = "Dir::Etc::parts \"/dev/null\";\nDir::Etc::sourcelist \"/dev/null\";\n\
        Dir::Etc::sourceparts \"/dev/null\";\n";
    let nowhere = scene.put("apt.conf", nowhere);
    for number in 1..=2 {
        scene.boot(number, &[RUN, ONE, TWO, END], "status 0");
    }
    let output = scene.command(&[]).env("APT_CONFIG", nowhere).output().expect("sigsys starts");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), scene.boots()), (Some(0), 2), "{out}");
    let said =
        out.lines().filter(|line| line.starts_with("6.16-") && line.contains(": not available: "));
    assert_eq!(said.count(), 2, "{out}");
}
