use super::cursor::Cursor;
use super::stream_event::StreamEvent;
use super::watched::{Place, Seen, Watched, Watching};
use crate::data::{DroppedBody, TextBody};
use crate::live::{Text, TextKind};
use crate::problem::Problem;
use flujo::engine::{RunId, RunView};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// A viewer of one run.
pub(crate) struct RunViewer {
    /// The view that is sent, up to its end.
    view: Arc<RunView>,
    cursor: Option<Cursor>,
    seen: watch::Receiver<Seen>,
    texts: broadcast::Receiver<Text>,
    ends: watch::Receiver<bool>,
    gone: bool,
    /// Held for as long as the viewer is there.
    _run: Arc<Watched>,
    _place: Place,
}

impl RunViewer {
    /// Begins behind a place, or with everything that is recorded.
    pub(crate) async fn begin(
        watching: &Watching,
        id: &RunId,
        after: Option<Cursor>,
    ) -> Result<Self, Problem> {
        let place = watching.place()?;
        let run = watching.run(id).await?;
        let texts = run.signals.texts.subscribe();
        // A look of this viewer's own: what was recorded before the request is sent at once.
        let mut seen = run.seen.subscribe();
        let view = Arc::new(watching.view(id).await?);
        seen.mark_changed();
        Ok(Self {
            view,
            cursor: after,
            seen,
            texts,
            ends: watching.ends(),
            gone: false,
            _run: run,
            _place: place,
        })
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if self.gone {
                return None;
            }
            let cursor = match &mut self.cursor {
                Some(cursor) if !cursor.is_in(&self.view) => {
                    let start = Cursor::start(&self.view);
                    self.cursor = Some(start);
                    return Some(StreamEvent::at("reset", start, &serde_json::Value::Null));
                }
                Some(cursor) => cursor,
                none => none.insert(Cursor::start(&self.view)),
            };
            if let Some(event) = StreamEvent::next(cursor, &self.view) {
                return Some(event);
            }
            tokio::select! {
                biased;
                // A router that is not served never ends.
                Ok(_) = self.ends.wait_for(|ends| *ends) => return None,
                changed = self.seen.changed() => {
                    changed.ok()?;
                    let seen = self.seen.borrow_and_update().clone();
                    match seen {
                        // The first look of this viewer may be newer than that which is shared.
                        Seen::View(view) if view.changed >= self.view.changed => self.view = view,
                        Seen::View(_) => {}
                        Seen::Gone => {
                            self.gone = true;
                            return Some(StreamEvent::passing("gone", &serde_json::Value::Null));
                        }
                    }
                }
                text = self.texts.recv() => match text {
                    Ok(text) => return Some(said(text)),
                    Err(RecvError::Lagged(events)) => {
                        return Some(StreamEvent::passing("dropped", &DroppedBody { events }));
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

fn said(text: Text) -> StreamEvent {
    let Text { kind, path, attempt, said } = text;
    let name = match kind {
        TextKind::Began => "began",
        TextKind::Chunk => "chunk",
        TextKind::Reasoning => "reasoning",
    };
    StreamEvent::passing(name, &TextBody { path: path.to_string(), attempt, text: said })
}
