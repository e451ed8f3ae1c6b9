//! Attempts: one record for each, written before the program proceeds.

use super::super::bench::{Bench, RUN};
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::interpreter::keys;
use super::super::script::{Act, Attempt, Deed, Extras, Op, call, calls, failure, number, script, step};
use flujo::clock::Timestamp;
use flujo::codec::{Digest, Json};
use flujo::engine::{Exchange, Finding, Kind, ModelUse, PartChange, Record, RecordOutcome, Status};
use flujo::error::Signal;
use flujo::model::{CallOptions, Message, Role};

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "attempt/recorded-before-return",
        "The outcome of an attempt is recorded before `attempt` returns: a crash right after it does not run the body \
         again.",
        |bench| Box::pin(recorded_before_return(bench)),
    ),
    Check::new(
        "attempt/failure-is-a-record",
        "The failure of an attempt is a record like an output: it is answered on replay, and its body does not run \
         again.",
        |bench| Box::pin(failure_is_a_record(bench)),
    ),
    Check::new(
        "attempt/record-is-whole",
        "A record holds everything that the body gave: outcome, changed parts, usage, findings, models, times, input \
         digest and version.",
        |bench| Box::pin(record_is_whole(bench)),
    ),
    Check::new(
        "attempt/appended-stays-appended",
        "A record says of each changed part whether it is the whole value, or what was appended and to which length, as \
         the body gave it.",
        |bench| Box::pin(appended_stays_appended(bench)),
    ),
    Check::new(
        "attempt/no-retries-of-its-own",
        "An engine runs the body of an attempt once, whether it fails or not: retries belong to the runtime.",
        |bench| Box::pin(no_retries_of_its_own(bench)),
    ),
    Check::new(
        "attempt/runs-again-after-crash",
        "A body that was under way when the process died leaves no record, and runs again as the same attempt.",
        |bench| Box::pin(runs_again_after_crash(bench)),
    ),
    Check::new(
        "attempt/signal-leaves-no-record",
        "A body that ends by a signal leaves no record, and the signal is passed on as it is.",
        |bench| Box::pin(signal_leaves_no_record(bench)),
    ),
    Check::new(
        "attempt/keyed-by-path-and-number",
        "A record answers the attempt of its path and number only.",
        |bench| Box::pin(keyed_by_path_and_number(bench)),
    ),
    Check::new(
        "order/program-order",
        "The records of one handle are listed in the order in which its commands were issued.",
        |bench| Box::pin(program_order(bench)),
    ),
];

async fn recorded_before_return(bench: &Bench) -> Checked {
    let ops = script![step("a").gives(1), Op::Once("crash", Act::Die), step("b").gives(2)];
    bench.run(ops.clone()).await?.died()?;
    same("the records after the crash", &vec!["a.1".to_owned()], &keys(&bench.view().await?.records))?;
    bench.execute(ops).await?.ended()?;
    bench.effects("the bodies, before and after a crash right after `a`", &["a.1 runs", "b.1 runs"])
}

async fn failure_is_a_record(bench: &Bench) -> Checked {
    let ops = script![step("a").fails(), Op::Once("crash", Act::Die), step("a").n(2).gives(2)];
    bench.run(ops.clone()).await?.died()?;
    let expected = RecordOutcome::Failure(Box::new(failure("a")));
    let records = bench.view().await?.records;
    same("the recorded outcome", &Some(&expected), &records.first().map(|record| &record.outcome))?;
    bench.execute(ops).await?.ended()?;
    bench
        .effects("the bodies, before and after a crash right after the failure", &["a.1 runs", "a.2 runs"])?;
    bench.results("the results", &["a.1 failed: a is broken: because of that", "a.2 = 2"])
}

async fn record_is_whole(bench: &Bench) -> Checked {
    let mut attempt = call("a").gives(3).used(2).version(4, 4).input("the input");
    let models = ModelUse {
        by_model: vec![("m:1".to_owned(), calls(2))],
        repairs: vec!["a comma".to_owned()],
        reasoning: Some("because".to_owned()),
        options: Some(Box::new(CallOptions::new().seed(7).extra("top_k", 40))),
    };
    let findings = vec![Finding { message: "too long".to_owned() }];
    let asked = Message::new(Role::User, "What is \u{0} in <b>JSON</b>?");
    let messages = vec![Exchange::new("m:1", vec![asked], Ok(Message::new(Role::Assistant, "\\u0000")))];
    let parts = vec![("total".to_owned(), number(8).into()), ("log".to_owned(), number(9).into())];
    let times = (Timestamp(1_000_000_007), Timestamp(2_000_000_011));
    attempt.extras = Some(Box::new(Extras {
        parts: parts.clone(),
        findings: findings.clone(),
        models: models.clone(),
        messages: messages.clone(),
        times,
    }));
    bench.run(script![attempt.clone()]).await?.ended()?;
    let expected = Record {
        key: attempt.key,
        version: 4,
        digest: Digest::of(b"the input"),
        outcome: RecordOutcome::Output(number(3)),
        parts,
        usage: calls(2),
        findings,
        cached: true,
        models: Some(Box::new(models)),
        messages: messages.into(),
        started: times.0,
        ended: times.1,
    };
    let records = bench.view().await?.records;
    same("the records", &vec![expected], &records.iter().map(|record| Record::clone(record)).collect())
}

