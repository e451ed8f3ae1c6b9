//! Steps that do not behave: their attempts leave no trace.

use flujo::ErrorKind;
use flujo::clock::Clock;
use flujo::prelude::*;
use flujo_tests::world::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

static HELD: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Blocks on a thread of its own until it is let go, with a copy of what it was given.
#[step(timeout = "2s", retries = 1, backoff = none)]
async fn blocks(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    log.push(format!("before {}", run.attempt()));
    if run.attempt() == 1 {
        let mut mine = log.clone();
        tokio::task::spawn_blocking(move || {
            let held = HELD.1.wait_while(HELD.0.lock().unwrap(), |free| !*free).unwrap();
            drop(held);
            mine.push("late".to_owned());
            ENDED.fetch_add(1, Ordering::SeqCst);
        })
        .await?;
    }
    log.push("after".to_owned());
    Ok(text)
}

#[test]
fn a_body_that_cannot_be_stopped_is_left_behind_and_changes_nothing() {
    pipeline! {
        fn blocking(text: String, ctx: &mut State, world: &World) -> String {
            let text = blocks(text);
            add(text)
        }
    }
    for (engine, clock) in flujo_tests::engines::all() {
        *HELD.0.lock().unwrap() = false;
        let before = ENDED.load(Ordering::SeqCst);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (flujo, calls) = flujo(&engine);
        let (start, result) =
            (clock.now(), runtime.block_on(async { flujo.run(blocking("x".into())).id("r").await }));
        assert_eq!(clock.now().since(start), Duration::from_secs(2));
        assert_eq!(calls.of("blocking/blocks"), 2);
        assert_eq!(result.context.log, ["before 2", "after", "x"]);
        // The run is over before the body is.
        assert_eq!(ENDED.load(Ordering::SeqCst), before);
        *HELD.0.lock().unwrap() = true;
        HELD.1.notify_all();
        // Waits for the thread.
        drop(runtime);
        assert_eq!(ENDED.load(Ordering::SeqCst), before + 1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let view = runtime.block_on(async { flujo.inspect("r").await.unwrap() });
        assert_eq!(view.records.len(), 3);
        assert!(!view.context.as_str().contains("late"), "{}", view.context.as_str());
    }
}

/// Holds the thread: time passes inside of one poll.
#[step(timeout = "2s", retries = 1)]
async fn holds(
    text: String,
    ticks: u64,
    log: &mut Vec<String>,
    calls: &Calls,
    run: &RunInfo,
) -> Result<String> {
    calls.note(run);
    log.push(text.clone());
    CLOCK.lock().unwrap().as_ref().unwrap().advance(Duration::from_secs(ticks));
    Ok(text)
}
static CLOCK: Mutex<Option<flujo_testing::PausedClock>> = Mutex::new(None);

/// Panics when it is dropped before its end.
struct Trap;
impl Drop for Trap {
    fn drop(&mut self) {
        panic!("dropped")
    }
}
#[step(timeout = "1s")]
async fn trapped(text: String, log: &mut Vec<String>) -> Result<String> {
    log.push(text.clone());
    let trap = Trap;
    std::future::pending::<()>().await;
    std::mem::forget(trap);
    Ok(text)
}

#[test]
fn an_attempt_that_is_late_fails_however_it_is_late() {
    pipeline! {
        fn holding(text: String, ticks: u64, ctx: &mut State, world: &World) -> String { holds(text, ticks) }
    }
    pipeline! {
        fn trapping(text: String, ctx: &mut State) -> String {
            let tried = trapped(text.clone()).settle();
            add_up(format!("{text} {}", tried.is_err()))
        }
    }
    #[step]
    async fn add_up(text: String) -> Result<String> {
        Ok(text)
    }
    on_all(async |engine, clock| {
        *CLOCK.lock().unwrap() = Some(clock.clone());
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(holding("x".into(), 3)).await;
        assert_eq!((calls.len(), result.context), (2, State::default()));
        // Equal to the limit is allowed.
        assert_eq!(flujo.run(holding("x".into(), 2)).await.into_output().unwrap(), "x");
        let result = flujo.run(holding("x".into(), 3)).await;
        let error = result.into_output().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::TimedOut(Duration::from_secs(2)));
        let result = flujo.run(trapping("x".into())).await;
        assert_eq!(result.context, State::default());
        assert_eq!(result.into_output().unwrap(), "x true");
    });
}

/// Takes the parts apart, then goes wrong in the way that it is told.
#[step(retries = 1, backoff = none)]
async fn wrecks(
    how: String,
    log: &mut Vec<String>,
    draft: &mut Draft,
    total: &mut u64,
    calls: &Calls,
    run: &RunInfo,
) -> Result<String> {
    calls.note(run);
    let taken = std::mem::take(log);
    *total = u64::MAX;
    draft.text = taken.concat();
    let shared = Arc::new(Mutex::new(taken));
    let theirs = Arc::clone(&shared);
    let other = std::thread::spawn(move || theirs.lock().unwrap().push("from elsewhere".to_owned()));
    other.join().map_err(|_| StepError::fatal("the thread"))?;
    match how.as_str() {
        "panics" => panic!("in the middle"),
        "retries" => Err(StepError::retryable("again")),
        "hangs" => std::future::pending().await,
        _ => Err(StepError::fatal("for good")),
    }
}

struct Refuses;
impl Validator<String> for Refuses {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::invalid("never")
    }
}

#[test]
fn an_attempt_that_fails_leaves_no_trace_however_it_fails() {
    pipeline! {
        fn wrecking(how: String, ctx: &mut State, world: &World) -> (String, u64) {
            let first = add("first".to_owned());
            count(3);
            write("kept".to_owned());
            let tried = wrecks(how).timeout("1s").settle();
            let refused = add("refused".to_owned()).named("refused").validate(Refuses).settle();
            (format!("{first} {} {} {:?}", tried.is_err(), refused.is_err(), ctx.log), ctx.total)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        for how in ["panics", "retries", "hangs", "fails"] {
            let result = flujo.run(wrecking(how.into())).id(how).await;
            let expected = State {
                draft: Draft { text: "kept".into() },
                log: vec!["first".into()],
                total: 3,
                ..State::default()
            };
            assert_eq!(result.context, expected, "{how}");
            assert_eq!(
                result.into_output().unwrap(),
                (r#"first true true ["first"]"#.to_owned(), 3),
                "{how}"
            );
        }
    });
}
