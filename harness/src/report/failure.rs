//! A failure as a bug report somebody could send. The suite and the host tool print the same text, by
//! [`Block::text`]; rows of one claim that fail alike are one block.

use crate::describe::{CaseMeta, ClauseText};
use crate::record::{CaseLine, Kernel, Verdict, one_line};

/// How many rows, or names of cases that did not run for one reason, a block names.
const MAX_ROWS_SHOWN: usize = 12;
const MAX_OTHERS_SHOWN: usize = 3;
/// The width of a report, in columns, and of what stands before the text of its lines.
const WIDTH: usize = 80;
const MARGIN: usize = 12;

/// What a part of the text is, for who colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the case.
    Name,
    /// The verdict.
    Verdict(Verdict),
    /// What a line is about.
    Label,
}

/// Cases that fail alike, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// What became of them: at least one, as [`groups`] puts them together.
    pub lines: &'a [&'a CaseLine],
    /// The first of them as it is described, where it is.
    pub case: Option<&'a CaseMeta>,
    /// The promises, as far as they are described.
    pub clauses: &'a [&'a ClauseText],
    /// The kernel in one line, as of [`kernel_line`]; empty where it is not known.
    pub kernel: &'a str,
    /// The command that runs a case again, without the case.
    pub again: &'a str,
}

impl Block<'_> {
    /// The text, which ends in a line end; `paint` colours.
    ///
    /// # Panics
    /// Without a line.
    pub fn text(&self, paint: &dyn Fn(Part, &str) -> String) -> String {
        let line = self.lines[0];
        let labelled = |label: &str, text: &str| labelled(label, text, paint);
        let verdict = line.verdict.words().to_uppercase();
        let name = format!("{:<60}", self.name());
        let painted = paint(Part::Verdict(line.verdict), &verdict);
        let mut text = match name.chars().count() + 2 + verdict.len() <= WIDTH {
            true => format!("{}  {painted}\n", paint(Part::Name, &name)),
            false => {
                let lines = wrapped(name.trim_end(), WIDTH - 2);
                let lines: Vec<String> = lines.iter().map(|line| paint(Part::Name, line)).collect();
                format!("{}\n  {painted}\n", lines.join("\n  "))
            }
        };
        text += &labelled("and", &self.others());
        for (position, id) in line.clauses.iter().enumerate() {
            let label = if position == 0 { "promised" } else { "" };
            let Some(clause) = self.clauses.iter().find(|clause| clause.id == *id) else {
                text += &labelled(label, id);
                continue;
            };
            text += &labelled(label, &clause.promise);
            text += &clause.cited().iter().map(|line| labelled("", line)).collect::<String>();
        }
        if let Some(case) = self.case {
            text += &labelled("catches", &case.catches);
            text += &labelled("case", &format!("{}:{}", case.file, case.line));
            if !case.ends.starts_with("reaches") {
                text += &labelled("expected", &case.ends);
            }
        }
        text += &labelled("failed", &failed(line));
        for note in line.notes() {
            text += &labelled("note", &note);
        }
        for (position, (name, values)) in line.facts.lines().enumerate() {
            let label = if position == 0 { "saw" } else { "" };
            text += &labelled(label, &format!("{name} = {values}"));
        }
        text += &verbatim("printed", &line.output, paint);
        text += &labelled("kernel", self.kernel);
        // It is to be pasted.
        let again = format!("{} {}", self.again, quoted(&line.name));
        text + &verbatim("again", &again, paint)
    }

    /// The case, or the claim with its rows.
    fn name(&self) -> String {
        let name = &self.lines[0].name;
        let (claim, first) = split(name);
        let rows: Vec<&str> = self
            .lines
            .iter()
            .filter_map(|line| split(&line.name).1.filter(|_| split(&line.name).0 == claim))
            .collect();
        if first.is_none() || rows.len() < 2 {
            return name.clone();
        }
        // A row may be of several values with a comma between them.
        let comma = if rows.iter().any(|row| row.contains(", ")) { "; " } else { ", " };
        let shown = rows.iter().take(MAX_ROWS_SHOWN).copied().collect::<Vec<_>>().join(comma);
        match rows.len().saturating_sub(MAX_ROWS_SHOWN) {
            0 => format!("{claim}[{shown}]"),
            more => format!("{claim}[{shown}{comma}and {more} more: see the record]"),
        }
    }

    /// Names of those that are no rows of the first one's claim.
    fn others(&self) -> String {
        let claim = split(&self.lines[0].name).0;
        let others: Vec<&str> = self.lines[1..]
            .iter()
            .map(|line| line.name.as_str())
            .filter(|name| split(name).0 != claim)
            .collect();
        let shown = others.iter().take(MAX_OTHERS_SHOWN).copied().collect::<Vec<_>>().join("\n");
        match others.len().saturating_sub(MAX_OTHERS_SHOWN) {
            0 => shown,
            more => format!("{shown}\n{more} more, for the same reason: see the record"),
        }
    }
}

