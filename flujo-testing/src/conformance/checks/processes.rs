//! The end of the process: durable data is there when the storage is opened again.

use super::super::Ability;
use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, ledger, same};
use super::super::script::{Act, Deed, Op, ask, call, calls, estimated, fork, script, step};
use super::sleeps::{interrupted, resumed};
use flujo::engine::{FinalOutcome, RunFilter, RunRecord, RunView, Status};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "process/view-survives",
        "Everything that a view shows of a run is the same after the process ended.",
        |bench| Box::pin(view_survives(bench)),
    )
    .needing(Ability::Reopen),
    Check::new(
        "process/run-goes-on",
        "A run goes on after its process ended: recorded bodies do not run again, those under way do.",
        |bench| Box::pin(run_goes_on(bench)),
    )
    .needing(Ability::Reopen),
    Check::new(
        "process/reply-survives",
        "A question is answered after the process ended that asked it, and the reply survives the next end.",
        |bench| Box::pin(reply_survives(bench)),
    )
    .needing(Ability::Reopen),
    Check::new(
        "process/sleep-survives",
        "The deadline of a sleep survives the process that issued it.",
        |bench| Box::pin(sleep_survives(bench)),
    )
    .needing(Ability::Reopen),
    Check::new(
        "process/reservation-survives",
        "A reservation survives its process, and is charged in full once the run goes on.",
        |bench| Box::pin(reservation_survives(bench)),
    )
    .needing(Ability::Reopen),
    Check::new(
        "process/cancel-survives",
        "A cancellation survives the process that was told of it.",
        |bench| Box::pin(cancel_survives(bench)),
    )
    .needing(Ability::Reopen),
    Check::new("process/takeovers-survive", "Takeovers are counted across processes.", |bench| {
        Box::pin(takeovers_survive(bench))
    })
    .needing(Ability::Reopen),
    Check::new(
        "process/seed-survives",
        "A seed answers after the process ended that created the run.",
        |bench| Box::pin(seed_survives(bench)),
    )
    .needing(Ability::Reopen),
];

/// Returns a view as text, without the contents of the seed, which an engine need not show.
fn shown(view: &RunView) -> String {
    let RunView {
        run,
        status,
        context,
        records,
        questions,
        answered,
        usage,
        reserved,
        active,
        forgiven,
        stopped,
        acted,
        started,
        changed,
        ended,
        ..
    } = view;
    let RunRecord { id, pipeline, fingerprint, graph, input, digest, context: first, .. } = &**run;
    let RunRecord { limits, retries, labels, by, created, models, seed, .. } = &**run;
    let graph = graph.stored();
    let run = format!(
        "{id} {pipeline} {fingerprint} {graph:?} {input} {digest} {first} {limits:?} {retries} {labels:?} {by:?} \
         {created:?} {models:?} {:?}",
        seed.origin
    );
    format!(
        "{run}\n{status:?} {context} {active:?} {forgiven:?} {stopped:?}\n{acted:?} {started:?} {changed:?} {ended:?}\n\
         {records:?}\n{questions:?}\n{answered:?}\n{usage:?} {reserved:?}"
    )
}

async fn view_survives(bench: &Bench) -> Checked {
    for id in ["created", "paused", "failed", "done", "interrupted", "reopened"] {
        bench.create(record(id)).await?;
    }
    let arms = vec![script![ask("q").default_after(60, 9)], script![ask("r").showing(3)]];
    let ops = script![call("a").used(2).does(Deed::Sleep(Duration::from_secs(3))), fork("f", arms)];
    bench.execute_as("paused", ops, None).await?.ended()?;
    let reply = bench.stage("paused").reply_by_ada(5);
    let replied = bench.engine()?.reply(&"paused".into(), &"r".into(), reply).await;
    replied.map_err(|error| breach("the reply is taken", format!("{error}")))?;
    for id in ["failed", "reopened"] {
        bench.execute_as(id, script![step("b").fails(), Op::Fail("b")], None).await?.ended()?;
    }
    bench.execute_as("done", script![step("a")], None).await?.ended()?;
    let dies = call("c").does(Deed::Reserve(5)).act(Act::Die);
    bench.execute_as("interrupted", script![step("a"), dies], None).await?.died()?;
    let reopened = bench.engine()?.reopen(&"reopened".into(), None).await;
    reopened.map_err(|error| breach("`reopen` succeeds", format!("{error}")))?;

    let ids = ["created", "paused", "failed", "done", "interrupted", "reopened"];
    let mut before = Vec::new();
    for id in ids {
        before.push(shown(&bench.view_of(id).await?));
    }
    let listed = async || {
        let listed = bench.engine()?.list(&RunFilter::default()).await;
        listed.map_err(|error| breach("`list` answers", format!("{error}")))
    };
    let list = listed().await?;
    bench.reopen().await?;
    for (id, before) in ids.into_iter().zip(before) {
        same(&format!("the view of run `{id}`"), &before, &shown(&bench.view_of(id).await?))?;
    }
    same("the list of runs", &list, &listed().await?)
}

