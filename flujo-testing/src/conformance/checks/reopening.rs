//! Reopening: a failed run resumes at the node that failed.

use super::super::bench::{Bench, RUN};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::interpreter::keys;
use super::super::script::{Op, ask, script, step};
use flujo::engine::{FinalOutcome, Status};
use flujo::path::Path;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "reopen/attempts-forgiven",
        "A failed run that is reopened shows how many attempts of the failed node no longer count, keeps its records, \
         and goes on with the next attempt.",
        |bench| Box::pin(attempts_forgiven(bench)),
    ),
    Check::new("reopen/again", "A node that fails again is forgiven all of its attempts so far.", |bench| {
        Box::pin(again(bench))
    }),
    Check::new("reopen/failed-runs-only", "Reopening a run that has not failed changes nothing.", |bench| {
        Box::pin(failed_runs_only(bench))
    }),
];

async fn reopen(bench: &Bench) -> Checked {
    let reopened = bench.engine()?.reopen(&RUN.into(), None).await;
    reopened.map_err(|error| breach("`reopen` succeeds", format!("{error}")))
}

async fn forgiven(bench: &Bench, count: u32) -> Checked {
    let view = bench.view().await?;
    same("the attempts forgiven", &vec![(Path::from("b"), count)], &view.forgiven)?;
    match view.status {
        Status::Ended(_) => Err(breach("a reopened run has not ended", format!("{:?}", view.status))),
        _ => Ok(()),
    }
}

async fn attempts_forgiven(bench: &Bench) -> Checked {
    let failing = script![step("a"), step("b").fails(), step("b").n(2).fails()];
    let mut ops = failing.clone();
    ops.push(Op::Fail("b"));
    bench.run(ops).await?.ended()?;
    reopen(bench).await?;
    forgiven(bench, 2).await?;
    let recorded: Vec<_> = ["a.1", "b.1", "b.2"].map(str::to_owned).into();
    same("the records of the reopened run", &recorded, &keys(&bench.view().await?.records))?;
    bench.forget();
    let mut ops = failing;
    ops.extend(script![step("b").n(3).gives(3)]);
    bench.execute(ops).await?.ended()?;
    bench.effects("the bodies of the reopened run", &["b.3 runs"])?;
    let status = bench.view().await?.status;
    same("whether the run is done", &true, &matches!(status, Status::Ended(FinalOutcome::Done(_))))
}

async fn again(bench: &Bench) -> Checked {
    bench.run(script![step("b").fails(), Op::Fail("b")]).await?.ended()?;
    reopen(bench).await?;
    forgiven(bench, 1).await?;
    bench.execute(script![step("b"), step("b").n(2).fails(), Op::Fail("b")]).await?.ended()?;
    reopen(bench).await?;
    forgiven(bench, 2).await
}

async fn failed_runs_only(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    reopen(bench).await?;
    let view = bench.view().await?;
    same("the status of the paused run", &Status::Paused, &view.status)?;
    same("the attempts forgiven", &Vec::new(), &view.forgiven)?;
    bench.reply("q", 5).await?;
    bench.execute(script![ask("q")]).await?.ended()?;
    let before = bench.view().await?.status;
    reopen(bench).await?;
    same("the status of the run that is done", &before, &bench.view().await?.status)
}
