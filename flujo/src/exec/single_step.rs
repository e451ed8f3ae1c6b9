use super::{Cx, RunEnv};
use crate::clock::SystemClock;
use crate::codec::Json;
use crate::context::Context;
use crate::engine::RunId;
use crate::error::RunResult;
use crate::path::NodeId;
use crate::step::{Fallback, RunIn, StepCall};
use std::sync::Arc;

/// Runs a call outside of any run: a unit test's single step.
pub(crate) async fn run_alone<S, F, C, R>(
    call: StepCall<S, F>,
    context: &mut C,
    resources: &R,
) -> RunResult<S::Output>
where
    S: RunIn<C, R>,
    F: Fallback<C, R>,
    C: Context,
    R: Send + Sync,
{
    let env = Arc::new(RunEnv::new(RunId::from("alone"), Json::null(), Arc::new(SystemClock::new())));
    let mut written = 0;
    let mut cx = Cx::root(context, resources, &env, None, &mut written, None);
    S::exec(&mut cx, NodeId::new(S::FACTS.name), call).await
}
