//! The lies, in tables by where they are told.

mod arming;
mod bound;
mod calls;
mod endings;
mod files;
mod filters;
mod handling;
mod listeners;
mod registers;
mod rows;
mod tasks;
mod tracing;
mod waiting;

use super::lie::Lie;

/// All of them.
pub(super) fn build() -> Vec<Lie> {
    let mut lies = Vec::new();
    arming::add(&mut lies);
    bound::add(&mut lies);
    calls::add(&mut lies);
    endings::add(&mut lies);
    files::add(&mut lies);
    filters::add(&mut lies);
    handling::add(&mut lies);
    listeners::add(&mut lies);
    registers::add(&mut lies);
    tasks::add(&mut lies);
    tracing::add(&mut lies);
    waiting::add(&mut lies);
    lies
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_lie_has_a_name_of_its_own_and_a_sentence() {
        let lies = super::build();
        let names: BTreeSet<_> = lies.iter().map(|lie| lie.id()).collect();
        assert_eq!(names.len(), lies.len());
        assert!(lies.len() < crate::lies::state::MOST);
        for lie in &lies {
            assert!(lie.bug().split_whitespace().count() > 3, "{}: {}", lie.id(), lie.bug());
        }
    }
}
