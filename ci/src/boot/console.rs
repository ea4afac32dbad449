//! What a kernel says on its console, as far as this tool understands it.

/// How much of a line is kept.
const LONGEST: usize = 300;
/// How many lines are kept.
const KEPT: usize = 200;

/// The console of one boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Console {
    lines: std::collections::VecDeque<String>,
    /// The line in which the kernel says that it is dead.
    pub panic: Option<String>,
    /// Whether anything came at all.
    pub spoke: bool,
}

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The kernel is dead.
    Panic,
    /// It found itself at fault and goes on.
    Complaint(String),
    Nothing,
}

impl Console {
    /// Takes a line.
    pub(crate) fn take(&mut self, line: &str) -> Meaning {
        let line = clean(line);
        if line.is_empty() {
            return Meaning::Nothing;
        }
        self.spoke = true;
        let meaning = meaning(&line);
        if meaning == Meaning::Panic && self.panic.is_none() {
            self.panic = Some(without_time(&line).trim_end_matches('.').to_owned());
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        meaning
    }

    /// The last lines that matter: from the trouble on, if that is near, without registers and code.
    pub(crate) fn tail(&self, count: usize) -> Vec<&str> {
        let telling = |line: &&str| {
            let line = without_time(line);
            let noise =
                ["RAX:", "RBP:", "R10:", "R13:", "RDX:", "RSP:", "Code:", "FS:", "CS:", "CR2:"];
            !noise.iter().any(|noise| line.starts_with(noise))
        };
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).filter(telling).collect();
        let trouble = lines.iter().position(|line| meaning(line) != Meaning::Nothing);
        let last = lines.len().saturating_sub(count);
        let from = trouble.map_or(last, |at| at.saturating_sub(2).min(last));
        lines.into_iter().skip(from).take(count).collect()
    }
}

/// Printable, without escape sequences, of a bearable length.
fn clean(line: &str) -> String {
    let plain = anstream::adapter::strip_str(line).to_string();
    plain
        .chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A kernel message without its time stamp, and the task the kernel may name after it.
fn without_time(mut line: &str) -> &str {
    while let Some((stamp, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        if stamp.is_empty() || !stamp.chars().all(|c| c.is_ascii_digit() || " .TC".contains(c)) {
            break;
        }
        line = rest.trim_start();
    }
    line
}

fn meaning(line: &str) -> Meaning {
    const PANIC: &str = "Kernel panic - not syncing";
    // As they stand at the beginning of a message.
    const COMPLAINTS: [&str; 14] = [
        "BUG: ",
        "kernel BUG at ",
        "Oops: ",
        "WARNING: ",
        "general protection fault",
        "Internal error: ",
        "INFO: rcu_",
        "rcu: INFO: ",
        "INFO: task ",
        "watchdog: BUG: ",
        "UBSAN: ",
        "refcount_t: ",
        "list_add corruption",
        "list_del corruption",
    ];
    let line = without_time(line);
    if line.contains(PANIC) {
        return Meaning::Panic;
    }
    // "traps: PROGRAM general protection fault" is about a program.
    match COMPLAINTS.iter().any(|start| line.starts_with(start)) {
        true => Meaning::Complaint(line.to_owned()),
        false => Meaning::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("[    0.493800] PCI: Fatal: No config space access function found", false)]
    #[case("[    1.2] WARNING: CPU: 0 PID: 12 at kernel/entry/common.c:1 f+0x1/0x2", true)]
    #[case("WARNING: CPU: 0 PID: 12 at kernel/fork.c:1", true)]
    #[case("[   12.000001] BUG: kernel NULL pointer dereference, address: 0000000000000000", true)]
    #[case("[   12.0][   T55] Oops: 0000 [#1] PREEMPT SMP NOPTI", true)]
    #[case("[   12.000001] Oops: 0000 [#1] PREEMPT SMP NOPTI", true)]
    #[case("[    3.0] rcu: INFO: rcu_preempt self-detected stall on CPU", true)]
    #[case("[    3.0] traps: suite[70] general protection fault ip:1 sp:2 error:0", false)]
    #[case("[    3.0] suite[70]: segfault at 0 ip 0 sp 0 error 4", false)]
    fn complaints_are_the_kernels_about_itself(#[case] line: &str, #[case] complains: bool) {
        let complaint = matches!(Console::default().take(line), Meaning::Complaint(_));
        assert_eq!(complaint, complains);
    }

    #[test]
    fn a_panic_is_kept_without_its_time_and_its_lines_are_the_last_ones() {
        let text = "\u{1b}[2J\r\n[ 1.0] one\n[ 1.1] two\n[ 1.2] three\n\
            [    1.747179] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\n\
            [    1.757671] RAX: ffffffffffffffda RBX: 00000000005e4710\n[    1.8] </TASK>\n";
        let mut console = Console::default();
        let meanings: Vec<_> = text.lines().map(|line| console.take(line)).collect();
        assert!(meanings.contains(&Meaning::Panic));
        let panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00";
        assert_eq!(console.panic.as_deref(), Some(panic));
        let tail = console.tail(4);
        assert_eq!(tail.len(), 4);
        assert!(tail[2].ends_with(panic), "{tail:?}");
        assert_eq!(tail[3], "[    1.8] </TASK>");
    }

    #[test]
    fn silence_is_no_speech() {
        let mut console = Console::default();
        console.take("\u{1b}c\u{1b}[?7l\r");
        assert!(!console.spoke && console.tail(5).is_empty());
    }
}
