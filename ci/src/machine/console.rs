//! What a kernel says on its console and in its log, as far as this tool understands it.

use crate::printable::printable;
use harness::frame;

/// Characters of a line that are kept.
const MAX_LINE_LENGTH: usize = 300;
/// Lines that are kept: the last ones.
const MAX_LINES_KEPT: usize = 200;

/// The console of one boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Console {
    lines: std::collections::VecDeque<String>,
    /// The line in which the kernel says that it is dead.
    pub panic: Option<String>,
    /// Whether any line came.
    pub spoke: bool,
}

/// What a line of the console says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConsoleEvent {
    /// The kernel is dead.
    Panic,
    /// It found itself at fault and goes on.
    Complaint(String),
    Nothing,
}

impl Console {
    /// Takes a line.
    pub(crate) fn take(&mut self, line: &str) -> ConsoleEvent {
        let line = clean(line);
        if line.is_empty() {
            return ConsoleEvent::Nothing;
        }
        self.spoke = true;
        let event = event(&line);
        if event == ConsoleEvent::Panic && self.panic.is_none() {
            self.panic = Some(without_time(&line).trim_end_matches('.').to_owned());
        }
        if self.lines.len() == MAX_LINES_KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        event
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
        // Messages from before the suite did not end it.
        let start = lines.iter().position(|line| without_time(line) == frame::START_MARK);
        let trouble = lines
            .iter()
            .skip(start.unwrap_or(0))
            .position(|line| event(line) != ConsoleEvent::Nothing)
            .map(|at| at + start.unwrap_or(0));
        let last = lines.len().saturating_sub(count);
        let from = trouble.map_or(last, |at| at.saturating_sub(2).min(last));
        lines.into_iter().skip(from).take(count).collect()
    }
}

/// Printable, without escape sequences, of a bearable length.
pub(super) fn clean(line: &str) -> String {
    // Control sequences are no text.
    let plain = anstream::adapter::strip_str(line).to_string();
    printable(plain.trim()).chars().take(MAX_LINE_LENGTH).collect()
}

