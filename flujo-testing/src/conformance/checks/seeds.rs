//! Seeds: records taken instead of executing.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::same;
use super::super::script::{Act, ask, call, script, sleep, step};
use flujo::Usage;
use flujo::engine::{Key, Kind, RunId, RunRecord, Seed};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "seed/taken-instead-of-executing",
        "The records, replies and timers of a seed answer their commands: nothing of it is executed, asked or waited \
         for, before and after a crash.",
        |bench| Box::pin(taken_instead_of_executing(bench)),
    ),
    Check::new("seed/costs-nothing", "The usage of seeded records is not counted again.", |bench| {
        Box::pin(costs_nothing(bench))
    }),
    Check::new(
        "seed/is-checked",
        "A seeded record answers like any other: with another input digest the run stops with `JournalMismatch`.",
        |bench| Box::pin(is_checked(bench)),
    ),
    Check::new("seed/origin-shown", "A run shows the id of the run that its seed comes from.", |bench| {
        Box::pin(origin_shown(bench))
    }),
];

/// Returns a run that is seeded with all records of another one.
async fn seeded(bench: &Bench) -> Checked<RunRecord> {
    bench.create(record("first")).await?;
    let ops = script![step("a").gives(1), call("b").gives(2).used(3), ask("q")];
    bench.execute_as("first", ops, None).await?.ended()?;
    let reply = bench.stage("first").reply_by_ada(5);
    let replied = bench.engine()?.reply(&"first".into(), &"q".into(), reply).await;
    replied.map_err(|error| super::super::compare::breach("the reply is taken", format!("{error}")))?;
    let view = bench.view_of("first").await?;
    bench.forget();
    let timers = vec![Key { path: "s".into(), kind: Kind::Sleep, n: 1 }];
    let origin = Some(RunId::from("first"));
    let seed = Seed { records: view.records, replies: view.answered, timers, origin };
    Ok(RunRecord { seed, ..record(RUN) })
}

async fn taken_instead_of_executing(bench: &Bench) -> Checked {
    bench.create(seeded(bench).await?).await?;
    let ops = |last| script![step("a"), call("b"), ask("q"), sleep("s", 60), step("c").act(last)];
    bench.execute(ops(Act::Die)).await?.died()?;
    bench.effects("the effects", &["c.1 runs"])?;
    bench.execute(ops(Act::Usage)).await?.ended()?;
    bench.effects("the effects after a crash", &["c.1 runs", "used: 0, reserved: 0"])?;
    let at = bench.view_of("first").await?.answered.first().map_or(0, |answered| answered.reply.at.0);
    let reply = format!("q is replied 5 by Ada at {at}");
    bench.results("the results", &["a.1 = 1", "b.1 = 2", "c.1 = 0", &reply, "s is over after 0 s"])
}

async fn costs_nothing(bench: &Bench) -> Checked {
    bench.create(seeded(bench).await?).await?;
    same("the usage of a run that has not begun", &Usage::default(), &bench.view().await?.usage)?;
    bench.execute(script![step("a"), call("b")]).await?.ended()?;
    same("the usage of the run", &Usage::default(), &bench.view().await?.usage)
}

async fn is_checked(bench: &Bench) -> Checked {
    bench.create(seeded(bench).await?).await?;
    bench.execute(script![step("a").input("y")]).await?.ended()?;
    bench.effects("the bodies", &[])?;
    bench.results("the results", &["a.1 ends by JournalMismatch at a"])
}

async fn origin_shown(bench: &Bench) -> Checked {
    bench.create(seeded(bench).await?).await?;
    same("the origin", &Some(RunId::from("first")), &bench.view().await?.run.seed.origin)?;
    same("the origin of a run without a seed", &None, &bench.view_of("first").await?.run.seed.origin)
}
