//! Replies: taken once, by compare-and-set, from the moment the question is durable.

use super::super::bench::{Bench, RUN};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, paths, same};
use super::super::script::{Act, Op, ask, fork, number, script, step};
use flujo::ErrorKind;
use flujo::engine::Status;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "reply/taken-unaltered",
        "A reply reaches the program with its value, its author and its time, on every replay.",
        |bench| Box::pin(taken_unaltered(bench)),
    ),
    Check::new(
        "reply/first-wins",
        "A question takes one reply: a second one is refused and changes nothing.",
        |bench| Box::pin(first_wins(bench)),
    ),
    Check::new("reply/one-of-two", "Of two replies to one question at once, one is taken.", |bench| {
        Box::pin(one_of_two(bench))
    }),
    Check::new(
        "reply/accepted-while-running",
        "A reply is taken while the run is worked on, and the run goes on with it without a pause.",
        |bench| Box::pin(accepted_while_running(bench)),
    ),
    Check::new(
        "reply/unknown-refused",
        "A reply to a question that is not open, or to an unknown run, is refused.",
        |bench| Box::pin(unknown_refused(bench)),
    ),
    Check::new(
        "reply/only-its-question",
        "A reply answers the question of its path only: the others stay open.",
        |bench| Box::pin(only_its_question(bench)),
    ),
];

async fn taken_unaltered(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    bench.clock().advance(std::time::Duration::from_secs(7));
    let at = bench.stage(RUN).reply_by_ada(5).at;
    bench.reply("q", 5).await?;
    bench.forget();
    bench.clock().advance(std::time::Duration::from_secs(7));
    let ops = script![ask("q"), Op::Once("crash", Act::Die), step("a")];
    bench.execute(ops.clone()).await?.died()?;
    bench.execute(ops).await?.ended()?;
    bench.results(
        "the results, in two executions",
        &[&format!("q is replied 5 by Ada at {}", at.0), "a.1 = 0"],
    )?;
    let view = bench.view().await?;
    same("the open questions", &Vec::<String>::new(), &paths(&view.questions))?;
    let answered: Vec<_> =
        view.answered.iter().map(|a| (a.question.path.to_string(), a.reply.clone())).collect();
    let reply = flujo::question::Reply { value: number(5), by: Some("Ada".to_owned()), at };
    same("the answered questions", &vec![("q".to_owned(), reply)], &answered)
}

async fn first_wins(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    bench.reply("q", 5).await?;
    bench.reply_is_refused("the question was answered before", "q").await?;
    bench.execute(script![ask("q"), ask("r")]).await?.ended()?;
    bench.reply_is_refused("the question was answered, and the run has gone on", "q").await?;
    let view = bench.view().await?;
    let answered: Vec<_> = view.answered.iter().map(|answered| answered.reply.value.clone()).collect();
    same("the replies of the run", &vec![number(5)], &answered)
}

async fn one_of_two(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    let (engine, stage, id, path) = (bench.engine()?, bench.stage(RUN), RUN.into(), "q".into());
    let (five, six) = tokio::join!(
        engine.reply(&id, &path, stage.reply_by_ada(5)),
        engine.reply(&id, &path, stage.reply_by_ada(6))
    );
    let taken: Vec<_> =
        [(five, 5), (six, 6)].into_iter().filter_map(|(ended, n)| ended.ok().map(|()| number(n))).collect();
    same("the number of replies that are taken", &1, &taken.len())?;
    let view = bench.view().await?;
    let answered: Vec<_> = view.answered.iter().map(|answered| answered.reply.value.clone()).collect();
    same("the reply that the run has", &taken, &answered)
}

async fn accepted_while_running(bench: &Bench) -> Checked {
    let arms = vec![
        script![ask("q"), step("a")],
        script![
            step("b").does(super::super::script::Deed::Sees("q is told")).act(Act::Reply("q", 5)),
            step("c")
        ],
    ];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    let expected = ["q is told", "b.1 runs", "reply to q: taken", "a.1 runs", "c.1 runs"];
    bench.effects_in_any_order("the effects of one execution", &expected)?;
    match bench.view().await?.status {
        Status::Ended(_) => Ok(()),
        status => Err(breach("the run has ended without a pause", format!("{status:?}"))),
    }
}

async fn unknown_refused(bench: &Bench) -> Checked {
    bench.run(script![ask("q")]).await?.ended()?;
    bench.reply_is_refused("no such question was asked", "other").await?;
    let reply = bench.stage(RUN).reply_by_ada(5);
    let seen = match bench.engine()?.reply(&"nowhere".into(), &"q".into(), reply).await {
        Err(error) if matches!(error.kind(), ErrorKind::UnknownRun(_)) => None,
        other => Some(format!("{other:?}")),
    };
    if let Some(seen) = seen {
        return Err(breach("a reply to an unknown run is refused with `ErrorKind::UnknownRun`", seen));
    }
    same("the open questions", &vec!["q".to_owned()], &paths(&bench.view().await?.questions))
}

async fn only_its_question(bench: &Bench) -> Checked {
    let ops = script![fork("f", vec![script![ask("q"), step("a")], script![ask("r"), step("b")]])];
    bench.run(ops.clone()).await?.ended()?;
    bench.reply("r", 5).await?;
    same("the open questions", &vec!["q".to_owned()], &paths(&bench.view().await?.questions))?;
    bench.forget();
    bench.execute(ops).await?.ended()?;
    bench.effects("the effects after one of two replies", &["b.1 runs"])?;
    let view = bench.view().await?;
    same("the status", &Status::Paused, &view.status)?;
    same("the open questions", &vec!["q".to_owned()], &paths(&view.questions))
}
