//! The control side: waiting for a run, times, and runs that do not exist.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::script::{Act, Deed, ask, script, step};
use flujo::clock::Clock;
use flujo::engine::{RunId, Status};
use flujo::{Error, ErrorKind};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "idle/waits-for-the-execution",
        "`idle` waits until the run is not worked on any more.",
        |bench| Box::pin(waits_for_the_execution(bench)),
    ),
    Check::new("idle/at-once", "`idle` returns at once for a run that is not worked on.", |bench| {
        Box::pin(at_once(bench))
    }),
    Check::new("control/runs-beside-each-other", "Different runs are worked on at the same time.", |bench| {
        Box::pin(runs_beside_each_other(bench))
    }),
    Check::new(
        "control/unknown-run",
        "An unknown run has no view, and everything else fails with `UnknownRun`.",
        |bench| Box::pin(unknown_run(bench)),
    ),
    Check::new(
        "control/clock",
        "The times of an engine come from the clock that it was opened with.",
        |bench| Box::pin(std::future::ready(clock(bench))),
    ),
    Check::new(
        "control/active-time",
        "The active time of a run is how long its executions took, those that a crash ended included; time in between \
         does not count.",
        |bench| Box::pin(active_time(bench)),
    ),
];

async fn waits_for_the_execution(bench: &Bench) -> Checked {
    bench.create(record(RUN)).await?;
    let body = step("a").does(Deed::Sees("watched")).does(Deed::Sleep(Duration::from_secs(5)));
    let (stage, engine) = (bench.stage(RUN), bench.engine()?);
    bench.expect("`idle` returns once the execution has ended");
    let watch = async {
        stage.sees("a.1 runs").await;
        same("the status while a body is under way", &Status::Running, &bench.view().await?.status)?;
        stage.effect("watched".to_owned());
        let idle = engine.idle(&RUN.into()).await;
        idle.map_err(|error| breach("`idle` succeeds", format!("{error}")))?;
        if bench.view().await?.status == Status::Running {
            return Err(breach("the run is not worked on after `idle`", "Running"));
        }
        stage.effect("idle".to_owned());
        Ok(())
    };
    let (executed, watched) = tokio::join!(bench.execute(script![body, step("b")]), watch);
    executed?.ended()?;
    watched?;
    bench.effects("the effects", &["a.1 runs", "watched", "b.1 runs", "idle"])
}

async fn at_once(bench: &Bench) -> Checked {
    let idle = async || {
        let idle = bench.engine()?.idle(&RUN.into()).await;
        idle.map_err(|error| breach("`idle` succeeds", format!("{error}")))
    };
    bench.create(record(RUN)).await?;
    bench.expect("`idle` returns at once");
    idle().await?;
    bench.execute(script![step("a").act(Act::Die)]).await?.died()?;
    idle().await?;
    bench.execute(script![step("a"), ask("q")]).await?.ended()?;
    idle().await
}

async fn unknown_run(bench: &Bench) -> Checked {
    let (engine, id) = (bench.engine()?, RunId::from("nowhere"));
    match engine.view(&id).await {
        Ok(None) => {}
        other => return Err(breach("`view` of an unknown run: None", format!("{other:?}"))),
    }
    let fails = |what: &str, ended: Result<(), Error>| match ended {
        Err(error) if matches!(error.kind(), ErrorKind::UnknownRun(_)) => Ok(()),
        other => {
            Err(breach(&format!("`{what}` of an unknown run fails with `UnknownRun`"), format!("{other:?}")))
        }
    };
    let reply = bench.stage("nowhere").reply_by_ada(1);
    fails("reply", engine.reply(&id, &"q".into(), reply).await)?;
    fails("cancel", engine.cancel(&id, None).await)?;
    fails("reopen", engine.reopen(&id, None).await)?;
    bench.expect("`idle` of an unknown run fails with `UnknownRun`");
    fails("idle", engine.idle(&id).await)?;
    match bench.execute_as("nowhere", script![step("a")], None).await? {
        super::super::bench::Execution::Returned(ended) => fails("execute", ended)?,
        other @ super::super::bench::Execution::Died => {
            return Err(breach("`execute` of an unknown run fails", format!("{other:?}")));
        }
    }
    bench.effects("the bodies", &[])
}

async fn runs_beside_each_other(bench: &Bench) -> Checked {
    for id in ["one", "two"] {
        bench.create(record(id)).await?;
    }
    bench.expect("the bodies of two runs are under way at once");
    let ops = || script![step("a").does(Deed::Meet(2))];
    let (one, two) = tokio::join!(bench.execute_as("one", ops(), None), bench.execute_as("two", ops(), None));
    one?.ended()?;
    two?.ended()
}

fn clock(bench: &Bench) -> Checked {
    let clock = bench.engine()?.clock();
    same("the time of the engine's clock", &bench.clock().now(), &clock.now())?;
    bench.clock().advance(Duration::from_secs(3));
    same("the time of the engine's clock, 3 s later", &bench.clock().now(), &clock.now())
}

async fn active_time(bench: &Bench) -> Checked {
    let seconds = |n| Deed::Sleep(Duration::from_secs(n));
    bench.run(script![step("a").does(seconds(20)).act(Act::Die)]).await?.died()?;
    bench.clock().advance(Duration::from_secs(100));
    bench.execute(script![step("a").does(seconds(7)), ask("q")]).await?.ended()?;
    same("the active time after two executions", &Duration::from_secs(27), &bench.view().await?.active)
}
