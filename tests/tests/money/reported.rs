//! What a registered pipeline says of the engine that it is registered with, before anything runs.

use flujo::model::Prices;
use flujo::prelude::*;
use flujo::run::Control;
use flujo::usage::UsageLimits;
use flujo_tests::world::*;

#[step(model = "none:unknown", max_tokens = 5, timeout = "1s")]
fn shorten(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

pipeline! {
    fn hidden(text: String) -> String {
        let short = shorten(text.clone()).limits(UsageLimits::usd("0.10")).settle();
        short.unwrap_or(text)
    }
}

pipeline! {
    fn open(text: String) -> String { shorten(text) }
}

fn findings(flujo: &Flujo, pipeline: usize) -> Vec<String> {
    let known = flujo.pipelines().swap_remove(pipeline);
    known
        .report
        .findings
        .iter()
        .map(|found| format!("{}: {}: {}", found.rule, found.node, found.message))
        .collect()
}

#[test]
fn what_the_engine_lacks_is_found_before_a_run_fails_for_it() {
    let builder = || Flujo::builder().pipeline::<hidden>().pipeline::<open>();
    let nobody = builder().build().unwrap();
    let no_client = "no client answers this model: `.models(..)` on the builder";
    assert_eq!(findings(&nobody, 0), [format!("model-without-client: hidden/shorten: {no_client}")]);
    assert_eq!(findings(&nobody, 1), [format!("model-without-client: open/shorten: {no_client}")]);

    // A limit of the node alone.
    let unpriced = builder().models(Scripted::default()).prices(Prices::new()).build().unwrap();
    let no_price =
        "a limit cannot be kept: no price known for `none:unknown`; a cost limit needs one: `.prices(..)`";
    assert_eq!(findings(&unpriced, 0), [format!("limit-without-bound: hidden/shorten: {no_price}")]);
    assert_eq!(findings(&unpriced, 1), [""; 0]);

    // One of every run.
    let limited = builder().models(Scripted::default()).limits(UsageLimits::usd("1")).build().unwrap();
    assert_eq!(findings(&limited, 1), [format!("limit-without-bound: open/shorten: {no_price}")]);

    let stubbed =
        builder().stub(&flujo_testing::StubAgent::of(shorten, ["short".to_owned()])).build().unwrap();
    assert_eq!(findings(&stubbed, 0), [""; 0]);
}