/// A kernel message without its time stamp, and the task the kernel may name after it.
pub(super) fn without_time(mut line: &str) -> &str {
    while let Some((stamp, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        if stamp.is_empty() || !stamp.chars().all(|c| c.is_ascii_digit() || " .TC".contains(c)) {
            break;
        }
        line = rest.trim_start();
    }
    line
}

/// As they stand at the beginning of a message. What they do not cover shows by its level in the log and
/// by the taint; these are for a kernel that dies before it can tell those.
const COMPLAINTS: [&str; 24] = [
    "BUG: ",
    // A slab's.
    "BUG ",
    "kernel BUG at ",
    "Oops: ",
    "WARNING: ",
    "general protection fault",
    "Internal error: ",
    "INFO: rcu_",
    "rcu: INFO: ",
    "INFO: task ",
    "INFO: trying to register non-static key",
    "INFO: possible ",
    "watchdog: BUG: ",
    "NMI watchdog: Watchdog detected",
    "watchdog: Watchdog detected",
    "UBSAN: ",
    "refcount_t: ",
    "list_add corruption",
    "list_add double add",
    "list_del corruption",
    "unchecked MSR access error",
    "traps: PANIC: ",
    "mce: [Hardware Error]",
    "slab error in ",
];

fn event(line: &str) -> ConsoleEvent {
    const PANIC: &str = "Kernel panic - not syncing";
    let line = without_time(line);
    if line.contains(PANIC) {
        return ConsoleEvent::Panic;
    }
    // "traps: PROGRAM general protection fault" is about a program.
    match COMPLAINTS.iter().any(|start| line.starts_with(start)) || is_death(line) {
        true => ConsoleEvent::Complaint(line.to_owned()),
        false => ConsoleEvent::Nothing,
    }
}

/// Whether a message is the first of an oops, whatever its reason: `divide error: 0000 [#1] SMP`.
fn is_death(line: &str) -> bool {
    line.split_once(" [#").is_some_and(|(reason, count)| {
        let code = reason.rsplit_once(": ").map_or("", |(_, code)| code);
        code.len() == 4
            && code.chars().all(|c| c.is_ascii_hexdigit())
            && count.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Functions whose messages about programs are too many at times.
const LIMITED: [&str; 5] =
    ["get_sigframe", "kauditd_printk_skb", "show_signal", "show_signal_msg", "warn_bad_vsyscall"];

/// The complaint in a record of the kernel's log, `LEVEL TEXT`, that is a warning or worse; none where the
/// message is known to be about a program.
pub(super) fn complaint_of_log(record: &str) -> Option<String> {
    let (level, text) = record.split_once(' ')?;
    // The line above what a warning says.
    let is_rule = text.starts_with("------------[ cut here ]");
    let suppressed = text
        .strip_suffix(" callbacks suppressed")
        .and_then(|text| text.split_once(": "))
        .is_some_and(|(function, count)| {
            LIMITED.contains(&function) && count.chars().all(|c| c.is_ascii_digit())
        });
    // NAME[PID] misaligned vsyscall ..
    let of_a_program = text.split_once("] ").is_some_and(|(_, what)| {
        ["misaligned vsyscall (", "vsyscall with bad stack ("]
            .iter()
            .any(|start| what.starts_with(start))
    });
    // An emulator on a busy machine is slow.
    let slow = level == "4"
        && (text.starts_with("hrtimer: interrupt took ")
            || text.starts_with("workqueue: ") && text.contains(" hogged CPU for >"));
    (!is_rule && !suppressed && !of_a_program && !slow && !text.is_empty()).then(|| text.to_owned())
}

/// Whether the kernel prints this message at every orderly reboot.
pub(super) fn is_farewell(message: &str) -> bool {
    message.is_empty() || message.starts_with("reboot: ")
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
    #[case("[    3.0] BUG kmalloc-64 (Not tainted): Poison overwritten", true)]
    #[case("[    3.0] divide error: 0000 [#1] PREEMPT SMP", true)]
    #[case("[    3.0][  T1] invalid opcode: 0000 [#12] SMP", true)]
    #[case("[    3.0] build: 0000 [#x] of 2", false)]
    #[case("[    3.0] build: zzzz [#1]", false)]
    #[case("[    3.0] build 0000 [#1]", false)]
    #[case("[    3.0] build: 000 [#1]", false)]
    #[case("Linux version 6.1: 0000 #1 SMP", false)]
    #[case("[    3.0] unchecked MSR access error: RDMSR from 0x1b0", true)]
    #[case("[    3.0] list_del corruption, ffff->next is LIST_POISON1", true)]
    #[case("[    3.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!", true)]
    #[case("[    3.0] a note of BUG: x", false)]
    #[case("[    3.0] traps: suite[70] general protection fault ip:1 sp:2 error:0", false)]
    #[case("[    3.0] suite[70]: segfault at 0 ip 0 sp 0 error 4", false)]
    fn complaints_are_the_kernels_about_itself(#[case] line: &str, #[case] complains: bool) {
        let complaint = matches!(Console::default().take(line), ConsoleEvent::Complaint(_));
        assert_eq!(complaint, complains);
    }

    #[rstest]
    #[case::stamp("[   12.0] hello", "hello")]
    #[case::task("[   12.0][   T55] hello", "hello")]
    #[case::processor("[   12.0][    C1] hello", "hello")]
    #[case::subsystem("[   12.0] [drm] hello", "[drm] hello")]
    #[case::nothing("[] hello", "[] hello")]
    #[case::open("[   12.0 hello", "[   12.0 hello")]
    fn a_stamp_is_no_part_of_a_message(#[case] line: &str, #[case] message: &str) {
        assert_eq!(without_time(line), message);
    }

    #[test]
    fn a_kernel_is_dead_when_it_says_so_and_of_what_it_said_first() {
        let mut console = Console::default();
        console.take("[ 1.0] one");
        assert_eq!(console.panic, None);
        console.take("[ 1.1] Kernel panic - not syncing: first");
        console.take("[ 1.2] Kernel panic - not syncing: second");
        assert_eq!(console.panic.as_deref(), Some("Kernel panic - not syncing: first"));
    }

    #[test]
    fn a_panic_is_kept_without_its_time_and_its_lines_are_the_last_ones() {
        let text = "\u{1b}[2J\r\n[ 1.0] one\n[ 1.1] two\n[ 1.2] three\n\
            [    1.747179] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\n\
            [    1.757671] RAX: ffffffffffffffda RBX: 00000000005e4710\n[    1.8] </TASK>\n";
        let mut console = Console::default();
        let meanings: Vec<_> = text.lines().map(|line| console.take(line)).collect();
        assert!(meanings.contains(&ConsoleEvent::Panic));
        let panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00";
        assert_eq!(console.panic.as_deref(), Some(panic));
        let tail = console.tail(4);
        assert_eq!(tail.len(), 4);
        assert!(tail[2].ends_with(panic), "{tail:?}");
        assert_eq!(tail[3], "[    1.8] </TASK>");
    }

    #[rstest]
    #[case("3 anything", Some("anything"))]
    #[case("4 anything", Some("anything"))]
    #[case("0 ", None)]
    #[case("4", None)]
    #[case("4 ------------[ cut here ]------------", None)]
    #[case("4 WARNING: CPU: 0 PID: 7 at x.c:1", Some("WARNING: CPU: 0 PID: 7 at x.c:1"))]
    #[case("4 get_sigframe: 1 callbacks suppressed", None)]
    #[case("4 kauditd_printk_skb: 37 callbacks suppressed", None)]
    #[case("4 show_signal_msg: 206 callbacks suppressed", None)]
    #[case("4 show_signal: 302 callbacks suppressed", None)]
    #[case("4 warn_bad_vsyscall: 160 callbacks suppressed", None)]
    #[case(
        "4 warn_bad_vsyscall: x callbacks suppressed",
        Some("warn_bad_vsyscall: x callbacks suppressed")
    )]
    #[case("4 other: 160 callbacks suppressed", Some("other: 160 callbacks suppressed"))]
    #[case("4 init[1932] misaligned vsyscall (exploit attempt or buggy program) -- look", None)]
    #[case("4 init[1932] vsyscall with bad stack (exploit attempt?) ip:ffff", None)]
    #[case("4 hrtimer: interrupt took 7 ns", None)]
    #[case("3 hrtimer: interrupt took 7 ns", Some("hrtimer: interrupt took 7 ns"))]
    #[case("4 workqueue: x hogged CPU for >10000us 4 times", None)]
    #[case("4 workqueue: x", Some("workqueue: x"))]
    #[case("4 x hogged CPU for >1us", Some("x hogged CPU for >1us"))]
    #[case("3 misaligned vsyscall (", Some("misaligned vsyscall ("))]
    #[case("4 init[1] misaligned", Some("init[1] misaligned"))]
    fn a_warning_counts_unless_it_is_of_a_program(
        #[case] record: &str,
        #[case] complaint: Option<&str>,
    ) {
        assert_eq!(complaint_of_log(record).as_deref(), complaint);
    }

    #[rstest]
    #[case("", true)]
    #[case("reboot: Restarting system", true)]
    #[case("it hurts; reboot: Restarting system", false)]
    fn a_farewell_is_known(#[case] message: &str, #[case] known: bool) {
        assert_eq!(is_farewell(message), known);
    }

    #[test]
    fn the_trouble_before_the_suite_is_not_the_last_words() {
        let mut console = Console::default();
        console.take("[ 0.1] WARNING: early");
        (0..9).for_each(|_| drop(console.take("[ 0.5] noise")));
        console.take("[ 1.0] sigsys: the suite starts");
        console.take("[ 2.0] one");
        console.take("[ 3.0] BUG: late");
        (0..9).for_each(|_| drop(console.take("[ 4.0] more")));
        assert_eq!(console.tail(3)[2], "[ 3.0] BUG: late");
    }

    #[test]
    fn a_line_is_printable_and_bearable() {
        assert_eq!(clean("  a\u{1b}[31mb\u{7}\u{202e}\tc\r "), "ab\\u{202e}    c");
        assert_eq!(clean(&"ä".repeat(MAX_LINE_LENGTH + 1)).chars().count(), MAX_LINE_LENGTH);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut console = Console::default();
        (0..=MAX_LINES_KEPT).for_each(|number| drop(console.take(&format!("line {number}"))));
        let lines = console.tail(MAX_LINES_KEPT + 1);
        assert_eq!((lines.len(), lines[0]), (MAX_LINES_KEPT, "line 1"));
    }

    #[test]
    fn silence_is_no_speech() {
        let mut console = Console::default();
        console.take("\u{1b}c\u{1b}[?7l\r");
        assert!(!console.spoke && console.tail(5).is_empty());
    }
}
