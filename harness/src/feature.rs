//! The feature table: what a kernel must offer, and the evidence that excuses it. Each key of an entry
//! names one kind of evidence; each is read from the system, and quoted in the reason.

use crate::boot_line;
use crate::configuration::Configuration;
use crate::excuse::Surrounding;
use crate::kernel::Kernel;
use crate::record::{Excuse, VsyscallMode as Mode};
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
    /// Kernel options that leave it out.
    #[serde(default)]
    config: Vec<Option_>,
    /// Words of the boot line that switch it off.
    #[serde(default)]
    boot: Vec<Word>,
    /// Sysctls that switch it off.
    #[serde(default)]
    sysctl: Vec<Sysctl>,
    /// Bits of CPUID without which no kernel can offer it.
    #[serde(default)]
    processor_lacks: Vec<Bit>,
    /// Bits of CPUID with which no kernel can offer it.
    #[serde(default)]
    processor_has: Vec<Bit>,
    /// A mode of the vsyscall page that leaves it out, where the kernel was told so.
    #[serde(default)]
    vsyscall: Option<Mode>,
    /// It takes the last page of the user half, which is not free where addresses are not drawn at
    /// random.
    #[serde(default)]
    last_page: bool,
    /// The need that must be met where this one is not.
    #[serde(default)]
    opposite: Option<String>,
    /// What settles a need that is not asked of the kernel.
    #[serde(default)]
    told: Option<Told>,
    /// What around a run may take it away. Nothing of this excuses in a machine that was booted for
    /// the run.
    #[serde(default)]
    surroundings: Surrounding,
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
    /// It leaves out where it has this value (default: where it is not set).
    #[serde(default)]
    off: Option<String>,
    /// Options without which it is not even named.
    #[serde(default)]
    parents: Vec<String>,
    /// A truth value of this name on the boot line outweighs it.
    #[serde(default)]
    unless_boot: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    word: String,
    /// Its value, where it has one: the last on the line counts. `false` is every spelling of it.
    #[serde(default)]
    is: Option<String>,
    /// Kernels know it since this series.
    #[serde(default)]
    since: Option<String>,
}

/// A sysctl with the values that switch something off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sysctl {
    pub name: String,
    pub reads: Vec<String>,
    /// Nor does it bind who has this capability.
    #[serde(default)]
    pub unless: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Bit {
    Pku,
    Fred,
}

/// What settles a need that is not asked of the kernel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Told {
    /// The vsyscall page is to have this mode.
    Vsyscall(Mode),
    /// The current clock source is one of these.
    Clock(Vec<String>),
    /// The configuration says that this option is not set.
    Unset(String),
}

/// What the table says of a need on this kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Present,
    /// May be missing: why.
    Absent(Excuse),
}

/// What the kernel was told of a need that is not asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Met,
    /// What it was told instead, and what says so.
    Unmet(String, Excuse),
    /// Nobody knows: why.
    Unknown(String),
}

/// The table by need.
#[derive(Debug)]
pub(crate) struct Features(HashMap<String, Feature>);

impl Features {
    /// # Errors
    /// Says what is wrong with the table, with the parser's line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut features = HashMap::new();
        for feature in table.feature {
            feature.check()?;
            let need = feature.need.clone();
            if features.insert(need.clone(), feature).is_some() {
                return Err(format!("feature {need} is there twice"));
            }
        }
        let opposites = features.values().filter_map(|feature| feature.opposite.as_ref());
        if let Some(stranger) = opposites.into_iter().find(|need| !features.contains_key(*need)) {
            return Err(format!("opposite `{stranger}` is no feature"));
        }
        Ok(Self(features))
    }

    pub(crate) fn knows(&self, need: &str) -> bool {
        self.0.contains_key(need)
    }

    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What it says of a need that this kernel does not meet.
    pub(crate) fn expect(&self, need: &str, kernel: &Kernel) -> Expected {
        let excuse = self.0.get(need).and_then(|feature| {
            let opposite = feature
                .opposite
                .as_ref()
                .filter(|opposite| self.expect(opposite, kernel) == Expected::Present);
            opposite
                .map(|opposite| Excuse::Opposite { need: opposite.clone() })
                .or_else(|| feature.excuse(kernel))
        });
        excuse.map_or(Expected::Present, Expected::Absent)
    }

    /// Whether something around the run may take this need away.
    pub(crate) fn may_be_taken(&self, need: &str, kernel: &Kernel) -> bool {
        !kernel.booted && self.0.get(need).is_some_and(|feature| feature.surroundings.is_named())
    }

    /// What the kernel was told of a need that is not asked of it.
    pub(crate) fn told(&self, need: &str, kernel: &Kernel) -> Settled {
        match self.0.get(need).and_then(|feature| feature.told.as_ref()) {
            Some(told) => told.settle(kernel),
            None => Settled::Unknown("the feature table does not say what settles it".into()),
        }
    }
}

