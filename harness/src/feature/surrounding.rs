//! Surroundings of a run that may take away what a kernel offers: its user, what confines it, its limits.

use super::evidence::Sysctl;
use crate::kernel::Kernel;
use crate::kernel::surroundings::Surroundings;
use crate::record::Excuse;
use serde::Deserialize;

/// Which surroundings take a need away. Each is read from the system before the first case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Surrounding {
    /// A user other than root.
    not_root: bool,
    /// Capabilities that are missing.
    capabilities: Vec<String>,
    /// A user namespace that knows not every user.
    user_namespace: bool,
    /// Kinds of namespaces: one that is not the first of its kind.
    namespaces: Vec<String>,
    /// Yama forbids to trace (`kernel.yama.ptrace_scope`).
    yama: bool,
    /// A seccomp filter of somebody else is in force.
    filter: bool,
    /// The no-new-privileges bit is set.
    no_new_privileges: bool,
    /// A security module's label confines.
    label: bool,
    /// A chroot.
    chroot: bool,
    /// /proc is not mounted.
    no_proc: bool,
    /// Paths on a file system that nothing can be written to.
    read_only: Vec<String>,
    /// Sysctls with the values that take it away.
    sysctl: Vec<Sysctl>,
}

/// The capabilities the table may name (`linux/capability.h`).
const CAPABILITIES: [(&str, u32); 7] = [
    ("CAP_SETGID", 6),
    ("CAP_SETUID", 7),
    ("CAP_SYS_PTRACE", 19),
    ("CAP_SYS_ADMIN", 21),
    ("CAP_SYS_RESOURCE", 24),
    ("CAP_SETFCAP", 31),
    ("CAP_AUDIT_READ", 37),
];

/// The kinds of namespaces the table may name (namespaces(7)).
const NAMESPACES: [&str; 2] = ["net", "pid"];

fn bit_of(capability: &str) -> Option<u64> {
    CAPABILITIES.iter().find(|(name, _)| *name == capability).map(|(_, bit)| 1 << bit)
}

impl Surroundings {
    /// Whether this process is known to have a capability.
    pub(crate) fn has_capability(&self, name: &str) -> bool {
        let bit = bit_of(name).unwrap_or(0);
        self.capabilities.is_some_and(|set| set & bit != 0)
    }

    /// Whether this process is known to lack a capability.
    fn lacks_capability(&self, name: &str) -> bool {
        self.capabilities.is_some() && !self.has_capability(name)
    }
}

impl Surrounding {
    /// # Errors
    /// Says which word of the table is none.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(kind) = self.namespaces.iter().find(|kind| !NAMESPACES.contains(&kind.as_str()))
        {
            return Err(format!("`{kind}` is not a kind of namespace it may name"));
        }
        let exempt = self.sysctl.iter().filter_map(|sysctl| sysctl.unless.as_ref());
        match self.capabilities.iter().chain(exempt).find(|name| bit_of(name).is_none()) {
            Some(name) => Err(format!("`{name}` is not a capability it may name")),
            None => Ok(()),
        }
    }

    /// Whether it names anything that is read from /proc.
    pub(crate) fn is_named(&self) -> bool {
        !self.capabilities.is_empty()
            || self.user_namespace
            || !self.namespaces.is_empty()
            || self.yama
            || self.no_new_privileges
            || self.label
            || self.chroot
            || !self.sysctl.is_empty()
    }

    /// The first evidence of one of these.
    pub(crate) fn excuse(&self, kernel: &Kernel) -> Option<Excuse> {
        let around = &kernel.surroundings;
        let (user, filtered) = (kernel.identity.user, kernel.is_filtered());
        // Each with whether the table lets it excuse.
        let lacked = || self.capabilities.iter().find(|name| around.lacks_capability(name));
        let read_only = || self.read_only.iter().find(|path| (around.is_read_only)(path));
        let found = [
            (self.not_root && user != 0).then_some(Excuse::User { user }),
            lacked().map(|name| Excuse::Capability { lacking: name.clone() }),
            around
                .user_namespace
                .as_ref()
                .filter(|_| self.user_namespace)
                .map(|map| Excuse::UserNamespace { uid_map: map.clone() }),
            self.namespaces
                .iter()
                .find_map(|kind| around.namespaces.get(kind.as_str()))
                .map(|shown_by| Excuse::Namespace { shown_by: shown_by.clone() }),
            self.yama.then(|| yama(around)).flatten(),
            (self.filter && filtered).then(|| {
                let mode = kernel.identity.outer_seccomp.unwrap_or_default();
                Excuse::ForeignFilter { mode }
            }),
            (self.no_new_privileges && around.no_new_privileges).then_some(Excuse::NoNewPrivileges),
            around
                .label
                .as_ref()
                .filter(|_| self.label)
                .map(|label| Excuse::Label { label: label.clone() }),
            around
                .chroot
                .as_ref()
                .filter(|_| self.chroot)
                .map(|shown_by| Excuse::Chroot { shown_by: shown_by.clone() }),
            (self.no_proc && !kernel.proc).then_some(Excuse::NoProc),
            read_only().map(|path| Excuse::ReadOnly { path: path.clone() }),
            self.sysctl.iter().find_map(|sysctl| sysctl.switches_off(kernel)),
        ];
        found.into_iter().flatten().next()
    }
}

