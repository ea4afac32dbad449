//! Columns that wait for a worker: the one that takes longest is the next, so that none is left alone at the
//! end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Memory that a column takes in bytes: that of the machine, and what emulates it.
const COLUMN_BYTES: u64 = 400 << 20;

/// What waits, and who may still bring more.
#[derive(Debug)]
struct Waiting<T> {
    jobs: Vec<(f64, T)>,
    producers: usize,
}

/// Jobs by how long they take.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

impl<T> Queue<T> {
    /// An empty one, which so many producers fill: each says when it is [`done`](Self::done).
    pub(super) const fn new(producers: usize) -> Self {
        let waiting = Mutex::new(Waiting { jobs: Vec::new(), producers });
        Self { waiting, changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job that takes about `seconds`.
    pub(super) fn push(&self, seconds: f64, job: T) {
        self.lock().jobs.push((seconds, job));
        self.changed.notify_one();
    }

    /// A producer brings no more.
    pub(super) fn done(&self) {
        let mut waiting = self.lock();
        waiting.producers = waiting.producers.saturating_sub(1);
        self.changed.notify_all();
    }

    /// The longest job that waits, the first of those that take as long; waits for one. None when there will
    /// be none.
    pub(super) fn next(&self) -> Option<T> {
        let idle = |waiting: &mut Waiting<T>| waiting.jobs.is_empty() && waiting.producers > 0;
        let mut waiting =
            self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let seconds = waiting.jobs.iter().map(|(seconds, _)| *seconds);
        let longest = seconds.fold(f64::NEG_INFINITY, f64::max);
        let at = waiting.jobs.iter().position(|(seconds, _)| *seconds >= longest)?;
        Some(waiting.jobs.remove(at).1)
    }
}

/// How many columns run at the same time: one per processor, and no more than there is memory for.
pub(super) fn workers(processors: usize, meminfo: &str) -> usize {
    let available = meminfo.lines().find_map(|line| {
        let kib = line.strip_prefix("MemAvailable:")?.trim().strip_suffix("kB")?;
        kib.trim().parse::<u64>().ok()
    });
    let room = available.map_or(u64::MAX, |kib| kib * 1024 / COLUMN_BYTES);
    usize::try_from(room).unwrap_or(usize::MAX).min(processors).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_longest_is_the_next() {
        let queue = Queue::new(1);
        for (seconds, job) in [(1.0, 'a'), (3.0, 'b'), (3.0, 'c'), (2.0, 'd')] {
            queue.push(seconds, job);
        }
        queue.done();
        let order: Vec<char> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(order, ['b', 'c', 'd', 'a']);
    }

    /// A worker waits for a producer, and leaves with the last of them.
    #[test]
    fn a_worker_waits_as_long_as_more_may_come() {
        let queue = Queue::new(2);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| std::iter::from_fn(|| queue.next()).collect::<Vec<_>>());
            queue.push(1.0, 1);
            queue.done();
            queue.push(1.0, 2);
            queue.done();
            let mut all = worker.join().expect("it ends");
            all.sort_unstable();
            assert_eq!(all, [1, 2]);
        });
    }

    #[rstest]
    #[case::enough("MemTotal: 9000000 kB\nMemAvailable:    8000000 kB\n", 4)]
    #[case::little("MemAvailable: 1000000 kB\n", 2)]
    #[case::hardly_any("MemAvailable: 1000 kB\n", 1)]
    #[case::unknown("", 4)]
    fn no_more_columns_run_than_there_is_memory_for(#[case] text: &str, #[case] expected: usize) {
        assert_eq!(workers(4, text), expected);
    }
}
