//! Runs that do not fit the code: who says so, and how often it is tried.

use flujo::clock::Clock;
use flujo::codec::Json;
use flujo::engine::{RunFilter, RunState, RunView};
use flujo::error::{Mismatch, Signal};
use flujo::prelude::*;
use flujo::run::{Builder, Control};
use flujo_tests::with_engine;
use flujo_tests::world::on_all;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// What runs under way began with.
mod before {
    use flujo::prelude::*;
    #[step]
    async fn check(cents: u64) -> Result<u64> {
        Ok(cents)
    }
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let cents = check(cents);
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

/// The step has another name.
mod renamed {
    use flujo::prelude::*;
    #[step]
    async fn verify(cents: u64) -> Result<u64> {
        Ok(cents)
    }
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let cents = verify(cents);
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

const WHAT: &str = "the pipeline no longer has a node of this name";

/// The events, each with its level and its fields.
#[derive(Clone, Default)]
struct Warned(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warned {
    fn enabled(&self, at: &Metadata<'_>) -> bool {
        *at.level() == Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        fmt::Write::write_fmt(&mut self.0, format_args!(" {}={value:?}", field.name())).unwrap();
    }
}

async fn reply(flujo: &Flujo, id: &str) {
    let value = Json::encode(&true).unwrap();
    Control::reply(flujo, &id.into(), &"payment/agreed".into(), &value, None).await.unwrap();
}

async fn inspected(flujo: &Flujo, id: &str) -> RunView {
    Control::inspect(flujo, &id.into()).await.unwrap()
}

/// What the list says of each run.
async fn listed(flujo: &Flujo) -> Vec<(String, RunState, Option<String>)> {
    let all = RunFilter::default();
    let by_name = Control::list(flujo, &all).await.unwrap();
    assert_eq!(flujo.list(&all).await.unwrap(), by_name);
    let mut all: Vec<_> = by_name
        .into_iter()
        .map(|run| {
            let mismatch = run.mismatch.map(|Mismatch { path, what }| format!("{path}: {what}"));
            (run.id.to_string(), run.state, mismatch)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_run_that_does_not_fit_is_seen_and_reported_once() {
    on_all(async |engine, clock| {
        let build =
            |builder: Builder<()>| with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let old = build(Flujo::builder().pipeline::<before::payment>());
        let new = build(Flujo::builder().pipeline::<renamed::payment>());
        assert_eq!(old.run(before::payment(12)).id("p-1").await.questions().len(), 1);
        assert_eq!(new.run(renamed::payment(7)).id("p-2").await.questions().len(), 1);

        // It is seen as soon as somebody looks at the run, and in the list once it would go on.
        let mismatch = Mismatch { path: "payment/check".into(), what: WHAT.to_owned() };
        let stopped = Some(Signal::JournalMismatch(Box::new(mismatch)));
        assert_eq!(inspected(&new, "p-1").await.stopped, stopped);
        assert_eq!(
            (inspected(&old, "p-1").await.stopped, inspected(&new, "p-2").await.stopped),
            (None, None)
        );
        let waits = |id: &str| (id.to_owned(), RunState::Paused, None);
        assert_eq!(listed(&new).await, [waits("p-1"), waits("p-2")]);
        reply(&new, "p-1").await;
        let misfit = ("p-1".to_owned(), RunState::Paused, Some(format!("payment/check: {WHAT}")));
        assert_eq!(listed(&new).await, [misfit.clone(), waits("p-2")]);

        // A worker tries it once, and counts the run that went on.
        let warned = Warned::default();
        let guard = tracing::subscriber::set_default(warned.clone());
        let reports = Arc::new(Mutex::new(Vec::new()));
        let work = async || {
            let until = clock.now().plus(Duration::from_secs(600));
            let stop = async {
                while clock.now() < until {
                    tokio::task::yield_now().await;
                }
            };
            let seen = Arc::clone(&reports);
            let report = move |id: &flujo::engine::RunId, error: &flujo::Error| {
                seen.lock().unwrap().push(format!("{id}: {error}"));
            };
            new.worker().every(Duration::from_secs(60)).on_problem(report).until(stop).await.unwrap()
        };
        let report =
            format!("p-1: payment/check: the record does not fit the code: {WHAT}; no record was changed");
        assert_eq!(work().await, 0);
        assert_eq!(*reports.lock().unwrap(), std::slice::from_ref(&report));
        let line = format!(
            "flujo message=a run does not fit this code, and waits for the code that it knows run=p-1 path=payment/check what={WHAT:?}"
        );
        assert_eq!(*warned.0.lock().unwrap(), std::slice::from_ref(&line));
        reply(&new, "p-2").await;
        assert_eq!(work().await, 1);
        // Another worker, another report.
        assert_eq!(*reports.lock().unwrap(), [report.clone(), report.clone()]);
        drop(guard);
        assert_eq!(*warned.0.lock().unwrap(), [line.clone(), line]);
        assert_eq!(listed(&new).await, [misfit, ("p-2".to_owned(), RunState::Done, None)]);

        // Who recovers runs has the error, and the code that it knows goes on.
        let recovered = new.recover().await.unwrap();
        let problems: Vec<_> =
            recovered.problems.iter().map(|(id, error)| format!("{id}: {error}")).collect();
        assert_eq!((recovered.runs, problems), (vec![], vec![report]));
        assert_eq!(old.recover().await.unwrap().runs, [("p-1".into(), RunState::Done)]);
        let ended = |id: &str| (id.to_owned(), RunState::Done, None);
        assert_eq!(listed(&new).await, [ended("p-1"), ended("p-2")]);
        assert_eq!(inspected(&new, "p-1").await.stopped, None);
    });
}
