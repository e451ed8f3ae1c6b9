//! The values that may cross a step boundary, and those that a person may reply.

use crate::codec::{CodecError, Digest, Json, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::any::Any;

/// A value that can be recorded: inputs and outputs of steps, contexts and their parts.
///
/// Implemented for every `T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static`; no type
/// implements it by hand. What flows on after a step is the value *decoded from the record*, so a live
/// run and a resumed one see the same.
///
/// `Clone` must give a value that shares nothing that can change: attempts work on clones, so that one that fails
/// leaves no trace. `Arc<Mutex<T>>` and its like are refused by the macros where they see them, and are a mistake
/// inside a type of your own, too.
///
/// ```
/// use flujo::{Durable, assert_durable};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Page {
///     title: String,
/// }
///
/// // What is missing is then an error here, and not in the pipeline.
/// const _: () = assert_durable::<Page>();
///
/// fn titles<T: Durable>(pages: &[T]) -> String {
///     serde_json::to_string(pages).unwrap_or_default()
/// }
/// assert_eq!(titles(&[Page { title: "Tides".to_owned() }]), r#"[{"title":"Tides"}]"#);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded [not_recordable]",
    label = "this value crosses a step boundary, so it must be durable",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Durable: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Durable for T {}

/// A value that a person, or a model, can be asked for: it has a JSON Schema.
///
/// ```
/// use flujo::{Reply, assert_reply};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// enum Tone {
///     Friendly,
///     Angry,
/// }
///
/// // What is missing is then an error here, and not in the pipeline.
/// const _: () = assert_reply::<Tone>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a reply [not_a_reply]",
    label = "no JSON Schema for this type",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]` to `{Self}`"
)]
pub trait Reply: Durable + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Durable + JsonSchema> Reply for T {}

/// Proves that values of `T` can be recorded: `const _: () = flujo::assert_durable::<Post>();`.
///
/// The macros write one for every type that has to be durable, so this is only needed where a library
/// promises it for its own types.
pub const fn assert_durable<T: Durable>() {}

/// Proves that a `T` can be a person's reply or a model's answer, as [`assert_durable`] does.
pub const fn assert_reply<T: Reply>() {}

/// The operations of the runtime on a [`Durable`] value. Every durable type has it; it is a trait of its own
/// because rustc checks a bound on an associated type supertrait by supertrait, each with an error of its
/// own: `type Output: Durable` reports one missing derive three times, in the words of serde.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded [not_recordable]",
    label = "this value crosses a step boundary, so it must be durable",
    note = "add `#[derive(Clone, serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Recorded: Sized + Send + Sync + 'static {
    /// Serializes it.
    ///
    /// # Errors
    /// Its own `Serialize` fails.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;
    /// Deserializes it.
    ///
    /// # Errors
    /// What is there does not fit.
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
    /// Copies the value.
    #[must_use]
    fn copy(&self) -> Self;

    /// Encodes the value as its record.
    ///
    /// # Errors
    /// As [`Json::encode`].
    fn record(&self) -> Result<Json, CodecError> {
        Json::encode(&Out(self))
    }
    /// The value of a record.
    ///
    /// # Errors
    /// As [`Json::decode`].
    fn recall(json: &Json) -> Result<Self, CodecError> {
        json.decode().map(|Back(value)| value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Recorded for T {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn copy(&self) -> Self {
        self.clone()
    }
}

/// The `N`th input of a step. One associated type for each, so that an input which cannot be recorded is
/// reported at its own type.
#[doc(hidden)]
pub trait Takes<const N: usize> {
    /// The type of this input.
    type Value: Recorded;
}

/// The inputs of the step `S` as a tuple: exactly those that it [`Takes`].
#[doc(hidden)]
pub trait Inputs<S>: Sized + Send + Sync + 'static {
    /// Returns the inputs without their types.
    fn erased(&self) -> &dyn AnyInput;
    /// Their record, a JSON array.
    ///
    /// # Errors
    /// As [`Json::encode`].
    fn record(&self) -> Result<Json, CodecError> {
        self.erased().record()
    }
    /// The inputs of a record.
    ///
    /// # Errors
    /// As [`Json::decode`].
    fn recall(json: &Json) -> Result<Self, CodecError>;
    /// Takes the inputs, or copies them where another call may follow.
    fn take(from: &mut Option<Self>, copy: bool) -> Option<Self>;
    /// Copies the inputs.
    #[must_use]
    fn copy(&self) -> Self;
}

/// The inputs of a call without their types. The same types of inputs are compiled once, whichever steps take them.
#[doc(hidden)]
pub trait AnyInput: Send + Sync {
    /// See [`Inputs::record`].
    ///
    /// # Errors
    /// As [`Json::encode`].
    fn record(&self) -> Result<Json, CodecError>;
    /// The digest of their record.
    ///
    /// # Errors
    /// As [`Json::encode`].
    fn digest(&self) -> Result<Digest, CodecError>;
    /// The tuple itself, for a stub.
    fn value(&self) -> &(dyn Any + Send + Sync);
}

/// Copies or takes inputs; once for each type of them.
fn copy_or_take<T>(from: &mut Option<T>, copy: bool, copied: fn(&T) -> T) -> Option<T> {
    match from {
        Some(input) if copy => Some(copied(input)),
        _ => from.take(),
    }
}

/// Serde sees the value itself.
struct Out<'a, T>(&'a T);
impl<T: Recorded> Serialize for Out<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}
struct Back<T>(T);
impl<'de, T: Recorded> Deserialize<'de> for Back<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::read(from).map(Self)
    }
}

