//! What is left of a run: the trace, the command log, notes, spans.

use flujo::context::Scratch;
use flujo::engine::Kind;
use flujo::events::AttemptOutcome;
use flujo::prelude::*;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[step]
async fn looks_back(text: String, run: &RunInfo) -> Result<Vec<String>> {
    let log = run.command_log().await?;
    Ok(log.iter().map(ToString::to_string).chain([text]).collect())
}

pipeline! {
    fn remembered(text: String, ctx: &mut State, world: &World) -> Vec<String> {
        let n = flaky(1);
        wait(Duration::from_secs(3));
        let reply: String = ask("Well?");
        let label = label(format!("{text}{reply}{n}"));
        looks_back(label.name)
    }
}

#[test]
fn the_trace_and_the_command_log_tell_what_is_recorded() {
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let begin = clock.now();
        let (flujo, _) = flujo(&engine);
        let first = flujo.run(remembered("x".to_owned())).id("r").await;
        let log: Vec<_> = first.command_log().iter().map(ToString::to_string).collect();
        assert_eq!(log, ["remembered/flaky step 1 failed", "remembered/flaky step 2"]);
        clock.advance(Duration::from_secs(5));
        let result = flujo.resume::<remembered>("r").reply("y").by("ada").await.unwrap();
        let whole = [
            "remembered/flaky step 1 failed",
            "remembered/flaky step 2",
            "remembered/reply ask 1",
            "remembered/label model 1",
        ];
        let log: Vec<_> = result.command_log().iter().map(ToString::to_string).collect();
        assert_eq!(log[..4], whole);
        assert_eq!(log[4], "remembered/looks_back step 1");

        let entries = result.trace.entries();
        let asked = begin.plus(Duration::from_secs(3));
        let ask = &entries[2];
        assert_eq!(
            (ask.kind, ask.started, ask.ended),
            (Kind::Ask, asked, asked.plus(Duration::from_secs(5)))
        );
        assert_eq!((ask.latency(), ask.by.as_deref()), (Duration::from_secs(5), Some("ada")));
        assert_eq!((entries[3].usage, entries[3].attempt), (one_call(), 1));
        let AttemptOutcome::Failed { message, retryable, .. } = &entries[0].outcome else { panic!("failed") };
        assert_eq!((message.as_str(), *retryable), ("not yet (1)", true));

        // The same for a step, up to itself; and for whoever attaches.
        let again = flujo.run(remembered("x".to_owned())).id("r").await;
        assert_eq!(again.trace.entries(), entries);
        let mut seen: Vec<String> = whole.map(str::to_owned).to_vec();
        seen.push("calm".to_owned());
        assert_eq!(result.into_output().unwrap(), seen);
    });
}

#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Notes {
    #[context(part, merge = union)]
    scratch: Scratch,
}

#[step]
async fn jot(name: String, n: u64, scratch: &mut Scratch) -> Result<u64> {
    tokio::task::yield_now().await;
    scratch.set(&name, &n)?;
    Ok(n)
}

pipeline! {
    fn notes(second: String, ctx: &mut Notes) -> u64 {
        let zero = "zero".to_owned();
        jot(zero, 0).named("before");
        let (_, _) = join(jot("one".to_owned(), 1).named("one"), jot(second, 2).named("two"));
        value(ctx.scratch.len() as u64)
    }
}

#[test]
fn a_scratch_part_takes_notes_of_parallel_branches() {
    on_all(async |engine, _| {
        let flujo = with_engine!(&engine, e => Flujo::builder().engine(e.clone()).build()).unwrap();
        let result = flujo.run(notes("two".to_owned())).id("r").await;
        let Outcome::Done(3) = result.outcome else { panic!("{result:?}") };
        let scratch = &result.context.scratch;
        assert_eq!(scratch.names().collect::<Vec<_>>(), ["one", "two", "zero"]);
        assert_eq!(scratch.get::<u64>("two"), Some(Ok(2)));
        assert_eq!(scratch.get::<u64>("three"), None);
        assert!(scratch.get::<String>("two").unwrap().is_err());
        // What is recorded reads the same.
        let again = flujo.run(notes("two".to_owned())).id("r").await;
        assert_eq!(again.context, result.context);
    });
}

