//! Against the proxy `LiteLLM`, which many teams have in front of their models: over OpenAI's chat completions and over
//! Anthropic's messages. `tests/litellm/config.yaml` says what its models answer. Where it is not installed this says so,
//! loudly; `FLUJO_LITELLM=required` makes that a failure.

use crate::python::PythonServer;
use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo::prelude::*;
use flujo::{StepResult, Usage};
use flujo_models::Models;
use flujo_testing::{EventLog, PausedClock};
use std::sync::Arc;
use std::time::Duration;

static LITELLM: PythonServer = PythonServer::new("litellm", "FLUJO_LITELLM");

/// The key of the proxy, which its administrator has.
const KEY: &str = "sk-planted-proxy-77aa";
/// A key that nobody has.
const WRONG: &str = "sk-planted-wrong-88bb";

const CHAT: &str = "openai";
const MESSAGES: &str = "anthropic";

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    name: String,
    score: u8,
}

#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word} is a word"))
}

#[step(model = "test:replaced", max_tokens = 60, retries = 2)]
fn say(text: String) -> Prompt<String> {
    Prompt::system("Be brief.").user(text)
}

#[step(model = "test:replaced", max_tokens = 60, retries = 2)]
fn label(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

#[step(model = "test:replaced", max_tokens = 60, tools = [look_up], tool_rounds = 1)]
fn find(text: String) -> Prompt<Label> {
    Prompt::system("Find it out.").user(text)
}

pipeline! {
    fn saying(model: String) -> String { say("A poem.".into()).model(model) }
}
pipeline! {
    fn labelling(model: String) -> Label { label("It barks.".into()).model(model) }
}
pipeline! {
    fn finding(model: String) -> Label { find("The weather?".into()).model(model) }
}

/// Starts the proxy, if it can be started here.
fn proxy() -> Option<&'static str> {
    LITELLM.url(|python, port| {
        python.args(["-m", "litellm.proxy.proxy_cli", "--host", "127.0.0.1", "--port", &port.to_string()]);
        python.args(["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/litellm/config.yaml")]);
        python.env("PROXY_KEY", KEY).env("PROXY_URL", format!("http://127.0.0.1:{port}/v1"));
        // Its prices are those that it came with.
        python.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    })
}

/// An engine whose clock stands still, so that nobody waits before another attempt.
fn flujo(url: &str, key: &str) -> Flujo {
    let models = [CHAT, MESSAGES].into_iter().fold(Models::builder(), |models, provider| {
        models.key(provider, key).base_url(provider, format!("{url}v1/"))
    });
    let models = models.silence_timeout(Duration::from_secs(60)).build().unwrap();
    let engine = Memory::with_clock(Arc::new(PausedClock::default()) as Arc<dyn Clock>);
    Flujo::builder().engine(engine).models(models).build().unwrap()
}

/// What came of a run, and how many pieces of text somebody heard.
struct Came<T> {
    output: std::result::Result<T, String>,
    steps: Vec<StepResult>,
    usage: Usage,
    pieces: usize,
}

impl<T> Came<T> {
    fn attempts(&self) -> u32 {
        self.steps.last().map_or(0, StepResult::attempts)
    }

    fn used(&self) -> (u64, u64, u64) {
        assert_eq!(self.usage.estimated_calls, 0, "nobody told what was used");
        (self.usage.model_calls, self.usage.input_tokens, self.usage.output_tokens)
    }
}

/// Runs a pipeline with this model; who listens gets pieces.
macro_rules! came {
    ($flujo:expr, $pipeline:ident, $provider:expr, $model:expr, $listens:expr) => {{
        let log = EventLog::new();
        let run = $flujo.run($pipeline(format!("{}:{}", $provider, $model)));
        let run = if $listens { run.observer(log.clone()) } else { run };
        let result = block_on(run.into_future());
        let pieces = log.take().iter().filter(|event| event.kind.word() == "chunk").count();
        let (steps, usage) = (result.steps.clone(), result.usage);
        Came { output: result.into_output().map_err(|e| e.to_string()), steps, usage, pieces }
    }};
}

fn block_on<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// A way to an answer that the proxy makes up.
struct Way {
    provider: &'static str,
    /// The beginning of the model's name.
    prefix: &'static str,
    streamed: bool,
    /// The tokens that the proxy reports, if they are always the same. In streams it counts them.
    used: Option<(u64, u64)>,
}

const fn way(provider: &'static str, prefix: &'static str, streamed: bool, used: Option<(u64, u64)>) -> Way {
    Way { provider, prefix, streamed, used }
}

impl Way {
    const ALL: [Self; 8] = [
        way(CHAT, "", false, Some((10, 20))),
        way(CHAT, "", true, None),
        way(CHAT, "relayed-", false, Some((10, 20))),
        way(CHAT, "relayed-", true, None),
        way(MESSAGES, "", false, Some((2095, 503))),
        way(MESSAGES, "", true, Some((2095, 503))),
        way(MESSAGES, "relayed-", false, Some((10, 20))),
        way(MESSAGES, "relayed-", true, None),
    ];

    /// Checks that an answer came this way: what the proxy makes up for Anthropic's protocol comes whole, even where a
    /// stream was asked for.
    fn check<T>(&self, came: &Came<T>, counted: (u64, u64)) {
        let Self { provider, prefix, streamed, used } = self;
        let what = format!("{provider}, {prefix}, streamed: {streamed}");
        let (input, output) = used.unwrap_or(counted);
        assert_eq!(came.used(), (1, input, output), "{what}");
        let in_pieces = *streamed && (*provider, *prefix) != (MESSAGES, "");
        assert_eq!(came.pieces > 1, in_pieces, "{what}: {} pieces", came.pieces);
        assert!(!came.steps[0].is_repaired(), "{what}");
    }
}

