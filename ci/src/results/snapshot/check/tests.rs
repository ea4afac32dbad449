use super::*;
use crate::results::cell::Cell;
use crate::results::run_results::VIA;
use crate::results::sample;
use harness::record::Verdict;
use rstest::rstest;
use std::fs;

#[rstest]
#[case("qemu-x86_64 version 7.2.22 (Debian 1:7.2+dfsg-7)", Some("7.2"))]
#[case("runsc version 0.0~20221219.0", Some("20221219.0"))]
#[case("runsc version release-20240729.0-1", Some("20240729.0"))]
#[case("something", None)]
fn a_version_is_what_matters_of_it(#[case] line: &str, #[case] expected: Option<&str>) {
    assert_eq!(number(line).as_deref(), expected);
    let named = expected.map_or("system".to_owned(), |number| format!("system {number}"));
    assert_eq!(with_version("system", line), named);
}

/// A folder of snapshots, and a suite.
struct Scene(tempfile::TempDir, Description);

impl Scene {
    fn new() -> Self {
        let suite = sample::suite(&[&sample::older(), &sample::newer()]);
        Self(tempfile::tempdir().expect("a folder"), suite)
    }

    fn check(&self, measured: &[Measured], accept: bool) -> Checked {
        let (folder, description) = (self.0.path(), &self.1);
        Snapshots { folder, accept, description }.check(measured)
    }

    /// The same of one column.
    fn one(&self, measured: Measured, accept: bool) -> Agreement {
        self.check(&[measured], accept).agreements.remove(0)
    }

    fn text(&self, area: &str) -> String {
        fs::read_to_string(self.0.path().join(area)).expect("there")
    }
}

fn kernel(series: &str, results: Results) -> Measured {
    Measured { id: Id::kernel(series, "xonly"), like: None, results, held: true }
}

fn system(results: Results) -> Measured {
    let variant = format!("{VIA}gvisor 1.0");
    Measured {
        like: None,
        id: Id::System("gvisor".into()),
        results: Results { variant, ..results },
        held: false,
    }
}

/// `results` with this verdict of one case.
fn with(mut results: Results, verdict: Verdict) -> Results {
    let name = "dispatch::off::refuses";
    let case = results.cases.iter_mut().find(|case| case.name == name).expect("there");
    case.cell = Cell::new(verdict, "");
    results
}

#[test]
fn what_differs_is_written_for_review_and_what_agrees_is_not() {
    let scene = Scene::new();
    let (old, new) = (sample::older(), sample::newer());
    let pending = scene.0.path().join("dispatch/off.snap.new");
    assert_eq!(scene.one(kernel("6.1", old.clone()), false), Agreement::New(None));
    assert!(pending.exists());
    assert_eq!(scene.one(kernel("6.1", old.clone()), true), Agreement::Accepted);
    assert!(!pending.exists());
    let checked = scene.check(&[kernel("6.1", old.clone())], false);
    assert_eq!((checked.agreements, checked.texts), (vec![Agreement::Same], vec![]));
    let Agreement::Differs(said) = scene.one(kernel("6.1", new), false) else {
        panic!("it does something else")
    };
    assert!(said.contains("dispatch::") && !said.contains('\n'), "{said}");
    assert!(pending.exists());
    assert_eq!(scene.one(kernel("6.1", old.clone()), false), Agreement::Same);
    assert!(!pending.exists());
    fs::write(scene.0.path().join("dispatch/off.snap"), "what?").expect("written");
    let agreement = scene.one(kernel("6.1", old), false);
    assert!(matches!(agreement, Agreement::Fault(why) if why.contains("dispatch/off.snap: ")));
}

