//! The lines of snapshots that changed, for a reviewer.

use crate::results::names::listed;
use crate::results::snapshot::check::Checked;
use crate::results::snapshot::folder::Changed;
use crate::style::{BAD, FAINT, GOOD, NOTABLE, STRONG, paint, plural};
use similar::{ChangeTag, TextDiff};

/// How many lines are shown of one file, and of all.
const MAX_LINES_OF_ONE: usize = 30;
const MAX_LINES_OF_ALL: usize = 200;

/// What became of the snapshots, where anything did.
pub(super) fn report(checked: &Checked, accepted: bool) -> String {
    let mut text = String::new();
    if !checked.gone.is_empty() {
        let cases = plural(checked.gone.len(), "cases");
        text += &format!(
            "{}: {cases} of the snapshots {} not in the suite any more: {}\n",
            paint(NOTABLE, "snapshots"),
            if checked.gone.len() == 1 { "is" } else { "are" },
            listed(&checked.gone)
        );
    }
    if checked.texts.is_empty() {
        return text;
    }
    let how = if accepted { "written" } else { "not as they are stored" };
    text += &format!(
        "{}: {} {how}{}\n",
        paint(STRONG, "snapshots"),
        plural(checked.texts.len(), "texts"),
        if accepted {
            ""
        } else {
            "; see them with `cargo insta review`, or take them with --accept"
        }
    );
    let mut left = MAX_LINES_OF_ALL;
    for changed in &checked.texts {
        let lines = lines(changed);
        let shown = lines.len().min(MAX_LINES_OF_ONE).min(left);
        left -= shown;
        text += &format!("{}\n", paint(FAINT, &changed.path.display().to_string()));
        if changed.new.is_empty() {
            let what = if accepted { "removed" } else { "to be removed" };
            text += &format!("  {what}: it is of no area of the suite\n");
            continue;
        }
        lines[..shown].iter().for_each(|line| text += &format!("  {line}\n"));
        if lines.len() > shown {
            text += &format!("  and {} in it\n", plural(lines.len() - shown, "more lines"));
        }
    }
    text
}

/// The lines that are other ones, each claim named before its own.
fn lines(changed: &Changed) -> Vec<String> {
    let diff = TextDiff::from_lines(changed.old.trim_end(), changed.new.trim_end());
    let (mut lines, mut claim, mut said) = (Vec::new(), String::new(), String::new());
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end_matches('\n');
        if line.is_empty() {
            continue;
        }
        let is_claim = !line.starts_with(' ');
        if is_claim {
            claim = line.to_owned();
        }
        let (sign, style) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ('-', BAD),
            ChangeTag::Insert => ('+', GOOD),
        };
        if said != claim && !is_claim {
            lines.push(claim.clone());
        }
        said.clone_from(&claim);
        lines.push(paint(style, &format!("{sign} {line}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_shown_under_its_claim() {
        let old = "s\n\nfirst\n  *  holds\n\nsecond\n  *  holds\n\nend\n";
        let new = "s\n\nfirst\n  *  holds\n\nsecond\n  *  violated\n\nthird\n  *  holds\n\nend\n";
        let changed = Changed {
            area: "a".into(),
            old: old.into(),
            new: new.into(),
            path: "a.snap.new".into(),
        };
        let checked = Checked {
            texts: vec![changed.clone(), Changed { new: String::new(), ..changed }],
            gone: vec!["a::b::c".into()],
            ..Checked::default()
        };
        let text = anstream::adapter::strip_str(&report(&checked, false)).to_string();
        insta::assert_snapshot!(text);
    }
}
