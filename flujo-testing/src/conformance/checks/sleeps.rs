//! Timers: an absolute deadline, recorded when the sleep is first issued.

use super::super::bench::{Bench, RUN};
use super::super::catalog::{Check, Checked};
use super::super::compare::same;
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
    bench.clock().hold();
    bench.expect("a sleep of 60 s ends at 60 s, and one of 30 s after it at 90 s");
    let clock = step("a")
        .does(Deed::Later(59))
        .does(Deed::Later(1))
        .does(Deed::Sees("b.1 = 0"))
        .does(Deed::Later(29))
        .does(Deed::Later(1));
    let arms = vec![script![sleep("s", 60), step("b"), sleep("t", 30)], script![clock]];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    same("the results of the first sleep", &vec!["s is over after 60 s".to_owned()], &bench.results_of("s"))?;
    same("the results of the second sleep", &vec!["t is over after 90 s".to_owned()], &bench.results_of("t"))
}

/// A sleep of 60 s; the process dies after 20 s.
pub(super) fn interrupted() -> Vec<Op> {
    let dies = step("a").does(Deed::Later(20)).act(Act::Die);
    script![fork("f", vec![script![sleep("s", 60)], script![dies]])]
}

/// A replay of that sleep, during which 30 s pass.
pub(super) fn resumed() -> Vec<Op> {
    script![fork("f", vec![script![sleep("s", 60)], script![step("a").does(Deed::Later(30))]])]
}

async fn deadline_recorded(bench: &Bench) -> Checked {
    bench.clock().hold();
    bench.expect("a sleep of 60 s ends at 60 s, after a crash at 20 s and 10 s without a process");
    bench.run(interrupted()).await?.died()?;
    bench.clock().advance(Duration::from_secs(10));
    bench.execute(resumed()).await?.ended()?;
    same("the results of the sleep", &vec!["s is over after 60 s".to_owned()], &bench.results_of("s"))
}

async fn over_stays_over(bench: &Bench) -> Checked {
    bench.clock().hold();
    let first = step("a").does(Deed::Later(60)).does(Deed::SeesAll("s is over", 1));
    let ops = |last: Op| {
        let first = fork("f", vec![script![sleep("s", 60)], script![first.clone()]]);
        script![first, fork("g", vec![script![sleep("t", 60)], script![last]])]
    };
    bench.run(ops(step("b").does(Deed::Later(5)).act(Act::Die).into())).await?.died()?;
    bench.clock().advance(Duration::from_secs(200));
    bench.expect("a sleep that is over, and one whose deadline passed without a process, end at once");
    bench.execute(ops(step("b").into())).await?.ended()?;
    same("the seconds that passed", &265, &bench.stage(RUN).seconds())
}
