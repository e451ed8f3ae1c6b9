//! The shared state of one check: the notes of its programs, and calls to the engine from inside a run.

use super::interpreter::keys;
use super::script::Act;
use super::subject::Deployment;
use crate::PausedClock;
use flujo::clock::{Clock, Timestamp};
use flujo::codec::Json;
use flujo::engine::BoxFuture;
use flujo::engine::{Ended, Engine, Handle, Program, RunId};
use flujo::question::Reply;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;
use tokio::sync::Notify;

/// State shared by all programs of one check.
pub(super) struct World {
    pub(super) clock: PausedClock,
    pub(super) began: Timestamp,
    pub(super) deployment: Box<dyn Deployment>,
    engine: Mutex<Option<Arc<dyn Engine>>>,
    /// Side effects in order: bodies that ran, questions that were reported, actions.
    effects: Mutex<Vec<String>>,
    /// Results of commands. A set, because an engine may start a program several times, and each pass must see the same.
    results: Mutex<BTreeSet<String>>,
    /// All effects and results since the check began.
    ever: Mutex<BTreeSet<String>>,
    once: Mutex<BTreeSet<String>>,
    death: Mutex<Death>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    noted: Notify,
    /// The expectation that is reported if the check gets stuck.
    expected: Mutex<&'static str>,
}

/// The simulated end of the process, with the waker of the execution that it ends.
#[derive(Default)]
struct Death {
    dead: bool,
    waker: Option<Waker>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(super) fn new(clock: PausedClock, deployment: Box<dyn Deployment>) -> Self {
        Self {
            began: clock.now(),
            clock,
            deployment,
            engine: Mutex::default(),
            effects: Mutex::default(),
            results: Mutex::default(),
            ever: Mutex::default(),
            once: Mutex::default(),
            death: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            noted: Notify::new(),
            expected: Mutex::new("the check comes to its end"),
        }
    }

    pub(super) fn engine(&self) -> Option<Arc<dyn Engine>> {
        lock(&self.engine).clone()
    }

    pub(super) fn set_engine(&self, engine: Option<Arc<dyn Engine>>) {
        *lock(&self.engine) = engine;
    }

    pub(super) fn take_effects(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.effects))
    }

    pub(super) fn take_results(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.results)).into_iter().collect()
    }

    pub(super) fn results(&self) -> Vec<String> {
        lock(&self.results).iter().cloned().collect()
    }

    pub(super) fn take_most_under_way(&self) -> usize {
        self.most_under_way.swap(0, Ordering::SeqCst)
    }

    /// Returns all notes so far, for the report of a check that does not end.
    pub(super) fn notes(&self) -> String {
        let (effects, results) = (lock(&self.effects).clone(), lock(&self.results).clone());
        let all: Vec<_> = effects.into_iter().chain(results).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join("; ") }
    }

    pub(super) fn expect(&self, what: &'static str) {
        *lock(&self.expected) = what;
    }

    pub(super) fn expected(&self) -> &'static str {
        *lock(&self.expected)
    }

    pub(super) fn die(&self) {
        let mut death = lock(&self.death);
        death.dead = true;
        let waker = death.waker.take();
        drop(death);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Takes the end of the process, if there was one since the last call; registers `waker` for the next
    /// one.
    pub(super) fn takes_death(&self, waker: &Waker) -> bool {
        let mut death = lock(&self.death);
        death.waker = Some(waker.clone());
        std::mem::take(&mut death.dead)
    }
}

/// One run in the world of a check.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) id: RunId,
}

/// Counts a running body, until it is dropped.
pub(super) struct UnderWay<'a>(&'a World);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stage {
    pub(super) fn clock(&self) -> &PausedClock {
        &self.world.clock
    }

    /// Returns the seconds since the check began.
    pub(super) fn seconds(&self) -> u64 {
        self.world.clock.now().since(self.world.began).as_secs()
    }

    pub(super) fn effect(&self, line: String) {
        lock(&self.world.ever).insert(line.clone());
        lock(&self.world.effects).push(line);
        self.world.noted.notify_waiters();
    }

    pub(super) fn result(&self, line: String) {
        lock(&self.world.ever).insert(line.clone());
        lock(&self.world.results).insert(line);
        self.world.noted.notify_waiters();
    }

