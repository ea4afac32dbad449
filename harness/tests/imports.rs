//! The floors of this crate: a module imports from lower floors alone, and inside a module no circle is made.
//! What the compiler takes in its stride, a reader does not.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modules from the ground up; those on one floor do not know each other.
const FLOORS: [&[&str]; 10] = [
    &["clause", "fact", "isolation", "options", "row", "signals", "stdio", "version"],
    &["record", "need", "status"],
    &["case", "kernel"],
    &["feature", "deviation"],
    &["describe", "event"],
    &["guest"],
    &["runner", "report"],
    &["bench", "arguments", "selection", "supervisor"],
    &["suite"],
    &["lib"],
];

/// Which modules a module names, by their paths (`runner::pool`).
type Imports = BTreeMap<String, BTreeSet<String>>;

/// A tree of sources: the module's path and its text.
type Sources = Vec<(String, String)>;

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("it can be read") {
            let path: PathBuf = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                let module = path.strip_prefix(&root).expect("below it").with_extension("");
                let module = module.to_string_lossy().replace('/', "::");
                found.push((module, std::fs::read_to_string(&path).expect("it can be read")));
            }
        }
    }
    found.sort();
    found
}

/// The modules that each names outside of its tests: by `crate::`, `super::`, and the modules it declares.
fn imports(sources: &Sources) -> Imports {
    let parsed: Vec<(&str, syn::File)> = sources
        .iter()
        .map(|(module, text)| {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"));
            (module.as_str(), file)
        })
        .collect();
    let names = Names::of(&parsed);
    let named = |module: &str, file: &syn::File| {
        let items = file.items.iter().filter(|item| !is_of_tests(item));
        let mut paths = Vec::new();
        collect(items.map(ToTokens::to_token_stream).collect(), &mut paths);
        let named = paths.iter().filter_map(|path| names.home(module, path));
        named.filter(|other| other != module).collect()
    };
    parsed.iter().map(|(module, file)| ((*module).to_owned(), named(module, file))).collect()
}

fn is_of_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.to_token_stream().to_string().contains("(test)")
    })
}

/// What a path means.
struct Names<'a> {
    modules: BTreeSet<&'a str>,
    /// By module and name: the path of what it hands on, such as `Case` of the crate's root.
    handed_on: BTreeMap<(String, String), Vec<String>>,
}

impl<'a> Names<'a> {
    fn of(parsed: &[(&'a str, syn::File)]) -> Self {
        let modules = parsed.iter().map(|(module, _)| *module).collect();
        let mut names = Self { modules, handed_on: BTreeMap::new() };
        for (module, file) in parsed {
            for item in &file.items {
                match item {
                    syn::Item::Use(item) if !is_private(&item.vis) => {
                        let mut paths = Vec::new();
                        collect(item.tree.to_token_stream(), &mut paths);
                        for path in paths {
                            let Some(path) = names.below_root(module, &path) else { continue };
                            let name = path.last().cloned().expect("a path has an end");
                            names.handed_on.insert(((*module).to_owned(), name), path);
                        }
                    }
                    // Exported macros are the root's, wherever they are defined.
                    syn::Item::Macro(item) => {
                        if let Some(name) = &item.ident {
                            let path = module.split("::").map(str::to_owned).collect();
                            names.handed_on.insert(("lib".into(), name.to_string()), path);
                        }
                    }
                    _ => {}
                }
            }
        }
        names
    }

    /// `path` as `module` writes it, from the crate's root; none where it is another crate's.
    fn below_root(&self, module: &str, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut here: Vec<String> = module.split("::").map(str::to_owned).collect();
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "super" => {
                let ups = rest.iter().take_while(|part| *part == "super").count();
                here.truncate(here.len().saturating_sub(ups + 1));
                here.extend(rest[ups..].iter().cloned());
            }
            child if module == "lib" && self.modules.contains(child) => return Some(path.to_vec()),
            child if self.modules.contains(format!("{module}::{child}").as_str()) => {
                here.extend(path.iter().cloned());
            }
            _ => return None,
        }
        Some(here)
    }

    /// The module in which that lives which `module` names by `path`.
    fn home(&self, module: &str, path: &[String]) -> Option<String> {
        let mut path = self.below_root(module, path)?;
        // As long as a module hands it on from another.
        for _ in 0..8 {
            let front = (1..=path.len())
                .rev()
                .map(|end| (end, path[..end].join("::")))
                .find(|(_, front)| self.modules.contains(front.as_str()));
            let (end, front) = front.unwrap_or((0, "lib".to_owned()));
            let name = path.get(end).cloned().unwrap_or_default();
            match self.handed_on.get(&(front.clone(), name)) {
                Some(home) if *home != path[..home.len().min(path.len())] => {
                    path = home.iter().chain(&path[end + 1..]).cloned().collect();
                }
                _ if front == "lib" => return None,
                _ => return Some(front),
            }
        }
        panic!("{module}: {path:?} is handed on for ever");
    }
}

fn is_private(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Inherited)
}

