use super::*;
use crate::results::cell::Cell;
use crate::results::release::Release;
use crate::results::report::sample::description;
use crate::results::run_results::Outcome;
use crate::results::sample;
use harness::describe::{ClauseText, DeviationText, SourceText};
use harness::record::Verdict;
use scraper::{Html, Selector};

fn of(all: &[Results], description: Option<&Description>) -> Site {
    site(Input { all, description, systems: &BTreeMap::new() }).expect("there are cases")
}

fn small() -> Site {
    of(&[sample::older(), sample::newer()], Some(&description()))
}

fn texts(page: &str, selector: &str) -> Vec<String> {
    let html = Html::parse_document(page);
    let selector = Selector::parse(selector).expect("a selector");
    html.select(&selector).map(|one| one.text().collect()).collect()
}

#[test]
fn the_table_of_two_kernels() {
    let site = small();
    let page = &site.files[INDEX];
    let table = page.split("<div class=\"scroller\"").nth(1).expect("a table");
    insta::assert_snapshot!(table.split("</table>").next().expect("its end"));
}

#[test]
fn the_page_of_a_promise() {
    insta::assert_snapshot!(small().files["promise/sud-region-wrap.html"]);
}

#[test]
fn the_same_results_make_the_same_bytes() {
    assert_eq!(small().files, small().files);
}

/// A cell is the worst of its cases, and a kernel the worst of its variants, case by case.
#[test]
fn variants_are_folded_case_by_case() {
    let outcome = |name: &str, verdict| Outcome {
        name: name.into(),
        clauses: vec!["x/y".into()],
        cell: Cell::new(verdict, ""),
        known: String::new(),
    };
    let run = |variant: &str, verdicts: [Verdict; 3]| Results {
        title: format!("Linux 6.1, vsyscall={variant}"),
        release: Release::read("6.1"),
        variant: variant.into(),
        suite: None,
        cases: ["a::b::c", "a::b::d", "a::b::e"]
            .into_iter()
            .zip(verdicts)
            .map(|(name, verdict)| outcome(name, verdict))
            .collect(),
        lacks: BTreeMap::new(),
        cut_off: None,
    };
    use Verdict::{Deviates, Holds, NotOffered};
    let all =
        [run("none", [Holds, Deviates, NotOffered]), run("xonly", [Deviates, Deviates, Holds])];
    let site = of(&all, None);
    let cells = texts(&site.files[INDEX], "td");
    assert_eq!(cells.iter().map(|text| text.trim()).collect::<Vec<_>>(), ["deviates 2/3"]);
    let alike = texts(&site.files["promise/x-y.html"], "#alike dt");
    assert_eq!(
        alike.iter().map(|text| text.trim()).collect::<Vec<_>>(),
        ["deviates (1 of 3 cases)", "deviates (2 of 3 cases)"]
    );
}

/// Clears the screen, turns the line around, and would be markup in every place there is.
const HOSTILE: &str = "\"'><img src=x onerror=alert(1)></script><script>alert(1)</script><!--{{7*7}}&amp;\u{1b}[2J\u{202e}\n--]]>";

/// Every text of a record and of a suite.
fn hostile() -> (Vec<Results>, Description) {
    let id = format!("x/y{HOSTILE}");
    let name = format!("a{HOSTILE}::b::c[{HOSTILE}]");
    let outcome = |verdict| Outcome {
        name: name.clone(),
        clauses: vec![id.clone()],
        cell: Cell::new(verdict, HOSTILE),
        known: HOSTILE.into(),
    };
    let run = |release: &str, variant: &str, verdict| Results {
        title: format!("Linux {release}, vsyscall={HOSTILE}"),
        release: Release::read(release),
        variant: variant.into(),
        suite: Some(HOSTILE.into()),
        cases: vec![outcome(verdict)],
        lacks: BTreeMap::from([(HOSTILE.into(), HOSTILE.into())]),
        cut_off: Some(7),
    };
    let all = vec![
        run("6.1", HOSTILE, Verdict::Deviates),
        run(&format!("6.2{HOSTILE}"), "none", Verdict::Violated),
        run("7.0", &format!("via {HOSTILE} 1"), Verdict::NotOffered),
    ];
    let clause = ClauseText {
        id: id.clone(),
        promise: HOSTILE.into(),
        sources: vec![SourceText {
            title: HOSTILE.into(),
            edition: HOSTILE.into(),
            url: format!("javascript:{HOSTILE}"),
            place: HOSTILE.into(),
        }],
        terms: HOSTILE.into(),
        since: HOSTILE.into(),
        until: HOSTILE.into(),
        strength: HOSTILE.into(),
        unobservable: Some(HOSTILE.into()),
    };
    let mut case = description().cases.remove(0);
    (case.name, case.clauses) = (name.clone(), vec![id]);
    (case.file, case.catches, case.needs) = (HOSTILE.into(), HOSTILE.into(), vec![HOSTILE.into()]);
    let deviation = DeviationText {
        pattern: HOSTILE.into(),
        cases: vec![name],
        range: "since 5.0".into(),
        observed: HOSTILE.into(),
        why: HOSTILE.into(),
        source: HOSTILE.into(),
    };
    let (clauses, cases, deviations) = (vec![clause], vec![case], vec![deviation]);
    (all, Description { clauses, cases, deviations, ..Description::default() })
}

