//! How a case tells what it saw: in the words of the field, without an allocation, for the calls of a case
//! may all be intercepted while it tells.

use std::fmt::{self, Write};
use sys::Errno;
use sys::process::WaitStatus;

/// Something a case can see. It is the same on every run: no addresses, ids or times.
pub trait Fact {
    /// Tells it as one word, number, list or set of named fields.
    ///
    /// # Errors
    /// Those of the writer.
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result;
}

/// Takes one fact.
pub struct Teller<'a> {
    out: &'a mut dyn Write,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    /// One line for people; within brackets where it is a part of another.
    Plain {
        within: bool,
    },
}

impl fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller")
    }
}

impl<'a> Teller<'a> {
    /// Tells as JSON.
    pub(crate) fn json(out: &'a mut dyn Write) -> Self {
        Self { out, form: Form::Json }
    }

    /// Tells a word.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn word(&mut self, word: fmt::Arguments<'_>) -> fmt::Result {
        if self.form != Form::Json {
            return self.out.write_fmt(word);
        }
        self.out.write_char('"')?;
        Escaped(self.out).write_fmt(word)?;
        self.out.write_char('"')
    }

    /// Tells a number; one that JSON has none for becomes a word in hexadecimal.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn number(&mut self, number: i128) -> fmt::Result {
        match i64::try_from(number) {
            Ok(number) => write!(self.out, "{number}"),
            Err(_) => self.word(format_args!("{number:#x}")),
        }
    }

    /// Tells yes or no.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn truth(&mut self, truth: bool) -> fmt::Result {
        write!(self.out, "{truth}")
    }

    /// Tells several facts in their order.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn list<'f>(&mut self, facts: impl IntoIterator<Item = &'f dyn Fact>) -> fmt::Result {
        self.out.write_char('[')?;
        for (position, fact) in facts.into_iter().enumerate() {
            match (position, self.form) {
                (0, _) => {}
                (_, Form::Json) => self.out.write_char(',')?,
                (_, Form::Plain { .. }) => self.out.write_str(", ")?,
            }
            fact.tell(&mut self.part())?;
        }
        self.out.write_char(']')
    }

    /// Tells facts by name.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn fields<'f>(
        &mut self,
        fields: impl IntoIterator<Item = (&'f str, &'f dyn Fact)>,
    ) -> fmt::Result {
        let (open, close) = match self.form {
            Form::Json => ("{", "}"),
            Form::Plain { within: true } => ("(", ")"),
            Form::Plain { within: false } => ("", ""),
        };
        self.out.write_str(open)?;
        for (position, (name, fact)) in fields.into_iter().enumerate() {
            if self.form == Form::Json {
                self.out.write_str(if position == 0 { "\"" } else { ",\"" })?;
                Escaped(self.out).write_str(name)?;
                self.out.write_str("\":")?;
            } else {
                write!(self.out, "{}{name} ", if position == 0 { "" } else { " " })?;
            }
            fact.tell(&mut self.part())?;
        }
        self.out.write_str(close)
    }

    fn part(&mut self) -> Teller<'_> {
        let form = match self.form {
            Form::Json => Form::Json,
            Form::Plain { .. } => Form::Plain { within: true },
        };
        Teller { out: self.out, form }
    }
}

/// Writes the inside of a JSON string.
struct Escaped<'a>(&'a mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '"' | '\\' => write!(self.0, "\\{c}")?,
                '\0'..='\x1f' => write!(self.0, "\\u{:04x}", u32::from(c))?,
                _ => self.0.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Writes a fact in one line for people. A type that tells facts shows itself so in a failed assertion, too:
/// see [`debug_as_fact!`](crate::debug_as_fact).
///
/// # Errors
/// Those of the writer.
pub fn plain(fact: &(impl Fact + ?Sized), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fact.tell(&mut Teller { out: f, form: Form::Plain { within: false } })
}

/// Has types show themselves in a failed assertion in the words in which they are recorded.
#[macro_export]
macro_rules! debug_as_fact {
    ($($type:ty),+ $(,)?) => {$(
        impl ::core::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::plain(self, f)
            }
        }
    )+};
}

impl<T: Fact + ?Sized> Fact for &T {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        (**self).tell(to)
    }
}

macro_rules! numbers {
    ($($type:ty)+) => {$(
        impl Fact for $type {
            fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
                to.number(i128::from(*self))
            }
        }
    )+};
}

numbers!(u8 u16 u32 u64 i8 i16 i32 i64);

impl Fact for bool {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.truth(*self)
    }
}

/// A success that gives nothing.
impl Fact for () {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.number(0)
    }
}

impl Fact for str {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.word(format_args!("{self}"))
    }
}

impl Fact for String {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        self.as_str().tell(to)
    }
}

impl Fact for fmt::Arguments<'_> {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.word(*self)
    }
}

impl Fact for Errno {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.word(format_args!("{self:?}"))
    }
}

impl Fact for WaitStatus {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.word(format_args!("{self:?}"))
    }
}

