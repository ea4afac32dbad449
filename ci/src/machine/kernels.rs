//! The list of kernels (`ci/kernels.toml`), and what the names in it stand for.

pub(crate) mod apt;
pub(crate) mod catalogue;
mod deb;
pub(crate) mod fetch;
pub(crate) mod lack;
pub(crate) mod mirror;
mod own;
pub(crate) mod packaged;
pub(crate) mod resolve;
mod unpack;

use crate::bundle;
use harness::describe::CaseMeta;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The list that this tool was built with.
const OWN: &str = include_str!("../../kernels.toml");

/// What the matrix is made of.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    #[serde(default, rename = "kernel")]
    pub kernels: Vec<Kernel>,
    #[serde(default, rename = "variant")]
    pub variants: Vec<Variant>,
    #[serde(default, rename = "system")]
    pub systems: Vec<System>,
}

/// A kernel: one that a Debian suite carries, one of the catalogue of packaged kernels, or anybody's image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kernel {
    /// What it is called on a command line.
    pub name: String,
    /// Its series, where that never changes; alone, the newest packaged kernel of that series is meant.
    #[serde(default)]
    pub series: String,
    /// The suites in which apt looks for it.
    #[serde(default)]
    pub suites: Vec<String>,
    /// The package that depends on the newest image.
    #[serde(default)]
    pub package: String,
    /// Its version in the catalogue of packaged kernels.
    #[serde(default)]
    pub version: String,
    /// An image, or what one is found in.
    #[serde(default)]
    pub image: Option<PathBuf>,
    /// The configuration of the image.
    #[serde(default)]
    pub config: Option<PathBuf>,
}

/// Where a kernel comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// The newest that suites carry.
    Package,
    /// The catalogue of packaged kernels, by this version or series.
    Catalogue(&'a str),
    /// An image of the user's, and its configuration.
    Image(&'a Path, Option<&'a Path>),
}

/// A way to start every kernel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    /// What it is called in the name of a column.
    pub name: String,
    /// Words for the boot line.
    pub append: String,
    /// The variant from which it differs in some cases alone; empty where all cases are its own.
    #[serde(default)]
    pub base: String,
    /// The cases that can differ from those of the base: those with one of these needs,
    #[serde(default)]
    pub needs: Vec<String>,
    /// and those whose names begin so.
    #[serde(default)]
    pub cases: Vec<String>,
}

/// Another implementation of the ABI, or a machine that a command reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    /// What it is called.
    pub name: String,
    /// A shell command that runs `{suite}`; what follows are the suite's arguments.
    pub command: String,
    /// A shell command that prints its version; empty where nothing says it.
    #[serde(default)]
    pub version: String,
    /// The package that holds it.
    #[serde(default)]
    pub package: String,
    /// Whether what it breaks is a failure of the run.
    #[serde(default)]
    pub held: bool,
    /// Whether a difference from its own snapshot is a failure of the run.
    #[serde(default)]
    pub gated: bool,
    /// The needs that it lacks by design; where that is said, whatever else it lacks is a difference.
    #[serde(default)]
    pub lacks: Option<Vec<String>>,
}

/// One column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Kernel(Kernel, Variant),
    System(System),
}

impl Kernel {
    /// Where it comes from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        match (&self.image, self.version.as_str()) {
            (Some(image), _) => Origin::Image(image, self.config.as_deref()),
            (None, "") if self.package.is_empty() => Origin::Catalogue(&self.series),
            (None, "") => Origin::Package,
            (None, version) => Origin::Catalogue(version),
        }
    }

    /// Whether it is an image of the user's.
    pub(crate) const fn is_own(&self) -> bool {
        self.image.is_some()
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        let Self { name, series, suites, package, version, image, config } = self;
        let from =
            [!package.is_empty() || !suites.is_empty(), !version.is_empty(), image.is_some()];
        match from.iter().filter(|named| **named).count() {
            0 if series.is_empty() => Some(format!(
                "kernel `{name}` names neither suites and a package, nor a series, a version or an image"
            )),
            2.. => Some(format!(
                "kernel `{name}` names more than one of suites with a package, a version and an image"
            )),
            _ if !package.is_empty() && suites.is_empty() => {
                Some(format!("kernel `{name}` names no suites"))
            }
            _ if package.is_empty() && !suites.is_empty() => {
                Some(format!("kernel `{name}` names suites and no package"))
            }
            _ if config.is_some() && image.is_none() => Some(format!(
                "kernel `{name}` names a config and no image: other kernels bring their own"
            )),
            // It is a word among series in the snapshots.
            _ if image.is_some() && name.starts_with(|c: char| c.is_ascii_digit()) => {
                Some(format!(
                    "`{name}` would be taken for a series: the name of an own image begins with a letter"
                ))
            }
            _ => None,
        }
    }
}

impl Variant {
    /// Whether `case` can differ from what it does in the base.
    pub(crate) fn can_differ(&self, case: &CaseMeta) -> bool {
        self.base.is_empty()
            || self.cases.iter().any(|prefix| case.name.starts_with(prefix))
            || case.needs.iter().any(|need| self.needs.contains(need))
    }
}

