//! Which module of a crate names which, read from its sources.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which modules a module names, by their paths (`runner::pool`).
pub(crate) type Imports = BTreeMap<String, BTreeSet<String>>;

/// A tree of sources: the module's path and its text.
pub(crate) type Sources = Vec<(String, String)>;

/// The sources of the crate whose root is `root`, a path from the repository's: the modules that it
/// declares outside of its tests, and theirs. The root itself is called `lib`.
pub(crate) fn sources(root: &str) -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(root);
    let below = root.parent().expect("a root has a folder").to_owned();
    let mut found = Vec::new();
    let mut waiting = vec![("lib".to_owned(), root, below)];
    while let Some((module, path, below)) = waiting.pop() {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for item in parsed(&module, &text).items.iter().filter(|item| !is_of_tests(item)) {
            if let syn::Item::Mod(syn::ItemMod { ident, content: None, .. }) = item {
                let name = ident.to_string();
                let child =
                    if module == "lib" { name.clone() } else { format!("{module}::{name}") };
                waiting.push((child, below.join(format!("{name}.rs")), below.join(name)));
            }
        }
        found.push((module, text));
    }
    found.sort();
    found
}

fn parsed(module: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}"))
}

/// The modules that each names outside of its tests: by `crate::`, `super::`, and the modules it declares.
pub(crate) fn imports(sources: &Sources) -> Imports {
    let parsed: Vec<(&str, syn::File)> =
        sources.iter().map(|(module, text)| (module.as_str(), parsed(module, text))).collect();
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

fn is_visibility(group: &proc_macro2::Group) -> bool {
    let first = group.stream().into_iter().next().map(|token| token.to_string());
    matches!(first.as_deref(), Some("crate" | "super" | "self" | "in"))
}

/// Every path in `tokens`, a group `a::{b, c}` as two.
fn collect(tokens: TokenStream, paths: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    let mut finish = |path: &mut Vec<String>| {
        if !path.is_empty() {
            paths.push(std::mem::take(path));
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
            // `pub(crate)`, `pub(in crate::suite)`: who may import it imports nothing by that.
            TokenTree::Group(group) if path == ["pub"] && is_visibility(&group) => {
                finish(&mut path);
            }
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

/// A circle of imports, if there is one.
pub(crate) fn circle(imports: &Imports) -> Option<String> {
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
