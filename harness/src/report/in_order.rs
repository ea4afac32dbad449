//! Cases come as they are done; a report that has an order lets the later ones wait.

use std::collections::BTreeMap;

/// What waits for its place.
#[derive(Debug)]
pub(super) struct InOrder<T> {
    /// The places that are expected, in their order.
    places: Vec<usize>,
    next: usize,
    waiting: BTreeMap<usize, T>,
}

impl<T> InOrder<T> {
    /// Expects something of each of `places`.
    pub(super) const fn new(places: Vec<usize>) -> Self {
        Self { places, next: 0, waiting: BTreeMap::new() }
    }

    /// Takes what came of `place`.
    pub(super) fn add(&mut self, place: usize, thing: T) {
        self.waiting.insert(place, thing);
    }

    /// The next of them, once it is there.
    pub(super) fn next(&mut self) -> Option<T> {
        let thing = self.waiting.remove(self.places.get(self.next)?)?;
        self.next += 1;
        Some(thing)
    }

    /// What still waits, for something before it never came.
    pub(super) fn rest(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.waiting).into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_for_those_before_it() {
        let mut order = InOrder::new(vec![2, 5, 7, 9]);
        order.add(5, "b");
        assert_eq!(order.next(), None);
        order.add(9, "d");
        order.add(2, "a");
        assert_eq!([order.next(), order.next(), order.next()], [Some("a"), Some("b"), None]);
        assert_eq!(order.rest().collect::<Vec<_>>(), ["d"]);
        assert_eq!((order.next(), order.rest().count()), (None, 0));
    }
}
