use flujo::error::{EngineError, Error, ErrorKind};
use hyper::StatusCode;
use std::error::Error as StdError;
use std::fmt;

/// The server could not be used.
///
/// ```no_run
/// # async fn f() -> Result<(), flujo_restate::RestateError> {
/// use flujo_restate::{Restate, RestateError};
///
/// let engine = Restate::connect("http://127.0.0.1:8080", "http://127.0.0.1:9070")?.value_limit(1 << 20);
/// let away: Result<(), RestateError> = engine.health().await;
/// if let Err(error) = away {
///     eprintln!("{error} (status {:?})", error.status());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RestateError {
    message: String,
    status: Option<u16>,
    is_away: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl RestateError {
    fn new(message: String) -> Self {
        Self { message, status: None, is_away: false, source: None }
    }

    pub(crate) fn address(text: &str) -> Self {
        Self::new(format!("`{text}` is no address of a Restate server: write `http://host:port`"))
    }

    pub(crate) fn taken(address: &str, source: std::io::Error) -> Self {
        let message = format!(
            "nothing can listen at `{address}`: name a host and a port that is free, such as `0.0.0.0:9080`"
        );
        Self { source: Some(Box::new(source)), ..Self::new(message) }
    }

    pub(crate) fn unreachable(url: &str, source: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!("no Restate server answers at {url}: start one, or name its address");
        Self { source: Some(Box::new(source)), is_away: true, ..Self::new(message) }
    }

    pub(crate) fn broken_off(url: &str, size: usize, source: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!(
            "the connection to {url} broke off while {size} bytes were sent: the server has ended, or takes nothing so large. \
             Keep large values elsewhere and pass references to them, or raise the `request-size-limit` of the server's ingress"
        );
        Self { source: Some(Box::new(source)), is_away: true, ..Self::new(message) }
    }

    pub(crate) fn unreadable(url: &str, source: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!("what {url} answers is not what a Restate server of version 1.7 does");
        Self { source: Some(Box::new(source)), ..Self::new(message) }
    }

    pub(crate) fn refused(url: &str, status: StatusCode, body: &[u8]) -> Self {
        let said = serde_json::from_slice::<serde_json::Value>(body).ok();
        let said = said.and_then(|said| Some(said.get("message")?.as_str()?.to_owned()));
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(200).collect());
        let status = status.as_u16();
        if status == 413 {
            // A server with a limit of its own.
            return Self {
                status: Some(status),
                ..Self::new(format!(
                    "{url} takes nothing so large: keep large values elsewhere and pass references to them, or raise the \
                     `request-size-limit` of the server's ingress"
                ))
            };
        }
        Self { status: Some(status), ..Self::new(format!("{url} answers {status}: {said}")) }
    }

    /// A server that does not know a service: those of flujo itself come with each worker, and `pipeline` with one that
    /// has it.
    pub(crate) fn without_worker(server: &str, pipeline: Option<&str>) -> Self {
        let what = match pipeline {
            Some(pipeline) => {
                format!("no worker that has the pipeline `{pipeline}` is registered at {server}")
            }
            None => format!("no worker is registered at {server}, which alone executes no run"),
        };
        let start = "start one and name its address to the server: `flujo_restate::serve(&flujo, \"0.0.0.0:9080\")\
                     .register(\"http://its-host:9080\").await`";
        Self { status: Some(404), ..Self::new(format!("{what}: {start}")) }
    }

    /// Names the pipeline that there is no worker for.
    pub(crate) fn of_pipeline(self, server: &str, pipeline: &str) -> Self {
        if self.status == Some(404) { Self::without_worker(server, Some(pipeline)) } else { self }
    }

    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::new(message.into())
    }

    /// Whether nothing answered: a server that is away may come back.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Whether the server answered that something is wrong with itself.
    pub(crate) fn is_of_server(&self) -> bool {
        self.status.is_some_and(|status| status >= 500)
    }

    /// Returns the HTTP status, if the server answered with one.
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl fmt::Display for RestateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for RestateError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<RestateError> for Error {
    fn from(error: RestateError) -> Self {
        let message = error.to_string();
        Error::new(ErrorKind::Engine(EngineError::new(message).with_source(error)))
    }
}
