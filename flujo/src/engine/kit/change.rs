use super::Lifecycle;
use crate::clock::Timestamp;
use crate::engine::{Key, LimitScope, Record, Reservation, RunRecord};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One change of a run, as a [`Journal`](super::Journal) writes it and [`SavedRun::apply`](super::SavedRun::apply)
/// replays it.
///
/// It borrows while it is written, so that an engine that stores nothing copies nothing, and owns its values when it
/// is read back, as `Change<'static>`. Its serde form is stable: an engine may store it as it is.
///
/// Not `#[non_exhaustive]`: an engine that ignored a new kind of change would lose it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change<'a> {
    /// The run was created.
    Created(Cow<'a, RunRecord>),
    /// A process took ownership of the run. Open reservations of earlier owners are charged.
    Acquired(Cow<'a, Lifecycle>),
    /// The body of an attempt has begun, in a run that was taken over since its last record: if this body kills the
    /// process, the number of takeovers must stay bounded.
    Started(Cow<'a, Lifecycle>),
    /// An attempt has ended.
    Attempt {
        /// The record of the attempt.
        record: Cow<'a, Record>,
        /// The limited nodes that enclose the attempt; its usage counts against them.
        within: Cow<'a, LimitScope>,
        /// True if the attempt had a reservation, which this record settles.
        reserved: bool,
        /// True if this is the first record since the run was taken over: the count of takeovers restarts at zero.
        progress: bool,
    },
    /// A timer was set.
    Timer {
        /// The command.
        key: Cow<'a, Key>,
        /// The time at which the timer ends.
        deadline: Timestamp,
    },
    /// A question is open.
    Asked {
        /// The question.
        question: Cow<'a, Question>,
        /// The arms that enclose the question, outermost first: the path of each fork and the number of the arm.
        arms: Cow<'a, [(Path, usize)]>,
        /// True if this is the first record since the run was taken over.
        progress: bool,
    },
    /// The deadline of a question has passed: its default is the reply, unless another process has written one.
    Due {
        /// The question.
        path: Cow<'a, Path>,
        /// The default of the question.
        reply: Cow<'a, Reply>,
    },
    /// A person or a program replied.
    Replied {
        /// The question.
        path: Cow<'a, Path>,
        /// The reply.
        reply: Cow<'a, Reply>,
    },
    /// Questions are withdrawn, because the arm that asked them failed or was cancelled.
    Withdrawn(Cow<'a, [Path]>),
    /// The upper bound of a call that is about to be sent.
    Reserved(Cow<'a, Reservation>),
    /// The usage of an attempt without a record: it replaces the reservation.
    Settled {
        /// The attempt.
        key: Cow<'a, Key>,
        /// The actual usage.
        used: Usage,
        /// The limited nodes that enclose the attempt.
        within: Cow<'a, LimitScope>,
    },
    /// The usage of an abandoned attempt, which will be made again.
    Forfeited {
        /// The attempt.
        key: Cow<'a, Key>,
        /// The actual usage.
        used: Usage,
        /// The limited nodes that enclose the attempt.
        within: Cow<'a, LimitScope>,
    },
    /// An execution has ended, and the run with it if the lifecycle has an outcome.
    Finished(Cow<'a, Lifecycle>),
    /// An execution was dropped before its end: only its working time and its running bodies are new.
    Released(Cow<'a, Lifecycle>),
    /// The run was cancelled. Without an outcome it ends at its next command.
    Cancelled(Cow<'a, Lifecycle>),
    /// A failed run may continue.
    Reopened(Cow<'a, Lifecycle>),
}
