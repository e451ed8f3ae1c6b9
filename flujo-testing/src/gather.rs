use flujo::step::{RunIn, StepCall};
use flujo::{Flujo, Pipeline, PipelineResult};

/// Runs a pipeline whose context has a default, and returns its result.
///
/// ```
/// # use flujo::prelude::*;
/// # use flujo_testing::gather_result;
/// #[step]
/// async fn double(n: u32) -> Result<u32> {
///     Ok(n * 2)
/// }
/// pipeline! {
///     fn twice(n: u32) -> u32 {
///         let once = double(n);
///         double(once).named("again")
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = gather_result(&flujo, twice(3)).await;
/// assert_eq!(result.steps.len(), 2);
/// assert_eq!(result.into_output()?, 12);
/// # Ok(())
/// # }
/// ```
pub async fn gather_result<P, R>(flujo: &Flujo<R>, call: StepCall<P>) -> PipelineResult<P::Output, P::Context>
where
    P: Pipeline + RunIn<P::Context, R>,
    P::Context: Default,
    R: Send + Sync + 'static,
{
    flujo.run(call).await
}