/// Columns that were not run keep what they have, whatever those do that were.
#[test]
fn what_was_not_run_stays_as_it_is() {
    let scene = Scene::new();
    scene.check(&[kernel("6.1", sample::older()), kernel("7.3", sample::newer())], true);
    let before = folder::load(scene.0.path()).expect("sound").table;
    let changed = with(sample::newer(), Verdict::Crashed);
    let checked = scene.check(&[kernel("7.3", changed.clone())], false);
    let [Agreement::Differs(said)] = checked.agreements.as_slice() else { panic!("{checked:?}") };
    assert_eq!(said, "1 case came to something else: dispatch::off::refuses");
    let areas: Vec<&str> = checked.texts.iter().map(|text| text.area.as_str()).collect();
    assert_eq!(areas, ["dispatch::off"]);
    assert!(checked.texts[0].new.contains("  7.3..             crashed\n"));
    assert_eq!(folder::load(scene.0.path()).expect("sound").table, before);
    scene.check(&[kernel("7.3", changed)], true);
    let after = folder::load(scene.0.path()).expect("sound").table;
    for (name, case) in &after.cases {
        let id = Id::kernel("6.1", "xonly");
        assert_eq!(case.cells.get(&id), before.cases[name].cells.get(&id), "{name}");
    }
    // Nor does a run of both on an empty folder differ from one after the other.
    let other = Scene::new();
    other.check(&[kernel("7.3", sample::newer())], true);
    other.check(&[kernel("6.1", sample::older())], true);
    assert_eq!(folder::load(other.0.path()).expect("sound").table, before);
}

#[test]
fn a_new_series_is_held_against_the_nearest_older_one() {
    let scene = Scene::new();
    scene.check(&[kernel("5.10", sample::newer()), kernel("6.1", sample::older())], true);
    let Agreement::New(Some(older)) = scene.one(kernel("7.3", sample::older()), false) else {
        panic!("there is an older one")
    };
    assert_eq!(older, "0 cases came to something else than on 6.1-xonly");
    let none = Measured { id: Id::kernel("7.3", "none"), ..kernel("7.3", sample::older()) };
    assert_eq!(scene.one(none, false), Agreement::New(None));
}

#[test]
fn a_folder_that_cannot_be_read_is_no_empty_one() {
    let scene = Scene::new();
    scene.check(&[kernel("6.1", sample::older())], true);
    let columns = scene.0.path().join("columns.snap");
    fs::remove_file(&columns).expect("removed");
    for accept in [false, true] {
        let agreement = scene.one(kernel("6.1", sample::older()), accept);
        assert!(matches!(agreement, Agreement::Fault(why) if why.contains("no columns.snap")));
    }
    assert!(!columns.exists());
}

/// A case that the suite does not hold any more, and one with other promises.
#[test]
fn a_snapshot_of_another_suite_is_stale() {
    let mut scene = Scene::new();
    let measured = [kernel("6.1", sample::older())];
    scene.check(&measured, true);
    assert!(!scene.check(&measured, false).is_stale());
    scene.1.cases[0].clauses.push("sud/other".into());
    let checked = scene.check(&measured, false);
    assert!(checked.is_stale() && checked.agreements == [Agreement::Same], "{checked:?}");
    assert_eq!(checked.texts.len(), 1);
    scene.check(&measured, true);
    scene.1.cases.retain(|case| !case.name.starts_with("vsyscall::"));
    let less = sample::only(sample::older(), |case| !case.name.starts_with("vsyscall::"));
    let checked = scene.check(&[kernel("6.1", less.clone())], false);
    assert_eq!(checked.gone, ["vsyscall::page::is_there"]);
    let page = scene.0.path().join("vsyscall/page.snap");
    assert!(checked.is_stale() && page.exists());
    assert!(checked.texts.iter().any(|text| text.path == page && text.new.is_empty()));
    scene.check(&[kernel("6.1", less)], true);
    assert!(!page.exists());
}

/// A time-out of another system, or what comes in its place another time, is never a difference; what it
/// answers wrong is one as soon as it answers something else.
#[test]
fn what_is_not_steady_elsewhere_is_not_recorded_as_if_it_were() {
    let scene = Scene::new();
    let slow = with(sample::older(), Verdict::TimedOut);
    assert_eq!(scene.one(system(slow.clone()), true), Agreement::Accepted);
    let text = scene.text("dispatch/off.snap");
    assert!(
        text.contains("\nrefuses\n") && text.contains("  *                 unsteady\n"),
        "{text}"
    );
    for verdict in Verdict::ALL {
        let now = system(with(sample::older(), verdict));
        assert_eq!(scene.one(now.clone(), false), Agreement::Same, "{verdict:?}");
        assert_eq!(scene.check(&[now], true).texts, [], "{verdict:?}");
    }
    let scene = Scene::new();
    let wrong = system(with(sample::older(), Verdict::Violated));
    scene.one(wrong.clone(), true);
    assert_eq!(scene.one(wrong, false), Agreement::Same);
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Violated) {
        let now = system(with(sample::older(), verdict));
        let Agreement::Differs(said) = scene.one(now, false) else {
            panic!("{verdict:?} is taken for violated")
        };
        assert!(said.contains("dispatch::off::refuses"), "{verdict:?}: {said}");
        let unsteady = matches!(verdict, Verdict::TimedOut | Verdict::Broken);
        assert_eq!(said.contains("unsteady now: dispatch::off::refuses"), unsteady, "{said}");
    }
    // A kernel's own is taken as it is.
    let scene = Scene::new();
    scene.one(kernel("6.1", slow), true);
    assert!(scene.text("dispatch/off.snap").contains("  *                 timed out\n"));
}

