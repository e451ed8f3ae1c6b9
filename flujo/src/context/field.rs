//! The fields of a context, one by one, as generated code handles them.
//!
//! A field whose type cannot be recorded is one mistake and is reported once, by `assert_durable` at its
//! type. Everything else that a context does with its fields goes through [`Field`]: its methods are those of
//! a durable type, and where the type is not durable, method lookup falls back to [`NoField`], which
//! compiles for every type and never runs.

use super::rules::{self, MergeRule};
use super::{ArmState, List, MergeConflict, REST};
use crate::codec::{CodecError, Json};
use crate::durable::Durable;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::marker::PhantomData;

/// A part's bit and name.
type Place = (u32, &'static str);
/// The merged value of a part; `None` if no arm wrote it.
type Merge<T> = Result<Option<T>, MergeConflict>;

/// Handles values of one field.
#[doc(hidden)]
#[derive(Debug)]
pub struct Field<T>(PhantomData<fn() -> T>);

impl<T> Field<T> {
    /// The handler; it has no state.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: List> Field<T> {
    /// Returns the part as a list.
    pub fn list<'v>(&self, value: &'v mut T) -> Option<&'v mut dyn List> {
        Some(value)
    }
}

impl<T: Durable> Field<T> {
    /// Returns the type that is recorded.
    pub fn kind(&self) -> PhantomData<T> {
        PhantomData
    }
    /// Returns a copy of the value.
    pub fn copy(&self, value: &T) -> T {
        value.clone()
    }
    /// Returns the value to serialize.
    pub fn out<'v>(&self, value: &'v T) -> &'v T {
        value
    }
    /// Returns a deserialized value.
    pub fn back(&self, value: T) -> T {
        value
    }
    /// Encodes a part.
    ///
    /// # Errors
    /// The value does not fit JSON.
    pub fn save(&self, value: &T) -> Result<Json, CodecError> {
        Json::encode(value)
    }
    /// Decodes a part.
    ///
    /// # Errors
    /// The record does not fit the type.
    pub fn load(&self, json: &Json) -> Result<T, CodecError> {
        json.decode()
    }
    /// Merges a part after parallel branches with a rule of the user's; `None` if no branch wrote it.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn merge<C>(
        &self,
        (bit, part): Place,
        base: &T,
        arms: &[ArmState<C>],
        get: fn(&C) -> &T,
        rule: impl MergeRule<T>,
    ) -> Merge<T> {
        let wrote: Vec<usize> = writers(arms, bit).collect();
        if let [] | [_] = wrote.as_slice() {
            return self.only((bit, part), arms, get);
        }
        let values: Vec<T> =
            wrote.iter().filter_map(|i| arms.get(*i)).map(|arm| get(&arm.context).clone()).collect();
        // Arms that did not write the part are no input of the rule: its error counts only those that did.
        rule(base, &values).map(Some).map_err(|(i, message)| MergeConflict {
            part,
            arm: wrote.get(i).copied().unwrap_or(i),
            message,
        })
    }
    /// Merges a part with the rule `append`.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn append<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T>
    where
        T: rules::Append,
    {
        self.merge(part, base, arms, get, rules::append)
    }
    /// Merges a part with the rule `sum`.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn sum<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T>
    where
        T: rules::Checked,
    {
        self.merge(part, base, arms, get, rules::sum)
    }
    /// Merges a part with the rule `min`.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn min<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T>
    where
        T: rules::Ordered,
    {
        self.merge(part, base, arms, get, rules::min)
    }
    /// Merges a part with the rule `max`.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn max<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T>
    where
        T: rules::Ordered,
    {
        self.merge(part, base, arms, get, rules::max)
    }
    /// Merges a part with the rule `union`.
    ///
    /// # Errors
    /// Several wrote it, and the rule does not apply.
    pub fn union<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T>
    where
        T: rules::Union,
    {
        self.merge(part, base, arms, get, rules::union)
    }
    /// Merges a part with the rule `last`.
    ///
    /// # Errors
    /// None.
    pub fn last<C>(&self, part: Place, base: &T, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T> {
        self.merge(part, base, arms, get, rules::last)
    }
    /// Merges a part that has no rule: at most one arm may write it.
    ///
    /// # Errors
    /// Several arms wrote it.
    pub fn only<C>(&self, (bit, part): Place, arms: &[ArmState<C>], get: fn(&C) -> &T) -> Merge<T> {
        let mut wrote = writers(arms, bit);
        let first = wrote.next();
        match wrote.next() {
            Some(second) => Err(without_rule(part, second)),
            None => Ok(first.and_then(|i| arms.get(i)).map(|arm| get(&arm.context).clone())),
        }
    }
}

/// Reads a value of the type that a phantom names.
///
/// # Errors
/// The value does not fit the type.
pub fn read_as<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
    _: PhantomData<T>,
) -> Result<T, D::Error> {
    T::deserialize(from)
}

/// Decodes a value of the type that a phantom names.
///
/// # Errors
/// The record does not fit.
pub fn decode_as<T: DeserializeOwned>(json: &Json, _: PhantomData<T>) -> Result<T, CodecError> {
    json.decode()
}

/// Returns the context of the arm that wrote fields which are no part; no rule can merge those.
///
/// # Errors
/// Several arms wrote them.
pub fn rest_writer<C>(arms: &[ArmState<C>]) -> Result<Option<&C>, MergeConflict> {
    let mut wrote = writers(arms, REST);
    let first = wrote.next();
    match wrote.next() {
        Some(second) => Err(without_rule("(rest)", second)),
        None => Ok(first.and_then(|i| arms.get(i)).map(|arm| &arm.context)),
    }
}

