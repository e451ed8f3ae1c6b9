//! Runs as they happen.

use super::answer::Streamed;
use super::header_read::HeaderRead;
use super::operation::{About, Call, Operations};
use crate::access::Role;
use crate::events::CURSOR;
use crate::places::PLACE;
use crate::problem::{Kind, Problem};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn add(operations: Operations) -> Operations {
    operations
        .get(
            About {
                path: "/runs/{id}/events",
                name: "watch_run",
                summary: "The records of a run from its beginning, and its events from now on.",
                role: Role::Viewer,
                header: Some(HeaderRead::LastEventIdOfRun),
                problems: &[Kind::UnknownRun, Kind::TooMany],
            },
            of_run,
        )
        .get(
            About {
                path: "/events",
                name: "watch_runs",
                summary: "Runs that change from now on: each as it is then.",
                role: Role::Viewer,
                header: Some(HeaderRead::LastEventIdOfAll),
                problems: &[Kind::TooMany],
            },
            of_all,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// The id of an event behind which the stream begins, for callers that send no `Last-Event-ID`.
    #[schemars(extend("pattern" = format!("^$|{CURSOR}")))]
    after: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AllEventsQuery {
    /// The id of an event behind which the stream begins, for callers that send no `Last-Event-ID`.
    #[schemars(extend("pattern" = format!("^$|{PLACE}")))]
    after: Option<String>,
}

async fn of_run(call: Call<EventsQuery, ()>) -> Result<Streamed, Problem> {
    call.state.watching.of_run(&call.run(), &call.headers, call.query.after.as_deref()).await.map(Streamed)
}

async fn of_all(call: Call<AllEventsQuery, ()>) -> Result<Streamed, Problem> {
    call.state.watching.of_all(&call.headers, call.query.after.as_deref()).await.map(Streamed)
}
