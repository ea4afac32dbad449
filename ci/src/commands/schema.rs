//! `sigsys schema`: the JSON Schema of what a command prints for programs.

use crate::error::Refusal;
use crate::terminal;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// Each schema by the name of the command whose output it describes.
const SCHEMAS: [(&str, &str); 10] = [
    ("record", RECORD),
    ("run", RECORD),
    ("boot", RECORD),
    ("matrix", include_str!("../schemas/matrix.json")),
    ("diff", include_str!("../schemas/diff.json")),
    ("history", include_str!("../schemas/history.json")),
    ("bisect", include_str!("../schemas/bisect.json")),
    ("clauses", include_str!("../schemas/clauses.json")),
    ("cases", include_str!("../schemas/cases.json")),
    ("kernels", include_str!("../schemas/kernels.json")),
];

/// That of a line of a record.
const RECORD: &str = include_str!("../../../harness/record.schema.json");

/// `sigsys schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The command whose `--format json` it describes; of `record`, `run` and `boot` it is that of each line
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(SCHEMAS.map(|(name, _)| name)))]
    pub name: String,
}

/// Prints the schema; gives the exit status.
///
/// # Errors
/// When standard output refuses it.
pub(crate) fn schema(args: &SchemaArgs) -> Result<u8, Refusal> {
    let named = SCHEMAS.iter().find(|(name, _)| *name == args.name);
    let (_, text) = named.ok_or_else(|| Refusal::usage("there is no such schema"))?;
    terminal::say(text)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No schema is committed that nobody can ask for, and each is one.
    #[test]
    fn every_schema_has_a_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schemas");
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            assert!(SCHEMAS.iter().any(|(own, _)| *own == name), "{name}");
        }
        for (name, text) in SCHEMAS {
            let schema = serde_json::from_str(text).expect("JSON");
            assert!(jsonschema::meta::is_valid(&schema), "{name}");
        }
    }
}
