//! What cases come to in many kernels, a boot for each: asked, tried again, kept. `sigsys bisect` and
//! `sigsys history --every` ask.

mod ask;
mod kept;
mod line;
mod seen;

use super::boot::Accel;
use crate::error::Refusal;
use crate::machine::qemu;
use crate::machine::suite::Program;
use crate::terminal;
use ask::Machine;
pub(crate) use ask::{Asked, ask};
use clap::Args;
use harness::describe::CaseMeta;
use kept::Kept;
pub(crate) use line::Line;
pub(crate) use seen::Progress;
use std::path::{Path, PathBuf};

/// Which kernels are asked, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The kernels")]
pub(crate) struct AskArgs {
    /// Ask the images in this folder: files, or folders of one image each. An image is called as its file or
    /// folder is; `config-NAME` or `config` beside it is its configuration
    #[arg(long, value_name = "FOLDER")]
    pub images: Option<PathBuf>,
    /// Words for the boot line [default: vsyscall=xonly]
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub append: Option<String>,
    /// Boot every kernel that is asked, whatever it answered before
    #[arg(long)]
    pub again: bool,
    /// Kernels that are booted at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// Seconds one boot may take, with the cases that are run in it [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
    /// kvm, tcg (emulation), or auto: kvm where a boot has shown that it works [default: auto]
    #[arg(long, value_name = "HOW")]
    pub accel: Option<Accel>,
    /// Where answers are kept [default: target/sigsys/answers in the workspace, else in this user's cache]
    #[arg(long, value_name = "FOLDER")]
    pub results: Option<PathBuf>,
    /// The emulator [default: qemu-system-x86_64]
    #[arg(long, value_name = "PATH")]
    pub qemu: Option<PathBuf>,
}

impl AskArgs {
    /// The option that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--images", self.images.is_some()),
            ("--append", self.append.is_some()),
            ("--again", self.again),
            ("--jobs", self.jobs.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--accel", self.accel.is_some()),
            ("--results", self.results.is_some()),
            ("--qemu", self.qemu.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// The kernels there are, the oldest first.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn line(&self) -> Result<Line, Refusal> {
        match &self.images {
            Some(folder) => line::images(folder),
            None => line::packaged(),
        }
    }

    /// What boots kernels with `cases`.
    ///
    /// # Errors
    /// When there is no emulator, or nowhere to keep answers.
    pub(crate) fn machine<'a>(
        &self,
        program: &'a Program,
        chosen: &'a Chosen<'a>,
    ) -> Result<Machine<'a>, Refusal> {
        let qemu = self.qemu.clone().unwrap_or_else(|| PathBuf::from("qemu-system-x86_64"));
        let version = qemu::identity(&qemu)?;
        let append = self.append.clone().unwrap_or_else(|| "vsyscall=xonly".into());
        let accel = self.accel.unwrap_or(Accel::Auto);
        let timeout = self.timeout.unwrap_or(300);
        let kept = Kept::open(self.results.as_deref(), self.again)?;
        let jobs = self.jobs.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        );
        Machine::new(
            program,
            chosen,
            kept,
            ask::Settings { qemu, version, append, accel, timeout, jobs },
        )
    }
}

/// The cases that are asked about, and the filter that runs them.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'a> {
    /// The cases.
    pub cases: Vec<&'a CaseMeta>,
    /// What `--case` says.
    pub filter: String,
    /// Whether that is a whole name.
    pub exact: bool,
}

impl<'a> Chosen<'a> {
    /// The cases that `name` means: one by its whole name; those of a promise, a table or an area; else those
    /// whose names contain it.
    ///
    /// # Errors
    /// When it means none.
    pub(crate) fn of(program: &'a Program, name: &str, exact: bool) -> Result<Self, Refusal> {
        let all = &program.description.cases;
        if let Some(case) = all.iter().find(|case| case.name == name) {
            return Ok(Self { cases: vec![case], filter: name.into(), exact: true });
        }
        let refuse = |what: &str| {
            Refusal::usage(format!(
                "no case is called {what} `{name}`; `sigsys cases` lists them all"
            ))
        };
        if exact || name.is_empty() {
            return Err(refuse("exactly"));
        }
        let cites = |case: &&CaseMeta| case.clauses.iter().any(|clause| clause == name);
        let mut cases: Vec<&CaseMeta> = all.iter().filter(cites).collect();
        if cases.is_empty() {
            cases = all.iter().filter(|case| case.name.contains(name)).collect();
            if cases.is_empty() {
                return Err(refuse("like"));
            }
            return Ok(Self { cases, filter: name.into(), exact: false });
        }
        match cases.as_slice() {
            [one] => Ok(Self { filter: one.name.clone(), exact: true, cases }),
            many => {
                let filter = shared_front(many.iter().map(|case| case.name.as_str()));
                Ok(Self { filter, exact: false, cases })
            }
        }
    }
}

/// What all names begin with.
fn shared_front<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first = names.next().unwrap_or_default();
    let length = names.fold(first.len(), |length, name| {
        let same = first.bytes().zip(name.bytes()).take_while(|(one, other)| one == other);
        length.min(same.count())
    });
    let length = (0..=length).rev().find(|at| first.is_char_boundary(*at)).unwrap_or(0);
    first[..length].to_owned()
}

/// Writes what a command found to the file that a user named.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    crate::atomic::write_named(path, text.as_bytes()).map_err(|error| {
        Refusal::no_answer(format!("--write {}: cannot write: {error}", path.display()))
    })
}

/// Says what is to be known before the first boot.
pub(crate) fn announce(line: &Line) {
    for note in &line.notes {
        terminal::complain(note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::one(&["a::b"], "a::b")]
    #[case::rows(&["a::b[1]", "a::b[2]"], "a::b[")]
    #[case::apart(&["a", "b"], "")]
    #[case::front(&["a::b", "a"], "a")]
    #[case::letters(&["é", "è"], "")]
    fn a_filter_is_what_names_share(#[case] names: &[&str], #[case] filter: &str) {
        assert_eq!(shared_front(names.iter().copied()), filter);
    }
}
