//! Everything that is printed fits a terminal of 80 columns, and what is piped is as wide.

#![forbid(unsafe_code)]

use std::process::Command;

const WIDTH: usize = 80;

fn help(words: &[&str], columns: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(words).arg("--help").env_remove("COLUMNS");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    let output = command.output().expect("the tool can be started");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// The names of the commands, as the help lists them.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let lines = list.expect("commands are listed").lines();
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| Some(line.split_whitespace().next()?.to_owned()));
    names.filter(|name| name != "help").collect()
}

fn wide(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > WIDTH).collect()
}

#[test]
fn every_help_is_as_wide_as_a_terminal() {
    let all = commands(&help(&[], None));
    assert!(all.len() > 12 && all.iter().any(|name| name == "boot"), "{all:?}");
    for columns in [None, Some("80"), Some("200")] {
        assert_eq!(wide(&help(&[], columns)), Vec::<&str>::new());
        for command in &all {
            let text = help(&[command], columns);
            assert_eq!(wide(&text), Vec::<&str>::new(), "{command} in {columns:?}");
        }
    }
}

/// What follows the options is wrapped by hand: a line that clap wraps once more leaves a single word behind.
#[test]
fn no_help_is_wrapped_twice() {
    for command in commands(&help(&[], None)) {
        let (at_80, at_79) = (help(&[&command], Some("80")), help(&[&command], Some("79")));
        let end = |text: &str| text.split("\nExit status").nth(1).unwrap_or_default().to_owned();
        assert_eq!(end(&at_80), end(&at_79), "{command}");
    }
}

/// The example for a bisection is pasted: an option and its value are in one line.
#[test]
fn the_example_of_a_bisection_can_be_pasted() {
    let text = help(&["boot"], Some("80"));
    assert!(
        text.contains("\n  git bisect run sh -c 'make -j$(nproc) bzImage || exit 125\n"),
        "{text}"
    );
    assert!(text.contains("          --config .config --case off_refuses'\n"), "{text}");
}
