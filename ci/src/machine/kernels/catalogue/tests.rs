//! What apt says, read; names; the cache.

use super::*;
use rstest::rstest;

const PLACES: &str = "\
linux-image-6.1.0-48-cloud-amd64 | 6.1.172-1 | http://m/debian bookworm/main amd64 Packages
linux-image-6.1.0-48-cloud-amd64 | 6.1.172-1 | http://m/security bookworm-security/main amd64 Packages
linux-image-6.12.90+deb12.1-cloud-amd64 | 6.12.90-2~bpo12+1 | http://m/debian bookworm-backports/main amd64 Packages
linux-image-6.12.90+deb13-cloud-amd64 | 6.12.90-1 | http://m/debian trixie/main amd64 Packages
linux-image-6.12.90+deb13-cloud-amd64-unsigned | 6.12.90-1 | http://m/debian trixie/main amd64 Packages
linux-image-6.12.100+deb13-cloud-amd64 | 6.12.100-1 | http://m/debian trixie/main amd64 Packages
linux-binary-7.0.4+deb13-cloud-amd64 | 7.0.4-1~bpo13+1 | http://m/debian trixie-backports/main amd64 Packages
linux-image-7.0.4+deb13-cloud-amd64 | 7.0.4-1~bpo13+1 | http://m/debian trixie-backports/main amd64 Packages
linux-binary-7.3-cloud-amd64 | 7.3~rc7-1~exp1 | http://m/debian experimental/main amd64 Packages
";

const PARAGRAPHS: &str = "\
Package: linux-image-6.1-cloud-amd64
Version: 6.1.172-1
Depends: linux-image-6.1.0-48-cloud-amd64 (= 6.1.172-1)
Size: 1524

Package: linux-image-6.1.0-48-cloud-amd64
Version: 6.1.172-1
Depends: kmod, linux-base (>= 4.3~)
Description: Linux 6.1
 with Size: 9 in it
Size: 26529628

Package: linux-image-6.12.90+deb12.1-cloud-amd64
Version: 6.12.90-2~bpo12+1
Size: 100

Package: linux-image-6.12.90+deb13-cloud-amd64-unsigned
Version: 6.12.90-1
Size: 300

Package: linux-image-6.12.90+deb13-cloud-amd64
Version: 6.12.90-1
Size: 200

Package: linux-image-6.12.100+deb13-cloud-amd64
Version: 6.12.100-1
Size: 400

Package: linux-image-7.0.4+deb13-cloud-amd64
Version: 7.0.4-1~bpo13+1
Depends: linux-base-7.0.4+deb13-cloud-amd64 (= 1), linux-binary-7.0.4+deb13-cloud-amd64 (= 1)
Size: 1924

Package: linux-binary-7.0.4+deb13-cloud-amd64
Version: 7.0.4-1~bpo13+1
Depends: linux-base-7.0.4+deb13-cloud-amd64 (= 1)
Size: 13000000

Package: linux-binary-7.3-cloud-amd64
Version: 7.3~rc7-1~exp1
Size: 14000000

Package: linux-base-7.3-cloud-amd64
Version: 7.3~rc7-1~exp1
Size: 350000
";

fn kernels() -> Vec<Packaged> {
    index::kernels(PLACES, PARAGRAPHS)
}

#[test]
fn kernels_are_told_from_what_leads_to_them_and_come_in_order() {
    let found: Vec<_> = kernels()
        .iter()
        .map(|kernel| (kernel.id(), kernel.version.clone(), kernel.size, kernel.config))
        .collect();
    let expected = [
        ("6.1.0-48-cloud-amd64_6.1.172-1", "6.1.172", 26_529_628, true),
        ("6.12.90+deb13-cloud-amd64_6.12.90-1", "6.12.90", 200, true),
        ("6.12.90+deb12.1-cloud-amd64_6.12.90-2~bpo12+1", "6.12.90", 100, true),
        ("6.12.100+deb13-cloud-amd64_6.12.100-1", "6.12.100", 400, true),
        ("7.0.4+deb13-cloud-amd64_7.0.4-1~bpo13+1", "7.0.4", 13_000_000, false),
        ("7.3-cloud-amd64_7.3~rc7-1~exp1", "7.3-rc7", 14_350_000, true),
    ];
    let expected: Vec<_> = expected
        .map(|(id, version, size, config)| (id.to_owned(), version.to_owned(), size, config))
        .into();
    assert_eq!(found, expected);
}

#[test]
fn the_signed_image_comes_first_and_suites_are_all_named() {
    let kernels = kernels();
    let images = |at: usize| -> Vec<&str> {
        kernels[at].sources.iter().map(|source| source.image.as_str()).collect()
    };
    assert_eq!(
        images(1),
        ["linux-image-6.12.90+deb13-cloud-amd64", "linux-image-6.12.90+deb13-cloud-amd64-unsigned"]
    );
    assert_eq!(kernels[0].suites, ["bookworm", "bookworm-security"]);
    assert_eq!(kernels[1].suites, ["trixie"]);
    assert_eq!(kernels[5].sources[0].config.as_deref(), Some("linux-base-7.3-cloud-amd64"));
}

#[rstest]
#[case("linux-image-6.1.0-56-cloud-amd64", true)]
#[case("linux-image-6.1.0-56-cloud-amd64-unsigned", true)]
#[case("linux-binary-7.3-cloud-amd64", true)]
#[case("linux-image-6.1.0-56-cloud-amd64-dbg", false)]
#[case("linux-image-6.1.0-56-amd64", false)]
#[case("linux-image-cloud-amd64", false)]
#[case("linux-base", false)]
#[case("linux-headers-6.1.0-56-cloud-amd64", false)]
fn parts_are_told_by_their_names(#[case] name: &str, #[case] expected: bool) {
    assert_eq!(index::is_part(name), expected);
}