/// Every path in `tokens`, a group `a::{b, c}` as two.
fn collect(tokens: TokenStream, paths: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    let mut finish = |path: &mut Vec<String>| {
        // What stands alone is `pub(crate)` or `pub(super)`.
        match path.first().map(String::as_str) {
            Some("crate" | "super") if path.len() == 1 => path.clear(),
            Some(_) => paths.push(std::mem::take(path)),
            None => {}
        }
    };
    let mut groups = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    finish(&mut path);
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                let front = if colons == 2 { std::mem::take(&mut path) } else { Vec::new() };
                finish(&mut path);
                groups.push((front, group.stream()));
                colons = 0;
            }
            _ => {
                finish(&mut path);
                colons = 0;
            }
        }
    }
    finish(&mut path);
    for (front, stream) in groups {
        let mut inner = Vec::new();
        collect(stream, &mut inner);
        let joined = inner.into_iter().map(|path| match path[0].as_str() {
            "self" if !front.is_empty() => front.clone(),
            _ => front.iter().cloned().chain(path).collect(),
        });
        paths.extend(joined);
    }
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// What is wrong with the house, a line each.
fn faults(imports: &Imports, floors: &[&[&str]]) -> Vec<String> {
    let floor = |module: &str| floors.iter().position(|floor| floor.contains(&top(module)));
    let mut faults = Vec::new();
    for (module, named) in imports {
        if floor(module).is_none() {
            faults.push(format!("{module} is on no floor"));
        }
        for other in named.iter().filter(|other| top(other) != top(module)) {
            if floor(other) >= floor(module) {
                faults.push(format!("{module} imports {other}, which is not below it"));
            }
        }
    }
    faults.extend(circle(imports));
    faults
}

/// A circle of imports, if there is one.
fn circle(imports: &Imports) -> Option<String> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    fn visit<'a>(
        module: &'a str,
        imports: &'a Imports,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(at) = way.iter().position(|other| *other == module) {
            return Some(format!("a circle: {} -> {module}", way[at..].join(" -> ")));
        }
        if !done.insert(module) {
            return None;
        }
        way.push(module);
        let found = imports
            .get(module)
            .into_iter()
            .flatten()
            .find_map(|other| visit(other, imports, way, done));
        way.pop();
        found
    }
    imports.keys().find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

#[test]
fn imports_run_downwards() {
    let imports = imports(&sources());
    assert!(
        imports["suite"].contains("runner") && imports["runner::pool"].contains("runner::launch")
    );
    assert_eq!(faults(&imports, &FLOORS), Vec::<String>::new());
}

/// `sources` with a line more in some of them.
fn with(lines: &[(&str, &str)]) -> Sources {
    let mut sources = sources();
    for (module, line) in lines {
        let source = sources.iter_mut().find(|(name, _)| name == module).expect(module);
        source.1 += line;
    }
    sources
}

/// Each thing this test is to notice, put into the sources as they are.
#[test]
fn what_runs_upwards_is_noticed() {
    let upwards = [
        ("runner", "use crate::report::failure::Block;", "runner imports report::failure, which"),
        ("runner::worker", "fn f() { crate::suite::g(); }", "runner::worker imports suite, which"),
        (
            "report",
            "use crate::runner::pool::{Pool, Stopped};",
            "report imports runner::pool, which",
        ),
        ("record", "use crate::{Case, Clause};", "record imports case, which"),
        (
            "version",
            "use crate::{fact, runner::{self, page}};",
            "version imports runner::page, which",
        ),
        ("fact", "fn f() { crate::observe!(1, 2) }", "fact imports runner::claim, which"),
    ];
    let faults_of = |sources| faults(&imports(&sources), &FLOORS);
    let found = faults_of(with(&upwards.map(|(module, line, _)| (module, line))));
    for (module, line, says) in upwards {
        assert!(found.iter().any(|fault| fault.starts_with(says)), "{line} in {module}: {found:?}");
    }
    for (module, line) in [
        ("runner::reap", "use super::worker;"),
        ("runner::page", "use super::Runner;"),
        ("record::failure", "use super::CaseLine;"),
    ] {
        let found = faults_of(with(&[(module, line)]));
        assert!(found.iter().any(|fault| fault.starts_with("a circle: ")), "{line}: {found:?}");
    }
    let stranger = Imports::from([("stranger".to_owned(), BTreeSet::new())]);
    assert_eq!(faults(&stranger, &FLOORS), ["stranger is on no floor"]);
}
