//! A kernel's configuration, believed only where it is a whole one: what a fragment does not name is
//! not left out.

use std::collections::{HashMap, HashSet};
use std::io::Read;

/// Fewer options that are set than any kernel for this machine has.
const LEAST_SET: usize = 150;
/// Fewer options that are not set than any whole configuration names.
const LEAST_UNSET: usize = 100;
/// What to do with a text that is refused.
const WANTED: &str = "give the .config the kernel was built from, or its /proc/config.gz";

/// A whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configuration {
    set: HashMap<String, String>,
    unset: HashSet<String>,
    /// The version its heading names: `6.1.148`.
    version: String,
}

impl Configuration {
    /// Reads a configuration, packed with gzip or not.
    ///
    /// # Errors
    /// Says what shows that it is none, that it is not whole, or that it is another machine's.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, String), String> {
        let text = unpack(bytes)?;
        Ok((Self::parse(&text)?, text))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("{why}: {WANTED}"));
        let version = text.lines().take(8).find_map(|line| {
            let heading = line.strip_prefix("# Linux/")?.strip_suffix(" Kernel Configuration")?;
            let (machine, version) = heading.split_once(' ')?;
            Some((machine.to_owned(), version.to_owned()))
        });
        let Some((machine, version)) = version else {
            return refuse("it is no kernel's configuration: it has no such heading");
        };
        if !matches!(machine.as_str(), "x86" | "x86_64") {
            return refuse(&format!("it is the configuration of a kernel for {machine}"));
        }
        let mut config = Self { version, ..Self::default() };
        for line in text.lines() {
            let unset = line.strip_prefix("# ").and_then(|line| line.strip_suffix(" is not set"));
            let name = match (unset, line.split_once('=')) {
                (Some(name), _) if name.starts_with("CONFIG_") => {
                    config.unset.insert(name.to_owned());
                    name
                }
                (None, Some((name, value))) if name.starts_with("CONFIG_") => {
                    if config.set.insert(name.to_owned(), value.to_owned()).is_some() {
                        return refuse(&format!("it sets {name} twice"));
                    }
                    name
                }
                _ => continue,
            };
            if config.set.contains_key(name) && config.unset.contains(name) {
                return refuse(&format!("it sets {name}, and says that it is not set"));
            }
        }
        if config.set.len() < LEAST_SET || config.unset.len() < LEAST_UNSET {
            return refuse(&format!(
                "it is not a whole configuration ({} options set, {} not set)",
                config.set.len(),
                config.unset.len()
            ));
        }
        if config.value("CONFIG_X86_64") != Some("y") {
            return refuse("it is not the configuration of an x86-64 kernel");
        }
        Ok(config)
    }

    /// The value of an option that is set: `y`, `m`, or a text.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.set.get(name).map(String::as_str)
    }

    /// Whether it says in so many words that an option is not set.
    pub(crate) fn is_unset(&self, name: &str) -> bool {
        self.unset.contains(name)
    }

    /// Whether its heading names this major and minor version.
    pub(crate) fn is_of(&self, series: &str) -> bool {
        let mut parts = self.version.split(['.', '-']);
        let own = (parts.next(), parts.next());
        let mut parts = series.split('.');
        own == (parts.next(), parts.next())
    }

    /// The version its heading names.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

fn unpack(bytes: &[u8]) -> Result<String, String> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    const MOST: u64 = 16 << 20;
    let mut text = String::new();
    if bytes.starts_with(&GZIP) {
        flate2::read::GzDecoder::new(bytes)
            .take(MOST)
            .read_to_string(&mut text)
            .map_err(|error| format!("it cannot be unpacked ({error}): {WANTED}"))?;
    } else {
        text = String::from_utf8(bytes.to_vec())
            .map_err(|_| format!("it is no kernel's configuration: {WANTED}"))?;
    }
    Ok(text)
}

/// Holds a text to what a whole configuration of an x86-64 kernel looks like.
///
/// # Errors
/// One line that says why it is none, and what to do.
pub fn check_configuration(bytes: &[u8]) -> Result<(), String> {
    Configuration::read(bytes).map(drop)
}

