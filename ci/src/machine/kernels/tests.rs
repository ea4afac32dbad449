//! Lists of kernels, right and wrong, and what names in them mean.

use super::*;
use crate::results::ranges::Id;
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
    assert_eq!(list.columns().len(), list.kernels.len() * list.variants.len() + list.systems.len());
    assert!(list.columns().len() > 20);
    let series =
        list.kernels.iter().filter(|kernel| matches!(kernel.origin(), Origin::Catalogue(_)));
    let series: Vec<&str> = series.map(|kernel| kernel.series.as_str()).collect();
    assert_eq!(series, ["6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"]);
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

#[rstest]
#[case::nothing("", "names neither suites and a package, nor a series, a version or an image")]
#[case::two("version = '6.16'\nimage = '/x'", "names more than one")]
#[case::package_and_image("suites = ['s']\npackage = 'p'\nimage = '/x'", "names more than one")]
#[case::no_package("suites = ['s']", "names suites and no package")]
#[case::config("series = '6.16'\nconfig = '/c'", "names a config and no image")]
#[case::unknown_key("picture = '/x'", "unknown field `picture`")]
fn a_kernel_comes_from_one_place(#[case] more: &str, #[case] says: &str) {
    let why = List::parse(&format!("[[kernel]]\nname = 'k'\n{more}\n{VARIANTS}")).expect_err("no");
    assert!(why.contains(says) && !why.contains('\n'), "{why}");
}

#[rstest]
#[case::package("suites = ['s']\npackage = 'p'\nseries = '6.1'", Origin::Package, true)]
#[case::series("series = '6.16'", Origin::Catalogue("6.16"), false)]
#[case::version("version = '6.16.12'", Origin::Catalogue("6.16.12"), false)]
#[case::image(
    "image = 'b/bzImage'\nconfig = '/c'",
    Origin::Image(Path::new("here/b/bzImage"), Some(Path::new("/c"))),
    false
)]
#[case::image_alone("image = '/b'", Origin::Image(Path::new("/b"), None), false)]
fn a_kernel_says_where_it_comes_from(
    #[case] more: &str,
    #[case] origin: Origin,
    #[case] of_suite: bool,
) {
    let text = format!("[[kernel]]\nname = 'k'\n{more}\n{VARIANTS}");
    let mut list = List::parse(&text).expect("a list");
    list.place(Path::new("here"));
    assert_eq!(list.kernels[0].origin(), origin);
    // What a suite carries is fetched by its name; the others the catalogue, or the path, knows.
    assert_eq!(list.kernel("k").is_some(), of_suite);
}

#[test]
fn an_own_image_is_not_called_like_a_series() {
    let why = List::parse(&format!("[[kernel]]\nname = '6.6'\nimage = '/x'\n{VARIANTS}"));
    assert!(why.expect_err("no").contains("begins with a letter"));
}

#[rstest]
#[case::unknown("base = 'z'", "differs from `z`, which is no variant that is whole")]
#[case::itself("base = 'w'", "differs from `w`, which is no variant that is whole")]
#[case::partial("base = 'y'", "differs from `y`, which is no variant that is whole")]
#[case::no_base("cases = ['a::']", "names needs or cases and no base")]
fn a_variant_differs_from_a_whole_one(#[case] more: &str, #[case] says: &str) {
    let partial = "[[variant]]\nname = 'y'\nappend = ''\nbase = 'x'\n";
    let whole = "[[variant]]\nname = 'x'\nappend = ''\n";
    let text = format!("{whole}{partial}[[variant]]\nname = 'w'\nappend = ''\n{more}\n");
    let why = List::parse(&text).expect_err("wrong");
    assert!(why.contains(says), "{why}");
}

fn case(name: &str, needs: &[&str]) -> CaseMeta {
    let text = serde_json::json!({ "name": name, "area": "", "file": "", "line": 1, "clauses": [],
        "needs": needs, "ends": "", "serial": false, "external_wait": false });
    serde_json::from_value(text).expect("a case")
}

#[test]
fn a_variant_runs_what_it_can_change() {
    let text = "[[variant]]\nname = 'x'\nappend = ''\n[[variant]]\nname = 'y'\nappend = ''\n\
        base = 'x'\nneeds = ['page']\ncases = ['v::']\n";
    let list = List::parse(text).expect("a list");
    let can = |variant: usize| {
        let cases = [case("a::b", &["other"]), case("a::c", &["other", "page"]), case("v::d", &[])];
        cases.map(|case| list.variants[variant].can_differ(&case))
    };
    assert_eq!(can(0), [true, true, true]);
    assert_eq!(can(1), [false, true, true]);
}