impl AnyInput for () {
    fn record(&self) -> Result<Json, CodecError> {
        Json::encode(self)
    }
    fn digest(&self) -> Result<Digest, CodecError> {
        digest(self)
    }
    fn value(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// Recorded as `null`; who starts a run by name gives the empty list of its inputs. Compiled here, once.
fn no_inputs(json: &Json) -> Result<(), CodecError> {
    match json.decode::<[u8; 0]>() {
        Ok([]) => Ok(()),
        Err(_) => json.decode(),
    }
}

impl<S> Inputs<S> for () {
    fn erased(&self) -> &dyn AnyInput {
        self
    }
    fn recall(json: &Json) -> Result<Self, CodecError> {
        no_inputs(json)
    }
    fn take(from: &mut Option<Self>, _: bool) -> Option<Self> {
        *from
    }
    fn copy(&self) -> Self {}
}

macro_rules! inputs {
    ($($($n:tt $v:ident $t:ident),+;)+) => { $(
        impl<$($t: Recorded),+> AnyInput for ($($t,)+) {
            fn record(&self) -> Result<Json, CodecError> {
                Json::encode(&($(Out(&self.$n),)+))
            }
            fn digest(&self) -> Result<Digest, CodecError> {
                digest(&($(Out(&self.$n),)+))
            }
            fn value(&self) -> &(dyn Any + Send + Sync) {
                self
            }
        }
        impl<S: $(Takes<$n> +)+> Inputs<S> for ($(<S as Takes<$n>>::Value,)+) {
            fn erased(&self) -> &dyn AnyInput {
                self
            }
            fn recall(json: &Json) -> Result<Self, CodecError> {
                json.decode().map(|($(Back($v),)+)| ($($v,)+))
            }
            fn take(from: &mut Option<Self>, copy: bool) -> Option<Self> {
                copy_or_take(from, copy, |this| ($(this.$n.copy(),)+))
            }
            fn copy(&self) -> Self {
                ($(self.$n.copy(),)+)
            }
        }
    )+ };
}
inputs! {
    0 a A;
    0 a A, 1 b B;
    0 a A, 1 b B, 2 c C;
    0 a A, 1 b B, 2 c C, 3 d D;
    0 a A, 1 b B, 2 c C, 3 d D, 4 e E;
    0 a A, 1 b B, 2 c C, 3 d D, 4 e E, 5 f F;
    0 a A, 1 b B, 2 c C, 3 d D, 4 e E, 5 f F, 6 g G;
    0 a A, 1 b B, 2 c C, 3 d D, 4 e E, 5 f F, 6 g G, 7 h H;
}

/// Stands in for the value of a mistake that the compiler has reported: code that names it never runs.
#[allow(clippy::panic, reason = "code that did not compile cannot run")]
#[doc(hidden)]
pub fn recover<T>() -> T {
    panic!("this was a mistake at compile time")
}
