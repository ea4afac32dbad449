//! Rounds of one random SIGKILL each: of the tool, its guard, the suite's runner, a worker or a case.
//! After each: nothing that was started is alive, every record can be read, no verdict is another than
//! that of an undisturbed run.

use harness::record::{Line, Verdict};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{PipeReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long an undisturbed end may take.
const END_TIMEOUT: Duration = Duration::from_secs(300);

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Run,
    Fuzz,
    Via,
    Boot,
    Matrix,
}

/// All that can be run; the last two in machines.
pub(crate) const KINDS: [Kind; 5] = [Kind::Run, Kind::Fuzz, Kind::Via, Kind::Boot, Kind::Matrix];

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Tool,
    Guard,
    Runner,
    Worker,
    Case,
}

/// All who can be killed; the last two are the suite's own.
pub(crate) const VICTIMS: [Victim; 5] =
    [Victim::Tool, Victim::Guard, Victim::Runner, Victim::Worker, Victim::Case];

/// What rounds are made of.
pub(crate) struct Plan<'a> {
    pub(crate) sigsys: &'a str,
    pub(crate) suite: &'a Path,
    /// A kernel to boot.
    pub(crate) kernel: Option<String>,
    pub(crate) kinds: &'a [Kind],
    pub(crate) victims: &'a [Victim],
    /// How long what the tool started may outlive it.
    pub(crate) limit: Duration,
    pub(crate) seed: u64,
}

/// What rounds have shown.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) counts: BTreeMap<(Kind, Victim), usize>,
    /// The longest that anything outlived the tool.
    pub(crate) longest: Duration,
    /// Records that were read, and those that were empty: their run was killed before its first line.
    pub(crate) records: (usize, usize),
    pub(crate) wrong: Vec<String>,
}

impl std::fmt::Display for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "| during | killed | times |\n|---|---|---|")?;
        for ((kind, victim), count) in &self.counts {
            writeln!(f, "| {kind:?} | {victim:?} | {count} |")?;
        }
        let (read, empty) = self.records;
        writeln!(
            f,
            "longest outlived: {:.2?}; records read: {read}, empty: {empty}",
            self.longest
        )?;
        self.wrong.iter().try_for_each(|line| writeln!(f, "WRONG {line}"))
    }
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % end.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// The verdicts of a kind when no process is killed.
struct Baseline {
    verdicts: HashMap<String, Verdict>,
    time: Duration,
}

/// A tool that runs; the other end of `alive` is held by all it started.
struct Run {
    tool: Child,
    alive: PipeReader,
}

pub(crate) fn rounds(plan: &Plan, count: usize, mut on: impl FnMut(&str)) -> Findings {
    let mut findings = Findings::default();
    let mut random = Random(plan.seed.wrapping_mul(2) | 1);
    let mut baselines = BTreeMap::new();
    for kind in plan.kinds {
        let folder = tempfile::tempdir().expect("a folder");
        let begun = Instant::now();
        let mut run = start(plan, *kind, folder.path());
        run.tool.wait().expect("it ends");
        let verdicts = verdicts(folder.path()).into_iter().collect::<HashMap<_, _>>();
        assert!(!verdicts.is_empty(), "{kind:?} alone gives no record");
        on(&format!("{kind:?}: {} cases in {:.1?}", verdicts.len(), begun.elapsed()));
        baselines.insert(*kind, Baseline { verdicts, time: begun.elapsed() });
    }
    for number in 0..count {
        let kind = plan.kinds[number % plan.kinds.len()];
        let wanted = random.pick(plan.victims);
        let baseline = &baselines[&kind];
        let delay = Duration::from_micros(random.below(baseline.time.as_micros() as u64));
        let folder = tempfile::tempdir().expect("a folder");
        let mut run = start(plan, kind, folder.path());
        let _ = wait_for(&mut run.alive, delay);
        let (victim, pid) = choose(&run, wanted, &mut random);
        let round = format!("round {number}: {kind:?}, {victim:?} after {delay:.1?}");
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        if victim != Victim::Tool && !ends(&mut run.tool) {
            findings.wrong.push(format!("{round}: the tool does not end"));
            let _ = run.tool.kill();
        }
        let begun = Instant::now();
        if !wait_for(&mut run.alive, plan.limit) {
            findings.wrong.push(format!("{round}: something is alive: {}", alive(folder.path())));
        }
        findings.longest = findings.longest.max(begun.elapsed());
        let _ = run.tool.wait();
        *findings.counts.entry((kind, victim)).or_default() += 1;
        judge(plan, &round, folder.path(), baseline, &mut findings);
        on(&round);
    }
    findings
}