/// What `fixtures/features.toml` says of a need that a word of a variant's boot line decides.
fn needs_of_the_boot_line(append: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/features.toml");
    let text = std::fs::read_to_string(path).expect("the feature table");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    let features = table["feature"].as_array().expect("features");
    let is_decided = |feature: &&toml::Value| {
        let told = feature.get("told");
        let told_of = |what: &str| told.is_some_and(|told| told.get(what).is_some());
        let boot = feature.get("boot").and_then(|boot| boot.as_array()).into_iter().flatten();
        let words = boot.filter_map(|word| word.get("word")?.as_str());
        let mut words =
            words.chain(match feature.get("vsyscall").is_some() || told_of("vsyscall") {
                true => Some("vsyscall"),
                false => told_of("clock").then_some("clocksource"),
            });
        let decides = |word: &str| append.split(' ').any(|own| own.split('=').next() == Some(word));
        words.any(decides)
    };
    let names = features.iter().filter(is_decided);
    names.map(|feature| feature["need"].as_str().expect("a name").to_owned()).collect()
}

/// The words by which two boot lines differ.
fn difference(one: &str, other: &str) -> String {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    words(one).symmetric_difference(&words(other)).cloned().collect::<Vec<_>>().join(" ")
}

/// A new need that the boot line decides is in the list, and so is every case that has it.
#[test]
fn every_need_that_a_variant_decides_is_among_those_that_it_can_change() {
    let list = List::read(None).expect("sound");
    let partial = list.variants.iter().filter(|variant| !variant.base.is_empty());
    let mut decided = 0;
    for variant in partial {
        let base = list.variants.iter().find(|base| base.name == variant.base).expect("there");
        for need in needs_of_the_boot_line(&difference(&variant.append, &base.append)) {
            assert!(
                variant.needs.contains(&need),
                "kernels.toml: `{need}` follows the boot line and is not among the needs of variant `{}`",
                variant.name
            );
            decided += 1;
        }
    }
    assert!(decided >= 8, "the feature table was not understood: {decided}");
}

/// What the snapshots show to differ between a variant and its base is among what the list says can.
#[test]
fn whatever_differs_in_the_snapshots_is_among_what_can() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");
    let table = crate::results::snapshot::folder::load(Path::new(folder)).expect("snapshots").table;
    let list = List::read(None).expect("sound");
    let mut differing = 0;
    for (name, known) in &table.cases {
        let needs: Vec<&str> = known.needs.iter().map(String::as_str).collect();
        let meta = case(name, &needs);
        for (id, cell) in &known.cells {
            let Id::Kernel(series, variant) = id else { continue };
            let variant = list.variants.iter().find(|own| own.name == *variant).expect("listed");
            let base = known.cells.get(&Id::kernel(series.text(), &variant.base));
            if variant.base.is_empty() || base == Some(cell) {
                continue;
            }
            differing += 1;
            assert!(variant.can_differ(&meta), "{name} differs in {}", id.name());
        }
    }
    assert!(differing > 1000, "the snapshots were not understood: {differing}");
}

/// Whatever touches the page or the vDSO can be changed by a variant, whether or not it says that it needs them.
#[test]
fn whatever_touches_the_page_is_among_what_can_differ() {
    let suites = Path::new(env!("CARGO_MANIFEST_DIR")).join("../suites");
    let list = List::read(None).expect("sound");
    let mut touching = 0;
    for suite in ["dispatch", "fuzz", "interaction", "interception", "seccomp", "vsyscall"] {
        for entry in std::fs::read_dir(suites.join(suite)).expect("a suite") {
            let path = entry.expect("an entry").path();
            let Some(area) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let meta = case(&format!("{suite}::{area}::"), &[]);
            for (word, append) in [("vsyscall", "vsyscall="), ("vdso", "clocksource=")] {
                let uses = [format!("fixtures::{word}"), format!("fixtures::{{{word}")];
                if !uses.iter().any(|word| text.contains(word)) || !text.contains("harness::test(")
                {
                    continue;
                }
                touching += 1;
                for variant in list.variants.iter().filter(|own| !own.base.is_empty()) {
                    let base = list.variants.iter().find(|own| own.name == variant.base);
                    let words = difference(&variant.append, &base.expect("there").append);
                    assert!(
                        variant.can_differ(&meta) || !words.contains(append),
                        "kernels.toml: {suite}::{area} touches the {word} and variant `{}` says that it \
                         cannot change it",
                        variant.name
                    );
                }
            }
        }
    }
    assert!(touching >= 15, "the suites were not understood: {touching}");
}

#[rstest]
#[case::kernel("bookworm", true)]
#[case::series("6.1", true)]
#[case::series_and_variant("6.1-none", true)]
#[case::column("bookworm-none", true)]
#[case::variant("none", true)]
#[case::free("board", false)]
fn a_name_by_which_columns_are_chosen_is_taken(#[case] name: &str, #[case] taken: bool) {
    let list = List::read(None).expect("the list can be read");
    assert_eq!(list.is_taken(name), taken);
}
