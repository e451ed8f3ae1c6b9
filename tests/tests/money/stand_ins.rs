//! What stands in for a node may run too: it is looked at before a run begins.

use flujo::Usage;
use flujo::model::{Prices as PriceList, Rates};
use flujo::prelude::*;
use flujo_tests::with_engine;
use flujo_tests::world::*;

/// Nobody knows its price.
#[step(model = "test:dear", max_tokens = 5, retries = 0)]
fn dear(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
/// Nobody knows how much it may say.
#[step(model = "test:small", retries = 0)]
fn chatty(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
#[step(fallback = dear)]
async fn falls(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(text)
}
#[step(redirect = chatty)]
async fn turns(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(text)
}

pipeline! {
    /// Stands in for a step, as a whole.
    fn spare(text: String, world: &World) -> String {
        let text = echo(text);
        dear(text).fallback(chatty)
    }
}
pipeline! {
    fn inside(text: String, world: &World) -> String {
        let text = falls(text);
        turns(text).named("turned")
    }
}
pipeline! {
    fn stood_in(text: String, world: &World) -> String {
        let text = echo(text).fallback(dear).redirect(chatty);
        let text = echo(text).named("whole").fallback(spare);
        inside(text)
    }
}
pipeline! {
    /// What the call says goes before what the attribute says.
    fn elsewhere(text: String, world: &World) -> String {
        let text = falls(text).fallback(echo);
        turns(text).redirect(echo)
    }
}

const DEAR: &str = "no price known for `test:dear`; a cost limit needs one: `.prices(..)`";
const CHATTY: &str = "`test:small` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: set `max_tokens`";

fn priced(engine: &flujo_tests::engines::AnyEngine) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(Scripted::default());
    let builder = builder.prices(PriceList::new().model("test:small", Rates::usd("1", "10").unwrap()));
    (with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap(), calls)
}

#[test]
fn a_limit_refuses_models_that_only_stand_in_when_the_run_starts() {
    on_all(async |engine, _| {
        let (flujo, calls) = priced(&engine);
        let run = async |limits| flujo.run(stood_in("x".into())).limits(limits).await;
        let result = run(UsageLimits::usd("1")).await;
        assert_eq!((result.usage, result.steps.len(), calls.len()), (Usage::default(), 0, 0));
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            format!(
                "stood_in/echo!dear: {DEAR}; \
                 stood_in/echo!chatty: {CHATTY}; \
                 stood_in/whole!spare/dear: {DEAR}; \
                 stood_in/whole!spare/dear!chatty: {CHATTY}; \
                 stood_in/inside/falls!dear: {DEAR}; \
                 stood_in/inside/turned!chatty: {CHATTY}"
            )
        );
        // A limit of tokens needs no price.
        let error = run(UsageLimits::NONE.total_tokens(9_999)).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "stood_in/echo!chatty: {CHATTY}; \
                 stood_in/whole!spare/dear!chatty: {CHATTY}; \
                 stood_in/inside/turned!chatty: {CHATTY}"
            )
        );
        assert_eq!(calls.len(), 0);
        // Without such a limit nothing is asked of them.
        assert_eq!(run(UsageLimits::NONE.model_calls(9)).await.into_output().unwrap(), "x");
        assert_eq!(calls.len(), 4);
    });
}

#[test]
fn what_the_call_says_stands_in_and_not_what_the_attribute_says() {
    on_all(async |engine, _| {
        let (flujo, calls) = priced(&engine);
        let result = flujo.run(elsewhere("x".into())).limits(UsageLimits::usd("1")).await;
        assert_eq!(result.into_output().unwrap(), "x");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn an_ephemeral_engine_refuses_questions_of_what_stands_in() {
    pipeline! {
        fn person(text: String, world: &World) -> String {
            let reply: String = ask(text);
            value(reply)
        }
    }
    pipeline! {
        fn asked_last(text: String, world: &World) -> String {
            broken(text).fallback(person)
        }
    }
    let calls = Calls::default();
    let flujo = Flujo::builder().resources(World { calls: calls.clone() }).ephemeral().build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error =
        runtime.block_on(async { flujo.run(asked_last("x".into())).await }).into_output().unwrap_err();
    assert_eq!(
        error.to_string(),
        "asked_last: `asked_last` may ask a question, which an ephemeral run cannot wait for"
    );
    assert_eq!(calls.len(), 0);
}
