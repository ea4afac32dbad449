//! Shrinks a failing input with proptest.

use proptest::strategy::ValueTree;

/// Most inputs that are tried.
const MAX_STEPS: usize = 600;

/// The smallest value found below `tree`'s for which `fails` gives a reason, and the reason.
pub(crate) fn shrink<T: std::fmt::Debug, R>(
    tree: &mut dyn ValueTree<Value = T>,
    mut fails: impl FnMut(&T) -> Option<R>,
) -> Option<(T, R)> {
    let mut smallest = None;
    for _ in 0..MAX_STEPS {
        let value = tree.current();
        let goes_on = match fails(&value) {
            Some(reason) => {
                smallest = Some((value, reason));
                tree.simplify()
            }
            None => tree.complicate(),
        };
        if !goes_on {
            break;
        }
    }
    smallest
}
