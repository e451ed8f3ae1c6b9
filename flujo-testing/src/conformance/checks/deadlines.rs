//! Questions with a default reply after a deadline.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::same;
use super::super::script::{ask, number, script, step};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "deadline/default-taken",
        "After the deadline of a question its default is the reply, on every replay.",
        |bench| Box::pin(default_taken(bench)),
    ),
    Check::new(
        "deadline/recorded",
        "The deadline of a question is the one that was first recorded, whatever a replay computes.",
        |bench| Box::pin(recorded(bench)),
    ),
    Check::new(
        "deadline/late-reply-refused",
        "A reply after the deadline is refused, also if the default is not applied yet.",
        |bench| Box::pin(late_reply_refused(bench)),
    ),
    Check::new(
        "deadline/reply-before-it",
        "A reply before the deadline stands, and the default does not.",
        |bench| Box::pin(reply_before_it(bench)),
    ),
];

async fn replies(bench: &Bench) -> Checked<Vec<flujo::codec::Json>> {
    Ok(bench.view().await?.answered.iter().map(|answered| answered.reply.value.clone()).collect())
}

async fn default_taken(bench: &Bench) -> Checked {
    let ops = script![ask("q").default_after(60, 9), step("a"), ask("r")];
    bench.run(ops.clone()).await?.ended()?;
    bench.clock().advance(Duration::from_secs(60));
    bench.execute(ops.clone()).await?.ended()?;
    bench.execute(ops).await?.ended()?;
    bench.effects("the effects", &["q is told", "a.1 runs", "r is told"])?;
    same("the replies", &vec![number(9)], &replies(bench).await?)
}

async fn recorded(bench: &Bench) -> Checked {
    let ops = script![ask("q").default_after(60, 9), step("a")];
    bench.run(ops.clone()).await?.ended()?;
    let first: Vec<_> = bench.view().await?.questions.iter().map(|question| question.deadline).collect();
    bench.clock().advance(Duration::from_secs(59));
    bench.execute(ops.clone()).await?.ended()?;
    let second: Vec<_> = bench.view().await?.questions.iter().map(|question| question.deadline).collect();
    same("the deadline of the open question, after a replay", &first, &second)?;
    bench.effects("the effects before the deadline", &["q is told"])?;
    bench.clock().advance(Duration::from_secs(1));
    bench.execute(ops).await?.ended()?;
    bench.effects("the effects at the first deadline", &["a.1 runs"])
}

async fn late_reply_refused(bench: &Bench) -> Checked {
    let ops = script![ask("q").default_after(60, 9), step("a")];
    bench.run(ops.clone()).await?.ended()?;
    bench.clock().advance(Duration::from_secs(60));
    bench.reply_is_refused("the deadline has passed", "q").await?;
    bench.execute(ops).await?.ended()?;
    bench.reply_is_refused("the default was taken", "q").await?;
    same("the replies", &vec![number(9)], &replies(bench).await?)
}

async fn reply_before_it(bench: &Bench) -> Checked {
    let ops = script![ask("q").default_after(60, 9), step("a")];
    bench.run(ops.clone()).await?.ended()?;
    bench.clock().advance(Duration::from_secs(59));
    bench.reply("q", 5).await?;
    bench.clock().advance(Duration::from_secs(60));
    bench.execute(ops).await?.ended()?;
    same("the replies", &vec![number(5)], &replies(bench).await?)
}
