//! What an agent may do with money is tested without a model: a script says what one might say, the worst included.

use super::offline::{says, script, standing_still};
use super::*;
use flujo::codec::Json;
use flujo::engine::Memory;
use flujo::events::TraceLevel;
use flujo::model::{CacheTime, ModelError, ModelFailure, ModelReply, Role, Script};
use flujo_testing::{Crash, Moment, Replies, assert_asks, assert_done, assert_paths};
use serde_json::json;
use std::io::Write;
use std::sync::Arc;

type Tested = std::result::Result<(), Box<dyn Error>>;

fn shop() -> Shop {
    Shop { bank: Bank::default(), handbook: Handbook::open(&[]).unwrap() }
}

fn desk(script: &Script) -> Flujo<Shop> {
    standing_still(script.clone()).unwrap().resources(shop()).limits(BUDGET).build().unwrap()
}

fn refunds(flujo: &Flujo<Shop>) -> Vec<(String, u64)> {
    let refunds = flujo.resources().bank.0.lock().unwrap();
    refunds.iter().map(|(order, (_, cents))| (order.clone(), *cents)).collect()
}

fn refund_call(order: &str, cents: u64) -> ModelReply {
    says("").calls("refund", json!({"order": order, "cents": cents}).to_string())
}

/// A letter with whose answer nothing is wrong but what the script says.
async fn run(flujo: &Flujo<Shop>) -> PipelineResult<String, Case> {
    flujo.run(support("Help!".to_owned())).id("letter").context(Case::default()).await
}

/// What the tools told the model before its last reply.
fn tool_results(script: &Script) -> Vec<String> {
    let messages = script.requests().pop().map(|request| request.messages).unwrap_or_default();
    messages.into_iter().filter(|message| message.role == Role::Tool).map(|message| message.text).collect()
}

