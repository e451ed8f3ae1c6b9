//! Questions: durable before they are reported, and open until they are answered or withdrawn.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::{paths, same};
use super::super::interpreter::question;
use super::super::script::{Deed, Op, ask, fork, script, step};
use flujo::engine::Status;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "ask/durable-before-told",
        "A question is durable before the program is told that it is open: a process that dies right then leaves it \
         open.",
        |bench| Box::pin(durable_before_told(bench)),
    ),
    Check::new("ask/told-once", "A question that was recorded before is not told again.", |bench| {
        Box::pin(told_once(bench))
    }),
    Check::new(
        "ask/question-is-whole",
        "An open question shows path, text, shown value, schema, time, deadline and default as they were asked.",
        |bench| Box::pin(question_is_whole(bench)),
    ),
    Check::new(
        "ask/pauses-when-nothing-is-left",
        "A run that has nothing left to do but wait ends its execution as `Paused`, with all open questions in the \
         order in which they were asked.",
        |bench| Box::pin(pauses_when_nothing_is_left(bench)),
    ),
    Check::new(
        "ask/withdrawn-with-its-arm",
        "A failing or cancelled arm withdraws its open questions, and no others.",
        |bench| Box::pin(withdrawn_with_its_arm(bench)),
    ),
    Check::new(
        "ask/asked-again-after-withdrawal",
        "A withdrawn question is asked, and told, again if its arm runs again.",
        |bench| Box::pin(asked_again_after_withdrawal(bench)),
    ),
];

async fn durable_before_told(bench: &Bench) -> Checked {
    bench.run(script![ask("q").dies_told()]).await?.died()?;
    same(
        "the open questions after the death",
        &vec!["q".to_owned()],
        &paths(&bench.view().await?.questions),
    )?;
    bench.execute(script![ask("q").dies_told()]).await?.ended()?;
    bench.reply("q", 5).await?;
    bench.execute(script![ask("q").dies_told(), step("a")]).await?.ended()?;
    bench.effects("the effects", &["q is told", "a.1 runs"])
}

async fn told_once(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    bench.execute(script![ask("q")]).await?.ended()?;
    bench.reply("q", 5).await?;
    bench.execute(script![ask("q"), ask("r")]).await?.ended()?;
    bench.execute(script![ask("q"), ask("r")]).await?.ended()?;
    bench.effects("the questions that were told, in four executions", &["q is told", "r is told"])
}

async fn question_is_whole(bench: &Bench) -> Checked {
    let asks = [ask("q").showing(3).default_after(60, 9), ask("r").message("How much?").schema("string")];
    let stage = bench.stage("run");
    let expected = asks.each_ref().map(|ask| question(&stage, ask)).to_vec();
    let [q, r] = asks;
    bench.run(script![fork("f", vec![script![q], script![r]])]).await?.ended()?;
    let mut seen = bench.view().await?.questions;
    seen.sort_by(|a, b| a.path.cmp(&b.path));
    same("the open questions", &expected, &seen)
}

async fn pauses_when_nothing_is_left(bench: &Bench) -> Checked {
    let arms = vec![
        script![step("a").does(Deed::Sees("r is told")), ask("q")],
        script![ask("r")],
        script![step("b").does(Deed::Sees("q is told")), step("c")],
    ];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    bench.effects_in_any_order(
        "the effects until the pause",
        &["a.1 runs", "b.1 runs", "c.1 runs", "q is told", "r is told"],
    )?;
    let view = bench.view().await?;
    same("the status", &Status::Paused, &view.status)?;
    same("the open questions", &vec!["r".to_owned(), "q".to_owned()], &paths(&view.questions))?;
    same("`stopped` of the view", &None, &view.stopped)
}

/// Two questions in arms; the second arm fails after both were asked.
fn failing_after_questions() -> Op {
    let arms = vec![
        script![ask("q"), step("a")],
        script![fork(
            "g",
            vec![
                script![ask("r")],
                script![
                    step("b")
                        .does(Deed::Sees("o is told"))
                        .does(Deed::Sees("q is told"))
                        .does(Deed::Sees("r is told"))
                        .fails(),
                    Op::Fail("b")
                ]
            ]
        )],
    ];
    fork("f", arms).caught().into()
}

async fn withdrawn_with_its_arm(bench: &Bench) -> Checked {
    let outside = script![ask("o")];
    let arms = vec![outside, script![failing_after_questions(), ask("p")]];
    bench.run(script![fork("h", arms)]).await?.ended()?;
    bench.ends(
        "the ends of the fork",
        "f",
        &["f ends as [cancelled, failed: b is broken: because of that]"],
    )?;
    let view = bench.view().await?;
    same("the open questions", &vec!["o".to_owned(), "p".to_owned()], &paths(&view.questions))?;
    bench.reply_is_refused("the question was withdrawn", "q").await?;
    bench.reply_is_refused("the question was withdrawn", "r").await
}

async fn asked_again_after_withdrawal(bench: &Bench) -> Checked {
    let ops = |last: Vec<Op>| script![fork("f", vec![script![ask("q")], last])];
    let failing = script![step("b").does(Deed::Sees("q is told")).fails(), Op::Fail("b")];
    bench.run(ops(failing)).await?.ended()?;
    same(
        "the open questions after the failure",
        &Vec::<String>::new(),
        &paths(&bench.view().await?.questions),
    )?;
    let reopened = bench.engine()?.reopen(&"run".into(), None).await;
    reopened.map_err(|error| super::super::compare::breach("`reopen` succeeds", format!("{error}")))?;
    bench.execute(ops(script![step("b").n(2)])).await?.ended()?;
    bench.effects_in_any_order("the effects", &["q is told", "b.1 runs", "q is told", "b.2 runs"])?;
    let view = bench.view().await?;
    same("the open questions", &vec!["q".to_owned()], &paths(&view.questions))?;
    same("the status", &Status::Paused, &view.status)
}
