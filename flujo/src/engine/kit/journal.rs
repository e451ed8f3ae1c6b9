use super::Change;
use crate::error::Signal;

/// Storage for the changes of one run, and the way to wait until they are durable: the part of an engine that depends
/// on its storage.
///
/// A run has one journal, which lives as long as its [`Entry`](super::Entry). Changes arrive in the order in which
/// they happen. A journal that failed to write one change must fail all later ones, so that the journal has no gap: a
/// later record without an earlier one would be another run.
///
/// `()` is the journal of engines whose runs end with their process: it writes nothing.
///
/// ```
/// use flujo::engine::kit::{Change, Journal};
/// use flujo::error::Signal;
/// use std::sync::mpsc::Sender;
///
/// /// Hands every change to a thread that prints it.
/// struct Printed(Sender<String>);
///
/// impl Journal for Printed {
///     type Ack = bool;
///     fn write(&mut self, change: Change<'_>) -> bool {
///         self.0.send(format!("{change:?}")).is_ok()
///     }
///     async fn durable(sent: bool) -> Result<(), Signal> {
///         if sent { Ok(()) } else { Err(Signal::Engine("the printer is gone".into())) }
///     }
/// }
/// ```
pub trait Journal: Send + Sized + 'static {
    /// The acknowledgement of one change: what [`durable`](Self::durable) waits for.
    type Ack: Send + 'static;

    /// True if other processes reply to the same run. A reply then counts once it was read back from storage, which
    /// decides whose reply was first, and is reported by [`Entry::record_reply`](super::Entry::record_reply).
    /// Defaults to false: a reply counts at once.
    ///
    /// ```
    /// use flujo::engine::kit::{Change, Journal};
    /// use flujo::error::Signal;
    ///
    /// /// Several processes write to the table behind it.
    /// struct Rows;
    ///
    /// impl Journal for Rows {
    ///     type Ack = ();
    ///     const SHARED: bool = true;
    ///     fn write(&mut self, _: Change<'_>) {}
    ///     async fn durable((): ()) -> Result<(), Signal> { Ok(()) }
    /// }
    /// assert!(Rows::SHARED && !<() as Journal>::SHARED);
    /// ```
    const SHARED: bool = false;

    /// Writes a change, or begins to. Called under the lock of the run, so it must not block for long and must not
    /// call back into the run.
    fn write(&mut self, change: Change<'_>) -> Self::Ack;

    /// Waits until a change is durable.
    ///
    /// # Errors
    /// Signals only: [`Signal::Engine`] if the change can never become durable, [`Signal::OwnershipLost`] if another
    /// process owns the run.
    fn durable(ack: Self::Ack) -> impl Future<Output = Result<(), Signal>> + Send;
}

impl Journal for () {
    type Ack = ();
    fn write(&mut self, _: Change<'_>) {}
    async fn durable((): ()) -> Result<(), Signal> {
        Ok(())
    }
}