async fn appended_stays_appended(bench: &Bench) -> Checked {
    let list = |text: &str| Json::recorded(text);
    let appended = |from, items: &str| PartChange::Appended { from, items: list(items) };
    let changes = [
        vec![("log".to_owned(), list("[1,\"two\"]").into())],
        vec![("log".to_owned(), appended(2, "[{\"from\":2,\"items\":\"[3]\"}]"))],
        // One of two parts was appended to; the other is a whole value that looks like an appended one.
        vec![
            ("(rest)".to_owned(), list("{\"from\":1,\"items\":[4]}").into()),
            ("log".to_owned(), appended(3, "[4.0,[]]")),
        ],
    ];
    let attempts = changes.clone().into_iter().enumerate().map(|(i, parts)| {
        let extras = Extras { parts, ..Extras::default() };
        Attempt {
            extras: Some(Box::new(extras)),
            ..call(["a", "b", "c"].get(i).copied().unwrap_or_default())
        }
    });
    bench.run(attempts.map(Into::into).collect()).await?.ended()?;
    let records = bench.view().await?.records;
    same("the changed parts", &changes.to_vec(), &records.iter().map(|record| record.parts.clone()).collect())
}

async fn no_retries_of_its_own(bench: &Bench) -> Checked {
    bench.run(script![step("a").gives(1), step("b").fails(), step("c").gives(3)]).await?.ended()?;
    bench.effects("the bodies", &["a.1 runs", "b.1 runs", "c.1 runs"])
}

async fn runs_again_after_crash(bench: &Bench) -> Checked {
    bench.run(script![step("a").gives(1), step("b").act(Act::Die)]).await?.died()?;
    let view = bench.view().await?;
    same("the records after the crash", &vec!["a.1".to_owned()], &keys(&view.records))?;
    same("the status after the crash", &Status::Interrupted, &view.status)?;
    bench.execute(script![step("a").gives(1), step("b").gives(2)]).await?.ended()?;
    bench.effects("the bodies, before and after a crash in `b`", &["a.1 runs", "b.1 runs", "b.1 runs"])?;
    same(
        "the records at the end",
        &vec!["a.1".to_owned(), "b.1".to_owned()],
        &keys(&bench.view().await?.records),
    )
}

async fn signal_leaves_no_record(bench: &Bench) -> Checked {
    let signal = Signal::Engine("the disk is full".into());
    bench.run(script![step("a").signals(signal.clone())]).await?.ended()?;
    bench.results("the result of the attempt", &["a.1 ends by Engine"])?;
    let view = bench.view().await?;
    same("the records", &Vec::<String>::new(), &keys(&view.records))?;
    same("`stopped` of the view", &Some(signal), &view.stopped)?;
    bench.execute(script![step("a").gives(1)]).await?.ended()?;
    bench.results("the result of the attempt, once it may end", &["a.1 = 1"])
}

async fn keyed_by_path_and_number(bench: &Bench) -> Checked {
    let ops = script![
        step("a").fails(),
        step("a").n(2).gives(2),
        step("a/b").gives(3),
        step("a#2").gives(4),
        step("b").gives(5),
        Op::Once("crash", Act::Die),
    ];
    bench.run(ops.clone()).await?.died()?;
    bench.execute(ops).await?.ended()?;
    let once = ["a.1 runs", "a.2 runs", "a/b.1 runs", "a#2.1 runs", "b.1 runs"];
    bench.effects("the bodies, each once", &once)?;
    let results =
        ["a.1 failed: a is broken: because of that", "a.2 = 2", "a/b.1 = 3", "a#2.1 = 4", "b.1 = 5"];
    bench.results("the results, live and replayed", &results)
}

async fn program_order(bench: &Bench) -> Checked {
    let ops =
        script![step("c"), step("a").act(Act::View), step("b").does(Deed::Act(Act::View)), step("d").fails()];
    bench.run(ops).await?.ended()?;
    let effects = ["c.1 runs", "a.1 runs", "recorded: [c.1]", "b.1 runs", "recorded: [c.1, a.1]", "d.1 runs"];
    bench.effects("the records, as the bodies see them", &effects)?;
    let expected: Vec<_> = ["c.1", "a.1", "b.1", "d.1"].map(str::to_owned).into();
    same("the records at the end", &expected, &keys(&bench.view().await?.records))?;
    let view = bench.view_of(RUN).await?;
    let steps = view.records.iter().all(|record| record.key.kind == Kind::Step);
    if steps {
        Ok(())
    } else {
        Err(breach("every record has the kind `Step`", format!("{:?}", view.records)))
    }
}
