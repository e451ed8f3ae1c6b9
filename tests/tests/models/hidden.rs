//! Planted keys, and everything that could show them: what all crates log, errors, events, spans, the journal, and what
//! public types say of themselves.

use crate::server::{End, Server, json, stream};
use crate::wires::*;
use flujo::engine::{Engine, Memory};
use flujo::events::ConsoleTracer;
use flujo::models::{Models, PriceList, Wire};
use flujo::prelude::*;
use flujo::settings::Settings;
use flujo_testing::EventLog;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Everything that anybody writes.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>, Arc<AtomicU64>);
impl Everything {
    fn say(&self, what: impl Debug) {
        writeln!(self.0.lock().unwrap(), "{what:?}").unwrap();
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

#[test]
fn planted_keys_are_in_no_log_error_event_span_record_or_debug() {
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
        let folder = std::env::temp_dir().join(format!("flujo-hidden-{}", std::process::id()));
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
        let models = Models::from_settings(&settings).unwrap();
        everything.say(&models);
        everything.say(Models::builder().settings(&settings));
        let (engine, log) = (Arc::new(Memory::new()), EventLog::with_values());
        let builder = Flujo::builder().engine(Arc::clone(&engine)).settings(&settings);
        let builder = builder.models(models).prices(PriceList::from_settings(&settings).unwrap());
        everything.say(&builder);
        let flujo = builder.observer(ConsoleTracer::to(everything.clone())).build().unwrap();
        everything.say(&flujo);
        let run = flujo.run(asking("Hi?".to_owned())).id("r").observer(log.clone());
        let result = runtime.block_on(run.into_future());
        everything.say(log.take());
        everything.say(&result);
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
                everything.say(error);
            }
        }
    }
    drop(guard);
    let all = everything.0.lock().unwrap().clone();
    let planted: Vec<_> = all.lines().filter(|line| line.contains(KEY)).collect();
    assert!(planted.is_empty(), "{planted:#?}");
    assert!(answered == 1 && all.contains("[secret]") && all.contains("[REDACTED]"), "{all}");
    // What is looked through is not empty: spans of ours, events, and what is said of failures.
    assert!(["chat", "AttemptEnded", "not authorized"].iter().all(|word| all.contains(word)), "{all}");
}
