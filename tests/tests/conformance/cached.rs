//! Outputs that come from the cache.

use flujo::cache::{CacheEntry, CacheKey};
use flujo::prelude::*;
use flujo::{Cache, CachePolicy, Cost, MemoryCache, Usage};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Costs something, reads one part and writes another.
#[step(cached = "1h", version = 2)]
async fn dear(
    text: String,
    log: &mut Vec<String>,
    #[ctx] draft: &Draft,
    calls: &Calls,
    run: &RunInfo,
) -> Result<String> {
    calls.note(run);
    run.spend(Usage::of_cost(Cost(5)));
    log.push(format!("{text}/{}", draft.text));
    Ok(text.to_uppercase())
}

pipeline! {
    pub fn caches(text: String, ctx: &mut State, world: &World) -> String {
        let one = dear(text.clone());
        let two = dear(text).named("again");
        format!("{one}{two}")
    }
}

#[test]
fn a_hit_costs_nothing_says_so_and_brings_what_was_written() {
    on_all(async |engine, clock| {
        let (flujo, calls) = flujo(&engine);
        let first = flujo.run(caches("a".into())).id("one").await;
        // The second node takes another context: not the same key.
        assert_eq!((calls.len(), first.usage.cost()), (2, Cost(10)));
        assert!(!first.step("caches/dear").unwrap().is_cached());
        let expected = first.context.clone();
        assert_eq!(expected.log, ["a/", "a/"]);

        let second = flujo.run(caches("a".into())).id("two").await;
        assert_eq!((calls.len(), second.usage.cost()), (2, Cost(0)));
        assert!(second.steps.iter().all(flujo::StepResult::is_cached));
        assert_eq!(second.context, expected);
        assert_eq!(second.into_output().unwrap(), "AA");
        // A hit is an attempt like any other: it is recorded, and taken from the record.
        let view = flujo.inspect("two").await.unwrap();
        assert_eq!(
            view.records.iter().map(|r| (r.key.n, r.cached)).collect::<Vec<_>>(),
            [(1, true), (1, true)]
        );
        assert_eq!(view.records[0].parts.len(), 1);

        // Another input, another context.
        drop(flujo.run(caches("b".into())).await);
        assert_eq!(calls.len(), 4);
        let draft = Draft { text: "d".into() };
        drop(flujo.run(caches("a".into())).context(State { draft, ..State::default() }).await);
        assert_eq!(calls.len(), 6);
        // Not too old, and then too old.
        clock.advance(Duration::from_secs(3599));
        drop(flujo.run(caches("a".into())).await);
        assert_eq!(calls.len(), 6);
        clock.advance(Duration::from_secs(1));
        drop(flujo.run(caches("a".into())).await);
        assert_eq!(calls.len(), 8);
    });
}

struct Never(AtomicUsize);
impl Validator<u32> for &'static Never {
    fn validate(&self, n: &u32) -> ValidationResult {
        self.0.fetch_add(1, Ordering::SeqCst);
        if *n == 1 { ValidationResult::invalid("one") } else { ValidationResult::valid() }
    }
}
static NEVER: Never = Never(AtomicUsize::new(0));

/// Counts its calls in the whole process.
#[step(retries = 1)]
async fn counted(key: String, calls: &Calls, run: &RunInfo) -> Result<u32> {
    calls.note(run);
    let _ = key;
    if run.feedback().is_some() {
        return Ok(77);
    }
    Ok(u32::try_from(calls.len()).unwrap_or(0))
}

#[test]
fn a_rejected_hit_is_dropped_and_the_step_called() {
    pipeline! {
        fn fills(key: String, world: &World) -> u32 { counted(key).cached(forever) }
    }
    pipeline! {
        fn rejects(key: String, world: &World) -> u32 { counted(key).cached("1d").validate(&NEVER) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(fills("k".into())).await.into_output().unwrap(), 1);
        assert_eq!(flujo.run(fills("k".into())).await.into_output().unwrap(), 1);
        assert_eq!(calls.len(), 1);
        // Validators look at the hit, reject it, and the step is called in the same attempt.
        let result = flujo.run(rejects("k".into())).await;
        let step = result.step("rejects/counted").unwrap();
        assert_eq!((step.attempts(), step.is_cached(), calls.len()), (1, false, 2));
        assert_eq!(result.into_output().unwrap(), 2);
        // What it gave then is kept in place of it.
        let result = flujo.run(rejects("k".into())).await;
        assert!(result.step("rejects/counted").unwrap().is_cached());
        assert_eq!((result.into_output().unwrap(), calls.len()), (2, 2));
    });
}

