//! Cancellation: a durable flag that ends the run at its next command.

use super::super::bench::{Bench, Execution, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, ledger, paths, same};
use super::super::interpreter::keys;
use super::super::script::{Act, Deed, Op, ask, call, calls, estimated, fork, script, sleep, step};
use flujo::engine::{FinalOutcome, Status};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "cancel/at-the-next-command",
        "A cancelled run issues no further command: attempt, sleep, question and fork end with `Cancelled`.",
        |bench| Box::pin(at_the_next_command(bench)),
    ),
    Check::new(
        "cancel/drops-bodies",
        "Cancelling drops the bodies under way and records no attempt of them; what is recorded stays.",
        |bench| Box::pin(drops_bodies(bench)),
    ),
    Check::new("cancel/charges-reservations", "Cancelling charges open reservations in full.", |bench| {
        Box::pin(charges_reservations(bench))
    }),
    Check::new(
        "cancel/ends-waits",
        "Cancelling ends sleeps and waits for replies, and closes questions.",
        |bench| Box::pin(ends_waits(bench)),
    ),
    Check::new(
        "cancel/idle-run-ends-at-once",
        "Cancelling a run that is not worked on ends it at once, and closes its questions.",
        |bench| Box::pin(idle_run_ends_at_once(bench)),
    ),
    Check::new(
        "cancel/survives-a-crash",
        "The flag is durable: a run that was cancelled right before its process died runs no further body.",
        |bench| Box::pin(survives_a_crash(bench)),
    ),
    Check::new("cancel/ended-run-stays", "Cancelling a run that has ended changes nothing.", |bench| {
        Box::pin(ended_run_stays(bench))
    }),
];

async fn is_cancelled(bench: &Bench, id: &str) -> Checked {
    let status = bench.view_of(id).await?.status;
    same(&format!("the status of run `{id}`"), &Status::Ended(FinalOutcome::Cancelled), &status)
}

async fn cancel(bench: &Bench, id: &str) -> Checked {
    let cancelled = bench.engine()?.cancel(&id.into(), None).await;
    cancelled.map_err(|error| breach("`cancel` succeeds", format!("{error}")))
}

async fn at_the_next_command(bench: &Bench) -> Checked {
    let commands: [(&str, &str, Op); 4] = [
        ("of an attempt", "a.1", step("a").into()),
        ("of a sleep", "s", sleep("s", 1)),
        ("of a question", "q", ask("q").into()),
        ("of a fork", "f", fork("f", vec![script![step("x")]]).into()),
    ];
    for (what, name, command) in commands {
        bench.create(record(name)).await?;
        let ops = script![step("first"), Op::Once(name, Act::Cancel), command];
        bench.execute_as(name, ops, None).await?.ended()?;
        bench.effects(&format!("the effects {what}"), &["first.1 runs", "cancelled"])?;
        same(
            &format!("the result {what}"),
            &vec![format!("{name} ends by Cancelled")],
            &bench.results_of(name),
        )?;
        bench.forget();
        is_cancelled(bench, name).await?;
    }
    Ok(())
}

async fn drops_bodies(bench: &Bench) -> Checked {
    let cancels = step("c").does(Deed::Sees("b.1 runs")).act(Act::Cancel).does(Deed::Never);
    let ops = script![step("a"), fork("f", vec![script![step("b").does(Deed::Never)], script![cancels]])];
    bench.run(ops).await?.ended()?;
    is_cancelled(bench, RUN).await?;
    same("the records", &vec!["a.1".to_owned()], &keys(&bench.view().await?.records))
}

async fn charges_reservations(bench: &Bench) -> Checked {
    bench.run(script![call("a").does(Deed::Reserve(5)).act(Act::Cancel).does(Deed::Never)]).await?.ended()?;
    is_cancelled(bench, RUN).await?;
    let view = bench.view().await?;
    ledger("at the end", (estimated(5), calls(0)), (view.usage, view.reserved))
}

async fn ends_waits(bench: &Bench) -> Checked {
    // The clock is held: a sleep that is not cancelled hangs.
    bench.clock().hold();
    bench.expect("a cancelled sleep ends");
    let cancels =
        step("a").does(Deed::Sees("q is told")).does(Deed::Later(1)).act(Act::Cancel).does(Deed::Never);
    let arms = vec![script![sleep("s", 1000)], script![ask("q")], script![cancels]];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    is_cancelled(bench, RUN).await?;
    same("the open questions", &Vec::<String>::new(), &paths(&bench.view().await?.questions))
}

async fn idle_run_ends_at_once(bench: &Bench) -> Checked {
    bench.create(record("created")).await?;
    bench.run(script![ask("q")]).await?.ended()?;
    bench.forget();
    for id in ["created", RUN] {
        cancel(bench, id).await?;
        is_cancelled(bench, id).await?;
        bench.execute_as(id, script![step("a")], None).await?.ended()?;
        is_cancelled(bench, id).await?;
    }
    bench.effects("the bodies after the cancellation", &[])?;
    bench.reply_is_refused("the run was cancelled", "q").await?;
    same("the open questions", &Vec::<String>::new(), &paths(&bench.view().await?.questions))
}

async fn survives_a_crash(bench: &Bench) -> Checked {
    let dies = step("b").act(Act::Cancel).act(Act::Die);
    match bench.run(script![step("a"), dies]).await? {
        Execution::Died => {}
        // An engine may drop the body before it gets there.
        returned @ Execution::Returned(_) => returned.ended()?,
    }
    bench.forget();
    bench.execute(script![step("a"), step("b"), step("c")]).await?.ended()?;
    bench.effects("the bodies after the cancellation", &[])?;
    is_cancelled(bench, RUN).await
}

async fn ended_run_stays(bench: &Bench) -> Checked {
    bench.run(script![step("a")]).await?.ended()?;
    let before = bench.view().await?.status;
    cancel(bench, RUN).await?;
    same("the status", &before, &bench.view().await?.status)
}
