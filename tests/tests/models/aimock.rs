//! Against a server that nobody here wrote: npm's `@copilotkit/aimock`, which speaks for five providers. Where node
//! or the package is absent this says so, loudly; `FLUJO_AIMOCK=required` makes that a failure.

use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo::model::Rates;
use flujo::prelude::*;
use flujo::{Cost, StepResult, Usage};
use flujo_models::{Models, PriceList};
use flujo_testing::{EventLog, PausedClock};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// A provider, the model that is asked there, and where it is below the address of the server.
const PATHS: [(&str, &str, &str); 5] = [
    ("openai", "openai:gpt-4o-mini", "v1/"),
    ("openai-responses", "openai-responses:gpt-5-mini", "v1/"),
    ("anthropic", "anthropic:claude-sonnet-4-5", "v1/"),
    ("gemini", "gemini:gemini-2.5-flash", "v1beta/"),
    ("openrouter", "openrouter:openai/gpt-4o", "api/v1/"),
];

const KEY: &str = "sk-planted-77aa";

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    name: String,
    score: u8,
}

#[step(model = "test:replaced", max_tokens = 60, retries = 2)]
fn label(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

#[step(model = "test:replaced", max_tokens = 60, retries = 2)]
fn say(text: String) -> Prompt<String> {
    Prompt::system("Be brief.").user(text)
}

pipeline! {
    fn labelling(text: String, model: String) -> Label {
        label(text).model(model)
    }
}

pipeline! {
    fn saying(text: String, model: String) -> String {
        say(text).model(model)
    }
}

/// Looks a word up.
#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word} is a state of no wind"))
}

#[step(model = "test:replaced", max_tokens = 60, retries = 2, tools = [look_up])]
fn find(text: String) -> Prompt<Label> {
    Prompt::system("Find it out.").user(text)
}

pipeline! {
    fn finding(text: String, model: String) -> Label {
        find(text).model(model)
    }
}

/// A running server; it ends with the test.
struct Aimock {
    child: Child,
    url: String,
    fixtures: PathBuf,
}

impl Drop for Aimock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.fixtures);
    }
}

impl Aimock {
    /// Starts one with these fixtures, if it can be started here.
    fn start(test: &str, fixtures: &Value) -> Option<Self> {
        let cli =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("aimock/node_modules/@copilotkit/aimock/dist/cli.js");
        if !cli.exists() {
            let what = "aimock is not installed: (cd tests/aimock && npm ci --ignore-scripts)";
            assert_ne!(std::env::var("FLUJO_AIMOCK").as_deref(), Ok("required"), "{what}");
            // What tests print is shown when they fail. This is for those that pass.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
            return None;
        }
        let file = std::env::temp_dir().join(format!("flujo-aimock-{}-{test}.json", std::process::id()));
        std::fs::write(&file, json!({"fixtures": fixtures}).to_string()).unwrap();
        let mut child = Command::new("node")
            .arg(cli)
            .args(["-p", "0", "--validate-on-load", "-f"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("listening on ").map(|(_, url)| format!("{}/", url.trim()))
        });
        // Its pipe must not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: url.unwrap(), fixtures: file })
    }

    fn models(&self) -> Models {
        let models = PATHS.iter().fold(Models::builder(), |models, (provider, _, path)| {
            models.key(provider, KEY).base_url(provider, format!("{}{path}", self.url))
        });
        models.silence_timeout(Duration::from_secs(5)).build().unwrap()
    }

