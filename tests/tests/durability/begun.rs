//! What is checked and read where a run begins: with its types, and by its name.

use flujo::async_trait;
use flujo::clock::Clock;
use flujo::codec::Json;
use flujo::engine::{
    Engine, FinalOutcome, Program, RunFilter, RunId, RunRecord, RunState, RunSummary, RunView, Status,
};
use flujo::error::{EngineError, Error};
use flujo::path::Path;
use flujo::prelude::*;
use flujo::question::Reply;
use flujo::run::{Control, ForkRun, StartRun};
use flujo_testing::StubAgent;
use flujo_tests::with_engine;
use flujo_tests::world::{Prices, Scripted, on_all};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Has no upper bound of tokens, so a limit of cost cannot be kept.
#[step(model = "test:small")]
fn guess(text: String) -> Prompt<u32> {
    Prompt::ask(text)
}

pipeline! {
    fn guesses(text: String) -> u32 {
        guess(text)
    }
}

#[step]
async fn double(n: u32) -> Result<u32> {
    Ok(2 * n)
}

pipeline! {
    fn doubled(n: u32) -> u32 {
        double(n)
    }
}

fn input() -> Json {
    Json::encode(&("how many?",)).unwrap()
}

#[test]
fn a_run_that_is_started_by_name_is_checked_against_the_shared_budget_as_one_with_types_is() {
    on_all(async |engine, _| {
        let builder = Flujo::builder().models(Scripted::default()).prices(Prices);
        let builder = builder.budget(SharedBudget::usd("1")).pipeline::<guesses>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let refused = flujo.run(guesses("how many?".into())).id("typed").await.into_output().unwrap_err();
        assert!(refused.to_string().contains("`test:small` has no `max_tokens`"), "{refused}");
        let control: Arc<dyn Control> = Arc::new(flujo.clone());
        let by_name = control.start(&StartRun::new("guesses", "named", input())).await.unwrap_err();
        assert_eq!(by_name.to_string(), refused.to_string());
        assert!(
            control.list(&RunFilter::default()).await.unwrap().is_empty(),
            "refused before it is written"
        );
    });
}

#[test]
fn a_run_that_is_started_by_name_needs_no_price_of_what_a_stub_answers_as_one_with_types_does() {
    on_all(async |engine, _| {
        let builder = Flujo::builder().stub(&StubAgent::of(guess, [7, 7, 7]));
        let builder = builder.limits(UsageLimits::usd("1")).pipeline::<guesses>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        assert_eq!(flujo.run(guesses("how many?".into())).id("typed").await.into_output().unwrap(), 7);
        let control: Arc<dyn Control> = Arc::new(flujo.clone());
        control.start(&StartRun::new("guesses", "named", input())).await.unwrap();
        let seven = Status::Ended(FinalOutcome::Done(Json::encode(&7).unwrap()));
        assert_eq!(control.attach(&"named".into()).await.unwrap().status, seven);
        control.fork(&ForkRun::new("named", "guesses/guess", "forked")).await.unwrap();
        assert_eq!(control.attach(&"forked".into()).await.unwrap().status, seven);
    });
}

/// Counts how often a run is read, and once answers as it was earlier: another process was faster.
struct Counting {
    engine: Arc<dyn Engine>,
    views: Arc<AtomicUsize>,
    earlier: Mutex<Option<RunView>>,
    listed_earlier: Mutex<Option<RunSummary>>,
    /// The number of executions that fail first.
    failures: AtomicUsize,
}

impl Counting {
    fn new(engine: Arc<dyn Engine>) -> Self {
        let (views, earlier, listed_earlier, failures) = Default::default();
        Self { engine, views, earlier, listed_earlier, failures }
    }
}

#[async_trait]
impl Engine for Counting {
    fn clock(&self) -> Arc<dyn Clock> {
        self.engine.clock()
    }
    async fn create(&self, run: RunRecord) -> Result<Option<RunView>, Error> {
        self.engine.create(run).await
    }
    async fn execute(&self, id: &RunId, program: Arc<dyn Program>) -> Result<(), Error> {
        let left = self.failures.load(Ordering::Relaxed);
        if left > 0 {
            self.failures.store(left - 1, Ordering::Relaxed);
            return Err(EngineError::new("the disk is full").into());
        }
        self.engine.execute(id, program).await
    }
    async fn view(&self, id: &RunId) -> Result<Option<RunView>, Error> {
        self.views.fetch_add(1, Ordering::Relaxed);
        let earlier = self.earlier.lock().unwrap().take();
        if earlier.is_some() { Ok(earlier) } else { self.engine.view(id).await }
    }
    async fn list(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let earlier = self.listed_earlier.lock().unwrap().take();
        if let Some(earlier) = earlier { Ok(vec![earlier]) } else { self.engine.list(filter).await }
    }
    async fn idle(&self, id: &RunId) -> Result<(), Error> {
        self.engine.idle(id).await
    }
    async fn reopen(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.engine.reopen(id, by).await
    }
    async fn reply(&self, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        self.engine.reply(id, path, reply).await
    }
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> Result<(), Error> {
        self.engine.cancel(id, by).await
    }
}

