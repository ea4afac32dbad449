//! `sigsys build`: the suite as one static program, or all there is to hand out as one archive.

mod contents;
mod licences;
mod links;
mod pack;

use crate::bundle;
use crate::error::Refusal;
use crate::machine::suite_build;
use crate::{atomic, terminal, workspace};
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
    /// Copy the program here [default: print where it lies]; with --bundle: write the archive here, a
    /// .tar.gz or .tar.zst [default: sigsys-VERSION-x86_64-linux.tar.gz]
    pub output: Option<PathBuf>,
    /// Pack suite, tool, snapshots, list of kernels, manual and all that belongs to them into one archive, which
    /// needs neither cargo nor a checkout where it is unpacked
    #[arg(long)]
    pub bundle: bool,
    /// Make it a test of the kernel's own: sigsys/ in this folder, and a line in its
    /// kselftest-list.txt, where run_kselftest.sh finds it
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["output", "bundle"])]
    pub kselftest: Option<PathBuf>,
    /// With --kselftest: take this suite instead of building it
    #[arg(long, value_name = "PATH", requires = "kselftest")]
    pub suite: Option<PathBuf>,
}

/// Builds the suite, and copies it or prints where it lies; or builds what is handed out. Gives the exit status.
///
/// # Errors
/// When it cannot be built or copied.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Refusal> {
    if args.bundle {
        return pack_all(args.output.as_deref());
    }
    let program = match (&args.suite, workspace::bundle()?) {
        (Some(path), _) => path.clone(),
        (None, Some(bundle)) => bundle.file(bundle::SUITE).map_err(Refusal::usage)?,
        (None, None) => suite_build::build()?,
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

/// Space that the archive is sure to find room in, in bytes.
const ROOM: u64 = 32 << 20;

fn pack_all(output: Option<&Path>) -> Result<u8, Refusal> {
    let name = format!("sigsys-{}-x86_64-linux", env!("CARGO_PKG_VERSION"));
    let usual = PathBuf::from(format!("{name}.tar.gz"));
    let output = output.unwrap_or(&usual);
    let refuse = |why: &str| Refusal::usage(format!("{}: {why}", output.display()));
    let packing = pack::Packing::of(output)
        .ok_or_else(|| refuse("the archive is a .tar.gz or a .tar.zst: name it so"))?;
    if output.symlink_metadata().is_ok() {
        return Err(refuse("is there already: remove it, or name another file"));
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let room = atomic::room(folder.unwrap_or(Path::new(".")), ROOM);
    room.map_err(|why| match why.starts_with(atomic::FULL) {
        true => Refusal::no_answer(why),
        false => Refusal::usage(why),
    })?;
    let workspace = workspace::look().map_err(Refusal::usage)?.ok_or_else(|| {
        Refusal::usage("the archive is built in a checkout of sigsys, with cargo: go into one")
    })?;
    let time = suite_build::time_of_commit(&workspace);
    let (suite, tool) = suite_build::build_both(&workspace)?;
    let files = contents::gather(&workspace, &suite, &tool)?;
    let bytes = pack::archive(&name, &files, time, packing)
        .map_err(|error| Refusal::no_answer(format!("the archive cannot be made: {error}")))?;
    atomic::write_named(output, &bytes).map_err(|error| refuse(&error.to_string()))?;
    let (size, count) = (bytes.len().div_ceil(1 << 20), files.len());
    terminal::say(&format!("{}: {count} files, {size} MiB\n", output.display()))?;
    Ok(0)
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
