//! The fields of a context, one by one, as generated code handles them.
//!
//! A field whose type cannot be recorded is one mistake and is reported once, by `assert_durable` at its
//! type. Everything else that a context does with its fields goes through [`Field`]: its methods are those of
//! a durable type, and where the type is not durable, method lookup falls back to [`NoField`], which
//! compiles for every type and never runs.

use super::{ArmState, MergeConflict, REST};
use crate::codec::{CodecError, Json};
use crate::durable::Durable;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::marker::PhantomData;

/// What a merge rule is.
type Rule<T> = fn(&T, &[T]) -> super::rules::Merged<T>;

/// Handles values of one field.
#[derive(Debug)]
pub struct Field<T>(PhantomData<fn() -> T>);

impl<T> Field<T> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: Durable> Field<T> {
    /// The type that is recorded.
    pub fn kind(&self) -> PhantomData<T> {
        PhantomData
    }
    /// The same value again.
    pub fn copy(&self, value: &T) -> T {
        value.clone()
    }
    /// The value, to be written.
    pub fn out<'v>(&self, value: &'v T) -> &'v T {
        value
    }
    /// A value that was recorded.
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
    /// What a part becomes after parallel branches, `None` where none of them wrote it.
    ///
    /// # Errors
    /// Several wrote it, and there is no rule for that, or the rule does not apply.
    pub fn merge<C>(
        &self,
        (bit, part): (u32, &'static str),
        base: &T,
        arms: &[ArmState<C>],
        get: fn(&C) -> &T,
        rule: Option<Rule<T>>,
    ) -> Result<Option<T>, MergeConflict> {
        let wrote: Vec<usize> = writers(arms, bit).collect();
        match (wrote.as_slice(), rule) {
            ([], _) => Ok(None),
            (&[one], _) => Ok(arms.get(one).map(|arm| get(&arm.context).clone())),
            (&[_, second, ..], None) => Err(without_rule(part, second)),
            (all, Some(rule)) => {
                let values: Vec<T> =
                    all.iter().filter_map(|i| arms.get(*i)).map(|arm| get(&arm.context).clone()).collect();
                // The rule counts only the arms that wrote.
                rule(base, &values).map(Some).map_err(|(i, message)| MergeConflict {
                    part,
                    arm: all.get(i).copied().unwrap_or(i),
                    message,
                })
            }
        }
    }
}

/// Reads a value of the type that a phantom names.
///
/// # Errors
/// What is there does not fit.
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

/// The arm that wrote fields that are no part, which no rule can put together.
///
/// # Errors
/// Several did.
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

/// The value of a field that is a mistake.
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

/// What [`Field`] does where the field is a mistake.
pub trait NoField<T> {
    /// Nothing is recorded.
    fn kind(&self) -> PhantomData<Hole> {
        PhantomData
    }
    /// Never runs.
    fn copy(&self, _: &T) -> T {
        crate::__private::recover()
    }
    /// Nothing is written.
    fn out(&self, _: &T) -> Hole {
        Hole
    }
    /// Never runs.
    fn back(&self, _: Hole) -> T {
        crate::__private::recover()
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
        crate::__private::recover()
    }
    /// Never runs.
    ///
    /// # Errors
    /// None.
    fn merge<C, X>(
        &self,
        _: (u32, &'static str),
        _: &T,
        _: &[ArmState<C>],
        _: fn(&C) -> &T,
        _: X,
    ) -> Result<Option<T>, MergeConflict> {
        Ok(None)
    }
}
impl<T> NoField<T> for Field<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::rules;

    fn arms(list: &[(u64, Vec<u8>)]) -> Vec<ArmState<Vec<u8>>> {
        list.iter().map(|(written, context)| ArmState { context: context.clone(), written: *written }).collect()
    }
    fn merge(list: &[(u64, Vec<u8>)], rule: Option<Rule<Vec<u8>>>) -> Result<Option<Vec<u8>>, MergeConflict> {
        Field::<Vec<u8>>::NEW.merge((1, "notes"), &vec![0], &arms(list), |c| c, rule)
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
