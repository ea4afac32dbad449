//! What programs read of a matrix is what the committed schema says; and what other programs' formats make of it.

use super::*;
use crate::commands::matrix::sample::row;
use crate::commands::matrix::table;
use crate::results::formats::{self, Format, Kcidb};
use serde_json::Value;

/// Every outcome there is.
fn rows() -> Vec<Row> {
    let done = || row("6.1", Some("none"), "6.1.0", &[("a::b::c", "holds")]);
    let with = |name: &str, outcome, record: bool| {
        let mut row = done();
        (row.name, row.outcome) = (name.into(), outcome);
        row.record = row.record.filter(|_| record);
        row
    };
    let mut compared = done();
    compared.agreement = Some(("6.1-none".into(), Agreement::Differs("1 case".into())));
    compared.undeclared = Some("lacks seccomp".into());
    compared.assumed = vec!["a::b::c".into()];
    vec![
        compared,
        with("old", Outcome::NotAvailable("no such package".into()), false),
        with("dead", Outcome::NoAnswer("it does not boot".into()), false),
        with("half", Outcome::Cut("it lacks 1 of 2".into(), 69), true),
        with("stopped", Outcome::Interrupted, false),
        row("gvisor", None, "4.4.0", &[("a::b::c", "violated")]),
    ]
}

#[test]
fn the_schema_is_the_one_that_is_committed() {
    let schema = schemars::schema_for!(Document<'static>).to_value();
    let committed = include_str!("../../../schemas/matrix.json");
    crate::results::schema_is(&schema, committed, "matrix.json");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for rows in [rows(), Vec::new()] {
        let value: Value = serde_json::from_str(&document(&rows, None)).expect("JSON");
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {value}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": 1 })));
}

#[test]
fn other_formats_say_what_became_of_each_column() {
    let rows = rows();
    let mut bytes = Vec::new();
    let document = table::document(&rows, Kcidb::default());
    formats::write(Format::Ktap, &document, &mut bytes).expect("written");
    let text = String::from_utf8(bytes).expect("UTF-8");
    for line in [
        "\nok 2 old # SKIP not available: no such package\n",
        "\nnot ok 3 dead # ERROR it does not boot\n",
        "\n  not ok 2 record::is_whole # ERROR it lacks 1 of 2\n",
        "\nnot ok 5 stopped # ERROR it was interrupted\n",
        "\nnot ok 6 gvisor\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
