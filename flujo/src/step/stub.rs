use super::{RunInfo, Step};
use crate::error::StepError;
use crate::future::BoxFuture;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Answers in place of a step, in tests: `flujo_testing::StubAgent` is one.
///
/// ```
/// use flujo::clock::BoxFuture;
/// use flujo::prelude::*;
/// use flujo::run::{AnyStub, Stub};
/// use std::any::{Any, TypeId};
///
/// #[step]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
///
/// /// Greets with an empty text; `flujo_testing::StubAgent` does more.
/// #[derive(Clone)]
/// struct Silent;
///
/// impl Stub<greet> for Silent {
///     fn call(&self, _: &(String,), _: &RunInfo) -> BoxFuture<'_, Result<String>> {
///         Box::pin(async { Ok(String::new()) })
///     }
/// }
/// impl AnyStub for Silent {
///     fn step(&self) -> TypeId {
///         TypeId::of::<greet>()
///     }
///     fn call<'s>(&'s self, _: &(dyn Any + Send + Sync), _: &RunInfo) -> BoxFuture<'s, Result<Box<dyn Any + Send>>> {
///         Box::pin(async { Ok(Box::new(String::new()) as _) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().stub(&Silent).build()?;
/// assert_eq!(flujo.run(welcome("Ada".to_owned())).await.into_output()?, "");
/// # Ok(())
/// # }
/// ```
pub trait Stub<S: Step>: Send + Sync + 'static {
    /// Answers one call.
    ///
    /// # Errors
    /// A failure of the step: a [retryable](StepError::retryable) one is tried again, a
    /// [fatal](StepError::fatal) one is not.
    fn call(&self, input: &S::Input, run: &RunInfo) -> BoxFuture<'_, Result<S::Output, StepError>>;
}

/// A [`Stub`] whose step is not known at compile time.
pub trait AnyStub: Send + Sync + 'static {
    /// The step that it replaces.
    fn step(&self) -> TypeId;
    /// Answers one call. `input` is the step's input; the result is the step's output.
    ///
    /// # Errors
    /// A failure of the step: a [retryable](StepError::retryable) one is tried again, a
    /// [fatal](StepError::fatal) one is not.
    fn call<'s>(
        &'s self,
        input: &(dyn Any + Send + Sync),
        run: &RunInfo,
    ) -> BoxFuture<'s, Result<Box<dyn Any + Send>, StepError>>;
}

/// The stubs of an engine, by the step they replace.
#[derive(Clone, Default)]
pub(crate) struct Stubs(HashMap<TypeId, Arc<dyn AnyStub>>);

impl Stubs {
    pub(crate) fn add(&mut self, stub: Arc<dyn AnyStub>) -> bool {
        self.0.insert(stub.step(), stub).is_none()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn of(&self, id: fn() -> TypeId) -> Option<&dyn AnyStub> {
        if self.0.is_empty() { None } else { self.0.get(&id()).map(AsRef::as_ref) }
    }
}

impl fmt::Debug for Stubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stubs", self.0.len())
    }
}
