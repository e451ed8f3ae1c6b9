//! Planted keys, and everything that could show them: what all crates log, errors, events, spans, the journal, and what
//! public types say of themselves.

use crate::server::{End, Server, json, stream};
use crate::types;
use crate::wires::*;
use flujo::agent::make_agent;
use flujo::engine::{Engine, Memory};
use flujo::events::{ConsoleTracer, Redact};
use flujo::model::{ModelClient, Permit, Script, Tape};
use flujo::prelude::*;
use flujo::rate_limits::RateLimited;
use flujo::recipes::{Command, PlannerInput, Team, Toolbox};
use flujo::run::ForkRun;
use flujo::settings::Settings;
use flujo_models::{Compatible, Models, PriceList, Wire};
#[cfg(feature = "sqlite")]
use flujo_sqlite::Sqlite;
use flujo_testing::EventLog;
use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::io;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that anybody writes.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>, Arc<AtomicU64>, Arc<Mutex<BTreeSet<String>>>);
impl Everything {
    fn say<T: Debug>(&self, what: T) {
        self.2.lock().unwrap().insert(types::path_of(type_name::<T>()));
        writeln!(self.0.lock().unwrap(), "{what:?}").unwrap();
    }
    /// The public types whose `Debug` is in it.
    fn shown(&self) -> BTreeSet<String> {
        let mut shown = self.2.lock().unwrap().clone();
        shown.extend(types::named_in(&self.0.lock().unwrap()));
        shown
    }
}
impl io::Write for Everything {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), " {}={value:?}", field.name()).unwrap();
    }
}
/// Takes every level of every crate.
impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.say(span.metadata().name());
        span.record(&mut self.clone());
        Id::from_u64(self.1.fetch_add(1, Ordering::SeqCst) + 1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.say(event.metadata().target());
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[step(model = "office:m", max_tokens = 50, retries = 1, backoff = none)]
fn asked(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    fn asking(text: String) -> String {
        asked(text)
    }
}

/// What else is public, and may have a key in it, or somebody who has one.
fn say_what_holds_keys(everything: &Everything, settings: &Settings) {
    let models = || Models::from_settings(settings).unwrap();
    everything.say(Settings::sources().set("OFFICE_API_KEY", KEY));
    everything.say(Compatible::at("http://x").key(KEY));
    everything.say(Redact::new().secret(KEY));
    everything.say(RateLimited::new(models()).settings(settings));
    let agent = make_agent("office:m").client(models());
    everything.say(&agent);
    everything.say(agent.clone().build::<String, String>());
    everything.say(Toolbox::new(agent.clone().build::<PlannerInput, Command>()).agent(
        "a",
        "b",
        agent.clone().build(),
    ));
    everything.say(Team::new(agent.clone().build(), agent.clone().build(), agent.build()));
    let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
    let file = std::env::temp_dir().join(format!("flujo-hidden-tape-{}-{number}", std::process::id()));
    everything.say(Tape::record(&file, models()).unwrap());
    std::fs::remove_file(&file).unwrap();
    let flujo = Flujo::builder()
        .settings(settings)
        .models(models())
        .resources(flujo::Secret::from(KEY))
        .build()
        .unwrap();
    everything.say(flujo.run(asking("x".into())));
    everything.say(flujo.resume::<asking>("x"));
    everything.say(flujo.stream(asking("x".into())));
    everything.say(flujo.worker());
    everything.say(asking("x".into()));
    everything.say(PriceList::from_settings(settings).unwrap());
    #[cfg(feature = "sqlite")]
    {
        let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("flujo-hidden-runs-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        everything.say(Sqlite::builder(folder.join("runs.db")));
        everything.say(Sqlite::open(folder.join("runs.db")).unwrap());
        std::fs::remove_dir_all(folder).unwrap();
    }
    everything.say(Permit::holding(models()));
    everything.say(ForkRun::new("r", "asking/ask", "r2").model("asking/ask", "office:m"));
    everything.say(ConsoleTracer::to(everything.clone()));
    for setting in settings.all() {
        everything.say(setting);
    }
    say_failures(everything, settings);
    everything.say(Script::new().then("x"));
    everything.say(Prompt::<String>::system("x"));
}

/// Those of a call, of a step and of a run.
fn say_failures(everything: &Everything, settings: &Settings) {
    let models = Models::from_settings(settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (called, _) = runtime.block_on(async {
        let (mut heard, mut request) = (Heard::default(), request(false));
        "nobody:m".clone_into(&mut request.model);
        (models.call(request, &mut heard).await, heard)
    });
    let error = called.unwrap_err();
    everything.say(&error);
    everything.say(StepError::retryable(error));
    let flujo = Flujo::builder().settings(settings).models(models).build().unwrap();
    runtime.block_on(async {
        let handle = flujo.start(asking("x".into()));
        everything.say(&handle);
        let result = handle.await;
        everything.say(&result);
    });
}

/// A type that nobody looked at fails this, until it is shown with a key planted, or put where it cannot have one.
#[test]
fn the_debug_of_every_public_type_was_looked_at() {
    let everything = everything_with_planted_keys();
    let all = everything.0.lock().unwrap().clone();
    let planted: Vec<_> = all.lines().filter(|line| line.contains(KEY)).collect();
    assert!(planted.is_empty(), "{planted:#?}");
    types::all_are_looked_at(&everything.shown());
}

#[test]
fn planted_keys_are_in_no_log_error_event_span_record_or_debug() {
    let everything = everything_with_planted_keys();
    let all = everything.0.lock().unwrap().clone();
    let planted: Vec<_> = all.lines().filter(|line| line.contains(KEY)).collect();
    assert!(planted.is_empty(), "{planted:#?}");
    assert!(all.contains("[secret]") && all.contains("[REDACTED]"), "{all}");
    // What is looked through is not empty: spans of ours, events, and what is said of failures.
    assert!(["chat", "AttemptEnded", "not authorized"].iter().all(|word| all.contains(word)), "{all}");
}

static FOLDERS: AtomicU64 = AtomicU64::new(0);

fn everything_with_planted_keys() -> Everything {
    let everything = Everything::default();
    // With one subscriber alone, `tracing` asks that of whichever thread comes by a place first whether anybody listens
    // there, and remembers the answer; the threads of other tests have none.
    let _second = tracing::Dispatch::new(Everything::default());
    let guard = tracing::subscriber::set_default(everything.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let echo = format!("{{\"error\":{{\"message\":\"wrong key {KEY}\",\"code\":\"{KEY}\"}}}}");
    let good = [vec![piece(Wire::OpenAiChat, "Hello")], end(Wire::OpenAiChat, false)].concat();
    let scripts = [
        json(401, "", &echo),
        json(500, "", KEY),
        stream(kind(Wire::OpenAiChat), &[format!("data: {KEY}\n\n")], End::Clean),
        stream(kind(Wire::OpenAiChat), &good, End::Clean),
    ];
    let mut answered = 0;
    for script in scripts {
        let server = Server::new(vec![script]);
        // Plain addresses stand in a file, keys in the environment.
        let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("flujo-hidden-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("flujo.toml");
        let text = format!("[providers.office]\nurl = \"{}\"\nkey_variable = \"OFFICE_KEY\"\n", server.url);
        std::fs::write(&file, text).unwrap();
        let sources =
            Settings::sources().file(&file).environment([("OFFICE_KEY", KEY), ("OPENAI_API_KEY", KEY)]);
        everything.say(&sources);
        let settings = sources.set("telemetry.capture_content", "true").load().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        everything.say(&settings);
        everything.say(settings.to_string());
        everything.say(settings.secret("OFFICE_KEY"));
        everything.say(settings.providers());
        say_what_holds_keys(&everything, &settings);
        let models = Models::from_settings(&settings).unwrap();
        everything.say(&models);
        everything.say(Models::builder().settings(&settings));
        let (engine, log) = (Arc::new(Memory::new()), EventLog::with_values());
        let builder = Flujo::builder().engine(Arc::clone(&engine)).settings(&settings);
        let builder = builder.models(models).prices(PriceList::from_settings(&settings).unwrap());
        // What models are told and answer is recorded too.
        let builder = builder.record_messages(Redact::new());
        everything.say(&builder);
        let flujo = builder.observer(ConsoleTracer::to(everything.clone())).build().unwrap();
        everything.say(&flujo);
        let run = flujo.run(asking("Hi?".to_owned())).id("r").observer(log.clone());
        let result = runtime.block_on(run.into_future());
        let events = log.take();
        everything.say(&events);
        for event in &events {
            everything.say(&event.kind);
        }
        everything.say(&engine);
        everything.say(&result);
        everything.say(&result.outcome);
        everything.say(&result.steps);
        everything.say(&result.trace);
        let view = runtime.block_on(engine.view(&"r".into())).unwrap();
        everything.say(view.map(|view| (view.run, view.records)));
        assert!(
            server.sent().iter().all(|sent| sent.head.contains(KEY)),
            "it is sent, and nothing else is done with it"
        );
        match result.into_output() {
            Ok(_) => answered += 1,
            Err(error) => {
                everything.say(error.to_string());
                everything.say(error.kind());
                everything.say(error);
            }
        }
    }
    drop(guard);
    assert_eq!(answered, 1);
    everything
}

#[cfg(feature = "sqlite")]
#[test]
fn planted_keys_are_not_in_the_file_of_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
    let file = std::env::temp_dir().join(format!("flujo-hidden-{}-{number}.db", std::process::id()));
    let everything = Everything::default();
    let echo = json(401, "", &format!("{{\"error\":{{\"message\":\"wrong key {KEY}\"}}}}"));
    let good = json(200, "", &answer(Wire::OpenAiChat, "Hello"));
    let builder = Sqlite::builder(&file);
    everything.say(&builder);
    let engine = Arc::new(builder.open().unwrap());
    everything.say(&engine);
    for (id, script) in [("refused", echo), ("answered", good)] {
        let server = Server::new(vec![script]);
        let models =
            Models::builder().provider("office", Compatible::at(&server.url).key(KEY)).build().unwrap();
        let flujo = Flujo::builder().engine(Arc::clone(&engine)).models(models).build().unwrap();
        let result = runtime.block_on(flujo.run(asking("Hi?".to_owned())).id(id).into_future());
        assert_eq!(result.into_output().is_ok(), id == "answered");
    }
    drop(engine);
    let mut bytes = 0;
    for suffix in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{suffix}", file.display()));
        let Ok(found) = std::fs::read(&file) else { continue };
        bytes += found.len();
        assert!(!found.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{}", file.display());
        std::fs::remove_file(file).unwrap();
    }
    assert!(bytes > 0);
    assert!(!everything.0.lock().unwrap().contains(KEY));
}
