use super::*;
use crate::Flujo;
use crate::events::Redact;
use crate::model::{
    ChunkSink, FinishReason, ModelClient, ModelError, ModelFailure, ModelReply, ModelRequest, Prices, Rates,
    Script, Tokens,
};
use crate::prelude::*;
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps what would be sent.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);
impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(batch);
        Ok(())
    }
}

#[step(model = "gemini:gemini-2.5-flash", temperature = 0.5, max_tokens = 50, retries = 1, backoff = none)]
fn label(text: String) -> Prompt<Vec<String>> {
    Prompt::system("Label it; my key is sk-planted-0123456789.").user(text)
}
#[step]
async fn count(labels: Vec<String>) -> Result<usize> {
    Ok(labels.len())
}
pipeline! {
    fn labelling(text: String) -> usize {
        label(text) >> count
    }
}

/// With one subscriber alone, `tracing` asks the subscriber of the first thread at a callsite whether it is interested,
/// and caches the answer; the threads of other tests have none.
fn second() -> tracing::Dispatch {
    tracing::Dispatch::new(Registry::default())
}

/// A script that is said to be somewhere.
struct At(Script);
#[crate::async_trait]
impl ModelClient for At {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        self.0.call(request, chunks).await
    }
    fn server(&self, _: &str) -> Option<(String, u16)> {
        Some(("models.example".to_owned(), 443))
    }
}

fn run(capture: bool) -> Vec<SpanData> {
    let _second = second();
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let subscriber = Registry::default().with(layer(&provider));
    let tokens = Tokens::new(9, 2).cached(4).reasoning(1);
    let answer = ModelReply {
        served_model: Some("gemini:gemini-2.5-flash-002".into()),
        id: Some("answer-7".into()),
        ..ModelReply::new("[\"a\"]")
    };
    let script = Script::new()
        .then(ModelError::new(ModelFailure::Overloaded, "sk-planted"))
        .then(answer.used(tokens).finished(FinishReason::Stop));
    let prices = Prices::new().model("gemini:gemini-2.5-flash", Rates::usd("1", "1").unwrap());
    let builder = Flujo::builder().models(At(script)).prices(prices);
    let redact = Redact::new().secret("planted words");
    let builder = if capture { builder.capture_content(redact) } else { builder };
    let flujo = builder.build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let text = "planted words of ada@example.org".to_owned();
        let result = runtime.block_on(async { flujo.run(labelling(text)).id("r1").await });
        assert_eq!(result.into_output().unwrap(), 1);
    });
    let spans = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    spans.clone()
}

/// Its attributes, without those that depend on the time.
fn attributes(span: &SpanData) -> BTreeMap<String, Value> {
    let all = span.attributes.iter().map(|pair| (pair.key.to_string(), pair.value.clone()));
    let timed = ["busy_ns", "idle_ns", "gen_ai.response.time_to_first_chunk"];
    all.filter(|(key, _)| !timed.contains(&key.as_str())).collect()
}

fn expect(span: &SpanData, expected: &[(&str, Value)]) {
    let found = attributes(span);
    for (key, value) in expected {
        assert_eq!(found.get(*key), Some(value), "{key} of {}: {found:?}", span.name);
    }
}

#[test]
fn runs_steps_and_calls_have_the_shape_of_the_convention() {
    let spans = run(false);
    let names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "chat gemini-2.5-flash",
            "attempt",
            "chat gemini-2.5-flash",
            "attempt",
            "invoke_agent label",
            "attempt",
            "step count",
            "invoke_workflow labelling"
        ]
    );
    let [failed, attempt, chat, _, agent, _, step, workflow] = spans.as_slice() else { panic!("{spans:?}") };
    // They stand in each other, and are one trace.
    let parents = [(failed, attempt), (attempt, agent), (agent, workflow), (step, workflow)];
    assert!(parents.iter().all(|(inner, outer)| inner.parent_span_id == outer.span_context.span_id()));
    assert!(spans.iter().all(|span| span.span_context.trace_id() == workflow.span_context.trace_id()));
    expect(
        workflow,
        &[
            ("gen_ai.operation.name", "invoke_workflow".into()),
            ("gen_ai.workflow.name", "labelling".into()),
            ("gen_ai.conversation.id", "r1".into()),
        ],
    );
    expect(agent, &[("gen_ai.operation.name", "invoke_agent".into()), ("gen_ai.agent.name", "label".into())]);
    assert_eq!((failed.span_kind.clone(), agent.span_kind.clone()), (SpanKind::Client, SpanKind::Internal));
    expect(failed, &[("error.type", "overloaded".into())]);
    assert!(matches!(failed.status, Status::Error { .. }) && chat.status == Status::Unset);
    expect(
        chat,
        &[
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.provider.name", "gcp.gemini".into()),
            ("gen_ai.conversation.id", "r1".into()),
            ("gen_ai.request.model", "gemini-2.5-flash".into()),
            ("gen_ai.request.temperature", 0.5.into()),
            ("gen_ai.request.max_tokens", 50.into()),
            ("gen_ai.request.stream", false.into()),
            ("gen_ai.output.type", "json".into()),
            ("server.address", "models.example".into()),
            ("server.port", 443.into()),
            ("gen_ai.response.id", "answer-7".into()),
            ("gen_ai.response.model", "gemini-2.5-flash-002".into()),
            ("gen_ai.response.finish_reasons", "stop".into()),
            ("gen_ai.usage.input_tokens", 9.into()),
            ("gen_ai.usage.output_tokens", 2.into()),
            ("gen_ai.usage.cache_read.input_tokens", 4.into()),
            ("gen_ai.usage.reasoning.output_tokens", 1.into()),
            ("flujo.cost_nanos", 11_000.into()),
        ],
    );
    assert!(!format!("{spans:?}").contains("planted"), "contents are opt-in");
}

