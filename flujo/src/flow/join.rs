//! `join`: two to eight arms that run concurrently.

use super::form::Form;
use super::settled::Arms;
use crate::codec::CodecError;
use crate::durable::Durable;
use crate::engine::kit::drive_arms;
use crate::engine::{Arm, ArmEnd, ForkPolicy};
use crate::error::{Error, Failure, RunResult, Signal};
use crate::exec::{ArmResult, ForkPoint, Slot, catch_in_arm, lost, note, settled, verdict};
use crate::future::BoxFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs two to eight arms concurrently, and returns the tuple of their outputs: fan-out, parallel branches.
///
/// An arm is a call, a block, or `|| ..`. The arguments of calls are evaluated before any arm starts. Every arm has its
/// own copy of the context; the parts that arms wrote are merged by their rules when all have ended. The first failure
/// cancels the other arms.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn web(topic: String) -> Result<String> {
///     Ok(format!("{topic} on the web"))
/// }
///
/// #[step]
/// async fn papers(topic: String) -> Result<u32> {
///     Ok(topic.len() as u32)
/// }
///
/// pipeline! {
///     fn research(topic: String) -> (String, u32) {
///         join(web(topic.clone()), papers(topic))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(research("rust".to_string())).await;
/// assert!(result.step("research/web").is_some() && result.step("research/papers").is_some());
/// assert_eq!(result.into_output()?, ("rust on the web".to_string(), 4));
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.timeout(duration)` | `"30s"` or a `Duration` | The active time of the whole form: attempts, and the waits between them. Pauses do not count. Defaults to none. |
/// | `.limits(limits)` | `UsageLimits` | The cost, tokens and model calls that everything in the form may use together. Defaults to none. |
/// | `.settle()` | | The output of each arm is a `Result<T, Failure>`: a failure does not cancel the others. |
/// | `.named("id")` | literal | The id in the graph and in events. Defaults to none. |
///
/// # What is recorded: checkpoints and resume
///
/// The join has no segment in a path: the nodes of its arms are recorded at paths of their own, `research/web`. A resumed
/// run takes the recorded nodes of every arm from the journal and runs the others. While one arm waits for a person, the
/// others go on; the run pauses when nothing else is left to do.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/join_conflict.stderr`:
///
/// ```text
/// error[E0080]: evaluation panicked: parallel branches `web` and `papers` both write context part `sources`: give the part a merge rule, `#[context(part, merge = ..)]`, or run them one after the other [join_conflict]
///   --> ui/flow/join_conflict.rs:29:22
///    |
/// 29 |         let (a, b) = join(web(text.clone()), papers(text));
///    |                      ^^^^ evaluation of `_::_` failed here
/// ```
///
/// `tests/ui/flow/join_arm_moves.stderr`:
///
/// ```text
/// error: an arm is `|| flow`: it takes nothing and borrows what it names [closure_shape]
///        remove this
///   --> ui/flow/join_arm_moves.rs:18:49
///    |
/// 18 |         let (a, b) = join(triage(text.clone()), move || review(text));
///    |                                                 ^^^^
/// ```
///
/// `tests/ui/flow/join_plain_arm.stderr`:
///
/// ```text
/// error: this arm calls no step [runs_nothing]
///        bind the value before the `join`
///   --> ui/flow/join_plain_arm.rs:13:41
///    |
/// 13 |         let (a, b) = join(triage(text), 3);
///    |                                         ^
/// ```
pub fn join<T>(arms: T) -> Form<T, Arms> {
    Form::new(arms)
}

/// The error or value of one arm, if the arm ran in this execution rather than coming from a record.
type Own<T> = Option<RunResult<ArmResult<T>>>;

pin_project_lite::pin_project! {
    /// Runs an arm: the output is how the arm ended, and its value is left in `own`.
    struct Finish<'a, F, T> {
        #[pin]
        arm: F,
        slot: &'a Slot,
        settle: bool,
        own: &'a mut Own<T>,
    }
}

