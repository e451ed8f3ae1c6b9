//! Forks: concurrent arms on handles of their own.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::same;
use super::super::script::{Act, Deed, Op, ask, fork, script, step};
use flujo::engine::Status;
use flujo::error::Signal;

pub(super) const CHECKS: &[Check] = &[
    Check::new("fork/arms-run-concurrently", "The arms of a fork are under way at the same time.", |bench| {
        Box::pin(arms_run_concurrently(bench))
    }),
    Check::new(
        "fork/concurrency-limit",
        "At most as many arms are under way as the policy allows.",
        |bench| Box::pin(concurrency_limit(bench)),
    ),
    Check::new(
        "fork/arm-results",
        "A fork gives one end for each arm, in the order of the arms; a replay sees the same and runs no arm again.",
        |bench| Box::pin(arm_results(bench)),
    ),
    Check::new(
        "fork/failure-drops-siblings",
        "The first failing arm drops its siblings, unless the fork is settled.",
        |bench| Box::pin(failure_drops_siblings(bench)),
    ),
    Check::new(
        "fork/settled-siblings-go-on",
        "In a settled fork a failing arm is a value, and its siblings go on to their end.",
        |bench| Box::pin(settled_siblings_go_on(bench)),
    ),
    Check::new(
        "fork/pause-keeps-siblings",
        "An arm that waits for a reply lets its siblings go on to their end.",
        |bench| Box::pin(pause_keeps_siblings(bench)),
    ),
    Check::new(
        "fork/signal-drops-siblings",
        "A signal other than a pause drops the siblings of its arm, in a settled fork too.",
        |bench| Box::pin(signal_drops_siblings(bench)),
    ),
    Check::new(
        "fork/crash-inside",
        "After a crash inside a fork only the bodies run again that were under way.",
        |bench| Box::pin(crash_inside(bench)),
    ),
    Check::new(
        "fork/nested",
        "An arm may fork; after a crash inside of both, finished arms do not run again.",
        |bench| Box::pin(nested(bench)),
    ),
];

async fn arms_run_concurrently(bench: &Bench) -> Checked {
    bench.expect("the bodies of three arms are under way at once");
    let arms = vec![
        script![step("a").does(Deed::Meet(3))],
        script![step("b").does(Deed::Meet(3))],
        script![step("c").does(Deed::Meet(3))],
    ];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    same("the bodies under way at once", &3, &bench.most_under_way())
}

async fn concurrency_limit(bench: &Bench) -> Checked {
    let names = ["a", "b", "c", "d", "e"];
    let arms = names.map(|name| script![step(name).does(Deed::Meet(2)).does(Deed::Yield)]).into();
    bench.run(script![fork("f", arms).at_once(2)]).await?.ended()?;
    same("the bodies under way at once", &2, &bench.most_under_way())?;
    bench.effects_in_any_order("the bodies", &["a.1 runs", "b.1 runs", "c.1 runs", "d.1 runs", "e.1 runs"])
}

async fn arm_results(bench: &Bench) -> Checked {
    // The first arm ends last.
    let arms = vec![
        script![step("a").does(Deed::Sees("c.1 = 3")).does(Deed::Sees("d.1 = 4")).gives(1)],
        script![step("b").gives(2), step("c").gives(3)],
        script![step("d").gives(4)],
    ];
    let ops = script![
        step("before").gives(0),
        fork("f", arms),
        Op::Once("crash", Act::Die),
        step("after").gives(9)
    ];
    let results = ["before.1 = 0", "a.1 = 1", "b.1 = 2", "c.1 = 3", "d.1 = 4", "f ends as [1, 3, 4]"];
    bench.run(ops.clone()).await?.died()?;
    bench.results("the results, live", &results)?;
    let bodies = ["before.1 runs", "a.1 runs", "b.1 runs", "c.1 runs", "d.1 runs"];
    bench.effects_in_any_order("the bodies, live", &bodies)?;
    bench.execute(ops).await?.ended()?;
    bench.effects("the bodies after a crash right after the fork", &["after.1 runs"])?;
    bench.ends("the ends of the fork, replayed", "f", &["f ends as [1, 3, 4]"])
}

async fn failure_drops_siblings(bench: &Bench) -> Checked {
    let arms = vec![
        script![step("a").does(Deed::Never)],
        script![step("b").does(Deed::Sees("a.1 runs")).fails(), Op::Fail("b")],
    ];
    bench.run(script![fork("f", arms).caught(), step("after").gives(1)]).await?.ended()?;
    bench.ends(
        "the ends of the fork",
        "f",
        &["f ends as [cancelled, failed: b is broken: because of that]"],
    )?;
    let view = bench.view().await?;
    let recorded = view.records.iter().any(|record| record.key.path.as_str() == "a");
    same("whether the dropped body has a record", &false, &recorded)
}