/// Another version is held against the one before, and is a difference for that.
#[test]
fn a_systems_version_is_one_of_its_column() {
    let scene = Scene::new();
    scene.one(system(sample::older()), true);
    assert!(scene.text("columns.snap").contains("  gvisor            1.0\n"));
    let mut newer = system(sample::older());
    newer.results.variant = format!("{VIA}gvisor 1.1");
    let checked = scene.check(&[newer], false);
    assert!(matches!(&checked.agreements[0], Agreement::Differs(why) if why.contains("version")));
    let areas: Vec<&str> = checked.texts.iter().map(|text| text.area.as_str()).collect();
    assert_eq!(areas, ["columns"]);
}

#[rstest]
#[case::reserved("needs")]
#[case::a_series("6.1")]
fn a_system_is_not_called_as_something_else(#[case] name: &str) {
    let scene = Scene::new();
    let named = Measured { id: Id::System(name.into()), ..system(sample::older()) };
    assert!(
        matches!(scene.one(named, true), Agreement::Fault(why) if why.contains("another name"))
    );
    assert_eq!(fs::read_dir(scene.0.path()).expect("a folder").count(), 0);
}

#[test]
fn half_a_run_is_held_against_nothing() {
    let scene = Scene::new();
    let cut = Results { cut_off: Some(30), ..sample::older() };
    assert!(matches!(scene.one(kernel("6.1", cut), true), Agreement::Fault(_)));
    assert_eq!(fs::read_dir(scene.0.path()).expect("a folder").count(), 0);
}

/// Somebody's own image is compared with its series, which it does not change, until it has a column.
#[test]
fn an_own_image_is_like_its_series_until_it_has_a_column() {
    let scene = Scene::new();
    let own = |results: Results| Measured {
        id: Id::System("mine-xonly".into()),
        like: Some(Id::kernel("6.1", "xonly")),
        ..kernel("6.1", results)
    };
    let (old, new) = (sample::older(), sample::newer());
    assert_eq!(scene.one(own(old.clone()), false), Agreement::New(None));
    assert_eq!(scene.one(kernel("6.1", old.clone()), true), Agreement::Accepted);
    let said = |agreement| match agreement {
        Agreement::New(Some(said)) => said,
        other => panic!("{other:?}"),
    };
    let stored = scene.text("dispatch/off.snap");
    let checked = scene.check(&[own(new.clone())], false);
    assert!(checked.texts.is_empty(), "its series is not to be changed by it");
    let text = said(checked.agreements[0].clone());
    assert!(text.ends_with(" came to something else than on 6.1-xonly"), "{text}");
    assert!(!text.starts_with("0 cases"), "{text}");
    let text = said(scene.one(own(old.clone()), false));
    assert_eq!(text, "0 cases came to something else than on 6.1-xonly");
    // A series that is not there: the nearest older one.
    let later = Measured { like: Some(Id::kernel("6.5", "xonly")), ..own(old.clone()) };
    assert!(said(scene.one(later, false)).ends_with("than on 6.1-xonly"));
    // The column of its series beside it is held to its own snapshot.
    let both = scene.check(&[own(new.clone()), kernel("6.1", old.clone())], false);
    assert_eq!(both.agreements[1], Agreement::Same);
    assert_eq!(scene.one(own(new.clone()), true), Agreement::Accepted);
    assert_ne!(scene.text("dispatch/off.snap"), stored);
    assert_eq!(scene.one(own(new), false), Agreement::Same);
    assert!(matches!(scene.one(own(old), false), Agreement::Differs(_)));
}
