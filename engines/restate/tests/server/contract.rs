//! The suite of the engine contract, on a server.

use crate::installed::Installed;
use async_trait::async_trait;
use flujo::Flujo;
use flujo::clock::Clock;
use flujo::engine::{Engine, Program, RunFilter, RunId, RunRecord, RunSummary, RunView};
use flujo::error::{Error, ErrorKind};
use flujo::path::Path;
use flujo::question::Reply;
use flujo_restate::Restate;
use flujo_testing::conformance::{Ability, Subject, checks};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;

/// An engine for one check, on a server that all checks have in common: its runs have ids with a prefix.
#[derive(Clone)]
struct Check {
    engine: Restate,
    prefix: String,
}

impl Check {
    fn id(&self, id: &RunId) -> RunId {
        format!("{}{id}", self.prefix).into()
    }

    fn own(&self, id: &RunId) -> Option<RunId> {
        id.as_str().strip_prefix(&self.prefix).map(RunId::from)
    }

    fn view_of(&self, mut view: RunView) -> RunView {
        if let Some(id) = self.own(&view.run.id) {
            Arc::make_mut(&mut view.run).id = id;
        }
        view
    }

    fn error_of(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::UnknownRun(id) => {
                let id = self.own(&id.as_str().into()).map_or_else(|| id.clone(), |own| own.to_string());
                Error::new(ErrorKind::UnknownRun(id))
            }
            _ => error,
        }
    }
}

#[async_trait]
impl Engine for Check {
    fn clock(&self) -> Arc<dyn Clock> {
        self.engine.clock()
    }
    async fn create(&self, mut run: RunRecord) -> Result<Option<RunView>, Error> {
        run.id = self.id(&run.id);
        Ok(self.engine.create(run).await?.map(|view| self.view_of(view)))
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        self.engine.execute(&self.id(id), program).await.map_err(|error| self.error_of(error))
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        // The suite reads a run so that what is under way reaches its next command, which here is behind a network.
        tokio::time::sleep(SETTLED).await;
        Ok(self.engine.view(&self.id(id)).await?.map(|view| self.view_of(view)))
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let all = self.engine.list(&RunFilter::default()).await?;
        let own = all.into_iter().filter_map(|mut run| {
            run.id = self.own(&run.id)?;
            Some(run)
        });
        Ok(filter.list(own))
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.engine.idle(&self.id(id)).await.map_err(|error| self.error_of(error))
    }
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.engine.reopen(&self.id(id), by).await.map_err(|error| self.error_of(error))
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.engine.reply(&self.id(id), path, reply).await.map_err(|error| self.error_of(error))
    }
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.engine.cancel(&self.id(id), by).await.map_err(|error| self.error_of(error))
    }
}

const SETTLED: Duration = Duration::from_millis(40);

/// The sentences that the documentation of the crate lists as other ones, each with what is seen instead.
const DIFFERS: &[(&str, &str)] = &[
    ("attempt/signal-leaves-no-record", "a.1 runs; a.1 runs"),
    ("replay/kind", "nothing goes on"),
    ("replay/question", "[]"),
    ("fork/signal-drops-siblings", "b.1 runs; b.1 runs"),
    ("ledger/settle-once", "used: 2, reserved: 0; a.1 runs; a.1 reserves 5: yes"),
    (
        "ledger/unsettled-is-charged",
        r#""used: 0, reserved: 5", "a.1 reserves 1: yes", "used: 5, reserved: 1""#,
    ),
    ("ownership/five-takeovers-crash", "Died"),
    ("cancel/at-the-next-command", r#"["first.1 runs", "cancelled", "a.1 runs"]"#),
    ("cancel/charges-reservations", "a.1 runs; a.1 reserves 5: yes; cancelled"),
    ("outcome/signals-are-none", "a.1 runs; a.1 = 0"),
    ("control/active-time", "0ns"),
    ("list/paused-runs", "[(Interrupted, false, None)]"),
    ("summary/times", "(Some(3.000000000), 4.000000000, Some(4.000000000))"),
    ("summary/last-change-first", "paused done interrupted"),
    ("process/takeovers-survive", "Ended(Done(42))"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_contract_is_kept_but_for_what_the_docs_list() {
    let Some(server) = Installed::start_with(&[]).await else { return };
    let (ingress, admin) = (server.ingress(), server.admin());
    let number = AtomicUsize::new(0);
    let open = move |storage: Arc<(usize, OnceLock<Check>)>, clock: Arc<dyn Clock>| {
        let (ingress, admin) = (ingress.clone(), admin.clone());
        async move {
            if let Some(open) = storage.1.get() {
                return Ok(open.clone());
            }
            let prefix = format!("{}.", storage.0);
            let engine = Restate::connect(&ingress, &admin).unwrap().hosting(clock);
            let flujo = Flujo::builder().engine(engine.clone()).build()?;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let worker =
                flujo_restate::serve(&flujo, listener).hosting(&["script", "one", "of-a", "of-b", "of-gone"]);
            tokio::spawn(async move { worker.await.unwrap() });
            engine.register(&address).await?;
            Ok(storage.1.get_or_init(|| Check { engine, prefix }).clone())
        }
    };
    let subject =
        Subject::stored("Restate", move || (number.fetch_add(1, Ordering::SeqCst), OnceLock::new()), open)
            .lacks(Ability::TakeOver, "the server alone says who works on a run")
            .patience(Duration::from_secs(5));
    let mut broken = Vec::new();
    for check in checks() {
        let report = subject.check_one(check.id()).await;
        assert!(report.skipped().iter().all(|id| id.starts_with("ownership/stale-")), "{report}");
        for result in report.results().iter().filter(|result| report.broken().contains(&result.id())) {
            broken.push((result.id().to_owned(), result.to_string()));
        }
    }
    let documented = include_str!("../../src/lib.rs").lines().filter_map(|line| {
        let sentence = line.strip_prefix("//! | `")?.split_once("` |")?.0;
        checks().find(|check| check.id() == sentence).map(flujo_testing::conformance::Check::id)
    });
    assert_eq!(documented.collect::<Vec<_>>(), DIFFERS.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let all = broken.iter().map(|(_, what)| what.as_str()).collect::<Vec<_>>().join("\n");
    assert_eq!(broken.len(), DIFFERS.len(), "{all}");
    for ((id, what), (differs, seen)) in broken.iter().zip(DIFFERS) {
        assert!(id == differs && what.contains(seen), "{id}, {differs} {seen}:\n{what}");
    }
}