impl Feature {
    fn version(&self, text: &Option<String>) -> Result<Option<Version>, String> {
        match text {
            None => Ok(None),
            Some(text) => Version::parse_whole(text)
                .map(Some)
                .ok_or_else(|| format!("feature {}: `{text}` is not a kernel version", self.need)),
        }
    }

    fn range(&self) -> Result<Range, String> {
        Ok(Range { since: self.version(&self.since)?, until: self.version(&self.until)? })
    }

    fn check(&self) -> Result<(), String> {
        self.range()?;
        let since = self.config.iter().map(|option| &option.since);
        for since in since.chain(self.boot.iter().map(|word| &word.since)) {
            self.version(since)?;
        }
        self.surroundings.check().map_err(|why| format!("feature {}: {why}", self.need))
    }

    /// The first evidence that excuses its absence.
    fn excuse(&self, kernel: &Kernel) -> Option<Excuse> {
        let range = self.range().unwrap_or_default();
        if let Some(release) = &kernel.release {
            let offered = range.to_string();
            match release.is_in(range) {
                Some(true) => {}
                Some(false) => {
                    let release = release.to_string();
                    return Some(Excuse::Release { offered, release, undecided: None });
                }
                None => {
                    let undecided = Some(release.undecided());
                    let release = kernel.identity.release.clone();
                    return Some(Excuse::Release { offered, release, undecided });
                }
            }
        }
        let processor = |bit: Bit, set| Excuse::Processor { bit: bit.name().into(), set };
        let lacks = |bits: &[Bit], there: bool| {
            bits.iter().copied().find(|bit| bit.is_set(kernel) == there)
        };
        self.config
            .iter()
            .find_map(|option| option.leaves_out(kernel))
            .or_else(|| self.boot.iter().find_map(|word| word.switches_off(kernel)))
            .or_else(|| self.sysctl.iter().find_map(|sysctl| sysctl.switches_off(kernel)))
            .or_else(|| lacks(&self.processor_lacks, false).map(|bit| processor(bit, false)))
            .or_else(|| lacks(&self.processor_has, true).map(|bit| processor(bit, true)))
            .or_else(|| {
                let (mode, why) = kernel.vsyscall_told()?;
                (Some(mode) == self.vsyscall).then_some(why)
            })
            .or_else(|| self.last_page.then(|| last_page_is_taken(kernel)).flatten())
            .or_else(|| if kernel.booted { None } else { self.surroundings.excuse(kernel) })
    }
}

impl Bit {
    fn name(self) -> &'static str {
        match self {
            Self::Pku => "PKU",
            Self::Fred => "FRED",
        }
    }

    fn is_set(self, kernel: &Kernel) -> bool {
        match self {
            Self::Pku => kernel.surroundings.processor.pku,
            Self::Fred => kernel.surroundings.processor.fred,
        }
    }
}

/// Whether something that is there since `since` may be there in this kernel.
fn may_exist(since: Option<&str>, kernel: &Kernel) -> bool {
    let range = Range { since: since.and_then(Version::parse_whole), until: None };
    kernel.release.as_ref().is_none_or(|release| release.is_in(range) != Some(false))
}

