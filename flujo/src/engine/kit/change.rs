use super::Lifecycle;
use crate::clock::Timestamp;
use crate::engine::{Key, LimitScope, Record, Reservation, RunRecord};
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One change of a run, as a [`Journal`](super::Journal) writes it and [`SavedRun::apply`](super::SavedRun::apply)
/// takes it back.
///
/// It borrows while it is written, so that an engine that keeps nothing copies nothing, and owns what it holds when
/// it is read back, as `Change<'static>`. Its serde form is stable: an engine may store it as it is.
///
/// Not `#[non_exhaustive]`: an engine that ignored a new kind of change would lose it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change<'a> {
    /// The run was created.
    Created(Cow<'a, RunRecord>),
    /// A process took ownership of the run. What its calls had reserved before is charged.
    Acquired(Cow<'a, Lifecycle>),
    /// The body of an attempt is under way, in a run that was taken over since its last record: if it is what kills
    /// the process, the run must not be taken over for ever.
    Started(Cow<'a, Lifecycle>),
    /// An attempt has ended.
    Attempt {
        /// Its record.
        record: Cow<'a, Record>,
        /// The limited nodes around it, on whose accounts its usage counts.
        within: Cow<'a, LimitScope>,
        /// Whether it had reserved something, which this record settles.
        reserved: bool,
        /// Whether it is the first record since the run was taken over: takeovers count from zero again.
        progress: bool,
    },
    /// A timer was set.
    Timer {
        /// The command.
        key: Cow<'a, Key>,
        /// When it ends.
        deadline: Timestamp,
    },
    /// A question is open.
    Asked {
        /// The question.
        question: Cow<'a, Question>,
        /// The arms around it, outermost first: the path of each fork and the number of the arm.
        arms: Cow<'a, [(Path, usize)]>,
        /// Whether it is the first record since the run was taken over.
        progress: bool,
    },
    /// The deadline of a question has passed: its default is the reply, unless another process has written one.
    Due {
        /// The question.
        path: Cow<'a, Path>,
        /// Its default.
        reply: Cow<'a, Reply>,
    },
    /// A person or a program replied.
    Replied {
        /// The question.
        path: Cow<'a, Path>,
        /// The reply.
        reply: Cow<'a, Reply>,
    },
    /// Questions are withdrawn, because the arm around them failed or was cancelled.
    Withdrawn(Cow<'a, [Path]>),
    /// The upper bound of a call that is about to leave.
    Reserved(Cow<'a, Reservation>),
    /// The usage of an attempt without a record: it replaces what was reserved.
    Settled {
        /// The attempt.
        key: Cow<'a, Key>,
        /// What it used.
        used: Usage,
        /// The limited nodes around it.
        within: Cow<'a, LimitScope>,
    },
    /// The usage of an attempt that was given up and will be made again.
    Forfeited {
        /// The attempt.
        key: Cow<'a, Key>,
        /// What it used.
        used: Usage,
        /// The limited nodes around it.
        within: Cow<'a, LimitScope>,
    },
    /// An execution has ended, and the run with it if the lifecycle has an outcome.
    Finished(Cow<'a, Lifecycle>),
    /// An execution was dropped before its end: only its working time and the bodies under way are new.
    Released(Cow<'a, Lifecycle>),
    /// The run was cancelled. Without an outcome it ends at its next command.
    Cancelled(Cow<'a, Lifecycle>),
    /// A failed run may go on.
    Reopened(Cow<'a, Lifecycle>),
}
