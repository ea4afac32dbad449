//! The surroundings of a run: its user, what confines it, and what the processor offers. Read once, before the
//! first case, as evidence that excuses what a kernel does not offer.

use crate::kernel::boot_line;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use sys::uapi::ADDR_NO_RANDOMIZE;

/// The surroundings of a run. What could not be read excuses nothing.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub processor: Processor,
    /// The current clock source, or why it is unknown.
    pub clock: Result<String, String>,
    /// `CapEff` of /proc/self/status.
    pub capabilities: Option<u64>,
    /// `NoNewPrivs` of /proc/self/status.
    pub no_new_privileges: bool,
    /// /proc/self/uid_map, where it is not the identity of every user there is.
    pub user_namespace: Option<String>,
    /// By kind, what shows that a namespace is not the first of its kind.
    pub namespaces: BTreeMap<&'static str, String>,
    /// The label a security module gave this process, where it confines.
    pub label: Option<String>,
    /// What shows that the root directory is not the file system's.
    pub chroot: Option<String>,
    /// What shows that addresses are not drawn at random.
    pub fixed_layout: Option<String>,
    /// What is mapped where the user half ends.
    pub last_mapping: Option<String>,
    /// The value of a sysctl, by its dotted name.
    pub sysctl: fn(&str) -> Option<String>,
    /// Whether a path lies on a file system that nothing can be written to.
    pub is_read_only: fn(&str) -> bool,
}

/// What CPUID says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Processor {
    /// Protection keys for pages.
    pub pku: bool,
    /// Event delivery that leaves registers alone.
    pub fred: bool,
}

impl Processor {
    /// `leaf` answers to a leaf and subleaf with EAX, EBX, ECX and EDX.
    fn told(leaf: impl Fn(u32, u32) -> [u32; 4]) -> Self {
        let [highest, ..] = leaf(0, 0);
        if highest < 7 {
            return Self::default();
        }
        let [subleaves, _, features, _] = leaf(7, 0);
        let pku = features & 1 << 3 != 0;
        let fred = subleaves >= 1 && leaf(7, 1)[0] & 1 << 17 != 0;
        Self { pku, fred }
    }
}

const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

impl Surroundings {
    /// Reads them; `status` is /proc/self/status.
    pub(crate) fn read(status: Option<&str>, boot_line: &str) -> Self {
        let field = |name: &str| {
            status?
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|rest| rest.trim().to_owned())
        };
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        Self {
            processor: Processor::told(sys::environment::cpuid),
            clock: fs::read_to_string(CLOCK)
                .map(|name| name.trim().to_owned())
                .map_err(|error| format!("reading {CLOCK}: {error}")),
            capabilities: field("CapEff:").and_then(|set| u64::from_str_radix(&set, 16).ok()),
            no_new_privileges: field("NoNewPrivs:").as_deref() == Some("1"),
            user_namespace: fs::read_to_string("/proc/self/uid_map")
                .ok()
                .and_then(|map| partial(&map)),
            namespaces: namespaces(|path| {
                Some(fs::read_link(path).ok()?.to_string_lossy().into_owned())
            }),
            label: fs::read_to_string("/proc/self/attr/current")
                .ok()
                .and_then(|label| confining(&label)),
            chroot: chroot(),
            fixed_layout: fixed_layout(
                boot_line,
                sys::environment::personality(),
                sysctl(RANDOMIZE).as_deref(),
            ),
            last_mapping: last_mapping(&maps),
            sysctl,
            is_read_only,
        }
    }
}

const RANDOMIZE: &str = "kernel.randomize_va_space";

/// Why addresses are not drawn at random.
fn fixed_layout(boot_line: &str, personality: usize, sysctl: Option<&str>) -> Option<String> {
    if boot_line::has(boot_line, "norandmaps") {
        return Some("the boot line says norandmaps".into());
    }
    if personality & ADDR_NO_RANDOMIZE != 0 {
        return Some("this process's personality has ADDR_NO_RANDOMIZE".into());
    }
    (sysctl == Some("0")).then(|| format!("{RANDOMIZE} is 0"))
}

/// A map of users that is not the identity of all of them, in one line.
fn partial(map: &str) -> Option<String> {
    let words: Vec<&str> = map.split_whitespace().collect();
    (words != ["0", "0", "4294967295"]).then(|| words.join(" "))
}

