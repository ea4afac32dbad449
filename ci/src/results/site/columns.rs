//! The columns of a table: kernels with their variants, and other systems.

use super::Input;
use crate::results::history::Kernels;
use crate::results::ranges::Id;
use crate::results::run_results::Results;
use crate::shell::quoted;

/// A kernel in one variant, or another system.
#[derive(Debug)]
pub(super) struct Column {
    /// What it is called everywhere in this tool: `6.1-none`.
    pub name: String,
    /// The variant alone; empty for a system.
    pub variant: String,
    /// The kernel in one line.
    pub title: String,
    /// A command that repeats a case on it; the quoted name of the case is appended.
    pub again: String,
}

/// What is one column while its variants are folded.
#[derive(Debug)]
pub(super) struct Kernel {
    /// What it is called.
    pub label: String,
    /// Whether it is no Linux.
    pub is_system: bool,
    /// Its columns.
    pub columns: Vec<usize>,
}

/// The columns in their order, and folded.
pub(super) fn of(kernels: &Kernels, input: Input) -> (Vec<Column>, Vec<Kernel>) {
    let (mut columns, mut folded) = (Vec::new(), Vec::<Kernel>::new());
    // A kernel by its release in short, where that is of one kernel alone.
    let short = |results: &Results| {
        let short = results.release.short();
        let is_other = |id: &Id, other: &Results| {
            matches!(id, Id::Kernel(..))
                && other.release.short() == short
                && other.release.text != results.release.text
        };
        match kernels.columns.iter().any(|(id, other)| is_other(id, other)) {
            true => results.release.text.clone(),
            false => short,
        }
    };
    for (at, (id, results)) in kernels.columns.iter().enumerate() {
        let (label, variant, is_system) = match id {
            Id::Kernel(_, variant) => (short(results), variant.trim_end_matches('-').into(), false),
            Id::System(name) => (name.clone(), String::new(), true),
        };
        let again = again(results, id, input);
        columns.push(Column { name: id.name(), variant, title: results.title.clone(), again });
        match folded.last_mut() {
            Some(last) if !is_system && !last.is_system && last.label == label => {
                last.columns.push(at);
            }
            _ => folded.push(Kernel { label, is_system, columns: vec![at] }),
        }
    }
    (columns, folded)
}

/// How a case is repeated there, up to its name.
fn again(results: &Results, id: &Id, input: Input) -> String {
    if let Id::System(name) = id {
        return match input.systems.get(name) {
            Some(command) => {
                format!("{} --exact ", command.replace("{suite}", "./sigsys-suite"))
            }
            None => "./sigsys-suite --exact ".into(),
        };
    }
    // How it was started stands after its name: `Linux 6.1, vsyscall=xonly, clocksource=jiffies`.
    let words: Vec<&str> =
        results.title.split(", ").skip(1).filter(|word| word.contains('=')).collect();
    let append = match words.as_slice() {
        [] => String::new(),
        words => format!(" --append {}", quoted(&words.join(" "))),
    };
    format!("sigsys boot --kernel {}{append} --exact --case ", quoted(&results.release.text))
}