async fn run_goes_on(bench: &Bench) -> Checked {
    let ops = |last: Op| {
        let arms = vec![script![step("b").gives(2)], script![step("c").gives(3), last]];
        script![step("a").gives(1), fork("f", arms), step("e").gives(5)]
    };
    let dies = step("d").does(Deed::Sees("b.1 = 2")).act(Act::Die);
    bench.run(ops(dies.into())).await?.died()?;
    bench.effects_in_any_order(
        "the bodies before the end",
        &["a.1 runs", "b.1 runs", "c.1 runs", "d.1 runs"],
    )?;
    bench.reopen().await?;
    bench.execute(ops(step("d").gives(4).into())).await?.ended()?;
    bench.effects("the bodies after it", &["d.1 runs", "e.1 runs"])?;
    bench.ends("the ends of the fork", "f", &["f ends as [2, 4]"])
}

async fn reply_survives(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    bench.reopen().await?;
    bench.reply("q", 5).await?;
    bench.reopen().await?;
    bench.reply_is_refused("the question was answered before", "q").await?;
    bench.execute(script![ask("q"), step("a")]).await?.ended()?;
    bench.effects("the effects of all processes", &["q is told", "a.1 runs"])
}

async fn sleep_survives(bench: &Bench) -> Checked {
    bench.clock().hold();
    bench.expect("a sleep of 60 s ends at 60 s, after its process ended at 20 s");
    bench.run(interrupted()).await?.died()?;
    bench.reopen().await?;
    bench.clock().advance(Duration::from_secs(10));
    bench.execute(resumed()).await?.ended()?;
    same("the results of the sleep", &vec!["s is over after 60 s".to_owned()], &bench.results_of("s"))
}

async fn reservation_survives(bench: &Bench) -> Checked {
    bench.run(script![call("a").does(Deed::Reserve(5)).act(Act::Die)]).await?.died()?;
    bench.reopen().await?;
    bench.execute(script![call("a").used(1)]).await?.ended()?;
    let view = bench.view().await?;
    ledger("at the end", (estimated(5) + calls(1), calls(0)), (view.usage, view.reserved))
}

async fn cancel_survives(bench: &Bench) -> Checked {
    drop(bench.run(script![step("a").act(Act::Cancel).act(Act::Die)]).await?);
    bench.reopen().await?;
    bench.forget();
    bench.execute(script![step("a")]).await?.ended()?;
    bench.effects("the bodies after the cancellation", &[])?;
    same("the status", &Status::Ended(FinalOutcome::Cancelled), &bench.view().await?.status)
}

async fn takeovers_survive(bench: &Bench) -> Checked {
    bench.create(record(RUN)).await?;
    for _ in 0..5 {
        bench.execute(script![step("a").act(Act::Die)]).await?.died()?;
        bench.reopen().await?;
    }
    bench.execute(script![step("a")]).await?.ended()?;
    let crashed = Status::Ended(FinalOutcome::Crashed(vec!["a".into()]));
    same("the status", &crashed, &bench.view().await?.status)
}

async fn seed_survives(bench: &Bench) -> Checked {
    bench.create(record("first")).await?;
    bench.execute_as("first", script![step("a").gives(7)], None).await?.ended()?;
    let records = bench.view_of("first").await?.records;
    let seed = flujo::engine::Seed { records, ..flujo::engine::Seed::default() };
    bench.create(RunRecord { seed, ..record(RUN) }).await?;
    bench.reopen().await?;
    bench.forget();
    bench.execute(script![step("a"), step("b")]).await?.ended()?;
    bench.effects("the bodies", &["b.1 runs"])
}
