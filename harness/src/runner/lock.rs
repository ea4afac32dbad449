//! Which cases run at the same time: a serial case waits for all others, including those of this user's other
//! runs, whatever program they are of: what it changes is changed for the whole system.
//!
//! Within a run a lock in memory orders them; between runs two locked files do, in a folder that nobody
//! else can open: whoever can open a file can lock it, and could have every run hang. Where no such
//! folder can be had, only the order within the run is kept.

use crate::stdio;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use sys::uapi::O_NOFOLLOW;

/// [`Order::quiet`]: cases take turns, and on a loaded machine a turn takes seconds.
const QUIET: Duration = Duration::from_secs(10);
/// How often it is reported again.
const REMINDER: Duration = Duration::from_secs(30);
/// How often a held lock is tried before this run sleeps: most are held for microseconds.
const EAGER: u32 = 50;
/// Milliseconds between two tries after that.
const LOOK: u16 = 5;

/// The lock that orders the cases of one run, and of this user's other runs.
#[derive(Debug)]
pub(crate) struct Order {
    here: RwLock<()>,
    folder: Option<PathBuf>,
    /// A wait that lasts longer is reported.
    quiet: Duration,
    spare: Mutex<Vec<Files>>,
    said: Mutex<Option<Instant>>,
}

/// Held while a case runs.
#[derive(Debug)]
pub(crate) struct RunLock<'a> {
    order: &'a Order,
    files: Option<Files>,
    _here: Here<'a>,
}

#[derive(Debug)]
enum Here<'a> {
    Serial { _guard: RwLockWriteGuard<'a, ()> },
    Beside { _guard: RwLockReadGuard<'a, ()> },
}

/// The lock files between runs. Every case passes through the gate. A serial case holds it while it waits for
/// the room, because otherwise the other cases would follow each other without a gap.
#[derive(Debug)]
struct Files {
    gate: File,
    room: File,
}

impl Order {
    /// The order of this user's runs; `runtime` is the folder of the user's session, where there is one.
    pub(crate) fn new(runtime: Option<&Path>) -> Self {
        let user = sys::environment::effective_user();
        let mut candidates = Vec::new();
        match runtime.filter(|path| is_private(path, user)) {
            _ if user == 0 => candidates.push(PathBuf::from("/run/sigsys")),
            Some(path) => candidates.push(path.join("sigsys")),
            None => {}
        }
        candidates.push(format!("/tmp/sigsys-{user}").into());
        Self::of(candidates.into_iter().find(|path| make_private(path, user)))
    }

    fn of(folder: Option<PathBuf>) -> Self {
        let here = RwLock::default();
        Self { here, folder, quiet: QUIET, spare: Mutex::default(), said: Mutex::default() }
    }

    /// Waits until this case may run.
    pub(crate) fn take(&self, serial: bool) -> RunLock<'_> {
        let here = if serial {
            Here::Serial { _guard: self.here.write().unwrap_or_else(PoisonError::into_inner) }
        } else {
            Here::Beside { _guard: self.here.read().unwrap_or_else(PoisonError::into_inner) }
        };
        RunLock { order: self, files: self.take_files(serial).ok(), _here: here }
    }

    fn take_files(&self, serial: bool) -> Result<Files, Error> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let files = match (spare, &self.folder) {
            (Some(files), _) => files,
            (None, Some(folder)) => Files::open(folder)?,
            (None, None) => return Err(ErrorKind::NotFound.into()),
        };
        self.wait(|| files.gate.try_lock())?;
        let entered = match serial {
            true => self.wait(|| files.room.try_lock()),
            false => self.wait(|| files.room.try_lock_shared()),
        };
        if !serial || entered.is_err() {
            files.gate.unlock()?;
        }
        entered.map(|()| files)
    }

    /// Waits for a lock that another run may hold, and says so.
    fn wait(&self, mut lock: impl FnMut() -> Result<(), TryLockError>) -> Result<(), Error> {
        let (begun, mut looks) = (Instant::now(), 0);
        loop {
            match lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Interrupted => {
                    return Err(error);
                }
                Err(_) => {}
            }
            if sys::signal::interrupted().is_some() {
                return Err(ErrorKind::Interrupted.into());
            }
            looks += 1;
            if looks < EAGER {
                sys::process::give_way();
                continue;
            }
            if begun.elapsed() >= self.quiet {
                self.say(begun.elapsed());
            }
            let _ = nix::poll::poll(&mut [], LOOK);
        }
    }

    fn say(&self, waited: Duration) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() >= REMINDER) {
            *said = Some(Instant::now());
            let seconds = waited.as_secs();
            stdio::warn(&format!(
                "another run of this suite has a case that must be alone, or this one has: waiting for \
                 {seconds} s; is one stopped?"
            ));
        }
    }
}

impl Files {
    fn open(folder: &Path) -> Result<Self, Error> {
        let open = |name| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            options.mode(0o600).custom_flags(O_NOFOLLOW).open(folder.join(name))
        };
        Ok(Self { gate: open("gate")?, room: open("room")? })
    }
}

impl Drop for RunLock<'_> {
    fn drop(&mut self) {
        if let Some(files) = self.files.take()
            && files.room.unlock().and_then(|()| files.gate.unlock()).is_ok()
        {
            self.order.spare.lock().unwrap_or_else(PoisonError::into_inner).push(files);
        }
    }
}

/// Makes a folder of `user`'s that nobody else can enter, or finds it; says whether it is one.
fn make_private(path: &Path, user: u32) -> bool {
    let _ = DirBuilder::new().mode(0o700).create(path);
    is_private(path, user)
}

