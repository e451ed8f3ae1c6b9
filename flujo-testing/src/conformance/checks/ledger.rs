//! The ledger: reserved and used usage of calls, exactly once.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::ledger;
use super::super::script::{Act, Deed, Op, call, calls, estimated, fork, script, step};
use flujo::Usage;
use flujo::error::Signal;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "ledger/record-settles",
        "A reservation is shown while its call is under way; the record of the attempt replaces it by what was used.",
        |bench| Box::pin(record_settles(bench)),
    ),
    Check::new(
        "ledger/settle-once",
        "Settling is idempotent by key: a second settlement changes nothing.",
        |bench| Box::pin(settle_once(bench)),
    ),
    Check::new(
        "ledger/unsettled-is-charged",
        "A reservation that a dead process left is durable, and is charged in full, as estimated, once the run goes on.",
        |bench| Box::pin(unsettled_is_charged(bench)),
    ),
    Check::new(
        "ledger/forfeit-is-charged",
        "An attempt that is given up is charged with what it forfeits, in place of its reservation, and may reserve \
         again.",
        |bench| Box::pin(forfeit_is_charged(bench)),
    ),
    Check::new(
        "ledger/counts-once",
        "The usage of every recorded attempt counts, failed ones included, and replays add nothing.",
        |bench| Box::pin(counts_once(bench)),
    ),
    Check::new(
        "ledger/charged-at-the-end",
        "A reservation that is open when the run ends is charged in full.",
        |bench| Box::pin(charged_at_the_end(bench)),
    ),
];

async fn is(bench: &Bench, when: &str, used: Usage, reserved: Usage) -> Checked {
    let view = bench.view().await?;
    ledger(when, (used, reserved), (view.usage, view.reserved))
}

async fn record_settles(bench: &Bench) -> Checked {
    bench.run(script![call("a").does(Deed::Reserve(5)).act(Act::Usage).used(2)]).await?.ended()?;
    bench.effects("the effects", &["a.1 runs", "a.1 reserves 5: yes", "used: 0, reserved: 5"])?;
    is(bench, "at the end", calls(2), calls(0)).await
}

async fn settle_once(bench: &Bench) -> Checked {
    let stopped = Signal::Engine("stopped".into());
    let body = call("a").does(Deed::Reserve(5)).does(Deed::Settle(2)).does(Deed::Settle(3)).act(Act::Usage);
    bench.run(script![body.signals(stopped)]).await?.ended()?;
    let expected = [
        "a.1 runs",
        "a.1 reserves 5: yes",
        "a.1 settles 2: done",
        "a.1 settles 3: done",
        "used: 2, reserved: 0",
    ];
    bench.effects("the effects", &expected)?;
    is(bench, "after two settlements", calls(2), calls(0)).await
}

async fn unsettled_is_charged(bench: &Bench) -> Checked {
    let dies = call("a").does(Deed::Reserve(3)).does(Deed::Reserve(2)).act(Act::Die);
    bench.run(script![dies]).await?.died()?;
    is(bench, "after the death", calls(0), estimated(5)).await?;
    bench.forget();
    let again = call("a").act(Act::Usage).does(Deed::Reserve(1)).act(Act::Usage).used(1);
    bench.execute(script![again]).await?.ended()?;
    let expected = ["a.1 runs", "used: 5, reserved: 0", "a.1 reserves 1: yes", "used: 5, reserved: 1"];
    bench.effects("the effects of the next execution", &expected)?;
    is(bench, "at the end", estimated(5) + calls(1), calls(0)).await
}

async fn forfeit_is_charged(bench: &Bench) -> Checked {
    let body = call("a").does(Deed::Reserve(5)).does(Deed::Forfeit(2)).does(Deed::Reserve(1)).used(1);
    bench.run(script![body]).await?.ended()?;
    is(bench, "at the end", estimated(2) + calls(1), calls(0)).await
}

async fn counts_once(bench: &Bench) -> Checked {
    let ops = script![
        call("a").used(2).fails(),
        call("a").n(2).used(3),
        fork("f", vec![script![call("b").used(5)], script![step("c").used(7)]]),
        Op::Once("crash", Act::Die),
        call("d").does(Deed::Reserve(20)).used(11),
    ];
    bench.run(ops.clone()).await?.died()?;
    is(bench, "after the crash", calls(17), calls(0)).await?;
    bench.execute(ops).await?.ended()?;
    is(bench, "at the end", calls(28), calls(0)).await
}

async fn charged_at_the_end(bench: &Bench) -> Checked {
    let arms = vec![
        script![call("a").does(Deed::Reserve(5)).does(Deed::Never)],
        script![step("b").does(Deed::Sees("a.1 reserves 5: yes")).fails(), Op::Fail("b")],
    ];
    bench.run(script![fork("f", arms)]).await?.ended()?;
    is(bench, "at the end", estimated(5), calls(0)).await
}
