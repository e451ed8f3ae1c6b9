//! A secret is used, and never seen.

use flujo::Secret;
use flujo::events::ConsoleTracer;
use flujo::prelude::*;
use flujo_testing::EventLog;
use flujo_tests::with_engine;
use flujo_tests::world::on_all;
use std::sync::{Arc, Mutex};

const PLANTED: &str = "planted-4711";

#[resources]
#[derive(Debug)]
pub struct Vault {
    key: Secret,
}

#[step(retries = 1, backoff = none)]
async fn unlock(text: String, key: &Secret, run: &RunInfo) -> Result<String> {
    run.emit(&format!("{key:?}"));
    if run.attempt() == 1 {
        return Err(StepError::retryable(format!("{key:?} does not fit")));
    }
    Ok(format!("{text}: {} letters", key.expose().len()))
}

#[step]
async fn jammed(text: String, vault: &Secret) -> Result<String> {
    Err(StepError::fatal(format!("{text}: {vault:?}")))
}

pipeline! {
    fn opened(text: String, vault: &Vault) -> String {
        let text = unlock(text);
        jammed(text)
    }
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);
impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_secret_is_in_no_record_event_log_or_error() {
    on_all(async |engine, _| {
        let (events, written) = (EventLog::with_values(), Written::default());
        let vault = Vault { key: PLANTED.into() };
        let shown = format!("{vault:?}");
        let tracer = ConsoleTracer::to(written.clone()).log_inputs(true).log_outputs(true);
        let builder = Flujo::builder().resources(vault).observer(events.clone()).observer(tracer);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let result = flujo.run(opened("door".into())).id("r").await;
        let view = flujo.inspect("r").await.unwrap();
        let console = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let steps = format!("{:?}", result.steps);
        let error = result.into_output().unwrap_err();
        let told = format!("{:?}", events.events());
        // What holds values holds what was made of the secret, so it was looked for where it could have been.
        let values = [format!("{view:?}"), console, format!("{error} {error:?}"), told];
        for text in &values {
            assert!(text.contains("12 letters"), "{text}");
        }
        for text in values.iter().chain([&shown, &steps]) {
            assert!(!text.contains(PLANTED), "{text}");
        }
        assert_eq!(error.to_string(), "opened/jammed: door: 12 letters: Secret([REDACTED])");
    });
}