#[test]
fn markup_is_text_wherever_it_stands() {
    let (all, description) = hostile();
    for description in [Some(&description), None] {
        let site = of(&all, description);
        assert_eq!(site.files.len(), 6, "{:?}", site.files.keys());
        for (path, text) in &site.files {
            assert!(is_own(path) && path.is_ascii() && !path.contains(".."), "{path}");
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{0}']), "{path}");
            if !path.ends_with(".html") {
                continue;
            }
            let html = Html::parse_document(text);
            assert_eq!(html.errors, [""; 0], "{path}: {text}");
            let count = |selector: &str| {
                html.select(&Selector::parse(selector).expect("a selector")).count()
            };
            assert_eq!((count("img"), count("script")), (0, 2), "{path}");
            assert_eq!(count("[onerror], [href^='javascript']"), 0, "{path}");
        }
        let data = &site.files[DATA];
        assert!(!data.contains(['<', '>', '&']), "{data}");
        assert_eq!(data.lines().count(), 2);
        let json = data.lines().nth(1).expect("the data");
        let json = json.strip_prefix("const SIGSYS = ").and_then(|json| json.strip_suffix(';'));
        let json: serde_json::Value = serde_json::from_str(json.expect("one")).expect("JSON");
        let id = json["promises"][0]["id"].as_str().expect("an id");
        assert!(id.contains("<img src=x onerror=alert(1)></script>"), "{id}");
        assert_eq!(json["promises"].as_array().map(Vec::len), Some(1));
    }
}

/// Ids that come to one address get another each.
#[test]
fn each_promise_has_its_own_page() {
    let mut results = sample::older();
    let ids =
        ["a/b-c", "a-b/c", "A/b/c", &"x/".repeat(200), &format!("{}y", "x/".repeat(200)), "é"];
    for (case, id) in results.cases.iter_mut().zip(ids) {
        case.clauses = vec![id.into()];
    }
    results.cases.truncate(ids.len());
    let site = of(&[results], None);
    let pages: Vec<&String> = site.files.keys().filter(|path| path.starts_with(PROMISES)).collect();
    assert_eq!(pages.len(), ids.len(), "{pages:?}");
    assert!(pages.iter().all(|path| path.len() < 160 && path.is_ascii()), "{pages:?}");
    let names: std::collections::BTreeSet<String> =
        pages.iter().map(|path| path.to_lowercase()).collect();
    assert_eq!(names.len(), ids.len(), "some are one on a system without small letters");
}

#[test]
fn without_a_case_there_is_no_site() {
    let mut empty = sample::older();
    empty.cases.clear();
    let systems = BTreeMap::new();
    assert!(site(Input { all: &[empty], description: None, systems: &systems }).is_none());
    assert!(site(Input { all: &[], description: None, systems: &systems }).is_none());
}

#[test]
fn what_a_reader_must_know_is_on_the_page() {
    let mut other = sample::newer();
    other.suite = Some("sigsys 9.9".into());
    other.cut_off = Some(99);
    let site = of(&[sample::older(), other], Some(&description()));
    let shown = texts(&site.files[INDEX], ".notes li");
    assert_eq!(shown.iter().map(|text| text.trim()).collect::<Vec<_>>(), site.notes);
    for part in
        ["of different suites: sigsys 0.1.0, sigsys 9.9", "was cut off after", "lacks 7 cases"]
    {
        assert!(site.notes.iter().any(|note| note.contains(part)), "{part}: {:?}", site.notes);
    }
}

#[test]
fn a_case_is_repeated_as_it_was_run() {
    let all = [sample::older(), {
        let mut system = sample::newer();
        system.variant = "via gvisor 2022".into();
        system
    }];
    let systems = BTreeMap::from([("gvisor".to_owned(), "runsc do {suite} --limit 10".to_owned())]);
    let site = site(Input { all: &all, description: None, systems: &systems }).expect("a site");
    let data = &site.files[DATA];
    for part in [
        "sigsys boot --kernel 6.1.0-44-cloud-amd64 --append 'vsyscall=xonly' --exact --case ",
        "runsc do ./sigsys-suite --limit 10 --exact ",
    ] {
        assert!(data.contains(part), "{part}");
    }
}