impl<T, F: Future<Output = RunResult<ArmResult<T>>>> Future for Finish<'_, F, T> {
    type Output = ArmEnd;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ArmEnd> {
        let mut this = self.project();
        catch_in_arm(this.slot, None, *this.settle, &mut || match this.arm.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(done)) => {
                let end = this.slot.end_of(done.record.as_ref());
                **this.own = Some(Ok(done));
                Poll::Ready(end)
            }
            Poll::Ready(Err(error)) => {
                let (end, error) = this.slot.failed(error, *this.settle);
                **this.own = Some(Err(error));
                Poll::Ready(end)
            }
        })
    }
}

/// The value of one arm, from this execution or from its record.
fn value<T: Durable>(own: Own<T>, end: &ArmEnd, slot: &Slot) -> RunResult<T> {
    slot.ended(end.clone());
    match (own, end) {
        (Some(Ok(done)), _) => Ok(done.value),
        (Some(Err(error)), _) => Err(error),
        (None, ArmEnd::Recorded(record)) => match record.output.decode() {
            Ok(value) => Ok(value),
            Err(e) => Err(unreadable(slot, &e)),
        },
        (None, end) => Err(no_value(end)),
    }
}

#[cold]
fn unreadable(slot: &Slot, e: &CodecError) -> Error {
    Signal::mismatch(slot.path().clone(), format_args!("the output of an arm does not decode: {e}")).into()
}

#[cold]
fn no_value(end: &ArmEnd) -> Error {
    match end {
        ArmEnd::Failed(failure) => failure.to_error(),
        ArmEnd::Signal(signal) => signal.clone().into(),
        ArmEnd::Recorded(_) | ArmEnd::Inline | ArmEnd::Cancelled => {
            Signal::Internal("an arm was given up before it ended".to_owned()).into()
        }
    }
}

/// The values of arms one after the other, and the error that fails all of them: that of the arm that ended the fork,
/// else the first.
struct Values<'a> {
    arms: std::iter::Zip<std::slice::Iter<'a, Slot>, std::slice::Iter<'a, ArmEnd>>,
    stop: Option<usize>,
    index: usize,
    error: Option<Error>,
}

impl<'a> Values<'a> {
    fn new(slots: &'a [Slot], ends: &'a [ArmEnd], stop: Option<usize>) -> Self {
        Self { arms: slots.iter().zip(ends), stop, index: 0, error: None }
    }

    /// The value of the next arm.
    fn next<T: Durable>(&mut self, own: Own<T>) -> Option<T> {
        let Some((slot, end)) = self.arms.next() else { return self.fail(lost()) };
        match value(own, end, slot) {
            Ok(value) => {
                self.index += 1;
                Some(value)
            }
            Err(error) => self.fail(error),
        }
    }

    /// The value of the next arm, where a failure is a value.
    fn next_settled<T: Durable>(&mut self, own: Own<T>) -> Option<Result<T, Failure>> {
        let Some((slot, end)) = self.arms.next() else { return self.fail(lost()) };
        match settled(value(own, end, slot)) {
            Ok(value) => {
                self.index += 1;
                Some(value)
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail<T>(&mut self, error: Error) -> Option<T> {
        if self.error.is_none() && self.stop.is_none_or(|stop| stop == self.index) {
            self.error = Some(error);
        }
        self.index += 1;
        None
    }

    fn into_error(self) -> Error {
        self.error.unwrap_or_else(lost)
    }
}

impl ForkPoint<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn fork<'a>(
        &'a mut self,
        slots: &'a [Slot],
        arms: Vec<BoxFuture<'a, ArmEnd>>,
        settle: bool,
    ) -> BoxFuture<'a, RunResult<Vec<ArmEnd>>> {
        Box::pin(self.forked(slots, arms, settle))
    }

    async fn forked(
        &mut self,
        slots: &[Slot],
        arms: Vec<BoxFuture<'_, ArmEnd>>,
        settle: bool,
    ) -> RunResult<Vec<ArmEnd>> {
        let policy = ForkPolicy { settle, concurrency: usize::MAX };
        let ends = match (&mut self.handle, slots.first()) {
            (Some(handle), Some(first)) => {
                let granted = arms.into_iter().zip(slots).map(|(arm, slot)| {
                    let slot = slot.clone();
                    Arm {
                        body: Box::new(move |grant| {
                            slot.grant(grant);
                            arm
                        }),
                    }
                });
                handle.fork(first.path().clone(), granted.collect(), policy).await?
            }
            _ => drive_arms(Box::new(arms.into_iter()), policy).await,
        };
        note(&self.timed, self.env, &ends);
        Ok(ends)
    }
}

