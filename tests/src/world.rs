//! The steps and services that the rows are told with. Every step notes that it was really called.

use crate::engines::AnyEngine;
use crate::library::Library;
use crate::servants;
use crate::with_engine;
use flujo::engine::{Kind, RecordOutcome, RunView};
use flujo::model::{
    ChunkSink, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, PriceBook, Role, Tokens,
};
use flujo::prelude::*;
use flujo::recipes::{Team, Toolbox};
use flujo::{Cost, Usage};
use std::sync::{Arc, Mutex, OnceLock};

/// Every real call of a step: its path and attempt.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<(String, u32)>>>, Option<Arc<Log>>, Arc<(OnceLock<Toolbox>, OnceLock<Team>)>);

/// A file that outlives the process, with a line for each call.
pub struct Log {
    pub file: std::fs::File,
    /// How long each call takes, for real.
    pub slow: std::time::Duration,
}

impl Calls {
    pub fn logged(log: Log) -> Self {
        Self(Arc::default(), Some(Arc::new(log)), Arc::default())
    }
    pub fn note(&self, run: &RunInfo) {
        if let Some(log) = &self.1 {
            let line = format!("{} {} {}\n", run.id(), run.path(), run.attempt());
            std::io::Write::write_all(&mut &log.file, line.as_bytes()).unwrap();
            std::thread::sleep(log.slow);
        }
        self.0.lock().unwrap().push((run.path().to_string(), run.attempt()));
    }
    /// The same calls, for those who serve here: they do not serve each other.
    fn of_servants(&self) -> Arc<Self> {
        Arc::new(Self(Arc::clone(&self.0), self.1.clone(), Arc::default()))
    }
    pub fn all(&self) -> Vec<(String, u32)> {
        self.0.lock().unwrap().clone()
    }
    pub fn of(&self, path: &str) -> usize {
        self.all().iter().filter(|(p, _)| p == path).count()
    }
    pub fn len(&self) -> usize {
        self.all().len()
    }
}

#[resources]
pub struct World {
    pub calls: Calls,
}

impl flujo::Provides<Library> for World {
    fn provide(&self) -> &Library {
        &Library
    }
}
impl flujo::Provides<Toolbox> for World {
    fn provide(&self) -> &Toolbox {
        self.calls.2.0.get_or_init(|| servants::desk(&self.calls.of_servants()))
    }
}
impl flujo::Provides<Team> for World {
    fn provide(&self) -> &Team {
        self.calls.2.1.get_or_init(servants::team)
    }
}

/// A context with every kind of part.
#[context]
#[derive(Debug, PartialEq, Default)]
pub struct State {
    pub title: String,
    #[context(part)]
    pub draft: Draft,
    #[context(part, merge = append)]
    pub log: Vec<String>,
    #[context(part, merge = sum)]
    pub total: u64,
}

#[derive(Clone, Debug, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Draft {
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Label {
    pub name: String,
}

/// Returns its input.
#[step]
pub async fn echo(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(text)
}

/// Adds a line to the log.
#[step]
pub async fn add(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    // Beside others: the order of what is recorded is not the order of what is written.
    tokio::task::yield_now().await;
    log.push(text.clone());
    Ok(text)
}

/// Writes the draft, a part without a merge rule.
#[step]
pub async fn write(text: String, draft: &mut Draft, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    draft.text.push_str(&text);
    Ok(draft.text.clone())
}

/// Counts.
#[step]
pub async fn count(n: u64, total: &mut u64, calls: &Calls, run: &RunInfo) -> Result<u64> {
    calls.note(run);
    *total += n;
    Ok(*total)
}

