//! A run as engines store it, for programs that are made of `flujo` too.

use super::operation::{About, Call, Json, Nothing, Operations};
use crate::access::Role;
use crate::data::value::Value;
use crate::problem::{Kind, Problem};
use flujo::codec::Json as Recorded;

pub(super) fn add(operations: Operations) -> Operations {
    operations.get(
        About {
            path: "/runs/{id}/recorded",
            name: "recorded_run",
            summary: "Everything that is recorded of a run, in the forms that engines store.",
            role: Role::Viewer,
            header: None,
            problems: &[Kind::UnknownRun],
        },
        recorded,
    )
}

async fn recorded(call: Call<Nothing, ()>) -> Result<Json<Value>, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    let stored = Recorded::encode(&view).map_err(|error| {
        Problem::new(Kind::Internal, format!("what is recorded cannot be shown: {error}"))
    })?;
    Ok(Json(Value(stored)))
}
