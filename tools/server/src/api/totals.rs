//! What was used, and what was deleted.

use super::operation::{About, Call, Json, Nothing, Operations};
use crate::access::Role;
use crate::data::{ActionBody, ActionsBody, PruneRequest, PrunedBody, UsageReportBody};
use crate::problem::{Kind, Problem};
use crate::time::Time;
use flujo::ErrorKind;
use flujo::engine::{Period, UsageFilter};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) fn add(operations: Operations) -> Operations {
    operations
        .get(
            About {
                path: "/usage",
                name: "report_usage",
                summary: "Tokens, calls and money by day, pipeline, model and label, and what is left of budgets.",
                role: Role::Viewer,
                header: None,
                problems: &[],
            },
            usage,
        )
        .get(
            About {
                path: "/prunes",
                name: "list_prunes",
                summary: "Deletions of runs, newest first, each with its caller.",
                role: Role::Viewer,
                header: None,
                problems: &[],
            },
            pruned,
        )
        .post(
            About {
                path: "/prune",
                name: "prune_runs",
                summary: "Deletes the runs that ended before a moment.",
                role: Role::Admin,
                header: None,
                problems: &[Kind::Unsupported],
            },
            prune,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsageQuery {
    /// Only attempts that ended then or later.
    from: Option<Time>,
    /// Only attempts that ended earlier.
    until: Option<Time>,
    /// Only runs of this pipeline.
    pipeline: Option<String>,
    /// Only runs with all of these labels: `label[tenant]=acme`.
    #[serde(default)]
    label: BTreeMap<String, String>,
    /// The name of a label whose values have lines of their own.
    by_label: Option<String>,
}

async fn usage(call: Call<UsageQuery, ()>) -> Result<Json<UsageReportBody>, Problem> {
    let UsageQuery { from, until, pipeline, label, by_label } = call.query;
    let mut filter = UsageFilter::default().period(Period::new(from.map(|at| at.0), until.map(|at| at.0)));
    filter.pipeline = pipeline;
    filter.labels = label.into_iter().collect();
    filter.by_label = by_label;
    Ok(Json(UsageReportBody::of(call.state.control.usage(&filter).await?, &call.state.budgets)))
}

async fn pruned(call: Call<Nothing, ()>) -> Result<Json<ActionsBody>, Problem> {
    let actions = call.state.control.pruned().await?;
    Ok(Json(ActionsBody { actions: actions.iter().map(ActionBody::of).collect() }))
}

async fn prune(call: Call<Nothing, Json<PruneRequest>>) -> Result<Json<PrunedBody>, Problem> {
    let Json(PruneRequest { before }) = call.body;
    match call.state.control.prune(before.0, call.caller.name()).await {
        Ok(runs) => Ok(Json(PrunedBody { runs })),
        Err(error) => Err(match error.kind() {
            ErrorKind::Setup(what) => Problem::new(Kind::Unsupported, what.as_str()),
            _ => error.into(),
        }),
    }
}
