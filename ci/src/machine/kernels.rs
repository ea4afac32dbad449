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

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// The list that this tool was built with.
const OWN: &str = include_str!("../../kernels.toml");

/// What the matrix is made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    #[serde(default, rename = "kernel")]
    pub kernels: Vec<Kernel>,
    #[serde(default, rename = "variant")]
    pub variants: Vec<Variant>,
    #[serde(default, rename = "system")]
    pub systems: Vec<System>,
}

/// A kernel that a Debian suite carries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kernel {
    /// What it is called on a command line.
    pub name: String,
    /// Its series, where that never changes.
    #[serde(default)]
    pub series: String,
    /// The suites in which apt looks for it.
    pub suites: Vec<String>,
    /// The package that depends on the newest image.
    pub package: String,
}

/// A way to start every kernel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    /// What it is called in the name of a column.
    pub name: String,
    /// Words for the boot line.
    pub append: String,
}

/// Another implementation of the ABI, or a machine that a command reaches.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
}

/// One column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Kernel(Kernel, Variant),
    System(System),
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
    /// Reads the list at `path`, or the tool's own.
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
            None => OWN.to_owned(),
        };
        Self::parse(&text).map_err(refuse)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let list: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message().lines().next().unwrap_or_default())
        })?;
        let own = |name: &&str| {
            let safe = |c: char| c.is_ascii_alphanumeric() || "._+".contains(c);
            // A `-` in a variant would make the names of columns ambiguous.
            name.is_empty() || !name.chars().all(|c| safe(c) || c == '-')
        };
        let names = list.kernels.iter().map(|kernel| kernel.name.as_str());
        let names = names.chain(list.variants.iter().map(|variant| variant.name.as_str()));
        let names: Vec<&str> =
            names.chain(list.systems.iter().map(|system| system.name.as_str())).collect();
        if let Some(name) = names.iter().find(|name| own(name)) {
            return Err(format!("`{name}` is no name: letters, digits, and . _ + - are"));
        }
        let mut seen = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
            return Err(format!("`{name}` is there twice"));
        }
        if !list.kernels.is_empty() && list.variants.is_empty() {
            return Err("it has kernels and no variant to start them in".into());
        }
        if let Some(kernel) = list.kernels.iter().find(|kernel| kernel.suites.is_empty()) {
            return Err(format!("kernel `{}` names no suites", kernel.name));
        }
        Ok(list)
    }

    /// Every column, in order.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let kernels = self.kernels.iter().flat_map(|kernel| {
            let column = |variant: &Variant| Column::Kernel(kernel.clone(), variant.clone());
            self.variants.iter().map(column)
        });
        kernels.chain(self.systems.iter().cloned().map(Column::System)).collect()
    }

    /// The kernel that `name` means.
    pub(crate) fn kernel(&self, name: &str) -> Option<&Kernel> {
        let is_meant = |kernel: &&Kernel| kernel.name == name || kernel.series == name;
        self.kernels.iter().find(is_meant).filter(|_| !name.is_empty())
    }
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
mod tests {
    use super::*;
    use rstest::rstest;

    const KERNEL: &str =
        "[[kernel]]\nname = \"k\"\nseries = \"6.1\"\nsuites = [\"s\"]\npackage = \"p\"\n";
    const VARIANTS: &str =
        "[[variant]]\nname = \"x\"\nappend = \"a\"\n[[variant]]\nname = \"y\"\nappend = \"b\"\n";
    const SYSTEM: &str = "[[system]]\nname = \"g\"\ncommand = \"c\"\n";

    fn list() -> List {
        List::parse(&format!("{KERNEL}{VARIANTS}{SYSTEM}")).expect("a list")
    }

    #[test]
    fn the_own_list_is_sound() {
        let list = List::read(None).expect("sound");
        assert_eq!(
            list.columns().len(),
            list.kernels.len() * list.variants.len() + list.systems.len()
        );
        assert!(list.columns().len() > 20);
        for system in &list.systems {
            assert!(system.command.contains("{suite}"), "{}", system.name);
        }
    }

    #[rstest]
    #[case::all(&[], &["k-x", "k-y", "g"])]
    #[case::kernel(&["k"], &["k-x", "k-y"])]
    #[case::series(&["6.1"], &["k-x", "k-y"])]
    #[case::variant(&["y"], &["k-y"])]
    #[case::column(&["k-x"], &["k-x"])]
    #[case::series_column(&["6.1-y"], &["k-y"])]
    #[case::system(&["g"], &["g"])]
    #[case::two(&["g", "x"], &["k-x", "g"])]
    fn names_mean_columns(#[case] names: &[&str], #[case] expected: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let columns = select(list().columns(), &names).expect("they are there");
        let selected: Vec<String> = columns.iter().map(Column::name).collect();
        assert_eq!(selected, expected);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let why = select(list().columns(), &["z".into()]).expect_err("unknown");
        assert!(why.starts_with("z: ") && why.contains("k, x, 6.1, y, g"), "{why}");
    }

    #[rstest]
    #[case::syntax("[[kernel", "line 1: ")]
    #[case::unknown_key(
        "[[variant]]\nname = \"x\"\nappend = \"a\"\nboot = 1\n",
        "line 4: unknown field `boot`"
    )]
    #[case::no_suites(
        "[[kernel]]\nname = \"k\"\nsuites = []\npackage = \"p\"\n[[variant]]\nname = \"x\"\nappend = \"\"\n",
        "names no suites"
    )]
    #[case::no_variant(KERNEL, "no variant")]
    #[case::twice(
        "[[system]]\nname = \"g\"\ncommand = \"c\"\n[[system]]\nname = \"g\"\ncommand = \"c\"\n",
        "`g` is there twice"
    )]
    #[case::path("[[system]]\nname = \"../g\"\ncommand = \"c\"\n", "`../g` is no name")]
    fn a_wrong_list_is_refused(#[case] text: &str, #[case] says: &str) {
        let why = List::parse(text).expect_err("wrong");
        assert!(why.contains(says) && !why.contains('\n'), "{why}");
    }
}
