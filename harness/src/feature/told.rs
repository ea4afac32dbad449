//! Needs that are not asked of the kernel: what it was told settles them.

use crate::kernel::Kernel;
use crate::record::{Excuse, VsyscallMode as Mode};
use serde::Deserialize;

/// What settles a need that is not asked of the kernel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Told {
    /// The vsyscall page is to have this mode.
    Vsyscall(Mode),
    /// The current clock source is one of these.
    Clock(Vec<String>),
    /// The configuration says that this option is not set.
    Unset(String),
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

impl Told {
    pub(super) fn settle(&self, kernel: &Kernel) -> Settled {
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
