//! Runs columns: kernels are fetched, workers take the columns that are ready.

use super::args::MatrixArgs;
use super::cache::{self, Cache};
use super::column::{Due, Ended, Outcome, Shared};
use super::get::get;
use super::news::News;
use super::queue::{Queue, workers};
use super::show;
use crate::atomic;
use crate::machine::kernels::fetch::Fetched;
use crate::machine::kernels::{Column, Kernel, System, Variant};
use crate::machine::subprocess;
use crate::results::tally::Tally;
use std::sync::mpsc;
use std::thread;

/// How long a column takes, in seconds, when that is not known: another system, a kernel, a part of its cases.
const SYSTEM_SECONDS: f64 = 300.0;
const KERNEL_SECONDS: f64 = 60.0;
const PART_SECONDS: f64 = 15.0;

/// A column that can be run now.
enum Job<'a> {
    Boot((&'a Kernel, &'a Variant), Due<'a>, Fetched),
    System(&'a System),
}

/// Runs what has to be run: as many kernels at a time as there are processors and memory for, the longest first,
/// and the other systems one after another beside them; kernels are fetched meanwhile.
pub(super) fn run_all(
    columns: &[Column],
    shared: &Shared,
    cache: &Cache,
    args: &MatrixArgs,
) -> Vec<Ended> {
    let mut outcomes: Vec<Option<Ended>> = columns.iter().map(|_| None).collect();
    let kernels = kernels_of(columns);
    let queue: Queue<(usize, Job)> = Queue::new(kernels.len());
    let (tell, heard) = mpsc::channel::<show::Heard>();
    let processors = thread::available_parallelism().map_or(1, |count| count.get());
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let usual = workers(processors, &meminfo);
    let workers = args.jobs.map_or(usual, usize::from).min(columns.len().max(1));
    // Another system waits more than it computes, above all for calls that never return there: it takes no
    // worker from the kernels, unless the user says how many columns run at a time.
    let systems: Queue<(usize, Job)> = Queue::new(0);
    let beside = if args.jobs.is_none() { &systems } else { &queue };
    for (at, column) in columns.iter().enumerate() {
        if let Column::System(system) = column {
            let seconds = cache.seconds(&system.name).unwrap_or(SYSTEM_SECONDS);
            beside.push(seconds, (at, Job::System(system)));
        }
    }
    thread::scope(|scope| {
        let queue = &queue;
        for kernel in kernels {
            let fetch = Fetch { kernel, columns, shared, cache, args, tell: tell.clone() };
            scope.spawn(move || {
                fetch.hand_over(queue);
                queue.done();
            });
        }
        for queue in std::iter::repeat_n(queue, workers).chain([&systems]) {
            let tell = tell.clone();
            scope.spawn(move || {
                while let Some((at, job)) = queue.next() {
                    let on = |news| drop(tell.send(show::Heard::News(at, news)));
                    let ended = run_one(&job, shared, cache, &on);
                    if !matches!(ended.0, Outcome::Done(..)) {
                        let name = columns[at].name();
                        for slot in [cache::part_of(&name), name] {
                            let _ = std::fs::remove_file(cache.draft(&slot));
                        }
                    }
                    let _ = tell.send(show::Heard::Ended(at, ended));
                }
            });
        }
        drop(tell);
        let mut screen = show::Screen::new(columns, shared.expected.len());
        for heard in heard {
            screen.show(&heard);
            if let show::Heard::Ended(at, ended) = heard {
                outcomes[at] = Some(ended);
            }
        }
    });
    let interrupted = || (Outcome::Interrupted, Tally::default());
    outcomes.into_iter().map(|ended| ended.unwrap_or_else(interrupted)).collect()
}

fn kernels_of(columns: &[Column]) -> Vec<&Kernel> {
    let mut kernels: Vec<&Kernel> = Vec::new();
    for column in columns {
        if let Column::Kernel(kernel, _) = column
            && !kernels.contains(&kernel)
        {
            kernels.push(kernel);
        }
    }
    kernels
}

/// The column from which another of `columns` takes over what its variant cannot change.
pub(super) fn base_of(columns: &[Column], column: &Column) -> Option<usize> {
    let Column::Kernel(kernel, Variant { base, .. }) = column else { return None };
    columns.iter().position(|other| {
        matches!(other, Column::Kernel(own, variant) if own == kernel && variant.name == *base)
    })
}

/// A kernel that is fetched.
struct Fetch<'a> {
    kernel: &'a Kernel,
    columns: &'a [Column],
    shared: &'a Shared<'a>,
    cache: &'a Cache,
    args: &'a MatrixArgs,
    tell: mpsc::Sender<show::Heard>,
}

impl<'a> Fetch<'a> {
    /// Fetches the kernel and hands over its columns.
    fn hand_over(&self, queue: &Queue<(usize, Job<'a>)>) {
        let name = &self.kernel.name;
        let say = |heard: show::Heard| drop(self.tell.send(heard));
        let step = |what: &str| say(show::Heard::Step(name.clone(), what.into()));
        let fetched = match &self.shared.machine {
            // What cannot be booted need not be fetched.
            Err(why) => Err(why.clone()),
            Ok(_) => get(self.kernel, self.args.refresh, step),
        };
        say(show::Heard::Fetched(name.clone()));
        if let Ok(Fetched { note: Some(note), .. }) = &fetched {
            say(show::Heard::Said(format!("{name}: {note}")));
        }
        for (at, column) in self.columns.iter().enumerate() {
            let Column::Kernel(own, variant) = column else { continue };
            if own != self.kernel {
                continue;
            }
            match &fetched {
                Ok(fetched) => {
                    let due = self.shared.due(variant, base_of(self.columns, column).is_some());
                    let usual = if due.part { PART_SECONDS } else { KERNEL_SECONDS };
                    let seconds = self.cache.seconds(&due.slot(&column.name())).unwrap_or(usual);
                    queue.push(seconds, (at, Job::Boot((own, variant), due, fetched.clone())));
                }
                Err(why) => {
                    let outcome = match subprocess::interrupted() {
                        Some(_) => Outcome::Interrupted,
                        // Whatever the mirror has: this machine cannot take it.
                        None if why.contains(atomic::FULL) => Outcome::NoAnswer(why.clone()),
                        None => Outcome::NotAvailable(why.clone()),
                    };
                    say(show::Heard::Ended(at, (outcome, Tally::default())));
                }
            }
        }
    }
}

fn run_one(job: &Job, shared: &Shared, cache: &Cache, on: &dyn Fn(News)) -> Ended {
    match job {
        _ if subprocess::interrupted().is_some() => (Outcome::Interrupted, Tally::default()),
        Job::Boot(which, due, fetched) => shared.kernel(*which, due, fetched, cache, on),
        Job::System(system) => (shared.system(system, cache, on), Tally::default()),
    }
}
