//! LAVA's signals, as `lava-test-case` writes them on a device: a line for each case.

use super::{Document, checks};
use harness::record::Verdict;
use harness::report::lava::{Paths, path, result, signal, word};
use std::io::{self, Write};

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut paths = Paths::default();
    for column in &document.columns {
        let mut say = |name: &str, verdict: Verdict| {
            let id = match document.is_one() {
                true => path(name),
                false => format!("{}.{}", word(&column.name), path(name)),
            };
            // LAVA refuses a job that says the same name twice.
            let id = paths.unique(id);
            out.write_all(signal(&id, result(verdict)).as_bytes())
        };
        for line in column.cases() {
            say(&line.name, line.verdict)?;
        }
        for check in checks::of(column) {
            say(check.name, check.verdict)?;
        }
    }
    Ok(())
}