fn writers<C>(arms: &[ArmState<C>], bit: u32) -> impl Iterator<Item = usize> {
    arms.iter().enumerate().filter(move |(_, arm)| arm.written >> bit & 1 == 1).map(|(i, _)| i)
}

fn without_rule(part: &'static str, arm: usize) -> MergeConflict {
    let message = "several parallel branches wrote it, and it has no merge rule".to_owned();
    MergeConflict { part, arm, message }
}

/// Stands in for the value of a field whose type does not compile as durable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hole;

impl Serialize for Hole {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}
impl<'de> Deserialize<'de> for Hole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <()>::deserialize(from).map(|()| Self)
    }
}

/// Fallback methods of [`Field`] for a type that is not durable.
pub trait NoField<T> {
    /// Returns the type that is recorded: an empty placeholder.
    fn kind(&self) -> PhantomData<Hole> {
        PhantomData
    }
    /// Never runs.
    fn copy(&self, _: &T) -> T {
        crate::durable::recover()
    }
    /// Returns the placeholder to serialize.
    fn out(&self, _: &T) -> Hole {
        Hole
    }
    /// Never runs.
    fn back(&self, _: Hole) -> T {
        crate::durable::recover()
    }
    /// Never runs.
    ///
    /// # Errors
    /// None.
    fn save(&self, _: &T) -> Result<Json, CodecError> {
        Ok(Json::null())
    }
    /// Never runs.
    ///
    /// # Errors
    /// None.
    fn load(&self, _: &Json) -> Result<T, CodecError> {
        crate::durable::recover()
    }
    /// Never runs.
    ///
    /// # Errors
    /// None.
    fn merge<C, X>(&self, _: Place, _: &T, _: &[ArmState<C>], _: fn(&C) -> &T, _: X) -> Merge<T> {
        Ok(None)
    }
    /// Never runs.
    ///
    /// # Errors
    /// None.
    fn only<C>(&self, _: Place, _: &[ArmState<C>], _: fn(&C) -> &T) -> Merge<T> {
        Ok(None)
    }
}
/// Fallback method of [`Field`] for a part whose type is not [`List`].
pub trait NoList<T> {
    /// Returns `None`: the part is recorded as a whole.
    fn list<'v>(&self, _: &'v mut T) -> Option<&'v mut dyn List> {
        None
    }
}
macro_rules! no_rules {
    ($($rule:ident)*) => {
        /// [`NoField`], for the merge rules by name.
        pub trait NoRule<T> { $(
            /// Never runs.
            ///
            /// # Errors
            /// None.
            fn $rule<C>(&self, _: Place, _: &T, _: &[ArmState<C>], _: fn(&C) -> &T) -> Merge<T> {
                Ok(None)
            }
        )* }
    };
}
no_rules!(append sum min max union last);
impl<T> NoField<T> for Field<T> {}
impl<T> NoList<T> for Field<T> {}
impl<T> NoRule<T> for Field<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(list: &[(u64, Vec<u8>)]) -> Vec<ArmState<Vec<u8>>> {
        list.iter()
            .map(|(written, context)| ArmState { context: context.clone(), written: *written })
            .collect()
    }
    type Rule = fn(&Vec<u8>, &[Vec<u8>]) -> rules::Merged<Vec<u8>>;

    fn merge(list: &[(u64, Vec<u8>)], rule: Option<Rule>) -> Result<Option<Vec<u8>>, MergeConflict> {
        match rule {
            Some(rule) => Field::<Vec<u8>>::NEW.merge((1, "notes"), &vec![0], &arms(list), |c| c, rule),
            None => Field::<Vec<u8>>::NEW.only((1, "notes"), &arms(list), |c| c),
        }
    }

    #[test]
    fn only_arms_that_wrote_count() {
        assert_eq!(merge(&[(0, vec![9]), (1, vec![8])], None), Ok(None));
        assert_eq!(merge(&[(0, vec![9]), (2, vec![8])], None), Ok(Some(vec![8])));
        let both = [(2, vec![0, 1]), (0, vec![9]), (3, vec![0, 2])];
        assert_eq!(merge(&both, Some(rules::append)), Ok(Some(vec![0, 1, 2])));
    }

    #[test]
    fn conflicts_name_the_arm_itself() {
        let conflict = merge(&[(0, vec![]), (2, vec![1]), (2, vec![2])], None).unwrap_err();
        assert_eq!((conflict.part, conflict.arm), ("notes", 2));
        let conflict = merge(&[(2, vec![0, 1]), (0, vec![]), (2, vec![7])], Some(rules::append)).unwrap_err();
        assert_eq!((conflict.part, conflict.arm), ("notes", 2));
    }

    #[test]
    fn the_rest_has_one_writer() {
        let rest = 1 << REST;
        assert_eq!(rest_writer(&arms(&[(1, vec![1])])), Ok(None));
        assert_eq!(rest_writer(&arms(&[(1, vec![1]), (rest, vec![2])])), Ok(Some(&vec![2])));
        let conflict = rest_writer(&arms(&[(rest, vec![1]), (rest, vec![2])])).unwrap_err();
        assert_eq!((conflict.part, conflict.arm), ("(rest)", 1));
    }
}
