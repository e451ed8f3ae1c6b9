use std::time::Duration;

/// The bounds of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The most bytes of a body.
    pub(crate) body: usize,
    /// The time for the head of an answer.
    pub(crate) request_time: Duration,
    /// The time for which a caller may take nothing of what it is sent.
    pub(crate) write_time: Duration,
    /// The most connections at once.
    pub(crate) connections: usize,
    /// The most streams of events at once.
    pub(crate) viewers: usize,
    /// The time between two looks at a run that somebody watches.
    pub(crate) poll: Duration,
    /// The time between two signs of life on a stream of events.
    pub(crate) heartbeat: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            request_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            connections: 1024,
            viewers: 256,
            poll: Duration::from_millis(500),
            heartbeat: Duration::from_secs(15),
        }
    }
}
