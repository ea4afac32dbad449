//! The kinds of evidence that excuse what a kernel lacks: its configuration, its boot line, sysctls, the
//! processor, the layout of memory.

use crate::kernel::Kernel;
use crate::kernel::boot_line;
use crate::kernel::configuration::Configuration;
use crate::record::Excuse;
use crate::version::{Boundary, Range};
use serde::Deserialize;

/// An option of the configuration that leaves something out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigOption {
    name: String,
    /// The option exists since this series; before it, nothing could be left out.
    #[serde(default)]
    since: Option<Boundary>,
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

/// A word of the boot line that switches something off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BootWord {
    word: String,
    /// Its value, where it has one: the last on the line counts. `false` is every spelling of it.
    #[serde(default)]
    is: Option<String>,
    /// Kernels know it since this series.
    #[serde(default)]
    since: Option<Boundary>,
}

/// A sysctl with the values that switch something off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sysctl {
    name: String,
    #[serde(default)]
    reads: Vec<String>,
    /// Beginnings of values that switch it off too.
    #[serde(default)]
    begins: Vec<String>,
    /// Nor does it bind who has this capability.
    #[serde(default)]
    pub unless: Option<String>,
}

/// A bit of CPUID.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Bit {
    Pku,
    Fred,
}

impl Bit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pku => "PKU",
            Self::Fred => "FRED",
        }
    }

    pub(super) fn is_set(self, kernel: &Kernel) -> bool {
        match self {
            Self::Pku => kernel.surroundings.processor.pku,
            Self::Fred => kernel.surroundings.processor.fred,
        }
    }
}

/// Whether something that is there since `since` may be there in this kernel.
fn may_exist(since: Option<&Boundary>, kernel: &Kernel) -> bool {
    let range = Range { since: since.cloned(), until: None };
    kernel.release.as_ref().is_none_or(|release| release.is_in(&range) != Some(false))
}

impl ConfigOption {
    /// What the configuration says that leaves something out.
    pub(super) fn leaves_out(&self, kernel: &Kernel) -> Option<Excuse> {
        let config = kernel.config.as_ref().filter(|_| may_exist(self.since.as_ref(), kernel))?;
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

impl BootWord {
    /// What the boot line says that switches something off.
    pub(super) fn switches_off(&self, kernel: &Kernel) -> Option<Excuse> {
        if !may_exist(self.since.as_ref(), kernel) {
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
    pub(super) fn switches_off(&self, kernel: &Kernel) -> Option<Excuse> {
        let name = &self.name;
        let is_off = |value: &str| {
            self.reads.iter().any(|off| off == value)
                || self.begins.iter().any(|off| value.starts_with(off.as_str()))
        };
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
pub(super) fn last_page_is_taken(kernel: &Kernel) -> Option<Excuse> {
    let around = &kernel.surroundings;
    let mapping = around.last_mapping.clone()?;
    let told = boot_line::has(kernel.boot_line(), "norandmaps");
    let layout = around.fixed_layout.clone().filter(|_| told || !kernel.booted)?;
    Some(Excuse::LastPage { mapping, layout })
}
