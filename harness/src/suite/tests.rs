//! How a run ends: its status, its line, and what the end of its record says.

use super::*;
use crate::deviation::Known;
use crate::event::{Consumer, Event};
use rstest::rstest;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

#[rstest]
#[case::whole(Ok(()), 3, 3, true)]
#[case::stopped(Err(Stopped), 3, 3, false)]
#[case::less(Ok(()), 2, 3, false)]
#[case::none(Err(Stopped), 0, 3, false)]
fn a_run_is_whole_or_says_what_it_lacks(
    #[case] outcome: Result<(), Stopped>,
    #[case] ran: usize,
    #[case] selected: usize,
    #[case] whole: bool,
) {
    let line = format!("{ran} of {selected} cases ran: the others cannot be run");
    assert_eq!(missing(&outcome, ran, selected), (!whole).then_some(line));
}

/// A runner of no case on a kernel that was not tainted, and whose taint reads as `now`.
fn runner(now: u64) -> Runner {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("sigsys-{}-suite-{}", std::process::id(), MADE.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, now.to_string()).expect("it can be written");
    let taint = Taint::at(&path);
    std::fs::remove_file(&path).expect("it is ours");
    let mut kernel = Kernel::read(Told::default()).expect("this kernel can be read");
    kernel.identity.taint = Some(0);
    let features = Features::parse("feature = []").expect("a table");
    let judge = Judge { kernel, features, known: Known::default() };
    let pool = Pool::new(Isolation::Plain, 1, Greeting::default()).expect("nothing is made");
    let limit = Duration::from_secs(1);
    Runner::new(pool, judge, Vec::new(), Order::new(None), taint, limit)
}

#[rstest]
#[case::whole(Ok(()), 0, &[], 0, "")]
#[case::less(Ok(()), 3, &[], NO_ANSWER, "0 of 3 cases ran: the others cannot be run")]
#[case::stopped(Err(Stopped), 0, &[], NO_ANSWER, "0 of 0 cases ran: the others cannot be run")]
#[case::faults(Ok(()), 0, &["a fault"], KERNEL, "")]
#[case::less_and_faults(Ok(()), 1, &["a fault"], NO_ANSWER, "0 of 1 cases ran: the others cannot be run")]
fn what_a_run_lacks_is_how_it_ends(
    #[case] outcome: Result<(), Stopped>,
    #[case] selected: usize,
    #[case] faults: &[&str],
    #[case] status: u8,
    #[case] line: &str,
) {
    let check = Some(faults.iter().map(ToString::to_string).collect());
    let selection = Selection { places: Vec::new(), expected: Some(selected), check };
    let ended = match finish(&runner(0), outcome, &selection) {
        Ok(status) => (status, String::new()),
        Err(Refusal(status, line)) => (status, line),
    };
    assert_eq!(ended, (status, line.to_owned()));
}

/// Keeps the end of the record.
#[derive(Clone, Default)]
struct Footers(Arc<Mutex<Vec<Option<Footer>>>>);

impl Consumer for Footers {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Event::Ended(ended) = event {
            self.0.lock().expect("nothing panics meanwhile").push(ended.footer.clone());
        }
        Ok(())
    }
}

impl Footers {
    /// The taint in the one end that came.
    fn taint(&self) -> Option<u64> {
        let footers = self.0.lock().expect("nothing panics meanwhile");
        let [Some(footer)] = &footers[..] else { panic!("{footers:?}") };
        footer.taint
    }
}

#[rstest]
#[case::unchanged(0, None)]
#[case::changed(512, Some(512))]
fn the_end_of_a_record_has_the_changed_taint(#[case] now: u64, #[case] told: Option<u64>) {
    let (runner, footers) = (runner(now), Footers::default());
    runner.tell(footers.clone());
    let selection = Selection { places: Vec::new(), expected: Some(0), check: None };
    let ended = finish(&runner, Ok(()), &selection);
    assert!(ended.is_ok());
    assert_eq!(footers.taint(), told);
}

#[rstest]
#[case::unchanged(0, None)]
#[case::changed(512, Some(512))]
fn the_end_of_an_interrupted_record_has_it_too(#[case] now: u64, #[case] told: Option<u64>) {
    let (runner, footers) = (runner(now), Footers::default());
    runner.tell(footers.clone());
    assert!(interrupted(&runner, 1) > 128);
    assert_eq!(footers.taint(), told);
}
