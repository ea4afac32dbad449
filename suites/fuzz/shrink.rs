//! Makes a failing input smaller, as proptest knows how.

use proptest::strategy::ValueTree;

/// Inputs that are tried at most.
const MANY: usize = 600;

/// The smallest value found below `tree`'s for which `fails` gives a reason, and the reason.
pub(crate) fn shrink<T: std::fmt::Debug, R>(
    tree: &mut dyn ValueTree<Value = T>,
    mut fails: impl FnMut(&T) -> Option<R>,
) -> Option<(T, R)> {
    let mut smallest = None;
    for _ in 0..MANY {
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