    /// True for the first use of a label in this check.
    pub(super) fn first(&self, label: &str) -> bool {
        lock(&self.world.once).insert(label.to_owned())
    }

    pub(super) fn under_way(&self) -> UnderWay<'_> {
        let now = self.world.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.world.most_under_way.fetch_max(now, Ordering::SeqCst);
        self.world.noted.notify_waiters();
        UnderWay(&self.world)
    }

    /// Waits until this many bodies ran concurrently. Otherwise the check is reported as stuck.
    pub(super) async fn meet(&self, n: usize) {
        self.until(|world| world.most_under_way.load(Ordering::SeqCst) >= n).await;
    }

    /// Waits until this effect or result was noted.
    pub(super) async fn sees(&self, line: &str) {
        self.until(|world| lock(&world.ever).contains(line)).await;
    }

    /// Waits until this many notes contain this text.
    pub(super) async fn sees_all(&self, text: &str, n: usize) {
        self.until(|world| lock(&world.ever).iter().filter(|line| line.contains(text)).count() >= n).await;
    }

    /// Reads the run twice, then advances the clock: a read waits for earlier writes, and the second read
    /// lets the program proceed after the first.
    pub(super) async fn later(&self, seconds: u64) {
        if let Some(engine) = self.world.engine() {
            for _ in 0..2 {
                drop(engine.view(&self.id).await);
            }
        }
        self.clock().advance(Duration::from_secs(seconds));
    }

    async fn until(&self, is_so: impl Fn(&World) -> bool) {
        loop {
            let noted = self.world.noted.notified();
            tokio::pin!(noted);
            // Registered before the check, so that no note is missed.
            noted.as_mut().enable();
            if is_so(&self.world) {
                return;
            }
            noted.await;
        }
    }

    pub(super) async fn act(&self, act: &Act) {
        let Some(engine) = self.world.engine() else { return };
        match act {
            Act::View => {
                let seen = match engine.view(&self.id).await {
                    Ok(Some(view)) => format!("recorded: [{}]", keys(&view.records).join(", ")),
                    Ok(None) => "no such run".to_owned(),
                    Err(error) => format!("view: {error}"),
                };
                self.effect(seen);
            }
            Act::Usage => {
                let seen = match engine.view(&self.id).await {
                    Ok(Some(view)) => {
                        format!("used: {}, reserved: {}", view.usage.model_calls, view.reserved.model_calls)
                    }
                    Ok(None) => "no such run".to_owned(),
                    Err(error) => format!("view: {error}"),
                };
                self.effect(seen);
            }
            Act::Die => {
                self.world.die();
                std::future::pending::<()>().await;
            }
            Act::Cancel => {
                let cancelled = engine.cancel(&self.id, None).await;
                self.effect(
                    cancelled.map_or_else(|error| format!("cancel: {error}"), |()| "cancelled".to_owned()),
                );
            }
            Act::Reply(path, n) => {
                let reply = self.reply_by_ada(*n);
                let replied = engine.reply(&self.id, &(*path).into(), reply).await;
                let said = replied.map_or_else(|error| format!("refused, {error}"), |()| "taken".to_owned());
                self.effect(format!("reply to {path}: {said}"));
            }
            Act::TakeOver => {
                let taken = self.world.deployment.take_over(&self.id).await;
                self.effect(
                    taken.map_or_else(|error| format!("take over: {error}"), |()| "taken over".to_owned()),
                );
            }
            Act::Execute => {
                let again = engine.execute(&self.id, Arc::new(Second)).await;
                let said = match again {
                    Ok(()) => "done".to_owned(),
                    Err(error) if matches!(error.kind(), flujo::ErrorKind::Busy(_)) => "busy".to_owned(),
                    Err(error) => error.to_string(),
                };
                self.effect(format!("second execution: {said}"));
            }
        }
    }

    pub(super) fn reply_by_ada(&self, n: i64) -> Reply {
        let value = Json::recorded(n.to_string());
        Reply { value, by: Some("Ada".to_owned()), at: self.clock().now() }
    }
}

/// A program that must never begin.
struct Second;

impl Program for Second {
    fn run(&self, _: Box<dyn Handle>) -> BoxFuture<'_, Ended> {
        Box::pin(async { Ended { outcome: Ok(Json::null()), context: None } })
    }
}
