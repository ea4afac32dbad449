//! Rows of one claim that fail alike are one block, whoever runs first; machines are told of each.

use std::process::Command;

fn printed(args: &[&str]) -> String {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let output = Command::new(folder.join("examples/alike")).args(args).output();
    let output = output.expect("the example can be run");
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

const CLAIM: &str = "every_number_is_two";

#[test]
fn rows_that_fail_alike_are_one_block() {
    for args in [&["--test-threads=1"][..], &["--test-threads=4"], &["--format=terse"]] {
        let text = printed(args);
        let blocks: Vec<_> = text.lines().filter(|line| line.ends_with("  VIOLATED")).collect();
        let named =
            |rows: &str| blocks.iter().any(|line| line.starts_with(&format!("{CLAIM}[{rows}] ")));
        assert_eq!(blocks.len(), 2, "{text}");
        assert!(named("another_one, last_one, one") && named("three"), "{text}");
        for row in ["last_one", "one"] {
            let part = format!("---- {CLAIM}[{row}] ----\nas {CLAIM}[another_one]\n");
            assert!(text.contains(&part), "{part} in {text}");
        }
        assert!(text.contains("5 of 5 cases ran: 1 holds, 4 violated"), "{text}");
    }
}

/// A row that the filter leaves alone is reported alone, and runs no other.
#[test]
fn a_row_alone_is_a_block() {
    let text = printed(&["--exact", &format!("{CLAIM}[one]")]);
    assert!(text.contains(&format!("\n{CLAIM}[one] ")) && !text.contains("another_one"), "{text}");
}

#[test]
fn each_row_has_its_line_for_machines() {
    let ktap = printed(&["--format=ktap"]);
    assert_eq!(ktap.lines().filter(|line| line.starts_with("not ok ")).count(), 4, "{ktap}");
    assert_eq!(ktap.lines().filter(|line| line.ends_with("  VIOLATED")).count(), 4, "{ktap}");
    let json = printed(&["--format=json"]);
    assert_eq!(json.matches("\"verdict\":\"violated\"").count(), 4, "{json}");
}
