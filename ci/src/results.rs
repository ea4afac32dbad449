//! What kernels did, and what is said of it: pure functions from records and descriptions to texts and
//! tables. No process is started here and nothing is printed.

pub(crate) mod bisect;
pub(crate) mod cell;
pub(crate) mod diff;
pub(crate) mod formats;
pub(crate) mod history;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod parse;
pub(crate) mod ranges;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod run_record;
pub(crate) mod run_results;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod site;
pub(crate) mod snapshot;
pub(crate) mod taken;
pub(crate) mod tally;
pub(crate) mod title;
pub(crate) mod wholeness;

pub(crate) use names::claim;

/// Holds a schema to the one that is committed as `name`; with UPDATE_SCHEMAS set, writes it there.
#[cfg(test)]
fn schema_is(schema: &serde_json::Value, committed: &str, name: &str) {
    let text = serde_json::to_string_pretty(schema).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let path = format!("{}/src/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &text).expect("written");
    } else {
        assert_eq!(text, committed, "run the test with UPDATE_SCHEMAS=1");
    }
}
