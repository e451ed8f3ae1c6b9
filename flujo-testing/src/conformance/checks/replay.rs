//! Replay: a record answers the command that it was written for, and no other.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, paths, same};
use super::super::interpreter::{keys, named};
use super::super::script::{Act, Ask, Attempt, Op, ask, call, script, step};
use flujo::engine::Status;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "replay/input-digest",
        "A record of another input does not answer an attempt: the run stops with `JournalMismatch` at the path.",
        |bench| Box::pin(input_digest(bench)),
    ),
    Check::new(
        "replay/kind",
        "A record of another kind does not answer an attempt: the run stops with `JournalMismatch` at the path.",
        |bench| Box::pin(kind(bench)),
    ),
    Check::new(
        "replay/version",
        "A record of another version does not answer an attempt, unless the step migrates it: the run stops with \
         `JournalMismatch` at the path.",
        |bench| Box::pin(version(bench)),
    ),
    Check::new(
        "replay/migrated-version",
        "A record of an older version answers an attempt that migrates from it, whatever its input was.",
        |bench| Box::pin(migrated_version(bench)),
    ),
    Check::new(
        "replay/question",
        "A recorded question with another text, another shown value or another schema is not the question that is \
         asked: the run stops with `JournalMismatch` at the path.",
        |bench| Box::pin(question(bench)),
    ),
    Check::new(
        "replay/mismatch-writes-nothing",
        "A mismatch writes nothing, and the run goes on with the program that fits.",
        |bench| Box::pin(mismatch_writes_nothing(bench)),
    ),
];

/// Records `before`, and replays it as `now`, which must not get that record.
async fn mismatches(bench: &Bench, before: Attempt, now: Attempt) -> Checked {
    bench.run(script![before, Op::Once("crash", Act::Die)]).await?.died()?;
    bench.forget();
    bench.execute(script![now]).await?.ended()?;
    bench.effects("the bodies of the replay", &[])?;
    bench.results("the result of the replay", &["a.1 ends by JournalMismatch at a"])
}

async fn input_digest(bench: &Bench) -> Checked {
    mismatches(bench, step("a").gives(1), step("a").input("y").gives(2)).await
}

async fn kind(bench: &Bench) -> Checked {
    // An ordered log compares the names of commands, and reports the position at which they differ.
    mismatches(bench, step("a").gives(1), call("a").gives(2)).await
}

async fn version(bench: &Bench) -> Checked {
    let recorded = script![step("a").version(2, 2).gives(1), Op::Once("crash", Act::Die)];
    bench.run(recorded).await?.died()?;
    bench.forget();
    for (what, version, migrates_from) in
        [("an older program", 1, 1), ("a newer step that migrates nothing", 3, 3)]
    {
        bench.execute(script![step("a").version(version, migrates_from).gives(2)]).await?.ended()?;
        bench.effects(&format!("the bodies of {what}"), &[])?;
        bench.results(&format!("the result of {what}"), &["a.1 ends by JournalMismatch at a"])?;
    }
    Ok(())
}

async fn migrated_version(bench: &Bench) -> Checked {
    let recorded = script![step("a").version(2, 2).gives(1), Op::Once("crash", Act::Die)];
    bench.run(recorded).await?.died()?;
    bench.forget();
    bench.execute(script![step("a").version(4, 2).input("y").gives(2)]).await?.ended()?;
    bench.effects("the bodies of the replay", &[])?;
    bench.results("the result of the replay", &["a.1 = 1"])
}

async fn question(bench: &Bench) -> Checked {
    bench.run(script![ask("q").showing(1)]).await?.ended()?;
    bench.forget();
    let others: [(&str, Ask); 3] = [
        ("another text", ask("q").showing(1).message("How much?")),
        ("another shown value", ask("q").showing(2)),
        ("another schema", ask("q").showing(1).schema("string")),
    ];
    for (what, other) in others {
        bench.execute(script![other]).await?.ended()?;
        bench.effects(&format!("the effects of {what}"), &[])?;
        bench.results(&format!("the result of {what}"), &["q ends by JournalMismatch at q"])?;
        same("the open questions", &vec!["q".to_owned()], &paths(&bench.view().await?.questions))?;
    }
    bench.reply("q", 5).await?;
    bench.execute(script![ask("q").showing(1)]).await?.ended()?;
    same("the number of replies", &1, &bench.view().await?.answered.len())
}

async fn mismatch_writes_nothing(bench: &Bench) -> Checked {
    let ops =
        script![step("a").gives(1), step("b").gives(2), Op::Once("crash", Act::Die), step("c").gives(3)];
    bench.run(ops.clone()).await?.died()?;
    let before = bench.view().await?;
    bench.execute(script![step("a").gives(1), step("b").input("y"), step("c").gives(3)]).await?.ended()?;
    let after = bench.view().await?;
    same("the records after the mismatch", &before.records, &after.records)?;
    same("the status after the mismatch", &Status::Interrupted, &after.status)?;
    let stopped = after.stopped.as_ref().map(named);
    same("`stopped` after the mismatch", &Some("JournalMismatch at b".to_owned()), &stopped)?;
    bench.execute(ops).await?.ended()?;
    let view = bench.view().await?;
    let expected: Vec<_> = ["a.1", "b.1", "c.1"].map(str::to_owned).into();
    same("the records at the end", &expected, &keys(&view.records))?;
    match view.status {
        Status::Ended(_) if view.stopped.is_none() => Ok(()),
        status => {
            Err(breach("a run that ended, and `stopped` is None", format!("{status:?}, {:?}", view.stopped)))
        }
    }
}
