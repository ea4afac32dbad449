//! LAVA's signals, as `lava-test-case` writes them on a device: a line for each case.

use super::clean::{self, Paths};
use super::{Document, checks, words};
use std::io::{self, Write};

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut paths = Paths::default();
    for column in &document.columns {
        let mut say = |name: &str, result: &str| {
            let id = match document.is_one() {
                true => name.to_owned(),
                false => format!("{}.{name}", clean::word(&column.name)),
            };
            // LAVA refuses a job that says the same name twice.
            let id = paths.unique(id);
            writeln!(out, "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID={id} RESULT={result}>")
        };
        for line in column.cases() {
            say(&clean::path(&line.name), words::lava(line.verdict))?;
        }
        for check in checks::of(column) {
            say(&clean::path(check.name), words::lava(check.verdict))?;
        }
    }
    Ok(())
}
