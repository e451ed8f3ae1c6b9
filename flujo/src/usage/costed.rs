use super::Usage;

/// An output together with what it has cost: what a code step returns that uses a service which says so.
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
    /// What it has cost.
    pub usage: Usage,
}

impl<T> Costed<T> {
    /// This value, at this cost.
    pub fn new(value: T, usage: Usage) -> Self {
        Self { value, usage }
    }
}