impl Column {
    /// Its name: that of its files, and of `--only`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Kernel(kernel, variant) => format!("{}-{}", kernel.name, variant.name),
            Self::System(system) => system.name.clone(),
        }
    }

    /// Whether what it breaks is a failure of the run.
    pub(crate) fn is_held(&self) -> bool {
        match self {
            Self::Kernel(..) => true,
            Self::System(system) => system.held,
        }
    }

    /// Whether a difference from its own snapshot is a failure of the run.
    pub(crate) fn is_gated(&self) -> bool {
        match self {
            Self::Kernel(..) => true,
            Self::System(system) => system.held || system.gated,
        }
    }

    /// Every word by which `--only` and `--require` may mean it.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Kernel(kernel, variant) => {
                let mut names = vec![self.name(), kernel.name.clone(), variant.name.clone()];
                if !kernel.series.is_empty() {
                    names.push(kernel.series.clone());
                    names.push(format!("{}-{}", kernel.series, variant.name));
                }
                names
            }
            Self::System(system) => vec![system.name.clone()],
        }
    }

    /// Whether `name` means it.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names().iter().any(|own| own == name)
    }
}

impl List {
    /// Reads the list at `path`, or that of the bundle beside this tool, or the tool's own. Its images are found from where the list is.
    ///
    /// # Errors
    /// When it is no such list: says where it is wrong.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, String> {
        let refuse = |why: String| {
            let path = path.map_or("kernels.toml".into(), |path| path.display().to_string());
            format!("{path}: {why}")
        };
        let text = match path {
            Some(path) => {
                std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?
            }
            None => match bundle::here()? {
                Some(bundle) => std::fs::read_to_string(bundle.file(bundle::KERNELS)?)
                    .map_err(|error| refuse(error.to_string()))?,
                None => OWN.to_owned(),
            },
        };
        let mut list = Self::parse(&text).map_err(refuse)?;
        list.place(path.and_then(Path::parent).unwrap_or(Path::new("")));
        Ok(list)
    }

    /// Has it lie in `folder`: its images are found from there.
    fn place(&mut self, folder: &Path) {
        for kernel in &mut self.kernels {
            for file in [&mut kernel.image, &mut kernel.config].into_iter().flatten() {
                *file = folder.join(&*file);
            }
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let list: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message().lines().next().unwrap_or_default())
        })?;
        list.fault().map_or(Ok(list), Err)
    }

    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<String> {
        let names = self.kernels.iter().map(|kernel| kernel.name.as_str());
        let names = names.chain(self.variants.iter().map(|variant| variant.name.as_str()));
        let names: Vec<&str> =
            names.chain(self.systems.iter().map(|system| system.name.as_str())).collect();
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            return Some(format!("`{name}` is no name: letters, digits, and . _ + - are"));
        }
        let mut seen = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
            return Some(format!("`{name}` is there twice"));
        }
        if !self.kernels.is_empty() && self.variants.is_empty() {
            return Some("it has kernels and no variant to start them in".into());
        }
        let base = |variant: &&Variant| {
            let is_base = |other: &Variant| other.name == variant.base && other.base.is_empty();
            !variant.base.is_empty() && !self.variants.iter().any(is_base)
        };
        if let Some(Variant { name, base, .. }) = self.variants.iter().find(base) {
            return Some(format!(
                "variant `{name}` differs from `{base}`, which is no variant that is whole"
            ));
        }
        let needless = |variant: &&Variant| {
            variant.base.is_empty() && !(variant.needs.is_empty() && variant.cases.is_empty())
        };
        if let Some(variant) = self.variants.iter().find(needless) {
            return Some(format!(
                "variant `{}` names needs or cases and no base from which they differ",
                variant.name
            ));
        }
        self.kernels.iter().find_map(Kernel::fault)
    }

    /// Whether something in it is called `name` already.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        let kernels = self.kernels.iter().map(|kernel| &kernel.name);
        let variants = self.variants.iter().map(|variant| &variant.name);
        let systems = self.systems.iter().map(|system| &system.name);
        let columns = self.columns();
        kernels.chain(variants).chain(systems).any(|own| own == name)
            || columns.iter().any(|column| column.name() == name)
    }

    /// Every column, in order.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let kernels = self.kernels.iter().flat_map(|kernel| {
            let column = |variant: &Variant| Column::Kernel(kernel.clone(), variant.clone());
            self.variants.iter().map(column)
        });
        kernels.chain(self.systems.iter().cloned().map(Column::System)).collect()
    }

    /// The kernel of a suite that `name` means; what others are called, the catalogue knows.
    pub(crate) fn kernel(&self, name: &str) -> Option<&Kernel> {
        let is_meant = |kernel: &&Kernel| {
            kernel.origin() == Origin::Package && (kernel.name == name || kernel.series == name)
        };
        self.kernels.iter().find(is_meant).filter(|_| !name.is_empty())
    }
}

/// Whether `name` can be the name of a column. A `-` in that of a variant would make those of columns
/// ambiguous.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

/// The columns that `names` mean; every one where there is no name.
///
/// # Errors
/// When a name means none: says which there are.
pub(crate) fn select(columns: Vec<Column>, names: &[String]) -> Result<Vec<Column>, String> {
    for name in names {
        if !columns.iter().any(|column| column.is_called(name)) {
            let mut known: Vec<String> = Vec::new();
            for own in columns.iter().flat_map(Column::names) {
                if !known.contains(&own) && own.matches('-').count() == 0 {
                    known.push(own);
                }
            }
            return Err(format!(
                "{name}: nothing in the matrix is called so; there are {}, and each kernel-variant",
                known.join(", ")
            ));
        }
    }
    let is_meant = |column: &Column| names.iter().any(|name| column.is_called(name));
    Ok(columns.into_iter().filter(|column| names.is_empty() || is_meant(column)).collect())
}

#[cfg(test)]
mod tests;
