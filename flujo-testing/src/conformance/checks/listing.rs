//! The list of runs: filtered, in the order of ids.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::script::{Act, Op, ask, script, step};
use flujo::engine::{RunFilter, RunRecord, RunState, RunSummary};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new("list/ordered-by-id", "Runs are listed in the order of the bytes of their ids.", |bench| {
        Box::pin(ordered_by_id(bench))
    }),
    Check::new(
        "list/states",
        "A list shows the state of each run, and takes those of the states it is asked for.",
        |bench| Box::pin(states(bench)),
    ),
    Check::new("list/pipeline", "A list takes the runs of the pipeline it is asked for.", |bench| {
        Box::pin(pipeline(bench))
    }),
    Check::new(
        "list/pages",
        "A list starts after the id it is given, and ends at its limit, among the runs it takes.",
        |bench| Box::pin(pages(bench)),
    ),
    Check::new(
        "list/paused-runs",
        "A paused run shows whether a reply has come since it paused, and the first deadline of its questions.",
        |bench| Box::pin(paused_runs(bench)),
    ),
];

async fn list(bench: &Bench, filter: RunFilter) -> Checked<Vec<RunSummary>> {
    let listed = bench.engine()?.list(&filter).await;
    listed.map_err(|error| breach("`list` answers", format!("{error}")))
}

async fn ids(bench: &Bench, filter: RunFilter) -> Checked<String> {
    let listed = list(bench, filter).await?;
    Ok(listed.iter().map(|run| run.id.as_str()).collect::<Vec<_>>().join(" "))
}

async fn ordered_by_id(bench: &Bench) -> Checked {
    for id in ["b", "a2", "B", "é", "a10", "a", "z"] {
        bench.create(record(id)).await?;
    }
    let seen = ids(bench, RunFilter::default()).await?;
    same("the runs", &"B a a10 a2 b z é".to_owned(), &seen)
}

async fn states(bench: &Bench) -> Checked {
    for id in ["paused", "interrupted", "failed", "done", "created", "cancelled"] {
        bench.create(record(id)).await?;
    }
    bench.execute_as("paused", script![ask("q")], None).await?.ended()?;
    bench.execute_as("interrupted", script![step("a").act(Act::Die)], None).await?.died()?;
    bench.execute_as("failed", script![Op::Fail("a")], None).await?.ended()?;
    bench.execute_as("done", script![step("a")], None).await?.ended()?;
    let cancelled = bench.engine()?.cancel(&"cancelled".into(), None).await;
    cancelled.map_err(|error| breach("`cancel` succeeds", format!("{error}")))?;
    let seen: Vec<_> = list(bench, RunFilter::default())
        .await?
        .into_iter()
        .map(|run| (run.id.to_string(), run.state))
        .collect();
    let expected = [
        ("cancelled", RunState::Cancelled),
        ("created", RunState::Created),
        ("done", RunState::Done),
        ("failed", RunState::Failed),
        ("interrupted", RunState::Interrupted),
        ("paused", RunState::Paused),
    ];
    let all: Vec<_> = expected.iter().map(|(id, state)| ((*id).to_owned(), *state)).collect();
    same("the runs with their states", &all, &seen)?;
    for (id, state) in expected {
        let seen = ids(bench, RunFilter::default().state(state)).await?;
        same(&format!("the runs in the state {state:?}"), &id.to_owned(), &seen)?;
    }
    let two = RunFilter::default().state(RunState::Paused).state(RunState::Done);
    same("the runs that are done or paused", &"done paused".to_owned(), &ids(bench, two).await?)
}

async fn pipeline(bench: &Bench) -> Checked {
    for (id, pipeline) in [("a", "one"), ("b", "two"), ("c", "one"), ("d", "on")] {
        bench.create(RunRecord { pipeline: pipeline.to_owned(), ..record(id) }).await?;
    }
    let seen: Vec<_> = list(bench, RunFilter::default()).await?.into_iter().map(|run| run.pipeline).collect();
    same("the pipelines of the runs", &["one", "two", "one", "on"].map(str::to_owned).to_vec(), &seen)?;
    same("the runs of `one`", &"a c".to_owned(), &ids(bench, RunFilter::default().pipeline("one")).await?)?;
    same("the runs of `three`", &String::new(), &ids(bench, RunFilter::default().pipeline("three")).await?)
}

async fn pages(bench: &Bench) -> Checked {
    for id in ["e", "d", "c", "b", "a"] {
        let pipeline = if id == "c" { "other" } else { "script" };
        bench.create(RunRecord { pipeline: pipeline.to_owned(), ..record(id) }).await?;
    }
    let all = RunFilter::default;
    same("the first two runs", &"a b".to_owned(), &ids(bench, all().limit(2)).await?)?;
    same("two runs after `b`", &"c d".to_owned(), &ids(bench, all().after("b").limit(2)).await?)?;
    same("the runs after `bb`", &"c d e".to_owned(), &ids(bench, all().after("bb")).await?)?;
    same("the runs after the last one", &String::new(), &ids(bench, all().after("e")).await?)?;
    same("no run", &String::new(), &ids(bench, all().limit(0)).await?)?;
    let of_one = all().pipeline("script").after("a").limit(2);
    same("two runs of `script` after `a`", &"b d".to_owned(), &ids(bench, of_one).await?)
}

async fn paused_runs(bench: &Bench) -> Checked {
    let ops = script![super::super::script::fork(
        "f",
        vec![
            script![ask("q").default_after(60, 9)],
            script![ask("r").default_after(30, 9)],
            script![ask("s")]
        ]
    )];
    bench.run(ops.clone()).await?.ended()?;
    let deadline = bench.view().await?.questions.iter().filter_map(|question| question.deadline).min();
    let shown = async |when: &str, replied: bool, deadline| {
        let seen: Vec<_> = list(bench, RunFilter::default())
            .await?
            .iter()
            .map(|run| (run.state, run.replied, run.deadline))
            .collect();
        same(
            &format!("state, replied, first deadline {when}"),
            &vec![(RunState::Paused, replied, deadline)],
            &seen,
        )
    };
    shown("after the pause", false, deadline).await?;
    bench.clock().advance(Duration::from_secs(1));
    bench.reply("s", 5).await?;
    shown("after a reply", true, deadline).await?;
    bench.execute(ops).await?.ended()?;
    shown("once the run has gone on and paused again", false, deadline).await?;
    same("the number of runs", &1, &list(bench, RunFilter::default()).await?.len())?;
    same("the run", &RUN.to_owned(), &ids(bench, RunFilter::default()).await?)
}
