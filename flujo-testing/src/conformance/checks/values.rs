//! Values: steps receive exactly the recorded values.

use super::super::bench::Bench;
use super::super::catalog::{Check, Checked};
use super::super::compare::{breach, same};
use super::super::interpreter::canonical;
use super::super::script::{Act, Op, step};
use flujo::codec::Json;
use flujo::engine::RecordOutcome;

pub(super) const CHECKS: &[Check] = &[
    Check::new(
        "value/live-equals-replayed",
        "An attempt is answered with the value decoded from its record, on first execution too: live and replayed \
         values are the same.",
        |bench| Box::pin(live_equals_replayed(bench)),
    ),
    Check::new(
        "value/unaltered",
        "Values are kept exactly: every float, the largest integers, every character, deep nesting, and null.",
        |bench| Box::pin(unaltered(bench)),
    ),
];

/// Values that careless encodings change.
const HARD: [&str; 10] = [
    "0.30000000000000004",
    "[1.7976931348623157e308,5e-324,-0.0,2.2250738585072011e-308]",
    "[18446744073709551615,-9223372036854775808,9007199254740993]",
    "\"\\u0000\\u001f\\\"\\\\ \\ud83e\\udd80 \u{0301}\u{202e}\u{feff}\"",
    "{\"b\":1,\"a\":{\"\":null}}",
    "null",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "\"\"",
    "[]",
    "\"123\"",
];

async fn live_equals_replayed(bench: &Bench) -> Checked {
    let mut ops = Vec::new();
    let mut expected = Vec::new();
    for (i, text) in HARD.iter().enumerate() {
        let json = Json::recorded(*text);
        expected.push(format!("v{i}.1 = {}", canonical(&json)));
        ops.push(Op::from(step(&format!("v{i}")).gives_json(json)));
    }
    ops.push(Op::Once("crash", Act::Die));
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    bench.run(ops.clone()).await?.died()?;
    bench.results("the values, live", &expected)?;
    bench.execute(ops).await?.ended()?;
    bench.results("the values, replayed", &expected)
}

async fn unaltered(bench: &Bench) -> Checked {
    let values: Vec<_> = HARD.iter().map(|text| Json::recorded(*text)).collect();
    let ops =
        values.iter().enumerate().map(|(i, json)| Op::from(step(&format!("v{i}")).gives_json(json.clone())));
    bench.run(ops.collect()).await?.ended()?;
    let view = bench.view().await?;
    same("the number of records", &values.len(), &view.records.len())?;
    for (record, json) in view.records.iter().zip(&values) {
        let RecordOutcome::Output(output) = &record.outcome else {
            return Err(breach("a recorded output", format!("{:?}", record.outcome)));
        };
        same(&format!("the output of {}", record.key.path), &canonical(json), &canonical(output))?;
    }
    Ok(())
}
