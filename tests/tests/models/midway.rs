//! Calls that are given up midway, on every engine: what was reserved for them is charged, and nothing is left
//! running.

use crate::paths::To;
use crate::server::{Act, End, Sent, Server};
use flujo::engine::Memory;
use flujo::model::Rates;
use flujo::prelude::*;
use flujo::run::IntoEngine;
use flujo::{Cost, ErrorKind};
use flujo_models::PriceList;
use flujo_testing::{EventLog, OrderedLog};
use std::time::Duration;

#[step(role = solution, max_tokens = 50, retries = 1, backoff = none, timeout = "150ms")]
fn hurried(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

#[step(role = solution, max_tokens = 50, retries = 0)]
fn patient(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn hurrying(text: String) -> String {
        hurried(text)
    }
}

pipeline! {
    fn waiting(text: String) -> String {
        patient(text)
    }
}

/// Says something, then nothing.
fn silent(to: To) -> Vec<Act> {
    to.streams(&["Hel"], Vec::new(), End::Hang)
}

fn flujo(server: &Server, to: To, engine: impl IntoEngine) -> Flujo {
    let rates = Rates::usd("1", "10").unwrap();
    // What says who answered may name the model that was asked, or its newer version.
    let [asked, answered] = [to.model(), format!("{}-2", to.model())];
    let prices = PriceList::bundled().with(asked.as_str(), rates).with(answered, rates);
    let builder = Flujo::builder().engine(engine).models(to.models(&server.url)).prices(prices);
    builder.role("solution", asked).build().unwrap()
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// Every byte that was sent at a dollar a million, and all of `max_tokens` at ten. What the core counts by itself is the
/// least.
fn reserved(sent: &Sent) -> u64 {
    let schema = flujo::model::schema_of::<String>().unwrap();
    let bytes = sent.body.to_string().len().max("Hi?".len() + 16 + schema.as_str().len());
    u64::try_from(bytes + 1_024).unwrap() * 1_000 + 50 * 10_000
}

fn on_all(test: impl Fn(&str, fn(&Server, To) -> Flujo)) {
    test("Memory", |server, to| flujo(server, to, Memory::new()));
    test("OrderedLog", |server, to| flujo(server, to, OrderedLog::new()));
}

#[test]
fn a_stream_that_outlives_its_attempt_is_dropped_charged_and_tried_again() {
    on_all(|engine, flujo| {
        for to in To::whole() {
            let server = Server::new(vec![silent(to), to.streams(&["Hello"], to.end(), End::Clean)]);
            let flujo = flujo(&server, to);
            let log = EventLog::new();
            let result = block_on(async { flujo.run(hurrying("Hi?".into())).observer(log.clone()).await });
            let usage = result.usage;
            assert_eq!((usage.model_calls, usage.estimated_calls), (2, 1), "{engine} {to:?}");
            assert_eq!(usage.cost, Cost(reserved(&server.sent()[0]) + 9_000 + 20_000), "{engine} {to:?}");
            assert_eq!(result.into_output().unwrap(), "Hello", "{engine} {to:?}");
            // What was heard of the first attempt came before it was announced that another follows.
            let told: Vec<_> = log.take().iter().map(|event| event.kind.word()).collect();
            let at = |word: &str| told.iter().position(|told| *told == word).unwrap();
            assert!(at("chunk") < at("retried"), "{engine} {to:?}: {told:?}");
        }
    });
}

#[test]
fn a_run_cancelled_in_the_middle_of_a_stream_is_charged_for_it() {
    on_all(|engine, flujo| {
        for to in To::whole() {
            let server = Server::new(vec![silent(to)]);
            let flujo = flujo(&server, to);
            let log = EventLog::new();
            let result = block_on(async {
                let run = async { flujo.run(waiting("Hi?".into())).id("r").observer(log.clone()).await };
                let cancel = async {
                    while !log.events().iter().any(|event| event.kind.word() == "chunk") {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                    flujo.cancel("r").await.unwrap();
                };
                tokio::join!(run, cancel).0
            });
            assert!(matches!(result.outcome, Outcome::Cancelled), "{engine} {to:?}: {:?}", result.outcome);
            let mut used = result.usage.estimated_calls(1);
            used.cost = Cost(reserved(&server.sent()[0]));
            assert_eq!(result.usage, used, "{engine} {to:?}");
            assert_eq!(server.sent().len(), 1, "{engine} {to:?}");
        }
    });
}

#[test]
fn a_cut_stream_fails_the_run_when_no_attempt_is_left() {
    on_all(|engine, flujo| {
        for to in To::whole() {
            let server = Server::new(vec![to.streams(&["Hel"], Vec::new(), End::Cut), to.says("Hello")]);
            let flujo = flujo(&server, to);
            let log = EventLog::new();
            let run = async { flujo.run(waiting("Hi?".into())).id("r").observer(log.clone()).await };
            let result = block_on(run);
            let error = result.into_output().unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Failed(_)) && error.is_retryable(),
                "{engine} {to:?}: {error}"
            );
            assert!(error.to_string().starts_with("waiting/patient: answer truncated: "), "{error}");
            // Nobody listens to the resumed run: it is answered whole.
            let resumed = block_on(async { flujo.resume::<waiting>("r").await }).unwrap();
            assert_eq!(resumed.usage.model_calls, 2, "{engine} {to:?}");
            assert_eq!(resumed.into_output().unwrap(), "Hello", "{engine} {to:?}");
        }
    });
}