fn is_private(path: &Path, user: u32) -> bool {
    // A link is not followed: it may have been planted.
    std::fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use std::sync::mpsc;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sigsys-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    /// Two runs, by one folder, or one run: whoever is alone is it.
    fn one_that_must_be_alone_is(orders: [&Order; 2]) {
        const TIMES: u32 = 200;
        let (alone, beside) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for (number, order) in orders.into_iter().cycle().take(4).enumerate() {
                let (alone, beside) = (&alone, &beside);
                scope.spawn(move || {
                    for _ in 0..TIMES {
                        let is_alone = number < 2;
                        let turn = order.take(is_alone);
                        let mine = if is_alone { alone } else { beside };
                        let others = mine.fetch_add(1, SeqCst);
                        assert!(!is_alone || others == 0, "two are alone");
                        std::thread::yield_now();
                        let other = if is_alone { beside } else { alone };
                        assert_eq!(other.load(SeqCst), 0, "one is not alone");
                        mine.fetch_sub(1, SeqCst);
                        drop(turn);
                    }
                });
            }
        });
    }

    #[test]
    fn within_a_run() {
        let order = Order::of(None);
        one_that_must_be_alone_is([&order, &order]);
    }

    #[test]
    fn between_runs() {
        let folder = scratch("between");
        assert!(make_private(&folder, sys::environment::effective_user()));
        let orders = [Order::of(Some(folder.clone())), Order::of(Some(folder.clone()))];
        one_that_must_be_alone_is([&orders[0], &orders[1]]);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    /// Whoever waits for longer than a moment says so, and not at every look.
    #[test]
    fn a_long_wait_is_said() {
        let folder = scratch("said");
        assert!(make_private(&folder, sys::environment::effective_user()));
        let quiet = Duration::from_secs(1);
        let impatient = Order { quiet, ..Order::of(Some(folder.clone())) };
        let orders = [Order::of(Some(folder.clone())), impatient];
        let first = orders[0].take(true);
        let said = || *orders[1].said.lock().expect("nobody panicked");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let begun = Instant::now();
                drop(orders[1].take(false));
                begun
            });
            let deadline = Instant::now() + Duration::from_secs(60);
            while said().is_none() && Instant::now() < deadline {
                let _ = nix::poll::poll(&mut [], LOOK);
            }
            let once = said();
            for _ in 0..20 {
                let _ = nix::poll::poll(&mut [], LOOK);
            }
            let later = said();
            drop(first);
            let begun = waiter.join().expect("it does not panic");
            assert!(once.is_some_and(|once| once >= begun + quiet), "{once:?} {begun:?}");
            assert_eq!(later, once);
        });
        std::fs::remove_dir_all(folder).expect("removed");
    }

    /// Where files cannot be locked nobody waits until they can.
    #[rstest]
    #[case::held(TryLockError::WouldBlock, Ok(()))]
    #[case::interrupted(TryLockError::Error(ErrorKind::Interrupted.into()), Ok(()))]
    #[case::no_lock(TryLockError::Error(ErrorKind::Unsupported.into()), Err(ErrorKind::Unsupported))]
    fn what_may_come_is_waited_for(
        #[case] first: TryLockError,
        #[case] expected: Result<(), ErrorKind>,
    ) {
        let mut tries = [Err(first), Ok(())].into_iter();
        let came = Order::of(None).wait(|| tries.next().expect("the second is a lock"));
        assert_eq!(came.map_err(|error| error.kind()), expected);
    }

    /// Those that need not be alone are not kept from each other.
    #[test]
    fn others_run_beside_each_other() {
        let folder = scratch("beside");
        assert!(make_private(&folder, sys::environment::effective_user()));
        let orders = [Order::of(Some(folder.clone())), Order::of(Some(folder.clone()))];
        let first = orders[0].take(false);
        let (sender, taken) = mpsc::channel();
        std::thread::scope(|scope| {
            let order = &orders[1];
            scope.spawn(move || {
                let turn = order.take(false);
                let _ = sender.send(turn.files.is_some());
            });
            let both = taken.recv_timeout(Duration::from_secs(60));
            drop(first);
            assert_eq!(both, Ok(true));
        });
        std::fs::remove_dir_all(folder).expect("removed");
    }

    /// A case that is forked meanwhile has the same open files, and may outlast the turn.
    #[test]
    fn a_turn_is_over_whoever_inherited_its_files() {
        let folder = scratch("inherited");
        assert!(make_private(&folder, sys::environment::effective_user()));
        let order = Order::of(Some(folder.clone()));
        let turn = order.take(true);
        let files = turn.files.as_ref().expect("the folder is there");
        let inherited = [&files.gate, &files.room].map(|file| file.try_clone().expect("a copy"));
        drop(turn);
        let others = Files::open(&folder).expect("they are there");
        assert!(others.gate.try_lock().is_ok() && others.room.try_lock().is_ok());
        drop(inherited);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_folder_that_another_could_use_is_none() {
        let user = sys::environment::effective_user();
        let folder = scratch("open");
        assert!(make_private(&folder, user));
        assert!(make_private(&folder, user), "it is there already");
        assert!(!make_private(&folder, user + 1), "another user's");
        let link = scratch("link");
        let _ = std::fs::remove_file(&link);
        symlink(&folder, &link).expect("a link can be made");
        assert!(!make_private(&link, user), "a link");
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&folder, open).expect("changed");
        assert!(!make_private(&folder, user), "others can enter it");
        std::fs::remove_file(link).expect("removed");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
