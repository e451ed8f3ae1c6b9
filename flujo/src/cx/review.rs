//! What plugins make of an output.

use super::attempts::Failed;
use super::guard::survives;
use super::plan::Plan;
use crate::durable::Recorded;
use crate::error::FailureRecord;
use crate::step::plugin::Plugins;
use crate::step::{PluginResult, RunInfo, Step};

/// How a review ended that did not let the output go on.
pub(super) enum Refused {
    /// A plugin rejected it, for this reason.
    Rejected(String),
    /// A plugin of this name wants another step to try.
    Redirected(&'static str),
}

/// Asks plugins by priority. The output is what the last of them left; what they said against it is
/// returned where it goes on all the same.
pub(super) async fn ask<T: Recorded>(
    plugins: &Plugins<T>,
    strict: bool,
    output: &mut T,
    run: &RunInfo,
) -> Result<Vec<String>, Refused> {
    let mut reasons = Vec::new();
    for plugin in plugins.iter() {
        let said = survives(plugin.review(output, run)).await;
        match said.unwrap_or_else(|| PluginResult::Reject(format!("plugin `{}` panicked", plugin.name()))) {
            PluginResult::Accept => {}
            PluginResult::Replace(new) => *output = new,
            PluginResult::Reject(reason) if strict => return Err(Refused::Rejected(reason)),
            PluginResult::Reject(reason) => reasons.push(reason),
            PluginResult::Redirect => return Err(Refused::Redirected(plugin.name())),
        }
    }
    Ok(reasons)
}

/// The same for an attempt of a step.
pub(super) async fn review<S: Step>(
    plan: &Plan<S>,
    info: &RunInfo,
    output: &mut Option<S::Output>,
) -> Result<Vec<String>, Box<Failed>> {
    let (Some(plugins), Some(given)) = (plan.plugins(), output.as_mut()) else { return Ok(Vec::new()) };
    let refused = match ask(plugins, plan.strict(), given, info).await {
        Ok(reasons) => return Ok(reasons),
        Err(refused) => refused,
    };
    let last = output.take().and_then(|output| output.record().ok());
    Err(match refused {
        Refused::Rejected(reason) => FailureRecord::rejected(&[reason], last),
        Refused::Redirected(plugin) => FailureRecord::redirected(plugin, plan.redirects, last),
    }
    .into())
}
