//! Why a case did not run: the need that is not met, what the kernel answered, and the evidence that
//! excuses it.

use super::VsyscallMode;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A need that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Unmet {
    /// Its name in the feature table.
    pub need: String,
    /// What it is.
    pub title: String,
    /// What was answered instead of yes; or why there is no answer.
    pub answer: String,
    /// How that is known.
    pub how: How,
    /// The evidence that this kernel may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excuse: Option<Excuse>,
    /// Why nobody knows whether the kernel itself lacks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
}

/// How it is known that a need is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The kernel was asked, and refused.
    Refused,
    /// The kernel was told to leave it out (boot line, configuration, clocksource), and is not asked.
    Told,
    /// There is no answer: nothing is known of the kernel.
    Unanswered,
}

/// Why a refusal may be another's than the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A seccomp filter that is not the suite's was in force before the run.
    ForeignFilter,
    /// /proc is not mounted, and what could take the need away is read from there.
    NoProc,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForeignFilter => {
                "a seccomp filter that is not the suite's was in force before the run, and may \
                 have answered in the kernel's place"
            }
            Self::NoProc => "without /proc nobody knows whether the surroundings take it away",
        })
    }
}

impl Unmet {
    /// What is lacking and what was answered, without the evidence, which may depend on the exact release.
    pub fn reason(&self) -> String {
        match self.how {
            How::Unanswered => format!("{}: {}", self.need, self.answer),
            How::Refused | How::Told => format!("{}: {}", self.title, self.answer),
        }
    }
}

/// For people: what is lacking, what was answered, and why it may be so.
impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        match (self.how, &self.excuse, &self.doubt) {
            (How::Unanswered, ..) => f.write_str(&reason),
            (_, Some(excuse), _) => write!(f, "lacks {reason} ({excuse})"),
            (_, None, Some(doubt)) => write!(f, "lacks {reason} ({doubt})"),
            (_, None, None) => {
                write!(f, "lacks {reason}; the feature table says that this kernel must have it")
            }
        }
    }
}

