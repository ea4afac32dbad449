//! The runner's side of the workers: each slot has a worker, which is replaced when it dies.

use super::launch::{self, Forked, NoAnswer};
use super::orphans::{self, WorkerStart};
use super::protocol::{Answer, Greeting, Request};
use crate::Isolation;
use std::sync::{Arc, Mutex, mpsc};

/// The run is being stopped, so there is no answer.
#[derive(Debug)]
pub(crate) struct Stopped;

struct Job {
    request: Request,
    /// In a worker that did nothing before.
    fresh: bool,
    reply: mpsc::Sender<Answer>,
}

/// Hands requests to workers.
pub(crate) struct Pool {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<std::thread::JoinHandle<()>>,
    greeting: Arc<Greeting>,
    forked: Mutex<Option<Forked>>,
}

impl Pool {
    /// A pool of `slots` workers. [`Isolation::Plain`] has one, made when it is first needed.
    ///
    /// # Errors
    /// When the threads that wait for workers, and as many for their users, cannot be made.
    pub(crate) fn new(
        isolation: Isolation,
        slots: usize,
        greeting: Greeting,
    ) -> std::io::Result<Self> {
        // Without it, what a lost worker leaves behind is somebody else's.
        let _ = sys::process::set_child_subreaper();
        let (forked, greeting) = (Mutex::new(None), Arc::new(greeting));
        if isolation == Isolation::Plain {
            return Ok(Self { jobs: None, threads: Vec::new(), greeting, forked });
        }
        room_for_threads(2 * slots)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..slots)
            .map(|_| {
                let (queue, greeting) = (queue.clone(), greeting.clone());
                let serve = move || serve_slot(isolation, &greeting, &queue);
                std::thread::Builder::new().spawn(serve)
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self { jobs: Some(jobs), threads, greeting, forked })
    }

    /// Has one request answered; `fresh`: by a worker that did nothing before.
    pub(crate) fn ask(&self, request: Request, fresh: bool) -> Result<Answer, Stopped> {
        let answer = match &self.jobs {
            Some(jobs) => {
                let (reply, answer) = mpsc::channel();
                jobs.send(Job { request, fresh, reply }).map_err(|_| Stopped)?;
                answer.recv().map_err(|_| Stopped)?
            }
            None => self.ask_forked(request, fresh)?,
        };
        if sys::signal::interrupted().is_some() { Err(Stopped) } else { Ok(answer) }
    }

    fn ask_forked(&self, request: Request, fresh: bool) -> Result<Answer, Stopped> {
        let mut slot = self.forked.lock().map_err(|_| Stopped)?;
        if fresh {
            end_forked(&mut slot, false);
        }
        if slot.is_none() {
            let start = WorkerStart::begin();
            match Forked::start(&self.greeting) {
                Ok(worker) => {
                    start.finish(worker.pid);
                    *slot = Some(worker);
                }
                Err(why) => return Ok(Answer::broken(why)),
            }
        }
        let Some(worker) = slot.as_mut() else { return Err(Stopped) };
        match worker.exchange(request) {
            Ok(answer) => Ok(answer),
            Err(NoAnswer::Interrupted) => Err(Stopped),
            Err(NoAnswer::Gone) => {
                end_forked(&mut slot, true);
                Ok(Answer::lost())
            }
        }
    }
}

fn end_forked(slot: &mut Option<Forked>, lost: bool) {
    if let Some(worker) = slot.take() {
        let pid = worker.pid;
        drop(worker);
        orphans::end(pid, lost);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let Ok(mut slot) = self.forked.lock() {
            end_forked(&mut slot, false);
        }
    }
}

/// Has `count` threads alive at once, and ends them.
fn room_for_threads(count: usize) -> std::io::Result<()> {
    let gate = std::sync::RwLock::new(());
    std::thread::scope(|scope| {
        let closed = gate.write();
        let pass = || drop(gate.read());
        let threads: std::io::Result<Vec<_>> =
            (0..count).map(|_| std::thread::Builder::new().spawn_scoped(scope, pass)).collect();
        drop(closed);
        threads.map(drop)
    })
}

/// One slot: starts a worker, feeds it jobs, starts the next when it is gone.
fn serve_slot(isolation: Isolation, greeting: &Greeting, queue: &Mutex<mpsc::Receiver<Job>>) {
    let next = || queue.lock().ok()?.recv().ok();
    let mut left = None;
    while let Some(first) = left.take().or_else(next) {
        if sys::signal::interrupted().is_some() {
            return;
        }
        let reply = first.reply.clone();
        match serve_with_fresh_image(isolation, greeting, first, &next) {
            Ok(job) => left = job,
            Err(why) => {
                let _ = reply.send(Answer::broken(format!("no worker could be started: {why}")));
            }
        }
    }
}

/// Starts a worker and feeds it; gives the job that wants another one.
fn serve_with_fresh_image(
    isolation: Isolation,
    greeting: &Greeting,
    first: Job,
    next: &dyn Fn() -> Option<Job>,
) -> Result<Option<Job>, String> {
    let start = WorkerStart::begin();
    let (worker, lost, left) = launch::with_fresh_image(greeting, |control, child| {
        let worker = i32::try_from(child.id()).unwrap_or_default();
        start.finish(worker);
        let mut job = first;
        loop {
            // The other end stays open in this process as long as the worker's command line does, so
            // its closing is no sign.
            let is_alive = || matches!(child.try_wait(), Ok(None));
            match launch::exchange(control, job.request, is_alive) {
                Ok(answer) => {
                    let _ = job.reply.send(answer);
                }
                Err(NoAnswer::Interrupted) => return (worker, false, None),
                Err(NoAnswer::Gone) => {
                    // Its orphans end first: what it left behind must not meet what is tried next.
                    let _ = child.kill();
                    let _ = child.wait();
                    orphans::end(worker, true);
                    let _ = job.reply.send(Answer::lost());
                    return (worker, true, None);
                }
            }
            if isolation == Isolation::Exec {
                return (worker, false, None);
            }
            match next() {
                Some(other) if other.fresh => return (worker, false, Some(other)),
                Some(other) => job = other,
                None => return (worker, false, None),
            }
        }
    })?;
    if !lost {
        orphans::end(worker, false);
    }
    Ok(left)
}
