use super::RunEnv;
use crate::clock::SystemClock;
use crate::codec::Json;
use crate::context::Context;
use crate::cx::Cx;
use crate::engine::RunId;
use std::sync::Arc;

/// Drives something outside of any run: a unit test's single step.
pub(crate) async fn alone<C: Context, R: Send + Sync, T>(
    context: &mut C,
    resources: &R,
    body: impl AsyncFnOnce(&mut Cx<'_, C, R>) -> T,
) -> T {
    let env = Arc::new(RunEnv::new(RunId::from("alone"), Json::null(), Arc::new(SystemClock::new())));
    let mut written = 0;
    body(&mut Cx::root(context, resources, &env, None, &mut written)).await
}
