//! What a row of a table is called: `suite::area::claim[row]`, made while the suite is compiled.
//!
//! rstest makes of a table a module of its claim's name, with a function for each row in it, or with
//! modules and functions for each combination of values. Their names have numbers, so a name here takes
//! only what the author wrote: the label of the row, else the words of its values.

/// An argument of a row and its value in words; none where it has no words of its own.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The parameter's name.
    pub name: &'static str,
    /// The value, where it is the row's only part.
    pub alone: &'static str,
    /// The value among others: a bare number does not say what it counts.
    pub among: &'static str,
}

/// What rstest made of a row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The path of the module the function is in.
    pub module: &'static str,
    /// The claim, which is also a module.
    pub claim: &'static str,
    /// The function.
    pub function: &'static str,
    /// Its arguments, in the order of the claim's parameters.
    pub arguments: &'static [Argument],
}

/// More bytes than any name should have.
const ROOM: usize = 256;

/// A name while it is put together.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    bytes: [u8; ROOM],
    length: usize,
}

impl Text {
    /// Its length in bytes.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its bytes, of which there are `N`.
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let mut at = 0;
        while at < N {
            bytes[at] = self.bytes[at];
            at += 1;
        }
        bytes
    }

    const fn push(mut self, text: &str) -> Self {
        assert!(self.length + text.len() <= ROOM, "the name of a row is too long: give it a label");
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text.as_bytes()[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    /// Adds a part of the row's own name.
    const fn part(self, text: &str, is_first: bool) -> Self {
        assert!(!text.is_empty(), "a value of this row has no words: give the row a label");
        assert!(
            is_plain(text),
            "a row's name is of ASCII without brackets, quotes, stars, hashes, commas, colons and semicolons"
        );
        self.push(if is_first { "[" } else { ", " }).push(text)
    }
}

/// Whether a part of a row's name has only what every list, pattern and shell can hold.
const fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let banned =
            matches!(bytes[at], b'[' | b']' | b',' | b';' | b':' | b'"' | b'\'' | b'*' | b'#');
        if banned || !matches!(bytes[at], b' '..=b'~') {
            return false;
        }
        at += 1;
    }
    true
}

/// The whole path of a row's case.
///
/// # Panics
/// In the compiler, where the row has no label and no words, or the name is too long.
pub const fn path(row: &Row) -> Text {
    let (front, inner) = split_after(row.module, row.claim);
    let label = match segment(inner, "case") {
        Some(label) => label,
        None => match segment(row.function, "case") {
            Some(label) => label,
            None => "",
        },
    };
    // A row without a label is called by its own values too.
    let mut parts = if label.is_empty() { 0 } else { 1 };
    let mut at = 0;
    while at < row.arguments.len() {
        parts += is_named(row, inner, label, at) as usize;
        at += 1;
    }
    let mut text = Text { bytes: [0; ROOM], length: 0 }.push(front);
    let mut is_first = true;
    if !label.is_empty() {
        text = text.part(label, is_first);
        is_first = false;
    }
    let mut at = 0;
    while at < row.arguments.len() {
        if is_named(row, inner, label, at) {
            let argument = &row.arguments[at];
            text = text.part(if parts == 1 { argument.alone } else { argument.among }, is_first);
            is_first = false;
        }
        at += 1;
    }
    assert!(!is_first, "this row has neither a label nor a value: give it a label");
    text.push("]")
}

/// Whether an argument is part of the name: it is one of several values, or the row has no label.
const fn is_named(row: &Row, inner: &str, label: &str, at: usize) -> bool {
    let name = row.arguments[at].name;
    label.is_empty() || segment(inner, name).is_some() || segment(row.function, name).is_some()
}

/// `module` up to the end of its last segment `claim`, and what follows.
const fn split_after<'a>(module: &'a str, claim: &str) -> (&'a str, &'a str) {
    let mut end = module.len();
    loop {
        let (front, inner) = module.split_at(end);
        let ends = inner.is_empty() || inner.as_bytes()[0] == b':';
        if ends && ends_with_segment(front, claim) {
            return (front, inner);
        }
        assert!(end > 0, "rstest has put a row into no module of its claim's name");
        end -= 1;
        while !module.is_char_boundary(end) {
            end -= 1;
        }
    }
}

const fn ends_with_segment(path: &str, name: &str) -> bool {
    let (path, name) = (path.as_bytes(), name.as_bytes());
    if path.len() < name.len() + 1 || path[path.len() - name.len() - 1] != b':' {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if path[path.len() - name.len() + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// What follows the number in the first segment `word_NUMBER_rest` or `word_NUMBER` of a path.
const fn segment<'a>(path: &'a str, word: &str) -> Option<&'a str> {
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b':' {
            at += 1;
            continue;
        }
        let mut end = at;
        while end < bytes.len() && bytes[end] != b':' {
            end += 1;
        }
        if let Some(rest) = numbered(path.split_at(end).0.split_at(at).1, word) {
            return Some(rest);
        }
        at = end;
    }
    None
}

/// `rest` of `word_NUMBER_rest`; nothing of `word_NUMBER`.
const fn numbered<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let (bytes, prefix) = (name.as_bytes(), word.as_bytes());
    let mut at = 0;
    while at < prefix.len() {
        if at >= bytes.len() || bytes[at] != prefix[at] {
            return None;
        }
        at += 1;
    }
    let digits = at + 1;
    at = digits;
    while at < bytes.len() && bytes[at].is_ascii_digit() {
        at += 1;
    }
    if at == digits || bytes[digits - 1] != b'_' {
        return None;
    }
    if at == bytes.len() {
        return Some("");
    }
    if bytes[at] != b'_' {
        return None;
    }
    Some(name.split_at(at + 1).1)
}

#[cfg(test)]
mod tests;
