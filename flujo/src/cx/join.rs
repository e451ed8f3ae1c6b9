//! Arms beside each other: the output is the tuple of theirs.

use super::fork::{Done, ForkPoint, Slot};
use super::timed::note;
use crate::durable::Durable;
use crate::engine::{Arm, ArmEnd, BoxFuture, ForkPolicy, drive_arms};
use crate::error::{Error, Failure, RunResult, Signal};

/// One arm's own error or value, once it has ended in this execution.
type Own<T> = Option<RunResult<Done<T>>>;

/// Runs an arm and says how it ended; its value stays in `own`.
async fn finish<T>(
    arm: impl Future<Output = RunResult<Done<T>>>,
    (slot, settle): (&Slot, bool),
    own: &mut Own<T>,
) -> ArmEnd {
    let done = slot.judged(arm.await, settle);
    let end = match &done {
        Ok(Done { record, .. }) => slot.end_of(record.as_ref()),
        Err(error) => slot.end_of_failed(error),
    };
    *own = Some(done);
    end
}

/// The value of one arm, from this execution or from its record.
fn value<T: Durable>(own: Own<T>, end: &ArmEnd, slot: &Slot) -> RunResult<T> {
    slot.ended(end.clone());
    match (own, end) {
        (Some(done), _) => done.map(|done| done.value),
        (None, ArmEnd::Recorded(record)) => record.output.decode().map_err(|e| {
            Signal::mismatch(slot.path().clone(), format_args!("the output of an arm does not decode: {e}"))
                .into()
        }),
        (None, ArmEnd::Failed(failure)) => Err(failure.to_error()),
        (None, ArmEnd::Signal(signal)) => Err(signal.clone().into()),
        (None, ArmEnd::Inline | ArmEnd::Cancelled) => {
            let what = "an arm was given up before it ended".to_owned();
            Err(Signal::Engine(what).into())
        }
    }
}

/// What ends the fork as a whole: a signal that cannot wait, else the first failure, else a pause.
pub(super) fn verdict(ends: &[ArmEnd], settle: bool) -> Option<usize> {
    let policy = ForkPolicy { settle, concurrency: ends.len() };
    let find = |wanted: &dyn Fn(&ArmEnd) -> bool| ends.iter().position(wanted);
    find(&|end| matches!(end, ArmEnd::Signal(signal) if *signal != Signal::Suspended))
        .or_else(|| find(&|end| policy.fails(end)))
        .or_else(|| find(&|end| matches!(end, ArmEnd::Signal(_))))
}

impl ForkPoint<'_> {
    async fn fork(
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

macro_rules! joins {
    ($($n:literal $join:ident $settle:ident: $($arm:ident $t:ident $f:ident $slot:ident $end:ident),+;)+) => {
        impl ForkPoint<'_> { $(
            #[doc = concat!("Runs ", $n, " arms; the first failure cancels the others, a pause does not.")]
            ///
            /// # Errors
            /// An arm failed, or a signal ends the run.
            #[allow(clippy::too_many_arguments, reason = "one argument an arm, written by the macro")]
            pub async fn $join<$($t: Durable, $f: Future<Output = RunResult<Done<$t>>> + Send),+>(
                mut self,
                slots: [Slot; $n],
                $($arm: $f),+
            ) -> RunResult<($($t,)+)> {
                $(let mut $slot: Own<$t> = None;)+
                let ends = {
                    let [$($end),+] = &slots;
                    let arms: Vec<BoxFuture<'_, ArmEnd>> =
                        vec![$(Box::pin(finish($arm, ($end, false), &mut $slot))),+];
                    self.fork(&slots, arms, false).await?
                };
                let stop = verdict(&ends, false);
                let ([$($arm),+], Ok([$($end),+])) = (&slots, <&[ArmEnd; $n]>::try_from(ends.as_slice())) else {
                    return Err(lost());
                };
                let ($($slot,)+) = ($(value($slot, $end, $arm),)+);
                if let Some(stop) = stop {
                    let mut errors = [$($slot.err()),+];
                    return Err(errors.get_mut(stop).and_then(Option::take).unwrap_or_else(lost));
                }
                Ok(($($slot?,)+))
            }

            #[doc = concat!("Runs ", $n, " arms; a failure is a value, and its siblings go on.")]
            ///
            /// # Errors
            /// Signals only.
            #[allow(clippy::too_many_arguments, reason = "one argument an arm, written by the macro")]
            pub async fn $settle<$($t: Durable, $f: Future<Output = RunResult<Done<$t>>> + Send),+>(
                mut self,
                slots: [Slot; $n],
                $($arm: $f),+
            ) -> RunResult<($(Result<$t, Failure>,)+)> {
                $(let mut $slot: Own<$t> = None;)+
                let ends = {
                    let [$($end),+] = &slots;
                    let arms: Vec<BoxFuture<'_, ArmEnd>> =
                        vec![$(Box::pin(finish($arm, ($end, true), &mut $slot))),+];
                    self.fork(&slots, arms, true).await?
                };
                let ([$($arm),+], Ok([$($end),+])) = (&slots, <&[ArmEnd; $n]>::try_from(ends.as_slice())) else {
                    return Err(lost());
                };
                match verdict(&ends, true).and_then(|stop| ends.get(stop)) {
                    Some(ArmEnd::Signal(signal)) => return Err(signal.clone().into()),
                    Some(ArmEnd::Failed(failure)) => return Err(failure.to_error()),
                    _ => {}
                }
                Ok(($(settled(value($slot, $end, $arm))?,)+))
            }
        )+ }
    };
}

pub(super) fn lost() -> Error {
    Signal::Engine("the engine did not give back every arm".to_owned()).into()
}

pub(super) fn settled<T>(done: RunResult<T>) -> RunResult<Result<T, Failure>> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(error) => error.settle().map(Err).ok_or(error),
    }
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
