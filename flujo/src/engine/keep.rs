use super::{Activity, Key, Record, Reservation, Standing, Within};
use crate::clock::Timestamp;
use crate::error::Signal;
use crate::path::Path;
use crate::question::{Question, Reply};
use crate::usage::Usage;

/// What an engine keeps of a run beside what is in every [`Entry`](super::Entry), and where it writes down
/// what changes. An engine whose runs live in this process alone writes nothing: `()` keeps nothing at all.
pub trait Keep: Send + Sized + 'static {
    /// What tells when a change is durable.
    type Ack: Send + 'static;

    /// Whether a reply counts once it is in this process's memory. Where other processes may reply too, it
    /// only counts once it is written, and comes back from there.
    const REPLIES_HERE: bool;

    /// Writes down a change. It is called in the order in which things happen, under the lock of the run.
    fn write(&mut self, change: Change<'_>) -> Self::Ack;

    /// Waits until a change is durable.
    ///
    /// # Errors
    /// Signals only: it never will be.
    fn durable(ack: Self::Ack, activity: &Activity) -> impl Future<Output = Result<(), Signal>> + Send;
}

impl Keep for () {
    type Ack = ();
    const REPLIES_HERE: bool = true;
    fn write(&mut self, _: Change<'_>) {}
    async fn durable((): (), _: &Activity) -> Result<(), Signal> {
        Ok(())
    }
}

/// One thing that changes in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Change<'a> {
    /// A body is under way, in a run that was taken over since its last record.
    Began(&'a Standing),
    /// An attempt has ended.
    Attempt {
        /// Its record.
        record: &'a Record,
        /// The limited nodes that it stands in.
        within: &'a Within,
        /// Whether it had reserved something.
        reserved: bool,
        /// Whether it is the first since the run was taken over: takeovers no longer count.
        progress: bool,
    },
    /// A timer runs until then.
    Timer {
        /// The command.
        key: &'a Key,
        /// The end of it.
        deadline: Timestamp,
    },
    /// A question is open.
    Asked {
        /// The question.
        question: &'a Question,
        /// The arms that it stands in.
        arms: &'a [(Path, usize)],
        /// As for an attempt.
        progress: bool,
    },
    /// The deadline of a question has passed: this is its reply, unless somebody was faster.
    Due {
        /// The question.
        path: &'a Path,
        /// Its default.
        reply: &'a Reply,
    },
    /// These questions are not open any more.
    Withdrawn(&'a [Path]),
    /// A call is about to leave.
    Reserved(&'a Reservation),
    /// This was used by an attempt without a record.
    Settled {
        /// The attempt.
        key: &'a Key,
        /// What it used.
        used: Usage,
        /// The limited nodes that it stands in.
        within: &'a Within,
    },
    /// The same, and the attempt was given up: it will be made again.
    GivenUp {
        /// The attempt.
        key: &'a Key,
        /// What it used.
        used: Usage,
        /// The limited nodes that it stands in.
        within: &'a Within,
    },
    /// An execution has come to its end, and maybe the run with it.
    Finished(&'a Standing),
    /// An execution was dropped.
    Released(&'a Standing),
}
