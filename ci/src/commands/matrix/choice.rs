//! What is to be run: the list, own kernels and other systems that the command line adds, and the choice of
//! them.

use super::args::MatrixArgs;
use crate::error::Refusal;
use crate::machine::kernels::{self, Column, Kernel, List, System};
use std::path::{Path, PathBuf};

/// What is to be run: `--via` and `--kernel` alone run nothing of the list, unless `--only` names that.
pub(super) fn columns(args: &MatrixArgs) -> Result<Vec<Column>, Refusal> {
    let mut list = List::read(args.kernels.as_deref())
        .map_err(|why| Refusal::usage(format!("--kernels {why}")))?;
    let own = args.kernel.iter().map(|text| named_kernel(text)).collect::<Result<Vec<_>, _>>()?;
    let vias = args.via.iter().map(|via| named_command(via)).collect::<Result<Vec<_>, _>>()?;
    let kernels = own.iter().map(|kernel| ("--kernel", &kernel.name));
    let systems = vias.iter().map(|system| ("--via", &system.name));
    let mut added: Vec<String> = Vec::new();
    for (option, name) in kernels.chain(systems) {
        if added.contains(name) || list.is_taken(name) {
            return Err(Refusal::usage(format!(
                "{option}: the matrix has a `{name}` already: give it another name"
            )));
        }
        added.push(name.clone());
    }
    list.systems.extend(vias);
    list.kernels.extend(own);
    if list.variants.is_empty() && !list.kernels.is_empty() {
        list.variants = List::read(None).map_err(Refusal::usage)?.variants;
    }
    if let Some(why) = list.fault() {
        return Err(Refusal::usage(format!("--kernel: {why}")));
    }
    gate(&mut list, &args.gated)?;
    let columns = list.columns();
    select(columns.clone(), &args.require, "--require")?;
    // One variant of an own kernel may be named, and then the others are not meant.
    let is_named = |own: &String| {
        let mut columns = columns.iter().filter(|column| column.is_called(own));
        columns.any(|column| args.only.iter().any(|name| column.is_called(name)))
    };
    let mut only = args.only.clone();
    only.extend(added.into_iter().filter(|own| !is_named(own)));
    select(columns.clone(), &only, "--only")
}

/// Has the systems that `names` mean held to their own snapshot, and to nothing else.
fn gate(list: &mut List, names: &[String]) -> Result<(), Refusal> {
    for name in names {
        let system = list.systems.iter_mut().find(|system| system.name == *name);
        let system = system.ok_or_else(|| {
            Refusal::usage(format!("--gated {name}: no other system is called so"))
        })?;
        (system.held, system.gated) = (false, true);
    }
    Ok(())
}

fn select(columns: Vec<Column>, names: &[String], option: &str) -> Result<Vec<Column>, Refusal> {
    kernels::select(columns, names).map_err(|why| Refusal::usage(format!("{option} {why}")))
}

/// `NAME=PATH[,CONFIG]`
fn named_kernel(text: &str) -> Result<Kernel, Refusal> {
    let refuse = |why: &str| Refusal::usage(format!("--kernel {text}: {why}"));
    let named = text.split_once('=').filter(|(name, _)| kernels::is_name(name));
    let (name, files) =
        named.ok_or_else(|| refuse("NAME=PATH[,CONFIG] is asked for: its column needs a name"))?;
    let (image, config) = files_of(files);
    if image.as_os_str().is_empty() {
        return Err(refuse("there is no path in it"));
    }
    // Without a slash it may be the version of a packaged kernel.
    let is_path = image.components().count() > 1 || image.is_absolute();
    for (path, is_path) in [(Some(&image), is_path), (config.as_ref(), true)] {
        if let Some(path) = path.filter(|path| is_path && !path.exists()) {
            return Err(refuse(&format!("there is no {}", path.display())));
        }
    }
    Ok(Kernel { name: name.to_owned(), image: Some(image), config, ..Kernel::default() })
}

/// The files that `PATH[,CONFIG]` names; a path with a comma in its name is one where there is such a file.
fn files_of(text: &str) -> (PathBuf, Option<PathBuf>) {
    match text.rsplit_once(',') {
        Some((image, config)) if !Path::new(text).exists() && !config.is_empty() => {
            (image.into(), Some(config.into()))
        }
        _ => (text.into(), None),
    }
}

/// `NAME=COMMAND`
fn named_command(via: &str) -> Result<System, Refusal> {
    let named = via.split_once('=').filter(|(name, _)| kernels::is_name(name));
    let (name, command) = named.unwrap_or(("via", via));
    if command.trim().is_empty() {
        return Err(Refusal::usage(format!("--via {via}: there is no command in it")));
    }
    Ok(System {
        name: name.to_owned(),
        command: command.to_owned(),
        held: true,
        ..System::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_a_comma_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).display().to_string();
        assert_eq!(files_of(&text("a,b")), (at("a"), Some("b".into())));
        std::fs::write(at("a,b"), "").expect("written");
        assert_eq!(files_of(&text("a,b")), (at("a,b"), None));
        assert_eq!(files_of(&text("a,b,c")), (at("a,b"), Some("c".into())));
        assert_eq!(files_of("6.16.3"), ("6.16.3".into(), None));
    }
}
