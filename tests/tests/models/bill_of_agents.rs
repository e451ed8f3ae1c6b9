//! Agents are never billed above the limit, whatever they write to the cache of the provider and read from it, however long
//! they reason, and whichever tools they call. A provider that reports more than it may is charged, and told.

use crate::anthropic_bill::{Provider, REASONED, Reply, SENT, Used, prices};
use crate::bill::{Fate, block_on, check, needed, prompt, spend};
use crate::server::Server;
use crate::wires::{KEY, quick};
use flujo::events::{Event, EventKind};
use flujo::model::CacheTime;
use flujo::prelude::*;
use flujo::run::Builder;
use flujo::{Cost, ErrorKind, PipelineResult, Usage};
use flujo_models::{Capabilities, Compatible, Models, ModelsBuilder, Wire};
use flujo_testing::EventLog;
use serde_json::json;

/// Looks a word up.
#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word}: a place where ships wait. ").repeat(3))
}

/// Counts the letters of a word, in `letters`, as people do who count letters.
#[step]
async fn count_letters(word: String, twice: Option<bool>) -> Result<usize> {
    Ok(word.len() * if twice == Some(true) { 2 } else { 1 })
}

/// In a script that has a token for nearly every byte, so that the bound of what is written is hardly more than the bill.
fn tablet(question: &str) -> String {
    let signs = (0x12000..0x12300).skip(question.len() % 5).filter_map(char::from_u32);
    signs.cycle().take(1_500).collect()
}

fn handbook(question: &str) -> String {
    "Whoever asks is answered briefly. 簡潔に。 ".repeat(4 + question.len() % 3)
}

#[step(model = "test:m", max_tokens = 90, retries = 1, backoff = none, timeout = "600ms",
    tools = [look_up, count_letters], tool_rounds = 2)]
fn clerk(question: String) -> Prompt<String> {
    Prompt::system(handbook(&question)).cache_here().user(question)
}

#[step(model = "test:m", max_tokens = 90, retries = 1, backoff = none, timeout = "600ms",
    tools = [look_up, count_letters], tool_rounds = 2)]
fn keeper(question: String) -> Prompt<String> {
    Prompt::system(tablet(&question)).cache_here_for(CacheTime::OneHour).user(question).cache_here()
}

#[step(model = "test:m", max_tokens = 90, retries = 1, backoff = none, timeout = "600ms", prompt_cache = "5m",
    tools = [look_up, count_letters], tool_rounds = 2)]
fn porter(question: String) -> Prompt<Vec<String>> {
    Prompt::system(handbook(&question)).user(question)
}

pipeline! {
    /// Agents beside each other and in a row, again and again.
    fn office(seed: u64) -> u64 {
        repeat(seed, |seed| {
            let (_, _, _) = join(
                clerk(prompt(seed)).settle(),
                {
                    let _ = keeper(prompt(seed + 1)).settle();
                    keeper(prompt(seed + 2)).named("again").settle()
                },
                porter(prompt(seed)).settle(),
            );
            value(seed + 2)
        }).until(|_| false).max(4).or_last()
    }
}

pipeline! {
    /// The same agents, who wait for as long as it takes.
    fn patient_office(seed: u64) -> u64 {
        repeat(seed, |seed| {
            let (_, _, _) = join(
                clerk(prompt(seed)).timeout("60s").settle(),
                keeper(prompt(seed + 1)).timeout("60s").settle(),
                porter(prompt(seed)).timeout("60s").settle(),
            );
            value(seed + 2)
        }).until(|_| false).max(6).or_last()
    }
}

/// The runtime of an observer, with the client of this server; it asks for whole answers where there are no streams.
fn flujo(server: &Server, stream: bool, models: ModelsBuilder) -> (Builder<()>, EventLog) {
    let can = Capabilities { stream, ..Capabilities::ANTHROPIC };
    let server = Compatible::at(&server.url).wire(Wire::Anthropic).key(KEY).can(can);
    let (models, log) = (models.provider("test", server).build().unwrap(), EventLog::new());
    (Flujo::builder().models(models).prices(prices()).observer(log.clone()), log)
}

fn over_reports(log: &EventLog) -> Vec<Event> {
    let events = log.take();
    assert!(!events.iter().any(|event| matches!(event.kind, EventKind::Missed { .. })));
    events.into_iter().filter(|event| matches!(event.kind, EventKind::OverReported { .. })).collect()
}

/// What came is counted, what was not told is charged at its bound, and nobody is told of an honest provider.
fn fair(provider: &Provider, usage: &Usage, log: &EventLog) {
    let books = provider.books.lock().unwrap();
    let (_, came) = provider.biller.billed();
    assert!(came as u64 <= usage.model_calls, "{came} of {usage:?}");
    assert!(books.untold <= usage.estimated_calls, "{} of {usage:?}", books.untold);
    assert!(usage.cache_write_tokens <= usage.input_tokens, "{usage:?}");
    assert_eq!(over_reports(log), []);
}

/// Every kind of token was used and counted.
fn occurred(used: Used, usage: &Usage) {
    let used = [used.sent, used.written, used.written_1h, used.read, used.received, used.reasoned];
    let counted = [usage.cache_write_tokens, usage.cached_tokens, usage.reasoning_tokens];
    assert!(used.iter().chain(&counted).all(|n| *n > 0), "{used:?} {usage:?}");
}

