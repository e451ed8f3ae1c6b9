//! Merge rules: how one context part is merged after several parallel branches have written it.
//!
//! A rule is `fn(base: &T, arms: &[T]) -> Result<T, (usize, String)>`: `base` is the value the branches started from,
//! `arms` are the values of the branches that wrote it, in declaration or item order. An error names the arm, by its
//! index in `arms`, and the reason. Every rule sees `base`, so that a value from before the fork counts once.
//! `#[context(part, merge = append)]` names one of these; `merge = my_module::my_rule` names a function of your own.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::ops::{Add, Sub};

/// The result of a merge rule.
pub type Merged<T> = Result<T, (usize, String)>;

/// A function that merges parts of the type `T`.
#[diagnostic::on_unimplemented(
    message = "this is not a merge rule for a `{T}` [merge_rule_of_another_shape]",
    label = "it is `{Self}`",
    note = "a merge rule is `fn(base: &{T}, arms: &[{T}]) -> Result<{T}, (usize, String)>`, with the arm that does not fit in its error"
)]
pub trait MergeRule<T>: Fn(&T, &[T]) -> Merged<T> {}
#[diagnostic::do_not_recommend]
impl<T, F: Fn(&T, &[T]) -> Merged<T>> MergeRule<T> for F {}

/// Keeps `base` and adds the elements that every arm appended to it.
///
/// # Errors
/// An arm removed or changed an element of `base`.
pub fn append<T: Append>(base: &T, arms: &[T]) -> Merged<T> {
    T::append(base, arms)
}

/// Lists that [`append`] can lengthen.
#[diagnostic::on_unimplemented(
    message = "`append` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`append` is for a `Vec` of values that derive `Clone` and `PartialEq`"
)]
pub trait Append: Sized {
    /// Merges by the rule [`append`].
    ///
    /// # Errors
    /// See [`append`].
    fn append(base: &Self, arms: &[Self]) -> Merged<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + PartialEq> Append for Vec<T> {
    fn append(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            let Some(added) = arm.strip_prefix(base.as_slice()) else {
                return Err((i, "`append` needs what was there before to stay as it was".to_owned()));
            };
            out.extend_from_slice(added);
        }
        Ok(out)
    }
}

/// Numbers that `sum` can add without overflow.
#[diagnostic::on_unimplemented(
    message = "`sum` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`sum` is for integers and floats; for another type, implement `flujo::context::rules::Checked`"
)]
pub trait Checked: Copy + PartialOrd {
    /// Returns `self + other`, `None` when it does not fit.
    fn plus(self, other: Self) -> Option<Self>;
    /// Returns `self - other`, `None` when it does not fit.
    fn minus(self, other: Self) -> Option<Self>;
}
macro_rules! checked {
    ($($t:ty)*) => { $(#[diagnostic::do_not_recommend]
    impl Checked for $t {
        fn plus(self, other: Self) -> Option<Self> { self.checked_add(other) }
        fn minus(self, other: Self) -> Option<Self> { self.checked_sub(other) }
    })* };
}
checked!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
macro_rules! checked_float {
    ($($t:ty)*) => { $(#[diagnostic::do_not_recommend]
    impl Checked for $t {
        fn plus(self, other: Self) -> Option<Self> { Some(self.add(other)).filter(|x| x.is_finite()) }
        fn minus(self, other: Self) -> Option<Self> { Some(self.sub(other)).filter(|x| x.is_finite()) }
    })* };
}
checked_float!(f32 f64);

/// Adds to `base` the difference that every arm made. Only the total must fit: an arm may go below `base`.
///
/// # Errors
/// The result does not fit the type.
pub fn sum<T: Checked>(base: &T, arms: &[T]) -> Merged<T> {
    let mut total = *base;
    for (i, arm) in arms.iter().enumerate() {
        // Unsigned numbers cannot hold a negative difference, so the smaller side is subtracted.
        let next = if arm >= base {
            arm.minus(*base).and_then(|d| total.plus(d))
        } else {
            base.minus(*arm).and_then(|d| total.minus(d))
        };
        total = next.ok_or_else(|| (i, "the sum does not fit the type".to_owned()))?;
    }
    Ok(total)
}