/// What Yama's setting means for a child that asks to be traced.
fn yama(around: &Surroundings) -> Option<Excuse> {
    let scope = (around.sysctl)("kernel.yama.ptrace_scope")?;
    match scope.as_str() {
        "3" => Some(Excuse::Yama { ptrace_scope: 3 }),
        "2" if around.lacks_capability("CAP_SYS_PTRACE") => Some(Excuse::Yama { ptrace_scope: 2 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sample;
    use rstest::rstest;
    use sys::uapi::{CAP_SYS_ADMIN, CAP_SYS_PTRACE};

    const SYS_ADMIN: u64 = 1 << CAP_SYS_ADMIN;
    const SYS_PTRACE: u64 = 1 << CAP_SYS_PTRACE;

    /// Changes one thing around an ordinary run.
    type Change = fn(&mut Kernel);

    /// Each excuses where the table says so and the evidence is there, and in no other case.
    #[rstest]
    #[case::user("not_root = true", |k: &mut Kernel| k.identity.user = 1000, "the run's user is 1000")]
    #[case::capability(
        "capabilities = [\"CAP_SYS_ADMIN\"]",
        |k: &mut Kernel| k.surroundings.capabilities = Some(!SYS_ADMIN),
        "CapEff has no CAP_SYS_ADMIN"
    )]
    #[case::namespace(
        "user_namespace = true",
        |k: &mut Kernel| k.surroundings.user_namespace = Some("0 1000 1".into()),
        "a user namespace: /proc/self/uid_map is 0 1000 1"
    )]
    #[case::pid_namespace(
        "namespaces = [\"net\", \"pid\"]",
        |k: &mut Kernel| {
            k.surroundings.namespaces.insert("user", "another kind".into());
            k.surroundings.namespaces.insert("pid", "it is pid:[1]".into());
        },
        "it is pid:[1]"
    )]
    #[case::yama_never(
        "yama = true",
        |k: &mut Kernel| k.surroundings.sysctl = |name| (name == "kernel.yama.ptrace_scope").then(|| "3".into()),
        "kernel.yama.ptrace_scope is 3: nobody traces"
    )]
    #[case::yama_without_capability(
        "yama = true",
        |k: &mut Kernel| {
            k.surroundings.sysctl = |name| (name == "kernel.yama.ptrace_scope").then(|| "2".into());
            k.surroundings.capabilities = Some(!SYS_PTRACE);
        },
        "kernel.yama.ptrace_scope is 2, and CapEff has no CAP_SYS_PTRACE"
    )]
    #[case::filter(
        "filter = true",
        |k: &mut Kernel| k.identity.outer_seccomp = Some(2),
        "a seccomp filter was in force before the run: Seccomp is 2"
    )]
    #[case::bit(
        "no_new_privileges = true",
        |k: &mut Kernel| k.surroundings.no_new_privileges = true,
        "NoNewPrivs was 1 before the run"
    )]
    #[case::label(
        "label = true",
        |k: &mut Kernel| k.surroundings.label = Some("docker-default (enforce)".into()),
        "a security module's label confines the run: docker-default (enforce)"
    )]
    #[case::chroot("chroot = true", |k: &mut Kernel| k.surroundings.chroot = Some("a chroot".into()), "a chroot")]
    #[case::no_proc("no_proc = true", |k: &mut Kernel| k.proc = false, "/proc is not mounted")]
    #[case::read_only(
        "read_only = [\"/a\"]",
        |k: &mut Kernel| k.surroundings.is_read_only = |path| path == "/a",
        "/a is mounted read-only"
    )]
    #[case::sysctl(
        "sysctl = [{ name = \"a.b\", reads = [\"0\"] }]",
        |k: &mut Kernel| k.surroundings.sysctl = |name| (name == "a.b").then(|| "0".into()),
        "a.b is 0"
    )]
    #[case::sysctl_by_its_beginning(
        "sysctl = [{ name = \"a.b\", begins = [\"|\"] }]",
        |k: &mut Kernel| k.surroundings.sysctl = |name| (name == "a.b").then(|| "|/c".into()),
        "a.b is |/c"
    )]
    #[case::sysctl_for_others(
        "sysctl = [{ name = \"a.b\", reads = [\"0\"], unless = \"CAP_SYS_ADMIN\" }]",
        |k: &mut Kernel| {
            k.surroundings.sysctl = |name| (name == "a.b").then(|| "0".into());
            k.surroundings.capabilities = Some(0);
        },
        "a.b is 0"
    )]
    fn evidence_excuses_what_it_takes_away(
        #[case] entry: &str,
        #[case] change: Change,
        #[case] why: &str,
    ) {
        let read = |entry: &str| toml::from_str::<Surrounding>(entry).expect("valid");
        let mut kernel = sample("6.1");
        assert_eq!(read(entry).excuse(&kernel), None, "without evidence");
        change(&mut kernel);
        let excuse = read(entry).excuse(&kernel).expect("an excuse");
        assert_eq!(excuse.to_string(), why);
        assert_eq!(read("").excuse(&kernel), None, "where the table does not say so");
        let table = format!(
            "[[feature]]\nneed = \"thing\"\nsource = \"here\"\n[feature.surroundings]\n{entry}\n"
        );
        let features = crate::feature::Features::parse(&table).expect("valid");
        use crate::feature::Expected::{Absent, Present};
        assert_eq!(features.expect("thing", &kernel), Absent(excuse));
        // Without /proc nobody knows it of those that are read from there.
        let elsewhere = ["not_root", "filter", "no_proc", "read_only"];
        let unknown = !elsewhere.iter().any(|key| entry.starts_with(key));
        assert_eq!(features.may_be_taken("thing", &kernel), unknown);
        kernel.booted = true;
        assert_eq!(features.expect("thing", &kernel), Present, "in a machine of our own");
    }

    #[rstest]
    #[case::yama_restricted("yama = true", "1", 0)]
    #[case::yama_with_capability("yama = true", "2", SYS_PTRACE)]
    #[case::sysctl_with_capability(
        "sysctl = [{ name = \"kernel.yama.ptrace_scope\", reads = [\"2\"], unless = \"CAP_SYS_ADMIN\" }]",
        "2",
        SYS_ADMIN
    )]
    #[case::sysctl_with_another_value(
        "sysctl = [{ name = \"kernel.yama.ptrace_scope\", reads = [\"0\"] }]",
        "2",
        0
    )]
    fn what_does_not_bind_does_not_excuse(
        #[case] entry: &str,
        #[case] value: &str,
        #[case] capabilities: u64,
    ) {
        let mut kernel = sample("6.1");
        kernel.surroundings.capabilities = Some(capabilities);
        kernel.surroundings.sysctl = match value {
            "1" => |_| Some("1".into()),
            _ => |_| Some("2".into()),
        };
        let around: Surrounding = toml::from_str(entry).expect("valid");
        assert_eq!(around.excuse(&kernel), None);
    }

    #[test]
    fn what_could_not_be_read_does_not_excuse() {
        let mut kernel = sample("6.1");
        kernel.surroundings.capabilities = None;
        kernel.identity.outer_seccomp = None;
        let entry = "capabilities = [\"CAP_SYS_ADMIN\"]\nyama = true\nfilter = true";
        let around: Surrounding = toml::from_str(entry).expect("valid");
        assert_eq!(around.excuse(&kernel), None);
    }
}
