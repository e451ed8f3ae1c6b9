//! Timers: an absolute deadline, recorded when the sleep is first issued.

use super::super::bench::{Bench, same};
use super::super::catalog::{Check, Checked};
use super::super::script::{Act, Deed, Op, fork, script, sleep, step};
use std::time::Duration;

pub(super) const CHECKS: &[Check] = &[
    Check::new("sleep/waits", "A sleep takes as long as it says, on the engine's clock.", |bench| {
        Box::pin(waits(bench))
    }),
    Check::new(
        "sleep/deadline-recorded",
        "The deadline of a sleep is recorded when it is first issued: after a crash it waits for the rest only.",
        |bench| Box::pin(deadline_recorded(bench)),
    ),
    Check::new(
        "sleep/over-stays-over",
        "A sleep that is over does not wait again on replay, and one whose deadline passed meanwhile ends at once.",
        |bench| Box::pin(over_stays_over(bench)),
    ),
];

async fn waits(bench: &Bench) -> Checked {
    bench.run(script![sleep("s", 60), step("a").act(Act::View), sleep("t", 30)]).await?.ended()?;
    bench.results("the results", &["s is over after 60 s", "a.1 = 0", "t is over after 90 s"])
}

async fn deadline_recorded(bench: &Bench) -> Checked {
    let dies =
        step("a").act(Act::View).act(Act::View).does(Deed::Sleep(Duration::from_secs(20))).act(Act::Die);
    let ops = |last: Op| script![fork("f", vec![script![sleep("s", 60)], script![last]])];
    bench.run(ops(dies.into())).await?.died()?;
    bench.clock().advance(Duration::from_secs(10));
    bench.execute(ops(step("a").into())).await?.ended()?;
    let over: Vec<_> = bench.results_of("s");
    same(
        "the sleep of 60 s, after a crash at 20 s and 10 s without a process",
        &"s is over after 60 s".to_owned(),
        &over.join(", "),
    )
}

async fn over_stays_over(bench: &Bench) -> Checked {
    let dies =
        step("a").act(Act::View).act(Act::View).does(Deed::Sleep(Duration::from_secs(5))).act(Act::Die);
    let ops = |last: Op| script![sleep("s", 60), fork("f", vec![script![sleep("t", 60)], script![last]])];
    bench.run(ops(dies.into())).await?.died()?;
    bench.forget();
    bench.clock().advance(Duration::from_secs(200));
    bench.execute(ops(step("a").into())).await?.ended()?;
    same("the end of the run, in seconds", &265, &bench.stage("run").seconds())
}
