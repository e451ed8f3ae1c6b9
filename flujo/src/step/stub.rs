use super::{RunInfo, Step};
use crate::error::StepError;
use crate::future::BoxFuture;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Answers in place of a step, in tests: `flujo_testing::StubAgent` is one.
pub trait Stub<S: Step>: Send + Sync + 'static {
    /// Answers one call.
    fn call(&self, input: &S::Input, run: &RunInfo) -> BoxFuture<'_, Result<S::Output, StepError>>;
}

/// A [`Stub`] whose step is not known at compile time.
pub trait AnyStub: Send + Sync + 'static {
    /// The step that it replaces.
    fn step(&self) -> TypeId;
    /// Answers one call. `input` is the step's input; the result is the step's output.
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
