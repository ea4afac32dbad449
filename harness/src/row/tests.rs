//! A row is called by what its author wrote, whatever number rstest gives it.

use super::*;
use rstest::rstest;

const WAY: Argument = Argument { name: "way", alone: "path", among: "path" };
const DATA: Argument = Argument { name: "data", alone: "0x7f", among: "data 0x7f" };
const WORDLESS: Argument = Argument { name: "table", alone: "", among: "" };

fn name(module: &'static str, function: &'static str, arguments: &'static [Argument]) -> String {
    let text = path(&Row { module, claim: "claim", function, arguments });
    String::from_utf8(text.bytes[..text.len()].to_vec()).expect("ASCII")
}

#[rstest]
#[case::label("s::a::claim", "case_1_off", &[], "s::a::claim[off]")]
#[case::padded("s::a::claim", "case_007_off", &[WORDLESS], "s::a::claim[off]")]
#[case::digits_in_a_label("s::a::claim", "case_3_4_gib", &[DATA], "s::a::claim[4_gib]")]
#[case::no_label("s::a::claim", "case_3", &[DATA], "s::a::claim[0x7f]")]
#[case::no_label_and_two("s::a::claim", "case_3", &[WAY, DATA], "s::a::claim[path, data 0x7f]")]
#[case::value("s::a::claim", "data_03_0x7f", &[DATA], "s::a::claim[0x7f]")]
#[case::values("s::a::claim::way_1_Way__Path", "data_2_0x7f", &[WAY, DATA], "s::a::claim[path, data 0x7f]")]
#[case::both("s::a::claim::case_2_off", "data_2_0x7f", &[WORDLESS, DATA], "s::a::claim[off, data 0x7f]")]
#[case::both_and_two(
    "s::a::claim::case_2_off::way_1_", "data_2_0x7f", &[WORDLESS, WAY, DATA], "s::a::claim[off, path, data 0x7f]"
)]
#[case::both_without_a_label("s::a::claim::case_2", "data_2_0x7f", &[WAY, DATA], "s::a::claim[path, data 0x7f]")]
#[case::an_area_of_the_claims_name("s::claim::claim", "case_1_off", &[], "s::claim::claim[off]")]
#[case::a_letter_of_two_bytes("s::a::claim::way_1_\u{e4}", "data_1_", &[WAY, DATA], "s::a::claim[path, data 0x7f]")]
#[case::a_longer_claim("s::a::claim::claim_2_x", "data_1_", &[DATA], "s::a::claim[0x7f]")]
fn a_row_is_called_by_label_and_values(
    #[case] module: &'static str,
    #[case] function: &'static str,
    #[case] arguments: &'static [Argument],
    #[case] expected: &str,
) {
    assert_eq!(name(module, function, arguments), expected);
}

#[test]
fn a_rows_place_in_its_table_is_not_in_its_name() {
    for (one, other) in [("case_1_off", "case_12_off"), ("case_01_off", "case_1_off")] {
        assert_eq!(name("s::a::claim", one, &[]), name("s::a::claim", other, &[]));
    }
    let inner = ["s::a::claim::case_1_off::way_1_x", "s::a::claim::case_9_off::way_3_x"];
    let [one, other] = inner.map(|module| name(module, "data_1_", &[WAY, DATA]));
    assert_eq!(one, other);
}

#[rstest]
#[case::wordless("s::a::claim", "case_1", &[WORDLESS])]
#[case::nothing("s::a::claim", "case_1", &[])]
#[case::another_module("s::a::claims", "case_1_off", &[])]
#[case::another_front("s::a::preclaim", "case_1_off", &[])]
#[case::bracket("s::a::claim", "case_1", &[Argument { name: "x", alone: "a[0]", among: "" }])]
#[case::path("s::a::claim", "case_1", &[Argument { name: "x", alone: "A::B", among: "" }])]
#[case::directive("s::a::claim", "case_1", &[Argument { name: "x", alone: "a # b", among: "" }])]
#[case::two_parts("s::a::claim", "case_1", &[Argument { name: "x", alone: "a, b", among: "" }])]
#[case::not_ascii("s::a::claim", "case_1_\u{e4}", &[])]
#[should_panic]
fn what_cannot_be_a_name_is_refused(
    #[case] module: &'static str,
    #[case] function: &'static str,
    #[case] arguments: &'static [Argument],
) {
    name(module, function, arguments);
}

#[rstest]
#[case("case_1_off", Some("off"))]
#[case("case_12", Some(""))]
#[case("case_1off", None)]
#[case("case_off", None)]
#[case("cases_1_off", None)]
#[case("case", None)]
#[case("", None)]
fn a_numbered_name_is_taken_apart(#[case] name: &str, #[case] expected: Option<&str>) {
    assert_eq!(numbered(name, "case"), expected);
}

#[rstest]
#[case::last("suite::area::claim", true)]
#[case::nothing_before(":claim", true)]
#[case::not_last("suite::claim::area", false)]
#[case::as_long("suite::other", false)]
#[case::longer("suite::preclaim", false)]
#[case::alone("claim", false)]
#[case::short("aim", false)]
#[case::empty("", false)]
fn a_path_ends_with_a_whole_segment(#[case] path: &str, #[case] ends: bool) {
    assert_eq!(ends_with_segment(path, "claim"), ends);
}

#[test]
fn a_text_holds_its_bytes() {
    let empty = Text { bytes: [0; ROOM], length: 0 };
    let text = empty.push("abc");
    assert!(empty.is_empty() && !text.is_empty());
    assert_eq!((empty.len(), text.len()), (0, 3));
    assert_eq!(text.bytes(), *b"abc");
}