#[test]
fn litellm_says_text_whole_and_in_pieces() {
    let Some(url) = proxy() else { return };
    for way in Way::ALL {
        let came = came!(flujo(url, KEY), saying, way.provider, format!("{}text", way.prefix), way.streamed);
        way.check(&came, (17, 11));
        assert_eq!(came.output, Ok("Roses are red, violets are blue.".to_owned()));
    }
}

#[test]
fn litellm_gives_typed_answers_whole_and_in_pieces() {
    let Some(url) = proxy() else { return };
    for way in Way::ALL {
        let came =
            came!(flujo(url, KEY), labelling, way.provider, format!("{}typed", way.prefix), way.streamed);
        way.check(&came, (18, 12));
        assert_eq!(came.output, Ok(Label { name: "dog".into(), score: 9 }));
    }
}

/// It says a text beside its calls, and that it stops where others say that they call tools. Once it is told what came
/// of them it calls them again: what it is told has been read by then, and nothing more can be had of it.
#[test]
fn litellm_calls_tools() {
    let Some(url) = proxy() else { return };
    for (provider, model) in [(CHAT, "calls"), (CHAT, "relayed-calls"), (MESSAGES, "relayed-calls")] {
        let came = came!(flujo(url, KEY), finding, provider, model, false);
        let steps: Vec<_> = came.steps.iter().map(|step| (step.path().to_string(), step.is_done())).collect();
        let steps: Vec<_> = steps.iter().map(|(path, done)| (path.as_str(), *done)).collect();
        // Two calls in one reply, the second reply, and the step itself.
        let (replies, tools) = ([1, 4], [2, 3]);
        for n in replies.into_iter().chain(tools) {
            assert!(steps.contains(&(&format!("finding/find~{n}"), true)), "{provider} {model}: {steps:?}");
        }
        assert_eq!((steps.len(), steps[4]), (5, ("finding/find", false)), "{provider} {model}: {steps:?}");
        assert_eq!(came.used(), (2, 20, 40), "{provider} {model}");
        let error = came.output.unwrap_err();
        assert!(error.contains("still asks for tools after 1 rounds"), "{provider} {model}: {error}");
    }
}

#[test]
fn litellm_failures_are_told_apart() {
    let Some(url) = proxy() else { return };
    let again = |says| (3, says);
    let at_once = |says| (1, says);
    let limited = again("rate limited: status 429: litellm.RateLimitError");
    let broken = again("provider overloaded: status 500: litellm.InternalServerError");
    let too_long = at_once("request rejected: status 400: litellm.");
    let timed_out = again("timed out: status 408: litellm.");
    for (providers, model, (attempts, says)) in [
        (&[CHAT, MESSAGES][..], "limited", limited),
        (&[CHAT, MESSAGES], "relayed-limited", limited),
        (&[CHAT, MESSAGES], "broken", broken),
        (&[CHAT, MESSAGES], "relayed-broken", broken),
        (&[CHAT, MESSAGES], "unreachable", broken),
        (&[CHAT, MESSAGES], "too-long", too_long),
        (&[CHAT, MESSAGES], "relayed-too-long", too_long),
        // For Anthropic's protocol it makes up neither of these.
        (&[CHAT], "overloaded", again("provider overloaded: status 529: litellm.APIError")),
        (&[CHAT], "slow", timed_out),
        (&[CHAT, MESSAGES], "relayed-slow", timed_out),
        (&[CHAT, MESSAGES], "nobody", at_once("request rejected: status 400: ")),
    ] {
        for provider in providers {
            for listens in [false, true] {
                let what = format!("{provider}:{model}, streamed: {listens}");
                let came = came!(flujo(url, KEY), saying, provider, model, listens);
                assert_eq!(came.attempts(), attempts, "{what}: {:?}", came.output);
                // What failed without saying so is charged in full.
                assert_eq!(came.usage.estimated_calls, u64::from(attempts), "{what}");
                let error = came.output.unwrap_err();
                assert!(error.contains(says) && !error.contains(KEY), "{what}: {error}");
            }
        }
    }
}

#[test]
fn litellm_answers_that_are_cut_short_are_none() {
    let Some(url) = proxy() else { return };
    for (provider, model) in
        [(CHAT, "cut-short"), (CHAT, "relayed-cut-short"), (MESSAGES, "relayed-cut-short")]
    {
        let came = came!(flujo(url, KEY), saying, provider, model, false);
        assert_eq!((came.attempts(), came.used()), (3, (3, 120, 30)), "{provider} {model}");
        assert_eq!(came.usage.cached_tokens, 48, "{provider} {model}");
        let error = came.output.unwrap_err();
        assert!(error.contains("the answer was cut short at max_tokens"), "{provider} {model}: {error}");
    }
}

/// A proxy without a database knows its own key alone, and has words of its own for every other.
#[test]
fn litellm_refuses_keys_that_it_does_not_know() {
    let Some(url) = proxy() else { return };
    for provider in [CHAT, MESSAGES] {
        for listens in [false, true] {
            let came = came!(flujo(url, WRONG), saying, provider, "text", listens);
            assert_eq!(came.attempts(), 1, "{provider}: {:?}", came.output);
            let error = came.output.unwrap_err();
            assert!(error.contains("not authorized: status 400: No connected db."), "{provider}: {error}");
            assert!(!error.contains(WRONG), "{provider}: {error}");
        }
    }
}
