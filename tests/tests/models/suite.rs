//! One suite over every path to a model: each wire, and each provider with a dialect of its own, whole and in pieces,
//! through a step as users write it.

use crate::paths::To;
use crate::server::{Act, End, Server, json};
use crate::tools::calls;
use crate::wires::*;
use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo::prelude::*;
use flujo::{StepResult, Usage};
use flujo_testing::{EventLog, PausedClock, Replies};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    name: String,
    score: u8,
}

#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word} is a word"))
}

#[step(role = solution, max_tokens = 60, retries = 2)]
fn say(text: String) -> Prompt<String> {
    Prompt::system("Be brief.").user(text)
}

#[step(role = solution, max_tokens = 60, retries = 2)]
fn label(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

#[step(role = solution, max_tokens = 60, retries = 2, tools = [look_up])]
fn find(text: String) -> Prompt<Label> {
    Prompt::system("Find it out.").user(text)
}

#[step(role = solution, max_tokens = 60, retries = 2, tools = [look_up.ask_first_if(|word| word == "calm")])]
fn find_with_leave(text: String) -> Prompt<Label> {
    Prompt::system("Find it out.").user(text)
}

pipeline! {
    fn asking_first(text: String) -> Label { find_with_leave(text) }
}
pipeline! {
    fn saying(text: String) -> String { say(text) }
}
pipeline! {
    fn labelling(text: String) -> Label { label(text) }
}
pipeline! {
    fn finding(text: String) -> Label { find(text) }
}

/// What came of a run.
struct Came<T> {
    output: std::result::Result<T, String>,
    steps: Vec<StepResult>,
    usage: Usage,
    waited: Duration,
    sent: Vec<serde_json::Value>,
}

impl<T> Came<T> {
    fn attempts(&self) -> u32 {
        self.steps.last().map_or(0, StepResult::attempts)
    }
}

impl To {
    async fn run<P, T>(self, scripts: Vec<Vec<Act>>, call: P) -> Came<T>
    where
        P: AsyncFnOnce(&Flujo, Option<EventLog>) -> PipelineResult<T, ()>,
    {
        let server = Server::new(scripts);
        let clock = PausedClock::default();
        let engine = Memory::with_clock(Arc::new(clock.clone()) as Arc<dyn Clock>);
        let builder =
            Flujo::builder().engine(engine).models(self.models(&server.url)).role("solution", self.model());
        let flujo = builder.build().unwrap();
        let start = clock.now();
        // Who listens gets pieces.
        let result = call(&flujo, self.pieces.then(EventLog::new)).await;
        let waited = clock.now().since(start);
        let (steps, usage) = (result.steps.clone(), result.usage);
        let sent = server.sent().into_iter().map(|sent| sent.body).collect();
        Came { output: result.into_output().map_err(|e| e.to_string()), steps, usage, waited, sent }
    }

    fn say(self, scripts: Vec<Vec<Act>>) -> Came<String> {
        block_on(self.run(scripts, async |flujo, log| {
            let run = flujo.run(saying("Hi?".into()));
            match log {
                Some(log) => run.observer(log).await,
                None => run.await,
            }
        }))
    }

    fn label(self, scripts: Vec<Vec<Act>>) -> Came<Label> {
        block_on(self.run(scripts, async |flujo, log| {
            let run = flujo.run(labelling("It barks.".into()));
            match log {
                Some(log) => run.observer(log).await,
                None => run.await,
            }
        }))
    }
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

const DOG: &str = r#"{"name":"dog","score":9}"#;

fn dog() -> Label {
    Label { name: "dog".into(), score: 9 }
}

#[test]
fn suite_chat_typed_answers_repair_and_feedback() {
    for to in To::all() {
        let came = to.say(vec![to.says("Hello.")]);
        assert_eq!((came.output, came.usage.model_calls), (Ok("Hello.".to_owned()), 1), "{to:?}");
        let came = to.label(vec![to.says(DOG)]);
        assert_eq!((came.attempts(), came.usage.estimated_calls), (1, 0), "{to:?}");
        assert_eq!(came.output, Ok(dog()), "{to:?}");
        let came = to.label(vec![to.says("Here:\n```json\n{name: 'dog', score: 9,}\n```")]);
        assert!(came.steps[0].is_repaired(), "{to:?}");
        assert_eq!(came.output, Ok(dog()), "{to:?}");
        let came = to.label(vec![to.says(r#"{"name":"dog","score":900}"#), to.says(DOG)]);
        assert_eq!((came.attempts(), came.waited), (2, Duration::ZERO), "{to:?}");
        assert!(came.sent[1].to_string().contains("Your last answer was not accepted"), "{to:?}");
        assert_eq!(came.output, Ok(dog()), "{to:?}");
    }
}

#[test]
fn suite_tools() {
    for to in To::whole() {
        let wire = to.wire;
        let scripts = vec![json(200, "", &calls(wire)), to.says(DOG)];
        let came = block_on(to.run(scripts, async |flujo, _| flujo.run(finding("?".into())).await));
        // Two calls in one reply, then the answer, and the step itself.
        assert_eq!((came.steps.len(), came.usage.model_calls), (5, 2), "{to:?}");
        let told = came.sent[1].to_string();
        assert!(told.contains("calm is a word") && told.contains("storm is a word"), "{to:?}: {told}");
        assert_eq!(came.output, Ok(dog()), "{to:?}");
    }
}

#[test]
fn suite_tools_that_ask_first() {
    for to in To::whole() {
        let scripts = vec![json(200, "", &calls(to.wire)), to.says(DOG)];
        let came = block_on(to.run(scripts, async |flujo, _| {
            let mut people = Replies::new()
                .reply("asking_first/find_with_leave~2", Approval::edit(serde_json::json!({"word": "gale"})));
            people.run(flujo.run(asking_first("?".into())).id("r")).await.unwrap()
        }));
        assert_eq!(came.sent.len(), 2, "{to:?}");
        let told = came.sent[1].to_string();
        for part in ["a person changed the arguments to", "gale is a word", "storm is a word"] {
            assert!(told.contains(part), "{to:?}: {told}");
        }
        assert_eq!(came.output, Ok(dog()), "{to:?}");
    }
}

#[test]
fn suite_streams_that_break_off() {
    for to in To::all().filter(|to| to.pieces) {
        let wire = to.wire;
        for broken in [
            to.streams(&["Hel"], vec![], End::Cut),
            to.streams(&["Hel"], vec![], End::Clean),
            to.streams(&["Hel"], vec![trouble(wire)], End::Clean),
            to.streams(&["Hel"], vec![], End::Hang),
        ] {
            let came = to.say(vec![broken, to.says("Hello.")]);
            assert_eq!(came.attempts(), 2, "{to:?}: {:?}", came.output);
            // What broke off said nothing of what it used, and is charged in full.
            assert_eq!((came.usage.model_calls, came.usage.estimated_calls), (2, 1), "{to:?}");
            assert_eq!(came.output, Ok("Hello.".to_owned()), "{to:?}");
        }
    }
}

#[test]
fn suite_failures_that_pass_and_that_stay() {
    let quota = r#"{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let (second, first_backoff) = (Duration::from_secs(1), Duration::from_millis(200));
    for to in To::all() {
        for (fails, waits) in [
            (json(429, "retry-after: 7\r\n", "{}"), 7 * second..8 * second),
            (json(429, "", "{}"), Duration::ZERO..first_backoff),
            (json(500, "", "{}"), Duration::ZERO..first_backoff),
            (json(529, "", "{}"), Duration::ZERO..first_backoff),
        ] {
            let came = to.say(vec![fails, to.says("Hello.")]);
            assert_eq!(came.attempts(), 2, "{to:?}: {:?}", came.output);
            assert!(waits.contains(&came.waited), "{to:?}: {:?} of {waits:?}", came.waited);
            assert_eq!(came.output, Ok("Hello.".to_owned()), "{to:?}");
        }
        for (fails, says) in [
            (json(401, "", "{}"), "not authorized"),
            (json(403, "", "{}"), "not authorized"),
            (json(400, "", "{}"), "request rejected"),
            (json(429, "", quota), "quota exhausted"),
        ] {
            let came = to.say(vec![fails, to.says("Hello.")]);
            assert_eq!((came.attempts(), came.sent.len()), (1, 1), "{to:?}: {:?}", came.output);
            let error = came.output.unwrap_err();
            assert!(error.contains(says) && !error.contains(KEY), "{to:?}: {error}");
        }
    }
}

#[test]
fn suite_silence_and_usage_that_nobody_tells() {
    for to in To::all() {
        // It takes the request and never answers: the client gives up.
        let came = to.say(vec![vec![Act::Hang], to.says("Hello.")]);
        assert_eq!((came.attempts(), came.usage.estimated_calls), (2, 1), "{to:?}: {:?}", came.output);
        assert_eq!(came.output, Ok("Hello.".to_owned()), "{to:?}");
    }
    for to in To::whole() {
        let wire = to.wire;
        let mut silent: serde_json::Value = serde_json::from_str(&answer(wire, "Hello.")).unwrap();
        for word in ["usage", "usageMetadata", "prompt_eval_count", "eval_count"] {
            silent.as_object_mut().unwrap().remove(word);
        }
        let came = to.say(vec![json(200, "", &silent.to_string())]);
        assert_eq!((came.usage.model_calls, came.usage.estimated_calls), (1, 1), "{to:?}");
        // Not nothing: all that was reserved.
        assert!(came.usage.input_tokens > 9 && came.usage.output_tokens == 60, "{to:?}: {:?}", came.usage);
        assert_eq!(came.output, Ok("Hello.".to_owned()), "{to:?}");
    }
}