/// Puts together what fails alike, in the order in which it comes: rows of one claim of which everything but
/// the row is the same; and cases that never ran, all for one reason.
pub fn groups<'a>(lines: impl IntoIterator<Item = &'a CaseLine>) -> Vec<Vec<&'a CaseLine>> {
    let mut groups: Vec<Vec<&CaseLine>> = Vec::new();
    for line in lines {
        match groups.iter_mut().find(|group| are_alike(group[0], line)) {
            Some(group) => group.push(line),
            None => groups.push(vec![line]),
        }
    }
    groups
}

fn are_alike(one: &CaseLine, other: &CaseLine) -> bool {
    if one.unmet.is_some() {
        return (one.verdict, &one.unmet) == (other.verdict, &other.unmet);
    }
    let ((claim, row), (other_claim, other_row)) = (split(&one.name), split(&other.name));
    (claim, row.is_some()) == (other_claim, other_row.is_some())
        && CaseLine { name: one.name.clone(), ..other.clone() } == *one
}

/// The claim of a case, and its row.
pub(super) fn split(name: &str) -> (&str, Option<&str>) {
    let row = name.split_once('[').and_then(|(claim, row)| Some((claim, row.strip_suffix(']')?)));
    row.map_or((name, None), |(claim, row)| (claim, Some(row)))
}

/// What was seen instead of what was promised, and where in the source.
fn failed(line: &CaseLine) -> String {
    let said = line.said();
    // What a property says has lines of its own: the input, and the command that draws it again.
    let of_lines = line.failure.as_ref().filter(|failure| failure.message.trim().contains('\n'));
    let said = match of_lines.filter(|failure| said == one_line(&failure.to_string())) {
        Some(failure) if failure.observed.is_empty() => failure.message.trim().to_owned(),
        _ if said.is_empty() => "nothing more is known".into(),
        _ => said,
    };
    if line.place().is_empty() { said } else { format!("{}  {said}", line.place()) }
}

/// How a line begins that has a command to be pasted.
const AGAIN: &str = "again: ";

/// `text` beside its label, in the width of a report; nothing where there is none.
fn labelled(label: &str, text: &str, paint: &dyn Fn(Part, &str) -> String) -> String {
    let lines: Vec<String> = text
        .lines()
        .flat_map(|line| match line.starts_with(AGAIN) {
            true => vec![line.to_owned()],
            false => wrapped(line, WIDTH - MARGIN),
        })
        .collect();
    verbatim(label, &lines.join("\n"), paint)
}

/// `text` beside its label, in the lines it has.
fn verbatim(label: &str, text: &str, paint: &dyn Fn(Part, &str) -> String) -> String {
    let label = format!("{label:<9}");
    text.trim_end()
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("  {} {line}\n", paint(Part::Label, &label)),
            _ => format!("  {:<9} {line}\n", ""),
        })
        .collect()
}

/// `line` in lines of this width; a word that is longer stays whole.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(line, options).into_iter().map(|line| line.into_owned()).collect()
}

/// A kernel in one line, with what changes results.
pub fn kernel_line(kernel: &Kernel) -> String {
    let vsyscall = kernel.vsyscall_word();
    let mut text =
        format!("{} {} {}, vsyscall={vsyscall}", kernel.system, kernel.release, kernel.machine);
    if let Some(clocksource) = &kernel.clocksource {
        text += &format!(", clocksource={clocksource}");
    }
    if kernel.outer_seccomp.is_some_and(|mode| mode != 0) {
        text += ", inside a seccomp filter";
    }
    if kernel.user != 0 {
        text += &format!(", as user {}", kernel.user);
    }
    if let Some(via) = &kernel.via {
        text += &format!(", via {via}");
    }
    text
}

/// `text` as a word of a shell's command line.
pub fn quoted(text: &str) -> String {
    // Only a word with a NUL in it cannot be quoted, and that cannot be an argument either.
    shlex::try_quote(text).map_or_else(|_| text.replace('\0', ""), |word| word.into_owned())
}

#[cfg(test)]
mod tests;
