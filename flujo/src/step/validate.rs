use std::fmt;

/// A validator's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationResult {
    /// Nothing to say.
    Valid,
    /// Why not; it becomes the feedback of the next attempt.
    Invalid(String),
}

impl ValidationResult {
    /// Nothing to say.
    pub fn valid() -> Self {
        Self::Valid
    }
    /// Rejects, with the reason.
    pub fn invalid(reason: impl fmt::Display) -> Self {
        Self::Invalid(reason.to_string())
    }
    /// Returns true if the output is valid.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Valid => None,
            Self::Invalid(reason) => Some(reason),
        }
    }
}

/// Looks at a value and says whether it may pass.
///
/// ```
/// use flujo::prelude::*;
///
/// struct Short(usize);
///
/// impl Validator<String> for Short {
///     fn validate(&self, text: &String) -> ValidationResult {
///         if text.len() <= self.0 {
///             ValidationResult::valid()
///         } else {
///             ValidationResult::invalid(format!("{} is too long: at most {} bytes", text, self.0))
///         }
///     }
/// }
/// assert!(Short(5).validate(&"Ada".to_owned()).is_valid());
///
/// #[step]
/// async fn name(text: String) -> Result<String> {
///     Ok(text)
/// }
/// pipeline! {
///     fn naming(text: String) -> String {
///         name(text).retries(1).validate(Short(20))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not validate `{T}` [not_a_validator]",
    label = "expected a validator of `{T}`",
    note = "implement `Validator<{T}>` for `{Self}`"
)]
pub trait Validator<T>: Send + Sync + 'static {
    /// Says whether `value` may pass.
    fn validate(&self, value: &T) -> ValidationResult;
}

/// One validator or a tuple of them; all are asked.
///
/// Implemented for tuples only: an impl for every `V: Validator<T>` would overlap with them, so the
/// macros turn `.validate(NoPii)` into `.validate((NoPii,))`.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::Validators;
///
/// struct AtMost(usize);
/// impl Validator<String> for AtMost {
///     fn validate(&self, text: &String) -> ValidationResult {
///         if text.len() <= self.0 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
///     }
/// }
/// let results = (AtMost(2), AtMost(5)).validate_all(&"Ada".to_owned());
/// assert_eq!(results, [ValidationResult::invalid("too long"), ValidationResult::valid()]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of validators of `{T}` [not_a_validator]",
    label = "expected validators of `{T}`"
)]
pub trait Validators<T>: Send + Sync + 'static {
    /// Asks all of them, in order.
    fn validate_all(&self, value: &T) -> Vec<ValidationResult>;
}

macro_rules! tuples {
    ($($($v:ident $i:tt),+;)+) => { $(
        impl<T, $($v: Validator<T>),+> Validators<T> for ($($v,)+) {
            fn validate_all(&self, value: &T) -> Vec<ValidationResult> {
                vec![$(ask(&self.$i, value)),+]
            }
        }
    )+ };
}
tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// A validator that panics is a rejection that names it; it must not take the run down.
fn ask<T, V: Validator<T>>(validator: &V, value: &T) -> ValidationResult {
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| validator.validate(value)));
    asked.unwrap_or_else(|_| ValidationResult::Invalid(format!("validator `{}` panicked", short_name::<V>())))
}

/// The name of a type without its path and parameters.
pub(super) fn short_name<V: ?Sized>() -> &'static str {
    let full = std::any::type_name::<V>();
    let base = full.split('<').next().unwrap_or(full);
    base.rsplit("::").next().unwrap_or(base)
}
