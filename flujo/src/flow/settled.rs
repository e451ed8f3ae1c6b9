//! The types that `.settle()` gives a form: an editor shows them.

use super::Form;
use crate::error::Failure;

/// Settled as a whole: one `Result`.
#[derive(Debug)]
pub struct Whole;
/// Settled item by item: each a `Result`.
#[derive(Debug)]
pub struct Each;
/// Settled arm by arm: each a `Result`.
#[derive(Debug)]
pub struct Arms;

impl<T> Form<T> {
    /// Returns a failure as a value: the output is a `Result<T, Failure>`. Pauses are not caught.
    #[must_use]
    pub fn settle(self) -> Form<Result<T, Failure>> {
        Form::new(Ok(self.0))
    }
}

impl<T> Form<Vec<T>, Each> {
    /// Returns failures as values: every item is a `Result<T, Failure>`, and the others go on.
    #[must_use]
    pub fn settle(self) -> Form<Vec<Result<T, Failure>>, Each> {
        Form::new(self.0.into_iter().map(Ok).collect())
    }
}

impl<T: Tuple> Form<T, Arms> {
    /// Returns failures as values: every arm is a `Result<T, Failure>`, and the other arms go on.
    #[must_use]
    pub fn settle(self) -> Form<T::Settled, Arms> {
        Form::new(self.0.settled())
    }
}

/// The outputs of arms.
pub trait Tuple {
    /// The outputs, each as a `Result`.
    type Settled;
    /// Wraps each output in `Ok`.
    #[doc(hidden)]
    fn settled(self) -> Self::Settled;
}

macro_rules! tuples {
    ($($($t:ident $i:tt),+;)+) => { $(
        impl<$($t),+> Tuple for ($($t,)+) {
            type Settled = ($(Result<$t, Failure>,)+);
            fn settled(self) -> Self::Settled {
                ($(Ok(self.$i),)+)
            }
        }
    )+ };
}
tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
