//! What is said of a second try, and which change of the taint no case explains.

use super::*;
use crate::Isolation;
use crate::deviation::Known;
use crate::feature::Features;
use crate::kernel::{Kernel, Told};
use crate::record::Failure;
use crate::runner::protocol::Greeting;
use rstest::rstest;
use sys::uapi::{TAINT_OOT_MODULE, TAINT_WARN};

#[test]
fn a_second_try_says_how_the_first_went() {
    let said = |same| Retried { first: Failure::of("killed\nmore"), same }.to_string();
    assert_eq!(said(true), "tried again, with the same end");
    assert_eq!(said(false), "tried again: the first time it was ended from outside (killed more)");
}

#[rstest]
#[case(None, None, None)]
#[case(Some((1, 2)), None, Some((1, 2)))]
#[case(None, Some((3, 4)), Some((3, 4)))]
#[case(Some((1, 2)), Some((3, 4)), Some((1, 4)))]
fn two_changes_are_one(
    #[case] first: Option<(u64, u64)>,
    #[case] second: Option<(u64, u64)>,
    #[case] both: Option<(u64, u64)>,
) {
    let change = |(before, after)| TaintChange { before, after };
    assert_eq!(spanning(first.map(change), second.map(change)), both.map(change));
}

/// A runner on a kernel whose taint was `before`, is `now`, and of which cases explain `explained`.
fn runner(before: Option<u64>, now: &str, explained: u64) -> Runner {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Relaxed);
    let name = format!("sigsys-{}-runner-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, now).expect("it can be written");
    let taint = Taint::at(&path);
    std::fs::remove_file(&path).expect("it is ours");
    let mut kernel = Kernel::read(Told::default()).expect("this kernel can be read");
    kernel.identity.taint = before;
    let features = Features::parse("feature = []").expect("a table");
    let judge = Judge { kernel, features, known: Known::default() };
    let pool = Pool::new(Isolation::Plain, 1, Greeting::default()).expect("nothing is made");
    let limit = Duration::from_secs(1);
    let runner = Runner::new(pool, judge, Vec::new(), Order::new(None), taint, limit);
    runner.explained.store(explained, Relaxed);
    runner
}

const WARNING: u64 = 1 << TAINT_WARN;
const MODULE: u64 = 1 << TAINT_OOT_MODULE;

#[rstest]
#[case::none(Some(0), "0", 0, None, None)]
#[case::as_before(Some(MODULE), "4096", 0, None, None)]
#[case::warned(Some(0), "512", 0, Some(WARNING), Some(Blame::Kernel))]
#[case::by_a_case(Some(0), "512", WARNING, Some(WARNING), None)]
#[case::by_a_case_in_part(Some(0), "4608", WARNING, Some(WARNING | MODULE), Some(Blame::Outsider))]
#[case::by_another_case(Some(MODULE), "4608", WARNING, Some(WARNING | MODULE), None)]
#[case::said_twice(Some(MODULE), "4608", WARNING | MODULE, Some(WARNING | MODULE), None)]
#[case::unknown_before(None, "512", 0, None, None)]
#[case::unknown_now(Some(0), "what?", 0, None, None)]
fn what_no_case_explains(
    #[case] before: Option<u64>,
    #[case] now: &str,
    #[case] explained: u64,
    #[case] after: Option<u64>,
    #[case] blame: Option<Blame>,
) {
    let runner = runner(before, now, explained);
    assert_eq!(runner.taint_after(), after);
    assert_eq!(runner.unexplained().map(|(blame, _)| blame), blame);
}

#[rstest]
#[case::good(&[None], None)]
#[case::disturbed(&[Some("killed"), None], None)]
#[case::lying(&[Some("first"), Some("second")], Some("first"))]
fn a_canary_is_at_fault_when_it_is_so_twice(
    #[case] tries: &[Option<&str>],
    #[case] fault: Option<&str>,
) {
    let mut left = tries.iter();
    let found = fault_of_two(|| {
        let fault = left.next().expect("no more tries than that");
        Ok::<_, Stopped>(fault.map(str::to_owned))
    });
    assert_eq!(found.ok().flatten().as_deref(), fault);
    assert_eq!(left.next(), None, "each is tried");
}