fn catalogue() -> Catalogue {
    Catalogue { kernels: kernels(), note: None, expired: Vec::new() }
}

#[rstest]
#[case::series("6.12", &["6.12.90-1", "6.12.90-2~bpo12+1", "6.12.100-1"])]
#[case::version("6.12.90", &["6.12.90-1", "6.12.90-2~bpo12+1"])]
#[case::package("6.12.90-1", &["6.12.90-1"])]
#[case::release("6.1.0-48-cloud-amd64", &["6.1.172-1"])]
#[case::short_release("6.12.90+deb13", &["6.12.90-1"])]
#[case::id("7.3-cloud-amd64_7.3~rc7-1~exp1", &["7.3~rc7-1~exp1"])]
#[case::candidate("7.3-rc7", &["7.3~rc7-1~exp1"])]
#[case::part_of_a_version("6.12.9", &[])]
#[case::nothing("", &[])]
fn a_name_means_kernels(#[case] name: &str, #[case] expected: &[&str]) {
    let catalogue = catalogue();
    let found: Vec<_> =
        catalogue.named(name).iter().map(|kernel| kernel.package.as_str()).collect();
    assert_eq!(found, expected);
    if let Some(newest) = expected.last() {
        assert_eq!(catalogue.newest(name).expect("it is there").package, *newest);
    }
}

#[rstest]
#[case("6.12.91", "no such kernel is packaged; there are 6.12.90 and 6.12.100")]
#[case("7.0.5", "no such kernel is packaged; there is 7.0.4")]
#[case("8.4", "no such kernel is packaged; the series are 6.1, 6.12, 7.0 and 7.3")]
#[case("sid", "no such kernel is packaged; the series are 6.1, 6.12, 7.0 and 7.3")]
fn what_is_not_there_is_answered_with_what_is_nearby(#[case] name: &str, #[case] says: &str) {
    let lack = catalogue().newest(name).expect_err("there is none");
    assert_eq!(lack, Lack::wrong(says));
}

#[test]
fn of_many_neighbours_those_around_are_named() {
    let of = |point: u32| {
        let id = format!("6.9.{point}-cloud-amd64_6.9.{point}-1");
        Packaged { suites: vec!["s".into()], ..Packaged::of_folder(&id).expect("a name") }
    };
    let kernels = (0..100).filter(|point| *point != 50).map(of).collect();
    let near = Catalogue { kernels, note: None, expired: Vec::new() }.nearby("6.9.50");
    assert!(
        near.starts_with("there are 6.9.44, ") && near.ends_with(", 6.9.56 and others"),
        "{near}"
    );
}

#[test]
fn the_newest_that_is_not_gone_is_taken() {
    let mut catalogue = catalogue();
    catalogue.kernels[3].state = Availability::Gone;
    assert_eq!(catalogue.newest("6.12").expect("another is there").package, "6.12.90-2~bpo12+1");
    let lack = catalogue.newest("6.12.100").expect_err("it is gone");
    assert_eq!(lack.kind, crate::machine::kernels::lack::LackKind::Gone);
    assert!(lack.why.ends_with("does not have it any more; there is 6.12.90"), "{lack}");
}

#[test]
fn what_lies_in_the_cache_counts_also_when_it_is_listed_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, "x").expect("written");
    };
    put("6.1.0-48-cloud-amd64_6.1.172-1/vmlinuz");
    put("sid/7.2.13+deb14-cloud-amd64_7.2.13-1/vmlinuz");
    put("sid/7.2.13+deb14-cloud-amd64_7.2.13-1/config");
    put("sid/apt/state/status");
    put("own/abc/vmlinuz");
    put("9.9-cloud-amd64_9.9-1/config");
    let gone = ["6.12.100+deb13-cloud-amd64_6.12.100-1".to_owned()].into();
    let found = with_cached(kernels(), folder.path(), &gone);
    let state = |version: &str| {
        let kernel = found.iter().find(|kernel| kernel.version == version);
        kernel.map(|kernel| (kernel.state, kernel.config, kernel.suites.is_empty()))
    };
    assert_eq!(state("6.1.172"), Some((Availability::Cached, true, false)));
    assert_eq!(state("6.12.100"), Some((Availability::Gone, true, false)));
    assert_eq!(state("7.2.13"), Some((Availability::Cached, true, true)));
    assert_eq!(state("9.9"), None);
    assert_eq!(found.len(), kernels().len() + 1);
    assert_eq!(found.last().map(|kernel| kernel.version.as_str()), Some("7.3-rc7"));
}

#[test]
fn an_expired_list_is_named_where_something_is_missing() {
    let catalogue = Catalogue { expired: vec!["sid".into()], ..catalogue() };
    let lack = catalogue.newest("7.0.5").expect_err("there is none");
    assert!(
        lack.why.ends_with("there is 7.0.4 (the mirror's lists of sid have expired)"),
        "{lack}"
    );
}

#[test]
fn every_suite_is_asked_for_once() {
    let all = suites();
    let some = ["bullseye", "bookworm-security", "trixie-backports", "sid", "experimental"];
    assert!(some.iter().all(|suite| all.iter().any(|own| own == suite)), "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}
