//! The suite as one of the kernel's own tests (kselftest).

use crate::atomic;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What lies beside the program in a folder of the kernel's own tests.
const SCRIPT: &str = include_str!("../../../kselftest/sigsys.sh");
const SETTINGS: &str = include_str!("../../../kselftest/settings");
const CONFIG: &str = include_str!("../../../kselftest/config");
/// The test, as the kernel's `run_kselftest.sh` names it.
const LISTED: &str = "sigsys:sigsys.sh";

/// Makes `program` a test in a folder as the kernel's `make install` of its tests makes one, beside what is in
/// it already.
pub(super) fn install(program: &Path, folder: &Path) -> io::Result<()> {
    let own = folder.join("sigsys");
    std::fs::create_dir_all(&own)?;
    atomic::copy_named(program, &own.join("sigsys-suite"))?;
    let script = own.join("sigsys.sh");
    atomic::write_named(&script, SCRIPT.as_bytes())?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    atomic::write_named(&own.join("settings"), SETTINGS.as_bytes())?;
    atomic::write_named(&own.join("config"), CONFIG.as_bytes())?;
    let list = folder.join("kselftest-list.txt");
    let mut listed = match std::fs::read_to_string(&list) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read?,
    };
    if listed.lines().any(|line| line == LISTED) {
        return Ok(());
    }
    if !listed.is_empty() && !listed.ends_with('\n') {
        listed.push('\n');
    }
    atomic::write_named(&list, format!("{listed}{LISTED}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn a_test_is_added_to_those_that_are_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("suite"), "program").expect("written");
        fs::write(at("kselftest-list.txt"), "timers:posix_timers").expect("written");
        for _ in 0..2 {
            install(&at("suite"), folder.path()).expect("made");
        }
        let list = fs::read_to_string(at("kselftest-list.txt")).expect("there");
        assert_eq!(list, "timers:posix_timers\nsigsys:sigsys.sh\n");
        let mode = fs::metadata(at("sigsys/sigsys.sh")).expect("there").permissions().mode();
        assert_eq!(mode & 0o111, 0o111);
        assert_eq!(fs::read(at("sigsys/sigsys-suite")).expect("there"), b"program");
    }

    /// Whatever option the table of features names as one that must be set is asked for.
    #[test]
    fn the_configuration_has_what_the_table_of_features_names() {
        let table = include_str!("../../../../fixtures/features.toml");
        let table: toml::Table = toml::from_str(table).expect("TOML");
        let mut named = BTreeSet::new();
        collect(&toml::Value::Table(table), &mut named);
        let asked: BTreeSet<String> =
            CONFIG.lines().filter_map(|line| Some(line.strip_suffix("=y")?.to_owned())).collect();
        let lacking: Vec<_> = named.difference(&asked).collect();
        assert!(!named.is_empty() && lacking.is_empty(), "{lacking:?}");
    }

    fn collect(value: &toml::Value, named: &mut BTreeSet<String>) {
        match value {
            toml::Value::Array(values) => values.iter().for_each(|value| collect(value, named)),
            toml::Value::Table(table) => {
                let name = table.get("name").and_then(toml::Value::as_str);
                // Those with `off = "y"` must not be set; those with HAVE_ are nobody's choice.
                let name = name.filter(|_| !table.contains_key("off"));
                let chosen = |name: &&str| name.starts_with("CONFIG_") && !name.contains("_HAVE_");
                named.extend(name.filter(chosen).map(str::to_owned));
                table.values().for_each(|value| collect(value, named));
            }
            _ => {}
        }
    }
}
