//! Several of a kind in one change: each counts once, however often it is named.

use std::collections::HashSet;
use std::hash::Hash;

use super::rejection::Rejection;

/// The most in one change.
pub const MANY_MAX: usize = 1_000;

/// Ids that an input names, and by which field.
#[derive(Clone, Debug)]
pub struct Many<T> {
    named: Vec<T>,
    each: Vec<T>,
    path: &'static str,
}

impl<T: Copy + Eq + Hash> Many<T> {
    /// Refuses none, and more than fit into one change. `what` is the word for several of them.
    pub fn named(path: &'static str, what: &str, named: Vec<T>) -> Result<Self, Rejection> {
        let mut known = HashSet::with_capacity(named.len());
        let each: Vec<_> = named.iter().copied().filter(|one| known.insert(*one)).collect();
        if each.is_empty() || each.len() > MANY_MAX {
            return Err(Rejection::invalid(path, format!("Name 1 to {MANY_MAX} {what}.")));
        }
        Ok(Self { named, each, path })
    }

    /// Each once, in the order in which they are named first.
    pub fn each(&self) -> &[T] {
        &self.each
    }

    /// The path of the place at which one of them is named first.
    pub fn path_of(&self, one: T) -> String {
        let place = self.named.iter().position(|other| *other == one).unwrap_or_default();
        format!("{}.{place}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_once_and_is_found_where_it_is_named_first() {
        let many = Many::named("input.ids", "ids", vec![7, 7, 3, 7, 5]).expect("three of them");
        assert_eq!(many.each(), [7, 3, 5]);
        assert_eq!((many.path_of(7), many.path_of(3)), ("input.ids.0".to_owned(), "input.ids.2".to_owned()));
    }

    #[test]
    fn none_and_more_than_a_thousand_different_ones_are_refused() {
        let refused = Many::named("input.ids", "ids", Vec::<i32>::new()).expect_err("none");
        assert_eq!(refused.message, "Name 1 to 1000 ids.");
        assert!(Many::named("input.ids", "ids", (0..1_000).chain(0..1_000).collect()).is_ok());
        assert!(Many::named("input.ids", "ids", (0..1_001).collect()).is_err());
    }
}
