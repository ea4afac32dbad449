//! /proc/sys/kernel/tainted while cases run, and what a change means for the case.

use crate::record::taint::{Blame, change};
use crate::record::{Because, CaseLine, Overruled, TaintChange, Verdict};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const TAINTED: &str = "/proc/sys/kernel/tainted";

/// The file, open, so that a look is one system call.
#[derive(Debug)]
pub(crate) struct Taint(Option<File>);

impl Taint {
    /// That of this kernel; one that cannot be read stays unknown.
    pub(crate) fn open() -> Self {
        Self::at(Path::new(TAINTED))
    }

    /// That which the file `path` holds.
    pub(crate) fn at(path: &Path) -> Self {
        Self(File::open(path).ok())
    }

    /// Its bits now.
    pub(crate) fn read(&self) -> Option<u64> {
        let mut text = [0; 32];
        let length = self.0.as_ref()?.read_at(&mut text, 0).ok()?;
        std::str::from_utf8(&text[..length]).ok()?.trim().parse().ok()
    }
}

/// What it means for a case that the taint changed while it ran. With several workers it is said of each
/// case that ran then.
pub(crate) fn weigh(line: &mut CaseLine, taint: TaintChange) {
    line.taint = Some(taint);
    let Some((blame, _)) = change(taint.before, taint.after) else { return };
    let (because, verdict) = match (blame, line.verdict) {
        // The plainer fault stands.
        (Blame::Kernel, Verdict::Violated | Verdict::Crashed | Verdict::TimedOut) => return,
        (Blame::Kernel, _) => (Because::Taint, Verdict::Tainted),
        (Blame::Outsider, _) => (Because::ForeignTaint, Verdict::Broken),
    };
    line.overruled = Some(Overruled { verdict: line.verdict, because });
    line.verdict = verdict;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Failure;
    use rstest::rstest;
    use std::io::Write;

    #[test]
    fn every_look_is_a_new_one() {
        let path = std::env::temp_dir().join(format!("sigsys-taint-{}", std::process::id()));
        let mut file = File::create_new(&path).expect("a file can be made");
        file.write_all(b"0\n").expect("written");
        let taint = Taint::at(&path);
        assert_eq!((taint.read(), taint.read()), (Some(0), Some(0)));
        file.write_all_at(b"512\n", 0).expect("written");
        assert_eq!(taint.read(), Some(512));
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        assert_eq!(Taint::at(Path::new("/nonexistent/tainted")).read(), None);
    }

    /// A plain fault stays what it is; what would have passed does not; an outsider's doing is nobody's.
    #[rstest]
    #[case(Verdict::Holds, 1 << 9, Verdict::Tainted)]
    #[case(Verdict::Deviates, 1 << 9, Verdict::Tainted)]
    #[case(Verdict::Healed, 1 << 7, Verdict::Tainted)]
    #[case(Verdict::Broken, 1 << 9, Verdict::Tainted)]
    #[case(Verdict::Violated, 1 << 9, Verdict::Violated)]
    #[case(Verdict::Crashed, 1 << 7, Verdict::Crashed)]
    #[case(Verdict::TimedOut, 1 << 14, Verdict::TimedOut)]
    #[case(Verdict::Holds, 1 << 12, Verdict::Broken)]
    #[case(Verdict::Violated, 1 << 12, Verdict::Broken)]
    #[case(Verdict::Holds, 0, Verdict::Holds)]
    fn a_case_is_weighed(#[case] came: Verdict, #[case] added: u64, #[case] expected: Verdict) {
        let mut line = CaseLine::new("a", Vec::new(), came);
        line.failure = Some(Failure::of("a failure"));
        let taint = TaintChange { before: 1, after: 1 | added };
        weigh(&mut line, taint);
        assert_eq!((line.verdict, line.taint), (expected, Some(taint)));
        let (said, notes) = (line.said(), line.notes().join("; "));
        let words = format!("from 1 to {}", 1 | added);
        assert_eq!(said.contains(&words) || notes.contains(&words), added != 0, "{line:?}");
        assert!(said.contains("a failure") || notes.contains("a failure"), "{line:?}");
        assert!(line.verdict == came || notes.contains(came.words()), "{line:?}");
    }
}
