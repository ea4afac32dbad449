//! `sigsys kernels`: the packaged kernels, a line each; and fetching them.

mod args;
mod show;

use crate::error::{NO_ANSWER, Refusal, USAGE};
use crate::machine::kernels::catalogue::{self, Catalogue, Packaged};
use crate::machine::kernels::lack::{Lack, LackKind};
use crate::machine::kernels::packaged::fetch_named;
use crate::machine::subprocess;
use crate::progress::Spinner;
use crate::terminal;
use args::KernelsFormat;
pub(crate) use args::{KernelsArgs, STATUSES};

/// Lists the kernels, or fetches those that are named; gives the exit status.
///
/// # Errors
/// When nothing is known of any kernel, or a name means none.
pub(crate) fn kernels(args: &KernelsArgs) -> Result<u8, Refusal> {
    let spinner = Spinner::new("looking for kernels");
    let catalogue = catalogue::catalogue(args.refresh, |step| spinner.say(step));
    drop(spinner);
    refuse_interrupted()?;
    let catalogue = catalogue.map_err(|lack| lack.refusal("kernels"))?;
    if let Some(note) = &catalogue.note {
        terminal::complain(note);
    }
    if args.fetch {
        return fetch(&catalogue, args);
    }
    let kernels = named(&catalogue, &args.names)?;
    if !catalogue.expired.is_empty() {
        let suites = catalogue.expired.join(", ");
        terminal::complain(&format!("left out, because the mirror's list has expired: {suites}"));
    }
    terminal::say(&match args.format {
        KernelsFormat::Text => show::text(&kernels),
        KernelsFormat::Json => serde_json::to_string_pretty(&kernels).unwrap_or_default() + "\n",
    })?;
    Ok(0)
}

/// The kernels that any of `names` means; all where there is no name. The oldest first.
fn named<'a>(catalogue: &'a Catalogue, names: &[String]) -> Result<Vec<&'a Packaged>, Refusal> {
    for name in names {
        if catalogue.named(name).is_empty() {
            return Err(catalogue.lack(name).refusal(name));
        }
    }
    let ids: Vec<String> =
        names.iter().flat_map(|name| catalogue.named(name)).map(Packaged::id).collect();
    let is_meant = |kernel: &&Packaged| names.is_empty() || ids.contains(&kernel.id());
    Ok(catalogue.kernels.iter().filter(is_meant).collect())
}

/// Fetches the newest that each name means; what cannot be had is said, and the others are fetched.
fn fetch(catalogue: &Catalogue, args: &KernelsArgs) -> Result<u8, Refusal> {
    let mut status = 0;
    for name in &args.names {
        let spinner = Spinner::new("fetching the kernel");
        let fetched = fetch_named(catalogue, name, |step| spinner.say(step));
        drop(spinner);
        refuse_interrupted()?;
        match fetched {
            Ok(fetched) => {
                if let Some(note) = &fetched.note {
                    terminal::complain(&format!("{name}: {note}"));
                }
                terminal::say(&format!("{}\n", fetched.image.display()))?;
            }
            Err(lack) => {
                status = status.max(said(name, lack));
            }
        }
    }
    Ok(status)
}

/// Says why a kernel cannot be had; gives the exit status.
fn said(name: &str, lack: Lack) -> u8 {
    let wrong = lack.kind == LackKind::Wrong;
    terminal::complain(&lack.refusal(name).line);
    if wrong { USAGE } else { NO_ANSWER }
}

fn refuse_interrupted() -> Result<(), Refusal> {
    subprocess::interrupted().map_or(Ok(()), |signal| Err(Refusal::interrupted(signal)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::kernels::catalogue::{Availability, Source};

    /// What programs read is what the committed schema says.
    #[test]
    fn the_schema_is_the_one_that_is_committed() {
        let schema = schemars::schema_for!(Vec<Packaged>).to_value();
        let committed = include_str!("../schemas/kernels.json");
        crate::results::schema_is(&schema, committed, "kernels.json");
        let kernel = Packaged {
            version: "6.12.90".into(),
            package: "6.12.90-2".into(),
            release: "6.12.90-cloud-amd64".into(),
            suites: vec!["trixie".into()],
            size: 1,
            config: true,
            state: Availability::Listed,
            sources: Vec::<Source>::new(),
        };
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let value = serde_json::to_value([&kernel]).expect("JSON");
        assert!(validator.is_valid(&value), "{value}");
        assert!(!validator.is_valid(&serde_json::json!([{ "version": 6 }])));
    }
}