#[test]
fn a_scratch_part_conflicts_where_branches_disagree() {
    on_all(async |engine, _| {
        let flujo = with_engine!(&engine, e => Flujo::builder().engine(e.clone()).build()).unwrap();
        let result = flujo.run(notes("one".to_owned())).await;
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "notes/join:one: merge conflict: context part `scratch`, arm 2: two branches changed one key to \
             different values"
        );
        let mut scratch = Scratch::new();
        assert!(scratch.set("x", &f64::NAN).is_err());
        assert!(scratch.is_empty());
    });
}

/// Writes down spans and events, with the span that each stands in.
#[derive(Clone, Default)]
struct Subscribed(Arc<Written>);
#[derive(Default)]
struct Written {
    next: AtomicU64,
    lines: Mutex<Vec<String>>,
    /// Names by id, and the spans that are entered.
    names: Mutex<Vec<String>>,
    entered: Mutex<Vec<u64>>,
}
struct Fields(String);
impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // What the convention of OpenTelemetry adds is looked at where it is exported.
        if ["otel.", "gen_ai.", "flujo.", "error."].iter().any(|prefix| field.name().starts_with(prefix)) {
            return;
        }
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}
impl Subscribed {
    fn name(&self, id: u64) -> String {
        self.0.names.lock().unwrap()[usize::try_from(id).unwrap() - 1].clone()
    }
    fn line(&self, line: String) {
        self.0.lines.lock().unwrap().push(line);
    }
    fn inside(&self) -> String {
        let entered = self.0.entered.lock().unwrap().last().copied();
        entered.map_or_else(|| "nothing".to_owned(), |id| self.name(id))
    }
}
impl Subscriber for Subscribed {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "flujo" || metadata.target().starts_with("observing")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.next.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.names.lock().unwrap().push(span.metadata().name().to_owned());
        let parent = match span.parent() {
            Some(parent) => self.name(parent.into_u64()),
            None => self.inside(),
        };
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        self.line(format!("{} in {parent}:{}", span.metadata().name(), fields.0));
        Id::from_u64(id)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        if fields.0.is_empty() {
            return;
        }
        self.line(format!("{}:{}", self.name(span.into_u64()), fields.0));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.line(format!("event in {}:{}", self.inside(), fields.0));
    }
    fn enter(&self, span: &Id) {
        self.0.entered.lock().unwrap().push(span.into_u64());
    }
    fn exit(&self, _: &Id) {
        self.0.entered.lock().unwrap().pop();
    }
}

#[step(retries = 1, backoff = none)]
async fn logs(text: String, run: &RunInfo) -> Result<String> {
    tracing::info!(attempt = run.attempt(), "working");
    tokio::task::yield_now().await;
    tracing::info!("still working");
    if run.attempt() == 1 { Err(StepError::retryable("again")) } else { Ok(text) }
}

pipeline! {
    fn spanned(text: String, ctx: &mut State, world: &World) -> String {
        let text = logs(text);
        let label = label(text);
        let reply: String = ask("Well?");
        value(format!("{}{reply}", label.name))
    }
}

#[test]
fn spans_stand_in_each_other_and_carry_outcomes() {
    on_all(async |engine, _| {
        let subscribed = Subscribed::default();
        let guard = tracing::subscriber::set_default(subscribed.clone());
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(spanned("x".to_owned())).id("r").await);
        let lines = std::mem::take(&mut *subscribed.0.lines.lock().unwrap());
        assert_eq!(
            lines,
            [
                "run in nothing: run_id=\"r\" pipeline=\"spanned\"",
                "step in run: path=\"spanned/logs\" kind=\"step\"",
                "attempt in step: attempt=1",
                "event in attempt: message=working attempt=1",
                "event in attempt: message=still working",
                "attempt: outcome=\"failed\"",
                "attempt: cost_nanos=0",
                "attempt: tokens=0",
                "attempt in step: attempt=2",
                "event in attempt: message=working attempt=2",
                "event in attempt: message=still working",
                "attempt: outcome=\"done\"",
                "attempt: cost_nanos=0",
                "attempt: tokens=0",
                "step: outcome=\"done\"",
                "step in run: path=\"spanned/label\" kind=\"model\"",
                "attempt in step: attempt=1",
                "chat in attempt:",
                "attempt: outcome=\"done\"",
                "attempt: cost_nanos=200",
                "attempt: tokens=110",
                "step: outcome=\"done\"",
                "question in run: path=\"spanned/reply\"",
                "question: outcome=\"open\"",
                "run: outcome=\"paused\"",
                "run: cost_nanos=200",
                "run: tokens=110",
            ]
        );
        drop(flujo.resume::<spanned>("r").reply("y").await);
        let lines = std::mem::take(&mut *subscribed.0.lines.lock().unwrap());
        assert_eq!(
            lines,
            [
                "run in nothing: run_id=\"r\" pipeline=\"spanned\"",
                "run: outcome=\"done\"",
                "run: cost_nanos=200",
                "run: tokens=110",
            ]
        );
        drop(guard);
    });
}