async fn settled_siblings_go_on(bench: &Bench) -> Checked {
    let arms = vec![
        script![step("a").fails(), Op::Fail("a")],
        script![step("b").does(Deed::SeesAll("a.1 failed", 1)).gives(2), step("c").gives(3)],
    ];
    let ops = script![fork("f", arms).settled(), Op::Once("crash", Act::Die), step("after").gives(1)];
    bench.run(ops.clone()).await?.died()?;
    let ends = ["f ends as [failed: a is broken: because of that, 3]"];
    bench.ends("the ends of the fork", "f", &ends)?;
    bench.execute(ops).await?.ended()?;
    bench.ends("the ends of the fork, replayed", "f", &ends)?;
    bench.effects_in_any_order("the bodies, each once", &["a.1 runs", "b.1 runs", "c.1 runs", "after.1 runs"])
}

async fn pause_keeps_siblings(bench: &Bench) -> Checked {
    let arms = vec![
        script![ask("q"), step("a").gives(1)],
        script![step("b").does(Deed::Sees("q is told")).gives(2), step("c").gives(3)],
    ];
    let ops = script![fork("f", arms)];
    bench.run(ops.clone()).await?.ended()?;
    bench.effects_in_any_order("the effects until the pause", &["q is told", "b.1 runs", "c.1 runs"])?;
    same("the status", &Status::Paused, &bench.view().await?.status)?;
    bench.forget();
    bench.reply("q", 5).await?;
    bench.execute(ops).await?.ended()?;
    bench.effects("the bodies after the reply", &["a.1 runs"])?;
    bench.ends("the ends of the fork", "f", &["f ends as [1, 3]"])
}

async fn signal_drops_siblings(bench: &Bench) -> Checked {
    let signal = Signal::Engine("the disk is full".into());
    let arms = vec![
        script![step("a").does(Deed::Never)],
        script![step("b").does(Deed::Sees("a.1 runs")).signals(signal)],
    ];
    bench.run(script![fork("f", arms).settled()]).await?.ended()?;
    bench.ends("the ends of the fork", "f", &["f ends as [cancelled, Engine]"])
}

async fn crash_inside(bench: &Bench) -> Checked {
    let arms = |in_b: Deed| {
        vec![
            script![step("a").gives(1), step("c").does(in_b.clone()).gives(3)],
            script![step("b").gives(2), step("d").does(in_b).gives(4)],
        ]
    };
    let ops = |deed: Deed| script![step("before").gives(0), fork("f", arms(deed))];
    let mut first = ops(Deed::Never);
    if let Some(Op::Fork(fork)) = first.get_mut(1) {
        let last = step("e").does(Deed::Sees("c.1 runs")).does(Deed::Sees("d.1 runs"));
        fork.arms.push(script![last.act(Act::Die)]);
    }
    let mut second = ops(Deed::Meet(1));
    if let Some(Op::Fork(fork)) = second.get_mut(1) {
        fork.arms.push(script![step("e").gives(5)]);
    }
    bench.run(first).await?.died()?;
    let bodies = ["before.1 runs", "a.1 runs", "b.1 runs", "c.1 runs", "d.1 runs", "e.1 runs"];
    bench.effects_in_any_order("the bodies until the crash", &bodies)?;
    bench.execute(second).await?.ended()?;
    bench.effects_in_any_order("the bodies after the crash", &["c.1 runs", "d.1 runs", "e.1 runs"])?;
    bench.ends("the ends of the fork", "f", &["f ends as [3, 4, 5]"])
}

async fn nested(bench: &Bench) -> Checked {
    let inner = |last: Op| vec![script![step("x").gives(1)], script![step("y").gives(2), last]];
    let ops = |last: Op| {
        let arms = vec![
            script![step("a").gives(3), fork("g", inner(last)), step("b").gives(4)],
            script![step("c").gives(5)],
        ];
        script![fork("f", arms)]
    };
    let dies = step("z").does(Deed::Sees("x.1 = 1")).does(Deed::Sees("c.1 = 5")).act(Act::Die);
    bench.run(ops(dies.into())).await?.died()?;
    let bodies = ["a.1 runs", "c.1 runs", "x.1 runs", "y.1 runs", "z.1 runs"];
    bench.effects_in_any_order("the bodies until the crash", &bodies)?;
    bench.execute(ops(step("z").gives(6).into())).await?.ended()?;
    bench.effects_in_any_order("the bodies after the crash", &["z.1 runs", "b.1 runs"])?;
    bench.ends("the ends of the inner fork", "g", &["g ends as [1, 6]"])?;
    bench.ends("the ends of the outer fork", "f", &["f ends as [4, 5]"])
}