/// Returns the smallest of `base` and all arms.
///
/// # Errors
/// Two values cannot be compared.
pub fn min<T: Ordered>(base: &T, arms: &[T]) -> Merged<T> {
    pick(base, arms, Ordering::Less)
}

/// Returns the largest of `base` and all arms.
///
/// # Errors
/// Two values cannot be compared.
pub fn max<T: Ordered>(base: &T, arms: &[T]) -> Merged<T> {
    pick(base, arms, Ordering::Greater)
}

/// Values that [`min`] and [`max`] can compare.
#[diagnostic::on_unimplemented(
    message = "`min` and `max` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "add `#[derive(Clone, PartialEq, PartialOrd)]` to `{Self}`"
)]
pub trait Ordered: Clone + PartialOrd {}
#[diagnostic::do_not_recommend]
impl<T: Clone + PartialOrd> Ordered for T {}

fn pick<T: Ordered>(base: &T, arms: &[T], wanted: Ordering) -> Merged<T> {
    let mut best = base;
    for (i, arm) in arms.iter().enumerate() {
        match arm.partial_cmp(best) {
            None => return Err((i, "the values cannot be compared".to_owned())),
            Some(found) if found == wanted => best = arm,
            Some(_) => {}
        }
    }
    Ok(best.clone())
}

/// Returns the value of the last arm that wrote the part.
///
/// # Errors
/// None.
pub fn last<T: Clone>(base: &T, arms: &[T]) -> Merged<T> {
    Ok(arms.last().unwrap_or(base).clone())
}

/// Returns all elements of `base` and of the arms; for maps, a key that two arms changed differently is a conflict.
///
/// # Errors
/// Two arms changed one key to different values, or an arm removed an element of `base`.
pub fn union<T: Union>(base: &T, arms: &[T]) -> Merged<T> {
    T::union(base, arms)
}

/// Collections that [`union`] can merge.
#[diagnostic::on_unimplemented(
    message = "`union` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`union` is for sets, and for maps whose values derive `Clone` and `PartialEq`"
)]
pub trait Union: Sized {
    /// Merges by the rule [`union`].
    ///
    /// # Errors
    /// See [`union`].
    fn union(base: &Self, arms: &[Self]) -> Merged<Self>;
}

const REMOVED: &str = "`union` needs what was there before to stay";

#[diagnostic::do_not_recommend]
impl<T: Clone + Ord> Union for BTreeSet<T> {
    fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            if !base.is_subset(arm) {
                return Err((i, REMOVED.to_owned()));
            }
            out.extend(arm.iter().cloned());
        }
        Ok(out)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Eq + Hash, S: BuildHasher + Clone> Union for HashSet<T, S> {
    fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            if !base.is_subset(arm) {
                return Err((i, REMOVED.to_owned()));
            }
            out.extend(arm.iter().cloned());
        }
        Ok(out)
    }
}

macro_rules! union_map {
    ($([$($bound:tt)+] $map:ty;)+) => { $(
        #[diagnostic::do_not_recommend]
        impl<$($bound)+> Union for $map {
            fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
                let mut out = base.clone();
                for (i, arm) in arms.iter().enumerate() {
                    if base.keys().any(|k| !arm.contains_key(k)) {
                        return Err((i, REMOVED.to_owned()));
                    }
                    for (k, v) in arm {
                        if base.get(k) == Some(v) {
                            continue;
                        }
                        if out.get(k).is_some_and(|seen| seen != v && base.get(k) != Some(seen)) {
                            return Err((i, "two branches changed one key to different values".to_owned()));
                        }
                        out.insert(k.clone(), v.clone());
                    }
                }
                Ok(out)
            }
        }
    )+ };
}
union_map! {
    [K: Clone + Ord, V: Clone + PartialEq] BTreeMap<K, V>;
    [K: Clone + Eq + Hash, V: Clone + PartialEq, S: BuildHasher + Clone] HashMap<K, V, S>;
}