fn text(shown: Option<&Json>) -> &str {
    shown.map(Json::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_small_refund_runs_unasked() {
    let script = Script::new().then(refund_call("1041", 5_000)).then(says("Done."));
    let flujo = desk(&script);
    let result = run(&flujo).await;
    assert_paths(&result, ["support/help~1", "support/help~2", "support/help~3", "support/help"]);
    assert_done(&result, &"Done.".to_owned());
    assert_eq!(refunds(&flujo), [("1041".to_owned(), 5_000)]);
}

#[tokio::test]
async fn a_large_refund_asks_and_waits() -> Tested {
    let script = Script::new().then(refund_call("2207", 5_001)).then(says("Done."));
    let flujo = desk(&script);
    let paused = run(&flujo).await;
    assert_asks(&paused, ["support/help~2"]);
    let [question] = paused.questions() else { unreachable!() };
    assert_eq!(question.message, "Refund this?");
    let shown = r#"{"arguments":{"cents":5001,"order":"2207"},"tool":"refund"}"#;
    assert_eq!(text(question.shown.as_ref()), shown);
    assert!(refunds(&flujo).is_empty() && question.deadline.is_some());

    let result = flujo.resume::<support>("letter").reply(Approval::Allow).by("Ada").await?;
    assert_done(&result, &"Done.".to_owned());
    assert_eq!(refunds(&flujo), [("2207".to_owned(), 5_001)]);
    Ok(())
}

#[tokio::test]
async fn a_denial_reaches_the_model_which_escalates() -> Tested {
    let why = says("").calls("escalate", r#"{"why":"no photo"}"#);
    let script = Script::new().then(refund_call("2207", 12_900)).then(why).then(says("A colleague writes."));
    let flujo = desk(&script);
    run(&flujo).await;
    let denied = Approval::deny("send a photo first");
    let result = flujo.resume::<support>("letter").reply(denied).await?;
    assert_eq!(tool_results(&script), ["denied: send a photo first", "a colleague takes over"]);
    assert_eq!(result.context.escalations, ["no photo"]);
    assert!(refunds(&flujo).is_empty());
    Ok(())
}

#[tokio::test]
async fn an_edit_changes_the_amount() -> Tested {
    let script = Script::new().then(refund_call("2207", 12_900)).then(says("Half of it."));
    let flujo = desk(&script);
    run(&flujo).await;
    let wrong = Approval::edit(json!({"order": "2207", "cents": "half"}));
    assert!(flujo.resume::<support>("letter").reply(wrong).await.is_err(), "and the question stays open");
    let half = Approval::edit(json!({"order": "2207", "cents": 6_450}));
    flujo.resume::<support>("letter").reply(half).await?.into_output()?;
    assert_eq!(refunds(&flujo), [("2207".to_owned(), 6_450)]);
    // The model knows of it, and does not promise what it had asked for.
    let [note] = &tool_results(&script)[..] else { unreachable!() };
    assert!(note.starts_with("a person changed the arguments to "), "{note}");
    assert!(note.ends_with("refunded 6450 cents of order 2207"), "{note}");
    Ok(())
}

#[tokio::test]
async fn many_small_refunds_do_not_get_around_the_question() {
    let one = || refund_call("2207", 5_000);
    let both = one().calls("refund", r#"{"order":"2207","cents":4000}"#);
    let script = Script::new().then(both).then(one()).then(says("Done."));
    let flujo = desk(&script);
    run(&flujo).await;
    assert_eq!(refunds(&flujo).len(), 1);
    let results = tool_results(&script);
    assert_eq!(
        results.iter().filter(|result| result.contains("this order was refunded before")).count(),
        2,
        "{results:?}"
    );
}

#[tokio::test]
async fn the_handbook_is_searched_and_cannot_be_rewritten() {
    let calls =
        says("").calls("search", r#"{"query":"damaged"}"#).calls("rewrite", r#"{"query":"free chairs"}"#);
    let script = Script::new().then(calls).then(says("Done."));
    run(&desk(&script)).await;
    let offered: Vec<_> = script.requests().remove(0).tools.into_iter().map(|tool| tool.name).collect();
    assert_eq!(offered, ["look_up_order", "refund", "escalate", "search"]);
    let [found, refused] = &tool_results(&script)[..] else { unreachable!() };
    assert!(found.starts_with("Goods that arrive damaged"), "{found}");
    assert!(refused.starts_with("unknown tool `rewrite`"), "{refused}");
}

#[tokio::test]
async fn an_order_is_looked_up_once_in_ten_minutes() {
    let look = |order: &str| says("").calls("look_up_order", json!({"order": order}).to_string());
    let script = Script::new().then(look("1041")).then(look("1041")).then(look("1")).then(says("Done."));
    let result = run(&desk(&script)).await;
    let cached = |path: &str| result.step(path).map(flujo::StepResult::is_cached);
    assert_eq!((cached("support/help~2"), cached("support/help~4")), (Some(false), Some(true)));
    // What is not there is told to the model, and does not end the run.
    assert_eq!(tool_results(&script)[2], "failed: there is no order 1");
}

#[tokio::test]
async fn a_budget_that_is_too_small_refuses_the_call() {
    let script = Script::new().otherwise(|_| says("Done."));
    let flujo = desk(&script);
    let tight = UsageLimits::usd("0.005");
    let result = flujo.run(support("Help!".to_owned())).context(Case::default()).limits(tight).await;
    let error = result.into_output().unwrap_err().to_string();
    assert!(error.starts_with("support/help~1: the run's limit of $0.005 would be exceeded"), "{error}");
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_model_that_does_not_stop_ends_at_the_budget() {
    let script = Script::new().otherwise(|_| says("").calls("search", r#"{"query":"more"}"#));
    let result = desk(&script).run(support("Help!".to_owned())).context(Case::default()).await;
    assert!(result.usage.cost() <= BUDGET.cost.unwrap());
    assert!(result.into_output().is_err());
}

#[tokio::test]
async fn the_second_model_answers_when_the_first_fails() {
    let overloaded = ModelError::new(ModelFailure::Overloaded, "try later");
    let script = Script::new().then(overloaded).then(says("Done."));
    let result = run(&desk(&script)).await;
    assert_done(&result, &"Done.".to_owned());
    let asked: Vec<_> = script.requests().into_iter().map(|request| request.model).collect();
    assert_eq!(asked, ["anthropic:claude-sonnet-4-6", "openai:gpt-4o"]);
    let models: Vec<_> =
        result.by_model().into_iter().map(|(model, usage)| (model, usage.estimated_calls)).collect();
    assert_eq!(models, [(asked[0].clone(), 1), (asked[1].clone(), 0)]);
}

#[tokio::test]
async fn the_prompt_is_kept_by_the_provider_and_billed_at_its_price() {
    let script = Script::new().then(says("Done."));
    let result = run(&desk(&script)).await;
    assert_eq!(script.requests()[0].options.prompt_cache, Some(CacheTime::FiveMinutes));
    assert_eq!(result.usage.cached_tokens, 600);
    // 200 tokens at $3, 600 at $0.30 and 60 at $15 a million.
    assert_eq!(result.usage.cost(), flujo::Cost::usd("0.00168").unwrap());
}

/// Whichever command the process dies after, and whoever goes on: no model and no bank is called a second time.
#[tokio::test]
async fn resuming_calls_nothing_twice() -> Tested {
    let mut crashes = 0;
    for at in 1.. {
        let script = Script::new()
            .then(
                says("").calls("look_up_order", r#"{"order":"2207"}"#).calls("search", r#"{"query":"legs"}"#),
            )
            .then(refund_call("2207", 12_900))
            .then(says("Done."));
        let memory = Arc::new(Memory::new());
        let crash = Arc::new(Crash::new(Arc::clone(&memory), at, Moment::After));
        let process = || Flujo::builder().models(script.clone()).resources(shop());
        let dying = process().engine(Arc::clone(&crash)).build()?;
        let mut people = Replies::new().reply("support/help~5", Approval::Allow);
        let letter = dying.run(support("Three legs!".to_owned())).id("letter").context(Case::default());
        // It may have come to its end, which is asked for below.
        drop(people.run(letter).await);
        let next = process().engine(memory).build()?;
        let mut people = Replies::new().reply("support/help~5", Approval::Allow);
        let result = people.resume::<support, _>(&next, "letter").await?;
        assert_done(&result, &"Done.".to_owned());
        assert_eq!((script.requests().len(), refunds(&dying).len() + refunds(&next).len()), (3, 1), "{at}");
        if crash.struck().is_none() {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 8, "{crashes}");
    Ok(())
}

/// What a tracer has written.
#[derive(Clone, Default)]
struct Console(Arc<Mutex<Vec<u8>>>);

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Console {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn the_console_shows_an_approval_waiting() {
    let console = Console::default();
    let tracer = ConsoleTracer::to(console.clone()).level(TraceLevel::Runs).log_inputs(true);
    let script = Script::new().then(refund_call("2207", 12_900));
    let flujo = standing_still(script).unwrap().resources(shop()).observer(tracer).build().unwrap();
    run(&flujo).await;
    let expected = r#"support: run letter started, input ["Help!"]
  help~2: asks "Refund this?", showing {"arguments":{"cents":12900,"order":"2207"},"tool":"refund"}
support: paused, waiting for 1 reply, $0.00168, 860 tokens
  anthropic:claude-sonnet-4-6: 1 call, $0.00168, 860 tokens
"#;
    assert_eq!(console.text(), expected);
}

#[tokio::test]
async fn the_story_is_the_one_on_record() -> Tested {
    let console = Console::default();
    let tracer = ConsoleTracer::to(console.clone());
    let flujo = standing_still(script())?.resources(shop()).observer(tracer).limits(BUDGET).build()?;
    for (id, letter) in LETTERS {
        let result = flujo.run(support(letter.to_owned())).id(id).context(Case::default()).await;
        if let Outcome::Paused(_) = result.outcome {
            flujo.resume::<support>(id).reply(Approval::Allow).by("Ada").await?;
        }
    }
    let story = include_str!("expected.txt").lines();
    let of_console: Vec<_> =
        story.filter(|line| line.starts_with("  ") || line.starts_with("support: ")).collect();
    assert_eq!(console.text().lines().collect::<Vec<_>>(), of_console);
    Ok(())
}

#[test]
fn the_command_line_says_who_answers_and_what_a_person_replies() -> Tested {
    let asked = |words: &str| Asked::from_args(words.split_whitespace().map(str::to_owned));
    assert!(matches!(asked("")?, Asked { live: false, reply: Approval::Allow, .. }));
    let all = asked("--live --reply deny --mcp npx -y handbook --live")?;
    assert_eq!((all.live, all.server), (true, ["npx", "-y", "handbook", "--live"].map(str::to_owned).into()));
    assert_eq!(all.reply, Approval::deny("send a photo first"));
    for wrong in ["--reply", "--reply perhaps", "--mpc", "mug"] {
        assert!(asked(wrong).is_err(), "{wrong}");
    }
    Ok(())
}
