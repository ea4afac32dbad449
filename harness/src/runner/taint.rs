//! The kernel's own word on its health, /proc/sys/kernel/tainted, while cases run.

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

    /// One that is gone again is not new.
    #[test]
    fn what_was_there_before_is_not_added() {
        assert_eq!(added(0b0110, 0b1010), 0b1000);
    }

    #[rstest]
    #[case::nothing(0, 0, None)]
    #[case::nothing_new(512, 512, None)]
    #[case::warning(0, 1 << 9, Some((Blame::Kernel, "W, the kernel issued a warning")))]
    #[case::oops(4096, 4096 | 1 << 7, Some((Blame::Kernel, "D, the kernel died")))]
    #[case::lockup(0, 1 << 14, Some((Blame::Kernel, "L, ")))]
    #[case::bad_page(0, 1 << 5, Some((Blame::Kernel, "B, ")))]
    #[case::machine_check(0, 1 << 4, Some((Blame::Kernel, "M, ")))]
    #[case::module(0, 1 << 12, Some((Blame::Outsider, "O, a module built out of tree")))]
    #[case::forced_out(0, 1 << 3, Some((Blame::Outsider, "R, ")))]
    #[case::by_hand(0, 1 << 6, Some((Blame::Outsider, "U, ")))]
    #[case::both(0, 1 << 12 | 1 << 9, Some((Blame::Kernel, "O, a module built out of tree was loaded")))]
    #[case::unknown(0, 1 << 40, Some((Blame::Outsider, "bit 40, which")))]
    fn a_change_says_who_is_to_blame(
        #[case] before: u64,
        #[case] after: u64,
        #[case] expected: Option<(Blame, &str)>,
    ) {
        match (change(before, after), expected) {
            (None, None) => {}
            (Some((blame, text)), Some((expected, words))) => {
                assert_eq!(blame, expected);
                assert!(text.contains(words), "{text}");
            }
            (change, _) => panic!("{change:?}"),
        }
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

    #[rstest]
    #[case(0, "")]
    #[case(1, "P, a proprietary module was loaded")]
    #[case(1 << 7 | 1 << 9, "D, the kernel died: an oops or a BUG; W, the kernel issued a warning")]
    #[case(1 << 19, "J, a device's firmware was changed through fwctl")]
    #[case(1 << 20, "bit 20, which this suite does not know")]
    #[case(1 << 63, "bit 63, which this suite does not know")]
    fn a_taint_in_words(#[case] taint: u64, #[case] expected: &str) {
        assert_eq!(words(taint), expected);
    }

    /// The letters stand in the order of the bits, as the kernel prints them.
    #[test]
    fn letters() {
        let letters: String = BITS.iter().map(|(letter, ..)| letter).collect();
        assert_eq!(letters, "PFSRMBUDAWCIOELKXTNJ");
    }
}
