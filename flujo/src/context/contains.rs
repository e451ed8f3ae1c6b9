/// Implemented by contexts that hold a `P`: the context `Self` itself, or one of its direct parts.
///
/// `#[context]` implements this trait once per `#[context(part)]` field.
///
/// A function that works on the contexts of several pipelines:
///
/// ```
/// use flujo::Contains;
/// use flujo::prelude::*;
///
/// #[context]
/// struct Research {
///     #[context(part)]
///     sources: Vec<String>,
/// }
///
/// fn forget(context: &mut impl Contains<Vec<String>>) -> usize {
///     let number = Contains::<Vec<String>>::part(context).len();
///     Contains::<Vec<String>>::part_mut(context).clear();
///     number
/// }
/// let mut research = Research { sources: vec!["the web".to_owned()] };
/// assert_eq!((forget(&mut research), research.sources.len()), (1, 0));
/// assert_eq!(<Research as Contains<Vec<String>>>::BIT, Some(0));
/// ```
#[diagnostic::on_unimplemented(
    message = "context `{Self}` does not contain `{P}` [part_missing]",
    label = "this step needs `{P}` from the context",
    note = "use a context that is `{P}`, or has it as a field: `#[context(part)] name: {P}`"
)]
pub trait Contains<P> {
    /// The part's bit, `None` for the context itself.
    const BIT: Option<u32>;
    /// Reads the part.
    fn part(&self) -> &P;
    /// Returns the part for writing.
    fn part_mut(&mut self) -> &mut P;
}

#[diagnostic::do_not_recommend]
impl<C> Contains<C> for C {
    const BIT: Option<u32> = None;
    fn part(&self) -> &C {
        self
    }
    fn part_mut(&mut self) -> &mut C {
        self
    }
}
