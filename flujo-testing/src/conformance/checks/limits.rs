//! Limits: a call that might exceed one is not made.

use super::super::bench::{Bench, RUN, record};
use super::super::catalog::{Check, Checked};
use super::super::compare::same;
use super::super::script::{Act, Deed, call, estimated, fork, limited, script, step};
use flujo::UsageLimits;
use flujo::engine::RunRecord;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "limit/of-the-run",
        "A reservation that might exceed a limit of the run is refused, and says what is spent, reserved and needed; \
         one that is equal to the rest is allowed.",
        |bench| Box::pin(of_the_run(bench)),
    ),
    Check::new(
        "limit/of-a-node",
        "The limits of all enclosing nodes count, and the innermost one refuses first.",
        |bench| Box::pin(of_a_node(bench)),
    ),
    Check::new(
        "limit/reserved-atomically",
        "Reservations of concurrent arms count against each other: together they never exceed a limit.",
        |bench| Box::pin(reserved_atomically(bench)),
    ),
    Check::new(
        "limit/check-refuses-what-follows",
        "Usage that was reported may exceed a limit; from then on `check` refuses.",
        |bench| Box::pin(check_refuses_what_follows(bench)),
    ),
    Check::new(
        "limit/charged-calls-count",
        "Calls that were charged after a crash count against limits.",
        |bench| Box::pin(charged_calls_count(bench)),
    ),
];

async fn create(bench: &Bench, calls: u64) -> Checked {
    bench.create(RunRecord { limits: UsageLimits::NONE.model_calls(calls), ..record(RUN) }).await
}

/// Returns the note of a reservation that was refused by a limit of `limit` calls.
fn refusal(limit: u64, of: &str, [spent, reserved, needed]: [u64; 3]) -> String {
    format!(
        "no, ModelCalls({limit}) of {of}: ModelCalls({spent}) spent, ModelCalls({reserved}) reserved, \
         ModelCalls({needed}) needed"
    )
}

async fn of_the_run(bench: &Bench) -> Checked {
    create(bench, 4).await?;
    let second = call("b").does(Deed::Reserve(1)).does(Deed::Reserve(2)).does(Deed::Reserve(1));
    bench.execute(script![call("a").does(Deed::Reserve(4)).used(2), second]).await?.ended()?;
    let refused = format!("b.1 reserves 2: {}", refusal(4, "Run", [2, 1, 2]));
    let expected = [
        "a.1 runs",
        "a.1 reserves 4: yes",
        "b.1 runs",
        "b.1 reserves 1: yes",
        &refused,
        "b.1 reserves 1: yes",
    ];
    bench.effects("the effects", &expected)
}

async fn of_a_node(bench: &Bench) -> Checked {
    create(bench, 3).await?;
    let outer = Some(limited("out", 2, None));
    let inner = |name: &str| call(name).limited("out/in", 1, outer.clone());
    let ops = script![
        inner("a").does(Deed::Reserve(9)).does(Deed::Reserve(1)).used(1),
        inner("b").does(Deed::Reserve(1)),
        call("c").limited("out", 2, None).does(Deed::Reserve(2)).does(Deed::Reserve(1)).used(1),
        call("d").does(Deed::Reserve(2)).does(Deed::Reserve(1)).used(1),
    ];
    bench.execute(ops).await?.ended()?;
    let (node, out) = ("Node(\"out/in\")", "Node(\"out\")");
    let (node, out) = (node_name(node), node_name(out));
    let refused = [
        format!("a.1 reserves 9: {}", refusal(1, &node, [0, 0, 9])),
        format!("b.1 reserves 1: {}", refusal(1, &node, [1, 0, 1])),
        format!("c.1 reserves 2: {}", refusal(2, &out, [1, 0, 2])),
        format!("d.1 reserves 2: {}", refusal(3, "Run", [2, 0, 2])),
    ];
    let [a, b, c, d] = refused.each_ref().map(String::as_str);
    let expected = [
        "a.1 runs",
        a,
        "a.1 reserves 1: yes",
        "b.1 runs",
        b,
        "c.1 runs",
        c,
        "c.1 reserves 1: yes",
        "d.1 runs",
        d,
        "d.1 reserves 1: yes",
    ];
    bench.effects("the effects", &expected)
}

/// Returns a path as it is displayed in a limit.
fn node_name(text: &str) -> String {
    let path = text.trim_start_matches("Node(\"").trim_end_matches("\")");
    format!("{:?}", flujo::usage::LimitOf::Node(path.into()))
}

async fn reserved_atomically(bench: &Bench) -> Checked {
    create(bench, 5).await?;
    let arm = |name: &str| script![call(name).does(Deed::Reserve(2)).does(Deed::SeesAll("reserves 2", 3))];
    bench
        .execute(script![fork("f", vec![arm("a"), arm("b"), arm("c")]), step("d").act(Act::Usage)])
        .await?
        .ended()?;
    let seen = bench.take_effects();
    let allowed = seen.iter().filter(|line| line.ends_with("reserves 2: yes")).count();
    let refused = refusal(5, "Run", [0, 4, 2]);
    let refused = seen.iter().filter(|line| line.ends_with(&refused)).count();
    same(
        "of three reservations of 2 calls under a limit of 5: allowed, refused",
        &(2, 1),
        &(allowed, refused),
    )
}

async fn check_refuses_what_follows(bench: &Bench) -> Checked {
    create(bench, 9).await?;
    let node = |name: &str| call(name).limited("out", 1, None);
    let ops = script![
        node("a").does(Deed::Check).used(1),
        node("b").does(Deed::Check).used(1),
        node("c").does(Deed::Check),
        call("d").does(Deed::Check).used(8),
        call("e").does(Deed::Check),
    ];
    bench.execute(ops).await?.ended()?;
    let of_node = format!("c.1 checks: {}", refusal(1, &node_name("out"), [2, 0, 0]));
    let of_run = format!("e.1 checks: {}", refusal(9, "Run", [10, 0, 0]));
    let expected = [
        "a.1 runs",
        "a.1 checks: yes",
        "b.1 runs",
        "b.1 checks: yes",
        "c.1 runs",
        &of_node,
        "d.1 runs",
        "d.1 checks: yes",
        "e.1 runs",
        &of_run,
    ];
    bench.effects("the effects", &expected)
}

async fn charged_calls_count(bench: &Bench) -> Checked {
    create(bench, 5).await?;
    bench
        .execute(script![call("a").limited("out", 4, None).does(Deed::Reserve(4)).act(Act::Die)])
        .await?
        .died()?;
    bench.forget();
    let again = call("a").limited("out", 4, None).does(Deed::Reserve(1));
    bench.execute(script![again, call("b").does(Deed::Reserve(2))]).await?.ended()?;
    let of_node = format!("a.1 reserves 1: {}", refusal(4, &node_name("out"), [4, 0, 1]));
    let of_run = format!("b.1 reserves 2: {}", refusal(5, "Run", [4, 0, 2]));
    bench.effects("the effects after the crash", &["a.1 runs", &of_node, "b.1 runs", &of_run])?;
    same("the usage", &estimated(4), &bench.view().await?.usage)
}