/// A number that is written in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub u64);

impl Fact for Hex {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.word(format_args!("{:#x}", self.0))
    }
}

/// A signal by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalName(pub i32);

impl Fact for SignalName {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        match nix::sys::signal::Signal::try_from(self.0) {
            Ok(signal) => to.word(format_args!("{signal}")),
            Err(_) => to.word(format_args!("signal {}", self.0)),
        }
    }
}

/// What a call leaves in its result register: an error by its name, any other number as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned(pub i64);

impl Fact for Returned {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        let errno = match self.0 {
            value @ -4095..0 => Errno::from_raw(-value as i32),
            _ => Errno::UnknownErrno,
        };
        match errno {
            Errno::UnknownErrno => self.0.tell(to),
            errno => errno.tell(to),
        }
    }
}

/// What a call gives stands for itself; so does its error.
impl<T: Fact, E: Fact> Fact for Result<T, E> {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        match self {
            Ok(value) => value.tell(to),
            Err(error) => error.tell(to),
        }
    }
}

impl<T: Fact> Fact for Option<T> {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        match self {
            Some(value) => value.tell(to),
            None => to.word(format_args!("none")),
        }
    }
}

impl<T: Fact> Fact for [T] {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.list(self.iter().map(|fact| fact as &dyn Fact))
    }
}

impl<T: Fact, const N: usize> Fact for [T; N] {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        self.as_slice().tell(to)
    }
}

impl<T: Fact> Fact for Vec<T> {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        self.as_slice().tell(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sys::uapi::{SIGSTOP, SIGSYS};

    struct Line<'a>(&'a dyn Fact);

    impl fmt::Display for Line<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            plain(&self.0, f)
        }
    }

    #[rstest]
    #[case::success(&Ok::<(), Errno>(()), "0", "0")]
    #[case::value(&Ok::<u64, Errno>(7), "7", "7")]
    #[case::error(&Err::<(), _>(Errno::EINVAL), "EINVAL", "\"EINVAL\"")]
    #[case::nothing(&None::<bool>, "none", "\"none\"")]
    #[case::something(&Some(true), "true", "true")]
    #[case::end(&[WaitStatus::Exited(3), WaitStatus::KilledBy(SIGSYS)], "[exited 3, killed by SIGSYS]", "[\"exited 3\",\"killed by SIGSYS\"]")]
    #[case::real_time(&WaitStatus::KilledBy(64), "killed by signal 64", "\"killed by signal 64\"")]
    #[case::signal(&vec![SignalName(SIGSTOP), SignalName(64)], "[SIGSTOP, signal 64]", "[\"SIGSTOP\",\"signal 64\"]")]
    #[case::hexadecimal(&Hex(255), "0xff", "\"0xff\"")]
    #[case::least(&i64::MIN, "-9223372036854775808", "-9223372036854775808")]
    #[case::greatest(&(i64::MAX as u64), "9223372036854775807", "9223372036854775807")]
    #[case::greater(&(1_u64 << 63), "0x8000000000000000", "\"0x8000000000000000\"")]
    #[case::no_error(&Returned(0), "0", "0")]
    #[case::errno(&Returned(-38), "ENOSYS", "\"ENOSYS\"")]
    #[case::first_error(&Returned(-1), "EPERM", "\"EPERM\"")]
    #[case::no_name(&Returned(-512), "-512", "-512")]
    #[case::last(&Returned(-4095), "-4095", "-4095")]
    #[case::below(&Returned(i64::MIN), "-9223372036854775808", "-9223372036854775808")]
    #[case::quoted(&"a\"b\\\n\u{1f}\u{20ac}", "a\"b\\\n\u{1f}\u{20ac}", "\"a\\\"b\\\\\\u000a\\u001f\u{20ac}\"")]
    fn a_fact_is_told_in_the_words_of_the_field(
        #[case] fact: &dyn Fact,
        #[case] line: &str,
        #[case] json: &str,
    ) {
        assert_eq!(Line(fact).to_string(), line);
        let mut told = String::new();
        fact.tell(&mut Teller::json(&mut told)).expect("there is room");
        assert_eq!(told, json);
    }

    struct Pair;

    impl Fact for Pair {
        fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
            to.fields([("a\"", &1_u8 as &dyn Fact), ("b", &[true])])
        }
    }

    debug_as_fact!(Pair);

    #[test]
    fn fields_within_another_fact_have_brackets() {
        assert_eq!(format!("{Pair:?}"), "a\" 1 b [true]");
        assert_eq!(Line(&[Pair]).to_string(), "[(a\" 1 b [true])]");
        let mut told = String::new();
        Pair.tell(&mut Teller::json(&mut told)).expect("there is room");
        assert_eq!(told, r#"{"a\"":1,"b":[true]}"#);
    }

    #[test]
    fn who_tells_has_a_name() {
        assert_eq!(format!("{:?}", Teller::json(&mut String::new())), "Teller");
    }
}