    /// An engine whose clock stands still, so that nobody waits for a `Retry-After`.
    fn flujo(&self) -> (Flujo, PausedClock) {
        let clock = PausedClock::default();
        let engine = Memory::with_clock(Arc::new(clock.clone()) as Arc<dyn Clock>);
        let rates = Rates::usd("1", "2").unwrap();
        let prices = PATHS.iter().fold(PriceList::bundled(), |list, (_, model, _)| list.with(*model, rates));
        let flujo = Flujo::builder().engine(engine).models(self.models()).prices(prices).build().unwrap();
        (flujo, clock)
    }
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// What the server says that a call used.
fn usage() -> Value {
    json!({"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50})
}

fn used(calls: u64) -> Usage {
    let cost = Cost(60_000 * calls);
    Usage::of_cost(cost).model_calls(calls).input_tokens(40 * calls).output_tokens(10 * calls)
}

fn one_of<T, C>(result: &PipelineResult<T, C>) -> &StepResult {
    assert_eq!(result.steps.len(), 1);
    &result.steps[0]
}

#[test]
fn typed_answers_from_five_providers_whole_and_in_pieces() {
    let fixtures = json!([
        {"match": {"userMessage": "barks"}, "response": {"content": {"name": "dog", "score": 9}, "usage": usage()}},
        {"match": {"userMessage": "poem"}, "response": {"content": "Roses are red, violets are blue.", "usage": usage()}},
    ]);
    let Some(server) = Aimock::start("typed", &fixtures) else { return };
    for (provider, model, _) in PATHS {
        let (flujo, _) = server.flujo();
        let result = block_on(async { flujo.run(labelling("It barks.".into(), model.into())).await });
        assert_eq!(result.usage, used(1), "{provider}");
        assert_eq!(one_of(&result).by_model(), [(model.to_owned(), used(1))], "{provider}");
        assert!(!one_of(&result).is_repaired(), "{provider}");
        assert_eq!(result.into_output().unwrap(), Label { name: "dog".into(), score: 9 }, "{provider}");

        let log = EventLog::new();
        let result =
            block_on(async { flujo.run(saying("A poem.".into(), model.into())).observer(log.clone()).await });
        assert_eq!(result.usage, used(1), "{provider}");
        assert_eq!(result.into_output().unwrap(), "Roses are red, violets are blue.", "{provider}");
        let chunks = log.take().iter().filter(|event| event.kind.word() == "chunk").count();
        assert!(chunks > 1, "{provider}: {chunks} chunks");
    }
}

#[test]
fn answers_are_mended_or_go_back() {
    let fixtures = json!([
        {"match": {"userMessage": "not accepted"}, "response": {"content": {"name": "cat", "score": 7}, "usage": usage()}},
        {"match": {"userMessage": "fenced"}, "response": {"content": "```json\n{name: 'dog', score: 9,}\n```", "usage": usage()}},
        {"match": {"userMessage": "wrong"}, "response": {"content": "{\"name\": \"cat\", \"score\": 700}", "usage": usage()}},
    ]);
    let Some(server) = Aimock::start("mended", &fixtures) else { return };
    for (provider, model, _) in PATHS {
        let (flujo, _) = server.flujo();
        let result = block_on(async { flujo.run(labelling("fenced".into(), model.into())).await });
        assert!(one_of(&result).is_repaired(), "{provider}");
        assert_eq!(result.into_output().unwrap(), Label { name: "dog".into(), score: 9 }, "{provider}");
        let result = block_on(async { flujo.run(labelling("wrong".into(), model.into())).await });
        // Both attempts cost.
        assert_eq!((result.usage, one_of(&result).attempts()), (used(2), 2), "{provider}");
        assert_eq!(result.into_output().unwrap(), Label { name: "cat".into(), score: 7 }, "{provider}");
    }
}

#[test]
fn failures_are_told_apart_by_every_provider() {
    let error = |status: u16, code: &str| json!({"error": {"message": "no", "type": code, "code": code}, "status": status});
    let mut fixtures = Vec::new();
    for (provider, ..) in PATHS {
        let flaky = format!("flaky {provider}.");
        let mut limited = error(429, "rate_limit_exceeded");
        limited["retryAfter"] = json!(7);
        fixtures.push(json!({"match": {"userMessage": flaky, "sequenceIndex": 0}, "response": limited}));
        fixtures.push(json!({"match": {"userMessage": flaky, "sequenceIndex": 1}, "response": error(500, "server_error")}));
        fixtures.push(json!({"match": {"userMessage": flaky, "sequenceIndex": 2}, "response": {"content": "At last.", "usage": usage()}}));
    }
    fixtures.push(json!({"match": {"userMessage": "broke"}, "response": error(429, "insufficient_quota")}));
    fixtures.push(json!({"match": {"userMessage": "stranger"}, "response": error(401, "invalid_api_key")}));
    let Some(server) = Aimock::start("failures", &json!(fixtures)) else { return };
    for (provider, model, _) in PATHS {
        let (flujo, clock) = server.flujo();
        let start = clock.now();
        let result = block_on(async { flujo.run(saying(format!("flaky {provider}."), model.into())).await });
        assert_eq!(one_of(&result).attempts(), 3, "{provider}: {:?}", result.outcome);
        // What failed without saying so is charged in full.
        assert_eq!((result.usage.model_calls, result.usage.estimated_calls), (3, 2), "{provider}");
        assert_eq!(result.into_output().unwrap(), "At last.", "{provider}");
        let waited = clock.now().since(start);
        assert!(
            waited >= Duration::from_secs(7) && waited < Duration::from_secs(8),
            "{provider}: {waited:?}"
        );
        // OpenRouter says 402 when the money is gone; of a 429 it tells nothing more.
        let broke = if provider == "openrouter" {
            (3, "rate limited: status 429")
        } else {
            (1, "quota exhausted: status 429")
        };
        let stranger = (1, "not authorized: status 401");
        for (text, (attempts, says)) in [("broke", broke), ("stranger", stranger)] {
            let result = block_on(async { flujo.run(saying(text.into(), model.into())).await });
            assert_eq!(one_of(&result).attempts(), attempts, "{provider} {text}");
            let error = result.into_output().unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains(KEY), "{provider}: {error}");
        }
    }
}

#[test]
fn a_stream_that_breaks_off_is_tried_again() {
    let mut fixtures = Vec::new();
    for (provider, ..) in PATHS {
        let text = format!("long {provider}.");
        let content = "A very long answer that nobody ever hears the end of. ".repeat(4);
        fixtures
            .push(json!({"match": {"userMessage": text, "sequenceIndex": 0}, "latency": 40, "chunkSize": 4,
            "disconnectAfterMs": 600, "response": {"content": content, "usage": usage()}}));
        fixtures.push(json!({"match": {"userMessage": text, "sequenceIndex": 1}, "response": {"content": "Short.", "usage": usage()}}));
    }
    let Some(server) = Aimock::start("cut", &json!(fixtures)) else { return };
    for (provider, model, _) in PATHS {
        let (flujo, _) = server.flujo();
        let log = EventLog::new();
        let result = block_on(async {
            flujo.run(saying(format!("long {provider}."), model.into())).observer(log.clone()).await
        });
        assert_eq!(one_of(&result).attempts(), 2, "{provider}: {:?}", result.outcome);
        assert_eq!(result.into_output().unwrap(), "Short.", "{provider}");
        let told: Vec<_> = log.take().iter().map(|event| event.kind.word()).collect();
        let first = told.iter().position(|word| *word == "chunk").unwrap();
        let retried = told.iter().position(|word| *word == "retried").unwrap();
        let last = told.iter().rposition(|word| *word == "chunk").unwrap();
        assert!(first < retried && retried < last, "{provider}: {told:?}");
    }
}

#[test]
fn tools_are_called_by_five_providers() {
    let call = json!([{"name": "look_up", "arguments": "{\"word\":\"calm\"}"}]);
    let answer = json!({"content": {"name": "calm", "score": 9}, "usage": usage()});
    // Once there is a result, it answers.
    let fixtures = json!([
        {"match": {"userMessage": "weather", "hasToolResult": true}, "response": answer},
        {"match": {"userMessage": "weather", "hasToolResult": false}, "response": {"toolCalls": call, "usage": usage()}},
    ]);
    let Some(server) = Aimock::start("tools", &fixtures) else { return };
    for (provider, model, _) in PATHS {
        for heard in [false, true] {
            let (flujo, _) = server.flujo();
            let run = flujo.run(finding("The weather?".into(), model.into()));
            let run = if heard { run.observer(EventLog::new()) } else { run };
            let result = block_on(run.into_future());
            let paths: Vec<_> = result.steps.iter().map(|step| step.path().to_string()).collect();
            let what = format!("{provider}, streamed: {heard}: {:?}", result.outcome);
            assert_eq!(
                paths,
                ["finding/find~1", "finding/find~2", "finding/find~3", "finding/find"],
                "{what}"
            );
            assert_eq!(result.usage, used(2), "{what}");
            assert!(result.step("finding/find~2").is_some_and(StepResult::is_done), "{what}");
            assert_eq!(result.into_output().unwrap(), Label { name: "calm".into(), score: 9 }, "{provider}");
        }
    }
}