/// Which namespaces are not the first of their kind. The first of processes has a number of its own (proc_ns.h); that
/// of networks is the one that kernel threads are in, which a process of the first namespace sees.
fn namespaces(read: impl Fn(&str) -> Option<String>) -> BTreeMap<&'static str, String> {
    const FIRST_PID: &str = "pid:[4026531836]";
    let mut found = BTreeMap::new();
    let Some(pid) = read("/proc/self/ns/pid") else { return found };
    if pid != FIRST_PID {
        found.insert("pid", format!("a pid namespace: /proc/self/ns/pid is {pid}"));
    } else if let (Some(own), Some(kernel)) = (read("/proc/self/ns/net"), read("/proc/2/ns/net"))
        && own != kernel
    {
        found.insert("net", format!("a network namespace: /proc/self/ns/net is {own}"));
    }
    found
}

/// A label that stands for rules, as AppArmor and SELinux write them.
fn confining(label: &str) -> Option<String> {
    let label = label.trim_matches(['\0', '\n', ' ']);
    let free = label.is_empty()
        || label == "unconfined"
        || label == "kernel"
        || label == "_"
        || label.contains(":unconfined_t:")
        || label.contains(":kernel_t:");
    (!free).then(|| label.to_owned())
}

/// What is mapped at the end of the user half: the line's addresses and name.
fn last_mapping(maps: &str) -> Option<String> {
    const END: &str = "7ffffffff000";
    let line = maps.lines().find(|line| {
        line.split_once(' ')
            .and_then(|(range, _)| range.split_once('-'))
            .is_some_and(|(_, end)| end == END)
    })?;
    let words: Vec<&str> = line.split_whitespace().collect();
    Some(format!("{} {}", words.first()?, words.get(5).copied().unwrap_or("(no name)")))
}

fn sysctl(name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/"))).ok()?;
    Some(text.trim().to_owned())
}

fn is_read_only(path: &str) -> bool {
    nix::sys::statvfs::statvfs(path)
        .is_ok_and(|system| system.flags().contains(nix::sys::statvfs::FsFlags::ST_RDONLY))
}

/// What shows that this process is in a chroot: its root is no mount of its namespace, or another
/// directory than the first process's.
fn chroot() -> Option<String> {
    let Ok(mounts) = fs::read_to_string("/proc/self/mountinfo") else {
        return (is_mount_root("/") == Some(false)).then(|| {
            "no file system is mounted at / (statx has no STATX_ATTR_MOUNT_ROOT): this is a chroot"
                .into()
        });
    };
    if !mounts.lines().any(|line| line.split(' ').nth(4) == Some("/")) {
        return Some(
            "no file system is mounted at / (/proc/self/mountinfo): this is a chroot".into(),
        );
    }
    let place = |path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
    match (place("/"), place("/proc/1/root/")) {
        (Some(own), Some(first)) if own != first => {
            Some("/ is another directory than /proc/1/root: this is a chroot".into())
        }
        _ => None,
    }
}

/// Whether a file system is mounted at `path`; nothing where the kernel does not tell (before 5.8).
fn is_mount_root(path: &str) -> Option<bool> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let told = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS).ok()?;
    let bit = StatxAttributes::MOUNT_ROOT;
    told.stx_attributes_mask.contains(bit).then(|| told.stx_attributes.contains(bit))
}

