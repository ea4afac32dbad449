//! A time for the properties of the fuzzers, wherever they run.

use crate::style;
use clap::Args;
use harness::record::CaseLine;
use std::fmt::Write;
use std::time::Duration;

/// How the names of all properties begin.
pub(crate) const PREFIX: &str = "fuzz::";
/// Seconds for shrinking what was found.
pub(crate) const SHRINKING: u64 = 300;

/// Fuzzing in a machine.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SoakArgs {
    /// Run the properties of the fuzzers alone, and have them draw inputs for this long, all together:
    /// 90s, 10m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Where the inputs come from: the same seed, the same inputs [default: 1]
    #[arg(long, value_name = "S", requires = "duration", value_parser = seed)]
    pub seed: Option<u64>,
}

/// The longest time that can be asked for.
const LONGEST: u64 = 7 * 86_400;

/// Reads a duration: seconds, or as humantime has it (90s, 10m, 2h).
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let read = match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    };
    match read.map(|time| time.as_secs()) {
        None => Err("expected a time such as 90s, 10m or 2h".to_owned()),
        Some(0) => Err("nothing can be tried in no time".into()),
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        Some(_) => Err("a week (168h) is the longest".into()),
    }
}

/// Reads a seed: a number, or 0x and hexadecimal digits.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("expected a number from 0 to {}, or 0x and its digits", u64::MAX))
}

/// Each property's part of the time, in seconds, when so many of them run at a time.
pub(crate) fn share(time: Duration, properties: usize, at_a_time: usize) -> u64 {
    let properties = properties.max(1) as u64;
    (time.as_secs() * (at_a_time as u64).clamp(1, properties) / properties).max(1)
}

/// An option of the suite's cases, as one argument.
pub(crate) fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!("--option={name}={value}")
}

impl SoakArgs {
    /// The suite's arguments, where its properties run one at a time.
    pub(crate) fn options(&self, properties: usize) -> Vec<String> {
        let time = self.duration.map(|time| ("fuzz.for", share(time, properties, 1)));
        let seed = self.seed.map(|seed| ("fuzz.seed", seed));
        time.into_iter().chain(seed).map(|(name, value)| option(name, value)).collect()
    }

    /// Those, as words of a command.
    pub(crate) fn words(&self, properties: usize) -> String {
        self.options(properties).iter().map(|option| format!(" {option}")).collect()
    }

    /// Seconds a property may take, with shrinking.
    pub(crate) fn limit(&self, properties: usize) -> Option<u64> {
        self.duration.map(|time| (share(time, properties, 1) + SHRINKING).min(86_400))
    }

    /// Seconds that everything takes longer.
    pub(crate) fn seconds(&self) -> u64 {
        self.duration.map_or(0, |time| time.as_secs())
    }
}

/// What the properties say they tried: the fact of that name, a line each.
pub(crate) fn tried(cases: &[CaseLine]) -> String {
    let lines: Vec<_> = cases
        .iter()
        .filter_map(|case| Some((case.name.strip_prefix(PREFIX)?, case.facts.line("tried")?)))
        .collect();
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, tried) in lines {
        let _ = writeln!(text, "{}  {name:width$}  {tried}", style::paint(style::STRONG, "tried"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(600, 11, 2, 109)]
    #[case(600, 11, 1, 54)]
    #[case(600, 1, 2, 600)]
    #[case(5, 11, 1, 1)]
    #[case(5, 0, 1, 5)]
    fn every_property_has_its_part(
        #[case] seconds: u64,
        #[case] properties: usize,
        #[case] at_a_time: usize,
        #[case] part: u64,
    ) {
        assert_eq!(share(Duration::from_secs(seconds), properties, at_a_time), part);
    }

    #[test]
    fn nothing_is_said_where_nothing_was_asked() {
        let args = SoakArgs::default();
        assert_eq!((args.options(11), args.limit(11), args.seconds()), (Vec::new(), None, 0));
        let args = SoakArgs { duration: Some(Duration::from_secs(90)), seed: Some(7) };
        assert_eq!(args.options(3), ["--option=fuzz.for=30", "--option=fuzz.seed=7"]);
        assert_eq!(args.words(3), " --option=fuzz.for=30 --option=fuzz.seed=7");
    }

    #[rstest]
    #[case("90", Ok(90))]
    #[case("90s", Ok(90))]
    #[case("10m", Ok(600))]
    #[case("2h", Ok(7200))]
    #[case("0", Err("nothing"))]
    #[case("0h", Err("nothing"))]
    #[case("", Err("expected"))]
    #[case("m", Err("expected"))]
    #[case("1h 30m", Ok(5400))]
    #[case("-1s", Err("expected"))]
    #[case("169h", Err("longest"))]
    #[case("99999999999999999999h", Err("expected"))]
    #[case("9999999999999999999h", Err("expected"))]
    fn durations(#[case] text: &str, #[case] seconds: Result<u64, &str>) {
        match (duration(text), seconds) {
            (Ok(read), Ok(seconds)) => assert_eq!(read.as_secs(), seconds),
            (Err(read), Err(says)) => assert!(read.contains(says), "{read}"),
            (read, _) => panic!("{text} is read as {read:?}"),
        }
    }

    #[rstest]
    #[case("1", Some(1))]
    #[case("0xff", Some(255))]
    #[case("18446744073709551615", Some(u64::MAX))]
    #[case("18446744073709551616", None)]
    #[case("-1", None)]
    #[case("x", None)]
    #[case("0x", None)]
    fn seeds(#[case] text: &str, #[case] read: Option<u64>) {
        assert_eq!(seed(text).ok(), read);
    }
}