/// The evidence that excuses what a kernel lacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[serde(tag = "evidence", rename_all = "snake_case")]
pub enum Excuse {
    /// Kernels of this release do not have it.
    Release {
        /// The releases that have it.
        offered: String,
        /// The release it is.
        release: String,
        /// Why that release does not decide, where it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undecided: Option<String>,
    },
    /// Another feature must be there where this one is not.
    Opposite {
        /// The need that is its opposite.
        need: String,
    },
    /// The configuration leaves it out.
    ConfigUnset {
        /// The option that is not set.
        option: String,
        /// The option it depends on, where that is what is not set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
    },
    /// The configuration decides otherwise.
    ConfigValue {
        /// The option.
        option: String,
        /// What it is set to.
        value: String,
    },
    /// Only a configuration that says so would be evidence of the contrary.
    ConfigSilent {
        /// The option it would have to name.
        option: String,
    },
    /// The boot line switches it off.
    BootLine {
        /// The word.
        word: String,
        /// Its value, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// A sysctl switches it off.
    Sysctl {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The processor decides.
    Processor {
        /// The bit of CPUID.
        bit: String,
        /// Whether it is set.
        set: bool,
    },
    /// Nothing but the memory map says how the vsyscall page is.
    MemoryMap {
        /// How it shows.
        vsyscall: VsyscallMode,
    },
    /// Nothing says how the vsyscall page is.
    NothingSays,
    /// The current clocksource is another.
    Clocksource {
        /// Its name.
        name: String,
    },
    /// No clocksource is known.
    NoClocksource,
    /// The last page of the user half is taken.
    LastPage {
        /// What lies there.
        mapping: String,
        /// Why it always does.
        layout: String,
    },
    /// Another user than root.
    User {
        /// Its number.
        user: u32,
    },
    /// A capability is missing.
    Capability {
        /// Its name.
        lacking: String,
    },
    /// A user namespace that knows not every user.
    UserNamespace {
        /// /proc/self/uid_map.
        uid_map: String,
    },
    /// A namespace that is not the first of its kind.
    Namespace {
        /// What shows it.
        shown_by: String,
    },
    /// Yama forbids to trace.
    Yama {
        /// `kernel.yama.ptrace_scope`.
        ptrace_scope: u8,
    },
    /// A seccomp filter of somebody else is in force.
    ForeignFilter {
        /// The `Seccomp:` field.
        mode: u8,
    },
    /// The no-new-privileges bit was set before the run.
    NoNewPrivileges,
    /// A security module's label confines.
    Label {
        /// The label.
        label: String,
    },
    /// A chroot.
    Chroot {
        /// What shows it.
        shown_by: String,
    },
    /// /proc is not mounted.
    NoProc,
    /// A path on a file system that nothing can be written to.
    ReadOnly {
        /// The path.
        path: String,
    },
}

impl fmt::Display for Excuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release { offered, release, undecided: None } => {
                write!(f, "kernels have it {offered}; this is {release}")
            }
            Self::Release { offered, release, undecided: Some(why) } => {
                write!(f, "kernels have it {offered}; {release} {why}")
            }
            Self::Opposite { need } => write!(f, "this kernel must have {need}"),
            Self::ConfigUnset { option, parent: None } => {
                write!(f, "this kernel is built without {option}, which is not set")
            }
            Self::ConfigUnset { option, parent: Some(parent) } => write!(
                f,
                "this kernel is built without {option}, which depends on {parent}, which is not set"
            ),
            Self::ConfigValue { option, value } => {
                write!(f, "this kernel is built with {option}={value}")
            }
            Self::ConfigSilent { .. } => {
                f.write_str("only a configuration that says so is evidence")
            }
            Self::BootLine { word, value: None } => write!(f, "the boot line says {word}"),
            Self::BootLine { word, value: Some(value) } => {
                write!(f, "the boot line says {word}={value}")
            }
            Self::Sysctl { name, value } => write!(f, "{name} is {value}"),
            Self::Processor { bit, set: false } => write!(f, "CPUID has no {bit} bit"),
            Self::Processor { bit, set: true } => write!(f, "CPUID has the {bit} bit"),
            Self::MemoryMap { .. } => f.write_str(
                "neither boot line nor configuration says, and /proc/self/maps shows it so",
            ),
            Self::NothingSays => f.write_str("/proc is not mounted, and there is no configuration"),
            Self::Clocksource { .. } => f.write_str("the current clocksource says so"),
            Self::NoClocksource => f.write_str("so no clock source is known"),
            Self::LastPage { mapping, layout } => write!(f, "{mapping} is there, for {layout}"),
            Self::User { user } => write!(f, "the run's user is {user}"),
            Self::Capability { lacking } => write!(f, "CapEff has no {lacking}"),
            Self::UserNamespace { uid_map } => {
                write!(f, "a user namespace: /proc/self/uid_map is {uid_map}")
            }
            Self::Namespace { shown_by } => f.write_str(shown_by),
            Self::Yama { ptrace_scope: 3 } => {
                f.write_str("kernel.yama.ptrace_scope is 3: nobody traces")
            }
            Self::Yama { ptrace_scope } => write!(
                f,
                "kernel.yama.ptrace_scope is {ptrace_scope}, and CapEff has no CAP_SYS_PTRACE"
            ),
            Self::ForeignFilter { mode } => {
                write!(f, "a seccomp filter was in force before the run: Seccomp is {mode}")
            }
            Self::NoNewPrivileges => f.write_str("NoNewPrivs was 1 before the run"),
            Self::Label { label } => {
                write!(f, "a security module's label confines the run: {label}")
            }
            Self::Chroot { shown_by } => f.write_str(shown_by),
            Self::NoProc => f.write_str("/proc is not mounted"),
            Self::ReadOnly { path } => write!(f, "{path} is mounted read-only"),
        }
    }
}
