//! The run record: created once, before the first command.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::script::{number, script, step};
use flujo::engine::{RunRecord, RunView, Status};
use flujo::{Usage, UsageLimits};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "create/compare-and-set",
        "Creating a run whose id is taken changes nothing, and gives the run that has it.",
        |bench| Box::pin(compare_and_set(bench)),
    ),
    Check::new(
        "create/one-of-two",
        "Of two calls that create the same run at once, one makes it.",
        |bench| Box::pin(one_of_two(bench)),
    ),
    Check::new(
        "create/record-is-whole",
        "A created run shows everything that it was created with, and is `Created` until it is first executed.",
        |bench| Box::pin(record_is_whole(bench)),
    ),
    Check::new("create/runs-stay-apart", "Runs of one engine do not see each other's records.", |bench| {
        Box::pin(runs_stay_apart(bench))
    }),
];

/// Returns a run record as text, without the contents of the seed, which an engine need not show.
fn shown(run: &RunRecord) -> String {
    let RunRecord { id, pipeline, fingerprint, graph, input, digest, context, limits, retries, .. } = run;
    let RunRecord { labels, by, created, models, .. } = run;
    let graph = graph.stored();
    format!(
        "{id} {pipeline} {fingerprint:x} {graph:?} {input} {digest} {context} {limits:?} {retries} {labels:?} {by:?} \
         {created:?} {models:?}"
    )
}

fn given() -> RunRecord {
    RunRecord { limits: UsageLimits::NONE.model_calls(3).total_tokens(5), retries: 2, ..record(RUN) }
}

fn is_as_given(view: &RunView) -> Checked {
    same("the run that is shown", &shown(&given()), &shown(&view.run))
}

async fn compare_and_set(bench: &Bench) -> Checked {
    bench.create(given()).await?;
    bench.execute(script![step("a").gives(1)]).await?.ended()?;
    let before = bench.view().await?;
    let other = RunRecord { pipeline: "other".to_owned(), input: number(8), retries: 9, ..record(RUN) };
    match bench.engine()?.create(other).await {
        Ok(Some(found)) => {
            is_as_given(&found)?;
            same("the status of the run that is found", &before.status, &found.status)?;
        }
        Ok(None) => return Err(breach("`create` gives the run that has the id", "None: it made a run")),
        Err(error) => return Err(breach("`create` gives the run that has the id", format!("{error}"))),
    }
    let after = bench.view().await?;
    is_as_given(&after)?;
    same("the records afterwards", &before.records, &after.records)?;
    same("the status afterwards", &before.status, &after.status)
}

async fn one_of_two(bench: &Bench) -> Checked {
    let engine = bench.engine()?;
    let (first, second) = tokio::join!(engine.create(given()), engine.create(given()));
    let made = match (first, second) {
        (Ok(first), Ok(second)) => usize::from(first.is_none()) + usize::from(second.is_none()),
        other => return Err(breach("both calls succeed", format!("{other:?}"))),
    };
    same("the calls that made the run", &1, &made)
}

async fn record_is_whole(bench: &Bench) -> Checked {
    bench.create(given()).await?;
    let view = bench.view().await?;
    is_as_given(&view)?;
    same("the status", &Status::Created, &view.status)?;
    same("the context", &number(0), &view.context)?;
    let empty = view.records.is_empty() && view.questions.is_empty() && view.answered.is_empty();
    same("whether there are no records, questions and replies", &true, &empty)?;
    same("usage and reservations", &(Usage::default(), Usage::default()), &(view.usage, view.reserved))?;
    let rest = (view.active, view.forgiven.len(), view.stopped);
    same("active time, forgiven attempts, `stopped`", &(Duration::ZERO, 0, None), &rest)
}

async fn runs_stay_apart(bench: &Bench) -> Checked {
    for (id, n) in [("one", 1), ("two", 2)] {
        bench.create(record(id)).await?;
        bench.execute_as(id, script![step("a").gives(n)], None).await?.ended()?;
    }
    bench.effects("the bodies", &["a.1 runs", "a.1 runs"])?;
    bench.results("the results", &["a.1 = 1", "a.1 = 2"])?;
    for id in ["one", "two"] {
        same("the number of records", &1, &bench.view_of(id).await?.records.len())?;
    }
    Ok(())
}