#[test]
fn contents_are_there_on_request_and_redacted() {
    let spans = run(true);
    let all = format!("{spans:?}");
    assert!(!all.contains("planted") && !all.contains("ada@"), "{all}");
    let chat = spans.iter().rfind(|span| span.name.starts_with("chat")).unwrap();
    let turn = |role, content| {
        format!("{{\"role\":\"{role}\",\"parts\":[{{\"type\":\"text\",\"content\":\"{content}\"}}]}}")
    };
    let system = turn("system", "Label it; my key is [REDACTED]");
    let hidden = format!("[{system},{}]", turn("user", "[REDACTED] of [REDACTED]"));
    let answer = format!("[{}]", turn("assistant", "[\\\"a\\\"]"));
    expect(chat, &[("gen_ai.input.messages", hidden.into()), ("gen_ai.output.messages", answer.into())]);
}

#[test]
fn spans_are_sent_where_the_settings_say_when_the_guard_is_dropped() {
    let _second = second();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let collector = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let n = stream.read(&mut buffer).unwrap();
            all.extend(buffer.iter().take(n));
            let text = String::from_utf8_lossy(&all).into_owned();
            let length = text
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let head = all.windows(4).position(|four| four == b"\r\n\r\n");
            if let (Some(length), Some(head)) = (length, head)
                && all.len()
                    >= head + 4 + {
                        let length: usize = length;
                        length
                    }
            {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
                return text;
            }
        }
    });
    let settings = Settings::sources()
        .environment([("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_SERVICE_NAME", "harbour")])
        .load()
        .unwrap();
    let (guard, subscriber) = subscriber(&settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let flujo = Flujo::builder().models(Script::new().then("[]")).build().unwrap();
        runtime.block_on(async {
            flujo.run(labelling("x".to_owned())).await.into_output().unwrap();
            // On the thread of a runtime, as programs do it.
            drop(guard);
        });
    });
    let sent = collector.join().unwrap();
    assert!(sent.starts_with("POST /v1/traces HTTP/1.1"), "{sent}");
    for word in ["harbour", "invoke_workflow labelling", "invoke_agent label", "chat gemini-2.5-flash"] {
        assert!(sent.contains(word), "{word}");
    }
}

/// Looks a word up.
#[step]
async fn look_up(word: String) -> Result<String> {
    Ok(format!("{word} is a word"))
}
#[step(model = "test:m", max_tokens = 50, tools = [look_up])]
fn find(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn finding(text: String) -> String {
        find(text)
    }
}

#[test]
fn calls_of_tools_have_the_shape_of_the_convention() {
    let _second = second();
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let script = Script::new().then(ModelReply::new("").calls("look_up", r#"{"word":"calm"}"#)).then("Yes.");
    let flujo = Flujo::builder().models(script).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    tracing::subscriber::with_default(Registry::default().with(layer(&provider)), || {
        let result = runtime.block_on(async { flujo.run(finding("Is it?".to_owned())).await });
        assert_eq!(result.into_output().unwrap(), "Yes.");
    });
    let spans = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let found = |name: &str| {
        spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}: {spans:?}"))
    };
    let tool = [
        ("gen_ai.operation.name", "execute_tool".into()),
        ("gen_ai.tool.name", "look_up".into()),
        ("gen_ai.tool.type", "function".into()),
    ];
    expect(found("execute_tool look_up"), &tool);
    // The step that converses is the agent; its single replies are not.
    expect(found("invoke_agent find"), &[("gen_ai.agent.name", "find".into())]);
    assert!(!attributes(found("reply find~1")).contains_key("gen_ai.operation.name"));
    assert_eq!(spans.iter().filter(|span| span.name == "chat m").count(), 2);
}
