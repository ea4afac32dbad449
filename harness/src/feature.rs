//! The feature table: what a kernel must offer, and what excuses it.

use crate::kernel::Kernel;
use crate::version::{Range, Version};
use serde::Deserialize;
use std::collections::HashMap;

/// The table file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    feature: Vec<Feature>,
}

/// When one need must be met.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    /// Name of the need.
    need: String,
    /// First series that has it.
    #[serde(default)]
    since: Option<String>,
    /// First series that lacks it again.
    #[serde(default)]
    until: Option<String>,
    /// Machines (`uname -m`) that have it; empty for all.
    #[serde(default)]
    machine: Vec<String>,
    /// Kernel options that leave it out.
    #[serde(default)]
    config: Vec<Option_>,
    /// Words of the boot line that switch it off.
    #[serde(default)]
    boot_off: Vec<String>,
    /// Files whose content switches it off.
    #[serde(default)]
    off_when: Vec<OffWhen>,
    /// The name of a mapping that every process has where the kernel was told to offer it.
    #[serde(default)]
    mapped: Option<String>,
    /// It depends on the user, the container or the processor, not on the kernel.
    #[serde(default)]
    environment: bool,
    /// Where this is known from.
    #[expect(dead_code, reason = "for the reader of the table; required so that it is written")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Option_ {
    name: String,
    /// The option exists since this series; before it, nothing could be left out.
    #[serde(default)]
    since: Option<String>,
    /// Built in unless this value is set (default: the option must be `y`).
    #[serde(default)]
    off: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OffWhen {
    file: String,
    reads: String,
}

/// What the table says of a need on this kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Present,
    /// May be missing: why.
    Absent(String),
}

/// The table by need.
#[derive(Debug)]
pub(crate) struct Features(HashMap<String, Feature>);

impl Features {
    /// # Errors
    /// Says what is wrong with the table, with the parser's line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        for feature in &table.feature {
            feature.range()?;
        }
        Ok(Self(table.feature.into_iter().map(|f| (f.need.clone(), f)).collect()))
    }

    pub(crate) fn knows(&self, need: &str) -> bool {
        self.0.contains_key(need)
    }

    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn expect(&self, need: &str, kernel: &Kernel) -> Expected {
        match self.0.get(need) {
            Some(feature) => feature.expect(kernel),
            None => Expected::Present,
        }
    }
}

impl Feature {
    fn range(&self) -> Result<Range, String> {
        let read = |text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => Version::parse_whole(text)
                .map(Some)
                .ok_or_else(|| format!("feature {}: `{text}` is not a kernel version", self.need)),
        };
        Ok(Range { since: read(&self.since)?, until: read(&self.until)? })
    }

    fn expect(&self, kernel: &Kernel) -> Expected {
        let absent = Expected::Absent;
        if self.environment {
            return absent("it depends on the surroundings, not on the kernel".into());
        }
        let machine = &kernel.identity.machine;
        if !self.machine.is_empty() && !self.machine.contains(machine) {
            return absent(format!("{machine} does not have it"));
        }
        let range = self.range().unwrap_or_default();
        if let Some(version) = kernel.version
            && !range.holds(version)
        {
            return absent(format!("kernels have it {range}; this is {version}"));
        }
        if let Some(option) = self.config.iter().find(|option| option.leaves_out(kernel)) {
            return absent(format!("this kernel is built without {}", option.name));
        }
        let boot_line = kernel.identity.boot_line.as_deref().unwrap_or_default();
        if let Some(word) =
            self.boot_off.iter().find(|off| boot_line.split_whitespace().any(|word| word == **off))
        {
            return absent(format!("the boot line says {word}"));
        }
        for off in &self.off_when {
            if std::fs::read_to_string(&off.file).is_ok_and(|text| text.trim() == off.reads) {
                return absent(format!("{} is {}", off.file, off.reads));
            }
        }
        if let Some(name) = &self.mapped
            && std::fs::read_to_string("/proc/self/maps").is_ok_and(|maps| !maps.contains(name))
        {
            return absent(format!("this kernel maps no {name}"));
        }
        Expected::Present
    }
}

impl Option_ {
    fn leaves_out(&self, kernel: &Kernel) -> bool {
        let since = self.since.as_deref().and_then(Version::parse_whole);
        if let (Some(since), Some(version)) = (since, kernel.version)
            && version < since
        {
            return false;
        }
        let Some(config) = &kernel.config else { return false };
        let value = config.get(&self.name).map(String::as_str);
        match &self.off {
            Some(off) => value == Some(off),
            None => !matches!(value, Some("y" | "m")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;
    use rstest::rstest;

    const TABLE: &str = r#"
        [[feature]]
        need = "thing"
        since = "5.11"
        machine = ["x86_64"]
        config = [{ name = "CONFIG_THING", since = "7.3" }]
        boot_off = ["thing=0"]
        source = "here"
    "#;

    #[rstest]
    #[case::as_promised("6.1.0", "x86_64", "", None, true)]
    #[case::too_old("5.10.223", "x86_64", "", None, false)]
    #[case::other_machine("6.1", "aarch64", "", None, false)]
    #[case::switched_off("6.1", "x86_64", "quiet thing=0", None, false)]
    #[case::only_alike("6.1", "x86_64", "nothing=0", None, true)]
    #[case::option_not_yet("7.2", "x86_64", "", Some("CONFIG_OTHER=y"), true)]
    #[case::left_out("7.3", "x86_64", "", Some("# CONFIG_THING is not set"), false)]
    #[case::built_in("7.3", "x86_64", "", Some("CONFIG_THING=y"), true)]
    #[case::no_config_no_excuse("7.3", "x86_64", "", None, true)]
    fn says_when_a_need_must_be_met(
        #[case] release: &str,
        #[case] machine: &str,
        #[case] boot_line: &str,
        #[case] config: Option<&str>,
        #[case] present: bool,
    ) {
        let kernel = Kernel {
            identity: record::Kernel {
                machine: machine.into(),
                boot_line: Some(boot_line.into()),
                ..record::Kernel::default()
            },
            version: Version::parse(release),
            config: config.map(|text| {
                text.split_once('=').map(|(n, v)| (n.into(), v.into())).into_iter().collect()
            }),
            tracer: 0,
            proc: true,
        };
        let features = Features::parse(TABLE).expect("the table is valid");
        assert_eq!(features.expect("thing", &kernel) == Expected::Present, present);
    }

    #[rstest]
    #[case::unknown_key("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsinec = \"5.11\"\n", "line 4")]
    #[case::no_source("[[feature]]\nneed = \"a\"\n", "missing field `source`")]
    #[case::bad_version("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsince = \"new\"\n", "`new`")]
    fn refuses_a_malformed_table(#[case] text: &str, #[case] says: &str) {
        let error = Features::parse(text).expect_err("the table is malformed");
        assert!(error.contains(says), "{error}");
    }
}