#[test]
fn agents_are_never_billed_above_the_budget_that_they_share() {
    let (mut short, mut used, mut all) = (0, Used::default(), Usage::default());
    for seed in 0..6 {
        let provider = Provider::new(seed, true);
        let server = provider.serves();
        let limit = 60_000_000 + provider.biller.below(900_000_000);
        let budget = SharedBudget::new(UsageLimits::NONE.cost(Cost(limit)));
        let (builder, log) = flujo(&server, seed % 2 == 0, quick());
        let flujo = builder.budget(budget.clone()).build().unwrap();
        let run = |i| {
            let flujo = flujo.clone();
            async move { flujo.run(office(i * 31)).await }
        };
        let (most, usage) = block_on(spend(3, run));
        short += u64::from(most > 0);
        check(&provider.biller, budget.spent().cost().0, limit, 9, most, &usage);
        fair(&provider, &usage, &log);
        (used, all) = (used.and(provider.books.lock().unwrap().used), all + usage);
    }
    occurred(used, &all);
    assert!(short >= 4, "{short} of 6 budgets were too small");
}

#[test]
fn agents_are_never_billed_above_the_limit_of_their_run() {
    let (mut short, mut used, mut all) = (0, Used::default(), Usage::default());
    for seed in 10..16 {
        let provider = Provider::new(seed, true);
        let server = provider.serves();
        let limit = 60_000_000 + provider.biller.below(450_000_000);
        // The second account is one that forbids nothing.
        let budget = SharedBudget::new(UsageLimits::NONE);
        let (builder, log) = flujo(&server, seed % 2 == 0, quick());
        let flujo = builder.budget(budget.clone()).build().unwrap();
        let limits = UsageLimits::NONE.cost(Cost(limit));
        let result = block_on(async { flujo.run(office(seed)).limits(limits).await });
        let most = match &result.outcome {
            Outcome::Failed(error) => needed(error),
            _ => 0,
        };
        short += u64::from(most > 0);
        check(&provider.biller, budget.spent().cost().0, limit, 3, most, &result.usage);
        fair(&provider, &result.usage, &log);
        (used, all) = (used.and(provider.books.lock().unwrap().used), all + result.usage);
    }
    occurred(used, &all);
    assert!(short >= 4, "{short} of 6 limits were too small");
}

#[test]
fn what_arrives_whole_is_charged_to_the_token() {
    for (seed, stream) in [(20, false), (21, true)] {
        let provider = Provider::new(seed, false);
        let server = provider.serves();
        let (builder, log) = flujo(&server, stream, Models::builder());
        let result = block_on(async { builder.build().unwrap().run(patient_office(seed)).await });
        let (used, (owed, calls)) = (provider.books.lock().unwrap().used, provider.biller.billed());
        assert_eq!(result.usage, used.usage(calls as u64), "seed {seed}");
        assert_eq!(result.usage.cost().0, owed, "seed {seed}");
        occurred(used, &result.usage);
        let results =
            server.sent().iter().filter(|sent| sent.body.to_string().contains("tool_result")).count();
        assert!(results > 0 && calls > 20, "seed {seed}: {results} of {calls} calls had results of tools");
        assert_eq!(over_reports(&log), [], "seed {seed}");
    }
}

#[step(model = "test:m", max_tokens = 10, retries = 0)]
fn plain(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn told_twice(text: String) -> String {
        let first = plain(text);
        plain(first.repeat(2_000)).named("second")
    }
}

/// A run of two calls, both of which fit into its limit, with a provider that reports this of each.
fn reporting(used: Used, limit: u64, stream: bool) -> (PipelineResult<String, ()>, Vec<Event>, usize) {
    let server = Server::answering(move |sent| {
        let content = vec![json!({"type": "text", "text": "x"})];
        Reply { content, end: "end_turn", used, told: [true; 2] }.acts(&sent.body, Fate::Good)
    });
    let (builder, log) = flujo(&server, stream, quick());
    let (flujo, limits) = (builder.build().unwrap(), UsageLimits::NONE.cost(Cost(limit)));
    let result = block_on(async { flujo.run(told_twice("x".repeat(2_000))).limits(limits).await });
    (result, over_reports(&log), server.sent().len())
}

#[test]
fn a_provider_that_reports_more_than_it_may_is_charged_told_and_not_asked_again() {
    for stream in [false, true] {
        let honest = Used { sent: 2_000, received: 10, reasoned: 4, ..Used::default() };
        let (refused, _, calls) = reporting(honest, 1, stream);
        let needed = needed(&refused.into_output().unwrap_err());
        assert_eq!(calls, 0);
        let input = (needed - 10 * REASONED) / SENT;
        let most = Usage::of_cost(Cost(needed)).model_calls(1).input_tokens(input).output_tokens(10);
        let (result, told, calls) = reporting(honest, 2 * needed, stream);
        assert_eq!((result.usage, calls, told), (honest.and(honest).usage(2), 2, Vec::new()));
        assert_eq!(result.into_output().unwrap(), "x");

        let more_sent = Used { sent: 3 * input, received: 1, ..Used::default() };
        let more_received = Used { sent: 1, received: 2_000, reasoned: 3, ..Used::default() };
        // No more than was sent, but it had no leave to write it.
        let written = Used { written_1h: input, received: 1, ..Used::default() };
        for used in [more_sent, more_received, written] {
            let (result, told, calls) = reporting(used, 2 * needed, stream);
            let reported = used.usage(1);
            assert_eq!((result.usage, calls), (reported, 1), "as reported, and no further call");
            assert_eq!(result.step("told_twice/plain").unwrap().usage(), reported);
            let over =
                EventKind::OverReported { attempt: 1, model: "test:m".to_owned(), bound: most, reported };
            let told: Vec<_> = told.into_iter().map(|event| (event.path.to_string(), event.kind)).collect();
            assert_eq!(told, [("told_twice/plain".to_owned(), over)]);
            let error = result.into_output().unwrap_err();
            assert!(error.to_string().starts_with("told_twice/second: "), "{error}");
            assert!(matches!(error.kind(), ErrorKind::LimitExceeded(_)), "{error}");
        }
    }
}