/// The error that ends a fork whose failures are values, if something does.
fn unsettled(ends: &[ArmEnd]) -> Option<Error> {
    match verdict(ends, true).and_then(|stop| ends.get(stop)) {
        Some(ArmEnd::Signal(signal)) => Some(signal.clone().into()),
        Some(ArmEnd::Failed(failure)) => Some(failure.to_error()),
        _ => None,
    }
}

macro_rules! joins {
    ($($n:literal $join:ident $settle:ident: $($arm:ident $t:ident $f:ident $slot:ident $end:ident),+;)+) => {
        impl ForkPoint<'_> { $(
            #[doc = concat!("Runs ", $n, " arms; the first failure cancels the others, a pause does not.")]
            ///
            /// # Errors
            /// An arm failed, or a signal ends the run.
            #[allow(clippy::too_many_arguments, reason = "one argument an arm, written by the macro")]
            pub async fn $join<$($t: Durable, $f: Future<Output = RunResult<ArmResult<$t>>> + Send),+>(
                mut self,
                slots: [Slot; $n],
                $($arm: $f),+
            ) -> RunResult<($($t,)+)> {
                $(let mut $slot: Own<$t> = None;)+
                let ends = {
                    let [$($end),+] = &slots;
                    let arms: Vec<BoxFuture<'_, ArmEnd>> = vec![$(Box::pin(
                        Finish { arm: $arm, slot: $end, settle: false, own: &mut $slot },
                    )),+];
                    match self.fork(&slots, arms, false).await {
                        Ok(ends) => ends,
                        Err(error) => return Err(error),
                    }
                };
                let stop = verdict(&ends, false);
                let mut values = Values::new(&slots, &ends, stop);
                match ($(values.next($slot),)+) {
                    ($(Some($arm),)+) if stop.is_none() => Ok(($($arm,)+)),
                    _ => Err(values.into_error()),
                }
            }

            #[doc = concat!("Runs ", $n, " arms; a failure is a value, and its siblings go on.")]
            ///
            /// # Errors
            /// Signals only.
            #[allow(clippy::too_many_arguments, reason = "one argument an arm, written by the macro")]
            pub async fn $settle<$($t: Durable, $f: Future<Output = RunResult<ArmResult<$t>>> + Send),+>(
                mut self,
                slots: [Slot; $n],
                $($arm: $f),+
            ) -> RunResult<($(Result<$t, Failure>,)+)> {
                $(let mut $slot: Own<$t> = None;)+
                let ends = {
                    let [$($end),+] = &slots;
                    let arms: Vec<BoxFuture<'_, ArmEnd>> = vec![$(Box::pin(
                        Finish { arm: $arm, slot: $end, settle: true, own: &mut $slot },
                    )),+];
                    match self.fork(&slots, arms, true).await {
                        Ok(ends) => ends,
                        Err(error) => return Err(error),
                    }
                };
                if let Some(error) = unsettled(&ends) {
                    return Err(error);
                }
                let mut values = Values::new(&slots, &ends, None);
                match ($(values.next_settled($slot),)+) {
                    ($(Some($arm),)+) => Ok(($($arm,)+)),
                    _ => Err(values.into_error()),
                }
            }
        )+ }
    };
}

joins! {
    2 join2 settle2: a A FA own_a end_a, b B FB own_b end_b;
    3 join3 settle3: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c;
    4 join4 settle4: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c, d D FD own_d end_d;
    5 join5 settle5: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c, d D FD own_d end_d,
        e E FE own_e end_e;
    6 join6 settle6: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c, d D FD own_d end_d,
        e E FE own_e end_e, f F FF own_f end_f;
    7 join7 settle7: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c, d D FD own_d end_d,
        e E FE own_e end_e, f F FF own_f end_f, g G FG own_g end_g;
    8 join8 settle8: a A FA own_a end_a, b B FB own_b end_b, c C FC own_c end_c, d D FD own_d end_d,
        e E FE own_e end_e, f F FF own_f end_f, g G FG own_g end_g, h H FH own_h end_h;
}
