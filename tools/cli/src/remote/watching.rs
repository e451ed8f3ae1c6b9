use super::Remote;
use super::client::cause;
use super::trouble::Trouble;
use crate::runs::Follow;
use crate::stop::CliResult;
use flujo::async_trait;
use flujo::engine::{RunId, RunView};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::BodyDataStream;
use hyper::Response;
use hyper::body::Incoming;
use sse_stream::{Sse, SseByteStream};
use std::io::{self, Cursor};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

/// How long a server that went away is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the silence of a stream is trusted. The server gives a sign of life every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// The time between two attempts to reach a server.
const AGAIN: Duration = Duration::from_millis(500);

type Events = BoxStream<'static, Result<Sse, Trouble>>;

/// A run that is followed by the events of its server. They say that there is something new, from the last one that was
/// heard on, also over a restart of the server; what it is, the records say.
pub(super) struct Watching<'r> {
    remote: &'r Remote,
    id: &'r RunId,
    every: Duration,
    events: Option<Events>,
    /// The id of the last event.
    last: Option<String>,
    /// True if something was heard that was not looked at yet.
    is_new: bool,
    /// Since when the server is away.
    away: Option<Instant>,
    has_looked: bool,
}

impl<'r> Watching<'r> {
    pub(super) fn new(remote: &'r Remote, id: &'r RunId, every: Duration) -> Self {
        Self { remote, id, every, events: None, last: None, is_new: false, away: None, has_looked: false }
    }

    /// Waits for news. Many that come at once are one.
    async fn news(&mut self) -> Result<(), Trouble> {
        while !self.is_new {
            self.hear().await?;
        }
        let until = Instant::now() + self.every;
        while timeout_at(until, self.hear()).await.is_ok_and(|heard| heard.is_ok()) {}
        // Also after a stream that broke off: two looks are never closer than that.
        sleep_until(until).await;
        Ok(())
    }

    /// Waits for the next event. It may be dropped while it waits.
    async fn hear(&mut self) -> Result<(), Trouble> {
        let events = match &mut self.events {
            Some(events) => events,
            none => {
                let path = ["runs", self.id.as_str(), "events"];
                let response = self.remote.client.events(&path, self.last.as_deref()).await?;
                self.away = None;
                none.insert(opened(response))
            }
        };
        let event = match events.next().await {
            Some(Ok(event)) => event,
            ended => {
                self.events = None;
                let broke_off = || Trouble::Away("the stream of events ended".to_owned());
                return Err(ended.and_then(Result::err).unwrap_or_else(broke_off));
            }
        };
        // What has no id is not recorded: a piece of text, for instance.
        self.is_new |= event.id.is_some() || event.event.as_deref() == Some("gone");
        self.last = event.id.or_else(|| self.last.take());
        Ok(())
    }

    async fn looked(&mut self) -> Result<RunView, Trouble> {
        self.news().await?;
        let view = self.remote.view(self.id).await?;
        self.is_new = false;
        Ok(view)
    }
}

fn opened(response: Response<Incoming>) -> Events {
    let pieces = stream::unfold(BodyDataStream::new(response.into_body()), |mut body| async {
        let piece = match timeout(SILENCE, body.next()).await {
            Ok(piece) => piece?.map_err(|error| cause(&error)),
            Err(_) => Err("the server says nothing any more".to_owned()),
        };
        Some((piece.map(Cursor::new).map_err(io::Error::other), body))
    });
    SseByteStream::new(pieces).map(|event| event.map_err(|error| Trouble::Away(error.to_string()))).boxed()
}

#[async_trait]
impl Follow for Watching<'_> {
    async fn look(&mut self) -> CliResult<RunView> {
        let server = self.remote.client.address.as_str();
        if !self.has_looked {
            self.has_looked = true;
            return self.remote.view(self.id).await.map_err(|trouble| trouble.stop(server));
        }
        loop {
            match self.looked().await {
                Ok(view) => return Ok(view),
                Err(trouble) if trouble.is_passing() => {
                    let since = *self.away.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        return Err(trouble.stop(server));
                    }
                    sleep(AGAIN).await;
                }
                Err(trouble) => return Err(trouble.stop(server)),
            }
        }
    }
}