#[test]
fn a_fresh_run_reads_its_engine_once_for_its_result() {
    on_all(async |engine, _| {
        let engine: Arc<dyn Engine> = with_engine!(&engine, e => e.clone());
        let counting = Counting::new(engine);
        let views = Arc::clone(&counting.views);
        let flujo = Flujo::builder().engine(counting).build().unwrap();
        let first = flujo.run(doubled(21)).id("r").await;
        assert_eq!(views.swap(0, Ordering::Relaxed), 1);
        assert_eq!((first.steps.len(), first.into_output().unwrap()), (1, 42));
        // A second one with its id attaches to it, and reads it once too.
        assert_eq!(flujo.run(doubled(21)).id("r").await.into_output().unwrap(), 42);
        assert_eq!(views.swap(0, Ordering::Relaxed), 1);
    });
}

static POSTED: AtomicUsize = AtomicUsize::new(0);

#[step]
async fn post(letter: u32) -> Result<u32, StepError> {
    POSTED.fetch_add(1, Ordering::Relaxed);
    Err(StepError::fatal(format!("the post office is closed: {letter}")))
}

pipeline! {
    fn posted(letter: u32) -> u32 {
        post(letter)
    }
}

/// A failed run costs money again when it is retried, so only who asks for that gets it.
#[test]
fn a_run_that_fails_while_it_is_about_to_be_attached_to_or_taken_over_is_not_retried() {
    on_all(async |engine, _| {
        let engine: Arc<dyn Engine> = with_engine!(&engine, e => e.clone());
        POSTED.store(0, Ordering::Relaxed);
        let flujo =
            Flujo::builder().engine(Counting::new(Arc::clone(&engine))).pipeline::<posted>().build().unwrap();
        flujo.run(posted(1)).id("r").await.into_output().unwrap_err();
        let once = POSTED.load(Ordering::Relaxed);

        let failed = flujo.inspect("r").await.unwrap();
        let (mut created, mut interrupted) =
            (failed.clone(), flujo.list(&RunFilter::default()).await.unwrap().remove(0));
        created.status = Status::Created;
        interrupted.state = RunState::Interrupted;
        let counting = Counting::new(engine);
        *counting.earlier.lock().unwrap() = Some(created);
        *counting.listed_earlier.lock().unwrap() = Some(interrupted);
        let late = Flujo::builder().engine(counting).pipeline::<posted>().build().unwrap();
        let control: Arc<dyn Control> = Arc::new(late.clone());
        assert_eq!(control.attach(&"r".into()).await.unwrap().status, failed.status);
        let recovered = late.recover().await.unwrap();
        assert_eq!(recovered.runs, [("r".into(), RunState::Failed)]);
        assert_eq!(POSTED.load(Ordering::Relaxed), once);

        // Who asks for it gets it.
        control.retry(&"r".into(), None).await.unwrap();
        assert_eq!(POSTED.load(Ordering::Relaxed), 2 * once);
    });
}

#[context]
pub struct Touched {
    by: String,
}

#[step]
async fn touch(n: u32, ctx: &mut Touched) -> Result<u32> {
    ctx.by.push('x');
    Ok(n)
}

pipeline! {
    fn touched(n: u32, ctx: &mut Touched) -> u32 {
        touch(n)
    }
}

#[test]
fn a_run_without_an_id_to_name_or_a_context_to_begin_with_is_refused() {
    on_all(async |engine, _| {
        let builder = Flujo::builder().pipeline::<doubled>().pipeline::<touched>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let no_id = "the id of a run has at least one character; without `.id(..)` a new one is made";
        let error = flujo.run(doubled(3)).id("").await.into_output().unwrap_err();
        assert_eq!(error.to_string(), no_id);
        let input = Json::encode(&(3,)).unwrap();
        let error = Control::start(&flujo, &StartRun::new("doubled", "", input.clone())).await.unwrap_err();
        assert_eq!(error.to_string(), no_id);
        let error = Control::start(&flujo, &StartRun::new("touched", "t", input)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "touched: the context `Touched` has no default: give the run one, with `.context(..)` or `--context`"
        );
    });
}

#[test]
fn a_worker_tries_a_run_again_that_an_error_of_the_engine_met() {
    on_all(async |engine, _| {
        let engine: Arc<dyn Engine> = with_engine!(&engine, e => e.clone());
        let counting = Counting::new(engine);
        counting.failures.store(3, Ordering::Relaxed);
        let flujo = Flujo::builder().engine(counting).pipeline::<doubled>().build().unwrap();
        let input = Json::encode(&(21,)).unwrap();
        Control::start(&flujo, &StartRun::new("doubled", "r", input)).await.unwrap();
        let ended = async || matches!(flujo.inspect("r").await.unwrap().status, Status::Ended(_));
        let stop = async {
            while !ended().await {
                tokio::task::yield_now().await;
            }
        };
        let reports = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&reports);
        let report = move |id: &RunId, error: &Error| seen.lock().unwrap().push(format!("{id}: {error}"));
        assert_eq!(flujo.worker().on_problem(report).until(stop).await.unwrap(), 1);
        // Reported once, and not each time.
        assert_eq!(*reports.lock().unwrap(), ["r: the disk is full"]);
    });
}
