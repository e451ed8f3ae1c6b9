use super::Usage;

/// An output with its usage: the return type of a code step that uses a service which reports its cost.
///
/// The output of the step is the value alone; the usage counts on the step, on the run and on every limit, once.
/// A step that fails, or that knows what it used before it has an output, calls
/// [`run.spend(..)`](crate::RunInfo::spend).
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo::{Cost, Usage};
/// #[step]
/// async fn search(query: String) -> Result<Costed<Vec<String>>> {
///     let found = vec![format!("all about {query}")];
///     Ok(Costed::new(found, Usage::of_cost(Cost(2_000_000))))
/// }
///
/// pipeline! {
///     fn research(topic: String) -> usize {
///         let found: Vec<String> = search(topic);
///         found.len()
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(research("rust".to_string())).await;
/// assert_eq!(result.usage.cost(), Cost(2_000_000));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Costed<T> {
    /// The output.
    pub value: T,
    /// The usage of the value.
    pub usage: Usage,
}

impl<T> Costed<T> {
    /// A value with its usage.
    pub fn new(value: T, usage: Usage) -> Self {
        Self { value, usage }
    }
}
