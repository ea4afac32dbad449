//! Links between pages that are handed out: a page lies elsewhere there, and not every one is there.

use std::path::{Component, Path, PathBuf};

/// `text` of the page at `from` as it reads at `to`, both from the root of their trees: a link to a page that
/// `place` knows leads there, one to anything else in the checkout is its words alone.
pub(super) fn moved(
    text: &str,
    from: &Path,
    to: &Path,
    place: impl Fn(&Path) -> Option<PathBuf>,
) -> String {
    let (mut moved, mut rest) = (String::new(), text);
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        moved += before;
        rest = match link(after) {
            Some((words, target, rest)) => {
                moved += &match new_target(target, from, to, &place) {
                    Some(target) => format!("[{words}]({target})"),
                    None => words.to_owned(),
                };
                rest
            }
            None => {
                moved.push('[');
                &after[1..]
            }
        };
    }
    moved + rest
}

/// The words and the target of the link that `text` begins with, and what follows.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (words, after) = text.strip_prefix('[')?.split_once(']')?;
    let (target, rest) = after.strip_prefix('(')?.split_once(')')?;
    (!words.contains(['[', '\n']) && !target.contains([' ', '\n'])).then_some((words, target, rest))
}

fn new_target(
    target: &str,
    from: &Path,
    to: &Path,
    place: impl Fn(&Path) -> Option<PathBuf>,
) -> Option<String> {
    if target.contains("://") || target.starts_with('#') {
        return Some(target.to_owned());
    }
    let (file, part) = target.split_at(target.find('#').unwrap_or(target.len()));
    let folder = |page: &Path| page.parent().map(Path::to_owned).unwrap_or_default();
    let found = place(&straight(&folder(from).join(file)))?;
    let up = folder(to).components().count();
    let path = match found.strip_prefix(folder(to)) {
        Ok(near) => near.to_owned(),
        Err(_) => PathBuf::from("../".repeat(up)).join(found),
    };
    Some(format!("{}{part}", path.display()))
}

/// `path` without `..`.
fn straight(path: &Path) -> PathBuf {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_page_beside("see [kernels](kernels.md#own).", "see [kernels](kernels.md#own).")]
    #[case::above("the [README](../../README.md) has", "the [README](../README.md) has")]
    #[case::not_there("the [model](../../suites/model/README.md) is", "the model is")]
    #[case::elsewhere("[x](https://a/b)", "[x](https://a/b)")]
    #[case::a_name("case `a[b]` and `[c, d]` (e)", "case `a[b]` and `[c, d]` (e)")]
    #[case::open("an open [", "an open [")]
    fn a_link_leads_where_the_page_is(#[case] text: &str, #[case] expected: &str) {
        let place = |path: &Path| match path.to_str() {
            Some("README.md") => Some("README.md".into()),
            Some("ci/manual/kernels.md") => Some("manual/kernels.md".into()),
            _ => None,
        };
        let (from, to) = (Path::new("ci/manual/boot.md"), Path::new("manual/boot.md"));
        assert_eq!(moved(text, from, to, place), expected);
    }
}
