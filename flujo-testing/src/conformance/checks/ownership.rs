//! Ownership: one owner at a time, and fencing tokens that stop the others.

use super::super::Ability;
use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, ledger, paths, same};
use super::super::interpreter::keys;
use super::super::script::{Act, Deed, Op, ask, call, calls, fork, script, sleep, step};
use flujo::engine::{FinalOutcome, Status};
use flujo::error::Signal;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "ownership/one-at-a-time",
        "A run that is worked on is not executed a second time: `execute` fails with `ErrorKind::Busy`, and the first \
         execution goes on.",
        |bench| Box::pin(one_at_a_time(bench)),
    ),
    Check::new(
        "ownership/stale-attempt-refused",
        "An owner whose run was taken over records no attempt: `attempt` ends with `OwnershipLost`.",
        |bench| Box::pin(stale_attempt_refused(bench)),
    )
    .needing(Ability::TakeOver),
    Check::new(
        "ownership/stale-command-refused",
        "An owner whose run was taken over issues no command: attempt, sleep, question and fork end with \
         `OwnershipLost`.",
        |bench| Box::pin(stale_command_refused(bench)),
    )
    .needing(Ability::TakeOver),
    Check::new(
        "ownership/stale-ledger-refused",
        "An owner whose run was taken over reserves and settles nothing.",
        |bench| Box::pin(stale_ledger_refused(bench)),
    )
    .needing(Ability::TakeOver),
    Check::new(
        "ownership/stale-outcome-refused",
        "An owner whose run was taken over does not end it, and the new owner does.",
        |bench| Box::pin(stale_outcome_refused(bench)),
    )
    .needing(Ability::TakeOver),
    Check::new(
        "ownership/five-takeovers-crash",
        "Five takeovers without a new record end the run as `Crashed`, naming the paths under way.",
        |bench| Box::pin(five_takeovers_crash(bench)),
    ),
    Check::new(
        "ownership/record-resets-takeovers",
        "A new record starts the count of takeovers again.",
        |bench| Box::pin(record_resets_takeovers(bench)),
    ),
    Check::new(
        "ownership/pause-is-no-takeover",
        "Going on after a pause, or after an execution that a signal ended, is no takeover.",
        |bench| Box::pin(pause_is_no_takeover(bench)),
    ),
];

async fn one_at_a_time(bench: &Bench) -> Checked {
    let execution = bench.run(script![step("a").act(Act::Execute).gives(1), step("b").gives(2)]).await?;
    bench.effects("the effects", &["a.1 runs", "second execution: busy", "b.1 runs"])?;
    execution.ended()?;
    bench.results("the results", &["a.1 = 1", "b.1 = 2"])
}

async fn stale_attempt_refused(bench: &Bench) -> Checked {
    bench.run(script![step("a").act(Act::TakeOver).gives(1)]).await?.stopped()?;
    bench.results("the result of the attempt", &["a.1 ends by OwnershipLost"])?;
    same("the records", &Vec::<String>::new(), &keys(&bench.view().await?.records))?;
    bench.execute(script![step("a").gives(2)]).await?.ended()?;
    bench.effects("the effects", &["a.1 runs", "taken over", "a.1 runs"])?;
    bench.results("the result of the new owner's attempt", &["a.1 = 2"])
}

async fn stale_command_refused(bench: &Bench) -> Checked {
    let commands: [(&str, &str, Op); 4] = [
        ("of an attempt", "a.1", step("a").into()),
        ("of a sleep", "s", sleep("s", 1)),
        ("of a question", "q", ask("q").into()),
        ("of a fork", "f", fork("f", vec![script![step("x")]]).into()),
    ];
    for (what, name, command) in commands {
        bench.create(record(name)).await?;
        // The execution must own the run before the takeover.
        let ops = script![step("first"), Op::Once(name, Act::TakeOver), command];
        bench.execute_as(name, ops, None).await?.stopped()?;
        bench.effects(&format!("the effects {what}"), &["first.1 runs", "taken over"])?;
        let expected = format!("{name} ends by OwnershipLost");
        same(&format!("the result {what}"), &vec![expected], &bench.results_of(name))?;
        bench.forget();
        same("the open questions", &Vec::<String>::new(), &paths(&bench.view_of(name).await?.questions))?;
    }
    Ok(())
}