#[test]
fn attempts_with_feedback_bypass_the_cache_and_only_successes_are_kept() {
    pipeline! {
        fn told(key: String, world: &World) -> u32 { counted(key).cached(forever).validate(&NEVER) }
    }
    pipeline! {
        fn fails(text: String, world: &World) -> String { broken(text).cached(forever) }
    }
    on_all(async |engine, _| {
        let cache = Arc::new(MemoryCache::new(10));
        let calls = Calls::default();
        let flujo = with_cache(&engine, &calls, &cache);
        // The first attempt is rejected, so it is not kept; the second was told why, so neither is that.
        assert_eq!(flujo.run(told("k".into())).await.into_output().unwrap(), 77);
        assert_eq!(cache.len(), 0);
        drop(flujo.run(fails("x".into())).await);
        drop(flujo.run(fails("x".into())).await);
        assert_eq!((cache.len(), calls.len()), (0, 4));
    });
}

/// One that is shared.
struct Shared(Arc<MemoryCache>);
#[flujo::async_trait]
impl Cache for Shared {
    async fn get(&self, key: &CacheKey) -> Option<CacheEntry> {
        self.0.get(key).await
    }
    async fn put(&self, key: &CacheKey, entry: CacheEntry) {
        self.0.put(key, entry).await;
    }
    async fn remove(&self, key: &CacheKey) {
        self.0.remove(key).await;
    }
}

/// Panics at everything.
struct Faulty;
#[flujo::async_trait]
impl Cache for Faulty {
    async fn get(&self, _: &CacheKey) -> Option<CacheEntry> {
        panic!("get")
    }
    async fn put(&self, _: &CacheKey, _: CacheEntry) {
        panic!("put")
    }
    async fn remove(&self, _: &CacheKey) {
        panic!("remove")
    }
}

fn with_cache(engine: &AnyEngine, calls: &Calls, cache: &Arc<MemoryCache>) -> Flujo<World> {
    let builder = Flujo::builder().resources(World { calls: calls.clone() }).cache(Shared(Arc::clone(cache)));
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

#[test]
fn a_faulty_cache_harms_no_run() {
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls: calls.clone() }).cache(Faulty);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        assert_eq!(flujo.run(caches("a".into())).await.into_output().unwrap(), "AA");
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn model_steps_are_keyed_by_the_rendered_request() {
    #[step(model = "test:small", max_tokens = 50)]
    fn other_label(text: String) -> Prompt<Label> {
        Prompt::system("Label it.").user(text.trim())
    }
    pipeline! {
        fn asks(text: String, warm: f64, world: &World) -> (Label, Label) {
            let one = label(text.clone()).cached("1h").temperature(warm);
            let two = other_label(text).cached(CachePolicy::ttl(Duration::from_secs(60))).temperature(warm);
            (one, two)
        }
    }
    on_all(async |engine, clock| {
        let model = Scripted::default();
        let (flujo, _) = with_model(&engine, model.clone());
        let sent = || model.requests.lock().unwrap().len();
        // Another step that renders the same request takes what the first got.
        let result = flujo.run(asks("a".into(), 0.5)).await;
        assert_eq!((sent(), result.usage), (1, one_call()));
        assert!(result.step("asks/other_label").unwrap().is_cached());
        assert_eq!(result.into_output().unwrap().1.name, "calm");
        // Another prompt, another request; another temperature, too.
        drop(flujo.run(asks("a ".into(), 0.5)).await);
        assert_eq!(sent(), 2);
        drop(flujo.run(asks("a".into(), 0.6)).await);
        assert_eq!(sent(), 3);
        let result = flujo.run(asks("a".into(), 0.6)).await;
        assert_eq!((sent(), result.usage), (3, Usage::default()));
        clock.advance(Duration::from_secs(61));
        drop(flujo.run(asks("a".into(), 0.6)).await);
        assert_eq!(sent(), 4);
    });
}

/// Rejects the second value that it sees, which is the hit.
struct SecondRejected(AtomicUsize);
impl Validator<Label> for &'static SecondRejected {
    fn validate(&self, _: &Label) -> ValidationResult {
        if self.0.fetch_add(1, Ordering::SeqCst) % 3 == 1 {
            return ValidationResult::invalid("no");
        }
        ValidationResult::valid()
    }
}
static SECOND: SecondRejected = SecondRejected(AtomicUsize::new(0));

#[test]
fn a_prompt_that_writes_the_context_has_written_it_once_after_a_rejected_hit() {
    #[step(model = "test:small", max_tokens = 50)]
    fn noted(text: String, log: &mut Vec<String>) -> Prompt<Label> {
        log.push(text.clone());
        Prompt::system("Label it.").user(text)
    }
    pipeline! {
        fn notes(text: String, ctx: &mut State, world: &World) -> Label {
            noted(text).cached("1h").validate(&SECOND)
        }
    }
    on_all(async |engine, _| {
        let model = Scripted::default();
        let (flujo, _) = with_model(&engine, model.clone());
        let sent = || model.requests.lock().unwrap().len();
        let first = flujo.run(notes("a".into())).await;
        assert_eq!((sent(), first.context.log), (1, vec!["a".to_owned()]));
        let rejected = flujo.run(notes("a".into())).await;
        assert_eq!((sent(), rejected.context.log.clone()), (2, vec!["a".to_owned()]));
        assert_eq!(rejected.into_output().unwrap().name, "calm");
    });
}
