//! What `.settle()` makes of a form: an editor shows its type.

use super::Form;
use crate::error::Failure;

/// All of it is one `Result`.
#[derive(Debug)]
pub struct Whole;
/// Every item is a `Result`.
#[derive(Debug)]
pub struct Each;
/// Every arm is a `Result`.
#[derive(Debug)]
pub struct Arms;

impl<T> Form<T> {
    /// A failure is a value: the form gives a `Result<T, Failure>`. A pause is not caught.
    #[must_use]
    pub fn settle(self) -> Form<Result<T, Failure>> {
        Form::new(Ok(self.0))
    }
}

impl<T> Form<Vec<T>, Each> {
    /// A failure is a value: every item is a `Result<T, Failure>`, and the others go on.
    #[must_use]
    pub fn settle(self) -> Form<Vec<Result<T, Failure>>, Each> {
        Form::new(self.0.into_iter().map(Ok).collect())
    }
}

impl<T: Tuple> Form<T, Arms> {
    /// A failure is a value: every arm is a `Result<T, Failure>`, and its siblings go on.
    #[must_use]
    pub fn settle(self) -> Form<T::Settled, Arms> {
        Form::new(self.0.settled())
    }
}

/// The outputs of arms.
pub trait Tuple {
    /// The same, each as a `Result`.
    type Settled;
    /// All of them went well.
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
