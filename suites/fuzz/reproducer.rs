//! A difference as one C file that shows it without sigsys: the pieces it needs, and its steps as plain
//! statements in their order.

mod call;
mod pieces;
mod steps;
mod values;

pub(crate) use call::{Calling, Expected, Gives};
pub(crate) use pieces::Piece;
pub(crate) use values::{hex, number};

use fixtures::WaitStatus;
use fixtures::fuzz::Last;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What a gadget is called in a program with a task that calls from one.
const GADGET: &str = "GADGET";

/// One C file in the making: steps in a child, and how it is to end.
pub(crate) struct Reproducer {
    pieces: BTreeSet<Piece>,
    body: String,
    /// From here on the body is done by a second thread.
    second_thread: Option<usize>,
    /// Where a new task calls from.
    gadget: u64,
    /// Whether a statement stores in `result`.
    has_result: bool,
    last: Last,
    steps: usize,
}

impl Reproducer {
    /// Nothing is done yet.
    pub(crate) fn new() -> Self {
        Self {
            pieces: BTreeSet::new(),
            body: String::new(),
            second_thread: None,
            gadget: 0,
            has_result: false,
            last: Last::Finished,
            steps: 0,
        }
    }

    /// Puts a piece into the program.
    pub(crate) fn needs(&mut self, piece: Piece) {
        if self.pieces.insert(piece) {
            piece.needs().iter().for_each(|other| self.needs(*other));
        }
    }

    /// A statement.
    pub(crate) fn line(&mut self, line: &str) {
        let _ = writeln!(self.body, "{}", format!("\t{line}").trim_end());
    }

    /// A remark.
    pub(crate) fn remark(&mut self, text: &str) {
        self.line(&format!("/* {} */", text.replace("*/", "* /")));
    }

    /// Something that is tried; what follows belongs to it.
    pub(crate) fn step(&mut self, words: &str) {
        self.steps += 1;
        let words = words.trim().replace('\\', "").replace('"', "'");
        let _ = writeln!(self.body, "\n\tstep(\"{words}\");");
    }

    /// What follows is done by a second thread, which the process may outlive.
    pub(crate) fn in_second_thread(&mut self) {
        self.needs(Piece::SecondThread);
        self.second_thread = Some(self.body.len());
    }

    /// New tasks call from here.
    pub(crate) fn tasks_call_from(&mut self, gadget: u64) {
        self.gadget = gadget;
    }

    /// How the process is to end.
    pub(crate) fn ends(&mut self, last: Last) {
        match last {
            Last::Finished => {}
            Last::Ended(WaitStatus::KilledBy(signal)) => {
                self.remark(&format!("The model: the process is killed by signal {signal}."));
            }
            Last::Ended(WaitStatus::Exited(status)) => {
                self.remark(&format!("The model: the process leaves with status {status}."));
            }
            Last::Ended(_) | Last::Hung => self.remark("The model: this does not end."),
        }
        self.last = last;
    }

    fn end(&self) -> String {
        match self.last {
            Last::Finished => "FINISHED".into(),
            Last::Ended(WaitStatus::Exited(status)) => format!("EXITED({status})"),
            Last::Ended(WaitStatus::KilledBy(signal)) => format!("KILLED({signal})"),
            Last::Ended(WaitStatus::Stopped(_)) | Last::Hung => "KILLED(SIGALRM)".into(),
        }
    }

    /// The C text.
    fn text(&self, about: &str) -> String {
        let has = |piece: Piece| self.pieces.contains(&piece);
        let about = about.replace("*/", "* /");
        let shared: String = self.pieces.iter().map(|piece| piece.shares()).collect();
        let mut text = format!(
            "/*\n{about}\n\ngcc -Wall -Werror -o reproducer THIS_FILE && ./reproducer\n\
             Leaves with 1 where the kernel differs from what is expected, with 0 where it does\n\
             not, with 2 where that cannot be told.\n*/\n{}{}",
            pieces::BEGIN.replace("SEEN", &shared),
            pieces::OWN
        );
        if has(Piece::Task) || has(Piece::Execute) {
            let _ = writeln!(text, "#define {GADGET} {:#x}\n", self.gadget);
        }
        self.pieces.iter().for_each(|piece| text.push_str(piece.text()));
        let [again, does] = if has(Piece::Again) { pieces::AGAIN } else { [""; 2] };
        text = text.replace("/* AGAIN */\n", again).replace("\t/* DOES */\n", does);
        if !has(Piece::Tracer) {
            text.push_str(pieces::UNTRACED);
        }
        let (set_up, calls) = self.body.split_at(self.second_thread.unwrap_or(0));
        let result = if self.has_result { "\tlong result;\n\n" } else { "" };
        if self.second_thread.is_some() {
            let _ = write!(
                text,
                "static void calls(void)\n{{\n{result}{}}}\n\n\
                 static void steps(void)\n{{\n\tmap_own();\n{set_up}\n\
                 \tstart_thread(second_thread);\n\t/* Where that thread died alone. */\n\
                 \tif (!came_to_its_end)\n\t\town(SYS_exit_group, 42, 0, 0, 0, 0, 0);\n}}\n\n",
                calls.trim_start_matches('\n')
            );
        } else {
            let _ =
                write!(text, "static void steps(void)\n{{\n{result}\tmap_own();\n{calls}}}\n\n");
        }
        let (arguments, role) = if has(Piece::Execute) {
            let role = "(void)argv;\n\tif (argc > 1)\n\t\treturn executed();\n";
            ("int argc, char **argv", format!("\t{role}"))
        } else {
            ("void", String::new())
        };
        let begin = if has(Piece::Tracer) { "\t\tbegin();\n" } else { "" };
        let ended = "\t/* The one that goes on for another is the one that counts. */\n\
                     \tif (seen->stood_in)\n\t\tend = seen->status;\n";
        text + &pieces::END
            .replace("MAIN", arguments)
            .replace("\t/* ROLE */\n", &role)
            .replace("\t\t/* BEGIN */\n", begin)
            .replace("\t/* ENDED */\n", if has(Piece::ContinueInChild) { ended } else { "" })
            .replace("EXPECTED_END", &self.end())
    }

    /// Writes it to a folder; gives the file.
    pub(crate) fn write(&self, folder: &Path, name: &str, about: &str) -> Option<PathBuf> {
        if self.steps == 0 {
            return None;
        }
        std::fs::create_dir_all(folder).ok()?;
        let path = folder.join(format!("{name}.c"));
        std::fs::write(&path, self.text(about)).ok()?;
        Some(path)
    }
}
