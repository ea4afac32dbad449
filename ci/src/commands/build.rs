//! `sigsys build`: the suite as one static program.

use crate::error::Refusal;
use crate::machine::suite_build;
use crate::{atomic, terminal};
use clap::Args;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What lies beside the program in a folder of the kernel's own tests.
const SCRIPT: &str = include_str!("../../kselftest/sigsys.sh");
const SETTINGS: &str = include_str!("../../kselftest/settings");
const CONFIG: &str = include_str!("../../kselftest/config");
/// The test, as the kernel's `run_kselftest.sh` names it.
const LISTED: &str = "sigsys:sigsys.sh";

/// `sigsys build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Copy the program here [default: print where it lies]
    pub output: Option<PathBuf>,
    /// Make it a test of the kernel's own: sigsys/ in this folder, and a line in its
    /// kselftest-list.txt, where run_kselftest.sh finds it
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub kselftest: Option<PathBuf>,
    /// With --kselftest: take this suite instead of building it
    #[arg(long, value_name = "PATH", requires = "kselftest")]
    pub suite: Option<PathBuf>,
}

/// Builds the suite, and copies it or prints where it lies; gives the exit status.
///
/// # Errors
/// When it cannot be built or copied.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Refusal> {
    let program = match &args.suite {
        Some(path) => path.clone(),
        None => suite_build::build()?,
    };
    if let Some(folder) = &args.kselftest {
        return match kselftest(&program, folder) {
            Ok(()) => Ok(0),
            Err(error) => Err(Refusal::usage(format!(
                "cannot make a test of {} in {}: {error}",
                program.display(),
                folder.display()
            ))),
        };
    }
    let Some(output) = &args.output else {
        terminal::say(&format!("{}\n", program.display()))?;
        return Ok(0);
    };
    match atomic::copy_named(&program, output) {
        Ok(()) => Ok(0),
        Err(error) => {
            Err(Refusal::usage(format!("cannot write the suite to {}: {error}", output.display())))
        }
    }
}

/// Makes `program` a test in a folder as the kernel's `make install` of its tests makes one, beside what is in
/// it already.
fn kselftest(program: &Path, folder: &Path) -> io::Result<()> {
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
            kselftest(&at("suite"), folder.path()).expect("made");
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
        let table = include_str!("../../../fixtures/features.toml");
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