/// Fails as often as it is told, then returns the attempt. Writes before it fails.
#[step(retries = 3, backoff = none)]
pub async fn flaky(failures: u32, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<u32> {
    calls.note(run);
    log.push(format!("attempt {}", run.attempt()));
    if run.attempt() <= failures {
        return Err(StepError::retryable(format!("not yet ({})", run.attempt())));
    }
    Ok(run.attempt())
}

/// Always fails, for good.
#[step]
pub async fn broken(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Err(StepError::fatal(format!("broken by {text}")))
}

/// Answered by a model.
#[step(model = "test:small", max_tokens = 50, retries = 1, backoff = none)]
pub fn label(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

/// Answers with what it is told to, and counts.
#[derive(Clone, Default)]
pub struct Scripted {
    pub answers: Arc<Mutex<Vec<String>>>,
    pub requests: Arc<Mutex<Vec<ModelRequest>>>,
}

impl Scripted {
    pub fn new(answers: &[&str]) -> Self {
        let answers = answers.iter().rev().map(|s| (*s).to_owned()).collect();
        Self { answers: Arc::new(Mutex::new(answers)), requests: Arc::default() }
    }
}

#[async_trait::async_trait]
impl ModelClient for Scripted {
    async fn call(
        &self,
        request: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let said = calls_of(&request);
        let is_down = request.model == "test:down";
        self.requests.lock().unwrap().push(request);
        let used = Tokens::new(100, 10);
        if is_down {
            return Err(ModelError::new(ModelFailure::Overloaded, "down").used(used));
        }
        if let Some(reply) = said {
            return Ok(reply.used(used));
        }
        let content = self.answers.lock().unwrap().pop().unwrap_or_else(|| r#"{"name":"calm"}"#.to_owned());
        Ok(ModelReply::new(content).used(used))
    }
}

/// Where there are tools, it calls two beside each other, then one, then it answers.
fn calls_of(request: &ModelRequest) -> Option<ModelReply> {
    let told = request.messages.iter().filter(|message| message.role == Role::Tool).count();
    if request.tools.iter().any(|tool| tool.name == "fetch") {
        return (told == 0)
            .then(|| ModelReply::new("").calls("search", r#"{"q":"a"}"#).calls("fetch", r#"{"q":"b"}"#));
    }
    if request.tools.iter().any(|tool| tool.name == "compose") {
        return calls_of_a_clerk(told);
    }
    match (request.tools.is_empty(), told) {
        (false, 0) => Some(
            ModelReply::new("Two at once.")
                .calls("look_up", r#"{"word":"later"}"#)
                .calls("add_up", r#"{"numbers":[1,2],"times":3}"#),
        ),
        (false, 2) => Some(ModelReply::new("").calls("look_up", r#"{"word":"nothing"}"#)),
        _ => None,
    }
}

/// A step and a pipeline beside each other, then two that have to wait for each other.
fn calls_of_a_clerk(told: usize) -> Option<ModelReply> {
    let reply = ModelReply::new("");
    match told {
        0 => Some(reply.calls("keep", r#"{"line":"a"}"#).calls("keep_checked", r#"{"line":" b "}"#)),
        2 => Some(reply.calls("compose", r#"{"line":"c"}"#).calls("compose", r#"{"line":"d"}"#)),
        _ => None,
    }
}

/// A nano-dollar for each token sent, ten for each received.
#[derive(Clone, Copy)]
pub struct Prices;
impl PriceBook for Prices {
    fn price(&self, _: &str, tokens: &Tokens) -> Option<Cost> {
        Some(Cost(tokens.input + 10 * tokens.output))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}

/// One call of the scripted model.
pub fn one_call() -> Usage {
    Usage::of_cost(Cost(200)).model_calls(1).input_tokens(100).output_tokens(10)
}

/// What a call is charged at that nobody heard of again: all that was reserved for it.
pub fn charge_of(request: &ModelRequest) -> Usage {
    let tokens = flujo::Estimate::UpperBound.tokens(request, 0);
    let cost = Prices.bound(&request.model, &tokens).unwrap();
    let usage = Usage::of_cost(cost).model_calls(1).estimated_calls(1);
    let written = tokens.cache_write.saturating_add(tokens.cache_write_1h).min(tokens.input);
    usage.input_tokens(tokens.input).output_tokens(tokens.output).cache_write_tokens(written)
}

/// `n` calls of the scripted model.
pub fn calls_of_the_model(n: u64) -> Usage {
    let Usage { input_tokens, output_tokens, model_calls, cost, .. } = one_call();
    let usage = Usage::of_cost(Cost(cost.0 * n)).model_calls(model_calls * n);
    usage.input_tokens(input_tokens * n).output_tokens(output_tokens * n)
}

/// An engine's front with the world behind it.
pub fn flujo(engine: &AnyEngine) -> (Flujo<World>, Calls) {
    with_model(engine, Scripted::default())
}

pub fn with_model(engine: &AnyEngine, model: Scripted) -> (Flujo<World>, Calls) {
    let calls = Calls::default();
    let builder = Flujo::builder().resources(World { calls: calls.clone() }).models(model).prices(Prices);
    let built = with_engine!(engine, e => builder.engine(e.clone()).build());
    (built.unwrap(), calls)
}

/// Runs a test on every engine.
pub fn on_all<F: Future<Output = ()>>(test: impl Fn(AnyEngine, flujo_testing::PausedClock) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (engine, clock) in crate::engines::all() {
        println!("on {}", engine.name());
        runtime.block_on(test(engine, clock));
    }
}

/// Finished attempts, in a form that does not depend on the order of what ran side by side.
pub fn finished(view: &RunView) -> Vec<(String, u32, String)> {
    let mut out: Vec<_> = view
        .records
        .iter()
        .filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model))
        .map(|r| {
            let what = match &r.outcome {
                RecordOutcome::Output(json) => format!("{json} {:?}", r.parts),
                RecordOutcome::Failure(failure) => format!("failed: {:?}", failure.chain),
            };
            (r.key.path.to_string(), r.key.n, what)
        })
        .collect();
    out.sort();
    out
}