/// A whole configuration that says `more` besides, for tests.
#[cfg(test)]
pub(crate) fn sample(more: &str) -> String {
    let mut text = "#\n# Automatically generated file; DO NOT EDIT.\n\
                    # Linux/x86 6.1.148 Kernel Configuration\n#\nCONFIG_X86_64=y\nCONFIG_64BIT=y\n"
        .to_owned();
    for number in 0..300 {
        text += &format!("CONFIG_FILLING_{number}=y\n# CONFIG_HOLE_{number} is not set\n");
    }
    text + more + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::io::Write;

    fn read(text: &str) -> Result<Configuration, String> {
        Configuration::read(text.as_bytes()).map(|(config, _)| config)
    }

    #[test]
    fn a_whole_one_says_what_is_set_and_what_is_not() {
        let text = sample("CONFIG_A=y\nCONFIG_B=\"text\"\n# CONFIG_C is not set\n# a remark");
        let config = read(&text).expect("it is whole");
        assert_eq!(
            (config.value("CONFIG_A"), config.value("CONFIG_B")),
            (Some("y"), Some("\"text\""))
        );
        assert_eq!(
            ["CONFIG_A", "CONFIG_C", "CONFIG_D"].map(|name| config.is_unset(name)),
            [false, true, false]
        );
        assert_eq!((config.value("CONFIG_C"), config.value("CONFIG_D")), (None, None));
        assert_eq!(["6.1", "6.12", "5.1"].map(|series| config.is_of(series)), [true, false, false]);
    }

    #[test]
    fn a_packed_one_is_read() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(sample("CONFIG_A=m").as_bytes()).expect("memory");
        let packed = packer.finish().expect("memory");
        let (config, text) = Configuration::read(&packed).expect("it is whole");
        assert_eq!((config.value("CONFIG_A"), text), (Some("m"), sample("CONFIG_A=m")));
    }

    #[rstest]
    #[case::empty(String::new(), "no kernel's configuration")]
    #[case::other_text("root:x:0:0::/root:/bin/sh\n".into(), "no kernel's configuration")]
    #[case::one_option("CONFIG_SECCOMP=y\n".into(), "no kernel's configuration")]
    #[case::no_heading(sample("").replace(" Kernel Configuration", ""), "no such heading")]
    #[case::other_machine(sample("").replace("Linux/x86", "Linux/arm64"), "a kernel for arm64")]
    #[case::thirty_two_bits(sample("").replace("CONFIG_X86_64=y", "CONFIG_X86_32=y"), "not the configuration of an x86-64")]
    #[case::defconfig(sample("").lines().filter(|line| !line.ends_with("not set")).map(|line| format!("{line}\n")).collect(), "not a whole configuration (302 options set, 0 not set)")]
    #[case::all_off(sample("").lines().filter(|line| !line.starts_with("CONFIG_F")).map(|line| format!("{line}\n")).collect(), "not a whole configuration (2 options set, 300 not set)")]
    #[case::twice(sample("CONFIG_A=y\nCONFIG_A=m"), "sets CONFIG_A twice")]
    #[case::both(sample("CONFIG_A=y\n# CONFIG_A is not set"), "says that it is not set")]
    #[case::both_the_other_way(
        sample("# CONFIG_A is not set\nCONFIG_A=y"),
        "says that it is not set"
    )]
    #[case::not_packed("\u{1f}".into(), "no kernel's configuration")]
    fn what_is_none_is_refused(#[case] text: String, #[case] says: &str) {
        let error = read(&text).expect_err("it is none");
        assert!(error.contains(says) && error.ends_with(WANTED), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn a_broken_archive_is_refused() {
        let error = Configuration::read(&[0x1f, 0x8b, 8, 0]).expect_err("it is cut");
        assert!(error.contains("cannot be unpacked"), "{error}");
    }

    #[test]
    fn a_text_can_be_checked_alone() {
        assert_eq!(check_configuration(sample("").as_bytes()), Ok(()));
        assert!(check_configuration(b"CONFIG_X86_64=y\n").is_err());
    }

    #[test]
    fn only_options_are_options() {
        let text = sample(
            "OTHER=y\n# OTHER_THING is not set\n# CONFIG_LAST is not set\nCONFIG_TEXT=\"a=b\"",
        );
        let config = read(&text).expect("whole");
        assert_eq!((config.value("OTHER"), config.is_unset("OTHER_THING")), (None, false));
        assert_eq!(
            (config.value("CONFIG_TEXT"), config.is_unset("CONFIG_LAST")),
            (Some("\"a=b\""), true)
        );
    }

    #[rstest]
    #[case(LEAST_SET, LEAST_UNSET, true)]
    #[case(LEAST_SET - 1, LEAST_UNSET, false)]
    #[case(LEAST_SET, LEAST_UNSET - 1, false)]
    fn a_whole_one_has_so_many_options(
        #[case] set: usize,
        #[case] unset: usize,
        #[case] whole: bool,
    ) {
        let mut text = "# Linux/x86 6.1.148 Kernel Configuration\nCONFIG_X86_64=y\n".to_owned();
        for number in 1..set {
            text += &format!("CONFIG_FILLING_{number}=y\n");
        }
        for number in 0..unset {
            text += &format!("# CONFIG_HOLE_{number} is not set\n");
        }
        assert_eq!(read(&text).is_ok(), whole);
    }
}
