use crate::events::CURSOR;
use crate::places::PLACE;

/// A header that changes what an operation does.
#[derive(Clone, Copy)]
pub(crate) enum HeaderRead {
    IdempotencyKey,
    /// The place in the stream of a run.
    LastEventIdOfRun,
    /// The place in the stream of all runs.
    LastEventIdOfAll,
}

impl HeaderRead {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::IdempotencyKey => "Idempotency-Key",
            Self::LastEventIdOfRun | Self::LastEventIdOfAll => "Last-Event-ID",
        }
    }

    /// What it may be, as a pattern.
    pub(super) fn pattern(self) -> String {
        match self {
            Self::IdempotencyKey => "^[!-~]+$".to_owned(),
            Self::LastEventIdOfRun => or_nothing(CURSOR),
            Self::LastEventIdOfAll => or_nothing(PLACE),
        }
    }

    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::IdempotencyKey => {
                "What the id of the run follows from, together with the name of the caller, if the body has none: a \
                 request that is sent twice starts one run."
            }
            Self::LastEventIdOfRun | Self::LastEventIdOfAll => {
                "The id of the event behind which the stream goes on; none if it is empty."
            }
        }
    }
}

fn or_nothing(pattern: &str) -> String {
    format!("^$|{pattern}")
}