/// Starts a kind with its records and temporary files in `folder`.
fn start(plan: &Plan, kind: Kind, folder: &Path) -> Run {
    let mut command = Command::new(plan.sigsys);
    let record = folder.join("record.jsonl");
    let kernel = plan.kernel.as_deref().unwrap_or("bookworm");
    match kind {
        Kind::Run => command.args(["run", "vsyscall::"]),
        Kind::Fuzz => command.args(["fuzz", "--cases", "300", "arguments"]),
        Kind::Boot => {
            command.args(["boot", "--accel", "tcg", "--case", "dispatch::off", "--kernel", kernel])
        }
        Kind::Via => command.args(["matrix", "--via", "sh -c '{suite} {arguments} vsyscall::'"]),
        Kind::Matrix => {
            command.args(["matrix", "--for", "10s", "--only"]).arg(format!("{kernel}-xonly"))
        }
    };
    match kind {
        Kind::Via | Kind::Matrix => command.arg("--results").arg(folder),
        _ => command.arg("--record").arg(&record),
    };
    let temporary = folder.join("tmp");
    fs::create_dir_all(&temporary).expect("a folder");
    let (alive, held) = std::io::pipe().expect("a pipe");
    fcntl(&held, FcntlArg::F_SETFD(FdFlag::empty())).expect("it is inherited");
    command.arg("--suite").arg(plan.suite).env("TMPDIR", temporary).current_dir(folder);
    let log = fs::File::create(folder.join("log")).expect("a log");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let tool = command.spawn().expect("sigsys starts");
    Run { tool, alive }
}

/// Waits until no process holds the other end; returns whether that was in time.
fn wait_for(alive: &mut PipeReader, time: Duration) -> bool {
    let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
    let mut fds = [PollFd::new(alive.as_fd(), PollFlags::POLLIN)];
    matches!(poll(&mut fds, time), Ok(1)) && alive.read(&mut [0]).is_ok_and(|count| count == 0)
}

fn ends(tool: &mut Child) -> bool {
    let deadline = Instant::now() + END_TIMEOUT;
    while Instant::now() < deadline {
        if !matches!(tool.try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// One of those that are `wanted`; the tool where there is none now.
fn choose(run: &Run, wanted: Victim, random: &mut Random) -> (Victim, i32) {
    let tool = i32::try_from(run.tool.id()).expect("a pid");
    let mut found: Vec<(Victim, i32)> = Vec::new();
    let children = children();
    let mut due = vec![(Victim::Tool, tool)];
    while let Some((role, pid)) = due.pop() {
        found.push((role, pid));
        for child in children.get(&pid).into_iter().flatten() {
            let is_guard = fs::read(format!("/proc/{child}/cmdline"))
                .is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) == Some(b"guard"));
            let role = match role {
                _ if is_guard => Victim::Guard,
                Victim::Tool => Victim::Guard,
                Victim::Guard => Victim::Runner,
                Victim::Runner => Victim::Worker,
                Victim::Worker => Victim::Case,
                // What a case makes is part of what it observes.
                Victim::Case => continue,
            };
            due.push((role, *child));
        }
    }
    found.retain(|(role, _)| *role == wanted);
    if found.is_empty() { (Victim::Tool, tool) } else { random.pick(&found) }
}

fn children() -> HashMap<i32, Vec<i32>> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").expect("/proc").filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().nth(1));
        if let Some(parent) = after.flatten().and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    children
}

/// Who runs in `folder` or was told of it: for a message.
fn alive(folder: &Path) -> String {
    let folder = folder.display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").filter_map(Result::ok) {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).contains(&folder) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            found.push(format!("{} {line}", entry.file_name().to_string_lossy()));
        }
    }
    found.join("; ")
}

fn records(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect()
}

fn verdicts(folder: &Path) -> Vec<(String, Verdict)> {
    let texts = records(folder).into_iter().filter_map(|path| fs::read_to_string(path).ok());
    let lines: Vec<Line> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| serde_json::from_str(&line).ok())
        .collect();
    let cases = lines.into_iter().filter_map(|line| match line {
        Line::Case(case) => Some((case.name, case.verdict)),
        _ => None,
    });
    cases.collect()
}

fn judge(plan: &Plan, round: &str, folder: &Path, baseline: &Baseline, findings: &mut Findings) {
    for record in records(folder) {
        if fs::metadata(&record).is_ok_and(|found| found.len() == 0) {
            findings.records.1 += 1;
            continue;
        }
        findings.records.0 += 1;
        let mut diff = Command::new(plan.sigsys);
        diff.arg("diff").args([&record, &record]).arg("--suite").arg(plan.suite);
        let output = diff.output().expect("sigsys starts");
        if !output.status.success() {
            let says = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            findings.wrong.push(format!("{round}: {} cannot be read: {says}", record.display()));
        }
    }
    for (name, verdict) in verdicts(folder) {
        if baseline.verdicts.get(&name) != Some(&verdict) {
            let usual = baseline.verdicts.get(&name);
            findings.wrong.push(format!("{round}: {name} is {verdict:?}, and alone {usual:?}"));
        }
    }
}