impl Option_ {
    /// What the configuration says that leaves something out.
    fn leaves_out(&self, kernel: &Kernel) -> Option<Excuse> {
        let config = kernel.config.as_ref().filter(|_| may_exist(self.since.as_deref(), kernel))?;
        if let Some(word) = &self.unless_boot
            && boot_line::values(kernel.boot_line(), word)
                .any(|value| boot_line::truth(value).is_some())
        {
            return None;
        }
        let name = &self.name;
        match &self.off {
            Some(off) => (config.value(name) == Some(off))
                .then(|| Excuse::ConfigValue { option: name.clone(), value: off.clone() }),
            None => self.is_unset(config),
        }
    }

    fn is_unset(&self, config: &Configuration) -> Option<Excuse> {
        let name = &self.name;
        if config.is_unset(name) {
            return Some(Excuse::ConfigUnset { option: name.clone(), parent: None });
        }
        if config.value(name).is_some() {
            return None;
        }
        let parent = self.parents.iter().find(|parent| config.is_unset(parent))?;
        Some(Excuse::ConfigUnset { option: name.clone(), parent: Some(parent.clone()) })
    }
}

impl Word {
    /// What the boot line says that switches something off.
    fn switches_off(&self, kernel: &Kernel) -> Option<Excuse> {
        if !may_exist(self.since.as_deref(), kernel) {
            return None;
        }
        let (line, word) = (kernel.boot_line(), &self.word);
        let says = |value| Excuse::BootLine { word: word.clone(), value };
        let Some(is) = &self.is else {
            return boot_line::has(line, word).then(|| says(None));
        };
        let values = boot_line::values(line, word);
        let last = match is.as_str() {
            "false" => values.filter(|value| boot_line::truth(value).is_some()).last(),
            _ => values.last(),
        }?;
        let off = if is == "false" { boot_line::truth(last) == Some(false) } else { last == is };
        off.then(|| says(Some(last.to_owned())))
    }
}

impl Sysctl {
    /// What shows that it switches something off: its value; in a machine that was booted for the run,
    /// the boot line alone.
    pub(crate) fn switches_off(&self, kernel: &Kernel) -> Option<Excuse> {
        let name = &self.name;
        let is_off = |value: &str| self.reads.iter().any(|off| off == value);
        if kernel.booted {
            let word = format!("sysctl.{name}");
            let last = boot_line::values(kernel.boot_line(), &word).last()?;
            let value = Some(last.to_owned());
            return is_off(last).then_some(Excuse::BootLine { word, value });
        }
        if self.unless.as_deref().is_some_and(|name| kernel.surroundings.has_capability(name)) {
            return None;
        }
        let value = (kernel.surroundings.sysctl)(name)?;
        is_off(&value).then_some(Excuse::Sysctl { name: name.clone(), value })
    }
}

/// What lies on the last page of the user half, and why it always lies there.
fn last_page_is_taken(kernel: &Kernel) -> Option<Excuse> {
    let around = &kernel.surroundings;
    let mapping = around.last_mapping.clone()?;
    let told = boot_line::has(kernel.boot_line(), "norandmaps");
    let layout = around.fixed_layout.clone().filter(|_| told || !kernel.booted)?;
    Some(Excuse::LastPage { mapping, layout })
}