/// Nothing around the run that would excuse anything, for tests.
#[cfg(test)]
pub(crate) fn plain() -> Surroundings {
    Surroundings {
        processor: Processor { pku: true, fred: false },
        clock: Ok("tsc".into()),
        capabilities: Some(u64::MAX),
        no_new_privileges: false,
        user_namespace: None,
        namespaces: BTreeMap::new(),
        label: None,
        chroot: None,
        fixed_layout: None,
        last_mapping: None,
        sysctl: |_| None,
        is_read_only: |_| false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_mount_is_told_from_a_folder() {
        // Kernels before 5.8 do not tell.
        let told = ["/proc", "/proc/self/", "/nonexistent"].map(is_mount_root);
        assert!(matches!(told, [Some(true), Some(false), None] | [None, None, None]), "{told:?}");
    }

    /// Leaves 0, 7 and 7.1 of a processor; whoever asks for another leaf than there is gets the last one.
    #[rstest]
    #[case::all(7, [1, 0, 1 << 3, 0], [1 << 17, 0, 0, 0], true, true)]
    #[case::more_leaves(0x20, [2, 0, 1 << 3, 0], [1 << 17, 0, 0, 0], true, true)]
    #[case::no_leaf(6, [1, 0, 1 << 3, 0], [1 << 17, 0, 0, 0], false, false)]
    #[case::no_subleaf(7, [0, 0, 1 << 3, 0], [1 << 17, 0, 0, 0], true, false)]
    #[case::all_but_these(7, [1, !0, !(1 << 3), !0], [!(1 << 17), !0, !0, !0], false, false)]
    #[case::keys(7, [1, 0, 1 << 3, 0], [0; 4], true, false)]
    #[case::events(7, [1, 0, 0, 0], [1 << 17, 0, 0, 0], false, true)]
    #[case::none(7, [1, 0, 0, 0], [0; 4], false, false)]
    fn a_processor_says_what_it_has(
        #[case] highest: u32,
        #[case] seven: [u32; 4],
        #[case] one: [u32; 4],
        #[case] pku: bool,
        #[case] fred: bool,
    ) {
        let leaf = |leaf, subleaf| match (leaf, subleaf) {
            (0, 0) => [highest, 0, 0, 0],
            (7, 0) => seven,
            (7, 1) => one,
            _ => panic!("{leaf:#x}.{subleaf} says nothing of these"),
        };
        assert_eq!(Processor::told(leaf), Processor { pku, fred });
    }

    #[rstest]
    #[case("         0          0 4294967295\n", None)]
    #[case("         0       1000          1\n", Some("0 1000 1"))]
    #[case("0 100000 65536\n", Some("0 100000 65536"))]
    #[case("0 0 1\n1 1 4294967294\n", Some("0 0 1 1 1 4294967294"))]
    fn a_map_of_users_is_whole_or_not(#[case] map: &str, #[case] expected: Option<&str>) {
        assert_eq!(partial(map).as_deref(), expected);
    }

    /// `own` are the links of a process, `kernel` is the network of the second, where it can be seen.
    #[rstest]
    #[case::first(["pid:[4026531836]", "net:[9]"], Some("net:[9]"), None)]
    #[case::network(
        ["pid:[4026531836]", "net:[8]"],
        Some("net:[9]"),
        Some(("net", "a network namespace: /proc/self/ns/net is net:[8]"))
    )]
    #[case::unknown_network(["pid:[4026531836]", "net:[8]"], None, None)]
    #[case::processes(
        ["pid:[4026532000]", "net:[8]"],
        Some("net:[9]"),
        Some(("pid", "a pid namespace: /proc/self/ns/pid is pid:[4026532000]"))
    )]
    fn a_namespace_is_the_first_or_not(
        #[case] own: [&str; 2],
        #[case] kernel: Option<&str>,
        #[case] expected: Option<(&'static str, &str)>,
    ) {
        let read = |path: &str| match path {
            "/proc/self/ns/pid" => Some(own[0].to_owned()),
            "/proc/self/ns/net" => Some(own[1].to_owned()),
            _ => kernel.map(str::to_owned),
        };
        let expected = expected.map(|(kind, shown_by)| (kind, shown_by.to_owned()));
        assert_eq!(namespaces(read), expected.into_iter().collect());
        assert!(namespaces(|_| None).is_empty(), "without /proc");
    }

    #[rstest]
    #[case("unconfined\n", None)]
    #[case("kernel\n", None)]
    #[case("_\n", None)]
    #[case("docker-default (enforce)\n", Some("docker-default (enforce)"))]
    #[case("unconfined_u:unconfined_r:unconfined_t:s0\0", None)]
    #[case(
        "system_u:system_r:container_t:s0:c1,c2\0",
        Some("system_u:system_r:container_t:s0:c1,c2")
    )]
    #[case("", None)]
    fn a_label_confines_or_not(#[case] label: &str, #[case] expected: Option<&str>) {
        assert_eq!(confining(label).as_deref(), expected);
    }

    #[rstest]
    #[case("", 0, Some("2"), None)]
    #[case("quiet norandmaps", 0, Some("2"), Some("the boot line says norandmaps"))]
    #[case("-- norandmaps", 0, None, None)]
    #[case("", 0x0004_0000, Some("2"), Some("this process's personality has ADDR_NO_RANDOMIZE"))]
    #[case("", 0x0008, Some("1"), None)]
    #[case("", 0, Some("0"), Some("kernel.randomize_va_space is 0"))]
    fn a_layout_is_fixed_or_not(
        #[case] boot_line: &str,
        #[case] personality: usize,
        #[case] sysctl: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(fixed_layout(boot_line, personality, sysctl).as_deref(), expected);
    }

    #[rstest]
    #[case(
        "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0    [stack]\n",
        Some("7ffffffde000-7ffffffff000 [stack]")
    )]
    #[case("7ffffffde000-7fffffffe000 rw-p 00000000 00:00 0    [stack]\n", None)]
    #[case(
        "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0\n",
        Some("7ffffffde000-7ffffffff000 (no name)")
    )]
    fn what_lies_at_the_end_is_named(#[case] maps: &str, #[case] expected: Option<&str>) {
        assert_eq!(last_mapping(maps).as_deref(), expected);
    }
}
