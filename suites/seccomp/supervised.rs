//! What the cases with a supervisor's script share.

use fixtures::supervisor::{Seen, Step, Target};

/// A script, with what each step shows by promise.
pub(super) type Script<'a> = &'a [(Step, Seen)];

/// Takes the steps, and holds each to what it is to show.
#[track_caller]
pub(super) fn plays(target: &mut Target, script: Script<'_>) {
    for (index, (step, promised)) in script.iter().enumerate() {
        assert_eq!(&target.take(*step), promised, "step {index}, {step:?}");
    }
}