pipeline! {
    fn deepest(text: String, ctx: &mut State, world: &World) -> String {
        logs(text)
    }
}
pipeline! {
    fn deep(text: String, ctx: &mut State, world: &World) -> String {
        let text = deepest(text);
        let (reply, _) = join({
            let reply: String = ask("Well?");
            echo(reply).named("heard")
        }, {
            wait("1s");
            broken(text).settle()
        });
        value(reply)
    }
}
pipeline! {
    fn shallow(text: String, ctx: &mut State, world: &World) -> String {
        let text = echo(text);
        let text = deep(text);
        echo(text).named("last")
    }
}

/// Without what is in a step.
fn outlines(subscribed: &Subscribed) -> Vec<String> {
    let lines = std::mem::take(&mut *subscribed.0.lines.lock().unwrap());
    let inner = ["attempt", "event", "step:", "run: cost", "run: tokens"];
    lines.into_iter().filter(|line| !inner.iter().any(|word| line.starts_with(word))).collect()
}

#[test]
fn nested_pipelines_and_questions_have_spans() {
    on_all(async |engine, _| {
        let subscribed = Subscribed::default();
        let guard = tracing::subscriber::set_default(subscribed.clone());
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(shallow("x".to_owned())).id("r").await);
        assert_eq!(
            outlines(&subscribed),
            [
                "run in nothing: run_id=\"r\" pipeline=\"shallow\"",
                "step in run: path=\"shallow/echo\" kind=\"step\"",
                "pipeline in run: path=\"shallow/deep\"",
                "pipeline in pipeline: path=\"shallow/deep/deepest\"",
                "step in pipeline: path=\"shallow/deep/deepest/logs\" kind=\"step\"",
                "pipeline: outcome=\"done\"",
                "question in pipeline: path=\"shallow/deep/reply\"",
                "step in pipeline: path=\"shallow/deep/broken\" kind=\"step\"",
                "question: outcome=\"open\"",
                "pipeline: outcome=\"paused\"",
                "run: outcome=\"paused\"",
            ]
        );
        // What is only walked through again has none.
        drop(flujo.resume::<shallow>("r").reply("y").await);
        assert_eq!(
            outlines(&subscribed),
            [
                "run in nothing: run_id=\"r\" pipeline=\"shallow\"",
                "pipeline in run: path=\"shallow/deep\"",
                "step in pipeline: path=\"shallow/deep/heard\" kind=\"step\"",
                "pipeline: outcome=\"done\"",
                "step in run: path=\"shallow/last\" kind=\"step\"",
                "run: outcome=\"done\"",
            ]
        );
        drop(guard);
    });
}

#[test]
fn a_question_that_is_answered_while_the_run_goes_on_ends_its_span() {
    pipeline! {
        fn answered_soon(text: String, ctx: &mut State, world: &World) -> String {
            let (reply, _) = join({
                let reply: String = ask(text).timeout("1h", "nobody".to_owned());
                echo(reply)
            }, {
                wait("2h");
                add("waited".to_owned())
            });
            value(reply)
        }
    }
    on_all(async |engine, _| {
        let subscribed = Subscribed::default();
        let guard = tracing::subscriber::set_default(subscribed.clone());
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(answered_soon("Well?".to_owned())).id("r").await);
        let lines = outlines(&subscribed);
        assert_eq!(lines[1], "question in run: path=\"answered_soon/reply\"");
        assert_eq!(lines.iter().filter(|line| *line == "question: outcome=\"answered\"").count(), 1);
        assert_eq!(lines.last().unwrap(), "run: outcome=\"done\"");
        drop(guard);
    });
}
