//! `sigsys matrix --forget`: removes columns from the snapshots.

use super::args::MatrixArgs;
use super::{folder, texts};
use crate::error::Refusal;
use crate::results::ranges::Id;
use crate::results::snapshot::check::Checked;
use crate::results::snapshot::folder::{load, store};
use crate::terminal;

/// Takes columns out of the snapshots.
///
/// # Errors
/// When the snapshots cannot be read or written, or have no such column.
pub(super) fn forget(args: &MatrixArgs) -> Result<u8, Refusal> {
    let folder = folder(args)?;
    let stored = load(&folder).map_err(Refusal::usage)?;
    let mut table = stored.table.clone();
    for name in &args.forget {
        let is_meant = |id: &&Id| {
            id.name() == *name || matches!(id, Id::Kernel(series, _) if series.text() == name)
        };
        let ids: Vec<Id> = table.columns.keys().filter(is_meant).cloned().collect();
        if ids.is_empty() {
            return Err(Refusal::usage(format!(
                "--forget {name}: no column of the snapshots is called so"
            )));
        }
        ids.iter().for_each(|id| table.forget(id));
    }
    let texts = store(&folder, &stored, &table, true).map_err(Refusal::no_answer)?;
    terminal::say(&texts::report(&Checked { texts, ..Checked::default() }, true))?;
    Ok(0)
}
