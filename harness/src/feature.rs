//! The feature table: what a kernel must offer, and the evidence that excuses it. Each key of an entry
//! names one kind of evidence; each is read from the system, and quoted in the reason.

mod evidence;
mod surrounding;
mod told;

pub(crate) use told::Settled;

use crate::kernel::Kernel;
use crate::record::{Excuse, VsyscallMode as Mode};
use crate::version::{Boundary, Range};
use evidence::{Bit, BootWord, ConfigOption, Sysctl, last_page_is_taken};
use serde::Deserialize;
use std::collections::HashMap;
use surrounding::Surrounding;
use told::Told;

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
    since: Option<Boundary>,
    /// First series that lacks it again.
    #[serde(default)]
    until: Option<Boundary>,
    /// Kernel options that leave it out.
    #[serde(default)]
    config: Vec<ConfigOption>,
    /// Words of the boot line that switch it off.
    #[serde(default)]
    boot: Vec<BootWord>,
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

/// What the table says of a need on this kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Present,
    /// May be missing: why.
    Absent(Excuse),
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
    fn range(&self) -> Range {
        Range { since: self.since.clone(), until: self.until.clone() }
    }

    fn check(&self) -> Result<(), String> {
        self.surroundings.check().map_err(|why| format!("feature {}: {why}", self.need))
    }

    /// The first evidence that excuses its absence.
    fn excuse(&self, kernel: &Kernel) -> Option<Excuse> {
        let range = self.range();
        if let Some(release) = &kernel.release {
            let offered = range.to_string();
            match release.is_in(&range) {
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

#[cfg(test)]
mod tests;
