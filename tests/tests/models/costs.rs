//! What real calls cost, and the calls that are not made.

use crate::server::{Server, json};
use crate::wires::*;
use flujo::model::Rates;
use flujo::prelude::*;
use flujo::{Cost, ErrorKind, Usage};
use flujo_models::{PriceList, Wire};

#[step(model = "test:m", max_tokens = 50, retries = 0)]
fn tested(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

#[step(model = "test:unknown", max_tokens = 50, retries = 0)]
fn unknown(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn twice(text: String) -> String {
        let first = tested(text);
        tested(first).named("second")
    }
}

pipeline! {
    fn unpriced(text: String) -> String {
        unknown(text)
    }
}

fn flujo(server: &Server) -> Flujo {
    // $1 a million sent, half of it for cached ones, $10 received, $20 spent on reasoning.
    let rates = Rates::usd("1", "10").unwrap().cached_usd("0.5").unwrap().reasoning_usd("20").unwrap();
    let prices = PriceList::bundled().with("test:m", rates);
    Flujo::builder().models(models(Wire::OpenAiChat, &server.url)).prices(prices).build().unwrap()
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// Nine tokens sent, four of them cached; two received, one of them spent on reasoning.
fn one_call() -> Usage {
    let usage = Usage::of_cost(Cost(5_000 + 2_000 + 10_000 + 20_000)).model_calls(1);
    usage.input_tokens(9).output_tokens(2).cached_tokens(4).reasoning_tokens(1)
}

#[test]
fn cached_and_reasoning_tokens_of_a_real_answer_are_priced() {
    let server = Server::new(vec![json(200, "", &answer(Wire::OpenAiChat, "Hello"))]);
    let result = block_on(async { flujo(&server).run(twice("Hi?".to_owned())).await });
    assert_eq!(result.usage, one_call() + one_call());
    assert_eq!(result.by_model(), [("test:m".to_owned(), one_call() + one_call())]);
}

#[test]
fn a_call_that_could_exceed_the_limit_is_never_sent() {
    let server = Server::new(vec![json(200, "", &answer(Wire::OpenAiChat, "Hello"))]);
    // The bound of a call: its bytes, what is put around them, and 50 tokens at the highest rates. The first call
    // fits to the nano-dollar; after it, only its own cost is missing for the second one.
    let sent = "Hi?".len() + 16 + 1_024 + flujo::model::schema_of::<String>().unwrap().as_str().len();
    let bound = u64::try_from(sent).unwrap() * 1_000 + 50 * 20_000;
    let run = |limit| {
        let limits = UsageLimits::NONE.cost(Cost(limit));
        block_on(async { flujo(&server).run(twice("Hi?".to_owned())).limits(limits).await })
    };
    let refused = run(bound - 1);
    assert!(server.sent().is_empty(), "the server's journal proves it");
    assert_eq!(refused.usage, Usage::default());
    let error = refused.into_output().unwrap_err();
    assert!(error.to_string().contains("limit"), "{error}");
    let stopped = run(bound);
    assert_eq!((server.sent().len(), stopped.usage), (1, one_call()));
    assert!(stopped.into_output().unwrap_err().to_string().contains("twice/second"));
}

#[test]
fn a_model_without_a_price_is_refused_under_a_limit_of_cost() {
    let server = Server::new(vec![json(200, "", &answer(Wire::OpenAiChat, "Hello"))]);
    let limits = UsageLimits::usd("1");
    let result = block_on(async { flujo(&server).run(unpriced("Hi?".to_owned())).limits(limits).await });
    let error = result.into_output().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Setup(_)));
    assert!(error.to_string().starts_with("unpriced/unknown: no price known for `test:unknown`"), "{error}");
    assert!(server.sent().is_empty());
    // Without one it is asked, and marked.
    let result = block_on(async { flujo(&server).run(unpriced("Hi?".to_owned())).await });
    assert_eq!((result.usage.unpriced_calls, result.usage.cost), (1, Cost(0)));
}
