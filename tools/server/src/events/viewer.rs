//! Streams of events as HTTP sends them.

use super::all::AllViewer;
use super::cursor::Cursor;
use super::run::RunViewer;
use super::stream_event::StreamEvent;
use super::watched::Watching;
use crate::places::place_of;
use crate::problem::{Kind, Problem};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use flujo::engine::RunId;
use futures_util::stream;
use std::convert::Infallible;

/// The place of the last event that a viewer got: of the header that browsers send when they come back, else of the query. None
/// is the same as an empty one.
fn last<T>(
    headers: &HeaderMap,
    after: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let header = headers.get("last-event-id").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let place = |text: Option<&str>| match text {
        None | Some("") => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| not_a_place(text)),
    };
    let (header, query) = (place(header.as_deref())?, place(after)?);
    Ok(header.or(query))
}

fn not_a_place(text: &str) -> Problem {
    let what = format!("`{}` is no id of an event of this stream", text.escape_debug());
    Problem::new(Kind::Parameter, what)
}

impl Watching {
    /// The stream of one run.
    pub(crate) async fn of_run(
        &self,
        id: &RunId,
        headers: &HeaderMap,
        after: Option<&str>,
    ) -> Result<Response, Problem> {
        let after = last(headers, after, |text| text.parse::<Cursor>().ok())?;
        let viewer = RunViewer::begin(self, id, after).await?;
        let events = stream::unfold(viewer, |mut viewer| async {
            Some((Ok::<_, Infallible>(sent(viewer.next().await?)), viewer))
        });
        Ok(Sse::new(events).keep_alive(self.alive()).into_response())
    }

    /// The stream of all runs.
    pub(crate) async fn of_all(&self, headers: &HeaderMap, after: Option<&str>) -> Result<Response, Problem> {
        let after = last(headers, after, place_of)?;
        let viewer = AllViewer::begin(self, after).await?;
        let events = stream::unfold(viewer, |mut viewer| async {
            Some((Ok::<_, Infallible>(sent(viewer.next().await?)), viewer))
        });
        Ok(Sse::new(events).keep_alive(self.alive()).into_response())
    }

    fn alive(&self) -> KeepAlive {
        KeepAlive::new().interval(self.heartbeat())
    }
}

/// Ids have no line breaks, because places are numbers, words and escaped ids of runs; data is JSON on one line.
fn sent(event: StreamEvent) -> Event {
    let sent = Event::default().event(event.name).data(event.data);
    match event.id {
        Some(id) => sent.id(id),
        None => sent,
    }
}
