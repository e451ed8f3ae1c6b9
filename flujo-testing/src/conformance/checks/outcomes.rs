//! Outcomes: written once, by the execution that ends the run.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::interpreter::named;
use super::super::script::{Op, failure, number, script, step};
use flujo::engine::{Ended, EndedBy, FinalOutcome, Status};
use flujo::error::{FailureKind, Mismatch, Signal};
use flujo::usage::{Amount, LimitExceeded, LimitOf};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "outcome/is-whole",
        "The outcome of a run is the output or the failure that its program ended with, and the context is that of the \
         end.",
        |bench| Box::pin(is_whole(bench)),
    ),
    Check::new(
        "outcome/written-once",
        "The outcome of a run is written once: executing a run that has ended runs nothing and changes nothing.",
        |bench| Box::pin(written_once(bench)),
    ),
    Check::new(
        "outcome/signals-are-none",
        "A mismatch and a storage failure are no outcomes: the view shows the signal, and the run goes on when it is \
         executed again.",
        |bench| Box::pin(signals_are_none(bench)),
    ),
    Check::new("outcome/run-limit-fails", "A limit of the run ends it as failed.", |bench| {
        Box::pin(run_limit_fails(bench))
    }),
];

fn ended(outcome: Result<flujo::codec::Json, EndedBy>, context: Option<i64>) -> Ended {
    Ended { outcome, context: context.map(number) }
}

async fn is_whole(bench: &Bench) -> Checked {
    for id in ["done", "failed", "lost"] {
        bench.create(record(id)).await?;
    }
    bench.end("done", || ended(Ok(number(3)), Some(4))).await?.ended()?;
    bench.end("failed", || ended(Err(EndedBy::Failure(failure("a"))), Some(5))).await?.ended()?;
    // The final context cannot be recorded: the previous one is kept.
    bench.end("lost", || ended(Ok(number(3)), None)).await?.ended()?;
    let (done, failed) = (FinalOutcome::Done(number(3)), FinalOutcome::Failed(failure("a")));
    for (id, outcome, context) in [("done", done.clone(), 4), ("failed", failed, 5), ("lost", done, 0)] {
        let view = bench.view_of(id).await?;
        same(&format!("the status of run `{id}`"), &Status::Ended(outcome), &view.status)?;
        same(&format!("the context of run `{id}`"), &number(context), &view.context)?;
    }
    Ok(())
}

type End = fn() -> Ended;

async fn written_once(bench: &Bench) -> Checked {
    let ends: [(&str, End); 3] = [
        ("done", || ended(Ok(number(3)), Some(4))),
        ("failed", || ended(Err(EndedBy::Failure(failure("a"))), Some(4))),
        ("cancelled", || ended(Err(EndedBy::Signal(Signal::Cancelled)), Some(4))),
    ];
    for (id, end) in ends {
        bench.create(record(id)).await?;
        bench.end(id, end).await?.ended()?;
        let before = bench.view_of(id).await?;
        bench.execute_as(id, script![step("a")], Some(number(9))).await?.ended()?;
        let after = bench.view_of(id).await?;
        same(&format!("the status of run `{id}`"), &before.status, &after.status)?;
        same(&format!("the context of run `{id}`"), &before.context, &after.context)?;
        same(&format!("the records of run `{id}`"), &before.records, &after.records)?;
    }
    bench.effects("the bodies of runs that have ended", &[])
}

async fn signals_are_none(bench: &Bench) -> Checked {
    let mismatch = Mismatch { path: "a".into(), what: "it is another one".to_owned() };
    let signals = [Signal::JournalMismatch(Box::new(mismatch)), Signal::Engine("the disk is full".into())];
    bench.create(record(RUN)).await?;
    for signal in signals {
        bench.execute(script![step("a"), Op::Stop(signal.clone())]).await?.ended()?;
        let view = bench.view().await?;
        let name = named(&signal);
        same(&format!("the status after {name}"), &Status::Interrupted, &view.status)?;
        same(&format!("`stopped` after {name}"), &Some(signal), &view.stopped)?;
    }
    bench.execute(script![step("a")]).await?.ended()?;
    let view = bench.view().await?;
    same("the status at the end", &Status::Ended(FinalOutcome::Done(number(42))), &view.status)?;
    same("`stopped` at the end", &None, &view.stopped)?;
    bench.effects("the bodies", &["a.1 runs"])
}

async fn run_limit_fails(bench: &Bench) -> Checked {
    let exceeded = LimitExceeded {
        path: "a".into(),
        of: LimitOf::Run,
        limit: Amount::ModelCalls(1),
        spent: Amount::ModelCalls(1),
        reserved: Amount::ModelCalls(0),
        needed: Amount::ModelCalls(1),
    };
    bench.run(script![Op::Stop(Signal::RunLimit(Box::new(exceeded.clone())))]).await?.ended()?;
    match bench.view().await?.status {
        Status::Ended(FinalOutcome::Failed(failure)) if failure.kind == FailureKind::LimitExceeded => same(
            "the limit that the failure names",
            &Some(exceeded),
            &failure.exceeded.map(|exceeded| *exceeded),
        ),
        status => Err(breach("the run has failed with `LimitExceeded`", format!("{status:?}"))),
    }
}