impl Told {
    fn settle(&self, kernel: &Kernel) -> Settled {
        match self {
            Self::Vsyscall(wanted) => match kernel.vsyscall_told() {
                Some((mode, _)) if mode == *wanted => Settled::Met,
                Some((mode, why)) => Settled::Unmet(format!("the mode is {mode}"), why),
                None if !kernel.proc && !kernel.booted => {
                    Settled::Unmet("the mode is unknown".into(), Excuse::NothingSays)
                }
                None => Settled::Unknown("nothing says what the mode is".into()),
            },
            Self::Clock(names) => match &kernel.surroundings.clock {
                Ok(name) if names.contains(name) => Settled::Met,
                Ok(name) => Settled::Unmet(
                    // A kernel that has just started reads the same counter by another name.
                    format!("the clock source is {}", name.trim_end_matches("-early")),
                    Excuse::Clocksource { name: name.trim_end_matches("-early").into() },
                ),
                Err(why) => Settled::Unmet(why.clone(), Excuse::NoClocksource),
            },
            Self::Unset(option) => {
                let silent = || Excuse::ConfigSilent { option: option.clone() };
                match &kernel.config {
                    Some(config) if config.is_unset(option) => Settled::Met,
                    Some(config) if config.value(option).is_some() => {
                        let value = config.value(option).unwrap_or_default().to_owned();
                        let said = format!("{option} is {value}");
                        Settled::Unmet(said, Excuse::ConfigValue { option: option.clone(), value })
                    }
                    Some(_) => Settled::Unmet(
                        format!("its configuration does not name {option}"),
                        silent(),
                    ),
                    None => Settled::Unmet(format!("no configuration names {option}"), silent()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{configured, sample};
    use crate::surroundings::Processor;
    use rstest::rstest;

    /// What the table with this entry, and what more there is, says of `thing`.
    fn expect(entry: &str, kernel: &Kernel) -> Expected {
        let text = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\n{entry}\n");
        Features::parse(&text).expect("the table is valid").expect("thing", kernel)
    }

    fn reason(entry: &str, kernel: &Kernel) -> Option<String> {
        match expect(entry, kernel) {
            Expected::Present => None,
            Expected::Absent(why) => Some(why.to_string()),
        }
    }

    #[test]
    fn a_table_knows_what_it_names() {
        let text = "[[feature]]\nneed = \"thing\"\nsource = \"here\"\nsince = \"5.11\"\n";
        let features = Features::parse(text).expect("the table is valid");
        assert!(features.knows("thing") && !features.knows("another"));
        assert_eq!(features.needs().collect::<Vec<_>>(), ["thing"]);
    }

    #[rstest]
    #[case::there("since = \"5.11\"", "6.1.0", None)]
    #[case::first_series("since = \"5.11\"", "5.11", None)]
    #[case::too_old(
        "since = \"5.11\"",
        "5.10.223",
        Some("kernels have it since 5.11; this is 5.10.223")
    )]
    #[case::gone("until = \"5.11\"", "5.11", Some("kernels have it before 5.11; this is 5.11"))]
    #[case::not_yet_gone("until = \"5.11\"", "5.10.9", None)]
    #[case::between(
        "since = \"7.3\"",
        "7.2.0-05123-g1234567",
        Some(
            "kernels have it since 7.3; 7.2.0-05123-g1234567 lies between 7.2 and 7.3: --as 7.2 or --as 7.3 decides"
        )
    )]
    #[case::between_and_there("since = \"7.2\"", "7.2.0-05123-g1234567", None)]
    #[case::between_and_too_old(
        "since = \"7.4\"",
        "7.2.0-05123-g1234567",
        Some("kernels have it since 7.4; this is 7.2")
    )]
    #[case::vendor(
        "since = \"6.17\"",
        "5.14.0-427.el9.x86_64",
        Some(
            "kernels have it since 6.17; 5.14.0-427.el9.x86_64 is Red Hat's, who take over what later releases do: --as VERSION decides"
        )
    )]
    #[case::no_version("since = \"5.11\"", "mainline", None)]
    fn a_range_excuses(#[case] entry: &str, #[case] release: &str, #[case] why: Option<&str>) {
        assert_eq!(reason(entry, &sample(release)).as_deref(), why);
    }

    const OPTION: &str =
        "config = [{ name = \"CONFIG_T\", since = \"6.1\", parents = [\"CONFIG_P\"] }]";
    const OFF: &str = "config = [{ name = \"CONFIG_T\", off = \"y\", unless_boot = \"t\" }]";

    #[rstest]
    #[case::not_set(
        OPTION,
        "# CONFIG_T is not set",
        "6.1",
        Some("this kernel is built without CONFIG_T, which is not set")
    )]
    #[case::built_in(OPTION, "CONFIG_T=y", "6.1", None)]
    #[case::a_module(OPTION, "CONFIG_T=m", "6.1", None)]
    #[case::not_named(OPTION, "CONFIG_TT=y", "6.1", None)]
    #[case::parent_not_set(
        OPTION,
        "# CONFIG_P is not set",
        "6.1",
        Some("this kernel is built without CONFIG_T, which depends on CONFIG_P, which is not set")
    )]
    #[case::parent_set(OPTION, "CONFIG_P=y", "6.1", None)]
    #[case::set_without_its_parent(OPTION, "CONFIG_T=y\n# CONFIG_P is not set", "6.1", None)]
    #[case::older_than_the_option(OPTION, "# CONFIG_T is not set", "6.0", None)]
    #[case::perhaps_older(
        OPTION,
        "# CONFIG_T is not set",
        "6.0.0-00001-g1234567",
        Some("this kernel is built without CONFIG_T, which is not set")
    )]
    #[case::has_the_value(OFF, "CONFIG_T=y", "6.1", Some("this kernel is built with CONFIG_T=y"))]
    #[case::has_another_value(OFF, "CONFIG_T=m", "6.1", None)]
    #[case::has_no_value(OFF, "# CONFIG_T is not set", "6.1", None)]
    fn a_configuration_excuses(
        #[case] entry: &str,
        #[case] config: &str,
        #[case] release: &str,
        #[case] why: Option<&str>,
    ) {
        let mut kernel = sample(release);
        assert_eq!(reason(entry, &kernel), None, "without a configuration");
        kernel.config = configured(config);
        for booted in [false, true] {
            kernel.booted = booted;
            assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
        }
    }

    #[test]
    fn the_boot_line_outweighs_a_default() {
        let mut kernel = sample("6.7");
        kernel.config = configured("CONFIG_T=y");
        for (line, excused) in [("t=1", false), ("t=0", false), ("t=x", true), ("u=1", true)] {
            kernel.identity.boot_line = Some(line.into());
            assert_eq!(reason(OFF, &kernel).is_some(), excused, "{line}");
        }
    }

    #[rstest]
    #[case::flag("boot = [{ word = \"no\" }]", "quiet no", Some("the boot line says no"))]
    #[case::no_flag("boot = [{ word = \"no\" }]", "quiet", None)]
    #[case::value("boot = [{ word = \"t\", is = \"0\" }]", "t=0", Some("the boot line says t=0"))]
    #[case::other_value("boot = [{ word = \"t\", is = \"0\" }]", "t=1", None)]
    #[case::last_wins("boot = [{ word = \"t\", is = \"0\" }]", "t=0 t=1", None)]
    #[case::last_wins_too(
        "boot = [{ word = \"t\", is = \"0\" }]",
        "t=1 t=0",
        Some("the boot line says t=0")
    )]
    #[case::a_word_like_it("boot = [{ word = \"t\", is = \"0\" }]", "tt=0 t", None)]
    #[case::the_inits("boot = [{ word = \"t\", is = \"0\" }]", "quiet -- t=0", None)]
    #[case::falsehood(
        "boot = [{ word = \"t\", is = \"false\" }]",
        "t=off",
        Some("the boot line says t=off")
    )]
    #[case::truth("boot = [{ word = \"t\", is = \"false\" }]", "t=off t=on", None)]
    #[case::nonsense(
        "boot = [{ word = \"t\", is = \"false\" }]",
        "t=off t=x",
        Some("the boot line says t=off")
    )]
    #[case::not_yet_known("boot = [{ word = \"t\", is = \"0\", since = \"6.7\" }]", "t=0", None)]
    fn a_boot_line_excuses(#[case] entry: &str, #[case] line: &str, #[case] why: Option<&str>) {
        let mut kernel = sample("6.1");
        kernel.identity.boot_line = Some(line.into());
        for booted in [false, true] {
            kernel.booted = booted;
            assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
        }
    }

    #[rstest]
    #[case::lacks("processor_lacks = [\"PKU\"]", false, false, Some("CPUID has no PKU bit"))]
    #[case::does_not_lack("processor_lacks = [\"PKU\"]", true, false, None)]
    #[case::has("processor_has = [\"FRED\"]", true, true, Some("CPUID has the FRED bit"))]
    #[case::has_not("processor_has = [\"FRED\"]", true, false, None)]
    fn a_processor_excuses(
        #[case] entry: &str,
        #[case] pku: bool,
        #[case] fred: bool,
        #[case] why: Option<&str>,
    ) {
        let mut kernel = sample("6.1");
        kernel.surroundings.processor = Processor { pku, fred };
        for booted in [false, true] {
            kernel.booted = booted;
            assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
        }
    }

    /// In a machine that was booted for the run, a sysctl is what the boot line made it.
    #[rstest]
    #[case::on(false, "quiet", "1", None)]
    #[case::off(false, "quiet", "0", Some("a.b is 0"))]
    #[case::off_in_a_machine(true, "quiet", "0", None)]
    #[case::told_in_a_machine(true, "sysctl.a.b=0", "0", Some("the boot line says sysctl.a.b=0"))]
    #[case::told_and_changed(true, "sysctl.a.b=0 sysctl.a.b=1", "0", None)]
    fn a_sysctl_excuses(
        #[case] booted: bool,
        #[case] line: &str,
        #[case] value: &str,
        #[case] why: Option<&str>,
    ) {
        let mut kernel = sample("6.1");
        kernel.booted = booted;
        kernel.identity.boot_line = Some(line.into());
        kernel.surroundings.sysctl = match value {
            "0" => |name| (name == "a.b").then(|| "0".into()),
            _ => |name| (name == "a.b").then(|| "1".into()),
        };
        let entry = "sysctl = [{ name = \"a.b\", reads = [\"0\"] }]";
        assert_eq!(reason(entry, &kernel).as_deref(), why);
    }

    #[rstest]
    #[case::told("vsyscall=none", true)]
    #[case::told_otherwise("vsyscall=xonly", false)]
    fn a_mode_of_the_page_excuses(#[case] line: &str, #[case] excused: bool) {
        let mut kernel = sample("6.1");
        kernel.identity.boot_line = Some(line.into());
        // What the map shows is what the kernel did, and no excuse beside what it was told.
        kernel.identity.vsyscall = Some(Mode::None);
        assert_eq!(reason("vsyscall = \"none\"", &kernel).is_some(), excused);
    }

    const END: &str = "7ffffffde000-7ffffffff000 [stack]";

    #[rstest]
    #[case::free(None, Some("why"), false, "quiet", false)]
    #[case::by_chance(Some(END), None, false, "quiet", false)]
    #[case::always(Some(END), Some("why"), false, "quiet", true)]
    #[case::in_a_machine(Some(END), Some("why"), true, "quiet", false)]
    #[case::in_a_machine_told_so(Some(END), Some("why"), true, "norandmaps", true)]
    fn a_mapping_excuses_where_it_always_lies(
        #[case] mapping: Option<&str>,
        #[case] fixed: Option<&str>,
        #[case] booted: bool,
        #[case] line: &str,
        #[case] excused: bool,
    ) {
        let mut kernel = sample("6.1");
        kernel.surroundings.last_mapping = mapping.map(str::to_owned);
        kernel.surroundings.fixed_layout = fixed.map(str::to_owned);
        kernel.booted = booted;
        kernel.identity.boot_line = Some(line.into());
        let why = excused.then(|| format!("{END} is there, for why"));
        assert_eq!(reason("last_page = true", &kernel), why);
    }

    const OPPOSITES: &str = "[[feature]]\nneed = \"on\"\nsource = \"s\"\nboot = [{ word = \"t\", is = \"false\" }]\n\
                             [[feature]]\nneed = \"off\"\nsource = \"s\"\nopposite = \"on\"\n";

    #[rstest]
    #[case::on("t=1", None, Some("this kernel must have on"))]
    #[case::off("t=0", Some("the boot line says t=0"), None)]
    fn of_two_opposites_one_must_be_there(
        #[case] line: &str,
        #[case] on: Option<&str>,
        #[case] off: Option<&str>,
    ) {
        let mut kernel = sample("6.1");
        kernel.identity.boot_line = Some(line.into());
        let features = Features::parse(OPPOSITES).expect("the table is valid");
        let why = |need| match features.expect(need, &kernel) {
            Expected::Present => None,
            Expected::Absent(why) => Some(why.to_string()),
        };
        assert_eq!((why("on").as_deref(), why("off").as_deref()), (on, off));
    }

    fn settled(told: &str, kernel: &Kernel) -> Settled {
        let text = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\ntold = {told}\n");
        Features::parse(&text).expect("the table is valid").told("thing", kernel)
    }

    #[test]
    fn a_mode_is_settled_by_what_the_kernel_was_told() {
        let mut kernel = sample("6.1");
        kernel.identity.boot_line = Some("vsyscall=xonly".into());
        assert_eq!(settled("{ vsyscall = \"xonly\" }", &kernel), Settled::Met);
        let said = "the mode is xonly".to_owned();
        let why = Excuse::BootLine { word: "vsyscall".into(), value: Some("xonly".into()) };
        assert_eq!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unmet(said, why));
        kernel.identity.boot_line = None;
        assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unknown(_)));
        kernel.proc = false;
        assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unmet(..)));
        kernel.booted = true;
        assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unknown(_)));
    }

    #[test]
    fn a_clock_is_settled_by_its_name() {
        let mut kernel = sample("6.1");
        assert_eq!(settled("{ clock = [\"hpet\", \"tsc\"] }", &kernel), Settled::Met);
        let other = settled("{ clock = [\"hpet\"] }", &kernel);
        assert!(matches!(other, Settled::Unmet(said, _) if said == "the clock source is tsc"));
        kernel.surroundings.clock = Ok("tsc-early".into());
        let early = settled("{ clock = [\"hpet\"] }", &kernel);
        assert!(matches!(early, Settled::Unmet(said, _) if said == "the clock source is tsc"));
        kernel.surroundings.clock = Err("no file".into());
        let unknown = settled("{ clock = [\"hpet\", \"tsc\"] }", &kernel);
        assert!(matches!(unknown, Settled::Unmet(said, _) if said == "no file"));
    }

    #[rstest]
    #[case::not_set(Some("# CONFIG_T is not set"), None)]
    #[case::set(Some("CONFIG_T=y"), Some("CONFIG_T is y"))]
    #[case::not_named(Some(""), Some("its configuration does not name CONFIG_T"))]
    #[case::no_configuration(None, Some("no configuration names CONFIG_T"))]
    fn an_option_is_settled_by_a_line_that_says_so(
        #[case] config: Option<&str>,
        #[case] said: Option<&str>,
    ) {
        let mut kernel = sample("7.3");
        kernel.config = config.and_then(configured);
        match (settled("{ unset = \"CONFIG_T\" }", &kernel), said) {
            (Settled::Met, None) => {}
            (Settled::Unmet(text, _), Some(said)) => assert_eq!(text, said),
            (other, _) => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_settles_a_need_that_is_asked() {
        let features = Features::parse(OPPOSITES).expect("the table is valid");
        assert!(matches!(features.told("on", &sample("6.1")), Settled::Unknown(_)));
    }

    #[rstest]
    #[case::unknown_key("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsinec = \"5.11\"\n", "line 4")]
    #[case::no_evidence(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\nenvironment = true\n",
        "line 4"
    )]
    #[case::unknown_surroundings(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\nsurroundings = { all = true }\n",
        "line 4"
    )]
    #[case::no_source("[[feature]]\nneed = \"a\"\n", "missing field `source`")]
    #[case::bad_version("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsince = \"new\"\n", "`new`")]
    #[case::bad_version_of_an_option(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\nconfig = [{ name = \"C\", since = \"old\" }]\n",
        "`old`"
    )]
    #[case::bad_capability(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\nsurroundings = { capabilities = [\"CAP_ALL\"] }\n",
        "`CAP_ALL` is not a capability"
    )]
    #[case::twice(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\n[[feature]]\nneed = \"a\"\nsource = \"c\"\n",
        "a is there twice"
    )]
    #[case::lonely(
        "[[feature]]\nneed = \"a\"\nsource = \"b\"\nopposite = \"c\"\n",
        "opposite `c` is no feature"
    )]
    fn refuses_a_malformed_table(#[case] text: &str, #[case] says: &str) {
        let error = Features::parse(text).expect_err("the table is malformed");
        assert!(error.contains(says), "{error}");
    }
}