async fn stale_ledger_refused(bench: &Bench) -> Checked {
    let body =
        call("a").act(Act::TakeOver).does(Deed::Reserve(5)).does(Deed::Settle(2)).does(Deed::Forfeit(3));
    bench.run(script![body]).await?.stopped()?;
    let expected =
        ["a.1 runs", "taken over", "a.1 reserves 5: no, OwnershipLost", "a.1 settles 2: OwnershipLost"];
    bench.effects("the effects", &expected)?;
    let view = bench.view().await?;
    ledger("at the end", (calls(0), calls(0)), (view.usage, view.reserved))
}

async fn stale_outcome_refused(bench: &Bench) -> Checked {
    let ops = script![step("a"), Op::Once("lost", Act::TakeOver)];
    bench.run(ops.clone()).await?.stopped()?;
    let status = bench.view().await?.status;
    if matches!(status, Status::Ended(_)) {
        return Err(breach("the run has not ended", format!("{status:?}")));
    }
    bench.execute(ops).await?.ended()?;
    match bench.view().await?.status {
        Status::Ended(FinalOutcome::Done(_)) => Ok(()),
        status => Err(breach("the new owner ends the run", format!("{status:?}"))),
    }
}

async fn five_takeovers_crash(bench: &Bench) -> Checked {
    let ops = script![
        step("a"),
        fork(
            "f",
            vec![
                script![step("b").does(Deed::Never)],
                script![step("c").does(Deed::Sees("b.1 runs")).act(Act::Die)]
            ]
        ),
    ];
    bench.create(record(RUN)).await?;
    for _ in 0..5 {
        bench.execute(ops.clone()).await?.died()?;
    }
    bench.forget();
    bench.execute(ops.clone()).await?.ended()?;
    bench.effects("the bodies of the sixth execution", &[])?;
    match bench.view().await?.status {
        Status::Ended(FinalOutcome::Crashed(mut paths)) => {
            paths.sort();
            let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
            same("the paths under way", &vec!["b".to_owned(), "c".to_owned()], &paths)?;
        }
        status => return Err(breach("the run has ended as `Crashed`", format!("{status:?}"))),
    }
    bench.execute(ops).await?.ended()?;
    bench.effects("the bodies of an execution after that", &[])
}

async fn record_resets_takeovers(bench: &Bench) -> Checked {
    bench.create(record(RUN)).await?;
    for _ in 0..4 {
        bench.execute(script![step("a").act(Act::Die)]).await?.died()?;
    }
    for _ in 0..4 {
        bench.execute(script![step("a"), step("b").act(Act::Die)]).await?.died()?;
    }
    bench.execute(script![step("a"), step("b")]).await?.ended()?;
    match bench.view().await?.status {
        Status::Ended(FinalOutcome::Done(_)) => Ok(()),
        status => Err(breach(
            "the run is done, after eight takeovers with records in between",
            format!("{status:?}"),
        )),
    }
}

async fn pause_is_no_takeover(bench: &Bench) -> Checked {
    bench.create(record(RUN)).await?;
    let stopped = Signal::Engine("stopped".into());
    for _ in 0..6 {
        bench.execute(script![ask("q")]).await?.ended()?;
        bench.execute(script![Op::Stop(stopped.clone())]).await?.ended()?;
    }
    bench.reply("q", 5).await?;
    bench.execute(script![ask("q")]).await?.ended()?;
    match bench.view().await?.status {
        Status::Ended(FinalOutcome::Done(_)) => Ok(()),
        status => Err(breach("the run is done, after twelve orderly stops", format!("{status:?}"))),
    }
}
