//! The review of an output by plugins.

use super::any_step::AnyStep;
use super::effective_options::EffectiveOptions;
use super::retry::Failed;
use crate::error::FailureRecord;
use crate::panic::survives;
use crate::step::plugin::Plugins;
use crate::step::{PluginResult, RunInfo};
use std::any::Any;

/// The reason why plugins refuse an output.
pub(crate) enum Refused {
    /// A plugin rejected it, for this reason.
    Rejected(String),
    /// A plugin of this name wants another step to try.
    Redirected(&'static str),
}

/// Asks plugins by priority. The output is what the last of them left; what they said against it is
/// returned where it goes on all the same.
pub(crate) async fn ask(
    plugins: &Plugins,
    strict: bool,
    output: &mut (dyn Any + Send + Sync),
    run: &RunInfo,
) -> Result<Vec<String>, Refused> {
    let mut reasons = Vec::new();
    for plugin in plugins.iter() {
        let said = survives(plugin.review(output, run)).await;
        match said.unwrap_or_else(|| PluginResult::Reject(format!("plugin `{}` panicked", plugin.name()))) {
            // A replacement is in its place already.
            PluginResult::Accept | PluginResult::Replace(()) => {}
            PluginResult::Reject(reason) if strict => return Err(Refused::Rejected(reason)),
            PluginResult::Reject(reason) => reasons.push(reason),
            PluginResult::Redirect => return Err(Refused::Redirected(plugin.name())),
        }
    }
    Ok(reasons)
}

/// Runs the plugins of an attempt of a step.
pub(super) async fn review(
    step: &mut dyn AnyStep,
    plan: &EffectiveOptions,
    info: &RunInfo,
) -> Result<Vec<String>, Box<Failed>> {
    let Some(plugins) = plan.plugins() else { return Ok(Vec::new()) };
    let refused = match step.output() {
        None => return Ok(Vec::new()),
        Some(output) => match ask(plugins, plan.strict(), output, info).await {
            Ok(reasons) => return Ok(reasons),
            Err(refused) => refused,
        },
    };
    let last = step.record_output().ok();
    step.clear();
    Err(match refused {
        Refused::Rejected(reason) => FailureRecord::rejected(&[reason], last),
        Refused::Redirected(plugin) => FailureRecord::redirected(plugin, plan.redirects, last),
    }
    .into())
}
